"""What a person sets right in a draft by hand: each function returns the policy with one place changed.

Words stay the source's own characters, each in exactly one part; where a person reads them otherwise, the reading stands
beside them with who reads it so and when. A clause whose words or lead-in changed is derived anew, and what somebody had
confirmed or corrected about it is dropped. Ids are given for the draft only: when it is saved, `alignment.align` gives a
clause that the version before has its id there, and any other an id made of its label. So a new label is no new id.

`source` is the document's text as kept beside the draft. Everything here raises EditError, with one sentence for the person
who edits, where a change cannot be made.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from itertools import count

from msgspec.structs import replace

from corpus.chunking import EMPHASIS_LEFT_OUT, heading_title, without_emphasis
from corpus.clause import Clause, Correction, LeadIn, Passage, Person, Policy, Role, Section, Span, Stance
from corpus.cutting import cut, inline_markers, marker_apart, marker_repairs, require_source
from corpus.dates import PolicyDate, parse_date, spoken_day
from corpus.errors import EditError
from corpus.labels import ordinal, slug
from corpus.markers import Family, parse_marker
from corpus.rewording import Mark, reworded
from corpus.sentences import sentences
from corpus.source import cut_from, fold, join_spans
from corpus.wording import derived

SET_ASIDE = "set aside"  # the kind of a passage that a person took for no rule
LONGEST_LABEL = 100

_SENTENCE_LABEL = re.compile(r"(?P<unit>.*), (?P<ordinal>\w+) sentence")
_BY_HAND = re.compile(r" by .+ on \d{1,2} \w+ \d{4}: ")
_NUMBER = re.compile(r"[A-Z]?\d{0,3}(?:\.\d{1,3})*")


# Splitting and joining


def split(policy: Policy, source: str, clause_id: str, offset: int, label: str = "") -> Policy:
    """Split a clause in two before the word at `offset` of its words; both keep the lead-in.

    The first part keeps id and label; without `label` the second is labelled by the sentence with which it begins.
    """
    at, index, clause = _clause(policy, clause_id)
    _refuse_introducing(policy, clause)
    label = _free_label(policy, label) if label else _label_of_rest(policy, clause, offset)
    first, second = cut(policy, clause, source, offset)
    second = replace(second, id=_free_id(policy, slug(label)), label=label)
    elements = policy.sections[at].elements
    changed = _with_elements(policy, at, (*elements[:index], first, second, *elements[index + 1 :]))
    return _derived_anew(changed, {first.id, second.id})


def split_list(policy: Policy, source: str, clause_id: str) -> Policy:
    """Take a clause such as "Staff must not: (a) ...; (b) ..." apart into a lead-in and its items.

    What stands before the sentence that introduces the list stays a clause of its own.
    """
    _, _, clause = _clause(policy, clause_id)
    markers = inline_markers(clause.words)
    if len(markers) < 2 or not clause.words[: markers[0][0]].rstrip().endswith(":"):
        raise EditError("No list was found in this rule: it needs a colon, and after it (a), (b) and so on.")
    last = None
    for number, (offset, marker) in reversed(list(enumerate(markers, 1))):
        if marker.family is Family.BULLET:
            label = f"{clause.label}, {ordinal(number)} bullet"
        else:
            label = f"{clause.label}({marker.value})"
        policy = split(policy, source, clause_id, offset, label)
        item = _after(policy, clause_id)
        policy = _derived_anew(_swap(policy, item, marker_apart(item)), {item.id})
        last = last or item.id
    *_, (start, _) = sentences(clause.words[: markers[0][0]])
    if start:
        policy = split(policy, source, clause_id, start)
        clause_id = _after(policy, clause_id).id
    return make_lead_in(policy, clause_id, last or clause_id)


def join(policy: Policy, source: str, clause_id: str) -> Policy:
    """Join a clause with the one after it; the joined one keeps the first one's id, label and lead-in.

    Where a heading stands between them, that was a line of the clause: its words go back into it, and what stood under it
    stands in the clause's section.
    """
    at, index, clause = _clause(policy, clause_id)
    _refuse_introducing(policy, clause)
    elements = policy.sections[at].elements
    if index + 1 == len(elements):
        if at + 1 == len(policy.sections):
            raise EditError("This is the last rule of the policy: there is none after it to join.")
        under = policy.sections[at + 1].elements
        policy = join(unmake_heading(policy, at + 1), source, clause_id)
        goes_on = bool(under) and isinstance(under[0], Clause) and not _introduced(policy, under[0])
        return join(policy, source, clause_id) if goes_on else policy
    following = elements[index + 1]
    if isinstance(following, LeadIn):
        raise EditError("What comes next introduces a list: make it a rule of its own first, then join the two.")
    _refuse_introducing(policy, following)
    require_source(clause, source)
    require_source(following, source)
    spans = join_spans(source, [*clause.at, *following.at])
    text = cut_from(source, spans)[len(clause.marker) :].lstrip()
    words = fold(f"{clause.words} {following.marker} {following.words}")
    joined = replace(
        clause,
        text=text,
        at=spans,
        reading=words if words != text else None,
        repairs=tuple(dict.fromkeys([*clause.repairs, *following.repairs])),
        note=following.note,
    )
    return _derived_anew(_with_elements(policy, at, (*elements[:index], joined, *elements[index + 2 :])), {clause_id})


# Lead-ins


def make_lead_in(policy: Policy, clause_id: str, last: str) -> Policy:
    """Make a clause the lead-in of what follows it in its section, up to the clause `last`."""
    at, index, clause = _clause(policy, clause_id)
    _refuse_introducing(policy, clause)
    there, end, _ = _clause(policy, last)
    if there != at or end <= index:
        raise EditError("The rules that it introduces must come after it, under the same heading.")
    lead_in = LeadIn(
        _free_id(policy, f"lead-in-{slug(clause.label)}"),
        clause.marker,
        clause.text,
        clause.at,
        reading=clause.reading,
        repairs=clause.repairs,
        under=clause.lead_in,
    )
    elements = policy.sections[at].elements
    items = [_hung(element, clause.lead_in, lead_in.id) for element in elements[index + 1 : end + 1]]
    if not any(isinstance(item, Clause) and item.lead_in == lead_in.id for item in items):
        raise EditError("The rules after it are introduced by other words already: take them off those first.")
    changed = _with_elements(policy, at, (*elements[:index], lead_in, *items, *elements[end + 1 :]))
    return _derived_anew(changed, _hanging(changed, lead_in.id))


def unmake_lead_in(policy: Policy, lead_in_id: str) -> Policy:
    """Make a lead-in a clause of its own, and its items clauses that stand for themselves or under the lead-in above."""
    at, index, lead_in = _lead_in(policy, lead_in_id)
    items = _hanging(policy, lead_in_id)
    policy = replace(policy, sections=tuple(_released(section, lead_in) for section in policy.sections))
    elements = policy.sections[at].elements
    if lead_in.clause_id is not None:  # its words are a clause already
        return _derived_anew(_with_elements(policy, at, (*elements[:index], *elements[index + 1 :])), items)
    label = _marker_label(policy, lead_in.marker) or _paragraph_label(policy, at)
    clause = Clause(
        _free_id(policy, slug(label)),
        label,
        lead_in.marker,
        lead_in.text,
        lead_in.at,
        Stance.INFORMATIONAL,
        reading=lead_in.reading,
        repairs=lead_in.repairs,
        lead_in=lead_in.under,
    )
    changed = _with_elements(policy, at, (*elements[:index], clause, *elements[index + 1 :]))
    return _derived_anew(changed, {clause.id, *items})


def hang(policy: Policy, clause_id: str, lead_in_id: str | None) -> Policy:
    """Let a clause be introduced by a lead-in that stands before it under the same heading; by none, for None."""
    at, index, clause = _clause(policy, clause_id)
    if lead_in_id is not None:
        there, before, lead_in = _lead_in(policy, lead_in_id)
        if there != at or before > index or lead_in.clause_id == clause_id:
            raise EditError("The words that introduce a rule must stand before it, under the same heading.")
        if lead_in_id in _under(policy, clause):
            raise EditError("These words hang on the rule themselves: take them off it first.")
    if lead_in_id == clause.lead_in:
        return policy
    changed = _swap(policy, clause, replace(clause, lead_in=lead_in_id))
    return _derived_anew(changed, {clause_id})


# Labels and words


def relabel(policy: Policy, clause_id: str, label: str) -> Policy:
    """Give a clause another label, as people cite it; its id stays until the draft is saved."""
    _, _, clause = _clause(policy, clause_id)
    label = _typed(label)
    return policy if label == clause.label else _swap(policy, clause, replace(clause, label=_free_label(policy, label)))


def edit_words(policy: Policy, element_id: str, words: str, *, by: str, on: date, reason: str) -> Policy:
    """Read a clause or a lead-in as `words`, with who says so and why; the source's own words take any reading away."""
    _, _, element = _find(policy, element_id)
    if isinstance(element, LeadIn) and element.clause_id is not None:
        return edit_words(policy, element.clause_id, words, by=by, on=on, reason=reason)
    words = _typed(words)
    if not words:
        raise EditError("There are no words left: write them, or set this part aside.")
    if words == element.words:
        return policy
    if words == element.text:
        repairs = marker_repairs(policy, element)
    else:
        repair = f"{_told(element.text, words)} {_signed(by, on, reason)}"
        repairs = (*(one for one in element.repairs if not _BY_HAND.search(one)), repair)
    reading = words if words != element.text else None
    policy = _swap(policy, element, replace(element, reading=reading, repairs=repairs))
    affected: set[str] = set()
    for lead_in in policy.lead_ins().values():
        if lead_in.clause_id == element_id:
            policy = _swap(policy, lead_in, replace(lead_in, reading=reading))
        if element_id in (lead_in.id, lead_in.clause_id):
            affected |= _hanging(policy, lead_in.id)
    return _derived_anew(policy, affected | ({element_id} if isinstance(element, Clause) else set()))


