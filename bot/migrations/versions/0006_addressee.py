"""Whose page something waits for."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("addressee", sa.String(200)))
    op.create_index("ix_outbox_addressee", "outbox", ["addressee"])


def downgrade() -> None:
    op.drop_index("ix_outbox_addressee", "outbox")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_column("addressee")
