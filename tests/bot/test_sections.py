"""The buttons under an answer: what they hold, what they show, and what they refuse."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.answer import MOST_OTHERS, ref_of
from bot.bootstrap import Indexes
from bot.errors import BotError
from bot.layout import ClauseQuote, Heading, Paragraph
from bot.rendering import as_text
from bot.sections import GONE, find_clause, whole_section
from bot.short_names import shortened
from corpus.building import build_policy
from corpus.clause import Clause
from corpus.versions import Versions
from retrieval.index import IndexedClause, in_place

if TYPE_CHECKING:
    from tests.conftest import Chat

FRIENDS = "can I accept a parent's friend request?"
DAY = date(2026, 11, 23)
BOTH = ("hillside", "meadow")


def clause_of(indexes: Indexes, school: str = "hillside", number: int = 1, label: str = "1.1") -> IndexedClause:
    policy = indexes.versions.version(school, "staff", number).policy
    return next(one for one in in_place(number, policy) if one.clause.label == label)


# What a button holds


@given(
    school=st.text("abcdefgh-0123456789", min_size=1, max_size=64),
    slug=st.text("abcdefgh-0123456789", min_size=1, max_size=64),
    clause_id=st.text(max_size=100),
    version=st.integers(1, 9999),
    stance=st.integers(0, 6),
)
def test_no_button_is_longer_than_any_platform_takes(school: str, slug: str, clause_id: str, version: int, stance: int) -> None:
    source = "HILLSIDE PRIMARY SCHOOL\n\nStaff policy\n\n1. Badges\n\n1.1 Staff must wear badges.\n"
    policy = replace(build_policy(source, school="x", slug="y", title=None, source_name="x"), school=school, slug=slug)
    (clause,) = policy.clauses()
    ref = ref_of(IndexedClause(replace(clause, id=clause_id), policy, version, (), None))
    for value in (
        f"s:{ref}",
        f"o:{'0' * 10}:{','.join([ref] * MOST_OTHERS)}",
        f"k:{stance}:{ref}:{'0' * 16}",
        f"c:{shortened(school)}",
    ):
        assert value.isascii()
        assert len(value) <= 64


def test_what_stands_under_an_answer_is_as_short_and_holds_no_words(chat: "Chat") -> None:
    chat.join()
    for question in (FRIENDS, "hello", "Can I use my phone at lunch?", "/help", "/leave", "/school", "/worried"):
        for reply in chat.say(question):
            for button in reply.buttons:
                assert button.value.isascii()
                assert len(button.value) <= 64
                assert not any(word in button.value for word in ("hillside", "staff"))


# What it shows


def test_the_whole_section_is_shown_word_for_word_each_clause_with_its_label(schools: Indexes) -> None:
    indexed = clause_of(schools)
    blocks = whole_section(indexed, DAY)
    section = next(one for one in indexed.policy.sections if indexed.clause in one.elements)
    quoted = [block for block in blocks if isinstance(block, ClauseQuote)]
    clauses = [element for element in section.elements if isinstance(element, Clause)]
    assert [block.words for block in quoted] == [clause.words for clause in clauses]
    assert [block.cited for block in quoted] == ["1.1.", "1.2.", "1.3."]
    assert blocks[0] == Heading("Staff policy: 1. Social media")
    assert blocks[-1] == Paragraph("From Staff policy, version 1 (May 2024).", aside=True)
    assert "computers" not in as_text(blocks)


def test_every_section_of_every_shipped_policy_is_shown_whole(demo: Indexes) -> None:
    for school in demo.versions.schools():
        for slug, current, _ in demo.versions.policies(school.id):
            assert current
            policy = demo.versions.version(school.id, slug, current).policy
            first_of = {id(section): None for section in policy.sections}
            for indexed in in_place(current, policy):
                section = next(one for one in policy.sections if indexed.clause in one.elements)
                if first_of.pop(id(section), 0) is not None:
                    continue
                shown = whole_section(indexed, DAY)[1:-1]
                words = [block.words if isinstance(block, ClauseQuote) else getattr(block, "text", "") for block in shown]
                assert words == [element.words for element in section.elements]


def test_a_button_shows_the_version_that_was_quoted_after_a_new_one_was_published(
    chat: "Chat", publish: Callable[..., int]
) -> None:
    chat.join()
    section, others, copy = (
        chat.button(label, FRIENDS) for label in ("Show the whole section", "Not what I meant", "Keep this answer")
    )
    assert publish("hillside", "1. Social media\n\n1.1 Staff may accept friend requests from parents.\n") == 2
    told = chat.told(pressed=section)
    assert "must not accept friend requests from parents" in told
    assert "version 1" in told
    assert "version 2" not in told
    assert "version 1" in chat.told(pressed=others)
    assert "must not accept friend requests from parents" in chat.told(pressed=copy)
    assert "may accept" in chat.told(FRIENDS)


# What it refuses


def test_a_clause_is_found_in_the_schools_that_one_may_read_only(schools: Indexes) -> None:
    for school in BOTH:
        indexed = clause_of(schools, school)
        for allowed in ([school], BOTH):
            assert find_clause(ref_of(indexed), schools.versions, allowed) == indexed
    for allowed in (["hillside"], []):
        with pytest.raises(BotError, match="no longer find that clause"):
            find_clause(ref_of(clause_of(schools, "meadow")), schools.versions, allowed)


def test_a_clause_of_a_draft_is_not_found(schools: Indexes, store: Versions) -> None:
    source = "MEADOW SCHOOL\n\nStaff policy\n\n1. Pets\n\n1.1 Staff may bring their dogs.\n"
    draft = store.save_draft(build_policy(source, school="meadow", slug="pets", title=None, source_name="pets"), source)
    (clause,) = draft.clauses()
    for number in ("0", "1", ""):
        ref = f"{shortened('meadow/pets')}.{number}.{shortened(clause.id)}"
        with pytest.raises(BotError):
            find_clause(ref, store, BOTH)


def forged(ref: str) -> list[str]:
    policy, version, clause = ref.split(".")
    return [
        "",
        "..",
        policy,
        f"{policy}.{version}",
        f"{policy}.{version}.",
        f"{policy}.0.{clause}",
        f"{policy}.2.{clause}",
        f"{policy}.-1.{clause}",
        f"{policy}.01.{clause}",
        f"{policy}.²,{clause}",
        f"{policy}.{'9' * 5000}.{clause}",
        f"{policy}.{version}.{clause[:-1]}x",
        f"00000000.{version}.{clause}",
        f"{ref}.more",
        ref.upper() if ref.upper() != ref else f"{ref} ",
        f" {ref}",
        f"{ref},{ref},{ref}",
    ]


@pytest.mark.parametrize("kind", ["s:", "o::", "o:0123456789:"])
def test_what_is_made_up_is_refused_in_one_sentence(chat: "Chat", kind: str) -> None:
    chat.join()
    ref = chat.button("Show the whole section", FRIENDS).removeprefix("s:")
    for number, one in enumerate(forged(ref)):
        account = f"many {number}"
        chat.join(account=account)
        (reply,) = chat.say(pressed=f"{kind}{one}", account=account)
        assert (as_text(reply.blocks), reply.refused) == (GONE, True)


def test_another_schools_button_is_refused(chat: "Chat") -> None:
    chat.join()
    chat.join("meadow", account="78")
    for label in ("Show the whole section", "Not what I meant", "Keep this answer"):
        assert chat.told(pressed=chat.button(label, FRIENDS), account="78") == GONE


def test_nobody_makes_up_a_copy_of_an_answer_that_was_not_given(chat: "Chat") -> None:
    chat.join()
    value = chat.button("Keep this answer", FRIENDS)
    _, stance, ref, signature = value.split(":")
    other = chat.button("Keep this answer", "Can I post a photo of my class?", place="elsewhere").split(":")
    made_up = [f"k:{number}:{ref}:{signature}" for number in range(8) if str(number) != stance]
    made_up += [f"k:{stance}:{ref}", f"k:{stance}:{ref}:", f"k:{stance}:{other[2]}:{signature}", f"k:0{stance}:{ref}:{signature}"]
    for number, one in enumerate(made_up):
        chat.join(account=f"many {number}")
        assert chat.told(pressed=one, account=f"many {number}") == GONE
    assert "not allowed" in chat.told(pressed=value)
