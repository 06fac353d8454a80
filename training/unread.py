"""A school for whose clauses nobody has written wordings."""

from retrieval.knowledge import NO_WORDINGS, Knowledge, Wordings


class WithoutWordings(Knowledge):
    """The shared knowledge as a school meets it whose clauses nobody has written wordings for."""

    def wordings_for(self, _words: str, _lead_in: str | None) -> Wordings:
        """Return none, whatever the clause."""
        return NO_WORDINGS
