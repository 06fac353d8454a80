"""A web page -> its text: pages of a school's site, and what Word and Google Docs save as web pages.

What a browser shows as the page's own words is read; scripts, menus, forms and what is hidden are left out. Nothing that the
page refers to is fetched.
"""

import re

from lxml import etree
from lxml.etree import _Element as Element

from corpus.dates import find_dates
from corpus.documents.numbering import written
from corpus.documents.plain_text import BULLET, Cell, CellText, LeftOut, PlainText
from corpus.documents.reading import ReadDocument
from corpus.errors import DocumentError

_LEFT_OUT = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "button",
        "select",
        "option",
        "input",
        "textarea",
        "dialog",
        "menu",
        "iframe",
        "object",
        "embed",
        "applet",
        "svg",
        "math",
        "canvas",
        "audio",
        "video",
        "head",
        "title",
        "meta",
        "link",
        "base",
        "del",
        "s",
        "strike",
    ]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "html",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "ul",
    ]
)
_CELLS = ("td", "th")
_AROUND = ("header", "footer", "nav", "aside", "form")
_ROLES_AROUND = ("navigation", "banner", "contentinfo", "search", "complementary")
_PROGRAMS = frozenset(["iframe", "object", "embed", "applet"])
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|mso-element\s*:\s*(?:comment|header|footer)", re.I
)
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_NOT_BOLD = re.compile(r"font-weight\s*:\s*(?:normal|[1-5]00)", re.IGNORECASE)
_FORMS = {
    "1": "decimal",
    "a": "lowerLetter",
    "A": "upperLetter",
    "i": "lowerRoman",
    "I": "upperRoman",
    "decimal-leading-zero": "decimalZero",
    "lower-alpha": "lowerLetter",
    "lower-latin": "lowerLetter",
    "upper-alpha": "upperLetter",
    "upper-latin": "upperLetter",
    "lower-roman": "lowerRoman",
    "upper-roman": "upperRoman",
    "none": "none",
    "disc": "bullet",
    "circle": "bullet",
    "square": "bullet",
}
_LIST_STYLE = re.compile(r"list-style(?:-type)?\s*:\s*([\w-]+)", re.IGNORECASE)
# How Google Docs prints the markers of its lists:
# .lst-kix_abc-1 > li:before { content: "(" counter(lst-ctn-kix_abc-1, lower-latin) ")" }
_GOOGLE_RULE = re.compile(r"\.(lst-kix_[\w-]+)\s*>\s*li:before\s*\{\s*content\s*:([^{}]*)\}")
_GOOGLE_PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"|counter\(\s*lst-ctn-(kix_[\w-]+)\s*,?\s*([\w-]*)\s*\)')
_ESCAPE = re.compile(r"\\[0-9a-fA-F]{1,6}\s?")  # a sign by its number; lists use them for bullets
_WORD_LEVEL = re.compile(r"mso-list\s*:\s*\w+\s+level(\d)", re.IGNORECASE)
_WORD_MARKER = re.compile(r"mso-list\s*:\s*ignore", re.IGNORECASE)
_WORD_CONTENTS = re.compile(r"MsoToc", re.IGNORECASE)
_TITLE = re.compile(r"(?:^|\s)(?:Mso)?Title(?:\s|$)", re.IGNORECASE)
# What is written for a bullet: a sign, or the letter that looks like one in a font of signs; LibreOffice writes it twice.
_WRITTEN_BULLET = re.compile(r"[\W_oØü]{1,2}$")
# A rule of a style sheet for one class, which is how Google Docs and LibreOffice set words in bold or hide them.
_CLASS_RULE = re.compile(r"(?:^|[\s}])[a-z0-9]*\.([\w-]+)\s*\{([^{}]*)\}")


def read_web_page(page: str) -> ReadDocument:
    """Return what a web page says; raise DocumentError where it holds no words or cannot be read whole."""
    # What Word hides from browsers by conditional comments is what browsers need not see; what it shows them stays.
    page = re.sub(r"<!\[(?:if[^\]<>]*|endif)\]>", "", page)
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    root = etree.fromstring(page.encode("utf-8", errors="replace"), parser)
    if any(error.level == etree.ErrorLevels.FATAL for error in parser.error_log):
        # The parser stops there, and would hand over the words up to that place as if they were all.
        raise DocumentError(
            "This web page is too tangled to be read whole: copy its words into a Word document and bring that in."
        )
    reader = _Reader()
    if root is not None:
        reader.read(root)
    return reader.text.read()


