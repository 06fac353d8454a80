"""A backup is the store at one moment, whole or not there; a restore puts it into either kind of store, or changes nothing."""

import gzip
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from shutil import copytree
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, Table, create_engine, event, func, insert, inspect, make_url, select, text, update
from sqlalchemy.exc import DatabaseError

from bot import tables
from bot.backup import check, write_backup
from bot.errors import BotError
from bot.restore import NUMBERS_LEFT_OUT, Kept, Restored, restore
from bot.schema import HEAD, bring_to, open_store
from corpus.tables import metadata, open_engine, schools, sqlite_url
from corpus.tenancy import owning, writing_at
from corpus.versions import Versions
from tests.platforms import postgres

NOW = datetime(2026, 11, 23, 8, 30)  # noqa: DTZ001  as the store keeps it
SCHOOLS = ("hillside", "meadow")
KEY = b"a key that only the tests have"
KEPT = Kept(timedelta(days=90), timedelta(days=365))
# What a restore ends, or does not say again.
ENDED = {"invitations", "sessions", "desk_links", "desk_sessions", "conversations", "unfinished", "leases", "outbox", "notices"}
REPOSITORY = Path(__file__).parents[2]


def restored(engine: Engine, file: Path, ledger: Any = ()) -> Restored:
    return restore(engine, file, ledger, key=KEY, kept=KEPT, login=None, now=lambda: NOW)


@contextmanager
def bare_store(dialect: str, folder: Path) -> Iterator[Engine]:
    """Yield the engine of a store in which there is nothing at all, not even a table."""
    with ExitStack() as stack:
        url = stack.enter_context(postgres.shared().database()) if dialect == "postgresql" else sqlite_url(folder)
        engine = open_engine(url)
        folder.mkdir(exist_ok=True)
        yield engine
        engine.dispose()


NewStore = Callable[[str, str], Engine]


@pytest.fixture
def new_store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[NewStore]:
    """Return the engine of a store of a dialect, in a folder of this name, that is up to date and empty."""
    with ExitStack() as stack:

        def build(dialect: str, name: str) -> Engine:
            if dialect == "postgresql":
                url = stack.enter_context(postgres.shared().database(request.getfixturevalue("empty_database")))
            else:
                copytree(request.getfixturevalue("empty_store"), tmp_path / name)
                url = sqlite_url(tmp_path / name)
            engine = open_engine(url)
            stack.callback(engine.dispose)
            return engine

        yield build


def row(table: Table, number: int) -> dict[str, object]:
    """Return a row of the school of a number, in which every column has a value; what it refers to has the same number."""
    meant: dict[str, object] = {"line": '{"told":[1]}', "doubts": b"\x00\xff", "question": "Wohin? 🧒\n\x7f“so”", "since": NOW}
    if table is tables.removals:
        meant = {"kind": "person", "object": str(number + 5)}
    made = {datetime: NOW - timedelta(microseconds=1), date: NOW.date(), bytes: b"\xfe\n", bool: True, int: number}
    values = {column.name: made.get(column.type.python_type, f"x{number}") for column in table.columns}
    values |= {name: value for name, value in meant.items() if name in values}
    whose = "id" if table is schools else "school_id"
    return values | ({whose: SCHOOLS[number - 1]} if whose in values else {})


def fill(engine: Engine) -> None:
    with owning(engine).begin() as connection:
        for table in metadata.sorted_tables:
            connection.execute(
                insert(table), [row(table, number) for number in (1, 2) if table is not tables.backups or number == 1]
            )


def names_of_tables(engine: Engine) -> list[str]:
    with owning(engine).connect() as connection:
        return inspect(connection).get_table_names()


def contents(engine: Engine) -> dict[str, list[Any]]:
    with owning(engine).connect() as connection:
        return {table.name: sorted(map(tuple, connection.execute(select(table))), key=repr) for table in metadata.sorted_tables}


