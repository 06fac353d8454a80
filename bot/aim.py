"""To whom something is to go, in the few characters that a button holds: no word of any question is in it."""

import re
from collections.abc import Sequence
from typing import TypeVar

from msgspec import Struct

from bot.contact_book import ContactRole
from bot.directory import Directory, Route
from bot.errors import BotError
from bot.sections import GONE
from bot.steps import Step
from corpus.clause import Role

# So much of a step's key tells it from the others of its school; two that are taken for each other are both left out.
KEY_LENGTH = 4
# What a button holds beside an aim leaves room for so many.
MOST_SKIPPED = 10
_ROUTES = dict(zip(Route, "abcdefghij", strict=False))
_LETTERS = {letter: route for route, letter in _ROUTES.items()}
_ROLES, _CONTACT_ROLES = tuple(Role), tuple(ContactRole)
Named = TypeVar("Named", Role, ContactRole)
_CODE = re.compile(r"([a-j])([0-9a-f]{2})([0-9a-f]{4})((?:[0-9a-f]{4})*)")


class Aim(Struct, frozen=True):
    """The route of a question, the roles that its clause names, those whom it is about, and the keys of who else is left out."""

    route: Route
    named: tuple[Role, ...] = ()
    about: tuple[ContactRole, ...] = ()
    skipped: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The aim as a button holds it: at most 47 characters where it fits."""
        named = sum(1 << _ROLES.index(role) for role in self.named)
        about = sum(1 << _CONTACT_ROLES.index(role) for role in self.about)
        return f"{_ROUTES[self.route]}{named:02x}{about:04x}{''.join(self.skipped)}"

    @property
    def is_full(self) -> bool:
        """Whether no button could hold anybody else who is left out."""
        return len(self.skipped) >= MOST_SKIPPED

    @property
    def fits(self) -> bool:
        """Whether a button holds all who are left out."""
        return len(self.skipped) <= MOST_SKIPPED

    def line(self, directory: Directory) -> tuple[Step, ...]:
        """Return those to turn to, the first of them first."""
        return directory.line(self.route, named=self.named, about=self.about, skipped=self.skipped)

    def without(self, *keys: str) -> "Aim":
        """Return the aim that leaves out the steps of these keys too."""
        skipped = dict.fromkeys((*self.skipped, *(key[:KEY_LENGTH] for key in keys)))
        return Aim(self.route, self.named, self.about, tuple(skipped))

    def also(self, other: "Aim") -> "Aim":
        """Return the aim that leaves out whom either of two leaves out, on the route of the other unless that is the ordinary."""
        route = self.route if other.route is Route.ORDINARY else other.route
        about = tuple(dict.fromkeys((*self.about, *other.about)))
        return Aim(route, self.named or other.named, about, self.skipped).without(*other.skipped)


def read_aim(code: str) -> Aim:
    """Return the aim that a button holds. Raises BotError where it is none of ours."""
    found = _CODE.fullmatch(code)
    if not found or found[1] not in _LETTERS:
        raise BotError(GONE)
    named, about = int(found[2], 16), int(found[3], 16)
    skipped = re.findall(".{4}", found[4])
    return Aim(_LETTERS[found[1]], _of(_ROLES, named), _of(_CONTACT_ROLES, about), tuple(skipped))


def _of(roles: Sequence[Named], mask: int) -> tuple[Named, ...]:
    return tuple(role for number, role in enumerate(roles) if mask >> number & 1)
