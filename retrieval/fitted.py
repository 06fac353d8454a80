"""The few numbers that are learnt from questions: how much each signal counts, and how sure an answer is.

They stand in data/fitted.json, written by `make fit`; docs/ranking.md says from what, and what each part is worth.
"""

import math
from pathlib import Path

import msgspec
from msgspec import Struct

DATA = Path(__file__).parent / "data" / "fitted.json"


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """How much each signal counts in a clause's score; none is negative."""

    bm25: float
    words: float
    context: float
    side: float
    actor: float
    wordings: float


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
    elsewhere: float  # how much liker that matter is than the clause's wordings: high where another matter is meant
    agreement: float  # how like the clause is to what policies say on that matter
    terms: float  # how many terms the question has
    lacking: float  # 1 where the question asks how long, how many or who, and the clause has nothing of the kind
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
)


class Confidence(Struct, frozen=True, forbid_unknown_fields=True):
    """A logistic model of whether the first clause is right: one coefficient a feature, and a constant."""

    constant: float
    coefficients: dict[str, float]

    def of(self, evidence: Evidence) -> float:
        """Return how likely the first clause is right, 0 to 1."""
        total = self.constant + sum(
            self.coefficients[name] * value for name, value in zip(FEATURES, evidence.features(), strict=True)
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


class Thresholds(Struct, frozen=True, forbid_unknown_fields=True):
    """From which confidence on a clause is asserted, and from which some are offered; below, nothing is.

    A clause without wordings is asserted from `answer_unknown` on: its confidence is known less well. What would let the reader
    do something is asserted from `permit` on: a false permission costs most.
    """

    answer: float
    permit: float
    answer_unknown: float
    offer: float


class Fitted(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it; `known` and `weights` are for clauses that have wordings, the others for those that have none."""

    weights: Weights
    weights_unknown: Weights
    known: Confidence
    unknown: Confidence
    thresholds: Thresholds

    def confidence(self, evidence: Evidence) -> float:
        """Return how likely the first clause is right."""
        return (self.known if evidence.known else self.unknown).of(evidence)

    def answers(self, evidence: Evidence, *, permits: bool) -> bool:
        """Tell whether the evidence is enough to assert the first clause; `permits` where that would let something be done."""
        needed = self.thresholds.answer if evidence.known else self.thresholds.answer_unknown
        return self.confidence(evidence) >= (max(needed, self.thresholds.permit) if permits else needed)


FITTED = msgspec.json.decode(DATA.read_bytes(), type=Fitted)