def correct(policy: Policy, clause_id: str, correction: Correction) -> Policy:
    """Apply a person's correction of what was derived; what she does not touch stays as it was, corrected before or not."""
    _, _, clause = _clause(policy, clause_id)
    if not (correction.by.strip() and correction.reason.strip()):
        raise EditError("Say who changes it and why.")
    require_own_words(clause, correction)
    if correction.second and correction.stance is None:
        correction = replace(correction, stance=clause.stance)
    return _swap(policy, clause, clause.corrected(correction))


def require_own_words(clause: Clause, correction: Correction) -> None:
    """Raise EditError where a correction quotes words that do not stand in the clause: they would be told as the policy's."""
    for phrase in (correction.deciding, correction.second and correction.second.when):
        if phrase and phrase not in clause.words:
            raise EditError(f"“{phrase}” does not stand in this rule: copy its words as they are.")


def confirm(policy: Policy, clause_id: str) -> Policy:
    """Confirm a clause as it stands: a person has read it and agrees with what was derived."""
    _, _, clause = _clause(policy, clause_id)
    return _swap(policy, clause, replace(clause, confirmed=True))


# Headings, and what is no rule


def as_derived(policy: Policy) -> Policy:
    """Return a policy with every clause as its words alone make it: nothing confirmed, nothing corrected."""
    return _derived_anew(policy, {clause.id for clause in policy.clauses()})


