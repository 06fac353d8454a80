"""The numbers that Word prints by itself: which list a paragraph is in, what it counts, and how that is written.

A document holds abstract lists (levels, each with a format and a pattern such as `%1.%2`) and lists that use them, perhaps
beginning again or writing a level differently. Lists that use one abstract list go on counting with one another.
The rules are those of ECMA-376, part 1, section 17.9, and where that is silent what Word does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lxml.etree import _Element as Element

from corpus.documents.plain_text import BULLET
from corpus.labels import ordinal

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)
_CARDINALS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]


def written(number: int, form: str) -> str:
    """Return a number as a list prints it; `form` is a number format of Word, and one that is not known prints figures."""
    if form in ("lowerLetter", "upperLetter"):  # after z comes aa, then bb
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1) if number > 0 else ""
        return letters.upper() if form == "upperLetter" else letters
    if form in ("lowerRoman", "upperRoman"):
        letters = _roman(number)
        return letters.upper() if form == "upperRoman" else letters
    if form == "decimalZero":
        return f"{number:02}"
    if form == "ordinal":
        return ordinal(number) if number > 20 else f"{number}{ordinal(number + 100)[3:]}"
    if form == "ordinalText" and 0 < number <= 20:
        return ordinal(number).capitalize()
    if form == "cardinalText" and 0 <= number <= 20:
        return _CARDINALS[number].capitalize()
    if form in ("none", "bullet"):
        return ""
    return str(number)


def _roman(number: int) -> str:
    letters = ""
    for value, sign in _ROMAN:
        letters += sign * (number // value)
        number %= value
    return letters


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: where it begins to count, in which format, in which pattern, and what makes it begin again."""

    start: int = 0
    form: str = "decimal"
    pattern: str = ""
    restart: int | None = None  # begins again after a level below this number (counted from 1); 0 never, None after any
    in_figures: bool = False
    style: str = ""  # the paragraph style that this level belongs to


@dataclass(slots=True)
class _List:
    """A list that paragraphs refer to: the abstract list it uses, its levels as it has them, and where it begins anew."""

    abstract: str
    levels: dict[int, Level]
    begins: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The lists of a document and how far each has counted; to be asked for its paragraphs in their order."""

    def __init__(self, root: Element | None, list_styles: Mapping[str, str]) -> None:
        """Read the numbering part; `list_styles` gives the list that each numbering style names."""
        self._lists: dict[str, _List] = {}
        self._counts: dict[str, dict[int, int]] = {}  # abstract list -> level -> the last number
        self._begun: set[tuple[str, int]] = set()
        if root is None:
            return
        abstract = {each.get(f"{_W}abstractNumId", ""): each for each in root.findall(f"{_W}abstractNum")}
        uses = {each.get(f"{_W}numId", ""): _value(each, "abstractNumId") or "" for each in root.findall(f"{_W}num")}
        for each in root.findall(f"{_W}num"):
            name = uses[each.get(f"{_W}numId", "")]
            linked = _value(abstract[name], "numStyleLink") if name in abstract else None
            if linked:
                name = uses.get(list_styles.get(linked, ""), name)
            if name in abstract:
                self._lists[each.get(f"{_W}numId", "")] = _read_list(each, name, abstract[name])

    def level_of(self, number: str, style: str) -> int | None:
        """Return the level of a list that belongs to a paragraph style, or None."""
        levels = self._lists[number].levels if number in self._lists else {}
        return next((level for level, how in levels.items() if how.style == style), None)

    def next(self, number: str, level: int) -> str:
        """Count a paragraph in a list, and return what stands before it: its number, a bullet, or nothing."""
        used = self._lists.get(number)
        if used is None or level not in used.levels:
            return ""
        counts = self._counts.setdefault(used.abstract, {})
        if level in used.begins and (number, level) not in self._begun:
            counts[level] = used.begins[level]
        elif level in counts:
            counts[level] += 1
        else:
            counts[level] = used.levels[level].start
        self._begun.add((number, level))
        for deeper in [each for each in counts if each > level]:
            restart = used.levels[deeper].restart if deeper in used.levels else None
            if restart is None or level < restart:
                del counts[deeper]
        for higher in range(level):
            # Nothing was counted above: it stands for its first number.
            if higher in used.levels:
                counts.setdefault(higher, used.levels[higher].start)
        return _printed(used.levels, counts, level)


def _printed(levels: Mapping[int, Level], counts: Mapping[int, int], level: int) -> str:
    how = levels[level]
    if how.form == "bullet":
        return BULLET

    def number(match: re.Match[str]) -> str:
        at = int(match[1]) - 1
        if at > level or at not in levels:
            return ""
        form = levels[at].form
        return written(counts[at], "decimal" if how.in_figures and form not in ("none", "bullet") else form)

    return re.sub(r"%([1-9])", number, how.pattern).strip()


def _read_list(element: Element, name: str, abstract: Element) -> _List:
    levels = {_whole(each.get(f"{_W}ilvl")): _read_level(each) for each in abstract.findall(f"{_W}lvl")}
    begins: dict[int, int] = {}
    for override in element.findall(f"{_W}lvlOverride"):
        level = _whole(override.get(f"{_W}ilvl"))
        own = override.find(f"{_W}lvl")
        if own is not None:
            levels[level] = _read_level(own)
        start = _value(override, "startOverride")
        if start is not None:
            begins[level] = _whole(start)
            levels[level] = replace(levels.get(level, Level()), start=begins[level])
    return _List(name, levels, begins)


def _read_level(element: Element) -> Level:
    # A format of a later Word stands beside one that every Word knows, which comes last.
    forms = [each.get(f"{_W}val", "") for each in element.iter(f"{_W}numFmt")]
    restart = _value(element, "lvlRestart")
    legal = element.find(f"{_W}isLgl")
    return Level(
        start=_whole(_value(element, "start")),
        form="bullet" if element.find(f"{_W}lvlPicBulletId") is not None else (forms or ["decimal"])[-1],
        pattern=_value(element, "lvlText") or "",
        restart=None if restart is None else _whole(restart),
        in_figures=legal is not None and legal.get(f"{_W}val", "1") not in ("0", "false", "off"),
        style=_value(element, "pStyle") or "",
    )


def _value(element: Element, name: str) -> str | None:
    """Return the value of a child element, such as `<w:start w:val="1"/>`."""
    found = element.find(f"{_W}{name}")
    value: str | None = None if found is None else found.get(f"{_W}val")
    return value


def _whole(value: str | None) -> int:
    """Return a number as the XML holds it; one that Word itself would not count to is 0."""
    return int(value) if value and re.fullmatch(r"\d{1,4}", value) else 0
