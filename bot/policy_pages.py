"""Two pages: a version of a policy with every clause in its place, and the one that checks a copy of an answer."""

import re
from collections.abc import Callable
from datetime import date, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.answer import dates, dates_of_ruling
from bot.clock import day_of
from bot.errors import BotError
from bot.joining import Door
from bot.kept import KeptAnswers
from bot.links import Links
from bot.rendering import as_html, environment, problem_to_html, told_page
from corpus.clause import Clause, LeadIn, Policy
from corpus.errors import StoreError
from corpus.versions import Versions

LONGEST_COPY = 20_000
_VERSION = re.compile(r"[1-9][0-9]{0,5}")
NO_POLICY = "This link does not open a policy here: it may be too old. Ask your question again for a new one."


class PolicyPages:
    """The pages over the published versions; without a door, in the demonstration, they are open to whoever is at the machine."""

    def __init__(
        self, versions: Versions, links: Links, kept: KeptAnswers, door: Door | None, now: Callable[[], datetime]
    ) -> None:
        """Keep the parts and the clock."""
        self._versions = versions
        self._links = links
        self._kept = kept
        self._door = door
        self._now = now

    def routes(self) -> list[Route]:
        """Return the addresses of the pages."""
        return [
            Route("/policies/{school}/{slug}/{version}", self._policy, methods=["GET"]),
            Route("/verify", self._form, methods=["GET"]),
            Route("/verify", self._verify, methods=["POST"]),
        ]

    async def _policy(self, request: Request) -> Response:
        school, slug, version = (request.path_params[name] for name in ("school", "slug", "version"))
        number = int(version) if _VERSION.fullmatch(version) else None
        if number and await self._may_read(request, school, f"{school}/{slug}/{number}"):
            try:
                found = await run_in_threadpool(self._versions.version, school, slug, number)
            except StoreError:
                pass
            else:
                return HTMLResponse(self._rendered(found.policy, number))
        return HTMLResponse(told_page(problem_to_html(NO_POLICY)), 404)

    async def _may_read(self, request: Request, school: str, path: str) -> bool:
        """Tell whether a request may read a school's policies: by its session or by a signed link."""
        if self._door is None or self._links.opens(
            path, request.query_params.get("until", ""), request.query_params.get("signed", "")
        ):
            return True
        person = await self._door.person(request)
        return person is not None and person.school_id == school

    def _rendered(self, policy: Policy, number: int) -> str:
        today = day_of(self._now())
        if policy.is_of_rulings:
            told = f"Version {number}. Each as the headteacher wrote it. They are no policy."
        else:
            whose = "trust" if policy.trust else "school"
            told = f"Version {number} ({dates(policy, today)}). Every clause as the {whose} published it."
        template = environment().get_template("policy.html.jinja")
        return template.render(title=policy.title, told=told, sections=page_sections(policy, today))

    async def _form(self, _request: Request) -> Response:
        return _checked("", "")

    async def _verify(self, request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=3, max_part_size=LONGEST_COPY * 4)
        pasted = str(form.get("copy", ""))[:LONGEST_COPY]
        try:
            blocks = await run_in_threadpool(self._kept.check, pasted, day_of(self._now()))
        except BotError as error:
            return _checked(pasted, str(error), 400)
        return _checked(pasted, "", html=as_html(blocks))


def page_sections(policy: Policy, today: date) -> list[tuple[str, int, list[tuple[Clause | LeadIn, bool, str]]]]:
    """Return each heading of a policy, its level on a page, and what stands under it: whether it is a clause, whose ruling."""
    return [
        (
            section.heading,
            min(max(section.level, 1) + 1, 6),
            [(element, isinstance(element, Clause), _whose(element, today)) for element in section.elements],
        )
        for section in policy.sections
    ]


def _whose(element: Clause | LeadIn, today: date) -> str:
    """Return whose a ruling is, with its dates; nothing for what a policy says."""
    return dates_of_ruling(element.ruling, today) if isinstance(element, Clause) and element.ruling else ""


def _checked(pasted: str, problem: str, status: int = 200, html: str = "") -> Response:
    page = environment().get_template("verify.html.jinja").render(pasted=pasted, problem=problem, html=html)
    return HTMLResponse(page, status)
