"""Copies of an answer that its asker keeps and we do not: signed, so that anybody can check one later.

The code of a copy holds what was answered from: the school, the policy, the version, the clause, the stance and the minute. Its
signature is an HMAC-SHA256 under the installation's key, cut to 96 bits (RFC 2104, section 5, allows no fewer than 80).
"""

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import msgspec
from msgspec import Struct

from bot.answer import VERDICTS, quote
from bot.clock import spoken
from bot.errors import BotError
from bot.layout import Block, Heading, Paragraph, quoted
from corpus.clause import Stance
from corpus.versions import Versions
from retrieval.index import IndexedClause, in_place

_SIGNATURE = 12  # bytes
_PURPOSE = b"kept answer"
_CODE = re.compile(r"\bpb([a-z2-7]{40,})\b")
NOT_OURS = "I have given no copy with that code, or it was changed: paste the whole copy as you kept it."


class _Kept(Struct, frozen=True, array_like=True):
    """What a code holds; `minute` counts from 1970, in UTC."""

    school: str
    slug: str
    version: int
    clause_id: str
    stance: Stance
    minute: int


class KeptAnswers:
    """The copies that this installation has given, told by its key."""

    def __init__(self, key: bytes, versions: Versions, public_url: str | None) -> None:
        """Keep the key and the versions; `public_url` is where people reach the page that checks a copy, None if nowhere."""
        self._key = key
        self._versions = versions
        self._public_url = public_url

    def copy(self, indexed: IndexedClause, stance: Stance, now: datetime, today: date) -> tuple[Block, ...]:
        """Return the copy of an answer from a clause, given now."""
        policy = indexed.policy
        minute = int(now.replace(tzinfo=UTC).timestamp() // 60)
        kept = _Kept(policy.school, policy.slug, indexed.version, indexed.clause.id, stance, minute)
        body = msgspec.msgpack.encode(kept)
        code = "pb" + base64.b32encode(body + self._sign(body)).decode().rstrip("=").lower()
        where = f"at {self._public_url}/verify" if self._public_url else "with: policybot verify"
        return (
            Heading("Your copy of this answer. Keep this message: I keep no copy."),
            *self._told(kept, indexed, today),
            Paragraph(f"Whoever wants to check it pastes it {where}"),
            Paragraph(f"Code: {code}", aside=True),
        )

    def check(self, pasted: str, today: date) -> tuple[Block, ...]:
        """Return what a pasted copy, or its code alone, stands for. Raises BotError where it is none that was given here."""
        found = _CODE.search(pasted.lower())
        if found is None:
            raise BotError("There is no code in that: paste the whole copy, with its last line.")
        code = found.group(1).upper()
        try:
            raw = base64.b32decode(code + "=" * (-len(code) % 8))
        except binascii.Error:
            raise BotError(NOT_OURS) from None
        body, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
        if not hmac.compare_digest(signature, self._sign(body)):
            raise BotError(NOT_OURS)
        kept = msgspec.msgpack.decode(body, type=_Kept)
        policy = self._versions.version(kept.school, kept.slug, kept.version).policy
        indexed = next(one for one in in_place(kept.version, policy) if one.clause.id == kept.clause_id)
        return (Heading("This copy is genuine."), *self._told(kept, indexed, today))

    def _told(self, kept: _Kept, indexed: IndexedClause, today: date) -> Sequence[Block]:
        (school,) = self._versions.schools([kept.school])
        when = spoken(datetime(1970, 1, 1) + timedelta(minutes=kept.minute))  # noqa: DTZ001  UTC, as the store has it
        verdict = VERDICTS[kept.stance].rstrip(".")
        return (
            Paragraph(f"{when}: policybot answered staff of {school.name} from this clause."),
            Paragraph(f"What it makes of the matter: {verdict}."),
            quoted(quote(indexed, today, kept.stance), bold=True),
        )

    def _sign(self, body: bytes) -> bytes:
        return hmac.new(self._key, _PURPOSE + body, sha256).digest()[:_SIGNATURE]
