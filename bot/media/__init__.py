"""What citizens' pictures, voices and films may be, and how they are made fit to be kept."""
