"""What a change makes of a rule, in plain words: what it made of the thing before and now, and where that is looser."""

from collections.abc import Sequence

from corpus.alignment import ClauseChange
from corpus.clause import STRICTNESS, Clause, Party, SecondStance, Stance
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


def loosened(change: ClauseChange) -> str | None:
    """Return the sentences that say how a change is looser, None where it is not.

    Looser is: a ban, a condition or a duty that is taken out, that became a weaker one or none, or that no longer binds
    somebody whom it bound; an exception that is new or another; a permission that is new.
    """
    before, after = change.before, change.after
    if before is None:
        return "Before: no rule. Now: allowed. That is looser." if after and after.stance is Stance.ALLOWED else None
    if after is None:
        return f"Before: {_told(before)}. Now: taken out. That is looser." if _binds(before) else None
    if _is_looser(before.stance, after.stance) or _has_looser_second(before, after):
        return f"{told_stances(before, after)} That is looser."
    if _has_other_exception(before, after):
        return f"{told_stances(before, after)} That may be looser."
    if _binds(before) and (released := [party for party in before.binds if party not in after.binds]):
        return f"Before: {_told(before)}, for {_listed(before.binds)}. Now: no longer for {_listed(released)}. That is looser."
    return None


def told_stances(before: Clause, after: Clause) -> str:
    """Return what a rule made of the thing before and makes of it now: "Before: not allowed. Now: allowed."."""
    return f"Before: {_told(before)}. Now: {_told(after)}."


def _told(clause: Clause) -> str:
    second = clause.second
    return f"{_SAID[clause.stance]}; {_SAID[second.stance]} (“{second.when}”)" if second else _SAID[clause.stance]


def _binds(clause: Clause) -> bool:
    return clause.stance in _BINDING or bool(clause.second and clause.second.stance in _BINDING)


def _is_looser(before: Stance, after: Stance) -> bool:
    if after is Stance.ALLOWED:
        return before is not Stance.ALLOWED
    if before in STRICTNESS:
        return after not in STRICTNESS or STRICTNESS.index(after) > STRICTNESS.index(before)
    return before is Stance.REQUIRED and after not in (Stance.REQUIRED, Stance.FORBIDDEN, Stance.DISCOURAGED)


def _exception(clause: Clause) -> SecondStance | None:
    second = clause.second
    return second if second and second.stance in _EXCEPTIONS and _is_looser(clause.stance, second.stance) else None


def _has_looser_second(before: Clause, after: Clause) -> bool:
    """Tell whether there is an exception that is new or looser, or a second ban or duty that is gone."""
    old, new = _exception(before), _exception(after)
    if new and (old is None or _is_looser(old.stance, new.stance)):
        return before.stance in _BINDING
    also = before.second
    if also is None or also is old or also.stance not in _BINDING:
        return False
    now = [after.stance, after.second.stance] if after.second else [after.stance]
    return not any(_says_as_much(also.stance, stance) for stance in now)


def _says_as_much(old: Stance, new: Stance) -> bool:
    return new is old or (old is not Stance.REQUIRED and not _is_looser(old, new))


def _has_other_exception(before: Clause, after: Clause) -> bool:
    old, new = _exception(before), _exception(after)
    return bool(old and new and fold(old.when).lower() != fold(new.when).lower())


def _listed(parties: Sequence[Party]) -> str:
    *most, last = parties
    return f"{', '.join(most)} and {last}" if most else str(last)
