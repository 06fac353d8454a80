"""How what a clause says got looser, in words; whatever may be taken so counts, since nobody is to be given leave by mistake."""

from bot.answer import VERDICTS
from corpus.clause import STRICTNESS, Clause, Party, Policy, Stance

# From more to less asked of staff, among stances that do not say whether a thing may be done.
_DEMANDS = (Stance.REQUIRED, Stance.RECOMMENDED, Stance.INFORMATIONAL)


def is_looser(before: Stance, after: Stance) -> bool:
    """Tell whether a stance lets staff do more than the one before, asks less of them, or stopped saying what they may do."""
    for order in (STRICTNESS, _DEMANDS):
        if before in order and after in order:
            return order.index(after) > order.index(before)
    # To demand something in place of forbidding something is another rule: whether it is as strict a person decides.
    return before in STRICTNESS or after in (Stance.CONDITIONAL, Stance.ALLOWED)


def loosened(before: Clause, after: Clause) -> str | None:
    """Return the sentence that says how a clause got looser, None where it did not.

    It did where its stance is looser, where an exception came in or got looser, or where it does not bind staff any more.
    """
    if is_looser(before.stance, after.stance):
        return f"Before: {VERDICTS[before.stance]} Now: {VERDICTS[after.stance]} That is looser."
    exception = after.second
    if exception and is_looser(after.stance, exception.stance):
        known = before.second.stance if before.second else before.stance
        if is_looser(known, exception.stance):
            return f"There is an exception now that is looser than before: {VERDICTS[exception.stance]}"
    if binds_staff(before) and not binds_staff(after):
        return "Before, it bound staff. Now it binds only others. That is looser."
    return None


def binds_staff(clause: Clause) -> bool:
    """Tell whether a clause binds staff; one that names nobody does."""
    return not clause.binds or Party.STAFF in clause.binds


def loosened_by_hand(before: Policy | None, draft: Policy) -> list[str]:
    """Return the labels of clauses that a person, not the document, made looser than what is published."""
    known = {clause.id: clause for clause in before.clauses()} if before else {}
    return [
        clause.label
        for clause in draft.clauses()
        if (old := known.get(clause.id)) and loosened(old, clause) and _differs_by_hand(old, clause)
    ]


def _differs_by_hand(before: Clause, after: Clause) -> bool:
    reread = after.text == before.text and after.reading != before.reading
    return reread or (after.correction is not None and after.correction != before.correction)


def looser_changes(before: Policy | None, after: Policy) -> list[str]:
    """Return a line for each clause of a policy that got looser, and for each of its rules that is gone, by label."""
    known = {clause.id: clause for clause in after.clauses()}
    lines = []
    for clause in before.clauses() if before else ():
        now = known.get(clause.id)
        if now is None and clause.stance in STRICTNESS[:-1] and binds_staff(clause):
            lines.append(f"{clause.label}: Before: {VERDICTS[clause.stance]} Now this rule is not there any more.")
        elif now is not None and (how := loosened(clause, now)):
            lines.append(f"{clause.label}: {how}")
    return lines
