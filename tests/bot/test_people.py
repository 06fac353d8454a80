"""People: invited, enrolled, removed; their sessions; and that one school never reaches another's."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from bot.errors import BotError
from bot.people import INVITATION_LASTS, OWN_IDLE, SHARED_IDLE, SLACK, WEB, People, Person, PersonRole, from_trail
from bot.tables import invitations, sessions
from corpus.versions import School, Versions

if TYPE_CHECKING:
    from tests.conftest import Clock

START = datetime.fromisoformat("2026-11-23T08:30")
MINUTE = timedelta(minutes=1)
NOT_VALID = "That code is not valid, or somebody has used it: ask your school office for a new one."


@pytest.fixture
def people(store: Versions, clock: "Clock") -> People:
    store.add_school(School("meadow", "Meadow School", "Meadow"))
    return People(store.engine, clock)


def refusal(run: Callable[[], object]) -> str:
    with pytest.raises(BotError) as refused:
        run()
    return str(refused.value)


def at(people: People, channel: str, account: str) -> list[Person | None]:
    """Return somebody's access by an account: one person a school."""
    return [one.person for one in people.access(channel, account)]


def ended(people: People, channel: str, account: str) -> set[str]:
    """Return the schools of these tests at which an account's access has ended."""
    return {one.school.id for one in people.access(channel, account, ["hillside", "meadow"]) if one.ended}


def test_whoever_takes_an_invitation_may_ask_at_that_school_only(people: People) -> None:
    _, code = people.invite("hillside", PersonRole.STAFF)
    assert at(people, "telegram", "77") == []
    person = people.enrol(code, "telegram", "77")
    assert (person.school_id, person.role, person.since, person.until) == ("hillside", PersonRole.STAFF, START, None)
    assert at(people, "telegram", "77") == [person]
    assert at(people, "telegram", "78") == at(people, WEB, "77") == []


def test_an_invitation_serves_one_person(people: People) -> None:
    _, code = people.invite("hillside", PersonRole.STAFF)
    people.enrol(code, "telegram", "77")
    assert refusal(lambda: people.enrol(code, "telegram", "78")) == NOT_VALID
    assert people.invitations("hillside") == []


def test_an_invitation_waits_seven_days(people: People, clock: "Clock") -> None:
    _, first = people.invite("hillside", PersonRole.STAFF)
    _, second = people.invite("hillside", PersonRole.STAFF)
    clock.wait(INVITATION_LASTS - MINUTE)
    people.enrol(first, "telegram", "77")
    clock.wait(MINUTE)
    assert refusal(lambda: people.enrol(second, "telegram", "78")) == NOT_VALID
    assert people.invitations("hillside") == []


def test_an_invitation_can_be_taken_back_by_its_own_school_only(people: People) -> None:
    invitation, code = people.invite("hillside", PersonRole.STAFF)
    assert "has no open invitation" in refusal(lambda: people.revoke("meadow", invitation.id))
    assert people.invitations("hillside") == [invitation]
    people.revoke("hillside", invitation.id)
    assert refusal(lambda: people.enrol(code, "telegram", "77")) == NOT_VALID
    assert "has no open invitation" in refusal(lambda: people.revoke("hillside", invitation.id))


@pytest.mark.parametrize("typed", ["{code}", " {code} ", "{small}", "{bare}", "{spaced}"])
def test_a_code_may_be_typed_as_people_type(people: People, typed: str) -> None:
    _, code = people.invite("hillside", PersonRole.STAFF)
    as_typed = typed.format(code=code, small=code.lower(), bare=code.replace("-", ""), spaced=code.replace("-", " "))
    assert people.enrol(as_typed, WEB, "1").school_id == "hillside"


@pytest.mark.parametrize("typed", ["", "-", "AAAAA-AAAAA", "x" * 5000, "\x00", "Jürgen"])
def test_what_is_no_code_is_refused_in_the_same_words(people: People, typed: str) -> None:
    people.invite("hillside", PersonRole.STAFF)
    assert refusal(lambda: people.enrol(typed, WEB, "1")) == NOT_VALID


def test_no_code_or_token_stands_in_the_store(people: People, store: Versions) -> None:
    _, code = people.invite("hillside", PersonRole.STAFF)
    _, taken = people.invite("hillside", PersonRole.STAFF)
    token = people.open_session(people.enrol(taken, WEB, "1"), shared=False)
    with store.engine.connect() as connection:
        kept = " ".join(str(row) for table in (invitations, sessions) for row in connection.execute(select(table)))
    assert not any(secret in kept for secret in (code, code.replace("-", ""), token))


