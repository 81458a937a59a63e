"""After filing: who has a case, when the reply is due, and what the citizen says of it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import UtcDateTime

revision = '0003'
down_revision = '0002'


def upgrade() -> None:
    with op.batch_alter_table('complaint') as batch_op:
        batch_op.add_column(sa.Column('status_code', sa.Text(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('agency', sa.Text(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('due_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('callback', sa.JSON(), nullable=False, server_default='{}'))
    with op.batch_alter_table('complaint_update') as batch_op:
        batch_op.add_column(sa.Column('code', sa.Text(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('agency', sa.Text(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('due_at', UtcDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('complaint_update') as batch_op:
        for name in ('due_at', 'agency', 'code'):
            batch_op.drop_column(name)
    with op.batch_alter_table('complaint') as batch_op:
        for name in ('callback', 'due_at', 'agency', 'status_code'):
            batch_op.drop_column(name)
