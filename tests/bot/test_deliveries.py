"""Events and the outbox: each event once, each call in its turn, and nothing of either left behind."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, Table, insert, select

from bot.deliveries import (
    DROPPED,
    DUPLICATES,
    EVENTS_KEPT,
    GIVE_UP_AFTER,
    GIVEN_UP_KEPT,
    LEASE,
    LONGEST_LEFT,
    LONGEST_WAIT,
    REFUSED,
    RESENT,
    SHORTEST_WAIT,
    UNDELIVERED,
    Deliveries,
    Delivery,
    Event,
)
from bot.messages import Call, Message
from bot.tables import events, outbox, question_counts, tallies
from corpus.versions import Versions

if TYPE_CHECKING:
    from tests.conftest import Clock

pytestmark = pytest.mark.both_stores

SECOND, MINUTE, A_YEAR = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=365)
WORDS = "what a person wrote"


@pytest.fixture
def deliveries(store: Versions, clock: "Clock") -> Deliveries:
    return Deliveries(store.engine, clock)


def message(channel: str = "slack", text: str = WORDS) -> Message:
    return Message(channel=channel, account="U1", place="D1", text=text)


def received(deliveries: Deliveries, key: str = "Ev1", channel: str = "slack") -> Event:
    event = deliveries.receive(key, message(channel), "asker")
    assert event
    return event


def calls(*texts: str) -> list[tuple[str, Call]]:
    return [("REF", {"text": text}) for text in texts]


def said(deliveries: Deliveries, *texts: str, key: str = "Ev1", channel: str = "slack") -> list[Delivery]:
    """Return the calls of an event that has just been answered."""
    return deliveries.finish(received(deliveries, key, channel), calls(*texts))


def texts(due: list[Delivery]) -> list[str]:
    return [delivery.call["text"] for delivery in due]


def rows(store: Versions, table: Table) -> list[Any]:
    with store.engine.connect() as connection:
        return list(connection.execute(select(table)))


# Events


def test_an_event_that_comes_again_is_one_event_and_counted(deliveries: Deliveries, clock: "Clock") -> None:
    assert received(deliveries).message == message()
    assert deliveries.receive("Ev1", message(), "asker") is None
    deliveries.receive("Ev1", message(), "asker")
    assert received(deliveries, "Ev2").id != received(deliveries, "Ev1", "teams").id
    assert deliveries.counted(clock().date()) == {("slack", DUPLICATES): 2}


def test_an_event_is_known_again_after_it_was_answered_and_by_a_long_key(deliveries: Deliveries) -> None:
    long = "k" * 5000
    for key in ("Ev1", long):
        said(deliveries, "hello", key=key)
        assert deliveries.receive(key, message(), "asker") is None
    received(deliveries, f"{long[:-1]}x")


def test_of_many_threads_that_receive_the_same_events_one_gets_each(deliveries: Deliveries, clock: "Clock") -> None:
    keys = [f"Ev{number}" for number in range(10)] * 8
    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda key: deliveries.receive(key, message(), "asker"), keys))
    assert sorted(event.id for event in got if event) == sorted({event.id for event in got if event})
    assert sum(event is not None for event in got) == 10
    assert deliveries.counted(clock().date()) == {("slack", DUPLICATES): 70}


RECEIVING = """
import sys
from bot.clock import now_utc
from bot.deliveries import Deliveries
from bot.messages import Message
from bot.schema import open_store
deliveries = Deliveries(open_store(sys.argv[1]), now_utc)
print("ready", flush=True)
sys.stdin.readline()
for number in range(40):
    event = deliveries.receive(f"Ev{number}", Message(channel="slack", account="U1", place="D1"), "asker")
    print(event.id if event else "", flush=True)
