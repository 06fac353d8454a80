"""The pages of the chair of governors: what waits for approval, what got looser, and what needs approval at all."""

from starlette.responses import Response
from starlette.routing import Route

from bot.answer import PARTY_WORDS
from bot.chair_requests import ChairRequests
from bot.clock import spoken
from bot.desk.gate import TO_DECIDE, Done, Gate, Visit
from bot.desk.words import KEEPERS, READERS, STANCES, titles
from bot.errors import BotError
from bot.people import PersonRole
from bot.proposals import ChairSettings, Kind, Proposals
from bot.publication import Publication
from corpus.versions import Versions

CHAIR = frozenset({PersonRole.CHAIR})
KINDS = {Kind.VERSION: "A new version", Kind.CORRECTION: "A correction", Kind.RULING: "A ruling"}


class ChairPages:
    """Shows and decides what is proposed."""

    def __init__(self, versions: Versions, proposals: Proposals, chair_requests: ChairRequests, publication: Publication) -> None:
        """Keep the parts."""
        self._versions = versions
        self._proposals = proposals
        self._chair_requests = chair_requests
        self._publication = publication

    def routes(self, gate: Gate) -> list[Route]:
        """Return the addresses of the pages."""
        decide = {"approve": self._approve, "refuse": self._refuse, "settings": self._settings, "withdraw": self._withdraw}
        return [gate.page("/approvals", READERS, self._show, decide, label="Approvals", by_mail=TO_DECIDE)]

    def _show(self, visit: Visit) -> Response:
        school, is_keeper = visit.school.id, visit.role in KEEPERS
        return visit.page(
            "approvals",
            waiting=[(one, self._publication.proposed(one)) for one in self._proposals.waiting(school)],
            decided=self._proposals.decided(school)[::-1],
            looser=self._proposals.looser_list(school)[::-1],
            asked=self._chair_requests.of(school),
            settings=self._proposals.settings(school),
            is_chair=visit.role in CHAIR,
            is_keeper=is_keeper,
            advice=self._chair_requests.reach(school).advice if is_keeper else "",
            kinds=KINDS,
            titles=titles(self._versions, school),
            stances=STANCES,
            parties=PARTY_WORDS,
            spoken=spoken,
        )

    def _number(self, visit: Visit) -> int:
        number = visit.number("proposal")
        if number is None:
            raise BotError("That is not waiting any more: look at the list once more.")
        return number

    def _approve(self, visit: Visit) -> Response:
        visit.require(CHAIR, "Only the chair of governors approves.")
        self._publication.approve(
            visit.school.id,
            self._number(visit),
            visit.who,
            comment=visit.typed("comment"),
            minutes=visit.typed("minutes"),
        )
        raise Done("/approvals", "It is approved.")

    def _refuse(self, visit: Visit) -> Response:
        visit.require(CHAIR, "Only the chair of governors refuses.")
        self._proposals.refuse(visit.school.id, self._number(visit), visit.who, comment=visit.typed("comment"))
        raise Done("/approvals", "It is refused, and the headteacher can see why.")

    def _withdraw(self, visit: Visit) -> Response:
        visit.require(KEEPERS, "Only the headteacher takes it back.")
        self._proposals.withdraw(visit.school.id, self._number(visit), visit.who)
        raise Done("/approvals", "It is taken back.")

    def _settings(self, visit: Visit) -> Response:
        visit.require(KEEPERS, "Only the headteacher changes that.")
        chosen = ChairSettings("versions" in visit.form, "looser" in visit.form)
        self._proposals.change_settings(visit.school.id, chosen, visit.who)
        raise Done("/approvals", "It is changed.")
