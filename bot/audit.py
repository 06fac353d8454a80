"""Who did what at a school, and when: rows that are only ever added, of ids and numbers, without a word of policies or people."""

import getpass
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import Connection, Engine, insert, select

from bot.tables import audit
from corpus.tenancy import reading_at


class Action(StrEnum):
    """What somebody did."""

    SET_UP_SCHOOL = "set up the school"
    BROUGHT_IN = "brought in a draft"
    EDITED_DRAFT = "changed a draft"
    DROPPED_DRAFT = "threw a draft away"
    PUBLISHED = "published"
    ANNOUNCED = "told staff"
    NOTED_READING = "noted who read it"
    ROLLED_BACK = "rolled back"
    CORRECTED = "corrected"
    CONFIRMED = "confirmed"
    RULED = "ruled"
    WITHDREW_RULING = "withdrew a ruling"
    SET_OUTSIDE = "set outside policy"
    NOTED_GAP = "noted for the next review"
    DROPPED_NOTE = "took a note back"
    LISTED_POLICY = "listed a policy"
    UNLISTED_POLICY = "took a policy off the list"
    PROPOSED = "asked the chair"
    LET_IN_CHAIR = "let the chair in by e-mail"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDREW = "withdrew"
    CHANGED_SETTINGS = "changed what needs the chair"
    LOOKED_AT = "looked at changed answers"
    INVITED = "invited"
    TOOK_BACK_INVITATION = "took back the invitation"
    ENDED_ACCESS = "ended the access"
    MADE_INSTALL_LINK = "made an install link"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    CHANGED_CONTACTS = "changed the contacts"
    RESTORED = "restored a backup"
    CONFIRMED_CHAIR = "noted that the chair confirms the contacts"
    ADDED_TRIAL_QUESTION = "added a test question"
    REMOVED_TRIAL_QUESTION = "removed a test question"
    MARKED_TRIAL_QUESTION = "marked a test question"


class Entry(Struct, frozen=True):
    """One row of the trail. `at` is in UTC; `object` is the id of what was acted on, where slug and version do not say it."""

    id: int
    at: datetime
    who: str
    action: str
    slug: str | None
    version: int | None
    object: str | None


class Audit:
    """The audit trail of a store; `now` is the time in UTC."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        """Keep the store and the clock."""
        self._engine = engine
        self._now = now

    def note(
        self,
        connection: Connection,
        school_id: str,
        who: str,
        action: Action,
        *,
        slug: str | None = None,
        version: int | None = None,
        object: str | int | None = None,
    ) -> None:
        """Add a row, in the transaction of the change that it tells of; `object` is an id, never a text."""
        named = {"slug": slug, "version": version, "object": None if object is None else str(object)}
        connection.execute(insert(audit).values(school_id=school_id, at=self._now(), who=who, action=action, **named))

    def of(self, school_id: str) -> list[Entry]:
        """Return what was done at a school, the first first."""
        columns = (audit.c[name] for name in Entry.__struct_fields__)
        with reading_at(self._engine, school_id) as connection:
            rows = connection.execute(select(*columns).where(audit.c.school_id == school_id).order_by(audit.c.id))
            return [Entry(*row) for row in rows]


def at_command_line() -> str:
    """Return how the trail names whoever is at the command line."""
    return f"command line: {getpass.getuser()}"
