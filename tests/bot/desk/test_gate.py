"""The gate of the desk: links that work once, sessions that end, forms of our own, and a role for every page."""

import re
from datetime import timedelta
from typing import Any

import pytest

from bot.desk.access import AT_DESK, IDLE, LINK_LASTS, NOT_YOURS, USED
from bot.desk.gate import CLOSED, COOKIE, LARGEST_FORM, STALE, TOO_LARGE
from bot.errors import BotError
from bot.people import PersonRole
from bot.ways_in import WaysIn
from tests.platforms.at_desk import ADDRESS, Desk, TestClient, words_of


def test_a_link_opens_the_desk_once_and_only_when_its_button_is_pressed(desk: Desk) -> None:
    link = f"/desk/enter/{desk.parts.desk.make_link(desk.enrol(PersonRole.HEADTEACHER))}"
    scanner, headteacher, thief = (TestClient(desk.app, base_url=ADDRESS) for _ in range(3))
    for _ in range(3):
        assert "Open the desk" in scanner.get(link).text
    assert scanner.cookies.get(COOKIE) is None
    assert headteacher.post(link).url.path == "/desk/hillside"
    for late in (thief.get(link), thief.post(link)):
        assert late.status_code == 410
        assert USED in words_of(late)
    assert thief.get("/desk/hillside").status_code == 401


def test_a_link_ends_after_ten_minutes(desk: Desk, clock: Any) -> None:
    link = f"/desk/enter/{desk.parts.desk.make_link(desk.enrol(PersonRole.HEADTEACHER))}"
    clock.wait(LINK_LASTS)
    assert TestClient(desk.app, base_url=ADDRESS).post(link).status_code == 410


def test_the_cookie_is_for_the_desk_alone_and_out_of_reach_of_scripts_and_other_sites(desk: Desk) -> None:
    link = f"/desk/enter/{desk.parts.desk.make_link(desk.enrol(PersonRole.HEADTEACHER))}"
    answer = TestClient(desk.app, base_url=ADDRESS).post(link, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/desk"} <= {part.strip() for part in cookie.split(";")}
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_session_ends_when_it_is_not_used_when_it_is_left_and_when_the_persons_access_ends(desk: Desk, clock: Any) -> None:
    idle, leaving, person = desk.seat(), desk.seat(), desk.enrol(PersonRole.HEADTEACHER)
    removed = desk.sign_in(person)
    for _ in range(3):
        clock.wait(IDLE - timedelta(minutes=1))
        assert [seat.get().status_code for seat in (idle, leaving, removed)] == [200] * 3
    token = leaving.client.cookies[COOKIE]
    assert "You have left the desk" in leaving.client.post("/desk/sign-out").text
    leaving.client.cookies.set(COOKIE, token, path="/desk")
    desk.parts.people.remove("hillside", person.id)
    assert [seat.get().status_code for seat in (idle, leaving, removed)] == [200, 401, 401]
    clock.wait(IDLE + timedelta(seconds=1))
    late = idle.get()
    assert (late.status_code, CLOSED in words_of(late)) == (401, True)


@pytest.mark.parametrize("role", sorted(set(PersonRole) - AT_DESK))
def test_others_get_no_link_and_a_session_ends_with_the_role(desk: Desk, role: PersonRole) -> None:
    with pytest.raises(BotError, match=re.escape(NOT_YOURS)):
        desk.parts.desk.make_link(desk.enrol(role))
    person = desk.enrol(PersonRole.HEADTEACHER, account="one")
    seat = desk.sign_in(person)
    desk.enrol(role, account="one")
    assert seat.get().status_code == 401


def test_an_administrator_finds_the_schools_of_the_trust_and_no_other(desk: Desk) -> None:
    trust = desk.enrol(PersonRole.ADMINISTRATOR, "hillside", "trust")
    desk.enrol(PersonRole.ADMINISTRATOR, "meadow", "trust")
    seat = desk.sign_in(trust)
    assert "Meadow School" in seat.words()
    seat.school = "meadow"
    assert seat.get().status_code == 200
    elsewhere = desk.sign_in(desk.enrol(PersonRole.ADMINISTRATOR, "hillside", "other trust"))
    desk.enrol(PersonRole.HEADTEACHER, "meadow", "other trust")
    assert "Meadow School" not in elsewhere.words()


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_of_another_page_does_nothing(desk: Desk, site: str) -> None:
    seat = desk.seat()
    refused = seat.client.post("/desk/sign-out", headers={"sec-fetch-site": site})
    assert (refused.status_code, seat.get().status_code) == (403, 200)
    for fields in ({"do": "bring-in"}, {"do": "bring-in", "form_key": "0" * 32}):
        answer = seat.send("/bring-in", fields)
        assert (answer.status_code, STALE in words_of(answer)) == (400, True)


def test_a_form_larger_than_any_of_ours_is_refused_in_a_sentence(desk: Desk) -> None:
    seat = desk.seat()
    headers = {"content-length": str(LARGEST_FORM + 1), "content-type": "application/x-www-form-urlencoded"}
    answer = seat.client.post("/desk/hillside/bring-in", headers=headers, content=b"")
    assert (answer.status_code, TOO_LARGE in words_of(answer)) == (400, True)


def test_desk_gives_a_link_in_private_only_and_only_to_whom_it_is_for(chat_of: Any, clock: Any) -> None:
    chat = chat_of(ways=WaysIn("https://policies.hillside.example", None))
    person = chat.join()
    assert NOT_YOURS in chat.told("/desk")
    chat.parts.people.enrol(chat.parts.people.invite("hillside", PersonRole.HEADTEACHER)[1], person.channel, person.account)
    told = chat.told("/desk")
    (token,) = re.findall(r"https://policies\.hillside\.example/desk/enter/(\S+)", told)
    assert chat.parts.desk.enter(token).person.id == person.id
    assert "/desk/enter/" not in " ".join(str(reply) for reply in chat.say("/desk", private=False))
    assert "opens the pages on which your school keeps its policies" in chat.told("/help")
