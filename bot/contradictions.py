"""Whether a clause advises what must not be done where a child may be at risk; such a clause is not shown in an urgent reply.

The rules it is held against are those of docs/safeguarding.md: nothing is done with an image of a child (UKCIS), and nobody
investigates or questions the child (KCSIE).
"""

import re

from retrieval.urgency import Danger

_SENTENCES = re.compile(r"(?<=[.!?])\s+")
# What decides whether a sentence advises a thing or warns of it: the last of these before it.
_MODAL = re.compile(
    r"\b(?:must|should|shall|may|can|could|will|would|do|does|are|is)(?: (?:\w+ly|also|only|then|always))?( not| never)?\b"
    r"|\b(?:cannot|don't|mustn't|shouldn't|can't|won't|never|without|avoid|refrain|prohibited|forbidden|no)\b",
    re.IGNORECASE,
)
_NEVER = re.compile(
    r"not$|never|cannot|n't$|without|avoid|refrain|prohibited|forbidden|^no$",
    re.IGNORECASE,
)
_UNLAWFUL = re.compile(
    r"\b(?:illegal|unlawful|offences?|not (?:permitted|allowed|acceptable)|forbidden|prohibited)\b", re.IGNORECASE
)
_PICTURE = r"(?:images?|photo\w*|pictures?|videos?|selfies?|recordings?|messages?|texts?|posts?|content|material|e-?mails?|web ?pages?|abuse|it|them)"
# What a clause may advise, in the words of the reply, and what is true of an image of a child.
_WITH_AN_IMAGE = (
    (
        "keeping a copy",
        "copied",
        re.compile(
            rf"\bscreen ?-?(?:print|shot|grab|capture)\w*|\b(?:cop(?:y|ies|ied|ying)|prints?|printed|printing|sav(?:e|es|ed|ing)|stor(?:e|es|ed|ing)|download\w*)\b(?! of (?:this|the) (?:policy|agreement|code|form|document))"
            rf"|\b(?:keep|keeps|kept|keeping|retain\w*|preserv\w*|collect\w*|gather\w*) (?:\w+ ){{0,3}}(?:records?|copies|copy|evidence|{_PICTURE})\b",
            re.IGNORECASE,
        ),
    ),
    (
        "passing it on",
        "shared",
        re.compile(
            rf"\bforward(?:ed|s|ing)?\b|\b(?:shares?|uploads?|transfers?|shows?|publish|sends?) (?:\w+ ){{0,3}}{_PICTURE}\b|{_PICTURE} (?:\w+ ){{0,4}}(?:shared|uploaded|transferred|passed on)\b",
            re.IGNORECASE,
        ),
    ),
    ("deleting it", "deleted", re.compile(r"\b(?:delet\w+|eras(?:e|es|ed|ing)|wip(?:e|es|ed|ing))\b", re.IGNORECASE)),
    (
        "looking through a device",
        "looked at",
        re.compile(
            r"\b(?:search(?:es|ed|ing)?|examin\w+|inspect\w*|check\w*|look\w* (?:at|through)) (?:[\w'’]+ ){0,4}(?:phones?|devices?|mobiles?|laptops?|tablets?|cameras?)\b"
            r"|\b(?:view\w*|look\w* at|examin\w+|inspect\w*) (?:\w+ ){0,2}(?:images?|photo\w*|pictures?|videos?|selfies?)\b",
            re.IGNORECASE,
        ),
    ),
)
_ASKING = re.compile(
    r"\binvestigat(?:e|es|ing)\b"
    r"|\b(?:question|questions|questioning|interview\w*|interrogat\w+) (?:the |a |any )?(?:child\w*|pupils?|students?|young|boy|girl|victim)"
    r"|\btak(?:e|ing) (?:\w+ ){0,2}statements?\b",
    re.IGNORECASE,
)
# Those whose part it is to look into a matter; staff are told not to.
_WHOSE_PART = re.compile(r"\b(?:head\w*|governors?|governing|police|lado|authority|council|dsl|lead|officer)\b", re.IGNORECASE)
_ABOUT_IMAGES = re.compile(
    r"\b(?:nudes?|naked|topless|sexts?|sexting|(?:indecent|explicit) \w+|images?|photo\w*|pics?|pictures?|videos?|selfies?|screen ?shots?)\b",
    re.IGNORECASE,
)


def is_of_an_image(question: str, danger: Danger | None) -> bool:
    """Tell whether a child's image may be in play, whatever else the danger is."""
    return danger is Danger.INDECENT_IMAGE or bool(_ABOUT_IMAGES.search(question))


def contradicts(words: str, danger: Danger | None, *, image: bool) -> str | None:
    """Return what a clause advises against the rules, and the rule, in words for a reply; None where it advises no such thing.

    `image` says that an image may be in play. On a threat nothing is held against these rules unless it is.
    """
    sentences = _SENTENCES.split(words)
    if image:
        for advice, rule, pattern in _WITH_AN_IMAGE:
            if any(_advises(sentence, pattern) for sentence in sentences):
                return f"it speaks of {advice}, and an image of a child must not be {rule}"
    if danger in (Danger.THREAT, Danger.ASKER_AT_RISK, None):
        return None
    if any(_advises(sentence, _ASKING) and not _WHOSE_PART.search(sentence) for sentence in sentences):
        return "it speaks of looking into the matter oneself, and staff must not do that where a child may be at risk"
    return None


def _advises(sentence: str, pattern: re.Pattern[str]) -> bool:
    """Tell whether a sentence speaks of what a pattern finds without warning of it."""
    if _UNLAWFUL.search(sentence):
        return False
    for found in pattern.finditer(sentence):
        modals = [one[0] for one in _MODAL.finditer(sentence, 0, found.start())]
        if not modals or not _NEVER.search(modals[-1]):
            return True
    return False
