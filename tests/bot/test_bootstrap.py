"""The demo's schools in a new data folder, and the index of each school as it is published."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event

from bot import bootstrap
from bot.bootstrap import DEMO_PUBLISHER, Indexes, seed_demo
from bot.clock import now_utc
from bot.errors import BotError
from bot.schema import open_store
from corpus.building import shipped_sources
from corpus.clause import Clause, Policy, Section, Stance
from corpus.tables import sqlite_url
from corpus.versions import Versions

SCHOOLS = [source.school for source in shipped_sources()]


def publish(versions: Versions, school: str, slug: str, words: str) -> None:
    section = Section("", "", 1, "", (), (Clause("1.1", "1.1", "", words, (), Stance.FORBIDDEN),))
    versions.save_draft(Policy(school, slug, "Policy", (section,)), None)
    versions.publish(school, slug, "head")


def numbers(versions: Versions) -> dict[str, list[int]]:
    return {school: [number for _, _, all_numbers in versions.policies(school) for number in all_numbers] for school in SCHOOLS}


def test_seeding_adds_the_five_schools_and_a_second_time_nothing(store: Versions) -> None:
    seed_demo(store)
    seed_demo(store)
    assert {school.id for school in store.schools()} == {*SCHOOLS, "hillside"}
    assert numbers(store) == {school: [1] for school in SCHOOLS}
    assert all((publisher or "").startswith(DEMO_PUBLISHER) for publisher in store.publishers().values())


def test_a_policy_that_ships_changed_is_published_anew_and_what_somebody_published_stays(
    store: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed_demo(store)
    publish(store, "coniston", "social-media", "Our own words.")
    store.roll_back("wellesley", store.policies("wellesley")[0][0], 1)
    monkeypatch.setattr(bootstrap, "sha256", lambda raw: bootstrap_hash(raw + b"changed"))
    seed_demo(store)
    assert numbers(store) == {school: [1, 2] for school in SCHOOLS}
    found = store.published("coniston")
    assert found is not None
    assert [clause.words for _, policy in found.versions for clause in policy.clauses()] == ["Our own words."]


bootstrap_hash = bootstrap.sha256


def test_seeding_that_fails_half_way_leaves_each_school_whole_or_not_there(store: Versions) -> None:
    seen = 0

    def fail(*args: object) -> None:
        nonlocal seen
        seen += str(args[2]).startswith("INSERT INTO versions")
        if seen == 4:
            raise OSError("the disk is gone")

    event.listen(store.engine, "before_cursor_execute", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        seed_demo(store)
    event.remove(store.engine, "before_cursor_execute", fail)
    assert len(store.schools()) == 4
    assert len(store.publishers()) == 3
    seed_demo(store)
    assert numbers(store) == {school: [1] for school in SCHOOLS}


def test_processes_that_start_the_demo_on_a_new_folder_at_once_find_each_school_seeded_once(tmp_path: Path) -> None:
    environment = {**os.environ, "POLICYBOT_HOME": str(tmp_path), "POLICYBOT_DEMO": "1"}
    environment.pop("POLICYBOT_DATABASE_URL", None)
    command = [sys.executable, "-m", "bot", "export", "--school", "wellesley", "--policy", "social-media"]
    running = [
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )
        for _ in range(2)
    ]
    told = [one.communicate(timeout=60) for one in running]
    assert [error for _, error in told] == ["", ""]
    assert told[0] == told[1]
    engine = open_store(sqlite_url(tmp_path))
    assert numbers(Versions(engine, now_utc)) == {school: [1] for school in SCHOOLS}
    engine.dispose()


def test_an_index_is_kept_until_the_school_changes(store: Versions, demo: Indexes) -> None:
    publish(store, "hillside", "phones", "Staff must not use phones.")
    indexes = Indexes(store, demo.knowledge)
    first = indexes.of("hillside")
    assert indexes.of("hillside") is first
    publish(store, "hillside", "dogs", "No dogs.")
    assert indexes.of("hillside", fresh=False) is first
    second = indexes.of("hillside")
    assert (first.revision, second.revision, len(second.clauses)) == (1, 2, 2)
    store.roll_back("hillside", "dogs", 1)
    assert indexes.of("hillside").revision == 3


def test_a_school_that_is_not_there_is_said_with_those_that_are(store: Versions, demo: Indexes) -> None:
    with pytest.raises(BotError) as refused:
        Indexes(store, demo.knowledge).of("nowhere")
    assert str(refused.value) == "There is no school called nowhere: choose one of hillside."


def test_schools_answer_from_their_own_policies_only(store: Versions, demo: Indexes) -> None:
    seed_demo(store)
    publish(store, "hillside", "phones", "Staff must not use phones.")
    indexes = Indexes(store, demo.knowledge)
    for school in (*SCHOOLS, "hillside"):
        assert {indexed.policy.school for indexed in indexes.of(school).clauses} == {school}
