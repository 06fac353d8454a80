"""What PDFium finds on a page: the letters that one sees and where they stand, the lines drawn, the pictures.

pdf.py opens a document with PDFium; all that is asked of a page is asked here. Everything is given as one reads the page:
upright, in points, from its upper left corner.
"""

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pypdfium2.raw as pdfium
from pypdfium2 import PdfPage


@dataclass(frozen=True, slots=True)
class Glyph:
    """One letter: where it begins and ends, the line it stands on (`base`), its size, and how it looks."""

    text: str
    left: float
    right: float
    base: float
    size: float
    bold: bool
    artifact: bool  # the file itself says that this belongs to the page and not to the text


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; a line drawn across or down the page is one without height or width."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a point lies inside or on the edge."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


@dataclass(slots=True)
class Page:
    """A page: its letters, the lines drawn across and down it, and whether its text is a scanner's hidden layer."""

    width: float
    height: float
    glyphs: list[Glyph] = field(default_factory=list)
    rulings: list[Box] = field(default_factory=list)
    has_pictures: bool = False
    is_picture: bool = False  # a picture covers most of it
    is_scanned: bool = False  # the letters are what a scanner made of that picture
    notes: set[int] = field(default_factory=set)  # which kinds of annotation are on it, by PDFium's numbers
    unseen: int = 0  # letters left out because nobody sees them
    unreadable: int = 0  # letters of which the file does not say what they are


_COVERS = 0.5  # share of a page that a picture covers where the page is a picture
_MOST_SEGMENTS = 20_000  # a drawing with more is no table
_SOFT_HYPHEN = 0xAD
_LIGATURES = {
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\ufb05": "st",
    "\ufb06": "st",
    "\u0002": "-",  # PDFium's sign for a hyphen at the end of a line
}
_WITHOUT_WIDTH = re.compile(r"[\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb]")
_BOLD = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)
_INVISIBLE, _CLIP_ONLY, _FILL_AND_STROKE = 3, 7, 2  # PDF 32000-1, table 106: text rendering modes


@dataclass(frozen=True, slots=True)
class _Look:
    """What all letters of one text object share."""

    size: float
    bold: bool
    hidden: bool
    pale: bool  # white, or as good as
    angle: int  # degrees, anticlockwise
    artifact: bool
    unreadable: bool  # the file does not say which letters these are


@dataclass(frozen=True, slots=True)
class _Raw:
    """A letter as PDFium gives it, in the page's own coordinates."""

    text: str
    box: tuple[float, float, float, float]  # left, bottom, right, top
    origin: tuple[float, float]
    look: _Look


def read_page(page: PdfPage) -> Page:
    """Return what one sees on a page; the text behind a scanned page counts as seen."""
    raws = _letters(page)
    turn = _turn(raws)
    crop = page.get_bbox()
    frame = _Frame(crop, turn)
    rulings, fills, pictures = _drawn(page, frame)
    result = Page(frame.width, frame.height, rulings=rulings, unreadable=sum(raw.look.unreadable for raw in raws))
    result.notes = set(_notes(page))
    result.has_pictures = bool(pictures)
    result.is_picture = any(_area(box) > _COVERS * frame.width * frame.height for box in pictures)
    within = [raw for raw in raws if frame.holds(raw) and raw.look.angle == turn]
    hidden = sum(raw.look.hidden for raw in within)
    result.is_scanned = result.is_picture and hidden > 0.8 * len(within)
    seen: dict[tuple[str, int, int], _Look] = {}
    for raw in within:
        glyph = frame.glyph(raw)
        x, y = (glyph.left + glyph.right) / 2, glyph.base - glyph.size / 4
        on_colour = any(box.holds(x, y) for box in (*fills, *pictures))
        is_unseen = (raw.look.hidden and not result.is_scanned) or (raw.look.pale and not on_colour) or glyph.size < 2
        key = (glyph.text, round(glyph.left), round(glyph.base))
        if is_unseen:
            result.unseen += not glyph.text.isspace()
        elif seen.setdefault(key, raw.look) is raw.look:
            # A letter printed again, a hair apart, makes it bold; two of one object are those of a ligature.
            result.glyphs.append(glyph)
    return result


