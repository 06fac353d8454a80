"""Slack: what comes over Socket Mode or signed HTTP is written down before it is acknowledged; what is to be said is posted.

Of Bolt only the two transports are used. It acknowledges events before its listeners end, calls auth.test on the first event and
acknowledges that event unheard where the call fails, and parses a body before it checks the signature: so everything is taken
in before its own steps, and the signature is checked before it sees a body.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, NamedTuple

import aiohttp
import msgspec
from slack_bolt import BoltResponse
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltError
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.channels.fetching import fetch
from bot.channels.slack_blocks import to_home, to_messages
from bot.channels.slack_events import Ended, Opened, Received, message_id, read
from bot.commands import EXAMPLES
from bot.installations import Installations
from bot.layout import WORRIED_NOW
from bot.messages import Audience, Call, File, Message, NotNow, Receive, Refused, Reply
from bot.outage import StoreAway
from bot.people import SLACK

EVENTS_PATH = "/slack/events"
DOMAIN = "slack.com"
LONGEST_BODY = 1_000_000
CALL_SECONDS = 10
# Slack waits three seconds for an acknowledgement.
LOOK_UP_SECONDS = 2.0
ADMITTED_SECONDS = 300.0
PING_SECONDS = 5.0
_VERIFICATION = "url_verification"
STATUS = "is looking in your school's policies"
# What Slack says when it cannot do at the moment what it could do later; https://docs.slack.dev/reference/methods/chat.postMessage.
_LATER = frozenset(
    (
        "ratelimited",
        "rate_limited",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
    )
)
_BAD_BLOCKS = frozenset(("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"))
_NO_SUCH_USER = frozenset(("user_not_found", "user_not_visible", "users_not_found"))

_log = logging.LoggerAdapter(logging.getLogger("policybot"), {"channel": SLACK})


class _Member(NamedTuple):
    """What Slack said of somebody: whether they may ask, and their name; `until` then it need not be asked again."""

    admitted: bool
    name: str | None
    until: float


class SlackChannel:
    """The Slack workspaces that hold one app. With an app token it connects to Slack; without, Slack posts to `EVENTS_PATH`.

    What comes from a workspace of which no token is known is answered by nothing.
    """

    name = SLACK

    def __init__(
        self,
        *,
        tokens: str | Installations,
        app_token: str | None,
        signing_secret: str | None,
        api_base_url: str,
        allow_guests: bool,
        refused: Callable[[], None],
        not_receiving: Callable[[], None],
    ) -> None:
        """Keep the settings; nothing is connected yet.

        `tokens` is the bot's token where there is one, else the installations, which know that of each workspace. `refused`
        counts what Slack had not signed, and what comes from where the app is not installed; `not_receiving` each time that a
        connection is wanted and there is none.
        """
        self._tokens = tokens
        self._app_token = app_token
        self._verifier = SignatureVerifier(signing_secret) if signing_secret else None
        self._api_base_url = api_base_url
        self._allow_guests = allow_guests
        self._refused = refused
        self._not_receiving = not_receiving
        # By the workspace, as all that is called by a user's id: in another workspace it may be somebody else's.
        self._members: dict[tuple[str | None, str], _Member] = {}
        self._directs: dict[tuple[str | None, str], str] = {}
        self._clients: dict[str | None, AsyncWebClient] = {}
        self._asides: set[asyncio.Task[None]] = set()
        self._calling: set[asyncio.Future[None]] = set()

    def routes(self) -> list[Route]:
        """Return the address to which Slack posts; none where we connect to Slack."""
        return [] if self._app_token else [Route(EVENTS_PATH, self._posted, methods=["POST"])]

    async def start(self, receive: Receive) -> None:
        """Begin to take in what Slack sends. A connection that cannot be made yet is tried again."""
        self._receive = receive
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS))
        self._bolt = AsyncApp(
            authorize=_nobody,
            before_authorize=self._before_bolt,
            process_before_response=True,
            request_verification_enabled=False,
            ssl_check_enabled=False,
        )
        self._connecting = asyncio.create_task(self._stay_connected(self._app_token)) if self._app_token else None

    async def stop(self) -> None:
        """Take nothing more in, and end the connections; calls that are being made are let end first."""
        if self._connecting:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        for task in self._asides:
            task.cancel()
        await asyncio.gather(*self._asides, return_exceptions=True)
        if self._calling:
            await asyncio.wait(self._calling, timeout=CALL_SECONDS)
        await self._session.close()  # a call that is begun later opens a connection of its own

    def _web_client(self, token: str) -> AsyncWebClient:
        return AsyncWebClient(
            token=token, base_url=self._api_base_url, session=self._session, timeout=CALL_SECONDS, retry_handlers=[]
        )

    async def _token_in(self, team: str | None) -> str | None:
        """Return the bot's token in a workspace, None where the app is not installed there. Raises StoreAway."""
        if isinstance(self._tokens, str):
            return self._tokens
        return await asyncio.to_thread(self._tokens.bot_token, SLACK, team) if team else None

    async def _client_in(self, team: str | None) -> AsyncWebClient:
        """Return what speaks to Slack as the bot in a workspace. Raises Refused where the app is not installed there, NotNow."""
        try:
            token = await self._token_in(team)
        except StoreAway:
            raise NotNow("The store is away.") from None
        if token is None:
            self._clients.pop(team, None)
            raise Refused("The app is not installed in this workspace.")
        if team not in self._clients or self._clients[team].token != token:
            self._clients[team] = self._web_client(token)
        return self._clients[team]

    # Taking in

    async def _stay_connected(self, app_token: str) -> None:
        """Keep a Socket Mode connection open.

        The SDK opens it again by itself, but always with the address that it has, which Slack takes once: so that is forgotten.
        """
        client = self._web_client(app_token)
        handler = AsyncSocketModeHandler(self._bolt, app_token, web_client=client, ping_interval=PING_SECONDS)
        connecting = asyncio.create_task(handler.connect_async())  # type: ignore[no-untyped-call]
        try:
            while True:
                await asyncio.sleep(PING_SECONDS)
                if not await handler.client.is_connected():
                    self._not_receiving()
                    handler.client.wss_uri = None
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
            await handler.close_async()  # type: ignore[no-untyped-call]

    async def _posted(self, request: Request) -> Response:
        """Take in what Slack posts: refused unless Slack signed it within five minutes."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                return PlainTextResponse("This is too long.", 413)
        if not self._is_signed(request, body):
            await asyncio.to_thread(self._refused)
            return PlainTextResponse("Slack has not signed this.", 401)
        try:
            bolt_request = to_async_bolt_request(request, body)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return PlainTextResponse("This cannot be read.", 400)
        # Before Bolt sees it, which takes a body of another shape for a fault of its own.
        if bolt_request.body.get("type") != _VERIFICATION and _read(bolt_request.body) is None:
            return Response()
        return to_starlette_response(await self._bolt.async_dispatch(bolt_request))

    def _is_signed(self, request: Request, body: bytes) -> bool:
        headers = request.headers
        try:
            return self._verifier is not None and self._verifier.is_valid(
                body, headers.get("x-slack-request-timestamp"), headers.get("x-slack-signature")
            )
        except (ValueError, TypeError):  # a time stamp that is no number, a body or a signature that is no text
            return False

    async def _before_bolt(self, body: dict[str, Any], next_: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:
        """Take in what Slack sent; only then is it acknowledged, and where that fails Slack delivers it again."""
        if body.get("type") == _VERIFICATION:
            return await next_()
        sent = _read(body)
        if isinstance(self._tokens, Installations):
            if isinstance(sent, Ended):
                await asyncio.to_thread(self._tokens.ended, SLACK, sent.team, sent.at)
            elif sent is not None and await self._token_in(_workspace(sent)) is None:
                await asyncio.to_thread(self._refused)
                sent = None
        match sent:
            case Received(key, message, user, team) if member := await self._admitted(user, team, message.tenant):
                await self._receive(key, msgspec.structs.replace(message, name=member.name))
            case Opened(user, team, channel) if await self._admitted(user, team, team):
                suggesting = asyncio.create_task(self._suggest(team, channel))
                self._asides.add(suggesting)
                suggesting.add_done_callback(self._asides.discard)
        return BoltResponse(status=200, body="")

    async def _admitted(self, user: str, team: str, tenant: str | None) -> _Member | None:
        """Return somebody who is a full member of the workspace, as Slack said within five minutes, and no bot; None for others.

        Where Slack cannot say so now, what it said last holds; where it never has, this raises what went wrong.
        """
        if team != tenant and not self._allow_guests:
            return None
        member = self._members.get((tenant, user))
        if member is None or member.until < monotonic():
            try:
                async with asyncio.timeout(LOOK_UP_SECONDS):
                    member = await self._look_up(user, tenant)
            except (SlackApiError, NotNow, aiohttp.ClientError, TimeoutError):
                if member is None:
                    raise
            self._members[tenant, user] = member = member._replace(until=monotonic() + ADMITTED_SECONDS)
        return member if member.admitted else None

    async def _look_up(self, user: str, tenant: str | None) -> _Member:
        nobody = _Member(admitted=False, name=None, until=0.0)
        try:
            found = (await (await self._client_in(tenant)).users_info(user=user))["user"]
        except SlackApiError as error:
            if _code(error) in _NO_SUCH_USER:
                return nobody
            raise
        guest = found.get("is_restricted") or found.get("is_ultra_restricted") or found.get("is_stranger")
        if found.get("is_bot") or found.get("deleted") or (guest and not self._allow_guests):
            return nobody
        name = found.get("real_name") or found.get("profile", {}).get("real_name")
        return _Member(admitted=True, name=name or None, until=0.0)

    # Saying

    def address(self, message: Message) -> Message | None:
        """Return the direct messages with somebody, whom Slack lets an app write to whether they wrote there or elsewhere."""
        user = message.where["user"]
        return message.as_address(f"{message.tenant}/{user}", {"user": user})

    def render(self, reply: Reply, message: Message) -> list[Call]:
        """Return the calls that say a reply: in the thread, to the asker alone, or on the asker's Home tab.

        What is for the asker alone is posted as a direct message rather than as an "ephemeral" one in the channel, which reaches
        nobody who is not looking and is lost when Slack is opened again: a direct message reaches the phone.
        """
        calls = self._rendered(reply, message)
        return calls if isinstance(self._tokens, str) else [call | {"team": message.tenant} for call in calls]

    def _rendered(self, reply: Reply, message: Message) -> list[Call]:
        where = message.where
        if "home" in where:
            view = to_home(reply.blocks, reply.buttons)
            return [{"method": "views.publish", "arguments": {"user_id": where["home"], "view": view}}]
        messages = [_message(one, reply.reference) for one in to_messages(reply)]
        if "response_url" in where:
            here = {"response_type": "ephemeral", "replace_original": False}
            if where.get("thread"):
                here["thread_ts"] = where["thread"]
            return [{"method": "response_url", "url": where["response_url"], "arguments": one | here} for one in messages]
        if "channel" not in where or (reply.audience is Audience.ASKER and not message.private):
            call: Call = {"method": "chat.postMessage", "to": where["user"]}
            if "channel" in where:
                call["else"] = {"channel": where["channel"], "thread_ts": where["thread"]}
            return [{**call, "arguments": one} for one in messages]
        here = {"channel": where["channel"], "thread_ts": where["thread"]}
        return [{"method": "chat.postMessage", "arguments": one | here} for one in messages]

    async def deliver(self, call: Call) -> str | None:
        """Make a call; return the channel and the time stamp of the message, None where no thread can begin at it.

        Raises NotNow where it may work later, Refused where it never will.
        """
        calling = asyncio.get_running_loop().create_future()
        self._calling.add(calling)
        try:
            if call["method"] == "response_url":
                await self._respond(call["url"], call["arguments"])
                return None
            return await self._post(call)
        except SlackApiError as error:
            raise _translated(error) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotNow(type(error).__name__) from None
        finally:
            self._calling.discard(calling)
            calling.set_result(None)

    async def _post(self, call: Call) -> str | None:
        method, arguments, team = call["method"], dict(call["arguments"]), call.get("team")
        client = await self._client_in(team)
        if "to" in call:
            try:
                arguments["channel"] = await self._direct(client, team, call["to"])
            except SlackApiError as error:
                if "else" not in call or not isinstance(_translated(error), Refused):
                    raise
                # Somebody who takes no direct messages is told where she asked, and she alone: nobody is left without.
                method, arguments = "chat.postEphemeral", {**arguments, **call["else"], "user": call["to"]}
        try:
            said = await client.api_call(method, json=arguments)
        except SlackApiError as error:
            if _code(error) not in _BAD_BLOCKS or "text" not in arguments:
                raise
            # Slack changes what it takes: the words alone are better than silence. The buttons go with the layout.
            _log.error("Slack refused a layout, and got the words alone", exc_info=True)
            words = f"{arguments['text']}\n{WORRIED_NOW}"
            said = await client.api_call(method, json={**arguments, "text": words, "blocks": []})
        # What one person alone sees in a channel has no time stamp of its own, nor has the Home tab.
        return message_id(said["channel"], said["ts"]) if "ts" in said.data else None

    async def _direct(self, client: AsyncWebClient, team: str | None, user: str) -> str:
        """Return the id of the direct messages with somebody."""
        if (team, user) not in self._directs:
            self._directs[team, user] = (await client.conversations_open(users=user))["channel"]["id"]
        return self._directs[team, user]

    async def _respond(self, url: str, arguments: dict[str, Any]) -> None:
        client = AsyncWebhookClient(url, session=self._session, timeout=CALL_SECONDS, retry_handlers=[])
        answer = await client.send_dict(arguments)
        if answer.status_code == 429 or answer.status_code >= 500:
            raise NotNow(f"status {answer.status_code}", _seconds(answer.headers))
        if answer.status_code >= 400:
            raise Refused(answer.body[:100])

    async def fetch(self, file: File) -> bytes:
        """Return the content of a file, with the bot's token, which is shown to Slack alone.

        https://docs.slack.dev/messaging/working-with-files says so. Raises NotNow, Refused and DocumentError.
        """
        if "url" not in file.reference:
            raise Refused("Slack keeps it elsewhere, or for another workspace")
        client = await self._client_in(file.reference.get("team"))
        token = {"Authorization": f"Bearer {client.token}"}
        return await fetch(file.reference["url"], file, domain=DOMAIN, configured=self._api_base_url, headers=token)

    async def show_typing(self, message: Message) -> None:
        """Show under the asker's message that an answer is being looked for."""
        where = message.where
        if where.get("channel"):
            client = await self._client_in(message.tenant)
            await client.assistant_threads_setStatus(channel_id=where["channel"], thread_ts=where["thread"], status=STATUS)

    async def _suggest(self, team: str, channel: str) -> None:
        """Offer examples where somebody opened the Messages tab; without them the tab works as well."""
        prompts = [{"title": example, "message": example} for example in EXAMPLES]
        try:
            client = await self._client_in(team)
            await client.assistant_threads_setSuggestedPrompts(channel_id=channel, title="For example:", prompts=prompts)
        except (SlackApiError, NotNow, Refused, aiohttp.ClientError, TimeoutError):
            _log.debug("Slack could not offer examples", exc_info=True)


