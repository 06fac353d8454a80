"""Errors of the bot; each message is one sentence in the words of the person who gave the input."""


class BotError(Exception):
    """Something asked of the bot cannot be done."""


class SettingsError(BotError):
    """A setting is wrong or missing."""


class QuestionError(BotError):
    """A question cannot be read."""
