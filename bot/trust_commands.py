"""The commands of a trust's office: publish one policy to several schools, and see which school has which version of it."""

from collections.abc import Sequence
from pathlib import Path

from bot.administration import read_document, require_id
from bot.answer import dates
from bot.assembly import Parts, assemble
from bot.bootstrap import open_indexes, open_versions
from bot.bringing_in import require_one_policy
from bot.clock import today
from bot.errors import BotError
from bot.secret import secret_key
from bot.settings import read_settings
from bot.trust_publication import Original
from bot.trusts import as_trusts
from bot.typed import read_line
from corpus.clause import RULINGS, TrustNote
from corpus.documents.apart import build_apart
from corpus.errors import CorpusError
from corpus.versions import School, Versions, no_such_school

LONGEST_TRUST = 100  # characters


def publish_to(
    schools: Sequence[str], slug: str, trust: str, *, home: str | None, file: Path | None, draft: bool, prevails: bool
) -> int:
    """Publish a trust's policy to schools, to each whole or not at all, and say of each what came of it.

    It is taken from what the school `home` has published, or from its `draft`, or from a `file`. Where it is in force already
    nothing is done. Raises BotError, once all schools were gone through, where it is not in force at each; and at once, with
    nothing done, where something that was given is wrong.
    """
    trust = read_line(trust, "name of the trust", LONGEST_TRUST)
    require_id(slug, "policy")
    if slug == RULINGS:
        raise BotError("Rulings are a headteacher's own, and are not published to other schools: name a policy.")
    parts = _parts()
    versions = parts.indexes.versions
    known = [school.id for school in versions.schools()]
    unknown = [school for school in (*schools, *([home] if home else [])) if school not in known]
    if unknown:
        raise BotError(no_such_school(unknown[0], known))
    if home in schools:
        raise BotError(f"{home} is where the policy is prepared, and keeps it as its own: leave it out of the schools.")
    prepared = _from_file(file, schools[0]) if file else _from_home(versions, home or "", slug, draft=draft)
    original = prepared._replace(policy=as_trusts(prepared.policy, slug, trust, prevails=prevails))
    refused = [school for school in schools if not _is_in_force_at(parts, school, original)]
    if refused:
        raise BotError(
            f"It is in force at {len(schools) - len(refused)} of {len(schools)} schools, not at {', '.join(refused)}. Do what is "
            "said above, then give the same command again: where it is in force nothing is done."
        )
    return 0


def list_trust_policies() -> int:
    """Print which policies of a trust the schools have, in which version, and what supplements them there."""
    versions = open_versions(read_settings())
    found: dict[tuple[str, str], list[str]] = {}
    for school in versions.schools():
        for trust, slug, line in _of_trusts(versions, school):
            found.setdefault((trust, slug), []).append(line)
    for (trust, slug), lines in sorted(found.items()):
        print(f"{slug}, of {trust}:", *lines, sep="\n  ")
    if not found:
        print("No school has a trust's policy yet: policybot publish-to publishes one.")
    return 0


def _parts() -> Parts:
    settings = read_settings()
    return assemble(open_indexes(settings), secret_key(settings))


def _from_home(versions: Versions, home: str, slug: str, *, draft: bool) -> Original:
    """Return the policy that a school has prepared. Raises StoreError where it has none, BotError where it is an addendum."""
    version = versions.draft(home, slug) if draft else versions.version(home, slug)
    if version.policy.supplements:
        raise BotError(f"{home}/{slug} is an addendum of {home}: publish the policy that it supplements.")
    return Original(version.policy, version.source, version.doubts)


def _from_file(file: Path, school: str) -> Original:
    policy, source, doubts, _ = build_apart(read_document(file), file.name, school=school)
    require_one_policy(policy)
    return Original(policy, source, doubts)


def _is_in_force_at(parts: Parts, school: str, original: Original) -> bool:
    """Publish at one school, unless it is in force there; print what came of it, and return whether it is in force now."""
    try:
        version, already = parts.trust_publication.publish_at(school, original)
    except (BotError, CorpusError) as error:
        print(f"{school}: NOT PUBLISHED. {error}")
        return False
    print(f"{school}: version {version} is {'in force already' if already else 'published'}.")
    return True


def _of_trusts(versions: Versions, school: School) -> list[tuple[str, str, str]]:
    """Return the trust, the slug and a line for each policy of a trust that a school has published, or that waits there."""
    published = versions.published(school.id)
    current = published.versions if published else ()
    waiting = {draft.policy.slug: draft.policy.trust for draft in versions.drafts(school.id) if draft.policy.trust}
    found: list[tuple[str, str, str]] = []
    for number, policy in current:
        if policy.trust:
            addenda = [f"{one.slug}, version {version}" for version, one in current if one.is_addendum_to(policy)]
            supplemented = f"; addendum: {', '.join(addenda)}" if addenda else ""
            waits = f"; {_text(other)} waits as a draft" if (other := waiting.pop(policy.slug, None)) else ""
            line = f"{school.id}: version {number}, {dates(policy, today())}, {_text(policy.trust)}{supplemented}{waits}"
            found.append((policy.trust.name, policy.slug, line))
    found += [(trust.name, slug, f"{school.id}: {_text(trust)} waits as a draft") for slug, trust in waiting.items()]
    return found


def _text(trust: TrustNote) -> str:
    """Return what tells in a list whether two schools have the same of a trust."""
    return f"text {trust.content[:8]}"
