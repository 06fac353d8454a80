"""Many schools with five policies each, made by rules from policies that are there: the same number makes the same school.

Schools copy policies from each other and from their local authority, and then write their own words into them. So each school
takes five documents in an order of its own, calls people and things by its own words throughout, and words half of the clauses
anew: with its name, other numbers, another stance.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import product
from pathlib import Path
from random import Random

from msgspec.structs import replace
from sqlalchemy import Engine, insert

from bot.people import TELEGRAM, PersonRole
from bot.tables import people
from corpus.building import build_policy, shipped_policy, shipped_sources, source_text
from corpus.clause import Clause, LeadIn, Policy, Section, Stance
from corpus.source import read_text
from corpus.tables import clauses, policies, schools, versions
from corpus.tenancy import owning

DOCUMENTS = Path(__file__).parents[1] / "tests" / "corpus" / "documents"
# Documents of the tests that are as long as the shipped policies.
OTHERS = ("acceptable-use.txt", "code-of-conduct.txt", "data-protection.md", "safeguarding.txt", "whistleblowing.txt")
POLICIES_A_SCHOOL = 5
STAFF_A_SCHOOL = 20
# Of so many schools the rows are written at once.
AT_ONCE = 100
WORDED_ANEW = 0.5
MADE_AT = datetime(2026, 9, 1, tzinfo=UTC).replace(tzinfo=None)

_STYLES = [
    dict(pair for pairs in chosen for pair in pairs)
    for chosen in product(
        ([], [("pupils", "students"), ("pupil", "student")], [("pupils", "learners"), ("pupil", "learner")]),
        ([], [("school", "academy"), ("schools", "academies")]),
        ([], [("headteacher", "principal"), ("head teacher", "principal")], [("headteacher", "head of school")]),
    )
]
_FIRST = ("Oak", "Ash", "Mill", "Church", "Hill", "River", "Park", "Castle", "North", "South", "Abbey", "Field", "Kings", "Stone")
_LAST = ("bury", "ton", "ford", "ley", "worth", "dale", "mere", "wick", "combe", "stead", "thorpe", "gate", "bridge", "bourne")
_KIND = ("Primary School", "Academy", "High School", "Community School", "Church of England School", "Junior School")
_NUMBER = re.compile(r"\b[1-9]\d?\b")
_STANCES = {
    Stance.FORBIDDEN: ("must not", "should not", Stance.DISCOURAGED),
    Stance.DISCOURAGED: ("should not", "must not", Stance.FORBIDDEN),
    Stance.REQUIRED: ("must", "should", Stance.RECOMMENDED),
    Stance.RECOMMENDED: ("should", "must", Stance.REQUIRED),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A policy, and the text that it came from."""

    policy: Policy
    source: str


def documents(*, shipped_alone: bool = False) -> list[Document]:
    """Return what schools' policies are made of: the shipped policies, and the tests' documents of like length."""
    found = [Document(shipped_policy(source), source_text(source)) for source in shipped_sources()]
    for name in () if shipped_alone else OTHERS:
        text = read_text((DOCUMENTS / name).read_bytes(), name)
        slug = name.partition(".")[0]
        found.append(Document(build_policy(text, school="any", slug=slug, title=None, source_name=name), text))
    return found


