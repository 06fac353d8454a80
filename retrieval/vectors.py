"""Trained word vectors: one table, word piece or pair of them -> 256 numbers; a text is the sum of its pieces and pairs.

The table is learnt before, from matters (see docs/vectors.md); at question time a text costs a lookup and a sum.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.arrays import read_shipped

DATA = Path(__file__).parent / "data" / "vectors.msgpack"
DIMENSIONS = 256
# A text is read up to here: what one may cost is bounded.
MOST_PIECES = 512
# A longer word is no word: to look for its pieces would take the square of its length.
LONGEST_WORD = 100
_PARTS = {"table", "scale", "pieces", "pairs"}
_TOKEN = re.compile(r"\w+|[^\w\s]")
_MARK = "##"  # how a piece that goes on with a word is written in the table

Vector = NDArray[np.float32]


class WordVectors:
    """The table of vectors, read from one file."""

    def __init__(self, file: Path = DATA) -> None:
        """Read the table; raises RetrievalError where the file is missing or damaged.

        The file holds a row of int8 numbers and a scale for each piece, then for each pair; the pieces' names; the pairs as two
        numbers of pieces, in their order.
        """
        stored = read_shipped(file, "The table of word vectors", _PARTS)
        self._table: NDArray[np.int8] = stored["table"]
        self._factor: Vector = stored["scale"].astype(np.float32)[:, None]
        pieces = bytes(stored["pieces"]).decode().split("\n")
        self._piece = {piece: number for number, piece in enumerate(pieces)}
        self._pair_keys: NDArray[np.int64] = stored["pairs"].astype(np.int64) @ np.array([len(pieces), 1])
        self._pieces_of = lru_cache(maxsize=65536)(self._split)

    def encode(self, texts: Sequence[str]) -> Vector:
        """Return the vectors of texts, one a row, of length 1; of a text without a known piece, all zeros."""
        return normalized(self.sums_of([self.pieces(text) for text in texts]))

    def sums_of(self, texts: Sequence[Sequence[int]]) -> Vector:
        """Return for each text, given by its `pieces`, the sum of these and of its pairs; all zeros where there is none."""
        rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for number, summed in enumerate(self._with_pairs(texts)):
            if len(summed):
                rows[number] = (self._table[summed] * self._factor[summed]).sum(axis=0)
        return rows

    def _with_pairs(self, texts: Sequence[Sequence[int]]) -> Iterator[NDArray[np.int64]]:
        """Yield for each text the rows of its pieces, and of those pairs of neighbours that the table holds."""
        singles = np.fromiter(chain.from_iterable(texts), dtype=np.int64)
        # They are looked for all at once; the last piece of a text and the first of the next are no neighbours.
        keys = singles[:-1] * len(self._piece) + singles[1:]
        places = np.minimum(np.searchsorted(self._pair_keys, keys), len(self._pair_keys) - 1)
        is_pair = self._pair_keys[places] == keys
        start = 0
        for text in texts:
            within = slice(start, start + max(0, len(text) - 1))
            pairs = len(self._piece) + places[within][is_pair[within]]
            yield np.concatenate([singles[start : start + len(text)], pairs])
            start += len(text)

    def alignment(self, asked: Sequence[int], texts: Sequence[Sequence[int] | NDArray[np.int32]]) -> Vector:
        """Return, for each text, how well the pieces asked find their like in it: the mean of their highest cosines, by weight.

        Asked pieces and texts are rows as `pieces` returns them; 0 where either is empty. (The late interaction of ColBERT,
        Khattab and Zaharia, 2020, over word vectors.)
        """
        aligned = np.zeros(len(texts), dtype=np.float32)
        full = [number for number, text in enumerate(texts) if len(text)]
        if not asked or not full:
            return aligned
        sought = self._table[asked] * self._factor[asked]
        weights = np.linalg.norm(sought, axis=1)
        starts = np.cumsum([0, *(len(texts[number]) for number in full)])[:-1]
        there = np.concatenate([texts[number] for number in full])
        cosines = (normalized(sought) @ self._table[there].astype(np.float32).T) / self._lengths[there]
        highest = np.maximum.reduceat(cosines, starts, axis=1)
        aligned[full] = weights @ highest / weights.sum()
        return aligned

    @cached_property
    def _lengths(self) -> Vector:
        """The lengths of the table's rows."""
        squares = np.einsum("rd,rd->r", self._table, self._table, dtype=np.float32)
        lengths: Vector = np.maximum(np.sqrt(squares), np.float32(1e-9))
        return lengths

    def pieces(self, text: str) -> list[int]:
        """Return the rows of a text's pieces: each word's longest known beginnings, one after the other."""
        found: list[int] = []
        for word in _TOKEN.findall(_plain(text)):
            found.extend(self._pieces_of(word))
            if len(found) > MOST_PIECES:
                return found[:MOST_PIECES]
        return found

    def is_word(self, word: str) -> bool:
        """Tell whether a word in lower case is one whole piece of the table, as common English words are."""
        return word in self._piece

    def _split(self, word: str) -> tuple[int, ...]:
        """Return the pieces of one word, greedily the longest first, as WordPiece does; nothing where one is missing."""
        if len(word) > LONGEST_WORD:
            return ()
        pieces: list[int] = []
        start = 0
        while start < len(word):
            prefix = _MARK if start else ""
            for end in range(len(word), start, -1):
                piece = self._piece.get(prefix + word[start:end])
                if piece is not None:
                    pieces.append(piece)
                    start = end
                    break
            else:
                return ()
        return tuple(pieces)


def normalized(rows: Vector) -> Vector:
    """Return rows scaled to length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Vector = rows / np.maximum(lengths, 1e-9)
    return scaled


def _plain(text: str) -> str:
    """Return a text in lower case without accents, as the table was learnt."""
    lower = text.lower().replace("’", "'").replace("_", " ")
    if lower.isascii():
        return lower
    decomposed = unicodedata.normalize("NFD", lower)
    return "".join(character for character in decomposed if unicodedata.category(character) != "Mn")
