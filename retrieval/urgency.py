"""Whether a message shows that a child may be at risk or a crime may have happened, and of what kind.

A small network decides, beside a few words that leave no doubt; a linear model says of what kind. docs/safeguarding.md says from
what they are trained and how good they are.
"""

import re
from enum import StrEnum
from functools import cache
from pathlib import Path

from retrieval.analyzer import normalize
from retrieval.concerns import accused, accuses_staff
from retrieval.features import Features, features_of
from retrieval.linear import LinearModel
from retrieval.network import Network
from retrieval.vectors import Vector, WordVectors

NETWORK = Path(__file__).parent / "data" / "urgent.msgpack"
DANGERS = Path(__file__).parent / "data" / "dangers.msgpack"
# From this chance on a message is urgent. In the midst of a conversation, where little is said in few words, it must be plainer.
THRESHOLD, AFTER_ANOTHER = 0.35, 0.87
# Less will do where a member of staff is said to have done wrong to a pupil.
ACCUSED = 0.15
# A sentence that leaves as little doubt as this makes the whole message urgent, whatever else is asked in it.
ONE_SENTENCE, LEAST_WORDS = 0.965, 4
# What one message may cost is bounded.
MOST_SENTENCES = 12
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")


class Danger(StrEnum):
    """What an urgent question is about; it decides the route."""

    CHILD_AT_RISK = "child_at_risk"
    INDECENT_IMAGE = "indecent_image"
    ALLEGATION = "allegation"
    THREAT = "threat"
    ASKER_AT_RISK = "asker_at_risk"


# Words that leave no doubt, unless they name a subject that is taught or written about.
_ONESELF = r"(?:her|him|them|my)sel(?:f|ves)"
_NO_DOUBT = re.compile(
    r"\b(?:"
    rf"(?:kill(?:ing)?|harm(?:ing)?|hurting|cutting) {_ONESELF}|suicid(?:e|al)|self[- ]?harm(?:s|ed|ing)|overdos\w*|wants? to die|end (?:it all|(?:my|her|his|their) life)|better off dead"
    r"|(?:sexual(?:ly)?|child) abus\w+|raped|molest\w*|(?:being|been) groomed|grooming (?:an?|one of (?:my|our|the)|our|the|this) (?:\w+ )?(?:pupils?|students?|child(?:ren)?|kids?|boys?|girls?|lads?|lass(?:es)?)|intruders? (?:is|in|on|has|got)|radicali[sz](?:ed|ing)|trafficked"
    r"|(?:indecent|naked|nude|topless|explicit|child porn\w*) (?:pic\w*|photo\w*|image\w*|video\w*|selfie\w*|of)|nudes|(?:a|his|her|their) nude (?!t)"
    r"|(?:run|ran|running) away from home|(?:gone|went) missing from|(?:one|two|three) short on the (?:head ?count|count|register)"
    r"|(?:death|bomb) threats?"
    r"|(?:worried|worry|concerned|scared) (?:about|for) (?:a|this|that|one of (?:my|our|the)) (?:\w+ )?(?:child|children|pupils?|kids?|boys?|girls?|lads?)(?!'|s')"
    r")\b(?! (?:policy|policies|training|course|awareness|prevention|guidance|lessons?|assembly|workshop|week|day|books?|leaflets?|posters?|procedures?|records?|charity))"
)


