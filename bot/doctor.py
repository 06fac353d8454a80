"""What is right and wrong with an installation, and what to do about it."""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, text

from bot.backup import last_backup
from bot.bootstrap import open_indexes
from bot.clock import spoken, today
from bot.configuration import Configuration, Email, Entra, Slack, Teams, Telegram, check_schools, read_configuration
from bot.contact_book import ContactBook
from bot.contact_gaps import gaps
from bot.contact_store import Contacts
from bot.deliveries import ANSWERED_MEANWHILE, DROPPED, DUPLICATES, REFUSED, RESENT, UNDELIVERED, Deliveries
from bot.duties import Duties
from bot.duty import Duty
from bot.errors import BotError
from bot.installations import Installations
from bot.people import CHANNEL_NAMES, EMAIL, SLACK, TEAMS, TELEGRAM
from bot.secret import FILE_NAME, key_file, secret_key
from bot.settings import Settings, read_settings
from bot.steps import ENGLAND
from corpus.dates import PolicyDate
from corpus.integrity import find_fault
from corpus.tenancy import owning
from corpus.versions import School, Versions

LEAST_DISK = 100_000_000  # bytes
DAYS_COUNTED = timedelta(days=7)
BACKED_UP_WITHIN = timedelta(days=7)
# What is told of a channel's counts, each after how often it happened.
_COUNTED = {
    DUPLICATES: "delivered to us again, and answered once",
    ANSWERED_MEANWHILE: "answered while the store was away",
    REFUSED: "refused",
    RESENT: "sent again, since nobody knew whether it had arrived",
    DROPPED: "not taken by the platform, as where a chat was closed",
    UNDELIVERED: "given up",
}
_MARKS = {True: "ok  ", False: "LOOK", None: "note"}


def examine() -> int:
    """Print each check with what to do where it fails; return 1 if any failed."""
    failed = False
    for passed, sentence in _checks():
        print(f"{_MARKS[passed]}  {sentence}")
        failed = failed or passed is False
    return 1 if failed else 0


def _checks() -> Iterator[tuple[bool | None, str]]:
    """Return what was found, and whether it is right; None where it is advice, without which everything works."""
    version = sys.version_info
    yield version >= (3, 11), f"Python {version.major}.{version.minor}; policybot needs 3.11 or newer."
    try:
        settings = read_settings()
    except BotError as error:
        yield from _each(error)
        return
    read = (
        f"read from {settings.file}; what the environment sets wins"
        if settings.file.is_file()
        else "those of the environment alone"
    )
    yield True, f"The settings are {read}."
    configuration = None
    try:
        configuration = read_configuration(settings)
    except BotError as error:
        yield from _each(error)
    try:
        indexes = open_indexes(settings)
    except BotError as error:
        yield False, str(error)
        return
    versions = indexes.versions
    yield True, f"The store at {versions.engine.url.render_as_string()} is open and up to date."
    yield from _whole(versions.engine)
    if not settings.demo:
        yield _backed_up(last_backup(versions.engine), versions.now())
    yield from _home(settings)
    yield from _secret(settings)
    schools = versions.schools()
    yield (
        bool(schools),
        f"{len(schools)} schools are set up."
        if schools
        else "No school is set up yet: run policybot init, or set POLICYBOT_DEMO=1.",
    )
    if configuration:
        yield from _channels(configuration, settings, [school.id for school in schools])
        yield from _installed(settings, versions)
        yield from _counted(configuration, Deliveries(versions.engine, versions.now), versions.now())
    contacts = Contacts(versions.engine, versions.now)
    for school in schools:
        book = contacts.book(school.id)
        yield from _contacts(book, school)
        yield from _alerts(Duties(versions.engine, versions.now).of(school.id, book.year(school.nation)), school)
        index = indexes.of(school.id)
        if not index.clauses:
            yield False, f"{school.name} has published no policy: bring one in with policybot import."
            continue
        yield True, f"{school.name}: {len(index.clauses)} clauses of {len(index.policies)} policies."
        for policy in index.policies:
            # As documents were read once that number two rules of a section alike: one could be quoted under the other's lead-in.
            if fault := find_fault(policy):
                yield False, f"{school.name}: the {policy.title} must be brought in and published again: {fault}"
            if policy.review_due and policy.review_due.is_past(today()):
                yield False, f"{school.name}: the {policy.title} was due for review {_when(policy.review_due)}."


