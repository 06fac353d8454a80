"""Sign-in with Microsoft: whom an answer of Entra's is taken to be of, and each answer that is taken for nobody's."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.responses import HTMLResponse, JSONResponse

from bot.entra import AWAY, NOT_TAKEN, NOT_VERIFIED, OTHER_TENANT, STOPPED, USED, Attempt, Identity, Registration, RelyingParty
from bot.entra import SignInError as Refused
from tests.platforms.entra_server import CLIENT_ID, PRIVATE, SECRET, EntraServer
from tests.platforms.teams_server import ANNE, BEN, STRANGER, TENANT, Who
from tests.platforms.teams_server import OTHER_TENANT as OTHER

REDIRECT_URI = "https://policies.school.example/sign-in/microsoft/callback"
MINUTES = 60


@pytest.fixture(scope="module")
def running() -> Iterator[EntraServer]:
    with EntraServer(REDIRECT_URI) as server:
        yield server


@pytest.fixture
def server(running: EntraServer) -> EntraServer:
    running.altered, running.signing, running.key_is_for = {}, "own", "{tenantid}"
    running.instead, running.secret_has_ended = None, False
    return running


RelyingParties = Callable[..., RelyingParty]


def registered(server: EntraServer, tenants: Sequence[str], secret: str = SECRET) -> RelyingParty:
    schools = dict.fromkeys(tenants, ("hillside",))
    return RelyingParty(Registration(CLIENT_ID, secret, schools, server.authority, REDIRECT_URI))


@pytest.fixture
def relying_party(server: EntraServer) -> RelyingParties:
    """Return policybot as it is registered for the staff of these tenants, one unless others are given."""
    return lambda *tenants, secret=SECRET: registered(server, tenants or (TENANT,), secret)


@pytest.fixture(scope="module")
def begun(running: EntraServer) -> RelyingParty:
    """policybot for the staff of two tenants, which has signed somebody of each in, so that it knows their keys."""
    party = registered(running, (TENANT, OTHER))
    for who in (ANNE, STRANGER):
        signed_in(running, party, who)
    return party


def answered(server: EntraServer, party: RelyingParty, attempt: Attempt, who: Who | None = ANNE) -> dict[str, str]:
    """Return the parameters with which Microsoft sends somebody back."""
    address = server.sign_in(party.authorization_url(attempt), who)
    assert address.startswith(f"{REDIRECT_URI}?")
    return dict(parse_qsl(urlsplit(address).query))


def signed_in(server: EntraServer, party: RelyingParty, who: Who | None = ANNE) -> Identity:
    attempt = Attempt.new()
    return party.identify(answered(server, party, attempt, who), attempt)


def refused(server: EntraServer, party: RelyingParty, who: Who | None = ANNE) -> Refused:
    with pytest.raises(Refused) as error:
        signed_in(server, party, who)
    return error.value


def test_somebody_is_known_by_tenant_and_object_id_and_by_nothing_that_can_be_changed(
    server: EntraServer, relying_party: RelyingParties
) -> None:
    party = relying_party()
    before = signed_in(server, party)
    assert (before.account, before.shown) == (f"{TENANT}/{ANNE.object_id}", "anne@school.example")
    bens = {"preferred_username": "ben@school.example", "name": BEN.name, "email": "ben@school.example", "sub": "another"}
    server.altered = bens | {"upn": "ben@school.example", "oid": ANNE.object_id.upper(), "tid": TENANT.upper()}
    assert signed_in(server, party).account == before.account
    server.altered = {"oid": BEN.object_id}
    assert signed_in(server, party).account == f"{TENANT}/{BEN.object_id}"


def test_only_what_is_needed_is_asked_for_and_all_of_it_is_new_each_time(
    server: EntraServer, relying_party: RelyingParties
) -> None:
    party = relying_party()
    server.asked.clear()
    for _ in range(2):
        signed_in(server, party)
    one, two = server.asked
    assert one["scope"] == "openid profile"
    new = ("state", "nonce", "code_challenge")
    assert len({asked[name] for asked in (one, two) for name in new}) == 6
    assert {name: one[name] for name in one if name not in new} == {name: two[name] for name in two if name not in new}
    assert SECRET not in str(server.asked)


# What is changed in a token, and how it is signed.
LIES: dict[str, tuple[dict[str, Any], str]] = {
    "not signed": ({}, "none"),
    "the public key as a secret": ({}, "hs256"),
    "signed by somebody else under the key's number": ({}, "forged"),
    "a key that Microsoft does not list": ({}, "unknown"),
    "the key of private accounts": ({}, "private"),
    "of another tenant's issuer": ({"iss": "{authority}/" + OTHER + "/v2.0"}, "own"),
    "of the issuer of private accounts": ({"iss": "{authority}/" + PRIVATE + "/v2.0"}, "own"),
    "of a tenant that is let in, by the issuer of another": ({"tid": OTHER}, "own"),
    "of an issuer elsewhere": ({"iss": f"https://entra.example/{TENANT}/v2.0"}, "own"),
    "without an issuer": ({"iss": None}, "own"),
    "for another app": ({"aud": OTHER}, "own"),
    "for several apps": ({"aud": [CLIENT_ID, OTHER]}, "own"),
    "for no app": ({"aud": None}, "own"),
    "made for another sign-in": ({"nonce": "another"}, "own"),
    "made for no sign-in": ({"nonce": None}, "own"),
    "ended": ({"exp": time.time() - 2 * MINUTES}, "own"),
    "never ending": ({"exp": None}, "own"),
    "not valid yet": ({"nbf": time.time() + 60 * MINUTES}, "own"),
    "made in the future": ({"iat": time.time() + 60 * MINUTES}, "own"),
    "of nobody": ({"oid": None}, "own"),
    "of something that is no object": ({"oid": "anne@school.example"}, "own"),
    "of a number": ({"oid": 12}, "own"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_lies_is_taken_for_nobodys(server: EntraServer, begun: RelyingParty, lie: str) -> None:
    altered, server.signing = LIES[lie]
    server.altered = {
        name: value.format(authority=server.authority) if name == "iss" and value else value for name, value in altered.items()
    }
    assert str(refused(server, begun)) == NOT_VERIFIED


def test_clocks_may_be_half_a_minute_apart(server: EntraServer, relying_party: RelyingParties) -> None:
    server.altered = {"exp": time.time() - MINUTES / 2}
    assert signed_in(server, relying_party()).object_id == ANNE.object_id


def test_keys_are_kept_until_one_is_shown_that_is_new_and_what_is_withdrawn_is_forgotten(
    server: EntraServer, relying_party: RelyingParties
) -> None:
    party, before = relying_party(), server.keys_fetched
    for _ in range(2):
        signed_in(server, party)
    assert server.keys_fetched - before == 1
    server.rotate()
    signed_in(server, party)
    assert server.keys_fetched - before == 2
    server.signing = "unknown"  # which is now the key from before
    assert str(refused(server, party)) == NOT_VERIFIED


@pytest.mark.parametrize(("key_is_for", "known"), [("{tenantid}", True), (TENANT, True), ("", True), (OTHER, False)])
def test_a_key_signs_for_those_alone_for_whom_microsoft_says(
    server: EntraServer, relying_party: RelyingParties, key_is_for: str, known: bool
) -> None:
    server.key_is_for = key_is_for
    if known:
        assert signed_in(server, relying_party()).object_id == ANNE.object_id
    else:
        assert str(refused(server, relying_party(TENANT, OTHER))) == NOT_VERIFIED


def test_a_key_that_was_withdrawn_is_taken_for_no_longer_than_keys_are_kept(
    server: EntraServer, relying_party: RelyingParties, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping, forgetting = relying_party(), relying_party()
    signed_in(server, keeping)
    monkeypatch.setattr("bot.entra.KEYS_KEPT", 0.0)
    signed_in(server, forgetting)
    server.rotate()
    server.signing = "unknown"
    assert signed_in(server, keeping).object_id == ANNE.object_id
    assert str(refused(server, forgetting)) == NOT_VERIFIED


@pytest.mark.parametrize("tid", [OTHER, PRIVATE, None, 12, {"a": "b"}, "", f"{TENANT}x"])
def test_nobody_of_another_tenant_is_let_in(server: EntraServer, relying_party: RelyingParties, tid: Any) -> None:
    server.altered = {"tid": tid}
    assert str(refused(server, relying_party())) == OTHER_TENANT


def test_with_several_tenants_each_is_signed_in_by_the_keys_of_their_own(
    server: EntraServer, relying_party: RelyingParties
) -> None:
    party, before = relying_party(TENANT, OTHER), server.keys_fetched
    assert "/organizations/" in party.authorization_url(Attempt.new())
    assert signed_in(server, party).account == f"{TENANT}/{ANNE.object_id}"
    assert signed_in(server, party, STRANGER).account == f"{OTHER}/{STRANGER.object_id}"
    assert server.keys_fetched - before == 2
    assert f"/{TENANT}/" in relying_party().authorization_url(Attempt.new())


def test_a_code_is_taken_once_and_only_from_whom_it_was_given_to(server: EntraServer, relying_party: RelyingParties) -> None:
    party, mine = relying_party(), Attempt.new()
    answer = answered(server, party, mine)
    assert party.identify(answer, mine).object_id == ANNE.object_id
    stolen = answered(server, party, mine)
    for code, attempt in ((answer, mine), (stolen, Attempt.new()), (stolen, mine)):
        with pytest.raises(Refused, match="used already"):
            party.identify(code, attempt)


def test_a_code_that_was_planted_is_of_another_sign_in(server: EntraServer, relying_party: RelyingParties) -> None:
    party, thiefs = relying_party(), Attempt.new()
    planted = answered(server, party, thiefs, BEN)
    mine = Attempt(thiefs.state, "mine", thiefs.verifier)  # even where the thief knows all but what the token is made for
    with pytest.raises(Refused) as error:
        party.identify(planted, mine)
    assert str(error.value) == NOT_VERIFIED


def test_who_cancels_is_not_signed_in(
    server: EntraServer, relying_party: RelyingParties, caplog: pytest.LogCaptureFixture
) -> None:
    assert str(refused(server, relying_party(), None)) == STOPPED
    assert [record.__dict__["code"] for record in caplog.records if record.levelno >= logging.WARNING] == ["AADSTS65004"]


def test_a_secret_that_is_not_taken_is_told_and_logged_by_its_number_alone(
    server: EntraServer, relying_party: RelyingParties, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = refused(server, relying_party(secret="wrong"))  # noqa: S106  it opens nothing
    assert (str(wrong), wrong.status) == (NOT_TAKEN, 503)
    server.secret_has_ended = True
    assert str(refused(server, relying_party())) == NOT_TAKEN
    told = [(record.message, record.__dict__["code"]) for record in caplog.records if record.levelno >= logging.WARNING]
    assert told == [
        ("Microsoft gives no ID token", "AADSTS7000215"),
        ("Microsoft gives no ID token", "AADSTS7000222"),
    ]


@pytest.mark.parametrize(
    "instead",
    [
        HTMLResponse("<h1>This site is blocked</h1>"),
        HTMLResponse("<h1>This site is blocked</h1>", 403),
        JSONResponse(["blocked"]),
        JSONResponse({"error": "temporarily_unavailable", "id_token": 1}, 503),
        JSONResponse({"error": "temporarily_unavailable"}, 503),
    ],
)
def test_a_filter_or_a_fault_in_between_is_told_at_each_step(
    server: EntraServer, relying_party: RelyingParties, instead: Any
) -> None:
    party, attempt = relying_party(), Attempt.new()
    answer = answered(server, party, attempt)
    server.instead = instead
    for ask in (lambda: relying_party().authorization_url(attempt), lambda: party.identify(answer, attempt)):
        with pytest.raises(Refused) as error:
            ask()
        assert (str(error.value), error.value.status) == (AWAY, 503)


def test_a_microsoft_that_is_away_is_told(server: EntraServer, relying_party: RelyingParties) -> None:
    party, attempt = relying_party(), Attempt.new()
    answer = answered(server, party, attempt)
    with server.away(), pytest.raises(Refused) as error:
        party.identify(answer, attempt)
    assert str(error.value) == AWAY
    assert party.identify(answer, attempt).object_id == ANNE.object_id


def test_what_was_used_is_said_as_such(server: EntraServer, relying_party: RelyingParties) -> None:
    with pytest.raises(Refused) as error:
        relying_party().identify({"code": "made up"}, Attempt.new())
    assert (str(error.value), error.value.status) == (USED, 403)
