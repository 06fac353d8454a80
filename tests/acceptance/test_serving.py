"""`policybot serve` as a process: how it starts, what it says when it cannot, how it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import uvicorn

from tests.platforms.served import free_port

Start = Callable[..., subprocess.Popen[str]]
Policybot = Callable[..., Any]


@pytest.fixture
def start(parsed: Path) -> Iterator[Start]:
    """Start a server on a data folder and its two ports; all are stopped at the end."""
    running: list[subprocess.Popen[str]] = []

    def run(home: Path, port: int, metrics_port: int) -> subprocess.Popen[str]:
        home.mkdir(exist_ok=True)
        if not (home / "cache").exists():
            (home / "cache").symlink_to(parsed)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("POLICYBOT_")}
        environment |= {"POLICYBOT_HOME": str(home), "POLICYBOT_DEMO": "1", "POLICYBOT_BIND": f"127.0.0.1:{port}"}
        environment["POLICYBOT_METRICS_BIND"] = f"127.0.0.1:{metrics_port}"
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"],
                env=environment,
                cwd=Path(__file__).parents[2],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.communicate()


def ready(process: subprocess.Popen[str], port: int) -> str:
    """Wait for the line that says where it answers, and for the page; return the line."""
    assert process.stdout is not None
    line = process.stdout.readline()
    for _ in range(100):
        try:
            with urlopen(f"http://127.0.0.1:{port}/chat", timeout=30) as page:
                assert page.status == 200
                return line
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"no page at port {port}")


def leave_half_way(port: int) -> None:
    """Go away before all of a form is sent, as a page does that is left while it asks what is new."""
    head = f"POST /chat HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 900\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\nschool=coni".encode())
    with urlopen(f"http://127.0.0.1:{port}/chat", timeout=30) as page:
        assert page.status == 200


def stopped(process: subprocess.Popen[str], by: signal.Signals) -> tuple[int, str]:
    """Send a signal; return the exit code and what stands on standard error."""
    process.send_signal(by)
    _, error = process.communicate(timeout=60)
    return process.returncode, error


def test_it_says_where_it_answers_ends_cleanly_and_starts_again_on_the_same_folder_however_it_ended(
    start: Start, tmp_path: Path
) -> None:
    for by, codes in (
        (signal.SIGTERM, (0, -signal.SIGTERM)),
        (signal.SIGKILL, (-signal.SIGKILL,)),
        (signal.SIGINT, (0, 130, -signal.SIGINT)),
    ):
        port, metrics_port = free_port(), free_port()
        process = start(tmp_path / "home", port, metrics_port)
        assert ready(process, port) == f"policybot answers at http://127.0.0.1:{port} (stop it with Ctrl-C)\n"
        assert (tmp_path / "home" / "secret.key").stat().st_mode & 0o777 == 0o600
        leave_half_way(port)
        with urlopen(f"http://127.0.0.1:{metrics_port}/metrics", timeout=30) as metrics:
            assert b"policybot_schools_in_memory 1.0" in metrics.read()  # one is built at the start
        code, error = stopped(process, by)
        assert code in codes
        assert error == ""


# What keeps it from starting is looked for before anything is served, so that the command can be run inside this process.


@pytest.fixture
def refused(policybot: Policybot, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return what `policybot serve` says with these settings, on a port of its own: that it cannot start."""

    def served(*_: object, **__: object) -> None:
        pytest.fail("it serves")

    def run(**settings: str) -> str:
        for name, value in {"DEMO": "1", "BIND": f"127.0.0.1:{free_port()}", **settings}.items():
            monkeypatch.setenv(f"POLICYBOT_{name}", value)
        monkeypatch.setattr(uvicorn.Server, "run", served)  # which would never end
        ran = policybot("serve")
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith("policybot: ")
        assert ran.err.count("\n") == 1
        return str(ran.err)

    return run


def test_a_fault_that_ends_it_is_in_the_log_alone_without_its_words(
    policybot: Policybot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("marmalade")

    monkeypatch.setenv("POLICYBOT_DEMO", "1")
    monkeypatch.setenv("POLICYBOT_BIND", f"127.0.0.1:{free_port()}")
    monkeypatch.setattr(uvicorn.Server, "run", fail)
    ran = policybot("serve")
    line = json.loads(ran.err)
    assert (ran.code, line["event"]) == (1, "The server ended by a fault")
    assert "marmalade" not in ran.err


def test_a_port_in_use_is_said_in_one_sentence(refused: Callable[..., str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        error = refused(BIND=f"127.0.0.1:{port}")
    assert re.fullmatch(rf"policybot: Port {port} is in use.*POLICYBOT_BIND=127\.0\.0\.1:\d+\.\n", error)


def test_a_school_of_the_configuration_that_is_none_keeps_it_from_starting(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "home" / "policybot.yaml").write_text(
        "slack: {bot_token: xoxb-1, app_token: xapp-1, workspaces: {T1: {schools: [conniston]}}}"
    )
    error = refused()
    assert error == "policybot: slack.workspaces.T1 names conniston, which is no school here: did you mean coniston?\n"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"BIND": "0.0.0.0:8080"}, "demo mode listens on 127.0.0.1 only"),
        ({"DEMO": "0", "BIND": "0.0.0.0:8080"}, "set POLICYBOT_PUBLIC_URL"),
        ({"HOME": "/dev/null/home"}, "cannot be written"),
        ({"SECRET_KEY": "too short"}, "POLICYBOT_SECRET_KEY holds 9 characters"),
        ({"TELEGRAM__TOKEN": "too short"}, "POLICYBOT_TELEGRAM__TOKEN is no token of a Telegram bot"),
    ],
)
def test_what_keeps_it_from_starting_is_said_in_one_sentence(
    refused: Callable[..., str], settings: dict[str, str], words: str
) -> None:
    assert words in refused(**settings)
