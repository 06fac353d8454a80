"""A school's year: which days are school days, when hours of the week hold, and how people write and read them."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import BotError
from bot.school_year import Days, SchoolYear, Season, Span, WeeklyHours, read_days, read_hours, spoken_hours, spoken_when

LONDON = ZoneInfo("Europe/London")
MINUTE = timedelta(minutes=1)
SPRING_FORWARD, AUTUMN_BACK = date(2027, 3, 28), date(2026, 10, 25)
NATIONS = ("England", "Wales", "Scotland", "Northern Ireland")

TERMS = tuple(
    read_days(days)
    for days in (
        "2026-09-02 - 2026-10-23",
        "2026-11-02 - 2026-12-18",
        "2027-01-04 - 2027-02-12",
        "2027-02-22 - 2027-03-25",
        "2027-04-12 - 2027-05-28",
        "2027-06-07 - 2027-07-21",
    )
)
TRAINING_DAY = read_days("2026-11-27")
SCHOOL = read_hours("Monday-Friday 8:00-17:00", Season.TERM)
YEAR = SchoolYear("England", SCHOOL, TERMS, [TRAINING_DAY])
NOTHING_SAID = SchoolYear("England", None, (), ())


def at(shown: str) -> datetime:
    """Return the moment of the store at which London's clocks show a time."""
    return datetime.fromisoformat(shown).replace(tzinfo=LONDON).astimezone(UTC).replace(tzinfo=None)


def weekly(text: str) -> WeeklyHours:
    return read_hours(text, Season.ALWAYS)


# --- school days ---

CHRISTMAS_AND_EASTER = "01-01 04-03 05-04 05-25 12-25 12-28"
IN_2027 = "01-01 03-26 05-03 05-31 12-27 12-28"
BANK_HOLIDAYS = [  # those that gov.uk lists, where they are no Saturday or Sunday
    ("England", 2026, f"{CHRISTMAS_AND_EASTER} 04-06 08-31"),
    ("Wales", 2026, f"{CHRISTMAS_AND_EASTER} 04-06 08-31"),
    ("Scotland", 2026, f"{CHRISTMAS_AND_EASTER} 01-02 06-15 08-03 11-30"),
    ("Northern Ireland", 2026, f"{CHRISTMAS_AND_EASTER} 04-06 08-31 03-17 07-13"),
    ("England", 2027, f"{IN_2027} 03-29 08-30"),
    ("Wales", 2027, f"{IN_2027} 03-29 08-30"),
    ("Scotland", 2027, f"{IN_2027} 01-04 08-02 11-30"),
    ("Northern Ireland", 2027, f"{IN_2027} 03-29 08-30 03-17 07-12"),
]


@pytest.mark.parametrize(("nation", "year", "expected"), BANK_HOLIDAYS)
def test_each_nation_has_its_own_bank_holidays_with_their_substitute_days(nation: str, year: int, expected: str) -> None:
    school = SchoolYear(nation, None, (), ())
    weekdays = (day for day in days_from(date(year, 1, 1), 365) if day.weekday() < 5)
    assert {f"{day:%m-%d}" for day in weekdays if not school.is_school_day(day)} == set(expected.split())


def days_from(first: date, count: int) -> Iterator[date]:
    return (first + timedelta(days=ahead) for ahead in range(count))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-09-01", False),  # the day before the first term
        ("2026-09-02", True),  # its first day
        ("2026-10-23", True),  # the last before half-term
        ("2026-10-26", False),  # half-term
        ("2026-11-02", True),
        ("2026-11-26", True),
        ("2026-11-27", False),  # closed
        ("2026-11-28", False),  # a Saturday
        ("2026-12-21", False),  # Christmas holiday
        ("2027-03-26", False),  # Good Friday, after the last day of the stretch
        ("2027-05-03", False),  # a bank holiday in term
        ("2027-07-21", True),  # the last day known
        ("2027-07-22", True),  # nothing is known of it
        ("2027-07-24", False),  # but it is a Saturday
        ("2027-08-30", False),  # and that a bank holiday
    ],
)
def test_a_school_day_is_a_weekday_in_term_that_is_neither_closed_nor_a_bank_holiday(day: str, expected: bool) -> None:
    assert YEAR.is_school_day(date.fromisoformat(day)) is expected


