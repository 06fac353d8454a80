"""A reply -> the texts of Telegram messages, in its HTML: everything escaped, none too long, nothing lost between them."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, assert_never

from bot.layout import Block, ClauseQuote, Differ, Heading, Key, Paragraph, Steps
from corpus.sentences import sentences

# https://core.telegram.org/bots/api#sendmessage: counted after the tags are read; the entities' offsets are in UTF-16 units.
LONGEST_TEXT = 4096
# A longer quotation is folded, to be opened by whoever wants it all: what decides stands above it.
LONGEST_OPEN_QUOTE = 500
# What a text could do besides being read: controls, half characters, and marks that turn the direction of what follows.
_NO_WORDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
# Telegram makes of @name a link to whoever has that name, and tells them, also after a full stop or a hyphen; an e-mail address
# is left as it is.
_MENTION = re.compile(r"(?<![A-Za-z0-9_])@(?=\w)")
_WORD_JOINER = "\u2060"


class Span(NamedTuple):
    """A stretch of text of one look: `tag` is the HTML tag, "" for none; `link` where it leads."""

    text: str
    tag: str = ""
    link: str = ""


class Piece(NamedTuple):
    """What stands together: its spans, the tag around it, and what sets it apart from the piece before."""

    spans: tuple[Span, ...]
    around: str = ""
    before: str = "\n\n"


def messages(blocks: Iterable[Block]) -> list[str]:
    """Return what blocks say as the texts of messages, in order, cut where a block ends, or else at a sentence's end."""
    texts: list[str] = []
    text, length = "", 0
    for group in (_pieces(block) for block in blocks):
        whole = sum(_units(piece) + len(piece.before) for piece in group)
        if text and length + whole > LONGEST_TEXT and whole <= LONGEST_TEXT:
            texts.append(text)
            text, length = "", 0
        for piece in group:
            for part in _parts(piece, LONGEST_TEXT - (length + len(piece.before) if text else 0)):
                if text and length + _units(part) + len(part.before) > LONGEST_TEXT:
                    texts.append(text)
                    text, length = "", 0
                before = part.before if text else ""
                text += before + _html(part)
                length += len(before) + _units(part)
    return [*texts, text] if text else texts


def plain(text: str) -> str:
    """Return words as Telegram may have them: without controls or direction marks, and such that they mention nobody."""
    return _MENTION.sub(f"@{_WORD_JOINER}", _NO_WORDS.sub("", text))


def _pieces(block: Block) -> list[Piece]:
    match block:
        case Heading(text):
            return [_piece(Span(text, "b"))]
        case Steps(items):
            return [
                _piece(Span(f"{number}. {item}"), before="\n" if number > 1 else "\n\n") for number, item in enumerate(items, 1)
            ]
        case Key(leading, deciding):
            return [_piece(Span(f"“{leading}"), Span(deciding, "b"), Span("”"))]
        case Paragraph(text, strong, aside):
            first, found, rest = text.partition(strong) if strong else (text, "", "")
            usual = "i" if aside else ""
            return [_piece(Span(first, usual), Span(found, "b"), Span(rest, usual))]
        case Differ(sentences_):
            return [_piece(Span(sentence), before="\n" if number else "\n\n") for number, sentence in enumerate(sentences_)]
        case ClauseQuote():
            return _quotation(block)
    assert_never(block)


def _quotation(quote: ClauseQuote) -> list[Piece]:
    number = (Span(f"{quote.number}. ", "b"),) if quote.number else ()
    lead_in = (Span(f"{quote.lead_in} "),) if quote.lead_in else ()
    words = (Span(quote.before), Span(quote.deciding, "b" if quote.bold else ""), Span(quote.after))
    around = "blockquote expandable" if len(quote.words) > LONGEST_OPEN_QUOTE else "blockquote"
    return [
        *([_piece(Span(f"{quote.title}:", "b"))] if quote.title else []),
        _piece(*number, *lead_in, *words, around=around, before="\n" if quote.title else "\n\n"),
        _piece(Span(quote.cited, "i", quote.url or ""), before="\n"),
        *(_piece(Span(note, "i"), before="\n") for note in quote.notes),
    ]


def _piece(*spans: Span, around: str = "", before: str = "\n\n") -> Piece:
    readable = [span._replace(text=plain(span.text)) for span in spans]
    text = "".join(span.text for span in readable)
    return Piece(tuple(_between(readable, len(text) - len(text.lstrip()), len(text.rstrip()))), around, before)


def _parts(piece: Piece, room: int) -> Iterator[Piece]:
    """Yield a piece in parts, each of which fits into a message; the first fits into `room` if it is to be cut at all."""
    while _units(piece) > LONGEST_TEXT:
        text = "".join(span.text for span in piece.spans)
        at = _cut(text, room if room > LONGEST_TEXT // 2 else LONGEST_TEXT)
        room = LONGEST_TEXT
        yield piece._replace(spans=tuple(_between(piece.spans, 0, len(text[:at].rstrip()))))
        rest = at + len(text[at:]) - len(text[at:].lstrip())
        piece = piece._replace(spans=tuple(_between(piece.spans, rest, len(text))), before="\n\n")
    if piece.spans:
        yield piece


def _cut(text: str, room: int) -> int:
    """Return where to cut a text so that what stands before fits: after a sentence, else a word, else anywhere."""
    fits = _as_many(text, room)
    ends = [end for _, end in sentences(text[: fits + 1]) if end <= fits and text[end : end + 1].isspace()]
    if ends:
        return ends[-1]
    space = max(text.rfind(" ", 1, fits + 1), text.rfind("\n", 1, fits + 1))
    return space if space > 0 else fits


def _as_many(text: str, room: int) -> int:
    """Return how many characters of a text come to at most `room` UTF-16 units."""
    used = 0
    for number, character in enumerate(text):
        used += 2 if character > "\uffff" else 1
        if used > room:
            return number
    return len(text)


def _between(spans: Sequence[Span], start: int, end: int) -> Iterator[Span]:
    at = 0
    for span in spans:
        cut = span.text[max(start - at, 0) : max(end - at, 0)]
        if cut:
            yield span._replace(text=cut)
        at += len(span.text)


def _units(piece: Piece) -> int:
    return sum(len(span.text.encode("utf-16-le")) // 2 for span in piece.spans)


def _html(piece: Piece) -> str:
    inside = "".join(_span(span) for span in piece.spans)
    return f"<{piece.around}>{inside}</{piece.around.split()[0]}>" if piece.around else inside


def _span(span: Span) -> str:
    escaped = html.escape(span.text, quote=False)
    if span.tag:
        escaped = f"<{span.tag}>{escaped}</{span.tag}>"
    return f'<a href="{html.escape(span.link)}">{escaped}</a>' if span.link else escaped
