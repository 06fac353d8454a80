"""What staff are told of a new version: what changed, in their private chats in working hours, and whether they have read it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, func, insert, select, update

from bot.clock import spoken
from bot.errors import BotError
from bot.layout import Block, Heading, Paragraph
from bot.links import Links
from bot.messages import Button, Message
from bot.notices import Notice, NoticeKind, Notices
from bot.people import ROLE_WORDS, STAFF_ROLES, People, Person, from_trail, has_access
from bot.readings import Readings
from bot.roster import Roster
from bot.rule_changes import draft_words
from bot.sections import GONE
from bot.tables import announcements, people, readings
from bot.turn import Asker, Turn, said
from bot.typed import read_number
from corpus.clause import Policy
from corpus.tables import policies
from corpus.tenancy import reading_across, reading_at, writing_at
from corpus.versions import School, Versions

# What a button asks for stands before the colon of its value.
READ = "y"
# Whoever has not said that they read it is reminded once, so many school days after it arrived.
REMINDED_AFTER = 5
LONGEST_OWN = 500
I_HAVE_READ_IT = "I have read it"


@dataclass(frozen=True, slots=True)
class StaffAnnouncement:
    """What staff were told of a version: `words` are made of the two versions alone, `own` is what the headteacher added."""

    id: int
    school_id: str
    slug: str
    version: int
    words: str
    own: str | None
    to_confirm: bool
    made_by: str
    made_at: datetime


class Announcements:
    """Announcements in a store; `now` is the time in UTC."""

    def __init__(
        self,
        *,
        engine: Engine,
        people: People,
        readings: Readings,
        versions: Versions,
        roster: Roster,
        notices: Notices,
        links: Links,
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts."""
        self._engine = engine
        self._people = people
        self._readings = readings
        self._versions = versions
        self._roster = roster
        self._notices = notices
        self._links = links
        self._now = now

    # Announcing

    def announce(
        self,
        connection: Connection,
        school_id: str,
        slug: str,
        version: int,
        *,
        since: int | None,
        own: str,
        to_confirm: bool,
        who: str,
    ) -> int:
        """Tell the staff of a school what changed in a published version, each in working hours; return the announcement's id.

        `since` is the version that held before, None for none; `own` what the headteacher adds in her words, "" for nothing;
        `to_confirm` asks staff to say that they have read it. `connection` may be of the transaction that publishes. Raises
        BotError where her words are too long, or staff were told of this version last; StoreError where there is no such version.
        """
        own = own.strip()
        if len(own) > LONGEST_OWN:
            raise BotError(f"Your own words are longer than {LONGEST_OWN} characters: shorten them.")
        last = connection.execute(_last(school_id).where(announcements.c.slug == slug)).one_or_none()
        if last and last.version == version:
            raise BotError(f"Staff have been told of this version already, {spoken(last.made_at)}.")
        values = {"school_id": school_id, "slug": slug, "version": version, "to_confirm": to_confirm, "own": own or None}
        words = self.words(school_id, slug, version, since, connection)
        made = insert(announcements).values(**values, words=words, made_by=who, made_at=self._now()).returning(announcements.c.id)
        number: int = connection.execute(made).scalar_one()
        staff = self._people.with_access(connection, school_id, STAFF_ROLES)
        if to_confirm:
            self._readings.begin(connection, number, staff)
        self._tell(connection, school_id, NoticeKind.ANNOUNCED, number, [person.id for person in staff if person.address])
        return number

    def words(self, school_id: str, slug: str, version: int, since: int | None, within: Connection | None = None) -> str:
        """Return what staff would be told of a version; `since` and `within` as for `announce`."""
        versions = Versions(self._engine, self._now, within)
        before = versions.version(school_id, slug, since).policy if since is not None else None
        return draft_words(before, versions.version(school_id, slug, version).policy)

    def of(self, school_id: str) -> list[StaffAnnouncement]:
        """Return what was announced at a school, the newest first."""
        made = select(announcements).where(announcements.c.school_id == school_id).order_by(announcements.c.id.desc())
        with reading_at(self._engine, school_id) as connection:
            return [_announcement(row) for row in connection.execute(made)]

    def joined(self, person: Person, address: Message) -> None:
        """Keep where somebody who has just joined can be written to alone; as `reach`."""
        with writing_at(self._engine, person.school_id) as connection:
            self.reach(connection, person, address)

    def reach(self, connection: Connection, person: Person, address: Message) -> None:
        """Keep where somebody can be written to alone; the first time, tell them what staff are asked to confirm.

        Nothing is kept of somebody whose access has ended.
        """
        if self._people.reach(connection, person, address) and person.address is None:
            self._welcome(connection, person)

    def _welcome(self, connection: Connection, person: Person) -> None:
        if person.role not in STAFF_ROLES:
            return
        for row in connection.execute(_in_force(person.school_id)).all():
            is_listed = self._readings.of_person(connection, row.id, person.id) is not None
            if not is_listed:
                self._readings.begin(connection, row.id, [person])
            noted = self._readings.of_person(connection, row.id, person.id)
            if noted and not (noted.sent_at or noted.read_at):
                self._tell(connection, person.school_id, NoticeKind.ANNOUNCED, row.id, [person.id], new_here=not is_listed)

    def remind(self, school: School) -> None:
        """Remind, once, whoever was told of what holds now, was asked to confirm it, and has not within five school days."""
        latest = self._now() - timedelta(days=REMINDED_AFTER)  # no five school days are shorter
        unread = and_(readings.c.sent_at <= latest, readings.c.read_at.is_(None), readings.c.reminded_at.is_(None))
        there = and_(people.c.school_id == readings.c.school_id, people.c.id == readings.c.person_id)
        wanted = (
            _in_force(school.id)
            .add_columns(readings.c.id.label("reading"), readings.c.person_id, readings.c.sent_at)
            .join(readings, and_(readings.c.announcement_id == announcements.c.id, unread))
            .join(people, and_(there, has_access(self._now())))
            .where(readings.c.school_id == school.id)
        )
        with reading_at(self._engine, school.id) as connection:
            rows = connection.execute(wanted).all()
        year = self._roster.year(school) if rows else None
        for row in rows:
            if year is None or year.after_school_days(row.sent_at, REMINDED_AFTER) > self._now():
                continue
            with writing_at(self._engine, school.id) as connection:
                # Only where no other process has done it meanwhile.
                of_school = readings.c.school_id == school.id
                once = update(readings).where(of_school, readings.c.id == row.reading, readings.c.reminded_at.is_(None))
                if connection.execute(once.values(reminded_at=self._now())).rowcount:
                    self._tell(connection, school.id, NoticeKind.UNREAD, row.id, [row.person_id])

    def _tell(
        self,
        connection: Connection,
        school_id: str,
        kind: NoticeKind,
        number: int,
        person_ids: Sequence[int],
        *,
        new_here: bool = False,
    ) -> None:
        due = self._roster.all_at_work(school_id, person_ids)
        for person_id, due_at in due.items():
            self._notices.put(
                connection, school_id, kind, person_id=person_id, due_at=due_at, announcement_id=number, new_here=new_here
            )

    # Saying

    def told(self, connection: Connection, notice: Notice, address: Message) -> Turn | None:
        """Return what a notice of an announcement says in a private chat; None to whoever has read it meanwhile."""
        one = (announcements.c.school_id == notice.school_id, announcements.c.id == notice.announcement_id)
        row = connection.execute(select(announcements).where(*one)).one_or_none()
        if row is None or notice.person_id is None:
            return None
        reading = self._readings.of_person(connection, row.id, notice.person_id)
        if reading and reading.read_at:
            return None
        announced = _announcement(row)
        policy = self._versions.version(announced.school_id, announced.slug, announced.version).policy
        heading = f"Your school has published: {_titled(policy)}."
        if notice.detail["new_here"]:  # to whom it is all new, what changed says nothing
            heading = f"You are new here. Your school asks everybody to read this: {_titled(policy)}."
        elif notice.kind is NoticeKind.UNREAD:
            heading = f"You have not said yet that you have read this: {_titled(policy)}."
        words = [] if notice.detail["new_here"] else _words(announced)
        page = self._links.to_version(announced.school_id, announced.slug, announced.version, address.channel)
        whole = f"The whole policy: {page}" if page else "Your school office has the whole policy."
        asked = "Please read it, then press the button." if announced.to_confirm else "Ask me what it says about something."
        button = (Button(I_HAVE_READ_IT, f"{READ}:{announced.id}"),) if announced.to_confirm else ()
        return said(Heading(heading), *words, Paragraph(whole), Paragraph(asked), buttons=button)

    def pressed(self, asker: Asker, message: Message, value: str) -> Turn:
        """Return what comes of somebody's saying that they have read something. Raises BotError where it is not for them."""
        number = read_number(value)
        if asker.person is None or number is None:
            raise BotError(GONE)
        with reading_across(self._engine) as connection:
            whose = connection.scalar(select(announcements.c.school_id).where(announcements.c.id == number))
        school = next((one for one in asker.schools if one.id == whose), asker.school)
        ids = self._people.ids(message.channel, message.account, school.id)
        read_at = self._readings.read_at(school.id, number, ids)
        if read_at:
            return said(Heading(f"You said so already: {spoken(read_at)}."), private=True)
        keep = partial(self._readings.confirm, announcement_id=number, person_ids=ids)
        noted = Heading("Thank you. I have noted that you have read it.")
        return Turn((noted,), private=True, keep=keep, school=school)


