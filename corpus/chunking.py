"""Blocks of a document -> sections, lead-ins and clauses, each with the source characters it stands for.

The rules are those of docs/clauses.md: what a clause is, what a lead-in is, where a paragraph is split, how a clause is cited.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from corpus.clause import Clause, LeadIn, Passage, Section, Span, Stance
from corpus.errors import DocumentError
from corpus.labels import ordinal, slug
from corpus.markers import Family, Marker
from corpus.reader import Block, Kind, read_blocks
from corpus.sentences import needs_the_one_before, sentences
from corpus.source import SourceText, cut_from, join_spans
from corpus.wording import derived, is_ruling

_DEFINITION = re.compile(
    r"^(?:an?|the|our|in this policy,?)?\s*[\w\s'’/-]{3,50}?\s(?:is|are)\s+(?:any|an?|the|where|when)\b|\bincludes\s+(?:everyone|anyone|any|all)\b|\b(?:definition of|is defined as|are defined as|defines|means(?! that)|refers to|the term|is known as|for the purposes? of this)\b",
    re.IGNORECASE,
)
_APPENDIX = re.compile(r"(?:appendix|annexe?)\s+\w{1,3}\b", re.IGNORECASE)
_ANNOUNCES = re.compile(r"\b(?:the\s+)?following\b|\b(?:as follows|below)\b", re.IGNORECASE)
_VERB = re.compile(r"\b(?:is|are|must|should|will|may|can|shall|has|have|be|not|never|do|does|who|which|that)\b", re.IGNORECASE)
MARKER_ALONE = "marker without words"
EMPHASIS_LEFT_OUT = "marks of emphasis left out"  # the reason for a reading without them
_EMPHASIS = re.compile(r"\*\*|__")
_NUMBERED = (Family.DECIMAL, Family.INTEGER, Family.CODED)


def chunk(source: SourceText) -> tuple[tuple[Section, ...], tuple[Passage, ...]]:
    """Return the sections of a document and what of it is neither clause, lead-in nor heading.

    Stances, bindings and roles are derived, ids are given by label. Raises DocumentError where no clause can be found.
    """
    blocks = read_blocks(source)
    structure = _structure(blocks, source)
    ids = _Ids()
    sections = tuple(_section(drafted, source, ids) for drafted in _label(structure))
    if not any(section.elements for section in sections):
        raise DocumentError("No clause was found in this document: is it the policy itself, and does it hold text?")
    alone = _markers_alone(structure)
    passages = tuple(
        Passage(kind, _source_text(source, block.pieces), _spans(source, block.pieces))
        for block in blocks
        if (kind := block.other if block.kind is Kind.OTHER else MARKER_ALONE if id(block) in alone else "")
    )
    return sections, passages


def _markers_alone(structure: Sequence["_Drafted"]) -> set[int]:
    """Return the blocks, by their ids, that hold a marker without words, from which no clause is made."""
    units = [unit for drafted in structure for unit in drafted.units]
    folded = {id(name) for unit in units for name in unit.folded}
    return {id(unit.block) for unit in units if not unit.text.strip() and id(unit) not in folded}


class _Ids:
    """The ids of a document, each given once: a document may number two of its clauses alike, and each has its own lead-in."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}  # id that was given -> how often it was wanted

    def new(self, wanted: str) -> str:
        """Return an id that nothing has yet: the one that is wanted, or for the second of them with `-2`."""
        identifier = wanted = wanted or "part"
        while identifier in self._times:
            self._times[wanted] += 1
            identifier = f"{wanted}-{self._times[wanted]}"
        self._times[identifier] = 1
        return identifier


@dataclass(slots=True)
class _Unit:
    """A paragraph, numbered paragraph, list item or row: its text, folded, and where each character stands in the reading."""

    block: Block
    text: str
    offsets: list[int]  # for each character of `text`, its offset in the reading
    is_counted: bool = False  # `1.` that counts a list under a lead-in, not the paragraphs of the document
    depth: int = 0  # open list items above it
    parent: "_Unit | None" = None
    label: str = ""
    lead_in: "_Unit | None" = None  # the unit whose words introduce this one
    leads: bool = False
    folded: list["_Unit"] = field(default_factory=list)  # bare names that complete this unit

    @property
    def marker(self) -> Marker | None:
        return self.block.marker

    @property
    def is_listed(self) -> bool:
        """True for what hangs in a list; False for paragraphs, numbered or not."""
        if self.block.kind is Kind.ROW or self.marker is None:
            return self.block.kind is Kind.ROW
        return self.is_counted or self.marker.family not in _NUMBERED


