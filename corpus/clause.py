"""A policy and its parts, as values: sections, clauses, lead-ins, and what a clause makes of a thing."""

from collections.abc import Callable, Iterator
from datetime import date
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct, json
from msgspec.structs import force_setattr, replace

from corpus.dates import PolicyDate


class Stance(StrEnum):
    """What a clause makes of the thing it is about."""

    FORBIDDEN = "forbidden"
    DISCOURAGED = "discouraged"
    CONDITIONAL = "conditional"
    ALLOWED = "allowed"
    REQUIRED = "required"
    RECOMMENDED = "recommended"
    INFORMATIONAL = "informational"


# The slug of the policy that holds a headteacher's rulings, each as a clause.
RULINGS = "rulings"
# From strict to loose, among those that say whether a thing may be done.
STRICTNESS = (Stance.FORBIDDEN, Stance.DISCOURAGED, Stance.CONDITIONAL, Stance.ALLOWED)


class Party(StrEnum):
    """Whom a clause binds."""

    STAFF = "staff"
    PUPILS = "pupils"
    PARENTS = "parents"
    GOVERNORS = "governors"
    VOLUNTEERS = "volunteers"
    VISITORS = "visitors"
    CONTRACTORS = "contractors"


class Role(StrEnum):
    """An office that a clause names: somebody who acts, is told or is asked."""

    HEADTEACHER = "headteacher"
    DSL = "dsl"
    GOVERNORS = "governors"
    LINE_MANAGER = "line_manager"
    SLT = "slt"
    POLICE = "police"
    LOCAL_AUTHORITY = "local_authority"


