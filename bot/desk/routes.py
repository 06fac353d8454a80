"""All pages of the desk, behind its gate."""

from collections.abc import Callable
from datetime import datetime

from starlette.routing import Route

from bot.assembly import Parts
from bot.configuration import Configuration
from bot.desk.announcing import AnnouncingPages
from bot.desk.bringing_in import BringingInPage
from bot.desk.chair import ChairPages
from bot.desk.contacts import ContactPages
from bot.desk.corrections import CorrectionPages
from bot.desk.drafts import DraftPages
from bot.desk.gate import Gate
from bot.desk.governors import GovernorsPage
from bot.desk.home import HomePage
from bot.desk.month import MonthPage
from bot.desk.not_found import NotFoundPage
from bot.desk.people import PeoplePages
from bot.desk.published import PublishedPages
from bot.desk.publishing import PublishingPages
from bot.desk.rulings import RulingPages
from bot.desk.signature import Signatures
from bot.desk.trail import TrailPage
from bot.desk.trial_questions import TrialQuestionsPage
from bot.governors import Overviews
from bot.ways_in import WaysIn


def desk_routes(
    gate: Gate, parts: Parts, now: Callable[[], datetime], *, ways: WaysIn, configuration: Configuration
) -> list[Route]:
    """Return the addresses of the desk; the order is that of the navigation. `ways` are where people come in."""
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
    rulings = RulingPages(
        parts.indexes,
        publication=parts.publication,
        gaps=parts.gaps,
        signatures=signatures,
        roster=parts.roster,
        trial_questions=parts.trial_questions,
        now=now,
    )
    overviews = Overviews(parts.indexes, roster=parts.roster, trial_questions=parts.trial_questions, gaps=parts.gaps, now=now)
    home = HomePage(published, versions, proposals=parts.proposals, gaps=parts.gaps, contacts=parts.contacts, now=now)
    people = PeoplePages(parts.people, parts.contacts, versions=versions, ways=ways, configuration=configuration, now=now)
    return [
        *home.routes(gate),
        *published.routes(gate),
        *BringingInPage(parts.bringing_in, published).routes(gate),
        *DraftPages(versions, parts.audit, signatures, now).routes(gate),
        *publishing.routes(gate),
        *CorrectionPages(versions, parts.publication, signatures, now).routes(gate),
        *NotFoundPage(parts.gaps, parts.audit, versions).routes(gate),
        *rulings.routes(gate),
        *GovernorsPage(overviews, parts.publication, parts.audit).routes(gate),
        *MonthPage(parts.summaries, now).routes(gate),
        *AnnouncingPages(versions, parts.announcements, parts.readings, parts.audit).routes(gate),
        *ContactPages(parts.contacts, parts.contact_changes, parts.roster, now).routes(gate),
        *people.routes(gate),
        *TrialQuestionsPage(parts.trial_questions, parts.readiness).routes(gate),
        *ChairPages(parts.proposals, parts.chair_requests, parts.publication).routes(gate),
        *TrailPage(parts.audit).routes(gate),
        *gate.routes(),
    ]
