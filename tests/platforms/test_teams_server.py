"""The local Microsoft side, tried with Microsoft's own SDK: what it passes on, refuses, records, and how it fails."""

import asyncio
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.platforms.background import Background
from tests.platforms.served import served
from tests.platforms.teams_server import (
    APP_ID,
    BEN,
    CARD,
    CHANNEL,
    GROUP,
    MESSAGE_ENTITY,
    PERSONAL,
    SCOPE,
    SECRET,
    TENANT,
    Chat,
    TeamsServer,
    wrong_with,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # the SDK warns of its own previews when it is imported
    from microsoft_teams.api import Account, CreateConversationParams, MessageActivityInput, TypingActivityInput
    from microsoft_teams.api.auth.cloud_environment import PUBLIC
    from microsoft_teams.apps import App
    from microsoft_teams.apps.http import FastAPIAdapter


@pytest.fixture
def teams() -> Iterator[TeamsServer]:
    with TeamsServer() as server:
        yield server


def get_token(teams: TeamsServer, **wrong: str) -> httpx.Response:
    form = {"grant_type": "client_credentials", "client_id": APP_ID, "client_secret": SECRET, "scope": SCOPE} | wrong
    return httpx.post(f"{teams.login_url}/{TENANT}/oauth2/v2.0/token", data=form)


def sdk(teams: TeamsServer, adapter: FastAPIAdapter | None = None) -> App:
    """The SDK's application, which believes that the local server is Microsoft."""
    return App(
        client_id=APP_ID,
        tenant_id=TENANT,
        token=lambda _scope, _tenant: get_token(teams).json()["access_token"],
        cloud=replace(PUBLIC, openid_metadata_url=teams.openid_metadata_url),
        service_url=teams.service_url,
        http_server_adapter=adapter or FastAPIAdapter(),
    )


Echo = tuple[str, list[Any]]


@pytest.fixture
def echo(teams: TeamsServer) -> Iterator[Echo]:
    """A bot on the SDK that repeats what it is told; its address, and the activities that reached it."""
    adapter = FastAPIAdapter()
    app = sdk(teams, adapter)
    came: list[Any] = []

    @app.on_activity
    async def note(context: Any) -> Any:
        came.append(context.activity)
        return await context.next()

    @app.on_message
    async def answer(context: Any) -> None:
        await context.reply(f"You said: {context.activity.strip_mentions_text().text}")

    @app.on_card_action
    async def pressed(context: Any) -> Any:
        return {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "Pressed."}

    asyncio.run(app.initialize())
    with Background(served(adapter.app)) as running:
        yield f"{running.given}/api/messages", came


def call(teams: TeamsServer, do: Callable[[App], Any]) -> Any:
    """Let the SDK call the connector."""

    async def run() -> Any:
        app = sdk(teams)
        await app.initialize()
        return await do(app)

    return asyncio.run(run())


def post(chat: Chat, activity: Any) -> Callable[[App], Any]:
    return lambda app: app.send(chat.conversation["id"], activity)


@pytest.mark.parametrize("chat", [PERSONAL, GROUP, CHANNEL], ids=lambda chat: chat.kind)
def test_a_message_reaches_the_bot_and_its_reply_is_recorded_in_the_same_conversation(
    teams: TeamsServer, echo: Echo, chat: Chat
) -> None:
    to, _ = echo
    assert teams.send(teams.message("hello", chat=chat), to).status_code == 200
    assert [one["text"].rpartition(": ")[2] for one in teams.wait_for_messages(1)] == ["hello"]
    assert teams.calls[-1].conversation == chat.conversation["id"]


def test_the_sdk_refuses_each_wrong_token_and_takes_the_right_one(teams: TeamsServer, echo: Echo) -> None:
    to, came = echo
    tokens = teams.wrong_tokens()
    del tokens["that never ends"]  # which it takes
    for wrong, token in tokens.items():
        assert (wrong, teams.send(teams.message("hello"), to, token).status_code) == (wrong, 401)
    assert came == []
    assert teams.send(teams.message("hello"), to).status_code == 200
    assert teams.keys_fetched > 0


def test_what_is_delivered_again_is_the_same_activity(teams: TeamsServer, echo: Echo) -> None:
    to, came = echo
    message = teams.message("hello")
    for _ in range(2):
        teams.send(message, to)
    assert [one.id for one in came] == [message["id"]] * 2
    assert teams.message("hello")["id"] != message["id"]


def test_the_sdk_understands_each_kind_of_activity(teams: TeamsServer, echo: Echo) -> None:
    to, came = echo
    message = teams.message("hello", BEN, GROUP)
    activities = [
        teams.edited(message, "hello again"),
        teams.deleted(message),
        teams.installed(),
        teams.installed(action="remove"),
        teams.joined(),
        teams.pressed({"pressed": "more"}, "1"),
        teams.with_image(),
        teams.with_file("read this"),
        teams.voted("dislike", "It was about phones.", "1"),
    ]
    assert [teams.send(one, to).status_code for one in activities] == [200] * len(activities)
    assert [one.type for one in came] == [one["type"] for one in activities]
    answer = teams.send(teams.executed({"verb": "answer", "data": {"pressed": "more"}}), to)
    assert answer.json()["value"] == "Pressed."
    assert came[-1].value.action.data == {"pressed": "more"}


def test_a_bot_can_open_a_private_chat_with_somebody_and_write_there(teams: TeamsServer) -> None:
    async def tell(app: App) -> None:
        opened = await app.api.conversations.create(
            CreateConversationParams(members=[Account(id=BEN.account["id"])], tenant_id=TENANT)
        )
        await app.send(opened.id, "between us")

    call(teams, tell)
    assert [one["text"] for one in teams.posted] == ["between us"]
    assert [one.status for one in teams.calls] == [201, 201]


def test_a_message_can_be_replaced_and_deleted_and_typing_is_no_message(teams: TeamsServer) -> None:
    teams.know(PERSONAL)

    async def do(app: App) -> None:
        await app.send(PERSONAL.id, TypingActivityInput())
        sent = await app.send(PERSONAL.id, "first")
        await app.send(PERSONAL.id, MessageActivityInput(text="second", id=sent.id))
        await app.api.conversations.delete_activity(PERSONAL.id, sent.id)

    call(teams, do)
    assert [one["text"] for one in teams.posted] == ["first", "second"]
    assert len(teams.typings) == 1
    assert [(one.method, one.status) for one in teams.calls] == [("POST", 202), ("POST", 201), ("PUT", 200), ("DELETE", 200)]


@pytest.mark.parametrize("status", [412, 429, 500, 502, 503])
def test_a_fault_is_answered_once_and_then_all_is_well(teams: TeamsServer, status: int) -> None:
    teams.know(PERSONAL)
    teams.fail(status, retry_after=7 if status == 429 else None)
    with pytest.raises(httpx.HTTPStatusError) as failed:
        call(teams, post(PERSONAL, "hello"))
    assert failed.value.response.status_code == status
    assert failed.value.response.headers.get("retry-after") == ("7" if status == 429 else None)
    call(teams, post(PERSONAL, "hello"))
    assert len(teams.posted) == 1


def test_a_bot_that_is_blocked_or_in_no_such_conversation_is_refused(teams: TeamsServer) -> None:
    for chat, status in ((PERSONAL, 403), (Chat("a:nowhere"), 404)):
        teams.block(PERSONAL)
        with pytest.raises(httpx.HTTPStatusError) as failed:
            call(teams, post(chat, "hello"))
        assert failed.value.response.status_code == status
    assert teams.posted == []


def test_nothing_listens_while_it_is_away_and_it_comes_back_at_the_same_address(teams: TeamsServer) -> None:
    with teams.away(), pytest.raises(httpx.ConnectError):
        get_token(teams)
    assert get_token(teams).status_code == 200


def test_a_call_that_hangs_is_answered_when_it_is_let_go(teams: TeamsServer) -> None:
    teams.know(PERSONAL)
    token = get_token(teams).json()["access_token"]
    url, headers = f"{teams.service_url}v3/conversations/{PERSONAL.id}/activities", {"authorization": f"Bearer {token}"}
    with teams.hanging(), pytest.raises(httpx.ReadTimeout):
        httpx.post(url, json={"type": "message", "text": "hello"}, headers=headers, timeout=0.2)
    assert httpx.post(url, json={"type": "message", "text": "hello"}, headers=headers).status_code == 201


@pytest.mark.parametrize("wrong", [{"client_secret": "another"}, {"client_id": "another"}, {"scope": "another"}])
def test_entra_gives_no_token_for_what_is_wrong(teams: TeamsServer, wrong: dict[str, str]) -> None:
    refused = get_token(teams, **wrong)
    assert refused.status_code in (400, 401)
    assert "error" in refused.json()


def test_without_a_token_of_its_own_a_bot_can_do_nothing(teams: TeamsServer) -> None:
    teams.know(PERSONAL)
    url = f"{teams.service_url}v3/conversations/{PERSONAL.id}/activities"
    assert httpx.post(url, json={"type": "message", "text": "hello"}).status_code == 401


def card(**changes: Any) -> dict[str, Any]:
    content = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Rule"}]} | changes
    return {"type": "message", "attachments": [{"contentType": CARD, "content": content}]}


def cited(*claims: dict[str, Any], text: str = "The rule [1]", entities: int = 1) -> dict[str, Any]:
    entity = {"type": MESSAGE_ENTITY, "@type": "Message", "citation": list(claims)}
    return {"type": "message", "text": text, "entities": [entity] * entities}


def claim(**changes: Any) -> dict[str, Any]:
    return {"position": 1, "appearance": {"name": "Staff handbook", "abstract": "Lock the door."} | changes}


RULE = {"title": "More", "type": "Action.Submit", "data": {"pressed": "more"}}


@pytest.mark.parametrize(
    "activity",
    [
        {"type": "typing"},
        {"type": "message", "text": "hello"},
        card(actions=[RULE] * 6),
        card(body=[{"type": "Container", "items": [{"type": "ActionSet", "actions": [RULE]}]}]),
        cited(claim(abstract="x" * 160)),
    ],
)
def test_what_keeps_to_the_limits_is_accepted(activity: dict[str, Any]) -> None:
    assert wrong_with(activity) is None


@pytest.mark.parametrize(
    ("activity", "words"),
    [
        ({"type": "trace"}, "cannot send"),
        ({"type": "message", "text": " "}, "neither text nor attachment"),
        ({"type": "message", "text": "hello", "textFormat": "html"}, "textFormat"),
        ({"type": "message", "attachments": [{"contentType": "image/png", "contentUrl": "x"}]}, "not a card"),
        (card(type="Card"), "no AdaptiveCard"),
        (card(version="1.6"), "version"),
        (card(body=[{"type": "Markdown", "text": "x"}]), "an element"),
        (card(body=[{"type": "Container", "items": [{"type": "TextBlock"}]}]), "without text"),
        (card(body=[{"type": "ColumnSet", "columns": [{"items": [{"type": "TextBlock", "text": ""}]}]}]), "without text"),
        (card(actions=[RULE] * 7), "more than 6"),
        (card(actions=[{"type": "Action.Submit"}]), "lacks something"),
        (card(actions=[{"type": "Action.Jump", "title": "Jump"}]), "an action"),
        (card(actions=[RULE | {"data": 1}]), "data"),
        (cited(claim(abstract="x" * 161)), "abstract"),
        (cited(claim(name="x" * 81)), "name"),
        (cited(claim(keywords=["a", "b", "c", "d"])), "keywords"),
        (cited(claim(), text="The rule"), "does not stand in the text"),
        (cited(claim(), entities=2), "more than one root"),
        ({"type": "message", "text": "x", "entities": [{"type": "mention", "text": "<at>Ben</at>"}]}, "a mention"),
    ],
)
def test_what_is_beyond_the_limits_is_refused_and_why_is_said(activity: dict[str, Any], words: str) -> None:
    assert words in (wrong_with(activity) or "")


def test_a_message_too_large_is_refused_where_its_utf_16_is_counted(teams: TeamsServer) -> None:
    teams.know(PERSONAL)
    with pytest.raises(httpx.HTTPStatusError) as failed:
        call(teams, post(PERSONAL, "x" * 50_000))
    assert failed.value.response.status_code == 413
    assert json.loads(failed.value.response.content)["error"]["code"] == "MessageSizeTooBig"
    call(teams, post(PERSONAL, "x" * 40_000))
