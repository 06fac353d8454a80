"""The settings: what the environment may say, and the sentence for what it may not."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import BotError, SettingsError
from bot.serving import serve
from bot.settings import Settings, read_settings

REPOSITORY = Path(__file__).parents[2]


def test_without_any_setting_the_program_is_at_home_and_on_loopback() -> None:
    settings = read_settings({"HOME": "/ignored"})
    assert settings.home == Path("~/.local/share/policybot").expanduser()
    assert settings.database_url == f"sqlite:///{settings.home}/policybot.sqlite"
    assert (settings.host, settings.port, settings.public_url, settings.demo) == ("127.0.0.1", 8080, None, False)


def test_the_data_folder_follows_the_desktops_custom_and_its_own_variable() -> None:
    assert read_settings({"XDG_DATA_HOME": "/data"}).home == Path("/data/policybot")
    assert read_settings({"XDG_DATA_HOME": "/data", "POLICYBOT_HOME": "/mine"}).home == Path("/mine")
    assert read_settings({"POLICYBOT_HOME": "~/mine"}).home == Path("~/mine").expanduser()
    assert read_settings({"POLICYBOT_HOME": "mine"}).home == Path.cwd() / "mine"
    assert read_settings({"POLICYBOT_HOME": ""}).home == read_settings({}).home


def test_the_metrics_are_told_nowhere_unless_it_is_said_where() -> None:
    assert read_settings({}).metrics is None
    assert read_settings({"POLICYBOT_METRICS_BIND": ""}).metrics is None
    assert read_settings({"POLICYBOT_METRICS_BIND": "[::1]:9100"}).metrics == ("::1", 9100)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"METRICS_BIND": "9100"}, "POLICYBOT_METRICS_BIND=9100 is no address: write it as 127.0.0.1:8080."),
        (
            {"METRICS_BIND": "10.0.0.7:8080"},
            "POLICYBOT_METRICS_BIND=10.0.0.7:8080 has the port of POLICYBOT_BIND: choose another port for it.",
        ),
        (
            {"METRICS_BIND": "0.0.0.0:9100", "DEMO": "1"},
            "POLICYBOT_METRICS_BIND=0.0.0.0:9100 is not this machine's own address: demo mode listens on 127.0.0.1 only.",
        ),
    ],
)
def test_where_the_metrics_are_told_must_be_a_port_of_its_own(variables: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({f"POLICYBOT_{name}": value for name, value in variables.items()})
    assert str(refused.value) == told


def test_the_memory_of_the_indexes_is_set_in_megabytes() -> None:
    assert read_settings({}).index_memory == 256 * 1024 * 1024
    assert read_settings({"POLICYBOT_INDEX_MEMORY": "1024"}).index_memory == 1024 * 1024 * 1024


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "256M", "a lot", "²", "99999999", "9" * 5000])
def test_what_is_no_number_of_megabytes_is_refused_with_an_example(value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"POLICYBOT_INDEX_MEMORY": value})
    assert str(refused.value) == (
        f"POLICYBOT_INDEX_MEMORY={value} is no number of megabytes: set it to a whole number from 1 to 1048576, such as 256."
    )


def test_the_store_may_be_elsewhere() -> None:
    assert read_settings({"POLICYBOT_DATABASE_URL": "postgresql://host/db"}).database_url == "postgresql://host/db"


def test_the_public_address_has_no_stroke_at_its_end() -> None:
    assert read_settings({"POLICYBOT_PUBLIC_URL": "https://bot.example/"}).public_url == "https://bot.example"


ADDRESSES = [
    ("127.0.0.1:8080", "127.0.0.1", 8080),
    ("localhost:1", "localhost", 1),
    ("[::1]:65535", "::1", 65535),
    ("0.0.0.0:80", "0.0.0.0", 80),  # noqa: S104  it is only read
    ("bot.school.example:443", "bot.school.example", 443),
]


@pytest.mark.parametrize(("value", "host", "port"), ADDRESSES)
def test_an_address_is_a_host_and_a_port(value: str, host: str, port: int) -> None:
    settings = read_settings({"POLICYBOT_BIND": value})
    assert (settings.host, settings.port) == (host, port)


@pytest.mark.parametrize(
    "value",
    [
        "8080",
        ":8080",
        "localhost",
        "localhost:",
        "localhost:0",
        "localhost:65536",
        "localhost:http",
        "localhost:-1",
        "h:8 0",
        "h:²",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"POLICYBOT_BIND": value})
    assert str(refused.value) == f"POLICYBOT_BIND={value} is no address: write it as 127.0.0.1:8080."


@pytest.mark.parametrize(
    ("value", "demo"),
    [("1", True), ("true", True), ("YES", True), ("0", False), ("", False), ("False", False), ("no", False)],
)
def test_a_flag_is_yes_or_no(value: str, demo: bool) -> None:
    assert read_settings({"POLICYBOT_DEMO": value}).demo is demo


@pytest.mark.parametrize("value", ["2", "on", "ja", "yes please", " 1"])
def test_a_flag_that_is_neither_is_refused(value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"POLICYBOT_DEMO": value})
    assert str(refused.value) == f"POLICYBOT_DEMO={value} is neither yes nor no: set it to 1 or 0."


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "[::]", "192.168.1.5", "bot.example", "127.0.0.2", "localhost.example", "127.1"],  # noqa: S104  they are refused
)
def test_demo_mode_never_listens_on_anything_but_loopback(host: str) -> None:
    with pytest.raises(SettingsError, match="demo mode listens on"):
        read_settings({"POLICYBOT_DEMO": "1", "POLICYBOT_BIND": f"{host}:8080"})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_demo_mode_listens_on_loopback(host: str) -> None:
    assert read_settings({"POLICYBOT_DEMO": "1", "POLICYBOT_BIND": f"{host}:8080"}).demo


def test_a_port_in_use_is_said_with_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POLICYBOT_HOME", str(tmp_path))
    monkeypatch.setenv("POLICYBOT_DEMO", "1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("POLICYBOT_BIND", f"127.0.0.1:{port}")
        with pytest.raises(BotError) as refused:
            serve()
    assert str(refused.value).startswith(f"Port {port} is in use")
    assert "POLICYBOT_BIND=" in str(refused.value)
    assert not (tmp_path / "policybot.sqlite").exists()


def test_an_address_that_is_another_machines_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("bot.settings.LOOPBACK", ("192.0.2.1", "no-such-host.invalid"))
    monkeypatch.setenv("POLICYBOT_HOME", str(tmp_path))
    monkeypatch.setenv("POLICYBOT_DEMO", "1")
    for host in ("192.0.2.1", "no-such-host.invalid"):
        monkeypatch.setenv("POLICYBOT_BIND", f"{host}:8080")
        with pytest.raises(BotError, match=rf"^{host}:8080 cannot be listened on: "):
            serve()


# The file


Written = Callable[..., Settings]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Return the settings that a policybot.yaml in the data folder and variables of the environment give."""

    def read(file: str | bytes, **variables: str) -> Settings:
        (tmp_path / "policybot.yaml").write_bytes(file if isinstance(file, bytes) else file.encode())
        return read_settings({"POLICYBOT_HOME": str(tmp_path), **variables})

    return read


