"""What an urgent reply says, in which order, at which hour and in which nation; and what of the school's policy stands in it."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from bot.answer import KEEPS_NOTHING, Answer, Concern, needs_school, to_answer
from bot.contact_book import ChangedNumber, Contact, ContactBook, ContactRole, season_of
from bot.directory import Route, directory_of
from bot.rendering import to_text
from bot.school_year import Season, read_hours
from bot.urgent_route import AT_ONCE, DO_NOT, NO_NAMES, NOT_REPORTING, WITH_IMAGES
from corpus.clause import Clause, Policy, Role, Section, Stance
from corpus.dates import PolicyDate
from corpus.versions import School
from retrieval.concerns import Complaint, concerned
from retrieval.decision import Decision, Outcome
from retrieval.index import Index
from retrieval.knowledge import Knowledge
from retrieval.ranking import NOTHING, Hit, Ranking
from retrieval.urgency import Danger

TODAY = date(2026, 11, 23)
SCHOOL_TIME, NIGHT = "2026-11-23T10:00", "2026-11-23T23:00"
ELSEWHERE = ["Wales", "Scotland", "Northern Ireland"]
CHILD, IMAGE, ALLEGED = Danger.CHILD_AT_RISK, Danger.INDECENT_IMAGE, Danger.ALLEGATION
WORDS = "Staff must report the matter to the headteacher."


def contact(name: str, role: ContactRole, number: str, at: str) -> Contact:
    return Contact(name, (role,), (number,), hours=read_hours(at, season_of((role,))))


BOOK = ContactBook(
    hours=read_hours("8:30-15:30", Season.TERM),
    contacts=(
        contact("Mrs Harrison", ContactRole.HEADTEACHER, "01632 960001", "8:00-17:00"),
        contact("Mr Okafor", ContactRole.DSL, "01632 960002", "8:00-17:00"),
        contact("Miss Todd", ContactRole.DEPUTY_DSL, "01632 960003", "8:00-17:00"),
        contact("Mr Grant", ContactRole.GOVERNORS, "01632 960004", "8:00-22:00"),
        contact("Suffolk social care", ContactRole.SOCIAL_CARE, "0808 1570", "9:00-17:00"),
        contact("Suffolk emergency duty team", ContactRole.SOCIAL_CARE_OUT_OF_HOURS, "0808 1571", "any time"),
    ),
)
EMPTY = ContactBook()

Ask = Callable[..., Answer]


@pytest.fixture
def ask(index_of: Callable[..., Index]) -> Ask:
    """Return the urgent reply to a question, of a school whose policy has one clause, which governs where it is given."""

    def answer(
        danger: Danger,
        *,
        question: str = "Something has happened",
        book: ContactBook = BOOK,
        time: str = SCHOOL_TIME,
        nation: str = "England",
        clause: str | None = None,
        names: tuple[Role, ...] = (),
        **concern: Any,
    ) -> Answer:
        one = Clause("5.2", "5.2", "5.2", clause or WORDS, (), Stance.REQUIRED, roles=names, confirmed=True)
        section = Section("Safety", "5", 1, "5. Safety", (), (one,))
        policy = Policy("hillside", "safety", "Safety Policy", (section,), adopted=PolicyDate("2024-05"))
        school = School("hillside", "Hillside Primary School", "Hillside", nation)
        index = index_of(policy, school=school)
        hit = Hit(index.clauses[0], 1.0) if clause else None
        stance = Stance.REQUIRED if clause else None
        decision = Decision(Outcome.URGENT, Ranking((hit,)) if hit else NOTHING, hit, stance, danger=danger)
        directory = directory_of(school, index.policies, book, {}, datetime.fromisoformat(time))
        return to_answer(question, decision, index, directory, TODAY, concern=Concern(**concern))

    return answer


@pytest.mark.parametrize("danger", [one for one in Danger if one is not Danger.ASKER_AT_RISK])
@pytest.mark.parametrize("book", [BOOK, EMPTY])
@pytest.mark.parametrize("time", [SCHOOL_TIME, NIGHT])
@pytest.mark.parametrize("nation", ["England", *ELSEWHERE])
def test_it_begins_with_999_then_says_whom_to_tell_then_what_not_to_do_then_the_schools_own_clause(
    ask: Ask, danger: Danger, book: ContactBook, time: str, nation: str
) -> None:
    answer = ask(danger, book=book, time=time, nation=nation, clause=WORDS)
    text = to_text(answer)
    assert text.startswith(f"{AT_ONCE}\n1. Tell ")
    assert text.count(NOT_REPORTING) == text.count(NO_NAMES) == 1
    assert text.index("1. Tell") < text.index(NOT_REPORTING) < text.index(WORDS)
    if DO_NOT in text:
        assert text.index("1. Tell") < text.index(DO_NOT) < text.index(WORDS)
    assert (DO_NOT in text) is (nation == "England" and danger is not Danger.THREAT)
    assert answer.line
    assert answer.escalation == answer.line[0]


def test_in_school_time_the_safeguarding_lead_is_named_with_a_number(ask: Ask) -> None:
    assert ask(CHILD).steps == (
        "Tell Mr Okafor, the designated safeguarding lead (DSL), now: 01632 960002.",
        "If you cannot reach them: Miss Todd, a deputy safeguarding lead: 01632 960003; "
        "Mrs Harrison, the headteacher: 01632 960001.",
        "Anybody may also ring children's social care: Suffolk social care: 0808 1570.",
        DO_NOT,
        f"{NOT_REPORTING} {NO_NAMES}",
    )


def test_at_night_nobody_is_to_wait_for_school_to_open(ask: Ask) -> None:
    assert ask(CHILD, time=NIGHT).steps == (
        "Tell Mr Okafor, the designated safeguarding lead (DSL), now: 01632 960002. They may not answer before tomorrow at 8:00.",
        "Do not wait for that: ring children's social care: Suffolk emergency duty team: 0808 1571. Anybody may.",
        "If you cannot reach them: Miss Todd, a deputy safeguarding lead: 01632 960003, from tomorrow at 8:00; "
        "Mrs Harrison, the headteacher: 01632 960001, from tomorrow at 8:00.",
        "For advice: NSPCC Helpline, 0808 800 5000.",
        DO_NOT,
        f"{NOT_REPORTING} {NO_NAMES}",
    )


def test_whoever_is_on_call_at_night_comes_first(ask: Ask) -> None:
    on_call = contact("Miss Todd", ContactRole.DEPUTY_DSL, "01632 960003", "any time")
    contacts = tuple(on_call if one.name == on_call.name else one for one in BOOK.contacts)
    first = ask(CHILD, time=NIGHT, book=replace(BOOK, contacts=contacts)).steps[0]
    assert first == (
        "Tell Miss Todd, a deputy safeguarding lead, now: 01632 960003. "
        "The designated safeguarding lead (DSL) can be reached from tomorrow at 8:00."
    )


def test_a_school_that_filled_in_nothing_gets_the_roles_in_words_and_the_national_numbers(ask: Ask) -> None:
    assert ask(CHILD, book=EMPTY).steps == (
        "Tell the designated safeguarding lead (DSL) now, or a deputy.",
        "Anybody may also ring children's social care at your council.",
        "For advice: NSPCC Helpline, 0808 800 5000.",
        DO_NOT,
        f"{NOT_REPORTING} {NO_NAMES}",
    )


@pytest.mark.parametrize("danger", list(Danger))
def test_of_a_school_that_is_not_known_it_says_the_same_as_of_one_that_filled_in_nothing(
    ask: Ask, knowledge: Knowledge, danger: Danger
) -> None:
    question = {
        CHILD: "I am worried about a child",
        IMAGE: "a pupil was sent a naked photo of a girl in year 9",
        ALLEGED: "our headteacher slapped a pupil",
        Danger.THREAT: "Somebody is outside with a knife and says he will kill us",
        Danger.ASKER_AT_RISK: "I want to die",
    }[danger]
    stranger = needs_school(question, (), knowledge.vectors)
    known = ask(danger, question=question, book=EMPTY, roles=concerned(question))
    assert (stranger.danger, stranger.headline, stranger.steps) == (danger, known.headline, known.steps)
    assert (stranger.about, {step.name for step in stranger.line} <= {None}) == (known.about, True)


def test_of_an_image_it_says_what_not_to_do_with_it_and_to_tell_the_police_of_an_adult(ask: Ask) -> None:
    steps = ask(IMAGE).steps
    assert steps.index(WITH_IMAGES) < steps.index(DO_NOT)
    for word in ("view", "copy", "print", "share", "save", "delete", "ask a child to share", "Leave the device as it is"):
        assert word in WITH_IMAGES
    assert "If an adult shared the image, tell the police at once: 999, or 101 if nobody is in danger now." in steps
    assert WITH_IMAGES in ask(ALLEGED, question="the coach has pictures of girls changing").steps
    assert WITH_IMAGES not in ask(ALLEGED, question="the coach hit a girl").steps


ONLINE = [
    ("a man has been grooming her", True),
    ("he asked her for nudes on snapchat", True),
    ("someone is blackmailing a boy", True),
    ("an adult sent sexual messages to a pupil on Discord", True),
    ("a boy says his dad hits him", False),
    ("he is being bullied online", False),
    ("her instagram account was hacked", False),
]


@pytest.mark.parametrize(("question", "reported"), ONLINE)
def test_ceop_is_named_for_grooming_and_sexual_abuse_online_alone(ask: Ask, question: str, reported: bool) -> None:
    assert any("ceop.police.uk" in step for step in ask(CHILD, question=question).steps) is reported


def test_an_allegation_goes_to_the_headteacher_or_about_her_to_the_chair(ask: Ask) -> None:
    assert ask(ALLEGED).steps == (
        "Tell Mrs Harrison, the headteacher, now: 01632 960001.",
        "If it is about the headteacher, tell Mr Grant, the chair of governors (01632 960004) instead.",
        "If you cannot raise it in school, ring the NSPCC Whistleblowing Advice Line: 0800 028 0285.",
        f"{DO_NOT} Do not speak about it to the person concerned.",
        f"{NOT_REPORTING} {NO_NAMES}",
    )


def test_an_allegation_at_night_names_social_care_too(ask: Ask) -> None:
    steps = ask(ALLEGED, time=NIGHT).steps
    assert steps[0].endswith("They may not answer before tomorrow at 8:00.")
    assert "If a child may be at risk before then, ring children's social care: Suffolk emergency duty team: 0808 1571." in steps


def test_where_the_clause_names_the_headteacher_and_it_is_about_her_the_reply_says_why_it_is_somebody_else(ask: Ask) -> None:
    answer = ask(ALLEGED, clause=WORDS, names=(Role.HEADTEACHER,), roles=frozenset({Role.HEADTEACHER}))
    assert answer.steps[0] == (
        "Tell Mr Grant, the chair of governors, now: 01632 960004. "
        "Your policy's rule names the headteacher. This is about the headteacher."
    )
    assert answer.about == (ContactRole.HEADTEACHER,)
    assert "Mrs Harrison" not in to_text(answer)
    assert KEEPS_NOTHING in answer.notes


def test_what_somebody_in_power_did_to_a_child_is_an_allegation_whatever_the_danger_looks_like(ask: Ask) -> None:
    for danger in (CHILD, Danger.THREAT, IMAGE):
        answer = ask(danger, roles=frozenset({Role.DSL}), complaint=Complaint.ALLEGATION)
        assert (answer.route, answer.line[0].role) == (Route.ALLEGATION, ContactRole.HEADTEACHER)
        assert "Mr Okafor" not in to_text(answer)
    assert ask(CHILD, complaint=Complaint.ALLEGATION).route is Route.CHILD


@pytest.mark.parametrize("danger", [CHILD, Danger.THREAT, ALLEGED])
def test_somebody_whom_the_text_names_is_not_told_of_it(ask: Ask, danger: Danger) -> None:
    text = to_text(ask(danger, question="mrs harrison and mr okafor hit a boy"))
    for name in ("Mrs Harrison", "Mr Okafor"):
        assert not re.search(rf"(?:Tell|reach them:|tell)[^.]* {name},", text)


def test_it_says_that_nothing_is_kept_where_somebody_at_school_is_concerned_and_only_there(ask: Ask) -> None:
    assert KEEPS_NOTHING in ask(ALLEGED).notes
    assert KEEPS_NOTHING in ask(CHILD, roles=frozenset({Role.DSL})).notes
    assert KEEPS_NOTHING not in to_text(ask(CHILD))
    assert to_text(ask(ALLEGED)).count(KEEPS_NOTHING) == 1


# The school's own clause


COPYING = "Employees are advised to take screen prints of messages or web pages."


def test_a_clause_that_contradicts_a_sourced_rule_is_left_out_and_the_reply_says_so(ask: Ask) -> None:
    answer = ask(IMAGE, clause=COPYING)
    assert (answer.quotes, answer.stance, answer.stance_confirmed) == ((), None, False)
    assert COPYING not in to_text(answer)
    assert answer.notes == (
        "Your policy's rule 5.2 is not shown here: it speaks of keeping a copy, and an image of a child must not be copied.",
    )


@pytest.mark.parametrize("nation", ELSEWHERE)
def test_it_is_left_out_in_every_nation(ask: Ask, nation: str) -> None:
    assert ask(IMAGE, clause=COPYING, nation=nation).quotes == ()


def test_the_same_clause_is_shown_where_no_image_is_in_play(ask: Ask) -> None:
    answer = ask(CHILD, clause=COPYING)
    assert [quote.words for quote in answer.quotes] == [COPYING]
    assert answer.notes == ()


# Other nations, other numbers


@pytest.mark.parametrize("nation", ELSEWHERE)
@pytest.mark.parametrize("danger", [CHILD, IMAGE, ALLEGED])
def test_outside_england_no_rule_of_englands_is_printed(ask: Ask, nation: str, danger: Danger) -> None:
    question = "a man has been grooming her for nude pictures"
    text = to_text(ask(danger, nation=nation, question=question, roles=frozenset({Role.HEADTEACHER})))
    englands = (DO_NOT, WITH_IMAGES, "LADO", "DSL", "Anybody may", "Whistleblowing", "CEOP", "If it is about the headteacher")
    assert [words for words in englands if words in text] == []
    assert "Mrs Harrison" not in text


@pytest.mark.parametrize("nation", ELSEWHERE)
def test_outside_england_the_schools_own_contacts_and_a_helpline_are_given(ask: Ask, nation: str) -> None:
    assert ask(CHILD, nation=nation).steps == (
        "Tell Mr Okafor, the safeguarding lead, now: 01632 960002.",
        "If you cannot reach them: Miss Todd, a deputy safeguarding lead: 01632 960003; "
        "Mrs Harrison, the headteacher: 01632 960001.",
        "You can also ring children's social care: Suffolk social care: 0808 1570.",
        f"{NOT_REPORTING} {NO_NAMES}",
    )
    assert ask(CHILD, nation=nation, book=EMPTY).steps == (
        "Tell the safeguarding lead now.",
        "For advice: NSPCC Helpline, 0808 800 5000.",
        f"{NOT_REPORTING} {NO_NAMES}",
    )


def test_a_number_that_the_school_checked_anew_is_the_one_given(ask: Ask) -> None:
    numbers = {"nspcc_helpline": ChangedNumber("0800 111222", "2027-01"), "samaritans": ChangedNumber("116 999", "2027-01")}
    book = ContactBook(numbers=numbers)
    assert "For advice: NSPCC Helpline, 0800 111222." in ask(CHILD, book=book).steps
    assert "Samaritans, day and night: ring 116 999." in ask(Danger.ASKER_AT_RISK, book=book).steps


# Who is at risk herself


@pytest.mark.parametrize("nation", ["England", *ELSEWHERE])
def test_whoever_is_at_risk_herself_is_quoted_no_policy_and_sent_to_nobody_at_school(ask: Ask, nation: str) -> None:
    answer = ask(Danger.ASKER_AT_RISK, nation=nation, clause=WORDS)
    assert (answer.quotes, answer.line, answer.escalation, answer.stance) == ((), (), None, None)
    assert answer.steps == (
        "If you are in danger, ring 999.",
        "Samaritans, day and night: ring 116 123.",
        "SHOUT, by text: send SHOUT to 85258.",
        "NHS: ring 111.",
        NOT_REPORTING,
    )
