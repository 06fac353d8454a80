"""The desk in a real browser, as a headteacher uses it: by mouse, on a small phone, by keyboard alone; and what axe finds."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from bot.clock import now_utc
from bot.desk.access import DeskAccess
from bot.people import WEB, People, Person, PersonRole
from bot.schema import open_store
from corpus.building import build_policy
from corpus.tables import sqlite_url
from corpus.versions import School, Versions
from tests.platforms.policybot_serve import served
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


class School_(NamedTuple):
    """A server that knows the people of one school: its address, its people, its policies."""

    address: str
    people: People
    versions: Versions
    access: DeskAccess

    def enrol(self, role: PersonRole) -> Person:
        return self.people.enrol(self.people.invite("hillside", role)[1], WEB, f"somebody {role} {now_utc()}")

    def link(self, person: Person) -> str:
        return f"{self.address}/desk/enter/{self.access.make_link(person)}"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, parsed: Path, small_document: Callable[..., str]) -> Iterator[School_]:
    home = tmp_path_factory.mktemp("desk")
    (home / "cache").symlink_to(parsed)
    engine = open_store(sqlite_url(home))
    versions, people = Versions(engine, now_utc), People(engine, now_utc)
    versions.add_school(School("hillside", "Hillside Primary School", "Hillside"))
    source = small_document("Social Media Policy", BEFORE, "May 2019")
    policy = build_policy(source, school="hillside", slug="social-media", title=None, source_name="social-media.txt")
    versions.save_draft(policy, source)
    versions.publish("hillside", "social-media", "the headteacher")
    with served(home, b"question=hello", POLICYBOT_SECRET_KEY=KEY) as chat:
        yield School_(chat.removesuffix("/chat"), people, versions, DeskAccess(engine, people, now_utc))
    engine.dispose()


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "Social Media Policy 2026.docx"
    file.write_bytes(word_policy("Social Media Policy", ["Adopted: November 2026", "Review due: November 2028"], RULES))
    return file


def assert_accessible(page: Page) -> None:
    """Assert that axe finds nothing against WCAG 2.2 AA, nor against what it counts as good practice."""
    found = Axe().run(page).response["violations"]
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


@pytest.mark.parametrize("width", [1000, 360])
def test_a_headteacher_brings_in_a_word_file_and_staff_are_answered_from_it(
    browser: Browser, school: School_, document: Path, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 740})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{school.address}/join")
    page.get_by_label("Your code").fill(school.people.invite("hillside", PersonRole.HEADTEACHER)[1])
    page.get_by_role("button", name="Join").click()
    assert BEFORE in answered(page, school.address)
    # The link comes in her own chat, and is used up by its button.
    page.get_by_label("Your question").fill("/desk")
    page.get_by_role("button", name="Ask").click()
    page.get_by_role("link", name="/desk/enter/").click()

    def look() -> None:
        assert_accessible(page)
        assert_fits(page)

    look()
    page.get_by_role("button", name="Open the desk").click()
    look()
    page.get_by_role("link", name="Policies", exact=True).click()
    look()
    page.get_by_role("link", name="Bring in a document").click()
    look()
    page.get_by_label("The document", exact=True).set_input_files(document)
    page.get_by_role("button", name="Read the document").click()
    expect(page.get_by_role("status")).to_contain_text("I found 6 clauses in Social Media Policy 2026.docx.")
    # Word's own numbers came out as people see them.
    for label in ("1.1", "1.2", "1.3(a)", "1.3(b)", "2.1", "2.2"):
        expect(page.get_by_role("article", name=label, exact=True)).to_be_visible()
    look()
    page.get_by_role("link", name="Fix 1.2").click()
    expect(page.get_by_role("region", name="In your document")).to_contain_text("1.2 Staff may acept friend requests")
    look()
    page.get_by_text("Change the words").click()
    page.get_by_label("As it should read").fill(AFTER)
    page.get_by_label("Why, in a few words").first.fill("a letter was missing")
    look()
    page.get_by_role("button", name="Save the words").click()
    expect(page.get_by_role("article", name="1.2", exact=True)).to_contain_text(AFTER)
    page.get_by_role("link", name="Fix 1.2").click()
    page.get_by_role("button", name="This is right").click()
    page.get_by_role("link", name="Go on: what changes").click()
    expect(page.get_by_text("That is looser.").first).to_be_visible()
    expect(page.locator("ins").first).to_be_visible()
    look()
    page.get_by_role("link", name="Go on: what staff will be told").click()
    look()
    page.get_by_role("link", name="4. Publish").or_(page.get_by_role("link", name="Publish", exact=True)).first.click()
    expect(page.get_by_role("button", name="Publish this version")).to_be_disabled()
    look()
    page.get_by_role("link", name="What staff will be told").click()
    while page.get_by_role("button", name=re.compile("^I have looked at this")).count():
        page.get_by_role("button", name=re.compile("^I have looked at this")).first.click()
    page.get_by_role("link", name="Go on: publish").click()
    page.get_by_label("Who answers for this policy").fill("Mrs Reed")
    page.get_by_label("Where the minutes say so").fill("21 November 2026, item 7")
    page.get_by_role("button", name="Publish this version").click()
    expect(page.get_by_role("status")).to_contain_text("is published. Staff are answered from it now.")
    look()
    # The very next question is answered from it.
    told = answered(page, school.address)
    assert AFTER in told
    assert BEFORE not in told
    page.goto(f"{school.address}/desk/hillside/policies/social-media/versions/1")
    look()
    page.get_by_role("button", name="Answer from version 1 again").click()
    expect(page.get_by_role("status")).to_contain_text("Staff are answered from version 1 again.")
    assert BEFORE in answered(page, school.address)
    context.close()
