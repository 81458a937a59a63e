"""One package a remote system; nothing here decides anything about complaints."""
