"""What thousands of schools cost: answers, first questions, memory, the store. Run with `make bench-scale`.

A question goes the whole way of a message from Telegram but for the network: it is written down, who asks is looked up, it is
answered, and the answer is kept. Each measurement runs in a process of its own, tied to one core.
"""

import argparse
import json
import math
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from secrets import token_hex
from typing import NamedTuple

from sqlalchemy import Engine, text, update

from bench.schools import STAFF_A_SCHOOL, Schools, account_of, documents, fill
from bot.assembly import assemble
from bot.bootstrap import Indexes, read_ahead
from bot.clock import now_utc
from bot.messages import Message
from bot.outgoing import ROUND_EVERY
from bot.people import TELEGRAM
from bot.schema import open_store
from bot.settings import INDEX_MEMORY, MEGABYTE
from corpus.tables import open_engine, schools, sqlite_url
from corpus.tenancy import owning
from corpus.versions import Versions
from retrieval.knowledge import Knowledge
from tests.platforms import postgres

ROOT = Path(__file__).parents[1]
PAGE, PLOT = ROOT / "docs" / "scale.md", ROOT / "docs" / "scale.svg"
GROWTH = (5, 100, 1_000, 10_000)
FEW = 5  # schools, with which the others are compared
SEED = 1
# What is wanted of 10,000 schools: a first question in this time, and the slowest of a hundred answers this much slower at most.
FIRST_QUESTION, TIMES_SLOWER = 0.150, 2.0
# What is planned for, and what is assumed: how much staff ask, on which days and at which hours, and what machines cost a month,
# in pounds. All of it is to be looked at again with figures of one's own.
SCHOOLS, STAFF = 24_000, 500_000
QUESTIONS_A_TERM, DAYS_A_TERM, BUSIEST_HOUR, AT_ITS_BUSIEST = 4, 65, 0.2, 5
DAYS_KEPT, BYTES_A_QUESTION = 90, 2_000
CORES_A_REPLICA, BUSY_AT_MOST, CONNECTIONS_A_REPLICA = 2, 0.5, 21
PRICE_REPLICA, PRICE_POSTGRESQL, PRICE_REST = 25, 140, 30
SECRET = b"a key that only the bench has, for nobody's data"


class Took(NamedTuple):
    """How long the middle one of many took, and the slowest of a hundred, in seconds."""

    middle: float
    slowest: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What one process measured; bytes, seconds, questions a second."""

    few: Took
    first: Took
    full: Took
    traffic: Took
    in_memory: int  # schools, when the memory was full
    held: int  # bytes, as the indexes are reckoned
    grown: int  # bytes, as the process grew
    process: int  # bytes, of the whole process
    cold: float  # share of the questions for which an index was built
    rate: float
    work: float  # of a core, for the first question of a school
    round: float  # as well, for one school


@dataclass(frozen=True, slots=True)
class Row:
    """What so many schools cost, asked by one process, and by two at once."""

    schools: int
    asked: Asked
    both: float
    store: float  # bytes a school


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: how many questions of each kind, and how much memory the indexes get."""

    questions: int
    first: int
    memory: int


