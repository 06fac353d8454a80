"""Words that look as if a scanner had misread them: they are shown to a person, and never changed."""

import re
from collections import Counter
from collections.abc import Iterator

from corpus.documents.doubt import Doubt

# Each says what no word of a policy looks like; found in what scanners made of policies.
_SIGNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<!\S)(?:[@©®]?\)|\([@©®]?\)|\([@©®]\S?|[@©®]\))(?=\s)",  # a list's letter
        # a number within a word, as in schoo1
        r"(?<![\w@./:#-])(?=[^\W\d_]*[a-z])(?:[^\W\d_]+[015][^\W\d_]{2,}|[01][a-z]{3,}|[a-z]{3,}[01](?!\d))(?![\w@./:-])",
        r"(?<![\w@./:-])[^\W\d_]+[|©®¢£¥€§~^\\{}<>][^\W\d_]+(?![\w@./:])",
        r"[’'`]{2}(?=[a-z])|’'|'’",
        r"\b(?=[a-z]{5,}\b)[bcdfghjklmnpqrstvwxz]{5,}\b",
        r"\b\w*\ufffd[\w\ufffd]*",
    )
)
_LONG_WORD = re.compile(r"\b[a-z]{8,}\b")
_FRAGMENT = re.compile(r"(?<=[.!?]\n\n)[a-z]{3,}(?: [\w’']+){2,5}")


def doubt_damage(text: str) -> Iterator[Doubt]:
    """Yield a doubt for each place that looks damaged, with the words around it; one a line is enough."""
    start = 0
    for line in text.splitlines(keepends=True):
        found = [match for sign in _SIGNS if (match := sign.search(line))]
        if found:
            first = min(found, key=lambda match: match.start())
            yield Doubt(start + first.start(), "scan", _sentence(_around(line, first.start(), first.end())))
        start += len(line)
    for match in _FRAGMENT.finditer(text):
        yield Doubt(match.start(), "scan", f"“{match[0]}” begins in the middle of a sentence: compare it with your document.")
    yield from _doubt_lost_letters(text)


def _doubt_lost_letters(text: str) -> Iterator[Doubt]:
    """Yield a doubt for each long word that stands once and is another one of the document without its first letter."""
    counts = Counter(word.lower() for word in re.findall(r"[^\W\d_]{8,}", text))
    shortened = {word[1:]: word for word, count in counts.items() if count > 1}
    for match in _LONG_WORD.finditer(text):
        if counts[match[0]] == 1 and match[0] in shortened:
            whole = shortened[match[0]]
            yield Doubt(
                match.start(), "scan", f"“{match[0]}” may be “{whole}” without its first letter: compare it with your document."
            )


def _around(line: str, start: int, end: int) -> str:
    """Return the words from the one before a place to the one after it."""
    before = line[:start].split(" ")[-2:]
    after = line[end:].split(" ")[:2]
    return " ".join(f"{' '.join(before)}{line[start:end]}{' '.join(after)}".split())


def _sentence(words: str) -> str:
    return f"“{words}” looks misread: compare it with your document."
