"""The decision: answer from a clause, offer two or three, or say that nothing settles the question."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from corpus.clause import Stance
from retrieval.conflicts import Conflict, Verdict, conflict_among, evidence_of_first, verdicts_on_the_same
from retrieval.fitted import FITTED, Evidence
from retrieval.index import Index
from retrieval.ranking import NOTHING, Hit, Ranking, rank
from retrieval.reading import MOST_WORDS_REFERRING, Reading, goes_on, read, refers_back
from retrieval.smalltalk import is_smalltalk
from retrieval.urgency import Danger, danger_in, danger_in_a_sentence, danger_of

MOST_OFFERED = 3
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

    `stance` is what the governing clause makes of what was asked. `conflict` is of clauses of two policies: the stricter governs,
    or both are offered, the stricter first. `confidence` is between 0 and 1. `happened` says that the asker has done it already.
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


def decide(question: str, context: Sequence[str], index: Index) -> Decision:
    """Return the decision on a question of a conversation, from a school's index; `context` are its earlier questions."""
    return read_and_decide(question, context, index)[1]


def read_and_decide(question: str, context: Sequence[str], index: Index) -> tuple[Reading, Decision]:
    """Return the same with the reading that it rests on.

    A question is read after the one before it where it goes on from that, or where it is short and settles nothing by itself.
    """
    read_after = context if goes_on(question) else ()
    reading = read(question, read_after, index)
    decision = _decide(reading, context, index)
    unsettled = decision.outcome in (Outcome.NOT_COVERED, Outcome.CHOOSE)
    if context and not read_after and unsettled and len(question.split()) <= MOST_WORDS_REFERRING:
        reading = read(question, context, index)
        decision = _decide(reading, context, index)
    return reading, decision


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
    return Decision(
        Outcome.ANSWERED,
        ranking,
        asserted.hit,
        asserted.stance,
        conflict,
        supporting=_supporting(ranking, pair or (asserted.hit,), happened=reading.happened),
        confidence=confidence,
        happened=reading.happened,
    )


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


def _supporting(ranking: Ranking, shown: Sequence[Hit], *, happened: bool) -> tuple[Hit, ...]:
    """Return what to show beside `shown`, the first of which governs: close clauses; where it has happened, what to do."""
    others = [hit for hit in ranking.hits if hit not in shown]
    close = [hit for hit in others[:2] if hit.score >= NEAR * ranking.hits[0].score]
    if happened and shown[0].clause.clause.stance in PROHIBITING:
        close = [*(hit for hit in others if _asks_to_tell(hit)), *close][:2]
    return tuple(dict.fromkeys(close))


def _asks_to_tell(hit: Hit) -> bool:
    """Tell whether a clause obliges staff to report something to somebody."""
    clause = hit.clause.clause
    return clause.stance in (Stance.REQUIRED, Stance.RECOMMENDED) and bool(clause.roles) and bool(_TELL.search(clause.words))
