"""A school's clauses, indexed; the one file that imports rank_bm25.

rank_bm25 (BM25Okapi, with its floor under negative idf) is the source of the weights; they are laid out here as postings, the
clauses of each term, so that a question costs its own terms and not every clause. Thousands of schools may be in memory: what
they share stands in retrieval/knowledge.py, and an index holds numbers in arrays.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

from corpus.clause import RULINGS, Clause, Party, Passage, Policy, RulingNote, Stance
from corpus.dates import PolicyDate
from corpus.versions import Published
from retrieval.features import Features
from retrieval.knowledge import SECOND_CASE, TOP_WORDINGS, Knowledge, Wordings
from retrieval.linking import agreement_on_sides, link_confidence, rows_of_sides
from retrieval.sides import Side, sides_of_clause, sides_of_question
from retrieval.spelling import Spelling
from retrieval.vectors import DIMENSIONS, MOST_PIECES, Vector, normalized

_DETAILS = "document-details"
# What an index takes beside its arrays, in bytes: by itself, for each clause, and for each byte of its policies as JSON. Measured
# on one to thirteen policies of 29 to 1638 clauses, with tracemalloc, after a question.
SIZE, SIZE_OF_CLAUSE, SIZE_OF_TEXT = 30_000, 550, 2.4
# How much more of the process's memory that needs than is asked for: measured with hundreds of indexes in one process.
GAPS = 1.18
# The links of so many clauses are worked out at once: of all, what is in between would take many times an index's own memory.
LINKED_AT_ONCE = 32


class IndexedClause(Struct, frozen=True, gc=False):
    """A clause in its place: the policy and version it is published in, its headings, the words of its lead-in."""

    clause: Clause
    policy: Policy
    version: int
    headings: tuple[str, ...]
    lead_in: str | None

    def searchable(self) -> str:
        """Return the text that is indexed: headings, lead-in and clause."""
        return " \n".join(self.parts())

    def parts(self) -> tuple[str, ...]:
        """Return the texts of which that is made; no word goes from one of them on into the next."""
        return *self.headings, self.lead_in or "", self.clause.words

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
        parts = [[knowledge.read_text(part) for part in clause.parts()] for clause in self.clauses]
        self._postings = _Postings([[term for part in of for term in part.terms] for of in parts], wordings, knowledge.terms)
        pieces = [[piece for part in of for piece in part.pieces][:MOST_PIECES] for of in parts]
        self._pieces = _Runs(pieces)
        self._words = normalized(np.array([of[-1].sum for of in parts], dtype=np.float32).reshape(-1, DIMENSIONS))
        self._in_context = normalized(knowledge.vectors.sums_of(pieces))
        self._wordings = wordings
        self.sides = tuple(clause.sides() for clause in self.clauses)
        self._binds = {party: np.array([party in clause.clause.binds for clause in self.clauses]) for party in Party}
        self._side_rows = rows_of_sides(self.sides)
        self.has_wordings = np.array([bool(asked.known) for asked in wordings])
        self._cases = _Cases(wordings, knowledge)
        self.spelling = Spelling(
            lambda: knowledge.vocabulary,
            lambda: knowledge.abbreviations,
            partial(_own_texts, self.clauses, self.rulings),
            knowledge.vectors.is_word,
        )
        self._links = self._link()
        self.size = self._size(published)
        self._number = {(one.policy.slug, one.clause.id): number for number, one in enumerate(self.clauses)}
        self.labels = tuple(one.clause.label.lower() for one in self.clauses)

    def scores(self, terms: Mapping[str, float]) -> NDArray[np.float64]:
        """Return each clause's BM25 score for terms that count as given, in the order of `clauses`."""
        scores = np.zeros(len(self.clauses))
        for term, weight in terms.items():
            clauses, weights = self._postings.of(term)
            scores[clauses] += weight * weights
        return scores

    @property
    def highest_weight(self) -> float:
        """The most that any term can add to a clause's score here; 0 where there is none."""
        return self._postings.highest

    def chances(self, features: Sequence[Features], vectors: Vector, weights: Sequence[float]) -> "Chances":
        """Return what the linear model makes of texts, given by their features and vectors, that count as `weights` say."""
        return self._cases.chances(features, vectors, weights)

    def likenesses(self, question: Vector) -> tuple[Vector, Vector]:
        """Return how like each clause is to a question's vector: by its words, and in its place."""
        return self._words @ question, self._in_context @ question

    def likeness_of_wordings(self, number: int, question: Vector) -> float:
        """Return how like a clause's likest wordings are to a question's vector, on the mean; 0 where it has none."""
        wordings = self._wordings[number].vectors()
        return float(np.sort(wordings @ question)[-TOP_WORDINGS:].mean()) if len(wordings) else 0.0

    def alignment(self, question: str, numbers: Sequence[int]) -> Vector:
        """Return how well the words of a question find their like in the clauses of these numbers, 0 to 1."""
        vectors = self.knowledge.vectors
        return vectors.alignment(vectors.pieces(question), [self._pieces.of(number) for number in numbers])

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

    def _link(self) -> NDArray[np.float16]:
        """Return how surely each clause is linked to each matter, a row a matter; a known clause takes over what was reviewed."""
        matters = self.knowledge.matters
        links = np.empty((len(matters), len(self.clauses)), dtype=np.float16)
        likeness = matters.likeness(self._words)
        for start in range(0, len(self.clauses), LINKED_AT_ONCE):
            some = slice(start, start + LINKED_AT_ONCE)
            found = link_confidence(matters.link_features(likeness[some], self._side_rows[some]))
            for row, clause, asked in zip(found, self.clauses[some], self._wordings[some], strict=True):
                # What documents say of themselves was not among the clauses whose links were reviewed.
                if asked.known and not clause.is_detail:
                    row[:] = self.knowledge.reviewed_links(asked.known)
            links[:, some] = found.astype(np.float16).T
        return links

    def link_features(self) -> NDArray[np.float32]:
        """Return what speaks for links, as retrieval.linking says: features x clauses x matters."""
        matters = self.knowledge.matters
        return matters.link_features(matters.likeness(self._words), self._side_rows)

    def _size(self, published: Published) -> int:
        """Return about how many bytes of memory the index takes: its arrays, and by the size of its policies what is no array."""
        arrays: list[NDArray[Any]] = [self._words, self._in_context, self._links, self._side_rows, self.has_wordings]
        arrays += self._binds.values()
        of_parts = self._postings.size + self._pieces.size + self._cases.size
        texts = sum(len(policy.to_json()) for policy in published.policies)
        beside = SIZE + SIZE_OF_CLAUSE * len(self.clauses) + SIZE_OF_TEXT * texts
        return int(GAPS * (sum(one.nbytes for one in arrays) + of_parts + beside))

    def words_vector(self, number: int) -> Vector:
        """Return the vector of a clause's own words."""
        vector: Vector = self._words[number]
        return vector

    def best_weight(self, term: str) -> float:
        """Return the most that a term can add to a clause's score here; 0 where no clause holds it."""
        return float(self._postings.of(term)[1].max(initial=0.0))


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

    @property
    def size(self) -> int:
        """How many bytes the arrays take."""
        return sum(one.nbytes for one in (self._owner, self._class, self._second, self._policies))

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
    found = []
    lead_ins: dict[str | None, str | None] = {}  # one introduces many clauses, and its words are kept once
    for index, section in enumerate(policy.sections):
        clauses = [element for element in section.elements if isinstance(element, Clause)]
        headings = policy.heading_path(index) if clauses else ()
        for clause in clauses:
            if clause.lead_in not in lead_ins:
                lead_ins[clause.lead_in] = policy.lead_in_words(clause.lead_in)
            found.append(IndexedClause(clause, policy, number, headings, lead_ins[clause.lead_in]))
    return found


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


