"""Changes by hand to a draft: each does what it says at its place, and whatever is done, no character is lost."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from corpus import editing
from corpus.alignment import align
from corpus.building import build_policy
from corpus.checking import check_coverage
from corpus.clause import Clause, Correction, Party, Person, Policy, Role, SecondStance, Stance
from corpus.dates import PolicyDate
from corpus.errors import EditError
from corpus.integrity import find_fault
from corpus.policy_file import from_yaml, to_yaml
from corpus.source import Move, Repair, Replace, fold

ON = date(2026, 11, 22)
TEXT = """\
Hillside School
Phone Policy
Approved: May 2025

1. Phones

1.1 Staff must not:
(a) use a phone in c1ass;
(b) film pupils, unless:
- the headteacher agrees; or
- the parents agree.

1.2 Phones may be used in the staff room. Pupils **must** hand in theirs. They get them back at the gate.

1.3 Staff must not: (a) call parents from the play-
ground; (b) lend a pupil their phone.

2. Visitors

Visitors may carry a phone that is switched off and stays

Out of Sight

at any time of the day.

The following rules are for those who lend a phone out. Lent phones are kept in the office.
- Write the name in the book.
- Ask for it back.

3. The end

Thank you for reading.
"""
REPAIRS = (Replace("c1ass", "class", "a misread l"),)


def built(text: str = TEXT, *repairs: Repair) -> Policy:
    return build_policy(text, school="hillside", slug="phones", title=None, source_name="phones.txt", repairs=repairs)


def draft() -> Policy:
    return built(TEXT, *REPAIRS)


def clause(policy: Policy, label: str) -> Clause:
    return next(one for one in policy.clauses() if one.label == label)


def told(policy: Policy) -> list[tuple[str, str, str | None]]:
    return [(one.label, one.words, policy.lead_in_words(one.lead_in)) for one in policy.clauses()]


def test_a_clause_is_split_before_a_word_and_the_parts_are_read_anew() -> None:
    words = clause(draft(), "1.2, second sentence").words
    policy = editing.confirm(draft(), "1.2-second-sentence")
    policy = editing.split(policy, TEXT, "1.2-second-sentence", words.index("They"))
    first, second = clause(policy, "1.2, second sentence"), clause(policy, "1.2, third sentence")
    assert (first.words, second.words) == ("Pupils must hand in theirs.", "They get them back at the gate.")
    assert (first.text, second.reading) == ("Pupils **must** hand in theirs.", None)
    assert (first.id, second.id) == ("1.2-second-sentence", "1.2-third-sentence")
    assert (first.stance, second.stance) == (Stance.REQUIRED, Stance.INFORMATIONAL)
    assert first.repairs
    assert not second.repairs
    assert not first.confirmed
    assert check_coverage(policy, TEXT).is_complete


def test_a_split_within_a_sentence_gives_a_part_and_both_parts_keep_the_lead_in() -> None:
    words = clause(draft(), "1.1(a)").words
    policy = editing.split(draft(), TEXT, "1.1-a", words.index("in class"))
    assert told(policy)[:2] == [
        ("1.1(a)", "use a phone", "Staff must not:"),
        ("1.1(a), second part", "in class;", "Staff must not:"),
    ]
    first, second = clause(policy, "1.1(a)"), clause(policy, "1.1(a), second part")
    assert (first.marker, first.repairs) == ("(a)", ())
    assert (second.text, second.repairs) == ("in c1ass;", ("a misread l",))


def test_what_is_split_and_joined_again_is_what_it_was() -> None:
    policy = draft()
    both = {lead_in.clause_id for lead_in in policy.lead_ins().values()}
    for one in policy.clauses():
        for offset in (at for at, character in enumerate(one.words) if character == " " and one.id not in both):
            assert editing.join(editing.split(policy, TEXT, one.id, offset), TEXT, one.id) == policy


def test_a_clause_of_words_from_two_places_is_split_in_the_order_in_which_it_is_read() -> None:
    text = "1. Rules\n\n1.1 must not run. They may walk.\n\n1.2 Pupils sing.\n\nAll staff"
    policy = built(text, Move("All staff", "must not run", "the line stood after"))
    policy = editing.split(policy, text, "1.1", len("All staff must not"))
    assert told(policy)[:2] == [("1.1", "All staff must not", None), ("1.1, second part", "run. They may walk.", None)]
    assert check_coverage(policy, text).is_complete


def test_a_list_that_was_not_taken_apart_becomes_lead_in_and_items() -> None:
    policy = editing.split_list(draft(), TEXT, "1.3")
    assert told(policy)[5:7] == [
        ("1.3(a)", "call parents from the play-ground;", "Staff must not:"),
        ("1.3(b)", "lend a pupil their phone.", "Staff must not:"),
    ]
    item = clause(policy, "1.3(a)")
    assert (item.marker, item.text, item.stance) == ("(a)", "call parents from the play- ground;", Stance.FORBIDDEN)
    assert check_coverage(policy, TEXT).is_complete


def test_what_stands_before_the_sentence_that_introduces_a_list_stays_a_clause() -> None:
    text = "1. Rules\n\n1.1 Phones ring often. Staff should: • charge them; • lend them."
    policy = editing.split_list(built(text), text, "1.1")
    assert told(policy) == [
        ("1.1", "Phones ring often.", None),
        ("1.1, first bullet", "charge them;", "Staff should:"),
        ("1.1, second bullet", "lend them.", "Staff should:"),
    ]
    assert clause(policy, "1.1, second bullet").stance is Stance.RECOMMENDED


def test_a_line_taken_for_a_heading_goes_back_into_its_clause() -> None:
    cut = next(one for one in draft().clauses() if one.words.endswith("stays"))
    policy = editing.join(draft(), TEXT, cut.id)
    assert [section.title for section in policy.sections] == ["Phones", "Visitors", "The end"]
    joined = clause(policy, cut.label)
    assert joined.words.endswith("stays Out of Sight at any time of the day.")
    assert check_coverage(policy, TEXT).is_complete


def test_a_clause_becomes_the_lead_in_of_those_after_it_and_a_clause_again() -> None:
    text = "1. Rules\n\n1.1 Staff must not do what follows here.\n\n1.2 Run inside.\n\n1.3 Shout at pupils."
    policy = editing.make_lead_in(built(text), "1.1", "1.3")
    assert told(policy) == [(label, words, "Staff must not do what follows here.") for label, words in (
        ("1.2", "Run inside."), ("1.3", "Shout at pupils."))]  # fmt: skip
    assert {one.stance for one in policy.clauses()} == {Stance.FORBIDDEN}
    assert editing.unmake_lead_in(policy, "lead-in-1.1") == built(text)


def test_a_clause_is_hung_on_a_lead_in_before_it_and_taken_off() -> None:
    policy = editing.hang(draft(), "1.2", "lead-in-1.1")
    assert policy.lead_in_words(clause(policy, "1.2").lead_in) == "Staff must not:"
    assert editing.hang(policy, "1.2", None) == draft()


def test_a_nested_list_loses_its_own_lead_in_and_keeps_the_one_above() -> None:
    (inner,) = (one for one in draft().lead_ins().values() if one.text.startswith("film"))
    policy = editing.unmake_lead_in(draft(), inner.id)
    assert {policy.lead_in_words(one.lead_in) for one in policy.clauses() if "agree" in one.words} == {"Staff must not:"}
    assert check_coverage(policy, TEXT).is_complete


def test_words_read_otherwise_stand_beside_the_sources_with_who_reads_them_so() -> None:
    policy = editing.confirm(draft(), "1.2")
    policy = editing.edit_words(
        policy, "1.2", "Phones may only be used in the  staff room.", by="A. Head", on=ON, reason="a lost word."
    )
    edited = clause(policy, "1.2")
    assert (edited.text, edited.reading) == (
        "Phones may be used in the staff room.",
        "Phones may only be used in the staff room.",
    )
    assert edited.repairs == ("“only” added by A. Head on 22 November 2026: a lost word",)
    assert (edited.stance, edited.confirmed) == (Stance.CONDITIONAL, False)
    again = editing.edit_words(policy, "1.2", "Phones may be used in the hall.", by="B. Deputy", on=ON, reason="the room is gone")
    assert clause(again, "1.2").repairs == ("“staff room.” read as “hall.” by B. Deputy on 22 November 2026: the room is gone",)
    assert editing.edit_words(again, "1.2", edited.text, by="A. Head", on=ON, reason="as it was") == draft()


def test_the_words_of_a_lead_in_are_those_of_the_clause_that_it_also_is_and_its_items_are_derived_anew() -> None:
    (both,) = (one for one in draft().lead_ins().values() if one.clause_id)
    policy = editing.edit_words(
        draft(), both.id, "You must not do the following when you lend a phone:", by="A. Head", on=ON, reason="clearer"
    )
    assert {one.words for one in (policy.lead_ins()[both.id], *policy.clauses()) if one.id in (both.id, both.clause_id)} == {
        "You must not do the following when you lend a phone:"
    }
    assert {one.stance for one in policy.clauses() if one.lead_in == both.id} == {Stance.FORBIDDEN}


def test_a_label_is_changed_and_the_id_waits_for_the_draft_to_be_saved() -> None:
    policy = editing.relabel(draft(), "1.2", "1.9")
    assert clause(policy, "1.9").id == "1.2"
    assert clause(align(policy, draft(), {"1.2"}), "1.9").id == "1.2"  # the version before has the rule
    assert clause(align(policy, None, ()), "1.9").id == "1.9"  # nothing has it


def test_a_heading_becomes_a_clause_and_a_clause_a_heading() -> None:
    policy = editing.unmake_heading(draft(), 2)
    back = next(one for one in policy.clauses() if one.words == "Out of Sight")
    assert editing.make_heading(policy, back.id).sections[2].title == "Out of Sight"
    assert check_coverage(policy, TEXT).is_complete
    ended = editing.make_heading(draft(), clause(draft(), "section 3").id)
    assert (ended.sections[-1].title, ended.sections[-1].elements) == ("Thank you for reading.", ())


def test_what_stands_under_a_new_heading_binds_whom_that_names_unless_a_person_decided() -> None:
    text = "1. Rules\n\n1.1 About pupils, then.\n\n1.2 Running is not allowed.\n\n1.3 Shouting is not allowed."
    policy = editing.make_heading(editing.confirm(built(text), "1.3"), "1.1")
    assert (policy.sections[1].number, policy.sections[1].text) == ("1.1", "1.1 About pupils, then.")
    assert [one.binds for one in policy.clauses()] == [(Party.PUPILS,), (Party.STAFF,)]


def test_a_heading_is_renumbered_and_so_are_the_labels_made_of_it() -> None:
    policy = editing.renumber(draft(), 1, "4.")
    assert policy.sections[1].number == "4"
    assert [one.label for one in policy.sections[1].elements if isinstance(one, Clause)] == ["section 4"]


def test_what_is_no_rule_is_set_aside_and_brought_back_to_its_place() -> None:
    for one in ("1.1(a)", "1.2", "section 3"):
        aside = editing.set_aside(draft(), clause(draft(), one).id)
        assert one not in {label for label, *_ in told(aside)}
        index = next(index for index, passage in enumerate(aside.passages) if passage.kind == editing.SET_ASIDE)
        back = editing.bring_back(aside, index, one)
        assert [(label, words) for label, words, _ in told(back)][-3:] == [(label, words) for label, words, _ in told(draft())][
            -3:
        ]
        assert check_coverage(aside, TEXT).is_complete
        assert check_coverage(back, TEXT).is_complete


def test_the_front_of_the_document_may_be_brought_back_before_the_first_heading() -> None:
    policy = editing.bring_back(draft(), 1)
    assert (policy.sections[0].title, told(policy)[0]) == ("", ("Opening, first paragraph", "Phone Policy", None))


def test_title_dates_and_names_are_set() -> None:
    policy = editing.change_title(draft(), " Phones  and watches ")
    policy = editing.change_dates(policy, "1 May 2018", "2020-05")
    policy = editing.name_person(policy, Role.HEADTEACHER, "Mrs A. Head")
    assert (policy.title, policy.adopted, policy.review_due) == (
        "Phones and watches",
        PolicyDate("2018-05-01"),
        PolicyDate("2020-05"),
    )
    assert policy.people == (Person(Role.HEADTEACHER, "Mrs A. Head"),)
    assert editing.name_person(policy, Role.HEADTEACHER, "").people == ()
    assert editing.change_dates(policy, "", " ").adopted is None


def test_a_second_correction_keeps_what_the_first_set() -> None:
    policy = editing.correct(draft(), "1.2", Correction("A. Head", ON, "softer", stance=Stance.DISCOURAGED))
    policy = editing.correct(policy, "1.2", Correction("A. Head", ON, "pupils too", binds=(Party.STAFF, Party.PUPILS)))
    policy = editing.correct(
        policy, "1.2", Correction("A. Head", ON, "but there", second=SecondStance(Stance.ALLOWED, "in the staff room"))
    )
    corrected = clause(policy, "1.2")
    assert (corrected.stance, corrected.second and corrected.second.when) == (Stance.DISCOURAGED, "in the staff room")
    assert (corrected.binds, corrected.confirmed) == ((Party.STAFF, Party.PUPILS), True)
    assert clause(draft(), "1.2").corrected(corrected.correction or Correction("", ON, "")) == corrected


BOTH = next(one.clause_id or "" for one in draft().lead_ins().values() if one.clause_id)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda policy: editing.split(policy, TEXT, "1.2", 3), "between two words"),
        (lambda policy: editing.split(policy, TEXT, "1.2", 0), "between two words"),
        (lambda policy: editing.split(policy, TEXT, "1.2", 999), "between two words"),
        (lambda policy: editing.split(policy, TEXT[:-1].replace("room", "hall"), "1.2", 6), "bring the document in again"),
        (lambda policy: editing.split(policy, TEXT, "1.2", 6, "1.3"), "another 1.3 already"),
        (lambda policy: editing.split(policy, TEXT, BOTH, 13), "introduces the list"),
        (lambda policy: editing.split(policy, TEXT, "9.9", 6), "changed meanwhile"),
        (lambda policy: editing.split(policy, TEXT, "lead-in-1.1", 6), "introduce a list"),
        (lambda policy: editing.split_list(policy, TEXT, "1.2"), "No list"),
        (lambda policy: editing.join(policy, TEXT, "1.1-a"), "introduces a list"),
        (lambda policy: editing.join(policy, TEXT, "section-3"), "none after it"),
        (lambda policy: editing.make_lead_in(policy, "1.3", "1.2"), "must come after it"),
        (lambda policy: editing.hang(policy, "section-3", "lead-in-1.1"), "must stand before it"),
        (lambda policy: editing.unmake_lead_in(policy, "1.2"), "introduces nothing"),
        (lambda policy: editing.relabel(policy, "1.2", "1.3"), "another 1.3 already"),
        (lambda policy: editing.relabel(policy, "1.2", " "), "by which people cite"),
        (lambda policy: editing.edit_words(policy, "1.2", " ", by="A", on=ON, reason="b"), "no words left"),
        (lambda policy: editing.edit_words(policy, "1.2", "No.", by="A", on=ON, reason=" "), "who changes it and why"),
        (lambda policy: editing.correct(policy, "1.2", Correction("", ON, "why")), "who changes it and why"),
        (lambda policy: editing.correct(policy, "1.2", Correction("A", ON, "b", deciding="must")), "does not stand in this rule"),
        (lambda policy: editing.make_heading(policy, "1.1-b-first-bullet"), "begins before it"),
        (lambda policy: editing.renumber(editing.relabel(policy, "1.2", "section 7"), 3, "7"), "another section 7 already"),
        (lambda policy: editing.unmake_heading(policy, 9), "no longer there"),
        (lambda policy: editing.renumber(policy, 1, "five"), "looks like 5"),
        (lambda policy: editing.bring_back(policy, 99), "no longer there"),
        (lambda policy: editing.change_title(policy, ""), "needs a title"),
        (lambda policy: editing.change_dates(policy, "last May", ""), "“last May” is not a date"),
        (lambda policy: editing.change_dates(policy, "31 February 2020", ""), "is not a date"),
        (lambda policy: editing.change_dates(policy, "May 2020", "May 2018"), "before the policy was adopted"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(change: Callable[[Policy], Policy], says: str) -> None:
    with pytest.raises(EditError, match=says) as refused:
        change(draft())
    assert str(refused.value).endswith(".")


def test_the_last_rule_stays_a_rule() -> None:
    policy = built("1. Rules\n\n1.1 Staff must not run.")
    for change in (editing.set_aside, editing.make_heading):
        with pytest.raises(EditError, match="only rule"):
            change(policy, "1.1")


def by_words(policy: Policy, number: int, word: int) -> Policy:
    one = chosen(policy, number)
    spaces = [at for at, character in enumerate(one.words) if character == " "] or [0]
    return editing.split(policy, TEXT, one.id, spaces[word % len(spaces)])


def chosen(policy: Policy, number: int) -> Clause:
    clauses = list(policy.clauses())
    return clauses[number % len(clauses)]


def introducing(policy: Policy, number: int) -> str:
    return [*policy.lead_ins(), "none left"][number % (len(policy.lead_ins()) + 1)]


EDITS: list[Callable[[Policy, int, int], Policy]] = [
    by_words,
    by_words,
    lambda policy, one, _: editing.split_list(policy, TEXT, chosen(policy, one).id),
    lambda policy, one, _: editing.join(policy, TEXT, chosen(policy, one).id),
    lambda policy, one, _: editing.join(policy, TEXT, chosen(policy, one).id),
    lambda policy, one, other: editing.make_lead_in(policy, chosen(policy, one).id, chosen(policy, one + other % 3).id),
    lambda policy, one, _: editing.unmake_lead_in(policy, introducing(policy, one)),
    lambda policy, one, other: editing.hang(policy, chosen(policy, one).id, introducing(policy, other)),
    lambda policy, one, _: editing.hang(policy, chosen(policy, one).id, None),
    lambda policy, one, other: editing.relabel(policy, chosen(policy, one).id, f"R{other}"),
    lambda policy, one, _: editing.edit_words(
        policy, chosen(policy, one).id, f"Pupils must {chosen(policy, one).words}", by="A. Head", on=ON, reason="so"
    ),
    lambda policy, one, _: editing.edit_words(
        policy, chosen(policy, one).id, chosen(policy, one).text, by="A. Head", on=ON, reason="as it was"
    ),
    lambda policy, one, _: editing.edit_words(
        policy, introducing(policy, one), "Pupils should, at all times:", by="A. Head", on=ON, reason="so"
    ),
    lambda policy, one, _: editing.correct(policy, chosen(policy, one).id, Correction("A", ON, "b", stance=Stance.FORBIDDEN)),
    lambda policy, one, _: editing.confirm(policy, chosen(policy, one).id),
    lambda policy, one, _: editing.make_heading(policy, chosen(policy, one).id),
    lambda policy, one, _: editing.unmake_heading(policy, one % len(policy.sections)),
    lambda policy, one, other: editing.renumber(policy, one % len(policy.sections), str(other % 9)),
    lambda policy, one, _: editing.set_aside(policy, chosen(policy, one).id),
    lambda policy, one, _: editing.bring_back(policy, one % (len(policy.passages) + 1)),
]
START = draft()


def settled(policy: Policy) -> dict[str, tuple[str, str | None, Clause]]:
    """Each clause by its id: its words, those that introduce it, and the clause without what its place alone decides."""

    def without_place(one: Clause) -> Clause:
        binds = one.binds if one.confirmed else ()  # a heading may name whom a clause binds
        return replace(one, label="", lead_in=None, binds=binds)

    return {one.id: (one.words, policy.lead_in_words(one.lead_in), without_place(one)) for one in policy.clauses()}


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, len(EDITS) - 1), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=12))
def test_whatever_is_edited_no_character_is_lost_and_the_rest_stays_as_it_was(edits: list[tuple[int, int, int]]) -> None:
    policy = START
    for which, one, other in edits:
        before = policy
        try:
            policy = EDITS[which](before, one, other)
        except EditError:
            continue
        assert check_coverage(policy, TEXT).is_complete
        assert find_fault(policy) is None
        # No word in a reply is one that the document has not, but those of a reading.
        assert all(clause.reading or clause.text in fold(TEXT) for clause in policy.clauses())
        was, now = settled(before), settled(policy)
        both = was.keys() & now.keys()
        assert sum(was[name][0] != now[name][0] for name in both) <= 1
        # One may have been confirmed or corrected by this very edit.
        assert sum(was[name][:2] == now[name][:2] and was[name][2] != now[name][2] for name in both) <= 1
    saved = align(policy, START, {clause.id for clause in START.clauses()})
    assert find_fault(saved) is None
    assert [clause.text for clause in saved.clauses()] == [clause.text for clause in policy.clauses()]
    assert from_yaml(to_yaml(policy), "phones.yaml") == policy
    assert Policy.from_json(policy.to_json()) == policy
