"""The clock that replicas have in common, against a real PostgreSQL, while the machine's own is wrong."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import create_engine

from bot.bootstrap import open_versions
from bot.clock import now_utc
from bot.settings import read_settings
from bot.store_clock import StoreClock, clock_of
from corpus.tables import open_engine
from corpus.versions import Versions

WRONG = datetime.fromisoformat("2031-05-06T07:08")
CLOSE = timedelta(seconds=5)


@pytest.fixture(autouse=True)
def _wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clock is years ahead, and the time that has passed counted right."""
    monkeypatch.setattr("bot.store_clock.now_utc", lambda: WRONG)


@pytest.mark.server_alone
def test_replicas_go_by_the_clock_of_the_server_whatever_their_machines_say(
    store: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = clock_of(store.engine)
    assert abs(clock() - now_utc()) < CLOSE
    seconds = iter([100.0, 100.0, 100.0, 190.0])
    monkeypatch.setattr("bot.store_clock.time.monotonic", lambda: next(seconds))
    another = StoreClock(store.engine)
    another.ask()
    first = another()
    assert another() - first == timedelta(seconds=90)


@pytest.mark.server_alone
def test_while_the_server_is_away_the_time_goes_on_as_it_was(store: Versions) -> None:
    clock = StoreClock(store.engine)
    assert abs(clock() - now_utc()) < CLOSE
    clock._engine = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    clock.ask()
    assert abs(clock() - now_utc()) < CLOSE


def test_a_server_that_was_never_reached_leaves_the_machines_own_time() -> None:
    assert abs(StoreClock(open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))() - WRONG) < CLOSE


@pytest.mark.files
def test_on_sqlite_the_machines_clock_is_the_stores() -> None:
    assert clock_of(create_engine("sqlite://"))() == WRONG


@pytest.mark.server_alone
def test_whoever_opens_a_store_goes_by_its_clock(store: Versions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICYBOT_DATABASE_URL", store.engine.url.render_as_string(hide_password=False))
    versions = open_versions(read_settings())
    assert abs(versions.now() - now_utc()) < CLOSE
    versions.engine.dispose()
