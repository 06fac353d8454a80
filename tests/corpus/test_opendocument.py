"""What is read of an OpenDocument text: its words, the numbers of its lists and headings, and what is left out."""

import pytest

from corpus.documents.reading import ReadDocument, read_document
from corpus.errors import DocumentError
from tests.corpus.office_files import odt

LISTS = (
    '<text:list-style style:name="L">'
    '<text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>'
    '<text:list-level-style-number text:level="2" style:num-format="1" text:display-levels="2"/>'
    '<text:list-level-style-number text:level="3" style:num-format="a" style:num-prefix="(" style:num-suffix=")" '
    'text:start-value="3"/>'
    "</text:list-style>"
    '<text:list-style style:name="B"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/></text:list-style>'
    '<style:style style:name="Hid" style:family="text"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="Bold" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>'
    '<style:style style:name="Plain" style:family="paragraph"/>'
)


def read(body: str, *, styles: str = "", **more: str) -> ReadDocument:
    return read_document(odt(body, automatic=LISTS, styles=styles, **more), "policy.odt")


def item(*inside: str, start: int | None = None) -> str:
    begins = "" if start is None else f' text:start-value="{start}"'
    words = "".join(each if each.startswith("<") else f"<text:p>{each}</text:p>" for each in inside)
    return f"<text:list-item{begins}>{words}</text:list-item>"


def listed(*items: str, style: str = "", more: str = "") -> str:
    named = f' text:style-name="{style}"' if style else ""
    return f"<text:list{named} {more}>{''.join(items)}</text:list>"


def test_lists_have_the_numbers_that_their_style_prints() -> None:
    first = listed(
        item("Phones", listed(item("Staff must not:", listed(item("call."), item("text."))), item("Pupils sign in."))),
        item("Cameras", "They stay in school.", listed(item("None at home."))),
        style="L",
        more='xml:id="first"',
    )
    again = listed(item("Begins again."), item("Jumps.", start=7), style="L")
    goes_on = listed(item("Goes on."), style="L", more='text:continue-list="first"')
    bullets = listed("<text:list-header><text:p>No bullet</text:p></text:list-header>", item("One"), style="B")
    assert read(first + again + goes_on + bullets).text == (
        "1. Phones\n\n1.1 Staff must not:\n        (c) call.\n        (d) text.\n\n1.2 Pupils sign in.\n2. Cameras\n\n"
        "They stay in school.\n\n2.1 None at home.\n1. Begins again.\n7. Jumps.\n3. Goes on.\n\nNo bullet\n\n• One\n"
    )


def test_headings_have_the_numbers_of_the_outline() -> None:
    outline = (
        '<office:styles><text:outline-style style:name="Outline">'
        '<text:outline-level-style text:level="1" style:num-format="1" style:num-suffix="."/>'
        '<text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/>'
        "</text:outline-style></office:styles>"
    )
    heading = '<text:h text:outline-level="{}" {}>{}</text:h>'
    body = (
        heading.format(1, "", "Aims")
        + heading.format(2, "", "Scope")
        + heading.format(1, 'text:is-list-header="true"', "Aside")
        + heading.format(1, "", "Roles")
        + heading.format(2, "", "Staff")
    )
    assert read(body, styles=outline).text == "# 1. Aims\n\n## 1.1 Scope\n\n# Aside\n\n# 2. Roles\n\n## 2.1 Staff\n"


@pytest.mark.parametrize(
    ("words", "expected", "left_out"),
    [
        ('Staff<text:s text:c="3"/>must<text:tab/>not<text:line-break/>run', "Staff must\tnot\nrun", ()),
        ('Use <text:a><text:span text:style-name="Bold">our site</text:span></text:a>.', "Use our site.", ()),
        ('<text:span text:style-name="Bold">Fake heading</text:span>', "**Fake heading**", ()),
        ('Show<text:span text:style-name="Hid"> secret</text:span> this', "Show this", ("hidden words",)),
        ("As said.<office:annotation><text:p>Really?</text:p></office:annotation>", "As said.", ("comments",)),
        ("Page <text:page-number>4</text:page-number>ends.", "Page ends.", ()),
        ("See.<draw:frame><draw:image/></draw:frame>", "See.", ("pictures",)),
    ],
)
def test_the_words_are_those_that_are_shown(words: str, expected: str, left_out: tuple[str, ...]) -> None:
    document = read(f'<text:p text:style-name="Plain">{words}</text:p>')
    assert (document.text, document.ignored) == (f"{expected}\n", left_out)


def test_contents_tracked_changes_notes_and_boxes_are_told() -> None:
    note = '<text:note text:note-class="footnote"><text:note-body><text:p>A device.</text:p></text:note-body></text:note>'
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>Gone.</text:p></text:deletion></text:changed-region>"
        "<text:changed-region><text:insertion/></text:changed-region></text:tracked-changes>"
        "<text:table-of-content><text:index-body><text:p>Aims 3</text:p></text:index-body></text:table-of-content>"
        f"<text:p>No phones.{note}</text:p>"
        "<text:p><draw:frame><draw:text-box><text:p>Tell the lead.</text:p></draw:text-box></draw:frame>"
        "</text:p><text:p><text:date>3 May 2026</text:date>Signed.</text:p>"
    )
    document = read(body)
    assert document.text == "No phones.\n\nTell the lead.\n\nSigned.\n\n# Footnotes\n\n1. A device.\n"
    assert document.ignored == (
        "tracked deletions",
        "the table of contents",
        "the small numbers of footnotes (their words stand at the end)",
    )
    assert [(doubt.kind, document.text[doubt.at :].split("\n")[0]) for doubt in document.doubts] == [
        ("tracked change", "No phones."),
        ("box", "Tell the lead."),
        ("date", "Signed."),
    ]


def test_tables_keep_their_lists_and_a_page_footer_its_date() -> None:
    def row(*cells: str) -> str:
        made = "".join(
            f"<table:table-cell>{cell if cell[0] == '<' else f'<text:p>{cell}</text:p>'}</table:table-cell>" for cell in cells
        )
        return f"<table:table-row>{made}</table:table-row>"

    body = f"<table:table><table:table-header-rows>{row('Place', 'Time')}</table:table-header-rows>"
    body += f"{row('Hall', 'Noon')}</table:table>"
    body += f"<table:table>{row('Head', listed(item('Leads.'), item('Checks.'), style='B'))}</table:table>"
    page = (
        "<style:footer><text:p>Approved: May 2024<text:tab/>Page <text:page-number>1</text:page-number></text:p></style:footer>"
    )
    document = read(
        body, styles=f'<office:master-styles><style:master-page style:name="M">{page}</style:master-page></office:master-styles>'
    )
    assert document.text == (
        "Approved: May 2024\n\n| Place | Time |\n| --- | --- |\n| Hall | Noon |\n\n**Head**\n\n• Leads.\n• Checks.\n"
    )


def test_a_protected_document_and_one_without_content_are_refused() -> None:
    locked = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry>'
        "<manifest:encryption-data/></manifest:file-entry></manifest:manifest>"
    )
    with pytest.raises(DocumentError, match="protected by a password"):
        read("<text:p>x</text:p>", **{"META-INF/manifest.xml": locked})
    with pytest.raises(DocumentError, match=r"policy\.odt is damaged"):
        read("", **{"content.xml": "<other/>"})
