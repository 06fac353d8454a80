"""A mail server to test against: SMTP on this machine, by RFC 5321, with STARTTLS, TLS and signing in where they are wanted.

It runs in a thread of its own, answers as it is told to, and keeps every mail that it takes.
"""

import asyncio
import base64
import datetime
import ipaddress
import ssl
from collections import defaultdict
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.platforms.background import LoopThread
from tests.platforms.recorded import Changes

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Taken:
    """A mail that the server took: from whom and to whom it was handed in, and what it says."""

    sender: str
    reader: str
    mail: EmailMessage

    @property
    def text(self) -> str:
        return "\n".join(self.mail.get_content().splitlines())


class SmtpServer:
    """The server, from `with` to its end; `encryption` is starttls, tls or none, `password` what `user` must sign in with."""

    def __init__(
        self, encryption: str = "none", certificate: ssl.SSLContext | None = None, user: str = "", password: str = ""
    ) -> None:
        self.taken: list[Taken] = []
        self._encryption = encryption
        self._certificate = certificate
        self._secret = f"\0{user}\0{password}" if user else ""
        self._faults: dict[str, list[int]] = defaultdict(list)
        self._failed = 0
        self._changes = Changes(lambda: f"{len(self.taken)} mails were taken, {self._failed} refused")
        self._thread = LoopThread("smtp")
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        context = self._certificate if self._encryption == "tls" else None
        self._server = self._thread.run(asyncio.start_server(self._serve, HOST, ssl=context))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *error: object) -> None:
        async def close() -> None:
            self._server.close()
            await self._server.wait_closed()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.gather(*others, return_exceptions=True)

        self._thread.run(close())
        self._thread.stop()

    def fails(self, verb: str, *codes: int) -> None:
        """Answer the next times that `verb` is said with these codes; 0 ends the connection after it was done."""
        self._faults[verb] += codes

    def wait_for(self, mails: int = 0, failures: int = 0) -> None:
        """Wait until so many mails were taken, and so many commands answered with a fault."""
        self._changes.wait(lambda: len(self.taken) >= mails and self._failed >= failures)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Session(self, reader, writer).run()
        except (OSError, EOFError):
            pass  # whoever called has gone
        finally:
            writer.close()

    def _fault(self, verb: str) -> int | None:
        codes = self._faults[verb]
        if not codes:
            return None
        with self._changes.recording():
            self._failed += 1
        return codes.pop(0)


class _Session:
    def __init__(self, server: SmtpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._is_encrypted = server._encryption == "tls"
        self._is_known = not server._secret
        self._sender = self._to = ""

    async def run(self) -> None:
        await self._say(self._server._fault("connect") or 220, "here")
        while line := (await self._reader.readline()).decode().strip():
            verb, _, rest = line.partition(" ")
            verb = verb.lower()
            code = self._server._fault(verb)
            if code:
                await self._say(code, "as I was told")
                continue
            if code == 0 and verb != "data":
                return
            if not await self._do(verb, rest, is_cut=code == 0):
                return

    async def _do(self, verb: str, rest: str, *, is_cut: bool) -> bool:
        """Do what a command asks for; tell whether the connection goes on."""
        match verb:
            case "ehlo":
                await self._greet()
            case "starttls":
                await self._say(220, "go on")
                await self._writer.start_tls(self._server._certificate)
                self._is_encrypted = True
            case "auth":
                self._is_known = base64.b64decode(rest.partition(" ")[2]).decode() == self._server._secret
                await self._say(235 if self._is_known else 535, "that was it")
            case "mail" | "rcpt" if not self._is_known:
                await self._say(530, "sign in first")
            case "mail":
                self._sender = rest.partition("<")[2].partition(">")[0]
                await self._say(250, "well")
            case "rcpt":
                self._to = rest.partition("<")[2].partition(">")[0]
                await self._say(250, "well")
            case "data":
                await self._say(354, "go on")
                self._take(await self._reader.readuntil(b"\r\n.\r\n"))
                if is_cut:
                    return False
                await self._say(250, "taken")
            case "quit":
                await self._say(221, "goodbye")
                return False
            case _:
                await self._say(250, "well")
        return True

    async def _greet(self) -> None:
        offered = ["STARTTLS"] if self._server._encryption == "starttls" and not self._is_encrypted else []
        offered += ["AUTH PLAIN"] if self._server._secret and self._is_encrypted else []
        lines = ["here", *offered]
        for line in lines[:-1]:
            self._writer.write(f"250-{line}\r\n".encode())
        await self._say(250, lines[-1])

    def _take(self, raw: bytes) -> None:
        said = raw.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
        mail = message_from_bytes(said, policy=policy.default)
        with self._server._changes.recording():
            self._server.taken.append(Taken(self._sender, self._to, mail))

    async def _say(self, code: int, words: str) -> None:
        self._writer.write(f"{code} {words}\r\n".encode())
        await self._writer.drain()


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return a server's certificate for this machine, and the file by which whoever trusts it knows it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "of these tests")])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    own, trusted = folder / "server.pem", folder / "trusted.pem"
    own.write_bytes(secret + made.public_bytes(pem))
    trusted.write_bytes(made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    return context, trusted
