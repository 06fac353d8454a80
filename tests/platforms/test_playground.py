"""Microsoft's Agents Playground, tried with a bot on Microsoft's SDK."""

import asyncio
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from tests.platforms.background import Background
from tests.platforms.playground import Playground, require_playground
from tests.platforms.served import served

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # the SDK warns of its own previews when it is imported
    from microsoft_teams.apps import App
    from microsoft_teams.apps.http import FastAPIAdapter
    from microsoft_teams.cards import AdaptiveCard, SubmitAction, TextBlock


@pytest.fixture
def playground() -> Iterator[Playground]:
    require_playground()
    adapter = FastAPIAdapter()
    app = App(dangerously_allow_unauthenticated_requests=True, http_server_adapter=adapter)

    @app.on_message
    async def answer(context: Any) -> None:
        pressed = context.activity.value
        await context.send(f"You pressed {pressed['pressed']}" if pressed else f"You said: {context.activity.text}")

    @app.on_install_add
    async def welcome(context: Any) -> None:
        more = SubmitAction(title="More", data={"pressed": "more"})
        await context.send(AdaptiveCard(body=[TextBlock(text="Welcome")], actions=[more]))

    asyncio.run(app.initialize())
    with Background(served(adapter.app)) as running, Playground(f"{running.given}/api/messages") as started:
        yield started


def test_what_is_said_installed_and_pressed_reaches_the_bot_and_its_answers_come_back(playground: Playground) -> None:
    playground.say("hello")
    assert "You said: hello" in playground.wait_for_messages(1)[-1]["text"]
    playground.say("hello", playground.channel)
    in_thread = playground.wait_for_messages(2)[-1]
    assert "hello" in in_thread["text"]
    assert in_thread["conversation"].startswith(f"{playground.channel};messageid=")
    playground.install()
    welcome = playground.wait_for_messages(3)[-1]
    assert welcome["attachments"][0]["content"]["body"][0]["text"] == "Welcome"
    playground.submit({"pressed": "more"}, welcome)
    assert "You pressed more" in playground.wait_for_messages(4)[-1]["text"]
