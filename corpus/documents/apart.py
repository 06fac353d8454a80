"""A document becomes a policy in a process of its own, which has limits on time and memory: no file can stall or fell the bot.

The child gets the bytes over a pipe and answers over another; nothing is written to disk. It is a new interpreter and no fork,
since the server has threads, and it sees nothing of the server's environment. Not only the reading is done there but the
making of clauses too: a single line that is long enough keeps that busy for minutes.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from corpus.building import Built, build_document
from corpus.clause import Policy
from corpus.documents.doubt import Doubt
from corpus.errors import CorpusError, DocumentError

LARGEST_DOCUMENT = 10_000_000  # bytes; the longest policies seen are a hundredth of it
_LARGEST_RESULT = 20_000_000  # bytes; ten times the words that a document of that size holds
_OPEN_FILES = 64  # as many as Python needs to import what reads a document
# The child finds its modules where this process does, and nowhere else.
_START = "import sys; sys.path[:] = sys.argv[3:]; from corpus.documents.apart import answer; answer(*sys.argv[1:3])"
# So many documents are read at a time: the machine is small, and staff ask meanwhile.
_AT_ONCE = threading.BoundedSemaphore(2)

_BUSY = "{name} could not be read just now, as the computer is busy: try again in a minute."


_NOTHING = msgspec.Raw(b"null")


class _Request(msgspec.Struct):
    """What the child is told beside the document."""

    name: str
    school: str
    title: str | None


class _Answer(msgspec.Struct):
    """What the child says: the policy as JSON and what else came of the document, or why it cannot be read."""

    policy: msgspec.Raw = _NOTHING
    source: str | None = None
    doubts: tuple[Doubt, ...] = ()
    ignored: tuple[str, ...] = ()
    refusal: str | None = None
    out_of_memory: bool = False


def refuse_large(size: int, name: str) -> None:
    """Raise DocumentError where a document of `size` bytes is too large to be read."""
    if size > LARGEST_DOCUMENT:
        raise DocumentError(f"{name} is larger than {LARGEST_DOCUMENT // 1_000_000} MB: is it the policy?")


def build_apart(
    raw: bytes, name: str, *, school: str, title: str | None = None, seconds: float = 20, memory: int = 1_000_000_000
) -> Built:
    """Return what a document becomes, made in a process that ends after `seconds` and may take `memory` bytes.

    As `build_document`, and raises DocumentError, with one sentence that a headteacher can act on, whatever the file does to its
    reader.
    """
    refuse_large(len(raw), name)
    told = msgspec.json.encode(_Request(name, school, title)) + b"\n"
    with _turn(seconds, name):
        return _build_apart(told + raw, name, seconds, memory)


@contextmanager
def _turn(seconds: float, name: str) -> Iterator[None]:
    """Wait until no more than a few others are being read."""
    if not _AT_ONCE.acquire(timeout=seconds):
        raise DocumentError(_BUSY.format(name=name))
    try:
        yield
    finally:
        _AT_ONCE.release()


def _build_apart(request: bytes, name: str, seconds: float, memory: int) -> Built:
    try:
        process = start_reader(seconds, memory)
    except OSError:
        raise DocumentError(_BUSY.format(name=name)) from None
    late = threading.Event()

    def stop() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(seconds, stop)
    timer.start()
    try:
        said = _exchange(process, request)
    finally:
        timer.cancel()
        timer.join()
        _kill(process)
        process.wait()
    if len(said) > _LARGEST_RESULT:
        raise DocumentError(f"{name} holds more text than any policy: bring in only the pages that hold the policy.")
    try:
        answer = msgspec.json.decode(said, type=_Answer)
    except msgspec.MsgspecError:
        answer = _Answer()
    return _judge(answer, name, late=late.is_set() or process.returncode == -getattr(signal, "SIGXCPU", 0))


def start_reader(seconds: float, memory: int) -> subprocess.Popen[bytes]:
    """Start the process that reads a request, as JSON on a line, and a document from its standard input.

    Raises OSError where the system has no room for it.
    """
    root = str(Path(__file__).parents[2])
    paths = [root, *(path for path in sys.path if path and path != root)]
    # -I leaves the user's own modules and PYTHON... variables out, -S what site adds: the paths are given.
    command = [sys.executable, "-I", "-S", "-B", "-c", _START, str(seconds), str(memory), *paths]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={variable: os.environ[variable] for variable in ("SYSTEMROOT", "LD_LIBRARY_PATH") if variable in os.environ},
        start_new_session=True,
    )


def _judge(answer: _Answer, name: str, *, late: bool) -> Built:
    if answer.policy != _NOTHING:
        return Built(Policy.from_json(bytes(answer.policy)), answer.source, answer.doubts, answer.ignored)
    if answer.refusal:
        raise DocumentError(answer.refusal)
    if late:
        raise DocumentError(f"{name} took too long to read: save it again as a new file, without pictures, and bring that in.")
    if answer.out_of_memory:
        raise DocumentError(
            f"{name} needs more memory than it may have: save it again as a new file, without pictures, and bring that in."
        )
    raise DocumentError(f"{name} could not be read and may be damaged: open it, save it again as a new file, and bring that in.")


def _exchange(process: subprocess.Popen[bytes], request: bytes) -> bytes:
    """Give the child its document and return what it says, with no more than a byte over the largest result."""
    assert process.stdin is not None and process.stdout is not None  # noqa: PT018, S101
    # The child reads to the end before it writes; one that is killed closes the pipe.
    with suppress(BrokenPipeError):
        process.stdin.write(request)
    with suppress(BrokenPipeError):
        process.stdin.close()
    with process.stdout:
        return process.stdout.read(_LARGEST_RESULT + 1)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the child with whatever it has started; it is not yet reaped, so its number is still its own."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def answer(seconds: str, memory: str) -> None:
    """Read the document on standard input and write what came of it to standard output: the child's whole life."""
    _limit(float(seconds), int(memory))
    try:
        told, _, raw = sys.stdin.buffer.read().partition(b"\n")
        request = msgspec.json.decode(told, type=_Request)
        policy, source, doubts, ignored = build_document(raw, request.name, school=request.school, title=request.title)
        said = _Answer(msgspec.Raw(policy.to_json()), source, doubts, ignored)
    except CorpusError as error:
        said = _Answer(refusal=str(error))
    except (MemoryError, RecursionError):
        said = _Answer(out_of_memory=True)
    sys.stdout.buffer.write(msgspec.json.encode(said))
    sys.stdout.buffer.flush()
    os._exit(0)  # what the reader left behind is not worth tidying up


def _limit(seconds: float, memory: int) -> None:
    """Limit what this process may take; where the platform has no such limits, only its parent's watch holds."""
    try:
        import resource
    except ImportError:
        return
    wanted = {
        resource.RLIMIT_AS: _address_space() + memory,
        resource.RLIMIT_CPU: int(seconds) + 1,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for limit, value in wanted.items():
        hard = resource.getrlimit(limit)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with suppress(ValueError, OSError):  # a platform that does not know this limit
            resource.setrlimit(limit, (most, most))


def _address_space() -> int:
    """Return how much address space this process has taken already, where the platform says so."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
