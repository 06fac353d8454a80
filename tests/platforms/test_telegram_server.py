"""The Telegram that the tests run against, held to the Bot API by the real library's bot."""

import asyncio
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
    Update,
)
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut

from tests.platforms.telegram_server import BOT, LARGEST_FILE, TOKEN, Fault, Group, Someone, TelegramServer, too_many
from tests.platforms.telegram_text import LONGEST_TEXT, MarkupError, find_entities, parse_html, units

SAM = Someone(77, "Sam", "sam_teaches")
STAFFROOM = Group(-1001)
SECRET = "s3cret_-"  # noqa: S105  of these tests alone
With = Callable[[Callable[[Bot], Coroutine[Any, Any, Any]]], Any]


@pytest.fixture(autouse=True)
def timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library give spans of time as it will from its next version on: it warns of numbers."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def use(telegram: TelegramServer) -> With:
    """Do something with the real library's bot and return what comes of it."""

    def run(doing: Callable[[Bot], Coroutine[Any, Any, Any]]) -> Any:
        async def whole() -> Any:
            async with Bot(TOKEN, base_url=f"{telegram.address}/bot") as bot:
                return await doing(bot)

        return asyncio.run(whole())

    return run


def buttons(*data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("Press", callback_data=one)] for one in data])


HTML = [
    ("plain", "plain", []),
    ("<b>a</b> &lt;b&gt; &amp;amp; &quot;&nbsp;&#33;&#x21;", "<plain>", None),
    ("<b>bold</b>", "bold", [("bold", 0, 4)]),
    ("🙂 <i>it</i>", "🙂 it", [("italic", 3, 2)]),
    ("<b>one <u>two</u></b>", "one two", [("bold", 0, 7), ("underline", 4, 3)]),
    ("<blockquote expandable>long</blockquote>", "long", [("expandable_blockquote", 0, 4)]),
    ("<BLOCKQUOTE>x</blockquote>", "x", [("blockquote", 0, 1)]),
    ("<a href='https://example.org/?a=1&amp;b=2'>x</a>", "x", [("text_link", 0, 1)]),
    ('<span class="tg-spoiler">x</span>', "x", [("spoiler", 0, 1)]),
    ("<b></b>x", "x", []),
    ("<b>x</>", "x", [("bold", 0, 1)]),
]


@pytest.mark.parametrize(("html", "text", "entities"), HTML, ids=[html for html, _, _ in HTML])
def test_html_becomes_text_and_entities(html: str, text: str, entities: list[tuple[str, int, int]] | None) -> None:
    parsed, found = parse_html(html)
    if entities is None:
        assert parsed == 'a <b> &amp; "&nbsp;!!'
    else:
        assert (parsed, [(one["type"], one["offset"], one["length"]) for one in found]) == (text, entities)


REFUSED = [
    ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
    ("é <value>", 'Unsupported start tag "value" at byte offset 3'),
    ("a <b", "Unclosed start tag at byte offset 2"),
    ("a < b", 'Unsupported start tag "" at byte offset 2'),
    ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
    ("x</b>", "Unexpected end tag at byte offset 1"),
    ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
    ("<b>x</b", "Unclosed end tag at byte offset 4"),
    ("<b x>y</b>", 'Expected equal sign in declaration of an attribute of the tag "b" at byte offset 0'),
    ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
]


@pytest.mark.parametrize(("html", "reason"), REFUSED, ids=[html for html, _ in REFUSED])
def test_html_that_telegram_does_not_know_is_refused_with_its_reason(html: str, reason: str) -> None:
    with pytest.raises(MarkupError) as error:
        parse_html(html)
    assert str(error.value) == reason


def test_telegram_makes_links_of_what_looks_like_them_but_not_inside_code() -> None:
    text, given = parse_html("@everyone see www.example.com or /start, mail a@example.org <code>@nobody</code>")
    found = [(one["type"], one["offset"]) for one in find_entities(text, given)]
    assert found == [("mention", 0), ("url", 14), ("bot_command", 33), ("email", 46), ("code", 60)]


def test_lengths_are_those_of_utf_16() -> None:
    assert [units(text) for text in ("a", "é", "🙂", "👩‍👧")] == [1, 1, 2, 5]


def test_the_library_starts_and_knows_itself(use: With) -> None:
    async def me(bot: Bot) -> Any:
        return bot.bot.id, bot.username, await bot.get_me()

    number, name, user = use(me)
    assert (number, name, user.is_bot) == (BOT["id"], BOT["username"], True)


