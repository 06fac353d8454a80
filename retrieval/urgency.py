"""Whether a message shows that a child may be at risk or a crime may have happened, and of what kind.

A small network decides, beside a few words that leave no doubt; a linear model says of what kind. docs/safeguarding.md says from
what they are trained and how good they are.
"""

import re
from enum import StrEnum
from functools import cache
from pathlib import Path

from retrieval.analyzer import normalize
from retrieval.features import Features, features_of
from retrieval.linear import LinearModel
from retrieval.network import Network
from retrieval.vectors import Vector, WordVectors

NETWORK = Path(__file__).parent / "data" / "urgent.msgpack"
DANGERS = Path(__file__).parent / "data" / "dangers.msgpack"
# From this chance on a message is urgent. In the midst of a conversation, where little is said in few words, it must be plainer.
THRESHOLD, AFTER_ANOTHER = 0.5, 0.9
# A sentence that leaves as little doubt as this makes the whole message urgent, whatever else is asked in it.
ONE_SENTENCE, LEAST_WORDS = 0.98, 4
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
    r"|(?:sexual(?:ly)?|child) abus\w+|raped|molest\w*|(?:being|been) groomed|radicali[sz](?:ed|ing)|trafficked"
    r"|(?:indecent|naked|nude|topless|explicit|child porn\w*) (?:pic\w*|photo\w*|image\w*|video\w*|selfie\w*|of)|nudes|(?:a|his|her|their) nude (?!t)"
    r"|(?:run|ran|running) away from home|(?:gone|went) missing from|(?:one|two|three) short on the (?:head ?count|count|register)"
    r"|(?:death|bomb) threats?"
    r"|(?:worried|worry|concerned|scared) (?:about|for) (?:a|this|that|one of (?:my|our|the)) (?:\w+ )?(?:child|children|pupils?|kids?|boys?|girls?|lads?)(?!'|s')"
    r")\b(?! (?:policy|policies|training|course|awareness|prevention|guidance|lessons?|assembly|workshop|week|day|books?|leaflets?|posters?|procedures?|records?|charity))"
)


# Who speaks of her own life is never sent the way of a pupil's or of a threat.
_OWN_LIFE = re.compile(
    r"\b(?:kill|killing|hurt|hurting|harm|harming|cut|cutting|hang|hanging|drown|drowning|overdose on|shoot|stab) myself\b(?! laughing)"
    r"|\b(?:take|taking|end|ending) my (?:own )?life\b|\bend it all\b"
    r"|\bi(?: \w+){0,2} (?:want to|wanna) (?:die|be dead|not wake up|disappear for ever)\b(?! of (?:embarrassment|shame|boredom))"
    r"|\bi wish i (?:was|were|wasn't|weren't) (?:dead|here|alive|born)\b|\b(?:i'm|im|i am|i feel|i've been feeling|feeling)(?: \w+)? suicidal\b"
    r"|\bi (?:don't|dont|do not|no longer) want to (?:live|be alive|wake up|be here any ?more|exist)\b"
    r"|\bi (?:can't|cant|cannot|can not) (?:go on|do this|cope|carry on|take it)(?: any ?more| any longer| like this| living)+\b|\bi (?:can't|cant|cannot|can not) go on[.!,]*\s*$"
    r"|\b(?:better off|happier) without me\b|\bsuicidal thoughts\b(?=.*\bmy(?:self)?\b|.*\bi\b)"
)
_SOMEBODY_ELSE = re.compile(
    r"\b(?:he|she|they|he's|she's|hes|shes|they're|him|his|her|their|pupils?|students?|child|children|kids?|boys?|girls?|lads?|lass|teen\w*|year \d+"
    r"|y\d+|daughter|son|mum|dad|mother|father|parent|someone|somebody|friend|colleague|wrote|written|posted|texted|messaged)\b"
)


# "and a pupil?" names somebody and tells nothing of them.
_NOTHING_TOLD = re.compile(
    r"(?:\W|\b(?:and|or|but|so|what|how|about|if|even|also|then|is|it|it's|its|was|with|from|by|for|to|of|in|on|my|our|your|their|his|her|a|an|the"
    r"|any|one|some|same|other|another|old|new|ex|former|past|current|primary|secondary|sixth|form|year|class|school|friend|family|adult|young"
    r"|pupil|student|child|children|kid|boy|girl|parent|carer|mum|dad|mother|father|governor|teacher|colleague|ta|head|staff|volunteer)(?:'?s'?)?\b)*"
)


def danger_of(text: str, vectors: WordVectors, *, after_another: bool = False) -> Danger | None:
    """Return what a message is urgent about, None where it is not urgent; `after_another` in the midst of a conversation."""
    return danger_in(text, features_of(text), vectors.encode([text])[0], after_another=after_another)


def danger_in(text: str, features: Features, vector: Vector, *, after_another: bool = False) -> Danger | None:
    """Return the same for a message whose features and vector are at hand."""
    plain = normalize(text)
    if _OWN_LIFE.search(plain):
        return Danger.CHILD_AT_RISK if _SOMEBODY_ELSE.search(plain) else Danger.ASKER_AT_RISK
    needed = AFTER_ANOTHER if after_another else THRESHOLD
    if _NOTHING_TOLD.fullmatch(plain):
        return None
    if chance_of_danger(features, vector) < needed and not _NO_DOUBT.search(plain):
        return None
    scores = _dangers().scores(features, vector)
    return Danger(_dangers().classes[int(scores.argmax())])


def danger_in_a_sentence(text: str, vectors: WordVectors) -> Danger | None:
    """Return what one sentence of a message is plainly urgent about, where the message as a whole does not show it."""
    sentences = [part for part in _BETWEEN_SENTENCES.split(text) if len(part.split()) >= LEAST_WORDS]
    if len(sentences) < 2:
        return None
    for sentence in sentences[:MOST_SENTENCES]:
        features, (vector,) = features_of(sentence), vectors.encode([sentence])
        if chance_of_danger(features, vector) >= ONE_SENTENCE:
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
