"""YAML as a tree of nodes that know their line and dotted key.

Scalars stay the text that was written: in a contract `01`, `yes` and `2020-04-01` mean themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from mdm.errors import ContractError


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file: text, None, a list of nodes, or nodes by key. `line` counts from 1."""

    value: str | list[Node] | dict[str, Node] | None
    line: int
    key: str

    @property
    def shown(self) -> str:
        """The value in words, for messages."""
        if self.value is None:
            return "nothing"
        if isinstance(self.value, str):
            return repr(self.value)
        return "a list" if isinstance(self.value, list) else "a mapping"


Duplicate = Callable[[Node, int], None]


def parse_tree(text: str, *, file: str, on_duplicate: Duplicate) -> Node:
    """The tree of one YAML document; `on_duplicate(node, first_line)` hears of keys that are given twice.

    Raises ContractError when the text is not YAML or not one mapping.
    """
    try:
        root = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise ContractError("not valid YAML", file=file, line=line, found=problem) from error
    except YAMLError as error:
        raise ContractError("not valid YAML", file=file, found=str(error)) from error
    if not isinstance(root, MappingNode):
        raise ContractError(
            "not a contract", file=file, line=1, expected="a mapping with `source:`, `format:`, `map:` ..."
        )
    return _node(root, "", on_duplicate)


def _node(yaml: YamlNode, key: str, on_duplicate: Duplicate) -> Node:
    line = yaml.start_mark.line + 1
    if isinstance(yaml, ScalarNode):
        return Node(None if _is_null(yaml) else str(yaml.value), line, key)
    if isinstance(yaml, SequenceNode):
        return Node([_node(item, f"{key}[{n}]", on_duplicate) for n, item in enumerate(yaml.value, 1)], line, key)
    children: dict[str, Node] = {}
    for name_node, value in yaml.value:
        name = str(name_node.value)
        dotted = f"{key}.{name}" if key else name
        child = _node(value, dotted, on_duplicate)
        child = Node(child.value, name_node.start_mark.line + 1, dotted)
        if name in children:
            on_duplicate(child, children[name].line)
        children[name] = child
    return Node(children, line, key)


def _is_null(yaml: ScalarNode) -> bool:
    return yaml.style in (None, "") and yaml.value in ("", "~", "null", "Null", "NULL")
