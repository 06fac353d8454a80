"""A trust's policy is published at a school, as any draft of the school's is: with the same hindrances, hooks and trail."""

from typing import NamedTuple

from msgspec.structs import replace

from bot.audit import Action, Audit, at_command_line
from bot.errors import BotError
from bot.publication import Publication
from bot.readiness import Readiness
from corpus.clause import Policy
from corpus.documents.doubt import Doubt
from corpus.versions import Approval, Versions


class Original(NamedTuple):
    """A trust's policy before it is any school's, with the text it came from, None without one, and what is doubtful in it."""

    policy: Policy
    source: str | None
    doubts: tuple[Doubt, ...] = ()


class InForce(NamedTuple):
    """The version of a trust's policy from which a school is answered; `already` where it was so before."""

    version: int
    already: bool


class TrustPublication:
    """Publishes what a trust lays down at its schools, one at a time and in each school's own transactions."""

    def __init__(self, versions: Versions, *, readiness: Readiness, publication: Publication, audit: Audit) -> None:
        """Keep the parts."""
        self._versions = versions
        self._readiness = readiness
        self._publication = publication
        self._audit = audit

    def publish_at(self, school_id: str, original: Original) -> InForce:
        """Publish a trust's policy at a school, unless it is in force there; whole, or not at all.

        Raises BotError or CorpusError where something hinders it: what is in force there is as before, and the draft waits where
        somebody must look at it or approve it. Raises BotError too where the school has something of its own under that name.
        """
        wanted = replace(original.policy, school=school_id)
        number = self._in_force(wanted)
        if number is not None:
            return InForce(number, already=True)
        digest = self._draft(wanted, original)
        hindrances = self._readiness.hindrances(school_id, wanted.slug, digest)
        if hindrances:
            look = f"Look with: policybot try --school {school_id} --policy {wanted.slug}"
            raise BotError(f"{' '.join(hindrances)} {look}")
        owner = Approval(owner=wanted.trust.name if wanted.trust else None)
        who = at_command_line()
        return InForce(self._publication.publish(school_id, wanted.slug, digest, who, owner, of_trust=True), already=False)

    def _in_force(self, wanted: Policy) -> int | None:
        """Return the version from which a school is answered where that is the one wanted, else None."""
        published = self._versions.published(wanted.school)
        versions = published.versions if published else ()
        return next((number for number, policy in versions if (policy.slug, policy.trust) == (wanted.slug, wanted.trust)), None)

    def _draft(self, wanted: Policy, original: Original) -> str:
        """Keep a trust's policy as the draft of a school, where it is not that already, and return the draft's digest."""
        school, slug = wanted.school, wanted.slug
        with self._versions.all_at_once(school) as together:
            together.require_school(school)
            current = together.current(school, slug)
            if current and current.supplements:
                raise BotError("The school has an addendum of its own under this name: publish the policy under another.")
            draft = next((one.policy for one in together.drafts(school) if one.policy.slug == slug), None)
            if draft and not draft.trust:
                raise BotError(
                    "The school is preparing a draft of its own under this name: it must be published or thrown away first."
                )
            if draft is None or draft.trust != wanted.trust:
                together.save_draft(wanted, original.source, original.doubts)
                self._audit.note(together.transaction, school, at_command_line(), Action.BROUGHT_IN, slug=slug)
            return together.draft(school, slug).digest
