"""Trains the word vectors that ship in retrieval/data/vectors.msgpack. Run with `make vectors`; docs/vectors.md says the rest.

Each word piece starts from a tuned MiniLM's vector of it. Then the weighted sum of a text's pieces and of the commonest pairs of
them is fitted to MiniLM's vector of the text and to how like other texts MiniLM finds it, while a staff wording and a policy
sentence of the same matter are drawn together and those of other matters apart (in-batch negatives).
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import cos, pi
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy, kl_div, log_softmax, normalize, softmax
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModel

from retrieval.arrays import write_arrays
from retrieval.library import read_matters, read_wordings
from retrieval.minilm import CLS, SEP, MiniLM
from retrieval.vectors import DATA, DIMENSIONS

SEED = 20261121
EPOCHS, BATCH, PAIR_BATCH = 16, 512, 384
RATE, WARM_UP, DROPOUT = 2e-3, 50, 0.1
# As many pairs of pieces as a file below ten megabytes has room for beside the pieces themselves.
PAIRS = 9000
# How much the likeness among texts, and the pairs of wording and sentence, count beside the texts' own vectors.
AMONG, TOGETHER = 0.3, 0.3
TEMPERATURE = 0.1
LONGEST, AT_A_TIME = 96, 256
Array = NDArray[np.float32]
Ids = Sequence[Sequence[int]]


class _Teacher:
    """The tuned MiniLM: the vectors of texts that are given by their pieces."""

    def __init__(self, folder: Path) -> None:
        self._model = AutoModel.from_pretrained(folder, local_files_only=True).eval()

    def encode(self, texts: Ids) -> Array:
        """Return the vector of each text, of length 1."""
        vectors = np.zeros((len(texts), self._model.config.hidden_size), np.float32)
        order = sorted(range(len(texts)), key=lambda row: (len(texts[row]), row))
        with torch.no_grad():
            for start in range(0, len(order), AT_A_TIME):
                rows = order[start : start + AT_A_TIME]
                framed = [[CLS, *texts[row][:LONGEST], SEP] for row in rows]
                numbers = pad_sequence([torch.tensor(one) for one in framed], batch_first=True)
                mask = pad_sequence([torch.ones(len(one)) for one in framed], batch_first=True)
                states = self._model(input_ids=numbers, attention_mask=mask).last_hidden_state * mask[:, :, None]
                vectors[rows] = normalize(states.sum(dim=1) / mask.sum(dim=1, keepdim=True), dim=1).numpy()
        return vectors


class _Table(torch.nn.Module):
    """What is learnt: a vector and the logarithm of a weight for each piece, and a vector for each pair of pieces."""

    def __init__(self, start: Array, log_weights: Array) -> None:
        super().__init__()
        self.pieces = torch.nn.EmbeddingBag(*start.shape, mode="sum")
        self.pieces.weight.data = torch.tensor(start)
        self.log_weights = torch.nn.Parameter(torch.tensor(log_weights))
        # The first stands for no pair and stays zero: a bag needs a member.
        self.pairs = torch.nn.EmbeddingBag(PAIRS + 1, DIMENSIONS, mode="sum", padding_idx=0)
        torch.nn.init.zeros_(self.pairs.weight)

    def encode(self, pieces: Ids, pairs: Ids) -> torch.Tensor:
        """Return the vectors of texts, given by their pieces and pairs; some pieces are left out, so that none is relied on."""
        numbers, starts = _bags(pieces)
        weights = torch.exp(self.log_weights[numbers]) * (torch.rand(len(numbers)) > DROPOUT)
        return normalize(self.pieces(numbers, starts, per_sample_weights=weights) + self.pairs(*_bags(pairs)), dim=1)


def main() -> None:
    """Train and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minilm", type=Path, required=True, help="the folder of the tuned model")
    parser.add_argument("--out", type=Path, default=DATA)
    options = parser.parse_args()
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    plain, teacher = MiniLM(options.minilm), _Teacher(options.minilm)
    groups = [(matter.wordings, matter.policy) for matter in read_matters()]
    groups += [(known.all_wordings, (known.words,)) for known in read_wordings()]
    texts = sorted({text for wordings, sentences in groups for text in (*wordings, *sentences)})
    kept = _latin_pieces(plain.pieces)
    row = {number: at for at, number in enumerate(kept)}
    numbers = [plain.tokenize(text) for text in texts]
    pieces = [[row[number] for number in text if number in row] for text in numbers]
    common = [pair for pair, _ in Counter(pair for text in pieces for pair in set(pairwise(text))).most_common(PAIRS)]
    pair_of = {pair: at for at, pair in enumerate(sorted(common), 1)}
    pairs = [[pair_of[pair] for pair in pairwise(text) if pair in pair_of] or [0] for text in pieces]
    print(f"{len(groups)} groups, {len(texts)} texts, {len(kept)} pieces, {len(pair_of)} pairs of them", flush=True)

    of_texts = teacher.encode(numbers)
    centre = of_texts.mean(axis=0)
    _, _, directions = np.linalg.svd(of_texts - centre, full_matrices=False)
    basis = directions[:DIMENSIONS].T
    target = (of_texts - centre) @ basis
    of_pieces = teacher.encode([[number] for number in kept])
    start = ((of_pieces - of_pieces.mean(axis=0)) @ basis).astype(np.float32)
    frequency = np.bincount([number for text in pieces for number in set(text)], minlength=len(kept)) / len(texts)
    table = _Table(start, np.log(1e-3 / (1e-3 + frequency)).astype(np.float32))  # Arora, Liang and Ma, 2017
    at = {text: number for number, text in enumerate(texts)}
    together = [
        (at[wording], [at[sentence] for sentence in sentences], number)
        for number, (wordings, sentences) in enumerate(groups)
        for wording in wordings
    ]
    _fit(table, pieces, pairs, normalize(torch.tensor(target), dim=1), together, rng)
    _write(options.out, table, [plain.pieces[number] for number in kept], sorted(pair_of))


