"""What comes out of a document: its text, what in it is doubtful, and what was left out."""

from msgspec import Struct


class Doubt(Struct, frozen=True):
    """One thing that a person should look at: `at` is its offset in the text, `sentence` says what to look for."""

    at: int
    kind: str
    sentence: str


class ReadDocument(Struct, frozen=True):
    """The text of a document as the chunker reads it, its doubts in the order of the text, and what was ignored."""

    text: str
    doubts: tuple[Doubt, ...] = ()
    ignored: tuple[str, ...] = ()


def read_document(raw: bytes, name: str) -> ReadDocument:
    """Return what a document holds. Raises DocumentError where it cannot be read."""
    from corpus.documents.pdf import read_pdf

    return read_pdf(raw, name)
