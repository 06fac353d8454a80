"""What sort of thing a question asks for, and whether a clause has it: a time or a number, or somebody who does it."""

import re

_ASKS_HOW_MUCH = re.compile(
    r"\b(?:how (?:long|often|many|much|soon|old|late|early|far)|what (?:time|date|day|age|number|year)|which (?:day|date|year)|many years)\b",
    re.IGNORECASE,
)
_SAYS_HOW_MUCH = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|once|twice|hours?|days?|weeks?|months?|terms?|years?|yearly|annual(?:ly)?|daily|weekly|monthly|termly|"
    r"regular(?:ly)?|always|never|immediately|at once|each|every|constantly|at all times|any time|age|maximum|minimum|highest|until)\b",
    re.IGNORECASE,
)
_ASKS_WHO = re.compile(
    r"^\W*(?:(?:so|and|but|ok|also)\W+)?who(?:'?s)?\b(?!\s+(?:do|should|shall|can|must|would|am)\s+i\b)", re.IGNORECASE
)
_SAYS_WHO = re.compile(
    r"\b(?:head\w*|governors?|governing|staff|teachers?|school|lead\w*|officers?|managers?|team|police|council|authority|responsib\w+|parents?|individual|trust|academy|person)\b",
    re.IGNORECASE,
)


def lacks_what_is_asked(question: str, words: str) -> bool:
    """Tell whether a question asks how long, how many or who, and a clause's words hold nothing of that kind."""
    if _ASKS_HOW_MUCH.search(question) and not _SAYS_HOW_MUCH.search(words):
        return True
    return bool(_ASKS_WHO.search(question)) and not _SAYS_WHO.search(words)
