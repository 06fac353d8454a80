from datetime import date

import pytest

from corpus.dates import PolicyDate, find_dates, parse_date


@pytest.mark.parametrize(
    ("line", "dates"),
    [
        ("Date adopted: May 2018", ["2018-05"]),
        ("Approved by Governors: 16th November 2023", ["2023-11-16"]),
        ("1 September 2021", ["2021-09-01"]),
        ("3rd of June 2020", ["2020-06-03"]),
        ("22nd Sept. 2019", ["2019-09-22"]),
        ("Reviewed Sept 2023", ["2023-09"]),
        ("July, 2022", ["2022-07"]),
        ("AUTUMN TERM, OCTOBER 2024", ["2024-10"]),
        ("Policy dated 01/09/2023", ["2023-09-01"]),
        ("Issued 5.2.19", ["2019-02-05"]),
        ("12-03-2024", ["2024-03-12"]),
        ("Adopted May 2018, review May 2020", ["2018-05", "2020-05"]),
        ("Review 1/9/2021 (last: September 2020)", ["2021-09-01", "2020-09"]),
        ("Version 3\tMarch 2024", ["2024-03"]),  # the tab begins another column
    ],
)
def test_dates_are_found_as_policies_write_them(line: str, dates: list[str]) -> None:
    assert find_dates(line) == dates


@pytest.mark.parametrize(
    "line",
    [
        "Review date:",
        "31/02/2020",
        "13/13/2020",
        "12 March 2O24",  # a letter O, as a scanner reads it
        "Staff may report 2020 times",
        "Section 5.1.2",
        "Telephone 01632 960 155",
        "Spring term 2026",
    ],
)
def test_what_is_no_date_of_the_calendar_is_passed_over(line: str) -> None:
    assert find_dates(line) == []


@pytest.mark.parametrize(
    ("text", "iso"),
    [("May 2018", "2018-05"), (" 1 May 2018. ", "2018-05-01"), ("1/5/2018", "2018-05-01"), ("2018-05", "2018-05")],
)
def test_a_date_that_a_person_writes_is_all_of_the_text(text: str, iso: str) -> None:
    assert parse_date(text) == PolicyDate(iso)


@pytest.mark.parametrize("text", ["", "soon", "in May 2018", "May 2018 and May 2020", "31 February 2020", "2018-13", "2018"])
def test_what_is_more_or_less_than_a_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        parse_date(text)


def test_a_month_stays_a_month() -> None:
    month = PolicyDate("2018-05")
    assert (month.year, month.month, month.day) == (2018, 5, None)
    assert month == "2018-05"


@pytest.mark.parametrize(
    "iso", ["2018", "2018-5", "May 2018", "2018-13", "2018-02-30", "2018-05-", "", "18-05-01", "2018-05-01 "]
)
def test_a_date_is_refused_in_one_sentence_unless_it_is_iso_and_in_the_calendar(iso: str) -> None:
    with pytest.raises(ValueError, match=r"is not a date"):
        PolicyDate(iso)


@pytest.mark.parametrize(
    ("iso", "spoken"), [("2018-05", "May 2018"), ("2023-11-16", "16 November 2023"), ("2020-01-01", "1 January 2020")]
)
def test_a_date_is_spoken_as_a_person_writes_it(iso: str, spoken: str) -> None:
    assert PolicyDate(iso).spoken == spoken


@pytest.mark.parametrize(
    ("iso", "today", "past"),
    [
        ("2020-05", date(2020, 5, 31), False),
        ("2020-05", date(2020, 6, 1), True),
        ("2020-02", date(2020, 2, 29), False),
        ("2020-12", date(2021, 1, 1), True),
        ("2020-05-15", date(2020, 5, 15), False),
        ("2020-05-15", date(2020, 5, 16), True),
    ],
)
def test_a_month_is_past_from_the_month_after_and_a_day_from_the_day_after(iso: str, today: date, past: bool) -> None:
    assert PolicyDate(iso).is_past(today) is past


@pytest.mark.parametrize(
    ("iso", "later"),
    [("2018-05", "2019-05"), ("2023-11-16", "2024-11-16"), ("2020-02-29", "2021-02"), ("2019-02-28", "2020-02-28")],
)
def test_a_year_on_is_the_same_day_and_the_month_where_there_is_no_such_day(iso: str, later: str) -> None:
    assert PolicyDate(iso).a_year_on() == PolicyDate(later)


@pytest.mark.parametrize(
    ("one", "other", "after"),
    [
        ("2020-06", "2020-05", True),
        ("2020-05", "2020-06", False),
        ("2020-05", "2020-05", False),
        ("2020-05-02", "2020-05-01", True),
        ("2020-05-31", "2020-05", False),
        ("2020-05", "2020-05-01", False),
        ("2020-06-01", "2020-05", True),
    ],
)
def test_a_month_is_neither_before_nor_after_its_own_days(one: str, other: str, after: bool) -> None:
    assert PolicyDate(one).is_after(PolicyDate(other)) is after


def test_dates_sort_in_time() -> None:
    dates = [PolicyDate("2020-02"), PolicyDate("2019-12-31"), PolicyDate("2020-01-15")]
    assert sorted(dates) == ["2019-12-31", "2020-01-15", "2020-02"]
