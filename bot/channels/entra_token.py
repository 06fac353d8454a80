"""What the checks of Teams and of the sign-in with Microsoft share: whether Entra gives the app a token, and why it does not."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from bot.channels.checks import SECONDS, Check, check_clock, not_reached, not_understood

_REGISTRATION = "the app registration at https://entra.microsoft.com"


@dataclass(frozen=True, slots=True)
class SettingNames:
    """How the settings are called that Entra is asked with; `unknown_app` is what else to do where it does not know the app."""

    app: str
    tenant: str
    secret: str
    unknown_app: str = ""


def check_token(url: str, form: dict[str, str], names: SettingNames) -> list[Check]:
    """Return whether Entra gives a token for a form, and whether the clocks agree."""
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
        return [(False, f"Entra gives no token: {_reason(str(told.get('error_description')), names)}"), *clock]
    return [(True, f"Entra is reached, and gives a token for {names.app} and {names.secret}."), *clock]


def _reason(description: str, names: SettingNames) -> str:
    found = re.match(r"AADSTS(\d+)", description)
    if not found:
        return f"it does not say why; see that {names.app}, {names.tenant} and {names.secret} are of one app registration."
    return _reasons(names).get(found[0]) or f"{found[0]}, which https://login.microsoftonline.com/error?code={found[1]} explains."


def _reasons(names: SettingNames) -> dict[str, str]:
    """Return what to do about each reason, by learn.microsoft.com/entra/identity-platform/reference-error-codes.

    Microsoft may change the numbers: one that is not here is told as it is, with where it is explained. No value is repeated,
    since somebody may have set the secret in the place of an id.
    """
    unknown_app = (
        f"{names.app} is of no app in that tenant: copy the Application (client) ID and the Directory (tenant) ID, both from "
        f"{_REGISTRATION}{names.unknown_app}."
    )
    return {
        "AADSTS7000222": f"{names.secret} has ended: make a new one, under Certificates & secrets of {_REGISTRATION}, and set "
        "its value.",
        "AADSTS7000215": f"{names.secret} is not right: it is to be the value of one of the app's secrets, not the secret's id. "
        f"Microsoft shows it once only: make a new one, under Certificates & secrets of {_REGISTRATION}.",
        "AADSTS90002": f"{names.tenant} is of no tenant: copy the Directory (tenant) ID from {_REGISTRATION}.",
        "AADSTS700016": unknown_app,
        "AADSTS7000229": unknown_app,
    }
