"""From what staff could not find to a ruling: seen before it counts, and asked of the chair where it is looser."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from bot.gaps import NOT_SHARED, ROW_GONE
from bot.people import PersonRole
from bot.records import AskedQuestion
from bot.rulings import Rulings
from bot.tables import trial_questions
from corpus.clause import RULINGS
from corpus.tenancy import writing_at
from retrieval.decision import Outcome
from tests.platforms.at_desk import Desk, Seat, words_of

DOGS = "Dogs: therapy dogs, staff dogs, parents' dogs"
ON_DOGS = ["can I bring my dog to work", "are dogs allowed in the office", "is it ok if my puppy comes in on Friday"]
PIANO = "who tunes the piano"
FRIENDS = "Can I accept a friend request from a parent?"
RULING = {
    "question": "Can I bring my dog to work?",
    "text": "Dogs stay at home. Assistance dogs are welcome.",
    "stance": "forbidden",
    "until": "2027-07-20",
    "cites": "",
}
LOOSER = RULING | {"question": FRIENDS, "text": "Staff may accept the requests of parents.", "stance": "allowed"}
NEW = "/rulings/new"


@pytest.fixture
def asked(desk: Desk, clock: Any) -> Callable[..., None]:
    """Put questions that nothing settled into the store, each of another asker's."""

    def put(*wordings: str, **fields: Any) -> None:
        with writing_at(desk.parts.indexes.versions.engine, "hillside") as connection:
            for wording in wordings:
                clock.wait(timedelta(seconds=1))
                number = f"{clock():%d%H%M%S}"
                row = {"id": number, "school_id": "hillside", "asker": number, "channel": "telegram", "asked_at": clock()}
                row |= {"question": wording, "outcome": Outcome.NOT_COVERED, "slug": None, "clause_id": None}
                desk.parts.records.keep(connection, AskedQuestion(**(row | fields)))

    return put


@pytest.fixture
def headteacher(desk: Desk) -> Seat:
    """Hillside's headteacher, whose drafts are tried with one question: each takes time."""
    with writing_at(desk.parts.indexes.versions.engine, "hillside") as connection:
        connection.execute(insert(trial_questions).values(school_id="hillside", question=FRIENDS, must=False))
    return desk.seat()


def shown(desk: Desk) -> list[str]:
    return [gap.shown for gap in desk.parts.gaps.of("hillside")]


def done(desk: Desk) -> list[str]:
    return [entry.action for entry in desk.parts.audit.of("hillside")]


def test_what_staff_could_not_find_is_decided_row_by_row_without_a_wording_that_nobody_shared(
    desk: Desk, headteacher: Seat, asked: Callable[..., None]
) -> None:
    assert "Nothing is open." in headteacher.words("/not-found")
    asked(*ON_DOGS, PIANO)
    asked("who orders the laminating pouches", shared=True)
    asked(FRIENDS, outcome=Outcome.ANSWERED, slug="staff", clause_id="1.1", shared=False)
    words = headteacher.words("/not-found")
    assert f"{DOGS} 3 people asked · last in November 2026 · No rule settles it" in words
    assert f"{NOT_SHARED} 1 person asked" in words
    assert "“who orders the laminating pouches”" in words
    assert not any(wording in words for wording in (*ON_DOGS, PIANO, FRIENDS))
    assert [desk.seat(role).get("/not-found").status_code for role in (PersonRole.OFFICE, PersonRole.CHAIR)] == [403, 403]

    (pouches, piano) = (gap.key for gap in desk.parts.gaps.of("hillside") if gap.matter is None)
    assert "It is outside policy, and those who asked" in words_of(headteacher.post("/not-found", "outside", gap=piano))
    assert ROW_GONE in words_of(headteacher.post("/not-found", "outside", gap="no such row"))
    noted = words_of(headteacher.post("/not-found", "note", gap=DOGS))
    assert noted.index("Noted for the next review") < noted.index(DOGS)
    assert shown(desk) == ["who orders the laminating pouches"] or pouches
    headteacher.post("/not-found", "drop", gap=DOGS)
    assert DOGS in shown(desk)
    assert done(desk) == ["set outside policy", "noted for the next review", "took a note back"]
    assert all(re.fullmatch("[0-9a-f]{8}", entry.object or "") for entry in desk.parts.audit.of("hillside"))


