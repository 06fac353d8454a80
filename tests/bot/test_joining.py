"""The door to the chat page outside the demo: joining by a code, asking of one's own school, leaving; and strangers."""

import re
import warnings
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any, Never

import pytest
from sqlalchemy import Row, Table, select
from starlette.applications import Starlette

from bot.assembly import assemble
from bot.bootstrap import Indexes
from bot.clock import now_utc
from bot.joining import COOKIE, ENDED, MOST_TRIES
from bot.notices import NoticeKind
from bot.people import WEB, People, PersonRole
from bot.schema import open_store
from bot.tables import events, notices, questions
from corpus.tables import sqlite_url
from corpus.tenancy import owning, writing_at
from corpus.versions import School, Versions
from retrieval.knowledge import Knowledge

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have httpx2, which is not what this project has
    from starlette.testclient import TestClient

FRIENDS = "can I accept a parent's friend request?"
MEADOW_ONLY = "Meadow School"


@pytest.fixture
def people(store: Versions, small_document: Callable[..., str]) -> People:
    from corpus.building import build_policy

    store.add_school(School("meadow", MEADOW_ONLY, "Meadow"))
    for school, rule in (
        ("hillside", "Staff must not accept friend requests from parents."),
        ("meadow", "Staff must wear badges."),
    ):
        source = small_document("Staff policy", rule, "May 2024")
        store.save_draft(build_policy(source, school=school, slug="staff", title=None, source_name="staff"), source)
        store.publish(school, "staff", "the headteacher")
    return People(store.engine, now_utc)


@pytest.fixture
def visit(
    store: Versions, people: People, knowledge: Knowledge, chat_app: Callable[..., Starlette]
) -> Iterator[Callable[[], TestClient]]:
    app = chat_app(Indexes(store, knowledge), joined=True)
    clients: list[TestClient] = []

    def client() -> TestClient:
        clients.append(TestClient(app, base_url="http://127.0.0.1:8080"))
        return clients[-1]

    yield client
    for one in clients:
        one.close()


