"""deploy/compose.yaml against the Compose specification and against what it is for, and the script that prepares it."""

import inspect
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from bot.dispatcher import SHUTDOWN_LASTS
from corpus.documents.apart import build_apart

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SETUP = "compose-setup.sh"
GIVEN = {"DOMAIN": "policies.st-marys.example", "VERSION": "0.1.0"}


def read(text: str) -> dict[str, Any]:
    """Return the file as Compose reads it: with its variables and the parts that are referred to put in."""
    with_values = re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: GIVEN.get(found[1], found[2]), text)
    loaded: dict[str, Any] = yaml.safe_load(with_values)
    return loaded


COMPOSE = read((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
POLICYBOT = SERVICES["policybot"]


def refusal(compose: dict[str, Any]) -> str:
    try:
        PyCompose.from_yaml(yaml.safe_dump(compose))
    except ValueError as error:
        return str(error)
    return ""


def test_it_is_what_the_specification_allows() -> None:
    assert refusal(COMPOSE) == ""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"red_only": True}, "red_only"),
        ({"read_only": 5}, "read_only"),
        ({"depends_on": {"postgres": {"condition": "up"}}}, "up"),
    ],
)
def test_the_check_finds_what_compose_would_refuse(change: dict[str, Any], problem: str) -> None:
    assert problem in refusal({"services": {"policybot": {**POLICYBOT, **change}}})


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_may_do_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "caddy" else [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert any(mounted.startswith("/tmp:") for mounted in service["tmpfs"])  # noqa: S108  in the container
    assert service["logging"]["driver"] == "local"  # which, unlike the usual one, does not fill the disk


@pytest.mark.parametrize("name", ["policybot", "postgres", "caddy"])
def test_what_serves_is_started_again_and_kept_within_limits(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert {"memory", "pids"} == set(SERVICES[name]["deploy"]["resources"]["limits"])


def test_the_schema_is_upgraded_before_a_server_starts_and_once_the_store_is_there() -> None:
    assert SERVICES["migrate"]["command"] == ["migrate"]
    assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert POLICYBOT["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert "healthcheck" in SERVICES["postgres"]


def test_there_may_be_two_replicas() -> None:
    assert not {"ports", "container_name"} & set(POLICYBOT)  # of which there can be one only
    assert "dynamic a policybot 8080" in (DEPLOY / "Caddyfile").read_text(encoding="utf-8")


def test_the_world_reaches_caddy_alone_and_the_store_reaches_nobody() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert SERVICES["postgres"]["networks"] == ["inside"]
    assert SERVICES["caddy"]["networks"] == ["outside"]


def test_there_is_room_and_time_for_the_documents_that_are_being_read() -> None:
    reader = inspect.signature(build_apart).parameters
    limits = POLICYBOT["deploy"]["resources"]["limits"]
    assert int(limits["memory"].removesuffix("M")) * 2**20 > 2 * reader["memory"].default + 300 * 2**20
    assert int(POLICYBOT["stop_grace_period"].removesuffix("s")) > reader["seconds"].default + SHUTDOWN_LASTS


# The script


@pytest.fixture
def setup(tmp_path: Path) -> Callable[..., Any]:
    """Run the script in a checkout of its own."""
    (tmp_path / "deploy").mkdir()
    shutil.copy(DEPLOY / SETUP, tmp_path / "deploy")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    def run(*arguments: str, **more: Any) -> Any:
        return subprocess.run(
            ["/bin/sh", tmp_path / "deploy" / SETUP, *arguments], capture_output=True, text=True, check=False, timeout=60, **more
        )

    return run


ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="it gives files to other accounts")


@ROOT_ONLY
def test_it_writes_all_that_compose_reads_each_secret_for_whom_it_is(setup: Callable[..., Any], tmp_path: Path) -> None:
    assert setup("policies.st-marys.example").returncode == 0
    written = tmp_path / "deploy"
    files = [entry["file"] for entry in [*COMPOSE["secrets"].values(), *COMPOSE["configs"].values()]]
    assert [name for name in files if not (written / name).exists() and not (DEPLOY / name).exists()] == []
    for service, user in (("policybot", 10001), ("postgres", 999)):
        for name in SERVICES[service]["secrets"]:
            status = (written / COMPOSE["secrets"][name]["file"]).stat()
            assert (status.st_uid, status.st_mode & 0o777) == (user, 0o400)
    assert SERVICES["postgres"]["user"] == "999:999"
    password = (written / "secrets" / "database-password").read_text()
    assert (written / "secrets" / "pgpass").read_text() == f"*:*:*:policybot:{password}\n"
    assert len((written / "secrets" / "secret-key").read_text()) >= 32
    assert read((written / ".env").read_text().replace("=", ": ")) == {**GIVEN, "REPLICAS": 1}
    assert (written / "policybot.env").stat().st_mode & 0o077 == 0


@ROOT_ONLY
def test_what_is_there_stays_when_it_is_run_again(setup: Callable[..., Any], tmp_path: Path) -> None:
    def contents() -> dict[Path, bytes]:
        return {file: file.read_bytes() for file in (tmp_path / "deploy").rglob("*") if file.is_file()}

    setup("policies.st-marys.example")
    before = contents()
    assert setup("policies.st-marys.example").returncode == 0
    assert contents() == before
    other = setup("policies.hillside.example")
    assert other.returncode == 1
    assert "names another address" in other.stderr
    assert contents() == before


@pytest.mark.parametrize("address", [(), ("https://a.example",), ("a",), ("a b.example",), ("a.example/chat",), ("-a.example",)])
def test_an_address_that_is_none_is_refused_in_one_sentence(
    setup: Callable[..., Any], tmp_path: Path, address: tuple[str, ...]
) -> None:
    refused = setup(*address)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert [file.name for file in (tmp_path / "deploy").iterdir()] == [SETUP]
