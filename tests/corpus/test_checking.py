"""The proof that nothing was lost or used twice, and what a headteacher is told about a policy."""

from datetime import date

import pytest
from msgspec.structs import replace

from corpus.building import build_policy
from corpus.checking import Concern, check_coverage, check_policy, place_doubts
from corpus.clause import Policy, Span
from corpus.documents.doubt import Doubt
from corpus.law import superseded_law
from corpus.source import Cut, Repair, Replace

TODAY = date(2026, 11, 21)
FRONT = "Hillside School\nPhone Policy\nApproved: May 2025\nNext review: May 2027\n\n"
BODY = "1. Phones\n\n1.1 Staff must not:\n(a) use a phone in class;\n(b) film pupils.\n\n1.2 Phones may be used at break."


def built(text: str, *repairs: Repair) -> Policy:
    return build_policy(text, school="hillside", slug="phones", title=None, source_name="phones.txt", repairs=repairs)


def findings(text: str, *repairs: Repair) -> list[tuple[str, str]]:
    """Each finding's kind and place, without the one that every new policy has."""
    found = check_policy(built(text, *repairs), TODAY)
    return [(finding.concern.value, finding.where) for finding in found if finding.concern is not Concern.UNCONFIRMED]


def moved(policy: Policy, label: str, at: tuple[Span, ...]) -> Policy:
    return policy.with_clauses(lambda clause: replace(clause, at=at) if clause.label == label else clause)


def place(policy: Policy, label: str) -> Span:
    return next(clause.at[0] for clause in policy.clauses() if clause.label == label)


def test_a_policy_as_it_was_built_covers_its_source() -> None:
    coverage = check_coverage(built(FRONT + BODY), FRONT + BODY)
    assert coverage.is_complete
    assert coverage.share == 1
    assert coverage.characters == sum(not character.isspace() for character in FRONT + BODY)


def test_coverage_finds_a_lost_character() -> None:
    text = FRONT + BODY
    policy = built(text)
    span = place(policy, "1.1(b)")
    coverage = check_coverage(moved(policy, "1.1(b)", (Span(span.start, span.end - 1),)), text)
    assert coverage.missing == (".",)
    assert coverage.twice == ()
    assert coverage.differing == ("1.1(b)",)
    assert not coverage.is_complete
    assert coverage.share == pytest.approx(1 - 1 / coverage.characters)


def test_coverage_finds_a_doubled_character() -> None:
    text = FRONT + BODY
    policy = built(text)
    span = place(policy, "1.1(b)")
    coverage = check_coverage(moved(policy, "1.1(b)", (Span(span.start - 2, span.end),)), text)
    assert coverage.twice == (";",)
    assert coverage.missing == ()
    assert not coverage.is_complete
    assert coverage.share == 1


def test_coverage_finds_a_lost_clause_as_one_run() -> None:
    text = FRONT + BODY
    coverage = check_coverage(moved(built(text), "1.1(b)", ()), text)
    assert coverage.missing == ("(b) film pupils.",)


def test_coverage_finds_words_that_are_not_the_sources() -> None:
    text = FRONT + BODY
    policy = built(text).with_clauses(lambda clause: replace(clause, text="film cats.") if clause.label == "1.1(b)" else clause)
    coverage = check_coverage(policy, text)
    assert coverage.differing == ("1.1(b)",)
    assert not coverage.is_complete


def test_coverage_of_another_source_is_not_complete() -> None:
    assert not check_coverage(built(FRONT + BODY), FRONT + BODY + " More.").is_complete
    assert not check_coverage(built(FRONT + BODY), FRONT).is_complete


def test_a_policy_in_good_order_has_nothing_to_report() -> None:
    assert findings(FRONT + BODY) == []


