"""How well real citizens' texts are understood: `make eval DATA=folder`."""
