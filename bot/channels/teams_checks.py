"""What `policybot doctor` asks Microsoft: whether it gives the bot a token and its keys, and whether Teams can reach the bot."""

import re
from urllib.error import HTTPError
from urllib.parse import urlsplit

import httpx
import jwt

from bot.channels.checks import SECONDS, Check, check_clock, not_reached, not_understood
from bot.channels.teams import PATH
from bot.channels.teams_connector import Registration, keys_url, token_request

_REGISTRATION = "the app registration at https://entra.microsoft.com"
# What Entra says where a setting is wrong, by learn.microsoft.com/entra/identity-platform/reference-error-codes. Microsoft may
# change the numbers: one that is not here is told as it is, with where it is explained. No value is repeated, since somebody may
# have set the secret in the place of an id.
_REASONS = {
    "AADSTS7000222": f"teams.client_secret has ended: make a new one, under Certificates & secrets of {_REGISTRATION}, and set "
    "its value.",
    "AADSTS7000215": "teams.client_secret is not right: it is to be the value of one of the app's secrets, not the secret's id. "
    f"Microsoft shows it once only: make a new one, under Certificates & secrets of {_REGISTRATION}.",
    "AADSTS90002": f"teams.tenant_id is of no tenant: copy the Directory (tenant) ID from {_REGISTRATION}.",
    "AADSTS700016": "teams.app_id is of no app in that tenant: copy the Application (client) ID and the Directory (tenant) ID, "
    f"both from {_REGISTRATION}.",
}


def check_teams(registration: Registration, public_url: str | None) -> list[Check]:
    """Return each check of Microsoft Teams, passed or not, in one sentence that says what to do where it is not."""
    if registration.unauthenticated:
        return [
            (
                False,
                "teams.allow_unauthenticated lets anybody on this machine speak as Microsoft, and says nothing in Teams: it is "
                "for tests; take it out.",
            )
        ]
    return [*_token(registration), _keys(keys_url(registration)), _address(public_url)]


def _token(registration: Registration) -> list[Check]:
    url, form = token_request(registration)
    host = urlsplit(url).netloc
    try:
        response = httpx.post(url, data=form, timeout=SECONDS)
    except httpx.HTTPError as error:
        return [(False, not_reached("Entra", host, type(error).__name__))]
    clock = check_clock("Microsoft", response.headers.get("date", ""), "what Microsoft signs is refused")
    try:
        told = response.json()
    except ValueError:
        told = None
    if not isinstance(told, dict) or response.is_server_error:
        return [(False, not_understood("Entra", host, response.status_code)), *clock]
    if "access_token" not in told:
        return [(False, f"Entra gives no token: {_reason(str(told.get('error_description')))}"), *clock]
    return [(True, "Entra is reached, and gives a token for teams.app_id and teams.client_secret."), *clock]


def _reason(description: str) -> str:
    found = re.match(r"AADSTS(\d+)", description)
    if not found:
        return "it does not say why; see that teams.app_id, teams.tenant_id and teams.client_secret are of one app registration."
    return _REASONS.get(found[0]) or f"{found[0]}, which https://login.microsoftonline.com/error?code={found[1]} explains."


def _keys(url: str) -> Check:
    what, host = "Microsoft's list of keys", urlsplit(url).netloc
    try:
        jwt.PyJWKClient(url, timeout=SECONDS).get_signing_keys()
    except (jwt.PyJWKClientConnectionError, OSError) as error:
        cause = error.__cause__ or error
        if isinstance(cause, HTTPError):
            return False, not_understood(what, host, cause.code)
        return False, not_reached(what, host, type(cause).__name__)
    except (jwt.PyJWTError, ValueError):
        return False, not_understood(what, host, httpx.codes.OK)
    return True, "Microsoft's keys are fetched, by which the bot knows what comes from Teams."


def _address(public_url: str | None) -> Check:
    if public_url is None:
        return False, (
            "Teams cannot reach this machine without POLICYBOT_PUBLIC_URL: set it to the address at which Microsoft finds it, "
            "such as https://policies.school.example."
        )
    if not public_url.lower().startswith("https://"):
        return False, (
            "POLICYBOT_PUBLIC_URL does not begin with https://, and Teams sends to no other addresses: get a certificate for it."
        )
    return True, f"The messaging endpoint, under Configuration of the Azure Bot, is to be {public_url}{PATH}."
