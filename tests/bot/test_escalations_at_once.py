"""What two people do with one escalation at the same moment."""

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from bot.escalations import Content, Escalations, State
from bot.messages import Message
from bot.notices import NoticeKind, Notices
from bot.people import TELEGRAM
from bot.sealing import Seal
from bot.tables import notices
from corpus.tenancy import writing_at
from corpus.versions import Versions

if TYPE_CHECKING:
    from tests.conftest import Clock

pytestmark = pytest.mark.both_stores

ASKER = Message(channel=TELEGRAM, account="77", place="77")
FIRST, SECOND = 1, 2


def test_an_alert_that_one_takes_on_while_another_opens_it_stays_taken_on(store: Versions, clock: "Clock") -> None:
    escalations = Escalations(store.engine, Seal(b"a key"), Notices(store.engine, clock), clock)
    with writing_at(store.engine, "hillside") as connection:
        number = escalations.alert(
            connection, "hillside", line=[FIRST, SECOND], minutes=10, content=Content(name="Sam"), asker="a", address=ASKER
        )
    seen_by_both = escalations.find(number)
    assert seen_by_both
    with writing_at(store.engine, "hillside") as connection:
        escalations.take_on(connection, seen_by_both, FIRST)
    with writing_at(store.engine, "hillside") as connection:
        escalations.see(connection, seen_by_both, SECOND)
    after = escalations.find(number)
    assert after
    assert (after.state, after.person_id) == (State.ANSWERED, FIRST)
    with store.engine.connect() as connection:
        told = connection.scalar(select(func.count()).where(notices.c.kind == NoticeKind.RECEIPT))
    assert told == 1
