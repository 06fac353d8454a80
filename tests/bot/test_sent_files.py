"""Documents that come with messages: whose are wanted, and what is said of them."""

from typing import TYPE_CHECKING, Any

import pytest

from bot.audit import Action
from bot.conversation import MOST_A_MINUTE, NO_TEXT, TOO_MANY
from bot.messages import File
from bot.people import SLACK, TELEGRAM, PersonRole
from bot.rendering import as_text
from bot.sent_files import NOT_TAKEN, ONE_AT_A_TIME, WORDS_NOT_READ
from bot.turn import Tenancy, Turn
from corpus.documents.apart import LARGEST_DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Chat

RULES = b"Parking Policy\n\n1. Cars\n\n1.1 Staff must park behind the hall.\n\n1.2 Staff must not park on the grass.\n"
URGENT = "a boy has told me his dad beats him every night"
TRUST = {(SLACK, "T1"): Tenancy(("hillside", "meadow"))}


def sent(name: str = "parking.txt", size: int | None = len(RULES)) -> dict[str, Any]:
    return {"attachment": "file", "files": (File(name, size, {"url": "https://files.slack.com/1"}),)}


def join(chat: "Chat", role: PersonRole, school: str = "hillside", channel: str = TELEGRAM, account: str = "77") -> None:
    chat.parts.people.enrol(chat.parts.people.invite(school, role)[1], channel, account)


def words(turn: Turn) -> str:
    return as_text(turn.blocks)


@pytest.mark.parametrize("role", list(PersonRole))
def test_only_those_who_prepare_policies_are_asked_for_their_file(chat: "Chat", role: PersonRole) -> None:
    join(chat, role)
    turn = chat.turn(**sent())
    wanted = role in (PersonRole.HEADTEACHER, PersonRole.OFFICE, PersonRole.ADMINISTRATOR)
    assert bool(turn.once_fetched) is wanted
    assert wanted or words(turn) == NO_TEXT.format(what="file")
    assert not chat.turn(private=False, **sent()).once_fetched
    assert not chat.turn("/help").once_fetched


def test_a_stranger_s_file_is_not_asked_for(chat: "Chat") -> None:
    assert not chat.turn(**sent()).once_fetched


def test_a_file_becomes_a_draft_that_the_reply_tells_of(chat: "Chat") -> None:
    join(chat, PersonRole.OFFICE)
    read = chat.turn("/help is this right?", **sent()).once_fetched
    assert read
    told = words(read(RULES))
    assert "I found 2 clauses in parking.txt, and 2 things to look at." in told
    assert "It is a draft of: Parking Policy. Nothing is published yet." in told
    assert WORDS_NOT_READ in told
    (draft,) = chat.parts.indexes.versions.drafts("hillside")
    assert draft.policy.title == "Parking Policy"
    (entry,) = [one for one in chat.parts.audit.of("hillside") if one.action == Action.BROUGHT_IN]
    assert entry.who.startswith("office ")
    again = read(RULES)
    assert again.refused
    assert "this very document already" in words(again)
    assert "is empty" in words(read(b""))


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (sent("holiday.jpg"), NOT_TAKEN.format(name="holiday.jpg")),
        (sent("{0}.zip"), NOT_TAKEN.format(name="{0}.zip")),
        (sent("parking.docx", LARGEST_DOCUMENT + 1), "parking.docx is larger than 10 MB"),
        ({"attachment": "file", "files": sent()["files"] * 2}, ONE_AT_A_TIME),
    ],
)
def test_what_cannot_be_taken_is_said_before_anything_is_fetched(chat: "Chat", files: dict[str, Any], told: str) -> None:
    join(chat, PersonRole.HEADTEACHER)
    turn = chat.turn(**files)
    assert turn.refused
    assert not turn.once_fetched
    assert told in words(turn)


def test_a_child_at_risk_comes_before_a_file_and_too_many_files_wait(chat: "Chat") -> None:
    join(chat, PersonRole.HEADTEACHER)
    for text in (URGENT, "/worried"):
        turn = chat.turn(text, **sent())
        assert not turn.once_fetched
        assert "999" in words(turn)
    turns = [chat.turn(**sent()) for _ in range(MOST_A_MINUTE)]
    assert turns[0].once_fetched
    assert words(turns[-1]) == TOO_MANY


def test_whoever_looks_after_several_schools_is_told_of_which_the_draft_is(chat_of: "Callable[..., Chat]") -> None:
    trust = chat_of(tenancies=TRUST)
    for school in ("hillside", "meadow"):
        join(trust, PersonRole.ADMINISTRATOR, school, SLACK, "T1/U1")
    of_trust = {"channel": SLACK, "tenant": "T1", "account": "T1/U1"}
    assert not trust.turn(**sent(), **of_trust).once_fetched
    choice = trust.turn("/school", **of_trust)
    trust.turn(pressed=choice.buttons[1].value, **of_trust)
    read = trust.turn(**sent(), **of_trust).once_fetched
    assert read
    assert "It is a draft for Meadow School, of: Parking Policy." in words(read(RULES))
    assert [len(trust.parts.indexes.versions.drafts(school)) for school in ("hillside", "meadow")] == [0, 1]
