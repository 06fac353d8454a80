"""Teams' side of a message: what is read out of an activity, whose signature is taken, and what a call that fails means."""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.assembly import assemble
from bot.bootstrap import Indexes
from bot.channels import teams_connector
from bot.channels.teams import PATH, Activity, TeamsChannel, read
from bot.channels.teams_connector import Connector, NotMicrosoft, Registration
from bot.clock import now_utc
from bot.dispatcher import Dispatcher
from bot.layout import Heading
from bot.messages import Message, NotNow, Refused
from bot.schema import open_store
from bot.turn import Turn, said
from corpus.tables import sqlite_url
from corpus.versions import Versions
from retrieval.knowledge import Knowledge
from tests.platforms.background import Background
from tests.platforms.served import served
from tests.platforms.teams_bot import registered
from tests.platforms.teams_server import ANNE, APP_ID, BEN, CHANNEL, GROUP, PERSONAL, SECRET, TENANT, Chat, TeamsServer

HELLO = {"type": "message", "text": "hello"}


@pytest.fixture
def teams() -> Iterator[TeamsServer]:
    with TeamsServer() as server:
        yield server


def read_as(activity: dict[str, Any]) -> tuple[str, Message] | None:
    return read(msgspec.json.decode(json.dumps(activity).encode(), type=Activity))


def message(activity: dict[str, Any]) -> Message:
    event = read_as(activity)
    assert event is not None
    return event[1]


def test_who_wrote_where_and_to_whom_to_reply_are_read(teams: TeamsServer) -> None:
    event = read_as(teams.message("May I?", BEN, CHANNEL) | {"id": "7"})
    assert event is not None
    key, read_message = event
    assert key == "19:staffroom@thread.tacv2;messageid=1790000000001|7"
    assert read_message == Message(
        channel="teams",
        account=f"{TENANT}/{BEN.object_id}",
        place="19:staffroom@thread.tacv2;messageid=1790000000001",
        text="May I?",
        private=False,
        tenant=TENANT,
        room="19:staffroom@thread.tacv2",
        where={
            "service_url": teams.service_url,
            "conversation": "19:staffroom@thread.tacv2;messageid=1790000000001",
            "member": BEN.account["id"],
            "tenant": TENANT,
        },
        name="Ben Office",
    )


@pytest.mark.parametrize(("chat", "private"), [(PERSONAL, True), (GROUP, False), (CHANNEL, False), (Chat("a:1", ""), True)])
def test_a_chat_with_the_bot_alone_is_private(teams: TeamsServer, chat: Chat, private: bool) -> None:
    activity = teams.message("hello", chat=chat)
    if not chat.kind:
        activity["conversation"] = {"id": chat.id, "tenantId": TENANT}
    assert message(activity).private is private


@pytest.mark.parametrize(
    ("text", "as_typed"),
    [
        ("<at>policybot</at> may I?", "may I?"),
        ("may I, <at>policybot</at>?", "may I,  ?"),
        ("<at>policybot</at>&nbsp;may I?", "may I?"),
        ("<at>policybot</at> may <at>Ben</at> and I?", "may Ben and I?"),
        ("<at>policybot</at> is 3 &lt; 4 &amp; 5?", "is 3 < 4 & 5?"),
        ("<at>policybot</at>", ""),
    ],
)
def test_the_mention_of_the_bot_is_taken_out_and_the_rest_stays_as_typed(teams: TeamsServer, text: str, as_typed: str) -> None:
    activity = teams.message("", chat=GROUP) | {"text": text}
    activity["entities"].append({"type": "mention", "mentioned": BEN.account, "text": "<at>Ben</at>"})
    assert message(activity).text == as_typed


@pytest.mark.parametrize(
    ("value", "pressed"),
    [
        ({"pressed": "s:1"}, "s:1"),
        ({"pressed": "x" * 64}, "x" * 64),
        ({"pressed": "x" * 65}, ""),
        ({"pressed": "é"}, ""),
        ({"pressed": 5}, ""),
        ({"another": "s:1"}, ""),
        (["s:1"], ""),
        ("s:1", ""),
        (None, ""),
    ],
)
def test_only_what_one_of_our_buttons_may_hold_counts_as_pressed(teams: TeamsServer, value: Any, pressed: str) -> None:
    assert message(teams.pressed(value)).pressed == pressed