def test_a_saturday_is_a_school_day_where_the_school_has_hours_on_it() -> None:
    boarding = SchoolYear("England", weekly("Mon-Sat 8:00-17:00"), TERMS, ())
    in_term, in_holidays = date(2026, 11, 21), date(2026, 10, 31)
    assert boarding.is_school_day(in_term)
    assert not boarding.is_school_day(in_holidays)
    assert not YEAR.is_school_day(in_term)


def test_every_day_can_be_a_school_day_where_the_school_has_all_hours() -> None:
    assert SchoolYear("England", weekly("any time"), TERMS, ()).is_school_day(date(2026, 11, 22))


def test_the_terms_reach_to_their_last_day() -> None:
    assert YEAR.knows(date(2026, 12, 25))
    assert YEAR.knows(date(2027, 7, 21))
    assert not YEAR.knows(date(2027, 7, 22))
    assert not NOTHING_SAID.knows(date(2026, 11, 23))


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("2026-11-23 07:59", False),
        ("2026-11-23 08:00", True),
        ("2026-11-23 16:59", True),
        ("2026-11-23 17:00", False),
        ("2026-11-27 10:00", False),  # closed
        ("2026-10-28 10:00", False),  # half-term
        ("2026-09-07 08:00", True),  # by summer time
        ("2026-09-07 17:00", False),
    ],
)
def test_a_school_is_open_in_its_hours_on_school_days(shown: str, expected: bool) -> None:
    assert YEAR.is_open(at(shown)) is expected


def test_a_school_with_hours_for_all_the_year_is_still_open_on_school_days_alone() -> None:
    school = SchoolYear("England", weekly("8:00-17:00 all year"), TERMS, ())
    assert school.is_open(at("2026-11-23 10:00"))
    assert not school.is_open(at("2026-10-28 10:00"))


def test_a_school_that_has_said_no_hours_is_never_taken_to_be_open() -> None:
    assert not NOTHING_SAID.is_open(at("2026-11-23 10:00"))


# --- hours of the week ---


@pytest.mark.parametrize(
    ("season", "half_term", "closed", "bank_holiday"),
    [(Season.TERM, False, False, False), (Season.ALL_YEAR, True, True, False), (Season.ALWAYS, True, True, True)],
)
def test_hours_hold_by_their_season(season: Season, half_term: bool, closed: bool, bank_holiday: bool) -> None:
    hours = read_hours("8:00-17:00", season)
    assert YEAR.includes(hours, at("2026-11-23 10:00"))
    assert YEAR.includes(hours, at("2026-10-28 10:00")) is half_term
    assert YEAR.includes(hours, at("2026-11-27 10:00")) is closed
    assert YEAR.includes(hours, at("2027-05-03 10:00")) is bank_holiday


def test_saturday_hours_in_term_time_hold_on_saturdays_within_a_term() -> None:
    hours = read_hours("Sat 9:00-12:00", Season.TERM)
    closed = SchoolYear("England", SCHOOL, TERMS, [read_days("2026-11-21")])
    assert YEAR.includes(hours, at("2026-11-21 10:00"))
    assert not YEAR.includes(hours, at("2026-10-31 10:00"))
    assert not closed.includes(hours, at("2026-11-21 10:00"))


