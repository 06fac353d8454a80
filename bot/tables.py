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
    false,
    true,
)

from corpus.tables import metadata
from corpus.tenancy import across, of_no_school

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
    # Their private chat, as a message without words; null until they have written there. It says no more than the account does.
    Column("address", LargeBinary),
    UniqueConstraint("school_id", "channel", "account"),
    Index("ix_people_channel_account", "channel", "account"),  # whoever writes is looked for at all schools
    info=across(
        "id school_id channel account role since until left_at chosen_at invitation address",
    ),
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
    Index("ix_invitations_school_id", "school_id"),
    sqlite_autoincrement=True,  # a number is given once: by it the office knows on its own list who somebody is
    info=across("school_id code_hash expires_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("school_id", String(64)),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("shared", Boolean(create_constraint=False), nullable=False),
    Index("ix_sessions_school_id", "school_id"),
    Index("ix_sessions_person_id", "person_id"),
    info=across("token_hash school_id person_id seen_at shared"),
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

# Which school's staff a Slack workspace or a Microsoft tenant holds, where a provider's link was used there.
installations = Table(
    "installations",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("tenant", String(64), primary_key=True),  # the workspace or the tenant, as the platform names it
    Column("school_id", ForeignKey("schools.id"), primary_key=True),
    # 1 for the first of the tenant's schools: of two that are connected at once, each as the first, one is refused.
    Column("place", Integer, nullable=False),
    Column("installed_at", DateTime, nullable=False),
    Column("token", LargeBinary),  # sealed for this row alone: the bot's token there; null where the app's own serves
    Column("enterprise", String(64)),  # the organisation that the workspace is of, if of one
    Column("bot_user", String(64)),  # who the bot is in the workspace
    Column("scopes", Text),  # what was granted, with commas between
    UniqueConstraint("channel", "tenant", "place"),
    info=across("channel tenant school_id place installed_at scopes"),
)

# Links by which whoever runs a workspace or a tenant connects it to a school, once.
install_links = Table(
    "install_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("beside", String(64)),  # the school whose workspace it already is; null where it is to be nobody's yet
    Column("expires_at", DateTime, nullable=False),
    info=across("token_hash school_id channel beside expires_at"),
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
    info=of_no_school(),  # of which school it is asked is known only once it is read
)

# What is still to be said; a row is gone once the platform has taken it.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event_id", Integer, nullable=False),
    Column("school_id", String(64)),  # in whose transaction it is noted what came of it; null where it says nothing of a school
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
    Column("announcement_id", Integer),  # which announcement the notice tells, if one
    Column("proposal_id", Integer),  # which proposal the chair of governors is told of, if of one
    Column("person_id", Integer),  # to whom the notice is; null where that is sealed
    Index("ix_outbox_channel_due_at", "channel", "due_at"),
    Index("ix_outbox_addressee", "addressee"),
    Index("ix_outbox_event_id", "event_id"),
    # A number is given once: by it whoever still holds a call, or a page that has shown it, says later that it arrived.
    sqlite_autoincrement=True,
    info=of_no_school(),  # it is on its way to one account, whichever schools that asks of
)

# What one process at a time does for all.
leases = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(40), nullable=False),
    Column("held_until", DateTime, nullable=False),
    info=of_no_school(),
)

