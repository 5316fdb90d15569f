"""Reads `columns:` of a target: what each column holds, and when it may be overwritten."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mdm.contracts.expressions import read_formats
from mdm.contracts.reading import Reading
from mdm.contracts.target_model import TargetColumn, TargetFormat
from mdm.contracts.tree import Node
from mdm.contracts.vocabulary import alias_of
from mdm.sync.values import DATES, LISTS, VALUES, attribute_of, is_value, nearest_value

COLUMN_KEYS = (
    "name", "value", "overwrite", "matching", "place", "without", "format", "values", "otherwise", "width",
    "unwritable",
)  # fmt: skip
OVERWRITE = ("if_better", "if_empty")
_ALIASES = {
    "column": "name", "from": "value", "length": "width", "codes": "values", "strip": "without", "part": "place",
}  # fmt: skip


def read_columns(node: Node, reading: Reading, layout: TargetFormat) -> tuple[TargetColumn, ...]:
    """The columns, in the order in which they are written."""
    columns = tuple(_column(item, reading, layout) for item in reading.items(node))
    reading.distinct(node, "column", [column.name for column in columns])
    return columns


def _column(node: Node, reading: Reading, layout: TargetFormat) -> TargetColumn:
    if isinstance(node.value, dict) and len(node.value) == 1 and not set(node.value) & set(COLUMN_KEYS):
        ((name, child),) = node.value.items()  # the short form: `- CUST_ID: key`
        if layout.type == "fixed_width":
            _no_width(node, reading)
        return TargetColumn(name=name, value=_value(child, reading))
    fields = reading.fields(node, COLUMN_KEYS, required=("name", "value"), alias=_ALIASES.get)
    value = _value(fields["value"], reading) if "value" in fields else "key"
    found: dict[str, Any] = {"name": reading.text(fields["name"]) if "name" in fields else "?", "value": value}
    if "overwrite" in fields:
        found["overwrite"] = reading.choice(fields["overwrite"], OVERWRITE)
    if "unwritable" in fields:
        found["unwritable"] = reading.choice(fields["unwritable"], ("substitute", "transliterate", "keep"))
    if "without" in fields:
        found["without"] = reading.text(fields["without"])
    found |= _codes(fields, reading, layout) | _of_lists(fields, reading, value) | _date(fields, reading, value)
    if "width" in fields:
        found["width"] = reading.whole(fields["width"], minimum=1)
    elif layout.type == "fixed_width":
        _no_width(node, reading)
    return TargetColumn(**found)


def _value(node: Node, reading: Reading) -> str:
    word = reading.text(node, expected="what the column holds, such as pin, name.full, phones")
    if word == "?" or is_value(word):
        return word
    meant = alias_of(word) or nearest_value(word)
    meant = {"address": "address.text", "name": "name.full", "chi": "household"}.get(word, meant)
    expected = None if meant else f"one of {', '.join(VALUES[:16])}, ... (docs/sync.md)"
    reading.problems.add(node, "no such value", found=repr(word), expected=expected, suggestion=meant)
    return "key"


def _no_width(node: Node, reading: Reading) -> None:
    reading.problems.add(node, "missing", key=f"{node.key}.width", expected="the width of the column")


def _codes(fields: dict[str, Node], reading: Reading, layout: TargetFormat) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "values" in fields:
        found["values"] = reading.values(fields["values"])
        for code in found["values"].values():
            try:
                (code or "").encode(layout.encoding)
            except UnicodeEncodeError:
                reading.problems.add(fields["values"], f"not writable in {layout.encoding}", found=repr(code))
    if "otherwise" in fields:
        if "values" not in fields:
            reading.problems.add(fields["otherwise"], "means nothing here", expected="`values:` beside it")
        written = fields["otherwise"].value
        found["otherwise"] = "null" if written is None else reading.choice(fields["otherwise"], ("keep", "null"))
    return found


def _of_lists(fields: dict[str, Node], reading: Reading, value: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    several = value in LISTS or attribute_of(value) == "identifiers"
    for name in ("matching", "place"):
        if name in fields and not several:
            reading.problems.add(fields[name], "means nothing here", expected=f"a value of several: {', '.join(LISTS)}")
    if "matching" in fields:
        found["matching"] = _pattern(fields["matching"], reading)
    if "place" in fields:
        found["place"] = reading.whole(fields["place"], minimum=1, maximum=99)
    return found


def _pattern(node: Node, reading: Reading) -> str:
    pattern = reading.text(node, expected="a regular expression")
    try:
        re.compile(pattern)
        pc.match_substring_regex(pa.array([""]), pattern)  # RE2, the engine that runs it
    except (re.error, pa.ArrowInvalid) as error:
        reading.problems.add(node, "not a regular expression", found=f"{pattern!r}: {error}", expected="RE2 syntax")
        return ".*"
    return pattern


def _date(fields: dict[str, Node], reading: Reading, value: str) -> dict[str, Any]:
    if "format" not in fields:
        return {}
    if value not in DATES:
        reading.problems.add(fields["format"], "means nothing here", expected=f"a date: {' or '.join(DATES)}")
    return {"format": read_formats(fields["format"], reading)[0]}
