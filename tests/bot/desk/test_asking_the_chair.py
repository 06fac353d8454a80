"""The chair of governors is asked by e-mail, opens the desk by its link, and may do there what she was asked and no more."""

import asyncio
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from bot.bootstrap import Indexes
from bot.channels.email import UNENCRYPTED, EmailChannel, MailServer
from bot.contact_file import read_book
from bot.desk.access import IDLE, MAIL_LINK_LASTS
from bot.desk.gate import LINK_SENT, NOT_FOR_YOU
from bot.dispatcher import Dispatcher
from bot.messages import Message
from bot.people import WEB, PersonRole
from bot.proposals import ChairSettings
from bot.rendering import as_text
from bot.tables import trial_questions
from corpus.building import build_policy
from corpus.tenancy import writing_at
from tests.platforms.at_desk import ADDRESS, Desk, Seat, words_of
from tests.platforms.smtp_server import HOST, SmtpServer

CHAIR, BELL = "okoro@governors.example", "bell@governors.example"
BOOK = """
contacts:
  - {name: Mrs Harrison, roles: [head], email: head@hillside.example}
  - {name: Ms Okoro, roles: [chair of governors], email: Okoro@governors.example}
"""
RULE = "1.1 Staff should not accept friend requests from parents."
SOURCE = f"HILLSIDE PRIMARY SCHOOL\n\nStaff policy\n\nAdopted: May 2024\n\n1. Social media\n\n{RULE}\n"
PUBLISH = "/policies/staff/draft/publish"
# What whoever opens the link in a mail can read; and where she decides.
TO_READ = {
    "/policies",
    "/policies/{slug}",
    "/policies/{slug}/draft",
    "/policies/{slug}/draft/changes",
    "/policies/{slug}/draft/trial",
    "/policies/{slug}/versions/{number}",
    "/policies/{slug}/versions/{number}/print",
    "/policies/{slug}/versions/{number}/yaml",
}
DECIDES = "/approvals"


class School:
    """Hillside, whose headteacher has a looser draft that the chair of governors must approve, and a mail server."""

    def __init__(self, desk: Desk, server: SmtpServer, clock: Any) -> None:
        self.desk = desk
        self.parts = desk.parts
        self.server = server
        self.clock = clock
        self.head = desk.enrol(PersonRole.HEADTEACHER)
        self.seat = desk.sign_in(self.head)
        self.write_book(BOOK)
        parts, versions = desk.parts, desk.parts.indexes.versions
        parts.proposals.change_settings("hillside", ChairSettings(versions_need_chair=True), self.head.in_trail)
        with writing_at(versions.engine, "hillside") as connection:
            question = {"school_id": "hillside", "question": "Can I be friends with a parent on Facebook?", "must": False}
            connection.execute(insert(trial_questions).values(question))  # one alone: each takes time
            private = Message(channel=WEB, account=self.head.account, place=self.head.account)
            parts.people.reach(connection, self.head, private)
        versions.save_draft(build_policy(SOURCE, school="hillside", slug="staff", title=None, source_name="staff"), SOURCE)
        self.digest = versions.draft("hillside", "staff").digest
        for group in parts.looked_at.unseen("hillside", "staff", parts.readiness.trial("hillside", "staff")):
            parts.looked_at.mark("hillside", "staff", group.digest, group.matter, self.head.in_trail)

    def write_book(self, text: str) -> None:
        self.parts.contacts.save("hillside", read_book(text, "contacts.yaml"), "the office")

    def ask(self) -> str:
        """Ask the chair; return the words of the page that comes after."""
        return words_of(self.seat.post(PUBLISH, "ask", digest=self.digest))

    def post(self, mails: int = 0, failures: int = 0) -> None:
        """Let go out what is due, until the mail server has taken so many mails, and refused so much, in all."""
        channel = EmailChannel(MailServer(HOST, self.server.port, UNENCRYPTED), "policybot@hillside.example")
        parts = self.parts
        dispatcher = Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing, [channel])

        async def carry() -> None:
            async with dispatcher.running():
                await asyncio.to_thread(self.server.wait_for, mails, failures)

        asyncio.run(carry())

    def link(self, reader: str = CHAIR) -> str:
        """Return the path of the link in the last mail to somebody."""
        last = [mail for mail in self.server.taken if mail.reader == reader][-1]
        (path,) = re.findall(rf"{re.escape(ADDRESS)}(/desk/enter/\S+)", last.text)
        return str(path)

    def chair(self, reader: str = CHAIR) -> Seat:
        """Return the seat of the chair, who has pressed the button behind the link in the last mail to them."""
        seat = Seat(self.desk.app, "hillside")
        assert seat.client.post(self.link(reader)).url.path == "/desk/hillside/approvals"
        return seat

    def send_link(self, email: str) -> str:
        """Ask for a new link as anybody can; return the words of the page that comes after."""
        return words_of(Seat(self.desk.app, "hillside").client.post("/desk/new-link", data={"email": email}))

    def told(self) -> list[str]:
        """Return what the bot says by itself now, but for mails."""
        said: list[str] = []

        def render(reply: Any, address: Message) -> list[dict[str, str]]:
            said.append(f"{address.account}: {as_text(reply.blocks)}")
            return [{"to": address.account}]

        self.parts.outgoing.put_out(render)
        return said


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def school(schools: Indexes, clock: Any, desk_over: Callable[..., Desk], server: SmtpServer) -> School:
    return School(desk_over(schools, clock, mails=True), server, clock)