@pytest.mark.parametrize(
    ("hours", "moment", "expected"),
    [
        ("8:00-17:00 in term time", "2026-11-23 09:30", "2026-11-23 09:30"),  # now
        ("8:00-17:00 in term time", "2026-11-23 06:00", "2026-11-23 08:00"),  # later today
        ("8:00-17:00 in term time", "2026-11-23 17:00", "2026-11-24 08:00"),  # tomorrow
        ("8:00-12:00, 13:00-17:00 in term time", "2026-11-23 12:00", "2026-11-23 13:00"),  # after lunch
        ("8:00-17:00 in term time", "2026-11-20 18:00", "2026-11-23 08:00"),  # after the weekend
        ("8:00-17:00 in term time", "2026-11-26 18:00", "2026-11-30 08:00"),  # after the weekend, and a closed day before it
        ("8:00-17:00 in term time", "2026-10-23 18:00", "2026-11-02 08:00"),  # after half-term, and the clocks' change
        ("8:00-17:00 all year", "2026-10-23 18:00", "2026-10-26 08:00"),
        ("8:00-17:00 in term time", "2026-12-18 18:00", "2027-01-04 08:00"),  # after Christmas
        ("8:00-17:00 all year", "2026-12-24 18:00", "2026-12-29 08:00"),  # after Boxing Day's substitute
        ("8:00-17:00 all year and bank holidays", "2026-12-24 18:00", "2026-12-25 08:00"),
        ("8:00-17:00 all year", "2027-03-25 18:00", "2027-03-30 08:00"),  # after Easter, and the clocks' change
        ("8:00-17:00 in term time", "2027-04-30 18:00", "2027-05-04 08:00"),  # after May Day
        ("Mon 22:00-0:00, Tue 0:00-6:00", "2026-11-24 00:00", "2026-11-24 00:00"),  # no gap at midnight
        ("any time", "2026-12-25 03:00", "2026-12-25 03:00"),
        ("any time in term time", "2026-10-24 03:00", "2026-11-02 00:00"),
    ],
)
def test_hours_next_begin(hours: str, moment: str, expected: str) -> None:
    assert YEAR.next_opening(weekly(hours), at(moment)) == at(expected)


def test_in_scotland_the_second_of_january_is_no_working_day() -> None:
    hours = weekly("8:00-17:00 all year")
    scottish = SchoolYear("Scotland", None, (), ())
    assert scottish.next_opening(hours, at("2026-01-01 09:00")) == at("2026-01-05 08:00")
    assert NOTHING_SAID.next_opening(hours, at("2026-01-01 09:00")) == at("2026-01-02 08:00")


def test_after_the_last_term_known_hours_begin_as_where_none_is_known() -> None:
    assert YEAR.next_opening(SCHOOL, at("2027-07-21 18:00")) == at("2027-07-22 08:00")


def test_hours_that_do_not_come_within_400_days_never_begin() -> None:
    shut = SchoolYear("England", SCHOOL, (), [read_days("2026-11-01 - 2030-12-31")])
    assert shut.next_opening(SCHOOL, at("2026-11-23 09:00")) is None


@pytest.mark.parametrize(
    ("hours", "moment", "expected"),
    [
        # By UTC. In spring 1:00 to 2:00 is left out: what begins in it begins as the clocks change.
        ("Sun 1:30-5:00", "2027-03-28 00:59", "2027-03-28 01:00"),
        ("Sun 2:30-5:00", "2027-03-28 00:59", "2027-03-28 01:30"),
        ("Sun 1:15-1:45", "2027-03-28 00:00", "2027-04-04 00:15"),  # nothing is left of it that day
        # In autumn 1:00 to 2:00 comes twice: what begins in it begins the first time, and what ends in it ends the second.
        ("Sun 1:30-5:00", "2026-10-25 00:00", "2026-10-25 00:30"),
        ("Sun 1:30-5:00", "2026-10-25 01:10", "2026-10-25 01:10"),
        ("Sun 0:00-1:30", "2026-10-25 01:29", "2026-10-25 01:29"),
        ("Sun 0:00-1:30", "2026-10-25 01:30", "2026-11-01 00:00"),
    ],
)
def test_hours_in_the_nights_in_which_the_clocks_change(hours: str, moment: str, expected: str) -> None:
    assert NOTHING_SAID.next_opening(weekly(hours), datetime.fromisoformat(moment)) == datetime.fromisoformat(expected)


@st.composite
def some_hours(draw: st.DrawFn, seasons: tuple[Season, ...] = tuple(Season)) -> WeeklyHours:
    """Give hours of the week, several spans a day among them, and often in the hour in which the clocks change."""
    clock = st.one_of(st.integers(0, 24 * 60 - 1), st.integers(0, 3 * 60))
    spans = []
    for weekday in range(7):
        minutes = sorted(draw(st.sets(clock, max_size=4)))
        if len(minutes) % 2:
            minutes.append(24 * 60)
        for opens, closes in zip(minutes[::2], minutes[1::2], strict=True):
            spans.append(Span(weekday, clock_of(opens), clock_of(closes)))
    return WeeklyHours(tuple(spans), draw(st.sampled_from(seasons)))


