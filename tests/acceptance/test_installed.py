"""The wheel, installed in a fresh folder and asked from another: whatever the program needs is in it."""

import json
import os
import re
import subprocess
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("corpus", "retrieval", "bot")


def run(*command: str, **more: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **more)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def require_build_tools() -> None:
    """Skip, or fail on a CI machine, where the setuptools that pyproject.toml asks for is not there."""
    least = int(re.findall(r'"setuptools>=(\d+)"', (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))[0])
    try:
        found = version("setuptools")
    except PackageNotFoundError:
        found = "0"
    if int(found.split(".")[0]) < least:
        lacking = f"the wheel cannot be built: it needs setuptools {least}, here is {found}"
        if os.environ.get("CI"):
            pytest.fail(lacking)
        pytest.skip(lacking)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel of this tree is installed in."""
    require_build_tools()
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    source.mkdir()
    for package in PACKAGES:
        copytree(REPOSITORY / package, source / package, ignore=ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (source / name).write_bytes((REPOSITORY / name).read_bytes())
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")
    run(*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder), str(source))
    (wheel,) = folder.glob("policybot-*.whl")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", "--no-compile", "--target", str(folder / "site"), str(wheel))
    return folder / "site"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_of_a_package_is_in_the_wheel(installed: Path, package: str) -> None:
    def files(root: Path) -> set[str]:
        return {
            str(file.relative_to(root))
            for file in (root / package).rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
        }

    assert files(REPOSITORY) - files(installed) == set()


def test_nothing_but_the_packages_is_in_the_wheel(installed: Path) -> None:
    assert {file.name for file in installed.iterdir() if not file.name.endswith(".dist-info")} - {"bin"} == set(PACKAGES)


def test_installed_elsewhere_it_answers_a_question_in_demo_mode_even_where_it_can_keep_nothing_of_parsing(
    installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "cache").write_text("not a folder")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("POLICYBOT_", "PYTHON"))}
    environment |= {
        "PYTHONPATH": os.pathsep.join([str(installed), sysconfig.get_path("purelib")]),
        "POLICYBOT_HOME": str(tmp_path / "home"),
        "POLICYBOT_DEMO": "1",
    }
    # The Python that the virtual environment was made of: it knows nothing of the tree that is installed to be edited.
    python = str(getattr(sys, "_base_executable", sys.executable))
    where = run(python, "-c", "import bot, corpus, retrieval; print(bot.__file__)", env=environment, cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed)
    question = ("ask", "--json", "--school", "coniston", "Can I accept a friend request from a pupil?")
    found = json.loads(run(python, "-m", "bot", *question, env=environment, cwd=tmp_path))
    assert found["school"] == "coniston"
    assert found["outcome"] in ("answered", "choose")
    assert found["citations"]
    assert "Worried about a child?" in found["text"]
    measured = run(python, "-m", "bot", "check", env=environment, cwd=tmp_path)
    assert measured.count("Coverage: 100.0%") == 5
