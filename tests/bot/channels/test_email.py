"""E-mail: what a mail looks like, what the answers of a mail server come to, and that it is spoken to in secret."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.channels.email import STARTTLS, TLS, UNENCRYPTED, EmailChannel, MailServer
from bot.channels.email_checks import check_email
from bot.layout import WORRIED_NOW, Heading, Paragraph
from bot.messages import Button, Call, Message, NotNow, Refused, Reply
from bot.people import EMAIL
from tests.platforms.served import free_port
from tests.platforms.smtp_server import HOST, SmtpServer, certified

SENDER, CHAIR = "policybot@hillside.example", "okoro@governors.example"
ADDRESS = Message(channel=EMAIL, account=CHAIR, place=CHAIR)
LINK = f"https://policies.hillside.example/desk/enter/{'x' * 90}"
WORDS = "Das Mädchen – “friend requests” … £5"
REPLY = Reply((Heading("Please approve this."), Paragraph(WORDS), Paragraph(LINK)), (Button("Open", "x"),), reference="A1B2C3")


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


def channel_to(server: SmtpServer) -> EmailChannel:
    return EmailChannel(MailServer(HOST, server.port, UNENCRYPTED), SENDER)


def send(channel: EmailChannel, call: Call) -> None:
    asyncio.run(channel.deliver(call))


def test_a_mail_is_plain_text_from_a_machine_and_known_when_it_comes_again(server: SmtpServer) -> None:
    channel = channel_to(server)
    (call,) = channel.render(REPLY, ADDRESS)
    send(channel, call)
    send(channel, call)
    first, again = server.taken
    assert (first.sender, first.reader, first.mail["to"], first.mail["from"]) == (SENDER, CHAIR, CHAIR, f"policybot <{SENDER}>")
    assert (first.mail["subject"], first.mail["auto-submitted"]) == ("Please approve this.", "auto-generated")
    assert first.mail.get_content_type() == "text/plain"
    assert first.text.split("\n\n") == ["Please approve this.", WORDS, LINK, WORRIED_NOW]
    assert first.mail["message-id"] == again.mail["message-id"]
    assert "A1B2C3" in first.mail["message-id"]
    (other,) = channel.render(REPLY, msgspec.structs.replace(ADDRESS, account="another@governors.example"))
    assert other["id"] != call["id"]


@pytest.mark.parametrize("bad", ["a@b.example\nBcc: c@d.example", "a@b.example\r\n\r\nHello"])
def test_nothing_that_is_said_or_written_to_begins_a_header_of_its_own(server: SmtpServer, bad: str) -> None:
    channel = channel_to(server)
    (call,) = channel.render(Reply((Heading(bad),), reference="A1B2C3"), ADDRESS)
    send(channel, call)
    (taken,) = server.taken
    assert (taken.mail["bcc"], taken.mail["subject"]) == (None, " ".join(bad.split()))
    for broken in (call | {"to": bad}, call | {"subject": bad}):
        with pytest.raises(Refused):
            send(channel, broken)
    assert len(server.taken) == 1


# What is answered to what, and what that comes to.
ANSWERS: list[tuple[str, int, type[Exception] | None]] = [
    ("mail", 451, NotNow),
    ("rcpt", 450, NotNow),
    ("data", 421, NotNow),
    ("mail", 550, Refused),
    ("rcpt", 550, Refused),
    ("data", 554, Refused),
    ("connect", 421, NotNow),
    ("connect", 554, NotNow),
    ("data", 0, NotNow),  # it was taken, but nobody heard of that
    ("quit", 421, None),
    ("quit", 0, None),
]


def test_what_may_work_later_and_what_never_will_are_told_apart(server: SmtpServer) -> None:
    channel = channel_to(server)
    (call,) = channel.render(REPLY, ADDRESS)
    for verb, code, comes_to in ANSWERS:
        server.fails(verb, code)
        with pytest.raises(comes_to) if comes_to else nullcontext():
            send(channel, call)
    send(channel, call)
    assert len(server.taken) == 4


def test_a_mail_server_that_is_not_there_is_asked_again() -> None:
    nobody = MailServer(HOST, free_port(), UNENCRYPTED)
    channel = EmailChannel(nobody, SENDER)
    (call,) = channel.render(REPLY, ADDRESS)
    with pytest.raises(NotNow):
        send(channel, call)
    (checked,) = check_email(nobody)
    assert checked == (
        False,
        f"The mail server is not reached at {HOST}:{nobody.port} (ConnectionRefusedError): check email.host, email.port and "
        "email.encryption, and this machine's way to it.",
    )


@pytest.mark.parametrize("encryption", [STARTTLS, TLS])
def test_a_mail_server_is_signed_in_to_only_where_its_certificate_is_trusted(
    encryption: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, trusted = certified(tmp_path)
    with SmtpServer(encryption, certificate, "policybot", "a secret") as server:
        known = MailServer(HOST, server.port, encryption, "policybot", "a secret")
        channel = EmailChannel(known, SENDER)
        (call,) = channel.render(REPLY, ADDRESS)
        with pytest.raises(NotNow):
            send(channel, call)
        (checked,) = check_email(known)
        assert checked[1].startswith(f"The certificate of the mail server at {HOST}:{server.port} is not valid (")
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        send(channel, call)
        assert len(server.taken) == 1
        assert check_email(known) == [
            (True, f"The mail server is reached at {HOST}:{server.port}, and takes email.user and email.password.")
        ]
        stranger = replace(known, user="stranger")
        with pytest.raises(NotNow):  # once that is put right, the mail goes
            send(EmailChannel(stranger, SENDER), call)
        assert check_email(stranger) == [
            (False, "The mail server does not take email.user and email.password (535): set them anew.")
        ]
        assert "a secret" not in repr(known)


def test_doctor_asks_the_mail_server(
    server: SmtpServer, policybot: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home" / "policybot.yaml").write_text(
        f"public_url: https://policies.hillside.example\n"
        f"email: {{host: {HOST}, port: {server.port}, encryption: none, sender: {SENDER}}}\n"
    )
    assert f"ok    The mail server is reached at {HOST}:{server.port}, and wants no sign-in." in policybot("doctor").out
    monkeypatch.setenv("POLICYBOT_EMAIL__ENCRYPTION", "starttls")
    assert f"LOOK  The mail server at {HOST}:{server.port} offers no encryption" in policybot("doctor").out
