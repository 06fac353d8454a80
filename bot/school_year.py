"""When a school is open and somebody is reached: hours of the week, half-terms, closed days, bank holidays; by London's clocks."""

from datetime import date, time
from enum import StrEnum

from msgspec import Struct


class Season(StrEnum):
    """In which weeks of the year weekly hours hold."""

    TERM = "in term time"
    ALL_YEAR = "all year"  # but not on bank holidays
    ALWAYS = "all year and bank holidays"


class Span(Struct, frozen=True):
    """Hours of one weekday, 0 for Monday: from `opens` until before `closes`; until midnight where `closes` is 00:00."""

    weekday: int
    opens: time
    closes: time


class WeeklyHours(Struct, frozen=True):
    """Hours of the week in order, none of them overlapping; all hours of all days where there is no span."""

    spans: tuple[Span, ...]
    season: Season


class Days(Struct, frozen=True):
    """Days from the first to the last, both included."""

    first: date
    last: date
