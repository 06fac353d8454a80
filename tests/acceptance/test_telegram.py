"""The whole bot on Telegram, as staff meet it: the demo's schools, the real library, and a Telegram on this machine."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.channels.telegram import NO_PRIVATE_CHAT, SECRET_HEADER
from bot.clock import LONDON, now_utc
from bot.commands import COMMANDS
from bot.contact_book import ContactBook, OnPhones
from bot.conversation import FAULT, MOST_A_MINUTE, MOST_OF_A_STRANGER, STRANGER, TOO_MANY, WAIT
from bot.deliveries import DROPPED, DUPLICATES, LEASE, REFUSED, RESENT, UNDELIVERED
from bot.people import TELEGRAM, People, PersonRole
from bot.schema import open_store
from bot.school_year import Season, read_hours
from bot.turn import IN_PRIVATE
from bot.watches import TELL_ME
from corpus.tables import sqlite_url
from retrieval.knowledge import Knowledge
from tests.platforms.background import Background
from tests.platforms.bots import Bot
from tests.platforms.served import free_port
from tests.platforms.telegram_bot import SECRET, telegram_bot
from tests.platforms.telegram_server import TOKEN, Fault, Group, Someone, TelegramServer, too_many

pytestmark = pytest.mark.usefixtures("hurried")

SAM = Someone(77, "Sam", "sam_teaches")
KIM = Someone(78, "Kim")
STAFFROOM = Group(-1001)
ROOT = Path(__file__).parents[2]
NAME = "@school_policies_bot"
EX_PUPILS = "Can I be friends online with former pupils?"
PARKING = "Where can I park my car?"
FOLLOW_UP = "and on Instagram?"
URGENT = "a child told me that her dad hits her"
WORRIED = "Worried about a child?"

Json = dict[str, Any]
Run = Callable[..., Background[Bot]]


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def run(telegram: TelegramServer, home: Path, knowledge: Knowledge) -> Run:
    """Run the bot: by polling, or with `webhook`."""
    return lambda **how: Background(telegram_bot(home, knowledge, telegram.address, **how))


def enrol(bot: Bot, telegram: TelegramServer, who: Someone = SAM, school: str = "coniston", **how: Any) -> None:
    """Let somebody follow a new invitation's link, and wait until she is welcomed."""
    _, code = bot.parts.people.invite(school, PersonRole.STAFF, **how)
    assert "Welcome." in answer(telegram, who, f"/start {code}")["text"]


def answer(telegram: TelegramServer, who: Someone, text: str, **where: Any) -> Json:
    """Return the next message of the bot in the private chat with somebody who writes something."""
    before = len(telegram.messages(who))
    telegram.writes(who, text, **where)
    return telegram.wait(lambda: telegram.messages(who)[before:])[0]


def press(telegram: TelegramServer, who: Someone, message: Json, label: str) -> Json:
    """Return what the bot says when somebody presses a button of a message."""
    before = len(telegram.messages(who))
    query = telegram.presses(who, message, buttons(message)[label])
    said = telegram.wait(lambda: telegram.messages(who)[before:])[0]
    telegram.wait(lambda: telegram.answered[query])
    return said


