"""An OpenDocument text (.odt) -> its text, with the numbers that its lists and headings print.

Accepted are insertions as they stand; deletions, comments and hidden words are left out. Nothing outside the file is opened.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.etree import _Element as Element

from corpus.documents.numbering import written
from corpus.documents.package import Package
from corpus.documents.plain_text import BULLET, Cell, CellText, LeftOut, PlainText
from corpus.documents.reading import ReadDocument
from corpus.errors import DocumentError

_OASIS = "{urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _STYLE, _TABLE, _OFFICE, _FO, _DRAW = (
    f"{_OASIS}{name}:1.0}}" for name in ("text", "style", "table", "office", "xsl-fo-compatible", "drawing")
)
_LOEXT = "{urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0}"
_ID = "{http://www.w3.org/XML/1998/namespace}id"
_FORMS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_CONTENTS = {f"{_TEXT}{name}-index" for name in ("alphabetical", "illustration", "object", "user", "table")} | {
    f"{_TEXT}table-of-content",
    f"{_TEXT}bibliography",
}
_LEFT_OUT_FIELDS = {f"{_TEXT}{name}" for name in ("page-number", "page-count", "file-name", "page-continuation")}
_CLOCK_FIELDS = {f"{_TEXT}{name}" for name in ("date", "time", "print-date", "modification-date")}
_SPREADSHEETS = re.compile(r"\.(?:ods|xlsx?)$", re.IGNORECASE)
_DEEPEST = 9


def read_opendocument(package: Package) -> ReadDocument:
    """Return what an OpenDocument text says; raise DocumentError where it is damaged or holds no words."""
    content = package.xml("content.xml")
    body = None if content is None else content.find(f"{_OFFICE}body/{_OFFICE}text")
    if content is None or body is None:
        raise DocumentError(
            f"{package.name} is damaged: open it in the program it was made with, save it again, and bring that in."
        )
    return _Reader(content, package.xml("styles.xml"), package).read(body)


@dataclass(frozen=True, slots=True)
class _Level:
    """One level of a list style: its number's format, what stands around it, and how many levels it shows."""

    form: str = "none"
    prefix: str = ""
    suffix: str = ""
    shows: int = 1
    start: int = 1
    is_bullet: bool = False
    pattern: str = ""


