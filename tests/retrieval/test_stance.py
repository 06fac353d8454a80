"""What a clause makes of the thing asked: of two stances, and of what asks for one's own where the school's is demanded."""

import pytest

from corpus.clause import Clause, SecondStance, Stance
from retrieval.stance import stance_for
from retrieval.vectors import WordVectors

F, D, C, A = Stance.FORBIDDEN, Stance.DISCOURAGED, Stance.CONDITIONAL, Stance.ALLOWED
R, FACT = Stance.REQUIRED, Stance.INFORMATIONAL
VECTORS = WordVectors()

PHOTOGRAPHS = (
    "Staff should not post photographs of pupils under any circumstances, and should not post photographs of colleagues or "
    "others in the school community without their express permission."
)
COLLEAGUES = "should not post photographs of colleagues or others in the school community without their express permission"
HALL, YARD = "phones must not be used in the hall", "phones may be used in the yard"
RELATIVES = "Staff must not contact pupils unless the pupil is a member of their family."
RELATIVE = "unless the pupil is a member of their family"


@pytest.mark.parametrize(
    ("words", "stance", "second", "when", "question", "expected"),
    [
        (PHOTOGRAPHS, F, C, COLLEAGUES, "Can I put a picture of my class on Instagram?", F),
        (PHOTOGRAPHS, F, C, COLLEAGUES, "Can I post a photo of my colleagues if they give permission?", C),
        (RELATIVES, F, C, RELATIVE, "Am I allowed to message a pupil?", F),
        (RELATIVES, F, C, RELATIVE, "What if she is my niece, so family?", C),
        # In doubt the stricter stands, whichever the clause puts first.
        ("Phones may be used in the yard; phones must not be used in the hall.", A, F, HALL, "Can a phone be used at school?", F),
        ("Phones must not be used in the hall; phones may be used in the yard.", F, A, YARD, "Can a phone be used at school?", F),
        ("The school checks its network. Staff may ask what was seen.", FACT, A, "Staff may ask what was seen", "network", FACT),
    ],
)
def test_of_two_stances_the_looser_must_clearly_be_meant(  # noqa: PLR0917  a table of cases
    words: str, stance: Stance, second: Stance, when: str, question: str, expected: Stance
) -> None:
    clause = Clause("1.1", "1.1", "", words, (), stance, second=SecondStance(second, when))
    assert stance_for(question, clause, VECTORS) is expected


@pytest.mark.parametrize("stance", list(Stance))
def test_a_clause_of_one_stance_has_that(stance: Stance) -> None:
    assert stance_for("anything", Clause("1.1", "1.1", "", "Words.", (), stance), VECTORS) is stance


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Can I put them on my own laptop?", F),
        ("is it ok on my personal phone", F),
        ("Where may I keep the pictures?", C),
        ("Can I use the class iPad?", C),
    ],
)
def test_ones_own_is_not_allowed_where_the_schools_is_demanded(question: str, expected: Stance) -> None:
    words = "School photographs can only be transferred to, and stored on a school computer."
    assert stance_for(question, Clause("1.1", "1.1", "", words, (), C), VECTORS) is expected
