"""Arrays in one file, read in a few milliseconds: MessagePack of each array's type, shape and bytes."""

import contextlib
import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from retrieval.errors import RetrievalError

Arrays = dict[str, NDArray[Any]]


class _Stored(msgspec.Struct, array_like=True):
    """One array as it stands in the file."""

    kind: str
    shape: tuple[int, ...]
    raw: memoryview


def read_arrays(file: Path) -> Arrays | None:
    """Return the arrays of a file; None where there is none, or it is not whole."""
    try:
        stored = msgspec.msgpack.decode(file.read_bytes(), type=dict[str, _Stored])
        return {name: np.frombuffer(one.raw, dtype=one.kind).reshape(one.shape) for name, one in stored.items()}
    except (OSError, msgspec.DecodeError, ValueError, TypeError):
        return None


def read_shipped(file: Path, what: str, parts: set[str]) -> Arrays:
    """Return the arrays of a file that ships with the package; raises RetrievalError where one of its `parts` is not there."""
    stored = read_arrays(file)
    if stored is None or not stored.keys() >= parts:
        raise RetrievalError(f"{what} in {file} is missing or damaged: install policybot again.")
    return stored


def write_arrays(file: Path, arrays: Arrays) -> None:
    """Write arrays to a file, whole or, where the folder cannot be written, not at all."""
    stored = {
        name: _Stored(array.dtype.str, array.shape, memoryview(np.ascontiguousarray(array).tobytes()))
        for name, array in arrays.items()
    }
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(msgspec.msgpack.encode(stored))
        unfinished.replace(file)