def test_a_wrong_token_is_refused(telegram: TelegramServer) -> None:
    async def start() -> None:
        async with Bot("1:wrong", base_url=f"{telegram.address}/bot"):
            pass

    with pytest.raises(InvalidToken):
        asyncio.run(start())


def test_a_private_message_comes_with_its_command_marked(telegram: TelegramServer, use: With) -> None:
    telegram.writes(SAM, "/start AbC_-9")
    update = use(lambda bot: bot.get_updates())[0]
    assert (update.message.text, update.message.chat.type, update.effective_user.id) == ("/start AbC_-9", "private", SAM.id)
    assert [one.type for one in update.message.entities] == ["bot_command"]


def test_updates_come_again_until_an_offset_confirms_them(telegram: TelegramServer, use: With) -> None:
    for text in ("one", "two", "three"):
        telegram.writes(SAM, text)

    async def poll(bot: Bot) -> Any:
        first = await bot.get_updates(limit=2)
        again = await bot.get_updates()
        rest = await bot.get_updates(offset=first[-1].update_id + 1)
        return [[one.message.text for one in some] for some in (first, again, rest)]

    assert use(poll) == [["one", "two"], ["one", "two", "three"], ["three"]]
    assert len(telegram.unconfirmed) == 1


def test_a_negative_offset_forgets_all_but_the_last(telegram: TelegramServer, use: With) -> None:
    for text in ("one", "two", "three"):
        telegram.writes(SAM, text)
    assert [one.message.text for one in use(lambda bot: bot.get_updates(offset=-1))] == ["three"]
    assert len(telegram.unconfirmed) == 1


def test_a_long_poll_ends_when_somebody_writes(telegram: TelegramServer, use: With) -> None:
    async def poll(bot: Bot) -> Any:
        waiting = asyncio.create_task(bot.get_updates(timeout=30))
        await asyncio.to_thread(telegram.wait, lambda: telegram.polled)
        await asyncio.to_thread(telegram.writes, SAM, "hello")
        return await waiting

    assert use(poll)[0].message.text == "hello"


def test_an_empty_poll_ends_with_nothing(use: With) -> None:
    assert use(lambda bot: bot.get_updates(timeout=timedelta(seconds=0))) == ()


def test_a_second_poller_ends_the_first(telegram: TelegramServer, use: With) -> None:
    async def poll(bot: Bot) -> Any:
        first = asyncio.create_task(bot.get_updates(timeout=30))
        await asyncio.to_thread(telegram.wait, lambda: telegram.polled)
        async with Bot(TOKEN, base_url=f"{telegram.address}/bot") as other:  # a bot has one connection for updates
            await other.get_updates(timeout=0)
        return await first

    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        use(poll)


def test_only_the_kinds_of_updates_that_are_asked_for_come(telegram: TelegramServer, use: With) -> None:
    async def poll(bot: Bot) -> Any:
        await bot.get_updates(allowed_updates=["message"])
        await asyncio.to_thread(lambda: telegram.edits(telegram.writes(SAM, "hello"), "hello there"))
        return await bot.get_updates()

    assert [one.message.text for one in use(poll)] == ["hello"]


def test_an_edit_a_photo_and_a_service_message_come_as_such(telegram: TelegramServer, use: With) -> None:
    first = telegram.writes(SAM, "hello")
    telegram.edits(first, "hello there")
    telegram.sends(SAM, "photo", caption="what of this?")
    for kind in ("voice", "document", "sticker"):
        telegram.sends(SAM, kind)
    telegram.joins(SAM, STAFFROOM)
    telegram.posts(Group(-1009, "News"), "no question")
    telegram.blocks(SAM)
    updates = use(lambda bot: bot.get_updates())
    assert (updates[0].message.message_id, updates[1].edited_message.message_id) == (first["message_id"],) * 2
    assert updates[1].edited_message.text == "hello there"
    assert updates[2].message.photo[0].file_id
    assert updates[2].message.caption == "what of this?"
    assert [updates[at].message.effective_attachment.file_id[:4] for at in (3, 4, 5)] == ["AwAC", "BQAC", "CAAC"]
    assert updates[6].message.new_chat_members[0].id == SAM.id
    assert updates[7].channel_post.text == "no question"
    assert updates[8].my_chat_member.new_chat_member.status == "kicked"


def test_a_text_of_40000_characters_comes_in_messages_of_4096(telegram: TelegramServer, use: With) -> None:
    telegram.writes(SAM, "x" * 40_000)
    lengths = [len(update.message.text) for update in use(lambda bot: bot.get_updates())]
    assert lengths == [4096] * 9 + [3136]


