"""The staffroom sheet: what stands on it, what is left to fill in, and what it does not need."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from bot import national_numbers
from bot.answer import needs_school
from bot.bootstrap import Indexes
from bot.qr_codes import as_svg
from bot.sheet import NO_BREAK
from retrieval.decision import Outcome

Policybot = Callable[..., Any]
ADDRESS = "https://policies.hillside.example"
DOCUMENT = """\
HILLSIDE PRIMARY SCHOOL

{title}

1. Phones

1.1 Staff must tell the headteacher, Mrs Ada Harrison, of a lost phone.

1.2 Staff must tell the designated safeguarding lead, {dsl}, of a message from a pupil.

1.3 Complaints go to the chair of governors, Mr Ben Okafor.
"""


@pytest.fixture
def hillside(policybot: Policybot) -> Policybot:
    policybot("init", "hillside", "--name", "Hillside & <b>Meadow</b> School")
    return policybot


@pytest.fixture
def publish(hillside: Policybot, tmp_path: Path) -> Callable[[str, str], None]:
    """Publish a policy of hillside that names a safeguarding lead."""

    def published(slug: str, dsl: str) -> None:
        (tmp_path / f"{slug}.txt").write_text(DOCUMENT.format(title=f"{slug.title()} Policy", dsl=dsl), encoding="utf-8")
        where = ("--school", "hillside", "--policy", slug)
        assert hillside("import", tmp_path / f"{slug}.txt", *where).code == 0
        assert hillside("publish", *where).code == 0

    return published


def sheet(policybot: Policybot) -> str:
    ran = policybot("sheet", "--school", "hillside")
    assert ran.code == 0
    assert ran.out.startswith("<!doctype html>")
    return str(ran.out)


def rows(html: str) -> dict[str, list[str]]:
    """Return what stands beside each label, the last of those with the same label."""
    found = re.findall(r"<tr><th[^>]*>(.*?)</th>(.*?)</tr>", html)
    cells_of = re.compile(r"<td[^>]*>(.*?)</td>")
    return {
        unescape(label): [unescape(cell).replace(NO_BREAK, " ") for cell in cells_of.findall(cells)] for label, cells in found
    }


def test_whom_to_tell_is_named_as_the_policies_do(hillside: Policybot, publish: Callable[[str, str], None]) -> None:
    publish("phones", "Mrs Joy Lee")
    told = rows(sheet(hillside))
    assert told["Designated safeguarding lead (DSL)"][0] == "Mrs Joy Lee"
    assert told["About a member of staff: the headteacher"][0] == "Mrs Ada Harrison"
    assert told["About the headteacher: chair of governors"][0] == "Mr Ben Okafor"


def test_where_two_policies_name_two_people_both_are_named_once(hillside: Policybot, publish: Callable[[str, str], None]) -> None:
    publish("phones", "Mrs Joy Lee")
    publish("safety", "Mr Sam Roe")
    told = rows(sheet(hillside))
    assert told["Designated safeguarding lead (DSL)"][0] == "Mrs Joy Lee or Mr Sam Roe"
    assert told["About a member of staff: the headteacher"][0] == "Mrs Ada Harrison"


CONTACTS = """
numbers: {samaritans: {number: 0330 094 5717, checked: 2027-01}}
contacts:
  - {name: Mrs Lee & Co, roles: [DSL], phone: [01473 123456, 07700 900123], hours: 08:00-17:00}
  - {name: Mr Reed, roles: [deputy DSL], phone: 01473 123457}
  - {name: Ms Obi, roles: [deputy DSL], email: obi@hillside.example, hours: any time}
  - {name: Mr Hall, roles: [deputy DSL]}
  - {name: Dr Shah, roles: [chair], email: chair@hillside.example}
  - {name: Suffolk MASH, roles: [social care], phone: 0345 600 0001, hours: Monday-Friday 09:00-17:00}
  - {name: Emergency team, roles: [EDT], phone: 0345 600 0002}
