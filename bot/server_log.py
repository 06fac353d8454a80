"""The server's log: a line for each thing that went wrong, whichever library says it, and in none a word of anybody's.

What somebody wrote may stand in any argument of a message, in any message that was put together, and in the words of any
exception. So a message is written only where it is a constant of the code that logs, without its arguments; of an exception its
type, the code in which it was raised, and what the system, the store or the platform calls it, if that is one of the names that
are known; besides, which channel it was on. Code logs by `logging`, with a constant and no arguments:
`_log.warning("A file was not given", extra={"channel": SLACK})`.
"""

import errno
import logging
import os
import re
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import currentframe
from types import CodeType, FrameType
from typing import Any, TextIO

from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import JSONRenderer, TimeStamper
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from bot.people import CHANNEL_NAMES

NOT_CONSTANT = "a message that may hold somebody's words, and is not written down"
_CODE_OF_STORE = re.compile(r"[A-Z0-9_]{1,50}")
# What Slack and Entra call what whoever runs the server can put right or must wait for; nothing else that they say is written.
# https://docs.slack.dev/reference/methods/auth.test, https://www.rfc-editor.org/rfc/rfc6749#section-5.2
CODES_OF_PLATFORMS = (
    "access_denied",
    "account_inactive",
    "fatal_error",
    "internal_error",
    "invalid_auth",
    "invalid_blocks",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "ratelimited",
    "service_unavailable",
    "team_access_not_granted",
    "temporarily_unavailable",
    "token_expired",
    "token_revoked",
    "unauthorized_client",
)

_log = logging.getLogger("policybot")


@contextmanager
def logged_to(stream: TextIO) -> Iterator[None]:
    """Write to `stream` what goes wrong within the context: for people where it is a terminal, else as lines of JSON."""
    handler = logging.StreamHandler(stream)
    handler.setLevel(logging.WARNING)  # here, since libraries set the levels of their loggers
    handler.setFormatter(_formatter(for_people=stream.isatty()))
    # Each of these would else print the words of an exception.
    before = logging.raiseExceptions, warnings.showwarning, threading.excepthook, sys.unraisablehook
    logging.raiseExceptions = False
    warnings.showwarning = _warned  # type: ignore[assignment]
    threading.excepthook = _thread_ended
    sys.unraisablehook = _not_raised
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        logging.raiseExceptions, warnings.showwarning, threading.excepthook, sys.unraisablehook = before


def _formatter(*, for_people: bool) -> logging.Formatter:
    shown: list[Processor] = [JSONRenderer()]
    if for_people:
        shown = [_with_lines, ConsoleRenderer(exception_formatter=plain_traceback)]
    return ProcessorFormatter(processors=[_without_words, TimeStamper(fmt="iso"), *shown], use_get_message=False)


def _without_words(_logger: object, _name: str, event_dict: EventDict) -> EventDict:
    """Return what a line says of a record."""
    record: logging.LogRecord = event_dict["_record"]
    frame = _logging_frame(record)
    said: dict[str, Any] = {
        "level": record.levelname.lower(),
        "event": record.msg.strip() if frame and _is_constant(record.msg, frame.f_code) else NOT_CONSTANT,
        "logger": record.name,
    }
    for name, known in (("channel", tuple(CHANNEL_NAMES)), ("code", CODES_OF_PLATFORMS)):
        if record.__dict__.get(name) in known:
            said[name] = record.__dict__[name]
    if frame:
        said["at"] = _place(frame, record.lineno)
    # A library that logs while it handles an exception often puts that into its words alone.
    _, error, _ = event_dict.get("exc_info") or sys.exc_info()
    if error:
        said["exception"] = [_told(one) for one in _chain(error)]
    return said


def _logging_frame(record: logging.LogRecord) -> FrameType | None:
    """Return the frame of the code that logs, which waits for this; None where the record was made in another way."""
    frame = currentframe()
    while frame and (frame.f_code.co_filename, frame.f_lineno) != (record.pathname, record.lineno):
        frame = frame.f_back
    return frame


def _is_constant(message: object, code: CodeType) -> bool:
    return type(message) is str and message in code.co_consts


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, then what it came from, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        waiting.append(one.__cause__ or (None if one.__suppress_context__ else one.__context__))


def _told(error: BaseException) -> dict[str, Any]:
    """Return what may be said of an exception."""
    kind = type(error)
    told: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
    if code := _code_of(error):
        told["code"] = code
    return {**told, "at": [_place(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]}


def _code_of(error: BaseException) -> str | None:
    """Return what the system, the store or Slack calls an error, such as ENOSPC, SQLITE_BUSY, 40001 or invalid_auth."""
    if isinstance(error, OSError) and error.errno is not None and error.strerror == os.strerror(error.errno):
        return errno.errorcode.get(error.errno)
    answer = getattr(getattr(error, "response", None), "data", None)
    if isinstance(answer, dict) and answer.get("error") in CODES_OF_PLATFORMS:
        return str(answer["error"])
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    return code if isinstance(code, str) and _CODE_OF_STORE.fullmatch(code) else None


def _place(frame: FrameType, line: int) -> str:
    """Return where code stands: its module, whose path might tell whose machine it is, its line and its function."""
    return f"{frame.f_globals.get('__name__')}:{line} {frame.f_code.co_qualname}"


def _with_lines(_logger: object, _name: str, said: EventDict) -> EventDict:
    """Return a line with its exceptions as text, the newest last, as Python shows them."""
    if "exception" in said:
        errors = [
            "\n".join([*(f"  {place}" for place in one["at"]), " ".join(filter(None, (one["type"], one.get("code"))))])
            for one in reversed(said["exception"])
        ]
        return {**said, "exception": "\n".join(errors)}
    return said


def _warned(warning: Warning, *_where: object) -> None:
    _log.warning("A library warns", exc_info=warning)


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_type is not SystemExit:
        _log.error("A thread ended by a fault", exc_info=ended.exc_value)


def _not_raised(fault: "sys.UnraisableHookArgs") -> None:
    _log.error("A fault came where nothing could be told of it", exc_info=fault.exc_value)
