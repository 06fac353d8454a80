"""A provider's many schools on one set of apps: each workspace and each tenant is answered in its own name, of its own school."""

import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from bot.assembly import Parts, assemble
from bot.bootstrap import Indexes
from bot.channels.slack import EVENTS_PATH, SlackChannel
from bot.channels.slack_events import Received, read
from bot.channels.slack_install import LASTS, NOT_ALLOWED, NOT_BEGUN, NOT_OF_ORGANISATIONS, NOT_TAKEN, ROTATES, SlackInstall
from bot.channels.teams import PATH
from bot.clock import now_utc
from bot.conversation import CONNECT_ALONE, NOT_CONNECTED, NOTHING_KEPT
from bot.deliveries import REFUSED
from bot.dispatcher import Dispatcher
from bot.installations import ANOTHERS, LINK_LASTS, NOT_OPEN
from bot.messages import Channel, NotNow, Refused
from bot.notices import NoticeKind
from bot.people import SLACK, TEAMS, TELEGRAM, PersonRole
from bot.tables import installations, notices
from corpus.tenancy import writing_at
from tests.platforms import block_kit
from tests.platforms.background import Background
from tests.platforms.bots import KEY, Bot
from tests.platforms.logged import logged
from tests.platforms.policybot_serve import served as process
from tests.platforms.seats import OnTeams, OnTelegram
from tests.platforms.served import free_port, served
from tests.platforms.slack_server import CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET, Refuses, ServerError, SlackServer
from tests.platforms.teams_bot import registered, teams_channel
from tests.platforms.teams_server import ANNE, GROUP, OTHER_TENANT, STRANGER, TENANT, TeamsServer, Who, private_chat
from tests.platforms.telegram_bot import telegram_channel
from tests.platforms.telegram_server import Someone, TelegramServer

if TYPE_CHECKING:
    from tests.conftest import Clock

pytestmark = pytest.mark.usefixtures("hurried")

FRIENDS = "Can I accept a friend request from a parent?"
URGENT = "a child told me that her dad hits her"
# By whom each school is asked: its workspace, somebody of its staff there, and what its own policy says of it.
HILLSIDE, SAM, NOT_THERE = "T1HILLSIDE", "U1HILLSIDE", "Staff must not accept friend requests from parents."
MEADOW, KIM, THERE = "T2MEADOW", "U2MEADOW", "Staff may accept friend requests from parents whom they know already."


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    """A Slack at which nobody has installed the app."""
    with SlackServer() as server:
        server.tokens.clear()
        server.add_person(SAM, team=HILLSIDE)
        server.add_person(KIM, team=MEADOW)
        yield server


# Nothing here speaks https: to load whom browsers trust takes longer than most of these tests.
TRUSTED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def new_browser(**given: Any) -> httpx.Client:
    """Return a browser with nothing in it but what is given."""
    return httpx.Client(verify=TRUSTED, timeout=30, **given)


def opened(address: str, *, params: dict[str, str] | None = None, **given: Any) -> httpx.Response:
    """Return what a browser of its own gets at an address."""
    with new_browser(**given) as browser:
        return browser.get(address, params=params)


@asynccontextmanager
async def provided(
    indexes: Indexes, channels_of: Callable[[Parts, str], tuple[Sequence[Channel], list[Any]]], now: Callable[..., Any]
) -> AsyncIterator[Bot]:
    """Run the bot of a provider, with channels and further routes, over two schools that are in no settings."""
    parts, port = assemble(indexes, KEY, now=now), free_port()
    channels, routes = channels_of(parts, f"http://127.0.0.1:{port}")
    routes += [route for channel in channels for route in channel.routes()]
    dispatcher = Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing, channels)
    async with dispatcher.running(), served(Starlette(routes=routes), port) as address:
        yield Bot(parts, address)


def on_slack(slack: SlackServer, now: Callable[..., Any], parts: Parts, address: str) -> tuple[Sequence[Channel], list[Any]]:
    channel = SlackChannel(
        tokens=parts.installations,
        app_token=None,
        signing_secret=SIGNING_SECRET,
        api_base_url=slack.api_url,
        allow_guests=False,
        refused=partial(parts.deliveries.count, SLACK, REFUSED),
        not_receiving=lambda: None,
    )
    slack.deliver_to(address + EVENTS_PATH)
    return [channel], SlackInstall(
        parts.installations,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        api_base_url=slack.api_url,
        address=address,
        key=KEY,
        name_of=lambda school: school.title(),
        now=now,
    ).routes()


