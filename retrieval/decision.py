"""The decision: answer from a clause, offer two or three, or say that nothing settles the question."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from corpus.clause import Stance
from retrieval.conflicts import (
    Conflict,
    Verdict,
    conflict_among,
    evidence_of_first,
    may_be_stricter,
    verdict_on,
    verdicts_on_the_same,
)
from retrieval.fitted import FITTED, Evidence
from retrieval.index import Index
from retrieval.ranking import NOTHING, SHOWN, Hit, Ranking, rank
from retrieval.reading import MOST_WORDS_REFERRING, Reading, goes_on, read, refers_back
from retrieval.rulings import AskedRuling, linked_to_what_was_asked, rulings_asked_for
from retrieval.smalltalk import is_smalltalk
from retrieval.stance import RESTRICTING, loosens
from retrieval.urgency import Danger, danger_in, danger_in_a_sentence, danger_of

MOST_OFFERED = 3
MOST_BESIDE = 2
# A clause this near to the first, as a share of its score, is shown beside it.
NEAR = 0.85
# A clause that prohibits with this share of the score of one that permits may be the one that is meant.
RIVAL = 0.8


PROHIBITING = frozenset({Stance.FORBIDDEN, Stance.DISCOURAGED})
_TELL = re.compile(r"\b(?:report|inform|tell|notify|made known|make .{0,40} known|advise the)\w*", re.IGNORECASE)
# Stances that a reader may take as leave to do the thing.
PERMITTING = frozenset({Stance.ALLOWED, Stance.CONDITIONAL, Stance.RECOMMENDED})


class Outcome(StrEnum):
    """What became of a question."""

    ANSWERED = "answered"
    CHOOSE = "choose"
    NOT_COVERED = "not_covered"
    URGENT = "urgent"
    SMALLTALK = "smalltalk"
    NEEDS_SCHOOL = "needs_school"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to reply with. `governing` is the clause asserted, None where none is; `offered` are those to choose from.

    `stance` is what the governing clause makes of what was asked. `conflict` is of clauses of two policies, or of a policy's with
    a ruling: the stricter governs, or both are offered, the stricter first. `confidence` is between 0 and 1. `happened` says that
    the asker has done it already. `agreeing` are those of `supporting` that say the same as the governing clause, the one in a
    trust's policy and the other in an addendum to it.
    """

    outcome: Outcome
    ranking: Ranking
    governing: Hit | None = None
    stance: Stance | None = None
    conflict: Conflict | None = None
    supporting: tuple[Hit, ...] = ()
    offered: tuple[Hit, ...] = ()
    danger: Danger | None = None
    confidence: float = 0.0
    happened: bool = False
    agreeing: tuple[Hit, ...] = ()


def decide(question: str, context: Sequence[str], index: Index) -> Decision:
    """Return the decision on a question of a conversation, from a school's index; `context` are its earlier questions."""
    return read_and_decide(question, context, index)[1]


def read_and_decide(question: str, context: Sequence[str], index: Index) -> tuple[Reading, Decision]:
    """Return the same with the reading that it rests on.

    A question is read after the one before it where it goes on from that, or where it is short and settles nothing by itself.
    """
    read_after = context if goes_on(question) else ()
    reading = read(question, read_after, index)
    decision = _with_rulings(_decide(reading, context, index), reading, index)
    unsettled = decision.outcome in (Outcome.NOT_COVERED, Outcome.CHOOSE)
    if context and not read_after and unsettled and len(question.split()) <= MOST_WORDS_REFERRING:
        reading = read(question, context, index)
        decision = _with_rulings(_decide(reading, context, index), reading, index)
    return reading, decision


def clauses_loosened(question: str, stance: Stance, index: Index) -> list[Verdict]:
    """Return the published clauses that a ruling of this stance on a question would loosen, the plainest first."""
    reading = read(question, (), index)
    return _loosened(stance, _decide(reading, (), index), reading, index) if reading.says_anything else []


