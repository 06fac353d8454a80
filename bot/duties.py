"""Who has accepted to be a contact of a school, and when she can be told of something by the bot."""

from msgspec import Struct

from bot.school_year import WeeklyHours


class Duty(Struct, frozen=True):
    """A person who has accepted to be the contact of this name in her school's book.

    `hours` are the on-call hours that she set herself, None where she left those of the book; `alertable` says that a test alert
    to her was confirmed lately.
    """

    person_id: int
    contact: str
    hours: WeeklyHours | None = None
    alertable: bool = False
