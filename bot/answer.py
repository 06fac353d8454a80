"""A decision -> the answer: headline, quoted clauses, citations, whom to speak to; no channel's markup."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from bot.contacts import Escalation, contact, resolve
from corpus.clause import Party, Policy, Role, Stance
from corpus.dates import PolicyDate
from corpus.law import Law, superseded_law
from retrieval.conflicts import Conflict
from retrieval.decision import PROHIBITING, Decision, Outcome
from retrieval.index import Index, IndexedClause
from retrieval.sides import Side
from retrieval.urgency import Danger, danger_of
from retrieval.vectors import WordVectors

# What a headline says of each stance. Never a bare yes or no, so that no phrasing of a question can turn it round.
VERDICTS = {
    Stance.FORBIDDEN: "not allowed.",
    Stance.DISCOURAGED: "advised against.",
    Stance.CONDITIONAL: "only on a condition.",
    Stance.ALLOWED: "allowed.",
    Stance.REQUIRED: "a rule that must be followed.",
    Stance.RECOMMENDED: "advice to follow.",
    Stance.INFORMATIONAL: "this is what it says.",
}
ADVISED_AGAINST = "“Advised against” means that the policy asks you not to. Do not do it without speaking to somebody first."
# From this likeness on a matter is said to be what the question was read as.
PLAINLY_ALIKE = 0.63
# From this confidence of a link on a clause may rule on a matter: no reply says that nothing does.
RULED = 0.2
# So many more clauses are offered to whoever did not mean the first.
MOST_OTHERS = 2
NEAREST_RULE = "The nearest rule in your policy:"
# From Keeping Children Safe in Education, Part four; docs/safeguarding.md.
SELF_REPORT = "You may report a low-level concern about yourself to the headteacher."
_PERMISSIONS = (Stance.ALLOWED, Stance.CONDITIONAL)
_PARTY_WORDS = {
    Party.STAFF: "staff",
    Party.PUPILS: "pupils",
    Party.PARENTS: "parents and carers",
    Party.GOVERNORS: "governors",
    Party.VOLUNTEERS: "volunteers",
    Party.VISITORS: "visitors",
    Party.CONTRACTORS: "contractors",
}


class Citation(Struct, frozen=True):
    """Where a quoted clause stands, and its words; the fields are those of `policybot ask --json`."""

    clause_id: str
    policy: str
    version: int
    section: str
    label: str
    lead_in: str | None
    text: str
    reading: str | None
    repairs: tuple[str, ...]
    url: str | None
    adopted: str | None
    review_due: str | None
    overdue: bool


class Quote(Struct, frozen=True):
    """A clause as a reply shows it: the citation, its words cut at the deciding ones, and what to know about it."""

    citation: Citation
    before: str
    deciding: str
    after: str
    dates: str
    notes: tuple[str, ...]
    school: str
    slug: str
    ref: str

    @property
    def words(self) -> str:
        """The clause word for word, without its lead-in."""
        return self.citation.reading or self.citation.text

    @property
    def leading(self) -> str:
        """What the deciding words are read after: their lead-in, and their own sentence up to them."""
        begun = self.before.replace("; ", ". ").rpartition(". ")[2] if self.deciding else ""
        return f"{self.citation.lead_in} {begun}" if self.citation.lead_in else begun

    @property
    def key_words(self) -> str:
        """The words that decide, after what they are read after."""
        return f"{self.leading}{self.deciding or self.words}"


class ConflictNotice(Struct, frozen=True):
    """What a reply says where two of the school's rules differ: the first two that it quotes or offers, the stricter first.

    `titles` tell them apart. `later` is the one whose policy was adopted later, None where the dates do not tell.
    """

    stricter: Citation
    later: Citation | None
    sentences: tuple[str, ...]
    titles: tuple[str, ...]


class RankingRow(Struct, frozen=True):
    """One of the best clauses, for programs."""

    clause_id: str
    score: float
    text: str


class Answer(Struct, frozen=True):
    """Everything a channel needs to reply. The governing clause is the first of `quotes`; nothing here is markup.

    `others` are references to the next best clauses, which a reply may show to whoever did not mean the first.
    """

    school: str | None
    school_name: str | None
    question: str
    outcome: Outcome
    headline: str
    stance: Stance | None = None
    stance_confirmed: bool = False
    confidence: float = 0.0
    quotes: tuple[Quote, ...] = ()
    offered: tuple[Quote, ...] = ()
    notes: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()
    conflict: ConflictNotice | None = None
    escalation: Escalation | None = None
    steps: tuple[str, ...] = ()
    read_as: str | None = None
    ranking: tuple[RankingRow, ...] = ()
    others: tuple[str, ...] = ()
    danger: Danger | None = None


def to_answer(question: str, decision: Decision, index: Index, today: date) -> Answer:
    """Return the answer to a question of a school's staff, as of `today`."""
    build = {
        Outcome.ANSWERED: _answered,
        Outcome.CHOOSE: _choose,
        Outcome.NOT_COVERED: _not_covered,
        Outcome.URGENT: _urgent,
        Outcome.SMALLTALK: _smalltalk,
    }[decision.outcome]
    rows = tuple(RankingRow(hit.clause.clause.id, round(hit.score, 4), hit.clause.clause.text) for hit in decision.ranking.hits)
    bare = Answer(
        school=index.school.id,
        school_name=index.school.name,
        question=question,
        outcome=decision.outcome,
        headline="",
        stance=decision.stance,
        stance_confirmed=bool(decision.governing and decision.governing.clause.clause.confirmed),
        confidence=round(decision.confidence, 4),
        read_as=_read_as(decision),
        ranking=rows,
        danger=decision.danger,
    )
    answer = build(bare, decision, index, today)
    shown = {quote.ref for quote in (*answer.quotes, *answer.offered)}
    next_best = (ref_of(hit.clause) for hit in decision.ranking.hits if not hit.clause.is_detail)
    return replace(answer, others=tuple(ref for ref in next_best if ref not in shown)[:MOST_OTHERS])


