"""What the checks of every platform share: their form, how long one waits, the ways in which nothing is heard, and the clock."""

import time
from email.utils import mktime_tz, parsedate_tz
from http import HTTPStatus

SECONDS = 10
# Slack and Microsoft are not to be understood, nor understand us, where the clocks are five minutes apart.
MOST_APART = 60

# Whether something is as it should be, in one sentence that says what to do where it is not.
Check = tuple[bool, str]


def check_clock(platform: str, told: str, otherwise: str) -> list[Check]:
    """Return what is wrong with this machine's clock, by the Date header that a platform `told`, and what comes of it."""
    parsed = parsedate_tz(told)
    apart = round(time.time() - mktime_tz(parsed)) if parsed else 0
    if abs(apart) <= MOST_APART:
        return []
    which = "ahead of" if apart > 0 else "behind"
    return [(False, f"This machine's clock is {abs(apart)} seconds {which} {platform}'s: set it, or {otherwise}.")]


def not_reached(what: str, where: str, why: str) -> str:
    """Return what to do where no answer came: `why` is the error's name."""
    return (
        f"{what} is not reached at {where} ({why}): check this machine's way to the internet, and whether the school's filter "
        "lets it through."
    )


def not_understood(what: str, where: str, status: int) -> str:
    """Return what to do about an answer that holds nothing of what was asked for."""
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"{what} is reached at {where}, but cannot answer now (status {status}): try again in a minute."
    return (
        f"What answers at {where} is not {what} (status {status}): ask whoever runs the school's filter to let this machine "
        "through to it."
    )
