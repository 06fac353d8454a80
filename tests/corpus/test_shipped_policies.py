"""The five policies that ship, against their sources, against the labels made by hand, and trap by trap."""

from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from corpus.building import build_shipped, rebuild, shipped_file, shipped_sources, source_text
from corpus.checking import Concern, Finding, check_coverage, check_policy
from corpus.clause import STRICTNESS, Clause, Party, Policy, Role, SecondStance, Stance
from corpus.dates import PolicyDate
from corpus.policy_file import from_yaml
from corpus.source import fold

GOLD = Path(__file__).parent / "gold"
SOURCES = {source.school: source for source in shipped_sources()}
SCHOOLS = sorted(SOURCES)
TODAY = date(2026, 11, 21)


@cache
def shipped(school: str) -> Policy:
    """The policy as it ships, with its corrections."""
    file = shipped_file(SOURCES[school])
    return from_yaml(file.read_text(encoding="utf-8"), file.name)


@cache
def derived(school: str) -> Policy:
    """The policy as the rules alone make it."""
    return build_shipped(SOURCES[school])


@cache
def gold(school: str) -> dict[str, dict[str, Any]]:
    entries = yaml.safe_load((GOLD / f"{school}.yaml").read_text(encoding="utf-8"))
    return {entry["label"]: entry for entry in entries}


def clause(school: str, label: str) -> Clause:
    return next(clause for clause in shipped(school).clauses() if clause.label == label)


def lead_in(school: str, label: str) -> str | None:
    return shipped(school).lead_in_words(clause(school, label).lead_in)


def items(school: str, beginning: str) -> list[Clause]:
    """The clauses that hang on the lead-in that begins so."""
    policy = shipped(school)
    return [one for one in policy.clauses() if (policy.lead_in_words(one.lead_in) or "").startswith(beginning)]


def findings(school: str, concern: Concern) -> list[Finding]:
    return [finding for finding in check_policy(shipped(school), TODAY) if finding.concern is concern]


def section_titles(school: str) -> list[str]:
    return [section.title for section in shipped(school).sections]


def test_the_five_policies_ship() -> None:
    assert SCHOOLS == ["academy-trust", "archbishop-huttons", "chase-terrace", "coniston", "wellesley"]
    assert set(SCHOOLS) == {path.stem for path in GOLD.glob("*.yaml")}


@pytest.mark.parametrize("school", SCHOOLS)
def test_a_policy_made_anew_is_the_shipped_file_byte_for_byte(school: str) -> None:
    assert rebuild(SOURCES[school]) == shipped_file(SOURCES[school]).read_text(encoding="utf-8")


@pytest.mark.parametrize("school", SCHOOLS)
def test_every_character_of_a_source_is_in_exactly_one_part(school: str) -> None:
    for policy in (shipped(school), derived(school)):
        coverage = check_coverage(policy, source_text(SOURCES[school]))
        assert (coverage.missing, coverage.twice, coverage.differing) == ((), (), ())
        assert coverage.share == 1


@pytest.mark.parametrize("school", SCHOOLS)
def test_the_clauses_are_those_marked_by_hand_in_their_order(school: str) -> None:
    assert [one.label for one in shipped(school).clauses()] == list(gold(school))


@pytest.mark.parametrize("school", SCHOOLS)
def test_each_clause_begins_and_ends_where_the_hand_says(school: str) -> None:
    for one in shipped(school).clauses():
        marked = gold(school)[one.label]
        assert one.text.startswith(fold(marked["begins"])), one.label
        assert one.text.endswith(fold(marked["ends"])), one.label


@pytest.mark.parametrize("school", SCHOOLS)
def test_each_clause_hangs_on_the_lead_in_that_the_hand_says(school: str) -> None:
    for one in shipped(school).clauses():
        words = shipped(school).lead_in_words(one.lead_in)
        begins = gold(school)[one.label].get("lead_in")
        assert (words is None) is (begins is None), one.label
        assert (words or "").startswith(begins or ""), one.label


