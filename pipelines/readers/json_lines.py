"""JSON lines: one object per line; a line that is no object goes to quarantine, the others are read.

Numbers stay the text that was written (`1.10`, twenty-digit accounts). A column is a dotted path; a path that leads
into an array gives the values of all its elements.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from pipelines.readers.rows import RawRows, Reading, Rejected, text_table
from pipelines.readers.text import NUL, read_lines

# Numbers that do not come back as they were written: fractions, exponents, more than 18 digits.
_INEXACT = re.compile(rb"[:\[,]\s*-?(\d+[.eE]|\d{19})")
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
    objects: list[dict[str, Any]] = []
    numbers: list[int] = []
    rejected: list[Rejected] = []
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
            objects.append(found)
            numbers.append(number)
    columns = reading.contract.columns()
    holders: dict[str, list[Any]] = {}
    arrays = [_column(objects, column, holders) for column in columns]
    notes = _notes(objects, columns, arrays)
    return reading.finish(text_table(columns, arrays, pa.array(numbers, pa.int64())), rejected, notes)


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


def _column(objects: list[dict[str, Any]], column: str, holders: dict[str, list[Any]]) -> pa.Array:
    """The values of a dotted path; `holders`: what former columns found on the way, by path."""
    steps = column.split(".")
    values: list[Value]
    if len(steps) > 1 and any(column in row for row in objects):  # a key with dots
        values = [_text(row[column] if column in row else _walk(row, steps)) for row in objects]
    else:
        inner, last = _inner(objects, steps[:-1], holders), steps[-1]
        values = [
            _text(_walk(row, steps))
            if type(holder) is not dict
            else value
            if (value := holder.get(last)) is None or type(value) is str
            else _text(value)
            for row, holder in zip(objects, inner, strict=True)
        ]
    if list in set(map(type, values)):
        lists = [value if value is None or isinstance(value, list) else [value] for value in values]
        return pa.array(lists, pa.list_(pa.string()))
    return pa.array([value or None for value in values], pa.string())


def _inner(objects: list[dict[str, Any]], steps: list[str], holders: dict[str, list[Any]]) -> list[Any]:
    """What a path leads to in every object, None unless objects lead there."""
    if not steps:
        return objects
    path = ".".join(steps)
    if path not in holders:
        outer, last = _inner(objects, steps[:-1], holders), steps[-1]
        holders[path] = [holder.get(last) if type(holder) is dict else None for holder in outer]
    return holders[path]


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


def _notes(objects: list[dict[str, Any]], columns: tuple[str, ...], arrays: list[pa.Array]) -> list[str]:
    if not objects:
        return ["the file is empty"]
    never = [column for column, array in zip(columns, arrays, strict=True) if array.null_count == len(array)]
    unused = sorted({key for row in objects[:1000] for key in row} - {column.split(".")[0] for column in columns})
    notes = [f"columns without any value: {', '.join(never)}"] if never else []
    return [*notes, f"columns that the contract does not use: {', '.join(unused)}"] if unused else notes
