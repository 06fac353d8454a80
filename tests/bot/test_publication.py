"""The one way to change what is answered from: what hinders it, what the chair decides, and that it is whole or not at all."""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, insert, select

from bot.asking import ask
from bot.assembly import Parts
from bot.bootstrap import Indexes
from bot.contact_book import ContactBook
from bot.directory import directory_of
from bot.errors import BotError
from bot.proposals import ChairSettings, Kind, State
from bot.publication import Publication
from bot.readiness import LATELY
from bot.rulings import Ruled
from bot.tables import audit, trial_questions
from bot.trial import Difference
from corpus.building import build_policy
from corpus.clause import Correction, RulingNote, Stance
from corpus.errors import CorpusError
from corpus.tenancy import writing_at
from corpus.versions import Approval
from retrieval.index import Index
from retrieval.knowledge import Knowledge

if TYPE_CHECKING:
    from tests.conftest import Chat, Clock

pytestmark = pytest.mark.both_stores

HEAD, CHAIR, OFFICE = "headteacher 1", "chair 2", "office 3"
FRIENDS = "Can I be friends with a pupil's mum or dad on Facebook?"
LOCKING = "3.1"  # the id of the rule on computers, which stood there in the version before
RULE = "1.1 Staff must not accept friend requests from parents."
RULES = f"1. Social media\n\n{RULE}\n\n2. Equipment\n\n2.1 Staff must lock their computers when they leave the room.\n"
# Two rules that a reply to one question shows together.
TWO_RULES = (
    "1.1 Staff must not accept friend requests from parents on social media in the version known",
    "1.2 Staff must not accept friend requests from pupils on social media in the version known",
)
DAY = date(2026, 11, 23)
ALLOWED = Correction("Mrs Harrison", DAY, "we have always let them", Stance.ALLOWED)
DISCOURAGED = Correction("Mrs Harrison", DAY, "it is only advice", Stance.DISCOURAGED)


@pytest.fixture
def parts(chat: "Chat", publish: Callable[..., int]) -> Parts:
    """Hillside with a second version, and with one test question: each that is tried takes time."""
    publish("hillside", RULES)
    with writing_at(chat.parts.indexes.versions.engine, "hillside") as connection:
        connection.execute(insert(trial_questions).values(school_id="hillside", question=FRIENDS, must=False))
    return chat.parts


def bring_in(parts: Parts, rules: str) -> str:
    """Make a draft of hillside's policy of these rules, and return its digest."""
    source = f"HILLSIDE PRIMARY SCHOOL\n\nStaff policy\n\nAdopted: May 2024\n\n{rules}"
    versions = parts.indexes.versions
    versions.save_draft(build_policy(source, school="hillside", slug="staff", title=None, source_name="staff"), source)
    return versions.draft("hillside", "staff").digest


def look(parts: Parts) -> list[str]:
    """Note that somebody has looked at what got lost or looser; return the matters."""
    unseen = parts.looked_at.unseen("hillside", "staff", parts.readiness.trial("hillside", "staff"))
    for group in unseen:
        parts.looked_at.mark("hillside", "staff", group.digest, group.matter, HEAD)
    return [group.matter for group in unseen]


def stance(parts: Parts, indexes: Indexes | None = None) -> Stance:
    """Return what the index makes of 1.1."""
    return (indexes or parts.indexes).of("hillside").clause("staff", "1.1").clause.stance


def done(parts: Parts) -> list[str]:
    return [
        f"{entry.who} {entry.action} {entry.version or ''}{entry.object or ''}".strip() for entry in parts.audit.of("hillside")
    ]


def refused(act: Callable[[], object], words: str) -> None:
    with pytest.raises((BotError, CorpusError), match=words):
        act()


