"""What is read of a Word document: its words as Word shows them, and what is left out and said to be."""

from io import BytesIO

import docx as python_docx
import pytest
from docx.oxml import parse_xml

from corpus.building import build_policy
from corpus.checking import check_coverage
from corpus.documents.reading import ReadDocument, read_document
from corpus.errors import DocumentError
from tests.corpus.office_files import W, docx, para, run, style, table

HEADING = style("H1", "heading 1") + style("H2", "Überschrift 2", '<w:pPr><w:outlineLvl w:val="1"/></w:pPr>')
TOC = style("T1", "toc 1") + style("TH", "TOC Heading") + HEADING


def read(body: str, *, styles: str = HEADING, **more: str) -> ReadDocument:
    return read_document(docx(body, styles=styles, **more), "policy.docx")


def field(instruction: str, shown: str) -> str:
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    instructions = f"<w:r><w:instrText> {instruction} </w:instrText></w:r>"
    return mark.format("begin") + instructions + mark.format("separate") + shown + mark.format("end")


@pytest.mark.parametrize(
    ("words", "expected", "left_out"),
    [
        (run("Staff <!-- x -->must") + run(" not."), "Staff must not.", ()),
        ('<w:hyperlink r:id="x">' + run("Our site") + "</w:hyperlink>" + run(" helps."), "Our site helps.", ()),
        (run("Staff") + "<w:r><w:tab/></w:r>" + run("sign."), "Staff\tsign.", ()),
        (
            "<w:r><w:t>e</w:t><w:noBreakHyphen/><w:t>mail\u00a0is co</w:t><w:softHyphen/><w:t>n\u00adtrolled</w:t></w:r>",
            "e-mail is controlled",
            (),
        ),
        (run("One line") + "<w:r><w:br/></w:r>" + run("Another"), "One line\nAnother", ()),
        (
            run("Use ") + '<w:del w:id="1"><w:r><w:delText>no</w:delText></w:r></w:del>' + run("phones."),
            "Use phones.",
            ("tracked deletions",),
        ),
        (run("Show") + run("secret", "<w:vanish/>") + run(" this."), "Show this.", ("hidden words",)),
        (run("As ") + field("REF _Ref1 \\r \\h", run("5.2")) + run(" says."), "As 5.2 says.", ()),
        (run("Page ") + field("PAGE", run("3")) + run(" ends."), "Page ends.", ()),
        ('<w:fldSimple w:instr=" NUMPAGES ">' + run("9") + "</w:fldSimple>" + run("Words."), "Words.", ()),
        ("<w:sdt><w:sdtPr/><w:sdtContent>" + run("In a control.") + "</w:sdtContent></w:sdt>", "In a control.", ()),
        (
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>"
            + run("Click here")
            + "</w:sdtContent></w:sdt>"
            + run("Yes."),
            "Yes.",
            (),
        ),
        (run("Ready ") + '<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>', "Ready ✓", ()),
        (run("See.") + '<w:r><w:drawing><a:blip r:embed="x"/></w:drawing></w:r>', "See.", ("pictures",)),
        (run("See.") + '<w:r><w:commentReference w:id="0"/></w:r>', "See.", ("comments",)),
        (run("Staff do not “need” it – it’s theirs."), "Staff do not “need” it – it’s theirs.", ()),
        (run("Fake heading", "<w:b/>"), "**Fake heading**", ()),
        (run("Bold", "<w:b/>") + run(" and plain", '<w:b w:val="0"/>'), "Bold and plain", ()),
    ],
)
def test_the_words_are_those_that_word_shows(words: str, expected: str, left_out: tuple[str, ...]) -> None:
    document = read(para(words))
    assert document.text == f"{expected}\n"
    assert document.ignored == left_out


def test_headings_are_known_by_their_style_in_any_language_and_long_ones_are_paragraphs() -> None:
    rule = "All staff must tell the headteacher at once when a pupil is hurt"
    body = para("Roles", style="H1") + para("Governors", style="H2") + para(rule, style="H2") + para("Plain words")
    assert read(body).text == f"# Roles\n\n## Governors\n\n{rule}\n\nPlain words\n"


