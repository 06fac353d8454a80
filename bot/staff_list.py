"""A pasted list of people to invite: a name or initials a line, and a role after a comma where it is not everybody's."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.errors import BotError
from bot.people import PersonRole, read_role

MOST_AT_ONCE = 1000
LONGEST_NAME = 60


class Invitee(NamedTuple):
    """Somebody to invite; the name is for whoever hands the codes out, and is not kept."""

    name: str
    role: PersonRole


def read_staff_list(text: str, role: PersonRole) -> list[Invitee]:
    """Return who is in a list, in its order; `role` is that of whom the list gives none.

    Raises BotError with a sentence for every line that is wrong, by its number, and where there is nobody in it.
    """
    invitees: list[Invitee] = []
    problems: list[str] = []
    seen: dict[str, int] = {}  # name -> the number of its line
    for number, cells in _lines(text):
        try:
            invitee = _read(cells, role)
            if (earlier := seen.setdefault(invitee.name.lower(), number)) != number:
                raise BotError(f"“{invitee.name}” stands on line {earlier} already: tell the two apart by an initial.")
            invitees.append(invitee)
        except BotError as error:
            problems.append(f"Line {number}: {error}")
    if problems:
        raise BotError("\n".join([*problems, "Nobody was invited: correct the list and try again."]))
    if not 0 < len(invitees) <= MOST_AT_ONCE:
        raise BotError(f"There are {len(invitees)} people in the list: write from 1 to {MOST_AT_ONCE}, one a line.")
    return invitees


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Return what stands between the commas of each line that is not blank, with its number; a spreadsheet gives tabs."""
    for number, line in enumerate(text.splitlines(), 1):
        cells = [" ".join(cell.split()) for cell in re.split(r"[,\t]", line)]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def _read(cells: list[str], role: PersonRole) -> Invitee:
    name = cells[0]
    if len(cells) > 2:
        raise BotError("there is more than one comma: write a name or initials, a comma, and a role.")
    if not name:
        raise BotError("there is no name before the comma.")
    if len(name) > LONGEST_NAME:
        raise BotError(f"the name has more than {LONGEST_NAME} characters: initials are enough.")
    if not name.isprintable():
        raise BotError("it holds a character that cannot be printed: type the line anew.")
    return Invitee(name, read_role(cells[1]) if len(cells) > 1 else role)
