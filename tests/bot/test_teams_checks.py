"""What `policybot doctor` finds out about Microsoft Teams, from a Microsoft on this machine."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bot.channels.teams_checks import check_teams
from bot.channels.teams_connector import Registration
from tests.platforms.background import Background
from tests.platforms.served import free_port, served
from tests.platforms.teams_bot import registered
from tests.platforms.teams_server import APP_ID, OTHER_TENANT, SECRET, TENANT, TeamsServer

PUBLIC_URL = "https://policies.school.example"
ANOTHER_SECRET = "another secret"  # noqa: S105  it opens nothing


@pytest.fixture
def server() -> Iterator[TeamsServer]:
    with TeamsServer() as running:
        yield running


@pytest.fixture
def registration(server: TeamsServer) -> Registration:
    return registered(server.openid_metadata_url, server.login_url)


def failed(registration: Registration, public_url: str | None = PUBLIC_URL) -> list[str]:
    return [sentence for passed, sentence in check_teams(registration, public_url) if not passed]


class Standin:
    """Somebody else who answers wherever Microsoft is asked: with a page, or with some JSON."""

    def __init__(self, response: Response) -> None:
        async def answer(_request: Request) -> Response:
            return response

        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.served = Background(served(Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])]), port))
        self.registration = registered(f"{self.address}/v1/.well-known/openidconfiguration", self.address)


def test_all_is_well(registration: Registration, server: TeamsServer) -> None:
    checks = check_teams(registration, PUBLIC_URL)
    assert [passed for passed, _ in checks] == [True, True, True]
    assert checks[-1][1].endswith(f"is to be {PUBLIC_URL}/api/messages.")
    assert (server.tokens_issued, server.keys_fetched) == (1, 1)


def test_a_secret_that_has_ended_is_told_apart_from_a_wrong_one(registration: Registration, server: TeamsServer) -> None:
    (sentence,) = failed(replace(registration, client_secret=ANOTHER_SECRET))
    assert "teams.client_secret is not right" in sentence
    assert ANOTHER_SECRET not in sentence
    server.secret_has_ended = True
    (sentence,) = failed(registration)
    assert "teams.client_secret has ended: make a new one, under Certificates & secrets" in sentence


def test_a_wrong_tenant_is_told_apart_from_a_wrong_app(registration: Registration, server: TeamsServer) -> None:
    (sentence,) = failed(replace(registration, token_url=f"{server.login_url}/{OTHER_TENANT}/oauth2/v2.0/token"))
    assert "teams.tenant_id is of no tenant" in sentence
    (sentence,) = failed(replace(registration, app_id=OTHER_TENANT))
    assert "teams.app_id is of no app in that tenant" in sentence


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (
            {"error": "invalid_client", "error_description": "AADSTS7000112: Application is disabled."},
            "AADSTS7000112, which https://login.microsoftonline.com/error?code=7000112 explains.",
        ),
        ({"error": "invalid_client"}, "it does not say why"),
    ],
)
def test_another_reason_is_told_with_where_it_is_explained(registration: Registration, told: dict[str, str], reason: str) -> None:
    standin = Standin(JSONResponse(told, 401))
    with standin.served:
        (sentence,) = failed(replace(registration, token_url=standin.registration.token_url))
    assert sentence.startswith(f"Entra gives no token: {reason}")


@pytest.mark.parametrize(("seconds", "told"), [(3600, "seconds behind Microsoft's"), (-3600, "seconds ahead of Microsoft's")])
def test_a_clock_that_is_wrong_is_noticed(registration: Registration, server: TeamsServer, seconds: int, told: str) -> None:
    server.clock_is_off_by = seconds
    (sentence,) = failed(registration)
    assert told in sentence


def test_a_microsoft_that_is_away_is_told_apart_from_a_wrong_secret(registration: Registration, server: TeamsServer) -> None:
    host = server.login_url.removeprefix("http://")
    with server.away():
        token, keys = failed(registration)
    assert token.startswith(f"Entra is not reached at {host} (ConnectError)")
    assert keys.startswith(f"Microsoft's list of keys is not reached at {host} (URLError)")


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (HTMLResponse("<h1>This site is blocked</h1>"), "What answers at {host} is not {what} (status 200)"),
        (HTMLResponse("<h1>This site is blocked</h1>", 403), "What answers at {host} is not {what} (status 403)"),
        (JSONResponse(["blocked"]), "What answers at {host} is not {what} (status 200)"),
        (
            JSONResponse({"error": "temporarily_unavailable"}, 503),
            "{what} is reached at {host}, but cannot answer now (status 503)",
        ),
    ],
)
def test_a_filter_or_a_fault_is_told_apart_from_a_wrong_secret(response: Response, told: str) -> None:
    standin = Standin(response)
    host = standin.address.removeprefix("http://")
    with standin.served:
        token, keys = failed(standin.registration)
    assert token.startswith(told.format(host=host, what="Entra"))
    assert keys.startswith(told.format(host=host, what="Microsoft's list of keys"))


@pytest.mark.parametrize(
    ("public_url", "told"),
    [
        (None, "Teams cannot reach this machine without POLICYBOT_PUBLIC_URL"),
        ("http://policies.school.example", "POLICYBOT_PUBLIC_URL does not begin with https://"),
    ],
)
def test_teams_needs_a_public_address_with_a_certificate(registration: Registration, public_url: str | None, told: str) -> None:
    (sentence,) = failed(registration, public_url)
    assert told in sentence


def test_a_bot_that_takes_from_anybody_is_noticed_and_microsoft_not_asked(
    registration: Registration, server: TeamsServer
) -> None:
    (sentence,) = failed(replace(registration, unauthenticated=True))
    assert "teams.allow_unauthenticated lets anybody on this machine speak as Microsoft" in sentence
    assert (server.tokens_issued, server.keys_fetched) == (0, 0)


def test_doctor_asks_microsoft(
    server: TeamsServer, policybot: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policybot("init", "hillside", "--name", "Hillside Primary School")
    monkeypatch.setenv("POLICYBOT_TEAMS__CLIENT_SECRET", SECRET)
    (tmp_path / "home" / "policybot.yaml").write_text(
        f"teams:\n  app_id: {APP_ID}\n  tenant_id: {TENANT}\n  openid_metadata_url: {server.openid_metadata_url}\n"
        f"  token_url: {server.login_url}/{TENANT}/oauth2/v2.0/token\n"
    )
    told = policybot("doctor").out
    assert "ok    Entra is reached, and gives a token" in told
    assert "ok    Microsoft's keys are fetched" in told
    assert "LOOK  Teams cannot reach this machine without POLICYBOT_PUBLIC_URL" in told
    monkeypatch.setenv("POLICYBOT_PUBLIC_URL", PUBLIC_URL)
    monkeypatch.setenv("POLICYBOT_TEAMS__CLIENT_SECRET", ANOTHER_SECRET)
    told = policybot("doctor").out
    assert "LOOK  Entra gives no token: teams.client_secret is not right" in told
    assert f"ok    The messaging endpoint, under Configuration of the Azure Bot, is to be {PUBLIC_URL}/api/messages." in told
    assert ANOTHER_SECRET not in told
