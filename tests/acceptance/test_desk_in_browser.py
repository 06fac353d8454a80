"""The desk in a real browser, as a headteacher uses it: by mouse, on a small phone, by keyboard alone; and what axe finds."""

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from bot.clock import now_utc
from bot.desk.access import DeskAccess
from bot.desk.gate import COOKIE
from bot.people import WEB, People, PersonRole
from bot.schema import open_store
from corpus.building import build_policy
from corpus.tables import sqlite_url
from corpus.versions import School, Versions
from tests.platforms.entra_server import CLIENT_ID, SECRET, EntraServer
from tests.platforms.policybot_serve import served
from tests.platforms.served import free_port
from tests.platforms.teams_server import ANNE, TENANT, Who
from tests.platforms.word_file import HEADING, ITEM, PARAGRAPH, word_policy

KEY = "a key that only the tests of the browser have"
QUESTION = "Can I be Facebook friends with a pupil's mum?"
BEFORE = "Staff must not accept friend requests from parents."
RULES = (
    (HEADING, "Friends and contacts"),
    (PARAGRAPH, "Staff must not accept friend requests from pupils of any age."),
    (PARAGRAPH, "Staff may acept friend requests from parents only with the written permission of the headteacher."),
    (PARAGRAPH, "When they use their own accounts, staff must not:"),
    (ITEM, "post photographs of pupils;"),
    (ITEM, "name pupils, parents or colleagues."),
    (HEADING, "Phones"),
    (PARAGRAPH, "Staff must keep their own phones out of sight while pupils are present."),
    (PARAGRAPH, "Staff should not give their own phone numbers to parents."),
)
AFTER = "Staff may accept friend requests from parents only with the written permission of the headteacher."
expect.set_options(timeout=15_000)  # a machine may be busy


# Each test begins with a school that has published what every school here has.
SCHOOLS = ("hillside", "meadow", "brook")


class Desks(NamedTuple):
    """A server with the desks of several schools: its address, their people, their policies, and where one can sign in too."""

    address: str
    people: People
    versions: Versions
    access: DeskAccess
    entra: EntraServer

    def code(self, school: str, role: PersonRole = PersonRole.HEADTEACHER) -> str:
        return self.people.invite(school, role)[1]

    def link(self, school: str, role: PersonRole = PersonRole.HEADTEACHER) -> str:
        """Return a link that opens the desk of a school for somebody new."""
        person = self.people.enrol(self.code(school, role), WEB, secrets.token_hex(8))
        return f"{self.address}/desk/enter/{self.access.make_link(person)}"


def save_draft(versions: Versions, school: str, source: str) -> None:
    policy = build_policy(source, school=school, slug="social-media", title=None, source_name="social-media.txt")
    versions.save_draft(policy, source)


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory, parsed: Path, small_document: Callable[..., str]) -> Iterator[Desks]:
    home = tmp_path_factory.mktemp("desk")
    (home / "cache").symlink_to(parsed)
    engine = open_store(sqlite_url(home))
    versions, people = Versions(engine, now_utc), People(engine, now_utc)
    for school in SCHOOLS:
        versions.add_school(School(school, f"{school.title()} Primary School", school.title()))
        save_draft(versions, school, small_document("Social Media Policy", BEFORE, "May 2019"))
        versions.publish(school, "social-media", "the headteacher")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with EntraServer(f"{address}/sign-in/microsoft/callback") as entra:
        (home / "policybot.yaml").write_text(
            f"public_url: {address}\nentra:\n  client_id: {CLIENT_ID}\n  authority: {entra.authority}\n"
            f"  tenants: {{{TENANT}: {{schools: [{', '.join(SCHOOLS)}]}}}}\n"
        )
        settings = {"POLICYBOT_SECRET_KEY": KEY, "POLICYBOT_ENTRA__CLIENT_SECRET": SECRET}
        with served(home, b"question=hello", port, **settings):
            yield Desks(address, people, versions, DeskAccess(engine, people, now_utc), entra)
    engine.dispose()


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "Social Media Policy 2026.docx"
    file.write_bytes(word_policy("Social Media Policy", ["Adopted: November 2026", "Review due: November 2028"], RULES))
    return file


