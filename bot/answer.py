"""A decision -> the answer: headline, quoted clauses, citations, whom to speak to; no channel's markup."""

from collections.abc import Sequence
from datetime import date

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from bot.contact_book import ContactRole
from bot.contradictions import contradicts, is_of_an_image
from bot.directory import COMPLAINTS, NO_SCHOOL, Directory, Route, about_roles
from bot.national_numbers import POSH
from bot.short_names import shortened
from bot.steps import Step
from bot.urgent_route import ROUTES, outside_school, urgent_route
from corpus.clause import Party, Policy, Role, RulingNote, Stance, TrustNote
from corpus.dates import PolicyDate, spoken_day
from corpus.law import Law, superseded_law
from retrieval.concerns import Complaint, concerned
from retrieval.conflicts import Conflict, Verdict
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
ADVISED_AGAINST = "“Advised against” means that the {what} asks you not to. Do not do it without speaking to somebody first."
# From this confidence of a link on a clause may rule on a matter: no reply says that nothing does.
RULED = 0.2
# So many more clauses are offered to whoever did not mean the first.
MOST_OTHERS = 2
NEAREST_RULE = "The nearest rule in your policy:"
# From Keeping Children Safe in Education, Part four; docs/safeguarding.md.
KEEPS_NOTHING = "I keep nothing of this question, and nobody at school is shown that it was asked."
# The matters of whoever works at a school and is abused or impersonated online.
TARGETED_ONLINE = frozenset(
    {
        "A pupil posts abuse or images about a member of staff",
        "AI-generated images or deepfakes of staff or pupils",
        "Being talked about or criticised by name in a parents' group or online",
        "Fake profiles, impersonation and getting content taken down",
        "Reporting online abuse or cyberbullying aimed at staff",
        "Support and wellbeing for staff targeted online",
        "What the school does about parents who post abuse or complaints about staff",
        "Where staff can get advice on the policy or online problems",
    }
)
SELF_REPORT = "You may report a low-level concern about yourself to the headteacher."
_PERMISSIONS = (Stance.ALLOWED, Stance.CONDITIONAL)
PARTY_WORDS = {
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
    """A clause as a reply shows it: the citation, its words cut at the deciding ones, and what to know about it.

    `ruling` says whose it is where it is a ruling of the headteacher, and no policy's.
    """

    citation: Citation
    before: str
    deciding: str
    after: str
    dates: str
    notes: tuple[str, ...]
    school: str
    slug: str
    ref: str
    ruling: RulingNote | None = None

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

    `titles` tell them apart. `later` is the one whose policy was adopted later, None where the dates do not tell; `prevailing` is
    the one that prevails where they are a trust's and the school's addendum to it, else None.
    """

    stricter: Citation
    later: Citation | None
    prevailing: Citation | None
    sentences: tuple[str, ...]
    titles: tuple[str, ...]

    @property
    def which(self) -> str:
        """Which two rules differ, and how they stand to each other."""
        return self.sentences[-2]


class RankingRow(Struct, frozen=True):
    """One of the best clauses, for programs."""

    clause_id: str
    score: float
    text: str


class Answer(Struct, frozen=True):
    """Everything a channel needs to reply. The governing clause is the first of `quotes`; nothing here is markup.

    `others` are references to the next best clauses, which a reply may show to whoever did not mean the first. `line` are those
    to turn to, best first, of whom `escalation` is the first; `route` is the way to them, `about` are the roles of those whom the
    question is about, `named` those that the governing clause names. `not_given` are policies that the school has not brought in.
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
    not_given: tuple[str, ...] = ()
    conflict: ConflictNotice | None = None
    escalation: Step | None = None
    steps: tuple[str, ...] = ()
    line: tuple[Step, ...] = ()
    route: Route = Route.ORDINARY
    about: tuple[ContactRole, ...] = ()
    named: tuple[Role, ...] = ()
    read_as: str | None = None
    ranking: tuple[RankingRow, ...] = ()
    others: tuple[str, ...] = ()
    danger: Danger | None = None


class Concern(Struct, frozen=True):
    """Whom in power a question is about, and the route of its complaint, if it is one."""

    roles: frozenset[Role] = frozenset()
    complaint: Complaint | None = None


NOBODY = Concern()


def to_answer(
    question: str, decision: Decision, index: Index, directory: Directory, today: date, *, concern: Concern = NOBODY
) -> Answer:
    """Return the answer to a question of a school's staff, as of `today`; `directory` says whom to turn to now."""
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
        route=_route(decision, concern),
        about=about_roles(concern.roles),
    )
    answer = build(_with_line(bare, decision, directory), decision, index, directory, today)
    if answer.about or answer.route in COMPLAINTS:
        answer = keeping_nothing(answer)
    if answer.outcome is not Outcome.URGENT and answer.route in (Route.ALLEGATION, Route.WHISTLEBLOWING):
        answer = replace(answer, notes=(*answer.notes, outside_school(directory)))
    shown = {quote.ref for quote in (*answer.quotes, *answer.offered)}
    next_best = (ref_of(hit.clause) for hit in decision.ranking.hits if not hit.clause.is_detail)
    return replace(answer, others=tuple(ref for ref in next_best if ref not in shown)[:MOST_OTHERS])


