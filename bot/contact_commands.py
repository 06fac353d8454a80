"""The command on a school's contacts: print them, load them from a file, change one, and say what is still missing."""

import getpass
import sys
from collections.abc import Callable, Mapping

from bot.audit import Audit, at_command_line
from bot.bootstrap import open_versions
from bot.clock import today
from bot.contact_book import ContactBook, ContactRole
from bot.contact_changes import ContactChanges
from bot.contact_file import ROLE_NAMES, differences, read_book, to_yaml, with_contact, without_contact
from bot.contact_gaps import gaps
from bot.contact_store import Contacts
from bot.duties import Duties
from bot.errors import BotError
from bot.notices import Notices
from bot.pasted import STANDARD_INPUT, read_pasted
from bot.rendering import environment
from bot.settings import Value, read_settings
from corpus.versions import School, Versions, no_such_school

# The keys of the file that the command's flags set.
FLAGS = {"role": "roles", "phone": "phone", "email": "email", "hours": "hours", "away": "away", "conflict": "conflicts"}


def show_contacts(school_id: str) -> int:
    """Print a school's contacts, or a file to fill in where there are none. Raises BotError where there is no such school."""
    versions = open_versions(read_settings())
    school = _school(versions, school_id)
    book = Contacts(versions.engine, versions.now).book(school.id)
    print(skeleton(school) if book == ContactBook() else to_yaml(book).rstrip())
    print_gaps(book, school)
    return 0


def load_contacts(school_id: str, file: str) -> int:
    """Put what a file holds in the place of a school's contacts. Raises BotError with all that is wrong; then nothing changes."""
    versions = open_versions(read_settings())
    school, book = _school(versions, school_id), read_contacts(file)
    return _change(versions, school, lambda _: book)


def set_contact(school_id: str, name: str, given: Mapping[str, Value]) -> int:
    """Add a contact, or change what is `given` of one, under the keys of the file. Raises BotError as `load_contacts` does."""
    versions = open_versions(read_settings())
    return _change(versions, _school(versions, school_id), lambda book: with_contact(book, name, given))


def remove_contact(school_id: str, name: str) -> int:
    """Take a contact out. Raises BotError where there is none of this name."""
    versions = open_versions(read_settings())
    return _change(versions, _school(versions, school_id), lambda book: without_contact(book, name))


def read_contacts(file: str) -> ContactBook:
    """Return the contacts in a file, `-` for standard input. Raises BotError with every problem, one a line."""
    return read_book(read_pasted(file, "the contacts"), "What was pasted" if file == STANDARD_INPUT else file)


def skeleton(school: School) -> str:
    """Return a file to fill in, in which nothing is said yet."""
    roles = [names[0] for names in ROLE_NAMES.values()]
    return environment().get_template("contacts.yaml.jinja").render(school=school, roles=roles)


def print_gaps(book: ContactBook, school: School) -> None:
    """Print what the school should still fill in, beside whatever else is printed."""
    missing = gaps(book, school.nation, today())
    if missing:
        print(f"Still to do for {school.name}:", *(f"- {gap.sentence}" for gap in missing), sep="\n", file=sys.stderr)


def confirm_chair(school_id: str, name: str) -> int:
    """Note that the chair of governors has confirmed how they are reached. Raises BotError where there is no such chair."""
    versions = open_versions(read_settings())
    school, kept = _school(versions, school_id), Contacts(versions.engine, versions.now)
    if not _changes(versions, kept).confirm_chair(school.id, name, who=at_command_line()):
        chairs = " or ".join(one.name for one in kept.book(school.id).holders(ContactRole.GOVERNORS)) or "nobody"
        raise BotError(f"{name} is not down as chair of governors of {school.name}: {chairs} is.")
    print(f"Noted: {name} has confirmed how the chair of governors is reached.")
    return 0


def _say_what_holds(kept: Contacts, school: School, book: ContactBook) -> None:
    """Print how staff reach the chair of governors for now, where the chair has not confirmed what the book says."""
    written, holds = (one.holders(ContactRole.GOVERNORS) for one in (book, kept.in_force(school.id)))
    if written and holds != written:
        print(
            f"Until {written[0].name} confirms it with /duty, staff are still told of {holds[0].name} as chair of governors. "
            f"If you have asked {written[0].name}: policybot contacts --school {school.id} --confirmed “{written[0].name}”"
        )


def _school(versions: Versions, school_id: str) -> School:
    found = versions.schools([school_id])
    if not found:
        raise BotError(no_such_school(school_id, [school.id for school in versions.schools()]))
    return found[0]


def _change(versions: Versions, school: School, change: Callable[[ContactBook], ContactBook]) -> int:
    kept = Contacts(versions.engine, versions.now)
    changed = _changes(versions, kept).change(school, change, who=at_command_line(), by=getpass.getuser())
    told = differences(changed.before, changed.after)
    print(*told or ["Nothing is changed: the contacts said the same."], sep="\n")
    if changed.words:
        print(changed.words)
    _say_what_holds(kept, school, changed.after)
    print_gaps(changed.after, school)
    return 0


def _changes(versions: Versions, kept: Contacts) -> ContactChanges:
    engine, now = versions.engine, versions.now
    return ContactChanges(
        engine, kept, duties=Duties(engine, now), notices=Notices(engine, now), audit=Audit(engine, now), now=now
    )