class _Frame:
    """Turns the page's own coordinates into those that one reads by."""

    def __init__(self, crop: tuple[float, float, float, float], turn: int) -> None:
        self.turn = turn
        left, bottom, right, top = self._box(crop)
        self.left, self.top = left, top
        self.width, self.height = right - left, top - bottom

    def _point(self, x: float, y: float) -> tuple[float, float]:
        if self.turn == 0:
            return x, y
        return {90: (y, -x), 180: (-x, -y), 270: (-y, x)}[self.turn]

    def _box(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        (x0, y0), (x1, y1) = self._point(*box[:2]), self._point(*box[2:])
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return a point as one reads it."""
        across, up = self._point(x, y)
        return across - self.left, self.top - up

    def box(self, box: tuple[float, float, float, float]) -> Box:
        """Return a box (left, bottom, right, top) as one reads it."""
        left, bottom, right, top = self._box(box)
        return Box(left - self.left, self.top - top, right - self.left, self.top - bottom)

    def holds(self, raw: _Raw) -> bool:
        """Tell whether a letter stands on the part of the page that is shown."""
        x, y = self.point((raw.box[0] + raw.box[2]) / 2, (raw.box[1] + raw.box[3]) / 2)
        return -1 <= x <= self.width + 1 and -1 <= y <= self.height + 1

    def glyph(self, raw: _Raw) -> Glyph:
        """Return a letter as one reads it."""
        box, look = self.box(raw.box), raw.look
        return Glyph(raw.text, box.left, box.right, self.point(*raw.origin)[1], look.size, look.bold, look.artifact)


def _letters(page: PdfPage) -> list[_Raw]:
    """Return the letters in the order of the file."""
    opened = page.get_textpage()
    textpage = opened.raw  # asked for once: the calls below are made for each letter of a document
    looks: dict[int | None, _Look] = {}
    raws: list[_Raw] = []
    x, y, rect = ctypes.c_double(), ctypes.c_double(), pdfium.FS_RECTF()
    for index in range(pdfium.FPDFText_CountChars(textpage)):
        code = pdfium.FPDFText_GetUnicode(textpage, index)
        text = _text(code)
        if text.isspace() and pdfium.FPDFText_IsGenerated(textpage, index):
            continue
        # A soft hyphen within a line is no letter, and the room it takes does not part the word.
        if (not text and code != _SOFT_HYPHEN) or not pdfium.FPDFText_GetLooseCharBox(textpage, index, rect):
            continue
        owner = pdfium.FPDFText_GetTextObject(textpage, index)
        address = ctypes.cast(owner, ctypes.c_void_p).value
        if address not in looks:
            looks[address] = _look(textpage, index, owner)
        pdfium.FPDFText_GetCharOrigin(textpage, index, x, y)
        box = (rect.left, rect.bottom, rect.right, rect.top)
        if math.isfinite(sum(box) + x.value + y.value):
            raws.append(_Raw(text, box, (x.value, y.value), looks[address]))
    opened.close()
    return raws


def _text(code: int) -> str:
    if not code or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return "\ufffd" if code else ""
    character = chr(code)
    if character in _LIGATURES:
        return _LIGATURES[character]
    return " " if character.isspace() else _WITHOUT_WIDTH.sub("", character)


def _look(textpage: Any, index: int, owner: Any) -> _Look:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(textpage, index, matrix)
    size = pdfium.FPDFText_GetFontSize(textpage, index) * math.hypot(matrix.c, matrix.d)
    angle = -math.degrees(pdfium.FPDFText_GetCharAngle(textpage, index))
    mode = pdfium.FPDFTextObj_GetTextRenderMode(owner)
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    known = pdfium.FPDFText_GetFillColor(textpage, index, red, green, blue, alpha)
    pale = bool(known) and (min(red.value, green.value, blue.value) > 245 or alpha.value < 10)
    name = ctypes.create_string_buffer(256)
    pdfium.FPDFText_GetFontInfo(textpage, index, name, len(name), None)
    bold = bool(_BOLD.search(name.value.decode("utf-8", "replace"))) or mode == _FILL_AND_STROKE
    return _Look(
        size=size if math.isfinite(size) else 0.0,
        bold=bold,
        hidden=mode in (_INVISIBLE, _CLIP_ONLY),
        pale=pale,
        angle=round(angle) % 360 if math.isfinite(angle) else 0,
        artifact=_is_artifact(owner),
        unreadable=pdfium.FPDFText_HasUnicodeMapError(textpage, index) == 1,
    )


def _is_artifact(owner: Any) -> bool:
    name, length = (pdfium.FPDF_WCHAR * 16)(), ctypes.c_ulong()
    for index in range(max(0, pdfium.FPDFPageObj_CountMarks(owner))):
        mark = pdfium.FPDFPageObj_GetMark(owner, index)
        if pdfium.FPDFPageObjMark_GetName(mark, name, ctypes.sizeof(name), length) and _wide(name) == "Artifact":
            return True
    return False


def _wide(buffer: Any) -> str:
    return bytes(buffer).decode("utf-16-le", "replace").split("\0", 1)[0]


def _turn(raws: list[_Raw]) -> int:
    """Return the angle at which most letters stand, a right one: a page lying on its side is read on its side."""
    angles = Counter(raw.look.angle for raw in raws if raw.look.angle % 90 == 0)
    return angles.most_common(1)[0][0] if angles else 0


def _drawn(page: PdfPage, frame: _Frame) -> tuple[list[Box], list[Box], list[Box]]:
    """Return the lines drawn across or down the page, the areas filled with a colour, and the pictures."""
    rulings: list[Box] = []
    fills: list[Box] = []
    pictures: list[Box] = []
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for index in range(max(0, pdfium.FPDFPage_CountObjects(page))):
        drawn = pdfium.FPDFPage_GetObject(page, index)
        kind = pdfium.FPDFPageObj_GetType(drawn)
        in_drawing = kind == pdfium.FPDF_PAGEOBJ_PATH and len(rulings) > _MOST_SEGMENTS
        if kind == pdfium.FPDF_PAGEOBJ_TEXT or in_drawing or not pdfium.FPDFPageObj_GetBounds(drawn, left, bottom, right, top):
            continue
        bounds = frame.box((left.value, bottom.value, right.value, top.value))
        if kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM):
            pictures.append(bounds)
        elif kind == pdfium.FPDF_PAGEOBJ_PATH and _is_painted(drawn):
            if min(bounds.right - bounds.left, bounds.bottom - bounds.top) > 6:
                fills.append(bounds)
            rulings += _edges(drawn, frame)
    return (rulings if len(rulings) <= _MOST_SEGMENTS else []), fills, pictures


def _is_painted(path: Any) -> bool:
    """Tell whether a path leaves something on the paper: it is stroked, or filled with another colour than white."""
    fill, stroke = ctypes.c_int(), pdfium.FPDF_BOOL()
    if not pdfium.FPDFPath_GetDrawMode(path, fill, stroke):
        return False
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    pdfium.FPDFPageObj_GetFillColor(path, red, green, blue, alpha)
    return bool(stroke.value) or (bool(fill.value) and min(red.value, green.value, blue.value) < 250 and alpha.value > 10)


def _edges(path: Any, frame: _Frame) -> Iterator[Box]:
    """Yield the straight edges of a path that run across or down the page."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(path, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    first = last = (0.0, 0.0)
    for index in range(max(0, min(pdfium.FPDFPath_CountSegments(path), _MOST_SEGMENTS))):
        segment = pdfium.FPDFPath_GetPathSegment(path, index)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = frame.point(
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_LINETO:
            yield from _edge(last, point)
        elif kind == pdfium.FPDF_SEGMENT_MOVETO:
            first = point
        if pdfium.FPDFPathSegment_GetClose(segment):
            yield from _edge(point, first)
        last = point


def _edge(start: tuple[float, float], end: tuple[float, float]) -> Iterator[Box]:
    box = Box(min(start[0], end[0]), min(start[1], end[1]), max(start[0], end[0]), max(start[1], end[1]))
    across, down = box.right - box.left, box.bottom - box.top
    if math.isfinite(across + down) and (across < 1) != (down < 1):
        yield box


def _notes(page: PdfPage) -> Iterator[int]:
    for index in range(max(0, pdfium.FPDFPage_GetAnnotCount(page))):
        note = pdfium.FPDFPage_GetAnnot(page, index)
        yield pdfium.FPDFAnnot_GetSubtype(note)
        pdfium.FPDFPage_CloseAnnot(note)


def _area(box: Box) -> float:
    return max(0.0, box.right - box.left) * max(0.0, box.bottom - box.top)
