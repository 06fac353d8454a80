"""A trust publishes one policy to the schools it chooses: each has it whole or not at all, as a version of its own."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from bot.assembly import Parts
from bot.contact_file import read_book
from bot.errors import BotError
from bot.tables import trial_questions
from bot.trust_publication import InForce, Original
from bot.trusts import as_trusts
from corpus.building import build_policy
from corpus.clause import Correction, Stance
from corpus.tables import metadata
from corpus.tenancy import owning, school_column, writing_at
from corpus.versions import School, Versions

if TYPE_CHECKING:
    from tests.conftest import Beginnings, Chat

PublishTo = Callable[..., list[InForce | str]]

PHONES = "Can I use my own phone in class?"
BAN = "Staff must not use their own phones in class unless the headteacher has agreed."
RULES = f"1. Phones\n\n1.1 {BAN}\n\n1.2 Staff must report the loss of a phone to the headteacher.\n"
STRICTER = "Staff must not use their own phones in class at any time, not even with leave, says Ash alone."
HEADS = {"ash": "Mrs Harrison", "beck": "Ms Boyle", "cole": "Mr Malik"}
HEAD = "headteacher 1"
NOT_YOURS = (
    "^This is Northfield Trust's policy, and the trust alone changes it: bring in what your school adds or makes stricter as "
)


def document(rules: str, title: str = "Mobile phone policy") -> str:
    return f"NORTHFIELD TRUST\n\n{title}\n\nAdopted: May 2026\n\n{rules}"


@pytest.fixture
def parts(chat: "Chat", beginnings: "Beginnings") -> Parts:
    """Four schools, of which northfield is the trust's office, which has published its policy on phones.

    The others have their own contacts, and one test question each: each that is tried takes time.
    """
    versions = chat.parts.indexes.versions

    def make() -> None:
        versions.add_school(School("northfield", "Northfield Trust", "Northfield"))
        for school, head in HEADS.items():
            versions.add_school(School(school, f"{school.title()} School", school.title()))
            chat.parts.contacts.save(school, read_book(f"contacts: [{{name: {head}, roles: [head]}}]", "c.yaml"), "the office")
            add_question(versions, school, PHONES)
        number = prepare(versions, RULES)
        checked = Correction("Nora Northfield", versions.today(), "Nora's own reasons", Stance.CONDITIONAL)
        versions.correct("northfield", "phones", number, {"1.1": checked})

    beginnings.fill(versions, "a trust", make)
    return chat.parts


def prepare(versions: Versions, rules: str) -> int:
    """Let the trust's office publish this version of its policy on phones for itself."""
    source = document(rules)
    policy = build_policy(source, school="northfield", slug="phones", title=None, source_name="phones.txt")
    versions.save_draft(policy, source)
    return versions.publish("northfield", "phones", "the trust's office")


def add_question(versions: Versions, school: str, question: str, expected: str | None = None) -> None:
    row = {"school_id": school, "question": question, "must": expected is not None, "expected": expected}
    with writing_at(versions.engine, school) as connection:
        connection.execute(insert(trial_questions).values(row))


@pytest.fixture
def publish_to(parts: Parts) -> PublishTo:
    """Publish the trust's policy to schools; return what came of it at each, a sentence where it was refused."""

    def publish(*schools: str, prevails: bool = False) -> list[InForce | str]:
        prepared = parts.indexes.versions.version("northfield", "phones")
        policy = as_trusts(prepared.policy, "phones", "Northfield Trust", prevails=prevails)
        return [one(school, Original(policy, prepared.source)) for school in schools]

    def one(school: str, original: Original) -> InForce | str:
        try:
            return parts.trust_publication.publish_at(school, original)
        except BotError as error:
            return str(error)

    return publish


def numbers(versions: Versions, slug: str = "phones") -> dict[str, int | None]:
    """Return from which version of a policy each school is answered."""
    found = {school: {name: number for name, number, _ in versions.policies(school)} for school in (*HEADS, "northfield")}
    return {school: published.get(slug) for school, published in found.items()}


def look(parts: Parts, school: str, slug: str = "phones") -> None:
    """Note that somebody has looked at what got lost or looser."""
    for group in parts.looked_at.unseen(school, slug, parts.readiness.trial(school, slug)):
        parts.looked_at.mark(school, slug, group.digest, group.matter, HEAD)


def supplement(parts: Parts, rule: str) -> None:
    """Let ash publish an addendum to the trust's policy, of one rule."""
    raw = document(f"1.1 {rule}\n", "Phones at Ash").encode()
    draft = parts.bringing_in.bring_in("ash", "more.txt", raw, HEAD, slug="more", supplements="phones").draft
    assert draft.supplements == "phones"
    look(parts, "ash", "more")
    digest = parts.indexes.versions.draft("ash", "more").digest
    parts.publication.publish("ash", "more", digest, HEAD)


