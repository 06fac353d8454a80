"""Microsoft Teams: activities in, cards out. In a personal chat every message is a question, elsewhere what mentions the bot.

Activities of other tenants than those configured are refused, unless a provider's links are used; and so are those of guests.
See learn.microsoft.com/microsoftteams/platform/bots.
"""

import asyncio
import html
import logging
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels.fetching import fetch
from bot.channels.teams_card import to_activities
from bot.channels.teams_connector import Connector, NotMicrosoft, Registration
from bot.layout import WORRIED, WORRIED_NOW, Heading, Paragraph
from bot.messages import Audience, Call, File, Message, NotNow, Receive, Refused, Reply
from bot.outage import StoreAway
from bot.people import TEAMS

PATH = "/api/messages"
# Where OneDrive for work and school is.
DOMAIN = "sharepoint.com"
# learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4
_FILE = "application/vnd.microsoft.teams.file.download.info"
# A message of 40,000 characters comes twice, as text and as HTML.
LARGEST_BODY = 1_000_000
MOST_REMEMBERED = 1_000
_PRESSED = re.compile(r"[\x20-\x7e]{1,64}")
_MENTION = re.compile(r"</?at(?:\s[^>]*)?>")
# What goes with many a message and was not attached by anybody: its HTML, previews of links, quoted messages.
_NOT_ATTACHED = re.compile(r"text/html|application/vnd\.microsoft\.card\.|messageReference|forwardedMessageReference")
# Without a button: whatever it leads to could not be said alone either.
NOT_ALONE = Reply(
    (
        Heading("I cannot write to you alone from here."),
        Paragraph("Open a chat with me and ask me there."),
        Paragraph(WORRIED_NOW, strong=WORRIED),
    )
)
# How Teams tells which message was quoted: by an entity and a mark in the text (QuotedReplyEntity of Microsoft's SDK), by an
# attachment, or as it did before both, in the message's HTML alone.
_QUOTE_MARK = re.compile(r"<quoted\s[^>]*>")
_QUOTE = re.compile(r"""<blockquote\b[^>]*schema\.skype\.com/Reply["'][^>]*>.*?</blockquote>""", re.DOTALL)
_QUOTED_ID = re.compile(r"""\bitemid=["']([^"']+)["']""")
_LINE_END = re.compile(r"<br\s*/?>|</(?:p|div|li)>\s*")
_TAG = re.compile(r"<[^>]*>")

_log = logging.LoggerAdapter(logging.getLogger("policybot"), {"channel": TEAMS})


class _Account(Struct, rename="camel"):
    id: str = ""
    name: str | None = None
    aad_object_id: str | None = None
    role: str | None = None


class _Named(Struct):
    id: str = ""


class _Conversation(Struct, rename="camel"):
    id: str = ""
    tenant_id: str | None = None
    conversation_type: str | None = None
    is_group: bool | None = None


class _ChannelData(Struct, rename="camel"):
    tenant: _Named | None = None
    channel: _Named | None = None
    event_type: str | None = None


class _QuotedReply(Struct, rename="camel"):
    message_id: str = ""


class _Entity(Struct, rename="camel"):
    type: str | None = None
    mentioned: _Account | None = None
    text: str | None = None
    quoted_reply: _QuotedReply | None = None


class _Attachment(Struct, rename="camel"):
    content_type: str | None = None
    content: Any = None
    id: str | None = None
    name: str | None = None


class Activity(Struct, rename="camel"):
    """What Teams sends, as far as it matters here."""

    type: str = ""
    id: str = ""
    service_url: str = ""
    channel_id: str | None = None
    sender: _Account = msgspec.field(name="from", default_factory=_Account)
    recipient: _Account = msgspec.field(default_factory=_Account)
    conversation: _Conversation = msgspec.field(default_factory=_Conversation)
    channel_data: _ChannelData | None = None
    text: str | None = None
    value: Any = None
    entities: list[_Entity] | None = None
    attachments: list[_Attachment] | None = None
    reply_to_id: str | None = None

    @property
    def tenants(self) -> set[str]:
        """The tenants that it says it is of: one, unless somebody shares a chat across two."""
        data = self.channel_data.tenant.id if self.channel_data and self.channel_data.tenant else None
        return {tenant.lower() for tenant in (data, self.conversation.tenant_id) if tenant}

    @property
    def private(self) -> bool:
        """Whether it was said in a chat with the bot alone."""
        kind = self.conversation.conversation_type
        return kind == "personal" or (kind is None and not self.conversation.is_group)


