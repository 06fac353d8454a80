"""A school's hours, and what the bot does in them on personal phones."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import NamedTuple

from bot.clock import LONDON

_SATURDAY = 5


class OnPhones(StrEnum):
    """What a school wants of the bot in its hours where it is asked on a personal phone; what is urgent is always answered."""

    ANSWER = "answer"
    REMIND = "remind"
    HOLD_BACK = "hold_back"


class Hours(NamedTuple):
    """When school is in session: from `opens` until before `closes`, Monday to Friday, by the clocks of London."""

    opens: time
    closes: time

    def include(self, moment: datetime) -> bool:
        """Tell whether a moment, in UTC without a time zone as the store keeps it, is in these hours."""
        local = moment.replace(tzinfo=UTC).astimezone(LONDON)
        return local.weekday() < _SATURDAY and self.opens <= local.time() < self.closes


@dataclass(frozen=True, slots=True)
class SchoolHours:
    """A school's hours, and what the bot does then on personal phones."""

    hours: Hours
    on_phones: OnPhones
