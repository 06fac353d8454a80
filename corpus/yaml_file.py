"""YAML files, read with libyaml and checked against a type, with errors that name the file and the line."""

import re
from itertools import accumulate
from typing import Any, TypeVar

import msgspec
import yaml

from corpus.errors import PolicyFileError

Kind = TypeVar("Kind")

_STEP = re.compile(r"\.(?P<key>[\w-]+)|\[(?P<index>\d+)\]|\[\.\.\.\]")


class _Loader(yaml.CSafeLoader):
    """The safe loader, with only `true` and `false` as truth values: `on` is a key of ours, and YAML 1.1 reads it as true."""


_BOOL = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOL]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


_LONGEST_MESSAGE = 200
_COMPACT = re.compile(r"(?:[?-][ \t]+){1000}")
_BRACKET = re.compile(r"[\[\]{}]")
_DEEPEST = 1000  # levels; a policy has eight


def is_too_deep(text: str) -> bool:
    """Tell whether a YAML text is nested so deeply that libyaml would overrun the stack, which fells the process.

    Levels that are set in are none of these: as many would take a file larger than any that is read.
    """
    depths = accumulate(1 if bracket in "[{" else -1 for bracket in _BRACKET.findall(text))
    return bool(_COMPACT.search(text)) or max(depths, default=0) > _DEEPEST


def parse_yaml(text: str, name: str) -> Any:
    """Return what a YAML text holds. Raises PolicyFileError, with `name` and the line, where it is not YAML."""
    if is_too_deep(text):
        raise PolicyFileError(f"{name}: it is nested more deeply than any policy: export it again.")
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  it is the safe loader in C
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise PolicyFileError(f"{name}, line {mark.line + 1 if mark else 1}: {problem}.") from None
    except ValueError:  # of what YAML takes for a number or a date, without its line
        raise PolicyFileError(f"{name}: it holds a number or a date that there cannot be: export it again.") from None


def read_yaml(text: str, kind: type[Kind], name: str) -> Kind:
    """Return the `kind` that a YAML text holds. Raises PolicyFileError, naming file and line, where it does not fit."""
    try:
        return msgspec.convert(parse_yaml(text, name), kind, dec_hook=lambda wanted, value: wanted(str(value)))
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at ")
        message = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"  # it may repeat a long key
        raise PolicyFileError(f"{name}, line {_line_of(text, path.strip('`'))}: {message}.") from None


def read_pairs(text: str, name: str) -> dict[str, str]:
    """Return the pairs of words that a YAML mapping holds, all as text.

    Raises PolicyFileError, naming file and line, where one is doubled or empty, or where it holds anything else.
    """
    parse_yaml(text, name)
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    if not isinstance(node, yaml.MappingNode):
        raise PolicyFileError(f"{name}, line 1: it holds no pairs of words.")
    pairs: dict[str, str] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not (isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode) and key.value and value.value.strip()):
            raise PolicyFileError(f"{name}, line {line}: {key.value} has no words: write them or take it out.")
        if key.value in pairs:
            raise PolicyFileError(f"{name}, line {line}: {key.value} stands twice: take one out.")
        pairs[key.value] = value.value
    return pairs


def _line_of(text: str, path: str) -> int:
    """Return the line at which a path such as `$.sections[2].title` stands, or that of its last step that exists."""
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    if node is None:
        return 1
    line: int = node.start_mark.line
    for step in _STEP.finditer(path):
        if step["key"] and isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == step["key"]), None)
        elif step["index"] and isinstance(node, yaml.SequenceNode) and int(step["index"]) < len(node.value):
            found = node.value[int(step["index"])]
        else:
            found = None
        if found is None:
            break
        node, line = found, found.start_mark.line
    return line + 1
