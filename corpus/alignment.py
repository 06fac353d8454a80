"""A new version's clauses against those of the version before: the same rule keeps its id, a new one gets a new one."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from msgspec.structs import replace

from corpus.clause import Clause, Policy, Section, Stance
from corpus.errors import EditError
from corpus.labels import slug
from corpus.source import fold

# Two clauses are likely the same rule from here on (share of common characters, difflib's ratio), given the same label.
LIKELY_SAME_LABEL = 0.6
# The same, for a clause that has moved to another label; between the two a person decides.
LIKELY_MOVED = 0.85
DOUBTFUL = 0.6
# So much is compared letter by letter (characters of one clause times those of the other, of all pairs together): seconds' work.
# The most alike come first: what is left over, where a file holds the same again and again, is the least alike.
MOST_COMPARED = 30_000_000


class Change(StrEnum):
    """What became of a clause."""

    UNCHANGED = "unchanged"
    REWORDED = "reworded"
    MOVED = "moved"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """One clause before and after; None where it is added or removed. `doubtful` asks a person whether they are the same."""

    change: Change
    before: Clause | None
    after: Clause | None
    doubtful: bool = False

    @property
    def stances(self) -> tuple[Stance, Stance] | None:
        """The stance before and after, where it changed."""
        if self.before and self.after and self.before.stance is not self.after.stance:
            return self.before.stance, self.after.stance
        return None


def align(draft: Policy, before: Policy | None, used: Collection[str]) -> Policy:
    """Return the draft with the ids of the version before where the clause is the same, and with ids never `used` elsewhere.

    Text decides first, then label and likeness. Confirmations and corrections are carried over where the words are unchanged,
    but nothing is carried into a trust's policy or out of one: what was made of its clauses is laid down with it.
    """
    matches = {after.id: old for old, after, _ in _matches(before, draft)} if before else {}
    taken = {*used, *(old.id for old in matches.values()), *draft.lead_ins()}
    ids: dict[str, str] = {}
    for clause in draft.clauses():
        if clause.id in matches:
            ids[clause.id] = matches[clause.id].id
        else:
            ids[clause.id] = _fresh(clause.label, taken)
            taken.add(ids[clause.id])
    renamed = replace(draft, sections=tuple(_renamed(section, ids) for section in draft.sections))
    return carry_corrections(renamed, before) if before and not (before.trust or draft.trust) else renamed


def compare(before: Policy, after: Policy) -> list[ClauseChange]:
    """Return what became of each clause, in the order of the new version, what is removed at the end."""
    matches = {new.id: (old, doubtful) for old, new, doubtful in _matches(before, after)}
    changes: list[ClauseChange] = []
    for clause in after.clauses():
        if clause.id not in matches:
            changes.append(ClauseChange(Change.ADDED, None, clause))
            continue
        old, doubtful = matches[clause.id]
        if _words(before, old) != _words(after, clause):
            change = Change.REWORDED
        elif old.label != clause.label:
            change = Change.MOVED
        else:
            change = Change.UNCHANGED
        changes.append(ClauseChange(change, old, clause, doubtful))
    kept = {old.id for old, _ in matches.values()}
    changes += [ClauseChange(Change.REMOVED, clause, None) for clause in before.clauses() if clause.id not in kept]
    return changes


def carry_corrections(new: Policy, old: Policy) -> Policy:
    """Return `new` with what people confirmed and corrected in `old`, for each clause whose text and lead-in are unchanged."""
    by_id = {clause.id: clause for clause in old.clauses()}
    by_words = {_words(old, clause): clause for clause in old.clauses() if clause.confirmed or clause.correction}

    def carried(clause: Clause) -> Clause:
        if clause.correction or clause.confirmed:
            return clause  # somebody has decided since
        words = _words(new, clause)
        # The clause's own first: a policy may say the same thing twice, and mean it for others the second time.
        before = by_id.get(clause.id)
        if before is None or _words(old, before) != words:
            before = by_words.get(words)
        if before is None or not (before.correction or before.confirmed):
            return clause
        corrected = clause.corrected(before.correction) if before.correction else clause
        return replace(corrected, confirmed=before.confirmed)

    return new.with_clauses(carried)


def decide(draft: Policy, clause_id: str, old_id: str, *, same: bool) -> Policy:
    """Return the draft with a person's decision whether its clause `clause_id` is the rule that was `old_id` before.

    The decision stays with the clause, and `align` and `compare` follow it: the same rule gets the old id, another one a new
    id. Raises EditError where the clause is not in the draft.
    """
    if clause_id not in {clause.id for clause in draft.clauses()}:
        raise EditError("This part of the draft has changed meanwhile: look at the draft again.")

    def decided(clause: Clause) -> Clause:
        others = tuple(one for one in clause.not_same_as if one != old_id)
        if clause.id != clause_id:
            # An old rule is one of the new ones at most.
            return replace(clause, same_as=None) if same and clause.same_as == old_id else clause
        if same:
            return replace(clause, same_as=old_id, not_same_as=others)
        return replace(clause, same_as=None if clause.same_as == old_id else clause.same_as, not_same_as=(*others, old_id))

    return draft.with_clauses(decided)


def _matches(before: Policy, after: Policy) -> Iterator[tuple[Clause, Clause, bool]]:
    """Yield (old clause, new clause, whether a person should look), each clause at most once."""
    old, new = {one.id: one for one in before.clauses()}, {clause.id: clause for clause in after.clauses()}
    pairs: list[tuple[Clause, Clause, bool]] = []

    def take(one: Clause, other: Clause, *, doubtful: bool = False) -> None:
        del old[one.id], new[other.id]
        pairs.append((one, other, doubtful))

    for clause in list(new.values()):
        if clause.same_as in old:
            take(old[clause.same_as], clause)
    # The same words: at the same label first, since a policy may say a thing twice.
    for same_label in (True, False):
        by_words: dict[tuple[str, str], list[Clause]] = {}
        for clause in old.values():
            by_words.setdefault(_words(before, clause), []).append(clause)
        for clause in list(new.values()):
            candidates = [
                one
                for one in by_words.get(_words(after, clause), [])
                if (not same_label or one.label == clause.label) and one.id not in clause.not_same_as
            ]
            if candidates:
                by_words[_words(after, clause)].remove(candidates[0])
                take(candidates[0], clause)
    by_label = {clause.label: clause for clause in old.values()}
    likeness = _likenesses(list(old.values()), list(new.values()))
    for clause in list(new.values()):
        one = by_label.get(clause.label)
        if one and one.id in old and likeness.get((one.id, clause.id), 0) >= LIKELY_SAME_LABEL:
            take(one, clause)
    for (old_id, new_id), alike in sorted(likeness.items(), key=lambda item: item[1], reverse=True):
        if old_id in old and new_id in new:
            take(old[old_id], new[new_id], doubtful=alike < LIKELY_MOVED)
    yield from pairs


def _likenesses(old: Sequence[Clause], new: Sequence[Clause]) -> dict[tuple[str, str], float]:
    """Return the likeness of each pair, by their ids, that may be the same rule: those that are DOUBTFUL or better."""
    from rapidfuzz import process  # tens of milliseconds, which a question in the terminal does not need
    from rapidfuzz.distance import Indel

    before, after = ([fold(clause.words).lower() for clause in clauses] for clauses in (old, new))
    # The longest common subsequence is never shorter than the blocks that difflib finds, and quick to find: it rules most out.
    likely = process.cdist(after, before, scorer=Indel.normalized_similarity, score_cutoff=DOUBTFUL - 0.001)
    found: dict[tuple[str, str], float] = {}
    pairs = likely.nonzero()
    most_alike_first = (-likely[pairs]).argsort(kind="stable")
    compared = 0
    for here, at in zip(pairs[0][most_alike_first], pairs[1][most_alike_first], strict=True):
        compared += len(before[at]) * len(after[here])
        if compared > MOST_COMPARED:
            break
        if old[at].id not in new[here].not_same_as:
            matcher = SequenceMatcher(None, before[at], after[here], autojunk=False)
            if matcher.quick_ratio() >= DOUBTFUL and (ratio := matcher.ratio()) >= DOUBTFUL:
                found[old[at].id, new[here].id] = ratio
    return found


def _words(policy: Policy, clause: Clause) -> tuple[str, str]:
    return fold(clause.words), fold(policy.lead_in_words(clause.lead_in) or "")


def _fresh(label: str, taken: Collection[str]) -> str:
    wanted = slug(label)
    number = 2
    identifier = wanted
    while identifier in taken:
        identifier = f"{wanted}-{number}"
        number += 1
    return identifier


def _renamed(section: Section, ids: dict[str, str]) -> Section:
    elements = tuple(
        replace(element, id=ids[element.id])
        if isinstance(element, Clause)
        else replace(element, clause_id=ids.get(element.clause_id or ""))
        for element in section.elements
    )
    return replace(section, elements=elements)
