"""A clause cut in two: its words, its text and its characters in the source go the same way.

Everything here raises EditError where a clause cannot be cut.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from msgspec.structs import replace

from corpus.clause import Clause, LeadIn, Policy, Span, Stance
from corpus.errors import EditError
from corpus.markers import Family, Marker, parse_marker
from corpus.source import cut_from, fold

_INLINE_MARKER = re.compile(r"(?<=\s)(?:\((?:[a-z]|[ivx]{1,4}|\d{1,2})\)|[•·▪●☐□])(?=\s+\S)")


def cut(policy: Policy, clause: Clause, source: str, offset: int) -> tuple[Clause, Clause]:
    """Return the two parts of a clause that is cut before the word at `offset` of its words, the second without id and label.

    A repair stays with the part whose words it changed; one of the marker with the marker.
    """
    require_source(clause, source)
    words = clause.words
    first_words, second_words = words[:offset].rstrip(), words[offset:].lstrip()
    if not (first_words and second_words) or fold(f"{first_words} {second_words}") != fold(words):
        raise EditError("Choose a place between two words, with words before it and after it.")
    second_text = clause.text[_text_offset(clause, len(first_words), len(words) - len(second_words)) :].lstrip()
    first_text = clause.text[: -len(second_text)].rstrip()
    first_at, second_at = _divided(clause.at, source, len(second_text))
    damaged = second_words != second_text
    own = marker_repairs(policy, clause)
    keeps_all = first_words != first_text or not damaged
    first = replace(
        clause,
        text=first_text,
        at=first_at,
        reading=first_words if first_words != first_text else None,
        repairs=clause.repairs if keeps_all else own,
        note=None,
    )
    second = Clause(
        "",
        "",
        "",
        second_text,
        second_at,
        Stance.INFORMATIONAL,
        reading=second_words if damaged else None,
        repairs=tuple(one for one in clause.repairs if one not in own) if damaged else (),
        lead_in=clause.lead_in,
        note=clause.note,
    )
    return first, second


def _text_offset(clause: Clause, end: int, start: int) -> int:
    """Return where in the text a clause is cut whose words are cut between `end` and `start`; refuse inside a repair."""
    if clause.reading is None:
        return start
    blocks = SequenceMatcher(None, clause.reading, clause.text, autojunk=False).get_matching_blocks()

    def placed(at: int) -> int | None:
        return next((block.b + at - block.a for block in blocks if block.a <= at < block.a + block.size), None)

    before, after = placed(end - 1), placed(start)
    if before is not None and after is not None:
        between = clause.text[before + 1 : after]
        if " " in between:
            return before + 1 + between.index(" ")
    raise EditError("The words here are read otherwise than they stand in the document: split before or after them.")


def _divided(spans: Sequence[Span], source: str, last: int) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the spans in two, the second with the last `last` characters of their folded text."""
    first: list[Span] = list(spans)
    second: list[Span] = []
    wanted = cut_from(source, spans)[-last:].replace(" ", "")
    left = len(wanted)
    while left:
        span = first.pop()
        solid = [at for at in range(span.start, span.end) if not source[at].isspace()]
        if len(solid) <= left:
            second.insert(0, span)
            left -= len(solid)
            continue
        here = solid[-left]
        first.append(Span(span.start, solid[-left - 1] + 1))
        second.insert(0, Span(here, span.end))
        left = 0
    return tuple(first), tuple(second)


def require_source(element: Clause, source: str) -> None:
    """Refuse a source in which other words stand at the clause's place."""
    if cut_from(source, element.at) != f"{element.marker} {element.text}".strip():
        raise EditError("The document kept beside this draft is not the one it was made from: bring the document in again.")


def inline_markers(words: str) -> list[tuple[int, Marker]]:
    """Return where the items of a list within a clause begin, each with its marker: (a), (b), (c), or bullets of one kind."""
    found: list[tuple[int, Marker]] = []
    for match in _INLINE_MARKER.finditer(words):
        marker = parse_marker(words[match.start() :])
        if marker is None or (found and (marker.family, marker.glyph) != (found[0][1].family, found[0][1].glyph)):
            continue
        if marker.family is Family.BULLET or marker.ordinal == len(found) + 1:
            found.append((match.start(), marker))
    return found


def marker_apart(clause: Clause) -> Clause:
    """Return a clause with the marker that its text begins with taken out of it."""
    marker = parse_marker(clause.text)
    if marker is None or (clause.reading and not clause.reading.startswith(clause.text[: marker.length])):
        return clause
    reading = clause.reading[marker.length :] if clause.reading else None
    return replace(clause, marker=clause.text[: marker.length].strip(), text=clause.text[marker.length :], reading=reading)


def marker_repairs(policy: Policy, element: Clause | LeadIn) -> tuple[str, ...]:
    """Return the repairs that are of the marker rather than of the words."""
    if not element.marker:
        return ()
    reasons = {note.reason for note in policy.repairs if note.source.startswith(element.marker)}
    return tuple(one for one in element.repairs if one in reasons)
