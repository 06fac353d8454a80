import pytest

from corpus.sentences import needs_the_one_before, sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["Staff must sign in.", "Visitors must too."],
        ["Is it yours?", "Then take it!", "It is not mine."],
        ["He said “never.”", "She left."],
        ["Use devices (phones etc.) with care.", "Lock them away."],
        ["Ring before 7.15 a.m. if you are late.", "Leave a message."],
        ["Speak to Mr. Lund or Dr. Solanki.", "They are in on Fridays."],
        ["Take care, e.g. Facebook or X, online.", "Report misuse."],
        ["See St. Mary's policy.", "It is short."],
        ["J. Smith and A. B. Jones signed.", "The rest did not."],
        ["Bring pens, paper, etc.", "Leave phones at home."],
        ["See para. 5 and sec. 3 of no. 4.", "Ask if unsure."],
        ["It costs 3.50 a day.", "Pay at the office."],
        ["**Never** share it.", "*Report* it."],
        ["Phones are off (see 5.1. Also 5.2) in class.", "Lockers are free."],
        ["One sentence without an end"],
    ],
)
def test_text_is_split_at_the_ends_of_sentences_only(parts: list[str]) -> None:
    assert split(" ".join(parts)) == parts


def test_offsets_count_from_where_the_text_begins() -> None:
    assert list(sentences("One is here. Two is there.", 100)) == [(100, 112), (113, 126)]


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_has_no_sentences(text: str) -> None:
    assert split(text) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "This applies to visitors too.",
        "These must be locked away.",
        "Those who do not will be asked to leave.",
        "Such friendships must be declared.",
        "It must be kept in the office.",
        "It applies to visitors as well.",
        "They should ask the headteacher.",
        "He or she must sign the form.",
        "However, the office may open the file.",
        "Therefore it is kept locked.",
        "Otherwise the insurers will not pay.",
        "For example, a phone left on a desk.",
        "Doing this is misconduct.",
        "Failure to do so is misconduct.",
        "If so, tell the office.",
        "In such cases the headteacher decides.",
        "Any such contact must be declared.",
        "Staff must comply with the above.",
        "Staff should bear in mind that this will be checked.",
        "“This is the rule.”",
    ],
)
def test_a_sentence_that_points_back_needs_the_one_before(sentence: str) -> None:
    assert needs_the_one_before(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Staff must sign in.",
        "It is for the headteacher to decide.",
        "It is essential that doors are locked.",
        "It is important to keep records.",
        "Staff in this school must sign in.",
        "Staff must read this policy.",
        "Sites such as Facebook are blocked.",
        "Italian is taught in Year 6.",
        "Theatre visits must be approved.",
        "Thistles grow here.",
        "Staff must follow these procedures.",
    ],
)
def test_a_sentence_that_can_be_read_alone_does_not(sentence: str) -> None:
    assert not needs_the_one_before(sentence)
