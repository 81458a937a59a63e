"""The measuring of speed measures what it says."""
