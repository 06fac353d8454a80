"""The store is made, upgraded and opened; where it cannot be, one sentence says why."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text
from sqlalchemy.engine import Engine

from bot.errors import BotError
from bot.migrations import alembic_config
from bot.schema import HEAD, open_store
from corpus import tables
from corpus.tables import metadata, sqlite_url
from corpus.tenancy import owning


def refusal(url: str) -> str:
    with pytest.raises(BotError) as refused:
        open_store(url)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    return sentence


def file_of(folder: Path) -> Path:
    return folder / "policybot.sqlite"


def test_a_new_folder_is_created_with_its_parents_and_migrated(tmp_path: Path) -> None:
    engine = open_store(sqlite_url(tmp_path / "a" / "b"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD
    assert set(inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}
    engine.dispose()


def test_the_data_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    open_store(sqlite_url(tmp_path / "home")).dispose()
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0


def test_the_migrated_schema_is_the_one_that_the_code_describes(tmp_path: Path) -> None:
    engine = open_store(sqlite_url(tmp_path))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_head_is_the_newest_of_one_history() -> None:
    history = ScriptDirectory.from_config(alembic_config())
    assert history.get_heads() == [HEAD]


def test_every_migration_can_be_taken_back_and_made_again(tmp_path: Path) -> None:
    engine = open_store(sqlite_url(tmp_path))
    config = alembic_config()
    with owning(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()
    again = open_store(sqlite_url(tmp_path))
    assert set(inspect(again).get_table_names()) == {*metadata.tables, "alembic_version"}
    again.dispose()


def test_opening_an_up_to_date_store_again_keeps_what_it_holds(tmp_path: Path) -> None:
    engine = open_store(sqlite_url(tmp_path))
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO schools (id, name, short_name, nation) VALUES ('a', 'A', 'A', 'England')"))
    engine.dispose()
    again = open_store(sqlite_url(tmp_path))
    with again.connect() as connection:
        assert connection.execute(text("SELECT id, revision FROM schools")).all() == [("a", 0)]
    again.dispose()


def test_a_store_keeps_one_version_of_each_number_and_no_unpublished_one(store_engine: Engine) -> None:
    insert = "INSERT INTO versions (school_id, slug, number, document, made_at, published_at) VALUES ('a', 'p', {}, '', '', {})"
    with store_engine.begin() as connection:
        connection.execute(text(insert.format(0, "NULL")))
        connection.execute(text(insert.format(1, "'2026-11-21'")))
    for number, published_at in ((0, "NULL"), (1, "'2026-11-21'"), (2, "NULL"), (0, "'2026-11-21'")):
        with pytest.raises(Exception, match="constraint failed"), store_engine.begin() as connection:
            connection.execute(text(insert.format(number, published_at)))


@pytest.fixture
def store_engine(tmp_path: Path) -> Engine:
    return open_store(sqlite_url(tmp_path))


def test_a_migration_that_fails_half_way_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing_engine(url: str) -> Engine:
        engine = tables.open_engine(url)

        def fail(*args: object) -> None:
            if "CREATE TABLE clauses" in str(args[2]):
                raise OSError("the disk is gone")

        event.listen(engine, "before_cursor_execute", fail)
        return engine

    monkeypatch.setattr("bot.schema.open_engine", failing_engine)
    with pytest.raises(OSError, match="the disk is gone"):
        open_store(sqlite_url(tmp_path))
    monkeypatch.undo()
    engine = open_store(sqlite_url(tmp_path))
    assert inspect(engine).has_table("clauses")
    engine.dispose()


def test_processes_that_open_a_new_folder_at_once_all_succeed(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom bot.schema import open_store\nimport alembic.command\n"
        "print('ready', flush=True)\nsys.stdin.readline()\n"
        f"open_store({sqlite_url(tmp_path / 'home')!r})"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(3)
    ]
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in running:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [one.communicate(timeout=60)[1] for one in running]
    assert told == ["", "", ""]


def test_a_folder_that_cannot_be_written_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        sentence = refusal(sqlite_url(folder))
        assert str(folder) in sentence
        assert "cannot be written" in sentence
        assert "POLICYBOT_HOME" in sentence


def test_a_file_that_is_no_store_is_left_as_it_is(tmp_path: Path) -> None:
    file_of(tmp_path).write_text("Dear all, please find the minutes of the meeting attached. " * 40)
    before = file_of(tmp_path).read_bytes()
    sentence = refusal(sqlite_url(tmp_path))
    assert str(file_of(tmp_path)) in sentence
    assert "backup" in sentence
    assert file_of(tmp_path).read_bytes() == before


def test_a_folder_where_the_store_should_be_is_refused(tmp_path: Path) -> None:
    file_of(tmp_path).mkdir()
    assert str(file_of(tmp_path)) in refusal(sqlite_url(tmp_path))


def test_a_store_that_lost_its_middle_is_refused_or_read_but_never_crashes(tmp_path: Path) -> None:
    open_store(sqlite_url(tmp_path)).dispose()
    raw = bytearray(file_of(tmp_path).read_bytes())
    raw[100:4000] = b"\xff" * 3900
    file_of(tmp_path).write_bytes(bytes(raw))
    assert "backup" in refusal(sqlite_url(tmp_path))


def test_a_store_made_by_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    open_store(sqlite_url(tmp_path)).dispose()
    with sqlite3.connect(file_of(tmp_path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "newer version of policybot" in refusal(sqlite_url(tmp_path))
    with sqlite3.connect(file_of(tmp_path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    connection.close()


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "",
        "mysterydb://host/db",
        "mysql+oracle://user:secret@host/db",
        "sqlite:////dev/null/x",
    ],
)
def test_an_address_that_is_no_stores_is_said_in_one_sentence_without_its_password(url: str) -> None:
    sentence = refusal(url)
    assert "POLICYBOT_" in sentence
    assert "secret" not in sentence


def test_a_server_that_does_not_answer_is_said_in_one_sentence_without_its_password() -> None:
    sentence = refusal("postgresql+psycopg://user:secret@127.0.0.1:1/policybot")
    assert "cannot be opened" in sentence
    assert "secret" not in sentence
