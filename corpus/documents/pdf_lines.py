"""Letters -> runs of words that stand on one line without a wide gap, and runs -> lines."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from corpus.documents.pdf_page import Glyph

_WORD_GAP = 0.17  # of the letters' size: a gap as wide parts two words
_RUN_GAP = 0.9  # a gap as wide may part two columns
_NOTE_MARK = re.compile(r"[\d,*†‡§¶]{1,5}")
_UNIT = re.compile(r"(?:^|\W)(?:c|k|m)?m$|\bft$|\bCO$", re.IGNORECASE)  # what stands before a power, not before a note


@dataclass(slots=True)
class Run:
    """Words on one line without a wide gap between them."""

    text: str
    left: float
    right: float
    base: float
    size: float
    bold: bool
    artifact: bool = False
    is_note: bool = False  # it begins with the small raised mark of a footnote

    @property
    def top(self) -> float:
        """Where its letters begin, near enough."""
        return self.base - self.size


@dataclass(slots=True)
class Line(Run):
    """The runs of one column that stand on one line of a page."""

    page: int = 0
    scanned: bool = False


def find_runs(glyphs: Sequence[Glyph]) -> list[Run]:
    """Return the runs of a page, from the top down and from left to right; footnote marks are left out of the words."""
    runs: list[Run] = []
    for row in _rows(glyphs):
        group: list[Glyph] = []
        ink: Glyph | None = None
        for glyph in row:
            if not glyph.text.isspace():
                size = max(glyph.size, ink.size) if ink else 0.0
                if ink and glyph.left - ink.right > _RUN_GAP * size and not _is_spaced_out(group, glyph, size):
                    runs += _run(group)
                    group = []
                ink = glyph
            group.append(glyph)
        runs += _run(group)
    return runs


def _is_spaced_out(glyphs: Sequence[Glyph], following: Glyph, size: float) -> bool:
    """Tell whether the letters are spaced out, so that a wide gap before the one following parts no more than two words."""
    ink = [glyph for glyph in glyphs if not glyph.text.isspace()]
    gaps = [after.left - before.right for before, after in pairwise(ink)]
    spaced_out = len(gaps) > 1 and min(gaps) > _WORD_GAP * size
    return spaced_out and following.left - ink[-1].right < 3.2 * median(gaps)


def join_line(runs: Sequence[Run], page: int, *, scanned: bool = False) -> Line:
    """Return a row of runs as the line that it is; a wide gap stays two spaces."""
    text = runs[0].text
    for before, run in pairwise(runs):
        # A bullet or number stands away from its words; a field stands away from the next field.
        text += (" " if run.left - before.right < 3 * run.size or len(before.text) < 8 else "  ") + run.text
    longest = max(runs, key=lambda run: len(run.text))
    return Line(
        text,
        runs[0].left,
        max(run.right for run in runs),
        longest.base,
        longest.size,
        all(run.bold for run in runs if re.search(r"\w", run.text)) and longest.bold,
        all(run.artifact for run in runs),
        runs[0].is_note,
        page,
        scanned,
    )


def group_rows(runs: Sequence[Run]) -> list[list[Run]]:
    """Return runs by the line they stand on, from the top down, each row from left to right."""
    rows: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: (run.base, run.left)):
        if rows and run.base - rows[-1][0].base < 0.4 * max(run.size, rows[-1][0].size):
            rows[-1].append(run)
        else:
            rows.append([run])
    return [sorted(row, key=lambda run: run.left) for row in rows]


def group_lines(runs: Sequence[Run], page: int, *, scanned: bool = False) -> list[Line]:
    """Return the runs of one column as lines, from the top down."""
    return [join_line(row, page, scanned=scanned) for row in group_rows(runs)]


def _rows(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Return the letters by the line they stand on, each row from left to right; what is raised stands with its word."""
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: glyph.base):
        if rows and glyph.base - rows[-1][0].base <= 0.25 * max(glyph.size, rows[-1][0].size):
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    for upper, lower in pairwise(rows):
        if lower[0].base - upper[0].base > 0.6 * max(glyph.size for glyph in lower):
            continue
        for glyph in [glyph for glyph in upper if _is_raised_over(glyph, lower)]:
            upper.remove(glyph)
            lower.append(glyph)
    return [sorted(row, key=lambda glyph: glyph.left) for row in rows if row]


def _is_raised_over(glyph: Glyph, lower: Sequence[Glyph]) -> bool:
    return any(
        glyph.size <= 0.8 * other.size
        and 0.1 * other.size < other.base - glyph.base < 0.6 * other.size
        and (-0.5 * other.size < glyph.left - other.right < 1.5 * glyph.size or 0 < other.left - glyph.right < glyph.size)
        for other in lower
    ) or any(
        glyph.size == other.size and glyph.base == other.base and abs(glyph.left - other.right) < 0.5 * glyph.size
        for other in lower
    )


def _run(glyphs: Sequence[Glyph]) -> Iterator[Run]:
    """Yield the run of letters from left to right, where they hold any ink."""
    ink = [glyph for glyph in glyphs if not glyph.text.isspace()]
    if not ink:
        return
    size = Counter(glyph.size for glyph in ink).most_common(1)[0][0]
    base = median(glyph.base for glyph in ink if glyph.size == size)
    breaks = _breaks(glyphs)
    text, note, marks = "", False, ""
    for glyph, breaks_before in zip(ink, breaks, strict=True):
        raised = glyph.size <= 0.8 * size and base - glyph.base > 0.1 * size and bool(_NOTE_MARK.fullmatch(glyph.text))
        if raised and not _UNIT.search(text):
            note = note or not text
            marks += glyph.text
            continue
        text += " " + glyph.text if breaks_before and text else glyph.text
    if text:
        bold = 2 * sum(glyph.bold for glyph in ink) > len(ink)
        artifact = all(glyph.artifact for glyph in ink)
        yield Run(text, ink[0].left, max(glyph.right for glyph in ink), base, size, bold, artifact, note)


def _breaks(glyphs: Sequence[Glyph]) -> list[bool]:
    """Tell for each letter that leaves ink whether a word begins with it."""
    breaks: list[bool] = []
    gaps: list[float] = []
    before: Glyph | None = None
    spaced = False
    for glyph in glyphs:
        if glyph.text.isspace():
            spaced = True
            continue
        gap = glyph.left - before.right if before else 0.0
        breaks.append(before is not None and (spaced or gap > _WORD_GAP * glyph.size))
        gaps.append(gap)
        before, spaced = glyph, False
    if len(breaks) >= 5 and sum(breaks) >= 0.8 * (len(breaks) - 1):
        # The letters are spaced out, as in "P O L I C Y": a word begins where the gap is wider than between its letters.
        usual = median(gaps[1:])
        breaks = [gap > 1.6 * usual for gap in gaps]
    return breaks
