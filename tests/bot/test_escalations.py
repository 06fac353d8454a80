"""What is handed over, in the store: its states, who is told next, what arrives and what does not; and several at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Row, delete, select

from bot.deliveries import Announced
from bot.escalations import ESCALATIONS_KEPT, RECEIPTS_LAST, Content, Escalation, Escalations, Overtaken, State
from bot.messages import Message
from bot.notices import NoticeKind, Notices
from bot.people import TELEGRAM
from bot.sealing import Seal
from bot.tables import escalation_messages, escalations, notices
from corpus.tenancy import reading_at, writing_at
from corpus.versions import Versions

if TYPE_CHECKING:
    from tests.conftest import Clock

pytestmark = pytest.mark.both_stores

KEY = b"a key that only the tests have"
MINUTES = 10
ADDRESS = Message(channel=TELEGRAM, account="77", place="77")
FIRST, SECOND, THIRD, STRANGER = 1, 2, 3, 9


class Kept:
    """Escalations of hillside, of the asker "somebody"."""

    def __init__(self, store: Versions, clock: "Clock") -> None:
        self.engine = store.engine
        self.clock = clock
        self.escalations = Escalations(store.engine, Seal(KEY), Notices(store.engine, clock), clock)

    def alert(self, *line: int) -> Escalation:
        """Return a new alert."""
        content = Content(name="Jo", question="May I?")
        with writing_at(self.engine, "hillside") as connection:
            number = self.escalations.alert(
                connection, "hillside", line=line, minutes=MINUTES, content=content, asker="somebody", address=ADDRESS
            )
        return self.now(number)

    def question(self) -> Escalation:
        """Return a new question to the first, which is overdue in two days."""
        now = self.clock()
        with writing_at(self.engine, "hillside") as connection:
            number = self.escalations.question(
                connection,
                "hillside",
                person_id=FIRST,
                content=Content(question="May I?"),
                asker="somebody",
                address=ADDRESS,
                due_at=now,
                overdue_at=now + timedelta(days=2),
            )
        return self.now(number)

    def now(self, number: str) -> Escalation:
        """Return an escalation as it is now."""
        found = self.escalations.find(number)
        assert found
        return found

    def settle(
        self, about: Escalation, kind: NoticeKind, person_id: int | None, *, arrived: bool, said: str | None = None
    ) -> None:
        """Note whether a notice has arrived."""
        with writing_at(self.engine, "hillside") as connection:
            self.escalations.settled(connection, Announced(kind, about.school_id, about.id, person_id), TELEGRAM, arrived, said)

    def follow_up(self) -> None:
        """See to what is due; everybody is at work tomorrow."""
        self.escalations.follow_up(lambda _school, _person: self.clock() + timedelta(days=1))

    def notices(self) -> list[Row[tuple[object, ...]]]:
        """Return the notices that were put, and take them away."""
        with self.engine.begin() as connection:
            rows = connection.execute(select(notices).order_by(notices.c.id)).all()
            connection.execute(delete(notices))
        return list(rows)

    def told(self) -> list[tuple[str, int | None, str]]:
        """Return to whom something is to be said: the kind, the person (None for the asker) and what."""
        return [
            (row.kind, row.person_id, (row.detail or "").partition('"what":"')[2].partition('"')[0]) for row in self.notices()
        ]


@pytest.fixture
def kept(store: Versions, clock: "Clock") -> Kept:
    return Kept(store, clock)


def test_an_alert_is_kept_and_the_first_is_told(kept: Kept) -> None:
    alert = kept.alert(FIRST, SECOND)
    assert (alert.state, alert.person_id, alert.told) == (State.SENT, FIRST, (FIRST,))
    assert alert.content == Content(name="Jo", question="May I?")
    assert kept.told() == [("alert", FIRST, "")]


def test_a_question_is_told_when_it_is_due_and_not_before(kept: Kept) -> None:
    now = kept.clock()
    kept.question()
    (notice,) = kept.notices()
    assert (notice.kind, notice.person_id, notice.due_at) == ("question", FIRST, now)


def test_no_id_is_like_another_and_none_can_be_guessed(kept: Kept) -> None:
    numbers = {kept.alert(FIRST).id for _ in range(20)}
    assert len(numbers) == 20
    assert {len(number) for number in numbers} == {10}


def test_the_states_of_an_alert_follow_each_other(kept: Kept) -> None:
    alert = kept.alert(FIRST)
    kept.settle(alert, NoticeKind.ALERT, FIRST, arrived=True)
    assert kept.now(alert.id).state is State.DELIVERED
    with writing_at(kept.engine, "hillside") as connection:
        kept.escalations.see(connection, alert, FIRST)
    assert kept.now(alert.id).state is State.SEEN
    with writing_at(kept.engine, "hillside") as connection:
        kept.escalations.take_on(connection, alert, FIRST)
    assert kept.now(alert.id).state is State.ANSWERED
    with writing_at(kept.engine, "hillside") as connection:
        kept.escalations.erase(connection, alert)
    erased = kept.now(alert.id)
    assert (erased.state, erased.content) == (State.CLOSED, None)
    assert erased.delivered_at
    assert erased.seen_at
    assert erased.answered_at
    assert erased.closed_at


def test_a_late_note_that_it_arrived_takes_nothing_back(kept: Kept) -> None:
    alert = kept.alert(FIRST)
    with writing_at(kept.engine, "hillside") as connection:
        kept.escalations.take_on(connection, alert, FIRST)
    kept.notices()
    kept.settle(alert, NoticeKind.ALERT, FIRST, arrived=True)
    assert kept.now(alert.id).state is State.ANSWERED
    assert kept.told() == []


def test_what_does_not_arrive_with_somebody_passed_by_moves_nothing(kept: Kept) -> None:
    alert = kept.alert(FIRST, SECOND, THIRD)
    kept.clock.wait(timedelta(minutes=MINUTES))
    kept.follow_up()
    kept.notices()
    kept.settle(alert, NoticeKind.ALERT, FIRST, arrived=False)
    kept.follow_up()
    assert kept.told() == []
    kept.settle(alert, NoticeKind.ALERT, SECOND, arrived=False)
    kept.follow_up()
    assert kept.told() == [("alert", THIRD, ""), ("receipt", None, "passed_on")]


def test_after_a_long_stop_the_line_is_not_run_through_at_once(kept: Kept) -> None:
    """Whoever is told after the process was down gets the school's time too."""
    kept.alert(FIRST, SECOND, THIRD)
    kept.clock.wait(timedelta(hours=5))
    kept.notices()
    kept.follow_up()
    assert [person for kind, person, _ in kept.told() if kind == "alert"] == [SECOND]
    kept.clock.wait(timedelta(minutes=MINUTES))
    kept.follow_up()
    assert [person for kind, person, _ in kept.told() if kind == "alert"] == [THIRD]


