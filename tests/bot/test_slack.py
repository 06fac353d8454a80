"""The Slack channel by itself, over both transports: what it hands over, when it acknowledges, whom it hears, how it fails."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette

from bot.channels.slack import EVENTS_PATH, LONGEST_BODY, SlackChannel
from bot.channels.slack_events import plain
from bot.layout import WORRIED_NOW, Heading, Paragraph
from bot.messages import Audience, Button, Message, NotNow, Refused, Reply
from tests.platforms import block_kit
from tests.platforms.served import served
from tests.platforms.slack_server import (
    APP_TOKEN,
    BOT_TOKEN,
    OTHER_TEAM,
    SIGNING_SECRET,
    TEAM,
    Drops,
    Hangs,
    RateLimited,
    Refuses,
    ServerError,
    SlackServer,
    slack,
)

STAFF, ROOM = "U1STAFF", "C1STAFF"
SAID = Reply((Heading("Not allowed."), Paragraph("Speak to: Ms Khan.")), (Button("More", "s:1"),), reference="A1B2C3")


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with slack() as running:
        yield running


class Receiver:
    """Keeps what the channel hands over; `fails` is how often it cannot."""

    def __init__(self, fails: int = 0) -> None:
        self.handed: list[tuple[str, Message]] = []
        self.tried = 0
        self.fails = fails

    async def __call__(self, key: str, message: Message) -> None:
        self.tried += 1
        if self.tried <= self.fails:
            raise OSError("the store cannot be written")
        self.handed.append((key, message))

    @property
    def messages(self) -> list[Message]:
        return [message for _, message in self.handed]


class Slack:
    """The channel on a local Slack, with what it counted."""

    def __init__(self, server: SlackServer, *, socket: bool, guests: bool = False) -> None:
        self.refused = self.not_receiving = 0
        self.server = server
        self.socket = socket
        self.channel = SlackChannel(
            tokens=BOT_TOKEN,
            app_token=APP_TOKEN if socket else None,
            signing_secret=None if socket else SIGNING_SECRET,
            api_base_url=server.api_url,
            allow_guests=guests,
            refused=self._count,
            not_receiving=self._count_not_receiving,
        )

    def _count(self) -> None:
        self.refused += 1

    def _count_not_receiving(self) -> None:
        self.not_receiving += 1

    @asynccontextmanager
    async def running(self, receive: Receiver) -> AsyncIterator[None]:
        await self.channel.start(receive)
        try:
            async with served(Starlette(routes=self.channel.routes())) as url:
                if self.socket:
                    await asyncio.to_thread(self.server.wait_for, lambda: self.server.sockets)
                else:
                    self.server.deliver_to(url + EVENTS_PATH)
                yield
        finally:
            await self.channel.stop()

    def run(self, play: Callable[[], None], receive: Receiver) -> None:
        """Run the channel while `play`, in a thread of its own, does what people do."""

        async def both() -> None:
            async with self.running(receive):
                await asyncio.to_thread(play)

        asyncio.run(both())

    def make(self, *calls: dict[str, Any]) -> None:
        """Make calls, as the dispatcher does."""

        async def all_of_them() -> None:
            async with self.running(Receiver()):
                for call in calls:
                    await self.channel.deliver(call)

        asyncio.run(all_of_them())


@pytest.fixture(params=["http", "socket"])
def either(request: pytest.FixtureRequest, server: SlackServer) -> Slack:
    return Slack(server, socket=request.param == "socket")


@pytest.fixture
def http(server: SlackServer) -> Slack:
    return Slack(server, socket=False)


@pytest.fixture
def socket(server: SlackServer, monkeypatch: pytest.MonkeyPatch) -> Slack:
    monkeypatch.setattr("bot.channels.slack.PING_SECONDS", 0.2)
    return Slack(server, socket=True)


def heard(slack: Slack, play: Callable[[], Any]) -> list[Message]:
    """Return what the channel handed over while people did something; all that they did was acknowledged."""
    receive = Receiver()

    def played() -> None:
        for delivery in play() or ():
            assert delivery.wait().acknowledged

    slack.run(played, receive)
    return receive.messages


# What is handed over


def test_direct_messages_mentions_commands_and_shortcuts_are_handed_over_with_whose_they_are(either: Slack) -> None:
    server = either.server

    def play() -> list[Any]:
        direct = server.say(STAFF, "may I?").wait()
        mention = server.say(STAFF, "@policybot may we?", ROOM, thread=None).wait()
        command = server.command(STAFF, "may they?", ROOM).wait()
        shortcut = server.use_shortcut(STAFF, "which_policy", server.say_to_others("U2STAFF", "phones & <b>", ROOM)).wait()
        return [direct, mention, command, shortcut]

    direct, mention, command, shortcut = heard(either, play)
    assert [one.text for one in (direct, mention, command, shortcut)] == ["may I?", "may we?", "may they?", "phones & <b>"]
    assert {one.account for one in (direct, mention, command, shortcut)} == {f"{TEAM}/{STAFF}"}
    assert {one.tenant for one in (direct, mention, command, shortcut)} == {TEAM}
    assert [one.private for one in (direct, mention, command, shortcut)] == [True, False, True, True]
    assert [one.room for one in (direct, mention, command, shortcut)] == [None, ROOM, ROOM, ROOM]


def test_what_is_asked_next_belongs_to_the_same_place(http: Slack) -> None:
    server = http.server

    def play() -> list[Any]:
        root = server.say(STAFF, "@policybot may I?", ROOM).wait()
        ts = root.payload["event"]["ts"]
        again = server.say(STAFF, "@policybot and at home?", ROOM, thread=ts).wait()
        other = server.say(STAFF, "@policybot something else", ROOM).wait()
        first = server.say(STAFF, "may I?").wait()
        beside = server.say(STAFF, "and at home?").wait()
        within = server.say(STAFF, "and at home?", thread=first.payload["event"]["ts"]).wait()
        return [root, again, other, first, beside, within]

    root, again, other, first, beside, within = (message.place for message in heard(http, play))
    assert root == again != other
    assert first == beside == within
    assert len({root, other, first}) == 3


@pytest.mark.parametrize(
    ("typed", "handed"),
    [
        ("whoami", "/whoami"),
        ("Help", "/Help"),
        ("join ABCD-2345", "/join ABCD-2345"),
        ("invite office", "/invite office"),
        ("help me with a pupil", "help me with a pupil"),
        ("join a union?", "join a union?"),
        ("forget", "/forget"),
        ("school trips", "school trips"),
        ("", "/help"),
    ],
)
def test_commands_are_read_without_the_stroke_that_slack_lets_nobody_type(http: Slack, typed: str, handed: str) -> None:
    (message,) = heard(http, lambda: [http.server.command(STAFF, typed)])
    assert message.text == handed
    if typed:
        (message,) = heard(http, lambda: [http.server.say(STAFF, typed)])
        assert message.text == handed


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("ask <@U2> and <@U3|sam> in <#C1|staff>", "ask @somebody and @sam in #staff"),
        ("<!here> <!subteam^S1|@heads> <!date^1^{date}|today>", "@here @heads today"),
        ("<https://x.example/a?b=1&amp;c|this> <https://y.example> <mailto:a@b.example|a@b.example>",
         "this https://y.example a@b.example"),
        ("&lt;!channel&gt;", "<!channel>"),
    ],
)  # fmt: skip
def test_what_slack_sends_as_marks_is_read_as_people_see_it(sent: str, seen: str) -> None:
    assert plain(sent) == seen


def test_an_emoji_is_read_as_its_character() -> None:
    part = {"type": "emoji", "name": "family_man_woman_girl", "unicode": "1f468-200d-1f469-200d-1f467"}
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [part]}]}]
    assert plain("hi :family_man_woman_girl: 10:30:45", blocks) == "hi \U0001f468\u200d\U0001f469\u200d\U0001f467 10:30:45"


@pytest.mark.parametrize(
    ("mime", "attachment"),
    [
        ("image/jpeg", "photo"),
        ("slack_audio", "voice message"),
        ("audio/mpeg", "voice message"),
        ("video/mp4", "video"),
        ("application/pdf", "file"),
    ],
)
def test_a_file_is_named_and_never_fetched(http: Slack, mime: str, attachment: str) -> None:
    (alone, with_words) = heard(
        http, lambda: [http.server.send_file(STAFF, mime).wait(), http.server.send_file(STAFF, mime, "may I?").wait()]
    )
    assert (alone.attachment, alone.text) == (attachment, "")
    assert (with_words.attachment, with_words.text) == (attachment, "may I?")
    assert {call.method for call in http.server.calls} == {"users.info"}


def test_a_document_waits_at_slack_until_it_is_fetched_with_the_bot_s_token(http: Slack) -> None:
    server = http.server
    (kept, elsewhere, connected, picture) = heard(
        http,
        lambda: [
            server.send_document(STAFF, "Phones.docx", b"PK phones").wait(),
            server.send_document(STAFF, "Phones.docx", b"", mode="external", is_external=True, external_type="gdrive").wait(),
            server.send_document(STAFF, "Phones.docx", b"", file_access="check_file_info").wait(),
            server.send_document(STAFF, "phones.docx", b"\xff\xd8\xff", mimetype="image/jpeg").wait(),
        ],
    )
    (file,) = kept.files
    assert (file.name, file.size, kept.attachment) == ("Phones.docx", 9, "file")
    assert [one.reference for message in (elsewhere, connected) for one in message.files] == [{}, {}]
    assert (picture.attachment, picture.files) == ("photo", ())
    assert server.downloads == []
    assert asyncio.run(http.channel.fetch(file)) == b"PK phones"
    with pytest.raises(Refused):
        asyncio.run(http.channel.fetch(elsewhere.files[0]))
    server.scopes.remove("files:read")
    with pytest.raises(Refused, match="302"):
        asyncio.run(http.channel.fetch(file))
    assert len(server.downloads) == 1


def test_a_changed_message_is_handed_over_once_a_change_and_only_if_its_words_changed(http: Slack) -> None:
    server = http.server
    receive = Receiver()

    def play() -> None:
        said = server.say(STAFF, "may I").wait()
        changed = server.edit(said, "may I phone a parent?").wait()
        server.deliver_again(changed).wait()
        server.edit(said).wait()
        mention = server.say(STAFF, "@policybot may I", ROOM).wait()
        server.deliver_again(server.edit(mention, "@policybot may we").wait()).wait()
        server.delete(said).wait()

    http.run(play, receive)
    assert [message.text for message in receive.messages] == ["may I", *["may I phone a parent?"] * 2, "may I", *["may we"] * 2]
    keys = [key for key, _ in receive.handed]
    assert keys[1] == keys[2] != keys[0]
    assert keys[4] == keys[5] != keys[3]


def test_what_is_delivered_again_has_the_same_key(either: Slack) -> None:
    receive = Receiver()

    def play() -> None:
        for ask in (either.server.say, either.server.command):
            either.server.deliver_again(ask(STAFF, "may I?").wait()).wait()

    either.run(play, receive)
    keys = [key for key, _ in receive.handed]
    assert keys[0] == keys[1] != keys[2] == keys[3]


# Who is heard


def test_guests_strangers_bots_and_the_bot_itself_are_not_heard(either: Slack) -> None:
    server = either.server
    server.add_person("UGUEST", guest=True)
    server.add_person("USTRANGE", team=OTHER_TEAM)
    server.add_person("UBOT", bot=True)
    server.add_person("UGONE", deleted=True)
    server.rooms[ROOM].members |= {"UGUEST", "USTRANGE", "UBOT"}

    def play() -> list[Any]:
        there = [server.say(user, "@policybot may I?", ROOM) for user in ("UGUEST", "USTRANGE", "UBOT")]
        direct = [server.say(user, "may I?") for user in ("UGUEST", "UBOT", "UGONE", "U0POLICYBOT")]
        by_command = [server.command(user, "may I?", ROOM) for user in ("UGUEST", "USTRANGE")]
        at_home = [server.open_app("UGUEST", tab) for tab in ("home", "messages")]
        unknown = {"type": "message", "channel_type": "im", "user": "UNOBODY", "text": "may I?", "channel": "D9", "ts": "1.1"}
        return [*there, *direct, *by_command, *at_home, server.deliver_event(unknown)]

    assert heard(either, play) == []
    assert {call.method for call in server.calls} - {"apps.connections.open"} == {"users.info"}


def test_guests_are_heard_where_the_school_wants_it(server: SlackServer) -> None:
    server.add_person("UGUEST", guest=True)
    server.add_person("UBOT", bot=True)
    messages = heard(Slack(server, socket=False, guests=True), lambda: [server.say("UGUEST", "a"), server.say("UBOT", "b")])
    assert [message.text for message in messages] == ["a"]


def test_joins_topics_deletions_and_events_of_other_kinds_are_acknowledged_and_left(either: Slack) -> None:
    server, direct = either.server, {"channel": "D1STAFF", "channel_type": "im", "ts": "1.1", "user": STAFF, "text": "x"}

    def play() -> list[Any]:
        events = [
            {"type": "message", "subtype": "channel_join", **direct},
            {"type": "message", "subtype": "assistant_app_thread", **direct},
            {"type": "message", "channel": ROOM, "channel_type": "channel", "ts": "1.1", "user": STAFF, "text": "x"},
            {"type": "reaction_added", "user": STAFF},
            {"type": "something_new"},
        ]
        return [*map(server.deliver_event, events), server.delete(server.say("U2STAFF", "oops").wait())]

    assert [message.text for message in heard(either, play)] == ["oops"]


def test_who_somebody_is_is_asked_once_in_five_minutes(http: Slack) -> None:
    server = http.server
    assert len(heard(http, lambda: [server.say(STAFF, "a").wait(), server.say(STAFF, "b").wait()])) == 2
    assert len(server.called("users.info")) == 1


@pytest.mark.parametrize("fault", [ServerError(), RateLimited(1), Drops(), Refuses("missing_scope")])
def test_where_slack_cannot_say_who_somebody_is_the_event_is_delivered_again_and_heard(http: Slack, fault: Any) -> None:
    server = http.server
    server.fail("users.info", fault, times=2)
    (message,) = heard(http, lambda: [server.say(STAFF, "may I?")])
    assert message.text == "may I?"


# When it is acknowledged


def test_what_could_not_be_written_down_is_not_acknowledged_and_comes_again(either: Slack) -> None:
    receive = Receiver(fails=2)
    server = either.server
    server.tries_again_after = (0, 0, 0)
    deliveries = []

    either.run(lambda: deliveries.append(server.say(STAFF, "may I?").wait()), receive)
    assert [status == 200 for status, _ in deliveries[0].answers] == [False, False, True]
    assert [message.text for message in receive.messages] == ["may I?"]


@pytest.mark.parametrize("play", [SlackServer.command, SlackServer.say], ids=["command", "message"])
def test_what_can_never_be_written_down_is_never_acknowledged(either: Slack, play: Any) -> None:
    server = either.server
    server.acknowledged_within, server.tries_again_after = 0.3, (0, 0, 0)

    def played() -> None:
        assert not play(server, STAFF, "may I?").wait().acknowledged

    either.run(played, Receiver(fails=99))
    assert all("envelope_id" not in answer for answer in server.acknowledgements)


def test_no_event_waits_for_auth_test_which_bolt_would_call_and_lose_the_event_over(either: Slack) -> None:
    either.server.fail("auth.test", Refuses("ratelimited"), times=None)
    assert len(heard(either, lambda: [either.server.say(STAFF, "may I?")])) == 1
    assert either.server.called("auth.test") == []


def test_only_what_slack_signed_within_five_minutes_is_taken_in_and_the_rest_is_counted(http: Slack) -> None:
    server, receive = http.server, Receiver()
    body = json.dumps({"type": "url_verification", "challenge": "c"}).encode()

    def play() -> None:
        assert server.post(body, server.signed(body)) == (200, '{"challenge": "c"}')
        refused = [
            {},
            server.signed(body, at=1_000_000_000),
            server.signed(body, secret="another"),  # noqa: S106
            server.signed(b"another body"),
            {**server.signed(body), "x-slack-request-timestamp": "noon"},
            {**server.signed(body), "x-slack-signature": "v0=\xe9"},
        ]
        assert [server.post(body, headers)[0] for headers in refused] == [401] * 6
        assert server.post(b"not json", {})[0] == 401

    http.run(play, receive)
    assert http.refused == 7
    assert receive.tried == 0


@pytest.mark.parametrize("junk", [b"not json", b"[]", b"null", b"{", b"\xff\xfe", b'"text"', b'{"type": "event_callback"'])
def test_signed_junk_is_a_bad_request_and_no_fault(http: Slack, junk: bytes) -> None:
    statuses = []
    http.run(lambda: statuses.append(http.server.post(junk, http.server.signed(junk) if junk[0] < 128 else {})[0]), Receiver())
    assert statuses == [400 if junk[0] < 128 else 401]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "event_callback"},
        {"type": "event_callback", "event": {"type": "message", "channel_type": "im"}},
        {"type": "block_actions", "actions": [{"type": "button", "value": "x"}]},
        {"type": "message_action", "callback_id": "which_policy"},
        {"command": "/policy"},
    ],
)
def test_what_slack_sends_in_an_unknown_shape_is_left_and_does_not_come_again(http: Slack, body: dict[str, Any]) -> None:
    receive, sent, statuses = Receiver(), json.dumps(body).encode(), []
    http.run(lambda: statuses.append(http.server.post(sent, http.server.signed(sent))[0]), receive)
    assert (statuses, receive.tried) == ([200], 0)


def test_a_body_that_is_too_long_is_not_read_to_its_end(http: Slack) -> None:
    body = b"x" * (LONGEST_BODY + 1)
    statuses = []
    http.run(lambda: statuses.append(http.server.post(body, http.server.signed(body))[0]), Receiver())
    assert statuses == [413]


def test_a_connection_whose_address_slack_no_longer_takes_is_opened_with_a_new_one(socket: Slack) -> None:
    server = socket.server
    server.fail("link", Refuses("used"))
    assert len(heard(socket, lambda: [server.say(STAFF, "may I?")])) == 1
    assert len(server.called("apps.connections.open")) >= 2


def test_slack_being_away_at_the_start_keeps_nobody_from_starting_and_is_counted(socket: Slack) -> None:
    server = socket.server
    server.go_down()

    async def start() -> None:
        await socket.channel.start(Receiver())
        async with asyncio.timeout(60):
            while not socket.not_receiving:
                await asyncio.sleep(0.01)
        await asyncio.to_thread(server.come_back)
        await asyncio.to_thread(server.wait_for, lambda: server.sockets)
        await socket.channel.stop()

    asyncio.run(start())


# What is said


def direct(where: dict[str, Any] | None = None, *, private: bool = True) -> Message:
    return Message(
        channel="slack",
        account=f"{TEAM}/{STAFF}",
        place="p",
        private=private,
        where={"channel": "D1STAFF", "thread": "1.1", "user": STAFF} if where is None else where | {"user": STAFF},
    )


def test_a_reply_is_posted_in_the_thread_with_its_words_its_reference_and_no_previews(http: Slack) -> None:
    server = http.server
    root = server.say_to_others("U2STAFF", "hello", ROOM)
    http.make(*http.channel.render(SAID, direct({"channel": ROOM, "thread": root["ts"]}, private=False)))
    (message,) = server.seen_by(STAFF)
    assert message["thread_ts"] == root["ts"]
    assert block_kit.visible(message["blocks"]) == "Not allowed.\nSpeak to: Ms Khan.\n[More]"
    assert message["text"] == "Not allowed.\nSpeak to: Ms Khan."
    assert message["metadata"]["event_payload"] == {"reference": "A1B2C3"}
    assert (message["unfurl_links"], message["unfurl_media"], message["mrkdwn"]) == (False, False, False)


def test_what_is_for_the_asker_alone_goes_to_the_direct_messages_and_not_to_the_channel(http: Slack) -> None:
    server = http.server
    alone = Reply(SAID.blocks, audience=Audience.ASKER, reference="A1")
    http.make(*http.channel.render(alone, direct({"channel": ROOM, "thread": "1.1"}, private=False)))
    (message,) = server.seen_by(STAFF)
    assert (message["channel"], message.get("thread_ts")) == (server.direct(STAFF), None)
    assert server.seen_by("U2STAFF") == []


def test_whoever_takes_no_direct_messages_is_told_where_she_asked_and_she_alone(http: Slack) -> None:
    server = http.server
    root = server.say_to_others(STAFF, "hello", ROOM)
    server.fail("conversations.open", Refuses("user_disabled"))
    alone = Reply(SAID.blocks, audience=Audience.ASKER, reference="A1")
    http.make(*http.channel.render(alone, direct({"channel": ROOM, "thread": root["ts"]}, private=False)))
    (message,) = server.seen_by(STAFF)
    assert (message["channel"], message["thread_ts"], message["visible_to"]) == (ROOM, root["ts"], STAFF)


def test_a_reply_to_a_command_is_seen_by_the_asker_alone(http: Slack) -> None:
    server = http.server
    command = server.command(STAFF, "may I?", ROOM)
    http.make(*http.channel.render(SAID, direct({"response_url": command.payload["response_url"]})))
    (message,) = server.seen_by(STAFF)
    assert message["visible_to"] == STAFF
    assert (message["response_type"], message["replace_original"]) == ("ephemeral", False)


@pytest.mark.parametrize(
    ("fault", "kind", "seconds"),
    [
        (RateLimited(7), NotNow, 7.0),
        (ServerError(500), NotNow, None),
        (ServerError(503), NotNow, None),
        (Drops(), NotNow, None),
        (Refuses("internal_error"), NotNow, None),
        (Refuses("channel_not_found"), Refused, None),
        (Refuses("is_archived"), Refused, None),
        (Refuses("not_in_channel"), Refused, None),
        (Refuses("account_inactive"), Refused, None),
        (Refuses("invalid_auth"), Refused, None),
    ],
)
@pytest.mark.parametrize("method", ["chat.postMessage", "conversations.open"])
def test_a_call_that_fails_may_work_later_or_never_as_slack_says(
    http: Slack, method: str, fault: Any, kind: type[Exception], seconds: float | None
) -> None:
    http.server.direct(STAFF)
    http.server.fail(method, fault)
    with pytest.raises(kind) as failed:
        http.make(
            *http.channel.render(
                SAID, direct({}) if method == "conversations.open" else direct({"channel": "D1STAFF", "thread": None})
            )
        )
    assert getattr(failed.value, "seconds", None) == seconds
    assert http.server.seen_by(STAFF) == []
    assert len(http.server.called(method)) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "seconds"),
    [
        (RateLimited(3), NotNow, 3.0),
        (ServerError(502), NotNow, None),
        (Drops(), NotNow, None),
        (Refuses("used_url"), Refused, None),
    ],
)
def test_a_reply_to_a_command_that_fails_may_work_later_or_never(
    http: Slack, fault: Any, kind: type[Exception], seconds: float | None
) -> None:
    command = http.server.command(STAFF, "may I?", ROOM)
    http.server.fail("response_url", fault)
    with pytest.raises(kind) as failed:
        http.make(*http.channel.render(SAID, direct({"response_url": command.payload["response_url"]})))
    assert getattr(failed.value, "seconds", None) == seconds


def test_a_slack_that_is_away_or_does_not_answer_is_for_later(http: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.slack.CALL_SECONDS", 1)
    call = http.channel.render(SAID, direct({"channel": http.server.direct(STAFF), "thread": None}))[0]
    http.server.fail("chat.postMessage", Hangs())

    async def both() -> None:
        async with http.running(Receiver()):
            with pytest.raises(NotNow):
                await http.channel.deliver(call)
            await asyncio.to_thread(http.server.mend)
            await asyncio.to_thread(http.server.go_down)
            with pytest.raises(NotNow):
                await http.channel.deliver(call)
            await asyncio.to_thread(http.server.come_back)
            await http.channel.deliver(call)

    asyncio.run(both())
    assert len(http.server.seen_by(STAFF)) == 1


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long"])
def test_where_slack_refuses_a_layout_the_words_alone_are_said(http: Slack, error: str) -> None:
    http.server.fail("chat.postMessage", Refuses(error))
    http.make(*http.channel.render(SAID, direct({"channel": http.server.direct(STAFF), "thread": None})))
    (message,) = http.server.seen_by(STAFF)
    assert (message["text"], message["blocks"]) == (f"Not allowed.\nSpeak to: Ms Khan.\n{WORRIED_NOW}", [])


def test_that_an_answer_is_looked_for_is_shown_in_the_thread(http: Slack) -> None:
    async def show() -> None:
        async with http.running(Receiver()):
            await http.channel.show_typing(direct({"channel": http.server.direct(STAFF), "thread": "1.1"}))
            await http.channel.show_typing(direct({"response_url": "https://x.example"}))

    asyncio.run(show())
    (call,) = http.server.called("assistant.threads.setStatus", ok=True)
    assert call.arguments["thread_ts"] == "1.1"


def test_the_home_tab_is_published_and_the_messages_tab_offers_examples(either: Slack) -> None:
    server = either.server
    (home,) = heard(either, lambda: [server.open_app(STAFF, "home").wait(), server.open_app(STAFF, "messages").wait()])
    assert home.text == "/policies"
    either.make(*either.channel.render(SAID, home))
    assert block_kit.visible(server.views[STAFF]["blocks"]) == "Not allowed.\nSpeak to: Ms Khan.\n[More]"
    (prompts,) = server.called("assistant.threads.setSuggestedPrompts", ok=True)
    assert (
        len(
            json.loads(prompts.arguments["prompts"])
            if isinstance(prompts.arguments["prompts"], str)
            else prompts.arguments["prompts"]
        )
        == 3
    )


def test_buttons_are_handed_over_from_wherever_they_were_pressed(either: Slack) -> None:
    server = either.server
    command = server.command(STAFF, "may I?", ROOM)
    root = server.say_to_others("U2STAFF", "hello", ROOM)
    home = direct({"home": STAFF})
    either.make(
        *either.channel.render(SAID, direct({"channel": server.direct(STAFF), "thread": None})),
        *either.channel.render(SAID, direct({"channel": ROOM, "thread": root["ts"]}, private=False)),
        *either.channel.render(SAID, direct({"response_url": command.payload["response_url"]})),
        *either.channel.render(SAID, home),
    )
    in_direct, in_thread, to_one = server.seen_by(STAFF)

    def play() -> list[Any]:
        first = [server.press(STAFF, message, "More").wait() for message in (in_direct, in_thread, to_one)]
        return [*first, server.press_at_home(STAFF, "More").wait()]

    messages = heard(either, play)
    assert [message.pressed for message in messages] == ["s:1"] * 4
    assert [message.private for message in messages] == [True, False, True, True]
    later = len(server.seen_by(STAFF))
    either.make(*(call for message in messages for call in either.channel.render(SAID, message)))
    answers = server.seen_by(STAFF)[later:]
    assert [(one["channel"], one["visible_to"]) for one in answers] == [
        (server.direct(STAFF), None),
        (ROOM, None),
        (ROOM, STAFF),
        (server.direct(STAFF), None),
    ]
    assert answers[1]["thread_ts"] == root["ts"]