def test_a_pass_ends_by_itself(people: People, clock: "Clock") -> None:
    _, code = people.invite("hillside", PersonRole.STAFF, START + timedelta(hours=8))
    person = people.enrol(code, "telegram", "77")
    token = people.open_session(person, shared=False)
    clock.wait(timedelta(hours=8) - MINUTE)
    assert at(people, "telegram", "77") == [person]
    assert people.in_session(token) == person
    clock.wait(MINUTE)
    assert at(people, "telegram", "77") == []
    assert people.in_session(token) is None
    assert people.of("hillside") == [person]


def test_a_pass_that_would_have_ended_already_is_refused(people: People) -> None:
    assert refusal(lambda: people.invite("hillside", PersonRole.STAFF, START)) == (
        "The pass would end before it begins: give a later day."
    )


def test_there_is_no_invitation_to_a_school_that_there_is_not(people: People) -> None:
    assert "There is no school called nowhere" in refusal(lambda: people.invite("nowhere", PersonRole.STAFF))


def test_many_are_invited_at_once_each_with_a_role_and_a_code_of_their_own(people: People) -> None:
    made = people.invite_all("hillside", [PersonRole.STAFF, PersonRole.OFFICE, PersonRole.STAFF])
    assert people.invitations("hillside") == [invitation for invitation, _ in made]
    roles = [people.enrol(code, "telegram", str(number)).role for number, (_, code) in enumerate(made)]
    assert roles == [PersonRole.STAFF, PersonRole.OFFICE, PersonRole.STAFF]


def test_the_number_of_an_invitation_is_given_once_and_stays_with_who_took_it(people: People) -> None:
    numbers = []
    for account in "123":
        invitation, code = people.invite("hillside", PersonRole.STAFF)
        person = people.enrol(code, "telegram", account)
        people.remove("hillside", person.id)
        numbers.append(invitation.id)
        assert person.invitation == invitation.id
    assert len(set(numbers)) == 3
    assert people.admit("hillside", "slack", "1") == at(people, "slack", "1")[0]
    assert at(people, "slack", "1")[0].invitation is None


def test_where_one_of_many_cannot_be_invited_nobody_is(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "choice", lambda alphabet: alphabet[0])  # the second code is the first, which the store refuses
    with pytest.raises(IntegrityError):
        people.invite_all("hillside", [PersonRole.STAFF, PersonRole.STAFF])
    assert people.invitations("hillside") == []


def test_a_second_invitation_to_the_same_school_changes_the_role_and_the_pass(people: People) -> None:
    _, supply = people.invite("hillside", PersonRole.STAFF, START + timedelta(hours=8))
    _, office = people.invite("hillside", PersonRole.OFFICE)
    first = people.enrol(supply, "telegram", "77")
    second = people.enrol(office, "telegram", "77")
    assert (second.id, second.role, second.until) == (first.id, PersonRole.OFFICE, None)
    assert people.of("hillside") == [second]


def test_somebody_may_be_at_two_schools_and_leave_one(people: People) -> None:
    for school in ("hillside", "meadow"):
        people.enrol(people.invite(school, PersonRole.STAFF)[1], "telegram", "77")
    hillside, meadow = at(people, "telegram", "77")
    people.remove("hillside", hillside.id)
    assert at(people, "telegram", "77") == [meadow]


def test_one_school_cannot_remove_anothers_people_or_see_them(people: People) -> None:
    person = people.enrol(people.invite("hillside", PersonRole.STAFF)[1], WEB, "1")
    token = people.open_session(person, shared=False)
    assert people.of("meadow") == []
    assert "meadow has no person" in refusal(lambda: people.remove("meadow", person.id))
    assert people.in_session(token) == person


def test_removing_somebody_ends_their_sessions_at_once(people: People) -> None:
    person = people.enrol(people.invite("hillside", PersonRole.STAFF)[1], WEB, "1")
    token = people.open_session(person, shared=False)
    people.remove("hillside", person.id)
    assert people.in_session(token) is None
    assert at(people, WEB, "1") == []


def enrolled(people: People, role: PersonRole, channel: str, account: str, school: str = "hillside") -> Person:
    return people.enrol(people.invite(school, role)[1], channel, account)


def test_several_are_removed_at_once_or_nobody(people: People) -> None:
    one, two, three = (enrolled(people, PersonRole.STAFF, "telegram", str(number)) for number in range(3))
    elsewhere = enrolled(people, PersonRole.STAFF, "telegram", "9", "meadow")
    assert refusal(lambda: people.remove("hillside", one.id, elsewhere.id, 99)) == (
        f"hillside has no person {elsewhere.id} or 99, so nobody was removed: `policybot people --school hillside` lists them."
    )
    assert people.of("hillside") == [one, two, three]
    people.remove("hillside", one.id, three.id)
    assert people.of("hillside") == [two]
    assert people.of("meadow") == [elsewhere]


