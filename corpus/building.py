"""A document -> a policy: the one way, for the shipped sources and for whatever a school brings in."""

import re
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from corpus import POLICIES, SOURCES
from corpus.alignment import carry_corrections
from corpus.chunking import chunk
from corpus.clause import Policy
from corpus.dates import find_dates
from corpus.documents.doubt import Doubt
from corpus.documents.reading import read_document
from corpus.errors import DocumentError, PolicyFileError
from corpus.furniture import CHANGE_RECORD, METADATA
from corpus.metadata import adoption_and_review, read_dates, read_people, read_title
from corpus.policy_file import from_yaml, to_yaml
from corpus.source import Cut, Move, RejoinMarkers, Repair, Replace, SourceText, read_text
from corpus.yaml_file import read_yaml

# A row of the change record begins with the issue's number, which is not the day of the date after it.
_ISSUE_NUMBER = re.compile(r"^\W*(?:(?:version|issue|v|no)\b\.?\s*)?[\d.]+\s+", re.IGNORECASE)
_YAML = re.compile(r"\.ya?ml$", re.IGNORECASE)
# What a file's name says besides the policy's: "Social_Media_Policy v3 FINAL (2).docx".
_BESIDE_TITLE = re.compile(r"\(\d+\)|\b(?:final|draft|copy)\b|\b(?:version|rev|v)[.\s]*\d[\d.]*|\b(?:19|20)\d\d\b", re.IGNORECASE)
_ENDING = re.compile(r"\.\w{1,5}$")
_HEADS_A_POLICY = re.compile(r"\b(?:policy|code of conduct)$", re.IGNORECASE)
LONGEST_TITLE = 200
# What is more holds no policy, and would keep whoever compares it with another busy for minutes.
MOST_CHARACTERS, MOST_CLAUSES, LONGEST_CLAUSE = 1_000_000, 2_000, 10_000


class Built(NamedTuple):
    """What a document becomes: the policy, its text, what could not be read with certainty, what was left out, in words.

    `source` is None where it came as YAML.
    """

    policy: Policy
    source: str | None
    doubts: tuple[Doubt, ...] = ()
    ignored: tuple[str, ...] = ()


def build_document(raw: bytes, name: str, *, school: str, title: str | None) -> Built:
    """Return the policy that the file `name` holds, still without a slug; of an exported one (YAML) as it was exported.

    Its title is the document's own unless given, and the file's name where there is none. Raises CorpusError, in one sentence,
    where it cannot be read or is larger than any policy.
    """
    if _YAML.search(name):
        built = Built(from_yaml(raw.decode("utf-8", errors="replace"), name), None)
    else:
        document = read_document(raw, name)
        _refuse_more(len(document.text), MOST_CHARACTERS, "characters", name)
        policy = build_policy(document.text, school=school, slug="", title=title or None, source_name=name)
        if not title:
            policy = replace(policy, title=(_title_of(policy, name) if policy.title == name else policy.title)[:LONGEST_TITLE])
        built = Built(policy, document.text, document.doubts, document.ignored)
    words = [element.words for section in built.policy.sections for element in section.elements]
    _refuse_more(len(words), MOST_CLAUSES, "rules", name)
    _refuse_more(max(map(len, words), default=0), LONGEST_CLAUSE, "characters in one paragraph", name)
    return built


def _refuse_more(found: int, most: int, what: str, name: str) -> None:
    if found > most:
        raise DocumentError(f"{name} holds {found:,} {what}, more than any policy: bring in only the pages that hold the policy.")


def _title_of(policy: Policy, name: str) -> str:
    """Return the title of a policy that tells none before its rules: its first heading if that is one, else its file's name."""
    first = policy.sections[0]
    if not first.number and _HEADS_A_POLICY.search(first.title):
        return first.title
    told = re.sub("[_-]+", " ", _ENDING.sub("", name))
    return " ".join(_BESIDE_TITLE.sub(" ", told).split()) or name


