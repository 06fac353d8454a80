"""People and their schools: invited, enrolled, removed; and their sessions in the web chat.

Codes and session tokens are kept as hashes only, so that whoever reads the store can use none of them.
"""

import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Engine,
    Row,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from bot.audit import Action, Audit
from bot.errors import BotError, in_quotes
from bot.messages import Message
from bot.removals import Removed, note_removal
from bot.secret import token_hash
from bot.tables import duties, invitations, people, sessions, watches
from corpus.tables import insert_into, schools
from corpus.tenancy import reading_across, reading_at, school_of, writing_at
from corpus.versions import School, no_such_school

# How long an invitation waits to be taken.
INVITATION_LASTS = timedelta(days=7)
# A session ends when it was not used for so long: on one's own device, and on one that others use too.
OWN_IDLE, SHARED_IDLE = timedelta(days=30), timedelta(minutes=10)
# That a session is used is written down no oftener than this.
SEEN_EVERY = timedelta(minutes=1)
_NOT_VALID = "That code is not valid, or somebody has used it: ask your school office for a new one."
# Without letters and figures that are mistaken for each other: 30 to the power of 10 codes.
_ALPHABET, _CODE_LENGTH = "23456789ABCDEFGHJKMNPQRSTVWXYZ", 10
# Who was read so lately is known although the store is away; so many are.
KNOWN_FOR, MOST_LATELY = timedelta(minutes=5), 50_000
WEB, SLACK, TEAMS, TELEGRAM = "web", "slack", "teams", "telegram"
# By e-mail nobody asks: the chair of governors alone is known by an address, and told what waits.
EMAIL = "email"
CHANNEL_NAMES = {SLACK: "Slack", TELEGRAM: "Telegram", TEAMS: "Microsoft Teams", WEB: "the chat page", EMAIL: "e-mail"}
# There a workspace says who is staff, so that nobody needs an invitation.
LET_IN_BY_WORKSPACE = (SLACK, TEAMS)


_Key = TypeVar("_Key")
_Kept = TypeVar("_Kept")


class PersonRole(StrEnum):
    """What somebody is at a school, and so what they may do here; all may ask."""

    STAFF = "staff"
    OFFICE = "office"
    HEADTEACHER = "headteacher"
    DSL = "dsl"
    CHAIR = "chair"
    ADMINISTRATOR = "administrator"


def read_role(text: str) -> PersonRole:
    """Return the role that somebody typed. Raises BotError where it is none."""
    try:
        return PersonRole(text.strip().lower())
    except ValueError:
        raise BotError(f"{in_quotes(text)} is no role: choose one of {', '.join(PersonRole)}.") from None


