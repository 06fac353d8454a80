"""What a restored store is cleaned of before it serves: whom it lets in, what it says, and what it still knows."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, func, select

from bot.assembly import assemble
from bot.backup import write_backup
from bot.bootstrap import Indexes
from bot.deliveries import GIVE_UP_AFTER
from bot.errors import BotError
from bot.people import EMAIL, SLACK, TELEGRAM, WEB, PersonRole
from bot.removals import FILE_NAME, Ledger, Removal, Removed, noted, read
from bot.restore import Kept, Restored, restore
from bot.tables import duties, escalations, invitations, outbox, people, questions, removals, watches
from bot.watches import TELL_ME
from corpus.tables import open_engine, sqlite_url
from corpus.tenancy import writing_at
from corpus.versions import Versions
from retrieval.knowledge import Knowledge
from tests.bot.conftest import CONTACTS, Staff
from tests.conftest import KEY, Chat
from tests.platforms import postgres
from tests.platforms.logged import logged

if TYPE_CHECKING:
    from tests.conftest import Clock

HEAD, DSL, DEPUTY, CHAIR, TEACHER, OTHER = "1", "2", "3", "4", "77", "78"
FRIENDS, LOCK = "Can I accept a friend request from a parent?", "Must I lock my computer when I leave the room?"
BEATEN = "A child in my class has told me that her stepdad hits her"
KEPT = Kept(timedelta(days=90), timedelta(days=365))
Again = Callable[..., tuple[Staff, Restored]]


@pytest.fixture
def again(linked: Staff, dialect: str, knowledge: Knowledge, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Again]:
    """Restore the backup that was made with `back_up`; return the school as it then is, and what came of it."""
    opened: list[Engine] = []
    with another_store(dialect, request) as url:

        def build(ledger: list[Removal] | None = None, kept: Kept = KEPT) -> tuple[Staff, Restored]:
            engine = open_engine(url)
            opened.append(engine)
            known = noted(linked.engine) if ledger is None else ledger
            came = restore(engine, tmp_path / "backup", known, key=KEY, kept=kept, login=None, now=linked.clock)
            indexes = Indexes(Versions(engine, linked.clock), knowledge)
            return Staff(Chat(assemble(indexes, KEY, now=linked.clock), linked.clock), linked.clock), came

        yield build
        for engine in opened:
            engine.dispose()


@contextmanager
def another_store(dialect: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the address of a store that is empty: of the newest schema, as copies are made quickly of that."""
    if dialect == "postgresql":
        with postgres.shared().database(request.getfixturevalue("empty_database")) as url:
            yield url
    else:
        folder = request.getfixturevalue("tmp_path") / "another"
        copytree(request.getfixturevalue("empty_store"), folder)
        yield sqlite_url(folder)


def back_up(staff: Staff, tmp_path: Path) -> None:
    staff.clock.wait(timedelta(minutes=1))
    write_backup(staff.engine, tmp_path / "backup", "key", staff.clock())
    staff.clock.wait(timedelta(minutes=1))


def count(staff: Staff, table: Any, *where: Any) -> int:
    with staff.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table).where(*where)) or 0


def known(staff: Staff, account: str, channel: str = TELEGRAM) -> bool:
    return any(access.person for access in staff.parts.people.access(channel, account))


# What was removed since