class Schools:
    """The schools that can be made of documents."""

    def __init__(self, of: Sequence[Document]) -> None:
        """Keep the documents."""
        self._documents = of
        self._styled = lru_cache(maxsize=None)(self._in_style)

    def name(self, number: int) -> str:
        """Return the name of the school of a number."""
        rng = Random(number)
        return f"{rng.choice(_FIRST)}{rng.choice(_LAST)} {rng.choice(_KIND)}"

    def of(self, number: int) -> list[Document]:
        """Return the policies of the school of a number."""
        rng, name = Random(number), self.name(number)
        style = rng.randrange(len(_STYLES))
        chosen = rng.sample(range(len(self._documents)), POLICIES_A_SCHOOL)
        return [_own(self._styled(one, style), number, at, name, rng) for at, one in enumerate(chosen, 1)]

    def _in_style(self, document: int, style: int) -> Document:
        """Return a document in the words of a style, which many schools share."""
        whole, says = self._documents[document], _STYLES[style]
        if not says:
            return whole
        words = re.compile(rf"\b(?:{'|'.join(says)})\b", re.IGNORECASE)

        def restyled(text: str) -> str:
            return words.sub(lambda match: _cased(says.get(match[0].lower(), match[0]), match[0]), text)

        def section(one: Section) -> Section:
            return replace(one, text=restyled(one.text), elements=tuple(map(element, one.elements)))

        def element(one: Clause | LeadIn) -> Clause | LeadIn:
            return replace(one, text=restyled(one.text), reading=one.reading and restyled(one.reading))

        policy = replace(whole.policy, sections=tuple(map(section, whole.policy.sections)))
        return Document(policy, restyled(whole.source))


def _cased(word: str, like: str) -> str:
    return word.title() if like[0].isupper() else word


def _own(document: Document, number: int, at: int, name: str, rng: Random) -> Document:
    """Return a document as a school has made it its own."""

    def reworded(clause: Clause) -> Clause:
        if rng.random() >= WORDED_ANEW:
            return clause
        stance, words = clause.stance, _NUMBER.sub(lambda match: str(int(match[0]) + rng.randrange(3)), clause.words)
        if clause.stance in _STANCES and rng.random() < 0.3:
            said, says, stance = _STANCES[clause.stance]
            words = words.replace(f" {said} ", f" {says} ")
        if rng.random() < 0.5:
            words = f"At {name}: {words}"
        return replace(clause, text=words, reading=None, stance=stance, second=None)

    policy = document.policy.with_clauses(reworded)
    turned = rng.randrange(len(policy.sections))
    order = policy.sections[turned:] + policy.sections[:turned]
    slug = f"policy-{at}"
    return Document(replace(policy, school=f"school-{number}", slug=slug, sections=order), document.source)


def fill(engine: Engine, made: Schools, count: int) -> None:
    """Write so many schools, with their staff, into a new store: row by row as `publish` would, but many at once."""
    for start in range(0, count, AT_ONCE):
        rows: dict[str, list[dict[str, object]]] = {"schools": [], "versions": [], "policies": [], "clauses": [], "people": []}
        for number in range(start, min(count, start + AT_ONCE)):
            for table, row in _rows(made, number):
                rows[table].append(row)
        with owning(engine).begin() as connection:
            for table in (schools, versions, policies, clauses, people):
                connection.execute(insert(table), rows[table.name])


def _rows(made: Schools, number: int) -> Iterator[tuple[str, dict[str, object]]]:
    school, name = f"school-{number}", made.name(number)
    yield "schools", {"id": school, "name": name, "short_name": name.split()[0], "nation": "England", "revision": 5}
    for document in made.of(number):
        of_policy = {"school_id": school, "slug": document.policy.slug}
        yield "policies", {**of_policy, "current": 1}
        yield (
            "versions",
            {
                **of_policy,
                "number": 1,
                "document": document.policy.to_json(),
                "source": document.source,
                "made_at": MADE_AT,
                "published_at": MADE_AT,
                "published_by": "headteacher 1",
            },
        )
        for clause in document.policy.clauses():
            yield "clauses", {**of_policy, "clause_id": clause.id, "first_version": 1}
    for at in range(STAFF_A_SCHOOL):
        account = account_of(number, at)
        yield (
            "people",
            {"school_id": school, "channel": TELEGRAM, "account": account, "role": PersonRole.STAFF, "since": MADE_AT},
        )


def account_of(number: int, at: int) -> str:
    """Return by what account one of a school's staff writes."""
    return str(1_000_000 + number * STAFF_A_SCHOOL + at)
