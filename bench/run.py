"""Speed and memory, as ratios against a named baseline in the same run. Run with `make bench`."""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rank_bm25 import BM25Okapi

from corpus.building import shipped_policy, shipped_sources
from corpus.versions import Published, School
from retrieval.analyzer import analyze
from retrieval.index import Index

QUESTIONS = (
    "one of my mums has added me on fb ok to say yes?",
    "Can I post a photo of my class on my own Instagram?",
    "A pupil has messaged me on Snapchat. Who do I tell?",
    "can the head see what I look at on my work laptop",
    "I saw a nasty post about the school in a parents' group last night. What should I do about it?",
    "am I allowed my phone in my pocket",
    "How much PPA time should I be getting as a part-timer?",
    "who signs off posts on the school's page",
)
ROUNDS = 7


def main() -> None:
    """Print each figure with its baseline and the ratio of the two."""
    environment = {**os.environ, "POLICYBOT_DEMO": "1", "POLICYBOT_HOME": tempfile.mkdtemp()}
    command = [sys.executable, "-m", "bot"]
    subprocess.run([*command, "ask", "--school", "coniston", "hello"], env=environment, check=True, capture_output=True)
    _cold_start(command, environment)
    _throughput(command, environment)
    for clauses in (287, 2400):
        _scoring(clauses)


def _cold_start(command: list[str], environment: dict[str, str]) -> None:
    ask = [*command, "ask", "--school", "chase-terrace", QUESTIONS[0]]
    imports = [sys.executable, "-c", "import numpy, sqlalchemy, jinja2, yaml"]
    ratios, seconds = [], []
    for _ in range(ROUNDS):
        ours, theirs = _wall(ask, environment), _wall(imports, environment)
        ratios.append(ours / theirs)
        seconds.append(ours)
    _tell(
        "cold `policybot ask`",
        f"{statistics.median(seconds):.2f} s",
        "importing numpy, sqlalchemy, jinja2, yaml",
        ratios,
        "at most 1.5",
    )


def _throughput(command: list[str], environment: dict[str, str]) -> None:
    schools = [source.school for source in shipped_sources()]
    count = 10_000
    rng = random.Random(1)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False) as file:
        for number in range(count):
            file.write(json.dumps({"id": str(number), "school": rng.choice(schools), "q": rng.choice(QUESTIONS)}) + "\n")
    batch = [*command, "ask", "--batch", file.name]
    single = [*command, "ask", "--school", "coniston", QUESTIONS[0]]
    pinned = ["taskset", "-c", "0"]
    seconds = statistics.median(_wall([*pinned, *batch], environment) - _wall([*pinned, *single], environment) for _ in range(3))
    print(f"`policybot ask --batch` on one core: {count / seconds:,.0f} questions a second (wanted: 2,000)")
    Path(file.name).unlink()


def _scoring(wanted: int) -> None:
    """Compare a question's scores by postings with a scan by BM25Okapi over the same clauses."""
    policies = [shipped_policy(source) for source in shipped_sources()]
    copies = [(number, policy) for number in range(1, wanted // 287 + 1) for policy in policies]
    index = Index(Published(School("all", "All", "All"), 1, tuple(copies)))
    okapi = BM25Okapi([analyze(clause.searchable()) for clause in index.clauses])
    terms = [analyze(question) for question in QUESTIONS]
    ratios = []
    for _ in range(ROUNDS):
        ours = _each(index.scores, terms, 50)
        theirs = _each(okapi.get_scores, terms, 3)
        ratios.append(ours / theirs)
    _tell(
        f"scores over {len(index.clauses)} clauses",
        f"{ours * 1e6:.0f} µs",
        f"BM25Okapi.get_scores, {theirs * 1e6:.0f} µs",
        ratios,
        "at most 0.1",
    )


def _each(run: Callable[[list[str]], object], queries: list[list[str]], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        for query in queries:
            run(query)
    return (time.perf_counter() - start) / (times * len(queries))


def _wall(command: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _tell(what: str, ours: str, baseline: str, ratios: list[float], wanted: str) -> None:
    middle = statistics.median(ratios)
    print(f"{what}: {ours}, {middle:.2f} times {baseline} ({min(ratios):.2f} to {max(ratios):.2f}; wanted: {wanted})")


if __name__ == "__main__":
    main()