def _own_texts(clauses: Sequence[IndexedClause], rulings: Sequence[IndexedRuling]) -> Iterator[str]:
    """Yield the texts whose words are a school's own."""
    yield from (clause.searchable() for clause in clauses)
    yield from (text for ruling in rulings for text in (ruling.note.question, ruling.clause.clause.words))


class _Runs:
    """Lists of small numbers, end to end in one array."""

    def __init__(self, lists: Sequence[Sequence[int]]) -> None:
        self._numbers = np.fromiter(chain.from_iterable(lists), dtype=np.int32)
        self._starts = np.cumsum([0, *map(len, lists)], dtype=np.int32)

    @property
    def size(self) -> int:
        """How many bytes the numbers take."""
        return self._numbers.nbytes + self._starts.nbytes

    def of(self, number: int) -> NDArray[np.int32]:
        """Return the list of this number."""
        return self._numbers[self._starts[number] : self._starts[number + 1]]


class _Okapi(BM25Okapi):  # type: ignore[misc] # it says nothing of its types
    """rank_bm25's weights, of counts that are there already: how many terms each clause holds, and how many clauses a term."""

    def __init__(self, lengths: Sequence[int], holding: dict[int, int]) -> None:
        self._holding = holding
        super().__init__(lengths)

    def _initialize(self, corpus: Sequence[int]) -> dict[int, int]:
        self.doc_len, self.corpus_size = list(corpus), len(corpus)
        self.avgdl = sum(corpus) / len(corpus)
        return self._holding


