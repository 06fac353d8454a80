"""People from the command line: invited one by one or by a pasted list, looked through, removed, replaced."""

import io
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import Engine

from bot.clock import now_utc
from bot.desk.access import NOT_YOURS, DeskAccess
from bot.errors import BotError
from bot.people import WEB, People, Person, PersonRole
from bot.schema import open_store
from bot.staff_list import MOST_AT_ONCE, Invitee, read_staff_list
from corpus.tables import sqlite_url

Policybot = Callable[..., Any]
CODE = r"[0-9A-Z]{5}-[0-9A-Z]{5}"
AT_HILLSIDE = ("--school", "hillside")


@pytest.fixture
def hillside(policybot: Policybot) -> Policybot:
    policybot("init", "hillside", "--name", "Hillside Primary School")
    return policybot


@pytest.fixture
def public(hillside: Policybot, monkeypatch: pytest.MonkeyPatch) -> Policybot:
    """Hillside, reached at an address and on Telegram."""
    monkeypatch.setenv("POLICYBOT_PUBLIC_URL", "https://policies.hillside.example")
    monkeypatch.setenv("POLICYBOT_TELEGRAM__TOKEN", "1:a")
    monkeypatch.setenv("POLICYBOT_TELEGRAM__BOT_NAME", "HillsideBot")
    return hillside


@pytest.fixture
def joined(tmp_path: Path) -> Callable[[str], PersonRole]:
    """Join hillside with a code, as somebody new, and return the role that came of it."""

    def join(code: str) -> PersonRole:
        engine = open_store(sqlite_url(tmp_path / "home"))
        try:
            return People(engine, now_utc).enrol(code, WEB, secrets.token_hex(16)).role
        finally:
            engine.dispose()

    return join


def assert_refused(ran: Any, *lines: str) -> None:
    """Assert that a command ended with 1, did nothing, and said so in these lines."""
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.removeprefix("policybot: ").splitlines() == list(lines)


# One person


def test_an_invitation_holds_a_link_for_the_page_and_one_for_telegram(
    public: Policybot, joined: Callable[[str], PersonRole]
) -> None:
    told = public("invite", *AT_HILLSIDE).out
    (code,) = re.findall(rf"staff: ({CODE})$", told, re.MULTILINE)
    assert f"They open https://policies.hillside.example/join?code={code}, or type the code at" in told
    (payload,) = re.findall(r"https://t\.me/HillsideBot\?start=(\S+)", told)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload)  # what Telegram hands to a bot
    assert joined(payload) is PersonRole.STAFF


