"""One use case a module: accept a message, take a turn, file, take an update, deliver, forget."""