def assert_accessible(page: Page, rule: str = "") -> None:
    """Assert that axe finds nothing against WCAG 2.2 AA, nor against what it counts as good practice; or nothing by one rule."""
    found = Axe().run(page, options={"runOnly": [rule]} if rule else None).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], page.url


def assert_fits(page: Page) -> None:
    """Assert that nothing has to be scrolled sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, page.url


def answered(page: Page, address: str) -> str:
    """Return the words of the reply on the chat page to one question."""
    page.goto(f"{address}/chat")
    page.get_by_label("Your question").fill(QUESTION)
    page.get_by_role("button", name="Ask").click()
    reply = page.get_by_role("article").last
    expect(reply.locator("blockquote").first).to_be_visible()
    return reply.inner_text()


def look(page: Page) -> None:
    """Look at a page: nothing is too wide for it; on a small one axe finds nothing, which is the same on a large one."""
    assert_fits(page)
    if page.evaluate("innerWidth") < 400:
        assert_accessible(page)


def follow(link: Locator) -> None:
    """Click a link or a button that leads to another page, and look at that once it is there."""
    with link.page.expect_navigation():
        link.click()
    look(link.page)


def open_desk_from_the_chat(page: Page) -> None:
    """Ask for the link in one's own chat, and use it up by its button."""
    page.get_by_label("Your question").fill("/desk")
    page.get_by_role("button", name="Ask").click()
    follow(page.get_by_role("link", name="/desk/enter/"))
    follow(page.get_by_role("button", name="Open the desk"))


def bring_in(page: Page, document: Path) -> None:
    """Bring in a document by the desk's pages; Word's own numbers come out as people see them."""
    follow(page.get_by_role("link", name="Policies", exact=True))
    follow(page.get_by_role("link", name="Bring in a document"))
    page.get_by_label("The document", exact=True).set_input_files(document)
    page.get_by_role("button", name="Read the document").click()
    expect(page.get_by_role("status")).to_contain_text("I found 6 clauses in Social Media Policy 2026.docx.")
    for label in ("1.1", "1.2", "1.3(a)", "1.3(b)", "2.1", "2.2"):
        expect(page.get_by_role("article", name=label, exact=True)).to_be_visible()
    look(page)


def fix_a_clause(page: Page) -> None:
    """Mend a word beside the document, and say that the clause is right."""
    page.get_by_role("link", name="Fix 1.2").click()
    expect(page.get_by_role("region", name="In your document")).to_contain_text("1.2 Staff may acept friend requests")
    look(page)
    page.get_by_text("Change the words").click()
    page.get_by_label("As it should read").fill(AFTER)
    page.get_by_label("Why, in a few words").first.fill("a letter was missing")
    look(page)
    page.get_by_role("button", name="Save the words").click()
    mended = page.get_by_role("article", name="1.2", exact=True)
    expect(mended).to_contain_text(AFTER)
    expect(mended.get_by_role("status")).to_be_focused()
    page.get_by_role("link", name="Fix 1.2").click()
    page.get_by_role("button", name="This is right").click()
    expect(page.get_by_role("status")).to_contain_text("It is checked.")


def look_at_what_changes(page: Page) -> None:
    """Look at what got looser and what staff will be told: before that the button is not live."""
    page.get_by_role("link", name="Go on: what changes").click()
    expect(page.get_by_text("That is looser.").first).to_be_visible()
    expect(page.locator("ins").first).to_be_visible()
    look(page)
    page.get_by_role("link", name="Publish", exact=True).click()
    expect(page.get_by_role("button", name="Publish this version")).to_be_disabled()
    look(page)
    follow(page.get_by_role("link", name="What staff will be told"))
    waiting = page.get_by_role("button", name=re.compile("^I have looked at this"))
    for left in range(waiting.count(), 0, -1):
        expect(waiting).to_have_count(left)
        waiting.first.click()
    expect(waiting).to_have_count(0)


