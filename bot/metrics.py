"""What the server counts and times, for Prometheus. No label holds a school, a person or anybody's words.

What is in the store is read there when somebody wants to know, so that every replica tells the same; the rest each process counts
for itself.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, func, select

from bot.conversation import AT_FAULT
from bot.deliveries import DROPPED, DUPLICATES, REFUSED, RESENT, UNDELIVERED
from bot.errors import BotError
from bot.people import CHANNEL_NAMES, WEB
from bot.tables import events, outbox, tallies
from bot.turn import Turn
from retrieval.decision import Outcome

# What becomes of a message beside the outcomes of an answer: it could not be read or done, or a fault of ours kept us from it.
NOT_DONE, FAULT = "not_done", "fault"
# Most answers take milliseconds, and calls to platforms tenths of a second; a call is ended after 20 seconds.
ANSWER_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
DELIVERY_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
BUILD_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# What the store counts, each with what it is.
_TALLIED = {
    DUPLICATES: "Events that a platform delivered again, answered once.",
    RESENT: "Calls made again, since nobody knew whether they had arrived.",
    UNDELIVERED: "Replies and notices given up.",
    DROPPED: "Replies and notices that a platform will never take.",
    REFUSED: "Requests that no platform had signed, or of somebody who may not ask.",
}

disable_created_metrics()  # type: ignore[no-untyped-call]  # when each series began: as many lines again, which nothing here reads


class Failure(StrEnum):
    """How a channel failed: a call was not taken now, not in time, or for ever; by a fault of ours; or nothing comes in."""

    NOT_NOW = "not_now"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    FAULT = "fault"
    NOT_RECEIVING = "not_receiving"


class Metrics:
    """What one process counts and times; `registry` holds it."""

    def __init__(self) -> None:
        """Begin at zero, for each channel and whatever may happen there: an increase from nothing at all is seen by nobody."""
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._questions = Counter(
            "policybot_questions", "Questions, by what became of them.", ["channel", "outcome"], registry=registry
        )
        self._answers = Histogram(
            "policybot_answer_seconds",
            "From when a message was taken in until its answer was written down.",
            ["channel"],
            registry=registry,
            buckets=ANSWER_BUCKETS,
        )
        self._deliveries = Histogram(
            "policybot_delivery_seconds",
            "How long a platform needed to take a call.",
            ["channel"],
            registry=registry,
            buckets=DELIVERY_BUCKETS,
        )
        self._failures = Counter(
            "policybot_channel_errors", "Failures on a channel, by kind.", ["channel", "kind"], registry=registry
        )
        self._builds = Histogram(
            "policybot_index_build_seconds",
            "How long it took to build a school's index.",
            registry=registry,
            buckets=BUILD_BUCKETS,
        )
        self._failed_builds = Counter(
            "policybot_index_build_failures", "Indexes of schools that could not be built.", registry=registry
        )
        self._schools = Gauge("policybot_schools_in_memory", "Schools whose index is in memory.", registry=registry)
        self._index_bytes = Gauge(
            "policybot_index_bytes", "About how much memory the indexes of schools take.", registry=registry
        )
        self._evictions = Counter(
            "policybot_index_evictions", "Indexes that went out of memory for another's.", registry=registry
        )
        self._ready = Gauge(
            "policybot_ready", "Whether a part of the server is ready, as /readyz says.", ["part"], registry=registry
        )
        for channel in CHANNEL_NAMES:
            for outcome in (*Outcome, NOT_DONE, FAULT):
                self._questions.labels(channel, outcome)
            for kind in Failure:
                self._failures.labels(channel, kind)
            self._answers.labels(channel)
            self._deliveries.labels(channel)

    def answered(self, channel: str, turn: Turn) -> None:
        """Count a message by what became of it, once its answer is written down; what is neither question nor refused is not."""
        outcome = FAULT if turn is AT_FAULT else NOT_DONE if turn.refused else turn.outcome
        if outcome:
            self._questions.labels(channel, outcome).inc()

    def answer_took(self, channel: str, seconds: float) -> None:
        """Note how long a message waited for its answer to be written down."""
        self._answers.labels(channel).observe(seconds)

    def delivery_took(self, channel: str, seconds: float) -> None:
        """Note how long a platform needed to take a call."""
        self._deliveries.labels(channel).observe(seconds)

    def failed(self, channel: str, kind: Failure) -> None:
        """Count a failure on a channel."""
        self._failures.labels(channel, kind).inc()

    @contextmanager
    def building_index(self) -> Iterator[None]:
        """Time the building of an index within the context, or count that it failed; not that there is no such school."""
        began = perf_counter()
        try:
            yield
        except BotError:
            raise
        except Exception:
            self._failed_builds.inc()
            raise
        self._builds.observe(perf_counter() - began)

    def index_evicted(self) -> None:
        """Count an index that went out of memory for another's."""
        self._evictions.inc()

    def watch_indexes(self, in_memory: Callable[[], int], held: Callable[[], int]) -> None:
        """Ask how many schools have an index in memory, and how many bytes these take, whenever somebody wants to know."""
        self._schools.set_function(in_memory)
        self._index_bytes.set_function(held)

    def note_ready(self, part: str, *, ready: bool) -> None:
        """Note whether a part is ready."""
        self._ready.labels(part).set(ready)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait, and since when the oldest does."""

    number: int
    since: datetime


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """What waits in the store at a moment, by channel, and what was counted on that day, by channel and what."""

    at: datetime
    calls: dict[str, Waiting]
    events: dict[str, Waiting]
    tallied: dict[tuple[str, str], int]


def read_counts(engine: Engine, now: Callable[[], datetime]) -> StoreCounts:
    """Return what waits in a store and was counted today. This is a read-only operation.

    Of the chat page nothing waits here: whoever asks there waits at the page, and what is for somebody there waits for them.
    """
    at = now()
    waiting = [
        select(table.c.channel, func.count(), func.min(since)).where(waits, table.c.channel != WEB).group_by(table.c.channel)
        for table, waits, since in (
            (outbox, outbox.c.call.is_not(None), outbox.c.made_at),
            (events, events.c.message.is_not(None), events.c.received_at),
        )
    ]
    today = select(tallies.c.channel, tallies.c.what, tallies.c.times).where(tallies.c.day == at.date())
    with engine.connect() as connection:
        calls, unanswered = (
            {channel: Waiting(number, since) for channel, number, since in connection.execute(one)} for one in waiting
        )
        tallied = {(channel, what): times for channel, what, times in connection.execute(today)}
    return StoreCounts(at, calls, unanswered, tallied)


class StoreCollector(Collector):
    """Tells what was last read from the store; nothing where `counts` is None, since it could not be read."""

    counts: StoreCounts | None = None

    def collect(self) -> Iterable[Metric]:
        """Return the metrics."""
        if self.counts is None:
            return
        yield from _waiting("policybot_outbox", "Calls that are due and not yet made", self.counts.calls, self.counts.at)
        yield from _waiting("policybot_events", "Events that are not yet answered", self.counts.events, self.counts.at)
        for what, told in _TALLIED.items():
            # A day's count begins anew at midnight (UTC), which Prometheus takes for a restart: an increase comes out right.
            family = CounterMetricFamily(f"policybot_{what}", told, labels=["channel"])
            for channel in CHANNEL_NAMES:
                family.add_metric([channel], self.counts.tallied.get((channel, what), 0))
            yield family


def _waiting(name: str, told: str, waiting: dict[str, Waiting], at: datetime) -> Iterable[Metric]:
    number = GaugeMetricFamily(f"{name}_waiting", f"{told}.", labels=["channel"])
    age = GaugeMetricFamily(f"{name}_oldest_seconds", f"{told}: how long the oldest has waited.", labels=["channel"])
    for channel in CHANNEL_NAMES:
        found = waiting.get(channel, Waiting(0, at))
        number.add_metric([channel], found.number)
        age.add_metric([channel], max(0.0, (at - found.since).total_seconds()))
    yield number
    yield age
