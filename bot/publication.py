"""The one way in which what a school answers from is changed: published, rolled back, corrected, confirmed, ruled, approved.

The new index is built inside the transaction of the change, before it is kept, and is then answered from whole.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec
from msgspec import structs
from sqlalchemy import Connection

from bot.audit import Action, Audit
from bot.bootstrap import Indexes
from bot.errors import BotError
from bot.proposals import Kind, Proposal, Proposals, Proposed
from bot.readiness import DRAFT_CHANGED, Readiness
from bot.rulings import Ruled, Rulings, looser_than_published, read_ruling
from bot.trusts import require_own
from corpus.clause import RULINGS, Clause, Correction, Policy
from corpus.editing import require_own_words
from corpus.errors import StoreError
from corpus.loosening import loosened, looser_changes
from corpus.versions import NOT_RECORDED, Approval, Versions
from retrieval.index import Index

# What follows from a change, in its transaction: it is given that, the school's id, and the index before and after.
Hook = Callable[[Connection, str, Index, Index], None]
Made = TypeVar("Made")
_MEANWHILE = "Something else was published meanwhile: look at what staff will be told once more, then publish."


# Who is named as having approved a version or a ruling; who that was stands in the audit trail.
THE_CHAIR = "the chair of governors"


class Publication:
    """Changes of what the schools of a store answer from."""

    def __init__(
        self,
        *,
        indexes: Indexes,
        readiness: Readiness,
        proposals: Proposals,
        audit: Audit,
        hooks: Sequence[Hook] = (),
    ) -> None:
        """Keep the parts; each of the `hooks` is called for every change, inside its transaction."""
        self._indexes = indexes
        self._versions = indexes.versions
        self._readiness = readiness
        self._proposals = proposals
        self._audit = audit
        self._hooks = tuple(hooks)

    def change(self, school_id: str, make: Callable[[Versions], Made]) -> Made:
        """Return what `make` returns, which changes what a school answers from; all of it is kept, or nothing.

        `make` is given the versions of the transaction. Raises what it raises, and StoreError where there is no such school.
        """
        with self._versions.all_at_once(school_id) as together:
            together.require_school(school_id)
            before = self._indexes.of(school_id, revision=together.revision(school_id))
            made = make(together)
            after = self._indexes.build(together, school_id)
            for hook in self._hooks:
                hook(together.transaction, school_id, before, after)
        self._indexes.put(after)
        return made

    def publish(
        self,
        school_id: str,
        slug: str,
        digest: str,
        who: str,
        approval: Approval = NOT_RECORDED,
        *,
        of_trust: bool = False,
    ) -> int:
        """Publish the draft of this digest, and return the number of the version.

        Raises BotError with the first of the hindrances, where there are any, or where it is a trust's, or takes the place of a
        trust's, and that is not done for the trust (`of_trust`); and StoreError where there is no draft.
        """
        revision = self._versions.revision(school_id)
        hindrances = self._readiness.hindrances(school_id, slug, digest)
        if hindrances:
            raise BotError(hindrances[0])
        approved = self._readiness.approval(school_id, slug, digest)
        if approved:
            approval = replace(
                approval,
                approved_by=approval.approved_by or THE_CHAIR,
                minutes=approval.minutes or approved.minutes,
            )

        def make(together: Versions) -> int:
            if together.revision(school_id) != revision:
                raise BotError(_MEANWHILE)  # what was tried was tried beside something else
            before, after = together.current(school_id, slug), together.draft(school_id, slug).policy
            if not of_trust:
                require_own(before, after)
            number = together.publish(school_id, slug, who, approval, digest=digest)
            self._audit.note(together.transaction, school_id, who, Action.PUBLISHED, slug=slug, version=number)
            if approved is None:
                self._note_looser(together, number, before, after, who)
            return number

        return self.change(school_id, make)

    def roll_back(self, school_id: str, slug: str, number: int, who: str, *, of_trust: bool = False) -> None:
        """Answer from an earlier version again.

        Raises StoreError where there is no such version, and BotError where that brings back a ruling for the chair to decide, or
        takes away or brings back a trust's policy and is not done for the trust (`of_trust`).
        """

        def make(together: Versions) -> None:
            before = together.current(school_id, slug)
            together.roll_back(school_id, slug, number)
            after = together.version(school_id, slug, number).policy
            if not of_trust:
                require_own(before, after)
            self._refuse_looser_rulings(before, after)
            self._audit.note(together.transaction, school_id, who, Action.ROLLED_BACK, slug=slug, version=number)
            self._note_looser(together, number, before, after, who)

        self.change(school_id, make)

    def propose_version(self, school_id: str, slug: str, digest: str, who: str) -> int:
        """Ask the chair of governors to approve the draft of this digest; return the proposal's number.

        Raises BotError where the draft is another, and StoreError where there is none.
        """
        with self._versions.all_at_once(school_id) as together:
            draft = together.draft(school_id, slug)
            if draft.digest != digest:
                raise BotError(DRAFT_CHANGED)
            looser = _listed(looser_changes(together.current(school_id, slug), draft.policy))
            proposed = Proposed(kind=Kind.VERSION, slug=slug, digest=digest, looser=looser)
            return self._proposals.propose(together.transaction, school_id, proposed, who)

    def correct(self, school_id: str, slug: str, number: int, clause_id: str, correction: Correction, *, who: str) -> int | None:
        """Set right what is said of a clause of a published version, at once; or ask the chair of governors first.

        The chair is asked where that makes the clause looser, unless the school has switched that off; then the number of the
        proposal is returned. Raises BotError for a ruling and for a trust's policy, EditError where words are quoted that are not
        the clause's, and StoreError where there is no such version or clause.
        """
        if slug == RULINGS:
            raise BotError("A ruling is not set right: withdraw it, and write another.")
        needs_chair = self._proposals.settings(school_id).looser_needs_chair
        policy = self._versions.version(school_id, slug, number).policy
        require_own(policy)
        clause = _clause(policy, number, clause_id)
        require_own_words(clause, correction)
        looser = loosened(clause, clause.corrected(correction))
        proposed = Proposed(
            kind=Kind.CORRECTION,
            slug=slug,
            version=number,
            clause_id=clause_id,
            document=msgspec.json.encode(correction),
            looser=looser,
        )
        if looser and needs_chair:
            with self._versions.all_at_once(school_id) as together:
                return self._proposals.propose(together.transaction, school_id, proposed, who)

        def make(together: Versions) -> None:
            if _loosened(together, (school_id, slug, number), clause_id, correction) != looser:
                raise BotError("Somebody has changed this rule since you opened it: look at it as it is now.")
            self._correct(together, school_id, proposed, who)
            if looser:
                self._proposals.note_looser(together.transaction, school_id, proposed, who)

        self.change(school_id, make)
        return None

    def confirm(self, school_id: str, slug: str, number: int, clause_ids: Collection[str], who: str) -> None:
        """Note that a person agrees with what is said of clauses of a published version.

        Raises StoreError where there is no such version or clause, and BotError where it is a trust's.
        """

        def make(together: Versions) -> None:
            require_own(together.version(school_id, slug, number).policy)
            together.correct(school_id, slug, number, dict.fromkeys(clause_ids))
            for clause_id in clause_ids:
                self._audit.note(
                    together.transaction, school_id, who, Action.CONFIRMED, slug=slug, version=number, object=clause_id
                )

        self.change(school_id, make)

    def looser(self, school_id: str, ruled: Ruled) -> tuple[str | None, bool]:
        """Return how a ruling is looser than a published clause, None where it is not; and whether the chair is asked first."""
        looser = looser_than_published(self._indexes.of(school_id), ruled.note.question, ruled.stance, ruled.note.cites)
        return looser, looser is not None and self._proposals.settings(school_id).looser_needs_chair

    def would_be(self, school_id: str, ruled: Ruled, who: str, *, needs_chair: bool) -> Index:
        """Return the index from which a school would be answered if a ruling held, as the chair approves it where she is asked.

        `needs_chair` says whether she is, as `looser` does. Nothing is kept. Raises what `rule` raises.
        """
        approved_by = THE_CHAIR if needs_chair else None
        with self._versions.all_at_once(school_id) as together:
            together.require_school(school_id)
            undone = together.transaction.begin_nested()
            note = structs.replace(ruled.note, approved_by=approved_by)
            Rulings(together).rule(school_id, ruled.text, ruled.stance, note, who)
            index = self._indexes.build(together, school_id)
            undone.rollback()
        return index

    def rule(self, school_id: str, ruled: Ruled, who: str) -> int | None:
        """Let a ruling of the headteacher hold at once, or ask the chair of governors first, as `correct` does.

        The chair is asked where it is looser than a published clause. Raises BotError where something about it is not as it must
        be, and StoreError where there is no such school.
        """
        index = self._indexes.of(school_id)
        read_ruling(ruled.text, ruled.stance, ruled.note, self._versions.today())
        looser, needs_chair = self.looser(school_id, ruled)
        proposed = Proposed(kind=Kind.RULING, slug=RULINGS, document=msgspec.json.encode(ruled), looser=looser)
        if needs_chair:
            with self._versions.all_at_once(school_id) as together:
                return self._proposals.propose(together.transaction, school_id, proposed, who)

        def make(together: Versions) -> None:
            if together.revision(school_id) != index.revision:
                raise BotError("Something was published meanwhile: look whether the ruling is still needed, then try again.")
            self._rule(together, school_id, proposed, who)
            if looser:
                self._proposals.note_looser(together.transaction, school_id, proposed, who)

        self.change(school_id, make)
        return None

    def withdraw_ruling(self, school_id: str, clause_id: str, who: str) -> None:
        """Answer from a ruling no more. Raises BotError where there is no such ruling any more."""

        def make(together: Versions) -> None:
            before = together.current(school_id, RULINGS)
            Rulings(together).withdraw(school_id, clause_id, who)
            after = together.version(school_id, RULINGS)
            number = after.number or 0
            self._audit.note(
                together.transaction, school_id, who, Action.WITHDREW_RULING, slug=RULINGS, version=number, object=clause_id
            )
            self._note_looser(together, number, before, after.policy, who)

        self.change(school_id, make)

    def approve(self, school_id: str, number: int, who: str, *, comment: str = "", minutes: str = "") -> None:
        """Approve a proposal: a correction or a ruling holds at once, a version may now be published.

        Raises BotError where it does not wait any more, or what it was made for has changed since.
        """
        proposal = self._proposals.get(school_id, number)

        def make(together: Versions) -> None:
            self._proposals.approve(together.transaction, school_id, number, who, comment=comment, minutes=minutes)
            self._require_unchanged(together, proposal)
            if proposal.kind is Kind.CORRECTION:
                self._correct(together, school_id, proposal, who)
            elif proposal.kind is Kind.RULING:
                self._rule(together, school_id, proposal, who, approved_by=THE_CHAIR)

        if proposal.kind is Kind.VERSION:
            with self._versions.all_at_once(school_id) as together:
                make(together)
        else:
            self.change(school_id, make)

    def proposed(self, proposal: Proposal) -> Clause | None:
        """Return the clause as a proposal would have it, a ruling without its number; None for a version, which has many."""
        if proposal.kind is Kind.VERSION:
            return None
        if proposal.kind is Kind.RULING:
            ruled = msgspec.json.decode(proposal.document, type=Ruled)
            return Clause("", "", "", ruled.text, (), ruled.stance, ruling=ruled.note)
        number = proposal.version or 0
        policy = self._versions.version(proposal.school_id, proposal.slug, number).policy
        correction = msgspec.json.decode(proposal.document, type=Correction)
        return _clause(policy, number, proposal.clause_id or "").corrected(correction)

    def _refuse_looser_rulings(self, before: Policy | None, after: Policy) -> None:
        """Raise BotError where a ruling that comes back is looser than what is published by now, and the chair is to be asked."""
        school_id, there = after.school, {clause.id for clause in before.clauses()} if before else set()
        if not after.is_of_rulings or not self._proposals.settings(school_id).looser_needs_chair:
            return
        index = self._indexes.of(school_id)
        for clause in after.clauses():
            note = clause.ruling if clause.id not in there else None
            if note and looser_than_published(index, note.question, clause.stance, note.cites):
                raise BotError(f"{clause.label} is looser than your policy by now: write it anew, and the chair is asked.")

    def _note_looser(self, together: Versions, number: int, before: Policy | None, after: Policy, who: str) -> None:
        looser = _listed(looser_changes(before, after))
        if looser:
            done = Proposed(kind=Kind.VERSION, slug=after.slug, version=number, looser=looser)
            self._proposals.note_looser(together.transaction, after.school, done, who)

    def _correct(self, together: Versions, school_id: str, proposed: Proposed, who: str) -> None:
        number, clause_id = proposed.version or 0, proposed.clause_id or ""
        correction = msgspec.json.decode(proposed.document, type=Correction)
        together.correct(school_id, proposed.slug, number, {clause_id: correction})
        self._audit.note(
            together.transaction, school_id, who, Action.CORRECTED, slug=proposed.slug, version=number, object=clause_id
        )

    def _rule(self, together: Versions, school_id: str, proposed: Proposed, who: str, approved_by: str | None = None) -> None:
        ruled = msgspec.json.decode(proposed.document, type=Ruled)
        note = structs.replace(ruled.note, approved_by=approved_by)
        clause_id = Rulings(together).rule(school_id, ruled.text, ruled.stance, note, who)
        number = together.version(school_id, RULINGS).number
        self._audit.note(together.transaction, school_id, who, Action.RULED, slug=RULINGS, version=number, object=clause_id)

    def _require_unchanged(self, together: Versions, proposal: Proposal) -> None:
        """Raise BotError where what is proposed would not do any more what the proposal says."""
        school_id, number = proposal.school_id, proposal.version or 0
        if proposal.kind is Kind.VERSION:
            drafts = {one.digest for one in together.drafts(school_id) if one.policy.slug == proposal.slug}
            unchanged = proposal.digest in drafts
        elif proposal.kind is Kind.CORRECTION:
            correction = msgspec.json.decode(proposal.document, type=Correction)
            looser = _loosened(together, (school_id, proposal.slug, number), proposal.clause_id or "", correction)
            unchanged = together.version(school_id, proposal.slug).number == number and looser == proposal.looser
        else:
            ruled = msgspec.json.decode(proposal.document, type=Ruled)
            unchanged = self.looser(school_id, ruled)[0] == proposal.looser
        if not unchanged:
            raise BotError("What this is about was changed since you were asked: refuse it, and let them ask you anew.")


def _loosened(versions: Versions, version: tuple[str, str, int], clause_id: str, correction: Correction) -> str | None:
    """Return how a correction makes a clause of a version (school, slug, number) looser, None where it does not."""
    school_id, slug, number = version
    clause = _clause(versions.version(school_id, slug, number).policy, number, clause_id)
    return loosened(clause, clause.corrected(correction))


def _clause(policy: Policy, number: int, clause_id: str) -> Clause:
    found = policy.clause(clause_id)
    if found is None:
        raise StoreError(f"There is no clause {clause_id} in version {number} of {policy.school}/{policy.slug}.")
    return found


def _listed(lines: Sequence[str]) -> str | None:
    return "\n".join(lines) or None
