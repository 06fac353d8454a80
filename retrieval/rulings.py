"""Which of the headteacher's rulings a question asks for, and which published clauses one of them would loosen."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corpus.clause import Role, Stance
from retrieval.asked import lacks_what_is_asked
from retrieval.concerns import concerned
from retrieval.conflicts import Verdict, verdict_on
from retrieval.index import Index, IndexedRuling
from retrieval.knowledge import NEARLY_AS_LIKE, PLAINLY_ALIKE
from retrieval.linking import PARTLY
from retrieval.ranking import Hit, Ranking
from retrieval.reading import Reading

# From this likeness (cosine) of a question to a ruling on, it is plainly asked for: where it is read as the ruling's matter too,
# and where it is not. What gives leave needs more. docs/ranking.md says what the figures rest on.
ON_ITS_MATTER, ALONE = 0.7, 0.8
TO_PERMIT = 0.06
# From this likeness on a ruling may be the one that is meant.
NEAR = 0.6
# Of the published clauses so many of the best are looked at for what a ruling would loosen, where they are linked to what was
# asked and that is plain enough.
BEST_FEW = 5
LINKED_AND_OFFERED = 0.2
ABOUT = 0.4
_BY_NUMBER = re.compile(r"\bruling (?:no\.? |number )?(?P<number>\d{1,4})\b", re.IGNORECASE)
_FIGURE = re.compile(r"\d+")
_GIVES_LEAVE = frozenset({Stance.ALLOWED, Stance.CONDITIONAL, Stance.RECOMMENDED})


@dataclass(frozen=True, slots=True)
class AskedRuling:
    """A ruling that a question may ask for: what it makes of it, how like it is, and whether it is plainly meant."""

    ruling: IndexedRuling
    verdict: Verdict
    likeness: float
    plain: bool

    def settles(self, published: Verdict) -> bool:
        """Tell whether it stands over a published clause however strict: it cites that very clause, or the chair approved it.

        Over a trust's clause it never does: neither the headteacher nor the chair loosens that.
        """
        if published.hit.clause.policy.trust:
            return False
        return self.ruling.note.approved_by is not None or self.ruling.note.cites == published.hit.clause.cited


def rulings_asked_for(reading: Reading, ranking: Ranking, index: Index) -> list[AskedRuling]:
    """Return the rulings that a question may ask for, those plainly meant first, then by likeness.

    None where it is about the headteacher's own conduct: nobody judges in their own case. None where it names a clause.
    """
    if not index.rulings or not reading.says_anything or _is_about_the_headteacher(reading):
        return []
    named = {f"ruling {match['number']}" for match in _BY_NUMBER.finditer(reading.question)}
    if reading.named and not named:
        return []
    best = ranking.hits[0].score if ranking.hits else 1.0
    found = (_asked(one, reading, best, index, named) for one in index.rulings)
    return sorted(filter(None, found), key=lambda one: (not one.plain, -one.likeness))


def _is_about_the_headteacher(reading: Reading) -> bool:
    return any(Role.HEADTEACHER in concerned(text) for text in (reading.question, *reading.meant))


def _asked(one: IndexedRuling, reading: Reading, best: float, index: Index, named: set[str]) -> AskedRuling | None:
    """Return a ruling as it is asked for; None where it is not. Its score stands to `best` as its likeness to what is plain."""
    clause, vectors = one.clause.clause, index.knowledge.vectors
    if named:
        if clause.label.lower() not in named:
            return None
        return AskedRuling(one, Verdict(Hit(one.clause, best), clause.stance), 1.0, plain=True)
    if one.sides and reading.sides and not one.sides & reading.sides:
        return None
    likeness = float(np.max(one.wordings @ reading.vector))
    on_its_matter = one.matter == reading.matter.number and reading.matter.is_plain
    # What goes on from a question that it answers may be about it still.
    went_before = len(reading.vectors) > 1 and float(np.max(one.wordings @ reading.vectors[1])) >= ON_ITS_MATTER
    if not on_its_matter and not went_before and likeness < NEAR:
        return None
    verdict = verdict_on(reading, Hit(one.clause, 0.0), vectors)
    needed = (ON_ITS_MATTER if on_its_matter else ALONE) + TO_PERMIT * (verdict.stance in _GIVES_LEAVE)
    speaks_of_it = (
        (reading.actor is None or reading.actor in clause.binds)
        and not lacks_what_is_asked(reading.meant[0], clause.words)
        and not _names_another_figure(one, reading)
    )
    plain = likeness >= needed and speaks_of_it
    share = likeness / needed if plain else min(1.0, likeness / needed)
    return AskedRuling(one, Verdict(Hit(one.clause, best * share), verdict.stance), likeness, plain)


def _names_another_figure(one: IndexedRuling, reading: Reading) -> bool:
    """Tell whether a question names a figure of which a ruling does not speak: a present of £100 is not one of £20."""
    return not set(_FIGURE.findall(reading.meant[0])) <= set(_FIGURE.findall(f"{one.note.question} {one.clause.clause.words}"))


def linked_to_what_was_asked(reading: Reading, ranking: Ranking, offered: Sequence[Hit], index: Index) -> list[Hit]:
    """Return those published clauses of the best few that rule on what the question was read as, so far as that is plain.

    For those `offered` a weaker link is enough. A clause that names only others than whom the question turns on is none of them.
    """
    if reading.matter.likeness < ABOUT:
        return []
    least = max(PLAINLY_ALIKE, reading.matters[0].likeness - NEARLY_AS_LIKE)
    also = [index.links(matter.number) for matter in reading.matters if matter.likeness >= least]
    links = np.max([index.links(reading.matter.number), *also], axis=0)
    sides = index.agreement_on_side(reading.sides)
    return [
        hit
        for hit in ranking.of_policies.hits[:BEST_FEW]
        if links[number := index.number_of(hit.clause)] >= (LINKED_AND_OFFERED if hit in offered else PARTLY)
        and sides[number] > 0
    ]