def test_several_processes_at_once_follow_up_once(kept: Kept) -> None:
    for _ in range(5):
        kept.alert(FIRST, SECOND)
        kept.question()
    kept.notices()
    kept.clock.wait(timedelta(days=3))
    with ThreadPoolExecutor(4) as processes:
        for one in [processes.submit(kept.follow_up) for _ in range(4)]:
            one.result()
    told = [(kind, what) for kind, _, what in kept.told()]
    assert sorted(told) == sorted(5 * [("alert", ""), ("receipt", "passed_on"), ("reminder", "")])


def test_a_reminder_waits_until_its_addressee_is_at_work(kept: Kept) -> None:
    kept.question()
    kept.notices()
    kept.clock.wait(timedelta(days=2))
    kept.follow_up()
    assert {row.due_at for row in kept.notices()} == {kept.clock() + timedelta(days=1)}


def test_a_question_is_answered_once(kept: Kept) -> None:
    question = kept.question()
    with writing_at(kept.engine, "hillside") as connection:
        kept.escalations.answer(connection, question, "Yes.", kept.clock())
    with pytest.raises(Overtaken), writing_at(kept.engine, "hillside") as connection:
        kept.escalations.answer(connection, question, "No.", kept.clock())
    content = kept.now(question.id).content
    assert content
    assert content.answer == "Yes."


