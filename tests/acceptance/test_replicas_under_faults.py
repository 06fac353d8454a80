"""Three `policybot serve` over one PostgreSQL, behind a balancer that repeats and reorders, while things break.

People on Telegram ask, each once, from accounts of their own at one of two schools. Each is answered, by her own school's rule,
of one edition; a second copy comes only where a process died between Telegram's taking a call and our noting it, which the store
counts as resent. Alerts that wait for somebody reach them. Nobody mends anything by hand.

FAULTS_SEED repeats the choices of a run.
"""

import asyncio
import itertools
import os
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest
from sqlalchemy import Engine, func, insert, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.clock import now_utc
from bot.conversation import AWAY
from bot.deliveries import DUPLICATES, RESENT, UNDELIVERED
from bot.messages import Message
from bot.notices import NoticeKind, Notices
from bot.people import TELEGRAM, PersonRole
from bot.schema import open_store
from bot.tables import duties, events, notices, outbox, people, tallies
from corpus.building import build_policy
from corpus.tenancy import writing_at
from corpus.versions import School, Versions
from tests.platforms import hurried_serve
from tests.platforms.background import Background
from tests.platforms.postgres import Server, own
from tests.platforms.served import free_port, served, wait_for
from tests.platforms.telegram_server import TOKEN, Someone, TelegramServer

SCHOOLS = ("hillside", "meadow")
KEY, SECRET = "a secret key that only these tests have, and long enough", "a-secret_1"
QUESTION = "May I accept a friend request from a parent?"
RULES = {
    "hillside": "Staff must not accept friend requests from parents of Hillside (edition {0}).",
    "meadow": "Staff must not accept friend requests from parents of Meadow (edition {0}).",
}
REPLICAS = 3
COPIES = 0.3  # of the updates so many are brought twice
SETTLES_WITHIN = 120.0  # seconds
ALERTED = "This is a test alert."


@dataclass
class World:
    """What the test holds in its hands."""

    store: Server
    url: str
    telegram: TelegramServer
    random: random.Random
    start: Callable[[int], None]
    running: dict[int, BaseProcess]
    ports: list[int]
    clocks: list[Path]
    accounts: Iterator[int] = field(default_factory=lambda: itertools.count(1000))
    editions: Iterator[int] = field(default_factory=lambda: itertools.count(2))
    asked: dict[int, str] = field(default_factory=dict)  # account -> school
    alerted: list[int] = field(default_factory=list)

    def kill(self, number: int) -> None:
        """Kill a replica with -9, and start it again."""
        self.running[number].kill()
        self.running[number].join()
        self.start(number)

    def put_clock(self, number: int, ahead: float) -> None:
        """Let the clock of a replica's machine be so many seconds ahead."""
        whole = self.clocks[number].with_suffix(".whole")
        whole.write_text(str(ahead))
        whole.rename(self.clocks[number])


def edition(school: str, number: int) -> str:
    return (
        f"{school.upper()} SCHOOL\n\nStaff policy\n\nAdopted: May 2024\n\n1. Social media\n\n1.1 {RULES[school].format(number)}\n"
    )


def publish(url: str, school: str, number: int) -> None:
    engine = open_store(url)
    versions, text = Versions(engine, now_utc), edition(school, number)
    versions.save_draft(build_policy(text, school=school, slug="staff", title=None, source_name="staff"), text)
    assert versions.publish(school, "staff", "headteacher 1") == number
    engine.dispose()


@contextmanager
def a_world(tmp_path: Path, parsed: Path) -> Iterator[World]:
    seed = int(os.environ.get("FAULTS_SEED", str(time.time_ns() % 1_000_000)))
    print(f"FAULTS_SEED={seed}")  # noqa: T201  shown where the test fails
    drawn = random.Random(seed)  # noqa: S311  the choices of a test
    ports = [free_port() for _ in range(REPLICAS)]
    with own() as store, TelegramServer() as telegram, Background(served(_balancer(ports, drawn))) as balancer:
        url = store.url(store.create())
        engine = open_store(url)
        for school in SCHOOLS:
            Versions(engine, now_utc).add_school(School(school, f"{school.title()} School", school.title()))
        engine.dispose()
        for school in SCHOOLS:
            publish(url, school, 1)
        running: dict[int, BaseProcess] = {}
        clocks = [tmp_path / f"clock-{number}" for number in range(REPLICAS)]

        def start(number: int) -> None:
            home = tmp_path / f"replica-{number}"
            home.mkdir(exist_ok=True)
            if not (home / "cache").exists():
                (home / "cache").symlink_to(parsed)
            settings = {
                "HOME": str(home),
                "BIND": f"127.0.0.1:{ports[number]}",
                "DATABASE_URL": url,
                "SECRET_KEY": KEY,
                "TELEGRAM__TOKEN": TOKEN,
                "TELEGRAM__API_BASE_URL": telegram.address,
                "TELEGRAM__WEBHOOK_URL": balancer.given,
                "TELEGRAM__WEBHOOK_SECRET": SECRET,
            }
            running[number] = hurried_serve.start(settings, home / "log", clock=clocks[number])

        world = World(store, url, telegram, drawn, start, running, ports, clocks)
        for number in range(REPLICAS):
            world.put_clock(number, 0)
            start(number)
        for port in ports:
            wait_for(lambda port=port: _answers(port), 90)
        try:
            yield world
        finally:
            for process in running.values():
                process.kill()
                process.join()


