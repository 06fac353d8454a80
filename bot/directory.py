"""Whom to turn to at one school at one moment: the line of those who may be told, best first, by the route that a question takes.

docs/safeguarding.md says which rule comes from which source, docs/whom-to-tell.md what comes of them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from bot.clock import LONDON, day_of
from bot.contact_book import Contact, ContactBook, ContactRole
from bot.duty import Duty
from bot.left_out import LeftOut, leave_out, may_be_one, with_offices
from bot.national_numbers import CHANGEABLE, NSPCC_HELPLINE, NSPCC_WHISTLEBLOWING, POLICE, NationalNumber
from bot.school_year import SchoolYear, WeeklyHours, last_day, spoken_when
from bot.short_names import shortened
from bot.steps import ENGLAND, OUTSIDE, Step, role_words
from corpus.clause import Policy, Role
from corpus.versions import School


class Route(StrEnum):
    """Which way a question goes to people; CHILD is that of an image too."""

    ORDINARY = "ordinary"
    CHILD = "child"
    ALLEGATION = "allegation"
    THREAT = "threat"
    WHISTLEBLOWING = "whistleblowing"
    GRIEVANCE = "grievance"


# On these a question is about how somebody at work behaves.
COMPLAINTS = frozenset({Route.ALLEGATION, Route.WHISTLEBLOWING, Route.GRIEVANCE})
# On these whoever can be reached now comes first.
_AT_ONCE = frozenset({Route.CHILD, Route.THREAT})
# Whom staff speak to first, where a clause names several.
_NEAREST_FIRST = (
    ContactRole.HEADTEACHER,
    ContactRole.DSL,
    ContactRole.LINE_MANAGER,
    ContactRole.SLT,
    ContactRole.GOVERNORS,
    ContactRole.LOCAL_AUTHORITY,
    ContactRole.POLICE,
)
_STAND_INS = {ContactRole.HEADTEACHER: ContactRole.DEPUTY_HEADTEACHER, ContactRole.DSL: ContactRole.DEPUTY_DSL}
# Roles that not every school has, or whose bearer it must have said: where nobody is known in them they are passed over.
_ONLY_IF_ENTERED = frozenset({ContactRole.DEPUTY_HEADTEACHER, ContactRole.SOCIAL_CARE_OUT_OF_HOURS, ContactRole.IT})
# Outside England these are not sent for by a rule of England's: they come in only where the school has entered them.
_ENGLANDS = frozenset(
    {
        ContactRole.DEPUTY_DSL,
        ContactRole.GOVERNORS,
        ContactRole.DESIGNATED_OFFICER,
        ContactRole.SOCIAL_CARE,
        ContactRole.LOCAL_AUTHORITY,
    }
)
_SAYS_WHY = {
    Route.CHILD: "A concern about a child goes to the safeguarding lead first.",
    Route.ALLEGATION: "A concern about a colleague goes to the headteacher.",
    Route.THREAT: "A threat goes to the headteacher or a deputy.",
}
_KEYS = {number: key for key, number in CHANGEABLE.items()}
_MOST_REASONS = 2


class _Reach(Struct, frozen=True):
    """When somebody can be reached: `now` is None where that is not known; `away` is the last day of being away now."""

    now: bool | None
    opens: datetime | None = None
    away: date | None = None


class Directory:
    """Whom to turn to at a school at a moment."""

    def __init__(
        self,
        school: School,
        book: ContactBook,
        year: SchoolYear,
        policies: Sequence[Policy],
        *,
        duties: Mapping[str, Duty],
        now: datetime,
    ) -> None:
        """Keep what is known of a school's people; `duties` are by the names of contacts, `now` is in UTC as the store keeps it.

        A role that the book leaves open is filled by the name that a policy gives for it.
        """
        self.nation = school.nation
        self._book = book
        self._year = year
        self._duties = duties
        self._now = now
        self.contacts = _with_those_named(book.contacts, policies)
        self._reached: dict[tuple[str | None, ContactRole], _Reach] = {}

    @property
    def in_england(self) -> bool:
        """Whether the rules of Keeping Children Safe in Education hold."""
        return self.nation == ENGLAND

    def number(self, national: NationalNumber) -> str:
        """Return a national number as the school has it."""
        key = _KEYS.get(national)
        return self._book.national(key).number if key else national.number

    def reach(self, contact: Contact, role: ContactRole) -> Step:
        """Return how and when a contact is reached in a role."""
        reach = self._reach(contact, role)
        duty = self._duties.get(contact.name)
        return Step(
            role=role,
            office=role_words(role, self.nation),
            key=shortened(contact.name),
            name=contact.name,
            phones=contact.phones,
            email=contact.email,
            when=self._spoken(reach),
            person_id=duty.person_id if duty else None,
            alertable=bool(duty and duty.alertable),
        )

    def everybody(self) -> tuple[Step, ...]:
        """Return how and when each contact is reached, in the order of the book, in the first of their roles."""
        return tuple(self.reach(contact, contact.roles[0]) for contact in self.contacts)

    def nearest(self, roles: Iterable[Role]) -> Step:
        """Return whom staff speak to about an ordinary matter: the nearest of `roles`, the headteacher where there is none."""
        return self.line(Route.ORDINARY, named=roles)[0]

    def line(
        self,
        route: Route,
        *,
        named: Iterable[Role] = (),
        about: Iterable[ContactRole] = (),
        mentioned: str = "",
        skipped: Collection[str] = (),
    ) -> tuple[Step, ...]:
        """Return those to turn to, best first; never empty.

        `named` are the roles that the governing clause names, `about` those of the people whom the question is about, `mentioned`
        is its text, and `skipped` the keys of steps that the asker declined, or their beginnings. Nobody whom the question is
        about is in the line in any role; nor, unless it is an ordinary one, whom it names; nor who has declared a conflict of
        interest with one of them.
        """
        left = self._left_out(route, about, mentioned, self._whole(skipped))
        roles = _in_order(named)
        ranks = self._ranks(route, roles, left)
        found = [step for rank in ranks for step in self._of_rank(route, rank, left, roles)]
        if route is Route.CHILD or (route is Route.ALLEGATION and not _reachable(found)):
            found += self._social_care(left)
        found += [step for step in self._outside(route, left) if step.key not in left.declined]
        steps: dict[str, Step] = {}
        for step in found or [self._last_resort(route)]:
            steps.setdefault(step.key, step)  # somebody with several roles is told in the first of them
        first, *others = steps.values()
        return (replace(first, why=self._why(route, ranks, first, left, roles)), *others)

    def with_offices(self, text: str) -> str:
        """Return a text in which those in power whom it names are called by their offices."""
        return with_offices(text, self.contacts, self.nation)

    def left_out(self, route: Route, about: Iterable[ContactRole], mentioned: str) -> tuple[str, ...]:
        """Return the keys of the contacts whom a question leaves out, so that they stay left out when its text is gone."""
        return tuple(shortened(name) for name in self._left_out(route, about, mentioned, ()).contacts)

    def _left_out(self, route: Route, about: Iterable[ContactRole], mentioned: str, declined: Collection[str]) -> LeftOut:
        return leave_out(
            self.contacts,
            about=frozenset(about),
            mentioned="" if route is Route.ORDINARY else mentioned,
            declined=declined,
            complaint=route in COMPLAINTS,
            nation=self.nation,
        )

    def _whole(self, beginnings: Collection[str]) -> list[str]:
        """Return the keys that begin so: where two do, both, since whom the asker declined is never to be told."""
        names = (*(contact.name for contact in self.contacts), *ContactRole, *(number.name for number in CHANGEABLE.values()))
        return [key for key in map(shortened, names) if key.startswith(tuple(beginnings))] if beginnings else []

    def _ranks(self, route: Route, named: Sequence[ContactRole], left: LeftOut) -> list[tuple[ContactRole, ...]]:
        """Return the roles that a route goes to, in order; those of one rank may change places."""
        head, chair = ContactRole.HEADTEACHER, ContactRole.GOVERNORS
        headless = self._is_left_out(head, left)
        match route:
            case Route.CHILD:
                return [(ContactRole.DSL, ContactRole.DEPUTY_DSL, head, *((chair,) if headless else ()))]
            case Route.THREAT:
                return [(head, ContactRole.DEPUTY_HEADTEACHER), *([(chair,)] if headless else [])]
            case Route.ALLEGATION:
                return [(role,) for role in self._told_of_colleagues(left)]
            case Route.WHISTLEBLOWING | Route.GRIEVANCE:
                asked = dict.fromkeys((*named, head, *((chair,) if headless else ())))
                return [(role,) for role in asked]
            case Route.ORDINARY:
                ranks = [(role, _STAND_INS[role]) if role in _STAND_INS else (role,) for role in dict.fromkeys((*named, head))]
                # Her own deputy does not settle what is about her.
                return [(head, chair, *rank[1:]) if rank[0] is head and self._is_about(head, left) else rank for rank in ranks]

    def _told_of_colleagues(self, left: LeftOut) -> Iterator[ContactRole]:
        """Yield who is told of an allegation about a colleague (KCSIE, Part one).

        The headteacher; about her, the chair of governors; where that is no way either, or telling her would be a conflict of
        interest, the designated officer. A headteacher who is away is told all the same.
        """
        head, chair = ContactRole.HEADTEACHER, ContactRole.GOVERNORS
        yield head
        if not self._is_left_out(head, left):
            return
        conflict = any(contact.name in left.by_conflict for contact in self._holders(head))
        if not (conflict and self.in_england):
            yield chair
        if conflict or self._is_left_out(chair, left):
            yield ContactRole.DESIGNATED_OFFICER if self.in_england else ContactRole.LOCAL_AUTHORITY

    def _of_rank(self, route: Route, roles: Sequence[ContactRole], left: LeftOut, named: Collection[ContactRole]) -> list[Step]:
        """Return the steps of those in the roles of a rank who may be told, best first."""
        found: list[tuple[tuple[int, ...], Step]] = []
        for position, role in enumerate(roles):
            for contact in self._holders(role):
                if contact.name not in left.contacts:
                    reach = self._reach(contact, role)
                    order = _order(route, role, position, reach, on_call=self._is_on_call(contact))
                    found.append((order, self.reach(contact, role)))
            if self._is_spoken_of(role, left, named):
                reach = self._reach(None, role)
                found.append((_order(route, role, position, reach, on_call=False), self._in_words(role)))
        return [step for _, step in sorted(found, key=lambda pair: pair[0])]

    def _is_spoken_of(self, role: ContactRole, left: LeftOut, named: Collection[ContactRole]) -> bool:
        """Tell whether a role is given in words: nobody is known in it, and it is one that there is."""
        if self._holders(role) or role in left.roles or shortened(role) in left.declined:
            return False
        if self._may_be_left_out(role, left):
            return False
        return role in named or not (role in _ONLY_IF_ENTERED or (not self.in_england and role in _ENGLANDS))

    def _may_be_left_out(self, role: ContactRole, left: LeftOut) -> bool:
        """Tell whether one of several in a role is left out, of whom nobody knows which is the asker's: a line manager."""
        return any(role in contact.roles and contact.name in left.contacts for contact in self.contacts)

    def _in_words(self, role: ContactRole) -> Step:
        reach = self._reach(None, role)
        return Step(role=role, office=role_words(role, self.nation), key=shortened(role), when=self._spoken(reach))

    def _social_care(self, left: LeftOut) -> list[Step]:
        """Return children's social care by the number that holds now, by both where nobody knows which does."""
        by_day = self._of_rank(Route.ORDINARY, (ContactRole.SOCIAL_CARE,), left, ())
        by_night = self._of_rank(Route.ORDINARY, (ContactRole.SOCIAL_CARE_OUT_OF_HOURS,), left, ())
        held = [self._reach(contact, ContactRole.SOCIAL_CARE).now for contact in self._holders(ContactRole.SOCIAL_CARE)]
        if True in held:
            return by_day
        if held and None not in held:
            return by_night or by_day
        return [*by_day, *by_night]

    def _outside(self, route: Route, left: LeftOut) -> list[Step]:
        """Return what a line ends with: an outside body; of what stays inside the school its office."""
        last = {Route.GRIEVANCE: ContactRole.LOCAL_AUTHORITY, Route.ORDINARY: ContactRole.OFFICE}.get(route)
        if last:
            return self._of_rank(route, (last,), left, ())
        return [self._last_resort(route)]

    def _last_resort(self, route: Route) -> Step:
        """Return whom anybody may always turn to."""
        match route:
            case Route.CHILD:
                return self._national(NSPCC_HELPLINE)
            case Route.ALLEGATION | Route.WHISTLEBLOWING:
                return self._national(NSPCC_WHISTLEBLOWING if self.in_england else NSPCC_HELPLINE)
            case Route.THREAT:
                entered = self._holders(ContactRole.POLICE)
                numbered = replace(self._in_words(ContactRole.POLICE), phones=(self.number(POLICE),))
                return self.reach(entered[0], ContactRole.POLICE) if entered else numbered
            case Route.GRIEVANCE | Route.ORDINARY:
                return self._in_words(ContactRole.LOCAL_AUTHORITY)

    def _national(self, body: NationalNumber) -> Step:
        return Step(role=None, office=f"the {body.name}", key=shortened(body.name), phones=(self.number(body),))

    def _why(
        self,
        route: Route,
        ranks: Sequence[Sequence[ContactRole]],
        first: Step,
        left: LeftOut,
        named: Sequence[ContactRole],
    ) -> str | None:
        """Return why the first of a line is it, None where it is whom the clause and the route name."""
        in_order = [role for rank in ranks for role in rank]
        before = in_order[: in_order.index(first.role) + 1] if first.role in in_order else in_order
        reasons = list(dict.fromkeys(self._passed_over(before, first, left)))[:_MOST_REASONS]
        meant = {*named, *(_STAND_INS.get(role) for role in named)}
        if named and first.role not in meant:
            if not reasons and self.in_england:
                reasons = [_SAYS_WHY[route]] if route in _SAYS_WHY else []
            reasons.insert(0, f"Your policy's rule names {role_words(named[0], self.nation)}.")
        return " ".join(reasons) or None

    def _passed_over(self, roles: Sequence[ContactRole], first: Step, left: LeftOut) -> Iterator[str]:
        """Yield why those in the roles up to that of the first of a line were passed over."""
        for role in roles:
            holders = self._holders(role)
            who = role_words(role, self.nation)
            if not holders and role in left.roles:
                yield f"This is about {who}."
            elif not holders and shortened(role) in left.declined:
                yield f"You asked for somebody other than {who}."
            elif not holders and self._may_be_left_out(role, left):
                yield f"This may be about {who}."
            for contact in holders:
                concerned = [one for one in contact.roles if one in left.roles]
                if contact.name == first.name:
                    continue
                if role in concerned:
                    yield f"This is about {who}."
                elif concerned:
                    yield f"This is about {role_words(concerned[0], self.nation)}, who is also {who}."
                elif contact.name in left.contacts:
                    yield left.contacts[contact.name]
                elif role != first.role and (said := self._is_absent(contact, role)):
                    yield said

    def _is_absent(self, contact: Contact, role: ContactRole) -> str | None:
        """Return that a contact cannot be reached now, in a sentence, None where that is not known."""
        reach = self._reach(contact, role)
        who = role_words(role, self.nation)
        who = f"{who[0].upper()}{who[1:]}"
        if reach.away == day_of(self._now):
            return f"{who} is away today."
        if reach.away:
            return f"{who} is away until {reach.away.day} {reach.away:%B}."
        when = self._spoken(reach)
        return f"{who} can be reached from {when}." if when else None

    def _is_left_out(self, role: ContactRole, left: LeftOut) -> bool:
        """Tell whether nothing goes to a role: whoever is in it is left out."""
        holders = self._holders(role)
        if not holders:
            return role in left.roles or shortened(role) in left.declined
        return all(contact.name in left.contacts for contact in holders)

    def _holders(self, role: ContactRole) -> list[Contact]:
        """Return the contacts in a role; of line managers only where there is one, since nobody knows whose the others are."""
        holders = [contact for contact in self.contacts if role in contact.roles]
        return [] if role is ContactRole.LINE_MANAGER and len(holders) > 1 else holders

    def _is_about(self, role: ContactRole, left: LeftOut) -> bool:
        """Tell whether the question is about somebody in a role, by that role or another."""
        held = {one for contact in self._holders(role) for one in contact.roles} | {role}
        return not held.isdisjoint(left.roles)

    def _is_on_call(self, contact: Contact) -> bool:
        duty = self._duties.get(contact.name)
        return bool(duty and duty.hours and self._year.includes(duty.hours, self._now))

    def _reach(self, contact: Contact | None, role: ContactRole) -> _Reach:
        """Return when a contact can be reached in a role, None for a role in which nobody is known."""
        key = (contact.name if contact else None, role)
        if key not in self._reached:
            self._reached[key] = self._find_reach(contact, role)
        return self._reached[key]

    def _find_reach(self, contact: Contact | None, role: ContactRole) -> _Reach:
        hours = self._hours(contact, role)
        days = contact.away if contact else ()
        away = last_day(days, day_of(self._now))
        if hours is None:
            return _Reach(None if away is None else False, self._after(away) if away else None, away)
        opens = self._year.next_opening(hours, self._now, days)
        return _Reach(opens == self._now, opens, away)

    def _hours(self, contact: Contact | None, role: ContactRole) -> WeeklyHours | None:
        """Return the hours of a contact in a role: those that she set herself, those of the book, or the school's."""
        duty = self._duties.get(contact.name) if contact else None
        own = (duty.hours if duty else None) or (contact.hours if contact else None)
        if own or role in OUTSIDE:
            return own
        return (self._book.office_hours if role is ContactRole.OFFICE else None) or self._book.hours

    def _after(self, away: date) -> datetime:
        """Return the beginning of the first school day after somebody is away, where her hours are not known."""
        later = (away + timedelta(days=ahead) for ahead in range(1, 400))
        return _midnight(next(filter(self._year.is_school_day, later), away + timedelta(days=1)))

    def _spoken(self, reach: _Reach) -> str | None:
        if reach.now is not False or reach.opens is None:
            return None
        said = spoken_when(reach.opens, self._now)
        return said.removesuffix(" at 0:00")


