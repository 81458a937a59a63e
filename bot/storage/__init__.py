"""Where things are kept: SQL for the record, Redis for what is in motion."""
