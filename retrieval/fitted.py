"""The few numbers that are learnt from questions: how much each signal counts, and how sure an answer is.

They stand in data/fitted.json, written by `make fit`; docs/ranking.md says from what, and what each part is worth.
"""

import math
from pathlib import Path

import msgspec
from msgspec import Struct

DATA = Path(__file__).parent / "data" / "fitted.json"


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """How much each signal counts in a clause's score; none is negative. Only signals that earn their place have a weight."""

    bm25: float = 0.0
    chance: float = 0.0
    words: float = 0.0
    context: float = 0.0
    side: float = 0.0
    alignment: float = 0.0
    links: float = 0.0


# What speaks for a link of a clause to a matter: retrieval/linking.py says what each is.
LINK_FEATURES = ("asked", "side", "behind_matter")


class Evidence(Struct, frozen=True, forbid_unknown_fields=True):
    """What speaks for and against the first clause: the features of the confidence."""

    score: float  # the first clause's score
    margin: float  # how far it is ahead of the second
    lead: float  # how far it is ahead of the fourth
    wordings: float  # its wordings' likeness to the question
    words: float  # its own words' likeness
    coverage: float  # how much of the question's terms it holds, 0 to 1
    unknown: float  # the share of the question's terms that no clause of the school holds
    matter: float  # the likest matter's likeness
    elsewhere: float  # how much liker that matter is than its wordings, if it has any: high where another matter is meant
    agreement: float  # how like the clause is to what policies say on that matter
    terms: float  # how many terms the question has
    lacking: float  # 1 where the question asks how long, how many or who, and the clause has nothing of the kind
    chance: float  # how likely the linear model over wordings finds the clause
    alignment: float  # how well the question's words find their like in it, without wordings
    covered: float  # the log odds that the school's policies rule on what is asked at all, where that was learnt; else 0
    side: float  # whether it names whom the question turns on
    actor: float  # whether it binds the one whose doing is asked about
    linked: float  # how surely it is linked to the likest matter
    ruled: float  # how surely any clause of the school is
    known: bool  # whether the clause has wordings

    def features(self) -> list[float]:
        """Return the features in the order of FEATURES."""
        return [getattr(self, name) for name in FEATURES]


FEATURES = (
    "score",
    "margin",
    "lead",
    "wordings",
    "words",
    "coverage",
    "unknown",
    "matter",
    "elsewhere",
    "agreement",
    "terms",
    "lacking",
    "chance",
    "alignment",
    "covered",
    "side",
    "actor",
    "linked",
    "ruled",
)


class Confidence(Struct, frozen=True, forbid_unknown_fields=True):
    """A logistic model: one coefficient a feature, and a constant."""

    constant: float
    coefficients: dict[str, float]

    def of(self, evidence: Evidence) -> float:
        """Return how likely it is, 0 to 1."""
        total = self.constant + sum(
            self.coefficients[name] * value for name, value in zip(FEATURES, evidence.features(), strict=True)
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


class Thresholds(Struct, frozen=True, forbid_unknown_fields=True):
    """Below which chance that the policies settle a question nothing is said; and from which confidence on a clause is asserted.

    Between the two some are offered. Those without wordings are known less well and have thresholds of their own. What would let
    the reader do something is asserted from `permit` on: a false permission costs most.
    """

    answer: float
    answer_unknown: float
    permit: float
    settled: float
    settled_unknown: float

    def to_answer(self, *, known: bool, permits: bool) -> float:
        """Return from which confidence a clause is asserted; `permits` where that would let something be done."""
        least = self.answer if known else self.answer_unknown
        return max(least, self.permit) if permits else least


class Fitted(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it, once for clauses that have wordings and once, `_unknown`, for those that have none.

    `right` is of whether the first clause is right, `settled` of whether any is; `links` of whether a clause rules on a matter.
    """

    weights: Weights
    weights_unknown: Weights
    right: Confidence
    right_unknown: Confidence
    settled: Confidence
    settled_unknown: Confidence
    links: Confidence
    thresholds: Thresholds

    def confidence(self, evidence: Evidence) -> float:
        """Return how likely the first clause is right."""
        return (self.right if evidence.known else self.right_unknown).of(evidence)

    def settles(self, evidence: Evidence) -> bool:
        """Tell whether it is likely enough that any clause settles the question."""
        model, least = (
            (self.settled, self.thresholds.settled) if evidence.known else (self.settled_unknown, self.thresholds.settled_unknown)
        )
        return model.of(evidence) >= least


FITTED = msgspec.json.decode(DATA.read_bytes(), type=Fitted)
