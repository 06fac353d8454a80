"""A document of a school becomes a draft: by upload at the desk, sent to the bot, or from the command line."""

import calendar
import re
from collections.abc import Collection, Sequence
from datetime import date
from difflib import SequenceMatcher
from typing import NamedTuple

from msgspec.structs import replace

from bot.audit import Action, Audit
from bot.errors import BotError, in_quotes
from bot.trusts import require_own
from corpus.checking import Concern, Finding, check_policy, place_doubts
from corpus.clause import RULINGS, Policy, Section
from corpus.documents.apart import build_apart
from corpus.documents.doubt import Doubt
from corpus.labels import slug as slug_of
from corpus.versions import Versions

LONGEST_SLUG = 60
LONGEST_NAME = 80
_YEAR = re.compile(r"(?:19|20)\d\d")
# Two words of titles are the same word from this likeness on: "Phone" and "Phones", but not "Pupil" and "Parent".
_SAME_WORD = 0.8
# Words of a title that do not tell one policy from another; nor do the school's own name and years.
_OF_ANY_TITLE = {
    *("a", "an", "and", "at", "for", "in", "of", "on", "our", "the", "to"),
    *("academy", "college", "school", "policy", "policies", "document", "guidance", "final", "draft", "version"),
    *(month.lower() for month in calendar.month_name),
}
# What is repaired stands beside the clause, and what waits is confirmed in the review.
_TOLD_ELSEWHERE = frozenset({Concern.REPAIRED, Concern.UNCONFIRMED})


class BroughtIn(NamedTuple):
    """What came of a document: the draft, what could not be read with certainty, and what was left out, in words.

    `name` is that of the file as it may be shown, `replaced` whether there was another draft of the policy before.
    """

    draft: Policy
    doubts: tuple[Doubt, ...]
    ignored: tuple[str, ...]
    name: str
    replaced: bool


class BringingIn:
    """Makes drafts of documents."""

    def __init__(self, versions: Versions, audit: Audit) -> None:
        """Keep the parts."""
        self._versions = versions
        self._audit = audit

    def bring_in(
        self,
        school_id: str,
        name: str,
        raw: bytes,
        who: str,
        *,
        slug: str | None = None,
        title: str | None = None,
        supplements: str | None = None,
        over_trusts: bool = False,
    ) -> BroughtIn:
        """Return the draft that the file `name` becomes, which takes the place of any draft of the policy before it.

        `slug` is the policy whose next version it is; None makes it one by its title, which is the document's own unless given.
        `supplements` is the trust's policy to which it is the school's addendum; the next version of an addendum is one too.
        It takes the place of a trust's policy only where `over_trusts` says so.
        Raises BotError or CorpusError, in one sentence, where it cannot be read or is what is there already: nothing has changed.
        """
        name = _shown(name)
        policy, source, doubts, ignored = build_apart(raw, name, school=school_id, title=title)
        if source is None:
            if policy.school != school_id or slug not in (None, policy.slug):
                wanted = f"{school_id}/{slug or policy.slug}"
                raise BotError(f"{name} is {policy.school}/{policy.slug}, not {wanted}: import it as what it is.")
            slug = policy.slug
        require_one_policy(policy)
        if policy.trust:
            raise BotError(f"{name} is a trust's policy: it comes to the school by policybot publish-to.")
        with self._versions.all_at_once(school_id) as together:
            together.require_school(school_id)
            supplements = supplements or policy.supplements
            slug = slug or _slug(policy, together, supplements)
            if slug == RULINGS:
                raise BotError("Rulings are not brought in as a document: write them at the desk.")
            before = _before(school_id, slug, together)
            supplements = supplements or next((one.supplements for one in before if one.supplements), None)
            if supplements:
                _require_to_supplement(school_id, slug, supplements, together)
            if not over_trusts:
                require_own(*before)
            policy = replace(policy, slug=slug, supplements=supplements)
            if source is not None:
                _refuse_the_same(policy, together)
            replaced = any(draft.policy.slug == slug for draft in together.drafts(school_id))
            draft = together.save_draft(policy, source, doubts)
            self._audit.note(together.transaction, school_id, who, Action.BROUGHT_IN, slug=slug)
        return BroughtIn(draft, doubts, ignored, name, replaced)


def _shown(name: str) -> str:
    """Return a file's name as it may be shown: without folders and what cannot be printed, and not all of a long one."""
    last = re.split(r"[/\\]", name)[-1]
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in last).split()) or "document"
    stem, dot, ending = plain.rpartition(".")
    if len(plain) <= LONGEST_NAME:
        return plain
    return f"{stem[:LONGEST_NAME]}….{ending}" if dot and len(ending) <= 5 else f"{plain[:LONGEST_NAME]}…"


