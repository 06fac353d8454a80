"""A Word document (.docx, .docm) -> its text, with the numbers that Word prints by itself.

What Word shows is what is read: the results of fields, accepted insertions, list numbers. What it does not show is left out,
and said to be: hidden words, tracked deletions, comments. Nothing in the file is run, and nothing outside it is opened.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import overload

from lxml.etree import _Element as Element

from corpus.documents.characters import tidy
from corpus.documents.numbering import Numbering
from corpus.documents.package import Package
from corpus.documents.plain_text import Cell, CellText, LeftOut, PlainText
from corpus.documents.reading import ReadDocument

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_OFF = ("0", "false", "off", "none")
_HEADING = re.compile(r"heading ([1-9])$", re.IGNORECASE)
_LIST_STYLE = re.compile(r"list (?:bullet|number) ([2-5])$", re.IGNORECASE)  # a list of its own that stands deeper
_CONTENTS_STYLE = re.compile(r"(?:toc \d|table of figures|index \d)$", re.IGNORECASE)
_CONTENTS_TITLE = re.compile(r"(?:table of )?contents(?: page)?:?", re.IGNORECASE)
# Fields whose result is no part of the policy: page numbers, contents, and what Word writes anew on every opening.
_LEFT_OUT_FIELDS = re.compile(
    r"\s*(PAGE|NUMPAGES|SECTIONPAGES|TOC|INDEX|TOA|DATE|TIME|PRINTDATE|SAVEDATE|FILENAME|XE|TC|TA|RD)\b", re.I
)
_CONTENTS_FIELDS = ("TOC", "INDEX", "TOA")
_CLOCK_FIELDS = ("DATE", "TIME", "PRINTDATE", "SAVEDATE")
_TRANSPARENT = {f"{_W}{name}" for name in ("ins", "moveTo", "hyperlink", "smartTag", "customXml", "bdo", "dir")}
_SYMBOL_FONTS = re.compile(r"wingdings|webdings|symbol", re.IGNORECASE)


def read_word(package: Package) -> ReadDocument:
    """Return what a Word document says; raise DocumentError where it is damaged or holds no words."""
    return _Reader(package).read()


@dataclass(frozen=True, slots=True)
class _Style:
    """A paragraph or character style with what it inherits: None where neither it nor what it is based on says so."""

    name: str = ""
    ids: tuple[str, ...] = ()  # its own first, then of those it is based on
    outline: int | None = None
    number: str | None = None
    level: int | None = None
    is_hidden: bool | None = None
    is_bold: bool | None = None


class _Styles:
    """The styles of a document, each with what it inherits."""

    def __init__(self, root: Element | None) -> None:
        styles = [] if root is None else root.findall(f"{_W}style")
        self._elements = {each.get(f"{_W}styleId", ""): each for each in styles}
        self._read: dict[str, _Style] = {}
        default = (each for each in styles if each.get(f"{_W}type") == "paragraph" and _is_on(each.get(f"{_W}default", "0")))
        self._usual = next((each.get(f"{_W}styleId", "") for each in default), "")
        self.lists = {
            name: number
            for name, each in self._elements.items()
            if each.get(f"{_W}type") == "numbering" and (number := _deep(each, "pPr", "numPr", "numId"))
        }

    def of_paragraph(self, properties: Element | None) -> _Style:
        return self.named(_deep(properties, "pStyle") or self._usual)

    def has_bold_first_row(self, table: Element) -> bool:
        """Tell whether a table's style sets its first row in bold, and the table has that switched on."""
        look = _find(table, "tblPr", "tblLook")
        first = "0" if look is None else look.get(f"{_W}firstRow")
        on = _is_on(first) if first else look is not None and bool(_hexadecimal(look.get(f"{_W}val")) & 0x20)
        names = self.named(_deep(table, "tblPr", "tblStyle") or "").ids if on else ()
        rows = (each for name in names for each in self._elements[name].findall(f"{_W}tblStylePr"))
        return any(each.get(f"{_W}type") == "firstRow" and _switch(each.find(f"{_W}rPr"), "b") for each in rows)

    def named(self, name: str, depth: int = 0) -> _Style:
        """Return a style; one based on itself ends after a few steps."""
        if name not in self._read:
            element = self._elements.get(name)
            if element is None or depth > 20:
                return _Style()
            above = self.named(_deep(element, "basedOn") or "", depth + 1)
            self._read[name] = _own(name, element, above)
        return self._read[name]