def test_a_draft_is_published_once_nothing_hinders_it_and_all_answer_from_it(parts: Parts, knowledge: Knowledge) -> None:
    another = Indexes(parts.indexes.versions, knowledge)  # that of another process
    assert stance(parts, another) is Stance.FORBIDDEN
    (question,) = parts.trial_questions.of("hillside")
    parts.readiness.must("hillside", question.id, HEAD, "discouraged")
    digest = bring_in(parts, RULES.replace("must not accept", "may accept"))
    failing, unseen = parts.readiness.hindrances("hillside", "staff", digest)
    assert failing.startswith(f"“{question.question}” must be told: advised against. With this draft it is told: ")
    assert unseen.startswith("Some answers get lost or looser, and nobody has looked at them yet: ")
    refused(lambda: parts.publication.publish("hillside", "staff", digest, HEAD), "must be told")

    mended = bring_in(parts, RULES.replace("must not accept", "should not accept"))
    refused(lambda: parts.publication.publish("hillside", "staff", digest, HEAD), "The draft was changed since you looked at it")
    refused(lambda: parts.publication.publish("hillside", "staff", mended, HEAD), "nobody has looked at them")
    assert look(parts)
    assert look(parts) == []
    assert parts.readiness.hindrances("hillside", "staff", mended) == []
    assert stance(parts) is Stance.FORBIDDEN
    approval = Approval("Mrs Harrison", "the governors", "20 November 2026, item 7")
    number = parts.publication.publish("hillside", "staff", mended, HEAD, approval)
    assert parts.indexes.of("hillside", fresh=False).clause("staff", "1.1").clause.stance is Stance.DISCOURAGED
    assert (stance(parts, another), parts.indexes.versions.version("hillside", "staff").approval) == (
        Stance.DISCOURAGED,
        approval,
    )
    assert f"{HEAD} published {number}" in done(parts)
    (listed,) = parts.proposals.looser_list("hillside")
    assert (listed.state, listed.version, listed.kind) == (State.NOT_ASKED, number, Kind.VERSION)
    assert listed.looser == "1.1: Before: not allowed. Now: advised against. That is looser."


def test_what_was_looked_at_must_be_looked_at_again_once_it_is_another_answer(parts: Parts) -> None:
    bring_in(parts, RULES.replace("must not accept", "should not accept"))
    look(parts)
    bring_in(parts, RULES.replace("must not accept", "may accept"))
    assert look(parts)
    bring_in(parts, RULES.replace("must not accept", "may accept").replace("their computers", "every computer"))
    assert look(parts) == []  # nothing that was looked at is other than it was


def test_rolling_back_answers_from_the_earlier_version_at_once(parts: Parts) -> None:
    digest = bring_in(parts, RULES.replace("must not accept", "should not accept"))
    look(parts)
    parts.publication.publish("hillside", "staff", digest, HEAD)
    parts.publication.roll_back("hillside", "staff", 2, HEAD)
    assert stance(parts) is Stance.FORBIDDEN
    parts.publication.roll_back("hillside", "staff", 3, CHAIR)
    assert stance(parts) is Stance.DISCOURAGED
    assert done(parts)[-2:] == [f"{HEAD} rolled back 2", f"{CHAIR} rolled back 3"]
    assert [one.made_by for one in parts.proposals.looser_list("hillside")] == [HEAD, CHAIR]
    refused(lambda: parts.publication.roll_back("hillside", "staff", 9, HEAD), "There is no version 9")
    refused(lambda: parts.publication.roll_back("nowhere", "staff", 1, HEAD), "There is no school called nowhere")


def test_nobody_is_ever_answered_from_a_mixture(parts: Parts, clock: "Clock") -> None:
    """Each version names itself at the end of its rules, of which a reply shows two: a mixture would name two versions."""
    directory = directory_of(parts.indexes.of("hillside").school, (), ContactBook(), {}, clock())
    seen: list[tuple[set[int], set[str]]] = []
    over = threading.Event()

    def ask_once() -> None:
        answer = ask("Can I accept friend requests?", parts.indexes.of("hillside"), directory, DAY)
        shown = (*answer.quotes, *answer.offered)
        seen.append(({one.citation.version for one in shown}, {one.words.rpartition(" ")[2] for one in shown}))

    def ask_on() -> None:
        while not over.is_set():
            ask_once()

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask_on) for _ in range(3)]
        try:
            for colour in ("red", "green", "blue", "white"):
                digest = bring_in(parts, "1. Friends\n" + "".join(f"\n{rule} as the {colour}.\n" for rule in TWO_RULES))
                look(parts)
                number = parts.publication.publish("hillside", "staff", digest, HEAD)
                ask_once()
                assert ({number}, {f"{colour}."}) in seen
        finally:
            over.set()
        for one in asking:
            one.result()
    # Before the first of them the school had a version with rules that end otherwise.
    assert {(len(versions), len(words)) for versions, words in seen if versions != {2}} == {(1, 1)}
    assert {len(versions) for versions, _ in seen} == {1}


