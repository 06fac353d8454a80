"""What an urgent reply says, step by step. Nothing of it is the bot's own advice: docs/safeguarding.md gives each step's source.

The rules are England's. For a school elsewhere none have been reviewed: it gets 999, its own contacts and the NSPCC's Helpline.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from bot.contact_book import ContactRole
from bot.contradictions import is_of_an_image
from bot.directory import Directory, Route
from bot.national_numbers import (
    CEOP,
    EMERGENCY,
    NHS,
    NSPCC_HELPLINE,
    NSPCC_WHISTLEBLOWING,
    POLICE,
    SAMARITANS,
    SHOUT,
)
from bot.steps import OUTSIDE, Step
from retrieval.urgency import Danger

AT_ONCE = f"If anybody is in immediate danger, ring {EMERGENCY.number} now."
NOT_REPORTING = "Telling me is not reporting: nobody has seen this yet."
NO_NAMES = "Please do not type a child's name here."
DO_NOT = "Do not investigate, do not ask leading questions, and do not promise to keep it secret."
WITH_IMAGES = (
    "Do not view, copy, print, share, save or delete any image, and do not ask a child to share one. Leave the device as it is."
)
_BY_AN_ADULT = "If an adult shared the image, tell the police at once: {emergency}, or {police} if nobody is in danger now."
# The CEOP Safety Centre takes reports of grooming and of sexual abuse online, not of bullying or stolen accounts.
_ONLINE_ABUSE = re.compile(
    r"\bgroom(?:s|ed|er|ing)?\b|\bsextort\w*|\bblackmail\w*"
    r"|\b(?:ask(?:s|ed|ing)?|pressur\w+|mak(?:e|es|ing)|made|forc\w+|trick\w*) (?:\w+ ){1,3}(?:for|send\w*|take) (?:\w+ ){0,2}(?:nudes?|naked|topless|sexual)"
    r"|\bsexual\w*\b.{0,60}\b(?:online|internet|web ?cam|chat\w*|snapchat|instagram|whatsapp|tiktok|discord|roblox|gam(?:e|es|ing))\b"
    r"|\b(?:online|internet|web ?cam|chat\w*|snapchat|instagram|whatsapp|tiktok|discord|roblox|gam(?:e|es|ing))\b.{0,60}\bsexual\w*",
    re.IGNORECASE | re.DOTALL,
)
ROUTES = {
    Danger.CHILD_AT_RISK: Route.CHILD,
    Danger.INDECENT_IMAGE: Route.CHILD,
    Danger.ALLEGATION: Route.ALLEGATION,
    Danger.THREAT: Route.THREAT,
    Danger.ASKER_AT_RISK: Route.ORDINARY,
}
_MOST_OTHERS = 2  # who are named beside the first


class UrgentRoute(Struct, frozen=True):
    """What an urgent reply says, in order: its headline, then its steps."""

    headline: str
    steps: tuple[str, ...]


def urgent_route(question: str, danger: Danger, route: Route, directory: Directory, line: Sequence[Step]) -> UrgentRoute:
    """Return what to do about a danger that a question shows; `line` is the directory's for its route."""
    if danger is Danger.ASKER_AT_RISK:
        return _for_oneself(directory)
    match route:
        case Route.THREAT:
            steps = [*_told_inside(line), f"If it is not an emergency, ring the police on {directory.number(POLICE)}."]
        case Route.ALLEGATION:
            steps = _about_a_colleague(question, line, directory)
        case _:
            steps = _about_a_child(question, line, directory)
    if directory.in_england and route is not Route.THREAT:
        if is_of_an_image(question, danger):
            steps.append(WITH_IMAGES)
        if danger is Danger.INDECENT_IMAGE:
            steps.append(_BY_AN_ADULT.format(emergency=EMERGENCY.number, police=directory.number(POLICE)))
        aside = " Do not speak about it to the person concerned." if route is Route.ALLEGATION else ""
        steps.append(f"{DO_NOT}{aside}")
    steps.append(f"{NOT_REPORTING} {NO_NAMES}")
    return UrgentRoute(AT_ONCE, tuple(steps))


