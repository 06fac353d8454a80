"""A reply as an Adaptive Card, the one message of Teams that can hold buttons.

Teams splits a message that has both text and a card in two, and shows its native citations in text alone: so the card holds the
citation too. All that a policy or a person has written stands in text runs, in which no markup is read; in headings,
which a screen reader can jump between, it is escaped.
"""

import re
from collections.abc import Iterable, Iterator
from functools import singledispatch
from itertools import groupby
from typing import Any

from bot.layout import WORRIED_NOW, Block, ClauseQuote, Differ, Heading, Key, Paragraph, Steps
from bot.messages import Button, Reply

CARD = "application/vnd.microsoft.card.adaptive"
# The newest version that all of Teams shows. learn.microsoft.com/microsoftteams/platform (cards/cards-reference)
VERSION = "1.5"
MOST_BUTTONS = 6
# A message may have about 100 KB in UTF-16, and until lately 40 KB: so many characters of JSON keep to either.
LARGEST_CARD = 16_000
LONGEST_RUN = 5_000
LONGEST_SUMMARY = 200
# Marks that turn the direction of what follows them, and others that cannot be seen.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# What Markdown reads as more than itself: some characters anywhere, others where a line begins with them.
_MARKUP = re.compile(r"[\\`*_\[\]<&~]|^[#>+-]|(?:(?<=^\d)|(?<=^\d\d))[.)](?=\s|$)")
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s|\s")

Element = dict[str, Any]
Run = dict[str, Any]


def to_activities(reply: Reply) -> list[dict[str, Any]]:
    """Return the messages that say a reply, mostly one, each small enough; its buttons stand under the last."""
    elements = [element for block in reply.blocks for element in _elements(block)]
    summary = next((_plain(block.text) for block in reply.blocks if isinstance(block, Heading | Paragraph)), "")
    parts = list(_parted(elements)) or [[]]
    parts[-1] = [*parts[-1], *_buttons(reply)]
    return [_activity(part, summary) for part in parts]


def _activity(body: list[Element], summary: str) -> dict[str, Any]:
    card = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": VERSION,
        "lang": "en-GB",
        "fallbackText": f"{summary} {WORRIED_NOW}",  # shown alone, without the card's buttons, by what is too old for it
        "body": body,
    }
    # The summary is what a list of chats, a notification and its reading aloud show of a card.
    return {"type": "message", "summary": summary[:LONGEST_SUMMARY], "attachments": [{"contentType": CARD, "content": card}]}


@singledispatch
def _elements(block: Block) -> Iterator[Element]:
    """Return the elements of a card that show a block."""
    raise TypeError(f"no way to show a {type(block).__name__}")


@_elements.register
def _(block: Heading) -> Iterator[Element]:
    yield from _heading(block.text, "large")


@_elements.register
def _(block: Steps) -> Iterator[Element]:
    for number, step in enumerate(block.items, 1):
        yield from _paragraphs(_run(f"{number}. "), _run(step))


@_elements.register
def _(block: Key) -> Iterator[Element]:
    yield from _paragraphs(_run(block.leading), _run(block.deciding, weight="bolder"))


@_elements.register
def _(block: Differ) -> Iterator[Element]:
    yield from _box((element for sentence in block.sentences for element in _paragraphs(_run(sentence))), "warning")


@_elements.register
def _(block: Paragraph) -> Iterator[Element]:
    before, strong, after = block.text.partition(block.strong) if block.strong else (block.text, "", "")
    aside: Run = {"isSubtle": True} if block.aside else {}
    yield from _paragraphs(_run(before, **aside), _run(strong, weight="bolder", **aside), _run(after, **aside))


@_elements.register
def _(block: ClauseQuote) -> Iterator[Element]:
    title = " ".join(part for part in (f"{block.number}." if block.number else "", block.title) if part)
    yield from _heading(title, "default")
    lead_in = _run(f"{block.lead_in} " if block.lead_in else "")
    deciding = _run(block.deciding, weight="bolder") if block.bold else _run(block.deciding)
    small: Run = {"size": "small", "isSubtle": True}
    link: Run = {"selectAction": {"type": "Action.OpenUrl", "url": block.url}} if block.url else {}
    source = [_run(block.cited, **small, **link), *(_run(f" {note}", **small) for note in block.notes)]
    clause = _paragraphs(lead_in, _run(block.before), deciding, _run(block.after))
    yield from _box((*clause, *_paragraphs(*source)), "emphasis")


def _heading(text: str, size: str) -> Iterator[Element]:
    words = _escaped(text)
    if words:  # Teams refuses a whole card for one empty element
        yield {"type": "TextBlock", "text": words, "size": size, "weight": "bolder", "style": "heading", "wrap": True}


def _box(items: Iterable[Element], style: str) -> Iterator[Element]:
    shown = list(items)
    if shown:
        yield {"type": "Container", "style": style, "items": shown}


def _run(text: str, **looks: Any) -> Run:
    return {"type": "TextRun", "text": _plain(text), **looks}


def _paragraphs(*runs: Run) -> Iterator[Element]:
    """Return text, in which no markup is read, as one paragraph a line."""
    pieces = [run | {"text": piece} for run in runs for piece in re.split(r"(\n)", run["text"]) if piece]
    for is_break, line in groupby(pieces, lambda piece: piece["text"] == "\n"):
        if not is_break:
            yield {"type": "RichTextBlock", "inlines": list(line)}


def _buttons(reply: Reply) -> Iterator[Element]:
    actions = [_action(button, reply.reference) for button in reply.all_buttons]
    for first in range(0, len(actions), MOST_BUTTONS):
        yield {"type": "ActionSet", "actions": actions[first : first + MOST_BUTTONS]}


def _action(button: Button, reference: str) -> Element:
    # Without the hint to Teams it would say under the card that a form was sent.
    data = {"pressed": button.value, "reference": reference, "msteams": {"feedback": {"hide": True}}}
    return {"type": "Action.Submit", "title": button.label, "data": data}


def _parted(elements: Iterable[Element]) -> Iterator[list[Element]]:
    """Return the elements in groups that are small enough for a card each."""
    part: list[Element] = []
    for element in (piece for whole in elements for piece in _cut(whole)):
        if part and len(str([*part, element])) > LARGEST_CARD:
            yield part
            part = []
        part.append(element)
    if part:
        yield part


def _cut(element: Element) -> Iterator[Element]:
    """Return an element as several, of which none is too large: a box as boxes, a paragraph as paragraphs."""
    if len(str(element)) <= LARGEST_CARD or element["type"] == "TextBlock":
        yield element
    elif element["type"] == "Container":
        items = (piece for item in element["items"] for piece in _cut(item))
        yield from (element | {"items": group} for group in _parted(items))
    else:
        runs = [run | {"text": text} for run in element["inlines"] for text in _cut_text(run["text"])]
        yield from (element | {"inlines": [run]} for run in runs)


def _cut_text(text: str) -> Iterator[str]:
    """Return a text in pieces, cut between sentences, else between words, else anywhere."""
    while len(text) > LONGEST_RUN:
        ends = [end.start() for end in _SENTENCE_END.finditer(text, LONGEST_RUN // 2, LONGEST_RUN)]
        sentence_ends = [end for end in ends if text[end - 1] in ".!?;:"]
        at = max(sentence_ends or ends or [LONGEST_RUN])
        yield text[:at]
        text = text[at:].lstrip()
    yield text


def _plain(text: str) -> str:
    return _UNSEEN.sub("", text)


def _escaped(text: str) -> str:
    return _MARKUP.sub(lambda found: f"\\{found[0]}", _plain(text).replace("\n", " ").strip())
