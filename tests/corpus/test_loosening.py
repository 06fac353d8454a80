"""Which changes are looser, told in plain words."""

import pytest

from corpus.clause import Clause, Party, SecondStance, Stance
from corpus.loosening import loosened, told_stances

F, D, C, A = Stance.FORBIDDEN, Stance.DISCOURAGED, Stance.CONDITIONAL, Stance.ALLOWED
R, S, FACT = Stance.REQUIRED, Stance.RECOMMENDED, Stance.INFORMATIONAL
STAFF, PUPILS, GOVERNORS = Party.STAFF, Party.PUPILS, Party.GOVERNORS


def rule(stance: Stance, second: tuple[Stance, str] | None = None, binds: tuple[Party, ...] = (STAFF,)) -> Clause:
    return Clause("1.1", "1.1", "", "words", (), stance, second=SecondStance(*second) if second else None, binds=binds)


def is_looser(before: Clause | None, after: Clause | None) -> bool:
    return loosened(before, after) is not None


LOOSER = [
    (F, D), (F, C), (F, A), (D, C), (D, A), (C, A),
    (F, R), (F, S), (F, FACT), (D, FACT), (C, FACT), (A, FACT),
    (R, S), (R, C), (R, A), (R, FACT), (S, A), (FACT, A),
]  # fmt: skip
NOT_LOOSER = [
    (F, F), (D, F), (C, F), (A, F), (C, D), (A, D), (A, C), (FACT, F), (FACT, C), (FACT, R), (S, R), (S, FACT), (R, F), (R, D),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "expected"), [(*pair, True) for pair in LOOSER] + [(*pair, False) for pair in NOT_LOOSER]
)
def test_a_stance_is_looser_where_a_ban_or_a_duty_is_weaker_or_a_permission_is_new(
    before: Stance, after: Stance, expected: bool
) -> None:
    assert is_looser(rule(before), rule(after)) is expected


IF, UNLESS = "if the head agrees", "unless it rains"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (rule(F), rule(F, (C, IF)), True),
        (rule(F, (C, IF)), rule(F, (A, IF)), True),
        (rule(F, (C, IF)), rule(F, (C, UNLESS)), True),
        (rule(R), rule(R, (C, IF)), True),
        (rule(F, (C, IF)), rule(F, (C, "If the  head agrees")), False),
        (rule(F, (C, IF)), rule(F), False),
        (rule(F, (A, IF)), rule(F, (C, IF)), False),
        (rule(A), rule(C, (A, IF)), False),
        # A ban or a duty beside the first is no exception: looser where it goes, not where it comes.
        (rule(R, (F, IF)), rule(R), True),
        (rule(F, (R, IF)), rule(F), True),
        (rule(R, (F, IF)), rule(R, (D, IF)), True),
        (rule(R, (F, IF)), rule(F), False),
        (rule(F, (R, IF)), rule(F, (R, UNLESS)), False),
        (rule(R), rule(R, (F, IF)), False),
        # Leave where nothing was ruled, or was only advised, is new; and a ban beside a fact does not go unseen for it.
        (rule(FACT), rule(FACT, (A, IF)), True),
        (rule(S), rule(S, (A, IF)), True),
        (rule(FACT), rule(FACT, (C, IF)), False),
        (rule(FACT, (F, IF)), rule(FACT, (C, IF)), True),
        (rule(A), rule(F, (A, IF)), False),
        (rule(R), rule(R, (S, IF)), False),
        (rule(R, (S, IF)), rule(R), False),
    ],
)
def test_a_second_stance_counts_as_an_exception_or_as_a_rule_of_its_own(before: Clause, after: Clause, expected: bool) -> None:
    assert is_looser(before, after) is expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (rule(F), None, True),
        (rule(C), None, True),
        (rule(R), None, True),
        (rule(S, (F, IF)), None, True),
        (rule(S), None, False),
        (rule(A), None, False),
        (rule(FACT), None, False),
        (None, rule(A), True),
        (None, rule(C), False),
        (None, rule(F), False),
        (rule(F, binds=(STAFF, PUPILS)), rule(F, binds=(PUPILS,)), True),
        (rule(R, binds=(STAFF, GOVERNORS)), rule(R, binds=(STAFF,)), True),
        (rule(F, binds=(PUPILS,)), rule(F, binds=(STAFF, PUPILS)), False),
        (rule(A, binds=(STAFF, PUPILS)), rule(A, binds=(PUPILS,)), False),
        # Leave for somebody who had none; and a rule that names nobody is one for staff.
        (rule(A, binds=(PUPILS,)), rule(A, binds=(PUPILS, STAFF)), True),
        (rule(A, binds=(PUPILS,)), rule(A, binds=()), True),
        (rule(F, (A, IF), binds=(PUPILS,)), rule(F, (A, IF), binds=(STAFF,)), True),
        (rule(A, binds=()), rule(A, binds=(STAFF,)), False),
        (rule(C, binds=(PUPILS,)), rule(C, binds=(PUPILS, STAFF)), False),
        (rule(F, binds=()), rule(F, binds=(PUPILS,)), True),
        (rule(F, binds=()), rule(F, binds=(STAFF,)), False),
    ],
)
def test_what_is_taken_out_is_new_or_no_longer_binds_somebody_is_looked_at_too(
    before: Clause | None, after: Clause | None, expected: bool
) -> None:
    assert is_looser(before, after) is expected


@pytest.mark.parametrize(
    ("before", "after", "sentences"),
    [
        (rule(F), rule(A), "Before: not allowed. Now: allowed. That is looser."),
        (rule(R), None, "Before: a must. Now: taken out. That is looser."),
        (
            rule(F),
            rule(F, (C, IF)),
            "Before: not allowed. Now: not allowed; allowed only on a condition (“if the head agrees”). That is looser.",
        ),
        (
            rule(F, (C, IF)),
            rule(F, (C, UNLESS)),
            "Before: not allowed; allowed only on a condition (“if the head agrees”). "
            "Now: not allowed; allowed only on a condition (“unless it rains”). That may be looser.",
        ),
        (
            rule(F, binds=(STAFF, PUPILS, GOVERNORS)),
            rule(F, binds=(PUPILS,)),
            "Before: not allowed, for staff, pupils and governors. Now: no longer for staff and governors. That is looser.",
        ),
        (
            rule(A, binds=(PUPILS,)),
            rule(A, binds=(PUPILS, STAFF)),
            "Before: allowed, for pupils. Now: for staff too. That is looser.",
        ),
    ],
)
def test_a_looser_change_is_told_in_plain_words(before: Clause, after: Clause | None, sentences: str) -> None:
    assert loosened(before, after) == sentences


def test_every_stance_has_words() -> None:
    assert len({told_stances(rule(stance), rule(F)) for stance in Stance}) == len(Stance)
