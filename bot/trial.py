"""A trial of a draft: what staff would be told by it, beside what they are told today, and what got lost or looser."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from bot.answer import VERDICTS, Quote, is_unconfirmed_permission
from bot.asking import ask_and_read
from bot.directory import Directory
from bot.records import FEWEST_PEOPLE
from bot.trial_questions import TrialQuestion
from corpus.clause import STRICTNESS, Clause, Stance
from corpus.loosening import is_looser, loosened
from retrieval.decision import Outcome
from retrieval.index import Index
from retrieval.sensitive import NEVER_STORED, sensitivity

# What stands for the matter of a question that is not plainly about any.
OTHER_MATTERS = "Other matters"
NOTHING_SETTLES = "no rule settles it"
# What takes something from staff, or ties it to a condition.
_RESTRICTING = STRICTNESS[:-1]


class Difference(StrEnum):
    """What became of an answer, the gravest first."""

    LOST = "lost"
    LOOSER = "looser"
    STRICTER = "stricter"
    OTHER_CLAUSE = "another rule"
    REWORDED = "reworded"
    NEW = "new"
    SAME = "the same"

    @property
    def is_other_answer(self) -> bool:
        """Whether somebody who asks gets another answer, not only other words."""
        return self not in (Difference.SAME, Difference.REWORDED)


_GRAVITY = {difference: at for at, difference in enumerate(Difference)}
GRAVE = (Difference.LOST, Difference.LOOSER)


class Rule(Struct, frozen=True):
    """A clause as an answer shows it, with the stance that the answer gives it."""

    policy: str
    slug: str
    lead_in: str | None
    stance: Stance
    clause: Clause

    @property
    def words(self) -> tuple[str | None, str]:
        """Its lead-in and its own words."""
        return self.lead_in, self.clause.words

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same rule, whatever its words."""
        return self.slug, self.clause.id

    @property
    def is_main_case(self) -> bool:
        """Whether its stance is the clause's own, and not that of its exception."""
        return self.stance is self.clause.stance


class Told(Struct, frozen=True):
    """What staff are told: the governing rule, or those to choose from. `is_stated` where a headline gives the stance.

    `matter` is what the question is read as; `is_secret` one that nobody at school is to know was asked. `conflict` says which
    two rules differ on it, None where none do.
    """

    outcome: Outcome
    rules: tuple[Rule, ...]
    is_stated: bool
    matter: str
    is_secret: bool
    conflict: str | None = None

    @property
    def settles(self) -> str:
        """The stance of the one rule that settles the question, else the outcome."""
        return self.rules[0].stance if self.outcome is Outcome.ANSWERED else self.outcome

    @property
    def sentence(self) -> str:
        """What they are told, in words."""
        named = "; ".join(f"{policy}, {', '.join(labels)}" for policy, labels in self._labels().items())
        if self.outcome is Outcome.ANSWERED:
            verdict = VERDICTS[self.rules[0].stance] if self.is_stated else "the nearest rule, without a verdict."
            return f"{verdict.rstrip('.')} ({named})"
        if self.outcome is Outcome.CHOOSE:
            return f"rules to choose from ({named})"
        return {Outcome.NOT_COVERED: NOTHING_SETTLES, Outcome.URGENT: "the urgent route"}.get(self.outcome, "a greeting")

    def _labels(self) -> dict[str, list[str]]:
        """Return the labels of the rules, by the title of their policy."""
        labels: dict[str, list[str]] = {}
        for rule in self.rules:
            labels.setdefault(rule.policy, []).append(rule.clause.label)
        return labels


class Tried(Struct, frozen=True):
    """A question answered from today's policies and by the draft."""

    question: TrialQuestion
    today: Told
    draft: Told
    difference: Difference
    reason: str | None

    @property
    def sentence(self) -> str:
        """What changes, in words."""
        changes = f"Today: {self.today.sentence}. With this draft: {self.draft.sentence}."
        return f"{changes} {self.reason}" if self.reason else changes


