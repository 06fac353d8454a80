"""The store's schema: opened, created and upgraded. Alembic is loaded only where there is something to upgrade."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError, SQLAlchemyError

import bot.tables  # noqa: F401  so that the metadata knows the bot's own tables
from bot.errors import BotError
from corpus.tables import open_engine, writing

# The newest migration; a test holds it against the history.
HEAD = "0007"


def open_store(url: str) -> Engine:
    """Return the engine of the store at `url`, created and upgraded as needed.

    Raises BotError, in one sentence, where the address is none, its folder cannot be written, its file is no store, or it is
    newer than this program.
    """
    try:
        address = make_url(url)
        engine = open_engine(url)
    except ArgumentError:  # the address is not repeated: it may hold a password
        raise BotError(
            "POLICYBOT_DATABASE_URL is no address of a store: write it as sqlite:////folder/file or postgresql://user@host/name."
        ) from None
    except ImportError as error:
        raise BotError(f"POLICYBOT_DATABASE_URL needs a driver that is not installed here: {error.name}.") from None
    if address.get_backend_name() == "sqlite" and address.database:
        folder = Path(address.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise BotError(
                f"The data folder {folder} cannot be written ({error.strerror}): choose another with POLICYBOT_HOME."
            ) from None
    try:
        with engine.connect() as connection:
            found = _found(connection)
        if found != HEAD:
            _upgrade(engine)
    except OperationalError as error:
        raise BotError(f"The store at {address.render_as_string()} cannot be opened or written: {_reason(error)}.") from None
    except DatabaseError as error:
        raise BotError(
            f"The store at {address.render_as_string()} is damaged: {_reason(error)}. Restore it from a backup."
        ) from None
    return engine


def _found(connection: Connection) -> str | None:
    """Return the schema's version in the store, None where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(engine: Engine) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    from bot.migrations import alembic_config

    config = alembic_config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with writing(engine) as connection:
        found = _found(connection)
        if found == HEAD:
            return  # another process has upgraded it while this one waited
        if found is not None and found not in known:
            raise BotError("The store was made by a newer version of policybot: upgrade this one, or restore a backup.")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _reason(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error)
