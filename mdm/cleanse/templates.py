"""Texts that differ only in their numbers, in whole columns: each shape is read once, the numbers are put back.

A *shape* is a text with 0 for each run of digits. A *template* is what was found of a shape, with a mark of `MARKS` for
each number in the places where it went.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MARKS = "".join(map(chr, range(0xE000, 0xE010)))  # of a private area: no text that is read by its shape holds them
_MARK = re.compile(f"([{MARKS}])")


def shapes(column: pa.Array) -> pa.Array:
    """Each text with 0 for each of its numbers."""
    return pc.replace_substring_regex(column, "[0-9]+", "0")


def numbers(column: pa.Array, most: int) -> tuple[pa.Array, list[pa.Array]]:
    """(whether each text has at most `most` numbers, none of which begins with 0; the first, second ... number)."""
    runs = pc.split_pattern_regex(pc.fill_null(column, ""), "[^0-9]+")
    flat, starts = runs.flatten(), runs.offsets.to_numpy()
    filled = np.asarray(pc.greater(pc.binary_length(flat), 0))
    before = np.concatenate([[0], np.cumsum(filled)])  # of the numbers, those that stand before each run
    flat = flat.filter(pa.array(filled))
    first, count = before[starts[:-1]], before[starts[1:]] - before[starts[:-1]]
    led = np.concatenate([[0], np.cumsum(np.asarray(pc.starts_with(flat, "0")))])
    clear = (count <= most) & (led[first + count] == led[first])
    places = [pa.array(first + at, mask=count <= at) for at in range(most)]
    return pa.array(clear), [flat.take(place) for place in places]


def fill(templates: Sequence[str | None], codes: pa.Array, slots: Sequence[pa.Array]) -> pa.Array:
    """The text of each row: template number `codes`, with the row's own `slots` in the places of its marks."""
    pieces = [() if text is None else _MARK.split(text) for text in templates]
    width = max((len(found) // 2 for found in pieces), default=0)
    columns: list[pa.Array] = []
    for at in range(width + 1):
        texts = [None if not found else found[2 * at] if 2 * at < len(found) else "" for found in pieces]
        columns.append(pa.array(texts, pa.string()).take(codes))
        if at < width:
            marks = [MARKS.index(found[2 * at + 1]) if 2 * at + 1 < len(found) else len(slots) for found in pieces]
            columns.append(pc.choose(pa.array(marks, pa.int32()).take(codes), *slots, pa.scalar("", pa.string())))
    return columns[0] if width == 0 else pc.binary_join_element_wise(*columns, "")
