"""Puts the conversation together over a store: who asks, what is kept, what is delivered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.bootstrap import Indexes
from bot.clock import now_utc
from bot.contact_store import Contacts
from bot.conversation import Conversation
from bot.deliveries import Deliveries
from bot.kept import KeptAnswers
from bot.links import Links
from bot.people import People
from bot.records import RETENTION, Records
from bot.turn import Tenancy
from bot.ways_in import WaysIn

NO_WAYS = WaysIn("http://127.0.0.1/join", None)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the server is made of, over one store."""

    indexes: Indexes
    people: People
    records: Records
    kept: KeptAnswers
    links: Links
    deliveries: Deliveries
    contacts: Contacts
    conversation: Conversation


def assemble(
    indexes: Indexes,
    key: bytes,
    *,
    now: Callable[[], datetime] = now_utc,
    tenancies: Mapping[tuple[str, str], Tenancy] | None = None,
    retention: timedelta = RETENTION,
    public_url: str | None = None,
    ways: WaysIn = NO_WAYS,
) -> Parts:
    """Return the parts over the store of `indexes`; `key` is the installation's secret, `now` the time in UTC.

    `tenancies` says whose staff a workspace holds, by channel and tenant; `retention` is how long a question is kept;
    `public_url` is where people reach the server, None if only on this machine; `ways` are where people come in by invitation.
    """
    engine = indexes.versions.engine
    people, records = People(engine, now), Records(engine, key, now, retention)
    kept, links = KeptAnswers(key, indexes.versions, public_url), Links(key, public_url, now)
    contacts = Contacts(engine, now)
    conversation = Conversation(
        indexes=indexes,
        people=people,
        records=records,
        kept=kept,
        links=links,
        ways=ways,
        now=now,
        tenancies=tenancies or {},
        contacts=contacts,
    )
    return Parts(indexes, people, records, kept, links, Deliveries(engine, now), contacts, conversation)
