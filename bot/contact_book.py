"""What a school wrote of its contacts and its year: who holds which role, how and when they are reached, its hours and terms."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from bot.national_numbers import CHANGEABLE, NationalNumber
from bot.school_year import Days, SchoolYear, Season, WeeklyHours
from corpus.dates import PolicyDate

CONFIRM_WITHIN = 10  # minutes


class OnPhones(StrEnum):
    """What a school wants of the bot in its hours where it is asked on a personal phone; what is urgent is always answered."""

    ANSWER = "answer"
    REMIND = "remind"
    HOLD_BACK = "hold_back"


class ContactRole(StrEnum):
    """A role that somebody turns to, inside the school and outside; the values of those that clauses name are theirs."""

    HEADTEACHER = "headteacher"
    DEPUTY_HEADTEACHER = "deputy_headteacher"
    DSL = "dsl"
    DEPUTY_DSL = "deputy_dsl"
    GOVERNORS = "governors"  # their chair
    LINE_MANAGER = "line_manager"
    SLT = "slt"
    IT = "it"
    OFFICE = "office"
    LOCAL_AUTHORITY = "local_authority"
    DESIGNATED_OFFICER = "designated_officer"  # the local authority's (LADO)
    SOCIAL_CARE = "social_care"
    SOCIAL_CARE_OUT_OF_HOURS = "social_care_out_of_hours"
    POLICE = "police"


# Whoever holds one of these is told of each change to it, so that nobody turns complaints about themselves to themselves.
ALLEGATION_ROLES = frozenset({ContactRole.HEADTEACHER, ContactRole.GOVERNORS, ContactRole.DESIGNATED_OFFICER})
_OUTSIDE = frozenset({ContactRole.LOCAL_AUTHORITY, ContactRole.DESIGNATED_OFFICER, ContactRole.SOCIAL_CARE, ContactRole.POLICE})


def season_of(roles: Iterable[ContactRole]) -> Season:
    """Return in which weeks hours hold that say nothing of it: those of the school's own people in term time."""
    held = set(roles)
    if ContactRole.SOCIAL_CARE_OUT_OF_HOURS in held:
        return Season.ALWAYS
    return Season.ALL_YEAR if held and held <= _OUTSIDE else Season.TERM


class Contact(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody, or an office, in one role or several.

    `hours` are when they may be reached, None for the school's own hours (outside bodies: not known); `away` the days on which
    they cannot; `conflicts` the names of other contacts about whom, and to whom, nothing goes through this one, such as a spouse.
    """

    name: str
    roles: tuple[ContactRole, ...]
    phones: tuple[str, ...] = ()
    email: str | None = None
    hours: WeeklyHours | None = None
    away: tuple[Days, ...] = ()
    conflicts: tuple[str, ...] = ()

    @property
    def how(self) -> str:
        """The ways to reach them, in words: `01473 123456, head@school.example`; "" where none is known."""
        return ways(self.phones, self.email)


def ways(phones: Iterable[str], email: str | None) -> str:
    """Return telephone numbers and an e-mail address as a sentence gives them; "" where there are none."""
    return ", ".join([*phones, *([email] if email else [])])


class ChangedNumber(Struct, frozen=True, forbid_unknown_fields=True):
    """A national number as the school has it, and the month in which somebody there checked it."""

    number: str
    checked: str


class ContactBook(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a school wrote about whom to reach and when; everything may be left out.

    `hours` are when school is in session, `office_hours` when somebody answers there; `terms` the days of school, one stretch a
    half-term; `closed` other days without school. `confirm_within` is after how many minutes an alert that nobody confirmed goes
    to the next in line; `anonymous` whether staff may ask the headteacher without their name.
    """

    hours: WeeklyHours | None = None
    office_hours: WeeklyHours | None = None
    terms: tuple[Days, ...] = ()
    closed: tuple[Days, ...] = ()
    telegram_in_hours: OnPhones = OnPhones.ANSWER
    confirm_within: int = CONFIRM_WITHIN
    anonymous: bool = True
    numbers: dict[str, ChangedNumber] = {}
    contacts: tuple[Contact, ...] = ()

    def holders(self, role: ContactRole) -> Sequence[Contact]:
        """Return who holds a role, in the order in which the school wrote them."""
        return [contact for contact in self.contacts if role in contact.roles]

    def named(self, name: str) -> Contact | None:
        """Return the contact of this name, however its letters are written; None where there is none."""
        return next((contact for contact in self.contacts if contact.name.casefold() == name.casefold()), None)

    def national(self, key: str) -> NationalNumber:
        """Return a national number, as the school has it where somebody there checked it anew."""
        national, changed = CHANGEABLE[key], self.numbers.get(key)
        return (
            national._replace(number=changed.number, checked=PolicyDate(changed.checked), source="the school")
            if changed
            else national
        )

    def year(self, nation: str) -> SchoolYear:
        """Return the calendar of the school, which lies in this nation."""
        return SchoolYear(nation, self.hours, self.terms, self.closed)