def test_a_ruling_is_seen_before_it_counts_closes_its_row_and_can_be_taken_back(
    desk: Desk, headteacher: Seat, asked: Callable[..., None]
) -> None:
    asked(*ON_DOGS[:2])
    (link,) = re.findall(rf'href="/desk/hillside({NEW}\?gap=[^"]+)"', headteacher.get("/not-found").text)
    form = headteacher.get(link).text
    assert "From what staff could not find" in form
    (matter,) = re.findall(r'name="matter" value="([^"]+)"', form)
    fields = RULING | {"matter": matter.replace("&#39;", "'")}
    revision = desk.parts.indexes.versions.revision("hillside")

    preview = words_of(headteacher.post(link, "preview", **fields))
    assert "The headteacher has ruled (23 November 2026): not allowed." in preview
    assert "What staff are told today Hillside's policies, as far as I can find, say nothing about this" in preview
    assert f"The ruling holds until 20 July 2027. Whoever asks about this is told it: {DOGS}." in preview
    assert "The reply does not begin with your ruling" not in preview
    minibus = headteacher.post(link, "preview", **fields | {"question": "Who may drive the school minibus?"})
    assert f"Which of these does it settle? {DOGS} Driving the school minibus" in words_of(minibus)
    again = headteacher.post(link, "again", **fields).text
    assert f'value="{RULING["question"]}"' in again
    assert RULING["text"] in again
    assert (desk.parts.indexes.versions.revision("hillside"), shown(desk), done(desk)) == (revision, [DOGS], [])

    said = words_of(headteacher.post(link, "rule", **fields))
    assert "The ruling holds: staff are answered from it from now on." in said
    assert "Ruling 1 Dogs stay at home. Assistance dogs are welcome. Not allowed" in said
    assert "By the headteacher, 23 November 2026 · holds until 20 July 2027 · the headteacher's own decision" in said
    assert shown(desk) == []
    chair = desk.seat(PersonRole.CHAIR)
    assert "Ruling 1" in chair.words("/rulings")
    assert "Take back" not in chair.words("/rulings")
    key = re.findall(r'name="form_key" value="(\w+)"', chair.get("/approvals").text)
    refused = chair.send("/rulings", {"form_key": key[0] if key else "", "do": "withdraw", "ruling": "ruling-1"})
    assert refused.status_code == 400
    assert "There is none." in words_of(headteacher.post("/rulings", "withdraw", ruling="ruling-1"))
    assert shown(desk) == [DOGS]
    assert done(desk) == ["ruled", "withdrew a ruling"]


def test_a_looser_ruling_waits_for_the_chair_who_reads_it_whole(desk: Desk, headteacher: Seat) -> None:
    looser = "Your policy (Staff policy, 1.1) says: not allowed. Your ruling would say: allowed."
    preview = words_of(headteacher.post(NEW, "preview", **LOOSER))
    assert f"{looser} That is looser. It counts once the chair of governors has approved it." in preview
    assert "Approved by the chair of governors." in preview
    assert f"Test questions that get another answer {FRIENDS} Today not allowed (Staff policy, 1.1)" in preview
    assert "The chair of governors is asked" in words_of(headteacher.post(NEW, "rule", **LOOSER))
    assert desk.parts.indexes.of("hillside").rulings == ()
    chair = desk.seat(PersonRole.CHAIR)
    assert "1 approval waits for you." in chair.words()
    waiting = chair.words("/approvals")
    assert f"{looser} Staff may accept the requests of parents. Allowed, for the question “{FRIENDS}”" in waiting
    (proposal,) = desk.parts.proposals.waiting("hillside")
    chair.post("/approvals", "approve", proposal=str(proposal.id))
    (ruling,) = desk.parts.indexes.of("hillside").rulings
    assert ruling.note.approved_by == "the chair of governors"
    headteacher.post("/approvals", "settings")
    preview = words_of(headteacher.post(NEW, "preview", **LOOSER | {"text": "Accept them."}))
    assert "The chair of governors sees it on the list" in preview
    assert "The reply does not begin with your ruling" in preview


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"question": " "}, "Write the question that the ruling answers."),
        ({"stance": "perhaps"}, "Choose what you rule"),
        ({"until": "next summer"}, "Write the day on which the ruling lapses, such as 1 September 2027."),
        ({"until": "July 2027"}, "Write the day on which the ruling lapses"),
        ({"until": "1 December 2027"}, "A ruling holds for a year at most: choose a day up to 23 November 2027."),
        ({"text": "One. Two. Three."}, "A ruling has one or two sentences"),
        ({"cites": "staff 9.9"}, "That clause is not in your policies any more"),
        ({"matter": "No matter"}, "That matter is not known any more"),
    ],
)
def test_what_is_wrong_with_a_ruling_is_said_and_what_was_typed_stays(
    desk: Desk, headteacher: Seat, about: dict[str, str], sentence: str
) -> None:
    fields = RULING | about
    for button in ("preview", "rule"):
        answer = headteacher.post(NEW, button, **fields)
        assert answer.status_code == 400
        assert sentence in words_of(answer)
        assert fields["text"] in answer.text
    assert desk.parts.indexes.of("hillside").rulings == ()
    assert done(desk) == []


def test_a_ruling_may_rest_on_a_clause_of_the_schools_own_policies(desk: Desk, headteacher: Seat) -> None:
    form = headteacher.get(NEW).text
    assert '<option value="staff 3.1">3.1: Staff must lock their computers' in form
    assert "badges" not in form
    headteacher.post(NEW, "rule", **RULING | {"cites": "staff 3.1", "until": "1 September 2027"})
    (ruling,) = Rulings(desk.parts.indexes.versions).of("hillside", date(2026, 11, 23))
    assert (ruling.note.cites, ruling.note.until) == ("Staff policy, 3.1, version 1", date(2027, 9, 1))
    assert desk.parts.indexes.versions.policies("meadow")[0][0] != RULINGS
