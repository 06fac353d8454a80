"""A store on a disk that is full, under `policybot serve` and people on Telegram: and then there is room again."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

from sqlalchemy import func, insert, select, text

from bot.clock import now_utc
from bot.conversation import AWAY, NOTHING_KEPT
from bot.deliveries import ANSWERED_MEANWHILE
from bot.people import TELEGRAM, PersonRole
from bot.schema import open_store
from bot.tables import people, questions, tallies
from corpus.tables import sqlite_url
from tests.platforms import hurried_serve
from tests.platforms.served import free_port, wait_for
from tests.platforms.telegram_server import TOKEN, Someone, TelegramServer

QUESTION = "Can I accept a friend request from a pupil?"
RULE = "Coniston"
ROOM = 24 * 2**20  # bytes


@dataclass
class Disk:
    """A small disk. On a machine where none may be made, a limit on the size of the files of a process stands for it."""

    folder: Path
    is_mounted: bool

    def fill(self, process: int) -> None:
        """Leave no room."""
        if not self.is_mounted:
            resource.prlimit(process, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
            return
        with (self.folder / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"\0" * 4096)
            except OSError:
                return

    def empty(self, process: int) -> None:
        """Make room again."""
        if self.is_mounted:
            (self.folder / "filler").unlink()
        else:
            resource.prlimit(process, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def a_small_disk(folder: Path) -> Iterator[Disk]:
    folder.mkdir()
    mounting = ["/bin/mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", folder]
    is_mounted = os.geteuid() == 0 and not subprocess.run(mounting, check=False, capture_output=True).returncode
    try:
        yield Disk(folder, is_mounted)
    finally:
        if is_mounted:
            subprocess.run(["/bin/umount", "--lazy", folder], check=True)


def test_a_full_disk_loses_nothing_and_keeps_no_question_from_its_answer(demo_home: Path, tmp_path: Path) -> None:
    known, stranger, worried = (Someone(number, name) for number, name in ((77, "Kim"), (78, "Lee"), (79, "Sam")))
    with ExitStack() as ending:
        disk = ending.enter_context(a_small_disk(tmp_path / "disk"))
        telegram = ending.enter_context(TelegramServer())
        home = Path(copytree(demo_home, disk.folder / "home", symlinks=True))
        engine = open_store(sqlite_url(home))
        ending.callback(engine.dispose)
        with engine.begin() as connection:
            kim = {"school_id": "coniston", "channel": TELEGRAM, "account": "77", "role": PersonRole.STAFF, "since": now_utc()}
            connection.execute(insert(people).values(kim))
        settings = {"TELEGRAM__TOKEN": TOKEN, "TELEGRAM__API_BASE_URL": telegram.address}
        process = hurried_serve.start(settings | {"HOME": str(home), "BIND": f"127.0.0.1:{free_port()}"}, tmp_path / "log")
        ending.callback(process.join)
        ending.callback(process.kill)

        def asked() -> int:
            with engine.connect() as connection:
                return connection.scalar(select(func.count()).select_from(questions)) or 0

        def replies(who: Someone) -> list[str]:
            return [message["text"] for message in telegram.messages(who) if message["from"]["is_bot"]]

        def answer(who: Someone, question: str) -> str:
            before = len(replies(who))
            telegram.writes(who, question)
            wait_for(lambda: len(replies(who)) > before)
            return replies(who)[-1]

        first = answer(known, QUESTION)
        assert RULE in first
        assert NOTHING_KEPT not in first
        wait_for(lambda: asked() == 1)
        assert process.pid
        disk.fill(process.pid)
        # What the store's journal has room for already is still written down: until that is used up.
        while NOTHING_KEPT not in (meanwhile := answer(known, QUESTION)):
            assert RULE in meanwhile
        assert meanwhile.startswith(first.partition("\n")[0])
        assert AWAY in answer(known, "/mydata")
        assert AWAY in answer(stranger, QUESTION)
        assert "999" in answer(worried, "a boy told me his dad hits him")
        kept = asked()
        disk.empty(process.pid)
        wait_for(lambda: NOTHING_KEPT not in answer(known, QUESTION))
        wait_for(lambda: asked() == kept + 1)
        assert process.is_alive()
        with engine.connect() as connection:
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
            counted = select(tallies.c.times).where(tallies.c.what == ANSWERED_MEANWHILE)
            wait_for(lambda: (connection.rollback(), connection.scalar(counted))[1])
        said = [*replies(known), *replies(stranger), *replies(worried)]
        assert len(said) == len(telegram.made("sendMessage"))
        assert "Traceback" not in (tmp_path / "log").read_text()
