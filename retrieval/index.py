"""A school's clauses, indexed; the one file that imports rank_bm25.

rank_bm25 (BM25Okapi, with its floor under negative idf) is the source of the weights; they are laid out here as postings, one
array of clauses and one of weights a term, so that a question costs its own terms and not every clause.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

from corpus.clause import RULINGS, Clause, Party, Passage, Policy, RulingNote, Stance
from corpus.dates import PolicyDate
from corpus.versions import Published
from retrieval.analyzer import analyze
from retrieval.features import Features
from retrieval.knowledge import SECOND_CASE, TOP_WORDINGS, Knowledge, Wordings
from retrieval.linking import agreement_on_sides, link_confidence, rows_of_sides
from retrieval.sides import Side, sides_of_clause, sides_of_question
from retrieval.spelling import Spelling
from retrieval.vectors import Vector

_DETAILS = "document-details"


@dataclass(frozen=True, slots=True)
class IndexedClause:
    """A clause in its place: the policy and version it is published in, its headings, the words of its lead-in."""

    clause: Clause
    policy: Policy
    version: int
    headings: tuple[str, ...]
    lead_in: str | None

    def searchable(self) -> str:
        """Return the text that is indexed: headings, lead-in and clause."""
        return " \n".join([*self.headings, self.lead_in or "", self.clause.words])

    @property
    def is_detail(self) -> bool:
        """Whether it is what the document says of itself."""
        return self.clause.id.startswith(_DETAILS)

    def sides(self) -> frozenset[Side]:
        """Return all whom it names, its lead-in included."""
        return sides_of_clause(f"{self.lead_in or ''} {self.clause.words}")

    @property
    def cited(self) -> str:
        """The clause as it is cited in words: policy, label and version."""
        return f"{self.policy.title}, {self.clause.label}, version {self.version}"

    @property
    def dated(self) -> PolicyDate | None:
        """When it was laid down: its policy adopted, or the ruling made; None where the policy does not say."""
        return PolicyDate(self.clause.ruling.on.isoformat()) if self.clause.ruling else self.policy.adopted


@dataclass(frozen=True, slots=True)
class IndexedRuling:
    """A ruling in force, and what it is found by: its question and its own words, its matter's number, and whom they name."""

    clause: IndexedClause
    note: RulingNote
    wordings: Vector
    matter: int | None
    sides: frozenset[Side]


@dataclass(frozen=True, slots=True)
class _Postings:
    """The clauses that hold a term, and what the term adds to the score of each."""

    clauses: NDArray[np.int32]
    weights: NDArray[np.float64]
    best: float