# Who speaks of her own life is never sent the way of a pupil's or of a threat.
_CANNOT = r"(?:can't|cant|cannot|can not|cannae|canny|couldn't)"
_NO_LONGER = r"(?: any ?more| no more| any longer)"
# What cannot be coped with is everything, and not the photocopier or one class.
_EVERYTHING = r"(?: with (?:my )?(?:life|living|it all|it|this|everything|things|anything|being here|being alive|work|the job|the pressure|the stress)(?: (?:at the moment|right now|at all))?)"
_END = r"(?=[.!?,;]|$| (?:and|but|so|please|help|i|i'm|im|i've|ive|what|who|at|tonight|right now|at the moment|my)\b)"
_OWN_LIFE = re.compile(
    r"\b(?:kill|killing|hurt|hurting|harm|harming|cut|cutting|hang|hanging|drown|drowning|overdose on|shoot|stab) myself\b(?! laughing)"
    r"|\b(?:take|taking|end|ending) my (?:own )?life\b|\bend(?:ing)? it all\b|\b(?:feel like|thinking (?:of|about)|thought (?:of|about)) ending it\b"
    r"|\bi(?: \w+){0,2} (?:want to|wanna|wantae) (?:die|be dead|not wake up|disappear for ever)\b(?! of (?:embarrassment|shame|boredom))"
    r"|\bwish i (?:was|were|wasn't|weren't) (?:dead|here|alive|born|never born)\b|\b(?:i'm|im|i am|i feel|i've been feeling|feeling)(?: \w+)? suicidal\b"
    r"|\b(?:i )?(?:don't|dont|do not|no longer|dinnae|didnae|didn't) (?:want to|wanna|want tae) (?:live|be alive|wake up(?: tomorrow)?|be here any ?more|be here no more|exist|be around any ?more)"
    + _END
    + r"|\bi(?: \w+){0,2} (?:can't|cant|cannot|can not|cannae) (?:go on|do this|carry on|take it)(?:"
    + _NO_LONGER
    + r"| like this| living)+\b(?! than)"
    r"|(?:\bi(?: \w+){0,2} |^\W*(?:just |really )?)"
    + _CANNOT
    + r" (?:cope|go on|carry on living|face (?:life|living|another day|tomorrow))(?:"
    + _NO_LONGER
    + r"|"
    + _EVERYTHING
    + r"| at all)*"
    + _END
    + r"|^\W*"
    + _CANNOT
    + r" do this(?:"
    + _NO_LONGER
    + r")"
    + _END
    + r"|\b(?:what's the|whats the|what is the|is there any|there's no|there is no|theres no|no|see no|see the|see any) point (?:of|in|to) (?:me |my )?(?:living|life|being alive|being here|going on|carrying on|it all|anything)(?:"
    + _NO_LONGER
    + r")?"
    + _END
    + r"|\b(?:nothing|no reason)(?: left)?(?: for me)? to live for\b|\bno reason to (?:live|go on)\b|\bhad enough of (?:my )?(?:life|living|being alive)\b|\b(?:don't|dont|can't|cant) see (?:a|any) way out\b|\b(?:go to sleep|fall asleep) and (?:not|never) wake up\b"
    r"|\bi(?:'ve|'m|m|ve)?\b[^.?!]{0,40}\b(?:jump(?:ing|ed)? (?:off|in front of)|driv(?:e|ing) (?:my car |the car )?(?:into|off) (?:a|the) (?:tree|wall|bridge|cliff|river|canal))\b"
    r"|\b(?:better off|happier) without me\b|\bsuicidal thoughts\b(?=.*\bmy(?:self)?\b|.*\bi\b)"
)
# Nor is who is hurt at home.
_HURT_AT_HOME = re.compile(
    r"\bmy (?:husband|wife|hubby|partner|boyfriend|girlfriend|bf|gf|ex|other half|fella|fiance|fiancee)(?: (?!off|the|a)\w+){0,5}? (?:(?:hits?|hit|hitting|beats?|beat|beating|punche[sd]|punching|kicks?|kicked|slap(?:s|ped)|choke[sd]|strangle[sd]|rape[sd]|burn(?:s|t|ed)|shove[sd]|threw|hurts?|threaten(?:s|ed)|controls|attacked|assaulted) (?:me|us)\b|(?:won't|wont|doesn't|never) lets? me (?:leave|out|go))"
)
_PUPIL_SPOKEN_OF = re.compile(
    r"(?<!my )(?<!my own )\b(?:pupils?|students?|child|children|kids?|boys?|girls?|lads?|lass|teen\w*|year \d+|y\d+|yr ?\d+)\b"
)
# Her words are somebody else's where they come after "he wrote", a colon or a quotation mark.
_REPORTED = re.compile(
    r"(?:\b(?:said|says|saying|say|wrote|writes|written|write|told|tells|texted|messaged|posted|typed|sent|reads?|whispered|shouted|sobbed|goes)\b(?: (?!and|but|so|because|cos)[\w']+){0,4}|[:\"'])[\s\"':]*$"
)


