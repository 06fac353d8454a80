"""What kind of thing was said, before any search: small talk, a sign that a child may be at risk, or a question."""

import re
from dataclasses import dataclass
from enum import StrEnum

from retrieval.analyzer import analyze, normalize


class Danger(StrEnum):
    """What an urgent question is about; it decides the route."""

    CHILD_AT_RISK = "child_at_risk"
    INDECENT_IMAGE = "indecent_image"
    ALLEGATION = "allegation"
    THREAT = "threat"
    ASKER_AT_RISK = "asker_at_risk"


@dataclass(frozen=True, slots=True)
class Intent:
    """`smalltalk` and `danger` exclude each other; both empty is a question for the policies."""

    smalltalk: bool = False
    danger: Danger | None = None


_CHILD = r"(?:child(?:ren)?|kids?|pupils?|students?|boys?|girls?|lads?|lasse?s?|little one|toddler|baby|year ?\d+s?|yr ?\d+s?|y\d|reception|nursery|niece|nephew|he|she|they|him|her|them|one of (?:my|our)[\w ]{0,12})"
_HARM = r"(?:hit(?:s|ting)?|hurt(?:s|ing)?|beat(?:s|en|ing)?(?: up)?|touch(?:es|ed|ing)|abus(?:e|es|ed|ing)|rap(?:e|ed|ing)|groom(?:ed|ing|s)|molest\w*|assault\w*|starv\w*|neglect\w*|punch\w*|kick\w*|slap\w*|strangl\w*|burn(?:t|ed|s)?|lock(?:s|ed) (?:him|her|them)|bruis\w+|black eye|traffick\w*|exploit\w*)"
_ADULT = r"(?:dad|mum|mam|father|mother|step\w+|uncle|aunt\w*|grand\w+|brother|cousin|parents?|carer|man|bloke|stranger|someone|somebody|partner|boyfriend|babysitter|coach|teacher|ta|colleague|caretaker|volunteer)"
_STAFF = r"(?:teacher|ta|colleague|staff|member of staff|caretaker|cook|volunteer|coach|tutor|head|headteacher|deputy|governor|supply|assistant|co-?worker|another adult|one of us|lunchtime supervisor|dinner lady)"

