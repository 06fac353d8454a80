"""Puts the conversation together over a store: who asks, what is kept, what is delivered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.announcements import Announcements
from bot.announcer import Announcer
from bot.audit import Audit
from bot.bootstrap import Indexes
from bot.bringing_in import BringingIn
from bot.chair_requests import ChairRequests
from bot.contact_changes import ContactChanges
from bot.contact_store import Contacts
from bot.conversation import Conversation
from bot.deliveries import Announced, Deliveries
from bot.desk.access import DeskAccess
from bot.duties import Duties
from bot.escalations import ESCALATIONS_KEPT, Escalations
from bot.gap_notices import GapNotices
from bot.gaps import Gaps
from bot.handover import Handover
from bot.inbox import Inbox
from bot.installations import Installations
from bot.kept import KeptAnswers
from bot.links import Links
from bot.looked_at import LookedAt
from bot.notices import NoticeKind, Notices
from bot.outgoing import Outgoing
from bot.own_duty import OwnDuty
from bot.people import People
from bot.proposals import Proposal, Proposals
from bot.publication import Publication
from bot.readiness import Readiness
from bot.readings import Readings
from bot.records import RETENTION, Records
from bot.removals import Ledger
from bot.reviews import Reviews
from bot.roster import Roster
from bot.sealing import Seal
from bot.sent_files import SentFiles
from bot.summary import Summaries
from bot.trial_questions import TrialQuestions
from bot.trust_publication import TrustPublication
from bot.turn import Tenancy
from bot.unfinished import Unfinished
from bot.watches import Watches
from bot.ways_in import WaysIn

NO_WAYS = WaysIn("http://127.0.0.1", None)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the server is made of, over one store."""

    indexes: Indexes
    people: People
    records: Records
    kept: KeptAnswers
    links: Links
    deliveries: Deliveries
    contacts: Contacts
    contact_changes: ContactChanges
    duties: Duties
    roster: Roster
    escalations: Escalations
    notices: Notices
    announcements: Announcements
    readings: Readings
    watches: Watches
    outgoing: Outgoing
    desk: DeskAccess
    conversation: Conversation
    gaps: Gaps
    summaries: Summaries
    audit: Audit
    bringing_in: BringingIn
    proposals: Proposals
    chair_requests: ChairRequests
    trial_questions: TrialQuestions
    looked_at: LookedAt
    readiness: Readiness
    publication: Publication
    trust_publication: TrustPublication
    installations: Installations


