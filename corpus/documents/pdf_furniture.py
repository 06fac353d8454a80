"""Running headers, footers and page numbers: found by their place, since they stand there on page after page."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from corpus.dates import find_dates
from corpus.documents.pdf_lines import Run, group_rows
from corpus.documents.pdf_tables import Table
from corpus.furniture import is_field
from corpus.metadata import read_title

_ZONE = 0.2  # share of the page at its head and at its foot in which furniture stands
_SHARE = 0.4  # of the pages: what alternates left and right stands on half of them
_PAGE = re.compile(
    r"[\s|–—-]*\bpage\s*:?\s*\d{1,3}(?:\s*(?:of|/)\s*\d{1,3})?[\s|–—-]*|^\d{1,3}\s*[|–—]\s*|\s*[|–—]\s*\d{1,3}$",
    re.IGNORECASE,
)
_PART = re.compile(r"(?:appendix|annexe?|schedule|part|section|chapter|form)\b", re.IGNORECASE)  # its number is its name
_ROMAN = re.compile(r"[ivxl]{1,5}")


@dataclass(slots=True)
class Sheet:
    """A page before its lines are put in order: the runs and tables on it."""

    number: int
    height: float
    runs: list[Run]
    tables: list[Table]
    is_scanned: bool = False


@dataclass(slots=True)
class _Row:
    """A line across the whole page, or a table, that may be furniture."""

    parts: Sequence[Run | Table]
    text: str
    shape: str
    place: float
    artifact: bool


def take_furniture(sheets: Sequence[Sheet]) -> list[str]:
    """Take headers, footers and page numbers off the sheets, in place.

    Returns what they alone say of the document, each once: a date, a version, a title that stands nowhere else.
    """
    rows = [(sheet, [_head(sheet), _foot(sheet)]) for sheet in sheets]
    counts: dict[tuple[str, int], set[int]] = defaultdict(set)
    for sheet, zones in rows:
        for zone in zones:
            for row in zone:
                # A row a hair off its place on another page falls into one step or the next.
                for step in (int(row.place // 8), int((row.place + 4) // 8) + 10_000):
                    counts[row.shape, step].add(sheet.number)
    wanted = max(2, _SHARE * len(sheets))
    taken: list[Run | Table] = []
    feet: set[int] = set()
    for sheet, zones in rows:
        for zone, is_foot in zip(zones, (False, True), strict=True):
            for row in zone:
                steps = (int(row.place // 8), int((row.place + 4) // 8) + 10_000)
                repeated = any(len(counts[row.shape, step]) >= wanted for step in steps)
                if not (repeated or row.artifact or row.text == str(sheet.number)):
                    break
                taken += _take(sheet, row)
                if is_foot:
                    feet.add(round(row.place / 3))
    for sheet, (_, foot) in rows:
        # The foot of one page may say something else than those of the others: a first page its date.
        for row in foot[:1]:
            if feet & {round(row.place / 3) + step for step in (-1, 0, 1)} and _stands_apart(sheet, row):
                taken += _take(sheet, row)
    body = _fold(part.text for sheet in sheets for part in _parts(sheet))
    return _telling(taken, body)


def _parts(sheet: Sheet) -> list[Run | Table]:
    return [*sheet.runs, *sheet.tables]


def _head(sheet: Sheet) -> list[_Row]:
    """Return what stands at the head of a page, from its edge inwards."""
    return [row for row in _rows(sheet) if row.place < _ZONE * sheet.height]


def _foot(sheet: Sheet) -> list[_Row]:
    return [row for row in reversed(_rows(sheet)) if row.place > (1 - _ZONE) * sheet.height]


def _rows(sheet: Sheet) -> list[_Row]:
    # Some programs mark whatever they write as belonging to the page: that says nothing.
    marks = not all(part.artifact for part in _parts(sheet))
    rows = [_row(runs, runs[0].base, marks=marks) for runs in group_rows(sheet.runs)]
    low, high = _ZONE * sheet.height, (1 - _ZONE) * sheet.height
    for table in sheet.tables:
        row = _row([table], table.base, marks=marks)
        if table.bottom > low and table.top < high:
            # A table of the text is no furniture, and so the search from the edge of the page ends at it.
            row = _Row([table], "", "", table.base, artifact=False)
        rows.append(row)
    return sorted(rows, key=lambda row: row.place)


def _row(parts: Sequence[Run | Table], place: float, *, marks: bool) -> _Row:
    text = " ".join(part.text for part in parts)
    return _Row(parts, text, _shape(text), place, marks and all(part.artifact for part in parts))


def _shape(text: str) -> str:
    """Return words without their order and numbers: a footer may change sides, and counts its pages."""
    words = (text.lower() if _PART.match(text) else re.sub(r"\d+", "#", text.lower())).split()
    return " ".join(sorted("#" if _ROMAN.fullmatch(word) else word for word in words))


def _take(sheet: Sheet, row: _Row) -> list[Run | Table]:
    gone = set(map(id, row.parts))
    found = [part for part in _parts(sheet) if id(part) in gone]
    sheet.runs = [run for run in sheet.runs if id(run) not in gone]
    sheet.tables = [table for table in sheet.tables if id(table) not in gone]
    return found


def _stands_apart(sheet: Sheet, row: _Row) -> bool:
    """Tell whether a row of a page's foot is there and stands further from the text than the text's lines from each other."""
    places = [other.place for other in _rows(sheet)]
    if len(places) < 4 or row.place != places[-1]:
        return False
    gaps = sorted(after - before for before, after in pairwise(places))
    return places[-1] - places[-2] > 1.8 * gaps[len(gaps) // 2]


def _telling(taken: Iterable[Run | Table], body: str) -> list[str]:
    """Return the words taken that say something of the document which its text does not."""
    told: dict[str, str] = {}
    for part in taken:
        words = " ".join(_PAGE.sub(" ", part.text).split())
        says = find_dates(words) or is_field(words) or read_title([words])
        if says and _fold([words]) not in body:
            told.setdefault(_shape(words), words)
    return list(told.values())


def _fold(texts: Iterable[str]) -> str:
    return re.sub(r"\W", "", "".join(texts)).lower()