@dataclass(frozen=True, slots=True)
class _Above:
    """What a clause stands under: its lead-in's id and words, and its heading's title."""

    lead_in: str | None
    words: str | None
    heading: str


@dataclass(slots=True)
class _Drafted:
    """A section while it is being put together."""

    heading: Block | None
    units: list[_Unit] = field(default_factory=list)


def _structure(blocks: Sequence[Block], source: SourceText) -> list[_Drafted]:
    drafted = [_Drafted(None)]
    for block in blocks:
        if block.kind is Kind.OTHER:
            continue
        if block.kind is Kind.HEADING:
            drafted.append(_Drafted(block))
        else:
            drafted[-1].units.append(_unit(block, source))
    counting = _counts_lists(drafted)
    for section in drafted:
        _nest(section.units, counting=counting)
        _find_lead_ins(section.units)
    return [section for section in drafted if section.heading or section.units]


def _unit(block: Block, source: SourceText) -> _Unit:
    text: list[str] = []
    offsets: list[int] = []
    skip = block.marker.length if block.marker else 0
    for number, (start, end) in enumerate(block.pieces):
        if text and text[-1] != " ":
            text.append(" ")
            offsets.append(start)
        for at in range(start + (skip if number == 0 else 0), end):
            character = source.reading[at]
            if character.isspace():
                if not text or text[-1] == " ":
                    continue
                character = " "
            text.append(character)
            offsets.append(at)
    return _Unit(block, "".join(text), offsets)


def _counts_lists(drafted: Sequence[_Drafted]) -> bool:
    """Tell whether `1.` counts the items of a list, as where the headings are numbered too or each section begins again.

    Otherwise whole numbers run through the document as the numbers of its paragraphs.
    """
    if any(section.heading and section.heading.marker and section.heading.marker.family is Family.INTEGER for section in drafted):
        return True
    numbers = [
        unit.marker.ordinal
        for section in drafted
        for unit in section.units
        if unit.marker and unit.marker.family is Family.INTEGER
    ]
    return numbers.count(1) > 1


def _nest(units: Sequence[_Unit], *, counting: bool) -> None:
    """Give each unit its parent: the numbered paragraph or item that it hangs under."""
    numbered: _Unit | None = None
    stack: list[_Unit] = []  # open list items, outermost first
    previous: _Unit | None = None
    counted = 0  # the last number of a list that counts 1., 2., 3. under a lead-in
    for unit in units:
        marker = unit.marker
        if marker and marker.family is Family.INTEGER:
            begins = marker.ordinal == 1 and previous is not None and previous.text.endswith(":")
            counted = marker.ordinal if begins or (counted and marker.ordinal == counted + 1) else 0
            unit.is_counted = counting or bool(counted)
        if unit.is_listed:
            _place(unit, stack, previous)
            unit.parent = stack[-1] if stack else numbered
            unit.depth = len(stack)
            stack.append(unit)
        elif marker:
            numbered, stack, counted = unit, [], 0
        else:
            unit.parent, stack, counted = numbered, [], 0
        previous = unit


