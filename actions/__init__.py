"""Rasa actions: slots in, one service call, response name out."""