@pytest.mark.both_stores
def test_what_was_erased_and_who_was_removed_since_the_backup_is_not_there_after_it(
    linked: Staff, again: Again, tmp_path: Path
) -> None:
    parts = linked.parts
    linked.enrol(PersonRole.STAFF, OTHER)
    for account in (TEACHER, OTHER):
        for question in (FRIENDS, LOCK):
            linked.say(question, account)
            linked.press(TELL_ME, account)
    in_slack = parts.people.admit("hillside", SLACK, "U1")
    promoted = linked.enrol(PersonRole.STAFF, "90")
    supply = linked.enrol(PersonRole.STAFF, "91")
    assert in_slack
    linked.say(BEATEN)
    linked.press("Tell Mrs Reed now: my name and what I wrote")
    back_up(linked, tmp_path)

    linked.say("/forget", OTHER)
    linked.say("/watching", TEACHER)
    linked.press("Stop watching 1", TEACHER)
    linked.say("/duty", DSL)
    linked.press("I am no longer a contact", DSL)
    with writing_at(linked.engine, "hillside") as connection:
        (handed,) = parts.escalations.of_asker(parts.records.asker(linked.chat.message()), "hillside", connection)
        parts.escalations.erase(connection, handed)
    deputy = next(person for person in parts.people.of("hillside") if person.account == DEPUTY)
    parts.people.remove("hillside", deputy.id, in_slack.id)
    parts.people.replace_headteacher("hillside")
    linked.enrol(PersonRole.OFFICE, promoted.account)
    parts.people.enrol(
        parts.people.invite("hillside", PersonRole.STAFF, linked.clock() + timedelta(days=1))[1], TELEGRAM, supply.account
    )

    staff, came = again()
    assert came.removed == Counter(
        {Removed.PERSON: 5, Removed.ASKER: 1, Removed.WATCH: 3, Removed.DUTY: 1, Removed.ESCALATION: 1}
    )
    gone = {HEAD, DEPUTY, promoted.account, supply.account}
    assert {account for account in (*CONTACTS, TEACHER, OTHER, *gone) if not known(staff, account)} == gone
    assert staff.parts.people.admit("hillside", SLACK, "U1") is None
    asker = parts.records.asker(linked.chat.message(account=OTHER))
    assert count(staff, questions, questions.c.asker == asker) == 0
    assert count(staff, questions) == 2
    assert count(staff, watches) == 1
    with staff.engine.connect() as connection:
        held = select(people.c.account).join(duties, duties.c.person_id == people.c.id)
        assert connection.scalars(held).all() == [CHAIR]
        assert connection.scalars(select(escalations.c.content)).all() == [None]
    # What is removed from now on, and what was removed again, is in the ledger of a restore to come.
    assert set(noted(staff.engine)) == set(noted(linked.engine))


def test_who_was_removed_before_the_backup_and_is_back_stays(linked: Staff, again: Again, tmp_path: Path) -> None:
    person = linked.parts.people.admit("hillside", SLACK, "U1")
    assert person
    linked.parts.people.remove("hillside", person.id)
    code = linked.parts.people.invite("hillside", PersonRole.STAFF)[1]
    assert linked.parts.people.enrol(code, SLACK, "U1").id == person.id
    linked.say(FRIENDS)
    linked.say("/forget")
    linked.say(LOCK)
    back_up(linked, tmp_path)
    staff, came = again()
    assert came.removed.total() == 0
    assert known(staff, "U1", SLACK)
    assert count(staff, questions) == 1


def test_a_chair_whose_address_the_contacts_no_longer_name_is_not_let_in_by_it(
    linked: Staff, again: Again, tmp_path: Path
) -> None:
    book = linked.book.replace("01473 123459", "01473 123459\n    email: chair@example.org")
    linked.write_book(book)
    linked.say("/duty", CHAIR)
    linked.press("That is right", CHAIR)
    with writing_at(linked.engine, "hillside") as connection:
        linked.parts.people.let_in_chair(connection, "hillside", "chair@example.org", "headteacher 1")
    back_up(linked, tmp_path)
    linked.write_book(book.replace("chair@", "new.chair@"))
    linked.say("/duty", CHAIR)
    linked.press("That is right", CHAIR)
    assert not known(linked, "chair@example.org", EMAIL)
    staff, _ = again()
    assert not known(staff, "chair@example.org", EMAIL)


def test_a_number_that_went_to_somebody_else_after_a_restore_without_the_ledger_removes_nobody(
    linked: Staff, again: Again, tmp_path: Path
) -> None:
    back_up(linked, tmp_path)
    latest = max(person.id for person in linked.parts.people.of("hillside"))
    long_ago = datetime.fromisoformat("2020-01-01")
    _, came = again([Removal("hillside", Removed.PERSON, str(latest), long_ago)])
    assert came.removed.total() == 0


