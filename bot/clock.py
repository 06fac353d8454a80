"""The time: UTC for what is stored, the calendar day where the schools are for what is overdue."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now_utc() -> datetime:
    """Return the time now, in UTC without a time zone, as the store keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


def today() -> date:
    """Return today's date in the United Kingdom."""
    return datetime.now(LONDON).date()
