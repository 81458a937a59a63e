"""Whole conversations in the citizens' own words, through the real turn, dialogue and record."""
