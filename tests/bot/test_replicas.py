"""What several processes over one store do each once, and how one hears of what another publishes."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from bot.bootstrap import Indexes
from bot.clock import now_utc
from bot.leases import Lease
from bot.outgoing import ROUND_EVERY
from bot.publications import Publications
from corpus.tables import open_engine
from corpus.versions import Versions
from retrieval.knowledge import Knowledge

if TYPE_CHECKING:
    from tests.conftest import Chat, Clock

pytestmark = pytest.mark.both_stores
RULE = "1. Dogs\n\n1.1 Staff must not bring dogs to school."
LASTS = timedelta(seconds=30)
A_YEAR = timedelta(days=365)


@pytest.fixture
def other(schools: Indexes, knowledge: Knowledge) -> Indexes:
    """The indexes of another replica over the same store, which has answered at hillside."""
    made = Indexes(Versions(open_engine(schools.versions.engine.url.render_as_string(False)), schools.versions.now), knowledge)
    made.of("hillside")
    return made


def rules(indexes: Indexes) -> list[str]:
    """Return the clauses that a replica holds in memory of hillside, without asking the store."""
    return [one.clause.words for one in indexes.of("hillside", fresh=False).clauses]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


def test_of_several_processes_one_has_a_lease_until_it_lets_go_or_dies(schools: Indexes, clock: "Clock") -> None:
    one, two = (Lease(schools.versions.engine, "asking", clock) for _ in "12")
    elsewhere = Lease(schools.versions.engine, "something else", clock)

    async def scene() -> None:
        assert await one.hold(LASTS)
        assert not await two.hold(LASTS)
        assert await elsewhere.hold(LASTS)
        clock.wait(LASTS - timedelta(seconds=1))
        assert await one.hold(LASTS)
        clock.wait(LASTS - timedelta(seconds=1))
        assert not await two.hold(LASTS)
        await two.release()  # what it has not it cannot let go
        assert not await two.hold(LASTS)
        clock.wait(timedelta(seconds=1))  # the first has died
        assert await two.hold(LASTS)
        assert not await one.hold(LASTS)
        await two.release()
        assert await one.hold(LASTS)

    asyncio.run(scene())


def test_whoever_holds_a_lease_keeps_it_while_it_works_however_long(schools: Indexes) -> None:
    one, two = (Lease(schools.versions.engine, "asking", now_utc) for _ in "12")
    briefly = timedelta(seconds=1.5)

    async def scene() -> None:
        assert await one.hold(briefly)
        async with one.renewed(briefly):
            for _ in range(8):
                await asyncio.sleep(0.25)
                assert not await two.hold(briefly)
        await until_held(two, briefly)

    asyncio.run(scene())


async def until_held(lease: Lease, lasts: timedelta) -> None:
    async with asyncio.timeout(30):
        while not await lease.hold(lasts):
            await asyncio.sleep(0.02)


def test_a_lease_of_a_clock_that_was_put_back_is_free(schools: Indexes, clock: "Clock") -> None:
    one, two = (Lease(schools.versions.engine, "asking", clock) for _ in "12")
    clock.wait(A_YEAR)
    assert asyncio.run(one.hold(LASTS))
    clock.wait(-A_YEAR)
    assert asyncio.run(two.hold(LASTS))
    assert not asyncio.run(one.hold(LASTS))


def test_of_many_that_ask_at_once_one_gets_a_lease(schools: Indexes, clock: "Clock") -> None:
    many = [Lease(schools.versions.engine, "asking", clock) for _ in range(8)]

    async def scene() -> list[bool]:
        return await asyncio.gather(*(one.hold(LASTS) for one in many))

    assert sum(asyncio.run(scene())) == 1


def test_what_one_replica_publishes_another_builds_when_it_looks(
    schools: Indexes, other: Indexes, publish: Callable[..., int]
) -> None:
    publish("hillside", RULE, slug="dogs")
    assert "Staff must not bring dogs to school." not in rules(other)
    Publications(other.versions.engine, other).look()
    assert "Staff must not bring dogs to school." in rules(other)
    assert set(other.revisions()) == {"hillside"}  # nobody has asked there of meadow
    other.versions.engine.dispose()


@pytest.mark.server_alone
def test_what_one_replica_publishes_another_is_told_also_after_its_connection_was_lost(
    schools: Indexes, other: Indexes, publish: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.publications.LISTEN_AGAIN", 0.05)
    monkeypatch.setattr("bot.publications.LISTENS_FOR", 0.1)
    database = schools.versions.engine.url.database
    server = create_engine(schools.versions.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    listening = text("SELECT pid FROM pg_stat_activity WHERE datname = :name AND query LIKE 'LISTEN %' AND state = 'idle'")

    def listeners() -> list[int]:
        with server.connect() as connection:
            return list(connection.scalars(listening, {"name": database}))

    async def scene() -> None:
        async with Publications(other.versions.engine, other).followed():
            await until(listeners)
            publish("hillside", RULE, slug="dogs")
            await until(lambda: "Staff must not bring dogs to school." in rules(other))
            (before,) = listeners()
            with server.connect() as connection:
                connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": before})
            publish("hillside", RULE.replace("dogs", "cats"), slug="cats")  # told to nobody, perhaps
            await until(lambda: "Staff must not bring cats to school." in rules(other))

    asyncio.run(scene())
    other.versions.engine.dispose()
    server.dispose()


def test_each_school_has_its_round_once_whoever_asks(chat: "Chat", clock: "Clock") -> None:
    outgoing = chat.parts.outgoing
    assert sorted(outgoing._next_schools()) == ["hillside", "meadow"]
    assert outgoing._next_schools() == []
    clock.wait(ROUND_EVERY)
    assert len(outgoing._next_schools()) == 2
    clock.wait(A_YEAR)
    assert len(outgoing._next_schools()) == 2
    clock.wait(-A_YEAR)  # the clock was wrong
    assert len(outgoing._next_schools()) == 2
    assert outgoing._next_schools() == []
