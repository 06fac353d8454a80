"""The page on which a document is brought in."""

from starlette.responses import Response
from starlette.routing import Route

from bot.bringing_in import BringingIn
from bot.desk.gate import Done, Gate, Visit
from bot.desk.published import PublishedPages
from bot.desk.words import OFFICE
from bot.errors import BotError
from corpus.building import LONGEST_TITLE
from corpus.clause import RULINGS


class BringingInPage:
    """Takes a document and leads on to its draft."""

    def __init__(self, bringing_in: BringingIn, published: PublishedPages) -> None:
        """Keep the parts."""
        self._bringing_in = bringing_in
        self._published = published

    def routes(self, gate: Gate) -> list[Route]:
        """Return the address of the page."""
        return [gate.page("/bring-in", OFFICE, self._show, {"bring-in": self._bring_in})]

    def _show(self, visit: Visit) -> Response:
        rows = [row for row in self._published.rows(visit.school.id) if row.slug != RULINGS]
        asked = visit.request.query_params
        return visit.page(
            "bring-in",
            rows=[row for row in rows if not row.whose and not row.draft_of_trust],
            of_trust=[row for row in rows if row.whose and row.number],
            chosen=visit.typed("policy", asked.get("policy", "")),
            supplements=visit.typed("supplements", asked.get("supplements", "")),
        )

    def _bring_in(self, visit: Visit) -> Response:
        upload = visit.upload("document")
        if upload is None:
            raise BotError("Choose the file that holds the policy.")
        known = {row.slug: row for row in self._published.rows(visit.school.id)}
        chosen, title, supplements = visit.typed("policy"), visit.typed("title"), visit.typed("supplements")
        if chosen not in {*known, ""} or len(title) > LONGEST_TITLE:
            raise BotError("Choose which policy this document is the next version of, or that it is a new one.")
        if supplements and not (supplements in known and known[supplements].whose):
            raise BotError("Choose which policy of your trust it is an addendum to, or that it is to none.")
        brought = self._bringing_in.bring_in(
            visit.school.id, *upload, visit.who, slug=chosen or None, title=title or None, supplements=supplements or None
        )
        count = sum(1 for _ in brought.draft.clauses())
        left_out = f" Left out: {', '.join(brought.ignored)}." if brought.ignored else ""
        instead = " It takes the place of the draft that was there." if brought.replaced else ""
        said = f"I found {count} clauses in {brought.name}. Nothing is published yet: look through them first.{instead}{left_out}"
        raise Done(f"/policies/{brought.draft.slug}/draft", said)
