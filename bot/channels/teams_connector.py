"""Microsoft's SDK for Teams, behind a port of ours: who signed a request, and the calls of the Bot Connector.

The SDK checks tokens and makes the calls; what it leaves open is closed here. Of its application object, which answers
a request only when its handler has ended and fails whole where an activity is unusual, nothing is used.
"""

import asyncio
import json
import logging
import os
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import jwt

from bot.configuration import Teams
from bot.messages import NotNow, Refused
from bot.people import TEAMS

os.environ["PYTHON_DOTENV_DISABLED"] = "1"  # when imported the SDK would read any .env file it finds above this folder
with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # it warns of its own previews, none of which is used here
    from microsoft_teams.api import Account, ApiClient
    from microsoft_teams.api.activities.message import MessageActivityInput
    from microsoft_teams.api.activities.typing import TypingActivityInput
    from microsoft_teams.api.auth.cloud_environment import PUBLIC, CloudEnvironment
    from microsoft_teams.api.clients.conversation.params import CreateConversationParams
    from microsoft_teams.apps.auth import TokenValidator
    from microsoft_teams.common import ClientOptions

CALL_LASTS = 10.0  # seconds; the SDK would wait for ever
# A token of Entra is asked for anew so long before it ends.
TOKEN_MARGIN = 300.0  # seconds
# Whether somebody is a guest is asked anew after so long.
GUESTS_KEPT = 3600.0  # seconds
MOST_MEMBERS = 10_000
# Microsoft shows one token for many requests: one that was looked into is taken so long without another look.
SEEN_LASTS = 300.0  # seconds
MOST_SEEN = 1_000
# What a roster calls those who are there from elsewhere.
_STRANGERS = {"guest", "anonymous"}
# What Microsoft says to try again; of what else it answers with 400 or more, nothing will change.
# learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
_TRY_AGAIN = {401, 408, 412, 429}


_log = logging.getLogger("policybot")


class NotMicrosoft(Exception):  # noqa: N818  it is no error of ours
    """A request was not signed by Microsoft for this bot."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A bot as it is registered with Microsoft; the addresses are Microsoft's own unless others are given.

    `unauthenticated` takes requests from anybody and sends no token: for tools on the same machine.
    """

    app_id: str
    tenant_id: str
    client_secret: str
    openid_metadata_url: str | None = None
    token_url: str | None = None
    unauthenticated: bool = False


def registration_of(teams: Teams) -> Registration:
    """Return the registration that is configured."""
    return Registration(
        app_id=teams.app_id,
        tenant_id=teams.tenant_id,
        client_secret=teams.client_secret.get_secret_value(),
        openid_metadata_url=teams.openid_metadata_url,
        token_url=teams.token_url,
        unauthenticated=teams.allow_unauthenticated,
    )


def cloud_of(registration: Registration) -> CloudEnvironment:
    """Return Microsoft's addresses as they are for this bot."""
    if not registration.openid_metadata_url:
        return PUBLIC
    return replace(PUBLIC, openid_metadata_url=registration.openid_metadata_url)


def keys_url(registration: Registration) -> str:
    """Return the address of the keys with which Microsoft signs what it sends to this bot, as the SDK makes it up."""
    return TokenValidator.for_service(registration.app_id, cloud=cloud_of(registration)).options.jwks_uri


def token_request(registration: Registration) -> tuple[str, dict[str, str]]:
    """Return the address at which Entra gives a bot its token, and the form with which it is asked for."""
    form = {
        "grant_type": "client_credentials",
        "client_id": registration.app_id,
        "client_secret": registration.client_secret,
        "scope": PUBLIC.bot_scope,
    }
    return registration.token_url or f"{PUBLIC.login_endpoint}/{registration.tenant_id}/oauth2/v2.0/token", form


