"""What `policybot doctor` asks Slack: whether it is reached, takes the tokens, and has granted what the bot needs."""

import asyncio
from collections.abc import Collection

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.checks import SECONDS, Check, check_clock

# What deploy/slack-manifest.yaml asks for; docs/slack.md says what each is for.
SCOPES = frozenset(
    (
        "app_mentions:read",
        "assistant:write",
        "chat:write",
        "commands",
        "files:read",
        "im:history",
        "im:read",
        "im:write",
        "users:read",
    )
)


def check_slack(*, bot_token: str, app_token: str | None, api_base_url: str, workspaces: Collection[str]) -> list[Check]:
    """Return each check of Slack, passed or not, in one sentence that says what to do where it is not."""
    return asyncio.run(_checks(bot_token, app_token, api_base_url, workspaces))


async def _checks(bot_token: str, app_token: str | None, api_base_url: str, workspaces: Collection[str]) -> list[Check]:
    client = AsyncWebClient(token=bot_token, base_url=api_base_url, timeout=SECONDS, retry_handlers=[])
    try:
        answer = await client.auth_test()
    except SlackApiError as error:
        return [
            (False, f"Slack does not take slack.bot_token ({_code(error)}): copy it anew, from Install App on the app's page.")
        ]
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return [
            (False, f"Slack is not reached at {api_base_url} ({type(error).__name__}): check this machine's way to the internet.")
        ]
    headers = {name.lower(): value for name, value in answer.headers.items()}
    checks = [(True, f"Slack is reached, and takes slack.bot_token as {answer['user']} of {answer['team']}.")]
    missing = SCOPES - {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",")}
    if missing:
        listed = ", ".join(sorted(missing))
        checks.append((False, f"The Slack app lacks {listed}: add it under OAuth & Permissions, and install the app again."))
    if answer["team_id"] not in workspaces:
        known = ", ".join(sorted(workspaces))
        checks.append(
            (False, f"slack.bot_token is of workspace {answer['team_id']}, but slack.workspaces names {known}: add it there.")
        )
    checks += check_clock("Slack", headers.get("date", ""), "signed events are refused")
    if app_token:
        checks.append(await _app_token(client, app_token))
    return checks


async def _app_token(client: AsyncWebClient, app_token: str) -> Check:
    try:
        await client.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        return False, (
            f"Slack does not take slack.app_token ({_code(error)}): make one with the scope connections:write, under Basic "
            "Information on the app's page, and see that Socket Mode is on."
        )
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return False, f"Slack was reached, but not to open a connection ({type(error).__name__}): try again in a minute."
    return True, "Slack takes slack.app_token: a connection can be opened (Socket Mode)."


def _code(error: SlackApiError) -> str:
    data = error.response.data if hasattr(error.response, "data") else None
    code = data.get("error") if isinstance(data, dict) else None
    return str(code or f"status {getattr(error.response, 'status_code', 'unknown')}")
