"""Documents to begin with: small ones that hold all that their readers look for, of each kind that is read or refused."""

from tests.corpus.office_files import docx, odt, para, run, style, table

WORD = docx(
    para("Acceptable use policy", style="T")
    + para("Approved by: Full board. Date: May 2024. Review: May 2025.")
    + '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent>'
    + para("Contents 1")
    + "</w:sdtContent></w:sdt>"
    + para("Telephones", style="H1", number=1, level=0)
    + para("Staff must not:", number=1, level=1)
    + para("call during lessons;", number=1, level=2)
    + para("text parents, unless the headteacher agrees.", number=1, level=2)
    + para(run("Staff ") + run("must", "<w:b/>") + run(" hide", "<w:vanish/>") + "<w:r><w:tab/><w:t>sign in.</w:t><w:br/></w:r>")
    + para(
        '<w:ins w:id="1"><w:r><w:t>Staff may bring a bag.</w:t></w:r></w:ins><w:del w:id="2"><w:r><w:delText>gone</w:delText></w:r></w:del>'
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:fldChar w:fldCharType='
        '"separate"/></w:r><w:r><w:t>7</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:fldSimple w:instr="DATE"><w:r><w:t>'
        '1 May 2024</w:t></w:r></w:fldSimple><w:r><w:footnoteReference w:id="2"/><w:sym w:font="Wingdings" w:char="F0B7"/></w:r>'
    )
    + table(("Who", "What"), ("Staff", "Bags must be closed."), ("Pupils", para("Sign in.", number=1, level=0)), header=True)
    + '<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:inline><a:graphic><a:graphicData><w:txbxContent>'
    + para("In a box.")
    + "</w:txbxContent></a:graphicData></a:graphic></wp:inline></w:drawing></mc:Choice><mc:Fallback><w:pict/></mc:Fallback>"
    "</mc:AlternateContent></w:r></w:p><w:sectPr/>",
    styles=style("N", "Normal")
    + style("T", "Title", based_on="N")
    + style("H1", "heading 1", '<w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/></w:rPr>', based_on="N"),
    numbering='<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText '
    'w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>'
    '<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerRoman"/><w:lvlText w:val="(%3)"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="2"><w:startOverride w:val="3"/></w:lvlOverride></w:num>',
    header1=para("Hillside School, May 2024"),
    footnotes=f'<w:footnote w:id="2">{para("See the code of conduct.")}</w:footnote>',
)
OPEN_DOCUMENT = odt(
    '<text:h text:outline-level="1" text:style-name="H">Cameras</text:h><text:p>Staff <text:span text:style-name="Bold">must</text:span>'
    '<text:s text:c="3"/>not:<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>'
    "A note.</text:p></text:note-body></text:note></text:p>"
    '<text:list text:style-name="L" xml:id="a"><text:list-item><text:p>take pictures;</text:p><text:list><text:list-item text:start-value'
    '="4"><text:p>of pupils<text:line-break/>at home.</text:p></text:list-item></text:list></text:list-item></text:list>'
    '<table:table><table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"><text:p>Staff</text:p>'
    "</table:table-cell><table:table-cell><text:p>Bags must be closed.</text:p></table:table-cell></table:table-row></table:table>"
    "<text:table-of-content><text:index-body><text:p>Contents</text:p></text:index-body></text:table-of-content>"
    '<text:section text:display="none"><text:p>Hidden.</text:p></text:section><text:tracked-changes><text:changed-region><text:deletion>'
    "<text:p>Gone.</text:p></text:deletion></text:changed-region></text:tracked-changes>"
    "<text:p><draw:frame><draw:text-box><text:p>In a box.</text:p></draw:text-box></draw:frame>Staff may sign in.</text:p>",
    automatic='<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>'
    '<text:list-level-style-number text:level="2" style:num-format="a" text:display-levels="2"/></text:list-style>'
    '<style:style style:name="Bold" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>'
    '<style:style style:name="H" style:family="paragraph" style:parent-style-name="G"/>',
    styles='<office:styles><text:outline-style><text:outline-level-style text:level="1" style:num-format="1"/></text:outline-style>'
    '<style:style style:name="G" style:family="paragraph" style:parent-style-name="H"/></office:styles>',
)
PAGE = b"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>Phones</title><style>.c1{font-weight:700}
.lst-kix_a-0 > li:before{content:"" counter(lst-ctn-kix_a-0,decimal) ". "}</style></head><body><header><h1>Hillside School</h1>
<p>Reviewed May 2024</p></header><nav>Menu</nav><main><h2>Phones</h2><p>Staff <b>must not</b>:</p><ol type=a start=3><li>call;
<li value=9><p>text:</p><ul><li>parents<li>pupils</ul></ol><p class=MsoListParagraph style='mso-list:l0 level2 lfo1'>
<![if !supportLists]><span style='mso-list:Ignore'>5.1<span>&nbsp; </span></span><![endif]>Staff sign in.</p>
<ol class="lst-kix_a-0 start"><li class=c1>Bags must be closed.</li></ol><table><caption>Who</caption><tr><th>Who<th>What<tr><td rowspan=2>
Staff<td>Phones<br>Bags<tr><td>Keys</table><p hidden>Not seen.</p><img src=x><script>1</script><del>gone</del></main>
<footer>Foot</footer></body></html>"""
TEXT = """HILLSIDE SCHOOL