@pytest.mark.parametrize(
    ("old", "new", "concerns"),
    [
        ("Next review: May 2027", "Next review: October 2026", ["overdue review"]),
        ("Next review: May 2027", "Next review: November 2026", []),
        ("Next review: May 2027", "Next review: 20 November 2026", ["overdue review"]),
        ("Next review: May 2027", "Next review: 21 November 2026", []),
        ("Approved: May 2025\n", "", ["no date"]),
        ("Next review: May 2027\n", "", ["no review date"]),
        ("Approved: May 2025\nNext review: May 2027\n", "", ["no date", "no review date"]),
        ("Approved: May 2025", "Approved: May 2025\nIssue date: June 2024", ["conflicting dates"]),
        ("Approved: May 2025", "Approved: May 2025\nIssue date: 3 May 2025", []),
        ("Approved: May 2025", "Approved: May 2025\nLast reviewed: May 2024", []),
    ],
)
def test_dates_are_reported_for_the_policy_as_a_whole(old: str, new: str, concerns: list[str]) -> None:
    assert findings((FRONT + BODY).replace(old, new)) == [(concern, "") for concern in concerns]


def test_the_sentence_says_when_the_review_was_due() -> None:
    month, day = (
        check_policy(built((FRONT + BODY).replace("May 2027", due)), TODAY)[0].sentence for due in ("May 2026", "3 May 2026")
    )
    assert month == "The review was due in May 2026 and is overdue."
    assert day == "The review was due on 3 May 2026 and is overdue."


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("1.3 See section 1 and paragraph 1.2.", []),
        ("1.3 See paragraph 7.3 for more.", [("dead cross-reference", "1.3")]),
        ("1.3 See section 9.", [("dead cross-reference", "1.3")]),
        ("1.3 See section 93 of the Education Act 1996.", []),
        ("1.3 As in paragraph 8.1, staff must not:\n(a) run;\n(b) shout.", [("dead cross-reference", "1.3(a)")]),
        ("1.3 Data is kept under the Data Protection Act 1998.", [("superseded law", "1.3")]),
        ("1.3 Data is kept under the Data Protection Act 2018.", []),
        ("1.3 Under the Data Protection Act 1998 staff must not:\n(a) copy files.", [("superseded law", "1.3(a)")]),
        ("1.4 Phones must be off.", [("gap in numbering", "1.4")]),
        ("1.3.1 Phones must be off.", [("gap in numbering", "1.3.1")]),
        ("3. Breaches\n\n3.1 Tell the headteacher.", [("gap in numbering", "")]),
        ("2. Breaches\n\n2.1 Tell the headteacher.", []),
        (
            "1.3 Staff must not use any equipment that is owned by the school, by its pupils or by",
            [("cut sentence", "1.3")],
        ),
        ("1.3 **Never** film pupils.", [("repaired damage", "1.3")]),
        ("1.3 Staff must not:\n(a) run;\n(b) sing;\n(d) shout.", [("gap in numbering", "1.3(d)")]),
        ("1.3 Staff must not:\n(i) run;\n(ii) sing;\n(iii) talk;\n(iv) shout.", []),
        ("1.3 Staff must not:\n(i) run;\n(iii) shout.", [("gap in numbering", "1.3(iii)")]),
        ("1.3 Staff must not:\n(b) run;\n(c) shout.", [("gap in numbering", "1.3(b)")]),
        ("1.3 Staff must not:\n(a) run:\n(i) inside;\n(ii) outside;\n(b) shout.", []),
        ("1.3 Staff must:\n\n1.4 Phones must be off.", [("broken list", "1.3")]),
        ("1.3 All phones of the", [("cut sentence", "1.3")]),
        ("1.3 Phones are off.\n\nand stay in the locker.", [("cut sentence", "1.3, second paragraph")]),
        ("1.3 Phones are off.\n\n- and stay in the locker.\n- or at home.", [("broken list", "1.3, first bullet")]),
    ],
)
def test_a_finding_names_the_clause_where_it_stands(more: str, found: list[tuple[str, str]]) -> None:
    assert findings(f"{FRONT}{BODY}\n\n{more}") == found