def test_every_row_of_every_table_goes_from_one_kind_of_store_to_the_other_and_back(new_store: NewStore, tmp_path: Path) -> None:
    first, second, third = new_store("sqlite", "first"), new_store("postgresql", "second"), new_store("sqlite", "third")
    fill(first)
    before = contents(first)
    write_backup(first, tmp_path / "one", "key", NOW)
    ledger = check(tmp_path / "one").removals
    assert len(ledger) == 2
    came = restored(second, tmp_path / "one", ledger)
    assert (came.unsaid, came.unanswered, came.invitations) == (4, 2, 0)
    between = contents(second)
    write_backup(second, tmp_path / "two", "key", NOW + timedelta(days=1))
    restored(third, tmp_path / "two", ledger)
    after = contents(third)
    assert sorted(name for name, rows in before.items() if not rows) == []
    assert sorted(name for name, rows in after.items() if not rows) == sorted(ENDED)
    for name in set(before) - ENDED - {"audit", "backups", "events", "schools"}:
        assert between[name] == before[name]
        assert after[name] == before[name]
    assert len(between["events"]) == len(after["events"]) == 2
    assert [(*one[:5], None) for one in before["schools"]] == after["schools"] == between["schools"]
    # That it was restored stands in each school's trail, each time.
    assert set(after["audit"]) > set(between["audit"]) > set(before["audit"])
    assert (len(between["audit"]), len(after["audit"])) == (4, 6)
    assert [one[1] for one in after["backups"]] == [*(one[1] for one in before["backups"]), NOW, NOW + timedelta(days=1)]


@pytest.mark.both_stores
def test_a_backup_is_of_one_moment_while_somebody_else_writes(
    store: Versions, dialect: str, new_store: NewStore, tmp_path: Path
) -> None:
    engine, stopped, written = store.engine, threading.Event(), threading.Semaphore(0)

    def write() -> None:
        # The revision of the school is the number of its entries in the trail, at every moment.
        while not stopped.is_set():
            with writing_at(engine, "hillside") as connection:
                one_more = update(schools).where(schools.c.id == "hillside")
                connection.execute(one_more.values(revision=schools.c.revision + 1))
                noted = {"school_id": "hillside", "at": NOW, "who": "headteacher 1", "action": "published"}
                connection.execute(insert(tables.audit).values(noted))
            written.release()

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(5):
        assert written.acquire(timeout=60)
    rows = write_backup(engine, tmp_path / "backup", "key", NOW)
    for _ in range(5):
        assert written.acquire(timeout=60)
    stopped.set()
    writer.join()
    other = new_store(dialect, "other")
    restored(other, tmp_path / "backup")
    with owning(other).connect() as connection:
        moment = connection.scalar(select(schools.c.revision))
        assert moment + 1 == connection.scalar(select(func.count()).select_from(tables.audit)) == rows["audit"] + 1
    assert moment >= 5


