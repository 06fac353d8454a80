"""`policybot verify`: what it tells of a copy that the conversation gave, and of what is none."""

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Policybot = Callable[..., Any]

POLICY = """\
HILLSIDE PRIMARY SCHOOL

Phones Policy

Adopted: May 2018

1. Phones

1.1 Staff must report any lost phone to the headteacher.
"""


@pytest.fixture
def hillside(policybot: Policybot, tmp_path: Path) -> Policybot:
    policybot("init", "hillside", "--name", "Hillside Primary School")
    (tmp_path / "phones.txt").write_text(POLICY, encoding="utf-8")
    where = ("--school", "hillside", "--policy", "phones")
    policybot("import", tmp_path / "phones.txt", *where)
    policybot("publish", *where)
    return policybot


@pytest.fixture
def copy(hillside: Policybot, monkeypatch: pytest.MonkeyPatch) -> str:
    """A copy as the conversation in the terminal gives it."""

    def chatted(*lines: str) -> str:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return str(hillside("chat").out)

    question = "Must I report a lost phone?"
    found = re.search(r"\[([a-z])\] Keep this answer", chatted(question))
    assert found
    told = chatted(question, found[1])
    return told[told.index("Your copy of this answer.") :]


def in_bytes(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))


def assert_genuine(ran: Any, told: str = "This copy is genuine.") -> None:
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(told)
    assert "answered staff of Hillside Primary School from this clause." in ran.out
    assert "“Staff must report any lost phone to the headteacher.”" in ran.out


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_copy_in_a_file_is_genuine_however_the_file_was_saved(
    hillside: Policybot, copy: str, tmp_path: Path, encoding: str
) -> None:
    (tmp_path / "copy.txt").write_text(copy, encoding=encoding)
    assert_genuine(hillside("verify", tmp_path / "copy.txt"))


@pytest.mark.parametrize("arguments", [("verify",), ("verify", "-")])
def test_a_copy_is_pasted_into_standard_input(
    hillside: Policybot, copy: str, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    in_bytes(monkeypatch, copy.encode())
    assert_genuine(hillside(*arguments))


def test_the_code_alone_is_enough(hillside: Policybot, copy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_bytes(monkeypatch, copy.partition("Code: ")[2].split()[0].encode())
    assert_genuine(hillside("verify"), "That code is genuine.")


def test_a_copy_whose_code_was_changed_is_not_genuine(hillside: Policybot, copy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = copy.partition("Code: ")[2].split()[0]
    in_bytes(monkeypatch, (code[:20] + ("a" if code[20] != "a" else "b") + code[21:]).encode())
    ran = hillside("verify")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "policybot: I have given no copy with that code, or it was changed: paste the whole copy as you kept it.\n"


def test_another_installation_did_not_give_the_copy(hillside: Policybot, copy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_bytes(monkeypatch, copy.encode())
    monkeypatch.setenv("POLICYBOT_SECRET_KEY", "the key of some other installation")
    assert hillside("verify").err.startswith("policybot: I have given no copy with that code")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "There is no code in that: paste the whole copy, with its last line."),
        (b"\x00\xff\xfe nothing", "There is no code in that"),
        (b"x" * 1_000_001, "What was pasted is longer than the copy can be: choose another."),
    ],
    ids=["nothing", "no text", "too long"],
)
def test_what_is_no_copy_is_said_in_one_sentence(
    hillside: Policybot, monkeypatch: pytest.MonkeyPatch, raw: bytes, words: str
) -> None:
    in_bytes(monkeypatch, raw)
    ran = hillside("verify")
    assert ran.code == 1
    assert ran.err.startswith(f"policybot: {words}")
    assert ran.err.count("\n") == 1


def test_a_file_that_cannot_be_read_is_named(hillside: Policybot, tmp_path: Path) -> None:
    ran = hillside("verify", tmp_path / "none.txt")
    assert (ran.code, ran.err) == (1, f"policybot: {tmp_path / 'none.txt'} cannot be read: No such file or directory.\n")


def test_in_a_terminal_the_copy_is_asked_for(hillside: Policybot, copy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_bytes(monkeypatch, copy.encode())
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    ran = hillside("verify")
    assert ran.code == 0
    assert ran.err == "Paste the copy here, then press Enter and Ctrl-D.\n"
