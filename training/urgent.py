"""Trains the network of urgent messages, and the linear model of what they are about. Run with `make models`.

From the messages in training/urgent_messages, by several hands, about half of them urgent, the others such as only sound like it;
and from the wordings of matters and clauses: `wordings.jsonl` says which of those are urgent (true) or doubtful (null, left out).
"""

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import torch
from torch.optim.lr_scheduler import LambdaLR

from retrieval import linear, network
from retrieval.arrays import write_arrays
from retrieval.features import BUCKETS, features_of
from retrieval.library import read_matters, read_wordings
from retrieval.network import Network
from retrieval.urgency import DANGERS, NETWORK, THRESHOLD, Danger
from retrieval.vectors import DIMENSIONS, WordVectors
from training.linear import Array, of_vector, prune, regress, rows_of

MESSAGES = Path(__file__).parent / "urgent_messages"
SEED = 20261121
# One network depends on the chance with which it began: several are learnt at once, and their results averaged.
NETWORKS, HIDDEN = 8, 8
EPOCHS, BATCH = 4, 128
RATE, DROPOUT = 4e-3, 0.3
# How fast what comes in is felt: the features of a text are a unit long, and each by itself small.
GAIN = 3.0
# To miss one is worse than to sound a false alarm; a message written for this tells more than a wording that happens to be read.
URGENT_COUNTS, MESSAGE_COUNTS = 2.5, 3.0
STRENGTH, KEPT_FROM = 8.0, 0.01
# Of most kinds there are far fewer messages than of a child at risk: each kind counts as the root of how often it is met.
RARE_COUNTS = 0.5


class Example(NamedTuple):
    """A message; `danger` says what an urgent one is about, where that is known."""

    text: str
    urgent: bool
    danger: Danger | None = None


