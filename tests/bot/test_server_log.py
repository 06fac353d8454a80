"""The server's log by itself: what stands in a line, and that no word of anybody's ever does, whoever logs it and how."""

import ast
import gc
import logging
import os
import sqlite3
import threading
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from slack_sdk.errors import SlackApiError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.people import TEAMS
from bot.server_log import NOT_CONSTANT
from bot.tables import unfinished
from corpus.versions import Versions
from tests.platforms.logged import logged

REPOSITORY = Path(__file__).parents[2]
WORDS = "Zebedee asked of marmalade"

_log = logging.getLogger("policybot")
_of_library = logging.getLogger("a.library")


def fail() -> None:
    """Fail with somebody's words, because of a failure with others."""
    try:
        raise LookupError(WORDS)
    except LookupError as error:
        raise ValueError(WORDS) from error


def caught(doing: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as raised:  # noqa: PT011  whatever it is
        doing()
    return raised.value


def test_a_line_says_what_happened_where_and_when() -> None:
    with logged() as log:
        _log.warning("A file was not given", extra={"channel": TEAMS, "code": "invalid_client"})
    (line,) = log.lines
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("at").startswith(f"{__name__}:")
    assert line == {
        "level": "warning",
        "event": "A file was not given",
        "logger": "policybot",
        "channel": "teams",
        "code": "invalid_client",
    }


def test_an_exception_is_its_type_and_the_code_it_came_through_with_what_it_came_from() -> None:
    with logged() as log:
        try:
            fail()
        except ValueError:
            _log.exception("A message could not be answered")
    (line,) = log.lines
    last, first = line["exception"]
    assert (last["type"], first["type"]) == ("builtins.ValueError", "builtins.LookupError")
    assert [place.rpartition(" ")[2] for place in last["at"]] == [
        "test_an_exception_is_its_type_and_the_code_it_came_through_with_what_it_came_from",
        "fail",
    ]
    assert first["at"][0].startswith(f"{__name__}:")
    assert "marmalade" not in log.getvalue()


def test_the_exception_that_a_library_puts_into_words_alone_is_told_as_any_other() -> None:
    with logged() as log:
        try:
            fail()
        except ValueError as error:
            _of_library.error(f"It failed: {error}")
    (line,) = log.lines
    assert line["event"] == NOT_CONSTANT
    assert [one["type"] for one in line["exception"]] == ["builtins.ValueError", "builtins.LookupError"]
    assert "marmalade" not in log.getvalue()


def test_each_exception_of_a_group_is_told_and_a_circle_of_causes_ends() -> None:
    circle = ValueError(WORDS)
    circle.__cause__ = TypeError(WORDS)
    circle.__cause__.__cause__ = circle
    with logged() as log:
        _log.error("Several things failed", exc_info=ExceptionGroup(WORDS, [KeyError(WORDS), circle]))
    (line,) = log.lines
    assert [one["type"].partition(".")[2] for one in line["exception"]] == [
        "ExceptionGroup",
        "KeyError",
        "ValueError",
        "TypeError",
    ]
    assert "marmalade" not in log.getvalue()


def test_the_own_name_for_a_fault_of_the_system_the_store_and_slack_is_told_where_it_is_known() -> None:
    def cannot_open() -> None:
        (Path("/no-such-folder") / WORDS).read_text()

    def cannot_read() -> None:
        sqlite3.connect(":memory:").execute(f"SELECT {WORDS}")

    class Unique(Exception):  # noqa: N818  as PostgreSQL's driver tells it
        sqlstate = "23505"

    class Odd(Exception):  # noqa: N818
        sqlstate = WORDS

    def of_slack(code: object) -> SlackApiError:
        return SlackApiError(WORDS, SimpleNamespace(data={"ok": False, "error": code}))

    codes = {
        caught(cannot_open): "ENOENT",
        caught(cannot_read): "SQLITE_ERROR",
        Unique(WORDS): "23505",
        Odd(WORDS): None,
        OSError(1, WORDS): None,
        of_slack("invalid_auth"): "invalid_auth",
        of_slack("zebedee"): None,
        of_slack([WORDS]): None,
    }
    with logged() as log:
        for error in codes:
            _log.error("It failed", exc_info=error)
    assert [line["exception"][0].get("code") for line in log.lines] == [*codes.values()]
    assert "marmalade" not in log.getvalue()


def test_an_error_of_the_store_does_not_repeat_what_was_to_be_written(store: Versions) -> None:
    """Python's own traceback of it is what a command in the terminal would show."""

    def read() -> None:
        with store.engine.connect() as connection:
            connection.exec_driver_sql("DROP TABLE unfinished")
            connection.execute(select(unfinished).where(unfinished.c.key == WORDS))

    error = caught(read)
    assert isinstance(error, SQLAlchemyError)
    assert "unfinished" in "".join(traceback.format_exception(error))
    assert "marmalade" not in "".join(traceback.format_exception(error))


def warn_with_an_argument() -> None:
    _of_library.warning("Somebody asked %s", WORDS)


def warn_with_words_put_together() -> None:
    _of_library.warning(f"Somebody asked {WORDS}")


def warn_with_words_alone() -> None:
    message = WORDS
    _of_library.warning(message)


def warn_with_wrong_arguments() -> None:
    _of_library.warning("Somebody asked %s", WORDS, WORDS)


def warn_with_an_object() -> None:
    _of_library.warning(ValueError(WORDS))


def warn_with_extra() -> None:
    _of_library.warning("Somebody asked", extra={"channel": WORDS, "code": [WORDS], "question": WORDS})


def warn_with_the_stack() -> None:
    _of_library.warning("Somebody asked", stack_info=True)


def warn_elsewhere() -> None:
    """As where a record comes out of a queue: nobody who logs waits for it."""
    _of_library.handle(logging.LogRecord("a.library", logging.WARNING, WORDS, 1, WORDS, (), None, WORDS))


WAYS = [
    (warn_with_an_argument, "Somebody asked %s"),
    (warn_with_words_put_together, NOT_CONSTANT),
    (warn_with_words_alone, NOT_CONSTANT),
    (warn_with_wrong_arguments, "Somebody asked %s"),
    (warn_with_an_object, NOT_CONSTANT),
    (warn_with_extra, "Somebody asked"),
    (warn_with_the_stack, "Somebody asked"),
    (warn_elsewhere, NOT_CONSTANT),
]


@pytest.mark.parametrize(("warn", "told"), WAYS, ids=[warn.__name__ for warn, _ in WAYS])
@pytest.mark.parametrize("for_people", [False, True], ids=["json", "terminal"])
def test_of_what_a_library_says_only_constants_of_its_code_are_written(
    warn: Callable[[], None], told: str, capfd: pytest.CaptureFixture[str], *, for_people: bool
) -> None:
    with logged(for_people=for_people) as log:
        warn()
    assert told in log.getvalue()
    assert "marmalade" not in log.getvalue()
    assert "Zebedee" not in capfd.readouterr().err


def test_a_terminal_shows_the_same_for_people() -> None:
    with logged(for_people=True) as log:
        try:
            fail()
        except ValueError:
            _log.exception("A message could not be answered")
    shown = log.getvalue()
    assert (
        shown.index("A message could not be answered") < shown.index("builtins.LookupError") < shown.index("builtins.ValueError")
    )
    assert "marmalade" not in shown


class Unfortunate:
    """Whoever lets go of it is told nothing."""

    def __del__(self) -> None:
        raise ValueError(WORDS)


def drop() -> None:
    Unfortunate()
    gc.collect()


def end_a_thread() -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def warn() -> None:
    warnings.warn(WORDS, UserWarning, stacklevel=1)


@pytest.mark.parametrize(("doing", "kind"), [(drop, "ValueError"), (end_a_thread, "ValueError"), (warn, "UserWarning")])
@pytest.mark.filterwarnings("default")
def test_what_python_itself_prints_goes_the_same_way(
    doing: Callable[[], None], kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    # pytest listens here too, within a test.
    before = warnings.showwarning
    with logged() as log:
        doing()
    (line,) = log.lines
    assert line["exception"][0]["type"] == f"builtins.{kind}"
    assert "marmalade" not in log.getvalue()
    assert capfd.readouterr().err == ""
    assert warnings.showwarning is before


def test_below_a_warning_nothing_is_written_whatever_a_library_sets_its_level_to() -> None:
    _of_library.setLevel(logging.DEBUG)
    with logged() as log:
        _of_library.info("A request")
        _log.info("All is well")
    assert log.getvalue() == ""


def test_a_log_that_cannot_be_written_ends_nothing_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with logged() as log:
        log.close()
        _log.error("A disk is full")
    assert capfd.readouterr().err == ""


def test_our_own_code_says_what_happened_in_constants_with_no_arguments() -> None:
    """What else it would say is not written down."""
    calls = [
        (file, call)
        for folder in ("bot", "corpus", "retrieval")
        for file in (REPOSITORY / folder).rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("_log.")
    ]
    assert len(calls) > 20
    for file, call in calls:
        (message,) = call.args
        assert isinstance(message, ast.Constant), f"{file}:{call.lineno}"
        assert {keyword.arg for keyword in call.keywords} <= {"exc_info", "extra"}, f"{file}:{call.lineno}"
        for extra in (keyword.value for keyword in call.keywords if keyword.arg == "extra"):
            assert isinstance(extra, ast.Dict)
            assert {ast.literal_eval(key) for key in extra.keys if key} <= {"channel", "code"}, f"{file}:{call.lineno}"


def test_no_path_of_the_machine_is_written() -> None:
    with logged() as log:
        _log.error("It failed", exc_info=caught(fail))
    assert os.sep not in log.getvalue()
