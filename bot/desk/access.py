"""Who is at the desk: links that open it once, and the sessions after them. Tokens are kept as hashes only."""

import secrets
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select, update

from bot.errors import BotError
from bot.people import People, Person, PersonRole
from bot.secret import token_hash
from bot.tables import desk_links, desk_sessions
from corpus.tenancy import reading_across, reading_at, writing_at

# Whoever has one of these roles may open the desk; what they find there, each page says for itself.
AT_DESK = frozenset({PersonRole.OFFICE, PersonRole.HEADTEACHER, PersonRole.CHAIR, PersonRole.ADMINISTRATOR})
LINK_LASTS = timedelta(minutes=10)
# A mail is read when its reader comes to it.
MAIL_LINK_LASTS = timedelta(days=7)
IDLE = timedelta(minutes=30)
# That a session is used is written down no oftener than this.
SEEN_EVERY = timedelta(minutes=1)
NOT_YOURS = "The desk is for the headteacher, the school office, the chair of governors and the trust."
USED = "This link has been used, or it is too old. Ask for a new one: write /desk to me."


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody at the desk; `said` is what the next page says first, "" for nothing."""

    token: str
    person: Person
    said: str


class DeskAccess:
    """The links and the sessions of the desk, in a store; `now` is the time in UTC."""

    def __init__(self, engine: Engine, people: People, now: Callable[[], datetime]) -> None:
        """Keep the store, the people and the clock."""
        self._engine = engine
        self._people = people
        self._now = now

    def make_link(self, person: Person, lasts: timedelta = LINK_LASTS, within: Connection | None = None) -> str:
        """Return the token of a link that opens the desk once, while it `lasts`, for this person.

        `within` is a transaction that writes, one of its own unless given. Raises BotError where their role has nothing to do
        there.
        """
        if person.role not in AT_DESK:
            raise BotError(NOT_YOURS)
        token, now = secrets.token_urlsafe(32), self._now()
        of_school = {"school_id": person.school_id, "person_id": person.id}
        with nullcontext(within) if within else writing_at(self._engine, person.school_id) as connection:
            old = (desk_links.c.school_id == person.school_id, desk_links.c.expires_at <= now)
            connection.execute(delete(desk_links).where(*old))
            made = insert(desk_links).values(token_hash=token_hash(token), expires_at=now + lasts, **of_school)
            connection.execute(made)
        return token

    def is_open(self, token: str) -> bool:
        """Tell whether a link can still be used; looking does not use it."""
        return self._school_of_link(token) is not None

    def _school_of_link(self, token: str) -> str | None:
        waiting = (desk_links.c.token_hash == token_hash(token), desk_links.c.expires_at > self._now())
        with reading_across(self._engine) as connection:
            return connection.scalar(select(desk_links.c.school_id).where(*waiting))

    def enter(self, token: str) -> Session:
        """Use a link up and return the session that it opens. Raises BotError where it was used, is too old, or was none."""
        now, school_id = self._now(), self._school_of_link(token)
        if school_id is None:
            raise BotError(USED)
        with writing_at(self._engine, school_id) as connection:
            of_school = (desk_links.c.school_id == school_id, desk_links.c.expires_at > now)
            one = (*of_school, desk_links.c.token_hash == token_hash(token))
            # Taken away and read in one step: of two who press the button at once, one finds nothing.
            found = connection.scalar(delete(desk_links).where(*one).returning(desk_links.c.person_id))
            person = self._people.find(connection, found) if found is not None else None
            if person is None or person.role not in AT_DESK:
                raise BotError(USED)
            return self._open(connection, person)

    def _open(self, connection: Connection, person: Person) -> Session:
        """Return a new session of a person; those at the school that have ended are cleared away."""
        now, session = self._now(), secrets.token_urlsafe(32)
        ended = (desk_sessions.c.school_id == person.school_id, desk_sessions.c.seen_at <= now - IDLE)
        connection.execute(delete(desk_sessions).where(*ended))
        of_school = {"school_id": person.school_id, "person_id": person.id}
        connection.execute(insert(desk_sessions).values(token_hash=token_hash(session), seen_at=now, **of_school))
        return Session(session, person, "")

    def session(self, token: str) -> Session | None:
        """Return the session of a token, and note that it is used; None where it has ended, or the person's access has."""
        now, hashed = self._now(), token_hash(token)
        with reading_across(self._engine) as connection:
            row = connection.execute(select(desk_sessions).where(desk_sessions.c.token_hash == hashed)).one_or_none()
        if row is None or now - row.seen_at > IDLE:
            return None
        with reading_at(self._engine, row.school_id) as connection:
            person = self._people.find(connection, row.person_id)
        if person is None or person.role not in AT_DESK:
            return None
        if row.said or now - row.seen_at >= SEEN_EVERY:
            self._change(person, token, seen_at=now, said=None)
        return Session(token, person, row.said or "")

    def say(self, session: Session, words: str) -> None:
        """Keep what the next page says first."""
        self._change(session.person, session.token, said=words)

    def _change(self, person: Person, token: str, **values: object) -> None:
        one = (desk_sessions.c.school_id == person.school_id, desk_sessions.c.token_hash == token_hash(token))
        with writing_at(self._engine, person.school_id) as connection:
            connection.execute(update(desk_sessions).where(*one).values(**values))

    def leave(self, token: str) -> None:
        """End a session; one that has ended already stays so."""
        session = self.session(token)
        if session:
            school_id = session.person.school_id
            one = (desk_sessions.c.school_id == school_id, desk_sessions.c.token_hash == token_hash(token))
            with writing_at(self._engine, school_id) as connection:
                connection.execute(delete(desk_sessions).where(*one))