def test_lists_stand_as_deep_as_their_style_says() -> None:
    styles = style("B1", "List Bullet") + style("B2", "List Bullet 2")
    bullets = '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
    numbering = bullets + '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    body = para("Staff must not:") + "".join(
        para(words, style=name, number=1) for words, name in (("run", "B1"), ("fast", "B2"), ("shout", "B1"))
    )
    assert read(body, styles=styles, numbering=numbering).text == "Staff must not:\n• run\n    ◦ fast\n• shout\n"


def test_insertions_are_read_and_said_to_be_tracked_once() -> None:
    added = '<w:ins w:id="1">' + run("Staff may use phones.") + "</w:ins>"
    document = read(para("Aims.") + para(added) + para(added))
    assert document.text == "Aims.\n\nStaff may use phones.\n\nStaff may use phones.\n"
    assert [(doubt.kind, document.text[doubt.at :][:9]) for doubt in document.doubts] == [("tracked change", "Staff may")]


def test_a_paragraph_whose_end_was_deleted_goes_on_in_the_next() -> None:
    document = read(para("Staff must ", more='<w:rPr><w:del w:id="1"/></w:rPr>') + para("sign in."))
    assert (document.text, document.ignored) == ("Staff must sign in.\n", ("tracked deletions",))
    last = para("And out.", more='<w:rPr><w:del w:id="1"/></w:rPr>')
    cells = table(("<w:tcPr/>" + para("In.") + last, "Noon"))
    assert read(cells + last).text == "| In. And out. | Noon |\n\nAnd out.\n"


def test_a_table_of_contents_is_left_out_and_a_field_without_an_end_takes_nothing_with_it() -> None:
    gallery = '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
    begun = '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>TOC \\o</w:instrText></w:r>'
    begun += '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    body = (
        gallery
        + "<w:sdtContent>"
        + para("Contents")
        + "</w:sdtContent></w:sdt>"
        + para("Contents", style="TH")
        + para("Aims\t3", style="T1")
        + para(begun + run("Roles 4"))
        + para("Staff 5")
        + para("Aims", style="H1")
        + para("Be kind.")
        + para("Annex", style="TH")
    )
    document = read(body, styles=TOC)
    assert (document.text, document.ignored) == ("# Aims\n\nBe kind.\n\n# Annex\n", ("the table of contents",))