def needs_school(question: str, schools: Sequence[str], vectors: WordVectors) -> Answer:
    """Return the answer where it is not known whose policies apply; `schools` are the names to choose from.

    The urgent route does not wait for a school.
    """
    danger = danger_of(question, vectors)
    if danger:
        return _route(Answer(None, None, question, Outcome.URGENT, headline="", confidence=1.0, danger=danger), danger, ())
    return Answer(
        school=None,
        school_name=None,
        question=question,
        outcome=Outcome.NEEDS_SCHOOL,
        headline="Which school do you ask for?",
        notes=(f"Choose one of: {', '.join(schools)}.",) if schools else (),
    )


def to_plain_object(answer: Answer, text: str, identifier: str | None) -> dict[str, object]:
    """Return the object of `policybot ask --json`; `text` is the whole reply as plain text."""
    return {
        "id": identifier,
        "school": answer.school,
        "question": answer.question,
        "outcome": answer.outcome,
        "stance": answer.stance,
        "stance_confirmed": answer.stance_confirmed,
        "headline": answer.headline,
        "confidence": answer.confidence,
        "citations": [quote.citation for quote in answer.quotes or answer.offered],
        "conflict": answer.conflict and _conflict_as_object(answer.conflict),
        "escalation": answer.escalation,
        "ranking": answer.ranking,
        "text": text,
    }


def _conflict_as_object(conflict: ConflictNotice) -> dict[str, str | None]:
    # Two policies may each have a clause 1.1, so the policies are named too.
    stricter, later = conflict.stricter, conflict.later
    return {
        "stricter": stricter.clause_id,
        "stricter_policy": stricter.policy,
        "later": later.clause_id if later else None,
        "later_policy": later.policy if later else None,
    }


def to_json(answer: Answer, text: str, identifier: str | None = None) -> bytes:
    """Return the object of `policybot ask --json` as one line of JSON."""
    return msgspec.json.encode(to_plain_object(answer, text, identifier))


