"""The local Slack, driven by the real SDK: it must answer, refuse, deliver and fail as Slack does."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from starlette.applications import Starlette
from starlette.routing import Route

from tests.platforms import block_kit
from tests.platforms.served import served
from tests.platforms.slack_server import (
    APP_TOKEN,
    BOT_TOKEN,
    BOT_USER,
    OTHER_TEAM,
    SIGNING_SECRET,
    Drops,
    Hangs,
    RateLimited,
    Refuses,
    ServerError,
    SlackServer,
    slack,
)

ROOM = "C1STAFF"
STAFF = "U1STAFF"


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with slack() as running:
        yield running


def client_of(server: SlackServer, token: str = BOT_TOKEN, timeout: int = 5) -> AsyncWebClient:
    return AsyncWebClient(token=token, base_url=server.api_url, timeout=timeout, retry_handlers=[])


def call(server: SlackServer, method: str, token: str = BOT_TOKEN, **arguments: Any) -> dict[str, Any]:
    """Make one call with the real client, and return what it answers, refusals too."""

    async def make() -> dict[str, Any]:
        try:
            return (await client_of(server, token).api_call(method, json=arguments)).data
        except SlackApiError as error:
            return error.response.data

    return asyncio.run(make())


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "plain_text", "text": text}}


def button(label: str, value: str = "one") -> dict[str, Any]:
    return {"type": "button", "action_id": value, "value": value, "text": {"type": "plain_text", "text": label}}


def test_a_message_is_seen_by_the_members_of_its_room_and_by_nobody_else(server: SlackServer) -> None:
    server.add_person("U3STAFF")
    assert call(server, "chat.postMessage", channel=ROOM, text="hello")["ok"]
    assert [message["text"] for message in server.seen_by(STAFF)] == ["hello"]
    assert server.seen_by("U3STAFF") == []


def test_an_ephemeral_message_is_seen_by_one(server: SlackServer) -> None:
    assert call(server, "chat.postEphemeral", channel=ROOM, user=STAFF, text="only you")["ok"]
    assert len(server.seen_by(STAFF)) == 1
    assert server.seen_by("U2STAFF") == []
    assert call(server, "chat.postEphemeral", channel=ROOM, user="U9", text="x")["error"] == "user_not_in_channel"


def test_calls_may_come_as_json_or_as_a_form_with_json_inside(server: SlackServer) -> None:
    async def both() -> None:
        client = client_of(server)
        await client.chat_postMessage(channel=ROOM, text="as the client sends it", blocks=[section("one")])
        await client.api_call("chat.postMessage", data={"channel": ROOM, "text": "x", "blocks": json.dumps([section("two")])})

    asyncio.run(both())
    assert [block_kit.visible(message["blocks"]) for message in server.seen_by(STAFF)] == ["one", "two"]


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [
        ("", "auth.test", "not_authed"),
        ("xoxb-another", "auth.test", "invalid_auth"),
        (APP_TOKEN, "chat.postMessage", "not_allowed_token_type"),
        (BOT_TOKEN, "apps.connections.open", "not_allowed_token_type"),
        (BOT_TOKEN, "no.such.method", "unknown_method"),
    ],
)
def test_tokens_and_methods_are_checked(server: SlackServer, token: str, method: str, error: str) -> None:
    assert call(server, method, token)["error"] == error


def test_a_scope_that_was_not_granted_is_missed(server: SlackServer) -> None:
    server.scopes.discard("im:write")
    answer = call(server, "conversations.open", users=STAFF)
    assert (answer["error"], answer["needed"]) == ("missing_scope", "im:write")


LONG = [section("x" * 3000)] * 5
RICH = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}]}
REFUSED = [
    ({}, "no_text"),
    ({"text": "x", "channel": "C9"}, "channel_not_found"),
    ({"text": "x", "channel": "C2OLD"}, "is_archived"),
    ({"text": "x", "channel": "C3WITHOUT"}, "not_in_channel"),
    ({"text": "x", "thread_ts": "1.1"}, "thread_not_found"),
    ({"text": "x", "metadata": {"event_type": "answer"}}, "invalid_metadata_format"),
    ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
    ({"blocks": [section("x" * 3001)]}, "invalid_blocks"),
    ({"blocks": [section("")]}, "invalid_blocks"),
    ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}, "invalid_blocks"),
    ({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}, "invalid_blocks"),
    ({"blocks": [{"type": "alert"}]}, "invalid_blocks"),
    ({"blocks": [{"type": "actions", "elements": [button("x" * 76)]}]}, "invalid_blocks"),
    ({"blocks": [{"type": "actions", "elements": [button("x", "v" * 2001)]}]}, "invalid_blocks"),
    ({"blocks": [{"type": "actions", "elements": [button("x"), button("y")]}]}, "invalid_blocks"),
    ({"blocks": [{"type": "actions", "elements": [button("x", str(n)) for n in range(26)]}]}, "invalid_blocks"),
    ({"blocks": [RICH]}, "invalid_blocks"),
    ({"blocks": "[{"}, "invalid_blocks_format"),
    ({"blocks": LONG}, "msg_blocks_too_long"),
]


@pytest.mark.parametrize(("arguments", "error"), REFUSED, ids=[f"{n} {error}" for n, (_, error) in enumerate(REFUSED)])
def test_the_documented_limits_are_kept_with_the_codes_of_slack(
    server: SlackServer, arguments: dict[str, Any], error: str
) -> None:
    server.add_channel("C2OLD", STAFF, archived=True)
    server.add_channel("C3WITHOUT", STAFF, has_bot=False)
    assert call(server, "chat.postMessage", **{"channel": ROOM, **arguments})["error"] == error
    assert server.seen_by(STAFF) == []


def test_what_is_just_within_the_limits_is_taken(server: SlackServer) -> None:
    blocks = [section("x" * 3000), {"type": "header", "text": {"type": "plain_text", "text": "x" * 150}}]
    assert call(server, "chat.postMessage", channel=ROOM, text="y" * 40_001, blocks=blocks)["ok"]
    assert len(server.seen_by(STAFF)[0]["text"]) == 40_000
    assert call(server, "chat.postMessage", channel=ROOM, text="x", blocks=[{"type": "divider"}] * 50)["ok"]


def test_a_home_view_is_published_and_a_message_view_is_not(server: SlackServer) -> None:
    assert call(server, "views.publish", user_id=STAFF, view={"type": "home", "blocks": [section("home")]})["ok"]
    assert block_kit.visible(server.views[STAFF]["blocks"]) == "home"
    assert call(server, "views.publish", user_id=STAFF, view={"type": "modal", "blocks": []})["error"] == "invalid_arguments"


def test_people_are_told_apart(server: SlackServer) -> None:
    server.add_person("UGUEST", guest=True)
    server.add_person("USTRANGE", team=OTHER_TEAM)
    server.add_person("UBOT", bot=True)
    guest = asyncio.run(client_of(server).users_info(user="UGUEST"))  # which the client asks by GET
    assert guest["user"]["is_restricted"]
    assert call(server, "users.info", user="USTRANGE")["user"]["team_id"] == OTHER_TEAM
    assert call(server, "users.info", user="UBOT")["user"]["is_bot"]
    assert call(server, "users.info", user="UNOBODY")["error"] == "user_not_found"
    opened = asyncio.run(client_of(server).conversations_open(users=STAFF))  # which the client asks by POST, but in the address
    assert opened["channel"]["id"] == server.direct(STAFF)


def test_prompts_and_the_working_sign_are_held_to_their_limits(server: SlackServer) -> None:
    room = server.direct(STAFF)
    four = [{"title": str(n), "message": "m"} for n in range(4)]
    assert call(server, "assistant.threads.setSuggestedPrompts", channel_id=room, prompts=four)["ok"]
    five = [*four, {"title": "5", "message": "m"}]
    assert not call(server, "assistant.threads.setSuggestedPrompts", channel_id=room, prompts=five)["ok"]
    assert call(server, "assistant.threads.setStatus", channel_id=room, thread_ts="1.1", status="is looking")["ok"]
    assert not call(server, "assistant.threads.setStatus", channel_id=room, status="is looking")["ok"]


# Failing


def test_a_rate_limit_is_said_with_its_seconds_and_ends(server: SlackServer) -> None:
    server.fail("chat.postMessage", RateLimited(7))

    async def twice() -> None:
        client = client_of(server)
        with pytest.raises(SlackApiError) as refused:
            await client.chat_postMessage(channel=ROOM, text="first")
        assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (429, "7")
        await client.chat_postMessage(channel=ROOM, text="second")

    asyncio.run(twice())
    assert [message["text"] for message in server.seen_by(STAFF)] == ["second"]


@pytest.mark.parametrize("error", ["account_inactive", "channel_not_found", "is_archived"])
def test_a_refusal_is_given_as_often_as_asked_for(server: SlackServer, error: str) -> None:
    server.fail("chat.postMessage", Refuses(error), times=2)
    answers = [call(server, "chat.postMessage", channel=ROOM, text="x") for _ in range(3)]
    assert [answer.get("error") for answer in answers] == [error, error, None]


def test_a_gateway_that_fails_answers_with_a_page(server: SlackServer) -> None:
    server.fail("auth.test", ServerError(502))

    async def make() -> None:
        with pytest.raises(SlackApiError) as failed:
            await client_of(server).auth_test()
        assert failed.value.response.status_code == 502

    asyncio.run(make())


def test_a_call_that_hangs_ends_when_it_is_let_go(server: SlackServer) -> None:
    server.fail("auth.test", Hangs(), times=None)

    async def make() -> None:
        with pytest.raises(TimeoutError):
            await client_of(server, timeout=1).auth_test()
        await asyncio.to_thread(server.mend)
        assert (await client_of(server).auth_test())["user_id"] == BOT_USER

    asyncio.run(make())


@pytest.mark.parametrize("accepted", [True, False])
def test_a_connection_may_end_before_the_answer(server: SlackServer, accepted: bool) -> None:
    server.fail("chat.postMessage", Drops(accepted=accepted))

    async def make() -> None:
        with pytest.raises(aiohttp.ClientError):
            await client_of(server).chat_postMessage(channel=ROOM, text="x")

    asyncio.run(make())
    assert len(server.seen_by(STAFF)) == accepted


def test_a_server_that_is_down_refuses_and_comes_back_on_its_port(server: SlackServer) -> None:
    async def make() -> None:
        client = client_of(server)
        await client.auth_test()
        await asyncio.to_thread(server.go_down)
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.auth_test()
        await asyncio.to_thread(server.come_back)
        await client.auth_test()

    asyncio.run(make())


# Delivering

Register = Callable[[AsyncApp], None]


@asynccontextmanager
async def over_http(server: SlackServer, register: Register) -> AsyncIterator[None]:
    """A real Bolt app that takes its events over signed HTTP."""
    app = AsyncApp(client=client_of(server), signing_secret=SIGNING_SECRET)
    register(app)
    handler = AsyncSlackRequestHandler(app)
    async with served(Starlette(routes=[Route("/slack/events", handler.handle, methods=["POST"])])) as url:
        server.deliver_to(f"{url}/slack/events")
        yield


@asynccontextmanager
async def over_sockets(server: SlackServer, register: Register) -> AsyncIterator[None]:
    """A real Bolt app that takes its events over Socket Mode."""
    app = AsyncApp(client=client_of(server))
    register(app)
    handler = AsyncSocketModeHandler(app, APP_TOKEN, web_client=client_of(server, APP_TOKEN), ping_interval=1)
    await handler.connect_async()
    await asyncio.to_thread(server.wait_for, lambda: server.sockets)
    try:
        yield
    finally:
        await handler.close_async()


WAYS = pytest.mark.parametrize("way", [over_http, over_sockets], ids=["http", "socket"])


def run(server: SlackServer, way: Any, register: Register, play: Callable[[], None]) -> None:
    """Run a Bolt app while `play`, in a thread of its own, does what people do."""

    async def both() -> None:
        async with way(server, register):
            await asyncio.to_thread(play)

    asyncio.run(both())


def echo(app: AsyncApp) -> None:
    @app.event("message")
    @app.event("app_mention")
    async def _(event: dict[str, Any], say: Callable[..., Awaitable[Any]]) -> None:
        if event.get("subtype") is None:
            await say(text=event["text"], thread_ts=event.get("thread_ts") or event["ts"])

    @app.event("app_home_opened")
    async def _(event: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section(event["tab"])]})

    @app.command("/policy")
    async def _(ack: Any, respond: Any, command: dict[str, Any]) -> None:
        await ack()
        await respond(text=command["text"], blocks=[section("answer"), {"type": "actions", "elements": [button("More")]}])

    @app.action("one")
    async def _(ack: Any, respond: Any, body: dict[str, Any]) -> None:
        await ack()
        await respond(text=f"pressed {body['actions'][0]['value']}", replace_original=False)

    @app.shortcut("which_policy")
    async def _(ack: Any, respond: Any, shortcut: dict[str, Any]) -> None:
        await ack()
        await respond(text=f"about: {shortcut['message']['text']}")


@WAYS
def test_a_message_a_mention_a_command_a_button_a_shortcut_and_the_home_tab_reach_a_bolt_app(
    server: SlackServer, way: Any
) -> None:
    def play() -> None:
        assert server.say(STAFF, "a < b & c").wait().acknowledged
        said = server.say(STAFF, "@policybot hello", ROOM)
        seen = server.wait_for_messages(STAFF, 2)
        assert {message["text"] for message in seen} == {"a &lt; b &amp; c", f"<@{BOT_USER}> hello"}
        assert server.seen_by("U2STAFF")[0]["thread_ts"] == said.payload["event"]["ts"]
        assert server.command(STAFF, "may I?", ROOM).wait().acknowledged
        answer = server.wait_for_messages(STAFF, 3)[-1]
        assert answer["visible_to"] == STAFF
        assert server.press(STAFF, answer, "More").wait().acknowledged
        assert server.wait_for_messages(STAFF, 4)[-1]["text"] == "pressed one"
        other = server.say_to_others("U2STAFF", "phones out", ROOM)
        server.use_shortcut(STAFF, "which_policy", other).wait()
        assert server.wait_for_messages(STAFF, 5)[-1]["text"] == "about: phones out"
        server.open_app(STAFF, "home").wait()
        assert server.wait_for(lambda: server.views.get(STAFF))["blocks"] == [section("home")]

    run(server, way, echo, play)


@WAYS
def test_an_event_that_is_not_acknowledged_comes_again_up_to_three_times_and_then_no_more(server: SlackServer, way: Any) -> None:
    attempts = []

    def fails(app: AsyncApp) -> None:
        @app.middleware
        async def _(body: dict[str, Any]) -> None:
            attempts.append(body["event_id"])
            raise RuntimeError("not written down")

    server.acknowledged_within, server.tries_again_after = 0.3, (0, 0, 0)

    def play() -> None:
        assert not server.say(STAFF, "hello").wait().acknowledged

    run(server, way, fails, play)
    assert len(attempts) == 4
    assert len(set(attempts)) == 1


def test_a_retry_over_http_says_which_it_is(server: SlackServer) -> None:
    seen = []

    def fails_twice(app: AsyncApp) -> None:
        @app.middleware
        async def _(request: Any, next: Callable[[], Awaitable[None]]) -> None:
            seen.append(request.headers.get("x-slack-retry-num"))
            if len(seen) <= 2:
                raise RuntimeError("not written down")
            await next()

        echo(app)

    server.tries_again_after = (0, 0, 0)
    deliveries = []
    run(server, over_http, fails_twice, lambda: deliveries.append(server.say(STAFF, "hello").wait()))
    assert seen == [None, ["1"], ["2"]]
    assert [status for status, _ in deliveries[0].answers] == [500, 500, 200]


def test_a_wrong_an_old_and_a_missing_signature_are_refused_by_bolt(server: SlackServer) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c"}).encode()

    def play() -> None:
        assert server.post(body, server.signed(body)) == (200, '{"challenge": "c"}')
        assert server.post(body, server.signed(body, at=1_000_000_000))[0] == 401
        assert server.post(body, server.signed(body, secret="another"))[0] == 401  # noqa: S106
        assert server.post(body, {})[0] == 401

    run(server, over_http, echo, play)


def test_a_socket_that_is_cut_or_asked_to_reconnect_opens_again(server: SlackServer) -> None:
    def play() -> None:
        server.ask_to_reconnect()
        server.wait_for(lambda: server.connections == 2 and server.sockets == 1)
        server.cut_sockets()
        server.wait_for(lambda: server.connections == 3 and server.sockets == 1)
        server.say(STAFF, "still there?").wait()
        server.wait_for_messages(STAFF)

    run(server, over_sockets, echo, play)
    assert all("envelope_id" in acknowledged for acknowledged in server.acknowledgements)


def test_a_response_url_works_five_times_and_speaks_to_one_person(server: SlackServer) -> None:
    delivery = server.command(STAFF, "help", ROOM)

    async def six() -> list[int]:
        url = delivery.payload["response_url"]
        return [(await AsyncWebhookClient(url).send(text=str(n))).status_code for n in range(6)]

    assert asyncio.run(six()) == [200] * 5 + [404]
    assert len(server.seen_by(STAFF)) == 5
    assert server.seen_by("U2STAFF") == []


def test_an_edit_and_a_deletion_are_told_as_slack_tells_them(server: SlackServer) -> None:
    said = server.say(STAFF, "may I")
    edited = server.edit(said, "may I phone?").payload["event"]
    assert (edited["subtype"], edited["message"]["text"], edited["previous_message"]["text"]) == (
        "message_changed",
        "may I phone?",
        "may I",
    )
    unfurled = server.edit(said).payload["event"]
    assert unfurled["message"]["text"] == unfurled["previous_message"]["text"]
    assert "edited" not in unfurled["message"]
    assert server.delete(said).payload["event"]["subtype"] == "message_deleted"
    mention = server.edit(server.say(STAFF, "@policybot may I", ROOM), "@policybot may I phone?").payload["event"]
    assert (mention["type"], "edited" in mention) == ("app_mention", True)


# What becomes more than words


@pytest.mark.parametrize(
    ("message", "kinds"),
    [
        ({"text": "<!channel> <@U1> <https://x.example|x> :smile:"}, {"mention", "link", "emoji"}),
        ({"text": "*bold* _it_ ~no~ `code`\n&gt; quoted"}, {"bold", "italic", "strike", "code", "quote"}),
        ({"text": "see https://x.example"}, {"link"}),
        ({"text": "*bold* https://x.example 2*3*4 snake_case_name", "mrkdwn": False, "parse": "none"}, set()),
        ({"text": "&lt;!channel&gt; &lt;@U1&gt; 2 * 3 * 4"}, set()),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*b* https://x.example"}}]}, {"bold", "link"}),
        ({"blocks": [section("*b* <!channel> https://x.example")]}, set()),
        ({"blocks": [section(":smile:")]}, {"emoji"}),
        ({"blocks": [{"type": "actions", "elements": [button(":smile:")]}]}, {"emoji"}),
    ],
)
def test_marks_mentions_links_and_emoji_are_told_from_words(message: dict[str, Any], kinds: set[str]) -> None:
    assert {effect.partition(":")[0] for effect in block_kit.effects(message)} == kinds


def test_rich_text_is_words_unless_a_part_of_it_is_of_another_kind() -> None:
    parts = [{"type": "text", "text": "<!channel> *b* https://x.example :smile:", "style": {"bold": True}}]
    block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}
    assert block_kit.problems([block]) == []
    assert block_kit.effects({"blocks": [block]}) == []
    parts.append({"type": "broadcast", "range": "channel"})
    assert block_kit.effects({"blocks": [block]}) != []
