"""Schools, policies, their versions, and the clause ids that they have given."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schools",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("short_name", sa.String(100), nullable=False),
        sa.Column("nation", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("id", name="pk_schools"),
    )
    op.create_table(
        "policies",
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("current", sa.Integer),
        sa.PrimaryKeyConstraint("school_id", "slug", name="pk_policies"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_policies_school_id_schools"),
    )
    op.create_table(
        "versions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("published_at", sa.DateTime),
        sa.Column("published_by", sa.String(200)),
        sa.PrimaryKeyConstraint("id", name="pk_versions"),
        sa.UniqueConstraint("school_id", "slug", "number", name="uq_versions_school_id_slug_number"),
        sa.CheckConstraint("(number = 0) = (published_at IS NULL)", name="ck_versions_draft_is_unpublished"),
    )
    op.create_table(
        "clauses",
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("clause_id", sa.String(100), nullable=False),
        sa.Column("first_version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("school_id", "slug", "clause_id", name="pk_clauses"),
    )


def downgrade() -> None:
    for table in ("clauses", "versions", "policies", "schools"):
        op.drop_table(table)