def problems(read: Callable[[], Settings]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        read()
    return str(refused.value).splitlines()


def test_the_file_sets_what_every_command_reads(written: Written, tmp_path: Path) -> None:
    settings = written(
        "database_url: sqlite:////elsewhere/store\nbind: localhost:80\npublic_url: https://bot.example/\ndemo: yes\n"
    )
    assert (settings.database_url, settings.host, settings.port) == ("sqlite:////elsewhere/store", "localhost", 80)
    assert (settings.public_url, settings.demo) == ("https://bot.example", True)
    assert settings.file == tmp_path / "policybot.yaml"


def test_the_environment_wins_over_the_file(written: Written) -> None:
    file = "bind: localhost:80\ndemo: true\npublic_url: https://file.example\n"
    settings = written(file, POLICYBOT_BIND="[::1]:81", POLICYBOT_DEMO="0", POLICYBOT_PUBLIC_URL="https://variable.example")
    assert (settings.host, settings.port, settings.demo, settings.public_url) == ("::1", 81, False, "https://variable.example")


@pytest.mark.parametrize("file", ["", "\n# nothing but a comment\n", "---\n", "bind:\ndemo: ~\n", "bind: ''\ndatabase_url: ''\n"])
def test_what_is_empty_counts_as_left_out(written: Written, tmp_path: Path, file: str) -> None:
    assert written(file, POLICYBOT_BIND="") == read_settings({"POLICYBOT_HOME": str(tmp_path)})


def test_the_sections_of_the_channels_are_kept_as_text(written: Written) -> None:
    file = b"\xef\xbb\xbfslack:\n  signing_secret: 00123\n  workspaces: {12: {schools: [true, 08:30, 1_0]}}\ntelegram:\n"
    assert written(file).sections == {
        "slack": {"signing_secret": "00123", "workspaces": {"12": {"schools": ["true", "08:30", "1_0"]}}}
    }


def test_a_file_in_which_the_schools_hours_still_stand_is_told_where_they_belong(written: Written, tmp_path: Path) -> None:
    assert problems(lambda: written("schools: {st-marys: {hours: 08:30-15:30}}\n")) == [
        f"schools in {tmp_path / 'policybot.yaml'} is not read any more: a school's hours now stand with its contacts. "
        "Write them there with policybot contacts --school and its id, then take this out."
    ]


def test_the_file_may_be_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("bind: localhost:80")
    (tmp_path / "policybot.yaml").write_text("bind: localhost:81")
    environment = {"POLICYBOT_HOME": str(tmp_path), "POLICYBOT_CONFIG": str(tmp_path / "other.yaml")}
    assert read_settings(environment).port == 80
    environment["POLICYBOT_CONFIG"] = "/no/such.yaml"
    sentence = "POLICYBOT_CONFIG=/no/such.yaml is no file: write the path of a policybot.yaml, or take it out."
    assert problems(lambda: read_settings(environment)) == [sentence]


UNREADABLE = [
    (b"bind: [}", "line 1: this is not YAML: look at the indents, the colons and the quotes."),
    (b"demo: true\nslack: {bot_token: *hidden}", "line 2: this is not YAML: look at the indents, the colons and the quotes."),
    (b"demo: true\n\tbind: hidden", "line 2: this is not YAML: look at the indents, the colons and the quotes."),
    (b"- bind", "line 1: the file is to hold keys, each with a colon and its value, such as retention_days: 90."),
    (b"just words", "line 1: the file is to hold keys, each with a colon and its value, such as retention_days: 90."),
    (b"demo: true\nslack:\n  app_token: a\nslack: hidden", "line 4: slack stands twice: take one out."),
    (b"slack:\n  app_token: hidden\n  app_token: b", "line 3: app_token stands twice: take one out."),
    (b"slack: &all [*all]", "line 1: an alias refers to this: write it out in each place."),
    (b"? [a, b]\n: c", "line 1: this key is not a word."),
]


@pytest.mark.parametrize(("file", "told"), UNREADABLE)
def test_a_file_that_cannot_be_read_is_refused_with_its_line_alone(
    written: Written, tmp_path: Path, file: bytes, told: str
) -> None:
    assert problems(lambda: written(file)) == [f"{tmp_path / 'policybot.yaml'}, {told}"]


def test_a_file_that_is_not_text_is_refused(written: Written, tmp_path: Path) -> None:
    assert problems(lambda: written(b"bind: \xff")) == [f"{tmp_path / 'policybot.yaml'} is not text: save it as UTF-8."]


def test_a_folder_in_the_files_place_is_refused(tmp_path: Path) -> None:
    """Docker makes one where the file that is to be mounted is not there."""
    (tmp_path / "policybot.yaml").mkdir()
    sentence = f"{tmp_path / 'policybot.yaml'} cannot be read: Is a directory."
    assert problems(lambda: read_settings({"POLICYBOT_HOME": str(tmp_path)})) == [sentence]


def test_an_unknown_key_is_named_with_the_nearest(written: Written, tmp_path: Path) -> None:
    where = f"in {tmp_path / 'policybot.yaml'}"
    assert problems(lambda: written("slak: {}\nbot_token: hidden\npubic_url: a\nquokka: 1\nsecret_key: hidden\nhome: /a\n")) == [
        f"slak {where} is not known: did you mean slack? Correct it or take it out.",
        f"bot_token {where} is not known: did you mean slack.bot_token? Correct it or take it out.",
        f"pubic_url {where} is not known: did you mean public_url? Correct it or take it out.",
        f"quokka {where} is not known: take it out; README.md lists the settings.",
        f"secret_key cannot stand {where}: set POLICYBOT_SECRET_KEY in the environment instead.",
        f"home cannot stand {where}: set POLICYBOT_HOME in the environment instead.",
    ]


UNKNOWN = [
    ("POLICYBOT_DATABSE_URL", "did you mean POLICYBOT_DATABASE_URL? Correct it or take it out."),
    ("POLICYBOT_SLACK_BOT_TOKEN", "did you mean POLICYBOT_SLACK__BOT_TOKEN? Correct it or take it out."),
    ("policybot_bind", "did you mean POLICYBOT_BIND? Correct it or take it out."),
    ("POLICYBOT_ZEBRA", "take it out; README.md lists the settings."),
    ("POLICYBOT_PORT", "take it out"),  # what Kubernetes sets there is an address
]


@pytest.mark.parametrize(("name", "told"), UNKNOWN)
def test_an_unknown_variable_is_named_with_the_nearest(name: str, told: str) -> None:
    (sentence,) = problems(lambda: read_settings({name: "8080"}))
    assert sentence.startswith(f"{name} is not known: {told}")


def test_what_kubernetes_says_of_the_services_beside_us_is_no_setting() -> None:
    of_kubernetes = {
        "POLICYBOT_SERVICE_HOST": "10.0.0.1",
        "POLICYBOT_SERVICE_PORT": "80",
        "POLICYBOT_SERVICE_PORT_HTTP": "80",
        "POLICYBOT_PORT": "tcp://10.0.0.1:80",
        "POLICYBOT_PORT_80_TCP": "tcp://10.0.0.1:80",
        "POLICYBOT_PORT_80_TCP_PROTO": "tcp",
        "POLICYBOT_PORT_80_TCP_PORT": "80",
        "POLICYBOT_PORT_80_TCP_ADDR": "10.0.0.1",
        "POLICYBOT_POSTGRES_SERVICE_HOST": "10.0.0.2",
        "POLICYBOT_POSTGRES_PORT": "tcp://10.0.0.2:5432",
    }
    assert read_settings(of_kubernetes) == read_settings({})


def test_every_problem_is_told_at_once_by_the_name_under_which_it_was_set(written: Written, tmp_path: Path) -> None:
    keys = {"POLICYBOT_SECRET_KEY": "a", "POLICYBOT_SECRET_KEY_FILE": "b"}
    file = "bind: 8080\ndemo: perhaps\npublic_url: [a]\n"
    assert problems(lambda: written(file, **keys, POLICYBOT_DEMOO="1")) == [
        "POLICYBOT_DEMOO is not known: did you mean POLICYBOT_DEMO? Correct it or take it out.",
        "bind=8080 is no address: write it as 127.0.0.1:8080.",
        "demo=perhaps is neither yes nor no: set it to 1 or 0.",
        f"public_url in {tmp_path / 'policybot.yaml'} is to be one value: write it after the colon, on the same line.",
        "POLICYBOT_SECRET_KEY and POLICYBOT_SECRET_KEY_FILE are both set: keep one of them.",
    ]


@pytest.mark.parametrize(("file", "loaded"), [(None, ["msgspec"]), ("telegram: {token: '1:a'}", ["msgspec", "yaml"])])
def test_a_command_in_the_terminal_waits_for_nothing_that_the_channels_need(
    tmp_path: Path, file: str | None, loaded: list[str]
) -> None:
    if file:
        (tmp_path / "policybot.yaml").write_text(file)
    heavy = ["msgspec", "pydantic", "slack_bolt", "telegram", "microsoft_teams", "yaml", "structlog", "prometheus_client"]
    program = (
        "import sys, bot.terminal, bot.settings; bot.settings.read_settings(); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    environment = {"POLICYBOT_HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == str(loaded)
