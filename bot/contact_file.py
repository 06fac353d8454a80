"""A school's contacts as one YAML file, both ways: what the office writes, loads and prints."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, TypeVar

import yaml
from msgspec.structs import replace

from bot.contact_book import CONFIRM_WITHIN, ChangedNumber, Contact, ContactBook, ContactRole, OnPhones, season_of
from bot.errors import BotError, in_quotes, in_short
from bot.national_numbers import CHANGEABLE
from bot.plain_yaml import NOTHING, read_plain_yaml
from bot.school_year import Days, Season, WeeklyHours, read_days, read_hours, spoken_hours
from bot.settings import Value
from bot.telephone import read_number
from corpus.dates import PolicyDate

Kind = TypeVar("Kind")

# How people call the roles; the first of each is how we write it.
ROLE_NAMES = {
    ContactRole.HEADTEACHER: ("headteacher", "head", "head teacher", "principal"),
    ContactRole.DEPUTY_HEADTEACHER: ("deputy headteacher", "deputy", "deputy head", "vice principal"),
    ContactRole.DSL: ("DSL", "designated safeguarding lead", "safeguarding lead"),
    ContactRole.DEPUTY_DSL: ("deputy DSL", "ddsl", "deputy designated safeguarding lead", "deputy safeguarding lead"),
    ContactRole.GOVERNORS: ("chair of governors", "chair", "governors", "chair of trustees"),
    ContactRole.LINE_MANAGER: ("line manager",),
    ContactRole.SLT: ("senior leadership team", "slt", "senior leader", "assistant head", "assistant headteacher"),
    ContactRole.IT: ("IT", "ict", "it support", "technician"),
    ContactRole.OFFICE: ("office", "school office", "reception", "office manager"),
    ContactRole.LOCAL_AUTHORITY: ("local authority", "council"),
    ContactRole.DESIGNATED_OFFICER: ("designated officer", "lado", "local authority designated officer"),
    ContactRole.SOCIAL_CARE: ("social care", "children's social care", "mash", "front door"),
    ContactRole.SOCIAL_CARE_OUT_OF_HOURS: ("social care out of hours", "emergency duty team", "edt", "out of hours"),
    ContactRole.POLICE: ("police",),
}
_ROLES = {name.casefold(): role for role, names in ROLE_NAMES.items() for name in names}  # as people call it -> the role

MOST_CONTACTS = 300
LONGEST_NAME = 60
LONGEST_WAIT = 60  # minutes, until an alert that nobody confirmed goes to the next in line
_KEYS = (
    "hours",
    "office_hours",
    "terms",
    "closed",
    "telegram_in_hours",
    "confirm_within",
    "anonymous_questions",
    "numbers",
    "contacts",
)
_CONTACT_KEYS = ("name", "roles", "phone", "email", "hours", "away", "conflicts")
_NUMBER_KEYS = ("number", "checked")
_YES, _NO = "yes", "no"
_FLAGS = {_YES: True, "true": True, _NO: False, "false": False}
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")


def read_book(text: str, source: str) -> ContactBook:
    """Return what a school wrote in a file called `source`; of an empty one, an empty book.

    Raises BotError with every problem, one a line, each naming the contact or the key and what to do.
    """
    return book_of(read_plain_yaml(text, source, "hours: 08:30-15:30"))


def to_yaml(book: ContactBook) -> str:
    """Return a book as the text of a file; `read_book` gives the same book back."""
    return yaml.dump(as_written(book), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def book_of(written: Mapping[str, Value]) -> ContactBook:
    """Return the book that keys and values as written in a file give. Raises BotError as `read_book` does."""
    reading = _Reading()
    reading.known_keys("", written, _KEYS)
    hours = reading.hours("hours", written.get("hours"), Season.TERM)
    if hours and not hours.spans:
        reading.problems.append("hours: write when school begins and when it ends, as 08:30-15:30.")
    on_phones = reading.one("telegram_in_hours", written.get("telegram_in_hours"), _read_on_phones) or OnPhones.ANSWER
    if on_phones is not OnPhones.ANSWER and not written.get("hours"):
        reading.problems.append(f"telegram_in_hours is {on_phones}, but the hours are not known: add them as hours: 08:30-15:30.")
    anonymous = reading.one("anonymous_questions", written.get("anonymous_questions"), _read_flag)
    book = ContactBook(
        hours=hours,
        office_hours=reading.hours("office_hours", written.get("office_hours"), Season.TERM),
        terms=reading.terms(written.get("terms")),
        closed=reading.several("closed", written.get("closed"), read_days),
        telegram_in_hours=on_phones,
        confirm_within=reading.one("confirm_within", written.get("confirm_within"), _read_wait) or CONFIRM_WITHIN,
        anonymous=anonymous if anonymous is not None else True,
        numbers=reading.numbers(written.get("numbers")),
        contacts=reading.contacts(written.get("contacts")),
    )
    if reading.problems:
        raise BotError("\n".join(reading.problems))
    return book


def with_values(book: ContactBook, given: Mapping[str, Value]) -> ContactBook:
    """Return the book in which what is `given` stands under these keys of the file; what is given as empty is taken out.

    Raises BotError as `read_book` does.
    """
    return book_of({**as_written(book), **given})


def with_contact(book: ContactBook, name: str, given: Mapping[str, Value]) -> ContactBook:
    """Return the book in which what is `given`, under the keys of the file, stands for one contact, added where there is none.

    What is given as empty is taken out; those who name the contact as a conflict go on to, under whatever name is given. Raises
    BotError as `read_book` does.
    """
    written, known = as_written(book), book.named(" ".join(name.split()))
    contacts = written.setdefault("contacts", [])
    if known:
        for other in contacts:
            if known.name in other.get("conflicts", ()):
                other["conflicts"] = [given.get("name", one) if one == known.name else one for one in other["conflicts"]]
        contacts[book.contacts.index(known)].update(given)
    else:
        contacts.append({"name": name, **given})
    return book_of(written)


def without_contact(book: ContactBook, name: str) -> ContactBook:
    """Return the book without a contact. Raises BotError where there is none of this name, or another names it as a conflict."""
    known = _known(book, name)
    others = [contact.name for contact in book.contacts if known.name in contact.conflicts]
    if others:
        raise BotError(
            f"{' and '.join(others)} {'has' if len(others) == 1 else 'have'} {known.name} as a conflict: end that first."
        )
    return replace(book, contacts=tuple(contact for contact in book.contacts if contact is not known))


def with_first(book: ContactBook, name: str) -> ContactBook:
    """Return the book with a contact before all others: staff turn to the first in a role first. Raises BotError as above."""
    known = _known(book, name)
    return replace(book, contacts=(known, *(contact for contact in book.contacts if contact is not known)))


def read_contact_role(text: str) -> ContactRole:
    """Return the role that somebody wrote, by our name for it or one of its everyday names. Raises BotError where it is none."""
    plain = re.sub(r"[\s_-]+", " ", text.casefold().replace("’", "'")).strip().removeprefix("the ")
    if plain in _ROLES:
        return _ROLES[plain]
    nearest = get_close_matches(plain, _ROLES, n=1)
    choices = ", ".join(names[0] for names in ROLE_NAMES.values())
    ask = f"did you mean {ROLE_NAMES[_ROLES[nearest[0]]][0]}?" if nearest else f"choose from {choices}."
    raise BotError(f"{in_quotes(text)} is no role: {ask}")


def differences(before: ContactBook, after: ContactBook) -> list[str]:
    """Return a sentence for each thing that one book says otherwise than another, in the words of the file."""
    told = list(_differences("", _but_contacts(before), _but_contacts(after)))
    olds, news = ({contact["name"]: contact for contact in as_written(book).get("contacts", [])} for book in (before, after))
    for name in dict.fromkeys((*olds, *news)):
        if name not in news:
            told.append(f"{name} is taken out.")
        elif name not in olds:
            told.append(f"{name} is added: {', '.join(news[name]['roles'])}.")
        else:
            told += _differences(f"{name}: ", olds[name], news[name])
    if not told and before != after:
        told.append("The contacts stand in another order: staff turn to the first in a role first.")
    return told


def as_written(book: ContactBook) -> dict[str, Any]:
    """Return the keys and values with which a file says what is in the book; what is not said is left out."""
    written = {
        "hours": book.hours and spoken_hours(book.hours),
        "office_hours": book.office_hours and spoken_hours(book.office_hours),
        "terms": [_days(days) for days in book.terms],
        "closed": [_days(days) for days in book.closed],
        "telegram_in_hours": str(book.telegram_in_hours) if book.telegram_in_hours is not OnPhones.ANSWER else None,
        "confirm_within": str(book.confirm_within) if book.confirm_within != CONFIRM_WITHIN else None,
        "anonymous_questions": None if book.anonymous else _NO,
        "numbers": {key: {"number": one.number, "checked": one.checked} for key, one in book.numbers.items()},
        "contacts": [_contact_as_written(contact) for contact in book.contacts],
    }
    return _filled(written)


def _known(book: ContactBook, name: str) -> Contact:
    known = book.named(" ".join(name.split()))
    if not known:
        raise BotError(f"{in_quotes(name)} is no contact here: {_nearest(name, [contact.name for contact in book.contacts])}")
    return known


def _contact_as_written(contact: Contact) -> dict[str, Any]:
    return _filled(
        {
            "name": contact.name,
            "roles": [ROLE_NAMES[role][0] for role in contact.roles],
            "phone": _one_or_several(contact.phones),
            "email": contact.email,
            "hours": contact.hours and spoken_hours(contact.hours),
            "away": _one_or_several([_days(days) for days in contact.away]),
            "conflicts": list(contact.conflicts),
        }
    )


def _filled(written: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in written.items() if value}


def _one_or_several(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _days(days: Days) -> str:
    return str(days.first) if days.first == days.last else f"{days.first} - {days.last}"


def _but_contacts(book: ContactBook) -> dict[str, Any]:
    return {key: value for key, value in as_written(book).items() if key != "contacts"}


def _differences(where: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys((*before, *after)):
        was, is_now = (_as_words(one.get(key)) for one in (before, after))
        if was != is_now:
            if not is_now:
                told = f"is taken out; it was {was}"
            else:
                told = f"is changed from {was} to {is_now}" if was else f"is set to {is_now}"
            yield f"{where}{key} {told}."


def _as_words(value: Any) -> str:
    match value:
        case None:
            return ""
        case list():
            return ", ".join(value)
        case dict():
            return ", ".join(f"{key} {one['number']}, checked {one['checked']}" for key, one in value.items())
        case _:
            return str(value)


class _Reading:
    """What is wrong with a book while it is read; what cannot be read is noted among the `problems`, and left out."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def known_keys(self, where: str, written: Mapping[str, Value], known: Sequence[str]) -> None:
        """Note each key that is not known."""
        for key in written:
            if key not in known:
                nearest = get_close_matches(key.lower(), known, n=1)
                ask = f"did you mean {nearest[0]}?" if nearest else f"it may be {', '.join(known)}."
                self.problems.append(f"{where}{in_short(key)} is not known here: {ask} Correct it or take it out.")

    def one(self, where: str, value: Value, read: Callable[[str], Kind]) -> Kind | None:
        """Return what `read` makes of one value, None where there is none."""
        if not value:
            return None
        try:
            if not isinstance(value, str):
                raise BotError("write one value after the colon, on the same line.")
            return read(value)
        except BotError as error:
            self.problems.append(f"{where}: {error}")
            return None

    def several(self, where: str, value: Value, read: Callable[[str], Kind]) -> tuple[Kind, ...]:
        """Return what `read` makes of each value of a list, or of the only one."""
        values = value if isinstance(value, list) else [value]
        return tuple(found for one in values if (found := self.one(where, one, read)) is not None)

    def hours(self, where: str, value: Value, otherwise: Season) -> WeeklyHours | None:
        """Return weekly hours, of the season `otherwise` where none is written."""
        return self.one(where, value, lambda text: read_hours(text, otherwise))

    def terms(self, value: Value) -> tuple[Days, ...]:
        """Return the half-terms in their order."""
        terms = sorted(self.several("terms", value, read_days), key=lambda days: days.first)
        for earlier, later in pairwise(terms):
            if later.first <= earlier.last:
                self.problems.append(f"terms: {_days(earlier)} and {_days(later)} overlap: correct one of them.")
        return tuple(terms)

    def numbers(self, value: Value) -> dict[str, ChangedNumber]:
        """Return the national numbers that the school has checked anew."""
        return {key: found for key, written in self.tables("numbers", value) if (found := self._number(key, written))}

    def tables(self, where: str, value: Value) -> Iterable[tuple[str, dict[str, Value]]]:
        """Return each key with the keys that stand under it."""
        if value and not isinstance(value, dict):
            self.problems.append(f"{where}: write under it a name, a colon and its values, as in the example.")
        for key, written in (value if isinstance(value, dict) else {}).items():
            if isinstance(written, dict):
                yield key, written
            else:
                self.problems.append(
                    f"{where}: {in_short(key)} needs values of its own, as {{number: 0808 800 5000, checked: 2026-11}}."
                )

    def _number(self, key: str, written: Mapping[str, Value]) -> ChangedNumber | None:
        where = f"numbers: {in_short(key)}"
        if key not in CHANGEABLE:
            self.problems.append(f"{where} is no national number here: choose from {', '.join(CHANGEABLE)}.")
            return None
        self.known_keys(f"{where}: ", written, _NUMBER_KEYS)
        for missing in (one for one in _NUMBER_KEYS if not written.get(one)):
            self.problems.append(f"{where}: {missing} is missing: write number and checked, the month in which you checked it.")
        number = self.one(f"{where}: number", written.get("number"), lambda text: read_number(text, texted=True))
        checked = self.one(f"{where}: checked", written.get("checked"), _read_month)
        return ChangedNumber(number, checked) if number and checked else None

    def contacts(self, value: Value) -> tuple[Contact, ...]:
        """Return the contacts, and note where two do not go together."""
        if value and not isinstance(value, list):
            self.problems.append("contacts: begin each contact with a hyphen, as - name: Mrs Harrison.")
            return ()
        listed = value if isinstance(value, list) else []
        if len(listed) > MOST_CONTACTS:
            self.problems.append(f"contacts: there are {len(listed)}: keep those that staff turn to, {MOST_CONTACTS} at most.")
            return ()
        contacts = [found for number, one in enumerate(listed, 1) if (found := self._contact(number, one))]
        seen: set[str] = set()
        for contact in contacts:
            if contact.name.casefold() in seen:
                self.problems.append(f"{contact.name} stands twice: put both in one, or tell the two people apart by an initial.")
            seen.add(contact.name.casefold())
        names = {contact.name.casefold(): contact.name for contact in contacts}
        return tuple(self._with_conflicts_checked(contact, names) for contact in contacts)

    def _contact(self, number: int, written: Value) -> Contact | None:
        if not isinstance(written, dict):
            self.problems.append(f"Contact {number}: write it as - name: Mrs Harrison, with its roles and ways under it.")
            return None
        name = self.one(f"Contact {number}: name", written.get("name"), _read_name)
        if not name:
            if not written.get("name"):
                self.problems.append(f"Contact {number}: there is no name: write name: and who it is.")
            return None
        self.known_keys(f"{name}: ", written, _CONTACT_KEYS)
        roles = tuple(dict.fromkeys(self.several(f"{name}: roles", written.get("roles"), read_contact_role)))
        if not written.get("roles"):
            self.problems.append(f"{name}: there is no role: write what staff turn to them for, as roles: [deputy dsl].")
        return Contact(
            name=name,
            roles=roles,
            phones=tuple(dict.fromkeys(self.several(f"{name}: phone", written.get("phone"), read_number))),
            email=self.one(f"{name}: email", written.get("email"), _read_email),
            hours=self.hours(f"{name}: hours", written.get("hours"), season_of(roles)),
            away=self.several(f"{name}: away", written.get("away"), read_days),
            conflicts=self.several(f"{name}: conflicts", written.get("conflicts"), _read_name),
        )

    def _with_conflicts_checked(self, contact: Contact, names: Mapping[str, str]) -> Contact:
        """Return the contact with its conflicts as the others write their names."""
        for conflict in contact.conflicts:
            if conflict.casefold() not in names:
                nearest = _nearest(conflict, names.values())
                self.problems.append(f"{contact.name}: conflicts: {in_quotes(conflict)} is no contact here: {nearest}")
            elif conflict.casefold() == contact.name.casefold():
                self.problems.append(f"{contact.name}: conflicts: that is their own name: take it out.")
        conflicts = dict.fromkeys(names.get(conflict.casefold(), conflict) for conflict in contact.conflicts)
        return replace(contact, conflicts=tuple(conflicts))


