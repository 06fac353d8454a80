"""Alerts and questions from one person to another on different channels: Slack, Teams, Telegram and the chat page at once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.clock import LONDON, now_utc
from bot.contact_book import Contact, ContactBook, ContactRole
from bot.deliveries import DROPPED
from bot.layout import WORRIED
from bot.people import TELEGRAM, PersonRole
from bot.school_year import Season, read_hours
from bot.turn import IN_PRIVATE
from retrieval.knowledge import Knowledge
from tests.platforms import block_kit
from tests.platforms.background import Background
from tests.platforms.bots import Bot
from tests.platforms.seats import OnPage, OnSlack, OnTeams, OnTelegram, Said, Seat
from tests.platforms.slack_server import ServerError, SlackServer, slack
from tests.platforms.teams_server import ANNE, BEN, TeamsServer
from tests.platforms.telegram_server import Fault, Someone, TelegramServer
from tests.platforms.whole_bot import whole_bot

pytestmark = pytest.mark.usefixtures("hurried")

SCHOOL = "coniston"
HEAD, DSL, DEPUTY = "Mrs Harrison", "Mrs Reed", "Mr Jones"
NUMBERS = {HEAD: "01473 123456", DSL: "01473 123457", DEPUTY: "01473 123458"}
ROLES = {
    HEAD: (ContactRole.HEADTEACHER, PersonRole.HEADTEACHER),
    DSL: (ContactRole.DSL, PersonRole.DSL),
    DEPUTY: (ContactRole.DEPUTY_DSL, PersonRole.DSL),
}
MONDAY_AT_TEN = datetime(2026, 11, 23, 10, tzinfo=LONDON).astimezone(UTC).replace(tzinfo=None)
URGENT = "a child told me that her dad hits her"
PARKING = "Where can I park my car?"
ANSWER = "Behind the hall, but not before eight."
ROOM = "C1STAFF"
WITH_WORDS = f"Tell {DSL} now: my name and what I wrote"
# What the asker is called on each channel; the page knows nobody's name.
NAMES = {"slack": "Sam Slack", "teams": "Anne Teacher", "telegram": "Tam Gram", "page": "Pat Page"}


class School:
    """A school in its hours, on every channel at once; what is to be closed at the end is left to `leaving`."""

    def __init__(self, leaving: ExitStack, bot: Bot, slack: SlackServer, teams: TeamsServer, telegram: TelegramServer) -> None:
        self._leaving = leaving
        self.bot = bot
        self.slack = slack
        self.teams = teams
        self.telegram = telegram

    def seat(self, channel: str, role: PersonRole = PersonRole.STAFF, *, second: bool = False) -> Seat:
        """Let somebody join at a channel, on which there may be a `second` one."""
        _, code = self.bot.parts.people.invite(SCHOOL, role)
        if channel == "page":
            page = OnPage(self.bot.address, code)
            self._leaving.callback(page.leaves)
            return page
        seat = self._seat(channel, second=second)
        seat.asks(f"/start {code}" if channel == "telegram" else f"/join {code}", "Welcome.")
        return seat

    def _seat(self, channel: str, *, second: bool) -> Seat:
        match channel:
            case "slack":
                return OnSlack(self.slack, "U2STAFF" if second else "U1STAFF")
            case "teams":
                return OnTeams(self.teams, BEN if second else ANNE, self.bot.address)
            case _:
                return OnTelegram(self.telegram, Someone(78, "Kim") if second else Someone(77, "Tam", last_name="Gram"))

    def contact(self, channel: str, name: str, *, second: bool = False) -> Seat:
        """Let a contact of the school join, say who they are, and confirm that alerts reach them."""
        seat = self.seat(channel, ROLES[name][1], second=second)
        claimed = seat.taps(seat.asks("/duty", "Who are you?"), f"I am {name}", f"Thank you, {name}.")
        seat.taps(claimed, "Send me a test alert", "A test alert is on its way to you.")
        seat.taps(seat.hears("This is a test alert."), "It has reached me", "staff can alert you at one tap")
        return seat

    def alert(self, asker: Seat) -> Said:
        """Let somebody write of a child at risk and tap once; return what the bot says to that."""
        return asker.taps(asker.asks(URGENT, "999"), WITH_WORDS, f"I am telling {DSL} now.")

    def settled(self) -> None:
        """Wait until nothing is left to be answered or said."""
        self.slack.wait_for(lambda: not self.bot.waiting)


@pytest.fixture
def school(home: Path, knowledge: Knowledge) -> Iterator[School]:
    ahead = MONDAY_AT_TEN - now_utc()
    with ExitStack() as stack:
        servers = stack.enter_context(slack()), stack.enter_context(TeamsServer()), stack.enter_context(TelegramServer())
        names = ("slack", "teams", "telegram")
        servers[0].people["U1STAFF"].name = NAMES["slack"]
        run = whole_bot(home, knowledge, SCHOOL, **dict(zip(names, servers, strict=True)), now=lambda: now_utc() + ahead)
        bot = stack.enter_context(Background(run)).given
        hours = read_hours("08:30-15:30", Season.TERM)
        contacts = tuple(
            Contact(name=name, roles=(role,), phones=(NUMBERS[name],), hours=hours) for name, (role, _) in ROLES.items()
        )
        bot.parts.contacts.save(SCHOOL, ContactBook(hours=hours, contacts=contacts), "the office")
        yield School(stack, bot, *servers)


# Whoever asks, the safeguarding lead and the headteacher are on channels of their own.
@pytest.mark.parametrize(
    ("asks", "leads"),
    [("slack", "telegram"), ("teams", "slack"), ("telegram", "teams"), ("page", "telegram"), ("page", "slack")],
)
def test_one_tap_alerts_and_its_receipts_come_back(school: School, asks: str, leads: str) -> None:
    dsl = school.contact(leads, DSL, second=leads == asks)
    asker = school.seat(asks)
    route = asker.asks(URGENT, "999")
    if asks == "page":
        asker.taps(route, WITH_WORDS, "Write your name in your next message")
        told = asker.asks(NAMES[asks], f"I am telling {DSL} now.")
    else:
        told = asker.taps(route, WITH_WORDS, f"I am telling {DSL} now.")
    assert f"Nobody has seen this yet: ring {NUMBERS[DSL]}." in told.text
    assert "Telling me is not reporting." in told.text

    alert = dsl.hears("A colleague asks for you now. It is urgent.")
    assert NAMES[asks] not in alert.text
    assert "dad" not in alert.text
    assert f"Nobody has seen this yet: ring {NUMBERS[DSL]}." in asker.hears(f"It has arrived with {DSL}").text
    opened = dsl.taps(alert, "Open it", f"{NAMES[asks]} asks for you now.")
    assert f"They wrote: “{URGENT}”" in opened.text
    asker.hears(f"{DSL} has opened it")
    dsl.taps(opened, "I am dealing with it", "Thank you. I am telling them that you are dealing with it.")
    asker.hears(f"{DSL} is dealing with it")
    school.settled()


@pytest.mark.parametrize(
    ("asks", "leads"),
    [("slack", "teams"), ("teams", "telegram"), ("telegram", "slack"), ("page", "slack"), ("slack", "telegram")],
)
def test_the_headteacher_answers_by_replying_on_her_channel_and_it_comes_back_on_the_asker_s(
    school: School, asks: str, leads: str
) -> None:
    head = school.contact(leads, HEAD)
    asker = school.seat(asks)
    preview = asker.taps(asker.asks(PARKING, "Coniston"), f"Ask {HEAD}", f"This goes to {HEAD}")
    assert f"“{PARKING}”" in preview.text
    if asks == "page":
        asker.taps(preview, "Send it with my name", "Write your name in your next message")
        asker.asks(NAMES[asks], f"Sent to {HEAD}")
    else:
        asker.taps(preview, "Send it with my name", f"Sent to {HEAD}")

    came = head.hears("A question for you from")
    assert f"A question for you from {NAMES[asks]}:" in came.text
    assert f"“{PARKING}”" in came.text
    school.settled()  # nobody replies before the platform has said which message it is
    head.replies(came, ANSWER)
    assert f"They asked: “{PARKING}”" in head.hears("Thank you. I send your answer, as yours.").text
    answer = asker.hears(f"{HEAD} has answered your question.")
    assert ANSWER in answer.text
    assert f"These are the words of {HEAD}, not of a policy." in answer.text
    head.replies(came, "And not on Fridays.")
    head.hears("This was answered")
    school.settled()


def test_a_reply_to_one_question_leaves_the_answer_to_another_that_is_being_written(school: School) -> None:
    head, asker = school.contact("telegram", HEAD), school.seat("slack")
    came = []
    for question in (PARKING, "Where can I leave my bicycle?"):
        preview = asker.taps(asker.asks(question, "Coniston"), f"Ask {HEAD}", f"This goes to {HEAD}")
        asker.taps(preview, "Send it with my name", f"Sent to {HEAD}")
        came.append(head.hears("A question for you from"))
        school.settled()
    head.taps(came[0], "Answer", "Write your answer in your next message.")
    head.replies(came[1], "In the shed.")
    assert "bicycle" in asker.hears("In the shed.").text
    head.taps(head.asks(ANSWER, "This goes to whoever asked, as your answer:"), "Send it", "Thank you. I send your answer")
    assert PARKING in asker.hears(ANSWER).text


def test_without_a_name_the_headteacher_learns_none(school: School) -> None:
    head, asker = school.contact("teams", HEAD), school.seat("telegram")
    preview = asker.taps(asker.asks(PARKING, "Coniston"), f"Ask {HEAD}", f"This goes to {HEAD}")
    asker.taps(preview, "Send it without my name", "without your name")
    came = head.hears("A question for you from")
    assert "somebody who has not given their name" in came.text
    assert not [one for one in head.said() if "Tam" in one.text]


@pytest.mark.parametrize(("leads", "asks"), [("slack", "telegram"), ("telegram", "teams"), ("teams", "slack")])
def test_whatever_the_bot_says_of_its_own_accord_has_the_way_for_a_worry_under_it(school: School, leads: str, asks: str) -> None:
    lead, asker = school.contact(leads, DSL), school.seat(asks)
    school.alert(asker)
    for seat, words in ((lead, "A colleague asks for you now."), (asker, "It has arrived with"), (lead, "This is a test alert.")):
        notice = next(one for one in seat.said() if words in one.text) if seat is lead and "test" in words else seat.hears(words)
        assert [one for one in notice.labels if one == WORRIED] == [WORRIED]
        assert "999" in seat.taps(notice, WORRIED, "999").text


@pytest.mark.parametrize("asks", ["slack", "teams", "telegram"])
def test_a_caption_that_tells_of_a_worry_leads_to_the_alert_and_goes_with_it(school: School, asks: str) -> None:
    lead = school.contact("telegram", DSL, second=True)
    asker = school.seat(asks)
    asker.sends_photo(URGENT)
    asker.taps(asker.hears("999"), WITH_WORDS, f"I am telling {DSL} now.")
    opened = lead.taps(lead.hears("A colleague asks for you now."), "Open it", "asks for you now.\n")
    assert f"They wrote: “{URGENT}”" in opened.text
    assert school.telegram.made("getFile") == []


def test_a_button_that_is_pressed_twice_at_once_alerts_once(school: School) -> None:
    lead, asker = school.contact("telegram", DSL), school.seat("slack")
    route = asker.asks(URGENT, "999")
    taps = [school.slack.press("U1STAFF", route.raw, WITH_WORDS) for _ in range(3)]
    assert all(tap.wait().acknowledged for tap in taps)
    school.settled()
    asker.hears(f"I am telling {DSL} now.")
    for _ in taps[1:]:
        asker.hears(f"I have told {DSL} already")
    lead.hears("A colleague asks for you now.")
    assert len([one for one in lead.said() if "A colleague asks for you now." in one.text]) == 1


def test_a_question_that_is_sent_twice_at_once_goes_once(school: School) -> None:
    head, asker = school.contact("telegram", HEAD), school.seat("slack")
    preview = asker.taps(asker.asks(PARKING, "Coniston"), f"Ask {HEAD}", f"This goes to {HEAD}")
    taps = [school.slack.press("U1STAFF", preview.raw, "Send it with my name") for _ in range(3)]
    assert all(tap.wait().acknowledged for tap in taps)
    asker.hears(f"Sent to {HEAD}")
    for _ in taps[1:]:
        asker.hears("I have nothing of yours to send")
    head.hears("A question for you from")
    school.settled()
    assert len([one for one in head.said() if "A question for you from" in one.text]) == 1


# In a room


def test_in_a_slack_channel_the_alert_is_offered_in_private_and_the_room_learns_only_that(school: School) -> None:
    lead, asker = school.contact("telegram", DSL), school.seat("slack")
    school.slack.say("U1STAFF", f"@policybot {URGENT}", ROOM).wait()
    asker.taps(asker.hears("999"), WITH_WORDS, f"I am telling {DSL} now.")
    opened = lead.taps(lead.hears("A colleague asks for you now."), "Open it", "Sam Slack asks for you now.")
    lead.taps(opened, "I am dealing with it", "Thank you.")
    asker.hears(f"{DSL} is dealing with it")
    school.settled()
    (seen,) = school.slack.seen_by("U2STAFF", ROOM)
    assert block_kit.visible(seen["blocks"]).startswith(IN_PRIVATE)
    assert school.slack.seen_by("U2STAFF") == [seen]


# Who cannot be reached


def gone_on_telegram(school: School) -> None:
    school.telegram.blocks(Someone(77))


def gone_on_slack(school: School) -> None:
    school.slack.rooms[school.slack.direct("U1STAFF")].archived = True


def gone_on_teams(school: School) -> None:
    school.teams.fail(403, times=3, code="MessageWritesBlocked")


GONE: dict[str, Callable[[School], None]] = {"telegram": gone_on_telegram, "slack": gone_on_slack, "teams": gone_on_teams}


@pytest.mark.parametrize("leads", GONE)
def test_an_alert_to_somebody_who_cannot_be_written_to_goes_to_the_next_at_once(school: School, leads: str) -> None:
    school.contact(leads, DSL)
    deputy = school.contact("telegram" if leads == "slack" else "slack", DEPUTY, second=True)
    asker = school.seat("page")
    GONE[leads](school)
    asker.taps(asker.asks(URGENT, "999"), WITH_WORDS, "Write your name")
    asker.asks("Pat Page", f"I am telling {DSL} now.")
    passed_on = asker.hears(f"I am telling {DEPUTY} now, too.")
    assert NUMBERS[DEPUTY] in passed_on.text
    opened = deputy.taps(deputy.hears("A colleague asks for you now."), "Open it", "Pat Page asks for you now.")
    deputy.taps(opened, "I am dealing with it", "Thank you.")
    asker.hears(f"{DEPUTY} is dealing with it")
    school.settled()


def test_an_answer_that_cannot_be_brought_to_its_asker_is_told_to_the_headteacher(school: School) -> None:
    head, asker = school.contact("slack", HEAD), school.seat("telegram")
    preview = asker.taps(asker.asks(PARKING, "Coniston"), f"Ask {HEAD}", f"This goes to {HEAD}")
    asker.taps(preview, "Send it with my name", f"Sent to {HEAD}")
    came = head.hears("A question for you from")
    school.settled()
    school.telegram.blocks(Someone(77))
    head.replies(came, ANSWER)
    assert PARKING in head.hears("Your answer could not be brought to whoever asked").text
    assert school.bot.counted(TELEGRAM, DROPPED) == 1


# Platforms that are down


@pytest.mark.parametrize("leads", ["slack", "teams", "telegram"])
def test_an_alert_waits_for_a_platform_that_is_down_and_arrives_once(school: School, leads: str) -> None:
    lead = school.contact(leads, DSL)
    asker = school.seat("telegram" if leads != "telegram" else "slack")
    school.settled()
    if leads == "slack":
        school.slack.fail("chat.postMessage", ServerError(), 3)
    elif leads == "teams":
        school.teams.fail(503, times=3)
    else:
        school.telegram.fails("sendMessage", *[Fault(503, "Service Unavailable")] * 3)
    school.alert(asker)
    opened = lead.taps(lead.hears("A colleague asks for you now."), "Open it", "asks for you now.\n")
    asker.hears(f"It has arrived with {DSL}")
    lead.taps(opened, "I am dealing with it", "Thank you.")
    asker.hears(f"{DSL} is dealing with it")
    school.settled()
    assert len([one for one in lead.said() if "A colleague asks for you now." in one.text]) == 1
