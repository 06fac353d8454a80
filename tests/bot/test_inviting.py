"""`/invite` in a conversation: who may invite whom, and what is passed on."""

import re

import pytest

from bot.assembly import Parts, assemble
from bot.bootstrap import Indexes
from bot.messages import Audience, Message
from bot.people import MAY_INVITE, TELEGRAM, PersonRole
from bot.rendering import as_text
from bot.ways_in import WaysIn
from corpus.versions import Versions
from retrieval.knowledge import Knowledge

KEY = b"a key that only the tests have"
WAYS = WaysIn("https://policies.hillside.example", "hillside_bot")


@pytest.fixture
def parts(store: Versions, knowledge: Knowledge) -> Parts:
    return assemble(Indexes(store, knowledge), KEY, ways=WAYS)


def join(parts: Parts, role: PersonRole) -> None:
    _, code = parts.people.invite("hillside", role)
    parts.people.enrol(code, TELEGRAM, "1")


def say(parts: Parts, text: str, *, account: str = "1", private: bool = True) -> str:
    message = Message(channel=TELEGRAM, account=account, place="1", text=text, private=private)
    first, *_ = parts.conversation.turn(message, 1).replies(message)
    assert private or first.audience is Audience.ASKER or first.refused
    return as_text(first.blocks)


def test_what_a_headteacher_passes_on_lets_one_person_in(parts: Parts) -> None:
    join(parts, PersonRole.HEADTEACHER)
    told = say(parts, "/invite")
    (code,) = re.findall(r"Code: (\S+)", told)
    assert f"https://policies.hillside.example/join?code={code}" in told
    assert f"https://t.me/hillside_bot?start={code}" in told
    assert "as a member of staff" in told
    assert "Welcome" in say(parts, f"/start {code}", account="2")
    assert "not valid" in say(parts, f"/start {code}", account="3")
    assert [person.role for person in parts.people.of("hillside")] == [PersonRole.HEADTEACHER, PersonRole.STAFF]


@pytest.mark.parametrize("role", list(PersonRole))
def test_each_role_invites_those_that_it_may_and_no_others(parts: Parts, role: PersonRole) -> None:
    join(parts, role)
    given = {wanted for wanted in PersonRole if "Code: " in say(parts, f"/invite {wanted.value.upper()}")}
    assert given == MAY_INVITE.get(role, frozenset())
    assert len(parts.people.invitations("hillside")) == len(given)


def test_nobody_invites_somebody_with_more_power_than_the_trust_gave(parts: Parts) -> None:
    assert all(PersonRole.ADMINISTRATOR not in may_give for may_give in MAY_INVITE.values())
    join(parts, PersonRole.STAFF)
    assert "ask them" in say(parts, "/invite administrator")
    assert "/invite" not in say(parts, "/help")


def test_in_a_group_an_invitation_is_shown_to_its_maker_alone(parts: Parts) -> None:
    join(parts, PersonRole.OFFICE)
    assert "/invite" in say(parts, "/help")
    assert "Code: " in say(parts, "/invite", private=False)


def test_whoever_joined_is_told_by_which_invitation_they_are_known(parts: Parts) -> None:
    join(parts, PersonRole.STAFF)
    (person,) = parts.people.of("hillside")
    assert f"I know you by your Telegram account's number and the number of your invitation, {person.invitation}, and" in say(
        parts, "/whoami"
    )
