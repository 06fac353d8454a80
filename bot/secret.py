"""Keyed hashes, so that the store names nobody: without the key nobody can tell whose a row is."""

import hmac
from hashlib import sha256


def keyed_hash(key: bytes, purpose: str, *parts: str) -> str:
    """Return a hash (64 hexadecimal characters) of `parts` that only the key gives; another purpose gives another."""
    told = b"".join(len(part).to_bytes(4) + part for part in (one.encode() for one in (purpose, *parts)))
    return hmac.new(key, told, sha256).hexdigest()