class Connector:
    """The Microsoft side of one bot."""

    def __init__(self, registration: Registration) -> None:
        """Keep the registration; nothing is asked of Microsoft yet."""
        self._cloud = cloud_of(registration)
        self._signatures = None if registration.unauthenticated else _Signatures(registration.app_id, self._cloud)
        self._tokens = None if registration.unauthenticated else _Tokens(registration)
        self._api = self._client()
        self._calls, self._idle = 0, asyncio.Event()
        self._services: dict[str, ApiClient] = {}
        self._chats: dict[tuple[str, str], str] = {}
        self._members: dict[tuple[str, str], tuple[bool, float]] = {}

    async def start(self) -> None:
        """Fetch Microsoft's keys, so that no message waits for them; where that fails, the first message tries again."""
        if self._signatures:
            await self._signatures.fetch()

    async def stop(self) -> None:
        """Close the connections, when calls that are being made have ended; one that is begun later opens its own."""
        if self._signatures:
            self._signatures.close()
        if self._calls:
            await self._idle.wait()
        ended, self._api = self._api, self._client()
        self._services.clear()
        await ended.http.http.aclose()

    async def verify(self, authorization: str, service_url: str) -> None:
        """Return where Microsoft signed a request for this bot from this service.

        Raises NotMicrosoft where it did not, and NotNow where that cannot be known at the moment.
        """
        if self._signatures:
            await self._signatures.verify(authorization, service_url)

    async def send(self, service_url: str, conversation: str, activity: dict[str, Any]) -> str:
        """Send a message to a conversation; return its number there. Raises NotNow and Refused."""
        return await self._post(service_url, conversation, MessageActivityInput.model_validate(activity))

    async def send_typing(self, service_url: str, conversation: str) -> None:
        """Show in a conversation that somebody types. Raises NotNow and Refused."""
        await self._post(service_url, conversation, TypingActivityInput())

    async def private_chat(self, service_url: str, member: str, tenant: str) -> str:
        """Return the conversation with one person alone, made if there is none yet. Raises NotNow and Refused."""
        if (tenant, member) not in self._chats:
            parameters = CreateConversationParams(
                members=[Account(id=member)], tenant_id=tenant, channel_data={"tenant": {"id": tenant}}
            )
            with self._call():
                made = await self._service(service_url).conversations.create(parameters)
            self._chats[tenant, member] = made.id
        return self._chats[tenant, member]

    async def is_own(self, service_url: str, conversation: str, member: str, tenant: str) -> bool:
        """Tell whether somebody in a conversation is of this tenant, and not a guest there. Raises NotNow and Refused."""
        own, until = self._members.get((tenant, member), (False, 0.0))
        if time.monotonic() >= until:
            with self._call():
                found = await self._service(service_url).conversations.get_member_by_id(conversation, member)
            own = found.user_role not in _STRANGERS and (found.tenant_id or tenant).lower() == tenant
            if len(self._members) >= MOST_MEMBERS:
                self._members.clear()
            self._members[tenant, member] = own, time.monotonic() + GUESTS_KEPT
        return own

    async def _post(self, service_url: str, conversation: str, activity: MessageActivityInput | TypingActivityInput) -> str:
        with self._call():
            return (await self._service(service_url).conversations.create_activity(conversation, activity)).id

    @contextmanager
    def _call(self) -> Iterator[None]:
        """Turn what the SDK raises into NotNow and Refused; a token that is not taken is not shown again."""
        self._calls += 1
        self._idle.clear()
        try:
            yield
        except httpx.HTTPError as error:
            if self._tokens and isinstance(error, httpx.HTTPStatusError) and error.response.status_code == 401:
                self._tokens.forget()
            raise _failure(error) from error
        finally:
            self._calls -= 1
            if not self._calls:
                self._idle.set()

    def _client(self) -> ApiClient:
        return ApiClient("", ClientOptions(timeout=CALL_LASTS), cloud=self._cloud, token_provider=self._tokens)

    def _service(self, service_url: str) -> ApiClient:
        """Return the client of one of Microsoft's regions: there are few of them, and each is in a signed request."""
        if service_url not in self._services:
            self._services[service_url] = self._api.clone(service_url=service_url)
        return self._services[service_url]


