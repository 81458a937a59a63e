"""The console's pages, one topic a module."""
