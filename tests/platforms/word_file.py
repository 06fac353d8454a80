"""A policy as schools have it: a Word document whose numbers Word makes by itself."""

import io
from collections.abc import Sequence

from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

# Word's own numbers: 1. for headings, 1.1 for paragraphs, (a) for items.
_LEVELS = (("decimal", "%1."), ("decimal", "%1.%2"), ("lowerLetter", "(%3)"))
HEADING, PARAGRAPH, ITEM = range(3)


def word_policy(title: str, about: Sequence[str], parts: Sequence[tuple[int, str]]) -> bytes:
    """Return a .docx file with a title, lines about the policy, and its parts: HEADING, PARAGRAPH or ITEM, and the words."""
    document = Document()
    document.add_heading(title, 0)
    for line in about:
        document.add_paragraph(line)
    numbering = document.part.numbering_part.element
    abstract = _element("abstractNum", abstractNumId="50")
    abstract.append(_element("multiLevelType", val="multilevel"))
    for level, (form, text) in enumerate(_LEVELS):
        described = _element("lvl", ilvl=str(level))
        for name, value in (("start", "1"), ("numFmt", form), ("lvlText", text)):
            described.append(_element(name, val=value))
        abstract.append(described)
    numbering.insert(0, abstract)
    number = _element("num", numId="50")
    number.append(_element("abstractNumId", val="50"))
    numbering.append(number)
    for level, words in parts:
        paragraph = document.add_paragraph(words, style="Heading 1" if level == HEADING else None)
        numbered = _element("numPr")
        numbered.append(_element("ilvl", val=str(level)))
        numbered.append(_element("numId", val="50"))
        paragraph._p.get_or_add_pPr().append(numbered)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _element(name: str, **attributes: str) -> OxmlElement:
    element = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element