def test_a_ledger_that_lacks_what_the_backup_has_is_refused(linked: Staff, again: Again, tmp_path: Path) -> None:
    linked.say("/forget")
    linked.say(FRIENDS)
    linked.say("/forget")
    back_up(linked, tmp_path)
    with pytest.raises(BotError, match="are not those of the store that"):
        again([])
    again()


def test_what_has_been_kept_long_enough_goes_before_anybody_is_served(linked: Staff, again: Again, tmp_path: Path) -> None:
    linked.say(FRIENDS)
    with_alert(linked)
    linked.press("Open it", DSL)
    linked.press("I am dealing with it", DSL)
    back_up(linked, tmp_path)
    linked.clock.wait(timedelta(days=50))
    staff, _ = again(kept=Kept(timedelta(days=30), timedelta(days=40)))
    assert (count(staff, questions), count(staff, escalations)) == (0, 0)


# What ends, and what is not said again


def test_sessions_links_and_invitations_of_the_backup_are_over(linked: Staff, again: Again, tmp_path: Path) -> None:
    people_ = linked.parts.people
    person = linked.enrol(PersonRole.HEADTEACHER, "web 1", WEB)
    session, link = people_.open_session(person, shared=False), linked.parts.desk.make_link(person)
    invitation, code = people_.invite("hillside", PersonRole.HEADTEACHER)
    desk = linked.parts.desk.enter(linked.parts.desk.make_link(person))
    back_up(linked, tmp_path)
    staff, came = again()
    assert came.invitations == 1
    assert staff.parts.people.in_session(session) is None
    assert not staff.parts.desk.is_open(link)
    assert staff.parts.desk.session(desk.token) is None
    with pytest.raises(BotError, match="not valid"):
        staff.parts.people.enrol(code, TELEGRAM, "99")
    assert count(staff, invitations) == 0
    assert staff.parts.people.invite("hillside", PersonRole.STAFF)[0].id > invitation.id + 100


def test_nothing_of_the_backup_is_said_or_answered_again_and_a_platform_may_bring_it_again(
    linked: Staff, again: Again, tmp_path: Path
) -> None:
    deliveries, message = linked.parts.deliveries, linked.chat.message(FRIENDS)
    assert deliveries.receive("unanswered", message, "asker")
    linked.is_down = True
    linked.say("/duty", DSL)
    linked.press("Send me a test alert", DSL)
    linked.round()
    assert count(linked, outbox, outbox.c.call.is_not(None)) == 1
    back_up(linked, tmp_path)
    staff, came = again()
    assert (came.unsaid, came.unanswered) == (1, 1)
    assert staff.parts.deliveries.receive("unanswered", message, "asker") is None
    staff.clock.wait(GIVE_UP_AFTER)
    assert staff.parts.deliveries.left_behind([TELEGRAM]) == []
    staff.round()
    assert not any(staff.notices.values())


# Worries about a child


def with_alert(staff: Staff) -> None:
    staff.say(BEATEN)
    staff.press("Tell Mrs Reed now: my name and what I wrote")
    staff.round()


def test_a_worry_that_nobody_had_taken_on_is_told_again_and_then_goes_down_the_line(
    linked: Staff, again: Again, tmp_path: Path
) -> None:
    with_alert(linked)
    made_at = linked.clock()
    back_up(linked, tmp_path)
    linked.clock.wait(timedelta(hours=3))
    staff, came = again()
    ((school, alert),) = came.alerts
    assert school == "Hillside Primary School"
    assert abs(alert.made_at - made_at) < timedelta(minutes=1)
    staff.round()
    assert "A colleague asks for you now. It is urgent." in staff.told(DSL)[0]
    assert staff.told(DEPUTY) == []
    staff.wait(minutes=11)
    assert "It is urgent." in staff.told(DEPUTY)[0]
    assert "stepdad" in staff.press("Open it", DSL)


