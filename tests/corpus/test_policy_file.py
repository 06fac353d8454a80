"""A policy as YAML and as JSON, both ways; what a damaged file is told; and corrections written by hand."""

import re
from datetime import date

import pytest
from msgspec.structs import replace

from corpus.alignment import carry_corrections
from corpus.building import ShippedSource, build_policy
from corpus.clause import Correction, Party, Policy, Role, SecondStance, Stance
from corpus.dates import PolicyDate
from corpus.errors import PolicyFileError
from corpus.policy_file import from_yaml, to_yaml
from corpus.source import Cut, Replace
from corpus.yaml_file import parse_yaml, read_yaml

TEXT = """\
Hillside Primary School
Mobile Phone Policy
Date adopted: May 2018
Review date: 31 May 2020

1. Phones

1.1 Staff must not:
(a) use a phone in class;
(b) photograph pupils n0r film them.

1.2 Phones may be used in the staff room: ask the "headteacher" if it's unclear. Pupils **must** hand in theirs.

2. Breaches

Tell the headteacher. Nothing else is kn"""
REPAIRS = (Replace("n0r", "nor", "a misread letter: 0 for o"), Cut("is kn", "The page ends here."))


def built() -> Policy:
    return build_policy(TEXT, school="hillside", slug="phones", title=None, source_name="phones.txt", repairs=REPAIRS)


def corrected() -> Policy:
    """The policy with one clause corrected in everything, and another confirmed as it is."""
    correction = Correction(
        by="A. Head",
        on=date(2026, 11, 21),
        reason="read again: it's softer",
        stance=Stance.DISCOURAGED,
        second=SecondStance(Stance.CONDITIONAL, "in class"),
        binds=(Party.STAFF, Party.VOLUNTEERS),
        roles=(Role.DSL,),
        deciding="use a phone",
    )
    return built().with_clauses(lambda clause: clause.corrected(correction) if clause.label == "1.1(a)" else clause)


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


def test_yaml_both_ways_gives_the_same_policy() -> None:
    for policy in (built(), corrected()):
        assert from_yaml(to_yaml(policy), "phones.yaml") == policy
        assert to_yaml(from_yaml(to_yaml(policy), "phones.yaml")) == to_yaml(policy)


def test_json_both_ways_gives_the_same_policy() -> None:
    for policy in (built(), corrected()):
        assert Policy.from_json(policy.to_json()) == policy


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("label: 1.1(a)", "label: 1.1(a)\n    colour: red", "unknown field `colour`"),
        ("school: hillside", "school: hillside\ncolour: red", "unknown field `colour`"),
        ("stance: required", "stance: mandatory", "Invalid enum value 'mandatory'"),
        ("- title: Phones\n  number", "- number", "missing required field `title`"),
        ("    label: 1.1(a)\n", "", "missing required field `label`"),
        ("slug: phones", "slug: 7", "Expected `str`, got `int`"),
        ("review_due: '2020-05-31'", "review_due: '31 May'", "'31 May' is not a date"),
        ("review_due: '2020-05-31'", "review_due: '2020-02-31'", "is not a date of the calendar"),
        ("- kind: lead_in", "- kind: sermon", "Invalid value 'sermon'"),
        ("binds: [staff]", "binds: [cats]", "Invalid enum value 'cats'"),
        ("slug: phones", "slug: [phones", "expected"),
        ("slug: phones", "slug: *phones", "undefined alias"),
        ("slug: phones", "\tslug: phones", "found a tab character that violates indentation"),
    ],
)
def test_a_damaged_file_is_refused_in_one_sentence_that_names_file_and_line(old: str, new: str, says: str) -> None:
    text = to_yaml(built())
    assert old in text
    damaged = text.replace(old, new, 1)
    with pytest.raises(PolicyFileError) as refused:
        from_yaml(damaged, "phones.yaml")
    message = str(refused.value)
    assert says in message
    assert message.endswith(".")
    assert "\n" not in message
    found = re.match(r"phones\.yaml, line (\d+): ", message)
    assert found
    assert 1 <= int(found[1]) <= damaged.count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "near"),
    [
        ("stance: required", "stance: mandatory", "stance: mandatory"),
        ("label: 1.1(a)", "label: 1.1(a)\n    colour: red", "kind: clause\n    id: 1.1-a"),
        ("review_due: '2020-05-31'", "review_due: '31 May'", "review_due: '31 May'"),
        ("slug: phones", "\tslug: phones", "\tslug: phones"),
    ],
)
def test_the_line_is_that_of_the_damage(old: str, new: str, near: str) -> None:
    damaged = to_yaml(built()).replace(old, new, 1)
    with pytest.raises(PolicyFileError, match=rf"^phones\.yaml, line {line_of(damaged, near)}: "):
        from_yaml(damaged, "phones.yaml")


