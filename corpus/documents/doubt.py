"""What the reader of a document was not certain of."""

from msgspec import Struct


class Doubt(Struct, frozen=True):
    """A place that somebody should compare with the document: `at` is its offset in the text, `kind` one word or two."""

    at: int
    kind: str
    sentence: str
