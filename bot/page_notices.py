"""What reaches somebody on the chat page later: it waits in the store until a page of theirs has shown it."""

from collections.abc import Collection

from msgspec import Struct

from bot.deliveries import Deliveries
from bot.messages import Call, Message, Reply
from bot.people import WEB
from bot.rendering import reply_to_html


def page_of(account: str) -> Message:
    """Return the pages of an account as an address."""
    return Message(channel=WEB, account=account, place="")


class Notice(Struct, frozen=True):
    """Something that waits for somebody: its number, by which a page says that it was shown, and its words as HTML."""

    number: int
    html: str


class PageNotices:
    """The chat page as a place where the bot speaks of its own accord. Nobody calls a platform for it: the page asks."""

    name = WEB

    def __init__(self, deliveries: Deliveries) -> None:
        """Keep the store."""
        self._deliveries = deliveries

    def address(self, message: Message) -> Message | None:
        """Return the pages of whoever wrote a message; None in the demonstration, where nobody is known."""
        return page_of(message.account) if message.account else None

    def render(self, reply: Reply, _message: Message) -> list[Call]:
        """Return what a page is to show: one call, which waits for the account."""
        return [{"html": reply_to_html(reply)}]

    def waiting(self, account: str, shown: Collection[int] = ()) -> list[Notice]:
        """Return what waits for an account, without that which a page of theirs has `shown`: it is noted as arrived.

        What was handed out and not said to be shown, because the page was closed meanwhile, is handed out again.
        """
        waits = self._deliveries.waiting(WEB, account)
        for delivery in waits:
            if delivery.id in shown:
                self._deliveries.sent(delivery)
        return [Notice(one.id, one.call["html"]) for one in waits if one.id not in shown]
