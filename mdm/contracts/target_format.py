"""Reads `format:` of a target: how the rows of a delivery become bytes."""

from __future__ import annotations

from typing import Any

from mdm.contracts.formats import read_delimiter, read_encoding, read_quote
from mdm.contracts.reading import Reading
from mdm.contracts.target_model import TargetFormat
from mdm.contracts.tree import Node

TARGET_FORMATS: dict[str, tuple[str, ...]] = {
    "delimited": ("delimiter", "quote", "encoding", "header", "line_end"),
    "fixed_width": ("encoding", "unit", "line_end"),
    "json_lines": ("encoding",),
    "parquet": (),
    "excel": ("sheet",),
}
LINE_ENDS = {"lf": "\n", "crlf": "\r\n"}


def read_target_format(node: Node, reading: Reading) -> TargetFormat:
    """The format at `node`; a plain CSV in UTF-8 stands in for one that cannot be read."""
    if not isinstance(node.value, dict) or "type" not in node.value:
        reading.problems.add(node, "no type", found=node.shown, expected=f"{{type: {' | '.join(TARGET_FORMATS)}}}")
        return TargetFormat()
    kind = reading.choice(node.value["type"], tuple(TARGET_FORMATS))
    fields = reading.fields(node, ("type", *TARGET_FORMATS[kind]))
    found: dict[str, Any] = {"type": kind, "encoding": read_encoding(fields, reading)}
    if "delimiter" in fields:
        found["delimiter"] = read_delimiter(fields, reading)
    if "quote" in fields:
        found["quote"] = read_quote(fields, reading)
    if "header" in fields:
        found["header"] = reading.truth(fields["header"])
    if "unit" in fields:
        found["unit"] = reading.choice(fields["unit"], ("bytes", "characters"))
    if "line_end" in fields:
        found["line_end"] = LINE_ENDS[reading.choice(fields["line_end"], tuple(LINE_ENDS))]
    if "sheet" in fields:
        found["sheet"] = reading.text(fields["sheet"], expected="the name of a sheet")
    return TargetFormat(**found)
