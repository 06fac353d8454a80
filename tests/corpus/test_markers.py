"""Printed numbering: a line in, its marker out; and what only the markers before it can tell."""

import pytest

from corpus.markers import Family, as_roman, parse_marker, roman_to_int
from corpus.reader import Kind, read_blocks
from corpus.source import SourceText

MARKED = [
    # line, family, value, ordinal, the words after it
    ("5.1 Staff must", Family.DECIMAL, "5.1", 0, "Staff must"),
    ("6.3.1. If any", Family.DECIMAL, "6.3.1", 0, "If any"),
    ("10.12: Parents", Family.DECIMAL, "10.12", 0, "Parents"),
    ("**5.2** Staff must", Family.DECIMAL, "5.2", 0, "Staff must"),
    ("- 5.1. All school staff", Family.DECIMAL, "5.1", 0, "All school staff"),
    ("• 4.2 Staff", Family.DECIMAL, "4.2", 0, "Staff"),
    ("12. Staff must", Family.INTEGER, "12", 12, "Staff must"),
    ("3) No photograph", Family.INTEGER, "3", 3, "No photograph"),
    ("- 2. Scope", Family.INTEGER, "2", 2, "Scope"),
    ("(1) Pupils", Family.BRACKETED, "1", 1, "Pupils"),
    ("(12)Pupils", Family.BRACKETED, "12", 12, "Pupils"),
    ("A1 Computers are", Family.CODED, "A1", 0, "Computers are"),
    ("B2.1 Staff", Family.CODED, "B2.1", 0, "Staff"),
    ("(d) accept a friend", Family.LETTER, "d", 4, "accept a friend"),
    ("b) another adult", Family.LETTER, "b", 2, "another adult"),
    ("c. be punctual", Family.LETTER, "c", 3, "be punctual"),
    ("(i) has been agreed", Family.LETTER, "i", 9, "has been agreed"),
    ("(D) Staff", Family.CAPITAL, "D", 4, "Staff"),
    ("A. Why we have this", Family.CAPITAL, "A", 1, "Why we have this"),
    ("(iv) takes place", Family.ROMAN, "iv", 4, "takes place"),
    ("ii. Staff", Family.ROMAN, "ii", 2, "Staff"),
    ("(xii) Staff", Family.ROMAN, "xii", 12, "Staff"),
    ("IV. Staff", Family.ROMAN, "IV", 4, "Staff"),
    ("• Staff must", Family.BULLET, "", 0, "Staff must"),
    ("•Staff must", Family.BULLET, "", 0, "Staff must"),
    ("- put laptops back", Family.BULLET, "", 0, "put laptops back"),
    ("– the manager may", Family.BULLET, "", 0, "the manager may"),
    ("* log off", Family.BULLET, "", 0, "log off"),
    ("o promise to keep it", Family.BULLET, "", 0, "promise to keep it"),
    ("§ use your school address", Family.BULLET, "", 0, "use your school address"),
    ("☐ Any breaches", Family.BULLET, "", 0, "Any breaches"),
    ("□ Never 'friend' a pupil", Family.BULLET, "", 0, "Never 'friend' a pupil"),
    ("$\\square$ All mobile phones", Family.BULLET, "", 0, "All mobile phones"),
    ("\uf0b7 physical abuse", Family.BULLET, "", 0, "physical abuse"),
]


@pytest.mark.parametrize(("line", "family", "value", "ordinal", "words"), MARKED)
def test_a_marker_has_a_family_a_value_and_a_length(line: str, family: Family, value: str, ordinal: int, words: str) -> None:
    marker = parse_marker(line)
    assert marker is not None
    assert (marker.family, marker.value, marker.ordinal, line[marker.length :]) == (family, value, ordinal, words)


@pytest.mark.parametrize(
    "line",
    [
        "Staff must sign in.",
        "(see section 5)",
        "e.g. the library",
        "5 pupils were there",
        "2023 was the year",
        "3.5",
        "office hours",
        "-5 degrees",
        "*emphasis* here",
        "**must not**",
        "o'clock",
        "(must not)",
        "",
    ],
)
def test_words_and_numbers_of_a_sentence_are_no_marker(line: str) -> None:
    assert parse_marker(line) is None


def test_bullets_keep_the_glyph_that_tells_lists_apart() -> None:
    markers = [parse_marker(line) for line in ("• one", "- two", "o three", "☐ four", "$\\square$ five")]
    assert [marker and marker.glyph for marker in markers] == ["•", "-", "o", "☐", "$\\square$"]


@pytest.mark.parametrize(
    ("numeral", "number"), [("i", 1), ("iv", 4), ("v", 5), ("ix", 9), ("xiv", 14), ("xix", 19), ("xl", 40), ("xxx", 30)]
)
def test_roman_numbers_count(numeral: str, number: int) -> None:
    assert roman_to_int(numeral) == number


def test_a_letter_can_be_read_as_a_roman_number_only_where_it_is_one() -> None:
    lettered = {letter: parse_marker(f"({letter}) words") for letter in "ivxdh"}
    romans = {letter: marker and as_roman(marker) for letter, marker in lettered.items()}
    assert {letter: roman.ordinal for letter, roman in romans.items() if roman} == {"i": 1, "v": 5, "x": 10}


def families(*markers: str) -> list[str]:
    text = "\n\n".join(["1. Rules", "Staff must:", *(f"{marker} do a thing;" for marker in markers)])
    blocks = read_blocks(SourceText(text))
    return [f"{block.marker.family}:{block.marker.ordinal}" for block in blocks if block.kind is Kind.ITEM and block.marker]


def test_i_after_h_is_a_letter() -> None:
    letters = [f"({letter})" for letter in "abcdefghij"]
    assert families(*letters) == [f"letter:{number}" for number in range(1, 11)]


def test_i_elsewhere_is_a_roman_number() -> None:
    assert families("(i)", "(ii)", "(iii)") == ["roman:1", "roman:2", "roman:3"]
    assert families("(a)", "(b)", "(i)", "(ii)", "(c)") == ["letter:1", "letter:2", "roman:1", "roman:2", "letter:3"]


def test_v_after_iv_is_a_roman_number_and_after_u_a_letter() -> None:
    assert families("(i)", "(ii)", "(iii)", "(iv)", "(v)", "(vi)")[-2:] == ["roman:5", "roman:6"]
    assert families(*(f"({letter})" for letter in "abcdefghijklmnopqrstuv"))[-1] == "letter:22"


def test_roman_numbers_begin_again_under_each_letter() -> None:
    assert families("(a)", "(i)", "(ii)", "(b)", "(i)", "(ii)")[3:] == ["letter:2", "roman:1", "roman:2"]


def test_an_initial_is_no_marker() -> None:
    text = "1. Who we are\n\nThe headteacher leads the staff of the school.\n\nJ. Smith is the caretaker and has the keys to it."
    assert [block.kind for block in read_blocks(SourceText(text))][-1] is Kind.PARAGRAPH
