"""What is right and wrong with an installation, and what to do about it."""

import os
import shutil
import sys
from collections.abc import Iterator

from bot.bootstrap import open_indexes
from bot.clock import today
from bot.errors import BotError
from bot.settings import Settings, read_settings
from corpus.dates import PolicyDate

LEAST_DISK = 100_000_000  # bytes


def examine() -> int:
    """Print each check with what to do where it fails; return 1 if any failed."""
    failed = False
    for passed, sentence in _checks():
        print(f"{'ok  ' if passed else 'LOOK'}  {sentence}")
        failed = failed or not passed
    return 1 if failed else 0


def _checks() -> Iterator[tuple[bool, str]]:
    settings = read_settings()
    version = sys.version_info
    yield version >= (3, 11), f"Python {version.major}.{version.minor}; policybot needs 3.11 or newer."
    try:
        indexes = open_indexes(settings)
    except BotError as error:
        yield False, str(error)
        return
    versions = indexes.versions
    yield True, f"The store at {versions.engine.url.render_as_string()} is open and up to date."
    yield from _home(settings)
    schools = versions.schools()
    yield (
        bool(schools),
        f"{len(schools)} schools are set up."
        if schools
        else "No school is set up yet: run policybot init, or set POLICYBOT_DEMO=1.",
    )
    for school in schools:
        index = indexes.of(school.id)
        if not index.clauses:
            yield False, f"{school.name} has published no policy: bring one in with policybot import."
            continue
        yield True, f"{school.name}: {len(index.clauses)} clauses of {len(index.policies)} policies."
        for policy in index.policies:
            if policy.review_due and policy.review_due.is_past(today()):
                yield False, f"{school.name}: the {policy.title} was due for review {_when(policy.review_due)}."


def _home(settings: Settings) -> Iterator[tuple[bool, str]]:
    home = settings.home
    if not home.exists():
        return  # the store is elsewhere and nothing is kept here
    yield os.access(home, os.W_OK), f"The data folder {home} can be written."
    free = shutil.disk_usage(home).free
    yield free >= LEAST_DISK, f"{free // 1_000_000} MB are free there; {LEAST_DISK // 1_000_000} MB are needed."


def _when(due: PolicyDate) -> str:
    return f"{'on' if due.day else 'in'} {due.spoken}"