SEEN = [
    ("what of phones?", False),
    ("@school_policies_bot what of phones?", True),
    ("what of phones, @School_Policies_Bot?", True),
    ("@school_policies_bots what of phones?", False),
    ("/help", True),
    ("/help@school_policies_bot", True),
    ("/help@other_bot", False),
]


@pytest.mark.parametrize(("text", "seen"), SEEN, ids=[text for text, _ in SEEN])
def test_in_a_group_a_bot_sees_what_is_meant_for_it(telegram: TelegramServer, use: With, text: str, seen: bool) -> None:
    telegram.writes(SAM, text, to=STAFFROOM)
    assert bool(use(lambda bot: bot.get_updates())) is seen


def test_without_privacy_it_sees_everything_in_a_group() -> None:
    with TelegramServer(privacy=False) as telegram:
        telegram.writes(SAM, "what of phones?", to=STAFFROOM)
        assert len(telegram.unconfirmed) == 1


def test_a_reply_to_the_bot_in_a_group_is_seen(telegram: TelegramServer, use: With) -> None:
    telegram.writes(SAM, "/help", to=STAFFROOM)
    said = use(lambda bot: bot.send_message(STAFFROOM.id, "here"))
    telegram.writes(SAM, "and what of tablets?", to=STAFFROOM, replying_to=said.message_id)
    update = use(lambda bot: bot.get_updates())[-1]
    assert update.message.reply_to_message.from_user.id == BOT["id"]


def test_a_message_is_sent_with_its_markup_buttons_and_what_it_replies_to(telegram: TelegramServer, use: With) -> None:
    asked = telegram.writes(SAM, "hello")

    async def send(bot: Bot) -> Any:
        return await bot.send_message(
            SAM.id,
            "<b>Hello</b> &lt;you&gt;",
            parse_mode="HTML",
            reply_markup=buttons("more"),
            reply_parameters=ReplyParameters(asked["message_id"]),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )

    message = use(send)
    assert (message.text, message.text_html) == ("Hello <you>", "<b>Hello</b> &lt;you&gt;")
    assert message.reply_to_message.message_id == asked["message_id"]
    assert telegram.made("sendMessage")[0].parameters["link_preview_options"] == {"is_disabled": True}
    (kept,) = telegram.messages(SAM)
    assert (kept["html"], kept["reply_markup"]["inline_keyboard"][0][0]["callback_data"]) == ("<b>Hello</b> &lt;you&gt;", "more")


