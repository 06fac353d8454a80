"""What `policybot doctor` asks Microsoft of the sign-in to the desk: whether each tenant takes the secret and gives its keys."""

from urllib.parse import urlsplit

import httpx
import msgspec

from bot.channels.checks import Check, not_reached, not_understood
from bot.channels.entra_token import SettingNames, check_token
from bot.entra import Registration, fetch_keys, fetch_metadata

# Any token shows whether the secret is taken. This one is good for nothing, since the app is granted nothing there.
_SCOPE = "https://graph.microsoft.com/.default"


def check_entra(registration: Registration) -> list[Check]:
    """Return each check of the sign-in, passed or not, in one sentence that says what to do where it is not."""
    checks = [check for tenant in registration.tenants for check in _tenant(registration, tenant)]
    where = "under Authentication of the app registration, for the platform Web"
    return [*checks, (True, f"The redirect URI, {where}, is to be {registration.redirect_uri}.")]


def _tenant(registration: Registration, tenant: str) -> list[Check]:
    url = f"{registration.authority}/{tenant}/oauth2/v2.0/token"
    form = {
        "grant_type": "client_credentials",
        "client_id": registration.client_id,
        "client_secret": registration.client_secret,
        "scope": _SCOPE,
    }
    agree = f"{registration.authority}/{tenant}/adminconsent?client_id={registration.client_id}"
    otherwise = f"; where the app is registered in another tenant, an administrator of this one agrees to it at {agree}"
    checks = check_token(url, form, SettingNames("entra.client_id", f"entra.tenants.{tenant}", "entra.client_secret", otherwise))
    return [*checks, _keys(registration, tenant)] if checks[0][0] else checks


def _keys(registration: Registration, tenant: str) -> Check:
    what, host = "Microsoft's list of keys", urlsplit(registration.authority).netloc
    try:
        fetch_keys(fetch_metadata(registration, tenant))
    except httpx.HTTPStatusError as error:
        return False, not_understood(what, host, error.response.status_code)
    except httpx.HTTPError as error:
        return False, not_reached(what, host, type(error).__name__)
    except msgspec.DecodeError:
        return False, not_understood(what, host, httpx.codes.OK)
    return True, f"Microsoft's keys of entra.tenants.{tenant} are fetched, by which it is known who signs in to the desk."
