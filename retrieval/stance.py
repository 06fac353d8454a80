"""What a clause makes of the thing that a question asks about, where the clause holds more than one stance."""

import re

from corpus.clause import Clause, Stance
from retrieval.vectors import WordVectors

# The looser of two stances is the headline only where the question is this much liker its words (cosine).
LOOSER_LEAD = 0.12
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
_GIVING_WAY = (Stance.CONDITIONAL, Stance.REQUIRED, Stance.RECOMMENDED, Stance.ALLOWED)
_DEMANDS_SCHOOLS = re.compile(
    r"\b(?:only|must|should|unless)\b[^.;]{0,120}\b(?:school|academy|official|work|professional)(?:['’]s)?\s+(?:[\w-]+\s+){0,2}?(?:cameras?|i-?pads?|computers?|laptops?|phones?|equipment|property|devices?|accounts?|"
    r"e-?mail|address(?:es)?|purposes|sites?)\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:my|his|her|their|our|your|me)\s+(?:\w+\s+){0,1}?(?:own\b|personal\b|private\b|(?:home\s+)?(?:laptop|phone|mobile|moby|ipad|tablet|camera|gmail|hotmail|insta\w*|facebook|fb|blog|account)\b)|\b(?:personal|private)\s+(?:phone|mobile|"
    r"laptop|account|email|e-mail|camera|blog|device)\b",
    re.IGNORECASE,
)


def stance_for(question: str, clause: Clause, vectors: WordVectors) -> Stance:
    """Return what a clause makes of the thing asked.

    Of two stances the looser is the headline only where the question is clearly liker its words than those of the stricter; in
    doubt the stricter stands. What asks for one's own thing where the clause demands the
    school's is not allowed.
    """
    stance = clause.stance
    if clause.second is not None:
        rest = clause.words.replace(clause.second.when, " ")
        asked, second, first = vectors.encode([question, clause.second.when, rest])
        lead = float(second @ asked - first @ asked)
        needed = LOOSER_LEAD if _LOOSENESS[clause.second.stance] > _LOOSENESS[stance] else -LOOSER_LEAD
        if lead > needed:
            stance = clause.second.stance
    if stance in _GIVING_WAY and _wants_own(question) and _DEMANDS_SCHOOLS.search(clause.words):
        return Stance.FORBIDDEN
    return stance


def _wants_own(question: str) -> bool:
    return bool(_OWN.search(question))