# How often something happened on a day that is counted and not otherwise kept.
tallies = Table(
    "tallies",
    metadata,
    Column("day", Date, primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("what", String(30), primary_key=True),
    Column("times", Integer, nullable=False),
    info=of_no_school(),
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
    Index("ix_conversations_asker", "asker"),
    info=across("school_id asker updated_at", "delete"),
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
    Column("shared", Boolean(create_constraint=False), nullable=False, server_default=false()),  # her wording may be shown
    Column("address", LargeBinary),  # sealed: where she is told when it is settled; null where she is not to be
    Column("settled_at", DateTime),  # when a later version or ruling answered it, or somebody closed its row
    Index("ix_questions_school_id_asked_at", "school_id", "asked_at"),
    Index("ix_questions_asker", "asker"),
    info=across("id school_id asker"),
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
    Index("ix_escalations_school_id", "school_id"),
    info=across("id school_id asker next_at"),
)

# By which message of the bot an escalation came to its addressee, so that a reply to that message is known as the answer.
escalation_messages = Table(
    "escalation_messages",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("message", String(200), primary_key=True),  # as the platform calls it
    Column("school_id", String(64)),
    Column("escalation_id", ForeignKey("escalations.id", ondelete="CASCADE"), nullable=False),
    Index("ix_escalation_messages_escalation_id", "escalation_id"),
    info=across("channel message school_id escalation_id"),
)

# What the bot is to say of its own accord, until it is on its way.
notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column(
        "person_id", Integer
    ),  # to whom; null where it is the asker of an escalation or a question, whose address is sealed there
    Column("escalation_id", String(16)),
    Column("detail", Text),  # JSON, without a word of any question
    Column("made_at", DateTime, nullable=False),
    Column("due_at", DateTime, nullable=False),
    Index("ix_notices_due_at", "due_at"),
    sqlite_autoincrement=True,  # whoever is about to put one out must not find another, which is not due, under its number
    info=across("id school_id due_at"),
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
    info=across("school_id asker updated_at", "delete"),
)

# What a school has decided about the desk; a school without a row has the defaults.
desk_settings = Table(
    "desk_settings",
    metadata,
    Column("school_id", ForeignKey("schools.id"), primary_key=True),
    # Whether the chair of governors approves each version before it is published, and what is looser than a published clause.
    Column("versions_need_chair", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("looser_needs_chair", Boolean(create_constraint=False), nullable=False, server_default=true()),
)

# Links that open the desk once.
desk_links = Table(
    "desk_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("school_id", String(64)),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", DateTime, nullable=False),
    info=across("token_hash school_id person_id expires_at"),
)

desk_sessions = Table(
    "desk_sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("school_id", String(64)),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("said", Text),  # what the next page says first: what came of the form before it
    Index("ix_desk_sessions_school_id", "school_id"),
    info=across("token_hash school_id person_id seen_at said"),
)

# What waits for the chair of governors, or did: a version, a correction or a ruling that is looser than what is published.
proposals = Table(
    "proposals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("slug", String(64), nullable=False),
    Column("version", Integer),  # which one is corrected; null where the kind needs none
    Column("clause_id", String(100)),
    Column("document", LargeBinary, nullable=False),  # JSON: what is proposed
    Column("digest", String(64)),  # of the draft that is proposed: what is changed after that is not what was approved
    Column("looser", Text),  # in words, how it is looser than what is published
    Column("made_by", String(200), nullable=False),
    Column("made_at", DateTime, nullable=False),
    # SQLite minds no length, and would have to make the table anew to change it.
    Column("state", String(20).with_variant(String(30), "postgresql"), nullable=False),
    Column("decided_by", String(200)),
    Column("decided_at", DateTime),
    Column("comment", Text),
    Column("minutes", String(200)),
    Index("ix_proposals_school_id_state", "school_id", "state"),
)

# Whom the bot has written to as chair of governors, and whether it arrived; of a proposal it outlasts the people.
chair_requests = Table(
    "chair_requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("proposal_id", ForeignKey("proposals.id")),  # what waited; null where a link alone was asked for
    Column("person_id", Integer, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("address", String(200)),  # the e-mail address, null on another channel
    Column("made_at", DateTime, nullable=False),
    Column("sent_at", DateTime),  # when it arrived; null where it has not
    Column("failed_at", DateTime),  # when it was given up
    Index("ix_chair_requests_school_id", "school_id"),
    Index("ix_chair_requests_person_id", "person_id"),
)

# Who did what, when; nothing is ever changed or deleted here, and no words stand in it.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("who", String(200), nullable=False),  # a person's number and role, or who was at the command line
    Column("action", String(40).with_variant(String(60), "postgresql"), nullable=False),
    Column("slug", String(64)),
    Column("version", Integer),
    Column("object", String(100)),  # the id of the clause, the person, the row
    Index("ix_audit_school_id_at", "school_id", "at"),
    sqlite_autoincrement=True,
)

