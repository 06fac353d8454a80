"""What people confirmed or set right about the clauses of a published version, kept beside the version's own document."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, insert, select

from corpus.clause import Clause, Correction, Policy
from corpus.tables import corrections


def keep_corrections(
    connection: Connection, version: tuple[str, str, int], changes: Mapping[str, Correction | None], made_at: datetime
) -> None:
    """Keep what somebody set right about clauses of a version (school, slug, number), by id; None agrees with what is there."""
    school_id, slug, number = version
    rows = [
        {
            "school_id": school_id,
            "slug": slug,
            "version": number,
            "clause_id": clause_id,
            "correction": msgspec.json.encode(correction) if correction else None,
            "made_at": made_at,
        }
        for clause_id, correction in changes.items()
    ]
    connection.execute(insert(corrections), rows)


def with_corrections(connection: Connection, policy: Policy, version: int) -> Policy:
    """Return a version's policy with what was set right about it since it was published; of a clause the last counts."""
    rows = connection.execute(
        select(corrections.c.clause_id, corrections.c.correction)
        .where(corrections.c.school_id == policy.school, corrections.c.slug == policy.slug, corrections.c.version == version)
        .order_by(corrections.c.id)
    ).all()
    if not rows:
        return policy
    made: dict[str, list[Correction | None]] = {}
    for row in rows:
        made.setdefault(row.clause_id, []).append(
            msgspec.json.decode(row.correction, type=Correction) if row.correction else None
        )

    def corrected(clause: Clause) -> Clause:
        for correction in made.get(clause.id, ()):
            clause = clause.corrected(correction) if correction else replace(clause, confirmed=True)
        return clause

    return policy.with_clauses(corrected)
