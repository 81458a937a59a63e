"""What a citizen's message means: Rasa graph components and the plain modules under them."""
