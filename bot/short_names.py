"""Short names, by which a button refers to something longer."""

from hashlib import sha256


def shortened(name: str) -> str:
    """Return eight characters that stand for a longer name."""
    return sha256(name.encode()).hexdigest()[:8]
