"""Copies of an answer that its asker keeps: genuine whole, refused where the code changed, honest about the rest."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.bootstrap import Indexes
from bot.errors import BotError
from bot.kept import NOT_OURS, KeptAnswers
from bot.layout import ClauseQuote, Heading
from bot.rendering import as_text
from corpus.clause import Stance
from corpus.versions import Versions
from retrieval.index import IndexedClause, in_place

if TYPE_CHECKING:
    from tests.conftest import Chat, Clock

KEY = b"a key that only the tests have"
DAY = date(2026, 11, 23)
GENUINE = Heading("This copy is genuine.")
CODE_ALONE = Heading("That code is genuine. This is the answer that it stands for:")
CHANGED = Heading("The code is genuine, but the words with it are not all that we wrote. This is the true answer:")
CLAUSE = "Staff must not accept friend requests from parents."


@pytest.fixture
def kept(schools: Indexes) -> KeptAnswers:
    return KeptAnswers(KEY, schools.versions, "https://policies.example")


def clause_of(versions: Versions, label: str = "1.1") -> IndexedClause:
    policy = versions.version("hillside", "staff", 1).policy
    return next(one for one in in_place(1, policy) if one.clause.label == label)


@pytest.fixture
def copy(kept: KeptAnswers, schools: Indexes, clock: "Clock") -> str:
    return as_text(kept.copy(clause_of(schools.versions), Stance.FORBIDDEN, clock(), DAY))


def code_of(copy: str) -> str:
    found = re.search(r"Code: (pb[a-z2-7]+)$", copy)
    assert found
    return found.group(1)


def refusal(run: Callable[[], object]) -> str:
    with pytest.raises(BotError) as refused:
        run()
    return str(refused.value)


def test_a_copy_says_what_was_answered_when_of_whom_and_where_to_check_it(copy: str) -> None:
    for words in (
        "I keep no copy",
        "Monday 23 November 2026, 08:30: policybot answered staff of Hillside Primary School from this clause.",
        "What it makes of the matter: not allowed.",
        CLAUSE,
        "Staff policy, 1.1, version 1 (May 2024).",
        "https://policies.example/verify",
    ):
        assert words in copy


def test_a_whole_copy_is_genuine_and_its_code_alone_says_what_it_stands_for(kept: KeptAnswers, copy: str) -> None:
    for pasted, verdict in ((copy, GENUINE), (code_of(copy), CODE_ALONE), (f"Code: {code_of(copy)}\n", CODE_ALONE)):
        first, *told = kept.check(pasted, DAY)
        assert first == verdict
        assert "not allowed" in as_text(told)
        assert [block.words for block in told if isinstance(block, ClauseQuote)] == [CLAUSE]


PASTED = {
    "quoted in a mail": lambda copy: "\n".join(f"> {line}" for line in copy.splitlines()),
    "quoted twice, between other words": lambda copy: f"Hi,\nsee below.\n>> {copy}\nSent from my phone",
    "in capital letters": str.upper,
    "with the ends of lines of Windows": lambda copy: copy.replace("\n", "\r\n"),
    "broken into short lines": lambda copy: re.sub(r"(.{60})", r"\1\n", copy),
    "broken and quoted": lambda copy: re.sub(r"(.{60})", r"\1\n> ", copy),
    "with straight quotation marks": lambda copy: copy.replace("“", '"').replace("”", '"'),
    "with stars for bold": lambda copy: copy.replace("Code: ", "*Code:* `") + "`",
}


@pytest.mark.parametrize("pasted", PASTED.values(), ids=PASTED)
def test_a_copy_is_known_however_it_was_pasted(kept: KeptAnswers, copy: str, pasted: Callable[[str], str]) -> None:
    assert kept.check(pasted(copy), DAY)[0] == GENUINE


def test_any_changed_character_of_a_code_is_refused(kept: KeptAnswers, copy: str) -> None:
    code = code_of(copy)
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    for at in range(2, len(code)):
        others = alphabet if at in (2, len(code) - 1) else ("a" if code[at] != "a" else "b")
        for other in others:
            if other != code[at]:
                changed = code[:at] + other + code[at + 1 :]
                assert refusal(lambda changed=changed: kept.check(changed, DAY)) == NOT_OURS
    for changed in (code[:-1], code + "a", code[:-8], code + "=", f"{code[:40]}1{code[41:]}"):
        if changed != code + "=":
            assert refusal(lambda changed=changed: kept.check(changed, DAY)) == NOT_OURS


@pytest.mark.parametrize(
    "doctor",
    [
        lambda copy: copy.replace("must not accept", "may accept"),
        lambda copy: copy.replace("not allowed", "allowed"),
        lambda copy: copy.replace("Hillside Primary", "Meadow"),
        lambda copy: copy.replace("2026", "2025"),
        lambda copy: f"My answer was yes. {copy.splitlines()[-1]}",
    ],
)
def test_a_copy_whose_words_were_changed_is_not_called_genuine_and_the_true_ones_are_shown(
    kept: KeptAnswers, copy: str, doctor: Callable[[str], str]
) -> None:
    first, *told = kept.check(doctor(copy), DAY)
    assert first == CHANGED
    assert CLAUSE in as_text(told)
    assert "not allowed" in as_text(told)


def test_another_installations_copies_are_refused(schools: Indexes, copy: str) -> None:
    other = KeptAnswers(b"another key, of another school", schools.versions, None)
    assert refusal(lambda: other.check(copy, DAY)) == NOT_OURS


@pytest.mark.parametrize("pasted", ["", "hello", "pb", "pbabc", "Code: pb", "pb " * 5000])
def test_what_holds_no_code_is_said_so(kept: KeptAnswers, pasted: str) -> None:
    assert "code" in refusal(lambda: kept.check(pasted, DAY))


@pytest.mark.parametrize("pasted", ["pb" + "a" * 20_000, "pb" + "8" * 60, "pb" + "a" * 41, "pb\u0130" + "a" * 60])
def test_what_only_looks_like_a_code_is_refused(kept: KeptAnswers, pasted: str) -> None:
    assert "code" in refusal(lambda: kept.check(pasted, DAY))


def test_a_copy_tells_of_its_own_version_after_a_new_one(
    kept: KeptAnswers, copy: str, publish: Callable[..., int], clock: "Clock"
) -> None:
    publish("hillside", "1. Social media\n\n1.1 Staff may accept friend requests from parents.\n")
    clock.wait(timedelta(days=900))
    first, *told = kept.check(copy, DAY)
    assert first == GENUINE
    assert CLAUSE in as_text(told)
    assert "version 1" in as_text(told)


def test_a_permission_that_nobody_has_confirmed_is_not_stated_in_a_copy_either(
    kept: KeptAnswers, schools: Indexes, clock: "Clock"
) -> None:
    permitted = as_text(kept.copy(clause_of(schools.versions, "2.2"), Stance.ALLOWED, clock(), DAY))
    assert "What it makes of the matter" not in permitted
    assert "allowed." not in permitted
    assert kept.check(permitted, DAY)[0] == GENUINE


def test_a_permission_of_a_policy_without_a_date_is_copied_with_the_warning_that_the_answer_had(
    demo: Indexes, clock: "Clock"
) -> None:
    kept = KeptAnswers(KEY, demo.versions, None)
    slug, number, _ = demo.versions.policies("chase-terrace")[0]
    assert number
    policy = demo.versions.version("chase-terrace", slug, number).policy
    permitting = [one for one in in_place(number, policy) if one.clause.confirmed and one.clause.stance is Stance.ALLOWED]
    assert permitting
    for indexed in permitting:
        copy = as_text(kept.copy(indexed, Stance.ALLOWED, clock(), DAY))
        assert "What it makes of the matter: allowed.\nThe policy has no date: check before relying on this." in copy
        assert kept.check(copy, DAY + timedelta(days=999))[0] == GENUINE


def test_the_button_gives_the_copy_and_the_page_checks_it(chat: "Chat") -> None:
    chat.join()
    copy = chat.told(pressed=chat.button("Keep this answer", FRIENDS))
    assert chat.parts.kept.check(copy, DAY)[0] == GENUINE
    assert "policybot verify" in copy


FRIENDS = "can I accept a parent's friend request?"
