"""What the checks of every platform share: their form, how long one waits, and the clock."""

import time
from email.utils import mktime_tz, parsedate_tz

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
