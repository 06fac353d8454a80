"""The text of a policy document -> blocks: headings, paragraphs, list items, and what is neither.

Everything here works on the lines as they stand: which line begins something new, which goes on. What the blocks mean to
each other is chunking's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from corpus.furniture import METADATA, RULE, Line, continues, hangs, is_field, is_unfinished, mark_furniture, split_lines
from corpus.markers import Family, Marker, as_roman, parse_marker
from corpus.source import SourceText


class Kind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"
    OTHER = "other"  # metadata or furniture; Block.other says which


@dataclass(slots=True)
class Block:
    """A run of lines that belong together, with their offsets in the reading.

    `marker` is the printed number, letter or bullet; the block's words begin after it. `joined` tells that no blank line
    stands between it and the block before.
    """

    kind: Kind
    pieces: list[tuple[int, int]]  # (start, end) of each line in the reading, marker included
    text: str
    indent: int
    joined: bool
    marker: Marker | None = None
    level: int = 0
    other: str = ""
    lines: int = 1

    @property
    def words(self) -> str:
        """The text without its marker."""
        return self.text[self.marker.length :] if self.marker else self.text


# Verbs and modals that a heading has not; a short line with one is a sentence.
_FINITE = re.compile(
    r"\b(?:must|shall|should|will|may(?!\s+(?:19|20)\d\d\b)|can|cannot|is|are|was|were|has|have|had|do not|does|do|ensure|ensures|includes?|means|applies|requires?|need|needs|agree|understand)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"\b(?:who|which|that|what)\s+(?:is|are|has|have|was|were|may|can|do|does)\b", re.IGNORECASE)
_IMPERATIVE = re.compile(
    r"(?:please|always|never|do|don't|ensure|make sure|avoid|report|contact|tell|remember|refer|see)\b", re.IGNORECASE
)
_QUESTION = re.compile(r"(?:what|who|why|how|when|where|which|can|should|do|is|are)\b.*\?$", re.IGNORECASE)
_ASKS = re.compile(r"(?:what|who|why|how|when|where|if)\s+\w", re.IGNORECASE)
_ATX = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_BOLD_LINE = re.compile(r"(?:\*\*|__)(?P<words>[^*]+)(?:\*\*|__):?$")
_TABLE_ROW = re.compile(r"\|.*\|$")
_APPENDIX = re.compile(r"(?:appendix|annex|annexe|schedule|part|section|chapter)\s+(?:[A-Z]|\d{1,2}|[ivx]{1,4})\b", re.IGNORECASE)
_SMALL_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "by",
        "de",
        "for",
        "from",
        "in",
        "into",
        "nor",
        "of",
        "off",
        "on",
        "or",
        "out",
        "over",
        "per",
        "the",
        "to",
        "up",
        "via",
        "vs",
        "with",
        "within",
    ]
)


def read_blocks(source: SourceText) -> list[Block]:
    """Return the blocks of a document, in order; every line of it is in exactly one."""
    lines = split_lines(source.reading)
    mark_furniture(lines)
    width = _wrap_width(lines)
    blocks: list[Block] = []
    numbering = _Numbering()
    for index, line in enumerate(lines):
        if not line.is_body:
            _append_other(blocks, line)
            continue
        body = [block for block in blocks[-8:] if block.kind is not Kind.OTHER]
        marker = numbering.marker_of(line, body)
        following = next((later for later in lines[index + 1 :] if later.is_body), None)
        if body and body[-1].pieces[-1][1] in source.cuts:
            line.blank_before = True
        elif body and marker is None and _goes_on(body, line, following, width, source.reading):
            current = body[-1]
            current.pieces.append((line.start, line.end))
            current.text += " " + line.text
            current.lines += 1
            continue
        blocks.append(_begin(line, marker, body, numbering))
    _find_column_headings(blocks)
    _find_headings(blocks, lines, width)
    _find_front_and_back_matter(blocks)
    _find_rows(blocks)
    _set_levels(blocks)
    return blocks


def _find_column_headings(blocks: Sequence[Block]) -> None:
    """Mark the first row of a Markdown table, under which a line is drawn: it names the columns and rules on nothing."""
    for block, below in pairwise(blocks):
        if block.kind is Kind.ROW and below.other == RULE:
            block.kind, block.other = Kind.OTHER, "column headings"


def _append_other(blocks: list[Block], line: Line) -> None:
    blocks.append(Block(Kind.OTHER, [(line.start, line.end)], line.text, line.indent, not line.blank_before, other=line.kind))


def _begin(line: Line, marker: Marker | None, blocks: Sequence[Block], numbering: "_Numbering") -> Block:
    joined = not line.blank_before and bool(blocks)
    atx = _ATX.match(line.text)
    if atx:
        number = numbering.of_heading(atx[2].strip("*_ "))
        if number:
            number = replace(number, length=line.text.index(atx[2]) + atx[2].index(number.value) + number.length)
        return Block(Kind.HEADING, [(line.start, line.end)], line.text, line.indent, joined, number, level=len(atx[1]))
    if _TABLE_ROW.match(line.text):
        return Block(Kind.ROW, [(line.start, line.end)], line.text, line.indent, joined)
    kind = Kind.ITEM if marker else Kind.PARAGRAPH
    return Block(kind, [(line.start, line.end)], line.text, line.indent, joined, marker)


class _Numbering:
    """Reads markers in the light of those before them: (i) is a letter after (h), and a roman number elsewhere."""

    def __init__(self) -> None:
        self.last: dict[Family, int] = {}
        self.last_bare = 0
        self.last_decimal: str | None = None

    def marker_of(self, line: Line, blocks: Sequence[Block]) -> Marker | None:
        marker = parse_marker(line.text)
        if marker is None:
            return self._bare_number(line, blocks)
        before = blocks[-1] if blocks else None
        runs_on = before and not line.blank_before and is_unfinished(before.text) and not _is_title(before.words)
        if before and runs_on and not self._plausible_in_sentence(marker, line, before):
            return None
        roman = as_roman(marker)
        if roman and marker.ordinal != self.last.get(marker.family, 0) + 1 and self._begins_or_follows(roman):
            marker = roman
        elif marker.family in (Family.LETTER, Family.CAPITAL) and not self._plausible_letter(marker, line):
            return None
        self.last[marker.family] = marker.ordinal
        if marker.family is Family.DECIMAL:
            self.last_decimal = marker.value
        if marker.family in (Family.DECIMAL, Family.INTEGER, Family.CODED):
            for family in (Family.LETTER, Family.ROMAN, Family.BRACKETED):
                self.last.pop(family, None)
        elif marker.family is Family.LETTER:
            self.last.pop(Family.ROMAN, None)
        return marker

    def of_heading(self, words: str) -> Marker | None:
        """Return the number that the words of a heading begin with; a bare one (`4 Roles`) where it goes on from the one before."""
        number = parse_marker(words)
        bare = re.match(r"(\d{1,2})\s+(?=[A-Z])", words)
        if number or not bare or int(bare[1]) != self.last_bare + 1:
            return number
        self.last_bare += 1
        return Marker(Family.INTEGER, bare[1], bare.end(), self.last_bare)

    def _plausible_in_sentence(self, marker: Marker, line: Line, before: Block) -> bool:
        """Tell whether a marker begins something although the line before has not ended: a number may be part of a sentence."""
        rest = line.text[marker.length :]
        if marker.family is Family.BULLET:
            dash = marker.glyph in "-–—"
            same_list = before.marker is not None and before.marker.family is Family.BULLET
            return not (dash and continues(rest)) or same_list or before.kind is Kind.HEADING
        if marker.family is Family.INTEGER and marker.ordinal == self.last.get(Family.INTEGER, 0) + 1:
            return True
        if continues(rest) and marker.family in (Family.DECIMAL, Family.INTEGER):
            return False
        if marker.family is Family.DECIMAL:
            return self.last_decimal is None or _next_decimal(self.last_decimal, marker.value)
        return marker.ordinal in (0, 1, self.last.get(marker.family, 0) + 1) or self.last.get(marker.family) is None

    def _begins_or_follows(self, roman: Marker) -> bool:
        return roman.ordinal in (1, self.last.get(Family.ROMAN, 0) + 1)

    def _plausible_letter(self, marker: Marker, line: Line) -> bool:
        # "A. Smith signed" and "I. Jones" are names: a list begins at its first letter and goes up.
        expected = self.last.get(marker.family, 0) + 1
        return marker.ordinal == 1 or expected <= marker.ordinal <= expected + 2 or line.text.startswith("(")

    def _bare_number(self, line: Line, blocks: Sequence[Block]) -> Marker | None:
        """Return the number of a line such as `4 Roles`, where it goes on from the bare number before it."""
        match = re.match(r"(\d{1,2})\s+(?=[A-Z])", line.text)
        if not match or (
            blocks
            and not line.blank_before
            and is_unfinished(blocks[-1].text)
            and blocks[-1].lines > 0
            and int(match[1]) != self.last_bare + 1
        ):
            return None
        if int(match[1]) != self.last_bare + 1 or len(line.text) > 90 or not _is_title(line.text[match.end() :]):
            return None
        self.last_bare += 1
        return Marker(Family.INTEGER, match[1], match.end(), int(match[1]))


def _next_decimal(last: str, value: str) -> bool:
    """Tell whether `value` can follow `last` in a numbering: 5.2 after 5.1 or 5.1.3, 5.1.1 after 5.1, 6.1 after any 5."""
    before, now = [int(part) for part in last.split(".")], [int(part) for part in value.split(".")]
    if len(now) > len(before):
        return now[: len(before)] == before and all(part == 1 for part in now[len(before) :])
    same, step = now[:-1], now[-1]
    if before[: len(same)] == same:
        return before[len(same)] < step <= before[len(same)] + 2
    return now[-1] == 1 and before[0] < now[0] <= before[0] + 2


def _wrap_width(lines: Sequence[Line]) -> int:
    """Return the column at which the document wraps its lines, or 0 where it does not wrap them."""
    lengths = sorted(line.indent + len(line.text) for line in lines if line.is_body)
    if len(lengths) < 5:
        return 0
    body = [line for line in lines if line.is_body]
    running_on = sum(
        1
        for line, following in pairwise(body)
        if not following.blank_before and is_unfinished(line.text) and continues(following.text) and len(line.text) > 40
    )
    width = lengths[int(len(lengths) * 0.95)]
    return width if running_on >= max(3, len(body) // 25) and width <= 160 else 0


def _goes_on(body: Sequence[Block], line: Line, following: Line | None, width: int, reading: str) -> bool:
    """Tell whether a line without a marker goes on with the last block of `body`."""
    block = body[-1]
    if _ATX.match(line.text) or _TABLE_ROW.match(line.text) or block.kind in (Kind.HEADING, Kind.ROW):
        return False
    last_start, last_end = block.pieces[-1]
    last = reading[last_start:last_end]
    unfinished, lower = is_unfinished(last), continues(line.text)
    if line.blank_before:
        # Over a blank line only what is plainly the rest of a sentence goes on: a page end, or a stray break.
        goes_on = unfinished and (lower or hangs(last))
        return goes_on and len(block.text.split()) >= 4 and not is_field(block.text)
    if last.endswith((";", ":")):
        return lower and last.endswith(";") and bool(width) and _was_full(last, line, width)
    if lower:
        return not (width and _under_lead_in(body) and not _was_full(last, line, width))
    if is_field(line.text) or is_field(last):
        return False
    if unfinished and hangs(last):
        return True
    if not width or (not unfinished and _heads(line, following, width)):
        return False
    return _was_full(last, line, width)


def _under_lead_in(body: Sequence[Block]) -> bool:
    """Tell whether the last block is one of the unmarked lines that stand one under the other after a lead-in."""
    index = len(body) - 1
    while index > 0 and body[index].marker is None and body[index].kind is Kind.PARAGRAPH:
        index -= 1
        if body[index].text.endswith(":"):
            return True
    return False


def _heads(line: Line, following: Line | None, width: int) -> bool:
    """Tell whether a line under a finished one is a heading, although the line above was full."""
    return (
        following is not None
        and not continues(following.text)
        and len(line.text) < width * 0.7
        and is_unfinished(line.text)
        and _is_title(line.text)
    )


def _was_full(last: str, line: Line, width: int) -> bool:
    """Tell whether the next line's first word would not have fitted on the line before, so that the break is a wrap."""
    first_word = line.text.split(maxsplit=1)[0]
    room = width - line.indent - len(last)
    return room <= max(len(first_word) + 1, width * (0.22 if is_unfinished(last) else 0.12))


