"""Links to a clause in its place: on the web page for whoever is signed in there, elsewhere signed and for a while only."""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote as escaped

from bot.answer import Quote
from bot.people import WEB
from bot.secret import keyed_hash

# A link in a chat may be opened next week, and must not be worth passing on for longer.
LASTS = timedelta(days=7)


class Links:
    """The links of an installation; `public_url` is where people reach it, None if nowhere; `now` is the time in UTC."""

    def __init__(self, key: bytes, public_url: str | None, now: Callable[[], datetime]) -> None:
        """Keep the key, the address and the clock."""
        self._key = key
        self._public_url = public_url
        self._now = now

    def to(self, quote: Quote, channel: str) -> str | None:
        """Return a link to a quoted clause for somebody on a channel; None where the page cannot be reached from there."""
        if not quote.ref:
            return None
        page = self.to_version(quote.school, quote.slug, quote.citation.version, channel)
        return f"{page}#{escaped(quote.citation.clause_id)}" if page else None

    def to_version(self, school_id: str, slug: str, number: int, channel: str) -> str | None:
        """Return a link to a whole version for somebody on a channel; None where the page cannot be reached from there."""
        path = f"{school_id}/{slug}/{number}"
        if channel == WEB:
            return f"/policies/{path}"
        if self._public_url is None:
            return None
        until = int((self._now().replace(tzinfo=UTC) + LASTS).timestamp())
        return f"{self._public_url}/policies/{path}?until={until}&signed={self._signature(path, until)}"

    def opens(self, path: str, until: str, signature: str) -> bool:
        """Tell whether a signature opens a page, of `school/policy/version`, at this time."""
        if not (until.isascii() and until.isdigit() and len(until) < 15):
            return False
        in_time = self._now().replace(tzinfo=UTC).timestamp() < int(until)
        return in_time and hmac.compare_digest(signature.encode(), self._signature(path, int(until)).encode())

    def _signature(self, path: str, until: int) -> str:
        return keyed_hash(self._key, "link to a policy", path, str(until))[:32]
