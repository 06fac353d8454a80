"""deploy/Dockerfile: what its lines hold, and that what they install serves where nothing can be written."""

import http.server
import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

from tests.platforms.served import free_port

ROOT = Path(__file__).parents[2]
with (ROOT / "deploy" / "Dockerfile").open("rb") as dockerfile:
    LINES = [(line["instruction"], line["value"]) for line in DockerfileParser(fileobj=dockerfile).structure]
SECOND = [number for number, (instruction, _) in enumerate(LINES) if instruction == "FROM"][1]
BUILD, FINAL = LINES[:SECOND], LINES[SECOND:]


def values(stage: list[tuple[str, str]], wanted: str) -> list[str]:
    return [value for instruction, value in stage if instruction == wanted]


def copied() -> list[str]:
    """Return the files and folders of the checkout that go into the image."""
    return [source for value in values(BUILD, "COPY") for source in value.split()[:-1]]


def test_what_is_sent_to_the_builder_is_what_is_copied() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "*"  # everything stays out that is not named after it
    assert sorted(line[1:] for line in lines if line.startswith("!")) == sorted(copied())
    assert [name for name in copied() if not (ROOT / name).exists()] == []


def test_every_package_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for package in project["tool"]["setuptools"]["packages"]["find"]["include"]:
        assert [name for name in copied() if fnmatch(name, package)]


def test_what_comes_from_elsewhere_is_pinned_by_its_hashes() -> None:
    installs = [
        command for value in values(LINES, "RUN") for command in value.split("&&") if " install " in f" {command.strip()} "
    ]
    fetching = [words for words in map(shlex.split, installs) if words[0] == "pip" and "--no-index" not in words]
    assert len(fetching) == 2
    for words in fetching:
        assert {"--require-hashes", "--only-binary", "-r"} <= set(words)


def test_it_runs_without_rights_and_ends_when_it_is_told_to() -> None:
    assert values(FINAL, "USER") == ["10001:10001"]  # in numbers, by which Kubernetes sees that it is not root
    assert values(FINAL, "VOLUME") == ["/var/lib/policybot"]
    assert values(FINAL, "STOPSIGNAL") == ["SIGTERM"]
    # No shell in between, which would keep the signal to itself.
    assert json.loads(values(FINAL, "ENTRYPOINT")[0]) + json.loads(values(FINAL, "CMD")[0]) == ["policybot", "serve"]


# The health check


class _Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self.path == "/healthz" and self.headers["Host"].startswith("127.0.0.1")
        self.send_response(self.server.status if known else 404)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Keep it to itself."""


@contextmanager
def answering(status: int) -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), _Health) as server:
        server.status = status  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def healthy(port: int) -> bool:
    (check,) = values(FINAL, "HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2].replace("8080", str(port)))
    environment = {"PATH": os.path.dirname(sys.executable), "http_proxy": "http://127.0.0.1:9"}
    return subprocess.run(command, env=environment, check=False, capture_output=True, timeout=60).returncode == 0


@pytest.mark.parametrize(("status", "healthy_is"), [(200, True), (503, False)])
def test_the_health_check_asks_the_server_itself(status: int, healthy_is: bool) -> None:
    with answering(status) as port:
        assert healthy(port) is healthy_is


def test_where_nothing_answers_it_is_not_healthy() -> None:
    assert not healthy(free_port())


# What the lines install


@pytest.mark.soak
def test_what_the_lines_install_serves_though_it_may_write_to_its_data_folder_alone(tmp_path: Path) -> None:
    source, tree, home = tmp_path / "source", tmp_path / "policybot", tmp_path / "home"
    source.mkdir()
    home.mkdir()
    for one in copied():
        (shutil.copytree if (ROOT / one).is_dir() else shutil.copy2)(ROOT / one, source / one)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "python"], check=True)
    path = f"{tmp_path / 'python' / 'bin'}:/usr/bin:/bin"
    for command in values(BUILD, "RUN"):
        here = command.replace("/opt/policybot", str(tree)).replace("/wheels", str(tmp_path / "wheels"))
        subprocess.run(["/bin/sh", "-c", here], cwd=source, env={**os.environ, "PATH": path}, check=True, timeout=300)
    files = sorted(tree.rglob("*"))
    subprocess.run(["/bin/chmod", "-R", "a-w", tree], check=True)
    port = free_port()
    environment = {
        **dict(pair.split("=", 1) for value in values(FINAL, "ENV") for pair in shlex.split(value)),
        "PATH": f"{tree / 'bin'}:/usr/bin:/bin",
        "POLICYBOT_HOME": str(home),
        "POLICYBOT_BIND": f"127.0.0.1:{port}",
        "POLICYBOT_DEMO": "1",
    }
    # To root a file that may not be written is written all the same, but not without root's capabilities.
    plainly = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    server = subprocess.Popen([*plainly, "policybot", *json.loads(values(FINAL, "CMD")[0])], env=environment, cwd=home)
    try:
        assert "Worried about a child?" in fetched(f"http://127.0.0.1:{port}/chat?school=coniston", server)
        refused = subprocess.run([*plainly, "touch", tree / "new"], check=False, capture_output=True, text=True)
        assert "denied" in refused.stderr
    finally:
        server.terminate()
        server.wait(timeout=60)
    assert sorted(tree.rglob("*")) == files
    assert (home / "cache").is_dir()


def fetched(address: str, server: "subprocess.Popen[bytes]") -> str:
    """Return a page of the server as soon as it answers."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(address) as response:  # noqa: S310  our own
                return str(response.read().decode())
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server ended")
