"""What is known beside a school's own policies, built once for all schools: word vectors, wordings of known clauses, matters."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

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
from retrieval.spelling import count_words
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


class Knowledge:
    """The shared data. Each part is read when it is first needed; `cache` is a folder for parsed files, or None."""

    def __init__(self, cache: Path | None = None) -> None:
        """Keep the folder; nothing is read yet."""
        self._cache = cache

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
    def vocabulary(self) -> dict[str, int]:
        """How often each word stands in the wordings, the policy sentences of the matters and the known clauses."""
        arrays = self._words
        return dict(zip(_lines(arrays["words"]), arrays["counts"].tolist(), strict=True))

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

    def wordings_for(self, words: str, lead_in: str | None) -> "Wordings":
        """Return the wordings written for clauses that are this one, nearly word for word; none for a clause not known."""
        return self._known.wordings_for(words, lead_in)

    def likest_wording(self, matter: int, question: Vector) -> str:
        """Return the wording of the matter of this number that is likest a question's vector."""
        wordings = read_matters(self._cache)[matter].wordings
        return wordings[int(np.argmax(self.vectors.encode(wordings) @ question))]

    def reviewed_links(self, known: Sequence[str]) -> NDArray[np.float32]:
        """Return how surely a clause that is one of these known ones is linked to each matter: GOVERNS, PARTLY or 0."""
        arrays = self._links
        reviewed = np.zeros(len(self.matters), dtype=np.float32)
        for name in known:
            of_clause = arrays["clause"] == self._known.names.index(name)
            np.maximum.at(reviewed, arrays["matter"][of_clause], arrays["counts"][of_clause])
        return reviewed

    @cached_property
    def _links(self) -> Arrays:
        name = f"links-{fingerprint(LINKS, MATTERS, WORDINGS)}.msgpack"
        return _kept_or_made(self._cache / name if self._cache else None, lambda: _link_arrays(self._cache, self._known.names))


@dataclass(frozen=True, slots=True)
class Wordings:
    """How staff ask what a clause answers: the terms of all wordings, a vector for each, and the known clauses they are of."""

    terms: tuple[str, ...]
    vectors: Vector
    known: tuple[str, ...]


NO_WORDINGS = Wordings((), np.zeros((0, DIMENSIONS), dtype=np.float32), ())


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

    def link_features(self, words: Vector, side_rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what speaks for a link of each clause to each matter, as retrieval.linking says.

        The clauses are given by the vectors of their words and by whom they name, as `rows_of_sides` returns it.
        """
        return link_features(words @ self._means.T, agreement_on_sides(side_rows, self._side_rows))


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


def _starts(groups_of_rows: Sequence[Vector]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum([len(rows) for rows in groups_of_rows])])


class _KnownClauses:
    """The clauses with wordings, found by their terms; worked out once and kept, as the matters are."""

    def __init__(self, vectors: WordVectors, cache: Path | None) -> None:
        kept = cache / f"wordings-{fingerprint(WORDINGS, VECTORS)}.msgpack" if cache else None
        arrays = _kept_or_made(kept, lambda: _known_arrays(read_wordings(cache), vectors))
        self._vectors, self._start = arrays["vectors"], arrays["start"]
        self._terms = [frozenset(line.split()) for line in _lines(arrays["terms"])]
        self._asked = _lines(arrays["asked"])
        self.names = _lines(arrays["names"])
        self._holding: dict[str, list[int]] = {}
        for number, terms in enumerate(self._terms):
            for term in terms:
                self._holding.setdefault(term, []).append(number)

    def wordings_for(self, words: str, lead_in: str | None) -> Wordings:
        terms = _terms(words, lead_in)
        shared: dict[int, int] = {}
        for term in terms:
            for number in self._holding.get(term, ()):
                shared[number] = shared.get(number, 0) + 1
        same = [
            number
            for number, count in sorted(shared.items())
            if count >= SAME_CLAUSE * (len(terms) + len(self._terms[number]) - count)
        ]
        if not same:
            return NO_WORDINGS
        rows = np.concatenate([self._vectors[self._start[number] : self._start[number + 1]] for number in same])
        return Wordings(
            terms=tuple(term for number in same for term in self._asked[number].split()),
            vectors=rows.astype(np.float32) / np.float32(127),
            known=tuple(self.names[number] for number in same),
        )


def _known_arrays(known: Sequence[KnownClause], vectors: WordVectors) -> dict[str, NDArray[Any]]:
    rows = [vectors.encode(one.all_wordings) for one in known]
    asked = [" ".join(term for wording in one.all_wordings for term in analyze(wording)) for one in known]
    return {
        "vectors": _as_bytes(rows),
        "start": _starts(rows),
        "terms": _as_text(" ".join(sorted(_terms(one.words, one.lead_in))) for one in known),
        "asked": _as_text(asked),
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
    clause, number, counts = zip(*links, strict=True)
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
    # Only the end of a lead-in rules with the item: "When using sites, staff must not:".
    return frozenset(analyze(words) + analyze((lead_in or "")[-60:]))
