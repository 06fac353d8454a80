"""What somebody typed or sent that is to be read as one line, such as a title, or as a number."""

from bot.errors import BotError, in_quotes


def read_line(typed: str, what: str, longest: int) -> str:
    """Return what was typed on one line, at most `longest` characters; `what` says what it is, such as `title`.

    Raises BotError where nothing is in it, it is too long, or it holds characters that nobody can see.
    """
    line = " ".join(typed.split())
    if not line:
        raise BotError(f"The {what} is empty: write it.")
    if len(line) > longest:
        raise BotError(f"The {what} has {len(line)} characters: shorten it to {longest} or fewer.")
    if not line.isprintable():
        seen = "".join(filter(str.isprintable, line))
        raise BotError(f"The {what} {in_quotes(seen)} holds characters that nobody can see: type it anew.")
    return line


def read_number(text: str) -> int | None:
    """Return the number that stands in an address, a form or a button, None where it is none, or larger than any in the store."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
