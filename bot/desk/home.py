"""The first page of the desk: what waits to be done, the most urgent first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from starlette.responses import Response
from starlette.routing import Route

from bot.clock import day_of
from bot.contact_gaps import gaps as contact_gaps
from bot.contact_store import Contacts
from bot.desk.chair import CHAIR
from bot.desk.gate import Gate, Visit
from bot.desk.published import PublishedPages
from bot.desk.words import EVERYBODY, KEEPERS, OFFICE, READERS, counted
from bot.gaps import Gaps
from bot.governors import ReviewState
from bot.proposals import Proposals
from bot.rulings import Rulings, RulingState
from corpus.dates import spoken_day
from corpus.versions import Versions

# What is begun here, or looked up now and then, and so stands in no navigation; and for whom.
_WAYS = (
    ("/bring-in", "Bring in a document", OFFICE),
    ("/test-questions", "Test questions", KEEPERS),
    ("/trail", "Who did what", READERS),
)


@dataclass(frozen=True, slots=True)
class _Task:
    """What waits: where it is done, in words; `urgent` where it comes first."""

    path: str
    words: str
    urgent: bool = False


class HomePage:
    """What waits at a school for whoever opens its desk; `now` is the time in UTC."""

    def __init__(
        self,
        published: PublishedPages,
        versions: Versions,
        *,
        proposals: Proposals,
        gaps: Gaps,
        contacts: Contacts,
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts that know what waits, and the clock."""
        self._published = published
        self._versions = versions
        self._proposals = proposals
        self._gaps = gaps
        self._contacts = contacts
        self._now = now

    def routes(self, gate: Gate) -> list[Route]:
        """Return the address of the page."""
        return [gate.page("", EVERYBODY, self._show)]

    def _show(self, visit: Visit) -> Response:
        today = day_of(self._now())
        tasks = [
            *self._of_contacts(visit, today),
            *self._of_chair(visit),
            *self._of_policies(visit),
            *self._of_gaps(visit),
            *self._of_rulings(visit, today),
        ]
        ways = [(path, words) for path, words, roles in _WAYS if visit.role in roles]
        return visit.page("home", tasks=sorted(tasks, key=lambda task: not task.urgent), ways=ways)

    def _of_contacts(self, visit: Visit, today: date) -> Iterator[_Task]:
        if visit.role not in OFFICE:
            return
        missing = contact_gaps(self._contacts.book(visit.school.id), visit.school.nation, today)
        unsafe = [gap for gap in missing if gap.unsafe]
        if unsafe:
            yield _Task("/contacts", "Contacts: a worry about a child or a colleague has nobody to go to.", urgent=True)
        if others := len(missing) - len(unsafe):
            yield _Task("/contacts", f"Contacts: {counted(others, 'thing is', 'things are')} missing.")

    def _of_chair(self, visit: Visit) -> Iterator[_Task]:
        waiting = len(self._proposals.waiting(visit.school.id)) if visit.role in READERS else 0
        if waiting and visit.role in CHAIR:
            yield _Task("/approvals", f"{counted(waiting, 'approval waits', 'approvals wait')} for you.", urgent=True)
        elif waiting:
            yield _Task("/approvals", f"{counted(waiting, 'approval waits', 'approvals wait')} for the chair of governors.")

    def _of_policies(self, visit: Visit) -> Iterator[_Task]:
        for row in self._published.rows(visit.school.id):
            at = f"/policies/{row.slug}"
            if row.review is ReviewState.OVERDUE:
                yield _Task(at, f"{row.title}: its review is overdue.", urgent=True)
            elif row.review is ReviewState.NEAR:
                yield _Task(at, f"{row.title}: its review is due within 30 days.")
            if row.draft_of_trust and visit.role in KEEPERS:
                yield _Task(f"{at}/draft/publish", f"{row.title}: a version of the trust's waits for you to look at.")
            elif row.has_draft and not row.draft_of_trust and visit.role in OFFICE:
                yield _Task(f"{at}/draft", f"{row.title}: a draft is being prepared.")
            if row.number and row.unconfirmed and not row.whose and visit.role in KEEPERS:
                wait = counted(row.unconfirmed, "clause waits", "clauses wait")
                yield _Task(f"{at}/review", f"{row.title}: {wait} for you to check.")

    def _of_gaps(self, visit: Visit) -> Iterator[_Task]:
        found = len(self._gaps.of(visit.school.id)) if visit.role in KEEPERS else 0
        if found:
            yield _Task("/not-found", f"Staff could not find {counted(found, 'thing', 'things')}.")

    def _of_rulings(self, visit: Visit, today: date) -> Iterator[_Task]:
        if visit.role not in READERS:
            return
        for ruling in Rulings(self._versions).of(visit.school.id, today):
            until = spoken_day(ruling.note.until)
            if ruling.state is RulingState.LAPSED:
                yield _Task("/rulings", f"{ruling.clause.label} lapsed on {until}.")
            elif ruling.state is RulingState.ENDING:
                yield _Task("/rulings", f"{ruling.clause.label} lapses after {until}.")