def make_heading(policy: Policy, clause_id: str) -> Policy:
    """Make a clause the heading of what follows it in its section, beside the section's own heading."""
    at, index, clause = _clause(policy, clause_id)
    _refuse_introducing(policy, clause)
    _refuse_last(policy)
    section = policy.sections[at]
    before, after = section.elements[:index], section.elements[index + 1 :]
    above = {element.id for element in before if isinstance(element, LeadIn)}
    if any((element.lead_in if isinstance(element, Clause) else element.under) in above for element in after):
        raise EditError("The rules after it belong to a list that begins before it: take them off that list first.")
    marker = parse_marker(f"{clause.marker} {clause.text}") if clause.marker else None
    heading = Section(
        heading_title(clause.words),
        marker.value if marker else "",
        section.level,
        f"{clause.marker} {clause.text}".strip(),
        clause.at,
        after,
    )
    sections = (*policy.sections[:at], replace(section, elements=before), heading, *policy.sections[at + 1 :])
    return _bound_anew(replace(policy, sections=sections), at + 1)


def unmake_heading(policy: Policy, index: int) -> Policy:
    """Make the heading of the section at `index` a clause; what stands under it goes to the section before."""
    section = _section(policy, index)
    if not section.at:
        raise EditError("There is no heading here.")
    before = policy.sections[index - 1] if index else Section("", "", 1, "", ())
    rest = replace(policy, sections=(*policy.sections[: max(index - 1, 0)], before, *policy.sections[index + 1 :]))
    kept = max(index - 1, 0)
    clause = _clause_of(rest, kept, section.text, section.at, label="")
    changed = _with_elements(rest, kept, (*before.elements, clause, *section.elements))
    return _derived_anew(_bound_anew(changed, kept), {clause.id})


