"""How the chair of governors is told what waits for approval, and how whoever proposed it hears what became of it.

The chair is written to in a private chat, and, where e-mail is set up, at the address in the school's contacts; a mail holds a
link that opens the desk once.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from bot.clock import spoken
from bot.contact_store import Contacts
from bot.deliveries import Announced
from bot.desk.access import MAIL_LINK_LASTS, DeskAccess
from bot.layout import Block, Heading, Paragraph
from bot.messages import Message
from bot.notices import Notice, NoticeKind, Notices
from bot.people import CHANNEL_NAMES, EMAIL, LET_IN_BY_WORKSPACE, People, Person, PersonRole, from_trail
from bot.proposals import Kind, Proposal, Proposals, State
from bot.roster import Roster
from bot.tables import chair_requests
from bot.turn import Turn, said
from bot.ways_in import WaysIn
from corpus.clause import RULINGS
from corpus.errors import StoreError
from corpus.tenancy import reading_at, writing_at
from corpus.versions import Versions

# So many links are sent to an address at most within each of these times, and no more.
MOST_LINKS = ((timedelta(hours=1), 3), (timedelta(days=1), 10))
# So many lines say how something is looser; the desk shows all.
MOST_LINES = 20
LONGEST_EMAIL = 200


class Request(NamedTuple):
    """A request to the chair of governors: `way` is how it went, `state` what came of it, both as a page says them."""

    way: str
    state: str


class Reach(NamedTuple):
    """How a school's chair can be asked, as a page says it; `advice` is what to do or to look at, "" where nothing."""

    ways: list[str]
    advice: str


