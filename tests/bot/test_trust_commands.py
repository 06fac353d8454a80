"""The commands of a trust's office: one policy published to several schools, and who has which version of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from bot.bootstrap import Indexes
from bot.tables import trial_questions
from corpus.building import build_policy
from corpus.tenancy import writing_at
from corpus.versions import School, Versions

if TYPE_CHECKING:
    from tests.conftest import Ran

pytestmark = pytest.mark.files  # the command line leaves its connections to the end of its process
Policybot = Callable[..., "Ran"]
TO, THEM = ("publish-to", "hillside,meadow"), ("--policy", "phones", "--trust", "Northfield Trust")
FROM = ("--from", "northfield")
RULES = "1.1 Staff must not use their own phones in class.\n\n1.2 Staff must report the loss of a phone.\n"


def document(rules: str) -> str:
    return f"NORTHFIELD TRUST\n\nMobile phone policy\n\nAdopted: May 2026\n\n{rules}"


def prepare(versions: Versions, rules: str) -> None:
    policy = build_policy(document(rules), school="northfield", slug="phones", title=None, source_name="phones.txt")
    versions.save_draft(policy, document(rules))


def add_question(versions: Versions, school: str, question: str, expected: str | None = None) -> None:
    row = {"school_id": school, "question": question, "must": expected is not None, "expected": expected}
    with writing_at(versions.engine, school) as connection:
        connection.execute(insert(trial_questions).values(row))


@pytest.fixture
def versions(schools: Indexes) -> Versions:
    """Hillside, meadow, and the trust's office, which has published its policy on phones."""
    versions = schools.versions
    versions.add_school(School("northfield", "Northfield Trust", "Northfield"))
    prepare(versions, RULES)
    versions.publish("northfield", "phones", "the trust's office")
    for school in ("hillside", "meadow"):
        add_question(versions, school, "May I use my own phone in class?")
    return versions


@pytest.fixture
def office(policybot: Policybot, versions: Versions, monkeypatch: pytest.MonkeyPatch) -> Policybot:
    monkeypatch.setenv("POLICYBOT_DATABASE_URL", str(versions.engine.url))
    return policybot


def test_what_came_of_it_is_told_of_each_school_and_the_same_command_does_the_rest(office: Policybot, versions: Versions) -> None:
    add_question(versions, "meadow", "Must I report a lost phone?", "allowed")
    ran = office(*TO, *THEM, *FROM)
    hillside, meadow = ran.out.splitlines()
    assert (ran.code, hillside) == (1, "hillside: version 1 is published.")
    assert meadow.startswith(
        "meadow: NOT PUBLISHED. “Must I report a lost phone?” must be told: allowed. With this draft it is told"
    )
    assert meadow.endswith("Look with: policybot try --school meadow --policy phones")
    assert ran.err == (
        "policybot: It is in force at 1 of 2 schools, not at meadow. Do what is said above, then give the same command again: "
        "where it is in force nothing is done.\n"
    )
    at_hillside, at_meadow = office("trust-policies").out.splitlines()[1:]
    text = at_hillside.removeprefix("  hillside: version 1, Northfield Trust, May 2026, ")
    assert at_meadow == f"  meadow: {text} waits as a draft"
    with writing_at(versions.engine, "meadow") as connection:
        connection.execute(
            trial_questions.delete().where(trial_questions.c.school_id == "meadow", trial_questions.c.must.is_(True))
        )
    again = office(*TO, *THEM, *FROM)
    assert (again.code, again.err) == (0, "")
    assert again.out == "hillside: version 1 is in force already.\nmeadow: version 1 is published.\n"


