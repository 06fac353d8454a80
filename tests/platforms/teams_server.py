"""A local Microsoft side for bots: OpenID keys, Entra's token endpoint and the Bot Connector; and the people who use Teams.

It speaks the wire format, refuses what Microsoft documents as refused, records what a bot does, and fails when told to.
Sources: learn.microsoft.com, azure/bot-service/rest-api (authentication, connector API) and microsoftteams/platform/bots
(status codes of sends, size of a message, citations); adaptivecards.io for the elements of a card.
"""

import asyncio
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache
from itertools import count
from typing import Any
from urllib.parse import parse_qs

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.platforms.recorded import Changes
from tests.platforms.service import Service

APP_ID = "6f1d1a52-8f0a-4c43-9b1f-2d53cf9b7a10"
SECRET = "a secret of the app registration"  # noqa: S105  made up
TENANT = "b0c5d7a4-6a2f-4f0e-8f53-0e6a2d9c1b77"
OTHER_TENANT = "d41f5a90-55c6-4a86-8a3d-77f0b1c2e6aa"
BOT = {"id": f"28:{APP_ID}", "name": "policybot"}
ISSUER = "https://api.botframework.com"
SCOPE = "https://api.botframework.com/.default"

# A message may have about 100 KB; Teams counts its characters in UTF-16.
LARGEST_ACTIVITY = 100_000
LONGEST_NAME, LONGEST_ABSTRACT, MOST_KEYWORDS, LONGEST_KEYWORD = 80, 160, 3, 28
MOST_ACTIONS = 6
NEWEST_CARD = (1, 5)
MESSAGE_ENTITY = "https://schema.org/Message"
_FILE = "application/vnd.microsoft.teams.file.download.info"
CARD = "application/vnd.microsoft.card.adaptive"
_ELEMENTS = {
    "TextBlock": ("text",),
    "RichTextBlock": ("inlines",),
    "Container": ("items",),
    "ColumnSet": ("columns",),
    "FactSet": ("facts",),
    "ActionSet": ("actions",),
    "Image": ("url",),
    "Table": ("rows",),
}
_ACTIONS = {
    "Action.Execute": (),
    "Action.Submit": (),
    "Action.OpenUrl": ("url",),
    "Action.ShowCard": ("card",),
    "Action.ToggleVisibility": ("targetElements",),
}


@dataclass(frozen=True)
class Who:
    """Somebody who uses Teams."""

    name: str
    tenant: str = TENANT
    role: str = "user"
    object_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def account(self) -> dict[str, str]:
        return {"id": f"29:{self.object_id}", "name": self.name, "aadObjectId": self.object_id}


@dataclass(frozen=True)
class Chat:
    """Where people write: `kind` is personal, groupChat or channel; `thread` is the first message of a channel's thread."""

    id: str
    kind: str = "personal"
    thread: str = ""
    tenant: str = TENANT

    @property
    def conversation(self) -> dict[str, Any]:
        of_all = {"id": f"{self.id};messageid={self.thread}" if self.thread else self.id, "conversationType": self.kind}
        return of_all | {"tenantId": self.tenant} | ({} if self.kind == "personal" else {"isGroup": True})


ANNE, BEN = Who("Anne Teacher"), Who("Ben Office")
STRANGER = Who("Somebody Else", OTHER_TENANT)
GUEST, FEDERATED = Who("Gill Guest", role="guest"), Who("Fred Elsewhere", OTHER_TENANT)
PERSONAL = Chat("a:1anne-and-the-bot")
GROUP = Chat("19:year-six@thread.v2", "groupChat")
CHANNEL = Chat("19:staffroom@thread.tacv2", "channel", "1790000000001")


@dataclass(frozen=True)
class Call:
    """What a bot asked of the connector: the activity or the conversation to create is its `body`; `status` is the answer."""

    method: str
    path: str
    body: dict[str, Any]
    status: int

    @property
    def conversation(self) -> str:
        return re.sub(r"^/emea/v3/conversations/?([^/]*).*", r"\1", self.path)


@dataclass
class Fault:
    """What the connector answers instead of doing what it was asked, for calls to a path in which `where` stands."""

    status: int
    times: int
    code: str
    where: str
    retry_after: int | None


