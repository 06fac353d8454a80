"""Every address of the server, asked by somebody who means it no good; in short, and with `-m soak` for longer."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from retrieval.knowledge import Knowledge
from tests.fuzz.site import Site, site


@pytest.fixture
def running(tmp_path: Path, knowledge: Knowledge) -> Iterator[Site]:
    with site(tmp_path, knowledge) as made:
        yield made


def ask(running: Site, seed: int) -> None:
    try:
        running.send(Random(seed))
    except Exception as error:
        raise AssertionError(f"request {seed}: {error}") from error


@pytest.mark.filterwarnings("ignore")  # of libraries, about what is asked of them
def test_whatever_is_asked_is_answered_and_faults_nobody(running: Site) -> None:
    for seed in range(40):
        ask(running, seed)
    assert {200, 400, 401, 403} <= set(running.statuses)


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
def test_whatever_is_asked_is_answered_and_faults_nobody_many_times(running: Site) -> None:
    for _ in range(10_000):
        ask(running, secrets.randbits(64))
