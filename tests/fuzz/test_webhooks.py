"""Every address of the server, asked by somebody who means it no good; in short, and with `-m soak` for longer."""

import secrets
from collections.abc import Iterator
from random import Random

import pytest

from bot.channels.slack import EVENTS_PATH
from bot.channels.teams import PATH as TEAMS_PATH
from bot.channels.telegram import SECRET_HEADER
from bot.configuration import WEBHOOK_PATH
from retrieval.knowledge import Knowledge
from tests.fuzz.site import Site, site
from tests.platforms.telegram_bot import SECRET


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, knowledge: Knowledge) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("site"), knowledge) as made:
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


@pytest.mark.filterwarnings("ignore")
def test_bytes_and_shapes_that_were_faults_are_refused(running: Site) -> None:
    def status(path: str, body: bytes, headers: dict[str, str], kind: str = "application/json") -> int:
        answer = running.client.post(path, content=body, headers={"content-type": kind, **headers})
        assert not running.faults.said
        return answer.status_code

    # Nobody has shown who they are yet where Teams sends.
    assert [status(TEAMS_PATH, body, {}) for body in (b'{"text": "\x80"}', b"[" * 200_000)] == [400, 400]
    for number in (b"1e999", b"NaN", b'"' + b"9" * 5000 + b'"', b"[]"):
        body = b'{"update_id": ' + number + b', "message": {}}'
        assert status(WEBHOOK_PATH, body, {SECRET_HEADER: SECRET}) == 400
    for body, kind, expected in (
        (b'{"type": "block_actions", "actions": 5}', "application/json", 200),  # said to be of an unknown shape, and left
        (b"[" * 200_000, "application/json", 400),
        (b'{"0": ', "application/json", 400),
        (b"payload=5", "application/x-www-form-urlencoded", 400),
    ):
        assert status(EVENTS_PATH, body, running.signed(body), kind) == expected, body[:50]


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
def test_whatever_is_asked_is_answered_and_faults_nobody_many_times(running: Site) -> None:
    for _ in range(10_000):
        ask(running, secrets.randbits(64))