@pytest.mark.both_stores
def test_it_is_published_to_each_school_whole_or_not_at_all_and_again_only_where_it_is_not_in_force(
    publish_to: PublishTo, parts: Parts, publish: Callable[..., int]
) -> None:
    versions = parts.indexes.versions
    publish("cole", "1.1 Staff must not use their own phones in class.\n", "phones")
    add_question(versions, "beck", "Must I report that my phone is lost?", "allowed")
    ash, beck, cole = publish_to(*HEADS)
    assert ash == InForce(1, already=False)
    assert isinstance(beck, str)
    assert beck.startswith("“Must I report that my phone is lost?” must be told: allowed. With this draft it is told: ")
    assert beck.endswith(" Look with: policybot try --school beck --policy phones")
    assert isinstance(cole, str)
    assert cole.startswith("Some answers get lost or looser, and nobody has looked at them yet: ")
    assert numbers(versions) == {"ash": 1, "beck": None, "cole": 1, "northfield": 1}
    assert [len(versions.drafts(school)) for school in HEADS] == [0, 1, 1]

    revisions = {school: versions.revision(school) for school in HEADS}
    assert publish_to(*HEADS) == [InForce(1, already=True), beck, cole]
    assert {school: versions.revision(school) for school in HEADS} == revisions
    (demanded,) = (one.id for one in parts.trial_questions.of("beck") if one.must)
    parts.trial_questions.remove("beck", demanded, HEAD)
    look(parts, "cole")
    assert publish_to(*HEADS) == [InForce(1, already=True), InForce(1, already=False), InForce(2, already=False)]
    assert versions.revision("ash") == revisions["ash"]
    done = [(entry.action, entry.version) for entry in parts.audit.of("beck") if entry.slug == "phones"]
    assert done == [("brought in a draft", None), ("published", 1)]
    assert versions.version("beck", "phones").approval.owner == "Northfield Trust"


def test_each_school_is_answered_from_its_own_copy_with_its_own_contacts(publish_to: PublishTo, chat: "Chat") -> None:
    publish_to(*HEADS)
    for account, (school, head) in enumerate(HEADS.items(), 80):
        chat.join(school, account=str(account))
        told = chat.told(PHONES, account=str(account), place=str(account))
        assert told.startswith("Northfield Trust's policy of May 2026: only on a condition.")
        assert f"“{BAN}”" in told
        assert "Mobile phone policy, 1.1, version 1 (Northfield Trust, May 2026)." in told
        assert f"Speak to: {head}, the headteacher." in told


@pytest.mark.both_stores
def test_no_word_of_one_school_comes_to_another(publish_to: PublishTo, parts: Parts, chat: "Chat") -> None:
    versions = parts.indexes.versions
    publish_to(*HEADS)
    supplement(parts, STRICTER)
    assert numbers(versions, "more") == {"beck": None, "ash": 1, "cole": None, "northfield": None}
    chat.join("ash")
    chat.join("cole", account="78")
    told = chat.told(PHONES)
    assert told.startswith("Your school's addendum is stricter than Northfield Trust's policy, and holds: not allowed.")
    assert STRICTER in told
    assert chat.told(PHONES, account="78", place="78").startswith("Northfield Trust's policy of May 2026: only on a condition.")
    with owning(versions.engine).connect() as connection:
        for table in metadata.sorted_tables:
            column = school_column(table)
            if column is None:
                continue
            for school in ("cole", "beck", "northfield", "ash"):
                held = repr(connection.execute(select(table).where(column == school)).all())
                assert school == "ash" or "Ash alone" not in held, table.name
                # Who prepared it and why stays at the trust's office.
                assert school == "northfield" or "Nora" not in held, table.name


def test_what_a_clause_means_is_the_trusts_whatever_the_school_had_decided_of_the_same_words(
    publish_to: PublishTo, parts: Parts, publish: Callable[..., int]
) -> None:
    versions = parts.indexes.versions
    publish("ash", RULES, "phones")
    lenient = Correction("Mrs Harrison", versions.today(), "we let them", Stance.ALLOWED)
    versions.correct("ash", "phones", 1, {"1.1": lenient, "1.2": None})
    publish_to("ash")
    first, second = versions.version("ash", "phones", 2).policy.clauses()
    assert (first.stance, first.confirmed, first.correction) == (Stance.CONDITIONAL, True, None)
    assert (second.stance, second.confirmed) == (Stance.REQUIRED, False)


def test_nothing_that_was_made_of_a_clause_is_carried_into_another_version_or_out_of_the_trusts(
    publish_to: PublishTo, parts: Parts
) -> None:
    versions = parts.indexes.versions
    publish_to("ash")
    assert next(versions.version("ash", "phones").policy.clauses()).confirmed
    # The same words, at which nobody has looked: as the trust's, and as the school's own once it has left the trust.
    unseen = build_policy(document(RULES), school="ash", slug="phones", title=None, source_name="phones.txt")
    original = Original(as_trusts(unseen, "phones", "Northfield Trust", prevails=False), document(RULES))
    assert parts.trust_publication.publish_at("ash", original) == InForce(2, already=False)
    assert not any(clause.confirmed for clause in versions.version("ash", "phones").policy.clauses())
    versions.roll_back("ash", "phones", 1)
    assert not any(clause.confirmed for clause in versions.save_draft(unseen, document(RULES)).clauses())


