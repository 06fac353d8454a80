"""What deploy/ and its pages say of the settings, against what the program reads."""

import re
from pathlib import Path

import pytest

from bot import configuration, settings

ROOT = Path(__file__).parents[2]
KNOWN = {*settings.VARIABLES, *configuration.VARIABLES}
PAGES = [ROOT / "docs" / "deploy.md", ROOT / "docs" / "upgrading.md"]
FILES = [file for file in sorted((ROOT / "deploy").rglob("*")) if file.is_file() and file.suffix not in (".png", ".pyc")]


@pytest.mark.parametrize("file", [*FILES, *PAGES], ids=lambda file: str(file.relative_to(ROOT)))
def test_every_variable_that_is_named_is_one_that_the_program_reads(file: Path) -> None:
    named = set(re.findall(r"POLICYBOT_[A-Z_]*[A-Z]", file.read_text(encoding="utf-8")))
    assert named - KNOWN == set()
