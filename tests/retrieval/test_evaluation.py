"""The measures, worked by hand on a few questions; and files of questions that are not as they must be."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from corpus.clause import Clause, Policy, Section, Stance
from retrieval.baselines import Ranker
from retrieval.decision import Decision, Outcome
from retrieval.errors import RetrievalError
from retrieval.evaluation import (
    Judged,
    Measure,
    Question,
    as_table,
    by_group,
    changes,
    judge,
    measure,
    misses,
    read_questions,
    reliability,
    to_run,
)
from retrieval.index import Index, IndexedClause
from retrieval.ranking import Hit, Ranking

RULES = ("Staff must not post photographs of pupils.", "Gifts must be declared to the office.", "No dog comes on the field.")


def policy() -> Policy:
    clauses = tuple(Clause(f"1.{at}", f"1.{at}", "", words, (), Stance.FORBIDDEN) for at, words in enumerate(RULES, 1))
    return Policy("hillside", "conduct", "Conduct", (Section("", "", 1, "", (), clauses),))


def judged(
    name: str,
    *right: bool,
    kind: str = "answerable",
    gold: tuple[str, ...] = ("must not",),
    wanted: str = "none",
    outcome: Outcome = Outcome.ANSWERED,
    stance: Stance | None = Stance.FORBIDDEN,
) -> Judged:
    hit = Hit(IndexedClause(next(iter(policy().clauses())), policy(), 1, (), None), 1.0)
    asserted = outcome in (Outcome.ANSWERED, Outcome.URGENT) and bool(right)
    decision = Decision(outcome, Ranking((hit,) * len(right)), hit if asserted else None, stance if asserted else None)
    return Judged(Question(name, "hillside", f"{name}?", kind, gold, stance=wanted), decision, right, {"other": right[::-1]})


def values(*of: Judged) -> dict[str, tuple[float, int]]:
    return {one.name: (round(one.value, 4), one.n) for one in measure(of)}


def test_hit_rates_and_mrr_of_three_questions_one_of_which_has_no_hits() -> None:
    found = values(judged("first", True, False, False), judged("second", False, True, False), judged("none"))
    assert found["hit@1"] == (round(1 / 3, 4), 3)
    assert found["hit@3"] == (round(2 / 3, 4), 3)
    assert found["MRR@10"] == (round((1 + 1 / 2 + 0) / 3, 4), 3)
    # the other ranker's ranks are the same ones turned round here: third, second, none
    assert found["other: hit@1"] == (0.0, 3)
    assert found["other: MRR@10"] == (round((1 / 3 + 1 / 2 + 0) / 3, 4), 3)


def test_of_several_right_clauses_the_best_ranked_counts_once() -> None:
    found = values(judged("both", False, True, True))
    assert (found["hit@1"], found["hit@3"], found["MRR@10"]) == ((0.0, 1), (1.0, 1), (0.5, 1))


def test_a_right_clause_at_rank_four_is_a_hit_at_ten_and_not_at_three() -> None:
    found = values(judged("fourth", False, False, False, True))
    assert (found["hit@3"], found["hit@10"], found["MRR@10"]) == ((0.0, 1), (1.0, 1), (0.25, 1))


def test_questions_without_a_right_clause_do_not_count_in_hit_rates() -> None:
    found = values(judged("first", True), judged("paid", kind="uncovered", gold=(), outcome=Outcome.NOT_COVERED))
    assert found["hit@1"] == (1.0, 1)


def test_a_permission_where_the_label_forbids_is_a_false_permission() -> None:
    found = values(
        judged("a", True, wanted="forbidden", stance=Stance.ALLOWED),
        judged("b", True, wanted="forbidden", stance=Stance.CONDITIONAL),
        judged("c", True, wanted="discouraged", stance=Stance.RECOMMENDED),
        judged("d", True, wanted="discouraged", stance=Stance.FORBIDDEN),
        judged("e", wanted="forbidden", outcome=Outcome.NOT_COVERED),
        judged("f", True, wanted="allowed", stance=Stance.ALLOWED),
    )
    assert found["false permissions"] == (round(3 / 5, 4), 5)


def test_refusals_and_choices_are_told_apart() -> None:
    found = values(
        judged("a", True),
        judged("b", False),
        judged("c", True, outcome=Outcome.NOT_COVERED),
        judged("d", True, outcome=Outcome.CHOOSE),
        judged("e", kind="uncovered", gold=(), outcome=Outcome.NOT_COVERED),
        judged("f", False, kind="uncovered", gold=()),
    )
    assert found["answerable refused outright"] == (0.25, 4)
    assert found["answerable offered a choice"] == (0.25, 4)
    assert found["abstention precision"] == (0.5, 2)
    assert found["abstention recall: uncovered not answered"] == (0.5, 2)
    assert found["right of what is answered"] == (round(1 / 3, 4), 3)


def test_urgent_questions_found_and_false_alarms() -> None:
    found = values(
        judged("a", kind="urgent", gold=(), outcome=Outcome.URGENT),
        judged("b", kind="urgent", gold=(), outcome=Outcome.NOT_COVERED),
        judged("c", True, outcome=Outcome.URGENT),
        judged("d", True),
    )
    assert (found["urgent found"], found["urgent false alarms"]) == ((0.5, 2), (0.5, 2))


def test_stances_count_where_the_clause_is_right() -> None:
    found = values(
        judged("a", True, wanted="forbidden"),
        judged("b", True, wanted="discouraged"),
        judged("c", False, wanted="allowed"),
    )
    assert found["stance right, of those answered rightly"] == (0.5, 2)


def test_a_measure_over_nothing_is_shown_as_such_and_not_as_nought() -> None:
    table = as_table(measure([judged("a", True)]))
    line = next(line for line in table.splitlines() if line.startswith("urgent found"))
    assert "n=0" in line
    assert "0.000" not in line


def test_an_interval_holds_its_value_and_comes_out_the_same_each_time() -> None:
    sample = [judged(f"{at}", at % 3 == 0) for at in range(60)]
    first = measure(sample)
    assert measure(sample) == first
    assert all(one.low <= one.value <= one.high for one in first)
    assert as_table([Measure("x", 0.5, 4, 0.25, 0.75)]) == "x  0.500  n=4    [0.250, 0.750]"


def test_a_miss_says_what_was_wanted_and_what_came() -> None:
    right, wrong, refused = judged("a", True), judged("b", False), judged("c", True, outcome=Outcome.NOT_COVERED)
    told = misses([right, wrong, refused])
    assert len(told) == 2
    assert "b?" in told[0]
    assert "must not" in told[0]
    assert "not_covered" in told[1]


def test_a_question_is_judged_by_the_snippets_of_its_gold(index_of: Callable[..., Index]) -> None:
    index = index_of(policy())
    questions = [
        Question("a", "hillside", "Can I post photographs of pupils?", "answerable", ("not post  photographs\nof",)),
        Question("b", "hillside", "Can I post photographs of pupils?", "answerable", ("words that stand in no clause",)),
        Question("c", "hillside", "photographs of pupils", "answerable", ("nowhere", "post photographs")),
    ]
    assert [one.is_right for one in judge(questions, lambda _: index)] == [True, False, True]


def test_a_school_that_has_published_nothing_can_be_judged(index_of: Callable[..., Index]) -> None:
    index = index_of()
    (one,) = judge([Question("a", "hillside", "Can I?", "uncovered")], lambda _: index)
    assert (one.right, one.beside) == ((), {"bare BM25Okapi": ()})


def test_each_ranker_is_made_once_a_school_and_judged_on_its_first_ten_clauses(index_of: Callable[..., Index]) -> None:
    index = index_of(policy())
    made = []

    def backwards(clauses: Sequence[IndexedClause]) -> Ranker:
        made.append(len(clauses))
        return lambda question: [2, 1, 0] if "photographs" in question else [0, 1, 2] * 5

    gold = ("must not post",)
    questions = [
        Question("a", "hillside", "photographs", "answerable", gold),
        Question("b", "hillside", "pictures", "answerable", gold),
    ]
    first, second = judge(questions, lambda _: index, {"backwards": backwards})
    assert made == [3]
    assert first.beside == {"backwards": (False, False, True)}
    assert second.beside == {"backwards": (True, False, False) * 3 + (True,)}


GOOD = json.dumps({"id": "a", "school": "hillside", "q": "Can I?", "kind": "uncovered"})

BAD = [
    ("not json", 2),
    ('{"id": "b"}', 2),
    ('{"id": "b", "school": "s", "q": 5, "kind": "uncovered"}', 2),
    ('{"id": "b", "school": "s", "q": "x", "kind": "uncovered", "gold": "not a list"}', 2),
    ("[]", 2),
    ("null", 2),
    (GOOD, 2),  # the same id again
]


@pytest.mark.parametrize(("line", "number"), BAD, ids=[line[:40] for line, _ in BAD])
def test_a_bad_line_names_the_file_and_its_number(tmp_path: Path, line: str, number: int) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(f"{GOOD}\n{line}\n", encoding="utf-8")
    with pytest.raises(RetrievalError) as refused:
        read_questions(file)
    assert str(refused.value).startswith(f"questions.jsonl, line {number}: ")
    assert "\n" not in str(refused.value)


def test_blank_lines_are_passed_over_and_do_count_as_lines(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(f"\n{GOOD}\n\n", encoding="utf-8")
    assert [question.id for question in read_questions(file)] == ["a"]
    file.write_text(f"\n\n{GOOD}\nnot json\n", encoding="utf-8")
    with pytest.raises(RetrievalError, match="line 4: "):
        read_questions(file)


def test_a_line_separator_inside_a_question_does_not_end_its_line(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(GOOD.replace("Can I", "Can\u2028I\x85now"), encoding="utf-8")
    assert [question.q for question in read_questions(file)] == ["Can\u2028I\x85now?"]


def test_a_file_that_cannot_be_read_or_holds_nothing_is_refused(tmp_path: Path) -> None:
    empty, other = tmp_path / "empty.jsonl", tmp_path / "other.jsonl"
    empty.write_text("\n")
    other.write_bytes(b"\xff\xfe\x00binary")
    for file in (tmp_path / "missing.jsonl", tmp_path, empty, other):
        with pytest.raises(RetrievalError) as refused:
            read_questions(file)
        assert file.name in str(refused.value)


def test_the_questions_of_this_repository_can_all_be_read() -> None:
    for file in sorted((Path(__file__).parents[1] / "questions").glob("*.jsonl")):
        assert read_questions(file)


def test_groups_stand_beside_each_other() -> None:
    table = by_group([judged("a", True), judged("b", False), judged("c", True, kind="followup")], lambda question: question.kind)
    first, second = table.splitlines()
    assert first.startswith("answerable  n=2    hit@1 0.500")
    assert second.startswith("followup    n=1    hit@1 1.000")


def test_reliability_sets_the_confidence_beside_how_often_it_was_right() -> None:
    (line,) = reliability([judged("a", True), judged("b", False)]).splitlines()
    assert line.startswith("confidence 0.0 to 0.2  n=2")
    assert line.endswith("right 0.500")


def test_a_run_is_compared_with_one_that_was_kept() -> None:
    kept = to_run([judged("a", True), judged("b", True)])
    assert changes([judged("a", True), judged("b", True)], kept, "run") == []
    (told,) = changes([judged("a", True), judged("b", False), judged("new", True)], kept, "run")
    assert told.startswith("b: answered, ")
    assert "(right)" in told.partition(" -> ")[0]
    assert "(wrong)" in told.partition(" -> ")[2]


@pytest.mark.parametrize("run", [b"", b"[]", b'{"a": 1}', b"\xff"])
def test_a_file_that_is_no_run_is_refused(run: bytes) -> None:
    with pytest.raises(RetrievalError, match=r"run\.json is no run"):
        changes([judged("a", True)], run, "run.json")
