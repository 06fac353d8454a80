"""Puts the parts together: the store, the demo's schools, and the index of each school in memory."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from threading import Lock

from bot.errors import BotError
from bot.schema import open_store
from bot.settings import Settings
from bot.store_clock import clock_of
from corpus import POLICIES
from corpus.versions import School, Versions, no_such_school
from retrieval.index import Index
from retrieval.knowledge import Knowledge

DEMO_PUBLISHER = "policybot, as shipped"
# What surrounds the building of an index, so that somebody can time it.
Building = Callable[[], AbstractContextManager[object]]


def open_versions(settings: Settings) -> Versions:
    """Return the versions in the store of `settings`, created, upgraded and in demo mode seeded as needed.

    Raises BotError where the store cannot be opened.
    """
    engine = open_store(settings.database_url, settings.migration_url)
    versions = Versions(engine, clock_of(engine))
    if settings.demo:
        seed_demo(versions)
    return versions


def seed_demo(versions: Versions) -> None:
    """Add the five shipped schools and publish their policies; one that ships changed since is published anew.

    What somebody has published over a shipped version stays.
    """
    shipped = {file.stem: f"{DEMO_PUBLISHER} ({sha256(file.read_bytes()).hexdigest()[:12]})" for file in POLICIES.glob("*.yaml")}
    if _up_to_date(versions, shipped) >= set(shipped):
        return
    from corpus.building import shipped_policy, shipped_sources, source_text

    for source in shipped_sources():
        # Each school whole or not at all, and by one process: another that starts now waits, and then finds it done.
        with versions.all_at_once(source.school) as together:
            if source.school in _up_to_date(together, shipped):
                continue
            if not together.schools([source.school]):
                together.add_school(School(source.school, source.school_name, source.short_name))
            together.save_draft(shipped_policy(source), source_text(source))
            together.publish(source.school, source.slug, shipped[source.school])


def _up_to_date(versions: Versions, shipped: Mapping[str, str]) -> set[str]:
    """Return the schools that need no seeding; `shipped` is by whom each one's shipped policy is published."""
    publishers = versions.publishers().items()
    return {school for (school, _), publisher in publishers if not _is_stale(publisher, shipped.get(school))}


def _is_stale(publisher: str | None, shipped: str | None) -> bool:
    return publisher is not None and publisher.startswith(DEMO_PUBLISHER) and publisher != shipped


def open_indexes(settings: Settings, building: Building = nullcontext) -> "Indexes":
    """Return the indexes over the store of `settings`; as `open_versions`. What is parsed once is kept in the data folder."""
    return Indexes(open_versions(settings), Knowledge(settings.home / "cache"), building)


class Indexes:
    """The index of each school that was asked of, rebuilt whole when its revision has gone up or a ruling has lapsed."""

    def __init__(self, versions: Versions, knowledge: Knowledge, building: Building = nullcontext) -> None:
        """Keep the store; an index is built, within a context of `building`, when its school is first asked of."""
        self.versions = versions
        self.knowledge = knowledge
        self._building = building
        self._built: dict[str, Index] = {}
        self._putting = Lock()

    def of(self, school_id: str, *, fresh: bool = True, revision: int | None = None) -> Index:
        """Return the school's index; `fresh` False takes one in memory without asking the store for a newer revision.

        `revision` is the newest where that is known already. Raises BotError where there is no such school.
        """
        built = self._built.get(school_id)
        if built is not None and built.until is not None and self.versions.today() >= built.until:
            built = None
        if built is not None and (not fresh or (revision or self.versions.revision(school_id)) == built.revision):
            return built
        index = self.build(self.versions, school_id)
        self.put(index)
        return index

    def build(self, versions: Versions, school_id: str) -> Index:
        """Return a new index of what a school has published by these versions, which may be of a transaction.

        Raises BotError where there is no such school.
        """
        with self._building():
            published = versions.published(school_id)
            if published is None:
                raise BotError(no_such_school(school_id, [school.id for school in versions.schools()]))
            return Index(published, self.knowledge)

    def revisions(self) -> dict[str, int]:
        """Return of which revision the index of each school in memory is."""
        return {school_id: index.revision for school_id, index in list(self._built.items())}

    def in_memory(self) -> int:
        """Return how many schools have an index in memory."""
        return len(self._built)

    def put(self, index: Index) -> None:
        """Answer a school's questions from this index, unless one of a later revision is there already."""
        with self._putting:
            built = self._built.get(index.school.id)
            if built is None or built.revision <= index.revision:
                self._built[index.school.id] = index
