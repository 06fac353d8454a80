"""What is handed over to people, who may be written to for it, and what the bot says of its own accord."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLES = ("unfinished", "notices", "escalation_messages", "escalations", "duties")
_OF_NOTICES = ("addressee", "notice", "escalation_id", "person_id")


def upgrade() -> None:
    op.add_column("contact_books", sa.Column("confirmed_chair", sa.LargeBinary))
    _extend_outbox()
    op.create_table(
        "duties",
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("contact", sa.String(200)),
        sa.Column("address", sa.LargeBinary, nullable=False),
        sa.Column("hours", sa.Text),
        sa.Column("tested_at", sa.DateTime),
        sa.Column("asked_at", sa.DateTime),
        sa.PrimaryKeyConstraint("person_id", name="pk_duties"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_duties_person_id_people", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_duties_school_id_schools"),
    )
    op.create_index("ix_duties_school_id", "duties", ["school_id"])
    op.create_table(
        "escalations",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("asker", sa.String(64), nullable=False),
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.Column("asker_address", sa.LargeBinary),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("delivered_at", sa.DateTime),
        sa.Column("seen_at", sa.DateTime),
        sa.Column("answered_at", sa.DateTime),
        sa.Column("closed_at", sa.DateTime),
        sa.Column("next_at", sa.DateTime),
        sa.PrimaryKeyConstraint("id", name="pk_escalations"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_escalations_school_id_schools"),
    )
    op.create_index("ix_escalations_next_at", "escalations", ["next_at"])
    op.create_index("ix_escalations_asker", "escalations", ["asker"])
    op.create_table(
        "escalation_messages",
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("message", sa.String(200), nullable=False),
        sa.Column("escalation_id", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("channel", "message", name="pk_escalation_messages"),
        sa.ForeignKeyConstraint(
            ["escalation_id"],
            ["escalations.id"],
            name="fk_escalation_messages_escalation_id_escalations",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_escalation_messages_escalation_id", "escalation_messages", ["escalation_id"])
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("person_id", sa.Integer),
        sa.Column("escalation_id", sa.String(16)),
        sa.Column("detail", sa.Text),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_notices_school_id_schools"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_due_at", "notices", ["due_at"])
    op.create_table(
        "unfinished",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("asker", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_unfinished"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_unfinished_school_id_schools"),
    )
    op.create_index("ix_unfinished_updated_at", "unfinished", ["updated_at"])


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    with op.batch_alter_table("contact_books") as contact_books:
        contact_books.drop_column("confirmed_chair")
    op.drop_index("ix_outbox_addressee", "outbox")
    with op.batch_alter_table("outbox", table_kwargs={"sqlite_autoincrement": False}) as outbox:
        for column in (*_OF_NOTICES, "give_up_at"):
            outbox.drop_column(column)


def _extend_outbox() -> None:
    for column in (
        sa.Column("addressee", sa.String(200)),
        sa.Column("notice", sa.String(20)),
        sa.Column("escalation_id", sa.String(16)),
        sa.Column("person_id", sa.Integer),
        sa.Column("give_up_at", sa.DateTime),
    ):
        op.add_column("outbox", column)
    op.execute("UPDATE outbox SET give_up_at = made_at")
    with op.batch_alter_table("outbox", table_kwargs={"sqlite_autoincrement": True}) as outbox:
        outbox.alter_column("give_up_at", existing_type=sa.DateTime, nullable=False)
    op.create_index("ix_outbox_addressee", "outbox", ["addressee"])
