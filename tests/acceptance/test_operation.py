"""How the server stops while somebody waits for an answer: over its own ports, as a load balancer and Prometheus see it."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.assembly import assemble
from bot.bootstrap import Indexes
from bot.chat_page import create_app
from bot.clock import now_utc
from bot.dispatcher import Dispatcher
from bot.metrics import Metrics
from bot.operation import ALIVE, CHANNELS, METRICS, READY, RUNNING, Operation
from bot.page_notices import PageNotices
from bot.people import TELEGRAM, PersonRole
from bot.schema import open_store
from bot.serving import Server
from corpus.tables import sqlite_url
from corpus.versions import Versions
from retrieval.knowledge import Knowledge
from tests.platforms.background import Background
from tests.platforms.bots import KEY
from tests.platforms.telegram_bot import telegram_channel
from tests.platforms.telegram_server import Fault, Someone, TelegramServer

SAM = Someone(770077431, "Sam")
QUESTION = "May I add a pupil as a friend?"


@dataclass(frozen=True)
class Running:
    """A server with its two addresses; `ended` once it has come to its end."""

    server: Server
    address: str
    metrics_address: str
    ended: "asyncio.Future[None]"


@asynccontextmanager
async def running(home: Path, knowledge: Knowledge, telegram: TelegramServer) -> AsyncIterator[Running]:
    """Serve the bot with the chat page and Telegram, on which Sam has joined, on two ports."""
    engine, metrics = open_store(sqlite_url(home)), Metrics()
    indexes = Indexes(Versions(engine, now_utc), knowledge)
    parts = assemble(indexes, KEY)
    parts.people.enrol(parts.people.invite("coniston", PersonRole.STAFF)[1], TELEGRAM, str(SAM.id))
    channels = [telegram_channel(telegram.address, parts)]
    dispatcher = Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing, channels, metrics=metrics)
    app = create_app(indexes, dispatcher, PageNotices(parts.deliveries))
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in "ab"]
    (_, port), (_, metrics_port) = (one.getsockname() for one in listening)
    server = Server(Operation(app, engine=engine, dispatcher=dispatcher, metrics=metrics, now=now_utc, metrics_port=metrics_port))
    serving = asyncio.ensure_future(server.serve(listening))
    yield Running(server, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics_port}", serving)
    await serving
    engine.dispose()


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


def test_it_is_not_ready_from_the_signal_on_and_finishes_what_it_has_begun(
    home: Path, knowledge: Knowledge, telegram: TelegramServer
) -> None:
    telegram.fails("sendMessage", Fault(200, done=True, hanging=60))
    telegram.writes(SAM, QUESTION)
    with Background(running(home, knowledge, telegram)) as background:
        served = background.given
        telegram.wait(lambda: telegram.begun("sendMessage"))
        with httpx.Client(base_url=served.address, headers={"host": "10.42.0.7"}) as probe:
            assert probe.get(READY).json() == {"ready": True, "not_ready": {}}
            told = httpx.get(served.metrics_address + METRICS).text
            assert 'policybot_questions_total{channel="telegram",outcome="answered"} 1.0' in told
            assert 'policybot_outbox_waiting{channel="telegram"} 1.0' in told

            served.server.handle_exit(signal.SIGTERM, None)
            assert RUNNING in probe.get(READY).json()["not_ready"]
            telegram.wait(lambda: CHANNELS in probe.get(READY).json()["not_ready"])
            # Nothing more is taken in. While Sam's answer is on its way, a probe is answered, again and again.
            assert [probe.get(path).status_code for path in (READY, ALIVE) * 5] == [503, 200] * 5
        assert not served.ended.done()
        telegram.lets_go()
        background.run(served.ended)
    (said,) = telegram.messages(SAM)
    assert "pupil" in said["text"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(served.address + READY)
