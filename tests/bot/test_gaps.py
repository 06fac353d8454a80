"""What staff could not find: one row a matter, nobody's words, and those who asked are told what came of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot.errors import BotError
from bot.gaps import NOT_SHARED, ROW_GONE, Decision, Gap, GapKind
from bot.people import TELEGRAM, WEB, PersonRole
from bot.records import FOLLOW_UP, RETENTION, AskedQuestion
from bot.tables import gap_decisions, notices, questions
from corpus.tenancy import writing_at
from retrieval.decision import Outcome
from tests.conftest import HILLSIDE_RULES

if TYPE_CHECKING:
    from tests.bot.conftest import Staff

HEAD, TEACHER, OTHER, THIRD, ON_A_PAGE = "1", "77", "78", "79", "web-80"
FRIENDS = "Can I accept a friend request from a parent?"
MINIBUS, BOOKS = "Driving the school minibus", "Who books the minibus?"
ON_MINIBUSES = "\n3.2 Staff must hold a D1 licence to drive the school minibus.\n"
SETTLED = (
    "You asked something that the policies of Hillside Primary School did not settle. There is a rule on it now: ask me again."
)
KNOWN = {
    MINIBUS: [
        "do I need a D1 licence to drive the school minibus",
        "can I drive the minibus with a normal licence",
        "who books the minibus",
        "is the minibus insured for me to drive",
        "what licence do you need for the school minibus",
    ],
    "Dogs: therapy dogs, staff dogs, parents' dogs": [
        "can I bring my dog to work",
        "are dogs allowed in the office",
        "is it ok if my puppy comes in on Friday",
        "may I bring my dog into school on inset day",
        "is there a rule on dogs on the school site",
    ],
    "How staff should dress": [
        "can I wear jeans on a Friday",
        "is there a dress code for staff",
        "are trainers allowed for teachers",
        "can TAs wear leggings",
        "do I have to wear a lanyard",
    ],
}
# None of these is plainly a matter that is known.
SHED = [
    "Where do I find the key to the garden shed?",
    "who keeps the shed key",
    "is the garden shed locked, where is its key",
    "shed key??",
    "I need the key for the shed by the allotment",
]
POUCHES = [
    "Where do I get more laminating pouches?",
    "we have run out of laminator pouches, who orders them",
    "who orders laminating pouches",
    "can somebody order pouches for the laminator",
]
PIANO = ["who tunes the piano", "when is the piano tuner coming", "the piano in the hall is out of tune, who do I tell"]


@pytest.fixture
def asked(staff: "Staff") -> Callable[..., None]:
    """Put questions straight into the store, each of another asker's unless one is named."""

    def put(*wordings: str, asker: str | None = None, **fields: Any) -> None:
        with writing_at(staff.engine, "hillside") as connection:
            for wording in wordings:
                staff.clock.wait(timedelta(seconds=1))
                number = f"{staff.clock():%d%H%M%S}"
                row = {"school_id": "hillside", "channel": TELEGRAM, "asked_at": staff.clock(), "outcome": Outcome.NOT_COVERED}
                row |= {"slug": None, "clause_id": None, "asker": asker or f"asker {number}"}
                staff.parts.records.keep(connection, AskedQuestion(id=number, question=wording, **(row | fields)))

    return put


@pytest.fixture
def bring(staff: "Staff", publish: Callable[..., int]) -> Callable[[str], None]:
    """Publish the rules of hillside anew, and see to what that settles."""

    def new(rules: str) -> None:
        before = staff.parts.indexes.of("hillside")
        publish("hillside", rules)
        after = staff.parts.indexes.of("hillside")
        with writing_at(staff.engine, "hillside") as connection:
            staff.parts.gaps.settle(connection, "hillside", before, after)

    return new


def gaps(staff: "Staff") -> list[Gap]:
    return staff.parts.gaps.of("hillside")


def rows(staff: "Staff", table: Any = questions) -> list[Any]:
    with staff.engine.connect() as connection:
        return list(connection.execute(select(table)))


def ask(staff: "Staff", question: str, account: str = TEACHER, **fields: Any) -> None:
    """Ask something that goes on from nothing."""
    staff.clock.wait(FOLLOW_UP)
    staff.say(question, account, **fields)


def decide(staff: "Staff", gap: str, decision: Decision, school: str = "hillside") -> None:
    with writing_at(staff.engine, school) as connection:
        staff.parts.gaps.decide(connection, school, gap, decision, "headteacher 1")