@pytest.mark.parametrize("text", ["", "just words", "- a\n- list", "5", "null"])
def test_what_holds_no_policy_is_refused_with_its_name(text: str) -> None:
    with pytest.raises(PolicyFileError, match=r"^phones\.yaml, line 1: .*\.$"):
        from_yaml(text, "phones.yaml")


def test_an_id_that_stands_twice_is_refused() -> None:
    text = to_yaml(built()).replace("id: 1.1-b", "id: 1.1-a")
    with pytest.raises(PolicyFileError, match=r"^phones\.yaml: .*1\.1-a stands twice.*\.$"):
        from_yaml(text, "phones.yaml")


def test_a_lead_in_that_does_not_exist_is_refused() -> None:
    text = to_yaml(built()).replace("lead_in: lead-in-1.1", "lead_in: lead-in-9", 1)
    with pytest.raises(
        PolicyFileError, match=r"^phones\.yaml.*1\.1\(a\) refers to the lead-in lead-in-9, which does not exist\.$"
    ):
        from_yaml(text, "phones.yaml")


@pytest.mark.parametrize(("key", "value"), [("under", "lead-in-9"), ("clause_id", "section-9")])
def test_a_lead_in_that_points_at_nothing_is_refused(key: str, value: str) -> None:
    text = to_yaml(built()).replace("kind: lead_in\n", f"kind: lead_in\n    {key}: {value}\n", 1)
    with pytest.raises(PolicyFileError, match=rf"^phones\.yaml: lead-in-1\.1 refers to .*{value}, which does not exist\.$"):
        from_yaml(text, "phones.yaml")


def test_lead_ins_that_stand_under_each_other_are_refused() -> None:
    text = to_yaml(built()).replace("kind: lead_in\n", "kind: lead_in\n    under: lead-in-1.1\n", 1)
    with pytest.raises(PolicyFileError, match=r"^phones\.yaml: the lead-in lead-in-1\.1 stands under itself\.$"):
        from_yaml(text, "phones.yaml")


def test_a_date_may_be_written_without_quotes() -> None:
    text = to_yaml(built())
    bare = text.replace("'2020-05-31'", "2020-05-31").replace("'2018-05'", "2018-05")
    assert from_yaml(bare, "phones.yaml") == built()
    assert from_yaml(bare, "phones.yaml").review_due == PolicyDate("2020-05-31")


def test_the_head_of_the_file_tells_how_to_correct_a_clause() -> None:
    head = to_yaml(built()).partition("school:")[0]
    example = re.search(r"#\s+(correction: .*)", head)
    assert example
    text = to_yaml(built()).replace("    label: 1.1(a)\n", f"    label: 1.1(a)\n    {example[1]}\n")
    clause = next(clause for clause in from_yaml(text, "phones.yaml").clauses() if clause.label == "1.1(a)")
    assert clause.confirmed
    assert clause.correction
    assert clause.correction.reason == "why"