def _each(error: BotError) -> Iterator[tuple[bool, str]]:
    """Return each of the problems that an error tells of, one a line."""
    return ((False, line) for line in str(error).splitlines())


def _contacts(book: ContactBook, school: School) -> Iterator[tuple[bool | None, str]]:
    """Return what a school should still write of whom its staff turn to."""
    if book == ContactBook():
        to_fill_in = f"policybot contacts --school {school.id} prints a file to fill in"
        yield False, f"{school.name} has not written down whom its staff turn to: {to_fill_in}."
    else:
        missing = gaps(book, school.nation, today())
        yield from ((False if gap.unsafe else None, f"{school.name}: {gap.sentence}") for gap in missing)
        if not missing:
            yield True, f"{school.name}: whom staff turn to is written down."
    if school.nation != ENGLAND:
        yield (
            None,
            f"{school.name}: no reviewed safeguarding rules for {school.nation} are shipped, so urgent replies give 999 and the "
            "school's own contacts only.",
        )


def _alerts(duties: Sequence[Duty], school: School) -> Iterator[tuple[bool | None, str]]:
    """Return who can be alerted at a school."""
    alertable = [duty.contact for duty in duties if duty.alertable]
    if alertable:
        yield True, f"{school.name}: staff can alert {', '.join(alertable)} at one tap."
    else:
        yield (
            None,
            f"{school.name}: nobody can be alerted at one tap. A safeguarding lead writes /duty to me first.",
        )


def _channels(configuration: Configuration, settings: Settings, schools: list[str]) -> Iterator[tuple[bool, str]]:
    try:
        configuration = check_schools(configuration, schools)
    except BotError as error:
        yield from _each(error)
        return
    for channel in configuration.channels:
        yield True, f"{channel} is configured."
    if not configuration.channels:
        yield True, "Neither Slack, Telegram nor Microsoft Teams is configured; people can ask on the chat page."
    if configuration.slack and configuration.slack.bot_token:
        yield from _slack(configuration.slack, configuration.slack.bot_token.get_secret_value())
    if configuration.telegram:
        yield from _telegram(configuration.telegram)
    if configuration.teams:
        yield from _teams(configuration.teams, settings.public_url)
    if configuration.entra and settings.public_url:
        yield from _entra(configuration.entra, settings.public_url)
    if configuration.email:
        yield from _email(configuration.email)


def _installed(settings: Settings, versions: Versions) -> Iterator[tuple[bool, str]]:
    """Return what is connected by links, and the workspaces in which the bot cannot do its work."""
    path = key_file(settings)
    if path and not path.exists():
        return  # nothing can be connected before it is made, which is not for here
    try:
        installations = Installations(versions.engine, secret_key(settings), {}, versions.now)
    except BotError:
        return  # what is wrong with the key is told for itself
    found = installations.all()
    if found:
        counts = Counter(one.channel for one in found)
        listed = "; ".join(f"{CHANNEL_NAMES[channel]}: {times}" for channel, times in counts.items())
        yield True, f"Connected by links ({listed}): policybot installations lists them."
    for one in (one for one in found if one.channel == SLACK):
        from bot.channels.slack_checks import SCOPES

        where = f"The Slack workspace {one.tenant} of {one.school_id}"
        again = f"let whoever runs it open a new link of policybot install-link {one.school_id} slack"
        if installations.bot_token(SLACK, one.tenant) is None:
            yield False, f"{where} cannot be answered, since its token was sealed with another secret key: {again}."
        elif missing := SCOPES.difference(one.scopes):
            yield False, f"{where} has not granted {', '.join(sorted(missing))}: {again}."


def _slack(slack: Slack, bot_token: str) -> Iterator[tuple[bool, str]]:
    """Ask Slack itself."""
    from bot.channels.slack_checks import check_slack

    yield from check_slack(
        bot_token=bot_token,
        app_token=slack.app_token.get_secret_value() if slack.app_token else None,
        api_base_url=slack.api_base_url,
        workspaces=slack.workspaces,
    )


def _telegram(telegram: Telegram) -> Iterator[tuple[bool, str]]:
    """Ask Telegram itself."""
    from bot.channels.telegram_checks import check_telegram

    yield from check_telegram(
        token=telegram.token.get_secret_value(),
        api_base_url=telegram.api_base_url,
        bot_name=telegram.bot_name,
        webhook_url=telegram.webhook_url,
    )


