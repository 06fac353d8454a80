"""What many tests start from: an empty store, the demo's schools, and the command line run inside this process."""

import gc
import os
import sqlite3
import ssl
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from secrets import token_hex
from shutil import copytree
from types import FrameType
from typing import Any, NamedTuple, TypeVar

import pytest
from hypothesis import settings
from sqlalchemy import Connection, Engine, Insert, Update, event, update
from starlette.applications import Starlette

from bot import cli
from bot.assembly import Parts, assemble
from bot.bootstrap import Indexes, seed_demo
from bot.chat_page import create_app
from bot.clock import now_utc
from bot.dispatcher import Dispatcher
from bot.joining import Door
from bot.messages import Message, Reply
from bot.outgoing import ROUND_EVERY
from bot.page_notices import PageNotices
from bot.people import TELEGRAM, Person, PersonRole
from bot.policy_pages import PolicyPages
from bot.rendering import as_text
from bot.schema import open_store
from bot.turn import Turn
from corpus import tables
from corpus.building import build_policy
from corpus.clause import Policy
from corpus.tables import sqlite_url
from corpus.versions import Published, School, Versions
from retrieval import library
from retrieval.index import Index
from retrieval.knowledge import Knowledge
from tests.platforms import postgres

TESTS = Path(__file__).parent

# The first example of a test may be the one that reads what all share; and a machine may be busy.
settings.register_profile("policybot", deadline=None)
settings.load_profile("policybot")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take an option for the long run on the other store."""
    parser.addoption("--on-postgresql", action="store_true", help="try whatever has a store on PostgreSQL alone")


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the PostgreSQL that all workers of a run share."""
    if not hasattr(config, "workerinput"):
        postgres.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop it when the last of them has ended."""
    if not hasattr(config, "workerinput"):
        postgres.end()


def pytest_collection_finish() -> None:
    """Look for no garbage among what is imported and collected, which stays to the end: a fifth of all time went there."""
    gc.collect()
    gc.freeze()


# What ships is parsed once in a process, whoever reads it.
library._parse = cache(library._parse)

# To read the certificates that every machine trusts takes as long as most tests do, and each HTTP client reads them for itself.
_new_context = ssl.create_default_context
_trusting = cache(lambda cafile: _new_context(cafile=cafile))


def _context(*given: Any, **named: Any) -> ssl.SSLContext:
    return _new_context(*given, **named) if given or set(named) != {"cafile"} else _trusting(named["cafile"])


ssl.create_default_context = _context


class _Compiled(dict[tuple[Any, ...], Any]):
    """What SQL statements are compiled to, by the name of the database's dialect instead of the engine's own copy of it."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), compiled)


# To compile each statement for each test's engine took a fifth of all time.
_compiled = _Compiled()


@event.listens_for(Engine, "engine_connect")
def _as_tests_connect(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_compiled)
    # No test cuts the power; a process that is killed is one of its own, and waits as ever.
    if connection.dialect.name == "sqlite":
        _driven(connection).execute("PRAGMA synchronous=OFF")
    # A test looks into the store as whoever owns it does; the program never may.
    if not {"school", "across"} & set(connection.get_execution_options()) and _is_a_test(sys._getframe(1)):
        connection.execution_options(owner=True)


@event.listens_for(Engine, "before_cursor_execute")
def _mind_lengths(_connection: object, _cursor: object, _statement: str, _given: object, context: Any, _many: bool) -> None:
    # SQLite minds no length of a text, PostgreSQL refuses one that is too long.
    if context.compiled is None or not isinstance(context.compiled.statement, (Insert, Update)):
        return
    for values in context.compiled_parameters:
        for name, bind in context.compiled.binds.items():
            kind = bind.type._variant_mapping.get("postgresql", bind.type)
            value, longest = values.get(name), getattr(kind, "length", None)
            assert not (isinstance(value, str) and longest and len(value) > longest), (name, value)


