"""The pages of a draft: its clauses as they were found, what is doubtful about them, and each fixed by hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from starlette.responses import Response
from starlette.routing import Route

from bot.answer import PARTY_WORDS, trusts
from bot.audit import Action, Audit
from bot.bringing_in import to_look_at
from bot.clock import day_of
from bot.desk.fixes import DECIDING, OF_CLAUSE, OF_LEAD_IN, Edit, Fix
from bot.desk.gate import TO_READ, Done, Gate, Handler, Visit
from bot.desk.signature import Signatures
from bot.desk.words import EVERYBODY, KEEPERS, OFFICE, STANCES, titles
from bot.errors import BotError
from bot.policy_pages import page_sections
from bot.trusts import require_own
from corpus import editing
from corpus.checking import Finding
from corpus.clause import RULINGS, Clause, LeadIn, Policy
from corpus.errors import StoreError
from corpus.versions import CHANGED_MEANWHILE, Version, Versions

# So many characters of the document are shown round the part that is being fixed.
ROUND_IT = 250


def draft_of(versions: Versions, visit: Visit) -> Version:
    """Return the draft that a page is about. Raises StoreError where there is none any more."""
    try:
        return versions.draft(visit.school.id, visit.path("slug"))
    except StoreError:
        raise StoreError("There is no draft of this policy: bring in the document first.") from None


@contextmanager
def as_shown(versions: Versions, audit: Audit, visit: Visit, action: Action) -> Iterator[tuple[Versions, int]]:
    """Yield the transaction in which a form changes a draft, noted in the trail, and the edits of the draft that it was made for.

    The digest tells which draft that was: of another document's draft nothing was shown. Raises StoreError where there is none,
    and BotError where it is a trust's.
    """
    slug = visit.path("slug")
    with versions.all_at_once(visit.school.id) as together:
        together.require_school(visit.school.id)
        draft = draft_of(together, visit)
        if draft.digest != visit.typed("digest"):
            raise StoreError(CHANGED_MEANWHILE)
        require_own(draft.policy)
        yield together, draft.edits
        audit.note(together.transaction, visit.school.id, visit.who, action, slug=slug)


class DraftPages:
    """The pages over the drafts of a school; `now` is the time in UTC."""

    def __init__(self, versions: Versions, audit: Audit, signatures: Signatures, now: Callable[[], datetime]) -> None:
        """Keep the parts."""
        self._versions = versions
        self._audit = audit
        self._signatures = signatures
        self._now = now

    def routes(self, gate: Gate) -> list[Route]:
        """Return the addresses of the pages."""
        whole: dict[str, Handler] = {
            "about": self._about,
            "drop": self._drop,
            "bring-back": self._bring_back,
            "unmake-heading": self._unmake_heading,
        }
        part: dict[str, Handler] = {name: partial(self._fix, name) for name in {**OF_CLAUSE, **OF_LEAD_IN}}
        return [
            gate.page("/policies/{slug}/draft", EVERYBODY, self._show, whole, by_mail=TO_READ),
            gate.page("/policies/{slug}/draft/parts/{part}", OFFICE, self._part, part),
        ]

    def _show(self, visit: Visit) -> Response:
        draft = self._draft(visit)
        doubtful = self._doubtful(draft)
        doubts: dict[str, list[str]] = {}
        for one in doubtful:
            doubts.setdefault(one.element, []).append(one.sentence)
        current = {slug: number for slug, number, _ in self._versions.policies(visit.school.id) if number and slug != RULINGS}
        return visit.page(
            "draft",
            draft=draft,
            current=current.get(draft.policy.slug),
            beside=[title for slug, title in titles(self._versions, visit.school.id).items() if slug in current],
            slug=draft.policy.slug,
            sections=list(enumerate(page_sections(draft.policy, day_of(self._now())))),
            general=doubts.get("", []),
            doubts=doubts,
            first=[one for one in doubtful if one.element],
            stances=STANCES,
            parties=PARTY_WORDS,
            may_edit=visit.role in OFFICE and not draft.policy.trust,
            whose=trusts(draft.policy.trust) if draft.policy.trust else "",
            supplemented=titles(self._versions, visit.school.id).get(draft.policy.supplements or ""),
            set_aside=[(at, one) for at, one in enumerate(draft.policy.passages) if one.kind == editing.SET_ASIDE],
        )

    def _part(self, visit: Visit) -> Response:
        draft = self._draft(visit)
        require_own(draft.policy)
        part, source = _element(draft, visit), draft.source or ""
        start, end = (part.at[0].start, part.at[-1].end) if part.at else (0, 0)
        section = next(one for one in draft.policy.sections if part in one.elements)
        after = section.elements[section.elements.index(part) + 1 :]
        return visit.page(
            "part",
            draft=draft,
            slug=draft.policy.slug,
            part=part,
            is_clause=isinstance(part, Clause),
            lead_in=draft.policy.lead_in_words(part.lead_in if isinstance(part, Clause) else part.under),
            lead_ins=[one for one in section.elements if isinstance(one, LeadIn)],
            following=[one for one in after if isinstance(one, Clause)],
            around=_around(source, start, end),
            doubts=[one.sentence for one in self._doubtful(draft) if one.element == part.id],
            stances=STANCES,
            parties=PARTY_WORDS,
            may_decide=visit.role in KEEPERS,
        )

    def _doubtful(self, draft: Version) -> list[Finding]:
        """Return what somebody should look at in a draft, in the order of the document."""
        return to_look_at(draft.policy, draft.doubts, day_of(self._now()))

    def _draft(self, visit: Visit) -> Version:
        return draft_of(self._versions, visit)

    def _changed(self, visit: Visit, edit: Edit, said: str, anchor: str = "") -> Response:
        """Carry an edit out on the draft that the form was made for, and go on to it."""
        visit.require(OFFICE, "Only those who prepare the policies change a draft.")
        slug = visit.path("slug")
        with as_shown(self._versions, self._audit, visit, Action.EDITED_DRAFT) as (together, edits):
            together.change_draft(visit.school.id, slug, edits, edit)
        raise Done(f"/policies/{slug}/draft{f'#{anchor}' if anchor else ''}", said)

    def _fix(self, name: str, visit: Visit) -> Response:
        draft = self._draft(visit)
        part = _element(draft, visit)
        asked = (OF_CLAUSE if isinstance(part, Clause) else OF_LEAD_IN).get(name)
        if asked is None:
            raise BotError("That cannot be done with this part: look at the draft once more.")
        if name in DECIDING:
            visit.require(KEEPERS, "Only the headteacher says what a clause makes of the matter.")
        by, on = self._signatures.of(visit.school, visit.role), day_of(self._now())
        edit, said = asked(Fix(visit, part, draft.source or "", by, on))
        return self._changed(visit, edit, said, part.id)

    def _about(self, visit: Visit) -> Response:
        title, adopted, review_due = (visit.typed(name) for name in ("title", "adopted", "review_due"))

        def edit(policy: Policy) -> Policy:
            return editing.change_dates(editing.change_title(policy, title), adopted, review_due)

        return self._changed(visit, edit, "Title and dates are changed.")

    def _bring_back(self, visit: Visit) -> Response:
        at = visit.number("passage")
        return self._changed(
            visit,
            lambda policy: editing.bring_back(policy, -1 if at is None else at),
            "It is a clause again.",
        )

    def _unmake_heading(self, visit: Visit) -> Response:
        at = visit.number("section")
        return self._changed(
            visit,
            lambda policy: editing.unmake_heading(policy, -1 if at is None else at),
            "It is a clause now.",
        )

    def _drop(self, visit: Visit) -> Response:
        visit.require(OFFICE, "Only those who prepare the policies throw a draft away.")
        with as_shown(self._versions, self._audit, visit, Action.DROPPED_DRAFT) as (together, _):
            together.drop_draft(visit.school.id, visit.path("slug"))
        raise Done("/policies", "The draft is thrown away. What is published has not changed.")


def _element(draft: Version, visit: Visit) -> Clause | LeadIn:
    """Return the part of a draft that a page is about. Raises StoreError where it is not there any more."""
    wanted = visit.path("part")
    part = next((one for section in draft.policy.sections for one in section.elements if one.id == wanted), None)
    if part is None:
        raise StoreError("This part of the draft is not there any more: somebody has joined it, or set it aside.")
    return part


def _around(source: str, start: int, end: int) -> tuple[str, str, str]:
    """Return what stands before a part of a document, the part, and what stands after it; where it is cut, at white space."""
    before, after = source[max(0, start - ROUND_IT) : start], source[end : end + ROUND_IT]
    if start > ROUND_IT:
        before = f"… {before.partition(' ')[2]}"
    if end + ROUND_IT < len(source):
        after = f"{after.rpartition(' ')[0]} …"
    return before, source[start:end], after
