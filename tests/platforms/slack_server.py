"""A Slack workspace on this machine: its Web API, its events over signed HTTP or Socket Mode, and the people in it.

Other workspaces can install the app too, over OAuth; each then has a token of its own, which reaches nothing of another's.

It speaks the wire format to the real slack_bolt and slack_sdk, holds them to Slack's documented limits with Slack's own
error codes, records all that comes, and can be made to fail. Where Slack's documentation leaves a point open, the
stricter reading is taken. It runs in a thread of its own, so that tests need no event loop.
"""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import mimetypes
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import yaml
from aiohttp import ClientError, ClientSession, ClientTimeout, WSMsgType, web

from tests.platforms import block_kit
from tests.platforms.background import LoopThread
from tests.platforms.recorded import Changes
from tests.platforms.served import cease_to_listen

T = TypeVar("T")

BOT_TOKEN = "xoxb-1-bot"  # noqa: S105  a local server's
APP_TOKEN = "xapp-1-app"  # noqa: S105
SIGNING_SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105
TEAM = "T0SCHOOL"
OTHER_TEAM = "T0OTHER"
APP = "A0POLICYBOT"
CLIENT_ID, CLIENT_SECRET = "1234.5678", "fedcba9876543210fedcba9876543210"
BOT_USER = "U0POLICYBOT"
BOT = "B0POLICYBOT"
# The workspace has installed the app from this, and grants what it asks for.
MANIFEST = Path(__file__).parents[2] / "deploy" / "slack-manifest.yaml"
_SCOPE_OF = {
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "conversations.open": "im:write",
    "users.info": "users:read",
    "assistant.threads.setStatus": "assistant:write",
    "assistant.threads.setSuggestedPrompts": "assistant:write",
}
LONGEST_TEXT = 40_000
USES_OF_A_RESPONSE_URL = 5


@dataclass(frozen=True)
class RateLimited:
    """429, to be tried again after so many seconds."""

    seconds: int


@dataclass(frozen=True)
class ServerError:
    """A 5xx with a page in HTML, as a gateway answers."""

    status: int = 500


@dataclass(frozen=True)
class Hangs:
    """No answer until the server ends or `release` is called; `accepted`: after the call was carried out."""

    accepted: bool = False


@dataclass(frozen=True)
class Drops:
    """The connection ends without an answer; `accepted`: only after the call was carried out."""

    accepted: bool = False


@dataclass(frozen=True)
class Refuses:
    """An answer that is not ok, with Slack's code."""

    error: str


Fault = RateLimited | ServerError | Hangs | Drops | Refuses


@dataclass
class Person:
    """A user of the workspace, or of another one in a shared channel."""

    id: str
    team: str = TEAM
    guest: bool = False
    bot: bool = False
    deleted: bool = False
    name: str = ""


@dataclass
class Room:
    """A conversation: a channel, or somebody's direct messages with the bot."""

    id: str
    members: set[str]
    im: bool = False
    team: str = TEAM
    archived: bool = False
    has_bot: bool = True


