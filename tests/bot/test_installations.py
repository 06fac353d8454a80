"""Which school a workspace or a tenant is connected to: links that serve once, rows that open for themselves alone."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from bot.audit import Audit
from bot.channels.slack_checks import SCOPES
from bot.clock import now_utc
from bot.errors import BotError
from bot.installations import ANOTHERS, AT_ONCE, CONFIGURED, LINK_LASTS, NOT_BESIDE, NOT_OPEN, Installations, Told
from bot.messages import Message
from bot.outage import StoreAway
from bot.people import SLACK, TEAMS
from bot.schema import open_store
from bot.tables import install_links, installations
from bot.turn import Tenancy
from corpus.tables import open_engine, sqlite_url
from corpus.tenancy import reading_at, writing_at
from corpus.versions import School, Versions
from tests.conftest import KEY
from tests.platforms.logged import logged

if TYPE_CHECKING:
    from tests.conftest import Clock, Ran

HERE, THERE, TENANT = "T1HILLSIDE", "T2MEADOW", "b0c5d7a4-6a2f-4f0e-8f53-0e6a2d9c1b77"
TOKEN, OTHER_TOKEN = "xoxb-hillside-secret", "xoxb-meadow-secret"


@pytest.fixture
def installed(store: Versions, clock: "Clock") -> Installations:
    """The installations of two schools, none yet."""
    store.add_school(School("meadow", "Meadow School", "Meadow"))
    return Installations(store.engine, KEY, {}, clock)


def connect(installed: Installations, school: str, told: Told, channel: str = SLACK, beside: str | None = None) -> str:
    return installed.install(installed.make_link(school, channel, beside, "the provider"), channel, told)


def refusal(run: Callable[[], object]) -> str:
    with pytest.raises(BotError) as refused:
        run()
    return str(refused.value)


@pytest.mark.both_stores
def test_each_workspace_has_its_own_token_and_its_own_school(installed: Installations, store: Versions) -> None:
    assert connect(installed, "hillside", Told(HERE, TOKEN, "E1", "U1", "chat:write,commands")) == "hillside"
    assert connect(installed, "meadow", Told(THERE, OTHER_TOKEN)) == "meadow"
    assert (installed.bot_token(SLACK, HERE), installed.bot_token(SLACK, THERE)) == (TOKEN, OTHER_TOKEN)
    assert installed.tenancy(SLACK, HERE) == Tenancy(("hillside",))
    assert installed.tenancy(SLACK, THERE) == Tenancy(("meadow",))
    assert (installed.tenancy(SLACK, "T3"), installed.bot_token(SLACK, "T3")) == (Tenancy(()), None)
    assert installed.tenancy(TEAMS, HERE) == Tenancy(())
    first, second = installed.all()
    assert (first.tenant, first.school_id, first.scopes) == (HERE, "hillside", ("chat:write", "commands"))
    assert (second.tenant, second.school_id, second.scopes) == (THERE, "meadow", ())
    assert TOKEN not in repr(Told(HERE, TOKEN))
    done = [(one.action, one.object) for one in Audit(store.engine, lambda: first.installed_at).of("hillside")]
    assert done == [("made an install link", "slack"), ("connected", f"slack {HERE}")]


@pytest.mark.both_stores
def test_a_link_serves_once_on_its_channel_and_until_it_is_too_old(installed: Installations, clock: "Clock") -> None:
    link = installed.make_link("hillside", SLACK, None, "the provider")
    assert installed.is_open(link, SLACK)
    assert refusal(lambda: installed.install(link, TEAMS, Told(TENANT))) == NOT_OPEN
    installed.install(link, SLACK, Told(HERE, TOKEN))
    assert not installed.is_open(link, SLACK)
    assert refusal(lambda: installed.install(link, SLACK, Told(THERE, OTHER_TOKEN))) == NOT_OPEN
    assert refusal(lambda: installed.install("made up", SLACK, Told(THERE, OTHER_TOKEN))) == NOT_OPEN
    late = installed.make_link("hillside", SLACK, None, "the provider")
    clock.wait(LINK_LASTS)
    assert refusal(lambda: installed.install(late, SLACK, Told(THERE, OTHER_TOKEN))) == NOT_OPEN
    assert [one.tenant for one in installed.all()] == [HERE]


@pytest.mark.both_stores
def test_a_workspace_gets_a_second_school_only_by_a_link_that_says_so(installed: Installations, clock: "Clock") -> None:
    connect(installed, "hillside", Told(HERE, TOKEN))
    link = installed.make_link("meadow", SLACK, None, "the provider")
    assert refusal(lambda: installed.install(link, SLACK, Told(HERE, TOKEN))) == ANOTHERS
    assert installed.is_open(link, SLACK)  # it can still be used in the right one
    beside = installed.make_link("meadow", SLACK, "hillside", "the provider")
    assert refusal(lambda: installed.install(beside, SLACK, Told(THERE, OTHER_TOKEN))) == NOT_BESIDE
    clock.wait(timedelta(minutes=1))
    installed.install(beside, SLACK, Told(HERE, OTHER_TOKEN))
    assert installed.tenancy(SLACK, HERE) == Tenancy(("hillside", "meadow"))
    # The platform's last word on the workspace holds, for whichever school it came.
    assert installed.bot_token(SLACK, HERE) == OTHER_TOKEN
    clock.wait(timedelta(minutes=1))
    connect(installed, "hillside", Told(HERE, "xoxb-3"))
    assert installed.bot_token(SLACK, HERE) == "xoxb-3"
    assert [one.school_id for one in installed.all()] == ["hillside", "meadow"]
    installed.remove(installed.all()[0], "the provider")
    assert installed.tenancy(SLACK, HERE) == Tenancy(("meadow",))


@pytest.mark.both_stores
def test_of_two_schools_that_connect_one_workspace_at_once_one_is_refused(
    installed: Installations, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = installed.make_link("meadow", SLACK, None, "the provider")
    read = installed._places

    def both_have_looked(channel: str, tenant: str) -> dict[str, int]:
        found = read(channel, tenant)
        monkeypatch.undo()
        connect(installed, "hillside", Told(HERE, TOKEN))
        return found

    monkeypatch.setattr(installed, "_places", both_have_looked)
    assert refusal(lambda: installed.install(link, SLACK, Told(HERE, TOKEN))) == AT_ONCE
    assert installed.tenancy(SLACK, HERE) == Tenancy(("hillside",))
    assert installed.is_open(link, SLACK)


def test_what_stands_in_the_settings_is_nobodys_to_connect_and_is_as_it_was(store: Versions, clock: "Clock") -> None:
    trust = Tenancy(("hillside",), {"C1": "hillside"})
    installed = Installations(store.engine, KEY, {(TEAMS, TENANT): trust}, clock)
    assert refusal(lambda: connect(installed, "hillside", Told(TENANT), TEAMS)) == CONFIGURED
    assert installed.tenancy(TEAMS, TENANT) is trust
    assert installed.tenancy_lately(TEAMS, TENANT) is trust


@pytest.mark.both_stores
def test_a_sealed_token_opens_in_its_own_row_alone(installed: Installations, store: Versions) -> None:
    connect(installed, "hillside", Told(HERE, TOKEN))
    connect(installed, "meadow", Told(THERE, OTHER_TOKEN))
    with store.engine.begin() as connection:
        sealed = {row.tenant: row.token for row in connection.execute(select(installations.c.tenant, installations.c.token))}
        for tenant, other in ((HERE, THERE), (THERE, HERE)):
            swapped = update(installations).where(installations.c.tenant == tenant).values(token=sealed[other])
            connection.execute(swapped)
    with logged() as log:
        assert (installed.bot_token(SLACK, HERE), installed.bot_token(SLACK, THERE)) == (None, None)
    assert "The token of an installation was sealed with another secret key, or was changed" in log.events
    with store.engine.begin() as connection:  # nor does the right one after its row was given to another school
        connection.execute(
            update(installations).where(installations.c.tenant == HERE).values(token=sealed[HERE], school_id="meadow")
        )
    assert installed.bot_token(SLACK, HERE) is None


def test_another_secret_key_opens_no_token(installed: Installations, store: Versions, clock: "Clock") -> None:
    connect(installed, "hillside", Told(HERE, TOKEN))
    assert Installations(store.engine, b"another key" * 3, {}, clock).bot_token(SLACK, HERE) is None


@pytest.mark.files
def test_neither_a_token_nor_a_link_stands_in_the_store_s_file(installed: Installations, store: Versions) -> None:
    connect(installed, "hillside", Told(HERE, TOKEN, "E1", "U1", "chat:write"))
    link = installed.make_link("hillside", SLACK, None, "the provider")
    with closing(sqlite3.connect(store.engine.url.database or "")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    held = Path(store.engine.url.database or "").read_bytes()
    assert HERE.encode() in held
    assert not [secret for secret in (TOKEN, link) if secret.encode() in held]


@pytest.mark.both_stores
def test_a_school_s_own_transaction_reads_the_token_and_one_across_schools_does_not(
    installed: Installations, store: Versions
) -> None:
    connect(installed, "hillside", Told(HERE, TOKEN))
    with reading_at(store.engine, "meadow") as connection:
        found = select(installations.c.token).where(installations.c.school_id == "meadow")
        assert connection.execute(found).all() == []
    with writing_at(store.engine, "hillside") as connection:
        assert installed.is_of(connection, "hillside", address(HERE))
        assert not installed.is_of(connection, "hillside", address(THERE))
    with writing_at(store.engine, "meadow") as connection:
        assert not installed.is_of(connection, "meadow", address(HERE))
        assert installed.is_of(connection, "meadow", address(None))


def address(tenant: str | None) -> Message:
    return Message(channel=SLACK, account="1", place="1", tenant=tenant)


def test_what_was_taken_out_is_gone_and_what_was_installed_later_stays(installed: Installations, clock: "Clock") -> None:
    connect(installed, "hillside", Told(HERE, TOKEN))
    connect(installed, "meadow", Told(THERE, OTHER_TOKEN))
    at = clock()
    clock.wait(timedelta(seconds=5))
    connect(installed, "hillside", Told(HERE, "xoxb-again"))
    installed.ended(SLACK, HERE, at)  # Slack tells of it late
    assert installed.bot_token(SLACK, HERE) == "xoxb-again"
    installed.ended(SLACK, HERE, clock())
    assert (installed.bot_token(SLACK, HERE), installed.tenancy(SLACK, HERE)) == (None, Tenancy(()))
    assert installed.bot_token(SLACK, THERE) == OTHER_TOKEN


@pytest.fixture
def away(installed: Installations, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Take the store away."""
    gone = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/gone")
    yield lambda: monkeypatch.setattr(installed, "_engine", gone)
    gone.dispose()