class OnSlack:
    """A provider's bot on Slack, and those who install it with a browser each."""

    def __init__(self, slack: SlackServer, bot: Bot) -> None:
        self.slack = slack
        self.bot = bot

    def link(self, school: str, **more: Any) -> str:
        made = self.bot.parts.installations.make_link(school, SLACK, more.get("beside"), "the provider")
        return f"{self.bot.address}/slack/install?link={made}"

    def is_open(self, link: str) -> bool:
        return self.bot.parts.installations.is_open(parse_qs(urlsplit(link).query)["link"][0], SLACK)

    @property
    def connected(self) -> list[tuple[str, str]]:
        return [(one.tenant, one.school_id) for one in self.bot.parts.installations.all()]

    def allowed(self, browser: httpx.Client, link: str, team: str) -> str:
        """Open a link and allow the app at Slack; return the address to which the browser is sent back."""
        begun = browser.get(link)
        assert begun.status_code == 303
        return self.slack.allow(begun.headers["location"], team)

    def install(self, school: str, team: str, **more: Any) -> httpx.Response:
        with new_browser() as browser:
            return browser.get(self.allowed(browser, self.link(school, **more), team))


@pytest.fixture
def provider(slack: SlackServer, schools: Indexes) -> Iterator[OnSlack]:
    with Background(provided(schools, partial(on_slack, slack, now_utc), now_utc)) as bot:
        yield OnSlack(slack, bot.given)


@pytest.fixture
def timed(slack: SlackServer, schools: Indexes, clock: "Clock") -> Iterator[OnSlack]:
    """A provider's bot whose time the test tells."""
    with Background(provided(schools, partial(on_slack, slack, clock), clock)) as bot:
        yield OnSlack(slack, bot.given)


def words(message: dict[str, Any]) -> str:
    return block_kit.visible(message["blocks"])


@pytest.mark.both_stores
def test_two_workspaces_of_two_schools_are_each_answered_with_their_own_token_and_their_own_school_s_words(
    provider: OnSlack, schools: Indexes
) -> None:
    slack = provider.slack
    with logged(everything=True) as log:
        told = provider.install("hillside", HILLSIDE).text
        assert "Connected: the members of this workspace ask of Hillside from now on." in told
        assert "ask of Meadow from now on." in provider.install("meadow", MEADOW).text
        tokens = set(slack.tokens)
        for user, own, other in ((SAM, NOT_THERE, THERE), (KIM, THERE, NOT_THERE)):
            slack.say(user, FRIENDS)
            (said,) = slack.wait_for_messages(user)
            assert own in words(said)
            slack.press(user, said, "Show the whole section")
            section = slack.wait_for_messages(user, 2)[1]
            slack.command(user, FRIENDS)
            asked = slack.wait_for_messages(user, 3)[2]
            assert own in words(section)
            assert own in words(asked)
            assert other not in words(said) + words(section) + words(asked)
        slack.wait_for(lambda: not provider.bot.waiting)
    posted = slack.called("chat.postMessage", "users.info", "assistant.threads.setStatus")
    assert all(call.ok for call in posted)
    for call in slack.called("chat.postMessage"):
        assert slack.tokens[call.token] == slack.rooms[call.arguments["channel"]].team
    assert {slack.tokens[call.token] for call in slack.called("users.info")} == {HILLSIDE, MEADOW}
    with schools.versions.engine.connect() as connection:
        kept = b"".join(connection.scalars(select(installations.c.token)))
    assert len(tokens) == 2
    assert not [token for token in tokens if token in log.getvalue() or token.encode() in kept]
    assert not [secret for secret in (CLIENT_SECRET, SIGNING_SECRET) if secret in log.getvalue()]


def test_a_workspace_that_is_not_connected_is_answered_by_nothing_and_counted(provider: OnSlack) -> None:
    slack = provider.slack
    provider.install("hillside", HILLSIDE)
    slack.tokens["xoxb-of-another-installation"] = MEADOW
    for sent in (slack.say(KIM, URGENT), slack.command(KIM, FRIENDS), slack.open_app(KIM, "messages")):
        assert sent.wait().acknowledged
    assert provider.bot.counted(SLACK, REFUSED) == 3
    assert not slack.called("users.info", "chat.postMessage", "response_url")


