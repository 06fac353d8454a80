"""Every action at the desk, tried by everybody: what the table says each may do is done, and nothing else leaves a trace."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from itertools import product
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import Engine, insert
from starlette.routing import Route

from bot.contact_file import read_book
from bot.desk.access import AT_DESK as MAY_ENTER
from bot.desk.access import NOT_YOURS
from bot.desk.gate import CLOSED, COOKIE, NOT_FOR_YOU, STALE
from bot.errors import BotError
from bot.people import EMAIL, SLACK, WEB, Person, PersonRole
from bot.secret import keyed_hash
from bot.short_names import shortened
from bot.tables import trial_questions
from corpus.building import build_policy
from corpus.clause import Correction, Stance
from corpus.tenancy import writing_at
from tests.bot import authorisation
from tests.conftest import KEY, Beginnings
from tests.platforms.at_desk import ADDRESS, Desk

TABLE = authorisation.read(authorisation.AT_DESK)
LETS_IN = authorisation.read(authorisation.LETS_IN)
HERS, THEIRS, NONE = "hillside", "meadow", "nowhere"
ROLES = {
    "office": PersonRole.OFFICE,
    "head": PersonRole.HEADTEACHER,
    "chair": PersonRole.CHAIR,
    "trust": PersonRole.ADMINISTRATOR,
}
# What is said of a form to whom the page is open, and the form is not for. Whoever is not seen at all is not on the list.
REFUSED = re.compile(
    r"Only the (chair of governors (approves|refuses|confirms)|headteacher (takes|changes|goes|says|marks))"
    r"|Only those who prepare the policies|You cannot (invite|end)|whom you ticked is not on the list any more"
)
RULES = "1.1 Staff must not feed the parrots.\n\n1.2 Staff must wear their badges.\n"
BOOK = """
contacts:
  - {name: Mrs Harrison, roles: [head]}
  - {name: Ms Okoro, roles: [chair of governors]}
"""


class Two:
    """Two schools, of which hillside has one of everything that an action at the desk could reach, and people at both."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.ids: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    @property
    def engine(self) -> Engine:
        return self.desk.parts.indexes.versions.engine

    def person(self, role: PersonRole, school: str = HERS, channel: str = WEB, account: str = "", **more: Any) -> Person:
        people = self.desk.parts.people
        return people.enrol(people.invite(school, role, **more)[1], channel, account or f"{school} {role} {channel}")

    def enter(self, name: str, person: Person) -> Person:
        """Let somebody enter by a link."""
        self.tokens[name] = self.desk.parts.desk.enter(self.desk.parts.desk.make_link(person)).token
        return person

    def fill(self) -> None:
        """Make one of everything at hillside, and let everybody in."""
        parts, versions = self.desk.parts, self.desk.parts.indexes.versions
        source = f"A SCHOOL\n\nOn parrots\n\nAdopted: May 2024\n\n1. Rules\n\n{RULES}"
        build = partial(build_policy, school=HERS, slug="parrots", title=None, source_name="parrots")
        versions.save_draft(build(source), source)
        versions.publish(HERS, "parrots", "the headteacher")
        with writing_at(self.engine, HERS) as connection:
            asked = insert(trial_questions).values(school_id=HERS, question="May I feed the parrots?", must=False)
            question = connection.execute(asked.returning(trial_questions.c.id)).scalar_one()
            announcement = parts.announcements.announce(
                connection, HERS, "parrots", 1, since=None, own="", to_confirm=True, who="headteacher 1"
            )
        looser = Correction("the headteacher", versions.today(), "as agreed", Stance.ALLOWED)
        parts.publication.correct(HERS, "parrots", 1, "1.1", looser, who="headteacher 1")
        versions.save_draft(build(source.replace("badges", "hats")), source.replace("badges", "hats"))
        parts.contacts.save(HERS, read_book(BOOK, "contacts.yaml"), "the office")
        for name, role in ROLES.items():
            self.enter(name, self.person(role))
            self.enter(f"{name} of another school", self.person(role, THEIRS))
        self.enter("mailed", self.person(PersonRole.CHAIR, channel=EMAIL))
        (proposal,) = parts.proposals.waiting(HERS)
        self.ids = {
            "slug": "parrots",
            "number": "1",
            "announcement": str(announcement),
            "part": "1.1",
            "clause": "1.1",
            "contact": shortened("Ms Okoro"),
            "person": str(self.person(PersonRole.STAFF).id),
            "invitation": str(parts.people.invite(HERS, PersonRole.STAFF)[0].id),
            "proposal": str(proposal.id),
            "question": str(question),
        }

    def rows(self, school: str = HERS) -> dict[str, list[Any]]:
        """Return all rows of a school."""
        return authorisation.rows_of(self.engine, school)

    def asked(
        self, actions: Iterable[str], token: str = "", at: str = HERS, ids: Mapping[str, str] | None = None
    ) -> list[Response]:
        """Return the answers to actions that somebody with the session of a token tries, one after another."""
        return asyncio.run(self._asked(list(actions), token, at, self.ids if ids is None else ids))

    async def _asked(self, actions: list[str], token: str, at: str, ids: Mapping[str, str]) -> list[Response]:
        transport = ASGITransport(app=self.desk.app)
        async with AsyncClient(transport=transport, base_url=ADDRESS, cookies={COOKIE: token} if token else None) as client:
            key, answers = keyed_hash(KEY, "form of the desk", token)[:32], []
            for action in actions:
                do, path = action.split()
                number = ids["announcement" if path.startswith("/announcements") else "number"]
                path = f"/desk/{at}{path.rstrip('/').format_map({**ids, 'number': number})}"
                params = {"person": ids["person"]} if path.endswith("/end") else None
                if do == "open":
                    answers.append(await client.get(path, params=params))
                else:
                    answers.append(await client.post(path, params=params, data={**_fields(ids), "form_key": key, "do": do}))
        return answers


