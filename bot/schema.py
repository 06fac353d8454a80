"""The store's schema: opened, created and upgraded. Alembic is loaded only where there is something to upgrade."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError, SQLAlchemyError

import bot.tables  # noqa: F401  so that the metadata knows the bot's own tables
from bot.errors import BotError
from bot.row_security import secure
from corpus.tables import open_engine
from corpus.tenancy import owning

# The newest migration, in figures that go up; a test holds it against the history.
HEAD = "0011"


def open_store(url: str, migration_url: str | None = None) -> Engine:
    """Return the engine of the store at `url`, created and upgraded as needed.

    It is upgraded by whoever `migration_url` names, who may do more than whoever serves; by the same where it is None. Raises
    BotError, in one sentence, where the address is none, its folder cannot be written, its file is no store, or it is newer than
    this program.
    """
    engine = engine_at(url)
    make_folder(engine)
    address = make_url(url)
    try:
        with owning(engine).connect() as connection:
            found = found_schema(connection)
        if found != HEAD:
            upgrading = open_engine(migration_url) if migration_url else engine
            _upgrade(upgrading, address.username)
            upgrading.dispose()  # it opens what it needs anew
    except DatabaseError as error:
        raise store_failed(address, error) from None
    return engine


def engine_at(url: str, name: str = "POLICYBOT_DATABASE_URL") -> Engine:
    """Return the engine of the store at `url`, of which nothing is read or written yet.

    `name` is how whoever gave the address calls it. Raises BotError where it is none.
    """
    try:
        return open_engine(url)
    except ArgumentError:  # the address is not repeated: it may hold a password
        raise BotError(
            f"{name} is no address of a store: write it as sqlite:////folder/file or postgresql://user@host/name."
        ) from None
    except ImportError as error:
        raise BotError(f"{name} needs a driver that is not installed here: {error.name}.") from None


def make_folder(engine: Engine) -> None:
    """Make the folder of a store that is a file, where it is missing. Raises BotError where it cannot be written."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        folder = Path(engine.url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise BotError(
                f"The data folder {folder} cannot be written ({error.strerror}): choose another with POLICYBOT_HOME."
            ) from None


def store_failed(address: URL, error: SQLAlchemyError) -> BotError:
    """Return the error that says in one sentence why the store at `address` could not be opened or brought up to date."""
    where = f"The store at {address.render_as_string()}"
    if isinstance(error, OperationalError):
        return BotError(f"{where} cannot be opened or written: {why(error)}.")
    if address.get_backend_name() != "sqlite":
        return BotError(f"{where} cannot be brought up to date: {why(error)}.")
    return BotError(f"{where} is damaged: {why(error)}. Restore it from a backup.")


def is_up_to_date(engine: Engine) -> bool:
    """Tell whether the store's schema has all that this program needs. Raises SQLAlchemyError where it cannot be read.

    That of a newer version has: it only adds, so that whoever serves goes on while the next version is brought in.
    """
    with owning(engine).connect() as connection:
        found = found_schema(connection)
    return found == HEAD or (found is not None and found > HEAD)


def found_schema(connection: Connection) -> str | None:
    """Return the schema's version in the store, None where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(engine: Engine, login: str | None) -> None:
    with changing(engine) as connection:
        found = found_schema(connection)
        if found == HEAD:
            return  # another process has upgraded it while this one waited
        if found is not None and not is_known(found):
            raise BotError("The store was made by a newer version of policybot: upgrade this one, or restore a backup.")
        bring_to(connection, HEAD)
        if engine.dialect.name == "postgresql":
            secure(connection, login)


@contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    """Yield a transaction in which the schema is changed: wholly or not at all, and by one process at a time."""
    with owning(engine).execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('policybot upgrades', 0))"))
        yield connection


def is_known(schema: str) -> bool:
    """Tell whether a version of the schema is one that this program knows, the newest or one before it."""
    if schema == HEAD:
        return True
    from alembic.script import ScriptDirectory

    from bot.migrations import alembic_config

    return schema in {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}


def bring_to(connection: Connection, schema: str) -> None:
    """Take a store forward to a version of the schema, within a transaction."""
    from alembic import command

    from bot.migrations import alembic_config

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, schema)


def why(error: SQLAlchemyError) -> str:
    """Return what a store says of an error, on one line and without any of its rows."""
    return str(getattr(error, "orig", None) or error).partition("\n")[0]