def _place(unit: _Unit, stack: list[_Unit], previous: _Unit | None) -> None:
    """Close the open items that `unit` does not hang under, in place."""
    kinds = [_list_kind(item) for item in stack]
    kind = _list_kind(unit)
    indents = [item.block.indent for item in stack]
    for level in range(len(stack) - 1, -1, -1):
        same = kinds[level] == kind or (
            kind[0] == "bullet"
            and kinds[level][0] == "bullet"
            and stack[level].block.indent == unit.block.indent
            and not stack[level].text.endswith(":")
        )
        if same and not (kind[0] == "bullet" and unit.block.indent > stack[level].block.indent + 1 and kinds[level] != kind):
            if kind[0] == "bullet" and kinds[level] == kind and unit.block.indent > stack[level].block.indent + 2:
                continue
            if kinds[level] == kind and kind in kinds[:level] and unit.block.indent < indents[level] - 2:
                continue  # further out than this list: it goes on with the one that this list hangs under
            del stack[level:]
            return
    if stack and previous is stack[-1]:
        deeper = previous.text.endswith(":") or unit.block.indent > previous.block.indent
        other_family = kinds[-1][0] != "bullet" or kind[0] != "bullet"
        glyph_below = (
            kind[0] == "bullet"
            and kinds[-1][0] == "bullet"
            and unit.marker is not None
            and unit.marker.glyph in ("o", "–", "-", "*", "§", "▪", "○", "◦")
        )
        if deeper or other_family or glyph_below:
            return
    stack.clear()


def _list_kind(unit: _Unit) -> tuple[str, str]:
    if unit.marker is None:
        return ("row", "")
    glyph = unit.marker.glyph
    # Boxes are one glyph in a scanner's eyes.
    if glyph and (glyph in "□☐☑❑❏■▪" or "square" in glyph):
        glyph = "□"
    return (unit.marker.family.value, glyph)


def _find_lead_ins(units: Sequence[_Unit]) -> None:
    for index, unit in enumerate(units):
        children = []
        for later in units[index + 1 :]:
            if not later.is_listed:
                break
            children.append(later)
        if not children:
            continue
        first = children[0]
        hangs_below = first.parent is unit or not unit.is_listed
        if not hangs_below:
            continue
        own = [child for child in children if child.parent is first.parent]
        if unit.text.endswith(":") or (_announces(unit.text) and not unit.is_listed):
            unit.leads = True
        elif not unit.is_listed and all(_is_bare_name(child.text) for child in own):
            unit.folded = list(own)
        if unit.leads:
            for child in own:
                child.lead_in = unit


def _announces(text: str) -> bool:
    return any(
        _ANNOUNCES.search(text[start:end]) and re.search(r"following\b", text[start:end], re.IGNORECASE)
        for start, end in list(sentences(text))[-2:]
    )


def _is_bare_name(text: str) -> bool:
    return len(text.split()) <= 6 and not _VERB.search(text) and not text.endswith((".", ";"))


def _label(drafted: Sequence[_Drafted]) -> Sequence[_Drafted]:
    titles: dict[str, int] = {}
    for section in drafted:
        title = _title(section.heading)
        titles[title] = titles.get(title, 0) + 1
    above: list[Block] = []
    appendix = ""
    for section in drafted:
        heading = section.heading
        if heading:
            above = [block for block in above if block.level < heading.level] + [heading]
            if heading.level == 1:
                match = _APPENDIX.match(_title(heading))
                numbered_inside = appendix and heading.marker and not match
                appendix = (
                    " ".join((match[0].split()[0].capitalize(), match[0].split()[1]))
                    if match
                    else appendix
                    if numbered_inside
                    else ""
                )
        _label_units(section, _container(heading, above, titles), appendix)
    return drafted


def _container(heading: Block | None, above: Sequence[Block], titles: dict[str, int]) -> str:
    if heading is None:
        return "Opening"
    if heading.marker:
        return f"section {heading.marker.value}"
    title = _title(heading)
    if titles[title] > 1 and len(above) > 1:
        return f"{_title(above[-2])}, {title}"
    return title


def _title(heading: Block | None) -> str:
    return heading_title(heading.words) if heading else ""


def heading_title(words: str) -> str:
    """Return a heading's words without the signs by which plain text marks a heading."""
    return re.sub(r"^#+\s*|\s*#*$", "", words).strip("*_: ")


