"""What a clause makes of the thing that a question asks about, where the clause holds more than one stance."""

import math
import re

from corpus.clause import Clause, Stance
from retrieval.sides import sides_of_clause, sides_of_question
from retrieval.vectors import WordVectors

# The looser of two stances is the headline only where the question is this much liker its words (cosine), or, where wordings of
# both cases are known, where its case is this much likelier (log odds).
LOOSER_LEAD = 0.12
SIDE_LEAD = 0.1
LOOSER_CASE = 0.5
# How much a stance lets a reader do, as far as a reader may take it so.
_LOOSENESS = {
    Stance.FORBIDDEN: 0,
    Stance.DISCOURAGED: 1,
    Stance.REQUIRED: 2,
    Stance.INFORMATIONAL: 2,
    Stance.CONDITIONAL: 3,
    Stance.RECOMMENDED: 3,
    Stance.ALLOWED: 4,
}
# Stances that forbid a thing, or not all of it.
RESTRICTING = frozenset({Stance.FORBIDDEN, Stance.DISCOURAGED, Stance.CONDITIONAL})
_GIVING_WAY = (Stance.CONDITIONAL, Stance.REQUIRED, Stance.RECOMMENDED, Stance.ALLOWED)
# How much leave a stance gives; what is required or told gives none and takes none.
_LEAVE_GIVEN = {Stance.FORBIDDEN: 0, Stance.DISCOURAGED: 1, Stance.CONDITIONAL: 2, Stance.RECOMMENDED: 3, Stance.ALLOWED: 3}
_DEMANDS_SCHOOLS = re.compile(
    r"\b(?:only|must|should|unless)\b[^.;]{0,120}\b(?:school|academy|official|work|professional)(?:['’]s)?\s+(?:[\w-]+\s+){0,2}?(?:cameras?|i-?pads?|computers?|laptops?|phones?|equipment|property|devices?|accounts?|"
    r"e-?mail|address(?:es)?|purposes|sites?)\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:my|his|her|their|our|your|me)\s+(?:\w+\s+){0,1}?(?:own\b|personal\b|private\b|(?:home\s+)?(?:laptop|phone|mobile|moby|ipad|tablet|camera|gmail|hotmail|insta\w*|facebook|fb|blog|account)\b)|\b(?:personal|private)\s+(?:phone|mobile|"
    r"laptop|account|email|e-mail|camera|blog|device)\b|\b(?:fetch|bring|brought|use|using)\w*(?: in)? mine\b|\bof my own\b|\b(?:camera|phone|laptop|tablet|one|iphone|ipad) (?:at|from) home\b|\bhome\b(?! ?(?:visits?|school|time|learning|work|page|screen))",
    re.IGNORECASE,
)


def stance_for(question: str, clause: Clause, vectors: WordVectors, second_case: float = -math.inf) -> Stance:
    """Return what a clause makes of the thing asked; `second_case` is by how much its second case is likelier meant, if that is known.

    Of two stances the looser is the headline only where the question is clearly liker its words than those of the stricter; in
    doubt the stricter stands. What asks for one's own thing where the clause demands the
    school's is not allowed.
    """
    stance = clause.stance
    if clause.second is not None:
        looser = _LOOSENESS[clause.second.stance] > _LOOSENESS[stance]
        if math.isfinite(second_case):
            lead, needed = second_case, LOOSER_CASE
        else:
            rest = clause.words.replace(clause.second.when, " ")
            asked, second, first = vectors.encode([question, clause.second.when, rest])
            lead = float(second @ asked - first @ asked) + _lead_by_side(question, clause.second.when, rest)
            needed = LOOSER_LEAD
        if lead > (needed if looser else -needed):
            stance = clause.second.stance
    if stance in _GIVING_WAY and _wants_own(question) and _DEMANDS_SCHOOLS.search(clause.words):
        return Stance.FORBIDDEN
    return stance


def loosens(ruling: Stance, published: Stance) -> bool:
    """Tell whether a ruling of one stance gives leave that a published clause does not give: to do a thing, or to leave it."""
    if published is Stance.REQUIRED:
        return ruling in (Stance.ALLOWED, Stance.CONDITIONAL)
    return ruling in _LEAVE_GIVEN and published in RESTRICTING and _LEAVE_GIVEN[ruling] > _LEAVE_GIVEN[published]


def _lead_by_side(question: str, second: str, first: str) -> float:
    """Return what speaks for the second case, or against it, because only one of the two names whom the question turns on."""
    sides = sides_of_question(question)
    return SIDE_LEAD * (bool(sides & sides_of_clause(second)) - bool(sides & sides_of_clause(first)))


def _wants_own(question: str) -> bool:
    return bool(_OWN.search(question))