def hooked(parts: Parts, hook: Callable[..., None]) -> Publication:
    return Publication(
        indexes=parts.indexes, readiness=parts.readiness, proposals=parts.proposals, audit=parts.audit, hooks=[hook]
    )


def test_what_follows_from_a_change_belongs_to_its_transaction(parts: Parts) -> None:
    found: list[tuple[Stance, Stance, int]] = []

    def note(connection: object, school_id: str, before: Index, after: Index) -> None:
        assert school_id == "hillside"
        stances = [index.clause("staff", "1.1").clause.stance for index in (before, after)]
        found.append((stances[0], stances[1], after.revision))

    def fail(*_: object) -> None:
        raise OSError("the disk is gone")

    digest = bring_in(parts, RULES.replace("must not accept", "should not accept"))
    look(parts)
    before, revision = done(parts), parts.indexes.versions.revision("hillside") or 0
    with pytest.raises(OSError, match="the disk is gone"):
        hooked(parts, fail).publish("hillside", "staff", digest, HEAD)
    assert (done(parts), parts.indexes.versions.revision("hillside"), stance(parts)) == (before, revision, Stance.FORBIDDEN)
    assert parts.proposals.looser_list("hillside") == []
    hooked(parts, note).publish("hillside", "staff", digest, HEAD)
    assert found == [(Stance.FORBIDDEN, Stance.DISCOURAGED, revision + 1)]


def test_a_looser_correction_waits_for_the_chair_and_a_stricter_one_does_not(parts: Parts) -> None:
    def correct(clause_id: str, correction: Correction) -> int | None:
        return parts.publication.correct("hillside", "staff", 2, clause_id, correction, who=HEAD)

    first = correct("1.1", DISCOURAGED)
    second = correct("1.1", ALLOWED)
    assert first
    assert second
    assert (stance(parts), [one.id for one in parts.proposals.waiting("hillside")]) == (Stance.FORBIDDEN, [second])
    (waiting,) = parts.proposals.waiting("hillside")
    assert waiting.looser == "Before: not allowed. Now: allowed. That is looser."
    refused(lambda: parts.publication.approve("hillside", second, HEAD), "somebody else must approve it")
    refused(lambda: parts.publication.approve("meadow", second, CHAIR), "no such proposal at your school")
    refused(lambda: parts.publication.approve("hillside", first, CHAIR), "decided or withdrawn already")
    parts.publication.approve("hillside", second, CHAIR, comment="as agreed", minutes="item 7")
    assert stance(parts) is Stance.ALLOWED
    decided = parts.proposals.decided("hillside")[-1]
    assert (decided.state, decided.decided_by, decided.comment, decided.minutes) == (State.APPROVED, CHAIR, "as agreed", "item 7")
    assert correct("1.1", DISCOURAGED) is None
    assert stance(parts) is Stance.DISCOURAGED
    parts.publication.confirm("hillside", "staff", 2, [LOCKING], HEAD)
    assert parts.indexes.of("hillside").clause("staff", LOCKING).clause.confirmed
    assert done(parts) == [
        f"{HEAD} asked the chair 2{first}",
        f"{HEAD} asked the chair 2{second}",
        f"{CHAIR} approved {second}",
        f"{CHAIR} corrected 21.1",
        f"{HEAD} corrected 21.1",
        f"{HEAD} confirmed 2{LOCKING}",
    ]
    refused(lambda: correct("9.9", ALLOWED), "no clause 9.9 in version 2")


def test_what_the_chair_refuses_or_was_overtaken_changes_nothing(parts: Parts) -> None:
    def correct() -> int:
        return parts.publication.correct("hillside", "staff", 2, "1.1", ALLOWED, who=HEAD) or 0

    number = correct()
    parts.proposals.refuse("hillside", number, CHAIR, "not without the governors")
    refused(lambda: parts.publication.approve("hillside", number, CHAIR), "decided or withdrawn already")
    number = correct()
    parts.proposals.withdraw("hillside", number, HEAD)
    refused(lambda: parts.proposals.refuse("hillside", number, CHAIR), "decided or withdrawn already")
    number = correct()
    digest = bring_in(parts, RULES.replace("lock their", "lock all"))
    look(parts)
    parts.publication.publish("hillside", "staff", digest, HEAD)
    refused(lambda: parts.publication.approve("hillside", number, CHAIR), "was changed since you were asked")
    assert [one.id for one in parts.proposals.waiting("hillside")] == [number]  # it can still be refused
    assert stance(parts) is Stance.FORBIDDEN
    assert [one.state for one in parts.proposals.decided("hillside")] == [State.REFUSED, State.WITHDRAWN]
    assert len(parts.proposals.looser_list("hillside")) == 3


