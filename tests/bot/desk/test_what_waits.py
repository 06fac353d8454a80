"""What the desk tells of a school as a whole: what waits on the first page, the page for governors, the month in figures."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import insert

from bot.contact_file import read_book
from bot.gaps import Decision
from bot.people import PersonRole
from bot.records import AskedQuestion
from bot.rulings import Ruled
from bot.tables import trial_questions
from corpus.building import build_policy
from corpus.clause import RulingNote, Stance
from corpus.tenancy import writing_at
from retrieval.decision import Outcome
from tests.platforms.at_desk import Desk, words_of

FRIENDS, LOCKED, DOGS = "Can I accept a friend request from a parent?", "May I leave my computer unlocked?", "May I bring a dog?"
ONLINE = """Online policy

Adopted: June 2025

Review date: 1 December 2026

1. Social media

1.1 Staff may accept friend requests from parents on social media, under the Data Protection Act 1998.

1.2 Staff must follow section 9.
"""
BOOK = """
hours: 08:30-15:30
contacts:
  - {name: Mrs Harrison, roles: [head], phone: 01473 123456}
  - {name: Mrs Reed, roles: [dsl], phone: 01473 123457}
"""


@pytest.fixture
def keep(desk: Desk, clock: Any) -> Callable[..., None]:
    """Put a question into the store, asked by so many people so many times."""

    def put(question: str, people: int, times: int = 1, **fields: Any) -> None:
        with writing_at(desk.parts.indexes.versions.engine, "hillside") as connection:
            for number in range(people * times):
                row = {"school_id": "hillside", "channel": "telegram", "asked_at": clock(), "outcome": Outcome.NOT_COVERED}
                row |= {"id": f"{len(question)}-{number}", "asker": f"asker {number % people}", "question": question}
                row |= {"slug": None, "clause_id": None}
                desk.parts.records.keep(connection, AskedQuestion(**(row | fields)))

    return put


def bring_in(desk: Desk, source: str, slug: str) -> None:
    policy = build_policy(source, school="hillside", slug=slug, title=None, source_name=slug)
    desk.parts.indexes.versions.save_draft(policy, source)


def rule(desk: Desk, question: str, until: date) -> None:
    note = RulingNote("Mrs Harrison, headteacher", date(2026, 11, 23), until, question)
    desk.parts.publication.rule("hillside", Ruled("Dogs stay at home.", Stance.FORBIDDEN, note), "headteacher 1")


def test_the_first_page_shows_each_what_waits_for_them_most_urgent_first_and_each_line_leads_there(
    desk: Desk, keep: Callable[..., None], clock: Any
) -> None:
    bring_in(desk, ONLINE, "online")
    desk.parts.indexes.versions.publish("hillside", "online", "the headteacher")
    bring_in(desk, ONLINE.replace("must follow", "should follow"), "online")
    keep("Who books the minibus?", 2)
    rule(desk, DOGS, date(2026, 12, 10))
    seats = {role: desk.seat(role) for role in (PersonRole.HEADTEACHER, PersonRole.OFFICE, PersonRole.CHAIR)}
    found = {}
    for role, seat in seats.items():
        lines = re.findall(r'<a href="/desk/hillside(/[^"]+)">([^<]+)</a>', seat.get().text.partition("What waits")[2])
        found[role] = [words for _, words in lines]
        for path, words in lines:
            assert seat.get(path).status_code == 200, (role, words)
    assert found[PersonRole.HEADTEACHER] == [
        "Contacts: a worry about a child or a colleague has nobody to go to.",
        "Contacts: 8 things are missing.",
        "Online policy: its review is due within 30 days.",
        "Online policy: a draft is being prepared.",
        "Online policy: 2 clauses wait for you to check.",
        "Staff policy: 6 clauses wait for you to check.",
        "Staff could not find 1 thing.",
        "Ruling 1 lapses after 10 December 2026.",
    ]
    near, draft = found[PersonRole.HEADTEACHER][2:4]
    assert found[PersonRole.OFFICE] == [*found[PersonRole.HEADTEACHER][:2], near, draft]
    assert found[PersonRole.CHAIR] == [near, "Ruling 1 lapses after 10 December 2026."]
    desk.parts.contacts.save("hillside", read_book(BOOK, "contacts.yaml"), "the office")
    clock.time = datetime.fromisoformat("2027-01-04T08:30")
    assert seats[PersonRole.CHAIR].get().status_code == 401
    later = desk.seat().words()
    assert later.index("Online policy: its review is overdue.") < later.index("Contacts: ")
    assert "has nobody to go to" not in later
    assert "Ruling 1 lapsed on 10 December 2026." in later
    assert "Nothing waits." in desk.seat(PersonRole.CHAIR, "meadow").words()


def test_the_page_for_governors_says_what_is_silent_contradicts_or_is_out_of_date(desk: Desk, keep: Callable[..., None]) -> None:
    bring_in(desk, ONLINE, "online")
    desk.parts.indexes.versions.publish("hillside", "online", "the headteacher")
    with writing_at(desk.parts.indexes.versions.engine, "hillside") as connection:
        rows = [{"school_id": "hillside", "question": one, "must": False} for one in (FRIENDS, DOGS, "Who tunes the piano?")]
        connection.execute(insert(trial_questions), rows)
    keep("Who books the minibus?", 1)
    keep("is there a kettle in the annexe", 1)
    with writing_at(desk.parts.indexes.versions.engine, "hillside") as connection:
        for gap in desk.parts.gaps.of("hillside"):
            desk.parts.gaps.decide(connection, "hillside", gap.key, Decision.NEXT_REVIEW, "headteacher 1")
    headteacher, chair = desk.seat(), desk.seat(PersonRole.CHAIR)
    before = chair.words("/governors")
    silent = before.partition("What the policies leave open")[2].partition("Where policies contradict")[0]
    assert f"“{DOGS}”" in silent
    assert "“Who tunes the piano?”" in silent
    assert FRIENDS not in silent
    assert "Staff policy, 1.1 (May 2024), is the stricter; Online policy, 1.1 (June 2025), was approved later." in before
    assert f"Found by asking: “{FRIENDS}”" in before
    for words in (
        "Its review is due within 30 days.",
        "The policy gives no date at which its review is due.",
        "1.1: ",
        "Data Protection Act 1998",
        "Nobody has checked yet what the bot makes of 6 of its clauses.",
        "Driving the school minibus",
        "1 more, which too few people asked about to be named here.",
        "None is listed.",
    ):
        assert words in before, words
    assert "kettle" not in before
    assert '<form method="post"><input' not in chair.get("/governors").text

    rule(desk, DOGS, date(2026, 12, 10))
    said = words_of(headteacher.post("/governors", "add", title="Mobile Phone Policy"))
    assert "Mobile Phone Policy is on the list" in said
    assert desk.parts.indexes.of("hillside", fresh=False).others == ("Mobile Phone Policy",)
    assert "on the list already" in words_of(headteacher.post("/governors", "add", title="mobile phone policy"))
    assert "The title is empty: write it." in words_of(headteacher.post("/governors", "add", title=" "))
    after = headteacher.words("/governors")
    assert f"“{DOGS}”" not in after
    assert "Settled for now by a ruling of the headteacher alone: " in after
    assert "It lapses soon: it holds until 10 December 2026." in after
    assert "None is listed." in words_of(headteacher.post("/governors", "remove", title="Mobile Phone Policy"))
    assert [entry.action for entry in desk.parts.audit.of("hillside")][-2:] == ["listed a policy", "took a policy off the list"]


def test_a_month_is_shown_beside_the_one_before_in_numbers_and_a_picture(desk: Desk, keep: Callable[..., None]) -> None:
    keep(FRIENDS, 4, times=2, outcome=Outcome.ANSWERED, slug="staff", clause_id="1.1")
    keep("Who books the minibus?", 2)
    keep("Who drives the minibus?", 1, asked_at=datetime.fromisoformat("2026-10-05T10:00"))
    for role in (PersonRole.HEADTEACHER, PersonRole.CHAIR):
        seat = desk.seat(role)
        words, page = seat.words("/month"), seat.get("/month").text
        for row in ("Questions 10 1", "Answered from a rule 8 0", "No rule settles it 2 1", "Share answered from a rule 80% 0%"):
            assert row in words, row
        assert 'aria-label="November 2026: answered from a rule 8, rules to choose from 0, no rule settles it 2, other 0"' in page
        assert '<rect class="part-0" x="0" y="0" width="80.0" height="6"/>' in page
        assert "4 8" in words.partition("Asked most")[2]
        assert "minibus" not in words
        assert " style=" not in page
    for asked, title in (("2026-10", "October 2026"), ("2027-05", "November 2026"), ("never", "November 2026")):
        assert f"<h1>{title}</h1>" in seat.get(f"/month?of={asked}").text