def test_without_the_bots_name_the_command_is_told_and_without_telegram_nothing_of_it(
    hillside: Policybot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Telegram" not in hillside("invite", *AT_HILLSIDE).out
    monkeypatch.setenv("POLICYBOT_TELEGRAM__TOKEN", "1:a")
    told = hillside("invite", *AT_HILLSIDE).out
    assert re.search(rf"^On Telegram they write to the bot: /join {CODE}$", told, re.MULTILINE)


@pytest.mark.parametrize(
    ("channel", "link"),
    [
        ((), "https://policies.hillside.example/join?code="),
        (("--channel", "web"), "https://policies.hillside.example/join?code="),
        (("--channel", "telegram"), "https://t.me/HillsideBot?start="),
    ],
)
def test_a_qr_code_is_of_the_link_for_the_channel_that_is_wanted(
    public: Policybot, tmp_path: Path, channel: tuple[str, ...], link: str
) -> None:
    ran = public("invite", *AT_HILLSIDE, "--qr", tmp_path / "one.svg", *channel)
    assert (ran.code, ran.err) == (0, "")
    (code,) = re.findall(rf"staff: ({CODE})$", ran.out, re.MULTILINE)
    assert f"one.svg holds a QR code of {link}{code}: give it to this person alone." in ran.out
    assert ElementTree.parse(tmp_path / "one.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314  we wrote it


def test_where_phones_cannot_open_the_page_the_qr_code_is_for_telegram(
    public: Policybot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("POLICYBOT_PUBLIC_URL")
    assert "QR code of https://t.me/HillsideBot?start=" in public("invite", *AT_HILLSIDE, "--qr", tmp_path / "one.png").out
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")


def test_a_terminal_shows_the_qr_code_too(public: Policybot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "█" not in public("invite", *AT_HILLSIDE, "--qr", tmp_path / "one.png").out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert "█" in public("invite", *AT_HILLSIDE, "--qr", tmp_path / "two.png").out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--qr", "one.gif"), "one.gif is no name for a QR code: end it in .png or .svg."),
        (
            ("--qr", "one.png"),
            "A phone cannot open http://127.0.0.1:8080/join: set POLICYBOT_PUBLIC_URL to the address by which people reach it.",
        ),
        (
            ("--qr", "one.png", "--channel", "telegram"),
            "There is no link to Telegram without the bot's name: set POLICYBOT_TELEGRAM__BOT_NAME.",
        ),
        (("--channel", "web"), "--channel says what the QR code opens: add --qr FILE.png."),
    ],
)
def test_where_there_can_be_no_qr_code_nobody_is_invited(hillside: Policybot, arguments: tuple[str, ...], line: str) -> None:
    assert_refused(hillside("invite", *AT_HILLSIDE, *arguments), line)
    assert hillside("people", *AT_HILLSIDE).out == "Nobody has joined yet.\n"


def test_where_the_file_cannot_be_written_the_code_is_told_all_the_same(
    public: Policybot, tmp_path: Path, joined: Callable[[str], PersonRole]
) -> None:
    ran = public("invite", *AT_HILLSIDE, "--qr", tmp_path / "nowhere" / "one.png")
    assert ran.code == 1
    assert ran.err.endswith("(No such file or directory); the invitation stands, and its code is above.\n")
    assert joined(re.findall(rf"staff: ({CODE})$", ran.out, re.MULTILINE)[0]) is PersonRole.STAFF


# A list


def test_a_list_gives_everybody_a_code_and_keeps_no_name(
    public: Policybot, tmp_path: Path, joined: Callable[[str], PersonRole]
) -> None:
    (tmp_path / "staff.txt").write_text("J. Smith\n\nÉlodie\toffice\r\n AB , DSL,\n", encoding="utf-8")
    ran = public("invite", *AT_HILLSIDE, "--list", tmp_path / "staff.txt")
    assert (ran.code, ran.err) == (0, "")
    table = re.findall(rf"^ +\d+  (.+?) {{2,}}(\w+) +({CODE})$", ran.out, re.MULTILINE)
    assert [(name, role) for name, role, _ in table] == [("J. Smith", "staff"), ("Élodie", "office"), ("AB", "dsl")]
    assert [joined(code) for _, _, code in table] == [PersonRole.STAFF, PersonRole.OFFICE, PersonRole.DSL]
    assert "They type it at https://policies.hillside.example/join\n" in ran.out
    assert "or write to @HillsideBot on Telegram: /join and the code." in ran.out
    assert "the names are kept nowhere here" in ran.out
    kept = b"".join(file.read_bytes() for file in (tmp_path / "home").glob("policybot.sqlite*"))
    assert not [word for name, _, code in table for word in (name, code) if len(word) > 2 and word.encode() in kept]


def test_a_list_is_pasted_and_its_role_and_pass_are_for_all(hillside: Policybot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"A\nB, chair\n")))
    told = hillside("invite", *AT_HILLSIDE, "--list", "-", "--role", "office", "--until", "2099-07-20").out
    assert re.findall(r"^ +\d+  ([AB])  (\w+)", told, re.MULTILINE) == [("A", "office"), ("B", "chair")]
    assert "Their access ends Monday 20 July 2099, 23:59." in told