def whose_policy(index: Index, policy: Policy) -> str:
    """Return how a headline names a policy: `Coniston's policy of May 2018`, `Chase Terrace's policy (undated)`."""
    dated = f" of {policy.adopted.spoken}" if policy.adopted else " (undated)"
    return f"{_whose(index)} policy{dated}"


def _whose(index: Index) -> str:
    """Return the school's short name in the possessive: `Coniston's`."""
    name = index.school.short_name
    return name if name.endswith(("'s", "’s")) else f"{name}'s"


def _read_as(decision: Decision) -> str | None:
    """Return what the question was read as, in a few words, where that is plain enough to be said."""
    matter = decision.ranking.matter
    if matter is None or matter.likeness < PLAINLY_ALIKE or decision.outcome is Outcome.URGENT:
        return None
    return matter.name[:1].lower() + matter.name[1:] if matter.name[1:2].islower() else matter.name


def _answered(bare: Answer, decision: Decision, index: Index, today: date) -> Answer:
    governing = decision.governing
    if governing is None or decision.stance is None:
        raise ValueError("an answered question has a governing clause and a stance")
    clause, policy = governing.clause.clause, governing.clause.policy
    escalation = resolve(clause.roles, index.policies)
    conflict = decision.conflict
    headline = (_headline_of_conflict if conflict else _headline)(decision.stance, governing.clause, index)
    quotes = [quote(governing.clause, today, decision.stance)]
    if conflict:
        quotes.append(quote(conflict.looser.hit.clause, today, conflict.looser.stance))
    notes = what_to_know(decision.stance, policy, today)
    if decision.happened and decision.stance in PROHIBITING:
        headline = f"{headline} As it has happened, speak now to {escalation.words}."
        if Side.PUPIL in governing.clause.sides():
            notes = (*notes, SELF_REPORT)
    return replace(
        bare,
        headline=headline,
        quotes=(*quotes, *(quote(hit.clause, today) for hit in decision.supporting)),
        notes=notes,
        conflict=conflict and _notice(conflict, quotes, index),
        escalation=escalation,
    )


def _headline(stance: Stance, governing: IndexedClause, index: Index) -> str:
    if is_unconfirmed_permission(stance, governing):
        return NEAREST_RULE
    return f"{whose_policy(index, governing.policy)}: {_verdict(stance, governing)}"


def _headline_of_conflict(stance: Stance, stricter: IndexedClause, index: Index) -> str:
    differ = f"Two of {_whose(index)} rules differ."
    if is_unconfirmed_permission(stance, stricter):
        return f"{differ} The stricter says:"
    return f"{differ} The stricter ({stricter.policy.title}, {_adopted(stricter.policy)}): {_verdict(stance, stricter)}"


def is_unconfirmed_permission(stance: Stance, governing: IndexedClause) -> bool:
    """Tell whether a stance permits and no person has confirmed that: then no reply states it."""
    return stance in _PERMISSIONS and not governing.clause.confirmed


def _verdict(stance: Stance, governing: IndexedClause) -> str:
    binds = governing.clause.binds
    whom = "" if Party.STAFF in binds or not binds else f"for {_listed(binds)}: "
    return f"{whom}{VERDICTS[stance]}"


def _notice(conflict: Conflict, quotes: Sequence[Quote], index: Index) -> ConflictNotice:
    """Return what to say of a conflict; `quotes` are of the stricter clause and of the looser."""
    verdicts = (conflict.stricter, conflict.looser)
    policies = [verdict.hit.clause.policy for verdict in verdicts]
    stricter, looser = (
        f"{quote.citation.policy}, {quote.citation.label} ({_adopted(policy)})"
        for quote, policy in zip(quotes, policies, strict=True)
    )
    later = next((quote for quote, verdict in zip(quotes, verdicts, strict=True) if verdict is conflict.later), None)
    if later is None:
        which = f"{stricter}, is stricter than {looser}. Their dates do not tell which was approved later."
    elif later is quotes[0]:
        which = f"{stricter}, is the stricter, and was approved later than {looser}."
    else:
        which = f"{stricter}, is the stricter; {looser}, was approved later."
    return ConflictNotice(
        stricter=quotes[0].citation,
        later=later.citation if later else None,
        sentences=(
            which,
            "Until the headteacher has decided which of them holds, the stricter is the safe one to follow. "
            f"Ask {contact(Role.HEADTEACHER, index.policies).words}.",
        ),
        titles=tuple(
            f"{rule}{', approved later' if quote is later else '' if policy.adopted else ', undated'}"
            for rule, quote, policy in zip(("The stricter rule", "The other rule"), quotes, policies, strict=True)
        ),
    )