def _teams(teams: Teams, public_url: str | None) -> Iterator[tuple[bool, str]]:
    """Ask Microsoft itself."""
    from bot.channels.teams_checks import check_teams
    from bot.channels.teams_connector import registration_of

    yield from check_teams(registration_of(teams), public_url)


def _entra(entra: Entra, public_url: str) -> Iterator[tuple[bool, str]]:
    """Ask Microsoft itself."""
    from bot.entra import registration_of
    from bot.entra_checks import check_entra

    yield from check_entra(registration_of(entra, public_url))


def _email(email: Email) -> Iterator[tuple[bool, str]]:
    """Ask the mail server itself."""
    from bot.channels.email import mail_server_of
    from bot.channels.email_checks import check_email

    yield from check_email(mail_server_of(email))


def _counted(configuration: Configuration, deliveries: Deliveries, now: datetime) -> Iterator[tuple[bool, str]]:
    """Return a line on what was counted lately, for each channel that is on and each of which something was counted."""
    counted = deliveries.counted((now - DAYS_COUNTED + timedelta(days=1)).date())
    on = {
        SLACK: configuration.slack,
        TELEGRAM: configuration.telegram,
        TEAMS: configuration.teams,
        EMAIL: configuration.email,
    }
    for channel, name in CHANNEL_NAMES.items():
        counts = {what: counted[channel, what] for what in _COUNTED if (channel, what) in counted}
        if not counts and not on.get(channel):
            continue
        listed = "; ".join(f"{times} {_COUNTED[what]}" for what, times in counts.items())
        begins = f"{name[0].upper()}{name[1:]} in the last {DAYS_COUNTED.days} days"
        sentence = f"{begins}: {listed or 'nothing was lost, refused or sent twice'}."
        if UNDELIVERED in counts:
            sentence = (
                f"{sentence[:-1]}, so that somebody waited for an answer that never came: put right what fails above, or see "
                f"what the log of policybot serve says of {channel}."
            )
        yield UNDELIVERED not in counts, sentence


def _whole(engine: Engine) -> Iterator[tuple[bool, str]]:
    """Return whether the file of the store is as SQLite wrote it; a server looks after its files itself."""
    if engine.dialect.name != "sqlite":
        return
    with owning(engine).connect() as connection:
        found = connection.scalar(text("PRAGMA integrity_check(1)"))
    if found == "ok":
        yield True, "The store's file is whole."
    else:
        yield (
            False,
            f"The store's file is damaged ({' '.join(str(found).split())}): stop the server, and restore the last backup.",
        )


def _backed_up(made_at: datetime | None, now: datetime) -> tuple[bool | None, str]:
    """Return when the last backup was made, and what to do where that is too long ago."""
    if made_at is None:
        return None, "No backup of the store was made yet: policybot backup FILE makes one, each night if it can be."
    said = f"The last backup of the store was made on {spoken(made_at)}"
    if now - made_at > BACKED_UP_WITHIN:
        return (
            None,
            f"{said}, more than {BACKED_UP_WITHIN.days} days ago: policybot backup FILE makes one, each night if it can be.",
        )
    return True, f"{said}."


def _secret(settings: Settings) -> Iterator[tuple[bool, str]]:
    path = key_file(settings)
    if path == settings.home / FILE_NAME and not os.path.exists(path):
        yield True, f"The secret key is made in {path} when policybot serve first starts."
        return
    try:
        secret_key(settings)
    except BotError as error:
        yield False, str(error)
        return
    if path is None:
        yield True, "The secret key is in POLICYBOT_SECRET_KEY."
        return
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        yield False, f"The secret key in {path} can be read by others on this machine (mode {mode:03o}): run chmod 600 {path}."
    else:
        yield True, f"The secret key in {path} is for this account alone (mode {mode:03o})."


def _home(settings: Settings) -> Iterator[tuple[bool, str]]:
    home = settings.home
    if not home.exists():
        return  # the store is elsewhere and nothing is kept here
    yield os.access(home, os.W_OK), f"The data folder {home} can be written."
    free = shutil.disk_usage(home).free
    yield free >= LEAST_DISK, f"{free // 1_000_000} MB are free there; {LEAST_DISK // 1_000_000} MB are needed."


def _when(due: PolicyDate) -> str:
    return f"{'on' if due.day else 'in'} {due.spoken}"