class _Signatures:
    """Checks who signed a request, in a thread of its own: the SDK fetches Microsoft's keys there, and waits for them.

    It keeps them for five minutes, and for a key that it does not know asks again once in half a minute.
    """

    def __init__(self, app_id: str, cloud: CloudEnvironment) -> None:
        self._validator = TokenValidator.for_service(app_id, cloud=cloud)
        self._thread = ThreadPoolExecutor(1, "teams-keys")
        self._loop = asyncio.new_event_loop()
        self._seen: dict[tuple[str, str], float] = {}  # a token and a service -> until when it need not be looked into

    def close(self) -> None:
        self._thread.shutdown()
        self._loop.close()

    async def fetch(self) -> None:
        """Have the keys fetched, by showing a token of a key that does not exist."""
        knock = jwt.encode({}, "", "none", headers={"kid": "none"})
        try:
            await self._in_thread(knock, "")
        except (NotMicrosoft, NotNow):
            return

    async def verify(self, authorization: str, service_url: str) -> None:
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer" or not service_url:  # without an address to compare with, the SDK compares none
            raise NotMicrosoft("It carries no token.")
        if time.monotonic() < self._seen.get((token, service_url), 0.0):
            return
        ends = await self._in_thread(token, service_url)
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        self._seen[token, service_url] = time.monotonic() + min(SEEN_LASTS, ends - time.time())

    async def _in_thread(self, token: str, service_url: str) -> float:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._check, token, service_url)

    def _check(self, token: str, service_url: str) -> float:
        """Return when a token ends, in seconds since 1970. Raises NotMicrosoft and NotNow."""
        try:
            claims = self._loop.run_until_complete(self._validator.validate_token(token, service_url))
        except (jwt.PyJWKClientConnectionError, json.JSONDecodeError) as error:  # the latter where a filter shows a page instead
            raise NotNow(f"Microsoft's keys cannot be fetched: {error}") from error
        except jwt.PyJWTError as error:
            raise NotMicrosoft(str(error)) from error
        if "exp" not in claims:
            raise NotMicrosoft("It never ends.")
        return float(claims["exp"])


class _Tokens:
    """The bot's own tokens, from Entra, for its secret (the client credentials grant); one is kept until it ends.

    learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
    """

    def __init__(self, registration: Registration) -> None:
        self._url, self._form = token_request(registration)
        self._one_at_a_time = asyncio.Lock()
        self._token, self._until = "", 0.0

    def forget(self) -> None:
        """Ask for another token the next time."""
        self._until = 0.0

    async def get_app_token(self, _scope: str, _tenant_id: str | None) -> str:
        """Return a token, as the SDK asks for it. Raises NotNow where Entra gives none."""
        async with self._one_at_a_time:
            if time.monotonic() >= self._until:
                self._token, lasts = await self._ask()
                self._until = time.monotonic() + lasts - TOKEN_MARGIN
            return self._token

    async def _ask(self) -> tuple[str, float]:
        try:
            async with httpx.AsyncClient(timeout=CALL_LASTS) as client:
                response = await client.post(self._url, data=self._form)
            told = response.json()
            if response.is_success:
                return str(told["access_token"]), float(told["expires_in"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise NotNow(f"Entra gives no token: {type(error).__name__}.") from error
        # A wrong or ended secret may be put right within minutes: the reply waits for that as for anything else.
        _log.warning("Entra gives no token: policybot doctor says why", extra={"channel": TEAMS, "code": told.get("error")})
        raise NotNow(f"Entra gives no token: {told.get('error')} ({response.status_code}).")


def _failure(error: httpx.HTTPError) -> NotNow | Refused:
    """Return what a failed call means for whatever it was to say."""
    if not isinstance(error, httpx.HTTPStatusError):
        return NotNow(f"Teams cannot be reached: {type(error).__name__}.")
    status = error.response.status_code
    if status < 500 and status not in _TRY_AGAIN:
        return Refused(f"Teams refuses it: {status} {_code(error.response)}.")
    wait = error.response.headers.get("retry-after", "")
    return NotNow(f"Teams answers {status}.", float(wait) if wait.isascii() and wait.isdigit() else None)


def _code(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