def _fields(ids: Mapping[str, str]) -> dict[str, str]:
    """Return what is typed into every form: whatever it reads, it finds something that is there."""
    return {
        **{name: ids[name] for name in ("invitation", "proposal", "question", "clause", "contact")},
        "ruling": "1",
        "gap": "1",
        "role": ids.get("role", "staff"),
        "before": "1.1",
        "number": "1",
        "right": "1.1",
        "version": "1",
        "name": "Mr New",
        "title": "On cats",
    }


def actions_of(desk: Desk) -> set[str]:
    """Return what can be done on all pages of a school's desk, as the program declares them."""
    found = set()
    for route in desk.app.routes:
        if isinstance(route, Route) and route.path.startswith("/desk/{school}"):
            assert isinstance(route.endpoint, partial), f"{route.path} is no page of the gate"
            path = route.path.removeprefix("/desk/{school}") or "/"
            found |= {f"{do} {path}" for do in ("open", *route.endpoint.args[2])}
    return found


def is_let_through(answer: Response) -> bool:
    """Tell whether somebody may do what they asked for, whatever came of it."""
    if answer.status_code in (401, 403):
        assert (CLOSED if answer.status_code == 401 else NOT_FOR_YOU) in answer.text
        return False
    assert answer.status_code in (200, 303, 400, 404), answer.text
    assert STALE not in answer.text
    return not (answer.status_code in (400, 404) and REFUSED.search(answer.text))


@pytest.fixture
def two(desk: Desk, clock: Any, beginnings: Beginnings) -> Callable[[], Two]:
    """Return what makes two schools as they were at the beginning, and people at them."""

    def begin() -> Two:
        made = Two(desk)

        def make() -> tuple[dict[str, str], dict[str, str]]:
            made.fill()
            return made.ids, made.tokens

        made.ids, made.tokens = beginnings.fill(desk.parts.indexes.versions, "authorisation", make)
        return made

    return begin


