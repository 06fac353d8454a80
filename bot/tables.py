"""The bot's own tables, beside those of corpus in the same metadata: people, invitations, sessions."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, String, Table, UniqueConstraint

from corpus.tables import metadata

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("account", String(200), nullable=False),  # who it is on that channel; in the web chat, a number drawn at random
    Column("role", String(30), nullable=False),
    Column("since", DateTime, nullable=False),
    Column("until", DateTime),  # when a pass ends; null where it does not
    UniqueConstraint("school_id", "channel", "account"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("role", String(30), nullable=False),
    Column("code_hash", String(64), nullable=False),
    Column("made_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
    Column("pass_until", DateTime),  # until when whoever takes it may ask; null where that does not end
    UniqueConstraint("code_hash"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("shared", Boolean(create_constraint=False), nullable=False),
)
