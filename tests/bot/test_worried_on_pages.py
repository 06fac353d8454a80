"""Every page, refusals and faults included, shows the way to "Worried about a child?", and the way works for whoever is there."""

import re
import warnings
from collections.abc import Callable
from html import unescape
from typing import Never

import pytest
from starlette.applications import Starlette

from bot.bootstrap import Indexes
from bot.joining import MOST_TRIES
from bot.layout import WORRIED, WORRIED_NOW

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have httpx2, which is not what this project has
    from starlette.testclient import TestClient

BASE = "http://127.0.0.1:8080"


class _Broken(Indexes):
    """Indexes whose store has gone."""

    def of(self, school_id: str, *, fresh: bool = True, revision: int | None = None) -> Never:
        raise RuntimeError(f"the disk is gone with {school_id}, {fresh}, {revision}")


@pytest.fixture
def door(schools: Indexes, chat_app: Callable[..., Starlette]) -> TestClient:
    """A browser of somebody who is not known."""
    return TestClient(chat_app(schools, joined=True), base_url=BASE)


@pytest.fixture
def demonstration(schools: Indexes, chat_app: Callable[..., Starlette]) -> TestClient:
    return TestClient(chat_app(schools), base_url=BASE)


def assert_there_is_a_way(page: TestClient, html: str) -> None:
    """Assert that a page has the button, and that pressing it opens the urgent route, as a page again."""
    assert html.startswith("<!doctype html>")
    (form,) = re.findall(r'<form class="worried" method="post" action="/chat">.*?</form>', html, re.DOTALL)
    (label,) = re.findall(r">([^<>]+)</button>", form)
    assert label == WORRIED
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    opened = page.post("/chat", data=fields)
    assert opened.status_code == 200
    assert opened.text.startswith("<!doctype html>")
    assert "Tell the designated safeguarding lead (DSL) now" in opened.text


OF_STRANGERS = [
    ("GET", "/join", {}, 200),
    ("GET", "/chat", {}, 200),  # leads to the door
    ("POST", "/join", {"code": "ABCDE-FGHJK"}, 400),
    ("POST", "/join", {}, 400),
    ("POST", "/join", {"code": "x" * 5000}, 400),
    ("POST", "/chat", {"question": "May I park here?"}, 401),
    ("POST", "/chat", {"pressed": "s:nothing.1.here"}, 401),
    ("POST", "/chat/notices", {}, 401),
    ("POST", "/sign-out", {}, 200),
    ("POST", "/leave", {}, 200),
    ("GET", "/verify", {}, 200),
    ("POST", "/verify", {"copy": "hello"}, 400),
    ("GET", "/policies/hillside/staff/1", {}, 404),
    ("GET", "/nowhere", {}, 404),
    ("GET", "/static/nothing.css", {}, 404),
    ("DELETE", "/chat", {}, 405),
    ("GET", "/sign-out", {}, 405),
]


@pytest.mark.parametrize(("method", "path", "form", "status"), OF_STRANGERS)
def test_a_page_that_a_stranger_sees_has_the_way(
    door: TestClient, method: str, path: str, form: dict[str, str], status: int
) -> None:
    response = door.request(method, path, **({"data": form} if method == "POST" else {}))
    assert response.status_code == status
    assert_there_is_a_way(door, response.text)


def test_so_has_the_page_of_whoever_tried_too_many_codes(door: TestClient) -> None:
    for _ in range(MOST_TRIES + 1):
        response = door.post("/join", data={"code": "ABCDE-FGHJK"})
    assert response.status_code == 429
    assert_there_is_a_way(door, response.text)


@pytest.mark.parametrize(
    ("method", "path", "form", "status"),
    [
        ("GET", "/chat", {}, 200),
        ("GET", "/policies/hillside/staff/1", {}, 200),
        ("POST", "/chat", {"school": "hillside", "question": "may I accept a friend request from a parent?"}, 200),
        ("POST", "/chat", {"school": "hillside", "question": ""}, 400),
        ("POST", "/chat", {"school": "hillside", "question": "можно ли мне"}, 400),
        ("POST", "/chat", {"school": "nowhere", "question": "hello"}, 400),
        ("POST", "/chat", {"question": "x" * 50_000}, 400),
    ],
)
def test_so_has_every_page_of_the_demonstration(
    demonstration: TestClient, method: str, path: str, form: dict[str, str], status: int
) -> None:
    response = demonstration.request(method, path, **({"data": form} if method == "POST" else {}))
    assert response.status_code == status
    assert_there_is_a_way(demonstration, response.text)


def test_so_has_the_page_that_tells_of_a_fault(schools: Indexes, chat_app: Callable[..., Starlette]) -> None:
    app = chat_app(_Broken(schools.versions, schools.knowledge))
    page = TestClient(app, base_url=BASE, raise_server_exceptions=False)
    response = page.post("/chat", data={"school": "hillside", "question": "may I park here?"})
    assert response.status_code == 500
    assert_there_is_a_way(page, response.text)


def test_what_only_a_script_or_another_site_gets_says_it_in_a_sentence(
    door: TestClient, demonstration: TestClient, schools: Indexes, chat_app: Callable[..., Starlette]
) -> None:
    fetched = {"X-Requested-With": "fetch"}
    broken = TestClient(chat_app(_Broken(schools.versions, schools.knowledge)), base_url=BASE, raise_server_exceptions=False)
    told = [
        door.post("/chat", data={"question": "hello"}, headers=fetched),
        door.post("/chat/notices", headers=fetched),
        demonstration.post("/chat", data={"school": "hillside", "question": ""}, headers=fetched),
        demonstration.post("/chat", data={"question": "x" * 50_000}, headers=fetched),
        broken.post("/chat", data={"school": "hillside", "question": "may I park here?"}, headers=fetched),
        demonstration.post("/chat", headers={"sec-fetch-site": "cross-site"}),
    ]
    for response in told:
        assert response.status_code >= 400
        assert WORRIED_NOW in unescape(response.text)
        assert "<html" not in response.text
