"""The pages of rulings: those that a school has, a new one with what it would change, and taking one back."""

from collections.abc import Callable
from datetime import date, datetime

from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import Route

from bot.answer import VERDICTS, Answer
from bot.asking import ask, ask_and_read
from bot.bootstrap import Indexes
from bot.clock import day_of
from bot.desk.gate import Done, Gate, Visit
from bot.desk.signature import Signatures
from bot.desk.words import KEEPERS, READERS, STANCES
from bot.errors import BotError
from bot.gaps import Gap, Gaps, matter_of
from bot.publication import Publication
from bot.rendering import to_html
from bot.roster import Roster
from bot.rulings import LONGEST_QUESTION, LONGEST_RULING, Ruled, Rulings, RulingState, latest_end
from bot.trial import try_out
from bot.trial_questions import TrialQuestions
from corpus.clause import RulingNote, Stance
from corpus.dates import parse_date
from retrieval.index import Index, IndexedClause

# So much of a clause tells it from others in a list.
_BEGINNING = 70


class RulingPages:
    """Shows, writes and takes back the rulings of a school; `now` is the time in UTC."""

    def __init__(
        self,
        indexes: Indexes,
        *,
        publication: Publication,
        gaps: Gaps,
        signatures: Signatures,
        roster: Roster,
        trial_questions: TrialQuestions,
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts and the clock."""
        self._indexes = indexes
        self._publication = publication
        self._gaps = gaps
        self._signatures = signatures
        self._roster = roster
        self._trial_questions = trial_questions
        self._now = now

    def routes(self, gate: Gate) -> list[Route]:
        """Return the addresses of the pages."""
        write = {"preview": self._preview, "again": self._new, "rule": self._rule}
        return [
            gate.page("/rulings", READERS, self._list, {"withdraw": self._withdraw}, label="Rulings"),
            gate.page("/rulings/new", KEEPERS, self._new, write),
        ]

    def _list(self, visit: Visit) -> Response:
        return visit.page(
            "rulings",
            rulings=Rulings(self._indexes.versions).of(visit.school.id, self._today()),
            lapsed=RulingState.LAPSED,
            ending=RulingState.ENDING,
            in_force=RulingState.IN_FORCE,
            stances=STANCES,
            may_keep=visit.role in KEEPERS,
        )

    def _withdraw(self, visit: Visit) -> Response:
        visit.require(KEEPERS, "Only the headteacher takes a ruling back.")
        self._publication.withdraw_ruling(visit.school.id, visit.typed("ruling"), visit.who)
        raise Done("/rulings", "The ruling is taken back: staff are not answered from it any more.")

    def _new(self, visit: Visit) -> Response:
        gap = self._gap(visit)
        clauses: dict[str, list[tuple[str, str]]] = {}
        for value, clause in self._clauses(visit.school.id).items():
            beginning = f"{clause.clause.label}: {clause.clause.words}"
            shown = beginning if len(beginning) <= _BEGINNING else f"{beginning[:_BEGINNING]}…"
            clauses.setdefault(clause.policy.title, []).append((value, shown))
        return visit.page(
            "ruling",
            gap=gap,
            matter=visit.typed("matter", (gap and gap.matter) or ""),
            question=visit.typed("question", next(iter(gap.wordings), "") if gap else ""),
            clauses=clauses,
            stances=STANCES,
            verdicts=VERDICTS,
            by=self._signatures.of(visit.school, visit.role),
            today=self._today(),
            latest=latest_end(self._today()),
            longest=LONGEST_RULING,
            longest_question=LONGEST_QUESTION,
        )

    def _preview(self, visit: Visit) -> Response:
        """Show what a ruling would change, before it does."""
        ruled, school = self._read(visit), visit.school
        index = self._indexes.of(school.id)
        looser, needs_chair = self._publication.looser(school.id, ruled)
        after = self._publication.would_be(school.id, ruled, visit.who, needs_chair=needs_chair)
        today, directory = self._today(), self._roster.directory(school)
        tried = try_out(self._trial_questions.of(school.id), index, after, directory, today)
        question = ruled.note.question
        answer = self._answer(question, after)
        return visit.page(
            "ruling-preview",
            ruled=ruled,
            fields=[(name, visit.typed(name)) for name in ("question", "text", "stance", "until", "cites")],
            # A row may be of a matter near that of her question: which of them she has settled is hers to say.
            matters=list(filter(None, dict.fromkeys((ruled.note.matter, self._read_as(visit, question))))),
            before=Markup(to_html(self._answer(question, index))),  # noqa: S704  it is escaped where it is made
            after=Markup(to_html(answer)),  # noqa: S704
            governs=any(one.ruling and one.words == ruled.text for one in answer.quotes[:1]),
            looser=looser,
            needs_chair=needs_chair,
            others=[one for group in tried.groups for one in group.tried if one.difference.is_other_answer],
        )

    def _rule(self, visit: Visit) -> Response:
        if self._publication.rule(visit.school.id, self._read(visit), visit.who):
            raise Done("/approvals", "The chair of governors is asked: it counts once the chair has approved it.")
        raise Done("/rulings", "The ruling holds: staff are answered from it from now on.")

    def _read(self, visit: Visit) -> Ruled:
        """Return the ruling that a form holds. Raises BotError where a part of it cannot be read."""
        try:
            stance = Stance(visit.typed("stance"))
        except ValueError:
            raise BotError("Choose what you rule: whether it is allowed, not allowed, or something between.") from None
        cited = self._clauses(visit.school.id).get(visit.typed("cites"))
        if visit.typed("cites") and cited is None:
            raise BotError("That clause is not in your policies any more: choose the clause once more, or none.")
        question = visit.typed("question")
        if not question:
            raise BotError("Write the question that the ruling answers.")
        note = RulingNote(
            by=self._signatures.of(visit.school, visit.role),
            on=self._today(),
            until=_read_day(visit.typed("until")),
            question=question,
            matter=self._matter(visit, question),
            cites=cited.cited if cited else None,
        )
        return Ruled(" ".join(visit.typed("text").split()), stance, note)

    def _matter(self, visit: Visit, question: str) -> str | None:
        """Return the matter that a ruling decides: that of the row it is written from, else what its question plainly is."""
        matter = visit.typed("matter")
        if matter and self._indexes.knowledge.matters.number_of(matter) is None:
            raise BotError("That matter is not known any more: begin again from the page Not found.")
        return matter or self._read_as(visit, question)

    def _read_as(self, visit: Visit, question: str) -> str | None:
        index, directory = self._indexes.of(visit.school.id), self._roster.directory(visit.school)
        return matter_of(ask_and_read(question, index, directory, self._today(), ())[1])

    def _answer(self, question: str, index: Index) -> Answer:
        return ask(question, index, self._roster.directory(index.school), self._today())

    def _gap(self, visit: Visit) -> Gap | None:
        """Return the row of Not found from which a ruling is written, None where it is gone or there was none."""
        key, school = visit.request.query_params.get("gap"), visit.school.id
        if not key:
            return None
        return next((gap for gap in (*self._gaps.of(school), *self._gaps.noted(school)) if gap.key == key), None)

    def _clauses(self, school_id: str) -> dict[str, IndexedClause]:
        """Return the published clauses on which a ruling may rest, each under what stands for it in a form."""
        found = (one for one in self._indexes.of(school_id).clauses if not one.is_detail)
        return {f"{one.policy.slug} {one.clause.id}": one for one in found}

    def _today(self) -> date:
        return day_of(self._now())


def _read_day(typed: str) -> date:
    try:
        found = parse_date(typed)
    except ValueError:
        found = None
    if found is None or found.day is None:
        raise BotError("Write the day on which the ruling lapses, such as 1 September 2027.")
    return found.last_day()