class _Reader:
    """One page while it is read: the words of the paragraph that has begun, and how far the lists have counted."""

    def __init__(self) -> None:
        self.text: PlainText = PlainText()
        self.words = ""
        self.solid = 0
        self.bold = 0
        self.marker = ""
        self.depth = 0
        self.classes: dict[str, str] = {}  # class -> its declarations
        self.google: dict[str, str] = {}  # list class -> the content of its markers
        self.counts: dict[str, int] = {}  # Google's counters

    def read(self, root: Element) -> None:
        sheet = "".join(each.text or "" for each in root.iter("style"))
        self.google = dict(_GOOGLE_RULE.findall(sheet))
        self.classes = dict(_CLASS_RULE.findall(sheet))
        body = root.find("body")
        mains = list(root.iter("main"))
        articles = list(root.iter("article"))
        main = mains[0] if len(mains) == 1 else articles[0] if len(articles) == 1 else body if body is not None else root
        for around in root.iter("header", "footer", "div"):
            if around.tag != "div" or around.get("title") in ("header", "footer"):
                self._around(around)
        self._children(main, 0, bold=False)
        self._end()

    def _around(self, element: Element) -> None:
        """Keep the title and the dates that stand in a page's head or foot."""
        for each in element.iter("h1", "p", "div", "span", "li"):
            line = " ".join("".join(each.itertext()).split())
            if len(line) < 130 and (each.tag == "h1" or find_dates(line)):
                self.text.around(line)

    def _children(self, element: Element, depth: int, *, bold: bool) -> None:
        self._add(element.text, bold=bold)
        for child in element:
            self._element(child, depth, bold=bold)
            self._add(child.tail, bold=bold)

    def _element(self, element: Element, depth: int, *, bold: bool) -> None:
        name = element.tag
        if not isinstance(name, str) or self._is_left_out(element):
            return
        style = self._style(element)
        bold = (bold or name in ("b", "strong", "th") or bool(_BOLD.search(style))) and not _NOT_BOLD.search(style)
        if name == "br":
            self.words += "\n"
        elif name == "img":
            self.text.ignore(LeftOut.PICTURES)
        elif _WORD_MARKER.search(style) or element.get("class", "").startswith("ListLabel"):
            self._written_marker(element)
        elif re.fullmatch("h[1-6]", name) or (name == "p" and _TITLE.search(element.get("class", ""))):
            self._end()
            self._children(element, depth, bold=False)
            words, self.words = self.words, ""
            self.text.heading(int(name[1]) if name != "p" else 1, words.replace("\n", " "), self.marker)
            self.marker, self.solid, self.bold = "", 0, 0
        elif name in ("ol", "ul"):
            self._end()
            self._list(element, depth, bold=bold)
        elif name == "table":
            self._end()
            self._table(element)
        elif name in _BLOCKS:
            self._end()
            level = _WORD_LEVEL.search(style)
            if not self.marker:  # a paragraph in an item stands as deep as the item
                self.depth = int(level[1]) - 1 if level else depth
            self._children(element, depth, bold=bold)
            self._end()
        else:
            self._children(element, depth, bold=bold)

    def _style(self, element: Element) -> str:
        """Return how an element is set: as its classes say, and then as it says itself."""
        classes = element.get("class", "").split()
        return ";".join([*(self.classes.get(each, "") for each in classes), element.get("style", "")])

    def _is_left_out(self, element: Element) -> bool:
        if element.get("hidden") is not None or _HIDDEN.search(self._style(element)):
            if "".join(element.itertext()).strip():
                self.text.ignore(LeftOut.HIDDEN)
            return True
        if element.tag in _PROGRAMS:
            self.text.ignore(LeftOut.OBJECT)
        elif element.tag in ("del", "s", "strike"):
            self.text.ignore(LeftOut.STRUCK)
        elif _WORD_CONTENTS.match(element.get("class", "")):
            self.text.ignore(LeftOut.CONTENTS)
            return True
        elif element.tag in _AROUND or element.get("role") in _ROLES_AROUND or element.get("title") in ("header", "footer"):
            self.text.ignore(LeftOut.MENUS)
            return True
        return element.tag in _LEFT_OUT

    def _written_marker(self, element: Element) -> None:
        """Take a marker that Word or LibreOffice has written out as words, in place of what the browser would print."""
        printed = " ".join("".join(element.itertext()).split())
        self.marker = BULLET if _WRITTEN_BULLET.match(printed) else printed

    def _add(self, text: str | None, *, bold: bool) -> None:
        text = re.sub(r"[ \t\r\n\f]+", " ", text or "")
        self.words += text.lstrip() if not self.words.strip(" ") or self.words.endswith("\n") else text
        count = len(text) - text.count(" ")
        self.solid += count
        self.bold += count if bold else 0

    def _end(self) -> None:
        """Write the paragraph that has begun, if there is one."""
        if self.words.strip():
            bold = 0 < self.solid == self.bold
            self.text.paragraph(self.words.strip(" \n"), self.marker, self.depth, bold=bold)
            self.marker = ""
        self.words, self.solid, self.bold = "", 0, 0

    def _list(self, element: Element, depth: int, *, bold: bool) -> None:
        """Read a list, with the marker that a browser prints before each item."""
        google = next((each for each in element.get("class", "").split() if each.startswith("lst-kix_")), "")
        level = re.search(r"-(\d)$", google)
        depth = int(level[1]) if level else depth
        items = [each for each in element if each.tag == "li"]
        step = -1 if element.get("reversed") is not None else 1
        number = _whole(element.get("start"), len(items) if step < 0 else 1)
        if google and "start" in element.get("class", "").split():
            self.counts[google] = number - 1
        for child in element:
            if child.tag != "li":
                self._element(child, depth + (child.tag in ("ol", "ul")), bold=bold)
                continue
            if self._is_left_out(child):
                continue
            number = _whole(child.get("value"), number)
            self.counts[google] = self.counts.get(google, 0) + 1
            self._end()
            self.marker = self._google_marker(google) if google in self.google else _marker(element, child, number)
            self.depth = depth
            self._children(child, depth + 1, bold=bold)
            self._end()
            self.marker, self.depth = "", 0
            number += step

    def _google_marker(self, google: str) -> str:
        printed = ""
        for words, counter, form in _GOOGLE_PIECE.findall(self.google[google]):
            count = self.counts.get(f"lst-{counter}", 1)
            printed += written(count, _FORMS.get(form, "decimal")) if counter else _ESCAPE.sub(BULLET, words)
        printed = " ".join(printed.split())
        return printed if re.search(r"[^\W_]", printed) and printed != "o" else BULLET if printed else ""

    def _table(self, table: Element) -> None:
        rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
        found = [[cell for cell in row if cell.tag in _CELLS and not self._is_left_out(cell)] for row in rows]
        if all(len(cells) <= 1 for cells in found):
            for cells in found:
                for cell in cells:
                    self._children(cell, 0, bold=False)
                    self._end()
            return
        if any(_whole(cell.get("rowspan"), 1) > 1 for cells in found for cell in cells):
            self.text.doubt("joined cells")
        for caption in table.iter("caption"):
            self._children(caption, 0, bold=False)
            self._end()
        read = [[self._cell(cell) for cell in cells] for cells in found]
        heads = [all(cell.tag == "th" for cell in cells) for cells in found]
        bold = len(read) > 1 and all(cell.is_bold for cell in read[0]) and not all(cell.is_bold for cell in read[1])
        self.text.table(read, has_header=len(read) > 1 and (heads[0] or bold))

    def _cell(self, cell: Element) -> Cell:
        document, made = self.text, CellText(self.text)
        self.text = made
        self._children(cell, 0, bold=cell.tag == "th")
        self._end()
        self.text = document
        return made.cell


def _marker(parent: Element, item: Element, number: int) -> str:
    """Return what a browser prints before an item of a list."""
    style = _LIST_STYLE.search(item.get("style", "")) or _LIST_STYLE.search(parent.get("style", ""))
    kind = style[1] if style else item.get("type") or parent.get("type") or ("1" if parent.tag == "ol" else "disc")
    form = _FORMS.get(kind, _FORMS.get(kind.lower(), "decimal" if parent.tag == "ol" else "bullet"))
    if form == "bullet":
        return BULLET
    return "" if form == "none" else f"{written(number, form)}."


def _whole(value: str | None, otherwise: int) -> int:
    return int(value) if value and re.fullmatch(r"-?\d{1,4}", value) else otherwise
