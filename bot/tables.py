"""The bot's own tables, in the metadata of corpus: people, contacts, questions, escalations, and what is delivered."""

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

contact_books = Table(
    "contact_books",
    metadata,
    Column("school_id", ForeignKey("schools.id"), primary_key=True),
    Column("document", LargeBinary, nullable=False),  # the contacts as JSON
    Column("changed_at", DateTime, nullable=False),
    Column("changed_by", String(200), nullable=False),
    Column("confirmed_chair", LargeBinary),  # JSON: how the chair of governors is reached, as the chair last confirmed it
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
    Column("give_up_at", DateTime, nullable=False),
    Column("addressee", String(200)),  # the account whose chat page fetches it; null where a platform is called
    Column("notice", String(20)),  # what kind of notice it says; null for a reply
    Column("escalation_id", String(16)),  # of which escalation the notice is, if of one
    Column("person_id", Integer),  # to whom the notice is; null where that is sealed
    Index("ix_outbox_channel_due_at", "channel", "due_at"),
    Index("ix_outbox_addressee", "addressee"),
    Index("ix_outbox_event_id", "event_id"),
    # A number is given once: by it whoever still holds a call, or a page that has shown it, says later that it arrived.
    sqlite_autoincrement=True,
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

# Who of a school's people has accepted to be one of its contacts, so that the bot may write to them by itself.
duties = Table(
    "duties",
    metadata,
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("contact", String(200)),  # the contact's name in the school's book; null where the book does not name them
    Column("address", LargeBinary, nullable=False),  # their private chat, as a message without words
    Column("hours", Text),  # when they are on call, as they wrote it; null for the hours in the book
    Column("tested_at", DateTime),  # when they last confirmed a test alert
    Column("asked_at", DateTime),  # when they were last sent one without having asked for it
    Index("ix_duties_school_id", "school_id"),
)

# What is handed over to a person: an alert, or a question for the headteacher.
escalations = Table(
    "escalations",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("asker", String(64), nullable=False),  # a keyed hash of the account
    Column("person_id", Integer, nullable=False),  # the addressee now
    Column("line", Text, nullable=False),  # JSON: the ids of the people who were told, who have opened it, and who are next
    Column("content", LargeBinary),  # sealed; null once it was erased
    Column("asker_address", LargeBinary),  # sealed; null once it is no longer needed
    Column("made_at", DateTime, nullable=False),
    Column("delivered_at", DateTime),
    Column("seen_at", DateTime),
    Column("answered_at", DateTime),  # of an alert: when somebody took it on
    Column("closed_at", DateTime),
    Column("next_at", DateTime),  # when the next in line is told, or the addressee reminded; null where nothing is to follow
    Index("ix_escalations_next_at", "next_at"),
    Index("ix_escalations_asker", "asker"),
)

# By which message of the bot an escalation came to its addressee, so that a reply to that message is known as the answer.
escalation_messages = Table(
    "escalation_messages",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("message", String(200), primary_key=True),  # as the platform calls it
    Column("escalation_id", ForeignKey("escalations.id", ondelete="CASCADE"), nullable=False),
    Index("ix_escalation_messages_escalation_id", "escalation_id"),
)

# What the bot is to say of its own accord, until it is on its way.
notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("person_id", Integer),  # to whom; null where it is the asker of an escalation, whose address is sealed there
    Column("escalation_id", String(16)),
    Column("detail", Text),  # JSON, without a word of any question
    Column("made_at", DateTime, nullable=False),
    Column("due_at", DateTime, nullable=False),
    Index("ix_notices_due_at", "due_at"),
    sqlite_autoincrement=True,  # whoever is about to put one out must not find another, which is not due, under its number
)

# What somebody's next message in a conversation is for, where it is not a question; short-lived.
unfinished = Table(
    "unfinished",
    metadata,
    Column("key", String(64), primary_key=True),  # a keyed hash of the channel, the place and the account
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("asker", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),  # sealed
    Column("updated_at", DateTime, nullable=False),
    Index("ix_unfinished_updated_at", "updated_at"),
)