def _latin_pieces(pieces: Sequence[str]) -> list[int]:
    """Return the numbers of the pieces that English text can need; placeholders and other scripts are left out."""
    return [
        number
        for number, piece in enumerate(pieces)
        if not piece.startswith("[") and all(ord(character) < 0x250 or character in "–—‘’“”…€" for character in piece)
    ]


def _bags(texts: Ids) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the members of all bags, one after the other, and where each bag begins."""
    numbers = [number for text in texts for number in text]
    return torch.tensor(numbers, dtype=torch.long), torch.tensor(np.cumsum([0, *map(len, texts)])[:-1])


def _fit(  # noqa: PLR0917  the parts of one loss
    table: _Table,
    pieces: Ids,
    pairs: Ids,
    target: torch.Tensor,
    together: Sequence[tuple[int, list[int], int]],
    rng: np.random.Generator,
) -> None:
    """Fit the table by Adam (Kingma and Ba, 2015), fast at first and ever slower."""
    optimizer = torch.optim.Adam(table.parameters(), lr=RATE)
    batches = len(pieces) // BATCH

    def encode(rows: Sequence[int]) -> torch.Tensor:
        return table.encode([pieces[number] for number in rows], [pairs[number] for number in rows])

    for epoch in range(EPOCHS):
        told = 0.0
        for batch, rows in enumerate(np.array_split(rng.permutation(len(pieces)), batches)):
            step = epoch * batches + batch + 1
            optimizer.param_groups[0]["lr"] = RATE * min(1.0, step / WARM_UP) * (1 + cos(pi * step / (EPOCHS * batches))) / 2
            chosen = [together[number] for number in rng.integers(0, len(together), PAIR_BATCH)]
            loss = _like_the_teacher(encode(rows.tolist()), target[rows]) + TOGETHER * _drawn_together(
                encode([wording for wording, _, _ in chosen]),
                encode([int(rng.choice(sentences)) for _, sentences, _ in chosen]),
                torch.tensor([group for _, _, group in chosen]),
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            told += loss.item()
        print(f"round {epoch + 1} of {EPOCHS}: {told / batches:.3f}", flush=True)


def _like_the_teacher(encoded: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return how far texts are from the teacher's vectors (cosine), and their likenesses to each other from the teacher's."""
    itself = torch.eye(len(target), dtype=torch.bool)
    found, wanted = (((rows @ rows.T) / TEMPERATURE).masked_fill(itself, -1e9) for rows in (encoded, target))
    apart = kl_div(log_softmax(found, dim=1), softmax(wanted, dim=1), reduction="batchmean")
    return (1 - (encoded * target).sum(dim=1)).mean() + AMONG * apart


def _drawn_together(one: torch.Tensor, other: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
    """Return the symmetric contrastive loss over a batch (van den Oord et al., 2018); others of the same group do not count."""
    same = (groups[:, None] == groups[None, :]) & ~torch.eye(len(groups), dtype=torch.bool)
    scores = (one @ other.T / TEMPERATURE).masked_fill(same, -1e9)
    wanted = torch.arange(len(groups))
    return (cross_entropy(scores, wanted) + cross_entropy(scores.T, wanted)) / 2


def _write(out: Path, table: _Table, pieces: Sequence[str], pairs: Sequence[tuple[int, int]]) -> None:
    weighted = np.exp(table.log_weights.detach().numpy())[:, None] * table.pieces.weight.detach().numpy()
    rows = np.concatenate([weighted, table.pairs.weight.detach().numpy()[1:]])
    scale = np.maximum(np.abs(rows).max(axis=1), 1e-9) / 127
    arrays = {
        "table": np.round(rows / scale[:, None]).astype(np.int8),
        # Only how the lengths compare counts: the longest row is one long, so that none is too short for the number's kind.
        "scale": (scale / np.linalg.norm(rows, axis=1).max()).astype(np.float32),
        "pieces": np.frombuffer("\n".join(pieces).encode(), dtype=np.uint8),
        "pairs": np.array(pairs, dtype=np.int32),
    }
    write_arrays(out, arrays)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
