"""Clauses that a question names by where they stand: "what does 9.3 say", "section 7", "item (d)"."""

import re

from retrieval.index import Index

_NAMED = r"(?:section|sect|sec|paragraph|para|clause|item|point|rule|bullet|part|number|no)s?\.?"
_NUMBER = r"\d{1,2}(?:\.\d{1,2}){0,3}"
# A number alone is one only with a point in it, and where it is no time and no sum of money.
_BY_NUMBER = re.compile(
    rf"\b{_NAMED} (?P<named>{_NUMBER})\b|(?<![£$\d.:])(?<!\bat )(?<!\bby )(?<!till )(?<!until )\b(?P<bare>\d{{1,2}}(?:\.\d{{1,2}}){{1,3}})\b(?! ?(?:[ap]m|%|k|hours?|hrs?|days?|miles?|years?)\b)",
    re.IGNORECASE,
)
_BY_LETTER = re.compile(
    rf"\b{_NAMED} \(?(?P<named>[a-z]|[ivx]{{1,4}})\b\)?|(?<!\w)\((?P<bare>[a-z]|[ivx]{{1,4}})\)", re.IGNORECASE
)


def clauses_named(question: str, index: Index) -> tuple[int, ...]:
    """Return the numbers, in `index.clauses`, of those that a question names; empty where it names none that there is.

    A letter beside a number must stand under it: "7.1 (d)". A section's number stands for all its clauses.
    """
    numbers = [match["named"] or match["bare"] for match in _BY_NUMBER.finditer(question)]
    letters = [(match["named"] or match["bare"]).lower() for match in _BY_LETTER.finditer(question)]
    if not numbers and not letters:
        return ()
    labels = [one.clause.label.lower() for one in index.clauses]
    found = [at for at, label in enumerate(labels) if not numbers or any(_stands_under(label, number) for number in numbers)]
    if letters:
        found = [at for at in found if any(f"({letter})" in labels[at] for letter in letters)]
    exactly = [at for at in found if labels[at] in numbers]
    return tuple(exactly or found)


def _stands_under(label: str, number: str) -> bool:
    """Tell whether a label such as `9.3`, `7.1, third bullet` or `section 6, first row` is that number or stands under it."""
    own = re.search(_NUMBER, label)
    return own is not None and (own[0] == number or own[0].startswith(f"{number}."))
