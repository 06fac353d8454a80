"""Whatever is asked, by whom and wherever it fails, no line of the log holds a word of it, a name, an account or a token.

Everything is written down that any library says, for its developers too, and that the platforms on this machine say.
"""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.channels.slack import EVENTS_PATH
from bot.channels.teams import PATH
from bot.clock import now_utc
from bot.people import PersonRole
from retrieval.knowledge import Knowledge
from tests.platforms.background import Background
from tests.platforms.bots import KEY, Bot
from tests.platforms.logged import Log, logged
from tests.platforms.seats import OnPage, OnSlack, OnTeams, OnTelegram, Seat
from tests.platforms.slack_server import BOT_TOKEN, SIGNING_SECRET, Drops, Refuses, ServerError, SlackServer, slack
from tests.platforms.teams_server import SECRET, TENANT, TeamsServer, Who, private_chat
from tests.platforms.telegram_server import TOKEN, Fault, Someone, TelegramServer
from tests.platforms.whole_bot import whole_bot

pytestmark = pytest.mark.usefixtures("hurried")

SCHOOL = "coniston"
# Each of these stands in no code, and is looked for by itself.
WORDS = PARENT, PLACE, THING = "Xanthippe", "Quagmireton", "marmaladeograph"
QUESTION = f"Can I be friends online with {PARENT}, a parent from {PLACE}, about her {THING}?"
SLACK_USER, SLACK_NAME = "U7QUILLFEATHER", "Zebedee Quillfeather"
TEAMS_USER = Who("Peregrine Oddsworth")
TELEGRAM_USER = Someone(770077431, "Thistledown", last_name="Bracegirdle")
NAMES = (*SLACK_NAME.split(), *TEAMS_USER.name.split(), "Thistledown", "Bracegirdle")
ACCOUNTS = (SLACK_USER, TEAMS_USER.object_id, str(TELEGRAM_USER.id), TENANT, SCHOOL)
SECRETS = (BOT_TOKEN, SIGNING_SECRET, TOKEN, TOKEN.partition(":")[2], SECRET, KEY.decode())
AT_FAULT = "Something went wrong on our side"
TOLD = {
    "A call failed in a way that was not foreseen",
    "A file was not given",
    "A message could not be answered",
    "A request was refused: Microsoft has not signed it",
    "An event could not be answered, and will be tried again",
    "An update has a form that cannot be read",
    "Exception in ASGI application",
    "Not even the fault could be told",
    "Slack refused a layout, and got the words alone",
    "Slack sent what has an unknown shape",
    "Telegram could not be asked; trying again",
    "Telegram refuses the token; trying again",
}


@dataclass(frozen=True)
class Running:
    """The bot on all channels, with somebody at each, and its log; `codes` are those with which two of them joined."""

    log: Log
    bot: Bot
    background: Background[Bot]
    slack: SlackServer
    teams: TeamsServer
    telegram: TelegramServer
    page: OnPage
    on_platforms: tuple[Seat, Seat, Seat]
    codes: list[str]

    @property
    def seats(self) -> tuple[Seat, ...]:
        return (*self.on_platforms, self.page)

    def settled(self) -> None:
        """Wait until nothing is left to be answered or said."""
        self.slack.wait_for(lambda: not self.bot.waiting)

    def logs(self, event: str) -> None:
        """Wait until the log says something."""
        self.slack.wait_for(lambda: event in self.log.getvalue())


@pytest.fixture
def running(home: Path, knowledge: Knowledge) -> Iterator[Running]:
    with ExitStack() as stack:
        log = stack.enter_context(logged(everything=True))
        servers = stack.enter_context(slack()), stack.enter_context(TeamsServer()), stack.enter_context(TelegramServer())
        names = ("slack", "teams", "telegram")
        servers[0].add_person(SLACK_USER, name=SLACK_NAME)
        background = Background(whole_bot(home, knowledge, SCHOOL, **dict(zip(names, servers, strict=True)), now=now_utc))
        bot = stack.enter_context(background).given
        codes = [bot.parts.people.invite(SCHOOL, PersonRole.STAFF)[1] for _ in "ab"]
        page = OnPage(bot.address, codes[0])
        stack.callback(page.leaves)
        seats = (
            OnSlack(servers[0], SLACK_USER),
            OnTeams(servers[1], TEAMS_USER, bot.address),
            OnTelegram(servers[2], TELEGRAM_USER),
        )
        seats[2].asks(f"/start {codes[1]}", "Welcome.")
        yield Running(log, bot, background, *servers, page, seats, codes)


def platforms_refuse_answers(running: Running) -> None:
    """Take an answer only later, or never, and repeat it in their own words."""
    for fault in (Refuses("invalid_blocks"), ServerError(502), Drops()):
        running.slack.fail("chat.postMessage", fault)
    running.teams.fail(500, code=PARENT)
    running.telegram.fails("sendMessage", Fault(502, QUESTION), Fault(0), Fault(401, QUESTION), Fault(400, QUESTION))
    for seat in running.on_platforms:
        seat.writes(QUESTION)
    running.settled()
    running.teams.fail(403, code=PARENT)
    running.on_platforms[1].writes(QUESTION)
    running.settled()


