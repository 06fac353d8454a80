"""A school's hours, and what the bot does in them on personal phones."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum

from bot.clock import LONDON

_SATURDAY = 5


class OnPhones(StrEnum):
    """What a school wants of the bot in its hours where it is asked on a personal phone; what is urgent is always answered."""

    ANSWER = "answer"
    REMIND = "remind"
    HOLD_BACK = "hold_back"


@dataclass(frozen=True, slots=True)
class SchoolHours:
    """From when to when school is, Monday to Friday in the United Kingdom, and what the bot does then on personal phones."""

    begins: time
    ends: time
    on_phones: OnPhones

    def include(self, moment: datetime) -> bool:
        """Tell whether a moment, in UTC as the store keeps it, is in school hours."""
        local = moment.replace(tzinfo=UTC).astimezone(LONDON)
        return local.weekday() < _SATURDAY and self.begins <= local.time() < self.ends
