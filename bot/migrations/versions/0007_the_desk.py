"""What the desk keeps: corrections, proposals, the audit trail, trial questions, announcements, and who is told of changes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = (
    "readings",
    "announcements",
    "watches",
    "desk_sessions",
    "desk_links",
    "desk_settings",
    "review_reminders",
    "other_policies",
    "gap_decisions",
    "looked_at",
    "trial_questions",
    "audit",
    "chair_requests",
    "proposals",
    "corrections",
)


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("clause_id", sa.String(100), nullable=False),
        sa.Column("correction", sa.LargeBinary),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_school_id_slug_version", "corrections", ["school_id", "slug", "version"])
    op.create_table(
        "announcements",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("own", sa.Text),
        sa.Column("to_confirm", sa.Boolean, nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_announcements_school_id_schools"),
        sa.PrimaryKeyConstraint("id", name="pk_announcements"),
    )
    op.create_index("ix_announcements_school_id_slug", "announcements", ["school_id", "slug"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("slug", sa.String(64)),
        sa.Column("version", sa.Integer),
        sa.Column("object", sa.String(100)),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_audit_school_id_schools"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_school_id_at", "audit", ["school_id", "at"])
    op.create_table(
        "desk_settings",
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("versions_need_chair", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("looser_needs_chair", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_desk_settings_school_id_schools"),
        sa.PrimaryKeyConstraint("school_id", name="pk_desk_settings"),
    )
    op.create_table(
        "gap_decisions",
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("gap", sa.String(200), nullable=False),
        sa.Column("words", sa.String(200)),
        sa.Column("decision", sa.String(20), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_gap_decisions_school_id_schools"),
        sa.PrimaryKeyConstraint("school_id", "gap", name="pk_gap_decisions"),
    )
    op.create_table(
        "looked_at",
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("matter", sa.String(200), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_looked_at_school_id_schools"),
        sa.PrimaryKeyConstraint("school_id", "slug", "digest", "matter", name="pk_looked_at"),
    )
    op.create_table(
        "other_policies",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_other_policies_school_id_schools"),
        sa.PrimaryKeyConstraint("id", name="pk_other_policies"),
        sa.UniqueConstraint("school_id", "title", name="uq_other_policies_school_id_title"),
    )
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer),
        sa.Column("clause_id", sa.String(100)),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.Column("looser", sa.Text),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("decided_by", sa.String(200)),
        sa.Column("decided_at", sa.DateTime),
        sa.Column("comment", sa.Text),
        sa.Column("minutes", sa.String(200)),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_proposals_school_id_schools"),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
    )
    op.create_index("ix_proposals_school_id_state", "proposals", ["school_id", "state"])
    op.create_table(
        "chair_requests",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("proposal_id", sa.Integer),
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("address", sa.String(200)),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("failed_at", sa.DateTime),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_chair_requests_school_id_schools"),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name="fk_chair_requests_proposal_id_proposals"),
        sa.PrimaryKeyConstraint("id", name="pk_chair_requests"),
    )
    op.create_index("ix_chair_requests_school_id", "chair_requests", ["school_id"])
    op.create_index("ix_chair_requests_person_id", "chair_requests", ["person_id"])
    op.create_table(
        "review_reminders",
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("which", sa.String(120), nullable=False),
        sa.Column("sent_at", sa.DateTime, nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_review_reminders_school_id_schools"),
        sa.PrimaryKeyConstraint("school_id", "slug", "version", "which", name="pk_review_reminders"),
    )
    op.create_table(
        "trial_questions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("must", sa.Boolean, nullable=False),
        sa.Column("expected", sa.String(20)),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_trial_questions_school_id_schools"),
        sa.PrimaryKeyConstraint("id", name="pk_trial_questions"),
    )
    op.create_index("ix_trial_questions_school_id", "trial_questions", ["school_id"])
    op.create_table(
        "desk_links",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_desk_links_person_id_people", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_desk_links"),
    )
    op.create_table(
        "desk_sessions",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.Column("said", sa.Text),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_desk_sessions_person_id_people", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_desk_sessions"),
    )
    op.create_table(
        "readings",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("announcement_id", sa.Integer, nullable=False),
        sa.Column("person_id", sa.Integer),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("reminded_at", sa.DateTime),
        sa.Column("read_at", sa.DateTime),
        sa.Column("entered_by", sa.String(200)),
        sa.ForeignKeyConstraint(["announcement_id"], ["announcements.id"], name="fk_readings_announcement_id_announcements"),
        sa.PrimaryKeyConstraint("id", name="pk_readings"),
        sa.UniqueConstraint("announcement_id", "person_id", name="uq_readings_announcement_id_person_id"),
        sa.UniqueConstraint("announcement_id", "name", name="uq_readings_announcement_id_name"),
    )
    op.create_table(
        "watches",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("clause_id", sa.String(100), nullable=False),
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_watches_person_id_people", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_watches_school_id_schools"),
        sa.PrimaryKeyConstraint("id", name="pk_watches"),
        sa.UniqueConstraint("school_id", "slug", "clause_id", "person_id", name="uq_watches_school_id_slug_clause_id_person_id"),
    )
    op.create_index("ix_watches_person_id", "watches", ["person_id"])
    op.add_column("people", sa.Column("address", sa.LargeBinary))
    op.add_column("outbox", sa.Column("announcement_id", sa.Integer))
    op.add_column("outbox", sa.Column("proposal_id", sa.Integer))
    op.add_column("questions", sa.Column("shared", sa.Boolean, server_default=sa.false(), nullable=False))
    op.add_column("questions", sa.Column("address", sa.LargeBinary))
    op.add_column("questions", sa.Column("settled_at", sa.DateTime))
    op.add_column("versions", sa.Column("doubts", sa.LargeBinary))
    op.add_column("versions", sa.Column("edits", sa.Integer, server_default=sa.text("0"), nullable=False))
    op.add_column("versions", sa.Column("owner", sa.String(200)))
    op.add_column("versions", sa.Column("approved_by", sa.String(200)))
    op.add_column("versions", sa.Column("minutes", sa.String(200)))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    # Not made anew as those below: the sessions and duties of people would go with them, and the outbox would lose its numbers.
    op.drop_column("people", "address")
    op.drop_column("outbox", "announcement_id")
    op.drop_column("outbox", "proposal_id")
    for table, columns in (
        ("questions", ("shared", "address", "settled_at")),
        ("versions", ("doubts", "edits", "owner", "approved_by", "minutes")),
    ):
        with op.batch_alter_table(table) as altered:
            for column in columns:
                altered.drop_column(column)