def keeping_nothing(answer: Answer) -> Answer:
    """Return an answer that says, once, that nothing of the question is kept."""
    return answer if KEEPS_NOTHING in answer.notes else replace(answer, notes=(*answer.notes, KEEPS_NOTHING))


def _route(decision: Decision, concern: Concern) -> Route:
    # What somebody in power has done to a child is an allegation, whatever the words alone sound like.
    oneself = decision.danger is Danger.ASKER_AT_RISK
    alleged = bool(concern.roles) and concern.complaint is Complaint.ALLEGATION and not oneself
    if decision.danger and not alleged:
        return ROUTES[decision.danger]
    return Route(concern.complaint) if concern.complaint else Route.ORDINARY


def _with_line(bare: Answer, decision: Decision, directory: Directory) -> Answer:
    """Return `bare` with those to turn to: nobody where somebody only greets, or is at risk herself."""
    if decision.outcome is Outcome.SMALLTALK or decision.danger is Danger.ASKER_AT_RISK:
        return bare
    named = decision.governing.clause.clause.roles if decision.governing else ()
    line = directory.line(bare.route, named=named, about=bare.about, mentioned=bare.question)
    return replace(bare, line=line, escalation=line[0], named=tuple(named))


def needs_school(question: str, schools: Sequence[str], vectors: WordVectors) -> Answer:
    """Return the answer where it is not known whose policies apply; `schools` are the names to choose from.

    The urgent route does not wait for a school.
    """
    danger = danger_of(question, vectors)
    if danger:
        about, way = about_roles(concerned(question)), ROUTES[danger]
        oneself = danger is Danger.ASKER_AT_RISK
        line = () if oneself else NO_SCHOOL.line(way, about=about, mentioned=question)
        route = urgent_route(question, danger, way, NO_SCHOOL, line)
        answer = Answer(
            school=None,
            school_name=None,
            question=question,
            outcome=Outcome.URGENT,
            headline=route.headline,
            confidence=1.0,
            escalation=None if oneself else line[0],
            steps=route.steps,
            line=line,
            route=way,
            about=about,
            danger=danger,
        )
        return keeping_nothing(answer) if about or way in COMPLAINTS else answer
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
        "escalation": answer.escalation and _escalation_as_object(answer.escalation),
        "ranking": answer.ranking,
        "text": text,
    }


def _escalation_as_object(step: Step) -> dict[str, str | None]:
    return {"role": step.role, "name": step.name, "how": step.how, "when": step.when}


def _conflict_as_object(conflict: ConflictNotice) -> dict[str, str | None]:
    # Two policies may each have a clause 1.1, so the policies are named too.
    stricter, later, prevailing = conflict.stricter, conflict.later, conflict.prevailing
    return {
        "stricter": stricter.clause_id,
        "stricter_policy": stricter.policy,
        "later": later.clause_id if later else None,
        "later_policy": later.policy if later else None,
        "prevailing": prevailing.clause_id if prevailing else None,
        "prevailing_policy": prevailing.policy if prevailing else None,
    }


def to_json(answer: Answer, text: str, identifier: str | None = None) -> bytes:
    """Return the object of `policybot ask --json` as one line of JSON."""
    return msgspec.json.encode(to_plain_object(answer, text, identifier))


def whose_policy(index: Index, policy: Policy) -> str:
    """Return how a headline names a policy: `Coniston's policy of May 2018`, `Northfield Trust's policy (undated)`."""
    dated = f" of {policy.adopted.spoken}" if policy.adopted else " (undated)"
    what = "addendum" if policy.supplements else "policy"
    return f"{trusts(policy.trust) if policy.trust else _whose(index)} {what}{dated}"