def test_a_school_may_do_without_the_chair_who_sees_what_got_looser_all_the_same(parts: Parts) -> None:
    parts.proposals.change_settings("hillside", ChairSettings(looser_needs_chair=False), HEAD)
    assert parts.proposals.settings("meadow") == ChairSettings()
    assert parts.publication.correct("hillside", "staff", 2, "1.1", ALLOWED, who=HEAD) is None
    assert stance(parts) is Stance.ALLOWED
    (listed,) = parts.proposals.looser_list("hillside")
    assert (listed.state, listed.clause_id, listed.looser) == (
        State.NOT_ASKED,
        "1.1",
        "Before: not allowed. Now: allowed. That is looser.",
    )
    assert (parts.proposals.waiting("hillside"), parts.proposals.decided("hillside")) == ([], [])
    assert done(parts) == [f"{HEAD} changed what needs the chair", f"{HEAD} corrected 21.1"]


def test_a_ruling_holds_at_once_unless_it_is_looser_than_a_published_clause(parts: Parts) -> None:
    def rule(text: str, stance: Stance, question: str) -> int | None:
        note = RulingNote("Mrs Harrison, headteacher", DAY, date(2027, 7, 1), question)
        return parts.publication.rule("hillside", Ruled(text, stance, note), HEAD)

    def rulings() -> list[str]:
        found = parts.indexes.of("hillside").rulings
        return [f"{one.clause.clause.id}: {one.clause.clause.words} {one.note.approved_by or ''}".strip() for one in found]

    refused(lambda: rule("", Stance.FORBIDDEN, "Can I bring my dog?"), "ruling")
    assert rule("Dogs stay at home.", Stance.FORBIDDEN, "Can I bring my dog to school?") is None
    assert rulings() == ["ruling-1: Dogs stay at home."]
    question = "Can I accept a friend request from a parent?"
    number = rule("You may accept the requests of parents.", Stance.ALLOWED, question)
    assert number
    (waiting,) = parts.proposals.waiting("hillside")
    assert waiting.looser == "Your policy (Staff policy, 1.1) says: not allowed. Your ruling would say: allowed."
    assert len(rulings()) == 1
    parts.publication.approve("hillside", number, CHAIR)
    assert rulings()[1] == "ruling-2: You may accept the requests of parents. the chair of governors"
    parts.publication.withdraw_ruling("hillside", "ruling-1", HEAD)
    bring_in(parts, RULES.replace("lock their", "lock all"))
    parts.trial_questions.add("hillside", question, HEAD)
    tried = [one for group in parts.readiness.trial("hillside", "staff").groups for one in group.tried]
    (ruled,) = (one for one in tried if one.question.question == question)
    assert (ruled.difference, ruled.today.rules[0].clause.id) == (Difference.SAME, "ruling-2")
    refused(lambda: parts.publication.withdraw_ruling("hillside", "ruling-1", HEAD), "not there any more")
    assert len(rulings()) == 1
    assert [entry for entry in done(parts) if "rul" in entry] == [
        f"{HEAD} ruled 1ruling-1",
        f"{CHAIR} ruled 2ruling-2",
        f"{HEAD} withdrew a ruling 3ruling-1",
    ]


