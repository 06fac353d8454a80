"""deploy/slack-manifest.yaml against what Slack's schema of manifests allows, and against what the bot and its page need."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "slack-manifest.yaml").read_text())
PAGE = (ROOT / "docs" / "slack.md").read_text()

# What github.com/slackapi/manifest-schema (2.0.0) says of the keys that we use: kind, least and most characters or items.
TEXT, FLAG, LIST, KEYS, NUMBER = str, bool, list, dict, int
SCHEMA: dict[str, tuple[type, int, int]] = {
    "_metadata": (KEYS, 0, 4),
    "_metadata.major_version": (NUMBER, 2, 2),
    "display_information": (KEYS, 1, 4),
    "display_information.name": (TEXT, 1, 35),
    "display_information.description": (TEXT, 1, 140),
    "display_information.long_description": (TEXT, 175, 4000),
    "display_information.background_color": (TEXT, 4, 7),
    "features": (KEYS, 0, 10),
    "features.app_home": (KEYS, 0, 3),
    "features.app_home.home_tab_enabled": (FLAG, 0, 1),
    "features.app_home.messages_tab_enabled": (FLAG, 0, 1),
    "features.app_home.messages_tab_read_only_enabled": (FLAG, 0, 1),
    "features.bot_user": (KEYS, 1, 2),
    "features.bot_user.display_name": (TEXT, 1, 80),
    "features.bot_user.always_online": (FLAG, 0, 1),
    "features.agent_view": (KEYS, 0, 3),
    "features.agent_view.agent_description": (TEXT, 0, 300),
    "features.agent_view.suggested_prompts": (LIST, 0, 4),
    "features.agent_view.suggested_prompts[]": (KEYS, 2, 2),
    "features.agent_view.suggested_prompts[].title": (TEXT, 1, 75),
    "features.agent_view.suggested_prompts[].message": (TEXT, 1, 300),
    "features.shortcuts": (LIST, 1, 10),
    "features.shortcuts[]": (KEYS, 4, 4),
    "features.shortcuts[].name": (TEXT, 1, 24),
    "features.shortcuts[].type": (TEXT, 6, 7),
    "features.shortcuts[].callback_id": (TEXT, 1, 255),
    "features.shortcuts[].description": (TEXT, 1, 150),
    "features.slash_commands": (LIST, 1, 50),
    "features.slash_commands[]": (KEYS, 2, 5),
    "features.slash_commands[].command": (TEXT, 2, 32),
    "features.slash_commands[].description": (TEXT, 1, 2000),
    "features.slash_commands[].usage_hint": (TEXT, 1, 1000),
    "features.slash_commands[].should_escape": (FLAG, 0, 1),
    "oauth_config": (KEYS, 0, 4),
    "oauth_config.scopes": (KEYS, 0, 4),
    "oauth_config.scopes.bot": (LIST, 0, 255),
    "oauth_config.scopes.bot[]": (TEXT, 1, 50),
    "settings": (KEYS, 0, 12),
    "settings.event_subscriptions": (KEYS, 0, 4),
    "settings.event_subscriptions.bot_events": (LIST, 0, 100),
    "settings.event_subscriptions.bot_events[]": (TEXT, 1, 50),
    "settings.interactivity": (KEYS, 1, 3),
    "settings.interactivity.is_enabled": (FLAG, 0, 1),
    "settings.org_deploy_enabled": (FLAG, 0, 1),
    "settings.socket_mode_enabled": (FLAG, 0, 1),
    "settings.token_rotation_enabled": (FLAG, 0, 1),
}


def problems(value: Any, path: str = "") -> list[str]:
    """Return what the schema has against a part of the manifest."""
    if path and path not in SCHEMA:
        return [f"{path} is not known"]
    found = []
    if path:
        kind, least, most = SCHEMA[path]
        size = len(value) if isinstance(value, (str, list, dict)) else value
        if type(value) is not kind or not least <= size <= most:
            found.append(f"{path} is {value!r}")
    if isinstance(value, dict):
        for key, inner in value.items():
            found += problems(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            found += problems(inner, f"{path}[]")
    return found


def test_it_is_what_the_schema_of_slack_allows() -> None:
    assert problems(MANIFEST) == []
    assert re.fullmatch("#[0-9a-f]{6}", MANIFEST["display_information"]["background_color"])
    assert MANIFEST["features"]["slash_commands"][0]["command"].startswith("/")
    assert MANIFEST["features"]["shortcuts"][0]["type"] in ("message", "global")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"features": {"agent_view": {"agent_description": "x" * 301}}}, "features.agent_view.agent_description"),
        ({"features": {"assistant_view": {}}}, "features.assistant_view is not known"),
        ({"features": {"shortcuts": [{"name": "Which policy covers this?"}]}}, "features.shortcuts[].name"),
        ({"settings": {"socket_mode_enabled": "yes"}}, "settings.socket_mode_enabled"),
    ],
)
def test_the_check_finds_what_slack_would_refuse(change: dict[str, Any], problem: str) -> None:
    assert any(found.startswith(problem) for found in problems(change))


def test_the_app_is_an_agent_that_connects_by_itself_and_asks_for_no_more_than_it_needs() -> None:
    assert "agent_view" in MANIFEST["features"]
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    assert set(MANIFEST["settings"]["event_subscriptions"]["bot_events"]) == {"app_home_opened", "app_mention", "message.im"}
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == {
        "app_mentions:read",
        "assistant:write",
        "chat:write",
        "commands",
        "files:read",
        "im:history",
        "im:read",
        "im:write",
        "users:read",
    }


def test_the_page_says_what_each_scope_is_for_and_names_every_setting() -> None:
    for scope in MANIFEST["oauth_config"]["scopes"]["bot"]:
        assert f"`{scope}`" in PAGE
    for setting in ("BOT_TOKEN", "APP_TOKEN", "SIGNING_SECRET"):
        assert f"POLICYBOT_SLACK__{setting}" in PAGE