def renumber(policy: Policy, index: int, number: str) -> Policy:
    """Give the section at `index` another number, or none; the labels that begin with its old one begin with the new."""
    section = _section(policy, index)
    number = _typed(number).rstrip(".")
    if not section.at:
        raise EditError("There is no heading here that could have a number.")
    if not _NUMBER.fullmatch(number):
        raise EditError("The number of a heading looks like 5, 5.1 or A1.")
    new = replace(section, number=number)
    old_start, start = _container(section), _container(new)
    own = re.compile(rf"{re.escape(old_start)}(?=$|[,( ])")
    labels = {clause.id: own.sub(start, clause.label) for clause in section.elements if isinstance(clause, Clause)}
    others = {clause.label for clause in policy.clauses() if clause.id not in labels}
    if taken := sorted(others & set(labels.values())):
        raise EditError(f"There is another {taken[0]} already: choose another number.")
    elements = tuple(
        replace(element, label=labels[element.id]) if isinstance(element, Clause) else element for element in section.elements
    )
    return _with_section(policy, index, replace(new, elements=elements))


def set_aside(policy: Policy, clause_id: str) -> Policy:
    """Take a clause for no rule, such as a line for a signature: it becomes a passage, and nothing is answered from it."""
    at, index, clause = _clause(policy, clause_id)
    _refuse_introducing(policy, clause)
    _refuse_last(policy)
    elements = policy.sections[at].elements
    passage = Passage(SET_ASIDE, f"{clause.marker} {clause.text}".strip(), clause.at)
    rest = _with_elements(policy, at, (*elements[:index], *elements[index + 1 :]))
    return replace(rest, passages=tuple(sorted([*rest.passages, passage], key=lambda one: one.at[0].start)))


def bring_back(policy: Policy, index: int, label: str = "") -> Policy:
    """Take the passage at `index` for a clause, at its place in the document."""
    if not 0 <= index < len(policy.passages):
        raise EditError("This part of the document is no longer there: look at the draft again.")
    passage = policy.passages[index]
    rest = replace(policy, passages=(*policy.passages[:index], *policy.passages[index + 1 :]))
    at, place = _place_of(rest, passage.at[0].start)
    if at < 0:
        rest, at = replace(rest, sections=(Section("", "", 1, "", ()), *rest.sections)), 0
    clause = _clause_of(rest, at, passage.text, passage.at, label)
    elements = rest.sections[at].elements
    return _derived_anew(_with_elements(rest, at, (*elements[:place], clause, *elements[place:])), {clause.id})


# What the policy says of itself


def change_title(policy: Policy, title: str) -> Policy:
    """Give the policy another title."""
    title = _typed(title)
    if not title:
        raise EditError("A policy needs a title, such as Social Media Policy.")
    return replace(policy, title=title)


def change_dates(policy: Policy, adopted: str, review_due: str) -> Policy:
    """Give the policy other dates, as a person writes them: `May 2018`, `1 May 2018`, `2018-05`; empty is no date."""
    dates = _date(adopted), _date(review_due)
    if dates[0] and dates[1] and dates[0].is_after(dates[1]):
        raise EditError("The review would be due before the policy was adopted: look at both dates.")
    return replace(policy, adopted=dates[0], review_due=dates[1])


def name_person(policy: Policy, role: Role, name: str) -> Policy:
    """Say whom the policy names in an office; an empty name takes the office out."""
    people = {person.role: person for person in policy.people}
    people.pop(role, None)
    if name := _typed(name):
        people[role] = Person(role, name)
    return replace(policy, people=tuple(people[one] for one in Role if one in people))


# Finding a place


def _find(policy: Policy, element_id: str) -> tuple[int, int, Clause | LeadIn]:
    for at, section in enumerate(policy.sections):
        for index, element in enumerate(section.elements):
            if element.id == element_id:
                return at, index, element
    raise EditError("This part of the draft has changed meanwhile: look at the draft again.")


def _clause(policy: Policy, clause_id: str) -> tuple[int, int, Clause]:
    at, index, element = _find(policy, clause_id)
    if isinstance(element, LeadIn):
        raise EditError("These words introduce a list: make them a rule of their own first.")
    return at, index, element


def _lead_in(policy: Policy, lead_in_id: str) -> tuple[int, int, LeadIn]:
    at, index, element = _find(policy, lead_in_id)
    if isinstance(element, Clause):
        raise EditError("This rule introduces nothing: make it introduce the rules after it first.")
    return at, index, element


