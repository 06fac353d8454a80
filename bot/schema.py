"""The store's schema: opened, created and upgraded. Alembic is loaded only where there is something to upgrade."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError, SQLAlchemyError

import bot.tables  # noqa: F401  so that the metadata knows the bot's own tables
from bot.errors import BotError
from bot.row_security import secure
from corpus.tables import open_engine
from corpus.tenancy import owning

# The newest migration, in figures that go up; a test holds it against the history.
HEAD = "0008"


def open_store(url: str, migration_url: str | None = None) -> Engine:
    """Return the engine of the store at `url`, created and upgraded as needed.

    It is upgraded by whoever `migration_url` names, who may do more than whoever serves; by the same where it is None. Raises
    BotError, in one sentence, where the address is none, its folder cannot be written, its file is no store, or it is newer than
    this program.
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
        with owning(engine).connect() as connection:
            found = _found(connection)
        if found != HEAD:
            _upgrade(open_engine(migration_url) if migration_url else engine, address.username)
    except OperationalError as error:
        raise BotError(f"The store at {address.render_as_string()} cannot be opened or written: {_reason(error)}.") from None
    except DatabaseError as error:
        if address.get_backend_name() != "sqlite":
            raise BotError(f"The store at {address.render_as_string()} cannot be brought up to date: {_reason(error)}.") from None
        raise BotError(
            f"The store at {address.render_as_string()} is damaged: {_reason(error)}. Restore it from a backup."
        ) from None
    return engine


def is_up_to_date(engine: Engine) -> bool:
    """Tell whether the store's schema has all that this program needs. Raises SQLAlchemyError where it cannot be read.

    That of a newer version has: it only adds, so that whoever serves goes on while the next version is brought in.
    """
    with owning(engine).connect() as connection:
        found = _found(connection)
    return found == HEAD or (found is not None and found > HEAD)


def _found(connection: Connection) -> str | None:
    """Return the schema's version in the store, None where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(engine: Engine, login: str | None) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    from bot.migrations import alembic_config

    config = alembic_config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with owning(engine).execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('policybot upgrades', 0))"))
        found = _found(connection)
        if found == HEAD:
            return  # another process has upgraded it while this one waited
        if found is not None and found not in known:
            raise BotError("The store was made by a newer version of policybot: upgrade this one, or restore a backup.")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if engine.dialect.name == "postgresql":
            secure(connection, login)


def _reason(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).partition("\n")[0]
