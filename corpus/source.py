"""A source document and how it is read: the characters as received, and the reading after repairs.

Every character of the reading knows which characters of the source it stands for, so that a clause can be shown both
ways and so that nothing of the source is ever lost or counted twice.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from corpus.clause import RepairNote, Span
from corpus.errors import DocumentError


@dataclass(frozen=True, slots=True)
class Replace:
    """Read `find`, which stands once in the source, as `reading`."""

    find: str
    reading: str
    reason: str


@dataclass(frozen=True, slots=True)
class Move:
    """Read `find` as if it stood right before `before`."""

    find: str
    before: str
    reason: str


@dataclass(frozen=True, slots=True)
class RejoinMarkers:
    """Set the torn-off `markers`, which stand in one block after `after`, before their `items` as (a), (b), (c) ...

    `items` are the first words of each item, in the order of the letters.
    """

    after: str
    markers: tuple[str, ...]
    items: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Cut:
    """The source breaks off after `end`; what is missing is not invented."""

    end: str
    reason: str


Repair = Replace | Move | RejoinMarkers | Cut


@dataclass(slots=True)
class _Piece:
    """A run of the reading: `text`, for the source characters from `start` to `end`; `repair` is an index or None."""

    text: str
    start: int
    end: int
    repair: int | None = None

    @property
    def is_verbatim(self) -> bool:
        return len(self.text) == self.end - self.start


@dataclass
class SourceText:
    """The text of a document with its repairs applied.

    `reading` is what the chunker reads. `spans_of` leads from a stretch of it back to the source.
    """

    source: str
    repairs: tuple[RepairNote, ...] = ()
    reading: str = field(init=False)
    cuts: dict[int, str] = field(init=False, default_factory=dict)  # offset in the reading -> reason
    _origin: list[tuple[tuple[int, int], ...]] = field(init=False)  # reading offset -> source characters it stands for
    _repair: dict[int, int] = field(init=False, default_factory=dict)  # reading offset -> index into repairs

    def __init__(self, source: str, repairs: Sequence[Repair] = ()) -> None:
        """Apply the repairs. Raises DocumentError where one fits nowhere or in two places."""
        self.source = source
        notes: list[RepairNote] = []
        pieces = _mend_line_ends(source, notes)
        cuts: list[Cut] = []
        for repair in repairs:
            match repair:
                case Replace():
                    notes.append(RepairNote(repair.find, repair.reading, repair.reason))
                    pieces = _replace(pieces, repair, len(notes) - 1)
                case Move():
                    notes.append(RepairNote(repair.find, f"{repair.find} [before] {repair.before}", repair.reason))
                    pieces = _move(pieces, repair, len(notes) - 1)
                case RejoinMarkers():
                    pieces = _rejoin(pieces, repair, notes)
                case Cut():
                    cuts.append(repair)
        self.repairs = tuple(notes)
        self.reading = "".join(piece.text for piece in pieces)
        self._origin, self._repair = [], {}
        leading: list[tuple[int, int]] = []  # what was taken out before the first character that is read
        for piece in pieces:
            if piece.text or self._origin:
                self._lay(piece)
            else:
                leading.append((piece.start, piece.end))
        if leading and self._origin:
            self._origin[0] = (*leading, *self._origin[0])
        self.cuts = {}
        for cut in cuts:
            self.cuts[_only(self.reading, cut.end) + len(cut.end)] = cut.reason

    @property
    def sha256(self) -> str:
        """The hash of the source as UTF-8, by which a policy file knows its source."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    def spans_of(self, start: int, end: int) -> tuple[Span, ...]:
        """Return the source characters that reading[start:end] stands for, in the order of the reading."""
        spans: list[Span] = []
        for origin_start, origin_end in chain.from_iterable(self._origin[start:end]):
            if origin_start == origin_end:
                continue
            if spans and spans[-1].end == origin_start:
                spans[-1] = Span(spans[-1].start, origin_end)
            else:
                spans.append(Span(origin_start, origin_end))
        return tuple(spans)

    def repairs_in(self, start: int, end: int) -> tuple[str, ...]:
        """Return the reasons of the repairs that touch reading[start:end], each once, in order."""
        indices = dict.fromkeys(self._repair[at] for at in range(start, end) if at in self._repair)
        return tuple(dict.fromkeys(self.repairs[index].reason for index in indices))

    def _lay(self, piece: _Piece) -> None:
        offset = len(self._origin)
        if piece.is_verbatim:
            self._origin.extend(((at, at + 1),) for at in range(piece.start, piece.end))
        elif piece.text:
            # The first character stands for the whole replaced stretch, so that no split can tear it apart.
            self._origin.append(((piece.start, piece.end),))
            self._origin.extend(() for _ in piece.text[1:])
        else:
            # What is taken out hangs on the character before it.
            self._origin[-1] = (*self._origin[-1], (piece.start, piece.end))
        if piece.repair is not None:
            touched = range(offset, len(self._origin)) if piece.text else (offset - 1,)
            self._repair.update(dict.fromkeys(touched, piece.repair))