def _section(policy: Policy, index: int) -> Section:
    if not 0 <= index < len(policy.sections):
        raise EditError("This heading is no longer there: look at the draft again.")
    return policy.sections[index]


def _after(policy: Policy, clause_id: str) -> Clause:
    at, index, _ = _find(policy, clause_id)
    return _clause(policy, policy.sections[at].elements[index + 1].id)[2]


def _place_of(policy: Policy, start: int) -> tuple[int, int]:
    """Return the section, and the place in it, of what begins at `start` of the source; section -1 for before the first."""
    nearest, place = -1, (-1 if policy.sections[0].at else 0, 0)
    for at, section in enumerate(policy.sections):
        parts = [(section.at, 0), *((element.at, index) for index, element in enumerate(section.elements, 1))]
        for spans, index in parts:
            if spans and nearest < spans[0].start < start:
                nearest, place = spans[0].start, (at, index)
    return place


def _introduced(policy: Policy, clause: Clause) -> bool:
    return any(lead_in.clause_id == clause.id for lead_in in policy.lead_ins().values())


def _under(policy: Policy, clause: Clause) -> set[str]:
    """Return the lead-ins that stand, at any depth, under words that are this clause too."""
    own = {lead_in.id for lead_in in policy.lead_ins().values() if lead_in.clause_id == clause.id}
    return own | {one for one in policy.lead_ins() if own & set(_chain(policy, one))}


def _chain(policy: Policy, lead_in: str | None) -> Iterator[str]:
    """Yield a lead-in and those that it stands under."""
    lead_ins = policy.lead_ins()
    while lead_in is not None:
        yield lead_in
        lead_in = lead_ins[lead_in].under


def _hanging(policy: Policy, lead_in_id: str) -> set[str]:
    """Return the ids of the clauses that a lead-in introduces, directly or through another."""
    return {clause.id for clause in policy.clauses() if lead_in_id in _chain(policy, clause.lead_in)}


def _refuse_introducing(policy: Policy, clause: Clause) -> None:
    if _introduced(policy, clause):
        raise EditError("This rule introduces the list after it as well: take it off the list first.")


def _refuse_last(policy: Policy) -> None:
    if sum(1 for _ in policy.clauses()) == 1:
        raise EditError("This is the only rule of the policy: without it nothing could be answered.")


# Changing a place


def _with_section(policy: Policy, at: int, section: Section) -> Policy:
    return replace(policy, sections=(*policy.sections[:at], section, *policy.sections[at + 1 :]))


def _with_elements(policy: Policy, at: int, elements: Sequence[Clause | LeadIn]) -> Policy:
    return _with_section(policy, at, replace(policy.sections[at], elements=tuple(elements)))


def _swap(policy: Policy, old: Clause | LeadIn, new: Clause | LeadIn) -> Policy:
    at, index, _ = _find(policy, old.id)
    elements = policy.sections[at].elements
    return _with_elements(policy, at, (*elements[:index], new, *elements[index + 1 :]))


def _derived_anew(policy: Policy, ids: Collection[str]) -> Policy:
    def anew(element: Clause | LeadIn, heading: str) -> Clause | LeadIn:
        if isinstance(element, LeadIn) or element.id not in ids:
            return element
        return derived(element, policy.lead_in_words(element.lead_in), heading)

    return replace(
        policy,
        sections=tuple(
            replace(section, elements=tuple(anew(element, section.title) for element in section.elements))
            for section in policy.sections
        ),
    )


def _bound_anew(policy: Policy, at: int) -> Policy:
    """Return the policy with a section's clauses derived anew under its heading, but for those that a person has decided."""
    elements = policy.sections[at].elements
    waiting = {one.id for one in elements if isinstance(one, Clause) and not (one.confirmed or one.correction)}
    return _derived_anew(policy, waiting)


def _hung(element: Clause | LeadIn, old: str | None, new: str) -> Clause | LeadIn:
    """Return what hung on the lead-in `old` (or on none) as hanging on `new`."""
    if isinstance(element, Clause):
        return replace(element, lead_in=new) if element.lead_in == old else element
    return replace(element, under=new) if element.under == old else element


def _released(section: Section, lead_in: LeadIn) -> Section:
    elements: list[Clause | LeadIn] = []
    for element in section.elements:
        if isinstance(element, Clause) and element.lead_in == lead_in.id:
            elements.append(replace(element, lead_in=lead_in.under))
        elif isinstance(element, LeadIn) and element.under == lead_in.id:
            elements.append(replace(element, under=lead_in.under))
        else:
            elements.append(element)
    return replace(section, elements=tuple(elements))


