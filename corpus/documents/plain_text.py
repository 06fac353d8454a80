"""What a document shows, piece by piece -> the plain text that the chunker reads.

Word, OpenDocument and web pages all end here, so that a heading, a numbered paragraph, a list and a table are written in
one way: a paragraph a line, a blank line between what stands apart, a list close under its lead-in.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from corpus.dates import find_dates
from corpus.documents.characters import tidy
from corpus.documents.doubt import Doubt
from corpus.documents.reading import ReadDocument
from corpus.errors import DocumentError
from corpus.furniture import continues, is_field, is_unfinished
from corpus.markers import Family, Marker, parse_marker
from corpus.metadata import read_people, read_title
from corpus.wording import is_ruling

# Bullets that the chunker tells apart, by depth: which glyph a document draws is its font's affair.
_BULLETS = ("•", "◦", "▪", "‣")
BULLET = _BULLETS[0]

_LONGEST_HEADING = 25  # words; what is longer is a paragraph that somebody gave a heading's style
_LONGEST_FAKE_HEADING = 14  # words in bold that may head what follows
_ASKS = re.compile(r"(?:what|who|why|how|when|where|which|if)\b", re.IGNORECASE)
_DATED_FIELD = re.compile(r"\b(?:date|review|approv|adopt|ratifi|version|issue|signed|effective)", re.IGNORECASE)
_LAST_PART = re.compile(r"(?:\([A-Za-z]{1,5}\)|\(\d{1,3}\)|[A-Za-z]{1,5}[.)]?)$")

_PAGE_WORDS = re.compile(r"[\s|–-]*\bpage\b\s*\d*(?:\s*(?:of|/)\s*\d*)?\W*$", re.IGNORECASE)


class LeftOut(StrEnum):
    """What a document holds that is no part of its text, in words for the person who brings it in."""

    PICTURES = "pictures"
    DIAGRAM = "a diagram"
    SPREADSHEET = "an embedded spreadsheet"
    OBJECT = "an embedded object"
    PART = "a part from another file"
    MACROS = "macros"
    COMMENTS = "comments"
    HIDDEN = "hidden words"
    DELETIONS = "tracked deletions"
    STRUCK = "words that are struck through"
    CONTENTS = "the table of contents"
    AROUND = "page headers and footers"
    MENUS = "what stands around the text, such as menus and forms"
    FOOTNOTES = "the small numbers of footnotes (their words stand at the end)"
    ENDNOTES = "the small numbers of endnotes (their words stand at the end)"


_DOUBTS = {  # kind -> what to look at
    "box": "These words stand in a box beside the text: check that they are in the right place.",
    "date": "The day's date is written here by the program, so it was left out: if a date belongs here, type it in.",
    "diagram": "A diagram here could not be read: compare this place with your document.",
    "object": "Something from another program here could not be read: compare this place with your document.",
    "sign": "A sign here could not be read: compare this line with your document.",
    "joined cells": "Some boxes of this table are joined: compare it with your document.",
    "nested table": "A table inside a table here could not be read in full: compare it with your document.",
    "tracked change": (
        "Words that were added here as tracked changes count as agreed: "
        "if they are not, refuse them in your document and bring it in again."
    ),
}


@dataclass(slots=True)
class _Line:
    """One line as it will stand, whether it stands close under the one before, and which marker begins it."""

    text: str
    joined: bool
    marker: Marker | None = None
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: its paragraphs, each with its printed marker and its depth, and whether it is set in bold."""

    paragraphs: tuple["Listed", ...]
    is_bold: bool = False

    @property
    def text(self) -> str:
        """The whole cell in a line: sentences after one another, other lines parted by a stroke."""
        lines = [line for each in self.paragraphs for line in f"{each.marker} {each.words}".split("\n")]
        words = ""
        for line in filter(None, (" ".join(tidy(line).split()) for line in lines)):
            words += f"{' /' if words and is_unfinished(words) else ''} {line}"
        return words.strip()

    @property
    def is_list(self) -> bool:
        """True where the cell holds a list, whose items each say something by themselves."""
        return sum(bool(paragraph.marker or parse_marker(paragraph.words)) for paragraph in self.paragraphs) >= 2


