"""Whether the parts of a policy fit together: each id stands once, and what refers to a part finds it."""

import re

from corpus.clause import Policy

# As corpus.labels.slug makes them: they stand in addresses and in names of files.
_ID = re.compile(r"[a-z0-9.-]+")


def find_fault(policy: Policy) -> str | None:
    """Return, in one sentence, the first id that stands twice or that is referred to and not there; None where all is well."""
    if not _ID.fullmatch(policy.slug):
        return f"“{policy.slug}” cannot be the name of a policy in addresses: use small letters, digits and hyphens."
    ids: set[str] = set()
    for section in policy.sections:
        for element in section.elements:
            if element.id in ids:
                return f"the id {element.id} stands twice; each clause and lead-in needs its own."
            if not _ID.fullmatch(element.id):
                return f"“{element.id}” cannot be an id: use small letters, digits, dots and hyphens."
            ids.add(element.id)
    lead_ins = policy.lead_ins()
    clauses = {clause.id for clause in policy.clauses()}
    for lead_in in lead_ins.values():
        if lead_in.clause_id is not None and lead_in.clause_id not in clauses:
            return f"{lead_in.id} refers to the clause {lead_in.clause_id}, which does not exist."
        above = [lead_in.id]
        while (under := lead_ins[above[-1]].under) is not None:
            if under not in lead_ins:
                return f"{above[-1]} refers to the lead-in {under}, which does not exist."
            if under in above:
                return f"the lead-in {under} stands under itself."
            above.append(under)
    for clause in policy.clauses():
        if clause.lead_in is not None and clause.lead_in not in lead_ins:
            return f"clause {clause.label} refers to the lead-in {clause.lead_in}, which does not exist."
    return None
