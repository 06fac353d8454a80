"""Spelling and thumbs: a question as it was most likely meant, for search.

A word that the wordings, the school's clauses or the table of word vectors know is never changed, and one meaning is never
turned into another: what is not plain stays as it was typed.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from itertools import combinations, pairwise

from retrieval.analyzer import analyze, normalize

# What work a question may cost is bounded: so many words that nothing knows are looked at, and none longer than this.
MOST_UNKNOWN = 8
LONGEST_WORD = 24
# What so many words mean is remembered for a school; then it begins anew.
REMEMBERED = 512
# From these lengths on a word may be so many edits from what was meant (an edit: a letter more, less or other, or two swapped).
ONE_EDIT, TWO_EDITS = 4, 8
# A word of the wordings that stands there less often may be a slip itself; a school's own words count for so many.
FEWEST, OWN = 5, 5
# Of words equally near the commonest must be so many times as common as the next.
CLEARLY = 3
# Words that are run together must each be as common as this.
COMMON = 20
# A name is changed only where it is long and one edit from what is known: Facebok, but not Mrs Poste.
LONG_NAME = 7

# Words that turn what is asked about: none is ever made of another word, and what is as near to one stays as it was typed.
PROTECTED = re.compile(
    r"no|not|never|none|nor|neither|nobody|nothing|nowhere|cannot|without|unless|except|only|must|parent(?:s|al)?|presents?|"
    r"(?:ex)?pupils?|(?:ca|do|does|did|is|are|was|were|has|have|had|wo|would|should|could|must|need|might)n'?t"
)
# The short words that run together with others; `a`, `in` and `up` begin words too: "atypical" is not "a typical".
_FIRST = frozenset(["i", "my", "we", "it", "is", "to", "do", "of", "if", "am", "on"])
_LAST = _FIRST | {"me", "us", "up", "in", "at", "an"}
# A known word with an ending or a prefix is known: "laminates", "unfollow".
_ENDING = re.compile(r"(?P<stem>\w{3,}?)(?:e?s|ed|ing|ers?|ly|less|ful|ness|able)")
_PREFIX = re.compile(r"(?:un|re|de|dis|non|ex|mis|pre|over|out|anti|co|inter|multi|sub|under)(?P<stem>\w{4,})")
LEAST_STEM = 4
# The keys beside each on a British keyboard, and the letters that are taken for each other where one spells by ear.
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = {frozenset(two) for row in _ROWS for two in pairwise(row)}
_TAKEN_FOR = _BESIDE | {frozenset(two) for two in combinations("aeiy", 2)}
# What stands in an address, a handle or a number is no word.
_WORD = re.compile(r"(?<![\w@#/.'’])(?P<word>[^\W_]++)(?P<rest>(?:['’][^\W_]++)*+)(?![@/_]|\.\w)")
_COUNTED = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def count_words(texts: Iterable[str]) -> Counter[str]:
    """Return how often each word stands in texts, in lower case."""
    # Of all texts at once: a line's end is no part of a word.
    return Counter(_COUNTED.findall(normalize("\n".join(texts))))


class Vocabulary(dict[str, int]):
    """How often each word stands in the wordings: of all schools, which add their own words to it and keep no copy."""

    @cached_property
    def alike(self) -> dict[tuple[str, int], list[str]]:
        """The words that may be meant, by first letter and length; the protected are among them, to be seen and shunned."""
        return _by_beginning(word for word, count in self.items() if _may_be_meant(word, count))


class Spelling:
    """What may be meant by words that nothing here knows, for one school."""

    def __init__(
        self,
        shared: Callable[[], Vocabulary],
        abbreviations: Callable[[], Mapping[str, str]],
        own: Callable[[], Iterable[str]],
        is_word: Callable[[str], bool],
    ) -> None:
        """Keep where words come from; they are read when a question first needs them.

        `shared` returns how often each word stands in the wordings, `abbreviations` what each abbreviation stands for, `own` the
        school's texts; `is_word` tells whether a word is English.
        """
        self._shared, self._abbreviations, self._own, self._is_word = shared, abbreviations, own, is_word
        self._meant: dict[tuple[str, bool], str | None] = {}  # of the words that were looked for lately

    def correct(self, text: str) -> str:
        """Return a text with the words mended that nothing knows and that are plain; mostly that is the text itself."""
        unknown = 0

        def mended(match: re.Match[str]) -> str:
            nonlocal unknown
            word = match["word"].lower()
            if unknown >= MOST_UNKNOWN or match["rest"] not in ("", "'s", "’s") or not self._may_be_mended(word):
                return match[0]
            unknown += 1
            meant = self._found(word, _may_be_name(match, text))
            return match[0] if meant is None else meant + match["rest"]

        return _WORD.sub(mended, text)

    def _may_be_mended(self, word: str) -> bool:
        return self._stands_for_more(word) or (
            3 <= len(word) <= LONGEST_WORD and word.isalpha() and not self._is_word(word) and not self.knows_kin(word)
        )

    def _stands_for_more(self, word: str) -> bool:
        """Tell whether a word is an abbreviation that is not taught as it is: to write out "fb" would lose what is learnt."""
        return word in self._abbreviations() and self._count(word) < FEWEST

    def _found(self, word: str, named: bool) -> str | None:
        """Return the same as `_find`, which is remembered for a while."""
        known = self._meant.get((word, named), word)  # no word stands for itself
        if known != word:
            return known
        if len(self._meant) >= REMEMBERED:
            self._meant = {}
        meant = self._meant[word, named] = self._find(word, named)
        return meant

    def _find(self, word: str, named: bool) -> str | None:
        """Return what a word that may be mended stands for, None where that is not plain; `named` if it may be a name."""
        if self._stands_for_more(word):
            return self._abbreviations()[word]
        if named and len(word) < LONG_NAME:
            return None
        near = self._nearest(word, 1) if len(word) >= ONE_EDIT else None
        if near or named:
            return near
        return self._parted(word) or (self._nearest(word, 2) if len(word) >= TWO_EDITS else None)

    def _count(self, word: str) -> int:
        """Return how common a word is."""
        of_school = self._counts.get(word)
        return self._shared().get(word, 0) if of_school is None else of_school

    @cached_property
    def _counts(self) -> dict[str, int]:
        """How common each word of the school's texts is."""
        shared = self._shared()
        return {word: shared.get(word, 0) + OWN * count for word, count in count_words(self._own()).items()}

    @cached_property
    def _alike(self) -> dict[tuple[str, int], list[str]]:
        """The words of the school's texts that may be meant and are not among those of all schools."""
        shared = self._shared()
        return _by_beginning(
            word
            for word, count in self._counts.items()
            if _may_be_meant(word, count) and not (word in shared and _may_be_meant(word, shared[word]))
        )

    def is_common(self, word: str) -> bool:
        """Tell whether the wordings or the school's policies use a word often; `word` is in lower case."""
        return self._count(word) >= FEWEST

    def knows_kin(self, word: str) -> bool:
        """Tell whether a word is known, or made of a known one by an ending or a prefix."""
        kin = [word]
        if ending := _ENDING.fullmatch(word):
            kin += [ending["stem"], f"{ending['stem']}e"]
        if prefix := _PREFIX.fullmatch(word):
            kin.append(prefix["stem"])
        return any(self._knows(one) for one in kin if one == word or len(one) >= LEAST_STEM)

    def _knows(self, word: str) -> bool:
        return self.is_common(word) or self._is_word(word) or bool(PROTECTED.fullmatch(word))

    def _parted(self, word: str) -> str | None:
        """Return two common words that were run together, the pair whose rarer word is commonest; None where there is none."""
        pairs = [(word[:at], word[at:]) for at in range(1, len(word))]
        fitting = [(one, other) for one, other in pairs if self._may_be_part(one, _FIRST) and self._may_be_part(other, _LAST)]
        best = max(fitting, key=lambda pair: min(map(self._count, pair)), default=None)
        return " ".join(best) if best else None

    def _may_be_part(self, part: str, short: frozenset[str]) -> bool:
        return (len(part) >= 3 or part in short) and self._count(part) >= COMMON and not PROTECTED.fullmatch(part)

    def _nearest(self, word: str, reach: int) -> str | None:
        """Return the word that is clearly the nearest by edits, then by how common it is; None where none is."""
        # Most questions hold no slip, and a cold start is measured.
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        # A first letter is seldom wrong, and another one makes another word; but it may have changed places with the second.
        lengths, known = range(len(word) - reach, len(word) + reach + 1), (self._shared().alike, self._alike)
        candidates = [other for alike in known for length in lengths for other in alike.get((word[0], length), ())]
        candidates += [other for alike in known for other in alike.get((word[1], len(word)), ()) if other[1] == word[0]]
        found = process.extract(word, candidates, scorer=OSA.distance, score_cutoff=reach, limit=None)
        if any(PROTECTED.fullmatch(other) for other, _, _ in found):
            return None
        likely = [one for one in found if len(word) >= TWO_EDITS or _is_slip(word, one[0])]
        ranked = sorted((edits, -self._count(other), other) for other, edits, _ in likely)
        if not ranked:
            return None
        (fewest, count, best), *others = ranked
        rival = next((rare for edits, rare, other in others if edits == fewest and analyze(other) != analyze(best)), None)
        return best if rival is None or count <= CLEARLY * rival else None


