"""What `policybot doctor` asks Microsoft: whether it gives the bot a token and its keys, and whether Teams can reach the bot."""

from urllib.error import HTTPError
from urllib.parse import urlsplit

import httpx
import jwt

from bot.channels.checks import SECONDS, Check, not_reached, not_understood
from bot.channels.entra_token import SettingNames, check_token
from bot.channels.teams import PATH
from bot.channels.teams_connector import Registration, keys_url, token_request

_SETTINGS = SettingNames("teams.app_id", "teams.tenant_id", "teams.client_secret")


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
    return [*check_token(*token_request(registration), _SETTINGS), _keys(keys_url(registration)), _address(public_url)]


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
