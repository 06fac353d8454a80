"""The probes and the metrics over HTTP, before the chat page and by whatever name the server is called."""

import asyncio
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event

from bot.assembly import assemble
from bot.bootstrap import Indexes
from bot.chat_page import create_app
from bot.clock import now_utc
from bot.dispatcher import Dispatcher
from bot.metrics import Metrics
from bot.operation import ALIVE, CHANNELS, METRICS, NOT_READY, READY, RUNNING, SCHEMA, STORE, Operation
from bot.page_notices import PageNotices
from bot.people import SLACK

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have httpx2, which is not what this project has
    from starlette.testclient import TestClient

KEY = b"a key that only the tests have"
METRICS_PORT = 9100


class Served:
    """The chat page's application with what is asked of the server before it."""

    def __init__(self, schools: Indexes, metrics_port: int | None) -> None:
        parts, metrics = assemble(schools, KEY), Metrics()
        self.deliveries = parts.deliveries
        self.engine = schools.versions.engine
        dispatcher = Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing, metrics=metrics)
        app = create_app(schools, dispatcher, PageNotices(parts.deliveries))
        self.app = Operation(
            app, engine=self.engine, dispatcher=dispatcher, metrics=metrics, now=now_utc, metrics_port=metrics_port
        )

    @contextmanager
    def running(self, port: int = 8080) -> Iterator[TestClient]:
        """Run the application, and give a client of one of its ports."""
        with TestClient(self.app, base_url=f"http://127.0.0.1:{port}") as client:
            yield client