class TeamsServer(Service):
    """The Microsoft side of one bot, served from entering to leaving."""

    def __init__(self) -> None:
        self._key, self._other_key = _keys()
        self._numbers = count(int(time.time() * 1000))
        self._changes = Changes(self._told)
        self._faults: list[Fault] = []
        self._held: asyncio.Event | None = None
        self._tokens: set[str] = set()
        self._known: set[str] = set()
        self._blocked: set[str] = set()
        self._bodies: dict[str, dict[str, Any]] = {}
        self._signed: str | None = None
        self._files: dict[str, bytes] = {}
        self.downloads: list[str] = []  # the ids of the files that were fetched
        self.calls: list[Call] = []
        self.keys_fetched = 0
        self.held: list[bytes] = []  # the bodies of calls that hang, or did
        self.tokens_issued = 0
        self.clock_is_off_by = 0
        self.secret_has_ended = False
        routes = [
            Route("/v1/.well-known/openidconfiguration", self._openid),
            Route("/v1/.well-known/keys", self._keys),
            Route("/{tenant}/oauth2/v2.0/token", self._token, methods=["POST"]),
            Route("/emea/v3/conversations", self._connector(self._create), methods=["POST"]),
            Route("/emea/v3/conversations/{chat}/activities", self._connector(self._post), methods=["POST"]),
            Route("/emea/v3/conversations/{chat}/activities/{id}", self._connector(self._post), methods=["POST"]),
            Route("/emea/v3/conversations/{chat}/activities/{id}", self._connector(self._replace), methods=["PUT"]),
            Route("/emea/v3/conversations/{chat}/activities/{id}", self._connector(self._delete), methods=["DELETE"]),
            Route("/emea/v3/conversations/{chat}/members/{who}", self._connector(self._member), methods=["GET"]),
        ]
        routes.append(Route("/personal/{who}/_layouts/15/download.aspx", self._download))
        super().__init__(routes)

    def __exit__(self, *error: object) -> None:
        self._let_go()
        super().__exit__(*error)

    @property
    def _address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def openid_metadata_url(self) -> str:
        return f"{self._address}/v1/.well-known/openidconfiguration"

    @property
    def login_url(self) -> str:
        return self._address

    @property
    def service_url(self) -> str:
        return f"{self._address}/emea/"

    # What the bot did.

    @property
    def posted(self) -> list[dict[str, Any]]:
        """The messages that were accepted, in order; typing is no message."""
        with self._changes.reading():
            return [call.body for call in self.calls if _is_message(call)]

    @property
    def typings(self) -> list[Call]:
        with self._changes.reading():
            return [call for call in self.calls if call.body.get("type") == "typing" and call.status < 300]

    def wait(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until a condition holds of what was recorded. Raises AssertionError where it does not in that time."""
        self._changes.wait(condition, seconds)

    def _told(self) -> str:
        return str([(call.status, call.path, call.body.get("summary") or call.body.get("text")) for call in self.calls])

    def number_of(self, message: dict[str, Any]) -> str:
        """Return the number of a message that was accepted."""
        return next(number for number, body in self._bodies.items() if body is message)

    def wait_for_messages(self, number: int) -> list[dict[str, Any]]:
        """Wait for so many messages in all; return them."""
        self.wait(lambda: sum(_is_message(call) for call in self.calls) >= number)
        return self.posted

    # What goes wrong.

    def fail(self, status: int, *, times: int = 1, code: str = "", where: str = "", retry_after: int | None = None) -> None:
        """Answer the next calls so: 429 with `retry_after`, 412, 500, 502 ..."""
        self._faults.append(Fault(status, times, code or _CODES.get(status, "ServiceError"), where, retry_after))

    def know(self, chat: Chat) -> None:
        """Let a conversation be one in which the bot is, as the first activity from there does."""
        self._known.add(chat.conversation["id"])

    def block(self, chat: Chat, *, blocked: bool = True) -> None:
        """Have somebody block the bot, or take it out of a conversation."""
        (self._blocked.add if blocked else self._blocked.discard)(chat.conversation["id"])

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let the connector's calls hang until the end of the block."""
        self._held = asyncio.Event()
        try:
            yield
        finally:
            self._let_go()

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._loop.call_soon_threadsafe(held.set)

    # What people do.

    def activity(self, kind: str, who: Who, chat: Chat, **more: Any) -> dict[str, Any]:
        """Return an activity as Teams sends it, not sent yet."""
        data: dict[str, Any] = {"tenant": {"id": chat.tenant}}
        if chat.kind == "channel":
            data |= {"team": {"id": "19:the-team@thread.tacv2"}, "channel": {"id": chat.id}}
        return {
            "type": kind,
            "id": str(next(self._numbers)),
            "timestamp": "2026-11-20T10:00:00.000Z",
            "channelId": "msteams",
            "serviceUrl": self.service_url,
            "from": who.account,
            "recipient": BOT,
            "conversation": chat.conversation,
            "channelData": data | more.pop("channelData", {}),
            "locale": "en-GB",
        } | more

    def message(self, text: str, who: Who = ANNE, chat: Chat = PERSONAL, **more: Any) -> dict[str, Any]:
        """Return a message; in a channel or a group it mentions the bot, without which Teams would not pass it on."""
        entities: list[dict[str, Any]] = []
        if chat.kind != "personal":
            text = f"<at>{BOT['name']}</at> {text}"
            entities = [{"type": "mention", "mentioned": BOT, "text": f"<at>{BOT['name']}</at>"}]
        return self.activity("message", who, chat, text=text, textFormat="plain", entities=entities, **more)

    def quoting(self, number: str, quoted: str, text: str, how: str = "entity", **more: Any) -> dict[str, Any]:
        """Return a message that quotes another: as Teams tells it today, as an attachment, or in the message's HTML alone."""
        if how == "entity":
            entity = {"type": "quotedReply", "quotedReply": {"messageId": number, "preview": quoted, "senderName": BOT["name"]}}
            message = self.message(f'<quoted messageId="{number}"/> {text}', **more)
            return message | {"entities": [*message["entities"], entity]}
        if how == "attachment":
            content = json.dumps({"messageId": number, "messagePreview": quoted})
            return self.message(text, attachments=[{"id": number, "contentType": "messageReference", "content": content}], **more)
        sender = f'<strong itemprop="mri" itemid="{BOT["id"]}">{BOT["name"]}</strong>'
        shown = f'{sender}<span itemprop="time" itemid="{number}"></span><p itemprop="preview">{quoted}</p>'
        quote = f'<blockquote itemscope itemtype="http://schema.skype.com/Reply" itemid="{number}">{shown}</blockquote>'
        html = {"contentType": "text/html", "content": f"<div>{quote}<p>{text}</p></div>"}
        return self.message(f"{BOT['name']}{quoted}{text}", attachments=[html], **more)

    def with_image(self, text: str = "", **more: Any) -> dict[str, Any]:
        """Return a message with a picture pasted into it."""
        picture = {"contentType": "image/*", "contentUrl": f"{self.service_url}v3/attachments/1/views/original"}
        html = {"contentType": "text/html", "content": f'<p><img alt="image" src="{picture["contentUrl"]}">{text}</p>'}
        return self.message(text, attachments=[picture, html], **more)

    def with_file(self, text: str = "", name: str = "policy.docx", content: bytes = b"", **more: Any) -> dict[str, Any]:
        """Return a message with a file, as Teams sends what somebody attached in a personal chat, who has it in OneDrive."""
        number = str(uuid.uuid4())
        self._files[number] = content
        stored = (
            f"https://school-my.sharepoint.com/personal/anne_school_example/Documents/Microsoft%20Teams%20Chat%20Files/{name}"
        )
        url = f"{self._address}/personal/anne_school_example/_layouts/15/download.aspx?UniqueId={number}&tempauth=v1.ey"
        told = {"downloadUrl": url, "uniqueId": number, "fileType": name.rpartition(".")[2]}
        file = {"contentType": _FILE, "contentUrl": stored, "name": name, "content": told}
        return self.message(text, attachments=[file], **more)

    def edited(self, message: dict[str, Any], text: str) -> dict[str, Any]:
        """Return that somebody has changed what they wrote."""
        data = message["channelData"] | {"eventType": "editMessage"}
        return message | {"type": "messageUpdate", "text": text, "channelData": data}

    def deleted(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return that somebody has deleted what they wrote."""
        left = {name: value for name, value in message.items() if name not in ("text", "attachments", "entities")}
        return left | {"type": "messageDelete", "channelData": message["channelData"] | {"eventType": "softDeleteMessage"}}

    def pressed(self, data: dict[str, Any], reply_to: str = "", who: Who = ANNE, chat: Chat = PERSONAL) -> dict[str, Any]:
        """Return that somebody pressed a card's Action.Submit: a message without text."""
        return self.activity("message", who, chat, value=data, replyToId=reply_to)

    def executed(self, action: dict[str, Any], reply_to: str = "", who: Who = ANNE, chat: Chat = PERSONAL) -> dict[str, Any]:
        """Return that somebody pressed a card's Action.Execute, which waits for an answer."""
        value = {"action": action | {"type": "Action.Execute"}, "trigger": "manual"}
        return self.activity("invoke", who, chat, name="adaptiveCard/action", value=value, replyToId=reply_to)

    def voted(self, reaction: str, words: str, reply_to: str, who: Who = ANNE, chat: Chat = PERSONAL) -> dict[str, Any]:
        """Return that somebody pressed a thumb of the platform's own under a reply."""
        action = {"reaction": reaction, "feedback": json.dumps({"feedbackText": words})}
        value = {"actionName": "feedback", "actionValue": action}
        return self.activity("invoke", who, chat, name="message/submitAction", value=value, replyToId=reply_to)

    def installed(self, who: Who = ANNE, chat: Chat = PERSONAL, *, action: str = "add") -> dict[str, Any]:
        """Return that somebody added the bot, or removed it."""
        return self.activity("installationUpdate", who, chat, action=action)

    def joined(self, who: Who = ANNE, chat: Chat = PERSONAL) -> dict[str, Any]:
        """Return that the bot and somebody are in a conversation, which comes beside the installation."""
        return self.activity("conversationUpdate", who, chat, membersAdded=[BOT, who.account])

    def token(self, **wrong: Any) -> str:
        """Return what Microsoft signs its calls to the bot with; `wrong` replaces claims, or `key` and `kid`."""
        now = int(time.time())
        key = wrong.pop("key", self._key)
        kid = wrong.pop("kid", "signing")
        claims = {"iss": ISSUER, "aud": APP_ID, "serviceurl": self.service_url, "nbf": now - 60, "exp": now + 3600}
        shown = {name: value for name, value in (claims | wrong).items() if value is not None}
        return jwt.encode(shown, key, "RS256", headers={"kid": kid})

    def wrong_tokens(self) -> dict[str, str | None]:
        """Return what a bot must refuse, by what is wrong with it."""
        now = int(time.time())
        return {
            "none": None,
            "garbage": "garbage",
            "without a signature": jwt.encode({"iss": ISSUER, "aud": APP_ID, "serviceurl": self.service_url}, "", "none"),
            "expired": self.token(exp=now - 3600),
            "not valid yet": self.token(nbf=now + 3600),
            "of another audience": self.token(aud=str(uuid.uuid4())),
            "of another issuer": self.token(iss="https://issuer.example"),
            "of another key": self.token(key=self._other_key),
            "of an unknown key": self.token(key=self._other_key, kid="unknown"),
            "for another service": self.token(serviceurl="https://service.example/"),
            "that never ends": self.token(exp=None),
        }

    def send(self, activity: dict[str, Any], to: str, token: str | None = "", seconds: float = 30) -> httpx.Response:
        """Send an activity to the bot as Teams does; once more, and it is delivered again. `token` None sends none."""
        self._known.add(activity["conversation"]["id"])
        if self._signed is None:  # as Microsoft does, one token is shown for many activities
            self._signed = self.token()
        signed = self._signed if token == "" else token
        headers = {"authorization": f"Bearer {signed}"} if signed else {}
        return self._client.post(to, json=activity, headers=headers, timeout=seconds)

    # The answers to what the bot asks.

    async def _openid(self, request: Request) -> Response:
        base = str(request.base_url).rstrip("/")
        return JSONResponse(
            {
                "issuer": ISSUER,
                "jwks_uri": f"{base}/v1/.well-known/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def _keys(self, _request: Request) -> Response:
        self.keys_fetched += 1
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        return JSONResponse({"keys": [key | {"kid": "signing", "use": "sig", "endorsements": ["msteams"]}]})

    async def _token(self, request: Request) -> Response:
        response = await self._granted(request)
        response.headers["date"] = formatdate(time.time() + self.clock_is_off_by, usegmt=True)
        return response

    async def _granted(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") != "client_credentials" or form.get("scope") != SCOPE:
            return _entra_error("invalid_request", "AADSTS900144: a parameter is missing or wrong.")
        if request.path_params["tenant"] != TENANT:
            return _entra_error("invalid_request", "AADSTS90002: Tenant not found.")
        if form.get("client_id") != APP_ID:
            return _entra_error("unauthorized_client", "AADSTS700016: the application was not found in the directory.")
        if form.get("client_secret") != SECRET:
            return _entra_error("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401)
        if self.secret_has_ended:
            return _entra_error("invalid_client", "AADSTS7000222: The provided client secret keys are expired.", 401)
        self.tokens_issued += 1
        claims = {"aud": ISSUER, "appid": APP_ID, "tid": TENANT, "exp": int(time.time()) + 3600, "uti": str(self.tokens_issued)}
        token = jwt.encode(claims, self._key, "RS256")
        self._tokens.add(token)
        return JSONResponse({"token_type": "Bearer", "expires_in": 3599, "access_token": token})

    async def _download(self, request: Request) -> Response:
        """Give a file to whoever has the link; a token would be refused."""
        if "authorization" in request.headers or request.query_params.get("tempauth") != "v1.ey":
            return Response(status_code=401)
        number = request.query_params["UniqueId"]
        with self._changes.recording():
            self.downloads.append(number)
        return Response(self._files[number], media_type="application/octet-stream")

    def _connector(self, answer: Callable[[Request, dict[str, Any]], Response]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            self._loop = asyncio.get_running_loop()
            raw = await request.body()
            if self._held is not None:
                with self._changes.recording():
                    self.held.append(raw)
                await self._held.wait()
            try:
                body = json.loads(raw) if raw else {}
            except ValueError:
                body = None
            response = self._checked(request, raw, body) or answer(request, body)
            with self._changes.recording():
                shown = body if isinstance(body, dict) else {}
                self.calls.append(Call(request.method, request.url.path, shown, response.status_code))
            return response

        return endpoint

    def _checked(self, request: Request, raw: bytes, body: Any) -> Response | None:
        """Return the refusal of a call that is refused whatever it asks."""
        fault = next((one for one in self._faults if one.times > 0 and one.where in request.url.path), None)
        if fault is not None:
            fault.times -= 1
            headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
            return _error(fault.status, fault.code, headers)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return _error(401, "Unauthorized")
        if not isinstance(body, dict):
            return _error(400, "BadSyntax")
        if len(raw.decode().encode("utf-16-le")) > LARGEST_ACTIVITY:
            return _error(413, "MessageSizeTooBig")
        chat = request.path_params.get("chat")
        if chat is not None and chat in self._blocked:
            return _error(403, "BotNotInConversationRoster")
        if chat is not None and chat not in self._known:
            return _error(404, "ConversationNotFound")
        return None

    def _create(self, _request: Request, body: dict[str, Any]) -> Response:
        members = body.get("members")
        tenant = body.get("tenantId") or body.get("channelData", {}).get("tenant", {}).get("id")
        if not members or len(members) != 1 or not str(members[0].get("id", "")).startswith("29:") or not tenant:
            return _error(400, "BadArgument")
        if tenant != TENANT:
            return _error(403, "ForbiddenOperationException")
        number = private_chat(members[0]["id"]).id
        if number in self._blocked:
            return _error(403, "MessageWritesBlocked")
        self._known.add(number)
        return JSONResponse({"id": number}, 201)

    def _post(self, request: Request, body: dict[str, Any]) -> Response:
        wrong = wrong_with(body)
        if wrong:
            return _error(400, "BadArgument", message=wrong)
        if body["type"] == "typing":
            return Response(status_code=202)
        number = str(next(self._numbers))
        self._bodies[number] = body
        return JSONResponse({"id": number}, 201)

    def _replace(self, request: Request, body: dict[str, Any]) -> Response:
        number = request.path_params["id"]
        if number not in self._bodies:
            return _error(404, "ActivityNotFoundInConversation")
        wrong = wrong_with(body)
        if wrong:
            return _error(400, "BadArgument", message=wrong)
        self._bodies[number] = body
        return JSONResponse({"id": number})

    def _delete(self, request: Request, _body: dict[str, Any]) -> Response:
        found = self._bodies.pop(request.path_params["id"], None)
        return Response(status_code=200) if found else _error(404, "ActivityNotFoundInConversation")

    def _member(self, request: Request, _body: dict[str, Any]) -> Response:
        who = request.path_params["who"]
        found = next((one for one in (ANNE, BEN, STRANGER, GUEST, FEDERATED) if who in one.account.values()), None)
        if found is None:
            return _error(404, "MemberNotFoundInConversation")
        return JSONResponse(found.account | {"tenantId": found.tenant, "userRole": found.role})


@cache
def _keys() -> tuple[rsa.RSAPrivateKey, rsa.RSAPrivateKey]:
    """Return Microsoft's key and one that is not Microsoft's: made once, since that takes a while."""
    made = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    return next(made), next(made)


def private_chat(account_id: str) -> Chat:
    """Return the personal chat that a bot gets when it creates a conversation with somebody."""
    return Chat(f"a:private-{account_id.removeprefix('29:')}")


def wrong_with(activity: dict[str, Any]) -> str | None:
    """Return why Teams would refuse an activity that a bot sends, None where it would not."""
    kind = activity.get("type")
    if kind == "typing":
        return None
    if kind != "message":
        return f"a bot cannot send {kind!r}"
    text, attachments = activity.get("text") or "", activity.get("attachments") or []
    if not text.strip() and not attachments:
        return "neither text nor attachment"
    if activity.get("textFormat") not in (None, "markdown", "plain", "xml", "extendedmarkdown"):
        return f"textFormat {activity['textFormat']!r}"
    for attachment in attachments:
        wrong = _wrong_with_card(attachment.get("content")) if attachment.get("contentType") == CARD else "not a card"
        if wrong:
            return wrong
    return _wrong_with_entities(activity.get("entities") or [], text)


def _wrong_with_entities(entities: list[dict[str, Any]], text: str) -> str | None:
    if sum(one.get("type") == MESSAGE_ENTITY for one in entities) > 1:
        return "more than one root message entity"
    for entity in entities:
        if entity.get("type") == "mention" and entity.get("text", "") not in text:
            return "a mention that does not stand in the text"
        for claim in entity.get("citation", []):
            wrong = _wrong_with_claim(claim, text)
            if wrong:
                return wrong
    return None


def _wrong_with_claim(claim: dict[str, Any], text: str) -> str | None:
    shown, position = claim.get("appearance", {}), claim.get("position")
    keywords = shown.get("keywords") or []
    if not isinstance(position, int) or f"[{position}]" not in text:
        return "a citation whose number does not stand in the text"
    if not 0 < len(shown.get("name") or "") <= LONGEST_NAME:
        return "the name of a citation"
    if not 0 < len(shown.get("abstract") or "") <= LONGEST_ABSTRACT:
        return "the abstract of a citation"
    if len(keywords) > MOST_KEYWORDS or any(len(one) > LONGEST_KEYWORD for one in keywords):
        return "the keywords of a citation"
    return None


def _wrong_with_card(card: Any) -> str | None:
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        return "a card that is no AdaptiveCard"
    version = tuple(int(part) for part in re.findall(r"\d+", str(card.get("version"))))
    if not version or version > NEWEST_CARD:
        return f"a card of version {card.get('version')!r}"
    return _wrong_with_elements(card.get("body") or []) or _wrong_with_actions(card.get("actions") or [])


def _wrong_with_elements(elements: list[dict[str, Any]]) -> str | None:
    for element in elements:
        needed = _ELEMENTS.get(str(element.get("type")))
        if needed is None:
            return f"an element {element.get('type')!r}"
        if any(not element.get(name) for name in needed):
            return f"a {element['type']} without {' and '.join(needed)}"
        wrong = _wrong_with_elements(element.get("items", [])) or _wrong_with_actions(element.get("actions", []))
        for column in element.get("columns", []):
            wrong = wrong or _wrong_with_elements(column.get("items", []))
        if wrong:
            return wrong
    return None


def _wrong_with_actions(actions: list[dict[str, Any]]) -> str | None:
    if len(actions) > MOST_ACTIONS:
        return f"more than {MOST_ACTIONS} actions"
    for action in actions:
        needed = _ACTIONS.get(str(action.get("type")))
        if needed is None:
            return f"an action {action.get('type')!r}"
        if not action.get("title") or any(not action.get(name) for name in needed):
            return f"an {action['type']} that lacks something"
        if not isinstance(action.get("data", {}), dict | str):
            return "an action's data"
    return None


def _is_message(call: Call) -> bool:
    return call.method in ("POST", "PUT") and call.body.get("type") == "message" and call.status < 300


_CODES = {
    401: "Unauthorized",
    403: "BotNotInConversationRoster",
    404: "ConversationNotFound",
    412: "PreconditionFailed",
    413: "MessageSizeTooBig",
    429: "Throttled",
}


def _error(status: int, code: str, headers: dict[str, str] | None = None, message: str = "") -> Response:
    return JSONResponse({"error": {"code": code, "message": message or code}}, status, headers)


def _entra_error(error: str, description: str, status: int = 400) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)