def _label_units(section: _Drafted, container: str, appendix: str) -> None:
    paragraphs = [unit for unit in section.units if unit.marker is None and unit.parent is None and not unit.is_listed]
    counts: dict[tuple[int, str], int] = {}

    def count(unit: _Unit, what: str) -> str:
        key = (id(unit.parent), what)
        # A numbered paragraph is the first of those that stand under it.
        counts[key] = counts.get(key, 1 if what == "paragraph" and unit.parent else 0) + 1
        return f"{ordinal(counts[key])} {what}"

    for unit in section.units:
        base = unit.parent.label if unit.parent else container
        marker = unit.marker
        if unit.block.kind is Kind.ROW:
            unit.label = f"{base}, {count(unit, 'row')}"
        elif marker is None:
            lone = unit.parent is None and len(paragraphs) == 1
            unit.label = base if lone else f"{base}, {count(unit, 'paragraph')}"
        elif not unit.is_listed:
            unit.label = f"{appendix}, {marker.value}" if appendix else marker.value
        elif marker.family is Family.BULLET:
            above = unit.parent.marker if unit.parent else None
            below_bullet = unit.depth and above is not None and above.family is Family.BULLET
            unit.label = f"{base}, {count(unit, 'sub-bullet' if below_bullet else 'bullet')}"
        else:
            tight = unit.parent is not None or base.startswith("section ")
            unit.label = f"{base}{'' if tight else ' '}({marker.value})"


def _section(drafted: _Drafted, source: SourceText, ids: _Ids) -> Section:
    heading = drafted.heading
    elements: list[Clause | LeadIn] = []
    lead_ins: dict[int, str] = {}  # id of a unit -> id of its lead-in
    skipped = {id(name) for unit in drafted.units for name in unit.folded}
    words: dict[str, str] = {}
    for unit in drafted.units:
        if id(unit) in skipped:
            continue
        above = lead_ins.get(id(unit.lead_in)) if unit.lead_in else None
        for element in _elements(unit, above, words, _title(heading), source, ids=ids):
            if isinstance(element, LeadIn):
                lead_ins[id(unit)] = element.id
            elements.append(element)
    if heading is None:
        return Section("", "", 1, "", (), tuple(elements))
    number = heading.marker.value if heading.marker else ""
    return Section(
        _title(heading),
        number,
        heading.level,
        _source_text(source, heading.pieces),
        _spans(source, heading.pieces),
        tuple(elements),
    )


def _elements(
    unit: _Unit, above: str | None, words: dict[str, str], heading: str, source: SourceText, *, ids: _Ids
) -> Iterator[Clause | LeadIn]:
    """Yield the clauses of a unit and its lead-in, in the order of the text; `words` maps lead-in ids to their words."""
    bounds = list(sentences(unit.text))
    lead = _lead_sentence(unit, bounds)
    announced = unit.leads and not unit.text.endswith(":")
    groups = _group(unit.text, bounds if announced or lead is None else bounds[:-1], alone=lead if announced else None)
    lead_words = words.get(above) if above else None
    surroundings = _Above(above, lead_words, heading)
    announcing: str | None = None  # the clause that is a lead-in too
    first = True
    for group in groups:
        start, end = bounds[group[0]][0], bounds[group[-1]][1]
        label = unit.label if group[0] == 0 else f"{unit.label}, {ordinal(group[0] + 1)} sentence"
        extra = unit.folded if group is groups[-1] else []
        made = _clause(
            unit, (start, end), label, surroundings, source, identifier=ids.new(slug(label)), with_marker=first, extra=extra
        )
        announcing = made.id if lead in group else announcing
        yield made
        first = False
    if lead is None:
        return
    start, end = bounds[lead]
    identifier = ids.new(f"lead-in-{slug(unit.label)}")
    reading = without_emphasis(unit.text[start:end])
    words[identifier] = f"{lead_words} {reading}" if lead_words else reading
    if announced:
        text = _source_text(source, _ranges(unit, start, end))
        yield LeadIn(identifier, "", text, (), reading if reading != text else None, under=above, clause_id=announcing)
        return
    ranges = _ranges(unit, start, end)
    marker = _marker_ranges(unit) if first else []
    text = _source_text(source, ranges)
    yield LeadIn(
        identifier,
        _source_text(source, marker),
        text,
        _spans(source, [*marker, *ranges]),
        reading=reading if reading != text else None,
        repairs=_repairs(source, [*marker, *ranges], reading, text),
        under=above,
    )


def _lead_sentence(unit: _Unit, bounds: Sequence[tuple[int, int]]) -> int | None:
    if not unit.leads:
        return None
    if unit.text.endswith(":"):
        return len(bounds) - 1
    return max(index for index, (start, end) in enumerate(bounds) if _ANNOUNCES.search(unit.text[start:end]))


