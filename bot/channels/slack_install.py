"""Slack's OAuth: whoever runs a workspace opens a provider's link, allows the app at Slack, and is sent back here.

https://docs.slack.dev/authentication/installing-with-oauth says how. What is known of it meanwhile is kept in the browser alone,
sealed, so that any replica can go on with it. An app that was installed without a link is given back: its token is revoked.
"""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urljoin

import aiohttp
from msgspec import Struct
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth import AuthorizeUrlGenerator
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.channels.slack_checks import SCOPES
from bot.errors import BotError
from bot.installations import NOT_OPEN, Installations, Told
from bot.joining import Tries
from bot.layout import Heading, Paragraph
from bot.outage import UNREACHABLE
from bot.people import SLACK
from bot.rendering import as_html, problem_to_html, told_page
from bot.sealing import Seal, Unreadable
from bot.secret import keyed_hash
from bot.ways_in import INSTALL_PATH

REDIRECT_PATH = "/slack/oauth_redirect"
# For so long the page at Slack may stay open.
LASTS = timedelta(minutes=10)
CALL_SECONDS = 10
# From one address, within the time of `Tries`.
MOST_TRIES = 30
LONGEST = 500  # characters of a link's token, of a code, of a state
NOT_BEGUN = (
    "This was not begun by a link of whoever provides policybot to you in this browser, or it was too long ago, so nothing was "
    "connected: open your link again, or ask for one."
)
NOT_ALLOWED = "It was not allowed at Slack, so nothing was connected: your link still works."
NOT_TAKEN = "Slack did not confirm it, so nothing was connected: open your link again."
AWAY = "Slack cannot be reached just now, so nothing was connected: open your link again in a few minutes."
STORE_AWAY = "It cannot be written down just now, so nothing was connected: open your link again in a few minutes."
TOO_MANY = "That was tried too often from here: wait ten minutes, then open your link again."
NOT_OF_ORGANISATIONS = (
    "The app was installed for a whole organisation, and policybot needs it in one workspace, so nothing was connected: open "
    "your link again and choose the school's workspace."
)
ROTATES = (
    "Slack gave a token that ends by itself, so nothing was connected: whoever provides policybot to you has to make the app "
    "without token rotation."
)

_log = logging.LoggerAdapter(logging.getLogger("policybot"), {"channel": SLACK})


class _Begun(Struct, frozen=True):
    """An installation that waits for its person to come back from Slack."""

    link: str
    state: str
    until: datetime


class _NotOurs(Exception):  # noqa: N818  it is no error of ours
    """What was installed cannot be spoken through; says why. `token` is what Slack gave for it."""

    def __init__(self, why: str, token: str | None) -> None:
        super().__init__(why)
        self.token = token


