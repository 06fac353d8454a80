"""Clauses that a question names by where they stand: "what does 9.3 say", "section 7", "item (d)"."""

import re
from functools import lru_cache

from retrieval.analyzer import normalize
from retrieval.index import Index

_NAMED = r"(?:section|sect|sec|paragraph|para|clause|item|point|rule|bullet|part)s?\.?(?: no\.?| number)?"
_NUMBER = r"\d{1,2}(?:\.\d{1,2}){0,3}"
_MANY = rf"{_NUMBER}(?:\([a-z]{{1,4}}\))?(?:(?:, ?| and | or | ?& ?){_NUMBER})*"
_NOT_BEFORE = (
    r"(?<![\d.:£$€])(?<!at )(?<!by )(?<!till )(?<!until )(?<!before )(?<!after )(?<!from )(?<!between )(?<!windows )(?<!version )"
)
_NOT_AFTER = r"(?!\.?\d|:)(?! ?(?:[ap]m\b|%|per ?cent|k\b|hours?|hrs?|mins?|minutes|days?|weeks?|years?|miles?|pounds?|quid))"
# A number alone is a clause's only with a point in it, and where it is no time, sum or measure.
_BY_NUMBER = re.compile(
    rf"\b{_NAMED} (?P<named>{_MANY})(?! year)|{_NOT_BEFORE}\b(?P<bare>\d{{1,2}}(?:\.\d{{1,2}}){{1,3}}){_NOT_AFTER}"
)
# A letter alone is one only in brackets, or after the word for an item; "rule I" and "point a" are none.
_BY_LETTER = re.compile(
    rf"\b{_NAMED} (?P<named>[b-hj-z]|i{{2,3}}|iv|vi{{0,3}})\b(?![')])|(?<![a-z])\((?P<bare>[a-z]|[ivx]{{1,4}})\)"
)
# A question names a few places at most; more are not looked for.
MOST_NAMED = 4
# What is a section elsewhere: of an Act, of an inspection.
_ELSEWHERE = re.compile(r"\bsection (?:8|5|47|17|28|127|128)\b(?= (?:inspection|enquiry|inquiry|check|order|of the|notice))")


def clauses_named(question: str, index: Index) -> tuple[int, ...]:
    """Return the numbers, in `index.clauses`, of those that a question names; empty where it names none that there is.

    A letter beside a number must stand under it: "7.1 (d)". A section's number stands for all its clauses.
    """
    plain = _ELSEWHERE.sub(" ", " ".join(normalize(question).split()))
    numbers = [number for match in _BY_NUMBER.finditer(plain) for number in re.findall(_NUMBER, match["named"] or match["bare"])]
    letters = [match["named"] or match["bare"] for match in _BY_LETTER.finditer(plain)]
    if not numbers and not letters:
        return ()
    numbers, letters = list(dict.fromkeys(numbers))[:MOST_NAMED], list(dict.fromkeys(letters))[:MOST_NAMED]
    labels = index.labels
    found = [at for at, label in enumerate(labels) if not numbers or any(_stands_under(label, number) for number in numbers)]
    if letters:
        found = [at for at in found if any(f"({letter})" in labels[at] for letter in letters)]
    exactly = [at for at in found if labels[at] in numbers]
    return tuple(exactly if len(exactly) >= len(numbers) > 0 else found)


@lru_cache(maxsize=4096)
def _stands_under(label: str, number: str) -> bool:
    """Tell whether a label such as `9.3`, `7.1, third bullet` or `section 6, first row` is that number or stands under it."""
    own = re.search(_NUMBER, label)
    return own is not None and (own[0] == number or own[0].startswith(f"{number}."))
