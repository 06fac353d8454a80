"""The page of a month in figures, beside the month before it."""

from collections.abc import Callable
from datetime import date, datetime

from starlette.responses import Response
from starlette.routing import Route

from bot.clock import day_of
from bot.desk.gate import Gate, Visit
from bot.desk.words import READERS, month_in_words
from bot.summary import Month, Summaries
from corpus.dates import PolicyDate
from retrieval.decision import Outcome

# What a picture tells apart, in the order in which it stands there.
_SHOWN = {
    Outcome.ANSWERED: "Answered from a rule",
    Outcome.CHOOSE: "Rules to choose from",
    Outcome.NOT_COVERED: "No rule settles it",
}
OTHERS = "Other"


class MonthPage:
    """Shows a month of a school; `now` is the time in UTC."""

    def __init__(self, summaries: Summaries, now: Callable[[], datetime]) -> None:
        """Keep the parts."""
        self._summaries = summaries
        self._now = now

    def routes(self, gate: Gate) -> list[Route]:
        """Return the address of the page."""
        return [gate.page("/month", READERS, self._show, label="This month")]

    def _show(self, visit: Visit) -> Response:
        today = day_of(self._now())
        summary = self._summaries.of(visit.school.id, _read_month(visit.request.query_params.get("of", ""), today))
        shown = [summary.month, summary.before]
        return visit.page(
            "month",
            summary=summary,
            months=[(month, _parts(month)) for month in shown],
            parts=(*_SHOWN.values(), OTHERS),
            most=max((asked.times for asked in summary.most_asked), default=0),
            is_latest=summary.month.month == f"{today:%Y-%m}",
            in_words=month_in_words,
        )


def _read_month(typed: str, today: date) -> date:
    """Return a day of the month that is asked for, `2026-10`; today where that is none, or is to come."""
    try:
        asked = PolicyDate(typed).last_day()
    except ValueError:
        return today
    return min(asked, today)


def _parts(month: Month) -> list[int]:
    """Return how many questions were of each kind that the picture shows."""
    told = [month.outcomes.get(outcome, 0) for outcome in _SHOWN]
    return [*told, month.questions - sum(told)]