class Group(Struct, frozen=True):
    """The questions of one matter, those that got lost or looser first; `digest` names exactly what these were and are."""

    matter: str
    tried: tuple[Tried, ...]
    digest: str

    @property
    def grave(self) -> tuple[Tried, ...]:
        """Those that got lost or looser: somebody must look at them."""
        return tuple(one for one in self.tried if one.difference in GRAVE)


class Trial(Struct, frozen=True):
    """What a draft changes for staff, matter by matter, the gravest first; `failing` has a sentence for each must that fails."""

    groups: tuple[Group, ...]
    failing: tuple[str, ...]


class Lately(Struct, frozen=True):
    """How many questions that staff really asked would be answered otherwise: numbers only, and none of fewer than three people.

    `matters` are by name, the most asked first.
    """

    questions: int
    matters: tuple[tuple[str, int], ...]


def try_out(questions: Sequence[TrialQuestion], today: Index, draft: Index, directory: Directory, day: date) -> Trial:
    """Return what becomes of questions when a draft takes the place of what is published.

    `today` is the school's index, `draft` the one that it would have; they are asked as staff ask, by `bot.asking`.
    """
    tried = [_try(question, today, draft, directory, day) for question in questions]
    by_matter: dict[str, list[Tried]] = defaultdict(list)
    for one in sorted(tried, key=_gravity):
        by_matter[one.draft.matter].append(one)
    groups = tuple(Group(matter, tuple(found), _digest(found)) for matter, found in by_matter.items())
    return Trial(groups, tuple(filter(None, map(_failing, tried))))


def lately_changed(asked: Iterable[tuple[str, str]], today: Index, draft: Index, directory: Directory, day: date) -> Lately:
    """Return what becomes of questions that staff asked, each with what stands for its asker; their words are in no result."""
    askers_of: dict[str, list[str]] = defaultdict(list)
    for asker, text in asked:
        askers_of[text].append(asker)
    counted: dict[str, list[str]] = defaultdict(list)
    for text, askers in askers_of.items():
        before, after = told(text, today, directory, day), told(text, draft, directory, day)
        if not before.is_secret and _compared(before, after)[0].is_other_answer:
            counted[after.matter] += askers
    if len({asker for askers in counted.values() for asker in askers}) < FEWEST_PEOPLE:
        return Lately(0, ())
    shown = {matter: len(askers) for matter, askers in counted.items() if len(set(askers)) >= FEWEST_PEOPLE}
    return Lately(sum(map(len, counted.values())), tuple(sorted(shown.items(), key=lambda item: -item[1])))


def told(question: str, index: Index, directory: Directory, day: date) -> Told:
    """Return what staff are told who ask this, answered as every question of theirs is."""
    answer, reading = ask_and_read(question, index, directory, day, ())
    rules = tuple(_rule(quote, index) for quote in answer.offered)
    is_stated = False
    if answer.outcome is Outcome.ANSWERED and answer.stance is not None:
        quote = answer.quotes[0]
        rules = (replace(_rule(quote, index), stance=answer.stance),)
        is_stated = not is_unconfirmed_permission(answer.stance, index.clause(quote.slug, quote.citation.clause_id))
    return Told(
        outcome=answer.outcome,
        rules=rules,
        is_stated=is_stated,
        matter=reading.matter.name if reading.matter.is_plain else OTHER_MATTERS,
        is_secret=answer.outcome is Outcome.URGENT or sensitivity(reading) in NEVER_STORED,
        conflict=answer.conflict.which if answer.conflict else None,
    )


def _rule(quote: Quote, index: Index) -> Rule:
    indexed = index.clause(quote.slug, quote.citation.clause_id)
    return Rule(indexed.policy.title, quote.slug, indexed.lead_in, indexed.clause.stance, indexed.clause)


def _try(question: TrialQuestion, today: Index, draft: Index, directory: Directory, day: date) -> Tried:
    before, after = (told(question.question, index, directory, day) for index in (today, draft))
    return Tried(question, before, after, *_compared(before, after))