def test_a_wrong_line_is_named_and_nobody_is_invited(hillside: Policybot, tmp_path: Path) -> None:
    lines = ["A", "B, cook", "a", ", staff", "C, D, staff", "E" * 61, "F\u202eG", ""]
    (tmp_path / "staff.txt").write_text("\n".join(lines), encoding="utf-8")
    assert_refused(
        hillside("invite", *AT_HILLSIDE, "--list", tmp_path / "staff.txt"),
        "Line 2: “cook” is no role: choose one of staff, office, headteacher, dsl, chair, administrator.",
        "Line 3: “a” stands on line 1 already: tell the two apart by an initial.",
        "Line 4: there is no name before the comma.",
        "Line 5: there is more than one comma: write a name or initials, a comma, and a role.",
        "Line 6: the name has more than 60 characters: initials are enough.",
        "Line 7: it holds a character that cannot be printed: type the line anew.",
        "Nobody was invited: correct the list and try again.",
    )
    assert hillside("people", *AT_HILLSIDE).out == "Nobody has joined yet.\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--until", "2020-01-01"), "The pass would end before it begins: give a later day."),
        (("--role", "cook"), "“cook” is no role: choose one of staff, office, headteacher, dsl, chair, administrator."),
    ],
)
def test_what_is_wrong_for_all_is_said_once(hillside: Policybot, tmp_path: Path, arguments: tuple[str, ...], line: str) -> None:
    (tmp_path / "staff.txt").write_text("A\nB\n")
    assert_refused(hillside("invite", *AT_HILLSIDE, "--list", tmp_path / "staff.txt", *arguments), line)
    assert hillside("people", *AT_HILLSIDE).out == "Nobody has joined yet.\n"


def test_a_list_and_a_qr_code_are_not_asked_for_together(hillside: Policybot) -> None:
    assert hillside("invite", *AT_HILLSIDE, "--list", "-", "--qr", "one.png").code == 2


@pytest.mark.parametrize("text", ["", "\n \n,\n", "\n".join(f"N{number}" for number in range(MOST_AT_ONCE + 1))])
def test_a_list_of_nobody_or_of_too_many_is_refused(text: str) -> None:
    with pytest.raises(BotError, match=r"people in the list: write from 1 to 1000, one a line\."):
        read_staff_list(text, PersonRole.STAFF)


def test_spaces_of_any_kind_and_the_letters_case_make_no_difference() -> None:
    assert read_staff_list("  Ann\u00a0 Lee ,\u00a0Office \n", PersonRole.STAFF) == [Invitee("Ann Lee", PersonRole.OFFICE)]


# The people


AGES_AGO = datetime.fromisoformat("2025-01-08T09:00")


@pytest.fixture
def store(hillside: Policybot, tmp_path: Path) -> Iterator[Engine]:
    """The store that the command line opens."""
    engine = open_store(sqlite_url(tmp_path / "home"))
    yield engine
    engine.dispose()


def enrolled(people: People, role: PersonRole, channel: str, account: str) -> Person:
    return people.enrol(people.invite("hillside", role)[1], channel, account)


def test_those_who_joined_longest_ago_come_first(hillside: Policybot, store: Engine) -> None:
    assert hillside("people", *AT_HILLSIDE, "--leavers").out == "Nobody has joined yet.\n"
    new = enrolled(People(store, now_utc), PersonRole.STAFF, "telegram", "1")
    then = People(store, lambda: AGES_AGO)
    old = enrolled(then, PersonRole.OFFICE, WEB, "1")
    then.open_session(old, shared=False)
    first, second, third, last = hillside("people", *AT_HILLSIDE, "--leavers").out.splitlines()
    assert first == "Who has left the school? Those who joined longest ago come first."
    assert second == (
        f"{old.id}. office, on web, since Wednesday 8 January 2025, 09:00, by invitation {old.invitation}, "
        "last on the chat page on 8 January 2025"
    )
    assert third.startswith(f"{new.id}. staff, on telegram, since ")
    assert "last" not in third
    assert last == "To end their access: policybot people --school hillside --remove and their numbers, as 3,5,9"


def test_the_office_knows_by_its_own_list_who_somebody_is(
    hillside: Policybot, joined: Callable[[str], PersonRole], tmp_path: Path
) -> None:
    (tmp_path / "staff.txt").write_text("A. Lee\nB. Roe\n")
    told = hillside("invite", *AT_HILLSIDE, "--list", tmp_path / "staff.txt").out
    numbers = {name: number for number, name in re.findall(r"^ +(\d+)  ([AB]\. \w+)", told, re.MULTILINE)}
    for code in re.findall(CODE, told):
        joined(code)
    listed = hillside("people", *AT_HILLSIDE).out.splitlines()
    assert [re.findall(r"by invitation (\d+)", line) for line in listed] == [[numbers["A. Lee"]], [numbers["B. Roe"]]]


