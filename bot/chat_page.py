"""The chat page: plain HTML from the server; a little script only spares the reload."""

import secrets
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.answer import needs_school
from bot.asking import LONGEST_CONTEXT, LONGEST_QUESTION
from bot.bootstrap import Indexes
from bot.commands import EXAMPLES
from bot.conversation import FAULT
from bot.dispatcher import Dispatcher
from bot.joining import COOKIE, ENDED, Door
from bot.messages import Message, Reply
from bot.outage import UNREACHABLE
from bot.page_notices import Notice, PageNotices
from bot.people import WEB
from bot.rendering import as_text, environment, problem_to_html, reply_to_html, to_html, told_page
from bot.settings import LOOPBACK
from bot.turn import Asker
from bot.typed import read_number
from bot.web_security import HEADERS, OwnFormsOnly, SecurityHeaders
from corpus.versions import School, no_such_school
from retrieval.decision import Outcome

STATIC = Path(__file__).parent / "static"
CHOOSE = "Choose your school first: its policies are the ones that count."
NO_PAGE = "There is no such page here."
NO_SUCH_USE = "This page cannot be used like that."
LONGEST_SHOWN = 1000


class _Looks(NamedTuple):
    """How often, in seconds, an open page looks for what is new: always, and for how long sooner where an answer is urgent."""

    every: int = 15
    sooner: int = 5
    sooner_for: int = 600


