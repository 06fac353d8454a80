"""A question as it is understood before any clause is looked at: its terms, its vector, its features, who is in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.clause import Party
from retrieval.analyzer import analyze
from retrieval.features import Features, features_of
from retrieval.happened import has_happened
from retrieval.index import Index
from retrieval.knowledge import MatterHit, likeliest
from retrieval.references import clauses_named
from retrieval.sides import Side, actor_of_question, sides_of_question
from retrieval.vectors import Vector, normalized

# How a question begins that goes on from the one before it.
_GOES_ON = re.compile(
    r"\W*(?:and|but|or|so|what if|what about|how about|even|not even|also|then|ok|okay|though|same|if)\b", re.IGNORECASE
)
_REFERS = re.compile(
    r"\b(?:its?|it's|they|them|theirs?|s?he|her|him|his|s?he'?s|that|this|those|these|ones?|then|tho|though|either|instead|same"
    r"|get told|go to)\b",
    re.IGNORECASE,
)
_WHAT_TO_DO = re.compile(
    r"\b(?:who|whom|ring|call|phone|tell|told|report|next|first|now|wait|help|urgent|police|dsl|safeguarding"
    r"|what (?:do|should|can|shall) i)\b",
    re.IGNORECASE,
)
# With as few words as this a question hardly stands by itself; with up to so many, it does not where it refers to something.
FEW_WORDS, MOST_WORDS_REFERRING = 4, 8
# How much an earlier question of the conversation weighs beside the one asked now.
CONTEXT_WEIGHT = 0.7
# A question is cut to its rarest terms: what work it may cost is bounded, however long it is.
MOST_TERMS = 64


@dataclass(frozen=True, slots=True)
class Reading:
    """A question, read after the one before it in the conversation if it goes on from that, with CONTEXT_WEIGHT beside it.

    `question` is as it was typed; `meant` are the question and the one before it with their slips mended, from which all but
    `named` is read.

    `terms` have the weight that they count; `features` and `vectors` are the question's, then those of the one before it;
    `vector` is the question's bent towards that. `named` are the clauses that it names by where they stand, as numbers in the
    index; `matters` are those nearest it, likest first; `happened` says that the asker has done what she asks about.
    """

    question: str
    meant: tuple[str, ...]
    terms: dict[str, float]
    features: tuple[Features, ...]
    vectors: Vector
    vector: Vector
    sides: frozenset[Side]
    actor: Party | None
    matters: tuple[MatterHit, ...]
    named: tuple[int, ...]
    happened: bool

    @property
    def matter(self) -> MatterHit:
        """The matter that it is read as."""
        return likeliest(self.matters, self.sides)

    @property
    def says_anything(self) -> bool:
        """Whether there is anything in it to look for."""
        return bool(self.terms) or bool(self.vector.any())


def goes_on(question: str) -> bool:
    """Tell whether a question goes on from the one before it, and is not understood without it."""
    words = len(question.split())
    return (
        bool(_GOES_ON.match(question)) or words <= FEW_WORDS or (words <= MOST_WORDS_REFERRING and bool(_REFERS.search(question)))
    )


def refers_back(question: str) -> bool:
    """Tell whether a question may speak of somebody or something spoken of before, or ask what to do about it."""
    return bool(_REFERS.search(question) or _GOES_ON.match(question) or _WHAT_TO_DO.search(question))


def read(question: str, context: Sequence[str], index: Index) -> Reading:
    """Return the reading of a question asked of a school; `context` are earlier questions, oldest first: the last one counts."""
    asked = [index.spelling.correct(text) for text in (question, *context[-1:])]
    vectors = index.knowledge.vectors.encode(asked)
    vector = normalized(vectors[:1] + CONTEXT_WEIGHT * vectors[1:])[0] if len(asked) > 1 else vectors[0]
    return Reading(
        question=question,
        meant=tuple(asked),
        terms=_weighted_terms(asked, index),
        features=tuple(map(features_of, asked)),
        vectors=vectors,
        vector=vector,
        sides=next(filter(None, map(sides_of_question, asked)), frozenset()),
        actor=actor_of_question(asked[0]),
        matters=index.knowledge.matters.nearest(vector),
        named=clauses_named(question, index),
        happened=has_happened(asked[0]),
    )


def _weighted_terms(asked: Sequence[str], index: Index) -> dict[str, float]:
    """Return the terms to look for: the question's, and those of the question before it at less weight; the rarest of many."""
    weighted = dict.fromkeys(analyze(asked[0]), 1.0)
    for earlier in asked[1:]:
        for term in analyze(earlier):
            weighted.setdefault(term, CONTEXT_WEIGHT)
    if len(weighted) <= MOST_TERMS:
        return weighted
    kept = sorted(weighted, key=lambda term: (-weighted[term], -index.best_weight(term)))[:MOST_TERMS]
    return {term: weighted[term] for term in kept}
