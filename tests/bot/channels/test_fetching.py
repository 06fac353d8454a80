"""Files are fetched from where their platform keeps them, and from nowhere else."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.channels.fetching import PublicOnly, fetch
from bot.messages import File, NotNow, Refused
from corpus.documents.apart import LARGEST_DOCUMENT
from corpus.errors import DocumentError
from tests.platforms.served import free_port, served

TOKEN = {"Authorization": "Bearer secret"}


def file(size: int | None = None) -> File:
    return File("policy.docx", size, {})


@pytest.mark.parametrize(
    "url",
    [
        "http://files.slack.com/files-pri/T1-F1/policy.docx",
        "https://files.slack.com:8443/files-pri/T1-F1/policy.docx",
        "https://me@files.slack.com/policy.docx",
        "https://slack.com.evil.example/policy.docx",
        "https://notslack.com/policy.docx",
        "https://files.slack.com.",
        "https://evil.example\\@files.slack.com/policy.docx",
        "https://evil.example#@files.slack.com/policy.docx",
        "https://evil.example/?files.slack.com",
        "https://127.0.0.1/policy.docx",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/policy.docx",
        "https://localhost/policy.docx",
        "http://127.0.0.1:8802/api/files",
        "file:///etc/passwd",
        "//files.slack.com/policy.docx",
        "policy.docx",
        "https://[files.slack.com/policy.docx",
        "",
    ],
)
def test_an_address_of_elsewhere_is_not_even_looked_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def looked_up(*_: object) -> None:
        raise AssertionError(url)

    monkeypatch.setattr("aiohttp.TCPConnector._resolve_host", looked_up)
    with pytest.raises(Refused):
        asyncio.run(fetch(url, file(), domain="slack.com", configured="http://127.0.0.1:8801/api/", headers=TOKEN))


def test_a_name_of_the_platform_that_leads_into_the_school_s_own_network_is_not_followed() -> None:
    async def looked_up() -> None:
        await PublicOnly().resolve("localhost", 443)

    with pytest.raises(OSError, match="localhost has an address that is not public"):
        asyncio.run(looked_up())


ROUTES = [
    Route("/whole", lambda request: Response(request.headers["authorization"])),
    Route("/away", lambda _request: RedirectResponse("/whole")),
    Route("/gone", lambda _request: Response(status_code=404)),
    Route("/later", lambda _request: Response(status_code=429)),
    Route("/broken", lambda _request: Response(status_code=503)),
    Route("/large", lambda _request: Response(b"x" * (LARGEST_DOCUMENT + 1))),
]


def test_what_the_configured_server_says_is_told_apart() -> None:
    async def scene() -> None:
        async with served(Starlette(routes=ROUTES)) as address:

            async def fetched(path: str, size: int | None = None) -> bytes:
                return await fetch(f"{address}/{path}", file(size), configured=f"{address}/api/", headers=TOKEN)

            assert await fetched("whole") == await fetched("whole", 13) == b"Bearer secret"
            with pytest.raises(NotNow, match="13 bytes came of 14"):
                await fetched("whole", 14)
            for path in ("away", "gone"):
                with pytest.raises(Refused):
                    await fetched(path)
            for path in ("later", "broken"):
                with pytest.raises(NotNow):
                    await fetched(path)
            with pytest.raises(DocumentError, match=rf"policy\.docx is larger than {LARGEST_DOCUMENT // 1_000_000} MB"):
                await fetched("large")

    asyncio.run(scene())


def test_a_server_that_is_not_reached_may_be_later() -> None:
    nobody = f"http://127.0.0.1:{free_port()}/"
    with pytest.raises(NotNow):
        asyncio.run(fetch(nobody, file(), configured=nobody))
