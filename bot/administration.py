"""The commands that bring policies in and examine what is answered from: init, migrate, import, diff, export, check, eval."""

import getpass
import re
from pathlib import Path

from bot.audit import Action, Audit, at_command_line
from bot.bootstrap import open_indexes, open_versions
from bot.bringing_in import BringingIn
from bot.clock import today
from bot.contact_commands import print_gaps, read_contacts
from bot.contact_store import Contacts
from bot.errors import BotError
from bot.schema import HEAD
from bot.settings import read_settings
from bot.typed import read_line
from corpus.alignment import Change, ClauseChange, compare
from corpus.checking import check_coverage, check_policy, place_doubts
from corpus.clause import Policy
from corpus.documents.apart import refuse_large
from corpus.loosening import loosened, told_stances
from corpus.policy_file import to_yaml
from corpus.versions import School, Version, Versions

LONGEST_NAME, LONGEST_SHORT_NAME = 200, 100  # characters
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def init(school: str, name: str, short_name: str | None, nation: str, contacts: str | None) -> int:
    """Set up a school, with the contacts in a file where one is given.

    Raises BotError where its id or a name is none or something is wrong with the contacts, CorpusError where the id is taken.
    """
    require_id(school, "school")
    name = read_line(name, "name of the school", LONGEST_NAME)
    short_name = read_line(short_name or name, "short name", LONGEST_SHORT_NAME)
    book = read_contacts(contacts) if contacts else None
    versions, added = open_versions(read_settings()), School(school, name, short_name, nation)
    audit = Audit(versions.engine, versions.now)
    with versions.all_at_once(school) as together:
        together.add_school(added)
        audit.note(together.transaction, school, at_command_line(), Action.SET_UP_SCHOOL)
        if book:
            Contacts(versions.engine, versions.now).save(school, book, getpass.getuser(), together.transaction)
            audit.note(together.transaction, school, at_command_line(), Action.CHANGED_CONTACTS)
    if book:
        print_gaps(book, added)
    print(f"{name} is set up. Bring in its first policy with: policybot import FILE --school {school} --policy social-media")
    return 0


def migrate() -> int:
    """Create the store or upgrade its schema, as whatever opens it does. Raises BotError where it cannot be."""
    url = open_versions(read_settings()).engine.url
    print(f"The store at {url.render_as_string()} is up to date, with schema {HEAD}.")
    return 0


def read_document(file: Path) -> bytes:
    """Return what the file of a policy holds. Raises BotError where it cannot be read, CorpusError where it is too large."""
    try:
        refuse_large(file.stat().st_size, file.name)
        return file.read_bytes()
    except OSError as error:
        raise BotError(f"{file} cannot be read: {error.strerror}.") from None


def bring_in(file: Path, school: str, slug: str, title: str | None, supplements: str | None) -> int:
    """Read a document into a draft and say what came of it. Raises BotError or CorpusError; the store is then unchanged.

    `supplements` is the trust's policy to which it is the school's addendum, None for no other than before.
    """
    require_id(slug, "policy")
    raw = read_document(file)
    versions = open_versions(read_settings())
    brought = BringingIn(versions, Audit(versions.engine, versions.now))
    draft, _, ignored, _, replaced = brought.bring_in(
        school, file.name, raw, at_command_line(), slug=slug, title=title, supplements=supplements, over_trusts=True
    )
    found = versions.draft(school, slug)
    print(f"{draft.title}: a draft of {sum(1 for _ in draft.clauses())} clauses. Nothing is published yet.")
    if replaced:
        print("  It takes the place of the draft that was there.")
    if ignored:
        print(f"  Left out: {', '.join(ignored)}.")
    _print_findings(draft, found.source)
    for doubt in place_doubts(draft, found.doubts):
        print(f"  - {doubt.concern}: {f'{doubt.where}: ' if doubt.where else ''}{doubt.sentence}")
    print(f"Next: policybot diff --school {school} --policy {slug}, then policybot try, then policybot publish.")
    return 0


def diff(school: str, slug: str) -> int:
    """Print what the draft changes against the published version, what got looser first."""
    versions = open_versions(read_settings())
    draft = versions.draft(school, slug)
    current = versions.current(school, slug)
    if current is None:
        print(f"Nothing is published yet: all {sum(1 for _ in draft.policy.clauses())} clauses are new.")
        return 0
    changes = [
        change
        for change in compare(current, draft.policy)
        if change.change is not Change.UNCHANGED or change.stances or loosened(change.before, change.after)
    ]
    if not changes:
        print("The draft says the same as the published version.")
    for change in sorted(changes, key=lambda one: loosened(one.before, one.after) is None):
        print(_told(change))
    return 0