def test_every_action_at_the_desk_has_a_row(desk: Desk) -> None:
    assert actions_of(desk) == set(TABLE)
    assert {name.split()[1] for name in TABLE} == {path or "/" for path in desk.gate.roles}


# Tried each time, each on one of the stores; all on both, and the trust, whose column is nearly the headteacher's, at length.
OWN = {"sqlite": ("office", "head", "mailed"), "postgresql": ("chair",)}
OTHERS = {"sqlite": ("head there, staff here", "trust there, head here"), "postgresql": ("head of both",)}


@pytest.mark.both_stores
def test_at_their_own_school_everybody_may_do_what_the_table_says_and_no_more(two: Callable[[], Two], dialect: str) -> None:
    try_at_own_school(two, OWN[dialect])


@pytest.mark.both_stores
@pytest.mark.soak
def test_at_their_own_school_the_whole_table_holds_on_both_stores(two: Callable[[], Two]) -> None:
    try_at_own_school(two, ("office", "head", "chair", "mailed", "trust"))


def try_at_own_school(two: Callable[[], Two], columns: Iterable[str]) -> None:
    for column in columns:
        school = two()
        forbidden = [action for action, row in TABLE.items() if row[column] != "yes"]
        before = school.rows()
        for action, answer in zip(forbidden, school.asked(forbidden, school.tokens[column]), strict=True):
            assert not is_let_through(answer), (column, action)
        assert school.rows() == before, column
        # What is looked at comes first: what is done may take it away.
        allowed = sorted(set(TABLE) - set(forbidden), key=lambda action: not action.startswith("open"))
        for action, answer in zip(allowed, school.asked(allowed, school.tokens[column]), strict=True):
            assert is_let_through(answer), (column, action)
            assert not action.startswith("open") or answer.status_code == 200, (column, action)
        assert school.rows() != before, column


@pytest.mark.both_stores
def test_nobody_of_another_school_does_anything_or_is_told_what_there_is(two: Callable[[], Two], dialect: str) -> None:
    try_from_another_school(two(), OTHERS[dialect])


@pytest.mark.both_stores
@pytest.mark.soak
def test_from_another_school_the_whole_table_is_closed_on_both_stores(two: Callable[[], Two]) -> None:
    try_from_another_school(two(), (*OTHERS["sqlite"], *OTHERS["postgresql"], *(f"{one} of another school" for one in ROLES)))


def try_from_another_school(school: Two, names: Iterable[str]) -> None:
    people = school.desk.parts.people
    for name, there, here in (
        ("head of both", PersonRole.HEADTEACHER, PersonRole.HEADTEACHER),
        ("head there, staff here", PersonRole.HEADTEACHER, PersonRole.STAFF),
        ("trust there, head here", PersonRole.ADMINISTRATOR, PersonRole.HEADTEACHER),
    ):
        people.enrol(people.invite(HERS, here)[1], WEB, name)
        school.enter(name, school.person(there, THEIRS, account=name))
    before, told, token = school.rows(), set(), ""
    for name in names:
        token = school.tokens[name]
        for action, answer in zip(TABLE, school.asked(TABLE, token), strict=True):
            assert answer.status_code == 403, (name, action)
            told.add(answer.text)
    # As if neither the policy nor the school were there.
    for at, ids in ((HERS, dict.fromkeys(school.ids, "7")), (NONE, school.ids)):
        told |= {answer.text for answer in school.asked(["open /policies/{slug}"], token, at, ids)}
    assert len(told) == 1
    assert school.rows() == before


