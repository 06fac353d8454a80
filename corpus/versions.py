"""Drafts, published versions and the revision of a school, in the store.

A published version is never changed. A school's revision goes up in the same transaction as whatever changes its answers.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select, update

from corpus.alignment import align
from corpus.clause import Policy
from corpus.errors import StoreError
from corpus.tables import clauses, policies, schools, versions, writing

# The number under which the store keeps a draft; versions count from 1.
DRAFT = 0


@dataclass(frozen=True, slots=True)
class School:
    """The tenant; `short_name` is how a headline names it, such as `Coniston`."""

    id: str
    name: str
    short_name: str
    nation: str = "England"


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a policy; `number` and what follows are None while it is a draft."""

    policy: Policy
    number: int | None
    source: str | None
    made_at: datetime
    published_at: datetime | None
    published_by: str | None


@dataclass(frozen=True, slots=True)
class Published:
    """What a school answers from: its revision and its current versions, in the order of their slugs."""

    school: School
    revision: int
    versions: tuple[tuple[int, Policy], ...]


class Versions:
    """The versions in one store. `now` gives the time, in UTC."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], within: Connection | None = None) -> None:
        """Keep the engine; nothing is read yet. `within` is a transaction that everything then belongs to."""
        self.engine = engine
        self._now = now
        self._within = within

    @contextmanager
    def all_at_once(self) -> Iterator["Versions"]:
        """Yield these versions in one transaction: what is done with them is kept as a whole or not at all.

        On SQLite nobody else writes meanwhile.
        """
        with self._writing() as connection:
            yield Versions(self.engine, self._now, connection)

    def add_school(self, school: School) -> None:
        """Add a school. Raises StoreError where its id is taken."""
        with self._writing() as connection:
            if connection.scalar(select(schools.c.id).where(schools.c.id == school.id)):
                raise StoreError(f"There is already a school called {school.id}.")
            connection.execute(
                insert(schools).values(
                    id=school.id, name=school.name, short_name=school.short_name, nation=school.nation, revision=0
                )
            )

    def schools(self, ids: Collection[str] | None = None) -> list[School]:
        """Return the schools of this store, by name; of these `ids` only, where they are given."""
        wanted = select(schools).order_by(schools.c.name)
        if ids is not None:
            wanted = wanted.where(schools.c.id.in_(ids))
        with self._reading() as connection:
            rows = connection.execute(wanted)
            return [School(row.id, row.name, row.short_name, row.nation) for row in rows]

    def published(self, school_id: str) -> Published | None:
        """Return what a school answers from, read in one transaction; None where there is no such school."""
        with self._reading() as connection:
            school = connection.execute(select(schools).where(schools.c.id == school_id)).one_or_none()
            if school is None:
                return None
            rows = connection.execute(
                select(versions.c.number, versions.c.document)
                .join(policies, (policies.c.school_id == versions.c.school_id) & (policies.c.slug == versions.c.slug))
                .where(versions.c.school_id == school_id, versions.c.number == policies.c.current)
                .order_by(versions.c.slug)
            )
            current = tuple((row.number, Policy.from_json(row.document)) for row in rows)
        return Published(School(school.id, school.name, school.short_name, school.nation), school.revision, current)

    def revision(self, school_id: str) -> int | None:
        """Return the school's revision, None where there is no such school."""
        with self._reading() as connection:
            return connection.scalar(select(schools.c.revision).where(schools.c.id == school_id))

    def save_draft(self, policy: Policy, source: str | None) -> Policy:
        """Keep `policy` as the draft, in place of any draft before; return it with its clauses' ids aligned.

        Raises StoreError where there is no such school.
        """
        with self._writing() as connection:
            self._require_school(connection, policy.school)
            current = self._current(connection, policy.school, policy.slug)
            used = self._used_ids(connection, policy.school, policy.slug)
            aligned = align(policy, current, used)
            connection.execute(delete(versions).where(*_draft_of(policy.school, policy.slug)))
            connection.execute(
                insert(versions).values(
                    school_id=policy.school,
                    slug=policy.slug,
                    number=DRAFT,
                    document=aligned.to_json(),
                    source=source,
                    made_at=self._now(),
                )
            )
        return aligned

    def draft(self, school_id: str, slug: str) -> Version:
        """Return the draft. Raises StoreError where there is none."""
        with self._reading() as connection:
            row = connection.execute(select(versions).where(*_draft_of(school_id, slug))).one_or_none()
        if row is None:
            raise StoreError(f"There is no draft of {school_id}/{slug}: bring one in with policybot import.")
        return Version(Policy.from_json(row.document), None, row.source, row.made_at, None, None)

    def publish(self, school_id: str, slug: str, by: str) -> int:
        """Make the draft the current version and return its number; all or nothing. Raises StoreError where there is none."""
        with self._writing() as connection:
            self._raise_revision(connection, school_id)  # the first write, so that two publications wait for each other
            row = connection.execute(select(versions).where(*_draft_of(school_id, slug))).one_or_none()
            if row is None:
                raise StoreError(f"There is no draft of {school_id}/{slug} to publish.")
            number = 1 + (
                connection.scalar(
                    select(func.max(versions.c.number)).where(versions.c.school_id == school_id, versions.c.slug == slug)
                )
                or 0
            )
            connection.execute(
                update(versions).where(versions.c.id == row.id).values(number=number, published_at=self._now(), published_by=by)
            )
            used = self._used_ids(connection, school_id, slug)
            new = [clause.id for clause in Policy.from_json(row.document).clauses() if clause.id not in used]
            if new:
                connection.execute(
                    insert(clauses),
                    [{"school_id": school_id, "slug": slug, "clause_id": one, "first_version": number} for one in new],
                )
            self._make_current(connection, school_id, slug, number)
        return number

    def roll_back(self, school_id: str, slug: str, number: int) -> None:
        """Make an earlier version the current one again. Raises StoreError where there is no such version."""
        with self._writing() as connection:
            self._raise_revision(connection, school_id)
            if connection.scalar(select(versions.c.id).where(*_numbered(school_id, slug, number))) is None:
                raise StoreError(
                    f"There is no version {number} of {school_id}/{slug}: {self._listed(connection, school_id, slug)}"
                )
            self._make_current(connection, school_id, slug, number)

    def version(self, school_id: str, slug: str, number: int | None = None) -> Version:
        """Return a published version, the current one for None. Raises StoreError where there is none."""
        with self._reading() as connection:
            if number is None:
                number = connection.scalar(
                    select(policies.c.current).where(policies.c.school_id == school_id, policies.c.slug == slug)
                )
            row = connection.execute(select(versions).where(*_numbered(school_id, slug, number))).one_or_none()
            if row is None:
                wanted = "published version" if number is None else f"version {number}"
                raise StoreError(f"There is no {wanted} of {school_id}/{slug}: {self._listed(connection, school_id, slug)}")
        return Version(Policy.from_json(row.document), row.number, row.source, row.made_at, row.published_at, row.published_by)

    def publishers(self) -> dict[tuple[str, str], str | None]:
        """Return by whom the current version of each policy was published, by school and slug."""
        with self._reading() as connection:
            rows = connection.execute(
                select(policies.c.school_id, policies.c.slug, versions.c.published_by).join(
                    versions,
                    (policies.c.school_id == versions.c.school_id)
                    & (policies.c.slug == versions.c.slug)
                    & (policies.c.current == versions.c.number),
                )
            )
            return {(row.school_id, row.slug): row.published_by for row in rows}

    def policies(self, school_id: str) -> list[tuple[str, int | None, list[int]]]:
        """Return each policy of a school: its slug, its current version, and all its versions' numbers."""
        with self._reading() as connection:
            rows = connection.execute(
                select(versions.c.slug, versions.c.number, policies.c.current)
                .outerjoin(policies, (policies.c.school_id == versions.c.school_id) & (policies.c.slug == versions.c.slug))
                .where(versions.c.school_id == school_id)
                .order_by(versions.c.slug, versions.c.number)
            ).all()
        found: dict[str, tuple[int | None, list[int]]] = {}
        for slug, number, current in rows:
            found.setdefault(slug, (current, []))
            if number != DRAFT:
                found[slug][1].append(number)
        return [(slug, current, numbers) for slug, (current, numbers) in found.items()]

    def _writing(self) -> AbstractContextManager[Connection]:
        return nullcontext(self._within) if self._within is not None else writing(self.engine)

    def _reading(self) -> AbstractContextManager[Connection]:
        return nullcontext(self._within) if self._within is not None else self.engine.connect()

    def _current(self, connection: Connection, school_id: str, slug: str) -> Policy | None:
        document = connection.scalar(
            select(versions.c.document)
            .join(policies, (policies.c.school_id == versions.c.school_id) & (policies.c.slug == versions.c.slug))
            .where(versions.c.school_id == school_id, versions.c.slug == slug, versions.c.number == policies.c.current)
        )
        return Policy.from_json(document) if document else None

    def _used_ids(self, connection: Connection, school_id: str, slug: str) -> set[str]:
        return set(
            connection.scalars(select(clauses.c.clause_id).where(clauses.c.school_id == school_id, clauses.c.slug == slug))
        )

    def _make_current(self, connection: Connection, school_id: str, slug: str, number: int) -> None:
        where = (policies.c.school_id == school_id, policies.c.slug == slug)
        if connection.scalar(select(policies.c.slug).where(*where)) is None:
            connection.execute(insert(policies).values(school_id=school_id, slug=slug, current=number))
        else:
            connection.execute(update(policies).where(*where).values(current=number))

    def _raise_revision(self, connection: Connection, school_id: str) -> None:
        changed = connection.execute(update(schools).where(schools.c.id == school_id).values(revision=schools.c.revision + 1))
        if changed.rowcount == 0:
            raise StoreError(no_such_school(school_id, [school.id for school in self.schools()]))

    def _require_school(self, connection: Connection, school_id: str) -> None:
        # Locked, so that no publication comes between what a draft is aligned to and the draft; SQLite locks as a whole.
        if connection.scalar(select(schools.c.id).where(schools.c.id == school_id).with_for_update()) is None:
            known = list(connection.scalars(select(schools.c.id).order_by(schools.c.id)))
            raise StoreError(no_such_school(school_id, known))

    def _listed(self, connection: Connection, school_id: str, slug: str) -> str:
        numbers = list(
            connection.scalars(
                select(versions.c.number)
                .where(versions.c.school_id == school_id, versions.c.slug == slug, versions.c.number != DRAFT)
                .order_by(versions.c.number)
            )
        )
        return f"it has {', '.join(map(str, numbers))}." if numbers else "it has none yet."


def no_such_school(school_id: str, known: Sequence[str]) -> str:
    """Return the sentence that says that a school is not known, and which are."""
    if not known:
        return f"There is no school called {school_id}: none is set up here yet."
    return f"There is no school called {school_id}: choose one of {', '.join(known)}."


def _draft_of(school_id: str, slug: str) -> tuple[ColumnElement[bool], ...]:
    return versions.c.school_id == school_id, versions.c.slug == slug, versions.c.number == DRAFT


def _numbered(school_id: str, slug: str, number: int | None) -> tuple[ColumnElement[bool], ...]:
    published = versions.c.number != DRAFT
    return versions.c.school_id == school_id, versions.c.slug == slug, versions.c.number == number, published
