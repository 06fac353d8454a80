"""A reply -> Block Kit: rich text, in which no word of a policy or of a person can become a mark, a mention or a link.

In rich text every mark is a field of its own and text is shown as it is, so nothing need be escaped and the visible words
stay the policy's; https://docs.slack.dev/reference/block-kit/blocks/rich-text-block.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from bot.commands import read_command
from bot.layout import Block, ClauseQuote, Differ, Heading, Key, Paragraph, Steps
from bot.messages import Button, Reply
from bot.rendering import as_text
from corpus.sentences import sentences

# https://docs.slack.dev/reference/block-kit/blocks: 50 blocks a message, 3,000 characters a text, 25 buttons a row of
# them, 75 characters a label. Of all blocks together slackapi/bolt-js 2509 reports some 13,200 characters.
MOST_BLOCKS = 45
LONGEST_TEXT = 2800
LONGEST_BLOCKS = 11_000
MOST_BUTTONS = 25
LONGEST_LABEL = 75
# What could turn words round or hide them: control characters, marks of direction, other invisible ones.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# Slack shows an emoji for its name between colons, but not where a word joiner, which nobody sees, stands in it.
_EMOJI_NAME = re.compile(r":(?=[\w+'-]+:)")
_COMMAND = re.compile(r"(?<![\w/])/[a-z]+\b")


def to_messages(reply: Reply) -> list[dict[str, Any]]:
    """Return the messages that say a reply, each `text` and `blocks`: one, or more where Slack's limits ask for it.

    `text` is what notifications and screen readers read: it says all that the blocks show. The buttons are in the last.
    """
    buttons = _buttons(reply.buttons)
    messages: list[dict[str, Any]] = []
    for pieces in _messages_of(reply.blocks):
        blocks = [block for piece in pieces for block in _to_blocks(piece)]
        messages.append({"text": escaped(as_text(pieces)), "blocks": blocks})
    messages[-1]["blocks"] += [*buttons, *_feedback(reply.votes)]
    return messages


def to_home(blocks: Sequence[Block], buttons: Sequence[Button]) -> dict[str, Any]:
    """Return the view of the Home tab that shows these pieces of text, with the buttons under them."""
    laid = [laid for block in blocks for laid in _to_blocks(_as_written_here(block))]
    return {"type": "home", "blocks": [*laid, *_buttons(buttons)]}


def escaped(text: str) -> str:
    """Return words for a message's `text` field, in which Slack reads mentions, links and names of emoji.

    https://docs.slack.dev/messaging/formatting-message-text: of these three characters it makes its own marks.
    """
    plain = _plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _EMOJI_NAME.sub(":\u2060", plain)


def _messages_of(blocks: Iterable[Block]) -> list[list[Block]]:
    """Return the pieces in order, cut where one is too long for Slack, in as few messages as hold them."""
    messages: list[list[Block]] = [[]]
    count = length = 0
    for piece in (part for block in blocks for part in _cut(_as_written_here(block))):
        laid = _to_blocks(piece)
        size = len(json.dumps(laid, ensure_ascii=False))
        if messages[-1] and (count + len(laid) > MOST_BLOCKS or length + size > LONGEST_BLOCKS):
            messages.append([])
            count = length = 0
        messages[-1].append(piece)
        count, length = count + len(laid), length + size
    return messages


def _as_written_here(block: Block) -> Block:
    """Return what the bot says of its commands as one writes them in Slack, which takes what begins with a stroke for its own."""

    def told(text: str) -> str:
        return _COMMAND.sub(lambda found: f"/policy {found[0][1:]}" if read_command(found[0]) else found[0], text)

    match block:
        case Heading(text):
            return Heading(told(text))
        case Paragraph(text, strong):
            return replace(block, text=told(text), strong=told(strong))
        case Steps(items):
            return Steps(tuple(told(item) for item in items))
        case _:
            return block


def _cut(block: Block) -> Iterator[Block]:
    """Yield a piece of text as one or more that are short enough, cut at the ends of sentences; every word remains."""
    match block:
        case Heading(text):
            yield from (Heading(part) for part in _parts(text))
        case Paragraph(text):
            yield from (replace(block, text=part) for part in _parts(text))
        case Key(leading, deciding):
            for start, part in _placed(_parts(leading + deciding)):
                at = max(0, len(leading) - start)
                yield Key(part[:at], part[at:])
        case ClauseQuote():
            yield from _cut_clause(block)
        case Differ() | Steps():
            yield block


def _cut_clause(quote: ClauseQuote) -> Iterator[ClauseQuote]:
    """Yield a clause in parts: its title stands over the first, its citation and notes under the last."""
    words = quote.words
    begins = len(words) - len(quote.deciding) - len(quote.after)
    ends = begins + len(quote.deciding)
    parts = _placed(_parts(words))
    if len(parts) == 1:
        yield quote
        return
    for number, (start, part) in enumerate(parts):
        first, second = max(0, begins - start), max(0, ends - start)
        yield replace(
            quote,
            title=quote.title if number == 0 else "",
            number=quote.number if number == 0 else None,
            lead_in="",
            before=part[:first],
            deciding=part[first:second],
            after=part[second:],
            cited=quote.cited if number == len(parts) - 1 else "",
            url=quote.url if number == len(parts) - 1 else None,
            notes=quote.notes if number == len(parts) - 1 else (),
        )


def _parts(text: str) -> list[str]:
    """Return a text in parts that Slack takes, which together are the text."""
    parts = []
    while len(text) > LONGEST_TEXT:
        ends = [end for _, end in sentences(text[:LONGEST_TEXT])][:-1]
        at = ends[-1] if ends else text.rfind(" ", 0, LONGEST_TEXT)
        at = at if at > 0 else LONGEST_TEXT
        at += len(text) - at - len(text[at:].lstrip())  # no part begins with a space
        parts.append(text[:at])
        text = text[at:]
    return [*parts, text]


def _placed(parts: Iterable[str]) -> list[tuple[int, str]]:
    """Return parts of a text, each with the place where it begins."""
    placed, start = [], 0
    for part in parts:
        placed.append((start, part))
        start += len(part)
    return placed


def _to_blocks(piece: Block) -> list[dict[str, Any]]:
    match piece:
        case Heading(text):
            return _rich(_section((text, True)))
        case Steps(items):
            steps = [_section((item, False)) for item in items]
            return [{"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "ordered", "elements": steps}]}]
        case Key(leading, deciding):
            return _rich(_section(("“" + leading, False), (deciding, True), ("”", False)))
        case Differ(sentences_):
            return [block for sentence in sentences_ for block in _rich(_section((sentence, False)))]
        case Paragraph(text, aside=True):
            return _context(text)
        case Paragraph(text, strong=strong):
            before, _, after = text.partition(strong) if strong else (text, "", "")
            return _rich(_section((before, False), (strong if strong in text else "", True), (after, False)))
        case ClauseQuote():
            return _clause(piece)


def _clause(quote: ClauseQuote) -> list[dict[str, Any]]:
    """Return a clause as a quote, over it why it is shown, under it where it stands and what to know about it."""
    number = f"{quote.number}. " if quote.number else ""
    title = [_section((f"{quote.title}:" if quote.title else "", True))] if quote.title else []
    lead_in = f"{quote.lead_in} " if quote.lead_in else ""
    words = [(f"{number}“{lead_in}{quote.before}", False), (quote.deciding, quote.bold), (f"{quote.after}”", False)]
    blocks = _rich(*title, _section(*words, kind="rich_text_quote"))
    for line in (quote.cited, *quote.notes):
        if line:
            blocks += _context(line)
    if quote.url:
        blocks += _rich(
            {"type": "rich_text_section", "elements": [{"type": "link", "url": quote.url, "text": "Read it in its place"}]}
        )
    return blocks


def _feedback(votes: Sequence[Button]) -> list[dict[str, Any]]:
    """Return Slack's own buttons for what the asker says of an answer.

    https://docs.slack.dev/reference/block-kit/block-elements/feedback-buttons-element
    """
    if not votes:
        return []
    positive, negative = ({"text": _plain_text(vote.label), "value": vote.value} for vote in votes)
    buttons = {"positive_button": positive, "negative_button": negative}
    return [{"type": "context_actions", "elements": [{"type": "feedback_buttons", "action_id": "vote", **buttons}]}]


def _rich(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a block of these lines; none where nothing of them would be seen, as Slack refuses empty text."""
    seen = [element for element in elements if element["elements"]]
    return [{"type": "rich_text", "elements": seen}] if seen else []


