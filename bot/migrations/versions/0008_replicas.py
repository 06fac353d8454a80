"""Whose each row is, in the row itself, so that PostgreSQL can keep schools apart; and when a school's round is due."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Where the school of a row is found: the table that it refers to, by which column.
_REFERS = {
    "sessions": ("people", "person_id"),
    "desk_links": ("people", "person_id"),
    "desk_sessions": ("people", "person_id"),
    "readings": ("announcements", "announcement_id"),
    "escalation_messages": ("escalations", "escalation_id"),
}
# Of a notice in the outbox, the first of these that is known.
_OF_NOTICES = (
    ("escalations", "escalation_id"),
    ("announcements", "announcement_id"),
    ("proposals", "proposal_id"),
    ("people", "person_id"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("proposals", "state", type_=sa.String(30))
        op.alter_column("audit", "action", type_=sa.String(60))
    op.create_table(
        "leases",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("holder", sa.String(40), nullable=False),
        sa.Column("held_until", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.add_column("schools", sa.Column("round_at", sa.DateTime))
    # Null where a process of the version before writes a row while this one is brought in.
    for table in (*_REFERS, "outbox"):
        op.add_column(table, sa.Column("school_id", sa.String(64)))
    for table, (other, column) in _REFERS.items():
        op.execute(f"UPDATE {table} SET school_id = {_school(table, other, column)}")  # noqa: S608  names of ours
    of_notices = ", ".join(_school("outbox", other, column) for other, column in _OF_NOTICES)
    op.execute(f"UPDATE outbox SET school_id = COALESCE({of_notices}) WHERE notice IS NOT NULL")  # noqa: S608  as above


def _school(table: str, other: str, column: str) -> str:
    return f"(SELECT {other}.school_id FROM {other} WHERE {other}.id = {table}.{column})"  # noqa: S608  as above


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # the policies name the columns that go
        for table, policy in op.get_bind().execute(sa.text("SELECT tablename, policyname FROM pg_policies")).all():
            op.execute(f"DROP POLICY {policy} ON {table}")
            op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
    # Not made anew: what refers to them would go with them.
    for table in (*_REFERS, "outbox"):
        op.drop_column(table, "school_id")
    op.drop_column("schools", "round_at")
    op.drop_table("leases")
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("proposals", "state", type_=sa.String(20))
        op.alter_column("audit", "action", type_=sa.String(40))
