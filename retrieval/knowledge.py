"""What is known beside a school's own policies, built once for all schools: word vectors, wordings of known clauses, matters."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval.analyzer import analyze
from retrieval.arrays import Arrays, read_arrays, write_arrays
from retrieval.library import (
    ABBREVIATIONS,
    LINKS,
    MATTERS,
    WORDINGS,
    KnownClause,
    Matter,
    fingerprint,
    read_abbreviations,
    read_links,
    read_matters,
    read_wordings,
)
from retrieval.linear import LinearModel
from retrieval.linking import GOVERNS, PARTLY, agreement_on_sides, link_features, rows_of_sides
from retrieval.sides import Side, sides_of_clause
from retrieval.spelling import Vocabulary, count_words
from retrieval.vectors import DATA as VECTORS
from retrieval.vectors import DIMENSIONS, Vector, WordVectors, normalized

# The linear model of the known clauses, and what marks the class of a clause's second case.
CLAUSES = Path(__file__).parent / "data" / "clauses.msgpack"
SECOND_CASE = "#second"
# How much of their terms two clauses must share (Jaccard) for the one to take over the other's wordings: schools copy
# templates, and change a word here and there.
SAME_CLAUSE = 0.75
# A matter, or a clause with wordings, is as like a question as the mean of its likest wordings.
TOP_WORDINGS = 3


# Matters whose wordings are compared one by one, after their means: enough that the likest is among them.
NEAREST_MATTERS = 12
# From this likeness on a matter is said to be what the question was read as.
PLAINLY_ALIKE = 0.63
# By how much a matter's likeness may be less than that of the likest.
NEARLY_AS_LIKE = 0.12


@dataclass(frozen=True, slots=True)
class MatterHit:
    """A matter that a question may be about, and how like it is, -1 to 1."""

    number: int
    name: str
    likeness: float
    sides: frozenset[Side]

    @property
    def is_plain(self) -> bool:
        """Whether it is so like the question that the question is said to be read as it."""
        return self.likeness >= PLAINLY_ALIKE


# Schools copy policies from each other and from their local authority: so many texts of policies, such as clauses and headings,
# are kept as they were read, for all schools.
TEXTS_KEPT = 4096


class ReadText(NamedTuple):
    """A text of a policy as it is looked for: its terms, its pieces as rows of the word vectors, and their sum."""

    terms: tuple[str, ...]
    pieces: tuple[int, ...]
    sum: Vector


class Knowledge:
    """The shared data. Each part is read when it is first needed; `cache` is a folder for parsed files, or None."""

    def __init__(self, cache: Path | None = None) -> None:
        """Keep the folder; nothing is read yet."""
        self._cache = cache
        self.read_text = lru_cache(TEXTS_KEPT)(self._read_text)
        self._wordings_found = lru_cache(TEXTS_KEPT)(self._find_wordings)

    @cached_property
    def vectors(self) -> WordVectors:
        """The word vectors."""
        return WordVectors()

    @cached_property
    def matters(self) -> "Matters":
        """The matters, as vectors."""
        return Matters(self.vectors, self._cache)

    @cached_property
    def clauses(self) -> LinearModel:
        """The linear model of the known clauses: its classes are their names, with SECOND_CASE for a second case."""
        return LinearModel(CLAUSES)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """How often each word stands in the wordings, the policy sentences of the matters and the known clauses."""
        arrays = self._words
        return Vocabulary(zip(_lines(arrays["words"]), arrays["counts"].tolist(), strict=True))

    @cached_property
    def abbreviations(self) -> dict[str, str]:
        """What each abbreviation of phone messages stands for."""
        arrays = self._words
        return dict(zip(_lines(arrays["short"]), _lines(arrays["long"]), strict=True))

    @cached_property
    def _words(self) -> Arrays:
        name = f"words-{fingerprint(MATTERS, WORDINGS, ABBREVIATIONS)}.msgpack"
        return _kept_or_made(self._cache / name if self._cache else None, lambda: _word_arrays(self._cache))

    @cached_property
    def _known(self) -> "_KnownClauses":
        return _KnownClauses(self.vectors, self._cache)

    @property
    def terms(self) -> Mapping[str, int]:
        """The terms of the wordings and of the known clauses, numbered from 0: of all schools, so that none keeps its own."""
        return self._known.terms

    def wordings_for(self, words: str, lead_in: str | None) -> "Wordings":
        """Return the wordings written for clauses that are this one, nearly word for word; none for a clause not known."""
        return self._wordings_found(words, _ending(lead_in))

    def _find_wordings(self, words: str, ending: str) -> "Wordings":
        return self._known.wordings_for(frozenset((*self.read_text(words).terms, *analyze(ending))))

    def _read_text(self, text: str) -> ReadText:
        pieces = self.vectors.pieces(text)
        return ReadText(tuple(analyze(text)), tuple(pieces), self.vectors.sums_of([pieces])[0])

    def likest_wording(self, matter: int, question: Vector) -> str:
        """Return the wording of the matter of this number that is likest a question's vector."""
        wordings = read_matters(self._cache)[matter].wordings
        return wordings[int(np.argmax(self.vectors.encode(wordings) @ question))]

    def reviewed_links(self, known: Sequence[str]) -> NDArray[np.float32]:
        """Return how surely a clause that is one of these known ones is linked to each matter: GOVERNS, PARTLY or 0."""
        arrays = self._links
        reviewed = np.zeros(len(self.matters), dtype=np.float32)
        for name in known:
            of_clause = slice(*np.searchsorted(arrays["clause"], self._known.number_of(name) + np.arange(2)))
            np.maximum.at(reviewed, arrays["matter"][of_clause], arrays["counts"][of_clause])
        return reviewed

    @cached_property
    def _links(self) -> Arrays:
        name = f"links-by-clause-{fingerprint(LINKS, MATTERS, WORDINGS)}.msgpack"
        return _kept_or_made(self._cache / name if self._cache else None, lambda: _link_arrays(self._cache, self._known.names))


