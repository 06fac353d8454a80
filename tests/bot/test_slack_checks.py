"""What `policybot doctor` finds out about Slack, from a Slack on this machine."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.channels.slack_checks import SCOPES, check_slack
from tests.platforms.slack_server import (
    APP_TOKEN,
    BOT_TOKEN,
    MANIFEST,
    OTHER_TEAM,
    TEAM,
    Refuses,
    ServerError,
    SlackServer,
    slack,
)


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with slack() as running:
        yield running


def checked(server: SlackServer, **given: Any) -> list[tuple[bool, str]]:
    settings = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "api_base_url": server.api_url, "workspaces": [TEAM], **given}
    return check_slack(**settings)


def failed(server: SlackServer, **given: Any) -> str:
    (sentence,) = (sentence for passed, sentence in checked(server, **given) if not passed)
    return sentence


def test_all_is_well(server: SlackServer) -> None:
    assert [passed for passed, _ in checked(server)] == [True, True]
    assert [passed for passed, _ in checked(server, app_token=None)] == [True]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"bot_token": "xoxb-another"}, "does not take slack.bot_token (invalid_auth)"),
        ({"app_token": "xapp-another"}, "does not take slack.app_token (invalid_auth)"),
        ({"workspaces": [OTHER_TEAM]}, f"is of workspace {TEAM}, but slack.workspaces names {OTHER_TEAM}"),
    ],
)
def test_what_is_wrong_with_a_token_is_said_without_the_token(server: SlackServer, given: dict[str, Any], told: str) -> None:
    sentence = failed(server, **given)
    assert told in sentence
    assert "another" not in sentence


def test_scopes_that_were_not_granted_are_named(server: SlackServer) -> None:
    server.scopes -= {"im:write", "users:read"}
    assert "lacks im:write, users:read" in failed(server)


@pytest.mark.parametrize(("seconds", "told"), [(3600, "seconds behind Slack's"), (-3600, "seconds ahead of Slack's")])
def test_a_clock_that_is_wrong_is_noticed(server: SlackServer, seconds: int, told: str) -> None:
    server.clock_is_off_by = seconds
    assert told in failed(server)


def test_a_slack_that_is_away_or_at_fault_is_told_apart_from_a_wrong_token(server: SlackServer) -> None:
    server.fail("auth.test", ServerError(503))
    assert "status 503" in failed(server)
    server.fail("apps.connections.open", Refuses("internal_error"))
    assert "internal_error" in failed(server)
    server.go_down()
    assert "is not reached" in failed(server)


def test_doctor_asks_slack(
    server: SlackServer, policybot: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policybot("init", "hillside", "--name", "Hillside Primary School")
    (tmp_path / "home" / "policybot.yaml").write_text(f"slack:\n  workspaces:\n    {TEAM}: {{schools: [hillside]}}\n")
    for name, value in (("BOT_TOKEN", BOT_TOKEN), ("APP_TOKEN", APP_TOKEN), ("API_BASE_URL", server.api_url)):
        monkeypatch.setenv(f"POLICYBOT_SLACK__{name}", value)
    told = policybot("doctor").out
    assert "ok    Slack is reached, and takes slack.bot_token as policybot of School." in told
    assert "ok    Slack takes slack.app_token" in told
    server.scopes.discard("commands")
    assert "LOOK  The Slack app lacks commands: add it" in policybot("doctor").out


def test_what_is_checked_is_what_the_manifest_asks_for() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == SCOPES
