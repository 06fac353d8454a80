"""The desk's way from a document to checked clauses: what a draft would replace, and what is ticked already."""

import re
from html import unescape

from bot.people import PersonRole
from tests.platforms.at_desk import Desk, Seat, words_of

RULES = (
    "1.1 Staff must lock the gate.\n\n1.2 Staff may use the car park.\n\n1.3 Staff must sign in.\n\n1.4 Staff must sign out.\n"
)


def bring_in(seat: Seat, title: str) -> str:
    """Bring in a document whose policy is told by its title; return the words of its draft."""
    file = ("a file.txt", f"{title}\n\n1. The site\n\n{RULES}".encode())
    return words_of(seat.post("/bring-in", "bring-in", files={"document": file}, policy="", title=""))


def ticked(page: str) -> dict[str, bool]:
    """Return the clauses that a review shows, in its order, and whether each is ticked."""
    boxes = re.findall(r'name="right" value="([^"]+)"( checked)?>', page)
    return {clause: bool(tick) for clause, tick in boxes}


def test_a_draft_says_whether_it_takes_the_place_of_a_version_or_stands_beside_other_policies(desk: Desk) -> None:
    head = desk.seat()
    beside = "This is a new policy: staff will be answered from it beside Staff policy."
    assert beside in bring_in(head, "Site Policy")
    assert beside in desk.seat(PersonRole.CHAIR).words("/policies/site-policy/draft")
    replaces = bring_in(head, "Staff policy")
    assert "Once you publish it, it takes the place of version 1." in replaces
    assert "This is a new policy" not in replaces


def test_what_allows_something_is_ticked_by_hand_and_all_else_is_ticked_already(desk: Desk) -> None:
    head, at = desk.seat(), "/policies/site-policy"
    bring_in(head, "Site Policy")
    shown = head.get(f"{at}/draft/trial").text
    lost = dict(re.findall(r'name="matter" value="([^"]+)"><input type="hidden" name="digest" value="(\w+)"', shown))
    head.post(f"{at}/draft/trial", "seen-all", matter=[unescape(one) for one in lost], digest=list(lost.values()))
    ready = head.get(f"{at}/draft/publish")
    assert "1 clause allows something and is not checked." in words_of(ready)
    (digest,) = set(re.findall(r'name="digest" value="(\w+)"', ready.text))
    assert "Check 4 clauses" in words_of(head.post(f"{at}/draft/publish", "publish", digest=digest))
    first, *others = ticked(head.get(f"{at}/review").text).items()
    assert "Staff may use the car park." in words_of(head.get(f"{at}/versions/1/clauses/{first[0]}"))
    assert [first[1], *(tick for _, tick in others)] == [False, True, True, True]

    nothing = head.post(f"{at}/review", "confirm", number="1")
    assert nothing.status_code == 400
    assert set(ticked(nothing.text).values()) == {False}  # nobody's tick is put back
    left = words_of(head.post(f"{at}/review", "confirm", number="1", right=[clause for clause, _ in others]))
    assert "3 clauses are checked." in left
    assert "1 clause waits. What allows something comes first (1):" in left
    assert "confirmed · Site Policy, version 1" in desk.seat(PersonRole.CHAIR).words("/trail")
