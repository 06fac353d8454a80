"""E-mail: it only says. Plain text goes out by a mail server that speaks SMTP; nobody asks by mail, and nothing is read.

What a mail server answers with 4xx, and whatever keeps us from signing in to it, may work later; what it answers with 5xx of the
message or its reader never will. https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1
"""

import asyncio
import hashlib
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formataddr, formatdate

from starlette.routing import Route

from bot.configuration import Email
from bot.layout import WORRIED_NOW, Heading
from bot.messages import Call, File, Message, NotNow, Receive, Refused, Reply
from bot.people import EMAIL
from bot.rendering import as_text

STARTTLS, TLS, UNENCRYPTED = "starttls", "tls", "none"
NAME = "policybot"
SECONDS = 10  # for each answer of the mail server
LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in; `encryption` is one of the three above, `user` is "" where nobody signs in."""

    host: str
    port: int
    encryption: str
    user: str = ""
    password: str = field(default="", repr=False)

    @contextmanager
    def connected(self) -> Iterator[smtplib.SMTP]:
        """Give a connection that is signed in, encrypted by a certificate that was verified. Raises what smtplib raises."""
        verified = ssl.create_default_context()
        server = (
            smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=verified)
            if self.encryption == TLS
            else smtplib.SMTP(self.host, self.port, timeout=SECONDS)
        )
        with closing(server):
            if self.encryption == STARTTLS:
                server.starttls(context=verified)
            if self.user:
                server.login(self.user, self.password)
            yield server
            # What was taken is taken, whatever becomes of the goodbye.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()


def mail_server_of(email: Email) -> MailServer:
    """Return the mail server that the configuration describes."""
    password = email.password.get_secret_value() if email.password else ""
    return MailServer(email.host, email.server_port, email.encryption, email.user, password)


class EmailChannel:
    """The channel: mails of `sender`, handed in at `server`."""

    name = EMAIL

    def __init__(self, server: MailServer, sender: str) -> None:
        """Keep the parts; nothing is called before something is to be said."""
        self._server = server
        self._sender = sender

    def routes(self) -> list[Route]:
        """Return nothing: nobody reaches us by mail."""
        return []

    async def start(self, receive: Receive) -> None:
        """Do nothing: nothing comes in."""

    async def stop(self) -> None:
        """Do nothing: no connection is kept."""

    def address(self, message: Message) -> Message:
        """Return the address itself: there are no other messages."""
        return message

    def render(self, reply: Reply, message: Message) -> list[Call]:
        """Return the one call that says a reply; its `id` is the same however often the call is made."""
        headings = [block.text for block in reply.blocks if isinstance(block, Heading)]
        subject = _on_one_line("".join(headings[:1]) or NAME)[:LONGEST_SUBJECT]
        text = "\n\n".join([*(as_text([block]) for block in reply.blocks), WORRIED_NOW])
        told = hashlib.sha256(f"{message.account}\n{text}".encode()).hexdigest()[:16]
        domain = self._sender.rpartition("@")[2]
        return [{"to": message.account, "subject": subject, "text": text, "id": f"<{reply.reference}.{told}@{domain}>"}]

    async def deliver(self, call: Call) -> None:
        """Hand a mail in. Raises NotNow where that may work later, Refused where it never will."""
        await asyncio.to_thread(self._hand_in, call)

    def _hand_in(self, call: Call) -> None:
        mail = self._mail(call)
        try:
            with self._server.connected() as server:
                _send(server, mail)
        except (smtplib.SMTPException, OSError) as error:
            # Nobody may be told of anything by a fault in how we sign in: once that is put right, what waits is sent.
            raise NotNow(f"the mail server is not to be reached or signed in to ({type(error).__name__})") from error

    def _mail(self, call: Call) -> EmailMessage:
        mail = EmailMessage()
        try:
            mail["From"] = formataddr((NAME, self._sender))
            mail["To"] = call["to"]
            mail["Subject"] = call["subject"]
        except ValueError as error:  # a line break in it, which would begin another header
            raise Refused("the address or the subject cannot stand in a mail") from error
        mail["Date"] = formatdate()
        mail["Message-ID"] = call["id"]
        mail["Auto-Submitted"] = "auto-generated"  # so that no machine answers; https://www.rfc-editor.org/rfc/rfc3834
        mail.set_content(call["text"], cte="quoted-printable")
        return mail

    async def fetch(self, file: File) -> bytes:
        """Refuse: nobody writes here."""
        raise Refused(f"{file.name} cannot have come by e-mail")

    async def show_typing(self, message: Message) -> None:
        """Do nothing: nobody waits before a mail."""


def _send(server: smtplib.SMTP, mail: EmailMessage) -> None:
    try:
        server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        (code, _), *_ = error.recipients.values()
        raise _answered(code) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Refused("the mail server takes no address with such letters") from error
    except smtplib.SMTPResponseException as error:
        raise _answered(error.smtp_code) from error


def _answered(code: int) -> NotNow | Refused:
    reason = f"the mail server answers {code}"
    return Refused(reason) if 500 <= code < 600 else NotNow(reason)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