@dataclass
class Call:
    """A request to the Web API or to a response_url that arrived, and the answer that it got."""

    method: str
    arguments: dict[str, Any]
    token: str
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether Slack carried it out."""
        return bool(self.answer.get("ok"))


@dataclass
class Delivery:
    """An event, command or interaction on its way to the bot: what the bot answered, attempt by attempt."""

    kind: str
    payload: dict[str, Any]
    answers: list[tuple[int, str]] = field(default_factory=list)
    acknowledged: bool = False
    done: "Future[None]" = field(default_factory=Future)

    def wait(self, timeout: float = 30) -> Self:
        """Wait until it is acknowledged or given up."""
        self.done.result(timeout)
        return self


class SlackServer:
    """The workspace. Use it in a `with` statement; `api_url` is what the SDK's `base_url` is set to.

    `deliver_to` an address of the bot sends events over HTTP; without it they go over the open Socket Mode connections.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.messages: list[dict[str, Any]] = []
        self.views: dict[str, dict[str, Any]] = {}
        self.people: dict[str, Person] = {}
        self.rooms: dict[str, Room] = {}
        self.downloads: list[str] = []  # the ids of the files that were fetched
        self._files: dict[str, bytes] = {}
        self.scopes = set(yaml.safe_load(MANIFEST.read_text())["oauth_config"]["scopes"]["bot"])
        # Whose each token of the bot is, and what was allowed and not yet fetched: a code, with the workspace and the address.
        self.tokens = {BOT_TOKEN: TEAM}
        self._codes: dict[str, tuple[str, str]] = {}
        self.granted: dict[str, Any] = {}  # what the next answers to a code differ in
        self.clock_is_off_by = 0
        self.events_url: str | None = None
        # Slack waits three seconds, then tries again at once, after one minute and after five.
        self.acknowledged_within = 3.0
        self.tries_again_after: Sequence[float] = (0, 0.2, 0.4)
        self.acknowledgements: list[dict[str, Any]] = []
        self._faults: dict[str, list[tuple[Fault, int | None]]] = {}
        self._changes = Changes(self._told)
        self._numbers = itertools.count(1)
        self._turns = itertools.count()
        self.connections = 0
        self._sockets: list[web.WebSocketResponse] = []
        self._transports: dict[web.WebSocketResponse, asyncio.Transport] = {}
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._response_urls: dict[str, dict[str, Any]] = {}
        self._port = 0
        self._thread = LoopThread("slack")
        self.add_person(BOT_USER, bot=True)

    # Starting, stopping, failing

    def __enter__(self) -> Self:
        """Start to listen, on a port that the system chooses."""
        self._thread.start()
        self._run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and end every connection."""
        self._run(self._close(final=True))
        self._thread.stop()

    @property
    def url(self) -> str:
        """The server's own address."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def api_url(self) -> str:
        """The address of the Web API, for the SDK's `base_url`."""
        return f"{self.url}/api/"

    def deliver_to(self, url: str | None) -> None:
        """Send events to this address from now on, signed; None: over Socket Mode."""
        self.events_url = url

    def go_down(self) -> None:
        """Refuse connections, and end those that are open."""
        self._run(self._close())

    def come_back(self) -> None:
        """Listen again, on the same port."""
        self._run(self._open())

    def fail(self, method: str, fault: Fault, times: int | None = 1) -> None:
        """Let the next calls of a method fail so often; None: until `mend`.

        "response_url" stands for those, "link" for the WebSocket, whose address is then spent whatever the fault.
        """
        with self._changes.reading():
            self._faults.setdefault(method, []).append((fault, times))

    def mend(self) -> None:
        """Let nothing fail any more, and let go what hangs."""
        with self._changes.reading():
            self._faults.clear()
        self.release()

    def release(self) -> None:
        """Let go what hangs: it is answered with 503."""
        self._run(self._let_go())

    def ask_to_reconnect(self) -> None:
        """Tell each Socket Mode client that its connection is about to end, as Slack does every few hours."""
        self._run(self._send_to_all({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}}))

    def cut_sockets(self) -> None:
        """End the Socket Mode connections without a word, as when a cable is pulled."""
        for socket in list(self._sockets):
            self._thread.loop.call_soon_threadsafe(self._transports[socket].abort)

    @property
    def sockets(self) -> int:
        """How many Socket Mode connections are open."""
        return len(self._sockets)

    async def _open(self) -> None:
        self._released = asyncio.Event()
        self._session = ClientSession(timeout=ClientTimeout(total=60))
        app = web.Application(client_max_size=2**22)
        app.router.add_post("/api/{method}", self._web_api)
        app.router.add_get("/api/{method}", self._web_api)
        app.router.add_post("/response/{number}", self._response_url)
        app.router.add_get("/link/{ticket}", self._link)
        app.router.add_get("/files-pri/{id}/download/{name}", self._download)
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        handler, loop = self._runner.server, asyncio.get_running_loop()
        self._listening = await loop.create_server(handler, "127.0.0.1", self._port, reuse_address=True)
        self._port = self._listening.sockets[0].getsockname()[1]

    async def _close(self, *, final: bool = False) -> None:
        self._released.set()
        await cease_to_listen(self._listening)
        await self._close_sockets()
        await self._runner.cleanup()
        await self._session.close()
        if final:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0)

    async def _let_go(self) -> None:
        self._released.set()
        self._released = asyncio.Event()

    async def _close_sockets(self) -> None:
        for socket in list(self._sockets):
            await socket.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._thread.run(work)

    # What has come

    def wait_for(self, condition: Callable[[], T], timeout: float = 60) -> T:
        """Wait until a condition over what was recorded gives something true, and return it."""
        return self._changes.wait(condition, timeout)

    def _told(self) -> str:
        return ", ".join(f"{call.method} {call.answer.get('error', 'ok')}" for call in self.calls)

    def called(self, *methods: str, ok: bool | None = None) -> list[Call]:
        """Return the calls of these methods so far; `ok`: only those that were, or were not, carried out."""
        with self._changes.reading():
            return [call for call in self.calls if call.method in methods and ok in (None, call.ok)]

    def pause(self, seconds: float) -> None:
        """Let time pass, where nothing is to be seen of what is waited for."""
        self._run(asyncio.sleep(seconds))

    def seen_by(self, user: str, room: str | None = None) -> list[dict[str, Any]]:
        """Return the bot's messages that somebody can see, the oldest first; `room`: only those there."""
        with self._changes.reading():
            return [message for message in self.messages if self._sees(user, message) and room in (None, message["channel"])]

    def wait_for_messages(self, user: str, count: int = 1, room: str | None = None, timeout: float = 60) -> list[dict[str, Any]]:
        """Wait until somebody sees so many messages of the bot, and return them."""
        return self.wait_for(lambda: seen if len(seen := self.seen_by(user, room)) >= count else [], timeout)

    def _sees(self, user: str, message: Mapping[str, Any]) -> bool:
        if message["user"] != BOT_USER:
            return False
        if message["visible_to"] is not None:
            return bool(message["visible_to"] == user)
        return user in self.rooms[message["channel"]].members

    # People and rooms

    def add_person(self, user: str, **traits: Any) -> Person:
        """Add somebody: `guest`, `bot`, `deleted`, or of another `team`."""
        self.people[user] = Person(user, **traits)
        return self.people[user]

    def add_channel(self, room: str, *members: str, **traits: Any) -> Room:
        """Add a channel with these members: `archived`, or `has_bot=False`."""
        self.rooms[room] = Room(room, set(members), **traits)
        return self.rooms[room]

    def direct(self, user: str) -> str:
        """Return the id of somebody's direct messages with the bot."""
        room = f"D{user[1:]}"
        self.rooms.setdefault(room, Room(room, {user}, im=True, team=self._workspace(user)))
        return room

    # Installing

    def allow(self, authorization_url: str, team: str) -> str:
        """Allow the app in a workspace, on the page of this address; return the address to which Slack sends the browser back."""
        page, asked = urlsplit(authorization_url), dict(parse_qsl(urlsplit(authorization_url).query))
        if (f"{page.scheme}://{page.netloc}", page.path) != (self.url, "/oauth/v2/authorize"):
            raise AssertionError("that is not the page at which an app is allowed")
        if asked["client_id"] != CLIENT_ID or set(asked["scope"].split(",")) != self.scopes:
            raise AssertionError("that is another app, or asks for what the manifest does not")
        code = self.code(team, asked["redirect_uri"])
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def code(self, team: str, redirect_uri: str) -> str:
        """Return a code for an app that was allowed in a workspace, by whichever way."""
        code = f"{next(self._numbers)}.{team}.code"
        self._codes[code] = team, redirect_uri
        return code

    def uninstall(self, team: str, *, event: str = "app_uninstalled", at: float | None = None) -> Delivery:
        """Take the app out of a workspace, whose token then holds no more; `event` is that by which the bot is told."""
        self.tokens = {token: of for token, of in self.tokens.items() if of != team}
        tokens = {"tokens": {"oauth": [], "bot": [BOT_USER]}} if event == "tokens_revoked" else {}
        told = {"team_id": team, "authorizations": [], "event_time": int(time.time() if at is None else at)}
        return self.deliver_event({"type": event, **tokens}, **told)

    def _workspace(self, user: str) -> str:
        """Return in which workspace somebody meets the bot: their own where it is installed there, else as a stranger in ours."""
        person = self.people.get(user)
        return person.team if person and person.team in self.tokens.values() else TEAM

    def _oauth_access(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        team, redirect_uri = self._codes.pop(str(arguments.get("code")), ("", ""))
        if not team:
            raise _RefusedError("invalid_code")
        if arguments.get("redirect_uri") != redirect_uri:
            raise _RefusedError("bad_redirect_uri")
        token = next((one for one, of in self.tokens.items() if of == team), f"xoxb-{team}-{next(self._numbers)}")
        self.tokens[token] = team
        return {
            "access_token": token,
            "token_type": "bot",
            "scope": ",".join(sorted(self.scopes)),
            "bot_user_id": BOT_USER,
            "app_id": APP,
            "team": {"id": team, "name": "School"},
            "enterprise": None,
            "is_enterprise_install": False,
            "authed_user": {"id": "U1ADMIN"},
            **self.granted,
        }

    # What people do. Each returns the delivery, which goes on in the background.

    def say(self, user: str, text: str, room: str | None = None, thread: str | None = None, **more: Any) -> Delivery:
        """Write a message: in the direct messages unless a room is given. "@policybot" is the mention of the bot.

        In a channel only a mention reaches the bot, as the app is not subscribed to other messages there.
        """
        where = room or self.direct(user)
        ts = self._ts()
        event = self._typed(user, text, where, ts) | (self._in_thread(where, thread) if thread else {}) | more
        self._record({**event, "visible_to": None})
        if self.rooms[where].im:
            return self.deliver_event({**event, "type": "message", "channel_type": "im"}, user)
        if f"<@{BOT_USER}>" not in event["text"]:
            raise AssertionError("a message in a channel without @policybot does not reach the bot")
        return self.deliver_event({**event, "type": "app_mention"}, user)

    def edit(self, delivery: Delivery, text: str | None = None) -> Delivery:
        """Change what was said; without a text only Slack's own data of the message changes, as when a link unfurls."""
        event = delivery.payload["event"]
        before = {**event.get("message", event), "channel": event["channel"]}
        user = before["user"]
        after = self._typed(user, text, before["channel"], before["ts"]) if text is not None else dict(before)
        after |= {key: before[key] for key in ("thread_ts", "parent_user_id") if key in before}
        if text is not None:
            after["edited"] = {"user": user, "ts": self._ts()}
        if not self.rooms[before["channel"]].im:
            return self.deliver_event({**after, "type": "app_mention"}, user)
        return self.deliver_event(
            {
                "type": "message",
                "subtype": "message_changed",
                "hidden": True,
                "channel": before["channel"],
                "channel_type": "im",
                "ts": self._ts(),
                "message": {**after, "type": "message"},
                "previous_message": {**before, "type": "message"},
            },
            user,
        )

    def delete(self, delivery: Delivery) -> Delivery:
        """Delete what was said in direct messages."""
        before = delivery.payload["event"]
        return self.deliver_event(
            {
                "type": "message",
                "subtype": "message_deleted",
                "hidden": True,
                "channel": before["channel"],
                "channel_type": "im",
                "ts": self._ts(),
                "deleted_ts": before["ts"],
                "previous_message": before,
            },
            before["user"],
        )

    def send_file(self, user: str, kind: str, text: str = "", room: str | None = None) -> Delivery:
        """Send a file with or without words: `kind` is a MIME type, such as image/jpeg, or "slack_audio" for a voice clip."""
        audio = kind == "slack_audio"
        file = {
            "id": f"F{next(self._numbers)}",
            "name": "audio_message.m4a" if audio else "file",
            "mimetype": "audio/mp4" if audio else kind,
            "filetype": "m4a" if audio else kind.rpartition("/")[2],
            "url_private": f"{self.url}/files/1",
            **({"subtype": "slack_audio"} if audio else {}),
        }
        return self.say(user, text, room, subtype="file_share", files=[file])

    def send_document(self, user: str, name: str, content: bytes, text: str = "", **odd: Any) -> Delivery:
        """Send a document in direct messages; `odd` is what differs from a file that is kept in this workspace."""
        number = f"F{next(self._numbers):08}"
        self._files[number] = content
        url = f"{self.url}/files-pri/{self._workspace(user)}-{number}"
        file = {
            "id": number,
            "created": int(time.time()),
            "timestamp": int(time.time()),
            "name": name,
            "title": name.rpartition(".")[0],
            "mimetype": mimetypes.guess_type(name)[0] or "application/octet-stream",
            "filetype": name.rpartition(".")[2],
            "pretty_type": "Word Document",
            "user": user,
            "user_team": self._workspace(user),
            "editable": False,
            "size": len(content),
            "mode": "hosted",
            "is_external": False,
            "external_type": "",
            "is_public": False,
            "public_url_shared": False,
            "display_as_bot": False,
            "url_private": f"{url}/{name}",
            "url_private_download": f"{url}/download/{name}",
            "permalink": f"https://school.slack.com/files/{user}/{number}/file",
            "file_access": "visible",
        }
        return self.say(user, text, subtype="file_share", files=[file | odd])

    def press(self, user: str, message: Mapping[str, Any], label: str) -> Delivery:
        """Press a button of a message, by the words on it."""
        button = self._button(message["blocks"], label)
        at = {"message_ts": message["ts"], "channel_id": message["channel"], "is_ephemeral": message["visible_to"] is not None}
        body = self._interaction("block_actions", user, message["channel"]) | {
            "container": {"type": "message", **at, **({"thread_ts": message["thread_ts"]} if "thread_ts" in message else {})},
            "state": {"values": {}},
            "actions": [button],
        }
        if message["visible_to"] is None:  # Slack leaves out what only one person sees
            body["message"] = {key: value for key, value in message.items() if key != "visible_to"}
        return self._deliver("interactive", body)

    def press_at_home(self, user: str, label: str) -> Delivery:
        """Press a button of somebody's Home tab."""
        view = self.views[user]
        body = self._interaction("block_actions", user, None) | {
            "container": {"type": "view", "view_id": view["id"]},
            "view": view,
            "actions": [self._button(view["blocks"], label)],
        }
        return self._deliver("interactive", body)

    def use_shortcut(self, user: str, callback: str, message: Mapping[str, Any]) -> Delivery:
        """Use a message shortcut upon a message, such as the event of a delivery or one from `say_to_others`."""
        body = self._interaction("message_action", user, message["channel"]) | {
            "callback_id": callback,
            "message_ts": message["ts"],
            "message": {key: value for key, value in message.items() if key not in ("visible_to", "channel")},
        }
        return self._deliver("interactive", body)

    def say_to_others(self, user: str, text: str, room: str) -> dict[str, Any]:
        """Write a message in a channel without a mention, and return it: no event reaches the bot."""
        message = {**self._typed(user, text, room, self._ts()), "visible_to": None}
        self._record(message)
        return message

    def command(self, user: str, text: str, room: str | None = None, command: str = "/policy") -> Delivery:
        """Use the slash command, in direct messages unless a room is given."""
        where = room or self.direct(user)
        form = {
            "token": "legacy",
            "team_id": self._workspace(user),
            "team_domain": "school",
            "channel_id": where,
            "channel_name": "directmessage" if self.rooms[where].im else "staff",
            "user_id": user,
            "user_name": user.lower(),
            "command": command,
            "text": block_kit.escaped(text),
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self._new_response_url(user, where),
            "trigger_id": self._trigger(),
        }
        if self.people[user].team != self._workspace(user):
            form |= {"team_id": self.people[user].team, "enterprise_id": "E0OTHER"}
        return self._deliver("slash_commands", form)

    def open_app(self, user: str, tab: str) -> Delivery:
        """Open the app's Home tab ("home") or its direct messages ("messages")."""
        return self.deliver_event(
            {"type": "app_home_opened", "user": user, "channel": self.direct(user), "tab": tab, "event_ts": self._ts()}, user
        )

    def deliver_event(self, event: Mapping[str, Any], user: str = "", **envelope: Any) -> Delivery:
        """Deliver an event of any kind in its envelope."""
        team = self._workspace(user)
        stranger = user in self.people and self.people[user].team != team
        payload = {
            "token": "legacy",
            "team_id": team,
            "context_team_id": team,
            "api_app_id": APP,
            "event": {"event_ts": self._ts(), **event},
            "type": "event_callback",
            "event_id": f"Ev{next(self._numbers):08}",
            "event_time": int(time.time()),
            "authorizations": [
                {"enterprise_id": None, "team_id": team, "user_id": BOT_USER, "is_bot": True, "is_enterprise_install": False}
            ],
            "is_ext_shared_channel": stranger,
            **envelope,
        }
        return self._deliver("events_api", payload)

    def deliver_again(self, delivery: Delivery) -> Delivery:
        """Deliver what was delivered before once more, as Slack does when it did not see the acknowledgement."""
        return self._deliver(delivery.kind, delivery.payload)

    def signed(self, body: bytes, *, at: float | None = None, secret: str = SIGNING_SECRET) -> dict[str, str]:
        """Return the headers with which Slack sends a body, or with another time or secret."""
        stamp = str(int(time.time() if at is None else at))
        digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}

    def post(self, body: bytes, headers: Mapping[str, str], kind: str = "application/json") -> tuple[int, str]:
        """Send any body with any headers to the bot's address; return its status and its words."""
        return self._run(self._post(body, {"content-type": kind, **headers}))

    def _typed(self, user: str, text: str, room: str, ts: str) -> dict[str, Any]:
        parts = block_kit.escaped(text).split("@policybot")
        return {
            "type": "message",
            "client_msg_id": f"message-{next(self._numbers)}",
            "user": user,
            "team": self.people[user].team,
            "user_team": self.people[user].team,
            "channel": room,
            "ts": ts,
            "text": f"<@{BOT_USER}>".join(parts),
            **({"bot_id": f"B{user[1:]}"} if self.people[user].bot else {}),
        }

    def _in_thread(self, room: str, thread: str) -> dict[str, Any]:
        began = [message["user"] for message in self.messages if (message["channel"], message["ts"]) == (room, thread)]
        return {"thread_ts": thread} | ({"parent_user_id": began[0]} if began else {})

    def _interaction(self, kind: str, user: str, room: str | None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": kind,
            "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": self.people[user].team},
            "api_app_id": APP,
            "token": "legacy",
            "trigger_id": self._trigger(),
            "team": {"id": self._workspace(user), "domain": "school"},
            "enterprise": None,
            "is_enterprise_install": False,
        }
        if room:
            name = "directmessage" if self.rooms[room].im else "staff"
            body |= {"channel": {"id": room, "name": name}, "response_url": self._new_response_url(user, room)}
        return body

    def _button(self, blocks: Sequence[Mapping[str, Any]], label: str) -> dict[str, Any]:
        found = [button for button in block_kit.buttons(blocks) if button["text"]["text"] == label]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} buttons say {label!r}: {block_kit.visible(blocks)}")
        return {**found[0], "action_ts": self._ts()}

    def _trigger(self) -> str:
        return f"{next(self._numbers)}.{next(self._numbers)}.trigger"

    def _ts(self) -> str:
        return f"1780000000.{next(self._numbers):06}"

    def _new_response_url(self, user: str, room: str) -> str:
        number = str(next(self._numbers))
        self._response_urls[number] = {"user": user, "room": room, "uses": 0}
        return f"{self.url}/response/{number}"

    # Delivering

    def _deliver(self, kind: str, payload: dict[str, Any]) -> Delivery:
        delivery = Delivery(kind, payload)
        asyncio.run_coroutine_threadsafe(self._attempts(delivery), self._thread.loop)
        return delivery

    async def _attempts(self, delivery: Delivery) -> None:
        """Deliver until it is acknowledged: events up to four times, anything else once."""
        pauses = [0.0, *(self.tries_again_after if delivery.kind == "events_api" else ())]
        reason = ""
        try:
            for attempt, pause in enumerate(pauses):
                await asyncio.sleep(pause)
                deliver = self._by_http if self.events_url else self._by_socket
                status, words = await deliver(delivery, attempt, reason)
                with self._changes.recording():
                    delivery.answers.append((status, words))
                    delivery.acknowledged = 200 <= status < 300
                if delivery.acknowledged:
                    break
                reason = "http_timeout" if status == 0 else "http_error"
        finally:
            delivery.done.set_result(None)

    async def _by_http(self, delivery: Delivery, attempt: int, reason: str) -> tuple[int, str]:
        kind = "application/x-www-form-urlencoded"
        match delivery.kind:
            case "events_api":
                body, kind = json.dumps(delivery.payload).encode(), "application/json"
            case "slash_commands":
                body = urlencode(delivery.payload).encode()
            case _:
                body = urlencode({"payload": json.dumps(delivery.payload)}).encode()
        headers = {"content-type": kind, **self.signed(body)}
        if attempt:
            headers |= {"x-slack-retry-num": str(attempt), "x-slack-retry-reason": reason}
        try:
            return await asyncio.wait_for(self._post(body, headers), self.acknowledged_within)
        except (ClientError, TimeoutError) as error:
            return 0, type(error).__name__

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        async with self._session.post(str(self.events_url), data=body, headers=headers) as response:
            return response.status, await response.text()

    async def _by_socket(self, delivery: Delivery, attempt: int, reason: str) -> tuple[int, str]:
        """Send an envelope over one of the connections and wait for its acknowledgement."""
        if not self._sockets:
            return 0, "no connection"
        number = f"envelope-{next(self._numbers)}"
        envelope = {
            "envelope_id": number,
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != "events_api",
            **({"retry_attempt": attempt, "retry_reason": reason} if delivery.kind == "events_api" else {}),
        }
        self._waiting[number] = self._thread.loop.create_future()
        try:
            await self._sockets[next(self._turns) % len(self._sockets)].send_json(envelope)
            answer = await asyncio.wait_for(self._waiting[number], self.acknowledged_within)
        except (ConnectionError, TimeoutError) as error:
            return 0, type(error).__name__
        finally:
            del self._waiting[number]
        return 200, json.dumps(answer.get("payload") or "")

    async def _send_to_all(self, message: Mapping[str, Any]) -> None:
        for socket in list(self._sockets):
            await socket.send_json(message)

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one Socket Mode connection; its address works once."""
        if request.match_info["ticket"] not in self._tickets:
            raise web.HTTPNotFound
        self._tickets.discard(request.match_info["ticket"])
        if self._next_fault("link"):
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(timeout=0.1)
        await socket.prepare(request)
        await socket.send_json(
            {"type": "hello", "num_connections": len(self._sockets) + 1, "connection_info": {"app_id": APP}, "debug_info": {}}
        )
        with self._changes.recording():
            self.connections += 1
            self._sockets.append(socket)
            if request.transport:
                self._transports[socket] = request.transport
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledged(json.loads(message.data))
        finally:
            with self._changes.recording():
                self._sockets.remove(socket)
                del self._transports[socket]
        return socket

    def _acknowledged(self, answer: dict[str, Any]) -> None:
        with self._changes.recording():
            self.acknowledgements.append(answer)
        waiting = self._waiting.get(answer.get("envelope_id", ""))
        if waiting and not waiting.done():
            waiting.set_result(answer)

    # The Web API

    async def _web_api(self, request: web.Request) -> web.StreamResponse:
        arguments = await _arguments(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or arguments.pop("token", "")
        call = Call(request.match_info["method"], arguments, token)
        if call.method == "oauth.v2.access":
            return await self._answered(request, call, lambda: self._given_token(call))
        return await self._answered(request, call, lambda: self._carried_out(call))

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """Give a file to whoever shows the app's token, and has the scope; others are led to where one signs in."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token) != request.match_info["id"].partition("-")[0] or "files:read" not in self.scopes:
            raise web.HTTPFound(f"{self.url}/?redir={request.path}")
        number = request.match_info["id"].rpartition("-")[2]
        with self._changes.recording():
            self.downloads.append(number)
        return web.Response(body=self._files[number], content_type="application/octet-stream")

    async def _response_url(self, request: web.Request) -> web.StreamResponse:
        try:
            arguments = json.loads(await request.read())
        except ValueError:
            return web.Response(status=400, text="invalid_payload")
        call = Call("response_url", arguments, "")
        return await self._answered(request, call, lambda: self._responded(call, request.match_info["number"]))

    async def _answered(self, request: web.Request, call: Call, carry_out: Callable[[], dict[str, Any]]) -> web.StreamResponse:
        """Answer a call, or fail as was asked for."""
        fault = self._next_fault(call.method)
        if fault is None or (isinstance(fault, Drops | Hangs) and fault.accepted):
            call.answer = carry_out()
        else:
            call.answer = {"ok": False, "error": fault.error if isinstance(fault, Refuses) else type(fault).__name__}
        with self._changes.recording():
            self.calls.append(call)
        match fault:
            case RateLimited(seconds):
                return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)})
            case ServerError(status):
                return web.Response(status=status, text="<html>Something went wrong</html>", content_type="text/html")
            case Hangs():
                await self._released.wait()
                return web.Response(status=503)
            case Drops():
                if request.transport:
                    request.transport.close()
                return web.Response()
        if call.method == "response_url":
            return web.Response(status=200 if call.ok else 404, text="ok" if call.ok else json.dumps(call.answer))
        told = formatdate(time.time() + self.clock_is_off_by, usegmt=True)
        return web.json_response(call.answer, headers={"x-oauth-scopes": ",".join(sorted(self.scopes)), "Date": told})

    def _next_fault(self, method: str) -> Fault | None:
        with self._changes.reading():
            queue = self._faults.get(method) or []
            if not queue:
                return None
            fault, times = queue.pop(0)
            if times is None or times > 1:
                queue.insert(0, (fault, times and times - 1))
            return fault

    def _carried_out(self, call: Call) -> dict[str, Any]:
        """Check the token and the scope, then do what the method does; refused as Slack refuses."""
        wanted, others = {APP_TOKEN}, set(self.tokens)
        if call.method != "apps.connections.open":
            wanted, others = others, wanted
        if call.token not in wanted:
            refusal = "not_authed" if not call.token else "not_allowed_token_type" if call.token in others else "invalid_auth"
            return {"ok": False, "error": refusal}
        scope = _SCOPE_OF.get(call.method)
        if scope and scope not in self.scopes:
            return {"ok": False, "error": "missing_scope", "needed": scope, "provided": ",".join(sorted(self.scopes))}
        method = {
            "auth.test": self._auth_test,
            "auth.revoke": lambda _: {"revoked": self.tokens.pop(call.token) != ""},
            "apps.connections.open": self._connections_open,
            "chat.postMessage": self._post_message,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "conversations.open": self._conversations_open,
            "users.info": self._users_info,
            "views.publish": self._views_publish,
            "assistant.threads.setStatus": self._set_status,
            "assistant.threads.setSuggestedPrompts": self._set_suggested_prompts,
        }.get(call.method)
        if method is None:
            return {"ok": False, "error": "unknown_method", "req_method": call.method}
        try:
            self._require_own(call)
            return {"ok": True, **method(call.arguments)}
        except _RefusedError as refused:
            return {"ok": False, "error": refused.code, **refused.more}

    def _given_token(self, call: Call) -> dict[str, Any]:
        """Give the token for a code to the app itself, which shows its client ID and secret in HTTP's basic way."""
        if call.token != "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode():
            return {"ok": False, "error": "bad_client_secret"}
        try:
            return {"ok": True, **self._oauth_access(call.arguments)}
        except _RefusedError as refused:
            return {"ok": False, "error": refused.code}

    def _require_own(self, call: Call) -> None:
        """Refuse what reaches for a room or a person of another workspace that has the app."""
        team, others = self.tokens.get(call.token, TEAM), set(self.tokens.values())
        room = self.rooms.get(str(call.arguments.get("channel") or call.arguments.get("channel_id")))
        if room and room.team != team:
            raise _RefusedError("channel_not_found")
        for name in ("user", "users", "user_id"):
            person = self.people.get(str(call.arguments.get(name)))
            if person and person.team != team and (person.team in others or team != TEAM):
                raise _RefusedError("user_not_found")

    def _auth_test(self, _arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "url": "https://school.slack.com/",
            "team": "School",
            "user": "policybot",
            "team_id": TEAM,
            "user_id": BOT_USER,
            "bot_id": BOT,
            "is_enterprise_install": False,
        }

    def _connections_open(self, _arguments: Mapping[str, Any]) -> dict[str, Any]:
        ticket = str(next(self._numbers))
        self._tickets.add(ticket)
        return {"url": f"ws://127.0.0.1:{self._port}/link/{ticket}"}

    def _post_message(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        channel = str(arguments.get("channel", ""))
        room = self._room(self.direct(channel) if channel in self.people else channel)
        message = self._composed(arguments, room)
        self._record({**message, "visible_to": None})
        return {"channel": room.id, "ts": message["ts"], "message": {"type": "message", "bot_id": BOT, **message}}

    def _post_ephemeral(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        room = self._room(arguments.get("channel"))
        user = arguments.get("user")
        if user not in room.members:
            raise _RefusedError("user_not_in_channel")
        message = self._composed(arguments, room)
        self._record({**message, "visible_to": user})
        return {"message_ts": message["ts"]}

    def _update(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        room = self._room(arguments.get("channel"))
        message = self._own(room.id, arguments.get("ts"))
        composed = self._composed(arguments, room)
        with self._changes.recording():
            message.update(text=composed["text"], blocks=composed["blocks"], edited={"user": BOT_USER, "ts": composed["ts"]})
        return {"channel": room.id, "ts": message["ts"], "text": message["text"]}

    def _delete(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        room = self._room(arguments.get("channel"))
        message = self._own(room.id, arguments.get("ts"))
        with self._changes.recording():
            self.messages.remove(message)
        return {"channel": room.id, "ts": message["ts"]}

    def _own(self, room: str, ts: Any) -> dict[str, Any]:
        """Return the bot's message in a room; what only one person sees can be neither changed nor deleted by call."""
        found = [message for message in self.messages if message["channel"] == room and message["ts"] == ts]
        if not found or found[0]["visible_to"] is not None:
            raise _RefusedError("message_not_found")
        if found[0]["user"] != BOT_USER:
            raise _RefusedError("cant_update_message")
        return found[0]

    def _conversations_open(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        users = str(arguments.get("users", "")).split(",")
        if not users[0] or len(users) > 1:
            raise _RefusedError("users_list_not_supplied")
        if users[0] not in self.people or self.people[users[0]].deleted:
            raise _RefusedError("user_not_found")
        return {"channel": {"id": self.direct(users[0])}}

    def _users_info(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        person = self.people.get(str(arguments.get("user", "")))
        if person is None:
            raise _RefusedError("user_not_found")
        user = {
            "id": person.id,
            "team_id": person.team,
            "name": person.id.lower(),
            **({"real_name": person.name} if person.name else {}),
            "deleted": person.deleted,
            "is_bot": person.bot,
            "is_restricted": person.guest,
            "is_ultra_restricted": False,
            **({"is_stranger": True} if person.team != self._workspace(person.id) else {}),
        }
        return {"user": user}

    def _views_publish(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        user, view = str(arguments.get("user_id", "")), _json(arguments.get("view"))
        if user not in self.people:
            raise _RefusedError("user_not_found")
        if not isinstance(view, dict) or view.get("type") != "home":
            raise _RefusedError("invalid_arguments", response_metadata={"messages": ["[ERROR] view must be of type home"]})
        self._check(view.get("blocks"), "home")
        published = {**view, "id": f"V{next(self._numbers)}", "team_id": TEAM, "app_id": APP, "hash": self._ts()}
        with self._changes.recording():
            self.views[user] = published
        return {"view": published}

    def _set_status(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._room(arguments.get("channel_id"))
        if not arguments.get("thread_ts") or "status" not in arguments:
            raise _RefusedError("invalid_arguments")
        if len(_json(arguments.get("loading_messages", "[]"))) > 10:
            raise _RefusedError("invalid_arguments")
        return {}

    def _set_suggested_prompts(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._room(arguments.get("channel_id"))
        prompts = _json(arguments.get("prompts"))
        if not isinstance(prompts, list) or not 1 <= len(prompts) <= 4:
            raise _RefusedError("invalid_arguments")
        if not all(isinstance(one, dict) and one.get("title") and one.get("message") for one in prompts):
            raise _RefusedError("invalid_arguments")
        return {}

    def _responded(self, call: Call, number: str) -> dict[str, Any]:
        """Do what a POST to a response_url asks for: it works five times, and speaks to the one person unless told otherwise."""
        known = self._response_urls.get(number)
        if known is None:
            return {"ok": False, "error": "expired_url"}
        if known["uses"] >= USES_OF_A_RESPONSE_URL:
            return {"ok": False, "error": "used_url"}
        known["uses"] += 1
        room = self.rooms[known["room"]]
        everybody = call.arguments.get("response_type") == "in_channel"
        try:
            message = self._composed(call.arguments, room)
        except _RefusedError as refused:
            return {"ok": False, "error": refused.code, **refused.more}
        self._record({**message, "visible_to": None if everybody else known["user"]})
        return {"ok": True}

    def _room(self, identifier: Any) -> Room:
        room = self.rooms.get(str(identifier))
        if room is None:
            raise _RefusedError("channel_not_found")
        if room.archived:
            raise _RefusedError("is_archived")
        if not room.has_bot:
            raise _RefusedError("not_in_channel")
        return room

    def _composed(self, arguments: Mapping[str, Any], room: Room) -> dict[str, Any]:
        """Return the message that arguments ask for, held to the limits."""
        text, blocks = arguments.get("text") or "", _json(arguments.get("blocks") or [])
        if not text and not blocks:
            raise _RefusedError("no_text")
        if blocks:
            self._check(blocks, "message")
            if block_kit.too_long(blocks):
                raise _RefusedError("msg_blocks_too_long")
        metadata = _json(arguments.get("metadata") or {})
        if metadata and not (isinstance(metadata.get("event_type"), str) and isinstance(metadata.get("event_payload"), dict)):
            raise _RefusedError("invalid_metadata_format")
        thread = arguments.get("thread_ts")
        known = [message["ts"] for message in self.messages if message["channel"] == room.id]
        if thread and thread not in known:
            raise _RefusedError("thread_not_found")
        kept = ("mrkdwn", "parse", "link_names", "unfurl_links", "unfurl_media", "response_type", "replace_original")
        return {
            "channel": room.id,
            "user": BOT_USER,
            "ts": self._ts(),
            "text": text[:LONGEST_TEXT],
            "blocks": blocks,
            **({"thread_ts": thread} if thread else {}),
            **({"metadata": metadata} if metadata else {}),
            **{key: arguments[key] for key in kept if key in arguments},
        }

    def _check(self, blocks: Any, surface: str) -> None:
        found = block_kit.problems(blocks, surface)
        if found:
            raise _RefusedError("invalid_blocks", response_metadata={"messages": [f"[ERROR] {problem}" for problem in found]})

    def _record(self, message: dict[str, Any]) -> None:
        with self._changes.recording():
            self.messages.append(message)


class _RefusedError(Exception):
    """What Slack answers with ok: false."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


async def _arguments(request: web.Request) -> dict[str, Any]:
    """Return the arguments of a call, whether they came in the address, as JSON or as a form."""
    if request.content_type == "application/json":
        return {**request.query, **json.loads(await request.read() or b"{}")}
    return {**request.query, **{str(key): str(value) for key, value in (await request.post()).items()}}


def _json(value: Any) -> Any:
    """Return an argument that may be JSON within a form."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise _RefusedError("invalid_blocks_format") from None


@contextmanager
def slack() -> Iterator[SlackServer]:
    """A workspace with one member of staff, one more of them, and the channel in which both are."""
    with SlackServer() as server:
        for user in ("U1STAFF", "U2STAFF"):
            server.add_person(user)
        server.add_channel("C1STAFF", "U1STAFF", "U2STAFF")
        yield server
