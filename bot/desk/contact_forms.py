"""The forms of the contacts: the fields of what is kept, and what was typed in them under the keys of the contacts' file."""

import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

from starlette.datastructures import FormData

from bot.contact_book import Contact, ContactBook, ContactRole, OnPhones
from bot.errors import BotError
from bot.national_numbers import CHANGEABLE
from bot.school_year import Days, spoken_hours
from bot.settings import Value

AT_SCHOOL = {
    ContactRole.HEADTEACHER: "Headteacher",
    ContactRole.DEPUTY_HEADTEACHER: "Deputy headteacher",
    ContactRole.DSL: "Designated safeguarding lead (DSL)",
    ContactRole.DEPUTY_DSL: "Deputy DSL",
    ContactRole.GOVERNORS: "Chair of governors",
    ContactRole.LINE_MANAGER: "Line manager",
    ContactRole.SLT: "Senior leadership team",
    ContactRole.IT: "IT support",
    ContactRole.OFFICE: "School office",
}
OUTSIDE_SCHOOL = {
    ContactRole.DESIGNATED_OFFICER: "The council's designated officer (LADO)",
    ContactRole.SOCIAL_CARE: "Children's social care",
    ContactRole.SOCIAL_CARE_OUT_OF_HOURS: "Social care out of hours (emergency duty team)",
    ContactRole.LOCAL_AUTHORITY: "Local authority",
    ContactRole.POLICE: "Police",
}
ROLES = {**AT_SCHOOL, **OUTSIDE_SCHOOL}
ON_PHONES = {
    OnPhones.ANSWER: "Answer as at any other time",
    OnPhones.REMIND: "Answer, and remind them of your rule on phones",
    OnPhones.HOLD_BACK: "Point them to where they can ask at work",
}
# How the form of the school's year names what the file names by its keys.
_YEAR = {
    "hours": "School hours",
    "office_hours": "Office hours",
    "terms": "Terms",
    "closed": "Other days without school",
    "telegram_in_hours": "Questions from personal phones in school hours",
    "confirm_within": "Minutes until the next person is told",
    "anonymous_questions": "Questions without a name",
}
_NUMBER = re.compile(rf"numbers: ({'|'.join(CHANGEABLE)}): (?:(?:number|checked): )?")
# So many empty lines follow those that are filled in.
_MORE_TERMS, _MORE_DAYS, _MORE_AWAY = 3, 3, 2
Fields = dict[str, Any]  # the name of a field -> what stands in it; of several, or of days, a list


def contact_fields(contact: Contact | None) -> Fields:
    """Return the fields of a contact, empty ones of None."""
    if contact is None:
        return contact_typed(FormData())
    return {
        "name": contact.name,
        "roles": list(contact.roles),
        "phone": "\n".join(contact.phones),
        "email": contact.email or "",
        "hours": spoken_hours(contact.hours) if contact.hours else "",
        "away": [*_days(contact.away), *_empty(_MORE_AWAY)],
        "conflicts": list(contact.conflicts),
    }


def contact_typed(form: FormData) -> Fields:
    """Return the fields of a contact as they were typed."""
    return {
        **{name: _text(form, name) for name in ("name", "phone", "email", "hours")},
        **{name: _texts(form, name) for name in ("roles", "conflicts")},
        "away": _days_typed(form, "away", _MORE_AWAY),
    }


def contact_given(fields: Fields) -> dict[str, Value]:
    """Return what the fields of a contact say, under the keys of the file. Raises BotError with what must not be left out."""
    missing = []
    if not fields["name"]:
        missing.append("Write a name: of the person, or of the office that answers.")
    if not fields["roles"]:
        missing.append("Tick at least one thing that staff turn to them for.")
    away = _given_days("Away", fields["away"], missing)
    if missing:
        raise BotError("\n".join(missing))
    return {**fields, "phone": _lines(fields["phone"]), "away": away}


def year_fields(book: ContactBook) -> Fields:
    """Return the fields of a school's hours, terms and rules."""
    return {
        "hours": spoken_hours(book.hours) if book.hours else "",
        "office_hours": spoken_hours(book.office_hours) if book.office_hours else "",
        "terms": [*_days(book.terms, one_day=False), *_empty(_MORE_TERMS)],
        "closed": [*_days(book.closed), *_empty(_MORE_DAYS)],
        "telegram_in_hours": str(book.telegram_in_hours),
        "confirm_within": str(book.confirm_within),
        "anonymous_questions": "yes" if book.anonymous else "no",
    }


