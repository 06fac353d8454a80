"""Word and OpenDocument files for the tests, made of the XML that a test names and the least that goes around it."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_NAMES = (
    f'xmlns:w="{W}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)
_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_OASIS = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
    for short, long in (
        ("office", "office"),
        ("text", "text"),
        ("style", "style"),
        ("table", "table"),
        ("fo", "xsl-fo-compatible"),
        ("draw", "drawing"),
    )
)
ODT = "application/vnd.oasis.opendocument.text"


def package(parts: dict[str, str | bytes]) -> bytes:
    """Return a ZIP package of these parts."""
    raw = BytesIO()
    with ZipFile(raw, "w", ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return raw.getvalue()


def docx(body: str, *, styles: str = "", numbering: str = "", **more: str) -> bytes:
    """Return a Word document of this body; `more` names further parts, such as `header1` or `footnotes`, by their content."""
    parts = {"styles": styles, "numbering": numbering, **more}
    related = "".join(
        f'<Relationship Id="{name}" Type="{_TYPE}/{name.rstrip("0123456789")}" Target="{name}.xml"/>' for name in parts
    )
    main = f'<Relationship Id="r1" Type="{_TYPE}/officeDocument" Target="word/document.xml"/>'
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": _RELATIONS.format(main),
        "word/_rels/document.xml.rels": _RELATIONS.format(related),
        "word/document.xml": f"<w:document {_NAMES}><w:body>{body}</w:body></w:document>",
    }
    for name, content in parts.items():
        files[f"word/{name}.xml"] = f"<w:{name} {_NAMES}>{content}</w:{name}>"
    return package(files)


def run(words: str, properties: str = "") -> str:
    """Return a run of words in a Word document."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


def para(words: str = "", *, style: str = "", number: int | None = None, level: int | None = None, more: str = "") -> str:
    """Return a paragraph; `words` that are not XML become one run, `more` goes into its properties."""
    at = "" if level is None else f'<w:ilvl w:val="{level}"/>'
    listed = f'<w:numPr>{at}<w:numId w:val="{number}"/></w:numPr>' if number is not None else ""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    content = words if words.startswith("<") or not words else run(words)
    return f"<w:p><w:pPr>{named}{listed}{more}</w:pPr>{content}</w:p>"


def table(*rows: tuple[str, ...], header: bool = False) -> str:
    """Return a Word table; a cell is words, or the XML of its paragraphs and properties."""
    made = ""
    for index, row in enumerate(rows):
        cells = "".join(f"<w:tc>{cell if cell.startswith('<') else para(cell)}</w:tc>" for cell in row)
        made += f"<w:tr><w:trPr>{'<w:tblHeader/>' if header and index == 0 else ''}</w:trPr>{cells}</w:tr>"
    return f"<w:tbl>{made}</w:tbl>"


def style(identifier: str, name: str, inside: str = "", *, based_on: str = "", kind: str = "paragraph") -> str:
    """Return a style of a Word document."""
    base = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return f'<w:style w:type="{kind}" w:styleId="{identifier}"><w:name w:val="{name}"/>{base}{inside}</w:style>'


def odt(body: str, *, automatic: str = "", styles: str = "", **more: str) -> bytes:
    """Return an OpenDocument text of this body, its automatic styles, and what its styles part holds."""
    files: dict[str, str | bytes] = {
        "mimetype": ODT,
        "content.xml": f"<office:document-content {_OASIS}><office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>",
        "styles.xml": f"<office:document-styles {_OASIS}>{styles}</office:document-styles>",
        "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
    }
    return package(files | more)
