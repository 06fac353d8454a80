"""Arrays in one file, read in a few milliseconds: MessagePack of each array's type, shape and bytes."""

import contextlib
import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

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
