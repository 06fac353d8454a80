"""Tables of a page: from the lines drawn around their cells, or from columns that stand clear of each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from corpus.documents.pdf_lines import Line, Run, find_runs, group_lines
from corpus.documents.pdf_page import Box, Glyph
from corpus.furniture import is_field
from corpus.markers import parse_marker

_TOUCHES = 3.0  # points between two lines that still meet


@dataclass(slots=True)
class Table:
    """The rows of a table, each cell as its lines; `heads` tells that the first row names the columns."""

    rows: list[list[list[Line]]]
    top: float
    bottom: float
    page: int
    left: float
    right: float
    heads: bool = False
    merged: bool = False  # a cell reaches over several rows or columns
    drawn: bool = True  # False where only the gaps between its columns tell that it is a table
    artifact: bool = False

    @property
    def text(self) -> str:
        """Its words, by which it can be compared."""
        return " ".join(line.text for row in self.rows for cell in row for line in cell)

    @property
    def base(self) -> float:
        """Where its first line stands, by which it takes its place among the lines of the page."""
        return self.rows[0][0][0].base if self.rows[0][0] else self.top + 1

    @property
    def is_form(self) -> bool:
        """True where each row is a field and what it holds, such as `Approved by` and `Governors`."""
        filled = [[" ".join(line.text for line in cell) for cell in row if cell] for row in self.rows]
        pairs = [pair for row in filled for pair in zip(row[::2], row[1::2], strict=False)]
        fields = sum(is_field(f"{name.rstrip(': ')}: {value}") for name, value in pairs)
        return bool(pairs) and 2 * fields > len(self.rows) and all(len(row) % 2 == 0 for row in filled)

    @property
    def holds_lists(self) -> bool:
        """True where a cell holds a list, whose items come to stand in one row."""
        return any(sum(parse_marker(line.text) is not None for line in cell) > 1 for row in self.rows for cell in row)


@dataclass(slots=True)
class _Grid:
    """Lines that meet: those across the page and those down the page."""

    across: list[Box] = field(default_factory=list)
    down: list[Box] = field(default_factory=list)


def take_tables(glyphs: list[Glyph], rulings: Sequence[Box], page: int) -> tuple[list[Table], list[Glyph]]:
    """Return the tables that have lines drawn around their cells, and the letters that stand in none of them."""
    tables: list[Table] = []
    for grid in _grids(rulings):
        xs = _places([box.left for box in grid.down] + [end for box in grid.across for end in (box.left, box.right)])
        ys = _places([box.top for box in grid.across] + [end for box in grid.down for end in (box.top, box.bottom)])
        if len(xs) < 3 or len(ys) < 2 or len(xs) * len(ys) > 4000:
            continue
        frame = Box(xs[0], ys[0], xs[-1], ys[-1])
        inside = [glyph for glyph in glyphs if frame.holds(*_middle(glyph))]
        table = _table(inside, grid, xs, ys, page)
        if table:
            tables.append(table)
            taken = set(map(id, inside))
            glyphs = [glyph for glyph in glyphs if id(glyph) not in taken]
    return tables, glyphs


def find_clear_table(lines: Sequence[list[Run]], page: int) -> tuple[int, Table] | None:
    """Return a table that stands at the beginning of these rows of runs, and how many rows it takes; None where there is none.

    Three rows whose cells begin at the same places make one; a row without a first cell goes on with the row above it.
    """
    columns = [run.left for run in lines[0]]
    if len(columns) < 2 or not _stand_clear(lines[0]) or parse_marker(lines[0][0].text + " x"):
        return None
    rows: list[list[list[Run]]] = []
    count = full = 0
    for runs in lines:
        if rows and runs[0].base - lines[count - 1][0].base > 3 * runs[0].size:
            break
        places = [min(range(len(columns)), key=lambda at, run=run: abs(columns[at] - run.left)) for run in runs]  # type: ignore[misc]
        aligned = all(abs(columns[place] - run.left) < 4 for place, run in zip(places, runs, strict=True))
        if not aligned or len(set(places)) < len(places) or (len(runs) == 1 and places[0] == 0):
            break
        if places[0] == 0:
            rows.append([[] for _ in columns])
            full += len(runs) > 1
        for place, run in zip(places, runs, strict=True):
            rows[-1][place].append(run)
        count += 1
    if full < 3:
        return None
    cells = [[group_lines(cell, page) for cell in row] for row in rows]
    heads = all(run.bold for run in lines[0]) and not all(run.bold for run in lines[count - 1])
    table = Table(
        cells,
        lines[0][0].top,
        lines[count - 1][0].base,
        page,
        columns[0],
        max(run.right for row in lines[:count] for run in row),
        heads,
        drawn=False,
    )
    return count, table


def _stand_clear(runs: Sequence[Run]) -> bool:
    return all(after.left - before.right > 1.2 * after.size for before, after in pairwise(runs))


def _middle(glyph: Glyph) -> tuple[float, float]:
    return (glyph.left + glyph.right) / 2, glyph.base - glyph.size / 4


def _grids(rulings: Sequence[Box]) -> list[_Grid]:
    """Return the lines drawn on a page in groups that meet."""
    across = _merge([box for box in rulings if box.right - box.left >= box.bottom - box.top], lies=True)
    down = _merge([box for box in rulings if box.right - box.left < box.bottom - box.top], lies=False)
    groups: list[list[Box]] = []
    for box in sorted([*across, *down], key=lambda box: box.top):
        touching = [group for group in groups if any(_meet(box, other) for other in group)]
        merged = [box, *(other for group in touching for other in group)]
        groups = [group for group in groups if not any(group is one for one in touching)] + [merged]
    lying = set(map(id, across))
    return [
        _Grid([box for box in group if id(box) in lying], [box for box in group if id(box) not in lying])
        for group in sorted(groups, key=lambda group: min(box.top for box in group))
        if len(group) > 3
    ]


def _merge(boxes: Sequence[Box], *, lies: bool) -> list[Box]:
    """Return lines of one direction with those joined that go on with each other or lie on each other."""
    merged: list[Box] = []
    key = (lambda box: (round(box.top / 2), box.left)) if lies else (lambda box: (round(box.left / 2), box.top))
    for box in sorted(boxes, key=key):
        if merged:
            last = merged[-1]
            near = abs(last.top - box.top) < _TOUCHES if lies else abs(last.left - box.left) < _TOUCHES
            goes_on = box.left - last.right < _TOUCHES if lies else box.top - last.bottom < _TOUCHES
            if near and goes_on:
                right = max(last.right, box.right) if lies else last.right
                bottom = last.bottom if lies else max(last.bottom, box.bottom)
                merged[-1] = Box(last.left, last.top, right, bottom)
                continue
        merged.append(box)
    # Hundreds of lines on a page are a drawing or a sheet of squared paper.
    return merged if len(merged) < 600 else []


def _meet(one: Box, other: Box) -> bool:
    return (
        one.left - _TOUCHES <= other.right
        and other.left - _TOUCHES <= one.right
        and one.top - _TOUCHES <= other.bottom
        and other.top - _TOUCHES <= one.bottom
    )


def _places(values: Sequence[float]) -> list[float]:
    """Return the distinct places among values that differ by a hair."""
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > 2 * _TOUCHES:
            places.append(value)
    return places


def _table(glyphs: Sequence[Glyph], grid: _Grid, xs: Sequence[float], ys: Sequence[float], page: int) -> Table | None:
    """Return the table of a grid with the letters in their cells, or None where fewer than two columns hold any."""
    cells: dict[tuple[int, int], list[Glyph]] = {}
    places = [(row, column) for row in range(len(ys) - 1) for column in range(len(xs) - 1)]
    owners = {place: _owner(*place, grid, xs, ys) for place in places}
    for glyph in glyphs:
        x, y = _middle(glyph)
        row = max(index for index, place in enumerate(ys[:-1]) if place <= y or index == 0)
        column = max(index for index, place in enumerate(xs[:-1]) if place <= x or index == 0)
        cells.setdefault(owners[row, column], []).append(glyph)
    merged = any(owner != cell for cell, owner in owners.items())
    rows = [
        [group_lines(find_runs(cells.get((row, column), [])), page) for column in range(len(xs) - 1)]
        for row in range(len(ys) - 1)
    ]
    used = [column for column in range(len(xs) - 1) if any(row[column] for row in rows)]
    rows = [[row[column] for column in used] for row in rows if any(row)]
    if len(used) < 2:
        return None
    artifact = all(glyph.artifact for glyph in glyphs)
    heads = len(rows) > 1 and _is_bold(rows[0]) and not all(map(_is_bold, rows)) and all(rows[0])
    return Table(rows, ys[0], ys[-1], page, xs[0], xs[-1], heads, merged, artifact=artifact)


def _owner(row: int, column: int, grid: _Grid, xs: Sequence[float], ys: Sequence[float]) -> tuple[int, int]:
    """Return the first cell of those between which no line is drawn."""
    while column and not _is_drawn(grid.down, xs[column], (ys[row] + ys[row + 1]) / 2, lies=False):
        column -= 1
    while row and not _is_drawn(grid.across, ys[row], (xs[column] + xs[column + 1]) / 2, lies=True):
        row -= 1
    return row, column


def _is_drawn(boxes: Sequence[Box], place: float, along: float, *, lies: bool) -> bool:
    near = 2.5 * _TOUCHES
    if lies:
        return any(abs(box.top - place) < near and box.left - 1 <= along <= box.right + 1 for box in boxes)
    return any(abs(box.left - place) < near and box.top - 1 <= along <= box.bottom + 1 for box in boxes)


def _is_bold(row: Sequence[Sequence[Line]]) -> bool:
    return all(line.bold for cell in row for line in cell)