@dataclass(frozen=True, slots=True)
class Listed:
    """A paragraph with the marker that the program prints before it, empty where it prints none."""

    words: str
    marker: str = ""
    depth: int = 0


class PlainText:
    """The text while it is being written; each method adds what stands next in the document."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lines: list[_Line] = []
        self._top: dict[str, None] = {}
        self._gap = True
        self._doubts: dict[tuple[int, str], None] = {}  # (line, kind), in order
        self._ignored: dict[LeftOut, None] = {}

    def ignore(self, what: LeftOut) -> None:
        """Say what is left out; once is enough."""
        self._ignored[what] = None

    def doubt(self, kind: str) -> None:
        """Say of what is written next that somebody should compare it."""
        self._doubts[len(self._lines), kind] = None

    def gap(self) -> None:
        """An empty paragraph: what follows stands apart from what came before."""
        self._gap = True

    def heading(self, level: int, words: str, marker: str = "") -> None:
        """A heading by its style; a whole sentence in that style is a numbered paragraph that looks like one."""
        words = " ".join(tidy(words).split())
        if not words:
            return
        if _is_sentence(words):
            self.paragraph(words, marker)
            return
        number = "" if marker in _BULLETS else marker
        self._lines.append(_Line(f"{'#' * min(level, 6)} {number} {words}".replace("  ", " "), False, is_heading=True))
        self._gap = True

    def paragraph(self, words: str, marker: str = "", depth: int = 0, *, bold: bool = False) -> None:
        """A paragraph with the marker that the program prints before it; line breaks inside it part its lines.

        `bold` is for a paragraph that is in bold throughout: where it is short it may be a heading that nobody styled.
        """
        lines = [" ".join(line.replace("\t", " \t ").split(" ")).strip() for line in tidy(words).split("\n")]
        lines = [re.sub(r" *\t *", "\t", line) for line in lines if line.strip()]
        if not lines:
            self.gap()
            return
        written = self._writable(marker, depth)
        first = f"{written} {lines[0]}".strip()
        found = parse_marker(first) if len(first) > len(written) else None
        # A line that a break parts off within an item goes on with it, unless it is an item by itself.
        follows = False
        for line in lines[1:]:
            if found and not parse_marker(line):
                first += f" {line}"
                continue
            self._write(first, found, depth, bold=bold, follows=follows)
            depth += bool(marker and not follows)
            first, found, follows = line, parse_marker(line), True
        self._write(first, found, depth, bold=bold and not follows, follows=follows)

    def table(self, rows: Sequence[Sequence[Cell]], *, has_header: bool) -> None:
        """A table: as rows, or as what it holds where it only sets paragraphs beside or under each other."""
        rows = [row for row in rows if any(cell.text for cell in row)]
        if not rows:
            return
        if all(sum(bool(cell.text) for cell in row) <= 1 for row in rows):
            for row in rows:
                self._cells(row)
        elif _holds_numbers(rows):
            for number, cell in rows:
                self.gap()
                self._numbered(number.text, cell)
        elif _holds_fields(rows):
            for row in rows:
                self._fields(row)
        elif any(cell.is_list for row in rows for cell in row) and max(len(row) for row in rows) == 2:
            self._described(rows, has_header=has_header)
        else:
            self._rows(rows, has_header=has_header)
        self._gap = True

    def around(self, words: str) -> None:
        """Words from around the page: a date or a title goes to the very top, the rest is left out."""
        for piece in re.split(r"[\t\n]|\s\|\s", tidy(words)):
            line = " ".join(_PAGE_WORDS.sub("", piece[:300]).split())
            if find_dates(line) or read_title([line]):
                self._top[line] = None
            elif line:
                self.ignore(LeftOut.AROUND)

    def notes(self, heading: str, left_out: LeftOut, notes: Sequence[str]) -> None:
        """The words of the footnotes or endnotes, which have no place of their own in the flow of the text."""
        if notes:
            self.ignore(left_out)
            self.heading(1, heading)
        for number, words in enumerate(notes, start=1):
            self.paragraph(words.replace("\n", " "), f"{number}.")

    def read(self) -> ReadDocument:
        """Return the document; raise DocumentError where there is not a word in it."""
        if not self._lines:
            raise DocumentError(self._without_words())
        known = {_bare(line.text) for line in self._lines}
        titled = read_title([line.text for line in self._lines[:12]])
        top = [line for line in self._top if _bare(line) not in known and (find_dates(line) or not titled)]
        pieces = [f"{line}\n\n" for line in top]
        at = sum(map(len, pieces))
        offsets: list[int] = []
        for index, line in enumerate(self._lines):
            space = "" if index == 0 else "\n" if line.joined else "\n\n"
            pieces += (space, line.text)
            offsets.append(at + len(space))
            at = offsets[-1] + len(line.text)
        doubts = [Doubt(offsets[min(line, len(offsets) - 1)], kind, _DOUBTS[kind]) for line, kind in sorted(self._doubts)]
        return ReadDocument("".join(pieces) + "\n", tuple(doubts), tuple(map(str, self._ignored)))

    def _without_words(self) -> str:
        if LeftOut.PICTURES in self._ignored:
            return "This document holds only pictures and no words: ask whoever made it for the one that was typed."
        return "There are no words in this document: choose the file that holds the policy."

    def _writable(self, marker: str, depth: int) -> str:
        """Return a printed marker as the chunker knows it, with the same number in it; words such as `Step 1:` stay."""
        if not marker or marker in _BULLETS:
            return _BULLETS[min(depth, len(_BULLETS) - 1)] if marker else ""
        found = parse_marker(f"{marker} A")
        if found and found.length == len(marker) + 1:
            return marker
        if re.fullmatch(r"\d{1,3}|[A-Za-z]|[ivxlIVXL]{1,5}", marker):
            return f"{marker}."
        last = _LAST_PART.search(marker)
        if last and re.match(r"\d", marker):  # "5.1(a)" and "5.1.a" under 5.1 are cited as its (a)
            part = last[0]
            return part if part.endswith((")", ".")) else f"{part}."
        return marker

    def _write(self, line: str, marker: Marker | None, depth: int, *, bold: bool, follows: bool) -> None:
        words = line[marker.length :] if marker else line
        indent = "    " * depth if marker and marker.family not in (Family.DECIMAL, Family.CODED) else ""
        number = marker is None or marker.family in (Family.DECIMAL, Family.INTEGER, Family.CODED)
        heads = bold and number and "*" not in line and not words.endswith((".", ";", ",")) and not is_ruling(words)
        if heads and len(words.split()) <= _LONGEST_FAKE_HEADING:
            head = line[: len(line) - len(words)]
            self._lines.append(_Line(f"{head}**{words}**", False, is_heading=True))
            self._gap = True
            return
        self._lines.append(_Line(indent + line, follows or self._joins(words, marker), marker))
        self._gap = False

    def _joins(self, words: str, marker: Marker | None) -> bool:
        """Tell whether a line stands close under the one before: items under their lead-in and under each other."""
        if not self._lines:
            return False
        before = self._lines[-1]
        if marker is None:
            # Two or three words and a colon may be a heading, which stands alone: a lead-in stands close under what is before it.
            return words.endswith(":") and 3 <= len(words.split()) <= 5 and not continues(words) and not before.text.endswith(":")
        if self._gap or before.is_heading:
            return False
        if marker.family in (Family.DECIMAL, Family.INTEGER, Family.CODED) and is_unfinished(before.text) and continues(words):
            return False  # after an unfinished line it would read as a number in a sentence
        if before.text.endswith(":"):
            return True
        if before.marker is None:
            return False
        return marker.family not in (Family.DECIMAL, Family.CODED) or (before.joined and before.marker.family is marker.family)

    def _cells(self, row: Sequence[Cell]) -> None:
        for cell in row:
            for paragraph in cell.paragraphs:
                self.paragraph(paragraph.words, paragraph.marker, paragraph.depth, bold=cell.is_bold)

    def _numbered(self, number: str, cell: Cell) -> None:
        for index, paragraph in enumerate(cell.paragraphs):
            marker = number if index == 0 else paragraph.marker
            self.paragraph(paragraph.words, marker, paragraph.depth, bold=cell.is_bold)

    def _fields(self, row: Sequence[Cell]) -> None:
        for index in range(0, len(row), 2):
            name, *value = (cell.text for cell in row[index : index + 2])
            if name or any(value):
                self.gap()
                self.paragraph(_field(name, "".join(value)))

    def _described(self, rows: Sequence[Sequence[Cell]], *, has_header: bool) -> None:
        """Rows of a name and a list of rules: each rule is an item by itself, under the name."""
        if has_header:
            self._rows(rows[:1], has_header=True)
        for row in rows[1:] if has_header else rows:
            self.gap()
            for index, cell in enumerate(row):
                for paragraph in cell.paragraphs:
                    names = index == 0 and not cell.is_list and len(cell.paragraphs) == 1
                    self.paragraph(paragraph.words, paragraph.marker, paragraph.depth, bold=names or cell.is_bold)
            self.gap()

    def _rows(self, rows: Sequence[Sequence[Cell]], *, has_header: bool) -> None:
        for index, row in enumerate(rows):
            self._lines.append(_Line(f"| {' | '.join(cell.text for cell in row)} |", index > 0))
            if index == 0 and has_header:
                self._lines.append(_Line(f"|{' --- |' * len(row)}", True))
        self._gap = True


class CellText(PlainText):
    """The paragraphs of a table's cell, gathered and not written: the table decides how they are written.

    What is left out or doubtful in it is said of the document around it.
    """

    def __init__(self, around: PlainText) -> None:
        """Begin a cell in the text around it."""
        super().__init__()
        self._document = around
        self._paragraphs: list[Listed] = []
        self._all_bold = True

    @property
    def cell(self) -> Cell:
        """The cell as far as it was read."""
        return Cell(tuple(self._paragraphs), bool(self._paragraphs) and self._all_bold)

    def ignore(self, what: LeftOut) -> None:
        """Say what is left out."""
        self._document.ignore(what)

    def doubt(self, kind: str) -> None:
        """Say that somebody should compare the table."""
        self._document.doubt(kind)

    def heading(self, level: int, words: str, marker: str = "") -> None:
        """A heading in a cell is a paragraph in bold."""
        self.paragraph(words, marker, bold=True)

    def paragraph(self, words: str, marker: str = "", depth: int = 0, *, bold: bool = False) -> None:
        """A paragraph of the cell."""
        if words.strip():
            self._paragraphs.append(Listed(words, marker, depth))
            self._all_bold = self._all_bold and bold

    def table(self, rows: Sequence[Sequence[Cell]], *, has_header: bool) -> None:
        """A table in the cell: its words one after another."""
        self.doubt("nested table")
        for row in rows:
            for cell in row:
                self._paragraphs.extend(cell.paragraphs)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def _field(name: str, value: str) -> str:
    return f"{name.rstrip(': ')}: {value}" if name and value else name or value


def _holds_numbers(rows: Sequence[Sequence[Cell]]) -> bool:
    """Tell whether a table only sets each paragraph beside its number."""

    def is_number(cell: Cell) -> bool:
        found = parse_marker(f"{cell.text} A")
        return bool(found and found.length == len(cell.text) + 1) or bool(re.fullmatch(r"\d{1,2}", cell.text))

    return all(len(row) == 2 and row[1].text for row in rows) and all(is_number(row[0]) for row in rows)


def _holds_fields(rows: Sequence[Sequence[Cell]]) -> bool:
    """Tell whether a table holds what the document says of itself: a name, and what stands for it beside it.

    A table of who does what looks alike, so that one row at least must be about a date or a person in office.
    """
    if any(len(row) not in (2, 4) for row in rows):
        return False
    pairs = [(row[at].text, row[at + 1].text) for row in rows for at in range(0, len(row), 2) if row[at].text]
    fields = [
        (name, value)
        for name, value in pairs
        if is_field(_field(name, value or "-")) and len(value.split()) <= 8 and not value.endswith(".")
    ]
    tells = any(_DATED_FIELD.search(name) or read_people(_field(name, value)) for name, value in fields)
    return tells and len(fields) * 2 > len(pairs)


def _is_sentence(words: str) -> bool:
    """Tell whether what has a heading's style is a rule all the same: a long one, a full sentence, or one that says must."""
    count = len(words.split())
    rules = count >= 8 and is_ruling(words) and not _ASKS.match(words)
    return count > _LONGEST_HEADING or (count > 6 and words.endswith((".", ";", ":"))) or rules