def _balancer(ports: list[int], drawn: random.Random) -> Starlette:
    """Return what stands before the replicas: it gives an update to one of them, sometimes late, sometimes to another as well."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=30) as app.state.client:
            yield

    async def forward(request: Request) -> Response:
        body = await request.body()
        headers = {name: request.headers[name] for name in ("x-telegram-bot-api-secret-token", "content-type")}
        await asyncio.sleep(drawn.uniform(0, 0.3))

        async def give(port: int) -> int:
            try:
                told = await request.app.state.client.post(
                    f"http://127.0.0.1:{port}/telegram/webhook", content=body, headers=headers
                )
            except httpx.HTTPError:
                return 502
            return int(told.status_code)

        first, second = drawn.sample(ports, 2)
        if drawn.random() < COPIES:
            return Response(status_code=max(await asyncio.gather(give(first), give(second))))
        return Response(status_code=await give(first))

    return Starlette(routes=[Route("/telegram/webhook", forward, methods=["POST"])], lifespan=lifespan)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30).status_code == 200
    except httpx.HTTPError:
        return False


def enrol(world: World, count: int) -> list[tuple[int, str]]:
    """Let so many people in, half at each school; return their accounts and schools."""
    who = [(next(world.accounts), SCHOOLS[number % 2]) for number in range(count)]
    engine = open_store(world.url)
    with engine.begin() as connection:
        rows = [
            {"school_id": school, "channel": TELEGRAM, "account": str(account), "role": PersonRole.STAFF, "since": now_utc()}
            for account, school in who
        ]
        connection.execute(insert(people), rows)
    engine.dispose()
    return who


def alert(world: World, account: int, school: str) -> None:
    """Put a notice out that an alert is to be tested: it must reach somebody who is a contact of the school."""
    chat = Message(channel=TELEGRAM, account=str(account), place=str(account))
    engine = open_store(world.url)
    with writing_at(engine, school) as connection:
        person = connection.scalar(select(people.c.id).where(people.c.school_id == school, people.c.account == str(account)))
        address = chat.as_address(str(account), {"chat": account, "topic": None, "replies_to": None})
        import msgspec

        row = {"person_id": person, "school_id": school, "contact": f"Mrs {account}", "address": msgspec.json.encode(address)}
        connection.execute(insert(duties).values(row))
        Notices(engine, now_utc).put(connection, school, NoticeKind.TEST_ALERT, person_id=person)
    engine.dispose()
    world.alerted.append(account)


@contextmanager
def load(world: World, count: int, seconds: float) -> Iterator[None]:
    """Let so many people ask, spread over so many seconds, while the context lasts and on."""
    who, ending = enrol(world, count), Event()

    def ask() -> None:
        for account, school in who:
            world.telegram.writes(Someone(account), QUESTION)
            world.asked[account] = school
            ending.wait(seconds / count)

    asking = Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        asking.join()


def replies(world: World, account: int) -> list[str]:
    return [message["text"] for message in world.telegram.messages(Someone(account)) if message["from"]["is_bot"]]


@dataclass(frozen=True)
class Figures:
    """What came of a fault: updates sent, people answered, told to wait, second copies, and how long until all was said."""

    sent: int
    answered: int
    told_to_wait: int
    copies: int
    resent: int
    duplicates: int
    seconds: float


def counted(engine: Engine) -> Counter[str]:
    """Return what the store has counted, by what."""
    with engine.connect() as connection:
        return Counter(dict(connection.execute(select(tallies.c.what, func.sum(tallies.c.times)).group_by(tallies.c.what)).all()))


def under(world: World, do: Callable[[World, float], None], seconds: float, asking: int) -> Figures:
    """Let people ask and be alerted while something breaks; hold what was promised; return the figures."""
    engine = open_store(world.url)
    world.asked.clear()
    world.alerted.clear()
    before = counted(engine)
    for account, school in enrol(world, 4):
        world.telegram.writes(Someone(account), "/help")
        world.telegram.wait(lambda account=account: replies(world, account))
        alert(world, account, school)
    with load(world, asking, seconds):
        do(world, seconds)
    try:
        return settle(world, engine, before)
    finally:
        engine.dispose()


def settle(world: World, engine: Engine, before: Counter[str]) -> Figures:
    """Wait until everybody is answered and nothing waits any more; hold what was promised; return what came of it since."""
    began = time.monotonic()

    def silent() -> list[int]:
        unasked = [account for account in world.alerted if not any(ALERTED in text for text in replies(world, account))]
        return [*unasked, *(account for account in world.asked if not replies(world, account))]

    def is_done() -> bool:
        if silent():
            return False
        with engine.connect() as connection:
            waiting = connection.scalar(select(func.count()).select_from(events).where(events.c.message.is_not(None)))
            unsaid = connection.scalar(select(func.count()).select_from(outbox).where(outbox.c.call.is_not(None)))
            unannounced = connection.scalar(select(func.count()).select_from(notices))
        return not (waiting or unsaid or unannounced)

    wait_for(is_done, SETTLES_WITHIN)
    seconds = time.monotonic() - began

    waits = 0
    for account, school in world.asked.items():
        said = [text for text in replies(world, account) if not text.startswith(AWAY)]
        waits += not said
        other = SCHOOLS[1 - SCHOOLS.index(school)]
        for text in said:
            assert f"of {school.title()} (edition" in text, text
            assert other.title() not in text
            assert len({*re.findall(r"\(edition (\d+)\)", text), *re.findall(r"version (\d+)", text)}) == 1, text
    copies = sum(len(replies(world, account)) - 1 for account in world.asked)
    copies += sum(len([text for text in replies(world, account) if ALERTED in text]) - 1 for account in world.alerted)
    # What was said while the store was away is told it a moment later.
    wait_for(lambda: copies <= (counted(engine) - before)[RESENT], 30)
    figures = counted(engine) - before
    assert not figures[UNDELIVERED]
    return Figures(
        sent=len(world.asked),
        answered=len(world.asked) - waits,
        told_to_wait=waits,
        copies=copies,
        resent=figures[RESENT],
        duplicates=figures[DUPLICATES],
        seconds=round(seconds, 1),
    )


def kill_one_each_second(world: World, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(1)
        world.kill(world.random.randrange(REPLICAS))


def restart_the_store(world: World, seconds: float) -> None:
    time.sleep(seconds / 3)
    world.store.stop("fast")
    world.store.start()
    time.sleep(seconds / 3)
    world.store.stop("immediate")
    world.store.start()


def take_the_store_away(world: World, seconds: float) -> None:
    time.sleep(1)
    world.store.stop("immediate")
    time.sleep(seconds)
    world.store.start()


def publish_again_and_again(world: World, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        number = next(world.editions)
        for school in SCHOOLS:
            publish(world.url, school, number)
        time.sleep(0.2)


def let_clocks_jump(world: World, seconds: float) -> None:
    """Let the clocks of the replicas' machines be wrong by up to a year, each by another time, and at last right again."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        world.put_clock(world.random.randrange(REPLICAS), world.random.choice((-1, 1)) * 10 ** world.random.uniform(1, 7.5))
        time.sleep(0.2)
    for number in range(REPLICAS):
        world.put_clock(number, 0)


# What breaks, and for how many seconds, in the suite and in its long form.
FAULTS: dict[str, tuple[Callable[[World, float], None], float, float]] = {
    "a replica is killed each second": (kill_one_each_second, 3, 120),
    "PostgreSQL restarts twice": (restart_the_store, 2, 30),
    "PostgreSQL is away": (take_the_store_away, 2, 30),
    "publications": (publish_again_and_again, 1.5, 60),
    "clocks jump": (let_clocks_jump, 1.5, 60),
}


def test_nothing_is_lost_mixed_or_told_to_another_school_whatever_breaks(tmp_path: Path, parsed: Path) -> None:
    with a_world(tmp_path, parsed) as world:
        for fault, (do, seconds, _) in FAULTS.items():
            print(fault, under(world, do, seconds, asking=20))  # noqa: T201  for whoever looks into a failure


@pytest.mark.soak
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_lost_mixed_or_told_to_another_school_however_long_it_breaks(fault: str, tmp_path: Path, parsed: Path) -> None:
    do, _, seconds = FAULTS[fault]
    with a_world(tmp_path, parsed) as world:
        print(fault, under(world, do, seconds, asking=300))  # noqa: T201  the table of docs/faults.md is made of it
