"""The whole server with every channel, and requests to it as somebody sends them who means it no good.

The requests are signed with the real secrets and carry real sessions, so that they reach what lies behind the doors. Anything but
an answer is a fault: an exception, a status of 500, a traceback, an error in the log that the program does not foresee.
"""

import json
import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from lxml import html

from bot.assembly import Parts, assemble
from bot.bootstrap import Indexes
from bot.channels.slack import EVENTS_PATH
from bot.channels.teams import PATH as TEAMS_PATH
from bot.channels.telegram import SECRET_HEADER
from bot.chat_page import create_app
from bot.clock import now_utc
from bot.configuration import WEBHOOK_PATH, Configuration
from bot.desk.gate import Gate
from bot.desk.routes import desk_routes
from bot.dispatcher import Dispatcher
from bot.joining import COOKIE, Door
from bot.metrics import Metrics
from bot.operation import Operation
from bot.page_notices import PageNotices
from bot.people import SLACK, TEAMS, WEB, PersonRole
from bot.policy_pages import PolicyPages
from bot.schema import open_store
from bot.turn import Tenancy
from bot.ways_in import WaysIn
from corpus.building import build_policy
from corpus.tables import sqlite_url
from corpus.versions import School, Versions
from retrieval.knowledge import Knowledge
from tests.fuzz import documents, payloads
from tests.fuzz.mutation import ODD_TEXTS, as_json, mutate_bytes, mutate_json, mutate_package, mutate_text
from tests.fuzz.targets import ending, require
from tests.platforms.bots import KEY
from tests.platforms.slack_bot import slack_channel
from tests.platforms.slack_server import TEAM, slack
from tests.platforms.teams_bot import registered, teams_channel
from tests.platforms.teams_server import TENANT, TeamsServer
from tests.platforms.telegram_bot import SECRET, telegram_channel
from tests.platforms.telegram_server import TelegramServer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have httpx2, which is not what this project has
    from starlette.testclient import TestClient

ADDRESS = "http://127.0.0.1:8080"
SCHOOL = School("hillside", "Hillside Primary School", "Hillside")
# What the log says of a message that is left because nobody can read it, and of a request that is refused.
FORESEEN = re.compile(
    r"Slack sent what has an unknown shape|An update has a form that cannot be read|A request was refused|"
    r"Token validation failed|No token provided|Service URL mismatch"
)
# Where what comes is not waited for: a fault shows in the log.
_DESK = (
    "",
    *(
        f"/{name}"
        for name in [
            "policies",
            "bring-in",
            "not-found",
            "rulings",
            "rulings/new",
            "governors",
            "month",
            "announcements",
            "contacts",
        ]
    ),
)
_DESK += (
    "/contacts/new",
    "/contacts/year",
    "/contacts/numbers",
    "/people",
    "/people/invite",
    "/people/end",
    "/people/headteacher",
)
_DESK += ("/people/sheet", "/test-questions", "/approvals", "/trail", "/policies/phones", "/policies/phones/draft")
_DESK += (
    "/policies/phones/draft/changes",
    "/policies/phones/draft/trial",
    "/policies/phones/draft/publish",
    "/policies/phones/announce",
)
_DESK += ("/policies/phones/versions/1", "/policies/phones/versions/1/yaml", "/policies/phones/versions/1/print")
_DESK += ("/policies/phones/versions/1/clauses/1.2", "/policies/phones/draft/parts/1.2", "/policies/phones/review")
_PUBLIC = (
    "/",
    "/chat",
    "/join",
    "/sign-out",
    "/desk",
    "/desk/enter/abc",
    "/desk/new-link",
    "/verify",
    "/healthz",
    "/readyz",
    "/metrics",
)
_PUBLIC += ("/static/chat.css", "/chat/notices", "/api/messages", EVENTS_PATH, WEBHOOK_PATH, "/policies/hillside/phones")


