"""The staffroom sheet: one page to print, with what to do when worried about a child, and how to come to policybot."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby

from markupsafe import Markup

from bot.configuration import Configuration
from bot.national_numbers import EMERGENCY, NSPCC_HELPLINE, POLICE, SAMARITANS, NationalNumber
from bot.qr_codes import as_svg
from bot.rendering import environment
from bot.ways_in import WaysIn
from corpus.clause import Policy, Role
from corpus.versions import School

DEPUTIES = 2  # lines to fill in, since policies seldom name them


def staffroom_sheet(school: School, policies: Sequence[Policy], ways: WaysIn, configuration: Configuration, day: date) -> str:
    """Return the sheet of a school as a page of HTML that needs nothing else, with the names that its policies give."""
    link = ways.to_scan()
    numbers = [
        (NSPCC_HELPLINE.name, NSPCC_HELPLINE),
        (POLICE.name, POLICE),
        (f"For yourself: {SAMARITANS.name}, day and night", SAMARITANS),
    ]
    return (
        environment()
        .get_template("sheet.html.jinja")
        .render(
            school=school.name,
            emergency=EMERGENCY.number,
            people=[
                ("Designated safeguarding lead (DSL)", _names(Role.DSL, policies)),
                *[("Deputy safeguarding lead", "")] * DEPUTIES,
                ("About a member of staff: the headteacher", _names(Role.HEADTEACHER, policies)),
                ("About the headteacher: chair of governors", _names(Role.GOVERNORS, policies)),
            ],
            numbers=[(label, number.number) for label, number in numbers],
            page=ways.page if ways.is_reached_by_others else "",
            bot_name=ways.bot_name or "",
            no_code_in=_no_code_in(school.id, configuration),
            days=configuration.retention_days,
            qr=Markup(as_svg(link)) if link else "",  # noqa: S704  drawn here, without a word in it
            day=f"{day.day} {day:%B %Y}",
            checked=_checked([EMERGENCY, *(number for _, number in numbers)]),
        )
    )


def _names(role: Role, policies: Iterable[Policy]) -> str:
    """Return the names that the policies give for a role; two policies may name two people."""
    return " or ".join(dict.fromkeys(person.name for policy in policies for person in policy.people if person.role is role))


def _no_code_in(school: str, configuration: Configuration) -> str:
    """Return the names of the channels whose own accounts let the school's staff in."""
    held = {
        "Slack": configuration.slack.workspaces if configuration.slack else {},
        "Microsoft Teams": configuration.teams.tenants if configuration.teams else {},
    }
    return " and ".join(
        name for name, organisations in held.items() if any(school in one.schools for one in organisations.values())
    )


def _checked(numbers: Iterable[NationalNumber]) -> str:
    """Return when each number was last checked, and where, the longest ago first."""
    by_month = groupby(sorted(numbers, key=lambda number: number.checked), key=lambda number: number.checked)
    return "; ".join(
        f"last checked in {month.spoken}: {', '.join(f'{one.number} ({one.source})' for one in checked)}"
        for month, checked in by_month
    )