def trusts(trust: TrustNote) -> str:
    """Return a trust's name in the possessive: `Northfield Trust's`; many a name is a plural: `Northfield Schools'`."""
    is_plural = trust.name.lower().endswith(("academies", "schools", "trusts", "partners"))
    return f"{trust.name}'" if is_plural else _possessive(trust.name)


def _whose(index: Index) -> str:
    """Return the school's short name in the possessive: `Coniston's`."""
    return _possessive(index.school.short_name)


def _possessive(name: str) -> str:
    return name if name.endswith(("'s", "’s")) else f"{name}'s"


def _read_as(decision: Decision) -> str | None:
    """Return what the question was read as, in a few words, where that is plain enough to be said."""
    matter = decision.ranking.matter
    if matter is None or not matter.is_plain or decision.outcome is Outcome.URGENT:
        return None
    return matter.name[:1].lower() + matter.name[1:] if matter.name[1:2].islower() else matter.name


def _answered(bare: Answer, decision: Decision, index: Index, directory: Directory, today: date) -> Answer:
    governing = decision.governing
    if governing is None or decision.stance is None or bare.escalation is None:
        raise ValueError("an answered question has a governing clause, a stance and somebody to speak to")
    conflict = decision.conflict
    headline = _headline_of_conflict(conflict, index) if conflict else _headline(decision.stance, governing.clause, index)
    quotes = [quote(governing.clause, today, decision.stance)]
    if conflict:
        quotes.append(quote(conflict.looser.hit.clause, today, conflict.looser.stance))
    notes = what_to_know(decision.stance, governing.clause, today)
    if decision.happened and decision.stance in PROHIBITING:
        headline = f"{headline} As it has happened, {_speak(bare.escalation)}."
        if Side.PUPIL in governing.clause.sides() and directory.in_england:
            notes = (*notes, SELF_REPORT)
    return replace(
        bare,
        headline=headline,
        quotes=(*quotes, *(quote(hit.clause, today) for hit in decision.supporting)),
        notes=(*notes, *_agreeing(decision), *_targeted_online(decision, directory)),
        conflict=conflict and _notice(conflict, quotes, _to_decide(bare, directory)),
    )


def _agreeing(decision: Decision) -> tuple[str, ...]:
    """Return that a trust's rule and the school's addendum to it both hold, where an answer shows two that say the same."""
    agreeing = [hit for hit in decision.agreeing if hit in decision.supporting]
    if not agreeing or decision.conflict:
        return ()
    trust = agreeing[0].clause.policy.trust
    whose = f"{trusts(trust)} policy" if trust else "Your school's addendum"
    return (f"{whose} rules on this too, and both hold: {_rule(agreeing[0].clause)}.",)


def _speak(step: Step) -> str:
    return f"speak to {step.words}, from {step.when}" if step.when else f"speak now to {step.words}"


def _to_decide(bare: Answer, directory: Directory) -> str:
    """Return whom to ask which of two rules holds, as a reply names them."""
    return directory.line(Route.ORDINARY, about=bare.about)[0].words


def _targeted_online(decision: Decision, directory: Directory) -> tuple[str, ...]:
    """Return who advises staff that are abused or impersonated online, where a question is about that."""
    matter = decision.ranking.matter
    if matter is None or matter.name not in TARGETED_ONLINE or not matter.is_plain:
        return ()
    return (f"If you are abused or copied online because of your work, the {POSH.name} advises: {directory.number(POSH)}.",)


def _headline(stance: Stance, governing: IndexedClause, index: Index) -> str:
    if is_unconfirmed_permission(stance, governing):
        return NEAREST_RULE
    ruling = governing.clause.ruling
    whose = _ruler(ruling) if ruling else whose_policy(index, governing.policy)
    return f"{whose}: {_verdict(stance, governing)}"


def _headline_of_conflict(conflict: Conflict, index: Index) -> str:
    stance, stricter, prevails = conflict.stricter.stance, conflict.stricter.hit.clause, _which_prevails(conflict)
    unconfirmed = is_unconfirmed_permission(stance, stricter)
    if prevails:
        return f"{prevails}. It says:" if unconfirmed else f"{prevails}: {_verdict(stance, stricter)}"
    differ = f"Two of {_whose(index)} rules differ."
    if unconfirmed:
        return f"{differ} The stricter says:"
    ruling = stricter.clause.ruling
    which = (
        f"ruling of {ruling.by}, {spoken_day(ruling.on)}" if ruling else f"{stricter.policy.title}, {_issued(stricter.policy)}"
    )
    return f"{differ} The stricter ({which}): {_verdict(stance, stricter)}"


