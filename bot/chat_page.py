"""The chat page: plain HTML from the server; a little script only spares the reload."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.answer import needs_school
from bot.asking import LONGEST_CONTEXT, LONGEST_QUESTION, ask
from bot.bootstrap import Indexes
from bot.clock import today
from bot.errors import BotError
from bot.joining import ENDED, Door
from bot.rendering import environment, to_html
from bot.settings import LOOPBACK
from retrieval.decision import Outcome

STATIC = Path(__file__).parent / "static"
EXAMPLES = (
    "Can I accept a parent's friend request?",
    "A pupil has messaged me. Who do I tell?",
    "Can I post a photo of my class?",
)
FAULT = "Something went wrong on our side, and your question was not answered. Please try again in a minute."
_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


def create_app(indexes: Indexes, door: Door | None = None, hosts: Sequence[str] = LOOPBACK) -> Starlette:
    """Return the application that serves the chat page over `indexes`, reached by the names `hosts`.

    With a door each asks of the school that she has joined; without one, in the demonstration, of whichever she picks.
    """

    async def page(request: Request) -> Response:
        """The page, with no question asked yet."""
        if door is None:
            return await run_in_threadpool(_page, indexes, request.query_params.get("school", ""), None)
        person = await door.person(request)
        if person is None:
            return RedirectResponse("/join", 303)
        return await run_in_threadpool(_page, indexes, person.school_id, None, joined=True)

    async def answer(request: Request) -> Response:
        """A question asked: the whole page anew, or only the reply where the script asks for it."""
        form = await request.form(max_files=0, max_fields=LONGEST_CONTEXT + 10, max_part_size=LONGEST_QUESTION * 8)
        asked = _Asked(form)
        if door is not None:
            person = await door.person(request)
            if person is None:
                return await run_in_threadpool(_to_a_stranger, indexes, asked)
            asked.school = person.school_id
        if request.headers.get("x-requested-with") == "fetch":
            return await run_in_threadpool(_reply, indexes, asked)
        return await run_in_threadpool(_page, indexes, asked.school, asked, joined=door is not None)

    return Starlette(
        routes=[
            Route("/", lambda _request: RedirectResponse("/chat")),
            Route("/chat", page, methods=["GET"]),
            Route("/chat", answer, methods=["POST"]),
            *(door.routes() if door else []),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[
            Middleware(_SecurityHeaders),
            # A page elsewhere must not be able to reach this one under another name, nor to send forms to it.
            Middleware(TrustedHostMiddleware, allowed_hosts=[f"[{host}]" if ":" in host else host for host in hosts]),
            Middleware(_OwnFormsOnly),
        ],
        exception_handlers={400: _bad_form, 404: _not_found, Exception: _fault},
    )


class _Asked:
    """What the form holds: the school, the question, the earlier questions."""

    def __init__(self, form: Any) -> None:
        self.school = str(form.get("school", ""))
        self.question = str(form.get("question", ""))
        self.earlier = [str(one) for one in form.getlist("earlier")][-LONGEST_CONTEXT:]


def _page(indexes: Indexes, school: str, asked: _Asked | None, *, joined: bool = False) -> Response:
    schools = [one for one in indexes.versions.schools() if not joined or one.id == school]
    replies = []
    status = 200
    if asked is not None:
        html, status = _answered(indexes, asked)
        replies.append({"question": asked.question, "html": html})
    # What was refused is not asked again with the next question.
    earlier = [*asked.earlier, *([asked.question] if status == 200 else [])][-LONGEST_CONTEXT:] if asked else []
    html = (
        environment()
        .get_template("chat.html.jinja")
        .render(
            schools=schools,
            joined=joined,
            chosen=school if school in {one.id for one in schools} else "",
            replies=replies,
            earlier=earlier,
            examples=EXAMPLES,
            longest=LONGEST_QUESTION,
        )
    )
    return HTMLResponse(html, status)


def _reply(indexes: Indexes, asked: _Asked) -> Response:
    html, status = _answered(indexes, asked)
    return HTMLResponse(html, status)


def _to_a_stranger(indexes: Indexes, asked: _Asked) -> Response:
    """Return what somebody who has not joined is told: nothing of any school; where a child may be at risk, whom to ring."""
    html, status = _without_school(indexes, asked, ENDED, 401)
    return HTMLResponse(html, status)


def _answered(indexes: Indexes, asked: _Asked) -> tuple[str, int]:
    """Return the reply as HTML and its status; what is wrong with the question is said in one sentence."""
    if not asked.school:
        return _without_school(indexes, asked, "Choose your school first: its policies are the ones that count.", 400)
    try:
        return to_html(ask(asked.question, indexes.of(asked.school), today(), asked.earlier)), 200
    except BotError as error:
        return _problem(str(error)), 400


def _without_school(indexes: Indexes, asked: _Asked, otherwise: str, status: int) -> tuple[str, int]:
    """Return the urgent route as HTML where a question is urgent, else what is wrong, with the status of either."""
    answer = needs_school(asked.question, [], indexes.knowledge.vectors)
    return (to_html(answer), 200) if answer.outcome is Outcome.URGENT else (_problem(otherwise), status)


def _problem(sentence: str) -> str:
    return environment().get_template("problem.html.jinja").render(sentence=sentence)


async def _fault(_request: Request, _error: Exception) -> Response:
    # A fault is answered outside the middleware, so the headers are given here.
    return HTMLResponse(_problem(FAULT), 500, headers={name.decode(): value.decode() for name, value in _HEADERS})


async def _bad_form(_request: Request, _error: Exception) -> Response:
    return HTMLResponse(_problem("Your question could not be read: shorten it and send it again."), 400)


async def _not_found(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("There is no such page here. The chat page is at /chat.", 404)


class _OwnFormsOnly:
    """Refuses forms that a page of another site sends, as browsers tell (Sec-Fetch-Site, W3C Fetch Metadata)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            sent_by = dict(scope["headers"]).get(b"sec-fetch-site", b"same-origin")
            if sent_by not in (b"same-origin", b"none"):
                await PlainTextResponse("This form was sent by another page: open policybot itself and ask there.", 403)(
                    scope, receive, send
                )
                return
        await self.app(scope, receive, send)


class _SecurityHeaders:
    """Adds the headers that keep a browser from doing more with the page than it needs."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)
