"""QR codes of links: as a file to print, as a piece of HTML, and as characters in a terminal."""

import io
import sys
from pathlib import Path

import segno

from bot.errors import BotError

KINDS = (".png", ".svg")
# Of the print's area 15 in 100 may be lost to a crease or a stain.
_ERROR_CORRECTION = "m"
_WHITE_ON_BLACK, _PLAIN = "\x1b[97;40m", "\x1b[0m"


def require_kind(file: Path) -> None:
    """Raise BotError where the file's name says nothing of how to write a QR code into it."""
    if file.suffix.lower() not in KINDS:
        raise BotError(f"{file} is no name for a QR code: end it in {' or '.join(KINDS)}.")


def as_file(link: str, file: Path) -> None:
    """Write the QR code of a link to a file of one of `KINDS`. Raises OSError where it cannot be written."""
    drawn = io.BytesIO()
    _code(link).save(drawn, kind=file.suffix.lower()[1:], scale=10, light="#fff")
    file.write_bytes(drawn.getvalue())


def as_svg(link: str) -> str:
    """Return the QR code of a link as SVG to stand within HTML, of whatever size the page gives it."""
    return _code(link).svg_inline(scale=1, light="#fff", omitsize=True, svgclass="qr", lineclass=None, title="QR code")


def as_characters(link: str) -> str:
    """Return the QR code of a link as lines of characters, dark on light whatever the terminal's own colours are."""
    drawn = io.StringIO()
    _code(link).terminal(drawn, compact=True)
    return "\n".join(f"{_WHITE_ON_BLACK}{line}{_PLAIN}" for line in drawn.getvalue().splitlines())


def can_be_shown() -> bool:
    """Tell whether standard output is a terminal that has the characters."""
    return sys.stdout.isatty() and "utf" in (sys.stdout.encoding or "").lower()


def _code(link: str) -> segno.QRCode:
    return segno.make_qr(link, error=_ERROR_CORRECTION)
