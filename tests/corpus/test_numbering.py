"""The numbers that Word prints by itself, each worked out by hand from the lists of the document."""

import pytest

from corpus.documents.numbering import written
from corpus.documents.reading import read_document
from tests.corpus.office_files import docx, para, style


def level(at: int, form: str, pattern: str, *, start: int | None = 1, more: str = "") -> str:
    begins = "" if start is None else f'<w:start w:val="{start}"/>'
    return f'<w:lvl w:ilvl="{at}">{begins}<w:numFmt w:val="{form}"/>{more}<w:lvlText w:val="{pattern}"/></w:lvl>'


def abstract(identifier: int, *levels: str) -> str:
    return f'<w:abstractNum w:abstractNumId="{identifier}">{"".join(levels)}</w:abstractNum>'


def use(number: int, identifier: int, *overrides: str) -> str:
    return f'<w:num w:numId="{number}"><w:abstractNumId w:val="{identifier}"/>{"".join(overrides)}</w:num>'


def begins(at: int, start: int) -> str:
    return f'<w:lvlOverride w:ilvl="{at}"><w:startOverride w:val="{start}"/></w:lvlOverride>'


POLICY = abstract(
    0, level(0, "decimal", "%1."), level(1, "decimal", "%1.%2"), level(2, "lowerLetter", "(%3)"), level(3, "lowerRoman", "%4.")
)


def printed(numbering: str, *items: tuple[int, int]) -> list[str]:
    """What stands before each item, given as (list, level); every item reads `Rule.`"""
    body = "".join(para("Rule.", number=number, level=at) for number, at in items)
    lines = read_document(docx(body, numbering=numbering), "p.docx").text.split("\n")
    return [line.strip().removesuffix("Rule.").strip() for line in lines if line.strip()]


@pytest.mark.parametrize(
    ("lists", "items", "expected"),
    [
        pytest.param(
            POLICY + use(1, 0),
            [(1, 0), (1, 1), (1, 2), (1, 2), (1, 3), (1, 3), (1, 2), (1, 1), (1, 2), (1, 0), (1, 1)],
            ["1.", "1.1", "(a)", "(b)", "i.", "ii.", "(c)", "1.2", "(a)", "2.", "2.1"],
            id="four levels, each beginning again under the one above",
        ),
        pytest.param(
            POLICY + use(1, 0) + use(2, 0),
            [(1, 0), (1, 1), (2, 1), (2, 0), (1, 1), (1, 0)],
            ["1.", "1.1", "1.2", "2.", "2.1", "3."],
            id="two lists of one abstract list go on with each other",
        ),
        pytest.param(
            POLICY + use(1, 0) + use(2, 0, begins(0, 1)),
            [(1, 0), (1, 0), (2, 0), (2, 1), (2, 0), (1, 0)],
            ["1.", "2.", "1.", "1.1", "2.", "3."],
            id="a list that begins anew does so once",
        ),
        pytest.param(
            POLICY + use(1, 0) + use(2, 0, begins(1, 7)),
            [(1, 0), (1, 1), (2, 1), (2, 1), (2, 0), (2, 1)],
            ["1.", "1.1", "1.7", "1.8", "2.", "2.7"],
            id="a level that begins anew begins there whenever it begins",
        ),
        pytest.param(
            POLICY + use(1, 0),
            [(1, 1), (1, 0), (1, 1)],
            ["1.1", "2.", "2.1"],
            id="a level with nothing above it counts one above",
        ),
        pytest.param(
            abstract(0, level(0, "upperRoman", "%1."), level(1, "decimal", "%1.%2", more="<w:isLgl/>")) + use(1, 0),
            [(1, 0), (1, 0), (1, 1), (1, 1)],
            ["I.", "II.", "2.1", "2.2"],
            id="legal numbering is in figures throughout",
        ),
        pytest.param(
            abstract(0, level(0, "decimal", "%1."), level(1, "lowerLetter", "%2)", more='<w:lvlRestart w:val="0"/>')) + use(1, 0),
            [(1, 0), (1, 1), (1, 1), (1, 0), (1, 1)],
            ["1.", "a)", "b)", "2.", "c)"],
            id="a level that never begins again",
        ),
        pytest.param(
            abstract(
                0,
                level(0, "decimal", "%1."),
                level(1, "decimal", "%1.%2"),
                level(2, "lowerLetter", "(%3)", more='<w:lvlRestart w:val="1"/>'),
            )
            + use(1, 0),
            [(1, 0), (1, 1), (1, 2), (1, 1), (1, 2), (1, 0), (1, 1), (1, 2)],
            ["1.", "1.1", "(a)", "1.2", "(b)", "2.", "2.1", "(a)"],
            id="a level that begins again under the first level only",
        ),
        pytest.param(
            abstract(0, level(0, "decimal", "%1)", start=5))
            + abstract(1, level(0, "decimal", "(%1)", start=None))
            + use(1, 0)
            + use(2, 1),
            [(1, 0), (2, 0), (1, 0), (2, 0)],
            ["5)", "(0)", "6)", "(1)"],
            id="lists of their own, one from five, one from nothing said",
        ),
        pytest.param(
            abstract(0, level(0, "decimal", "%1."), level(1, "none", ""), level(2, "bullet", "\uf0b7")) + use(1, 0),
            [(1, 0), (1, 1), (1, 2), (1, 0), (0, 0), (9, 0)],
            ["1.", "", "▪", "2.", "", ""],
            id="levels without a number, bullets, no list, and a list that is not there",
        ),
        pytest.param(
            POLICY + use(1, 0, f'<w:lvlOverride w:ilvl="1">{level(1, "upperLetter", "%2.")}</w:lvlOverride>'),
            [(1, 0), (1, 1), (1, 1)],
            ["1.", "A.", "B."],
            id="a list that writes a level differently",
        ),
        pytest.param(
            abstract(0, level(0, "decimal", "%1"), level(1, "lowerLetter", "%1.%2"), level(2, "decimal", "Step %3:")) + use(1, 0),
            [(1, 0), (1, 1), (1, 2)],
            ["1.", "a.", "Step 1:"],
            id="what is printed in a way that is no marker elsewhere keeps its number",
        ),
    ],
)
def test_the_numbers_are_those_that_word_prints(lists: str, items: list[tuple[int, int]], expected: list[str]) -> None:
    assert printed(lists, *items) == expected


