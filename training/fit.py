"""Learns the few numbers of retrieval/data/fitted.json from labelled questions. Run with `make fit`; see docs/ranking.md.

The weights of the signals come from listwise regression (a softmax over the clauses of a school), kept from falling below zero;
the confidence from logistic regression on what speaks for the first clause. Both are reported in cross-validation, by question.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from corpus.building import build_policy, shipped_policy, shipped_sources
from corpus.source import read_text
from corpus.versions import Published, School
from retrieval.evaluation import Question, holds_any, read_questions
from retrieval.fitted import DATA, FEATURES, FITTED, Confidence, Fitted, Weights
from retrieval.index import Index
from retrieval.knowledge import Knowledge
from retrieval.ranking import Signals, read_signals, weigh
from retrieval.reading import Reading, read
from training.logistic import as_confidence, sigmoid, signed_logistic
from training.unread import WithoutWordings

QUESTIONS = Path("tests/questions")
DOCUMENTS = Path("tests/corpus/documents")
TUNING = ("dev.jsonl", "own-seen.jsonl")
NEW = ("documents.jsonl", "documents-2.jsonl")
# Which signals a clause's score is made of: docs/ranking.md says what each is worth.
SIGNALS = ("bm25", "chance")
SIGNALS_UNKNOWN = ("words", "context", "side", "alignment", "links")
# What speaks against an answer; how many terms a question has may speak either way.
AGAINST = frozenset({"unknown", "elsewhere", "lacking"})
SIGNS = [0 if name == "terms" else -1 if name in AGAINST else 1 for name in FEATURES]
FOLDS, SEED = 5, 20261121
Array = NDArray[np.float64]


def main() -> None:
    """Fit, report, and write the numbers."""
    cache = Path(".venv/cache")
    shipped = [(source.school, shipped_policy(source)) for source in shipped_sources()]
    documents = [
        (
            file.stem,
            build_policy(read_text(file.read_bytes(), file.name), school=file.stem, slug="p", title=None, source_name=file.name),
        )
        for file in sorted(DOCUMENTS.iterdir())
        if file.suffix in (".txt", ".md")
    ]
    tuning = [question for name in TUNING for question in read_questions(QUESTIONS / name)]
    new = [question for name in NEW for question in read_questions(QUESTIONS / name)]

    def indexes(policies: Sequence[tuple[str, object]], knowledge: Knowledge) -> Callable[[str], Index]:
        built = {
            school: Index(Published(School(school, school, school), 1, ((1, policy),)), knowledge) for school, policy in policies
        }  # type: ignore[arg-type]
        return built.__getitem__

    known = list(_observed(tuning, indexes(shipped, Knowledge(cache))))
    bare = WithoutWordings(cache)
    # The vectors were trained on the wordings of the five schools' clauses: only other documents show what they do without.
    unknown = list(_observed(new, indexes(documents, bare)))
    with_wordings, right, settled = _fit("clauses with wordings", known, SIGNALS)
    without, right_unknown, settled_unknown = _fit("clauses without wordings", unknown, SIGNALS_UNKNOWN)
    # The thresholds are chosen by hand from the report: a wrong answer costs more than a refusal.
    fitted = Fitted(with_wordings, without, right, right_unknown, settled, settled_unknown, FITTED.links, FITTED.thresholds)
    DATA.write_bytes(msgspec.json.format(msgspec.json.encode(fitted), indent=1) + b"\n")
    print(f"{DATA} is written; thresholds {fitted.thresholds}")


class _Observation(msgspec.Struct, frozen=True):
    """A question with its signals, which clauses are right, and the index it was asked of."""

    question: Question
    reading: Reading
    signals: Signals
    right: Array
    index: Index

    def rows(self, names: Sequence[str]) -> Array:
        """Return the named signals: a row a signal, a column a clause."""
        return np.array([getattr(self.signals, name) for name in names], dtype=float)


def _observed(questions: Sequence[Question], index_of: Callable[[str], Index]) -> Iterator[_Observation]:
    for question in questions:
        if question.kind in ("chitchat", "urgent") and not question.gold:
            continue
        index = index_of(question.school)
        reading = read(question.q, question.context, index)
        signals = read_signals(reading, index)
        right = np.array([holds_any(clause, question.gold) for clause in index.clauses], dtype=float)
        yield _Observation(question, reading, signals, right, index)


def _fit(name: str, observed: Sequence[_Observation], names: Sequence[str]) -> tuple[Weights, Confidence, Confidence]:
    answerable = [one for one in observed if one.right.any()]
    folds = np.random.default_rng(SEED).integers(0, FOLDS, len(observed))
    ranks: list[int] = []
    for fold in range(FOLDS):
        weights = _regress([one for one, at in zip(observed, folds, strict=True) if at != fold and one.right.any()], names)
        for one, at in zip(observed, folds, strict=True):
            if at == fold and one.right.any():
                order = np.argsort(-(weights @ one.rows(names)), kind="stable")
                ranks.append(int(np.argmax(one.right[order] > 0)))
    hits = " / ".join(f"{np.mean([rank < k for rank in ranks]):.3f}" for k in (1, 3, 10))
    weights = _regress(answerable, names)
    print(f"{name}: hit@1 / 3 / 10 {hits} cross-validated, n={len(ranks)}; {dict(zip(names, weights.round(3), strict=True))}")
    fitted = Weights(**dict(zip(names, map(float, weights.round(4)), strict=True)))
    features, right = _features(observed, fitted)
    settled = np.array([float(one.right.any()) for one in observed])
    _report(_held_out(features, right, folds), _held_out(features, settled, folds), right, observed)
    return fitted, _confidence(features, right), _confidence(features, settled)


def _held_out(features: Array, wanted: Array, folds: Array) -> Array:
    """Return the chance of each question by a model that was learnt without its fold."""
    chances = np.zeros(len(wanted))
    for fold in range(FOLDS):
        constant, coefficients = signed_logistic(features[folds != fold], wanted[folds != fold], SIGNS)
        chances[folds == fold] = sigmoid(constant + features[folds == fold] @ coefficients)
    return chances


def _confidence(features: Array, wanted: Array) -> Confidence:
    return as_confidence(*signed_logistic(features, wanted, SIGNS), FEATURES)


def _regress(observed: Sequence[_Observation], names: Sequence[str]) -> Array:
    """Return the weights, none below zero, that make the right clauses likeliest under a softmax; Adam, 400 steps."""
    rows = [one.rows(names) for one in observed]
    scale = np.mean([one.std(axis=1) for one in rows], axis=0) + 1e-6
    weights, first, second = np.full(len(names), 0.1), np.zeros(len(names)), np.zeros(len(names))
    for step in range(1, 400):
        slope = 1e-3 * weights
        for one, plain in zip(observed, rows, strict=True):
            signals = plain / scale[:, None]
            chances = _softmax(weights @ signals)
            wanted = chances * (one.right > 0)
            slope += signals @ (chances - wanted / wanted.sum()) / len(observed)
        first = 0.9 * first + 0.1 * slope
        second = 0.99 * second + 0.01 * slope * slope
        weights = np.maximum(0, weights - 0.1 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8))
    result: Array = weights / scale
    return result


def _features(observed: Sequence[_Observation], weights: Weights) -> tuple[Array, Array]:
    rows, right = [], []
    for one in observed:
        ranking = weigh(one.signals, one.signals.weighed(weights), one.reading, one.index)
        if ranking.evidence is None:
            raise ValueError(f"{one.question.id} has no evidence")
        rows.append(ranking.evidence.features())
        right.append(float(bool(one.question.gold) and holds_any(ranking.hits[0].clause, one.question.gold)))
    return np.array(rows), np.array(right)


def _report(right: Array, settled: Array, is_right: Array, observed: Sequence[_Observation]) -> None:
    """Print what becomes of the questions at some thresholds, each judged by models that were learnt without it."""
    answerable = np.array([one.right.any() for one in observed])
    for answer in (0.4, 0.5, 0.6, 0.7, 0.85, 0.9, 0.93, 0.95):
        for offer in (0.5, 0.7, 0.8, 0.85, 0.9):
            refused = settled < offer
            answered = ~refused & (right >= answer)
            print(
                f"  answer from {answer}, offer from {offer}: "
                f"{answered.mean():.3f} answered, {is_right[answered].mean():.3f} of it right; "
                f"uncovered not answered {1 - answered[~answerable].mean():.3f}, refused {refused[~answerable].mean():.3f}; "
                f"answerable refused {refused[answerable].mean():.3f}, offered {(~answered & ~refused)[answerable].mean():.3f}"
            )


def _softmax(scores: Array) -> Array:
    raised = np.exp(scores - scores.max())
    result: Array = raised / raised.sum()
    return result


if __name__ == "__main__":
    main()