class SlackInstall:
    """The addresses at which workspaces install the app. `address` is that of the server, `now` the time in UTC.

    `key` is the secret of this installation of policybot; `name_of` gives the name of a school.
    """

    def __init__(
        self,
        installations: Installations,
        *,
        client_id: str,
        client_secret: str,
        api_base_url: str,
        address: str,
        key: bytes,
        name_of: Callable[[str], str],
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts; nothing is asked of Slack yet."""
        self._installations = installations
        self._client_id = client_id
        self._client_secret = client_secret
        self._api_base_url = api_base_url
        self._redirect = address + REDIRECT_PATH
        # A key of its own: what is sealed for the store is nothing here, nor the other way round.
        self._seal = Seal(keyed_hash(key, "installing at Slack").encode())
        self._name_of = name_of
        self._now = now
        self._secure = address.startswith("https:")
        # With that prefix browsers take it from this very host, so that no neighbour under the provider's name can plant one.
        self._cookie = "__Host-policybot_install" if self._secure else "policybot_install"
        self._tries = Tries(now, MOST_TRIES)

    def routes(self) -> list[Route]:
        """Return the addresses of the installation."""
        return [
            Route(INSTALL_PATH, self._begin, methods=["GET"]),
            Route(REDIRECT_PATH, self._come_back, methods=["GET"]),
        ]

    async def _begin(self, request: Request) -> Response:
        """Send whoever opened a link on to Slack, where it can still be used."""
        link = request.query_params.get("link", "")[:LONGEST]
        if not self._may_try(request):
            return _page(TOO_MANY, 429)
        try:
            is_open = await asyncio.to_thread(self._installations.is_open, link, SLACK)
        except UNREACHABLE:
            return _page(STORE_AWAY, 503)
        if not is_open:
            return _page(NOT_OPEN, 400)
        begun = _Begun(link, secrets.token_urlsafe(32), self._now() + LASTS)
        at_slack = AuthorizeUrlGenerator(
            client_id=self._client_id,
            redirect_uri=self._redirect,
            scopes=sorted(SCOPES),
            authorization_url=urljoin(self._api_base_url, "/oauth/v2/authorize"),
        )
        response = RedirectResponse(at_slack.generate(begun.state), 303)
        sealed, lasts = self._seal.sealed(begun).decode(), int(LASTS.total_seconds())
        # A strict cookie would not come back with somebody who comes from another site.
        response.set_cookie(self._cookie, sealed, lasts, path="/", httponly=True, samesite="lax", secure=self._secure)
        return response

    async def _come_back(self, request: Request) -> Response:
        """Connect the workspace that Slack tells of, and forget in the browser what was begun."""
        response = await self._ended(request)
        response.delete_cookie(self._cookie, path="/", httponly=True, secure=self._secure)
        return response

    async def _ended(self, request: Request) -> Response:
        begun, answer = self._begun(request), request.query_params
        state, code = answer.get("state", "")[:LONGEST], answer.get("code", "")[:LONGEST]
        if not self._may_try(request):
            return _page(TOO_MANY, 429)
        if begun is None or not hmac.compare_digest(state.encode(), begun.state.encode()):
            begun = None
        if not code:
            return _page(NOT_ALLOWED if begun and "error" in answer else NOT_BEGUN, 400)
        try:
            told = await self._exchanged(code)
        except _NotOurs as error:
            if error.token:
                await self._revoke(error.token)
            return _page(str(error), 400)
        except SlackApiError:
            _log.warning("Slack did not confirm an installation", exc_info=True)
            return _page(NOT_TAKEN, 400)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return _page(AWAY, 503)
        try:
            if begun is None:
                raise BotError(NOT_BEGUN)
            school_id = await asyncio.to_thread(self._installations.install, begun.link, SLACK, told)
        except BotError as error:
            await self._give_back(told)
            return _page(str(error), 400)
        except UNREACHABLE:
            return _page(STORE_AWAY, 503)
        name = await asyncio.to_thread(self._name_of, school_id)
        connected = Heading(f"Connected: the members of this workspace ask of {name} from now on.")
        how = Paragraph("They find policybot under Apps in Slack. Guests of the workspace get no answer.")
        return HTMLResponse(told_page(as_html((connected, how))))

    def _begun(self, request: Request) -> _Begun | None:
        try:
            begun = self._seal.opened(request.cookies.get(self._cookie, "").encode(), _Begun)
        except Unreadable:
            return None
        return begun if begun.until > self._now() else None

    def _may_try(self, request: Request) -> bool:
        return self._tries.may_try(request.client.host if request.client else "")

    async def _exchanged(self, code: str) -> Told:
        """Return what Slack tells for a code, which it takes once; https://docs.slack.dev/reference/methods/oauth.v2.access."""
        # As the SDK's own method does, which says so in a way that its HTTP library is about to drop.
        shown = {"Authorization": aiohttp.encode_basic_auth(self._client_id, self._client_secret)}
        asked = {"code": code, "redirect_uri": self._redirect}
        answer = await self._client().api_call("oauth.v2.access", data=asked, headers=shown)
        token, team = answer.get("access_token"), answer.get("team") or {}
        if answer.get("is_enterprise_install") or not team.get("id") or not token:
            raise _NotOurs(NOT_OF_ORGANISATIONS, token)
        if answer.get("refresh_token"):
            raise _NotOurs(ROTATES, token)
        enterprise = (answer.get("enterprise") or {}).get("id")
        return Told(team["id"], token, enterprise, answer.get("bot_user_id"), answer.get("scope"))

    async def _give_back(self, told: Told) -> None:
        """Revoke what Slack gave for a workspace, unless that is connected: there it may be the very token that is used."""
        try:
            tenancy = await asyncio.to_thread(self._installations.tenancy, SLACK, told.tenant)
        except UNREACHABLE:
            return
        if told.token and not tenancy.schools:
            await self._revoke(told.token)

    async def _revoke(self, token: str) -> None:
        try:
            await self._client(token).auth_revoke()
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError):
            _log.warning("The token of an installation that was refused could not be revoked", exc_info=True)

    def _client(self, token: str | None = None) -> AsyncWebClient:
        return AsyncWebClient(token=token, base_url=self._api_base_url, timeout=CALL_SECONDS, retry_handlers=[])


def _page(sentence: str, status: int) -> Response:
    return HTMLResponse(told_page(problem_to_html(sentence)), status)
