"""The door of the desk for those who sign in with Microsoft: who comes in, who does not, and what others could try."""

import base64
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
import pytest
from httpx import Response

from bot.bootstrap import Indexes
from bot.channels.teams import Activity, read
from bot.desk.access import NOT_YOURS
from bot.desk.gate import COOKIE, NOT_FOR_YOU
from bot.desk.microsoft import ENDED, LASTS, MOST_SIGN_INS, NOT_BEGUN, TOO_MANY, TOO_MANY_CODES, _Known
from bot.entra import AWAY, CALLBACK, OTHER_TENANT, USED, Identity, Registration, RelyingParty
from bot.joining import MOST_TRIES, TRIES_WITHIN
from bot.people import TEAMS, Person, PersonRole
from bot.sealing import Seal
from bot.web_security import HEADERS
from corpus.versions import Versions
from retrieval.knowledge import Knowledge
from tests.bot.authorisation import AT_DESK
from tests.bot.authorisation import read as read_table
from tests.conftest import KEY
from tests.platforms.at_desk import ADDRESS, Desk, TestClient, words_of
from tests.platforms.entra_server import CLIENT_ID, SECRET, EntraServer
from tests.platforms.teams_server import ANNE, BEN, STRANGER, TENANT, TeamsServer, Who
from tests.platforms.teams_server import OTHER_TENANT as OTHER

BEGIN = "/sign-in/microsoft"
PENDING = "policybot_sign_in"
HEAD = PersonRole.HEADTEACHER
ANNES = f"{TENANT}/{ANNE.object_id}"


@pytest.fixture(scope="module")
def running() -> Iterator[EntraServer]:
    with EntraServer(f"{ADDRESS}{CALLBACK}") as server:
        yield server


@pytest.fixture
def entra(running: EntraServer) -> EntraServer:
    running.altered, running.instead = {}, None
    return running


@pytest.fixture
def desk_for(
    schools: Indexes, clock: Any, knowledge: Knowledge, desk_over: Callable[..., Desk], entra: EntraServer
) -> Callable[..., Desk]:
    """Return the desk of two schools, whose staff these tenants hold."""

    def build(tenants: dict[str, tuple[str, ...]], **settings: Any) -> Desk:
        registration = Registration(CLIENT_ID, SECRET, tenants, entra.authority, f"{ADDRESS}{CALLBACK}")
        indexes = Indexes(Versions(schools.versions.engine, clock), knowledge)
        configured = {"client_id": CLIENT_ID, "client_secret": SECRET, "tenants": {TENANT: {"schools": ["hillside"]}}}
        return desk_over(indexes, clock, relying_party=RelyingParty(registration), entra=configured, **settings)

    return build


@pytest.fixture
def desk(desk_for: Callable[..., Desk]) -> Desk:
    """The desk of hillside, whose staff are in the one tenant that is let in."""
    return desk_for({TENANT: ("hillside",)})


class Browser:
    """Somebody's browser before the desk; it is on its way to Microsoft and back."""

    def __init__(self, desk: Desk, entra: EntraServer) -> None:
        self.client = TestClient(desk.app, base_url=ADDRESS, follow_redirects=False)
        self._entra = entra

    def begin(self, query: str = "") -> str:
        """Press the link; return the address at Microsoft to which it leads."""
        answer = self.client.get(f"{BEGIN}{query}")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def sent_back(self, who: Who = ANNE, query: str = "") -> str:
        """Sign in at Microsoft; return where that leads back to, without going there."""
        return self._entra.sign_in(self.begin(query), who)

    def sign_in(self, who: Who = ANNE, query: str = "") -> Response:
        return self.client.get(self.sent_back(who, query))

    def at_desk(self, school: str = "hillside") -> int:
        return self.client.get(f"/desk/{school}").status_code


@pytest.fixture
def browser(desk: Desk, entra: EntraServer) -> Browser:
    return Browser(desk, entra)


def invited(desk: Desk, role: PersonRole = HEAD, school: str = "hillside", **more: Any) -> str:
    """Return the code of an invitation."""
    return desk.parts.people.invite(school, role, **more)[1]


def known(desk: Desk, role: PersonRole = HEAD, school: str = "hillside", who: Who = ANNE, **more: Any) -> Person:
    """Return somebody who has joined in Teams."""
    return desk.parts.people.enrol(invited(desk, role, school, **more), TEAMS, f"{who.tenant}/{who.object_id}")


