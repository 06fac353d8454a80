"""What is counted and timed, on the whole bot and over a store; and that no label holds a school, a person or anybody's words."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bot.assembly import Parts, assemble
from bot.bootstrap import Indexes
from bot.clock import now_utc
from bot.deliveries import DUPLICATES, UNDELIVERED, Announced
from bot.errors import BotError
from bot.messages import Message
from bot.metrics import (
    ANSWER_BUCKETS,
    BUILD_BUCKETS,
    DELIVERY_BUCKETS,
    FAULT,
    NOT_DONE,
    Failure,
    Metrics,
    StoreCollector,
    read_counts,
)
from bot.people import CHANNEL_NAMES, SLACK, TEAMS, TELEGRAM, WEB, PersonRole
from corpus.versions import Versions
from retrieval.decision import Outcome
from retrieval.knowledge import Knowledge
from tests.platforms.background import Background
from tests.platforms.seats import OnPage, OnSlack, OnTeams, OnTelegram
from tests.platforms.slack_server import Refuses, slack
from tests.platforms.teams_server import ANNE, TeamsServer
from tests.platforms.telegram_server import Fault, Someone, TelegramServer
from tests.platforms.whole_bot import whole_bot

if TYPE_CHECKING:
    from tests.conftest import Clock

KEY = b"a key that only the tests have"
SCHOOL = "coniston"
QUESTION = "May I add a pupil as a friend?"
FAULTY = "Something went wrong on our side"
SAM = Someone(770077431, "Sam")


def value(metrics: Metrics, name: str, **labels: str) -> float:
    """Return what a metric says. Raises AssertionError where there is none with these labels."""
    found = metrics.registry.get_sample_value(f"policybot_{name}", labels)
    assert found is not None
    return found


class Running:
    """The bot on all channels, with somebody at each, and what it counts."""

    def __init__(self, stack: ExitStack, home: Path, knowledge: Knowledge) -> None:
        self.metrics = Metrics()
        self.slack, self.teams = stack.enter_context(slack()), stack.enter_context(TeamsServer())
        self.telegram = stack.enter_context(TelegramServer())
        run = whole_bot(
            home,
            knowledge,
            SCHOOL,
            slack=self.slack,
            teams=self.teams,
            telegram=self.telegram,
            now=now_utc,
            metrics=self.metrics,
        )
        self.bot = stack.enter_context(Background(run)).given
        codes = [self.bot.parts.people.invite(SCHOOL, PersonRole.STAFF)[1] for _ in "ab"]
        self.on_page = OnPage(self.bot.address, codes[0])
        stack.callback(self.on_page.leaves)
        self.on_slack, self.in_teams = OnSlack(self.slack, "U1STAFF"), OnTeams(self.teams, ANNE, self.bot.address)
        self.on_telegram = OnTelegram(self.telegram, SAM)
        self.on_telegram.asks(f"/start {codes[1]}", "Welcome.")

    def settled(self) -> None:
        """Wait until nothing is left to be answered or said."""
        self.slack.wait_for(lambda: not self.bot.waiting)

    def counted(self, name: str, label: str, values: Iterable[str], channel: str) -> dict[str, float]:
        """Return what was counted on a channel, without what never happened."""
        counted = {one: value(self.metrics, name, channel=channel, **{label: one}) for one in values}
        return {one: number for one, number in counted.items() if number}

    def questions(self, channel: str) -> dict[str, float]:
        return self.counted("questions_total", "outcome", (*Outcome, NOT_DONE, FAULT), channel)

    def errors(self, channel: str) -> dict[str, float]:
        return self.counted("channel_errors_total", "kind", Failure, channel)


@pytest.fixture
def running(demo_home: Path, tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr("bot.dispatcher.OUTBOX_EVERY", 0.02)
    monkeypatch.setattr("bot.deliveries.SHORTEST_WAIT", 0.01)
    with ExitStack() as stack:
        yield Running(stack, Path(copytree(demo_home, tmp_path / "demo", symlinks=True)), knowledge)


def fail(*_: object, **__: object) -> None:
    raise RuntimeError(QUESTION)


def test_what_becomes_of_messages_is_counted_on_each_channel(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    assert running.questions(TELEGRAM) == {}  # to join is no question
    for seat in (running.on_slack, running.in_teams, running.on_telegram, running.on_page):
        seat.asks(QUESTION, "Coniston")
    running.on_slack.asks("a child told me that her dad hits her", "999")
    running.on_page.asks("x" * 5000, "characters")
    running.settled()
    with monkeypatch.context() as broken:
        broken.setattr("bot.conversation.ask_and_read", fail)
        running.on_telegram.asks(QUESTION, FAULTY)
        running.settled()
        running.on_page.writes(QUESTION)
    assert running.questions(SLACK) == {"answered": 1, "urgent": 1}
    assert running.questions(TEAMS) == {"answered": 1}
    assert running.questions(TELEGRAM) == {"answered": 1, "fault": 1}
    assert running.questions(WEB) == {"answered": 1, "not_done": 1, "fault": 1}
    # Whoever saw a page with a fault waited for no answer; on Telegram, where she joined too, the fault was one.
    answers = [value(running.metrics, "answer_seconds_count", channel=one) for one in (SLACK, TEAMS, TELEGRAM, WEB)]
    assert answers == [2, 1, 3, 2]
    taken = [value(running.metrics, "delivery_seconds_count", channel=one) for one in (SLACK, TEAMS, TELEGRAM, WEB)]
    assert taken == [2, 1, 3, 0]
    assert value(running.metrics, "answer_seconds_sum", channel=SLACK) > 0
    assert value(running.metrics, "delivery_seconds_sum", channel=SLACK) > 0


def test_each_kind_of_failure_is_counted_on_its_channel(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    running.teams.fail(503, times=3)  # the sign of typing may meet the first
    running.in_teams.asks(QUESTION, "Coniston")
    running.slack.fail("chat.postMessage", Refuses("account_inactive"))
    running.on_slack.writes(QUESTION)
    running.settled()
    with monkeypatch.context() as hasty:
        hasty.setattr("bot.dispatcher.CALL_LASTS", 0.2)
        running.telegram.fails("sendMessage", Fault(200, done=True, hanging=60))
        running.on_telegram.writes(QUESTION)
        running.telegram.wait(lambda: running.errors(TELEGRAM))
    running.telegram.lets_go()
    running.settled()
    with monkeypatch.context() as broken:
        broken.setattr("bot.channels.teams.TeamsChannel.deliver", fail)
        running.in_teams.writes(QUESTION)
        running.slack.wait_for(lambda: Failure.FAULT in running.errors(TEAMS))
    running.settled()
    assert running.errors(SLACK) == {"refused": 1}
    assert running.errors(TELEGRAM) == {"timeout": 1}
    assert running.errors(TEAMS).keys() == {"not_now", "fault"}


# What stands in the store


@pytest.fixture
def parts(schools: Indexes, clock: "Clock") -> Parts:
    return assemble(schools, KEY, now=clock)


def told(metrics: Metrics, parts: Parts, clock: "Clock") -> None:
    """Let the metrics tell what stands in the store now."""
    collector = StoreCollector()
    collector.counts = read_counts(parts.indexes.versions.engine, clock)
    metrics.registry.register(collector)


def test_what_waits_in_the_store_is_told_with_the_age_of_the_oldest(parts: Parts, clock: "Clock") -> None:
    deliveries = parts.deliveries
    older = deliveries.receive("1", Message(channel=TELEGRAM, account="77", place="77", text=QUESTION), "asker")
    assert older
    clock.wait(timedelta(seconds=40))
    deliveries.receive("2", Message(channel=TELEGRAM, account="77", place="77", text=QUESTION), "asker")
    said, _ = deliveries.finish(older, [("ABC123", {"text": "one"}), ("ABC123", {"text": "two"})])
    clock.wait(timedelta(seconds=20))
    deliveries.postpone(said, "429", 60.0)
    metrics = Metrics()
    told(metrics, parts, clock)
    assert value(metrics, "events_waiting", channel=TELEGRAM) == 1
    assert value(metrics, "events_oldest_seconds", channel=TELEGRAM) == 20
    # One that is tried again later is late all the same.
    assert value(metrics, "outbox_waiting", channel=TELEGRAM) == 2
    assert value(metrics, "outbox_oldest_seconds", channel=TELEGRAM) == 20
    assert [
        value(metrics, f"{name}_{what}", channel=SLACK) for name in ("events", "outbox") for what in ("waiting", "oldest_seconds")
    ] == [0] * 4


def test_what_waits_for_somebody_to_open_the_chat_page_waits_for_no_operator(parts: Parts, clock: "Clock") -> None:
    parts.deliveries.receive("1", Message(channel=WEB, account="77", place="77"), "asker")
    with parts.indexes.versions.engine.begin() as connection:
        address = Message(channel=WEB, account="77", place="77")
        parts.deliveries.announce(
            connection, address, [("ABC123", {"text": "a rule has changed"})], Announced("rules_changed", "hillside", None, 1)
        )
    clock.wait(timedelta(days=3))
    counts = read_counts(parts.indexes.versions.engine, clock)
    assert (counts.calls, counts.events) == ({}, {})


def test_what_was_counted_today_is_told_and_begins_anew_at_midnight(parts: Parts, clock: "Clock") -> None:
    for _ in range(3):
        parts.deliveries.count(SLACK, UNDELIVERED)
    parts.deliveries.count(TELEGRAM, DUPLICATES)
    today, tomorrow = Metrics(), Metrics()
    told(today, parts, clock)
    clock.wait(timedelta(days=1))
    parts.deliveries.count(SLACK, UNDELIVERED)
    told(tomorrow, parts, clock)
    for name, channel, numbers in (("undelivered_total", SLACK, (3, 1)), ("duplicates_total", TELEGRAM, (1, 0))):
        assert tuple(value(one, name, channel=channel) for one in (today, tomorrow)) == numbers
    for name in ("resent_total", "dropped_total", "refused_total"):
        assert value(today, name, channel=SLACK) == 0


# Indexes


def test_the_building_of_indexes_is_timed_and_what_fails_counted(
    store: Versions, schools: Indexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics()
    indexes = Indexes(store, schools.knowledge, metrics.building_index)
    metrics.watch_indexes(indexes.in_memory, indexes.held)
    for school in ("hillside", "meadow", "hillside"):
        indexes.of(school)
    assert value(metrics, "index_bytes") == sum(indexes.of(school).size for school in ("hillside", "meadow"))
    assert value(metrics, "index_build_seconds_count") == value(metrics, "schools_in_memory") == 2
    assert value(metrics, "index_build_seconds_sum") > 0
    with pytest.raises(BotError):
        indexes.of("nowhere")
    assert value(metrics, "index_build_failures_total") == 0
    monkeypatch.setattr("bot.bootstrap.Index", fail)
    with pytest.raises(RuntimeError):
        Indexes(store, schools.knowledge, metrics.building_index).of("hillside")
    assert value(metrics, "index_build_failures_total") == 1
    assert value(metrics, "index_build_seconds_count") == 2


def test_an_index_that_goes_out_of_memory_for_another_is_counted(store: Versions, schools: Indexes) -> None:
    metrics = Metrics()
    indexes = Indexes(store, schools.knowledge, memory=1, evicted=metrics.index_evicted)
    metrics.watch_indexes(indexes.in_memory, indexes.held)
    assert (value(metrics, "index_evictions_total"), value(metrics, "index_bytes")) == (0, 0)
    for school in ("hillside", "meadow", "hillside"):
        indexes.of(school)
    assert (value(metrics, "index_evictions_total"), value(metrics, "schools_in_memory")) == (2, 1)
    assert value(metrics, "index_bytes") == indexes.of("hillside").size


# Labels


def test_labels_hold_nothing_but_what_the_program_names(running: Running, clock: "Clock") -> None:
    for seat in (running.on_slack, running.in_teams, running.on_telegram, running.on_page):
        seat.asks(QUESTION, "Coniston")
    running.settled()
    told(running.metrics, running.bot.parts, clock)
    known = {
        "channel": {*CHANNEL_NAMES},
        "outcome": {*Outcome, NOT_DONE, FAULT},
        "kind": {*Failure},
        "le": {f"{float(one)}" for one in (*ANSWER_BUCKETS, *DELIVERY_BUCKETS, *BUILD_BUCKETS)} | {"+Inf"},
    }
    families = list(text_string_to_metric_families(generate_latest(running.metrics.registry).decode()))
    samples = [sample for family in families for sample in family.samples]
    assert {name for sample in samples for name in sample.labels} == known.keys()
    assert [sample for sample in samples for name, label in sample.labels.items() if label not in known[name]] == []
    # As many lines as there are, however many schools and people.
    assert len(samples) < 500