class Bot:
    """A bot over a store, asked by staff of its schools in turn."""

    def __init__(self, url: str, cache: Path, memory: int) -> None:
        """Open the store; `cache` is where it is kept what is parsed once, `memory` how many bytes the indexes may take."""
        self._engine, self.builds = open_engine(url), 0
        self.indexes = Indexes(Versions(self._engine, now_utc), Knowledge(cache), self._building, memory=memory)
        self._parts = assemble(self.indexes, SECRET)
        self._questions = _questions()
        self._rng, self._asked, self._of_this_run = Random(SEED), 0, token_hex(8)
        read_ahead(self.indexes, ["school-0"])

    @contextmanager
    def _building(self) -> Iterator[None]:
        self.builds += 1
        yield

    def ask(self, school: int) -> float:
        """Have somebody at a school ask; return how many seconds it took until the answer was written down."""
        self._asked += 1
        account = account_of(school, self._rng.randrange(STAFF_A_SCHOOL))
        question = self._questions[self._asked % len(self._questions)]
        message = Message(channel=TELEGRAM, account=account, place=account, text=question, private=True)
        begun = time.perf_counter()
        event = self._parts.deliveries.receive(f"{self._of_this_run}-{self._asked}", message, self._parts.records.asker(message))
        if event is None:
            raise RuntimeError("a question was taken for one that came before")
        turn = self._parts.conversation.turn(message, 1)
        self._parts.deliveries.finish(event, (), turn.keep, turn.school_id)
        if turn.school_id != f"school-{school}":
            raise RuntimeError("a question was answered for another school")
        return time.perf_counter() - begun

    def traffic(self, of: Sequence[int]) -> list[float]:
        """Have schools ask, one after the other; return how long each question took."""
        return [self.ask(school) for school in of]

    def rounds(self, count: int) -> float:
        """Make the rounds of so many schools, as is done every 15 minutes; return how many seconds of a core one took."""
        worked = 0.0
        for turn in (["school-0"], [f"school-{number}" for number in range(count)]):  # the first makes what is made once
            with owning(self._engine).begin() as connection:
                connection.execute(update(schools).values(round_at=now_utc() + ROUND_EVERY))
                connection.execute(update(schools).where(schools.c.id.in_(turn)).values(round_at=None))
            begun = time.process_time()
            self._parts.outgoing.tidy()
            worked = time.process_time() - begun
        return worked / count

    def close(self) -> None:
        """Let go of the store."""
        self._engine.dispose()


