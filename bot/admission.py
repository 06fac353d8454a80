"""Who lets people in at a school and ends their access: what each role may, and what was done, noted in the audit trail."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time

from sqlalchemy import Engine

from bot.audit import Action, Audit
from bot.clock import LONDON
from bot.errors import BotError
from bot.people import MAY_INVITE, ROLE_WORDS, Invitation, People, Person, PersonRole, Replacement
from corpus.tables import writing

TONIGHT = "tonight"
# Who may end a headteacher's access and invite the next in one step.
MAY_REPLACE_HEADTEACHER = frozenset(role for role, roles in MAY_INVITE.items() if PersonRole.HEADTEACHER in roles)
OWN_ACCESS = "You cannot end your own access here: somebody else at your school does that, or you write /leave to me."


class Admission:
    """Invitations and access in a store; `who` is how the audit trail names whoever does it."""

    def __init__(self, engine: Engine, people: People, audit: Audit) -> None:
        """Keep the parts."""
        self._engine = engine
        self._people = people
        self._audit = audit

    def invite(
        self, school_id: str, roles: Sequence[PersonRole], pass_until: datetime | None, who: str
    ) -> list[tuple[Invitation, str]]:
        """Return an invitation and its code for each of `roles`. Raises BotError as `People.invite_all` does."""
        with writing(self._engine) as connection:
            made = self._people.invite_all(school_id, roles, pass_until, connection)
            for invitation, _ in made:
                self._audit.note(connection, school_id, who, Action.INVITED, object=invitation.id)
        return made

    def take_back(self, school_id: str, number: int, who: str) -> None:
        """Take an invitation back. Raises BotError where it is not open any more."""
        with writing(self._engine) as connection:
            self._people.revoke(school_id, number, connection)
            self._audit.note(connection, school_id, who, Action.TOOK_BACK_INVITATION, object=number)

    def end(self, school_id: str, numbers: Sequence[int], who: str) -> None:
        """End the access of people, of all of them or none. Raises BotError where the school has no such person."""
        with writing(self._engine) as connection:
            self._people.remove(school_id, *numbers, within=connection)
            for number in numbers:
                self._audit.note(connection, school_id, who, Action.ENDED_ACCESS, object=number)

    def replace_headteacher(self, school_id: str, who: str) -> Replacement:
        """End the access of a school's headteacher and invite the next. Raises BotError where there is no such school."""
        with writing(self._engine) as connection:
            done = self._people.replace_headteacher(school_id, connection)
            self._audit.note(connection, school_id, who, Action.REPLACED_HEADTEACHER, object=done.invitation.id)
        return done


def require_may_invite(inviter: PersonRole, roles: Iterable[PersonRole]) -> None:
    """Raise BotError where somebody of a role may not invite to all of these, or take such an invitation back."""
    may_give = MAY_INVITE.get(inviter, frozenset())
    refused = next((role for role in roles if role not in may_give), None)
    if refused:
        can = " or ".join(sorted(may_give)) or "nobody"
        raise BotError(f"You cannot invite somebody as {refused}: you can invite {can}.")


def may_end(by: Person, person: Person) -> bool:
    """Tell whether somebody may end another's access: that of those whom they may invite, and never their own."""
    return person.id != by.id and person.role in MAY_INVITE.get(by.role, frozenset())


def require_may_end(by: Person, people: Iterable[Person]) -> None:
    """Raise BotError where somebody may not end the access of all of these."""
    for person in people:
        if person.id == by.id:
            raise BotError(OWN_ACCESS)
        if not may_end(by, person):
            raise BotError(f"You cannot end the access of {ROLE_WORDS[person.role]}, person {person.id}.")


def read_last_day(text: str | None, today: date) -> datetime | None:
    """Return the end of a day, `tonight` or as 2026-12-18, in UTC as the store keeps it; None where none was given.

    Raises BotError where it is no day.
    """
    if text is None:
        return None
    try:
        day = today if text.strip().lower() == TONIGHT else date.fromisoformat(text.strip())
    except ValueError:
        raise BotError(f"“{text}” is no day: write {TONIGHT}, or a day as 2026-12-18.") from None
    return datetime.combine(day, time(23, 59, 59), LONDON).astimezone(UTC).replace(tzinfo=None)
