"""What a change makes of a rule, in plain words: what it made of the thing before and now, and where that is looser."""

from collections.abc import Sequence

from corpus.alignment import compare
from corpus.clause import STRICTNESS, Clause, Party, Policy, SecondStance, Stance
from corpus.source import fold

_SAID = {
    Stance.FORBIDDEN: "not allowed",
    Stance.DISCOURAGED: "advised against",
    Stance.CONDITIONAL: "allowed only on a condition",
    Stance.ALLOWED: "allowed",
    Stance.REQUIRED: "a must",
    Stance.RECOMMENDED: "advised",
    Stance.INFORMATIONAL: "no rule, only information",
}
# What binds somebody: without it he may do more, or need do less.
_BINDING = (Stance.FORBIDDEN, Stance.DISCOURAGED, Stance.CONDITIONAL, Stance.REQUIRED)
# Beside a stricter stance these say when it does not hold.
_EXCEPTIONS = (Stance.CONDITIONAL, Stance.ALLOWED)


def loosened(before: Clause | None, after: Clause | None) -> str | None:
    """Return the sentences that say how a change of a rule is looser, None where it is not; None is a rule that is not there.

    Looser is: a ban, a condition or a duty that is taken out, that became a weaker one or none, or that no longer binds
    somebody whom it bound; an exception that is new or another; a permission that is new, or for somebody who had none. A rule
    that does not say whom it is for is read as one for staff, and for everybody else.
    """
    if before is None:
        return "Before: no rule. Now: allowed. That is looser." if after and after.stance is Stance.ALLOWED else None
    if after is None:
        return f"Before: {_told(before)}. Now: taken out. That is looser." if _binds(before) else None
    if is_looser(before.stance, after.stance) or _has_looser_second(before, after):
        return f"{told_stances(before, after)} That is looser."
    if _has_other_exception(before, after):
        return f"{told_stances(before, after)} That may be looser."
    if _binds(before) and (released := _released(before, after)):
        return f"Before: {_told(before)}, for {_whom(before)}. Now: no longer for {released}. That is looser."
    if _gives_leave(after) and (added := _added(before, after)):
        return f"Before: {_told(before)}, for {_whom(before)}. Now: for {added} too. That is looser."
    return None


def is_looser(before: Stance, after: Stance) -> bool:
    """Tell whether a stance gives more leave than the one before, or asks less."""
    if after is Stance.ALLOWED:
        return before is not Stance.ALLOWED
    if before in STRICTNESS:
        return after not in STRICTNESS or STRICTNESS.index(after) > STRICTNESS.index(before)
    return before is Stance.REQUIRED and after not in (Stance.REQUIRED, Stance.FORBIDDEN, Stance.DISCOURAGED)


def looser_changes(before: Policy | None, after: Policy) -> list[str]:
    """Return a line for each rule of a policy that got looser or is gone, by its label; a policy that is new has none."""
    changes = compare(before, after) if before else []
    found = ((change.after or change.before, loosened(change.before, change.after)) for change in changes)
    return [f"{clause.label}: {how}" for clause, how in found if clause and how]


def loosened_by_hand(before: Policy | None, draft: Policy, as_read: Policy | None) -> list[str]:
    """Return the labels of clauses that a person, not the document, made looser than what is published.

    `as_read` is what the document of the draft says before anybody changes it, None where that cannot be told: then whatever is
    looser counts.
    """
    if before is None:
        return []
    read = {change.before.id: change for change in compare(before, as_read) if change.before} if as_read else {}
    found: list[str] = []
    for change in compare(before, draft):
        old, new = change.before, change.after
        how = loosened(old, new) if old else None
        if old and how:
            as_found = read.get(old.id)
            if as_found is None or loosened(old, as_found.after) != how or (new and _differs_by_hand(old, new)):
                found.append((new or old).label)
    return found


def told_stances(before: Clause, after: Clause) -> str:
    """Return what a rule made of the thing before and makes of it now: "Before: not allowed. Now: allowed."."""
    return f"Before: {_told(before)}. Now: {_told(after)}."


def _differs_by_hand(before: Clause, after: Clause) -> bool:
    reread = after.text == before.text and after.reading != before.reading
    return reread or (after.correction is not None and after.correction != before.correction)


def _told(clause: Clause) -> str:
    second = clause.second
    return f"{_SAID[clause.stance]}; {_SAID[second.stance]} (“{second.when}”)" if second else _SAID[clause.stance]


def _binds(clause: Clause) -> bool:
    return clause.stance in _BINDING or bool(clause.second and clause.second.stance in _BINDING)


def _exception(clause: Clause) -> SecondStance | None:
    second = clause.second
    return second if second and second.stance in _EXCEPTIONS and is_looser(clause.stance, second.stance) else None


def _has_looser_second(before: Clause, after: Clause) -> bool:
    """Tell whether there is an exception that is new or looser, or a second ban or duty that is gone."""
    old, new = _exception(before), _exception(after)
    # Where nothing was ruled a condition gives no leave yet; but what is allowed then is allowed anew.
    counts = before.stance in _BINDING or (before.stance is not Stance.ALLOWED and bool(new and new.stance is Stance.ALLOWED))
    if counts and new and (old is None or is_looser(old.stance, new.stance)):
        return True
    also = before.second
    if also is None or also is old or also.stance not in _BINDING:
        return False
    now = [after.stance, after.second.stance] if after.second else [after.stance]
    return not any(_says_as_much(also.stance, stance) for stance in now)


def _says_as_much(old: Stance, new: Stance) -> bool:
    return new is old or (old is not Stance.REQUIRED and not is_looser(old, new))


def _has_other_exception(before: Clause, after: Clause) -> bool:
    old, new = _exception(before), _exception(after)
    return bool(old and new and fold(old.when).lower() != fold(new.when).lower())


def _gives_leave(clause: Clause) -> bool:
    return clause.stance is Stance.ALLOWED or bool(clause.second and clause.second.stance is Stance.ALLOWED)


def _released(before: Clause, after: Clause) -> str:
    """Return whom a rule bound and does not bind any more, in words; empty for nobody."""
    if before.binds:
        return _listed([party for party in before.binds if party not in after.binds])
    return str(Party.STAFF) if after.binds and Party.STAFF not in after.binds else ""


def _added(before: Clause, after: Clause) -> str:
    """Return for whom a rule is that it was not for, in words; empty for nobody."""
    if before.binds and not after.binds:
        return "everybody"
    return _listed([party for party in after.binds if party not in before.binds]) if before.binds else ""


def _whom(clause: Clause) -> str:
    return _listed(clause.binds) if clause.binds else "everybody"


def _listed(parties: Sequence[Party]) -> str:
    *most, last = parties or ("",)
    return f"{', '.join(most)} and {last}" if most else str(last)
