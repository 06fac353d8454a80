"""policybot.yaml as text: every value is what the person wrote, as it would be in the environment."""

from pathlib import Path

import yaml

from bot.errors import SettingsError
from bot.settings import Value

_NOTHING = "tag:yaml.org,2002:null"


def read_settings_file(path: Path) -> dict[str, Value]:
    """Return what the file holds: nested keys, and values as text; None where nothing stands after the colon.

    Numbers and truth values stay text, so that an id of digits keeps its zeros. Raises SettingsError, naming the line and never
    what stands on it, where the file cannot be read, is not YAML, or holds a key twice.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not text: save it as UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(f"{path}{line}: this is not YAML: look at the indents, the colons and the quotes.") from None
    if node is None or node.tag == _NOTHING:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise _refusal(path, node, "the file is to hold keys, each with a colon and its value, such as retention_days: 90")
    return _pairs(path, node, set())


def _value(path: Path, node: yaml.Node, met: set[int]) -> Value:
    if id(node) in met:  # the same node again is an alias, which may even stand within itself
        raise _refusal(path, node, "an alias refers to this: write it out in each place")
    met.add(id(node))
    if isinstance(node, yaml.MappingNode):
        return _pairs(path, node, met)
    if isinstance(node, yaml.SequenceNode):
        return [_value(path, item, met) for item in node.value]
    return None if node.tag == _NOTHING else str(node.value)


def _pairs(path: Path, node: yaml.MappingNode, met: set[int]) -> dict[str, Value]:
    pairs: dict[str, Value] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _refusal(path, key, "this key is not a word")
        if key.value in pairs:
            raise _refusal(path, key, f"{key.value} stands twice: take one out")
        pairs[key.value] = _value(path, value, met)
    return pairs


def _refusal(path: Path, node: yaml.Node, sentence: str) -> SettingsError:
    return SettingsError(f"{path}, line {node.start_mark.line + 1}: {sentence}.")
