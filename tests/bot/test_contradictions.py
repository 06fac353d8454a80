"""Which clauses an urgent reply does not show: those that advise what must not be done where a child may be at risk."""

import pytest

from bot.contradictions import contradicts, is_of_an_image
from corpus.building import shipped_policy, shipped_sources
from retrieval.index import in_place
from retrieval.urgency import Danger

CHILD, IMAGE, ALLEGED = Danger.CHILD_AT_RISK, Danger.INDECENT_IMAGE, Danger.ALLEGATION

ADVICE = [
    # a clause's words, and what a reply to a question of an image says that it speaks of
    ("Employees are advised to take screen prints of messages or web pages.", "keeping a copy"),
    ("Staff should take a screenshot and print it out.", "keeping a copy"),
    ("Save a copy of the message.", "keeping a copy"),
    ("Staff should keep records of the abuse and should not delete texts.", "keeping a copy"),
    ("Any image must be stored on a school computer.", "keeping a copy"),
    ("The message should be forwarded to the headteacher.", "passing it on"),
    ("Staff must share the photographs with the designated safeguarding lead.", "passing it on"),
    ("Staff should delete the image from the pupil's phone at once.", "deleting it"),
    ("Staff may search a pupil's phone.", "looking through a device"),
    ("The teacher should view the image to judge how serious it is.", "looking through a device"),
]


@pytest.mark.parametrize(("words", "advice"), ADVICE)
def test_a_clause_that_advises_to_handle_an_image_is_left_out_of_what_is_said_of_one(words: str, advice: str) -> None:
    against = contradicts(words, IMAGE, image=True)
    assert against is not None
    assert against.startswith(f"it speaks of {advice}, and an image of a child must not be ")
    assert contradicts(words, CHILD, image=False) is None


WARNING = [
    "Staff must not copy, print or share any image.",
    "Staff should never take screenshots of an image of a pupil.",
    "Do not save or forward the message.",
    "Schools should not attempt to investigate the matter or evaluate the material themselves.",
    "Accessing, making and storing indecent images of children are illegal.",
    "Staff must sign a copy of this policy.",
    "Staff must not upload photographs of pupils; publish their names; or share images of them.",
    "Any concern must be reported to the designated safeguarding lead.",
    "Staff should share concerns with the designated safeguarding lead.",
    "Any breach of this policy will be fully investigated.",
    "The headteacher will investigate the matter.",
]


@pytest.mark.parametrize("words", WARNING)
@pytest.mark.parametrize("danger", [CHILD, IMAGE, ALLEGED])
def test_a_clause_that_warns_of_it_or_speaks_of_something_else_is_shown(words: str, danger: Danger) -> None:
    assert contradicts(words, danger, image=danger is IMAGE) is None


ASKING = [
    "Staff should investigate the matter before they report it.",
    "The teacher should question the pupil about what happened.",
    "Staff must take a written statement from the child.",
]


@pytest.mark.parametrize("words", ASKING)
def test_a_clause_that_tells_staff_to_look_into_it_themselves_is_left_out(words: str) -> None:
    for danger in (CHILD, IMAGE, ALLEGED):
        assert contradicts(words, danger, image=danger is IMAGE)
    assert contradicts(words, Danger.THREAT, image=False) is None


# Of all clauses of the five schools, those that are left out; the others may be shown.
LEFT_OUT = {
    ("archbishop-huttons", "Mobile Phones/Camera/Video Recorder Usage, sixth bullet"),
    ("archbishop-huttons", "Cyber-bullying, second paragraph, fourth sentence"),
    ("archbishop-huttons", "Cyber-bullying, third paragraph"),
}


@pytest.mark.parametrize("danger", [CHILD, IMAGE, ALLEGED, Danger.THREAT])
def test_what_is_left_out_of_the_five_policies_for_each_danger(danger: Danger) -> None:
    left_out = set()
    for source in shipped_sources():
        for indexed in in_place(1, shipped_policy(source)):
            words = f"{indexed.lead_in} {indexed.clause.words}" if indexed.lead_in else indexed.clause.words
            if contradicts(words, danger, image=danger is IMAGE):
                left_out.add((source.school, indexed.clause.label))
    assert left_out == (LEFT_OUT if danger is IMAGE else set())


def test_an_image_may_be_in_play_whatever_the_danger_is() -> None:
    assert is_of_an_image("something on her phone", IMAGE)
    assert is_of_an_image("a teacher has nude photos of a pupil", ALLEGED)
    assert not is_of_an_image("a teacher hit a pupil", ALLEGED)
