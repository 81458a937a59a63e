"""What a case is at the desk: its states, steps, clocks and units, in plain Python."""