_PATTERNS: tuple[tuple[Danger, str], ...] = (
    (
        Danger.ASKER_AT_RISK,
        r"\b(?:i (?:want|wanna|am going|m going|'m going) to (?:die|kill myself|end it|hurt myself)|i (?:can'?t|cannot) (?:cope|go on|carry on|do this) any ?more|i(?:'m| am| feel) suicidal|kill(?:ing)? myself|end my life|no reason to live|better off without me)\b",
    ),
    (
        Danger.INDECENT_IMAGE,
        r"\b(?:indecent|naked|nude|nudes|explicit|sexual(?:ised)?|topless|undress\w*|child (?:sexual )?abuse|child porn\w*|paedophil\w*|sext\w*|dick pic\w*|no clothes)\b[^.?!]{0,60}\b(?:images?|pictures?|pics?|photos?|photographs?|videos?|films?|content|material|selfies?|stuff)\b[^.?!]{0,50}\b(?:child\w*|kids?|pupils?|girls?|boys?|minors?|under ?age|laptop|computer|pc|ipad|phone|tablet)\b",
    ),
    (
        Danger.INDECENT_IMAGE,
        r"\b(?:images?|pictures?|pics?|photos?|photographs?|videos?|films?|content|material|selfies?)\b[^.?!]{0,40}\b(?:child\w*|kids?|pupils?|girls?|boys?|minors?|them\w*|her\w*|him\w*)\b[^.?!]{0,40}\b(?:naked|nude|no clothes|without (?:any )?clothes|undress\w*|topless|swimming things|underwear|sexual\w*|indecent)\b",
    ),
    (
        Danger.INDECENT_IMAGE,
        r"\b(?:found|seen|saw|come across|came across|opened|got|has|have|there are|looks? like|think)\b[^.?!]{0,60}\b(?:child (?:sexual )?abuse|child porn\w*|indecent)\b[^.?!]{0,25}\b(?:images?|pictures?|pics?|photos?|videos?|material)?",
    ),
    (
        Danger.INDECENT_IMAGE,
        r"\b(?:send|sent|sends|sending|asks?|asked|asking|wants?|keeps)\b[^.?!]{0,40}\b(?:nudes?|naked|topless|pictures? (?:of (?:herself|himself|themselves|her|him))?[^.?!]{0,20}(?:no clothes|without|undress|swimming|underwear|bra))\b",
    ),
    (
        Danger.ALLEGATION,
        rf"\b(?:{_STAFF})\b[^.?!]{{0,80}}\b(?:flirt\w*|inappropriate(?:ly)? (?:with|messag\w*|touch\w*)|sexual\w*|kiss\w*|cuddl\w*|sexting|grooming|groom(?:s|ed)?|alone in (?:his|her|their) (?:car|house)|hit(?:ting)?|slapp?\w*|hurt\w*|shook|grabbed|dragged|smack\w*|too friendly|love hearts|secret(?:ly)? messag\w*)\b[^.?!]{{0,60}}\b(?:{_CHILD}|class)\b",
    ),
    (
        Danger.ALLEGATION,
        rf"\b(?:{_STAFF})\b[^.?!]{{0,60}}\b(?:messag|text|snap|dm|contact|meet|send|sent)\w*\b[^.?!]{{0,40}}\b(?:flirty|sexy|sexual|rude|private|secret|love|kisses|late at night|hearts)\b[^.?!]{{0,40}}\b{_CHILD}\b",
    ),
    (
        Danger.ALLEGATION,
        rf"\b(?:{_STAFF})\b[^.?!]{{0,40}}\b(?:sending|sent|sends)\b[^.?!]{{0,20}}\b(?:flirty|sexy|sexual|rude|inappropriate)\b",
    ),
    (
        Danger.CHILD_AT_RISK,
        rf"\b{_CHILD}\b[^.?!]{{0,80}}\b(?:hurt(?:ing)?|kill(?:ing)?|harm(?:ing)?|cut(?:ting)?|end(?:ing)?)\b[^.?!]{{0,12}}\b(?:herself|himself|themselves|themself|her ?self|him ?self|it all|her life|his life|their life|wrists?|arms?)\b",
    ),
    (Danger.CHILD_AT_RISK, r"\b(?:self[- ]?harm\w*|suicid\w*|overdos\w*)\b"),
    (Danger.CHILD_AT_RISK, rf"\b{_CHILD}\b[^.?!]{{0,80}}\b(?:{_ADULT})\b[^.?!]{{0,30}}\b{_HARM}\b"),
    (Danger.CHILD_AT_RISK, rf"\b(?:{_ADULT})\b[^.?!]{{0,40}}\b{_HARM}\b[^.?!]{{0,20}}\b(?:her|him|them|me|{_CHILD})\b"),
    (
        Danger.CHILD_AT_RISK,
        rf"\b{_CHILD}\b[^.?!]{{0,40}}\b(?:being|been|was|is|got|gets|getting)\b[^.?!]{{0,12}}\b(?:abused|beaten(?: up)?|hit|hurt|groomed|molested|raped|touched|neglected|exploited|trafficked|attacked|assaulted|starved)\b",
    ),
    (
        Danger.CHILD_AT_RISK,
        r"\b(?:run(?:ning)? away|ran away|gone missing|missing child|not (?:come|came) home|kicked out|thrown out)\b[^.?!]{0,60}\b(?:from home|bus|station|park|tonight|alone|on (?:her|his|their) own|nowhere)\b",
    ),
    (
        Danger.CHILD_AT_RISK,
        rf"\b{_CHILD}\b[^.?!]{{0,60}}\b(?:run away|ran away|running away|gone missing|disappeared)\b",
    ),
    (
        Danger.CHILD_AT_RISK,
        r"\b(?:man|bloke|stranger|someone|somebody|adult|lad|guy|person|boyfriend)\b[^.?!]{0,50}\b(?:meet(?:ing|s)?|met)\b[^.?!]{0,15}\b(?:her|him|them|a child|a pupil|one of)\b",
    ),
    (
        Danger.CHILD_AT_RISK,
        rf"\b{_CHILD}\b[^.?!]{{0,50}}\b(?:meet(?:ing)?|meet up with|go(?:ing)? to (?:see|meet))\b[^.?!]{{0,30}}\b(?:man|bloke|stranger|someone|somebody|online|internet|tiktok|snapchat|roblox|xbox|instagram)\b",
    ),
    (
        Danger.CHILD_AT_RISK,
        r"\b(?:disclos(?:ed|ure|es|ing)|told me)\b[^.?!]{0,60}\b(?:touch\w*|abus\w*|hit\w*|hurts?|rap\w+|secret|scared to go home|afraid to go home|frightened)\b",
    ),
    (
        Danger.CHILD_AT_RISK,
        r"\b(?:groom(?:ing|ed|er|s)|fgm|female genital mutilation|radicalis\w*|county lines|forced marriage|child (?:protection|abuse) (?:concern|disclosure)|at risk of (?:harm|abuse))\b(?!\w* (?:policy|training|course))",
    ),
    (
        Danger.CHILD_AT_RISK,
        r"\bworried about (?:a|one of (?:my|our|the)|this|that) (?:child|pupil|student|kid|boy|girl|children|pupils|kids)\b",
    ),
    (Danger.CHILD_AT_RISK, r"\b(?:scared|afraid|frightened|terrified)\b[^.?!]{0,20}\bgo(?:ing)? home\b"),
    (
        Danger.THREAT,
        r"\b(?:threat(?:en|ened|ening|ens|s)?|going to|gonna|says? he'?ll|says? she'?ll|wants? to|coming (?:in|to))\b[^.?!]{0,50}\b(?:kill|stab|shoot|burn|attack|batter|beat|smash|hurt|knife|bomb|rape|petrol)\w*\b",
    ),
    (
        Danger.THREAT,
        r"\b(?:with a (?:knife|gun|bat|weapon)|death threats?|knife in (?:his|her|their) bag|got a knife|has a knife|brought a knife|bomb threat|weapon in school)\b",
    ),
)
_DANGERS = tuple((danger, re.compile(pattern)) for danger, pattern in _PATTERNS)

