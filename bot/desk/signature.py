"""Who signs what is done at the desk, as people read it later: a name and an office, where the school has told the name."""

from bot.contact_book import ContactRole
from bot.contact_store import Contacts
from bot.people import ROLE_WORDS, PersonRole
from corpus.versions import School

_OFFICES = {PersonRole.HEADTEACHER: ContactRole.HEADTEACHER, PersonRole.CHAIR: ContactRole.GOVERNORS}
_TITLES = {PersonRole.HEADTEACHER: "headteacher", PersonRole.CHAIR: "chair of governors"}


class Signatures:
    """The names of those who sign, from the school's contacts."""

    def __init__(self, contacts: Contacts) -> None:
        """Keep the contacts."""
        self._contacts = contacts

    def of(self, school: School, role: PersonRole) -> str:
        """Return how somebody of a role signs: `Mrs J Harrison, headteacher`, else the office alone."""
        office = _OFFICES.get(role)
        holders = self._contacts.in_force(school.id).holders(office) if office else ()
        return f"{holders[0].name}, {_TITLES[role]}" if holders else ROLE_WORDS[role]
