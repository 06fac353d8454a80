"""Who does what to whom in a question: the one who does it, and who is on the other side of it.

A rule on pupils does not govern what one may do with parents, and a rule that binds parents does not govern what staff may do,
however alike the words are.
"""

import re
from enum import StrEnum
from functools import cache, lru_cache

from corpus.clause import Party


class Side(StrEnum):
    """A person or group that staff deal with."""

    PUPIL = "pupil"
    FORMER_PUPIL = "former pupil"
    PARENT = "parent"
    COLLEAGUE = "colleague"
    PRESS = "press"


_FORMER = (
    r"\bex[- ]?(?:pupils?|students?)\b|\bex or recent pupils?\b|\b(?:former|old|past|previous) (?:pupils?|students?)\b|\bused to teach\b|\bi taught\b|\bleavers?\b"
    r"|\b(?:left|leaves|leaving) (?:us|here|school|in (?:july|the summer))\b|\bat (?:high|secondary|big|senior) school now\b|\ball grown up\b"
)
_PARENT = r"\b(?:mums?|mams?|mummies|mothers?|dads?|daddies|fathers?|parents?|carers?|guardians?|nans?|nanas?|gran(?:s|ny|nies|dad|dads|ma|mas|parents?|mother|father)?|famil(?:y|ies)|step-?(?:mum|dad)s?|childminders?)\b"
_PUPIL = (
    r"\b(?:pupils?|students?|child(?:ren)?|kids?|kiddies|lads?|lass(?:es|ies?)?|boys?|girls?|bairns?|weans?|little (?:ones?|'uns?|uns?)|y(?:ea)?r ?\d+s?|y\d+s?|year (?:one|two|three|four|five|six)s?|reception|"
    r"my class|young people|learners?|juniors?|infants?)\b"
)
_COLLEAGUE = (
    r"\b(?:colleagues?|co-?workers?|workmates?|(?:another|other|fellow|the other) (?:teachers?|tas?|staff|members? of staff)|my (?:ta|job-?share|line manager)|staff members?|members of staff|other staff|each other|"
    r"the head|headteacher|deputy|caretaker|site manager|cook|dinner lad(?:y|ies)|office (?:lady|manager|team)|the team|employees)\b"
)
_PRESS = r"\b(?:journalists?|reporters?|newspapers?|the (?:press|gazette|papers?|media)|local paper|radio|tv|telly|bbc|contacted for comments?|media outlet)\b"

# Of words in lower case: to look for either case takes twice as long.
_ASKED = (
    (Side.FORMER_PUPIL, re.compile(_FORMER)),
    (Side.PARENT, re.compile(_PARENT)),
    (Side.PRESS, re.compile(_PRESS)),
    (Side.PUPIL, re.compile(_PUPIL)),
    (Side.COLLEAGUE, re.compile(_COLLEAGUE)),
)


def sides_of_question(question: str) -> frozenset[Side]:
    """Return on whom a question turns: the first that it names of former pupil, parent, press, pupil and colleague.

    A mum from my class is a parent, and a girl whom I taught years ago a former pupil: the class and the girl only say whose.
    """
    asked = question.lower()
    return frozenset(next(([side] for side, pattern in _ASKED if pattern.search(asked)), []))


@lru_cache(maxsize=4096)  # clauses of many schools are the same
def sides_of_clause(words: str) -> frozenset[Side]:
    """Return all whom a clause names."""
    told = words.lower()
    return _once(frozenset(side for side, pattern in _ASKED if pattern.search(told)))


@cache
def _once(sides: frozenset[Side]) -> frozenset[Side]:
    """Return the one set of these that all clauses share."""
    return sides


_PUPILS = r"(?:the |our |my |any |some |those |these )?(?:pupils?|students?|child(?:ren)?|kids?|lads?|lasses|boys?|girls?|bairns|y(?:ea)?r ?\d+s?|year (?:one|two|three|four|five|six)s?|classes)"
_PARENTS = r"(?:the |our |my |any |some |those |these |a |one of the )?(?:parents?|mums?|mams?|dads?|mothers?|fathers?|carers?|famil(?:y|ies)|grandparents?|nans?)"
_MODAL = r"(?:can|could|may|are|is|do|does|did|will|should|shall|must|have|has|would|might|get|gets|go|goes|keeps?|has|have|been)"
_ACTS = (
    (
        Party.PARENTS,
        re.compile(
            rf"(?:^|[.?!,;]\s*|\b(?:if|when|what if|that|and|or)\s+){_PARENTS}\b(?:\s+\w+){{0,4}}?\s+(?:{_MODAL}|\w+ing|\w+ed|posted|put|took|sat|films?|post|use)\b|\b{_MODAL}\s+{_PARENTS}\b",
            re.IGNORECASE,
        ),
    ),
    (
        Party.PUPILS,
        re.compile(
            rf"(?:^|[.?!,;]\s*|\b(?:if|when|what if|that|and|or)\s+){_PUPILS}\b(?:\s+\w+){{0,3}}?\s+(?:{_MODAL}|\w+ing)\b|\b{_MODAL}\s+{_PUPILS}\b",
            re.IGNORECASE,
        ),
    ),
)
_I = re.compile(r"\b(?:i|i'm|i've|i'd|im|ive|we|we're|me|my|staff|teachers?|tas?|us|governors?)\b", re.IGNORECASE)
_ASKS_OF_ME = re.compile(
    r"\b(?:can|could|may|should|shall|must|do|am|have|would|did|are|was|is it ok|ok|alright|all right|allowed)\s+(?:i|we|me|us|staff|to|4 me|for me)\b",
    re.IGNORECASE,
)


def actor_of_question(question: str) -> Party | None:
    """Return whose doing a question is about: parents', pupils', or staff's where the asker asks of themselves; else None."""
    if _ASKS_OF_ME.search(question):
        return Party.STAFF
    acting = next((party for party, pattern in _ACTS if pattern.search(question)), None)
    if acting is None and _I.search(question):
        return Party.STAFF
    return acting
