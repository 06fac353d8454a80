"""A store that goes away under `policybot serve`, and comes back: PostgreSQL that crashes, under people on the chat page."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from sqlalchemy import func, select

from bot.bootstrap import seed_demo
from bot.clock import now_utc
from bot.conversation import AWAY, NOTHING_KEPT
from bot.deliveries import ANSWERED_MEANWHILE
from bot.people import People, PersonRole
from bot.schema import open_store
from bot.tables import events, questions, tallies
from corpus.versions import Versions
from tests.platforms.policybot_serve import served
from tests.platforms.postgres import Server, own

FRIENDS = "Can I accept a friend request from a pupil?"
KEY = "a secret key that only these tests have, and long enough"
FETCHES = {"x-requested-with": "fetch"}
AGAIN_WITHIN = 30.0  # seconds


class Running(NamedTuple):
    """A bot that serves, its store's server, and where its page is."""

    store: Server
    url: str
    page: str


@pytest.fixture
def running(tmp_path: Path, parsed: Path) -> Iterator[Running]:
    with own() as store:
        url = store.url(store.create())
        engine = open_store(url)
        seed_demo(Versions(engine, now_utc))
        engine.dispose()
        home = tmp_path / "home"
        home.mkdir()
        (home / "cache").symlink_to(parsed)
        with served(home, b"", POLICYBOT_DATABASE_URL=url, POLICYBOT_SECRET_KEY=KEY) as page:
            yield Running(store, url, page)


@contextmanager
def joined(running: Running) -> Iterator[httpx.Client]:
    """Yield somebody who has joined coniston on the chat page."""
    engine = open_store(running.url)
    code = People(engine, now_utc).invite("coniston", PersonRole.STAFF)[1]
    engine.dispose()
    with httpx.Client(base_url=running.page.removesuffix("/chat"), timeout=60, headers=FETCHES) as client:
        assert client.post("/join", data={"code": code}).status_code == 303
        yield client


def ask(client: httpx.Client, question: str) -> httpx.Response:
    return client.post("/chat", data={"question": question})


def test_while_the_store_is_away_whoever_was_known_lately_is_answered_and_all_else_is_told_to_wait(running: Running) -> None:
    with joined(running) as known, httpx.Client(base_url=running.page.removesuffix("/chat"), timeout=60) as stranger:
        before = ask(known, FRIENDS)
        assert before.status_code == 200
        assert "Coniston" in before.text
        running.store.stop("immediate")
        meanwhile = ask(known, FRIENDS)
        assert meanwhile.status_code == 200
        quoted = before.text.partition("<blockquote")[2].partition("</blockquote>")[0]
        assert quoted
        assert quoted in meanwhile.text
        assert NOTHING_KEPT in meanwhile.text
        for asked in ("/mydata", "/leave"):
            assert AWAY in ask(known, asked).text
        urgent = ask(known, "a pupil told me that her dad hits her")
        assert urgent.status_code == 200
        assert "999" in urgent.text
        assert known.get("/chat").status_code == 200
        assert stranger.get("/chat").status_code in (303, 500)
        running.store.start()
        until = time.monotonic() + AGAIN_WITHIN
        while NOTHING_KEPT in (after := ask(known, FRIENDS)).text:
            assert after.status_code == 200, after.text
            assert time.monotonic() < until
            time.sleep(0.2)
        assert quoted in after.text, after.text
        engine = open_store(running.url)
        while True:
            with engine.connect() as connection:
                counted = connection.scalar(select(func.sum(tallies.c.times)).where(tallies.c.what == ANSWERED_MEANWHILE)) or 0
                written = connection.scalar(select(func.count()).select_from(events)) or 0
                kept = connection.scalar(select(func.count()).select_from(questions)) or 0
            if counted >= 4:
                break
            assert time.monotonic() < until
            time.sleep(0.1)
        engine.dispose()
    # The one before it went away and the one after: what was answered meanwhile was written down nowhere but as answered.
    assert kept == 2
    assert written == counted + 2
