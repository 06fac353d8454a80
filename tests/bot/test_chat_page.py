"""The chat page, asked as a browser without a script asks it: whole pages, refusals, headers, faults."""

import re
import warnings
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Never

import pytest
from starlette.applications import Starlette

from bot.bootstrap import Indexes
from bot.commands import EXAMPLES
from bot.conversation import FAULT

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have httpx2, which is not what this project has
    from starlette.testclient import TestClient

FRIENDS = "can I accept a parent's friend request?"
HOSTILE = "<script>alert('x')</script> & \"so\" on"
WORRIED = "Worried about a child?"


@pytest.fixture
def page(demo: Indexes, chat_app: Callable[..., Starlette]) -> Iterator[TestClient]:
    with TestClient(chat_app(demo), base_url="http://127.0.0.1:8080") as client:
        yield client


def ask(page: TestClient, question: str, school: str = "coniston", **form: str | list[str]) -> tuple[int, str]:
    response = page.post("/chat", data={"school": school, "question": question, **form})
    return response.status_code, unescape(response.text)


def test_the_first_page_offers_the_schools_and_examples_and_the_urgent_way(page: TestClient) -> None:
    response = page.get("/chat")
    text = unescape(response.text)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert text.startswith("<!doctype html>")
    for words in ("Coniston Primary School", "Wellesley Primary School", "Choose your school", WORRIED, *EXAMPLES):
        assert words in text
    assert " selected" not in text


def test_the_address_alone_leads_to_the_chat_page(page: TestClient) -> None:
    assert page.get("/", follow_redirects=False).headers["location"] == "/chat"


def test_a_link_may_name_the_school(page: TestClient) -> None:
    assert '<option value="coniston" selected>' in page.get("/chat?school=coniston").text
    assert " selected" not in page.get("/chat?school=nowhere").text


def test_a_question_is_answered_on_the_whole_page_with_the_school_kept(page: TestClient) -> None:
    status, text = ask(page, FRIENDS)
    assert status == 200
    assert text.startswith("<!doctype html>")
    assert f"You asked: </span>{FRIENDS}" in text
    assert "Policy on the use of Social Media for Employees" in text
    assert '<option value="coniston" selected>' in text
    assert f'name="earlier" value="{FRIENDS}"' in text
    assert WORRIED in text
    assert "For example" not in text


def test_the_script_gets_only_the_reply(page: TestClient) -> None:
    response = page.post("/chat", data={"school": "coniston", "question": FRIENDS}, headers={"X-Requested-With": "fetch"})
    assert response.status_code == 200
    assert response.text.strip().startswith("<article")
    assert "<html" not in response.text


def test_a_form_of_many_parts_is_read_too(page: TestClient) -> None:
    parts = [("school", (None, "coniston")), ("question", (None, FRIENDS)), ("earlier", (None, "Can I use Facebook?"))]
    assert page.post("/chat", files=parts).status_code == 200


def test_earlier_questions_come_back_the_last_few_of_them(page: TestClient) -> None:
    _, text = ask(page, FRIENDS, earlier=[f"earlier {number}" for number in range(9)])
    assert re.findall(r'name="earlier" value="([^"]*)"', text) == [f"earlier {number}" for number in range(5, 9)] + [FRIENDS]


REFUSED = [
    ("coniston", "", "Your question is empty"),
    ("coniston", "   ", "Your question is empty"),
    ("coniston", "\U0001f600", "I can read only words"),
    ("coniston", "можно ли мне", "I can read only English"),
    ("coniston", "x" * 4001, "Your question has 4001 characters"),
    ("nowhere", FRIENDS, "There is no school called nowhere: choose one of"),
    ("", FRIENDS, "Choose your school first"),
    (HOSTILE, FRIENDS, f"There is no school called {HOSTILE}"),
]


@pytest.mark.parametrize(("school", "question", "sentence"), REFUSED, ids=[sentence[:24] for _, _, sentence in REFUSED])
def test_what_cannot_be_answered_is_said_in_one_sentence_with_the_urgent_way(
    page: TestClient, school: str, question: str, sentence: str
) -> None:
    status, text = ask(page, question, school)
    assert status == 400
    assert f"<h3>{sentence}" in text
    assert WORRIED in text
    assert 'name="earlier"' not in text
    fragment = page.post("/chat", data={"school": school, "question": question}, headers={"X-Requested-With": "fetch"})
    assert (fragment.status_code, WORRIED in fragment.text) == (400, True)


def test_a_form_without_anything_is_refused_the_same_way(page: TestClient) -> None:
    assert page.post("/chat").status_code == 400
    assert page.post("/chat", json={"question": FRIENDS}).status_code == 400


@pytest.mark.parametrize("school", ["", "coniston", "nowhere"])
def test_a_worry_about_a_child_opens_the_urgent_route_also_without_a_school(page: TestClient, school: str) -> None:
    status, text = ask(page, "I am worried about a child", school)
    if school == "nowhere":
        assert WORRIED in text
    else:
        assert status == 200
        assert "If anybody is in immediate danger, ring 999 now." in text
    assert "999" in text