def _last(school_id: str) -> Select[Any]:
    """Return what was last announced of each policy of a school."""
    of_school = announcements.c.school_id == school_id
    newest = select(func.max(announcements.c.id)).where(of_school).group_by(announcements.c.slug)
    return select(announcements).where(of_school, announcements.c.id.in_(newest))


def _in_force(school_id: str) -> Select[Any]:
    """Return what staff are asked to confirm: what was last announced of a policy, while that version is the one that holds."""
    holds = and_(
        policies.c.school_id == announcements.c.school_id,
        policies.c.slug == announcements.c.slug,
        policies.c.current == announcements.c.version,
    )
    return _last(school_id).join(policies, holds).where(announcements.c.to_confirm)


def _titled(policy: Policy) -> str:
    return f"{policy.title} ({policy.adopted.spoken})" if policy.adopted else policy.title


def _words(announced: StaffAnnouncement) -> list[Block]:
    """Return what changed, and apart from it what the headteacher says."""
    own = [Paragraph(f"{_by(announced.made_by)} adds: “{announced.own}”")] if announced.own else []
    return [*own, *(Paragraph(line) for line in announced.words.split("\n") if line)]


def _by(who: str) -> str:
    """Return who announced something, as staff are told: by the role, where it was one of the school's people."""
    person = from_trail(who)
    words = ROLE_WORDS[person[0]] if person else "your school"
    return words[:1].upper() + words[1:]


def _announcement(row: Row[Any]) -> StaffAnnouncement:
    return StaffAnnouncement(
        id=row.id,
        school_id=row.school_id,
        slug=row.slug,
        version=row.version,
        words=row.words,
        own=row.own,
        to_confirm=row.to_confirm,
        made_by=row.made_by,
        made_at=row.made_at,
    )