def build_policy(
    text: str, *, school: str, slug: str, title: str | None, source_name: str, repairs: tuple[Repair, ...] = ()
) -> Policy:
    """Return the policy that a document's text holds, with everything derived and nothing confirmed.

    `title` None takes the title from the document. Raises DocumentError where no clause can be found or a repair fits nowhere.
    """
    source = SourceText(text, repairs)
    sections, passages = chunk(source)
    about = [passage.text for passage in passages if passage.kind in (METADATA, CHANGE_RECORD)]
    dates = read_dates([passage.text for passage in passages if passage.kind == METADATA])
    rows = [_ISSUE_NUMBER.sub("", passage.text) for passage in passages if passage.kind == CHANGE_RECORD]
    records = tuple(("change record", date) for row in rows for date in find_dates(row))
    words = "\n".join([*about, *(element.words for section in sections for element in section.elements)])
    adopted, review_due = adoption_and_review(dates, words)
    return Policy(
        school=school,
        slug=slug,
        title=title or read_title(about) or source_name,
        sections=sections,
        adopted=adopted,
        review_due=review_due,
        dates=(*dates, *records),
        people=read_people(words),
        passages=passages,
        repairs=source.repairs,
        source_name=source_name,
        source_sha256=source.sha256,
    )


class _RepairEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One repair as it stands in a source's YAML file; which keys it has says which repair it is."""

    reason: str
    replace: str | None = None
    reading: str | None = None
    move: str | None = None
    before: str | None = None
    rejoin_markers: str | None = None
    markers: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    cut: str | None = None

    def repair(self, name: str) -> Repair:
        """Return the repair; raise PolicyFileError where the keys are not those of one repair."""
        if self.replace is not None and self.reading is not None:
            return Replace(self.replace, self.reading, self.reason)
        if self.move is not None and self.before is not None:
            return Move(self.move, self.before, self.reason)
        if self.rejoin_markers is not None:
            return RejoinMarkers(self.rejoin_markers, self.markers, self.items, self.reason)
        if self.cut is not None:
            return Cut(self.cut, self.reason)
        raise PolicyFileError(f"{name}: a repair is replace/reading, move/before, rejoin_markers/markers/items or cut.")


class ShippedSource(Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a shipped source beside its text: whose it is, and the declared repairs of its damage."""

    school: str
    school_name: str
    short_name: str
    slug: str
    title: str
    repairs: tuple[_RepairEntry, ...] = ()


def shipped_sources() -> list[ShippedSource]:
    """Return the sources that ship with the package, by school."""
    files = sorted((file for file in SOURCES.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return [read_yaml(file.read_text(encoding="utf-8"), ShippedSource, file.name) for file in files]


def build_shipped(shipped: ShippedSource) -> Policy:
    """Return the policy built anew from its shipped source, with nothing confirmed or corrected."""
    return build_policy(
        source_text(shipped),
        school=shipped.school,
        slug=shipped.slug,
        title=shipped.title,
        source_name=f"{shipped.school}.txt",
        repairs=tuple(entry.repair(f"{shipped.school}.yaml") for entry in shipped.repairs),
    )


def source_text(shipped: ShippedSource) -> str:
    """Return the text of a shipped source, as received."""
    return read_text((SOURCES / f"{shipped.school}.txt").read_bytes(), f"{shipped.school}.txt")


def shipped_file(shipped: ShippedSource) -> Path:
    """Return where the YAML of a shipped policy stands."""
    return POLICIES / f"{shipped.school}.yaml"


def shipped_policy(shipped: ShippedSource) -> Policy:
    """Return a shipped policy as it stands in its YAML file, corrections included."""
    file = shipped_file(shipped)
    return from_yaml(file.read_text(encoding="utf-8"), file.name)


def rebuild(shipped: ShippedSource) -> str:
    """Return the YAML of a shipped policy made anew from its source, with the corrections of the file as it stands."""
    policy = build_shipped(shipped)
    if shipped_file(shipped).is_file():
        policy = carry_corrections(policy, shipped_policy(shipped))
    return to_yaml(policy)


if __name__ == "__main__":
    for source in shipped_sources():
        shipped_file(source).write_text(rebuild(source), encoding="utf-8")
