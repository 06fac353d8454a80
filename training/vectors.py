"""Trains the word vectors that ship in retrieval/data/vectors.msgpack. Run with `make vectors`; docs/vectors.md says the rest.

Three steps, reproducible from the data and the seed: each word piece starts from MiniLM's vector of it; then the weighted mean
of a text's pieces is fitted to MiniLM's vector of the text; then two texts of the same matter, a staff wording and a policy
sentence or two wordings, are drawn together, and those of other matters apart (in-batch negatives).
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from retrieval.arrays import write_arrays
from retrieval.library import Matter, read_matters, read_wordings
from retrieval.minilm import MiniLM
from retrieval.vectors import DATA, DIMENSIONS

SEED = 20261121
DISTIL_EPOCHS, DISTIL_BATCH = 8, 1024
PAIR_EPOCHS, PAIR_BATCH = 4, 512
# Fast for the first fit, slow for the second: drawn together too hard, texts lose what MiniLM knew of them.
DISTIL_RATE, PAIR_RATE, WEIGHT_FACTOR = 3e-3, 1.5e-3, 3
TEMPERATURE = 0.1
DROPOUT = 0.1
PAIRS_A_WORDING = 3
Array = NDArray[np.float32]
Ids = Sequence[Sequence[int]]


class _Table:
    """What is learnt: a vector and the logarithm of a weight for each piece, with Adam's state."""

    def __init__(self, vectors: Array, log_weights: Array) -> None:
        self.vectors, self.log_weights = vectors, log_weights
        self._moments = [np.zeros_like(part) for part in (vectors, vectors, log_weights, log_weights)]
        self._step = 0

    def encode(self, counts: scipy.sparse.csr_matrix) -> tuple[scipy.sparse.csr_matrix, Array, Array]:
        """Return the weighted counts, the texts' vectors of length 1, and their lengths before."""
        weighted = counts.multiply(np.exp(self.log_weights)[None, :]).tocsr()
        sums = weighted @ self.vectors
        lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
        return weighted, sums / lengths, lengths

    def descend(self, gradient: Array, rate: float) -> None:
        """Take one step of Adam (Kingma and Ba, 2015) along the gradient of the vectors; the weights' follows from it."""
        by_weight = np.einsum("td,td->t", gradient, self.vectors)
        self._step += 1
        for part, slope, first, second, speed in (
            (self.vectors, gradient, self._moments[0], self._moments[1], rate),
            (self.log_weights, by_weight, self._moments[2], self._moments[3], WEIGHT_FACTOR * rate),
        ):
            first *= 0.9
            first += 0.1 * slope
            second *= 0.999
            second += 0.001 * slope * slope
            part -= speed * (first / (1 - 0.9**self._step)) / (np.sqrt(second / (1 - 0.999**self._step)) + 1e-8)


