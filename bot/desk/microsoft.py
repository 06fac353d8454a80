"""The door of the desk for those who have an account of Microsoft 365: they sign in there, and are known here by that account.

Signing in shows who somebody is and gives them nothing: what they may do is their role among the school's people. Whoever has
none at the desk yet types the code of an invitation, which then belongs to their account.
"""

import hmac
from asyncio import Semaphore
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal, TypeVar

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.desk.access import AT_DESK, NOT_YOURS, DeskAccess
from bot.desk.gate import NOT_FOR_YOU, Gate, led_to
from bot.entra import CALLBACK, Attempt, Identity, RelyingParty, SignInError
from bot.errors import BotError
from bot.joining import LONGEST_CODE, Tries
from bot.people import ROLE_WORDS, TEAMS, People, Person, PersonRole
from bot.rendering import environment
from bot.sealing import Seal, Unreadable
from bot.secret import keyed_hash
from corpus.versions import School

# For so long the page at Microsoft may stay open, and then the page for the code.
LASTS = timedelta(minutes=10)
# From one address, within the time of `Tries`: a trust's office signs in from one, and each asks Microsoft something.
MOST_SIGN_INS = 60
# So many wait for Microsoft at once, so that where it does not answer there are threads left for everybody's questions.
MOST_AT_ONCE = 4
NOT_BEGUN = "This sign-in was not begun in this browser, or it was too long ago: sign in again."
ENDED = "Your sign-in was too long ago: sign in again."
TOO_MANY = "Too many people signed in from here. Wait ten minutes, then try again."
TOO_MANY_CODES = "Too many codes were tried with this account. Wait ten minutes, then try again."


class TooManyError(SignInError):
    """Too many sign-ins from one address."""

    status = HTTPStatus.TOO_MANY_REQUESTS


class _Begun(Struct, frozen=True, tag=True):
    """A sign-in that waits for its person to come back from Microsoft; `invited` where they have a code to type."""

    attempt: Attempt
    invited: bool
    until: datetime


class _Known(Struct, frozen=True, tag=True):
    """Somebody who has signed in at Microsoft, and has a code to type or a school to choose."""

    identity: Identity
    until: datetime


_Kept = TypeVar("_Kept", _Begun, _Known)
_Found = TypeVar("_Found")