def test_what_is_written_between_two_tables_is_not_in_the_backup(store: Versions, tmp_path: Path) -> None:
    engine, noted = store.engine, {"school_id": "hillside", "at": NOW, "who": "x", "action": "published"}

    def write_meanwhile(name: str) -> None:
        with owning(engine).begin() as connection:
            connection.execute(insert(tables.audit).values(noted))
            connection.execute(insert(tables.leases).values(name=name, holder="x", held_until=NOW))

    write_meanwhile("before")
    seen: list[str] = []

    def watch(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if "FROM schools" in statement and not seen:
            seen.append(statement)
            write_meanwhile("meanwhile")

    event.listen(engine, "before_cursor_execute", watch)
    rows = write_backup(engine, tmp_path / "backup", "key", NOW)
    event.remove(engine, "before_cursor_execute", watch)
    assert seen
    assert (rows["leases"], rows["audit"]) == (1, 1)


# Killed in the middle

KILLED = """
import os, signal, sys
from pathlib import Path
from secrets import token_hex
from shutil import copytree
from sqlalchemy import event
from bot import restore
from bot.backup import write_backup
from bot.clock import now_utc
from corpus.tables import open_engine
from datetime import timedelta

what, url, file, at = sys.argv[1:]
engine = open_engine(url)

def die(_connection, _cursor, statement, *_):
    if at in statement:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(engine, "before_cursor_execute", die)
if what == "backup":
    write_backup(engine, Path(file), "key", now_utc())
else:
    kept = restore.Kept(timedelta(days=90), timedelta(days=365))
    restore.restore(engine, Path(file), (), key=b"k" * 32, kept=kept, login=None, now=now_utc)
"""


def kill(what: str, url: str, file: Path, at: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, what, url, file, at], cwd=REPOSITORY, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("at", [pytest.param("FROM schools", marks=pytest.mark.soak), "FROM audit"])
def test_a_backup_that_is_killed_leaves_nothing_under_its_name_and_goes_well_when_run_again(
    store: Versions, tmp_path: Path, at: str
) -> None:
    kill("backup", store.engine.url.render_as_string(), tmp_path / "backup", at)
    assert not (tmp_path / "backup").exists()
    (left,) = tmp_path.glob(".backup-*.part")
    with pytest.raises(BotError, match="is damaged, or is no backup"):
        check(left)
    assert write_backup(store.engine, tmp_path / "backup", "key", NOW)["schools"] == 1


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
def test_a_restore_that_is_killed_leaves_the_store_empty_and_goes_well_when_run_again(
    store: Versions, new_store: NewStore, tmp_path: Path, kind: str
) -> None:
    write_backup(store.engine, tmp_path / "backup", "key", NOW)
    other = new_store(kind, "other")
    kill("restore", other.url.render_as_string(), tmp_path / "backup", "INSERT INTO backups")
    assert not any(contents(other).values())
    restored(other, tmp_path / "backup")
    assert len(contents(other)["schools"]) == 1


@pytest.mark.soak
@pytest.mark.parametrize("stage", ["CREATE TABLE people", "INSERT INTO schools", "INSERT INTO backups"])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_restore_that_is_killed_leaves_no_table_where_there_was_none(
    store: Versions, tmp_path: Path, stage: str, kind: str
) -> None:
    write_backup(store.engine, tmp_path / "backup", "key", NOW)
    with bare_store(kind, tmp_path / "other") as other:
        kill("restore", other.url.render_as_string(), tmp_path / "backup", stage)
        assert names_of_tables(other) == []
        restored(other, tmp_path / "backup")
        assert len(contents(other)["schools"]) == 1


# Damage


@pytest.fixture(scope="module")
def a_backup(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    copytree(empty_store, folder / "store")
    engine = open_engine(sqlite_url(folder / "store"))
    fill(engine)
    write_backup(engine, folder / "backup", "key", NOW)
    engine.dispose()
    return folder / "backup"


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 10**6), flipped=st.integers(1, 255))
@example(position=0, flipped=1)
@example(position=8, flipped=2)
@example(position=-1, flipped=1)
@example(position=-10, flipped=32)
def test_a_damaged_byte_anywhere_is_found(a_backup: Path, tmp_path: Path, position: int, flipped: int) -> None:
    damaged = bytearray(a_backup.read_bytes())
    damaged[position % len(damaged)] ^= flipped
    (tmp_path / "damaged").write_bytes(damaged)
    with pytest.raises(BotError, match="is damaged, or is no backup"):
        check(tmp_path / "damaged")


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.integers(0, 10**6))
def test_a_backup_that_was_cut_off_or_goes_on_is_found(a_backup: Path, tmp_path: Path, length: int) -> None:
    whole = a_backup.read_bytes()
    for cut in (whole[: length % len(whole)], whole + whole[: length % 100 + 1]):
        (tmp_path / "cut").write_bytes(cut)
        with pytest.raises(BotError, match="is damaged, or is no backup"):
            check(tmp_path / "cut")