def _for_oneself(directory: Directory) -> UrgentRoute:
    return UrgentRoute(
        "I am sorry that it is this hard. Please talk to somebody now.",
        (
            f"If you are in danger, ring {EMERGENCY.number}.",
            f"{SAMARITANS.name}, day and night: ring {directory.number(SAMARITANS)}.",
            f"{SHOUT.name}: send SHOUT to {directory.number(SHOUT)}.",
            f"{NHS.name}: ring {directory.number(NHS)}.",
            NOT_REPORTING,
        ),
    )


def _about_a_child(question: str, line: Sequence[Step], directory: Directory) -> list[str]:
    inside = [step for step in line if step.role is not None and step.role not in OUTSIDE]
    care = [step for step in line if step.role in (ContactRole.SOCIAL_CARE, ContactRole.SOCIAL_CARE_OUT_OF_HOURS)]
    steps = []
    if inside:
        # Without a name "or a deputy" says what a line of roles would say at length.
        deputy = not inside[0].name and inside[0].role is ContactRole.DSL and directory.in_england
        steps.append(_tell(inside[0], "now, or a deputy" if deputy else "now"))
    at_night = bool(inside and inside[0].when)
    if care and at_night:
        anybody = " Anybody may." if directory.in_england else ""
        steps.append(f"Do not wait for that: ring {_all_of(care)}.{anybody}")
    steps += _if_not_reached(inside)
    if care and not at_night:
        may = "Anybody may" if directory.in_england else "You can"
        steps.append(f"{may} also ring {_all_of(care)}.")
    if not (inside and inside[0].known and inside[0].when is None):
        steps.append(f"For advice: {NSPCC_HELPLINE.name}, {directory.number(NSPCC_HELPLINE)}.")
    if directory.in_england and _ONLINE_ABUSE.search(question):
        steps.append(f"Grooming or sexual abuse online can also be reported to the {CEOP.name}: {directory.number(CEOP)}.")
    return steps


def _told_inside(line: Sequence[Step]) -> list[str]:
    inside = [step for step in line if step.role not in OUTSIDE]
    return [_tell(inside[0], "now"), *_if_not_reached(inside)] if inside else []


def _if_not_reached(inside: Sequence[Step]) -> list[str]:
    """Return who is told where the first cannot be reached, of those whose names are known."""
    others = [step for step in inside[1:] if step.name][:_MOST_OTHERS]
    return [f"If you cannot reach them: {'; '.join(step.in_full for step in others)}."] if others else []


def _all_of(care: Sequence[Step]) -> str:
    """Return children's social care with the names and numbers that the school has entered."""
    entered = "; ".join(step.in_full for step in care)
    return f"children's social care: {entered}" if care[0].name else entered


def _about_a_colleague(question: str, line: Sequence[Step], directory: Directory) -> list[str]:
    first = line[0]
    steps = [_tell(first, "now")]
    if first.role is ContactRole.HEADTEACHER and directory.in_england:
        instead = directory.line(Route.ALLEGATION, about=(ContactRole.HEADTEACHER,), mentioned=question)[0]
        steps.append(f"If it is about the headteacher, tell {_at(instead)} instead.")
    care = [step for step in line[1:] if step.role in (ContactRole.SOCIAL_CARE, ContactRole.SOCIAL_CARE_OUT_OF_HOURS)]
    if care and directory.in_england:
        steps.append(f"If a child may be at risk before then, ring {_all_of(care)}.")
    if first.role is not None:
        steps.append(outside_school(directory))
    return steps


def outside_school(directory: Directory) -> str:
    """Return whom to ring about somebody at school where that cannot be raised inside it."""
    advice = NSPCC_WHISTLEBLOWING if directory.in_england else NSPCC_HELPLINE
    unless = "If you cannot raise it in school" if directory.in_england else "For advice"
    return f"{unless}, ring the {advice.name}: {directory.number(advice)}."


def _at(step: Step) -> str:
    return f"{step.words} ({step.how})" if step.how else step.words


def _tell(step: Step, when: str) -> str:
    """Return the sentence that says whom to tell, and why it is she."""
    do = "Ring" if step.role is None else "Tell"
    told = f"{do} {step.words}{',' if step.name else ''} {when}"
    told = f"{told}: {step.how}." if step.how else f"{told}."
    late = f"They may not answer before {step.when}." if step.when else None
    return " ".join(filter(None, (told, late, step.why)))
