"""What a document says about itself: its dates, its title, and who holds an office in it."""

import pytest

from corpus.building import build_policy
from corpus.clause import Role
from corpus.dates import PolicyDate
from corpus.metadata import adoption_and_review, read_dates, read_people, read_title


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Date adopted: May 2018", ["approved"]),
        ("Approved by Governors: 16th November 2023", ["approved"]),
        ("Ratified: 3 March 2021", ["approved"]),
        ("Review Date: May 2020", ["review_due"]),
        ("Next review: July 2023", ["review_due"]),
        ("Next review due by:   September 2025", ["review_due"]),
        ("To be reviewed: September 2024", ["review_due"]),
        ("Review: Autumn, October 2024", ["review_due"]),
        ("Date of next review 1/9/2024", ["review_due"]),
        ("Last reviewed on: 20 September 2023", ["reviewed"]),
        ("Reviewed May 2018", ["reviewed"]),
        ("Issue date April 2018", ["issued"]),
        ("Effective from 1 September 2021", ["issued"]),
        ("Date: October 2023", ["dated"]),
        ("October 2023", ["other"]),
        ("Adopted: May 2018     Review: May 2020", ["approved", "review_due"]),
        ("Next review: May 2020   Approved: May 2018", ["review_due", "approved"]),
        ("Reviewed May 2019, May 2020 and May 2021", ["reviewed"] * 3),
        ("Signed by the chair", []),
    ],
)
def test_a_date_is_what_its_line_calls_it(line: str, names: list[str]) -> None:
    assert [name for name, _ in read_dates([line])] == names


@pytest.mark.parametrize(
    ("lines", "words", "adopted", "review"),
    [
        (["Reviewed May 2018", "Date adopted: May 2018", "Review Date: May 2020"], "", "2018-05", "2020-05"),
        (["Date: October 2023", "Approved by Governors: 16th November 2023"], "", "2023-11-16", None),
        (["Approved: May 2018", "Approved: May 2021"], "", "2021-05", None),
        (["Date: May 2018"], "This policy will be reviewed every year.", "2018-05", "2019-05"),
        (["Date: May 2018"], "The policy is to be reviewed annually by governors.", "2018-05", "2019-05"),
        (["Date: May 2018", "Next review: May 2021"], "This policy is reviewed annually.", "2018-05", "2021-05"),
        (["Next review: May 2021"], "", None, "2021-05"),
        ([], "This policy is reviewed annually.", None, None),
        (["Date: May 2018"], "Staff review their passwords annually.", "2018-05", None),
    ],
)
def test_adoption_and_review_are_what_the_document_says_and_no_more(
    lines: list[str], words: str, adopted: str | None, review: str | None
) -> None:
    assert adoption_and_review(read_dates(lines), words) == (
        adopted and PolicyDate(adopted),
        review and PolicyDate(review),
    )


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Headteacher: Mrs J. Olatunji", {"headteacher": "Mrs J. Olatunji"}),
        ("**Headteacher:** Mrs J. Olatunji", {"headteacher": "Mrs J. Olatunji"}),
        ("the head teacher Mrs Harrison", {"headteacher": "Mrs Harrison"}),
        ("The headteacher is Mr Alan Whitcroft.", {"headteacher": "Mr Alan Whitcroft"}),
        ("Mr D. Aspinall, Headteacher", {"headteacher": "Mr D. Aspinall"}),
        ("Signed: S. Pugh (Headteacher, Mr S. Pugh)", {"headteacher": "Mr S. Pugh"}),
        ("Principal: Dr A. N. O'Neill", {"headteacher": "Dr A. N. O'Neill"}),
        ("Chair of Governors: Ms R. Penhallow", {"governors": "Ms R. Penhallow"}),
        ("Mrs Ann Smith-Jones (Chair of the Governing Body)", {"governors": "Mrs Ann Smith-Jones"}),
        ("Our DSL is Miss Fern Okonedo.", {"dsl": "Miss Fern Okonedo"}),
        ("the designated safeguarding lead, Mr. Oduya, or", {"dsl": "Mr. Oduya"}),
        (
            "Headteacher: Mr S. Pugh\nChair of Governors: Mrs M. Jackson",
            {"headteacher": "Mr S. Pugh", "governors": "Mrs M. Jackson"},
        ),
        (
            "Mrs M. Jackson\nChair of Governors\nMr S. Pugh\nHeadteacher",
            {"headteacher": "Mr S. Pugh", "governors": "Mrs M. Jackson"},
        ),
        ("Headteacher:\nMr S. Pugh", {"headteacher": "Mr S. Pugh"}),
        ("Deputy Headteacher: Mr S. Pugh", {}),
        ("Mr S. Pugh Deputy Headteacher", {}),
        ("Our DSL is the deputy headteacher, Mrs Honor Tapscott.", {}),
        ("Vice-chair of governors: Mr B. Lee", {}),
        (
            "Mrs Honor Tapscott Designated safeguarding lead (DSL) 01632\nMr I. Pellow Deputy DSL (Nursery and\n"
            "Reception)\nMiss Fern Okonedo Deputy DSL\nMr Alan Whitcroft Headteacher 01632",
            {"headteacher": "Mr Alan Whitcroft", "dsl": "Mrs Honor Tapscott"},
        ),
        ("The headteacher decides.", {}),
    ],
)
def test_people_are_those_whom_the_text_names_in_an_office(text: str, people: dict[str, str]) -> None:
    assert {person.role: person.name for person in read_people(text)} == {Role(role): name for role, name in people.items()}


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (["Coniston Primary School", "Policy on the use of Social Media"], "Policy on the use of Social Media"),
        (["# Larkfield Infant School", "## Data Protection Policy"], "Data Protection Policy"),
        (["ST JOHN'S SCHOOL", "STAFF HANDBOOK"], "Staff Handbook"),
        (["ST JOHN'S SCHOOL POLICY"], "St John's School Policy"),
        (["Policy reviewed May 2018", "Behaviour policy"], "Behaviour policy"),
        (["Signed:", "May 2018"], None),
    ],
)
def test_the_title_is_the_first_line_that_calls_itself_a_policy_or_the_like(lines: list[str], title: str | None) -> None:
    assert read_title(lines) == title


def test_the_number_of_an_issue_is_not_the_day_of_its_date() -> None:
    history = "Document history\nVersion 2   May 2022   Force added\nVersion 3   March 2024   Gifts"
    text = f"Staff Policy\n\n{history}\n\n1. Rules\n\nStaff must sign in at the office every day."
    policy = build_policy(text, school="s", slug="p", title=None, source_name="p.txt")
    assert policy.dates == (("change record", PolicyDate("2022-05")), ("change record", PolicyDate("2024-03")))


def test_a_document_without_a_title_is_called_by_its_file() -> None:
    text = "1. Rules\n\nStaff must sign in at the office every day."
    assert build_policy(text, school="s", slug="p", title=None, source_name="p.txt").title == "p.txt"
    assert build_policy(text, school="s", slug="p", title="Rules", source_name="p.txt").title == "Rules"