# The questions that a school tries a draft with; each begins with a set of them.
trial_questions = Table(
    "trial_questions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("question", Text, nullable=False),
    Column("must", Boolean(create_constraint=False), nullable=False),  # while its answer is not as expected nothing is published
    Column("expected", String(20)),  # the stance of the answer, or `not_covered`; null where it is only looked at
    Index("ix_trial_questions_school_id", "school_id"),
)

# Which changed answers of a draft somebody has looked at.
looked_at = Table(
    "looked_at",
    metadata,
    Column("school_id", ForeignKey("schools.id"), primary_key=True),
    Column("slug", String(64), primary_key=True),
    Column("digest", String(64), primary_key=True),  # of these answers, today's and the draft's, word for word
    Column("matter", String(200), primary_key=True),
    Column("who", String(200), nullable=False),
    Column("at", DateTime, nullable=False),
)

# What was decided about a matter that staff could not find.
gap_decisions = Table(
    "gap_decisions",
    metadata,
    Column("school_id", ForeignKey("schools.id"), primary_key=True),
    Column("gap", String(200), primary_key=True),  # the matter's name, or the id of the question that stands for its like
    Column("words", String(200)),  # how a list calls it once no question of it is kept any more; null where nothing may be said
    Column("decision", String(20), nullable=False),
    Column("who", String(200), nullable=False),
    Column("at", DateTime, nullable=False),
)

# What staff were told of a new version.
announcements = Table(
    "announcements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("slug", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("words", Text, nullable=False),  # what changed, made of the two versions alone
    Column("own", Text),  # what the headteacher adds in her own words
    Column("to_confirm", Boolean(create_constraint=False), nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("made_at", DateTime, nullable=False),
    Index("ix_announcements_school_id_slug", "school_id", "slug"),
    info=across("id school_id"),
)

# Whom an announcement is for, and when they said that they had read it. It outlasts the people: governors may ask years later.
readings = Table(
    "readings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school_id", String(64)),
    Column("announcement_id", ForeignKey("announcements.id"), nullable=False),
    Column("person_id", Integer),  # null for whoever signed on paper and is not known here
    Column("name", String(200), nullable=False),  # as the office knows them: by an invitation's number, or by name
    Column("sent_at", DateTime),  # when it arrived; null where it has not
    Column("reminded_at", DateTime),  # when it was called to mind, which is done once
    Column("read_at", DateTime),
    Column("entered_by", String(200)),  # who wrote down that they signed on paper; null where they said it themselves
    UniqueConstraint("announcement_id", "person_id"),
    UniqueConstraint("announcement_id", "name"),
    info=across("id person_id"),
)

# Who is to be told when a clause changes.
watches = Table(
    "watches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("slug", String(64), nullable=False),
    Column("clause_id", String(100), nullable=False),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("made_at", DateTime, nullable=False),
    UniqueConstraint("school_id", "slug", "clause_id", "person_id"),
    Index("ix_watches_person_id", "person_id"),
)

# Which reminders were sent: of a policy's review, and of rulings that lapse.
review_reminders = Table(
    "review_reminders",
    metadata,
    Column("school_id", ForeignKey("schools.id"), primary_key=True),
    Column("slug", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),  # 0 for a ruling, which its policy's next version may hold as it is
    Column("which", String(120), primary_key=True),  # `ahead` or `due`; of a ruling its clause's id and its last day
    Column("sent_at", DateTime, nullable=False),
)

# What was erased and who was removed, so that a backup made before is cleaned of it when it is restored. Nothing is ever changed
# or deleted here, and no name stands in it.
removals = Table(
    "removals",
    metadata,
    Column("school_id", ForeignKey("schools.id"), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("object", String(64), primary_key=True),  # the number of the person or the row, or the keyed hash of an account
    Column("at", DateTime, primary_key=True),
    Index("ix_removals_at", "at"),
    info=across("school_id kind object at"),
)

# When backups were made.
backups = Table(
    "backups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("made_at", DateTime, nullable=False),
    info=of_no_school(),
)
