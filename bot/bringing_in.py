"""A document of a school becomes a draft: by upload at the desk, sent to the bot, or from the command line."""

import re
from collections.abc import Sequence
from datetime import date
from difflib import SequenceMatcher
from typing import NamedTuple

from msgspec.structs import replace

from bot.audit import Action, Audit
from bot.errors import BotError, in_quotes
from corpus.building import build_policy
from corpus.checking import Concern, Finding, check_policy, place_doubts
from corpus.clause import RULINGS, Policy
from corpus.documents.apart import read_apart, refuse_large
from corpus.documents.doubt import Doubt
from corpus.labels import slug as slug_of
from corpus.policy_file import from_yaml
from corpus.versions import Versions

_YAML = re.compile(r"\.ya?ml$", re.IGNORECASE)
# What a file's name says besides the policy's: "Social_Media_Policy v3 FINAL (2).docx".
_BESIDE_TITLE = re.compile(
    r"\.\w{1,5}$|\(\d+\)|\b(?:final|draft|copy|version|rev|v)\b[.\s]*[\d.]*|\b(?:19|20)\d\d\b|[_-]+", re.IGNORECASE
)
LONGEST_TITLE = 200
LONGEST_SLUG = 60
# From this likeness of titles on (difflib's ratio) a document is taken for the next version of a policy.
SAME_TITLE = 0.85
# What is repaired stands beside the clause, and what waits is confirmed in the review.
_TOLD_ELSEWHERE = frozenset({Concern.REPAIRED, Concern.UNCONFIRMED})


class BroughtIn(NamedTuple):
    """What came of a document: the draft, what could not be read with certainty, and what was left out, in words."""

    draft: Policy
    doubts: tuple[Doubt, ...]
    ignored: tuple[str, ...]


class BringingIn:
    """Makes drafts of documents."""

    def __init__(self, versions: Versions, audit: Audit) -> None:
        """Keep the parts."""
        self._versions = versions
        self._audit = audit

    def bring_in(
        self, school_id: str, name: str, raw: bytes, who: str, *, slug: str | None = None, title: str | None = None
    ) -> BroughtIn:
        """Return the draft that the file `name` becomes, which takes the place of any draft of the policy before it.

        `slug` is the policy whose next version it is; None makes it one by its title, which is the document's own unless given.
        Raises BotError or CorpusError, in one sentence, where it cannot be read or is what is there already: nothing has changed.
        """
        refuse_large(len(raw), name)
        source, doubts, ignored = None, tuple[Doubt, ...](), tuple[str, ...]()
        if _YAML.search(name):
            policy = from_yaml(raw.decode("utf-8", errors="replace"), name)
            if policy.school != school_id or slug not in (None, policy.slug):
                wanted = f"{school_id}/{slug or policy.slug}"
                raise BotError(f"{name} is {policy.school}/{policy.slug}, not {wanted}: import it as what it is.")
            slug = policy.slug
        else:
            read = read_apart(raw, name)
            source, doubts, ignored = read.text, read.doubts, read.ignored
            policy = build_policy(source, school=school_id, slug="", title=title, source_name=name)
            if not title and policy.title == name:
                policy = replace(policy, title=_title_of(name))
        _require_one_policy(policy)
        slug = slug or self._slug(policy)
        if slug == RULINGS:
            raise BotError("Rulings are not brought in as a document: write them at the desk.")
        policy = replace(policy, slug=slug)
        with self._versions.all_at_once() as together:
            together.hold(school_id)
            if source is not None:
                _refuse_the_same(policy, together)
            draft = together.save_draft(policy, source, doubts)
            self._audit.note(together.transaction, school_id, who, Action.BROUGHT_IN, slug=slug)
        return BroughtIn(draft, doubts, ignored)

    def _slug(self, policy: Policy) -> str:
        """Return the policy of the school that has this title, or nearly; a new one where none has."""
        titles = {policy.slug: policy.title for policy in self._titled(policy.school)}
        best = max(titles, key=lambda slug: _alike(titles[slug], policy.title), default=None)
        if best is not None and _alike(titles[best], policy.title) >= SAME_TITLE:
            return best
        wanted = slug_of(policy.title).replace(".", "-")[:LONGEST_SLUG].strip("-") or "policy"
        return next(name for name in (wanted, *(f"{wanted}-{n}" for n in range(2, 1000))) if name not in titles)

    def _titled(self, school_id: str) -> list[Policy]:
        published = self._versions.published(school_id)
        current = [policy for _, policy in published.versions] if published else []
        return [*current, *(draft.policy for draft in self._versions.drafts(school_id))]


def to_look_at(draft: Policy, doubts: Sequence[Doubt], today: date) -> list[Finding]:
    """Return what somebody should look at in a draft, in the order of the document."""
    findings = [*check_policy(draft, today), *place_doubts(draft, doubts)]
    order = {one.id: at for at, one in enumerate(one for part in draft.sections for one in part.elements)}
    return sorted((one for one in findings if one.concern not in _TOLD_ELSEWHERE), key=lambda one: order.get(one.element, -1))


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower(), autojunk=False).ratio()


def _title_of(name: str) -> str:
    """Return the title that the name of a file tells, where the document itself tells none."""
    title = " ".join(_BESIDE_TITLE.sub(" ", name).split())
    return (title or name)[:LONGEST_TITLE]


def _refuse_the_same(policy: Policy, versions: Versions) -> None:
    """Refuse the document that the current version or the draft was made of, word for word."""
    for draft in versions.drafts(policy.school):
        if (draft.policy.slug, draft.policy.source_sha256) == (policy.slug, policy.source_sha256):
            raise BotError("You have brought in this very document already: its draft is waiting for you.")
    published = versions.published(policy.school)
    for number, current in published.versions if published else ():
        if (current.slug, current.source_sha256) == (policy.slug, policy.source_sha256):
            raise BotError(f"This is the very document that version {number} was made of: there is nothing new in it.")


_SECOND_TITLE = re.compile(r"\b(?:policy|procedures?|code of conduct|agreement)\b", re.IGNORECASE)
# A second title heads a policy of its own where so many sections are numbered from 1 again under it.
_SECTIONS_ANEW = 3


def _require_one_policy(policy: Policy) -> None:
    """Refuse a document with two policies in it: two titles, and under each the sections are numbered from 1."""
    titles: list[str] = []
    for at, section in enumerate(policy.sections):
        numbers = [later.number for later in policy.sections[at + 1 : at + 1 + 2 * _SECTIONS_ANEW] if later.number.isdigit()]
        anew = numbers[:_SECTIONS_ANEW] == [str(number) for number in range(1, _SECTIONS_ANEW + 1)]
        if not section.number and _SECOND_TITLE.search(section.title) and anew:
            titles.append(section.title)
    if len(titles) > 1:
        named = " and ".join(in_quotes(title) for title in titles[:2])
        raise BotError(f"There seem to be several policies in this file ({named}): save each as a file of its own.")
