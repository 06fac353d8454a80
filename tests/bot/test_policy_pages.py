"""The pages of a policy and of a copy: every clause in its place for whoever may read it, and one plain sentence for others."""

import warnings
from collections.abc import Callable, Iterator
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette

from bot.answer import quote
from bot.assembly import assemble
from bot.bootstrap import Indexes
from bot.clock import now_utc, today
from bot.people import TELEGRAM, WEB, PersonRole
from bot.policy_pages import NO_POLICY
from bot.rulings import Rulings
from corpus.building import build_policy
from corpus.clause import Clause, RulingNote, Stance
from corpus.dates import PolicyDate
from corpus.versions import Versions
from retrieval.index import in_place

if TYPE_CHECKING:
    from tests.conftest import Clock  # noqa: F401

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have httpx2, which is not what this project has
    from starlette.testclient import TestClient

KEY = b"a key that only the tests have"
ADDRESS = "https://policies.example"
RULE = "Staff must not accept friend requests from parents."


@pytest.fixture
def page(schools: Indexes, chat_app: Callable[..., Starlette]) -> Iterator[TestClient]:
    with TestClient(chat_app(schools, joined=True, public_url=ADDRESS), base_url="http://127.0.0.1:8080") as client:
        yield client


def link_to(schools: Indexes, school: str = "hillside", number: int = 1, channel: str = TELEGRAM) -> str:
    """Return a link to the first clause of a version, without the address before it."""
    policy = schools.versions.version(school, "staff", number).policy
    link = assemble(schools, KEY, public_url=ADDRESS).links.to(quote(in_place(number, policy)[0], today()), channel)
    assert link
    return link.removeprefix(ADDRESS)


def join(page: TestClient, schools: Indexes, school: str = "hillside") -> None:
    people = assemble(schools, KEY).people
    assert page.post("/join", data={"code": people.invite(school, PersonRole.STAFF)[1]}).status_code == 200


def test_a_signed_link_opens_one_version_without_a_session_every_clause_in_its_place(page: TestClient, schools: Indexes) -> None:
    link = link_to(schools)
    response = page.get(link)
    text = unescape(response.text)
    assert response.status_code == 200
    assert "Staff policy" in text
    assert "Version 1 (May 2024)." in text
    policy = schools.versions.version("hillside", "staff", 1).policy
    for section in policy.sections:
        for element in section.elements:
            assert element.words in text
            if isinstance(element, Clause):
                assert f'id="{element.id}"' in text
    assert f'id="{urlsplit(link).fragment}"' in text


def refused(page: TestClient, path: str) -> None:
    response = page.get(path)
    assert response.status_code == 404, path
    assert NO_POLICY in unescape(response.text)
    assert "friend requests" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_what_does_not_exist_is_refused_in_the_same_words_as_what_may_not_be_read(
    page: TestClient, schools: Indexes, publish: Callable[..., int]
) -> None:
    signed = urlsplit(link_to(schools)).query
    publish("hillside", "1. Social media\n\n1.1 Staff may accept friend requests from parents.\n")
    for path in ("hillside/staff/2", "meadow/staff/1", "hillside/staff/3", "hillside/other/1", "nowhere/staff/1"):
        refused(page, f"/policies/{path}")
        refused(page, f"/policies/{path}?{signed}")
    for query in ("", "until=99999999999&signed=00", signed.replace("until=", "until=9"), "until=x&signed=y"):
        refused(page, f"/policies/hillside/staff/1?{query}")
    assert page.get(link_to(schools)).status_code == 200


@pytest.mark.parametrize("version", ["0", "00", "01", "-1", "1.0", "x", "²", "9" * 25, "9" * 5000])
def test_what_is_no_number_of_a_version_is_refused_too(page: TestClient, schools: Indexes, store: Versions, version: str) -> None:
    source = "HILLSIDE\n\nStaff policy\n\n1. Friends\n\n1.1 Staff may accept friend requests from all.\n"
    store.save_draft(build_policy(source, school="hillside", slug="staff", title=None, source_name="x"), source)
    join(page, schools)
    refused(page, f"/policies/hillside/staff/{version}")


