"""What a hostile or hurried person sends to the desk: another school's ids, odd words and numbers, old tabs, odd requests."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert
from starlette.applications import Starlette

from bot.desk.gate import COOKIE, Gate
from bot.people import PersonRole
from bot.tables import trial_questions
from bot.web_security import HEADERS
from corpus.building import build_policy
from corpus.clause import Correction, Policy, Stance
from corpus.policy_file import to_yaml
from corpus.tenancy import writing_at
from tests.platforms.at_desk import ADDRESS, Desk, Seat, TestClient, words_of

ODD = "<script>alert(1)</script> {{ 7*7 }} =1+1 \x00\x07\x1b[31m “é”"
KEPT = "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} =1+1 [31m “é”"
NOT_NUMBERS = ("99999999999", "9" * 5000, "-1", "０１", "²", "1.0", "1; drop", "")
DRAFT = "/policies/staff/draft"


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """Two schools, each with one test question, a draft and an announcement; at meadow something waits for the chair."""
    parts = desk.parts
    looser = Correction("the headteacher", parts.indexes.versions.today(), "as agreed", Stance.ALLOWED)
    for school in ("meadow", "hillside"):
        with writing_at(parts.indexes.versions.engine, school) as connection:
            row = {"school_id": school, "question": f"May I bring a parrot to {school}?", "must": False}
            connection.execute(insert(trial_questions).values(row))
            parts.announcements.announce(
                connection, school, "staff", 1, since=None, own=f"Read it, {school}", to_confirm=True, who="headteacher 1"
            )
    parts.publication.correct("meadow", "staff", 1, "1.2", looser, who="headteacher 1")
    draft(desk, "meadow", "1.1 Staff must feed the parrot of Meadow.", "parrots")
    draft(desk, "hillside", "1.1 Staff must not accept friend requests from parents.\n\n1.2 Staff must wear badges.")
    return desk


def draft(desk: Desk, school: str, rules: str, slug: str = "staff") -> Policy:
    source = f"A SCHOOL\n\nStaff policy\n\nAdopted: May 2024\n\n1. Rules\n\n{rules}\n"
    policy = build_policy(source, school=school, slug=slug, title=None, source_name=slug)
    return desk.parts.indexes.versions.save_draft(policy, source)


def hidden(seat: Seat, path: str) -> dict[str, str]:
    """Return what the forms of a page carry unseen; of several of a name the first."""
    return dict(reversed(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', seat.get(path).text)))


def test_what_is_another_schools_is_not_there(busy: Desk) -> None:
    head, chair = busy.seat(), busy.seat(PersonRole.CHAIR)
    parts = busy.parts
    key = hidden(head, "/test-questions")["form_key"]
    asked = parts.trial_questions.of("meadow")
    for path in (
        "/announcements/1",
        "/announcements/1/csv",
        "/policies/parrots",
        "/policies/parrots/draft",
        "/policies/parrots/draft/changes",
        "/policies/parrots/draft/trial",
        "/policies/parrots/draft/publish",
        "/policies/parrots/draft/parts/1.1",
        "/policies/staff/versions/1/clauses/badges",
        "/policies/staff/versions/2/yaml",
    ):
        answer = head.get(path)
        assert answer.status_code == 404, path
        assert not {"Meadow", "parrot of"} & set(re.findall(r"Meadow|parrot of", answer.text)), path
    number = str(asked[0].id)
    for do in ("remove", "must", "free"):
        assert head.send("/test-questions", {"form_key": key, "do": do, "question": number}).status_code == 400
    assert head.send("/announcements/1", {"form_key": key, "do": "sign", "name": "Mrs Nobody"}).status_code == 400
    parts.publication.correct(
        "hillside", "staff", 1, "1.1", Correction("h", parts.indexes.versions.today(), "so", Stance.ALLOWED), who="headteacher 1"
    )
    form = hidden(chair, "/approvals")
    (foreign,) = parts.proposals.waiting("meadow")
    for do in ("approve", "refuse"):
        refused = chair.send("/approvals", form | {"do": do, "proposal": str(foreign.id)})
        assert "There is no such proposal at your school" in words_of(refused)
    assert head.send("/approvals", {"form_key": key, "do": "withdraw", "proposal": str(foreign.id)}).status_code == 400
    assert parts.proposals.waiting("meadow") == [foreign]
    assert parts.trial_questions.of("meadow") == asked
    assert parts.readings.table("meadow", 1) == []
    for path in ("", "/policies", "/approvals", "/announcements", "/test-questions", "/trail", "/policies/staff/versions/1"):
        assert not re.search(r"meadow|parrots", head.get(path).text, re.IGNORECASE), path


def test_what_is_no_number_is_told_in_a_sentence(busy: Desk) -> None:
    head = busy.seat()
    for number in NOT_NUMBERS:
        for path in (
            "/policies/staff/versions/{}",
            "/policies/staff/versions/{}/yaml",
            "/announcements/{}",
            "/announcements/{}/csv",
        ):
            assert not number or head.get(path.format(number)).status_code == 404
        about = hidden(head, DRAFT)
        for path, fields in (
            ("/test-questions", {"do": "remove", "question": number}),
            ("/approvals", {"do": "withdraw", "proposal": number}),
            (DRAFT, {"do": "bring-back", "passage": number}),
            (DRAFT, {"do": "unmake-heading", "section": number}),
            ("/policies/staff/announce", {"do": "announce", "version": number}),
            ("/policies/staff/review", {"do": "confirm", "number": number, "right": "1.1"}),
        ):
            answer = head.send(path, about | fields)
            assert (answer.status_code, answer.text.count('role="alert"')) == (400, 1), path
        assert not re.search(r"Traceback|Error", answer.text)


def test_odd_words_are_kept_as_they_were_typed_and_do_nothing(busy: Desk) -> None:
    head, chair, office = busy.seat(), busy.seat(PersonRole.CHAIR), busy.seat(PersonRole.OFFICE)
    part = f"{DRAFT}/parts/1.1"
    shown = [
        head.send(DRAFT, hidden(head, DRAFT) | {"do": "about", "title": ODD, "adopted": "", "review_due": ""}),
        head.send(part, hidden(head, part) | {"do": "stance", "stance": "forbidden", "binds": "staff", "reason": ODD}),
        head.send(part, hidden(head, part) | {"do": "label", "label": ODD}),
        head.send(part, hidden(head, part) | {"do": "words", "words": f"Staff must not accept requests {ODD}", "reason": "so"}),
        head.send("/test-questions", hidden(head, "/test-questions") | {"do": "add", "words": ODD}),
        office.send("/announcements/2", hidden(office, "/announcements/2") | {"do": "sign", "name": ODD}),
    ]
    looser = {"do": "stance", "stance": "allowed", "binds": "staff", "reason": ODD}
    clause = "/policies/staff/versions/1/clauses/1.1"
    head.send(clause, hidden(head, clause) | looser)
    shown.append(chair.get("/approvals"))
    told = hidden(head, "/policies/staff/announce") | {"do": "announce", "own": ODD}
    shown.append(head.send("/policies/staff/announce", told))
    chair.send("/approvals", hidden(chair, "/approvals") | {"do": "refuse", "comment": ODD})
    shown.append(head.get("/approvals"))
    assert [answer.status_code for answer in shown] == [200] * 7 + [400, 200]  # of this version staff were told already
    for answer in shown:
        assert KEPT in answer.text
        assert not re.search(r"<script>|\b49\b|[\x00-\x08\x0b-\x1f\x7f]", answer.text)
    assert "'=" not in head.get("/announcements/2/csv").text
    assert head.get("/policies/staff%00/draft").status_code == 200


WRONG: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "dates": (
        DRAFT,
        {"do": "about", "title": "Kept", "adopted": "the day before", "review_due": "May 2027"},
        ["Kept", "the day before"],
    ),
    "words": (f"{DRAFT}/parts/1.1", {"do": "words", "words": "Kept & more", "reason": ""}, ["Kept &amp; more"]),
    "label": (f"{DRAFT}/parts/1.1", {"do": "label", "label": "1.2"}, ['value="1.2"']),
    "split": (f"{DRAFT}/parts/1.1", {"do": "split", "begins": "not there"}, ['value="not there"']),
    "stance": (
        f"{DRAFT}/parts/1.1",
        {
            "do": "stance",
            "stance": "discouraged",
            "second": "allowed",
            "when": "on a whim",
            "binds": "governors",
            "reason": "kept",
        },
        ['value="discouraged" selected', 'value="on a whim"', 'value="governors" checked', 'value="kept"'],
    ),
    "correction": (
        "/policies/staff/versions/1/clauses/1.1",
        {"do": "stance", "stance": "required", "when": "kept words", "binds": "visitors", "reason": "kept"},
        ['value="required" selected', 'value="kept words"', 'value="visitors" checked', 'value="kept"'],
    ),
    "review": (
        "/policies/staff/review",
        {"do": "confirm", "number": "1", "right": "1.1", "form_key": "old"},
        ['value="1.1" checked'],
    ),
    "announce": (
        "/policies/staff/announce",
        {"do": "announce", "version": "7", "own": "Kept words", "to_confirm": "yes"},
        [">Kept words</textarea>", 'name="to_confirm" value="yes" checked'],
    ),
    "publish": (
        f"{DRAFT}/publish",
        {"do": "publish", "digest": "old", "owner": "Kept", "approved_by": "Full board", "minutes": "item 8"},
        ['value="Kept"', 'value="Full board"', 'value="item 8"'],
    ),
    "test question": ("/test-questions", {"do": "add", "words": "x" * 301}, ["x" * 301]),
    "expected": ("/test-questions", {"do": "must", "expected": "allowed", "form_key": "old"}, ['value="allowed" selected']),
    "signed": ("/announcements/2", {"do": "sign", "name": "K" * 300}, ["K" * 300]),
}


def test_a_wrong_form_says_why_once_and_keeps_what_was_typed(busy: Desk) -> None:
    head = busy.seat()
    before = busy.parts.indexes.versions.draft("hillside", "staff")
    for form, (path, fields, kept) in WRONG.items():
        answer = head.send(path, hidden(head, path) | fields)
        assert (answer.status_code, answer.text.count('role="alert"')) == (400, 1), form
        assert [one for one in kept if one not in answer.text] == [], form
        # What was typed stands open before her.
        assert "<details open>" in answer.text or path not in (DRAFT, f"{DRAFT}/parts/1.1"), form
        assert 'role="alert"' not in head.get(path).text
    assert busy.parts.indexes.versions.draft("hillside", "staff") == before


def test_an_old_tab_changes_no_draft_but_the_one_that_it_shows(busy: Desk) -> None:
    head, part = busy.seat(), f"{DRAFT}/parts/1.1"
    old_part, old_draft = hidden(head, part), hidden(head, DRAFT)
    draft(
        busy, "hillside", "1.1 Staff must not accept friend requests from any parents.\n\n1.2 Staff must wear badges."
    )  # another document, not changed either
    now = busy.parts.indexes.versions.draft("hillside", "staff")
    for path, form in (
        (part, old_part | {"do": "words", "words": "Staff may bring friends.", "reason": "so"}),
        (part, old_part | {"do": "set-aside"}),
        (DRAFT, old_draft | {"do": "drop"}),
        (f"{DRAFT}/changes", old_draft | {"do": "match", "clause": "1.1", "before": "1.1", "same": "yes"}),
    ):
        answer = head.send(path, form)
        assert (answer.status_code, "Somebody has changed this draft" in words_of(answer)) == (400, True), path
    assert busy.parts.indexes.versions.draft("hillside", "staff") == now
    assert "is thrown away" in words_of(head.send(DRAFT, hidden(head, DRAFT) | {"do": "drop"}))
    gone = head.send(part, old_part | {"do": "confirm"})
    assert (gone.status_code, "There is no draft of this policy: bring in the document first." in words_of(gone)) == (400, True)
    assert [one.action for one in busy.parts.audit.of("hillside")].count("threw a draft away") == 1


def test_every_part_of_a_draft_can_be_opened_and_a_file_with_odd_ids_is_refused(busy: Desk) -> None:
    draft(
        busy,
        "hillside",
        "1.1 Staff must not:\n\n(a) bring dogs; or\n\n(b) feed parrots, cats etc.\n\n1.2 (Änderungen) Wear badges.",
    )
    head, policy = busy.seat(), busy.parts.indexes.versions.draft("hillside", "staff").policy
    parts = re.findall(r'href="(/desk/hillside/policies/staff/draft/parts/[^"]+)"', head.get(DRAFT).text)
    assert len(parts) == 4
    assert [head.client.get(path).status_code for path in parts] == [200] * 4
    (lead_in,) = policy.lead_ins()
    text = to_yaml(policy)
    for odd in (text.replace(lead_in, "größe/1.1?#x"), text.replace("slug: staff", "slug: 'a\"; b'")):
        assert odd != text
        answer = head.send(
            "/bring-in", hidden(head, "/bring-in") | {"do": "bring-in"}, {"document": ("staff.yaml", odd.encode())}
        )
        assert (answer.status_code, answer.text.count("use small letters, digits")) == (400, 1)


def test_every_answer_of_the_desk_carries_the_headers(busy: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    head, staff = busy.seat(), busy.seat(PersonRole.OFFICE)
    stranger = TestClient(busy.app, base_url=ADDRESS, raise_server_exceptions=False)
    head.client = TestClient(busy.app, base_url=ADDRESS, cookies=head.client.cookies, raise_server_exceptions=False)
    answers = [
        head.get(),
        head.get("/policies/staff/versions/1/yaml"),
        head.get("/policies/staff/versions/1/print"),
        head.get("/announcements/2/csv"),
        stranger.get("/desk"),
        stranger.get("/desk/hillside"),
        stranger.get("/desk/enter/nothing"),
        stranger.post("/desk/enter/nothing"),
        staff.get("/trail"),
        head.get("/nowhere"),
        head.get("/policies/nothing"),
        head.send("/policies/staff/announce", {"do": "nothing"}),
        head.client.put("/desk/hillside/policies"),
        head.client.options("/desk/hillside/policies"),
        head.client.head("/desk/hillside/policies/staff/announce"),
        head.client.get("/desk/hillside/", follow_redirects=False),
        head.client.get("/desk//hillside", follow_redirects=False),
        head.client.get("/desk/hillside%2f..%2fmeadow"),
        head.client.get("/desk/hillside/policies/..%2f..%2fmeadow%2fpolicies"),
    ]
    monkeypatch.setattr(type(busy.parts.audit), "of", lambda *_: 1 / 0)
    answers.append(head.get("/trail"))
    assert {200, 400, 401, 403, 404, 405, 410, 500} <= {one.status_code for one in answers}
    assert answers[14].status_code == 200
    for one in answers:
        assert {name.decode(): one.headers.get(name.decode()) for name, _ in HEADERS} == {
            name.decode(): value.decode() for name, value in HEADERS
        }, one.url
        assert "Traceback" not in one.text
        assert "Meadow" not in one.text
    for download, name in ((answers[1], "hillside-staff-version-1.yaml"), (answers[3], "hillside-staff-1-read.csv")):
        assert download.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_of_two_presses_at_once_one_opens_the_desk(desk: Desk) -> None:
    token = desk.parts.desk.make_link(desk.enrol(PersonRole.HEADTEACHER))

    def press() -> int:
        client = TestClient(desk.app, base_url=ADDRESS)
        return client.post(f"/desk/enter/{token}", follow_redirects=False).status_code

    with ThreadPoolExecutor(8) as many:
        assert sorted(many.map(lambda _: press(), range(8))) == [303] + [410] * 7


def test_a_link_is_for_somebody_who_is_there_still_in_the_role_that_they_have_by_now(desk: Desk) -> None:
    gone, changed, demoted = (desk.enrol(PersonRole.HEADTEACHER, account=name) for name in ("gone", "changed", "demoted"))
    links = [f"/desk/enter/{desk.parts.desk.make_link(person)}" for person in (gone, changed, demoted)]
    desk.parts.people.remove("hillside", gone.id)
    desk.enrol(PersonRole.OFFICE, account="changed")
    desk.enrol(PersonRole.STAFF, account="demoted")
    clients = [TestClient(desk.app, base_url=ADDRESS) for _ in links]
    answers = [client.post(link) for client, link in zip(clients, links, strict=True)]
    assert [answer.status_code for answer in answers] == [410, 200, 410]
    assert clients[1].get("/desk/hillside/test-questions").status_code == 403
    session = clients[1].cookies[COOKIE]
    desk.enrol(PersonRole.HEADTEACHER, account="changed")
    again = TestClient(desk.app, base_url=ADDRESS, cookies={COOKIE: session})
    assert again.get("/desk/hillside/test-questions").status_code == 200


def test_a_cookie_for_https_alone_and_no_door_for_whoever_comes_by(desk: Desk) -> None:
    gate = Gate(desk.parts.desk, desk.parts.people, b"key", secure=True)
    client = TestClient(Starlette(routes=gate.routes()), base_url="https://policies.hillside.example", follow_redirects=False)
    link = f"/desk/enter/{desk.parts.desk.make_link(desk.enrol(PersonRole.HEADTEACHER))}"
    for answer in (client.post(link), client.post("/desk/sign-out")):
        assert {"secure", "httponly", "samesite=strict"} <= set(answer.headers["set-cookie"].lower().split("; "))
    assert (client.post("/desk").status_code, "Open the desk" in client.get("/desk").text) == (401, False)
