"""When a school is open and somebody is reached: hours of the week, half-terms, closed days, bank holidays; by London clocks."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

from bot.clock import LONDON, day_of, local
from bot.errors import BotError, in_quotes

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SATURDAY = 5
_MIDNIGHT = time(0)
_ONE_DAY = timedelta(days=1)
# How far ahead an opening or a school day is looked for: a year, and the summer holiday after it.
_LOOK_AHEAD = 400  # days
# London's clocks change at this time of UTC, both ways (Summer Time Order 2002).
_CLOCKS_CHANGE = time(1)
# Where a school has not said its terms, a new half-term is taken to begin on these days (month, day).
_HALF_TERMS = frozenset({(9, 1), (11, 1), (1, 1), (2, 15), (4, 15), (6, 1)})
# One that would begin so shortly before the first stretch that a school has said is none: that is the holiday before it.
_SHORTEST_HALF_TERM = timedelta(days=28)
# From so far off on, a day of another year is said with its year.
_FAR_OFF = timedelta(days=300)

_DASH = re.compile(r"\s*(?:[-‐‑‒–—−]|\b(?:to|until)\b)\s*", re.IGNORECASE)
_NEXT = re.compile(r"[,;&]|\band\b", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?!\d)", re.ASCII)
_DAY = re.compile(r"(20\d{2})-(\d{1,2})-(\d{1,2})", re.ASCII)
_TO = re.compile(r" (?:-|to|until) | ?[–—−] ?|(?<=\d)-(?=\d{4}-)", re.IGNORECASE)


class Season(StrEnum):
    """In which weeks of the year weekly hours hold."""

    TERM = "in term time"
    ALL_YEAR = "all year"  # but not on bank holidays
    ALWAYS = "all year and bank holidays"


_SEASON_LAST = re.compile(rf"(.*?),? ?\b({'|'.join(Season)})", re.IGNORECASE)


class Span(Struct, frozen=True):
    """Hours of one weekday, 0 for Monday: from `opens` until before `closes`; until midnight where `closes` is 00:00."""

    weekday: int
    opens: time
    closes: time


_WHOLE_WEEK = tuple(Span(weekday, _MIDNIGHT, _MIDNIGHT) for weekday in range(7))


class WeeklyHours(Struct, frozen=True):
    """Hours of the week in order, none of them overlapping; all hours of all days where there is no span."""

    spans: tuple[Span, ...]
    season: Season


class Days(Struct, frozen=True):
    """Days from the first to the last, both included."""

    first: date
    last: date


class SchoolYear:
    """The calendar of one school: on which days there is school, and when hours of the week hold.

    Moments are as the store keeps them, UTC without a time zone. Days before the terms that a school has said, and between them,
    are holidays. After the last of them every week counts as one of term, as where none is said: else nobody would ever again be
    reached.
    """

    def __init__(self, nation: str, hours: WeeklyHours | None, terms: Sequence[Days], closed: Sequence[Days]) -> None:
        """Keep a school's nation, its hours, its terms (one stretch a half-term) and the days on which it is closed."""
        self._nation = nation
        self._hours = hours
        self._terms = sorted(terms, key=lambda term: term.first)
        self._last = max((term.last for term in terms), default=date.min)
        self._closed = tuple(closed)

    def knows(self, day: date) -> bool:
        """Tell whether the terms that the school has said reach to a day."""
        return day <= self._last

    def is_school_day(self, day: date) -> bool:
        """Tell whether there is school: a weekday, or a day with hours, in term, not closed, and no bank holiday."""
        return (day.weekday() < _SATURDAY or self._has_hours(day)) and self._in_session(day)

    def is_open(self, moment: datetime) -> bool:
        """Tell whether school is in session: the school's hours on a school day; never where they are not known."""
        return self._hours is not None and self.includes(WeeklyHours(self._hours.spans, Season.TERM), moment)

    def includes(self, hours: WeeklyHours, moment: datetime) -> bool:
        """Tell whether hours of the week hold at a moment, by their season.

        An hour that the clocks show twice belongs to them both times, so that nobody is away for a part of her hours.
        """
        return any(opens <= moment < closes for opens, closes in self._on(day_of(moment), hours))

    def next_opening(self, hours: WeeklyHours, moment: datetime, away: Sequence[Days] = ()) -> datetime | None:
        """Return when hours of the week next begin, `moment` itself while they hold, None where they do not within 400 days.

        Days on which somebody is `away` are passed over.
        """
        opens = self._next_opening(hours, moment)
        while opens and (absent := last_day(away, day_of(opens))):
            opens = self._next_opening(hours, _moment(absent + timedelta(days=1), time(0)))
        return opens

    def _next_opening(self, hours: WeeklyHours, moment: datetime) -> datetime | None:
        today = day_of(moment)
        for ahead in range(_LOOK_AHEAD + 1):
            for opens, closes in self._on(today + timedelta(days=ahead), hours):
                if moment < closes:
                    return max(opens, moment)
        return None

    def after_school_days(self, moment: datetime, count: int) -> datetime:
        """Return the same local time `count` school days later: of Friday 15:00, two later is Tuesday 15:00.

        On a day without school it is counted from the beginning of the next school day: of Saturday, two later is Wednesday's
        beginning. A day begins with the school's hours, at midnight where it has none. A school day that does not come within 400
        days is taken to come then.
        """
        shown = local(moment)
        day, clock = shown.date(), shown.time()
        if not self.is_school_day(day):
            day = self._next_school_day(day)
            clock = self._beginning(day)
        for _ in range(count):
            day = self._next_school_day(day)
        return _moment(day, clock)

    def half_term(self, day: date) -> Days:
        """Return the half-term that a day lies in, with the holiday after it: until the day before the next one begins.

        Where the school has not said its terms, six fixed periods of the year stand for them.
        """
        first, after = day, day + _ONE_DAY
        while not self._begins(first):
            first -= _ONE_DAY
        while not self._begins(after):
            after += _ONE_DAY
        return Days(first, after - _ONE_DAY)

    def _begins(self, day: date) -> bool:
        if any(term.first == day for term in self._terms):
            return True
        said = self._terms and self._terms[0].first - _SHORTEST_HALF_TERM <= day <= self._last
        return not said and (day.month, day.day) in _HALF_TERMS

    def _on(self, day: date, hours: WeeklyHours) -> Iterator[tuple[datetime, datetime]]:
        """Give the moments between which hours hold on a day, in order."""
        spans = [span for span in hours.spans or _WHOLE_WEEK if span.weekday == day.weekday()]
        if spans and self._allows(hours.season, day):
            for span in spans:
                opens = _moment(day, span.opens)
                closes = _moment(day, span.closes, last=True) if span.closes != _MIDNIGHT else _moment(day + _ONE_DAY, _MIDNIGHT)
                if opens < closes:  # not so where the clocks leave all of it out
                    yield opens, closes

    def _allows(self, season: Season, day: date) -> bool:
        match season:
            case Season.TERM:
                return self._in_session(day)
            case Season.ALL_YEAR:
                return day not in _bank_holidays(self._nation, day.year)
            case Season.ALWAYS:
                return True

    def _in_session(self, day: date) -> bool:
        return (
            (not self.knows(day) or any(term.first <= day <= term.last for term in self._terms))
            and not any(days.first <= day <= days.last for days in self._closed)
            and day not in _bank_holidays(self._nation, day.year)
        )

    def _has_hours(self, day: date) -> bool:
        return self._hours is not None and any(span.weekday == day.weekday() for span in self._hours.spans or _WHOLE_WEEK)

    def _next_school_day(self, day: date) -> date:
        later = (day + timedelta(days=ahead) for ahead in range(1, _LOOK_AHEAD))
        return next(filter(self.is_school_day, later), day + timedelta(days=_LOOK_AHEAD))

    def _beginning(self, day: date) -> time:
        spans = self._hours.spans if self._hours else ()
        return next((span.opens for span in spans if span.weekday == day.weekday()), _MIDNIGHT)