def test_a_headteacher_is_replaced_with_her_sessions_and_every_invitation_to_be_it(people: People) -> None:
    on_web = enrolled(people, PersonRole.HEADTEACHER, WEB, "1")
    token = people.open_session(on_web, shared=False)
    enrolled(people, PersonRole.HEADTEACHER, "telegram", "1")
    enrolled(people, PersonRole.HEADTEACHER, "slack", "1")
    _, waiting = people.invite("hillside", PersonRole.HEADTEACHER)
    office = enrolled(people, PersonRole.OFFICE, WEB, "2")
    staff, _ = people.invite("hillside", PersonRole.STAFF)
    done = people.replace_headteacher("hillside")
    assert (done.people, done.invitations, done.invitation.role) == (3, 1, PersonRole.HEADTEACHER)
    assert people.in_session(token) is None
    assert people.of("hillside") == [office]
    assert people.admit("hillside", "slack", "1") is None
    assert refusal(lambda: people.enrol(waiting, "telegram", "3")) == NOT_VALID
    assert people.invitations("hillside") == [staff, done.invitation]
    assert people.enrol(done.code, "telegram", "3").role is PersonRole.HEADTEACHER


def test_replacing_a_headteacher_leaves_the_other_school_alone(people: People) -> None:
    other = enrolled(people, PersonRole.HEADTEACHER, WEB, "1", "meadow")
    waiting, _ = people.invite("meadow", PersonRole.HEADTEACHER)
    done = people.replace_headteacher("hillside")
    assert (done.people, done.invitations) == (0, 0)
    assert people.of("meadow") == [other]
    assert people.invitations("meadow") == [waiting]
    assert "There is no school called nowhere" in refusal(lambda: people.replace_headteacher("nowhere"))


def test_where_the_new_invitation_cannot_be_made_the_headteacher_stays(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    head = enrolled(people, PersonRole.HEADTEACHER, WEB, "1")
    token = people.open_session(head, shared=False)
    _, code = people.invite("hillside", PersonRole.STAFF)
    letters = iter(code.replace("-", ""))
    monkeypatch.setattr(secrets, "choice", lambda _alphabet: next(letters))  # the same code again, which the store refuses
    with pytest.raises(IntegrityError):
        people.replace_headteacher("hillside")
    assert people.in_session(token) == head


def test_when_somebody_was_last_on_the_chat_page_is_known_while_they_are_signed_in(people: People, clock: "Clock") -> None:
    person = enrolled(people, PersonRole.STAFF, WEB, "1")
    enrolled(people, PersonRole.STAFF, "telegram", "1")
    assert people.last_seen("hillside") == {}
    people.open_session(person, shared=False)
    clock.wait(timedelta(days=1))
    people.open_session(person, shared=False)
    assert people.last_seen("hillside") == {person.id: START + timedelta(days=1)}
    assert people.last_seen("meadow") == {}


@pytest.mark.parametrize(("shared", "idle"), [(False, OWN_IDLE), (True, SHARED_IDLE)])
def test_a_session_lasts_while_it_is_used_and_ends_when_idle(
    people: People, clock: "Clock", shared: bool, idle: timedelta
) -> None:
    person = people.enrol(people.invite("hillside", PersonRole.STAFF)[1], WEB, "1")
    token = people.open_session(person, shared=shared)
    for _ in range(3):
        clock.wait(idle - MINUTE)
        assert people.in_session(token) == person
    clock.wait(idle + MINUTE)
    assert people.in_session(token) is None


def test_a_page_that_asks_by_itself_does_not_keep_a_session_from_ending(people: People, clock: "Clock") -> None:
    person = people.enrol(people.invite("hillside", PersonRole.STAFF)[1], WEB, "1")
    token = people.open_session(person, shared=True)
    for _ in range(int(SHARED_IDLE / MINUTE)):
        clock.wait(MINUTE)
        assert people.in_session(token, used=False) == person
    clock.wait(MINUTE)
    assert people.in_session(token, used=False) is None


def test_a_session_can_be_ended_and_another_stays(people: People) -> None:
    person = people.enrol(people.invite("hillside", PersonRole.STAFF)[1], WEB, "1")
    one, other = (people.open_session(person, shared=False) for _ in range(2))
    people.end_session(one)
    people.end_session(one)
    assert people.in_session(one) is None
    assert people.in_session(other) == person
    assert people.in_session("nonsense") is None


def test_sessions_that_have_ended_are_cleared_away(people: People, store: Versions, clock: "Clock") -> None:
    person = people.enrol(people.invite("hillside", PersonRole.STAFF)[1], WEB, "1")
    people.open_session(person, shared=True)
    clock.wait(SHARED_IDLE)
    people.open_session(person, shared=True)
    with store.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(sessions)) == 1