def _which_prevails(conflict: Conflict) -> str | None:
    """Return which of a trust's rule and the school's addendum to it prevails, in words; None where that is the looser."""
    trust = _trust_in(conflict)
    if trust is None or conflict.prevailing is not conflict.stricter:
        return None
    if conflict.stricter.hit.clause.policy.trust:
        return f"{trusts(trust)} policy prevails over your school's addendum"
    return f"Your school's addendum is stricter than {trusts(trust)} policy, and holds"


def _trust_in(conflict: Conflict) -> TrustNote | None:
    """Return the trust whose rule is one of two that differ, None where both are the school's own."""
    return conflict.stricter.hit.clause.policy.trust or conflict.looser.hit.clause.policy.trust


def is_unconfirmed_permission(stance: Stance, governing: IndexedClause) -> bool:
    """Tell whether a stance permits and no person has confirmed that: then no reply states it."""
    return stance in _PERMISSIONS and not governing.clause.confirmed


def _verdict(stance: Stance, governing: IndexedClause) -> str:
    binds = governing.clause.binds
    whom = "" if Party.STAFF in binds or not binds else f"for {listed(binds)}: "
    return f"{whom}{VERDICTS[stance]}"


def _notice(conflict: Conflict, quotes: Sequence[Quote], decides: str) -> ConflictNotice:
    """Return what to say of a conflict; `quotes` are of the stricter clause and of the looser, `decides` is whom to ask."""
    verdicts = (conflict.stricter, conflict.looser)
    later = next((quote for quote, verdict in zip(quotes, verdicts, strict=True) if verdict is conflict.later), None)
    if conflict.prevailing:
        which, titles = _which_of_trust(conflict), _titles_of_trust(conflict)
    else:
        which, titles = _which_is_later(conflict, quotes, later), _titles_by_date(conflict, quotes, later)
    prevailing = quotes[verdicts.index(conflict.prevailing)].citation if conflict.prevailing else None
    return ConflictNotice(
        stricter=quotes[0].citation,
        later=later.citation if later else None,
        prevailing=prevailing,
        sentences=(which, _what_to_follow(conflict, decides)),
        titles=titles,
    )


def _what_to_follow(conflict: Conflict, decides: str) -> str:
    """Return which of two rules that differ to follow, and whom to ask."""
    trust = _trust_in(conflict)
    if trust and conflict.prevailing is conflict.stricter:
        if conflict.stricter.hit.clause.policy.trust:
            return f"An addendum may be stricter than what it supplements, never looser. Ask {decides}."
        return f"{trust.name} lets a school be stricter than its policy. In doubt ask {decides}."
    is_ruled = any(verdict.hit.clause.clause.ruling for verdict in (conflict.stricter, conflict.looser))
    if trust:
        done = f"settled with {trust.name} which of them holds"
    else:
        done = "changed one of them" if is_ruled else "decided which of them holds"
    return f"Until the headteacher has {done}, the stricter is the safe one to follow. Ask {decides}."


def _which_of_trust(conflict: Conflict) -> str:
    """Return how a trust's rule and the school's addendum to it stand to each other."""
    stricter, looser = _rule(conflict.stricter.hit.clause), _rule(conflict.looser.hit.clause)
    prevails = _which_prevails(conflict)
    if prevails:
        return f"{prevails}: {stricter}, is stricter than {looser}."
    return f"{looser}, prevails over any addendum; your school's addendum is stricter: {stricter}."


def _titles_of_trust(conflict: Conflict) -> tuple[str, ...]:
    def title(verdict: Verdict) -> str:
        whose = "The trust's rule" if verdict.hit.clause.policy.trust else "Your school's addendum"
        return f"{whose}, which prevails" if verdict is conflict.prevailing else whose

    return title(conflict.stricter), title(conflict.looser)


