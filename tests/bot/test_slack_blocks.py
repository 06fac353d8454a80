"""Replies as Block Kit: what people see, what screen readers read, and that no word becomes anything but a word."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest

from bot.answer import needs_school
from bot.asking import ask
from bot.bootstrap import Indexes
from bot.channels.slack_blocks import LONGEST_TEXT, escaped, to_home, to_messages
from bot.directory import NO_SCHOOL
from bot.layout import Block, ClauseQuote, Differ, Heading, Key, Paragraph, Steps, lay_out
from bot.messages import Button, Reply
from bot.rendering import as_text
from tests.platforms import block_kit

TODAY = date(2026, 11, 21)
HOSTILE = [
    "<!channel> and <!here|here>",
    "<@U1STAFF> <#C1STAFF> <!subteam^S1|@heads>",
    "<https://evil.example|your policy> https://evil.example mailto:a@b.example",
    "*bold* _italic_ ~struck~ `code` ```block```",
    "> quoted\n>>> all of it",
    ":smile: :wave::skin-tone-2: 10:30:45",
    "&lt;!channel&gt; &amp;lt; <b>&nbsp;</b>",
    "* a list\n1. of items\n- and more",
]


def said(*blocks: Block, buttons: Sequence[Button] = ()) -> list[dict[str, Any]]:
    return to_messages(Reply(blocks, tuple(buttons), reference="A1B2C3"))


def clause(words: str, *, deciding: str = "", bold: bool = True, **more: Any) -> ClauseQuote:
    before, found, after = words.partition(deciding) if deciding else (words, "", "")
    given = {"title": "The clause, word for word", "number": None, "lead_in": "", "cited": "Policy, 9.3, version 1 (undated).",
             "url": None, "notes": (), **more}  # fmt: skip
    return ClauseQuote(before=before, deciding=found, after=after, bold=bold, **given)


def visible(messages: Sequence[dict[str, Any]]) -> str:
    return "\n".join(block_kit.visible(message["blocks"]) for message in messages)


def bold_words(message: dict[str, Any]) -> list[str]:
    parts = [part for block in message["blocks"] if block["type"] == "rich_text" for part in parts_of(block)]
    return [part["text"] for part in parts if part.get("style", {}).get("bold")]


def parts_of(block: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for line in block["elements"] for one in line["elements"] for part in one.get("elements", [one])]


@pytest.mark.parametrize("school", ["coniston", "chase-terrace", "wellesley", "archbishop-huttons", "academy-trust"])
@pytest.mark.parametrize(
    "question",
    [
        "can I accept a parent's friend request?",
        "a child told me that her uncle hits her",
        "how much PPA time should I be getting?",
        "can I post a photo of my class?",
        "hello",
    ],
)
def test_a_reply_shows_each_of_its_words_in_order_within_the_limits_of_slack(demo: Indexes, school: str, question: str) -> None:
    blocks = lay_out(ask(question, demo.of(school), NO_SCHOOL, TODAY))
    (message,) = said(*blocks, buttons=[Button("Worried about a child?", "w")])
    assert block_kit.problems(message["blocks"]) == []
    assert not block_kit.too_long(message["blocks"])
    shown = " ".join(visible([message]).split())
    place = 0
    for line in as_text(blocks).splitlines():
        words = " ".join(line.split()).lstrip("0123456789. ")
        place = shown.find(words, place)
        assert place >= 0, words
    assert "[Worried about a child?]" in shown
    assert message["text"] == escaped(as_text(blocks))


def test_each_kind_of_piece_has_its_own_dress() -> None:
    (message,) = said(
        Heading("Not allowed."),
        Steps(("Ring 999.", "Tell the DSL.")),
        Key("Staff must not: ", "accept a friend request."),
        Differ(("Two rules differ.", "Ask the headteacher.")),
        Paragraph("Speak to: Ms Khan.", strong="Ms Khan"),
        Paragraph("The policy has no date.", aside=True),
        clause("Staff must not accept it.", deciding="must not", number=2, lead_in="On social media:", notes=("A note.",)),
    )
    assert block_kit.visible(message["blocks"]).splitlines() == [
        "Not allowed.",
        "Ring 999.",
        "Tell the DSL.",
        "“Staff must not: accept a friend request.”",
        "Two rules differ.",
        "Ask the headteacher.",
        "Speak to: Ms Khan.",
        "The policy has no date.",
        "The clause, word for word:",
        "2. “On social media: Staff must not accept it.”",
        "Policy, 9.3, version 1 (undated).",
        "A note.",
    ]
    assert bold_words(message) == [
        "Not allowed.",
        "accept a friend request.",
        "Ms Khan",
        "The clause, word for word:",
        "must not",
    ]
    kinds = [block["type"] for block in message["blocks"]]
    assert kinds.count("context") == 3
    assert message["blocks"][1]["elements"][0] | {"elements": []} == {
        "type": "rich_text_list",
        "style": "ordered",
        "elements": [],
    }
    assert message["blocks"][-3]["elements"][1]["type"] == "rich_text_quote"


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize(
    "piece",
    [
        Heading,
        lambda words: Steps((words,)),
        lambda words: Key(words, words),
        lambda words: Differ((words,)),
        Paragraph,
        lambda words: Paragraph(words, strong=words),
        lambda words: Paragraph(words, aside=True),
        lambda words: clause(words, deciding=words, lead_in=words, cited=words, notes=(words,), title=words),
    ],
)
def test_no_words_become_a_mark_a_mention_a_link_or_an_emoji(piece: Callable[[str], Block], words: str) -> None:
    (message,) = said(piece(words), buttons=[Button(words[:60], "one")])
    sent = message | {"mrkdwn": False, "parse": "none"}
    assert block_kit.problems(message["blocks"]) == []
    assert block_kit.effects(sent) == []
    assert words in block_kit.visible(message["blocks"])
    assert words in block_kit.unescaped(message["text"]).replace("\u2060", "")


def test_marks_of_direction_and_control_characters_are_taken_out() -> None:
    (message,) = said(Heading("a\u202eb\u2066c\x00d\u200fe\ufeff"), clause("x\u202ey"))
    assert block_kit.visible(message["blocks"]).splitlines()[0] == "abcde"
    assert "\u202e" not in message["text"] + visible([message])


def test_the_whole_of_an_over_long_clause_is_said_cut_at_the_ends_of_sentences() -> None:
    sentence = "Staff must lock the cupboard in which the laptops are kept, and hand the key in at the office by four o'clock."
    words = " ".join(f"{number}: {sentence}" for number in range(400))
    deciding = f"200: {sentence}"
    messages = said(Heading("Not allowed."), clause(words, deciding=deciding), buttons=[Button("More", "one")])
    assert len(messages) > 1
    for message in messages:
        assert block_kit.problems(message["blocks"]) == []
        assert not block_kit.too_long(message["blocks"])
    quoted = [line for line in visible(messages).splitlines() if line.startswith("“")]
    assert "".join(part[1:-1] for part in quoted) == words
    assert all(part[1:-1].rstrip().endswith("four o'clock.") and len(part) <= LONGEST_TEXT + 3 for part in quoted)
    assert "".join(word for message in messages for word in bold_words(message)).count(deciding) == 1
    assert visible(messages).count("The clause, word for word") == 1
    assert visible(messages).count("Policy, 9.3, version 1") == 1
    assert [block_kit.buttons(message["blocks"]) != [] for message in messages] == [False] * (len(messages) - 1) + [True]


@pytest.mark.parametrize("piece", [Heading, Paragraph, lambda words: Paragraph(words, aside=True), lambda words: Key("", words)])
@pytest.mark.parametrize("words", ["x" * 40_000, "a word " * 5000, "One. Two. " * 4000])
def test_nothing_of_40000_characters_is_lost(piece: Callable[[str], Block], words: str) -> None:
    messages = said(piece(words))
    for message in messages:
        assert block_kit.problems(message["blocks"]) == []
        assert not block_kit.too_long(message["blocks"])
    assert "".join(visible(messages).replace("“", "").replace("”", "").split()) == "".join(words.split())


def test_many_pieces_are_said_in_several_messages_of_at_most_fifty_blocks() -> None:
    messages = said(*(Paragraph(f"Line {number}.") for number in range(120)))
    assert [len(message["blocks"]) for message in messages] == [45, 45, 30]
    assert [line.strip("Line .") for line in visible(messages).splitlines()] == [str(number) for number in range(120)]


def test_buttons_are_plain_short_and_carry_their_value() -> None:
    many = [Button(f"School {number} " + "of a long name " * 6, f"c:{number}") for number in range(30)]
    (message,) = said(Heading("Which school?"), buttons=many)
    assert block_kit.problems(message["blocks"]) == []
    assert [button["value"] for button in block_kit.buttons(message["blocks"])] == [f"c:{number}" for number in range(30)]


def test_commands_are_named_as_they_are_written_in_slack_and_a_policy_s_words_stay_as_they_are() -> None:
    (message,) = said(
        Heading("Write /help, or /school. Not and/or, nor a/policies or /nothing."), clause("See /help and /forget.")
    )
    assert block_kit.visible(message["blocks"]).splitlines()[0] == (
        "Write /policy help, or /policy school. Not and/or, nor a/policies or /nothing."
    )
    assert "“See /help and /forget.”" in block_kit.visible(message["blocks"])


def test_a_clause_with_an_address_links_to_its_place_and_nothing_else_does() -> None:
    (message,) = said(clause("Staff must not.", url="https://policies.school.example/p#c"))
    links = [part for block in message["blocks"] if block["type"] == "rich_text" for part in parts_of(block)]
    assert [part["url"] for part in links if part["type"] == "link"] == ["https://policies.school.example/p#c"]


def test_a_home_view_is_one_that_slack_takes(demo: Indexes) -> None:
    asked = needs_school("hello", ["Coniston", "Wellesley"], demo.knowledge.vectors)
    view = to_home(lay_out(asked), [Button("Coniston", "c:1")])
    assert view["type"] == "home"
    assert block_kit.problems(view["blocks"], "home") == []
