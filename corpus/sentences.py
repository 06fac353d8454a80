"""Sentences of policy text, and which of them cannot be read without the one before."""

import re
from collections.abc import Iterator

_END = re.compile(r"[.!?]+[\"'”’)\]*]*\s+(?=[\"'“‘(\[*]*[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.?g|i\.?e|etc|cf|vs|no|nos|st|mr|mrs|ms|dr|prof|rev|ltd|para|paras|sec|ch|tel|ext|inc|dept|hon|approx|art|p|pp|vol)|\b[A-Z]|^\d{1,2})\.$",
    re.IGNORECASE,
)
# How a sentence begins that points back at the one before it.
_POINTS_BACK = re.compile(
    r"(?:and|but|or|also|this|these|that|those|such|they|he|she|however|therefore|thus|hence|otherwise|instead|similarly|consequently|as such|as a result|for example|for instance|in particular"
    r"|in addition to this|in this (?:case|way|instance|situation|event)|in (?:such|these|those) \w+|in doing so|if so|if not|doing (?:this|so)|failure to do so|failing this|where this|when this|if this|if they|when they|where they"
    r"|the same|this applies|both of these|here|then|not doing so|at this (?:point|stage)|following this|after this|to do (?:this|so)|where it|if it|when it|its)\b",
    re.IGNORECASE,
)
_IT = re.compile(r"it\b", re.IGNORECASE)
_EXPLETIVE_IT = re.compile(
    r"it (?:is|was|will be|may be|would be|should be) (?:also |completely |totally |absolutely |strictly |very |not )*(?:for|best|essential|important|expected|recommended|acceptable|unacceptable|advisable|good practice|best practice|forbidden|prohibited|necessary|"
    r"vital|crucial|an offence|illegal|unlawful|possible|the responsibility|the duty|everyone|every|up to|a criminal|a requirement|a condition|recognised|understood|permitted|allowed|appropriate|inappropriate|clear|likely|unlikely|the policy|also|our)\b"
    r"|it (?:(?:should|must) be (?:noted|remembered|stressed|understood|recognised)|takes)\b",
    re.IGNORECASE,
)
_SUCH = re.compile(r"\bsuch (?!as\b|a\b|an\b)\w+", re.IGNORECASE)
# Pointing back counts near the beginning; later in a long sentence the words mostly point inside it.
_POINTING_REACH = 80
_MENTIONS_BACK = re.compile(
    r"\b(?:of|with|in|for|on) this (?!policy|document|code|guidance|handbook|school|setting|section|procedure|agreement|academy|trust|statement|area|year|term|appendix|case management)\w+|\bthese (?!policies|procedures|guidelines|rules|requirements|principles|standards|arrangements|terms)\w+|\bthe above\b|\b(?:as|described|set out|listed|mentioned|stated|outlined) above\b|\b(?:to|of|for|by|from|with|in|on|that|if|because|as) (?:this|these|those)(?=[.,;:)]|\s+(?:is|are|was|will|may|can|could|does|happens?|occurs?)\b)"
    r"|\bthis (?:could|may|might|would|will|can|is|includes?|means|applies|must|should)\b|\bthese (?:are|include|will|may|can|must|should|contacts|images|incidents)\b|\b(?:any|all|no) such\b",
    re.IGNORECASE,
)


def sentences(text: str, offset: int = 0) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each sentence of `text`, counted from `offset`; a list's `(a)` or `e.g.` ends none."""
    start = 0
    for match in _END.finditer(text):
        head = text[start : match.start() + 1]
        if _ABBREVIATION.search(head) and not head.endswith(("etc.", "No.")):
            continue
        if head.count("(") > head.count(")") and text[match.start() : match.end()].count(")") == 0:
            continue
        end = match.end() - len(match[0]) + len(match[0].rstrip())
        yield offset + start, offset + end
        start = match.end()
    if text[start:].strip():
        yield offset + start, offset + len(text.rstrip())


def needs_the_one_before(sentence: str) -> bool:
    """Tell whether a sentence cannot be read alone, by how it begins and by what it points at."""
    words = sentence.lstrip("\"'“‘(*_ ")
    if _IT.match(words):
        return not _EXPLETIVE_IT.match(words)
    return bool(_POINTS_BACK.match(words) or _SUCH.search(words) or _MENTIONS_BACK.search(words[:_POINTING_REACH]))