def cut_from(source: str, spans: Sequence[Span]) -> str:
    """Return the source characters of `spans` in their order, with white space folded."""
    return fold(" ".join(source[span.start : span.end] for span in spans))


def join_spans(source: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return `spans` with those made one between which only white space stands: a paragraph over three lines is one span."""
    joined: list[Span] = []
    for span in spans:
        if joined and span.start >= joined[-1].end and not source[joined[-1].end : span.start].strip():
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return tuple(joined)


def fold(text: str) -> str:
    """Return `text` with each run of white space as one space, none at the ends."""
    return " ".join(text.split())


def read_text(raw: bytes, name: str) -> str:
    """Return the text of a .txt or .md file as received, with line ends as `\\n`.

    Raises DocumentError where the file is empty or is not text.
    """
    if not raw.strip():
        raise DocumentError(f"{name} is empty: choose the file that holds the policy.")
    text = decode(raw)
    if "\x00" in text or text.startswith(("%PDF-", "PK\x03\x04", "{\\rtf")):
        raise DocumentError(f"{name} is not a text file: save the policy as .txt or .md and bring that in.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


# Curly quotes, dashes, dots and bullets, as the two old encodings write them: in the other one they are rare letters.
_WINDOWS_SIGNS = re.compile(rb"[\x85\x91-\x97]")
_MAC_SIGNS = re.compile(rb"[\xa5\xc9\xca\xd0-\xd5]")


def decode(raw: bytes) -> str:
    """Return bytes as text, by what programs write: UTF-8, UTF-16 with or without a byte order mark, Windows-1252, Mac Roman.

    A byte that stands for nothing in the encoding comes out as U+FFFD.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    sides = raw[0:2000:2].count(0), raw[1:2000:2].count(0)
    if max(sides) * 3 > len(raw[:2000]) and min(sides) * 20 < max(sides):
        # Every other byte of Latin letters in UTF-16 is zero: the first of two where the greater byte comes first.
        return raw.decode("utf-16-be" if sides[0] > sides[1] else "utf-16-le", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        old_mac = len(_MAC_SIGNS.findall(raw)) > len(_WINDOWS_SIGNS.findall(raw))
        return raw.decode("mac-roman" if old_mac else "cp1252", errors="replace")


def _only(text: str, find: str) -> int:
    """Return where `find` stands; a repair that fits nowhere or twice would be a guess, and is refused."""
    at = text.find(find)
    if not find or at < 0 or text.find(find, at + 1) >= 0:
        times = sum(text.startswith(find, start) for start in range(len(text)))
        raise DocumentError(f"A repair looks for {find!r}, which stands {times} times in the source, not once.")
    return at


def _split(pieces: list[_Piece], offset: int) -> list[_Piece]:
    """Return the pieces with a boundary at `offset` of the reading."""
    result: list[_Piece] = []
    position = 0
    for piece in pieces:
        inside = offset - position
        if 0 < inside < len(piece.text):
            # Of a piece that an earlier repair wrote, the first part stands for all its characters.
            middle = piece.start + inside if piece.is_verbatim else piece.end
            result.append(_Piece(piece.text[:inside], piece.start, middle, piece.repair))
            result.append(_Piece(piece.text[inside:], middle, piece.end, piece.repair))
        else:
            result.append(piece)
        position += len(piece.text)
    return result


def _cut_out(pieces: list[_Piece], start: int, end: int) -> tuple[list[_Piece], list[_Piece], list[_Piece]]:
    pieces = _split(_split(pieces, start), end)
    before: list[_Piece] = []
    inside: list[_Piece] = []
    after: list[_Piece] = []
    position = 0
    for piece in pieces:
        if position + len(piece.text) <= start:
            before.append(piece)
        elif position < end:
            inside.append(piece)
        else:
            after.append(piece)
        position += len(piece.text)
    return before, inside, after


def _text(pieces: Sequence[_Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _replace(pieces: list[_Piece], repair: Replace, index: int) -> list[_Piece]:
    at = _only(_text(pieces), repair.find)
    # Only the characters that differ are repaired: what both share at either end stays the source's own.
    head = 0
    while head < min(len(repair.find), len(repair.reading)) and repair.find[head] == repair.reading[head]:
        head += 1
    tail = 0
    while tail < min(len(repair.find), len(repair.reading)) - head and repair.find[-1 - tail] == repair.reading[-1 - tail]:
        tail += 1
    start, end = at + head, at + len(repair.find) - tail
    new = repair.reading[head : len(repair.reading) - tail]
    if start == end:  # an insertion stands for no source character
        pieces = _split(pieces, start)
        position, count = 0, 0
        while position < start:
            position += len(pieces[count].text)
            count += 1
        source_at = pieces[count - 1].end if count else 0
        return [*pieces[:count], _Piece(new, source_at, source_at, index), *pieces[count:]]
    before, inside, after = _cut_out(pieces, start, end)
    return [*before, *_in_place_of(inside, new, index), *after]


def _in_place_of(pieces: Sequence[_Piece], text: str, index: int) -> list[_Piece]:
    """Return `text` for all the source characters of `pieces`, which a move may have brought together from several places."""
    runs: list[_Piece] = []
    for piece in pieces:
        if runs and runs[-1].end == piece.start:
            runs[-1].end = piece.end
        else:
            runs.append(_Piece("", piece.start, piece.end, index))
    runs[0].text = text
    return runs


def _move(pieces: list[_Piece], repair: Move, index: int) -> list[_Piece]:
    at = _only(_text(pieces), repair.find)
    head, moved, tail = _cut_out(pieces, at, at + len(repair.find))
    rest = [*head, *tail]
    target = _only(_text(rest), repair.before)
    front, _, back = _cut_out(rest, target, target)
    carried = [_Piece(piece.text, piece.start, piece.end, index if piece.repair is None else piece.repair) for piece in moved]
    space_at = moved[-1].end
    return [*front, *carried, _Piece(" ", space_at, space_at, index), *back]


def _rejoin(pieces: list[_Piece], repair: RejoinMarkers, notes: list[RepairNote]) -> list[_Piece]:
    if len(repair.markers) != len(repair.items):
        raise DocumentError(f"After {repair.after!r} there are {len(repair.markers)} markers for {len(repair.items)} items.")
    for letter, (marker, item) in enumerate(zip(repair.markers, repair.items, strict=True)):
        reading = f"({chr(ord('a') + letter)})"
        notes.append(RepairNote(marker, f"{reading} {item}", repair.reason))
        text = _text(pieces)
        # The next marker is the first thing after the words that the block follows: those before it have gone.
        start = _only(text, repair.after) + len(repair.after)
        start += len(text[start:]) - len(text[start:].lstrip())
        if not text.startswith(marker, start):
            raise DocumentError(f"After {repair.after!r} the marker {marker!r} was looked for and not found.")
        head, torn, tail = _cut_out(pieces, start, start + len(marker))
        rest = [*head, *tail]
        target = _only(_text(rest), item)
        front, _, back = _cut_out(rest, target, target)
        carried = _in_place_of(torn, reading, len(notes) - 1)
        space_at = torn[-1].end
        pieces = [*front, *carried, _Piece(" ", space_at, space_at, len(notes) - 1), *back]
    return pieces


# Parts before a hyphen that keep it when the word is broken over a line end.
_HYPHEN_KEPT = frozenset(
    [
        "co",
        "ex",
        "non",
        "pre",
        "post",
        "self",
        "well",
        "re",
        "anti",
        "multi",
        "part",
        "on",
        "off",
        "e",
        "by",
        "cyber",
        "day",
        "follow",
        "long",
        "short",
    ]
)
# It begins where a word does: looked for at each letter, one endless word would take hours.
_BROKEN_WORD = re.compile(r"(?<![^\W\d_])(?P<head>[^\W\d_]+)-[ \t]*\n[ \t]*(?P<tail>[^\W\d_]+)")


def _mend_line_ends(source: str, notes: list[RepairNote]) -> list[_Piece]:
    """Return the source in pieces, with each word that is broken over a line end read as one word.

    The hyphen goes where the document itself writes the word without one somewhere else, and stays otherwise: a word that
    the document does not have is not made up.
    """
    vocabulary = {word.lower() for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", source)}
    pieces: list[_Piece] = []
    position = 0
    for match in _BROKEN_WORD.finditer(source):
        head, tail = match["head"], match["tail"]
        hyphened = f"{head}-{tail}".lower()
        drops = (head + tail).lower() in vocabulary and hyphened not in vocabulary and head.lower() not in _HYPHEN_KEPT
        reading = "" if drops else "-"
        pieces.append(_Piece(source[position : match.end("head")], position, match.end("head")))
        pieces.append(_Piece(reading, match.end("head"), match.start("tail"), len(notes)))
        notes.append(RepairNote(f"{head}- {tail}", f"{head}{reading}{tail}", "word broken over a line end"))
        position = match.start("tail")
    pieces.append(_Piece(source[position:], position, len(source)))
    return pieces