def read_hours(text: str, otherwise: Season) -> WeeklyHours:
    """Read hours of the week as people write them: `Monday-Friday 8:00-17:00, Sat 9:00-12:00 in term time`, or `any time`.

    Times without a day are of the days before them, of Monday to Friday where there is none. The season is `otherwise` where
    none is written; `any time` without one is all year and bank holidays. Raises BotError, which says what is wrong.
    """
    words = ", ".join(" ".join(line.split()) for line in text.splitlines()).strip(" ,;.")
    written = _SEASON_LAST.fullmatch(words)
    if written:
        words = written[1].strip(" ,;.")
    season = Season(written[2].lower()) if written else None
    if words.lower() == "any time":
        return WeeklyHours((), season or Season.ALWAYS)
    spans = sorted(_spans(words), key=lambda span: (span.weekday, span.opens))
    if not spans:
        raise BotError("There are no hours: write them such as Monday-Friday 8:00-17:00, or any time.")
    for one, other in pairwise(spans):
        if one.weekday == other.weekday and (one.closes == _MIDNIGHT or other.opens < one.closes):
            both = f"{_WEEKDAYS[one.weekday]} {_spoken_times(one)} and {_spoken_times(other)}"
            raise BotError(f"{both} overlap: write them as one, or change one of them.")
    return WeeklyHours(tuple(spans), season or otherwise)