class TeamsChannel:
    """Microsoft Teams, for the staff of these tenants; `refused` counts a request that is turned away.

    `is_heard` tells of another tenant, asking the store, whether what is written from there is answered. It raises StoreAway.
    """

    name = TEAMS

    def __init__(
        self,
        registration: Registration,
        tenants: Collection[str],
        refused: Callable[[], None],
        is_heard: Callable[[str], bool],
    ) -> None:
        """Keep the parts; nothing is asked of Microsoft yet."""
        self._connector = Connector(registration)
        self._microsoft_elsewhere = registration.openid_metadata_url
        self._tenants = {tenant.lower() for tenant in tenants}
        self._count_refused = refused
        self._is_heard = is_heard
        self._receive: Receive | None = None
        self._not_alone: dict[str, None] = {}  # references of replies that could not be said in private, the oldest first

    def routes(self) -> list[Route]:
        """Return the address to which Teams sends activities."""
        return [Route(PATH, self._take_in, methods=["POST"])]

    async def start(self, receive: Receive) -> None:
        """Begin to take activities in."""
        self._receive = receive
        await self._connector.start()

    async def stop(self) -> None:
        """Take no more in."""
        self._receive = None
        await self._connector.stop()

    def address(self, message: Message) -> Message | None:
        """Return the chat with somebody alone, which can be opened for whoever wrote in a team or a group too."""
        where = {name: message.where[name] for name in ("service_url", "member", "tenant")}
        return message.as_address(f"{message.tenant}/{where['member']}", where)

    def render(self, reply: Reply, message: Message) -> list[Call]:
        """Return the calls that say `reply` to `message`: in the chat or thread where it was asked, or to the asker alone."""
        where = {**message.where, "reference": reply.reference}
        if "conversation" not in where or (reply.audience is Audience.ASKER and not message.private):
            return [{"method": "tell", **where, "activity": activity} for activity in to_activities(reply)]
        return [{"method": "send", **where, "activity": activity} for activity in to_activities(reply)]

    async def deliver(self, call: Call) -> str | None:
        """Make a call; return the conversation and the number of the message.

        Raises NotNow where it may work later, Refused where it never will. Whoever asked where others are and cannot be written
        to alone is told so there.
        """
        service_url, reference = call["service_url"], call["reference"]
        if reference and reference in self._not_alone:
            return None  # the note that goes with what could not be said in private, and the rest of that
        if call["method"] == "send":
            return await self._say(service_url, call["conversation"], call["activity"])
        try:
            alone = await self._connector.private_chat(service_url, call["member"], call["tenant"])
            return await self._say(service_url, alone, call["activity"])
        except Refused:
            _log.warning("Somebody could not be written to in private", exc_info=True)
            if "conversation" not in call:
                raise
            await self._say(service_url, call["conversation"], to_activities(NOT_ALONE)[0])
            self._remember_not_alone(reference)
            return None

    async def _say(self, service_url: str, conversation: str, activity: dict[str, Any]) -> str:
        return _id(conversation, await self._connector.send(service_url, conversation, activity))

    async def fetch(self, file: File) -> bytes:
        """Return the content of a file, which Teams keeps in the sender's OneDrive and gives us a link to for some minutes.

        Raises NotNow, Refused and DocumentError.
        """
        return await fetch(file.reference["url"], file, domain=DOMAIN, configured=self._microsoft_elsewhere)

    async def show_typing(self, message: Message) -> None:
        """Show that an answer is being looked for. Raises NotNow and Refused."""
        await self._connector.send_typing(message.where["service_url"], message.where["conversation"])

    async def _take_in(self, request: Request) -> Response:
        raw = await _body(request)
        if raw is None:
            return _told(413, "That is too large.")
        try:
            activity = msgspec.json.decode(raw, type=Activity)
        except (ValueError, RecursionError):  # no JSON or of another shape, no text, nested without end
            return _told(400, "That is no activity.")
        try:
            await self._connector.verify(request.headers.get("authorization", ""), activity.service_url)
        except NotMicrosoft:
            _log.warning("A request was refused: Microsoft has not signed it", exc_info=True)
            return await self._refuse(401)
        except NotNow:
            _log.warning("A request was refused: whether Microsoft has signed it cannot be known now", exc_info=True)
            return await self._refuse(503)
        try:
            is_known = await self._is_of_known_tenant(activity)
        except StoreAway:
            return _told(503, "Not now.")
        if not is_known:
            _log.warning("A request was refused: it is of another tenant")
            return await self._refuse(403)
        if activity.type == "invoke":
            return _told(501, "Nothing here can be invoked.")
        event = read(activity)
        if event is None:
            return Response(status_code=200)
        key, message = event
        try:
            if not await self._is_staff(message):
                _log.warning("A request was refused: it is of a guest")
                return await self._refuse(403)
        except NotNow:
            return _told(503, "Not now.")
        if self._receive is None:
            return _told(503, "Not now.")
        await self._receive(key, message)
        return Response(status_code=200)

    async def _is_of_known_tenant(self, activity: Activity) -> bool:
        if activity.tenants and activity.tenants <= self._tenants:
            return True
        # Of a chat that two tenants share nobody says whose somebody there is.
        return len(activity.tenants) == 1 and await asyncio.to_thread(self._is_heard, *activity.tenants)

    async def _is_staff(self, message: Message) -> bool:
        """Tell whether whoever wrote is of the tenant itself: guests can write in teams and groups, never to the bot alone."""
        if message.private:
            return True
        where = message.where
        try:
            return await self._connector.is_own(where["service_url"], where["conversation"], where["member"], where["tenant"])
        except Refused:
            _log.warning("Whether somebody is a guest cannot be known", exc_info=True)
            return False

    async def _refuse(self, status: int) -> Response:
        await asyncio.to_thread(self._count_refused)
        return _told(status, "Refused.")

    def _remember_not_alone(self, reference: str) -> None:
        self._not_alone[reference] = None
        if len(self._not_alone) > MOST_REMEMBERED:
            del self._not_alone[next(iter(self._not_alone))]


