"""`policybot serve` as a process: how it starts, what it says when it cannot, how it ends."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.platforms.served import free_port

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(parsed: Path) -> Iterator[Start]:
    """Start a server on a data folder and a port; all are stopped at the end."""
    running: list[subprocess.Popen[str]] = []

    def run(home: Path, port: int, **settings: str) -> subprocess.Popen[str]:
        home.mkdir(exist_ok=True)
        if not (home / "cache").exists():
            (home / "cache").symlink_to(parsed)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("POLICYBOT_")}
        environment |= {"POLICYBOT_HOME": str(home), "POLICYBOT_DEMO": "1", "POLICYBOT_BIND": f"127.0.0.1:{port}", **settings}
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
            with urlopen(f"http://127.0.0.1:{port}/chat", timeout=5) as page:
                assert page.status == 200
                return line
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"no page at port {port}")


def stopped(process: subprocess.Popen[str], by: signal.Signals) -> tuple[int, str]:
    """Send a signal; return the exit code and what stands on standard error."""
    process.send_signal(by)
    _, error = process.communicate(timeout=10)
    return process.returncode, error


def test_it_says_where_it_answers_and_ends_cleanly_on_sigterm(start: Start, tmp_path: Path) -> None:
    port = free_port()
    process = start(tmp_path / "home", port)
    assert ready(process, port) == f"policybot answers at http://127.0.0.1:{port} (stop it with Ctrl-C)\n"
    code, error = stopped(process, signal.SIGTERM)
    assert code in (0, -signal.SIGTERM)
    assert error == ""


def test_ctrl_c_ends_it_without_a_traceback(start: Start, tmp_path: Path) -> None:
    port = free_port()
    process = start(tmp_path / "home", port)
    ready(process, port)
    code, error = stopped(process, signal.SIGINT)
    assert code in (0, 130, -signal.SIGINT)
    assert "Traceback" not in error


def test_a_second_start_on_the_same_folder_works(start: Start, tmp_path: Path) -> None:
    for by in (signal.SIGKILL, signal.SIGTERM):
        port = free_port()
        process = start(tmp_path / "home", port)
        ready(process, port)
        stopped(process, by)
    port = free_port()
    ready(start(tmp_path / "home", port), port)


def test_a_port_in_use_is_said_in_one_sentence(start: Start, tmp_path: Path) -> None:
    port = free_port()
    ready(start(tmp_path / "home", port), port)
    second = start(tmp_path / "home", port)
    out, error = second.communicate(timeout=20)
    assert (second.returncode, out) == (1, "")
    assert re.fullmatch(rf"policybot: Port {port} is in use.*POLICYBOT_BIND=127\.0\.0\.1:\d+\.\n", error)


def test_the_secret_key_is_made_when_it_first_starts(start: Start, tmp_path: Path) -> None:
    port = free_port()
    ready(start(tmp_path / "home", port), port)
    assert (tmp_path / "home" / "secret.key").stat().st_mode & 0o777 == 0o600


def test_a_school_of_the_configuration_that_is_none_keeps_it_from_starting(start: Start, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "policybot.yaml").write_text(
        "slack: {bot_token: xoxb-1, app_token: xapp-1, workspaces: {T1: {schools: [conniston]}}}"
    )
    process = start(tmp_path / "home", free_port())
    out, error = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    assert error == "policybot: slack.workspaces.T1 names conniston, which is no school here: did you mean coniston?\n"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"POLICYBOT_BIND": "0.0.0.0:8080"}, "demo mode listens on 127.0.0.1 only"),
        ({"POLICYBOT_DEMO": "0", "POLICYBOT_BIND": "0.0.0.0:8080"}, "set POLICYBOT_PUBLIC_URL"),
        ({"POLICYBOT_HOME": "/dev/null/home"}, "cannot be written"),
        ({"POLICYBOT_SECRET_KEY": "too short"}, "POLICYBOT_SECRET_KEY holds 9 characters"),
        ({"POLICYBOT_TELEGRAM__TOKEN": "too short"}, "POLICYBOT_TELEGRAM__TOKEN is no token of a Telegram bot"),
    ],
)
def test_what_keeps_it_from_starting_is_said_in_one_sentence(
    start: Start, tmp_path: Path, settings: dict[str, str], words: str
) -> None:
    process = start(tmp_path / "home", free_port(), **settings)
    out, error = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    assert error.startswith("policybot: ")
    assert error.count("\n") == 1
    assert words in error
