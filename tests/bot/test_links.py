"""Links to a clause in its place: whom they let in, to what, and for how long."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.answer import Quote, quote
from bot.bootstrap import Indexes
from bot.links import LASTS, Links
from bot.people import SLACK, TEAMS, TELEGRAM, WEB
from retrieval.index import in_place

if TYPE_CHECKING:
    from tests.conftest import Clock

KEY = b"a key that only the tests have"
ADDRESS = "https://policies.example"
PATH = "hillside/staff/1"
SECOND = timedelta(seconds=1)


@pytest.fixture
def links(clock: "Clock") -> Links:
    return Links(KEY, ADDRESS, clock)


@pytest.fixture
def quoted(schools: Indexes, clock: "Clock") -> Quote:
    policy = schools.versions.version("hillside", "staff", 1).policy
    return quote(in_place(1, policy)[0], clock().date())


@pytest.fixture
def signed(links: Links, quoted: Quote) -> tuple[str, str]:
    """The time and the signature of a link."""
    query = parse_qs(urlsplit(links.to(quoted, TELEGRAM) or "").query)
    return query["until"][0], query["signed"][0]


@pytest.mark.parametrize("channel", [TELEGRAM, SLACK, TEAMS])
def test_a_link_in_a_chat_leads_to_the_clause_and_is_signed(links: Links, quoted: Quote, channel: str) -> None:
    link = links.to(quoted, channel)
    assert link
    parts = urlsplit(link)
    assert (f"{parts.scheme}://{parts.netloc}", parts.path) == (ADDRESS, f"/policies/{PATH}")
    assert parts.fragment == quoted.citation.clause_id
    assert set(parse_qs(parts.query)) == {"until", "signed"}
    assert len(link) < 400


def test_on_the_chat_page_a_link_is_of_the_page_itself_and_not_signed(links: Links, quoted: Quote) -> None:
    assert links.to(quoted, WEB) == f"/policies/{PATH}#{quoted.citation.clause_id}"


def test_where_nobody_can_reach_the_page_there_is_no_link(quoted: Quote, clock: "Clock") -> None:
    assert Links(KEY, None, clock).to(quoted, TELEGRAM) is None


def test_a_link_opens_its_version_for_seven_days(links: Links, signed: tuple[str, str], clock: "Clock") -> None:
    assert links.opens(PATH, *signed)
    clock.wait(LASTS - SECOND)
    assert links.opens(PATH, *signed)
    clock.wait(SECOND)
    assert not links.opens(PATH, *signed)


@pytest.mark.parametrize(
    "path", ["hillside/staff/2", "hillside/other/1", "meadow/staff/1", "hillside/staff", "hillside/staff/11", ""]
)
def test_a_link_opens_nothing_else(links: Links, signed: tuple[str, str], path: str) -> None:
    assert not links.opens(path, *signed)


FORGED: list[Callable[[str, str], tuple[str, str]]] = [
    lambda until, signature: (str(int(until) + 1), signature),
    lambda until, signature: ("9" * 14, signature),
    lambda until, signature: ("9" * 5000, signature),
    lambda until, signature: ("", signature),
    lambda until, signature: (f"-{until}", signature),
    lambda until, signature: (f"{until}.0", signature),
    lambda until, signature: ("١٢٣", signature),
    lambda until, signature: (until, ""),
    lambda until, signature: (until, signature[:-1]),
    lambda until, signature: (until, signature.upper() + "0"),
    lambda until, signature: (until, f"{signature}0"),
    lambda until, signature: (until, "0" * len(signature)),
    lambda until, signature: (until, "é" * len(signature)),
]


@pytest.mark.parametrize("forge", FORGED)
def test_a_forged_link_opens_nothing(links: Links, signed: tuple[str, str], forge: Callable[[str, str], tuple[str, str]]) -> None:
    assert not links.opens(PATH, *forge(*signed))


def test_another_installations_link_opens_nothing(signed: tuple[str, str], clock: "Clock") -> None:
    assert not Links(b"another key", ADDRESS, clock).opens(PATH, *signed)
