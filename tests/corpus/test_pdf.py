"""PDFs of one or a few pages, written here letter by letter, against the text that comes out of them."""

import random
from pathlib import Path

import pytest

from corpus.building import build_policy
from corpus.clause import Clause
from corpus.documents.pdf import MOST_PAGES, read_pdf
from corpus.documents.reading import ReadDocument
from corpus.errors import DocumentError

DOCUMENTS = Path(__file__).parent / "documents"


def pdf(*pages: str, page: str = "", catalog: str = "", more: dict[int, bytes] | None = None) -> bytes:
    """Return a PDF with these pages, each the operators that draw it.

    F1 is Courier, F2 its bold, F3 Courier with ligatures for the bytes 1, 2 and 4 and a soft hyphen for 3.
    """
    fonts = {
        "F1": "/BaseFont /Courier /Encoding /WinAnsiEncoding",
        "F2": "/BaseFont /Courier-Bold /Encoding /WinAnsiEncoding",
        "F3": "/BaseFont /Courier /ToUnicode 4 0 R "
        "/Encoding << /BaseEncoding /WinAnsiEncoding /Differences [1 /fi /fl /softhyphen] >>",
    }
    font = " ".join(f"/{name} << /Type /Font /Subtype /Type1 {what} >>" for name, what in fonts.items())
    kids = " ".join(f"{10 + 2 * index} 0 R" for index in range(len(pages)))
    objects = {
        1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        2: (
            f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} /MediaBox [0 0 600 800] {page}"
            f"/Resources << /Font << {font} >> /XObject << /Im 3 0 R >> >> >>"
        ).encode(),
        3: stream(b"\x80", "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"),
        4: stream(b"1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfchar <04> <00660066> endbfchar"),
    } | (more or {})
    for index, drawn in enumerate(pages):
        objects[10 + 2 * index] = f"<< /Type /Page /Parent 2 0 R /Contents {11 + 2 * index} 0 R >>".encode()
        objects[11 + 2 * index] = stream(drawn.encode("cp1252"))
    out, places = b"%PDF-1.7\n", {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    table = "".join(f"{number} 1\n{place:010} 00000 n \n" for number, place in places.items())
    return (
        out + f"xref\n0 1\n0000000000 65535 f \n{table}trailer << /Size 9999 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF".encode()
    )


def stream(data: bytes, what: str = "") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (what.encode(), len(data), data)


def at(x: float, y: float, words: str, size: float = 10, font: str = "F1", *, before: str = "") -> str:
    escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"q BT {before} /{font} {size} Tf 1 0 0 1 {x} {y} Tm ({escaped}) Tj ET Q\n"


def lines(x: float, y: float, text: str, size: float = 10, font: str = "F1") -> str:
    """Draw lines one under the other, down from `y`; spaces at the start of a line set it in."""
    return "".join(at(x, y - 1.2 * size * row, line, size, font) for row, line in enumerate(text.split("\n")) if line)


def box(left: float, bottom: float, right: float, top: float) -> str:
    return f"{left} {bottom} {right - left} {top - bottom} re S\n"


def read(*pages: str, **more: str) -> ReadDocument:
    return read_pdf(pdf(*pages, **more), "policy.pdf")  # type: ignore[arg-type]


FILLED = "Every member of staff reads this policy each year\nand asks the office about whatever is not clear."
FULL = FILLED.replace("\n", " ")

LEFT = """\
Staff must keep their own
telephones out of sight in
lessons. They may use them
in the staff room at break
and at lunchtime, and must"""
RIGHT = """\
put them away when the bell
rings. Visitors are told of
this at the office and are
asked to do the same while
they are in the building."""
COLUMNS = f"{LEFT} {RIGHT}".replace("\n", " ")
CASES = {
    "two columns": (lines(50, 700, LEFT) + lines(320, 700, RIGHT), COLUMNS),
    "two columns under a line across both": (
        lines(50, 740, "What this school asks of everyone who brings a telephone to work:")
        + lines(50, 700, LEFT)
        + lines(320, 700, RIGHT),
        f"What this school asks of everyone who brings a telephone to work:\n\n{COLUMNS}",
    ),
    "a short heading over both columns, between others": (
        lines(50, 740, LEFT)
        + lines(320, 740, RIGHT)
        + at(50, 650, "Monitoring", 14, "F2")
        + lines(50, 620, LEFT)
        + lines(320, 620, RIGHT),
        f"{COLUMNS}\n\n# Monitoring\n\n{COLUMNS}",
    ),
    "a word broken at a hyphen": (
        lines(
            50,
            700,
            "The safeguarding lead keeps the records of every safe-\nguarding matter, and a well-known one of self-\ncontrol.",
        ),
        "The safeguarding lead keeps the records of every safe-\nguarding matter, and a well-known one of self-\ncontrol.",
    ),
    "a soft hyphen": (
        lines(50, 700, "Nobody may comment on an inspec\x03tion online.", font="F3"),
        "Nobody may comment on an inspection online.",
    ),
    "ligatures and curly quotes": (
        at(50, 700, "Sta\x04 \x01ll the \x02oor, o\x04er \u201chelp\u201d and don\u2019t worry.", font="F3"),
        "Staff fill the floor, offer \u201chelp\u201d and don\u2019t worry.",
    ),
    "a letter printed twice to make it bold": (
        at(50, 700, "Never run in the hall") + at(50.3, 700, "Never run in the hall"),
        "Never run in the hall",
    ),
    "a list under its lead-in": (
        lines(50, 700, "When using any site, staff must not:")
        + lines(
            70,
            680,
            "(a) name a pupil or a family in a\n    post;\n(b) accept a friend request;\n• share what is said in meetings.",
        ),
        "When using any site, staff must not:\n\n    (a) name a pupil or a family in a post;\n    (b) accept a friend request;\n"
        "    • share what is said in meetings.",
    ),
    "numbers that stand away from their words": (
        at(50, 700, "5.1")
        + lines(90, 700, "Staff sign in at the office when they come to work as paragraph\n5.3 of the code says.")
        + at(50, 660, "5.2")
        + at(90, 660, "Visitors wear a badge."),
        "5.1 Staff sign in at the office when they come to work as paragraph 5.3 of the code says.\n\n5.2 Visitors wear a badge.",
    ),
    "headings by their size and weight": (
        at(50, 740, "Social Media Policy", 18, "F2")
        + at(50, 700, "1. Scope", 10, "F2")
        + lines(50, 680, FILLED)
        + at(50, 640, "Staff must not:", 10, "F2")
        + at(70, 628, "(a) smoke."),
        f"# Social Media Policy\n\n## 1. Scope\n\n{FULL}\n\nStaff must not:\n    (a) smoke.",
    ),
    "a heading with its letters spaced out": (
        at(50, 740, "P O L I C Y   O N   D R E S S", 14, "F2") + lines(50, 700, FILLED),
        f"# POLICY ON DRESS\n\n{FULL}",
    ),
    "a table with lines": (
        lines(50, 740, "Records are kept for:")
        + "".join(
            box(50, 640 + 30 * row, 200, 670 + 30 * row) + box(200, 640 + 30 * row, 500, 670 + 30 * row) for row in range(3)
        )
        + at(55, 715, "Record", font="F2")
        + at(205, 715, "Kept for", font="F2")
        + at(55, 685, "Accident book")
        + at(205, 685, "three years from")
        + at(205, 673, "the accident")
        + at(55, 650, "Registers")
        + at(205, 650, "one year"),
        "Records are kept for:\n\n| Record | Kept for |\n|---|---|\n"
        "| Accident book | three years from the accident |\n| Registers | one year |",
    ),
    "a table of fields": (
        "".join(box(50, 700 + 20 * row, 200, 720 + 20 * row) + box(200, 700 + 20 * row, 500, 720 + 20 * row) for row in range(2))
        + at(55, 725, "Approved by")
        + at(205, 725, "Governors")
        + at(55, 705, "Review due")
        + at(205, 705, "May 2027")
        + lines(50, 660, FILLED),
        f"Approved by: Governors\nReview due: May 2027\n\n{FULL}",
    ),
    "the mark of a footnote and the note": (
        lines(50, 740, FILLED)
        + at(50, 700, "Photographs need consent")
        + at(194, 704, "1", 6)
        + at(202, 700, "in writing.")
        + at(50, 60, "1", 5)
        + at(54, 57, "Data Protection Act 2018.", 8),
        f"{FULL}\n\nPhotographs need consent in writing.\n\nData Protection Act 2018.",
    ),
    "what lies across the page": (
        lines(50, 700, FILLED) + "BT /F2 80 Tf 0.7 0.7 -0.7 0.7 100 200 Tm (DRAFT) Tj ET\n",
        FULL,
    ),
    "a page lying on its side": (
        "".join(f"BT /F1 10 Tf 0 1 -1 0 {100 + 12 * row} 50 Tm ({line}) Tj ET\n" for row, line in enumerate(FILLED.split("\n"))),
        FULL,
    ),
    "the number of a page": (lines(50, 700, FILLED) + at(300, 30, "1"), FULL),
    "a contents page": (
        at(50, 740, "Contents", 14, "F2")
        + lines(50, 700, "Scope of this policy .......... 2\nMonitoring .................... 3"),
        "# Contents\n\nScope of this policy .......... 2\nMonitoring .................... 3",
    ),
}


@pytest.mark.parametrize(("drawn", "expected"), CASES.values(), ids=CASES.keys())
def test_a_page_is_read_as_one_reads_it(drawn: str, expected: str) -> None:
    assert read(drawn).text == expected + "\n"


RULES = ["Dress", "Telephones", "Photographs", "Visitors"]


def pages_with(furniture: list[tuple[str, str]]) -> list[str]:
    """Return pages of a policy, each with a header and a footer; the paragraph at the end of a page goes on on the next."""
    pages = []
    for number in range(len(RULES)):
        header, footer = furniture[number % len(furniture)]
        rule = RULES[number]
        words = (
            f"{rule} begins on this page and tells the staff of the school\nwhat to do, and it ends on the page after it,\nwhere"
        )
        start = f"they read the rest of {RULES[number - 1].lower()}." if number else "This is the policy of the school."
        body = lines(50, 700, start) + lines(50, 670, words)
        pages.append(at(50, 770, header, 8) + at(50, 30, footer.replace("#", str(number + 1)), 8) + body)
    return pages


@pytest.mark.parametrize(
    ("furniture", "opening"),
    [
        ([("Ashgrove School", "Page # of 4")], ""),
        ([("Ashgrove School", "#")], ""),
        ([("Ashgrove School   Page #", "Version 2.1"), ("Page #   Ashgrove School", "Version 2.1")], ""),
        ([("Social Media Policy", "Adopted: May 2024        Page # of 4")], "Social Media Policy\nAdopted: May 2024\n"),
        (
            [("Ashgrove School", "Adopted: May 2024 | #"), ("Ashgrove School", "#"), ("Ashgrove School", "#")],
            "Adopted: May 2024\n",
        ),
    ],
)
def test_headers_and_footers_go_and_what_they_alone_say_is_kept_once(furniture: list[tuple[str, str]], opening: str) -> None:
    rules = [
        f"{rule} begins on this page and tells the staff of the school what to do, and it ends on the page after it, "
        f"where{f' they read the rest of {rule.lower()}.' if rule != RULES[-1] else ''}"
        for rule in RULES
    ]
    expected = "\n\n".join(["This is the policy of the school.", *rules])
    assert read(*pages_with(furniture)).text == f"{opening}\n{expected}\n".lstrip("\n")


def test_a_table_that_goes_on_over_a_page_is_one_table_with_its_headings_once() -> None:
    def table(*rows: tuple[str, str]) -> str:
        drawn = at(55, 715, "Record", font="F2") + at(205, 715, "Kept for", font="F2")
        for row in range(len(rows) + 1):
            drawn += box(50, 700 - 30 * row, 200, 730 - 30 * row) + box(200, 700 - 30 * row, 500, 730 - 30 * row)
        for row, (left, right) in enumerate(rows, 1):
            drawn += at(55, 715 - 30 * row, left) + at(205, 715 - 30 * row, right)
        return drawn

    text = read(
        lines(50, 780, FILLED) + table(("Registers", "one year")), table(("Accident | book", "three years"), ("", "or more"))
    ).text
    assert text.endswith(
        "\n\n| Record | Kept for |\n|---|---|\n| Registers | one year |\n| Accident / book | three years |\n|  | or more |\n"
    )


def test_a_table_that_is_hard_to_read_is_doubted() -> None:
    rows = [
        ("Mrs Ansah", "Headteacher", "01632 960140"),
        ("Mr Pell", "Deputy", "01632 960141"),
        ("Ms Oduya", "Office", "01632 960142"),
    ]
    bare = "".join(
        at(50 + 150 * column, 700 - 20 * row, cell) for row, cells in enumerate(rows) for column, cell in enumerate(cells)
    )
    read_bare = read(lines(50, 740, FILLED) + bare)
    assert "| Mr Pell | Deputy | 01632 960141 |" in read_bare.text
    merged = read(
        lines(50, 760, FILLED)
        + box(50, 700, 300, 720)
        + box(50, 680, 175, 700)
        + box(175, 680, 300, 700)
        + at(55, 705, "Over both")
        + at(55, 685, "left")
        + at(180, 685, "right")
    )
    assert merged.text.endswith("| Over both |  |\n| left | right |\n")
    for document, sentence in (
        (read_bare, "The table on page 1 has no lines around its cells: compare its rows with your document."),
        (merged, "The table on page 1 has cells that reach over several rows or columns: compare its rows with your document."),
    ):
        (doubt,) = document.doubts
        assert (doubt.kind, doubt.sentence) == ("table", sentence)
        assert document.text[doubt.at :].startswith("| ")


def test_what_nobody_sees_is_left_out_and_said_so() -> None:
    hidden = (
        at(50, 600, "white on white", before="1 1 1 rg") + at(50, 580, "invisible", before="3 Tr") + at(50, 560, "tiny", size=1)
    )
    banner = "0 0 0.6 rg 40 515 300 20 re f\n" + at(50, 520, "White on blue is seen.", before="1 1 1 rg")
    document = read(lines(50, 700, FILLED) + hidden + banner + at(700, 700, "beside the page"))
    assert document.text == f"{FULL}\n\nWhite on blue is seen.\n"
    assert document.ignored == ("words that nobody sees on the page",)


def test_the_words_behind_a_scanned_page_are_read_and_doubted() -> None:
    scan = "q 600 0 0 800 0 0 cm /Im Do Q\n"
    words = "".join(at(50, 700 - 12 * row, line, before="3 Tr") for row, line in enumerate(FILLED.split("\n")))
    document = read(scan + words, scan)
    assert document.text == FULL + "\n"
    assert [doubt.sentence for doubt in document.doubts] == [
        "Page 1 is scanned, and a program read the words: compare them with the paper.",
        "Page 2 is only a picture: what is written there is missing here.",
    ]


def test_words_that_look_misread_are_doubted_where_they_stand() -> None:
    document = read(lines(50, 700, "Staff keep to the schoo1 rules at all times.") + lines(50, 660, "@) breach the rules;"))
    assert [(document.text[doubt.at :].split()[0], doubt.kind) for doubt in document.doubts] == [
        ("schoo1", "scan"),
        ("@)", "scan"),
    ]
    assert document.doubts[0].sentence == "“the schoo1 rules” looks misread: compare it with your document."
    clean = "Staff in KS2 and Year 5 use Wi-Fi, G Suite and 2Simple; see GDPR, COVID-19, 1st May, £5 and a@b.example/x1y."
    assert read(lines(50, 700, clean)).doubts == ()


def test_a_word_broken_over_two_lines_that_stands_nowhere_else_is_doubted() -> None:
    document = read(
        lines(50, 700, "The safeguarding lead keeps records of every safe-\nguarding matter and of every dis-\nclosure.")
    )
    assert [doubt.sentence for doubt in document.doubts] == ["“dis-closure” is broken over two lines: is it “disclosure”?"]


PICTURE = "q 600 0 0 800 0 0 cm /Im Do Q\n"
SCRIPT = (
    "/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (app.alert(1)) >>] >> /EmbeddedFiles << /Names [(x) 5 0 R] >> >>"
)


def test_scripts_and_attached_files_are_ignored_and_said_so() -> None:
    assert read(lines(50, 700, FILLED), catalog=SCRIPT).ignored == ("files attached to the PDF", "scripts")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7\nand nothing else", "is damaged or is not a PDF"),
        (pdf("")[:300], "is damaged or is not a PDF"),
        (pdf(PICTURE, PICTURE), "is a picture of the pages, without text: ask whoever made it for the Word file"),
        (pdf(*[""] * (MOST_PAGES + 1)), f"has {MOST_PAGES + 1} pages, and at most {MOST_PAGES} can be read"),
        (
            pdf(
                at(50, 700, "Please wait for your reader."),
                catalog="/AcroForm << /Fields [] /XFA 5 0 R >>",
                more={5: stream(b"<xdp/>")},
            ),
            "is an Adobe form",
        ),
        ((DOCUMENTS / "locked.pdf").read_bytes(), "is locked with a password: save a copy without the password"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(raw: bytes, says: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read_pdf(raw, "policy.pdf")
    assert str(refused.value).startswith("policy.pdf ")
    assert says in str(refused.value)


def test_a_file_that_only_its_owner_may_change_is_read() -> None:
    assert read_pdf((DOCUMENTS / "owner-locked.pdf").read_bytes(), "policy.pdf").text == FULL + "\n"


def test_a_damaged_file_is_read_or_refused_and_nothing_else_happens() -> None:
    whole = pdf(*(page for page, _ in CASES.values()), catalog=SCRIPT)
    chance = random.Random(7)  # noqa: S311
    outcomes = set()
    for _ in range(60):
        raw = bytearray(whole)
        for _ in range(chance.choice([1, 10, 200])):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        if chance.random() < 0.3:
            del raw[chance.randrange(len(raw)) :]
        try:
            outcomes.add(type(read_pdf(bytes(raw), "policy.pdf")))
        except DocumentError:
            outcomes.add(DocumentError)
    assert outcomes == {ReadDocument, DocumentError}


def test_the_pdf_of_a_policy_has_the_clauses_of_its_plain_text() -> None:
    """The PDF comes out of a word processor, with a header, a footer, two columns and a table; the text was typed."""
    document = read_pdf((DOCUMENTS / "social-media.pdf").read_bytes(), "social-media.pdf")
    assert document.doubts == ()
    typed = (DOCUMENTS / "social-media.txt").read_text(encoding="utf-8")
    built = [build_policy(text, school="test", slug="p", title=None, source_name="p") for text in (typed, document.text)]
    said = [
        [
            (section.title, element.label, element.words) if isinstance(element, Clause) else element.words
            for section in policy.sections
            for element in section.elements
        ]
        for policy in built
    ]
    assert len(list(built[0].clauses())) > 50
    assert said[1] == said[0]
    assert [policy.title for policy in built] == ["Social Media Policy"] * 2
    assert [str(policy.adopted) for policy in built] == ["2024-05"] * 2
    assert [str(policy.review_due) for policy in built] == ["2026-05"] * 2