def platforms_cannot_be_asked(running: Running) -> None:
    """Tell neither what is new nor who somebody is."""
    telegram = running.telegram
    telegram.fails("getUpdates", Fault(409, f"Conflict: {QUESTION}"), Fault(401, QUESTION), Fault(0))
    telegram.writes(TELEGRAM_USER, QUESTION)  # the last time that it is asked well
    running.logs("Telegram refuses the token; trying again")
    running.slack.add_person("U8STRANGER", name=PARENT)
    for fault in (ServerError(503), Refuses(PARENT), Refuses("missing_scope")):
        running.slack.fail("users.info", fault)
    running.slack.say("U8STRANGER", QUESTION).wait()
    running.settled()


def what_comes_cannot_be_read(running: Running) -> None:
    """Send what has a form that nobody knows, or is not signed."""
    slack, teams, telegram = running.slack, running.teams, running.telegram
    telegram.gives({"message": {"message_id": 1, "date": QUESTION, "chat": {}, "text": QUESTION}})
    telegram.wait(lambda: not telegram.unconfirmed)
    slack.deliver_event({"type": "message", "channel_type": "im", "text": QUESTION, "user": SLACK_USER}).wait()
    with httpx.Client(base_url=running.bot.address) as anybody:
        anybody.post(EVENTS_PATH, content=QUESTION, headers={"x-slack-signature": PARENT})
        anybody.post(PATH, content=QUESTION)
        anybody.post("/chat", data={"question": QUESTION, "school": PLACE})
        anybody.get(f"/{PARENT}?{PLACE}={THING}", headers={"cookie": f"policybot={PARENT}", "host": PARENT})
    message = teams.message(QUESTION, TEAMS_USER, private_chat(TEAMS_USER.account["id"]))
    for token in teams.wrong_tokens().values():
        teams.send(message, running.bot.address + PATH, token)


def answers_fail(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail to find an answer, to lay it out, to say it, and to fetch what came with the question."""

    def fail(*_: object, **__: object) -> object:
        raise RuntimeError(f"{SLACK_NAME} asked {QUESTION} at https://api.telegram.org/bot{TOKEN}/sendMessage")

    with monkeypatch.context() as broken:
        broken.setattr("bot.conversation.ask_and_read", fail)
        for seat in running.on_platforms:
            seat.asks(QUESTION, AT_FAULT)
    with monkeypatch.context() as broken:
        broken.setattr("bot.channels.slack.to_messages", fail)
        broken.setattr("bot.dispatcher.MOST_ATTEMPTS", 0)
        running.on_platforms[0].writes(QUESTION)
        running.settled()
    with monkeypatch.context() as broken:
        broken.setattr("bot.channels.teams.TeamsChannel.deliver", fail)
        broken.setattr("bot.deliveries.LONGEST_WAIT", 0.05)
        running.on_platforms[1].writes(QUESTION)
        running.logs("A call failed in a way that was not foreseen")
    running.settled()
    running.telegram.fails("getFile", Fault(400, QUESTION))
    running.bot.parts.people.enrol(
        running.bot.parts.people.invite(SCHOOL, PersonRole.HEADTEACHER)[1], "telegram", str(TELEGRAM_USER.id)
    )
    running.on_platforms[2].sends_document(f"{PARENT}.docx", b"no document")
    running.logs("A file was not given")
    running.settled()


def store_fails(running: Running) -> None:
    """Fail where what is kept of a question is written."""
    refuse = f"CREATE TRIGGER refuse BEFORE INSERT ON questions BEGIN SELECT RAISE(ABORT, '{THING}'); END"
    with running.bot.parts.indexes.versions.engine.begin() as connection:
        connection.exec_driver_sql(refuse)
    running.page.writes(QUESTION)
    running.on_platforms[0].writes(QUESTION)
    running.logs("An event could not be answered, and will be tried again")


def a_task_is_forgotten(running: Running) -> None:
    """Fail where nobody looks."""

    async def forget() -> None:
        async def ask() -> None:
            raise RuntimeError(QUESTION)

        task = asyncio.ensure_future(ask())
        await asyncio.sleep(0)
        del task
        gc.collect()

    running.background.run(forget())


def test_no_word_no_name_and_no_token_stands_in_the_log_whatever_fails(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for seat in running.seats:
        seat.asks(QUESTION, "friends")
    platforms_refuse_answers(running)
    platforms_cannot_be_asked(running)
    what_comes_cannot_be_read(running)
    answers_fail(running, monkeypatch)
    store_fails(running)
    a_task_is_forgotten(running)
    assert running.log.events >= TOLD
    assert [line for line in running.log.lines if line["logger"] == "asyncio" and "exception" in line]
    codes = {one["code"] for line in running.log.lines for one in line.get("exception", ()) if "code" in one}
    assert codes >= {"missing_scope", "SQLITE_CONSTRAINT_TRIGGER"}
    everything = (*WORDS, *NAMES, *ACCOUNTS, *SECRETS, *running.codes)
    # Another log of the same holds them.
    assert [one for one in (*WORDS, *SLACK_NAME.split(), SLACK_USER, TOKEN) if one not in caplog.text] == []
    assert [one for one in everything if one.casefold() in running.log.getvalue().casefold()] == []
