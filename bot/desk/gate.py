"""The gate of the desk: opens it by a link, keeps the session, and lets each request through to its page, or not.

Every page is declared with the roles that may use it; there is no other way to add one.
"""

import hmac
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.desk.access import USED, DeskAccess, Session
from bot.errors import BotError
from bot.people import EMAIL, People, Person, PersonRole
from bot.rendering import environment
from bot.secret import keyed_hash
from bot.typed import read_number
from corpus.errors import CorpusError
from corpus.versions import School

COOKIE = "policybot_desk"
# A form with a document in it; a little more than the largest document, for what goes round it.
LARGEST_FORM = 11_000_000
LONGEST_FIELD = 200_000
MOST_FIELDS = 1_000
# A form with one e-mail address in it.
LARGEST_ASKING = 2_000
CLOSED = "You are not signed in to the desk, or it was too long ago. Write /desk to me in a private chat: I give you a new link."
NOT_FOR_YOU = "There is no such page for you here."
STALE = "This page was open for too long, or in another sign-in: look at it once more, then do it again."
UNREADABLE = "That form could not be read: look at the page once more, then send it again."
LINK_SENT = (
    "If that is the address at which you were asked as chair of governors, a new link is on its way to it. Three are sent within "
    "an hour at most."
)
# What is for the chair of governors who came by a link in a mail: pages to read, and the one where she decides.
TO_READ, TO_DECIDE = frozenset({"GET"}), frozenset({"GET", "POST"})
# Where whoever came by a mail begins: at what she was asked.
_BEGINS_BY_MAIL = "/approvals"
# Left out of what is typed: control characters (Unicode category Cc), which print nothing and of which PostgreSQL refuses one.
_UNPRINTABLE = dict.fromkeys(code for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r")
TOO_LARGE = "That is more than the desk takes at once: a document may have 10 MB."


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who may make it: who, at which school and in which role there, and the form that they sent.

    `schools` are all whose desk they may open; `navigation` are the pages that every page leads to, with their paths;
    `problem` is what was wrong with the form, "" where nothing was.
    """

    request: Request
    session: Session
    person: Person
    school: School
    schools: tuple[School, ...]
    form_key: str
    navigation: tuple[tuple[str, str], ...] = ()
    form: FormData = field(default_factory=FormData)
    problem: str = ""

    @property
    def role(self) -> PersonRole:
        """What they are at this school."""
        return self.person.role

    @property
    def who(self) -> str:
        """How the audit trail names them."""
        return self.person.in_trail

    @property
    def base(self) -> str:
        """Where the desk of this school begins."""
        return f"/desk/{self.school.id}"

    @property
    def beginning(self) -> str:
        """Where they begin at the desk."""
        return _beginning(self.person)

    def require(self, roles: Collection[PersonRole], otherwise: str) -> None:
        """Raise BotError, which says `otherwise`, where their role is none of these."""
        if self.role not in roles:
            raise BotError(otherwise)

    def path(self, name: str) -> str:
        """Return a part of the address that was asked for."""
        return str(self.request.path_params[name]).translate(_UNPRINTABLE)

    def typed(self, name: str, otherwise: str = "") -> str:
        """Return what stands in a field of the form, without white space round it; `otherwise` where there is no such field."""
        value = self.form.get(name)
        return _printable(value) if isinstance(value, str) else otherwise

    def all_typed(self, name: str) -> list[str]:
        """Return what stands in each field of this name, as `typed`."""
        return [_printable(value) for value in self.form.getlist(name) if isinstance(value, str)]

    def number(self, name: str) -> int | None:
        """Return the number in a field of the form, None where there is none that the store could know."""
        return read_number(self.typed(name))

    def upload(self, name: str) -> tuple[str, bytes] | None:
        """Return the name and the content of a file in the form, None where none was chosen."""
        value = self.form.get(name)
        if not isinstance(value, UploadFile) or not value.filename:
            return None
        return value.filename, value.file.read()

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        """Return a page of the desk; with a problem, its status says so."""
        html = environment().get_template(f"desk/{template}.html.jinja").render(visit=self, **context)
        return HTMLResponse(html, 400 if self.problem else status)


class Done(Exception):  # noqa: N818  it is no error
    """A form was carried out: the page at `path`, within the school's desk, is next, and says `words` first."""

    def __init__(self, path: str, words: str = "") -> None:
        """Keep where to go on, and what to say there."""
        super().__init__(words)
        self.path = path
        self.words = words


Handler = Callable[[Visit], Response]


def led_to(path: str) -> Response:
    """Return the answer to a form that was carried out: the page at `path` is next."""
    return RedirectResponse(path, 303)


def _printable(text: str) -> str:
    return text.translate(_UNPRINTABLE).strip()


class Gate:
    """Lets people in to the desk; `secure` where it is reached by https, `key` is the installation's secret.

    `demonstration` gives a link to whoever is at the machine, None outside the demonstration; `send_link` sends one by e-mail to
    a chair of governors with this address, None where e-mail is not set up; `microsoft` where people can sign in with Microsoft.
    """

    def __init__(
        self,
        access: DeskAccess,
        people: People,
        key: bytes,
        *,
        secure: bool,
        demonstration: Callable[[], str] | None = None,
        send_link: Callable[[str], None] | None = None,
        microsoft: bool = False,
    ) -> None:
        """Keep the parts."""
        self._access = access
        self._people = people
        self._key = key
        self.secure = secure
        self._demonstration = demonstration
        self._send_link = send_link
        self._microsoft = microsoft
        self._roles: dict[str, Collection[PersonRole]] = {}
        self._by_mail: dict[str, Collection[str]] = {}
        self._navigation: list[tuple[str, str]] = []

    def routes(self) -> list[Route]:
        """Return the pages of the gate itself."""
        return [
            Route("/desk", self._begin, methods=["GET"]),
            Route("/desk", self._demonstrate, methods=["POST"]),
            Route("/desk/enter/{token}", self._door, methods=["GET"]),
            Route("/desk/enter/{token}", self._enter, methods=["POST"]),
            Route("/desk/sign-out", self._leave, methods=["POST"]),
            Route("/desk/new-link", self._new_link, methods=["POST"]),
        ]

    @property
    def roles(self) -> Mapping[str, Collection[PersonRole]]:
        """Who may use each page, by its path."""
        return self._roles

    def page(
        self,
        path: str,
        roles: Collection[PersonRole],
        show: Handler,
        do: Mapping[str, Handler] | None = None,
        *,
        label: str = "",
        by_mail: Collection[str] = (),
    ) -> Route:
        """Return the route of a page of a school's desk: `show` gives it, `do` what its forms do, by the value of their button.

        What is wrong with a form is said on the page that it was sent from, with what was typed. One with a `label` stands in the
        navigation of those who may use it. `by_mail` are the methods by which a chair of governors may use it who came by a link
        in a mail, which whoever reads her mail can open: none, unless the page says so.
        """
        self._roles[path] = roles
        self._by_mail[path] = by_mail
        if label:
            self._navigation.append((label, path))
        methods = ["GET", "POST"] if do else ["GET"]
        return Route(f"/desk/{{school}}{path}", partial(self._let_through, path, show, do or {}), methods=methods)

    async def _let_through(self, path: str, show: Handler, do: Mapping[str, Handler], request: Request) -> Response:
        session = await self._session(request)
        if session is None:
            return self.told(CLOSED, 401)
        visit = await run_in_threadpool(self._visit, request, session)
        if visit is None or not self._may(visit.person, path, request.method):
            return self.told(NOT_FOR_YOU, 403)
        if request.method != "POST":
            return await run_in_threadpool(_shown, show, visit)
        length = read_number(request.headers.get("content-length", ""))
        if length is None or length > LARGEST_FORM:
            return await run_in_threadpool(_shown, show, replace(visit, problem=TOO_LARGE))
        try:
            async with request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD) as form:
                return await run_in_threadpool(self._done, replace(visit, form=form), show, do)
        except HTTPException:
            return await run_in_threadpool(_shown, show, replace(visit, problem=UNREADABLE))

    def _may(self, person: Person, path: str, method: str) -> bool:
        """Tell whether somebody may use a page by a method."""
        # HEAD is GET without what it shows.
        by_mail = person.channel != EMAIL or method.replace("HEAD", "GET") in self._by_mail[path]
        return person.role in self._roles[path] and by_mail

    def _visit(self, request: Request, session: Session) -> Visit | None:
        """Return the visit of a request; None where they have nothing to do at the desk of that school."""
        found = self._people.access(session.person.channel, session.person.account)
        # A link is for one school, but for those who look after several.
        many = session.person.role is PersonRole.ADMINISTRATOR
        may = {
            one.school.id: (one.school, one.person)
            for one in found
            if one.person and (one.person.id == session.person.id or (many and one.person.role is PersonRole.ADMINISTRATOR))
        }
        school, person = may.get(request.path_params["school"], (None, None))
        if school is None or person is None:
            return None
        navigation = tuple((label, path) for label, path in self._navigation if self._may(person, path, "GET"))
        schools = tuple(one for one, _ in may.values())
        return Visit(request, session, person, school, schools, self._form_key(session), navigation)

    def _done(self, visit: Visit, show: Handler, do: Mapping[str, Handler]) -> Response:
        handler = do.get(visit.typed("do"))
        if handler is None or not hmac.compare_digest(visit.typed("form_key").encode(), visit.form_key.encode()):
            return _shown(show, replace(visit, problem=STALE))
        try:
            return handler(visit)
        except Done as done:
            if done.words:
                self._access.say(visit.session, done.words)
            return RedirectResponse(f"{visit.base}{done.path}", 303)
        except (BotError, CorpusError) as error:
            return _shown(show, replace(visit, problem=str(error)))

    def _form_key(self, session: Session) -> str:
        return keyed_hash(self._key, "form of the desk", session.token)[:32]

    async def _session(self, request: Request) -> Session | None:
        token = request.cookies.get(COOKIE)
        return await run_in_threadpool(self._access.session, token) if token else None

    async def _begin(self, request: Request) -> Response:
        """The desk of whoever is signed in; else how one gets there."""
        session = await self._session(request)
        if session:
            return RedirectResponse(_beginning(session.person), 303)
        return self.told("" if self._demonstration else CLOSED, 200, demonstration=self._demonstration is not None)

    async def _demonstrate(self, _request: Request) -> Response:
        if self._demonstration is None:
            return self.told(CLOSED, 401)
        token = await run_in_threadpool(self._demonstration)
        return await self.opened(token)

    async def _door(self, request: Request) -> Response:
        """Show the button that uses a link up: previews and scanners open links, but press nothing."""
        token = request.path_params["token"]
        if not await run_in_threadpool(self._access.is_open, token):
            return self.told(USED, 410)
        return HTMLResponse(environment().get_template("desk/enter.html.jinja").render(token=token))

    async def _enter(self, request: Request) -> Response:
        return await self.opened(request.path_params["token"])

    async def opened(self, token: str, leading_to: Callable[[str], Response] = led_to) -> Response:
        """Return what leads to the desk that a link opens, with the cookie of its session; the link is used up."""
        try:
            session = await run_in_threadpool(self._access.enter, token)
        except BotError as error:
            return self.told(str(error), 410)
        response = leading_to(_beginning(session.person))
        response.set_cookie(COOKIE, session.token, path="/desk", httponly=True, samesite="strict", secure=self.secure)
        return response

    async def _leave(self, request: Request) -> Response:
        await run_in_threadpool(self._access.leave, request.cookies.get(COOKIE, ""))
        response = self.told("You have left the desk. To come back, write /desk to me.", 200, left=True)
        response.delete_cookie(COOKIE, path="/desk", httponly=True, samesite="strict", secure=self.secure)
        return response

    async def _new_link(self, request: Request) -> Response:
        """Say the same to everybody, and only then send a link to the address, if it is one to which links are sent."""
        if self._send_link is None:
            return self.told(NOT_FOR_YOU, 404)
        email, length = "", read_number(request.headers.get("content-length", ""))
        if length is not None and length <= LARGEST_ASKING:
            with suppress(HTTPException):  # a form that cannot be read holds no address
                email = str((await request.form(max_files=0)).get("email", ""))
        response = self.told(LINK_SENT, 200)
        response.background = BackgroundTask(self._send_link, email)
        return response

    def told(self, sentence: str, status: int, *, demonstration: bool = False, left: bool = False) -> Response:
        """Return the page outside the desk, with a sentence and the ways in; `left` where somebody has just left the desk."""
        closed = environment().get_template("desk/closed.html.jinja")
        by_mail = self._send_link is not None and not demonstration
        ways = {"demonstration": demonstration, "by_mail": by_mail, "microsoft": self._microsoft}
        return HTMLResponse(closed.render(sentence=sentence, left=left, **ways), status)


def _shown(show: Handler, visit: Visit) -> Response:
    """Return a page; where what it shows is not there, that in one sentence."""
    try:
        return show(visit)
    except (BotError, CorpusError) as error:
        sentence, status = (visit.problem, 400) if visit.problem else (str(error), 404)
        return replace(visit, problem="").page("missing", status, sentence=sentence)


def _beginning(person: Person) -> str:
    return f"/desk/{person.school_id}{_BEGINS_BY_MAIL if person.channel == EMAIL else ''}"
