"""The words of two texts compared, so that a page can mark what was reworded."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

# Fewer words than these that stayed between two changes are marked with them: words kept one by one are hard to read.
LEAST_KEPT = 3


class Mark(StrEnum):
    """What became of a run of words."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Run:
    """Words in a row of which the same became."""

    mark: Mark
    words: str


def reworded(before: str, after: str) -> tuple[Run, ...]:
    """Return the runs that lead from one text to the other; what was removed stands before what was added in its place.

    The runs that are not added, joined by spaces, are `before` with white space folded; those that are not removed, `after`.
    """
    old, new = before.split(), after.split()
    runs: list[Run] = []
    at = here = 0  # how far the old words and the new are in the runs
    for old_at, new_at, length in [*_kept(old, new), (len(old), len(new), 0)]:
        parts = (
            (Mark.REMOVED, old[at:old_at]),
            (Mark.ADDED, new[here:new_at]),
            (Mark.SAME, old[old_at : old_at + length]),
        )
        runs += [Run(mark, " ".join(words)) for mark, words in parts if words]
        at, here = old_at + length, new_at + length
    return tuple(runs)


def _kept(old: list[str], new: list[str]) -> list[tuple[int, int, int]]:
    """Return the stretches that stayed, as (place in the old words, place in the new, length)."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()[:-1]
    return [
        (at, here, length)
        for at, here, length in blocks
        # At either end of both texts nothing has changed beside it.
        if length >= LEAST_KEPT or (at, here) == (0, 0) or (at + length, here + length) == (len(old), len(new))
    ]