@pytest.mark.parametrize("arrived", [True, False])
def test_after_its_answer_a_question_is_closed_and_its_address_gone(kept: Kept, arrived: bool) -> None:
    question = kept.question()
    with writing_at(kept.engine, "hillside") as connection:
        kept.escalations.answer(connection, question, "Yes.", kept.clock())
    kept.notices()
    kept.settle(question, NoticeKind.ANSWER, None, arrived=arrived)
    assert kept.now(question.id).state is State.CLOSED
    with reading_at(kept.engine, "hillside") as connection:
        assert kept.escalations.address_of_asker(connection, question.id) is None
    assert kept.told() == ([] if arrived else [("undelivered", FIRST, "")])


def test_a_question_that_cannot_arrive_is_told_to_its_asker_once(kept: Kept) -> None:
    question = kept.question()
    kept.notices()
    kept.settle(question, NoticeKind.QUESTION, FIRST, arrived=False)
    assert kept.told() == [("receipt", None, "undelivered")]
    kept.clock.wait(timedelta(days=9))
    kept.follow_up()
    assert kept.told() == []


def test_what_came_of_an_escalation_that_is_gone_is_nothing(kept: Kept) -> None:
    question = kept.question()
    with kept.engine.begin() as connection:
        connection.execute(delete(escalations))
    kept.notices()
    for kind in NoticeKind:
        for arrived in (True, False):
            kept.settle(question, kind, FIRST, arrived=arrived, said="x")
    assert kept.told() == []


def test_a_reply_names_the_message_by_which_it_came_on_its_own_channel(kept: Kept) -> None:
    question = kept.question()
    kept.settle(question, NoticeKind.QUESTION, FIRST, arrived=True, said="chat 5")
    assert kept.escalations.answered_by(TELEGRAM, "chat 5") == question.id
    assert kept.escalations.answered_by(TELEGRAM, "chat 6") is None
    assert kept.escalations.answered_by("slack", "chat 5") is None


def test_what_was_said_to_the_asker_is_no_message_to_answer(kept: Kept) -> None:
    question = kept.question()
    kept.settle(question, NoticeKind.RECEIPT, None, arrived=True, said="chat 5")
    assert kept.escalations.answered_by(TELEGRAM, "chat 5") is None


def test_only_who_was_told_has_something_waiting(kept: Kept) -> None:
    alert = kept.alert(FIRST, SECOND)
    assert [kept.escalations.waiting_for("hillside", people) for people in ([SECOND], [STRANGER], [])] == [[], [], []]
    assert kept.escalations.of_asker("somebody else", "hillside") == []
    assert [one.id for one in kept.escalations.of_asker("somebody", "hillside")] == [alert.id]
    assert (kept.escalations.count_of("somebody"), kept.escalations.count_of("somebody else")) == (1, 0)


def test_what_nobody_answered_is_deleted_too(kept: Kept) -> None:
    question, alert = kept.question(), kept.alert(FIRST)
    kept.settle(question, NoticeKind.QUESTION, FIRST, arrived=True, said="chat 5")
    kept.clock.wait(ESCALATIONS_KEPT)
    kept.escalations.clear("hillside")
    assert kept.now(alert.id)
    kept.clock.wait(timedelta(seconds=1))
    kept.escalations.clear("hillside")
    assert kept.escalations.find(question.id) is kept.escalations.find(alert.id) is None
    with kept.engine.connect() as connection:
        assert connection.execute(select(escalation_messages)).all() == []


def test_the_address_of_an_alert_stays_while_somebody_is_still_to_be_told(kept: Kept) -> None:
    alert = kept.alert(FIRST, SECOND)

    def is_there() -> bool:
        kept.escalations.clear("hillside")
        with reading_at(kept.engine, "hillside") as connection:
            return kept.escalations.address_of_asker(connection, alert.id) is not None

    kept.clock.wait(RECEIPTS_LAST + timedelta(days=1))
    assert is_there()
    kept.follow_up()
    kept.clock.wait(timedelta(minutes=MINUTES))
    kept.follow_up()
    assert not is_there()


def test_with_another_secret_nothing_can_be_read_and_nothing_fails(
    kept: Kept, store: Versions, caplog: pytest.LogCaptureFixture
) -> None:
    alert = kept.alert(FIRST)
    other = Escalations(store.engine, Seal(b"another"), Notices(store.engine, kept.clock), kept.clock)
    found = other.find(alert.id)
    assert found
    assert found.content is None
    with reading_at(store.engine, "hillside") as connection:
        assert other.address_of_asker(connection, alert.id) is None
    assert "sealed with another secret key" in caplog.text