def assemble(
    indexes: Indexes,
    key: bytes,
    *,
    now: Callable[[], datetime] | None = None,
    tenancies: Mapping[tuple[str, str], Tenancy] | None = None,
    retention: timedelta = RETENTION,
    escalations_kept: timedelta = ESCALATIONS_KEPT,
    public_url: str | None = None,
    ways: WaysIn = NO_WAYS,
    mails: bool = False,
    ledger: Ledger | None = None,
) -> Parts:
    """Return the parts over the store of `indexes`; `key` is the installation's secret.

    `now` is the time in UTC, that of the store for None; `tenancies` says whose staff a workspace holds by the settings, by
    channel and tenant; `retention` is how long a question is kept, and `escalations_kept` how long what was handed over, after
    it came to its end; `public_url` is where people reach the server, None if only on this machine; `ways` are where people
    come in with an invitation; `mails` says whether e-mail is set up; `ledger` is where removals are copied out, None for
    nowhere.
    """
    engine, now = indexes.versions.engine, now or indexes.versions.now
    people, records = People(engine, now), Records(engine, key, now, retention)
    kept, links = KeptAnswers(key, indexes.versions, public_url), Links(key, public_url, now)
    contacts, duties, notices, seal = Contacts(engine, now), Duties(engine, now), Notices(engine, now), Seal(key)
    installations = Installations(engine, key, tenancies or {}, now)
    escalations = Escalations(engine, seal, notices, now, escalations_kept)
    roster = Roster(engine, contacts, duties, indexes, now)
    readings = Readings(engine, now)
    announcements = Announcements(
        engine=engine,
        people=people,
        readings=readings,
        versions=indexes.versions,
        roster=roster,
        notices=notices,
        links=links,
        now=now,
    )
    watches = Watches(
        engine=engine, people=people, versions=indexes.versions, roster=roster, notices=notices, links=links, now=now
    )
    reviews = Reviews(engine=engine, people=people, versions=indexes.versions, roster=roster, notices=notices, now=now)

    def settled(connection: Connection, about: Announced, channel: str, arrived: bool, said: str | None) -> None:
        escalations.settled(connection, about, channel, arrived, said)
        readings.settled(connection, about, channel, arrived, said)
        chair_requests.settled(connection, about, channel, arrived, said)

    deliveries = Deliveries(engine, now, settled, seal)
    unfinished = Unfinished(engine, seal, records, now)
    desk = DeskAccess(engine, people, now)
    audit = Audit(engine, now)

    def tell(connection: Connection, proposal: Proposal) -> None:
        chair_requests.tell(connection, proposal)

    proposals = Proposals(engine, audit, now, tell)
    chair_requests = ChairRequests(
        engine=engine,
        proposals=proposals,
        people=people,
        contacts=contacts,
        versions=indexes.versions,
        roster=roster,
        notices=notices,
        desk=desk,
        ways=ways,
        mails=mails,
        now=now,
    )
    inbox = Inbox(
        escalations=escalations,
        people=people,
        roster=roster,
        unfinished=unfinished,
        versions=indexes.versions,
        links=links,
        now=now,
    )
    handover = Handover(escalations=escalations, roster=roster, records=records, unfinished=unfinished, indexes=indexes, now=now)
    announcer = Announcer(
        escalations=escalations,
        inbox=inbox,
        people=people,
        roster=roster,
        wordings={
            NoticeKind.RULES_CHANGED: watches.told,
            NoticeKind.ANNOUNCED: announcements.told,
            NoticeKind.UNREAD: announcements.told,
            NoticeKind.REVIEW: reviews.told,
            NoticeKind.PROPOSED: chair_requests.told,
            NoticeKind.DECIDED: chair_requests.decision_told,
            NoticeKind.DESK_LINK: chair_requests.link_told,
        },
        gap_notices=GapNotices(records, people, roster, indexes),
        installations=installations,
        now=now,
    )
    outgoing = Outgoing(
        engine=engine,
        notices=notices,
        announcer=announcer,
        deliveries=deliveries,
        escalations=escalations,
        duties=duties,
        unfinished=unfinished,
        announcements=announcements,
        reviews=reviews,
        records=records,
        roster=roster,
        versions=indexes.versions,
        ledger=ledger,
        now=now,
    )
    audit = Audit(engine, now)
    bringing_in = BringingIn(indexes.versions, audit)
    conversation = Conversation(
        indexes=indexes,
        people=people,
        records=records,
        kept=kept,
        links=links,
        ways=ways,
        now=now,
        installations=installations,
        contacts=contacts,
        roster=roster,
        escalations=escalations,
        unfinished=unfinished,
        handover=handover,
        inbox=inbox,
        desk=desk,
        own_duty=OwnDuty(duties, contacts, roster, notices),
        announcements=announcements,
        readings=readings,
        watches=watches,
        sent_files=SentFiles(bringing_in, now),
    )
    trial_questions, looked_at = TrialQuestions(engine, audit), LookedAt(engine, audit, now)
    readiness = Readiness(
        indexes, roster=roster, proposals=proposals, trial_questions=trial_questions, looked_at=looked_at, now=now
    )
    gaps = Gaps(engine, indexes, roster, notices, now)
    publication = Publication(
        indexes=indexes, readiness=readiness, proposals=proposals, audit=audit, hooks=[gaps.settle, watches.changed]
    )
    return Parts(
        indexes=indexes,
        people=people,
        records=records,
        kept=kept,
        links=links,
        deliveries=deliveries,
        contacts=contacts,
        contact_changes=ContactChanges(engine, contacts, duties=duties, notices=notices, audit=audit, now=now),
        duties=duties,
        roster=roster,
        escalations=escalations,
        notices=notices,
        announcements=announcements,
        readings=readings,
        watches=watches,
        outgoing=outgoing,
        desk=desk,
        conversation=conversation,
        gaps=gaps,
        summaries=Summaries(engine, indexes, roster),
        audit=audit,
        bringing_in=bringing_in,
        proposals=proposals,
        chair_requests=chair_requests,
        trial_questions=trial_questions,
        looked_at=looked_at,
        readiness=readiness,
        publication=publication,
        trust_publication=TrustPublication(indexes.versions, readiness=readiness, publication=publication, audit=audit),
        installations=installations,
    )
