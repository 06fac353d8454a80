"""Replies as the texts of Telegram messages: each is read as Telegram reads it, by the rules of its own parser."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram_html import LONGEST_OPEN_QUOTE, messages, plain
from bot.layout import Block, ClauseQuote, Differ, Heading, Key, Paragraph, Steps
from tests.platforms.telegram_text import LONGEST_TEXT, Entity, clean, find_entities, parse_html, units

HOSTILE = "<b>x</b> &lt;i&gt; <a href='https://evil.example'>here</a> & </blockquote> <tg-spoiler"


def quotation(
    words: str, *, deciding: str = "", number: int | None = None, url: str | None = None, title: str = ""
) -> ClauseQuote:
    before, _, after = words.partition(deciding) if deciding else (words, "", "")
    return ClauseQuote(
        title=title,
        number=number,
        lead_in="",
        before=before,
        deciding=deciding,
        after=after,
        cited="Social media policy, 1.1, version 2 (adopted May 2018).",
        url=url,
        notes=("It was repaired.",),
        bold=True,
    )


def read(*blocks: Block) -> tuple[str, list[Entity]]:
    """Return what the only message of a reply says, as Telegram reads it."""
    (text,) = messages(blocks)
    return parse_html(text)


def marked(text: str, entities: list[Entity], kind: str) -> list[str]:
    encoded = text.encode("utf-16-le")
    spans = [(one["offset"] * 2, (one["offset"] + one["length"]) * 2) for one in entities if one["type"] == kind]
    return [encoded[start:end].decode("utf-16-le") for start, end in spans]


def test_an_answer_is_a_headline_the_deciding_words_and_the_clause_with_its_place() -> None:
    text, entities = read(
        Heading("Hillside's policy (undated): not allowed."),
        Key("Staff ", "must not accept friend requests"),
        Paragraph("Speak to: the headteacher.", strong="the headteacher"),
        quotation("Staff must not accept friend requests.", deciding="must not", title="The clause, word for word"),
    )
    assert text == (
        "Hillside's policy (undated): not allowed.\n\n“Staff must not accept friend requests”\n\nSpeak to: the headteacher.\n\n"
        "The clause, word for word:\nStaff must not accept friend requests.\n"
        "Social media policy, 1.1, version 2 (adopted May 2018).\nIt was repaired."
    )
    assert marked(text, entities, "blockquote") == ["Staff must not accept friend requests."]
    assert marked(text, entities, "bold") == [
        "Hillside's policy (undated): not allowed.",
        "must not accept friend requests",
        "the headteacher",
        "The clause, word for word:",
        "must not",
    ]


def test_steps_are_numbered_and_rules_that_differ_stand_together() -> None:
    text, _ = read(
        Heading("Do this now."), Steps(("Ring 999.", "Tell the DSL.")), Differ(("They differ.", "Follow the stricter."))
    )
    assert text == "Do this now.\n\n1. Ring 999.\n2. Tell the DSL.\n\nThey differ.\nFollow the stricter."


def test_a_clause_to_choose_has_its_number_and_its_link() -> None:
    text, entities = read(quotation("Staff must ask.", number=2, url='https://policies.example/?a=1&b="2"'))
    assert text.startswith("2. Staff must ask.\nSocial media policy")
    (link,) = [one["url"] for one in entities if one["type"] == "text_link"]
    assert link == 'https://policies.example/?a=1&b="2"'


@pytest.mark.parametrize(
    ("length", "kind"), [(LONGEST_OPEN_QUOTE, "blockquote"), (LONGEST_OPEN_QUOTE + 1, "expandable_blockquote")]
)
def test_a_long_quotation_is_folded(length: int, kind: str) -> None:
    _, entities = read(quotation("x" * length))
    assert kind in {one["type"] for one in entities}


@pytest.mark.parametrize(
    "block",
    [
        Heading(HOSTILE),
        Steps((HOSTILE,)),
        Key(HOSTILE, HOSTILE),
        Paragraph(HOSTILE, strong="&lt;i&gt;"),
        Differ((HOSTILE,)),
        quotation(HOSTILE, deciding="<a href"),
    ],
    ids=lambda block: type(block).__name__,
)
def test_what_looks_like_markup_is_only_text(block: Block) -> None:
    text, entities = read(block)
    assert HOSTILE in text
    assert "text_link" not in {one["type"] for one in entities}


def test_nobody_is_mentioned_by_what_somebody_typed_and_mail_addresses_stay() -> None:
    text, entities = read(Paragraph("@everyone ask @sam_teaches or office@hillside.example"))
    assert {one["type"] for one in find_entities(text, entities)} == {"email"}
    assert "office@hillside.example" in text


def test_direction_marks_and_controls_are_gone() -> None:
    assert plain("a\u202eb\u2066c\u200fd\x00e\x07f\ud800g\nh\ti") == "abcdefg\nh\ti"


def test_a_long_reply_is_cut_where_a_block_ends() -> None:
    blocks = [Paragraph(f"{number}" * 1500) for number in range(1, 6)]
    assert [text[0] for text in messages(blocks)] == ["1", "3", "5"]


def test_a_block_longer_than_a_message_is_cut_where_a_sentence_ends_and_stays_a_quotation() -> None:
    sentence = "Staff must never share a password with anybody, not even with a colleague. "
    parts = [parse_html(text) for text in messages([Heading("It says:"), quotation(sentence * 200)])]
    assert len(parts) == 4
    for text, _ in parts[:-1]:
        assert text.endswith("colleague.")
    for text, entities in parts:
        assert marked(text, entities, "expandable_blockquote")


def test_words_without_a_sentence_are_cut_between_words_and_one_endless_word_anywhere() -> None:
    texts = messages([Paragraph("word " * 2000)])
    assert all(text.startswith("word") and text.endswith("word") for text in texts)
    assert [len(text) for text in messages([Paragraph("x" * 10_000)])] == [4096, 4096, 1808]


def test_emoji_count_twice() -> None:
    assert [len(text) for text in messages([Paragraph("🙂" * 3000)])] == [2048, 952]


WORDS = st.text(alphabet=st.sampled_from("ab. <>&@é🙂\n\u202e\"'"), max_size=300).map(lambda text: text * 20)
BLOCKS = st.lists(
    st.one_of(
        st.builds(Heading, WORDS),
        st.builds(Steps, st.lists(WORDS, min_size=1, max_size=3).map(tuple)),
        st.builds(Key, WORDS, WORDS),
        st.builds(Paragraph, WORDS, strong=st.sampled_from(["", "a"]), aside=st.booleans()),
        st.builds(quotation, WORDS, number=st.sampled_from([None, 1])),
    ),
    min_size=1,
    max_size=4,
)


@given(BLOCKS)
def test_every_message_is_one_that_telegram_takes_and_no_word_is_lost(blocks: list[Block]) -> None:
    said = []
    for text in messages(blocks):
        read_, _ = parse_html(text)
        assert clean(read_)
        assert units(read_) <= LONGEST_TEXT
        said.append(read_)
    assert letters("".join(said)) == letters("".join(words(block) for block in blocks))


def words(block: Block) -> str:
    match block:
        case Heading(text) | Paragraph(text):
            return text
        case Steps(items):
            return "".join(f"{number}. {item}" for number, item in enumerate(items, 1))
        case Key(leading, deciding):
            return f"“{leading}{deciding}”"
        case ClauseQuote():
            return (
                f"{block.number}. {block.words}{block.cited}It was repaired."
                if block.number
                else (f"{block.words}{block.cited}It was repaired.")
            )
    raise AssertionError(block)


def letters(text: str) -> str:
    return re.sub(r"[\s\u202e\u2060]", "", text)
