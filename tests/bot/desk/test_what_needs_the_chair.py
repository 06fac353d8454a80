"""Nothing looser reaches staff without the chair of governors, however it is done at the desk and whoever does it."""

import re
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs
from sqlalchemy import insert

from bot.people import PersonRole
from bot.proposals import ChairSettings
from bot.rulings import Ruled
from bot.tables import trial_questions
from corpus.building import build_policy
from corpus.clause import RULINGS, Party, RulingNote, Stance
from corpus.tenancy import writing_at
from tests.platforms.at_desk import Desk, Seat, words_of

if TYPE_CHECKING:
    from tests.conftest import Clock

RULES = """1. Social media

1.1 Staff must not accept friend requests from parents.

1.2 Staff must not accept friend requests from pupils.

1.3 The school has a page on a social network.

1.4 Pupils may use the school's tablets.

1.5 Staff must not:

(a) post photographs of pupils; or

(b) post the names of pupils.

1.6 Staff may use the school's telephones in the evening only if the headteacher has agreed.
"""
NEEDED = "This version needs the approval of the chair of governors, since by hand it makes looser what is published"
AT, DRAFT = "/policies/staff", "/policies/staff/draft"
WAITS = "That is looser than what is published: it counts once the chair of governors has approved it."
PAGE = "1.3-2"  # another rule was 1.3 in the version before
REASON = {"reason": "We have always done so"}


@pytest.fixture
def hillside(desk: Desk, publish: Callable[..., int]) -> Desk:
    """Hillside with a second version and one test question: each that is tried takes time."""
    publish("hillside", RULES)
    with writing_at(desk.parts.indexes.versions.engine, "hillside") as connection:
        row = {"school_id": "hillside", "question": "May I post photographs of pupils?", "must": False}
        connection.execute(insert(trial_questions).values(row))
    return desk


def bring_in(desk: Desk, rules: str) -> None:
    """Make a draft of hillside's policy of these rules."""
    source = f"HILLSIDE PRIMARY SCHOOL\n\nStaff policy\n\nAdopted: May 2024\n\n{rules}"
    policy = build_policy(source, school="hillside", slug="staff", title=None, source_name="staff")
    desk.parts.indexes.versions.save_draft(policy, source)


def digest(seat: Seat, path: str) -> str:
    """Return the state of the draft that a page shows."""
    return re.findall(r'name="digest" value="(\w+)"', seat.get(path).text)[0]


def fix(seat: Seat, part: str, do: str, **fields: Any) -> None:
    """Change a part of the draft by hand."""
    path = f"{DRAFT}/parts/{part}"
    answer = seat.post(path, do, digest=digest(seat, path), **fields)
    assert answer.url.path == f"/desk/hillside{DRAFT}", words_of(answer)


def publish_draft(seat: Seat) -> str:
    """Look at all that got lost or looser, press the button, and return the words of the page after it."""
    matters = re.findall(
        r'name="matter" value="([^"]+)"><input type="hidden" name="digest" value="(\w+)"', seat.get(f"{DRAFT}/trial").text
    )
    for matter, seen in dict(matters).items():
        seat.post(f"{DRAFT}/trial", "seen", matter=matter, digest=seen)
    page = f"{DRAFT}/publish"
    return words_of(seat.post(page, "publish", digest=digest(seat, page)))


def number_of(desk: Desk) -> int | None:
    """Return the version from which staff are answered."""
    return desk.parts.indexes.versions.version("hillside", "staff").number


def stance(desk: Desk, clause: str = "1.1") -> Stance:
    """Return what staff are told of a clause."""
    return desk.parts.indexes.of("hillside").clause("staff", clause).clause.stance


BY_HAND: dict[str, Callable[[Seat], None]] = {
    "another stance": lambda seat: fix(seat, "1.1", "stance", stance="allowed", binds="staff", **REASON),
    "an exception": lambda seat: fix(
        seat, "1.1", "stance", stance="forbidden", second="allowed", when="from parents", binds="staff", **REASON
    ),
    "for others only": lambda seat: fix(seat, "1.1", "stance", stance="forbidden", binds="pupils", **REASON),
    "a permission for staff too": lambda seat: fix(seat, "1.4", "stance", stance="allowed", binds=["pupils", "staff"], **REASON),
    "other words": lambda seat: fix(seat, "1.1", "words", words="Staff may accept friend requests from parents.", **REASON),
    "set aside": lambda seat: fix(seat, "1.1", "set-aside"),
    "a heading": lambda seat: fix(seat, "1.1", "make-heading"),
    "split": lambda seat: fix(seat, "1.6", "split", begins="only if the headteacher"),
    "another lead-in": lambda seat: fix(
        seat, re.findall(r'parts/(lead-in[^"]*)"', seat.get(DRAFT).text)[0], "words", words="Staff may:", **REASON
    ),
}


