"""Alembic's entry for the record: runs on the engine that `database.upgrade` hands over."""

from __future__ import annotations

from alembic import context

from bot.storage.database import VERSION_TABLE
from bot.storage.tables import metadata

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=VERSION_TABLE,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()