# "and a pupil?" names somebody and tells nothing of them.
_NOTHING_TOLD = re.compile(
    r"(?:\W|\b(?:and|or|but|so|what|how|about|if|even|also|then|is|it|it's|its|was|with|from|by|for|to|of|in|on|my|our|your|their|his|her|a|an|the"
    r"|any|one|some|same|other|another|old|new|ex|former|past|current|primary|secondary|sixth|form|year|class|school|friend|family|adult|young"
    r"|pupil|student|child|children|kid|boy|girl|parent|carer|mum|dad|mother|father|governor|teacher|colleague|ta|head|staff|volunteer"
    r"|at|weekends?|evenings?|mornings?|holidays?|term|break|lunch|trips?|work|even|only|said|says|told|tell|ask|asked|me|i|we|you|he|she|they|him|them|yes|no|do|can|who|whom|when|where)(?:'?s'?)?\b)*"
)


def danger_of(text: str, vectors: WordVectors, *, after_another: bool = False) -> Danger | None:
    """Return what a message is urgent about, None where it is not urgent; `after_another` in the midst of a conversation."""
    return danger_in(text, features_of(text), vectors.encode([text])[0], after_another=after_another)


def danger_in(text: str, features: Features, vector: Vector, *, after_another: bool = False) -> Danger | None:
    """Return the same for a message whose features and vector are at hand."""
    plain = normalize(text)
    if own := _OWN_LIFE.search(plain):
        reported = _PUPIL_SPOKEN_OF.search(plain) or _REPORTED.search(plain[: own.start()])
        return Danger.CHILD_AT_RISK if reported else Danger.ASKER_AT_RISK
    if _HURT_AT_HOME.search(plain):
        return Danger.ASKER_AT_RISK
    needed = AFTER_ANOTHER if after_another else THRESHOLD
    if _NOTHING_TOLD.fullmatch(plain):
        return None
    # That staff did wrong to a pupil is told in words that the network seldom saw.
    to_a_pupil = bool(_PUPIL_SPOKEN_OF.search(plain)) and accuses_staff(text)
    if chance_of_danger(features, vector) < (ACCUSED if to_a_pupil else needed) and not _NO_DOUBT.search(plain):
        return None
    scores = _dangers().scores(features, vector)
    likeliest = Danger(_dangers().classes[int(scores.argmax())])
    # Whatever it is that somebody in power did, it does not go their way; nor what a colleague did to a child.
    if accused(text) or (likeliest is Danger.CHILD_AT_RISK and to_a_pupil):
        return Danger.ALLEGATION
    return likeliest


def danger_in_a_sentence(text: str, vectors: WordVectors) -> Danger | None:
    """Return what one sentence of a message is plainly urgent about, where the message as a whole does not show it."""
    sentences = [part for part in _BETWEEN_SENTENCES.split(text) if len(part.split()) >= LEAST_WORDS]
    if len(sentences) < 2:
        return None
    for sentence in sentences[:MOST_SENTENCES]:
        features, (vector,) = features_of(sentence), vectors.encode([sentence])
        if chance_of_danger(features, vector) >= ONE_SENTENCE or _NO_DOUBT.search(normalize(sentence)):
            return danger_in(sentence, features, vector)
    return None


def chance_of_danger(features: Features, vector: Vector) -> float:
    """Return how likely the network finds a message urgent, 0 to 1."""
    return _network().chance(features, vector)


@cache
def _network() -> Network:
    return Network(NETWORK)


@cache
def _dangers() -> LinearModel:
    return LinearModel(DANGERS)