def buttons(message: Json) -> dict[str, str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return {button["text"]: button["callback_data"] for row in rows for button in row}


def settled(telegram: TelegramServer, bot: Bot) -> None:
    """Wait until every update is confirmed and every reply said or given up."""
    telegram.wait(lambda: not telegram.unconfirmed)
    telegram.wait(lambda: not bot.waiting)


# Who may ask


def test_an_invitation_s_link_enrols_one_person_once(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        _, code = bot.given.parts.people.invite("coniston", PersonRole.STAFF)
        welcome = answer(telegram, SAM, f"/start {code}")
        assert welcome["text"].startswith("Welcome. You now ask of Coniston Primary School.")
        assert "Can I accept a parent's friend request?" in buttons(welcome)
        refused = answer(telegram, KIM, f"/start {code}")
        assert "Coniston" not in refused["text"]
        assert "ask your school office for a new one" in refused["text"]
        assert "advised against" in answer(telegram, SAM, EX_PUPILS)["text"]


def test_a_stranger_is_told_nothing_of_any_school_and_soon_nothing_at_all(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        for _ in range(MOST_OF_A_STRANGER + 3):
            telegram.writes(SAM, EX_PUPILS)
        settled(telegram, bot.given)
        said = [message["text"] for message in telegram.messages(SAM)]
        assert sorted(said) == sorted([STRANGER] * MOST_OF_A_STRANGER + [WAIT])  # what is asked at once is answered at once
        for school in bot.given.parts.indexes.versions.schools():
            assert school.short_name not in "".join(said)


@pytest.mark.parametrize("text", [URGENT, "/worried"])
def test_a_stranger_with_a_worry_gets_the_national_numbers_however_often_she_tried(
    telegram: TelegramServer, run: Run, text: str
) -> None:
    with run() as bot:
        for _ in range(MOST_OF_A_STRANGER + 2):
            telegram.writes(SAM, "hello")
        settled(telegram, bot.given)
        route = answer(telegram, SAM, text)
        assert "999" in route["text"]
        for school in bot.given.parts.indexes.versions.schools():
            assert school.short_name not in route["text"]


def test_whoever_is_removed_is_a_stranger_at_once(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        (known,) = bot.given.parts.people.access(TELEGRAM, "77")
        bot.given.parts.people.remove("coniston", known.person.id)
        assert answer(telegram, SAM, EX_PUPILS)["text"] == STRANGER


def test_a_pass_that_has_ended_is_no_pass(telegram: TelegramServer, run: Run) -> None:
    later = timedelta()
    with run(now=lambda: now_utc() + later) as bot:
        enrol(bot.given, telegram, pass_until=now_utc() + timedelta(hours=1))
        assert "advised against" in answer(telegram, SAM, EX_PUPILS)["text"]
        settled(telegram, bot.given)  # or what is still noted as on its way would be said again when the clock jumps
        later = timedelta(hours=2)
        assert answer(telegram, SAM, EX_PUPILS)["text"] == STRANGER


def test_whoever_works_at_two_schools_chooses_and_nothing_carries_over(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram, KIM)
        alone = answer(telegram, KIM, FOLLOW_UP)["text"]
        enrol(bot.given, telegram, school="coniston")
        enrol(bot.given, telegram, school="wellesley")
        first = answer(telegram, SAM, EX_PUPILS)["text"]
        assert "Wellesley" in first
        assert first.endswith("Asked of: Wellesley Primary School.")
        chosen = press(telegram, SAM, answer(telegram, SAM, "/school"), "Coniston")
        assert "You now ask of Coniston Primary School." in chosen["text"]
        assert answer(telegram, SAM, FOLLOW_UP)["text"] == f"{alone}\n\nAsked of: Coniston Primary School."


# What is said


def test_a_question_is_answered_with_the_clause_word_for_word_and_its_buttons(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        said = answer(telegram, SAM, EX_PUPILS)
    assert said["text"].startswith("Coniston's policy of May 2018: advised against.")
    assert "advised not to be on line friends with ex or recent pupils of the school or other schools" in said["text"]
    assert "5.1, fourth bullet" in said["text"]
    assert {entity["type"] for entity in said["entities"]} == {"bold", "italic", "blockquote"}
    votes = ["This helped", "This did not help"]
    assert list(buttons(said)) == [
        "Show the whole section",
        "Not what I meant",
        "Keep this answer",
        TELL_ME,
        "Not this person",
        *votes,
        WORRIED,
    ]
    assert telegram.made("sendMessage")[-1].parameters["link_preview_options"] == {"is_disabled": True}
    assert "protect_content" not in telegram.made("sendMessage")[-1].parameters


def test_a_follow_up_is_read_after_the_question_before_it(telegram: TelegramServer, run: Run) -> None:
    later = timedelta()
    with run(now=lambda: now_utc() + later) as bot:
        enrol(bot.given, telegram)
        alone = answer(telegram, SAM, FOLLOW_UP)["text"]
        answer(telegram, SAM, EX_PUPILS)
        assert answer(telegram, SAM, FOLLOW_UP)["text"] != alone
        settled(telegram, bot.given)
        later = timedelta(minutes=16)
        assert answer(telegram, SAM, FOLLOW_UP)["text"] == alone


def test_each_button_does_what_it_says(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        said = answer(telegram, SAM, EX_PUPILS)
        section = press(telegram, SAM, said, "Show the whole section")
        assert "5.1, eleventh bullet." in section["text"]
        others = press(telegram, SAM, said, "Not what I meant")
        assert others["text"].startswith("Perhaps it is one of these rules.")
        copy = press(telegram, SAM, said, "Keep this answer")
        assert bot.given.parts.kept.check(copy["text"], now_utc().date())
        assert "Thank you" in press(telegram, SAM, said, "This did not help")["text"]
        assert "999" in press(telegram, SAM, said, WORRIED)["text"]
        example = press(telegram, SAM, answer(telegram, SAM, "/help"), "Can I post a photo of my class?")
        assert "photo" in example["text"]


def test_a_button_of_long_ago_or_of_nobody_s_is_refused_kindly(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        said = answer(telegram, SAM, EX_PUPILS)
        update = {"id": "1", "from": SAM.user, "message": said, "chat_instance": "1", "data": "s:nothing.1.here"}
        before = len(telegram.messages(SAM))
        telegram.gives({"callback_query": update})
        assert "ask your question again" in telegram.wait(lambda: telegram.messages(SAM)[before:])[0]["text"]


SAYS = {
    "help": "I find the rule in your school's policies",
    "worried": "ring 999",
    "contacts": "About an adult at school: the headteacher; ",
    "policies": "You ask of Coniston Primary School. I look in:",
    "school": "You ask of Coniston Primary School.",
    "whoami": "as a member of staff",
    "privacy": "Telegram keeps this chat on its own servers",
    "sent": "You have handed nothing over.",
    "watching": "I watch no rule for you.",
    "mydata": "I keep one question of yours.",
    "forget": "I have deleted your question.",
    "leave": "Do you want to leave Coniston Primary School?",
    "join": "ask your school office for a new one",
}


def test_every_command_of_the_menu_is_answered(telegram: TelegramServer, run: Run) -> None:
    later = timedelta()
    said = {}
    with run(now=lambda: now_utc() + later) as bot:
        enrol(bot.given, telegram)
        answer(telegram, SAM, PARKING)
        for command in telegram.commands:
            settled(telegram, bot.given)
            later += timedelta(minutes=1)  # nobody writes all of them at once
            said[command["command"]] = answer(telegram, SAM, f"/{command['command']}")["text"]
    assert list(said) == [command.name for command in COMMANDS] == list(SAYS)
    for name, words in SAYS.items():
        assert words in said[name]


def test_help_fits_on_a_phone_screen(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        said = answer(telegram, SAM, "/help")
    lines = sum(-(-len(line) // 36) for line in said["text"].splitlines() if line) + len(buttons(said))
    assert lines <= 20


def test_leaving_ends_access_at_once(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        left = press(telegram, SAM, answer(telegram, SAM, "/leave"), "Leave Coniston now")
        assert left["text"].startswith("You have left Coniston Primary School")
        assert answer(telegram, SAM, EX_PUPILS)["text"] == STRANGER


def test_more_than_twenty_questions_in_a_minute_are_too_many_but_not_a_worry(telegram: TelegramServer, run: Run) -> None:
    the_minute = now_utc()  # which lasts, however busy the machine is
    with run(now=lambda: the_minute) as bot:
        enrol(bot.given, telegram)
        for _ in range(MOST_A_MINUTE):
            telegram.writes(SAM, "/school")
        settled(telegram, bot.given)
        assert [message["text"] for message in telegram.messages(SAM)].count(TOO_MANY) == 1
        assert "999" in answer(telegram, SAM, URGENT)["text"]


# School hours


MONDAY_AT_TEN = datetime(2026, 11, 23, 10, tzinfo=LONDON).astimezone(UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("on_phones", "words"),
    [
        (OnPhones.ANSWER, "advised against"),
        (OnPhones.REMIND, "mind your school's rule on personal phones"),
        (OnPhones.HOLD_BACK, "It is school time, and your school wants no questions on personal phones in it."),
    ],
)
def test_a_school_says_what_happens_in_its_hours_and_a_worry_is_always_answered(
    telegram: TelegramServer, run: Run, on_phones: OnPhones, words: str
) -> None:
    with run(now=lambda: MONDAY_AT_TEN) as bot:
        hours = read_hours("08:30-15:30", Season.TERM)
        bot.given.parts.contacts.save("coniston", ContactBook(hours=hours, telegram_in_hours=on_phones), "the office")
        enrol(bot.given, telegram)
        said = answer(telegram, SAM, EX_PUPILS)["text"]
        assert words in said
        assert ("advised against" in said) is (on_phones is not OnPhones.HOLD_BACK)
        assert "999" in answer(telegram, SAM, URGENT)["text"]


# What people send


HOSTILE = [
    "<b>Can I park?</b>",
    "&lt;b&gt; &amp;amp; can I park?",
    '<a href="https://evil.example">Can I park?</a>',
    "</blockquote></b><tg-spoiler>can I park?",
    "@everyone @sam_teaches can I park?",
    "\u202ecan I park?\u202c \u2066x\u2069 \u200f",
    "can I\x00 park?\x1b[31m",
    "*can* _I_ `park`? [x](https://evil.example) <!channel> <@U123>",
    "😀👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿 can I park?",
    "😀",
    "можно ли мне?",
    "/",
    "/start@",
    "?",
]


@pytest.mark.parametrize("text", HOSTILE, ids=[ascii(text)[:24] for text in HOSTILE])
def test_whatever_is_typed_is_answered_once_and_becomes_nothing_but_words(telegram: TelegramServer, run: Run, text: str) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        said = answer(telegram, SAM, text)
        mine = answer(telegram, SAM, "/mydata")
        settled(telegram, bot.given)
        assert len(telegram.messages(SAM)) == 3
        assert {call.status for call in telegram.made("sendMessage")} == {200}
    kinds = {entity["type"] for message in (said, mine) for entity in message["entities"]}
    assert not kinds & {"mention", "text_link", "spoiler", "code", "pre"}
    assert FAULT not in said["text"]


def test_forty_thousand_characters_are_answered_part_by_part(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        telegram.writes(SAM, "may I park my car here " * 1740)
        settled(telegram, bot.given)
        said = telegram.messages(SAM)[1:]
    assert len(said) == 10
    assert sum("shorten it" in message["text"] for message in said) == 9


def test_an_edited_question_is_answered_anew_once_under_itself(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        sent = telegram.writes(SAM, PARKING)
        telegram.wait(lambda: len(telegram.messages(SAM)) == 2)
        for text in (EX_PUPILS, "Can I use my phone in class?"):
            sent = telegram.edits(sent, text)
        settled(telegram, bot.given)
        said = telegram.messages(SAM)
    assert len(said) == 3
    assert "advised against" in said[-1]["text"]
    assert said[-1]["reply_to_message"]["message_id"] == sent["message_id"]


SENT = [
    ("photo", "", "I have not opened or kept your photo. Please write your question"),
    ("photo", EX_PUPILS, "I have read only your words. I have not opened or kept your photo."),
    ("voice", "", "your voice message"),
    ("sticker", "", "your sticker"),
    ("document", "", "your file"),
    ("photo", URGENT, "ring 999"),
]


@pytest.mark.parametrize(("kind", "caption", "words"), SENT, ids=[f"{kind} {caption[:8]}" for kind, caption, _ in SENT])
def test_what_is_no_text_is_neither_opened_nor_kept_and_that_is_said(
    telegram: TelegramServer, run: Run, *, kind: str, caption: str, words: str
) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        telegram.sends(SAM, kind, caption=caption)
        settled(telegram, bot.given)
        said = telegram.messages(SAM)[-1]["text"]
    assert words in said
    assert ("advised against" in said) is (caption == EX_PUPILS)
    assert telegram.made("getFile") == []


# Groups


def test_in_a_group_a_mention_is_answered_as_a_reply(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        asked = telegram.writes(SAM, f"{NAME} {PARKING}", to=STAFFROOM)
        (said,) = telegram.wait(lambda: telegram.messages(STAFFROOM))
        telegram.writes(KIM, "what do you think of that?", to=STAFFROOM)
        settled(telegram, bot.given)
    assert said["reply_to_message"]["message_id"] == asked["message_id"]
    assert "say nothing about this" in said["text"]
    assert len(telegram.messages(STAFFROOM)) == 1


def test_what_is_urgent_in_a_group_is_answered_to_the_asker_alone(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        route = answer(telegram, SAM, f"{NAME} {URGENT}", to=STAFFROOM)
        (note,) = telegram.wait(lambda: telegram.messages(STAFFROOM))
    assert "999" in route["text"]
    assert (note["text"], list(buttons(note))) == (IN_PRIVATE, [WORRIED])


def test_a_stranger_with_a_worry_in_a_group_is_shown_the_way_to_an_answer_and_the_group_nothing_of_it(
    telegram: TelegramServer, run: Run
) -> None:
    with run() as bot:
        telegram.writes(SAM, f"{NAME} {URGENT}", to=STAFFROOM)
        settled(telegram, bot.given)
        way, _ = telegram.messages(STAFFROOM)
        assert way["text"] == NO_PRIVATE_CHAT
        assert "999" in answer(telegram, SAM, URGENT)["text"]


# Deliveries


def test_an_update_that_comes_again_is_answered_once_and_counted(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        answer(telegram, SAM, EX_PUPILS)
        settled(telegram, bot.given)
        telegram.comes_again()
        settled(telegram, bot.given)
        assert len(telegram.messages(SAM)) == 2
        assert bot.given.counted(TELEGRAM, DUPLICATES) == 1


def test_two_processes_on_one_store_answer_once(telegram: TelegramServer, run: Run) -> None:
    with run() as bot, run():
        enrol(bot.given, telegram)
        for number in range(5):
            telegram.writes(SAM, f"/school {number}")
        settled(telegram, bot.given)
        assert len(telegram.messages(SAM)) == 6


def process(home: Path, telegram: TelegramServer) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.platforms.telegram_bot", str(home), telegram.address]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize(("taken", "times"), [(False, 1), (True, 2)], ids=["not taken", "taken"])
def test_a_process_that_is_killed_before_its_reply_is_noted_is_followed_by_one_that_says_it(
    telegram: TelegramServer, run: Run, home: Path, *, taken: bool, times: int
) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        settled(telegram, bot.given)
    telegram.fails("sendMessage", Fault(hanging=60, done=taken))
    telegram.writes(SAM, EX_PUPILS)
    with process(home, telegram) as killed:
        telegram.wait(lambda: telegram.begun("sendMessage") == 2)
        telegram.wait(lambda: not telegram.unconfirmed)
        killed.send_signal(signal.SIGKILL)
    with run(now=lambda: now_utc() + 2 * LEASE) as bot:
        telegram.wait(lambda: len(telegram.messages(SAM)) == 1 + times)
        settled(telegram, bot.given)
        assert bot.given.counted(TELEGRAM, RESENT) == 1
    assert len({message["text"] for message in telegram.messages(SAM)[1:]}) == 1


FAULTS = [
    ("too many", [too_many(1)], [429, 200]),
    ("gone for a while", [Fault(502, "Bad Gateway"), Fault(0), Fault(500)], [502, 0, 500, 200]),
]


@pytest.mark.parametrize(
    ("faults", "statuses"), [(faults, statuses) for _, faults, statuses in FAULTS], ids=[one[0] for one in FAULTS]
)
def test_a_reply_that_is_not_taken_now_is_said_later_once(
    telegram: TelegramServer, run: Run, *, faults: list[Fault], statuses: list[int]
) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        settled(telegram, bot.given)
        telegram.fails("sendMessage", *faults)
        assert "advised against" in answer(telegram, SAM, EX_PUPILS)["text"]
        settled(telegram, bot.given)
        assert len(telegram.messages(SAM)) == 2
    assert [call.status for call in telegram.made("sendMessage")][1:] == statuses


def test_after_an_outage_everything_that_was_asked_is_answered(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        settled(telegram, bot.given)
        telegram.goes_down()
        for who in (SAM, SAM, SAM):
            telegram.writes(who, EX_PUPILS)
        telegram.comes_back()
        telegram.wait(lambda: len(telegram.messages(SAM)) == 4)
        settled(telegram, bot.given)
    assert len(telegram.messages(SAM)) == 4


def test_a_reply_that_cannot_be_said_for_ten_minutes_is_given_up_and_counted(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        telegram.fails("sendMessage", too_many(601))
        telegram.writes(SAM, EX_PUPILS)
        settled(telegram, bot.given)
        assert bot.given.counted(TELEGRAM, UNDELIVERED) == 1


def test_whoever_blocked_the_bot_is_left_alone(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        telegram.writes(SAM, EX_PUPILS)
        telegram.fails("sendMessage", Fault(403, "Forbidden: bot was blocked by the user"))
        telegram.writes(SAM, PARKING)
        settled(telegram, bot.given)
        assert bot.given.counted(TELEGRAM, DROPPED) == 1
    assert len(telegram.messages(SAM)) == 2


def test_one_slow_call_delays_nobody_else(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram, SAM)
        enrol(bot.given, telegram, KIM)
        settled(telegram, bot.given)
        telegram.fails("sendMessage", Fault(hanging=60))
        telegram.writes(SAM, EX_PUPILS)
        telegram.wait(lambda: telegram.begun("sendMessage") == 3)
        assert "advised against" in answer(telegram, KIM, EX_PUPILS)["text"]
        assert len(telegram.messages(SAM)) == 1
        telegram.lets_go()
        telegram.wait(lambda: len(telegram.messages(SAM)) == 2)


def test_what_is_being_said_when_the_bot_is_stopped_is_said_to_the_end(telegram: TelegramServer, run: Run) -> None:
    with run() as bot:
        enrol(bot.given, telegram)
        settled(telegram, bot.given)
        telegram.fails("sendMessage", Fault(200, done=True, hanging=1))
        telegram.writes(SAM, EX_PUPILS)
        telegram.wait(lambda: telegram.begun("sendMessage") == 2)
    assert telegram.made("sendMessage")[-1].status == 200
    with run(now=lambda: now_utc() + 2 * LEASE) as bot:
        settled(telegram, bot.given)
        assert bot.given.counted(TELEGRAM, RESENT) == 0
    assert len(telegram.messages(SAM)) == 2


# The server


@pytest.mark.parametrize("webhook", [False, True])
def test_policybot_serve_answers_on_telegram_and_ends_cleanly(telegram: TelegramServer, home: Path, *, webhook: bool) -> None:
    port = free_port()
    settings = {
        "HOME": str(home),
        "BIND": f"127.0.0.1:{port}",
        "TELEGRAM__TOKEN": TOKEN,
        "TELEGRAM__API_BASE_URL": telegram.address,
    }
    if webhook:
        settings |= {"TELEGRAM__WEBHOOK_URL": f"http://127.0.0.1:{port}", "TELEGRAM__WEBHOOK_SECRET": SECRET}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLICYBOT_")}
    environment |= {f"POLICYBOT_{name}": value for name, value in settings.items()}
    engine = open_store(sqlite_url(home))
    _, code = People(engine, now_utc).invite("coniston", PersonRole.STAFF)
    engine.dispose()
    command = [sys.executable, "-m", "bot", "serve"]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True) as server:
        telegram.writes(SAM, f"/start {code}")
        telegram.wait(lambda: telegram.messages(SAM))
        assert "advised against" in answer(telegram, SAM, EX_PUPILS)["text"]
        server.send_signal(signal.SIGTERM)
        _, error = server.communicate(timeout=60)
    assert (server.returncode in (0, -signal.SIGTERM), error) == (True, "")


# The webhook


def test_the_webhook_does_all_that_polling_does(telegram: TelegramServer, run: Run) -> None:
    with run(webhook=True) as bot:
        enrol(bot.given, telegram)
        said = answer(telegram, SAM, EX_PUPILS)
        assert "5.1, eleventh bullet." in press(telegram, SAM, said, "Show the whole section")["text"]
        settled(telegram, bot.given)
        assert telegram.made("getUpdates") == []


def test_whoever_knows_the_webhook_but_not_the_secret_is_refused_and_counted(telegram: TelegramServer, run: Run) -> None:
    with run(webhook=True) as bot:
        enrol(bot.given, telegram)
        url = telegram.made("setWebhook")[0].parameters["url"]
        update = {"update_id": 1, "message": telegram.writes(SAM, "/school")}
        statuses = [
            httpx.post(url, json=update, headers={SECRET_HEADER: secret}).status_code for secret in ("", SECRET[:-1], SECRET)
        ]
        assert statuses == [403, 403, 200]
        assert bot.given.counted(TELEGRAM, REFUSED) == 2