@pytest.mark.parametrize(
    ("kinds", "attachment"),
    [
        ([], None),
        (["text/html"], None),
        (["application/vnd.microsoft.card.adaptive", "text/html"], None),
        (["messageReference"], None),
        (["image/*", "text/html"], "photo"),
        (["image/png"], "photo"),
        (["audio/mp4"], "voice message"),
        (["application/vnd.microsoft.teams.file.download.info"], "file"),
        (["application/pdf"], "file"),
        ([None], "file"),
    ],
)
def test_what_was_attached_is_told_from_what_teams_adds(teams: TeamsServer, kinds: list[str], attachment: str | None) -> None:
    attachments = [{"contentType": kind} for kind in kinds]
    assert message(teams.message("hello", attachments=attachments)).attachment == attachment


def test_a_document_is_fetched_by_its_link_from_a_private_chat_alone(teams: TeamsServer) -> None:
    sent = message(teams.with_file("", "Phones.docx", b"PK phones"))
    (file,) = sent.files
    assert (file.name, file.size, sent.attachment) == ("Phones.docx", None, "file")
    assert message(teams.with_file(chat=GROUP)).files == message(teams.with_image()).files == ()
    assert teams.downloads == []

    async def fetched(registration: Registration) -> bytes:
        channel = TeamsChannel(registration, [TENANT], lambda: None, lambda _tenant: False)
        try:
            return await channel.fetch(file)
        finally:
            await channel.stop()

    assert asyncio.run(fetched(registered(teams.openid_metadata_url, teams.login_url))) == b"PK phones"
    with pytest.raises(Refused, match=re.escape("127.0.0.1")):
        asyncio.run(fetched(Registration(APP_ID, TENANT, SECRET)))
    assert len(teams.downloads) == 1


def test_an_edited_message_has_a_key_of_its_own_which_is_the_same_at_each_change(teams: TeamsServer) -> None:
    written = teams.message("hello")
    keys = [read_as(one) for one in (written, teams.edited(written, "hello again"), teams.edited(written, "once more"))]
    first, second, third = (key for key, _ in (one for one in keys if one))
    assert first != second == third


def test_an_undeleted_message_is_not_answered_anew(teams: TeamsServer) -> None:
    back = teams.edited(teams.message("hello"), "hello")
    assert read_as(back | {"channelData": back["channelData"] | {"eventType": "undeleteMessage"}}) is None


@pytest.mark.parametrize("lacking", ["id", "serviceUrl", "from", "conversation"])
def test_what_cannot_be_replied_to_is_left_alone(teams: TeamsServer, lacking: str) -> None:
    activity = teams.message("hello")
    assert read_as({name: value for name, value in activity.items() if name != lacking}) is None


@pytest.mark.parametrize("how", ["entity", "attachment", "html"])
def test_which_message_was_quoted_is_read_and_its_words_are_not_taken_for_the_answer(teams: TeamsServer, how: str) -> None:
    quoting = message(teams.quoting("17", "May I take it home?", "Yes, R&amp;D may.", how))
    assert (quoting.text, quoting.replies_to) == ("Yes, R&D may.", f"{PERSONAL.id}/17")
    assert quoting.attachment is None


def test_in_a_private_chat_whatever_teams_says_a_message_answers_is_what_it_replies_to(teams: TeamsServer) -> None:
    assert message(teams.message("Yes.") | {"replyToId": "17"}).replies_to == f"{PERSONAL.id}/17"
    assert message(teams.message("Yes.", BEN, CHANNEL) | {"replyToId": "17"}).replies_to is None  # where it is the thread's first
    assert message(teams.pressed({"pressed": "s:1"}, "17")).replies_to is None


# Signatures.


def with_connector(teams: TeamsServer, do: Callable[[Connector], Any], **changes: Any) -> Any:
    async def run() -> Any:
        registration = replace(registered(teams.openid_metadata_url, teams.login_url), **changes)
        connector = Connector(registration)
        await connector.start()
        try:
            return await do(connector)
        finally:
            await connector.stop()

    return asyncio.run(run())


def test_the_keys_are_there_before_the_first_message_and_are_not_fetched_for_each(teams: TeamsServer) -> None:
    async def verify(connector: Connector) -> None:
        fetched = teams.keys_fetched
        assert fetched > 0
        for _ in range(3):
            await connector.verify(f"Bearer {teams.token()}", teams.service_url)
        assert teams.keys_fetched == fetched

    with_connector(teams, verify)


