"""Those in power whom a text names are called by their offices, as whom it is about is told by these."""

import pytest

from bot.contact_book import Contact, ContactRole
from bot.left_out import with_offices
from bot.steps import ENGLAND

CONTACTS = (
    Contact("Mrs Ada Harrison", (ContactRole.HEADTEACHER, ContactRole.DSL)),
    Contact("Ms O'Neill", (ContactRole.GOVERNORS,)),
    Contact("Mr Small", (ContactRole.LINE_MANAGER,)),
    Contact("Mrs Penn", (ContactRole.OFFICE,)),
)


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("Mrs Harrison hit a child", "the headteacher hit a child"),
        ("mrs. harrison hit a child", "the headteacher hit a child"),
        ("Harrison's phone", "the headteachers phone"),
        ("Mrs Ada Harrison and Ms O'Neill", "the headteacher and the chair of governors"),
        ("I told Dr Harrison", "I told the headteacher"),
        ("Mr Small told me", "your line manager told me"),
        ("a small boy told Mrs Penn", "a small boy told Mrs Penn"),
        ("Mr Harris hit a child", "Mr Harris hit a child"),
        ("May I accept a request?", "May I accept a request?"),
        ("", ""),
    ],
)
def test_whom_a_text_names_is_called_by_their_office(text: str, read_as: str) -> None:
    assert with_offices(text, CONTACTS, ENGLAND) == read_as


def test_what_names_nobody_stays_as_it_was_typed() -> None:
    text = "Is a child’s   café-visit\nallowed?"
    assert with_offices(text, CONTACTS, ENGLAND) is text