def test_a_version_that_needs_the_chair_is_published_only_as_it_was_approved(parts: Parts) -> None:
    parts.proposals.change_settings("hillside", ChairSettings(versions_need_chair=True), HEAD)

    def hindrances(digest: str) -> list[str]:
        return parts.readiness.hindrances("hillside", "staff", digest)

    digest = bring_in(parts, RULES.replace("lock their", "lock all"))
    look(parts)
    assert hindrances(digest) == ["This version needs the approval of the chair of governors. Ask the chair for it."]
    number = parts.publication.propose_version("hillside", "staff", digest, HEAD)
    assert hindrances(digest) == ["This version waits for the approval of the chair of governors."]
    changed = bring_in(parts, RULES.replace("lock their", "lock both"))
    refused(lambda: parts.publication.propose_version("hillside", "staff", digest, HEAD), "The draft was changed")
    refused(lambda: parts.publication.approve("hillside", number, CHAIR), "was changed since you were asked")
    assert bring_in(parts, RULES.replace("lock their", "lock all")) == digest
    parts.publication.approve("hillside", number, CHAIR, minutes="item 7")
    changed = bring_in(parts, RULES.replace("lock their", "lock both"))
    look(parts)
    assert hindrances(changed) == [
        "This version needs the approval of the chair of governors. It was changed since it was approved: ask the chair for it."
    ]
    refusal = parts.publication.propose_version("hillside", "staff", changed, HEAD)
    parts.proposals.refuse("hillside", refusal, CHAIR, "both?")
    assert hindrances(changed) == ["The chair of governors has refused this version: change it, then ask again."]
    number = parts.publication.propose_version("hillside", "staff", changed, HEAD)
    parts.publication.approve("hillside", number, CHAIR, minutes="item 8")
    parts.publication.publish("hillside", "staff", changed, HEAD, Approval(owner="Mrs Harrison"))
    assert parts.indexes.versions.version("hillside", "staff").approval == Approval(
        "Mrs Harrison", "the chair of governors", "item 8"
    )


def test_a_draft_that_somebody_made_looser_by_hand_needs_the_chair_too(parts: Parts) -> None:
    bring_in(parts, RULES)
    parts.indexes.versions.change_draft(
        "hillside",
        "staff",
        0,
        lambda policy: policy.with_clauses(lambda clause: clause.corrected(ALLOWED) if clause.id == "1.1" else clause),
    )
    look(parts)
    digest = parts.indexes.versions.draft("hillside", "staff").digest
    assert parts.readiness.hindrances("hillside", "staff", digest) == [
        "This version needs the approval of the chair of governors, since by hand it makes looser what is published (1.1). "
        "Ask the chair for it."
    ]
    parts.publication.approve("hillside", parts.publication.propose_version("hillside", "staff", digest, HEAD), CHAIR)
    parts.publication.publish("hillside", "staff", digest, HEAD)
    assert stance(parts) is Stance.ALLOWED


def test_what_is_published_by_somebody_else_meanwhile_is_not_taken_for_what_was_tried(parts: Parts) -> None:
    digest = bring_in(parts, RULES.replace("lock their", "lock all"))
    look(parts)
    once = iter([True])

    def overtake(*args: object) -> None:
        if "FROM proposals" in str(args[2]) and next(once, False):  # the draft has been tried by then
            parts.publication.confirm("hillside", "staff", 2, [LOCKING], OFFICE)

    event.listen(parts.indexes.versions.engine, "before_cursor_execute", overtake)
    refused(lambda: parts.publication.publish("hillside", "staff", digest, HEAD), "Something else was published meanwhile")
    assert parts.indexes.versions.draft("hillside", "staff").digest == digest
    parts.publication.publish("hillside", "staff", digest, HEAD)


def test_what_staff_asked_lately_is_counted_without_their_words(parts: Parts, chat: "Chat", clock: "Clock") -> None:
    for account in ("1", "2", "3"):
        chat.join(account=account)
        chat.say(FRIENDS, account=account, place=account)
    bring_in(parts, RULES.replace("must not accept", "may accept"))
    found = parts.readiness.lately("hillside", "staff")
    assert found.questions == 3
    assert [times for _, times in found.matters] == [3]
    clock.wait(LATELY)
    assert parts.readiness.lately("hillside", "staff").questions == 0


def test_the_trail_holds_ids_and_no_words(parts: Parts) -> None:
    parts.publication.confirm("hillside", "staff", 2, ["1.1", LOCKING], HEAD)
    parts.publication.correct("hillside", "staff", 2, "1.1", ALLOWED, who=HEAD)
    with parts.indexes.versions.engine.connect() as connection:
        rows = connection.execute(select(audit)).all()
    values: Collection[object] = {value for row in rows for value in row if isinstance(value, str)}
    assert values == {"hillside", "staff", HEAD, "confirmed", "asked the chair", "1.1", LOCKING, "1"}
    assert parts.audit.of("meadow") == []
