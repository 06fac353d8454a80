"""Tunes the teacher of the word vectors: MiniLM learns to draw a staff wording and a policy sentence of the same matter together.

Run with `make vectors`, before training.vectors; about an hour on two cores, reproducible from the data and the seed.
"""

import argparse
import random
from pathlib import Path

import torch
from transformers import AutoModel, AutoTokenizer

from retrieval.library import read_matters, read_wordings

SEED = 20261121
BATCH, LONGEST = 96, 40
# The pace falls to nothing over PLANNED steps; the tuning stops half-way, when every wording has been seen once.
RATE, WARM_UP, PLANNED = 5e-5, 40, 2
TEMPERATURE = 0.05
# How many of the pairs are a wording and a policy sentence; the others are two wordings.
WITH_POLICY = 0.7


def main() -> None:
    """Tune and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minilm", type=Path, required=True, help="the folder of the package's model")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write the tuned model to")
    options = parser.parse_args()
    torch.manual_seed(SEED)
    rng = random.Random(SEED)  # noqa: S311  no secret hangs on it
    tokenizer = AutoTokenizer.from_pretrained(options.minilm, local_files_only=True)
    model = AutoModel.from_pretrained(options.minilm, local_files_only=True)
    model.embeddings.requires_grad_(requires_grad=False)
    trained = [part for part in model.parameters() if part.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATE)
    pairs = _pairs(rng)
    steps = len(pairs) // BATCH
    for step in range(steps):
        pace = min(1.0, step / WARM_UP) * (1 - step / (PLANNED * steps))
        optimizer.param_groups[0]["lr"] = RATE * pace
        batch = pairs[step * BATCH : (step + 1) * BATCH]
        loss = _loss(model, tokenizer, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 20 == 0:
            print(f"step {step} of {steps}: {loss.item():.3f}", flush=True)
    model.save_pretrained(options.out)
    (options.out / "vocab.txt").write_bytes((options.minilm / "vocab.txt").read_bytes())


def _pairs(rng: random.Random) -> list[tuple[str, str, int]]:
    """Return (wording, policy sentence or other wording, group), mixed."""
    groups = [(matter.wordings, matter.policy) for matter in read_matters()]
    groups += [(known.all_wordings, (known.words,)) for known in read_wordings()]
    pairs = []
    for number, (wordings, sentences) in enumerate(groups):
        for wording in wordings:
            other = rng.choice(sentences if rng.random() < WITH_POLICY else wordings)
            if other != wording:
                pairs.append((wording, other, number))
    rng.shuffle(pairs)
    return pairs


def _loss(model: torch.nn.Module, tokenizer: AutoTokenizer, batch: list[tuple[str, str, int]]) -> torch.Tensor:
    """Return the symmetric contrastive loss over a batch; others of the same group do not count."""
    one, other = (_encode(model, tokenizer, [pair[side] for pair in batch]) for side in (0, 1))
    groups = torch.tensor([group for _, _, group in batch])
    same = (groups[:, None] == groups[None, :]) & ~torch.eye(len(batch), dtype=torch.bool)
    scores = (one @ other.T / TEMPERATURE).masked_fill(same, -1e9)
    wanted = torch.arange(len(batch))
    across = torch.nn.functional.cross_entropy(scores, wanted)
    down = torch.nn.functional.cross_entropy(scores.T, wanted)
    return (across + down) / 2


def _encode(model: torch.nn.Module, tokenizer: AutoTokenizer, texts: list[str]) -> torch.Tensor:
    tokens = tokenizer(texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
    mask = tokens["attention_mask"][:, :, None].float()
    mean = (model(**tokens).last_hidden_state * mask).sum(dim=1) / mask.sum(dim=1)
    return torch.nn.functional.normalize(mean, dim=1)


if __name__ == "__main__":
    main()
