"""Drafts, published versions and the revision of a school, in the store.

A published version is never changed. A school's revision goes up in the same transaction as whatever changes its answers.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, FromClause, Row, Select, delete, func, insert, select, update

from corpus.alignment import align
from corpus.clause import RULINGS, Correction, Policy
from corpus.corrections import corrected_policies, keep_corrections
from corpus.dates import PolicyDate, day_of
from corpus.documents.doubt import Doubt
from corpus.errors import StoreError
from corpus.tables import PUBLISHED, clauses, other_policies, policies, schools, versions
from corpus.tenancy import reading_across, reading_at, writing_at

# The number under which the store keeps a draft; versions count from 1.
DRAFT = 0
CHANGED_MEANWHILE = "Somebody has changed this draft since you opened it: look at it as it is now, then make your change again."


@dataclass(frozen=True, slots=True)
class School:
    """The tenant; `short_name` is how a headline names it, such as `Coniston`."""

    id: str
    name: str
    short_name: str
    nation: str = "England"


@dataclass(frozen=True, slots=True)
class Approval:
    """What is recorded with a version: who answers for the policy, who approved it, and where the minutes say so."""

    owner: str | None = None
    approved_by: str | None = None
    minutes: str | None = None


NOT_RECORDED = Approval()


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a policy; `number`, `published_at` and `published_by` are None while it is a draft.

    `source` is the text it came from, None where it came as YAML; `edits` counts how often the draft was changed or replaced,
    `doubts` is what the document's reader was not certain of.
    """

    policy: Policy
    number: int | None
    source: str | None
    made_at: datetime
    published_at: datetime | None
    published_by: str | None
    edits: int = 0
    doubts: tuple[Doubt, ...] = ()
    approval: Approval = NOT_RECORDED

    @property
    def digest(self) -> str:
        """What tells this state of a draft from any other."""
        return sha256(self.policy.to_json()).hexdigest()


@dataclass(frozen=True, slots=True)
class Review:
    """When a policy that holds is to be reviewed, and since when its version is published."""

    school_id: str
    slug: str
    version: int
    title: str
    due: PolicyDate
    published_at: datetime