def _which_is_later(conflict: Conflict, quotes: Sequence[Quote], later: Quote | None) -> str:
    stricter, looser = _rule(conflict.stricter.hit.clause), _rule(conflict.looser.hit.clause)
    came = _came(quotes)
    if later is None:
        return f"{stricter}, is stricter than {looser}. Their dates do not tell which was {came} later."
    if later is quotes[0]:
        return f"{stricter}, is the stricter, and was {came} later than {looser}."
    return f"{stricter}, is the stricter; {looser}, was {came} later."


def _titles_by_date(conflict: Conflict, quotes: Sequence[Quote], later: Quote | None) -> tuple[str, ...]:
    verdicts, came = (conflict.stricter, conflict.looser), _came(quotes)
    return tuple(
        f"{rule}{_of_whom(quote)}{f', {came} later' if quote is later else '' if verdict.hit.clause.dated else ', undated'}"
        for rule, quote, verdict in zip(("The stricter rule", "The other rule"), quotes, verdicts, strict=True)
    )


def _came(quotes: Sequence[Quote]) -> str:
    return "made" if any(quote.ruling for quote in quotes) else "approved"


def _rule(indexed: IndexedClause) -> str:
    """Return how a reply names one of two rules that differ."""
    ruling = indexed.clause.ruling
    if ruling:
        return f"{indexed.clause.label} of {ruling.by} ({spoken_day(ruling.on)})"
    return f"{indexed.policy.title}, {indexed.clause.label} ({_issued(indexed.policy)})"


def _of_whom(quote: Quote) -> str:
    return f" (ruling of {quote.ruling.by})" if quote.ruling else ""


def listed(parties: Sequence[Party]) -> str:
    """Return whom a clause binds, as a reply names them: `staff, volunteers and visitors`."""
    words = [PARTY_WORDS[party] for party in parties]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def what_to_know(stance: Stance, indexed: IndexedClause, today: date) -> tuple[str, ...]:
    """Return what to know before one relies on a stance that a reply states."""
    policy, ruling, notes = indexed.policy, indexed.clause.ruling, []
    if stance is Stance.DISCOURAGED:
        notes.append(ADVISED_AGAINST.format(what="ruling" if ruling else "policy"))
    if ruling:
        notes.append(f"This ruling holds until {spoken_day(ruling.until)}.")
    elif stance in _PERMISSIONS:
        if policy.adopted is None:
            notes.append("The policy has no date: check before relying on this.")
        elif policy.review_due and policy.review_due.is_past(today):
            notes.append("The policy is past its review date: check before relying on this.")
    return tuple(notes)


def _choose(bare: Answer, decision: Decision, _index: Index, directory: Directory, today: date) -> Answer:
    offered = tuple(quote(hit.clause, today) for hit in decision.offered)
    notice = decision.conflict and _notice(decision.conflict, offered[:2], _to_decide(bare, directory))
    return replace(
        bare,
        headline="This ruling of the headteacher may be about what you ask. It is not certain to be:"
        if [bool(one.ruling) for one in offered] == [True]
        else "One of these rules may be the one you mean. None of them is certain to be:",
        offered=offered,
        notes=_targeted_online(decision, directory),
        conflict=notice and replace(notice, sentences=("The first two of these rules differ.", *notice.sentences)),
    )


def _not_covered(bare: Answer, decision: Decision, index: Index, directory: Directory, today: date) -> Answer:
    evidence = decision.ranking.evidence
    silent = bare.read_as is not None and evidence is not None and evidence.ruled < RULED
    told = f"say nothing about this: {bare.read_as}." if silent else "do not settle this."
    return replace(
        bare,
        headline=f"{_whose(index)} policies, as far as I can find, {told}",
        read_as=None if silent else bare.read_as,
        notes=("That does not mean that it is allowed.", *_targeted_online(decision, directory)),
        searched=(
            *(f"{policy.title} ({dates(policy, today)})" for policy in index.policies),
            *([rulings_in_words(len(index.rulings))] if index.rulings else []),
        ),
        not_given=index.others,
    )


def rulings_in_words(count: int) -> str:
    """Return how a reply speaks of so many rulings: `3 rulings of the headteacher`."""
    return f"{count} ruling{'' if count == 1 else 's'} of the headteacher"


def _smalltalk(bare: Answer, _decision: Decision, _index: Index, _directory: Directory, _today: date) -> Answer:
    return replace(
        bare,
        headline="Hello. I find the rule in your school's policies that answers a question.",
        notes=("Ask me something like: can I accept a parent's friend request?",),
    )