def publish(page: Page) -> None:
    page.get_by_role("link", name="Go on: publish").click()
    page.get_by_label("Who answers for this policy").fill("Mrs Reed")
    page.get_by_label("Where the minutes say so").fill("21 November 2026, item 7")
    page.get_by_role("button", name="Publish this version").click()
    expect(page.get_by_role("status")).to_contain_text("is published. Staff are answered from it now.")
    look(page)


@pytest.mark.parametrize(("width", "school"), [pytest.param(1000, "hillside", marks=pytest.mark.soak), (360, "meadow")])
def test_a_headteacher_brings_in_a_word_file_and_staff_are_answered_from_it(
    browser: Browser, desks: Desks, document: Path, width: int, school: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 740})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{desks.address}/join")
    page.get_by_label("Your code").fill(desks.code(school))
    page.get_by_role("button", name="Join").click()
    assert BEFORE in answered(page, desks.address)
    open_desk_from_the_chat(page)
    bring_in(page, document)
    fix_a_clause(page)
    look_at_what_changes(page)
    publish(page)
    told = answered(page, desks.address)
    assert AFTER in told
    assert BEFORE not in told
    page.goto(f"{desks.address}/desk/{school}/policies/social-media/versions/1")
    look(page)
    page.get_by_role("button", name="Answer from version 1 again").click()
    expect(page.get_by_role("status")).to_contain_text("Staff are answered from version 1 again.")
    assert BEFORE in answered(page, desks.address)
    context.close()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this accessible name has the focus, which can then be seen."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate(_FOCUSED) == name:
            outlined = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outlined != "none", name
            return
    raise AssertionError(f"{name} cannot be reached by the keyboard on {page.url}")


_FOCUSED = """() => {
  const at = document.activeElement;
  const label = at.labels && at.labels.length ? at.labels[0].innerText : "";
  return (at.getAttribute("aria-label") || label || at.innerText || at.value || "").trim();
}"""