def _may_be_meant(word: str, count: int) -> bool:
    return len(word) >= ONE_EDIT and ((count >= FEWEST and word.isalpha()) or PROTECTED.fullmatch(word) is not None)


def _by_beginning(words: Iterable[str]) -> dict[tuple[str, int], list[str]]:
    """Return words by first letter and length."""
    found: dict[tuple[str, int], list[str]] = {}
    for word in words:
        found.setdefault((word[0], len(word)), []).append(word)
    return found


def _is_slip(typed: str, meant: str) -> bool:
    """Tell whether what is one edit from a word is a likely slip in it: "stank" is none of "stand", but a word of its own."""
    at = next((at for at, (one, other) in enumerate(zip(typed, meant, strict=False)) if one != other), len(meant))
    if len(typed) < len(meant):
        return True
    if len(typed) > len(meant):
        return any(typed[at] == key or frozenset((typed[at], key)) in _BESIDE for key in typed[at - 1] + typed[at + 1 : at + 2])
    return typed[at : at + 2] == meant[at : at + 2][::-1] or frozenset((typed[at], meant[at])) in _TAKEN_FOR


def _may_be_name(match: re.Match[str], text: str) -> bool:
    """Tell whether a word is written as names are: a capital in the midst of a sentence that is not all in capitals."""
    before = text[: match.start()].rstrip(" \n\"'“‘(")
    return match["word"][0].isupper() and not text.isupper() and before[-1:] not in ("", ".", "?", "!", ":")
