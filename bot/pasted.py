"""What people paste into a file or into the terminal: a list of staff, the copy of an answer."""

import sys

from bot.errors import BotError
from corpus.source import decode

STANDARD_INPUT = "-"
LONGEST = 1_000_000  # bytes; the list of a large trust is a hundredth of it


def read_pasted(file: str, what: str) -> str:
    """Return the text of a file, or of standard input where `file` is `-`; in a terminal, `what` to paste is asked for.

    Raises BotError where it cannot be read or is too long.
    """
    try:
        if file != STANDARD_INPUT:
            with open(file, "rb") as stream:
                raw = stream.read(LONGEST + 1)
        else:
            if sys.stdin.isatty():
                print(f"Paste {what} here, then press Enter and Ctrl-D.", file=sys.stderr)
            raw = sys.stdin.buffer.read(LONGEST + 1)
    except OSError as error:
        raise BotError(f"{file} cannot be read: {error.strerror}.") from None
    if len(raw) > LONGEST:
        name = "What was pasted" if file == STANDARD_INPUT else file
        raise BotError(f"{name} is longer than {what} can be: choose another.")
    return decode(raw)