def test_without_the_address_of_a_service_nothing_is_taken(teams: TeamsServer) -> None:
    async def verify(connector: Connector) -> None:
        with pytest.raises(NotMicrosoft):
            await connector.verify(f"Bearer {teams.token()}", "")

    with_connector(teams, verify)


def test_a_token_that_was_taken_for_one_service_is_not_taken_for_another(teams: TeamsServer) -> None:
    async def verify(connector: Connector) -> None:
        await connector.verify(f"Bearer {teams.token()}", teams.service_url)
        with pytest.raises(NotMicrosoft):
            await connector.verify(f"Bearer {teams.token()}", "https://service.example/")

    with_connector(teams, verify)


def test_where_the_keys_cannot_be_fetched_nobody_is_turned_away_for_good(teams: TeamsServer) -> None:
    async def verify() -> None:
        connector = Connector(registered(teams.openid_metadata_url, teams.login_url))
        token = teams.token()
        with teams.away():
            await connector.start()
            with pytest.raises(NotNow):
                await connector.verify(f"Bearer {token}", teams.service_url)
        await connector.verify(f"Bearer {token}", teams.service_url)
        await connector.stop()

    asyncio.run(verify())


def test_a_filter_that_shows_a_page_instead_of_the_keys_neither_ends_the_start_nor_turns_anybody_away(teams: TeamsServer) -> None:
    async def block(_request: Request) -> Response:
        return HTMLResponse("<h1>This site is blocked</h1>")

    async def verify(metadata_url: str) -> None:
        connector = Connector(registered(metadata_url, teams.login_url))
        await connector.start()
        with pytest.raises(NotNow):
            await connector.verify(f"Bearer {teams.token()}", teams.service_url)
        await connector.stop()

    with Background(served(Starlette(routes=[Route("/{path:path}", block)]))) as filtering:
        asyncio.run(verify(f"{filtering.given}/v1/.well-known/openidconfiguration"))


def test_a_flood_of_unknown_keys_does_not_become_one_of_questions_to_microsoft(teams: TeamsServer) -> None:
    async def verify(connector: Connector) -> None:
        fetched = teams.keys_fetched
        for number in range(30):
            with pytest.raises(NotMicrosoft):
                await connector.verify(f"Bearer {teams.token(kid=f'unknown {number}')}", teams.service_url)
        assert teams.keys_fetched <= fetched + 1
        await connector.verify(f"Bearer {teams.token()}", teams.service_url)

    with_connector(teams, verify)


# Calls.


def sent(teams: TeamsServer, **changes: Any) -> None:
    with_connector(teams, lambda connector: connector.send(teams.service_url, PERSONAL.id, HELLO), **changes)


@pytest.mark.parametrize(("status", "seconds"), [(412, None), (429, 7.0), (500, None), (502, None), (503, 3.0), (504, None)])
def test_what_may_work_later_is_told_with_the_wait_that_teams_asks_for(
    teams: TeamsServer, status: int, seconds: float | None
) -> None:
    teams.know(PERSONAL)
    teams.fail(status, retry_after=None if seconds is None else int(seconds))
    with pytest.raises(NotNow) as later:
        sent(teams)
    assert later.value.seconds == seconds
    sent(teams)
    assert len(teams.posted) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(400, "BadArgument"), (403, "BotNotInConversationRoster"), (404, "ConversationNotFound")]
)
def test_what_will_never_work_is_told_with_the_reason(teams: TeamsServer, status: int, code: str) -> None:
    teams.know(PERSONAL)
    teams.fail(status, code=code)
    with pytest.raises(Refused, match=f"{status} {code}"):
        sent(teams)


def test_a_platform_that_is_away_may_be_back_later(teams: TeamsServer) -> None:
    teams.know(PERSONAL)

    async def send(connector: Connector) -> None:
        await connector.send(teams.service_url, PERSONAL.id, HELLO)
        with teams.away(), pytest.raises(NotNow):
            await connector.send(teams.service_url, PERSONAL.id, HELLO)

    with_connector(teams, send)


