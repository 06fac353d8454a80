"""Errors of retrieval."""


class RetrievalError(Exception):
    """A question or an evaluation cannot be worked on; the message says why in one sentence."""
