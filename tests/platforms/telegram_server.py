"""A Telegram to test against: the Bot API over HTTP on this machine, with people who write, press and block.

It speaks the wire format of https://core.telegram.org/bots/api as far as a bot of text needs it, enforces the documented limits,
delivers updates by long polling or to a webhook, again until they are confirmed, fails as it is told to, and records everything.
It runs in a thread of its own; what is called on it from a test happens in that thread, one thing after the other.
"""

import asyncio
import json
import mimetypes
import re
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Self, TypeVar
from urllib.parse import parse_qsl

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from tests.platforms.background import LoopThread
from tests.platforms.recorded import Changes
from tests.platforms.served import cease_to_listen
from tests.platforms.telegram_text import LONGEST_TEXT, MarkupError, clean, find_entities, parse_html, units

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"  # noqa: S105  the shape of one; it opens nothing
BOT = {
    "id": 110201543,
    "is_bot": True,
    "first_name": "School policies",
    "username": "school_policies_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
}
# https://core.telegram.org/bots/api#inlinekeyboardmarkup and the limits that clients keep to
LONGEST_CALLBACK_DATA = 64
MOST_BUTTONS, MOST_IN_A_ROW = 100, 8
LONGEST_CAPTION, LONGEST_NOTICE = 1024, 200
MOST_COMMANDS, LONGEST_DESCRIPTION = 100, 256
MOST_UPDATES = 100
LARGEST_FILE = 20 * 2**20  # for bots
# What a bot gets unless it asks for others: https://core.telegram.org/bots/api#getupdates
NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}
ATTACHMENTS: dict[str, Any] = {
    "photo": [{"file_id": "AgAC-small", "file_unique_id": "small", "width": 90, "height": 60, "file_size": 1200}],
    "voice": {"file_id": "AwAC-voice", "file_unique_id": "voice", "duration": 4, "mime_type": "audio/ogg", "file_size": 9000},
    "document": {"file_id": "BQAC-file", "file_unique_id": "file", "file_name": "policy.docx", "file_size": 40000},
    "sticker": {
        "file_id": "CAAC-sticker",
        "file_unique_id": "sticker",
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
        "emoji": "👍",
    },
    "video": {"file_id": "BAAC-video", "file_unique_id": "video", "width": 640, "height": 480, "duration": 3},
    "location": {"latitude": 53.8, "longitude": -1.5},
    "dice": {"emoji": "🎲", "value": 4},
}
# The parameters that are text whatever they hold; the others are JSON where they can be read as such.
TEXTS = {"text", "chat_id", "callback_query_id", "url", "secret_token"}
REDELIVERED_AFTER = 0.05  # seconds; it doubles with each try, as Telegram's own waits grow

Json = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Someone:
    """A person, or another bot, with an account."""

    id: int
    first_name: str = "Sam"
    username: str | None = None
    is_bot: bool = False
    last_name: str | None = None

    @property
    def chat(self) -> Json:
        """The private chat with them."""
        return {"id": self.id, "type": "private", "first_name": self.first_name}

    @property
    def user(self) -> Json:
        """How they stand in an update."""
        user = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name, "language_code": "en"}
        named = {"username": self.username, "last_name": self.last_name}
        return user | {key: value for key, value in named.items() if value}


@dataclass(frozen=True)
class Group:
    """A group, or a channel, that the bot is a member of; its number is negative."""

    id: int
    title: str = "Staffroom"
    kind: str = "supergroup"

    @property
    def chat(self) -> Json:
        """How it stands in an update."""
        return {"id": self.id, "type": self.kind, "title": self.title}


@dataclass(frozen=True)
class Fault:
    """How a call fails: with a status and description, `done` where it was carried out all the same, after `hanging` so long.

    A status of 0 is a connection that is closed without an answer, and one of 200 an answer that is only slow.
    What hangs goes on early once the server `lets_go`.
    """

    status: int = 500
    description: str = "Internal Server Error"
    retry_after: int | None = None
    done: bool = False
    hanging: float = 0