@pytest.mark.soak
def test_a_draft_a_file_and_what_was_exported_can_be_published_too(office: Policybot, versions: Versions, tmp_path: Path) -> None:
    file, exported = tmp_path / "phones.txt", tmp_path / "phones.yaml"
    file.write_text(document(RULES), encoding="utf-8")
    assert office("publish-to", "hillside", *THEM, "--file", file).out == "hillside: version 1 is published.\n"
    assert office("publish-to", "hillside", *THEM, "--file", file).out == "hillside: version 1 is in force already.\n"
    exported.write_text(office("export", "--school", "hillside", "--policy", "phones").out, encoding="utf-8")
    assert office("publish-to", "meadow", *THEM, "--file", exported).out == "meadow: version 1 is published.\n"
    heading, at_hillside, at_meadow = office("trust-policies").out.splitlines()
    assert heading == "phones, of Northfield Trust:"
    assert at_hillside.rpartition(", ")[2] == at_meadow.rpartition(", ")[2]  # the same text, by whichever way it came
    refused = office("import", exported, "--school", "hillside", "--policy", "phones")
    assert refused.err == "policybot: phones.yaml is a trust's policy: it comes to the school by policybot publish-to.\n"

    prepare(versions, f"{RULES}\n1.3 Staff must switch their phones off in assembly.\n")
    ran = office("publish-to", "hillside", *THEM, *FROM, "--draft", "--prevails")
    assert ran.out == "hillside: version 2 is published.\n", ran.err
    policy = versions.version("hillside", "phones").policy
    assert policy.trust is not None
    assert (policy.trust.prevails, len(list(policy.clauses()))) == (True, 3)
    assert office("rollback", "--school", "hillside", "--policy", "phones", "--version", "1").code == 0


@pytest.mark.soak
def test_an_addendum_is_imported_and_listed_and_a_school_that_leaves_has_its_own_again(
    office: Policybot, versions: Versions, tmp_path: Path
) -> None:
    assert office("publish-to", "hillside", *THEM, *FROM).code == 0
    own = tmp_path / "own.txt"
    own.write_text(document("1.1 Staff must lock their phones away at nine.\n"), encoding="utf-8")
    more = ("--school", "hillside", "--policy", "more")
    refused = office("import", own, *more, "--supplements", "staff")
    assert refused.err.startswith("policybot: There is no trust's policy staff in force here")
    assert office("import", own, *more, "--supplements", "phones").code == 0
    assert office("publish", *more).code == 0
    assert office("trust-policies").out.splitlines()[1].endswith("; addendum: more, version 1")
    home = office("publish-to", "meadow", "--policy", "more", "--trust", "Hillside", "--from", "hillside")
    assert home.err == "policybot: hillside/more is an addendum of hillside: publish the policy that it supplements.\n"
    assert office("import", own, "--school", "hillside", "--policy", "phones").code == 0
    assert versions.draft("hillside", "phones").policy.trust is None


WRONG = [
    (("publish-to", "hillside,nowhere", *THEM, *FROM), 1, "There is no school called nowhere: choose one of hillside, "),
    (
        ("publish-to", "hillside,northfield", *THEM, *FROM),
        1,
        "northfield is where the policy is prepared, and keeps it as its own",
    ),
    ((*TO, *THEM, "--from", "nowhere"), 1, "There is no school called nowhere"),
    ((*TO, *THEM, "--from", "northfield", "--policy", "staff"), 1, "There is no published version of northfield/staff"),
    ((*TO, *THEM, *FROM, "--trust", " "), 1, "The name of the trust is empty: write it."),
    ((*TO, *THEM, *FROM, "--policy", "rulings"), 1, "Rulings are a headteacher's own"),
    ((*TO, *THEM, *FROM, "--policy", "A B"), 1, "'A B' is no policy id"),
    ((*TO, *THEM, "--file", "/nowhere.txt"), 1, "/nowhere.txt cannot be read: No such file"),
    ((*TO, *THEM, "--file", "/x.txt", "--draft"), 1, "--draft goes with --from: a file is taken as it is."),
    (("publish-to", "hillside,,meadow", *THEM, *FROM), 2, "write the ids of schools with commas between them"),
    ((*TO, *THEM), 2, "one of the arguments --from --file is required"),
]


def test_what_is_given_wrongly_is_said_in_one_sentence_and_nothing_is_done(office: Policybot, versions: Versions) -> None:
    for arguments, code, sentence in WRONG:
        ran = office(*arguments)
        assert (ran.code, ran.out) == (code, ""), arguments
        assert sentence in ran.err
    assert versions.drafts("hillside") == []
    assert office("trust-policies").out == "No school has a trust's policy yet: policybot publish-to publishes one.\n"