class ChairRequests:
    """Requests to the chair of each school in a store; `mails` says whether e-mail is set up, `now` is the time in UTC."""

    def __init__(
        self,
        *,
        engine: Engine,
        proposals: Proposals,
        people: People,
        contacts: Contacts,
        versions: Versions,
        roster: Roster,
        notices: Notices,
        desk: DeskAccess,
        ways: WaysIn,
        mails: bool,
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts."""
        self._engine = engine
        self._proposals = proposals
        self._people = people
        self._contacts = contacts
        self._versions = versions
        self._roster = roster
        self._notices = notices
        self._desk = desk
        self._ways = ways
        self._mails = mails
        self._now = now

    # Telling

    def tell(self, connection: Connection, proposal: Proposal) -> None:
        """Keep a notice to the chair of what waits, in the transaction that proposes it; of a decision to whoever proposed it."""
        if proposal.state is State.WAITING:
            self._ask(connection, proposal)
        else:
            self._tell_proposer(connection, proposal)

    def _ask(self, connection: Connection, proposal: Proposal) -> None:
        school_id = proposal.school_id
        in_chat = self._in_chat(connection, school_id)
        due = self._roster.all_at_work(school_id, [chair.id for chair in in_chat])
        by_mail = [
            self._people.let_in_chair(connection, school_id, email, proposal.made_by)
            for email in self._emails(connection, school_id)
        ]
        for chair in (*in_chat, *by_mail):
            self._note(connection, chair, proposal.id)
            self._notices.put(
                connection,
                school_id,
                NoticeKind.PROPOSED,
                person_id=chair.id,
                due_at=due.get(chair.id),  # a mail waits by itself until it is read
                proposal_id=proposal.id,
            )

    def _tell_proposer(self, connection: Connection, proposal: Proposal) -> None:
        proposer = from_trail(proposal.made_by)
        if proposer is None:
            return  # it was not somebody who can be written to
        _, number = proposer
        due_at = self._roster.at_work(proposal.school_id, number)
        self._notices.put(
            connection,
            proposal.school_id,
            NoticeKind.DECIDED,
            person_id=number,
            due_at=due_at,
            proposal_id=proposal.id,
        )

    def send_link(self, email: str) -> None:
        """Send a new link to the address of a chair who was asked by e-mail before; to any other nothing.

        What is done for one and for the other is told by nothing; too many within a time are not sent.
        """
        if not self._mails or len(email) > LONGEST_EMAIL or not email.isprintable():
            return
        for chair in self._people.by_mail(email.strip().lower()):
            with writing_at(self._engine, chair.school_id) as connection:
                if self._may_send(connection, chair):
                    self._note(connection, chair, None)
                    self._notices.put(connection, chair.school_id, NoticeKind.DESK_LINK, person_id=chair.id)

    def _may_send(self, connection: Connection, chair: Person) -> bool:
        now, longest = self._now(), max(time for time, _ in MOST_LINKS)
        links = (chair_requests.c.school_id == chair.school_id, chair_requests.c.proposal_id.is_(None))
        connection.execute(delete(chair_requests).where(*links, chair_requests.c.made_at <= now - longest))
        hers = select(func.count()).where(*links, chair_requests.c.person_id == chair.id)
        return all(
            (connection.scalar(hers.where(chair_requests.c.made_at > now - time)) or 0) < most for time, most in MOST_LINKS
        )

    def _in_chat(self, connection: Connection, school_id: str) -> list[Person]:
        chairs = self._people.with_access(connection, school_id, [PersonRole.CHAIR])
        return [chair for chair in chairs if chair.address and chair.channel != EMAIL]

    def _emails(self, connection: Connection, school_id: str) -> list[str]:
        found = self._contacts.chair_emails(school_id, connection) if self._mails else []
        return [email for email in found if len(email) <= LONGEST_EMAIL]

    def _note(self, connection: Connection, chair: Person, proposal_id: int | None) -> None:
        row = {"school_id": chair.school_id, "proposal_id": proposal_id, "person_id": chair.id, "channel": chair.channel}
        address = chair.account if chair.channel == EMAIL else None
        connection.execute(insert(chair_requests).values(**row, address=address, made_at=self._now()))

    def settled(self, connection: Connection, about: Announced, _channel: str, arrived: bool, _said: str | None) -> None:
        """Note, in the transaction that does, whether a request has arrived; the first time counts."""
        if about.kind != NoticeKind.PROPOSED:
            return
        of_proposal = (chair_requests.c.school_id == about.school_id, chair_requests.c.proposal_id == about.proposal_id)
        one = (*of_proposal, chair_requests.c.person_id == about.person_id)
        noted = update(chair_requests).where(*one, chair_requests.c.sent_at.is_(None))
        connection.execute(noted.values({"sent_at" if arrived else "failed_at": self._now()}))

    # Showing

    def of(self, school_id: str) -> dict[int, list[Request]]:
        """Return how the chair was asked, and whether it arrived, by the number of the proposal."""
        asked = chair_requests.c.proposal_id.is_not(None)
        rows = select(chair_requests).where(chair_requests.c.school_id == school_id, asked).order_by(chair_requests.c.id)
        found = defaultdict(list)
        with reading_at(self._engine, school_id) as connection:
            for row in connection.execute(rows):
                way = f"by e-mail to {row.address}" if row.address else _way(row.channel)
                found[row.proposal_id].append(
                    Request(f"{PersonRole.CHAIR} {row.person_id}, {way}", _state(row.sent_at, row.failed_at))
                )
        return found

    def reach(self, school_id: str) -> Reach:
        """Return how a school's chair would be asked now."""
        with reading_at(self._engine, school_id) as connection:
            ways = [_way(chair.channel) for chair in self._in_chat(connection, school_id)]
            emails = self._emails(connection, school_id)
        ways += [f"by e-mail to {email}" for email in emails]
        if emails and not self._contacts.has_confirmed_chair(school_id):
            return Reach(ways, "The address is as your school's contacts have it. The chair has not confirmed it yet.")
        if ways:
            return Reach(ways, "")
        if self._mails:
            advice = (
                "The chair of governors cannot be written to yet: ask your school office to write an e-mail address into the "
                "school's contacts that the chair alone reads."
            )
        else:
            advice = (
                "The chair of governors cannot be written to yet: ask your trust, or whoever looks after policybot for you, to "
                "invite the chair, or to set up e-mail."
            )
        return Reach([], advice)

    # Saying

    def told(self, connection: Connection, notice: Notice, address: Message) -> Turn | None:
        """Return what tells the chair of something that waits; None where it waits no more, or they are not the chair."""
        proposal = self._proposals.get(notice.school_id, notice.detail["proposal_id"], connection)
        chair, what = self._chair(connection, notice), self._what(proposal)
        if chair is None or what is None or proposal.state is not State.WAITING:
            return None
        (school,) = self._versions.schools([notice.school_id])
        heading = Heading(f"{school.name} asks you, as chair of governors, to approve {what}.")
        return said(heading, *_looser(proposal), *self._way_in(connection, chair, address))

    def link_told(self, connection: Connection, notice: Notice, address: Message) -> Turn | None:
        """Return what brings the chair a new link; None where they are not the chair any more."""
        chair = self._chair(connection, notice)
        if chair is None:
            return None
        (school,) = self._versions.schools([notice.school_id])
        return said(Heading(f"Your new link to the desk of {school.name}."), *self._way_in(connection, chair, address))

    def decision_told(self, connection: Connection, notice: Notice, _address: Message) -> Turn | None:
        """Return what tells whoever proposed something what the chair has decided."""
        proposal = self._proposals.get(notice.school_id, notice.detail["proposal_id"], connection)
        approved = proposal.state is State.APPROVED
        what = self._what(proposal) or "what you asked for"
        comment = [Paragraph(f"The chair says: “{proposal.comment}”")] if proposal.comment else []
        if not approved:
            follows = "Nothing changes for staff."
        elif proposal.kind is Kind.VERSION:
            follows = "You can publish it at the desk: write /desk to me."
        else:
            follows = "Staff are answered by it from now on."
        decided = "approved" if approved else "refused"
        return said(Heading(f"The chair of governors has {decided} {what}."), *comment, Paragraph(follows))

    def _chair(self, connection: Connection, notice: Notice) -> Person | None:
        person = self._people.find(connection, notice.person_id) if notice.person_id else None
        return person if person and person.role is PersonRole.CHAIR else None

    def _way_in(self, connection: Connection, chair: Person, address: Message) -> tuple[Block, ...]:
        if address.channel != EMAIL:
            return (Paragraph("To read it and decide, write /desk to me."),)
        link = self._ways.desk_link(self._desk.make_link(chair, MAIL_LINK_LASTS, connection))
        return (
            Paragraph(f"To read and decide, open this page: {link}"),
            Paragraph(
                f"The link works once, until {spoken(self._now() + MAIL_LINK_LASTS)}. Pass it to nobody: whoever opens it can "
                "decide in your place."
            ),
            Paragraph(
                "You get this because the school has you down as its chair of governors. If you are not, please tell the school "
                "office. Nobody reads answers to this mail.",
                aside=True,
            ),
        )

    def _what(self, proposal: Proposal) -> str | None:
        """Return what is proposed, in words; None where it is not there any more."""
        school_id, slug = proposal.school_id, proposal.slug
        if slug == RULINGS:
            return "a ruling of the headteacher"
        try:
            if proposal.kind is Kind.VERSION:
                drafts = {draft.digest: draft.policy for draft in self._versions.drafts(school_id)}
                policy = drafts.get(proposal.digest or "")
                return f"a new version of “{policy.title}”" if policy else None
            policy = self._versions.version(school_id, slug, proposal.version).policy
        except StoreError:
            return None
        clause = policy.clause(proposal.clause_id or "")
        return f"a correction of “{policy.title}”, {clause.label if clause else ''}"


def _looser(proposal: Proposal) -> list[Block]:
    lines = proposal.looser.splitlines() if proposal.looser else []
    if not lines:
        return [Paragraph("I found no rule that gets looser by it.")]
    left = len(lines) - MOST_LINES
    more = [Paragraph(f"There are {left} more: the desk shows them.")] if left > 0 else []
    return [Paragraph("It is looser than what holds now:"), *map(Paragraph, lines[:MOST_LINES]), *more]


def _way(channel: str) -> str:
    """Return how somebody is asked in a chat: in a workspace, else on the channel."""
    return f"{'in' if channel in LET_IN_BY_WORKSPACE else 'on'} {CHANNEL_NAMES[channel]}"


def _state(sent_at: datetime | None, failed_at: datetime | None) -> str:
    if sent_at:
        return f"sent {spoken(sent_at)}"
    return f"could not be sent ({spoken(failed_at)})" if failed_at else "not sent yet"