def _is_title(words: str) -> bool:
    """Tell whether words could be a heading: few, capitalised, without a verb and without a full stop."""
    plain = words.strip("*_# \t")
    tokens = plain.split()
    if not tokens or len(tokens) > 14 or len(plain) > 100 or not re.match(r"[A-Z0-9“\"'‘(]", plain):
        return False
    if _QUESTION.match(plain) or (_ASKS.match(plain) and len(tokens) <= 9 and is_unfinished(plain.rstrip(":"))):
        return True
    if plain.endswith((".", ";", ",", "!", "?")) or re.search(r"[.;?!]\s", re.sub(r"^\S{1,5}\.\s", "", plain)):
        return False
    if plain.endswith(":") and len(tokens) > 7:
        return False
    if not _FINITE.search(_RELATIVE.sub("", plain)) and len(tokens) <= 12 and not _IMPERATIVE.match(plain):
        return True
    significant = [token for token in tokens if token.lower() not in _SMALL_WORDS and token[0].isalpha()]
    capitals = sum(token[0].isupper() for token in significant)
    return capitals == len(significant) > 1


def _is_open_title(words: str, after: Block) -> bool:
    """Tell whether the words of a numbered block, which may hold a verb ("6.1 If a child is in danger"), head the text after it."""
    tokens = words.split()
    return (
        len(tokens) <= 22 and is_unfinished(words) and words[:1].isupper() and after.marker is None and not continues(after.words)
    )