def about_words(more: str) -> list[str]:
    found = check_policy(built(f"{FRONT}{BODY}\n\n1.3 {more}"), TODAY)
    return [finding.sentence for finding in found if finding.concern is Concern.DAMAGED]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("Staff must not sell f1sh.", "“f1sh” mixes letters and figures: which word should it be?"),
        ("No use at bre4k. Phones stay 0ff. Phones are off.", "“0ff” looks wrongly scanned: should it be “off”?"),
        ("The comrnittee meets. The committee decides.", "“comrnittee” looks wrongly scanned: should it be “committee”?"),
        (
            "All leaming counts, as learning does, and learning lasts.",
            "“leaming” looks wrongly scanned: should it be “learning”?",
        ),
        ("Use s o c i a l media well.", "Letters stand apart here, “s o c i a l”: which word are they?"),
        ("This is an offence which s also a crime.", "A letter stands alone, “which s also”: was part of a word lost?"),
        ("The schoolâ€™s phones are off.", "“â€™” does not belong in a sentence: what should stand there?"),
        ("The school\ufffds phones are off.", "“\ufffd” does not belong in a sentence: what should stand there?"),
    ],
)
def test_words_that_look_like_scanning_damage_are_asked_about(more: str, sentence: str) -> None:
    assert sentence in about_words(more)


@pytest.mark.parametrize(
    "more",
    [
        "In KS2 and Year 6 the 21st of May, at 9am, 5G phones, MP3 players and CO2 alarms are off; see form A4b.",
        "Modern corners burn; turn to page 3 of the return form.",
        "Write to head1office@school2.org.uk or see www.n0tice.co.uk first.",
        "Pupils of class c and group b sing, and a teacher or i listen.",
        "It costs £5 – “or more” – at 10% VAT, as § 3 says; © the school.",
    ],
)
def test_what_schools_write_is_not_taken_for_damage(more: str) -> None:
    assert about_words(more) == []


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("1.3 Staff must:\n(a) run;\n(b) sing;\n(d) shout.", "There is no (c) between (b) and (d): was a line lost?"),
        ("1.3 Staff must:\n(a) run;\n(f) shout.", "Items are missing between (a) and (f): were lines lost?"),
        ("1.3 Staff must:\n(iv) shout.", None),
        ("1.3 Staff must:\n(ii) run;\n(iii) shout.", "There is no (i) before (ii): was a line lost?"),
        ("1.4 Phones are off.", "There is no 1.3 between 1.2 and 1.4: was a line lost?"),
        ("2.2 Phones are off.", "There is no 2.1 before 2.2: was a line lost?"),
    ],
)
def test_a_gap_is_asked_about_in_plain_words(more: str, sentence: str | None) -> None:
    found = [finding.sentence for finding in check_policy(built(f"{FRONT}{BODY}\n\n{more}"), TODAY)]
    assert [one for one in found if "lost?" in one] == ([sentence] if sentence else [])


def test_a_finding_leads_to_its_clause_its_lead_in_or_its_section() -> None:
    policy = built(f"{FRONT}{BODY}\n\n1.4 See paragraph 8.1:\n(a) 5taff of the\n\n3. Visitors\n\nVisitors sign in.")
    found = [(one.concern, one.element, one.section) for one in check_policy(policy, TODAY)]
    assert found == [
        (Concern.GAP, "", 1),
        (Concern.GAP, "lead-in-1.4", 0),
        (Concern.DEAD_REFERENCE, "lead-in-1.4", None),
        (Concern.CUT, "1.4-a", None),
        (Concern.DAMAGED, "1.4-a", None),
        (Concern.UNCONFIRMED, "", None),
    ]


LONG = " ".join(["Staff must not lend phones.", *["They must not lend one to a pupil in the hall at any time of the day."] * 6])


