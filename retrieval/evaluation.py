"""How good the answers are: labelled questions, measured with ir_measures and a few shares of our own definition."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from retrieval.baselines import BARE, Ranker, Rankers
from retrieval.decision import PERMITTING, Decision, Outcome, decide
from retrieval.errors import RetrievalError
from retrieval.index import Index, IndexedClause

FORBIDDING = frozenset({"forbidden", "discouraged"})
# Resamples of the bootstrap, and its seed: the intervals come out the same each time.
RESAMPLES, SEED = 2000, 20261121


class Question(Struct, frozen=True):
    """A labelled question; `gold` are snippets of the clauses that govern it, any of which is right."""

    id: str
    school: str
    q: str
    kind: str
    gold: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    stance: str = "none"
    note: str = ""
    style: str = ""
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A question, what was decided, and which of the ranked clauses are right: here, and by each of the other rankers."""

    question: Question
    decision: Decision
    right: tuple[bool, ...]
    beside: Mapping[str, tuple[bool, ...]]

    @property
    def is_right(self) -> bool:
        """Whether the best-ranked clause is a right one."""
        return self.right[:1] == (True,)


@dataclass(frozen=True, slots=True)
class Measure:
    """A rate: its name, its value, over how many questions, and its 95 % interval by bootstrap."""

    name: str
    value: float
    n: int
    low: float
    high: float


def read_questions(path: Path) -> list[Question]:
    """Return the questions of a JSON Lines file, each with its own id.

    Raises RetrievalError, with the line, where one is not as it must be.
    """
    questions: dict[str, Question] = {}
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise RetrievalError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise RetrievalError(f"{path.name} is not UTF-8 text.") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            question = msgspec.convert(json.loads(line), Question)
        except (json.JSONDecodeError, msgspec.ValidationError) as error:
            raise RetrievalError(f"{path.name}, line {number}: {error}.") from None
        if question.id in questions:
            raise RetrievalError(f"{path.name}, line {number}: the id {question.id} stands twice; each question needs its own.")
        questions[question.id] = question
    if not questions:
        raise RetrievalError(f"{path.name} holds no question.")
    return list(questions.values())


def judge(questions: Iterable[Question], index_of: Callable[[str], Index], rankers: Rankers = BARE) -> list[Judged]:
    """Return each question with the decision on it, judged against its snippets; one that stands in no clause is a miss.

    The first ten clauses of each of the other `rankers` are judged too.
    """
    made: dict[str, dict[str, Ranker]] = {}  # school -> name -> ranker; none for a school without clauses
    judged = []
    for question in questions:
        index = index_of(question.school)
        if question.school not in made:
            made[question.school] = {name: make(index.clauses) for name, make in rankers.items() if index.clauses}
        decision = decide(question.q, question.context, index)
        right = tuple(holds_any(hit.clause, question.gold) for hit in decision.ranking.hits)
        ranked = {name: rank(question.q)[:10] for name, rank in made[question.school].items()}
        beside = {name: tuple(holds_any(index.clauses[at], question.gold) for at in ranked.get(name, ())) for name in rankers}
        judged.append(Judged(question, decision, right, beside))
    return judged


