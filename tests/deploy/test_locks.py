"""The lock files against pyproject.toml and each other: an installation runs what was tested, and no tool of ours."""

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# For what the files are made: the oldest Python that policybot takes, on Linux.
PLACE = {"python_version": "3.11", "python_full_version": "3.11.7", "sys_platform": "linux", "platform_system": "Linux"}


def locked(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Return the version and the hashes of each package of a lock file."""
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9-]+)==(\S+) \\\n((?:    --hash=\S+(?: \\)?\n)+)", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[^ #\n]", text, re.MULTILINE))  # no line was passed over
    return {package: (version, frozenset(re.findall(r"sha256:[0-9a-f]{64}", hashes))) for package, version, hashes in pins}


def needed(requirements: Iterable[str], extra: str = "") -> Iterable[Requirement]:
    """Return what of these requirements holds at PLACE, for whoever asks for an extra."""
    for requirement in map(Requirement, requirements):
        if requirement.marker is None or requirement.marker.evaluate({**PLACE, "extra": extra}):
            yield requirement


def closure(requirements: Iterable[str]) -> list[Requirement]:
    """Return what is required, with what that requires in turn, as the installed packages say."""
    waiting, found, seen = list(needed(requirements)), [], set[tuple[str, str]]()
    while waiting:
        requirement = waiting.pop()
        found.append(requirement)
        for extra in ("", *requirement.extras):
            if (requirement.name, extra) not in seen:
                seen.add((requirement.name, extra))
                waiting += needed(requires(requirement.name) or (), extra)
    return found


DEPENDENCIES, DEV = PROJECT["project"]["dependencies"], PROJECT["project"]["optional-dependencies"]["dev"]


@pytest.mark.parametrize(
    ("name", "requirements"),
    [
        ("requirements.lock", DEPENDENCIES),
        ("requirements-dev.lock", [*DEPENDENCIES, *DEV]),
        ("requirements-build.lock", PROJECT["build-system"]["requires"]),
    ],
)
def test_a_lock_file_holds_what_is_required_and_nothing_else(name: str, requirements: list[str]) -> None:
    lock, required = locked(name), closure(requirements)
    assert set(lock) == {canonicalize_name(requirement.name) for requirement in required}, "run make lock"
    for requirement in required:
        version, hashes = lock[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement}, but {version} is locked: run make lock"
        assert hashes


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-build.lock"])
def test_what_is_installed_for_real_is_what_was_tested(name: str) -> None:
    tested = locked("requirements-dev.lock")
    assert {package: tested[package] for package in locked(name)} == locked(name)
