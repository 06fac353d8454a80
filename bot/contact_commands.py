"""The command on a school's contacts: print them, load them from a file, change one, and say what is still missing."""

import getpass
import sys
from collections.abc import Callable, Mapping

from bot.bootstrap import open_versions
from bot.clock import now_utc, today
from bot.contact_book import ContactBook
from bot.contact_file import ROLE_NAMES, differences, read_book, to_yaml, with_contact, without_contact
from bot.contact_gaps import gaps
from bot.contact_store import Contacts, to_be_told
from bot.errors import BotError
from bot.pasted import STANDARD_INPUT, read_pasted
from bot.rendering import environment
from bot.settings import Value, read_settings
from corpus.tables import writing
from corpus.versions import School, Versions, no_such_school

# The keys of the file that the command's flags set.
FLAGS = {"role": "roles", "phone": "phone", "email": "email", "hours": "hours", "away": "away", "conflict": "conflicts"}


def show_contacts(school_id: str) -> int:
    """Print a school's contacts, or a file to fill in where there are none. Raises BotError where there is no such school."""
    versions = open_versions(read_settings())
    school = _school(versions, school_id)
    book = Contacts(versions.engine, now_utc).book(school.id)
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


def _school(versions: Versions, school_id: str) -> School:
    found = versions.schools([school_id])
    if not found:
        raise BotError(no_such_school(school_id, [school.id for school in versions.schools()]))
    return found[0]


def _change(versions: Versions, school: School, change: Callable[[ContactBook], ContactBook]) -> int:
    kept = Contacts(versions.engine, now_utc)
    with writing(versions.engine) as connection:
        before = kept.book(school.id, connection)
        after = change(before)
        changes = kept.save(school.id, after, getpass.getuser(), connection)
    told = differences(before, after)
    print(*told or ["Nothing is changed: the contacts said the same."], sep="\n")
    names = to_be_told(changes)
    if names:
        print(f"This changes whom a concern about an adult goes to. Tell everybody whom it touches: {', '.join(names)}.")
    print_gaps(after, school)
    return 0
