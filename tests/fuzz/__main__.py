"""Fuzz one target, led by coverage: `python -m tests.fuzz word --seconds 60`; without a target its choices are printed.

Needs atheris (libFuzzer for Python), as `make fuzz` installs it. What reaches new code of ours is kept in a folder and damaged
further; the input at which a check fails is written there too, as `crash-...`, and the process ends with another code than 0.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["corpus", "retrieval", "bot"]):
    from tests.fuzz.targets import MOST_SECONDS, TARGETS

_LARGEST, _MEMORY = 300_000, 2048  # bytes and megabytes of one input


def main() -> None:
    """Fuzz the target that the command line names until the time is over or a check fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--folder", type=Path, default=Path(".venv/fuzz/found"))
    chosen = parser.parse_args()
    if chosen.target is None:
        print("\n".join(TARGETS))  # noqa: T201  the Makefile reads it
        return
    target, folder = TARGETS[chosen.target], chosen.folder / chosen.target
    folder.mkdir(parents=True, exist_ok=True)
    for number, raw in enumerate(target.begin()):
        (folder / f"begin-{number}").write_bytes(raw)
    limits = (f"-max_total_time={chosen.seconds}", f"-timeout={MOST_SECONDS}", f"-rss_limit_mb={_MEMORY}", f"-max_len={_LARGEST}")
    arguments = [sys.argv[0], str(folder), f"-artifact_prefix={folder}/", "-print_final_stats=1", *limits]
    atheris.Setup(arguments, target.check, custom_mutator=_mutator(target.mutate))
    atheris.Fuzz()


def _mutator(mutate: Callable[[bytes, Random], bytes]) -> Callable[[bytes, int, int], bytes]:
    def mutated(raw: bytes, longest: int, seed: int) -> bytes:
        return mutate(raw, Random(seed))[:longest]

    return mutated


if __name__ == "__main__":
    main()