def vote(staff: "Staff", label: str, account: str = TEACHER) -> str:
    (value,) = [one.value for reply in staff.seen[account][-1:] for one in reply.votes if one.label == label]
    return staff.press_value(value, account)


# The rows


def test_many_wordings_of_one_matter_are_one_row_in_which_each_person_counts_once(
    staff: "Staff", asked: Callable[..., None]
) -> None:
    for number in range(5):
        asked(*(wordings[number] for wordings in (*KNOWN.values(), SHED, POUCHES, PIANO) if number < len(wordings)))
    asked(*KNOWN[MINIBUS], asker="often")
    assert [(gap.people, gap.matter or gap.words) for gap in gaps(staff)] == [
        (6, MINIBUS),
        (5, "Dogs: therapy dogs, staff dogs, parents' dogs"),
        (5, "How staff should dress"),
        (5, ("key", "shed")),
        (4, ("pouches", "orders")),
        (3, ("piano",)),
    ]


def test_a_row_that_is_no_known_matter_shows_words_of_three_people_and_never_a_wording_or_a_name(
    staff: "Staff", asked: Callable[..., None]
) -> None:
    asked(SHED[0])
    asked(*(f"{wording} [name] zayaan" for wording in SHED), asker="often")
    (gap,) = gaps(staff)
    assert (gap.people, gap.shown, gap.words, gap.wordings) == (2, NOT_SHARED, (), ())
    asked(*(f"{wording} [name] zayaan" for wording in SHED[1:4]))
    (gap,) = gaps(staff)
    assert (gap.people, gap.shown, gap.is_in_shared_words) == (5, "key, shed, garden", False)
    assert gap.last_asked == "2026-11"
    asked("is there a piano tuner", shared=True)
    asked("the piano needs a tuner")
    (_, gap) = gaps(staff)
    assert (gap.people, gap.shown, gap.is_in_shared_words) == (2, "is there a piano tuner", True)


@pytest.mark.parametrize(
    "question",
    [
        "The headteacher posted a photo of my class on her own Instagram",
        "Mrs Harrison has posted a photo of my class on her own Facebook",
        "my line manager keeps shouting at me, what can I do",
        "how do I raise a concern about a colleague's conduct towards a child",
        "who do I blow the whistle to",
        "am I allowed to go on strike",
        "I am pregnant, must I drive the minibus",
        "a girl in my class has told me that her stepdad hits her",
        "I lost the key to the minibus and have told nobody",
    ],
)
def test_what_is_kept_from_the_headteacher_is_no_row_though_it_was_stored(
    staff: "Staff", asked: Callable[..., None], question: str
) -> None:
    asked(question, question, question, BOOKS)
    assert [(gap.shown, gap.people) for gap in gaps(staff)] == [(MINIBUS, 1)]
    assert staff.parts.summaries.of("hillside", staff.clock().date()).most_asked == ()


def test_an_answer_that_did_not_help_is_a_row_until_its_asker_says_that_it_did(staff: "Staff") -> None:
    for account in (OTHER, THIRD):
        staff.enrol(PersonRole.STAFF, account)
    for account in (TEACHER, OTHER, THIRD):
        staff.say(FRIENDS, account)
    assert gaps(staff) == []
    vote(staff, "This did not help")
    assert "Share my wording" in staff.labels()
    staff.press("Not what I meant", OTHER)
    (gap,) = gaps(staff)
    assert (gap.kind, gap.people, gap.did_not_help) == (GapKind.DID_NOT_HELP, 2, 2)
    assert staff.parts.gaps.of("meadow") == []
    assert sum(row.address is not None for row in rows(staff)) == 2
    ask(staff, FRIENDS)
    vote(staff, "This did not help")
    vote(staff, "This helped", THIRD)
    ask(staff, BOOKS)
    vote(staff, "This helped")
    assert [(gap.shown, gap.people) for gap in gaps(staff)] == [(gap.shown, 2), (MINIBUS, 1)]
    for account in (TEACHER, OTHER):
        staff.seen[account] = [reply for reply in staff.seen[account] if reply.votes and "friend" in str(reply.blocks)]
        vote(staff, "This helped", account)
    # The first of the two that did not help the teacher still stands.
    assert [(one.shown, one.people) for one in gaps(staff)] == [(gap.shown, 1), (MINIBUS, 1)]
    assert sum(row.address is not None for row in rows(staff)) == 2


