"""The bot's own tables, beside those of corpus in the same metadata: people, questions, and what is delivered."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

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
    Column("left_at", DateTime),  # when somebody left whom their workspace would otherwise let in again
    Column("chosen_at", DateTime),  # when this school was last chosen, by whoever works at several
    Column("invitation", Integer),  # the number of that by which they joined; null where their workspace let them in
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
    sqlite_autoincrement=True,  # a number is given once: by it the office knows on its own list who somebody is
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("shared", Boolean(create_constraint=False), nullable=False),
)

# What came in from a platform. It stays for a while after it was answered, without its words, to know it when it comes again.
events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("key", String(300), nullable=False),  # the platform's own name for the event
    Column("asker", String(64), nullable=False),  # a keyed hash of the account
    Column("received_at", DateTime, nullable=False),
    Column("message", LargeBinary),  # null once it is answered
    Column("leased_until", DateTime),  # until then somebody is at it
    Column("attempts", Integer, nullable=False),
    UniqueConstraint("channel", "key"),
    Index("ix_events_asker_received_at", "asker", "received_at"),
)

# What is still to be said; a row is gone once the platform has taken it.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event_id", Integer, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("reference", String(20), nullable=False),
    Column("call", LargeBinary),  # null once it was given up
    Column("made_at", DateTime, nullable=False),
    Column("due_at", DateTime, nullable=False),
    Column("leased_until", DateTime),
    Column("attempts", Integer, nullable=False),
    Column("ended_at", DateTime),  # when it was given up
    Column("reason", String(200)),
    Column("addressee", String(200)),  # the account whose chat page fetches it; null where it goes to a platform
    Index("ix_outbox_channel_due_at", "channel", "due_at"),
    Index("ix_outbox_addressee", "addressee"),
    Index("ix_outbox_event_id", "event_id"),
)

# How often something happened on a day that is counted and not otherwise kept.
tallies = Table(
    "tallies",
    metadata,
    Column("day", Date, primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("what", String(30), primary_key=True),
    Column("times", Integer, nullable=False),
)

# The last questions of a conversation, for follow-ups; short-lived.
conversations = Table(
    "conversations",
    metadata,
    Column("key", String(64), primary_key=True),  # a keyed hash of the channel, the place and the account
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("asker", String(64), nullable=False),
    Column("earlier", Text, nullable=False),  # JSON
    Column("updated_at", DateTime, nullable=False),
    Index("ix_conversations_updated_at", "updated_at"),
)

questions = Table(
    "questions",
    metadata,
    Column("id", String(16), primary_key=True),  # drawn at random, so that a reply can name it before it is kept
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("asker", String(64), nullable=False),  # a keyed hash of the account
    Column("channel", String(20), nullable=False),
    Column("asked_at", DateTime, nullable=False),
    Column("question", Text, nullable=False),  # without what could tell of whom it speaks
    Column("outcome", String(20), nullable=False),
    Column("slug", String(64)),  # of the governing clause, null where there is none
    Column("clause_id", String(100)),
    Column("not_meant", Boolean(create_constraint=False), nullable=False),  # the asker said that it is another clause
    Column("helped", Boolean(create_constraint=False)),  # what the asker said of the answer; null where nothing
    Index("ix_questions_school_id_asked_at", "school_id", "asked_at"),
    Index("ix_questions_asker", "asker"),
)

# What remains of questions once they are too old to be kept.
question_counts = Table(
    "question_counts",
    metadata,
    Column("school_id", ForeignKey("schools.id"), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("outcome", String(20), primary_key=True),
    Column("times", Integer, nullable=False),
)
