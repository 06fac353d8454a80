"""What a headteacher should know about a policy, and the proof that nothing of its source was lost or used twice."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from corpus.clause import Clause, LeadIn, Policy, Span
from corpus.dates import PolicyDate
from corpus.law import superseded_law
from corpus.source import cut_from


class Concern(StrEnum):
    """A kind of finding."""

    OVERDUE = "overdue review"
    NO_DATE = "no date"
    NO_REVIEW = "no review date"
    CONFLICTING_DATES = "conflicting dates"
    DEAD_REFERENCE = "dead cross-reference"
    SUPERSEDED_LAW = "superseded law"
    GAP = "gap in numbering"
    CUT = "cut sentence"
    REPAIRED = "repaired damage"
    UNCONFIRMED = "stance not confirmed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know: what kind, where (a label, or empty for the policy as a whole), and one sentence."""

    concern: Concern
    where: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the source is accounted for: characters that are not white space, those in no part, those in two."""

    characters: int
    missing: tuple[str, ...]
    twice: tuple[str, ...]
    differing: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """True where every character is in exactly one part, and each part's text is what stands there."""
        return not (self.missing or self.twice or self.differing)

    @property
    def share(self) -> float:
        """The share of the source's characters that are in a part, 0 to 1."""
        return 1 - sum(len(run.replace(" ", "")) for run in self.missing) / self.characters if self.characters else 1.0


_REFERENCE = re.compile(
    r"\b(?P<what>paragraphs?|sections?|clauses?)\s+(?P<number>\d{1,2}(?:\.\d{1,2})*)\b(?!\s*(?:of|\()\s*(?:the\s+)?[A-Z][\w\s]+Act)",
    re.IGNORECASE,
)


def check_coverage(policy: Policy, source: str) -> Coverage:
    """Return whether every character of `source` that is not white space is in exactly one part of the policy."""
    count = [0] * len(source)
    differing: list[str] = []
    for name, text, spans in _parts(policy):
        for span in spans:
            for at in range(span.start, min(span.end, len(source))):
                count[at] += 1
        if cut_from(source, spans) != text:
            differing.append(name)
    solid = [at for at, character in enumerate(source) if not character.isspace()]
    missing = _runs(source, [at for at in solid if count[at] == 0])
    twice = _runs(source, [at for at in solid if count[at] > 1])
    return Coverage(len(solid), missing, twice, tuple(differing))


def check_policy(policy: Policy, today: date) -> list[Finding]:
    """Return what a headteacher should know about the policy as it stands `today`, the policy as a whole first."""
    return [
        *([] if policy.is_of_rulings else _about_dates(policy, today)),
        *_about_numbering(policy),
        *_about_references(policy),
        *_about_law(policy),
        *_about_damage(policy),
        *_about_confirmation(policy),
    ]


def _parts(policy: Policy) -> Iterator[tuple[str, str, Sequence[Span]]]:
    """Yield each part of a policy that stands for characters of the source: its name, its text, its place."""
    for passage in policy.passages:
        yield passage.kind, passage.text, passage.at
    for section in policy.sections:
        if section.at:
            yield section.text, section.text, section.at
        for element in section.elements:
            name = element.label if isinstance(element, Clause) else element.id
            if element.at:
                yield name, f"{element.marker} {element.text}".strip(), element.at


def _said(policy: Policy) -> Iterator[tuple[str, Clause | LeadIn]]:
    """Yield the clauses and the lead-ins that are no clauses, each with a label: a lead-in's is that of its first item."""
    labels: dict[str, str] = {}
    for clause in policy.clauses():
        labels.setdefault(clause.lead_in or "", clause.label)
    for section in policy.sections:
        for element in section.elements:
            if isinstance(element, Clause):
                yield element.label, element
            elif element.at:
                yield labels.get(element.id, element.id), element


def _runs(source: str, offsets: Sequence[int]) -> tuple[str, ...]:
    runs: list[list[int]] = []
    for at in offsets:
        if runs and not source[runs[-1][1] : at].strip():
            runs[-1][1] = at + 1
        else:
            runs.append([at, at + 1])
    return tuple(" ".join(source[start:end].split()) for start, end in runs)