def read(activity: Activity) -> tuple[str, Message] | None:
    """Return what somebody wrote or pressed, with a key that is the same when it is delivered again; None where nobody did."""
    edited = activity.type == "messageUpdate" and activity.channel_data and activity.channel_data.event_type == "editMessage"
    if activity.type != "message" and not edited:
        return None
    who, place = activity.sender, activity.conversation.id
    if not (who.id and place and activity.id and activity.service_url) or who.role == "bot" or who.id.startswith("28:"):
        return None
    pressed = _pressed(activity.value)
    if not (activity.private or pressed or _mentions(activity)):
        return None
    tenant = min(activity.tenants, default="")
    room = activity.channel_data.channel if activity.channel_data else None
    message = Message(
        channel=TEAMS,
        account=f"{tenant}/{who.aad_object_id or who.id}",
        place=place,
        text="" if pressed else _text(activity),
        pressed=pressed,
        private=activity.private,
        tenant=tenant,
        room=room.id if room else None,
        attachment=_attachment(activity),
        files=tuple(_files(activity)) if activity.private and not pressed else (),
        where={"service_url": activity.service_url, "conversation": place, "member": who.id, "tenant": tenant},
        name=who.name or None,
        replies_to=None if pressed else _replies_to(activity),
    )
    # An edited message keeps its number, and is answered anew once.
    return f"{place}|{activity.id}{'|edited' if edited else ''}", message


def _id(conversation: str, number: str) -> str:
    """Return what names a message among all."""
    return f"{conversation}/{number}"


def _replies_to(activity: Activity) -> str | None:
    """Return the id of the message that is quoted, or in a private chat otherwise answered; None where there is none."""
    entities = (one.quoted_reply.message_id for one in activity.entities or () if one.quoted_reply)
    attachments = activity.attachments or ()
    references = (one.id for one in attachments if one.content_type == "messageReference")
    # Elsewhere that is the first message of the thread, whoever wrote it.
    answered = activity.reply_to_id if activity.private else None
    number = next(filter(None, (*entities, *references, *_quoted_in_html(activity), answered)), None)
    return _id(activity.conversation.id, number) if number else None


def _quoted_in_html(activity: Activity) -> list[str]:
    quotes = (quote[0] for quote in _QUOTE.finditer(_html(activity)))
    return [found[1] for quote in quotes if (found := _QUOTED_ID.search(quote))]


def _html(activity: Activity) -> str:
    """Return a message as HTML, as it comes beside its text; "" where it does not."""
    contents = (one.content for one in activity.attachments or () if one.content_type == "text/html")
    return next((content for content in contents if isinstance(content, str)), "")


def _pressed(value: Any) -> str:
    """Return the value of our button, "" where none was pressed."""
    pressed = value.get("pressed") if isinstance(value, dict) else None
    return pressed if isinstance(pressed, str) and _PRESSED.fullmatch(pressed) else ""


def _mentions(activity: Activity) -> bool:
    return any(one.mentioned and one.mentioned.id == activity.recipient.id for one in activity.entities or ())


def _text(activity: Activity) -> str:
    """Return what was typed, without the mention of the bot or a quoted message; of others who are mentioned the name stays."""
    text = _QUOTE_MARK.sub("", activity.text or "")
    written = _html(activity)
    if activity.private and _QUOTE.search(written):  # the text runs on from the quoted words as if they were one
        text = _TAG.sub("", _LINE_END.sub("\n", _QUOTE.sub("", written)))
    for one in activity.entities or ():
        if one.text and one.mentioned and one.mentioned.id == activity.recipient.id:
            text = text.replace(one.text, " ")
    return html.unescape(_MENTION.sub("", text)).replace("\xa0", " ").strip()


def _attachment(activity: Activity) -> str | None:
    """Return what came with a message that is no text."""
    kinds = [one.content_type or "" for one in activity.attachments or ()]
    attached = next((kind for kind in kinds if not _NOT_ATTACHED.match(kind)), None)
    if attached is None:
        return None
    return {"image": "photo", "audio": "voice message"}.get(attached.partition("/")[0], "file")


def _files(activity: Activity) -> Iterator[File]:
    """Yield the documents that came with a message, which are known by their names; Teams does not tell their sizes."""
    for one in activity.attachments or ():
        url = one.content.get("downloadUrl") if one.content_type == _FILE and isinstance(one.content, dict) else None
        if isinstance(url, str) and one.name:
            yield File(one.name, None, {"url": url})


async def _body(request: Request) -> bytes | None:
    """Return the body of a request, None where it is too large."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            return None
    return body


def _told(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status)