class _Dates(msgspec.Struct):
    """What of a policy's JSON tells of its review; the rest, which is long, is passed over."""

    title: str
    review_due: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """What a school answers from: its revision and its current versions, in the order of their slugs.

    `day` is the day on which it is read: rulings that had lapsed by then are not answered from. `others` are the titles of
    policies that the school has and has not brought in.
    """

    school: School
    revision: int
    versions: tuple[tuple[int, Policy], ...]
    day: date = date.min
    others: tuple[str, ...] = ()

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies of the current versions, the rulings among them."""
        return tuple(policy for _, policy in self.versions)


class Versions:
    """The versions in one store. `now` gives the time, in UTC."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], within: Connection | None = None) -> None:
        """Keep the engine; nothing is read yet. `within` is a transaction that everything then belongs to."""
        self.engine = engine
        self.now = now
        self._within = within

    @contextmanager
    def all_at_once(self, school_id: str) -> Iterator["Versions"]:
        """Yield a school's versions in one transaction: what is done with them is kept as a whole or not at all.

        Nobody else writes anything of the school meanwhile.
        """
        with self._writing(school_id) as connection:
            yield Versions(self.engine, self.now, connection)

    @property
    def transaction(self) -> Connection:
        """The transaction of `all_at_once`, for what is to be kept together with versions. Raises ValueError outside one."""
        if self._within is None:
            raise ValueError("there is a transaction only within all_at_once")
        return self._within

    def require_school(self, school_id: str) -> None:
        """Raise StoreError where there is no such school."""
        with self._reading(school_id) as connection:
            self._require_school(connection, school_id)

    def add_school(self, school: School) -> None:
        """Add a school. Raises StoreError where its id is taken."""
        with self._writing(school.id) as connection:
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
        with reading_across(self.engine) as connection:
            rows = connection.execute(wanted)
            return [School(row.id, row.name, row.short_name, row.nation) for row in rows]

    def published(self, school_id: str) -> Published | None:
        """Return what a school answers from, read in one transaction; None where there is no such school."""
        with self._reading(school_id) as connection:
            school = connection.execute(select(schools).where(schools.c.id == school_id)).one_or_none()
            if school is None:
                return None
            hold = _that_hold(versions.c.number, versions.c.document).where(versions.c.school_id == school_id)
            rows = connection.execute(hold).all()
            of_rows = corrected_policies(connection, school_id, rows)
            current = tuple((row.number, policy) for row, policy in zip(rows, of_rows, strict=True))
            brought_in = {policy.title.casefold() for _, policy in current}
            titles = connection.scalars(
                select(other_policies.c.title).where(other_policies.c.school_id == school_id).order_by(other_policies.c.title)
            )
            others = tuple(title for title in titles if title.casefold() not in brought_in)
        whose = School(school.id, school.name, school.short_name, school.nation)
        return Published(whose, school.revision, current, self.today(), others)

    def today(self) -> date:
        """Return the day that it is at the schools."""
        return day_of(self.now())

    def revision(self, school_id: str) -> int | None:
        """Return the school's revision, None where there is no such school."""
        with self._reading(school_id) as connection:
            return connection.scalar(select(schools.c.revision).where(schools.c.id == school_id))

    def save_draft(self, policy: Policy, source: str | None, doubts: Sequence[Doubt] = ()) -> Policy:
        """Keep `policy` as the draft, in place of any draft before; return it with its clauses' ids aligned.

        Raises StoreError where there is no such school, and where a clause is a ruling in a policy, or none among the rulings.
        """
        if any(bool(clause.ruling) is not policy.is_of_rulings for clause in policy.clauses()):
            raise StoreError(f"Rulings are kept under the name “{RULINGS}”, and nothing else is: give this policy another name.")
        with self._writing(policy.school) as connection:
            self._require_school(connection, policy.school)
            current = self._current(connection, policy.school, policy.slug)
            used = self._used_ids(connection, policy.school, policy.slug)
            aligned = align(policy, current, used)
            draft = _draft_of(policy.school, policy.slug)
            # Counted on, so that a change that somebody is about to make to the draft before does not hit this one.
            edits = connection.scalar(select(versions.c.edits).where(*draft))
            connection.execute(delete(versions).where(*draft))
            connection.execute(
                insert(versions).values(
                    school_id=policy.school,
                    slug=policy.slug,
                    number=DRAFT,
                    document=aligned.to_json(),
                    source=source,
                    doubts=msgspec.json.encode(doubts) if doubts else None,
                    edits=0 if edits is None else edits + 1,
                    made_at=self.now(),
                )
            )
        return aligned

    def draft(self, school_id: str, slug: str) -> Version:
        """Return the draft. Raises StoreError where there is none."""
        with self._reading(school_id) as connection:
            row = connection.execute(select(versions).where(*_draft_of(school_id, slug))).one_or_none()
        if row is None:
            raise StoreError(f"There is no draft of {school_id}/{slug}: bring one in with policybot import.")
        return _version(row, Policy.from_json(row.document))

    def drafts(self, school_id: str) -> list[Version]:
        """Return the drafts of a school, by slug."""
        wanted = select(versions).where(versions.c.school_id == school_id, versions.c.number == DRAFT).order_by(versions.c.slug)
        with self._reading(school_id) as connection:
            return [_version(row, Policy.from_json(row.document)) for row in connection.execute(wanted)]

    def change_draft(self, school_id: str, slug: str, edits: int, change: Callable[[Policy], Policy]) -> Policy:
        """Put what `change` makes of the draft in its place, and return it with its clauses' ids aligned.

        `edits` are those of the draft as it was read.
        Raises StoreError where there is no draft, or somebody else has changed it since; what `change` raises leaves it as it is.
        """
        with self._writing(school_id) as connection:
            self._require_school(connection, school_id)
            row = connection.execute(select(versions).where(*_draft_of(school_id, slug))).one_or_none()
            if row is None or row.edits != edits:
                raise StoreError(CHANGED_MEANWHILE)
            # A clause that a change made anew must not get an id that an earlier version gave to another.
            changed = align(
                change(Policy.from_json(row.document)),
                self._current(connection, school_id, slug),
                self._used_ids(connection, school_id, slug),
            )
            values = {"document": changed.to_json(), "edits": edits + 1}
            connection.execute(update(versions).where(*_draft_of(school_id, slug)).values(values))
        return changed

    def drop_draft(self, school_id: str, slug: str) -> None:
        """Delete the draft; nothing published changes. Raises StoreError where there is none."""
        with self._writing(school_id) as connection:
            if not connection.execute(delete(versions).where(*_draft_of(school_id, slug))).rowcount:
                raise StoreError("There is no draft of this policy any more.")

    def publish(self, school_id: str, slug: str, by: str, approval: Approval = NOT_RECORDED, *, digest: str | None = None) -> int:
        """Make the draft the current version and return its number; all or nothing.

        `digest` is that of the draft that was looked at, None for whatever it is now. Raises StoreError where there is no draft,
        or it is another.
        """
        with self._writing(school_id) as connection:
            self._raise_revision(connection, school_id)  # the first write, so that two publications wait for each other
            row = connection.execute(select(versions).where(*_draft_of(school_id, slug))).one_or_none()
            if row is None:
                raise StoreError(f"There is no draft of {school_id}/{slug} to publish.")
            if digest is not None and sha256(row.document).hexdigest() != digest:
                raise StoreError("The draft was changed since you looked at it: look at it once more, then publish.")
            number = 1 + (
                connection.scalar(
                    select(func.max(versions.c.number)).where(versions.c.school_id == school_id, versions.c.slug == slug)
                )
                or 0
            )
            connection.execute(
                update(versions)
                .where(versions.c.school_id == school_id, versions.c.id == row.id)
                .values(
                    number=number,
                    published_at=self.now(),
                    published_by=by,
                    owner=approval.owner,
                    approved_by=approval.approved_by,
                    minutes=approval.minutes,
                )
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
        with self._writing(school_id) as connection:
            self._raise_revision(connection, school_id)
            if connection.scalar(select(versions.c.id).where(*_numbered(school_id, slug, number))) is None:
                raise StoreError(
                    f"There is no version {number} of {school_id}/{slug}: {self._listed(connection, school_id, slug)}"
                )
            self._make_current(connection, school_id, slug, number)

    def version(self, school_id: str, slug: str, number: int | None = None) -> Version:
        """Return a published version, the current one for None. Raises StoreError where there is none."""
        with self._reading(school_id) as connection:
            if number is None:
                number = connection.scalar(
                    select(policies.c.current).where(policies.c.school_id == school_id, policies.c.slug == slug)
                )
            row = connection.execute(select(versions).where(*_numbered(school_id, slug, number))).one_or_none()
            if row is None:
                wanted = "published version" if number is None else f"version {number}"
                raise StoreError(f"There is no {wanted} of {school_id}/{slug}: {self._listed(connection, school_id, slug)}")
            return _version(row, *corrected_policies(connection, school_id, [row]))

    def current(self, school_id: str, slug: str) -> Policy | None:
        """Return the policy of the current version, None where there is none."""
        with self._reading(school_id) as connection:
            return self._current(connection, school_id, slug)

    def history(self, school_id: str, slug: str) -> list[Version]:
        """Return every version of a policy ever published, the newest first."""
        wanted = select(versions).where(versions.c.school_id == school_id, versions.c.slug == slug, versions.c.number != DRAFT)
        with self._reading(school_id) as connection:
            rows = connection.execute(wanted.order_by(versions.c.number.desc())).all()
            return list(map(_version, rows, corrected_policies(connection, school_id, rows)))

    def correct(self, school_id: str, slug: str, number: int, changes: Mapping[str, Correction | None]) -> None:
        """Keep what a person set right about clauses of a published version, by id; None says that she agrees with what is there.

        The version's own document stays as it is. Raises StoreError where there is no such version, or no such clause in it.
        """
        with self._writing(school_id) as connection:
            self._raise_revision(connection, school_id)
            document = connection.scalar(select(versions.c.document).where(*_numbered(school_id, slug, number)))
            known = {clause.id for clause in Policy.from_json(document).clauses()} if document else set()
            unknown = sorted(set(changes) - known)
            if unknown:
                raise StoreError(f"There is no clause {unknown[0]} in version {number} of {school_id}/{slug}.")
            keep_corrections(connection, (school_id, slug, number), changes, self.now())

    def given_ids(self, school_id: str, slug: str) -> set[str]:
        """Return the id of every clause that a policy has ever had published."""
        with self._reading(school_id) as connection:
            return self._used_ids(connection, school_id, slug)

    def add_other_policy(self, school_id: str, title: str) -> None:
        """Note that a school has a policy that was not brought in. Raises StoreError where that is noted already."""
        with self._writing(school_id) as connection:
            self._raise_revision(connection, school_id)
            listed = connection.scalars(select(other_policies.c.title).where(other_policies.c.school_id == school_id)).all()
            if title.casefold() in map(str.casefold, listed):
                raise StoreError(f"{title} is on the list already.")
            connection.execute(insert(other_policies).values(school_id=school_id, title=title))

    def remove_other_policy(self, school_id: str, title: str) -> None:
        """Take a policy that was not brought in from the list again. Raises StoreError where it is not on it."""
        with self._writing(school_id) as connection:
            self._raise_revision(connection, school_id)
            where = (other_policies.c.school_id == school_id, other_policies.c.title == title)
            if not connection.execute(delete(other_policies).where(*where)).rowcount:
                raise StoreError(f"{title} is not on the list any more.")

    def publishers(self) -> dict[tuple[str, str], str | None]:
        """Return by whom the current version of each policy was published, by school and slug."""
        with reading_across(self.engine) as connection:
            rows = connection.execute(_that_hold(versions.c.school_id, versions.c.slug, versions.c.published_by))
            return {(row.school_id, row.slug): row.published_by for row in rows}

    def reviews(self, school_id: str) -> list[Review]:
        """Return when each policy that holds at a school is to be reviewed; those that do not say so are left out."""
        with self._reading(school_id) as connection:
            rows = connection.execute(_that_hold(versions).where(versions.c.school_id == school_id)).all()
        dated = [(row, msgspec.json.decode(row.document, type=_Dates)) for row in rows]
        return [
            Review(school_id, row.slug, row.number, dates.title, PolicyDate(dates.review_due), row.published_at)
            for row, dates in dated
            if dates.review_due
        ]

    def policies(self, school_id: str) -> list[tuple[str, int | None, list[int]]]:
        """Return each policy of a school: its slug, its current version, and all its versions' numbers."""
        with self._reading(school_id) as connection:
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

    def _writing(self, school_id: str) -> AbstractContextManager[Connection]:
        return nullcontext(self._within) if self._within is not None else writing_at(self.engine, school_id)

    def _reading(self, school_id: str) -> AbstractContextManager[Connection]:
        return nullcontext(self._within) if self._within is not None else reading_at(self.engine, school_id)

    def _current(self, connection: Connection, school_id: str, slug: str) -> Policy | None:
        holds = _that_hold(versions.c.document, versions.c.number)
        rows = connection.execute(holds.where(versions.c.school_id == school_id, versions.c.slug == slug)).all()
        return next(iter(corrected_policies(connection, school_id, rows)), None)

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
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_notify(PUBLISHED, school_id)))  # told when, and only if, the transaction commits
        if changed.rowcount == 0:
            raise StoreError(no_such_school(school_id, [school.id for school in self.schools()]))

    def _require_school(self, connection: Connection, school_id: str) -> None:
        if connection.scalar(select(schools.c.id).where(schools.c.id == school_id)) is None:
            raise StoreError(no_such_school(school_id, [school.id for school in self.schools()]))

    def _listed(self, connection: Connection, school_id: str, slug: str) -> str:
        numbers = list(
            connection.scalars(
                select(versions.c.number)
                .where(versions.c.school_id == school_id, versions.c.slug == slug, versions.c.number != DRAFT)
                .order_by(versions.c.number)
            )
        )
        return f"it has {', '.join(map(str, numbers))}." if numbers else "it has none yet."