def resealed(file: Path, change: Callable[[str], str]) -> Path:
    """Return a file whose hash is right, of what `change` makes of the lines of a backup."""
    lines = gzip.decompress(file.read_bytes()[:-72]).decode()
    packed = gzip.compress(change(lines).encode())
    changed = file.with_name("changed")
    changed.write_bytes(packed + f"sha256 {sha256(packed).hexdigest()}\n".encode())
    return changed


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: lines.replace(f'"schema":"{HEAD}"', '"schema":"9999"'), "was made by a newer version of policybot"),
        (lambda lines: lines.replace('"format":1', '"format":2'), "was made by a newer version of policybot"),
        (lambda lines: lines.replace('["hillside",', '["hillside",1,', 1), "is damaged"),
        (lambda lines: lines.replace('"school_id"', '"whose"'), "is damaged"),
        (lambda lines: lines.rsplit("\n", 2)[0] + "\n", "is damaged"),
        (
            lambda lines: lines.replace('["meadow","x2"', '["valley","x2"'),
            "does not fit into this store: FOREIGN KEY constraint failed",
        ),
        (lambda lines: lines.replace('"format":1', '"format":"x"'), "is damaged"),
        (lambda lines: "{}\n" + lines, "is damaged"),
        (lambda _: "", "is damaged"),
    ],
    ids=[
        "schema",
        "format",
        "a column too many",
        "a column of another name",
        "no end",
        "no such school",
        "a format that is none",
        "no head",
        "nothing",
    ],
)
def test_what_is_no_backup_of_ours_is_refused_in_a_sentence_and_the_store_stays_as_it_is(
    a_backup: Path, tmp_path: Path, change: Callable[[str], str], sentence: str
) -> None:
    changed = resealed(a_backup, change)
    with bare_store("sqlite", tmp_path / "other") as other:
        with pytest.raises(BotError, match=sentence) as refused:
            restored(other, changed, check(a_backup).removals)
        assert "\n" not in str(refused.value)
        assert names_of_tables(other) == []


# What is there already


def test_a_store_with_a_school_is_left_alone(store: Versions, tmp_path: Path) -> None:
    write_backup(store.engine, tmp_path / "backup", "key", NOW)
    before = contents(store.engine)
    with pytest.raises(BotError, match="The store is not empty"):
        restored(store.engine, tmp_path / "backup")
    assert contents(store.engine) == before


def test_postgresql_goes_on_giving_numbers_and_keeping_schools_apart_after_a_restore(a_backup: Path, new_store: NewStore) -> None:
    engine = new_store("postgresql", "")
    restored(engine, a_backup, check(a_backup).removals)
    with owning(engine).connect() as connection:
        forced = text("SELECT count(*) FROM pg_class WHERE relforcerowsecurity")
        assert connection.scalar(forced) == sum(1 for table in metadata.sorted_tables if not table.info.get("shared"))
    with writing_at(engine, "hillside") as connection:
        joined = {"school_id": "hillside", "channel": "web", "account": "new", "role": "staff", "since": NOW}
        number = connection.scalar(insert(tables.people).values(joined).returning(tables.people.c.id))
    assert number == 3


@pytest.fixture
def installed(empty_database: str) -> Iterator[Callable[[], tuple[str, str]]]:
    """Return the address of a database for whoever serves and for whoever owns it, neither of them an administrator."""
    server, names = postgres.shared(), [f"{what}_{token_hex(4)}" for what in ("serves", "owns")]
    administrator = create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
    made: list[str] = []

    def database() -> tuple[str, str]:
        made.append(server.create())
        with administrator.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {made[-1]} OWNER TO {names[1]}"))
        as_serving, as_owner = (make_url(server.url(made[-1])).set(username=name).render_as_string() for name in names)
        return as_serving, as_owner

    with administrator.connect() as connection:
        for name in names:
            connection.execute(text(f"CREATE ROLE {name} LOGIN"))
            connection.execute(text(f"GRANT policybot_school, policybot_across TO {name} WITH ADMIN OPTION"))
    yield database
    for name in made:
        server.drop(name)
    with administrator.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP ROLE {name}"))
    administrator.dispose()


