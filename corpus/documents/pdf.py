"""A PDF -> text: its pages are read with PDFium, which runs no script and opens nothing that is embedded.

The way of a page: letters (pdf_page), words and lines (pdf_lines), tables (pdf_tables), headers and footers (pdf_furniture),
columns (pdf_columns), paragraphs (pdf_text).
"""

from collections.abc import Iterator

import pypdfium2.raw as pdfium
from pypdfium2 import PdfDocument, PdfiumError, PdfPage

from corpus.documents.damage import doubt_damage
from corpus.documents.doubt import Doubt
from corpus.documents.pdf_columns import read_flows
from corpus.documents.pdf_furniture import Sheet, take_furniture
from corpus.documents.pdf_lines import find_runs
from corpus.documents.pdf_page import Page, read_page
from corpus.documents.pdf_tables import take_tables
from corpus.documents.pdf_text import write_text
from corpus.documents.reading import ReadDocument
from corpus.errors import DocumentError

MOST_PAGES = 200  # the longest handbooks of schools have half of that
_FEWEST_LETTERS = 15  # a page with fewer, under a picture, has no text
_ADOBE_FORM = "an Adobe form"
_FORMS_OF_ADOBE = (pdfium.FORMTYPE_XFA_FULL, pdfium.FORMTYPE_XFA_FOREGROUND)
_COMMENTS = (pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP)


def read_pdf(raw: bytes, name: str) -> ReadDocument:
    """Return the text of a PDF. Raises DocumentError where it is locked, damaged, too long, or has no text."""
    document = _open(raw, name)
    try:
        if len(document) > MOST_PAGES:
            raise DocumentError(
                f"{name} has {len(document):,} pages, and at most {MOST_PAGES} can be read: bring in only those of the policy."
            )
        pages = [_read_and_close(page) for page in document]
        ignored = tuple(_ignored(document, pages))
    except PdfiumError:
        raise DocumentError(_damaged(name)) from None
    finally:
        document.close()
    _refuse_without_text(pages, name, is_adobe_form=_ADOBE_FORM in ignored)
    return _read_pages(pages, ignored)


def _read_and_close(page: PdfPage) -> Page:
    try:
        return read_page(page)
    finally:
        page.close()  # what PDFium keeps of a page may be large


def _open(raw: bytes, name: str) -> PdfDocument:
    if not raw.strip():
        raise DocumentError(f"{name} is empty: choose the file that holds the policy.")
    try:
        document = PdfDocument(raw)
    except PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise DocumentError(
                f"{name} is locked with a password: save a copy without the password and bring that in."
            ) from None
        if error.err_code == pdfium.FPDF_ERR_SECURITY:
            raise DocumentError(f"{name} is locked: ask whoever made it for the Word file, and bring that in.") from None
        raise DocumentError(_damaged(name)) from None
    if not len(document):
        raise DocumentError(_damaged(name))
    return document


def _damaged(name: str) -> str:
    return f"{name} is damaged or is not a PDF: open it, save or print it as a new PDF, and bring that in."


def _ignored(document: PdfDocument, pages: list[Page]) -> Iterator[str]:
    """Yield what the file holds beside its pages' text; none of it is opened or run."""
    if pdfium.FPDFDoc_GetAttachmentCount(document) > 0:
        yield "files attached to the PDF"
    if pdfium.FPDFDoc_GetJavaScriptActionCount(document) > 0:
        yield "scripts"
    if pdfium.FPDF_GetFormType(document) in _FORMS_OF_ADOBE:
        yield _ADOBE_FORM
    if any(page.has_pictures for page in pages):
        yield "pictures"
    kinds = {kind for page in pages for kind in page.notes}
    if pdfium.FPDF_ANNOT_WIDGET in kinds:
        yield "what was filled in on the form"
    if kinds & set(_COMMENTS):
        yield "comments and stamps"
    if any(page.unseen for page in pages):
        yield "words that nobody sees on the page"


def _refuse_without_text(pages: list[Page], name: str, *, is_adobe_form: bool) -> None:
    letters = sum(_letters(page) for page in pages)
    ask = "ask whoever made it for the Word file, and bring that in"
    if is_adobe_form and letters < 1000:
        raise DocumentError(f"{name} is an Adobe form, which only Adobe's own program can show: {ask}.")
    if letters < _FEWEST_LETTERS:
        raise DocumentError(
            f"{name} is a picture of the pages, without text: {ask}, or let a scanner's text recognition (OCR) run over it first."
        )
    if sum(page.unreadable for page in pages) > 0.3 * letters:
        raise DocumentError(f"{name} does not say which letters its words are made of: {ask}.")


def _letters(page: Page) -> int:
    return sum(glyph.text.isalnum() for glyph in page.glyphs)


def _read_pages(pages: list[Page], ignored: tuple[str, ...]) -> ReadDocument:
    sheets = []
    for number, page in enumerate(pages, 1):
        tables, glyphs = take_tables(page.glyphs, page.rulings, number)
        sheets.append(Sheet(number, page.height, find_runs(glyphs), tables, page.is_scanned))
    opening = take_furniture(sheets)
    flows = [
        flow for sheet in sheets for flow in read_flows([*sheet.runs, *sheet.tables], sheet.number, scanned=sheet.is_scanned)
    ]
    text, doubts = write_text(flows, opening)
    found = sorted((*_doubt_pages(pages), *doubts, *doubt_damage(text)), key=lambda doubt: doubt.at)
    return ReadDocument(text, tuple(found), ignored)


def _doubt_pages(pages: list[Page]) -> Iterator[Doubt]:
    """Yield a doubt about the pages that are pictures, with text behind them or without."""
    scanned = [number for number, page in enumerate(pages, 1) if page.is_scanned]
    if scanned:
        yield Doubt(0, "scan", f"{_named(scanned)} scanned, and a program read the words: compare them with the paper.")
    empty = [number for number, page in enumerate(pages, 1) if page.is_picture and _letters(page) < _FEWEST_LETTERS]
    if empty:
        yield Doubt(0, "picture", f"{_named(empty)} only a picture: what is written there is missing here.")


def _named(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"Page {numbers[0]} is"
    return f"Pages {', '.join(map(str, numbers[:-1]))} and {numbers[-1]} are"
