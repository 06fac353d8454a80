"""A document becomes a draft: of which policy, what is said of it, and what is kept."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from bot.audit import Action, Audit
from bot.bringing_in import BringingIn, BroughtIn
from bot.clock import now_utc
from bot.errors import BotError
from corpus.building import build_document
from corpus.errors import CorpusError, StoreError
from corpus.policy_file import to_yaml
from corpus.versions import School, Versions

RULE = "Staff must sign in at the office."
HEAD = "headteacher 1"


@pytest.fixture
def bring_in(store: Versions, monkeypatch: pytest.MonkeyPatch) -> Callable[..., BroughtIn]:
    """Bring a document in at hillside. It is read in this process, which is quicker: reading apart has tests of its own."""
    monkeypatch.setattr("bot.bringing_in.build_apart", build_document)
    bringing_in = BringingIn(store, Audit(store.engine, now_utc))

    def build(document: str, name: str = "p.txt", slug: str | None = None, title: str | None = None) -> BroughtIn:
        return bringing_in.bring_in("hillside", name, document.encode(), HEAD, slug=slug, title=title)

    return build


def policy(title: str, *rules: str) -> str:
    return f"{title}\n\n" + "".join(f"{number}. {rule}\n\n" for number, rule in enumerate(rules or (RULE,), 1))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Social Media Policy", "SOCIAL MEDIA POLICY", True),
        ("Social Media Policy", "Hillside Primary School Social Media Policy September 2026", True),
        ("Mobile Phone Policy", "Mobile Phones Policy", True),
        ("Staff Code of Conduct", "Code of Conduct for Staff", True),
        ("School Policy", "School Policy", True),
        ("Social Media Policy for Pupils", "Social Media Policy for Parents", False),
        ("Staff Attendance Policy", "Pupil Attendance Policy", False),
        ("Social Media Policy", "Social Networking Policy", False),
        ("Health and Safety Policy", "Health Policy", False),
    ],
)
def test_a_document_of_nearly_the_same_title_is_the_next_version_and_another_a_policy_of_its_own(
    bring_in: Callable[..., BroughtIn], store: Versions, first: str, second: str, same: bool
) -> None:
    slug = bring_in(RULE, title=first).draft.slug
    store.publish("hillside", slug, HEAD)
    assert (bring_in(f"{RULE} Always.", title=second).draft.slug == slug) is same


def test_a_policy_is_called_by_its_title_its_files_name_or_what_somebody_says(bring_in: Callable[..., BroughtIn]) -> None:
    assert bring_in(policy("Visitors Policy")).draft.title == "Visitors Policy"
    assert bring_in(RULE, "Lone_Working-Policy v3 FINAL (2) 2025.txt").draft.title == "Lone Working Policy"
    named = bring_in(policy("Trips Policy"), title="Trips and visits " * 30).draft
    assert (named.title, len(named.slug)) == ("Trips and visits " * 30, 60)
    assert bring_in(RULE, slug="staff").draft.slug == "staff"


def test_a_draft_takes_the_place_of_the_one_before_and_no_change_that_was_meant_for_that_reaches_it(
    bring_in: Callable[..., BroughtIn], store: Versions
) -> None:
    first = bring_in(policy("Visitors Policy"))
    edits = store.draft("hillside", first.draft.slug).edits
    second = bring_in(policy("Visitors Policy", "Staff must not prop doors open."))
    assert (first.replaced, second.replaced) == (False, True)
    (draft,) = store.drafts("hillside")
    assert [clause.words for clause in draft.policy.clauses()] == ["Staff must not prop doors open."]
    with pytest.raises(StoreError, match="Somebody has changed this draft since you opened it"):
        store.change_draft("hillside", "visitors-policy", edits, lambda policy: policy.with_clauses(lambda one: one))
    trail = Audit(store.engine, now_utc).of("hillside")
    assert [(one.who, one.action, one.slug) for one in trail] == [(HEAD, Action.BROUGHT_IN, "visitors-policy")] * 2


def test_the_same_document_again_is_refused_while_it_waits_and_once_it_holds(
    bring_in: Callable[..., BroughtIn], store: Versions
) -> None:
    text = policy("Visitors Policy")
    slug = bring_in(text).draft.slug
    with pytest.raises(BotError, match="You have brought in this very document already: its draft is waiting for you"):
        bring_in(text, "other.txt")
    store.publish("hillside", slug, HEAD)
    with pytest.raises(BotError, match="This is the very document that version 1 was made of: there is nothing new in it"):
        bring_in(text)
    bring_in(policy("Visitors Policy", "Staff must not prop doors open."))
    store.publish("hillside", slug, HEAD)
    assert bring_in(text).draft.slug == slug  # an earlier version's may come back


@pytest.mark.parametrize(
    ("find", "instead", "says"),
    [
        ("school: hillside", "school: meadow", "p.yaml is meadow/visitors-policy, not hillside/visitors-policy"),
        ("slug: visitors-policy", "slug: ../visitors", "p.yaml: “../visitors” cannot be the name of a policy"),
        ("slug: visitors-policy", "slug: rulings", "Rulings are not brought in as a document"),
    ],
)
def test_an_export_of_another_school_or_under_a_strange_name_is_refused(
    bring_in: Callable[..., BroughtIn], store: Versions, find: str, instead: str, says: str
) -> None:
    store.add_school(School("meadow", "Meadow School", "Meadow"))
    exported = to_yaml(bring_in(policy("Visitors Policy")).draft)
    store.drop_draft("hillside", "visitors-policy")
    assert find in exported
    with pytest.raises((BotError, CorpusError), match=re.escape(says)):
        bring_in(exported.replace(find, instead), "p.yaml")
    assert store.drafts("hillside") == store.drafts("meadow") == []
    assert bring_in(exported, "p.yaml").draft.slug == "visitors-policy"


SECTIONS = "".join(f"{number}. {word}\n\n{number}.1 {RULE}\n\n" for number, word in enumerate(("Purpose", "Roles", "Use"), 1))
PROMISES = "1. I will use it well.\n\n2. I will not share my password.\n\n"


@pytest.mark.parametrize(
    "second",
    ["Mobile Phone Policy", "# Mobile Phone Policy", "**Mobile Phone Policy**", "MOBILE PHONE POLICY", "Staff Code of Conduct"],
)
def test_two_policies_in_one_file_are_refused(bring_in: Callable[..., BroughtIn], second: str) -> None:
    with pytest.raises(BotError, match="There seem to be several policies in this file") as told:
        bring_in(f"Social Media Policy\n\n{SECTIONS}{second}\n\n{SECTIONS}")
    assert second.strip("#* ") in str(told.value)


@pytest.mark.parametrize(
    "more",
    [
        f"Acceptable Use Agreement\n\n{PROMISES}",
        f"Acceptable Use Agreement\n\n{SECTIONS}",
        f"Appendix A: Mobile Phone Policy\n\n{SECTIONS}",
        f"Appendix 1\n\nMobile Phone Policy\n\n{SECTIONS}",
        f"Social Media Policy\n\n{SECTIONS}",
        f"Monitoring of this policy\n\n{SECTIONS}",
        "Mobile Phone Policy\n\nStaff must read that policy too.\n",
    ],
)
def test_a_policy_with_something_behind_it_is_one_policy(bring_in: Callable[..., BroughtIn], more: str) -> None:
    assert bring_in(f"Social Media Policy\n\n{SECTIONS}{more}").draft.title == "Social Media Policy"


def test_of_two_who_bring_in_change_or_publish_at_once_one_wins_and_the_other_is_told(
    bring_in: Callable[..., BroughtIn], store: Versions
) -> None:
    text = policy("Visitors Policy")

    def at_once(do: Callable[[], object]) -> str:
        """Let two do the same at the same moment; return what the one is told who comes second."""
        together = Barrier(2)

        def tried(_: int) -> str:
            together.wait()
            try:
                do()
            except (BotError, CorpusError) as error:
                return str(error)
            return ""

        with ThreadPoolExecutor(2) as pool:
            won, told = sorted(pool.map(tried, range(2)))
        assert won == ""
        return told

    assert "You have brought in this very document already" in at_once(lambda: bring_in(text))
    draft = store.draft("hillside", "visitors-policy")
    changed = at_once(lambda: store.change_draft("hillside", "visitors-policy", draft.edits, lambda one: one))
    assert "Somebody has changed this draft since you opened it" in changed
    published = at_once(lambda: store.publish("hillside", "visitors-policy", HEAD, digest=draft.digest))
    assert published == "There is no draft of hillside/visitors-policy to publish."
    assert [one.number for one in store.history("hillside", "visitors-policy")] == [1]
