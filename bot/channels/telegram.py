"""Telegram: updates in, by long polling or to a webhook, and messages out; the only place that knows the library.

The library's own updater confirms to Telegram what still waits in its memory, and its rate limiter tries again by itself. So the
polling here is our own, with which an update is written down before the next call confirms it, and nothing is tried twice here.
"""

import asyncio
import hmac
import json
import logging
import os
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from telegram import Bot, MaybeInaccessibleMessage, Update, User
from telegram import Message as TelegramMessage
from telegram.constants import ChatType, MessageEntityType
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.channels.fetching import fetch
from bot.channels.telegram_html import messages
from bot.commands import START_WORRIED
from bot.configuration import WEBHOOK_PATH
from bot.layout import WORRIED, WORRIED_NOW
from bot.leases import Lease
from bot.messages import Audience, Button, Call, File, Message, NotNow, Receive, Refused, Reply, checked
from bot.people import TELEGRAM

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name
# What a bot of words needs: not who joined which group, nor what is posted in channels. https://core.telegram.org/bots/api#update
KINDS = ("message", "edited_message", "callback_query")
LONGEST_UPDATE = 2**20  # bytes; a message of the longest kind, with one that it replies to, has less than a tenth of that
POLL_LASTS, ANSWERED_WITHIN = 30, 10  # seconds
# Of several processes one asks, for so long after it was last alive; the others look so often, in seconds, whether it still does.
POLLING_LASTS, TURN_EVERY = timedelta(seconds=12), 2.0
SHORTEST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds, after a fault
# What has come is answered before more is asked for, since both would want the one interpreter: nobody waits noticeably longer.
ANSWERS_FIRST = 0.015  # seconds
# A message that waited longer than this, because the bot was away, is answered as a reply to it.
LATE = timedelta(minutes=1)
# An update that cannot be written down while others can is left after so many tries.
MOST_TRIES = 5
WIDEST_ROW = 26  # characters of buttons beside each other: a telephone shows no more
# A bot may write only to whoever has opened a chat with it. The same for whatever was asked, so that it tells the group nothing.
NO_PRIVATE_CHAT = f"Our own chat is not open yet: press a button below, then Start, and ask me there.\n\n{WORRIED_NOW}"
ATTACHMENTS = {
    "photo": "photo",
    "voice": "voice message",
    "video": "video",
    "video_note": "video message",
    "animation": "animation",
    "audio": "recording",
    "document": "file",
    "sticker": "sticker",
    "location": "location",
    "contact": "contact",
    "poll": "poll",
}

# The library's own way to be told that spans of time may come as such: it warns whenever Telegram says how long to wait, if not.
os.environ["PTB_TIMEDELTA"] = "true"
_log = logging.LoggerAdapter(logging.getLogger("policybot"), {"channel": TELEGRAM})

Json = dict[str, Any]


