"""Errors of the corpus; every message is one sentence that a person at a school can act on."""


class CorpusError(Exception):
    """Something about a policy, its file or its store is not as it must be."""


class DocumentError(CorpusError):
    """A document cannot be read as a policy."""


class EditError(CorpusError):
    """A change by hand to a draft cannot be made; the draft is as it was."""


class PolicyFileError(CorpusError):
    """A policy file is damaged; the message names the file, the line and what is wrong."""


class StoreError(CorpusError):
    """The store cannot be opened or written, or does not hold what was asked for."""