def _that_hold(*columns: FromClause | ColumnElement[Any]) -> Select[Any]:
    """Return what is sought of the versions that are published now, by school and policy."""
    holds = (
        (policies.c.school_id == versions.c.school_id)
        & (policies.c.slug == versions.c.slug)
        & (policies.c.current == versions.c.number)
    )
    return select(*columns).join(policies, holds).order_by(versions.c.school_id, versions.c.slug)


def no_such_school(school_id: str, known: Sequence[str]) -> str:
    """Return the sentence that says that a school is not known, and which are."""
    if not known:
        return f"There is no school called {school_id}: none is set up here yet."
    return f"There is no school called {school_id}: choose one of {', '.join(known)}."


def _version(row: Row[Any], policy: Policy) -> Version:
    approval = Approval(row.owner, row.approved_by, row.minutes)
    number = row.number if row.number != DRAFT else None
    doubts = msgspec.json.decode(row.doubts, type=tuple[Doubt, ...]) if row.doubts else ()
    return Version(policy, number, row.source, row.made_at, row.published_at, row.published_by, row.edits, doubts, approval)


def _draft_of(school_id: str, slug: str) -> tuple[ColumnElement[bool], ...]:
    return versions.c.school_id == school_id, versions.c.slug == slug, versions.c.number == DRAFT


def _numbered(school_id: str, slug: str, number: int | None) -> tuple[ColumnElement[bool], ...]:
    published = versions.c.number != DRAFT
    return versions.c.school_id == school_id, versions.c.slug == slug, versions.c.number == number, published
