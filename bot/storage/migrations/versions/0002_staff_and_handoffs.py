"""Staff, handoffs, audit; who holds a conversation"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import UtcDateTime

revision = '0002'
down_revision = '0001'

_REFUSES = "audit entries are only ever added"


def upgrade() -> None:
    with op.batch_alter_table('conversation') as batch_op:
        batch_op.add_column(sa.Column('agent', sa.String(length=32), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('held_since', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('unanswered_since', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('staff_said_at', UtcDateTime(), nullable=True))
        batch_op.create_index('ix_conversation_agent', ['agent'])
        batch_op.create_index('ix_conversation_holder', ['holder'])
        batch_op.create_index('ix_conversation_last_said_at', ['last_said_at'])
    with op.batch_alter_table('line') as batch_op:
        batch_op.create_index('ix_line_of_conversation', ['conversation_id', 'id'])
    with op.batch_alter_table('complaint') as batch_op:
        batch_op.add_column(sa.Column('filed_by', sa.String(length=32), nullable=False, server_default=''))
    # Before this version a conversation could be marked as held by staff without a name: nobody holds those.
    op.execute("UPDATE conversation SET holder = 'bot' WHERE holder = 'staff'")

    op.create_table('handoff',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('conversation_id', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.String(length=32), nullable=False),
    sa.Column('asked_at', UtcDateTime(), nullable=False),
    sa.Column('claimed_at', UtcDateTime(), nullable=True),
    sa.Column('agent', sa.String(length=32), nullable=False),
    sa.Column('first_answer_at', UtcDateTime(), nullable=True),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.Column('ending', sa.String(length=16), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_handoff_conversation_id', 'handoff', ['conversation_id'])
    op.create_index('ix_handoff_asked_at', 'handoff', ['asked_at'])
    op.create_index('ix_handoff_ended_at', 'handoff', ['ended_at'])
    # Who waits already waits in the new table too.
    op.execute(
        "INSERT INTO handoff (conversation_id, reason, asked_at, agent, ending) "
        "SELECT id, COALESCE(waiting_reason, ''), waiting_since, '', '' "
        "FROM conversation WHERE waiting_since IS NOT NULL"
    )

    op.create_table('staff',
    sa.Column('number', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('wrong_tries', sa.Integer(), nullable=False),
    sa.Column('locked_until', UtcDateTime(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('changed_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('number'),
    sa.UniqueConstraint('name')
    )
    op.create_table('staff_session',
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('number', sa.String(length=32), nullable=False),
    sa.Column('nonce', sa.String(length=32), nullable=False),
    sa.Column('started_at', UtcDateTime(), nullable=False),
    sa.Column('seen_at', UtcDateTime(), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('digest')
    )
    op.create_index('ix_staff_session_number', 'staff_session', ['number'])
    op.create_table('audit_entry',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('number', sa.String(length=32), nullable=False),
    sa.Column('action', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=120), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    for name in ('at', 'number', 'subject'):
        op.create_index(f'ix_audit_entry_{name}', 'audit_entry', [name])
    _refuse_changes()
    op.create_table('canned_answer',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('owner', sa.String(length=32), nullable=False),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=64), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('owner', 'code', name='uq_canned_answer_code')
    )
    op.create_table('shift',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('number', sa.String(length=32), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('begins', sa.Time(), nullable=False),
    sa.Column('ends', sa.Time(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_shift_day', 'shift', ['day'])


def _refuse_changes() -> None:
    """Let the database itself refuse to change or remove an entry."""
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(
            "CREATE FUNCTION audit_entry_refuse() RETURNS trigger AS "
            f"$$ BEGIN RAISE EXCEPTION '{_REFUSES}'; END $$ LANGUAGE plpgsql"
        )
        op.execute(
            "CREATE TRIGGER audit_entry_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()"
        )
        return
    for verb in ('UPDATE', 'DELETE'):
        op.execute(
            f"CREATE TRIGGER audit_entry_no_{verb.lower()} BEFORE {verb} ON audit_entry "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSES}'); END"
        )
    # INSERT OR REPLACE removes the old row without a word to the trigger on DELETE.
    op.execute(
        "CREATE TRIGGER audit_entry_no_replace BEFORE INSERT ON audit_entry "
        "WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id) "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSES}'); END"
    )


def downgrade() -> None:
    op.drop_index('ix_shift_day', 'shift')
    op.drop_table('shift')
    op.drop_table('canned_answer')
    op.drop_table('audit_entry')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute("DROP FUNCTION audit_entry_refuse()")
    op.drop_table('staff_session')
    op.drop_table('staff')
    op.drop_table('handoff')
    with op.batch_alter_table('complaint') as batch_op:
        batch_op.drop_column('filed_by')
    with op.batch_alter_table('line') as batch_op:
        batch_op.drop_index('ix_line_of_conversation')
    with op.batch_alter_table('conversation') as batch_op:
        batch_op.drop_index('ix_conversation_last_said_at')
        batch_op.drop_index('ix_conversation_holder')
        batch_op.drop_index('ix_conversation_agent')
        for name in ('staff_said_at', 'unanswered_since', 'held_since', 'agent'):
            batch_op.drop_column(name)