def _find_headings(blocks: Sequence[Block], lines: Sequence[Line], width: int) -> None:
    body = [block for block in blocks if block.kind is not Kind.OTHER]
    for index, block in enumerate(body):
        if block.kind is Kind.HEADING or block.kind is Kind.ROW:
            continue
        before = body[index - 1] if index else None
        after = body[index + 1] if index + 1 < len(body) else None
        if block.marker is None and _in_run_after_lead_in(body, index):
            continue
        if _is_heading(block, before, after, width):
            block.kind = Kind.HEADING


def _in_run_after_lead_in(body: Sequence[Block], index: int) -> bool:
    """Tell whether a block is one of the unmarked lines that stand one under the other after a lead-in."""
    while index and body[index].joined and body[index].kind is Kind.PARAGRAPH:
        index -= 1
        if body[index].text.endswith(":") and body[index].kind is not Kind.HEADING and len(body[index].words.split()) > 3:
            return True
    return False


def _is_heading(block: Block, before: Block | None, after: Block | None, width: int) -> bool:
    words = block.words
    marker = block.marker
    if after is None or block.lines > 2 or is_field(block.text):
        return False
    if not (_is_title(words) or (marker and marker.family is Family.DECIMAL and _is_open_title(words, after))):
        return False
    bold = bool(_BOLD_LINE.match(block.text))
    shouted = words.upper() == words and len(words) > 3 and bool(re.search("[A-Z]", words))
    if marker:
        if marker.family in (Family.BULLET, Family.ROMAN, Family.BRACKETED, Family.LETTER):
            return False
        return _numbered_heading(block, before, after, shouted or bold)
    if before and before.kind is not Kind.HEADING and before.text.endswith((":", ",")) and block.joined:
        return False
    if (
        before
        and before.kind is Kind.HEADING
        and before.text.endswith(":")
        and block.joined
        and after.joined
        and _is_title(after.words)
    ):
        return False
    if bold or shouted:
        return True
    if words.endswith(":"):
        return (len(words.split()) <= 5 and not (after.kind is Kind.ITEM and after.joined and block.joined)) or (
            not block.joined and len(words.split()) <= 3
        )
    if not block.joined:
        return True
    # Directly under text without a blank line: the text before must have ended, and what follows must be text.
    finished = before is None or before.kind in (Kind.HEADING, Kind.ITEM) or not is_unfinished(before.text)
    substantial = len(after.words.split()) >= 6 or after.kind is Kind.HEADING or after.kind is Kind.ITEM
    return finished and substantial and (bool(width) or len(words.split()) <= 6)


