"""The one history of the store's schema, packaged with the bot, which runs it."""

from pathlib import Path

from alembic.config import Config


def alembic_config() -> Config:
    """Return Alembic's configuration for the packaged history; the connection is handed over in `attributes`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
