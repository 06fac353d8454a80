"""What is said of the rules of a new version: what matters most first, in the policy's own words, and no false permission."""

import re
from datetime import date

import pytest
from msgspec.structs import replace

from bot.rule_changes import MOST_QUOTED, NEW_HERE, NO_RULE_CHANGED, draft_words, what_changed
from corpus.building import build_policy
from corpus.clause import Clause, Correction, Party, Policy, SecondStance, Stance

F, D, C, A = Stance.FORBIDDEN, Stance.DISCOURAGED, Stance.CONDITIONAL, Stance.ALLOWED
R, S, FACT = Stance.REQUIRED, Stance.RECOMMENDED, Stance.INFORMATIONAL
RULES = """1. Phones

1.1 Staff must not use their phones in lessons.

1.2 Staff should keep their phones in a locker.

1.3 Staff must not lend their phones to pupils.

2. Gifts

2.1 Staff must tell the school office of each gift.

2.2 The school office keeps a list of gifts.
"""
CHANGED = (
    RULES.replace("must not use", "should not use")
    .replace("should keep", "must keep")
    .replace("1.3 Staff must not lend their phones to pupils.", "1.3 Visitors leave their bags at the door.")
    .replace("each gift", "each gift and of each invitation")
    .replace("2.2 The", "2.3 The")
    + "\n2.4 Staff may accept flowers.\n\n2.5 Staff must not:\n\n(a) accept cash;\n\n(b) accept vouchers.\n"
)


def policy(rules: str) -> Policy:
    source = f"HILLSIDE PRIMARY SCHOOL\n\nStaff policy\n\nAdopted: May 2024\n\n{rules}"
    return build_policy(source, school="hillside", slug="staff", title=None, source_name="staff")


def clause(stance: Stance, *, confirmed: bool = False, when: str = "", binds: tuple[Party, ...] = ()) -> Clause:
    second = SecondStance(A, when) if when else None
    return Clause("1.1", "1.1", "", "Whatever it says.", (), stance, second=second, binds=binds, confirmed=confirmed)


def test_what_staff_have_to_do_otherwise_comes_first_and_every_rule_is_quoted_whole() -> None:
    assert draft_words(policy(RULES), policy(CHANGED)).split("\n\n") == [
        "Stricter than before: 1.2 (Phones). Before: advice to follow. Now: a rule that must be followed.\n"
        "“Staff must keep their phones in a locker.”",
        "New: 1.3 (Phones).\n“Visitors leave their bags at the door.”",
        "New: 2.4 (Gifts).\n“Staff may accept flowers.”",  # nobody has confirmed that it allows that
        "New: 2.5(a) (Gifts). In short: not allowed.\n“Staff must not: accept cash;”",
        "New: 2.5(b) (Gifts). In short: not allowed.\n“Staff must not: accept vouchers.”",
        "Less strict than before: 1.1 (Phones). Before: not allowed. Now: advised against.\n"
        "“Staff should not use their phones in lessons.”",
        "Changed: 2.1 (Gifts).\n“Staff must tell the school office of each gift and of each invitation.”",
        "Not in the policy any more: 1.3 (Phones). That does not mean that it is allowed.\n"
        "“Staff must not lend their phones to pupils.”",
        "Only numbers have changed: 2.2 is 2.3.",
    ]


def test_a_first_version_and_one_that_changes_no_rule_are_told_in_a_sentence() -> None:
    assert draft_words(None, policy(RULES)) == f"{NEW_HERE} It has 5 rules."
    assert draft_words(policy(RULES), policy(RULES)) == NO_RULE_CHANGED


def test_of_many_changes_the_last_are_named_without_their_words() -> None:
    more = "".join(f"\n3.{number} Staff must not bring toy number {number} of theirs.\n" for number in range(1, 16))
    told = draft_words(policy(RULES), policy(f"{RULES}\n3. Toys\n{more}")).split("\n\n")
    assert len([one for one in told if "“" in one]) == MOST_QUOTED
    assert told[-1] == "New, without their words here: 3.13, 3.14, 3.15."


def test_no_words_stand_in_quotation_marks_that_no_version_has() -> None:
    before, after = policy(RULES), policy(CHANGED)
    known = {
        f"{of.lead_in_words(one.lead_in)} {one.words}" if one.lead_in else one.words
        for of in (before, after)
        for one in of.clauses()
    }
    assert set(re.findall("“(.*)”", draft_words(before, after))) <= known


NOT_SURE = "What it allows has changed: read its words, and ask before you rely on them."


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (clause(F), clause(F), []),
        (clause(F), clause(D), ["Before: not allowed. Now: advised against."]),
        (clause(F), clause(A), [NOT_SURE]),
        (clause(F), clause(C), [NOT_SURE]),
        (clause(F), clause(A, confirmed=True), ["Before: not allowed. Now: allowed."]),
        (clause(A), clause(F), ["Now: not allowed."]),
        (clause(FACT), clause(R), ["Before: information, no rule. Now: a rule that must be followed."]),
        (clause(F), clause(F, when="with leave"), ["It has a new exception: “with leave”."]),
        (clause(F, when="with leave"), clause(F), ["This exception is gone: “with leave”."]),
        (
            clause(F, when="with leave"),
            clause(F, when="at lunch"),
            ["This exception is gone: “with leave”.", "It has a new exception: “at lunch”."],
        ),
        (
            clause(F, when="with leave"),
            replace(clause(F), second=SecondStance(R, "with leave")),
            ["What holds under its exception has changed: “with leave”."],
        ),
        (
            clause(F, binds=(Party.PUPILS,)),
            clause(F, binds=(Party.STAFF, Party.VISITORS)),
            ["It is for staff and visitors now."],
        ),
        (clause(F, binds=(Party.STAFF,)), clause(F), ["It does not say any more whom it is for."]),
        (clause(F, binds=(Party.STAFF, Party.PUPILS)), clause(F, binds=(Party.PUPILS, Party.STAFF)), []),
    ],
)
def test_what_a_rule_makes_of_its_matter_otherwise_is_told_in_words(before: Clause, after: Clause, told: list[str]) -> None:
    assert what_changed(before, after) == told


def test_a_permission_that_a_person_has_confirmed_is_stated() -> None:
    correction = Correction("the headteacher", date(2026, 11, 23), "read it", stance=A)
    confirmed = policy(CHANGED).with_clauses(lambda one: one.corrected(correction) if one.label == "2.4" else one)
    assert "New: 2.4 (Gifts). In short: allowed." in draft_words(policy(RULES), confirmed)