def clock_of(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


@st.composite
def moments_about_a_change(draw: st.DrawFn) -> datetime:
    day = draw(st.sampled_from([SPRING_FORWARD, AUTUMN_BACK]))
    return datetime.combine(day, time(0)) + draw(st.integers(-3 * 24 * 60, 24 * 60)) * MINUTE


@settings(max_examples=60)
@given(some_hours(), moments_about_a_change(), st.sampled_from([YEAR, NOTHING_SAID]))
def test_nothing_holds_between_a_moment_and_the_next_opening(hours: WeeklyHours, moment: datetime, year: SchoolYear) -> None:
    opening = year.next_opening(hours, moment)
    end = moment + timedelta(days=4)
    if opening:
        assert opening >= moment
        assert year.includes(hours, opening)
        end = min(opening, end)
    while moment < end:
        assert not year.includes(hours, moment)
        moment += MINUTE


@settings(max_examples=60)
@given(some_hours((Season.ALWAYS,)), st.sampled_from([SPRING_FORWARD, AUTUMN_BACK, date(2026, 11, 22)]))
def test_hours_hold_from_the_first_minute_at_or_after_their_beginning_to_the_last_before_their_end(
    hours: WeeklyHours, day: date
) -> None:
    """Each minute of a day is asked, against what the clocks showed in it."""
    midnight = at(f"{day}")
    minutes = [midnight + ahead * MINUTE for ahead in range(25 * 60)]
    shown = [moment.replace(tzinfo=UTC).astimezone(LONDON) for moment in minutes]
    clocks = [clock.strftime("%H:%M") for clock in shown if clock.date() == day]
    expected = set() if hours.spans else set(range(len(clocks)))
    for span in hours.spans:
        if span.weekday == day.weekday():
            begun = [place for place, clock in enumerate(clocks) if clock >= f"{span.opens:%H:%M}"]
            unended = [place for place, clock in enumerate(clocks) if span.closes == time(0) or clock < f"{span.closes:%H:%M}"]
            if begun and unended:
                expected |= set(range(begun[0], unended[-1] + 1))
    assert {place for place in range(len(clocks)) if NOTHING_SAID.includes(hours, minutes[place])} == expected


# --- school days later, half-terms ---


@pytest.mark.parametrize(
    ("moment", "count", "expected"),
    [
        ("2026-11-16 10:00", 2, "2026-11-18 10:00"),
        ("2026-11-20 15:00", 2, "2026-11-24 15:00"),  # Friday, Tuesday
        ("2026-11-20 19:30", 2, "2026-11-24 19:30"),  # after school, too
        ("2026-11-21 11:00", 2, "2026-11-25 08:00"),  # from Saturday as from Monday's beginning
        ("2026-11-21 11:00", 0, "2026-11-23 08:00"),
        ("2026-11-26 15:00", 2, "2026-12-01 15:00"),  # over a closed day
        ("2026-10-22 15:00", 2, "2026-11-02 15:00"),  # over half-term, and the clocks' change
        ("2026-12-18 15:00", 2, "2027-01-05 15:00"),
    ],
)
def test_school_days_later(moment: str, count: int, expected: str) -> None:
    assert YEAR.after_school_days(at(moment), count) == at(expected)


def test_a_school_day_begins_at_midnight_where_the_school_has_said_no_hours() -> None:
    assert NOTHING_SAID.after_school_days(at("2026-11-21 11:00"), 2) == at("2026-11-25 00:00")


def test_school_days_that_do_not_come_do_not_hold_up_for_ever() -> None:
    shut = SchoolYear("England", SCHOOL, (), [read_days("2026-11-01 - 2030-12-31")])
    assert shut.after_school_days(at("2026-10-30 15:00"), 1) == at("2027-12-04 15:00")  # 400 days later


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2026-09-02", "2026-09-02", "2026-11-01"),  # a stretch with the holiday after it
        ("2026-10-28", "2026-09-02", "2026-11-01"),
        ("2026-11-02", "2026-11-02", "2027-01-03"),
        ("2026-12-25", "2026-11-02", "2027-01-03"),
        ("2027-07-21", "2027-06-07", "2027-08-31"),  # the last stretch, with the summer after it
        ("2027-08-31", "2027-06-07", "2027-08-31"),
        ("2027-09-01", "2027-09-01", "2027-10-31"),  # nothing is known of it
        ("2026-09-01", "2026-06-01", "2026-09-01"),  # no half-term of a day before the first stretch
        ("2026-05-31", "2026-04-15", "2026-05-31"),
    ],
)
def test_a_half_term_lasts_until_the_next_one_begins(day: str, first: str, last: str) -> None:
    assert YEAR.half_term(date.fromisoformat(day)) == Days(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-09-01", "2026-09-01 - 2026-10-31"),
        ("2026-12-31", "2026-11-01 - 2026-12-31"),
        ("2027-01-01", "2027-01-01 - 2027-02-14"),
        ("2027-02-15", "2027-02-15 - 2027-04-14"),
        ("2027-04-15", "2027-04-15 - 2027-05-31"),
        ("2027-08-31", "2027-06-01 - 2027-08-31"),
    ],
)
def test_six_fixed_periods_stand_for_half_terms_where_none_is_known(day: str, expected: str) -> None:
    assert NOTHING_SAID.half_term(date.fromisoformat(day)) == read_days(expected)