class MicrosoftSignIn:
    """Signs people in to the desk by their account at Microsoft; `key` is the installation's secret.

    What is known of a sign-in is kept in the browser alone, sealed, so that any replica can go on with it.
    """

    def __init__(
        self,
        gate: Gate,
        relying_party: RelyingParty,
        people: People,
        access: DeskAccess,
        *,
        key: bytes,
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts."""
        self._gate = gate
        self._relying_party = relying_party
        self._people = people
        self._access = access
        # A key of its own: what is sealed for the store is nothing here, nor the other way round.
        self._seal = Seal(keyed_hash(key, "sign-in with Microsoft").encode())
        self._now = now
        self._secure = gate.secure
        # With that prefix browsers take it from this very host, so that no neighbour under the school's name can plant one.
        self._cookie = "__Host-policybot_sign_in" if gate.secure else "policybot_sign_in"
        self._sign_ins, self._codes = Tries(now, MOST_SIGN_INS), Tries(now)
        self._at_once = Semaphore(MOST_AT_ONCE)

    def routes(self) -> list[Route]:
        """Return the addresses of the sign-in."""
        return [
            Route("/sign-in/microsoft", self._begin, methods=["GET"]),
            Route(CALLBACK, self._come_back, methods=["GET"]),
            Route("/sign-in/microsoft/code", self._take_code, methods=["POST"]),
            Route("/sign-in/microsoft/school", self._choose, methods=["POST"]),
            Route("/sign-in/microsoft/sign-out", self._sign_out, methods=["GET"]),
        ]

    async def _begin(self, request: Request) -> Response:
        """Send somebody to Microsoft: by a link and no form, which could not lead away from our own pages."""
        begun = _Begun(Attempt.new(), "invited" in request.query_params, self._now() + LASTS)
        try:
            address = await self._asked(request, self._relying_party.authorization_url, begun.attempt)
        except SignInError as error:
            return self._gate.told(str(error), error.status)
        # A strict cookie would not come back with somebody who comes from another site.
        return self._keeping(RedirectResponse(address, 303), begun, "lax")

    async def _come_back(self, request: Request) -> Response:
        """Let somebody in whom Microsoft sends back, or show what is still to do."""
        begun, answer = self._kept(request, _Begun), request.query_params
        if begun is None or not hmac.compare_digest(answer.get("state", "").encode(), begun.attempt.state.encode()):
            return self._gate.told(NOT_BEGUN, 400)
        try:
            identity = await self._asked(request, self._relying_party.identify, answer, begun.attempt)
        except SignInError as error:
            return self._forgetting(self._gate.told(str(error), error.status))
        desks = await run_in_threadpool(self._desks, identity)
        if len(desks) == 1 and not begun.invited:
            # A strict cookie is not sent on when another site's page led here: the next page is asked for by one of ours.
            return await self._opened(desks[0][1], _going_on)
        choices = [] if begun.invited else [school for school, _ in desks]
        return self._keeping(_page(identity, choices), _Known(identity, self._now() + LASTS), "strict")

    async def _take_code(self, request: Request) -> Response:
        known = self._kept(request, _Known)
        if known is None:
            return self._gate.told(ENDED, 401)
        form = await request.form(max_files=0, max_fields=5, max_part_size=1000)
        code = str(form.get("code", ""))[:LONGEST_CODE]
        if not self._codes.may_try(known.identity.account):
            return _page(known.identity, problem=TOO_MANY_CODES, status=429)
        try:
            person = await run_in_threadpool(self._enrolled, known.identity, code)
        except BotError as error:
            return _page(known.identity, problem=str(error), status=400)
        if person.role not in AT_DESK:
            return self._forgetting(self._gate.told(f"You have joined as {ROLE_WORDS[person.role]}. {NOT_YOURS}", 200))
        return await self._opened(person)

    async def _choose(self, request: Request) -> Response:
        known = self._kept(request, _Known)
        if known is None:
            return self._gate.told(ENDED, 401)
        form = await request.form(max_files=0, max_fields=5, max_part_size=1000)
        desks = await run_in_threadpool(self._desks, known.identity)
        chosen = next((person for school, person in desks if school.id == form.get("school")), None)
        return await self._opened(chosen) if chosen else self._gate.told(NOT_FOR_YOU, 403)

    async def _sign_out(self, request: Request) -> Response:
        """Lead on to where somebody signs out of Microsoft itself, once they have left the desk."""
        try:
            return RedirectResponse(await self._asked(request, self._relying_party.sign_out_url), 303)
        except SignInError as error:
            return self._gate.told(str(error), error.status)

    async def _asked(self, request: Request, ask: Callable[..., _Found], *given: object) -> _Found:
        """Return what comes of asking Microsoft something. Raises SignInError."""
        if not self._sign_ins.may_try(request.client.host if request.client else ""):
            raise TooManyError(TOO_MANY)
        async with self._at_once:
            return await run_in_threadpool(ask, *given)

    def _desks(self, identity: Identity) -> list[tuple[School, Person]]:
        """Return the desks that an account may open, of schools whose staff its tenant holds."""
        schools = self._relying_party.schools_of(identity.tenant)
        found = [
            (one.school, one.person)
            for one in self._people.access(TEAMS, identity.account)
            if one.person and one.person.role in AT_DESK and one.school.id in schools
        ]
        # An administrator finds all schools of the trust at the desk of one.
        of_trust = [one for one in found if one[1].role is PersonRole.ADMINISTRATOR]
        return [one for one in found if one not in of_trust[1:]]

    def _enrolled(self, identity: Identity, code: str) -> Person:
        return self._people.enrol(code, TEAMS, identity.account, self._relying_party.schools_of(identity.tenant))

    async def _opened(self, person: Person, leading_to: Callable[[str], Response] = led_to) -> Response:
        """Open the desk as a link does."""
        link = await run_in_threadpool(self._access.make_link, person)
        return self._forgetting(await self._gate.opened(link, leading_to))

    def _kept(self, request: Request, kind: type[_Kept]) -> _Kept | None:
        try:
            kept = self._seal.opened(request.cookies.get(self._cookie, "").encode(), kind)
        except Unreadable:
            return None
        return kept if kept.until > self._now() else None

    def _keeping(self, response: Response, kept: _Begun | _Known, same_site: Literal["lax", "strict"]) -> Response:
        sealed, lasts = self._seal.sealed(kept).decode(), int(LASTS.total_seconds())
        response.set_cookie(self._cookie, sealed, lasts, path="/", httponly=True, samesite=same_site, secure=self._secure)
        return response

    def _forgetting(self, response: Response) -> Response:
        response.delete_cookie(self._cookie, path="/", httponly=True, secure=self._secure)
        return response


def _page(identity: Identity, choices: Sequence[School] = (), *, problem: str = "", status: int = 200) -> Response:
    """Return the page with what is still to do: a school to choose, or a code to type."""
    page = environment().get_template("desk/microsoft.html.jinja")
    return HTMLResponse(page.render(shown=identity.shown, choices=choices, problem=problem), status)


def _going_on(path: str) -> Response:
    """Return a page that goes on to another by itself."""
    return HTMLResponse(environment().get_template("desk/signed-in.html.jinja").render(path=path))