async def _nobody() -> AuthorizeResult:
    """Stand where Bolt asks in whose name its own steps are to be done: all is taken in before them."""
    raise BoltError("Nothing is done by Bolt's own steps.")


def _workspace(sent: Received | Opened | Ended) -> str | None:
    return sent.message.tenant if isinstance(sent, Received) else sent.team


def _read(body: dict[str, Any]) -> Received | Opened | Ended | None:
    """Return what a request is about, None where there is nothing to answer or nobody can tell."""
    try:
        return read(body)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError, OSError):
        # It would be no better understood if it came again.
        _log.exception("Slack sent what has an unknown shape")
        return None


def _message(said: dict[str, Any], reference: str) -> dict[str, Any]:
    """Return the arguments of a message; what stands in its `text` is shown as it is, and carries the reply's reference."""
    plain = {"mrkdwn": False, "parse": "none", "unfurl_links": False, "unfurl_media": False}
    return {**said, **plain, "metadata": {"event_type": "policybot_reply", "event_payload": {"reference": reference}}}


def _code(error: SlackApiError) -> str:
    """Return Slack's own code of an error; "" where a gateway answered instead."""
    data = getattr(error.response, "data", None)
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def _translated(error: SlackApiError) -> NotNow | Refused:
    """Return what an error means for a call: later, as Slack asks for, or never."""
    # Of an answer that is no JSON the SDK gives aiohttp's response.
    status: int = getattr(error.response, "status_code", 0) or getattr(error.response, "status", 0)
    code = _code(error)
    if status == 429 or code in _LATER:
        return NotNow(code or f"status {status}", _seconds(getattr(error.response, "headers", {})))
    if status >= 500 or not code:
        return NotNow(f"status {status}")
    return Refused(code)


def _seconds(headers: Any) -> float | None:
    """Return how long Slack asks to wait, None where it does not say."""
    wait = headers.get("Retry-After", "")
    return float(wait) if str(wait).isdigit() else None