def _listed(parties: Sequence[Party]) -> str:
    words = [_PARTY_WORDS[party] for party in parties]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def what_to_know(stance: Stance, policy: Policy, today: date) -> tuple[str, ...]:
    """Return what to know before one relies on a stance that a reply states."""
    notes = []
    if stance is Stance.DISCOURAGED:
        notes.append(ADVISED_AGAINST)
    if stance in _PERMISSIONS:
        if policy.adopted is None:
            notes.append("The policy has no date: check before relying on this.")
        elif policy.review_due and policy.review_due.is_past(today):
            notes.append("The policy is past its review date: check before relying on this.")
    return tuple(notes)


def _choose(bare: Answer, decision: Decision, index: Index, today: date) -> Answer:
    offered = tuple(quote(hit.clause, today) for hit in decision.offered)
    notice = decision.conflict and _notice(decision.conflict, offered[:2], index)
    return replace(
        bare,
        headline="One of these rules may be the one you mean. None of them is certain to be:",
        offered=offered,
        conflict=notice and replace(notice, sentences=("The first two of these rules differ.", *notice.sentences)),
        escalation=resolve((), index.policies),
    )


def _not_covered(bare: Answer, decision: Decision, index: Index, today: date) -> Answer:
    evidence = decision.ranking.evidence
    silent = bare.read_as is not None and evidence is not None and evidence.ruled < RULED
    told = f"say nothing about this: {bare.read_as}." if silent else "do not settle this."
    return replace(
        bare,
        headline=f"{_whose(index)} policies, as far as I can find, {told}",
        read_as=None if silent else bare.read_as,
        notes=("That does not mean that it is allowed.",),
        searched=tuple(f"{policy.title} ({dates(policy, today)})" for policy in index.policies),
        escalation=resolve((), index.policies),
    )


def _smalltalk(bare: Answer, _decision: Decision, _index: Index, _today: date) -> Answer:
    return replace(
        bare,
        headline="Hello. I find the rule in your school's policies that answers a question.",
        notes=("Ask me something like: can I accept a parent's friend request?",),
    )


# The urgent steps, in the order in which they are given; each from the sources of docs/safeguarding.md.
_NOW = "If anybody is in immediate danger, ring 999 now."
_NOT_REPORTING = "Telling me is not reporting: nobody has seen this."
_DO_NOT = "Do not investigate, do not ask leading questions, and do not promise to keep it secret."
_IMAGES = "Do not view, copy, print, share, save or delete any image. Leave the device as it is."


def _urgent(bare: Answer, decision: Decision, index: Index, today: date) -> Answer:
    quotes: tuple[Quote, ...] = ()
    if decision.governing:
        quotes = (quote(decision.governing.clause, today, decision.stance),)
    return _route(replace(bare, quotes=quotes), decision.danger, index.policies)


