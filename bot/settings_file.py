"""policybot.yaml, read from the disk."""

from pathlib import Path

from bot.errors import BotError, SettingsError
from bot.plain_yaml import read_plain_yaml
from bot.settings import Value


def read_settings_file(path: Path) -> dict[str, Value]:
    """Return what the file holds, values as text, so that an id of digits keeps its zeros.

    Raises SettingsError where the file cannot be read, is not text, or not the YAML that `read_plain_yaml` takes.
    """
    try:
        return read_plain_yaml(path.read_text(encoding="utf-8"), str(path), "retention_days: 90")
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not text: save it as UTF-8.") from None
    except BotError as error:
        raise SettingsError(str(error)) from None