def test_while_the_store_is_away_what_was_read_lately_holds(
    installed: Installations, away: Callable[[], None], clock: "Clock"
) -> None:
    connect(installed, "hillside", Told(HERE, TOKEN))
    connect(installed, "meadow", Told(TENANT), TEAMS)
    installed.bot_token(SLACK, HERE)
    installed.tenancy(SLACK, HERE)
    installed.tenancy(TEAMS, TENANT)
    away()
    assert installed.bot_token(SLACK, HERE) == TOKEN
    assert installed.tenancy_lately(SLACK, HERE) == Tenancy(("hillside",))
    assert installed.tenancy_lately(SLACK, THERE) == Tenancy(())
    assert installed.is_heard(TEAMS, TENANT)
    clock.wait(timedelta(minutes=6))
    assert installed.tenancy_lately(SLACK, HERE) == Tenancy(())
    for ask in (lambda: installed.bot_token(SLACK, HERE), lambda: installed.is_heard(TEAMS, TENANT)):
        with pytest.raises(StoreAway):
            ask()


def test_links_that_are_too_old_are_cleared_away_with_the_next(installed: Installations, store: Versions, clock: "Clock") -> None:
    installed.make_link("hillside", SLACK, None, "the provider")
    clock.wait(LINK_LASTS)
    installed.make_link("hillside", SLACK, None, "the provider")
    with store.engine.connect() as connection:
        assert len(connection.execute(select(install_links.c.token_hash)).all()) == 1


