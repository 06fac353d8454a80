"""The secret key: where it comes from, that it is made once, and what is hashed with it."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from bot.errors import BotError, SettingsError
from bot.secret import key_file, keyed_hash, secret_key
from bot.settings import Settings, read_settings

LONG = "correct horse battery staple, thrice"
TOO_SHORT = "holds 31 characters, and a secret key has at least 32: make a longer one with python3 -c"


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Return the settings with a new data folder and these variables, written without their prefix."""

    def read(**variables: str | Path) -> Settings:
        named = {f"POLICYBOT_{name}": str(value) for name, value in variables.items()}
        return read_settings({"POLICYBOT_HOME": str(tmp_path / "home"), **named})

    return read


def test_a_key_is_made_on_first_use_and_stays(settings: Callable[..., Settings], tmp_path: Path) -> None:
    key = secret_key(settings())
    assert len(key) >= 32
    assert secret_key(settings()) == key
    assert os.listdir(tmp_path / "home") == ["secret.key"]


def test_each_installation_has_a_key_of_its_own(tmp_path: Path) -> None:
    keys = {secret_key(read_settings({"POLICYBOT_HOME": str(tmp_path / name)})) for name in "abc"}
    assert len(keys) == 3


def test_the_key_that_is_made_is_for_this_account_alone(settings: Callable[..., Settings], tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        secret_key(settings())
    finally:
        os.umask(before)
    assert (tmp_path / "home" / "secret.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_those_who_start_at_once_end_with_the_same_key(tmp_path: Path) -> None:
    for attempt in range(10):
        at_once = Barrier(6)
        settings = read_settings({"POLICYBOT_HOME": str(tmp_path / str(attempt))})

        def start(settings: Settings = settings, at_once: Barrier = at_once) -> bytes:
            at_once.wait()
            return secret_key(settings)

        with ThreadPoolExecutor(6) as pool:
            keys = {started.result() for started in [pool.submit(start) for _ in range(6)]}
        assert len(keys) == 1
        assert os.listdir(settings.home) == ["secret.key"]


def test_the_key_of_a_process_that_was_quicker_is_kept(
    settings: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quicker(_descriptor: int) -> None:
        (tmp_path / "home" / "secret.key").write_text(LONG)

    monkeypatch.setattr(os, "fsync", quicker)  # the last that is done before the key is put in its place
    assert secret_key(settings()) == LONG.encode()
    assert os.listdir(tmp_path / "home") == ["secret.key"]


def test_a_key_may_be_given_in_the_environment(settings: Callable[..., Settings], tmp_path: Path) -> None:
    assert secret_key(settings(SECRET_KEY=LONG)) == LONG.encode()
    assert not (tmp_path / "home").exists()


def test_a_key_may_be_given_in_a_file_whose_last_line_ends(settings: Callable[..., Settings], tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{LONG}\n")
    assert secret_key(settings(SECRET_KEY_FILE=tmp_path / "key")) == LONG.encode()
    assert not (tmp_path / "home").exists()


def test_a_key_of_32_characters_is_long_enough(settings: Callable[..., Settings]) -> None:
    assert secret_key(settings(SECRET_KEY="k" * 32)) == b"k" * 32


def test_a_shorter_key_is_refused_and_not_repeated(settings: Callable[..., Settings], tmp_path: Path) -> None:
    (tmp_path / "key").write_text("  " + "k" * 31 + "\n")
    for given in ({"SECRET_KEY": "k" * 31}, {"SECRET_KEY_FILE": str(tmp_path / "key")}):
        with pytest.raises(SettingsError) as refused:
            secret_key(settings(**given))
        assert TOO_SHORT in str(refused.value)
        assert f"POLICYBOT_{next(iter(given))}" in str(refused.value)
        assert "kkk" not in str(refused.value)


def test_a_damaged_key_is_never_replaced(settings: Callable[..., Settings], tmp_path: Path) -> None:
    secret_key(settings())
    (tmp_path / "home" / "secret.key").write_text("")
    with pytest.raises(SettingsError, match=r"secret\.key holds 0 characters.*bring the file back from a backup\.$"):
        secret_key(settings())
    assert (tmp_path / "home" / "secret.key").read_text() == ""


def test_with_postgresql_the_key_must_be_given(settings: Callable[..., Settings], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^POLICYBOT_SECRET_KEY is missing.*make one with python3 -c .*set it for each\.$"):
        secret_key(settings(DATABASE_URL="postgresql://host/name"))
    assert not (tmp_path / "home").exists()
    assert secret_key(settings(DATABASE_URL="postgresql://host/name", SECRET_KEY=LONG)) == LONG.encode()


def test_a_key_that_cannot_be_read_is_said(settings: Callable[..., Settings], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none cannot be read: No such file or directory\.$"):
        secret_key(settings(SECRET_KEY_FILE=tmp_path / "none"))
    (tmp_path / "key").write_bytes(b"\xff" * 40)
    with pytest.raises(SettingsError, match="is not text"):
        secret_key(settings(SECRET_KEY_FILE=tmp_path / "key"))


def test_a_key_that_cannot_be_written_is_said(settings: Callable[..., Settings], tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(BotError, match=r"cannot be written.*POLICYBOT_HOME, or set POLICYBOT_SECRET_KEY\.$"):
        secret_key(settings())


def test_the_file_of_the_key_is_known(settings: Callable[..., Settings], tmp_path: Path) -> None:
    assert key_file(settings()) == tmp_path / "home" / "secret.key"
    assert key_file(settings(SECRET_KEY_FILE=Path("/run/key"))) == Path("/run/key")
    assert key_file(settings(SECRET_KEY=LONG)) is None
    assert key_file(settings(DATABASE_URL="postgresql://host/name")) is None


def test_a_hash_is_the_hmac_of_the_parts_each_after_its_length() -> None:
    # printf '\0\0\0\0\0\0\0\006person\0\0\0\0\0\0\0\005slack\0\0\0\0\0\0\0\002U1' | openssl dgst -sha256 -hmac key
    assert keyed_hash(b"key", "person", "slack", "U1") == "30ef62eeaf95b3f5da649b4466a391105fb6cdc6674b8d3d80884bf76a0f0fa7"


DIFFERENT = [
    (b"key", "person", "slack", "U1"),
    (b"other", "person", "slack", "U1"),
    (b"key", "chat", "slack", "U1"),
    (b"key", "person", "slackU", "1"),
    (b"key", "person", "slackU1"),
    (b"key", "person", "slack", "U1", ""),
    (b"key", "person", "slack", "", "U1"),
    (b"key", "personslack", "U1"),
    (b"key", "person", "slack", "U\ud800"),
]


def test_whatever_differs_gives_another_hash() -> None:
    assert len({keyed_hash(*parts) for parts in DIFFERENT}) == len(DIFFERENT)