@pytest.mark.parametrize("school", SCHOOLS)
def test_each_shipped_stance_is_the_one_given_by_hand(school: str) -> None:
    found = {one.label: (one.stance, one.second) for one in shipped(school).clauses()}
    wanted = {}
    for label, marked in gold(school).items():
        also = marked.get("also")
        second = SecondStance(Stance(also["stance"]), also["when"]) if also else None
        wanted[label] = (Stance(marked["stance"]), second)
    for label, (stance, second) in wanted.items():
        assert found[label][0] is stance, label
        assert (found[label][1] and found[label][1].stance) == (second and second.stance), label
        if second and second.stance is Stance.CONDITIONAL:
            # The hand may cut the condition shorter or longer than the rules do; it is the same condition.
            assert found[label][1].when in second.when or second.when in found[label][1].when, label


@pytest.mark.parametrize("school", SCHOOLS)
def test_each_shipped_binding_and_role_is_the_one_given_by_hand(school: str) -> None:
    for one in shipped(school).clauses():
        marked = gold(school)[one.label]
        assert set(one.binds) == {Party(party) for party in marked["binds"]}, one.label
        assert set(one.roles) == {Role(role) for role in marked["roles"]}, one.label


@pytest.mark.parametrize("school", SCHOOLS)
def test_every_shipped_clause_is_confirmed_and_every_correction_gives_its_reason(school: str) -> None:
    for one in shipped(school).clauses():
        assert one.confirmed, one.label
        assert one.correction is None or (one.correction.by and one.correction.reason), one.label


@pytest.mark.parametrize("school", SCHOOLS)
def test_ids_are_given_once_and_words_that_decide_are_the_clauses_own(school: str) -> None:
    policy = shipped(school)
    ids = [element.id for section in policy.sections for element in section.elements]
    assert len(set(ids)) == len(ids)
    for one in policy.clauses():
        assert one.deciding in one.words, one.label
        assert one.second is None or one.second.when in one.words, one.label


# "Schools should not attempt to investigate": the hand reads a ban, since the law leaves no choice there.
STRICTER_BY_HAND = {("archbishop-huttons", "Access to Inappropriate Images and Internet Usage, second paragraph")}


def agreement(part: str) -> float:
    """The share of all clauses for which the rules alone give what the hand gives."""
    pairs = [(getattr(one, part), gold(school)[one.label][part]) for school in SCHOOLS for one in derived(school).clauses()]
    same = [
        found == wanted if part == "stance" else sorted(found) == sorted(wanted)  # enums of strings compare as strings
        for found, wanted in pairs
    ]
    return sum(same) / len(same)


@pytest.mark.parametrize(("part", "share"), [("stance", 0.93), ("binds", 0.93), ("roles", 0.97)])
def test_the_rules_alone_agree_with_the_hand_for_nearly_all_clauses(part: str, share: float) -> None:
    assert agreement(part) >= share


@pytest.mark.parametrize("school", SCHOOLS)
def test_the_rules_alone_never_make_a_ban_looser(school: str) -> None:
    for one in derived(school).clauses():
        wanted = Stance(gold(school)[one.label]["stance"])
        if wanted in (Stance.FORBIDDEN, Stance.DISCOURAGED):
            floor = Stance.DISCOURAGED if (school, one.label) in STRICTER_BY_HAND else wanted
            assert one.stance in STRICTNESS[: STRICTNESS.index(floor) + 1], one.label


# Coniston: numbers with a gap, and eleven bullets under 5.1.


def test_coniston_gives_its_dates_as_months() -> None:
    policy = shipped("coniston")
    assert (policy.adopted, policy.review_due) == (PolicyDate("2018-05"), PolicyDate("2020-05"))
    assert [finding.sentence for finding in findings("coniston", Concern.OVERDUE)] == [
        "The review was due in May 2020 and is overdue."
    ]


def test_coniston_is_numbered_from_1_1_to_6_4() -> None:
    numbered = [one.label for one in shipped("coniston").clauses() if one.label.replace(".", "").isdigit()]
    assert numbered == ["1.1", "1.2", "1.3", "2.1", "2.2", "4.1", "4.2", "5.1", "6.1", "6.2", "6.3.1", "6.4"]
    assert [section.number for section in shipped("coniston").sections] == ["1", "2", "3", "4", "5", "6"]


def test_coniston_has_a_lone_6_3_1() -> None:
    assert clause("coniston", "6.3.1").marker == "- 6.3.1."
    assert [finding.where for finding in findings("coniston", Concern.GAP)] == ["6.3.1"]


