"""Errors of the bot; each message is one sentence in the words of the person who gave the input."""

_LONGEST_QUOTE = 40  # characters


class BotError(Exception):
    """Something asked of the bot cannot be done."""


class SettingsError(BotError):
    """A setting is wrong or missing."""


class QuestionError(BotError):
    """A question cannot be read."""


def in_quotes(text: str) -> str:
    """Return what somebody wrote as an error repeats it to them: on one line, and not all of it where it is long."""
    line = " ".join(text.split())
    return f"“{in_short(line, _LONGEST_QUOTE)}”"


def in_short(text: str, longest: int = 80) -> str:
    """Return what somebody wrote on one line, and where it is longer than so many characters only its beginning."""
    line = " ".join(text.splitlines())
    return line if len(line) <= longest else f"{line[:longest]}…"
