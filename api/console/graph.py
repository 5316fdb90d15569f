"""A small graph with places for its nodes: columns from left to right, as many rows as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 210, 48, 70, 16, 4
LONGEST = 26  # characters of a line in a node


@dataclass(frozen=True, slots=True)
class Node:
    """kind: record | customer | household; a class of the stylesheet."""

    name: str
    kind: str
    title: str
    text: str = ""
    x: int = 0
    y: int = 0
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Link:
    """kind: empty | held | asked; a class of the stylesheet."""

    kind: str
    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the macro `graph` draws."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


def drawn(columns: Sequence[Sequence[Node]], links: Sequence[tuple[str, str, str]]) -> Drawn:
    """Nodes of each column one below the other, in the middle; links: (name, name, kind) between columns."""
    filled = [column for column in columns if column]
    tallest = max((len(column) for column in filled), default=0)
    height = tallest * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN if tallest else 0
    placed: dict[str, Node] = {}
    for number, column in enumerate(filled):
        own = len(column) * (HEIGHT + GAP_Y) - GAP_Y
        top = (height - own) // 2
        for row, node in enumerate(column):
            x, y = MARGIN + number * (WIDTH + GAP_X), top + row * (HEIGHT + GAP_Y)
            placed[node.name] = Node(node.name, node.kind, _short(node.title), _short(node.text), x, y)
    lines = (_link(placed[a], placed[b], kind) for a, b, kind in links if a in placed and b in placed)
    width = len(filled) * (WIDTH + GAP_X) - GAP_X + 2 * MARGIN if filled else 0
    return Drawn(width, height, tuple(placed.values()), tuple(lines))


def _link(a: Node, b: Node, kind: str) -> Link:
    """From side to side; within a column along the middle."""
    if a.x == b.x:
        upper, lower = (a, b) if a.y < b.y else (b, a)
        middle = a.x + WIDTH // 2
        return Link(kind, middle, upper.y + HEIGHT, middle, lower.y)
    left, right = (a, b) if a.x < b.x else (b, a)
    return Link(kind, left.x + WIDTH, left.y + HEIGHT // 2, right.x, right.y + HEIGHT // 2)


def _short(text: str) -> str:
    """What fits; a Chinese character is as wide as two Latin letters."""
    room = LONGEST
    for number, each in enumerate(text):
        room -= 2 if ord(each) > 0x2E80 else 1
        if room < 0:
            return f"{text[: number - 1]}…"
    return text