def test_whoever_is_known_in_one_workspace_is_nobody_in_another_by_the_same_id(provider: OnSlack) -> None:
    slack = provider.slack
    provider.install("hillside", HILLSIDE)
    provider.install("meadow", MEADOW)
    slack.say(SAM, FRIENDS)
    slack.wait_for_messages(SAM)
    there = {"team_id": MEADOW, "authorizations": [{"team_id": MEADOW, "user_id": "U0"}]}
    typed = {"type": "message", "channel_type": "im", "channel": slack.direct(SAM), "user": SAM, "ts": "1.2", "text": FRIENDS}
    assert slack.deliver_event({**typed, "team": MEADOW}, **there).wait().acknowledged
    assert [call.answer["error"] for call in slack.called("users.info", ok=False)] == ["user_not_found"]
    assert len(slack.seen_by(SAM)) == 1


@contextmanager
def away(engine: Engine) -> Iterator[None]:
    """Let no statement reach the store, as where its server is away."""

    def refuse(*_: object) -> None:
        raise OperationalError("", {}, OSError("away"))

    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


def test_while_the_store_is_away_whoever_was_known_lately_is_answered_and_others_come_again(provider: OnSlack) -> None:
    slack = provider.slack
    provider.install("hillside", HILLSIDE)
    provider.install("meadow", MEADOW)
    for asked in (1, 2):  # by the first she is let in, at the second she is known
        slack.say(SAM, FRIENDS)
        slack.wait_for_messages(SAM, asked)
    slack.tries_again_after = ()
    slack.wait_for(lambda: not provider.bot.waiting)
    with away(provider.bot.parts.indexes.versions.engine):
        assert slack.say(SAM, FRIENDS).wait().acknowledged
        said = words(slack.wait_for_messages(SAM, 3)[2])
        assert not slack.say(KIM, FRIENDS).wait().acknowledged
    assert NOT_THERE in said
    assert NOTHING_KEPT in said


def test_a_workspace_that_takes_the_app_out_is_connected_no_more(provider: OnSlack) -> None:
    provider.install("hillside", HILLSIDE)
    token = next(iter(provider.slack.tokens))
    for told_by in ("app_uninstalled", "tokens_revoked"):
        provider.install("meadow", MEADOW)
        assert provider.slack.uninstall(MEADOW, event=told_by).wait().acknowledged
        assert provider.connected == [(HILLSIDE, "hillside")]
    # What is told late of what was before changes nothing; nor do the tokens of users.
    for told_by in ("app_uninstalled", "tokens_revoked"):
        assert provider.slack.uninstall(HILLSIDE, event=told_by, at=1.0).wait().acknowledged
    users = {"type": "tokens_revoked", "tokens": {"oauth": [SAM], "bot": []}}
    assert provider.slack.deliver_event(users, team_id=HILLSIDE, authorizations=[]).wait().acknowledged
    assert provider.bot.parts.installations.bot_token(SLACK, HILLSIDE) == token


def test_what_was_to_be_said_in_a_workspace_that_is_connected_no_more_is_not_said(provider: OnSlack) -> None:
    provider.install("hillside", HILLSIDE)
    message = {"method": "chat.postMessage", "arguments": {"channel": "C1", "text": NOT_THERE}}

    async def tries() -> list[str]:
        channel = on_slack(provider.slack, now_utc, provider.bot.parts, provider.bot.address)[0][0]
        await channel.start(None)  # type: ignore[arg-type]  nothing is taken in
        told = []
        for call in (message, message | {"team": MEADOW}):
            try:
                await channel.deliver(call)
            except (Refused, NotNow) as error:
                told.append(str(error))
        await channel.stop()
        return told

    with Background(_nothing()) as thread:
        assert thread.run(tries()) == ["The app is not installed in this workspace."] * 2
    assert not provider.slack.called("chat.postMessage")


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


