"""Whom staff are told to turn to: by route, hour, who is away, which school, and whom the question is about.

Run as a program, this writes the table into docs/whom-to-tell.md.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.clock import LONDON
from bot.contact_book import ChangedNumber, Contact, ContactBook, ContactRole, season_of
from bot.directory import COMPLAINTS, NO_SCHOOL, Directory, Route, about_roles, directory_of
from bot.duties import Duty
from bot.left_out import may_be_one
from bot.national_numbers import EMERGENCY, NSPCC_HELPLINE
from bot.school_year import Season, WeeklyHours, read_days, read_hours, spoken_hours
from bot.short_names import shortened
from bot.steps import Step
from corpus.clause import Person, Policy, Role
from corpus.versions import School

DOCS = Path(__file__).parent.parent.parent / "docs" / "whom-to-tell.md"
HEAD, DEPUTY, DSL = ContactRole.HEADTEACHER, ContactRole.DEPUTY_HEADTEACHER, ContactRole.DSL
DEPUTY_DSL, CHAIR, MANAGER = ContactRole.DEPUTY_DSL, ContactRole.GOVERNORS, ContactRole.LINE_MANAGER
SLT, OFFICE, AUTHORITY = ContactRole.SLT, ContactRole.OFFICE, ContactRole.LOCAL_AUTHORITY
LADO, CARE, NIGHT = ContactRole.DESIGNATED_OFFICER, ContactRole.SOCIAL_CARE, ContactRole.SOCIAL_CARE_OUT_OF_HOURS
ORDINARY, CHILD, ALLEGED = Route.ORDINARY, Route.CHILD, Route.ALLEGATION
THREAT, WHISTLE, GRIEVANCE = Route.THREAT, Route.WHISTLEBLOWING, Route.GRIEVANCE


def hours(text: str) -> WeeklyHours:
    return read_hours(text, Season.TERM)


def contact(name: str, *roles: ContactRole, at: str = "", conflicts: tuple[str, ...] = ()) -> Contact:
    reached = read_hours(at, season_of(roles)) if at else None
    return Contact(name, roles, ("01632 960000",), hours=reached, conflicts=conflicts)


COUNCIL = (
    contact("Suffolk's designated officer", LADO, at="Monday-Friday 9:00-17:00"),
    contact("Suffolk social care", CARE, at="Monday-Friday 8:45-17:20"),
    contact("Suffolk emergency duty team", NIGHT, at="any time"),
)
SMALL = (
    contact("Mrs Harrison", HEAD, DSL, MANAGER, at="8:00-17:00"),
    contact("Mr Reed", DEPUTY_DSL),
    contact("Mrs Osei", CHAIR, at="18:00-21:00 all year"),
    contact("School office", OFFICE),
    *COUNCIL,
)
LARGE = (
    contact("Dr Shah", HEAD, at="7:30-18:00", conflicts=("Mr Shah",)),
    contact("Ms Cole", DEPUTY, SLT),
    contact("Mr Okafor", DSL, at="8:00-17:00"),
    contact("Mrs Pike", DEPUTY_DSL, at="8:00-17:00"),
    contact("Miss Todd", DEPUTY_DSL, at="Monday-Sunday 8:00-22:00 all year and bank holidays"),
    contact("Mr Shah", SLT, MANAGER),
    contact("Mrs Nolan", MANAGER),
    contact("Mr Grant", CHAIR),
    contact("School office", OFFICE),
    *COUNCIL,
)
HOURS, OFFICE_HOURS = hours("8:30-15:30"), hours("8:00-16:30")
TERMS = tuple(
    map(
        read_days,
        (
            "2026-09-02 - 2026-10-23",
            "2026-11-02 - 2026-12-18",
            "2027-01-04 - 2027-02-12",
            "2027-02-22 - 2027-03-31",
            "2027-04-12 - 2027-05-28",
        ),
    )
)
BOOKS = {
    "small": ContactBook(HOURS, OFFICE_HOURS, TERMS, contacts=SMALL),
    "large": ContactBook(HOURS, OFFICE_HOURS, TERMS, contacts=LARGE),
    "empty": ContactBook(),
}
# Policies name somebody in an office, and nothing else of them.
NAMED = (Policy("x", "p", "P", (), people=(Person(Role.HEADTEACHER, "Mrs A. Harrison"), Person(Role.DSL, "Mr Ben Okafor"))),)
# By the clocks of London.
TIMES = {
    "school time": "2026-11-23T10:00",
    "before school": "2026-11-23T07:00",
    "evening": "2026-11-23T19:00",
    "night": "2026-11-24T02:00",
    "Friday evening": "2026-11-27T19:00",
    "Saturday": "2026-11-21T11:00",
    "half-term": "2026-10-28T11:00",
    "Christmas Day": "2026-12-25T11:00",
    "bank holiday": "2027-05-03T11:00",
    "clocks go back": "2026-10-25T01:30",
    "clocks go on": "2027-03-28T03:30",
}


class Asked(NamedTuple):
    """A case: who asks what when, and what is known."""

    school: str
    time: str
    route: Route
    about: tuple[ContactRole, ...] = ()
    named: tuple[Role, ...] = ()
    text: str = ""
    skipped: tuple[str, ...] = ()
    away: tuple[tuple[str, str], ...] = ()
    on_call: tuple[tuple[str, str], ...] = ()
    policies: tuple[Policy, ...] = ()
    nation: str = "England"


def moment(time: str) -> datetime:
    return datetime.fromisoformat(TIMES[time]).replace(tzinfo=LONDON).astimezone(UTC).replace(tzinfo=None)


def directory(asked: Asked) -> Directory:
    book = BOOKS[asked.school]
    away = dict(asked.away)
    contacts = tuple(replace(one, away=(read_days(away[one.name]),)) if one.name in away else one for one in book.contacts)
    duties = {name: Duty(1, name, hours(at), alertable=True) for name, at in asked.on_call}
    school = School("x", "School X", "X", asked.nation)
    return directory_of(school, asked.policies, replace(book, contacts=contacts), duties, moment(asked.time))


def line(asked: Asked) -> tuple[Step, ...]:
    skipped = [shortened(name) for name in asked.skipped]
    return directory(asked).line(asked.route, named=asked.named, about=asked.about, mentioned=asked.text, skipped=skipped)


def told(asked: Asked) -> tuple[str, str | None]:
    """Return the line in words without the numbers, and why its first is it."""
    steps = line(asked)
    words = [f"{step.words}, from {step.when}" if step.when else step.words for step in steps]
    return " > ".join(words), steps[0].why


CASES = [
    # ordinary
    (Asked("small", "school time", ORDINARY), "Mrs Harrison, the headteacher"),
    (Asked("small", "school time", ORDINARY, named=(Role.DSL,)), "Mrs Harrison, the designated safeguarding lead (DSL)"),
    (Asked("small", "school time", ORDINARY, named=(Role.LINE_MANAGER,)), "Mrs Harrison, your line manager"),
    (
        Asked(
            "small",
            "school time",
            ORDINARY,
            named=(
                Role.POLICE,
                Role.GOVERNORS,
            ),
        ),
        "Mrs Osei, the chair of governors, from today at 18:00",
    ),
    (Asked("small", "before school", ORDINARY), "Mrs Harrison, the headteacher, from today at 8:00"),
    (Asked("small", "evening", ORDINARY), "Mrs Harrison, the headteacher, from tomorrow at 8:00"),
    (Asked("small", "Friday evening", ORDINARY), "Mrs Harrison, the headteacher, from Monday at 8:00"),
    (Asked("small", "Saturday", ORDINARY), "Mrs Harrison, the headteacher, from Monday at 8:00"),
    (Asked("small", "half-term", ORDINARY), "Mrs Harrison, the headteacher, from Monday at 8:00"),
    (Asked("small", "Christmas Day", ORDINARY), "Mrs Harrison, the headteacher, from Monday 4 January at 8:00"),
    (Asked("small", "bank holiday", ORDINARY), "Mrs Harrison, the headteacher, from tomorrow at 8:00"),
    (Asked("small", "clocks go back", ORDINARY), "Mrs Harrison, the headteacher, from Monday 2 November at 8:00"),
    (Asked("small", "clocks go on", ORDINARY), "Mrs Harrison, the headteacher, from Tuesday at 8:00"),
    (
        Asked("small", "school time", ORDINARY, away=(("Mrs Harrison", "2026-11-23 - 2026-12-04"),)),
        "Mrs Harrison, the headteacher, from Monday 7 December at 8:00",
    ),
    (Asked("small", "school time", ORDINARY, about=(HEAD,)), "Mrs Osei, the chair of governors, from today at 18:00"),
    (
        Asked("small", "school time", ORDINARY, about=(HEAD,), named=(Role.HEADTEACHER,)),
        "Mrs Osei, the chair of governors, from today at 18:00",
    ),
    (Asked("small", "school time", ORDINARY, skipped=("Mrs Harrison",)), "School office"),
    (Asked("small", "school time", ORDINARY, skipped=("Mrs Harrison", "School office")), "the local authority"),
    (Asked("large", "school time", ORDINARY, away=(("Dr Shah", "2026-11-23 - 2026-12-04"),)), "Ms Cole, the deputy headteacher"),
    (
        Asked(
            "large",
            "school time",
            ORDINARY,
            named=(Role.HEADTEACHER,),
            away=(
                ("Dr Shah", "2026-11-23 - 2026-12-04"),
                ("Ms Cole", "2026-11-23"),
            ),
        ),
        "Dr Shah, the headteacher, from Monday 7 December at 7:30",
    ),
    (
        Asked("large", "school time", ORDINARY, named=(Role.DSL,), away=(("Mr Okafor", "2026-11-23"),)),
        "Mrs Pike, a deputy safeguarding lead",
    ),
    (Asked("large", "school time", ORDINARY, named=(Role.LINE_MANAGER,)), "your line manager"),
    (Asked("large", "school time", ORDINARY, named=(Role.SLT,)), "Ms Cole, a member of the senior leadership team"),
    (
        Asked(
            "large",
            "school time",
            ORDINARY,
            about=(
                SLT,
                DEPUTY,
            ),
            named=(Role.SLT,),
        ),
        "School office",
    ),
    (Asked("large", "school time", ORDINARY, about=(MANAGER,), named=(Role.LINE_MANAGER,)), "Ms Cole, the deputy headteacher"),
    (Asked("empty", "school time", ORDINARY), "the headteacher"),
    (Asked("empty", "night", ORDINARY, named=(Role.DSL,)), "the designated safeguarding lead (DSL)"),
    (Asked("empty", "school time", ORDINARY, about=(HEAD,)), "the chair of governors"),
    (Asked("empty", "school time", ORDINARY, policies=NAMED), "Mrs A. Harrison, the headteacher"),
    (Asked("empty", "school time", ORDINARY, nation="Scotland"), "the headteacher"),
    # child
    (Asked("small", "school time", CHILD), "Mrs Harrison, the designated safeguarding lead (DSL)"),
    (Asked("small", "school time", CHILD, named=(Role.HEADTEACHER,)), "Mrs Harrison, the designated safeguarding lead (DSL)"),
    (Asked("small", "evening", CHILD), "Mrs Harrison, the designated safeguarding lead (DSL), from tomorrow at 8:00"),
    (Asked("small", "Saturday", CHILD), "Mrs Harrison, the designated safeguarding lead (DSL), from Monday at 8:00"),
    (Asked("small", "half-term", CHILD), "Mrs Harrison, the designated safeguarding lead (DSL), from Monday at 8:00"),
    (Asked("small", "bank holiday", CHILD), "Mrs Harrison, the designated safeguarding lead (DSL), from tomorrow at 8:00"),
    (
        Asked("small", "clocks go back", CHILD),
        "Mrs Harrison, the designated safeguarding lead (DSL), from Monday 2 November at 8:00",
    ),
    (Asked("small", "clocks go on", CHILD), "Mrs Harrison, the designated safeguarding lead (DSL), from Tuesday at 8:00"),
    (
        Asked("small", "school time", CHILD, away=(("Mrs Harrison", "2026-11-23 - 2026-12-04"),)),
        "Mr Reed, a deputy safeguarding lead",
    ),
    (
        Asked("small", "evening", CHILD, away=(("Mrs Harrison", "2026-11-23 - 2026-12-04"),)),
        "Mrs Harrison, the designated safeguarding lead (DSL), from Monday 7 December at 8:00",
    ),
    (
        Asked("small", "evening", CHILD, on_call=(("Mr Reed", "Monday-Friday 15:30-22:00"),)),
        "Mr Reed, a deputy safeguarding lead",
    ),
    (
        Asked("small", "school time", CHILD, on_call=(("Mr Reed", "Monday-Friday 7:00-22:00"),)),
        "Mr Reed, a deputy safeguarding lead",
    ),
    (Asked("small", "school time", CHILD, about=(DSL,)), "Mr Reed, a deputy safeguarding lead"),
    (Asked("small", "school time", CHILD, about=(HEAD,)), "Mr Reed, a deputy safeguarding lead"),
    (Asked("small", "school time", CHILD, skipped=("Mrs Harrison",)), "Mr Reed, a deputy safeguarding lead"),
    (
        Asked("small", "school time", CHILD, skipped=("Mrs Harrison", "Mr Reed", "Suffolk social care")),
        "Mrs Osei, the chair of governors, from today at 18:00",
    ),
    (Asked("large", "school time", CHILD), "Mr Okafor, the designated safeguarding lead (DSL)"),
    (Asked("large", "evening", CHILD), "Miss Todd, a deputy safeguarding lead"),
    (Asked("large", "night", CHILD), "Mr Okafor, the designated safeguarding lead (DSL), from today at 8:00"),
    (Asked("large", "Christmas Day", CHILD), "Miss Todd, a deputy safeguarding lead"),
    (
        Asked("large", "school time", CHILD, away=(("Mr Okafor", "2026-11-23 - 2026-11-24"),)),
        "Mrs Pike, a deputy safeguarding lead",
    ),
    (Asked("large", "school time", CHILD, about=(DSL,)), "Mrs Pike, a deputy safeguarding lead"),
    (Asked("large", "school time", CHILD, text="mr okafor was told of the bruises"), "Mrs Pike, a deputy safeguarding lead"),
    (
        Asked(
            "large",
            "before school",
            CHILD,
            away=(("Miss Todd", "2026-11-23"),),
            on_call=(("Dr Shah", "Monday-Friday 6:00-22:00"),),
        ),
        "Dr Shah, the headteacher",
    ),
    (Asked("empty", "school time", CHILD), "the designated safeguarding lead (DSL)"),
    (Asked("empty", "night", CHILD, about=(DSL,)), "a deputy safeguarding lead"),
    (Asked("empty", "school time", CHILD, policies=NAMED), "Mr Ben Okafor, the designated safeguarding lead (DSL)"),
    (Asked("empty", "school time", CHILD, nation="Wales"), "the safeguarding lead"),
    (Asked("empty", "school time", CHILD, nation="Scotland"), "the safeguarding lead"),
    (Asked("empty", "school time", CHILD, nation="Northern Ireland"), "the safeguarding lead"),
    (Asked("large", "evening", CHILD, nation="Wales"), "Miss Todd, a deputy safeguarding lead"),
    # allegation
    (Asked("small", "school time", ALLEGED), "Mrs Harrison, the headteacher"),
    (Asked("small", "school time", ALLEGED, named=(Role.SLT,)), "Mrs Harrison, the headteacher"),
    (Asked("small", "evening", ALLEGED), "Mrs Harrison, the headteacher, from tomorrow at 8:00"),
    (
        Asked("small", "school time", ALLEGED, away=(("Mrs Harrison", "2026-11-23 - 2026-12-04"),)),
        "Mrs Harrison, the headteacher, from Monday 7 December at 8:00",
    ),
    (Asked("small", "school time", ALLEGED, about=(HEAD,)), "Mrs Osei, the chair of governors, from today at 18:00"),
    (
        Asked("small", "school time", ALLEGED, about=(HEAD,), named=(Role.HEADTEACHER,)),
        "Mrs Osei, the chair of governors, from today at 18:00",
    ),
    (Asked("small", "evening", ALLEGED, about=(HEAD,)), "Mrs Osei, the chair of governors"),
    (Asked("small", "school time", ALLEGED, about=(DSL,)), "Mrs Osei, the chair of governors, from today at 18:00"),
    (Asked("small", "school time", ALLEGED, about=(MANAGER,)), "Mrs Osei, the chair of governors, from today at 18:00"),
    (
        Asked("small", "school time", ALLEGED, text="Mrs Harrison shouted at a boy"),
        "Mrs Osei, the chair of governors, from today at 18:00",
    ),
    (Asked("small", "school time", ALLEGED, text="mr reed hit a child"), "Mrs Harrison, the headteacher"),
    (
        Asked(
            "small",
            "school time",
            ALLEGED,
            about=(
                HEAD,
                CHAIR,
            ),
        ),
        "Suffolk's designated officer",
    ),
    (
        Asked("small", "Saturday", ALLEGED, about=(HEAD,), text="the head and mrs osei's nephew"),
        "Suffolk's designated officer, from Monday at 9:00",
    ),
    (Asked("small", "school time", ALLEGED, skipped=("Mrs Harrison",)), "Mrs Osei, the chair of governors, from today at 18:00"),
    (Asked("small", "school time", ALLEGED, skipped=("Mrs Harrison", "Mrs Osei")), "Suffolk's designated officer"),
    (
        Asked("small", "school time", ALLEGED, skipped=("Mrs Harrison", "Mrs Osei", "Suffolk's designated officer")),
        "Suffolk social care",
    ),
    (Asked("large", "school time", ALLEGED, text="Mr Shah grabbed a girl"), "Suffolk's designated officer"),
    (Asked("large", "school time", ALLEGED, text="the pupil said Ms Cole pushed her"), "Dr Shah, the headteacher"),
    (
        Asked(
            "large",
            "school time",
            ALLEGED,
            about=(
                SLT,
                DEPUTY,
            ),
        ),
        "Suffolk's designated officer",
    ),
    (Asked("large", "school time", ALLEGED, about=(DSL,)), "Dr Shah, the headteacher"),
    (Asked("large", "school time", ALLEGED, about=(HEAD,)), "Mr Grant, the chair of governors"),
    (Asked("large", "Christmas Day", ALLEGED), "Dr Shah, the headteacher, from Monday 4 January at 7:30"),
    (
        Asked("large", "Christmas Day", ALLEGED, text="Mr Shah grabbed a girl"),
        "Suffolk's designated officer, from Tuesday at 9:00",
    ),
    (Asked("empty", "school time", ALLEGED), "the headteacher"),
    (Asked("empty", "school time", ALLEGED, about=(HEAD,)), "the chair of governors"),
    (
        Asked(
            "empty",
            "school time",
            ALLEGED,
            about=(
                HEAD,
                CHAIR,
            ),
        ),
        "the designated officer (LADO) at your council",
    ),
    (Asked("empty", "school time", ALLEGED, text="mr okafor hit a child", policies=NAMED), "Mrs A. Harrison, the headteacher"),
    (Asked("empty", "school time", ALLEGED, text="Mrs Harrison hit a child", policies=NAMED), "the chair of governors"),
    (Asked("empty", "school time", ALLEGED, nation="Scotland"), "the headteacher"),
    (Asked("empty", "school time", ALLEGED, about=(HEAD,), nation="Wales"), "the NSPCC Helpline"),
    (
        Asked("small", "school time", ALLEGED, about=(HEAD,), nation="Northern Ireland"),
        "Mrs Osei, the chair of governors, from today at 18:00",
    ),
    (
        Asked("large", "school time", ALLEGED, text="Mr Shah grabbed a girl", nation="Scotland"),
        "Mr Grant, the chair of governors",
    ),
    # threat
    (Asked("small", "school time", THREAT), "Mrs Harrison, the headteacher"),
    (Asked("small", "night", THREAT), "Mrs Harrison, the headteacher, from today at 8:00"),
    (Asked("large", "school time", THREAT, away=(("Dr Shah", "2026-11-23 - 2026-12-04"),)), "Ms Cole, the deputy headteacher"),
    (Asked("large", "evening", THREAT), "Dr Shah, the headteacher, from tomorrow at 7:30"),
    (Asked("large", "school time", THREAT, about=(HEAD,)), "Ms Cole, the deputy headteacher"),
    (Asked("empty", "school time", THREAT), "the headteacher"),
    (Asked("empty", "school time", THREAT, nation="Scotland"), "the headteacher"),
    # whistleblowing
    (Asked("small", "school time", WHISTLE), "Mrs Harrison, the headteacher"),
    (Asked("small", "school time", WHISTLE, named=(Role.GOVERNORS,)), "Mrs Osei, the chair of governors, from today at 18:00"),
    (
        Asked("small", "school time", WHISTLE, about=(HEAD,), named=(Role.HEADTEACHER,)),
        "Mrs Osei, the chair of governors, from today at 18:00",
    ),
    (
        Asked(
            "small",
            "school time",
            WHISTLE,
            about=(
                HEAD,
                CHAIR,
            ),
        ),
        "the NSPCC Whistleblowing Advice Line",
    ),
    (Asked("large", "school time", WHISTLE, about=(MANAGER,), named=(Role.LINE_MANAGER,)), "Mr Grant, the chair of governors"),
    (Asked("large", "school time", WHISTLE, text="Mr Shah is fiddling the trips money"), "Mr Grant, the chair of governors"),
    (Asked("empty", "school time", WHISTLE), "the headteacher"),
    (Asked("empty", "school time", WHISTLE, about=(HEAD,), nation="Scotland"), "the NSPCC Helpline"),
    # grievance
    (Asked("small", "school time", GRIEVANCE), "Mrs Harrison, the headteacher"),
    (Asked("small", "school time", GRIEVANCE, named=(Role.LINE_MANAGER,)), "Mrs Harrison, your line manager"),
    (Asked("small", "school time", GRIEVANCE, about=(MANAGER,)), "Mrs Osei, the chair of governors, from today at 18:00"),
    (Asked("large", "school time", GRIEVANCE, about=(MANAGER,), named=(Role.LINE_MANAGER,)), "Mr Grant, the chair of governors"),
    (
        Asked("large", "school time", GRIEVANCE, named=(Role.LINE_MANAGER,), text="Mrs Nolan bullies me"),
        "Dr Shah, the headteacher",
    ),
    (Asked("large", "school time", GRIEVANCE, about=(HEAD,), named=(Role.HEADTEACHER,)), "Mr Grant, the chair of governors"),
    (
        Asked(
            "empty",
            "school time",
            GRIEVANCE,
            about=(
                HEAD,
                CHAIR,
            ),
        ),
        "the local authority",
    ),
    (Asked("empty", "school time", GRIEVANCE, skipped=("headteacher",)), "the chair of governors"),
]


def test_the_table_holds_each_route_hour_school_and_nation() -> None:
    cases = [asked for asked, _ in CASES]
    assert {asked.route for asked in cases} == set(Route)
    assert {asked.time for asked in cases} == set(TIMES)
    assert {asked.school for asked in cases} == set(BOOKS)
    assert {asked.nation for asked in cases} == {"England", "Wales", "Scotland", "Northern Ireland"}


@pytest.mark.parametrize(("asked", "first"), CASES)
def test_whom_staff_turn_to_first(asked: Asked, first: str) -> None:
    step = line(asked)[0]
    assert (f"{step.words}, from {step.when}" if step.when else step.words) == first


WHY = [
    # case, why the first of the line is it
    (Asked("small", "school time", CHILD), None),
    (
        Asked("small", "school time", CHILD, named=(Role.HEADTEACHER,)),
        "Your policy's rule names the headteacher. A concern about a child goes to the safeguarding lead first.",
    ),
    (
        Asked("small", "school time", CHILD, named=(Role.HEADTEACHER,), nation="Wales"),
        "Your policy's rule names the headteacher.",
    ),
    (
        Asked("small", "school time", ALLEGED, named=(Role.HEADTEACHER,), about=(HEAD,)),
        "Your policy's rule names the headteacher. This is about the headteacher.",
    ),
    (
        Asked("small", "school time", ALLEGED, about=(DSL,)),
        "This is about the designated safeguarding lead (DSL), who is also the headteacher.",
    ),
    (Asked("small", "school time", ALLEGED, text="mrs harrison hit a boy"), "Your question names Mrs Harrison."),
    (
        Asked("large", "school time", ALLEGED, text="Mr Shah hit a boy"),
        "Dr Shah, the headteacher, has a declared conflict of interest.",
    ),
    (
        Asked("small", "school time", ALLEGED, skipped=("Mrs Harrison",)),
        "You asked for somebody other than Mrs Harrison.",
    ),
    (Asked("empty", "school time", ALLEGED, skipped=("headteacher",)), "You asked for somebody other than the headteacher."),
    (
        Asked("large", "school time", ORDINARY, away=(("Dr Shah", "2026-11-20 - 2026-12-04"),)),
        "The headteacher is away until 4 December.",
    ),
    (Asked("large", "school time", ORDINARY, away=(("Dr Shah", "2026-11-23"),)), "The headteacher is away today."),
    (
        Asked("large", "evening", CHILD),
        "The designated safeguarding lead (DSL) can be reached from tomorrow at 8:00.",
    ),
    (
        Asked("large", "school time", GRIEVANCE, named=(Role.LINE_MANAGER,), text="Mrs Nolan shouts at me"),
        "Your policy's rule names your line manager. This may be about your line manager.",
    ),
]


@pytest.mark.parametrize(("asked", "why"), WHY)
def test_the_line_says_why_it_is_somebody_else_than_the_clause_or_the_route_names(asked: Asked, why: str | None) -> None:
    first, *others = line(asked)
    assert first.why == why
    assert {step.why for step in others} <= {None}


# Who is never in a line

_NAMES = sorted({one.name for book in BOOKS.values() for one in book.contacts})
_TEXTS = st.lists(st.sampled_from([*_NAMES, "mr shah", "Harrison", "a boy", "was hit by", "the head"]), max_size=4).map(" ".join)
_ASKED = st.builds(
    Asked,
    school=st.sampled_from(sorted(BOOKS)),
    time=st.sampled_from(sorted(TIMES)),
    route=st.sampled_from(Route),
    about=st.lists(st.sampled_from(ContactRole), unique=True, max_size=4).map(tuple),
    named=st.lists(st.sampled_from(Role), unique=True, max_size=3).map(tuple),
    text=_TEXTS,
    skipped=st.lists(st.sampled_from([*_NAMES, *ContactRole]), unique=True, max_size=6).map(tuple),
    away=st.lists(st.tuples(st.sampled_from(_NAMES), st.just("2026-10-20 - 2026-11-27")), max_size=3).map(tuple),
    on_call=st.lists(st.tuples(st.sampled_from(_NAMES), st.just("Monday-Sunday 0:00-20:00")), max_size=2).map(tuple),
    policies=st.sampled_from([(), NAMED]),
    nation=st.sampled_from(["England", "Wales", "Scotland", "Northern Ireland"]),
)


@given(asked=_ASKED)
@settings(max_examples=400, deadline=None)
def test_nobody_whom_it_is_about_or_names_nor_in_conflict_with_them_nor_declined_is_in_the_line(asked: Asked) -> None:
    steps = line(asked)
    contacts = {one.name: one for one in BOOKS[asked.school].contacts}
    subjects = {one.name for one in contacts.values() if set(one.roles) & set(asked.about)}
    if asked.route is not ORDINARY:
        subjects |= {one.name for one in contacts.values() if one.name in asked.text}
    declared = {frozenset((one.name, other)) for one in contacts.values() for other in one.conflicts}
    in_conflict = {name for pair in declared for name in pair if pair & subjects and name not in subjects}
    assert steps
    assert len({step.key for step in steps}) == len(steps)
    for step in steps:
        assert step.name not in subjects | in_conflict
        assert step.role not in asked.about or step == steps[-1]
        # Whoever declines everybody is still told of one outside body.
        assert step.key not in {shortened(name) for name in asked.skipped} or len(steps) == 1
        assert not (step.name and step.role in asked.about)


def test_no_role_of_somebody_declined_comes_again() -> None:
    keys = {step.key for step in line(Asked("small", "school time", CHILD, skipped=("Mrs Harrison",)))}
    assert shortened("Mrs Harrison") not in keys


def test_pressing_not_this_person_leads_on_to_an_outside_body_and_ends_there() -> None:
    asked = Asked("small", "school time", ALLEGED)
    seen: list[str] = []
    skipped: list[str] = []
    for _ in range(6):
        first = directory(asked).line(ALLEGED, skipped=skipped)[0]
        seen.append(first.words)
        skipped.append(first.key)
    assert seen == [
        "Mrs Harrison, the headteacher",
        "Mrs Osei, the chair of governors",
        "Suffolk's designated officer",
        "Suffolk social care",
        "the NSPCC Whistleblowing Advice Line",
        "the NSPCC Whistleblowing Advice Line",
    ]


# What is known of one step


def test_a_step_tells_how_and_from_when_somebody_is_reached() -> None:
    (first, *_) = line(Asked("small", "Saturday", ORDINARY))
    assert (first.role, first.name, first.how, first.when) == (HEAD, "Mrs Harrison", "01632 960000", "Monday at 8:00")
    assert first.in_full == "Mrs Harrison, the headteacher: 01632 960000, from Monday at 8:00"
    assert first.key == shortened("Mrs Harrison")


def test_an_email_address_stands_beside_the_numbers() -> None:
    step = Step(role=OFFICE, office="the school office", key="", name="Front office", phones=("1", "2"), email="a@b.example")
    assert (step.how, step.words) == ("1, 2, a@b.example", "Front office")


def test_on_call_hours_that_somebody_set_herself_win_over_those_of_the_book() -> None:
    asked = Asked("small", "school time", ORDINARY, on_call=(("Mrs Harrison", "Monday-Friday 12:00-13:00"),))
    first = line(asked)[0]
    assert (first.name, first.when, first.person_id, first.alertable) == ("Mrs Harrison", "today at 12:00", 1, True)
    assert (
        line(Asked("small", "school time", ORDINARY))[0].person_id,
        line(Asked("small", "school time", ORDINARY))[0].alertable,
    ) == (
        None,
        False,
    )


def test_a_name_in_a_policy_fills_only_a_role_that_the_book_leaves_open() -> None:
    assert line(Asked("small", "school time", ORDINARY, policies=NAMED))[0].name == "Mrs Harrison"
    assert line(Asked("empty", "school time", ORDINARY, policies=NAMED))[0].name == "Mrs A. Harrison"


def test_somebody_whom_a_policy_names_in_a_second_role_is_one_person() -> None:
    book = ContactBook(contacts=(contact("Mrs Harrison", DSL),))
    known = directory_of(School("x", "X", "X"), NAMED, book, {}, moment("school time"))
    (deputy, *_) = known.line(CHILD, about=(HEAD,))
    assert deputy.words == "a deputy safeguarding lead"
    assert deputy.why == "This is about the headteacher, who is also the designated safeguarding lead (DSL)."


def test_where_the_hours_are_not_known_nothing_is_said_of_them_unless_somebody_is_away() -> None:
    away = replace(contact("Mrs Harrison", HEAD), away=(read_days("2026-11-23 - 2026-11-27"),))
    for one, when in ((contact("Mrs Harrison", HEAD), None), (away, "Monday 30 November")):
        known = directory_of(School("x", "X", "X"), (), ContactBook(contacts=(one,)), {}, moment("school time"))
        assert known.nearest(()).when == when


def test_a_national_number_that_the_school_changed_is_the_one_printed() -> None:
    book = ContactBook(numbers={"nspcc_helpline": ChangedNumber("0800 111222", "2027-01")})
    known = directory_of(School("x", "X", "X"), (), book, {}, moment("school time"))
    assert known.line(CHILD)[-1].phones == ("0800 111222",)
    assert (known.number(NSPCC_HELPLINE), known.number(EMERGENCY)) == ("0800 111222", "999")


def test_of_no_known_school_there_are_roles_in_words_and_national_numbers() -> None:
    for route in Route:
        assert {step.name for step in NO_SCHOOL.line(route)} == {None}


def test_a_question_about_a_senior_leader_may_be_about_the_deputy_headteacher() -> None:
    assert about_roles([Role.SLT, Role.HEADTEACHER]) == (HEAD, DEPUTY, SLT)


SAME = [
    ("Mr S. Pugh", "Mr Pugh", True),
    ("Mr Stephen Pugh", "Mr S Pugh", True),
    ("Mrs Harrison", "Ada Harrison", True),
    ("Dr Shah", "Mr Shah", True),
    ("Mr O’Brien", "mr o'brien", True),
    ("Mr Reed", "Mrs Reed", False),
    ("Ada Harrison", "Anne Harrison", False),
    ("Mr Reed", "Mr Read", False),
    ("School office", "Trust office", False),
]


@pytest.mark.parametrize(("name", "other", "same"), SAME)
def test_two_forms_of_a_name_may_be_one_persons(name: str, other: str, same: bool) -> None:
    assert may_be_one(name, other) is same
    assert may_be_one(other, name) is same


MENTIONED = [
    # the headteacher's name, what was written, whether it names her
    ("Mrs Harrison", "mrs harrison shouted at a boy", True),
    ("Mrs Harrison", "Harrison's been drinking", True),
    ("Mrs Harrison", "Mr Harrison the caretaker hit a boy", False),
    ("Mrs Harrison", "a TA hit a boy", False),
    ("Mr O'Brien", "o’brien grabbed him", True),
    ("Ms Smith-Jones", "smith jones grabbed him", True),
    ("Mrs Young", "a young boy was hit", False),
    ("Mrs Young", "mrs young hit a boy", True),
    ("Mrs Young", "a boy says Young hit him", True),
    ("Miss Zoë Day", "the other day a TA hit a boy", False),
    ("Miss Zoë Day", "zoe day hit a boy", True),
]


@pytest.mark.parametrize(("name", "text", "named"), MENTIONED)
def test_whoever_the_text_names_is_not_told_of_it(name: str, text: str, named: bool) -> None:
    book = ContactBook(contacts=(contact(name, HEAD), contact("Mrs Osei", CHAIR)))
    known = directory_of(School("x", "X", "X"), (), book, {}, moment("school time"))
    for route in COMPLAINTS:
        assert known.line(route, mentioned=text)[0].name == ("Mrs Osei" if named else name)
    assert known.line(ORDINARY, mentioned=text)[0].name == name


def test_an_office_is_named_by_its_whole_name_alone() -> None:
    asked = Asked("small", "school time", ALLEGED, about=(HEAD, CHAIR), text="the police officer hit a boy")
    assert line(asked)[0].name == "Suffolk's designated officer"


# The page


def as_markdown() -> str:
    """Return the table as the page that is shipped."""
    about = {
        "small": "one person is headteacher, DSL and line manager",
        "large": "a deputy, three who lead on safeguarding, two line managers; Dr Shah, the headteacher, has declared a conflict "
        "of interest with Mr Shah, who is a senior leader and a line manager",
        "empty": "nothing filled in",
    }
    lines = [
        "# Whom staff are told to turn to",
        "",
        "The cases that `tests/bot/test_directory.py` holds the code against; running it writes this page. Each line begins",
        "with the first to turn to; the next comes where the one before cannot be reached or is declined. Where each rule comes",
        "from is said in [safeguarding.md](safeguarding.md). The schools are made up:",
        "",
        *(f"- **{school}**: {words}." for school, words in about.items()),
        "",
        *_people("small"),
        "",
        *_people("large"),
    ]
    for route in Route:
        lines += [
            "",
            f"## {route.value.capitalize()}",
            "",
            "| school | when | what is known | whom to turn to | why |",
            "|---|---|---|---|---|",
        ]
        for asked, _ in CASES:
            if asked.route is route:
                words, why = told(asked)
                lines.append(
                    f"| {asked.school} | {_when(asked)} | {_known(asked)} | {words.replace(' > ', '; ')} | {why or ''} |"
                )
    return "\n".join(lines) + "\n"


def _people(school: str) -> Sequence[str]:
    rows = [
        f"| {one.name} | {', '.join(role.value.replace('_', ' ') for role in one.roles)} | "
        f"{spoken_hours(one.hours) if one.hours else 'the school’s'} |"
        for one in BOOKS[school].contacts
    ]
    return [f"| {school} | roles | hours |", "|---|---|---|", *rows]


def _when(asked: Asked) -> str:
    local = datetime.fromisoformat(TIMES[asked.time])
    return f"{asked.time}: {local:%a} {local.day} {local:%b %Y, %H:%M}"


def _known(asked: Asked) -> str:
    said = [
        asked.nation if asked.nation != "England" else "",
        f"about {', '.join(role.value.replace('_', ' ') for role in asked.about)}" if asked.about else "",
        f"the clause names {', '.join(role.value.replace('_', ' ') for role in asked.named)}" if asked.named else "",
        f"“{asked.text}”" if asked.text else "",
        f"not {', not '.join(asked.skipped)}" if asked.skipped else "",
        *(f"{name} away {days}" for name, days in asked.away),
        *(f"{name} on call {at}" for name, at in asked.on_call),
        "policies name Mrs A. Harrison (headteacher) and Mr Ben Okafor (DSL)" if asked.policies else "",
    ]
    return "; ".join(filter(None, said))


def test_the_page_says_what_the_code_does() -> None:
    assert DOCS.read_text(encoding="utf-8") == as_markdown()


if __name__ == "__main__":
    DOCS.write_text(as_markdown(), encoding="utf-8")
