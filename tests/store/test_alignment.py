"""Clause ids over the versions of a policy: who keeps one, who gets a new one, and what a person's corrections follow."""

from collections.abc import Sequence
from datetime import date
from difflib import SequenceMatcher

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.alignment import Change, ClauseChange, align, compare, decide
from corpus.clause import Clause, Correction, LeadIn, Policy, Section, Stance
from corpus.errors import EditError

F, D, C, A = Stance.FORBIDDEN, Stance.DISCOURAGED, Stance.CONDITIONAL, Stance.ALLOWED

PHONES = "Staff must not use their own phones while pupils are in the room."
PHONES_REWORDED = "Staff must not use their own mobile phones while pupils are in the room."
PHONES_HALF = "Staff must keep their own phones in a locker and not use them while pupils are about."
GIFTS = "Gifts worth more than ten pounds are declared to the school office."
DOGS = "No dog comes on the field, at any time of the day."


def written(*rules: tuple[str, str] | tuple[str, str, str]) -> Policy:
    """Return a policy of (label, words) or (label, words, lead-in); as a new draft has them, its ids are its labels."""
    elements: list[Clause | LeadIn] = []
    for label, words, *lead_in in rules:
        name = f"lead-in-{label}" if lead_in else None
        elements += [LeadIn(f"lead-in-{label}", "", words, ()) for words in lead_in]
        elements.append(Clause(label, label, "", words, (), F, lead_in=name))
    return Policy("hillside", "phones", "Phones", (Section("", "", 1, "", (), tuple(elements)),))


def ids(policy: Policy) -> dict[str, str]:
    return {clause.words: clause.id for clause in policy.clauses()}


def confirmed(policy: Policy, label: str, stance: Stance) -> Policy:
    """Return the policy with a person's correction of one clause."""
    correction = Correction("head", date(2026, 11, 21), "read it", stance=stance)
    return policy.with_clauses(lambda clause: clause.corrected(correction) if clause.label == label else clause)


def stances(policy: Policy) -> dict[str, tuple[Stance, bool]]:
    return {clause.label: (clause.stance, clause.confirmed) for clause in policy.clauses()}


def test_a_first_version_has_ids_made_of_its_labels() -> None:
    first = align(written(("1.1", PHONES), ("Gifts (a)", GIFTS)), None, ())
    assert [clause.id for clause in first.clauses()] == ["1.1", "gifts-a"]


def test_the_same_words_keep_their_id_wherever_they_stand() -> None:
    before = written(("1.1", PHONES), ("1.2", GIFTS))
    after = align(written(("1.1", DOGS), ("1.2", PHONES), ("1.3", GIFTS)), before, ("1.1", "1.2"))
    assert ids(after) == {PHONES: "1.1", GIFTS: "1.2", DOGS: "1.1-2"}


def test_white_space_does_not_make_other_words() -> None:
    after = align(written(("1.2", PHONES.replace(" ", "\n "))), written(("1.1", PHONES)), ("1.1",))
    assert [clause.id for clause in after.clauses()] == ["1.1"]


def test_a_rule_said_twice_keeps_each_id_at_its_own_label() -> None:
    before = written(("1.1", PHONES), ("4.4", PHONES))
    after = align(written(("4.4", PHONES), ("1.1", PHONES)), before, ("1.1", "4.4"))
    assert [(clause.label, clause.id) for clause in after.clauses()] == [("4.4", "4.4"), ("1.1", "1.1")]


def test_the_same_words_under_another_lead_in_are_found_by_label_and_likeness() -> None:
    before = written(("1(a)", "use a phone in class", "Staff must not:"))
    after = align(written(("1(a)", "use a phone in class", "Staff may:")), before, ("1(a)",))
    assert [clause.id for clause in after.clauses()] == ["1(a)"]


def test_a_reworded_clause_keeps_its_id_at_its_label() -> None:
    after = align(written(("1.1", PHONES_REWORDED)), written(("1.1", PHONES)), ("1.1",))
    assert ids(after) == {PHONES_REWORDED: "1.1"}


def test_a_clause_reworded_a_little_and_moved_keeps_its_id() -> None:
    before = written(("1.1", PHONES), ("1.2", GIFTS))
    after = align(written(("1.1", DOGS), ("7.3", PHONES_REWORDED)), before, ("1.1", "1.2"))
    assert ids(after)[PHONES_REWORDED] == "1.1"


