"""Processes and wiring: settings, bootstrap, server, worker, command line."""