def _urgent(bare: Answer, decision: Decision, _index: Index, directory: Directory, today: date) -> Answer:
    """Return `bare` with the route that a danger asks for; the school's own clause after it, unless it contradicts its rules."""
    danger = decision.danger
    if danger is None:
        raise ValueError("an urgent question shows a danger")
    route = urgent_route(bare.question, danger, bare.route, directory, bare.line)
    told = replace(bare, headline=route.headline, steps=route.steps)
    if decision.governing is None or danger is Danger.ASKER_AT_RISK:
        return replace(told, stance=None, stance_confirmed=False)
    shown = quote(decision.governing.clause, today, decision.stance)
    words = f"{shown.citation.lead_in} {shown.words}" if shown.citation.lead_in else shown.words
    against = contradicts(words, danger, image=is_of_an_image(bare.question, danger))
    if against:
        left_out = f"Your policy's rule {shown.citation.label} is not shown here: {against}."
        return replace(told, stance=None, stance_confirmed=False, notes=(left_out,))
    return replace(told, quotes=(shown,))


def ref_of(indexed: IndexedClause) -> str:
    """Return a short name (at most 23 characters) of a clause of a published version, by which a button can ask for it."""
    return f"{shortened(f'{indexed.policy.school}/{indexed.policy.slug}')}.{indexed.version}.{shortened(indexed.clause.id)}"


def quote(indexed: IndexedClause, today: date, asserted: Stance | None = None) -> Quote:
    """Return a clause as a reply shows it; `asserted` is the stance that the headline states, None where none is."""
    clause, policy, ruling = indexed.clause, indexed.policy, indexed.clause.ruling
    dated, lapses = indexed.dated, PolicyDate(ruling.until.isoformat()) if ruling else None
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
        adopted=dated and str(dated),
        # What a ruling has in the place of a review: the day on which it lapses.
        review_due=str(lapses) if lapses else policy.review_due and str(policy.review_due),
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
        dates_of_ruling(ruling, today) if ruling else dates(policy, today),
        about,
        policy.school,
        policy.slug,
        "" if indexed.is_detail else ref_of(indexed),
        ruling,
    )


def dates(policy: Policy, today: date) -> str:
    """Return a policy's dates as a reply gives them, after whose it is where it is a trust's, or an addendum."""
    issued = _issued(policy)
    if policy.review_due is None:
        return issued
    overdue = policy.review_due.is_past(today)
    return f"{issued}; {'was due for review in' if overdue else 'review due'} {_month(policy)}"


def dates_of_ruling(ruling: RulingNote, today: date) -> str:
    """Return whose a ruling is, and its dates, as a reply gives them."""
    holds = "holds" if ruling.is_in_force(today) else "held"
    return f"{ruling.by}, {spoken_day(ruling.on)}; {holds} until {spoken_day(ruling.until)}"


def _ruler(ruling: RulingNote) -> str:
    """Return who ruled and when, as a sentence begins with it; where her name is not known it is `the headteacher`."""
    return f"{ruling.by[:1].upper()}{_in_apposition(ruling.by)[1:]} has ruled ({spoken_day(ruling.on)})"


def _in_apposition(name: str) -> str:
    """Return a name before a verb: what somebody is stands between commas."""
    return f"{name}," if "," in name else name


def _issued(policy: Policy) -> str:
    """Return when a policy was adopted, after the trust whose it is: `Northfield Trust, May 2026`, `addendum, June 2026`."""
    adopted = policy.adopted.spoken if policy.adopted else "undated"
    if policy.trust:
        return f"{policy.trust.name}, {adopted}"
    return f"addendum, {adopted}" if policy.supplements else adopted


def _month(policy: Policy) -> str:
    return PolicyDate(policy.review_due[:7]).spoken if policy.review_due else ""


def _about(indexed: IndexedClause, law: Law | None) -> tuple[str, ...]:
    clause = indexed.clause
    notes = []
    if clause.ruling:
        cited = clause.ruling.cites
        notes.append(f"It rests on {cited}." if cited else "It rests on no clause: it is the headteacher's own decision.")
        if clause.ruling.approved_by:
            notes.append(f"Approved by {clause.ruling.approved_by}.")
    if clause.note:
        notes.append(clause.note)
    if clause.repairs:
        notes.append(f"The school's document is damaged here and was repaired: {'; '.join(clause.repairs)}.")
    if law:
        notes.append(f"It names {law.name}; {law.replaced_by} took its place.")
    return tuple(notes)
