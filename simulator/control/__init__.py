"""The control API: how pages, tests and drivers act as citizens and as fate."""
