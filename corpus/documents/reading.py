"""The one way in: the bytes of a file -> its text, whatever kind of document it is."""

import re
from collections.abc import Iterator

from msgspec import Struct

from corpus.documents.characters import decode_page, is_text
from corpus.documents.doubt import Doubt
from corpus.errors import DocumentError
from corpus.source import decode, read_text

# The readers are imported where they are called: each brings a parser that the other kinds of document do not need.


class ReadDocument(Struct, frozen=True):
    """What a document says: its text, where to look twice, and what was left out, in words ("a picture")."""

    text: str
    doubts: tuple[Doubt, ...] = ()
    ignored: tuple[str, ...] = ()


_BRING = "open it in {program}, choose Save As, {choice}, and bring that in."
_WORD = _BRING.format(program="Word", choice="Word Document (.docx)")
_RICH_TEXT = f"This is a Rich Text file (.rtf): {_WORD}"
_OLD_WORD = f"This is an old Word file (.doc): {_WORD}"
_WORD_XML = f"This is a Word file saved as XML: {_WORD}"
_WEB_ARCHIVE = f"This is a web page saved as one file (.mht): {_WORD}"
_PAGES = "This is a Pages file: open it in Pages, choose File, Export To, Word, and bring that in."
_SHEET = "This is a spreadsheet: copy the policy into a Word document (.docx) and bring that in."
_SLIDES = "This is a slide show: copy the policy into a Word document (.docx) and bring that in."
_BOOK = "This is an e-book: bring in the Word document or PDF that it was made from."
_ARCHIVE = "This is a ZIP folder: unpack it and bring in the policy that is inside."
_PICTURE = "This is a picture: bring in the policy as a Word document or as a PDF with text in it."
_PROTECTED = "This file is protected by a password: open it, take the password off, save it, and bring that in."
_UNKNOWN = (
    "{name} is not a document that can be read here: save the policy as a Word document (.docx) or a PDF and bring that in."
)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = (
    ("EncryptedPackage", _PROTECTED),
    ("WordDocument", _OLD_WORD),
    ("Workbook", _SHEET),
    ("PowerPoint Document", _SLIDES),
)
_PICTURES = re.compile(
    rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0\0\0\0|II\*\0|MM\0\*|RIFF.{4}WEBP|.{4}ftyp(?:hei|hev|mif|avif)", re.DOTALL
)
_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<(?:p|div|h[1-6]|ul|ol|table|span)\b[^<>]*>", re.IGNORECASE)


def read_document(raw: bytes, name: str) -> ReadDocument:
    """Return what the file of this name says; its content decides what it is, and its name only where that leaves it open.

    Raises DocumentError, whose one sentence says what is wrong and what to do, where it cannot be read.
    """
    if not raw.strip(b"\0 \t\r\n"):
        raise DocumentError(f"{name} is empty: choose the file that holds the policy.")
    if b"%PDF-" in raw[:1024]:
        from corpus.documents.pdf import read_pdf

        return read_pdf(raw, name)
    if raw.startswith(b"PK"):
        return _read_package(raw, name)
    if raw.startswith(_OLE):
        streams = (says for stream, says in _OLE_STREAMS if stream.encode("utf-16-le") in raw)
        raise DocumentError(next(streams, _UNKNOWN.format(name=name)))
    if raw.startswith(b"{\\rtf"):
        raise DocumentError(_RICH_TEXT)
    if _PICTURES.match(raw):
        raise DocumentError(_PICTURE)
    return _read_characters(raw, name)


def _read_package(raw: bytes, name: str) -> ReadDocument:
    from corpus.documents.package import Package

    package = Package(raw, name)
    if package.is_locked:
        raise DocumentError(_PROTECTED)
    if package.main_part:
        from corpus.documents.word import read_word

        return read_word(package)
    if package.media_type.startswith("application/vnd.oasis.opendocument.text"):
        from corpus.documents.opendocument import read_opendocument

        return read_opendocument(package)
    if "xl/workbook.xml" in package or "opendocument.spreadsheet" in package.media_type:
        raise DocumentError(_SHEET)
    if "ppt/presentation.xml" in package or "opendocument.presentation" in package.media_type:
        raise DocumentError(_SLIDES)
    if package.media_type == "application/epub+zip":
        raise DocumentError(_BOOK)
    if "Index/Document.iwa" in package or name.lower().endswith(".pages"):
        raise DocumentError(_PAGES)
    raise DocumentError(_ARCHIVE)


def _read_characters(raw: bytes, name: str) -> ReadDocument:
    text = decode(raw)
    start = text[:4000]
    if start.startswith("MIME-Version:") and "multipart/related" in start:
        raise DocumentError(_WEB_ARCHIVE)
    if "<w:wordDocument" in start or "<pkg:package" in start:
        raise DocumentError(_WORD_XML)
    if _PAGE.match(start) or (name.lower().endswith((".html", ".htm", ".xhtml")) and _TAG.search(text)):
        from corpus.documents.web_page import read_web_page

        return read_web_page(decode_page(raw))
    if not is_text(text):
        raise DocumentError(_UNKNOWN.format(name=name))
    text = read_text(raw, name)
    return ReadDocument(text, tuple(_unread_letters(text)))


def _unread_letters(text: str) -> Iterator[Doubt]:
    at = 0
    for line in text.split("\n"):
        if "\ufffd" in line:
            yield Doubt(at, "letter", "A letter here could not be read: compare this line with your document.")
        at += len(line) + 1
