"""Microsoft Teams, whole: a signed activity in, its answer in the chat; over the real SDK, a real store, the demo's schools."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.channels.teams import PATH
from bot.clock import now_utc
from bot.commands import COMMANDS
from bot.conversation import MOST_A_MINUTE
from bot.deliveries import DROPPED, DUPLICATES, LEASE, REFUSED
from bot.layout import WORRIED
from bot.people import TEAMS
from bot.turn import IN_PRIVATE
from bot.watches import TELL_ME
from retrieval.knowledge import Knowledge
from tests.platforms.background import Background
from tests.platforms.bots import Bot
from tests.platforms.served import free_port
from tests.platforms.teams_bot import SCHOOL, registered, teams_bot
from tests.platforms.teams_server import (
    ANNE,
    APP_ID,
    BEN,
    CHANNEL,
    FEDERATED,
    GROUP,
    GUEST,
    OTHER_TENANT,
    PERSONAL,
    SECRET,
    STRANGER,
    TENANT,
    Chat,
    TeamsServer,
    Who,
    private_chat,
)

pytestmark = pytest.mark.usefixtures("hurried")

FRIENDS = "Can I accept a parent's friend request?"
URGENT = "a child told me that her dad hits her"
NOT_ALLOWED = "not allowed."
_HERE = Path(__file__).parents[2]


@pytest.fixture
def teams() -> Iterator[TeamsServer]:
    with TeamsServer() as server:
        yield server


class Running:
    """A bot that runs, and Teams before it."""

    def __init__(self, teams: TeamsServer, bot: Bot) -> None:
        self.teams = teams
        self.bot = bot
        self.address = bot.address + PATH
        self._seen = 0

    def send(self, activity: dict[str, Any]) -> int:
        """Send an activity; return what the bot answers Teams."""
        return self.teams.send(activity, self.address).status_code

    def replies(self, activity: dict[str, Any], number: int = 1) -> list[dict[str, Any]]:
        """Send an activity; return the replies, of which there are so many."""
        assert self.send(activity) == 200
        return self.next(number)

    def next(self, number: int = 1) -> list[dict[str, Any]]:
        """Return the next replies."""
        self._seen += number
        return self.teams.wait_for_messages(self._seen)[-number:]

    def asked(self, text: str, who: Who = ANNE, chat: Chat = PERSONAL) -> str:
        """Ask; return the words of the one reply."""
        return words(self.replies(self.teams.message(text, who, chat))[0])

    def settled(self) -> None:
        """Ask something harmless and wait for its answer, so that whatever else was to come has come; nothing else did."""
        assert "I find the rule" in self.asked("/help", BEN, Chat("a:1ben-and-the-bot"))


@pytest.fixture
def running(teams: TeamsServer, home: Path, knowledge: Knowledge) -> Iterator[Running]:
    with Background(teams_bot(home, knowledge, registered(teams.openid_metadata_url, teams.login_url))) as bot:
        yield Running(teams, bot.given)


def words(activity: dict[str, Any]) -> str:
    """Return what a person reads of a reply, buttons included, one element a line."""
    return "\n".join(_read(activity["attachments"][0]["content"]["body"]))


def _read(elements: list[dict[str, Any]]) -> Iterator[str]:
    for element in elements:
        if element["type"] == "RichTextBlock":
            yield "".join(run["text"] for run in element["inlines"])
        elif element["type"] == "TextBlock":
            yield element["text"]
        elif element["type"] == "ActionSet":
            yield from (f"[{action['title']}]" for action in element["actions"])
        else:
            yield from _read(element["items"])


def button(activity: dict[str, Any], title: str) -> dict[str, Any]:
    """Return what a button sends."""
    for element in activity["attachments"][0]["content"]["body"]:
        for action in element.get("actions", []):
            if action["title"] == title:
                return dict(action["data"])
    raise AssertionError(f"no button {title!r} under {words(activity)}")


def test_a_question_is_answered_with_the_clause_word_for_word(running: Running) -> None:
    reply = running.replies(running.teams.message(FRIENDS))[0]
    told = words(reply)
    assert told.startswith("Chase Terrace's policy (undated): not allowed.")
    assert "accept a friend request from a pupil, an ex-pupil or a member of a pupil/ex-pupil’s family" in told
    assert "Social Media Policy, Personal use of social media (d), version 1 (undated)." in told
    assert told.endswith(f"[{WORRIED}]")
    assert reply["summary"] == "Chase Terrace's policy (undated): not allowed."
    assert running.teams.calls[-1].conversation == PERSONAL.id


@pytest.mark.parametrize("chat", [GROUP, CHANNEL], ids=lambda chat: chat.kind)
def test_a_mention_is_answered_where_it_was_made(running: Running, chat: Chat) -> None:
    assert NOT_ALLOWED in running.asked(FRIENDS, BEN, chat)
    assert running.teams.calls[-1].conversation == chat.conversation["id"]


def test_what_does_not_mention_the_bot_is_left_alone(running: Running) -> None:
    unmentioned = running.teams.message(FRIENDS, BEN, GROUP) | {"entities": [], "text": FRIENDS}
    assert running.send(unmentioned) == 200
    running.settled()


def test_a_follow_up_is_understood_in_its_own_conversation_alone(running: Running) -> None:
    running.asked("Can I be friends with parents on Facebook?")
    followed = running.asked("what about ex-pupils?")
    assert "ex-pupil" in followed
    other = Chat("19:other@thread.tacv2", "channel", "1790000000002")
    assert running.asked("what about ex-pupils?", chat=other) != followed


def test_each_button_under_an_answer_does_what_it_says(running: Running) -> None:
    answer = running.replies(running.teams.message(FRIENDS))[0]
    for title, expected in {
        "Show the whole section": "Personal use of social media",
        "Not what I meant": "Perhaps it is one of these rules.",
        "Keep this answer": "Your copy of this answer.",
        TELL_ME: "I tell you when this rule changes: ",
        "This helped": "Thank you.",
        "This did not help": "Thank you.",
        WORRIED: "If anybody is in immediate danger, ring 999 now.",
    }.items():
        pressed = running.teams.pressed(button(answer, title))
        assert expected in words(running.replies(pressed)[0])


def test_the_examples_under_help_are_asked_at_one_press(running: Running) -> None:
    helped = running.replies(running.teams.message("/help"))[0]
    assert NOT_ALLOWED in words(running.replies(running.teams.pressed(button(helped, FRIENDS)))[0])


COMMAND_TOLD = {
    "join": "code",
    "help": "I find the rule in your school's policies",
    "worried": "If anybody is in immediate danger, ring 999 now.",
    "contacts": "Whom to turn to at Chase Terrace",
    "sent": "You have handed nothing over.",
    "watching": "I watch no rule for you.",
    "policies": "I look in:",
    "school": "You ask of Chase Terrace",
    "whoami": "You joined",
    "privacy": "What I keep, and for how long",
    "mydata": "I keep no question of yours.",
    "forget": "There was nothing of yours to delete.",
    "leave": "Do you want to leave",
}


def test_every_command_works_with_a_stroke_and_none_is_forgotten_here(running: Running) -> None:
    assert set(COMMAND_TOLD) == {command.name for command in COMMANDS}
    for name, expected in COMMAND_TOLD.items():
        assert expected in running.asked(f"/{name}"), name


def test_whoever_leaves_is_told_so_and_answered_no_more(running: Running) -> None:
    asked = running.replies(running.teams.message("/leave"))[0]
    pressed = next(action["data"] for action in _actions(asked) if action["title"].startswith("Leave"))
    assert "You have left" in words(running.replies(running.teams.pressed(pressed))[0])
    assert "Your access has ended." in running.asked(FRIENDS)


def _actions(activity: dict[str, Any]) -> list[dict[str, Any]]:
    return [action for one in activity["attachments"][0]["content"]["body"] for action in one.get("actions", [])]


def test_another_tenant_is_refused_and_told_nothing(running: Running) -> None:
    elsewhere = Chat("a:1stranger", tenant=OTHER_TENANT)
    assert running.send(running.teams.message(FRIENDS, STRANGER, elsewhere)) == 403
    # A chat that two tenants share is not the school's alone.
    shared = running.teams.message(FRIENDS) | {"channelData": {"tenant": {"id": OTHER_TENANT}}}
    assert running.send(shared) == 403
    untold = running.teams.message(FRIENDS) | {"channelData": {}, "conversation": {"id": PERSONAL.id}}
    assert running.send(untold) == 403
    assert running.bot.counted(TEAMS, REFUSED) == 3
    running.settled()


@pytest.mark.parametrize("who", [GUEST, FEDERATED], ids=lambda who: who.name)
def test_a_guest_and_somebody_from_elsewhere_in_the_schools_own_team_are_refused(running: Running, who: Who) -> None:
    for chat in (GROUP, CHANNEL):
        assert running.send(running.teams.message(URGENT, who, chat)) == 403
    assert running.bot.counted(TEAMS, REFUSED) == 2
    running.settled()


def test_where_nobody_can_say_who_is_a_guest_teams_is_asked_to_come_again(running: Running) -> None:
    running.teams.fail(503, where="/members/")
    message = running.teams.message(FRIENDS, BEN, GROUP)
    assert running.send(message) == 503
    assert NOT_ALLOWED in words(running.replies(message)[0])
    running.teams.fail(403, where="/members/")
    assert running.send(running.teams.message(FRIENDS, ANNE, GROUP)) == 403


def test_wrong_tokens_are_refused_and_counted_and_nothing_is_answered(running: Running) -> None:
    tokens = running.teams.wrong_tokens()
    for wrong, token in tokens.items():
        response = running.teams.send(running.teams.message(FRIENDS), running.address, token)
        assert (wrong, response.status_code) == (wrong, 401)
    assert running.bot.counted(TEAMS, REFUSED) == len(tokens)
    running.settled()


def test_what_is_delivered_again_is_answered_once(running: Running) -> None:
    message = running.teams.message(FRIENDS)
    running.replies(message)
    for _ in range(3):
        assert running.send(message) == 200
    running.settled()
    assert running.bot.counted(TEAMS, DUPLICATES) == 3


def test_one_number_in_two_conversations_is_two_messages(running: Running) -> None:
    message = running.teams.message(FRIENDS)
    running.replies(message)
    running.replies(running.teams.message(FRIENDS, BEN, GROUP) | {"id": message["id"]})


def test_a_429_is_waited_for_as_long_as_teams_says(running: Running) -> None:
    running.asked(FRIENDS)  # the first answer is so slow that the sign of typing could take the refusal
    before = len(running.teams.calls)
    running.teams.fail(429, retry_after=1, where="/activities")
    assert NOT_ALLOWED in running.asked(FRIENDS)
    assert [call.status for call in running.teams.calls[before:] if call.body["type"] == "message"] == [429, 201]


@pytest.mark.parametrize("status", [412, 500, 502, 503, 504])
def test_what_teams_cannot_take_this_time_is_sent_again(running: Running, status: int) -> None:
    running.teams.fail(status, where="/activities")
    assert NOT_ALLOWED in running.asked(FRIENDS)


def test_a_token_that_teams_no_longer_takes_is_asked_for_anew(running: Running) -> None:
    running.asked("/help")
    running.teams.fail(401, where="/activities")
    assert NOT_ALLOWED in running.asked(FRIENDS)
    assert running.teams.tokens_issued == 2


def test_an_outage_loses_nothing(running: Running) -> None:
    message = running.teams.message(FRIENDS)
    running.settled()  # the keys are known, as they are to a bot that has run for a while
    with running.teams.away():
        assert running.send(message) == 200
    assert NOT_ALLOWED in words(running.next()[0])


def test_whoever_has_blocked_the_bot_gets_nothing_and_holds_up_nobody(running: Running) -> None:
    running.teams.block(PERSONAL)
    assert running.send(running.teams.message(FRIENDS)) == 200
    running.teams.wait(lambda: running.bot.counted(TEAMS, DROPPED))
    running.settled()
    assert running.bot.counted(TEAMS, DROPPED) == 1
    to_her = [call for call in running.teams.calls if call.conversation == PERSONAL.id and call.body.get("type") == "message"]
    assert [call.status for call in to_her] == [403]


def test_the_answer_does_not_keep_teams_waiting(running: Running) -> None:
    running.settled()
    with running.teams.hanging():
        assert running.send(running.teams.message(FRIENDS)) == 200
        assert len(running.teams.posted) == 1
    assert NOT_ALLOWED in words(running.next()[0])


HOSTILE = [
    "<at>everyone</at> friend request **from** a [parent](http://evil.example) `x` _y_ <b>z</b>",
    "\u202efriend request from a parent\u202c \u200f# heading\n\n1. one\n- two\n> three",
    '&lt;at&gt;all&lt;/at&gt; {"type": "Action.OpenUrl"} <script>alert(1)</script> friend request',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_becomes_no_markup_no_mention_and_no_link(running: Running, text: str) -> None:
    running.replies(running.teams.message(text))
    reply = running.replies(running.teams.message("/mydata"))[0]  # which repeats the question
    raw = json.dumps(reply, ensure_ascii=False)
    assert "friend request" in words(reply)
    assert "entities" not in reply
    assert "Action.OpenUrl" not in {action["type"] for action in _actions(reply)}
    assert "selectAction" not in raw
    assert not {"\u202e", "\u202c", "\u200f"} & set(raw)
    # What stands in a text block is read as Markdown: nothing typed does.
    blocks = [one["text"] for one in reply["attachments"][0]["content"]["body"] if one["type"] == "TextBlock"]
    assert not any("friend" in text for text in blocks)


def test_emoji_alone_and_far_too_much_are_answered_kindly(running: Running) -> None:
    assert "write your question in a sentence" in running.asked("🙈🙉🙊")
    assert "shorten it to 4000 or fewer" in running.asked("why " * 10_000)
    assert NOT_ALLOWED in running.asked("Can I accept a parent's friend request? 🙏")


def test_an_edited_message_is_answered_anew_once(running: Running) -> None:
    message = running.teams.message("hello")
    running.replies(message)
    edited = running.replies(running.teams.edited(message, FRIENDS))[0]
    assert NOT_ALLOWED in words(edited)
    assert running.send(running.teams.edited(message, "May I smoke on site?")) == 200
    running.settled()


def test_deletions_and_all_that_nobody_wrote_are_left_alone(running: Running) -> None:
    message = running.teams.message(FRIENDS)
    running.replies(message)
    for silent in (
        running.teams.deleted(message),
        running.teams.installed(),
        running.teams.installed(action="remove"),
        running.teams.joined(),
        running.teams.activity("typing", ANNE, PERSONAL),
        running.teams.activity("messageReaction", ANNE, PERSONAL, reactionsAdded=[{"type": "like"}]),
        running.teams.message(FRIENDS) | {"from": {"id": "28:another-bot", "name": "A bot"}},
        running.teams.message(FRIENDS) | {"from": ANNE.account | {"role": "bot"}},
        running.teams.message(FRIENDS) | {"deliveryMode": "default", "type": "event", "name": "unheard of"},
    ):
        assert running.send(silent) == 200
    assert running.send(running.teams.voted("like", "", "1")) == 501
    running.settled()


def test_a_delivery_mode_that_the_sdk_does_not_know_does_no_harm(running: Running) -> None:
    assert NOT_ALLOWED in words(running.replies(running.teams.message(FRIENDS) | {"deliveryMode": "default"})[0])


def test_a_photo_and_a_file_are_not_opened_and_that_is_said_kindly(running: Running) -> None:
    assert "I have not opened or kept your photo." in words(running.replies(running.teams.with_image())[0])
    assert "I have not opened or kept your file." in words(running.replies(running.teams.with_file())[0])
    both = words(running.replies(running.teams.with_image(FRIENDS))[0])
    assert NOT_ALLOWED in both
    assert "I have read only your words." in both
    assert "Tell the designated safeguarding lead (DSL) now" in words(running.replies(running.teams.with_image(URGENT))[0])
    assert {call.method for call in running.teams.calls} == {"POST"}  # nothing was fetched


@pytest.mark.parametrize("chat", [GROUP, CHANNEL], ids=lambda chat: chat.kind)
def test_what_is_urgent_in_a_channel_is_answered_to_the_asker_alone(running: Running, chat: Chat) -> None:
    told, note = running.replies(running.teams.message(URGENT, BEN, chat), 2)
    assert words(told).startswith("If anybody is in immediate danger, ring 999 now.")
    assert words(note) == f"{IN_PRIVATE}\n[{WORRIED}]"
    alone, here = [call.conversation for call in running.teams.calls if call.body in (told, note)]
    assert alone == private_chat(BEN.account["id"]).id
    assert here == chat.conversation["id"]


def test_where_the_asker_cannot_be_written_to_alone_the_thread_says_what_to_do(running: Running) -> None:
    running.teams.block(private_chat(BEN.account["id"]))
    told = running.asked(URGENT, BEN, CHANNEL)
    assert "I cannot write to you alone from here." in told
    assert "999" in told
    assert "hits" not in told
    running.settled()  # and no note that it was answered in private


@pytest.mark.parametrize("body", [b"", b"junk", b"[]", b'"text"', b'{"type": 5}', b'{"conversation": "here"}', b"\xff\xfe"])
def test_junk_is_a_bad_request(running: Running, body: bytes) -> None:
    headers = {"authorization": f"Bearer {running.teams.token()}"}
    assert httpx.post(running.address, content=body, headers=headers).status_code == 400


def test_a_body_too_large_is_refused_unread(running: Running) -> None:
    assert httpx.post(running.address, content=b" " * 1_000_001).status_code == 413


def test_more_than_twenty_questions_in_a_minute_are_met_with_a_kind_word(running: Running) -> None:
    for _ in range(MOST_A_MINUTE):
        running.asked("/help")
    assert "Please wait a minute" in running.asked(FRIENDS)


# Processes of their own, and what they leave behind when they are killed.


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the bot does not start")


@pytest.fixture
def start(home: Path, teams: TeamsServer) -> Iterator[Callable[..., tuple[subprocess.Popen[bytes], str]]]:
    """Start the bot as a process of its own on this test's data folder; all are stopped at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*more: str) -> tuple[subprocess.Popen[bytes], str]:
        command = [sys.executable, "-W", "ignore", "-m", "tests.platforms.teams_bot", str(home)]
        given = [teams.openid_metadata_url, teams.login_url, *more]
        process = subprocess.Popen([*command, *given], cwd=_HERE, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().decode().strip() + PATH

    yield run
    for process in started:
        process.kill()
        process.communicate(timeout=10)


@pytest.fixture
def next_bot(teams: TeamsServer, home: Path, knowledge: Knowledge) -> Background[Bot]:
    """The bot on the same data folder when the leases of the one before have run out; it runs once it is entered."""
    registration = registered(teams.openid_metadata_url, teams.login_url)
    return Background(teams_bot(home, knowledge, registration, now=lambda: now_utc() + 2 * LEASE))


def test_an_event_whose_process_was_killed_before_the_answer_is_answered_by_the_next(
    teams: TeamsServer, start: Callable[..., tuple[subprocess.Popen[bytes], str]], next_bot: Background[Bot]
) -> None:
    process, address = start("--dies")
    message = teams.message(FRIENDS)
    # It may die before it has acknowledged: then Teams delivers again, and it is still answered once.
    with suppress(httpx.TransportError):
        assert teams.send(message, address).status_code == 200
    process.wait(30)
    with next_bot:
        assert NOT_ALLOWED in words(teams.wait_for_messages(1)[0])
        address = next_bot.given.address + PATH
        assert teams.send(message, address).status_code == 200
        assert teams.send(teams.message("/help"), address).status_code == 200
        assert "I find the rule" in words(teams.wait_for_messages(2)[1])


def test_a_reply_whose_process_was_killed_while_saying_it_is_said_by_the_next(
    teams: TeamsServer, start: Callable[..., tuple[subprocess.Popen[bytes], str]], next_bot: Background[Bot]
) -> None:
    process, address = start()
    with teams.hanging():
        assert teams.send(teams.message(FRIENDS), address).status_code == 200
        teams.wait(lambda: any(b'"message"' in body for body in teams.held))
        process.kill()
        process.wait(10)
    # Teams has taken it, but nobody noted that: it comes a second time, and can be told by its reference.
    with next_bot:
        first, second = teams.wait_for_messages(2)
    assert words(first) == words(second)
    assert button(first, WORRIED)["reference"] == button(second, WORRIED)["reference"] != ""


def test_policybot_serve_answers_in_teams_as_it_is_configured(teams: TeamsServer, home: Path) -> None:
    configured = {
        "app_id": APP_ID,
        "tenant_id": TENANT,
        "openid_metadata_url": teams.openid_metadata_url,
        "token_url": f"{teams.login_url}/{TENANT}/oauth2/v2.0/token",
        "tenants": {TENANT: {"schools": [SCHOOL]}},
    }
    (home / "policybot.yaml").write_text(json.dumps({"teams": configured}))  # JSON is YAML
    port = free_port()
    bind = f"127.0.0.1:{port}"
    settings = {"POLICYBOT_HOME": str(home), "POLICYBOT_BIND": bind, "POLICYBOT_TEAMS__CLIENT_SECRET": SECRET}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLICYBOT_")} | settings
    command = [sys.executable, "-m", "bot", "serve"]
    with subprocess.Popen(command, env=environment, cwd=_HERE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            wait_until_it_listens(process, port)
            assert teams.send(teams.message(FRIENDS), f"http://{bind}{PATH}", seconds=60).status_code == 200
            assert NOT_ALLOWED in words(teams.wait_for_messages(1)[0])
            elsewhere = Chat("a:1stranger", tenant=OTHER_TENANT)
            stranger = teams.message(FRIENDS, STRANGER, elsewhere)
            assert teams.send(stranger, f"http://{bind}{PATH}").status_code == 403
        finally:
            process.terminate()
            out = process.communicate(timeout=30)
    assert b"Traceback" not in out[1]
