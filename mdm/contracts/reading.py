"""Typed readings of a node: each says what it expected when the node is something else, and reads on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from mdm.contracts.problems import Problems, nearest
from mdm.contracts.tree import Node

Item = TypeVar("Item")


class Reading:
    """Reads nodes of one file; problems are noted in `problems`, and a harmless value stands in for what was wrong."""

    def __init__(self, problems: Problems, *, known_columns: Sequence[str] | None = None) -> None:
        self.problems = problems
        self.known_columns = known_columns

    def fields(
        self,
        node: Node,
        allowed: Iterable[str],
        *,
        required: Iterable[str] = (),
        alias: Callable[[str], str | None] | None = None,
    ) -> dict[str, Node]:
        """The children of a mapping, without those that are not `allowed`."""
        allowed = tuple(allowed)
        if not isinstance(node.value, dict):
            self.problems.add(node, "not a mapping", found=node.shown, expected=f"a mapping of {_listed(allowed)}")
            return {}
        for name, child in node.value.items():
            if name not in allowed:
                meant = (alias(name) if alias else None) or nearest(name, allowed)
                expected = f"one of {_listed(allowed)}" if meant is None else None
                self.problems.add(child, "unknown key", found=repr(name), expected=expected, suggestion=meant)
        for name in required:
            if name not in node.value:
                dotted = f"{node.key}.{name}" if node.key else name
                self.problems.add(node, "missing", key=dotted, expected=f"a value for `{name}`")
        return {name: child for name, child in node.value.items() if name in allowed}

    def text(self, node: Node, *, expected: str = "text") -> str:
        """One text, not empty."""
        if isinstance(node.value, str) and node.value != "":
            return node.value
        self.problems.add(node, "not a text" if node.value else "empty", found=node.shown, expected=expected)
        return "?"

    def distinct(self, node: Node, what: str, names: Sequence[str]) -> None:
        """Say which names of a list stand there twice; `what` they name."""
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.problems.add(node, f"{what} named twice", found=repr(name), expected="distinct names")

    def items(self, node: Node) -> list[Node]:
        """The items of a list, or the node itself where one item may stand for a list of one."""
        if isinstance(node.value, list):
            if not node.value:
                self.problems.add(node, "empty", found="an empty list", expected="at least one item")
            return node.value
        return [node]

    def texts(self, node: Node, *, expected: str = "text or a list of texts") -> tuple[str, ...]:
        return tuple(self.text(item, expected=expected) for item in self.items(node))

    def choice(self, node: Node, options: Sequence[str]) -> str:
        """One word out of `options`."""
        if isinstance(node.value, str) and node.value in options:
            return node.value
        near = nearest(node.value, options) if isinstance(node.value, str) else None
        self.problems.add(node, "unknown value", found=node.shown, expected=" or ".join(options), suggestion=near)
        return options[0]

    def whole(self, node: Node, *, minimum: int = 0, maximum: int = 2**31) -> int:
        """A whole number within bounds."""
        if isinstance(node.value, str) and node.value.isascii() and node.value.isdigit():
            number = int(node.value)
            if minimum <= number <= maximum:
                return number
        bounds = f"{minimum} to {maximum}" if maximum < 2**31 else f"{minimum} or more"
        self.problems.add(node, "not such a number", found=node.shown, expected=f"a whole number, {bounds}")
        return minimum

    def truth(self, node: Node) -> bool:
        return self.choice(node, ("true", "false")) == "true"

    def column(self, node: Node) -> str:
        """The name of a source column; checked against the columns where the contract itself lists them."""
        name = self.text(node, expected="the name of a column")
        if self.known_columns is not None and name != "?" and name not in self.known_columns:
            near = nearest(name, self.known_columns)
            expected = None if near else f"one of {_listed(self.known_columns)}"
            self.problems.add(
                node, "no such column in format.columns", found=repr(name), expected=expected, suggestion=near
            )
        return name

    def columns(self, node: Node) -> tuple[str, ...]:
        return tuple(self.column(item) for item in self.items(node))

    def values(self, node: Node) -> dict[str, str | None]:
        """A value map; null on the right means: no value."""
        if not isinstance(node.value, dict) or not node.value:
            self.problems.add(node, "not a value map", found=node.shown, expected="a mapping {code: meaning}")
            return {}
        return {code: None if child.value is None else self.text(child) for code, child in node.value.items()}


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(words[:16])
    return f"{shown}, ..." if len(words) > 16 else shown