def main() -> None:
    """Train and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minilm", type=Path, required=True, help="the folder with model.safetensors and vocab.txt")
    parser.add_argument("--out", type=Path, default=DATA)
    options = parser.parse_args()
    rng = np.random.default_rng(SEED)
    teacher = MiniLM(options.minilm)
    matters = read_matters()
    pairs = _pairs(matters, rng)
    texts = sorted({text for matter in matters for text in (*matter.wordings, *matter.policy)} | {b for _, b, _ in pairs})
    kept = _latin_pieces(teacher.pieces)
    print(f"{len(matters)} matters, {len(texts)} texts, {len(pairs)} pairs, {len(kept)} pieces", flush=True)

    of_texts = teacher.encode([teacher.tokenize(text) for text in texts])
    centre = of_texts.mean(axis=0)
    _, _, directions = np.linalg.svd(of_texts - centre, full_matrices=False)
    basis = directions[:DIMENSIONS].T
    of_pieces = teacher.encode([[number] for number in kept])
    start = (of_pieces - of_pieces.mean(axis=0)) @ basis
    start = (start / np.linalg.norm(start, axis=1).mean()).astype(np.float32)

    row = {number: at for at, number in enumerate(kept)}
    counts = _counts([[row[number] for number in teacher.tokenize(text) if number in row] for text in texts], len(kept))
    frequency = np.bincount(counts.indices, minlength=len(kept)) / counts.shape[0]
    table = _Table(start, np.log(1e-3 / (1e-3 + frequency)).astype(np.float32))  # Arora, Liang and Ma, 2017
    target = (of_texts - centre) @ basis
    _distil(table, counts, (target / np.linalg.norm(target, axis=1, keepdims=True)).astype(np.float32), rng)

    at = {text: number for number, text in enumerate(texts)}
    left = counts[[at[a] for a, _, _ in pairs]]
    right = counts[[at[b] for _, b, _ in pairs]]
    # Adam starts anew: the second task is another.
    table = _Table(table.vectors, table.log_weights)
    _draw_together(table, left, right, np.array([group for _, _, group in pairs]), rng)
    _write(options.out, table, [teacher.pieces[number] for number in kept])


def _pairs(matters: Sequence[Matter], rng: np.random.Generator) -> list[tuple[str, str, int]]:
    """Return (wording, policy sentence or other wording, group): from matters, and from the clauses that have wordings."""
    groups = [(matter.wordings, matter.policy) for matter in matters]
    groups += [(known.all_wordings, (known.words,)) for known in read_wordings()]
    pairs = []
    for number, (wordings, sentences) in enumerate(groups):
        for wording in wordings:
            for chosen in rng.choice(len(sentences), size=min(PAIRS_A_WORDING, len(sentences)), replace=False):
                pairs.append((wording, sentences[chosen], number))
        mixed = rng.permutation(len(wordings))
        pairs.extend((wordings[one], wordings[other], number) for one, other in zip(mixed, np.roll(mixed, 1), strict=True))
    return pairs


def _latin_pieces(pieces: Sequence[str]) -> list[int]:
    """Return the numbers of the pieces that English text can need; placeholders and other scripts are left out."""
    return [
        number
        for number, piece in enumerate(pieces)
        if not piece.startswith("[") and all(ord(character) < 0x250 or character in "–—‘’“”…€" for character in piece)
    ]


def _counts(ids: Ids, width: int) -> scipy.sparse.csr_matrix:
    rows = np.repeat(np.arange(len(ids)), [len(one) for one in ids])
    columns = np.fromiter((number for one in ids for number in one), dtype=int)
    return scipy.sparse.csr_matrix((np.ones(len(columns), np.float32), (rows, columns)), shape=(len(ids), width))


def _distil(table: _Table, counts: scipy.sparse.csr_matrix, target: Array, rng: np.random.Generator) -> None:
    """Fit each text's mean to the teacher's vector of it, by the cosine."""
    for epoch in range(DISTIL_EPOCHS):
        order = rng.permutation(counts.shape[0])
        losses = []
        for start in range(0, len(order) - DISTIL_BATCH + 1, DISTIL_BATCH):
            rows = order[start : start + DISTIL_BATCH]
            weighted, encoded, lengths = table.encode(counts[rows])
            losses.append(1 - float((encoded * target[rows]).sum(axis=1).mean()))
            slope = -target[rows] / DISTIL_BATCH
            table.descend(weighted.T @ _through_length(slope, encoded, lengths), DISTIL_RATE)
        print(f"distil {epoch + 1}: {np.mean(losses):.4f}", flush=True)


def _draw_together(
    table: _Table,
    left: scipy.sparse.csr_matrix,
    right: scipy.sparse.csr_matrix,
    group: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Fit by the symmetric contrastive loss over the batch (van den Oord et al., 2018); others of the same group do not count."""
    batches = left.shape[0] // PAIR_BATCH
    steps = PAIR_EPOCHS * batches
    step = 0
    for epoch in range(PAIR_EPOCHS):
        order = rng.permutation(left.shape[0])
        losses = []
        for batch in range(batches):
            rows = order[batch * PAIR_BATCH : (batch + 1) * PAIR_BATCH]
            one_counts, one, one_lengths = table.encode(_thinned(left[rows], rng))
            other_counts, other, other_lengths = table.encode(_thinned(right[rows], rng))
            scores = one @ other.T / TEMPERATURE
            same = group[rows][:, None] == group[rows][None, :]
            np.fill_diagonal(same, False)
            scores[same] = -1e9
            across, down = _softmax(scores, 1), _softmax(scores, 0)
            losses.append(-float(np.log(np.diag(across) + 1e-9).mean()))
            slope = (across + down) / 2
            slope[np.arange(PAIR_BATCH), np.arange(PAIR_BATCH)] -= 1
            slope /= PAIR_BATCH * TEMPERATURE
            gradient = one_counts.T @ _through_length(slope @ other, one, one_lengths)
            gradient += other_counts.T @ _through_length(slope.T @ one, other, other_lengths)
            step += 1
            pace = min(1.0, step / 50) * 0.5 * (1 + np.cos(np.pi * step / steps))
            table.descend(gradient, PAIR_RATE * pace)
        print(f"pairs {epoch + 1}: {np.mean(losses):.4f}", flush=True)


def _thinned(counts: scipy.sparse.csr_matrix, rng: np.random.Generator) -> scipy.sparse.csr_matrix:
    """Return the counts with some pieces left out, so that no text is known by one word alone."""
    counts = counts.copy()
    counts.data = counts.data * (rng.random(len(counts.data)) > DROPOUT)
    return counts


def _softmax(scores: Array, axis: int) -> Array:
    raised = np.exp(scores - scores.max(axis=axis, keepdims=True))
    result: Array = raised / raised.sum(axis=axis, keepdims=True)
    return result


def _through_length(slope: Array, encoded: Array, lengths: Array) -> Array:
    """Return the gradient before the rows were scaled to length 1."""
    result: Array = (slope - encoded * (slope * encoded).sum(axis=1, keepdims=True)) / lengths
    return result


def _write(out: Path, table: _Table, pieces: Sequence[str]) -> None:
    scale = np.abs(table.vectors).max(axis=1) / 127
    small = np.round(table.vectors / np.maximum(scale, 1e-12)[:, None]).astype(np.int8)
    arrays = {
        "table": small,
        "scale": scale.astype(np.float16),
        "weight": np.exp(table.log_weights).astype(np.float16),
        "pieces": np.frombuffer("\n".join(pieces).encode(), dtype=np.uint8),
    }
    write_arrays(out, arrays)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