def _clause_of(policy: Policy, at: int, text: str, spans: tuple[Span, ...], label: str) -> Clause:
    """Return source characters as a clause of the section `at`, with its marker apart and its label made if none is given."""
    marker = parse_marker(text)
    length = marker.length if marker and text[: marker.length].endswith(" ") else 0
    own, text = text[:length].strip(), text[length:]
    reading = without_emphasis(text.strip("# ")) or text
    label = _free_label(policy, label) if label else _marker_label(policy, own) or _paragraph_label(policy, at)
    return Clause(
        _free_id(policy, slug(label)),
        label,
        own,
        text,
        spans,
        Stance.INFORMATIONAL,
        reading=reading if reading != text else None,
        repairs=(EMPHASIS_LEFT_OUT,) if reading != text else (),
    )


# Labels and ids


def _free_id(policy: Policy, wanted: str) -> str:
    taken = {element.id for section in policy.sections for element in section.elements}
    return next(one for number in count(1) if (one := wanted if number == 1 else f"{wanted}-{number}") not in taken)


def _free_label(policy: Policy, label: str) -> str:
    label = _typed(label)
    if not slug(label) or len(label) > LONGEST_LABEL:
        raise EditError("Write the number or name by which people cite this rule, such as 5.1 or Monitoring.")
    if label in {clause.label for clause in policy.clauses()}:
        raise EditError(f"There is another {label} already: choose another.")
    return label


def _label_of_rest(policy: Policy, clause: Clause, offset: int) -> str:
    """Return a label for what stands from `offset` on: the sentence with which it begins, or else its being a part."""
    taken = {one.label for one in policy.clauses()}
    match = _SENTENCE_LABEL.fullmatch(clause.label)
    unit, begun = (match["unit"], match["ordinal"]) if match else (clause.label, ordinal(1))
    first = next((number for number in range(1, 100) if ordinal(number) == begun), 1)
    starts = [start for start, _ in sentences(clause.words)]
    rest = len(clause.words) - len(clause.words[offset:].lstrip())
    if rest in starts and (label := f"{unit}, {ordinal(first + starts.index(rest))} sentence") not in taken:
        return label
    return next(label for number in count(2) if (label := f"{clause.label}, {ordinal(number)} part") not in taken)


def _marker_label(policy: Policy, marker: str) -> str:
    """Return the label of a numbered paragraph by its marker; empty where it is no number or the label is taken."""
    parsed = parse_marker(f"{marker} x")
    if parsed is None or parsed.family not in (Family.DECIMAL, Family.INTEGER, Family.CODED):
        return ""
    return "" if parsed.value in {clause.label for clause in policy.clauses()} else parsed.value


def _paragraph_label(policy: Policy, at: int) -> str:
    container = _container(policy.sections[at])
    taken = {clause.label for clause in policy.clauses()}
    return next(label for number in count(1) if (label := f"{container}, {ordinal(number)} paragraph") not in taken)


def _container(section: Section) -> str:
    return f"section {section.number}" if section.number else section.title or "Opening"


# What a person writes


def _typed(text: str) -> str:
    """Return what a person typed, with white space folded and without characters that do not print."""
    return fold("".join(character for character in text if character.isprintable() or character.isspace()))


def _signed(by: str, on: date, reason: str) -> str:
    by, reason = _typed(by), _typed(reason).rstrip(".")
    if not (by and reason):
        raise EditError("Say who changes it and why.")
    return f"by {by} on {spoken_day(on)}: {reason}"


def _told(text: str, words: str) -> str:
    """Return in words how `text` is read as `words`."""
    runs = reworded(text, words)
    told: list[str] = []
    for index, run in enumerate(runs):
        after = runs[index + 1] if index + 1 < len(runs) else None
        if run.mark is Mark.REMOVED:
            is_read = after is not None and after.mark is Mark.ADDED
            told.append(f"“{run.words}” read as “{after.words}”" if is_read and after else f"“{run.words}” left out")
        elif run.mark is Mark.ADDED and (index == 0 or runs[index - 1].mark is not Mark.REMOVED):
            told.append(f"“{run.words}” added")
    return ", ".join(told)


def _date(text: str) -> PolicyDate | None:
    if not text.strip():
        return None
    try:
        return parse_date(_typed(text))
    except ValueError:
        raise EditError(f"“{_typed(text)}” is not a date: write it as 1 May 2018 or May 2018.") from None