def year_typed(form: FormData) -> Fields:
    """Return the fields of a school's hours, terms and rules as they were typed."""
    plain = ("hours", "office_hours", "telegram_in_hours", "confirm_within", "anonymous_questions")
    return {
        **{name: _text(form, name) for name in plain},
        "terms": _days_typed(form, "terms", _MORE_TERMS),
        "closed": _days_typed(form, "closed", _MORE_DAYS),
    }


def year_given(fields: Fields) -> dict[str, Value]:
    """Return what the fields of a school's year say, under the keys of the file.

    Raises BotError with what must not be left out.
    """
    missing: list[str] = []
    if not fields["hours"] and fields["telegram_in_hours"] not in ("", OnPhones.ANSWER):
        missing.append(
            "School hours: write them too, such as 8:30-15:30. Else I do not know when personal phones may not be used."
        )
    terms = _given_days(_YEAR["terms"], fields["terms"], missing, one_day=False)
    closed = _given_days(_YEAR["closed"], fields["closed"], missing)
    if missing:
        raise BotError("\n".join(missing))
    return {**fields, "terms": terms, "closed": closed}


def number_fields(book: ContactBook) -> Fields:
    """Return the fields of the national numbers: of each the school's own number and the month in which it was checked."""
    return {key: (book.numbers[key].number, book.numbers[key].checked) if key in book.numbers else ("", "") for key in CHANGEABLE}


def number_typed(form: FormData) -> Fields:
    """Return the fields of the national numbers as they were typed."""
    return {key: (_text(form, f"{key}_number"), _text(form, f"{key}_checked")) for key in CHANGEABLE}


def number_given(fields: Fields) -> dict[str, Value]:
    """Return what the fields of the national numbers say, under the key of the file."""
    written: dict[str, Value] = {
        key: {"number": number, "checked": checked} for key, (number, checked) in fields.items() if number or checked
    }
    return {"numbers": written}


def in_words(told: str) -> str:
    """Return what is wrong, or what changes, one sentence a line, with the forms' words in place of the keys of the file."""
    return "\n".join(_line_in_words(line) for line in told.splitlines())


def _line_in_words(line: str) -> str:
    number = _NUMBER.match(line)
    if number:
        return f"{CHANGEABLE[number[1]].name}: {line[number.end() :]}"
    key = re.match(r"\w+", line)
    return f"{_YEAR[key[0]]}{line[key.end() :]}" if key and key[0] in _YEAR else line


def _text(form: FormData, name: str) -> str:
    return next(iter(_texts(form, name)), "")


def _texts(form: FormData, name: str) -> list[str]:
    return [value.strip() for value in form.getlist(name) if isinstance(value, str)]


def _lines(text: str) -> list[Value]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _days(several: Iterable[Days], *, one_day: bool = True) -> list[tuple[str, str]]:
    """Return the first and the last day of each stretch; of one day no last unless each stretch has one."""
    return [(str(days.first), "" if one_day and days.first == days.last else str(days.last)) for days in several]


def _empty(count: int) -> list[tuple[str, str]]:
    return [("", "")] * count


def _days_typed(form: FormData, name: str, more: int) -> list[tuple[str, str]]:
    pairs = zip_longest(_texts(form, f"{name}_first"), _texts(form, f"{name}_last"), fillvalue="")
    return [*(pair for pair in pairs if any(pair)), *_empty(more)]


def _given_days(label: str, pairs: Sequence[tuple[str, str]], missing: list[str], *, one_day: bool = True) -> list[Value]:
    """Return stretches of days as the file has them, and note which of them lack an end."""
    given: list[Value] = []
    for first, last in pairs:
        if last and not first:
            missing.append(f"{label}: write the first day too, beside the last day {last}.")
        elif first and not last and not one_day:
            missing.append(f"{label}: write the last day too, beside the first day {first}.")
        elif first:
            given.append(f"{first} - {last}" if last else first)
    return given