def measure(judged: Sequence[Judged]) -> list[Measure]:
    """Return the table: hit rates and MRR of this ranking and of those beside it, abstention, stances, urgent, shares."""
    with_gold = [one for one in judged if one.question.gold]
    answerable = [one for one in judged if one.question.kind in ("answerable", "followup")]
    uncovered = [one for one in judged if one.question.kind == "uncovered"]
    urgent = [one for one in judged if one.question.kind == "urgent"]
    others = [one for one in judged if one.question.kind != "urgent"]
    answered = [one for one in judged if one.decision.outcome in (Outcome.ANSWERED, Outcome.URGENT) and one.decision.governing]
    refused = [one for one in judged if one.decision.outcome is Outcome.NOT_COVERED]
    answered_right = [one for one in answered if one.question.gold and one.is_right]
    forbidding = [one for one in judged if one.question.stance in FORBIDDING]

    return [
        *_ranking_measures("", [(one.question.id, one.right) for one in with_gold]),
        *(
            measured
            for name in dict.fromkeys(name for one in judged for name in one.beside)
            for measured in _ranking_measures(f"{name}: ", [(one.question.id, one.beside[name]) for one in with_gold])
        ),
        _rate("right of what is answered", [one.is_right for one in answered if one.decision.outcome is Outcome.ANSWERED]),
        _rate("abstention precision", [one.question.kind == "uncovered" for one in refused]),
        _rate(
            "abstention recall: uncovered not answered",
            [one.decision.outcome is not Outcome.ANSWERED for one in uncovered],
        ),
        _rate("answerable refused outright", [one.decision.outcome is Outcome.NOT_COVERED for one in answerable]),
        _rate("answerable offered a choice", [one.decision.outcome is Outcome.CHOOSE for one in answerable]),
        _rate(
            "stance right, of those answered rightly",
            [one.decision.stance == one.question.stance for one in answered_right],
        ),
        _rate("false permissions", [one.decision.stance in PERMITTING for one in forbidding]),
        _rate("urgent found", [one.decision.outcome is Outcome.URGENT for one in urgent]),
        _rate("urgent false alarms", [one.decision.outcome is Outcome.URGENT for one in others]),
    ]


def as_table(measures: Sequence[Measure]) -> str:
    """Return the measures as lines of text, one a measure, with n and the interval."""
    width = max(len(one.name) for one in measures)
    return "\n".join(
        f"{one.name:<{width}}  {one.value:5.3f}  n={one.n:<4} [{one.low:.3f}, {one.high:.3f}]"
        if one.n
        else f"{one.name:<{width}}      -  n=0"
        for one in measures
    )


def by_group(judged: Sequence[Judged], group: Callable[[Question], str]) -> str:
    """Return a line for each group of the questions that have a right clause: hit rates and false permissions."""
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        if one.question.gold:
            groups.setdefault(group(one.question), []).append(one)
    width = max(map(len, groups), default=0)
    lines = []
    for name, members in sorted(groups.items()):
        found = {one.name: one for one in measure(members)}
        first, third, wrong = found["hit@1"], found["hit@3"], found["false permissions"]
        lines.append(
            f"{name:<{width}}  n={first.n:<4} hit@1 {first.value:.3f} [{first.low:.3f}, {first.high:.3f}]  "
            f"hit@3 {third.value:.3f}  false permissions {wrong.value * wrong.n:.0f} of {wrong.n}"
        )
    return "\n".join(lines)


def reliability(judged: Sequence[Judged]) -> str:
    """Return a line for each fifth of the confidence: how many questions, how sure of the first clause, how often right."""
    asked = [one for one in judged if one.decision.ranking.hits]
    lines = []
    for fifth in range(5):
        low, high = fifth / 5, (fifth + 1) / 5
        members = [one for one in asked if min(4, int(one.decision.confidence * 5)) == fifth]
        if members:
            sure = sum(one.decision.confidence for one in members) / len(members)
            right = sum(one.is_right for one in members) / len(members)
            lines.append(f"confidence {low:.1f} to {high:.1f}  n={len(members):<4} on the mean {sure:.3f}, right {right:.3f}")
    return "\n".join(lines)


def to_run(judged: Sequence[Judged]) -> bytes:
    """Return what came of each question as JSON, to be compared with later."""
    return msgspec.json.encode({one.question.id: _told(one) for one in judged})


def changes(judged: Sequence[Judged], run: bytes, name: str) -> list[str]:
    """Return a line for each question of which something else came than in an earlier run.

    Raises RetrievalError where the run, called `name`, is none that `to_run` made.
    """
    try:
        earlier = msgspec.json.decode(run, type=dict[str, str])
    except msgspec.DecodeError:
        raise RetrievalError(f"{name} is no run that eval --save wrote.") from None
    return [
        f"{one.question.id}: {earlier[one.question.id]} -> {_told(one)}  ({one.question.q[:80]})"
        for one in judged
        if one.question.id in earlier and earlier[one.question.id] != _told(one)
    ]