class Index:
    """The clauses of one school at one revision. It is never changed: a new revision is a new index.

    Rulings stand apart from the clauses of policies, which are found as if there were none. `until` is the day from which on the
    index must be built anew, since a ruling has lapsed; None where none will. `others` are policies that were not brought in.
    """

    def __init__(self, published: Published, knowledge: Knowledge) -> None:
        """Build the index of what a school has published; a school without any clause gives an empty one."""
        self.school = published.school
        self.revision = published.revision
        self.policies = tuple(policy for policy in published.policies if not policy.is_of_rulings)
        self.clauses = tuple(
            clause
            for number, policy in published.versions
            if not policy.is_of_rulings
            for clause in (*in_place(number, policy), *_details(number, policy))
        )
        self.others = published.others
        self.knowledge = knowledge
        self.rulings = _rulings(published, knowledge)
        last = min((ruling.note.until for ruling in self.rulings), default=None)
        self.until = last and last + timedelta(days=1)
        wordings = [knowledge.wordings_for(clause.clause.words, clause.lead_in) for clause in self.clauses]
        texts = [clause.searchable() for clause in self.clauses]
        self.documents = [[*analyze(text), *asked.terms] for text, asked in zip(texts, wordings, strict=True)]
        self._postings = _lay_out(self.documents)
        self.highest_weight = max((posting.best for posting in self._postings.values()), default=0.0)
        encode = knowledge.vectors.encode
        self._words = encode([clause.clause.words for clause in self.clauses])
        self._in_context = encode(texts)
        self._pieces = [knowledge.vectors.pieces(text) for text in texts]
        self._wordings = [asked.vectors for asked in wordings]
        self.sides = tuple(clause.sides() for clause in self.clauses)
        self._binds = {party: np.array([party in clause.clause.binds for clause in self.clauses]) for party in Party}
        self._side_rows = rows_of_sides(self.sides)
        self.has_wordings = np.array([bool(asked.terms) for asked in wordings])
        self._cases = _Cases(wordings, knowledge)
        self.spelling = Spelling(
            lambda: knowledge.vocabulary,
            lambda: knowledge.abbreviations,
            [*texts, *(text for ruling in self.rulings for text in (ruling.note.question, ruling.clause.clause.words))],
            knowledge.vectors.is_word,
        )
        self._links = self._link(wordings)
        self._number = {(one.policy.slug, one.clause.id): number for number, one in enumerate(self.clauses)}
        self.labels = tuple(one.clause.label.lower() for one in self.clauses)

    def scores(self, terms: Mapping[str, float]) -> NDArray[np.float64]:
        """Return each clause's BM25 score for terms that count as given, in the order of `clauses`."""
        scores = np.zeros(len(self.clauses))
        for term, weight in terms.items():
            posting = self._postings.get(term)
            if posting is not None:
                scores[posting.clauses] += weight * posting.weights
        return scores

    def chances(self, features: Sequence[Features], vectors: Vector, weights: Sequence[float]) -> "Chances":
        """Return what the linear model makes of texts, given by their features and vectors, that count as `weights` say."""
        return self._cases.chances(features, vectors, weights)

    def likenesses(self, question: Vector) -> tuple[Vector, Vector]:
        """Return how like each clause is to a question's vector: by its words, and in its place."""
        return self._words @ question, self._in_context @ question

    def likeness_of_wordings(self, number: int, question: Vector) -> float:
        """Return how like a clause's likest wordings are to a question's vector, on the mean; 0 where it has none."""
        wordings = self._wordings[number]
        return float(np.sort(wordings @ question)[-TOP_WORDINGS:].mean()) if len(wordings) else 0.0

    def alignment(self, question: str, numbers: Sequence[int]) -> Vector:
        """Return how well the words of a question find their like in the clauses of these numbers, 0 to 1."""
        vectors = self.knowledge.vectors
        return vectors.alignment(vectors.pieces(question), [self._pieces[number] for number in numbers])

    def agreement_on_side(self, sides: frozenset[Side]) -> NDArray[np.float32]:
        """Return, for each clause, 1 where it names one of the sides, 0 where only others, a half where nobody is named."""
        agreement: NDArray[np.float32] = agreement_on_sides(self._side_rows, rows_of_sides([sides]))[:, 0]
        return agreement

    def binding_on(self, actor: Party | None) -> NDArray[np.float64]:
        """Return, for each clause, 1 where it binds the one whose doing is asked about, 0 where it binds only others."""
        return np.full(len(self.clauses), 0.5) if actor is None else self._binds[actor].astype(np.float64)

    def number_of(self, clause: IndexedClause) -> int:
        """Return the number of one of this index's clauses."""
        return self._number[clause.policy.slug, clause.clause.id]

    def clause(self, slug: str, clause_id: str) -> IndexedClause:
        """Return the clause or the ruling in force of this id in the policy of this slug. Raises KeyError where there is none."""
        if slug == RULINGS:
            return {ruling.clause.clause.id: ruling.clause for ruling in self.rulings}[clause_id]
        return self.clauses[self._number[slug, clause_id]]

    def links(self, matter: int) -> NDArray[np.float32]:
        """Return, for each clause, how surely it rules on the matter of this number, 0 to 1: as reviewed, else as worked out."""
        links: NDArray[np.float32] = self._links[matter].astype(np.float32)
        return links

    def _link(self, wordings: Sequence[Wordings]) -> NDArray[np.float16]:
        """Return how surely each clause is linked to each matter, a row a matter; a known clause takes over what was reviewed."""
        links = link_confidence(self.link_features())
        for number, asked in enumerate(wordings):
            # What documents say of themselves was not among the clauses whose links were reviewed.
            if asked.known and not self.clauses[number].is_detail:
                links[number] = self.knowledge.reviewed_links(asked.known)
        return np.ascontiguousarray(links.T, dtype=np.float16)

    def link_features(self) -> NDArray[np.float32]:
        """Return what speaks for links, as retrieval.linking says: features x clauses x matters."""
        return self.knowledge.matters.link_features(self._words, self._side_rows)

    def words_vector(self, number: int) -> Vector:
        """Return the vector of a clause's own words."""
        vector: Vector = self._words[number]
        return vector

    def best_weight(self, term: str) -> float:
        """Return the most that a term can add to a clause's score here; 0 where no clause holds it."""
        posting = self._postings.get(term)
        return posting.best if posting is not None else 0.0


