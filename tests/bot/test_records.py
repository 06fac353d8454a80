"""What is kept of a conversation, for how long, under whose name; and what never is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot.messages import Message
from bot.people import SLACK, TELEGRAM, WEB
from bot.records import FOLLOW_UP, AskedQuestion, Records
from bot.tables import conversations, question_counts, questions
from corpus.tenancy import writing_at
from corpus.versions import School, Versions
from retrieval.decision import Outcome

if TYPE_CHECKING:
    from tests.conftest import Chat, Clock

pytestmark = pytest.mark.both_stores

KEY = b"a key that only the tests have"
DAY = timedelta(days=1)
FRIENDS = "can I accept a parent's friend request?"


@pytest.fixture
def records(store: Versions, clock: "Clock") -> Records:
    store.add_school(School("meadow", "Meadow School", "Meadow"))
    return Records(store.engine, KEY, clock)


def message(**fields: Any) -> Message:
    return Message(**({"channel": TELEGRAM, "account": "77", "place": "77"} | fields))


def rows(store: Versions, table: Any) -> list[Any]:
    with store.engine.connect() as connection:
        return list(connection.execute(select(table)))


def keep(records: Records, store: Versions, clock: "Clock", number: int, **fields: Any) -> None:
    asked = {"school_id": "hillside", "asker": records.asker(message()), "channel": TELEGRAM, "asked_at": clock()}
    asked |= {"question": "a question", "outcome": Outcome.ANSWERED, "slug": None, "clause_id": None}
    kept = AskedQuestion(id=str(number), **(asked | fields))
    with writing_at(store.engine, kept.school_id) as connection:
        records.keep(connection, kept)


def remember(records: Records, store: Versions, earlier: list[str], school: str = "hillside", **fields: Any) -> None:
    with writing_at(store.engine, school) as connection:
        records.remember(connection, message(**fields), school, earlier)


# Whose it is


def test_what_stands_for_an_asker_differs_with_the_key_the_channel_and_the_account(store: Versions, clock: "Clock") -> None:
    one, other = Records(store.engine, KEY, clock), Records(store.engine, b"another key", clock)
    hashes = [
        one.asker(message()),
        one.asker(message(account="78")),
        one.asker(message(channel=SLACK)),
        one.asker(message(channel="telegram7", account="7")),
        other.asker(message()),
    ]
    assert len(set(hashes)) == len(hashes)
    assert one.asker(message(place="elsewhere", text="anything")) == hashes[0]
    assert not any(part == "77" or "telegram" in part for part in hashes)


def test_no_account_and_no_place_stands_in_the_store(chat: "Chat", store: Versions) -> None:
    chat.join(account="ACCOUNT-77")
    chat.say(FRIENDS, account="ACCOUNT-77", place="PLACE-1")
    kept = " ".join(str(tuple(row)) for table in (questions, conversations) for row in rows(store, table))
    assert FRIENDS in kept
    assert "ACCOUNT-77" not in kept
    assert "PLACE-1" not in kept


# What is kept

KEPT = {
    FRIENDS: True,
    "Can I use my phone at lunch?": True,
    "how do I book the minibus": True,
    "hello": False,
    "a boy has told me his dad beats him every night": False,
    "Mr Jones hit a child in the corridor today": False,
    "am I allowed to strike": False,
    "can I take Friday off for my miscarriage": False,
    "i am 12 weeks pregnant, who do I tell": False,
    "I think my pay is wrong this month": False,
    "how do I raise a grievance against my line manager": False,
    "I have been signed off with depression": False,
    "/worried": False,
    "помогите": False,
    "x" * 5000: False,
}


@pytest.mark.parametrize(("question", "is_kept"), KEPT.items(), ids=[question[:30] for question in KEPT])
def test_questions_are_kept_only_where_they_may_be(chat: "Chat", store: Versions, question: str, is_kept: bool) -> None:
    chat.join()
    turn = chat.turn(question)
    assert [row.question for row in rows(store, questions)] == ([question] if is_kept else [])
    if is_kept:
        assert turn.outcome in (Outcome.ANSWERED, Outcome.CHOOSE, Outcome.NOT_COVERED)
    if not is_kept and turn.outcome is not Outcome.SMALLTALK and turn.outcome is not Outcome.URGENT:
        assert rows(store, conversations) == []


def test_a_kept_question_names_its_clause_and_nobody(chat: "Chat", store: Versions) -> None:
    chat.join()
    chat.say(FRIENDS.replace("parent", "pupil") + " Sarah Whittaker asked me")
    (row,) = rows(store, questions)
    assert "Whittaker" not in row.question
    chat.say(FRIENDS)
    (row,) = [row for row in rows(store, questions) if row.question == FRIENDS]
    assert (row.school_id, row.channel, row.outcome, row.slug) == ("hillside", TELEGRAM, "answered", "staff")
    assert row.clause_id
    assert not row.not_meant


def test_nothing_is_kept_in_the_demonstration(chat: "Chat", store: Versions) -> None:
    from bot.turn import Asker

    school = chat.parts.indexes.of("hillside").school
    turn = chat.parts.conversation.turn_of(Asker(school, (school,), None), message(channel=WEB, account="", text=FRIENDS), 1, [])
    assert turn.outcome is Outcome.ANSWERED
    assert turn.keep is None


def test_on_the_chat_page_the_earlier_questions_are_the_pages_own_and_are_not_kept(chat: "Chat", store: Versions) -> None:
    from bot.turn import Asker

    person, school = chat.join(channel=WEB), chat.parts.indexes.of("hillside").school
    asked = message(channel=WEB, text="What about pupils?")
    turn = chat.parts.conversation.turn_of(Asker(school, (school,), person), asked, 1, ["/help", FRIENDS])
    assert turn.outcome is Outcome.ANSWERED
    assert turn.keep
    with writing_at(store.engine, "hillside") as connection:
        turn.keep(connection)
    assert rows(store, conversations) == []
    assert [row.question for row in rows(store, questions)] == ["What about pupils?"]


# The last quarter of an hour


def test_earlier_questions_are_of_this_place_person_and_school_and_end_after_fifteen_minutes(
    records: Records, store: Versions, clock: "Clock"
) -> None:
    remember(records, store, ["one", "two"])
    assert records.earlier(message(), "hillside") == ["one", "two"]
    for other in ({"place": "group"}, {"account": "78"}, {"channel": SLACK}):
        assert records.earlier(message(**other), "hillside") == []
    assert records.earlier(message(), "meadow") == []
    clock.wait(FOLLOW_UP - timedelta(seconds=1))
    assert records.earlier(message(), "hillside") == ["one", "two"]
    clock.wait(timedelta(seconds=1))
    assert records.earlier(message(), "hillside") == []


def test_a_conversation_that_goes_on_is_kept_on_and_one_that_is_over_is_cleared(
    records: Records, store: Versions, clock: "Clock"
) -> None:
    remember(records, store, ["one"])
    remember(records, store, ["elsewhere"], place="group")
    clock.wait(FOLLOW_UP - timedelta(seconds=1))
    remember(records, store, ["one", "two"])
    clock.wait(timedelta(seconds=1))
    records.end_conversations()
    assert len(rows(store, conversations)) == 1
    assert records.earlier(message(), "hillside") == ["one", "two"]


# Retention


def test_old_questions_become_counts_a_month_exactly_once(records: Records, store: Versions, clock: "Clock") -> None:
    for number in range(3):
        keep(records, store, clock, number)
    keep(records, store, clock, 3, outcome=Outcome.NOT_COVERED)
    keep(records, store, clock, 4, school_id="meadow")
    clock.wait(10 * DAY)  # in December
    keep(records, store, clock, 5)
    clock.wait(records.retention - 10 * DAY)
    for school in ("hillside", "meadow") * 2:
        records.clear(school)
    counts = {(row.school_id, row.month, row.outcome): row.times for row in rows(store, question_counts)}
    november = {
        ("hillside", "2026-11", "answered"): 3,
        ("hillside", "2026-11", "not_covered"): 1,
        ("meadow", "2026-11", "answered"): 1,
    }
    assert counts == november
    assert [row.id for row in rows(store, questions)] == ["5"]
    clock.wait(10 * DAY)
    records.clear("hillside")
    counts = {(row.school_id, row.month, row.outcome): row.times for row in rows(store, question_counts)}
    assert counts == november | {("hillside", "2026-12", "answered"): 1}
    assert rows(store, questions) == []


def test_many_that_clear_at_once_count_each_question_once(records: Records, store: Versions, clock: "Clock") -> None:
    for number in range(30):
        keep(records, store, clock, number)
    clock.wait(records.retention)
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: Records(store.engine, KEY, clock).clear("hillside"), range(6)))
    assert [row.times for row in rows(store, question_counts)] == [30]


def test_a_school_may_keep_questions_for_a_shorter_time(store: Versions, clock: "Clock") -> None:
    records = Records(store.engine, KEY, clock, retention=DAY)
    keep(records, store, clock, 1)
    clock.wait(DAY - timedelta(seconds=1))
    records.clear("hillside")
    assert len(rows(store, questions)) == 1
    clock.wait(timedelta(seconds=1))
    records.clear("hillside")
    assert rows(store, questions) == []


# Not what was meant


def test_not_meant_marks_ones_own_question_only(chat: "Chat", store: Versions) -> None:
    for account in ("77", "78"):
        chat.join(account=account)
    mine, hers = (chat.button("Not what I meant", FRIENDS, account=account) for account in ("77", "78"))
    assert "None of them is certain to be" in chat.told(pressed=hers)
    assert [row.not_meant for row in rows(store, questions)] == [False, False]
    chat.say(pressed=mine)
    marked = [row.asker for row in rows(store, questions) if row.not_meant]
    assert marked == [chat.parts.records.asker(chat.message())]


def test_one_asker_reads_and_deletes_only_her_own(records: Records, store: Versions, clock: "Clock") -> None:
    keep(records, store, clock, 1)
    keep(records, store, clock, 2, asker="another", question="another's")
    mine = records.asker(message())
    assert [one.id for one in records.of(mine)] == ["1"]
    assert records.forget("nobody") == 0
    assert records.forget(mine) == 1
    assert [one.question for one in records.of("another")] == ["another's"]
