"""JSON lines: one object per line; a line that is no object goes to quarantine, the others are read.

Numbers stay the text that was written (`1.10`, twenty-digit accounts). A column is a dotted path; a path that leads
into an array gives the values of all its elements.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice, repeat
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from pipelines.readers.rows import RawRows, Reading, Rejected, text_table
from pipelines.readers.text import NUL, Lines, read_lines

# Numbers that do not come back as they were written: fractions, exponents, more than 18 digits.
_INEXACT = re.compile(rb"[:\[,]\s*-?(\d+[.eE]|\d{19})")
BLOCK = 500  # objects that are taken apart at a time, while they are at hand: looking for them later costs more
LOOKED_AT = 1000  # objects whose keys are held against the contract
Decode = Callable[[str], Any]
Value = str | list[str] | None


def read_json_lines(path: Path, encoding: str, reading: Reading, *, limit: int | None = None) -> RawRows:
    """The objects of a JSON-lines file; with `limit` those of about its first `limit` bytes."""
    with _without_collector():
        return _read(path, encoding, reading, limit)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Objects of JSON make no cycles: looking for some, again and again as they grow, is a quarter of the work."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _read(path: Path, encoding: str, reading: Reading, limit: int | None) -> RawRows:
    lines = read_lines(path, encoding, limit=limit)
    columns = reading.contract.columns()
    values: dict[str, list[Value]] = {column: [] for column in columns}
    first: set[str] = set()  # keys of the first objects
    numbers: list[int] = []
    rejected: list[Rejected] = []
    objects = _objects(lines, numbers, rejected)
    while block := list(islice(objects, BLOCK)):
        if len(numbers) <= LOOKED_AT:
            first.update(*block)
        _take(block, values)
    arrays = [_array(values.pop(column)) for column in columns]
    notes = _notes(first, columns, arrays) if numbers else ["the file is empty"]
    return reading.finish(text_table(columns, arrays, pa.array(numbers, pa.int64())), rejected, notes)


def _objects(lines: Lines, numbers: list[int], rejected: list[Rejected]) -> Iterator[dict[str, Any]]:
    """The objects, their line numbers added to `numbers`; lines that are none go to `rejected`."""
    decode = _decoder(lines.data)
    last = 0 if lines.complete else len(lines)
    for number, line in enumerate(lines.data.decode().split("\n"), 1):
        if not line or line.isspace():
            continue
        found = _object(line, decode)
        if isinstance(found, str):
            reason = "truncated" if number == last else "nul" if NUL in line else "json"
            rejected.append(Rejected(number, reason, found, line))
        else:
            numbers.append(number)
            yield found


def _decoder(data: bytes) -> Decode:
    """The fast decoder where it keeps all numbers as written, else one that leaves them text."""
    if _INEXACT.search(data) is None:
        return orjson.loads
    return json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse).decode


def _refuse(constant: str) -> None:
    raise json.JSONDecodeError(f"{constant} is no value", constant, 0)


def _object(line: str, decode: Decode) -> dict[str, Any] | str:
    """The object on a line, or what is wrong with it."""
    try:
        found = decode(line)
    except json.JSONDecodeError as error:
        return f"not JSON: {error.msg} at character {error.colno}"
    except RecursionError:
        return "not JSON that can be read: nested too deeply"
    return found if isinstance(found, dict) else f"a JSON {type(found).__name__}, expected an object"


def _take(objects: list[dict[str, Any]], values: dict[str, list[Value]]) -> None:
    """Add what some objects have to the `values` of each column."""
    keys = set[str]().union(*objects)
    holders: dict[str, list[Any]] = {}
    for column, found in values.items():
        found += _column(objects, column, keys, holders)


def _column(
    objects: list[dict[str, Any]], column: str, keys: Container[str], holders: dict[str, list[Any]]
) -> list[Value]:
    """The values of a dotted path. keys: of any of the objects; holders: what former columns found on the way, by path.

    What holds for all objects is asked of all at once, in loops that are not Python's.
    """
    steps = column.split(".")
    values: list[Any]
    if len(steps) > 1 and column in keys:  # a key with dots
        values = [row[column] if column in row else _walk(row, steps) for row in objects]
    else:
        inner = _inner(objects, steps[:-1], holders)
        values = _get_all(inner, steps[-1])
        if not _are(inner, dict):  # an array on the way, or nothing
            values = [
                value if type(holder) is dict else _walk(row, steps)
                for row, holder, value in zip(objects, inner, values, strict=True)
            ]
    return values if _are(values, str, type(None)) else list(map(_text, values))


def _array(values: list[Value]) -> pa.Array:
    """A column of texts, or of lists of texts where a value is one."""
    if list in set(map(type, values)):
        lists = [value if value is None or isinstance(value, list) else [value] for value in values]
        return pa.array(lists, pa.list_(pa.string()))
    return pa.array([value or None for value in values] if "" in values else values, pa.string())


def _inner(objects: list[dict[str, Any]], steps: list[str], holders: dict[str, list[Any]]) -> list[Any]:
    """What a path leads to in every object, None unless objects lead there."""
    if not steps:
        return objects
    path = ".".join(steps)
    if path not in holders:
        holders[path] = _get_all(_inner(objects, steps[:-1], holders), steps[-1])
    return holders[path]


def _get_all(holders: list[Any], key: str) -> list[Any]:
    """The value of a key in each holder, None where it has none or is no object."""
    if _are(holders, dict):
        return list(map(dict.get, holders, repeat(key)))
    return [holder.get(key) if type(holder) is dict else None for holder in holders]


def _are(values: list[Any], *kinds: type) -> bool:
    """Whether all values are of these kinds."""
    return set(map(type, values)) <= set(kinds)


def _walk(value: Any, steps: list[str]) -> Any:
    for at, step in enumerate(steps):
        if isinstance(value, list):
            found = [_walk(item, steps[at:]) for item in value]
            return [item for one in found for item in (one if isinstance(one, list) else [one])]
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def _text(value: Any) -> Value:
    """A JSON value as text, or as a list of texts without nulls."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return [text for item in value for text in _as_list(_text(item))]
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _as_list(value: Value) -> list[str]:
    return value if isinstance(value, list) else [] if value in (None, "") else [str(value)]


def _notes(first: Iterable[str], columns: tuple[str, ...], arrays: list[pa.Array]) -> list[str]:
    never = [column for column, array in zip(columns, arrays, strict=True) if array.null_count == len(array)]
    unused = sorted(set(first) - {column.split(".")[0] for column in columns})
    notes = [f"columns without any value: {', '.join(never)}"] if never else []
    return [*notes, f"columns that the contract does not use: {', '.join(unused)}"] if unused else notes
