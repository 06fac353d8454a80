"""A trust's policy at the desk of a school: it is read there and not changed, and an addendum to it is brought in."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert

from bot.people import PersonRole
from bot.proposals import ChairSettings
from bot.tables import trial_questions
from bot.trust_publication import Original
from bot.trusts import as_trusts
from corpus.building import build_policy
from corpus.clause import Policy
from corpus.tenancy import writing_at
from tests.platforms.at_desk import Desk, Seat, words_of

RULES = "1. Visitors\n\n1.1 Visitors must sign in.\n\n1.2 Staff may bring visitors only if the headteacher has agreed.\n"
AT = "/policies/visitors"
REFUSED = "This is Northfield Trust's policy, and the trust alone changes it: bring in what your school adds or makes stricter as"


def source(rules: str) -> str:
    return f"NORTHFIELD TRUST\n\nVisitors policy\n\nAdopted: May 2026\n\n{rules}"


def of_trust(rules: str = RULES, *, prevails: bool = False) -> Original:
    policy = build_policy(source(rules), school="northfield", slug="visitors", title=None, source_name="visitors.txt")
    return Original(as_trusts(policy, "visitors", "Northfield Trust", prevails=prevails), source(rules))


@pytest.fixture
def publish_here(desk: Desk) -> Callable[..., int]:
    """Publish the trust's policy at hillside, which has one test question, as meadow has: each that is tried takes time."""
    for school, question in (("hillside", "Must I lock my computer?"), ("meadow", "Should I post about my pupils?")):
        with writing_at(desk.parts.indexes.versions.engine, school) as connection:
            row = {"school_id": school, "question": question, "must": False}
            connection.execute(insert(trial_questions).values(row))

    def publish(rules: str = RULES, *, prevails: bool = False) -> int:
        return desk.parts.trust_publication.publish_at("hillside", of_trust(rules, prevails=prevails)).version

    return publish


def post(seat: Seat, at: str, do: str, **fields: Any) -> str:
    """Press a button that no page shows, as an altered client could; return the words of the page after it."""
    (key,) = set(re.findall(r'name="form_key" value="(\w+)"', seat.get("/bring-in").text))
    return words_of(seat.send(at, {"form_key": key, "do": do, **fields}))


def test_it_is_shown_as_the_trusts_and_nothing_there_changes_it(desk: Desk, publish_here: Callable[..., int]) -> None:
    publish_here()
    head = desk.seat()
    assert "Northfield Trust's policy, which the trust alone changes" in head.words("/policies")
    assert "clauses wait for you to check" not in head.words("/policies").partition("Visitors")[2]
    page = head.get(AT)
    told = words_of(page)
    assert "This is Northfield Trust's policy. The trust alone changes it: what your school adds, or makes stricter, is" in told
    assert "Where an addendum is stricter it holds; where it is looser the trust's policy does." in told
    for link in ("/review", "/clauses/", "/bring-in?policy=", "roll-back"):
        assert link not in page.text
    assert "/bring-in?supplements=visitors" in page.text
    assert "Northfield Trust, May 2026" in told
    for path in (f"{AT}/review", f"{AT}/versions/1/clauses/1.1"):
        assert REFUSED in words_of(head.get(path))


def test_what_an_altered_client_sends_is_refused(
    desk: Desk, publish_here: Callable[..., int], publish: Callable[..., int]
) -> None:
    publish("hillside", "1.1 Visitors may come in.\n", "visitors")
    assert publish_here() == 2
    versions, clause = desk.parts.indexes.versions, f"{AT}/versions/2/clauses/1.1"
    stance = {"stance": "allowed", "binds": "visitors", "reason": "we always did"}
    for role in (PersonRole.HEADTEACHER, PersonRole.ADMINISTRATOR):
        seat, before = desk.seat(role), versions.revision("hillside")
        assert REFUSED in post(seat, f"{AT}/versions/1", "roll-back")
        assert REFUSED in post(seat, clause, "stance", **stance)
        assert REFUSED in post(seat, clause, "confirm")
        assert REFUSED in post(seat, f"{AT}/review", "confirm", number="2", right="1.1")
        assert REFUSED in words_of(
            seat.post("/bring-in", "bring-in", {"document": ("v.txt", source("1.1 Nobody may come in.\n"))}, policy="visitors")
        )
        assert versions.revision("hillside") == before
    assert versions.version("hillside", "visitors").number == 2