"""


@pytest.fixture
def contacts(hillside: Policybot, tmp_path: Path) -> None:
    """Hillside has written down whom its staff turn to, but for its headteacher."""
    (tmp_path / "contacts.yaml").write_text(CONTACTS, encoding="utf-8")
    assert hillside("contacts", "--school", "hillside", "--load", tmp_path / "contacts.yaml").code == 0


@pytest.mark.usefixtures("contacts")
def test_whom_the_school_wrote_down_goes_before_whom_policies_name(
    hillside: Policybot, publish: Callable[[str, str], None]
) -> None:
    publish("phones", "Mrs Joy Lee")
    html = sheet(hillside)
    told = rows(html)
    assert told["Designated safeguarding lead (DSL)"] == [
        "Mrs Lee & Co",
        "<b>01473 123456, 07700 900123</b> Monday to Friday 8:00-17:00 in term time",
    ]
    assert told["About the headteacher: chair of governors"] == ["Dr Shah", "<b>chair@hillside.example</b> "]
    assert told["About a member of staff: the headteacher"] == ["Mrs Ada Harrison", "phone, room"]
    assert told["Children's social care at the council"] == ["0345 600 0001", "Monday to Friday 9:00-17:00 all year"]
    assert told["Emergency duty team of the council"] == ["0345 600 0002", "evenings, nights, weekends"]
    deputies = re.findall(r"Deputy safeguarding lead</th><td>(.*?)</td><td[^>]*>(.*?)</td>", html.replace(NO_BREAK, " "))
    assert "07700\u00a0900123" in html  # a number is not broken at the end of a line
    assert deputies == [
        ("Mr Reed", "<b>01473 123457</b> "),
        ("Ms Obi", "<b>obi@hillside.example</b> any time"),
        ("Mr Hall", "phone, room"),
    ]


@pytest.mark.usefixtures("contacts")
def test_a_number_that_the_school_checked_anew_stands_there_with_when(hillside: Policybot) -> None:
    html = sheet(hillside)
    assert rows(html)["For yourself: Samaritans, day and night"] == ["0330 094 5717"]
    assert "; last checked in January 2027: 0330 094 5717 (the school)." in html


def test_what_no_policy_says_is_left_to_fill_in(hillside: Policybot) -> None:
    told = rows(sheet(hillside))
    for label in (
        "Designated safeguarding lead (DSL)",
        "Deputy safeguarding lead",
        "About a member of staff: the headteacher",
        "Children's social care at the council",
        "Emergency duty team of the council",
    ):
        assert told[label][0] == ""


def test_the_national_numbers_stand_there_with_where_and_when_they_were_checked(hillside: Policybot) -> None:
    html = sheet(hillside)
    told = rows(html)
    assert told["NSPCC Helpline"] == ["0808 800 5000"]
    assert told["Police, where it is not an emergency"] == ["101"]
    assert told["For yourself: Samaritans, day and night"] == ["116 123"]
    assert (
        "Numbers last checked in November 2026: 999 (Keeping Children Safe in Education, Part one), "
        "0808 800 5000 (nspcc.org.uk), 101 (police.uk), 116 123 (gov.uk)."
    ) in html


def test_the_steps_are_those_of_the_urgent_reply(hillside: Policybot, demo: Indexes) -> None:
    answer = needs_school("I am worried about a child", (), demo.knowledge.vectors)
    assert answer.outcome is Outcome.URGENT
    (do_not,) = [step for step in answer.steps if step.startswith("Do not investigate")]
    html = unescape(sheet(hillside))
    assert html.index("Worried about a child?") < html.index(answer.headline) < html.index(do_not) < html.index("Ask policybot")


NUMBERS = [one for one in vars(national_numbers).values() if isinstance(one, national_numbers.NationalNumber)]


@pytest.mark.parametrize("one", NUMBERS, ids=lambda one: one.number)
def test_every_national_number_says_where_and_when_it_was_read(one: national_numbers.NationalNumber) -> None:
    assert one.name
    assert one.source
    assert re.fullmatch(r"[\d ]+|[a-z.]+\.uk", one.number)
    assert one.checked >= "2026-11"


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("I feel suicidal", {"999", "116 123", "85258", "111"}),
        ("Somebody is outside with a knife and says he will kill us", {"999", "101"}),
        ("I am worried about a child", {"999", "0808 800 5000"}),
        ("a colleague slapped a pupil", {"999", "0800 028 0285"}),
    ],
)
def test_every_number_of_an_urgent_reply_is_a_national_one(demo: Indexes, question: str, numbers: set[str]) -> None:
    answer = needs_school(question, (), demo.knowledge.vectors)
    assert answer.outcome is Outcome.URGENT
    told = {found.strip() for found in re.findall(r"\d[\d ]+", " ".join((answer.headline, *answer.steps)))}
    assert told == numbers
    assert told <= {one.number for one in NUMBERS}


def test_of_the_chair_stands_there_what_the_chair_has_confirmed(hillside: Policybot) -> None:
    chair = ("contacts", "--school", "hillside", "--set", "Ms Okoro", "--role", "chair of governors", "--phone")
    hillside(*chair, "01473 123459")
    hillside("contacts", "--school", "hillside", "--confirmed", "Ms Okoro")
    hillside(*chair, "01473 999999")
    text = sheet(hillside).replace(NO_BREAK, " ")
    assert "01473 123459" in text
    assert "999999" not in text


def test_the_qr_code_is_of_the_page_where_a_code_is_typed(hillside: Policybot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICYBOT_PUBLIC_URL", ADDRESS)
    html = sheet(hillside)
    assert as_svg(f"{ADDRESS}/join") in html
    assert f"Scan this, or open <b>{ADDRESS}/join</b>" in html
    assert "Telegram" not in html


def test_with_telegram_alone_the_qr_code_opens_the_bot(hillside: Policybot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICYBOT_TELEGRAM__TOKEN", "1:a")
    monkeypatch.setenv("POLICYBOT_TELEGRAM__BOT_NAME", "HillsideBot")
    html = sheet(hillside)
    assert as_svg("https://t.me/HillsideBot") in html
    assert "look for <b>@HillsideBot</b> on Telegram" in html


def test_where_no_phone_can_open_anything_there_is_no_qr_code_but_a_line(hillside: Policybot) -> None:
    ran = hillside("sheet", "--school", "hillside")
    assert ran.err == "There is no QR code on the sheet: set POLICYBOT_PUBLIC_URL for one.\n"
    assert "<svg" not in ran.out
    assert "127.0.0.1" not in ran.out
    assert 'type the code: <span class="line">' in ran.out


@pytest.mark.parametrize(("school", "told"), [("hillside", True), ("meadow", False)])
def test_where_a_workspace_lets_the_schools_staff_in_it_says_so(
    hillside: Policybot, tmp_path: Path, school: str, told: bool
) -> None:
    hillside("init", "meadow", "--name", "Meadow School")
    (tmp_path / "home" / "policybot.yaml").write_text(
        f"slack:\n  bot_token: xoxb-1\n  app_token: xapp-1\n  workspaces:\n    T1: {{schools: [{school}]}}\n"
    )
    assert ("In Slack you need no code" in sheet(hillside)) is told


def test_what_is_kept_is_told_as_it_is_set(hillside: Policybot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICYBOT_RETENTION_DAYS", "30")
    assert "It keeps questions for 30 days without your name" in sheet(hillside)


def test_the_sheet_needs_nothing_else_and_nothing_in_it_runs(hillside: Policybot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICYBOT_PUBLIC_URL", ADDRESS)
    html = sheet(hillside)
    assert re.findall(r"<script|<link|<img|<iframe|@import|url\(|\son\w+=|(?:src|href)=", html) == []
    assert "Hillside &amp; &lt;b&gt;Meadow&lt;/b&gt; School" in html


def test_it_is_written_to_a_file(hillside: Policybot, tmp_path: Path) -> None:
    ran = hillside("sheet", "--school", "hillside", "--out", tmp_path / "sheet.html")
    assert (ran.code, ran.out) == (
        0,
        f"{tmp_path / 'sheet.html'} is written. Open it in a browser and print it. Check the names, "
        "and fill in the empty lines by hand.\n",
    )
    assert (tmp_path / "sheet.html").read_text(encoding="utf-8") == sheet(hillside).removesuffix("\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--school", "nowhere"), "There is no school called nowhere"),
        (("--school", "hillside", "--out", "/nowhere/sheet.html"), "/nowhere/sheet.html cannot be written: No such file"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(hillside: Policybot, arguments: tuple[str, ...], words: str) -> None:
    ran = hillside("sheet", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert words in ran.err