@given(st.dates(date(2026, 1, 1), date(2028, 12, 31)), st.sets(st.sampled_from(TERMS)))
def test_each_day_lies_in_one_half_term(day: date, terms: set[Days]) -> None:
    year = SchoolYear("England", None, tuple(terms), ())
    period = year.half_term(day)
    assert period.first <= day <= period.last
    assert year.half_term(period.first) == year.half_term(period.last) == period
    assert year.half_term(period.last + timedelta(days=1)).first == period.last + timedelta(days=1)


# --- as people write and read them ---

SCHOOL_AND_SATURDAY = "Monday to Friday 8:00-17:00, Saturday 9:00-12:00 in term time"


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Monday-Friday 08:00-17:00, Sat 9:00-12:00 in term time", SCHOOL_AND_SATURDAY),
        ("monday to friday: 8.00 to 17.00; SATURDAY 9:00 – 12:00. IN TERM TIME", SCHOOL_AND_SATURDAY),
        ("Sat 9:00-12:00, Mon–Fri 8:00–17:00", SCHOOL_AND_SATURDAY),
        ("Mon-Fri 8:00-17:00\nSat 9:00-12:00\n", SCHOOL_AND_SATURDAY),
        ("08:30-15:30", "Monday to Friday 8:30-15:30 in term time"),
        ("8:00-12:00, 13:00-17:00", "Monday to Friday 8:00-12:00, 13:00-17:00 in term time"),
        ("8:00-12:00, 12:00-17:00", "Monday to Friday 8:00-12:00, 12:00-17:00 in term time"),
        ("Mon, Wed 9:00-12:00", "Monday and Wednesday 9:00-12:00 in term time"),
        ("Mon & Weds and Thurs., Fri 9:00-12:00", "Monday and Wednesday to Friday 9:00-12:00 in term time"),
        ("Mon 9:00-12:00 and 13:00-15:00, Tue 9:00-12:00", "Monday 9:00-12:00, 13:00-15:00, Tuesday 9:00-12:00 in term time"),
        ("Tuesdays 9:00-12:00 all year", "Tuesday 9:00-12:00 all year"),
        ("9:00-12:00, all year and bank holidays", "Monday to Friday 9:00-12:00 all year and bank holidays"),
        ("Fri-Mon 18:00-24:00", "Monday and Friday to Sunday 18:00-0:00 in term time"),
        ("Mon 22:00-00:00, Tue 00:00-06:00", "Monday 22:00-0:00, Tuesday 0:00-6:00 in term time"),
        ("Any time", "any time"),
        ("any time in term time", "any time in term time"),
    ],
)
def test_hours_are_read_as_people_write_them(written: str, spoken: str) -> None:
    assert spoken_hours(read_hours(written, Season.TERM)) == spoken


