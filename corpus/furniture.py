"""Page furniture and front matter: what a document prints around its policy and what is no clause of it."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate


@dataclass(slots=True)
class Line:
    """One line of a document: `text` stripped, its offsets in the reading, and what came before it.

    `kind` is empty for a line of the policy's body, else what it is instead, such as `page number`.
    """

    text: str
    start: int
    end: int
    indent: int
    blank_before: bool
    page_before: bool = False
    kind: str = ""

    @property
    def is_body(self) -> bool:
        """True until the line has been found to be something else."""
        return not self.kind


PAGE_NUMBER = "page number"
RUNNING_HEADER = "running header"
CONTENTS = "contents page"
CHANGE_RECORD = "change record"
METADATA = "metadata"
RULE = "line drawn across the page"

_PAGE_NUMBER = re.compile(
    r"(?:[-–—|]\s*)?(?:p\s?a\s?g\s?e\s*[:|]?\s*)?\d{1,3}(?:\s*(?:of|/)\s*\d{1,3})?(?:\s*\|?\s*p\s?a\s?g\s?e)?(?:\s*[-–—|])?",
    re.IGNORECASE,
)
_PAGE_OF = re.compile(r"\bpage\s+\d{1,3}\s+of\s+\d{1,3}\W*$|^\W*page\s+\d{1,3}\s+of\s+\d{1,3}\b", re.IGNORECASE)
_LINKED_ENTRY = re.compile(r"(?:[-*+]|\d+\.)\s+\[[^\]]+\]\(#[^)]*\)")
_SAYS_PAGE = re.compile(r"p\s?a\s?g\s?e|\bof\b|/", re.IGNORECASE)
_DOT_LEADER = re.compile(r"(?:\.\s?){4,}\s*\d{0,3}$|…{2,}\s*\d{0,3}$|_{4,}\s*\d{1,3}$")
_ENDS_IN_PAGE = re.compile(r"(?:\t|\s{2,}|[.…]\s*|\s)\d{1,3}$")
_CONTENTS_TITLE = re.compile(r"(?:table of )?contents(?: page)?:?", re.IGNORECASE)
_RECORD_TITLE = re.compile(
    r"(?:\d+\.?\s+)?(?:document |policy |record of )?(?:change|version|revision|amendment|document|review)s?(?: and)?(?: version| change)? (?:record|control|history|log|sheet|table)(?: sheet)?:?"
    r"|record of (?:changes|amendments|revisions)|version control|amendments?",
    re.IGNORECASE,
)
_RULE_LINE = re.compile(r"[-_=*~.·\s]{3,}|[|+:\-\s]{3,}")
_FIELD = re.compile(
    r"(?:date\b|dated\b|approved\b|adopted\b|ratified\b|(?:last |next |date of (?:last |next )?)?review(?:ed|\s+due|\s+date)?\b|next review\b|issued?\b|issue (?:no|number|date)\b|version\b"
    r"|(?:policy )?(?:author|person|owner|lead|number|ref(?:erence)?|status|title|name)\b|signed\b|signature\b|chair\b|head ?teacher\b|principal\b|approval\b|responsib\w+\b|frequency\b|effective\b|updated?\b|written by\b|prepared by\b"
    r"|agreed by\b|next update\b|school name\b|document\b|to be reviewed\b|last updated\b|print name\b|position\b|name\b)",
    re.IGNORECASE,
)
_DATED = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b")
_HANGS = re.compile(r"\b(?:the|a|an|of|to|in|on|for|by|with|and|or|from|at|under|that|their|its|our|any|this|as)$", re.IGNORECASE)
_SIGNATURE = re.compile(r"signed\b|signature\b", re.IGNORECASE)


def split_lines(reading: str) -> list[Line]:
    """Return the lines of a reading that are not blank."""
    lines: list[Line] = []
    offset, blank, page = 0, True, False
    for raw in re.split(r"(\n|\f)", reading):
        if raw in ("\n", "\f"):
            page = page or raw == "\f"
            offset += 1
            continue
        text = raw.strip()
        if text:
            start = offset + len(raw) - len(raw.lstrip())
            indent = len(raw[: start - offset].expandtabs(4))
            lines.append(Line(text, start, start + len(text), indent, blank, page))
            blank, page = False, False
        else:
            blank = True
        offset += len(raw)
    return lines


def mark_furniture(lines: Sequence[Line]) -> None:
    """Give the lines that are page furniture their `kind`, in place."""
    for line in lines:
        if _RULE_LINE.fullmatch(line.text):
            line.kind = RULE
    _mark_page_numbers(lines)
    _mark_running_headers(lines)
    _mark_contents(lines)
    _mark_change_record(lines)


def is_unfinished(text: str) -> bool:
    """Tell whether a line stops without the punctuation that ends a sentence, an item or a lead-in."""
    return not re.search(r"[.!?:;][\"'”’)\]*]*$", text)


def continues(text: str) -> bool:
    """Tell whether a line begins in the middle of a sentence."""
    return bool(re.match(r"[a-z(,;&]|[\"'“‘][a-z]", text))


def hangs(text: str) -> bool:
    """Tell whether a line ends in a word after which more must come, such as *the* or *of*."""
    return bool(_HANGS.search(text))


def is_field(text: str) -> bool:
    """Tell whether a line is a field of the title block or the signatures, such as `Review Date: May 2020`."""
    if len(text) > 130 or not _FIELD.match(text):
        return False
    named = re.match(r"[^:]{3,45}:(?:\s|$)", text)
    dated = bool(_DATED.search(text)) and len(text.split()) <= 8 and not text.endswith(".")
    return bool(named) or dated or bool(_SIGNATURE.match(text) and len(text.split()) <= 8)


def _mark_page_numbers(lines: Sequence[Line]) -> None:
    bare: list[Line] = []
    for line in lines:
        if line.is_body and _PAGE_OF.search(line.text) and len(line.text) <= 120:
            line.kind = PAGE_NUMBER
        elif line.is_body and _PAGE_NUMBER.fullmatch(line.text):
            if _SAYS_PAGE.search(line.text):
                line.kind = PAGE_NUMBER
            else:
                bare.append(line)
    # A bare number is a page number where it stands in a rising series: a lone one may be a cell of a table.
    values = [int(re.sub(r"\D", "", line.text)) for line in bare]
    for index, line in enumerate(bare):
        before = values[index - 1] if index else None
        after = values[index + 1] if index + 1 < len(values) else None
        if before == values[index] - 1 or after == values[index] + 1 or line.page_before:
            line.kind = PAGE_NUMBER


def _shape(text: str) -> str:
    # A scanner takes I, l and 1 for each other, and a header is the same header still.
    return re.sub(r"\d+", "#", " ".join(text.lower().split())).replace("i", "l")


def _mark_running_headers(lines: Sequence[Line]) -> None:
    shapes = [_shape(line.text) for line in lines]
    counts = Counter(shape for line, shape in zip(lines, shapes, strict=True) if line.is_body and len(line.text) <= 120)
    repeated = {shape for shape, count in counts.items() if count >= 3 and re.search("[a-z]", shape)}
    if not repeated:
        return
    at_top = set(shapes[:15])
    votes: Counter[str] = Counter()
    found: dict[str, list[Line]] = defaultdict(list)
    # A table may hold thousands of rows alike: what stands around each is not looked for anew.
    ordinary = [line if line.is_body and shape not in repeated else None for line, shape in zip(lines, shapes, strict=True)]
    after = list(accumulate(reversed(ordinary), _nearest))[::-1]
    previous: Line | None = None
    for index, (line, shape) in enumerate(zip(lines, shapes, strict=True)):
        if shape not in repeated or not line.is_body:
            previous = ordinary[index] or previous
            continue
        found[shape].append(line)
        neighbours = lines[max(0, index - 2) : index + 3]
        at_page_end = line.page_before or any(near.kind == PAGE_NUMBER or near.page_before for near in neighbours)
        following = after[index]
        mid_sentence = bool(previous and following and is_unfinished(previous.text) and continues(following.text))
        votes[shape] += bool(at_page_end or mid_sentence)
    for shape in repeated:
        numbered = "#" in shape and bool(re.search(r"page|#$|^#\s", shape))
        if (shape in at_top and not _looks_like_rule(shape)) or votes[shape] * 2 > counts[shape] or (numbered and votes[shape]):
            for line in found[shape]:
                line.kind = RUNNING_HEADER


def _nearest(further: Line | None, near: Line | None) -> Line | None:
    return near or further


def _looks_like_rule(shape: str) -> bool:
    return shape.endswith((".", ":", ";")) or bool(re.match(r"[-•(]|#\.", shape))


def _mark_contents(lines: Sequence[Line]) -> None:
    for line in lines:
        if line.is_body and (_LINKED_ENTRY.fullmatch(line.text) or (_DOT_LEADER.search(line.text) and not is_field(line.text))):
            line.kind = CONTENTS
    for index, line in enumerate(lines):
        if not (line.is_body and _CONTENTS_TITLE.fullmatch(line.text.strip("#* "))):
            continue
        line.kind = CONTENTS
        titles_after = Counter(_bare_title(other.text) for other in lines[index + 1 :])
        for entry in lines[index + 1 :]:
            titles_after[_bare_title(entry.text)] -= 1
            if entry.kind in (CONTENTS, PAGE_NUMBER, RUNNING_HEADER, RULE):
                continue
            is_entry = bool(_ENDS_IN_PAGE.search(entry.text)) and not _DATED.search(entry.text)
            if not is_entry and not (titles_after[_bare_title(entry.text)] and len(entry.text) < 100):
                break
            entry.kind = CONTENTS


def _is_tabular(text: str) -> bool:
    return "\t" in text or "|" in text or bool(re.search(r"\S {2,}\S", text) or _DATED.search(text))


def _bare_title(text: str) -> str:
    title = re.sub(r"[\s.…]*\d{0,3}$", "", text.strip("#*-• "))
    return re.sub(r"^(?:\d+(?:\.\d+)*|[A-Z])[.):]?\s+", "", title).lower()


def _mark_change_record(lines: Sequence[Line]) -> None:
    for index, line in enumerate(lines):
        if not (line.is_body and _RECORD_TITLE.fullmatch(line.text.strip("#* "))):
            continue
        rows: list[Line] = []
        pending: list[Line] = []  # lines of a wrapped cell, rows only if another row follows
        for row in lines[index + 1 :]:
            if row.kind in (PAGE_NUMBER, RUNNING_HEADER, RULE):
                continue
            if not row.is_body or len(row.text) > 160 or len(pending) == 3:
                break
            if _is_tabular(row.text):
                rows += [*pending, row]
                pending = []
            elif row.blank_before or row.text.endswith("."):
                break
            else:
                pending.append(row)
        if rows:
            line.kind = CHANGE_RECORD
            for row in rows:
                row.kind = CHANGE_RECORD
