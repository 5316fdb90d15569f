"""Addresses of the commonest forms, whole columns at once: a number on a road in China, a civic address in Canada.

As in `mdm.cleanse.columns`: the cleanser reads what is left, and would give the same here (a test holds both equal).
What stands before, in and behind the numbers repeats, and is read once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mdm.cleanse.addresses import said_country, said_kind
from mdm.cleanse.columns import Columns, each, periods
from mdm.cleanse.roads_columns import ordinary_roads
from mdm.cleanse.streets_columns import ordinary_streets
from mdm.cleanse.values import CleanseContext

_PLACED = 10  # fields of an address before its country and kind, which alone are no address
_KEYS = 5
_HAN = "[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"


def ordinary_addresses(values: list[pa.Array], context: CleanseContext) -> Columns:
    """(the texts of an address, valid_from, valid_to) -> the parts, cleansed, its days, and the keys."""
    *texts, start, end = values
    said = [column.is_valid() for column in texts[:_PLACED]]
    some = reduce(pc.or_, said)
    country, kind = _said(texts[-2], said_country), _said(texts[-1], said_kind)
    # an empty text stands for a placeholder, of which something has to be said
    plain = pc.and_(pc.fill_null(pc.not_equal(country, ""), True), pc.fill_null(pc.not_equal(kind, ""), True))
    parts = [*texts[:_PLACED], country, kind]
    alone = pc.and_not(said[0], reduce(pc.or_, said[1:]))
    han = _hold_han(texts[:_PLACED])
    clear, first, last = periods(start, end, context)
    usable = pc.and_(pc.and_(some, plain), clear)
    read = [
        _of_rows(pc.and_(usable, han), ordinary_roads, [*parts, alone], context),
        _of_rows(pc.and_not(usable, han), ordinary_streets, [*parts, alone], context),
    ]
    found = pc.or_(read[0][0], read[1][0])
    shown = [pc.coalesce(one, other) for one, other in zip(read[0][1], read[1][1], strict=True)]
    days = [pc.if_else(found, day, None) for day in (first, last)]
    return pc.or_(found, pc.and_not(plain, some)), [*shown[:-_KEYS], *days, *shown[-_KEYS:]]


def _said(column: pa.Array, read: Callable[[str], str]) -> pa.Array:
    return each(column, lambda text: None if text is None else read(text))


def _hold_han(texts: list[pa.Array]) -> pa.Array:
    """Whether an address is written in hanzi, in any of its parts."""
    found = [pc.fill_null(pc.match_substring_regex(column, _HAN), False) for column in texts]
    return reduce(pc.or_, found)


def _of_rows(
    asked: pa.Array,
    read: Callable[[list[pa.Array], CleanseContext], Columns],
    values: list[pa.Array],
    context: CleanseContext,
) -> Columns:
    """What is read of the rows that are asked for, in the place of each; null and not found elsewhere."""
    found, columns = read([column.filter(asked) for column in values], context)
    chosen = np.asarray(asked)
    place = pa.array(np.cumsum(chosen) - 1, mask=~chosen)
    columns = [pc.if_else(found, column, None).take(place) for column in columns]
    return pc.fill_null(found.take(place), False), columns
