"""What all schools share: matters, and the wordings written for clauses that are known. Reviewed data, read from YAML.

Parsing them costs a second; what was parsed is kept, keyed by the files' content, and read back in milliseconds.
"""

import contextlib
import os
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from retrieval.errors import RetrievalError

DATA = Path(__file__).parent / "data"
MATTERS = DATA / "matters"
WORDINGS = DATA / "wordings"
LINKS = DATA / "links"
ABBREVIATIONS = DATA / "abbreviations.yaml"
Kind = TypeVar("Kind")


class Matter(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that staff ask about and policies rule on: `wordings` as staff put it, `policy` as policies do.

    `near_misses` are what it is not.
    """

    id: str
    name: str
    wordings: tuple[str, ...]
    policy: tuple[str, ...]
    description: str = ""
    near_misses: tuple[str, ...] = ()


class KnownClause(Struct, frozen=True, forbid_unknown_fields=True):
    """A clause for which staff's wordings were written; `clause` says where it stood when they were.

    `second` are the wordings that ask about the case of the clause's second stance, `wordings` all others.
    """

    clause: str
    words: str
    wordings: tuple[str, ...]
    second: tuple[str, ...] = ()
    lead_in: str | None = None

    @property
    def all_wordings(self) -> tuple[str, ...]:
        """All wordings, whichever case they ask about."""
        return self.wordings + self.second


class Link(Struct, frozen=True, forbid_unknown_fields=True):
    """Which known clauses rule on a matter: `governs` settle what most of its wordings ask, best first; `partly` some of it."""

    matter: str
    governs: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()


def read_matters(cache: Path | None = None) -> list[Matter]:
    """Return the matters. Raises RetrievalError, with file and line, where one is doubled, empty or not as it must be."""
    matters = _read(MATTERS, Matter, cache)
    _require_unlike([matter.id for matter in matters], "matter")
    _require_words([(matter.id, matter.wordings) for matter in matters], "matter")
    return matters


def read_wordings(cache: Path | None = None) -> list[KnownClause]:
    """Return the clauses that wordings were written for; raises as `read_matters` does."""
    known = _read(WORDINGS, KnownClause, cache)
    _require_unlike([one.clause for one in known], "clause")
    _require_words([(one.clause, one.all_wordings) for one in known], "clause")
    return known


def read_links(cache: Path | None = None) -> list[Link]:
    """Return the reviewed links of all known policies: a matter that a policy has none of is not ruled on there.

    Raises RetrievalError, with file and line, where one is not as it must be, and where it names a clause or matter there is not.
    """
    links = _read(LINKS, Link, cache)
    clauses, matters = {one.clause for one in read_wordings(cache)}, {matter.id for matter in read_matters(cache)}
    for link in links:
        named = (*link.governs, *link.partly)
        unknown = next((name for name in named if name not in clauses), None)
        if link.matter not in matters or unknown:
            raise RetrievalError(f"The links name {unknown or link.matter}, which there is not: mend the name or take it out.")
        if not named or len(set(named)) < len(named):
            raise RetrievalError(f"The link of {link.matter} names no clause, or one twice: mend it or take it out.")
    return links


def links_of(policy: str, links: Sequence[Link]) -> list[Link]:
    """Return those of the reviewed links that are of one known policy, such as `coniston/social-media`."""
    return [link for link in links if (*link.governs, *link.partly)[0].startswith(f"{policy}/")]


def read_abbreviations(file: Path = ABBREVIATIONS) -> dict[str, str]:
    """Return what each abbreviation stands for. Raises RetrievalError, with file and line, where one is doubled or empty."""
    from corpus.errors import PolicyFileError
    from corpus.yaml_file import read_pairs

    try:
        return read_pairs(file.read_text(encoding="utf-8"), file.name)
    except PolicyFileError as error:
        raise RetrievalError(str(error)) from None


def fingerprint(*paths: Path) -> str:
    """Return a short hash of the content of files, and of the YAML files of folders."""
    return sha256(b"".join(map(_digest, paths))).hexdigest()[:16]


@lru_cache
def _digest(path: Path) -> bytes:
    digest = sha256()
    for file in sorted(path.glob("*.yaml")) if path.is_dir() else [path]:
        digest.update(file.read_bytes())
    return digest.digest()


def _read(folder: Path, kind: type[Kind], cache: Path | None) -> list[Kind]:
    kept = cache / f"{folder.name}-{fingerprint(folder)}.msgpack" if cache else None
    if kept and kept.is_file():
        with contextlib.suppress(msgspec.DecodeError):  # one that does not fit is made anew
            return msgspec.msgpack.decode(kept.read_bytes(), type=list[kind])  # type: ignore[valid-type]
    read = [one for file in sorted(folder.glob("*.yaml")) for one in _parse(file.read_text(encoding="utf-8"), kind, file.name)]
    if kept:
        with contextlib.suppress(OSError):  # where it cannot be kept it is parsed again the next time
            kept.parent.mkdir(parents=True, exist_ok=True)
            unfinished = kept.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(msgspec.msgpack.encode(read))
            unfinished.replace(kept)
    return read


def _parse(text: str, kind: type[Kind], name: str) -> Sequence[Kind]:
    from corpus.errors import PolicyFileError
    from corpus.yaml_file import read_yaml

    try:
        return read_yaml(text, list[kind], name)  # type: ignore[valid-type]
    except PolicyFileError as error:
        raise RetrievalError(str(error)) from None


def _require_words(owned: Sequence[tuple[str, Sequence[str]]], what: str) -> None:
    empty = next((name for name, wordings in owned if not all(map(str.strip, wordings))), None)
    if empty:
        raise RetrievalError(f"The {what} {empty} has an empty wording: write it or take it out.")


def _require_unlike(ids: Sequence[str], what: str) -> None:
    doubled = next((one for number, one in enumerate(ids) if one in ids[:number]), None) if len(set(ids)) < len(ids) else None
    if doubled:
        raise RetrievalError(f"The {what} {doubled} stands twice in {DATA.name}; each needs its own id.")