class TelegramChannel:
    """The channel.

    `token` is the bot's, `api_base_url` where the Bot API is; `commands` are the menu: names and what they do. With a
    `webhook_url` Telegram sends updates there, with `webhook_secret` to know it by; without, they are asked for, by the one
    process that holds `polling`, None where there is no other.
    `refused` is called for each request to the webhook that does not have the secret, `not_receiving` each time that Telegram
    could not be asked for updates, or told where to send them.
    """

    name = TELEGRAM

    def __init__(
        self,
        token: str,
        commands: Sequence[tuple[str, str]],
        *,
        polling: Lease | None = None,
        api_base_url: str = "https://api.telegram.org",
        webhook_url: str | None = None,
        webhook_secret: str = "",
        refused: Callable[[], None],
        not_receiving: Callable[[], None],
    ) -> None:
        """Keep what is needed; nothing is called before `start`."""
        self._bot = _Bot(token, base_url=f"{api_base_url}/bot")
        self._files_at = f"{api_base_url}/file/bot{token}"
        self._commands = commands
        self._polling = polling
        self._webhook_url = webhook_url
        self._webhook_secret = webhook_secret
        self._refused = refused
        self._not_receiving = not_receiving
        self._me: User | None = None
        self._receive: Receive | None = None
        self._offset: int | None = None
        self._tries: dict[int, int] = {}
        self._album = ""
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> list[Route]:
        """Return the webhook, if there is one."""
        return [Route(WEBHOOK_PATH, self._webhook, methods=["POST"])] if self._webhook_url else []

    async def start(self, receive: Receive) -> None:
        """Begin to take updates in; Telegram need not be reachable yet."""
        self._receive = receive
        self._spawn(self._run())

    async def stop(self) -> None:
        """Take no more in, and close the connections. What was not written down comes again at the next start."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._polling and not self._webhook_url:
            await self._polling.release()
        await self._bot.shutdown()

    def address(self, message: Message) -> Message | None:
        """Return the private chat with somebody, None where it is not known to be open: from a group nobody can tell."""
        if not message.private:
            return None
        chat = int(message.account)  # a person's private chat has the person's number
        return message.as_address(str(chat), {"chat": chat, "topic": None, "replies_to": None})

    def render(self, reply: Reply, message: Message) -> list[Call]:
        """Return the calls that say a reply: as many messages as it takes, the buttons under the last."""
        texts = messages(reply.blocks)
        where = _private(message) if reply.audience is Audience.ASKER else _here(message)
        calls: list[Call] = []
        for number, text in enumerate(texts, 1):
            last = number == len(texts)
            keyboard = {"reply_markup": {"inline_keyboard": _rows(reply.all_buttons)}} if last and reply.buttons else {}
            replying = where if number == 1 else {key: value for key, value in where.items() if key != "reply_parameters"}
            looks = {"parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
            calls.append({"method": "sendMessage", "arguments": {**replying, "text": text, **looks, **keyboard}})
        if reply.audience is Audience.ASKER and not message.private and calls:
            calls[0]["asked_in"] = _here(message)
        return calls

    async def deliver(self, call: Call) -> str | None:
        """Make a call; return the chat and the number of the message.

        Raises NotNow where Telegram is not to be reached or says to wait, Refused where it never will. Whoever asked in a group
        and cannot be written to alone is shown there how that can be changed.
        """
        try:
            said = await self._make(call["method"], call["arguments"])
        except Refused as refused:
            if "asked_in" not in call or not _is_no_chat(refused.__cause__):
                raise
            if self._me is None:
                raise NotNow("the bot does not know its name yet") from refused
            chat = f"https://t.me/{self._me.username}?start"
            ways = [[{"text": "Open our chat", "url": chat}], [{"text": WORRIED, "url": f"{chat}={START_WORRIED}"}]]
            await self._make(
                "sendMessage", {**call["asked_in"], "text": NO_PRIVATE_CHAT, "reply_markup": {"inline_keyboard": ways}}
            )
            return None
        return _id(said["chat"]["id"], said["message_id"])

    async def _make(self, method: str, arguments: Json) -> Json:
        try:
            try:
                made: Json = await self._bot.call(method, arguments)
            except ChatMigrated as moved:  # a group that became a supergroup
                made = await self._bot.call(method, {**arguments, "chat_id": moved.new_chat_id})
        except RetryAfter as error:
            raise NotNow("too many requests", _seconds(error)) from error
        except (Forbidden, BadRequest) as error:
            raise Refused(error.message) from error
        except TelegramError as error:
            raise NotNow(_reason(error)) from error
        return made

    async def fetch(self, file: File) -> bytes:
        """Return the content of a file, which Telegram gives to bots up to 20 MB (core.telegram.org/bots/api#getfile).

        Raises NotNow, Refused and DocumentError.
        """
        found = await self._make("getFile", {"file_id": file.reference["file_id"]})
        if "file_path" not in found:
            raise NotNow("Telegram has not got it ready")
        return await fetch(f"{self._files_at}/{quote(found['file_path'])}", file, configured=self._files_at)

    async def show_typing(self, message: Message) -> None:
        """Show that an answer is being looked for, for the five seconds that Telegram shows it."""
        where = {key: value for key, value in _here(message).items() if key != "reply_parameters"}
        try:
            await self._bot.call("sendChatAction", {**where, "action": "typing"})
        except TelegramError:
            _log.debug("Typing was not shown", exc_info=True)

    async def _run(self) -> None:
        failures = 0
        step = self._set_up
        while True:
            try:
                await step()
                if self._webhook_url:
                    return
                failures, step = 0, self._poll
            except Exception as error:
                # Whatever it is, the bot must go on asking for updates.
                failures += 1
                self._not_receiving()
                if isinstance(error, InvalidToken):
                    _log.warning("Telegram refuses the token; trying again")
                elif isinstance(error, TelegramError | NotNow):
                    _log.warning("Telegram could not be asked; trying again", exc_info=True)
                else:
                    _log.exception("A fault of ours; trying again")
                wait = _seconds(error) if isinstance(error, RetryAfter) else SHORTEST_WAIT * 2 ** min(failures - 1, 10)
                await asyncio.sleep(min(wait, LONGEST_WAIT))

    async def _set_up(self) -> None:
        await self._bot.initialize()
        menu = [{"command": name, "description": summary} for name, summary in self._commands]
        await self._bot.call("setMyCommands", {"commands": menu})
        if self._webhook_url:
            hook = {"url": self._webhook_url, "secret_token": self._webhook_secret, "allowed_updates": KINDS}
            await self._bot.call("setWebhook", hook)
        else:
            await self._bot.call("deleteWebhook", {})
        self._me = self._bot.bot

    async def _poll(self) -> None:
        """Ask for updates once, confirming those before, and write down what comes. Raises what kept one from that.

        Of several processes one asks, the others wait until it ends.
        """
        if self._polling and not await self._polling.hold(POLLING_LASTS):
            self._offset = None  # whoever asks meanwhile confirms others
            await asyncio.sleep(TURN_EVERY)
            return
        asked = {"timeout": POLL_LASTS, "allowed_updates": KINDS, "offset": self._offset}
        async with self._polling.renewed(POLLING_LASTS) if self._polling else nullcontext():
            updates = await self._bot.call("getUpdates", asked, read_timeout=POLL_LASTS + ANSWERED_WITHIN)
        # After a week without any their numbers begin anew: what is confirmed need not be named again.
        self._offset = None
        failed: dict[int, Exception] = {}
        for update in updates:
            try:
                await self._take_in(update)
            except Exception as error:
                failed[update["update_id"]] = error
        others_written = len(failed) < len(updates)
        waiting = [number for number in failed if not (others_written and self._is_left(number))]
        if updates:
            self._offset = waiting[0] if waiting else updates[-1]["update_id"] + 1
        if waiting and not others_written:
            raise failed[waiting[0]]
        if updates:
            await asyncio.sleep(SHORTEST_WAIT if waiting else ANSWERS_FIRST)

    def _is_left(self, number: int) -> bool:
        """Tell whether an update that could not be written down, though others could, is not to be tried again."""
        self._tries[number] = self._tries.get(number, 0) + 1
        if self._tries[number] < MOST_TRIES:
            return False
        del self._tries[number]
        _log.error("An update could not be written down and is left")
        return True

    async def _take_in(self, update: Json) -> None:
        """Write an update down. Raises what kept it from being written; one that cannot be read at all is left, with a word."""
        if self._receive is None or self._me is None:
            raise NotNow("the bot does not know its name yet")
        try:
            read = Update.de_json(update, self._bot)
            taken = to_message(read, self._me, datetime.now(UTC))
        except Exception:
            _log.exception("An update has a form that cannot be read")
            return
        if taken is None:
            return
        key, message = taken
        album = str(read.message.media_group_id or "") if read.message else ""
        if album and album == self._album and not (message.text or message.files):
            return  # one word about the first picture of an album is enough
        await self._receive(key, message)
        self._album = album or self._album
        if read.callback_query:
            self._spawn(self._end_wait(read.callback_query.id))

    async def _end_wait(self, query: str) -> None:
        """Let the button stop showing that it was pressed."""
        try:
            await self._bot.call("answerCallbackQuery", {"callback_query_id": query})
        except TelegramError:
            _log.debug("A press was not answered", exc_info=True)

    async def _webhook(self, request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, self._webhook_secret.encode()):
            await asyncio.to_thread(self._refused)
            return PlainTextResponse("This address is for Telegram.", 403)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_UPDATE:
                return PlainTextResponse("This is longer than an update.", 413)
        try:
            update = json.loads(body)
            update["update_id"] = int(update["update_id"])
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return PlainTextResponse("This is no update.", 400)
        try:
            await self._take_in(update)
        except NotNow:
            return PlainTextResponse("Not now.", 503)
        return Response()

    def _spawn(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Bot(Bot):
    """The library's bot, with which a method can be called by its name, with JSON in and JSON out."""

    async def call(self, method: str, arguments: Mapping[str, Any], read_timeout: float = ANSWERED_WITHIN) -> Any:
        return await self._post(method, dict(arguments), read_timeout=read_timeout)


def to_message(update: Update, me: User, now: datetime) -> tuple[str, Message] | None:
    """Return the key and the message that an update is at the time `now`; None where nobody speaks to the bot.

    A message that is edited counts anew once, however often it is edited. Raises ValueError, and what the library raises, where
    an update holds something of another type than Telegram documents.
    """
    if update.callback_query:
        query = update.callback_query
        if query.message is None or query.data is None:
            return None
        return str(update.update_id), _message(query.message, query.from_user, pressed=query.data)
    message = update.message or update.edited_message
    if message is None or message.from_user is None or message.from_user.is_bot:
        return None
    attachment = next((words for kind, words in ATTACHMENTS.items() if getattr(message, kind)), None)
    if attachment is None and message.effective_attachment:
        attachment = "attachment"
    text, replies_to = _said_to(me, message), _replies_to(me, message)
    if text is None or not (text or attachment or message.text):
        return None
    if update.edited_message:
        if not text:  # a place that moves, and the like
            return None
        key = f"edit {message.chat.id} {message.message_id}"
        return key, _message(message, message.from_user, text, attachment, replies_to=replies_to, one_of_several=True)
    late = now - message.date > LATE
    taken = _message(message, message.from_user, text, attachment, replies_to=replies_to, one_of_several=late)
    return str(update.update_id), taken


def _message(
    message: MaybeInaccessibleMessage,
    who: User,
    text: str = "",
    attachment: str | None = None,
    *,
    pressed: str = "",
    replies_to: str | None = None,
    one_of_several: bool = False,
) -> Message:
    topic = message.message_thread_id if isinstance(message, TelegramMessage) and message.is_topic_message else None
    private = message.chat.type == ChatType.PRIVATE
    # The library hands on whatever stands in an update, and these are written to.
    msgspec.convert((who.id, message.chat.id, message.message_id, topic), tuple[int, int, int, int | None])
    made = Message(
        channel=TELEGRAM,
        account=str(who.id),
        place=f"{message.chat.id}/{topic}" if topic else str(message.chat.id),
        text=text,
        pressed=pressed,
        private=private,
        attachment=attachment,
        files=_files(message) if private and not pressed else (),
        where={
            "chat": message.chat.id,
            "topic": topic,
            # In a group it must be plain whom the bot answers, and after an edit or a while which of several questions.
            "replies_to": message.message_id if one_of_several or not private else None,
        },
        name=who.full_name,
        replies_to=replies_to,
    )
    return checked(made)


def _files(message: MaybeInaccessibleMessage) -> tuple[File, ...]:
    """Return the document of a message; a picture, a sound or a video that was sent as a file is none."""
    document = message.document if isinstance(message, TelegramMessage) else None
    if document is None or not document.file_name or (document.mime_type or "").startswith(("image/", "audio/", "video/")):
        return ()
    return (File(document.file_name, document.file_size, {"file_id": document.file_id}),)


def _id(chat: int, number: int) -> str:
    """Return what names a message among all."""
    return f"{chat}/{number}"


def _replies_to(me: User, message: TelegramMessage) -> str | None:
    """Return the id of the bot's message that a message is a reply to, None where it is none."""
    original = message.reply_to_message
    return _id(message.chat.id, original.message_id) if original and original.from_user == me else None


def _said_to(me: User, message: TelegramMessage) -> str | None:
    """Return what a message says, without the bot's name; None where it is in a group and not meant for the bot."""
    text = message.text or message.caption or ""
    units = text.encode("utf-16-le", "surrogatepass")
    name = f"@{me.username}".lower()
    named = False
    for entity in sorted(message.entities or message.caption_entities, key=lambda one: one.offset, reverse=True):
        start, end = entity.offset * 2, (entity.offset + entity.length) * 2
        words = units[start:end].decode("utf-16-le", "replace")
        if entity.type == MessageEntityType.BOT_COMMAND and words.lower().endswith(name):
            start = end - len(name.encode("utf-16-le"))
        elif not (
            (entity.type == MessageEntityType.MENTION and words.lower() == name)
            or (entity.type == MessageEntityType.TEXT_MENTION and entity.user == me)
        ):
            continue
        named = True
        units = units[:start] + units[end:]
    if message.chat.type != ChatType.PRIVATE and not (named or _replies_to(me, message)):
        return None
    said = units.decode("utf-16-le", "replace")
    return re.sub(r" {2,}", " ", said).strip() if named else said


def _here(message: Message) -> Json:
    """Return where to reply to a message so that whoever is there sees it."""
    where = message.where
    place: Json = {"chat_id": where["chat"]}
    if where["topic"]:
        place["message_thread_id"] = where["topic"]
    if where["replies_to"]:
        place["reply_parameters"] = {"message_id": where["replies_to"], "allow_sending_without_reply": True}
    return place


def _private(message: Message) -> Json:
    """Return where to reply to whoever wrote a message alone: a person's private chat has the person's number."""
    return _here(message) if message.private else {"chat_id": int(message.account)}


def _rows(buttons: Sequence[Button]) -> list[list[Json]]:
    """Return the buttons in rows: short ones beside each other."""
    rows: list[list[Json]] = []
    width = WIDEST_ROW
    for button in buttons:
        width += len(button.label)
        if width > WIDEST_ROW:
            rows.append([])
            width = len(button.label)
        rows[-1].append({"text": button.label, "callback_data": button.value})
    return rows


def _is_no_chat(error: BaseException | None) -> bool:
    """Tell whether a call was refused because somebody has not opened a chat with the bot, or has closed it."""
    return isinstance(error, Forbidden) or (isinstance(error, BadRequest) and error.message.lower() == "chat not found")


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _reason(error: TelegramError) -> str:
    # The library's own words on a wrong token have the token in them.
    return "Telegram refuses the token" if isinstance(error, InvalidToken) else str(error)