def _own(name: str, element: Element, above: _Style) -> _Style:
    outline = _deep(element, "pPr", "outlineLvl")
    called = _deep(element, "name") or ""
    heading = _HEADING.match(called)
    level = _whole(outline, int(heading[1]) - 1 if heading else above.outline)
    number, at = _deep(element, "pPr", "numPr", "numId"), _deep(element, "pPr", "numPr", "ilvl")
    hidden, bold = _switch(element.find(f"{_W}rPr"), "vanish"), _switch(element.find(f"{_W}rPr"), "b")
    return _Style(
        name=called,
        ids=(name, *above.ids),
        outline=level,
        number=number or above.number,
        level=_whole(at, above.level),
        is_hidden=above.is_hidden if hidden is None else hidden,
        is_bold=above.is_bold if bold is None else bold,
    )


@dataclass(slots=True)
class _Field:
    """A field that has begun: its instruction, and whether its result has."""

    instruction: str = ""
    shows: bool = False

    @property
    def kind(self) -> str:
        match = _LEFT_OUT_FIELDS.match(self.instruction)
        return match[1].upper() if match else ""


@dataclass(slots=True)
class _Words:
    """The words of a paragraph while they are gathered."""

    text: str = ""
    bold: int = 0  # characters in bold
    solid: int = 0  # characters that show
    boxes: list[Element] = field(default_factory=list)
    is_contents: bool = False

    def add(self, text: str, *, bold: bool) -> None:
        self.text += text
        count = len("".join(text.split()))
        self.solid += count
        self.bold += count if bold else 0

    @property
    def is_bold(self) -> bool:
        return 0 < self.solid == self.bold