def _told(one: Judged) -> str:
    """Return in a few words what came of a question."""
    first = one.decision.ranking.hits[0].clause.clause.label if one.decision.ranking.hits else "nothing"
    right = "" if not one.question.gold else " (right)" if one.is_right else " (wrong)"
    return f"{one.decision.outcome}, {first}{right}, {one.decision.stance or 'no stance'}"


def misses(judged: Sequence[Judged]) -> list[str]:
    """Return a few lines for each question whose best-ranked clause or outcome is wrong: what was wanted, what came."""
    told = []
    for one in judged:
        expected = {"uncovered": Outcome.NOT_COVERED, "chitchat": Outcome.SMALLTALK, "urgent": Outcome.URGENT}.get(
            one.question.kind, Outcome.ANSWERED
        )
        if (one.is_right or not one.question.gold) and one.decision.outcome is expected:
            continue
        came = one.decision.ranking.hits[0].clause if one.decision.ranking.hits else None
        told.append(
            "\n".join(
                [
                    f"{one.question.id} {one.question.school} {one.question.kind}: {one.question.q}",
                    f"  outcome {one.decision.outcome} ({one.decision.confidence:.2f}), wanted {expected}",
                    f"  came   {f'{came.clause.label}: {came.clause.words[:100]}' if came else '-'}",
                    f"  wanted {' | '.join(one.question.gold) or '-'}",
                ]
            )
        )
    return told


def _ranking_measures(prefix: str, runs: Sequence[tuple[str, tuple[bool, ...]]]) -> list[Measure]:
    try:
        import ir_measures
        from ir_measures import RR, Success
    except ModuleNotFoundError:
        raise RetrievalError("ir-measures is not installed: run pip install policybot[compare].") from None

    # A question is relevant to the ranks of its right clauses, so that any of several golds counts.
    wanted = {"hit@1": Success @ 1, "hit@3": Success @ 3, "hit@10": Success @ 10, "MRR@10": RR @ 10}
    qrels = [
        ir_measures.Qrel(name, f"right-{rank}", 1) for name, right in runs for rank, is_right in enumerate(right) if is_right
    ]
    qrels += [ir_measures.Qrel(name, "right-elsewhere", 1) for name, right in runs if not any(right)]
    scored = [
        ir_measures.ScoredDoc(name, f"right-{rank}" if is_right else f"wrong-{rank}", float(-rank))
        for name, right in runs
        for rank, is_right in enumerate(right)
    ]
    found: dict[object, dict[str, float]] = {
        measure: dict.fromkeys((name for name, _ in runs), 0.0) for measure in wanted.values()
    }
    for metric in ir_measures.iter_calc(list(wanted.values()), qrels, scored):
        found[metric.measure][metric.query_id] = metric.value
    return [_mean(prefix + name, list(found[measure].values())) for name, measure in wanted.items()]


def _rate(name: str, outcomes: Sequence[bool]) -> Measure:
    return _mean(name, [float(outcome) for outcome in outcomes])


def _mean(name: str, values: Sequence[float]) -> Measure:
    if not values:
        return Measure(name, 0.0, 0, 0.0, 0.0)
    sample = np.asarray(values)
    draws = np.random.default_rng(SEED).integers(0, len(sample), size=(RESAMPLES, len(sample)))
    low, high = np.quantile(sample[draws].mean(axis=1), [0.025, 0.975])
    return Measure(name, float(sample.mean()), len(sample), float(low), float(high))


def holds_any(clause: IndexedClause, snippets: Sequence[str]) -> bool:
    """Tell whether a clause holds any of the snippets, white space folded."""
    return any(" ".join(snippet.split()) in clause.clause.text for snippet in snippets)
