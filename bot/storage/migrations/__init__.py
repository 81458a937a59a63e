"""The record's migrations (Alembic)."""
