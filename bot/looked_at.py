"""Which lost and looser answers of a draft somebody has looked at; what changes after that must be looked at again."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine, select

from bot.audit import Action, Audit
from bot.tables import looked_at
from bot.trial import Group, Trial
from corpus.tables import insert_into
from corpus.tenancy import reading_at, writing_at


class LookedAt:
    """What was looked at, in a store; `now` is the time in UTC."""

    def __init__(self, engine: Engine, audit: Audit, now: Callable[[], datetime]) -> None:
        """Keep the store, the trail in which it is noted, and the clock."""
        self._engine = engine
        self._audit = audit
        self._now = now

    def mark(self, school_id: str, slug: str, digest: str, matter: str, who: str) -> None:
        """Note that somebody has looked at a group of answers of a policy's draft, which its matter and its `digest` name."""
        key = {"school_id": school_id, "slug": slug, "digest": digest, "matter": matter}
        with writing_at(self._engine, school_id) as connection:
            row = insert_into(connection.dialect.name, looked_at).values(**key, who=who, at=self._now())
            if connection.execute(row.on_conflict_do_nothing()).rowcount:
                self._audit.note(connection, school_id, who, Action.LOOKED_AT, slug=slug)

    def unseen(self, school_id: str, slug: str, trial: Trial) -> list[Group]:
        """Return the groups with lost or looser answers that nobody has looked at as they are now."""
        sought = select(looked_at.c.matter, looked_at.c.digest).where(
            looked_at.c.school_id == school_id, looked_at.c.slug == slug
        )
        with reading_at(self._engine, school_id) as connection:
            seen = {(row.matter, row.digest) for row in connection.execute(sought)}
        return [group for group in trial.groups if group.grave and (group.matter, group.digest) not in seen]
