"""A contact of a school whom the bot can write to by itself."""

from datetime import datetime

from msgspec import Struct

from bot.school_year import WeeklyHours


class Duty(Struct, frozen=True):
    """A contact of a school whom the bot can write to. `hours` are those on call that they set, None for those in the book.

    `alertable` tells whether they lately confirmed that alerts reach them.
    """

    person_id: int
    contact: str
    hours: WeeklyHours | None = None
    alertable: bool = False
    tested_at: datetime | None = None