def _route(bare: Answer, danger: Danger | None, policies: Sequence[Policy]) -> Answer:
    """Return `bare` with the route that a danger asks for, by the names that the policies give."""
    steps: tuple[str, ...]
    dsl = contact(Role.DSL, policies)
    head = contact(Role.HEADTEACHER, policies)
    chair = contact(Role.GOVERNORS, policies)
    match danger:
        case Danger.ASKER_AT_RISK:
            return replace(
                bare,
                stance=None,
                stance_confirmed=False,
                quotes=(),
                headline="I am sorry that it is this hard. Please talk to somebody now.",
                steps=(
                    "If you are in danger, ring 999.",
                    "Samaritans, day and night: ring 116 123.",
                    "SHOUT, by text: send SHOUT to 85258.",
                    "NHS: ring 111.",
                ),
            )
        case Danger.ALLEGATION:
            steps = (
                _NOW,
                f"Tell {head.words} today. If it is about the headteacher, tell {chair.words} instead.",
                _DO_NOT + " Do not speak about it to the person concerned.",
                _NOT_REPORTING,
            )
            return replace(bare, headline="Tell the headteacher now.", steps=steps, escalation=head)
        case Danger.THREAT:
            steps = (
                _NOW,
                "If it is not an emergency, ring the police on 101.",
                f"Tell {head.words} now.",
                _NOT_REPORTING,
            )
            return replace(bare, headline="Get help now.", steps=steps, escalation=head)
        case Danger.INDECENT_IMAGE:
            steps = (_NOW, f"Tell {dsl.words} now, or a deputy.", _IMAGES, _DO_NOT, _NOT_REPORTING)
            return replace(bare, headline="Tell your safeguarding lead now.", steps=steps, escalation=dsl)
        case _:
            steps = (
                _NOW,
                f"Tell {dsl.words} now, or a deputy. Anybody may also ring children's social care at the council.",
                _DO_NOT,
                _NOT_REPORTING,
            )
            return replace(bare, headline="Tell your safeguarding lead now.", steps=steps, escalation=dsl)


def ref_of(indexed: IndexedClause) -> str:
    """Return a short name (at most 23 characters) of a clause of a published version, by which a button can ask for it."""
    return f"{shortened(f'{indexed.policy.school}/{indexed.policy.slug}')}.{indexed.version}.{shortened(indexed.clause.id)}"


def shortened(name: str) -> str:
    """Return eight characters that stand for a longer name."""
    return sha256(name.encode()).hexdigest()[:8]


def quote(indexed: IndexedClause, today: date, asserted: Stance | None = None) -> Quote:
    """Return a clause as a reply shows it; `asserted` is the stance that the headline states, None where none is."""
    clause, policy = indexed.clause, indexed.policy
    citation = Citation(
        clause_id=clause.id,
        policy=policy.title,
        version=indexed.version,
        section=" > ".join(indexed.headings),
        label=clause.label,
        lead_in=indexed.lead_in,
        text=clause.text,
        reading=clause.reading,
        repairs=clause.repairs,
        url=None,
        adopted=policy.adopted and str(policy.adopted),
        review_due=policy.review_due and str(policy.review_due),
        overdue=bool(policy.review_due and policy.review_due.is_past(today)),
    )
    # Beside a headline of the second stance the words of the first would say the contrary.
    decides = clause.deciding
    if asserted not in (None, clause.stance):
        decides = clause.second.when if clause.second and clause.second.stance is asserted else ""
    before, deciding, after = clause.words.partition(decides) if decides else (clause.words, "", "")
    about = _about(indexed, superseded_law(clause.words))
    return Quote(
        citation,
        before,
        deciding,
        after,
        dates(policy, today),
        about,
        policy.school,
        policy.slug,
        "" if indexed.is_detail else ref_of(indexed),
    )


def dates(policy: Policy, today: date) -> str:
    """Return a policy's dates as a reply gives them."""
    adopted = _adopted(policy)
    if policy.review_due is None:
        return adopted
    overdue = policy.review_due.is_past(today)
    return f"{adopted}; {'was due for review in' if overdue else 'review due'} {_month(policy)}"


def _adopted(policy: Policy) -> str:
    return policy.adopted.spoken if policy.adopted else "undated"


def _month(policy: Policy) -> str:
    return PolicyDate(policy.review_due[:7]).spoken if policy.review_due else ""


def _about(indexed: IndexedClause, law: Law | None) -> tuple[str, ...]:
    clause = indexed.clause
    notes = []
    if clause.note:
        notes.append(clause.note)
    if clause.repairs:
        notes.append(f"The school's document is damaged here and was repaired: {'; '.join(clause.repairs)}.")
    if law:
        notes.append(f"It names {law.name}; {law.replaced_by} took its place.")
    return tuple(notes)