def test_from_the_request_by_mail_to_the_published_version(school: School) -> None:
    before = school.seat.words(PUBLISH)
    assert f"The chair of governors is asked by e-mail to {CHAIR}." in before
    assert "The chair has not confirmed it yet." in before
    asked = school.ask()
    assert f"by e-mail to {CHAIR}: not sent yet." in asked
    school.server.fails("rcpt", 451)
    school.post(failures=1)
    assert "not sent yet" in school.seat.words(PUBLISH)
    school.clock.wait(timedelta(seconds=2))
    school.post(mails=1)
    (mail,) = school.server.taken
    assert (mail.reader, mail.mail["subject"]) == (
        CHAIR,
        "Hillside Primary School asks you, as chair of governors, to approve a new version of “Staff policy”.",
    )
    assert "It is looser than what holds now:\n\n1.1: Before: not allowed. Now: advised against. That is looser.\n" in mail.text
    page = school.seat.get(PUBLISH).text
    assert f"by e-mail to {CHAIR}: sent Monday 23 November 2026, 08:30." in page
    assert school.link().rpartition("/")[2] not in page + school.seat.get(DECIDES).text
    assert "okoro" not in str(school.parts.audit.of("hillside"))

    opened = Seat(school.desk.app, "hillside").client.get(school.link())
    assert "Open the desk" in opened.text
    chair = school.chair()
    assert Seat(school.desk.app, "hillside").client.post(school.link()).status_code == 410
    (number,) = [one.id for one in school.parts.proposals.waiting("hillside")]
    assert "advised against" in chair.words(DECIDES)
    assert chair.post(DECIDES, "approve", proposal=str(number), comment="As the governors agreed.").status_code == 200
    (who,) = [entry.who for entry in school.parts.audit.of("hillside") if entry.action == "approved"]
    assert f"approved by {who} on Monday" in school.seat.words(DECIDES)
    assert f"Asked: {who}, by e-mail to {CHAIR}" in school.seat.words(DECIDES)
    assert school.told() == [
        f"{school.head.account}: The chair of governors has approved a new version of “Staff policy”.\n"
        "The chair says: “As the governors agreed.”\nYou can publish it at the desk: write /desk to me."
    ]
    published = school.seat.post(PUBLISH, "publish", digest=school.digest)
    assert "Version 2 is published." in words_of(published)


def test_who_opens_the_link_may_read_and_decide_what_was_asked_and_nothing_else(school: School) -> None:
    school.ask()
    school.post(mails=1)
    chair = school.chair()
    for path in school.desk.gate.roles:
        asked = re.sub(r"\{\w+\}", "1", path)
        statuses = chair.get(asked).status_code, chair.send(asked, {"do": "anything"}).status_code
        if path == DECIDES:
            assert statuses == (200, 400)
        else:
            assert statuses[0] in ({200, 404} if path in TO_READ else {403}), path
            assert statuses[1] in {403, 405}, path
    links = set(re.findall(r'href="/desk/hillside([^"#]*)', chair.get(DECIDES).text))
    assert links == {DECIDES, "/policies", "/policies/staff/draft", "/policies/staff/draft/changes"}
    chair.school = "meadow"
    assert chair.get(DECIDES).status_code == 403
    assert NOT_FOR_YOU in words_of(chair.get(DECIDES))


