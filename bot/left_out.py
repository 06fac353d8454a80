"""Who must not be told, and why: whom a question is about or names, who has a conflict of interest, whom the asker declined.

In doubt somebody is left out: the next in line can be told, and what reached the wrong person cannot be taken back.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence

from msgspec import Struct

from bot.contact_book import Contact, ContactRole
from bot.short_names import shortened
from bot.steps import OUTSIDE, role_words

_TITLES = frozenset({"mr", "mrs", "miss", "ms", "mx", "dr", "sir", "dame", "prof", "professor", "rev", "reverend", "fr", "canon"})
_OF_ANYBODY = frozenset({"dr", "prof", "professor", "rev", "reverend", "canon"})  # say nothing of Mr or Mrs
# Surnames that are words of a school's day too: in small letters and without a title they name nobody.
_ALSO_A_WORD = re.compile(
    r"bell|black|books?|boys|brown|case|child|close|cook|day|dean|field|ford|gr[ae]y|green|hall|hands?|head|hill|king|knight|lane"
    r"|law|little|long|love|may|moody|noble|page|parks?|power|price|read|rich|rose|save|sharp|short|small|smart|speed|stone|swift"
    r"|teacher|waters|ward|west|white|wild|wise|woods?|young"
)
# A contact in one of these may be an office: only its whole name names it.
_OFFICES = OUTSIDE | {ContactRole.OFFICE, ContactRole.IT}
# Those of whom retrieval.concerns tells whether a text is about them.
_IN_POWER = frozenset(
    {
        ContactRole.HEADTEACHER,
        ContactRole.DEPUTY_HEADTEACHER,
        ContactRole.DSL,
        ContactRole.DEPUTY_DSL,
        ContactRole.GOVERNORS,
        ContactRole.LINE_MANAGER,
        ContactRole.SLT,
    }
)
_WORD = re.compile(r"[^\W\d_]+")


class LeftOut(Struct, frozen=True):
    """Those to whom nothing goes: contacts by name, each with the reason, and roles, also where nobody is known in them.

    `by_conflict` are the contacts that are left out for a conflict of interest; `declined` the keys of whom the asker
    declined.
    """

    contacts: dict[str, str]
    roles: frozenset[ContactRole]
    by_conflict: frozenset[str]
    declined: frozenset[str]


def leave_out(
    contacts: Sequence[Contact],
    *,
    about: Collection[ContactRole],
    mentioned: str,
    declined: Collection[str],
    complaint: bool,
    nation: str,
) -> LeftOut:
    """Return who of the contacts must not be told.

    `about` are the roles of those whom the question is about: they are left out in all their roles, and so are those whom its
    text, `mentioned`, names. Whoever has declared a conflict of interest with one of them is left out too, in both directions.
    Where it is a `complaint` nobody knows why the asker declined somebody, and the same holds for them.
    """
    reasons: dict[str, str] = {}
    text = _plain(mentioned)
    if not (about or text or declined):
        return LeftOut(reasons, frozenset(), frozenset(), frozenset())
    for contact in contacts:
        role = next((role for role in contact.roles if role in about), None)
        if role:
            reasons[contact.name] = f"This is about {role_words(role, nation)}."
    subjects = set(reasons)
    for contact in contacts:
        if contact.name not in subjects and _names(text, contact):
            reasons[contact.name] = f"Your question names {contact.name}."
    for contact in contacts:
        # One person may stand in the book under two forms of her name; two who have a conflict are two.
        doubles = [one for one in contacts if one.name in reasons and may_be_one(one.name, contact.name)]
        if contact.name not in reasons and any(not _in_conflict(contact, one) for one in doubles):
            reasons[contact.name] = f"This may be about {contact.name}."
    unheard = [contact for contact in contacts if shortened(contact.name) in declined]
    concerned = [one for one in contacts if one.name in reasons or (complaint and one in unheard)]
    by_conflict = {
        contact.name
        for contact in contacts
        if contact.name not in subjects
        and (
            any(_in_conflict(contact, one) for one in concerned)
            or any(_has_name(text, theirs, by_surname=True) for theirs in contact.conflicts)
        )
    }
    for contact in contacts:
        if contact.name in by_conflict:
            who = f"{contact.name}, {role_words(contact.roles[0], nation)},"
            reasons[contact.name] = f"{who} has a declared conflict of interest."
    for contact in unheard:
        reasons.setdefault(contact.name, f"You asked for somebody other than {contact.name}.")
    return LeftOut(reasons, frozenset(about), frozenset(by_conflict), frozenset(declined))


def with_offices(text: str, contacts: Sequence[Contact], nation: str) -> str:
    """Return a text in which those of the contacts whom it names are called by their office, where they are in power.

    Whom a text is about, and how urgent it is, is told by offices: so it holds for whoever is named instead.
    """
    for contact in contacts:
        office = next((role for role in contact.roles if role in _IN_POWER), None)
        if office and _names(text, contact):
            whole, surname, words = _plain(contact.name), _parts(contact.name)[2], role_words(office, nation)
            named = rf"(?:\b(?:{'|'.join(_TITLES)})\b\.? +)?\b(?:{re.escape(whole)}|{re.escape(surname)})(s?)\b"
            text = re.sub(named, rf"{words}\1", _plain(text), flags=re.IGNORECASE)
    return text


def may_be_one(name: str, other: str) -> bool:
    """Tell whether two names may be one person's: `Mr S. Pugh` and `Mr Pugh`, not `Mr Reed` and `Mrs Reed`."""
    (title, given, surname), (other_title, other_given, other_surname) = _parts(name), _parts(other)
    if surname != other_surname:
        return False
    titles = {title, other_title} - _OF_ANYBODY - {""}
    if len(titles) > 1:
        return False
    if given and other_given:
        return given.startswith(other_given) if len(other_given) == 1 else other_given.startswith(given)
    return True


