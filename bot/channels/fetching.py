"""A file that somebody sent, fetched from where their platform keeps it: from nowhere else, and no more of it than is read."""

import socket
from collections.abc import Mapping
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import ResolveResult
from yarl import URL

from bot.messages import File, NotNow, Refused
from corpus.documents.apart import refuse_large

_PIECE = 65_536  # bytes


class PublicOnly(aiohttp.ThreadedResolver):
    """Finds the addresses of names, and takes none of a network of the machine's own for one of the platform."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        """Return the addresses of a host. Raises OSError where one of them is not public."""
        found = await super().resolve(host, port, family)
        if not all(ip_address(one["host"]).is_global for one in found):
            raise OSError(f"{host} has an address that is not public")
        return found


async def fetch(
    url: str, file: File, *, domain: str = "", configured: str | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """Return the content of a file at `url`, which is of `domain`, or of the server of the address that is `configured`.

    `headers` go to no other: a redirection is not followed, as what it leads to is a page for signing in.
    Raises Refused where `url` is of elsewhere or the file is not given, NotNow where it may be later, and DocumentError where it
    is larger than is read.
    """
    try:
        # As it stands: the signature in such an address covers its very characters.
        address = URL(url, encoded=True)
        is_configured = configured is not None and address.origin() == URL(configured).origin()
    except ValueError:
        raise Refused("its address cannot be read") from None
    if not is_configured and not _is_of(domain, address):
        raise Refused(f"its address is of {address.host}")
    resolver = aiohttp.ThreadedResolver() if is_configured else PublicOnly()
    connector = aiohttp.TCPConnector(resolver=resolver)
    try:
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get(address, headers=headers, allow_redirects=False) as response,
        ):
            if response.status == 429 or response.status >= 500:
                raise NotNow(f"status {response.status}")
            if response.status != 200:
                raise Refused(f"status {response.status}")
            content = bytearray()
            async for piece in response.content.iter_chunked(_PIECE):
                content += piece
                refuse_large(len(content), file.name)
    except (aiohttp.ClientError, OSError) as error:
        raise NotNow(type(error).__name__) from error
    if file.size not in (None, len(content)):
        raise NotNow(f"{len(content)} bytes came of {file.size}")
    return bytes(content)


def _is_of(domain: str, address: URL) -> bool:
    """Tell whether an address is a domain's, or of a host below it, and leaves nothing else open."""
    host = address.host or ""
    ours = bool(domain) and (host == domain or host.endswith(f".{domain}"))
    return ours and address.scheme == "https" and address.explicit_port is None and address.user is None