def test_a_version_that_waits_is_looked_at_and_approved_there_and_published_by_the_trust(
    desk: Desk, publish_here: Callable[..., int]
) -> None:
    desk.parts.proposals.change_settings("hillside", ChairSettings(versions_need_chair=True), "chair 2")
    with pytest.raises(Exception, match=r"needs the approval of the chair of governors\. Ask the chair for it"):
        publish_here()
    head, office = desk.seat(), desk.seat(PersonRole.OFFICE)
    assert "Visitors policy: a version of the trust's waits for you to look at." in head.words()
    assert "Visitors policy" not in office.words()
    draft = head.get(f"{AT}/draft")
    assert "This is Northfield Trust's policy, which the trust alone changes and publishes." in words_of(draft)
    assert "/draft/parts/" not in draft.text
    assert 'value="drop"' not in draft.text
    publishing = head.get(f"{AT}/draft/publish")
    assert "the trust publishes it. Let the trust know once nothing is said above that keeps it back." in words_of(publishing)
    assert 'value="publish"' not in publishing.text
    (digest,) = set(re.findall(r'name="digest" value="(\w+)"', publishing.text))
    for at, do in ((f"{AT}/draft", "drop"), (f"{AT}/draft", "about"), (f"{AT}/draft/changes", "match")):
        assert REFUSED in post(head, at, do, digest=digest, title="Ours", adopted="", review_due="", clause="1.1", before="1")
    assert REFUSED in words_of(head.get(f"{AT}/draft/parts/1.1"))
    head.post(f"{AT}/draft/publish", "ask", digest=digest)
    (proposal,) = desk.parts.proposals.waiting("hillside")
    desk.parts.publication.approve("hillside", proposal.id, "chair 2")
    assert REFUSED in post(head, f"{AT}/draft/publish", "publish", digest=digest)
    assert publish_here() == 1


def test_an_addendum_is_brought_in_and_published_by_the_school(desk: Desk, publish_here: Callable[..., int]) -> None:
    publish_here(prevails=True)
    head = desk.seat()
    assert "prevails over any addendum; staff are told so, and that the stricter is the safe one" in head.words(AT)
    form = head.get("/bring-in?supplements=visitors").text
    assert re.search(r'name="supplements" value="visitors" checked', form)
    assert 'name="policy" value="visitors"' not in form
    document = {"document": ("ours.txt", source("1.1 Visitors must wear a badge at Hillside.\n"))}
    refused = head.post("/bring-in", "bring-in", document, supplements="staff")
    assert "Choose which policy of your trust it is an addendum to" in words_of(refused)
    answer = head.post("/bring-in", "bring-in", document, supplements="visitors", title="Badges policy")
    slug = str(answer.url).rpartition("/draft")[0].rpartition("/")[2]
    assert "This is your school's addendum to: Visitors policy. It may be stricter than that, never looser." in words_of(answer)
    publishing = f"/policies/{slug}/draft/publish"
    (digest,) = set(re.findall(r'name="digest" value="(\w+)"', head.get(publishing).text))
    assert "Version 1 is published." in words_of(head.post(publishing, "publish", digest=digest))
    assert "This is your school's addendum to Visitors policy (Northfield Trust)" in head.words(f"/policies/{slug}")
    assert "Your school's addendum to it: Badges policy" in head.words(AT)
    # What another school has, or adds, is on no page of this one.
    other = desk.seat(school="meadow")
    desk.parts.trust_publication.publish_at("meadow", of_trust())
    assert "Badges policy" not in other.words("/policies") + other.words(AT)
    assert "meadow" not in head.words(AT).lower()


def test_a_trusts_policy_that_the_school_had_of_its_own_is_said_to_be_the_trusts_by_now(
    desk: Desk, publish_here: Callable[..., int], publish: Callable[..., int]
) -> None:
    publish("hillside", "1.1 Visitors must sign in.\n", "visitors")
    publish_here()
    earlier = desk.seat().get(f"{AT}/versions/1")
    assert "By now staff are answered from Northfield Trust's policy, which the trust alone changes." in words_of(earlier)
    assert "roll-back" not in earlier.text


def test_a_policy_without_a_trust_is_as_ever(desk: Desk) -> None:
    own: Policy = desk.parts.indexes.versions.version("hillside", "staff").policy
    assert (own.trust, own.supplements) == (None, None)
    head = desk.seat()
    assert "addendum" not in head.words("/policies/staff") + head.words("/bring-in")
    assert "Bring in the next version" in head.words("/policies/staff")
