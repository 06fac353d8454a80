"""What the linear models see of a text, as numbered features: its words, pairs of neighbouring words, the letters of its words.

Features are numbered by hashing (Weinberger et al., "Feature hashing for large scale multitask learning", 2009): no vocabulary
has to be loaded, and a word that was never seen still shares its letters with its kin: "piccys" with "piccies".
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from retrieval.analyzer import normalize

BUCKETS = 1 << 17
# A text is read up to here: what one may cost is bounded.
MOST_WORDS = 200
LONGEST_WORD = 40
_LETTERS = (3, 4, 5)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Features:
    """The numbers of a text's features, and the value of each."""

    numbers: NDArray[np.int64]
    values: NDArray[np.float32]


def features_of(text: str) -> Features:
    """Return the features of a text: words with their pairs, and letters; each of the two groups has length 1."""
    words = [word[:LONGEST_WORD] for word in _WORD.findall(normalize(text))[:MOST_WORDS]]
    distinct = set(words)
    phrases = {_bucket(word) for word in distinct} | {_bucket(f"{one} {other}") for one, other in pairwise(words)}
    letters = {bucket for word in distinct for bucket in _letters(word)}
    numbers = np.fromiter((*phrases, *letters), dtype=np.int64, count=len(phrases) + len(letters))
    # A set of words has another order in every process: sums over features, and so what is trained, would differ.
    numbers[: len(phrases)].sort()
    numbers[len(phrases) :].sort()
    values = np.empty(len(numbers), dtype=np.float32)
    values[: len(phrases)] = _share(phrases)
    values[len(phrases) :] = _share(letters)
    return Features(numbers, values)


def _share(group: set[int]) -> float:
    return float(len(group) ** -0.5) if group else 0.0


@lru_cache(maxsize=32768)
def _letters(word: str) -> Sequence[int]:
    """Return the features of a word's letters: each run of three to five, with the word's edges marked."""
    marked = f"<{word}>"
    return tuple({_bucket(marked[at : at + length]) for length in _LETTERS for at in range(max(1, len(marked) - length + 1))})


def _bucket(feature: str) -> int:
    return zlib.crc32(feature.encode()) % BUCKETS
