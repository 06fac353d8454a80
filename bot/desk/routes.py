"""All pages of the desk, behind its gate."""

from collections.abc import Callable
from datetime import datetime

from starlette.routing import Route

from bot.assembly import Parts
from bot.bringing_in import BringingIn
from bot.desk.announcing import AnnouncingPages
from bot.desk.bringing_in import BringingInPage
from bot.desk.chair import ChairPages
from bot.desk.corrections import CorrectionPages
from bot.desk.drafts import DraftPages
from bot.desk.gate import Gate
from bot.desk.home import HomePage
from bot.desk.published import PublishedPages
from bot.desk.publishing import PublishingPages
from bot.desk.signature import Signatures
from bot.desk.trail import TrailPage
from bot.desk.trial_questions import TrialQuestionsPage


def desk_routes(gate: Gate, parts: Parts, now: Callable[[], datetime]) -> list[Route]:
    """Return the addresses of the desk; the order is that of the navigation."""
    versions, signatures = parts.indexes.versions, Signatures(parts.contacts)
    published = PublishedPages(versions, parts.publication, now)
    publishing = PublishingPages(
        versions,
        audit=parts.audit,
        readiness=parts.readiness,
        looked_at=parts.looked_at,
        proposals=parts.proposals,
        chair_requests=parts.chair_requests,
        publication=parts.publication,
    )
    return [
        *HomePage(published).routes(gate),
        *published.routes(gate),
        *BringingInPage(BringingIn(versions, parts.audit), published).routes(gate),
        *DraftPages(versions, parts.audit, signatures, now).routes(gate),
        *publishing.routes(gate),
        *CorrectionPages(versions, parts.publication, signatures, now).routes(gate),
        *AnnouncingPages(versions, parts.announcements, parts.readings, parts.audit).routes(gate),
        *TrialQuestionsPage(parts.trial_questions, parts.readiness).routes(gate),
        *ChairPages(parts.proposals, parts.chair_requests, parts.publication).routes(gate),
        *TrailPage(parts.audit).routes(gate),
        *gate.routes(),
    ]