class _Reader:
    """One document while it is read, in its order: fields and lists run on from paragraph to paragraph."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.related = package.related(package.main_part)
        self.styles = _Styles(self._related_part("styles"))
        self.numbering = Numbering(self._related_part("numbering"), self.styles.lists)
        self.text: PlainText = PlainText()
        self.fields: list[_Field] = []
        self.has_insertions = False
        self.carried = _Words()  # of a paragraph whose end was deleted: it goes on in the next
        self.marks: list[tuple[str, str]] = []  # ("footnotes" or "endnotes", id), in the order of their marks

    def read(self) -> ReadDocument:
        root = self.package.xml(self.package.main_part)
        body = None if root is None else root.find(f"{_W}body")
        if body is not None:
            self._blocks(body)
            self._around_the_page()
            self._notes()
        if any(kind == "vbaProject" for kind, _ in self.related.values()):
            self.text.ignore(LeftOut.MACROS)
        return self.text.read()

    def _related_part(self, wanted: str) -> Element | None:
        name = next((name for kind, name in self.related.values() if kind == wanted), None)
        return self.package.xml(name) if name else None

    def _blocks(self, parent: Element) -> None:
        for block in _children(parent):
            if block.tag == f"{_W}p":
                self._paragraph(block)
            elif block.tag == f"{_W}tbl":
                self._end_carried()
                self._table(block)
            elif block.tag == f"{_W}altChunk":
                self._object(LeftOut.PART)
            elif block.tag == f"{_W}sdt" and _is_contents(block):
                self.text.ignore(LeftOut.CONTENTS)
        self._end_carried()

    def _end_carried(self) -> None:
        """Write what was to go on in a next paragraph, where there is none."""
        if self.carried.text.strip():
            self.text.paragraph(self.carried.text)
        self.carried = _Words()

    def _paragraph(self, paragraph: Element) -> None:
        properties = paragraph.find(f"{_W}pPr")
        style = self.styles.of_paragraph(properties)
        level = _heading_level(properties, style)
        within_contents = self._is_within_contents(heads=level is not None)
        words, self.carried = self.carried, _Words()
        self._runs(paragraph, words, hidden=bool(style.is_hidden), bold=bool(style.is_bold))
        mark = _find(properties, "rPr")
        shows = bool(words.text.strip())
        if _find(mark, "del") is not None or _find(mark, "moveFrom") is not None:
            self.text.ignore(LeftOut.DELETIONS)
            self.carried = words
            return
        if _is_in_contents(style, words) or (not shows and (words.is_contents or within_contents)):
            self.text.ignore(LeftOut.CONTENTS)
            return
        if not shows and _switch(mark, "vanish"):
            return  # hidden with its end, and so not counted in its list
        marker, depth = self._number(properties, style)
        if level is not None:
            self.text.heading(level, words.text.replace("\n", " "), marker)
        else:
            self.text.paragraph(words.text, marker, depth, bold=words.is_bold)
        for box in words.boxes:
            self.text.doubt("box")
            self._blocks(box)

    def _is_within_contents(self, *, heads: bool) -> bool:
        """Tell whether a table of contents runs on into the paragraph that begins, and close the fields that cannot.

        The instruction of a field ends with its paragraph, and a table of contents at the next heading: a field whose end
        was lost takes nothing with it.
        """
        self.fields = [each for each in self.fields if each.shows and not (heads and each.kind in _CONTENTS_FIELDS)]
        return any(each.kind in _CONTENTS_FIELDS for each in self.fields)

    def _number(self, properties: Element | None, style: _Style) -> tuple[str, int]:
        """Return what Word prints before a paragraph, and how deep in its list it is."""
        own, at = _deep(properties, "numPr", "numId"), _deep(properties, "numPr", "ilvl")
        number = own or style.number
        if not number or number == "0":
            return "", 0
        level = _whole(at, None)
        if level is None and own is None:
            # A list that came with the style has a level for each style.
            levels = (self.numbering.level_of(number, each) for each in style.ids)
            level = next((each for each in levels if each is not None), style.level)
        level = min(level or 0, 8)
        named = _LIST_STYLE.match(style.name)
        return self.numbering.next(number, level), level + (int(named[1]) - 1 if named else 0)

    def _runs(self, parent: Element, words: _Words, *, hidden: bool, bold: bool) -> None:
        for child in _children(parent):
            if child.tag == f"{_W}r":
                self._run(child, words, hidden=hidden, bold=bold)
            elif child.tag == f"{_W}fldSimple":
                self.fields.append(_Field(child.get(f"{_W}instr", ""), shows=True))
                self._runs(child, words, hidden=hidden, bold=bold)
                self.fields.pop()
            elif child.tag in (f"{_W}del", f"{_W}moveFrom"):
                if any(each.text for each in child.iter(f"{_W}delText", f"{_W}t")):
                    self.text.ignore(LeftOut.DELETIONS)
            elif child.tag.endswith(("}oMath", "}oMathPara")):
                words.add("".join(each.text or "" for each in child.iter() if each.tag.endswith("}t")), bold=bold)

    def _run(self, run: Element, words: _Words, *, hidden: bool, bold: bool) -> None:
        properties = run.find(f"{_W}rPr")
        style = self.styles.named(_deep(properties, "rStyle") or "")
        hidden = _first(_switch(properties, "vanish"), style.is_hidden, hidden)
        bold = _first(_switch(properties, "b"), style.is_bold, bold)
        if run.getparent().tag == f"{_W}ins" and run.find(f"{_W}t") is not None:
            self._tracked()
        for child in _children(run):
            text = self._field_text(child, words)
            if text is None:
                text = self._shown(child, words)
            if not text or not self._is_shown(words):
                continue
            if hidden:
                self.text.ignore(LeftOut.HIDDEN)
                continue
            words.add(text, bold=bold)

    def _tracked(self) -> None:
        """Say once, at the first, that insertions count as agreed."""
        if not self.has_insertions:
            self.has_insertions = True
            self.text.doubt("tracked change")

    def _field_text(self, child: Element, words: _Words) -> str | None:
        """Follow the beginning and end of fields; return None for what is not about them."""
        if child.tag == f"{_W}fldChar":
            kind = child.get(f"{_W}fldCharType")
            if kind == "begin":
                self.fields.append(_Field())
            elif self.fields and kind == "separate":
                self.fields[-1].shows = True
            elif self.fields and kind == "end":
                self.fields.pop()
            return ""
        if child.tag == f"{_W}instrText":
            if self.fields:
                self.fields[-1].instruction += child.text or ""
                words.is_contents = words.is_contents or self.fields[-1].kind in _CONTENTS_FIELDS
            return ""
        return None

    def _is_shown(self, words: _Words) -> bool:
        """Tell whether words that stand here are part of the policy, by the fields that they stand in."""
        kinds = [each.kind for each in self.fields]
        if any(kind in _CLOCK_FIELDS for kind in kinds):
            self.text.doubt("date")
        words.is_contents = words.is_contents or any(kind in _CONTENTS_FIELDS for kind in kinds)
        return all(each.shows for each in self.fields) and not any(kinds)

    def _shown(self, child: Element, words: _Words) -> str:
        """Return what one piece of a run shows as text; pictures, notes and boxes are noted."""
        name = child.tag.rpartition("}")[2]
        if name == "t":
            return child.text or ""
        if name in ("tab", "ptab"):
            return "\t"
        if name in ("br", "cr"):
            return "\n"
        if name == "noBreakHyphen":
            return "-"
        if name == "sym":
            return self._symbol(child)
        if name == "ruby":
            return "".join(each.text or "" for each in child.iterfind(f"{_W}rubyBase//{_W}t"))
        if name in ("footnoteReference", "endnoteReference"):
            self.marks.append((f"{name.removesuffix('Reference')}s", child.get(f"{_W}id", "")))
        elif name in ("drawing", "pict", "object"):
            self._drawing(child, words)
        elif name == "commentReference":
            self.text.ignore(LeftOut.COMMENTS)
        return ""

    def _symbol(self, child: Element) -> str:
        """Return a sign that is named by its number in a font, as the character that fonts agree on."""
        private = _hexadecimal(child.get(f"{_W}char"))
        if _SYMBOL_FONTS.search(child.get(f"{_W}font", "")):
            private |= 0xF000
        sign = tidy(chr(private))
        if not sign or 0xE000 <= ord(sign[0]) <= 0xF8FF:
            self.text.doubt("sign")
            return ""
        return sign

    def _drawing(self, drawing: Element, words: _Words) -> None:
        boxes = [each for each in _outermost(drawing, f"{_W}txbxContent") if "".join(each.itertext()).strip()]
        words.boxes.extend(boxes)
        uris = {each.get("uri", "").rpartition("/")[2] for each in drawing.iter() if each.tag.endswith("}graphicData")}
        if any(each.tag.endswith("}OLEObject") for each in drawing.iter()):
            programs = [each.get("ProgID", "") for each in drawing.iter() if each.tag.endswith("}OLEObject")]
            self._object(LeftOut.SPREADSHEET if any(each.startswith("Excel") for each in programs) else LeftOut.OBJECT)
        elif uris & {"diagram", "chart", "chartex"}:
            self.text.ignore(LeftOut.DIAGRAM)
            self.text.doubt("diagram")
        elif not boxes and any(each.tag.endswith(("}blip", "}imagedata")) for each in drawing.iter()):
            self.text.ignore(LeftOut.PICTURES)

    def _object(self, what: LeftOut) -> None:
        self.text.ignore(what)
        self.text.doubt("object")

    def _table(self, table: Element) -> None:
        rows: list[list[Cell]] = []
        merged = False
        above: dict[int, Cell] = {}  # column -> the cell that reaches down from the rows above
        elements = [row for row in _children(table) if row.tag == f"{_W}tr" and not _is_deleted(row)]
        alone = all(len(_cells_of(row)) <= 1 for row in elements)
        if alone:
            for row in elements:
                for cell in _cells_of(row):
                    self._blocks(cell)
            return
        for row in elements:
            cells: list[Cell] = []
            column = 0
            for element in _cells_of(row):
                properties = element.find(f"{_W}tcPr")
                reach = None if properties is None else properties.find(f"{_W}vMerge")
                cell = self._cell(element)
                if reach is not None and reach.get(f"{_W}val", "continue") != "restart" and column in above:
                    cell = replace(above[column], is_bold=cell.is_bold)
                    merged = merged or bool(cell.text)
                elif reach is not None:
                    above[column] = cell
                cells.append(cell)
                column += _whole(_deep(properties, "gridSpan"), 1)
            rows.append(cells)
        if merged:
            self.text.doubt("joined cells")
        self.text.table(rows, has_header=_has_header(elements, rows, in_bold=self.styles.has_bold_first_row(table)))

    def _cell(self, cell: Element) -> Cell:
        document, made = self.text, CellText(self.text)
        self.text = made
        self._blocks(cell)
        self.text = document
        return made.cell

    def _around_the_page(self) -> None:
        """Keep what only the headers and footers say and the policy needs: its title and its dates."""
        root = self.package.xml(self.package.main_part)
        sections = [] if root is None else root.iter(f"{_W}headerReference", f"{_W}footerReference")
        names = dict.fromkeys(
            self.related[reference.get(f"{_R}id", "")][1]
            for reference in sections
            if reference.get(f"{_R}id", "") in self.related
        )
        for name in names:
            part = self.package.xml(name)
            for paragraph in [] if part is None else part.iter(f"{_W}p"):
                # A logo or the day's date up there is no loss to tell of.
                document, self.text = self.text, PlainText()
                words = self._aside(paragraph)
                self.text = document
                self.text.around(words)

    def _aside(self, *paragraphs: Element) -> str:
        """Return the words of paragraphs that stand outside the flow of the text."""
        words = _Words()
        for paragraph in paragraphs:
            self.fields = []
            self._runs(paragraph, words, hidden=False, bold=False)
            words.add(" ", bold=False)
        return words.text

    def _notes(self) -> None:
        for kind, left_out in (("footnotes", LeftOut.FOOTNOTES), ("endnotes", LeftOut.ENDNOTES)):
            part = self._related_part(kind)
            notes = {} if part is None else {each.get(f"{_W}id", ""): each for each in part}
            found = [notes[identifier] for each, identifier in self.marks if each == kind and identifier in notes]
            self.text.notes(kind.capitalize(), left_out, [self._aside(*note.iter(f"{_W}p")) for note in found])


def _children(parent: Element) -> Iterator[Element]:
    """Yield the elements in `parent`, and in place of what only wraps others what it wraps."""
    for child in parent:
        if not isinstance(child.tag, str):
            continue
        if child.tag == f"{_MC}AlternateContent":
            choice = child.find(f"{_MC}Choice")
            fallback = child.find(f"{_MC}Fallback")
            preferred = choice if choice is not None else fallback
            yield from () if preferred is None else _children(preferred)
        elif child.tag == f"{_W}sdt" and not _is_contents(child):
            # What only asks for words ("Click here to enter text") is none of them.
            content = child.find(f"{_W}sdtContent")
            yield from () if content is None or _switch(child.find(f"{_W}sdtPr"), "showingPlcHdr") else _children(content)
        elif child.tag in _TRANSPARENT:
            yield from _children(child)
        else:
            yield child


def _is_contents(block: Element) -> bool:
    gallery = _deep(block, "sdtPr", "docPartObj", "docPartGallery") or ""
    return "table of contents" in gallery.lower()


def _is_in_contents(style: _Style, words: _Words) -> bool:
    """Tell whether a paragraph is a line of the contents or their title, whose style serves other headings too."""
    titled = style.name.lower() == "toc heading" and _CONTENTS_TITLE.fullmatch(words.text.strip())
    return bool(_CONTENTS_STYLE.match(style.name) or titled)


def _heading_level(properties: Element | None, style: _Style) -> int | None:
    """Return the level of a heading from 1, or None for the text of the body."""
    own = _deep(properties, "outlineLvl")
    outline = _whole(own, style.outline)
    if outline is not None and outline < 9:
        return outline + 1
    return 1 if style.name.lower() in ("title", "toc heading") else None


def _has_header(elements: Sequence[Element], rows: Sequence[Sequence[Cell]], *, in_bold: bool) -> bool:
    """Tell whether the first row names the columns: it says so, or it alone is in bold throughout, as by the style."""
    if len(rows) < 2:
        return False
    if in_bold or _switch(elements[0].find(f"{_W}trPr"), "tblHeader"):
        return True
    first = [cell for cell in rows[0] if cell.text]
    return len(first) > 1 and all(cell.is_bold for cell in first) and not all(cell.is_bold for cell in rows[1] if cell.text)


def _cells_of(row: Element) -> list[Element]:
    return [cell for cell in _children(row) if cell.tag == f"{_W}tc"]


def _is_deleted(row: Element) -> bool:
    return _find(row, "trPr", "del") is not None


def _outermost(element: Element, tag: str) -> list[Element]:
    """Return the elements of a tag that are not inside another of it, each only in the form that the document prefers."""
    found: list[Element] = []
    for child in _children(element):
        found += [child] if child.tag == tag else _outermost(child, tag)
    return found


def _find(element: Element | None, *path: str) -> Element | None:
    for name in path:
        element = None if element is None else element.find(f"{_W}{name}")
    return element


def _deep(element: Element | None, *path: str) -> str | None:
    """Return the value of an element some levels down, such as numPr/numId, or None."""
    found = _find(element, *path)
    value: str | None = None if found is None else found.get(f"{_W}val")
    return value


def _switch(properties: Element | None, name: str) -> bool | None:
    """Return whether a property such as bold is switched on or off, None where nothing is said of it."""
    found = _find(properties, name)
    return None if found is None else _is_on(found.get(f"{_W}val", "1"))


@overload
def _whole(value: str | None, otherwise: int) -> int: ...
@overload
def _whole(value: str | None, otherwise: int | None) -> int | None: ...
def _whole(value: str | None, otherwise: int | None) -> int | None:
    return int(value) if value and re.fullmatch(r"[0-9]{1,3}", value) else otherwise


def _hexadecimal(value: str | None) -> int:
    return int(value, 16) if value and re.fullmatch(r"[0-9A-Fa-f]{1,4}", value) else 0


def _is_on(value: str) -> bool:
    return value.lower() not in _OFF


def _first(*said: bool | None) -> bool:
    return next(bool(each) for each in said if each is not None)
