"""The door to the chat page where it is not a demonstration: joining by a code, the session after it, and leaving."""

import secrets
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.announcements import Announcements
from bot.errors import BotError
from bot.outage import UNREACHABLE
from bot.page_notices import page_of
from bot.people import OWN_IDLE, WEB, People, Person
from bot.records import Records
from bot.rendering import environment

COOKIE = "policybot_session"
# From one address so many codes may be tried in so long: to guess one would take longer than the sun will shine.
MOST_TRIES, TRIES_WITHIN = 10, timedelta(minutes=10)
MOST_ADDRESSES = 10_000
LONGEST_CODE = 100
ENDED = "You are not signed in here, or it was too long ago: open your invitation, or ask your school office for a new code."


class Door:
    """Who comes in to the chat page: whoever has joined and has a session; `secure` where the page is reached by https."""

    def __init__(
        self, people: People, announcements: Announcements, records: Records, now: Callable[[], datetime], *, secure: bool
    ) -> None:
        """Keep the people, what is announced to them, what is kept of their questions, and the clock."""
        self._people = people
        self._announcements = announcements
        self._records = records
        self._secure = secure
        self._tries = Tries(now)

    async def person(self, request: Request, *, by_itself: bool = False) -> Person | None:
        """Return whose session a request is of, None where it is nobody's; `by_itself` the page sent it and nobody at it."""
        token = request.cookies.get(COOKIE)
        if not token:
            return None
        try:
            return await run_in_threadpool(partial(self._people.in_session, token, used=not by_itself))
        except UNREACHABLE:
            return self._people.in_session_lately(token)

    def routes(self) -> list[Route]:
        """Return the pages of the door."""
        return [
            Route("/join", self._page, methods=["GET"]),
            Route("/join", self._join, methods=["POST"]),
            Route("/sign-out", self._ending(self._sign_out, "You are signed out on this device."), methods=["POST"]),
            Route(
                "/leave",
                self._ending(self._leave, "You have left: your access has ended."),
                methods=["POST"],
            ),
        ]

    async def _page(self, request: Request) -> Response:
        return _told(code=request.query_params.get("code", "")[:LONGEST_CODE])

    async def _join(self, request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=5, max_part_size=1000)
        code = str(form.get("code", ""))[:LONGEST_CODE]
        if not self._tries.may_try(request.client.host if request.client else ""):
            return _told(429, code, "Too many codes were tried from here. Wait ten minutes, then try again.")
        shared = "shared" in form
        try:
            token = await run_in_threadpool(self._enrol, code, shared)
        except BotError as error:
            return _told(400, code, str(error))
        response = RedirectResponse("/chat", 303)
        lasts = None if shared else int(OWN_IDLE.total_seconds())
        response.set_cookie(COOKIE, token, max_age=lasts, httponly=True, samesite="lax", secure=self._secure)
        return response

    def _enrol(self, code: str, shared: bool) -> str:
        person = self._people.enrol(code, WEB, secrets.token_hex(16))
        self._announcements.joined(person, page_of(person.account))
        return self._people.open_session(person, shared=shared)

    def _ending(self, end: Callable[[str], None], sentence: str) -> Callable[[Request], Awaitable[Response]]:
        async def ended(request: Request) -> Response:
            await run_in_threadpool(end, request.cookies.get(COOKIE, ""))
            response = _told(note=sentence)
            response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=self._secure)
            return response

        return ended

    def _sign_out(self, token: str) -> None:
        self._people.end_session(token)

    def _leave(self, token: str) -> None:
        person = self._people.in_session(token)
        if person:
            # As by `/leave` in a chat: the account is nobody's from now on, so that nobody could have it deleted later.
            self._records.forget(self._records.asker(page_of(person.account)), person.school_id)
            self._people.remove(person.school_id, person.id)


class Tries:
    """How often something was tried lately, by address or account; those longest ago are forgotten, so that it stays small."""

    def __init__(self, now: Callable[[], datetime], most: int = MOST_TRIES) -> None:
        """Keep the clock; `most` may be tried by one within ten minutes."""
        self._now = now
        self._most = most
        self._of: OrderedDict[str, deque[datetime]] = OrderedDict()

    def may_try(self, address: str) -> bool:
        """Tell whether one more may be tried from an address, and count it if so."""
        now = self._now()
        lately = self._of.setdefault(address, deque(maxlen=self._most))
        self._of.move_to_end(address)
        if len(self._of) > MOST_ADDRESSES:
            self._of.popitem(last=False)
        if len(lately) == self._most and now - lately[0] < TRIES_WITHIN:
            return False
        lately.append(now)
        return True


def _told(status: int = 200, code: str = "", problem: str = "", note: str = "") -> Response:
    page = environment().get_template("join.html.jinja").render(code=code, problem=problem, note=note)
    return HTMLResponse(page, status)
