"""The commands that look after the store as a whole: backup, restore."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot import backup as backups
from bot import restore as restoring
from bot.clock import spoken
from bot.configuration import read_configuration
from bot.errors import BotError
from bot.removals import FILE_NAME, Ledger, Removal, Removed, noted, read
from bot.restore import Kept, Restored
from bot.schema import engine_at, make_folder, open_store
from bot.secret import key_mark, secret_key
from bot.settings import Settings, read_settings
from bot.store_clock import clock_of

# What was removed again, as a sentence counts it.
_REMOVED = {
    Removed.PERSON: "people",
    Removed.ASKER: "askers' questions",
    Removed.DUTY: "duties",
    Removed.WATCH: "watched rules",
    Removed.ESCALATION: "escalations' words",
}


def backup(file: Path) -> int:
    """Write a backup of the store, and note that there is one. Raises BotError where it cannot be written."""
    settings = read_settings()
    engine = open_store(settings.database_url, settings.migration_url)
    made_at = clock_of(engine)()
    rows = backups.write_backup(engine, file, key_mark(secret_key(settings)), made_at)
    backups.note_backup(engine, made_at)
    ledger = settings.home / FILE_NAME
    try:
        Ledger(engine, ledger).copy_out()
    except OSError as error:
        raise BotError(f"The backup is in {file}, but {ledger} cannot be written beside the store: {error.strerror}.") from None
    print(f"{file} holds {sum(rows.values())} rows of {len(rows)} tables, and was read again and checked.")
    print(f"Take it off this machine; keep the secret key apart from it. What is removed from now on is noted in {ledger}.")
    engine.dispose()
    return 0


def restore(file: Path, removals: Path | None, since: str | None, *, no_removals: bool) -> int:
    """Put a backup into the empty store. Raises BotError, with nothing restored, where that cannot be or should not."""
    settings = read_settings()
    configuration = read_configuration(settings)
    kept = Kept(timedelta(days=configuration.retention_days), timedelta(days=configuration.escalation_days))
    ledger = None if no_removals else _ledger(settings, removals, since)
    key = secret_key(settings)
    engine = engine_at(settings.migration_url or settings.database_url)
    make_folder(engine)
    login = make_url(settings.database_url).username
    restored = restoring.restore(engine, file, ledger, key=key, kept=kept, login=login, now=clock_of(engine))
    _tell(restored, is_cleaned=ledger is not None, is_same_key=restored.backup.head.key == key_mark(key))
    engine.dispose()
    return 0


def _ledger(settings: Settings, removals: Path | None, since: str | None) -> list[Removal]:
    """Return what was ever erased and removed. Raises BotError where that is not known."""
    if since is not None:
        return _of_store(since)
    file = removals or settings.home / FILE_NAME
    if removals is None and not file.exists():
        raise BotError(
            f"There is no {file}, so that whoever was removed since the backup would be let in again, and what was erased would "
            "be back: give that file with --removals FILE, or the old store with --since URL; where both are lost, say "
            "--no-removals."
        )
    return read(file)


def _of_store(url: str) -> list[Removal]:
    lost = BotError("The old store that --since names cannot be read: give the removals file with --removals FILE instead.")
    engine = engine_at(url, "--since")
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").is_file():
        raise lost
    try:
        return noted(engine)
    except (SQLAlchemyError, ValueError):  # of a newer version there may be kinds that are not known here
        raise lost from None
    finally:
        engine.dispose()


def _tell(restored: Restored, *, is_cleaned: bool, is_same_key: bool) -> None:
    rows, at = restored.backup.end.rows, spoken(restored.backup.head.made_at)
    print(f"The store is as it was on {at}: {sum(rows.values())} rows of {len(rows)} tables.")
    print(f"Removed again, as since then: {_counted(restored.removed)}.")
    print(f"Ended: all sessions, all links to the desk, and open invitations ({restored.invitations}).")
    print(f"Not said again, nor any more: {restored.unsaid} of our messages. Not answered: {restored.unanswered} of theirs.")
    if not is_cleaned:
        print("LOOK  Nothing is known of who was removed since: go through the people of each school before policybot serves.")
    if not is_same_key:
        print(
            "LOOK  The secret key here is not that of the backup: put that in its place before policybot serves. Without it "
            "nobody can read what was handed over, and /mydata and /forget do not find what is kept."
        )
    for school, alert in restored.alerts:
        print(f"LOOK  {school}: on {spoken(alert.made_at)} a worry about a child was handed on that nobody had taken on at {at}.")
    if restored.alerts:
        print("      Ask the safeguarding leads about each now: the bot alerts them again only when policybot serves.")
    print("Next: look through each school's contacts, and publish anew what was published since; then policybot doctor.")


def _counted(removed: Counter[Removed]) -> str:
    return ", ".join(f"{words} ({removed[kind]})" for kind, words in _REMOVED.items() if removed[kind]) or "nothing"