def test_a_draft_made_looser_by_hand_waits_for_the_chair(hillside: Desk) -> None:
    head = hillside.seat()
    for way, make_looser in BY_HAND.items():
        bring_in(hillside, RULES)
        make_looser(head)
        assert NEEDED in publish_draft(head), way
    assert number_of(hillside) == 2


def test_what_the_document_itself_makes_looser_does_not(hillside: Desk) -> None:
    head = hillside.seat()
    bring_in(hillside, RULES.replace("must not accept friend requests from parents", "may accept friend requests from parents"))
    fix(head, "1.2", "label", label="1.2 (pupils)")
    assert "Version 3 is published" in publish_draft(head)
    assert stance(hillside) is Stance.ALLOWED


def test_a_file_with_other_stances_in_it_and_an_older_draft_loosen_nothing_unseen(hillside: Desk) -> None:
    head = hillside.seat()
    exported = head.get(f"{AT}/versions/2/yaml").text
    altered = re.sub(r"\n( +)stance: forbidden\n", r"\n\1stance: allowed\n\1confirmed: true\n", exported, count=1)
    assert altered != exported
    answer = head.post("/bring-in", "bring-in", {"document": ("staff.yaml", altered.encode())}, policy="staff", title="")
    assert answer.url.path == f"/desk/hillside{DRAFT}", words_of(answer)
    assert NEEDED in publish_draft(head)
    # A draft that was made before somebody corrected the published clause does not take that back.
    bring_in(hillside, RULES)
    head.post(f"{AT}/versions/2/clauses/1.4", "stance", stance="forbidden", binds="pupils", **REASON)
    assert stance(hillside, "1.4") is Stance.FORBIDDEN
    assert NEEDED in publish_draft(head)
    assert number_of(hillside) == 2


@pytest.mark.parametrize(
    ("clause", "fields", "shown"),
    [
        ("1.1", {"stance": "discouraged", "binds": "staff"}, "Advised against · for staff"),
        (
            "1.1",
            {"stance": "forbidden", "second": "conditional", "when": "from parents", "binds": "staff"},
            "Not allowed · only on a condition “from parents” · for staff",
        ),
        ("1.1", {"stance": "forbidden", "binds": "pupils"}, "Not allowed · for pupils"),
        (
            PAGE,
            {"stance": "informational", "second": "allowed", "when": "a page", "binds": "staff"},
            "For information only · allowed “a page” · for staff",
        ),
        ("1.4", {"stance": "allowed", "binds": ["staff", "pupils"]}, "Allowed · for staff, pupils"),
        ("1.4", {"stance": "allowed"}, "Allowed"),
    ],
)
def test_a_looser_correction_waits_and_the_chair_reads_all_of_it(
    hillside: Desk, clause: str, fields: dict[str, Any], shown: str
) -> None:
    head, chair = hillside.seat(), hillside.seat(PersonRole.CHAIR)
    before = hillside.parts.indexes.of("hillside").clause("staff", clause).clause
    answer = head.post(f"{AT}/versions/2/clauses/{clause}", "stance", **fields, **REASON)
    assert WAITS in words_of(answer)
    assert hillside.parts.indexes.of("hillside").clause("staff", clause).clause == before
    page = chair.get("/approvals")
    assert f"{before.words} {shown} · set right by the headteacher" in words_of(page)
    form = dict(re.findall(r'name="(form_key|proposal)" value="(\w+)"', page.text))
    assert "It is approved" in words_of(chair.send("/approvals", form | {"do": "approve"}))
    after = hillside.parts.indexes.of("hillside").clause("staff", clause).clause
    assert (after.stance, after.binds) == (fields["stance"], tuple(one for one in Party if one in fields.get("binds", ())))
    assert "decided or withdrawn already" in words_of(chair.send("/approvals", form | {"do": "approve"}))


