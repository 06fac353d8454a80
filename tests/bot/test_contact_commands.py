"""`policybot contacts`: what is printed, loaded, set and removed, who is to be told, and what is still missing."""

import io
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bot.clock import today
from bot.contact_book import ContactBook
from bot.contact_file import read_book, to_yaml
from bot.school_year import Days

Policybot = Callable[..., Any]
EXAMPLE = (Path(__file__).parents[2] / "deploy" / "contacts.example.yaml").read_text(encoding="utf-8")
HILLSIDE = ("contacts", "--school", "hillside")
REDIRECTS = "This changes whom a concern about an adult goes to. Tell these yourself:"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example as a file, with a term that goes on for a year from now, so that the terms do not run out in a test."""
    book = read_book(EXAMPLE, "the example")
    terms = (*(term for term in book.terms if term.last < today()), Days(today(), today() + timedelta(365)))
    (tmp_path / "example.yaml").write_text(to_yaml(replace(book, terms=terms)), encoding="utf-8")
    return tmp_path / "example.yaml"


@pytest.fixture
def hillside(policybot: Policybot) -> Policybot:
    assert policybot("init", "hillside", "--name", "Hillside Primary School").code == 0
    return policybot


@pytest.fixture
def filled_in(hillside: Policybot, example: Path) -> Policybot:
    """The command line over a school that has loaded the example."""
    assert hillside(*HILLSIDE, "--load", example).code == 0
    return hillside


def printed(policybot: Policybot) -> str:
    ran = policybot(*HILLSIDE)
    assert ran.code == 0
    return str(ran.out)


def test_a_school_without_contacts_is_given_a_file_to_fill_in_and_what_it_should_hold(hillside: Policybot) -> None:
    ran = hillside(*HILLSIDE)
    assert ran.code == 0
    assert read_book(ran.out, "printed") == ContactBook()
    assert "policybot contacts --school hillside --load FILE" in ran.out
    assert ran.err.startswith("Still to do for Hillside Primary School:\n- Nobody is named as headteacher")


def test_a_file_is_loaded_with_every_change_and_who_is_to_be_told_of_it(hillside: Policybot, example: Path) -> None:
    ran = hillside(*HILLSIDE, "--load", example)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert "hours is set to Monday to Friday 8:30-15:30 in term time." in lines
    assert "Mr Reed is added: deputy headteacher, deputy DSL." in lines
    assert lines[-1] == f"{REDIRECTS} The council's designated officer, Dr Shah, Mrs Harrison."
    assert read_book(printed(hillside), "printed") == read_book(example.read_text(encoding="utf-8"), "the example")


def test_what_was_printed_is_loaded_again_without_a_change(filled_in: Policybot, tmp_path: Path) -> None:
    (tmp_path / "printed.yaml").write_text(printed(filled_in), encoding="utf-8")
    ran = filled_in(*HILLSIDE, "--load", tmp_path / "printed.yaml")
    assert (ran.code, ran.out, ran.err) == (0, "Nothing is changed: the contacts said the same.\n", "")


def test_a_file_is_read_from_standard_input(hillside: Policybot, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "contacts: [{name: Mrs Lee, roles: dsl, phone: 01473 123456}]"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert hillside(*HILLSIDE, "--load", "-").out == "Mrs Lee is added: DSL.\n"


def test_of_a_file_with_something_wrong_nothing_is_loaded_and_all_is_told(filled_in: Policybot, tmp_path: Path) -> None:
    before = printed(filled_in)
    (tmp_path / "wrong.yaml").write_text("contacts: [{name: A, roles: dsl, phone: 123}, {name: B, roles: x}]\n", encoding="utf-8")
    ran = filled_in(*HILLSIDE, "--load", tmp_path / "wrong.yaml")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[0].startswith("policybot: A: phone: “123” is no telephone number")
    assert ran.err.splitlines()[1].startswith("B: roles: “x” is no role")
    assert printed(filled_in) == before


def test_a_contact_is_set_by_flags(filled_in: Policybot) -> None:
    ways = ("--phone", "01473 123458", "--phone", "07700 900124", "--email", "it@a.example", "--hours", "Mon 9:00-12:00")
    roles, rest = ("--role", "it", "--role", "line manager"), ("--away", "2026-12-01", "--conflict", "Mr Reed")
    ran = filled_in(*HILLSIDE, "--set", "Ms Obi", *roles, *ways, *rest)
    assert (ran.code, ran.out, ran.err) == (0, "Ms Obi is added: IT, line manager.\n", "")
    assert printed(filled_in).endswith(
        """\
- name: Ms Obi
  roles: [IT, line manager]
  phone: [01473 123458, 07700 900124]
  email: it@a.example
  hours: Monday 9:00-12:00 in term time
  away: 2026-12-01
  conflicts: [Mr Reed]
