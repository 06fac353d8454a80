"""What the tests of the desk start from: two schools that have published, and the server with its desk over them."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.assembly import assemble
from bot.bootstrap import Indexes
from bot.chat_page import create_app
from bot.configuration import Configuration
from bot.desk.gate import Gate
from bot.desk.microsoft import MicrosoftSignIn
from bot.desk.routes import desk_routes
from bot.dispatcher import Dispatcher
from bot.entra import RelyingParty
from bot.joining import Door
from bot.page_notices import PageNotices
from bot.ways_in import WaysIn
from corpus.versions import Versions
from retrieval.knowledge import Knowledge
from tests.platforms.at_desk import ADDRESS, Desk

KEY = b"a key that only the tests have"
WAYS = WaysIn("https://policies.hillside.example", "hillside_bot")


@pytest.fixture
def desk_over() -> Callable[[Indexes, Any], Desk]:
    """Return the server with its desk over indexes, by a clock; `mails` where e-mail is set up.

    With a `relying_party` people can sign in with Microsoft; `secure` where the desk is reached by https; the rest is its
    configuration.
    """

    def build(
        indexes: Indexes,
        clock: Any,
        *,
        mails: bool = False,
        relying_party: RelyingParty | None = None,
        secure: bool = False,
        **configured: Any,
    ) -> Desk:
        parts = assemble(indexes, KEY, now=clock, mails=mails, ways=WaysIn(ADDRESS, None))
        send_link = parts.chair_requests.send_link if mails else None
        gate = Gate(parts.desk, parts.people, KEY, secure=secure, send_link=send_link, microsoft=relying_party is not None)
        door = Door(parts.people, parts.announcements, parts.records, clock, secure=False)
        dispatcher = Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing)
        routes = desk_routes(gate, parts, clock, ways=WAYS, configuration=Configuration(**configured))
        if relying_party:
            routes += MicrosoftSignIn(gate, relying_party, parts.people, parts.desk, key=KEY, now=clock).routes()
        app = create_app(indexes, dispatcher, PageNotices(parts.deliveries), door, routes=routes)
        return Desk(parts, app, gate)

    return build


@pytest.fixture
def desk(schools: Indexes, clock: Any, knowledge: Knowledge, desk_over: Callable[[Indexes, Any], Desk]) -> Desk:
    """The desk of two schools that rule differently on the same things; all of it goes by the clock."""
    return desk_over(Indexes(Versions(schools.versions.engine, clock), knowledge), clock)
