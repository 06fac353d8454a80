"""Puts the parts together: the store, the demo's schools, and the index of each school in memory."""

from collections.abc import Callable
from datetime import datetime

from bot.clock import now_utc
from bot.errors import BotError
from bot.schema import open_store
from bot.settings import Settings
from corpus.versions import School, Versions, no_such_school
from retrieval.index import Index

DEMO_PUBLISHER = "policybot (as shipped)"


def open_versions(settings: Settings, now: Callable[[], datetime] = now_utc) -> Versions:
    """Return the versions in the store of `settings`, created, upgraded and in demo mode seeded as needed.

    Raises BotError where the store cannot be opened.
    """
    versions = Versions(open_store(settings.database_url), now)
    if settings.demo:
        seed_demo(versions)
    return versions


def seed_demo(versions: Versions) -> None:
    """Add the five shipped schools and publish their policies; one that ships changed since is published anew."""
    from corpus.building import shipped_policy, shipped_sources, source_text

    known = {school.id for school in versions.schools()}
    for shipped in shipped_sources():
        if shipped.school not in known:
            versions.add_school(School(shipped.school, shipped.school_name, shipped.short_name))
        policy = shipped_policy(shipped)
        published = versions.published(shipped.school)
        current = [one for _, one in published.versions if one.slug == shipped.slug] if published else []
        if current and (current[0] == policy or _was_edited(versions, shipped.school, shipped.slug)):
            continue
        versions.save_draft(policy, source_text(shipped))
        versions.publish(shipped.school, shipped.slug, DEMO_PUBLISHER)


def _was_edited(versions: Versions, school: str, slug: str) -> bool:
    """Tell whether somebody has published over the shipped version: theirs then stays."""
    return versions.version(school, slug).published_by != DEMO_PUBLISHER


class Indexes:
    """The index of each school that was asked of, rebuilt whole when the school's revision has gone up."""

    def __init__(self, versions: Versions) -> None:
        """Keep the store; an index is built when its school is first asked of."""
        self.versions = versions
        self._built: dict[str, Index] = {}

    def of(self, school_id: str, *, fresh: bool = True) -> Index:
        """Return the school's index; `fresh` False takes one in memory without asking the store for a newer revision.

        Raises BotError where there is no such school.
        """
        built = self._built.get(school_id)
        if built is not None and (not fresh or self.versions.revision(school_id) == built.revision):
            return built
        published = self.versions.published(school_id)
        if published is None:
            raise BotError(no_such_school(school_id, [school.id for school in self.versions.schools()]))
        index = Index(published)
        self._built[school_id] = index
        return index