# The commands

ADDRESS = "https://policies.provider.example"


@pytest.fixture
def provided(policybot: Callable[..., "Ran"], monkeypatch: pytest.MonkeyPatch) -> Callable[..., "Ran"]:
    """The command line of a provider of two schools, with a Slack app that many install and a Teams app."""
    settings = {"SLACK__CLIENT_ID": "1.2", "SLACK__CLIENT_SECRET": "a", "SLACK__SIGNING_SECRET": "b", "PUBLIC_URL": ADDRESS}
    for name, value in settings.items():
        monkeypatch.setenv(f"POLICYBOT_{name}", value)
    for school in ("hillside", "meadow"):
        assert policybot("init", school, "--name", f"{school} school").code == 0
    return policybot


def connected(policybot: Callable[..., "Ran"], home: Path, school: str, told: Told) -> None:
    """Use a link that the command makes, as the server of the same folder does."""
    link = parse_qs(urlsplit(policybot("install-link", school, "slack").out.splitlines()[0]).query)["link"][0]
    engine = open_store(sqlite_url(home))
    Installations(engine, (home / "secret.key").read_text().strip().encode(), {}, now_utc).install(link, SLACK, told)
    engine.dispose()


def test_the_command_gives_a_link_to_pass_on_and_lists_and_removes_what_came_of_it(
    provided: Callable[..., "Ran"], tmp_path: Path
) -> None:
    made = provided("install-link", "hillside", "slack")
    assert made.out.startswith(f"{ADDRESS}/slack/install?link=")
    assert "It connects one workspace to hillside, once, until " in made.out
    assert provided("installations").out == "Nothing is connected by a link. policybot install-link makes one.\n"
    scopes = ",".join(SCOPES)
    connected(provided, tmp_path / "home", "hillside", Told(HERE, TOKEN, scopes=scopes))
    connected(provided, tmp_path / "home", "meadow", Told(THERE, OTHER_TOKEN, scopes="chat:write"))
    listed = provided("installations")
    assert [line.partition(",")[2].partition(", since")[0] for line in listed.out.splitlines()] == [
        f" {HERE}: hillside",
        f" {THERE}: meadow",
    ]
    assert provided("installations", "--school", "meadow").out.splitlines() == listed.out.splitlines()[1:]
    told = provided("doctor").out
    assert "ok    Connected by links (Slack: 2): policybot installations lists them." in told
    assert f"LOOK  The Slack workspace {THERE} of meadow has not granted app_mentions:read, " in told
    assert "In Slack you need no code" in provided("sheet", "--school", "hillside").out
    removed = provided("installations", "--remove", HERE.lower())
    assert "In Slack you need no code" not in provided("sheet", "--school", "hillside").out
    assert removed.out.startswith(f"Slack, {HERE}: nobody there is answered from the policies of hillside any more.")
    assert HERE not in provided("installations").out
    assert not [secret for secret in (TOKEN, OTHER_TOKEN) if secret in listed.out + listed.err + told + removed.out]


