"""What the bot says of its own accord: when it is due, said once, and neither lost nor in the way of others by a fault."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, func, select

from bot.deliveries import Announced, Deliveries
from bot.layout import Heading
from bot.messages import Call, Message, Reply
from bot.notices import AGAIN_AFTER, Announcement, Notice, NoticeKind, Notices
from bot.people import TELEGRAM, WEB
from bot.rendering import as_text
from bot.tables import notices, outbox
from corpus.tenancy import writing_at
from corpus.versions import Versions

if TYPE_CHECKING:
    from tests.conftest import Clock

pytestmark = pytest.mark.both_stores

MINUTE = timedelta(minutes=1)


class Place:
    """A store with notices, and whoever puts them into words: what is to be said stands in the detail."""

    def __init__(self, store: Versions, clock: "Clock") -> None:
        self.engine = store.engine
        self.kept = Notices(store.engine, clock)
        self.settled: list[tuple[Announced, bool]] = []
        self.deliveries = Deliveries(store.engine, clock, self._settle)
        self.rendered: list[str] = []

    def _settle(self, _connection: Connection, about: Announced, _channel: str, arrived: bool, _said: str | None) -> None:
        self.settled.append((about, arrived))

    def put(self, **fields: Any) -> None:
        """Keep a test alert to person 1, unless the fields say otherwise."""
        with writing_at(self.engine, "hillside") as connection:
            self.kept.put(connection, "hillside", **{"kind": NoticeKind.TEST_ALERT, "person_id": 1, **fields})

    def announced(self, _connection: Connection, notice: Notice) -> Announcement | None:
        """Put a notice into words."""
        if notice.detail.get("fault"):
            raise RuntimeError("a fault of ours")
        if notice.detail.get("gone"):
            return None
        channel = notice.detail.get("channel", TELEGRAM)
        words = notice.detail.get("words", "Hello.")
        return Message(channel=channel, account="7", place="7"), Reply((Heading(words),), reference="ABC")

    def render(self, reply: Reply, address: Message) -> Sequence[Call] | None:
        """Return two calls for each reply, None where the channel is not there."""
        if address.channel == "gone":
            return None
        self.rendered.append(as_text(reply.blocks))
        return [{"part": 1}, {"part": 2}]

    def carry_out(self) -> list[list[Call]]:
        """Return the calls to make."""
        found = self.kept.carry_out(self.announced, self.render, self.deliveries)
        return [[delivery.call for delivery in deliveries] for deliveries in found if deliveries]

    def left(self, table: Any = notices) -> int:
        """Return how many rows are left."""
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def place(store: Versions, clock: "Clock") -> Place:
    return Place(store, clock)


def test_a_notice_becomes_its_calls_in_order_once(place: Place) -> None:
    place.put()
    assert place.carry_out() == [[{"part": 1}, {"part": 2}]]
    assert (place.left(), place.left(outbox)) == (0, 2)
    assert place.carry_out() == []


def test_a_notice_waits_until_it_is_due(place: Place, clock: "Clock") -> None:
    place.put(due_at=clock() + MINUTE)
    assert place.carry_out() == []
    clock.wait(MINUTE)
    assert len(place.carry_out()) == 1


def test_what_is_due_first_is_said_first(place: Place, clock: "Clock") -> None:
    for words, minutes in (("third", 3), ("first", 1), ("second", 2)):
        place.put(due_at=clock() + minutes * MINUTE, words=words)
    clock.wait(10 * MINUTE)
    place.carry_out()
    assert place.rendered == ["first", "second", "third"]


def test_what_can_be_said_to_nobody_is_dropped(place: Place) -> None:
    place.put(gone=True)
    assert place.carry_out() == []
    assert (place.left(), place.left(outbox)) == (0, 0)


def test_what_no_channel_can_say_is_given_up_and_told(place: Place) -> None:
    place.put(channel="gone", escalation_id="abc")
    assert place.carry_out() == []
    assert (place.left(), place.left(outbox)) == (0, 0)
    assert place.settled == [(Announced("test_alert", "hillside", "abc", 1), False)]


def test_what_is_for_the_chat_page_waits_there(place: Place) -> None:
    place.put(channel=WEB)
    assert place.carry_out() == []
    assert len(place.deliveries.waiting(WEB, "7")) == 2


def test_a_fault_in_one_keeps_back_no_other_and_is_tried_again(
    place: Place, clock: "Clock", caplog: pytest.LogCaptureFixture
) -> None:
    place.put(fault=True)
    place.put(words="the other")
    assert len(place.carry_out()) == 1
    assert place.rendered == ["the other"]
    assert "could not be put into words" in caplog.text
    assert place.left() == 1
    caplog.clear()
    place.carry_out()
    assert caplog.text == ""  # not yet again
    clock.wait(AGAIN_AFTER)
    place.carry_out()
    assert "could not be put into words" in caplog.text


def test_a_process_that_dies_while_it_puts_one_out_loses_nothing(place: Place) -> None:
    """The notice goes in the transaction that writes its calls, so that either is there."""
    place.put()

    def dies(_reply: Reply, _address: Message) -> Sequence[Call] | None:
        raise SystemExit

    with pytest.raises(SystemExit):
        place.kept.carry_out(place.announced, dies, place.deliveries)
    assert (place.left(), place.left(outbox)) == (1, 0)
    assert len(place.carry_out()) == 1


def test_a_notice_that_is_said_no_more_is_noted_with_its_escalation(place: Place) -> None:
    place.put(escalation_id="abc")
    (first, second) = place.kept.carry_out(place.announced, place.render, place.deliveries)[0]
    place.deliveries.sent(first, "said")
    place.deliveries.drop(second, "blocked")
    assert [arrived for _, arrived in place.settled] == [True, False]


def test_several_processes_at_once_say_each_notice_once(place: Place) -> None:
    for number in range(20):
        place.put(words=str(number))
    with ThreadPoolExecutor(4) as processes:
        rounds = [processes.submit(place.carry_out) for _ in range(4)]
        assert sum(len(one.result()) for one in rounds) == 20
    assert sorted(place.rendered, key=int) == [str(number) for number in range(20)]