def cookie(answer: Response, name: str) -> dict[str, str]:
    """Return what an answer says of a cookie, "" where it sets none of that name."""
    found: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        found.load(header)
    return {"value": found[name].value} | {key: value for key, value in found[name].items() if value} if name in found else {}


def test_who_writes_in_teams_signs_in_as_the_same_account(desk: Desk, browser: Browser) -> None:
    with TeamsServer() as teams:
        written = read(msgspec.convert(teams.message("/desk", ANNE), Activity))
    assert written
    person = desk.parts.people.enrol(invited(desk), TEAMS, written[1].account)
    assert 'href="/sign-in/microsoft"' in browser.client.get("/desk").text
    answer = browser.sign_in()
    assert (answer.status_code, "You are signed in." in words_of(answer)) == (200, True)
    assert '<meta http-equiv="refresh" content="0; url=/desk/hillside">' in answer.text
    assert browser.at_desk() == 200
    assert desk.parts.desk.session(browser.client.cookies[COOKIE]).person.id == person.id  # type: ignore[union-attr]


def test_the_session_is_that_of_a_link_and_nothing_else_is_left_in_the_browser(desk: Desk, browser: Browser, clock: Any) -> None:
    known(desk)
    session = cookie(browser.sign_in(), COOKIE)
    assert (session["path"], session["samesite"], session["httponly"]) == ("/desk", "strict", True)
    assert dict(browser.client.cookies) == {COOKIE: session["value"]}
    clock.wait(timedelta(minutes=31))
    assert browser.at_desk() == 401


def test_leaving_the_desk_ends_the_session_and_leads_on_to_leaving_microsoft(
    desk: Desk, browser: Browser, entra: EntraServer
) -> None:
    known(desk)
    browser.sign_in()
    left = browser.client.post("/desk/sign-out")
    assert f'href="{BEGIN}/sign-out"' in left.text
    assert browser.at_desk() == 401
    assert f'href="{BEGIN}/sign-out"' not in browser.client.get("/desk").text
    assert browser.client.get(f"{BEGIN}/sign-out").headers["location"] == f"{entra.authority}/{TENANT}/oauth2/v2.0/logout"


def test_where_it_is_not_set_up_nothing_is_offered(desk_over: Callable[..., Desk], schools: Indexes, clock: Any) -> None:
    client = TestClient(desk_over(schools, clock).app, base_url=ADDRESS)
    assert "Microsoft" not in client.get("/desk").text
    assert client.get(BEGIN).status_code == 404


# Who comes in.


def test_somebody_new_types_the_code_of_an_invitation_and_then_only_signs_in(
    desk: Desk, browser: Browser, entra: EntraServer
) -> None:
    asked = browser.sign_in()
    assert asked.status_code == 200
    assert "You are signed in at Microsoft as anne@school.example." in words_of(asked)
    assert browser.at_desk() == 401
    code = invited(desk)
    entered = browser.client.post(f"{BEGIN}/code", data={"code": code})
    assert (entered.status_code, entered.headers["location"], browser.at_desk()) == (303, "/desk/hillside", 200)
    assert [one.account for one in desk.parts.people.of("hillside")] == [ANNES]
    again, other = Browser(desk, entra), Browser(desk, entra)
    again.sign_in()
    assert again.at_desk() == 200
    other.sign_in(BEN)
    assert other.client.post(f"{BEGIN}/code", data={"code": code}).status_code == 400


@pytest.mark.parametrize(("role", "told"), [("office", True), ("staff", False)])
def test_an_invitation_to_the_desk_says_how_to_take_it_with_microsoft(desk: Desk, role: str, told: bool) -> None:
    printed = words_of(desk.seat().post("/people/invite", "invite", role=role, until="", names=""))
    assert re.search(r"\b\w{5}-\w{5}\b", printed)
    assert ("Or with your Microsoft account: open https://policies.hillside.example/desk, sign in" in printed) is told


def test_a_headteacher_takes_the_code_of_a_second_school_and_chooses_between_the_two(
    desk_for: Callable[..., Desk], entra: EntraServer
) -> None:
    desk = desk_for({TENANT: ("hillside", "meadow")})
    known(desk)
    browser = Browser(desk, entra)
    assert "Your code" in words_of(browser.sign_in(query="?invited"))
    entered = browser.client.post(f"{BEGIN}/code", data={"code": invited(desk, school="meadow")})
    assert (entered.headers["location"], browser.at_desk("meadow"), browser.at_desk()) == ("/desk/meadow", 200, 403)
    choice = browser.sign_in()
    assert re.findall(r'name="school" value="(\w+)"', choice.text) == ["hillside", "meadow"]
    assert NOT_FOR_YOU in words_of(browser.client.post(f"{BEGIN}/school", data={"school": "brook"}))
    chosen = browser.client.post(f"{BEGIN}/school", data={"school": "hillside"})
    assert (chosen.headers["location"], browser.at_desk(), browser.at_desk("meadow")) == ("/desk/hillside", 200, 403)