"""
    )


def test_of_a_contact_that_is_there_what_is_given_is_changed_or_taken_out(filled_in: Policybot) -> None:
    ran = filled_in(*HILLSIDE, "--set", "mrs harrison", "--phone", "01473 123499", "--away", "")
    assert ran.out.splitlines() == [
        "Mrs Harrison: phone is changed from 01473 123456 to 01473 123499.",
        "Mrs Harrison: away is taken out; it was 2026-12-01 - 2026-12-04.",
        f"{REDIRECTS} Mrs Harrison.",
    ]


def test_a_new_headteacher_is_told_to_the_old_and_the_new(filled_in: Policybot) -> None:
    filled_in(*HILLSIDE, "--set", "Mrs Harrison", "--role", "dsl")
    ran = filled_in(*HILLSIDE, "--set", "Mr Reed", "--role", "head")
    assert ran.out.splitlines()[-1] == f"{REDIRECTS} Mr Reed."
    assert ran.err == (
        "Still to do for Hillside Primary School:\n"
        "- Nobody is named as deputy DSL, for when the DSL cannot be reached: add a contact with the role deputy DSL.\n"
    )


def test_a_contact_is_removed(filled_in: Policybot) -> None:
    ran = filled_in(*HILLSIDE, "--remove", "the TRUST's help desk")
    assert (ran.code, ran.out, ran.err) == (0, "The trust's help desk is taken out.\n", "")
    ran = filled_in(*HILLSIDE, "--remove", "Dr Shah")
    assert ran.out.splitlines() == ["Dr Shah is taken out.", f"{REDIRECTS} Dr Shah."]
    assert "Nobody is named as chair of governors" in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--school", "hilside"), "There is no school called hilside: choose one of hillside."),
        (("--school", "hillside", "--load", "/nowhere/contacts.yaml"), "/nowhere/contacts.yaml cannot be read: No such file"),
        (("--school", "hillside", "--role", "dsl"), "say what to change: add --set NAME."),
        (("--school", "hillside", "--remove", "Mrs Lee", "--phone", "999"), "say what to change: add --set NAME."),
        (("--school", "hillside", "--remove", "Mrs Lea"), "“Mrs Lea” is no contact here: "),
        (("--school", "hillside", "--set", "Mrs Lee"), "Mrs Lee: there is no role: "),
        (("--school", "hillside", "--set", " ", "--role", "dsl"), "Contact 9: name: write the name in 1 to 60 letters"),
        (("--school", "hillside", "--set", "Mrs Lee", "--role", "dsk"), "“dsk” is no role: did you mean DSL?"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence_and_changes_nothing(
    filled_in: Policybot, arguments: tuple[str, ...], words: str
) -> None:
    before = printed(filled_in)
    ran = filled_in("contacts", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count("\n") == 1
    assert words in ran.err
    assert printed(filled_in) == before


def test_two_changes_at_once_are_wrong_usage(filled_in: Policybot, example: Path) -> None:
    assert filled_in(*HILLSIDE, "--load", example, "--remove", "Mr Reed").code == 2


def test_a_school_is_set_up_with_its_contacts(policybot: Policybot, example: Path) -> None:
    ran = policybot("init", "hillside", "--name", "Hillside Primary School", "--contacts", example)
    assert (ran.code, ran.err) == (0, "")
    assert read_book(printed(policybot), "printed") == read_book(example.read_text(encoding="utf-8"), "the example")


def test_a_school_whose_contacts_are_wrong_is_not_set_up(policybot: Policybot, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("contacts: [{name: A, roles: x}]", encoding="utf-8")
    ran = policybot("init", "hillside", "--name", "Hillside Primary School", "--contacts", tmp_path / "wrong.yaml")
    assert (ran.code, ran.out) == (1, "")
    assert "A: roles: “x” is no role" in ran.err
    assert "none is set up here yet" in policybot(*HILLSIDE).err


# The doctor


def looks(policybot: Policybot, *marks: str) -> list[str]:
    """Return what the doctor says under these marks of what is written of contacts."""
    lines = policybot("doctor").out.splitlines()
    return [
        line[6:]
        for line in lines
        if line[:4].strip() in marks and not any(words in line for words in ("published no policy", "one tap", "No backup"))
    ]


def test_the_doctor_says_of_a_school_without_contacts_how_to_begin(hillside: Policybot) -> None:
    assert looks(hillside, "LOOK", "note") == [
        "Hillside Primary School has not written down whom its staff turn to: "
        "policybot contacts --school hillside prints a file to fill in."
    ]


def test_the_doctor_fails_where_safety_needs_somebody_and_advises_on_the_rest(filled_in: Policybot) -> None:
    assert looks(filled_in, "LOOK", "note") == []
    filled_in(*HILLSIDE, "--remove", "Dr Shah")
    filled_in(*HILLSIDE, "--remove", "Mrs Harrison")
    assert [line.partition(":")[2].split(",")[0].strip() for line in looks(filled_in, "LOOK")] == [
        "Nobody is named as headteacher",
        "Nobody is named as designated safeguarding lead (DSL): add a contact with the role DSL.",
    ]
    (advice,) = looks(filled_in, "note")
    assert advice.startswith("Hillside Primary School: Nobody is named as chair of governors")


def test_the_doctor_says_that_no_rules_of_another_nation_are_shipped(policybot: Policybot, example: Path) -> None:
    policybot("init", "hillside", "--name", "Hillside", "--nation", "Wales", "--contacts", example)
    assert looks(policybot, "note") == [
        "Hillside: no reviewed safeguarding rules for Wales are shipped, so urgent replies give 999 and the school's own "
        "contacts only."
    ]
