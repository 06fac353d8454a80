"""A real browser for the tests that look at pages."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

# The one without windows draws the same pages, in half the time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture
def home(tmp_path: Path, demo_home: Path) -> Path:
    """A data folder of the test's own, with the five shipped schools."""
    return Path(shutil.copytree(demo_home, tmp_path / "home", symlinks=True))


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked for every second is looked for all the time, and no retry waits for longer than a platform asks."""
    monkeypatch.setattr("bot.dispatcher.OUTBOX_EVERY", 0.05)
    monkeypatch.setattr("bot.dispatcher.LEFT_BEHIND_EVERY", 0.05)
    for module in ("bot.deliveries", "bot.channels.telegram"):
        monkeypatch.setattr(f"{module}.SHORTEST_WAIT", 0.01)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        lacking = "there is no Chromium here: apt-get install chromium-headless-shell"
        if os.environ.get("CI"):
            pytest.fail(lacking)
        pytest.skip(lacking)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        launched.close()
