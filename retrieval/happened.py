"""Whether a question tells of something that the asker has done already: then what the policy asks for now comes first."""

import re
from bisect import bisect_left

from retrieval.analyzer import normalize

_DID = (
    r"(?:accepted|added|said yes|posted|shared|sent|replied|answered|messaged|texted|tagged|liked|followed|took|filmed|"
    r"uploaded|told|gave|used(?! to\b)|left|commented|emailed|joined|deleted|friended|tweeted|wrote|rang|slagged|forwarded|clicked|opened|put|let|read)"
)
_OFTEN = r"(?:(?:already|just|only|accidentally|mistakenly|stupidly|sort of|kind of|then|went and|even|also|now|did) )*"
_HAPPENED = re.compile(
    rf"\bi(?:'ve| have|ve|'d| had)? {_OFTEN}{_DID}\b|\bi did (?:post|send|accept|add|share|reply)\b|\bi've (?:already|just) done\b"
    r"|\b(?:did it|done it) (?:already|yesterday|last)\b"
)
# What was thought of, asked for or is only feared has not been done.
_NOT_YET = re.compile(
    r"\b(?:if|before|unless|once|until|suppose|supposing|wish|say)\b[^.?!,;]*|\b(?:do|shall|must|should|can|could|may|would|might|will) i\b(?: have)? \w+"
)
# "something I posted", "can I share a photo I took" name a thing, and tell of no deed.
_THING = re.compile(
    r"\b(?:\w*thing|things|stuff|what|whatever|an?|the|those|these|old|messages?|photos?|pictures?|posts?|videos?)(?: \w+)?(?: that)? $"
)
_LONGEST_THING = 100  # characters before the deed, among which it is looked for


def has_happened(question: str) -> bool:
    """Tell whether the asker says that she has done the thing she asks about."""
    plain = " ".join(normalize(question).split())
    not_yet = [match.span() for match in _NOT_YET.finditer(plain)]

    def is_not_yet(start: int, end: int) -> bool:
        # The spans are in order and apart, so that the last to begin before the end is the only one that can reach over the start.
        before = bisect_left(not_yet, (end,))
        return before > 0 and not_yet[before - 1][1] > start

    return any(
        not _THING.search(plain, max(0, match.start() - _LONGEST_THING), match.start()) and not is_not_yet(*match.span())
        for match in _HAPPENED.finditer(plain)
    )