def test_text_boxes_are_read_once_and_objects_are_said_to_be_left_out() -> None:
    box = "<w:txbxContent>" + para("Tell the lead.") + "</w:txbxContent>"
    both = (
        f"<w:r><mc:AlternateContent><mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    sheet = '<w:r><w:object><o:OLEObject ProgID="Excel.Sheet.12"/></w:object></w:r>'
    document = read(para(both + run("Concerns.")) + para(sheet + run("Costs.")) + '<w:altChunk r:id="x"/>')
    assert document.text == "Concerns.\n\nTell the lead.\n\nCosts.\n"
    assert document.ignored == ("an embedded spreadsheet", "a part from another file")
    assert [(doubt.kind, document.text[doubt.at :].split("\n")[0]) for doubt in document.doubts] == [
        ("box", "Tell the lead."),
        ("object", "Costs."),
        ("object", "Costs."),
    ]


def test_the_days_date_is_left_out_and_said_to_be() -> None:
    document = read(para(run("Date: ") + field("DATE \\@ d", run("3 May 2026"))) + para("Staff sign."))
    assert document.text == "Date:\n\nStaff sign.\n"
    assert [doubt.kind for doubt in document.doubts] == ["date"]


def test_dates_and_the_title_around_the_page_stand_at_the_top_and_page_numbers_do_not() -> None:
    section = '<w:sectPr><w:headerReference r:id="header1"/><w:footerReference r:id="footer1"/></w:sectPr>'
    header = para(run("Hill School") + "<w:r><w:tab/></w:r>" + run("Phone Policy"))
    footer = para(run("Adopted: May 2024 | Page ") + field("PAGE", run("2")) + run(" of ") + field("NUMPAGES", run("9")))
    document = read(para("Staff must sign in.") + section, header1=header, footer1=footer)
    assert document.text == "Phone Policy\n\nAdopted: May 2024\n\nStaff must sign in.\n"
    assert document.ignored == ("page headers and footers",)
    titled = read(para("Mobile Phone Policy", style="H1") + para("Staff sign.") + section, header1=header, footer1="")
    assert titled.text == "# Mobile Phone Policy\n\nStaff sign.\n"


def test_footnotes_stand_at_the_end_in_the_order_of_their_marks() -> None:
    mark = '<w:r><w:footnoteReference w:id="{}"/></w:r>'
    notes = '<w:footnote w:id="2">' + para("A phone is any device.") + "</w:footnote>"
    notes += '<w:footnote w:id="1">' + para("See the Act.") + "</w:footnote>"
    document = read(para(run("No phones") + mark.format(2) + run(".") + mark.format(1)), footnotes=notes)
    assert document.text == "No phones.\n\n# Footnotes\n\n1. A phone is any device.\n2. See the Act.\n"
    assert document.ignored == ("the small numbers of footnotes (their words stand at the end)",)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            para("Times are as follows:") + table(("Place", "Time"), ("Hall", "Noon"), header=True),
            "Times are as follows:\n\n| Place | Time |\n| --- | --- |\n| Hall | Noon |\n",
        ),
        (
            table(("Headteacher", "Approves all trips"), ("Office", "Keeps the list")),
            "| Headteacher | Approves all trips |\n| Office | Keeps the list |\n",
        ),
        (
            table(("Who", "What"), ("Staff", "Phones")).replace(
                "<w:tbl>", '<w:tbl><w:tblPr><w:tblStyle w:val="Grid"/><w:tblLook w:val="0020"/></w:tblPr>'
            ),
            "| Who | What |\n| --- | --- |\n| Staff | Phones |\n",
        ),
        (table(("Hall", "Noon"), ("Yard", "Any time")), "| Hall | Noon |\n| Yard | Any time |\n"),
        (table(("Approved by", "Governors"), ("Date", "3 May 2024")), "Approved by: Governors\n\nDate: 3 May 2024\n"),
        (
            table(("1.1", "Staff must sign in."), ("1.2", "Staff must sign out.")),
            "1.1 Staff must sign in.\n\n1.2 Staff must sign out.\n",
        ),
        (table((para("Be kind.") + para("Be safe."),)), "Be kind.\n\nBe safe.\n"),
        (
            table(("Head", para("Leads", number=1, level=0) + para("Checks", number=1, level=0))),
            "**Head**\n\n• Leads\n• Checks\n",
        ),
        (
            table(
                (para(run("Who", "<w:b/>")), para(run("What", "<w:b/>"))),
                ("Staff", para("Phones") + para("Bags.") + para("Keys")),
            ),
            "| Who | What |\n| --- | --- |\n| Staff | Phones / Bags. Keys |\n",
        ),
    ],
)
def test_a_table_comes_out_as_what_it_is_used_for(body: str, expected: str) -> None:
    numbering = '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
    bold = '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr></w:tblStylePr>'
    styles = HEADING + style("Grid", "Grid", bold, kind="table")
    document = read(body, styles=styles, numbering=numbering + '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>')
    assert (document.text, document.doubts) == (expected, ())


def test_a_joined_cell_is_read_in_each_row_and_what_is_not_sure_is_doubted() -> None:
    first, second = ('<w:tcPr><w:vMerge w:val="restart"/></w:tcPr>', '<w:tcPr><w:vMerge w:val="continue"/></w:tcPr>')
    inner = table(("Inner", "words"))
    document = read(
        para("Rules:") + table((first + para("Phones"), "Not in class"), (second + para(), para("Not at break") + inner))
    )
    assert document.text == "Rules:\n\n| Phones | Not in class |\n| Phones | Not at break / Inner / words |\n"
    assert [(doubt.kind, document.text[doubt.at :][:9]) for doubt in document.doubts] == [
        ("joined cells", "| Phones "),
        ("nested table", "| Phones "),
    ]