def to_look_at(draft: Policy, doubts: Sequence[Doubt], today: date) -> list[Finding]:
    """Return what somebody should look at in a draft, in the order of the document."""
    findings = [*check_policy(draft, today), *place_doubts(draft, doubts)]
    order = {one.id: at for at, one in enumerate(one for part in draft.sections for one in part.elements)}
    return sorted((one for one in findings if one.concern not in _TOLD_ELSEWHERE), key=lambda one: order.get(one.element, -1))


def _before(school_id: str, slug: str, versions: Versions) -> list[Policy]:
    """Return what a document would take the place of: the draft of the policy, and the version in force."""
    drafts = [draft.policy for draft in versions.drafts(school_id) if draft.policy.slug == slug]
    current = versions.current(school_id, slug)
    return [*drafts, *([current] if current else [])]


def _require_to_supplement(school_id: str, slug: str, supplements: str, versions: Versions) -> None:
    """Raise BotError where a policy cannot be an addendum to another: that must be a trust's, in force at the school."""
    current = versions.current(school_id, supplements)
    if slug == supplements:
        raise BotError("A policy is no addendum to itself: bring the addendum in under a name of its own.")
    if current is None or not current.trust:
        raise BotError(f"There is no trust's policy {supplements} in force here: an addendum supplements one that is.")


def _slug(policy: Policy, versions: Versions, supplements: str | None) -> str:
    """Return the policy of the school that has this title, or nearly; a new one where none has.

    An addendum may have the title of what it supplements: the school's own goes before its trust's.
    """
    published = versions.published(policy.school)
    current = published.policies if published else ()
    there = (*current, *(draft.policy for draft in versions.drafts(policy.school)))
    titles, of_trust = {one.slug: one.title for one in there}, {one.slug for one in there if one.trust}
    ours = _words(published.school.name, set()) if published else set()
    others = {slug: title for slug, title in titles.items() if slug != supplements}
    same = [slug for slug, title in others.items() if _is_same(_words(title, ours), _words(policy.title, ours))]
    if same:
        return max(same, key=lambda slug: (slug not in of_trust, _likeness(titles[slug].lower(), policy.title.lower())))
    wanted = slug_of(policy.title).replace(".", "-")[:LONGEST_SLUG].strip("-") or "policy"
    return next(name for name in (wanted, *(f"{wanted}-{n}" for n in range(2, 1000))) if name not in titles)


def _words(title: str, ours: Collection[str]) -> set[str]:
    """Return the words that tell a title from others; all of it where there are none but those `ours` and of any title."""
    words = set(re.findall(r"[^\W_]+", title.lower()))
    return {word for word in words if not (word in _OF_ANY_TITLE or word in ours or _YEAR.fullmatch(word))} or words


def _is_same(one: set[str], other: set[str]) -> bool:
    """Tell whether each word of a title has its like in the other."""
    alone, over = one - other, other - one
    found = all(any(_likeness(word, like) >= _SAME_WORD for like in over) for word in alone)
    return found and all(any(_likeness(word, like) >= _SAME_WORD for like in alone) for word in over)


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _refuse_the_same(policy: Policy, versions: Versions) -> None:
    """Refuse the document that the current version or the draft was made of, word for word."""
    for draft in versions.drafts(policy.school):
        if (draft.policy.slug, draft.policy.source_sha256) == (policy.slug, policy.source_sha256):
            raise BotError("You have brought in this very document already: its draft is waiting for you.")
    published = versions.published(policy.school)
    for number, current in published.versions if published else ():
        if (current.slug, current.source_sha256) == (policy.slug, policy.source_sha256):
            raise BotError(f"This is the very document that version {number} was made of: there is nothing new in it.")


# "Mobile Phone Policy", but not "Monitoring of this policy".
_TITLE = re.compile(r"(?<!this )(?<!the )(?<!our )\b(?:policy|code of conduct)$", re.IGNORECASE)
_APPENDIX = re.compile(r"(?:appendix|annexe?|schedule|attachment)\b", re.IGNORECASE)


def require_one_policy(policy: Policy) -> None:
    """Refuse a document with two policies in it: under a second title, which is no appendix's, sections count from 1 again.

    Raises BotError, which names the two.
    """
    for at, section in enumerate(policy.sections):
        if _APPENDIX.match(section.title):
            return
        another = not section.number and _TITLE.search(section.title) and section.title.casefold() != policy.title.casefold()
        if another and _counts_from_one(policy.sections[:at]) and _counts_from_one(policy.sections[at + 1 :]):
            named = f"{in_quotes(policy.title)} and {in_quotes(section.title)}"
            raise BotError(f"There seem to be several policies in this file ({named}): save each as a file of its own.")


def _counts_from_one(sections: Sequence[Section]) -> bool:
    """Tell whether sections are numbered from 1, the first of them or one after a few words of introduction."""
    numbers = [section.number for section in sections if section.number.isdigit()]
    return numbers[:2] == ["1", "2"] and any(section.number == "1" for section in sections[:2])
