"""The chat page in a real browser: with a script and without, by keyboard, on a small phone, enlarged, and read aloud."""

import re
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import insert, select

from bot.answer import quote
from bot.clock import now_utc
from bot.deliveries import NOTICE_WAITS, Deliveries
from bot.layout import Heading, Paragraph
from bot.links import Links
from bot.messages import Button, Message, Reply
from bot.page_notices import PageNotices
from bot.people import TELEGRAM, WEB, People, PersonRole
from bot.schema import open_store
from bot.tables import outbox, people
from corpus.building import build_policy
from corpus.tables import sqlite_url
from corpus.versions import School, Versions
from retrieval.index import in_place
from tests.platforms.policybot_serve import served

KEY = "a key that only the tests of the browser have"
RULE = "Staff must not accept friend requests from parents."
FRIENDS = "can I accept a parent's friend request?"
expect.set_options(timeout=15_000)  # a machine may be busy


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, demo_home: Path) -> Iterator[str]:
    """Where `policybot serve` answers, started in demo mode."""
    home = shutil.copytree(demo_home, tmp_path_factory.mktemp("served") / "home", symlinks=True)
    with served(home, b"school=chase-terrace&question=hello+there+photos", POLICYBOT_DEMO="1") as address:
        yield address


class Joined(NamedTuple):
    """A server that knows people: its chat page, the people, and the policies."""

    address: str
    people: People
    versions: Versions


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory, parsed: Path, small_document: Callable[..., str]) -> Iterator[Joined]:
    """Where `policybot serve` answers the staff of one school, hillside, and of no other."""
    home = tmp_path_factory.mktemp("joined")
    (home / "cache").symlink_to(parsed)
    engine = open_store(sqlite_url(home))
    versions = Versions(engine, now_utc)
    versions.add_school(School("hillside", "Hillside Primary School", "Hillside"))
    source = small_document("Staff policy", RULE, "May 2024")
    versions.save_draft(build_policy(source, school="hillside", slug="staff", title=None, source_name="staff"), source)
    versions.publish("hillside", "staff", "the headteacher")
    with served(home, b"question=hello", POLICYBOT_SECRET_KEY=KEY) as address:
        yield Joined(address, People(engine, now_utc), versions)
    engine.dispose()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open the chat page; at the end no page may have complained or opened a dialogue."""
    complaints: list[str] = []
    contexts = []

    def open_page(path: str = "", **context: Any) -> Page:
        contexts.append(browser.new_context(**context))
        page = contexts[-1].new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    # A refused question is a response of 400, which the console notes.
    assert [told for told in complaints if "status of 400" not in told] == []


def choose(page: Page, school: str = "Chase Terrace Primary School") -> None:
    page.get_by_label("Your school").select_option(school)


def see_the_answer(page: Page) -> None:
    reply = page.get_by_role("log").get_by_role("article")
    expect(reply).to_have_count(1)
    expect(reply.get_by_role("heading", level=3)).to_contain_text("Chase Terrace's policy (undated): ")
    expect(reply.get_by_text("The clause, word for word")).to_be_visible()
    expect(reply.locator("blockquote").first).to_contain_text("friend request")
    expect(reply.get_by_text("Speak to:")).to_be_visible()
    expect(page.get_by_role("log").get_by_text(FRIENDS)).to_be_visible()


def test_a_question_is_answered_without_a_reload(visit: Callable[..., Page]) -> None:
    page = visit()
    choose(page)
    page.evaluate("window.stillHere = true")
    page.get_by_label("Your question").fill(FRIENDS)
    page.get_by_role("button", name="Ask").click()
    see_the_answer(page)
    assert page.evaluate("window.stillHere")
    expect(page.get_by_label("Your question")).to_have_value("")
    expect(page.get_by_text("For example")).to_have_count(0)


def test_the_same_question_is_answered_without_a_script(visit: Callable[..., Page]) -> None:
    page = visit(java_script_enabled=False)
    choose(page)
    page.get_by_label("Your question").fill(FRIENDS)
    page.get_by_role("button", name="Ask").click()
    see_the_answer(page)
    expect(page.get_by_label("Your school")).to_have_value("chase-terrace")
    page.get_by_label("Your question").fill("And at weekends?")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("log").get_by_role("article")).to_have_count(1)
    assert page.locator("input[name=earlier]").evaluate_all("fields => fields.map(field => field.value)") == [
        FRIENDS,
        "And at weekends?",
    ]


def test_everything_can_be_done_by_keyboard_and_the_focus_can_be_seen(visit: Callable[..., Page]) -> None:
    page = visit()

    def focused() -> str:
        return str(page.evaluate("document.activeElement.innerText || document.activeElement.name || ''")).strip()

    def assert_seen() -> None:
        width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert (style != "none" and width >= 2) or focused() == "Skip to the question"

    order = []
    for _ in range(5):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.innerText"))
        assert_seen()
    assert order == ["Skip to the question", "school", "question", "Ask", "Worried about a child?"]

    page.get_by_label("Your school").focus()
    page.keyboard.type("Chase")
    page.keyboard.press("Tab")
    page.keyboard.type(FRIENDS)
    page.keyboard.press("Enter")
    see_the_answer(page)
    page.keyboard.type("First line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    expect(page.get_by_label("Your question")).to_have_value("First line\nsecond line")


def test_the_skip_link_leads_to_the_question(visit: Callable[..., Page]) -> None:
    page = visit()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the question")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.type("typed at once")
    expect(page.get_by_label("Your question")).to_have_value("typed at once")


SMALL = [
    pytest.param({"width": 360, "height": 640}, id="a small phone"),
    pytest.param({"width": 320, "height": 256}, id="a screen of 1280 by 1024 at 400 %"),
]


@pytest.mark.parametrize("viewport", SMALL)
@pytest.mark.parametrize("script", [True, False])
def test_on_a_small_screen_nothing_has_to_be_scrolled_sideways(
    visit: Callable[..., Page], viewport: dict[str, int], script: bool
) -> None:
    page = visit(viewport=viewport, java_script_enabled=script)

    def assert_fits() -> None:
        for element in (page.locator("html"), page.locator("body")):
            box = element.bounding_box()
            assert box is not None
            assert box["width"] <= viewport["width"]
        for element in page.locator("button, select, textarea, article, blockquote, .asked, footer, h1, h3").all():
            box = element.bounding_box()
            if element.is_visible() and box:
                assert box["x"] >= 0
                assert box["x"] + box["width"] <= viewport["width"]

    assert_fits()
    choose(page)
    page.get_by_label("Your question").fill(FRIENDS)
    page.get_by_role("button", name="Ask").click()
    see_the_answer(page)
    assert_fits()
    page.get_by_label("Your question").fill("x" * 300)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("log")).to_contain_text("x" * 300)
    assert_fits()
    if script:
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_what_is_pressed_on_a_phone_is_large_enough(visit: Callable[..., Page]) -> None:
    page = visit(viewport={"width": 360, "height": 640})
    for element in page.locator("button, select, textarea").all():
        box = element.bounding_box()
        assert box is not None
        assert box["height"] >= 44


def test_every_control_has_a_name_and_the_conversation_is_read_out_as_it_grows(visit: Callable[..., Page]) -> None:
    page = visit()
    for answered in (False, True):
        if answered:
            choose(page)
            page.get_by_label("Your question").fill(FRIENDS)
            page.get_by_role("button", name="Ask").click()
            see_the_answer(page)
        seen = page.locator("body").aria_snapshot()
        controls = re.findall(r"^\s*- (button|textbox|combobox|link|checkbox|radio|img)\b(.*)$", seen, re.MULTILINE)
        assert {kind for kind, _ in controls} >= {"button", "textbox", "combobox", "link"}
        assert [control for control in controls if not re.match(r' "[^"]+"', control[1])] == []
        log = page.get_by_role("log", name="Conversation")
        expect(log).to_have_attribute("aria-live", "polite")
        for landmark in ("banner", "main"):
            expect(page.get_by_role(landmark)).to_have_count(1)  # type: ignore[arg-type]
        expect(page.get_by_role("textbox", name="Your question")).to_have_accessible_description(re.compile("child's name"))
    assert page.locator("html").get_attribute("lang") == "en-GB"
    assert page.title()


def test_headings_go_down_one_step_at_a_time(visit: Callable[..., Page]) -> None:
    page = visit()
    choose(page)
    page.get_by_label("Your question").fill(FRIENDS)
    page.get_by_role("button", name="Ask").click()
    see_the_answer(page)
    levels = [int(tag[1]) for tag in page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(one => one.tagName)")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_no_id_stands_twice_and_every_label_belongs_to_a_field(visit: Callable[..., Page]) -> None:
    page = visit()
    ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert len(ids) == len(set(ids))
    assert set(page.locator("label").evaluate_all("all => all.map(one => one.htmlFor)")) <= set(ids)


# How bright a colour is, and how far two are apart, by the WCAG's formula; of each text that can be seen.
CONTRASTS = """
() => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = one => {
    for (; one; one = one.parentElement) {
      const colour = parts(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('body *')]
    .filter(one => one.offsetParent && [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
    .map(one => {
      const [a, b] = [light(parts(getComputedStyle(one).color)), light(ground(one))];
      return [one.tagName + '.' + one.className, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
    });
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("question", [FRIENDS, "a child told me that her dad hits her"])
def test_all_text_stands_out_from_its_ground(visit: Callable[..., Page], scheme: str, question: str) -> None:
    page = visit(color_scheme=scheme)
    choose(page)
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("article")).to_be_visible()
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 8
    assert [pair for pair in contrasts if pair[1] < 7] == []


def test_a_worry_about_a_child_opens_the_urgent_route_at_one_press_before_any_school_is_chosen(
    visit: Callable[..., Page],
) -> None:
    for script in (True, False):
        page = visit(java_script_enabled=script)
        page.get_by_role("button", name="Worried about a child?").click()
        reply = page.get_by_role("log").get_by_role("article")
        expect(reply.get_by_role("heading", level=3)).to_have_text("If anybody is in immediate danger, ring 999 now.")
        expect(reply).to_contain_text("999")


def test_the_way_to_worried_about_a_child_stays_after_every_reply(visit: Callable[..., Page]) -> None:
    page = visit()
    choose(page)
    for question in (FRIENDS, "hello", "when do we get paid", "\U0001f600"):
        page.get_by_label("Your question").fill(question)
        page.get_by_role("button", name="Ask").click()
        expect(page.get_by_role("log").locator(".asked").last).to_contain_text(question)
        expect(page.get_by_role("button", name="Worried about a child?")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(4)


def test_hostile_text_is_shown_and_not_run(visit: Callable[..., Page]) -> None:
    hostile = '<img src=x onerror=alert(1)><script>alert(2)</script> photo & "so" on'
    for script in (True, False):
        page = visit(java_script_enabled=script)
        choose(page)
        page.get_by_label("Your question").fill(hostile)
        page.get_by_role("button", name="Ask").click()
        expect(page.get_by_role("log").locator(".asked")).to_contain_text(hostile)
        expect(page.get_by_role("article")).to_be_visible()
        expect(page.locator("main img")).to_have_count(0)


def test_what_was_asked_of_one_school_does_not_carry_over_to_another(visit: Callable[..., Page]) -> None:
    page = visit()
    choose(page)
    page.get_by_label("Your question").fill(FRIENDS)
    page.get_by_role("button", name="Ask").click()
    see_the_answer(page)
    expect(page.locator("input[name=earlier]")).to_have_count(1)
    choose(page, "Coniston Primary School")
    expect(page.locator("input[name=earlier]")).to_have_count(0)


def test_an_example_is_asked_at_one_press_once_the_school_is_chosen(visit: Callable[..., Page]) -> None:
    page = visit()
    example = page.get_by_role("button", name="Can I accept a parent's friend request?")
    example.click()
    expect(page.get_by_role("article")).to_have_count(0)
    expect(page.get_by_label("Your school")).to_be_focused()
    choose(page)
    example.click()
    expect(page.get_by_role("article")).to_have_count(1)


def test_a_link_that_names_the_school_has_it_chosen(visit: Callable[..., Page]) -> None:
    page = visit("?school=wellesley")
    expect(page.get_by_label("Your school")).to_have_value("wellesley")
    page.get_by_role("button", name="Worried about a child?").click()
    expect(page.get_by_role("article")).to_contain_text("999")


def test_without_a_connection_the_page_says_so_and_keeps_the_question(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    choose(page)
    page.route("**/chat", lambda route: route.abort())
    page.get_by_label("Your question").fill(FRIENDS)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("log")).to_contain_text("There is no connection to policybot just now.")
    expect(page.get_by_role("log")).to_contain_text("ring 999")  # for without a connection its button leads nowhere
    expect(page.get_by_role("log")).to_contain_text(FRIENDS)
    page.unroute("**/chat")
    page.get_by_label("Your question").fill(FRIENDS)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("article")).to_have_count(1)
    context.close()


# Buttons, and whoever has joined

BUTTONS = {
    "Show the whole section": "From ",
    "Not what I meant": "Perhaps it is one of these rules.",
    "Keep this answer": "I keep no copy.",
}


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize(("label", "words"), BUTTONS.items(), ids=BUTTONS)
def test_each_button_under_an_answer_shows_what_it_says(visit: Callable[..., Page], script: bool, label: str, words: str) -> None:
    page = visit("?school=chase-terrace", java_script_enabled=script)
    page.get_by_label("Your question").fill(FRIENDS)
    page.get_by_role("button", name="Ask").click()
    see_the_answer(page)
    page.get_by_role("button", name=label).click()
    expect(page.get_by_role("article")).to_have_count(2 if script else 1)
    expect(page.get_by_role("article").last).to_contain_text(words)
    expect(page.get_by_role("button", name="Worried about a child?")).to_be_visible()
    expect(page.get_by_label("Your school")).to_have_value("chase-terrace")


def test_a_clause_is_opened_in_its_place_from_its_citation(visit: Callable[..., Page]) -> None:
    page = visit("?school=chase-terrace")
    page.get_by_label("Your question").fill(FRIENDS)
    page.get_by_role("button", name="Ask").click()
    see_the_answer(page)
    quoted = page.get_by_role("article").locator("blockquote").first
    words = quoted.locator("p").inner_text()
    quoted.get_by_role("link").click()
    page.wait_for_url("**/policies/**")
    place = page.locator(f"[id='{page.url.partition('#')[2]}']")
    expect(place).to_be_in_viewport()
    expect(place).to_contain_text(words[-60:])


def come_in(browser: Browser, joined: Joined, **context: Any) -> Page:
    """Join by a code, as the office gives it."""
    page = browser.new_context(**context).new_page()
    page.set_default_timeout(15_000)
    page.goto(joined.address)
    page.get_by_label("Your code").fill(joined.people.invite("hillside", PersonRole.STAFF)[1].lower())
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("You ask of Hillside Primary School.")).to_be_visible()
    return page


@pytest.mark.parametrize("script", [True, False])
def test_whoever_has_joined_asks_presses_reads_what_is_kept_and_leaves(browser: Browser, joined: Joined, script: bool) -> None:
    page = come_in(browser, joined, java_script_enabled=script)
    page.get_by_label("Your question").fill(FRIENDS)
    page.get_by_role("button", name="Ask").click()
    reply = page.get_by_role("article").last
    expect(reply).to_contain_text(RULE)
    page.get_by_role("button", name="Show the whole section").click()
    expect(reply).to_contain_text("From Staff policy, version 1")
    told = {"What is kept of yours": "What I keep, and for how long", "What I can do": "I quote; I do not advise."}
    for label, words in told.items():
        page.get_by_role("button", name=label).click()
        expect(reply).to_contain_text(words)
    page.get_by_text("Leave Hillside Primary School").click()
    page.get_by_role("button", name="Leave now").click()
    expect(page.get_by_text("You have left: your access has ended.")).to_be_visible()
    page.goto(joined.address)
    expect(page.get_by_label("Your code")).to_be_visible()
    page.context.close()


# What comes later

SEEN = Reply((Heading("Mrs Reed has seen this."), Paragraph("You can stop waiting.")), (Button("What I can do", "e:0"),))


def tell(joined: Joined) -> int:
    """Let something wait for whoever joined last; return its number."""
    engine, pages = joined.versions.engine, PageNotices(Deliveries(joined.versions.engine, now_utc))
    with engine.begin() as connection:
        account = connection.scalars(select(people.c.account).order_by(people.c.id.desc())).first()
        address = pages.address(Message(channel=WEB, account=account or "", place=""))
        assert address
        (call,) = pages.render(SEEN, address)
        row = {"event_id": 0, "channel": WEB, "reference": "", "attempts": 0, "addressee": address.account}
        now = now_utc()
        times = {"made_at": now, "due_at": now, "give_up_at": now + NOTICE_WAITS, "call": msgspec.json.encode(call)}
        return connection.execute(insert(outbox).values(**row, **times).returning(outbox.c.id)).scalar_one()


def wait_until_arrived(page: Page, joined: Joined, number: int) -> None:
    """Wait until the server knows that something was shown."""
    for _ in range(200):
        with joined.versions.engine.connect() as connection:
            if connection.scalar(select(outbox.c.id).where(outbox.c.id == number)) is None:
                return
        page.wait_for_timeout(50)
    raise AssertionError("the page did not say that it showed it")


# The page has looked once its timer for the next look is set: a clock that is put forward before that puts forward nothing.
NOTE_TIMERS = """
const set = window.setTimeout;
window.setTimeout = (work, after) => { document.documentElement.dataset.waits = after; return set(work, after); };
"""


def come_in_and_look(browser: Browser, joined: Joined, **context: Any) -> Page:
    """Join; the page's clock can be put forward, and its first look for what is new is over."""
    page = come_in(browser, joined, **context)
    page.clock.install()
    page.add_init_script(NOTE_TIMERS)
    page.goto(joined.address)
    expect(page.locator("html")).to_have_attribute("data-waits", "15000")
    return page


def test_what_comes_later_appears_in_the_conversation_and_the_server_learns_that_it_was_shown(
    browser: Browser, joined: Joined
) -> None:
    page = come_in_and_look(browser, joined)
    page.get_by_label("Your question").fill("half a quest")
    number = tell(joined)
    page.clock.fast_forward(14_000)
    expect(page.get_by_text("Mrs Reed has seen this.")).to_have_count(0)
    page.clock.fast_forward(2_000)
    log = page.get_by_role("log", name="Conversation")
    expect(log.get_by_role("heading", name="New for you", level=2)).to_be_visible()
    expect(log.get_by_role("article")).to_contain_text("You can stop waiting.")
    wait_until_arrived(page, joined, number)
    expect(page.get_by_label("Your question")).to_have_value("half a quest")
    expect(page.get_by_label("Your question")).to_be_focused()
    log.get_by_role("button", name="What I can do").click()
    expect(log.get_by_role("article")).to_have_count(2)
    page.reload()
    expect(page.get_by_text("Mrs Reed has seen this.")).to_have_count(0)
    page.context.close()


def test_after_an_urgent_reply_the_page_looks_sooner_for_ten_minutes(browser: Browser, joined: Joined) -> None:
    page = come_in_and_look(browser, joined)
    page.get_by_role("button", name="Worried about a child?").click()
    expect(page.get_by_role("article")).to_contain_text("999")
    for _ in range(2):
        with page.expect_response("**/chat/notices"):
            page.clock.fast_forward(5_500)
    tell(joined)
    page.clock.fast_forward(5_500)
    expect(page.get_by_text("Mrs Reed has seen this.")).to_be_visible()
    page.context.close()


def test_a_page_that_nobody_sees_does_not_look_and_looks_at_once_when_it_is_seen_again(browser: Browser, joined: Joined) -> None:
    page = come_in_and_look(browser, joined)
    looks: list[str] = []
    page.on("request", lambda request: looks.append(request.url) if request.url.endswith("/chat/notices") else None)
    turn = "state => { Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });"
    turn += " document.dispatchEvent(new Event('visibilitychange')); }"
    page.evaluate(turn, "hidden")
    tell(joined)
    page.clock.fast_forward(60_000)
    page.wait_for_load_state("networkidle")
    assert looks == []
    page.evaluate(turn, "visible")
    expect(page.get_by_text("Mrs Reed has seen this.")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_what_came_while_the_page_was_closed_stands_on_top_of_it_once(browser: Browser, joined: Joined, script: bool) -> None:
    page = come_in(browser, joined, java_script_enabled=script)
    number = tell(joined)
    page.goto(joined.address)
    region = page.get_by_role("region", name="New for you")
    expect(region.get_by_role("article")).to_contain_text("Mrs Reed has seen this.")
    expect(region).to_have_attribute("aria-live", "polite")
    page.get_by_label("Your question").fill(FRIENDS)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("log").get_by_role("article")).to_contain_text(RULE)
    expect(page.get_by_text("Mrs Reed has seen this.")).to_have_count(1 if script else 0)
    wait_until_arrived(page, joined, number)
    page.goto(joined.address)
    expect(page.get_by_text("Mrs Reed has seen this.")).to_have_count(0)
    page.context.close()


def test_a_page_whose_session_has_ended_says_so_and_looks_no_more(browser: Browser, joined: Joined) -> None:
    page = come_in_and_look(browser, joined)
    page.context.clear_cookies()
    page.clock.fast_forward(16_000)
    expect(page.get_by_role("region", name="New for you")).to_contain_text("You are not signed in here")
    expect(page.get_by_role("region", name="New for you")).to_contain_text("ring 999")
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_new_can_be_read_and_pressed_on_a_small_phone(
    browser: Browser, joined: Joined, scheme: Any, tmp_path: Path
) -> None:
    viewport = {"width": 320, "height": 640}
    page = come_in(browser, joined, viewport=viewport, color_scheme=scheme)
    tell(joined)
    page.goto(joined.address)
    notice = page.get_by_role("region", name="New for you").get_by_role("article")
    expect(notice).to_be_in_viewport()
    for element in (notice, notice.get_by_role("button"), page.get_by_role("heading", name="New for you")):
        box = element.bounding_box()
        assert box
        assert 0 <= box["x"] < box["x"] + box["width"] <= viewport["width"]
    pressed = notice.get_by_role("button").bounding_box()
    assert pressed
    assert pressed["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert [pair for pair in page.evaluate(CONTRASTS) if pair[1] < 7] == []
    levels = [int(tag[1]) for tag in page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(one => one.tagName)")]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    page.screenshot(path=tmp_path / "new.png", full_page=True)
    page.context.close()


def test_a_signed_link_is_opened_without_a_session_and_leads_to_the_clause(browser: Browser, joined: Joined) -> None:
    base = joined.address.removesuffix("/chat")
    policy = joined.versions.version("hillside", "staff", 1).policy
    quoted = quote(in_place(1, policy)[0], now_utc().date())
    link = Links(KEY.encode(), base, now_utc).to(quoted, TELEGRAM)
    assert link
    page = browser.new_context().new_page()
    page.goto(link)
    expect(page.locator(f"[id='{quoted.citation.clause_id}']")).to_contain_text(RULE)
    for closed in (f"{base}/policies/hillside/staff/1", link.replace("signed=", "signed=0")):
        response = page.goto(closed)
        assert response
        assert response.status == 404
        expect(page.locator("body")).to_contain_text("This link does not open a policy here")
        expect(page.locator("body")).not_to_contain_text("friend requests")
    page.context.close()