def join(client: TestClient, people: People, school: str = "hillside", **form: str) -> None:
    _, code = people.invite(school, PersonRole.STAFF)
    response = client.post("/join", data={"code": code, **form}, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/chat")


def test_a_stranger_is_led_to_the_door_and_sees_nothing_of_any_school(visit: Callable[[], TestClient]) -> None:
    client = visit()
    assert client.get("/chat", follow_redirects=False).headers["location"] == "/join"
    seen = client.get("/chat").text
    assert "Your code" in seen
    assert "Hillside" not in seen
    assert MEADOW_ONLY not in seen
    assert "ring 999" in seen


def test_a_stranger_who_asks_is_told_to_ask_the_office_and_is_quoted_nothing(visit: Callable[[], TestClient]) -> None:
    response = visit().post("/chat", data={"school": "hillside", "question": FRIENDS})
    assert response.status_code == 401
    assert ENDED in unescape(response.text)
    assert "friend requests" not in response.text


@pytest.mark.parametrize("question", ["", " ", "x" * 30_000, "\x00\u202e", "помогите", "👍"])
def test_whatever_a_stranger_sends_is_answered_with_one_sentence(visit: Callable[[], TestClient], question: str) -> None:
    response = visit().post("/chat", data={"question": question})
    assert response.status_code in (400, 401)
    assert "<h3>" in response.text


def test_a_stranger_who_fears_for_a_child_is_given_the_national_numbers_and_no_name(visit: Callable[[], TestClient]) -> None:
    response = visit().post("/chat", data={"school": "hillside", "question": "a boy has told me his dad beats him every night"})
    assert response.status_code == 200
    assert "999" in response.text
    assert "Hillside" not in response.text


def test_whoever_joins_asks_of_that_school_whatever_the_form_says(visit: Callable[[], TestClient], people: People) -> None:
    client = visit()
    join(client, people)
    page = client.get("/chat").text
    assert "You ask of Hillside Primary School." in page
    assert MEADOW_ONLY not in page
    answer = unescape(client.post("/chat", data={"school": "meadow", "question": FRIENDS}).text)
    assert "friend requests from parents" in answer
    assert "badges" not in answer


def test_whoever_joins_is_asked_to_read_what_the_school_asks_all_to_read(
    visit: Callable[[], TestClient], people: People, store: Versions, knowledge: Knowledge
) -> None:
    announcements = assemble(Indexes(store, knowledge), b"k" * 32).announcements
    with writing_at(store.engine, "hillside") as connection:
        options: dict[str, Any] = {"since": None, "own": "", "to_confirm": True, "who": "headteacher 1"}
        announcements.announce(connection, "hillside", "staff", 1, **options)
    assert kept(store, notices) == []
    join(visit(), people)
    join(visit(), people, "meadow")
    (notice,) = kept(store, notices)
    assert (notice.school_id, notice.kind) == ("hillside", NoticeKind.ANNOUNCED)


def test_the_code_of_a_link_stands_in_the_form_escaped(visit: Callable[[], TestClient]) -> None:
    assert 'value="ABCDE-FGHJK"' in visit().get("/join?code=ABCDE-FGHJK").text
    assert "<script>" not in visit().get("/join?code=%22%3E%3Cscript%3E").text


def test_a_wrong_code_is_refused_in_one_sentence_and_stays_to_be_mended(visit: Callable[[], TestClient]) -> None:
    response = visit().post("/join", data={"code": "ABCDE-FGHJK"})
    assert response.status_code == 400
    assert "That code is not valid" in response.text
    assert 'value="ABCDE-FGHJK"' in response.text
    assert COOKIE not in response.headers.get("set-cookie", "")


def test_codes_cannot_be_tried_without_end(visit: Callable[[], TestClient], people: People) -> None:
    client = visit()
    statuses = [client.post("/join", data={"code": f"AAAAA-AAAA{number}"}).status_code for number in range(MOST_TRIES + 2)]
    assert statuses == [400] * MOST_TRIES + [429] * 2
    _, code = people.invite("hillside", PersonRole.STAFF)
    assert client.post("/join", data={"code": code}).status_code == 429
    assert people.invitations("hillside")


@pytest.mark.parametrize(("form", "lasts"), [({}, True), ({"shared": "yes"}, False)])
def test_the_session_outlives_the_browser_only_on_ones_own_device(
    visit: Callable[[], TestClient], people: People, form: dict[str, str], lasts: bool
) -> None:
    _, code = people.invite("hillside", PersonRole.STAFF)
    cookie = visit().post("/join", data={"code": code, **form}, follow_redirects=False).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert ("max-age" in cookie) is lasts


def test_the_cookie_is_for_https_where_the_page_is(
    store: Versions, people: People, knowledge: Knowledge, chat_app: Callable[..., Starlette]
) -> None:
    with TestClient(chat_app(Indexes(store, knowledge), joined=True, secure=True), base_url="http://127.0.0.1:8080") as client:
        _, code = people.invite("hillside", PersonRole.STAFF)
        cookie = client.post("/join", data={"code": code}, follow_redirects=False).headers["set-cookie"].lower()
    assert "secure" in cookie


def test_signing_out_ends_the_session_and_leaving_the_access(visit: Callable[[], TestClient], people: People) -> None:
    one, other = visit(), visit()
    join(one, people)
    join(other, people)
    assert "You are signed out" in one.post("/sign-out").text
    assert one.get("/chat", follow_redirects=False).headers["location"] == "/join"
    assert len(people.of("hillside")) == 2
    assert "You have left" in other.post("/leave").text
    assert other.get("/chat", follow_redirects=False).headers["location"] == "/join"
    assert len(people.of("hillside")) == 1


def test_whoever_is_removed_is_out_at_once(visit: Callable[[], TestClient], people: People) -> None:
    client = visit()
    join(client, people)
    (person,) = people.of("hillside")
    assert person.channel == WEB
    people.remove("hillside", person.id)
    response = client.post("/chat", data={"question": FRIENDS}, headers={"x-requested-with": "fetch"})
    assert response.status_code == 401
    assert "must not" not in response.text


@pytest.mark.parametrize("path", ["/chat", "/join", "/sign-out", "/leave"])
def test_a_form_that_another_site_sends_is_refused(visit: Callable[[], TestClient], people: People, path: str) -> None:
    client = visit()
    join(client, people)
    response = client.post(path, data={"question": FRIENDS}, headers={"sec-fetch-site": "cross-site"})
    assert response.status_code == 403
    assert client.get("/chat", follow_redirects=False).status_code == 200


def test_leaving_without_a_session_harms_nobody(visit: Callable[[], TestClient], people: People) -> None:
    join(visit(), people)
    assert visit().post("/leave").status_code == 200
    assert len(people.of("hillside")) == 1


def test_two_visitors_of_two_schools_are_kept_apart(visit: Callable[[], TestClient], people: People) -> None:
    hillside, meadow = visit(), visit()
    join(hillside, people, "hillside")
    join(meadow, people, "meadow")
    pages = [unescape(client.post("/chat", data={"question": FRIENDS}).text) for client in (hillside, meadow)]
    assert "friend requests from parents" in pages[0]
    assert "friend requests from parents" not in pages[1]
    assert not re.search("Hillside", pages[1])


def test_a_store_made_before_there_were_people_gets_them(tmp_path: Path) -> None:
    from alembic import command

    from bot.migrations import alembic_config
    from corpus.tables import open_engine

    engine = open_engine(sqlite_url(tmp_path))
    config = alembic_config()
    with owning(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    Versions(engine, now_utc).add_school(School("hillside", "Hillside", "Hillside"))
    engine.dispose()
    upgraded = open_store(sqlite_url(tmp_path))
    people = People(upgraded, now_utc)
    assert people.enrol(people.invite("hillside", PersonRole.STAFF)[1], WEB, "1").school_id == "hillside"
    upgraded.dispose()


def test_a_store_made_before_invitations_had_numbers_of_their_own_keeps_them(tmp_path: Path) -> None:
    from alembic import command

    from bot.migrations import alembic_config
    from corpus.tables import open_engine

    engine = open_engine(sqlite_url(tmp_path))
    config = alembic_config()
    with owning(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    Versions(engine, now_utc).add_school(School("hillside", "Hillside", "Hillside"))
    older = People(engine, now_utc)
    (first, code), (second, _) = older.invite_all("hillside", [PersonRole.STAFF, PersonRole.OFFICE])
    engine.dispose()
    upgraded = open_store(sqlite_url(tmp_path))
    people = People(upgraded, now_utc)
    assert people.invitations("hillside") == [first, second]
    assert people.enrol(code, WEB, "1").invitation == first.id
    people.revoke("hillside", second.id)
    assert people.invite("hillside", PersonRole.STAFF)[0].id > second.id
    upgraded.dispose()


# Buttons and commands of whoever has joined


def pressed(client: TestClient, label: str, page: str) -> str:
    """Return the reply to a button that stands on a page."""
    values = re.findall(rf'name="pressed" value="([^"]+)">{re.escape(label)}</button>', page)
    assert len(values) == 1
    response = client.post("/chat", data={"pressed": values[0]}, headers={"x-requested-with": "fetch"})
    assert response.status_code == 200
    return unescape(response.text)


def kept(store: Versions, table: Table) -> list[Row[Any]]:
    with store.engine.connect() as connection:
        return list(connection.execute(select(table)))


def test_each_button_under_an_answer_shows_what_it_says(visit: Callable[[], TestClient], people: People, store: Versions) -> None:
    client = visit()
    join(client, people)
    page = client.post("/chat", data={"question": FRIENDS}).text
    assert "lock their computers" not in pressed(client, "Show the whole section", page)
    assert "None of them is certain to be" in pressed(client, "Not what I meant", page)
    copy = pressed(client, "Keep this answer", page)
    assert "I keep no copy" in copy
    code = re.search(r"pb[a-z2-7]{40,}", copy)
    assert code
    assert "That code is genuine." in visit().post("/verify", data={"copy": code.group()}).text
    assert [row.not_meant for row in kept(store, questions)] == [True]


def test_a_button_of_another_school_or_made_up_is_refused_on_the_page(visit: Callable[[], TestClient], people: People) -> None:
    hillside, meadow = visit(), visit()
    join(hillside, people, "hillside")
    join(meadow, people, "meadow")
    page = hillside.post("/chat", data={"question": FRIENDS}).text
    # "Not this person" holds no school, and leads to whom one's own has.
    taken = [value for value in re.findall(r'name="pressed" value="([^"]+)"', page) if not value.startswith("n:")]
    assert taken
    for value in (*taken, "s:" + "1" * 30_000, "e:" + "1" * 5000, "k:" + "1" * 5000, "c:x", "l:x"):
        response = meadow.post("/chat", data={"pressed": value})
        assert response.status_code == 400
        assert "friend requests" not in response.text


def test_what_is_kept_is_told_and_forgotten_on_the_page(visit: Callable[[], TestClient], people: People, store: Versions) -> None:
    one, other = visit(), visit()
    join(one, people)
    join(other, people)
    for client in (one, other):
        client.post("/chat", data={"question": FRIENDS})
    assert "90 days" in one.post("/chat", data={"question": "/privacy"}).text
    assert FRIENDS in unescape(one.post("/chat", data={"question": "/mydata"}).text)
    assert "I have deleted your question." in one.post("/chat", data={"question": "/forget"}).text
    assert len(kept(store, questions)) == 1
    assert "Leave Hillside now" in (page := one.post("/chat", data={"question": "/leave"}).text)
    assert "You have left" in pressed(one, "Leave Hillside now", page)
    assert one.get("/chat", follow_redirects=False).headers["location"] == "/join"
    assert other.get("/chat", follow_redirects=False).status_code == 200
    other.post("/leave")
    assert kept(store, questions) == []


def test_a_fault_leaves_no_words_of_the_question_in_the_store(
    store: Versions, people: People, knowledge: Knowledge, chat_app: Callable[..., Starlette]
) -> None:
    class Broken(Indexes):
        """Indexes whose store has gone."""

        def of(self, school_id: str, *, fresh: bool = True) -> Never:
            raise RuntimeError(f"the disk is gone with {school_id}, {fresh}")

    app = chat_app(Broken(store, knowledge), joined=True)
    with TestClient(app, base_url="http://127.0.0.1:8080", raise_server_exceptions=False) as client:
        join(client, people)
        assert client.post("/chat", data={"question": FRIENDS}).status_code == 500
    assert kept(store, events)
    assert "friend" not in str([tuple(row) for row in kept(store, events)])


def test_more_than_twenty_questions_in_a_minute_are_refused_kindly_to_one_and_answered_to_others(
    visit: Callable[[], TestClient], people: People
) -> None:
    one, other = visit(), visit()
    join(one, people)
    join(other, people)
    statuses = [one.post("/chat", data={"question": "hello"}).status_code for _ in range(21)]
    assert statuses == [200] * 20 + [400]
    assert "999" in one.post("/chat", data={"question": "I am worried about a child"}).text
    assert other.post("/chat", data={"question": "hello"}).status_code == 200
