"""Whether a question tells of something that the asker has done already: then what the policy asks for now comes first."""

import re

_DID = (
    r"(?:accepted|added|said yes|posted|put|shared|sent|replied|answered|messaged|texted|tagged|liked|followed|took|filmed|"
    r"uploaded|told|gave|used|left|commented|emailed|joined|deleted|friended|tweeted|wrote|rang|slagged|forwarded|clicked|opened|let)"
)
_HAPPENED = re.compile(
    # "something I posted" names a thing, and tells of no deed.
    rf"(?<!thing )(?<!things )(?<!what )(?<!stuff )(?<!posts )(?<!post )(?<!photos )\bi(?:'ve| have|ve)? (?:already |just |only |accidentally |stupidly |sort of |kind of |then |went and |even |also )*{_DID}\b"
    rf"|\bi've (?:already|just) done\b|\b(?:did it|done it) (?:already|yesterday|last)\b",
    re.IGNORECASE,
)
# What was thought of, asked for or is only feared has not been done.
_NOT_YET = re.compile(
    r"\b(?:if|before|unless|should|can|could|may|suppose|supposing|what if|say|once|when|until|wish) i(?:'ve| have|ve)? \w+",
    re.IGNORECASE,
)


def has_happened(question: str) -> bool:
    """Tell whether the asker says that she has done the thing she asks about."""
    hypothetical = [match.span() for match in _NOT_YET.finditer(question)]
    return any(
        not any(start < match.end() and match.start() < end for start, end in hypothetical)
        for match in _HAPPENED.finditer(question)
    )
