"""Clauses of two policies of one school that rule on the same thing: whether they agree, and which is the stricter if not."""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.clause import Stance
from retrieval.fitted import Evidence
from retrieval.index import Index
from retrieval.ranking import Hit, Ranking
from retrieval.reading import Reading
from retrieval.sides import Side
from retrieval.stance import stance_for
from retrieval.vectors import WordVectors

# A clause of another policy rules on the same thing where its score is this share of the first's, and its words are this much
# like the first's (cosine). docs/ranking.md says what came up.
NEAR = 0.6
ALIKE = 0.4
# How far a stance gives leave. What is required, recommended or told gives none and takes none: "keep your password to
# yourself" does not contradict "never share your password".
_LEAVE = {Stance.FORBIDDEN: 0, Stance.DISCOURAGED: 0, Stance.CONDITIONAL: 1, Stance.ALLOWED: 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A clause, and what it makes of what was asked."""

    hit: Hit
    stance: Stance

    def agrees_with(self, other: "Verdict") -> bool:
        """Tell whether both say the same; forbidden and discouraged do."""
        return _LEAVE.get(self.stance, self.stance) == _LEAVE.get(other.stance, other.stance)

    def contradicts(self, other: "Verdict") -> bool:
        """Tell whether the one gives leave that the other does not give, or not without a condition."""
        return self.stance in _LEAVE and other.stance in _LEAVE and not self.agrees_with(other)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two clauses of different policies that contradict each other on what was asked."""

    stricter: Verdict
    looser: Verdict

    @property
    def later(self) -> Verdict | None:
        """The one that was laid down later; None where a date is missing or the two do not tell."""
        for one, other in ((self.stricter, self.looser), (self.looser, self.stricter)):
            dated, before = one.hit.clause.dated, other.hit.clause.dated
            if dated and before and dated.is_after(before):
                return one
        return None


def verdicts_on_the_same(reading: Reading, ranking: Ranking, index: Index) -> tuple[Verdict, ...]:
    """Return the verdict of the first clause, and those of clauses of other policies that agree with it or contradict it.

    They stand best first; of nothing ranked there is none. Where the question names clauses, only those were asked about, and the
    first stands alone.
    """
    if not ranking.hits:
        return ()
    vectors = index.knowledge.vectors
    first = verdict_on(reading, ranking.hits[0], vectors)
    if reading.named:
        return (first,)
    fellows = (verdict_on(reading, hit, vectors) for hit in _on_the_same(reading, ranking.hits, index))
    return (first, *(fellow for fellow in fellows if fellow.agrees_with(first) or fellow.contradicts(first)))


def evidence_of_first(ranking: Ranking, verdicts: Sequence[Verdict]) -> Evidence | None:
    """Return what speaks for the first clause, the other verdicts on the same thing not counted as its rivals.

    Two clauses that rule on the same thing take each other's lead away, though it is plain what is asked.
    """
    return ranking.evidence_without([verdict.hit for verdict in verdicts[1:]])


def conflict_among(verdicts: Sequence[Verdict]) -> Conflict | None:
    """Return the conflict of the first verdict with the strictest of those that contradict it; None where none does."""
    contrary = [verdict for verdict in verdicts[1:] if verdict.contradicts(verdicts[0])]
    if not contrary:
        return None
    return Conflict(*sorted((verdicts[0], min(contrary, key=_leave)), key=_leave))


def _leave(verdict: Verdict) -> int:
    return _LEAVE[verdict.stance]


def verdict_on(reading: Reading, hit: Hit, vectors: WordVectors) -> Verdict:
    """Return a clause with what it makes of what was asked."""
    return Verdict(hit, stance_for(reading.meant[0], hit.clause.clause, vectors, hit.second_case))


def _on_the_same(reading: Reading, hits: Sequence[Hit], index: Index) -> list[Hit]:
    """Return the clauses of other policies that are near the first and about the same people and the same thing."""
    first = hits[0].clause
    number, binds = index.number_of(first), first.clause.binds
    return [
        hit
        for hit in hits[1:]
        if hit.clause.policy.slug != first.policy.slug
        and hit.score >= NEAR * hits[0].score
        and not set(hit.clause.clause.binds).isdisjoint(binds)
        and _alike(number, index.number_of(hit.clause), reading.sides, index)
    ]


def _alike(one: int, other: int, asked: frozenset[Side], index: Index) -> bool:
    """Tell whether two clauses say much the same words, and of the same people: whom the question turns on, or everybody."""
    if float(index.words_vector(one) @ index.words_vector(other)) < ALIKE:
        return False
    named, also = index.sides[one], index.sides[other]
    if asked:
        return all(not sides or sides & asked for sides in (named, also))
    return not named or not also or bool(named & also)
