"""deploy/systemd: the unit as systemd itself reads and rates it, and the command that runs as the service does."""

import inspect
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.dispatcher import SHUTDOWN_LASTS
from corpus.documents.apart import build_apart

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
UNIT = (FOLDER / "policybot.service").read_text(encoding="utf-8")


def service() -> dict[str, list[str]]:
    """Return what stands in [Service]: each name with the values that it is given."""
    found: dict[str, list[str]] = {}
    for line in UNIT.partition("[Service]\n")[2].partition("\n[")[0].splitlines():
        name, given, value = line.partition("=")
        if given and not name.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


SERVICE = service()


def analyze(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run systemd-analyze, which needs no systemd to run; without it skip, or on a CI machine fail."""
    command = shutil.which("systemd-analyze")
    if command is None:
        lacking = "there is no systemd-analyze here: apt-get install systemd"
        if os.environ.get("CI"):
            pytest.fail(lacking)
        pytest.skip(lacking)
    return subprocess.run([command, *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_systemd_takes_the_unit_without_a_warning(tmp_path: Path) -> None:
    unit = tmp_path / "policybot.service"
    unit.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={shutil.which('true')}", UNIT, flags=re.MULTILINE), encoding="utf-8")
    done = analyze("verify", "--man=no", unit)
    assert [line for line in done.stderr.splitlines() if "policybot" in line] == []
    assert done.returncode == 0


def test_systemd_rates_it_as_little_exposed(tmp_path: Path) -> None:
    unit = tmp_path / "policybot.service"
    unit.write_text(UNIT, encoding="utf-8")
    assert analyze("security", "--offline=true", "--threshold=15", unit).returncode == 0
    unit.write_text(UNIT.replace("NoNewPrivileges=true\n", "").replace("ProtectSystem=strict\n", ""), encoding="utf-8")
    assert analyze("security", "--offline=true", "--threshold=15", unit).returncode != 0


def test_it_runs_by_an_account_of_its_own_and_writes_to_its_data_folder_alone() -> None:
    assert SERVICE["User"] == SERVICE["Group"] == ["policybot"]
    assert SERVICE["ProtectSystem"] == ["strict"]
    assert "ReadWritePaths" not in SERVICE
    assert SERVICE["StateDirectory"] == ["policybot"]
    assert "POLICYBOT_HOME=/var/lib/policybot" in SERVICE["Environment"]
    assert "PYTHONDONTWRITEBYTECODE=1" in SERVICE["Environment"]


def test_there_is_room_and_time_for_the_documents_that_are_being_read() -> None:
    reader = inspect.signature(build_apart).parameters
    assert int(SERVICE["MemoryMax"][0].removesuffix("M")) * 2**20 > 2 * reader["memory"].default + 300 * 2**20
    assert SERVICE["OOMPolicy"] == ["continue"]
    assert int(SERVICE["TimeoutStopSec"][0].removesuffix("s")) > reader["seconds"].default + SHUTDOWN_LASTS
    # Limits are set on the process that reads, which is a system call of @resources.
    assert not [filtered for filtered in SERVICE["SystemCallFilter"] if filtered.startswith("~") and "@resources" in filtered]


def run_command(tmp_path: Path, environment: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command with this file of settings, up to where it would hand over to policybot."""
    (tmp_path / "environment").write_text(environment, encoding="utf-8")
    script = (
        (FOLDER / "policybot").read_text(encoding="utf-8").replace("/etc/policybot/environment", str(tmp_path / "environment"))
    )
    script = script.replace("exec runuser --user policybot -- /opt/policybot/current/bin/policybot", "env -0; echo")
    return subprocess.run(
        ["/bin/sh", "-c", script, "policybot", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="it is for root alone")
def test_the_command_has_the_settings_of_the_service(tmp_path: Path) -> None:
    written = "# a name\n\nPOLICYBOT_TELEGRAM__BOT_NAME='a b$c'\nexport NOTHING\nPOLICYBOT_BIND=127.0.0.1:8081"
    *pairs, arguments = run_command(tmp_path, written, "people", "--school", "st marys").stdout.split("\0")
    environment = dict(pair.split("=", 1) for pair in pairs)
    assert arguments == "people --school st marys\n"
    assert environment["POLICYBOT_TELEGRAM__BOT_NAME"] == "a b$c"  # as systemd reads it: quotes are no part of it
    assert environment["POLICYBOT_BIND"] == "127.0.0.1:8081"
    assert [pair for pair in SERVICE["Environment"] if pair not in pairs] == []
    assert UNIT.count("UMask=0077") == (FOLDER / "policybot").read_text(encoding="utf-8").count("umask 077") == 1
