"""Everything `rasa train` reads, and our Rasa graph components."""
