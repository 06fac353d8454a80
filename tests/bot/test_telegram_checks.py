"""What `policybot doctor` finds out about Telegram, from a Telegram on this machine."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from telegram import Bot

from bot.channels.telegram_checks import check_telegram
from tests.platforms.background import Background
from tests.platforms.served import free_port, served
from tests.platforms.telegram_server import BOT, TOKEN, Fault, Someone, TelegramServer, too_many

REPOSITORY = Path(__file__).parents[2]
SAM = Someone(77)
ANOTHER_TOKEN = "110201543:another"  # noqa: S105  the shape of one; it opens nothing


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer() as running:
        yield running


class Webhook:
    """An address to which Telegram sends, which answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        port = free_port()
        self.served = Background(served(Starlette(routes=[Route("/telegram/webhook", self._answer, methods=["POST"])]), port))
        self.url = f"http://127.0.0.1:{port}/telegram/webhook"

    async def _answer(self, _request: Request) -> Response:
        return Response(status_code=self.status)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    made = Webhook()
    with made.served:
        yield made


def set_webhook(server: TelegramServer, url: str) -> None:
    async def whole() -> None:
        async with Bot(TOKEN, base_url=f"{server.address}/bot") as bot:
            await bot.set_webhook(url)

    asyncio.run(whole())


def checked(server: TelegramServer, **given: Any) -> list[tuple[bool, str]]:
    settings = {"token": TOKEN, "api_base_url": server.address, "bot_name": None, "webhook_url": None, **given}
    return check_telegram(**settings)


def failed(server: TelegramServer, **given: Any) -> str:
    (sentence,) = (sentence for passed, sentence in checked(server, **given) if not passed)
    return sentence


def test_all_is_well_with_polling(server: TelegramServer) -> None:
    (reached, asks) = checked(server, bot_name="School_Policies_Bot")
    assert reached == (True, "Telegram is reached, and takes telegram.token as @school_policies_bot.")
    assert asks == (True, "Telegram has no webhook set, so that policybot serve asks for what is new; no message waits there.")
    server.writes(SAM, "May I?")
    assert checked(server)[-1][1].endswith("; 1 message waits there.")


def test_all_is_well_with_a_webhook(server: TelegramServer, webhook: Webhook) -> None:
    assert [passed for passed, _ in checked(server, webhook_url=webhook.url)] == [True, True]
    set_webhook(server, webhook.url)
    told = (True, "Telegram sends what people write to telegram.webhook_url; no message waits there.")
    assert checked(server, webhook_url=webhook.url)[-1] == told


