"""What the analyzer promises: the same terms for what means the same, whoever typed it and on whatever keyboard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.analyzer import analyze, normalize

# Each line: ways to write one thing, which must come to the same terms.
SAME = [
    ["online", "on-line", "on line", "On-Line", "ON LINE", "on\u2011line", "on\u2013line"],
    ["offline", "off-line", "off line"],
    ["email", "e-mail", "e mail", "E-Mail", "e\u2011mail"],
    ["emails", "e-mails", "e mails"],
    ["website", "web-site", "web site"],
    ["wellbeing", "well-being", "Well\u2011Being"],
    ["cyberbullying", "cyber-bullying", "cyber bullying"],
    ["an ex-pupil", "ex-pupils", "an ex\u2011pupil"],
    [
        "pupil",
        "pupils",
        "pupil's",
        "pupil\u2019s",
        "pupils'",
        "pupils\u2019",
        "\u2018pupil\u2019",
        "\u201cpupils\u201d",
        "PUPILS",
    ],
    ["the headteacher's", "headteacher", "headteachers'", "Headteacher\u2019s"],
    ["children's", "children\u2019s", "children"],
    ["don't", "don\u2019t", "dont", "Don`t", "don\u00b4t"],
    ["photographs of classes", "photograph   of\nclass", "PHOTOGRAPHS, of (classes)!"],
    ["parents and/or carers", "parents, carers", "\"parents\"; 'carers'", "parents/carers"],
    [
        "Facebook",
        "\uff26\uff41\uff43\uff45\uff42\uff4f\uff4f\uff4b",
        "facebook\U0001f600",
        "\U0001f600 facebook \U0001f44d\U0001f3fd",
    ],
    ["office", "of\ufb01ce"],  # the one letter that typesetting makes of f and i
    ["mobile phone", "mobile-phone", "mobile_phone", "mobile\tphone", "mobile\u00a0phone"],
]


@pytest.mark.parametrize("ways", SAME, ids=[ways[0] for ways in SAME])
def test_ways_to_write_one_thing_are_the_same_terms(ways: list[str]) -> None:
    assert {way: analyze(way) for way in ways} == dict.fromkeys(ways, analyze(ways[0]))
    assert analyze(ways[0])


# Each line: two things that must not come to the same terms.
DIFFERENT = [
    ("pupil", "ex-pupil"),
    ("smoking", "non-smoking"),
    ("ex-pupil", "ex-member"),
    ("may", "must"),
    ("allowed", "not allowed"),
    ("never", "always"),
    ("post", "poster"),
    ("Year 5", "Year 6"),
    ("without consent", "consent"),
    ("no photographs", "photographs"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_things_are_different_terms(one: str, other: str) -> None:
    assert analyze(one) != analyze(other)


TERMS = [
    ("Can I accept a parent's friend request?", ["accept", "parent", "friend", "request"]),
    ("what do i do about it", []),
    ("co-operation and follow-up", ["co", "oper", "follow"]),
    ("ex-pupil", ["expupil"]),
    ("He must not, and will never, post photos.", ["must", "not", "never", "post", "photo"]),
    ("x5 2026 £20", ["x5", "2026", "20"]),
]


@pytest.mark.parametrize(("text", "terms"), TERMS)
def test_a_text_comes_to_its_words_in_order_without_those_that_carry_no_topic(text: str, terms: list[str]) -> None:
    assert analyze(text) == terms


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t\r", "\x00\x01\x1f", "\U0001f600", "\U0001f44d\U0001f3fd\u200d", "?!...", "' - '", "--", "_", "the of and"],
)
def test_what_holds_no_word_has_no_terms(text: str) -> None:
    assert analyze(text) == []


def test_control_characters_between_words_part_them() -> None:
    assert analyze("mobile\x00phone\x0bbook") == analyze("mobile phone book")


TYPED = st.text() | st.text(alphabet="aeilmnopst'\u2019-\u2011 .EXx\U0001f600\x00\u00e9\u0301")


@given(TYPED)
def test_any_text_is_read_and_always_the_same_way(text: str) -> None:
    terms = analyze(text)
    assert analyze(text) == terms
    assert all(term and term == term.strip() and not any(mark in term for mark in " -'\u2019_") for term in terms)


@given(TYPED, TYPED)
def test_texts_on_two_lines_have_the_terms_of_both(one: str, other: str) -> None:
    assert analyze(f"{one} .\n. {other}") == analyze(one) + analyze(other)


@given(TYPED)
def test_what_was_made_plain_stays_as_it_is(text: str) -> None:
    assert analyze(normalize(text)) == analyze(text)
