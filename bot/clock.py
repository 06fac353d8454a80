"""The time: UTC for what is stored, the calendar day where the schools are for what is overdue."""

from datetime import UTC, date, datetime

from corpus import dates

LONDON = dates.LONDON
day_of = dates.day_of


def now_utc() -> datetime:
    """Return the time now, in UTC without a time zone, as the store keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


def today() -> date:
    """Return today's date in the United Kingdom."""
    return datetime.now(LONDON).date()


def local(moment: datetime) -> datetime:
    """Return a moment of the store as the clocks of the United Kingdom show it."""
    return moment.replace(tzinfo=UTC).astimezone(LONDON)


def spoken(moment: datetime) -> str:
    """Return a moment of the store as people in the United Kingdom say it: `Saturday 21 November 2026, 21:04`."""
    shown = local(moment)
    return f"{shown:%A} {shown.day} {shown:%B %Y, %H:%M}"


def spoken_briefly(moment: datetime, now: datetime) -> str:
    """Return a moment of the store as `21:04` where that was today, else in full as `spoken` does."""
    return f"{local(moment):%H:%M}" if day_of(moment) == day_of(now) else spoken(moment)
