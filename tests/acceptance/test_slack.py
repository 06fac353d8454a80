"""The whole bot on Slack, as staff meet it: the demo's schools, the real Bolt and SDK, and a Slack on this machine."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.clock import now_utc
from bot.commands import COMMANDS
from bot.conversation import FAULT, MOST_A_MINUTE, STRANGER, TOO_MANY
from bot.deliveries import DROPPED, DUPLICATES, LEASE, REFUSED, RESENT, UNDELIVERED
from bot.people import SLACK
from bot.tables import outbox
from bot.turn import IN_PRIVATE, Tenancy
from bot.watches import TELL_ME
from retrieval.knowledge import Knowledge
from tests.platforms import block_kit
from tests.platforms.background import Background
from tests.platforms.bots import Bot
from tests.platforms.served import free_port
from tests.platforms.slack_bot import slack_bot
from tests.platforms.slack_server import (
    APP_TOKEN,
    BOT_TOKEN,
    OTHER_TEAM,
    SIGNING_SECRET,
    TEAM,
    Delivery,
    Drops,
    Hangs,
    RateLimited,
    Refuses,
    ServerError,
    SlackServer,
    slack,
)

pytestmark = pytest.mark.usefixtures("hurried")

SAM, KIM, ROOM = "U1STAFF", "U2STAFF", "C1STAFF"
EX_PUPILS = "Can I be friends online with former pupils?"
PARKING = "Where can I park my car?"
FOLLOW_UP = "and on Instagram?"
URGENT = "a child told me that her dad hits her"
WORRIED = "Worried about a child?"
ADVISED_AGAINST = "Coniston's policy of May 2018: advised against."

Json = dict[str, Any]
Run = Callable[..., Background[Bot]]


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with slack() as running:
        yield running


@pytest.fixture
def run(server: SlackServer, home: Path, knowledge: Knowledge) -> Run:
    """Run the bot: over signed HTTP, or over Socket Mode with `socket`."""
    return lambda socket=False, **how: Background(slack_bot(home, knowledge, server, socket=socket, **how))


def replies(server: SlackServer, user: str, doing: Callable[[], Delivery], count: int = 1) -> list[Json]:
    """Return the messages of the bot that somebody sees after doing something, so many of them."""
    before = len(server.seen_by(user))
    assert doing().wait().acknowledged
    return server.wait_for_messages(user, before + count)[before:]


def answer(server: SlackServer, text: str, user: str = SAM, room: str | None = None, **where: Any) -> Json:
    """Return what somebody is told who writes something, in direct messages unless a room is given."""
    return replies(server, user, lambda: server.say(user, text, room, **where))[0]


def press(server: SlackServer, message: Json, label: str, user: str = SAM) -> Json:
    """Return what somebody is told who presses a button."""
    return replies(server, user, lambda: server.press(user, message, label))[0]


def words(message: Json) -> str:
    return block_kit.visible(message["blocks"])


def labels(message: Json) -> list[str]:
    return [button["text"]["text"] for button in block_kit.buttons(message["blocks"])]


def settled(server: SlackServer, bot: Bot) -> None:
    """Wait until everything that was taken in is answered, and every reply said or given up."""
    server.wait_for(lambda: not bot.waiting)


# What is said


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
def test_a_question_is_answered_in_its_thread_with_the_clause_word_for_word_and_its_buttons(
    server: SlackServer, run: Run, *, socket: bool
) -> None:
    with run(socket):
        asked = server.say(SAM, EX_PUPILS)
        (said,) = server.wait_for_messages(SAM)
    assert words(said).startswith(ADVISED_AGAINST)
    assert "advised not to be on line friends with ex or recent pupils of the school or other schools" in words(said)
    assert "5.1, fourth bullet" in words(said)
    votes = ["This helped", "This did not help"]
    under_answer = ["Show the whole section", "Not what I meant", "Keep this answer", TELL_ME, "Not this person"]
    assert labels(said) == [*under_answer, WORRIED, *votes]
    assert said["thread_ts"] == asked.payload["event"]["ts"]
    assert said["metadata"]["event_payload"]["reference"]
    assert block_kit.unescaped(said["text"]).startswith(ADVISED_AGAINST)
    assert "5.1, fourth bullet" in said["text"]


def test_a_mention_is_answered_in_its_thread_for_all_to_see(server: SlackServer, run: Run) -> None:
    with run():
        asked = server.say(SAM, f"@policybot {EX_PUPILS}", ROOM)
        (said,) = server.wait_for_messages(KIM)
    assert (said["channel"], said["thread_ts"]) == (ROOM, asked.payload["event"]["ts"])
    assert words(said).startswith(ADVISED_AGAINST)


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
def test_a_command_in_a_channel_is_answered_to_the_asker_alone(server: SlackServer, run: Run, *, socket: bool) -> None:
    with run(socket):
        (said,) = replies(server, SAM, lambda: server.command(SAM, EX_PUPILS, ROOM))
        assert words(said).startswith(ADVISED_AGAINST)
        section = press(server, said, "Show the whole section")
        assert "5.1, eleventh bullet." in words(section)
        assert server.seen_by(KIM) == []


def test_the_shortcut_says_to_its_user_alone_which_policy_covers_a_message(server: SlackServer, run: Run) -> None:
    with run():
        message = server.say_to_others(KIM, EX_PUPILS, ROOM)
        (said,) = replies(server, SAM, lambda: server.use_shortcut(SAM, "which_policy", message))
        assert words(said).startswith(ADVISED_AGAINST)
        assert server.seen_by(KIM) == []


def test_a_follow_up_is_read_after_the_question_before_it(server: SlackServer, run: Run) -> None:
    later = timedelta()
    with run(now=lambda: now_utc() + later) as bot:
        alone = words(answer(server, FOLLOW_UP, KIM))
        answer(server, EX_PUPILS)
        assert words(answer(server, FOLLOW_UP)) != alone
        settled(server, bot.given)  # or what is still noted as on its way would be said again when the clock jumps
        later = timedelta(minutes=16)
        assert words(answer(server, FOLLOW_UP)) == alone
        later = timedelta()
        asked = server.say(SAM, f"@policybot {EX_PUPILS}", ROOM).wait()
        thread = asked.payload["event"]["ts"]
        server.wait_for_messages(KIM, 2)
        assert words(answer(server, f"@policybot {FOLLOW_UP}", SAM, ROOM, thread=thread)) != alone
        assert words(answer(server, f"@policybot {FOLLOW_UP}", SAM, ROOM)) == alone


def test_each_button_does_what_it_says(server: SlackServer, run: Run) -> None:
    with run() as bot:
        said = answer(server, EX_PUPILS)
        section = press(server, said, "Show the whole section")
        assert "5.1, eleventh bullet." in words(section)
        assert section["thread_ts"] == said["thread_ts"]
        assert words(press(server, said, "Not what I meant")).startswith("Perhaps it is one of these rules.")
        copy = press(server, said, "Keep this answer")
        assert bot.given.parts.kept.check(words(copy), now_utc().date())
        assert bot.given.parts.kept.check(copy["text"], now_utc().date())
        assert "Thank you" in words(press(server, said, "This helped"))
        assert "999" in words(press(server, said, WORRIED))
        assert "photo" in words(press(server, answer(server, "help"), "Can I post a photo of my class?"))


def test_a_button_of_long_ago_or_of_nobody_s_is_refused_kindly(server: SlackServer, run: Run) -> None:
    with run():
        said = json.loads(json.dumps(answer(server, EX_PUPILS)).replace('"value": "s:', '"value": "s:nothing.1.'))
        assert "ask your question again" in words(press(server, said, "Show the whole section"))


SAYS = {
    "help": "I find the rule in your school's policies",
    "worried": "ring 999",
    "contacts": "About an adult at school: the headteacher; ",
    "policies": "Policy on the use of Social Media for Employees",
    "school": "You ask of Coniston Primary School.",
    "whoami": "as a member of staff",
    "privacy": "Slack keeps this chat by your employer's settings",
    "sent": "You have handed nothing over.",
    "watching": "I watch no rule for you.",
    "mydata": "I keep one question of yours.",
    "forget": "I have deleted your question.",
    "leave": "Do you want to leave Coniston Primary School?",
    "join": "ask your school office for a new one",
}


@pytest.mark.parametrize("slash", [True, False], ids=["/policy", "direct"])
def test_every_command_is_answered(server: SlackServer, run: Run, *, slash: bool) -> None:
    later = timedelta()
    assert list(SAYS) == [command.name for command in COMMANDS]
    with run(now=lambda: now_utc() + later) as bot:
        answer(server, PARKING)
        for name, told in SAYS.items():
            settled(server, bot.given)
            later += timedelta(minutes=1)  # nobody writes all of them at once
            write = partial(server.command if slash else server.say, SAM, name)
            assert told in words(replies(server, SAM, write)[0]), name


def test_help_fits_on_a_phone_screen(server: SlackServer, run: Run) -> None:
    with run():
        said = answer(server, "help")
    lines = sum(-(-len(line) // 36) for line in words(said).splitlines() if line) + len(labels(said))
    assert lines <= 20


def test_leaving_ends_access_at_once(server: SlackServer, run: Run) -> None:
    with run():
        left = press(server, answer(server, "leave"), "Leave Coniston now")
        assert words(left).startswith("You have left Coniston Primary School")
        assert "Your access has ended." in words(answer(server, EX_PUPILS))


def test_the_home_tab_says_whose_policies_and_offers_examples(server: SlackServer, run: Run) -> None:
    with run():
        server.open_app(SAM, "home")
        view = server.wait_for(lambda: server.views.get(SAM))
        shown = block_kit.visible(view["blocks"])
        assert shown.startswith("You ask of Coniston Primary School.")
        assert "Policy on the use of Social Media for Employees (May 2018" in shown
        (said,) = replies(server, SAM, lambda: server.press_at_home(SAM, "Can I post a photo of my class?"))
        assert (said["channel"], "photo" in words(said)) == (server.direct(SAM), True)


def test_the_messages_tab_offers_examples(server: SlackServer, run: Run) -> None:
    with run():
        server.open_app(SAM, "messages")
        server.wait_for(lambda: server.called("assistant.threads.setSuggestedPrompts", ok=True))


def test_more_than_twenty_questions_in_a_minute_are_too_many_but_not_a_worry(server: SlackServer, run: Run) -> None:
    the_minute = now_utc()  # which lasts, however busy the machine is
    with run(now=lambda: the_minute) as bot:
        for _ in range(MOST_A_MINUTE):
            server.say(SAM, "school").wait()
        settled(server, bot.given)
        assert words(answer(server, "school")).startswith(TOO_MANY)
        assert "999" in words(answer(server, URGENT))


@pytest.mark.parametrize("fault", [None, Refuses("missing_scope"), Hangs()], ids=["shown", "refused", "hangs"])
def test_an_answer_that_takes_a_while_is_announced_and_comes_whether_or_not_that_works(
    server: SlackServer, run: Run, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    monkeypatch.setattr("bot.dispatcher.TYPING_AFTER", 0.0)
    if fault:
        server.fail("assistant.threads.setStatus", fault)
    with run():
        asked = server.say(SAM, EX_PUPILS)
        assert words(server.wait_for_messages(SAM)[0]).startswith(ADVISED_AGAINST)
        (announced,) = server.wait_for(lambda: server.called("assistant.threads.setStatus"))
        assert announced.arguments["thread_ts"] == asked.payload["event"]["ts"]
        server.mend()


# What is private


@pytest.mark.parametrize("asked", [URGENT, "I have been off sick with depression, who can see my sick note?"])
def test_what_is_urgent_or_sensitive_in_a_channel_is_answered_privately_and_the_thread_says_only_that(
    server: SlackServer, run: Run, asked: str
) -> None:
    with run():
        said = replies(server, SAM, lambda: server.say(SAM, f"@policybot {asked}", ROOM), 2)
        (seen_by_all,) = server.seen_by(KIM)
    private = next(message for message in said if message["channel"] == server.direct(SAM))
    assert words(seen_by_all).startswith(IN_PRIVATE)
    assert "999" not in words(seen_by_all)
    assert ("999" in words(private)) is (asked == URGENT)
    assert len(words(private)) > 100


# Who is answered


def test_guests_strangers_bots_and_other_workspaces_are_told_nothing_of_any_school(server: SlackServer, run: Run) -> None:
    server.add_person("UGUEST", guest=True)
    server.add_person("USTRANGE", team=OTHER_TEAM)
    server.add_person("UBOT", bot=True)
    server.rooms[ROOM].members |= {"UGUEST", "USTRANGE", "UBOT"}
    with run() as bot:
        for user in ("UGUEST", "USTRANGE", "UBOT"):
            assert server.say(user, f"@policybot {EX_PUPILS}", ROOM).wait().acknowledged
            assert server.say(user, EX_PUPILS).wait().acknowledged
        settled(server, bot.given)
    assert server.called("chat.postMessage", "chat.postEphemeral") == []


def test_staff_of_a_workspace_that_is_not_configured_are_strangers(server: SlackServer, run: Run) -> None:
    with run(tenancies={OTHER_TEAM: Tenancy(("coniston",))}):
        assert words(answer(server, EX_PUPILS)).startswith(STRANGER)


def test_guests_are_answered_where_the_school_wants_it(server: SlackServer, run: Run) -> None:
    server.add_person("UGUEST", guest=True)
    with run(guests=True):
        assert words(answer(server, EX_PUPILS, "UGUEST")).startswith(ADVISED_AGAINST)


def test_in_a_trust_each_chooses_a_school_or_the_channel_says_which(server: SlackServer, run: Run) -> None:
    server.add_channel("C2WELLESLEY", SAM, KIM)
    trust = Tenancy(("coniston", "wellesley"), {"C2WELLESLEY": "wellesley"})
    with run(tenancies={TEAM: trust}):
        asked = answer(server, EX_PUPILS)
        assert {"Coniston", "Wellesley"} <= set(labels(asked))
        chosen = press(server, asked, "Coniston")
        assert "You now ask of Coniston Primary School." in words(chosen)
        assert words(answer(server, EX_PUPILS)).startswith(ADVISED_AGAINST)
        there = answer(server, f"@policybot {EX_PUPILS}", SAM, "C2WELLESLEY")
        assert "Asked of: Wellesley Primary School." in words(there)


# What people send


HOSTILE = [
    "<!channel> <!here> can I park?",
    "<@U2STAFF> <#C1STAFF> <!subteam^S1|@heads> can I park?",
    "<https://evil.example|your policy> https://evil.example can I park?",
    "*can* _I_ ~park~ `here`? ```now```",
    "> can I park?\n* here\n1. or there",
    ":smile: can I park? :wave::skin-tone-2:",
    "&lt;!channel&gt; &amp;amp; can I park?",
    "\u202ecan I park?\u202c \u2066x\u2069 \u200f",
    "can I\x00 park?\x1b[31m",
    "<script>alert(1)</script> @everyone can I park? [x](https://evil.example)",
    "😀👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿 can I park?",
    "😀",
    ":smile:",
    "можно ли мне?",
    "/",
    "?",
]


@pytest.mark.parametrize("text", HOSTILE, ids=[ascii(text)[:24] for text in HOSTILE])
def test_whatever_is_typed_is_answered_once_and_becomes_nothing_but_words(server: SlackServer, run: Run, text: str) -> None:
    with run() as bot:
        said = answer(server, text)
        mine = answer(server, "mydata")  # which shows what was typed
        settled(server, bot.given)
        assert len(server.seen_by(SAM)) == 2
    for message in (said, mine):
        assert block_kit.effects(message) == []
        assert not set(words(message) + message["text"]) & set("\u202e\u202c\u2066\u2069\u200f\x00\x1b")
    assert FAULT not in words(said)


def test_forty_thousand_characters_are_too_many_and_that_is_said(server: SlackServer, run: Run) -> None:
    with run():
        said = answer(server, ("may I park my car here " * 1740)[:40_000])
        assert "shorten it" in words(said)
        assert "999" in words(answer(server, "a child told me that her dad hits her. " * 1000))


def test_an_edited_question_is_answered_anew_and_a_deleted_one_is_left(server: SlackServer, run: Run) -> None:
    with run() as bot:
        asked = server.say(SAM, PARKING)
        server.wait_for_messages(SAM)
        edited = server.edit(asked, EX_PUPILS)
        said = server.wait_for_messages(SAM, 2)[-1]
        assert words(said).startswith(ADVISED_AGAINST)
        assert said["thread_ts"] == asked.payload["event"]["ts"]
        server.deliver_again(edited.wait()).wait()
        server.edit(edited).wait()
        server.delete(asked).wait()
        settled(server, bot.given)
        assert len(server.seen_by(SAM)) == 2


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("image/jpeg", "", "I have not opened or kept your photo. Please write your question"),
        ("image/jpeg", EX_PUPILS, "I have read only your words. I have not opened or kept your photo."),
        ("slack_audio", "", "your voice message"),
        ("application/pdf", "", "your file"),
        ("image/png", URGENT, "ring 999"),
    ],
)
def test_what_is_no_text_is_neither_opened_nor_kept_and_that_is_said(
    server: SlackServer, run: Run, kind: str, text: str, told: str
) -> None:
    with run():
        (said,) = replies(server, SAM, lambda: server.send_file(SAM, kind, text))
    assert told in words(said)
    assert words(said).startswith(ADVISED_AGAINST) is (text == EX_PUPILS)


# Deliveries


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
def test_what_is_delivered_again_is_answered_once_and_counted(server: SlackServer, run: Run, *, socket: bool) -> None:
    with run(socket) as bot:
        asked = server.say(SAM, EX_PUPILS).wait()
        server.wait_for_messages(SAM)
        settled(server, bot.given)
        assert server.deliver_again(asked).wait().acknowledged
        settled(server, bot.given)
        assert len(server.seen_by(SAM)) == 1
        assert bot.given.counted(SLACK, DUPLICATES) == 1
    with run(socket) as again:  # nor is it after a restart
        assert server.deliver_again(asked).wait().acknowledged
        settled(server, again.given)
        assert len(server.seen_by(SAM)) == 1


def test_two_processes_on_one_store_answer_once(server: SlackServer, run: Run) -> None:
    with run(True) as bot, run(True):
        server.wait_for(lambda: server.sockets == 2)
        for number in range(4):
            delivery = server.say(SAM, f"school {number}?").wait()
            server.deliver_again(delivery).wait()
        settled(server, bot.given)
        assert len(server.seen_by(SAM)) == 4


def process(home: Path, server: SlackServer, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.platforms.slack_bot", str(home), server.api_url, *options]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL)


def test_a_process_that_is_killed_before_it_answers_is_followed_by_one_that_does(
    server: SlackServer, run: Run, home: Path
) -> None:
    server.tries_again_after = ()
    with process(home, server, "--dies") as killed:
        server.wait_for(lambda: server.sockets)
        server.say(SAM, EX_PUPILS).wait()
        killed.wait(timeout=60)
    assert server.seen_by(SAM) == []
    with run(now=lambda: now_utc() + 2 * LEASE) as bot:
        assert words(server.wait_for_messages(SAM)[0]).startswith(ADVISED_AGAINST)
        settled(server, bot.given)
        assert len(server.seen_by(SAM)) == 1


@pytest.mark.parametrize(("taken", "times"), [(False, 1), (True, 2)], ids=["not taken", "taken"])
def test_a_process_that_is_killed_before_its_reply_is_noted_is_followed_by_one_that_says_it(
    server: SlackServer, run: Run, home: Path, *, taken: bool, times: int
) -> None:
    server.fail("chat.postMessage", Hangs(accepted=taken))
    with process(home, server) as killed:
        server.wait_for(lambda: server.sockets)
        server.say(SAM, EX_PUPILS).wait()
        server.wait_for(lambda: server.called("chat.postMessage"))
        killed.send_signal(signal.SIGKILL)
    server.mend()
    with run(now=lambda: now_utc() + 2 * LEASE) as bot:
        said = server.wait_for_messages(SAM, times)
        settled(server, bot.given)
        assert bot.given.counted(SLACK, RESENT) == 1
        assert len(server.seen_by(SAM)) == times
    assert len({message["metadata"]["event_payload"]["reference"] for message in said}) == 1


@pytest.mark.parametrize(
    "faults",
    [[RateLimited(1)], [ServerError(502), Drops(), ServerError(500)]],
    ids=["too many", "gone for a while"],
)
def test_a_reply_that_is_not_taken_now_is_said_later_once(server: SlackServer, run: Run, faults: list[Any]) -> None:
    with run() as bot:
        for fault in faults:
            server.fail("chat.postMessage", fault)
        assert words(answer(server, EX_PUPILS)).startswith(ADVISED_AGAINST)
        settled(server, bot.given)
        assert len(server.seen_by(SAM)) == 1
    assert [call.ok for call in server.called("chat.postMessage")] == [False] * len(faults) + [True]


def test_the_sdk_tries_nothing_again_by_itself(server: SlackServer, run: Run) -> None:
    begun, later = now_utc(), timedelta()
    with run(now=lambda: begun + later) as bot:  # our own time to try again comes when we say so, the SDK's after a second
        server.fail("chat.postMessage", RateLimited(1))
        server.say(SAM, EX_PUPILS).wait()
        server.wait_for(lambda: server.called("chat.postMessage"))
        server.pause(1.5)
        assert len(server.called("chat.postMessage")) == 1
        later = timedelta(seconds=2)
        server.wait_for_messages(SAM)
        settled(server, bot.given)


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
def test_after_an_outage_everything_that_was_asked_is_answered(
    server: SlackServer, run: Run, monkeypatch: pytest.MonkeyPatch, *, socket: bool
) -> None:
    monkeypatch.setattr("bot.channels.slack.PING_SECONDS", 0.2)
    with run(socket) as bot:
        answer(server, EX_PUPILS)
        server.fail("chat.postMessage", Drops(), times=None)
        asked = [server.say(user, EX_PUPILS).wait() for user in (SAM, SAM, KIM)]
        assert all(one.acknowledged for one in asked if one.payload["event"]["user"] == SAM)
        server.go_down()
        server.mend()
        server.come_back()
        if socket:
            server.wait_for(lambda: server.sockets)
        assert len(server.wait_for_messages(SAM, 3)) == 3
        assert words(server.wait_for_messages(KIM)[0]).startswith(ADVISED_AGAINST)
        settled(server, bot.given)
        assert [len(server.seen_by(user)) for user in (SAM, KIM)] == [3, 1]


def test_a_reply_that_cannot_be_said_for_ten_minutes_is_given_up_and_counted(server: SlackServer, run: Run) -> None:
    with run() as bot:
        server.fail("chat.postMessage", RateLimited(601))
        server.say(SAM, EX_PUPILS).wait()
        settled(server, bot.given)
        assert bot.given.counted(SLACK, UNDELIVERED) == 1


@pytest.mark.parametrize("error", ["channel_not_found", "is_archived", "account_inactive"])
def test_a_reply_that_slack_refuses_is_dropped_with_its_reason(server: SlackServer, run: Run, error: str) -> None:
    with run() as bot:
        server.fail("chat.postMessage", Refuses(error))
        server.say(SAM, EX_PUPILS).wait()
        settled(server, bot.given)
        assert bot.given.counted(SLACK, DROPPED) == 1
        with bot.given.parts.indexes.versions.engine.connect() as connection:
            assert connection.scalar(select(outbox.c.reason)) == error
    assert server.seen_by(SAM) == []


def test_one_slow_call_delays_nobody_else(server: SlackServer, run: Run) -> None:
    with run():
        server.fail("chat.postMessage", Hangs())
        server.say(SAM, EX_PUPILS).wait()
        server.wait_for(lambda: server.called("chat.postMessage"))
        assert words(answer(server, EX_PUPILS, KIM)).startswith(ADVISED_AGAINST)
        assert server.seen_by(SAM) == []
        server.mend()
        server.wait_for_messages(SAM)


def test_what_slack_has_not_signed_is_refused_and_counted(server: SlackServer, run: Run) -> None:
    with run() as bot:
        asked = server.say(SAM, EX_PUPILS).wait()
        body = json.dumps(asked.payload).encode()
        assert server.post(body, server.signed(body, at=1_000_000_000))[0] == 401
        assert server.post(body, server.signed(body, secret="guessed"))[0] == 401  # noqa: S106
        assert bot.given.counted(SLACK, REFUSED) == 2


def test_a_socket_that_ends_is_opened_again_and_nothing_is_lost(
    server: SlackServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.slack.PING_SECONDS", 0.2)
    with run(True):
        server.ask_to_reconnect()
        server.wait_for(lambda: server.connections == 2 and server.sockets == 1)
        server.cut_sockets()
        server.wait_for(lambda: server.connections == 3 and server.sockets == 1)
        assert words(answer(server, EX_PUPILS)).startswith(ADVISED_AGAINST)


# The process that a school runs


@pytest.mark.parametrize("socket", [True, False], ids=["socket", "http"])
def test_policybot_serve_answers_on_slack_and_ends_quietly(server: SlackServer, home: Path, *, socket: bool) -> None:
    (home / "policybot.yaml").write_text(f"slack:\n  workspaces:\n    {TEAM}: {{schools: [coniston]}}\n")
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLICYBOT_")} | {
        "POLICYBOT_HOME": str(home),
        "POLICYBOT_BIND": f"127.0.0.1:{port}",
        "POLICYBOT_SLACK__BOT_TOKEN": BOT_TOKEN,
        "POLICYBOT_SLACK__API_BASE_URL": server.api_url,
        **({"POLICYBOT_SLACK__APP_TOKEN": APP_TOKEN} if socket else {"POLICYBOT_SLACK__SIGNING_SECRET": SIGNING_SECRET}),
    }
    command = [sys.executable, "-m", "bot", "serve"]
    where = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=where, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as bot:
        try:
            assert bot.stdout is not None
            assert bot.stdout.readline().startswith("policybot answers at")
            if socket:
                server.wait_for(lambda: server.sockets)
            else:
                server.deliver_to(f"http://127.0.0.1:{port}/slack/events")
            # Until it listens Slack delivers again.
            server.tries_again_after = (0.5,) * 20
            assert words(answer(server, EX_PUPILS)).startswith(ADVISED_AGAINST)
        finally:
            bot.send_signal(signal.SIGTERM)
            _, error = bot.communicate(timeout=30)
    assert error == ""