def _is_a_test(frame: FrameType | None) -> bool:
    """Tell whether a test has asked for the connection that is being made, not the program on its behalf."""
    while frame is not None and "sqlalchemy" in frame.f_code.co_filename:
        frame = frame.f_back
    while frame is not None and frame.f_code.co_filename.endswith("contextlib.py"):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(str(TESTS))


def _driven(connection: Connection) -> sqlite3.Connection:
    driven: sqlite3.Connection = connection.connection.driver_connection
    return driven


T = TypeVar("T")


class Beginnings:
    """What the stores of many tests begin with: made by the first test that asks for it, and copied for the others."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[sqlite3.Connection, Any]] = {}
        self._databases: dict[str, tuple[str, Any]] = {}

    def fill(self, store: Versions, name: str, make: Callable[[], T]) -> T:
        """Let a store hold what `make` made of it when it was first called under this name; return what it then returned."""
        if store.engine.dialect.name == "postgresql":
            return self._fill_database(store.engine, name, make)
        with store.engine.connect() as connection:
            if name not in self._kept:
                copy, made = sqlite3.connect(":memory:"), make()
                _driven(connection).backup(copy)
                self._kept[name] = copy, made
            else:
                self._kept[name][0].backup(_driven(connection))
        found: T = self._kept[name][1]
        return found

    def _fill_database(self, engine: Engine, name: str, make: Callable[[], T]) -> T:
        server, database = postgres.shared(), engine.url.database or ""
        if name not in self._databases:
            made = make()
            engine.dispose()
            self._databases[name] = server.create(database), made
        else:
            engine.dispose()
            server.drop(database)
            server.create(self._databases[name][0], name=database)
        found: T = self._databases[name][1]
        return found

    def close(self) -> None:
        """Let go of all copies."""
        for copy, _ in self._kept.values():
            copy.close()


@pytest.fixture(scope="session")
def beginnings() -> Iterator[Beginnings]:
    """What the stores of many tests begin with."""
    kept = Beginnings()
    yield kept
    kept.close()


KEY = b"a key that only the tests have"
HILLSIDE = School("hillside", "Hillside Primary School", "Hillside")


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is kept of parsing, which costs seconds: one folder for all workers of a run, and for the tests' data folders."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "parsed"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def knowledge(parsed: Path) -> Knowledge:
    """What all schools share, read once for all tests."""
    return Knowledge(parsed)


@pytest.fixture(scope="session")
def index_of(knowledge: Knowledge) -> Callable[..., Index]:
    """Return the index of a school, hillside unless another is given, that has published these policies."""

    def build(*policies: Policy, school: School = HILLSIDE, revision: int = 1) -> Index:
        return Index(Published(school, revision, tuple((1, policy) for policy in policies)), knowledge)

    return build


@pytest.fixture(scope="session")
def small_document() -> Callable[..., str]:
    """Return the text of a small policy whose first rule, 1.1, is the one given; `adopted` is a date in words."""

    def text(title: str, rule: str, adopted: str | None = None) -> str:
        dated = f"Adopted: {adopted}\n\n" if adopted else ""
        return (
            f"HILLSIDE PRIMARY SCHOOL\n\n{title}\n\n{dated}1. Social media\n\n1.1 {rule}\n\n"
            "2. Equipment\n\n2.1 Staff must lock their computers when they leave the room.\n"
        )

    return text


@pytest.fixture(scope="session")
def chat_app() -> Callable[..., Starlette]:
    """Return the application that serves the chat page over indexes; `joined` where people join instead of picking a school."""

    def build(indexes: Indexes, *, joined: bool = False, secure: bool = False, public_url: str | None = None) -> Starlette:
        parts = assemble(indexes, KEY, public_url=public_url)
        door = Door(parts.people, parts.announcements, parts.records, now_utc, secure=secure) if joined else None
        dispatcher = Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing)
        pages = PolicyPages(indexes.versions, parts.links, parts.kept, door, now_utc)
        return create_app(indexes, dispatcher, PageNotices(parts.deliveries), door, routes=pages.routes())

    return build


class Clock:
    """A clock that goes when it is told to; it begins on a Monday, in school time."""

    def __init__(self) -> None:
        self.time = datetime.fromisoformat("2026-11-23T08:30")

    def __call__(self) -> datetime:
        return self.time

    def wait(self, time: timedelta) -> None:
        self.time += time


@pytest.fixture
def clock() -> Clock:
    return Clock()


HILLSIDE_RULES = """1. Social media