@pytest.fixture
def served(schools: Indexes) -> Served:
    return Served(schools, METRICS_PORT)


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read of the store is not told a second time, so that no test waits."""
    for kept in ("READY_KEPT", "COUNTS_KEPT"):
        monkeypatch.setattr(f"bot.operation.{kept}", 0.0)


def ready(client: httpx.Client) -> tuple[int, list[str]]:
    """Return the status of the readiness probe, and which parts are not ready."""
    response = client.get(READY)
    told = response.json()
    assert told["ready"] is (response.status_code == 200)
    assert told["not_ready"] == {part: NOT_READY[part] for part in told["not_ready"]}
    return response.status_code, list(told["not_ready"])


@pytest.mark.parametrize("host", ["10.42.0.7:8080", "policies.school.example", "[fd00::7]:8080", "policybot"])
def test_a_probe_is_answered_by_whatever_name_the_server_is_called_and_the_page_is_not(served: Served, host: str) -> None:
    with served.running() as client:
        client.headers["host"] = host
        for path in (ALIVE, READY):
            assert client.get(path).status_code == client.head(path).status_code == 200
            assert client.get(path).headers["cache-control"] == "no-store"
        assert client.get("/chat").status_code == 400


def test_a_probe_is_asked_and_nothing_else_is_done_there(served: Served) -> None:
    with served.running() as client:
        assert [client.post(path).status_code for path in (ALIVE, READY)] == [404, 404]
        assert client.get("/healthz/").status_code == 404


def test_it_is_not_ready_while_the_store_is_away_but_lives(served: Served, tmp_path: Path) -> None:
    with served.running() as client:
        assert ready(client) == (200, [])
        served.engine.dispose()
        rmtree(tmp_path / "store")
        assert ready(client) == (503, [STORE])
        assert client.get(ALIVE).json() == {"alive": True}
        assert str(tmp_path) not in client.get(READY).text


@pytest.mark.parametrize(("version", "told"), [("0001", (503, [SCHEMA])), ("9999", (200, []))])
def test_it_is_not_ready_on_a_store_of_an_older_version_and_goes_on_on_one_of_a_newer(
    served: Served, version: str, told: tuple[int, list[str]]
) -> None:
    with served.running() as client:
        with served.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")  # noqa: S608  ours
        assert ready(client) == told


def test_it_is_not_ready_before_its_channels_are_started_nor_after(served: Served) -> None:
    before = TestClient(served.app)  # whose lifespan does not run
    assert ready(before) == (503, [CHANNELS])
    with served.running() as client:
        assert ready(client) == (200, [])
    assert ready(before) == (503, [CHANNELS])


def test_it_is_not_ready_from_the_moment_in_which_it_is_told_to_stop_and_goes_on_answering(served: Served) -> None:
    with served.running() as client:
        served.app.stop()
        assert ready(client) == (503, [RUNNING])
        assert client.get("/chat").status_code == 200


def test_a_store_that_hangs_is_one_that_does_not_answer_and_takes_one_thread_however_many_ask(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.operation.STORE_ANSWERS_WITHIN", 0.05)
    goes_on, hanging = threading.Event(), []

    def hang(_connection: object) -> None:
        hanging.append(threading.current_thread())
        goes_on.wait(60)

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(served.app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{METRICS_PORT}") as client:
            told = await asyncio.gather(*(client.get(path) for path in (READY, METRICS) for _ in range(20)))
            goes_on.set()
            return told

    event.listen(served.engine, "engine_connect", hang)
    told = asyncio.run(ask())
    event.remove(served.engine, "engine_connect", hang)
    assert len(hanging) == 2  # one for whether it is ready, one for what it counts
    assert {(one.url.path, one.status_code) for one in told} == {(READY, 503), (METRICS, 200)}
    assert all(STORE in one.json()["not_ready"] for one in told[:20])
    assert all('policybot_ready{part="store"} 0.0' in one.text for one in told[20:])


# The metrics


def test_the_metrics_are_told_at_their_own_port_and_nothing_else_is(served: Served) -> None:
    with served.running(METRICS_PORT) as client:
        told = client.get(METRICS, headers={"host": "10.42.0.7"})
        assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
        names = {family.name for family in text_string_to_metric_families(told.text)}
        assert {"policybot_questions", "policybot_outbox_waiting", "policybot_ready", "process_resident_memory_bytes"} <= names
        assert ready(client) == (200, [])
        assert [client.get(path).status_code for path in ("/chat", "/", "/static/chat.css")] == [404] * 3
        assert client.post("/chat", data={"question": "May I?"}).status_code == 404
        assert client.post(METRICS).status_code == 404


@pytest.mark.parametrize("metrics_port", [METRICS_PORT, None])
def test_at_the_port_of_the_page_there_are_no_metrics(schools: Indexes, metrics_port: int | None) -> None:
    with Served(schools, metrics_port).running() as client:
        assert client.get(METRICS).status_code == 404
        # A client says which name it called, never at which port it arrived.
        assert client.get(METRICS, headers={"host": f"127.0.0.1:{METRICS_PORT}"}).status_code == 404


def test_prometheus_gets_the_format_that_it_asks_for(served: Served) -> None:
    with served.running(METRICS_PORT) as client:
        told = client.get(METRICS, headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert told.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert told.text.endswith("# EOF\n")


def test_what_the_metrics_tell_of_the_store_is_left_out_while_it_is_away(served: Served, tmp_path: Path) -> None:
    with served.running(METRICS_PORT) as client:
        assert "policybot_outbox_waiting" in client.get(METRICS).text
        rmtree(tmp_path / "store")
        for _ in range(100):  # what the dispatcher asks just now holds the file open a moment longer
            served.engine.dispose()
            told = client.get(METRICS)
            if "policybot_outbox_waiting" not in told.text:
                break
    assert told.status_code == 200
    assert 'policybot_ready{part="store"} 0.0' in told.text
    assert "policybot_outbox_waiting" not in told.text


def test_the_store_is_read_once_for_many_who_ask_within_seconds(schools: Indexes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.operation.COUNTS_KEPT", 3600.0)
    served = Served(schools, METRICS_PORT)

    def refused(client: TestClient) -> str:
        (line,) = [
            line for line in client.get(METRICS).text.splitlines() if line.startswith('policybot_refused_total{channel="slack"')
        ]
        return line.rpartition(" ")[2]

    with served.running(METRICS_PORT) as client:
        before = refused(client)
        served.deliveries.count(SLACK, "refused")
        assert (before, refused(client)) == ("0.0", "0.0")
    with Served(schools, METRICS_PORT).running(METRICS_PORT) as another:
        assert refused(another) == "1.0"
