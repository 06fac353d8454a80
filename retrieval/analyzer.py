"""Text -> terms, the same way for clauses and for questions."""

import re
import unicodedata
from functools import lru_cache

import Stemmer

# Words that carry no topic. Question words and first persons are here too: "can I", "do my"; negations and modals that
# rule ("must", "never", "without") are not.
STOP_WORDS = frozenset(
    [
        "a",
        "about",
        "again",
        "all",
        "also",
        "although",
        "am",
        "an",
        "and",
        "any",
        "anyone",
        "anything",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "being",
        "both",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "doing",
        "done",
        "each",
        "either",
        "else",
        "etc",
        "ever",
        "every",
        "for",
        "from",
        "further",
        "get",
        "gets",
        "getting",
        "give",
        "given",
        "go",
        "goes",
        "going",
        "got",
        "had",
        "has",
        "have",
        "having",
        "he",
        "her",
        "here",
        "hers",
        "herself",
        "hi",
        "him",
        "himself",
        "his",
        "how",
        "however",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "itself",
        "just",
        "know",
        "let",
        "like",
        "may",
        "me",
        "might",
        "mine",
        "more",
        "most",
        "much",
        "my",
        "myself",
        "of",
        "off",
        "ok",
        "okay",
        "on",
        "once",
        "one",
        "onto",
        "or",
        "other",
        "ought",
        "our",
        "ours",
        "ourselves",
        "out",
        "over",
        "own",
        "please",
        "put",
        "quite",
        "rather",
        "really",
        "regarding",
        "same",
        "say",
        "says",
        "see",
        "shall",
        "she",
        "should",
        "so",
        "some",
        "somebody",
        "someone",
        "something",
        "sort",
        "still",
        "such",
        "than",
        "thank",
        "that",
        "the",
        "their",
        "theirs",
        "them",
        "themselves",
        "then",
        "there",
        "these",
        "they",
        "thing",
        "things",
        "this",
        "those",
        "though",
        "through",
        "to",
        "too",
        "up",
        "upon",
        "us",
        "use",
        "used",
        "using",
        "very",
        "want",
        "was",
        "way",
        "we",
        "well",
        "were",
        "what",
        "whatever",
        "when",
        "where",
        "whether",
        "which",
        "while",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "yes",
        "yet",
        "you",
        "your",
        "yours",
        "yourself",
    ]
)

# A part that makes a different word of what follows: an ex-pupil is no pupil.
_BINDING_PREFIXES = frozenset({"ex", "non"})
# Words whose parts are stop words, which would leave nothing of them.
_WHOLE = frozenset({"well-being", "on-going"})
_APOSTROPHES = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-", "‑": "-"}
)
_JOINED = re.compile(r"\b(e|on|off|web|cyber|multi)[ -](mail|line|site|bullying|media)(s?|ed|ing)\b")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*(?:-[^\W_]+(?:'[^\W_]+)*)*")
_stem = Stemmer.Stemmer("english")


def analyze(text: str) -> list[str]:
    """Return the terms of a text in their order: lower case, without stop words, stemmed (Snowball's English stemmer).

    `on-line`, `on line` and `online` are one term; `ex-pupil` is a term of its own; other hyphenated words are their parts.
    """
    return [term for term in map(_term, words_of(text)) if term]


def words_of(text: str) -> list[str]:
    """Return the words of a text in their order, in lower case; hyphenated words come apart as in `analyze`."""
    return _words(normalize(text))


def normalize(text: str) -> str:
    """Return a text in lower case with compatibility characters, quotation marks and dashes made plain."""
    # The marks first: what normalization makes of some (an accent after a space, another hyphen) is not what was meant.
    plain = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).lower()
    return _JOINED.sub(r"\1\2\3", plain)


def _words(plain: str) -> list[str]:
    words: list[str] = []
    for word in _WORD.findall(plain):
        if "-" not in word:
            words.append(word)
            continue
        if word in _WHOLE:
            words.append(word.replace("-", ""))
            continue
        parts = word.split("-")
        if parts[0] in _BINDING_PREFIXES and len(parts) > 1:
            words.append(parts[0] + parts[1])
            words.extend(parts[2:])
        else:
            words.extend(parts)
    return words


@lru_cache(maxsize=65536)
def _term(word: str) -> str:
    """Return the term of a word, or an empty string for a stop word."""
    bare = word.removesuffix("'s").replace("'", "")
    if not bare or word in STOP_WORDS or bare in STOP_WORDS:
        return ""
    return str(_stem.stemWord(bare))