# Sharing


def test_a_wording_is_shared_only_by_its_asker_after_she_has_seen_it_and_taken_back_by_forget(staff: "Staff") -> None:
    staff.enrol(PersonRole.STAFF, OTHER)
    staff.say(POUCHES[0])
    assert "Share my wording" in staff.labels()
    ask(staff, "Who can order laminating pouches, is it Ella Smith?")
    vote(staff, "This did not help")
    shown = staff.press("Share my wording")
    assert "Share these words with the headteacher, without your name?" in shown
    assert "“Who can order laminating pouches, is it [name]?”" in shown
    assert gaps(staff)[0].shown == NOT_SHARED
    agreed = staff.value("Share")
    for value in (agreed, agreed.replace("g:y", "g:s"), "g:y:", "g:s:0000000000"):
        assert "so there is nothing to share" in staff.press_value(value, OTHER)
    assert gaps(staff)[0].wordings == ()
    assert "The headteacher can read these words" in staff.press_value(agreed)
    (gap,) = gaps(staff)
    assert (gap.shown, gap.is_in_shared_words) == ("Who can order laminating pouches, is it [name]?", True)
    mine = staff.say("/mydata")
    assert "(You share these words with the headteacher.)" in mine
    assert "Where to write to you once it is settled, for 2 questions." in mine
    staff.say("/forget")
    assert gaps(staff) == []


def test_only_what_is_kept_can_be_shared(staff: "Staff") -> None:
    for question in ("am I allowed to strike", "hello", FRIENDS):
        staff.say(question)
        assert "Share my wording" not in staff.labels()


# What a new version settles


def test_those_who_asked_are_told_once_each_in_working_hours_without_their_words(
    staff: "Staff", bring: Callable[[str], None], plain_words_in_store: Callable[..., list[str]]
) -> None:
    for account, channel in ((OTHER, TELEGRAM), (THIRD, TELEGRAM), (ON_A_PAGE, WEB)):
        staff.enrol(PersonRole.STAFF, account, channel)
    for question in (BOOKS, "is the minibus insured for me to drive", BOOKS):
        ask(staff, question, where={"chat": "PLACE-OF-77"})
    staff.say(BOOKS, ON_A_PAGE, channel=WEB)
    staff.say(BOOKS, OTHER)
    staff.say("/forget", OTHER)
    staff.say(BOOKS, THIRD)
    staff.parts.people.remove("hillside", *staff.parts.people.ids(TELEGRAM, THIRD))
    ask(staff, POUCHES[0])
    assert plain_words_in_store("PLACE-OF-77") == []
    staff.at("2026-11-28T12:00")  # a Saturday
    bring(HILLSIDE_RULES + ON_MINIBUSES)
    assert [gap.shown for gap in gaps(staff)] == [NOT_SHARED]
    staff.round()
    assert staff.told() == []
    staff.at("2026-11-30T09:00")
    assert staff.told() == [f"{SETTLED}\nSee: Staff policy, 3.2."]
    assert staff.told(ON_A_PAGE) == [f"{SETTLED}\nSee: Staff policy, 3.2."]
    assert {account: staff.told(account) for account in (OTHER, THIRD)} == {OTHER: [], THIRD: []}
    assert [row.question for row in rows(staff) if row.address] == POUCHES[:1]
    assert rows(staff, notices) == []
    bring(HILLSIDE_RULES + ON_MINIBUSES.replace("D1", "clean D1"))
    staff.wait(days=1)
    assert staff.told() == []


def test_what_a_version_settled_is_open_again_when_it_is_taken_back_and_nobody_is_told_before(
    staff: "Staff", bring: Callable[[str], None]
) -> None:
    staff.say(BOOKS)
    staff.at("2026-11-28T12:00")
    bring(HILLSIDE_RULES + ON_MINIBUSES)
    bring(HILLSIDE_RULES)
    staff.at("2026-11-30T09:00")
    assert staff.told() == []
    assert [gap.shown for gap in gaps(staff)] == [MINIBUS]
    bring(HILLSIDE_RULES + ON_MINIBUSES)
    staff.round()
    assert len(staff.told()) == 1
    assert gaps(staff) == []