def test_a_school_can_neither_change_nor_go_back_from_a_trusts_policy(
    publish_to: PublishTo, parts: Parts, publish: Callable[..., int]
) -> None:
    publication, versions = parts.publication, parts.indexes.versions
    own = "1.1 Staff may use their own phones in class.\n"
    publish("ash", own, "phones")
    publish_to("ash")
    assert numbers(versions)["ash"] == 2
    source = document(own)
    versions.save_draft(build_policy(source, school="ash", slug="phones", title=None, source_name="own.txt"), source)
    look(parts, "ash")
    correction = Correction("Mrs Harrison", versions.today(), "we let them", Stance.ALLOWED)
    tries: list[Callable[[], object]] = [
        lambda: publication.roll_back("ash", "phones", 1, HEAD),
        lambda: publication.correct("ash", "phones", 2, "1.1", correction, who=HEAD),
        lambda: publication.confirm("ash", "phones", 2, ["1.1"], HEAD),
        lambda: publication.publish("ash", "phones", versions.draft("ash", "phones").digest, HEAD),
    ]
    revision = versions.revision("ash")
    for act in tries:
        with pytest.raises(BotError, match=NOT_YOURS):
            act()
    assert versions.revision("ash") == revision
    publication.roll_back("ash", "phones", 1, "command line: the provider", of_trust=True)
    with pytest.raises(BotError, match=NOT_YOURS):  # nor does a school bring a trust's policy back
        publication.roll_back("ash", "phones", 2, HEAD)


def test_the_next_version_is_another_even_where_only_what_prevails_is_other(publish_to: PublishTo, parts: Parts) -> None:
    versions = parts.indexes.versions
    assert publish_to("ash") == [InForce(1, already=False)]
    assert publish_to("ash", prevails=True) == [InForce(2, already=False)]
    assert publish_to("ash", prevails=True) == [InForce(2, already=True)]
    prepare(versions, RULES + "\n1.3 Staff must give lost property to the caretaker.\n")
    assert publish_to("ash", prevails=True) == [InForce(3, already=False)]
    policy = versions.version("ash", "phones").policy
    assert [clause.id for clause in policy.clauses()] == ["1.1", "1.2", "1.3"]


def test_what_a_school_has_of_its_own_under_that_name_is_not_lost(publish_to: PublishTo, parts: Parts) -> None:
    versions = parts.indexes.versions
    own = document("1.1 Staff may use their own phones in class.\n")
    policy = build_policy(own, school="ash", slug="phones", title=None, source_name="own.txt")
    versions.save_draft(policy, own)
    being_prepared = "The school is preparing a draft of its own under this name: it must be published or thrown away first."
    assert publish_to("ash") == [being_prepared]
    assert versions.draft("ash", "phones").policy.trust is None
    versions.drop_draft("ash", "phones")
    original = versions.version("northfield", "phones")
    media = Original(as_trusts(original.policy, "media", "Northfield Trust", prevails=False), original.source)
    parts.trust_publication.publish_at("cole", media)
    raw = document("1.1 Staff must ask first.\n", "Ours").encode()
    parts.bringing_in.bring_in("cole", "own.txt", raw, HEAD, slug="phones", supplements="media")
    versions.publish("cole", "phones", HEAD)
    assert publish_to("cole") == ["The school has an addendum of its own under this name: publish the policy under another."]


def test_a_school_does_not_bring_in_over_a_trusts_policy_and_an_addendum_needs_one(publish_to: PublishTo, parts: Parts) -> None:
    publish_to("ash")
    raw, bring_in = document("1.1 Staff must ask before they use a phone in class.\n").encode(), parts.bringing_in.bring_in
    with pytest.raises(BotError, match=NOT_YOURS):  # found by its title, as where a file is sent to the bot
        bring_in("ash", "own.txt", raw, HEAD)
    with pytest.raises(
        BotError, match=r"^There is no trust's policy staff in force here: an addendum supplements one that is\.$"
    ):
        bring_in("ash", "own.txt", raw, HEAD, supplements="staff")
    with pytest.raises(BotError, match=r"^A policy is no addendum to itself"):
        bring_in("ash", "own.txt", raw, HEAD, slug="phones", supplements="phones", over_trusts=True)
    assert parts.indexes.versions.drafts("ash") == []
    # An addendum may have the title of what it supplements, and its next version is an addendum too.
    draft = bring_in("ash", "own.txt", raw, HEAD, supplements="phones").draft
    assert (draft.slug, draft.supplements) == ("mobile-phone-policy", "phones")
    again = bring_in("ash", "own-2.txt", raw.replace(b"a phone", b"any phone"), HEAD).draft
    assert (again.slug, again.supplements) == (draft.slug, "phones")
