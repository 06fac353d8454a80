"""deploy/install.sh: what it refuses, and a life of it on this machine's own Debian, of which nothing stays."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy" / "install.sh"
# Each folder that the script writes to, with a layer over it that is gone when the process ends.
LAYERS = """
mount -t tmpfs layers "$1"
for folder in etc opt usr/local/bin var/lib; do
    mkdir -p "$1/$folder/upper" "$1/$folder/work"
    mount -t overlay -o "lowerdir=/$folder,upperdir=$1/$folder/upper,workdir=$1/$folder/work" layers "/$folder"
done
rm -rf /opt/policybot /etc/policybot /var/lib/policybot
shift
"""
LIFE = """
set -eux
"$1/deploy/install.sh"
first=$(readlink /opt/policybot/current)
policybot init st-marys --name "St Mary's"
install -D --mode 0644 "$1/corpus/sources/coniston.txt" /opt/documents/policy.txt  # where its account may read it
policybot import /opt/documents/policy.txt --school st-marys --policy social-media
policybot publish --school st-marys --policy social-media
policybot ask --school st-marys "Can I accept a friend request from a pupil?" | grep "Worried about a child?"
test "$(stat --format %U:%a /var/lib/policybot/policybot.sqlite)" = policybot:600
systemctl is-enabled policybot

"$1/deploy/install.sh"  # again, with nothing new
test "$(readlink /opt/policybot/current)" = "$first"
test ! -e /opt/policybot/previous

sed -i 's/^version = .*/version = "9.9.9"/' "$1/pyproject.toml"
"$1/deploy/install.sh"
readlink /opt/policybot/current | grep /9.9.9-
test "$(readlink /opt/policybot/previous)" = "$first"
test -z "$(find /opt/policybot -newer /opt/policybot/current -name '*.pyc')"
policybot doctor | grep "1 schools are set up."

"$1/deploy/install.sh" --rollback
test "$(readlink /opt/policybot/current)" = "$first"
policybot doctor | grep "1 schools are set up."

"$1/deploy/install.sh" --uninstall
test ! -e /opt/policybot
test ! -e /usr/local/bin/policybot
test ! -e /etc/systemd/system/policybot.service
test -s /var/lib/policybot/policybot.sqlite
test -s /etc/policybot/policybot.yaml
"""


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = ["/bin/sh", str(SCRIPT), *arguments]
    return subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


def assert_refused(done: "subprocess.CompletedProcess[str]", sentence: str) -> None:
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("install: ")
    assert sentence in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(("--upgrade",), "--upgrade is not known"), (("--rollback", "--uninstall"), "give one of --rollback and --uninstall")],
)
def test_what_it_does_not_know_is_refused(arguments: tuple[str, ...], sentence: str) -> None:
    assert_refused(run(*arguments), sentence)


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("systemctl") is None, reason="it is for root, on a machine with systemd")
def test_a_python_that_is_too_old_or_not_there_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    older = tmp_path / "python3"
    older.write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
    older.chmod(0o755)
    for python in (older, tmp_path / "nowhere"):
        assert_refused(run(PYTHON=str(python)), "policybot needs Python 3.11 or newer")


@pytest.mark.soak
@pytest.mark.skipif(os.geteuid() != 0, reason="it is for root alone")
def test_it_is_installed_upgraded_taken_back_and_taken_away(tmp_path: Path) -> None:
    checkout, layers = tmp_path / "checkout", tmp_path / "layers"
    layers.mkdir()
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(".*", "tests", "training", "bench"))
    tmp_path.chmod(0o755)
    life = ["unshare", "--mount", "sh", "-c", LAYERS + LIFE, "sh", str(layers), str(checkout)]
    # The Debian's own Python: this one may lie where no other account gets to.
    environment = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PYTHON": "/usr/bin/python3"}
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    done = subprocess.run(life, env=environment | pip, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    assert not Path("/opt/policybot").exists()