def test_an_answer_that_did_not_help_is_settled_by_another_clause_or_by_new_words(
    staff: "Staff", bring: Callable[[str], None]
) -> None:
    staff.say(FRIENDS)
    vote(staff, "This did not help")
    bring(HILLSIDE_RULES + ON_MINIBUSES)
    assert len(gaps(staff)) == 1
    bring(HILLSIDE_RULES.replace("from parents", "from parents, whoever sends the friend request"))
    assert gaps(staff) == []
    staff.round()
    (told,) = staff.told()
    assert told.startswith("An answer from the policies of Hillside Primary School did not help you. There is a rule on it now")


def test_a_permission_that_nobody_has_confirmed_settles_nothing(staff: "Staff", bring: Callable[[str], None]) -> None:
    staff.say("is the minibus insured for me to drive")
    bring(HILLSIDE_RULES + "\n3.2 Staff may drive the school minibus with an ordinary driving licence.\n")
    assert [gap.shown for gap in gaps(staff)] == [MINIBUS]


# What a headteacher decides


def test_what_is_outside_policy_is_gone_and_comes_back_only_when_three_others_ask(
    linked: "Staff", asked: Callable[..., None]
) -> None:
    linked.say(BOOKS)
    asked(*SHED[:2], asker="earlier")
    (minibus, shed) = sorted(gaps(linked), key=lambda gap: gap.matter is None)
    with pytest.raises(BotError, match=ROW_GONE):
        decide(linked, MINIBUS, Decision.OUTSIDE, school="meadow")
    for gap in (minibus, shed):
        decide(linked, gap.key, Decision.OUTSIDE)
    assert gaps(linked) == []
    with pytest.raises(BotError, match=ROW_GONE):
        decide(linked, MINIBUS, Decision.NEXT_REVIEW)
    linked.round()
    (told,) = linked.told()
    assert "Your headteacher has looked at this: it is not a matter of policy." in told
    assert "Speak to: Mrs Harrison, the headteacher" in told
    assert "minibus" not in told
    assert [row.address for row in rows(linked)] == [None] * 3
    linked.say(BOOKS)
    asked(*SHED[2:4], BOOKS, BOOKS)
    asked(SHED[0], asker="earlier")
    assert gaps(linked) == []
    asked(BOOKS, SHED[4])
    assert [(gap.shown, gap.people) for gap in gaps(linked)] == [(MINIBUS, 4), ("key, shed", 4)]


def test_what_is_noted_for_the_next_review_stays_on_a_list_until_it_is_settled_or_taken_off(
    staff: "Staff", asked: Callable[..., None], bring: Callable[[str], None]
) -> None:
    noted, records = staff.parts.gaps.noted, staff.parts.records
    staff.say(BOOKS)
    asked(*SHED[:3])
    asked("who tunes the piano")
    for gap in gaps(staff):
        decide(staff, gap.key, Decision.NEXT_REVIEW)
    decide(staff, MINIBUS, Decision.NEXT_REVIEW)
    staff.round()
    (told,) = staff.told()
    assert "Your headteacher has noted it for the next review." in told
    staff.clock.wait(timedelta(days=80))
    asked(BOOKS)
    assert gaps(staff) == []
    assert [(gap.shown, gap.people) for gap in noted("hillside")] == [("key, shed", 3), (MINIBUS, 2), (NOT_SHARED, 1)]
    staff.clock.wait(RETENTION - timedelta(days=80))
    records.clear("hillside")
    later = [(gap.shown, gap.people, gap.last_asked) for gap in noted("hillside")]
    assert later == [(MINIBUS, 1, "2027-02"), ("key, shed", 0, None)]
    bring(HILLSIDE_RULES + ON_MINIBUSES)
    (shed,) = noted("hillside")
    with writing_at(staff.engine, "hillside") as connection:
        staff.parts.gaps.drop_note(connection, "hillside", shed.key)
        with pytest.raises(BotError, match=ROW_GONE):
            staff.parts.gaps.drop_note(connection, "hillside", shed.key)
    assert noted("hillside") == []


def test_a_note_that_is_taken_back_leaves_its_row_open(staff: "Staff") -> None:
    staff.say(BOOKS)
    decide(staff, MINIBUS, Decision.NEXT_REVIEW)
    with writing_at(staff.engine, "hillside") as connection:
        staff.parts.gaps.drop_note(connection, "hillside", MINIBUS)
    assert [gap.shown for gap in gaps(staff)] == [MINIBUS]
    assert rows(staff, gap_decisions) == []