def test_numbers_come_with_the_styles_of_paragraphs_and_can_be_taken_off() -> None:
    styles = (
        style("H1", "heading 1", '<w:pPr><w:outlineLvl w:val="0"/><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>')
        + style("Rule", "Rule", '<w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr>')
        + style("Near", "Near", based_on="Rule")
        + style("Item", "Item", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>')
    )
    lists = abstract(
        0,
        level(0, "decimal", "%1.", more='<w:pStyle w:val="H1"/>'),
        level(1, "decimal", "%1.%2"),
        level(2, "lowerLetter", "(%3)", more='<w:pStyle w:val="Item"/>'),
    )
    body = (
        para("Phones", style="H1")
        + para("Staff must not:", style="Rule")
        + para("call.", style="Item")
        + para("Pupils sign in.", style="Near")
        + para(style="Rule")  # an empty paragraph is counted, as Word does
        + para("Parents too.", style="Rule")
        + para("Foreword", style="H1", number=0)
    )
    assert read_document(docx(body, styles=styles, numbering=lists + use(1, 0)), "p.docx").text == (
        "# 1. Phones\n\n1.1 Staff must not:\n        (a) call.\n\n1.2 Pupils sign in.\n\n1.4 Parents too.\n\n# Foreword\n"
    )


def test_a_list_that_names_a_numbering_style_is_the_list_of_that_style() -> None:
    linked = '<w:abstractNum w:abstractNumId="1"><w:numStyleLink w:val="House"/></w:abstractNum>'
    styles = style("House", "House", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>', kind="numbering")
    body = para("One.", number=2, level=0) + para("Two.", number=2, level=1)
    text = read_document(docx(body, styles=styles, numbering=POLICY + linked + use(1, 0) + use(2, 1)), "p.docx").text
    assert text == "1. One.\n\n1.1 Two.\n"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("decimal", {1: "1", 21: "21"}),
        ("decimalZero", {1: "01", 10: "10"}),
        ("lowerLetter", {1: "a", 26: "z", 27: "aa", 28: "bb", 54: "bbb"}),
        ("upperLetter", {3: "C"}),
        ("lowerRoman", {4: "iv", 9: "ix", 40: "xl", 1999: "mcmxcix"}),
        ("upperRoman", {14: "XIV"}),
        ("ordinal", {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 20: "20th", 22: "22nd", 111: "111th"}),
        ("ordinalText", {2: "Second"}),
        ("cardinalText", {12: "Twelve"}),
        ("none", {5: ""}),
        ("hebrew1", {5: "5"}),
    ],
)
def test_a_number_is_written_in_its_format(form: str, expected: dict[int, str]) -> None:
    assert {number: written(number, form) for number in expected} == expected