"""


def test_of_two_processes_that_receive_the_same_events_one_gets_each(
    deliveries: Deliveries, store_url: str, clock: "Clock"
) -> None:
    url, environment = store_url, os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    both = [
        subprocess.Popen([sys.executable, "-c", RECEIVING, url], stdin=-1, stdout=-1, text=True, env=environment) for _ in "12"
    ]
    for process in both:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60)[0].split("\n")[:-1] for process in both]
    assert [bool(one) != bool(other) for one, other in zip(*told, strict=True)] == [True] * 40
    assert sum(deliveries.counted((clock() - 3000 * timedelta(days=1)).date()).values()) == 40


def test_recent_counts_the_askers_messages_of_the_last_minute(deliveries: Deliveries, clock: "Clock") -> None:
    counts = []
    for number in range(3):
        event = deliveries.receive(str(number), message(), "asker")
        assert event
        counts.append(event.recent)
        clock.wait(SECOND)
    other = deliveries.receive("other", message(), "another")
    assert other
    assert (counts, other.recent) == ([1, 2, 3], 1)
    clock.wait(MINUTE)
    assert received(deliveries, "later").recent == 1


def test_half_a_pair_of_surrogates_does_not_keep_an_event_from_being_taken_in(deliveries: Deliveries) -> None:
    event = deliveries.receive("Ev1", message(text="hello \ud83d"), "asker")
    assert event
    assert event.message.text == "hello ?"


def test_an_event_ends_once_and_what_is_to_be_kept_is_kept_with_it(deliveries: Deliveries, store: Versions) -> None:
    event = received(deliveries)
    count = {"school_id": "hillside", "month": "2026-11", "outcome": "answered", "times": 1}

    def keep(connection: Connection) -> None:
        connection.execute(insert(question_counts), count)

    assert len(deliveries.finish(event, calls("one", "two"), keep, "hillside")) == 2
    # A second time it would break the table's key.
    assert deliveries.finish(event, calls("again"), keep, "hillside") == []
    assert len(rows(store, outbox)) == 2


def test_what_cannot_be_kept_leaves_the_event_to_be_answered_again(
    deliveries: Deliveries, store: Versions, clock: "Clock"
) -> None:
    def broken(_connection: object) -> None:
        raise RuntimeError("the disk is full")

    event = received(deliveries)
    with pytest.raises(RuntimeError):
        deliveries.finish(event, calls("one"), broken)
    assert rows(store, outbox) == []
    clock.wait(LEASE)
    assert [one.message for one in deliveries.left_behind(["slack"])] == [message()]


def test_an_event_whose_holder_died_is_taken_up_by_one_of_several(
    store: Versions, deliveries: Deliveries, clock: "Clock"
) -> None:
    event = received(deliveries)
    said(deliveries, "hello", key="Ev2")
    clock.wait(LEASE - SECOND)
    assert deliveries.left_behind(["slack"]) == []
    clock.wait(SECOND)
    assert deliveries.left_behind(["teams"]) == deliveries.left_behind([]) == []
    others = [Deliveries(store.engine, clock) for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        (found,) = [one for taken in threads.map(lambda one: one.left_behind(["slack"]), others) for one in taken]
    assert (found.id, found.message, found.attempts) == (event.id, message(), 2)
    assert len(deliveries.finish(found, calls("an answer"))) == 1
    assert deliveries.finish(event, calls("a late answer")) == []


def test_what_was_leased_by_a_clock_that_was_wrong_and_put_back_waits_for_no_future(
    deliveries: Deliveries, clock: "Clock"
) -> None:
    clock.wait(A_YEAR)
    event = received(deliveries)
    said(deliveries, "one", key="Ev2")
    (later,) = said(deliveries, "two", key="Ev3")
    deliveries.postpone(later, "busy", None)
    clock.wait(-A_YEAR)
    assert [one.id for one in deliveries.left_behind(["slack"])] == [event.id]
    assert sorted(texts(deliveries.due("slack", 50))) == ["one", "two"]
    assert deliveries.left_behind(["slack"]) == deliveries.due("slack", 50) == []


# The outbox


def test_whoever_answers_holds_the_calls_and_nobody_else_makes_them(deliveries: Deliveries, clock: "Clock") -> None:
    said(deliveries, "one", "two")
    assert deliveries.due("slack", 50) == []
    clock.wait(LEASE)
    assert texts(deliveries.due("slack", 50)) == ["one"]
    assert deliveries.due("slack", 50) == []
    assert deliveries.counted(clock().date()) == {("slack", RESENT): 1}


def test_of_an_event_only_the_first_call_that_waits_is_due(deliveries: Deliveries, clock: "Clock") -> None:
    deliveries.release(said(deliveries, "one", "two", "three"))
    deliveries.release(said(deliveries, "other", key="Ev2"))
    deliveries.release(said(deliveries, "elsewhere", key="Ev3", channel="teams"))
    one, other = deliveries.due("slack", 50)
    assert texts([one, other]) == ["one", "other"]
    deliveries.postpone(one, "busy", None)
    deliveries.sent(other)
    assert deliveries.due("slack", 50) == []
    clock.wait(SECOND)
    (one,) = deliveries.due("slack", 50)
    deliveries.sent(one)
    (two,) = deliveries.due("slack", 50)
    deliveries.drop(two, "gone")
    assert texts(deliveries.due("slack", 50)) == ["three"]
    assert texts(deliveries.due("teams", 50)) == ["elsewhere"]
    assert deliveries.counted(clock().date()) == {("slack", DROPPED): 1}


def test_no_more_calls_are_due_than_are_asked_for(deliveries: Deliveries) -> None:
    for number in range(5):
        deliveries.release(said(deliveries, str(number), key=str(number)))
    assert texts(deliveries.due("slack", 3)) == ["0", "1", "2"]
    assert texts(deliveries.due("slack", 3)) == ["3", "4"]


def test_calls_that_many_ask_for_at_once_are_each_leased_to_one(store: Versions, deliveries: Deliveries, clock: "Clock") -> None:
    for number in range(20):
        deliveries.release(said(deliveries, str(number), key=str(number)))
    others = [Deliveries(store.engine, clock) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        found = [one for taken in threads.map(lambda one: one.due("slack", 5), others) for one in taken]
    assert sorted(texts(found)) == sorted(map(str, range(20)))


def test_a_call_that_waited_for_its_turn_is_held_only_by_whoever_still_has_it(deliveries: Deliveries, clock: "Clock") -> None:
    (first,) = said(deliveries, "one")
    assert deliveries.is_held(first, LEASE.total_seconds())
    clock.wait(SECOND)
    assert not deliveries.is_held(first, LEASE.total_seconds())
    clock.wait(LEASE)
    assert deliveries.renew(first)
    assert deliveries.due("slack", 50) == []
    clock.wait(LEASE)
    (second,) = deliveries.due("slack", 50)
    assert not deliveries.renew(first)
    deliveries.release([first])
    assert deliveries.due("slack", 50) == []
    assert deliveries.renew(second)
    deliveries.sent(second)
    assert not deliveries.renew(second)


def test_whoever_says_late_that_a_call_was_taken_ends_no_other_that_was_written_down_since(
    deliveries: Deliveries, clock: "Clock"
) -> None:
    (first,) = said(deliveries, "first")
    clock.wait(LEASE)
    for again in deliveries.due("slack", 9):
        deliveries.sent(again)
    said(deliveries, "another", key="Ev2")
    deliveries.sent(first)
    clock.wait(LEASE)
    assert texts(deliveries.due("slack", 9)) == ["another"]


@pytest.mark.parametrize("seconds", [7.0, 60.0, 400.0])
def test_the_platforms_own_wait_is_obeyed(deliveries: Deliveries, clock: "Clock", seconds: float) -> None:
    (delivery,) = said(deliveries, "one")
    deliveries.postpone(delivery, "429", seconds)
    clock.wait(timedelta(seconds=seconds) - timedelta(milliseconds=1))
    assert deliveries.due("slack", 50) == []
    clock.wait(timedelta(milliseconds=1))
    assert texts(deliveries.due("slack", 50)) == ["one"]


def waited(deliveries: Deliveries, store: Versions, clock: "Clock", reason: str) -> list[float]:
    """Return how many seconds a call waited each time, until it is given up."""
    (delivery,) = said(deliveries, WORDS)
    waits: list[float] = []
    while True:
        begun = clock()
        deliveries.postpone(delivery, reason, None)
        ((call, due_at),) = [(row.call, row.due_at) for row in rows(store, outbox)]
        if call is None:
            return waits
        waits.append((due_at - begun).total_seconds())
        clock.time = due_at
        (delivery,) = deliveries.due("slack", 50)


def test_the_wait_grows_is_capped_and_ends_after_ten_minutes(deliveries: Deliveries, clock: "Clock", store: Versions) -> None:
    begun = clock()
    waits = waited(deliveries, store, clock, "busy " * 100)
    for number, wait in enumerate(waits):
        expected = min(LONGEST_WAIT, SHORTEST_WAIT * 2**number)
        assert 0.75 * expected <= wait <= 1.25 * expected
    assert timedelta(seconds=sum(waits)) <= GIVE_UP_AFTER
    assert timedelta(seconds=sum(waits)) > GIVE_UP_AFTER - 2 * timedelta(seconds=1.25 * LONGEST_WAIT)
    assert deliveries.counted(begun.date()) == {("slack", UNDELIVERED): 1}
    (row,) = rows(store, outbox)
    assert row.call is None
    assert row.reason.startswith("busy busy")
    assert len(row.reason) == 200


def test_a_wait_beyond_ten_minutes_is_not_waited_for(deliveries: Deliveries, clock: "Clock") -> None:
    (delivery,) = said(deliveries, "one")
    deliveries.postpone(delivery, "429", GIVE_UP_AFTER.total_seconds() + 1)
    clock.wait(GIVE_UP_AFTER + MINUTE)
    assert deliveries.due("slack", 50) == []
    assert deliveries.counted(clock().date()) == {("slack", UNDELIVERED): 1}


def test_a_call_given_up_twice_is_counted_once(deliveries: Deliveries, clock: "Clock") -> None:
    (delivery,) = said(deliveries, "one")
    for _ in range(2):
        deliveries.drop(delivery, "blocked")
    assert deliveries.counted(clock().date()) == {("slack", DROPPED): 1}


@pytest.mark.parametrize("end", [Deliveries.sent, lambda deliveries, one: deliveries.drop(one, "blocked")])
def test_nothing_of_a_message_or_a_call_stays(
    deliveries: Deliveries, store: Versions, end: Callable[[Deliveries, Delivery], None]
) -> None:
    for delivery in said(deliveries, WORDS, WORDS):
        end(deliveries, delivery)
    kept = " ".join(str(tuple(row)) for table in (events, outbox, tallies) for row in rows(store, table))
    assert WORDS not in kept
    assert "D1" not in kept
    assert "Ev1" in kept


# Counting and clearing


def test_what_is_counted_adds_up_by_channel_and_day(deliveries: Deliveries, clock: "Clock") -> None:
    for channel in ("slack", "slack", "teams"):
        deliveries.count(channel, REFUSED)
    clock.wait(timedelta(days=1))
    deliveries.count("slack", REFUSED)
    assert deliveries.counted(clock().date()) == {("slack", REFUSED): 1}
    assert deliveries.counted((clock() - timedelta(days=1)).date()) == {("slack", REFUSED): 3, ("teams", REFUSED): 1}


def test_what_is_old_is_cleared_and_nothing_else(deliveries: Deliveries, store: Versions, clock: "Clock") -> None:
    (delivery,) = said(deliveries, "one")
    deliveries.drop(delivery, "blocked")
    clock.wait(EVENTS_KEPT)
    deliveries.release(said(deliveries, "still to be said", key="Ev2"))
    deliveries.clear()
    assert len(rows(store, events)) == 2
    clock.wait(SECOND)
    deliveries.clear()
    assert (len(rows(store, events)), len(rows(store, outbox)), len(rows(store, tallies))) == (1, 2, 1)
    assert texts(deliveries.due("slack", 50)) == ["still to be said"]
    clock.wait(GIVEN_UP_KEPT - EVENTS_KEPT)
    deliveries.clear()
    assert len(rows(store, outbox)) == 1


def test_a_call_that_nobody_comes_to_make_is_not_kept_for_ever(deliveries: Deliveries, store: Versions, clock: "Clock") -> None:
    said(deliveries, WORDS)
    clock.wait(GIVE_UP_AFTER + LONGEST_LEFT + SECOND)
    deliveries.clear()
    ((call, reason),) = [(row.call, row.reason) for row in rows(store, outbox)]
    assert (call, reason) == (None, "nobody came to make it")
    assert deliveries.due("slack", 50) == []
    assert deliveries.counted(clock().date()) == {("slack", UNDELIVERED): 1}


def test_a_message_that_nobody_comes_to_answer_is_not_kept_for_ever(
    deliveries: Deliveries, store: Versions, clock: "Clock"
) -> None:
    begun = clock().date()
    received(deliveries)
    clock.wait(EVENTS_KEPT + SECOND)
    deliveries.clear()
    assert rows(store, events) == []
    assert deliveries.counted(begun) == {("slack", UNDELIVERED): 1}
