"""What is read of a web page: its own words, the markers that a browser prints, and what Word and Google Docs save."""

import pytest

from corpus.documents.reading import ReadDocument, read_document
from corpus.errors import DocumentError


def read(body: str, head: str = "") -> ReadDocument:
    page = f"<!DOCTYPE html><html><head><title>Site</title>{head}</head><body>{body}</body></html>"
    return read_document(page.encode(), "policy.html")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<h1>Aims</h1><p>Staff <b>must</b>\n  not.</p><h3>Scope</h3>All.", "# Aims\n\nStaff must not.\n\n### Scope\n\nAll."),
        ("<p>One<br>Two&nbsp;three</p><div>Four<div>Five</div>six</div>", "One\nTwo three\n\nFour\n\nFive\n\nsix"),
        ("<p><strong>Fake heading</strong></p>", "**Fake heading**"),
        (
            "<p>Staff must not:</p><ol type=a start=3><li>run;<li value=9><p>call:</p><ul><li>home<li>out</ul></ol>",
            "Staff must not:\nc. run;\ni. call:\n    ◦ home\n    ◦ out",
        ),
        ("<ol><li>One.</li><li>Two.<ol style='list-style-type:lower-roman'><li>In.</ol></ol>", "1. One.\n2. Two.\n    i. In."),
        ("<ol reversed><li>Last.<li>First.</ol><ul style='list-style:none'><li>None.</ul>", "2. Last.\n1. First.\n\nNone."),
        ("<ol><li><h2>Aims</h2><p>Be kind.</p></li></ol>", "## 1. Aims\n\nBe kind."),
        (
            "<table><tr><th>Who<th>What<tr><td>Staff<td>Phones<br>Bags</table>",
            "| Who | What |\n| --- | --- |\n| Staff | Phones / Bags |",
        ),
        ("<table><tr><td>Head<td><ul><li>Leads.<li>Checks.</ul></table>", "**Head**\n\n• Leads.\n• Checks."),
        ("<table><tr><td><h2>Aims</h2><p>Be kind.</p></table>", "## Aims\n\nBe kind."),
        ("<p>&lt;b&gt; &amp; “quotes” &eacute;</p>", "<b> & “quotes” é"),
        (
            "<p class=MsoListParagraph style='mso-list:l0 level2 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>5.1"
            "<span>&nbsp;&nbsp; </span></span><![endif]>Staff sign in.</p><p style='mso-list:l1 level1 lfo2'>"
            "<span style='font-family:Symbol'><span style='mso-list:Ignore'>·&nbsp;</span></span>Bags</p>",
            "5.1 Staff sign in.\n• Bags",
        ),
        (
            "<ul><li><p><span class='ListLabel_1' style='float:left'>\uf0b7\uf0b7</span>One"
            "<ul><li><p><span class='ListLabel_2'>oo</span>Two</ul></ul>",
            "• One\n    ◦ Two",
        ),
    ],
)
def test_a_page_reads_as_a_browser_shows_it(body: str, expected: str) -> None:
    assert read(body).text == expected + "\n"


def test_a_list_of_google_docs_has_the_markers_of_its_style_sheet_and_goes_on_where_it_was_broken() -> None:
    rules = (
        '.lst-kix_a-0 > li:before{content:"" counter(lst-ctn-kix_a-0,decimal) ". "}'
        '.lst-kix_a-1 > li:before{content:"" counter(lst-ctn-kix_a-0,decimal) "." counter(lst-ctn-kix_a-1,decimal) " "}'
        '.lst-kix_b-0 > li:before{content:"\\0025cf   "}'
    )
    body = (
        "<ol class='c1 lst-kix_a-0 start' start=1><li>Phones</li></ol>"
        "<ol class='lst-kix_a-1 start'><li>None.</li><li>Few.</li></ol>"
        "<p>Between.</p><ol class='lst-kix_a-0'><li>Cameras</li></ol><ol class='lst-kix_a-1 start'><li>Some.</li></ol>"
        "<ul class='lst-kix_b-0 start'><li>Bags</li></ul>"
    )
    text = read(body, f"<style>{rules}</style>").text
    assert " ".join(text.split()) == "1. Phones 1.1 None. 1.2 Few. Between. 2. Cameras 2.1 Some. • Bags"


def test_a_style_sheet_sets_words_in_bold_or_hides_them() -> None:
    body = "<p class='x title'>Phones</p><p><span class='c3'>Who</span></p>"
    body += "<p class=gone>Not this.</p><p>Staff <b class=c4>sign</b>.</p>"
    sheet = "<style>.c3{font-weight:700} p.gone { display : none }\n.c4{color:red}</style>"
    assert read(body, sheet).text == "# Phones\n\n**Who**\n\nStaff sign.\n"


def test_what_stands_around_the_words_or_is_hidden_is_left_out() -> None:
    body = (
        "<nav><a href=/>Home</a></nav><header><h1>Phone Policy</h1><p>Last reviewed: May 2024</p><p>Call us</p></header>"
        "<p hidden>Secret</p><p style='display:none'>Hidden</p><p>Staff sign in.<!-- not this --></p><script>alert(1)</script>"
        "<form><input value=Search></form><iframe src='http://x'></iframe><img src=x><del>Old.</del><footer>© Hill</footer>"
    )
    document = read(body, "<style>p{color:red}</style>")
    assert document.text == "Phone Policy\n\nLast reviewed: May 2024\n\nStaff sign in.\n"
    assert document.ignored == (
        "what stands around the text, such as menus and forms",
        "hidden words",
        "an embedded object",
        "pictures",
        "words that are struck through",
    )


def test_only_the_main_part_of_a_page_is_read_where_it_has_one() -> None:
    assert read("<div>Cookies?</div><main><p>Staff sign in.</p></main><div>Map</div>").text == "Staff sign in.\n"


def test_joined_and_nested_tables_are_doubted() -> None:
    document = read("<table><tr><td rowspan=2>A<td>B<tr><td><table><tr><td>C<td>D</table></table>")
    assert {doubt.kind for doubt in document.doubts} == {"joined cells", "nested table"}
    assert all(word in document.text for word in "ABCD")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252", "mac-roman", "iso-8859-15"])
def test_a_page_is_read_in_its_encoding(encoding: str) -> None:
    named = "" if encoding in ("utf-16", "mac-roman") else f"<meta charset={encoding}>"
    quote = "" if encoding == "iso-8859-15" else "’"
    page = f"<html><head>{named}</head><body><p>The café{quote}s rule{quote}s £5.</p></body></html>"
    assert read_document(page.encode(encoding), "p.html").text == f"The café{quote}s rule{quote}s £5.\n"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("<script>x</script>", "no words"),
        ("<p>Staff</p>" + "<div>" * 5_000 + "Words", "too tangled"),
        ("<p>Staff</p>" + "<ul><li>" * 3_000, "too tangled"),
    ],
)
def test_a_page_that_holds_no_words_or_cannot_be_read_whole_is_refused(body: str, says: str) -> None:
    with pytest.raises(DocumentError, match=says):
        read(body)


def test_a_page_may_be_as_deep_as_the_parser_goes() -> None:
    assert read("<div>" * 240 + "Words").text == "Words\n"
    assert read("<table><tr><td>" * 80 + "Words").text == "Words\n"