def _decide(reading: Reading, context: Sequence[str], index: Index) -> Decision:
    if is_smalltalk(reading.question):
        return Decision(Outcome.SMALLTALK, NOTHING, confidence=1.0)
    ranking = rank(reading, index)
    verdicts = verdicts_on_the_same(reading, ranking, index)
    danger = _danger(reading, context, index)
    confidence = _confidence(reading, evidence_of_first(ranking, verdicts))
    settled = bool(reading.named) or (ranking.evidence is not None and FITTED.settles(ranking.evidence))
    # Never a false permission: whichever of two rules in conflict was found first, the stricter governs.
    conflict = conflict_among(verdicts)
    asserted = _assert(reading, ranking, confidence, conflict.stricter if conflict else verdicts[0]) if verdicts else None
    # Nor where a trust's rule or a school's addendum to it may forbid what the other of the two lets be done.
    stricter = may_be_stricter(asserted, reading, ranking, index) if asserted and asserted.stance in PERMITTING else None
    if asserted and stricter:
        conflict, asserted = Conflict(stricter, asserted), None
    if danger:
        governing, stance = (asserted.hit, asserted.stance) if asserted else (None, None)
        return Decision(Outcome.URGENT, ranking, governing, stance, danger=danger, confidence=confidence)
    if not settled:
        return Decision(Outcome.NOT_COVERED, ranking, confidence=confidence)
    pair = (conflict.stricter.hit, conflict.looser.hit) if conflict else ()
    if not asserted:
        # What a document says of itself is offered only to whoever seems to ask for that.
        others = (hit for hit in ranking.hits if hit not in pair and (hit is ranking.hits[0] or not hit.clause.is_detail))
        offered = (*pair, *others)[:MOST_OFFERED]
        return Decision(Outcome.CHOOSE, ranking, conflict=conflict, offered=offered, confidence=confidence)
    beside_it = (one.hit for one in verdicts[1:] if one.supplements(asserted) and one.agrees_with(asserted))
    agreeing = tuple(hit for hit in beside_it if hit not in pair)[:MOST_BESIDE]
    return Decision(
        Outcome.ANSWERED,
        ranking,
        asserted.hit,
        asserted.stance,
        conflict,
        supporting=_supporting(ranking, pair or (asserted.hit,), agreeing, happened=reading.happened),
        confidence=confidence,
        happened=reading.happened,
        agreeing=agreeing,
    )


def _with_rulings(decision: Decision, reading: Reading, index: Index) -> Decision:
    """Return the decision with what the headteacher has ruled; what is urgent stays as it is."""
    if decision.outcome in (Outcome.URGENT, Outcome.SMALLTALK):
        return decision
    asked = rulings_asked_for(reading, decision.ranking, index)
    if not asked:
        return decision
    hits = [one.verdict.hit for one in asked]
    plain = [one for one in asked if one.plain]
    # At the same score a ruling that is plainly meant goes before a clause, another after it.
    every = (*hits[: len(plain)], *decision.ranking.hits, *hits[len(plain) :])
    in_order = sorted(every, key=lambda hit: -hit.score)[:SHOWN]
    decision = replace(decision, ranking=replace(decision.ranking, hits=tuple(in_order)))
    if plain:
        return _ruled(decision, plain, reading, index)
    if decision.governing:
        return replace(decision, supporting=(*hits, *decision.supporting)[:MOST_BESIDE])
    pair = decision.offered[:2] if decision.conflict else ()
    offered = tuple(dict.fromkeys((*pair, *hits, *decision.offered)))[:MOST_OFFERED]
    return replace(decision, outcome=Outcome.CHOOSE, offered=offered)


def _ruled(decision: Decision, plain: Sequence[AskedRuling], reading: Reading, index: Index) -> Decision:
    """Return the decision where rulings are plainly meant: the likest governs, unless it would loosen a published clause.

    Of two that contradict each other the stricter governs.
    """
    verdicts = [one.verdict for one in plain]
    among = conflict_among(verdicts)
    asked = plain[verdicts.index(among.stricter)] if among else plain[0]
    ruling = asked.verdict
    asserted = _asserted(decision)
    governing = asserted[:1]
    loosened = [verdict for verdict in _loosened(ruling.stance, decision, reading, index) if not asked.settles(verdict)]
    if loosened and loosened[0] not in asserted:
        # It is not certain that the clause is meant, and not that it is not.
        offered = tuple(dict.fromkeys((loosened[0].hit, ruling.hit, *decision.offered)))[:MOST_OFFERED]
        return replace(
            decision,
            outcome=Outcome.CHOOSE,
            governing=None,
            stance=None,
            conflict=Conflict(loosened[0], ruling),
            supporting=(),
            offered=offered,
        )
    first, between = ruling, among
    if loosened:
        first, between = loosened[0], Conflict(loosened[0], ruling)
    elif governing and loosens(governing[0].stance, ruling.stance) and ruling.contradicts(governing[0]):
        between = Conflict(ruling, governing[0])
    elif governing and _is_beside_the_point(ruling.stance, governing[0].stance) and not asked.settles(governing[0]):
        first = governing[0]
    shown = (first.hit, *((between.stricter.hit, between.looser.hit) if between else ()))
    rulings = (one.hit for one in verdicts)
    beside = dict.fromkeys((*_in_conflict(decision), *(one.hit for one in governing), *rulings, *decision.supporting))
    return replace(
        decision,
        outcome=Outcome.ANSWERED,
        governing=first.hit,
        stance=first.stance,
        conflict=between,
        supporting=tuple(hit for hit in beside if hit not in shown)[:MOST_BESIDE],
        offered=(),
        confidence=min(1.0, asked.likeness) if first is ruling else decision.confidence,
        happened=reading.happened,
    )