_GREETING = re.compile(
    r"(?:(?:hi+|hiya|hey+|hello+|yo|good (?:morning|afternoon|evening|night)|morning|evening|afternoon|thanks?(?: (?:you|so much|a lot|a million))?|thank you(?: (?:so|very) much)?|ta|cheers|ok(?:ay)?|great|brilliant|lovely|perfect|fab|nice one|got it|cool|"
    r"bye+|goodbye|see you|good ?night|have a (?:nice|good|great|lovely) \w+|you too|yes|no|yep|nope|sure|fine|never ?mind|sorry|wow|lol|haha+|hmm+|test|testing|that'?s (?:really |very |so )?(?:helpful|great|brilliant|useful|kind|all|it)|much appreciated|happy \w+|merry christmas)[\s,.!?]*)+"
)
_ABOUT_THE_BOT = re.compile(
    r"(?:(?:so )?(?:who|what)(?: even| the hell)? (?:are|r) (?:you|u|this)|are you (?:a )?(?:real|human|robot|bot|person|ai|there)\b.*|(?:u|ur|you|you'?re|your|you are)(?: \w+)? (?:useless|rubbish|stupid|dumb|crap|great|amazing|clever|brilliant|thick|hopeless|annoying|pointless|a joke)(?: bot)?|"
    r"(?:can you )?tell me a (?:joke|story)|sing .*|(?:this|that) (?:is )?(?:useless|rubbish|stupid|pointless|crap)|shut up|(?:piss|f\w+) off|how are (?:you|u|things)(?: (?:today|doing))?|what(?:'s| is) (?:your name|up)|do you (?:ever )?(?:sleep|dream|like .*)|i (?:love|hate) you|who made you)[\s,.!?]*"
)


def read_intent(text: str) -> Intent:
    """Return what kind of thing a message is. Signs of danger come first: better one too many than one missed."""
    plain = " ".join(normalize(text).split())
    for danger, pattern in _DANGERS:
        if pattern.search(plain):
            return Intent(danger=danger)
    if _GREETING.fullmatch(plain) or _ABOUT_THE_BOT.fullmatch(plain) or _is_empty_of_words(plain):
        return Intent(smalltalk=True)
    return Intent()


def _is_empty_of_words(plain: str) -> bool:
    """Tell whether nothing in a message can be looked for: emoji, punctuation, single letters."""
    return not any(len(term) > 1 for term in analyze(plain))