def test_a_new_link_is_sent_to_who_was_asked_and_all_are_told_the_same(school: School) -> None:
    assert school.send_link(CHAIR) == school.send_link("nobody@example.com")  # she was not asked yet
    school.ask()
    school.post(mails=1)
    chair = school.chair()
    school.clock.wait(IDLE + timedelta(seconds=1))
    closed = chair.get()
    assert (closed.status_code, "Send me a new link by e-mail" in closed.text) == (401, True)
    sent = [school.send_link(email) for email in (f" {CHAIR.upper()} ", "nobody@example.com", "", "x" * 300, "x" * 9_000, "a\0b")]
    assert {LINK_SENT in words for words in sent} == {True}
    assert len(set(sent)) == 1
    for _ in range(9):
        school.send_link(CHAIR)
    school.post(mails=4)
    assert [mail.reader for mail in school.server.taken] == [CHAIR] * 4
    assert "Your new link to the desk of Hillside Primary School." in school.server.taken[-1].mail["subject"]
    school.chair()
    school.clock.wait(timedelta(hours=1))
    school.send_link(CHAIR)
    school.post(mails=5)
    school.clock.wait(MAIL_LINK_LASTS)
    assert Seat(school.desk.app, "hillside").client.post(school.link()).status_code == 410


def test_when_the_contacts_name_another_chair_links_and_sessions_of_the_one_before_end(school: School) -> None:
    school.ask()
    school.post(mails=1)
    chair = school.chair()
    school.ask()
    school.post(mails=2)
    school.write_book(BOOK.replace("head@", "office@"))
    assert chair.get(DECIDES).status_code == 200
    school.write_book(BOOK.replace("Ms Okoro", "Mr Bell").replace("Okoro@", "bell@"))
    assert chair.get(DECIDES).status_code == 401
    assert Seat(school.desk.app, "hillside").client.post(school.link()).status_code == 410
    school.send_link(CHAIR)
    school.ask()
    school.post(mails=3)
    assert [mail.reader for mail in school.server.taken] == [CHAIR, CHAIR, BELL]
    school.chair(BELL)

    school.write_book(BOOK + BOOK.splitlines()[-1].replace("Ms Okoro", "Mr Bell").replace("Okoro@", "bell@"))
    school.ask()
    school.post(mails=5)
    chair, other = school.chair(), school.chair(BELL)
    with writing_at(school.parts.indexes.versions.engine, "hillside") as connection:
        school.parts.contacts.confirm_chair(connection, "hillside", "Mr Bell")
    assert [seat.get(DECIDES).status_code for seat in (chair, other)] == [401, 200]


@pytest.mark.parametrize(
    "chair",
    [
        "{name: Ms Okoro, roles: [chair of governors], email: HEAD@hillside.example}",
        "{name: Ms Okoro, roles: [chair of governors, head], email: okoro@governors.example}",
        "{name: Ms Okoro, roles: [chair of governors], phone: 01473 123459}",
    ],
)
def test_an_address_that_is_not_the_chairs_alone_is_not_written_to(school: School, chair: str) -> None:
    school.write_book(f"contacts:\n  - {{name: Mrs Harrison, roles: [head], email: head@hillside.example}}\n  - {chair}\n")
    advice = "write an e-mail address into the school's contacts that the chair alone reads"
    assert advice in school.seat.words(PUBLISH)
    assert advice in school.ask()
    assert school.told() == []


def test_what_the_mail_server_refuses_could_not_be_sent_and_can_be_asked_again(school: School) -> None:
    school.ask()
    school.server.fails("rcpt", 550)
    school.post(failures=1)
    assert "could not be sent (Monday 23 November 2026, 08:30)" in school.seat.words(PUBLISH)
    assert "Ask the chair of governors again" in school.ask()
    school.post(mails=1)
    school.chair()


def test_without_mail_the_page_says_what_to_do_and_no_link_can_be_asked_for(desk: Desk) -> None:
    closed = Seat(desk.app, "hillside").client
    assert "e-mail" not in closed.get("/desk").text
    assert closed.post("/desk/new-link", data={"email": CHAIR}).status_code == 404
    versions = desk.parts.indexes.versions
    versions.save_draft(build_policy(SOURCE, school="meadow", slug="new", title=None, source_name="new"), SOURCE)
    head = desk.seat(school="meadow")
    with writing_at(versions.engine, "meadow") as connection:
        question = {"school_id": "meadow", "question": "May I?", "must": False}
        connection.execute(insert(trial_questions).values(question))
    assert "to invite the chair, or to set up e-mail." in head.words("/policies/new/draft/publish")
