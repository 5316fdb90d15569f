"""Columns of text as Arrow arrays: picking from pools, joining, hiding; no loop over rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Text: TypeAlias = pa.StringArray
EPOCH = dt.date(1970, 1, 1)
NEVER = 100_000  # a day that never comes (year 2243)
ALWAYS = -100_000  # a day before all others (year 1696)


def day(year: int, month: int = 1, of_month: int = 1) -> int:
    """Days since 1970-01-01, the unit of all dates here."""
    return (dt.date(year, month, of_month) - EPOCH).days


def pick(pool: Sequence[str] | Text, index: Ints) -> Text:
    """The pool's text at each index; null where the index is negative."""
    values = pool if isinstance(pool, pa.Array) else pa.array(pool, pa.string())
    return values.take(pa.array(index, mask=index < 0))


def constant(text: str, rows: int) -> Text:
    """The same text in every row."""
    return pa.repeat(pa.scalar(text, pa.string()), rows)


def join(*parts: Text | str, sep: str = "") -> Text:
    """Row by row concatenation; null parts count as empty."""
    return pc.binary_join_element_wise(*parts, sep, null_handling="replace", null_replacement="")


def join_present(*parts: Text, sep: str) -> Text:
    """Row by row concatenation that skips null parts together with their separator; "" where all are null.

    Not Arrow's null_handling="skip": in pyarrow 26.0.1 that leaves out the rows where every part is null.
    """
    led = [pc.fill_null(pc.binary_join_element_wise(sep, part, ""), "") for part in parts]
    return pc.utf8_slice_codeunits(join(*led), len(sep))


def show(mask: Bools, text: Text) -> Text:
    """The text where the mask is true, else null."""
    return pc.if_else(pa.array(mask), text, pa.scalar(None, pa.string()))


def where(mask: Bools, yes: Text | str, no: Text | str) -> Text:
    """Row by row choice."""
    return pc.if_else(pa.array(mask), yes, no)


def options(index: Ints, *alternatives: Text) -> Text:
    """In each row the alternative that `index` names."""
    return pc.choose(pa.array(index), *alternatives)


def first(*texts: Text) -> Text:
    """The first that is not null."""
    return pc.coalesce(*texts)


def number(values: Ints, width: int = 0) -> Text:
    """Integers as text, padded with zeros to `width`."""
    return pc.utf8_lpad(pc.cast(pa.array(values), pa.string()), width=width, padding="0")


def dates(days: Ints, form: str = "%Y-%m-%d") -> Text:
    """Days as text, each distinct day formatted once; null for the days that stand for always and never."""
    distinct, index = np.unique(days, return_inverse=True)
    pool = [_date(d, form) if ALWAYS < d < NEVER else None for d in distinct.tolist()]
    return pick(pa.array(pool, pa.string()), index)


@cache
def _date(days: int, form: str) -> str:
    return (EPOCH + dt.timedelta(days=days)).strftime(form)


def edit(text: Text, rows: Ints, change: Callable[[str, int], str], noise: Ints) -> Text:
    """`change(value, random number)` in the given rows only: for channels that touch a few rows in a hundred."""
    chosen = np.zeros(len(text), dtype=bool)
    chosen[rows] = True
    old: list[Any] = text.filter(pa.array(chosen)).to_pylist()
    new = [value if value is None else change(value, int(seed)) for value, seed in zip(old, noise, strict=True)]
    return pc.replace_with_mask(text, pa.array(chosen), pa.array(new, pa.string()))
