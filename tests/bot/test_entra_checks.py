"""What `policybot doctor` finds out about the sign-in with Microsoft, from an Entra on this machine."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import HTMLResponse

from bot.entra import Registration
from bot.entra_checks import check_entra
from tests.platforms.entra_server import CLIENT_ID, SECRET, EntraServer
from tests.platforms.teams_server import OTHER_TENANT, TENANT

PUBLIC_URL = "https://policies.school.example"
REDIRECT_URI = f"{PUBLIC_URL}/sign-in/microsoft/callback"
NO_TENANT = "00000000-0000-0000-0000-00000000dead"


@pytest.fixture
def server() -> Iterator[EntraServer]:
    with EntraServer(REDIRECT_URI) as running:
        yield running


@pytest.fixture
def registration(server: EntraServer) -> Registration:
    return Registration(CLIENT_ID, SECRET, {TENANT: ("a",), OTHER_TENANT: ("b",)}, server.authority, REDIRECT_URI)


def failed(registration: Registration) -> list[str]:
    return [sentence for passed, sentence in check_entra(registration) if not passed]


def test_each_tenant_is_asked_and_the_redirect_uri_told(registration: Registration, server: EntraServer) -> None:
    checks = check_entra(registration)
    assert [passed for passed, _ in checks] == [True] * 5
    assert [tenant in sentence for (_, sentence), tenant in zip(checks[1::2], (TENANT, OTHER_TENANT), strict=False)] == [True] * 2
    assert checks[-1][1].endswith(f"is to be {REDIRECT_URI}.")


def test_what_is_wrong_with_the_registration_is_told_apart(registration: Registration, server: EntraServer) -> None:
    registration = replace(registration, tenants={TENANT: ("a",)})
    (sentence,) = failed(replace(registration, client_secret="another secret"))  # noqa: S106  it opens nothing
    assert sentence.startswith("Entra gives no token: entra.client_secret is not right")
    assert "another secret" not in sentence
    (sentence,) = failed(replace(registration, client_id=OTHER_TENANT))
    assert "entra.client_id is of no app in that tenant" in sentence
    assert f"{server.authority}/{TENANT}/adminconsent?client_id={OTHER_TENANT}." in sentence
    (sentence,) = failed(replace(registration, tenants={NO_TENANT: ("a",)}))
    assert f"entra.tenants.{NO_TENANT} is of no tenant" in sentence
    server.secret_has_ended = True
    (sentence,) = failed(registration)
    assert "entra.client_secret has ended: make a new one" in sentence


def test_an_entra_that_is_away_or_behind_a_filter_is_told(registration: Registration, server: EntraServer) -> None:
    registration = replace(registration, tenants={TENANT: ("a",)})
    host = server.authority.removeprefix("http://")
    with server.away():
        (sentence,) = failed(registration)
    assert sentence.startswith(f"Entra is not reached at {host}")
    server.instead = HTMLResponse("<h1>This site is blocked</h1>")
    (sentence,) = failed(registration)
    assert sentence.startswith(f"What answers at {host} is not Entra (status 200)")


def test_doctor_asks_microsoft(
    server: EntraServer, policybot: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policybot("init", "hillside", "--name", "Hillside Primary School")
    (tmp_path / "home" / "policybot.yaml").write_text(
        f"public_url: {PUBLIC_URL}\nentra:\n  client_id: {CLIENT_ID}\n  authority: {server.authority}\n"
        f"  tenants: {{{TENANT}: {{schools: [hillside]}}}}\n"
    )
    monkeypatch.setenv("POLICYBOT_ENTRA__CLIENT_SECRET", SECRET)
    told = policybot("doctor").out
    assert "ok    Entra is reached, and gives a token for entra.client_id and entra.client_secret." in told
    assert f"ok    Microsoft's keys of entra.tenants.{TENANT} are fetched" in told
    assert f"is to be {REDIRECT_URI}." in told
    printed = policybot("invite", "--school", "hillside", "--role", "headteacher").out
    assert f"With their Microsoft account they sign in at {PUBLIC_URL}/desk and type the code there." in printed
    assert "Microsoft" not in policybot("invite", "--school", "hillside").out
