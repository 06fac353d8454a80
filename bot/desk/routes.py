"""All pages of the desk, behind its gate."""

from collections.abc import Callable
from datetime import datetime

from starlette.routing import Route

from bot.assembly import Parts
from bot.configuration import Configuration
from bot.desk.contacts import ContactPages
from bot.desk.gate import Gate
from bot.desk.home import HomePage
from bot.desk.people import PeoplePages
from bot.desk.published import PublishedPages
from bot.ways_in import WaysIn


def desk_routes(
    gate: Gate, parts: Parts, now: Callable[[], datetime], *, ways: WaysIn, configuration: Configuration
) -> list[Route]:
    """Return the addresses of the desk; the order is that of the navigation. `ways` are where people come in."""
    versions = parts.indexes.versions
    published = PublishedPages(versions, now)
    contacts = ContactPages(parts.contacts, parts.contact_changes, parts.roster, now)
    people = PeoplePages(
        parts.people, parts.admission, parts.contacts, versions=versions, ways=ways, configuration=configuration, now=now
    )
    return [
        *HomePage(published).routes(gate),
        *published.routes(gate),
        *contacts.routes(gate),
        *people.routes(gate),
        *gate.routes(),
    ]