class _Value(Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """What policies are made of: immutable, refusing what it does not know, written without what is only its default.

    Nothing of it can refer back to what holds it, so that Python's collector of cycles need not look through the policies of
    hundreds of schools, which took it a quarter of a second: https://msgspec.dev/docs/structs
    """


# Clauses hold few different tuples of parties, and of roles: each is there once. They are kept apart, since the governors as a
# party equal the governors as a role.
_parties_once, _roles_once = lru_cache(maxsize=1024)(tuple[Party, ...]), lru_cache(maxsize=1024)(tuple[Role, ...])


class Span(_Value, frozen=True, array_like=True):
    """Characters of the source document, `start` included and `end` excluded."""

    start: int
    end: int


class SecondStance(_Value, frozen=True):
    """The stance that holds where the question meets `when`, a phrase of the clause word for word."""

    stance: Stance
    when: str


class Correction(_Value, frozen=True):
    """What a person set right about a clause, over what the rules derived; None where they left it.

    A corrected stance replaces the second stance too: `second` is then what the clause holds besides, or None.
    """

    by: str
    on: date
    reason: str
    stance: Stance | None = None
    second: SecondStance | None = None
    binds: tuple[Party, ...] | None = None
    roles: tuple[Role, ...] | None = None
    deciding: str | None = None

    def over(self, earlier: "Correction | None") -> "Correction":
        """Return this correction with what an earlier one set and this one leaves, so that neither is lost."""
        if earlier is None:
            return self
        ruling = earlier if self.stance is None else self
        return replace(
            self,
            stance=ruling.stance,
            second=ruling.second,
            binds=earlier.binds if self.binds is None else self.binds,
            roles=earlier.roles if self.roles is None else self.roles,
            deciding=earlier.deciding if self.deciding is None else self.deciding,
        )


class RulingNote(_Value, frozen=True):
    """What makes a clause a ruling of the headteacher: whose it is, what it answers, how long it holds, what it rests on.

    `by` is how a reply names her; it holds from `on` until the end of `until`, days at the schools. `question` is in her words;
    `matter` is the name of the matter that it decides. `cites` is a clause as `IndexedClause.cited` names it, None where it is
    her own decision. `approved_by` is who approved that it is looser than a published clause.
    """

    by: str
    on: date
    until: date
    question: str
    matter: str | None = None
    cites: str | None = None
    approved_by: str | None = None

    def is_in_force(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return day <= self.until


class Passage(_Value, frozen=True):
    """Text of the source that is neither clause nor lead-in; `kind` says what it is, such as `page number`."""

    kind: str
    text: str
    at: tuple[Span, ...]


class LeadIn(_Value, frozen=True, tag_field="kind", tag="lead_in"):
    """The words that introduce list items, stored once; `text` is the source's, `reading` the repaired form if any.

    A lead-in inside a list item stands `under` that item's own lead-in, and means something only after it. Where the
    lead-in rules on something by itself it is also a clause: `clause_id` names it, and `at` is empty, since the
    characters are the clause's.
    """

    id: str
    marker: str
    text: str
    at: tuple[Span, ...]
    reading: str | None = None
    repairs: tuple[str, ...] = ()
    under: str | None = None
    clause_id: str | None = None

    @property
    def words(self) -> str:
        """The lead-in as a reply quotes it."""
        return self.reading or self.text


class Clause(_Value, frozen=True, tag_field="kind", tag="clause"):
    """One rule of a policy.

    `text` is the source's own characters with white space folded; `reading` the repaired form, None where nothing was
    repaired; `repairs` the reason for each repair. `deciding` are the words of the reading that make the stance.
    `lead_in` is a lead-in's id. `stance`, `second`, `binds` and `roles` are derived from the wording, with `correction`
    already applied; `confirmed` says that a person has read and agreed to them. `note` says what the source lost here.
    `same_as` and `not_same_as` are ids of the version before which a person has said to be this rule, and not to be it.
    A clause with a `ruling` is the headteacher's own, and no policy's.
    """

    id: str
    label: str
    marker: str
    text: str
    at: tuple[Span, ...]
    stance: Stance
    reading: str | None = None
    repairs: tuple[str, ...] = ()
    lead_in: str | None = None
    deciding: str = ""
    second: SecondStance | None = None
    binds: tuple[Party, ...] = ()
    roles: tuple[Role, ...] = ()
    confirmed: bool = False
    correction: Correction | None = None
    note: str | None = None
    same_as: str | None = None
    not_same_as: tuple[str, ...] = ()
    ruling: RulingNote | None = None

    def __post_init__(self) -> None:
        """Let clauses that bind the same parties, or name the same roles, share the tuple of them."""
        force_setattr(self, "binds", _parties_once(self.binds))
        force_setattr(self, "roles", _roles_once(self.roles))

    @property
    def words(self) -> str:
        """The clause as a reply quotes it."""
        return self.reading or self.text

    @property
    def gives_leave(self) -> bool:
        """Whether it allows something, be it on a condition or as an exception: unconfirmed, that is no headline."""
        return not {self.stance, self.second and self.second.stance}.isdisjoint((Stance.ALLOWED, Stance.CONDITIONAL))

    def corrected(self, correction: Correction) -> "Clause":
        """Return the clause with what `correction` sets, and any earlier one before it; its words stay as they are."""
        correction = correction.over(self.correction)
        return replace(
            self,
            stance=correction.stance or self.stance,
            second=self.second if correction.stance is None else correction.second,
            binds=self.binds if correction.binds is None else correction.binds,
            roles=self.roles if correction.roles is None else correction.roles,
            deciding=self.deciding if correction.deciding is None else correction.deciding,
            correction=correction,
            confirmed=True,
        )


class Section(_Value, frozen=True):
    """A heading and what stands under it, up to the next heading; `title` is empty before the first heading."""

    title: str
    number: str
    level: int
    text: str
    at: tuple[Span, ...]
    elements: tuple[Clause | LeadIn, ...] = ()

    @property
    def heading(self) -> str:
        """The heading as people read it: without the marks that make it one in a text (`# 5 Roles`, `**Roles**`)."""
        return self.text.lstrip("#").strip("*_ ")


class Person(_Value, frozen=True):
    """Somebody whom the policy itself names in an office."""

    role: Role
    name: str


class RepairNote(_Value, frozen=True):
    """One repair of the source: what stands there, how it is read, and why."""

    source: str
    reading: str
    reason: str


class TrustNote(_Value, frozen=True):
    """What makes a policy a trust's, published to a school: the trust's name, and how the policy stands to the school's addenda.

    `content` tells what the trust published from anything else, and is the same at each school. Where the policy `prevails` no
    addendum holds against it; else one that is stricter does.
    """

    name: str
    content: str
    prevails: bool = False


class Policy(_Value, frozen=True):
    """A titled document of a school, taken apart; `source_text` is kept by whoever stores it, not here.

    `trust` says that it is a trust's, which the school has and does not change; `supplements` is the slug of the trust's policy
    to which it is the school's addendum.
    """

    school: str
    slug: str
    title: str
    sections: tuple[Section, ...]
    adopted: PolicyDate | None = None
    review_due: PolicyDate | None = None
    dates: tuple[tuple[str, PolicyDate], ...] = ()
    people: tuple[Person, ...] = ()
    passages: tuple[Passage, ...] = ()
    repairs: tuple[RepairNote, ...] = ()
    source_name: str = ""
    source_sha256: str = ""
    trust: TrustNote | None = None
    supplements: str | None = None

    def to_json(self) -> bytes:
        """Return the policy as JSON, as the store keeps it."""
        return json.encode(self, enc_hook=str)

    @staticmethod
    def from_json(stored: bytes) -> "Policy":
        """Return the policy that `to_json` wrote."""
        return _DECODER.decode(stored)

    @property
    def is_of_rulings(self) -> bool:
        """Whether its clauses are rulings of the headteacher, and it is no policy that governors approve."""
        return self.slug == RULINGS

    def is_addendum_to(self, other: "Policy") -> bool:
        """Tell whether it is the school's addendum to this policy, and that is a trust's."""
        return other.trust is not None and self.supplements == other.slug

    def clauses(self) -> Iterator[Clause]:
        """Yield the clauses in the order of the document."""
        for section in self.sections:
            for element in section.elements:
                if isinstance(element, Clause):
                    yield element

    def clause(self, clause_id: str) -> Clause | None:
        """Return the clause of this id, None where there is none."""
        return next((clause for clause in self.clauses() if clause.id == clause_id), None)

    def lead_ins(self) -> dict[str, LeadIn]:
        """Return the lead-ins by id."""
        return {element.id: element for section in self.sections for element in section.elements if isinstance(element, LeadIn)}

    def with_clauses(self, change: Callable[[Clause], Clause]) -> "Policy":
        """Return the policy with each clause replaced by `change(clause)`."""

        def changed(section: Section) -> Section:
            elements = tuple(change(part) if isinstance(part, Clause) else part for part in section.elements)
            return replace(section, elements=elements)

        return replace(self, sections=tuple(changed(section) for section in self.sections))

    def lead_in_words(self, lead_in: str | None) -> str | None:
        """Return the words of a lead-in as a reply quotes them, after those of the lead-ins that it stands under."""
        by_id = self.lead_ins()
        words: list[str] = []
        while lead_in is not None:
            words.insert(0, by_id[lead_in].words)
            lead_in = by_id[lead_in].under
        return " ".join(words) or None

    def heading_path(self, index: int) -> tuple[str, ...]:
        """Return the headings above and of section `index`, outermost first, as printed."""
        path: list[str] = []
        level = self.sections[index].level + 1
        for section in reversed(self.sections[: index + 1]):
            if section.level < level and section.text:
                path.append(section.heading)
                level = section.level
        return tuple(reversed(path))


_DECODER = json.Decoder(Policy, dec_hook=lambda wanted, value: wanted(value))