def test_several_are_removed_at_once_or_nobody(hillside: Policybot, store: Engine) -> None:
    people = People(store, now_utc)
    one, two, three = (enrolled(people, PersonRole.STAFF, "telegram", str(number)) for number in range(3))
    assert_refused(
        hillside("people", *AT_HILLSIDE, "--remove", f"{one.id},77"),
        "hillside has no person 77, so nobody was removed: `policybot people --school hillside` lists them.",
    )
    assert hillside("people", *AT_HILLSIDE, "--remove", f"{three.id}, {one.id},{one.id}").out == (
        f"2 people can no longer ask at hillside: {one.id}, {three.id}.\n"
    )
    assert people.of("hillside") == [two]
    assert hillside("people", *AT_HILLSIDE, "--remove", str(two.id)).out == f"Person {two.id} can no longer ask at hillside.\n"


@pytest.mark.parametrize(
    "arguments", [("--remove", "3;5"), ("--remove", ""), ("--remove", "3", "--leavers"), ("--leavers", "--replace-headteacher")]
)
def test_wrong_usage_changes_nothing(hillside: Policybot, arguments: tuple[str, ...]) -> None:
    assert hillside("people", *AT_HILLSIDE, *arguments).code == 2


def test_a_headteacher_is_replaced(public: Policybot, store: Engine, joined: Callable[[str], PersonRole]) -> None:
    told = public("people", *AT_HILLSIDE, "--replace-headteacher").out
    assert told.startswith("No headteacher had joined.\nGive this to the new headteacher alone:\nInvitation")
    assert "pen invitations" not in told
    people = People(store, now_utc)
    enrolled(people, PersonRole.HEADTEACHER, "slack", "1")
    staff = enrolled(people, PersonRole.STAFF, WEB, "1")
    people.invite("hillside", PersonRole.OFFICE)
    told = public("people", *AT_HILLSIDE, "--replace-headteacher").out
    assert told.startswith(
        "The headteacher's access has ended.\nOpen invitations to be headteacher that can no longer be used: 1.\n"
    )
    (code,) = re.findall(rf"as headteacher: ({CODE})$", told, re.MULTILINE)
    assert f"https://t.me/HillsideBot?start={code}" in told
    assert "Other open invitations: 1." in told
    assert people.of("hillside") == [staff]
    assert joined(code) is PersonRole.HEADTEACHER
    enrolled(people, PersonRole.HEADTEACHER, "telegram", "2")
    assert public("people", *AT_HILLSIDE, "--replace-headteacher").out.startswith("The access of 2 headteachers has ended.")


def test_a_link_to_the_desk_is_printed_for_whom_it_is_for_and_nobody_else(public: Policybot, tmp_path: Path) -> None:
    public("init", "meadow", "--name", "Meadow School")
    engine = open_store(sqlite_url(tmp_path / "home"))
    people = People(engine, now_utc)

    def enrol(school: str, role: PersonRole) -> int:
        return people.enrol(people.invite(school, role)[1], WEB, secrets.token_hex(16)).id

    assert_refused(
        public("desk-link", *AT_HILLSIDE),
        "hillside has no headteacher yet: invite one with `policybot invite --school hillside --role headteacher`.",
    )
    staff, office, elsewhere = (
        enrol(school, role)
        for school, role in (
            ("hillside", PersonRole.STAFF),
            ("hillside", PersonRole.OFFICE),
            ("meadow", PersonRole.HEADTEACHER),
        )
    )
    for number in (elsewhere, 99, -1):
        wrong = f"hillside has no person {number}: `policybot people --school hillside` lists them."
        assert_refused(public("desk-link", *AT_HILLSIDE, f"--person={number}"), wrong)
    assert_refused(public("desk-link", *AT_HILLSIDE, "--person", str(staff)), NOT_YOURS)
    assert public("desk-link", "--school", "nowhere").code == 1
    assert public("desk-link", *AT_HILLSIDE, "--person", "one").code == 2
    told = public("desk-link", *AT_HILLSIDE, "--person", str(office)).out
    (token,) = re.findall(r"^https://policies\.hillside\.example/desk/enter/(\S+)$", told, re.MULTILINE)
    assert DeskAccess(engine, people, now_utc).enter(token).person.id == office
    first, second = (enrol("hillside", PersonRole.HEADTEACHER) for _ in range(2))
    assert_refused(
        public("desk-link", *AT_HILLSIDE),
        f"hillside has more than one headteacher: say for whom it is, with --person {first} or {second}.",
    )
    engine.dispose()
