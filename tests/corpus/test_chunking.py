"""What the chunker makes of text as a word processor's file gives it: lists close under what leads to them, headings marked."""

import pytest

from corpus.building import build_policy
from corpus.checking import check_coverage

RULE = "Staff must keep to this policy at all times."


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        pytest.param(
            f"# 1 Aims\n\n{RULE}\n\n# 2 Roles\n\n{RULE}\n\n# 7 Rules of Nolan\n\n{RULE}",
            ["section 1", "section 2", "7 Rules of Nolan"],
            id="a bare number numbers a heading where it goes on from the one before",
        ),
        pytest.param(
            f"# Aims\nThe policy covers these:\n1. Mobile phones\n2. Cameras\n3. Watches\n\n{RULE}",
            ["Aims (1)", "Aims (2)", "Aims (3)", "Aims, second paragraph"],
            id="the last of a list of names is no heading",
        ),
        pytest.param(
            "# Aims\nThe head is for:\n1. Leading the school\n2. Training staff\n    • each term\n3. Checking filters\n\n# Roles",
            ["Aims (1)", "Aims (2)", "Aims (2), first bullet", "Aims (3)"],
            id="nor is one with a list under it, or after that list",
        ),
        pytest.param(
            "# Aims\n\nStaff must not:\n• run\n    • fast\n    • slow\n• shout",
            [
                "Aims, first bullet",
                "Aims, first bullet, first sub-bullet",
                "Aims, first bullet, second sub-bullet",
                "Aims, second bullet",
            ],
            id="a bullet further out goes on with the outer list",
        ),
    ],
)
def test_lists_and_headings_are_cited_as_people_see_them(text: str, labels: list[str]) -> None:
    policy = build_policy(text, school="hill", slug="phones", title=None, source_name="phones")
    assert [clause.label for clause in policy.clauses()] == labels


def test_the_month_of_may_makes_no_sentence_of_a_line_about_the_policy() -> None:
    text = f"# Phone Policy\n\nHill School\n\nApproved by the governing board on 4 May 2025\n\n# Aims\n\n{RULE}"
    policy = build_policy(text, school="hill", slug="phones", title=None, source_name="phones")
    assert [clause.label for clause in policy.clauses()] == ["Aims"]
    assert policy.adopted == "2025-05-04"


def test_a_row_of_a_table_is_read_as_one_reads_it_out_and_keeps_its_own_characters() -> None:
    text = (
        "1.1 Staff must lock the gate.\n\n1.2 Who keeps what:\n\n| Who | What they do |\n| --- | --- |\n"
        "| Headteacher | Keeps the list. |\n| Office manager | Must keep the forms. | Each term |\n"
    )
    policy = build_policy(text, school="hillside", slug="staff", title="Staff", source_name="staff.md")
    rows = [clause for clause in policy.clauses() if "row" in clause.label]
    assert [row.words for row in rows] == ["Headteacher: Keeps the list.", "Office manager: Must keep the forms. Each term"]
    assert rows[0].text == "| Headteacher | Keeps the list. |"
    assert [row.repairs for row in rows] == [(), ()]
    assert check_coverage(policy, text).is_complete
