"""Microsoft's own client in front of policybot: a question, a button, a mention, an installation, and how a reply looks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from bot.channels.teams import PATH
from bot.channels.teams_connector import Registration
from bot.layout import WORRIED
from retrieval.knowledge import Knowledge
from tests.platforms.background import Background
from tests.platforms.playground import BOT, TENANT, Playground, require_playground
from tests.platforms.teams_bot import SCHOOL, teams_bot

FRIENDS = "Can I accept a parent's friend request?"


@pytest.fixture
def playground(home: Path, knowledge: Knowledge) -> Iterator[Playground]:
    require_playground()
    registration = Registration(BOT, TENANT, "", unauthenticated=True)
    running = Background(teams_bot(home, knowledge, registration, {TENANT: (SCHOOL,)}))
    with running as bot, Playground(bot.given.address + PATH) as started:
        yield started


def body(message: dict[str, Any]) -> list[dict[str, Any]]:
    return list(message["attachments"][0]["content"]["body"])


def test_a_question_a_press_and_a_mention_are_answered_and_an_installation_in_silence(playground: Playground) -> None:
    playground.install()  # the manifest has prompts, with which Microsoft wants no welcome
    playground.say(FRIENDS)
    (answer,) = playground.wait_for_messages(1)
    assert body(answer)[0]["text"] == "Chase Terrace's policy (undated): not allowed."
    actions = [one for element in body(answer) for one in element.get("actions", ())]
    whole_section = next(one for one in actions if one["title"] == "Show the whole section")
    playground.submit(whole_section["data"], answer)
    assert "Personal use of social media" in str(body(playground.wait_for_messages(2)[1]))
    playground.say(FRIENDS, playground.channel)
    in_thread = playground.wait_for_messages(3)[2]
    assert in_thread["conversation"].startswith(f"{playground.channel};messageid=")
    assert len(playground.messages) == 3


def test_the_card_is_seen_as_it_is_meant_and_pressed_with_a_mouse(playground: Playground, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 1100})
    page.route(lambda url: not url.startswith(playground.page), lambda route: route.abort())
    page.goto(playground.page)
    page.get_by_role("textbox").first.fill(FRIENDS)
    page.keyboard.press("Enter")
    card = page.locator(".ac-adaptiveCard").last
    expect(card.get_by_role("heading", name="Chase Terrace's policy (undated): not allowed.")).to_be_visible(timeout=30_000)
    expect(card).to_contain_text("Social Media Policy, Personal use of social media (d), version 1 (undated).")
    card.get_by_role("button", name=WORRIED).click()
    urgent = page.locator(".ac-adaptiveCard").last
    expect(urgent.get_by_role("heading", name="If anybody is in immediate danger, ring 999 now.")).to_be_visible(timeout=30_000)
    page.close()