def test_words_that_the_policy_does_not_say_are_never_quoted_as_its(hillside: Desk) -> None:
    head = hillside.seat()
    made_up = {"stance": "forbidden", "second": "conditional", "when": "unless the headteacher says so", "binds": "staff"}
    answer = head.post(f"{AT}/versions/2/clauses/1.1", "stance", **made_up, **REASON)
    assert (answer.status_code, "does not stand in this rule: copy its words as they are" in words_of(answer)) == (400, True)
    assert 'value="unless the headteacher says so"' in answer.text
    assert hillside.parts.proposals.waiting("hillside") == []
    assert hillside.parts.indexes.of("hillside").clause("staff", "1.1").clause.correction is None


def test_nobody_approves_what_they_proposed_in_another_role(hillside: Desk) -> None:
    person = hillside.enrol(PersonRole.HEADTEACHER, account="both")
    head = hillside.sign_in(person)
    head.post(f"{AT}/versions/2/clauses/1.1", "stance", stance="allowed", binds="staff", **REASON)
    chair = hillside.sign_in(hillside.enrol(PersonRole.CHAIR, account="both"))
    form = dict(re.findall(r'name="(form_key|proposal)" value="(\w+)"', chair.get("/approvals").text))
    refused = chair.send("/approvals", form | {"do": "approve", "comment": "<b>as agreed</b>"})
    assert "You have proposed this yourself" in words_of(refused)
    assert "&lt;b&gt;as agreed&lt;/b&gt;</textarea>" in refused.text  # what was typed is not lost
    assert stance(hillside) is Stance.FORBIDDEN


def test_a_ruling_is_read_whole_by_the_chair_and_comes_back_no_looser_than_what_is_published(
    hillside: Desk, publish: Callable[..., int], clock: "Clock"
) -> None:
    head, chair, publication = hillside.seat(), hillside.seat(PersonRole.CHAIR), hillside.parts.publication
    today = clock.time.date()
    question = "May I accept a friend request from a parent?"
    about = RulingNote(by="Mrs Harrison, headteacher", on=today, until=date(today.year + 1, 1, 31), question=question)
    ruled = Ruled("You may accept it.", Stance.ALLOWED, about)
    assert publication.rule("hillside", ruled, "headteacher 1")
    page = chair.words("/approvals")
    about_it = f"Allowed, for the question “{question}”, by Mrs Harrison, headteacher, until 31 January {today.year + 1}."
    assert f"You may accept it. {about_it}" in page
    # Over the clause that a ruling rests on it holds, whatever question it says that it answers.
    (cited,) = (one.cited for one in hillside.parts.indexes.of("hillside").clauses if one.clause.id == "1.1")
    resting = structs.replace(about, question="Where do I leave my bicycle?", cites=cited)
    assert publication.rule("hillside", structs.replace(ruled, note=resting), "headteacher 1")
    hillside.parts.proposals.withdraw("hillside", 2, "headteacher 1")
    hillside.parts.proposals.withdraw("hillside", 1, "headteacher 1")
    # Ruled while the policies are silent, withdrawn, and forbidden by a policy since then.
    publish("hillside", "1. Badges\n\n1.1 Staff must wear their badges.\n")
    assert publication.rule("hillside", ruled, "headteacher 1") is None
    corrected = head.post(f"/policies/{RULINGS}/versions/1/clauses/ruling-1", "stance", stance="conditional", **REASON)
    assert "A ruling is not set right" in words_of(corrected)
    publication.withdraw_ruling("hillside", "ruling-1", "headteacher 1")
    publish("hillside", RULES)
    answer = head.post(f"/policies/{RULINGS}/versions/1", "roll-back")
    assert "Ruling 1 is looser than your policy by now" in words_of(answer)
    assert list(hillside.parts.indexes.versions.version("hillside", RULINGS).policy.clauses()) == []