def test_a_very_long_clause_that_rules_on_several_things_is_marked() -> None:
    policy = built(f"{FRONT}{BODY}")

    def several(words: str) -> list[str]:
        long = policy.with_clauses(lambda clause: replace(clause, reading=words) if clause.label == "1.2" else clause)
        return [one.element for one in check_policy(long, TODAY) if one.concern is Concern.SEVERAL_RULES]

    assert several(f"{LONG} They may use their own at break.") == ["1.2"]
    assert several(LONG) == []
    assert several("Phones may be used at break. They must be off in class.") == []


def test_a_declared_cut_is_reported_in_its_own_words() -> None:
    cut = Cut("used at break.", "The page ends here; what followed is not known.")
    (finding,) = [found for found in check_policy(built(FRONT + BODY, cut), TODAY) if found.concern is Concern.CUT]
    assert (finding.where, finding.sentence) == ("1.2", "The page ends here; what followed is not known.")


def test_a_repair_is_reported_with_its_reason_in_a_clause_and_in_a_lead_in() -> None:
    text = FRONT + BODY.replace("film", "fi1m").replace("Staff must", "5taff must")
    repairs = (Replace("fi1m", "film", "a misread l"), Replace("5taff", "Staff", "a misread S"))
    found = [finding for finding in check_policy(built(text, *repairs), TODAY) if finding.concern is Concern.REPAIRED]
    assert [(finding.where, finding.sentence) for finding in found] == [
        ("1.1(a)", "The source is damaged here and was repaired: a misread S."),
        ("1.1(b)", "The source is damaged here and was repaired: a misread l."),
    ]


def test_clauses_that_nobody_has_confirmed_are_counted() -> None:
    policy = built(FRONT + BODY)
    one_left = policy.with_clauses(lambda clause: replace(clause, confirmed=clause.label != "1.2"))
    all_done = policy.with_clauses(lambda clause: replace(clause, confirmed=True))
    assert [finding.sentence[:14] for finding in check_policy(policy, TODAY)] == ["3 clauses wait"]
    assert [finding.sentence[:14] for finding in check_policy(one_left, TODAY)] == ["1 clause waits"]
    assert check_policy(all_done, TODAY) == []


@pytest.mark.parametrize(
    ("words", "replaced_by"),
    [
        ("under the Data Protection Act 1998", "the UK GDPR and the Data Protection Act 2018"),
        ("the Race Relations Act 1976", "the Equality Act 2010"),
        ("an enhanced CRB check", "the Disclosure and Barring Service"),
        ("Every Child Matters", "Keeping Children Safe in Education"),
        ("the Data Protection Act 2018", None),
        ("the Protection of Children Act 1978", None),
        ("scribbled notes", None),
    ],
)
def test_superseded_law_is_known_by_its_name(words: str, replaced_by: str | None) -> None:
    law = superseded_law(words)
    assert (law and law.replaced_by) == replaced_by


def test_every_kind_of_finding_has_a_sentence_that_ends() -> None:
    damaged = (
        "Hillside School\nPhone Policy\nIssue date: May 2019\nDate: June 2018\nNext review: May 2020\n\n1. Phones\n\n"
        "1.1 **Never** film pupils, by the Data Protection Act 1998 and paragraph 9.9.\n\n"
        "1.4 Staff must not use any equipment that is owned by the school, by its pupils or by\n\n"
        "2. Visitors\n\nBe kind to the c0ok.\n\nVisitors must:\n\n"
        f"2.1 {LONG} They may use their own at break."
    )
    undated = "1. Phones\n\nStaff must not use a phone in class at any time."
    found = [*check_policy(built(damaged), TODAY), *check_policy(built(undated), TODAY)]
    found += place_doubts(built(undated), [Doubt(0, "table", "A table here could not be read in full: compare it.")])
    assert {finding.concern for finding in found} == set(Concern)
    assert all(finding.sentence.endswith((".", "?")) for finding in found)