def test_a_token_that_is_not_taken_stands_neither_in_what_is_said_nor_in_the_log(
    server: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert "does not take telegram.token: write /token to @BotFather" in failed(server, token=ANOTHER_TOKEN)
    assert [call.status for call in server.made("getMe")] == [401]
    assert "another" not in caplog.text


def test_the_name_of_another_bot_is_noticed(server: TelegramServer) -> None:
    assert f"is hillside_bot, but telegram.token is of {BOT['username']}" in failed(server, bot_name="hillside_bot")


def test_a_webhook_where_the_bot_is_to_ask_is_noticed_and_its_path_kept_quiet(server: TelegramServer) -> None:
    set_webhook(server, f"https://policies.example/{TOKEN}")
    sentence = failed(server)
    assert "to policies.example, but telegram.webhook_url is not set" in sentence
    assert TOKEN not in sentence


def test_another_webhook_than_the_configured_one_is_noticed(server: TelegramServer, webhook: Webhook) -> None:
    set_webhook(server, f"https://policies.example/{TOKEN}")
    sentence = failed(server, webhook_url=webhook.url)
    assert "to another address, at policies.example, than telegram.webhook_url" in sentence
    assert TOKEN not in sentence


def test_what_telegram_cannot_hand_over_is_told(server: TelegramServer, webhook: Webhook) -> None:
    set_webhook(server, webhook.url)
    webhook.status = 403
    server.writes(SAM, "May I?")
    server.wait(lambda: server.deliveries)
    sentence = failed(server, webhook_url=webhook.url)
    assert "(Wrong response from the webhook: 403 Forbidden); 1 message waits there: see that policybot serve runs" in sentence


def test_what_failed_hours_ago_is_told_until_it_is_handed_over(server: TelegramServer, webhook: Webhook) -> None:
    set_webhook(server, webhook.url)
    server.clock_is_off_by = -3 * 3600
    webhook.status = 403
    server.writes(SAM, "May I?")
    server.wait(lambda: server.deliveries)
    passed, sentence = checked(server, webhook_url=webhook.url)[1]
    assert not passed
    assert "403 Forbidden); 1 message waits there" in sentence
    webhook.status = 200
    server.wait(lambda: not server.unconfirmed)
    server.clock_is_off_by = 0
    assert [passed for passed, _ in checked(server, webhook_url=webhook.url)] == [True, True]


def test_what_failed_a_moment_ago_is_told_though_nothing_waits(server: TelegramServer, webhook: Webhook) -> None:
    set_webhook(server, webhook.url)
    webhook.status = 500
    server.writes(SAM, "May I?")
    server.wait(lambda: server.deliveries)
    webhook.status = 200
    server.wait(lambda: not server.unconfirmed)
    assert "500 Internal Server Error); no message waits there" in failed(server, webhook_url=webhook.url)


def test_a_bot_that_would_get_all_that_is_said_in_groups_is_noticed() -> None:
    with TelegramServer(privacy=False) as server:
        assert "Write /setprivacy to @BotFather, choose the bot and Enable" in failed(server)


@pytest.mark.parametrize(("seconds", "told"), [(3600, "seconds behind Telegram's"), (-3600, "seconds ahead of Telegram's")])
def test_a_clock_that_is_wrong_is_noticed(server: TelegramServer, seconds: int, told: str) -> None:
    server.clock_is_off_by = seconds
    assert told in failed(server)


@pytest.mark.parametrize("method", ["getMe", "getWebhookInfo"])
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault(502, "Bad Gateway"), "cannot answer now (status 502)"),
        (too_many(5), "cannot answer now (status 429)"),
        (Fault(0), "is not reached"),
    ],
)
def test_a_telegram_at_fault_is_told_apart_from_a_wrong_token(
    server: TelegramServer, method: str, fault: Fault, told: str
) -> None:
    server.fails(method, fault)
    assert told in failed(server)


def test_a_telegram_that_is_away_is_told_apart_from_a_wrong_token(server: TelegramServer) -> None:
    server.goes_down()
    assert f"is not reached at {server.address} (ConnectError)" in failed(server)


@pytest.fixture
def filtering(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a school's filter, which answers everything with a page, and the status that is asked for."""

    async def block(_request: Request) -> Response:
        return HTMLResponse("<h1>This site is blocked</h1>", request.param)

    with Background(served(Starlette(routes=[Route("/{path:path}", block, methods=["POST"])]))) as running:
        yield running.given


@pytest.mark.parametrize(("filtering", "status"), [(200, 200), (403, 403), (404, 404)], indirect=["filtering"])
def test_a_filter_that_answers_in_telegrams_place_is_told_apart_from_a_wrong_token(
    server: TelegramServer, filtering: str, status: int
) -> None:
    sentence = failed(server, api_base_url=filtering)
    assert f"is not Telegram (status {status})" in sentence
    assert "blocked" not in sentence


@pytest.mark.parametrize("filtering", [200], indirect=True)
def test_the_library_prints_nothing_of_a_filters_page(filtering: str) -> None:
    program = (
        "from bot.channels.telegram_checks import check_telegram; "
        f"print(check_telegram(token='1:a', api_base_url={filtering!r}, bot_name=None, webhook_url=None))"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert "is not Telegram" in ran.stdout
    assert ran.stderr == ""


def test_doctor_asks_telegram(
    server: TelegramServer, policybot: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policybot("init", "hillside", "--name", "Hillside Primary School")
    (tmp_path / "home" / "policybot.yaml").write_text("telegram:\n  bot_name: hillside_bot\n")
    monkeypatch.setenv("POLICYBOT_TELEGRAM__TOKEN", TOKEN)
    monkeypatch.setenv("POLICYBOT_TELEGRAM__API_BASE_URL", server.address)
    told = policybot("doctor").out
    assert "ok    Telegram is reached, and takes telegram.token as @school_policies_bot." in told
    assert "LOOK  telegram.bot_name is hillside_bot" in told
    monkeypatch.setenv("POLICYBOT_TELEGRAM__TOKEN", ANOTHER_TOKEN)
    told = policybot("doctor")
    assert "LOOK  Telegram does not take telegram.token" in told.out
    assert "another" not in told.out + told.err
