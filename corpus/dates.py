"""Dates as policies give them: a day, or only a month, which then stays a month."""

import calendar
import contextlib
import re
from datetime import UTC, date, datetime
from typing import Self
from zoneinfo import ZoneInfo

# Where the schools are.
LONDON = ZoneInfo("Europe/London")

MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTH_WORD = "|".join([*MONTHS, *(f"{name[:3]}" for name in MONTHS), "sept"])
_IN_WORDS = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[^\S\t]+(?:of[^\S\t]+)?)?(?P<month>{_MONTH_WORD})\b\.?,?[^\S\t]+(?P<year>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_IN_FIGURES = re.compile(
    r"\b(?P<day>\d{1,2})[./-](?P<month>\d{1,2})[./-](?P<year>(?:19|20)\d\d|\d\d)\b"  # British order: day first
)
_ISO = re.compile(r"\d{4}-\d{2}(?:-\d{2})?")


class PolicyDate(str):
    """A date of a policy in ISO form: `2018-05-31`, or `2018-05` where the policy gives a month only."""

    __slots__ = ()

    def __new__(cls, iso: str) -> Self:
        """Return the date written as `2018-05` or `2018-05-31`; raise ValueError otherwise."""
        if not _ISO.fullmatch(iso):
            raise ValueError(f"{iso[:40]!r} is not a date: write it as 2018-05 or 2018-05-31")
        try:
            date.fromisoformat(iso if len(iso) > 7 else f"{iso}-01")
        except ValueError:
            raise ValueError(f"{iso!r} is not a date of the calendar") from None
        return super().__new__(cls, iso)

    @property
    def year(self) -> int:
        """The year, as 2018."""
        return int(self[:4])

    @property
    def month(self) -> int:
        """The month, 1 to 12."""
        return int(self[5:7])

    @property
    def day(self) -> int | None:
        """The day of the month, or None where the policy gives a month only."""
        return int(self[8:]) if len(self) > 7 else None

    @property
    def spoken(self) -> str:
        """The date as a person writes it: `May 2018`, `16 November 2023`."""
        month = f"{calendar.month_name[self.month]} {self.year}"
        return f"{self.day} {month}" if self.day else month

    def a_year_on(self) -> Self:
        """Return the date a year later; the 29th of February becomes the month."""
        later = f"{self.year + 1:04}{self[4:]}"
        return type(self)(later[:7] if self[5:] == "02-29" else later)

    def last_day(self) -> date:
        """Return the day itself, or the month's last day."""
        return date(self.year, self.month, self.day or calendar.monthrange(self.year, self.month)[1])

    def is_after(self, other: "PolicyDate") -> bool:
        """Tell whether this is plainly the later date: a month is neither before nor after a day of its own."""
        told = min(len(self), len(other))
        return self[:told] > other[:told]

    def is_past(self, today: date) -> bool:
        """Tell whether the date is over: a day from the day after, a month from the month after."""
        return today > self.last_day()


def parse_date(text: str) -> PolicyDate:
    """Return the date that is all of `text`: `May 2018`, `1 May 2018`, `01/05/2018`, `2018-05`; raise ValueError otherwise."""
    words = text.strip(" .")
    if _ISO.fullmatch(words):
        return PolicyDate(words)
    for start, end, found in locate_dates(words):
        if (start, end) == (0, len(words)):
            return found
    raise ValueError(f"{text[:40]!r} is not a date: write it as May 2018 or 1 May 2018")


def spoken_day(day: date) -> str:
    """Return a day as a person writes it: `21 November 2026`."""
    return PolicyDate(day.isoformat()).spoken


def day_of(moment: datetime) -> date:
    """Return the calendar day at the schools of a moment that the store keeps, in UTC."""
    return moment.replace(tzinfo=UTC).astimezone(LONDON).date()


def find_dates(text: str) -> list[PolicyDate]:
    """Return the dates that a line of text gives, in its order; what is no date of the calendar is passed over."""
    return [found for _, _, found in locate_dates(text)]


def locate_dates(text: str) -> list[tuple[int, int, PolicyDate]]:
    """Return the dates of `find_dates`, each with where it begins and ends."""
    found: list[tuple[int, int, str]] = []
    for match in _IN_WORDS.finditer(text):
        month = next(number for name, number in MONTHS.items() if name.startswith(match["month"].lower()[:3]))
        day = f"-{int(match['day']):02}" if match["day"] else ""
        found.append((match.start(), match.end(), f"{match['year']}-{month:02}{day}"))
    for match in _IN_FIGURES.finditer(text):
        year = int(match["year"])
        year += 0 if year > 99 else 2000
        found.append((match.start(), match.end(), f"{year}-{int(match['month']):02}-{int(match['day']):02}"))
    dates = []
    for start, end, iso in sorted(found):
        with contextlib.suppress(ValueError):
            dates.append((start, end, PolicyDate(iso)))
    return dates