def _questions() -> list[str]:
    files = sorted((ROOT / "tests" / "questions").glob("*.jsonl"))
    found = [json.loads(line)["q"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    Random(SEED).shuffle(found)
    return found


def by_zipf(count: int, questions: int) -> list[int]:
    """Return of which schools questions are asked: of the r-th most asking 1/r times as many as of the first (Zipf, 1949)."""
    rng = Random(SEED)
    numbers = list(range(count))
    rng.shuffle(numbers)
    return rng.choices(numbers, cum_weights=list(accumulate(1 / rank for rank in range(1, count + 1))), k=questions)


def measure_on(core: int, url: str, cache: Path, count: int, plan: Plan) -> Asked:
    """Return the same as `measure`, for this process tied to one core."""
    _tie_to(core)
    return measure(url, cache, count, plan)


def measure(url: str, cache: Path, count: int, plan: Plan) -> Asked:
    """Return what it costs to answer the staff of so many schools from a store, in this process."""
    bot = Bot(url, cache, plan.memory)
    few = range(min(FEW, count))
    bot.traffic([*few] * max(1, plan.questions // 20))  # what all schools share is read, and what is made once is made
    of_few = _took(bot.traffic([few[at % len(few)] for at in range(plan.questions)]))
    before, held = _process_size(), bot.indexes.held()
    others = Random(SEED).sample(range(FEW, count), min(plan.first, count - FEW)) if count > FEW else []
    worked = time.process_time()
    first = bot.traffic(others)
    worked = (time.process_time() - worked) / max(1, len(others))
    # As many more as the budget holds.
    for school in range(FEW, count):
        if bot.indexes.held() > 0.98 * plan.memory:
            break
        bot.ask(school)
    known = [int(school.rpartition("-")[2]) for school in bot.indexes.revisions()]
    of_full = _took(bot.traffic([known[at * 7919 % len(known)] for at in range(plan.questions)]))
    grown, held_now, in_memory = _process_size() - before, bot.indexes.held(), bot.indexes.in_memory()
    mixed = by_zipf(count, 2 * plan.questions)
    bot.traffic(mixed[: plan.questions])
    builds, begun = bot.builds, time.perf_counter()
    of_mixed = bot.traffic(mixed[plan.questions :])
    taken = time.perf_counter() - begun
    found = Asked(
        few=of_few,
        first=_took(first) if first else of_few,
        full=of_full,
        traffic=_took(of_mixed),
        in_memory=in_memory,
        held=held_now,
        grown=grown + held,
        process=_process_size(),
        cold=(bot.builds - builds) / len(of_mixed),
        rate=len(of_mixed) / taken,
        work=worked,
        round=bot.rounds(min(count, plan.first)),
    )
    bot.close()
    return found


def rate_on(core: int, url: str, cache: Path, count: int, plan: Plan) -> float:
    """Return how many questions a second this process, tied to one core, answers of so many schools by Zipf's law."""
    _tie_to(core)
    bot = Bot(url, cache, plan.memory)
    bot.traffic(by_zipf(count, plan.questions))
    begun = time.perf_counter()
    bot.traffic(by_zipf(count, 2 * plan.questions)[plan.questions :])
    taken = time.perf_counter() - begun
    bot.close()
    return plan.questions / taken


def _tie_to(core: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[core % len(cores)]})


def _took(seconds: Sequence[float]) -> Took:
    ordered = sorted(seconds)
    return Took(statistics.median(ordered), ordered[min(len(ordered) - 1, math.ceil(0.99 * len(ordered)) - 1)])


def _process_size() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cost(url: str, cache: Path, count: int, plan: Plan, made: Schools) -> Row:
    """Fill a new store with so many schools, and return what they cost."""
    engine = open_store(url)
    fill(engine, made, count)
    store = _store_size(engine) / count
    engine.dispose()
    os.sync()  # else the disk is still at it when the first are asked
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        asked = pool.submit(measure_on, 0, url, cache, count, plan).result()
        both = [pool.submit(rate_on, core, url, cache, count, plan) for core in range(2)]
        return Row(count, asked, sum(one.result() for one in both), store)


def _store_size(engine: Engine) -> int:
    with owning(engine).connect() as connection:
        if engine.dialect.name == "sqlite":
            return int(connection.scalar(text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")) or 0)
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)


@contextmanager
def stores(*, on_postgresql: bool) -> Iterator[tuple[Callable[[int], str], Path]]:
    """Yield what returns the address of a new store for so many schools, and a folder for what is parsed once."""
    with tempfile.TemporaryDirectory(prefix="policybot-scale-") as folder:
        home = Path(folder)
        if not on_postgresql:

            def new(count: int) -> str:
                (home / str(count)).mkdir()
                return sqlite_url(home / str(count))

            yield new, home
            return
        with postgres.own() as server:
            yield lambda _: server.url(server.create()), home


# The table and the plot


def to_table(rows: Sequence[Row]) -> str:
    """Return the rows as a table of Markdown."""
    head = (
        "schools",
        "store, KB a school",
        "first question of a school, ms",
        "answer with five schools in memory, ms",
        "with all that fit, ms",
        "schools that fit",
        "their indexes, MB",
        "so much the process grew, MB",
        "whole process, MB",
        "Zipf's traffic, ms",
        "of it first questions",
        "questions a second, one core",
        "two",
        "first question, ms of a core",
        "round of a school, ms of a core",
    )
    lines = [" | ".join(head), " | ".join(["---:"] * len(head))]
    for row in rows:
        asked = row.asked
        cells = (
            f"{row.schools:,}",
            f"{row.store / 1024:,.0f}",
            "" if row.schools <= FEW else _spoken(asked.first),
            _spoken(asked.few),
            _spoken(asked.full),
            f"{asked.in_memory:,}",
            f"{asked.held / MEGABYTE:,.0f}",
            f"{asked.grown / MEGABYTE:,.0f}",
            f"{asked.process / MEGABYTE:,.0f}",
            _spoken(asked.traffic),
            f"{asked.cold:.0%}",
            f"{asked.rate:,.0f}",
            f"{row.both:,.0f}",
            f"{asked.work * 1000:.0f}" if row.schools > FEW else "",
            f"{asked.round * 1000:.1f}",
        )
        lines.append(" | ".join(cells))
    return "\n".join(f"| {line} |" for line in lines)


def _spoken(took: Took) -> str:
    return f"{took.middle * 1000:.1f} / {took.slowest * 1000:.1f}"


def verdicts(row: Row, memory: int) -> Iterator[tuple[str, bool]]:
    """Yield each of the things that are wanted, with its figure, and whether it holds."""
    asked = row.asked
    slower = asked.full.slowest / asked.few.slowest
    yield (
        f"first question of a school, slowest of a hundred: {asked.first.slowest * 1000:.0f} ms",
        asked.first.slowest < FIRST_QUESTION,
    )
    yield f"{asked.in_memory} schools in memory: {slower:.2f} times the slowest of a hundred with five", slower <= TIMES_SLOWER
    yield f"memory: {asked.grown / MEGABYTE:.0f} MB of {memory / MEGABYTE:.0f} MB", asked.grown <= memory


def to_plan(row: Row) -> str:
    """Return what SCHOOLS schools with STAFF staff need, from what one row measured and from the assumptions, as Markdown."""
    a_day = STAFF * QUESTIONS_A_TERM / DAYS_A_TERM
    at_peak = a_day * BUSIEST_HOUR * AT_ITS_BUSIEST / 3600
    # So few questions a school come in a day that its index has gone when the next comes.
    answering = at_peak * row.asked.work
    rounds = SCHOOLS * row.asked.round / ROUND_EVERY.total_seconds()
    replicas = max(2, math.ceil((answering + rounds) / CORES_A_REPLICA / BUSY_AT_MOST) + 1)
    kept = a_day * DAYS_KEPT * BYTES_A_QUESTION
    store = SCHOOLS * row.store + kept
    cost = replicas * PRICE_REPLICA + PRICE_POSTGRESQL + PRICE_REST
    lines = (
        ("questions a day", f"{STAFF:,} staff, {QUESTIONS_A_TERM} each in a term of {DAYS_A_TERM} days", f"{a_day:,.0f}"),
        (
            "questions a second at the peak",
            f"{BUSIEST_HOUR:.0%} of a day's in one hour, and {AT_ITS_BUSIEST} times as many on a first day of term",
            f"{at_peak:.1f}",
        ),
        (
            "cores for answers at the peak",
            f"each as a first question of its school, {row.asked.work * 1000:.0f} ms of a core",
            f"{answering:.2f}",
        ),
        (
            "cores for the rounds",
            f"{SCHOOLS:,} every 15 minutes, {row.asked.round * 1000:.1f} ms of a core each",
            f"{rounds:.2f}",
        ),
        (
            "replicas",
            f"of {CORES_A_REPLICA} cores, busy to {BUSY_AT_MOST:.0%} at most, and one more, so that one may be away",
            f"{replicas}",
        ),
        (
            "memory of a replica",
            "as measured; reading a document takes up to 1 GB more",
            f"{row.asked.process / MEGABYTE:,.0f} MB",
        ),
        (
            "connections to PostgreSQL",
            f"{CONNECTIONS_A_REPLICA} a replica at most: 20, and one to listen",
            f"{replicas * CONNECTIONS_A_REPLICA}",
        ),
        (
            "store",
            f"{row.store / 1024:,.0f} KB a school, and {DAYS_KEPT} days of questions of {BYTES_A_QUESTION / 1000:.0f} KB",
            f"{store / 1e9:.0f} GB",
        ),
        (
            "cost a month",
            f"{PRICE_REPLICA} pounds a replica, {PRICE_POSTGRESQL} for PostgreSQL with a standby, "
            f"{PRICE_REST} for a load balancer and backups: assumed, look them up",
            f"{cost} pounds, {cost / SCHOOLS * 100:.1f} pence a school",
        ),
    )
    return "\n".join(["| what | how | figure |", "| --- | --- | ---: |", *(f"| {' | '.join(line)} |" for line in lines)])


WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 380, 70, 190, 20, 45
_LINES: tuple[tuple[str, str, Callable[[Asked], float]], ...] = (
    ("first question, p99", "#b3261e", lambda asked: asked.first.slowest),
    ("first question, median", "#e8837b", lambda asked: asked.first.middle),
    ("Zipf's traffic, median", "#7a5195", lambda asked: asked.traffic.middle),
    ("in memory, p99", "#1a5fb4", lambda asked: asked.full.slowest),
    ("in memory, median", "#78aeed", lambda asked: asked.full.middle),
)


def to_plot(rows: Sequence[Row]) -> str:
    """Return how long answers take by how many schools there are, as SVG; both axes are logarithmic."""
    most, least = max(row.schools for row in rows), min(row.schools for row in rows)
    across = math.log10(most / least) or 1.0

    def x(count: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log10(count / least) / across

    def y(milliseconds: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(1.0, max(0.0, math.log10(milliseconds) / 3))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        "<title>How long an answer takes, in milliseconds, by how many schools there are</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for milliseconds in (1, 10, 100, 1000):
        at = y(milliseconds)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{milliseconds} ms</text>')
    for row in rows:
        parts.append(f'<text x="{x(row.schools):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{row.schools:,}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">schools in the store</text>')
    last = math.inf
    for name, colour, of in _LINES:
        points = [(x(row.schools), y(1000 * of(row.asked))) for row in rows if row.schools > FEW or "first" not in name]
        if not points:
            continue
        drawn = " ".join(f"{across:.1f},{up:.1f}" for across, up in points)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{across:.1f}" cy="{up:.1f}" r="3" fill="{colour}"/>' for across, up in points]
        last = points[-1][1] + 4 if last is math.inf else max(points[-1][1] + 4, last + 14)
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{last:.1f}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _between(page: str, store: str, written: str) -> str:
    """Return a page of Markdown with what stands between the marks of a store replaced."""
    begins, ends = f"<!-- {store} -->", f"<!-- end of {store} -->"
    before, _, rest = page.partition(begins)
    _, _, after = rest.partition(ends)
    return f"{before}{begins}\n\n{written}\n\n{ends}{after}"


def main() -> None:
    """Print the table, and with --write put it and the plot into the documentation."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--schools", type=int, default=GROWTH[-1], help="how many at most")
    parser.add_argument("--questions", type=int, default=1500, help="of each kind of traffic")
    parser.add_argument("--memory", type=int, default=INDEX_MEMORY // MEGABYTE, help="megabytes for the indexes")
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL that is started for it")
    parser.add_argument("--write", action="store_true", help="into docs/scale.md and docs/scale.svg")
    given = parser.parse_args()
    # A process has one core: a second thread for its sums would only take from the other.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    plan = Plan(given.questions, min(300, given.questions), given.memory * MEGABYTE)
    rows: list[Row] = []
    made = Schools(documents())
    with stores(on_postgresql=given.postgresql) as (new, cache):
        for count in [*(one for one in GROWTH if one < given.schools), given.schools]:
            begun = time.perf_counter()
            rows.append(cost(new(count), cache, count, plan, made))
            print(f"{to_table(rows)}\n\n{count:,} schools measured in {time.perf_counter() - begun:.0f} s", flush=True)
    for said, holds in verdicts(rows[-1], plan.memory):
        print(f"{said} ({'as wanted' if holds else 'NOT as wanted'})")
    if given.write:
        store = "PostgreSQL" if given.postgresql else "SQLite"
        page = _between(PAGE.read_text(encoding="utf-8"), store, to_table(rows))
        PAGE.write_text(_between(page, "the plan", to_plan(rows[-1])), encoding="utf-8")
        if not given.postgresql:
            PLOT.write_text(to_plot(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