def test_an_administrator_finds_the_schools_of_the_trust_without_choosing(
    desk_for: Callable[..., Desk], entra: EntraServer
) -> None:
    desk = desk_for({TENANT: ("hillside", "meadow")})
    for school in ("hillside", "meadow"):
        known(desk, PersonRole.ADMINISTRATOR, school)
    browser = Browser(desk, entra)
    assert "/desk/hillside" in browser.sign_in().text
    assert (browser.at_desk(), browser.at_desk("meadow")) == (200, 200)


# Who does not.


def closed_to(browser: Browser, who: Who = ANNE) -> bool:
    """Tell whether somebody who signs in is let in nowhere and asked for a code instead."""
    answer = browser.sign_in(who)
    return "Your code" in words_of(answer) and browser.at_desk() == 401 and COOKIE not in browser.client.cookies


def test_neither_an_address_nor_a_name_opens_the_desk(desk: Desk, browser: Browser, entra: EntraServer) -> None:
    known(desk)
    entra.altered = dict.fromkeys(("preferred_username", "email", "upn", "name", "unique_name"), "anne@school.example")
    assert closed_to(browser, BEN)


@pytest.mark.parametrize("role", [PersonRole.STAFF, PersonRole.DSL])
def test_signing_in_gives_nobody_a_role(desk: Desk, browser: Browser, entra: EntraServer, role: PersonRole) -> None:
    known(desk, role)
    entra.altered = {"roles": ["headteacher", "administrator"], "wids": ["62e90394-69f5-4237-9190-012177145e10"]}
    assert closed_to(browser)
    told = browser.client.post(f"{BEGIN}/code", data={"code": invited(desk, role)})
    assert (told.status_code, NOT_YOURS in words_of(told), browser.at_desk()) == (200, True, 401)


def test_whose_access_has_ended_is_not_let_in_and_at_once(desk: Desk, browser: Browser, entra: EntraServer) -> None:
    person = known(desk)
    waiting = browser.sent_back()
    inside = Browser(desk, entra)
    inside.sign_in()
    desk.parts.people.remove("hillside", person.id)
    assert inside.at_desk() == 401
    assert "Your code" in words_of(browser.client.get(waiting))
    assert closed_to(browser)


def test_a_pass_that_has_ended_lets_nobody_in(desk: Desk, browser: Browser, clock: Any) -> None:
    known(desk, PersonRole.OFFICE, pass_until=clock() + timedelta(hours=1))
    browser.sign_in()
    assert browser.at_desk() == 200
    clock.wait(timedelta(hours=1))
    assert browser.at_desk() == 401
    browser.client.cookies.clear()
    assert closed_to(browser)


def test_a_tenant_that_is_not_named_is_refused_in_a_sentence(desk: Desk, browser: Browser, entra: EntraServer) -> None:
    known(desk, who=STRANGER)
    entra.altered = {"tid": OTHER, "iss": f"{entra.authority}/{OTHER}/v2.0"}
    refused = browser.sign_in()
    assert (refused.status_code, OTHER_TENANT in words_of(refused), "Hillside" in refused.text) == (403, True, False)
    assert (browser.at_desk(), PENDING in browser.client.cookies) == (401, False)


def test_two_tenants_are_kept_apart(desk_for: Callable[..., Desk], entra: EntraServer) -> None:
    desk = desk_for({TENANT: ("hillside",), OTHER: ("meadow",)})
    known(desk, who=ANNE)
    same_id = Who("Anne Elsewhere", OTHER, object_id=ANNE.object_id)
    entra.altered = {"tid": OTHER, "iss": f"{entra.authority}/{OTHER}/v2.0"}
    elsewhere = Browser(desk, entra)
    assert closed_to(elsewhere)
    # A code of a school whose staff another tenant holds is none here, and stays good for whom it is for.
    code = invited(desk)
    assert elsewhere.client.post(f"{BEGIN}/code", data={"code": code}).status_code == 400
    # Nor does the desk open of a school that the tenant does not hold, however somebody came to be known there.
    known(desk, who=same_id)
    assert closed_to(Browser(desk, entra))
    entra.altered = {}
    here = Browser(desk, entra)
    here.sign_in(query="?invited")
    assert here.client.post(f"{BEGIN}/code", data={"code": code}).headers["location"] == "/desk/hillside"