def test_the_way_from_a_file_to_its_publication_can_be_gone_by_keyboard_alone(
    browser: Browser, desks: Desks, document: Path
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(desks.link("brook"))

    def press(name: str) -> None:
        tab_to(page, name)
        with page.expect_navigation():
            page.keyboard.press("Enter")

    press("Open the desk")
    press("Policies")
    press("Bring in a document")
    tab_to(page, "The document")
    page.get_by_label("The document", exact=True).set_input_files(document)  # the system's own dialogue is not the page's
    press("Read the document")
    expect(page.get_by_role("status")).to_contain_text("I found 6 clauses")
    press("Fix 1.2")
    expect(page.get_by_role("heading", level=1)).to_have_text("Fix 1.2")
    tab_to(page, "Change the words")
    page.keyboard.press("Enter")
    tab_to(page, "As it should read")
    page.keyboard.press("Control+A")
    page.keyboard.type(AFTER)
    tab_to(page, "Why, in a few words")
    page.keyboard.type("a letter was missing")
    press("Save the words")
    expect(page.get_by_role("article", name="1.2", exact=True)).to_contain_text(AFTER)
    press("Go on: what changes")
    press("Go on: what staff will be told")
    press("I have looked at all of these")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Publish")
    press("Publish this version")
    expect(page.get_by_role("status")).to_contain_text("Version 2 is published.")
    context.close()


PAGES = (
    "", "/policies", "/policies/social-media", "/policies/social-media/review", "/policies/social-media/versions/1/print",
    "/policies/social-media/versions/1/clauses/1.1", "/policies/social-media/announce", "/bring-in", "/not-found", "/rulings",
    "/rulings/new", "/governors", "/month", "/announcements", "/contacts", "/contacts/new", "/contacts/year", "/people",
    "/people/invite", "/approvals", "/test-questions", "/trail", "/policies/social-media/draft/changes",
    "/policies/social-media/draft/trial", "/policies/social-media/draft/publish", "/policies/social-media/draft",
)  # fmt: skip


@pytest.mark.parametrize("paths", [PAGES[::-3][::-1], pytest.param(PAGES, marks=pytest.mark.soak)], ids=["one in three", "all"])
def test_every_page_fits_and_is_accessible_at_400_per_cent_in_light_and_dark(
    browser: Browser, desks: Desks, small_document: Callable[..., str], paths: Sequence[str]
) -> None:
    save_draft(desks.versions, "brook", small_document("Social Media Policy", AFTER, "November 2026"))
    # 1280 pixels enlarged four times.
    context = browser.new_context(viewport={"width": 320, "height": 256}, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(15_000)

    def look_twice() -> None:
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        look(page)
        page.emulate_media(color_scheme="dark")
        assert_accessible(page, "color-contrast")  # nothing else is otherwise there
        page.emulate_media(color_scheme="light")

    page.goto(f"{desks.address}/desk")
    look_twice()
    page.goto(desks.link("brook"))
    page.get_by_role("button", name="Open the desk").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The desk")
    for path in paths:
        answer = page.goto(f"{desks.address}/desk/brook{path}")
        assert answer
        assert answer.status == 200, path
        look_twice()
    page.get_by_role("link", name=re.compile("^Fix ")).first.click()
    page.get_by_text("Change the words").click()
    page.get_by_label("As it should read").fill("Staff must not.")
    page.get_by_role("button", name="Save the words").click()
    expect(page.get_by_role("alert")).to_be_focused()
    look_twice()
    page.goto(f"{desks.address}/join")
    look_twice()
    page.get_by_label("Your code").fill(desks.code("brook", PersonRole.STAFF))
    page.get_by_role("button", name="Join").click()
    answered(page, desks.address)
    look_twice()
    context.close()


def sign_in_with_microsoft(page: Page, who: Who, link: str = "Sign in with Microsoft") -> None:
    """Go from the door of the desk to Microsoft, which is another site, and be sent back."""
    page.get_by_role("link", name=link, exact=True).click()
    page.get_by_role("button", name=who.name).click()


def test_whoever_has_an_account_at_microsoft_signs_in_with_it_for_the_first_time_and_ever_after(
    browser: Browser, desks: Desks
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{desks.address}/desk")
    look(page)
    sign_in_with_microsoft(page, ANNE, "Sign in with Microsoft and type the code of an invitation")
    expect(page.get_by_role("status")).to_contain_text("You are signed in at Microsoft as anne@school.example.")
    look(page)
    page.get_by_label("Your code").fill("AAAAA-AAAAA")
    page.get_by_role("button", name="Open the desk").click()
    expect(page.get_by_role("alert")).to_contain_text("That code is not valid")
    look(page)
    page.get_by_label("Your code").fill(desks.code("hillside"))
    page.get_by_role("button", name="Open the desk").click()
    expect(page).to_have_url(f"{desks.address}/desk/hillside")
    follow(page.get_by_role("button", name="Leave the desk"))
    expect(page.get_by_role("link", name="sign out of Microsoft")).to_be_visible()
    page.goto(f"{desks.address}/desk/hillside/people")
    sign_in_with_microsoft(page, ANNE)
    # To a page that another site has led to, this cookie is not sent: the desk opens from one that goes on by itself.
    expect(page.get_by_role("button", name="Leave the desk")).to_be_visible()
    expect(page).to_have_url(f"{desks.address}/desk/hillside")
    (session,) = context.cookies()
    assert (session["name"], session["sameSite"], session["httpOnly"]) == (COOKIE, "Strict", True)
    page.go_back()  # nor does the page with the code stay behind among those that were looked at
    expect(page).to_have_title("Pick an account")
    page.goto(f"{desks.address}/desk/hillside")
    follow(page.get_by_role("button", name="Leave the desk"))
    page.get_by_role("link", name="sign out of Microsoft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You signed out of your account")
    context.close()