def test_the_chair_reads_a_whole_draft_also_of_a_new_policy_and_changes_nothing(hillside: Desk) -> None:
    head, chair = hillside.seat(), hillside.seat(PersonRole.CHAIR)
    document = b"Dogs Policy\n\n1. Dogs\n\n1.1 Staff must not bring dogs to school.\n\n1.2 Staff may bring guide dogs.\n"
    drafted = head.post("/bring-in", "bring-in", {"document": ("Dogs policy.txt", document)}, policy="", title="Dogs Policy")
    path = drafted.url.path.removeprefix("/desk/hillside")
    page = chair.get(path)
    assert {"Staff must not bring dogs to school.", "Staff may bring guide dogs."} <= set(
        re.findall(r"</span> ([^<]+)</p>", page.text)
    )
    assert 'name="do"' not in page.text
    assert "/parts/" not in page.text
    head.post(f"{path}/publish", "ask", digest=digest(head, f"{path}/publish"))
    (key,) = set(re.findall(r'name="form_key" value="(\w+)"', chair.get("/approvals").text))
    form = {"form_key": key, "digest": digest(head, path), "title": "Cats", "section": "0", "passage": "0"}
    for do in ("drop", "about", "unmake-heading", "bring-back"):
        refused = chair.send(path, form | {"do": do})
        assert (refused.status_code, "Only those who prepare the policies" in words_of(refused)) == (400, True)
    assert chair.send(f"{path}/parts/1.1", form | {"do": "set-aside"}).status_code == 403
    assert hillside.parts.indexes.versions.draft("hillside", path.split("/")[2]).edits == 0


def test_the_office_prepares_and_does_not_decide(hillside: Desk) -> None:
    head, office = hillside.seat(), hillside.seat(PersonRole.OFFICE)
    bring_in(hillside, RULES.replace("must not accept friend requests from parents", "may accept friend requests from parents"))
    part, trial = f"{DRAFT}/parts/1.1", f"{DRAFT}/trial"
    assert not {"stance", "confirm"} & set(re.findall(r'name="do" value="([\w-]+)"', office.get(part).text))
    state = digest(office, part)
    for fields in ({"do": "confirm"}, {"do": "stance", "stance": "allowed", "binds": "staff", **REASON}):
        (key,) = set(re.findall(r'name="form_key" value="(\w+)"', office.get(part).text))
        refused = office.send(part, {"form_key": key, "digest": state, **fields})
        assert "Only the headteacher says what a clause makes of the matter" in words_of(refused)
    assert hillside.parts.indexes.versions.draft("hillside", "staff").digest == state
    group = re.findall(r'name="matter" value="([^"]+)"><input type="hidden" name="digest" value="(\w+)"', head.get(trial).text)
    for do in ("seen", "seen-all"):
        seen = office.send(
            trial, {"form_key": key, "do": do, "matter": [one for one, _ in group], "digest": [one for _, one in group]}
        )
        assert seen.status_code == 400
    for path, do in (
        (f"{DRAFT}/publish", "publish"),
        (f"{DRAFT}/publish", "ask"),
        ("/approvals", "settings"),
        ("/approvals", "approve"),
        (f"{AT}/versions/1", "roll-back"),
        (f"{AT}/versions/2/clauses/1.1", "stance"),
        (f"{AT}/review", "confirm"),
        (f"{AT}/announce", "announce"),
        ("/test-questions", "add"),
    ):
        sent = office.send(
            path, {"form_key": key, "do": do, "digest": state, "number": "2", "right": "1.1", "version": "2", **REASON}
        )
        assert sent.status_code in {400, 403}, (path, do)
    assert hillside.parts.proposals.settings("hillside") == ChairSettings()
    assert number_of(hillside) == 2
    assert [one.action for one in hillside.parts.audit.of("hillside")] == []


def test_what_was_approved_or_looked_at_is_not_what_it_became(hillside: Desk) -> None:
    head, chair = hillside.seat(), hillside.seat(PersonRole.CHAIR)
    hillside.parts.proposals.change_settings("hillside", ChairSettings(versions_need_chair=True), "headteacher 1")
    bring_in(hillside, RULES.replace("photographs", "pictures"))
    page = f"{DRAFT}/publish"
    state = digest(head, page)
    head.post(page, "ask", digest=state)
    form = dict(re.findall(r'name="(form_key|proposal)" value="(\w+)"', chair.get("/approvals").text))
    chair.send("/approvals", form | {"do": "approve"})
    assert "has approved this version" in head.words(page)
    fix(head, "1.1", "words", words="Staff should not accept friend requests from parents.", **REASON)
    changed = publish_draft(head)
    assert "It was changed since it was approved: ask the chair for it." in changed
    assert "The draft was changed since you looked at it" in words_of(head.post(page, "publish", digest=state))
    assert number_of(hillside) == 2
