"""What a headteacher should know about a policy, and the proof that nothing of its source was lost or used twice."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise, product, zip_longest
from statistics import median

from corpus.clause import Clause, LeadIn, Policy, Span, Stance
from corpus.documents.doubt import Doubt
from corpus.law import superseded_law
from corpus.markers import Family, as_roman, parse_marker
from corpus.sentences import sentences
from corpus.source import cut_from
from corpus.wording import read_stance


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
    DAMAGED = "scanning damage"
    BROKEN_LIST = "broken list"
    SEVERAL_RULES = "several rules in one"
    READING = "doubtful reading"
    UNCONFIRMED = "stance not confirmed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know: what kind, where (a label, or empty for the policy as a whole), and one sentence.

    `element` is the id of the clause or lead-in that it is about, `section` the index of the section, where there is one.
    """

    concern: Concern
    where: str
    sentence: str
    element: str = ""
    section: int | None = None


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
    for name, marker, text, spans in _parts(policy):
        for span in spans:
            for at in range(span.start, min(span.end, len(source))):
                count[at] += 1
        # Some write "(a)call", without a space.
        if cut_from(source, spans) not in (f"{marker} {text}".strip(), f"{marker}{text}"):
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
        *_about_lists(policy),
        *_about_references(policy),
        *_about_law(policy),
        *_about_damage(policy),
        *_about_scanning(policy),
        *_about_length(policy),
        *_about_confirmation(policy),
    ]


def place_doubts(policy: Policy, doubts: Sequence[Doubt]) -> list[Finding]:
    """Return what the reader of a document was not certain of, each at the part of the policy that stands there now.

    What somebody has confirmed or read otherwise by hand since is certain.
    """
    found: list[Finding] = []
    parts = [(where, one) for where, one in _said(policy) if one.at]
    for doubt in doubts:
        before = [(where, part) for where, part in parts if part.at[0].start <= doubt.at]
        if not before:
            found.append(Finding(Concern.READING, "", doubt.sentence))
            continue
        where, part = max(before, key=lambda found: found[1].at[0].start)
        if not (part.reading or (isinstance(part, Clause) and part.confirmed)):
            found.append(Finding(Concern.READING, where, doubt.sentence, part.id))
    return found


def _parts(policy: Policy) -> Iterator[tuple[str, str, str, Sequence[Span]]]:
    """Yield each part of a policy that stands for characters of the source: its name, its marker, its text, its place."""
    for passage in policy.passages:
        yield passage.kind, "", passage.text, passage.at
    for section in policy.sections:
        if section.at:
            yield section.text, "", section.text, section.at
        for element in section.elements:
            name = element.label if isinstance(element, Clause) else element.id
            if element.at:
                yield name, element.marker, element.text, element.at


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
        listed = ", ".join(f"{name} {on.spoken}" for name, on in issues.items())
        yield Finding(Concern.CONFLICTING_DATES, "", f"The policy gives different dates for itself: {listed}.")


def _about_numbering(policy: Policy) -> Iterator[Finding]:
    numbered = [(int(section.number), at) for at, section in enumerate(policy.sections) if section.number.isdigit()]
    for (before, _), (after, at) in pairwise(numbered):
        for missing in range(before + 1, after):
            sentence = f"There is a section {before} and a section {after}, but no section {missing}."
            yield Finding(Concern.GAP, "", sentence, section=at)
    places: dict[str, tuple[str, int]] = {}  # a number such as 5.1 -> the id of what has it first, and its section's index
    for at, section in enumerate(policy.sections):
        places.setdefault(section.number, ("", at))
        for element in section.elements:
            label = element.label if isinstance(element, Clause) else element.marker.strip("-. :")
            places.setdefault(label, (element.id, at))
    known = sorted((label for label in places if re.fullmatch(r"\d+(?:\.\d+)+", label)), key=_sort_key)
    for earlier, label in pairwise(["", *known]):
        *above, last = label.split(".")
        element_id, at = places[label]
        if int(last) > 1 and not any(_follows(other, [*above, str(int(last) - 1)]) for other in known):
            lost = ".".join([*above, str(int(last) - 1)])
            place = f"between {earlier} and {label}" if _follows(earlier, above) else f"before {label}"
            yield Finding(Concern.GAP, label, f"There is no {lost} {place}: was a line lost?", element_id, at)
        if len(above) > 1 and ".".join(above) not in known and not _follows(earlier, above):
            sentence = f"{label} stands alone: there is no {'.'.join(above)} above it."
            yield Finding(Concern.GAP, label, sentence, element_id, at)


def _follows(label: str, wanted: list[str]) -> bool:
    parts = label.split(".")
    return parts[: len(wanted)] == wanted


def _sort_key(label: str) -> list[int]:
    return [int(part) for part in label.split(".")]


