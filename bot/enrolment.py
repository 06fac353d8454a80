"""The commands on people: invite somebody, list who may ask, end somebody's access."""

from datetime import UTC, date, datetime, time

from bot.bootstrap import open_versions
from bot.clock import LONDON, now_utc, spoken, today
from bot.errors import BotError
from bot.people import People, PersonRole
from bot.settings import Settings, read_settings
from corpus.versions import no_such_school


def invite(school: str, role: str, until: str | None) -> int:
    """Print an invitation's code and how to use it. Raises BotError where the school, the role or the day is none."""
    settings = read_settings()
    invitation, code = _people(settings, school).invite(school, _read_role(role), _read_day(until))
    print(f"Invitation {invitation.id} to {school}, as {invitation.role}: {code}")
    print(f"It serves one person, until {spoken(invitation.expires_at)}. The code is shown only now.")
    if invitation.pass_until:
        print(f"Their access ends {spoken(invitation.pass_until)}.")
    address = settings.public_url or f"http://{settings.host}:{settings.port}"
    print(f"They open {address}/join?code={code}, or type the code at {address}/join.")
    return 0


def list_people(school: str) -> int:
    """Print who may ask at a school and which invitations are open. Raises BotError where there is no such school."""
    people = _people(read_settings(), school)
    members, invitations = people.of(school), people.invitations(school)
    for person in members:
        ends = f", until {spoken(person.until)}" if person.until else ""
        print(f"{person.id}. {person.role}, on {person.channel}, since {spoken(person.since)}{ends}")
    if not members:
        print("Nobody has joined yet.")
    for invitation in invitations:
        waits = f"nobody has taken it; it waits until {spoken(invitation.expires_at)}"
        print(f"Invitation {invitation.id}, as {invitation.role}: {waits}")
    return 0


def remove_person(school: str, number: int) -> int:
    """End a person's access. Raises BotError where the school has no such person."""
    _people(read_settings(), school).remove(school, number)
    print(f"Person {number} can no longer ask at {school}.")
    return 0


def revoke_invitation(school: str, number: int) -> int:
    """Take an invitation back. Raises BotError where the school has none of that number."""
    _people(read_settings(), school).revoke(school, number)
    print(f"Invitation {number} to {school} can no longer be used.")
    return 0


def _people(settings: Settings, school: str) -> People:
    versions = open_versions(settings)
    known = [one.id for one in versions.schools()]
    if school not in known:
        raise BotError(no_such_school(school, known))
    return People(versions.engine, now_utc)


def _read_role(text: str) -> PersonRole:
    try:
        return PersonRole(text.strip().lower())
    except ValueError:
        raise BotError(f"“{text}” is no role: choose one of {', '.join(PersonRole)}.") from None


def _read_day(text: str | None) -> datetime | None:
    """Return the end of a day in the United Kingdom, in UTC as the store keeps it; None where none was given."""
    if text is None:
        return None
    try:
        day = today() if text.strip().lower() == "tonight" else date.fromisoformat(text.strip())
    except ValueError:
        raise BotError(f"“{text}” is no day: write tonight, or a day as 2026-12-18.") from None
    return datetime.combine(day, time(23, 59, 59), LONDON).astimezone(UTC).replace(tzinfo=None)