def _group(text: str, bounds: Sequence[tuple[int, int]], alone: int | None) -> list[list[int]]:
    """Return the sentences of a unit, by index, in groups that each govern something by themselves.

    `alone` is the sentence that is lead-in and clause at once, and so a group of its own.
    """
    groups: list[list[int]] = []
    has_rule = False
    for index, (start, end) in enumerate(bounds):
        sentence = text[start:end]
        rules = is_ruling(sentence)
        if not groups or alone in (index, index - 1):
            groups.append([index])
            has_rule = rules
            continue
        before = text[bounds[groups[-1][0]][0] : bounds[groups[-1][-1]][1]]
        stays = needs_the_one_before(sentence) or (not has_rule and not (rules and _DEFINITION.search(before)))
        if stays:
            groups[-1].append(index)
            has_rule = has_rule or rules
        else:
            groups.append([index])
            has_rule = rules
    return groups


def _clause(
    unit: _Unit,
    bounds: tuple[int, int],
    label: str,
    above: _Above,
    source: SourceText,
    *,
    identifier: str,
    with_marker: bool,
    extra: Sequence[_Unit],
) -> Clause:
    ranges = _ranges(unit, *bounds)
    reading = without_emphasis(unit.text[bounds[0] : bounds[1]])
    for name in extra:
        ranges.extend([*_marker_ranges(name), *_ranges(name, 0, len(name.text))])
        reading += f" {_source_text(source, _marker_ranges(name))} {without_emphasis(name.text)}"
    if unit.block.kind is Kind.ROW:
        reading = _row_in_words(reading)
    marker = _marker_ranges(unit) if with_marker else []
    text = _source_text(source, ranges)
    clause = Clause(
        id=identifier,
        label=label,
        marker=_source_text(source, marker),
        text=text,
        at=_spans(source, [*marker, *ranges]),
        reading=reading if reading != text else None,
        repairs=_repairs(source, [*marker, *ranges], reading, text),
        lead_in=above.lead_in,
        stance=Stance.INFORMATIONAL,  # until it is derived
        note=source.cuts.get(ranges[-1][1]),
    )
    return derived(clause, above.words, above.heading)


def _ranges(unit: _Unit, start: int, end: int) -> list[tuple[int, int]]:
    """Return the stretches of the reading that unit.text[start:end] stands on; white space between lines is left out."""
    ranges: list[tuple[int, int]] = []
    for piece_start, piece_end in unit.block.pieces:
        inside = [at for at in unit.offsets[start:end] if piece_start <= at < piece_end]
        if inside:
            ranges.append((inside[0], inside[-1] + 1))
    return ranges


def _marker_ranges(unit: _Unit) -> list[tuple[int, int]]:
    if unit.marker is None:
        return []
    start = unit.block.pieces[0][0]
    return [(start, start + unit.marker.length)]


def _row_in_words(row: str) -> str:
    """Return a table's row as one reads it out, without the lines between its cells: `Headteacher: keeps the list`."""
    cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
    words, *others = [cell for cell in cells if cell] or [row]
    joint = " " if words.endswith(":") else ": "
    for cell in others:
        words, joint = f"{words}{joint}{cell}", " " if cell.endswith((".", ";", ":", "!", "?")) else "; "
    return words


def without_emphasis(text: str) -> str:
    """Return `text` without the asterisks and underlines by which plain text writes bold."""
    return _EMPHASIS.sub("", text).strip()


def _repairs(source: SourceText, ranges: Sequence[tuple[int, int]], reading: str, text: str) -> tuple[str, ...]:
    reasons = [reason for start, end in ranges for reason in source.repairs_in(start, end)]
    if _EMPHASIS.search(text) and not _EMPHASIS.search(reading):
        reasons.append(EMPHASIS_LEFT_OUT)
    return tuple(dict.fromkeys(reasons))


def _spans(source: SourceText, ranges: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
    return join_spans(source.source, [span for start, end in ranges for span in source.spans_of(start, end)])


def _source_text(source: SourceText, ranges: Sequence[tuple[int, int]]) -> str:
    return cut_from(source.source, _spans(source, ranges))