def test_hours_hold_in_the_season_written_or_else_in_the_one_given() -> None:
    assert read_hours("8:00-9:00", Season.ALL_YEAR).season is Season.ALL_YEAR
    assert read_hours("8:00-9:00 in term time", Season.ALL_YEAR).season is Season.TERM
    assert read_hours("any time", Season.TERM) == WeeklyHours((), Season.ALWAYS)


@given(some_hours(), st.sampled_from(Season))
def test_spoken_hours_are_read_as_the_same_hours(hours: WeeklyHours, otherwise: Season) -> None:
    assert read_hours(spoken_hours(hours), otherwise) == hours


THE_GRAMMAR = (
    "write days, times and then the season, such as Monday-Friday 8:00-17:00 in term time, or all year, "
    "or all year and bank holidays."
)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "There are no hours: write them such as Monday-Friday 8:00-17:00, or any time."),
        ("in term time", "There are no hours: write them such as Monday-Friday 8:00-17:00, or any time."),
        ("and", "There are no hours: write them such as Monday-Friday 8:00-17:00, or any time."),
        ("Mondag 8:00-9:00", "“Mondag” is no day: write days such as Monday or Mon, before their times."),
        ("Mo 8:00-9:00", "“Mo” is no day: write days such as Monday or Mon, before their times."),
        ("Mon- 8:00-9:00", "“Mon-” needs one first and one last day: write it such as Monday-Friday."),
        ("Mon-Wed-Fri 8:00-9:00", "“Mon-Wed-Fri” needs one first and one last day: write it such as Monday-Friday."),
        (
            "Mon 8:00-9:00, Tue, Wed",
            "There are no times for Tuesday and Wednesday: write them after the day, such as Monday 8:00-17:00.",
        ),
        ("Mon 8:00", "“8:00” needs one beginning and one end: write it such as 8:30-15:30."),
        ("Mon 8:00-", "“8:00-” needs one beginning and one end: write it such as 8:30-15:30."),
        ("Mon 9am-5pm", "“9am” is no time: write it by the 24-hour clock, such as 8:00 or 15:30."),
        ("Mon 9:00 am-5:00 pm", "“9:00 am” is no time: write it by the 24-hour clock, such as 8:00 or 15:30."),
        ("Mon 8:00-25:00", "“25:00” is no time: write it by the 24-hour clock, such as 8:00 or 15:30."),
        ("Mon 8:60-9:00", "“8:60” is no time: write it by the 24-hour clock, such as 8:00 or 15:30."),
        ("Mon 8:000-9:00", "“8:000” is no time: write it by the 24-hour clock, such as 8:00 or 15:30."),
        ("Mon 24:00-9:00", "“24:00” is no time: write it by the 24-hour clock, such as 8:00 or 15:30."),
        ("Mon 8:00-9:00 in winter", f"“in winter” cannot stand after a time: {THE_GRAMMAR}"),
        ("8:00-9:00 Monday", f"“Monday” cannot stand after a time: {THE_GRAMMAR}"),
        ("8:00-9:00 all year, Sat 8:00-9:00 in term time", f"“all year” cannot stand after a time: {THE_GRAMMAR}"),
        (
            "Sun 22:00-6:00",
            "Sunday 22:00-6:00 does not end after it begins: write hours over midnight as two, "
            "such as Sunday 22:00-0:00, Monday 0:00-6:00.",
        ),
        (
            "8:00-8:00",
            "Monday 8:00-8:00 does not end after it begins: write hours over midnight as two, "
            "such as Monday 8:00-0:00, Tuesday 0:00-8:00.",
        ),
        (
            "Mon 8:00-12:00, Mon 11:00-15:00",
            "Monday 8:00-12:00 and 11:00-15:00 overlap: write them as one, or change one of them.",
        ),
        (
            "Mon-Wed 8:00-0:00, Tue 23:00-0:00",
            "Tuesday 8:00-0:00 and 23:00-0:00 overlap: write them as one, or change one of them.",
        ),
        ("x" * 5000, f"“{'x' * 40}…” is no day: write days such as Monday or Mon, before their times."),
    ],
)
def test_hours_that_cannot_be_read_are_refused_in_a_sentence(written: str, said: str) -> None:
    with pytest.raises(BotError) as refused:
        read_hours(written, Season.TERM)
    assert str(refused.value) == said