def test_a_document_is_fetched_with_the_token_of_the_workspace_that_it_is_in(provider: OnSlack) -> None:
    provider.install("hillside", HILLSIDE)
    provider.install("meadow", MEADOW)
    person = provider.bot.parts.people.enrol(
        provider.bot.parts.people.invite("meadow", PersonRole.HEADTEACHER)[1], SLACK, f"{MEADOW}/{KIM}"
    )
    assert person.school_id == "meadow"
    sent = provider.slack.send_document(KIM, "policy.txt", b"1. Bags\n\n1.1 Staff must keep bags off the floor.\n")
    found = read(sent.payload)
    assert isinstance(found, Received)
    assert found.message.files[0].reference["team"] == MEADOW
    provider.slack.wait_for_messages(KIM)
    assert provider.slack.downloads == [found.message.files[0].reference["url"].partition(f"{MEADOW}-")[2].partition("/")[0]]


# Installing

COOKIE = {"httponly", "max-age=600", "path=/", "samesite=lax", "secure"}


def test_what_is_begun_is_kept_in_the_browser_alone_and_no_script_or_other_site_gets_it(
    slack: SlackServer, schools: Indexes
) -> None:
    def public(parts: Parts, _address: str) -> tuple[Sequence[Channel], list[Any]]:
        return on_slack(slack, now_utc, parts, "https://policies.provider.example")

    with Background(provided(schools, public, now_utc)) as running:
        link = OnSlack(slack, running.given).link("hillside")
        begun = opened(link)
        name, _, rest = begun.headers["set-cookie"].partition("=")
        assert name == "__Host-policybot_install"
        assert {one.strip().lower() for one in rest.split(";")[1:]} == COOKIE
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert asked["redirect_uri"] == ["https://policies.provider.example/slack/oauth_redirect"]
        secrets = (link.partition("link=")[2], *asked["state"])
        assert not [secret for secret in secrets if secret in begun.headers["set-cookie"]]
        assert link.partition("link=")[2] not in begun.headers["location"]


def test_a_link_serves_once_and_what_is_sent_again_connects_nothing(timed: OnSlack) -> None:
    with new_browser() as browser:
        link = timed.link("hillside")
        back = timed.allowed(browser, link, HILLSIDE)
        cookies = dict(browser.cookies)
        assert browser.get(back).status_code == 200
        assert not browser.cookies
        again = browser.get(back)
        assert (again.status_code, timed.connected) == (400, [(HILLSIDE, "hillside")])
        # The same state, with the cookie that somebody kept, and a new code of another workspace.
        other = back.replace(parse_qs(urlsplit(back).query)["code"][0], timed.slack.code(MEADOW, back.partition("?")[0]))
        replayed = opened(other, cookies=cookies)
        assert (replayed.status_code, NOT_OPEN in replayed.text) == (400, True)
        assert NOT_OPEN in browser.get(link).text
    assert timed.connected == [(HILLSIDE, "hillside")]
    assert list(timed.slack.tokens.values()) == [HILLSIDE]  # what was given for the other is revoked


def test_an_installation_by_nobody_s_link_is_refused_and_its_token_revoked(timed: OnSlack, clock: "Clock") -> None:
    link = timed.link("hillside")

    def refused(back: str, browser: httpx.Client, sentence: str = NOT_BEGUN) -> None:
        timed.slack.calls.clear()
        told = browser.get(back)
        assert (told.status_code, sentence in told.text) == (400, True)
        assert [call.ok for call in timed.slack.called("auth.revoke")] == [True]
        assert (timed.slack.tokens, timed.connected) == ({}, [])

    with new_browser() as browser:
        refused(f"{timed.allowed(browser, link, HILLSIDE)}x", browser)  # another state
        refused(timed.allowed(browser, link, HILLSIDE).partition("&state")[0], browser)
        back = timed.allowed(browser, link, HILLSIDE)
        (cookie,) = browser.cookies.values()
        browser.cookies.clear()
        refused(back, browser)  # as in another browser
        back = timed.allowed(browser, link, HILLSIDE)
        browser.cookies.set("policybot_install", f"{cookie[:-4]}AAA=")
        refused(back, browser)
        browser.cookies.clear()
        back = timed.allowed(browser, link, HILLSIDE)
        clock.wait(LASTS)
        refused(back, browser)
        assert timed.is_open(link)
        clock.wait(LINK_LASTS - LASTS - timedelta(minutes=1))
        back = timed.allowed(browser, link, HILLSIDE)
        clock.wait(timedelta(minutes=1))
        refused(back, browser, NOT_OPEN)