def test_whoever_is_signed_in_reads_her_own_school_and_no_other(page: TestClient, schools: Indexes) -> None:
    join(page, schools)
    assert RULE in page.get(link_to(schools, channel=WEB)).text
    refused(page, link_to(schools, "meadow", channel=WEB))
    page.post("/sign-out")
    refused(page, link_to(schools, channel=WEB))


def test_the_demonstration_is_open_and_refuses_what_is_not_there_the_same_way(
    schools: Indexes, chat_app: Callable[..., Starlette]
) -> None:
    with TestClient(chat_app(schools), base_url="http://127.0.0.1:8080") as page:
        for school in ("hillside", "meadow"):
            assert page.get(f"/policies/{school}/staff/1").status_code == 200
        for path in ("hillside/staff/0", "hillside/staff/2", f"hillside/staff/{'9' * 25}", "nowhere/staff/1", "hillside/x/1"):
            refused(page, f"/policies/{path}")


def test_what_a_policy_says_is_escaped(schools: Indexes, publish: Callable[..., int], chat_app: Callable[..., Starlette]) -> None:
    publish("meadow", "1. Codes\n\n1.1 Staff must not type <script>alert(1)</script> & the like.\n")
    with TestClient(chat_app(schools), base_url="http://127.0.0.1:8080") as page:
        text = page.get("/policies/meadow/staff/2").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; the like." in text


# The page that checks a copy


def check(page: TestClient, pasted: str) -> tuple[int, str]:
    response = page.post("/verify", data={"copy": pasted})
    return response.status_code, unescape(response.text)


def test_anybody_may_check_a_copy_without_a_session(page: TestClient, schools: Indexes) -> None:
    from bot.rendering import as_text

    policy = schools.versions.version("hillside", "staff", 1).policy
    copy = as_text(assemble(schools, KEY).kept.copy(in_place(1, policy)[0], Stance.FORBIDDEN, now_utc(), today()))
    assert "Paste it here" in page.get("/verify").text
    status, text = check(page, copy)
    assert status == 200
    assert "This copy is genuine." in text
    assert RULE in text
    status, text = check(page, copy[:-1] + ("a" if copy[-1] != "a" else "b"))
    assert status == 400
    assert "genuine" not in text
    assert "paste the whole copy as you kept it" in text


@pytest.mark.parametrize("pasted", ["", "hello", "<script>alert(1)</script>", "\x00", "x" * 30_000, "pb" + "a" * 30_000])
def test_whatever_else_is_pasted_is_answered_with_one_sentence(page: TestClient, pasted: str) -> None:
    response = page.post("/verify", data={"copy": pasted})
    assert response.status_code == 400
    assert "code" in response.text
    assert "<script>alert" not in response.text


def test_what_is_too_long_to_be_a_copy_is_refused_without_a_fault(page: TestClient) -> None:
    assert page.post("/verify", files={"copy": (None, "x" * 200_000)}).status_code == 400
    assert page.post("/verify", files={"copy": ("file.txt", b"x")}).status_code == 400


def test_the_page_of_the_rulings_says_of_each_whose_it_is_and_calls_none_a_policy(page: TestClient, schools: Indexes) -> None:
    day = today()
    note = RulingNote("Mrs J Harrison, headteacher", day, day, "May dogs come?")
    clause_id = Rulings(schools.versions).rule("hillside", "Dogs stay at home.", Stance.FORBIDDEN, note, "headteacher 12")
    join(page, schools)
    text = unescape(page.get("/policies/hillside/rulings/1").text)
    spoken = PolicyDate(day.isoformat()).spoken
    assert f'id="{clause_id}"' in text
    for words in (
        "Version 1. Each as the headteacher wrote it. They are no policy.",
        "Dogs stay at home.",
        f"Mrs J Harrison, headteacher, {spoken}; holds until {spoken}.",
    ):
        assert words in text