class _Postings:
    """Which clauses hold a term, how often, and what that adds to the score of each by BM25Okapi.

    Terms are numbered as the wordings number them, which all schools share; those that only this school's clauses hold come after
    them. The weights are worked out when a term is asked for: a question has few.
    """

    def __init__(self, texts: Sequence[Sequence[str]], wordings: Sequence[Wordings], shared: Mapping[str, int]) -> None:
        self._shared, self._own = shared, dict[str, int]()
        terms, times, lengths = self._count(texts, wordings)
        clauses = np.repeat(np.arange(len(texts)), lengths)
        # A clause's own words and its wordings may hold the same term.
        pairs, of_pair = np.unique(terms.astype(np.int64) * len(texts) + clauses, return_inverse=True)
        self._clauses = _in_few_bytes(pairs % max(1, len(texts)))
        self._times = _in_few_bytes(np.bincount(of_pair, weights=times, minlength=len(pairs)).astype(np.int64))
        found, first = np.unique(terms, return_index=True)
        starts = np.searchsorted(pairs // max(1, len(texts)), found)
        self._terms, self._starts = found.astype(np.int32), np.append(starts, len(pairs)).astype(np.int32)
        self._idf, self._damping, self._more, self.highest = np.zeros(0), np.zeros(0), 0.0, 0.0
        if not len(found):
            return  # rank_bm25 divides by the number of documents and by their mean length
        # The mean of the weights is a sum of small numbers: it comes out as rank_bm25's only in its order.
        order, holding = np.argsort(first), np.diff(self._starts)
        in_clause = np.bincount(clauses, weights=times, minlength=len(texts)).astype(np.int64)
        okapi = _Okapi(in_clause.tolist(), dict(zip(found[order].tolist(), holding[order].tolist(), strict=True)))
        self._idf = np.zeros(holding.max() + 1)
        self._idf[holding[order]] = np.fromiter(okapi.idf.values(), dtype=np.float64)  # those of as many clauses have the same
        self._more = okapi.k1 + 1
        self._damping = okapi.k1 * (1 - okapi.b + okapi.b * in_clause.astype(np.float64) / okapi.avgdl)
        self.highest = float(self._weights(np.repeat(self._idf[holding], holding), self._clauses, self._times).max())

    def of(self, term: str) -> tuple[NDArray[np.unsignedinteger], NDArray[np.float64]]:
        """Return the clauses that hold a term, and what the term adds to the score of each."""
        number = self._shared.get(term, self._own.get(term, -1))
        row = int(np.searchsorted(self._terms, number))
        if row == len(self._terms) or self._terms[row] != number:
            return self._clauses[:0], np.zeros(0)
        of_term = slice(self._starts[row], self._starts[row + 1])
        clauses = self._clauses[of_term]
        return clauses, self._weights(self._idf[len(clauses)], clauses, self._times[of_term])

    @property
    def size(self) -> int:
        """How many bytes the arrays take."""
        arrays = (self._clauses, self._times, self._terms, self._starts, self._idf, self._damping)
        return sum(one.nbytes for one in arrays)

    def _weights(
        self, idf: NDArray[np.float64] | np.float64, clauses: NDArray[np.unsignedinteger], times: NDArray[np.unsignedinteger]
    ) -> NDArray[np.float64]:
        frequency = times.astype(np.float64)
        weights: NDArray[np.float64] = idf * (frequency * self._more / (frequency + self._damping[clauses]))
        return weights

    def _count(
        self, texts: Sequence[Sequence[str]], wordings: Sequence[Wordings]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], list[int]]:
        """Return the terms of each clause, its own before those of its wordings; how often each counts; how many a clause has."""
        terms, times, lengths = [_NO_NUMBERS], [_NO_NUMBERS], []
        for text, asked in zip(texts, wordings, strict=True):
            own, (of_wordings, how_often) = self._numbered(text), asked.terms()
            terms += own, of_wordings
            times += np.ones_like(own), how_often
            lengths.append(len(own) + len(of_wordings))
        return np.concatenate(terms), np.concatenate(times), lengths

    def _numbered(self, terms: Sequence[str]) -> NDArray[np.int32]:
        shared, own = self._shared, self._own
        numbers = [shared[term] if term in shared else own.setdefault(term, len(shared) + len(own)) for term in terms]
        return np.array(numbers, dtype=np.int32)


_NO_NUMBERS = np.zeros(0, dtype=np.int32)


def _in_few_bytes(numbers: NDArray[np.int64]) -> NDArray[np.unsignedinteger]:
    """Return numbers that are not negative in the smallest type that holds them."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))
