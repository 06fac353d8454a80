"""A trust's policy as each of its schools has it: whose it is, what tells it from another; the school does not change it."""

from hashlib import sha256

from msgspec.structs import replace

from bot.answer import trusts
from bot.errors import BotError
from corpus.clause import Clause, Policy, TrustNote


def as_trusts(policy: Policy, slug: str, trust: str, *, prevails: bool) -> Policy:
    """Return a policy as the trust of this name publishes it, no school's yet; `prevails` says that no addendum holds against it.

    What people at the school where it was prepared wrote about its clauses stays there; what they made of them is kept.
    """
    note = TrustNote(trust, "", prevails)
    bare = replace(policy, school="", slug=slug, supplements=None, trust=note).with_clauses(_without_notes)
    return replace(bare, trust=replace(note, content=sha256(bare.to_json()).hexdigest()))


def require_own(*policies: Policy | None) -> None:
    """Raise BotError where one of the policies is a trust's, which its schools do not change."""
    for policy in policies:
        if policy and policy.trust:
            raise BotError(
                f"This is {trusts(policy.trust)} policy, and the trust alone changes it: bring in what your school adds or makes "
                "stricter as an addendum to it."
            )


def _without_notes(clause: Clause) -> Clause:
    return replace(clause, correction=None, same_as=None, not_same_as=())
