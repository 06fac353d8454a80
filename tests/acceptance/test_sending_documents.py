"""A document that is sent to the bot on Slack, Teams or Telegram: a draft of the headteacher's, and nothing of a teacher's."""

import io
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import docx
import pytest

from bot.audit import Action
from bot.clock import now_utc
from bot.layout import WORRIED
from bot.people import PersonRole
from bot.sent_files import WORDS_NOT_READ
from retrieval.knowledge import Knowledge
from tests.platforms.background import Background
from tests.platforms.bots import Bot
from tests.platforms.seats import OnSlack, OnTeams, OnTelegram, Seat
from tests.platforms.slack_server import slack
from tests.platforms.teams_server import ANNE, BEN, TeamsServer
from tests.platforms.telegram_server import Someone, TelegramServer
from tests.platforms.whole_bot import whole_bot

pytestmark = pytest.mark.usefixtures("hurried")

SCHOOL = "coniston"
URGENT = "a child told me that her dad hits her"
# Unlike one another, or they would be taken for versions of one policy.
TITLES = {"slack": "Keys policy", "teams": "Lost property procedure", "telegram": "School trips policy"}


@pytest.fixture
def bot_and_seats(home: Path, knowledge: Knowledge) -> Iterator[tuple[Bot, dict[str, tuple[Seat, Seat]]]]:
    """The bot, and on each channel a headteacher and a teacher."""
    with ExitStack() as stack:
        on_slack, teams, telegram = (stack.enter_context(one) for one in (slack(), TeamsServer(), TelegramServer()))
        run = whole_bot(home, knowledge, SCHOOL, slack=on_slack, teams=teams, telegram=telegram, now=now_utc)
        bot = stack.enter_context(Background(run)).given
        seats: dict[str, tuple[Seat, Seat]] = {
            "slack": (OnSlack(on_slack, "U1STAFF"), OnSlack(on_slack, "U2STAFF")),
            "teams": (OnTeams(teams, ANNE, bot.address), OnTeams(teams, BEN, bot.address)),
            "telegram": (OnTelegram(telegram, Someone(77, "Tam")), OnTelegram(telegram, Someone(78, "Kim"))),
        }
        for both in seats.values():
            for seat, role in zip(both, (PersonRole.HEADTEACHER, PersonRole.STAFF), strict=True):
                code = bot.parts.people.invite(SCHOOL, role)[1]
                seat.asks(f"/join {code}", "Welcome.")
        yield bot, seats


def document(title: str) -> bytes:
    """Return a Word document of three rules."""
    made = docx.Document()
    made.add_heading(title, 0)
    made.add_heading("1. Keys", 1)
    for rule in ("Staff must wear their keys.", "Staff must not lend their keys to pupils.", "Lost keys must be reported."):
        made.add_paragraph(rule)
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def test_a_headteacher_sends_a_document_on_any_channel_and_finds_its_draft_and_a_teacher_s_is_not_fetched(
    bot_and_seats: tuple[Bot, dict[str, tuple[Seat, Seat]]],
) -> None:
    bot, seats = bot_and_seats
    versions = bot.parts.indexes.versions
    for number, (channel, (head, teacher)) in enumerate(seats.items(), 1):
        title = TITLES[channel]
        raw = document(title)
        teacher.sends_document("keys.docx", raw)
        assert "I have not opened or kept your file." in teacher.hears("I can read only words.").text
        head.sends_document("keys.docx", raw, URGENT)
        assert "I have not opened or kept your file." in head.hears("999").text
        assert head.downloads == 0

        head.sends_document("keys.docx", raw, "Is this the right one?")
        told = head.hears("I found 3 clauses in keys.docx")
        assert f"It is a draft of: {title}. Nothing is published yet." in told.text
        assert re.search("To look through it, write /(policy )?desk to me", told.text)
        assert WORDS_NOT_READ in told.text
        assert told.labels[-1] == WORRIED
        assert head.downloads == 1
        (draft,) = [one.policy for one in versions.drafts(SCHOOL) if one.policy.title == title]
        assert [clause.text for clause in draft.clauses()][1] == "Staff must not lend their keys to pupils."
        assert [entry.action for entry in bot.parts.audit.of(SCHOOL)].count(Action.BROUGHT_IN) == number

        head.sends_document("keys.docx", raw)
        head.hears("You have brought in this very document already: its draft is waiting for you.")
        head.sends_document("prize.docx", b"GIF89a no document at all")
        head.hears("This is a picture: bring in the policy")
        head.sends_document("staff.zip", raw)
        head.hears("save staff.zip as a Word document")
        assert head.downloads == 3
