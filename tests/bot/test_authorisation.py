"""Every command, every button and every address outside the desk, tried by everybody: the tables say who may."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import select
from starlette.routing import Mount, Route

from bot import commands
from bot.assembly import assemble
from bot.chat_page import create_app
from bot.conversation import CONNECT_ALONE, GONE, NOT_KEPT, NOTHING_TO_SHARE, STRANGER, WHICH_SCHOOL
from bot.desk.access import NOT_YOURS as NO_DESK
from bot.desk.gate import COOKIE as DESK
from bot.desk.gate import Gate
from bot.dispatcher import Dispatcher
from bot.inbox import NOT_YOURS
from bot.joining import COOKIE, Door
from bot.metrics import Metrics
from bot.operation import ALIVE, METRICS, READY, Operation
from bot.own_duty import NOT_FOR_YOU as NO_DUTY
from bot.page_notices import PageNotices
from bot.people import TELEGRAM, WEB, PersonRole
from bot.policy_pages import PolicyPages
from bot.tables import announcements
from bot.turn import Turn
from corpus.tenancy import writing_at
from retrieval.decision import Outcome
from tests.bot import authorisation
from tests.conftest import KEY
from tests.platforms.at_desk import ADDRESS

if TYPE_CHECKING:
    from tests.bot.conftest import Staff

COMMANDS = authorisation.read(authorisation.COMMANDS)
BUTTONS = authorisation.read(authorisation.BUTTONS)
ADDRESSES = authorisation.read(authorisation.ADDRESSES)
HEAD, DSL, TEACHER = "1", "2", "77"
FRIENDS = "Can I accept a friend request from a parent?"
BEATEN = "A child in my class has told me that her stepdad hits her"
# What is said to somebody whom something is not for.
REFUSED = (
    CONNECT_ALONE,
    WHICH_SCHOOL,
    "Choose the school first that you want to leave",
    "That has been changed since",
    STRANGER,
    NO_DESK,
    NO_DUTY,
    "office invite people: ask them",
    GONE,
    NOT_KEPT,
    NOTHING_TO_SHARE,
    NOT_YOURS,
    "I have nothing of yours",
)
WORDS = ("stepdad", "must not accept", "Name77", "Harrison", "Reed", "Hillside")


def test_every_command_every_button_and_every_step_of_what_is_handed_over_has_a_row(linked: "Staff") -> None:
    parts = linked.parts
    assert set(COMMANDS) == commands.NAMES
    steps = {f"i:{step}" for step in parts.outgoing._announcer._inbox.steps}
    assert set(BUTTONS) == (parts.conversation.buttons - {"i"}) | steps


def test_each_role_writes_the_commands_that_the_table_says(linked: "Staff") -> None:
    known = {role: linked.enrol(role, f"new {role}", WEB).account for role in PersonRole}
    over = linked.parts.people.invite("hillside", PersonRole.HEADTEACHER, pass_until=linked.clock() + timedelta(seconds=1))[1]
    linked.parts.people.enrol(over, TELEGRAM, "expired")
    removed = linked.enrol(PersonRole.HEADTEACHER, "removed")
    linked.parts.people.remove("hillside", removed.id)
    linked.clock.wait(timedelta(seconds=2))
    unknown = ["nobody", "expired", "removed"]
    before = authorisation.rows_of(linked.engine, "hillside")
    for name, row in COMMANDS.items():
        for account in unknown:
            said = turn(linked, account, text=f"/{name}")
            told = as_words(said)
            # In doubt what a stranger writes is a worry about a child, and the national numbers are told.
            assert STRANGER in told or row["unknown"] == "yes" or said.outcome is Outcome.URGENT, (name, account)
            assert said.school is None
            assert not [word for word in WORDS if word in told], (name, account)
    assert authorisation.rows_of(linked.engine, "hillside") == before
    for name, row in COMMANDS.items():
        for role, account in known.items():
            assert is_let_through(as_words(turn(linked, account, text=f"/{name}", channel=WEB))) is (row[role] == "yes"), (
                name,
                role,
            )


def turn(staff: "Staff", account: str, **fields: Any) -> Turn:
    """Return what is said to somebody's private message; what is to be kept of it is kept."""
    staff.clock.wait(timedelta(seconds=13))  # whoever is not known is answered five times a minute
    return staff.chat.turn(**{"account": account, "place": account, "name": f"Name{account}", **fields})


def as_words(turn: Turn) -> str:
    return " ".join(str(block) for block in turn.blocks)


def is_let_through(told: str) -> bool:
    """Tell whether somebody may do what they asked for, whatever came of it."""
    return not any(sentence in told for sentence in REFUSED)


def test_a_button_does_what_the_table_says_for_whoever_presses_it(linked: "Staff") -> None:
    try_buttons(linked)


@pytest.mark.both_stores
@pytest.mark.soak
def test_on_both_stores_a_button_does_what_the_table_says(linked: "Staff") -> None:
    try_buttons(linked)