def test_a_platform_that_hangs_is_not_waited_for_without_end(teams: TeamsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teams_connector, "CALL_LASTS", 0.3)
    teams.know(PERSONAL)
    with teams.hanging(), pytest.raises(NotNow, match="ReadTimeout"):
        sent(teams)


def test_a_wrong_secret_keeps_the_reply_for_when_it_is_right_and_is_not_told(
    teams: TeamsServer, caplog: pytest.LogCaptureFixture
) -> None:
    teams.know(PERSONAL)
    with pytest.raises(NotNow, match=r"invalid_client \(401\)") as later:
        sent(teams, client_secret="a wrong one")  # noqa: S106  made up
    assert [(one.message, one.__dict__["code"]) for one in caplog.records] == [
        ("Entra gives no token: policybot doctor says why", "invalid_client")
    ]
    assert "a wrong one" not in str(later.value)


def test_one_token_serves_many_calls_and_is_asked_for_once_by_many_at_a_time(teams: TeamsServer) -> None:
    teams.know(PERSONAL)

    async def send(connector: Connector) -> None:
        await asyncio.gather(*(connector.send(teams.service_url, PERSONAL.id, HELLO) for _ in range(5)))

    with_connector(teams, send)
    assert teams.tokens_issued == 1
    assert len(teams.posted) == 5


def test_a_private_chat_is_made_once(teams: TeamsServer) -> None:
    async def chats(connector: Connector) -> list[str]:
        return [await connector.private_chat(teams.service_url, ANNE.account["id"], TENANT) for _ in range(2)]

    first, second = with_connector(teams, chats)
    assert first == second
    assert len(teams.calls) == 1


def test_what_was_begun_can_still_be_said_when_no_more_is_taken_in(teams: TeamsServer) -> None:
    teams.know(PERSONAL)

    async def send(connector: Connector) -> None:
        await connector.send(teams.service_url, PERSONAL.id, HELLO)
        await connector.stop()
        await connector.send(teams.service_url, PERSONAL.id, HELLO)

    with_connector(teams, send)
    assert len(teams.posted) == 2


# A slow answer.


class _Slow:
    """In the place of the conversation: answers "slow" when it is let go, anything else at once."""

    def __init__(self, go_on: threading.Event) -> None:
        self._go_on = go_on

    def turn(self, message: Message, _recent: int, _address: Message | None) -> Turn:
        if message.text == "slow":
            assert self._go_on.wait(20)
        return said(Heading(message.text))


@pytest.mark.parametrize("fault", [None, 500])
def test_a_slow_answer_is_announced_delays_nobody_and_comes_even_where_that_failed(
    teams: TeamsServer, tmp_path: Path, knowledge: Knowledge, fault: int | None
) -> None:
    engine, go_on = open_store(sqlite_url(tmp_path)), threading.Event()
    indexes = Indexes(Versions(engine, now_utc), knowledge)
    parts = assemble(indexes, b"a key for the tests")
    channel = TeamsChannel(registered(teams.openid_metadata_url, teams.login_url), [TENANT], lambda: None, lambda _tenant: False)
    dispatcher = Dispatcher(_Slow(go_on), parts.deliveries, parts.records, parts.outgoing, [channel])

    @asynccontextmanager
    async def running() -> AsyncIterator[str]:
        async with dispatcher.running(), served(Starlette(routes=channel.routes())) as address:
            yield address + PATH

    with Background(running()) as bot:
        address = bot.given
        if fault:
            teams.fail(fault, where="/activities")
        assert teams.send(teams.message("slow", BEN, GROUP), address).status_code == 200
        teams.wait(lambda: any(call.body.get("type") == "typing" for call in teams.calls))
        assert teams.send(teams.message("quick"), address).status_code == 200
        assert [one["summary"] for one in teams.wait_for_messages(1)] == ["quick"]
        go_on.set()
        assert [one["summary"] for one in teams.wait_for_messages(2)] == ["quick", "slow"]
    engine.dispose()


def test_loading_the_sdk_warns_of_nothing_and_reads_no_stray_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DANGEROUSLY_ALLOW_UNAUTHENTICATED_REQUESTS=true\n")
    look = "import os, bot.channels.teams; print(os.environ.get('DANGEROUSLY_ALLOW_UNAUTHENTICATED_REQUESTS'))"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run([sys.executable, "-c", look], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("None\n", "")
