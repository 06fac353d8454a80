"""What became of a rule between two versions, in plain words; nothing is said that the two clauses do not hold."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from bot.answer import VERDICTS, listed
from corpus.alignment import Change, ClauseChange, compare
from corpus.clause import Clause, Policy, Stance
from corpus.loosening import is_looser
from corpus.source import fold

# So many changed rules are quoted; the others are named.
MOST_QUOTED = 12
SILENCE_ALLOWS_NOTHING = "That does not mean that it is allowed."
NEW_HERE = "This policy is new here."
NO_RULE_CHANGED = "No rule in it has changed."
_VERDICTS = {**VERDICTS, Stance.INFORMATIONAL: "information, no rule."}


class _Kind(StrEnum):
    """What became of a rule, in the order in which it matters to whoever has to follow it."""

    STRICTER = "Stricter than before"
    NEW = "New"
    LOOSER = "Less strict than before"
    CHANGED = "Changed"
    GONE = "Not in the policy any more"


class _Entry(NamedTuple):
    """A rule that is told of: `clause` stands in `policy`, `sentences` say what became of it."""

    kind: _Kind
    policy: Policy
    clause: Clause
    sentences: Sequence[str]


def what_changed(before: Clause, after: Clause) -> list[str]:
    """Return sentences on what a clause makes of its matter otherwise than before; none where it makes the same of it.

    A permission that nobody has confirmed is not stated.
    """
    told = []
    if before.stance is not after.stance:
        was, now = _verdict(before), _verdict(after)
        if now is None:
            told.append("What it allows has changed: read its words, and ask before you rely on them.")
        else:
            told.append(f"Before: {was} Now: {now}" if was else f"Now: {now}")
    if before.second != after.second:
        was_when, now_when = (clause.second.when if clause.second else None for clause in (before, after))
        if was_when == now_when:
            told.append(f"What holds under its exception has changed: “{now_when}”.")
        else:
            told += [f"This exception is gone: “{was_when}”."] if was_when else []
            told += [f"It has a new exception: “{now_when}”."] if now_when else []
    if set(before.binds) != set(after.binds):
        told.append(f"It is for {listed(after.binds)} now." if after.binds else "It does not say any more whom it is for.")
    return told


def words_of(policy: Policy, clause: Clause) -> str:
    """Return a clause word for word, after its lead-in."""
    lead_in = policy.lead_in_words(clause.lead_in)
    return f"{lead_in} {clause.words}" if lead_in else clause.words


def is_reworded(before: tuple[Policy, Clause], after: tuple[Policy, Clause]) -> bool:
    """Tell whether a clause, each time with its policy, has other words than before."""
    return fold(words_of(*before)) != fold(words_of(*after))


def draft_words(before: Policy | None, after: Policy) -> str:
    """Return what staff are told of a new version, a paragraph a rule; `before` is the version before it, None for the first.

    It names labels, headings and stances, and quotes clauses word for word; what matters most comes first.
    """
    if before is None:
        count = sum(1 for _ in after.clauses())
        return f"{NEW_HERE} It has {'one rule' if count == 1 else f'{count} rules'}."
    changes = compare(before, after)
    order = list(_Kind)
    entries = sorted(_entries(changes, before, after), key=lambda entry: order.index(entry.kind))
    told = [_told(entry) for entry in entries[:MOST_QUOTED]]
    for kind, others in groupby(entries[MOST_QUOTED:], key=lambda entry: entry.kind):
        told.append(f"{kind}, without their words here: {', '.join(entry.clause.label for entry in others)}.")
    moved = [
        f"{one.before.label} is {one.after.label}" for one in changes if one.change is Change.MOVED and one.before and one.after
    ]
    told += [f"Only numbers have changed: {', '.join(moved)}."] if moved else []
    return "\n\n".join(told or [NO_RULE_CHANGED])


def _entries(changes: Sequence[ClauseChange], before: Policy, after: Policy) -> Iterator[_Entry]:
    for change in changes:
        old, new = change.before, change.after
        if old and new:
            sentences = what_changed(old, new)
            if sentences or is_reworded((before, old), (after, new)):
                yield _Entry(_compared(old, new), after, new, sentences)
        elif new:
            verdict = _verdict(new)
            yield _Entry(
                _Kind.NEW, after, new, [f"In short: {verdict}"] if verdict and new.stance is not Stance.INFORMATIONAL else []
            )
        elif old:
            yield _Entry(_Kind.GONE, before, old, [SILENCE_ALLOWS_NOTHING])


def _compared(old: Clause, new: Clause) -> _Kind:
    if _verdict(old) is None or _verdict(new) is None:
        return _Kind.CHANGED
    if is_looser(old.stance, new.stance):
        return _Kind.LOOSER
    return _Kind.STRICTER if is_looser(new.stance, old.stance) else _Kind.CHANGED


def _told(entry: _Entry) -> str:
    heading = next(section.title for section in entry.policy.sections if entry.clause in section.elements)
    label = entry.clause.label
    rule = f"{label} ({heading})" if heading and heading not in label else label
    return f"{' '.join([f'{entry.kind}: {rule}.', *entry.sentences])}\n“{words_of(entry.policy, entry.clause)}”"


def _verdict(clause: Clause) -> str | None:
    """Return what a clause makes of its matter, in words; None for a permission that nobody has confirmed."""
    is_permission = clause.stance in (Stance.ALLOWED, Stance.CONDITIONAL)
    return None if is_permission and not clause.confirmed else _VERDICTS[clause.stance]