def try_buttons(linked: "Staff") -> None:
    shown = shown_at_hillside(linked)
    linked.enrol(PersonRole.STAFF, "colleague")
    linked.enrol(PersonRole.HEADTEACHER, "elsewhere", school="meadow")
    for account in ("colleague", "elsewhere"):
        linked.say("/help", account)
    before = authorisation.rows_of(linked.engine, "hillside")
    for kind, row in BUTTONS.items():
        whose, value = shown[kind]
        for account in ("elsewhere", "unknown"):
            told = as_words(turn(linked, account, pressed=value))
            assert is_let_through(told) is (row[account] != "-"), (kind, account, told)
            assert not [word for word in WORDS if word in told], (kind, account, told)
            if row[account] == "-":  # of what is not there the same is said: nobody learns what there is
                assert told == as_words(turn(linked, account, pressed=of_nothing(value))), (kind, account)
    assert authorisation.rows_of(linked.engine, "hillside") == before
    own = ("people", "questions", "escalations", "duties", "readings", "contact_books")
    for kind, row in BUTTONS.items():
        whose, value = shown[kind]
        if kind != "l":  # whoever presses it has left
            kept = {name: of_others(linked, name, "colleague") for name in own}
            told = as_words(turn(linked, "colleague", pressed=value))
            assert is_let_through(told) is (row["colleague"] != "-"), (kind, told)
            assert {name: of_others(linked, name, "colleague") for name in own} == kept, kind
    for kind in sorted(BUTTONS, key=lambda kind: kind == "l"):
        whose, value = shown[kind]
        assert BUTTONS[kind]["shown"] == "yes"
        assert is_let_through(as_words(turn(linked, whose, pressed=value))) or kind in ("i:s", "d"), kind


def of_others(staff: "Staff", table: str, account: str) -> list[Any]:
    """Return the rows of a table at hillside that are not this account's."""
    person = next(one for one in staff.parts.people.of("hillside") if one.account == account)
    asker = staff.parts.records.asker(staff.chat.message(account=account))
    kept = authorisation.rows_of(staff.engine, "hillside")[table]
    return [row for row in kept if person.id not in row and asker not in row and account not in row]


def shown_at_hillside(staff: "Staff") -> dict[str, tuple[str, str]]:
    """Return the value of a button of each kind, and the account that was shown it."""
    found: dict[str, tuple[str, str]] = {}

    def note(account: str) -> None:
        for reply in staff.seen[account]:
            for button in (*reply.buttons, *reply.votes):
                kind = button.value.split(":")[0]
                kind = button.value[:3] if kind == "i" else kind
                found.setdefault(kind, (account, button.value))

    def say(*said: str, account: str = TEACHER) -> None:
        for words in said:
            staff.clock.wait(timedelta(seconds=4))
            staff.say(words, account)

    staff.enrol(PersonRole.ADMINISTRATOR, TEACHER, school="meadow")
    staff.seen.clear()
    say("/school")
    staff.press("Hillside")
    say("/help", FRIENDS)
    staff.press_value(next(vote.value for vote in staff.seen[TEACHER][-1].votes if vote.value.startswith("v:0")))
    say("/leave", BEATEN)
    staff.press("Tell Mrs Reed now: my name and")
    say(FRIENDS)
    staff.press("Ask Mrs Harrison")
    staff.press("Send it with my name")
    say(FRIENDS)
    staff.press("Ask Mrs Harrison")
    staff.round()
    say("/duty", "/inbox", account=HEAD)
    staff.press("Open", HEAD)
    staff.press("Answer", HEAD)
    staff.say("Ask me tomorrow.", HEAD)
    say("/inbox", account=DSL)
    staff.press("Open", DSL)
    staff.press("Copy it", DSL)
    for account in (TEACHER, HEAD, DSL):
        note(account)
    with writing_at(staff.engine, "hillside") as connection:
        staff.parts.announcements.announce(
            connection, "hillside", "staff", 1, since=None, own="", to_confirm=True, who="headteacher 1"
        )
    with staff.engine.connect() as connection:
        number = connection.scalar(select(announcements.c.id))
    found["y"] = (TEACHER, f"y:{number}")
    return found


def of_nothing(value: str) -> str:
    """Return a button's value that means something which is not there."""
    head, _, tail = value.rpartition(":")
    return f"{head}:{'0' * len(tail)}" if head else value


def routes_of(app: Any) -> set[str]:
    """Return the addresses of an application outside a school's desk, each with what may be done there."""
    found = set()
    for route in app.routes:
        if isinstance(route, Mount):
            found.add(f"GET {route.path}")
        elif isinstance(route, Route) and not route.path.startswith("/desk/{school}"):
            found |= {f"{method} {route.path}" for method in (route.methods or set()) - {"HEAD"}}
    return found


