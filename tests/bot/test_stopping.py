"""How the bot is stopped: what comes then is left to the platform, which delivers it again."""

import asyncio

import pytest

from bot.assembly import assemble
from bot.bootstrap import Indexes
from bot.dispatcher import Dispatcher
from bot.messages import Message, NotNow
from bot.people import TELEGRAM
from corpus.versions import Versions
from retrieval.knowledge import Knowledge


def test_nothing_is_taken_in_once_the_bot_is_being_stopped(store: Versions, knowledge: Knowledge) -> None:
    parts = assemble(Indexes(store, knowledge), b"of these tests alone" * 2)
    dispatcher = Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing)

    async def receive_too_late() -> None:
        async with dispatcher.running():
            pass
        await dispatcher.receive("1", Message(channel=TELEGRAM, account="77", place="77", text="hello"))

    with pytest.raises(NotNow):
        asyncio.run(receive_too_late())
    assert parts.deliveries.left_behind([TELEGRAM]) == []
