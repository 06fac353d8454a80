"""What people confirmed or set right about the clauses of a published version, kept beside the version's own document."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Row, insert, select, tuple_

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


def corrected_policies(connection: Connection, school_id: str, rows: Sequence[Row[Any]]) -> list[Policy]:
    """Return the policies of a school's versions with what was set right about each since it was published.

    `rows` hold the `number` and the `document` of each version. Of what is set right about a clause the last counts.
    """
    policies = [Policy.from_json(row.document) for row in rows]
    of_version = [(policy.slug, row.number) for policy, row in zip(policies, rows, strict=True)]
    made: dict[tuple[str, int], dict[str, list[Correction | None]]] = {}
    wanted = select(corrections.c.slug, corrections.c.version, corrections.c.clause_id, corrections.c.correction)
    those = tuple_(corrections.c.slug, corrections.c.version).in_(of_version)
    for row in connection.execute(wanted.where(corrections.c.school_id == school_id, those).order_by(corrections.c.id)):
        correction = msgspec.json.decode(row.correction, type=Correction) if row.correction else None
        made.setdefault((row.slug, row.version), {}).setdefault(row.clause_id, []).append(correction)
    return [_corrected(policy, made.get(version, {})) for policy, version in zip(policies, of_version, strict=True)]


def _corrected(policy: Policy, made: Mapping[str, Sequence[Correction | None]]) -> Policy:
    """Return a policy with what was set right about its clauses, by id, in the order in which that was done."""

    def corrected(clause: Clause) -> Clause:
        for correction in made.get(clause.id, ()):
            clause = clause.corrected(correction) if correction else replace(clause, confirmed=True)
        return clause

    return policy.with_clauses(corrected) if made else policy