# Workspaces that say themselves who is staff


def test_whom_a_workspace_lets_in_is_staff_once_however_often_she_writes(people: People) -> None:
    person = people.admit("hillside", SLACK, "U1")
    assert person
    assert (person.school_id, person.role, person.since, person.until) == ("hillside", PersonRole.STAFF, START, None)
    assert people.admit("hillside", SLACK, "U1") == person
    assert people.of("hillside") == [person]


def test_a_workspace_does_not_change_the_role_or_the_pass_that_an_invitation_gave(people: People) -> None:
    _, code = people.invite("hillside", PersonRole.OFFICE, START + timedelta(hours=1))
    person = people.enrol(code, SLACK, "U1")
    assert people.admit("hillside", SLACK, "U1") == person


def test_many_messages_at_once_of_somebody_new_make_one_person(people: People) -> None:
    with ThreadPoolExecutor(8) as threads:
        admitted = set(threads.map(lambda _: people.admit("hillside", SLACK, "U1"), range(24)))
    assert admitted == set(people.of("hillside"))
    assert len(admitted) == 1


def test_whom_a_workspace_would_let_in_again_stays_out_once_removed_until_a_new_code(people: People) -> None:
    person = people.admit("hillside", SLACK, "U1")
    assert person
    people.remove("hillside", person.id)
    assert people.admit("hillside", SLACK, "U1") is None
    assert people.of("hillside") == at(people, SLACK, "U1") == []
    assert ended(people, SLACK, "U1") == {"hillside"}
    assert "has no person" in refusal(lambda: people.remove("hillside", person.id))
    again = people.enrol(people.invite("hillside", PersonRole.STAFF)[1], SLACK, "U1")
    assert people.admit("hillside", SLACK, "U1") == again
    assert ended(people, SLACK, "U1") == set()


def test_whose_pass_is_over_is_not_let_in_by_the_workspace(people: People, clock: "Clock") -> None:
    people.enrol(people.invite("hillside", PersonRole.STAFF, START + MINUTE)[1], SLACK, "U1")
    clock.wait(MINUTE)
    assert people.admit("hillside", SLACK, "U1") is None
    assert ended(people, SLACK, "U1") == {"hillside"}


def test_removing_somebody_elsewhere_leaves_nothing_of_her(people: People) -> None:
    person = people.enrol(people.invite("hillside", PersonRole.STAFF)[1], "telegram", "77")
    people.remove("hillside", person.id)
    assert ended(people, "telegram", "77") == set()


def test_an_invitation_may_be_bound_to_schools_and_is_not_used_up_outside_them(people: People) -> None:
    _, code = people.invite("meadow", PersonRole.STAFF)
    for within in ([], ["hillside"]):
        assert refusal(lambda within=within: people.enrol(code, SLACK, "U1", within)) == NOT_VALID
    assert people.enrol(code, SLACK, "U1", ["hillside", "meadow"]).school_id == "meadow"


def test_of_many_who_take_one_invitation_at_once_one_gets_in(people: People) -> None:
    _, code = people.invite("hillside", PersonRole.STAFF)

    def take(account: int) -> bool:
        try:
            people.enrol(code, "telegram", str(account))
        except BotError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(take, range(24))) == 1
    assert len(people.of("hillside")) == 1


def test_the_school_chosen_last_is_told_apart(people: People, clock: "Clock") -> None:
    both = [people.enrol(people.invite(school, PersonRole.STAFF)[1], "telegram", "77") for school in ("hillside", "meadow")]
    for person in (*both, both[0]):
        clock.wait(MINUTE)
        people.choose(person)
    hillside, meadow = at(people, "telegram", "77")
    assert hillside.chosen_at
    assert meadow.chosen_at
    assert hillside.chosen_at > meadow.chosen_at


@pytest.mark.parametrize("role", PersonRole)
def test_the_trail_s_name_of_somebody_is_read_as_their_role_and_number(role: PersonRole) -> None:
    person = Person(12, "hillside", WEB, "a", role, START, None)
    assert from_trail(person.in_trail) == (role, 12)


@pytest.mark.parametrize("who", ["command line: headteacher 12", "command line: 12", "headteacher", "caretaker 12", "12", ""])
def test_whom_the_trail_names_who_is_none_of_the_school_s_people_has_no_number(who: str) -> None:
    assert from_trail(who) is None