def _section(*runs: tuple[str, bool], kind: str = "rich_text_section") -> dict[str, Any]:
    """Return a line of text; of each run is said whether it is bold."""
    parts = [({"type": "text", "text": _plain(text)}, bold) for text, bold in runs if _plain(text)]
    return {"type": kind, "elements": [part | ({"style": {"bold": True}} if bold else {}) for part, bold in parts]}


def _context(text: str) -> list[dict[str, Any]]:
    """Return what matters least, small: where a clause stands, what to know of it."""
    plain = _plain(text)
    return [{"type": "context", "elements": [_plain_text(part)]} for part in _parts(plain) if part.strip()]


def _buttons(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    laid = [
        {
            "type": "button",
            "action_id": button.value,
            "value": button.value,
            "text": _plain_text(button.label if len(button.label) <= LONGEST_LABEL else f"{button.label[: LONGEST_LABEL - 1]}…"),
        }
        for button in buttons
    ]
    return [{"type": "actions", "elements": laid[at : at + MOST_BUTTONS]} for at in range(0, len(laid), MOST_BUTTONS)]


def _plain_text(text: str) -> dict[str, Any]:
    """Return a text object in which Slack reads no marks, nor names of emoji."""
    return {"type": "plain_text", "text": _plain(text), "emoji": False}


def _plain(text: str) -> str:
    return _UNSEEN.sub("", text)
