"""Drafts, publications and roll-backs: what is answered from changes all at once or not at all."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import event, select

from bot.schema import open_store
from corpus import versions as versions_module
from corpus.clause import Clause, Policy, Section, Stance
from corpus.errors import StoreError
from corpus.tables import clauses, metadata, schools, sqlite_url
from corpus.tables import versions as versions_table
from corpus.versions import School, Versions

pytestmark = pytest.mark.both_stores

PHONES = "Staff must not use their own phones in class."
GIFTS = "Gifts worth more than ten pounds are declared to the office."
DOGS = "No dog comes on the field at any time of the day."


def policy(*rules: str, slug: str = "phones", school: str = "hillside") -> Policy:
    elements = tuple(Clause(f"1.{at}", f"1.{at}", "", words, (), Stance.FORBIDDEN) for at, words in enumerate(rules, 1))
    return Policy(school, slug, slug.title(), (Section("", "", 1, "", (), elements),))


def published(store: Versions, *rules: str, slug: str = "phones") -> int:
    store.save_draft(policy(*rules, slug=slug), "\n".join(rules))
    return store.publish("hillside", slug, "head")


def answers(store: Versions) -> list[tuple[int, list[str]]]:
    """Return what hillside answers from: each current version's number and words."""
    found = store.published("hillside")
    assert found is not None
    return [(number, [clause.words for clause in one.clauses()]) for number, one in found.versions]


