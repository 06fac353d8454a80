"""What was erased and who was removed, for a restored backup to be cleaned of; when backups were made."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "removals",
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("object", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_removals_school_id_schools"),
        sa.PrimaryKeyConstraint("school_id", "kind", "object", "at", name="pk_removals"),
    )
    op.create_table(
        "backups",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backups"),
    )


def downgrade() -> None:
    op.drop_table("backups")
    op.drop_table("removals")