def test_another_rule_at_an_old_label_gets_a_new_id() -> None:
    after = align(written(("1.1", DOGS)), written(("1.1", PHONES)), ("1.1",))
    assert ids(after) == {DOGS: "1.1-2"}


def test_an_id_is_not_given_again_after_its_clause_was_removed_nor_when_the_words_come_back() -> None:
    used = {"1.1", "1.2"}
    without = align(written(("1.2", GIFTS)), written(("1.1", PHONES), ("1.2", GIFTS)), used)
    again = align(written(("1.1", PHONES), ("1.2", GIFTS)), without, used)
    assert ids(again) == {PHONES: "1.1-2", GIFTS: "1.2"}
    thrice = align(written(("1.1", DOGS), ("1.2", GIFTS)), without, used | {"1.1-2"})
    assert ids(thrice)[DOGS] == "1.1-3"


@given(st.lists(st.lists(st.sampled_from([PHONES, PHONES_REWORDED, PHONES_HALF, GIFTS, DOGS]), max_size=5), max_size=6))
def test_over_any_history_ids_are_one_a_clause_and_never_come_back(history: Sequence[Sequence[str]]) -> None:
    before: Policy | None = None
    used: set[str] = set()
    for rules in history:
        draft = written(*((f"1.{number}", words) for number, words in enumerate(rules, 1)))
        after = align(draft, before, used)
        given = [clause.id for clause in after.clauses()]
        kept = {clause.id for clause in before.clauses()} if before else set()
        assert len(set(given)) == len(given) == len(rules)
        assert not (set(given) - kept) & used
        before, used = after, used | set(given)


def test_a_lead_in_that_is_also_a_clause_follows_that_clauses_id() -> None:
    def drafted() -> Policy:
        rule = Clause("1.1", "1.1", "", PHONES, (), F)
        lead_in = LeadIn("lead-in-1.1", "", PHONES, (), clause_id="1.1")
        return Policy("hillside", "phones", "Phones", (Section("", "", 1, "", (), (rule, lead_in)),))

    (lead_in,) = align(drafted(), None, ("1.1",)).lead_ins().values()
    assert lead_in.clause_id == "1.1-2"


def test_each_kind_of_change_is_told_in_the_new_order_with_what_is_removed_at_the_end() -> None:
    before = written(("1.1", PHONES), ("1.2", GIFTS), ("1.3", DOGS), ("1.4", "Visitors sign in at the office."))
    after = written(("1.1", PHONES_REWORDED), ("1.2", "Coffee is drunk in the staff room only."), ("1.3", DOGS), ("1.5", GIFTS))
    told = [(change.change, change.doubtful) for change in compare(before, after)]
    assert told == [
        (Change.REWORDED, False),
        (Change.ADDED, False),
        (Change.UNCHANGED, False),
        (Change.MOVED, False),
        (Change.REMOVED, False),
    ]


def test_a_clause_moved_and_half_reworded_is_a_doubtful_match() -> None:
    (change,) = compare(written(("1.1", PHONES)), written(("5.2", PHONES_HALF)))
    assert (change.change, change.doubtful) == (Change.REWORDED, True)


def test_a_clause_that_is_nothing_alike_is_no_match() -> None:
    changes = compare(written(("1.1", PHONES)), written(("5.2", DOGS)))
    assert [change.change for change in changes] == [Change.ADDED, Change.REMOVED]


@pytest.mark.parametrize(
    ("now", "carried"),
    [
        (("1(a)", "use a phone in class", "Staff must not:"), True),
        (("9(c)", "use a phone in class", "Staff must not:"), True),
        (("1(a)", "use a  phone\nin class", "Staff must not:"), True),
        (("1(a)", "use any phone in class", "Staff must not:"), False),
        (("1(a)", "use a phone in class", "Staff should not:"), False),
        (("1(a)", "use a phone in class"), False),
    ],
)
def test_a_correction_is_carried_over_only_where_words_and_lead_in_are_unchanged(now: tuple[str, ...], carried: bool) -> None:
    before = confirmed(written(("1(a)", "use a phone in class", "Staff must not:")), "1(a)", C)
    (clause,) = align(written(now), before, ("1(a)",)).clauses()  # type: ignore[arg-type]
    assert (clause.stance, clause.confirmed, clause.correction is not None) == ((C, True, True) if carried else (F, False, False))