def create_app(
    indexes: Indexes,
    dispatcher: Dispatcher,
    notices: PageNotices,
    door: Door | None = None,
    *,
    hosts: Sequence[str] = LOOPBACK,
    routes: Sequence[BaseRoute] = (),
    running: Callable[[], AbstractAsyncContextManager[None]] | None = None,
) -> Starlette:
    """Return the application that serves the chat page, and whatever else `routes` hold, reached by the names `hosts`.

    With a door each asks of the school that she has joined; without one, in the demonstration, of whichever she picks. The
    dispatcher runs while the application does, unless `running` says what does.
    """

    async def page(request: Request) -> Response:
        """The page, with no question asked yet."""
        if door is None:
            return await run_in_threadpool(_page, indexes, request.query_params.get("school", ""))
        person = await door.person(request)
        if person is None:
            return RedirectResponse("/join", 303)
        waiting = await run_in_threadpool(_waiting, notices, person.account)
        return await run_in_threadpool(_page, indexes, person.school_id, joined=True, notices=waiting)

    async def new(request: Request) -> Response:
        """What is new for whoever is signed in, as an open page asks by itself; `shown` is what it shows already."""
        person = await door.person(request, by_itself=True) if door else None
        if person is None:
            return _told(request, problem_to_html(ENDED), 401)
        form = await request.form(max_files=0, max_fields=5, max_part_size=LONGEST_SHOWN)
        waiting = await run_in_threadpool(_waiting, notices, person.account, _shown(form))
        template = environment().get_template("notice.html.jinja")
        return HTMLResponse("".join(template.render(notice=notice) for notice in waiting))

    async def answer(request: Request) -> Response:
        """A question asked, or a button pressed: the whole page anew, or only the reply where the script asks for it."""
        asked = _Asked(await request.form(max_files=0, max_fields=LONGEST_CONTEXT + 10, max_part_size=LONGEST_QUESTION * 8))
        person = await door.person(request) if door else None
        if door and person is None:
            return _told(request, *await run_in_threadpool(_without_school, indexes, asked, ENDED, 401))
        asked.school = person.school_id if person else asked.school
        school = await run_in_threadpool(_school, indexes, asked.school)
        if school is None:
            known = await run_in_threadpool(indexes.versions.schools)
            unknown = no_such_school(asked.school, [one.id for one in known]) if asked.school else CHOOSE
            html, status = await run_in_threadpool(_without_school, indexes, asked, unknown, 400)
        else:
            message = Message(
                channel=WEB,
                account=person.account if person else "",
                place=request.cookies.get(COOKIE, "")[:8],
                text=asked.question,
                pressed=asked.pressed,
            )
            asker = Asker(school, (school,), person)
            html, status = _rendered(await dispatcher.answer(message, secrets.token_hex(16), asker, asked.earlier))
        if _is_fetched(request):
            return HTMLResponse(html, status)
        waiting = await run_in_threadpool(_waiting, notices, person.account, asked.shown) if person else []
        return await run_in_threadpool(
            _page, indexes, asked.school, asked, html, status, joined=person is not None, notices=waiting
        )

    return Starlette(
        routes=[
            Route("/", lambda _request: RedirectResponse("/chat")),
            Route("/chat", page, methods=["GET"]),
            Route("/chat", answer, methods=["POST"]),
            Route("/chat/notices", new, methods=["POST"]),
            *(door.routes() if door else []),
            *routes,
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[
            Middleware(SecurityHeaders),
            # A page elsewhere must not be able to reach this one under another name, nor to send forms to it.
            Middleware(TrustedHostMiddleware, allowed_hosts=[f"[{host}]" if ":" in host else host for host in hosts]),
            Middleware(OwnFormsOnly),
        ],
        exception_handlers={
            400: _bad_form,
            404: _not_found,
            405: _wrong_use,
            ClientDisconnect: _nobody_there,
            Exception: _fault,
        },
        lifespan=lambda _app: (running or dispatcher.running)(),
    )


def _school(indexes: Indexes, school_id: str) -> School | None:
    """Return the school of an id, None where there is none; while the store is away one of which an index is in memory."""
    try:
        return next(iter(indexes.versions.schools([school_id])), None)
    except UNREACHABLE:
        return indexes.of(school_id, fresh=False).school


def _waiting(notices: PageNotices, account: str, shown: Collection[int] = ()) -> list[Notice]:
    """Return what waits for somebody; nothing while the store is away."""
    try:
        return notices.waiting(account, shown)
    except UNREACHABLE:
        return []


class _Asked:
    """What the form holds: the school, the question or the button, the earlier questions, the notices that the page showed."""

    def __init__(self, form: FormData) -> None:
        self.school = str(form.get("school", ""))
        self.question = str(form.get("question", ""))
        self.pressed = str(form.get("pressed", ""))
        self.earlier = [str(one) for one in form.getlist("earlier")][-LONGEST_CONTEXT:]
        self.shown = _shown(form)


def _shown(form: FormData) -> set[int]:
    """Return the numbers of the notices that a page says it showed."""
    written = map(read_number, str(form.get("shown", "")).split(","))
    return {number for number in written if number is not None}


def _page(
    indexes: Indexes,
    school: str,
    asked: _Asked | None = None,
    html: str = "",
    status: int = 200,
    *,
    joined: bool = False,
    notices: Sequence[Notice] = (),
) -> Response:
    found = _school(indexes, school) if joined else None
    schools = [found] if found else indexes.versions.schools()
    # What was refused is not asked again with the next question.
    asked_now = [asked.question] if asked and asked.question and status == 200 else []
    page = (
        environment()
        .get_template("chat.html.jinja")
        .render(
            schools=schools,
            joined=joined,
            notices=notices,
            looks=_Looks(),
            chosen=school if school in {one.id for one in schools} else "",
            replies=[{"question": asked.question, "html": html}] if asked else [],
            earlier=[*asked.earlier, *asked_now][-LONGEST_CONTEXT:] if asked else [],
            examples=EXAMPLES,
            longest=LONGEST_QUESTION,
        )
    )
    return HTMLResponse(page, status)


def _rendered(replies: Sequence[Reply]) -> tuple[str, int]:
    """Return replies as HTML and their status; what is wrong with a question is said in one sentence."""
    if any(reply.refused for reply in replies):
        return problem_to_html(as_text(replies[0].blocks[:1])), 400
    return "".join(reply_to_html(reply) for reply in replies), 200


def _without_school(indexes: Indexes, asked: _Asked, otherwise: str, status: int) -> tuple[str, int]:
    """Return the urgent route as HTML where a question is urgent, else what is wrong, with the status of either."""
    answer = needs_school(asked.question, [], indexes.knowledge.vectors)
    return (to_html(answer), 200) if answer.outcome is Outcome.URGENT else (problem_to_html(otherwise), status)


def _is_fetched(request: Request) -> bool:
    """Tell whether the script asks, which has a page already."""
    return request.headers.get("x-requested-with") == "fetch"


def _told(request: Request, html: str, status: int) -> Response:
    """Return a piece of HTML to the script, else as a page, on which the way to the urgent route stands."""
    return HTMLResponse(html if _is_fetched(request) else told_page(html), status)


async def _fault(request: Request, _error: Exception) -> Response:
    told = _told(request, problem_to_html(FAULT), 500)
    # A fault is answered outside the middleware, so the headers are given here.
    told.headers.update({name.decode(): value.decode() for name, value in HEADERS})
    return told


async def _bad_form(request: Request, _error: Exception) -> Response:
    return _told(request, problem_to_html("Your question could not be read: shorten it and send it again."), 400)


async def _nobody_there(_request: Request, _error: Exception) -> Response:
    """Answer whoever went away before all was sent, such as a page that asks what is new and is left."""
    return Response(status_code=400)


async def _not_found(request: Request, _error: Exception) -> Response:
    return _told(request, problem_to_html(NO_PAGE), 404)


async def _wrong_use(request: Request, _error: Exception) -> Response:
    return _told(request, problem_to_html(NO_SUCH_USE), 405)
