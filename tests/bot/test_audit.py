"""The audit trail: each change at the command line and in the chat has its row, in the transaction of the change."""

import getpass
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from bot.people import PersonRole

if TYPE_CHECKING:
    from tests.bot.conftest import Staff

Policybot = Callable[..., Any]
POLICY = "HILLSIDE PRIMARY SCHOOL\n\nPhones Policy\n\n1. Phones\n\n1.1 Staff must not use their own phones in class.\n"
CHAIR = "Ms Okoro"


def test_what_is_done_at_the_command_line_is_told_and_what_is_refused_is_not(policybot: Policybot, tmp_path: Path) -> None:
    hillside = ("--school", "hillside")
    phones = (*hillside, "--policy", "phones")
    document = tmp_path / "phones.txt"
    document.write_text(POLICY, encoding="utf-8")
    for command in (
        ("init", "hillside", "--name", "Hillside Primary School"),
        ("invite", *hillside),
        ("people", *hillside, "--revoke", "1"),
        ("invite", *hillside, "--role", "headteacher"),
        ("people", *hillside, "--replace-headteacher"),
        ("contacts", *hillside, "--set", CHAIR, "--role", "chair of governors"),
        ("contacts", *hillside, "--set", CHAIR),
        ("contacts", *hillside, "--confirmed", CHAIR),
        ("import", document, *phones),
        ("publish", *phones),
    ):
        assert policybot(*command).code == 0
    for command in (("invite", *hillside, "--until", "2001-01-01"), ("people", *hillside, "--remove", "9"), ("publish", *phones)):
        assert policybot(*command).code == 1
    told = [json.loads(line) for line in policybot("audit", *hillside, "--json").out.splitlines()]
    assert [(one["action"], one["slug"], one["version"], one["object"]) for one in told] == [
        ("set up the school", None, None, None),
        ("invited", None, None, "1"),
        ("took back the invitation", None, None, "1"),
        ("invited", None, None, "2"),
        ("took back the invitation", None, None, "2"),
        ("invited", None, None, "3"),
        ("changed the contacts", None, None, None),
        ("noted that the chair confirms the contacts", None, None, None),
        ("brought in a draft", "phones", None, None),
        ("published", "phones", 1, None),
    ]
    assert {one["who"] for one in told} == {f"command line: {getpass.getuser()}"}
    lines = policybot("audit", *hillside).out.splitlines()
    assert lines[-1].endswith(f"command line: {getpass.getuser()}: published phones, version 1")
    assert lines[1].endswith("invited (1)")
    ran = policybot("audit", "--school", "nowhere")
    assert (ran.code, ran.err) == (1, "policybot: There is no school called nowhere: choose one of hillside.\n")


def test_an_invitation_from_the_chat_is_told_by_role_and_number(staff: "Staff") -> None:
    head = staff.enrol(PersonRole.HEADTEACHER, "1")
    staff.say("/invite staff", "1")
    (entry,) = staff.parts.audit.of("hillside")
    assert (entry.who, entry.action) == (f"headteacher {head.id}", "invited")
    assert entry.at == staff.clock.time


def test_a_change_that_cannot_be_noted_is_not_made(staff: "Staff") -> None:
    def fail(*args: object) -> None:
        if "INSERT INTO audit" in str(args[2]):
            raise OSError("the disk is gone")

    event.listen(staff.engine, "before_cursor_execute", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        staff.parts.people.invite("hillside", PersonRole.STAFF, by="office 3")
    assert staff.parts.people.invitations("hillside") == []