@dataclass(frozen=True, slots=True)
class Chances:
    """What the linear model makes of a question, a number a clause.

    `clause`: how likely the clause is meant, as a share of what can be told apart: 0 at a chance of LEAST or without wordings, 1
    at a chance of one. `second`: by how much its second case is likelier than its main one (log odds); minus infinity without
    one. `covered`: the log odds that the school's policies rule on what is asked at all; 0 where that was not learnt.
    """

    clause: NDArray[np.float64]
    second: NDArray[np.float64]
    covered: float


# Lines of a document that stand no further apart, in characters, go on with each other.
NEXT_LINE = 3
# Chances below this are all the same.
LEAST = -12.0
# Of a school's clauses so many must be known for what was learnt of their policies to hold for it.
MOSTLY = 0.6


class _Cases:
    """The classes of the linear model that are cases of this school's clauses."""

    def __init__(self, wordings: Sequence[Wordings], knowledge: Knowledge) -> None:
        self._clauses = len(wordings)
        self._model = knowledge.clauses if any(asked.known for asked in wordings) else None
        number = {name: at for at, name in enumerate(self._model.classes)} if self._model else {}
        cases = [
            (clause, at, second)
            for clause, asked in enumerate(wordings)
            for known in asked.known
            for second in (False, True)
            if (at := number.get(known + SECOND_CASE * second)) is not None
        ]
        self._owner = np.array([clause for clause, _, _ in cases], dtype=np.intp)
        self._class = np.array([at for _, at, _ in cases], dtype=np.intp)
        self._second = np.array([second for _, _, second in cases], dtype=bool)
        policies = {known.rpartition("/")[0] for asked in wordings for known in asked.known}
        mostly = sum(bool(asked.known) for asked in wordings) >= MOSTLY * len(wordings)
        self._policies = np.array([number[policy] for policy in sorted(policies) if mostly and policy in number], dtype=np.intp)

    def chances(self, features: Sequence[Features], vectors: Vector, weights: Sequence[float]) -> Chances:
        main, second = np.full(self._clauses, -np.inf), np.full(self._clauses, -np.inf)
        if self._model is None:
            return Chances(np.zeros(self._clauses), second, 0.0)
        every = np.zeros(len(self._model.classes))
        for of_text, vector, weight in zip(features, vectors, weights, strict=True):
            every += weight * self._model.scores(of_text, vector)
        scored = every[self._class]
        logs = np.maximum(LEAST, scored - np.logaddexp.reduce(scored))
        np.maximum.at(main, self._owner[~self._second], logs[~self._second])
        np.maximum.at(second, self._owner[self._second], logs[self._second])
        with np.errstate(invalid="ignore"):
            clause = 1 - np.maximum(LEAST, np.logaddexp(main, second)) / LEAST
            return Chances(clause, second - main, float(every[self._policies].max()) if len(self._policies) else 0.0)