# An item's label: what it hangs under, and the letters or numbers of the lists it stands in, as in "5.4(b)(ii), first bullet".
_ITEM = re.compile(r"(?P<base>.*?)(?P<values>(?:\(\w{1,5}\))+)(?:, .*)?")


def _about_lists(policy: Policy) -> Iterator[Finding]:
    introduced = {clause.lead_in for clause in policy.clauses()} | {one.under for one in policy.lead_ins().values()}
    for section in policy.sections:
        listed: dict[str, tuple[str, int]] = {}  # what a list hangs under -> its last value, and what that counts as
        loose = False
        for element, following in zip_longest(section.elements, section.elements[1:]):
            if element.id not in introduced and element.words.endswith(":") and not isinstance(following, LeadIn):
                where = element.label if isinstance(element, Clause) else element.marker
                sentence = "It ends in a colon, but no list follows: were the items of the list lost?"
                yield Finding(Concern.BROKEN_LIST, where, sentence, element.id)
            if isinstance(element, LeadIn):
                continue
            yield from _about_item(element, listed)
            was_loose, loose = loose, _lacks_beginning(element)
            if loose and not was_loose:
                yield _about_beginning(element)


def _about_item(clause: Clause, listed: dict[str, tuple[str, int]]) -> Iterator[Finding]:
    """Yield what is missing before an item in its list and in those above it; `listed` goes on with it."""
    item = _ITEM.fullmatch(clause.label)
    if item is None:
        return
    base = item["base"]
    for value in re.findall(r"\w+", item["values"]):
        before, counted = listed.get(base, ("", 0))
        if value != before:
            count = _counts_as(value, counted)
            if count is not None and count == counted + 2:
                missing = _value(count - 1, like=value)
                place = f"between ({before}) and ({value})" if before else f"before ({value})"
                yield Finding(Concern.GAP, clause.label, f"There is no ({missing}) {place}: was a line lost?", clause.id)
            elif count is not None and before and count > counted + 2:
                sentence = f"Items are missing between ({before}) and ({value}): were lines lost?"
                yield Finding(Concern.GAP, clause.label, sentence, clause.id)
            if count is not None:
                listed[base] = (value, count)
        base += f"({value})"


def _counts_as(value: str, before: int) -> int | None:
    """Return what a letter or number of a list counts as after one that counted as `before`; None where it is neither."""
    marker = parse_marker(f"({value}) x")
    if marker is None or marker.family is Family.BULLET:
        return None
    roman = as_roman(marker)
    return roman.ordinal if roman and abs(roman.ordinal - before - 1) < abs(marker.ordinal - before - 1) else marker.ordinal


_ROMAN_UNITS = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")


