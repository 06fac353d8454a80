"""The page for a school's DPIA says what is stored as the store does, and for how long as the program and /privacy do."""

import re
from datetime import timedelta
from pathlib import Path

from bot.commands import privacy_blocks
from bot.deliveries import EVENTS_KEPT, GIVE_UP_AFTER, GIVEN_UP_KEPT, NOTICE_WAITS
from bot.desk.access import IDLE, LINK_LASTS, MAIL_LINK_LASTS
from bot.escalations import ESCALATIONS_KEPT
from bot.installations import LINK_LASTS as INSTALL_LINK_LASTS
from bot.outgoing import ROUND_EVERY
from bot.people import CHANNEL_NAMES, EMAIL, INVITATION_LASTS, OWN_IDLE, SHARED_IDLE, WEB
from bot.records import FOLLOW_UP, RETENTION
from bot.rendering import as_text
from corpus.tables import metadata

REPOSITORY = Path(__file__).parent.parent.parent
PAGE = (REPOSITORY / "docs" / "data-protection.md").read_text(encoding="utf-8")
STORED = PAGE.split("## What is stored")[1].split("\n## ")[0]
ROWS = {name: cells.split(" | ") for name, cells in re.findall(r"^\| `(\w+)` \| (.*) \|$", STORED, re.MULTILINE)}
RECORD = "the school's record"


def days(time: timedelta) -> str:
    return f"{time.days} days"


def minutes(time: timedelta) -> str:
    return f"{time // timedelta(minutes=1)} minutes"


def test_every_table_of_the_store_is_named_with_what_is_in_it_how_long_and_who_sees_it() -> None:
    assert set(ROWS) == set(metadata.tables)
    for name, cells in ROWS.items():
        assert len(cells) == 3, name
        assert all(cell.strip() for cell in cells), name


def test_what_is_kept_for_a_time_is_kept_for_the_time_that_is_told() -> None:
    told = {
        "invitations": [days(INVITATION_LASTS)],
        "sessions": [days(OWN_IDLE), minutes(SHARED_IDLE)],
        "events": [f"{days(EVENTS_KEPT)} at most", f"the rest {days(EVENTS_KEPT)}"],
        "outbox": [minutes(GIVE_UP_AFTER), days(NOTICE_WAITS), days(GIVEN_UP_KEPT)],
        "tallies": [days(GIVEN_UP_KEPT)],
        "conversations": [minutes(FOLLOW_UP)],
        "unfinished": [minutes(FOLLOW_UP)],
        "questions": [f"{days(RETENTION)} (`retention_days`)"],
        "escalations": [f"{days(ESCALATIONS_KEPT)} (`escalation_days`)"],
        "desk_links": [minutes(LINK_LASTS), days(MAIL_LINK_LASTS)],
        "desk_sessions": [minutes(IDLE)],
        "install_links": [days(INSTALL_LINK_LASTS)],
    }
    for name, times in told.items():
        assert all(time in ROWS[name][1] for time in times), (name, times)
    # Whatever else is kept for a time must stand above.
    assert {name for name, cells in ROWS.items() if re.search(r"\d+ (days|minutes)", cells[1])} == set(told)
    assert f"every {minutes(ROUND_EVERY)}" in PAGE


def test_what_holds_sealed_words_says_so_and_no_other_table() -> None:
    assert {name for name, cells in ROWS.items() if "sealed" in cells[0]} == {
        "escalations", "installations", "outbox", "questions", "unfinished",
    }  # fmt: skip


def test_privacy_in_the_chat_tells_the_same_times_as_the_page() -> None:
    for channel in set(CHANNEL_NAMES) - {EMAIL}:
        told = as_text(privacy_blocks(channel, RETENTION, ESCALATIONS_KEPT))
        for time in (days(RETENTION), minutes(FOLLOW_UP), days(ESCALATIONS_KEPT)):
            assert time in told, (channel, time)
            assert time in STORED
        name = "chat page" if channel == WEB else CHANNEL_NAMES[channel]
        assert f"| {name}" in PAGE or f"| the {name}" in PAGE, channel


def test_what_the_page_tells_people_to_write_is_understood() -> None:
    from bot.commands import NAMES

    written = set(re.findall(r"`/(\w+)`", PAGE))
    assert {"privacy", "mydata", "forget", "leave"} <= written <= NAMES


def test_what_the_readme_and_the_pages_link_to_is_there() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert "(docs/data-protection.md)" in readme
    assert "(SECURITY.md)" in readme
    for page in (REPOSITORY / "SECURITY.md", REPOSITORY / "docs" / "data-protection.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), (page.name, link)
        for path in re.findall(r"`((?:bot|corpus|retrieval|deploy|tests)/[\w/.-]+)`", page.read_text(encoding="utf-8")):
            assert (REPOSITORY / path).exists(), (page.name, path)
