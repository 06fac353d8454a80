"""Who does what to whom in a question, and whether a clause has what is asked for."""

import pytest

from corpus.clause import Party
from retrieval.asked import lacks_what_is_asked
from retrieval.sides import Side, actor_of_question, sides_of_clause, sides_of_question


@pytest.mark.parametrize(
    ("question", "side"),
    [
        ("a mum from my class has added me", Side.PARENT),
        ("yr 6 lad wants to follow me on insta", Side.PUPIL),
        ("A girl I taught two years ago wants to add me", Side.FORMER_PUPIL),
        ("an ex-pupil has messaged me", Side.FORMER_PUPIL),
        ("a reporter from the local paper rang", Side.PRESS),
        ("can i slag off another teacher online", Side.COLLEAGUE),
        ("one of the nans has messaged about a coat", Side.PARENT),
        ("can i check my facebook at lunch", None),
    ],
)
def test_a_question_turns_on_somebody(question: str, side: Side | None) -> None:
    assert sides_of_question(question) == (frozenset({side}) if side else frozenset())


def test_a_clause_may_name_several() -> None:
    assert sides_of_clause("accept a friend request from a pupil, an ex-pupil or a member of a pupil's family") == {
        Side.PUPIL,
        Side.FORMER_PUPIL,
        Side.PARENT,
    }


@pytest.mark.parametrize(
    ("question", "actor"),
    [
        ("Can I post a photo?", Party.STAFF),
        ("can parents film the nativity", Party.PARENTS),
        ("are the kids allowed on youtube", Party.PUPILS),
        ("mums scrolling insta in the playground at pick up, is that ok", Party.PARENTS),
        ("how do i tell parents to take it down, can i just ask", Party.STAFF),
        ("school badge", None),
    ],
)
def test_it_is_plain_whose_doing_is_asked_about(question: str, actor: Party | None) -> None:
    assert actor_of_question(question) is actor


@pytest.mark.parametrize(
    ("question", "words", "lacks"),
    [
        ("how long do we keep the photos", "Photographs may only be stored on a school computer.", True),
        ("how long do we keep the photos", "Photographs are deleted after two years.", False),
        ("how often should I check my settings", "Please regularly review your privacy settings.", False),
        ("who signs this off", "Passwords must be long.", True),
        ("who checks the page", "Postings will be moderated by the school.", False),
        ("who do I tell", "Keep a record of it.", False),
        ("can i post this", "Keep a record of it.", False),
    ],
)
def test_a_clause_has_the_time_number_or_person_that_is_asked_for(question: str, words: str, lacks: bool) -> None:
    assert lacks_what_is_asked(question, words) is lacks
