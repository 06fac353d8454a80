"""Characters as documents hold them: which of them are text, and how a web page says in which encoding it is."""

import codecs
import re

from corpus.source import decode

_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_DROPPED = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffc\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPACES = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\x85]+")
# Characters of Word's symbol fonts, which have no meaning outside them, as what they show.
_SYMBOLS = str.maketrans(
    {
        "\u2011": "-",  # a hyphen at which no line breaks
        "\u2028": "\n",
        "\u2029": "\n",
        "\uf0b7": "•",
        "\uf0a7": "▪",
        "\uf0d8": "➢",
        "\uf0fc": "✓",
        "\uf0fe": "☑",
        "\uf0a8": "☐",
        "\uf06f": "☐",
        "\uf0e0": "→",
    }
)


def tidy(text: str) -> str:
    """Return text as one reads it: without characters that do not show, with plain spaces, tabs and line ends kept."""
    return _SPACES.sub(" ", _DROPPED.sub("", text.translate(_SYMBOLS)))


def is_text(text: str) -> bool:
    """Tell whether decoded characters are writing, and not a program or a picture read as such."""
    sample = text[:20_000]
    strange = sum(1 for character in sample if (character < " " and character not in "\t\n\r\f") or character == "\ufffd")
    return strange * 50 <= len(sample) and "\0" not in text


def decode_page(raw: bytes) -> str:
    """Return a web page as text: in the encoding that it names, where it names one that fits, else as any text is decoded."""
    named = _CHARSET.search(raw[:4096])
    if named and not raw.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = named[1].decode("ascii").lower()
        # Browsers read the older names as Windows-1252, and so do the programs that write them.
        encoding = "cp1252" if encoding in ("iso-8859-1", "latin1", "us-ascii", "ascii") else encoding
        try:
            return raw.decode(encoding)
        except (LookupError, UnicodeError):
            return decode(raw)
    return decode(raw)
