"""The chat page: plain HTML from the server; a little script only spares the reload."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
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
from bot.people import WEB
from bot.rendering import as_text, environment, reply_to_html, to_html
from bot.settings import LOOPBACK
from bot.turn import Asker
from bot.web_security import HEADERS, OwnFormsOnly, SecurityHeaders
from corpus.versions import no_such_school
from retrieval.decision import Outcome

STATIC = Path(__file__).parent / "static"
CHOOSE = "Choose your school first: its policies are the ones that count."


def create_app(
    indexes: Indexes,
    dispatcher: Dispatcher,
    door: Door | None = None,
    hosts: Sequence[str] = LOOPBACK,
    routes: Sequence[BaseRoute] = (),
) -> Starlette:
    """Return the application that serves the chat page, and whatever else `routes` hold, reached by the names `hosts`.

    With a door each asks of the school that she has joined; without one, in the demonstration, of whichever she picks. The
    dispatcher runs while the application does.
    """

    async def page(request: Request) -> Response:
        """The page, with no question asked yet."""
        if door is None:
            return await run_in_threadpool(_page, indexes, request.query_params.get("school", ""))
        person = await door.person(request)
        if person is None:
            return RedirectResponse("/join", 303)
        return await run_in_threadpool(_page, indexes, person.school_id, joined=True)

    async def answer(request: Request) -> Response:
        """A question asked, or a button pressed: the whole page anew, or only the reply where the script asks for it."""
        asked = _Asked(await request.form(max_files=0, max_fields=LONGEST_CONTEXT + 10, max_part_size=LONGEST_QUESTION * 8))
        person = await door.person(request) if door else None
        if door and person is None:
            html, status = await run_in_threadpool(_without_school, indexes, asked, ENDED, 401)
            return HTMLResponse(html, status)
        asked.school = person.school_id if person else asked.school
        school = next(iter(await run_in_threadpool(indexes.versions.schools, [asked.school])), None)
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
        if request.headers.get("x-requested-with") == "fetch":
            return HTMLResponse(html, status)
        return await run_in_threadpool(_page, indexes, asked.school, asked, html, status, joined=person is not None)

    return Starlette(
        routes=[
            Route("/", lambda _request: RedirectResponse("/chat")),
            Route("/chat", page, methods=["GET"]),
            Route("/chat", answer, methods=["POST"]),
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
        exception_handlers={400: _bad_form, 404: _not_found, Exception: _fault},
        lifespan=lambda _app: dispatcher.running(),
    )


class _Asked:
    """What the form holds: the school, the question or the button, the earlier questions."""

    def __init__(self, form: Any) -> None:
        self.school = str(form.get("school", ""))
        self.question = str(form.get("question", ""))
        self.pressed = str(form.get("pressed", ""))
        self.earlier = [str(one) for one in form.getlist("earlier")][-LONGEST_CONTEXT:]


def _page(
    indexes: Indexes, school: str, asked: _Asked | None = None, html: str = "", status: int = 200, *, joined: bool = False
) -> Response:
    schools = indexes.versions.schools([school] if joined else None)
    # What was refused is not asked again with the next question.
    asked_now = [asked.question] if asked and asked.question and status == 200 else []
    page = (
        environment()
        .get_template("chat.html.jinja")
        .render(
            schools=schools,
            joined=joined,
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
        return _problem(as_text(replies[0].blocks[:1])), 400
    return "".join(reply_to_html(reply) for reply in replies), 200


def _without_school(indexes: Indexes, asked: _Asked, otherwise: str, status: int) -> tuple[str, int]:
    """Return the urgent route as HTML where a question is urgent, else what is wrong, with the status of either."""
    answer = needs_school(asked.question, [], indexes.knowledge.vectors)
    return (to_html(answer), 200) if answer.outcome is Outcome.URGENT else (_problem(otherwise), status)


def _problem(sentence: str) -> str:
    return environment().get_template("problem.html.jinja").render(sentence=sentence)


async def _fault(_request: Request, _error: Exception) -> Response:
    # A fault is answered outside the middleware, so the headers are given here.
    return HTMLResponse(_problem(FAULT), 500, headers={name.decode(): value.decode() for name, value in HEADERS})


async def _bad_form(_request: Request, _error: Exception) -> Response:
    return HTMLResponse(_problem("Your question could not be read: shorten it and send it again."), 400)


async def _not_found(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("There is no such page here. The chat page is at /chat.", 404)
