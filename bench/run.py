"""Speed and memory, as ratios against a named baseline in the same run. Run with `make bench`."""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rank_bm25 import BM25Okapi

from bot.asking import LONGEST_QUESTION, ask
from bot.clock import today
from bot.directory import NO_SCHOOL
from bot.rendering import to_text
from corpus.building import build_policy, shipped_policy, shipped_sources
from corpus.source import read_text
from corpus.versions import Published, School
from retrieval.analyzer import analyze
from retrieval.index import Index, IndexedClause
from retrieval.knowledge import Knowledge

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
DOCUMENTS = Path(__file__).parent.parent / "tests" / "corpus" / "documents"
ROUNDS = 7


def main() -> None:
    """Print each figure with its baseline and the ratio of the two."""
    environment = {**os.environ, "POLICYBOT_DEMO": "1", "POLICYBOT_HOME": tempfile.mkdtemp()}
    command = [sys.executable, "-m", "bot"]
    subprocess.run([*command, "ask", "--school", "coniston", "hello"], env=environment, check=True, capture_output=True)
    _cold_start(command, environment)
    _throughput(command, environment)
    knowledge = Knowledge(Path(environment["POLICYBOT_HOME"]) / "cache")
    for copies in (0, 2):
        index = _index(knowledge, copies)
        _scoring(index)
        _replies(index)
        _worst(index)
    _memory(environment)


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
    print(f"`policybot ask --batch` on one core: {count / seconds:,.0f} questions a second (wanted: 600)")
    Path(file.name).unlink()


def _index(knowledge: Knowledge, copies: int) -> Index:
    """Return an index of the shipped policies and of so many copies of the test documents; tell what it costs."""
    policies = [shipped_policy(source) for source in shipped_sources()]
    documents = [file for file in sorted(DOCUMENTS.iterdir()) if file.suffix in (".txt", ".md")]
    policies += copies * [
        build_policy(read_text(file.read_bytes(), file.name), school="all", slug=file.stem, title=None, source_name=file.name)
        for file in documents
    ]
    start = time.perf_counter()
    index = Index(Published(School("all", "All", "All"), 1, tuple(enumerate(policies, 1))), knowledge)
    print(f"index of {len(index.clauses)} clauses: {time.perf_counter() - start:.2f} s to build (wanted: under 1)")
    return index


def _scoring(index: Index) -> None:
    """Compare a question's scores by postings with a scan by BM25Okapi over the same text."""
    okapi = BM25Okapi([_terms_of(clause, index.knowledge) for clause in index.clauses])
    terms = [analyze(question) for question in QUESTIONS]
    ratios = []
    for _ in range(ROUNDS):
        ours = _each(index.scores, [dict.fromkeys(words, 1.0) for words in terms], 50)
        theirs = _each(okapi.get_scores, terms, 3)
        ratios.append(ours / theirs)
    _tell(
        f"scores over {len(index.clauses)} clauses",
        f"{ours * 1e6:.0f} µs",
        f"BM25Okapi.get_scores, {theirs * 1e6:.0f} µs",
        ratios,
        "at most 0.1",
    )


def _terms_of(clause: IndexedClause, knowledge: Knowledge) -> list[str]:
    """Return the terms of a clause and of its wordings, as the index counts them."""
    named, asked = list(knowledge.terms), zip(*knowledge.wordings_for(clause.clause.words, clause.lead_in).terms(), strict=True)
    return [*analyze(clause.searchable()), *(named[number] for number, times in asked for _ in range(times))]


def _replies(index: Index) -> None:
    """Time a question from its text to the rendered reply."""
    times = []
    for number in range(60):
        start = time.perf_counter()
        to_text(ask(QUESTIONS[number % len(QUESTIONS)], index, NO_SCHOOL, today()))
        times.append((time.perf_counter() - start) * 1000)
    ordered = sorted(times[10:])
    print(
        f"question to reply over {len(index.clauses)} clauses: median {statistics.median(ordered):.2f} ms (wanted: 1.5), "
        f"slowest of fifty {ordered[-1]:.2f} ms (wanted: 4)"
    )


def _worst(index: Index) -> None:
    """Tell what the longest and oddest questions cost: nobody can keep the bot busy with one."""
    words = [word for clause in index.clauses for word in clause.clause.words.split()]
    oddities = {
        "every word another": " ".join(dict.fromkeys(words)),
        "one word without end": "pupil" * 1000,
        "letters": "a b c d e f g h i j k l m " * 200,
        "unknown words": " ".join(f"qz{number}x" for number in range(900)),
        "numbers": "7.1 (d) section 9 " * 250,
        "deeds and dangers": "i posted and i sent and a child said he hits her and ran away and " * 60,
    }
    costs = {}
    for name, text in oddities.items():
        start = time.perf_counter()
        to_text(ask(text[:LONGEST_QUESTION], index, NO_SCHOOL, today()))
        costs[name] = (time.perf_counter() - start) * 1000
    worst = max(costs, key=lambda name: costs[name])
    print(f"worst question found over {len(index.clauses)} clauses: {worst}, {costs[worst]:.0f} ms (wanted: under 50)")


def _memory(environment: dict[str, str]) -> None:
    """Tell how much memory a process takes that has answered, beside one that has only imported."""
    measure = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    answered = f"from bot.cli import main; main(['ask', '--school', 'coniston', 'friend request']); {measure}"
    sizes = [
        int(
            subprocess.run(
                [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
            ).stdout.split()[-1]
        )
        for code in (answered, f"import bot.terminal; {measure}")
    ]
    peak, before = (size // 1024 for size in sizes)
    print(f"memory of a process that has answered: {peak} MB, of which {peak - before} MB for retrieval (wanted: under 120)")


def _each(run: Callable[[Any], object], queries: Sequence[object], times: int) -> float:
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
