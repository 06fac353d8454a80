"""A reply as an Adaptive Card: what is shown of each block, in words that mean nothing else, within the limits of Teams."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.teams_card import LARGEST_CARD, MOST_BUTTONS, to_activities
from bot.layout import WORRIED_NOW, Block, ClauseQuote, Differ, Heading, Key, Paragraph, Steps
from bot.messages import Button, Reply
from tests.platforms.teams_server import LARGEST_ACTIVITY, wrong_with


def quote(**changes: Any) -> ClauseQuote:
    clause: dict[str, Any] = {
        "title": "The clause, word for word",
        "number": None,
        "lead_in": "Staff must not:",
        "before": "",
        "deciding": "use their own phones",
        "after": " in lessons;",
        "cited": "Staff handbook, 4.2 (c), version 3 (May 2024).",
        "url": None,
        "notes": (),
        "bold": True,
    }
    return ClauseQuote(**clause | changes)


def card(*blocks: Block, buttons: tuple[Button, ...] = ()) -> list[dict[str, Any]]:
    """Return the elements of the one card that says a reply."""
    (activity,) = to_activities(Reply(blocks, buttons))
    assert wrong_with(activity) is None
    return list(activity["attachments"][0]["content"]["body"])


def runs(element: dict[str, Any]) -> list[tuple[str, bool]]:
    """Return the pieces of a paragraph, and which stand out."""
    return [(run["text"], run.get("weight") == "bolder") for run in element["inlines"]]


def test_each_block_is_shown_in_its_own_way() -> None:
    heading, first, second, key, differ, paragraph, title, clause = card(
        Heading("Not allowed."),
        Steps(("Stop.", "Tell the office.")),
        Key("Staff must not: ", "use their own phones"),
        Differ(("Two rules differ.", "The stricter governs.")),
        Paragraph("Speak to: Mrs Hill.", strong="Mrs Hill"),
        quote(),
    )
    assert (heading["text"], heading["style"], heading["wrap"]) == ("Not allowed.", "heading", True)
    assert [runs(first), runs(second)] == [[("1. ", False), ("Stop.", False)], [("2. ", False), ("Tell the office.", False)]]
    assert runs(key) == [("Staff must not: ", False), ("use their own phones", True)]
    assert [runs(item) for item in differ["items"]] == [[("Two rules differ.", False)], [("The stricter governs.", False)]]
    assert runs(paragraph) == [("Speak to: ", False), ("Mrs Hill", True), (".", False)]
    assert (title["text"], title["style"]) == ("The clause, word for word", "heading")
    words, source = clause["items"]
    assert runs(words) == [("Staff must not: ", False), ("use their own phones", True), (" in lessons;", False)]
    assert runs(source) == [("Staff handbook, 4.2 (c), version 3 (May 2024).", False)]


def test_a_clause_that_is_offered_has_its_number_and_one_with_an_address_a_link() -> None:
    title, clause = card(quote(title="", number=2, url="https://policies.example/4.2", notes=("It was repaired.",), bold=False))
    assert title["text"] == "2\\."
    words, source = clause["items"]
    assert [run.get("selectAction", {}).get("url") for run in source["inlines"]] == ["https://policies.example/4.2", None]
    assert source["inlines"][1]["text"] == " It was repaired."
    assert not any(bold for _, bold in runs(words))


def test_what_a_list_of_chats_shows_is_the_headline() -> None:
    (activity,) = to_activities(Reply((Heading("Not allowed."), Paragraph("Ask."))))
    assert activity["summary"] == "Not allowed."
    assert activity["attachments"][0]["content"]["fallbackText"] == f"Not allowed. {WORRIED_NOW}"
    assert "text" not in activity  # Teams would make two messages of it


def test_a_button_sends_its_value_and_the_replys_reference() -> None:
    (activity,) = to_activities(Reply((Heading("Hello."),), (Button("More", "s:1"),), reference="A1B2C3"))
    (action,) = activity["attachments"][0]["content"]["body"][-1]["actions"]
    assert (action["type"], action["title"]) == ("Action.Submit", "More")
    assert (action["data"]["pressed"], action["data"]["reference"]) == ("s:1", "A1B2C3")


def test_more_buttons_than_teams_shows_in_a_row_stand_in_several() -> None:
    *_, first, second = card(Heading("Choose."), buttons=tuple(Button(str(number), f"c:{number}") for number in range(8)))
    assert [len(first["actions"]), len(second["actions"])] == [MOST_BUTTONS, 2]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**bold** _slanted_ `code`", "\\*\\*bold\\*\\* \\_slanted\\_ \\`code\\`"),
        ("[Here](http://evil.example)", "\\[Here\\](http://evil.example)"),
        ("<at>everyone</at> &lt;b&gt;", "\\<at>everyone\\</at> \\&lt;b\\&gt;"),
        ("# Big", "\\# Big"),
        ("> quoted", "\\> quoted"),
        ("- item", "\\- item"),
        ("9. On phones", "9\\. On phones"),
        ("9.3 On well-being (a), 50 + 1", "9.3 On well-being (a), 50 + 1"),
        ("a ~~b~~ \\*", "a \\~\\~b\\~\\~ \\\\\\*"),
        ("one\n# two", "one # two"),
    ],
)
def test_markup_in_a_heading_is_escaped(text: str, shown: str) -> None:
    (heading,) = card(Heading(text))
    assert heading["text"] == shown


def test_elsewhere_text_stays_as_it_is_for_no_markup_is_read_there() -> None:
    hostile = "**bold** [Here](http://evil.example) <at>everyone</at> `x` & <b>"
    (paragraph,) = card(Paragraph(hostile))
    assert paragraph == {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": hostile}]}


def test_marks_that_turn_text_round_are_taken_out() -> None:
    heading, paragraph = card(Heading("\u202eabc\u202c"), Paragraph("\u2067d\u200fe\u2069f\u0007g"))
    assert heading["text"] == "abc"
    assert runs(paragraph) == [("defg", False)]


def test_lines_of_a_text_stand_below_each_other() -> None:
    assert [runs(line) for line in card(Paragraph("one\n\ntwo is strong", strong="strong"))] == [
        [("one", False)],
        [("two is ", False), ("strong", True)],
    ]


def words_of(elements: list[dict[str, Any]]) -> str:
    """Return all words of elements, without the spaces between them."""
    told = ""
    for element in elements:
        told += "".join(run["text"] for run in element.get("inlines", [])) + words_of(element.get("items", []))
    return "".join(told.split())


@pytest.mark.parametrize("sentence", ["Staff must lock the door. ", "door ", "x"])
def test_a_very_long_clause_is_told_whole_in_several_messages_each_small_enough(sentence: str) -> None:
    clause = sentence * (60_000 // len(sentence))
    reply = Reply((Heading("Not allowed."), quote(before=clause), Paragraph("Ask.")), (Button("More", "s:1"),))
    activities = to_activities(reply)
    bodies = [activity["attachments"][0]["content"]["body"] for activity in activities]
    assert len(activities) > 2
    for activity in activities:
        assert wrong_with(activity) is None
        assert len(json.dumps(activity).encode("utf-16-le")) < LARGEST_ACTIVITY / 2
    whole = "".join(words_of(body) for body in bodies)
    after = "use their own phones in lessons; Staff handbook, 4.2 (c), version 3 (May 2024). Ask."
    assert whole == "".join(f"Staff must not: {clause} {after}".split())
    assert [any(element["type"] == "ActionSet" for element in body) for body in bodies] == [False] * (len(bodies) - 1) + [True]


TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from("\u200b\u202e\n *[]<>"))
BLOCKS = st.one_of(
    st.builds(Heading, TEXT),
    st.builds(Steps, st.lists(TEXT, min_size=1, max_size=4).map(tuple)),
    st.builds(Key, TEXT, TEXT),
    st.builds(Differ, st.lists(TEXT, min_size=1, max_size=3).map(tuple)),
    st.builds(Paragraph, TEXT, st.just(""), st.booleans()),
    st.builds(quote, before=TEXT, deciding=TEXT, after=TEXT, lead_in=TEXT, cited=TEXT, title=TEXT),
)


@given(st.lists(BLOCKS, min_size=1, max_size=6))
def test_whatever_is_said_teams_takes_it(blocks: list[Block]) -> None:
    activities = to_activities(Reply((Heading("Not allowed."), *blocks), (Button("More", "s:1"),)))
    assert [wrong_with(activity) for activity in activities] == [None] * len(activities)
    assert all(len(str(activity)) < LARGEST_CARD * 2 for activity in activities)