class _Counter:
    """How far a list has counted, level by level."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}

    def next(self, levels: dict[int, _Level], level: int, start: int | None = None) -> str:
        """Count an item at a level from 1 and return what is printed before it."""
        how = levels.get(level, _Level())
        begin = how.start if start is None else start
        self.counts[level] = begin if start is not None or level not in self.counts else self.counts[level] + 1
        for deeper in [each for each in self.counts if each > level]:
            del self.counts[deeper]
        for higher in range(1, level):
            # Nothing was counted above: it stands for its first number.
            self.counts.setdefault(higher, levels.get(higher, _Level()).start)
        return self._printed(levels, level)

    def _printed(self, levels: dict[int, _Level], level: int) -> str:
        how = levels.get(level, _Level())
        if how.is_bullet:
            return BULLET

        def number(at: int) -> str:
            each = levels.get(at, _Level())
            return written(self.counts.get(at, each.start), each.form)

        if how.pattern:
            return re.sub(r"%([1-9]\d?)%", lambda match: number(int(match[1])), how.pattern).strip()
        if how.form == "none":
            return f"{how.prefix}{how.suffix}".strip()
        parts = [number(at) for at in range(max(1, level - how.shows + 1), level + 1)]
        return f"{how.prefix}{'.'.join(part for part in parts if part)}{how.suffix}".strip()


class _Reader:
    """One document while it is read, in its order."""

    def __init__(self, content: Element, styles: Element | None, package: Package) -> None:
        self.text: PlainText = PlainText()
        self.package = package
        self.styles: dict[tuple[str, str], Element] = {}  # (family, name) -> style
        self.lists: dict[str, dict[int, _Level]] = {}
        self.outline: dict[int, _Level] = {}
        self.pages: list[Element] = []
        for root in (styles, content):
            for element in () if root is None else root.iter():
                self._learn(element)
        self.headings = _Counter()
        self.counters: dict[str, _Counter] = {}  # list style -> the counter of its last list
        self.by_id: dict[str, _Counter] = {}
        self.notes: list[Element] = []

    def read(self, body: Element) -> ReadDocument:
        self._blocks(body)
        self._around_the_page()
        self._add_notes()
        if self.package.names("Basic/") or self.package.names("Scripts/"):
            self.text.ignore(LeftOut.MACROS)
        return self.text.read()

    def _learn(self, element: Element) -> None:
        if element.tag == f"{_STYLE}style":
            self.styles[element.get(f"{_STYLE}family", ""), element.get(f"{_STYLE}name", "")] = element
        elif element.tag == f"{_TEXT}list-style":
            self.lists[element.get(f"{_STYLE}name", "")] = _levels(element)
        elif element.tag == f"{_TEXT}outline-style":
            self.outline = _levels(element)
        elif element.tag == f"{_STYLE}master-page":
            self.pages.append(element)

    def _blocks(self, parent: Element) -> None:
        for block in parent:
            if block.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                self._paragraph(block)
            elif block.tag == f"{_TEXT}list":
                self._list(block, "", 1, None)
            elif block.tag == f"{_TABLE}table":
                self._table(block)
            elif block.tag in _CONTENTS:
                self.text.ignore(LeftOut.CONTENTS)
            elif block.tag == f"{_TEXT}tracked-changes":
                self._tracked(block)
            elif block.tag == f"{_TEXT}section":
                if block.get(f"{_TEXT}display", "true") == "true":
                    self._blocks(block)
                else:
                    self.text.ignore(LeftOut.HIDDEN)
            elif block.tag in (f"{_DRAW}frame", f"{_DRAW}g", f"{_DRAW}custom-shape"):
                self._frame(block)
            else:
                self._blocks(block)

    def _paragraph(self, block: Element, marker: str | None = None, depth: int = 0) -> None:
        boxes: list[Element] = []
        words = "".join(self._words(block, boxes))
        name = block.get(f"{_TEXT}style-name", "")
        level = block.get(f"{_TEXT}outline-level", "1") if block.tag == f"{_TEXT}h" else None
        if marker is None and level and block.get(f"{_TEXT}is-list-header") != "true" and not self._is_unnumbered(name):
            begins = block.get(f"{_TEXT}start-value", "") if block.get(f"{_TEXT}restart-numbering") == "true" else ""
            marker = self.headings.next(self.outline, _whole(level) or 1, _whole(begins))
        if level:
            self.text.heading(_whole(level) or 1, words.replace("\n", " "), marker or "")
        elif any(each.lower() == "title" for each in self._names(name)):
            self.text.heading(1, words.replace("\n", " "))
        else:
            self.text.paragraph(words, marker or "", depth, bold=self._is_bold(block))
        for box in boxes:
            self._frame(box)

    def _list(self, block: Element, style: str, level: int, counter: _Counter | None) -> None:
        """Read a list: its items' paragraphs, each first one with its number, and the lists inside them."""
        own = block.get(f"{_TEXT}style-name", "")
        if counter is None:
            goes_on = self.by_id.get(block.get(f"{_TEXT}continue-list", ""))
            if goes_on is None and block.get(f"{_TEXT}continue-numbering") == "true":
                goes_on = self.counters.get(own)
            counter = goes_on or _Counter()
            self.counters[own] = counter
        if block.get(_ID):
            self.by_id[block.get(_ID)] = counter
        style = own or style
        levels = self.lists.get(style, {})
        level = min(level, _DEEPEST)
        for item in block:
            if item.tag not in (f"{_TEXT}list-item", f"{_TEXT}list-header"):
                continue
            printed: str | None = None
            for child in item:
                if child.tag == f"{_TEXT}list":
                    self._list(child, style, level + 1, counter)
                elif child.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                    counts = printed is None and item.tag == f"{_TEXT}list-item"
                    if counts:
                        own_levels = self.lists.get(item.get(f"{_TEXT}style-override", ""), levels)
                        printed = counter.next(own_levels, level, _whole(item.get(f"{_TEXT}start-value", "")))
                    self._paragraph(child, (printed or "") if counts else "", level - 1)
                elif child.tag == f"{_TABLE}table":
                    self._table(child)

    def _words(self, element: Element, boxes: list[Element]) -> Iterator[str]:
        """Yield what a paragraph shows; frames that stand in it go to `boxes`."""
        yield _even(element.text)
        for child in element:
            yield from self._piece(child, boxes)
            yield _even(child.tail)

    def _piece(self, child: Element, boxes: list[Element]) -> Iterator[str]:
        name = child.tag
        if name == f"{_TEXT}s":
            yield " "
        elif name == f"{_TEXT}tab":
            yield "\t"
        elif name == f"{_TEXT}line-break":
            yield "\n"
        elif name == f"{_TEXT}note":
            self.notes.append(child)
        elif name == f"{_OFFICE}annotation":
            self.text.ignore(LeftOut.COMMENTS)
        elif name in (f"{_DRAW}frame", f"{_DRAW}g", f"{_DRAW}custom-shape"):
            boxes.append(child)
        elif name in _CLOCK_FIELDS and child.get(f"{_TEXT}fixed") != "true":
            self.text.doubt("date")
        elif name in _LEFT_OUT_FIELDS or name == f"{_OFFICE}annotation-end":
            return
        elif child.get(f"{_TEXT}is-hidden") == "true" or self._is_hidden(child):
            self.text.ignore(LeftOut.HIDDEN)
        else:
            yield from self._words(child, boxes)

    def _frame(self, frame: Element) -> None:
        boxes = [each for each in frame.iter(f"{_DRAW}text-box", f"{_DRAW}custom-shape") if "".join(each.itertext()).strip()]
        outer = [box for box in boxes if not any(above in boxes for above in box.iterancestors())]
        for box in outer:
            self.text.doubt("box")
            self._blocks(box)
        links = [
            each.get("{http://www.w3.org/1999/xlink}href", "") for each in frame.iter(f"{_DRAW}object", f"{_DRAW}object-ole")
        ]
        if links:
            self.text.ignore(LeftOut.SPREADSHEET if any(map(_SPREADSHEETS.search, links)) else LeftOut.OBJECT)
            self.text.doubt("object")
        elif not outer and next(frame.iter(f"{_DRAW}image"), None) is not None:
            self.text.ignore(LeftOut.PICTURES)

    def _table(self, table: Element) -> None:
        rows: list[list[Cell]] = []
        header_rows = 0
        for row in table.iter(f"{_TABLE}table-row"):
            if next(row.iterancestors(f"{_TABLE}table")) is not table:
                continue
            cells = [self._cell(cell) for cell in row if cell.tag == f"{_TABLE}table-cell"]
            header_rows += row.getparent().tag == f"{_TABLE}table-header-rows" and not rows
            rows.append(cells)
        if any(int(_whole(cell.get(f"{_TABLE}number-rows-spanned", "")) or 1) > 1 for cell in table.iter(f"{_TABLE}table-cell")):
            self.text.doubt("joined cells")
        bold = len(rows) > 1 and all(cell.is_bold for cell in rows[0]) and not all(cell.is_bold for cell in rows[1])
        self.text.table(rows, has_header=len(rows) > 1 and (bool(header_rows) or bold))

    def _cell(self, cell: Element) -> Cell:
        document, made = self.text, CellText(self.text)
        self.text = made
        self._blocks(cell)
        self.text = document
        return made.cell

    def _tracked(self, block: Element) -> None:
        if next(block.iter(f"{_TEXT}deletion"), None) is not None:
            self.text.ignore(LeftOut.DELETIONS)
        if next(block.iter(f"{_TEXT}insertion"), None) is not None:
            self.text.doubt("tracked change")

    def _around_the_page(self) -> None:
        """Keep what only the headers and footers say and the policy needs: its title and its dates."""
        for page in self.pages:
            for paragraph in page.iter(f"{_TEXT}p"):
                # A logo or the day's date up there is no loss to tell of.
                document, self.text = self.text, PlainText()
                words = "".join(self._words(paragraph, []))
                self.text = document
                self.text.around(words)

    def _add_notes(self) -> None:
        for kind, left_out in (("footnote", LeftOut.FOOTNOTES), ("endnote", LeftOut.ENDNOTES)):
            notes = [each for each in self.notes if each.get(f"{_TEXT}note-class") == kind]
            self.text.notes(f"{kind.capitalize()}s", left_out, [self._note(each) for each in notes])

    def _note(self, note: Element) -> str:
        paragraphs = note.iterfind(f"{_TEXT}note-body/{_TEXT}p")
        return " ".join("".join(self._words(each, [])) for each in paragraphs)

    def _names(self, name: str, family: str = "paragraph") -> Iterator[str]:
        """Yield a style's name and those of the styles it is based on."""
        for _ in range(20):
            style = self.styles.get((family, name))
            yield name
            if style is None:
                return
            name = style.get(f"{_STYLE}parent-style-name", "")

    def _property(self, name: str, family: str, property_name: str) -> str | None:
        for each in self._names(name, family):
            style = self.styles.get((family, each))
            properties = None if style is None else style.find(f"{_STYLE}text-properties")
            value: str | None = None if properties is None else properties.get(property_name)
            if value is not None:
                return value
        return None

    def _is_hidden(self, element: Element) -> bool:
        name = element.get(f"{_TEXT}style-name", "")
        if element.tag != f"{_TEXT}span" or not name:
            return False
        return self._property(name, "text", f"{_TEXT}display") == "none"

    def _is_unnumbered(self, name: str) -> bool:
        """Tell whether a heading's style takes it out of the numbering: it names an empty list."""
        named = (self.styles.get(("paragraph", each)) for each in self._names(name))
        return any(each is not None and each.get(f"{_STYLE}list-style-name") == "" for each in named)

    def _is_bold(self, block: Element) -> bool:
        """Tell whether all words of a paragraph are in bold, by its style or by its spans."""
        name = block.get(f"{_TEXT}style-name", "")
        if self._property(name, "paragraph", f"{_FO}font-weight") == "bold":
            return all(self._weight(each) != "normal" for each in block.iter(f"{_TEXT}span"))
        loose = [block.text, *(child.tail for child in block), *(each.text for each in block if each.tag == f"{_TEXT}a")]
        spans = [each for each in block if each.tag == f"{_TEXT}span" and "".join(each.itertext()).strip()]
        return (
            bool(spans)
            and not any((each or "").strip() for each in loose)
            and all(self._weight(each) == "bold" for each in spans)
        )

    def _weight(self, span: Element) -> str | None:
        return self._property(span.get(f"{_TEXT}style-name", ""), "text", f"{_FO}font-weight")


def _levels(style: Element) -> dict[int, _Level]:
    levels: dict[int, _Level] = {}
    for each in style:
        at = _whole(each.get(f"{_TEXT}level", ""))
        if at is None:
            continue
        bullet = each.tag.endswith(("list-level-style-bullet", "list-level-style-image"))
        form = each.get(f"{_STYLE}num-format", "")
        levels[at] = _Level(
            form=_FORMS.get(form, "none"),
            prefix=each.get(f"{_STYLE}num-prefix", ""),
            suffix=each.get(f"{_STYLE}num-suffix", ""),
            shows=_whole(each.get(f"{_TEXT}display-levels", "")) or 1,
            start=_whole(each.get(f"{_TEXT}start-value", "1")) or 0,
            is_bullet=bullet,
            pattern=each.get(f"{_LOEXT}num-list-format", "") if form else "",
        )
    return levels


def _even(text: str | None) -> str:
    """Return text with white space as OpenDocument counts it: a run of any is one space."""
    return re.sub(r"[ \t\r\n]+", " ", text or "")


def _whole(value: str) -> int | None:
    return int(value) if re.fullmatch(r"\d{1,4}", value) else None
