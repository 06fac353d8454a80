"""Indexes of what is looked for among the rows of all schools, or of one school among many."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_people_channel_account", "people", ["channel", "account"]),
    ("ix_invitations_school_id", "invitations", ["school_id"]),
    ("ix_sessions_school_id", "sessions", ["school_id"]),
    ("ix_sessions_person_id", "sessions", ["person_id"]),
    ("ix_conversations_asker", "conversations", ["asker"]),
    ("ix_escalations_school_id", "escalations", ["school_id"]),
    ("ix_desk_sessions_school_id", "desk_sessions", ["school_id"]),
    ("ix_removals_at", "removals", ["at"]),
    ("ix_schools_round_at", "schools", ["round_at"]),
)


def upgrade() -> None:
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, table, _ in reversed(_INDEXES):
        op.drop_index(name, table)