def spoken_hours(hours: WeeklyHours) -> str:
    """Return hours of the week as `read_hours` reads them: `Monday to Friday 8:00-17:00 in term time`."""
    if not hours.spans:
        return "any time" if hours.season is Season.ALWAYS else f"any time {hours.season}"
    times: dict[int, list[str]] = {}  # weekday -> its times
    for span in hours.spans:
        times.setdefault(span.weekday, []).append(_spoken_times(span))
    weekdays: dict[str, list[int]] = {}  # times -> the weekdays that have them
    for weekday, of_day in times.items():
        weekdays.setdefault(", ".join(of_day), []).append(weekday)
    return f"{', '.join(f'{_spoken_weekdays(days)} {of_days}' for of_days, days in weekdays.items())} {hours.season}"


def read_days(text: str) -> Days:
    """Read days, `2026-09-02 - 2026-10-23`, or one, `2026-11-27`; raises BotError, which says what is wrong."""
    words = " ".join(text.split())
    if not words:
        raise BotError("There are no days: write one such as 2026-11-27, or several such as 2026-09-02 - 2026-10-23.")
    ends = _TO.split(words)
    if len(ends) > 2:
        raise BotError(f"{in_quotes(words)} needs one first and one last day: write it such as 2026-09-02 - 2026-10-23.")
    first, last = _read_day(ends[0]), _read_day(ends[-1])
    if last < first:
        raise BotError(f"The days from {first} to {last} end before they begin: write the earlier day first.")
    return Days(first, last)


def spoken_when(moment: datetime, now: datetime) -> str:
    """Return a coming moment as people say it: `today at 13:00`, `Monday at 8:00` of the next six days, else with its date."""
    shown, today = local(moment), day_of(now)
    clock = _spoken_clock(shown.time())
    ahead = (shown.date() - today).days
    if ahead == 0:
        return f"today at {clock}"
    if ahead == 1:
        return f"tomorrow at {clock}"
    if 1 < ahead < 7:
        return f"{shown:%A} at {clock}"
    year = f" {shown.year}" if shown.year != today.year and abs(shown.date() - today) >= _FAR_OFF else ""
    return f"{shown:%A} {shown.day} {shown:%B}{year} at {clock}"


def last_day(stretches: Iterable[Days], day: date) -> date | None:
    """Return the last day of those stretches that hold a day, None where none does."""
    return max((one.last for one in stretches if one.first <= day <= one.last), default=None)


def _moment(day: date, clock: time, *, last: bool = False) -> datetime:
    """Return when London's clocks show a time: first or last where it comes twice, when they change where they leave it out."""
    shown = datetime.combine(day, clock, LONDON)
    first, second = (shown.replace(fold=fold).astimezone(UTC).replace(tzinfo=None) for fold in (0, 1))
    # subtle: for a time that the clocks leave out, the two are exchanged, and lie on either side of the change.
    if second < first:
        return datetime.combine(day, _CLOCKS_CHANGE)
    return second if last else first


@lru_cache(maxsize=64)
def _bank_holidays(nation: str, year: int) -> frozenset[date]:
    import holidays  # takes a tenth of a second, which most questions need not wait for

    return frozenset(holidays.country_holidays("GB", subdiv=nation, years=year))