def test_coniston_cites_the_eleven_bullets_of_5_1_by_their_place() -> None:
    bullets = items("coniston", "They should follow and understand the following principles:")
    firsts = [one.label for one in bullets if "sentence" not in one.label]
    ordinals = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"]
    assert firsts == [f"5.1, {ordinal} bullet" for ordinal in ordinals]
    assert clause("coniston", "5.1, third bullet").text.startswith("Any student initiated communication")
    assert clause("coniston", "5.1, sixth bullet, second sentence").stance is Stance.FORBIDDEN


# Chase Terrace: letters torn off by the scanner, a cut sentence, references that lead nowhere.


def test_chase_terrace_gives_no_date_and_names_its_head() -> None:
    policy = shipped("chase-terrace")
    assert (policy.adopted, policy.review_due, policy.dates) == (None, None, ())
    assert findings("chase-terrace", Concern.NO_DATE)
    assert findings("chase-terrace", Concern.NO_REVIEW)
    assert [(person.role, person.name) for person in policy.people] == [(Role.HEADTEACHER, "Mrs Harrison")]


def test_chase_terrace_has_its_twelve_torn_off_letters_back() -> None:
    torn = items("chase-terrace", "When using any personal social media sites, staff must not:")
    assert [one.label for one in torn] == [f"Personal use of social media ({letter})" for letter in "abcdefghijkl"]
    assert [one.marker for one in torn] == ["@)", "(b)", "(©)", "(d)", "(e)", "()", "(9)", "(h)", "(i)", ")", "(k)", "U"]
    assert all("the scanner tore the item letters off" in one.repairs[0] for one in torn)


def test_chase_terrace_forbids_friend_requests_under_d() -> None:
    friends = clause("chase-terrace", "Personal use of social media (d)")
    assert friends.words.startswith("accept a friend request from a pupil, an ex-pupil or a member of a pupil/ex-pupil’s family")
    assert lead_in("chase-terrace", friends.label) == "When using any personal social media sites, staff must not:"
    assert friends.stance is Stance.FORBIDDEN


@pytest.mark.parametrize(
    ("label", "begins"),
    [("Data protection (a)", "Pupil information"), ("Guidelines for responsible use of social media (a)", "make it clear")],
)
def test_chase_terrace_reads_the_misread_letter_as_a_in_two_other_lists(label: str, begins: str) -> None:
    item = clause("chase-terrace", label)
    assert item.marker == "(@)"
    assert item.text.startswith(begins)
    assert item.repairs == ("the scanner misread the item letter",)


def test_chase_terrace_says_that_the_sentence_on_encyclopaedias_is_cut_and_invents_nothing() -> None:
    cut = clause("chase-terrace", "Personal use of social media, fifth paragraph")
    assert cut.text.startswith("Staff must not edit online encyclopaedias")
    assert cut.words.endswith("IT equipment owned by the Chase Terrace Primary School’s")
    assert cut.reading is None
    assert cut.note == "The source is cut here, at the end of a page; what followed is not known."
    assert [(finding.where, finding.sentence) for finding in findings("chase-terrace", Concern.CUT)] == [(cut.label, cut.note)]


def test_chase_terrace_refers_to_a_paragraph_7_3_that_it_does_not_have() -> None:
    (dead,) = findings("chase-terrace", Concern.DEAD_REFERENCE)
    assert dead.where == "Guidelines for responsible use of social media, second paragraph"
    assert "paragraph 7.3" in dead.sentence


def test_chase_terrace_rests_on_the_data_protection_act_1998() -> None:
    (law,) = findings("chase-terrace", Concern.SUPERSEDED_LAW)
    assert "Data Protection Act 1998" in clause("chase-terrace", law.where).text
    assert "UK GDPR" in law.sentence


def test_chase_terrace_joins_words_broken_over_lines_and_no_others() -> None:
    broken = [note for note in shipped("chase-terrace").repairs if note.reason == "word broken over a line end"]
    assert [(note.source, note.reading) for note in broken] == [("ex- pupil", "ex-pupil"), ("co- operate", "co-operate")]