def _numbered_heading(block: Block, before: Block | None, after: Block, emphatic: bool) -> bool:
    assert block.marker is not None  # noqa: S101
    words = block.words
    if emphatic or _APPENDIX.match(words) or (block.marker.family is Family.CAPITAL and len(words.split()) <= 10):
        return True
    if words.endswith(":") and (after.kind is Kind.ITEM or continues(after.words)) and not _nested(block.marker, after.marker):
        return False  # a lead-in
    same_family_next = after.marker is not None and after.marker.family is block.marker.family and after.kind is not Kind.HEADING
    if same_family_next and after.joined and not _nested(block.marker, after.marker):
        # "1. Aims / 2. Scope / 3. Roles" one under the other is a list, not three headings.
        return False
    if block.joined and before and before.marker and before.kind is Kind.ITEM:
        follows = (before.marker.family, before.marker.ordinal + 1) == (block.marker.family, block.marker.ordinal)
        if (follows or not after.joined) and (_is_title(before.words) or before.indent > block.indent + 2):
            return False  # a later one of such a list, perhaps after a list that hangs under the one before
    return len(words.split()) <= 12


def _nested(marker: Marker, following: Marker | None) -> bool:
    return following is not None and following.value.startswith(marker.value + ".")


def _find_front_and_back_matter(blocks: Sequence[Block]) -> None:
    """Mark the title block, fields and signatures as metadata."""
    body = [block for block in blocks if block.kind is not Kind.OTHER]
    first = next((index for index, block in enumerate(body) if _is_text(block)), len(body))
    if 0 < first < len(body) and body[first].kind is Kind.ITEM and _leads_in(body[first - 1]):
        first -= 1  # without these words its items would say something else
    # The headings right above the first text are its headings; what stands before them is the title block.
    opening = first
    while opening and body[opening - 1].kind is Kind.HEADING and not (opening < first and body[opening - 1].marker is None):
        opening -= 1
    if opening and body[opening:first] and opening == 0 and len(body[:first]) > 1:
        opening = 1
    for block in body[:opening]:
        _to_metadata(block)
    for block in body[opening:]:
        if block.kind is Kind.PARAGRAPH and is_field(block.text):
            _to_metadata(block)
    signing = next(
        (index for index, block in enumerate(body) if index > first and re.match(r"signed\b", block.text, re.IGNORECASE)),
        None,
    )
    if signing is not None and signing >= len(body) - 12:
        for block in body[signing:]:
            if len(block.text.split()) > 14:
                break
            if block.kind is not Kind.ITEM:
                _to_metadata(block)


