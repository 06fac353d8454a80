"""Why a question was decided as it was, in lines for whoever keeps the policies or mends the bot."""

from collections.abc import Sequence

import numpy as np

from retrieval.conflicts import evidence_of_first, verdicts_on_the_same
from retrieval.decision import Decision, read_and_decide
from retrieval.fitted import FEATURES, FITTED, Evidence
from retrieval.index import Index
from retrieval.reading import Reading
from retrieval.urgency import chance_of_danger

MOST_SHOWN = 5
# The clauses linked to what a question was read as: so many are shown, from this confidence on.
MOST_LINKED, LINKED = 3, 0.1


def explain(question: str, context: Sequence[str], index: Index) -> list[str]:
    """Return what a question was read as, the best clauses with their scores, and what spoke for and against the first."""
    reading, decision = read_and_decide(question, context, index)
    of_policies = decision.ranking.of_policies
    verdicts = verdicts_on_the_same(reading, of_policies, index)
    urgent = chance_of_danger(reading.features[0], reading.vectors[0])
    lines = [
        *([f"slips mended, read as: {reading.meant[0]}"] if reading.meant[0] != reading.question else []),
        f"terms: {', '.join(reading.terms) or 'none'}",
        f"turns on: {', '.join(sorted(reading.sides)) or 'nobody in particular'}; whose doing: {reading.actor or 'not plain'}",
        f"urgent: {urgent:.2f}; has happened: {'yes' if reading.happened else 'no'}",
    ]
    if reading.named:
        lines.append(f"names: {', '.join(index.clauses[at].clause.label for at in reading.named[:MOST_SHOWN])}")
    return [
        *lines,
        *(_matter(reading, index) if reading.says_anything else []),
        *_clauses(decision),
        *_evidence(decision, evidence_of_first(of_policies, verdicts)),
        *_conflict(decision),
        f"outcome: {decision.outcome}",
    ]


def _matter(reading: Reading, index: Index) -> list[str]:
    matter = reading.matter
    links = index.links(matter.number)
    linked = [number for number in np.argsort(-links, kind="stable")[:MOST_LINKED] if links[number] >= LINKED]
    clauses = ", ".join(f"{index.clauses[number].clause.label} ({links[number]:.2f})" for number in linked)
    likest = index.knowledge.likest_wording(matter.number, reading.vector)
    return [
        f"read as: {matter.name} ({matter.likeness:.2f}), which others ask as: {likest}",
        f"which is linked here to: {clauses or 'no clause'}",
    ]


def _clauses(decision: Decision) -> list[str]:
    lines = []
    for rank, hit in enumerate(decision.ranking.hits[:MOST_SHOWN], 1):
        clause = hit.clause.clause
        lines.append(f"{rank}. {hit.score:6.2f}  {clause.label} ({clause.stance}): {clause.words[:80]}")
    return lines


def _conflict(decision: Decision) -> list[str]:
    if decision.conflict is None:
        return []
    one, other = (
        f"{verdict.hit.clause.policy.title}, {verdict.hit.clause.clause.label} ({verdict.stance})"
        for verdict in (decision.conflict.stricter, decision.conflict.looser)
    )
    prevailing = decision.conflict.prevailing
    prevails = f"; {prevailing.hit.clause.policy.title} prevails" if prevailing else ""
    return [f"conflict: {one} with {other}{prevails}"]


def _evidence(decision: Decision, of_first: Evidence | None) -> list[str]:
    evidence = decision.ranking.evidence
    if evidence is None or of_first is None:
        return []
    right = FITTED.right if evidence.known else FITTED.right_unknown
    settled = FITTED.settled if evidence.known else FITTED.settled_unknown
    weighed = ", ".join(
        f"{name} {value:.2f} ({right.coefficients[name] * value:+.2f})"
        for name, value in zip(FEATURES, of_first.features(), strict=True)
    )
    return [
        f"settled here: {settled.of(evidence):.2f}; first clause right: {right.of(of_first):.2f}",
        f"what the second was weighed from: {weighed}",
    ]