def _about_dates(policy: Policy, today: date) -> Iterator[Finding]:
    if policy.review_due and policy.review_due.is_past(today):
        yield Finding(
            Concern.OVERDUE,
            "",
            f"The review was due {'on' if policy.review_due.day else 'in'} {policy.review_due.spoken} and is overdue.",
        )
    if policy.adopted is None:
        yield Finding(Concern.NO_DATE, "", "The policy gives no date of adoption, so nobody can tell how old it is.")
    if policy.review_due is None:
        yield Finding(Concern.NO_REVIEW, "", "The policy gives no date at which its review is due.")
    issues = {name: on for name, on in policy.dates if name in ("dated", "approved", "issued")}
    latest = max((on for name, on in policy.dates if name == "change record"), default=None)
    if latest:
        issues["change record"] = latest
    if len({on[:7] for on in issues.values()}) > 1:
        listed = ", ".join(f"{name} {_spoken(on)}" for name, on in issues.items())
        yield Finding(Concern.CONFLICTING_DATES, "", f"The policy gives different dates for itself: {listed}.")


def _spoken(on: PolicyDate) -> str:
    return on.spoken


def _about_numbering(policy: Policy) -> Iterator[Finding]:
    numbers = [int(section.number) for section in policy.sections if section.number.isdigit()]
    for before, after in pairwise(numbers):
        for missing in range(before + 1, after):
            yield Finding(Concern.GAP, "", f"There is a section {before} and a section {after}, but no section {missing}.")
    labels = [clause.label for clause in policy.clauses() if re.fullmatch(r"\d+(?:\.\d+)+", clause.label)]
    labels += [
        element.marker.strip("-. :") for section in policy.sections for element in section.elements if isinstance(element, LeadIn)
    ]
    known = {label for label in labels if re.fullmatch(r"\d+(?:\.\d+)+", label)}
    for label in sorted(known, key=_sort_key):
        *above, last = label.split(".")
        if int(last) > 1 and not any(_follows(other, [*above, str(int(last) - 1)]) for other in known):
            yield Finding(Concern.GAP, label, f"{label} has no {'.'.join([*above, str(int(last) - 1)])} before it.")
        if len(above) > 1 and ".".join(above) not in known:
            yield Finding(Concern.GAP, label, f"{label} stands alone: there is no {'.'.join(above)} above it.")


def _follows(label: str, wanted: list[str]) -> bool:
    parts = label.split(".")
    return parts[: len(wanted)] == wanted


def _sort_key(label: str) -> list[int]:
    return [int(part) for part in label.split(".")]


def _about_references(policy: Policy) -> Iterator[Finding]:
    known = {section.number for section in policy.sections if section.number}
    known |= {match for clause in policy.clauses() for match in re.findall(r"^\d+(?:\.\d+)*", clause.label)}
    known |= {
        match
        for section in policy.sections
        for element in section.elements
        for match in re.findall(r"\d+(?:\.\d+)*", element.marker)
    }
    for where, element in _said(policy):
        for match in _REFERENCE.finditer(element.words):
            # A whole number is a paragraph of this policy only where it has numbered paragraphs or the word is so plain.
            if match["number"] not in known and not re.search(r"\bAct\b", element.words[match.end() : match.end() + 60]):
                yield Finding(Concern.DEAD_REFERENCE, where, f"It refers to {match[0]}, which this policy does not have.")


def _about_law(policy: Policy) -> Iterator[Finding]:
    for where, element in _said(policy):
        law = superseded_law(element.words)
        if law:
            yield Finding(Concern.SUPERSEDED_LAW, where, f"It rests on {law.name}; {law.replaced_by} took its place.")


def _about_damage(policy: Policy) -> Iterator[Finding]:
    for where, element in _said(policy):
        if isinstance(element, Clause) and element.note:
            yield Finding(Concern.CUT, where, element.note)
        elif isinstance(element, Clause) and _looks_cut(element):
            end = element.words[-40:]
            yield Finding(Concern.CUT, where, f"It ends without a full stop: “... {end}”. Is something missing?")
        if element.repairs:
            reasons = "; ".join(element.repairs)
            yield Finding(Concern.REPAIRED, where, f"The source is damaged here and was repaired: {reasons}.")


def _looks_cut(clause: Clause) -> bool:
    return clause.lead_in is None and len(clause.words.split()) > 12 and not re.search(r"[.!?:;”\"')\]]$", clause.words)


def _about_confirmation(policy: Policy) -> Iterator[Finding]:
    waiting = [clause for clause in policy.clauses() if not clause.confirmed]
    if waiting:
        wait = "clause waits" if len(waiting) == 1 else "clauses wait"
        yield Finding(Concern.UNCONFIRMED, "", f"{len(waiting)} {wait} for somebody to confirm what the rules made of it.")
