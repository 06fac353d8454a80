"""Lines in reading order -> the text that the chunker reads: a paragraph, item or table row on each line."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from corpus.documents.doubt import Doubt
from corpus.documents.pdf_columns import Flow
from corpus.documents.pdf_lines import Line
from corpus.documents.pdf_tables import Table
from corpus.furniture import continues, hangs, is_field, is_unfinished
from corpus.markers import Family, Marker, parse_marker

_LEADER = re.compile(r"(?:\.\s?){4,}\s*\d*$|…{2,}\s*\d*$|_{4,}\s*\d*$| {2}\d{1,3}$")  # a line of a contents page
_RULES = re.compile(r"\b(?:must|should|shall|may|will|cannot|do not)\b", re.IGNORECASE)  # what a heading does not do
_BROKEN = re.compile(r"(?<![^\W\d_])([^\W\d_]+)-\n([^\W\d_]+)")
_BULLETS = re.compile(r"[^-–—*o\w]")


@dataclass(slots=True)
class _Paragraph:
    """The lines of a paragraph, a list item or a heading, with the column they stand in."""

    lines: list[Line]
    flow: Flow
    apart: bool  # a blank line stands before it
    marker: Marker | None
    level: int = 0  # of a heading

    @property
    def size(self) -> float:
        return self.lines[0].size

    @property
    def is_bold(self) -> bool:
        return all(line.bold for line in self.lines)


@dataclass(slots=True)
class _Measures:
    """What is usual in a document: the size of its letters, and the distance of its lines as a multiple of that."""

    size: float
    bold: bool
    leading: float


@dataclass(slots=True)
class _Writer:
    """Puts the text together and remembers where each doubt arose."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    doubts: list[Doubt] = field(default_factory=list)

    def write(self, words: str, *, apart: bool) -> None:
        """Add a line, after a blank one if it stands `apart`."""
        before = "" if not self.parts else "\n\n" if apart else "\n"
        self.parts += [before, words]
        self.length += len(before) + len(words)

    def doubt(self, kind: str, sentence: str) -> None:
        """Add a doubt about what is written next, after a blank line."""
        self.doubts.append(Doubt(self.length + 2 if self.parts else 0, kind, sentence))


def write_text(flows: Sequence[Flow], opening: Iterable[str]) -> tuple[str, tuple[Doubt, ...]]:
    """Return the text of a document and its doubts; `opening` are lines that stand before it."""
    lines = [element for flow in flows for element in flow.elements if isinstance(element, Line)]
    measures = _measure(lines, flows)
    paragraphs = _join_tables(_paragraphs(flows, measures))
    _find_headings([one for one in paragraphs if isinstance(one, _Paragraph)], measures)
    writer = _Writer()
    for words in opening:
        writer.write(words, apart=False)
    for paragraph in paragraphs:
        if isinstance(paragraph, Table):
            _write_table(paragraph, writer)
        else:
            _write_paragraph(paragraph, writer, measures)
    text = "".join(writer.parts) + "\n"
    return text, (*writer.doubts, *_doubt_hyphens(text))


