"""Whom each role may let in at a school, whose access it may end, and until when a pass lasts."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from bot.clock import LONDON
from bot.errors import BotError
from bot.people import MAY_INVITE, ROLE_WORDS, Person, PersonRole

TONIGHT = "tonight"
# Who may end a headteacher's access and invite the next in one step.
MAY_REPLACE_HEADTEACHER = frozenset(role for role, roles in MAY_INVITE.items() if PersonRole.HEADTEACHER in roles)
OWN_ACCESS = "You cannot end your own access here: somebody else at your school does that, or you write /leave to me."


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