@pytest.mark.parametrize(
    ("body", "says"),
    [(para(), "no words"), (para('<w:r><w:pict><v:imagedata r:id="x"/></w:pict></w:r>'), "only pictures")],
)
def test_a_document_without_words_is_refused(body: str, says: str) -> None:
    with pytest.raises(DocumentError, match=says):
        read(body)


def numbered_policy() -> bytes:
    """A policy as python-docx writes it: a cover table, headings that Word numbers, 64 numbered rules and items, a table."""

    def listed(words: str, level: int) -> None:
        properties = document.add_paragraph(words)._p.get_or_add_pPr()
        properties.append(parse_xml(f'<w:numPr xmlns:w="{W}"><w:ilvl w:val="{level}"/><w:numId w:val="90"/></w:numPr>'))

    document = python_docx.Document()
    patterns = (("decimal", "%1."), ("decimal", "%1.%2"), ("lowerLetter", "(%3)"), ("lowerRoman", "(%4)"))
    head = '<w:pStyle w:val="Heading1"/>'
    levels = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{"" if at else head}'
        f'<w:lvlText w:val="{pattern}"/></w:lvl>'
        for at, (form, pattern) in enumerate(patterns)
    )
    numbering = document.part.numbering_part.element
    numbering.insert(0, parse_xml(f'<w:abstractNum xmlns:w="{W}" w:abstractNumId="90">{levels}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num xmlns:w="{W}" w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    heading = document.styles["Heading 1"].element.get_or_add_pPr()
    heading.append(parse_xml(f'<w:numPr xmlns:w="{W}"><w:numId w:val="90"/></w:numPr>'))
    document.sections[0].footer.paragraphs[0].text = "Ratified: March 2025"
    document.add_heading("Mobile Phone Policy", 0)
    cover = document.add_table(rows=2, cols=2)
    for row, words in zip(cover.rows, (("Approved by", "Governing Board"), ("Next review", "March 2027")), strict=True):
        row.cells[0].text, row.cells[1].text = words
    for topic in ("Introduction", "Staff", "Pupils", "Visitors", "Photographs", "Social media", "Sanctions", "Monitoring"):
        document.add_heading(topic, 1)
        listed(f"All staff must read this part about {topic.lower()} and follow it.", 1)
        listed("Staff must not:", 1)
        listed("use a phone in a classroom;", 2)
        listed("take pictures of pupils, unless:", 2)
        listed("the headteacher has agreed; or", 3)
        listed("the parents have asked for it; or", 3)
        listed("share a pupil’s details.", 2)
        listed("Phones may be used in the staff room at break.", 1)
    document.add_paragraph("The times are as follows:")
    times = document.add_table(rows=2, cols=2)
    for row, words in zip(times.rows, (("Staff room", "Break"), ("Office", "Any time")), strict=True):
        row.cells[0].text, row.cells[1].text = words
    raw = BytesIO()
    document.save(raw)
    return raw.getvalue()


def test_a_numbered_word_policy_becomes_the_clauses_that_people_cite() -> None:
    text = read_document(numbered_policy(), "phones.docx").text
    policy = build_policy(text, school="hill", slug="phones", title=None, source_name="phones.docx")
    in_each = ["{}.1", "{}.2(a)", "{}.2(b)(i)", "{}.2(b)(ii)", "{}.2(c)", "{}.3"]
    expected = [label.format(section) for section in range(1, 9) for label in in_each]
    assert [clause.label for clause in policy.clauses()] == [*expected, "8.3, first row", "8.3, second row"]
    assert (policy.title, policy.adopted, policy.review_due) == ("Mobile Phone Policy", "2025-03", "2027-03")
    assert [(section.number, section.title) for section in policy.sections][:2] == [("1", "Introduction"), ("2", "Staff")]
    assert check_coverage(policy, text).is_complete
