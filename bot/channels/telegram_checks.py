"""What `policybot doctor` asks Telegram: whether it is reached, takes the token, and sends what people write where it should."""

import asyncio
import logging
import os
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
from telegram import Bot, User, WebhookInfo
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.checks import SECONDS, Check, check_clock, not_reached, not_understood
from bot.clock import spoken

# Telegram keeps telling of the last failure at a webhook, however well it went since.
FAILED_LATELY = timedelta(hours=1)

# The library's own way to be told that spans of time may come as such: it warns whenever Telegram says how long to wait, if not.
os.environ["PTB_TIMEDELTA"] = "true"
# Both log addresses that hold the bot's token. httpx not by a level: the Teams SDK sets that anew for each client that it makes.
logging.getLogger("httpx").addFilter(lambda record: record.levelno >= logging.WARNING)
logging.getLogger("telegram").setLevel(logging.WARNING)
# Unless somebody listens, the library prints the whole page where something else answers in Telegram's place.
logging.getLogger("telegram").addHandler(logging.NullHandler())


def check_telegram(*, token: str, api_base_url: str, bot_name: str | None, webhook_url: str | None) -> list[Check]:
    """Return each check of Telegram, passed or not, in one sentence that says what to do where it is not.

    The token is in none of them, nor any address in which it stands.
    """
    return asyncio.run(_checks(token, api_base_url, bot_name, webhook_url))


async def _checks(token: str, api_base_url: str, bot_name: str | None, webhook_url: str | None) -> list[Check]:
    heard: list[httpx.Response] = []

    async def hear(response: httpx.Response) -> None:
        heard.append(response)

    request = HTTPXRequest(connect_timeout=SECONDS, read_timeout=SECONDS, httpx_kwargs={"event_hooks": {"response": [hear]}})
    async with request:
        bot = Bot(token, base_url=f"{api_base_url}/bot", request=request, get_updates_request=request)
        try:
            me, webhook = await bot.get_me(), await bot.get_webhook_info()
        except TelegramError as error:
            return [(False, _failure(error, heard, api_base_url))]
    checks = [(True, f"Telegram is reached, and takes telegram.token as @{me.username}.")]
    checks += _name(me, bot_name)
    checks.append(_webhook(webhook, webhook_url) if webhook_url else _polling(webhook))
    if me.can_read_all_group_messages:
        checks.append(
            (
                False,
                "Privacy mode is off: Telegram sends the bot all that is said in its groups, which it does not need. Write "
                "/setprivacy to @BotFather, choose the bot and Enable, then take the bot out of each group and add it again.",
            )
        )
    return checks + check_clock("Telegram", heard[-1].headers.get("date", ""), "times are told wrongly and passes end wrongly")


def _failure(error: TelegramError, heard: list[httpx.Response], api_base_url: str) -> str:
    """Return what to do about a call that failed after these responses. The error's own words may hold the token."""
    cause = error.__cause__
    if isinstance(error, NetworkError) and cause is not None and not isinstance(cause, TelegramError):
        return not_reached("Telegram", api_base_url, type(cause).__name__)
    # Where the answer cannot be read as Telegram's the library says so as the cause.
    if isinstance(error, InvalidToken) and cause is None:
        return "Telegram does not take telegram.token: write /token to @BotFather, choose the bot, and copy it anew."
    return not_understood("Telegram", api_base_url, heard[-1].status_code)


def _name(me: User, bot_name: str | None) -> list[Check]:
    if bot_name is None or bot_name.lower() == str(me.username).lower():
        return []
    return [
        (
            False,
            f"telegram.bot_name is {bot_name}, but telegram.token is of {me.username}: invitations would open another bot. "
            "Set the one that is meant.",
        )
    ]


def _polling(webhook: WebhookInfo) -> Check:
    if webhook.url:
        return False, (
            f"Telegram sends what people write to {_host(webhook.url)}, but telegram.webhook_url is not set: see that no other "
            "program uses this bot, then start policybot serve again, which takes that webhook off."
        )
    return True, f"Telegram has no webhook set, so that policybot serve asks for what is new; {_waiting(webhook)}."


def _webhook(webhook: WebhookInfo, webhook_url: str) -> Check:
    """Return how the webhook at Telegram stands to ours. Only hosts are named: many programs put their token in the path."""
    if not webhook.url:
        return True, "Telegram has no webhook set yet: policybot serve sets it each time it starts."
    if webhook.url != webhook_url:
        return False, (
            f"Telegram sends what people write to another address, at {_host(webhook.url)}, than telegram.webhook_url: see that "
            "no other program uses this bot, then start policybot serve again, which sets it."
        )
    failed_at = webhook.last_error_date
    if failed_at and (webhook.pending_update_count or datetime.now(UTC) - failed_at < FAILED_LATELY):
        return False, (
            f"Telegram could not hand over a message at telegram.webhook_url on {spoken(failed_at.replace(tzinfo=None))} "
            f"({webhook.last_error_message}); {_waiting(webhook)}: see that policybot serve runs, and that the address leads "
            "to it with a valid certificate."
        )
    return True, f"Telegram sends what people write to telegram.webhook_url; {_waiting(webhook)}."


def _waiting(webhook: WebhookInfo) -> str:
    count = webhook.pending_update_count
    return f"{count} {'message waits' if count == 1 else 'messages wait'} there" if count else "no message waits there"


def _host(url: str) -> str:
    return urlsplit(url).hostname or "an unknown address"