# What others could try.


def test_a_sign_in_is_finished_only_in_the_browser_that_began_it(desk: Desk, browser: Browser, entra: EntraServer) -> None:
    """Login CSRF, and a state that is fixed: a link that signs the victim in as the thief, or the thief as the victim."""
    known(desk, who=BEN)
    thief, victim = browser, Browser(desk, entra)
    planted = thief.sent_back(BEN)
    pending = victim.begin()
    for query in (urlsplit(planted).query, urlsplit(planted).query.replace("state=", "stat="), "code=1&state=", "state=%00%ff"):
        refused = victim.client.get(f"{CALLBACK}?{query}")
        assert (refused.status_code, NOT_BEGUN in words_of(refused)) == (400, True)
    assert victim.at_desk() == 401
    known(desk)
    assert "You are signed in." in words_of(victim.client.get(entra.sign_in(pending)))  # what was begun goes on all the same
    nobody = Browser(desk, entra)
    assert nobody.client.get(planted).status_code == 400
    nobody.client.cookies.set(PENDING, thief.client.cookies[PENDING][:-8] + "AAAAAAA=")
    assert nobody.client.get(planted).status_code == 400


def test_the_whole_way_back_is_good_once(desk: Desk, browser: Browser) -> None:
    known(desk)
    back, pending = browser.sent_back(), browser.client.cookies[PENDING]
    assert browser.client.get(back).status_code == 200
    assert browser.client.get(back).status_code == 400
    browser.client.cookies.set(PENDING, pending)
    replayed = browser.client.get(back)
    assert (replayed.status_code, USED in words_of(replayed)) == (403, True)


def test_a_code_of_another_sign_in_is_of_no_use(desk: Desk, browser: Browser, entra: EntraServer) -> None:
    known(desk)
    stolen = dict(parse_qsl(urlsplit(Browser(desk, entra).sent_back()).query))["code"]
    mine = dict(parse_qsl(urlsplit(browser.begin()).query))["state"]
    refused = browser.client.get(CALLBACK, params={"code": stolen, "state": mine})
    assert (refused.status_code, browser.at_desk()) == (403, 401)


def test_a_sign_in_waits_for_ten_minutes_and_a_code_as_long(desk: Desk, browser: Browser, clock: Any) -> None:
    back = browser.sent_back()
    clock.wait(LASTS)
    assert NOT_BEGUN in words_of(browser.client.get(back))
    browser.sign_in()
    clock.wait(LASTS)
    late = browser.client.post(f"{BEGIN}/code", data={"code": invited(desk)})
    assert (late.status_code, ENDED in words_of(late)) == (401, True)


def test_what_is_kept_for_one_step_is_nothing_at_another_and_can_be_neither_read_nor_made_up(
    desk: Desk, browser: Browser, entra: EntraServer
) -> None:
    code = invited(desk)
    browser.begin()
    for path in ("code", "school"):
        assert browser.client.post(f"{BEGIN}/{path}", data={"code": code, "school": "hillside"}).status_code == 401
    browser.sign_in()
    held = browser.client.cookies[PENDING]
    assert ANNE.object_id.encode() not in held.encode() + base64.urlsafe_b64decode(held)
    assert browser.client.get(f"{CALLBACK}?state=&code=1").status_code == 400
    made_up = _Known(Identity(TENANT, BEN.object_id, ""), datetime(2030, 1, 1))  # noqa: DTZ001  as the store keeps it
    browser.client.cookies.set(PENDING, Seal(KEY).sealed(made_up).decode())  # as what the store holds is sealed
    assert browser.client.post(f"{BEGIN}/code", data={"code": code}).status_code == 401


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_code_is_taken_from_our_own_page_alone(desk: Desk, browser: Browser, site: str) -> None:
    browser.sign_in()
    for path in ("code", "school"):
        sent = browser.client.post(f"{BEGIN}/{path}", data={"code": invited(desk)}, headers={"sec-fetch-site": site})
        assert sent.status_code == 403
    assert desk.parts.people.of("hillside") == []


