"""What came in and what is still to be said; questions, conversations and tallies; who left, and which school was chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("left_at", sa.DateTime))
    op.add_column("people", sa.Column("chosen_at", sa.DateTime))
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("asker", sa.String(64), nullable=False),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.Column("message", sa.LargeBinary),
        sa.Column("leased_until", sa.DateTime),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("channel", "key", name="uq_events_channel_key"),
    )
    op.create_index("ix_events_asker_received_at", "events", ["asker", "received_at"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("event_id", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("reference", sa.String(20), nullable=False),
        sa.Column("call", sa.LargeBinary),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("leased_until", sa.DateTime),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("reason", sa.String(200)),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_channel_due_at", "outbox", ["channel", "due_at"])
    op.create_index("ix_outbox_event_id", "outbox", ["event_id"])
    op.create_table(
        "tallies",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("what", sa.String(30), nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("day", "channel", "what", name="pk_tallies"),
    )
    op.create_table(
        "conversations",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("asker", sa.String(64), nullable=False),
        sa.Column("earlier", sa.Text, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_conversations"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_conversations_school_id_schools"),
    )
    op.create_index("ix_conversations_updated_at", "conversations", ["updated_at"])
    op.create_table(
        "questions",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("asker", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("slug", sa.String(64)),
        sa.Column("clause_id", sa.String(100)),
        sa.Column("not_meant", sa.Boolean, nullable=False),
        sa.Column("helped", sa.Boolean),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_questions_school_id_schools"),
    )
    op.create_index("ix_questions_school_id_asked_at", "questions", ["school_id", "asked_at"])
    op.create_index("ix_questions_asker", "questions", ["asker"])
    op.create_table(
        "question_counts",
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("school_id", "month", "outcome", name="pk_question_counts"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_question_counts_school_id_schools"),
    )


def downgrade() -> None:
    for table in ("question_counts", "questions", "conversations", "tallies", "outbox", "events"):
        op.drop_table(table)
    with op.batch_alter_table("people") as people:
        people.drop_column("chosen_at")
        people.drop_column("left_at")