@pytest.mark.parametrize("school", SCHOOLS)
def test_no_shipped_policy_is_thought_damaged_where_its_damage_is_repaired(school: str) -> None:
    for concern in (Concern.DAMAGED, Concern.BROKEN_LIST, Concern.SEVERAL_RULES):
        assert findings(school, concern) == []


# Archbishop Hutton's: three glyphs for one bullet, letters lost at the page's edge, a sentence moved.


def test_archbishop_huttons_gives_its_dates_and_its_people() -> None:
    policy = shipped("archbishop-huttons")
    assert (policy.adopted, policy.review_due) == (PolicyDate("2022-09"), PolicyDate("2023-07"))
    assert {person.role: person.name for person in policy.people} == {
        Role.HEADTEACHER: "Mr S. Pugh",
        Role.GOVERNORS: "Mrs. M. Jackson",
    }


def test_archbishop_huttons_counts_three_glyphs_as_bullets_of_one_kind() -> None:
    bullets = [one for one in shipped("archbishop-huttons").clauses() if "bullet" in one.label and "sentence" not in one.label]
    assert set(Counter(one.marker for one in bullets)) == {"☐", "□", "$\\hfill \\square$", ""}
    mixed = [one for one in bullets if one.label.startswith("Code of Conduct: Social Networking, ")]
    ordinals = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
    assert [one.label.removeprefix("Code of Conduct: Social Networking, ") for one in mixed] == [
        f"{ordinal} bullet" for ordinal in ordinals
    ]


@pytest.mark.parametrize(
    ("ordinal", "stands", "reads"),
    [
        ("second", "offence which s also contrary", "offence which is also contrary"),
        ("third", "the school's eputation and", "the school's reputation and"),
        ("third", "directly inked to the school", "directly linked to the school"),
    ],
)
def test_archbishop_huttons_shows_the_source_and_the_reading_of_a_lost_letter(ordinal: str, stands: str, reads: str) -> None:
    repaired = clause("archbishop-huttons", f"Potential and Actual Breaches of the Code of Conduct, {ordinal} bullet")
    assert stands in repaired.text
    assert repaired.reading is not None
    assert reads in repaired.reading
    assert stands not in repaired.reading
    assert repaired.repairs == ("a first letter was lost at the page's edge",)


def test_archbishop_huttons_reads_the_moved_half_sentence_where_it_belongs() -> None:
    label = "Potential and Actual Breaches of the Code of Conduct, first bullet"
    words = "In instances where there has been a breach of the above Code of Conduct, the following will apply:"
    assert lead_in("archbishop-huttons", label) == words
    moved = shipped("archbishop-huttons").lead_ins()[clause("archbishop-huttons", label).lead_in or ""]
    assert moved.text == words.replace("following", "ollowing")
    assert len(moved.at) == 2
    assert moved.at[0].start > moved.at[1].start
    assert "the line that begins the sentence stood after the list" in moved.repairs


def test_archbishop_huttons_tells_a_head_of_every_repair() -> None:
    told = " ".join(finding.sentence for finding in findings("archbishop-huttons", Concern.REPAIRED))
    assert {note.reason for note in shipped("archbishop-huttons").repairs if note.reason not in told} == set()


def test_archbishop_huttons_long_paragraphs_are_split_by_what_they_rule_on() -> None:
    parts = [one for one in shipped("archbishop-huttons").clauses() if one.label.startswith("Protection of Personal Information")]
    assert [one.label.removeprefix("Protection of Personal Information") for one in parts] == [
        "",
        ", second sentence",
        ", third sentence",
        ", fourth sentence",
        ", seventh sentence",
        ", eighth sentence",
    ]
    assert [one.stance for one in parts][4] is Stance.FORBIDDEN


# The academy trust: a section is missing, and a table hangs on the sentence before it.


def test_the_academy_trust_gives_its_dates() -> None:
    policy = shipped("academy-trust")
    assert (policy.adopted, policy.review_due) == (PolicyDate("2018-04"), PolicyDate("2019-07"))


def test_the_academy_trust_has_no_section_5() -> None:
    assert [section.number for section in shipped("academy-trust").sections] == ["1", "2", "3", "4", "6"]
    assert [finding.sentence for finding in findings("academy-trust", Concern.GAP)] == [
        "There is a section 4 and a section 6, but no section 5."
    ]


