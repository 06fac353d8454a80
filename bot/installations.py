"""Which schools' staff a Slack workspace or a Microsoft tenant holds: by the settings, or because a provider's link was used.

A provider makes a link for one school; whoever runs a workspace or a tenant uses it there, once. What a platform then gives the
bot to speak with is sealed for that one row, so that it opens in no other: not at another school, nor for another workspace.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.audit import Action, Audit
from bot.errors import BotError
from bot.messages import Message
from bot.outage import Reach, StoreAway
from bot.people import KNOWN_FOR
from bot.sealing import Seal, Unreadable
from bot.secret import keyed_hash, token_hash
from bot.tables import install_links, installations
from bot.turn import Tenancy
from corpus.tenancy import reading_across, reading_at, school_of, writing_at

# An administrator may be away for a few days, and asks somebody else first.
LINK_LASTS = timedelta(days=7)
NOT_OPEN = (
    "This link has been used, or it is too old, so nothing was connected: ask whoever provides policybot to you for a new one."
)
ANOTHERS = (
    "This one belongs to another school already, so nothing was connected: ask whoever provides policybot to you, who can make a "
    "link for several schools."
)
NOT_BESIDE = (
    "This link is for where another school is connected already, and it is not connected here, so nothing was changed: ask "
    "whoever provides policybot to you."
)
CONFIGURED = "This one stands in the settings of policybot already: ask whoever provides policybot to you."
AT_ONCE = "Somebody else is connecting this at the same moment, so nothing was changed: open your link once more."
_WHO = "an install link"

_log = logging.getLogger("policybot")
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Told:
    """What a platform told when the bot was installed: where, and on Slack the token to speak with and what it may do."""

    tenant: str
    token: str | None = field(default=None, repr=False)
    enterprise: str | None = None
    bot_user: str | None = None
    scopes: str | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """A workspace or a tenant that is connected to a school; `scopes` are what was granted there, empty where nothing need be."""

    channel: str
    tenant: str
    school_id: str
    installed_at: datetime
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Link:
    school_id: str
    beside: str | None


class Installations:
    """The installations in a store. `key` is the installation's secret, `now` the time in UTC.

    `configured` says whose staff a workspace or a tenant holds by the settings: of those the store is not asked.
    """

    def __init__(
        self, engine: Engine, key: bytes, configured: Mapping[tuple[str, str], Tenancy], now: Callable[[], datetime]
    ) -> None:
        """Keep the parts."""
        self._engine = engine
        self._key = key
        self._configured = configured
        self.now = now
        self._audit = Audit(engine, now)
        self._reach = Reach()
        # What was read lately: the store may be away when it is wanted again.
        self._tenancies: dict[tuple[str, str], tuple[datetime, Tenancy]] = {}
        self._tokens: dict[tuple[str, str], tuple[datetime, str]] = {}

    def make_link(self, school_id: str, channel: str, beside: str | None, by: str) -> str:
        """Return the token of a link that connects a workspace or a tenant to a school once, within seven days.

        `beside` is the school that it belongs to already, None where it is to be nobody's yet; `by` is who makes the link, for
        the audit trail.
        """
        token, now = secrets.token_urlsafe(32), self.now()
        with writing_at(self._engine, school_id) as connection:
            old = (install_links.c.school_id == school_id, install_links.c.expires_at <= now)
            connection.execute(delete(install_links).where(*old))
            values = {"school_id": school_id, "channel": channel, "beside": beside, "expires_at": now + LINK_LASTS}
            connection.execute(insert(install_links).values(token_hash=token_hash(token), **values))
            self._audit.note(connection, school_id, by, Action.MADE_INSTALL_LINK, object=channel)
        return token

    def is_open(self, link: str, channel: str) -> bool:
        """Tell whether a link can still be used on a channel; looking does not use it."""
        return self._opened(link, channel) is not None

    def install(self, link: str, channel: str, told: Told) -> str:
        """Connect a workspace or a tenant to the school of a link, and use the link up; return the school's id.

        Where that school has it already, what the platform told takes the place of what it told before. Raises BotError where the
        link was used or is too old, or the workspace is not the link's to connect; then nothing is changed, nor the link.
        """
        opened = self._opened(link, channel)
        if opened is None:
            raise BotError(NOT_OPEN)
        if (channel, told.tenant) in self._configured:
            raise BotError(CONFIGURED)
        held = self._places(channel, told.tenant)
        if opened.school_id not in held:
            if opened.beside is None and held:
                raise BotError(ANOTHERS)
            if opened.beside is not None and opened.beside not in held:
                raise BotError(NOT_BESIDE)
        try:
            with writing_at(self._engine, opened.school_id) as connection:
                self._use_up(connection, opened.school_id, token_hash(link))
                self._connect(connection, channel, told, max(held.values(), default=0) + 1)
        except IntegrityError:
            raise BotError(AT_ONCE) from None
        return opened.school_id

    def _use_up(self, connection: Connection, school_id: str, hashed: str) -> None:
        # Taken away and looked at in one step: of two who use it at once, one finds nothing.
        its_own = (install_links.c.school_id == school_id, install_links.c.token_hash == hashed)
        waiting = (*its_own, install_links.c.expires_at > self.now())
        if not connection.execute(delete(install_links).where(*waiting)).rowcount:
            raise BotError(NOT_OPEN)

    def _connect(self, connection: Connection, channel: str, told: Told, place: int) -> None:
        school_id = school_of(connection)
        values = {
            "installed_at": self.now(),
            "token": self._seal(channel, told.tenant, school_id).sealed(told.token) if told.token else None,
            "enterprise": told.enterprise,
            "bot_user": told.bot_user,
            "scopes": told.scopes,
        }
        its_own = _of(channel, told.tenant, school_id)
        if not connection.execute(update(installations).where(*its_own).values(**values)).rowcount:
            new = {"channel": channel, "tenant": told.tenant, "school_id": school_id, "place": place}
            connection.execute(insert(installations).values(**new, **values))
        self._audit.note(connection, school_id, _WHO, Action.CONNECTED, object=f"{channel} {told.tenant}")

    def tenancy(self, channel: str, tenant: str) -> Tenancy:
        """Return whose staff a workspace or a tenant holds; one without schools where it is not known."""
        configured = self._configured.get((channel, tenant))
        if configured is not None:
            return configured
        found = Tenancy(tuple(sorted(self._places(channel, tenant))))
        _keep(self._tenancies, (channel, tenant), found if found.schools else None, self.now())
        return found

    def tenancy_lately(self, channel: str, tenant: str) -> Tenancy:
        """Return what `tenancy` returned within the last five minutes, without asking the store; else one without schools."""
        configured = self._configured.get((channel, tenant))
        return configured or self._lately(self._tenancies, (channel, tenant)) or Tenancy(())

    def is_heard(self, channel: str, tenant: str) -> bool:
        """Tell whether somebody of a tenant that is not configured is answered at all: where a provider's links are used.

        Whoever connects a tenant writes from there before it is connected. While the store is away, those are heard whose tenant
        was known within the last five minutes. Raises StoreAway where it was not.
        """
        try:
            return self._reach.ask(self._are_offered, channel)
        except StoreAway:
            if self._lately(self._tenancies, (channel, tenant)):
                return True
            raise

    def _are_offered(self, channel: str) -> bool:
        """Tell whether links are used on a channel: some were, or one waits."""
        with reading_across(self._engine) as connection:
            tables = (installations, install_links)
            return any(connection.execute(select(one.c.channel).where(one.c.channel == channel).limit(1)).all() for one in tables)

    def is_of(self, connection: Connection, school_id: str, address: Message) -> bool:
        """Tell whether an address may be told a school's words: it is in no workspace, or in one that holds its staff."""
        if address.tenant is None:
            return True
        configured = self._configured.get((address.channel, address.tenant))
        if configured is not None:
            return school_id in configured.schools
        its_own = select(installations.c.place).where(*_of(address.channel, address.tenant, school_id))
        return connection.execute(its_own).one_or_none() is not None

    def bot_token(self, channel: str, tenant: str) -> str | None:
        """Return the bot's token in a workspace, None where it is not installed there, or its token cannot be opened.

        While the store is away, that of the last five minutes. Raises StoreAway where there was none.
        """
        try:
            token = self._reach.ask(self._token, channel, tenant)
        except StoreAway:
            token = self._lately(self._tokens, (channel, tenant))
            if token is None:
                raise
            return token
        _keep(self._tokens, (channel, tenant), token, self.now())
        return token

    def _token(self, channel: str, tenant: str) -> str | None:
        """Return the token that the platform gave last, whichever of the workspace's schools it was for."""
        newest = (
            select(installations.c.school_id)
            .where(installations.c.channel == channel, installations.c.tenant == tenant)
            .order_by(installations.c.installed_at.desc())
            .limit(1)
        )
        with reading_across(self._engine) as connection:
            school_id = connection.scalar(newest)
        if school_id is None:
            return None
        with reading_at(self._engine, school_id) as connection:
            sealed = connection.scalar(select(installations.c.token).where(*_of(channel, tenant, school_id)))
        if sealed is None:
            return None
        try:
            return self._seal(channel, tenant, school_id).opened(sealed, str)
        except Unreadable:
            _log.exception("The token of an installation was sealed with another secret key, or was changed")
            return None

    def ended(self, channel: str, tenant: str, at: datetime) -> None:
        """Note that a platform says that the bot was taken out of a workspace `at` a time: what was installed later stays."""
        for one in self.all():
            if (one.channel, one.tenant) == (channel, tenant) and one.installed_at.replace(microsecond=0) <= at:
                self.remove(one, channel)

    def remove(self, installation: Installation, by: str) -> None:
        """Take an installation away, as it was read; `by` is who does, for the audit trail."""
        channel, tenant, school_id = installation.channel, installation.tenant, installation.school_id
        with writing_at(self._engine, school_id) as connection:
            as_read = (*_of(channel, tenant, school_id), installations.c.installed_at == installation.installed_at)
            if connection.execute(delete(installations).where(*as_read)).rowcount:
                self._audit.note(connection, school_id, by, Action.DISCONNECTED, object=f"{channel} {tenant}")
        self._tenancies.pop((channel, tenant), None)
        self._tokens.pop((channel, tenant), None)

    def all(self) -> list[Installation]:
        """Return every installation, by channel, tenant and the order in which its schools were connected."""
        columns = (installations.c[name] for name in ("channel", "tenant", "school_id", "installed_at", "scopes"))
        in_order = select(*columns).order_by(installations.c.channel, installations.c.tenant, installations.c.place)
        with reading_across(self._engine) as connection:
            return [
                Installation(
                    row.channel, row.tenant, row.school_id, row.installed_at, tuple(filter(None, (row.scopes or "").split(",")))
                )
                for row in connection.execute(in_order)
            ]

    def _opened(self, link: str, channel: str) -> _Link | None:
        waiting = (
            install_links.c.token_hash == token_hash(link),
            install_links.c.channel == channel,
            install_links.c.expires_at > self.now(),
        )
        with reading_across(self._engine) as connection:
            found = connection.execute(select(install_links.c.school_id, install_links.c.beside).where(*waiting)).one_or_none()
        return _Link(found.school_id, found.beside) if found else None

    def _places(self, channel: str, tenant: str) -> dict[str, int]:
        """Return the schools that hold a workspace or a tenant, each with its place among them."""
        here = (installations.c.channel == channel, installations.c.tenant == tenant)
        with reading_across(self._engine) as connection:
            found = connection.execute(select(installations.c.school_id, installations.c.place).where(*here))
            return {row.school_id: row.place for row in found}

    def _seal(self, channel: str, tenant: str, school_id: str) -> Seal:
        """Return the seal of one row: its key is made of the row's own name, so that nothing else opens with it."""
        return Seal(keyed_hash(self._key, "token of an installation", channel, tenant, school_id).encode())

    def _lately(self, kept: Mapping[tuple[str, str], tuple[datetime, _Read]], key: tuple[str, str]) -> _Read | None:
        found = kept.get(key)
        return found[1] if found and found[0] > self.now() - KNOWN_FOR else None


def connected_channels(engine: Engine, school_id: str) -> set[str]:
    """Return the channels on which a workspace or a tenant is connected to a school by a link."""
    with reading_at(engine, school_id) as connection:
        return set(connection.scalars(select(installations.c.channel).where(installations.c.school_id == school_id)))


def _keep(kept: dict[tuple[str, str], tuple[datetime, _Read]], key: tuple[str, str], what: _Read | None, now: datetime) -> None:
    """Keep what was read; nothing of what is not there, so that no more is kept than is installed."""
    if what is None:
        kept.pop(key, None)
    else:
        kept[key] = now, what


def _of(channel: str, tenant: str, school_id: str) -> tuple[ColumnElement[bool], ...]:
    named = (installations.c.channel == channel, installations.c.tenant == tenant)
    return installations.c.school_id == school_id, *named