def _is_beside_the_point(ruling: Stance, published: Stance) -> bool:
    """Tell whether a ruling says nothing on whether a thing may be done that a published clause restricts."""
    return published in RESTRICTING and ruling in (Stance.REQUIRED, Stance.INFORMATIONAL)


def _loosened(stance: Stance, decision: Decision, reading: Reading, index: Index) -> list[Verdict]:
    """Return the published clauses that a ruling of a stance would loosen: those asserted, then others that may be meant."""
    asserted = _asserted(decision)
    linked = linked_to_what_was_asked(reading, decision.ranking, decision.offered, index)
    shown = [verdict.hit for verdict in asserted]
    others = (verdict_on(reading, hit, index.knowledge.vectors) for hit in linked if hit not in shown)
    # A duty that may be meant is no ban of what was asked: only one that governs would be left aside.
    bans = [verdict for verdict in others if verdict.stance is not Stance.REQUIRED]
    return [verdict for verdict in (*asserted, *bans) if loosens(stance, verdict.stance)]


def _asserted(decision: Decision) -> list[Verdict]:
    """Return the published clauses that a decision asserts, the one that governs first, with what they make of what was asked."""
    if decision.governing is None or decision.stance is None:
        return []
    looser = [decision.conflict.looser] if decision.conflict else []
    return [Verdict(decision.governing, decision.stance), *looser]


def _in_conflict(decision: Decision) -> tuple[Hit, ...]:
    return (decision.conflict.stricter.hit, decision.conflict.looser.hit) if decision.conflict else ()


def _danger(reading: Reading, context: Sequence[str], index: Index) -> Danger | None:
    """Return what a question is urgent about, or the one before it if it may speak of the same; None where neither is.

    Where slips were mended, the words as they were typed may raise the alarm too: no correction makes a message harmless.
    """
    meant, vectors = reading.meant[0], index.knowledge.vectors
    found = danger_in(meant, reading.features[0], reading.vectors[0], after_another=bool(context))
    if not found and reading.question != meant:
        found = danger_of(reading.question, vectors, after_another=bool(context))
    if not found and refers_back(reading.question):
        before = {text: None for earlier in context[-1:] for text in (index.spelling.correct(earlier), earlier)}
        found = next(filter(None, (danger_of(text, vectors) for text in before)), None)
    return found or danger_in_a_sentence(meant, vectors)


def _confidence(reading: Reading, evidence: Evidence | None) -> float:
    """Return how likely the first clause is right: as learnt, but certain where it alone is named, and even where several are."""
    if evidence is None:
        return 0.0
    if reading.named:
        return 1.0 if len(reading.named) == 1 else 0.5
    return FITTED.confidence(evidence)


def _assert(reading: Reading, ranking: Ranking, confidence: float, verdict: Verdict) -> Verdict | None:
    """Return the verdict where the evidence is enough for it; else None."""
    if ranking.evidence is None or len(reading.named) > 1:
        return None
    permits = verdict.stance in PERMITTING
    if permits and not reading.named and _forbids_nearly_as_well(ranking):
        return None
    return verdict if confidence >= FITTED.thresholds.to_answer(known=ranking.evidence.known, permits=permits) else None


def _forbids_nearly_as_well(ranking: Ranking) -> bool:
    """Tell whether a clause that prohibits is nearly as good as the first: then no permission is asserted, both are offered."""
    first, *others = ranking.hits[:MOST_OFFERED]
    return any(hit.clause.clause.stance in PROHIBITING and hit.score >= RIVAL * first.score for hit in others)


def _supporting(ranking: Ranking, shown: Sequence[Hit], agreeing: Sequence[Hit], *, happened: bool) -> tuple[Hit, ...]:
    """Return what to show beside `shown`, the first of which governs: close clauses; where it has happened, what to do.

    Those `agreeing`, of the trust's policy or an addendum to it, come first.
    """
    others = [hit for hit in ranking.hits if hit not in shown]
    close = [hit for hit in others[:MOST_BESIDE] if hit.score >= NEAR * ranking.hits[0].score]
    if happened and shown[0].clause.clause.stance in PROHIBITING:
        close = [*(hit for hit in others if _asks_to_tell(hit)), *close][:MOST_BESIDE]
    return tuple(dict.fromkeys((*agreeing, *close)))[:MOST_BESIDE]


def _asks_to_tell(hit: Hit) -> bool:
    """Tell whether a clause obliges staff to report something to somebody."""
    clause = hit.clause.clause
    return clause.stance in (Stance.REQUIRED, Stance.RECOMMENDED) and bool(clause.roles) and bool(_TELL.search(clause.words))
