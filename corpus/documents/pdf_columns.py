"""The reading order of a page: what stands in columns is read one column after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from corpus.documents.pdf_lines import Line, Run, group_lines, group_rows, join_line
from corpus.documents.pdf_tables import Table, find_clear_table

Part = Run | Table  # what takes a place on the page


@dataclass(slots=True)
class Flow:
    """What is read from the top down without a jump: the text of a page, or one column of it."""

    elements: list[Line | Table]
    left: float
    right: float
    is_column: bool


def read_flows(parts: Sequence[Part], page: int, *, scanned: bool = False) -> list[Flow]:
    """Return what stands on a page in the order in which it is read."""
    return [_flow(flow, page, scanned=scanned, is_column=is_column) for flow, is_column in _split(list(parts)) if flow]


def _split(parts: list[Part], *, within: bool = False) -> list[tuple[list[Part], bool]]:
    """Return the parts in the order of reading, in stretches without a jump, each with whether it is a column."""
    parts.sort(key=lambda part: (part.base, part.left))
    best: list[tuple[list[Part], bool]] = []
    gutter, merit = 0.0, (0, 0.0)
    for place in _starts(parts):
        bands = _bands(parts, place)
        beside = [part for band, parted in bands if parted for part in band]
        # Of two places between the same columns, as where the right one has markers, the one with more room is the gutter.
        room = place - max((part.right for part in beside if part.right <= place), default=place)
        if beside and (len(beside), room) > merit:
            best, gutter, merit = bands, place, (len(beside), room)
    if not best:
        return [(parts, within)]
    result: list[tuple[list[Part], bool]] = []
    for band, parted in best:
        if not parted:
            result.append((band, within))
            continue
        for stretch in _at_headings(band, gutter):
            left = [part for part in stretch if part.right <= gutter]
            right = [part for part in stretch if part.left >= gutter]
            result += _split(left, within=True) + _split(right, within=True)
    return result


def _starts(parts: Sequence[Part]) -> list[float]:
    """Return the places, just left of them, at which lines begin: there a column may begin."""
    counts: list[tuple[float, int]] = []
    for left in sorted(part.left for part in parts):
        if counts and left - counts[-1][0] < 3:
            counts[-1] = (counts[-1][0], counts[-1][1] + 1)
        else:
            counts.append((left, 1))
    return [left - 1 for left, count in counts[1:] if count >= 2]


def _bands(parts: Sequence[Part], gutter: float) -> list[tuple[list[Part], bool]]:
    """Return the parts in bands, from the top down: those in two columns beside the gutter, and what stands between."""
    bands: list[tuple[list[Part], bool]] = []
    open_band: list[Part] = []

    def close(end: int) -> None:
        columns, below = open_band[:end], open_band[end:]
        if columns and _is_parted(columns, gutter):
            bands.append((columns, True))
        else:
            _add_whole(bands, columns)
        _add_whole(bands, below)
        open_band.clear()

    for part in parts:
        if part.left < gutter < part.right:
            close(_end_of_columns(open_band, gutter))
            _add_whole(bands, [part])
        else:
            open_band.append(part)
    close(len(open_band))
    return bands


def _end_of_columns(parts: Sequence[Part], gutter: float) -> int:
    """Return at which part a heading stands under both columns, which belongs to the full lines after it."""
    for index in range(len(parts) - 1, 0, -1):
        part = parts[index]
        if part.left >= gutter or not isinstance(part, Run):
            break
        if part.bold or part.base - parts[index - 1].base > 1.8 * part.size:
            return index
    return len(parts)


def _add_whole(bands: list[tuple[list[Part], bool]], parts: Sequence[Part]) -> None:
    if not parts:
        return
    if bands and not bands[-1][1]:
        bands[-1][0].extend(parts)
    else:
        bands.append((list(parts), False))


def _is_parted(parts: Sequence[Part], gutter: float) -> bool:
    """Tell whether the parts are prose in two columns; the cells of a table, or markers and their words, are not."""
    for side in ([part for part in parts if part.right <= gutter], [part for part in parts if part.left >= gutter]):
        runs = [part for part in side if isinstance(part, Run)]
        lines = group_lines(runs, 0)
        if len(lines) < 4:
            return False
        width = max(line.right for line in lines) - min(line.left for line in lines)
        long = sum(line.right - line.left > 0.7 * width for line in lines)
        if median(len(line.text.split()) for line in lines) < 3 or long < 0.4 * len(lines):
            return False
    return True


def _at_headings(parts: list[Part], gutter: float) -> list[list[Part]]:
    """Return a band in two columns, cut where a heading stands over both although it is short."""
    usual = median(part.size for part in parts if isinstance(part, Run))
    left = [part for part in parts if part.right <= gutter]
    right = [part for part in parts if part.left >= gutter]
    cuts = []
    for heading, below in pairwise(left):
        if not isinstance(heading, Run) or (heading.size < 1.08 * usual and not heading.bold):
            continue
        beside = next((after for before, after in pairwise(right) if before.base < heading.base < after.base), None)
        clear = beside and not any(heading.base - 2 * usual < part.base <= heading.base + 0.8 * usual for part in right)
        if beside and clear and abs(beside.base - below.base) < 2:
            cuts.append(heading.base - 0.5)
    bounds = [float("-inf"), *cuts, float("inf")]
    return [[part for part in parts if start < part.base <= end] for start, end in pairwise(bounds)]


def _flow(parts: Sequence[Part], page: int, *, scanned: bool, is_column: bool) -> Flow:
    elements: list[Line | Table] = [part for part in parts if isinstance(part, Table)]
    rows = group_rows([part for part in parts if isinstance(part, Run)])
    at = 0
    while at < len(rows):
        found = None if scanned else find_clear_table(rows[at:], page)
        if found:
            at += found[0]
            elements.append(found[1])
        else:
            elements.append(join_line(rows[at], page, scanned=scanned))
            at += 1
    elements.sort(key=lambda element: element.base)
    # A table may reach beyond the text on either side.
    text = [element for element in elements if isinstance(element, Line)] or elements
    return Flow(elements, min(part.left for part in text), max(part.right for part in text), is_column)