def test_hostile_text_is_escaped_wherever_it_comes_back(page: TestClient) -> None:
    for form in ({"question": HOSTILE}, {"question": FRIENDS, "earlier": HOSTILE}, {"question": FRIENDS, "school": HOSTILE}):
        raw = page.post("/chat", data={"school": "coniston", **form}).text
        assert "<script>" not in raw
        assert "alert('x')" not in raw
    assert "<script>alert" not in page.get("/chat", params={"school": HOSTILE}).text


def test_form_fields_that_are_too_large_or_too_many_are_refused_without_a_fault(page: TestClient) -> None:
    large = [("school", (None, "coniston")), ("question", (None, "x" * 50_000))]
    many = [("earlier", (None, "x"))] * 60
    for parts in (large, many, [("question", ("file.txt", b"x"))]):
        response = page.post("/chat", files=parts)
        assert response.status_code == 400
        assert "could not be read" in response.text
        assert WORRIED in response.text


def test_in_the_demonstration_nobody_is_held_back_by_what_others_ask(page: TestClient) -> None:
    assert {ask(page, "hello")[0] for _ in range(25)} == {200}


def test_each_button_under_an_answer_works_in_the_demonstration(page: TestClient) -> None:
    _, text = ask(page, FRIENDS, "chase-terrace")
    for label, words in (
        ("Show the whole section", "From "),
        ("Not what I meant", "None of them"),
        ("Keep this answer", "I keep no copy"),
    ):
        (value,) = re.findall(rf'value="([^"]+)">{label}</button>', text)
        status, reply = ask(page, "", "chase-terrace", pressed=value)
        assert status == 200
        assert words in reply
        assert ask(page, "", "wellesley", pressed=value)[0] == 400


HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


@pytest.mark.parametrize(
    "path", ["/chat", "/static/chat.js", "/static/chat.css", "/static/icon.svg", "/nowhere", "/chat?school=x"]
)
def test_every_response_forbids_what_the_page_does_not_need(page: TestClient, path: str) -> None:
    headers = page.get(path).headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    policy = headers["content-security-policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe" not in policy


def test_the_page_keeps_its_own_rules(page: TestClient) -> None:
    text = page.get("/chat").text
    assert not re.search(r"<[^>]+\s(?:on\w+|style)\s*=", text)
    assert not re.search(r"<(?:script|style)(?![^>]*\bsrc=)[^>]*>", text)
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", text)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.5:8080", "testserver", ""])
def test_a_page_elsewhere_cannot_reach_it_under_another_name(page: TestClient, host: str) -> None:
    for response in (
        page.get("/chat", headers={"host": host}),
        page.post("/chat", data={"school": "coniston", "question": FRIENDS}, headers={"host": host}),
    ):
        assert response.status_code == 400
        assert "Coniston" not in response.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9999", "localhost", "localhost:8080", "[::1]", "[::1]:8080"])
def test_this_machines_own_names_are_good(page: TestClient, host: str) -> None:
    assert page.get("/chat", headers={"host": host}).status_code == 200


def test_a_page_that_does_not_exist_says_where_the_chat_page_is(page: TestClient) -> None:
    response = page.get("/nowhere")
    assert (response.status_code, "/chat" in response.text) == (404, True)
    for path in ("/static/../bot/cli.py", "/static/%2e%2e/cli.py", "/static/", "/static/nothing.css"):
        assert page.get(path).status_code == 404


def test_other_methods_are_refused(page: TestClient) -> None:
    assert page.put("/chat").status_code == 405
    assert page.delete("/chat").status_code == 405


class _Broken(Indexes):
    """Indexes whose store has gone."""

    def of(self, school_id: str, *, fresh: bool = True, revision: int | None = None) -> Never:
        raise RuntimeError(f"the disk is gone with {school_id} and a secret, {fresh}, {revision}")


def test_a_fault_is_said_in_a_plain_sentence_with_the_urgent_way_and_no_detail(
    schools: Indexes, chat_app: Callable[..., Starlette]
) -> None:
    app = chat_app(_Broken(schools.versions, schools.knowledge))
    with TestClient(app, base_url="http://127.0.0.1:8080", raise_server_exceptions=False) as page:
        for headers in ({}, {"X-Requested-With": "fetch"}):
            response = page.post("/chat", data={"school": "hillside", "question": FRIENDS}, headers=headers)
            assert response.status_code == 500
            assert FAULT in response.text
            assert WORRIED in response.text
            assert "secret" not in response.text
            assert "Traceback" not in response.text
            assert response.headers["content-security-policy"].startswith("default-src 'none'")


def test_what_the_script_and_the_style_need_is_served_as_what_it_is(page: TestClient) -> None:
    kinds = dict.fromkeys(("chat.js", "desk.js"), "javascript") | {"icon.svg": "image/svg+xml"}
    kinds |= dict.fromkeys(("chat.css", "desk.css", "print.css", "sheet.css"), "text/css")
    static = Path(__file__).parents[2] / "bot" / "static"
    assert {file.name for file in static.iterdir()} == set(kinds)
    for name, kind in kinds.items():
        response = page.get(f"/static/{name}")
        assert kind in response.headers["content-type"]
        assert response.content == (static / name).read_bytes()