def export(school: str, slug: str, number: int | None) -> int:
    """Print a version as YAML."""
    print(to_yaml(open_versions(read_settings()).version(school, slug, number).policy), end="")
    return 0


def check(school: str | None, slug: str | None, *, draft: bool) -> int:
    """Print coverage and findings of the chosen policies; return 1 where characters of a source are lost or doubled."""
    versions = open_versions(read_settings())
    whole = True
    for version in _chosen(versions, school, slug, draft=draft):
        policy = version.policy
        print(f"{policy.school}/{policy.slug}: {policy.title}, {sum(1 for _ in policy.clauses())} clauses")
        whole = _print_findings(policy, version.source) and whole
        print()
    return 0 if whole else 1


def evaluate(file: Path, *, show_misses: bool, beside: bool, save: Path | None, compare: Path | None) -> int:
    """Print the measures on a file of labelled questions: over all, by school and kind, and how far the confidence holds.

    If asked, also the measures of other rankers `beside`, each miss, and what changed since the run that `compare` holds; `save`
    keeps this run. Raises BotError where a file cannot be read or written, RetrievalError where a ranker is not installed.
    """
    from retrieval.baselines import BARE, all_rankers
    from retrieval.evaluation import as_table, by_group, changes, judge, measure, misses, read_questions, reliability, to_run

    questions, rankers = read_questions(file), all_rankers() if beside else BARE
    indexes = open_indexes(read_settings())
    judged = judge(questions, lambda school: indexes.of(school, fresh=False), rankers)
    if show_misses:
        print("\n\n".join(misses(judged)), end="\n\n")
    print(as_table(measure(judged)), end="\n\n")
    print(by_group(judged, lambda question: question.school), end="\n\n")
    print(by_group(judged, lambda question: question.kind), end="\n\n")
    print(reliability(judged))
    try:
        if compare:
            told = changes(judged, compare.read_bytes(), compare.name)
            print("", f"{len(told)} changed since {compare.name}", *told, sep="\n")
        if save:
            save.write_bytes(to_run(judged))
    except OSError as error:
        raise BotError(f"{error.filename} cannot be read or written: {error.strerror}.") from None
    return 0


def _print_findings(policy: Policy, source: str | None) -> bool:
    """Print coverage and findings; return whether the coverage is complete."""
    complete = True
    if source is None:
        print("  It came as YAML, without the document it was made from: coverage cannot be checked.")
    else:
        coverage = check_coverage(policy, source)
        complete = coverage.is_complete
        print(f"  Coverage: {coverage.share:.1%} of {coverage.characters} characters, {len(coverage.twice)} stretches twice.")
        for kind, stretches in (("lost", coverage.missing), ("twice", coverage.twice), ("differs", coverage.differing)):
            for stretch in stretches:
                print(f"    {kind}: {stretch}")
    for finding in check_policy(policy, today()):
        where = f"{finding.where}: " if finding.where else ""
        print(f"  - {finding.concern}: {where}{finding.sentence}")
    return complete


def _told(change: ClauseChange) -> str:
    clause = change.after or change.before
    assert clause is not None  # noqa: S101  one of the two is always there
    lines = [f"{change.change}: {clause.label}{' (are these the same rule?)' if change.doubtful else ''}"]
    if looser := loosened(change.before, change.after):
        lines.append(f"  LOOSER: {looser}")
    elif change.before and change.after and change.stances:
        lines.append(f"  {told_stances(change.before, change.after)}")
    if change.before and change.change is not Change.ADDED:
        lines.append(f"  - {change.before.words}")
    if change.after and change.change is not Change.REMOVED:
        lines.append(f"  + {change.after.words}")
    return "\n".join(lines)


def _chosen(versions: Versions, school: str | None, slug: str | None, *, draft: bool) -> list[Version]:
    schools = [one.id for one in versions.schools() if school in (None, one.id)]
    if not schools:
        raise BotError(f"There is no school called {school}." if school else "No school is set up here yet: run policybot init.")
    if draft:
        if not (school and slug):
            raise BotError("Say which draft: --school and --policy.")
        return [versions.draft(school, slug)]
    chosen = [
        versions.version(one, name)
        for one in schools
        for name, current, _ in versions.policies(one)
        if current and slug in (None, name)
    ]
    if not chosen:
        raise BotError("Nothing is published there yet.")
    return chosen


def require_id(value: str, what: str) -> None:
    """Raise BotError where this is no id; `what` says of what it would be, such as `policy`."""
    if not _ID.fullmatch(value):
        raise BotError(f"{value!r} is no {what} id: use small letters, digits and hyphens, such as st-marys.")
