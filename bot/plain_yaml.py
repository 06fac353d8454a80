"""YAML as text: every value is what the person wrote, so that a telephone number keeps its zeros and 08:30 stays a time."""

import yaml

from bot.errors import BotError, in_short
from bot.settings import Value
from corpus.yaml_file import is_too_deep

_TOO_DEEP = "{name}: this is nested far too deeply: write each key on a line of its own, as in the example."
NOTHING = "tag:yaml.org,2002:null"


def read_plain_yaml(text: str, name: str, example: str) -> dict[str, Value]:
    """Return what a text holds: nested keys, and values as text; None where nothing stands after the colon.

    Raises BotError, with `name` and the line and never what stands on it, where it is not YAML, or holds a key twice;
    `example` is a key with its value, for whoever wrote something else.
    """
    if is_too_deep(text):
        raise BotError(_TOO_DEEP.format(name=name))
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise BotError(f"{name}{line}: this is not YAML: look at the indents, the colons and the quotes.") from None
    if node is None or node.tag == NOTHING:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise _refusal(name, node, f"the file is to hold keys, each with a colon and its value, such as {example}")
    try:
        return _pairs(name, node, set())
    except RecursionError:
        raise BotError(_TOO_DEEP.format(name=name)) from None


def _value(name: str, node: yaml.Node, met: set[int]) -> Value:
    if id(node) in met:  # the same node again is an alias, which may even stand within itself
        raise _refusal(name, node, "an alias refers to this: write it out in each place")
    met.add(id(node))
    if isinstance(node, yaml.MappingNode):
        return _pairs(name, node, met)
    if isinstance(node, yaml.SequenceNode):
        return [_value(name, item, met) for item in node.value]
    return None if node.tag == NOTHING else str(node.value)


def _pairs(name: str, node: yaml.MappingNode, met: set[int]) -> dict[str, Value]:
    pairs: dict[str, Value] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _refusal(name, key, "this key is not a word")
        if key.value in pairs:
            raise _refusal(name, key, f"{in_short(key.value)} stands twice: take one out")
        pairs[key.value] = _value(name, value, met)
    return pairs


def _refusal(name: str, node: yaml.Node, sentence: str) -> BotError:
    return BotError(f"{name}, line {node.start_mark.line + 1}: {sentence}.")
