"""The same question is told the same words, in the same order, on every channel: only the dress differs."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from bot.assembly import assemble
from bot.bootstrap import Indexes
from bot.channels.slack_blocks import to_messages
from bot.channels.teams_card import to_activities
from bot.channels.telegram_html import messages
from bot.messages import Message, Reply
from bot.rendering import as_text, reply_to_html
from bot.turn import Asker
from tests.platforms import block_kit

QUESTIONS = [
    "can I accept a parent's friend request?",
    "Can I post a photo of my class on my own Instagram?",
    "a pupil has told me that her dad hits her",
    "How much PPA time should I be getting as a part-timer?",
    "I have accepted a pupil's friend request. What now?",
    "what does 5.1 say",
    "hello",
    "I want to end my life",
    "/help",
    "/policies",
    "",
    "можно ли мне",
]


def bare(text: str) -> str:
    """Return the words alone: no spaces, quotation marks, bullets' numbers or joiners that nobody sees."""
    return re.sub(r"[\s“”\u2060]|(?<!\d)\d\.(?=\s)", "", text)


def on_slack(reply: Reply) -> str:
    # Commands are written otherwise there, where a stroke begins Slack's own.
    return "\n".join(block_kit.visible(message["blocks"]) for message in to_messages(reply)).replace("/policy ", "/")


def in_teams(reply: Reply) -> str:
    def read(elements: list[dict[str, Any]]) -> Iterator[str]:
        for element in elements:
            if "inlines" in element:
                yield "".join(run["text"] for run in element["inlines"])
            if element["type"] == "TextBlock":  # which reads Markdown, so its marks are escaped
                yield re.sub(r"\\(.)", r"\1", element["text"])
            yield from read(element.get("items", []))

    return "\n".join(line for one in to_activities(reply) for line in read(one["attachments"][0]["content"]["body"]))


def on_telegram(reply: Reply) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", "\n".join(messages(reply.blocks))))


def on_the_page(reply: Reply) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", reply_to_html(reply)))


@pytest.mark.parametrize("school", ["coniston", "chase-terrace", "wellesley", "academy-trust", "archbishop-huttons"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_channel_tells_the_same_words(demo: Indexes, school: str, question: str) -> None:
    parts, of = assemble(demo, b"k" * 32), demo.of(school).school
    message = Message(channel="slack", account="", place="", text=question)  # where there is no link to the clause
    (said,) = parts.conversation.turn_of(Asker(of, (of,), None), message, 1, []).replies(message)
    reply = replace(said, buttons=())
    told = bare(as_text(reply.blocks)).replace(":", "")
    for channel in (on_slack, in_teams, on_telegram, on_the_page):
        assert bare(channel(reply)).replace(":", "") == told, channel.__name__
