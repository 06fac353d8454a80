"""Whom each school's staff turn to, and when: its contacts, hours and terms."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_books",
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("changed_at", sa.DateTime, nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("school_id", name="pk_contact_books"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_contact_books_school_id_schools"),
    )


def downgrade() -> None:
    op.drop_table("contact_books")