Mobile phone policy

Approved by: Mrs Harrison    Date: 1st May 2024    Next review: May 2025

Contents
1. Aims ............ 2

1. Aims

1.1 Staff must not:
    (a) call during les-
sons; or
    (b) text parents, unless:
        (i) the headteacher agrees; and
        (ii) it is urgent.
1.2 Staff should not bring bags. They may leave them in the office (see 2.1 and the Data Protection Act 1998).

| Who | What |
|-----|------|
| Staff | Phones must be off. |

2. Equipment

\u2022 Staff must lock their computers.
\u2022 Pupils may not use phones; this does not apply in the sixth form.

Version 2, 3 June 2023, first issue
Page 2 of 3
""".encode()


def _pdf(*pages: str) -> bytes:
    """Return a PDF whose pages are drawn by these operators, uncompressed, so that damage to its bytes is damage to its words."""
    kids = " ".join(f"{5 + 2 * at} 0 R" for at in range(len(pages)))
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} /MediaBox [0 0 600 800] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for at, drawn in enumerate(pages):
        bodies.append(f"<< /Type /Page /Parent 2 0 R /Contents {6 + 2 * at} 0 R >>")
        bodies.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    out, places = "%PDF-1.7\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer << /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF"
    return f"{out}xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}{end}".encode("cp1252")


def _lines(x: int, y: int, text: str, font: str = "F1", size: int = 10) -> str:
    rows = enumerate(text.split("\n"))
    return "".join(f"BT /{font} {size} Tf 1 0 0 1 {x} {y - 12 * row} Tm ({words}) Tj ET\n" for row, words in rows)


PDF = _pdf(
    _lines(50, 770, "Hillside School")
    + _lines(50, 740, "Mobile phones", "F2", 16)
    + _lines(
        50,
        710,
        "1.1 Staff must not call pupils, or have their tele-\nphones in sight, while they teach; this holds for\nvisitors too.",
    )
    + _lines(50, 660, "1.2 Staff must:\n  - sign in;\n  - wear a badge.")
    + "50 500 300 60 re S 50 530 m 350 530 l S 200 500 m 200 560 l S\n"
    + _lines(60, 540, "Who", "F2")
    + _lines(210, 540, "What", "F2")
    + _lines(60, 510, "Staff")
    + _lines(210, 510, "Bags closed")
    + "/Artifact BMC "
    + _lines(280, 20, "Page 1")
    + " EMC",
    _lines(50, 770, "Hillside School")
    + _lines(50, 700, "Staff should keep\nto their own rooms\nat lunch time and\nafter the bell has\ngone for the day.")
    + _lines(320, 700, "Pupils may ask for\na key in the office\nwhere it is kept in\na drawer with the\nname of each room.")
    + _lines(280, 20, "Page 2"),
)
