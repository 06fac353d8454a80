"""The pages of people: whom each role invites, whose access it ends, what is shown once, and what nobody does by mistake."""

import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from bot.admission import OWN_ACCESS
from bot.audit import Action
from bot.desk.people import GONE, NOT_OPEN
from bot.people import MAY_INVITE, SLACK, WEB, PersonRole
from tests.platforms.at_desk import Desk, Seat, words_of

CODE = r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b"


def codes(answer: Any) -> list[str]:
    """Return the codes that a page shows."""
    return re.findall(rf'class="code">({CODE})<', answer.text)


def key(seat: Seat) -> str:
    """Return what makes forms somebody's own."""
    return re.findall(r'name="form_key" value="(\w+)"', seat.get("/people/invite").text)[0]


def actions(desk: Desk) -> list[tuple[Action, str | None]]:
    return [(Action(entry.action), entry.object) for entry in desk.parts.audit.of("hillside")]


def test_a_code_is_shown_once_with_its_link_and_lets_one_person_in_until_tonight(desk: Desk) -> None:
    office = desk.seat(PersonRole.OFFICE)
    made = office.post("/people/invite", "invite", role="staff", until="tonight", names="")
    (code,) = codes(made)
    assert f"https://policies.hillside.example/join?code={code}" in made.text
    assert f"https://t.me/hillside_bot?start={code}" in made.text
    assert made.text.count("<svg") == 1
    assert "style=" not in made.text
    (invitation,) = desk.parts.people.invitations("hillside")
    assert actions(desk) == [(Action.INVITED, str(invitation.id))]
    assert code not in office.get("/people").text
    person = desk.parts.people.enrol(code, WEB, "supply")
    assert (person.role, person.until) == (PersonRole.STAFF, datetime(2026, 11, 23, 23, 59, 59))  # noqa: DTZ001
    assert f"Invitation {invitation.id}, a member of staff" in office.words("/people")
    assert "until Monday 23 November 2026, 23:59" in office.words("/people")


def test_a_pasted_list_gives_everybody_a_code_and_a_wrong_one_nobody(desk: Desk) -> None:
    headteacher = desk.seat()
    wrong = headteacher.post(
        "/people/invite", "invite", role="dsl", names="Mrs Zimmerman\r\nMr B, ofice", until="day", day="2026-12-18"
    )
    assert wrong.status_code == 400
    assert "Line 2: “ofice” is no role" in words_of(wrong)
    assert "Mrs Zimmerman" in wrong.text
    assert 'value="2026-12-18"' in wrong.text
    assert 'value="dsl" checked' in wrong.text
    assert desk.parts.people.invitations("hillside") == []
    late = headteacher.post("/people/invite", "invite", role="staff", until="day", day="2026-11-20")
    assert "The pass would end before it begins: give a later day." in words_of(late)
    made = headteacher.post("/people/invite", "invite", role="dsl", names="Mrs Zimmerman\r\nMr B, office", until="")
    assert len(codes(made)) == 2
    assert re.search(r"Mrs Zimmerman Invitation \d+, a safeguarding lead", words_of(made))
    assert [one.role for one in desk.parts.people.invitations("hillside")] == [PersonRole.DSL, PersonRole.OFFICE]
    with desk.parts.indexes.versions.engine.connect() as connection:
        tables = connection.scalars(text("select name from sqlite_master where type = 'table'")).all()
        kept = [connection.execute(text(f"select * from {name}")).all() for name in tables]  # noqa: S608  the names are ours
    assert "Zimmerman" not in str(kept)


@pytest.mark.parametrize("role", sorted(MAY_INVITE))
def test_each_role_invites_those_that_it_may_and_no_others_nor_by_a_list(desk: Desk, role: PersonRole) -> None:
    seat, given = desk.seat(role), set()
    offered = set(re.findall(r'name="role" value="(\w+)"', seat.get("/people/invite").text))
    for wanted in PersonRole:
        if codes(seat.post("/people/invite", "invite", role=min(MAY_INVITE[role]), names=f"A\nB, {wanted}")):
            given.add(wanted)
    assert given == offered == MAY_INVITE[role]


