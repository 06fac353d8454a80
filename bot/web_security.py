"""What keeps the pages from being used by other sites: headers for the browser, and forms only from our own pages."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.layout import WORRIED_NOW

HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


class OwnFormsOnly:
    """Refuses forms that a page of another site sends, as browsers tell (Sec-Fetch-Site, W3C Fetch Metadata)."""

    def __init__(self, app: ASGIApp) -> None:
        """Keep the application behind."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on unless a page of another site sent it."""
        if scope["type"] == "http" and scope["method"] == "POST":
            sent_by = dict(scope["headers"]).get(b"sec-fetch-site", b"same-origin")
            if sent_by not in (b"same-origin", b"none"):
                sentence = f"This form was sent by another page: open policybot itself and ask there.\n\n{WORRIED_NOW}"
                await PlainTextResponse(sentence, 403)(scope, receive, send)
                return
        await self.app(scope, receive, send)


class SecurityHeaders:
    """Adds the headers that keep a browser from doing more with the page than it needs."""

    def __init__(self, app: ASGIApp) -> None:
        """Keep the application behind."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add the headers to the response."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)
