"""policybot backup and policybot restore, as a technician types them, and what policybot doctor says of backups."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from sqlalchemy import create_engine, insert

from bot import tables
from bot.clock import now_utc
from corpus.tables import metadata, sqlite_url

Policybot = Callable[..., Any]
HILLSIDE = ("--school", "hillside")


@pytest.fixture
def school(policybot: Policybot, tmp_path: Path) -> Policybot:
    """The command line, over a store with a school whose one person joined, and a backup of it."""
    policybot("init", "hillside", "--name", "Hillside Primary School")
    join(tmp_path / "home", 1)
    assert policybot("backup", tmp_path / "backup").code == 0
    return policybot


def join(home: Path, number: int) -> None:
    """Let somebody in, as a channel does."""
    with create_engine(sqlite_url(home)).begin() as connection:
        joined = {"school_id": "hillside", "channel": "web", "account": str(number), "role": "staff", "since": now_utc()}
        connection.execute(insert(tables.people).values(id=number, **joined))


@pytest.fixture
def elsewhere(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another data folder with an empty store, on which commands work from now on; the secret key goes with it."""
    copytree(empty_store, tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "secret.key").write_bytes((tmp_path / "home" / "secret.key").read_bytes())
    monkeypatch.setenv("POLICYBOT_HOME", str(tmp_path / "elsewhere"))
    return tmp_path / "elsewhere"


def people(policybot: Policybot) -> Any:
    return policybot("people", *HILLSIDE).out


def refused(ran: Any, *words: str) -> None:
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count("\n") == 1
    assert [word for word in words if word not in ran.err] == []


def test_a_backup_is_written_and_restored_elsewhere(school: Policybot, tmp_path: Path, elsewhere: Path) -> None:
    ran = school("restore", tmp_path / "backup", "--removals", tmp_path / "home" / "removals.jsonl")
    assert (ran.code, ran.err) == (0, "")
    assert "The store is as it was on " in ran.out
    assert "Removed again, as since then: nothing." in ran.out
    assert "LOOK" not in ran.out
    assert "1" in people(school)
    assert (elsewhere / "policybot.sqlite").exists()


def test_a_backup_says_where_it_is_and_where_removals_are_noted(policybot: Policybot, tmp_path: Path) -> None:
    ran = policybot("backup", tmp_path / "backup")
    assert ran.out.startswith(
        f"{tmp_path / 'backup'} holds 0 rows of {len(metadata.tables)} tables, and was read again and checked."
    )
    assert f"What is removed from now on is noted in {tmp_path / 'home' / 'removals.jsonl'}." in ran.out
    refused(policybot("backup", tmp_path / "backup"), "is there already: choose another name")
    refused(policybot("backup", tmp_path / "no" / "backup"), "cannot be written: No such file or directory")


def test_without_a_ledger_nothing_is_restored_unless_somebody_says_that_it_is_lost(
    school: Policybot, tmp_path: Path, elsewhere: Path
) -> None:
    refused(
        school("restore", tmp_path / "backup"),
        f"There is no {elsewhere / 'removals.jsonl'}",
        "--removals",
        "--since",
        "--no-removals",
    )
    ran = school("restore", tmp_path / "backup", "--no-removals")
    assert ran.code == 0
    assert "LOOK  Nothing is known of who was removed since" in ran.out
    refused(school("restore", tmp_path / "backup", "--no-removals"), "The store is not empty")


@pytest.mark.parametrize("by", ["--removals", "--since"])
def test_who_was_removed_since_is_removed_again_by_the_file_or_by_the_old_store(
    school: Policybot, tmp_path: Path, by: str, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    assert school("people", *HILLSIDE, "--remove", "1").code == 0
    if by == "--removals":
        assert school("backup", tmp_path / "later").code == 0  # as the server does within a minute
    copytree(empty_store, tmp_path / "elsewhere")
    monkeypatch.setenv("POLICYBOT_HOME", str(tmp_path / "elsewhere"))
    source = home / "removals.jsonl" if by == "--removals" else sqlite_url(home)
    ran = school("restore", tmp_path / "backup", by, source)
    assert "Removed again, as since then: people (1)." in ran.out
    assert people(school) == "Nobody has joined yet.\n"
    # The key of the old store was not brought along.
    assert "LOOK  The secret key here is not that of the backup" in ran.out


def test_what_cannot_be_read_is_named_and_nothing_is_restored(school: Policybot, tmp_path: Path, elsewhere: Path) -> None:
    backup, other = tmp_path / "backup", tmp_path / "other"
    other.write_bytes(backup.read_bytes()[:-100])
    refused(school("restore", other, "--no-removals"), f"{other} is damaged, or is no backup of policybot")
    refused(school("restore", tmp_path / "none", "--no-removals"), "cannot be read: No such file or directory")
    refused(school("restore", backup, "--removals", backup), f"{backup} is no removals file, or is damaged")
    refused(school("restore", backup, "--removals", tmp_path / "none"), "cannot be read: No such file or directory")
    for url in (f"sqlite:///{tmp_path}/none/policybot.sqlite", sqlite_url(tmp_path), f"sqlite:///{other}"):
        refused(school("restore", backup, "--since", url), "The old store that --since names cannot be read")
    refused(school("restore", backup, "--since", "here"), "--since is no address of a store")
    assert not (tmp_path / "none").exists()
    assert "No school is set up yet" in school("doctor").out
    assert (elsewhere / "policybot.sqlite").exists()


def test_doctor_says_when_the_last_backup_was_made_and_that_the_store_is_whole(policybot: Policybot, tmp_path: Path) -> None:
    assert "note  No backup of the store was made yet: policybot backup FILE makes one" in policybot("doctor").out
    made = now_utc() - timedelta(days=8)
    with create_engine(sqlite_url(tmp_path / "home")).begin() as connection:
        connection.execute(insert(tables.backups).values(made_at=made))
    assert ", more than 7 days ago: policybot backup FILE makes one" in policybot("doctor").out
    policybot("backup", tmp_path / "backup")
    ran = policybot("doctor")
    assert "ok    The last backup of the store was made on " in ran.out
    assert "ok    The store's file is whole." in ran.out


def test_doctor_finds_a_damaged_file(policybot: Policybot, tmp_path: Path) -> None:
    file = tmp_path / "home" / "policybot.sqlite"
    with create_engine(sqlite_url(tmp_path / "home")).connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        page = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'ix_audit_school_id_at'").scalar_one()
        size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    with open(file, "r+b") as damaged:
        damaged.seek((page - 1) * size)
        damaged.write(b"\x00" * size)
    ran = policybot("doctor")
    assert "LOOK  The store's file is damaged (" in ran.out
    assert "restore the last backup." in ran.out
