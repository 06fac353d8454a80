"""What a document says about itself: its title, its school, its dates, and the people whom it names in office."""

import re
import string
from collections.abc import Sequence

from corpus.clause import Person, Role
from corpus.dates import PolicyDate, find_dates, locate_dates

# What a line says of its date, the first that fits.
_FIELDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        (
            "review_due",
            r"\b(?:next|future|date (?:of|for) next)\b[^:]{0,20}\breview|\breview\s+(?:due|date|by|on)\b|\b(?:to be reviewed|due for review|review due)\b|\bdate of review\b|\bnext update\b|^\W*review\s*:",
        ),
        ("approved", r"\b(?:approved|ratified|agreed|adopted|adoption|approval|ratification)\b"),
        ("issued", r"\b(?:issued?|effective|version|published|written|created)\b"),
        ("reviewed", r"\b(?:reviewed|last review|updated|revised|amended)\b"),
        ("dated", r"\bdated?\b"),
    )
)
# The date that counts as the adoption, the most telling first.
_ADOPTION = ("approved", "issued", "reviewed", "dated")

_YEARLY = re.compile(
    r"\bpolicy\b[^.]{0,60}\breview(?:ed)?\b[^.]{0,30}\b(?:every year|annually|each year|yearly|once a year|on an annual basis)\b",
    re.IGNORECASE,
)

_GAP = r"[^\S\n]"  # a name and its office stand on one line, unless each has a line of its own
_NAME = (
    rf"(?P<name>(?:Mrs|Mr|Ms|Miss|Mx|Dr|Revd?|Prof|Sir|Dame|Sister|Father)\.?{_GAP}+"
    rf"(?:[A-Z]\.?{_GAP}+)*[A-Z][\w'’-]+(?:{_GAP}+[A-Z][\w'’-]+)?)"
)
# A deputy headteacher is not the headteacher.
_HOLDER = r"(?<!deputy\s)(?<!assistant\s)(?<!vice\s)(?<!vice-)(?<!former\s)\b"
_HEAD = r"(?:head\s?-?teacher|executive\s+head\w*|principal|head\s+of\s+school)"
_CHAIR = r"(?:chair(?:person|man|woman)?\s+of\s+(?:the\s+)?(?:governors|governing\s+(?:body|board)|trustees))"
_DSL = r"(?:designated\s+safeguarding\s+lead|DSL|designated\s+person(?:\s+for\s+child\s+protection)?)"
_PEOPLE = tuple(
    (role, re.compile(pattern, re.MULTILINE))
    for role, office in ((Role.HEADTEACHER, _HEAD), (Role.GOVERNORS, _CHAIR), (Role.DSL, _DSL))
    for pattern in (
        rf"(?i:{_HOLDER}{office})(?:{_GAP}*\([^)\n]*\))?{_GAP}*(?:,|:|\bis\b|-|–)?{_GAP}*(?:\bis{_GAP}+)?{_NAME}",
        rf"{_NAME},?{_GAP}*[(–-]?{_GAP}*(?i:(?:the{_GAP}+)?{_HOLDER}{office}\b)",
        rf"(?i:{_HOLDER}{office}){_GAP}*:{_GAP}*\n{_GAP}*{_NAME}",
        rf"^{_GAP}*{_NAME}{_GAP}*\n{_GAP}*(?i:{_HOLDER}{office}\b)",
    )
)


def read_dates(lines: Sequence[str]) -> tuple[tuple[str, PolicyDate], ...]:
    """Return each date that lines of metadata give, with what they say of it, in their order; the rest is `other`."""
    found: list[tuple[str, PolicyDate]] = []
    for line in lines:
        dates = locate_dates(line)
        name = _field(line) or "other"
        before = 0
        for start, end, on in dates:
            # Of several dates in a line each has its name before it: "Adopted: May 2018  Review: May 2020".
            if len(dates) > 1:
                name = _field(line[before:start]) or name
            found.append((name, on))
            before = end
    return tuple(found)


def _field(words: str) -> str | None:
    return next((name for name, pattern in _FIELDS if pattern.search(words)), None)


def adoption_and_review(dates: Sequence[tuple[str, PolicyDate]], words: str) -> tuple[PolicyDate | None, PolicyDate | None]:
    """Return when the policy was adopted and when its review is due, each None where the document does not say.

    `words` is the whole text: a policy that says it is reviewed every year, and gives no date for that, is due a year on.
    """
    by_field = {field: [date for name, date in dates if name == field] for field in (*_ADOPTION, "review_due")}
    adopted = next((max(by_field[field]) for field in _ADOPTION if by_field[field]), None)
    review = max(by_field["review_due"], default=None)
    if review is None and adopted is not None and _YEARLY.search(words):
        review = adopted.a_year_on()
    return adopted, review


def read_people(text: str) -> tuple[Person, ...]:
    """Return whom the text names as headteacher, chair of governors and designated safeguarding lead, the first of each."""
    people: dict[Role, Person] = {}
    for role, pattern in _PEOPLE:
        match = pattern.search(text.replace("**", ""))
        if match and role not in people:
            people[role] = Person(role, re.sub(r"\s+", " ", match["name"]))
    return tuple(people[role] for role in Role if role in people)


def read_title(lines: Sequence[str]) -> str | None:
    """Return the title that the front matter gives, or None."""
    for line in lines:
        words = line.strip("#*_ ")
        if (
            len(words) <= 100
            and not find_dates(words)
            and re.search(
                r"\b(?:policy|handbook|code of conduct|procedures?|guidance|statement|agreement)\b",
                words,
                re.IGNORECASE,
            )
        ):
            return string.capwords(words) if words.isupper() else words
    return None