def main() -> None:
    """Train and write the model; with --held-out, train without one file of messages and say how well it is told apart."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-out", metavar="FILE", help="a file of training/urgent_messages, such as hand-1.jsonl")
    options = parser.parse_args()
    vectors = WordVectors()
    messages = list(_messages(leave_out=options.held_out))
    examples = [*messages, *_wordings()]
    urgent = np.array([one.urgent for one in examples])
    print(f"{urgent.sum()} urgent messages, {(~urgent).sum()} others", flush=True)
    importance = np.where(urgent, URGENT_COUNTS, 1.0) * np.where(np.arange(len(examples)) < len(messages), MESSAGE_COUNTS, 1.0)
    arrays = _train([one.text for one in examples], urgent, importance, vectors)
    if options.held_out:
        _report(list(_read(MESSAGES / options.held_out)), arrays, vectors)
        return
    write_arrays(NETWORK, arrays)
    routed = [one for one in messages if one.danger]
    dangers = np.array([list(Danger).index(one.danger) for one in routed if one.danger])
    rarity = (len(dangers) / np.bincount(dangers)[dangers] / len(Danger)) ** RARE_COUNTS
    weights, constant = regress(rows_of([one.text for one in routed], vectors), dangers, STRENGTH, rarity)
    write_arrays(DANGERS, linear.to_arrays(list(Danger), prune(weights, KEPT_FROM), of_vector(weights), constant))
    print(f"{NETWORK}: {NETWORK.stat().st_size / 1e6:.1f} MB; {DANGERS}: {DANGERS.stat().st_size / 1e6:.1f} MB")


class _Net(torch.nn.Module):
    """Networks side by side, as they are learnt; `arrays` makes them the one wider network of retrieval.network."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.EmbeddingBag(BUCKETS, NETWORKS * HIDDEN, mode="sum", sparse=True)
        self.straight = torch.nn.EmbeddingBag(BUCKETS, NETWORKS, mode="sum", sparse=True)
        self.of_vector = torch.nn.Linear(DIMENSIONS, NETWORKS * HIDDEN)
        self.out = torch.nn.Parameter(torch.empty(NETWORKS, HIDDEN))
        self.constant = torch.nn.Parameter(torch.zeros(NETWORKS))
        self.dropout = torch.nn.Dropout(DROPOUT)
        torch.nn.init.normal_(self.table.weight, std=0.05)
        torch.nn.init.zeros_(self.straight.weight)
        torch.nn.init.uniform_(self.out, -(HIDDEN**-0.5), HIDDEN**-0.5)

    def forward(self, numbers: torch.Tensor, starts: torch.Tensor, values: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
        """Return a row a text and a column a network."""
        values = GAIN * values
        hidden = torch.relu(self.table(numbers, starts, per_sample_weights=values) + GAIN * self.of_vector(vectors))
        straight = self.straight(numbers, starts, per_sample_weights=values)
        result: torch.Tensor = (self.dropout(hidden).view(-1, NETWORKS, HIDDEN) * self.out).sum(dim=2) + self.constant + straight
        return result

    def arrays(self, seen: Array) -> dict[str, Array]:
        """Return the arrays of the network whose result is the mean of all; a feature that was not `seen` says nothing."""
        table = np.zeros((BUCKETS, NETWORKS * HIDDEN), dtype=np.float32)
        table[seen] = self.table.weight.detach().numpy()[seen]
        return network.to_arrays(
            straight=GAIN * self.straight.weight.detach().numpy().mean(axis=1),
            table=GAIN * table,
            of_vector=GAIN * self.of_vector.weight.detach().numpy(),
            hidden=GAIN * self.of_vector.bias.detach().numpy(),
            out=np.append(self.constant.detach().numpy().mean(), self.out.detach().numpy().ravel() / NETWORKS),
        )


def _train(texts: Sequence[str], urgent: Array, importance: Array, vectors: WordVectors) -> dict[str, Array]:
    """Return the arrays of a network that tells the urgent texts from the others; Adam on each one's cross-entropy."""
    torch.manual_seed(SEED)
    features, encoded = [features_of(text) for text in texts], torch.tensor(vectors.encode(texts))
    wanted, weight = torch.tensor(urgent, dtype=torch.float32), torch.tensor(importance, dtype=torch.float32)
    net = _Net()
    sparse = torch.optim.SparseAdam([net.table.weight, net.straight.weight], lr=RATE)
    dense = torch.optim.AdamW([*net.of_vector.parameters(), net.out, net.constant], lr=RATE / 2, weight_decay=1e-3)
    # From half-way on smaller and smaller steps: else the last few messages that it happens to see would move the whole.
    steps = EPOCHS * math.ceil(len(texts) / BATCH)
    schedules = [LambdaLR(one, lambda step: min(1.0, 2 * (1 - step / steps))) for one in (sparse, dense)]
    rng = np.random.default_rng(SEED)
    for epoch in range(EPOCHS):
        order, total = rng.permutation(len(texts)), 0.0
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            chosen = [features[row] for row in rows]
            starts = torch.tensor(np.cumsum([0, *(len(one.numbers) for one in chosen[:-1])]))
            numbers = torch.tensor(np.concatenate([one.numbers for one in chosen]))
            values = torch.tensor(np.concatenate([one.values for one in chosen]))
            scores = net(numbers, starts, values, encoded[rows])
            targets = wanted[rows][:, None].expand_as(scores)
            losses = torch.nn.functional.binary_cross_entropy_with_logits(scores, targets, reduction="none")
            # The sum over the networks: what one learns is then no matter of how many there are.
            loss = (losses * weight[rows][:, None]).mean(dim=0).sum()
            sparse.zero_grad()
            dense.zero_grad()
            loss.backward()
            sparse.step()
            dense.step()
            for schedule in schedules:
                schedule.step()
            total += loss.item()
        print(f"round {epoch + 1}: {total:.1f}", flush=True)
    return net.arrays(np.unique(np.concatenate([one.numbers for one in features])))


def _messages(leave_out: str | None) -> Iterator[Example]:
    for file in sorted(MESSAGES.glob("hand-*.jsonl")):
        if file.name != leave_out:
            yield from _read(file)


def _read(file: Path) -> Iterator[Example]:
    for line in file.read_text(encoding="utf-8").splitlines():
        message = json.loads(line)
        danger = message.get("danger")
        yield Example(message["q"], message["urgent"], Danger(danger) if danger else None)


def _wordings() -> Iterator[Example]:
    labels = {row["q"]: row["urgent"] for row in map(json.loads, (MESSAGES / "wordings.jsonl").open(encoding="utf-8"))}
    matters = [wording for matter in read_matters() for wording in matter.wordings]
    clauses = [wording for known in read_wordings() for wording in known.all_wordings]
    for wording in dict.fromkeys(matters + clauses):
        urgent = labels.get(wording, False)
        if urgent is not None:
            yield Example(wording, urgent)


def _report(examples: Sequence[Example], arrays: dict[str, Array], vectors: WordVectors) -> None:
    with TemporaryDirectory() as folder:
        write_arrays(Path(folder) / "network", arrays)
        trained = Network(Path(folder) / "network")
    urgent = np.array([one.urgent for one in examples])
    chances = np.array([trained.chance(features_of(one.text), vectors.encode([one.text])[0]) for one in examples])
    for chance in (0.2, THRESHOLD, 0.5):
        over = chances >= chance
        print(f"from {chance}: {over[urgent].mean():.3f} found, {over[~urgent].mean():.3f} false alarms")


if __name__ == "__main__":
    main()
