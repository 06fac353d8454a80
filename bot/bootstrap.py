"""Puts the parts together: the store, the demo's schools, and the index of each school in memory."""

import gc
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from threading import Lock

from bot.errors import BotError
from bot.schema import open_store
from bot.settings import INDEX_MEMORY, Settings
from bot.store_clock import clock_of
from corpus import POLICIES
from corpus.versions import School, Versions, no_such_school
from retrieval.index import Index
from retrieval.knowledge import Knowledge

DEMO_PUBLISHER = "policybot, as shipped"
# What surrounds the building of an index, so that somebody can time it.
Building = Callable[[], AbstractContextManager[object]]


def nothing() -> None:
    """Do nothing: nobody counts."""


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


def open_indexes(
    settings: Settings,
    building: Building = nullcontext,
    evicted: Callable[[], object] = nothing,
) -> "Indexes":
    """Return the indexes over the store of `settings`; as `open_versions`. What is parsed once is kept in the data folder."""
    knowledge = Knowledge(settings.home / "cache")
    return Indexes(open_versions(settings), knowledge, building, memory=settings.index_memory, evicted=evicted)


def read_ahead(indexes: "Indexes", schools: Sequence[str]) -> None:
    """Read what all schools share, which takes seconds, with the index of the first of these: nobody's question waits for it.

    Nor does one wait while it is looked through for what may go, since it stays for as long as the process.
    """
    for school in schools[:1]:
        indexes.of(school)
    gc.collect()
    gc.freeze()


class Indexes:
    """The index of each school that was asked of lately, rebuilt whole when its revision has gone up or a ruling has lapsed.

    They take no more memory together than they are given, one by itself apart: whichever was asked of longest ago goes first.
    Whoever is being answered keeps the index with which that began.
    """

    def __init__(
        self,
        versions: Versions,
        knowledge: Knowledge,
        building: Building = nullcontext,
        *,
        memory: int = INDEX_MEMORY,
        evicted: Callable[[], object] = nothing,
    ) -> None:
        """Keep the store; an index is built, within a context of `building`, when its school is first asked of.

        `memory` is how many bytes they may take together; `evicted` is called for each that must go for another.
        """
        self.versions = versions
        self.knowledge = knowledge
        self._building = building
        self._memory = memory
        self._evicted = evicted
        self._built: OrderedDict[str, Index] = OrderedDict()  # the one asked of longest ago first
        self._held = 0
        self._being_built: dict[str, Future[None]] = {}
        self._lock = Lock()

    def of(self, school_id: str, *, fresh: bool = True, revision: int | None = None) -> Index:
        """Return the school's index; `fresh` False takes one in memory without asking the store for a newer revision.

        `revision` is the newest where that is known already. Of those who ask for one that is not there the first builds it, and
        the others wait for it, or for the error that it ran into. Raises BotError where there is no such school.
        """
        while True:
            built = self.at_hand(school_id)
            if built is not None and (not fresh or (revision or self.versions.revision(school_id)) == built.revision):
                return built
            with self._lock:
                others = self._being_built.get(school_id)
                if others is None:
                    ours = self._being_built[school_id] = Future()
            if others is None:
                return self._build_for_all(school_id, ours)
            others.result()

    def at_hand(self, school_id: str) -> Index | None:
        """Return the school's index if it is in memory and no ruling in it has lapsed; the store is not asked."""
        with self._lock:
            built = self._built.get(school_id)
            if built is None or (built.until is not None and self.versions.today() >= built.until):
                return None
            self._built.move_to_end(school_id)
            return built

    def _build_for_all(self, school_id: str, waited_for: "Future[None]") -> Index:
        try:
            index = self.build(self.versions, school_id)
            self.put(index)
        except BaseException as error:
            self._let_go(school_id)
            waited_for.set_exception(error)
            raise
        self._let_go(school_id)
        waited_for.set_result(None)
        return index

    def _let_go(self, school_id: str) -> None:
        with self._lock:
            del self._being_built[school_id]

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
        with self._lock:
            return {school_id: index.revision for school_id, index in self._built.items()}

    def in_memory(self) -> int:
        """Return how many schools have an index in memory."""
        return len(self._built)

    def held(self) -> int:
        """Return about how many bytes the indexes in memory take."""
        return self._held

    def put(self, index: Index) -> None:
        """Answer a school's questions from this index, unless one of a later revision is there already."""
        evicted = 0
        with self._lock:
            built = self._built.get(index.school.id)
            if built is not None and built.revision > index.revision:
                return
            self._held += index.size - (built.size if built is not None else 0)
            self._built[index.school.id] = index
            self._built.move_to_end(index.school.id)
            while self._held > self._memory and len(self._built) > 1:
                self._held -= self._built.popitem(last=False)[1].size
                evicted += 1
        for _ in range(evicted):
            self._evicted()
