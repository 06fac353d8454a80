"""Printed numbering: which marker a line begins with, of which family, and what it counts as."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """A kind of numbering; items of one list share it."""

    DECIMAL = "decimal"  # 5.1, 6.3.1
    INTEGER = "integer"  # 12. or 12)
    BRACKETED = "bracketed"  # (1)
    CODED = "coded"  # A1
    LETTER = "letter"  # (d), d), d.
    CAPITAL = "capital"  # (D), D.
    ROMAN = "roman"  # (iv), iv.
    BULLET = "bullet"


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker at the start of a line: its family, its value as printed without punctuation, and its length there.

    `ordinal` is what it counts as within its family (d is 4, iv is 4); 0 for bullets and decimals. `glyph` tells bullets apart.
    """

    family: Family
    value: str
    length: int
    ordinal: int = 0
    glyph: str = ""


_GLYPHS = "•·∙●○◦▪▫■□☐☑✓✔➢➤►▶‣⁃❖❑❏♦◆*§\uf0b7\uf0a7\uf0d8\uf0fc\uf02d"
_BULLET = re.compile(rf"(?:\$\\(?:hfill\s*\\)?(?:square|bullet|checkmark)\$|[{re.escape(_GLYPHS)}]|[-–—]|o(?=\s+\S))\s*(?=\S)")
_SPACED_BULLET = re.compile(r"(?:[-–—*o])\s+(?=\S)")
_DECIMAL = re.compile(r"(?:\*\*)?(?P<value>\d{1,3}(?:\.\d{1,3})+)[.):]?(?:\*\*)?[.):]?(?=\s)\s*")
_INTEGER = re.compile(r"(?P<value>\d{1,3})[.)](?=\s)\s*")
_BRACKETED = re.compile(r"\((?P<value>\d{1,3})\)\s*")
_CODED = re.compile(r"(?P<value>[A-Z]\d{1,2}(?:\.\d{1,2})*)[.):]?(?=\s)\s*")
_LETTERS = re.compile(r"(?:\((?P<a>[A-Za-z]{1,5})\)\s*|(?P<b>[A-Za-z]|[ivxl]{1,5}|[IVXL]{1,5})[.)](?=\s)\s*)")
_ROMAN = re.compile(r"(?:x{0,3})(?:ix|iv|v?i{0,3})")
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50}


def parse_marker(text: str) -> Marker | None:
    """Return the marker that `text` begins with, or None.

    A dash or bullet before a number belongs to the number, as converters write it ("- 5.1. Staff ..."). A letter that could be a
    roman number is given as a letter, or as a roman number where it has more than one sign; `as_roman` reads it the other way.
    """
    bullet = _BULLET.match(text)
    if bullet and text[0] in "-–—*o" and not _SPACED_BULLET.match(text):
        bullet = None
    if bullet:
        inner = _parse_numbering(text[bullet.end() :])
        if inner:
            return Marker(inner.family, inner.value, bullet.end() + inner.length, inner.ordinal)
        return Marker(Family.BULLET, "", bullet.end(), glyph=text[: bullet.end()].strip())
    return _parse_numbering(text)


def as_roman(marker: Marker) -> Marker | None:
    """Return a letter marker read as a roman number, or None where it is none."""
    value = marker.value.lower()
    if marker.family not in (Family.LETTER, Family.CAPITAL) or not _is_roman(value):
        return None
    return Marker(Family.ROMAN, marker.value, marker.length, roman_to_int(value))


def roman_to_int(value: str) -> int:
    """Return what a roman number of i, v, x and l counts as."""
    total = 0
    for sign, following in zip(value, [*value[1:], ""], strict=True):
        digit = _ROMAN_DIGITS[sign]
        total += -digit if following and _ROMAN_DIGITS[following] > digit else digit
    return total


def _is_roman(value: str) -> bool:
    return bool(value) and bool(_ROMAN.fullmatch(value))


def _parse_numbering(text: str) -> Marker | None:
    if match := _DECIMAL.match(text):
        return Marker(Family.DECIMAL, match["value"], match.end())
    if match := _INTEGER.match(text):
        return Marker(Family.INTEGER, match["value"], match.end(), int(match["value"]))
    if match := _BRACKETED.match(text):
        return Marker(Family.BRACKETED, match["value"], match.end(), int(match["value"]))
    if match := _CODED.match(text):
        return Marker(Family.CODED, match["value"], match.end())
    if match := _LETTERS.match(text):
        value = match["a"] or match["b"]
        if len(value) > 1:
            if not _is_roman(value.lower()):
                return None
            return Marker(Family.ROMAN, value, match.end(), roman_to_int(value.lower()))
        family = Family.CAPITAL if value.isupper() else Family.LETTER
        return Marker(family, value, match.end(), ord(value.lower()) - ord("a") + 1)
    return None
