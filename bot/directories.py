"""Whom to turn to now, at each school that was asked of."""

from collections.abc import Callable
from datetime import datetime

from bot.contact_store import Contacts
from bot.directory import Directory, directory_of
from retrieval.index import Index


class Directories:
    """The directories of the schools of a store."""

    def __init__(self, contacts: Contacts, now: Callable[[], datetime]) -> None:
        """Keep the contacts; `now` is the time in UTC."""
        self._contacts = contacts
        self._now = now

    def of(self, index: Index) -> Directory:
        """Return whom to turn to now at the school of an index."""
        school = index.school
        return directory_of(school, index.policies, self._contacts.book(school.id), {}, self._now())
