"""The bench of thousands of schools, in small: the schools that it makes, and what it measures of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from bench.scale import FEW, Asked, Bot, Plan, Row, Took, by_zipf, measure, to_plan, to_plot, to_table, verdicts
from bench.schools import POLICIES_A_SCHOOL, Document, Schools, documents, fill
from bot.clock import now_utc
from bot.schema import open_store
from bot.settings import MEGABYTE
from corpus.tables import metadata, sqlite_url
from corpus.tenancy import owning
from corpus.versions import Versions
from retrieval.index import Index
from retrieval.knowledge import Knowledge

COUNT = FEW + 2


@pytest.fixture(scope="module")
def made() -> Schools:
    return Schools(documents(shipped_alone=True))


@pytest.fixture(scope="module")
def filled(made: Schools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A store with a few of the schools."""
    engine = open_store(sqlite_url(tmp_path_factory.mktemp("scale")))
    fill(engine, made, COUNT)
    yield engine
    engine.dispose()


def words_of(found: list[Document]) -> list[list[str]]:
    return [[clause.words for clause in document.policy.clauses()] for document in found]


def test_a_number_makes_the_same_school_each_time_and_another_another(made: Schools) -> None:
    again = Schools(documents(shipped_alone=True))
    assert made.of(3) == again.of(3)
    assert words_of(made.of(3)) != words_of(made.of(4))


def test_schools_share_clauses_as_they_do_that_copy_and_have_clauses_of_their_own(made: Schools) -> None:
    every = [{words for policy in words_of(made.of(number)) for words in policy} for number in range(60)]
    shared = [len(every[0] & other) / len(every[0]) for other in every[1:]]
    assert 0.05 < max(shared) < 0.7


def test_what_is_filled_in_at_once_is_what_publishing_leaves(made: Schools, filled: Engine, knowledge: Knowledge) -> None:
    versions = Versions(filled, now_utc)
    assert len(versions.schools()) == COUNT
    published = versions.published("school-6")
    assert published is not None
    assert published.policies == tuple(document.policy for document in made.of(6))
    assert [numbers for *_, numbers in versions.policies("school-6")] == [[1]] * POLICIES_A_SCHOOL
    ids = {clause.id for clause in made.of(6)[0].policy.clauses()}
    assert versions.given_ids("school-6", "policy-1") == ids
    assert {one.policy.school for one in Index(published, knowledge).clauses} == {"school-6"}


def test_questions_come_mostly_from_few_schools_and_from_all_of_them() -> None:
    asked = by_zipf(100, 5000)
    of_each = sorted((asked.count(school) for school in set(asked)), reverse=True)
    assert len(of_each) > 95
    assert of_each[0] == pytest.approx(2 * of_each[1], rel=0.3)


def test_nothing_that_is_asked_of_the_store_looks_through_the_rows_of_all_schools(filled: Engine, parsed: Path) -> None:
    bot, asked = Bot(filled.url.render_as_string(hide_password=False), parsed, 12 * MEGABYTE), dict[str, Any]()

    def note(connection: Connection, _cursor: object, statement: str, given: Any, context: Any, _many: bool) -> None:
        if context.compiled is not None and not connection.get_execution_options().get("owner"):
            asked[statement] = given

    event.listen(Engine, "before_cursor_execute", note)
    try:
        bot.traffic([0, 1, 0])
        bot.rounds(2)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        bot.close()
    with owning(filled).connect() as connection:
        for statement, given in asked.items():
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
            looked_through = [step.detail for step in plan if step.detail.startswith("SCAN ")]
            # Unfinished messages and notices are few at any time; SQLite calls a list of values a table too.
            assert not {step.split()[1] for step in looked_through} & (set(metadata.tables) - {"unfinished", "notices"}), (
                statement
            )
    assert len(asked) > 30


def test_the_small_form_measures_what_the_large_one_does(filled: Engine, parsed: Path) -> None:
    plan = Plan(questions=4, first=1, memory=12 * MEGABYTE)
    url = filled.url.render_as_string(hide_password=False)
    asked = measure(url, parsed, COUNT, plan)
    assert 1 <= asked.in_memory < COUNT  # the memory is not enough for all of them
    assert 0 < asked.held <= plan.memory
    assert asked.first.middle > asked.few.middle
    assert min(asked.round, asked.work) > 0
    assert to_table([Row(COUNT, asked, 1.0, 1.0)]).splitlines()[2].startswith(f"| {COUNT} | ")


def asked(first: float, few: float, full: float, grown: int) -> Asked:
    took = [Took(slowest / 2, slowest) for slowest in (few, first, full, full)]
    return Asked(*took, in_memory=9, held=grown, grown=grown, process=grown, cold=0.5, rate=10.0, work=0.05, round=0.01)


def test_what_is_wanted_is_told_as_it_is() -> None:
    good, bad = asked(0.1, 0.01, 0.02, MEGABYTE), asked(0.2, 0.01, 0.03, 3 * MEGABYTE)
    assert [holds for _, holds in verdicts(Row(9, good, 1.0, 1.0), 2 * MEGABYTE)] == [True] * 3
    assert [holds for _, holds in verdicts(Row(9, bad, 1.0, 1.0), 2 * MEGABYTE)] == [False] * 3


def test_the_plan_adds_up() -> None:
    plan = to_plan(Row(10_000, asked(0.1, 0.01, 0.02, MEGABYTE), 1.0, 250_000.0))
    # 500,000 staff x 4 / 65 days; a fifth of them in an hour, five times as many on a first day: 8.5 a second of 50 ms each.
    for figure in ("30,769 |", "8.5 |", "0.43 |", "0.27 |", "2 |", "42 |", "12 GB |", "220 pounds, 0.9 pence a school |"):
        assert f"| {figure}" in plan


def test_the_plot_has_a_line_for_each_kind_of_answer() -> None:
    drawn = to_plot([Row(count, asked(0.1, 0.01, 0.02, MEGABYTE), 1.0, 1.0) for count in (5, 100, 1000)])
    assert drawn.count("<polyline") == 5
    assert "in memory, median" in drawn