def test_somebody_who_installs_again_without_a_link_does_not_take_the_school_s_own_token_away(provider: OnSlack) -> None:
    provider.install("hillside", HILLSIDE)
    token = dict(provider.slack.tokens)
    redirect = f"{provider.bot.address}/slack/oauth_redirect"
    assert NOT_BEGUN in opened(redirect, params={"code": provider.slack.code(HILLSIDE, redirect)}).text
    assert ANOTHERS in provider.install("meadow", HILLSIDE).text
    assert provider.slack.tokens == token
    assert provider.connected == [(HILLSIDE, "hillside")]
    assert provider.install("meadow", HILLSIDE, beside="hillside").status_code == 200
    provider.slack.say(SAM, FRIENDS)
    (said,) = provider.slack.wait_for_messages(SAM)
    assert [button["text"]["text"] for button in block_kit.buttons(said["blocks"])][:2] == ["Hillside", "Meadow"]


def test_what_cannot_be_spoken_through_is_given_back_with_a_sentence(provider: OnSlack) -> None:
    link = provider.link("hillside")
    of_organisation = {"is_enterprise_install": True, "team": None, "enterprise": {"id": "E1"}}
    rotating = {"refresh_token": "xoxe-1", "expires_in": 43200}
    for granted, sentence in ((of_organisation, NOT_OF_ORGANISATIONS), (rotating, ROTATES)):
        provider.slack.granted = granted
        with new_browser() as browser:
            assert sentence.replace("'", "&#39;") in browser.get(provider.allowed(browser, link, HILLSIDE)).text
        assert (provider.slack.tokens, provider.connected, provider.is_open(link)) == ({}, [], True)


def test_a_link_still_works_after_whatever_kept_it_from_being_used(provider: OnSlack) -> None:
    link, redirect = provider.link("hillside"), f"{provider.bot.address}/slack/oauth_redirect"
    with new_browser() as browser:
        state = parse_qs(urlsplit(browser.get(link).headers["location"]).query)["state"][0]
        assert NOT_ALLOWED in browser.get(redirect, params={"error": "access_denied", "state": state}).text
        for fault in (Refuses("invalid_code"), ServerError(503)):
            provider.slack.fail("oauth.v2.access", fault)
            assert NOT_TAKEN in browser.get(provider.allowed(browser, link, HILLSIDE)).text
        assert NOT_BEGUN in browser.get(redirect).text
        assert browser.get(provider.allowed(browser, link, HILLSIDE)).status_code == 200
    assert NOT_OPEN in opened(f"{provider.bot.address}/slack/install").text


