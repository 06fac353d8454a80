"""Labels as people cite them, and the ids made of them."""

import re

_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]


def ordinal(number: int) -> str:
    """Return the ordinal of a positive number in words up to twentieth, in figures above."""
    if number <= len(_ORDINALS):
        return _ORDINALS[number - 1]
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in (11, 12, 13) else 0, "th")
    return f"{number}{suffix}"


def slug(label: str) -> str:
    """Return a label as an id: lower case, words joined by hyphens."""
    return re.sub(r"[^a-z0-9.]+", "-", label.lower().replace("’", "").replace("'", "")).strip("-.")[:90]