def _compared(before: Told, after: Told) -> tuple[Difference, str | None]:
    """Return what became of an answer, and where it got looser in which way."""
    if before.outcome is Outcome.URGENT or after.outcome is Outcome.URGENT:
        # The route does not come from the policies, but how words are mended does, and so whether it is found.
        return _only_one(before.outcome is Outcome.URGENT, after.outcome is Outcome.URGENT), None
    if not before.rules or not after.rules:
        return _only_one(bool(before.rules), bool(after.rules)), None
    chosen_before, chosen_after = before.outcome is Outcome.CHOOSE, after.outcome is Outcome.CHOOSE
    if chosen_after and (not chosen_before or _is_gone(before.rules[0], after.rules)):
        return Difference.LOST, None
    if looser := _looser(before, after):
        return Difference.LOOSER, looser
    if chosen_before and not chosen_after:
        return Difference.NEW, None
    if _looser(after, before):
        return Difference.STRICTER, None
    # Of rules to choose from the order says little.
    shown, now_shown = ({rule.key: rule.words for rule in told.rules} for told in (before, after))
    if shown.keys() != now_shown.keys():
        return Difference.OTHER_CLAUSE, None
    return (Difference.SAME if shown == now_shown else Difference.REWORDED), None


def _only_one(before: bool, after: bool) -> Difference:
    if before == after:
        return Difference.SAME
    return Difference.LOST if before else Difference.NEW


def _is_gone(rule: Rule, rules: Sequence[Rule]) -> bool:
    """Tell whether a rule that restricts staff is not among others any more."""
    return rule.stance in _RESTRICTING and all(rule.key != other.key for other in rules)


def _looser(before: Told, after: Told) -> str | None:
    """Return how what staff are told got looser, in words, None where it did not.

    It did where the strictest of the rules did, or any of them that is still shown.
    """
    one, other = _strictest(before.rules), _strictest(after.rules)
    if is_looser(one.stance, other.stance):
        return f"Before: {VERDICTS[one.stance]} Now: {VERDICTS[other.stance]} That is looser."
    if one.stance is other.stance and after.is_stated and before.outcome is Outcome.ANSWERED and not before.is_stated:
        return f"Before, the reply showed the rule and gave no verdict. Now it says: {VERDICTS[other.stance]}"
    if before.outcome is after.outcome is Outcome.ANSWERED:
        return loosened(one.clause, other.clause) if one.is_main_case and other.is_main_case else None
    known = {rule.key: rule.clause for rule in before.rules}
    for rule in after.rules:
        if rule.key in known and (how := loosened(known[rule.key], rule.clause)):
            return f"{rule.clause.label}: {how}"
    return None


def _strictest(rules: Sequence[Rule]) -> Rule:
    return min(rules, key=lambda rule: STRICTNESS.index(rule.stance) if rule.stance in STRICTNESS else len(STRICTNESS))


def _failing(tried: Tried) -> str | None:
    """Return the sentence of a must that the draft does not keep, None where it does."""
    question = tried.question
    if not question.must or question.expected is None:
        return None
    if tried.draft.settles == question.expected:
        return None
    wanted = NOTHING_SETTLES if question.expected == Outcome.NOT_COVERED else VERDICTS[Stance(question.expected)]
    return f"“{question.question}” must be told: {wanted.rstrip('.')}. With this draft it is told: {tried.draft.sentence}."


def _gravity(tried: Tried) -> tuple[int, bool]:
    return _GRAVITY[tried.difference], not tried.question.must


def _digest(found: Sequence[Tried]) -> str:
    """Return what names exactly the lost and looser answers of a group, with the words of their rules."""
    hashed = sha256()
    for one in sorted((one for one in found if one.difference in GRAVE), key=lambda one: one.question.id):
        shown = (one.question.question, one.sentence, *(rule.words for told in (one.today, one.draft) for rule in told.rules))
        hashed.update(repr(shown).encode())
    return hashed.hexdigest()