1.1 Staff must not accept friend requests from parents.

1.2 Staff must not accept friend requests from pupils.

1.3 Staff must not put photographs of pupils on their own social media.

2. Mobile phones

2.1 Staff must not use their personal mobile phones during school hours.

2.2 Staff may use their personal mobile phones in the staffroom at lunchtime.

3. Equipment

3.1 Staff must lock their computers when they leave the room.
"""
MEADOW_RULES = """1. Social media

1.1 Staff may accept friend requests from parents whom they know already.

1.2 Staff should not post about their pupils.

2. Badges

2.1 Staff must wear their badges where visitors can see them.
"""


class Chat:
    """A conversation as a channel would hold it: each message is written down, answered, and what is to be kept is kept."""

    def __init__(self, parts: Parts, clock: Clock) -> None:
        self.parts = parts
        self._clock = clock
        # A store that is a copy may hold the messages of the conversation it was made with.
        self._name = token_hex(8)
        self._keys = count()

    def invite(self, school: str, pass_until: datetime | None = None) -> str:
        """Return the code of a new invitation."""
        return self.parts.people.invite(school, PersonRole.STAFF, pass_until)[1]

    def join(self, school: str = "hillside", account: str = "77", channel: str = TELEGRAM) -> Person:
        """Enrol somebody."""
        return self.parts.people.enrol(self.invite(school), channel, account)

    def message(self, text: str = "", **fields: Any) -> Message:
        """Return a message of Telegram's account 77, to the bot alone, unless the fields say otherwise."""
        return Message(**({"channel": TELEGRAM, "account": "77", "place": "77", "text": text} | fields))

    def turn(self, text: str = "", **fields: Any) -> Turn:
        """Return what is to be said to a message; what is to be kept of it is kept."""
        self._clock.wait(timedelta(milliseconds=1))
        message, deliveries = self.message(text, **fields), self.parts.deliveries
        event = deliveries.receive(f"{self._name} {next(self._keys)}", message, self.parts.records.asker(message))
        assert event
        address = message.as_address(message.place, {}) if message.private else None  # as Telegram's channel knows it
        turn = self.parts.conversation.turn(message, event.recent, address)
        deliveries.finish(event, (), turn.keep, turn.school_id)
        return turn

    def say(self, text: str = "", **fields: Any) -> tuple[Reply, ...]:
        """Return the replies to a message."""
        return self.turn(text, **fields).replies(self.message(text, **fields))

    def told(self, text: str = "", **fields: Any) -> str:
        """Return the words of the one reply to a message."""
        (reply,) = self.say(text, **fields)
        return as_text(reply.blocks)

    def button(self, label: str, text: str, **fields: Any) -> str:
        """Return the value of a button under the reply to a message."""
        (value,) = [button.value for reply in self.say(text, **fields) for button in reply.buttons if button.label == label]
        return value


@pytest.fixture
def publish(store: Versions) -> Callable[..., int]:
    """Publish a policy of a school, of these rules; return the number of the version."""

    def build(school: str, rules: str, slug: str = "staff") -> int:
        source = f"{school.upper()} PRIMARY SCHOOL\n\nStaff policy\n\nAdopted: May 2024\n\n{rules}"
        store.save_draft(build_policy(source, school=school, slug=slug, title=None, source_name=slug), source)
        return store.publish(school, slug, "the headteacher")

    return build


@pytest.fixture
def schools(store: Versions, knowledge: Knowledge, publish: Callable[..., int], beginnings: Beginnings) -> Indexes:
    """The indexes of two schools, hillside and meadow, that rule differently on the same things."""

    def make() -> None:
        store.add_school(School("meadow", "Meadow School", "Meadow"))
        publish("hillside", HILLSIDE_RULES)
        publish("meadow", MEADOW_RULES)

    beginnings.fill(store, "two schools", make)
    return Indexes(store, knowledge)