def too_many(retry_after: int) -> Fault:
    """Return the fault of one who sends too much."""
    return Fault(429, f"Too Many Requests: retry after {retry_after}", retry_after)


@dataclass(frozen=True)
class Call:
    """A call that a bot made: the method, its parameters with JSON decoded, and what it was answered."""

    method: str
    parameters: Json
    status: int
    description: str = ""


@dataclass
class Refusal(Exception):  # noqa: N818  it is Telegram's word that is raised, not a fault of this server
    """An answer that is not ok."""

    status: int
    description: str
    parameters: Json = field(default_factory=dict)


def bad_request(description: str) -> Refusal:
    """Return Telegram's answer to what it cannot do."""
    return Refusal(400, f"Bad Request: {description}")


class TelegramServer:
    """The server: `with TelegramServer() as telegram`, then `address` for the bot, people's acts, and what was recorded."""

    def __init__(self, *, privacy: bool = True) -> None:
        """Set up an empty Telegram; with `privacy` a bot in a group sees only what is meant for it, as is the default."""
        self.calls: list[Call] = []
        self.deliveries: list[tuple[int, int]] = []  # (update_id, status) of each try at the webhook; 0: no answer
        self.commands: list[Json] = []
        self.answered: dict[str, Json] = {}  # callback query id -> what the bot answered
        self.clock_is_off_by = 0
        self._privacy = privacy
        self.downloads: list[str] = []  # the paths of the files that were fetched
        self._files: dict[str, bytes] = {}  # file_path -> content
        self._updates: dict[int, Json] = {}  # those not confirmed yet, in order
        self._last: Json = {}
        self._begun: Counter[str] = Counter()
        self._next = Counter(update=700_000_000, message=0, callback=4_000_000_000)
        self._messages: dict[int, dict[int, Json]] = {}  # chat -> message_id -> message
        self._sources: dict[tuple[int, int], str] = {}  # (chat, message_id) -> the text as the bot sent it
        self._started: set[int] = set()
        self._met: set[int] = set()
        self._blocked: set[int] = set()
        self._moved: dict[int, int] = {}
        self._faults: dict[str, deque[Fault]] = {}
        self._webhook: Json = {"url": ""}
        self._webhook_error: Json = {}  # the last one, which Telegram tells of after later successes too
        self._allowed: list[str] = []
        self._poll: asyncio.Event | None = None
        self._released = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._changes = Changes(self._told)
        self._thread = LoopThread("telegram")
        self._port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._now(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._now(self._stop())
        self._thread.stop()

    @property
    def address(self) -> str:
        """The address to give to a bot instead of https://api.telegram.org."""
        return f"http://127.0.0.1:{self._port}"

    # What people do

    def writes(self, who: Someone, text: str, *, to: Group | None = None, replying_to: int | None = None, ago: int = 0) -> Json:
        """Send a text as somebody's app does, in parts where it is long, some seconds `ago`; return the (last) message."""
        parts = [text[at : at + LONGEST_TEXT] for at in range(0, len(text), LONGEST_TEXT)]
        return [self._now(self._write(who, {"text": part, "date": int(time.time()) - ago}, to, replying_to)) for part in parts][
            -1
        ]

    def sends(self, who: Someone, kind: str, *, caption: str = "", album: str = "", to: Group | None = None) -> Json:
        """Send what is no text, one of ATTACHMENTS; `album` is the same for all that is sent at once."""
        what = {kind: ATTACHMENTS[kind]}
        what |= {name: value for name, value in (("caption", caption), ("media_group_id", album)) if value}
        return self._now(self._write(who, what, to, None))

    def sends_document(
        self,
        who: Someone,
        name: str,
        content: bytes,
        *,
        caption: str = "",
        kind: str = "",
        to: Group | None = None,
        album: str = "",
    ) -> Json:
        """Send a document; `kind` is its MIME type, told by its name unless given."""
        path = f"documents/file_{len(self._files)}.{name.rpartition('.')[2]}"
        self._files[path] = content
        document = {
            "file_name": name,
            "mime_type": kind or mimetypes.guess_type(name)[0] or "application/octet-stream",
            "file_id": f"BQAC-{path}",
            "file_unique_id": f"unique-{len(self._files)}",
            "file_size": len(content),
        }
        more = {name: value for name, value in (("caption", caption), ("media_group_id", album)) if value}
        return self._now(self._write(who, {"document": document, **more}, to, None))

    def edits(self, message: Json, text: str) -> Json:
        """Change the text (or the caption) of a message that somebody sent."""
        return self._now(self._edit(message, text))

    def presses(self, who: Someone, message: Json, data: str) -> str:
        """Press a button of a message of the bot's; return the id of the callback query. It must have such a button."""
        return self._now(self._press(who, message, data))

    def joins(self, who: Someone, group: Group) -> None:
        """Let somebody join a group: a service message."""
        self._now(self._write(who, {"new_chat_members": [who.user]}, group, None))

    def posts(self, channel: Group, text: str) -> None:
        """Post in a channel, where nobody is the author."""
        self._now(self._post(channel, text))

    def blocks(self, who: Someone) -> None:
        """Let somebody block the bot."""
        self._now(self._block(who))

    def moves(self, group: Group, to: int) -> None:
        """Make a group a supergroup, which has another number."""
        self._now(self._move(group, to))

    def comes_again(self) -> None:
        """Deliver the last update once more, as if its confirmation had been lost."""
        self._now(self._repeat())

    def numbers_anew(self, first: int) -> None:
        """Let the numbers of updates begin anew, as they may after a week without any."""
        self._now(self._renumber(first))

    def gives(self, update: Json) -> int:
        """Deliver an update of any content; return its id."""
        return self._now(self._give(update))

    # How it fails

    def fails(self, method: str, *faults: Fault) -> None:
        """Let the next calls of a method fail so, one after the other."""
        self._now(self._plan(method, faults))

    def lets_go(self) -> None:
        """Let what hangs now go on, and hang nothing later."""
        self._now(self._let_go())

    def goes_down(self) -> None:
        """Refuse connections, and cut those that are open, until it comes back."""
        self._now(self._stop())

    def comes_back(self) -> None:
        """Answer again, at the same address, with all that was known."""
        self._now(self._listen())

    # What was recorded

    def messages(self, chat: Someone | Group) -> list[Json]:
        """Return what the bot says in a chat now, oldest first; `html` is the text as it was sent."""
        known = self._messages.get(chat.id, {})
        return [
            {**message, "html": self._sources[chat.id, number]}
            for number, message in sorted(known.items())
            if (chat.id, number) in self._sources
        ]

    def made(self, method: str) -> list[Call]:
        """Return the calls of a method."""
        return [call for call in self.calls if call.method == method]

    def begun(self, method: str) -> int:
        """Return how often a method was called, the calls included that are not answered yet."""
        return self._begun[method]

    @property
    def unconfirmed(self) -> list[int]:
        """The ids of the updates that the bot has not confirmed."""
        return list(self._updates)

    @property
    def polled(self) -> bool:
        """Whether a bot waits for updates now."""
        return self._poll is not None

    def wait(self, until: Callable[[], T], within: float = 60) -> T:
        """Wait until something is true of what was recorded, and return it. Raises AssertionError with what was, if it is not."""
        return self._changes.wait(until, within)

    def _told(self) -> str:
        recent = [(call.method, call.status, call.description) for call in self.calls[-8:]]
        return f"the last calls: {recent}; unconfirmed: {self.unconfirmed}"

    # Inside its own thread from here on

    def _now(self, doing: Awaitable[T]) -> T:
        async def done() -> T:
            outcome = await doing
            self._tell()
            return outcome

        return self._thread.run(done())

    def _tell(self) -> None:
        with self._changes.recording():
            pass

    async def _listen(self) -> None:
        app = web.Application(client_max_size=2**20)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        handler, loop = self._runner.server, asyncio.get_running_loop()
        self._listening = await loop.create_server(handler, "127.0.0.1", self._port, reuse_address=True)
        self._port = self._listening.sockets[0].getsockname()[1]

    async def _let_go(self) -> None:
        self._released.set()

    async def _stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await cease_to_listen(self._listening)
        await self._runner.cleanup()

    async def _plan(self, method: str, faults: tuple[Fault, ...]) -> None:
        self._faults.setdefault(method, deque()).extend(faults)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        task = self._thread.loop.create_task(self._carry_out(request))
        self._keep_task(task)
        return await task

    async def _carry_out(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        parameters = await _parameters(request)
        self._begun[method] += 1
        self._tell()
        planned = self._faults.get(method)
        fault = planned.popleft() if planned else None
        try:
            if request.match_info["token"] != TOKEN:
                raise Refusal(401, "Unauthorized")
            handler = getattr(self, f"_do_{method}", None)
            if handler is None:
                raise Refusal(404, "Not Found")
            result = await handler(parameters) if fault is None or fault.done else None
            if fault:
                await self._hang(fault.hanging)
            if fault and fault.status != 200:
                raise Refusal(fault.status, fault.description, {"retry_after": fault.retry_after} if fault.retry_after else {})
        except Refusal as refusal:
            self._record(Call(method, parameters, refusal.status, refusal.description))
            return _refused(request, refusal)
        self._record(Call(method, parameters, 200))
        told = formatdate(self._time(), usegmt=True)
        return web.json_response({"ok": True, "result": result}, headers={"Date": told})

    def _time(self) -> int:
        return int(time.time()) + self.clock_is_off_by

    async def _hang(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._released.wait()

    def _record(self, call: Call) -> None:
        self.calls.append(call)
        self._tell()

    # What a bot may call

    async def _do_getMe(self, _parameters: Json) -> Json:  # noqa: N802  the methods have Telegram's names
        return {**BOT, "can_read_all_group_messages": not self._privacy}

    async def _do_getUpdates(self, parameters: Json) -> list[Json]:  # noqa: N802
        if self._webhook["url"]:
            raise Refusal(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            )
        if self._poll is not None:
            self._poll.set()  # the one before is ended
        mine = self._poll = asyncio.Event()
        self._tell()
        self._allow(parameters)
        self._confirm(int(parameters.get("offset", 0)))
        limit = min(max(int(parameters.get("limit", MOST_UPDATES)), 1), MOST_UPDATES)
        ends = self._thread.loop.time() + int(parameters.get("timeout", 0))
        try:
            while not self._updates and (left := ends - self._thread.loop.time()) > 0:
                try:
                    await asyncio.wait_for(mine.wait(), left)
                except TimeoutError:
                    break
                if self._poll is not mine:
                    raise Refusal(
                        409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
                    )
                mine.clear()
            return list(self._updates.values())[:limit]
        finally:
            if self._poll is mine:
                self._poll = None

    async def _do_setWebhook(self, parameters: Json) -> bool:  # noqa: N802
        url, secret = parameters.get("url", ""), parameters.get("secret_token", "")
        if url and not re.match(r"https://|http://127\.0\.0\.1[:/]", url):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise bad_request("secret token contains unallowed characters")
        self._allow(parameters)
        if parameters.get("drop_pending_updates"):
            self._updates.clear()
        self._webhook_error = {}
        self._webhook = {"url": url, "secret": secret, "connections": int(parameters.get("max_connections", 40))}
        for update in list(self._updates.values()):
            self._deliver(update)
        return True

    async def _do_deleteWebhook(self, parameters: Json) -> bool:  # noqa: N802
        self._webhook, self._webhook_error = {"url": ""}, {}
        if parameters.get("drop_pending_updates"):
            self._updates.clear()
        return True

    async def _do_getWebhookInfo(self, _parameters: Json) -> Json:  # noqa: N802
        return {
            "url": self._webhook["url"],
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates),
            "allowed_updates": self._allowed,
            **({"max_connections": self._webhook["connections"]} if self._webhook["url"] else {}),
            **self._webhook_error,
        }

    async def _do_sendMessage(self, parameters: Json) -> Json:  # noqa: N802
        chat = self._chat(parameters)
        text, entities = _text(parameters)
        message: Json = {"from": BOT, "chat": chat, "date": int(time.time()), "text": text}
        if entities:
            message["entities"] = entities
        markup = _keyboard(parameters)
        if markup:
            message["reply_markup"] = markup
        original = self._replied(chat, parameters)
        if original:
            message["reply_to_message"] = original
        if parameters.get("protect_content"):
            message["has_protected_content"] = True
        message = self._keep(message)
        self._sources[chat["id"], message["message_id"]] = parameters["text"]
        return message

    async def _do_editMessageText(self, parameters: Json) -> Json:  # noqa: N802
        chat = self._chat(parameters)
        number = int(parameters.get("message_id", 0))
        message = self._messages.get(chat["id"], {}).get(number)
        if message is None:
            raise bad_request("message to edit not found")
        if message["from"] != BOT:
            raise bad_request("message can't be edited")
        text, entities = _text(parameters)
        changed = {key: value for key, value in message.items() if key not in ("entities", "reply_markup")} | {"text": text}
        if entities:
            changed["entities"] = entities
        markup = _keyboard(parameters)
        if markup:
            changed["reply_markup"] = markup
        if all(changed.get(key) == message.get(key) for key in ("text", "entities", "reply_markup")):
            raise bad_request(
                "message is not modified: specified new message content and reply markup are exactly the same "
                "as a current content and reply markup of the message"
            )
        changed["edit_date"] = int(time.time())
        self._messages[chat["id"]][number] = changed
        self._sources[chat["id"], number] = parameters["text"]
        return changed

    async def _do_editMessageReplyMarkup(self, parameters: Json) -> Json:  # noqa: N802
        number = int(parameters.get("message_id", 0))
        source = self._sources.get((int(parameters.get("chat_id", 0)), number), "")
        return await self._do_editMessageText({**parameters, "text": source, "parse_mode": "HTML"})

    async def _do_answerCallbackQuery(self, parameters: Json) -> bool:  # noqa: N802
        query = parameters.get("callback_query_id", "")
        if self.answered.get(query) != {}:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        if len(parameters.get("text", "")) > LONGEST_NOTICE:
            raise bad_request("MESSAGE_TOO_LONG")
        self.answered[query] = {"text": parameters.get("text", ""), "show_alert": bool(parameters.get("show_alert"))}
        return True

    async def _do_sendChatAction(self, parameters: Json) -> bool:  # noqa: N802
        self._chat(parameters)
        if parameters.get("action") not in ACTIONS:
            raise bad_request("wrong parameter action in request")
        return True

    async def _do_setMyCommands(self, parameters: Json) -> bool:  # noqa: N802
        commands = parameters.get("commands", [])
        if len(commands) > MOST_COMMANDS:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        for one in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", one.get("command", "")):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(one.get("description", "")) <= LONGEST_DESCRIPTION:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands = commands
        return True

    async def _do_getFile(self, parameters: Json) -> Json:  # noqa: N802
        path = parameters.get("file_id", "").removeprefix("BQAC-")
        if path not in self._files:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if len(self._files[path]) > LARGEST_FILE:
            raise bad_request("file is too big")
        sized = {"file_unique_id": path, "file_size": len(self._files[path])}
        return {"file_id": parameters["file_id"], **sized, "file_path": path}

    async def _download(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        if request.match_info["token"] != TOKEN or path not in self._files:
            return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        self.downloads.append(path)
        self._tell()
        return web.Response(body=self._files[path], content_type="application/octet-stream")

    # Chats and messages

    def _chat(self, parameters: Json) -> Json:
        try:
            number = int(parameters.get("chat_id", ""))
        except ValueError:
            raise bad_request("chat not found") from None
        if number in self._moved:
            raise Refusal(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": self._moved[number]},
            )
        if number in self._blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if number > 0 and number in self._met - self._started:
            raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
        known = self._messages.get(number)
        if not known:
            raise bad_request("chat not found")
        return dict(next(iter(known.values()))["chat"])

    def _replied(self, chat: Json, parameters: Json) -> Json | None:
        reply = parameters.get("reply_parameters") or {}
        if not reply:
            return None
        original = self._messages[chat["id"]].get(int(reply["message_id"]))
        if original is None and not reply.get("allow_sending_without_reply"):
            raise bad_request("message to be replied not found")
        return original

    def _keep(self, message: Json) -> Json:
        self._next["message"] += 1
        message = {"message_id": self._next["message"], **message}
        self._messages.setdefault(message["chat"]["id"], {})[message["message_id"]] = message
        return message

    async def _write(self, who: Someone, what: Json, to: Group | None, replying_to: int | None) -> Json:
        self._met.add(who.id)
        message: Json = {"from": who.user, "chat": to.chat if to else who.chat, "date": int(time.time()), **what}
        for words, where in (("text", "entities"), ("caption", "caption_entities")):
            if words in what and (found := find_entities(what[words], [])):
                message[where] = found
        if replying_to is not None:
            message["reply_to_message"] = self._messages[message["chat"]["id"]][replying_to]
        if to is None:
            self._started.add(who.id)
            self._blocked.discard(who.id)
        message = self._keep(message)
        if to is None or not self._privacy or _meant_for_the_bot(message):
            await self._give({"message": message})
        return message

    async def _edit(self, message: Json, text: str) -> Json:
        field_ = "text" if "text" in message else "caption"
        edited = {**message, field_: text, "edit_date": int(time.time())}
        edited["entities" if field_ == "text" else "caption_entities"] = find_entities(text, [])
        self._messages[message["chat"]["id"]][message["message_id"]] = edited
        await self._give({"edited_message": edited})
        return edited

    async def _press(self, who: Someone, message: Json, data: str) -> str:
        current = self._messages[message["chat"]["id"]][message["message_id"]]
        offered = [one.get("callback_data") for row in current["reply_markup"]["inline_keyboard"] for one in row]
        assert data in offered, f"there is no button {data!r}, only {offered}"
        self._met.add(who.id)
        self._next["callback"] += 1
        query = str(self._next["callback"])
        self.answered[query] = {}
        instance = str(current["chat"]["id"] * 7919)
        await self._give(
            {"callback_query": {"id": query, "from": who.user, "message": current, "chat_instance": instance, "data": data}}
        )
        return query

    async def _post(self, channel: Group, text: str) -> None:
        message = self._keep({"chat": {**channel.chat, "type": "channel"}, "date": int(time.time()), "text": text})
        await self._give({"channel_post": message})

    async def _block(self, who: Someone) -> None:
        self._blocked.add(who.id)
        change = {"chat": who.chat, "from": who.user, "date": int(time.time())}
        was, now = {"user": BOT, "status": "member"}, {"user": BOT, "status": "kicked", "until_date": 0}
        await self._give({"my_chat_member": {**change, "old_chat_member": was, "new_chat_member": now}})

    async def _move(self, group: Group, to: int) -> None:
        self._moved[group.id] = to
        known = self._messages.pop(group.id)
        self._messages[to] = {key: {**one, "chat": {**one["chat"], "id": to}} for key, one in known.items()}

    # Updates and how they come to the bot

    async def _renumber(self, first: int) -> None:
        self._next["update"] = first - 1

    def _allow(self, parameters: Json) -> None:
        if "allowed_updates" in parameters:
            self._allowed = parameters["allowed_updates"]

    async def _give(self, content: Json) -> int:
        (kind,) = content
        self._next["update"] += 1
        update = {"update_id": self._next["update"], **content}
        if kind not in self._allowed if self._allowed else kind in NOT_BY_DEFAULT:
            return int(update["update_id"])
        self._last = update
        return await self._repeat()

    async def _repeat(self) -> int:
        update = self._last
        self._updates[update["update_id"]] = update
        if self._webhook["url"]:
            self._deliver(update)
        if self._poll is not None:
            self._poll.set()
        return int(update["update_id"])

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            offset = [*self._updates][offset:][0] if self._updates else 0
        for number in [one for one in self._updates if one < offset]:
            del self._updates[number]

    def _deliver(self, update: Json) -> None:
        self._keep_task(self._thread.loop.create_task(self._post_update(update, dict(self._webhook))))

    def _keep_task(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post_update(self, update: Json, webhook: Json) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook["secret"]} if webhook["secret"] else {}
        wait = REDELIVERED_AFTER
        async with ClientSession(timeout=ClientTimeout(60)) as session:
            while update["update_id"] in self._updates and self._webhook["url"] == webhook["url"]:
                try:
                    async with session.post(webhook["url"], json=update, headers=headers) as response:
                        status, why = response.status, f"Wrong response from the webhook: {response.status} {response.reason}"
                except (ClientError, TimeoutError):
                    status, why = 0, "Connection refused"
                self.deliveries.append((update["update_id"], status))
                if 200 <= status < 300:
                    self._updates.pop(update["update_id"], None)
                else:
                    self._webhook_error = {"last_error_date": self._time(), "last_error_message": why}
                self._tell()
                if status == 0 or status >= 300:
                    await asyncio.sleep(wait)
                    wait = min(wait * 2, 1)


async def _parameters(request: web.Request) -> Json:
    if request.content_type == "application/json":
        return dict(await request.json())
    pairs = [*request.query.items(), *parse_qsl((await request.read()).decode(), keep_blank_values=True)]
    return {name: value if name in TEXTS else _decoded(value) for name, value in pairs}


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _refused(request: web.Request, refusal: Refusal) -> web.StreamResponse:
    if refusal.status == 0:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    body: Json = {"ok": False, "error_code": refusal.status, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    return web.json_response(body, status=refusal.status)


def _text(parameters: Json) -> tuple[str, list[Json]]:
    text, entities = parameters.get("text", ""), parameters.get("entities") or []
    mode = parameters.get("parse_mode")
    if mode not in (None, "HTML"):
        raise bad_request("unsupported parse_mode")
    if mode == "HTML":
        try:
            text, entities = parse_html(text)
        except MarkupError as error:
            raise bad_request(f"can't parse entities: {error}") from None
    text = clean(text)
    if not text:
        raise bad_request("message text is empty")
    if units(text) > LONGEST_TEXT:
        raise bad_request("message is too long")
    return text, find_entities(text, entities)


def _keyboard(parameters: Json) -> Json | None:
    markup = parameters.get("reply_markup")
    if not markup:
        return None
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list):
        raise bad_request("object expected as reply markup")
    if sum(map(len, rows)) > MOST_BUTTONS or any(len(row) > MOST_IN_A_ROW for row in rows):
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    for button in (one for row in rows for one in row):
        if not button.get("text", "").strip():
            raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String and not empty')
        if len(button.keys() & {"callback_data", "url"}) != 1:
            raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= LONGEST_CALLBACK_DATA:
            raise bad_request("BUTTON_DATA_INVALID")
        if "url" in button and not re.match(r"(https?|tg)://", button["url"]):
            raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Unsupported URL protocol")
    return dict(markup) if rows else None


def _meant_for_the_bot(message: Json) -> bool:
    """Tell whether a bot in privacy mode sees a message in a group (https://core.telegram.org/bots/features#privacy-mode)."""
    if not {"text", "caption", *ATTACHMENTS} & message.keys():
        return True  # what the group itself says: somebody joined, and the like
    if message.get("reply_to_message", {}).get("from", {}).get("id") == BOT["id"]:
        return True
    text = message.get("text") or message.get("caption") or ""
    name = BOT["username"]
    at = re.search(rf"@{name}\b", text, re.IGNORECASE)
    return bool(at) or bool(re.match(r"/\w+(?!@)(\s|$)", text))
