"""Clauses of two policies of one school that rule on the same thing: whether they agree, and which is the stricter if not.

Between a trust's policy and the school's addendum to it the trust lays down which prevails; the stricter governs all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.clause import Policy, Stance
from retrieval.fitted import Evidence
from retrieval.index import Index
from retrieval.ranking import Hit, Ranking
from retrieval.reading import Reading
from retrieval.sides import Side
from retrieval.stance import loosens, stance_for
from retrieval.vectors import WordVectors

# A clause of another policy rules on the same thing where its score is this share of the first's, and its words are this much
# like the first's (cosine). docs/ranking.md says what came up.
NEAR = 0.6
ALIKE = 0.4
# How far a stance gives leave. What is required, recommended or told gives none and takes none: "keep your password to
# yourself" does not contradict "never share your password".
_LEAVE = {Stance.FORBIDDEN: 0, Stance.DISCOURAGED: 0, Stance.CONDITIONAL: 1, Stance.ALLOWED: 2}
# From strict to loose, of all that can contradict each other.
_STRICT_FIRST = (
    Stance.FORBIDDEN,
    Stance.DISCOURAGED,
    Stance.REQUIRED,
    Stance.CONDITIONAL,
    Stance.RECOMMENDED,
    Stance.ALLOWED,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A clause, and what it makes of what was asked."""

    hit: Hit
    stance: Stance

    def agrees_with(self, other: "Verdict") -> bool:
        """Tell whether both say the same; forbidden and discouraged do, but not of an addendum and what it supplements."""
        if self.supplements(other):
            return self.stance is other.stance
        return _LEAVE.get(self.stance, self.stance) == _LEAVE.get(other.stance, other.stance)

    def contradicts(self, other: "Verdict") -> bool:
        """Tell whether the one gives leave that the other does not give, or not without a condition.

        Between an addendum and what it supplements leave is whatever loosens the other, a duty too.
        """
        if self.supplements(other):
            return loosens(self.stance, other.stance) or loosens(other.stance, self.stance)
        return self.stance in _LEAVE and other.stance in _LEAVE and not self.agrees_with(other)

    def supplements(self, other: "Verdict") -> bool:
        """Tell whether one of the two stands in a school's addendum to the trust's policy in which the other stands."""
        return _belong_together(self.hit.clause.policy, other.hit.clause.policy)


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

    @property
    def prevailing(self) -> Verdict | None:
        """Which of a trust's rule and the school's addendum to it prevails; None where they are no such two.

        An addendum may be stricter, unless the trust has laid down that its policy prevails over any.
        """
        for trusts, addendum in ((self.stricter, self.looser), (self.looser, self.stricter)):
            policy = trusts.hit.clause.policy
            if policy.trust and addendum.hit.clause.policy.is_addendum_to(policy):
                return trusts if trusts is self.stricter or policy.trust.prevails else addendum
        return None


def _belong_together(one: Policy, other: Policy) -> bool:
    return one.is_addendum_to(other) or other.is_addendum_to(one)


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
    return Conflict(*sorted((verdicts[0], min(contrary, key=_strictness)), key=_strictness))


def _strictness(verdict: Verdict) -> int:
    return _STRICT_FIRST.index(verdict.stance)


def may_be_stricter(verdict: Verdict, reading: Reading, ranking: Ranking, index: Index) -> Verdict | None:
    """Return the rule of the trust's policy, or of an addendum to it, that may forbid what a verdict gives leave for; else None.

    It binds and names the same people, and is like it in its words or near it by its score, so that it may be on the same thing
    and is not certain to be; it need not be among the best. Of several it is the strictest.
    """
    own = verdict.hit.clause
    scores = {index.number_of(hit.clause): hit.score for hit in ranking.of_policies.hits}
    least, number = NEAR * max(scores.values(), default=0.0), index.number_of(own)
    others = (
        verdict_on(reading, Hit(one, scores.get(at, 0.0)), index.knowledge.vectors)
        for at, one in enumerate(index.clauses)
        if _belong_together(own.policy, one.policy)
        and not set(one.clause.binds).isdisjoint(own.clause.binds)
        and _of_the_same_people(number, at, reading.sides, index)
        and ((at in scores and scores[at] >= least) or _say_the_like(number, at, index))
    )
    stricter = [one for one in others if one.contradicts(verdict) and _strictness(one) < _strictness(verdict)]
    return min(stricter, key=_strictness, default=None)


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
        and _say_the_like(number, index.number_of(hit.clause), index)
        and _of_the_same_people(number, index.number_of(hit.clause), reading.sides, index)
    ]


def _say_the_like(one: int, other: int, index: Index) -> bool:
    """Tell whether two clauses say much the same words."""
    return float(index.words_vector(one) @ index.words_vector(other)) >= ALIKE


def _of_the_same_people(one: int, other: int, asked: frozenset[Side], index: Index) -> bool:
    """Tell whether two clauses name the same people: whom the question turns on, or everybody."""
    named, also = index.sides[one], index.sides[other]
    if asked:
        return all(not sides or sides & asked for sides in (named, also))
    return not named or not also or bool(named & also)