@pytest.fixture
def chat_of(schools: Indexes, clock: Clock) -> Callable[..., Chat]:
    """Return the conversation at two schools, with whatever else `assemble` takes."""

    def build(**settings: Any) -> Chat:
        return Chat(assemble(schools, KEY, now=clock, **settings), clock)

    return build


@pytest.fixture
def chat(chat_of: Callable[..., Chat]) -> Chat:
    """The conversation at two schools, where no workspace is set up."""
    return chat_of()


class Ran(NamedTuple):
    """What a command did: its exit code, and what it wrote to standard output and to standard error."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a new store, which is copied: to make one takes longer than most tests."""
    home = tmp_path_factory.mktemp("empty")
    open_store(sqlite_url(home)).dispose()
    return home


@pytest.fixture(scope="session")
def empty_database() -> str:
    """The name of a database of PostgreSQL that is a new store, which is copied."""
    server = postgres.shared()
    name = server.create()
    open_store(server.url(name)).dispose()
    return name


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try what the store is asked on both stores; with `--on-postgresql` whatever has a store, on that alone."""
    if "dialect" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker
        stores = ["sqlite", "postgresql"] if marked("both_stores") and not marked("files") else ["sqlite"]
        if marked("server_alone") or (metafunc.config.getoption("--on-postgresql") and not marked("files")):
            stores = ["postgresql"]
        metafunc.parametrize("dialect", stores, scope="session")


@pytest.fixture
def store_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a new store."""
    if dialect == "postgresql":
        with postgres.shared().database(request.getfixturevalue("empty_database")) as url:
            yield url
    else:
        copytree(request.getfixturevalue("empty_store"), tmp_path / "store")
        yield sqlite_url(tmp_path / "store")


@pytest.fixture
def store(store_url: str) -> Iterator[Versions]:
    """A new store with one school, hillside, that has published nothing."""
    engine = open_store(store_url)
    versions = Versions(engine, now_utc)
    versions.add_school(HILLSIDE)
    yield versions
    engine.dispose()


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory, parsed: Path) -> Path:
    """A data folder with the five shipped schools. It is shared: ask it, never change it."""
    home = tmp_path_factory.mktemp("demo")
    (home / "cache").symlink_to(parsed)
    engine = open_store(sqlite_url(home))
    seed_demo(Versions(engine, now_utc))
    with engine.begin() as connection:  # else each server that is started on a copy begins with the rounds of five schools
        connection.execute(update(tables.schools).values(round_at=now_utc() + ROUND_EVERY))
    engine.dispose()
    return home


@pytest.fixture(scope="session")
def demo(demo_home: Path, knowledge: Knowledge) -> Iterator[Indexes]:
    """The indexes of the five shipped schools."""
    engine = open_store(sqlite_url(demo_home))
    yield Indexes(Versions(engine, now_utc), knowledge)
    engine.dispose()


@pytest.fixture
def new_home(tmp_path: Path, parsed: Path, empty_store: Path) -> Path:
    """A data folder with a new store."""
    home: Path = copytree(empty_store, tmp_path / "home")
    (home / "cache").symlink_to(parsed)
    return home


@pytest.fixture
def policybot(
    new_home: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """The command line, on a data folder with a new store unless POLICYBOT_HOME is set to another."""
    shared = (new_home / "cache").resolve()
    monkeypatch.setattr("bot.bootstrap.Knowledge", lambda cache: knowledge if cache.resolve() == shared else Knowledge(cache))
    for name in [name for name in os.environ if name.upper().startswith("POLICYBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("POLICYBOT_HOME", str(new_home))

    def run(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as leaving:  # wrong usage, or --help
            code = int(leaving.code or 0)
        finally:
            gc.enable()  # `ask` goes without, which a process of its own can afford
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run
