"""`policybot` killed again and again while it brings in a document, publishes, rolls back or corrects.

Each deed is first done whole to a copy of the store, by the same request. After the kill the store holds, in every row of what is
told of policies, what it held before or what the copy holds now, and never anything between.

KILLS_SEED repeats the choices of a run.
"""

import os
import random
import re
import shutil
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from enum import StrEnum
from functools import partial
from itertools import cycle, product
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

import httpx
import pytest
from sqlalchemy import DateTime, Engine, insert, select
from starlette.applications import Starlette

from bot.assembly import NO_WAYS, Parts, assemble
from bot.audit import at_command_line
from bot.bootstrap import Indexes
from bot.bringing_in import BringingIn
from bot.clock import now_utc
from bot.configuration import Configuration
from bot.desk.gate import COOKIE, Gate
from bot.desk.routes import desk_routes
from bot.joining import COOKIE as DOOR
from bot.people import WEB, PersonRole
from bot.schema import open_store
from bot.tables import announcements, audit, gap_decisions, looked_at, notices, proposals, trial_questions, watches
from corpus.tables import clauses, corrections, policies, schools, sqlite_url, versions
from corpus.tenancy import writing_at
from corpus.versions import School, Versions
from retrieval.knowledge import Knowledge
from tests.corpus.office_files import docx, para
from tests.platforms import hurried_serve
from tests.platforms.at_desk import Seat
from tests.platforms.served import free_port

SECRET = "a key that only the tests have, and long enough"  # noqa: S105  of no installation
TOLD = (schools, policies, versions, clauses, corrections, audit, notices)
TOLD += (proposals, looked_at, gap_decisions, announcements, watches)
# The data folder holds these and no others, whatever was killed; -journal is SQLite's while it turns a store to WAL.
FILES = {f"policybot.sqlite{suffix}" for suffix in ("", "-wal", "-shm", "-journal")} | {"cache", "log"}
QUESTION = "Can I accept friend requests from parents?"
FIRST_GUESS = 0.5  # seconds that a deed takes
STARTS_WITHIN = ENDS_WITHIN = 60.0  # seconds, on a busy machine

Rows = dict[str, list[tuple[object, ...]]]


class Deed(StrEnum):
    """What is being done."""

    UPLOAD = "upload at the desk"
    IMPORT = "policybot import"
    PUBLISH = "publication"
    ROLL_BACK = "roll back"
    CORRECT = "correction"


class When(StrEnum):
    """When the process is killed."""

    ANY_TIME = "at any time"
    WRITING = "as soon as the store is written to"


class Form(NamedTuple):
    """A form of the desk as a browser sends it."""

    path: str
    fields: dict[str, str]
    files: dict[str, tuple[str, bytes]] | None = None


def document(edition: int) -> bytes:
    """Return a Word document each of whose rules names its edition; editions have different rules besides."""
    about = ["HILLSIDE PRIMARY SCHOOL", "Staff policy", "Adopted: May 2024", "1. Social media"]
    whose = [f"the parents of year {number}" for number in range(1, 24) if number % 5 != edition % 5]
    rules = [f"1.{at} Staff must not accept friend requests from {who} in edition {edition}." for at, who in enumerate(whose, 1)]
    return docx("".join(map(para, [*about, *rules])))


def editions(words: str) -> set[int]:
    return {int(number) for number in re.findall(r"in edition (\d+)", words)}


def rows_of(engine: Engine) -> Rows:
    """Return all rows of what is told of policies, without times."""
    with engine.connect() as connection:
        found = {}
        for table in TOLD:
            columns = [column for column in table.columns if not isinstance(column.type, DateTime)]
            found[table.name] = [tuple(row) for row in connection.execute(select(*columns).order_by(*table.primary_key))]
        return found


@contextmanager
def opened(home: Path, knowledge: Knowledge) -> Iterator[Parts]:
    """Open a store, as whoever starts after a kill does."""
    engine = open_store(sqlite_url(home))
    try:
        yield assemble(Indexes(Versions(engine, now_utc), knowledge), SECRET.encode())
    finally:
        engine.dispose()