class _Faults(logging.Handler):
    """Keeps what the log says of faults."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not FORESEEN.search(record.getMessage()):
            self.said.append(f"{record.getMessage()}: {self.format(record)[-2000:]}")


@dataclass
class Site:
    """The server, who may come in, and what went wrong."""

    client: TestClient
    head: TestClient
    staff: dict[str, str]
    signed: Callable[[bytes], dict[str, str]]
    token: str
    service_url: str
    faults: _Faults
    statuses: dict[int, int] = field(default_factory=dict)

    def send(self, chance: Random) -> None:
        """Send a request. Raises what the server raises, and Fault where it answers as it should not."""
        senders = (self._slack, self._slack, self._teams, self._telegram, self._chat, self._desk, self._desk, self._anything)
        with ending():
            status, text = chance.choice(senders)(chance)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        require(status != 500, f"a status of {status}: {text[:300]}")
        require("Traceback (most recent" not in text, "a traceback")
        require(not self.faults.said, "; ".join(self.faults.said))

    def _request(self, client: TestClient, method: str, path: str, **more: Any) -> tuple[int, str]:
        answer = client.request(method, path, follow_redirects=False, **more)
        return answer.status_code, answer.text

    def _slack(self, chance: Random) -> tuple[int, str]:
        body = mutate_json(chance.choice(payloads.SLACK), chance)
        raw, kind = as_json(body), "application/json"
        if not isinstance(body, dict) or "event" not in body:
            kind = "application/x-www-form-urlencoded"
            whole = {"payload": json.dumps(body)} if not (isinstance(body, dict) and "command" in body) else body
            raw = urlencode({key: str(value) for key, value in whole.items()}, errors="replace").encode()
        raw = _damaged(raw, chance)
        headers = self.signed(raw) | {"content-type": _odd(kind, chance)}
        if chance.randrange(8) == 0:
            headers[chance.choice(list(headers))] = _of_header(chance.choice(ODD_TEXTS))
        return self._request(self.client, "POST", EVENTS_PATH, content=raw, headers=_encoded(headers))

    def _teams(self, chance: Random) -> tuple[int, str]:
        activity = chance.choice(payloads.TEAMS) | {"serviceUrl": self.service_url}
        raw = _damaged(as_json(mutate_json(activity, chance)), chance)
        token = self.token if chance.randrange(8) else chance.choice((mutate_text(self.token, chance), "", "a.b.c", "a" * 20_000))
        headers = _encoded({"authorization": f"Bearer {_of_header(token)}", "content-type": _odd("application/json", chance)})
        return self._request(self.client, "POST", TEAMS_PATH, content=raw, headers=headers)

    def _telegram(self, chance: Random) -> tuple[int, str]:
        raw = _damaged(as_json(mutate_json(chance.choice(payloads.TELEGRAM), chance)), chance)
        secret = SECRET if chance.randrange(8) else _of_header(chance.choice(ODD_TEXTS))
        return self._request(self.client, "POST", WEBHOOK_PATH, content=raw, headers=_encoded({SECRET_HEADER: secret}))

    def _chat(self, chance: Random) -> tuple[int, str]:
        path = chance.choice(("/chat", "/chat", "/chat", "/chat/notices", "/join", "/verify"))
        fields = [(name, value) for name, value in _CHAT if chance.randrange(3)]
        if chance.randrange(2):
            fields = [
                (name, chance.choice((value, mutate_text(value, chance), chance.choice(ODD_TEXTS)))) for name, value in fields
            ]
        return self._form(self.client, path, fields, chance, cookies=self.staff)

    def _desk(self, chance: Random) -> tuple[int, str]:
        path = f"/desk/hillside{chance.choice(_DESK)}"
        status, page = self._request(
            self.head, "GET", path + chance.choice(("", "", "?" + quote(_odd("policy=phones", chance), safe="=&")))
        )
        forms = html.document_fromstring(page).forms if status in (200, 400, 404) and page.strip() else []
        forms = [form for form in forms if form.method == "POST" and "sign-out" not in (form.action or "")]
        if not forms or not chance.randrange(4):
            return status, page
        form = chance.choice(forms)
        fields = [(name, str(value)) for name, value in form.form_values()]
        fields += [(one.get("name"), one.get("value") or "") for one in form.iter("button") if one.get("name")][:1]
        fields += [(one.name, "") for one in form.inputs if one.name and one.get("type") == "file"]
        for _ in range(chance.choice((0, 1, 1, 2))):
            at = chance.randrange(len(fields))
            name, value = fields[at]
            if name == "form_key" and chance.randrange(4):
                continue
            fields[at] = chance.choice(((name, chance.choice(ODD_TEXTS)), (name, mutate_text(value, chance)), (value, name)))
        return self._form(self.head, path, fields, chance)

    def _form(
        self, client: TestClient, path: str, fields: list[tuple[str, str]], chance: Random, cookies: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Send a form, mostly as a browser sends it."""
        client = client if cookies is None else self.client
        cookie = {"cookie": "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())} if cookies else {}
        if "document" in dict(fields) or chance.randrange(4) == 0:
            raw, kind = _multipart(fields, chance)
        else:
            safe = [(name.encode("utf-8", "replace"), value.encode("utf-8", "surrogatepass")) for name, value in fields]
            raw, kind = urlencode(safe).encode(), "application/x-www-form-urlencoded"
        headers = {"content-type": _odd(kind, chance), **cookie}
        return self._request(client, "POST", path, content=_damaged(raw, chance), headers=_encoded(headers))

    def _anything(self, chance: Random) -> tuple[int, str]:
        path = chance.choice((*_PUBLIC, *(f"/desk/hillside{one}" for one in _DESK)))
        path = (
            path
            if chance.randrange(3)
            else path + chance.choice(("/", "//", "%00", "/..%2f", "?a=%ff", "/\u00e9", "?" + "a=b&" * 3000))
        )
        method = chance.choice(("GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "FOO"))
        raw = chance.choice((b"", b"[" * 100_000, b'{"a":' * 50_000, b"a=b&" * 30_000, b"%", b"\0\xff" * 100, b"--x\r\n" * 500))
        kinds = (
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "x",
            "",
        )
        names = ("host", "cookie", "accept", "authorization", "content-type", "x-requested-with", "content-length", "origin")
        headers = {"content-type": chance.choice(kinds)}
        if chance.randrange(2):
            headers[chance.choice(names[:-2] + names[-1:])] = _of_header(chance.choice(ODD_TEXTS))
        client = chance.choice((self.client, self.head))
        return self._request(client, method, path, content=raw, headers=_encoded(headers))


_CHAT = (
    ("question", "can I accept a parent's friend request?"),
    ("pressed", "w"),
    ("earlier", "what about pupils?"),
    ("earlier", "and parents?"),
    ("shown", "1,2,3"),
    ("school", "hillside"),
    ("code", "ABCDE-FGHJK"),
    ("copy", "Code: pb" + "a2b3" * 20),
    ("pasted", "Code: pb" + "a2b3" * 20),
)


def _damaged(raw: bytes, chance: Random) -> bytes:
    return mutate_bytes(raw, chance) if chance.randrange(8) == 0 else raw


def _odd(text: str, chance: Random) -> str:
    return _of_header(mutate_text(text, chance)) if chance.randrange(8) == 0 else text


def _of_header(text: str) -> str:
    return re.sub(r"[\r\n\0]", " ", text)[:8000].strip()


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in headers.items()]


def _multipart(fields: list[tuple[str, str]], chance: Random) -> tuple[bytes, str]:
    """Return fields as a browser sends them with a file, the boundary now and then forgotten, or other than it says."""
    parts = b""
    for name, value in fields:
        shown = name.replace('"', "%22").encode("utf-8", "replace")
        if name == "document":
            file = chance.choice((documents.WORD, mutate_package(documents.WORD, chance), documents.TEXT, documents.PDF, b""))
            given = chance.choice(("p.docx", "p.yaml", "../p.pdf", "\u202e.txt", "", "x" * 300)).encode()
            parts += b'--x\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n%s\r\n' % (shown, given, file)
        else:
            body = value.encode("utf-8", "surrogatepass")
            parts += b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (shown, body)
    end = chance.choice((b"--x--\r\n",) * 6 + (b"", b"--x\r\n", b"--y--\r\n"))
    kind = "multipart/form-data; boundary=" + chance.choice(("x",) * 8 + ("", "y", "x" * 300, '"x"; charset=nonsense'))
    return parts + end, kind


@contextmanager
def site(home: Path, knowledge: Knowledge) -> Iterator[Site]:
    """Run the server over a data folder with a new store, for a school with its head at the desk and staff in the chat."""
    with ExitStack() as stack:
        on_slack, on_teams = stack.enter_context(slack()), stack.enter_context(TeamsServer())
        on_telegram = stack.enter_context(TelegramServer())
        on_slack.add_person(payloads.STAFF, name="Anne Reed")
        engine = open_store(sqlite_url(home))
        stack.callback(engine.dispose)
        versions = Versions(engine, now_utc)
        _publish(versions)
        indexes = Indexes(versions, knowledge)
        tenancies = {(SLACK, TEAM): Tenancy((SCHOOL.id,)), (TEAMS, TENANT): Tenancy((SCHOOL.id,))}
        parts = assemble(indexes, KEY, tenancies=tenancies)
        metrics = Metrics()
        channels = [
            slack_channel(on_slack.api_url, parts, socket=False),
            teams_channel(registered(on_teams.openid_metadata_url, on_teams.login_url), [TENANT, payloads.TENANT], parts),
            telegram_channel(on_telegram.address, parts, webhook_url=f"{ADDRESS}{WEBHOOK_PATH}"),
        ]
        dispatcher = Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing, channels, metrics=metrics)
        door = Door(parts.people, parts.announcements, parts.records, now_utc, secure=False)
        gate = Gate(parts.desk, parts.people, KEY, secure=False)
        routes = [
            *PolicyPages(versions, parts.links, parts.kept, door, now_utc).routes(),
            *desk_routes(gate, parts, now_utc, ways=WaysIn(ADDRESS, None), configuration=Configuration()),
            *(route for channel in channels for route in channel.routes()),
        ]
        app = create_app(indexes, dispatcher, PageNotices(parts.deliveries), door, routes=routes)
        server = Operation(app, engine=engine, dispatcher=dispatcher, metrics=metrics, now=now_utc)
        faults = _Faults()
        logging.getLogger().addHandler(faults)
        stack.callback(logging.getLogger().removeHandler, faults)
        client = stack.enter_context(TestClient(server, base_url=ADDRESS))
        yield Site(
            client,
            _at_desk(client, server, parts),
            _in_chat(parts),
            on_slack.signed,
            on_teams.token(),
            on_teams.service_url,
            faults,
        )


def _publish(versions: Versions) -> None:
    versions.add_school(SCHOOL)
    source = documents.TEXT.decode()
    for text in (source, source.replace("phones", "telephones")):  # published, and the draft of the next
        versions.save_draft(build_policy(text, school=SCHOOL.id, slug="phones", title=None, source_name="phones.txt"), text)
        if text == source:
            versions.publish(SCHOOL.id, "phones", "the headteacher")


def _at_desk(client: TestClient, server: Operation, parts: Parts) -> TestClient:
    code = parts.people.invite(SCHOOL.id, PersonRole.HEADTEACHER)[1]
    head = TestClient(server, base_url=ADDRESS)
    head.portal = client.portal  # the loop in which the server was started
    head.post(f"/desk/enter/{parts.desk.make_link(parts.people.enrol(code, WEB, 'head'))}")
    return head


def _in_chat(parts: Parts) -> dict[str, str]:
    code = parts.people.invite(SCHOOL.id, PersonRole.STAFF)[1]
    return {COOKIE: parts.people.open_session(parts.people.enrol(code, WEB, "anne"), shared=False)}