@pytest.mark.parametrize("has_tables", [pytest.param(False, marks=pytest.mark.soak), True])
def test_on_postgresql_nobody_needs_to_be_an_administrator(
    installed: Callable[[], tuple[str, str]], a_backup: Path, tmp_path: Path, has_tables: bool
) -> None:
    ledger, (url, owner) = check(a_backup).removals, installed()
    if has_tables:
        open_store(url, owner).dispose()
    engine = open_engine(owner)
    restore(engine, a_backup, ledger, key=KEY, kept=KEPT, login=make_url(url).username, now=lambda: NOW)
    # Its rows are hidden from the owner, too.
    with pytest.raises(BotError, match="The store is not empty"):
        restored(engine, a_backup, ledger)
    engine.dispose()
    serving = open_store(url)
    rows = write_backup(serving, tmp_path / "backup", "key", NOW)
    serving.dispose()
    assert rows | dict.fromkeys(ENDED, 2) == check(a_backup).end.rows | {"audit": 4, "backups": 2}


@pytest.mark.both_stores
def test_numbers_that_are_given_once_go_on_after_those_that_may_have_been_given_since(
    store: Versions, dialect: str, new_store: NewStore, tmp_path: Path
) -> None:
    made = {"school_id": "hillside", "role": "staff", "made_at": NOW, "expires_at": NOW}
    with owning(store.engine).begin() as connection:
        for number in range(1, 4):
            connection.execute(insert(tables.invitations).values(made | {"code_hash": str(number)}))
        connection.execute(tables.invitations.delete())
    write_backup(store.engine, tmp_path / "backup", "key", NOW)
    other = new_store(dialect, "other")
    restored(other, tmp_path / "backup")
    with writing_at(other, "hillside") as connection:
        new = insert(tables.invitations).values(made | {"code_hash": "new"}).returning(tables.invitations.c.id)
        assert connection.scalar(new) == 3 + NUMBERS_LEFT_OUT + 1


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
def test_a_backup_of_an_older_schema_is_restored_and_brought_up_to_date(kind: str, new_store: NewStore, tmp_path: Path) -> None:
    with bare_store("sqlite", tmp_path / "old") as old:
        with owning(old).begin() as connection:
            bring_to(connection, "0008")
            connection.execute(insert(schools), [row(schools, 1)])
            connection.execute(insert(tables.people), [row(tables.people, 1)])
        write_backup(old, tmp_path / "backup", "key", NOW)
    assert check(tmp_path / "backup").head.schema == "0008"
    other = new_store(kind, "other")
    restored(other, tmp_path / "backup")
    with owning(other).connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD
    assert len(contents(other)["people"]) == 1


def test_a_backup_is_for_its_owner_alone_and_never_takes_anothers_place(store: Versions, tmp_path: Path) -> None:
    write_backup(store.engine, tmp_path / "backup", "key", NOW)
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600
    whole = (tmp_path / "backup").read_bytes()
    with pytest.raises(BotError, match="is there already: choose another name"):
        write_backup(store.engine, tmp_path / "backup", "key", NOW)
    assert (tmp_path / "backup").read_bytes() == whole
    with pytest.raises(BotError, match="cannot be written: No such file or directory"):
        write_backup(store.engine, tmp_path / "nowhere" / "backup", "key", NOW)


def test_a_damaged_store_is_not_backed_up_as_if_it_were_whole(new_store: NewStore, tmp_path: Path) -> None:
    engine = new_store("sqlite", "damaged")
    fill(engine)
    engine.dispose()
    file = tmp_path / "damaged" / "policybot.sqlite"
    with sqlite3.connect(file) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'people'").fetchone()
        (size,) = raw.execute("PRAGMA page_size").fetchone()
    raw.close()
    with open(file, "r+b") as damaged:
        damaged.seek((page - 1) * size)
        damaged.write(b"\xff" * size)
    with pytest.raises(DatabaseError, match="malformed"):
        write_backup(engine, tmp_path / "backup", "key", NOW)
    assert list(tmp_path.glob("*backup*")) == []
