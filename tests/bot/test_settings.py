"""The settings: what the environment may say, and the sentence for what it may not."""

import socket
from pathlib import Path

import pytest

from bot.errors import BotError, SettingsError
from bot.serving import serve
from bot.settings import read_settings


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