REFUSED_COMMANDS = [
    (("install-link", "hillsid", "slack"), "There is no school called hillsid: choose one of hillside, meadow."),
    (("install-link", "hillside", "slack", "--beside", "meado"), "There is no school called meado: "),
    (("install-link", "hillside", "slack", "--beside", "hillside"), "--beside names another school than hillside"),
    (("install-link", "hillside", "teams"), "Microsoft Teams is not set up"),
    (("installations", "--remove", "T9"), "T9 is not connected: `policybot installations` lists what is."),
    (("installations", "--remove", "T9", "--school", "meadow"), "T9 is not connected to meadow: "),
    (("installations", "--school", "meado"), "There is no school called meado: "),
]


def test_what_a_command_cannot_do_is_said_in_one_sentence(provided: Callable[..., "Ran"]) -> None:
    for arguments, told in REFUSED_COMMANDS:
        ran = provided(*arguments)
        assert ran.code == 1
        assert told in ran.err
        assert len(ran.err.splitlines()) == 1


def test_no_link_is_made_where_slack_is_one_workspace_s_own(
    policybot: Callable[..., "Ran"],
) -> None:
    policybot("init", "hillside", "--name", "Hillside")
    assert "set slack.client_id, as docs/provider.md says" in policybot("install-link", "hillside", "slack").err