# What is said of the document itself: when it was issued and is due for review, who signed it.
_OF_DOCUMENT = frozenset({"metadata", "change record"})
_DATED_OR_SIGNED = re.compile(r"\b(?:19|20)\d\d\b|\b(?:signed|author|owner|approved|ratified|adopted)\b", re.IGNORECASE)


def _details(number: int, policy: Policy) -> list[IndexedClause]:
    """Return what a policy says of itself, as clauses that can be found and cited: each run of such lines is one."""
    runs: list[list[Passage]] = []
    for passage in policy.passages:
        if passage.kind in _OF_DOCUMENT:
            if runs and passage.at[0].start - runs[-1][-1].at[-1].end <= NEXT_LINE:
                runs[-1].append(passage)
            else:
                runs.append([passage])
    details: list[IndexedClause] = []
    for run in runs:
        told = [at for at, passage in enumerate(run) if _DATED_OR_SIGNED.search(passage.text)]
        if told:
            lines = run[told[0] : told[-1] + 1]
            name = f"{_DETAILS}-{len(details) + 1}"
            text, at = " ".join(line.text for line in lines), tuple(span for line in lines for span in line.at)
            clause = Clause(name, "document details", "", text, at, Stance.INFORMATIONAL, confirmed=True)
            details.append(IndexedClause(clause, policy, number, (policy.title,), None))
    return details


def in_place(number: int, policy: Policy) -> list[IndexedClause]:
    """Return the clauses of a version of a policy, each in its place."""
    return [
        IndexedClause(element, policy, number, policy.heading_path(index), policy.lead_in_words(element.lead_in))
        for index, section in enumerate(policy.sections)
        for element in section.elements
        if isinstance(element, Clause)
    ]


def clause_in_place(number: int, policy: Policy, clause_id: str) -> IndexedClause:
    """Return the clause of this id of a version of a policy, in its place. Raises KeyError where there is none."""
    return {one.clause.id: one for one in in_place(number, policy)}[clause_id]


def _rulings(published: Published, knowledge: Knowledge) -> tuple[IndexedRuling, ...]:
    """Return the rulings that are in force on the day for which a school is read."""
    return tuple(
        IndexedRuling(
            clause=clause,
            note=note,
            wordings=knowledge.vectors.encode([note.question, clause.clause.words]),
            matter=knowledge.matters.number_of(note.matter) if note.matter else None,
            sides=sides_of_question(note.question) | clause.sides(),
        )
        for number, policy in published.versions
        if policy.is_of_rulings
        for clause in in_place(number, policy)
        if (note := clause.clause.ruling) and note.is_in_force(published.day)
    )


def _lay_out(documents: Sequence[list[str]]) -> dict[str, _Postings]:
    """Return the postings of BM25Okapi's own weights for the documents, by term."""
    if not any(documents):
        return {}  # rank_bm25 divides by the number of documents and by their mean length
    okapi = BM25Okapi(documents)
    lengths = np.asarray(okapi.doc_len, dtype=np.float64)
    damping = okapi.k1 * (1 - okapi.b + okapi.b * lengths / okapi.avgdl)
    number = {term: at for at, term in enumerate(okapi.idf)}
    terms = np.fromiter((number[term] for frequencies in okapi.doc_freqs for term in frequencies), dtype=np.int64)
    frequency = np.fromiter((count for counts in okapi.doc_freqs for count in counts.values()), dtype=np.float64)
    clauses = np.repeat(np.arange(len(documents), dtype=np.int32), [len(counts) for counts in okapi.doc_freqs])
    idf = np.fromiter(okapi.idf.values(), dtype=np.float64)
    weights = idf[terms] * (frequency * (okapi.k1 + 1) / (frequency + damping[clauses]))
    order = np.argsort(terms, kind="stable")
    clauses, weights = clauses[order], weights[order]
    starts = np.searchsorted(terms[order], np.arange(len(number) + 1)).tolist()
    best = np.maximum.reduceat(weights, starts[:-1]).tolist()
    return {
        term: _Postings(clauses[start:end], weights[start:end], highest)
        for term, start, end, highest in zip(number, starts, starts[1:], best, strict=False)
    }
