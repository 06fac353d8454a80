"""Policies that a school has and has not brought in: a reply that settles nothing names them.

`Published.others` lists them, and `Versions.remove_other_policy` takes one off the list.
"""

from bot.errors import BotError
from bot.typed import read_line
from corpus.versions import Versions

LONGEST_TITLE = 100  # characters
MOST_TITLES = 50  # a school has some forty policies in all


def add_other_policy(versions: Versions, school_id: str, typed: str) -> str:
    """Note a policy that a school has not brought in, and return its title.

    Raises BotError where it is no title, or the policy was brought in; StoreError where it is noted already.
    """
    title = read_line(typed, "title", LONGEST_TITLE)
    published = versions.published(school_id)
    if published:
        if title.casefold() in {policy.title.casefold() for policy in published.policies}:
            raise BotError(f"I have been given the {title} already.")
        if len(published.others) >= MOST_TITLES:
            raise BotError(f"{MOST_TITLES} policies are on the list already: take one off first.")
    versions.add_other_policy(school_id, title)
    return title