def test_every_other_address_is_open_to_whom_the_table_says(linked: "Staff", clock: Any) -> None:
    parts = assemble(linked.parts.indexes, KEY, now=clock, public_url=ADDRESS)
    gate = Gate(parts.desk, parts.people, KEY, secure=False)
    door = Door(parts.people, parts.announcements, parts.records, clock, secure=False)
    dispatcher = Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing)
    pages = PolicyPages(parts.indexes.versions, parts.links, parts.kept, door, clock)
    routes = [*pages.routes(), *gate.routes()]
    app = create_app(parts.indexes, dispatcher, PageNotices(parts.deliveries), door, routes=routes)
    assert routes_of(app) == set(ADDRESSES)

    def session(school: str, role: PersonRole = PersonRole.STAFF) -> str:
        return parts.people.open_session(linked.enrol(role, f"{school} {role}", WEB, school), shared=False)

    head = linked.enrol(PersonRole.HEADTEACHER, "at the desk", WEB)
    cookies = {
        "nobody": {},
        "member": {COOKIE: session("hillside")},
        "elsewhere": {COOKIE: session("meadow")},
        "desk": {DESK: parts.desk.enter(parts.desk.make_link(head)).token},
        "signed": {},
    }
    policy = "/policies/hillside/staff/1"
    link = parts.links.to_version("hillside", "staff", 1, TELEGRAM)
    operation = Operation(app, engine=linked.engine, dispatcher=dispatcher, metrics=Metrics(), now=clock, metrics_port=9100)

    async def tried(account: str, row: str) -> Response:
        method, path = row.split()
        path = {"/static": "/static/chat.css"}.get(path, path).format(school="hillside", slug="staff", version=1, token="x" * 43)
        path = link if account == "signed" and path == policy else path
        fields = {"question": "May I accept a friend request from a parent?", "code": "ABCDE-FGHJK", "copy": "a copy"}
        # Leaving ends the session with which it is asked, so each goes with a cookie of its own making.
        sent = {} if path in ("/leave", "/sign-out", "/desk/sign-out") else cookies[account]
        async with AsyncClient(transport=ASGITransport(app=operation), base_url=ADDRESS, cookies=sent) as client:
            return await client.request(method, path, data=fields if method == "POST" else None)

    async def all_tried() -> None:
        before, told = authorisation.rows_of(linked.engine, "hillside"), set()
        for row, cells in ADDRESSES.items():
            for account in ("nobody", "desk", "elsewhere", "signed", "member"):
                answer = await tried(account, row)
                may, status = cells[account], answer.status_code
                shut = status in (401, 404, 410) or answer.headers.get("location") == "/join"
                assert shut is (may == "-"), (row, account, status)
                if account != "member":
                    assert "must not accept" not in answer.text or may == "yes", (row, account)
                if row.endswith("{version}") and may == "-":
                    told.add(answer.text)
                    none = await tried_absent(account)
                    assert none.status_code == 404
                    told.add(none.text)
            if row != "POST /chat":  # a member's question is kept
                assert authorisation.rows_of(linked.engine, "hillside") == before, row
            before = authorisation.rows_of(linked.engine, "hillside")
        assert len(told) == 1

    async def tried_absent(account: str) -> Response:
        async with AsyncClient(transport=ASGITransport(app=operation), base_url=ADDRESS, cookies=cookies[account]) as client:
            return await client.get("/policies/nowhere/nothing/9")

    asyncio.run(all_tried())


def test_what_the_server_says_of_itself_is_open_and_says_nothing_of_a_school(linked: "Staff", clock: Any) -> None:
    parts, metrics = linked.parts, Metrics()
    dispatcher = Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing)
    door = Door(parts.people, parts.announcements, parts.records, clock, secure=False)
    app = create_app(parts.indexes, dispatcher, PageNotices(parts.deliveries), door)
    operation = Operation(app, engine=linked.engine, dispatcher=dispatcher, metrics=metrics, now=clock, metrics_port=9100)

    async def asked(port: int, path: str) -> Response:
        async with AsyncClient(transport=ASGITransport(app=operation), base_url=f"http://127.0.0.1:{port}") as client:
            return await client.get(path)

    before = authorisation.rows_of(linked.engine, "hillside")
    for port, path, status in (
        (8080, ALIVE, 200),
        (8080, READY, 503),  # nothing runs in this test but the application
        (8080, METRICS, 404),
        (9100, ALIVE, 200),
        (9100, READY, 503),
        (9100, METRICS, 200),
        (9100, "/chat", 404),
        (9100, "/desk/hillside", 404),
        (9100, "/policies/hillside/staff/1", 404),
    ):
        answer = asyncio.run(asked(port, path))
        assert answer.status_code == status, (port, path)
        assert not [word for word in (*WORDS, "hillside") if word in answer.text], (port, path)
    assert authorisation.rows_of(linked.engine, "hillside") == before