@pytest.mark.soak
def test_the_server_offers_the_addresses_where_the_app_is_one_that_many_install(home: Path) -> None:
    settings = {"CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET, "SIGNING_SECRET": SIGNING_SECRET}
    given = {f"POLICYBOT_SLACK__{name}": value for name, value in settings.items()}
    public = {"POLICYBOT_PUBLIC_URL": "https://policies.provider.example"}
    with process(home, b"question=x", **given, **public) as chat:
        told = opened(chat.replace("/chat", "/slack/install"), params={"link": "made-up"})
    assert (told.status_code, NOT_OPEN in told.text) == (400, True)


# Microsoft Teams


@pytest.fixture
def teams(schools: Indexes) -> Iterator[tuple[TeamsServer, Bot]]:
    """A provider's bot in Teams, where no tenant is in the settings."""
    with TeamsServer() as server:

        def in_teams(parts: Parts, _address: str) -> tuple[Sequence[Channel], list[Any]]:
            return [teams_channel(registered(server.openid_metadata_url, server.login_url), [], parts)], []

        with Background(provided(schools, in_teams, now_utc)) as bot:
            yield server, bot.given


def seat(teams: tuple[TeamsServer, Bot], who: Who) -> OnTeams:
    server, bot = teams
    return OnTeams(server, who, bot.address)


def code(bot: Bot, school: str) -> str:
    return bot.parts.installations.make_link(school, TEAMS, None, "the provider")


def test_two_tenants_of_two_schools_are_connected_by_what_microsoft_says_of_who_writes(teams: tuple[TeamsServer, Bot]) -> None:
    server, bot = teams
    anne, stranger = seat(teams, ANNE), seat(teams, STRANGER)
    refused = server.message(FRIENDS, STRANGER, replace(private_chat(STRANGER.account["id"]), tenant=OTHER_TENANT))
    assert server.send(refused, bot.address + PATH).status_code == 403  # as where nobody connects anything by links
    hillside, meadow = code(bot, "hillside"), code(bot, "meadow")
    anne.asks(f"/connect {hillside}", "Connected: whoever writes to me from this organisation asks of Hillside Primary School")
    assert NOT_THERE in anne.asks(FRIENDS, "not allowed").text
    # Of a tenant that is not connected nobody is told anything of a school; a child at risk comes first.
    stranger.asks(FRIENDS, NOT_CONNECTED)
    assert "999" in stranger.asks(URGENT, "999").text
    stranger.asks(f"/connect {hillside}", NOT_OPEN)
    stranger.asks(f"/connect {meadow}", "asks of Meadow School")
    told = stranger.asks(FRIENDS, "friend requests").text
    assert THERE in told
    assert NOT_THERE not in told
    found = [(one.tenant, one.school_id) for one in bot.parts.installations.all()]
    assert found == [(TENANT, "hillside"), (OTHER_TENANT, "meadow")]


def test_a_tenant_is_connected_by_whoever_writes_alone_from_it(teams: tuple[TeamsServer, Bot]) -> None:
    server, bot = teams
    link = code(bot, "hillside")
    in_group = server.message(f"/connect {link}", ANNE, GROUP)
    assert server.send(in_group, bot.address + PATH).status_code == 200
    server.wait(lambda: CONNECT_ALONE in str([call.body for call in server.calls]))
    shared = server.message(f"/connect {link}") | {"channelData": {"tenant": {"id": OTHER_TENANT}}}
    assert server.send(shared, bot.address + PATH).status_code == 403
    assert bot.parts.installations.all() == []
    assert bot.parts.installations.is_open(link, TEAMS)


def test_nobody_is_told_of_a_school_s_own_accord_where_it_is_not_connected_any_more(teams: tuple[TeamsServer, Bot]) -> None:
    server, bot = teams
    parts, engine, anne = bot.parts, bot.parts.indexes.versions.engine, seat(teams, ANNE)
    anne.asks(f"/connect {code(bot, 'hillside')}", "Connected")
    anne.asks(FRIENDS, "not allowed")
    (person,) = parts.people.of("hillside")
    with writing_at(engine, "hillside") as connection:
        address = parts.people.address_of(connection, person.id)
        assert address
        parts.duties.take_on(connection, person, "Mrs Reed", address)

    def alert() -> None:
        with writing_at(engine, "hillside") as connection:
            parts.notices.put(connection, "hillside", NoticeKind.TEST_ALERT, person_id=person.id, due_at=now_utc())

    def is_settled() -> bool:
        with engine.connect() as connection:
            return not connection.execute(select(notices.c.id)).all() and not bot.waiting

    alert()
    anne.hears("Press the button, so that I know that alerts reach you here.")
    parts.installations.remove(parts.installations.all()[0], "the provider")
    said = len(anne.said())
    alert()
    server.wait(is_settled)
    assert len(anne.said()) == said


# Telegram


def test_one_telegram_bot_answers_each_of_the_schools_staff_from_their_own_policies(schools: Indexes) -> None:
    with TelegramServer() as server:

        def on_telegram(parts: Parts, _address: str) -> tuple[Sequence[Channel], list[Any]]:
            return [telegram_channel(server.address, parts)], []

        with Background(provided(schools, on_telegram, now_utc)) as running:
            for number, school, own, other in ((1, "hillside", NOT_THERE, THERE), (2, "meadow", THERE, NOT_THERE)):
                someone = OnTelegram(server, Someone(number))
                _, invitation = running.given.parts.people.invite(school, PersonRole.STAFF)
                someone.asks(f"/start {invitation}", "You now ask of")
                told = someone.asks(FRIENDS, "riend requests from parents").text
                assert own in told
                assert other not in told
            assert [one.channel for one in running.given.parts.people.of("meadow")] == [TELEGRAM]