def test_a_correction_by_hand_changes_what_is_loaded() -> None:
    by_hand = (
        "    correction: {by: A. Head, on: 2026-11-21, reason: softer, stance: discouraged, binds: [pupils], roles: [dsl]}\n"
    )
    text = to_yaml(built()).replace("    label: 1.1(a)\n", f"    label: 1.1(a)\n{by_hand}\n")
    before = {clause.label: clause for clause in built().clauses()}
    after = {clause.label: clause for clause in from_yaml(text, "phones.yaml").clauses()}
    assert before["1.1(a)"].stance is Stance.FORBIDDEN
    assert not before["1.1(a)"].confirmed
    assert after["1.1(a)"].stance is Stance.DISCOURAGED
    assert after["1.1(a)"].binds == (Party.PUPILS,)
    assert after["1.1(a)"].roles == (Role.DSL,)
    assert after["1.1(a)"].confirmed
    assert after["1.1(a)"].words == before["1.1(a)"].words
    assert {label: clause for label, clause in after.items() if label != "1.1(a)"} == {
        label: clause for label, clause in before.items() if label != "1.1(a)"
    }


def test_a_correction_of_the_binding_leaves_the_stance_as_derived() -> None:
    clause = next(clause for clause in built().clauses() if clause.label == "1.1(a)")
    changed = clause.corrected(Correction("A. Head", date(2026, 11, 21), "volunteers too", binds=(Party.VOLUNTEERS,)))
    assert (changed.stance, changed.second, changed.roles) == (clause.stance, clause.second, clause.roles)
    assert changed.binds == (Party.VOLUNTEERS,)


def test_a_corrected_stance_takes_the_derived_second_stance_away() -> None:
    policy = build_policy(
        "1. Phones\n\n1.1 Staff may use phones at break but must not use them in class.",
        school="s",
        slug="p",
        title="P",
        source_name="p.txt",
    )
    clause = next(policy.clauses())
    assert clause.second
    assert clause.corrected(Correction("A. Head", date(2026, 11, 21), "one rule", stance=Stance.FORBIDDEN)).second is None


def test_a_correction_survives_when_the_policy_is_built_anew() -> None:
    kept = from_yaml(to_yaml(corrected()), "phones.yaml")
    assert carry_corrections(built(), kept) == kept


def test_a_confirmation_survives_when_the_policy_is_built_anew() -> None:
    confirmed = from_yaml(
        to_yaml(built()).replace("    label: 1.1(a)\n", "    label: 1.1(a)\n    confirmed: true\n"), "phones.yaml"
    )
    assert [clause.label for clause in carry_corrections(built(), confirmed).clauses() if clause.confirmed] == ["1.1(a)"]


@pytest.mark.parametrize(
    "reworded", [("use a phone in class", "use a tablet in class"), ("Staff must not:", "Staff should not:")]
)
def test_a_correction_falls_with_the_words_it_was_made_for(reworded: tuple[str, str]) -> None:
    text = TEXT.replace(*reworded)
    reworded = build_policy(text, school="hillside", slug="phones", title=None, source_name="phones.txt", repairs=REPAIRS)
    carried = next(clause for clause in carry_corrections(reworded, corrected()).clauses() if clause.label == "1.1(a)")
    assert carried.correction is None
    assert not carried.confirmed


def test_a_repair_of_a_shipped_source_has_the_keys_of_one_repair() -> None:
    text = "school: s\nschool_name: S\nshort_name: S\nslug: p\ntitle: T\nrepairs: [{reason: r, replace: x}]"
    (entry,) = read_yaml(text, ShippedSource, "s.yaml").repairs
    with pytest.raises(PolicyFileError, match=r"^s\.yaml: a repair is "):
        entry.repair("s.yaml")


def test_yaml_may_not_make_objects() -> None:
    with pytest.raises(PolicyFileError, match=r"^x\.yaml, line 1: "):
        parse_yaml("!!python/object/apply:os.getcwd []", "x.yaml")


def test_the_governors_are_a_party_where_they_are_bound_and_a_role_where_they_are_named() -> None:
    policy = built().with_clauses(lambda clause: replace(clause, binds=(Party.GOVERNORS,), roles=(Role.GOVERNORS,)))
    for again in (policy, Policy.from_json(policy.to_json())):
        for clause in again.clauses():
            assert type(clause.binds[0]) is Party
            assert type(clause.roles[0]) is Role
