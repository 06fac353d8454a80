"""What is taken out of a question before it is stored, and what stays."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.knowledge import Knowledge
from retrieval.personal_data import without_personal_data
from retrieval.spelling import FEWEST

QUESTIONS = Path(__file__).parent.parent / "questions"


@pytest.fixture(scope="module")
def known_words(knowledge: Knowledge) -> Callable[[str], bool]:
    """Whether the wordings use a word often: names of sites and apps among them, and staff's names too."""
    return lambda word: knowledge.vocabulary.get(word, 0) >= FEWEST


REDUCED = {
    "addresses on the net": [
        ("write to jo.smith@hillside.sch.uk.", "write to [email]."),
        ("a mum (kath_w+school@gmail.com) wrote", "a mum ([email]) wrote"),
        ("is https://www.tiktok.com/@jo/video/12?x=1 ok?", "is [web address] ok?"),
        ("see www.hillside.sch.uk, it's there", "see [web address], it's there"),
        ("they put it on hillsidemums.co.uk/gossip", "they put it on [web address]"),
        ("follow @jo.b_99 and @kath.", "follow [handle] and [handle]."),
    ],
    "numbers": [
        ("text me on 07700 900123 tonight", "text me on [phone] tonight"),
        ("(01632) 960 001 is the office, +44 7700 900 123 is mine", "[phone] is the office, [phone] is mine"),
        ("my mobile's 07700900123", "my mobile's [phone]"),
        ("payroll number 4471920 and NI QQ 12 34 56 C", "payroll number [number] and NI [number]"),
    ],
    "where and when": [
        ("a family in WS7 9AB", "a family in [post code]"),
        ("they moved to b1 1aa", "they moved to [post code]"),
        ("she lives at 12 Beech Road", "she lives at [address]"),
        ("he lives at 4a the green close", "he lives at [address]"),
        ("a boy born on 3rd May 2015", "a boy born on [date]"),
        ("his dob is 03/05/2015", "his dob is [date]"),
        ("her birthday is 4 June", "her birthday is [date]"),
    ],
    "names after a title": [
        ("can Mrs Begum see my emails", "can Mrs [name] see my emails"),
        ("mr pugh said yes", "mr [name] said yes"),
        ("Ask Dr. O'Brien or Ms Smith-Jones.", "Ask Dr. [name] or Ms [name]."),
        ("Miss Jane Hall's class", "Miss [name]'s class"),
        ("mr and mrs khan", "mr and mrs [name]"),
    ],
    "names by their capital": [
        ("I saw Zayaan on Facebook on Monday", "I saw [name] on Facebook on Monday"),
        ("is Siobhan Dunleavy-Wright’s post allowed", "is [name]’s post allowed"),
        ("It was Mark, not Grace", "It was [name], not [name]"),
        ("we met Patel and Smith", "we met [name] and [name]"),
        ("Zayaan keeps asking for my number", "[name] keeps asking for my number"),
        ("Zayaan's mum has added me", "[name]'s mum has added me"),
    ],
    "names in small letters": [
        ("jayden in y5 messaged me", "[name] in y5 messaged me"),
        ("can i add kayleigh smith on snap", "can i add [name] on snap"),
        ("MY TA KAYLEIGH IS RUDE", "MY TA [name] IS RUDE"),
        ("a boy called zayaan hit me", "a boy called [name] hit me"),
        ("no sign of jaydens mum", "no sign of [name]s mum"),
        ("Jo's laptop is broken", "[name]'s laptop is broken"),
        ("my colleague zofia has left", "my colleague [name] has left"),
        ("a year 5 pupil named zayaan", "a year 5 pupil named [name]"),
    ],
}


@pytest.mark.parametrize(("text", "reduced"), [pair for pairs in REDUCED.values() for pair in pairs])
def test_what_says_who_somebody_is_is_taken_out(text: str, reduced: str, known_words: Callable[[str], bool]) -> None:
    assert without_personal_data(text, known_words) == reduced


@pytest.mark.parametrize(
    "text",
    [
        "Can I post on Facebook, WhatsApp or TikTok about KCSIE and Ofsted on Monday in June?",
        "Does Year 5 go to Nursery at Easter? I'd ask the Head, the DSL or the SENCO.",
        "what does 9.3 say, and 4.2.1?",
        "The policy of 1 September 2024 says 25 children",
        "999, 101, 111 and 0800 1111 are for everyone",
        "KS2 1st prize, y5 2nd",
        "I will mark it, may I? I hope so. A rose is a rose.",
        "I miss assembly. Miss, can I go? Sir said no",
        "he called me names",
        "my colleague is off and my colleague's phone rang",
        "a named co-worker",
        "Photographs of the display: May I?",
        "WHO DO I TELL? THE HEAD OR THE DSL",
        "it costs £250000 and 1,000,000",
        "we meet @ 3pm",
        "[name] rang [phone]",
        "e.g. the staffroom",
        "",
    ],
)
def test_what_says_nothing_of_anybody_stays(text: str, known_words: Callable[[str], bool]) -> None:
    assert without_personal_data(text, known_words) == text


def test_a_school_own_words_stay_but_not_the_names_in_them() -> None:
    known = frozenset(["ferndyke", "begum", "priya"]).__contains__
    reduced = without_personal_data("I teach at Ferndyke with Begum and Priya", known)
    assert reduced == "I teach at Ferndyke with [name] and [name]"


def test_letters_may_be_large_or_small(known_words: Callable[[str], bool]) -> None:
    assert without_personal_data("JAYDEN SMITH, WS7 9AB, JO@SCHOOL.UK", known_words) == "[name], [post code], [email]"


@pytest.mark.parametrize("file", ["dev", "own-seen", "documents"])
def test_applied_again_it_changes_nothing(file: str, known_words: Callable[[str], bool]) -> None:
    for line in (QUESTIONS / f"{file}.jsonl").read_text().splitlines():
        once = without_personal_data(json.loads(line)["q"], known_words)
        assert without_personal_data(once, known_words) == once


PIECES = [
    "Mrs ",
    "Jayden ",
    "smith ",
    "Zayaan",
    "'s ",
    ". ",
    "@jo ",
    "07700 900123 ",
    "called ",
    "[name] ",
    "b1 1aa ",
    "born ",
    "1/2/15 ",
    "Miss ",
]


@settings(max_examples=300)
@given(text=st.text(max_size=120) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_text_is_reduced_once_and_for_all(text: str, known_words: Callable[[str], bool]) -> None:
    once = without_personal_data(text, known_words)
    assert without_personal_data(once, known_words) == once


@pytest.mark.parametrize("part", ["Mrs ", "a@", "07 ", "Jo ", "called ", "12 A ", "a.", "http://", "name's ", "'s "])
def test_a_long_text_is_reduced(part: str, known_words: Callable[[str], bool]) -> None:
    text = (part * 2000)[:4000]
    assert len(without_personal_data(text, known_words)) <= 2 * len(text)