def _nearest(name: str, names: Iterable[str]) -> str:
    by_letters = {one.casefold(): one for one in names}
    nearest = get_close_matches(name.casefold(), by_letters, n=1)
    if nearest:
        return f"did you mean {by_letters[nearest[0]]}?"
    return f"choose from {', '.join(by_letters.values())}." if by_letters else "there are none yet."


def _read_name(text: str) -> str:
    name = " ".join(text.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise BotError(f"write the name in 1 to {LONGEST_NAME} letters, without characters that cannot be printed.")
    return name


def _read_email(text: str) -> str:
    address = text.strip()
    if not _EMAIL.fullmatch(address) or not address.isascii():
        raise BotError(f"{in_quotes(address)} is no e-mail address: write it as office@school.example.")
    return address


def _read_on_phones(text: str) -> OnPhones:
    try:
        return OnPhones(text.strip().lower().replace(" ", "_"))
    except ValueError:
        raise BotError(f"{in_quotes(text)} is not one of {', '.join(OnPhones)}: choose one.") from None


def _read_wait(text: str) -> int:
    minutes = text.strip().removesuffix("minutes").strip()
    if not re.fullmatch("[0-9]{1,4}", minutes) or not 1 <= int(minutes) <= LONGEST_WAIT:
        raise BotError(f"{in_quotes(text)} is no number of minutes from 1 to {LONGEST_WAIT}: write it as 10.")
    return int(minutes)


def _read_flag(text: str) -> bool:
    try:
        return _FLAGS[text.strip().lower()]
    except KeyError:
        raise BotError(f"{in_quotes(text)} is neither {_YES} nor {_NO}: write one of them.") from None


def _read_month(text: str) -> str:
    try:
        return str(PolicyDate(text.strip()))
    except ValueError:
        raise BotError(f"{in_quotes(text)} is no month: write it as 2026-11.") from None


class _Dumper(yaml.CSafeDumper):
    """Writes each value without quotes, since it is read as text again, and short lists on one line."""


_Dumper.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag == NOTHING]
    for first, resolvers in yaml.CSafeDumper.yaml_implicit_resolvers.items()
}


def _represent(dumper: _Dumper, data: list[Any]) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=not any(isinstance(one, dict) for one in data))


_Dumper.add_representer(list, _represent)