class Wordings:
    """How staff ask what a clause answers: what was written for the known clauses that it is.

    It is a view of what all schools share, and holds no vector and no term of its own.
    """

    __slots__ = ("_of", "_same", "known")

    def __init__(self, of: "_KnownClauses | None" = None, same: tuple[int, ...] = ()) -> None:
        """Keep the known clauses and the numbers of those that are the same; none where there is none."""
        self._of, self._same = of, same
        self.known: tuple[str, ...] = tuple(of.names[number] for number in same) if of else ()

    def terms(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the terms of all wordings, numbered as in `Knowledge.terms`, and how often each stands in them.

        A term stands there once for each of the known clauses, in the order in which it comes first.
        """
        spans = [self._of.span_of_terms(number) for number in self._same] if self._of else []
        if not self._of or not spans:
            return _NO_TERMS, _NO_TERMS
        numbers, times = self._of.asked, self._of.times
        return np.concatenate([numbers[span] for span in spans]), np.concatenate([times[span] for span in spans])

    def vectors(self) -> Vector:
        """Return a vector for each wording."""
        if not self._of or not self._same:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        rows = np.concatenate([self._of.vectors[self._of.span_of_vectors(number)] for number in self._same])
        return np.asarray(rows.astype(np.float32) / np.float32(127))


_NO_TERMS = np.zeros(0, dtype=np.int32)
NO_WORDINGS = Wordings()


class Matters:
    """The matters as vectors: what a question is about, and whether a clause rules on it.

    Working the vectors out takes a second; they are kept in the cache, keyed by the content of what they come from.
    """

    def __init__(self, vectors: WordVectors, cache: Path | None) -> None:
        """Read the vectors from the cache, or work them out and keep them there."""
        kept = cache / f"matters-as-arrays-{fingerprint(MATTERS, VECTORS)}.msgpack" if cache else None
        arrays = _kept_or_made(kept, lambda: _matter_arrays(read_matters(cache), vectors))
        self._means = arrays["means"]
        self._wordings, self._wordings_start = arrays["wordings"], arrays["wordings_start"]
        self._policy, self._policy_start = arrays["policy"], arrays["policy_start"]
        self._names = _lines(arrays["names"])
        self._side_rows: NDArray[np.float32] = arrays["sides"]
        self._sides = [
            frozenset(side for side, named in zip(Side, row, strict=True) if named) for row in self._side_rows.tolist()
        ]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._names)

    def number_of(self, name: str) -> int | None:
        """Return the number of the matter of this name; None where there is none, or none any more."""
        return self._names.index(name) if name in self._names else None

    def nearest(self, question: Vector) -> tuple[MatterHit, ...]:
        """Return the matters nearest a question's vector, likest first, by the mean of their three likest wordings."""
        found = []
        for number in np.argpartition(-(self._means @ question), NEAREST_MATTERS)[:NEAREST_MATTERS]:
            rows = self._wordings[self._wordings_start[number] : self._wordings_start[number + 1]]
            likeness = np.sort(rows.astype(np.float32) @ question)[-TOP_WORDINGS:].mean() / 127
            found.append(MatterHit(int(number), self._names[number], float(likeness), self._sides[number]))
        return tuple(sorted(found, key=lambda hit: -hit.likeness))

    def agreement(self, number: int, clause: Vector) -> float:
        """Return how like a clause's vector is to the policy sentence of a matter that is likest it, -1 to 1."""
        rows = self._policy[self._policy_start[number] : self._policy_start[number + 1]]
        return float((rows.astype(np.float32) @ clause).max()) / 127

    def likeness(self, words: Vector) -> NDArray[np.float32]:
        """Return how like the words of each clause, given by their vectors, are to how staff ask about each matter."""
        return words @ self._means.T

    def link_features(self, likeness: NDArray[np.float32], side_rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what speaks for a link of each clause to each matter, as retrieval.linking says.

        The clauses are given by their rows of `likeness`, and by whom they name, as `rows_of_sides` returns it.
        """
        return link_features(likeness, agreement_on_sides(side_rows, self._side_rows))


def likeliest(near: Sequence[MatterHit], sides: frozenset[Side]) -> MatterHit:
    """Return what a question is about, of the matters nearest it.

    Of those nearly as like as the likest, one whose name says whom the question turns on goes first: a mum's request is worded
    much as a pupil's.
    """
    nearly = [hit for hit in near if hit.likeness >= near[0].likeness - NEARLY_AS_LIKE]
    return next((hit for hit in nearly if sides & hit.sides), near[0])


def _kept_or_made(kept: Path | None, make: Callable[[], Arrays]) -> Arrays:
    """Return the arrays of the file `kept`; where there is none yet they are made, and kept there."""
    arrays = read_arrays(kept) if kept else None
    if arrays is None:
        arrays = make()
        if kept:
            write_arrays(kept, arrays)
    return arrays


def _matter_arrays(matters: Sequence[Matter], vectors: WordVectors) -> dict[str, NDArray[Any]]:
    wordings = [vectors.encode(matter.wordings) for matter in matters]
    policy = [vectors.encode(matter.policy) for matter in matters]
    return {
        "means": normalized(np.stack([rows.mean(axis=0) for rows in wordings])),
        "wordings": _as_bytes(wordings),
        "wordings_start": _starts(wordings),
        "policy": _as_bytes(policy),
        "policy_start": _starts(policy),
        "names": _as_text(matter.name for matter in matters),
        "sides": rows_of_sides([sides_of_clause(matter.name) for matter in matters]),
    }


def _as_bytes(groups_of_rows: Sequence[Vector]) -> NDArray[np.int8]:
    return np.round(np.concatenate(groups_of_rows) * 127).astype(np.int8)


def _starts(groups: Sequence[Sized]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum([len(group) for group in groups])])


class _KnownClauses:
    """The clauses with wordings, found by their terms; worked out once and kept, as the matters are."""

    def __init__(self, vectors: WordVectors, cache: Path | None) -> None:
        kept = cache / f"known-clauses-{fingerprint(WORDINGS, VECTORS)}.msgpack" if cache else None
        arrays = _kept_or_made(kept, lambda: _known_arrays(read_wordings(cache), vectors))
        self.vectors, self._start = arrays["vectors"], arrays["start"]
        self.terms = {term: number for number, term in enumerate(_lines(arrays["terms"]))}
        self.asked: NDArray[np.int32] = arrays["asked"]
        self.times: NDArray[np.int32] = arrays["times"]
        self._asked_start = arrays["asked_start"]
        self.names = _lines(arrays["names"])
        self._number = {name: number for number, name in enumerate(self.names)}
        # The known clauses that hold a term, and how many terms each of them holds.
        self._sizes = np.diff(arrays["own_start"])
        holding = np.argsort(arrays["own"], kind="stable")
        self._holding = np.repeat(np.arange(len(self.names)), self._sizes)[holding]
        self._holding_start = np.searchsorted(arrays["own"][holding], np.arange(len(self.terms) + 1)).tolist()

    def number_of(self, name: str) -> int:
        return self._number[name]

    def span_of_terms(self, number: int) -> slice:
        return slice(self._asked_start[number], self._asked_start[number + 1])

    def span_of_vectors(self, number: int) -> slice:
        return slice(self._start[number], self._start[number + 1])

    def wordings_for(self, terms: frozenset[str]) -> Wordings:
        start = self._holding_start
        found = [self._holding[start[at] : start[at + 1]] for at in map(self.terms.get, terms) if at is not None]
        if not found:
            return NO_WORDINGS
        shared = np.bincount(np.concatenate(found), minlength=len(self.names))
        same = np.flatnonzero((shared > 0) & (shared >= SAME_CLAUSE * (len(terms) + self._sizes - shared)))
        return Wordings(self, tuple(same.tolist())) if len(same) else NO_WORDINGS


def _known_arrays(known: Sequence[KnownClause], vectors: WordVectors) -> dict[str, NDArray[Any]]:
    rows = [vectors.encode(one.all_wordings) for one in known]
    asked = [Counter(term for wording in one.all_wordings for term in analyze(wording)) for one in known]
    own = [sorted(_terms(one.words, one.lead_in)) for one in known]
    number = {term: at for at, term in enumerate(dict.fromkeys(term for terms in (*own, *asked) for term in terms))}
    return {
        "vectors": _as_bytes(rows),
        "start": _starts(rows),
        "terms": _as_text(number),
        "own": np.array([number[term] for terms in own for term in terms], dtype=np.int32),
        "own_start": _starts(own),
        "asked": np.array([number[term] for counts in asked for term in counts], dtype=np.int32),
        "times": np.array([count for counts in asked for count in counts.values()], dtype=np.int32),
        "asked_start": _starts(asked),
        "names": _as_text(one.clause for one in known),
    }


def _word_arrays(cache: Path | None) -> dict[str, NDArray[Any]]:
    matters, known, abbreviations = read_matters(cache), read_wordings(cache), read_abbreviations()
    texts = [text for matter in matters for text in (*matter.wordings, *matter.policy)]
    counts = count_words([*texts, *(text for one in known for text in (*one.all_wordings, one.words))])
    return {
        "words": _as_text(counts),
        "counts": np.fromiter(counts.values(), dtype=np.int32),
        "short": _as_text(abbreviations),
        "long": _as_text(abbreviations.values()),
    }


def _link_arrays(cache: Path | None, clauses: Sequence[str]) -> dict[str, NDArray[Any]]:
    matter = {one.id: number for number, one in enumerate(read_matters(cache))}
    links = [
        (clauses.index(name), matter[link.matter], counts)
        for link in read_links(cache)
        for names, counts in ((link.governs, GOVERNS), (link.partly, PARTLY))
        for name in names
    ]
    clause, number, counts = zip(*sorted(links), strict=True)
    return {
        "clause": np.array(clause, dtype=np.int32),
        "matter": np.array(number, dtype=np.int32),
        "counts": np.array(counts, dtype=np.float32),
    }


def _as_text(lines: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)


def _lines(text: NDArray[Any]) -> list[str]:
    """Return the lines that `_as_text` put together."""
    return bytes(text).decode().split("\n")


def _terms(words: str, lead_in: str | None) -> frozenset[str]:
    return frozenset(analyze(words) + analyze(_ending(lead_in)))


def _ending(lead_in: str | None) -> str:
    # Only the end of a lead-in rules with the item: "When using sites, staff must not:".
    return (lead_in or "")[-60:]