def directory_of(
    school: School, policies: Sequence[Policy], book: ContactBook, duties: Mapping[str, Duty], now: datetime
) -> Directory:
    """Return whom to turn to at a school now, by what it wrote and its policies say; `now` is in UTC as the store keeps it."""
    return Directory(school, book, book.year(school.nation), policies, duties=duties, now=now)


def about_roles(roles: Iterable[Role]) -> tuple[ContactRole, ...]:
    """Return the roles of those whom a question is about; who speaks of a senior leader may mean the deputy headteacher."""
    found = {ContactRole(role) for role in roles}
    if ContactRole.SLT in found:
        found.add(ContactRole.DEPUTY_HEADTEACHER)
    return tuple(role for role in ContactRole if role in found)


def _in_order(named: Iterable[Role]) -> list[ContactRole]:
    roles = {ContactRole(role) for role in named}
    return [role for role in _NEAREST_FIRST if role in roles]


def _order(route: Route, role: ContactRole, position: int, reach: _Reach, *, on_call: bool) -> tuple[int, ...]:
    """Return by what those of a rank stand in order.

    Where it presses, whoever can be reached now comes first, and the safeguarding leads before the headteacher unless none of
    them can be. On an ordinary matter whoever is away for days makes room. Otherwise the roles alone decide.
    """
    ready = {True: 0, None: 1, False: 3}[reach.now]
    if route in _AT_ONCE:
        if route is Route.CHILD and role in (ContactRole.HEADTEACHER, ContactRole.GOVERNORS):
            ready = 2 if reach.now else 4
        return ready, not on_call, position
    away = route is Route.ORDINARY and reach.away is not None
    return away, position, ready


def _reachable(steps: Sequence[Step]) -> bool:
    return any(step.when is None for step in steps)


def _midnight(day: date) -> datetime:
    """Return when a day begins by the clocks of London, in UTC as the store keeps it."""
    return datetime.combine(day, time(0), LONDON).astimezone(UTC).replace(tzinfo=None)


def _with_those_named(contacts: Sequence[Contact], policies: Iterable[Policy]) -> tuple[Contact, ...]:
    """Return the contacts of a book, with the first name that a policy gives for each role that it leaves open."""
    held = {role for contact in contacts for role in contact.roles}
    known = list(contacts)
    for person in (person for policy in policies for person in policy.people):
        role = ContactRole(person.role)
        if role in held:
            continue
        held.add(role)
        same = next((number for number, one in enumerate(known) if may_be_one(one.name, person.name)), None)
        if same is None:
            known.append(Contact(person.name, (role,)))
        else:
            known[same] = replace(known[same], roles=(*known[same].roles, role))
    return tuple(known)


# Where nobody knows of which school somebody asks: roles in words and national numbers, by the rules of England.
NO_SCHOOL = directory_of(School("", "", ""), (), ContactBook(), {}, datetime(1970, 1, 1))  # noqa: DTZ001  any time does
