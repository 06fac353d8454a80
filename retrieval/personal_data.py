"""What is taken out of a question before it is stored: whatever could say who somebody is, with a word in brackets in its place.

It reduces, and does not make anonymous: a rare name in small letters, or a story that only one person can tell, stays.
docs/privacy.md says how well it works.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from msgspec import Struct

from corpus.yaml_file import read_yaml

NAMES = Path(__file__).parent / "data" / "names.yaml"
_BEGINS = frozenset(("", ".", "?", "!", ":", "\n"))

_EMAIL = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
_WEB = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\[\]]*[\w/]"
    r"|(?<![\w@.])[a-z\d][a-z\d-]*(?:\.[a-z\d-]+)*\.(?:com|uk|org|net|io|info|me|tv|edu|gov|co|app|ly)(?![\w@.]*@)\b(?:/[^\s<>\[\]]*[\w/])?",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@])@\w(?:[\w.]*\w)?")
_PHONE = re.compile(r"(?<![\w+])(?:\+\d|\(?0)(?:[ ().-]{0,2}\d){9,12}(?!\w)")
_NUMBER = re.compile(r"(?<![\w.,£$/-])(?:[a-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[a-d]|\d{6,10})(?![\w/]|[.,]\d)", re.IGNORECASE)
# The areas of one letter are these eight; what looks like a code may be a key stage and an ordinal: "KS2 1st".
_POST_CODE = re.compile(
    r"\b(?!(?:ks|yr|ey)\d)(?:[begl-nsw]|[a-z]{2})\d[a-z\d]? ?\d(?!st\b|nd\b|rd\b|th\b)[abd-hjlnp-uw-z]{2}\b", re.IGNORECASE
)
_STREET = r"(?:road|rd|street|st|avenue|ave|lane|close|crescent|terrace|gardens|grove|drive|court|place|way|row|hill|mews|square)"
_ADDRESS = re.compile(
    rf"\b(?:(?:flat|no\.?|number) )?\d{{1,4}}[a-z]? (?:[A-Z][\w'’-]* ){{1,3}}(?i:{_STREET})\b"
    rf"|(?i:(?<=live at )|(?<=lives at )|(?<=lived at )|(?<=address is ))\d{{1,4}}[a-z]? (?:[\w'’-]+ ){{1,3}}{_STREET}\b"
)
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_BIRTH = re.compile(r"\b(?:d\.?o\.?b\.?|born|date of birth|birth ?da(?:y|te)|b'?day)\b", re.IGNORECASE)
_DATE = re.compile(
    rf"\b(?:\d{{1,2}}[/.-]\d{{1,2}}[/.-](?:\d{{4}}|\d{{2}})|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b(?:,? (?:19|20)\d\d)?"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? (?:19|20)\d\d)?)(?!\w)",
    re.IGNORECASE,
)

_NAME = r"[^\W\d_]+(?:['’-][^\W\d_]{2,})*"
_TITLED = re.compile(rf"\b(?P<title>(?i:mr|mrs|ms|miss|dr|sir|mx|prof))(?P<dot>\.?) (?P<name>{_NAME}(?: (?=[A-Z]){_NAME})?)")
_INTRODUCED = re.compile(
    r"\b(?P<before>(?i:called|(?<!\ba )named|name is|name's|(?:my|our|a) colleague|(?:year|yr|y) ?\d+ (?:pupil|child|boy|girl|lad|student)(?: called| named)?"
    rf"|(?:a|this|the|our) (?:boy|girl|lad|pupil|kid|ta|teacher)(?: called| named)?),? )(?P<name>{_NAME}(?: (?=[A-Z]){_NAME})?)"
)
# What may follow a title or "my colleague" and is no name.
_NO_NAME = re.compile(
    r"an?|and|at|but|by|can|for|from|had|has|have|he|i|if|in|is|it|keeps|me|my|of|on|or|said|says|she|that|the|they|to|was|who|with"
)
# What tells that the word before it is a name, though it begins a sentence.
_OF_A_PERSON = re.compile(
    r"(?:['’]s (?:mum|dad|nan|gran|parents?|family|brother|sister|class|phone|file)|(?:['’]s)? (?:keeps|told|tells|said|says|asked|asks|wants|messaged|texted|added|in my|in year|from my))\b"
)
_FULL_NAME = re.compile(rf"(?P<first>\[name\](?: \[name\])*)(?: (?P<surname>{_NAME}))?")
_MARK = re.compile(r"\[[a-z ]+\]")
_WORDS = re.compile(rf"(?<![\w@#/.\[’'])(?P<name>{_NAME})(?![\w@/\]]|\.\w)")


class _Names(Struct, frozen=True, forbid_unknown_fields=True):
    """Which words are names, each list as one text: by themselves, with a capital, after a first name; and which never are."""

    first_names: str
    names_by_capital: str
    surnames: str
    nobody: str


def without_personal_data(text: str, is_known: Callable[[str], bool]) -> str:
    """Return a text with what could say who somebody is replaced by [email], [phone], [name] and the like; all else as it was.

    `is_known` tells of a word in lower case that it is no name though it has a capital: words of the school's policies, names of
    sites and apps. Applied again, it changes nothing more.
    """
    while (reduced := _reduced(text, lambda word: is_known(word) or word in _words_of("nobody"))) != text:
        text = reduced
    return text


def readable(text: str) -> str:
    """Return a text that was stored as it can be read again: with somebody for each name, and nothing for all else taken out."""
    return _MARK.sub("", text.replace("[name]", "somebody"))


def is_name(word: str) -> bool:
    """Tell whether a word in lower case is in a list of names, though it may be a common word too."""
    return any(word in _words_of(names) for names in ("first_names", "names_by_capital", "surnames"))


def _reduced(text: str, is_known: Callable[[str], bool]) -> str:
    for pattern, word in (
        (_EMAIL, "[email]"),
        (_WEB, "[web address]"),
        (_HANDLE, "[handle]"),
        (_PHONE, "[phone]"),
        (_ADDRESS, "[address]"),
        (_POST_CODE, "[post code]"),
    ):
        text = pattern.sub(word, text)
    if _BIRTH.search(text):
        text = _DATE.sub("[date]", text)
    text = _NUMBER.sub("[number]", text)
    return _without_names(text, is_known)


def _without_names(text: str, is_known: Callable[[str], bool]) -> str:
    def titled(match: re.Match[str]) -> str:
        title, name = match["title"], match["name"]
        low = _bare(name)
        # "Miss" and "sir" are words too, and "Mr" may be said by itself.
        said_by_itself = _NO_NAME.fullmatch(low) or (
            not name[0].isupper() and title.lower() in ("miss", "ms", "sir", "dr") and is_known(low)
        )
        return match[0] if said_by_itself else f"{title}{match['dot']} [name]{_ending(name)}"

    def introduced(match: re.Match[str]) -> str:
        name, low = match["name"], _bare(match["name"].split()[0])
        kept = _NO_NAME.fullmatch(low) or (low not in _words_of("first_names") and is_known(low))
        return match[0] if kept else f"{match['before']}[name]{_ending(name)}"

    def anywhere(match: re.Match[str]) -> str:
        name = match["name"]
        after = match.start() + len(name.removesuffix(_ending(name)))
        begins = _begins(match, text) and not _OF_A_PERSON.match(text, after)
        return f"[name]{_ending(name)}" if _is_name(name, begins, shouted, is_known) else match[0]

    text = _INTRODUCED.sub(introduced, _TITLED.sub(titled, text))
    shouted = text.replace("[name]", "").isupper()
    return _run_together(_WORDS.sub(anywhere, text))


def _is_name(word: str, begins: bool, shouted: bool, is_known: Callable[[str], bool]) -> bool:
    low = _bare(word)
    if low in _words_of("first_names"):
        return True
    if begins or shouted or not word[0].isupper() or len(low) < 2:
        return False
    # All in capitals is an abbreviation: DSL, TAs.
    if word[:2].isupper():
        return False
    if low in _words_of("names_by_capital") or low in _words_of("surnames"):
        return True
    return not is_known(low) and not is_known(low.removesuffix("s"))


def _begins(match: re.Match[str], text: str) -> bool:
    """Tell whether a word begins a sentence, where everything has a capital."""
    before = text[: match.start()].rstrip(" \"'“‘(*-")
    return before[-1:] in _BEGINS


def _run_together(text: str) -> str:
    """Return a text in which first name and surname are one [name], also a surname in small letters."""

    def joined(match: re.Match[str]) -> str:
        surname = match["surname"]
        if surname is None:
            return "[name]"
        return f"[name]{_ending(surname)}" if _bare(surname) in _words_of("surnames") else f"[name] {surname}"

    return _FULL_NAME.sub(joined, text)


def _bare(name: str) -> str:
    """Return a name in small letters without a possessive ending."""
    return name.removesuffix(_ending(name)).replace("’", "'").lower()


def _ending(name: str) -> str:
    """Return the possessive ending of a name, which stays; on a phone the apostrophe is left out: "jaydens mum"."""
    if name[-2:] in ("'s", "’s"):
        return name[-2:]
    low = name.lower()
    return name[-1] if low.endswith("s") and low not in _words_of("first_names") and low[:-1] in _words_of("first_names") else ""


@cache
def _words_of(which: str) -> frozenset[str]:
    """Return one of the lists of names by its name in the file."""
    return frozenset(getattr(_names(), which).split())


@cache
def _names() -> _Names:
    return read_yaml(NAMES.read_text(encoding="utf-8"), _Names, NAMES.name)
