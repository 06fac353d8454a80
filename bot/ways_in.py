"""Where people come in: the page on which a code is typed, the bot on Telegram, the desk; with a code, links without typing."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.people import TELEGRAM
from bot.settings import LOOPBACK, Settings

if TYPE_CHECKING:
    from bot.configuration import Configuration

# Where Slack workspaces are connected by a provider's link.
INSTALL_PATH = "/slack/install"


@dataclass(frozen=True, slots=True)
class WaysIn:
    """`address` is that of the server; `bot_name` is the Telegram bot's, None where it is not known or there is none."""

    address: str
    bot_name: str | None

    @property
    def page(self) -> str:
        """The page on which a code is typed."""
        return f"{self.address}/join"

    @property
    def desk(self) -> str:
        """The page on which somebody signs in to the desk."""
        return f"{self.address}/desk"

    @property
    def is_reached_by_others(self) -> bool:
        """Tell whether the pages can be opened on another device than the one they are served from."""
        return urlsplit(self.address).hostname not in LOOPBACK

    def desk_link(self, token: str) -> str:
        """Return the link that opens the desk with a token."""
        return f"{self.desk}/enter/{token}"

    def install_link(self, token: str) -> str:
        """Return the link that connects a Slack workspace, with the token of an install link."""
        return f"{self.address}{INSTALL_PATH}?link={token}"

    def page_link(self, code: str = "") -> str:
        """Return the link that opens the page, with a code in it where one is given."""
        return f"{self.page}?code={code}" if code else self.page

    def telegram_link(self, code: str = "") -> str | None:
        """Return the link that opens the bot on Telegram, and with a code joins; None where the bot's name is not known.

        A code is of letters, digits and a hyphen, which is what core.telegram.org/bots/features#deep-linking allows.
        """
        start = f"?start={code}" if code else ""
        return f"https://t.me/{self.bot_name}{start}" if self.bot_name else None

    def to_scan(self, code: str = "", channel: str | None = None) -> str | None:
        """Return the link that a phone opens, None where it can open none.

        It is that of `channel`; unless one is given, the page's, and where phones cannot open that, Telegram's.
        """
        if channel == TELEGRAM or (channel is None and not self.is_reached_by_others):
            return self.telegram_link(code)
        return self.page_link(code) if self.is_reached_by_others else None


def ways_in(settings: Settings, configuration: "Configuration") -> WaysIn:
    """Return where people come in to the server of these settings."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = settings.public_url or f"http://{host}:{settings.port}"
    return WaysIn(address, configuration.telegram.bot_name if configuration.telegram else None)
