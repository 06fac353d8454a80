"""Policies that a school has and has not brought in: a reply that settles nothing names them, and no other does."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from bot.bootstrap import Indexes
from bot.errors import BotError
from bot.layout import MOST_TITLES as MOST_NAMED
from bot.other_policies import MOST_TITLES, add_other_policy
from corpus.errors import StoreError
from corpus.versions import Versions

if TYPE_CHECKING:
    from tests.conftest import Chat

WEDDING = "how many days off do I get for a family wedding abroad"
FRIENDS = "Can I accept a friend request from a parent?"


def listed(versions: Versions, school: str = "hillside") -> tuple[str, ...]:
    found = versions.published(school)
    assert found is not None
    return found.others


def test_a_reply_that_settles_nothing_names_what_was_not_brought_in(chat: "Chat", schools: Indexes) -> None:
    chat.join()
    before = chat.told(WEDDING)
    assert "not been given" not in before
    for title in ("Staff Code of Conduct", "  Acceptable Use \n Policy "):
        add_other_policy(schools.versions, "hillside", title)
    named = "Acceptable Use Policy, Staff Code of Conduct"
    sentence = f"Your school also has policies that I have not been given: {named}. Ask the school office for them."
    assert sentence in chat.told(WEDDING)
    assert "not been given" not in chat.told(FRIENDS)
    assert listed(schools.versions, "meadow") == ()
    schools.versions.remove_other_policy("hillside", "Staff Code of Conduct")
    one = "Your school also has a policy that I have not been given: Acceptable Use Policy. Ask the school office for it."
    assert one in chat.told(WEDDING)


def test_of_many_the_first_are_named(chat: "Chat", schools: Indexes) -> None:
    chat.join()
    with schools.versions.all_at_once("hillside") as together:
        for number in range(MOST_TITLES):
            add_other_policy(together, "hillside", f"Policy {number:02}")
    told = chat.told(WEDDING)
    assert f"Policy {MOST_NAMED - 1:02} and {MOST_TITLES - MOST_NAMED} more. Ask the school office for them." in told
    assert f"Policy {MOST_NAMED:02}" not in told
    with pytest.raises(BotError, match=r"^50 policies are on the list already: take one off first\.$"):
        add_other_policy(schools.versions, "hillside", "One more")


def test_one_that_is_brought_in_leaves_the_list(store: Versions, publish: Callable[..., int]) -> None:
    for title in ("Phones", "STAFF POLICY"):
        add_other_policy(store, "hillside", title)
    assert listed(store) == ("Phones", "STAFF POLICY")
    publish("hillside", "1. Phones\n\n1.1 Staff must not use their phones in class.\n")
    assert listed(store) == ("Phones",)
    with pytest.raises(BotError, match=r"^I have been given the staff policy already\.$"):
        add_other_policy(store, "hillside", "staff policy")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (" \t", "The title is empty: write it."),
        ("x" * 101, "The title has 101 characters: shorten it to 100 or fewer."),
        ("Staff\u202e Code", "The title “Staff Code” holds characters that nobody can see: type it anew."),
        ("phones", "phones is on the list already."),
    ],
)
def test_what_is_no_title_or_is_there_already_is_refused_and_nothing_changes(schools: Indexes, typed: str, sentence: str) -> None:
    add_other_policy(schools.versions, "hillside", "Phones")
    revision = schools.versions.revision("hillside")
    with pytest.raises((BotError, StoreError)) as refused:
        add_other_policy(schools.versions, "hillside", typed)
    assert str(refused.value) == sentence
    with pytest.raises(StoreError, match=r"^Dogs is not on the list any more\.$"):
        schools.versions.remove_other_policy("hillside", "Dogs")
    assert (listed(schools.versions), schools.versions.revision("hillside")) == (("Phones",), revision)
