"""What each turn looks for of a citizen is found without reading all that lies behind"""

from __future__ import annotations

from alembic import op

revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    op.create_index('ix_delivery_untold', 'delivery', ['conversation_id', 'state'])
    op.drop_index('ix_delivery_conversation_id', 'delivery')
    op.create_index('ix_complaint_newest', 'complaint', ['conversation_id', 'confirmed_at'])
    op.drop_index('ix_complaint_conversation_id', 'complaint')


def downgrade() -> None:
    op.create_index('ix_complaint_conversation_id', 'complaint', ['conversation_id'])
    op.drop_index('ix_complaint_newest', 'complaint')
    op.create_index('ix_delivery_conversation_id', 'delivery', ['conversation_id'])
    op.drop_index('ix_delivery_untold', 'delivery')
