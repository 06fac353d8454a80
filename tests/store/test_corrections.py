"""What people set right about a published version: it counts at once, beside a document that never changes."""

from datetime import date

import pytest

from corpus import editing
from corpus.alignment import decide
from corpus.building import build_policy
from corpus.clause import Clause, Correction, Stance
from corpus.errors import StoreError
from corpus.versions import Approval, Versions

pytestmark = pytest.mark.both_stores

RULES = "1. Phones\n\n1.1 Staff must not use their own phones in class.\n\n1.2 Staff may use their own phones at lunchtime.\n"
STRICTER = Correction(by="the headteacher", on=date(2026, 11, 22), reason="only in the staffroom", stance=Stance.CONDITIONAL)


def publish(store: Versions, rules: str = RULES) -> int:
    store.save_draft(build_policy(rules, school="hillside", slug="phones", title="Phones", source_name="phones.txt"), rules)
    return store.publish("hillside", "phones", "head")


def answered_from(store: Versions) -> dict[str, Clause]:
    found = store.published("hillside")
    assert found
    return {clause.label: clause for _, policy in found.versions for clause in policy.clauses()}


def test_a_correction_counts_from_the_next_revision_on_and_the_document_stays(store: Versions) -> None:
    number = publish(store)
    before, revision = answered_from(store)["1.2"], store.revision("hillside")
    store.correct("hillside", "phones", number, {before.id: STRICTER})
    after = answered_from(store)["1.2"]
    assert (before.stance, before.confirmed) == (Stance.ALLOWED, False)
    assert (after.stance, after.confirmed, after.correction) == (Stance.CONDITIONAL, True, STRICTER)
    assert (after.words, store.revision("hillside")) == (before.words, (revision or 0) + 1)
    assert store.version("hillside", "phones", number).policy == store.history("hillside", "phones")[0].policy


def test_agreeing_confirms_what_is_there_and_nothing_else(store: Versions) -> None:
    number = publish(store)
    store.correct("hillside", "phones", number, {"1.1": None})
    clauses = answered_from(store)
    assert (clauses["1.1"].confirmed, clauses["1.1"].stance, clauses["1.2"].confirmed) == (True, Stance.FORBIDDEN, False)


def test_of_two_corrections_of_a_clause_the_last_counts(store: Versions) -> None:
    number = publish(store)
    store.correct("hillside", "phones", number, {"1.2": STRICTER})
    store.correct(
        "hillside", "phones", number, {"1.2": Correction("the head", date(2026, 11, 23), "after all", Stance.FORBIDDEN)}
    )
    assert answered_from(store)["1.2"].stance is Stance.FORBIDDEN


def test_corrections_go_on_to_a_new_version_where_the_words_are_unchanged_and_stay_with_the_old_one(store: Versions) -> None:
    first = publish(store)
    store.correct("hillside", "phones", first, {"1.1": None, "1.2": STRICTER})
    second = publish(store, RULES.replace("at lunchtime", "in the staffroom at lunchtime"))
    now = answered_from(store)
    assert (now["1.1"].confirmed, now["1.2"].stance, now["1.2"].confirmed) == (True, Stance.ALLOWED, False)
    store.correct("hillside", "phones", second, {"1.2": Correction("the head", date(2026, 11, 23), "no", Stance.FORBIDDEN)})
    store.roll_back("hillside", "phones", first)
    assert answered_from(store)["1.2"].stance is Stance.CONDITIONAL


@pytest.mark.parametrize(("number", "clause"), [(1, "9.9"), (7, "1.1")])
def test_what_is_not_there_cannot_be_corrected(store: Versions, number: int, clause: str) -> None:
    publish(store)
    revision = store.revision("hillside")
    with pytest.raises(StoreError, match=rf"^There is no clause {clause} in version {number} of hillside/phones\.$"):
        store.correct("hillside", "phones", number, {"1.1": None, clause: STRICTER})
    assert (answered_from(store)["1.1"].confirmed, store.revision("hillside")) == (False, revision)


def test_a_draft_is_changed_by_whoever_has_seen_its_last_state(store: Versions) -> None:
    draft = store.save_draft(build_policy(RULES, school="hillside", slug="phones", title="Phones", source_name="p"), RULES)
    changed = store.change_draft("hillside", "phones", 0, lambda policy: policy.with_clauses(lambda one: one.corrected(STRICTER)))
    assert (store.draft("hillside", "phones").policy, store.draft("hillside", "phones").edits) == (changed, 1)
    with pytest.raises(StoreError, match=r"^Somebody has changed this draft since you opened it"):
        store.change_draft("hillside", "phones", 0, lambda _: draft)
    assert [one.policy for one in store.drafts("hillside")] == [changed]


def test_only_the_draft_that_was_looked_at_is_published_and_what_approves_it_is_recorded(store: Versions) -> None:
    publish(store)
    store.save_draft(build_policy(RULES, school="hillside", slug="phones", title="Phones", source_name="p"), RULES)
    seen = store.draft("hillside", "phones").digest
    store.change_draft("hillside", "phones", 0, lambda policy: policy.with_clauses(lambda one: one.corrected(STRICTER)))
    approval = Approval("Ms Head", "the chair of governors", "Minutes of 20 November 2026, item 7")
    with pytest.raises(StoreError, match=r"^The draft was changed since you looked at it"):
        store.publish("hillside", "phones", "head", approval, digest=seen)
    number = store.publish("hillside", "phones", "head", approval, digest=store.draft("hillside", "phones").digest)
    found = store.version("hillside", "phones")
    assert (found.number, found.approval, number) == (2, approval, 2)
    assert [version.number for version in store.history("hillside", "phones")] == [2, 1]


def test_a_draft_that_is_dropped_leaves_what_is_published(store: Versions) -> None:
    publish(store)
    store.save_draft(build_policy(RULES, school="hillside", slug="phones", title="Phones", source_name="p"), RULES)
    store.drop_draft("hillside", "phones")
    assert (store.drafts("hillside"), set(answered_from(store))) == ([], {"1.1", "1.2"})
    with pytest.raises(StoreError, match=r"^There is no draft of this policy any more\.$"):
        store.drop_draft("hillside", "phones")


def test_what_a_change_of_a_draft_makes_anew_gets_no_id_that_was_another_clauses(store: Versions) -> None:
    publish(store)
    without = "1. Phones\n\n1.1 Staff must not use their own phones in class.\n"
    publish(store, without)
    store.save_draft(build_policy(without, school="hillside", slug="phones", title="Phones", source_name="p"), without)
    store.change_draft("hillside", "phones", 0, lambda policy: editing.split(policy, without, "1.1", 35, "1.2"))
    assert [one.id for one in store.draft("hillside", "phones").policy.clauses()] == ["1.1", "1.2-2"]
    store.change_draft("hillside", "phones", 1, lambda policy: decide(policy, "1.2-2", "1.1", same=True))
    assert [one.id for one in store.draft("hillside", "phones").policy.clauses()] == ["1.1-2", "1.1"]