def test_the_academy_trusts_table_hangs_on_what_users_shall_not_do() -> None:
    rows = items("academy-trust", "Users shall not visit internet sites")
    ordinals = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"]
    assert [one.label for one in rows] == [f"section 6, {ordinal} row" for ordinal in ordinals]
    assert {one.stance for one in rows} == {Stance.FORBIDDEN}
    assert clause("academy-trust", "section 6, fifth row").text == "Pornography"


def test_the_academy_trusts_guidelines_are_a_clause_and_a_lead_in_at_once() -> None:
    policy = shipped("academy-trust")
    guidelines = policy.lead_ins()[clause("academy-trust", "section 2, first bullet").lead_in or ""]
    owner = next(one for one in policy.clauses() if one.id == guidelines.clause_id)
    assert owner.label == "section 2, fifth paragraph, second sentence"
    assert guidelines.at == ()
    assert {one.stance for one in items("academy-trust", "The following guidelines")} <= {
        Stance.RECOMMENDED,
        Stance.DISCOURAGED,
        Stance.CONDITIONAL,
        Stance.ALLOWED,
        Stance.INFORMATIONAL,
    }


# Wellesley: pages of furniture, dates that differ, and sections for pupils and parents.


def test_wellesley_gives_the_date_of_approval_and_a_review_a_year_on() -> None:
    policy = shipped("wellesley")
    assert policy.adopted == PolicyDate("2023-11-16")
    assert policy.review_due == PolicyDate("2024-11-16")


def test_wellesley_gives_conflicting_dates() -> None:
    (conflict,) = findings("wellesley", Concern.CONFLICTING_DATES)
    assert "October 2023" in conflict.sentence
    assert "16 November 2023" in conflict.sentence


def test_wellesleys_contents_page_change_record_and_running_header_are_furniture() -> None:
    kinds = Counter(passage.kind for passage in shipped("wellesley").passages)
    assert kinds["contents page"] == 16
    assert kinds["change record"] == 6
    assert kinds["running header"] == 6
    assert not any("....." in one.text or "Heather Small" in one.text for one in shipped("wellesley").clauses())
    assert "Social Media" not in section_titles("wellesley")


def test_wellesleys_section_9_binds_pupils_and_parents_where_it_speaks_of_them() -> None:
    binds = {number: set(clause("wellesley", f"9.{number}").binds) for number in range(1, 10)}
    pupils, parents, staff = Party.PUPILS, Party.PARENTS, Party.STAFF
    assert binds == {
        1: {pupils},
        2: {pupils, parents},
        3: {staff},
        4: {parents},
        5: {parents},
        6: {parents},
        7: {pupils, parents},
        8: {parents},
        9: {pupils},
    }


def test_wellesleys_section_10_has_a_sub_heading_for_each_whom_it_binds() -> None:
    policy = shipped("wellesley")
    under = {
        one.label: (policy.heading_path(index)[-1], set(one.binds))
        for index, section in enumerate(policy.sections)
        for one in section.elements
        if isinstance(one, Clause) and one.label.startswith("10.")
    }
    assert under == {
        **{f"10.{number}": ("Staff", {Party.STAFF}) for number in (1, 2, 3, 4)},
        "10.5": ("Pupils", {Party.PUPILS}),
        **{f"10.{number}": ("Parent/Carers", {Party.PARENTS}) for number in (6, 7, 8)},
    }
    index = section_titles("wellesley").index("Pupils")
    assert policy.heading_path(index) == ("10. Breaches of the Policy", "Pupils")


def test_wellesleys_9_3_forbids_and_leaves_another_case_open() -> None:
    friends = clause("wellesley", "9.3")
    assert friends.stance is Stance.FORBIDDEN
    assert friends.second == SecondStance(
        Stance.CONDITIONAL,
        "if the relationship is purely staff/parent, and there is no other previous or alternative relationship",
    )


def test_wellesleys_9_2_has_its_asterisks_in_the_text_and_not_in_the_reading() -> None:
    emphatic = clause("wellesley", "9.2")
    assert "**must not**" in emphatic.text
    assert emphatic.reading == emphatic.text.replace("**", "")
    assert emphatic.repairs == ("marks of emphasis left out",)