def _spans(words: str) -> Iterator[Span]:
    """Read days and times; the days of one part may stand in several, `Mon, Wed 9:00-12:00`, and so may its times."""
    waiting: set[int] = set()
    weekdays = set(range(_SATURDAY))
    for part in filter(None, map(str.strip, _NEXT.split(words))):
        digit = re.search(r"\d", part)
        names, times = (part[: digit.start()], part[digit.start() :]) if digit else (part, "")
        waiting |= _read_weekdays(names.strip(" :"))
        if times:
            weekdays, waiting = waiting or weekdays, set()
            yield from _of_each_day(weekdays, times)
    if waiting:
        raise BotError(
            f"There are no times for {_spoken_weekdays(sorted(waiting))}: write them after the day, such as Monday 8:00-17:00."
        )


def _read_weekdays(names: str) -> set[int]:
    """Read the name of a weekday, `Mon` or `Monday`, or two as a range, which may go over Sunday; nothing of nothing."""
    if not names:
        return set()
    ends = _DASH.split(names)
    if len(ends) > 2 or not all(ends):
        raise BotError(f"{in_quotes(names)} needs one first and one last day: write it such as Monday-Friday.")
    first, last = _read_weekday(ends[0]), _read_weekday(ends[-1])
    return {weekday % 7 for weekday in range(first, last + 1 if first <= last else last + 8)}


def _read_weekday(name: str) -> int:
    short = name.lower().rstrip(".").rstrip("s")
    for weekday, full in enumerate(_WEEKDAYS):
        if len(short) >= 3 and full.lower().startswith(short):
            return weekday
    raise BotError(f"{in_quotes(name)} is no day: write days such as Monday or Mon, before their times.")


def _of_each_day(weekdays: Iterable[int], times: str) -> Iterator[Span]:
    ends = _DASH.split(times)
    if len(ends) != 2 or not all(ends):
        raise BotError(f"{in_quotes(times)} needs one beginning and one end: write it such as 8:30-15:30.")
    opens, closes = _read_clock(ends[0]), _read_clock(ends[1], midnight_ends=True)
    for weekday in sorted(weekdays):
        span = Span(weekday, opens, closes)
        if closes <= opens and closes != _MIDNIGHT:
            day, following = _WEEKDAYS[weekday], _WEEKDAYS[(weekday + 1) % 7]
            raise BotError(
                f"{day} {_spoken_times(span)} does not end after it begins: write hours over midnight as two, "
                f"such as {day} {_spoken_clock(opens)}-0:00, {following} 0:00-{_spoken_clock(closes)}."
            )
        yield span


def _read_clock(text: str, *, midnight_ends: bool = False) -> time:
    written = _CLOCK.match(text)
    rest = text[written.end() :].strip() if written else ""
    if rest and rest.lower() not in ("am", "pm"):
        raise BotError(
            f"{in_quotes(rest)} cannot stand after a time: write days, times and then the season, "
            f"such as Monday-Friday 8:00-17:00 {Season.TERM}, or {Season.ALL_YEAR}, or {Season.ALWAYS}."
        )
    hour, minute = (int(written[1]), int(written[2])) if written and not rest else (99, 0)
    if (hour, minute) == (24, 0) and midnight_ends:
        return _MIDNIGHT
    if hour > 23 or minute > 59:
        raise BotError(f"{in_quotes(text)} is no time: write it by the 24-hour clock, such as 8:00 or 15:30.")
    return time(hour, minute)


def _read_day(text: str) -> date:
    written = _DAY.fullmatch(text)
    if not written:
        raise BotError(f"{in_quotes(text)} is no day: write it as year, month and day, such as 2026-11-27.")
    try:
        return date(int(written[1]), int(written[2]), int(written[3]))
    except ValueError:
        raise BotError(f"There is no day {text} in the calendar: check its month and its day.") from None


def _spoken_weekdays(weekdays: Sequence[int]) -> str:
    """Return weekdays in words, in order, three or more that follow each other as a range: `Monday to Wednesday and Friday`."""
    runs: list[list[int]] = []
    for weekday in weekdays:
        if runs and runs[-1][-1] == weekday - 1:
            runs[-1].append(weekday)
        else:
            runs.append([weekday])
    words = []
    for run in runs:
        names = [_WEEKDAYS[weekday] for weekday in run]
        words += [f"{names[0]} to {names[-1]}"] if len(names) > 2 else names
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _spoken_times(span: Span) -> str:
    return f"{_spoken_clock(span.opens)}-{_spoken_clock(span.closes)}"


def _spoken_clock(clock: time) -> str:
    return f"{clock.hour}:{clock.minute:02}"