def test_a_worry_that_was_taken_on_is_not_told_again(linked: Staff, again: Again, tmp_path: Path) -> None:
    with_alert(linked)
    linked.press("Open it", DSL)
    linked.press("I am dealing with it", DSL)
    back_up(linked, tmp_path)
    staff, came = again()
    assert came.alerts == []
    staff.round()
    assert staff.told(DSL) == []


def test_a_worry_of_which_all_in_line_were_told_long_before_is_listed_and_not_told_again(
    linked: Staff, again: Again, tmp_path: Path
) -> None:
    with_alert(linked)
    linked.wait(minutes=11)
    linked.wait(minutes=11)
    linked.clock.wait(timedelta(days=20))
    back_up(linked, tmp_path)
    staff, came = again()
    assert len(came.alerts) == 1
    staff.round()
    assert staff.told(DSL) == staff.told(DEPUTY) == []


def test_a_worry_whose_lead_was_removed_since_goes_to_the_next_at_once(linked: Staff, again: Again, tmp_path: Path) -> None:
    with_alert(linked)
    back_up(linked, tmp_path)
    lead = next(person for person in linked.parts.people.of("hillside") if person.account == DSL)
    linked.parts.people.remove("hillside", lead.id)
    staff, _ = again()
    staff.round()
    assert "It is urgent." in staff.told(DEPUTY)[0]


# The ledger and its file


def test_the_file_holds_what_the_store_notes_whichever_process_writes_it(linked: Staff, tmp_path: Path) -> None:
    file = tmp_path / "data" / FILE_NAME
    one, other = Ledger(linked.engine, file), Ledger(linked.engine, file)
    one.copy_out()
    assert read(file) == []
    for ledger in (one, other, one):
        linked.say("/forget")
        linked.say(FRIENDS)
        linked.say("/forget")
        ledger.copy_out()
        assert read(file) == noted(linked.engine)
    assert file.stat().st_mode & 0o777 == 0o600
    # One that was lost is made anew, from the beginning.
    file.unlink()
    one.copy_out()
    assert read(file) == noted(linked.engine)
    assert len(read(file)) == 3


def forgotten(staff: Staff) -> None:
    staff.say(FRIENDS)
    staff.say("/forget")


def test_a_line_that_was_cut_off_is_written_again(linked: Staff, tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    forgotten(linked)
    Ledger(linked.engine, file).copy_out()
    whole = file.read_bytes()
    file.write_bytes(whole[:-5])
    assert read(file) == []
    Ledger(linked.engine, file).copy_out()
    assert file.read_bytes() == whole


@pytest.mark.parametrize("content", [b"nonsense\n", b"{}\n", b"\xff\xfe\n", b"[1]\n"])
def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other"
    file.write_bytes(content)
    with pytest.raises(BotError, match="is no removals file, or is damaged"):
        read(file)


def test_a_ledger_whose_numbers_are_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other"
    file.write_bytes(b'{"school_id":"hillside","kind":"person","object":"x","at":"2026-11-23T08:30:00"}\n')
    with pytest.raises(BotError, match="is no removals file, or is damaged"):
        read(file)


def test_whoever_serves_copies_removals_out_and_goes_on_where_that_cannot_be(
    linked: Staff, clock: "Clock", tmp_path: Path
) -> None:
    file = tmp_path / "data" / FILE_NAME
    parts = assemble(linked.parts.indexes, KEY, now=clock, ledger=Ledger(linked.engine, file))
    parts.outgoing.tidy()
    assert not file.exists()  # an empty one could be taken for the ledger of what is restored later
    forgotten(linked)
    parts.outgoing.tidy()
    assert len(read(file)) == 1
    file.unlink()
    file.mkdir()
    forgotten(linked)
    with logged() as log:
        parts.outgoing.tidy()
    assert any("The removals file cannot be written" in event for event in log.events)
    assert count(linked, removals) == 2
