"""The Telegram channel by itself, with the real library, against a Telegram on this machine: what comes in and what goes out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette
from telegram import Update, User

from bot.channels.telegram import LONGEST_UPDATE, MOST_TRIES, NO_PRIVATE_CHAT, SECRET_HEADER, TelegramChannel, to_message
from bot.configuration import WEBHOOK_PATH
from bot.layout import Heading, Paragraph
from bot.messages import Audience, Button, File, Message, NotNow, Refused, Reply
from tests.platforms.background import Background
from tests.platforms.logged import logged
from tests.platforms.served import free_port, served
from tests.platforms.telegram_bot import SECRET
from tests.platforms.telegram_server import ATTACHMENTS, BOT, TOKEN, Fault, Group, Someone, TelegramServer, too_many

SAM = Someone(77, "Sam", "sam_teaches")
KIM = Someone(78, "Kim")
STAFFROOM = Group(-1001)
NAME = "@school_policies_bot"
ME = User.de_json(BOT, None)
MENU = [("help", "What I can do"), ("privacy", "What is kept")]


class Taken:
    """What the channel handed over; refuses what `refuses` says, as a store would that is away."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.tries = 0
        self.refuses: Callable[[Message], bool] = lambda _message: False
        self.open = asyncio.Event()
        self.refused = self.not_receiving = 0

    async def receive(self, key: str, message: Message) -> None:
        await self.open.wait()
        self.tries += 1
        if self.refuses(message):
            raise OSError("the store is away")
        self.messages.setdefault(key, message)

    def count_refused(self) -> None:
        self.refused += 1

    def count_not_receiving(self) -> None:
        self.not_receiving += 1

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages.values()]


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def taken() -> Taken:
    there = Taken()
    there.open.set()
    return there


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a fault it is not waited for longer than Telegram asks."""
    monkeypatch.setattr("bot.channels.telegram.SHORTEST_WAIT", 0.01)


Run = Callable[..., Background[TelegramChannel]]


@pytest.fixture
def run(telegram: TelegramServer, taken: Taken) -> Run:
    """Run the channel: by polling, or with `webhook` over a server on a port of this machine."""

    @asynccontextmanager
    async def running(*, webhook: bool = False, token: str = TOKEN) -> AsyncIterator[TelegramChannel]:
        port = free_port()
        channel = TelegramChannel(
            token,
            MENU,
            api_base_url=telegram.address,
            webhook_url=f"http://127.0.0.1:{port}{WEBHOOK_PATH}" if webhook else None,
            webhook_secret=SECRET,
            refused=taken.count_refused,
            not_receiving=taken.count_not_receiving,
        )
        async with served(Starlette(routes=channel.routes()), port):
            await channel.start(taken.receive)
            yield channel
        await channel.stop()

    return lambda **how: Background(running(**how))


# What comes in


def test_the_menu_is_set_and_a_private_message_handed_over(telegram: TelegramServer, taken: Taken, run: Run) -> None:
    with run():
        sent = telegram.writes(SAM, "  Can I <b>use</b> my phone?\n")
        telegram.wait(lambda: not telegram.unconfirmed)
    assert telegram.commands == [{"command": name, "description": summary} for name, summary in MENU]
    (message,) = taken.messages.values()
    assert message == Message(
        channel="telegram",
        account="77",
        place="77",
        text="  Can I <b>use</b> my phone?\n",
        private=True,
        where={"chat": 77, "topic": None, "replies_to": None},
        name="Sam",
    )
    assert sent["message_id"]


IN_A_GROUP = [
    (f"{NAME} what of phones?", "what of phones?"),
    ("what of phones, @School_Policies_Bot ?", "what of phones, ?"),
    (f"🙂 {NAME} 🙂 what of phones?", "🙂 🙂 what of phones?"),
    (f"/help{NAME}", "/help"),
    (f"/join{NAME} ABCDE-FGHJK", "/join ABCDE-FGHJK"),
    (NAME, ""),
    (f"{NAME} ask @sam_teaches", "ask @sam_teaches"),
    ("what of phones?", None),
    ("/help", None),
    ("/help@other_bot", None),
    ("@school_policies_bots what of phones?", None),
    ("mail me at me@school_policies_bot.example", None),
]


@pytest.mark.parametrize(("text", "said"), IN_A_GROUP, ids=[text for text, _ in IN_A_GROUP])
def test_in_a_group_only_what_is_said_to_the_bot_is_handed_over_without_its_name(text: str, said: str | None) -> None:
    with TelegramServer(privacy=False) as telegram:
        sent = telegram.writes(SAM, text, to=STAFFROOM)
    taken = to_message(Update.de_json({"update_id": 5, "message": sent}, None), ME, datetime.now(UTC))
    assert (taken[1].text if taken else None) == said
    if taken:
        assert (taken[1].private, taken[1].account, taken[1].place) == (False, "77", "-1001")
        assert taken[1].where["replies_to"] == sent["message_id"]


def test_a_reply_to_the_bot_in_a_group_is_handed_over(telegram: TelegramServer, taken: Taken, run: Run) -> None:
    with run() as bot:
        telegram.writes(SAM, f"{NAME} what of phones?", to=STAFFROOM)
        bot.run(bot.given.deliver({"method": "sendMessage", "arguments": {"chat_id": STAFFROOM.id, "text": "Not allowed."}}))
        telegram.writes(KIM, "and tablets?", to=STAFFROOM, replying_to=telegram.messages(STAFFROOM)[0]["message_id"])
        telegram.wait(lambda: not telegram.unconfirmed)
    assert [(message.account, message.text) for message in taken.messages.values()] == [
        ("77", "what of phones?"),
        ("78", "and tablets?"),
    ]


def test_topics_of_a_group_are_places_of_their_own() -> None:
    with TelegramServer() as telegram:
        sent = telegram.writes(SAM, f"{NAME} what of phones?", to=STAFFROOM)
    update = {"update_id": 5, "message": {**sent, "message_thread_id": 9, "is_topic_message": True}}
    taken = to_message(Update.de_json(update, None), ME, datetime.now(UTC))
    assert taken
    assert taken[1].place == "-1001/9"
    assert taken[1].where["topic"] == 9


def test_a_message_that_waited_is_answered_as_a_reply_to_it(telegram: TelegramServer, taken: Taken, run: Run) -> None:
    waited = telegram.writes(SAM, "one", ago=3600)
    telegram.writes(SAM, "two")
    with run():
        telegram.wait(lambda: not telegram.unconfirmed)
    assert [message.where["replies_to"] for message in taken.messages.values()] == [waited["message_id"], None]


def test_what_is_not_said_to_the_bot_by_a_person_is_left_alone(telegram: TelegramServer, taken: Taken, run: Run) -> None:
    with run():
        telegram.wait(lambda: telegram.polled)
        telegram.joins(SAM, STAFFROOM)
        telegram.posts(Group(-1009, "News", "channel"), f"{NAME} look")
        telegram.writes(Someone(5, "Another bot", is_bot=True), f"{NAME} hello", to=STAFFROOM)
        telegram.blocks(SAM)
        place = telegram.sends(KIM, "location")
        telegram.gives({"edited_message": {**place, "edit_date": place["date"] + 1}})
        telegram.writes(SAM, "a question")
        telegram.wait(lambda: not telegram.unconfirmed)
    assert [(message.text, message.attachment) for message in taken.messages.values()] == [("", "location"), ("a question", None)]


WHAT = [
    ("photo", "photo"),
    ("voice", "voice message"),
    ("document", "file"),
    ("sticker", "sticker"),
    ("video", "video"),
    ("location", "location"),
    ("dice", "attachment"),
]


@pytest.mark.parametrize(("kind", "words"), WHAT, ids=[kind for kind, _ in WHAT])
def test_what_is_no_text_is_named_and_never_fetched(
    telegram: TelegramServer, taken: Taken, run: Run, kind: str, words: str
) -> None:
    assert kind in ATTACHMENTS
    with run():
        telegram.sends(SAM, kind)
        telegram.wait(lambda: not telegram.unconfirmed)
    assert [(message.text, message.attachment) for message in taken.messages.values()] == [("", words)]
    assert telegram.made("getFile") == []


def test_a_document_waits_at_telegram_until_it_is_fetched(telegram: TelegramServer, taken: Taken, run: Run) -> None:
    with run() as bot:
        for name in ("Phones.docx", "Trips & visits.docx"):  # sent at once, each is a document of its own
            telegram.sends_document(SAM, name, b"PK phones", album="1")
        telegram.sends_document(SAM, "phones.docx", b"", kind="image/jpeg")
        telegram.sends_document(SAM, "phones.docx", b"", caption=f"{NAME} look", to=STAFFROOM)
        telegram.wait(lambda: not telegram.unconfirmed)
        first, second, *others = taken.messages.values()
        assert [(one.name, one.size) for one in (*first.files, *second.files)] == [("Phones.docx", 9), ("Trips & visits.docx", 9)]
        assert [one.files for one in others] == [(), ()]
        assert telegram.made("getFile") == []
        assert bot.run(bot.given.fetch(first.files[0])) == b"PK phones"
        assert len(telegram.downloads) == 1
        with pytest.raises(Refused):
            bot.run(bot.given.fetch(File("gone.docx", 9, {"file_id": "gone"})))
        telegram.fails("getFile", too_many(3))
        with pytest.raises(NotNow):
            bot.run(bot.given.fetch(first.files[0]))


def test_the_caption_of_a_photo_is_its_text(telegram: TelegramServer, taken: Taken, run: Run) -> None:
    with run():
        telegram.sends(SAM, "photo", caption="May I post this?")
        telegram.sends(SAM, "photo", caption=f"{NAME} and here?", to=STAFFROOM)
        telegram.sends(SAM, "photo", caption="not for the bot", to=STAFFROOM)
        telegram.wait(lambda: not telegram.unconfirmed)
    assert [(message.text, message.attachment) for message in taken.messages.values()] == [
        ("May I post this?", "photo"),
        ("and here?", "photo"),
    ]


def test_an_album_counts_once_unless_its_pictures_have_captions_of_their_own(
    telegram: TelegramServer, taken: Taken, run: Run
) -> None:
    with run():
        for caption in ("May I post these?", "", "And this one?", ""):
            telegram.sends(SAM, "photo", caption=caption, album="990")
        for _ in range(3):
            telegram.sends(SAM, "photo", album="991")
        telegram.wait(lambda: not telegram.unconfirmed)
    assert taken.texts == ["May I post these?", "And this one?", ""]


def test_an_edited_message_is_handed_over_once_however_often_it_is_edited(
    telegram: TelegramServer, taken: Taken, run: Run
) -> None:
    with run():
        sent = telegram.writes(SAM, "phones")
        edited = telegram.edits(sent, "phones in class?")
        telegram.edits(edited, "phones in class, please?")
        telegram.wait(lambda: not telegram.unconfirmed)
    assert taken.texts == ["phones", "phones in class?"]
    assert [message.where["replies_to"] for message in taken.messages.values()] == [None, sent["message_id"]]
    assert taken.tries == 3


def test_a_press_is_handed_over_and_only_then_answered(telegram: TelegramServer, taken: Taken, run: Run) -> None:
    with run() as bot:
        telegram.writes(SAM, "hello")
        telegram.wait(lambda: not telegram.unconfirmed)
        keyboard = {"inline_keyboard": [[{"text": "More", "callback_data": "s:1"}]]}
        arguments = {"chat_id": SAM.id, "text": "Here.", "reply_markup": keyboard}
        bot.run(bot.given.deliver({"method": "sendMessage", "arguments": arguments}))
        taken.refuses = lambda message: bool(message.pressed) and taken.tries < 3
        query = telegram.presses(SAM, telegram.messages(SAM)[0], "s:1")
        telegram.wait(lambda: telegram.answered[query])
    pressed = list(taken.messages.values())[-1]
    assert (pressed.pressed, pressed.text, pressed.account, pressed.place) == ("s:1", "", "77", "77")
    assert taken.tries == 3


def test_an_update_is_confirmed_only_once_it_is_written_down(telegram: TelegramServer, taken: Taken, run: Run) -> None:
    with run() as bot:
        telegram.wait(lambda: telegram.polled)
        bot.run(_close(taken))
        telegram.writes(SAM, "one")
        telegram.writes(SAM, "two")
        telegram.wait(lambda: not telegram.polled)
        assert len(telegram.unconfirmed) == 2
        bot.run(_open(taken))
        telegram.wait(lambda: not telegram.unconfirmed)
    assert taken.texts == ["one", "two"]


async def _close(taken: Taken) -> None:
    taken.open.clear()


async def _open(taken: Taken) -> None:
    taken.open.set()


def test_what_was_taken_in_but_not_written_down_comes_again_to_the_next_process(
    telegram: TelegramServer, taken: Taken, run: Run
) -> None:
    with run() as bot:
        telegram.wait(lambda: telegram.polled)
        bot.run(_close(taken))
        telegram.writes(SAM, "one")
        telegram.wait(lambda: not telegram.polled)
    assert (taken.texts, len(telegram.unconfirmed)) == ([], 1)
    taken.open.set()
    with run():
        telegram.wait(lambda: not telegram.unconfirmed)
    assert taken.texts == ["one"]


def test_numbers_that_begin_anew_after_a_quiet_week_are_not_taken_for_old_ones(
    telegram: TelegramServer, taken: Taken, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram.POLL_LASTS", 1)
    with run():
        telegram.writes(SAM, "one")
        telegram.wait(lambda: not telegram.unconfirmed)
        telegram.numbers_anew(5)
        polls = len(telegram.made("getUpdates"))
        telegram.wait(lambda: len(telegram.made("getUpdates")) > polls)  # one that ended without any
        telegram.fails("getUpdates", Fault(502))
        telegram.wait(lambda: telegram.made("getUpdates")[-1].status == 502)
        telegram.writes(SAM, "two")
        telegram.wait(lambda: not telegram.unconfirmed)
    assert taken.texts == ["one", "two"]


def test_nothing_is_lost_while_the_store_is_away(telegram: TelegramServer, taken: Taken, run: Run) -> None:
    taken.refuses = lambda _message: taken.tries < 4
    with run():
        for text in ("one", "two"):
            telegram.writes(SAM, text)
        telegram.wait(lambda: not telegram.unconfirmed)
    assert sorted(taken.texts) == ["one", "two"]


def test_one_update_that_can_never_be_written_down_holds_up_no_other_for_long(
    telegram: TelegramServer, taken: Taken, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    taken.refuses = lambda message: message.text == "poison"
    for text in ("one", "poison", "two"):
        telegram.writes(SAM, text)
    with run():
        telegram.wait(lambda: taken.texts == ["one", "two"])
        telegram.writes(KIM, "three")
        telegram.wait(lambda: "three" in taken.texts and not telegram.unconfirmed)
    assert "could not be written down and is left" in caplog.text
    assert "poison" not in caplog.text
    assert taken.tries >= MOST_TRIES


def test_an_update_of_a_form_that_nobody_knows_is_left_and_the_next_taken(
    telegram: TelegramServer, taken: Taken, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.gives({"message": {"message_id": 1, "date": "yesterday", "chat": {}}})
    telegram.writes(SAM, "a question")
    with run():
        telegram.wait(lambda: not telegram.unconfirmed)
    assert taken.texts == ["a question"]
    assert "has a form that cannot be read" in caplog.text


FAULTS = [Fault(502, "Bad Gateway"), Fault(0), too_many(1), Fault(409, "Conflict: terminated by other getUpdates request")]


@pytest.mark.parametrize("fault", FAULTS, ids=[str(fault.status) for fault in FAULTS])
def test_it_asks_on_after_each_kind_of_fault(telegram: TelegramServer, taken: Taken, run: Run, fault: Fault) -> None:
    telegram.fails("getUpdates", fault)
    telegram.writes(SAM, "a question")
    with run():
        telegram.wait(lambda: not telegram.unconfirmed)
    assert telegram.made("getUpdates")[0].status == fault.status
    assert (taken.texts, taken.not_receiving) == (["a question"], 1)


def test_telegram_need_not_be_there_at_the_start_nor_all_the_time(telegram: TelegramServer, taken: Taken, run: Run) -> None:
    telegram.writes(SAM, "one")
    telegram.goes_down()
    with run():
        telegram.comes_back()
        telegram.wait(lambda: not telegram.unconfirmed)
        telegram.goes_down()
        telegram.comes_back()
        telegram.writes(SAM, "two")
        telegram.wait(lambda: not telegram.unconfirmed)
    assert taken.texts == ["one", "two"]


def test_a_token_that_is_refused_is_said_but_not_shown(telegram: TelegramServer, run: Run) -> None:
    with logged(everything=True) as log:
        with run(token="1:wrong-and-secret"):  # noqa: S106  it is neither
            telegram.wait(lambda: [call for call in telegram.calls if call.status == 401])
            telegram.wait(lambda: "Telegram refuses the token; trying again" in log.getvalue())
        assert "wrong-and-secret" not in log.getvalue()


# The webhook


def post(url: str, content: bytes, secret: str | None = SECRET) -> int:
    headers = {} if secret is None else {SECRET_HEADER: secret.encode()}
    return httpx.post(url, content=content, headers=headers).status_code


def hook(telegram: TelegramServer) -> str:
    telegram.wait(lambda: telegram.made("setWebhook"))
    return str(telegram.made("setWebhook")[-1].parameters["url"])


def test_updates_come_to_the_webhook_and_again_until_they_are_written_down(
    telegram: TelegramServer, taken: Taken, run: Run
) -> None:
    taken.refuses = lambda _message: taken.tries < 3
    telegram.writes(SAM, "before the start")
    with run(webhook=True):
        telegram.wait(lambda: not telegram.unconfirmed)
        telegram.writes(KIM, "one")
        telegram.wait(lambda: not telegram.unconfirmed)
    assert taken.texts == ["before the start", "one"]
    assert [status for _, status in telegram.deliveries if status >= 500]
    assert telegram.made("setWebhook")[0].parameters["secret_token"] == SECRET


@pytest.mark.parametrize("secret", [None, "", "a-secret_2", "é"])
def test_whoever_does_not_know_the_secret_is_refused_and_counted(
    telegram: TelegramServer, taken: Taken, run: Run, secret: str | None
) -> None:
    with run(webhook=True):
        status = post(hook(telegram), b'{"update_id": 1}', secret)
    assert (status, taken.refused, taken.tries) == (403, 1, 0)


NO_UPDATES = [
    (b"", 400),
    (b"junk", 400),
    (b"[]", 400),
    (b"null", 400),
    (b'{"update_id": "x"}', 400),
    (b'{"message": {}}', 400),
    (b"[" * 100_000, 400),
    (b"\xff\xfe", 400),
    (b"x" * (LONGEST_UPDATE + 1), 413),
]


@pytest.mark.parametrize(("content", "status"), NO_UPDATES, ids=[repr(content[:20]) for content, _ in NO_UPDATES])
def test_what_is_no_update_is_refused_plainly(
    telegram: TelegramServer, taken: Taken, run: Run, content: bytes, status: int
) -> None:
    with run(webhook=True):
        telegram.wait(lambda: telegram.made("setWebhook"))
        assert post(hook(telegram), content) == status
    assert taken.tries == 0


def test_there_is_no_address_for_telegram_without_a_webhook(channel: TelegramChannel) -> None:
    assert channel.routes() == []


def test_polling_takes_an_old_webhook_off(telegram: TelegramServer, taken: Taken, run: Run) -> None:
    with run(webhook=True):
        telegram.writes(SAM, "one")
        telegram.wait(lambda: not telegram.unconfirmed)
    telegram.writes(SAM, "two")
    with run():
        telegram.wait(lambda: not telegram.unconfirmed)
    assert taken.texts == ["one", "two"]
    assert {call.status for call in telegram.made("getUpdates")} == {200}


# What goes out

HERE = Message(channel="telegram", account="77", place="77", where={"chat": 77, "topic": None, "replies_to": None})
IN_GROUP = Message(
    channel="telegram", account="77", place="-1001", private=False, where={"chat": -1001, "topic": 9, "replies_to": 5}
)
BUTTONS = (Button("Show the whole section", "s:1"), Button("Not what I meant", "o:1"), Button("A", "c:1"), Button("B", "c:2"))


@pytest.fixture
def channel(telegram: TelegramServer) -> TelegramChannel:
    return TelegramChannel(TOKEN, MENU, api_base_url=telegram.address, refused=lambda: None, not_receiving=lambda: None)


def test_a_reply_is_one_message_with_its_buttons_in_rows(channel: TelegramChannel) -> None:
    (call,) = channel.render(Reply((Heading("Not <allowed>."),), BUTTONS), HERE)
    assert call == {
        "method": "sendMessage",
        "arguments": {
            "chat_id": 77,
            "text": "<b>Not &lt;allowed&gt;.</b>",
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
            "reply_markup": {
                "inline_keyboard": [
                    [{"text": "Show the whole section", "callback_data": "s:1"}],
                    [
                        {"text": "Not what I meant", "callback_data": "o:1"},
                        {"text": "A", "callback_data": "c:1"},
                        {"text": "B", "callback_data": "c:2"},
                    ],
                ]
            },
        },
    }


def test_in_a_group_it_is_a_reply_in_the_topic_and_to_the_asker_alone_in_the_private_chat(channel: TelegramChannel) -> None:
    (here,) = channel.render(Reply((Heading("x"),)), IN_GROUP)
    assert here["arguments"]["chat_id"] == -1001
    assert here["arguments"]["message_thread_id"] == 9
    assert here["arguments"]["reply_parameters"] == {"message_id": 5, "allow_sending_without_reply": True}
    (alone,) = channel.render(Reply((Heading("x"),), audience=Audience.ASKER), IN_GROUP)
    assert alone["asked_in"]["chat_id"] == -1001
    assert set(alone["arguments"]) == {"chat_id", "text", "parse_mode", "link_preview_options"}
    assert alone["arguments"]["chat_id"] == 77


def test_a_long_reply_is_several_messages_with_the_buttons_under_the_last(channel: TelegramChannel) -> None:
    calls = channel.render(Reply(tuple(Paragraph("x" * 3000) for _ in range(3)), BUTTONS), IN_GROUP)
    assert ["reply_markup" in call["arguments"] for call in calls] == [False, False, True]
    assert ["reply_parameters" in call["arguments"] for call in calls] == [True, False, False]
    assert {call["arguments"]["message_thread_id"] for call in calls} == {9}


OUTCOMES: list[tuple[Fault, type[Exception], float | None, str]] = [
    (too_many(17), NotNow, 17.0, "too many requests"),
    (Fault(500), NotNow, None, "Internal Server Error"),
    (Fault(0), NotNow, None, "httpx"),
    (Fault(401, "Unauthorized"), NotNow, None, "Telegram refuses the token"),
    (Fault(403, "Forbidden: bot was blocked by the user"), Refused, None, "Forbidden: bot was blocked by the user"),
    (Fault(400, "Bad Request: chat not found"), Refused, None, "Chat not found"),
]


@pytest.mark.parametrize(("fault", "kind", "seconds", "reason"), OUTCOMES, ids=[str(fault.status) for fault, *_ in OUTCOMES])
def test_what_keeps_a_call_from_being_made_is_told_apart(
    telegram: TelegramServer, run: Run, *, fault: Fault, kind: type[Exception], seconds: float | None, reason: str
) -> None:
    telegram.writes(SAM, "hello")
    telegram.fails("sendMessage", fault)
    call = {"method": "sendMessage", "arguments": {"chat_id": SAM.id, "text": "x"}}
    with run() as bot:
        with pytest.raises(kind, match=reason) as error:
            bot.run(bot.given.deliver(call))
        assert getattr(error.value, "seconds", None) == seconds
        assert len(telegram.made("sendMessage")) == 1
        bot.run(bot.given.deliver(call))
    assert len(telegram.messages(SAM)) == 1


@pytest.mark.parametrize("blocked", [False, True])
def test_whoever_asks_in_a_group_and_has_no_private_chat_is_shown_the_way_to_it(
    telegram: TelegramServer, taken: Taken, run: Run, *, blocked: bool
) -> None:
    if blocked:
        telegram.writes(SAM, "hello")
        telegram.blocks(SAM)
    asked = telegram.writes(SAM, f"{NAME} what of phones?", to=STAFFROOM)
    with run() as bot:
        telegram.wait(lambda: not telegram.unconfirmed)
        reply = Reply((Paragraph("x" * 3000), Paragraph("x" * 3000)), audience=Audience.ASKER)
        first, second = bot.given.render(reply, list(taken.messages.values())[-1])
        bot.run(bot.given.deliver(first))
        with pytest.raises(Refused):
            bot.run(bot.given.deliver(second))
    (said,) = telegram.messages(STAFFROOM)
    assert said["text"] == NO_PRIVATE_CHAT
    assert said["reply_to_message"]["message_id"] == asked["message_id"]
    assert said["reply_markup"]["inline_keyboard"][0][0]["url"] == "https://t.me/school_policies_bot?start"


def test_a_group_that_became_a_supergroup_is_followed(telegram: TelegramServer, run: Run) -> None:
    telegram.writes(SAM, f"{NAME} hello", to=STAFFROOM)
    telegram.moves(STAFFROOM, -1002)
    with run() as bot:
        bot.run(bot.given.deliver({"method": "sendMessage", "arguments": {"chat_id": STAFFROOM.id, "text": "x"}}))
    assert len(telegram.messages(Group(-1002))) == 1


def test_typing_is_shown_where_it_was_asked_and_a_fault_in_it_matters_to_nobody(telegram: TelegramServer, run: Run) -> None:
    telegram.writes(SAM, "hello")
    telegram.fails("sendChatAction", Fault(500))
    with run() as bot:
        for _ in range(2):
            bot.run(bot.given.show_typing(HERE))
    assert [(call.parameters["action"], call.status) for call in telegram.made("sendChatAction")] == [
        ("typing", 500),
        ("typing", 200),
    ]