def _leads_in(block: Block) -> bool:
    return block.kind is Kind.PARAGRAPH and block.text.endswith(":") and not is_field(block.text)


def _to_metadata(block: Block) -> None:
    block.kind, block.other = Kind.OTHER, METADATA


def _is_text(block: Block) -> bool:
    if block.kind is Kind.ITEM:
        return True
    words = len(block.text.split())
    is_sentence = words >= 4 and block.text.endswith(".") and bool(_FINITE.search(block.text))
    if words >= 4 and _leads_in(block):
        return True
    is_long = words >= 9 and (bool(_FINITE.search(block.text)) or not is_unfinished(block.text))
    return block.kind is Kind.PARAGRAPH and (is_long or is_sentence) and not is_field(block.text)


def _find_rows(blocks: Sequence[Block]) -> None:
    """Make rows of the unmarked lines that stand one under the other after a lead-in."""
    body = [block for block in blocks if block.kind is not Kind.OTHER]
    index = 0
    while index < len(body):
        lead = body[index]
        index += 1
        if lead.kind not in (Kind.PARAGRAPH, Kind.ITEM) or not lead.text.rstrip("*_ ").endswith(":"):
            continue
        run: list[Block] = []
        for block in body[index:]:
            if block.kind is not Kind.PARAGRAPH or not (
                block.joined
                or (run and continues(run[-1].words) and continues(block.words))
                or (not run and continues(block.words))
            ):
                break
            run.append(block)
        if len(run) >= 2 or (run and continues(run[0].words)):
            for block in run:
                block.kind = Kind.ROW


def _set_levels(blocks: Sequence[Block]) -> None:
    """Give the headings their depth: by their number, by their marks, or by their style."""
    headings = [block for block in blocks if block.kind is Kind.HEADING]
    numbered = any(block.marker for block in headings)
    shouted = {id(block) for block in headings if block.words.upper() == block.words}
    mixed = 0 < len(shouted) < len(headings)
    inside_numbered = False
    for block in headings:
        if block.level:
            continue
        if block.marker:
            block.level = block.marker.value.count(".") + 1
            inside_numbered = True
        elif _APPENDIX.match(block.words):
            block.level, inside_numbered = 1, False
        elif numbered and inside_numbered:
            block.level = 3 if not (mixed and id(block) in shouted) else 1
        elif mixed and not numbered:
            block.level = 1 if id(block) in shouted else 2
        else:
            block.level = 1