def test_nobody_is_led_anywhere_else(desk: Desk, browser: Browser) -> None:
    known(desk)
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "/desk/meadow"):
        names = ("next", "redirect_uri", "return_to", "RelayState", "post_logout_redirect_uri", "path")
        query = "&".join(f"{name}={elsewhere}" for name in names)
        address = browser.begin(f"?{query}")
        assert dict(parse_qsl(urlsplit(address).query))["redirect_uri"] == f"{ADDRESS}{CALLBACK}"
        assert elsewhere not in unquote(address)
        back = browser.client.get(f"{browser.sent_back(query=f'?{query}')}&{query}")
        assert re.findall(r'(?:url=|href=")(/desk[^"]*)"', back.text) == ["/desk/hillside"] * 2
        assert elsewhere not in back.text
        assert elsewhere not in unquote(browser.client.get(f"{BEGIN}/sign-out?{query}").headers["location"])


def test_the_pages_allow_no_more_than_all_others_do(desk: Desk, browser: Browser) -> None:
    asked = browser.sign_in()
    pages = [browser.client.get("/desk"), browser.client.get(BEGIN), asked, browser.client.get(CALLBACK)]
    known(desk)
    for answer in (*pages, browser.sign_in()):
        for name, value in HEADERS:
            assert answer.headers[name.decode()] == value.decode()
    assert "form-action 'self';" in asked.headers["content-security-policy"]


@pytest.mark.parametrize(("secure", "name"), [(True, f"__Host-{PENDING}"), (False, PENDING)])
def test_the_cookies_are_out_of_reach_of_scripts_and_other_sites(
    desk_for: Callable[..., Desk], entra: EntraServer, secure: bool, name: str
) -> None:
    browser = Browser(desk_for({TENANT: ("hillside",)}, secure=secure), entra)
    begun = browser.client.get(BEGIN)
    kept = cookie(begun, name)
    assert (kept["path"], kept["httponly"], kept["samesite"], kept["max-age"]) == ("/", True, "lax", "600")
    assert kept.get("secure", False) is secure
    assert "domain" not in kept
    # Over http here, so that the client would not send back what is for https alone.
    browser.client.cookies.set(name, kept["value"])
    found = cookie(browser.client.get(entra.sign_in(begun.headers["location"])), name)
    assert (found["samesite"], found["httponly"], found.get("secure", False)) == ("strict", True, secure)


def test_codes_are_guessed_ten_times_and_sign_ins_begun_sixty_times_in_ten_minutes(
    desk: Desk, browser: Browser, clock: Any
) -> None:
    browser.sign_in()
    tried = [browser.client.post(f"{BEGIN}/code", data={"code": f"guess {number}"}) for number in range(MOST_TRIES + 1)]
    assert [one.status_code for one in tried] == [400] * MOST_TRIES + [429]
    assert TOO_MANY_CODES in words_of(tried[-1])
    code = invited(desk)
    assert browser.client.post(f"{BEGIN}/code", data={"code": code}).status_code == 429
    begun = [browser.client.get(BEGIN) for _ in range(MOST_SIGN_INS - 1)]
    assert [one.status_code for one in begun] == [303] * (MOST_SIGN_INS - 2) + [429]
    assert TOO_MANY in words_of(begun[-1])
    clock.wait(TRIES_WITHIN)
    browser.sign_in()
    assert browser.client.post(f"{BEGIN}/code", data={"code": code}).status_code == 303


def test_without_microsoft_it_is_said_what_to_do(desk: Desk, browser: Browser, entra: EntraServer) -> None:
    known(desk)
    with entra.away():
        for path in ("", "/sign-out"):
            told = browser.client.get(f"{BEGIN}{path}")
            assert (told.status_code, AWAY in words_of(told)) == (503, True)
    back = browser.sent_back()
    with entra.away():
        assert browser.client.get(back).status_code == 503
    browser.sign_in()
    assert browser.at_desk() == 200


def test_who_signed_in_with_microsoft_opens_what_the_table_says_of_their_role(desk: Desk, browser: Browser) -> None:
    known(desk, PersonRole.OFFICE)
    browser.sign_in()
    for action, row in read_table(AT_DESK).items():
        do, path = action.split()
        # Of nothing that is there: only whether the page is theirs is told. What is not theirs is closed as it is to others.
        if do == "open" and path != "/people/end":
            answer = browser.client.get(re.sub(r"\{\w+\}", "1", f"/desk/hillside{path.rstrip('/')}"))
            assert (answer.status_code != 403) is (row["office"] == "yes"), action
