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
from itertools import accumulate

import msgspec
from msgspec import Struct

from bot.answer import VERDICTS, is_unconfirmed_permission, quote, what_to_know
from bot.clock import day_of, spoken
from bot.errors import BotError
from bot.layout import Block, ClauseQuote, Heading, Paragraph, quoted
from bot.secret import keyed_hash
from bot.sections import GONE
from corpus.clause import Stance
from corpus.versions import Versions
from retrieval.index import IndexedClause, clause_in_place

_SIGNATURE = 12  # bytes
_PURPOSE = b"kept answer"
_STANCES = tuple(Stance)
_NUMBERED = {str(number): stance for number, stance in enumerate(_STANCES)}
_SHORTEST_CODE = 40
# A long code may be broken into lines, and each begun with a quoting mark.
_MOST_LINES = 12
_PIECE = re.compile(r"[a-z0-9]+")
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
        code = f"pb{_as_code(body + self._sign(body))}"
        where = f"at {self._public_url}/verify" if self._public_url else "with: policybot verify"
        return (
            Heading("Your copy of this answer. Keep this message: I keep no copy."),
            *self._told(kept, indexed, today),
            Paragraph(f"Whoever wants to check it pastes it {where}"),
            Paragraph(f"Code: {code}", aside=True),
        )

    def check(self, pasted: str, today: date) -> tuple[Block, ...]:
        """Return what a pasted copy, or its code alone, stands for. Raises BotError where it is none that was given here."""
        codes = _codes_in(pasted)
        if not codes:
            raise BotError("There is no code in that: paste the whole copy, with its last line.")
        code, kept = next(((code, kept) for code in codes if (kept := self._opened(code))), ("", None))
        if kept is None:
            raise BotError(NOT_OURS)
        policy = self._versions.version(kept.school, kept.slug, kept.version).policy
        indexed = clause_in_place(kept.version, policy, kept.clause_id)
        told = self._told(kept, indexed, today)
        return (Heading(_verdict_on(pasted, code, told)), *told)

    def button(self, stance: Stance, ref: str) -> str:
        """Return the value of a button for a copy of an answer that is given now: nobody can make up that of another."""
        return f"{_STANCES.index(stance)}:{ref}:{self._offer(stance, ref)}"

    def pressed(self, value: str) -> tuple[Stance, str]:
        """Return the stance and the reference of an answer that was given. Raises BotError where none was."""
        number, _, rest = value.partition(":")
        ref, _, signature = rest.partition(":")
        stance = _NUMBERED.get(number)
        if stance is None or not hmac.compare_digest(signature.encode(), self._offer(stance, ref).encode()):
            raise BotError(GONE)
        return stance, ref

    def _offer(self, stance: Stance, ref: str) -> str:
        return keyed_hash(self._key, "offer of a copy", stance, ref)[:16]

    def _opened(self, code: str) -> _Kept | None:
        """Return what a code holds, None where it is none of ours."""
        try:
            raw = base64.b32decode(code.upper() + "=" * (-len(code) % 8))
        except binascii.Error:
            return None
        body, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
        # The last character holds spare bits: with others it would be read as the same.
        if _as_code(raw) != code or not hmac.compare_digest(signature, self._sign(body)):
            return None
        return msgspec.msgpack.decode(body, type=_Kept)

    def _told(self, kept: _Kept, indexed: IndexedClause, today: date) -> Sequence[Block]:
        (school,) = self._versions.schools([kept.school])
        given = datetime(1970, 1, 1) + timedelta(minutes=kept.minute)  # noqa: DTZ001  UTC, as the store has it
        what = "ruling" if indexed.clause.ruling else "clause"
        made_of_it = (
            f"What it makes of the matter: {VERDICTS[kept.stance]}",
            *what_to_know(kept.stance, indexed, day_of(given)),
        )
        if is_unconfirmed_permission(kept.stance, indexed):
            made_of_it = ()  # the answer did not say it either
        return (
            Paragraph(f"{spoken(given)}: policybot answered staff of {school.name} from this {what}."),
            *map(Paragraph, made_of_it),
            quoted(quote(indexed, today, kept.stance), bold=True),
        )

    def _sign(self, body: bytes) -> bytes:
        return hmac.new(self._key, _PURPOSE + body, sha256).digest()[:_SIGNATURE]


def _as_code(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _codes_in(pasted: str) -> list[str]:
    """Return what may be codes in a text, without what they begin with: also such as were broken into lines."""
    pieces = _PIECE.findall(pasted.lower())
    begun = [number for number, piece in enumerate(pieces) if piece.startswith("pb")]
    joined = (one for number in begun for one in accumulate(pieces[number : number + _MOST_LINES]))
    return [one[2:] for one in joined if len(one) >= 2 + _SHORTEST_CODE]


def _verdict_on(pasted: str, code: str, told: Sequence[Block]) -> str:
    """Return what to say of a pasted text whose code is genuine: its words need not be."""
    letters = _letters(pasted)
    if letters in (f"pb{code}", f"codepb{code}"):
        return "That code is genuine. This is the answer that it stands for:"
    words = [block.words if isinstance(block, ClauseQuote) else getattr(block, "text", "") for block in told]
    if all(_letters(one) in letters for one in words):
        return "This copy is genuine."
    return "The code is genuine, but the words with it are not all that we wrote. This is the true answer:"


def _letters(text: str) -> str:
    """Return the letters and figures alone: marks and white space change on the way."""
    return "".join(_PIECE.findall(text.lower()))