def _value(count: int, like: str) -> str:
    if like.isdigit():
        return str(count)
    if len(like) == 1 and ord(like.lower()) - ord("a") == count:  # the letter before `like`
        return chr(ord(like) - 1)
    roman = "x" * (count // 10) + _ROMAN_UNITS[count % 10]
    return roman.upper() if like.isupper() else roman


def _is_item(clause: Clause) -> bool:
    return bool(clause.marker) and bool(_ITEM.fullmatch(clause.label) or clause.label.endswith("bullet"))


def _lacks_beginning(clause: Clause) -> bool:
    """Tell whether a clause begins with a small letter, and nothing introduces it."""
    begins_small = bool(re.match(r"[a-z]{2}", clause.words))
    return begins_small and clause.lead_in is None and (not clause.marker or _is_item(clause))


def _about_beginning(clause: Clause) -> Finding:
    if _is_item(clause):
        sentence = "It reads like an item of a list, but nothing introduces it: which words come before it?"
        return Finding(Concern.BROKEN_LIST, clause.label, sentence, clause.id)
    sentence = (
        f"It begins with a small letter: “{' '.join(clause.words.split()[:6])} ...”. Does it belong to what stands before it?"
    )
    return Finding(Concern.CUT, clause.label, sentence, clause.id)


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
                sentence = f"It refers to {match[0]}, which this policy does not have."
                yield Finding(Concern.DEAD_REFERENCE, where, sentence, element.id)


def _about_law(policy: Policy) -> Iterator[Finding]:
    for where, element in _said(policy):
        law = superseded_law(element.words)
        if law:
            sentence = f"It rests on {law.name}; {law.replaced_by} took its place."
            yield Finding(Concern.SUPERSEDED_LAW, where, sentence, element.id)


def _about_damage(policy: Policy) -> Iterator[Finding]:
    for where, element in _said(policy):
        if isinstance(element, Clause) and (sentence := _about_cut(element)):
            yield Finding(Concern.CUT, where, sentence, element.id)
        if element.repairs:
            reasons = "; ".join(element.repairs)
            yield Finding(Concern.REPAIRED, where, f"The source is damaged here and was repaired: {reasons}.", element.id)


# Words after which a sentence goes on.
_GOES_ON = re.compile(r"\b(?:the|an?|of|their|your|its|our|which)$", re.IGNORECASE)


def _about_cut(clause: Clause) -> str | None:
    if clause.note:
        return clause.note
    unended = clause.lead_in is None and len(clause.words.split()) > 12 and not re.search(r"[.!?:;”\"')\]]$", clause.words)
    if unended or _GOES_ON.search(clause.words):
        return f"It ends without a full stop: “... {' '.join(clause.words.split()[-6:])}”. Is something missing?"
    return None


# What a scanner takes for what.
_MISREAD_FIGURES = {"0": "o", "1": "li", "5": "s", "6": "b", "8": "b", "9": "g"}
_MISREAD_LETTERS = (("rn", "m"), ("m", "rn"))
# What has more figures is a number of something, and what is longer no word: to try all that they may stand for never ends.
_MOST_MISREAD, _LONGEST_WORD = 4, 45
_ADDRESS = re.compile(r"(?<!\S)\S*(?:@|://|www\.|\.(?:uk|com|org|net|gov)\b)\S*", re.IGNORECASE)
_APART = re.compile(r"(?<!\S)(?:[^\W\d_] ){3,}[^\W\d_](?![\w'’])")
_LONE = re.compile(
    r"\b(?!(?:point|item|part|class|group|section|paragraph|option|appendix|or|and|to) )[a-z]{2,} [b-hj-z] [a-z]{2,}\b"
)
_ODD = re.compile(r"â€[\w™œ˜“”\u0080-\u009f]?|Ã[\u0080-\u00bf]|Â(?=[\s£©®°·])|[\ufffd\ue000-\uf8ff¬¦¤]|\$?\\\w+")


def _about_scanning(policy: Policy) -> Iterator[Finding]:
    said = list(_said(policy))
    written = Counter(word for _, element in said for word in _letters(element.words))
    written.update(word for section in policy.sections for word in _letters(section.text))
    for where, element in said:
        for sentence in _signs_of_damage(_ADDRESS.sub(" ", element.words), written):
            yield Finding(Concern.DAMAGED, where, sentence, element.id)


def _letters(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.lower())


def _signs_of_damage(words: str, written: Counter[str]) -> Iterator[str]:
    """Yield a sentence for each sign that a text was scanned wrongly; `written` counts the words of the whole policy."""
    for word in dict.fromkeys(re.findall(r"[^\W_]+", words)):
        if meant := next((one for one in _meant(word.lower(), written) if written[one]), None):
            yield f"“{word}” looks wrongly scanned: should it be “{meant}”?"
        elif re.search(r"[a-z]\d+[a-z]", word):
            yield f"“{word}” mixes letters and figures: which word should it be?"
    if apart := _APART.search(words):
        yield f"Letters stand apart here, “{apart[0]}”: which word are they?"
    elif lone := _LONE.search(words):
        yield f"A letter stands alone, “{lone[0]}”: was part of a word lost?"
    if odd := _ODD.search(words):
        yield f"“{odd[0]}” does not belong in a sentence: what should stand there?"


def _meant(word: str, written: Counter[str]) -> Iterator[str]:
    """Yield the words that a scanner may have made `word` of."""
    figures = sum(character.isdigit() for character in word)
    if figures:
        if len(word) > 2 and figures <= min(len(word) / 2, _MOST_MISREAD):
            for letters in product(*(_MISREAD_FIGURES.get(character, character) for character in word)):
                yield "".join(letters)
    elif 6 <= len(word) <= _LONGEST_WORD:
        for wrong, right in _MISREAD_LETTERS:
            for found in re.finditer(wrong, word):
                meant = word[: found.start()] + right + word[found.end() :]
                # Of two words the rarer is the damaged one, of two as rare the one with two letters for one.
                if written[meant] > written[word] or (written[meant] == written[word] and right == "m"):
                    yield meant


# A clause of so many words, and so many times the usual, that rules in several ways is likely several rules.
_LONG = 80
_LONGER = 3


def _about_length(policy: Policy) -> Iterator[Finding]:
    usual = median([len(clause.words.split()) for clause in policy.clauses()] or [0])
    for clause in policy.clauses():
        if len(clause.words.split()) < max(_LONG, _LONGER * usual):
            continue
        stances = {read_stance(clause.words[start:end]).stance for start, end in sentences(clause.words)}
        if len(stances - {Stance.INFORMATIONAL}) > 1:
            sentence = "It is much longer than the others and rules on several things: should it be split?"
            yield Finding(Concern.SEVERAL_RULES, clause.label, sentence, clause.id)


def _about_confirmation(policy: Policy) -> Iterator[Finding]:
    waiting = [clause for clause in policy.clauses() if not clause.confirmed]
    if waiting:
        wait = "clause waits" if len(waiting) == 1 else "clauses wait"
        yield Finding(Concern.UNCONFIRMED, "", f"{len(waiting)} {wait} for somebody to confirm what the rules made of it.")
