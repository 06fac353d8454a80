"""The commands on the way from a draft to what is answered from: try, publish, roll back; and who did what."""

import msgspec

from bot.assembly import Parts, assemble
from bot.audit import Audit, Entry, at_command_line
from bot.bootstrap import open_indexes, open_versions
from bot.clock import spoken
from bot.errors import BotError
from bot.readiness import LATELY
from bot.secret import secret_key
from bot.settings import read_settings
from bot.trial import Difference, Lately, Tried
from corpus.versions import no_such_school


def try_draft(school: str, slug: str, *, seen: bool) -> int:
    """Print what staff would be told by the draft, beside what they are told today; note with `seen` that it was looked at.

    Raises BotError where there is no such school, StoreError where there is no draft.
    """
    parts = _parts()
    trial, lately = parts.readiness.trial(school, slug), parts.readiness.lately(school, slug)
    tried = [one for group in trial.groups for one in group.tried]
    for group in trial.groups:
        changed = [one for one in group.tried if one.difference is not Difference.SAME]
        if changed:
            print(f"{group.matter}:", *map(_told, changed), "", sep="\n")
    same = sum(one.difference is Difference.SAME for one in tried)
    print(f"{len(tried)} test questions: {same} are answered as today, {len(tried) - same} are not.")
    for line in (*_spoken_of(lately), *trial.failing):
        print(line)
    if seen:
        for group in parts.looked_at.unseen(school, slug, trial):
            parts.looked_at.mark(school, slug, group.digest, group.matter, at_command_line())
        print("Noted: you have looked at the answers that get lost or looser.")
    elif parts.looked_at.unseen(school, slug, trial):
        print("When you have looked at the answers that get lost or looser: the same command with --seen.")
    return 0


def publish(school: str, slug: str) -> int:
    """Publish the draft. Raises BotError with what still keeps it from being published, and where to look."""
    parts = _parts()
    parts.indexes.of(school)  # says which schools there are, where it is none of them
    digest = parts.indexes.versions.draft(school, slug).digest
    hindrances = parts.readiness.hindrances(school, slug, digest)
    if hindrances:
        raise BotError(f"{hindrances[0]} Look with: policybot try --school {school} --policy {slug}")
    number = parts.publication.publish(school, slug, digest, at_command_line(), of_trust=True)
    print(f"Version {number} of {school}/{slug} is published.")
    return 0


def roll_back(school: str, slug: str, number: int) -> int:
    """Answer from an earlier version again. Raises StoreError where there is no such school or version."""
    _parts().publication.roll_back(school, slug, number, at_command_line(), of_trust=True)
    print(f"{school}/{slug} answers from version {number} again.")
    return 0


def audit(school: str, *, as_json: bool) -> int:
    """Print who did what at a school, the first first. Raises BotError where there is no such school."""
    versions = open_versions(read_settings())
    known = [one.id for one in versions.schools()]
    if school not in known:
        raise BotError(no_such_school(school, known))
    for entry in Audit(versions.engine, versions.now).of(school):
        print(msgspec.json.encode(entry).decode() if as_json else _line(entry))
    return 0


def _parts() -> Parts:
    settings = read_settings()
    return assemble(open_indexes(settings), secret_key(settings))


def _told(tried: Tried) -> str:
    must = ", which must hold" if tried.question.must else ""
    return f"  {tried.difference.upper()}: “{tried.question.question}”{must}\n    {tried.sentence}"


def _spoken_of(lately: Lately) -> list[str]:
    if not lately.questions:
        return []
    matters = "".join(f"\n  {matter}: {times}" for matter, times in lately.matters)
    return [
        f"Of what staff asked in the last {LATELY.days} days, {lately.questions} questions would get another answer.{matters}"
    ]


def _line(entry: Entry) -> str:
    version = f", version {entry.version}" if entry.version else ""
    what = f" {entry.slug}{version}" if entry.slug else ""
    done_to = f" ({entry.object})" if entry.object else ""
    return f"{spoken(entry.at)}  {entry.who}: {entry.action}{what}{done_to}"