@pytest.mark.soak  # in short it stands in test_hostile_input.py
def test_at_ones_own_school_what_is_another_schools_is_as_if_it_were_not(two: Callable[[], Two]) -> None:
    school = two()
    absent = {name: f"9999{value}" if value.isdigit() else value.translate(_OTHERS) for name, value in school.ids.items()}
    before = school.rows()
    for role, mine in (
        ("head", [action for action, row in TABLE.items() if row["head"] == "yes"]),
        ("chair", [action for action, row in TABLE.items() if row["chair"] == "yes" != row["head"]]),
    ):
        token = school.tokens[f"{role} of another school"]
        tried = [school.asked(mine, token, THEIRS, ids) for ids in (school.ids, absent)]
        for action, theirs, nobodys in zip(mine, *tried, strict=True):
            assert theirs.status_code == nobodys.status_code, (role, action)
            assert "parrot" not in theirs.text.replace("/parrots", ""), (role, action)
    assert school.rows() == before


# Another name, as long as the one that is there.
_OTHERS = str.maketrans("0123456789abcdefprst", "9876543218fedcbatsrp")


def test_whoever_has_no_session_any_more_or_never_had_does_nothing(two: Callable[[], Two], clock: Any) -> None:
    school = two()
    parts, head = school.desk.parts, PersonRole.HEADTEACHER
    removed, left = school.person(head, account="removed"), school.person(head, channel=SLACK, account="T1/U1")
    demoted = school.person(head, account="demoted")
    over = school.person(head, account="expired", pass_until=clock() + timedelta(seconds=30))
    for name, person in (("removed", removed), ("left", left), ("demoted", demoted), ("expired", over)):
        school.enter(name, person)
    parts.people.remove(HERS, removed.id, left.id)
    school.person(PersonRole.DSL, account="demoted")
    clock.wait(timedelta(seconds=31))
    before, told = school.rows(), set()
    for name in ("a stranger", "removed", "left", "demoted", "expired"):
        token = school.tokens.get(name, "")
        for action, answer in zip(TABLE, school.asked(TABLE, token), strict=True):
            assert answer.status_code == 401, (name, action)
            told.add(answer.text)
    told |= {answer.text for answer in school.asked(["open /policies/{slug}"], at=NONE)}
    assert len(told) == 1
    assert school.rows() == before
    for role in set(PersonRole) - MAY_ENTER:
        with pytest.raises(BotError, match=re.escape(NOT_YOURS)):
            parts.desk.make_link(school.person(role, account=f"no {role}"))


def test_an_administrator_of_two_schools_may_do_at_the_other_what_the_table_says(two: Callable[[], Two]) -> None:
    school = two()
    school.person(PersonRole.ADMINISTRATOR, THEIRS, account="both")
    school.enter("both", school.person(PersonRole.ADMINISTRATOR, account="both"))
    # Whom they tick to end the access of is a person of the first school.
    looked = [action for action in TABLE if action.startswith("open") and action != "open /people/end"]
    for action, answer in zip(looked, school.asked(looked, school.tokens["both"], THEIRS), strict=True):
        assert is_let_through(answer) is (TABLE[action]["trust"] == "yes"), action
        assert "parrot" not in answer.text.replace("/parrots", ""), action


def test_each_role_invites_and_ends_the_access_of_those_whom_the_table_says(two: Callable[[], Two]) -> None:
    school = two()
    people = school.desk.parts.people
    by_role = {role: name for name, role in ROLES.items()}
    for invited, by in product(PersonRole, ROLES.values()):
        may, token = LETS_IN[invited][by] == "yes", school.tokens[by_role[by]]
        person, invitation = school.person(invited, account="new"), people.invite(HERS, invited)[0]
        ids = school.ids | {"person": str(person.id), "invitation": str(invitation.id)}
        before = school.rows()
        wanted = ["take-back /people", "end /people/end"]
        answers = [*school.asked(wanted, token, ids=ids), _invites(school, token, invited)]
        assert [is_let_through(answer) for answer in answers] == [may] * 3, (by, invited)
        assert may or school.rows() == before, (by, invited)
        still = (person.id in {one.id for one in people.of(HERS)}, invitation in people.invitations(HERS))
        assert still == (not may, not may), (by, invited)


def _invites(school: Two, token: str, role: PersonRole) -> Response:
    (answer,) = school.asked(["invite /people/invite"], token, ids=school.ids | {"role": role})
    return answer
