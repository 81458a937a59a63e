"""Alembic's entry: runs on the connection that desk.storage.migrate hands over."""

from __future__ import annotations

from alembic import context

from desk.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=context.config.attributes["version_table"],
    include_name=lambda name, kind, _parents: kind != "table" or str(name).startswith("desk_"),
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
