"""What waits for the chair of governors, or did: a version, a correction or a ruling looser than what is published.

What got looser without the chair's approval, where a school does not ask for it, is kept here too, for the chair to see.
"""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Connection, Engine, Row, insert, select, update

from bot.audit import Action, Audit
from bot.errors import BotError
from bot.people import from_trail
from bot.tables import desk_settings, proposals
from corpus.tables import insert_into
from corpus.tenancy import reading_at, writing_at

LONGEST_COMMENT = 2000
LONGEST_MINUTES = 200


class Kind(StrEnum):
    """What is proposed."""

    VERSION = "version"
    CORRECTION = "correction"
    RULING = "ruling"


class State(StrEnum):
    """What became of it."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    NOT_ASKED = "done without approval"


class Proposed(Struct, frozen=True, kw_only=True):
    """What somebody proposes, or did without asking.

    `version` and `clause_id` say what is corrected; `document` is what is proposed, as JSON, empty for a version, which `digest`
    names; `looser` says in words how it is looser than what is published, None where it is not.
    """

    kind: Kind
    slug: str
    version: int | None = None
    clause_id: str | None = None
    document: bytes = b""
    digest: str | None = None
    looser: str | None = None


class Proposal(Proposed, frozen=True, kw_only=True):
    """A proposal in the store, with who made and who decided it."""

    id: int
    school_id: str
    made_by: str
    made_at: datetime
    state: State
    decided_by: str | None
    decided_at: datetime | None
    comment: str | None
    minutes: str | None


class ChairSettings(Struct, frozen=True):
    """What a school lets the chair of governors approve: each version, and whatever is looser than a published clause."""

    versions_need_chair: bool = False
    looser_needs_chair: bool = True


class Proposals:
    """The proposals of each school in a store; `now` is the time in UTC."""

    def __init__(
        self, engine: Engine, audit: Audit, now: Callable[[], datetime], tell: Callable[[Connection, Proposal], None]
    ) -> None:
        """Keep the store, the trail in which all is noted, and the clock.

        `tell` is called in the transaction in which something begins to wait, is approved or refused.
        """
        self._engine = engine
        self._tell = tell
        self._audit = audit
        self._now = now

    def settings(self, school_id: str) -> ChairSettings:
        """Return what a school lets the chair approve."""
        with reading_at(self._engine, school_id) as connection:
            row = connection.execute(select(desk_settings).where(desk_settings.c.school_id == school_id)).one_or_none()
        return ChairSettings(row.versions_need_chair, row.looser_needs_chair) if row else ChairSettings()

    def change_settings(self, school_id: str, settings: ChairSettings, who: str) -> None:
        """Keep what a school lets the chair approve; what waits already goes on waiting."""
        values = {name: getattr(settings, name) for name in ChairSettings.__struct_fields__}
        with writing_at(self._engine, school_id) as connection:
            row = insert_into(connection.dialect.name, desk_settings).values(school_id=school_id, **values)
            connection.execute(row.on_conflict_do_update(index_elements=["school_id"], set_=values))
            self._audit.note(connection, school_id, who, Action.CHANGED_SETTINGS)

    def propose(self, connection: Connection, school_id: str, proposed: Proposed, who: str) -> int:
        """Keep something for the chair to decide, and return its number; it takes the place of what waits of the same thing."""
        if proposed.kind is not Kind.RULING:  # of rulings several may wait: each answers something else
            same = (proposals.c[name] == getattr(proposed, name) for name in ("kind", "slug", "clause_id"))
            self._end(connection, (*_of(school_id, State.WAITING), *same), State.WITHDRAWN, who)
        number = self._add(connection, school_id, proposed, who, State.WAITING)
        self._audit.note(connection, school_id, who, Action.PROPOSED, slug=proposed.slug, version=proposed.version, object=number)
        self._tell(connection, self.get(school_id, number, connection))
        return number

    def note_looser(self, connection: Connection, school_id: str, done: Proposed, who: str) -> None:
        """Keep for the chair to see what got looser without having been approved."""
        self._add(connection, school_id, done, who, State.NOT_ASKED)

    def waiting(self, school_id: str) -> list[Proposal]:
        """Return what waits for a school's chair, the oldest first."""
        return self._found(school_id, *_of(school_id, State.WAITING))

    def decided(self, school_id: str) -> list[Proposal]:
        """Return what a school's chair approved or refused, and what was withdrawn, the oldest first."""
        return self._found(school_id, *_of(school_id, State.APPROVED, State.REFUSED, State.WITHDRAWN))

    def looser_list(self, school_id: str) -> list[Proposal]:
        """Return all that was proposed or done and is looser than what was published, approved or not, the oldest first."""
        return self._found(school_id, proposals.c.looser.is_not(None))

    def of_draft(self, school_id: str, slug: str) -> Proposal | None:
        """Return the last proposal to publish a draft of a policy, None where there was none."""
        found = self._found(school_id, proposals.c.slug == slug, proposals.c.digest.is_not(None))
        return found[-1] if found else None

    def get(self, school_id: str, number: int, within: Connection | None = None) -> Proposal:
        """Return a proposal of a school, as of a transaction where one is given. Raises BotError where there is none."""
        one = select(proposals).where(proposals.c.school_id == school_id, proposals.c.id == number)
        with nullcontext(within) if within else reading_at(self._engine, school_id) as connection:
            row = connection.execute(one).one_or_none()
        if row is None:
            raise BotError("There is no such proposal at your school.")
        return _proposal(row)

    def approve(
        self, connection: Connection, school_id: str, number: int, who: str, *, comment: str = "", minutes: str = ""
    ) -> Proposal:
        """Note that the chair approves a proposal, and return it; `minutes` says where the minutes have it.

        Raises BotError where it does not wait any more, who approves has made it, or there is too much to keep.
        """
        proposal = self.get(school_id, number, connection)
        if _number_of(proposal.made_by) == _number_of(who):  # whoever was headteacher then may be chair by now
            raise BotError("You have proposed this yourself: somebody else must approve it.")
        self._decide(connection, proposal, State.APPROVED, who, comment=comment, minutes=minutes)
        self._audit.note(connection, school_id, who, Action.APPROVED, slug=proposal.slug, object=number)
        self._tell(connection, self.get(school_id, number, connection))
        return proposal

    def refuse(self, school_id: str, number: int, who: str, comment: str = "") -> None:
        """Note that the chair refuses a proposal; nothing changes for staff. Raises BotError as `approve` does."""
        with writing_at(self._engine, school_id) as connection:
            proposal = self.get(school_id, number, connection)
            self._decide(connection, proposal, State.REFUSED, who, comment=comment)
            self._audit.note(connection, school_id, who, Action.REFUSED, slug=proposal.slug, object=number)
            self._tell(connection, self.get(school_id, number, connection))

    def withdraw(self, school_id: str, number: int, who: str) -> None:
        """Take back what waits for the chair. Raises BotError where it does not wait any more."""
        with writing_at(self._engine, school_id) as connection:
            proposal = self.get(school_id, number, connection)
            self._decide(connection, proposal, State.WITHDRAWN, who)
            self._audit.note(connection, school_id, who, Action.WITHDREW, slug=proposal.slug, object=number)

    def _decide(
        self, connection: Connection, proposal: Proposal, state: State, who: str, *, comment: str = "", minutes: str = ""
    ) -> None:
        if len(comment) > LONGEST_COMMENT or len(minutes) > LONGEST_MINUTES:
            raise BotError(
                f"That is too long to keep: at most {LONGEST_COMMENT} characters for what you say of it, "
                f"and {LONGEST_MINUTES} for where the minutes have it."
            )
        one = (*_of(proposal.school_id, State.WAITING), proposals.c.id == proposal.id)
        if not self._end(connection, one, state, who, comment=comment or None, minutes=minutes or None):
            raise BotError("This was decided or withdrawn already: look at the list once more.")

    def _end(
        self, connection: Connection, which: tuple[ColumnElement[bool], ...], state: State, who: str, **values: str | None
    ) -> int:
        ended = update(proposals).where(*which).values(state=state, decided_by=who, decided_at=self._now(), **values)
        return connection.execute(ended).rowcount

    def _add(self, connection: Connection, school_id: str, proposed: Proposed, who: str, state: State) -> int:
        made = {"school_id": school_id, "made_by": who, "made_at": self._now(), "state": state}
        (number,) = connection.execute(insert(proposals).values(**asdict(proposed), **made)).inserted_primary_key or (0,)
        return int(number)

    def _found(self, school_id: str, *which: ColumnElement[bool]) -> list[Proposal]:
        wanted = select(proposals).where(proposals.c.school_id == school_id, *which).order_by(proposals.c.id)
        with reading_at(self._engine, school_id) as connection:
            return [_proposal(row) for row in connection.execute(wanted)]


def _proposal(row: Row[Any]) -> Proposal:
    fields = dict(row._mapping)
    return Proposal(**fields | {"kind": Kind(row.kind), "state": State(row.state)})


def _number_of(who: str) -> int | str:
    """Return the number of whoever the trail names, which a person keeps in another role; the name itself where it has none."""
    person = from_trail(who)
    return person[1] if person else who


def _of(school_id: str, *states: State) -> tuple[ColumnElement[bool], ...]:
    return proposals.c.school_id == school_id, proposals.c.state.in_(states)
