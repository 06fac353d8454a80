"""The channels' configuration: what the file and the environment may say, and the sentence for what they may not."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot import configuration as module
from bot.configuration import Configuration, check_schools, read_configuration
from bot.errors import SettingsError
from bot.settings import SECTIONS, read_settings

EXAMPLE = Path(__file__).parents[2] / "deploy" / "policybot.example.yaml"
GUID = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
OTHER_GUID = "6fa459ea-ee8a-3ca4-894e-db77e160355e"

WORKSPACES = "workspaces: {T1: {schools: [hillside]}}"
OF_MANY = "slack: {client_id: '12.34', client_secret: abc, signing_secret: abc}"
SLACK = f"slack: {{bot_token: xoxb-1, signing_secret: abc, {WORKSPACES}}}"
TEAMS = {"TEAMS__APP_ID": GUID, "TEAMS__TENANT_ID": GUID, "TEAMS__CLIENT_SECRET": "s~3"}
ENTRA = f"entra: {{client_id: {GUID}, client_secret: old, tenants: {{{GUID}: {{schools: [hillside]}}}}}}"
A_TENANT = (
    "it is to be the Directory (tenant) ID and its schools, such as 1b4e28ba-2fa1-11d2-883f-0016d3cca427: {schools: [st-marys]}; "
    "nobody of another tenant is let in."
)
A_WORKSPACE = (
    "it is to be a workspace's id with its schools, such as T0123ABCD: {schools: [st-marys]}, "
    "since a token does not tell whose staff ask."
)

NOTHING: Mapping[str, str] = {}
Configured = Callable[..., Configuration]


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configured:
    """Return the configuration that a policybot.yaml and variables, written without their prefix, give."""
    for name in [name for name in os.environ if name.upper().startswith("POLICYBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("POLICYBOT_HOME", str(tmp_path))

    def read(file: str = "", variables: Mapping[str, str] = NOTHING) -> Configuration:
        (tmp_path / "policybot.yaml").write_text(file, encoding="utf-8")
        for name, value in variables.items():
            monkeypatch.setenv(f"POLICYBOT_{name}", value)
        return read_configuration(read_settings())

    return read


def problems(configured: Configured, file: str = "", variables: Mapping[str, str] = NOTHING) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        configured(file, variables)
    return str(refused.value).splitlines()


def test_without_any_setting_no_channel_is_on(configured: Configured) -> None:
    configuration = configured()
    assert configuration.channels == []
    assert (configuration.slack, configuration.telegram, configuration.teams) == (None, None, None)
    assert configuration.retention_days == 90


def test_the_example_is_right_and_lacks_its_secrets_alone(configured: Configured) -> None:
    example = EXAMPLE.read_text(encoding="utf-8")
    assert problems(configured, example) == [
        "slack.bot_token is missing: it is to be the bot token, which begins with xoxb- and stands under "
        "OAuth & Permissions on the app's page at Slack.",
        "slack.signing_secret is missing: set it to the signing secret, from Basic Information on the app's page at Slack, "
        "or set slack.app_token to use Socket Mode.",
        "teams.client_secret is missing: it is to be the value of a client secret, "
        "from Certificates & secrets of the app registration in Azure.",
        "entra.client_secret is missing: it is to be the value of a client secret, "
        "from Certificates & secrets of the app registration in Entra.",
        "email.password is missing: set it to the password that belongs to email.user, or take email.user out.",
    ]
    secrets = {
        "SLACK__BOT_TOKEN": "xoxb-1",
        "SLACK__APP_TOKEN": "xapp-1",
        "TELEGRAM__TOKEN": "12:ab",
        "TEAMS__CLIENT_SECRET": "s~3",
        "ENTRA__CLIENT_SECRET": "s~4",
        "EMAIL__PASSWORD": "p",
    }
    configuration = check_schools(configured(example, secrets), ["st-marys", "hillside"])
    assert configuration.channels == ["Slack", "Telegram", "Microsoft Teams"]
    assert configuration.slack is not None
    assert configuration.slack.workspaces["T0123ABCD"].rooms == {"C0456EFGH": "st-marys"}


def test_every_key_stands_in_the_example() -> None:
    example = EXAMPLE.read_text(encoding="utf-8")
    for_tests = {"api_base_url", "openid_metadata_url", "token_url", "allow_unauthenticated", "authority"}
    assert {key.rpartition(".")[2] for key in module.KEYS if f"{key.rpartition('.')[2]}:" not in example} == for_tests


def test_the_sections_that_every_command_passes_over_are_those_that_are_read_here() -> None:
    assert set(SECTIONS) == set(Configuration.model_fields)


# Each variable of the environment, with what it is set to and what is then read.
VARIABLES = [
    ("SLACK__BOT_TOKEN", "xoxb-2", "slack", "xoxb-2"),
    ("SLACK__SIGNING_SECRET", "12345678", "slack", "12345678"),
    ("SLACK__APP_TOKEN", "xapp-2", "slack", "xapp-2"),
    ("SLACK__CLIENT_ID", "34.56", "slack", "34.56"),
    ("SLACK__CLIENT_SECRET", "new", "slack", "new"),
    ("SLACK__API_BASE_URL", "http://127.0.0.1:8801/api", "slack", "http://127.0.0.1:8801/api/"),
    ("SLACK__ALLOW_GUESTS", "true", "slack", True),
    ("TELEGRAM__TOKEN", "12:ab", "telegram", "12:ab"),
    ("TELEGRAM__BOT_NAME", "@St_Marys_Bot", "telegram", "St_Marys_Bot"),
    ("TELEGRAM__API_BASE_URL", "http://127.0.0.1:8802/", "telegram", "http://127.0.0.1:8802"),
    ("TELEGRAM__WEBHOOK_URL", "https://bot.example/hook", "telegram", "https://bot.example/hook"),
    ("TELEGRAM__WEBHOOK_SECRET", "a-b_C3", "telegram", "a-b_C3"),
    ("TEAMS__APP_ID", OTHER_GUID.upper(), "teams", OTHER_GUID),
    ("TEAMS__TENANT_ID", OTHER_GUID, "teams", OTHER_GUID),
    ("TEAMS__CLIENT_SECRET", "null", "teams", "null"),
    ("TEAMS__OPENID_METADATA_URL", "http://127.0.0.1:8803/keys", "teams", "http://127.0.0.1:8803/keys"),
    ("TEAMS__TOKEN_URL", "http://127.0.0.1:8803/token", "teams", "http://127.0.0.1:8803/token"),
    ("TEAMS__ALLOW_UNAUTHENTICATED", "1", "teams", True),
    ("ENTRA__CLIENT_ID", OTHER_GUID.upper(), "entra", OTHER_GUID),
    ("ENTRA__CLIENT_SECRET", "new", "entra", "new"),
    ("ENTRA__AUTHORITY", "http://localhost:8804/", "entra", "http://localhost:8804"),
    ("EMAIL__HOST", "smtp.hillside.example", "email", "smtp.hillside.example"),
    ("EMAIL__ENCRYPTION", "starttls", "email", "starttls"),
    ("EMAIL__PORT", "2525", "email", 2525),
    ("EMAIL__USER", "policybot", "email", "policybot"),
    ("EMAIL__PASSWORD", "new", "email", "new"),
    ("EMAIL__SENDER", "bot@hillside.example", "email", "bot@hillside.example"),
]


@pytest.mark.parametrize(("name", "value", "section", "read"), VARIABLES)
def test_each_variable_sets_its_key_and_wins_over_the_file(
    configured: Configured, name: str, value: str, section: str, read: object
) -> None:
    slack = OF_MANY if name.startswith("SLACK__CLIENT") else SLACK
    file = (
        f"{slack}\ntelegram: {{token: '1:a', webhook_secret: x}}\n"
        f"teams: {{app_id: {GUID}, tenant_id: {GUID}, client_secret: old, allow_unauthenticated: false}}\n"
        f"{ENTRA}\npublic_url: https://bot.example\n"
        "email: {host: localhost, encryption: tls, port: 1, user: a, password: old, sender: a@b.example}"
    )
    found = getattr(getattr(configured(file, {name: value}), section), name.partition("__")[2].lower())
    assert (found.get_secret_value() if hasattr(found, "get_secret_value") else found) == read


def test_every_variable_is_in_that_table() -> None:
    days = {"POLICYBOT_RETENTION_DAYS", "POLICYBOT_ESCALATION_DAYS"}
    assert {f"POLICYBOT_{name}" for name, *_ in VARIABLES} | days == set(module.VARIABLES)


def test_the_days_may_be_set_in_both(configured: Configured) -> None:
    assert configured("retention_days: 30").retention_days == 30
    assert configured("retention_days: 30", {"RETENTION_DAYS": "365"}).retention_days == 365


def test_a_section_without_anything_in_it_and_an_empty_variable_count_as_left_out(configured: Configured) -> None:
    assert configured("slack:\ntelegram:\n", {"TEAMS__APP_ID": ""}).channels == []
    assert configured("slack:\ntelegram:\n", {"TELEGRAM__TOKEN": "1:a", "TELEGRAM__WEBHOOK_URL": ""}).channels == ["Telegram"]


def test_space_around_a_value_and_an_empty_key_are_passed_over(configured: Configured) -> None:
    variables = {"SLACK__BOT_TOKEN": " xoxb-1\n", "SLACK__SIGNING_SECRET": "abc "}
    slack = configured(f"slack:\n  app_token:\n  {WORKSPACES}", variables).slack
    assert slack is not None
    assert slack.bot_token.get_secret_value() == "xoxb-1"
    assert slack.app_token is None


def test_socket_mode_needs_no_signing_secret(configured: Configured) -> None:
    slack = configured(f"slack: {{{WORKSPACES}}}", {"SLACK__BOT_TOKEN": "xoxb-1", "SLACK__APP_TOKEN": "xapp-1"}).slack
    assert slack is not None
    assert slack.signing_secret is None
    assert slack.api_base_url == "https://slack.com/api/"


def test_a_bare_webhook_address_gets_the_path_at_which_the_server_listens(configured: Configured) -> None:
    address = {"TELEGRAM__WEBHOOK_URL": "https://bot.example/", "TELEGRAM__WEBHOOK_SECRET": "x"}
    telegram = configured("", {"TELEGRAM__TOKEN": "1:a"} | address).telegram
    assert telegram is not None
    assert telegram.webhook_url == "https://bot.example/telegram/webhook"


# The file, the variables, and each problem that is told.
WRONG: list[tuple[str, dict[str, str], list[str]]] = [
    (
        f"slack: {{bot_token: xapp-1, app_token: xoxb-1, {WORKSPACES}}}",
        {},
        [
            "slack.bot_token begins with xapp-: that is an app-level token; the bot token begins with xoxb-.",
            "slack.app_token begins with xoxb-: that is a bot token; the app-level token begins with xapp-.",
        ],
    ),
    (
        SLACK,
        {"SLACK__BOT_TOKEN": "xoxp-1", "SLACK__SIGNING_SECRET": "xoxb-1"},
        [
            "POLICYBOT_SLACK__BOT_TOKEN begins with xoxp-: that is a user token; the bot token begins with xoxb-.",
            "POLICYBOT_SLACK__SIGNING_SECRET is a token: copy the signing secret, which stands under Basic Information on the "
            "app's page at Slack.",
        ],
    ),
    (
        SLACK,
        {"SLACK__BOT_TOKEN": "hidden"},
        ["POLICYBOT_SLACK__BOT_TOKEN is no token of this kind: the bot token begins with xoxb-."],
    ),
    (
        "",
        {"SLACK__APP_TOKEN": "xapp-1"},
        [
            "POLICYBOT_SLACK__BOT_TOKEN is missing: it is to be the bot token, which begins with xoxb- and stands under "
            "OAuth & Permissions on the app's page at Slack.",
            f"slack.workspaces is missing: {A_WORKSPACE}",
        ],
    ),
    ("slack: {bot_token: xoxb-1, app_token: xapp-1, workspaces: {}}", {}, [f"slack.workspaces is not right: {A_WORKSPACE}"]),
    (
        "slack: {bot_token: xoxb-1, app_token: xapp-1, workspaces: {T1: hillside}}",
        {},
        [f"slack.workspaces.T1 is not right: {A_WORKSPACE}"],
    ),
    (
        "slack: {bot_token: xoxb-1, app_token: xapp-1, workspaces: {T1: , T2: {schools: b}, T3: {schools: []}}}",
        {},
        [
            "slack.workspaces.T1.schools is missing: it is to be a list of school ids, such as [st-marys].",
            "slack.workspaces.T2.schools is not right: it is to be a list of school ids, such as [st-marys].",
            "slack.workspaces.T3.schools is not right: it is to be a list of school ids, such as [st-marys].",
        ],
    ),
    (
        "slack: {bot_token: xoxb-1, app_token: xapp-1, workspaces: {C1: {schools: [a]}}}",
        {},
        ["slack.workspaces names C1, which is no workspace: a workspace's id begins with T, as in T0123ABCD."],
    ),
    (
        "slack: {bot_token: xoxb-1, app_token: xapp-1, workspaces: {T1: {schools: [a], rooms: {staff: a}}}}",
        {},
        ["slack.workspaces names staff, which is no room of T1: a channel's id begins with C."],
    ),
    (
        "slack: {bot_token: xoxb-1, app_token: xapp-1, workspaces: {T1: {schools: [a, b], rooms: {C1: c}}}}",
        {},
        ["slack.workspaces.T1.rooms gives C1 to c, which is not among the schools beside it: a, b."],
    ),
    (
        f"slack: {{client_id: hidden, client_secret: abc, {WORKSPACES}}}",
        {"SLACK__BOT_TOKEN": "xoxb-1", "SLACK__SIGNING_SECRET": "a"},
        ["slack.client_id is no client ID of a Slack app: those are digits, a dot, and digits after that."],
    ),
    (
        f"slack: {{client_id: '1.2', bot_token: xoxb-1, app_token: xapp-1, {WORKSPACES}}}",
        {},
        [
            "slack.client_secret is missing: set it to the client secret, from Basic Information on the app's page at Slack.",
            "slack.bot_token is of one workspace, and slack.client_id of an app that many install: take one of the two out.",
            "slack.app_token is for Socket Mode, and slack.client_id of an app that many install, from which Slack sends to "
            "/slack/events: take it out.",
            "slack.signing_secret is missing: set it to the signing secret, from Basic Information on the app's page at Slack.",
            "slack.workspaces is for slack.bot_token, and slack.client_id of an app that many install, each by a link of "
            "policybot install-link: take it out.",
        ],
    ),
    (
        SLACK,
        {"SLACK__CLIENT_SECRET": "hidden"},
        [
            "POLICYBOT_SLACK__CLIENT_SECRET belongs to nothing: set slack.client_id to the client ID, from the same page, "
            "or take it out."
        ],
    ),
    (
        "slack: xoxb-hidden",
        {"SLACK__BOT_TOKEN": "xoxb-1", "SLACK__APP_TOKEN": "xapp-1"},
        [
            "slack is not right: it is to be keys of its own under it, such as workspaces.",
            f"slack.workspaces is missing: {A_WORKSPACE}",
        ],
    ),
    (
        SLACK.replace("bot_token", "bot_tokn"),
        {"SLACK__BOT_TOKEN": "xoxb-1"},
        [
            "slack.bot_tokn is not known: did you mean slack.bot_token? Correct it or take it out.",
        ],
    ),
    (
        SLACK.replace("schools:", "shools:"),
        {},
        [
            "slack.workspaces.T1.schools is missing: it is to be a list of school ids, such as [st-marys].",
            "slack.workspaces.T1.shools is not known: did you mean slack.workspaces.T1.schools? Correct it or take it out.",
        ],
    ),
    (
        SLACK,
        {"SLACK__SIGNNG_SECRET": "x"},
        [
            "POLICYBOT_SLACK__SIGNNG_SECRET is not known: "
            "did you mean POLICYBOT_SLACK__SIGNING_SECRET? Correct it or take it out.",
        ],
    ),
    (
        SLACK,
        {"SLACK__WORKSPACES": "not even JSON"},
        [
            "POLICYBOT_SLACK__WORKSPACES cannot be a variable: "
            "write slack.workspaces in policybot.yaml, as a workspace's id with "
            "its schools, such as T0123ABCD: {schools: [st-marys]}, since a token does not tell whose staff ask.",
        ],
    ),
    (
        SLACK,
        {"SLACK__WORKSPACES__T1__SCHOOLS": "[hillside]"},
        [
            "POLICYBOT_SLACK__WORKSPACES__T1__SCHOOLS cannot be a variable: "
            "write slack.workspaces in policybot.yaml, as a workspace's id with "
            "its schools, such as T0123ABCD: {schools: [st-marys]}, since a token does not tell whose staff ask.",
        ],
    ),
    (
        f"entra: {{client_id: x, client_secret: {GUID}, authority: 'http://entra.example'}}",
        {"PUBLIC_URL": "https://bot.example"},
        [
            "entra.client_id is no id of Microsoft's: those look like 1b4e28ba-2fa1-11d2-883f-0016d3cca427.",
            "entra.client_secret is the secret's id: copy its value instead, which Microsoft shows only when the secret is made.",
            "entra.authority does not begin with https://, without which anybody on the way could speak as Microsoft.",
            f"entra.tenants is missing: {A_TENANT}",
        ],
    ),
    (
        f"entra: {{client_id: {GUID}, client_secret: a, tenants: {{}}}}",
        {"PUBLIC_URL": "https://bot.example"},
        [f"entra.tenants is not right: {A_TENANT}"],
    ),
    (
        ENTRA.replace("schools:", "rooms: {a: hillside}, schools:"),
        {"PUBLIC_URL": "https://bot.example"},
        [f"entra.tenants.{GUID}.rooms is not known: did you mean entra.tenants.{GUID}.schools? Correct it or take it out."],
    ),
    *(
        (
            ENTRA,
            {"PUBLIC_URL": address},
            [
                "entra is set up, but Microsoft sends people back to an address with https:// alone: set POLICYBOT_PUBLIC_URL to "
                "the one by which people reach policybot, such as https://policies.school.example.",
            ],
        )
        for address in ("", "http://policies.school.example")
    ),
    (
        "telegram: {token: abc}",
        {},
        [
            "telegram.token is no token of a Telegram bot: BotFather gives it as digits, a colon, and letters after that.",
        ],
    ),
    *(
        (
            f"telegram: {{token: '1:a', bot_name: {name}}}",
            {},
            [
                "telegram.bot_name is no name of a Telegram bot: "
                "those have 5 to 32 letters from A to Z, digits and _, and end in bot.",
            ],
        )
        for name in ("abot", "x" * 30 + "bot", "hillside", "hill-side-bot", "'@@hillsidebot'")
    ),
    (
        "telegram: {token: '1:a'}",
        {"TELEGRAM__WEBHOOK_URL": "http://bot.example"},
        [
            "POLICYBOT_TELEGRAM__WEBHOOK_URL does not begin with https://, and Telegram sends to no other addresses.",
        ],
    ),
    (
        "telegram: {token: '1:a', webhook_url: 'https://bot.example'}",
        {},
        [
            "telegram.webhook_secret is missing: "
            "make one up of letters, digits, _ and -, so that nobody else can speak as Telegram.",
        ],
    ),
    (
        "telegram: {token: '1:a', webhook_url: 'https://bot.example', webhook_secret: no space}",
        {},
        [
            "telegram.webhook_secret may hold 1 to 256 letters from A to Z, digits, _ and - only.",
        ],
    ),
    (
        "",
        {"TELEGRAM__API_BASE_URL": "api.telegram.org", "TELEGRAM__TOKEN": "1:a"},
        [
            "POLICYBOT_TELEGRAM__API_BASE_URL is no web address: it begins with https://.",
        ],
    ),
    (
        "",
        TEAMS | {"TEAMS__APP_ID": "my bot", "TEAMS__CLIENT_SECRET": OTHER_GUID},
        [
            f"POLICYBOT_TEAMS__APP_ID is no id of Microsoft's: those look like {GUID}.",
            "POLICYBOT_TEAMS__CLIENT_SECRET is the secret's id: copy its value instead, which Microsoft shows only "
            "when the secret is made.",
        ],
    ),
    (
        "teams: {tenants: {example.org: {schools: [a]}}}",
        TEAMS,
        [
            f"teams.tenants.example.org is no id of Microsoft's: those look like {GUID}.",
        ],
    ),
    (
        f"teams: {{tenants: {{{OTHER_GUID}: {{schools: [a]}}}}}}",
        TEAMS,
        [
            f"teams.tenants does not name the bot's own tenant: add {GUID} with its schools.",
        ],
    ),
    (
        "bind: 0.0.0.0:80",
        TEAMS | {"TEAMS__ALLOW_UNAUTHENTICATED": "yes"},
        [
            "POLICYBOT_TEAMS__ALLOW_UNAUTHENTICATED lets anybody speak as Microsoft: "
            "it is for tests, and only where POLICYBOT_BIND "
            "is 127.0.0.1; take it out.",
        ],
    ),
    (
        "",
        TEAMS | {"TEAMS__ALLOW_UNAUTHENTICATED": "perhaps"},
        [
            "POLICYBOT_TEAMS__ALLOW_UNAUTHENTICATED is not right: it is to be true or false.",
        ],
    ),
    (
        "email: {host: 'https://smtp.example', encryption: ssl, port: 0, password: hidden, sender: policybot}",
        {},
        [
            "email.host is no name of a mail server: those look like smtp.st-marys.example, without a port and without https://.",
            "email.encryption is not right: it is to be starttls, tls, or none where the mail server is on this machine.",
            "email.port is not right: it is to be a number, such as 587.",
            "email.password belongs to nobody: set email.user to the name with which policybot signs in to the mail server.",
            "email.sender is no e-mail address: those look like policybot@st-marys.example.",
        ],
    ),
    (
        "email: {host: smtp.example, encryption: none, user: policybot, sender: a@b.example}",
        {},
        [
            "email.encryption is none, which is for a mail server on this machine alone: set it to starttls or tls.",
            "email.password is missing: set it to the password that belongs to email.user, or take email.user out.",
        ],
    ),
    (
        "email: {host: smtp.example, sender: a@b.example}",
        {},
        [
            "email is set up, but a link in a mail could be opened by nobody: set POLICYBOT_PUBLIC_URL to the address by which "
            "people reach policybot, such as https://policies.school.example.",
        ],
    ),
    ("retention_days: 0", {}, ["retention_days is not right: it is to be a number of days from 1 to 365."]),
    ("escalation_days: 29", {}, ["escalation_days is not right: it is to be a number of days from 30 to 3650."]),
    ("", {"RETENTION_DAYS": "366"}, ["POLICYBOT_RETENTION_DAYS is not right: it is to be a number of days from 1 to 365."]),
    ("retention_days: a term", {}, ["retention_days is not right: it is to be a number of days from 1 to 365."]),
]


@pytest.mark.parametrize(("file", "variables", "told"), WRONG)
def test_what_is_wrong_is_named_as_it_was_written_with_what_to_do(
    configured: Configured, file: str, variables: dict[str, str], told: list[str]
) -> None:
    assert problems(configured, file, variables) == told
    assert "hidden" not in "".join(told)


def test_all_problems_of_all_sections_are_told_at_once(configured: Configured) -> None:
    channels = "slack: {bot_token: xapp-1, bot: 1}\ntelegram: {token: x}\nteams: {app_id: x}\n"
    told = problems(configured, f"{channels}retention_days: x", {"TELEGRAM__TOKN": "1"})
    named = "slack.bot_token slack.signing_secret slack.workspaces slack.bot telegram.token POLICYBOT_TELEGRAM__TOKN teams.app_id"
    named += " teams.tenant_id teams.client_secret retention_days"
    assert sorted(sentence.partition(" ")[0] for sentence in told) == sorted(named.split())


SECRETS = {
    "SLACK__BOT_TOKEN": "xoxb-hidden",
    "SLACK__APP_TOKEN": "xapp-hidden",
    "SLACK__SIGNING_SECRET": "hidden",
    "TELEGRAM__TOKEN": "1:hidden",
    "TELEGRAM__WEBHOOK_SECRET": "hidden",
    "TEAMS__CLIENT_SECRET": "hidden~",
    "EMAIL__PASSWORD": "hidden",
}


def test_no_secret_is_in_what_is_shown_of_the_configuration(configured: Configured) -> None:
    email = "public_url: https://bot.example\nemail: {host: localhost, user: a, sender: a@b.example}"
    configuration = configured(f"slack: {{{WORKSPACES}}}\n{email}", TEAMS | SECRETS)
    assert configuration.channels == ["Slack", "Telegram", "Microsoft Teams"]
    assert "hidden" not in repr(configuration) + str(configuration)


def test_no_secret_is_in_the_settings_or_in_a_refusal(configured: Configured, tmp_path: Path) -> None:
    teams = "teams: {client_secret: [hidden], app_id: hidden, openid_metadata_url: hidden}"
    email = "email: {host: hidden/, port: hidden, password: hidden, sender: hidden, encryption: hidden}"
    told = problems(
        configured, f"slack: [hidden]\ntelegram: {{token: hidden, hiden: hidden, webhook_url: hidden}}\n{teams}\n{email}"
    )
    assert "hidden" not in "".join(told)
    variables = {"POLICYBOT_SECRET_KEY": "hidden", "POLICYBOT_DATABASE_URL": "postgresql://a:hidden@b/c"}
    assert "hidden" not in repr(read_settings({"POLICYBOT_HOME": str(tmp_path), **variables}))


@pytest.mark.parametrize("bind", ["127.0.0.1:80", "localhost:80", "[::1]:80"])
def test_what_is_for_tests_is_allowed_on_loopback(configured: Configured, bind: str) -> None:
    teams = configured("", TEAMS | {"BIND": bind, "TEAMS__ALLOW_UNAUTHENTICATED": "true"}).teams
    assert teams is not None
    assert teams.allow_unauthenticated


# The schools


def test_the_only_school_has_the_bots_own_tenant(configured: Configured) -> None:
    teams = check_schools(configured("", TEAMS), ["hillside"]).teams
    assert teams is not None
    assert {tenant: organisation.schools for tenant, organisation in teams.tenants.items()} == {GUID: ["hillside"]}


@pytest.mark.parametrize("known", [[], ["hillside", "riverside"]])
def test_with_more_schools_or_none_the_tenants_must_be_told(configured: Configured, known: list[str]) -> None:
    with pytest.raises(SettingsError, match=r"^teams\.tenants is missing: it is to be the tenant's id and its schools, such as "):
        check_schools(configured("", TEAMS), known)


def test_a_provider_says_that_every_tenant_comes_by_a_link(configured: Configured) -> None:
    configuration = configured("teams: {tenants: {}}", TEAMS)
    assert check_schools(configuration, ["hillside", "riverside"]) == configuration
    assert check_schools(configuration, ["hillside"]) == configuration


@pytest.mark.parametrize("public_url", ["", "http://policies.provider.example"])
def test_an_app_that_many_install_needs_an_address_with_https(configured: Configured, public_url: str) -> None:
    with pytest.raises(SettingsError, match=r"^slack\.client_id is set, but Slack sends people back to an address with https://"):
        configured(OF_MANY, {"PUBLIC_URL": public_url})
    slack = configured(OF_MANY, {"PUBLIC_URL": "https://policies.provider.example"}).slack
    assert slack is not None
    assert (slack.bot_token, slack.app_token, slack.workspaces) == (None, None, {})


def test_a_tenant_that_is_told_stays(configured: Configured) -> None:
    configuration = configured(f"teams: {{tenants: {{{GUID.upper()}: {{schools: [hillside]}}}}}}", TEAMS)
    assert check_schools(configuration, ["hillside", "riverside"]) == configuration


def test_each_school_that_is_not_known_is_named_with_the_nearest(configured: Configured) -> None:
    file = f"{SLACK}\n{ENTRA.replace('hillside', 'meadow')}\nteams: {{tenants: {{{GUID}: {{schools: [hilside, elsewhere]}}}}}}"
    configuration = configured(file, TEAMS | {"PUBLIC_URL": "https://bot.example"})
    with pytest.raises(SettingsError) as refused:
        check_schools(configuration, ["hillside", "riverside"])
    assert str(refused.value).splitlines() == [
        f"teams.tenants.{GUID} names hilside, which is no school here: did you mean hillside?",
        f"teams.tenants.{GUID} names elsewhere, which is no school here: choose one of hillside, riverside.",
        f"entra.tenants.{GUID} names meadow, which is no school here: choose one of hillside, riverside.",
    ]
    with pytest.raises(SettingsError, match=r"none is set up yet, so run policybot init first\."):
        check_schools(configuration, [])
