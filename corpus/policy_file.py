"""A policy as one YAML file, both ways: what ships, what is exported, and what a person may correct."""

from collections.abc import Sequence
from typing import Any

import msgspec
import yaml

from corpus.clause import Policy
from corpus.errors import PolicyFileError
from corpus.integrity import find_fault
from corpus.yaml_file import read_yaml

HEAD = """\
# A policy as policybot answers from it. Clauses are the source's own characters ("text"), with "reading" beside them
# where damage was repaired. To correct a stance, a binding or a role, add to the clause
#     correction: {by: your name, on: 2026-11-21, reason: why, stance: forbidden}
# It stays when the file is made anew, for as long as the clause keeps its words.
"""


def to_yaml(policy: Policy) -> str:
    """Return the policy as YAML text; `from_yaml` gives the same policy back."""
    plain = msgspec.to_builtins(policy, enc_hook=str)
    return HEAD + yaml.dump(plain, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def from_yaml(text: str, name: str) -> Policy:
    """Return the policy that a YAML text holds.

    Raises PolicyFileError, naming `name` and the line, where the text is not YAML, holds a key that is not known or a value
    that does not fit, or names a lead-in or a clause twice or not at all.
    """
    policy = read_yaml(text, Policy, name)
    if fault := find_fault(policy):
        raise PolicyFileError(f"{name}: {fault}")
    return policy.with_clauses(lambda clause: clause.corrected(clause.correction) if clause.correction else clause)


class _Dumper(yaml.CSafeDumper):
    """Writes short lists of plain values, such as spans and bindings, on one line."""


def _represent(dumper: _Dumper, data: Sequence[Any]) -> yaml.SequenceNode:
    plain = all(isinstance(item, int | str) or (isinstance(item, list | tuple) and len(item) <= 2) for item in data)
    short = plain and sum(len(str(item)) for item in data) < 90
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=short)


_Dumper.add_representer(list, _represent)
_Dumper.add_representer(tuple, _represent)
