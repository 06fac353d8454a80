"""The pages of who may ask: invited, looked through, their access ended; and the staffroom sheet."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.admission import MAY_REPLACE_HEADTEACHER, TONIGHT, may_end, read_last_day, require_may_end, require_may_invite
from bot.clock import day_of, spoken
from bot.configuration import Configuration
from bot.contact_store import Contacts
from bot.desk.access import AT_DESK
from bot.desk.gate import Done, Gate, Visit
from bot.desk.words import EVERYBODY, OFFICE
from bot.errors import BotError
from bot.installations import connected_channels
from bot.people import CHANNEL_NAMES, MAY_INVITE, ROLE_WORDS, Invitation, People, Person, PersonRole, read_role
from bot.qr_codes import as_svg
from bot.sheet import staffroom_sheet
from bot.staff_list import Invitee, read_staff_list
from bot.ways_in import WaysIn
from corpus.dates import spoken_day
from corpus.versions import Versions

GONE = "Somebody whom you ticked is not on the list any more: look at it once more."
NOT_OPEN = "That invitation is not open any more: somebody has taken it, or taken it back."
SHEET_CSS = "/static/sheet.css"


class _Slip(NamedTuple):
    """An invitation to hand out: `name` is whom it is for, "" where that was not said; `qr` its link as a drawing, "" without."""

    invitation: Invitation
    code: str
    name: str
    qr: str


class PeoplePages:
    """The pages over the people of a school; `ways` are where people come in, `now` is the time in UTC."""

    def __init__(
        self,
        people: People,
        contacts: Contacts,
        *,
        versions: Versions,
        ways: WaysIn,
        configuration: Configuration,
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts."""
        self._people = people
        self._contacts = contacts
        self._versions = versions
        self._ways = ways
        self._configuration = configuration
        self._now = now

    def routes(self, gate: Gate) -> list[Route]:
        """Return the addresses of the pages."""
        return [
            gate.page("/people", EVERYBODY, self._list, {"take-back": self._take_back}, label="People"),
            gate.page("/people/invite", EVERYBODY, self._inviting, {"invite": self._invite}),
            gate.page("/people/end", EVERYBODY, self._ending, {"end": self._end}),
            gate.page("/people/headteacher", MAY_REPLACE_HEADTEACHER, self._replacing, {"replace": self._replace}),
            gate.page("/people/sheet", OFFICE, self._sheet),
        ]

    def _list(self, visit: Visit) -> Response:
        return visit.page(
            "people",
            people=[(person, may_end(visit.person, person)) for person in self._seen_by(visit)],
            invitations=[one for one in self._people.invitations(visit.school.id) if self._sees(visit, one.role)],
            seen=self._people.last_seen(visit.school.id),
            day=_day,
            may_invite=MAY_INVITE[visit.role],
            may_replace=visit.role in MAY_REPLACE_HEADTEACHER,
            may_print=visit.role in OFFICE,
            now=self._now(),
            roles=ROLE_WORDS,
            channels=CHANNEL_NAMES,
            spoken=spoken,
        )

    def _seen_by(self, visit: Visit) -> list[Person]:
        """Return whom somebody sees of those who may ask, the longest there first."""
        found = [person for person in self._people.of(visit.school.id) if self._sees(visit, person.role)]
        return sorted(found, key=lambda person: person.since)

    def _sees(self, visit: Visit, role: PersonRole) -> bool:
        return visit.role in OFFICE or role in MAY_INVITE[visit.role]

    def _take_back(self, visit: Visit) -> Response:
        number = visit.typed("invitation")
        invitation = next((one for one in self._people.invitations(visit.school.id) if str(one.id) == number), None)
        if invitation is None:
            raise BotError(NOT_OPEN)
        require_may_invite(visit.role, [invitation.role])
        self._people.revoke(visit.school.id, invitation.id, by=visit.who)
        raise Done("/people", f"Invitation {number} cannot be used any more.")

    def _inviting(self, visit: Visit) -> Response:
        return visit.page(
            "invite",
            may_invite=[role for role in PersonRole if role in MAY_INVITE[visit.role]],
            roles=ROLE_WORDS,
            tonight=TONIGHT,
        )

    def _invite(self, visit: Visit) -> Response:
        role = read_role(visit.typed("role"))
        invitees = read_staff_list(visit.typed("names"), role) if visit.typed("names") else [Invitee("", role)]
        require_may_invite(visit.role, [one.role for one in invitees])
        ends = read_last_day(self._last_day(visit), day_of(self._now()))
        made = self._people.invite_all(visit.school.id, [one.role for one in invitees], ends, by=visit.who)
        return self._shown(visit, made, [one.name for one in invitees])

    def _last_day(self, visit: Visit) -> str | None:
        """Return the last day of a pass as it was chosen, None of whoever stays."""
        if visit.typed("until") == "day":
            return visit.typed("day")
        return TONIGHT if visit.typed("until") == TONIGHT else None

    def _shown(self, visit: Visit, made: Sequence[tuple[Invitation, str]], names: Sequence[str]) -> Response:
        """Return the page that shows the codes, this once."""
        slips = [_Slip(one, code, name, self._drawn(code)) for (one, code), name in zip(made, names, strict=True)]
        by_microsoft = AT_DESK if self._configuration.entra else frozenset()
        return visit.page(
            "invited",
            slips=slips,
            ways=self._ways,
            telegram=self._configuration.telegram,
            by_microsoft=by_microsoft,
            roles=ROLE_WORDS,
            spoken=spoken,
        )

    def _drawn(self, code: str) -> str:
        link = self._ways.to_scan(code)
        return as_svg(link) if link else ""

    def _ending(self, visit: Visit) -> Response:
        return visit.page("end-access", people=self._chosen(visit), roles=ROLE_WORDS, channels=CHANNEL_NAMES, day=_day)

    def _end(self, visit: Visit) -> Response:
        people = self._chosen(visit)
        if not people:
            raise BotError("Nobody is ticked.")
        self._people.remove(visit.school.id, *(person.id for person in people), by=visit.who)
        ended = (
            f"Person {people[0].id} can no longer ask here."
            if len(people) == 1
            else f"{len(people)} people can no longer ask here."
        )
        raise Done("/people", ended)

    def _chosen(self, visit: Visit) -> list[Person]:
        """Return the people who were ticked. Raises BotError where one of them has gone, or is not for the visitor to end."""
        ticked = set(visit.request.query_params.getlist("person"))
        chosen = [person for person in self._seen_by(visit) if str(person.id) in ticked]
        if len(chosen) < len(ticked):
            raise BotError(GONE)
        require_may_end(visit.person, chosen)
        return chosen

    def _replacing(self, visit: Visit) -> Response:
        role = PersonRole.HEADTEACHER
        return visit.page(
            "replace-headteacher",
            people=[person for person in self._people.of(visit.school.id) if person.role is role],
            invitations=[one for one in self._people.invitations(visit.school.id) if one.role is role],
            channels=CHANNEL_NAMES,
            day=_day,
        )

    def _replace(self, visit: Visit) -> Response:
        done = self._people.replace_headteacher(visit.school.id, by=visit.who)
        return self._shown(visit, [(done.invitation, done.code)], [""])

    def _sheet(self, visit: Visit) -> Response:
        school, published = visit.school, self._versions.published(visit.school.id)
        policies = published.policies if published else ()
        book, day = self._contacts.in_force(school.id), day_of(self._now())
        connected, ways = connected_channels(self._versions.engine, school.id), self._ways
        return HTMLResponse(
            staffroom_sheet(school, book, policies, ways, self._configuration, connected=connected, day=day, stylesheet=SHEET_CSS)
        )


def _day(moment: datetime) -> str:
    return spoken_day(day_of(moment))