def _measure(lines: Sequence[Line], flows: Sequence[Flow]) -> _Measures:
    sizes: Counter[float] = Counter()
    bold = 0
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
        bold += len(line.text) if line.bold else 0
    size = max(sizes, key=lambda size: sizes[size], default=10.0)
    steps = [
        (after.base - before.base) / after.size
        for flow in flows
        for before, after in pairwise(flow.elements)
        if isinstance(before, Line) and isinstance(after, Line) and abs(after.size - size) < 1 and after.base > before.base
    ]
    # Most steps are from line to line of a paragraph: those between paragraphs are wider.
    usual = sorted(steps)[len(steps) // 4] if steps else 1.2
    return _Measures(size, bold * 2 > sum(sizes.values()), min(usual, 2.5))


def _paragraphs(flows: Sequence[Flow], measures: _Measures) -> list[_Paragraph | Table]:
    """Return the paragraphs and tables in order; a footnote stands after the paragraph that its page ends in."""
    result: list[_Paragraph | Table] = []
    notes: list[_Paragraph] = []
    current: _Paragraph | None = None
    for flow in flows:
        note: _Paragraph | None = None
        last: Line | None = None  # on this page or in this column
        for element in flow.elements:
            if isinstance(element, Table):
                result += [*notes, element]
                notes, current, last = [], None, None
                continue
            small = element.size <= 0.92 * measures.size
            if small and (element.is_note or note):
                if note is None or element.is_note:
                    note = _Paragraph([], flow, True, None)
                    notes.append(note)
                note.lines.append(element)
                continue
            marker = parse_marker(element.text)
            if current and _goes_on(current, element, marker, flow, measures, fresh=last is None):
                current.lines.append(element)
            else:
                result += notes
                notes = []
                wide = last is not None and element.base - last.base > 1.25 * measures.leading * element.size
                apart = marker is None if last is None else wide
                current = _Paragraph([element], flow, apart, marker)
                result.append(current)
            last = element
    return [*result, *notes]


def _goes_on(paragraph: _Paragraph, line: Line, marker: Marker | None, flow: Flow, measures: _Measures, *, fresh: bool) -> bool:
    """Tell whether a line goes on with a paragraph; `fresh` says that it stands at the head of a page or column."""
    last = paragraph.lines[-1]
    unfinished, lower = is_unfinished(last.text), continues(line.text)
    if _LEADER.search(last.text) or _LEADER.search(line.text) or is_field(last.text) or is_field(line.text):
        return False
    if not 0.88 < line.size / last.size < 1.13 and not (line.scanned and 0.7 < line.size / last.size < 1.4):
        return False
    if paragraph.is_bold != line.bold and not (unfinished and lower):
        return False
    if not fresh and line.base - last.base > 1.3 * measures.leading * line.size:
        return False
    full = _was_full(last, line, paragraph.flow)
    offset = flow.left - paragraph.flow.left
    if marker and not _is_wrapped_number(paragraph, line, marker, offset=offset, full=full and unfinished):
        return False
    hanging = paragraph.lines[1].left if len(paragraph.lines) > 1 else None
    if fresh and not unfinished:
        # The rest of an item stands where its words stand, not where a new paragraph would.
        return bool(full and hanging and line.left - offset > flow.left + 4 and abs(line.left - offset - hanging) < 3)
    if hanging is not None and abs(line.left - offset - hanging) > 0.8 * line.size:
        return unfinished and lower
    if last.text.endswith("-") and lower:
        return True
    if not full:
        larger = paragraph.size > 1.1 * measures.size
        long = last.right - paragraph.flow.left > 0.8 * (paragraph.flow.right - paragraph.flow.left)
        return unfinished and (lower or (hangs(last.text) if larger else long))
    return unfinished or hanging is not None or not fresh


def _was_full(last: Line, line: Line, flow: Flow) -> bool:
    """Tell whether the first word of a line would not have fitted on the line before, so that the break is a wrap."""
    first = len(line.text.split(maxsplit=1)[0])
    wide = (line.right - line.left) / max(1, len(line.text))
    return last.right + wide * (first + 0.6) > flow.right


def _is_wrapped_number(paragraph: _Paragraph, line: Line, marker: Marker, *, offset: float, full: bool) -> bool:
    """Tell whether what looks like a marker is a number or dash within a sentence that wraps before it."""
    if not full or (marker.family is Family.BULLET and _BULLETS.match(marker.glyph)):
        return False
    first = paragraph.lines[0]
    set_in = line.left - offset - first.left
    if paragraph.marker and (paragraph.marker.family is marker.family or len(paragraph.lines) == 1):
        return set_in > 3  # where the words of the item stand, and not where its marker does
    return abs(line.left - offset - paragraph.lines[-1].left) < 3


def _join_tables(parts: Sequence[_Paragraph | Table]) -> list[_Paragraph | Table]:
    """Return the parts with a table that goes on over a page as one table, its column headings once."""
    result: list[_Paragraph | Table] = []
    for part in parts:
        before = result[-1] if result else None
        if not (
            isinstance(part, Table)
            and isinstance(before, Table)
            and part.page == before.page + 1
            and len(part.rows[0]) == len(before.rows[0])
            and abs(part.left - before.left) < 4
        ):
            result.append(part)
            continue
        rows = part.rows
        if [_words(cell) for cell in rows[0]] == [_words(cell) for cell in before.rows[0]]:
            rows = rows[1:]
        if rows and not rows[0][0] and any(rows[0]):
            for above, cell in zip(before.rows[-1], rows[0], strict=True):
                above.extend(cell)
            rows = rows[1:]
        before.rows += rows
        before.page, before.merged = part.page, before.merged or part.merged
    return result


def _find_headings(paragraphs: Sequence[_Paragraph], measures: _Measures) -> None:
    """Give the paragraphs that are plainly headings their level, by the size of their letters; bold ones come last."""
    headings = [one for one in paragraphs if _is_heading(one, measures)]
    sizes: list[float] = []
    for size in sorted({one.size for one in headings if one.size > 1.1 * measures.size}, reverse=True):
        if not sizes or sizes[-1] - size > 0.7:
            sizes.append(size)
    for one in headings:
        larger = sum(size > one.size + 0.7 for size in sizes)
        one.level = min(6, 1 + (larger if one.size > 1.1 * measures.size else len(sizes)))


def _is_heading(paragraph: _Paragraph, measures: _Measures) -> bool:
    words = _words(paragraph.lines)
    marker = paragraph.marker
    if marker and marker.family in (Family.BULLET, Family.LETTER, Family.ROMAN, Family.BRACKETED):
        return False
    scanned = any(line.scanned for line in paragraph.lines)
    larger = paragraph.size > (1.3 if scanned else 1.1) * measures.size
    bolder = paragraph.is_bold and not measures.bold and not scanned and paragraph.size > 0.95 * measures.size
    return (
        (larger or bolder)
        and len(words.split()) <= 14
        and len(words) <= 100
        and bool(re.match(r"[A-Z0-9“\"‘(]", words))
        and bool(re.search(r"[^\W\d_]{2}", words))
        and not words.endswith((".", ";", ":", ","))
        and not _LEADER.search(words)
        and not is_field(words)
        and not (_RULES.search(words) and not larger)
    )


def _write_paragraph(paragraph: _Paragraph, writer: _Writer, measures: _Measures) -> None:
    words = _words(paragraph.lines)
    if paragraph.lines[0].is_note and paragraph.size <= 0.92 * measures.size:
        sentence = f"“{words[:60]}” is a footnote of page {paragraph.lines[0].page}: is it part of the policy?"
        writer.doubt("footnote", sentence)
    if paragraph.level:
        writer.write(f"{'#' * paragraph.level} {words}", apart=True)
        return
    if _LEADER.search(paragraph.lines[0].text):
        words = paragraph.lines[0].text
    indent = max(0, round((paragraph.lines[0].left - paragraph.flow.left) / 4.5))
    writer.write(" " * min(indent, 24) + words, apart=paragraph.apart)


def _write_table(table: Table, writer: _Writer) -> None:
    rows = [[_words(cell).replace("|", "/") for cell in row] for row in table.rows]
    if table.is_form:
        for row in rows:
            cells = [cell for cell in row if cell]
            for name, value in zip(cells[::2], cells[1::2], strict=True):
                writer.write(f"{name.rstrip(': ')}: {value}", apart=False)
        return
    reason = (
        "has cells that reach over several rows or columns"
        if table.merged
        else "holds lists in its cells"
        if table.holds_lists
        else ""
        if table.drawn
        else "has no lines around its cells"
    )
    if reason:
        writer.doubt("table", f"The table on page {table.page} {reason}: compare its rows with your document.")
    for index, row in enumerate(rows):
        writer.write("| " + " | ".join(row) + " |", apart=index == 0)
        if index == 0 and table.heads:
            writer.write("|" + "---|" * len(row), apart=False)


def _words(lines: Sequence[Line]) -> str:
    """Return the words of lines in one; a word broken at a hyphen stays broken there, for the source's reading to mend."""
    text = before = ""
    for line in lines:
        words = line.text
        if re.search(r"[^\W\d_]-$", before) and re.match(r"[^\W\d_]", words):
            text += ("\n" if words[0].islower() else "") + words
        else:
            text += " " + words if text else words
        before = words
    return re.sub(r" +", " ", text)


def _doubt_hyphens(text: str) -> Iterable[Doubt]:
    """Yield a doubt for each word broken over two lines which the document does not write in one line elsewhere."""
    vocabulary = {word.lower() for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text)}
    for match in _BROKEN.finditer(text):
        whole, hyphened = match[1] + match[2], f"{match[1]}-{match[2]}"
        if not {whole.lower(), hyphened.lower()} & vocabulary:
            yield Doubt(match.start(), "hyphen", f"“{hyphened}” is broken over two lines: is it “{whole}”?")