class Hillside:
    """A school whose policies are kept by a process that dies; what it left is examined each time."""

    def __init__(self, home: Path, knowledge: Knowledge, seed: int) -> None:
        """Publish two versions of a policy, and enrol a headteacher and a teacher."""
        self.figures: Counter[str] = Counter()
        self._home = home
        self._temporary = home.parent / "temporary"
        self._temporary.mkdir()
        self._knowledge = knowledge
        self._random = random.Random(seed)  # noqa: S311  no secret
        self._edition = 0
        self._ever: dict[int, tuple[object, ...]] = {}  # every version ever published, as it was then
        self._takes: dict[Deed, float] = {}  # seconds, from the beginning to the answer
        with opened(home, knowledge) as parts:
            parts.indexes.versions.add_school(School("hillside", "Hillside Primary School", "Hillside"))
            self._head, teacher = (
                parts.people.enrol(parts.people.invite("hillside", role)[1], WEB, role)
                for role in (PersonRole.HEADTEACHER, PersonRole.STAFF)
            )
            self._teacher = parts.people.open_session(teacher, shared=False)
            with writing_at(parts.indexes.versions.engine, "hillside") as connection:
                connection.execute(insert(trial_questions).values(school_id="hillside", question=QUESTION, must=False))
            for _ in range(2):
                self._draft(parts)
                parts.indexes.versions.publish("hillside", "staff", "the headteacher")

    @property
    def log(self) -> str:
        """What all the processes together wrote of their faults."""
        return (self._home / "log").read_text()

    def _next(self) -> bytes:
        self._edition += 1
        return document(self._edition)

    def _draft(self, parts: Parts) -> None:
        """Bring the next edition in, and look at what it changes."""
        bring_in(parts, "edition.docx", self._next(), self._head.in_trail)
        trial = parts.readiness.trial("hillside", "staff")
        for group in parts.looked_at.unseen("hillside", "staff", trial):
            parts.looked_at.mark("hillside", "staff", group.digest, group.matter, self._head.in_trail)

    def kill(self, deed: Deed, when: When) -> None:
        """Let a deed be done, kill whoever does it, and examine what is there then."""
        with opened(self._home, self._knowledge) as parts:
            if deed is Deed.PUBLISH:
                self._draft(parts)
            form = self._form(deed, parts)
            session = parts.desk.enter(parts.desk.make_link(self._head)).token
            before, current = rows_of(parts.indexes.versions.engine), self._answered_from(parts)
        copy = Path(mkdtemp(dir=self._home.parent))
        for file in self._home.glob("policybot.sqlite*"):
            shutil.copy(file, copy)
        if deed is Deed.IMPORT:
            assert form.files
            with opened(copy, self._knowledge) as parts:
                bring_in(parts, *form.files["document"], at_command_line())
                after = rows_of(parts.indexes.versions.engine)
            answered = self._import(form, when)
        else:
            process, address = self._served()
            with opened(copy, self._knowledge) as parts:
                seat = at_desk(parts, session)
                form = form._replace(fields=form.fields | {"form_key": seat.form_key(form.path)})
                sent = seat.send(form.path, form.fields, form.files)
                assert (sent.status_code, sent.history != []) == (200, True), sent.text
                after = rows_of(parts.indexes.versions.engine)
            assert editions(self._asked(address)) == {current}
            url = f"{address}/desk/hillside{form.path}"
            post = partial(httpx.post, url, data=form.fields, files=form.files, cookies={COOKIE: session}, timeout=ENDS_WITHIN)
            answered = self._killed(deed, when, process, lambda: post().status_code == 303)
        self._examine(deed, before, after, answered=answered)
        shutil.rmtree(copy)

    def _form(self, deed: Deed, parts: Parts) -> Form:
        """Return the form with which a deed is done at the desk."""
        stored = parts.indexes.versions
        now = stored.version("hillside", "staff")
        if deed in (Deed.UPLOAD, Deed.IMPORT):
            fields = {"do": "bring-in", "policy": "staff"}
            return Form("/bring-in", fields, {"document": (f"edition {self._edition + 1}.docx", self._next())})
        if deed is Deed.PUBLISH:
            draft = stored.draft("hillside", "staff")
            return Form("/policies/staff/draft/publish", {"do": "publish", "digest": draft.digest})
        if deed is Deed.ROLL_BACK:
            numbers = [one.number for one in stored.history("hillside", "staff") if one.number != now.number]
            return Form(f"/policies/staff/versions/{self._random.choice(numbers)}", {"do": "roll-back"})
        clause = self._random.choice([*now.policy.clauses()])
        reason = f"looked at {self._random.random()}"
        fields = {"do": "stance", "stance": "forbidden", "binds": "staff", "reason": reason}
        return Form(f"/policies/staff/versions/{now.number}/clauses/{clause.id}", fields)

    @property
    def _settings(self) -> dict[str, str]:
        return {"HOME": str(self._home), "SECRET_KEY": SECRET}

    def _served(self) -> tuple[BaseProcess, str]:
        address = f"127.0.0.1:{free_port()}"
        return hurried_serve.start(
            self._settings | {"BIND": address}, self._home / "log", temporary=self._temporary
        ), f"http://{address}"

    def _import(self, form: Form, when: When) -> bool:
        assert form.files
        file = self._home.parent / form.files["document"][0]
        file.write_bytes(form.files["document"][1])
        command = ("import", str(file), "--school", "hillside", "--policy", "staff")
        process = hurried_serve.start(self._settings, self._home / "log", command, self._temporary)

        def succeeds() -> bool:
            process.join()
            return process.exitcode == 0

        answered = self._killed(Deed.IMPORT, when, process, succeeds)
        file.unlink()
        return answered

    def _asked(self, address: str) -> str:
        """Return what a teacher is told as soon as a server is there."""
        give_up = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                asked = {"question": QUESTION}
                return httpx.post(f"{address}/chat", data=asked, cookies={DOOR: self._teacher}, timeout=STARTS_WITHIN).text
            except httpx.TransportError:
                assert time.monotonic() < give_up, self.log[-3000:]
                time.sleep(0.02)

    def _killed(self, deed: Deed, when: When, process: BaseProcess, do: Callable[[], bool]) -> bool:
        """Kill a process while it does something; return whether `do`, which waits for that, had told before that it is done."""
        answered = threading.Event()

        def end() -> None:
            with suppress(httpx.TransportError):
                if do():
                    answered.set()

        written, begins = self._written(), time.monotonic()
        doing = threading.Thread(target=end)
        doing.start()
        takes = self._takes.get(deed, FIRST_GUESS)
        if when is When.ANY_TIME:
            answered.wait(self._random.uniform(0, 1.1 * takes))
        else:
            while self._written() == written and not answered.is_set():
                assert time.monotonic() < begins + ENDS_WITHIN, self.log[-3000:]
                time.sleep(0.0002)
            time.sleep(self._random.choice((0, 0.001, 0.004)))
        ended, reading = answered.is_set(), has_child(process)
        if ended:
            self._takes[deed] = time.monotonic() - begins
        process.kill()
        doing.join()
        process.join()
        self.figures["killed while a document was read"] += reading
        return ended

    def _written(self) -> tuple[int, int] | None:
        """Return what changes whenever the store is written to; a log of writes that is still empty is as good as none."""
        try:
            at = (self._home / "policybot.sqlite-wal").stat()
        except FileNotFoundError:
            return None
        return (at.st_size, at.st_mtime_ns) if at.st_size else None

    def _examine(self, deed: Deed, before: Rows, after: Rows, *, answered: bool) -> None:
        with closing(sqlite3.connect(self._home / "policybot.sqlite")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        with opened(self._home, self._knowledge) as parts:
            found = rows_of(parts.indexes.versions.engine)
            committed = found == after
            assert committed or found == before, [name for name in found if found[name] not in (before[name], after[name])]
            assert committed or not answered
            self._answered_from(parts)
            for one in parts.indexes.versions.history("hillside", "staff"):
                assert one.number
                published = (one.source, [clause.words for clause in one.policy.clauses()], one.published_at)
                assert self._ever.setdefault(one.number, published) == published
            assert len(parts.indexes.versions.history("hillside", "staff")) == len(self._ever)
        assert {file.name for file in self._home.iterdir()} <= FILES
        assert list(self._temporary.iterdir()) == []
        self.figures[f"{deed}: {'after' if committed else 'before'} the commit"] += 1
        self.figures["killed when it was answered already"] += answered

    def _answered_from(self, parts: Parts) -> int:
        """Return the one edition that all is answered from."""
        index = parts.indexes.of("hillside")
        ((number, policy),) = parts.indexes.versions.published("hillside").versions
        (edition,) = editions(" ".join(clause.words for one in (*index.policies, policy) for clause in one.clauses()))
        (other,) = editions(parts.indexes.versions.version("hillside", "staff", number).source or "")
        assert edition == other
        return edition


class KeptSeat(Seat):
    """A browser at the desk that holds a session already."""

    def __init__(self, app: Starlette, session: str) -> None:
        super().__init__(app, "hillside")
        self.client.cookies.set(COOKIE, session, path="/desk")

    def form_key(self, path: str) -> str:
        (key,) = set(re.findall(r'name="form_key" value="(\w+)"', self.get(path).text))
        return key


def at_desk(parts: Parts, session: str) -> KeptSeat:
    gate = Gate(parts.desk, parts.people, SECRET.encode(), secure=False)
    return KeptSeat(Starlette(routes=desk_routes(gate, parts, now_utc, ways=NO_WAYS, configuration=Configuration())), session)


def bring_in(parts: Parts, name: str, raw: bytes, who: str) -> None:
    BringingIn(parts.indexes.versions, parts.audit).bring_in("hillside", name, raw, who, slug="staff")


def has_child(process: BaseProcess) -> bool:
    """Tell whether a process has started another, which reads a document."""
    return any(file.read_text() for file in Path(f"/proc/{process.pid}/task").glob("*/children"))


@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=pytest.mark.soak)])
def test_whatever_is_killed_the_store_is_as_it_was_before_or_as_it_is_after(
    new_home: Path, knowledge: Knowledge, kills: int
) -> None:
    seed = int(os.environ.get("KILLS_SEED") or random.randrange(10**6))  # noqa: S311  no secret
    print(f"KILLS_SEED={seed}")  # noqa: T201  for whoever repeats it
    hillside = Hillside(new_home, knowledge, seed)
    for _, (deed, when) in zip(range(kills), cycle(product(Deed, When)), strict=False):
        hillside.kill(deed, when)
    print(dict(sorted(hillside.figures.items())))  # noqa: T201  the same
    assert "Traceback" not in hillside.log
