"""The pages on which staff are told of a new version, and who has read it is kept."""

from starlette.responses import Response
from starlette.routing import Route

from bot.announcements import LONGEST_OWN, Announcements, StaffAnnouncement
from bot.audit import Action, Audit
from bot.clock import spoken
from bot.desk.gate import Done, Gate, Visit
from bot.desk.words import KEEPERS, OFFICE, titles
from bot.errors import BotError
from bot.readings import Readings
from corpus.tenancy import writing_at
from corpus.versions import Versions


class AnnouncingPages:
    """Tells staff of versions, and shows who has read what."""

    def __init__(self, versions: Versions, announcements: Announcements, readings: Readings, audit: Audit) -> None:
        """Keep the parts."""
        self._versions = versions
        self._announcements = announcements
        self._readings = readings
        self._audit = audit

    def routes(self, gate: Gate) -> list[Route]:
        """Return the addresses of the pages."""
        return [
            gate.page("/policies/{slug}/announce", KEEPERS, self._prepare, {"announce": self._announce}),
            gate.page("/announcements", OFFICE, self._list, label="Read by staff"),
            gate.page("/announcements/{number}", OFFICE, self._table, {"sign": self._sign}),
            gate.page("/announcements/{number}/csv", OFFICE, self._csv),
        ]

    def _since(self, visit: Visit, version: int) -> int | None:
        """Return the version of which staff were told last, else the one published before this; None where it is the first."""
        slug = visit.path("slug")
        told = [one.version for one in self._announcements.of(visit.school.id) if one.slug == slug and one.version != version]
        numbers = [one.number for one in self._versions.history(visit.school.id, slug) if one.number]
        return told[0] if told else max((number for number in numbers if number < version), default=None)

    def _prepare(self, visit: Visit) -> Response:
        slug = visit.path("slug")
        version = self._versions.version(visit.school.id, slug)
        number = version.number or 0
        words = self._announcements.words(visit.school.id, slug, number, self._since(visit, number))
        return visit.page("announce", version=version, slug=slug, words=words, longest=LONGEST_OWN)

    def _announce(self, visit: Visit) -> Response:
        slug = visit.path("slug")
        version = self._versions.version(visit.school.id, slug).number or 0
        if visit.typed("version") != str(version):
            raise BotError("Another version has been published since you opened this page: look at it once more.")
        since = self._since(visit, version)
        with writing_at(self._versions.engine, visit.school.id) as connection:
            number = self._announcements.announce(
                connection,
                visit.school.id,
                slug,
                version,
                since=since,
                own=visit.typed("own"),
                to_confirm="to_confirm" in visit.form,
                who=visit.who,
            )
            self._audit.note(connection, visit.school.id, visit.who, Action.ANNOUNCED, slug=slug, version=version)
        raise Done(f"/announcements/{number}", "Staff are told, each in their working hours.")

    def _list(self, visit: Visit) -> Response:
        return visit.page(
            "announcements",
            announcements=self._announcements.of(visit.school.id),
            titles=titles(self._versions, visit.school.id),
            spoken=spoken,
        )

    def _found(self, visit: Visit) -> StaffAnnouncement:
        found = [one for one in self._announcements.of(visit.school.id) if str(one.id) == visit.path("number")]
        if not found:
            raise BotError("There is no such announcement: choose one from the list.")
        return found[0]

    def _table(self, visit: Visit) -> Response:
        announcement = self._found(visit)
        table = self._readings.table(visit.school.id, announcement.id)
        return visit.page(
            "announcement",
            announcement=announcement,
            titles=titles(self._versions, visit.school.id),
            table=table,
            read=sum(one.read_at is not None for one in table),
            spoken=spoken,
        )

    def _sign(self, visit: Visit) -> Response:
        announcement = self._found(visit)
        with writing_at(self._versions.engine, visit.school.id) as connection:
            self._readings.sign_on_paper(connection, visit.school.id, announcement.id, visit.typed("name"), visit.who)
            self._audit.note(
                connection, visit.school.id, visit.who, Action.NOTED_READING, slug=announcement.slug, object=announcement.id
            )
        raise Done(f"/announcements/{announcement.id}", "It is noted.")

    def _csv(self, visit: Visit) -> Response:
        announcement = self._found(visit)
        name = f"{visit.school.id}-{announcement.slug}-{announcement.version}-read.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(self._readings.as_csv(visit.school.id, announcement.id), media_type="text/csv", headers=headers)
