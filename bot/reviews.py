"""Reminders of what comes to its end: a policy's review, 30 days ahead and when it is due; a ruling, 14 days before it lapses."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from msgspec import Struct, convert, to_builtins
from sqlalchemy import Connection, Engine

from bot.clock import day_of
from bot.layout import Heading, Paragraph
from bot.messages import Message
from bot.notices import Notice, NoticeKind, Notices
from bot.people import People, PersonRole
from bot.roster import Roster
from bot.tables import review_reminders
from bot.turn import Turn, said
from corpus.clause import RULINGS
from corpus.dates import PolicyDate
from corpus.tables import insert_into
from corpus.tenancy import writing_at
from corpus.versions import Review, Versions

REVIEW_AHEAD, RULING_AHEAD = timedelta(days=30), timedelta(days=14)
# Who is reminded: the first of these roles in which anybody can be written to.
_REMINDED = (PersonRole.HEADTEACHER, PersonRole.OFFICE)
_AHEAD, _DUE = "ahead", "due"


class Ending(Struct, frozen=True):
    """What somebody is reminded of: a policy, by its title, or a ruling, by its label; and its date in ISO form."""

    name: str
    on: str
    is_ruling: bool = False

    def spoken(self, today: date) -> str:
        """Return how it stands on a day, in words; a review that is due in a month is due in all of its days, overdue after."""
        on = PolicyDate(self.on)
        past, when = on.is_past(today), f"{'on' if on.day else 'in'} {on.spoken}"
        if self.is_ruling:
            lapses = "has lapsed" if past else "lapses"
            return f"{self.name} {lapses} at the end of {on.spoken}: {'now' if past else 'then'} the policies alone hold."
        if past:
            return f"{self.name}: it was due for review {when}."
        if today < _first_day(on):
            return f"{self.name}: it is due for review {when}."
        return f"{self.name}: it is due for review {'today' if on.day else f'this month, {on.spoken}'}."


@dataclass(frozen=True, slots=True)
class _Reminder:
    """A reminder that may be due: under which key it is noted, so that it is sent once, and of what it reminds.

    `instead` is the key of one that is not to be sent any more.
    """

    school_id: str
    slug: str
    version: int
    which: str
    ending: Ending
    instead: str | None = None


class Reviews:
    """Sends each reminder once, late rather than never; `now` is the time in UTC."""

    def __init__(
        self,
        *,
        engine: Engine,
        people: People,
        versions: Versions,
        roster: Roster,
        notices: Notices,
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts."""
        self._engine = engine
        self._people = people
        self._versions = versions
        self._roster = roster
        self._notices = notices
        self._now = now
        self._looked_on: dict[str, date] = {}

    def remind(self, school_id: str) -> None:
        """Remind whoever sees to a school's policies of what is near its end, or at it; nothing is done twice on a day."""
        today = day_of(self._now())
        if self._looked_on.get(school_id) == today:
            return
        reminders = [*self._of_reviews(school_id, today), *self._of_rulings(school_id, today)]
        if reminders:
            with writing_at(self._engine, school_id) as connection:
                self._remind(connection, school_id, reminders)
        self._looked_on[school_id] = today

    def _of_reviews(self, school_id: str, today: date) -> Iterator[_Reminder]:
        for review in self._versions.reviews(school_id):
            which = _which(review, today)
            if which:
                ending = Ending(review.title, str(review.due))
                instead = _AHEAD if which == _DUE else None
                yield _Reminder(school_id, review.slug, review.version, which, ending, instead)

    def _of_rulings(self, school_id: str, today: date) -> Iterator[_Reminder]:
        policy = self._versions.current(school_id, RULINGS)
        for clause in policy.clauses() if policy else ():
            ruling = clause.ruling
            # Whoever ruled for a shorter time knows.
            if ruling and ruling.on < ruling.until - RULING_AHEAD <= today:
                ending = Ending(clause.label, ruling.until.isoformat(), is_ruling=True)
                yield _Reminder(school_id, RULINGS, 0, f"{clause.id} {ruling.until}", ending)

    def _remind(self, connection: Connection, school_id: str, reminders: Sequence[_Reminder]) -> None:
        reminded = self._reminded(connection, school_id)
        if not reminded:
            return  # tomorrow there may be somebody
        told = to_builtins([reminder.ending for reminder in reminders if self._is_new(connection, reminder)])
        if told:
            for person_id, due_at in self._roster.all_at_work(school_id, reminded).items():
                self._notices.put(connection, school_id, NoticeKind.REVIEW, person_id=person_id, due_at=due_at, endings=told)

    def _reminded(self, connection: Connection, school_id: str) -> list[int]:
        for role in _REMINDED:
            reached = [one.id for one in self._people.with_access(connection, school_id, [role]) if one.address]
            if reached:
                return reached
        return []

    def _is_new(self, connection: Connection, reminder: _Reminder) -> bool:
        """Note that a reminder is sent; tell whether it was not before."""
        if reminder.instead:
            self._note(connection, reminder, reminder.instead)
        return self._note(connection, reminder, reminder.which)

    def _note(self, connection: Connection, reminder: _Reminder, which: str) -> bool:
        key = {"school_id": reminder.school_id, "slug": reminder.slug, "version": reminder.version, "which": which}
        written = insert_into(connection.dialect.name, review_reminders).values(**key, sent_at=self._now())
        return bool(connection.execute(written.on_conflict_do_nothing(index_elements=list(key))).rowcount)

    def told(self, _connection: Connection, notice: Notice, _address: Message) -> Turn:
        """Return what a notice of endings says."""
        endings, today = convert(notice.detail["endings"], list[Ending]), day_of(self._now())
        heading = "Please look at these: they come to their end."
        if len(endings) == 1:
            heading = "A ruling comes to its end." if endings[0].is_ruling else "A policy of your school needs its review."
        return said(Heading(heading), *(Paragraph(ending.spoken(today), strong=ending.name) for ending in endings))


def _which(review: Review, today: date) -> str | None:
    """Return which reminder a day is for; None where it is too early, or the version was published when that day had come."""
    due, published = _first_day(review.due), day_of(review.published_at)
    if today >= due:
        return _DUE if published < due else None
    return _AHEAD if today >= due - REVIEW_AHEAD > published else None


def _first_day(due: PolicyDate) -> date:
    """Return the day on which a review falls due: of a month its first, so that the month is there to do it in."""
    return date(due.year, due.month, due.day or 1)
