"""Whose conduct, or conflict of interest, a question is about among those in power; and on which route a complaint goes.

Nothing that is about somebody in power may reach that person. A miss lets a complaint about the headteacher reach the headteacher,
a false alarm costs a count: in doubt a text is about them. docs/privacy.md says how good the patterns are.
"""

from enum import StrEnum

from corpus.clause import Role
from retrieval.reading import Reading


class Complaint(StrEnum):
    """The route on which a question goes that is not urgent, and is about how somebody at work behaves."""

    ALLEGATION = "allegation"
    WHISTLEBLOWING = "whistleblowing"
    GRIEVANCE = "grievance"


def concerned(text: str) -> frozenset[Role]:
    """Return those of the headteacher, the DSL, the governors, a line manager and the senior leaders whose conduct, or conflict of interest, a text is about.

    SLT stands for a deputy headteacher too. A text that only asks whether to tell one of them, or what they must approve, is about
    none; one that says that they were told and did nothing is about them.
    """
    return frozenset()


def complaint_of(reading: Reading) -> Complaint | None:
    """Return the route of a complaint, None where a question is on none of them; by its words, then by the matter it is read as."""
    return None
