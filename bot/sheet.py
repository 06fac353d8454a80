"""The staffroom sheet: one page to print, with what to do when worried about a child, and how to come to policybot."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from bot.configuration import Configuration
from bot.contact_book import Contact, ContactBook, ContactRole
from bot.national_numbers import EMERGENCY, NationalNumber
from bot.people import CHANNEL_NAMES, SLACK, TEAMS
from bot.qr_codes import as_svg
from bot.rendering import environment
from bot.school_year import spoken_hours
from bot.ways_in import WaysIn
from corpus.clause import Policy, Role
from corpus.dates import spoken_day
from corpus.versions import School

STYLE = Path(__file__).parent / "static" / "sheet.css"
LEAST_DEPUTIES = 2  # lines for them, to fill in where the school has not named so many


NO_BREAK = "\u00a0"  # a space at which no line ends
_OF_STAFF = "About a member of staff: the headteacher"
_OF_THE_HEAD = "About the headteacher: chair of governors"


class Line(NamedTuple):
    """A line of the sheet: for what, who or which number, how and when they are reached; `to_fill_in` where neither is known."""

    label: str
    whom: str
    how: str = ""
    when: str = ""
    to_fill_in: str = "phone, room"


def staffroom_sheet(
    school: School,
    book: ContactBook,
    policies: Sequence[Policy],
    ways: WaysIn,
    configuration: Configuration,
    *,
    connected: Collection[str],
    day: date,
    stylesheet: str = "",
) -> str:
    """Return the sheet of a school as a page of HTML; without the address of a `stylesheet` it needs nothing else.

    Whom to tell is whom its contacts name, and where they name nobody, whom its policies do. `connected` are the channels that
    are connected to the school by links.
    """
    link = ways.to_scan()
    helpline, police, samaritans = (book.national(key) for key in ("nspcc_helpline", "police", "samaritans"))
    numbers = [
        (helpline.name, helpline),
        (police.name, police),
        (f"For yourself: {samaritans.name}, day and night", samaritans),
    ]
    return (
        environment()
        .get_template("sheet.html.jinja")
        .render(
            school=school.name,
            emergency=EMERGENCY.number,
            people=[
                *_lines("Designated safeguarding lead (DSL)", book.holders(ContactRole.DSL), _names(Role.DSL, policies)),
                *_deputies(book),
                *_lines(_OF_STAFF, book.holders(ContactRole.HEADTEACHER), _names(Role.HEADTEACHER, policies)),
                *_lines(_OF_THE_HEAD, book.holders(ContactRole.GOVERNORS), _names(Role.GOVERNORS, policies)),
            ],
            council=[
                _council("Children's social care at the council", book.holders(ContactRole.SOCIAL_CARE), "in office hours"),
                _council(
                    "Emergency duty team of the council",
                    book.holders(ContactRole.SOCIAL_CARE_OUT_OF_HOURS),
                    "evenings, nights, weekends",
                ),
            ],
            numbers=[(label, number.number) for label, number in numbers],
            page=ways.page if ways.is_reached_by_others else "",
            bot_name=ways.bot_name or "",
            no_code_in=_no_code_in(school.id, configuration, connected),
            days=configuration.retention_days,
            qr=Markup(as_svg(link)) if link else "",  # noqa: S704  drawn here, without a word in it
            day=spoken_day(day),
            stylesheet=stylesheet,
            style=Markup(STYLE.read_text(encoding="utf-8")),  # noqa: S704  our own
            checked=_checked([EMERGENCY, *(number for _, number in numbers)]),
        )
    )


def _lines(label: str, holders: Iterable[Contact], otherwise: str = "") -> list[Line]:
    """Return a line for each of those who hold a role; with the names of policies, `otherwise`, where nobody does."""
    return [Line(label, one.name, _phones(one) or one.email or "", _when(one)) for one in holders] or [Line(label, otherwise)]


def _deputies(book: ContactBook) -> list[Line]:
    label = "Deputy safeguarding lead"
    named = _lines(label, book.holders(ContactRole.DEPUTY_DSL))
    return named + [Line(label, "")] * (LEAST_DEPUTIES - len(named))


def _council(label: str, holders: Sequence[Contact], to_fill_in: str) -> Line:
    """Return the line of a team of the council, whose number stands where others have a name."""
    if not holders:
        return Line(label, "", to_fill_in=to_fill_in)
    return Line(label, _phones(holders[0]), when=_when(holders[0]), to_fill_in=to_fill_in)


def _phones(contact: Contact) -> str:
    """Return the numbers, none of which is broken at the end of a line."""
    return ", ".join(phone.replace(" ", NO_BREAK) for phone in contact.phones)


def _when(contact: Contact) -> str:
    return spoken_hours(contact.hours) if contact.hours else ""


def _names(role: Role, policies: Iterable[Policy]) -> str:
    """Return the names that the policies give for a role; two policies may name two people."""
    return " or ".join(dict.fromkeys(person.name for policy in policies for person in policy.people if person.role is role))


def _no_code_in(school: str, configuration: Configuration, connected: Collection[str]) -> str:
    """Return the names of the channels whose own accounts let the school's staff in."""
    held = {
        SLACK: configuration.slack.workspaces if configuration.slack else {},
        TEAMS: configuration.teams.tenants if configuration.teams else {},
    }
    return " and ".join(
        CHANNEL_NAMES[channel]
        for channel, organisations in held.items()
        if channel in connected or any(school in one.schools for one in organisations.values())
    )


def _checked(numbers: Iterable[NationalNumber]) -> str:
    """Return when each number was last checked, and where, the longest ago first."""
    by_month = groupby(sorted(numbers, key=lambda number: number.checked), key=lambda number: number.checked)
    return "; ".join(
        f"last checked in {month.spoken}: {', '.join(f'{one.number} ({one.source})' for one in checked)}"
        for month, checked in by_month
    )