def _in_conflict(contact: Contact, other: Contact) -> bool:
    """Tell whether one of two contacts has declared a conflict of interest with the other."""
    return contact is not other and (
        any(may_be_one(theirs, other.name) for theirs in contact.conflicts)
        or any(may_be_one(theirs, contact.name) for theirs in other.conflicts)
    )


def _names(text: str, contact: Contact) -> bool:
    """Tell whether a plain text names a contact."""
    person = any(role not in _OFFICES for role in contact.roles) or bool(_parts(contact.name)[0])
    return _has_name(text, contact.name, by_surname=person)


def _has_name(text: str, name: str, *, by_surname: bool) -> bool:
    """Tell whether a plain text holds a name, or its surname alone."""
    title, given, surname = _parts(name)
    if surname not in text.casefold():
        return False
    if re.search(rf"\b{re.escape(_plain(name))}s?\b", text, re.IGNORECASE):
        return True
    if not by_surname:
        return False
    for found in re.finditer(rf"(?:\b([^\W\d_]+)\.? +)?\b({re.escape(surname)})s?\b", text, re.IGNORECASE):
        before, written = (found[1] or "").casefold(), found[2]
        if before in _TITLES and len({before, title} - _OF_ANYBODY - {""}) > 1:
            continue  # Mr Reed is not Mrs Reed
        # Not at the beginning, where every word has a capital.
        capital = written[0].isupper() and found.start(2) > 0
        if not _ALSO_A_WORD.fullmatch(surname) or capital or before in _TITLES or (given and before == given):
            return True
    return False


def _parts(name: str) -> tuple[str, str, str]:
    """Return the title, the first of the given names and the surname of a name, in small letters, each "" where there is none."""
    words = [word.casefold() for word in _WORD.findall(_plain(name.partition("(")[0]))]
    title = words.pop(0) if len(words) > 1 and words[0] in _TITLES else ""
    return title, words[0] if len(words) > 1 else "", words[-1] if words else ""


def _plain(text: str) -> str:
    """Return a text without accents and apostrophes, its hyphens as spaces."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return " ".join(re.sub(r"['’‘]", "", bare).replace("-", " ").split())