def everything(store: Versions) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of the store."""
    with store.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }


def test_a_new_school_answers_from_nothing_at_revision_0(store: Versions) -> None:
    found = store.published("hillside")
    assert found is not None
    assert (found.school, found.revision, found.versions) == (
        School("hillside", "Hillside Primary School", "Hillside"),
        0,
        (),
    )


def test_schools_are_listed_by_name_and_hold_their_nation(store: Versions) -> None:
    store.add_school(School("cwm", "Cwm Community School", "Cwm", "Wales"))
    assert [(school.id, school.nation) for school in store.schools()] == [("cwm", "Wales"), ("hillside", "England")]


def test_a_school_is_not_added_twice(store: Versions) -> None:
    with pytest.raises(StoreError, match=r"^There is already a school called hillside\.$"):
        store.add_school(School("hillside", "Another", "Another"))
    assert [school.name for school in store.schools()] == ["Hillside Primary School"]


def test_a_draft_answers_nothing_until_it_is_published(store: Versions) -> None:
    store.save_draft(policy(PHONES), None)
    assert (answers(store), store.revision("hillside")) == ([], 0)
    assert store.publish("hillside", "phones", "head") == 1
    assert (answers(store), store.revision("hillside")) == ([(1, [PHONES])], 1)


def test_a_draft_gives_back_what_was_saved_with_its_source(store: Versions) -> None:
    saved = store.save_draft(policy(PHONES), "the text")
    draft = store.draft("hillside", "phones")
    assert (draft.policy, draft.source, draft.number, draft.published_at, draft.published_by) == (
        saved,
        "the text",
        None,
        None,
        None,
    )


def test_there_is_one_draft_a_policy_and_a_new_one_takes_its_place(store: Versions) -> None:
    store.save_draft(policy(PHONES), "first")
    store.save_draft(policy(GIFTS), "second")
    store.save_draft(policy(DOGS, slug="dogs"), "another policy's")
    assert store.draft("hillside", "phones").source == "second"
    assert [(row[2], row[3]) for row in everything(store)["versions"]] == [("phones", 0), ("dogs", 0)]


def test_publishing_uses_up_the_draft(store: Versions) -> None:
    published(store, PHONES)
    with pytest.raises(StoreError, match=r"^There is no draft of hillside/phones to publish\.$"):
        store.publish("hillside", "phones", "head")
    assert store.revision("hillside") == 1


def test_versions_count_from_1_and_the_last_published_is_answered_from(store: Versions) -> None:
    assert [published(store, PHONES), published(store, PHONES, GIFTS), published(store, GIFTS)] == [1, 2, 3]
    assert answers(store) == [(3, [GIFTS])]
    assert store.policies("hillside") == [("phones", 3, [1, 2, 3])]


def test_current_versions_of_several_policies_stand_in_the_order_of_their_slugs(store: Versions) -> None:
    published(store, PHONES)
    published(store, DOGS, slug="dogs")
    published(store, GIFTS, PHONES)
    assert answers(store) == [(1, [DOGS]), (2, [GIFTS, PHONES])]


def test_a_policy_with_only_a_draft_is_listed_without_versions(store: Versions) -> None:
    store.save_draft(policy(PHONES), None)
    assert store.policies("hillside") == [("phones", None, [])]


def test_rolling_back_answers_from_the_earlier_version_and_raises_the_revision(store: Versions) -> None:
    published(store, PHONES)
    published(store, GIFTS)
    store.roll_back("hillside", "phones", 1)
    assert (answers(store), store.revision("hillside")) == ([(1, [PHONES])], 3)
    assert store.version("hillside", "phones").number == 1


def test_after_a_roll_back_the_next_version_has_a_new_number_and_new_ids(store: Versions) -> None:
    published(store, PHONES)
    published(store, PHONES, GIFTS)
    store.roll_back("hillside", "phones", 1)
    assert published(store, PHONES, DOGS) == 3
    assert [clause.id for clause in store.version("hillside", "phones").policy.clauses()] == ["1.1", "1.2-2"]


def test_published_versions_never_change(store: Versions) -> None:
    published(store, PHONES)
    first = everything(store)["versions"][0]
    published(store, GIFTS, DOGS)
    store.roll_back("hillside", "phones", 1)
    store.save_draft(policy(DOGS), "later")
    published(store, DOGS)
    assert everything(store)["versions"][0] == first
    assert [clause.words for clause in store.version("hillside", "phones", 1).policy.clauses()] == [PHONES]


def test_a_version_says_when_and_by_whom_it_was_published(store: Versions) -> None:
    moments = iter([datetime(2026, 11, 20, 9), datetime(2026, 11, 21, 10)])  # noqa: DTZ001  the store keeps UTC, unmarked
    timed = Versions(store.engine, lambda: next(moments))
    timed.save_draft(policy(PHONES), None)
    timed.publish("hillside", "phones", "Mrs Harrison")
    version = timed.version("hillside", "phones", 1)
    assert (version.made_at.day, version.published_at and version.published_at.day) == (20, 21)
    assert version.published_by == "Mrs Harrison"
    assert timed.publishers() == {("hillside", "phones"): "Mrs Harrison"}


def test_the_publisher_of_a_rolled_back_policy_is_that_of_the_version_in_force(store: Versions) -> None:
    published(store, PHONES)
    store.save_draft(policy(GIFTS), None)
    store.publish("hillside", "phones", "deputy")
    store.roll_back("hillside", "phones", 1)
    assert store.publishers() == {("hillside", "phones"): "head"}


def test_schools_with_policies_of_the_same_name_do_not_touch_each_other(store: Versions) -> None:
    store.add_school(School("valley", "Valley School", "Valley"))
    published(store, PHONES)
    store.save_draft(policy(GIFTS, school="valley"), None)
    assert store.publish("valley", "phones", "head") == 1
    assert (answers(store), store.revision("hillside"), store.revision("valley")) == ([(1, [PHONES])], 1, 1)


UNKNOWN: list[tuple[Callable[[Versions], object], str]] = [
    (
        lambda store: store.save_draft(policy(PHONES, school="nowhere"), None),
        "There is no school called nowhere: choose one of hillside.",
    ),
    (lambda store: store.publish("nowhere", "phones", "head"), "There is no school called nowhere: choose one of hillside."),
    (lambda store: store.roll_back("nowhere", "phones", 1), "There is no school called nowhere: choose one of hillside."),
    (lambda store: store.publish("hillside", "dogs", "head"), "There is no draft of hillside/dogs to publish."),
    (
        lambda store: store.draft("hillside", "dogs"),
        "There is no draft of hillside/dogs: bring one in with policybot import.",
    ),
    (lambda store: store.version("hillside", "dogs"), "There is no published version of hillside/dogs: it has none yet."),
    (lambda store: store.version("hillside", "phones", 7), "There is no version 7 of hillside/phones: it has 1, 2."),
    (lambda store: store.roll_back("hillside", "phones", 7), "There is no version 7 of hillside/phones: it has 1, 2."),
    (lambda store: store.roll_back("hillside", "dogs", 1), "There is no version 1 of hillside/dogs: it has none yet."),
]


@pytest.mark.parametrize(("call", "sentence"), UNKNOWN, ids=[f"{at}" for at in range(len(UNKNOWN))])
def test_what_does_not_exist_is_said_in_one_sentence_and_changes_nothing(
    store: Versions, call: Callable[[Versions], object], sentence: str
) -> None:
    published(store, PHONES)
    published(store, GIFTS)
    before = everything(store)
    with pytest.raises(StoreError) as refused:
        call(store)
    assert str(refused.value) == sentence
    assert everything(store) == before


@pytest.mark.parametrize("number", [0, -1])
def test_a_draft_cannot_be_rolled_back_to_nor_read_as_a_version(store: Versions, number: int) -> None:
    published(store, PHONES)
    store.save_draft(policy(GIFTS), None)
    for call in (store.roll_back, store.version):
        with pytest.raises(StoreError, match=r"^There is no .*version"):
            call("hillside", "phones", number)
    assert answers(store) == [(1, [PHONES])]


def test_a_school_that_is_not_there_has_no_answers_and_no_revision(store: Versions) -> None:
    assert store.published("nowhere") is None
    assert store.revision("nowhere") is None
    assert store.policies("nowhere") == []


@pytest.mark.parametrize(
    "statement",
    ["UPDATE schools", "UPDATE versions", "INSERT INTO clauses", "UPDATE policies"],
)
def test_a_publication_that_fails_in_the_middle_leaves_everything_as_it_was(store: Versions, statement: str) -> None:
    published(store, PHONES)
    store.save_draft(policy(PHONES, GIFTS), "second")
    before = everything(store)

    def fail(*args: object) -> None:
        if str(args[2]).startswith(statement):
            raise OSError("the disk is gone")

    event.listen(store.engine, "after_cursor_execute", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        store.publish("hillside", "phones", "head")
    event.remove(store.engine, "after_cursor_execute", fail)
    assert everything(store) == before
    assert store.publish("hillside", "phones", "head") == 2


def test_a_draft_that_cannot_be_saved_leaves_the_one_before(store: Versions) -> None:
    store.save_draft(policy(PHONES), "first")

    def fail(*args: object) -> None:
        if str(args[2]).startswith("INSERT INTO versions"):
            raise OSError("the disk is gone")

    event.listen(store.engine, "before_cursor_execute", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        store.save_draft(policy(GIFTS), "second")
    event.remove(store.engine, "before_cursor_execute", fail)
    assert store.draft("hillside", "phones").source == "first"


def test_a_process_that_dies_while_publishing_leaves_everything_as_it_was(store: Versions) -> None:
    published(store, PHONES)
    store.save_draft(policy(GIFTS), "second")
    before = everything(store)
    died = _run(
        store,
        """
        from sqlalchemy import event
        @event.listens_for(versions.engine, "after_cursor_execute")
        def die(*args):
            if args[2].startswith("UPDATE policies"):
                os._exit(9)
        versions.publish("hillside", "phones", "head")
        """,
    )
    died.communicate(timeout=60)
    assert died.returncode == 9
    assert everything(store) == before
    assert store.publish("hillside", "phones", "head") == 2


def test_many_threads_that_publish_at_once_wait_for_each_other(store: Versions) -> None:
    names = [f"policy-{number}" for number in range(8)]
    for name in names:
        store.save_draft(policy(PHONES, slug=name), None)
    together = threading.Barrier(len(names))

    def publish(name: str) -> int:
        together.wait()
        return store.publish("hillside", name, "head")

    with ThreadPoolExecutor(len(names)) as pool:
        assert list(pool.map(publish, names)) == [1] * len(names)
    assert store.revision("hillside") == len(names)
    assert [slug for slug, current, _ in store.policies("hillside") if current == 1] == names


def test_of_two_threads_that_publish_the_same_draft_one_is_told_that_it_is_gone(store: Versions) -> None:
    store.save_draft(policy(PHONES), None)
    together = threading.Barrier(2)

    def publish(_: int) -> str:
        together.wait()
        try:
            return str(store.publish("hillside", "phones", "head"))
        except StoreError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(publish, range(2))) == ["1", "There is no draft of hillside/phones to publish."]
    assert store.revision("hillside") == 1


def test_two_processes_that_publish_at_once_both_succeed(store: Versions) -> None:
    for name in ("phones", "dogs"):
        store.save_draft(policy(PHONES, slug=name), None)
    # Each says that it is ready and then waits for its word to go.
    running = [
        _run(
            store,
            f"""
            print("ready", flush=True)
            sys.stdin.readline()
            print(versions.publish("hillside", "{name}", "head"))
            """,
        )
        for name in ("phones", "dogs")
    ]
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    told = [one.communicate("go\n", timeout=60)[0] for one in running]
    assert (told, [one.returncode for one in running]) == (["1\n", "1\n"], [0, 0])
    assert store.revision("hillside") == 2
    assert len(answers(store)) == 2


def test_a_publication_while_a_draft_is_being_saved_does_not_let_an_id_be_given_twice(
    store: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The draft is aligned to the version before: what is published meanwhile must wait, or be what it is aligned to."""
    store.save_draft(policy(PHONES), "first")
    align = versions_module.align
    publishing = threading.Thread(target=lambda: store.publish("hillside", "phones", "head"))

    def slowly(*args: object) -> Policy:
        publishing.start()
        publishing.join(timeout=0.3)  # done by then, or waiting for us
        return align(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(versions_module, "align", slowly)
    store.save_draft(policy(GIFTS), "second")
    monkeypatch.setattr(versions_module, "align", align)
    publishing.join()
    with contextlib.suppress(StoreError):  # where the first draft went ahead, the second is still to be published
        store.publish("hillside", "phones", "head")
    words_of: dict[str, str] = {}
    for number in store.policies("hillside")[0][2]:
        for clause in store.version("hillside", "phones", number).policy.clauses():
            assert words_of.setdefault(clause.id, clause.words) == clause.words


def test_what_is_answered_from_is_read_at_one_moment(store: Versions) -> None:
    published(store, PHONES)
    meddling = True

    def publish_between(*args: object) -> None:
        nonlocal meddling
        if meddling and "FROM schools" in str(args[2]):
            meddling = False
            other = Versions(open_store(str(store.engine.url)), store.now)
            published(other, GIFTS)
            other.engine.dispose()

    event.listen(store.engine, "after_cursor_execute", publish_between)
    found = store.published("hillside")
    event.remove(store.engine, "after_cursor_execute", publish_between)
    assert found is not None
    assert (found.revision, [number for number, _ in found.versions]) in ((1, [1]), (2, [2]))
    assert answers(store) == [(2, [GIFTS])]


def test_what_one_process_publishes_another_sees_at_its_next_question(store: Versions) -> None:
    published(store, PHONES)
    done = _run(store, 'versions.roll_back("hillside", "phones", 1)')
    done.communicate(timeout=60)
    assert done.returncode == 0
    assert store.revision("hillside") == 2


def test_each_clause_id_is_written_down_once_with_the_version_that_gave_it(store: Versions) -> None:
    published(store, PHONES)
    published(store, PHONES, GIFTS)
    published(store, GIFTS)
    with store.engine.connect() as connection:
        rows = connection.execute(select(clauses.c.clause_id, clauses.c.first_version).order_by(clauses.c.clause_id)).all()
        assert [tuple(row) for row in rows] == [("1.1", 1), ("1.2", 2)]
        assert connection.scalar(select(schools.c.revision)) == 3
        assert connection.scalars(select(versions_table.c.number).order_by(versions_table.c.number)).all() == [1, 2, 3]


def _run(store: Versions, code: str) -> subprocess.Popen[str]:
    """Run code in another process, with `versions` over the same store."""
    lines = code.strip("\n").splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    body = "\n".join(line[indent:] for line in lines)
    head = (
        "import os, sys\nfrom bot.clock import now_utc\nfrom bot.schema import open_store\n"
        f"from corpus.versions import Versions\nversions = Versions(open_store({str(store.engine.url)!r}), now_utc)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", head + body],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.files
def test_a_store_that_is_copied_to_another_folder_answers_the_same(store: Versions, tmp_path: Path) -> None:
    published(store, PHONES)
    store.engine.dispose()  # the log is folded into the one file
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "policybot.sqlite").write_bytes((tmp_path / "store" / "policybot.sqlite").read_bytes())
    other = Versions(open_store(sqlite_url(copy)), store.now)
    assert answers(other) == [(1, [PHONES])]
    other.engine.dispose()


def test_what_is_done_all_at_once_is_kept_as_a_whole(store: Versions) -> None:
    with store.all_at_once("valley") as together:
        together.add_school(School("valley", "Valley School", "Valley"))
        together.save_draft(policy(PHONES, school="valley"), None)
        assert together.publish("valley", "phones", "head") == 1
        assert store.revision("valley") is None  # nobody else sees it yet
    assert store.revision("valley") == 1


def test_what_is_done_all_at_once_is_not_kept_at_all_where_the_last_of_it_fails(store: Versions) -> None:
    published(store, PHONES)
    before = everything(store)

    def change_two() -> None:
        with store.all_at_once("hillside") as together:
            together.save_draft(policy(GIFTS), None)
            together.publish("hillside", "phones", "head")
            together.publish("hillside", "dogs", "head")

    with pytest.raises(StoreError, match="There is no draft of hillside/dogs"):
        change_two()
    assert everything(store) == before