UNSENDABLE = [
    ({"text": "<p>x</p>", "parse_mode": "HTML"}, "Can't parse entities: unsupported start tag"),
    ({"text": "x" * (LONGEST_TEXT + 1)}, "Message is too long"),
    ({"text": "🙂" * (LONGEST_TEXT // 2 + 1)}, "Message is too long"),
    ({"text": " \n "}, "Message text is empty"),
    ({"text": "<b> </b>", "parse_mode": "HTML"}, "Message text is empty"),
    ({"text": "x", "reply_markup": buttons("x" * 65)}, "Button_data_invalid"),
    ({"text": "x", "reply_markup": buttons("é" * 33)}, "Button_data_invalid"),
    ({"text": "x", "reply_markup": buttons(*("x" * 101))}, "Reply_markup_too_long"),
    ({"text": "x", "reply_markup": InlineKeyboardMarkup([[InlineKeyboardButton("x", url="javascript:x")]])}, "Inline keyboard"),
    ({"text": "x", "reply_parameters": ReplyParameters(999)}, "Message to be replied not found"),
    ({"text": "x", "chat_id": 99}, "Chat not found"),
]


@pytest.mark.parametrize(("arguments", "reason"), UNSENDABLE, ids=[f"{reason} {at}" for at, (_, reason) in enumerate(UNSENDABLE)])
def test_what_breaks_a_limit_is_refused(telegram: TelegramServer, use: With, arguments: dict[str, Any], reason: str) -> None:
    telegram.writes(SAM, "hello")
    with pytest.raises(BadRequest, match=reason):
        use(lambda bot: bot.send_message(**{"chat_id": SAM.id, **arguments}))
    assert telegram.messages(SAM) == []


def test_a_message_of_just_the_longest_length_is_sent(telegram: TelegramServer, use: With) -> None:
    telegram.writes(SAM, "hello")
    use(lambda bot: bot.send_message(SAM.id, f"<b>{'&lt;' * LONGEST_TEXT}</b>", parse_mode="HTML"))
    assert len(telegram.messages(SAM)[0]["text"]) == LONGEST_TEXT


def test_an_edit_to_the_same_text_is_refused_and_another_is_kept(telegram: TelegramServer, use: With) -> None:
    asked = telegram.writes(SAM, "hello")

    async def edit(bot: Bot) -> None:
        said = await bot.send_message(SAM.id, "one")
        await bot.edit_message_text("two", chat_id=SAM.id, message_id=said.message_id)
        with pytest.raises(BadRequest, match="Message is not modified"):
            await bot.edit_message_text("two", chat_id=SAM.id, message_id=said.message_id)
        with pytest.raises(BadRequest, match="Message to edit not found"):
            await bot.edit_message_text("two", chat_id=SAM.id, message_id=999)
        with pytest.raises(BadRequest, match="Message can't be edited"):
            await bot.edit_message_text("two", chat_id=SAM.id, message_id=asked["message_id"])

    use(edit)
    assert [message["text"] for message in telegram.messages(SAM)] == ["two"]


def test_a_press_comes_with_its_value_and_is_answered_once(telegram: TelegramServer, use: With) -> None:
    telegram.writes(SAM, "hello")
    use(lambda bot: bot.send_message(SAM.id, "one", reply_markup=buttons("more", "less")))
    query = telegram.presses(SAM, telegram.messages(SAM)[0], "less")

    async def answer(bot: Bot) -> Any:
        update = (await bot.get_updates())[-1]
        await update.callback_query.answer("Done")
        with pytest.raises(BadRequest, match="Query is too old"):
            await update.callback_query.answer()
        return update.callback_query

    pressed = use(answer)
    assert (pressed.id, pressed.data, pressed.message.text, bool(pressed.chat_instance)) == (query, "less", "one", True)
    assert telegram.answered[query] == {"text": "Done", "show_alert": False}


def test_a_button_that_is_not_there_cannot_be_pressed(telegram: TelegramServer, use: With) -> None:
    telegram.writes(SAM, "hello")
    use(lambda bot: bot.send_message(SAM.id, "one", reply_markup=buttons("more")))
    with pytest.raises(AssertionError, match="there is no button 'less'"):
        telegram.presses(SAM, telegram.messages(SAM)[0], "less")


def test_commands_are_kept_and_bad_ones_refused(telegram: TelegramServer, use: With) -> None:
    use(lambda bot: bot.set_my_commands([("help", "What I can do")]))
    assert telegram.commands == [{"command": "help", "description": "What I can do"}]
    for command, reason in ((("Help", "x"), "Bot_command_invalid"), (("help", "x" * 257), "Bot_command_description_invalid")):
        with pytest.raises(BadRequest, match=reason):
            use(lambda bot, one=command: bot.set_my_commands([one]))


def test_typing_is_shown_and_nothing_unknown(telegram: TelegramServer, use: With) -> None:
    telegram.writes(SAM, "hello")
    assert use(lambda bot: bot.send_chat_action(SAM.id, "typing"))
    with pytest.raises(BadRequest, match="Wrong parameter action"):
        use(lambda bot: bot.send_chat_action(SAM.id, "thinking"))


def test_a_file_that_is_fetched_leaves_a_trace_and_is_no_larger_than_bots_may_fetch(telegram: TelegramServer, use: With) -> None:
    sent = telegram.sends_document(SAM, "policy.docx", b"PK")["document"]
    large = telegram.sends_document(SAM, "large.docx", b"x" * (LARGEST_FILE + 1))["document"]
    file = use(lambda bot: bot.get_file(sent["file_id"]))
    assert file.file_size == 2
    assert file.file_path.endswith("documents/file_0.docx")
    for number, told in ((large["file_id"], "File is too big"), ("AgAC-small", "Wrong file_id")):
        with pytest.raises(BadRequest, match=told):
            use(lambda bot, number=number: bot.get_file(number))
    assert telegram.made("getFile")[0].parameters["file_id"] == sent["file_id"]
    assert telegram.downloads == []


FAULTS = [
    (too_many(7), RetryAfter, "Flood control exceeded. Retry in 0:00:07"),
    (Fault(), NetworkError, "Internal Server Error"),
    (Fault(502, "Bad Gateway"), NetworkError, "Bad Gateway"),
    (Fault(403, "Forbidden: user is deactivated"), Forbidden, "user is deactivated"),
    (Fault(0), NetworkError, "httpx"),
    (Fault(hanging=2), TimedOut, "Timed out"),
]


@pytest.mark.parametrize(("fault", "error", "words"), FAULTS, ids=[words for _, _, words in FAULTS])
def test_a_planned_fault_comes_once(
    telegram: TelegramServer, use: With, *, fault: Fault, error: type[Exception], words: str
) -> None:
    telegram.writes(SAM, "hello")
    telegram.fails("sendMessage", fault)
    with pytest.raises(error, match=words):
        use(lambda bot: bot.send_message(SAM.id, "one", read_timeout=0.3))
    assert telegram.messages(SAM) == []
    use(lambda bot: bot.send_message(SAM.id, "one"))
    assert len(telegram.messages(SAM)) == 1


def test_a_call_may_be_carried_out_though_its_answer_is_lost(telegram: TelegramServer, use: With) -> None:
    telegram.writes(SAM, "hello")
    telegram.fails("sendMessage", Fault(0, done=True))
    with pytest.raises(NetworkError):
        use(lambda bot: bot.send_message(SAM.id, "one"))
    assert len(telegram.messages(SAM)) == 1


def test_who_blocked_the_bot_hears_nothing_until_they_write_again(telegram: TelegramServer, use: With) -> None:
    telegram.writes(SAM, "hello")
    telegram.blocks(SAM)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        use(lambda bot: bot.send_message(SAM.id, "one"))
    telegram.writes(SAM, "I am back")
    use(lambda bot: bot.send_message(SAM.id, "one"))
    assert len(telegram.messages(SAM)) == 1


def test_who_was_only_met_in_a_group_cannot_be_written_to(telegram: TelegramServer, use: With) -> None:
    telegram.writes(SAM, "/help", to=STAFFROOM)
    with pytest.raises(Forbidden, match="can't initiate conversation with a user"):
        use(lambda bot: bot.send_message(SAM.id, "one"))


def test_a_group_that_became_a_supergroup_has_another_number(telegram: TelegramServer, use: With) -> None:
    telegram.writes(SAM, "/help", to=STAFFROOM)
    telegram.moves(STAFFROOM, -1002)
    with pytest.raises(ChatMigrated) as error:
        use(lambda bot: bot.send_message(STAFFROOM.id, "one"))
    assert error.value.new_chat_id == -1002
    use(lambda bot: bot.send_message(-1002, "one"))


def test_an_outage_loses_nothing(telegram: TelegramServer, use: With) -> None:
    telegram.writes(SAM, "hello")
    telegram.goes_down()
    with pytest.raises(NetworkError):
        use(lambda bot: bot.get_updates())
    telegram.comes_back()
    assert use(lambda bot: bot.get_updates())[0].message.text == "hello"


class Receiver:
    """A webhook of a bot's: refuses as often as it is told to, then takes what comes."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.got: list[tuple[str, dict[str, Any]]] = []

    async def take(self, request: web.Request) -> web.Response:
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=500)
        self.got.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token", ""), await request.json()))
        return web.Response()


@pytest.mark.parametrize("refusals", [0, 3])
def test_a_webhook_gets_each_update_with_the_secret_until_it_takes_it(telegram: TelegramServer, refusals: int) -> None:
    receiver = Receiver(refusals)
    telegram.writes(SAM, "before")

    async def listen() -> None:
        app = web.Application()
        app.router.add_post("/hook", receiver.take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        async with Bot(TOKEN, base_url=f"{telegram.address}/bot") as bot:
            await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", secret_token=SECRET)
            with pytest.raises(Conflict, match="webhook is active"):
                await bot.get_updates()
            await asyncio.to_thread(telegram.writes, SAM, "after")
            await asyncio.to_thread(telegram.wait, lambda: not telegram.unconfirmed)
            assert (await bot.get_webhook_info()).pending_update_count == 0
            await bot.delete_webhook()
        await runner.cleanup()

    asyncio.run(listen())
    assert sorted(body["message"]["text"] for _, body in receiver.got) == ["after", "before"]
    assert {secret for secret, _ in receiver.got} == {SECRET}
    assert [status for _, status in telegram.deliveries].count(500) == refusals
    assert Update.de_json(receiver.got[0][1], None).message.from_user.id == SAM.id


def test_a_webhook_must_be_https_and_its_secret_of_plain_characters(use: With) -> None:
    with pytest.raises(BadRequest, match="an https url must be provided"):
        use(lambda bot: bot.set_webhook("http://school.example/hook"))
    with pytest.raises(BadRequest, match="unallowed characters"):
        use(lambda bot: bot.set_webhook("https://school.example/hook", secret_token=f"{SECRET} {SECRET}"))


def test_waiting_for_what_does_not_come_says_what_came(telegram: TelegramServer) -> None:
    with pytest.raises(AssertionError, match=r"not happen within 0\.01 s; what came: the last calls: \[\]"):
        telegram.wait(lambda: telegram.made("sendMessage"), within=0.01)


def test_it_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    with TelegramServer(), warnings.catch_warnings():
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