PIECES = [
    "Mon",
    "tues",
    "Friday",
    "8:00",
    "9.30",
    "17:00",
    "24:00",
    "-",
    "–",
    " to ",
    ", ",
    " and ",
    " ",
    "\n",
    *Season,
    "any time",
]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_is_written_is_refused_or_gives_hours_that_can_be_said(written: str) -> None:
    try:
        hours = read_hours(written, Season.TERM)
    except BotError:
        return
    assert read_hours(spoken_hours(hours), Season.ALWAYS) == hours


@pytest.mark.parametrize(
    "written",
    [
        "2026-09-02 - 2026-10-23",
        "2026-09-02 to 2026-10-23",
        "2026-09-02–2026-10-23",
        "2026-09-02-2026-10-23",
        "2026-9-2 – 2026-10-23 ",
    ],
)
def test_days_are_read_as_people_write_them(written: str) -> None:
    assert read_days(written) == Days(date(2026, 9, 2), date(2026, 10, 23))


def test_one_day_is_read_as_the_first_and_the_last() -> None:
    assert read_days("2026-11-27") == Days(date(2026, 11, 27), date(2026, 11, 27))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (" ", "There are no days: write one such as 2026-11-27, or several such as 2026-09-02 - 2026-10-23."),
        ("02/09/2026", "“02/09/2026” is no day: write it as year, month and day, such as 2026-11-27."),
        ("0206-09-02", "“0206-09-02” is no day: write it as year, month and day, such as 2026-11-27."),
        ("2026-09-02 -", "“2026-09-02 -” is no day: write it as year, month and day, such as 2026-11-27."),
        ("2026-02-30", "There is no day 2026-02-30 in the calendar: check its month and its day."),
        ("2026-02-01 - 2026-02-29", "There is no day 2026-02-29 in the calendar: check its month and its day."),
        ("2026-10-23 - 2026-09-02", "The days from 2026-10-23 to 2026-09-02 end before they begin: write the earlier day first."),
        (
            "2026-09-02 - 2026-09-03 - 2026-09-04",
            "“2026-09-02 - 2026-09-03 - 2026-09-04” needs one first and one last day: write it such as 2026-09-02 - 2026-10-23.",
        ),
    ],
)
def test_days_that_cannot_be_read_are_refused_in_a_sentence(written: str, said: str) -> None:
    with pytest.raises(BotError) as refused:
        read_days(written)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-21 23:30", "today at 23:30"),
        ("2026-11-22 00:00", "tomorrow at 0:00"),
        ("2026-11-23 08:00", "Monday at 8:00"),
        ("2026-11-27 08:05", "Friday at 8:05"),
        ("2026-11-28 08:00", "Saturday 28 November at 8:00"),  # not the same weekday without its date
        ("2027-01-04 08:00", "Monday 4 January at 8:00"),
        ("2027-09-16 08:00", "Thursday 16 September at 8:00"),
        ("2027-09-17 08:00", "Friday 17 September 2027 at 8:00"),
    ],
)
def test_a_moment_is_said_as_people_say_it(moment: str, expected: str) -> None:
    assert spoken_when(at(moment), at("2026-11-21 22:47")) == expected


def test_today_and_tomorrow_are_those_of_london() -> None:
    assert spoken_when(at("2026-09-07 08:00"), at("2026-09-07 00:30")) == "today at 8:00"  # Sunday 23:30, by UTC


def test_the_library_of_bank_holidays_is_not_read_until_a_day_turns_on_them() -> None:
    """To read it takes longer than to answer."""
    code = """
import sys
from datetime import datetime
from bot.school_year import SchoolYear, Season, read_hours
year = SchoolYear("England", None, (), ())
always = read_hours("any time", Season.ALWAYS)
assert year.includes(always, datetime(2026, 11, 23, 9))
assert "holidays" not in sys.modules
assert year.includes(read_hours("8:00-17:00", Season.TERM), datetime(2026, 11, 23, 9))
assert "holidays" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