def test_ending_access_asks_once_more_and_names_them(desk: Desk) -> None:
    office, headteacher = desk.enrol(PersonRole.OFFICE), desk.enrol(PersonRole.HEADTEACHER)
    left, stays = desk.enrol(PersonRole.STAFF), desk.enrol(PersonRole.STAFF)
    slack = desk.parts.people.admit("hillside", SLACK, "U1")
    assert slack
    seat = desk.sign_in(office)
    ticked = re.findall(r'name="person" value="(\d+)"', seat.get("/people").text)
    assert ticked == [str(person.id) for person in (left, stays, slack)]
    assert "No invitation: let in by your school's Slack, a member of staff" in seat.words("/people")
    ending = f"/people/end?person={left.id}&person={slack.id}"
    asked = seat.words(ending)
    assert f"Person {left.id}, invitation {left.invitation}: a member of staff, on the chat page" in asked
    assert len(desk.parts.people.of("hillside")) == 5
    assert "2 people can no longer ask here." in words_of(seat.post(ending, "end"))
    assert [person.id for person in desk.parts.people.of("hillside")] == [office.id, headteacher.id, stays.id]
    assert desk.parts.people.admit("hillside", SLACK, "U1") is None
    assert set(actions(desk)) == {(Action.ENDED_ACCESS, str(left.id)), (Action.ENDED_ACCESS, str(slack.id))}

    assert "Nobody is ticked" in seat.words("/people/end")
    elsewhere = desk.enrol(PersonRole.STAFF, "meadow")
    own = key(seat)
    for query, told in (
        (f"person={office.id}", OWN_ACCESS),
        (f"person={stays.id}&person={headteacher.id}", "You cannot end the access of the headteacher"),
        (f"person={left.id}", GONE),
        (f"person={elsewhere.id}", GONE),
        ("", "Nobody is ticked."),
    ):
        refused = seat.send(f"/people/end?{query}", {"form_key": own, "do": "end"})
        assert (refused.status_code, told in words_of(refused)) == (400, True), query
    assert len(desk.parts.people.of("hillside")) == 3


def test_an_invitation_is_taken_back_by_those_who_could_have_made_it(desk: Desk) -> None:
    office = desk.seat(PersonRole.OFFICE)
    (one, _), (other, _) = desk.parts.people.invite_all("hillside", [PersonRole.STAFF, PersonRole.HEADTEACHER])
    own = key(office)
    refused = office.send("/people", {"form_key": own, "do": "take-back", "invitation": str(other.id)})
    assert (refused.status_code, "You cannot invite somebody as headteacher" in words_of(refused)) == (400, True)
    done = office.post("/people", "take-back", invitation=str(one.id))
    assert f"Invitation {one.id} cannot be used any more." in words_of(done)
    assert [found.id for found in desk.parts.people.invitations("hillside")] == [other.id]
    again = office.send("/people", {"form_key": own, "do": "take-back", "invitation": str(one.id)})
    assert (again.status_code, NOT_OPEN in words_of(again)) == (400, True)
    assert actions(desk) == [(Action.TOOK_BACK_INVITATION, str(one.id))]


def test_the_chair_sees_and_replaces_the_headteacher_and_nobody_else(desk: Desk) -> None:
    gone, staff = desk.enrol(PersonRole.HEADTEACHER), desk.enrol(PersonRole.STAFF)
    old = desk.sign_in(gone)
    waiting, _ = desk.parts.people.invite("hillside", PersonRole.HEADTEACHER)
    desk.parts.people.invite("hillside", PersonRole.STAFF)
    chair = desk.seat(PersonRole.CHAIR)
    assert re.findall(r'name="person" value="(\d+)"', chair.get("/people").text) == [str(gone.id)]
    assert re.findall(r'name="invitation" value="(\d+)"', chair.get("/people").text) == [str(waiting.id)]
    assert GONE in words_of(chair.get(f"/people/end?person={staff.id}"))
    asked = chair.words("/people/headteacher")
    assert f"Ends: person {gone.id}" in asked
    assert f"Cannot be used any more: invitation {waiting.id}" in asked
    assert old.get().status_code == 200
    (code,) = codes(chair.post("/people/headteacher", "replace"))
    assert old.get().status_code == 401
    new = desk.parts.people.enrol(code, WEB, "new head")
    assert new.role is PersonRole.HEADTEACHER
    assert actions(desk) == [
        (Action.ENDED_ACCESS, str(gone.id)),
        (Action.TOOK_BACK_INVITATION, str(waiting.id)),
        (Action.INVITED, str(new.invitation)),
    ]


def test_the_staffroom_sheet_is_styled_by_a_file_of_ours(desk: Desk) -> None:
    office = desk.seat(PersonRole.OFFICE)
    sheet = office.get("/people/sheet").text
    assert "<style" not in sheet
    (css,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', sheet)
    assert "@page" in office.client.get(css).text
    assert "https://policies.hillside.example/join" in sheet
    assert "@hillside_bot" in sheet