def test_a_correction_of_one_of_two_clauses_of_the_same_words_stays_with_that_one() -> None:
    for corrected in ("1.1", "4.4"):
        before = confirmed(written(("1.1", PHONES), ("4.4", PHONES)), corrected, A)
        after = align(written(("1.1", PHONES), ("4.4", PHONES)), before, ("1.1", "4.4"))
        assert stances(after) == stances(before)


def test_two_corrections_of_the_same_words_stay_apart() -> None:
    before = confirmed(confirmed(written(("1.1", PHONES), ("4.4", PHONES)), "1.1", A), "4.4", D)
    after = align(written(("1.1", PHONES), ("4.4", PHONES)), before, ("1.1", "4.4"))
    assert stances(after) == {"1.1": (A, True), "4.4": (D, True)}


def test_what_somebody_corrected_in_the_draft_itself_stands_over_what_was_corrected_before() -> None:
    before = confirmed(written(("1.1", PHONES), ("1.2", GIFTS)), "1.1", A)
    draft = confirmed(confirmed(written(("1.1", PHONES), ("1.2", GIFTS)), "1.1", C), "1.2", D)
    assert stances(align(draft, before, ("1.1", "1.2"))) == {"1.1": (C, True), "1.2": (D, True)}


def test_what_a_person_says_is_the_same_rule_keeps_the_id_and_what_she_says_is_another_gets_a_new_one() -> None:
    before, used = written(("1.1", PHONES), ("1.2", GIFTS)), {"1.1", "1.2"}
    draft = align(written(("5.2", PHONES_HALF), ("5.3", DOGS)), before, used)
    another = align(decide(draft, "1.1", "1.1", same=False), before, used)
    assert ids(another) == {PHONES_HALF: "5.2", DOGS: "5.3"}
    assert [(change.change, change.doubtful) for change in compare(before, another)] == [
        (Change.ADDED, False),
        (Change.ADDED, False),
        (Change.REMOVED, False),
        (Change.REMOVED, False),
    ]
    back = align(decide(decide(another, "5.2", "1.1", same=True), "5.3", "1.2", same=True), before, used)
    assert ids(back) == {PHONES_HALF: "1.1", DOGS: "1.2"}
    assert [(change.change, change.doubtful) for change in compare(before, back)] == [(Change.REWORDED, False)] * 2
    assert ids(align(back, back, used)) == ids(back)


def test_an_old_rule_is_one_new_rule_at_most_and_a_decision_outweighs_the_same_words() -> None:
    before = written(("1.1", PHONES))
    draft = decide(written(("1.1", PHONES), ("1.2", DOGS)), "1.2", "1.1", same=True)
    assert ids(align(draft, before, {"1.1"})) == {PHONES: "1.1-2", DOGS: "1.1"}
    draft = decide(draft, "1.1", "1.1", same=True)
    assert ids(align(draft, before, {"1.1"})) == {PHONES: "1.1", DOGS: "1.2"}
    assert ids(align(decide(before, "1.1", "1.1", same=False), before, {"1.1"})) == {PHONES: "1.1-2"}


def test_a_decision_on_what_is_not_in_the_draft_is_refused() -> None:
    with pytest.raises(EditError, match=r"changed meanwhile.*\.$"):
        decide(written(("1.1", PHONES)), "9.9", "1.1", same=True)


SOME_WORDS = st.lists(st.sampled_from(["staff", "must", "not", "run", "pupils", "sing", "at", "break"]), min_size=1, max_size=9)


@given(SOME_WORDS.map(" ".join), SOME_WORDS.map(" ".join))
def test_two_clauses_may_be_one_rule_from_six_tenths_of_their_letters_on(one: str, other: str) -> None:
    """What rules most pairs out quickly rules out none that are alike enough."""
    alike = SequenceMatcher(None, one, other, autojunk=False).ratio()
    told = {
        (change.change in (Change.REWORDED, Change.MOVED), change.doubtful)
        for change in compare(written(("1", one)), written(("2", other)))
    }
    assert told == {(alike >= 0.6, 0.6 <= alike < 0.85)}


def test_what_is_added_or_removed_has_no_change_of_stance() -> None:
    clause = Clause("1.1", "1.1", "", PHONES, (), F)
    for change in (ClauseChange(Change.ADDED, None, clause), ClauseChange(Change.REMOVED, clause, None)):
        assert change.stances is None
