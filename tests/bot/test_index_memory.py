"""The indexes of many schools: how much memory they take, which go first, and what happens when several ask at once."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event
from weakref import ref

import pytest
from msgspec.structs import replace

from bot.bootstrap import Indexes
from bot.errors import BotError
from corpus.building import shipped_policy, shipped_sources
from corpus.clause import Clause, Policy, Section, Stance
from corpus.versions import Published, School, Versions
from retrieval.decision import decide
from retrieval.index import GAPS, Index
from retrieval.knowledge import Knowledge

SLIPS = "can i acept a freind reqest frm a mum on fb and post a phto of zzzyq"
NAMES = ("ashby", "bourne", "corby", "derby")


@pytest.fixture
def four(store: Versions, demo: Indexes) -> Callable[..., Indexes]:
    """Return indexes over a store with four schools of one small policy each."""
    for name in NAMES:
        store.add_school(School(name, name.title(), name.title()))
        section = Section("", "", 1, "", (), (Clause("1.1", "1.1", "", f"Staff of {name} keep dogs out.", (), Stance.REQUIRED),))
        store.save_draft(Policy(name, "dogs", "Dogs", (section,)), None)
        store.publish(name, "dogs", "head")

    def make(memory: int = 2**30, **named: object) -> Indexes:
        return Indexes(store, demo.knowledge, memory=memory, **named)  # type: ignore[arg-type]

    return make


def shipped(count: int) -> Published:
    """Return a school that has published so many of the shipped policies, read anew from JSON as a store gives them."""
    policies = [replace(shipped_policy(source), slug=source.school).to_json() for source in list(shipped_sources())[:count]]
    versions = tuple((1, Policy.from_json(policy)) for policy in policies)
    return Published(School("hillside", "Hillside", "Hillside"), 1, versions)


def test_the_collector_of_cycles_has_next_to_nothing_to_look_through_in_an_index(knowledge: Knowledge) -> None:
    def built() -> tuple[Index, int]:
        gc.collect()
        before = len(gc.get_objects())
        index = Index(shipped(5), knowledge)
        decide(SLIPS, (), index)
        gc.collect()
        gc.collect()  # only when it has looked through it does it leave a tuple alone
        return index, len(gc.get_objects()) - before

    first, _ = built()  # and what all schools share
    second, looked_through = built()
    assert len(first.clauses) == len(second.clauses) > 200
    assert looked_through < len(second.clauses) / 2


@pytest.mark.parametrize("count", [1, 5])
def test_an_index_is_as_large_as_it_says_once_a_question_was_asked(count: int, knowledge: Knowledge) -> None:
    decide(SLIPS, (), Index(shipped(count), knowledge))  # what all schools share
    gc.collect()
    tracemalloc.start()
    try:
        index = Index(shipped(count), knowledge)
        decide(SLIPS, (), index)
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert index.size / GAPS == pytest.approx(taken, rel=0.15)


def test_a_school_with_five_policies_takes_less_than_two_and_a_half_megabytes(knowledge: Knowledge) -> None:
    assert Index(shipped(5), knowledge).size < 2.5 * 1024 * 1024


def test_the_school_that_was_asked_of_longest_ago_goes_first(four: Callable[..., Indexes]) -> None:
    one = four().of("ashby").size
    indexes = four(memory=3 * one + one // 2)
    for name in ("ashby", "bourne", "corby", "ashby", "derby"):
        indexes.of(name)
    assert list(indexes.revisions()) == ["corby", "ashby", "derby"]
    assert indexes.held() == sum(indexes.of(name).size for name in ("corby", "ashby", "derby")) <= 3 * one + one // 2


def test_one_school_is_in_memory_however_little_there_is(four: Callable[..., Indexes]) -> None:
    indexes = four(memory=1)
    for name in NAMES:
        assert indexes.of(name).school.id == name
        assert list(indexes.revisions()) == [name]


def test_a_new_revision_takes_the_place_and_the_memory_of_the_one_before(four: Callable[..., Indexes]) -> None:
    indexes = four()
    for name in NAMES[:2]:
        indexes.of(name)
    before = indexes.held()
    indexes.versions.add_other_policy("ashby", "Lone working")
    assert indexes.of("ashby").others == ("Lone working",)
    assert indexes.held() == before


def test_whoever_is_being_answered_keeps_the_index_and_then_it_is_gone(four: Callable[..., Indexes]) -> None:
    indexes = four(memory=1)
    index = indexes.of("ashby")
    decide(SLIPS, (), index)
    gone = ref(index)
    indexes.of("bourne")
    assert decide("dogs?", (), index).ranking.hits[0].clause.clause.words == "Staff of ashby keep dogs out."
    gc.disable()  # memory that waits for the garbage collector is not free
    try:
        del index
        assert gone() is None
    finally:
        gc.enable()


def at_once(work: Sequence[Callable[[], object]]) -> list[object]:
    """Return what each call returned, or the error that it raised; all begin together."""
    barrier = Barrier(len(work))

    def run(one: Callable[[], object]) -> object:
        barrier.wait(10)
        try:
            return one()
        except BotError as error:
            return str(error)

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


def test_of_many_first_questions_of_a_school_at_once_one_builds(four: Callable[..., Indexes]) -> None:
    builds: list[None] = []

    @contextmanager
    def counted() -> Iterator[None]:
        builds.append(None)
        yield

    indexes = four(building=counted)
    found = at_once([lambda: indexes.of("ashby")] * 8)
    assert (len(builds), len(set(map(id, found)))) == (1, 1)
    assert set(at_once([lambda: indexes.of("nowhere")] * 8)) == {
        "There is no school called nowhere: choose one of ashby, bourne, corby, derby, hillside."
    }
    assert indexes.of("ashby") is found[0]


def test_while_one_school_is_built_the_others_are_answered(four: Callable[..., Indexes]) -> None:
    begun, others_were_answered = Event(), Event()

    @contextmanager
    def slow() -> Iterator[None]:
        if begun.is_set():
            yield
            return
        begun.set()
        assert others_were_answered.wait(10)
        yield

    indexes = four(building=slow)
    with ThreadPoolExecutor(1) as pool:
        building = pool.submit(indexes.of, "ashby")
        assert begun.wait(10)
        assert indexes.of("bourne").school.id == indexes.of("bourne").school.id == "bourne"
        assert not building.done()
        others_were_answered.set()
        assert building.result(10).school.id == "ashby"


def test_what_was_published_while_others_waited_for_an_older_index_is_answered_from(four: Callable[..., Indexes]) -> None:
    read, published = Event(), Event()
    indexes = four()
    build = indexes.build

    def slow(versions: Versions, school_id: str) -> Index:
        index = build(versions, school_id)
        if not read.is_set():
            read.set()
            assert published.wait(10)
        return index

    indexes.build = slow  # type: ignore[method-assign]
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(indexes.of, "ashby")
        assert read.wait(10)
        indexes.versions.add_other_policy("ashby", "Lone working")
        second = pool.submit(indexes.of, "ashby")
        published.set()
        assert second.result(10).others == ("Lone working",)
        assert first.result(10).others == ()