_ALL = frozenset(PersonRole)
# Whom each role may invite; the others may invite nobody.
MAY_INVITE = {
    PersonRole.OFFICE: frozenset({PersonRole.STAFF}),
    PersonRole.HEADTEACHER: frozenset({PersonRole.STAFF, PersonRole.OFFICE, PersonRole.DSL}),
    PersonRole.CHAIR: frozenset({PersonRole.HEADTEACHER}),
    PersonRole.ADMINISTRATOR: _ALL - {PersonRole.ADMINISTRATOR},
}
# Who is told of new versions, and asked to read them: not who runs the school from outside, nor who publishes them.
STAFF_ROLES = frozenset({PersonRole.STAFF, PersonRole.OFFICE, PersonRole.DSL})
# Those to whom colleagues' questions and alerts go.
RECEIVING = frozenset({PersonRole.HEADTEACHER, PersonRole.DSL, PersonRole.CHAIR})
# How a sentence names somebody of a role.
ROLE_WORDS = {
    PersonRole.STAFF: "a member of staff",
    PersonRole.OFFICE: "the school office",
    PersonRole.HEADTEACHER: "the headteacher",
    PersonRole.DSL: "a safeguarding lead",
    PersonRole.CHAIR: "the chair of governors",
    PersonRole.ADMINISTRATOR: "an administrator of the trust",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may ask at a school, by one account on one channel.

    `until` is when that ends, in UTC, None if it does not; `chosen_at` when they last chose this school of several;
    `invitation` the number of the invitation by which they joined, None where their workspace let them in; `address` their
    private chat, as a message without words, None until they have written there.
    """

    id: int
    school_id: str
    channel: str
    account: str
    role: PersonRole
    since: datetime
    until: datetime | None
    chosen_at: datetime | None = None
    invitation: int | None = None
    address: Message | None = None

    @property
    def in_trail(self) -> str:
        """How the audit trail names them, such as `headteacher 12`."""
        return f"{self.role} {self.id}"


def from_trail(who: str) -> tuple[PersonRole, int] | None:
    """Return the role and the number of whom the audit trail names; None where it was none of the school's people."""
    role, _, number = who.rpartition(" ")
    return (PersonRole(role), int(number)) if role in set(PersonRole) and number.isdigit() else None


@dataclass(frozen=True, slots=True)
class Access:
    """A school, at its `revision`, and what somebody is there; `person` is None where she is not known or her access `ended`."""

    school: School
    revision: int
    person: Person | None
    ended: bool


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that nobody has taken yet. `pass_until` is when the access of whoever takes it ends, None if it does not."""

    id: int
    school_id: str
    role: PersonRole
    expires_at: datetime
    pass_until: datetime | None


class Replacement(NamedTuple):
    """What came of replacing a headteacher: how many people and open invitations ended, and the new invitation with its code."""

    people: int
    invitations: int
    invitation: Invitation
    code: str


def has_access(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition that somebody may ask at a time: she has not left, and her pass, if it ends, has not ended."""
    return and_(people.c.left_at.is_(None), or_(people.c.until.is_(None), people.c.until > now))


# Asked for each message, so made once.
_NOW_HAS_ACCESS = has_access(bindparam("now", type_=people.c.until.type))
_SCHOOL_AND_PERSON = select(
    schools.c.id.label("school"),
    schools.c.name,
    schools.c.short_name,
    schools.c.nation,
    schools.c.revision,
    people,
    _NOW_HAS_ACCESS.label("has_access"),
)
_SAME_ACCOUNT = and_(
    people.c.school_id == schools.c.id, people.c.channel == bindparam("channel"), people.c.account == bindparam("account")
)
_KNOWN = _SCHOOL_AND_PERSON.select_from(schools.join(people, _SAME_ACCOUNT)).where(_NOW_HAS_ACCESS).order_by(schools.c.name)
_IN_WORKSPACE = (
    _SCHOOL_AND_PERSON.select_from(schools.outerjoin(people, _SAME_ACCOUNT))
    .where(schools.c.id.in_(bindparam("within", expanding=True)))
    .order_by(schools.c.name)
)


class People:
    """Who may ask at which school, in a store; `now` is the time in UTC.

    Where `by` says who does something, as the audit trail names them, it is noted there in the same transaction.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        """Keep the store and the clock."""
        self._engine = engine
        self._now = now
        self._audit = Audit(engine, now)
        # Who was known lately: the store may be away when they ask again.
        self._lately: _Lately[tuple[str, str, tuple[str, ...] | None], list[Access]] = _Lately(now)
        self._sessions_lately: _Lately[str, Person] = _Lately(now)

    def invite(
        self, school_id: str, role: PersonRole, pass_until: datetime | None = None, *, by: str | None = None
    ) -> tuple[Invitation, str]:
        """Return a new invitation and its code; as `invite_all`."""
        return self.invite_all(school_id, [role], pass_until, by=by)[0]

    def invite_all(
        self, school_id: str, roles: Sequence[PersonRole], pass_until: datetime | None = None, *, by: str | None = None
    ) -> list[tuple[Invitation, str]]:
        """Return a new invitation and its code for each of `roles`, all made or none; a code is told once and not kept.

        Each serves one person, within seven days. Raises BotError where there is no such school, or the pass would have ended
        already.
        """
        if pass_until is not None and pass_until <= self._now():
            raise BotError("The pass would end before it begins: give a later day.")
        with writing_at(self._engine, school_id) as connection:
            self._require_school(connection, school_id)
            made = [self._made(connection, school_id, role, pass_until) for role in roles]
            self._note(connection, school_id, by, Action.INVITED, [invitation.id for invitation, _ in made])
            return made

    def _made(
        self, connection: Connection, school_id: str, role: PersonRole, pass_until: datetime | None = None
    ) -> tuple[Invitation, str]:
        now = self._now()
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
        expires = now + INVITATION_LASTS
        values = {"school_id": school_id, "role": role, "pass_until": pass_until, "expires_at": expires}
        made = insert(invitations).values(**values, code_hash=token_hash(code), made_at=now).returning(invitations.c.id)
        number = connection.execute(made).scalar_one()
        half = _CODE_LENGTH // 2
        return Invitation(number, school_id, role, expires, pass_until), f"{code[:half]}-{code[half:]}"

    def invitations(self, school_id: str) -> list[Invitation]:
        """Return the school's invitations that can still be taken, the oldest first."""
        with reading_at(self._engine, school_id) as connection:
            rows = connection.execute(
                select(invitations)
                .where(invitations.c.school_id == school_id, invitations.c.expires_at > self._now())
                .order_by(invitations.c.id)
            )
            return [Invitation(row.id, row.school_id, PersonRole(row.role), row.expires_at, row.pass_until) for row in rows]

    def revoke(self, school_id: str, invitation_id: int, *, by: str | None = None) -> None:
        """Take an invitation of the school back. Raises BotError where the school has none of that number."""
        with writing_at(self._engine, school_id) as connection:
            gone = connection.execute(
                delete(invitations).where(invitations.c.school_id == school_id, invitations.c.id == invitation_id)
            )
            if not gone.rowcount:
                raise BotError(f"{school_id} has no open invitation {invitation_id}: it may have been taken already.")
            self._note(connection, school_id, by, Action.TOOK_BACK_INVITATION, [invitation_id])

    def enrol(self, code: str, channel: str, account: str, within: Collection[str] | None = None) -> Person:
        """Return the person whom a code makes of an account, and use the code up.

        `within` are the schools that it may be of, None for any. Somebody who is at that school already gets the invitation's
        role and pass, and with another role is one of its contacts no more. Raises BotError, the same for every reason, where the
        code is none, was taken, taken back, or is too old.
        """
        now = self._now()
        code_is = (invitations.c.code_hash == token_hash(_tidied(code)), invitations.c.expires_at > now)
        with reading_across(self._engine) as connection:
            school_id = connection.scalar(select(invitations.c.school_id).where(*code_is))
        if school_id is None or (within is not None and school_id not in within):
            raise BotError(_NOT_VALID)
        with writing_at(self._engine, school_id) as connection:
            # Taken away and read in one step: of two who use it at once, one finds nothing.
            taken = delete(invitations).where(invitations.c.school_id == school_id, *code_is)
            invited = connection.execute(taken.returning(invitations)).one_or_none()
            if invited is None:
                raise BotError(_NOT_VALID)
            whose = (people.c.school_id == invited.school_id, people.c.channel == channel, people.c.account == account)
            values = {"role": invited.role, "until": invited.pass_until, "left_at": None, "invitation": invited.id}
            # A duty goes with the role: a chair who becomes headteacher must not go on getting what is about the headteacher.
            others = select(people.c.id).where(*whose, people.c.role != invited.role)
            connection.execute(delete(duties).where(duties.c.school_id == school_id, duties.c.person_id.in_(others)))
            # A backup from before would give them back what they may no longer do.
            more_before = people.c.role != invited.role if invited.pass_until is None else true()
            before = connection.scalars(select(people.c.id).where(*whose, more_before)).all()
            note_removal(connection, school_id, Removed.PERSON, before, now)
            if not connection.execute(update(people).where(*whose).values(**values)).rowcount:
                where = {"school_id": invited.school_id, "channel": channel, "account": account}
                connection.execute(insert(people).values(**where, **values, since=now))
            return _person(connection.execute(select(people).where(*whose)).one())

    def access(self, channel: str, account: str, within: Collection[str] | None = None) -> list[Access]:
        """Return the schools that an account may or might ask of, by name, read at one moment.

        Without `within` those at which it is known and has access; else each of these, whether it is known there or not.
        """
        whose = {"channel": channel, "account": account, "now": self._now()}
        with reading_across(self._engine) as connection:
            if within is None:
                rows = connection.execute(_KNOWN, whose).all()
            else:
                rows = connection.execute(_IN_WORKSPACE, {**whose, "within": list(within)}).all()
        found = [
            Access(
                school=School(row.school, row.name, row.short_name, row.nation),
                revision=row.revision,
                person=_person(row) if row.id is not None and row.has_access else None,
                ended=row.id is not None and not row.has_access,
            )
            for row in rows
        ]
        self._lately.keep((channel, account, tuple(within) if within is not None else None), found)
        return found

    def access_lately(self, channel: str, account: str, within: Collection[str] | None = None) -> list[Access] | None:
        """Return what `access` returned within the last five minutes, without asking the store; None where it did not."""
        return self._lately.of((channel, account, tuple(within) if within is not None else None))

    def find(self, connection: Connection, person_id: int) -> Person | None:
        """Return the person of a number, None where there is none, or their access has ended."""
        found = connection.execute(select(people).where(*_one(connection, person_id), has_access(self._now()))).one_or_none()
        return _person(found) if found else None

    def ids(self, channel: str, account: str, school_id: str | None = None) -> list[int]:
        """Return who an account is, at one school or at all of those at which it has access."""
        whose = [people.c.channel == channel, people.c.account == account, has_access(self._now())]
        if school_id is not None:
            whose.append(people.c.school_id == school_id)
        with reading_across(self._engine) as connection:
            return list(connection.scalars(select(people.c.id).where(*whose)))

    def admit(self, school_id: str, channel: str, account: str) -> Person | None:
        """Return somebody whom her workspace lets in, as staff if she is new; None where she has left, or was removed."""
        whose = (people.c.school_id == school_id, people.c.channel == channel, people.c.account == account)
        with writing_at(self._engine, school_id) as connection:
            connection.execute(
                insert_into(connection.dialect.name, people)
                .values(school_id=school_id, channel=channel, account=account, role=PersonRole.STAFF, since=self._now())
                .on_conflict_do_nothing(index_elements=["school_id", "channel", "account"])
            )
            found = connection.execute(select(people).where(*whose, has_access(self._now()))).one_or_none()
        return _person(found) if found else None

    def let_in_chair(self, connection: Connection, school_id: str, email: str, by: str) -> Person:
        """Return the chair of governors of a school as whoever reads an e-mail address, let in where that is new.

        `by` is whose request lets them in, for the audit trail. What they may do is for the desk to say.
        """
        whose = {"school_id": school_id, "channel": EMAIL, "account": email}
        address = msgspec.json.encode(Message(channel=EMAIL, account=email, place=email))
        new = insert_into(connection.dialect.name, people).values(
            **whose, role=PersonRole.CHAIR, since=self._now(), address=address
        )
        added = connection.execute(new.on_conflict_do_nothing(index_elements=list(whose))).rowcount
        hers = (people.c.school_id == school_id, people.c.channel == EMAIL, people.c.account == email)
        chair = _person(connection.execute(select(people).where(*hers)).one())
        if added:
            self._note(connection, school_id, by, Action.LET_IN_CHAIR, [chair.id])
        return chair

    def by_mail(self, email: str) -> list[Person]:
        """Return whoever was let in by an e-mail address, at each school."""
        there = (people.c.channel == EMAIL, people.c.account == email, has_access(self._now()))
        with reading_across(self._engine) as connection:
            return [_person(row) for row in connection.execute(select(people).where(*there).order_by(people.c.id))]

    def reach(self, connection: Connection, person: Person, address: Message) -> bool:
        """Keep the private chat of somebody, to be written to alone later; tell whether they still have access."""
        hers = update(people).where(*_one(connection, person.id), has_access(self._now()))
        return bool(connection.execute(hers.values(address=msgspec.json.encode(address))).rowcount)

    def address_of(self, connection: Connection, person_id: int) -> Message | None:
        """Return the private chat of somebody; None where it is not known, or they have no access any more."""
        reached = (*_one(connection, person_id), has_access(self._now()))
        return _address(connection.scalar(select(people.c.address).where(*reached)))

    def with_access(self, connection: Connection, school_id: str, roles: Collection[PersonRole]) -> list[Person]:
        """Return the people of these roles who may ask at a school, the longest there first."""
        there = (people.c.school_id == school_id, people.c.role.in_(roles), has_access(self._now()))
        return [_person(row) for row in connection.execute(select(people).where(*there).order_by(people.c.id))]

    def choose(self, person: Person) -> None:
        """Note that somebody who works at several schools asks of this one from now on."""
        with writing_at(self._engine, person.school_id) as connection:
            connection.execute(update(people).where(*_one(connection, person.id)).values(chosen_at=self._now()))

    def of(self, school_id: str) -> list[Person]:
        """Return the people of a school, those whose pass has ended included, the longest there first."""
        with reading_at(self._engine, school_id) as connection:
            there = (people.c.school_id == school_id, people.c.left_at.is_(None))
            rows = connection.execute(select(people).where(*there).order_by(people.c.id))
            return [_person(row) for row in rows]

    def remove(self, school_id: str, *person_ids: int, by: str | None = None) -> None:
        """End the access of people to a school at once, open sessions included: of all of them, or of none.

        Whom a workspace would let in again is marked instead of deleted. Raises BotError where the school has no such person.
        """
        with writing_at(self._engine, school_id) as connection:
            gone = self._end(connection, school_id, people.c.id.in_(person_ids))
            missing = sorted(set(person_ids) - set(gone))
            if missing:
                numbers = " or ".join(map(str, missing))
                lists = f"`policybot people --school {school_id}` lists them."
                raise BotError(f"{school_id} has no person {numbers}{', so nobody was removed' if gone else ''}: {lists}")
            self._note(connection, school_id, by, Action.ENDED_ACCESS, gone)

    def replace_headteacher(self, school_id: str, *, by: str | None = None) -> Replacement:
        """End the access of whoever is headteacher of a school, take back all invitations to be it, and make a new one.

        All at once or not at all. Raises BotError where there is no such school.
        """
        with writing_at(self._engine, school_id) as connection:
            self._require_school(connection, school_id)
            gone = self._end(connection, school_id, people.c.role == PersonRole.HEADTEACHER)
            open_ones = (invitations.c.school_id == school_id, invitations.c.role == PersonRole.HEADTEACHER)
            still_open = delete(invitations).where(*open_ones, invitations.c.expires_at > self._now())
            taken_back = list(connection.scalars(still_open.returning(invitations.c.id)))
            invitation, code = self._made(connection, school_id, PersonRole.HEADTEACHER)
            self._note(connection, school_id, by, Action.ENDED_ACCESS, gone)
            self._note(connection, school_id, by, Action.TOOK_BACK_INVITATION, taken_back)
            self._note(connection, school_id, by, Action.INVITED, [invitation.id])
            return Replacement(len(gone), len(taken_back), invitation, code)

    def _note(self, connection: Connection, school_id: str, by: str | None, action: Action, numbers: Collection[int]) -> None:
        """Note in the audit trail what somebody did, once for each of these invitations or people."""
        for number in numbers if by else ():
            self._audit.note(connection, school_id, by or "", action, object=number)

    def _end(self, connection: Connection, school_id: str, whose: ColumnElement[bool]) -> list[int]:
        """End the access of those of a school's people whom `whose` describes; return their ids."""
        gone = end_access(connection, school_id, whose, self._now())
        note_removal(connection, school_id, Removed.PERSON, gone, self._now())
        return gone

    def last_seen(self, school_id: str) -> dict[int, datetime]:
        """Return when each of a school's people who is signed in to the web chat last used it, by id."""
        with reading_at(self._engine, school_id) as connection:
            rows = connection.execute(
                select(sessions.c.person_id, func.max(sessions.c.seen_at).label("seen_at"))
                .where(sessions.c.school_id == school_id)
                .group_by(sessions.c.person_id)
            )
            return {row.person_id: row.seen_at for row in rows}

    def open_session(self, person: Person, *, shared: bool) -> str:
        """Return the token of a new session; `shared` on a device that others use too. What has ended is cleared away."""
        token, now, school_id = secrets.token_urlsafe(32), self._now(), person.school_id
        with writing_at(self._engine, school_id) as connection:
            ended = delete(sessions).where(sessions.c.school_id == school_id)
            connection.execute(ended.where(sessions.c.seen_at <= now - OWN_IDLE))
            connection.execute(ended.where(sessions.c.shared, sessions.c.seen_at <= now - SHARED_IDLE))
            whose = {"school_id": school_id, "person_id": person.id}
            connection.execute(insert(sessions).values(token_hash=token_hash(token), seen_at=now, shared=shared, **whose))
        return token

    def in_session(self, token: str, *, used: bool = True) -> Person | None:
        """Return whose session a token is, and note that it is used; None where it has ended, or the person's access has.

        `used` is False where nobody did anything, such as when an open page asks by itself for what is new.
        """
        now, hashed = self._now(), token_hash(token)
        with reading_across(self._engine) as connection:
            found = connection.execute(
                select(people, sessions.c.seen_at, sessions.c.shared)
                .join(sessions, sessions.c.person_id == people.c.id)
                .where(sessions.c.token_hash == hashed, has_access(self._now()))
            ).one_or_none()
        if found is None or now - found.seen_at > (SHARED_IDLE if found.shared else OWN_IDLE):
            return None
        if used and now - found.seen_at >= SEEN_EVERY:
            with writing_at(self._engine, found.school_id) as connection:
                connection.execute(update(sessions).where(*_session(found.school_id, token)).values(seen_at=now))
        person = _person(found)
        self._sessions_lately.keep(hashed, person)
        return person

    def in_session_lately(self, token: str) -> Person | None:
        """Return whose session a token was within the last five minutes, without asking the store; None where it was not."""
        return self._sessions_lately.of(token_hash(token))

    def end_session(self, token: str) -> None:
        """End a session; one that has ended already stays so."""
        with reading_across(self._engine) as connection:
            school_id = connection.scalar(select(sessions.c.school_id).where(sessions.c.token_hash == token_hash(token)))
        if school_id is not None:
            with writing_at(self._engine, school_id) as connection:
                connection.execute(delete(sessions).where(*_session(school_id, token)))

    def _require_school(self, connection: Connection, school_id: str) -> None:
        if connection.scalar(select(schools.c.id).where(schools.c.id == school_id)) is None:
            with reading_across(self._engine) as across:
                raise BotError(no_such_school(school_id, list(across.scalars(select(schools.c.id)))))


class _Lately(Generic[_Key, _Kept]):
    """What was read in the last five minutes, and how it was then; those longest ago are forgotten first."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: OrderedDict[_Key, tuple[datetime, _Kept]] = OrderedDict()
        self._changing = Lock()

    def keep(self, key: _Key, what: _Kept) -> None:
        with self._changing:
            self._kept[key] = self._now(), what
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_LATELY or next(iter(self._kept.values()))[0] < self._now() - KNOWN_FOR:
                self._kept.popitem(last=False)

    def of(self, key: _Key) -> _Kept | None:
        read_at, what = self._kept.get(key, (datetime.min, None))  # noqa: DTZ901  before any moment of the store
        return what if read_at > self._now() - KNOWN_FOR else None


def end_access(connection: Connection, school_id: str, whose: ColumnElement[bool], now: datetime) -> list[int]:
    """End the access of those of a school's people whom `whose` describes, which the ledger notes already; return their ids."""
    there = (people.c.school_id == school_id, people.c.left_at.is_(None), whose)
    found = connection.execute(select(people.c.id, people.c.channel).where(*there)).all()
    marked = [row.id for row in found if row.channel in LET_IN_BY_WORKSPACE]
    deleted = [row.id for row in found if row.channel not in LET_IN_BY_WORKSPACE]
    of_school = people.c.school_id == school_id
    connection.execute(update(people).where(of_school, people.c.id.in_(marked)).values(left_at=now, address=None))
    for theirs in (duties, watches):  # with the others they go by themselves
        connection.execute(delete(theirs).where(theirs.c.school_id == school_id, theirs.c.person_id.in_(marked)))
    connection.execute(delete(people).where(of_school, people.c.id.in_(deleted)))
    return [*marked, *deleted]


def _one(connection: Connection, person_id: int) -> tuple[ColumnElement[bool], ...]:
    return people.c.school_id == school_of(connection), people.c.id == person_id


def _session(school_id: str, token: str) -> tuple[ColumnElement[bool], ...]:
    return sessions.c.school_id == school_id, sessions.c.token_hash == token_hash(token)


def _person(row: Row[Any]) -> Person:
    return Person(
        id=row.id,
        school_id=row.school_id,
        channel=row.channel,
        account=row.account,
        role=PersonRole(row.role),
        since=row.since,
        until=row.until,
        chosen_at=row.chosen_at,
        invitation=row.invitation,
        address=_address(row.address),
    )


def _address(kept: bytes | None) -> Message | None:
    return msgspec.json.decode(kept, type=Message) if kept else None


def _tidied(code: str) -> str:
    """Return a code as it was made, however it was typed: in small letters, with spaces or without the hyphen."""
    return re.sub(r"[^0-9A-Z]", "", code.upper())
