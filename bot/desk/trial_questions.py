"""The page of the questions with which each draft is tried."""

from starlette.responses import Response
from starlette.routing import Route

from bot.desk.gate import Done, Gate, Visit
from bot.desk.words import KEEPERS, STANCES
from bot.errors import BotError
from bot.readiness import Readiness
from bot.trial_questions import TrialQuestions
from retrieval.decision import Outcome

EXPECTED: dict[str, str] = {
    **{str(one): words for one, words in STANCES.items()},
    Outcome.NOT_COVERED: "The policies do not settle it",
}


class TrialQuestionsPage:
    """Shows and changes the test questions of a school."""

    def __init__(self, trial_questions: TrialQuestions, readiness: Readiness) -> None:
        """Keep the parts."""
        self._trial_questions = trial_questions
        self._readiness = readiness

    def routes(self, gate: Gate) -> list[Route]:
        """Return the address of the page."""
        forms = {"add": self._add, "remove": self._remove, "must": self._must, "free": self._free}
        return [gate.page("/test-questions", KEEPERS, self._show, forms)]

    def _show(self, visit: Visit) -> Response:
        return visit.page("test-questions", questions=self._trial_questions.of(visit.school.id), expected=EXPECTED)

    def _number(self, visit: Visit) -> int:
        number = visit.number("question")
        if number is None:
            raise BotError("This test question is not there any more.")
        return number

    def _add(self, visit: Visit) -> Response:
        self._trial_questions.add(visit.school.id, visit.typed("words"), visit.who)
        raise Done("/test-questions", "The question is added.")

    def _remove(self, visit: Visit) -> Response:
        self._trial_questions.remove(visit.school.id, self._number(visit), visit.who)
        raise Done("/test-questions", "The question is taken out.")

    def _must(self, visit: Visit) -> Response:
        self._readiness.must(visit.school.id, self._number(visit), visit.who, visit.typed("expected") or None)
        raise Done("/test-questions", "Nothing is published any more while this question gets another answer.")

    def _free(self, visit: Visit) -> Response:
        self._trial_questions.need_not(visit.school.id, self._number(visit), visit.who)
        raise Done("/test-questions", "The question does not stop a publication any more.")
