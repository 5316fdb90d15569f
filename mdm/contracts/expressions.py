"""Reads expressions: how one value is made from the columns of a row."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from mdm.contracts.model import Expression
from mdm.contracts.reading import Reading
from mdm.contracts.tree import Node

SOURCES = ("column", "columns", "const")
KEYS = (
    *SOURCES, "join", "pattern", "group", "split", "part", "values", "otherwise", "default", "format", "separator",
)  # fmt: skip
# The strptime directives that DuckDB and Python read alike.
DATE_DIRECTIVES = frozenset("YymdHMSfjbBpIzaA%")


def read_expression(node: Node, reading: Reading, *, also: tuple[str, ...] = ()) -> Expression:
    """The expression at `node`; `also` names further keys that the caller reads from the same mapping."""
    if isinstance(node.value, str):
        return Expression(column=reading.column(node))
    if not isinstance(node.value, dict):
        reading.problems.add(
            node, "not an expression", found=node.shown,
            expected="a column name or a mapping such as {column: COL, format: ...}",
        )  # fmt: skip
        return Expression(const="?")
    fields = reading.fields(node, (*KEYS, *also), alias=_ALIASES.get)
    given = [name for name in SOURCES if name in fields]
    if len(given) != 1:
        found = " and ".join(given) if given else "none of them"
        reading.problems.add(node, "no single source", found=found, expected="one of column, columns, const")
        return Expression(const="?")
    _check_companions(fields, reading)
    return Expression(**_source(fields, reading), **_steps(fields, reading))  # type: ignore[arg-type]


def read_formats(node: Node, reading: Reading) -> tuple[str, ...]:
    """One or several strptime formats."""
    formats = reading.texts(node, expected="a date format such as %Y%m%d")
    for text in formats:
        unknown = sorted(set(re.findall(r"%(.?)", text)) - DATE_DIRECTIVES)
        if "%" not in text or unknown:
            found = f"{text!r} with %{unknown[0]}" if unknown else repr(text)
            reading.problems.add(node, "not a date format", found=found, expected="strptime directives such as %Y%m%d")
    return formats


_ALIASES = {
    "col": "column", "field": "column", "cols": "columns", "constant": "const", "value": "const", "sep": "separator",
    "map": "values", "regex": "pattern", "date_format": "format", "formats": "format", "else": "otherwise",
}  # fmt: skip


def _source(fields: dict[str, Node], reading: Reading) -> dict[str, object]:
    if "column" in fields:
        return {"column": reading.column(fields["column"])}
    if "const" in fields:
        return {"const": reading.text(fields["const"])}
    return {"parts": tuple(read_expression(item, reading) for item in reading.items(fields["columns"]))}


def _steps(fields: dict[str, Node], reading: Reading) -> dict[str, object]:
    steps: dict[str, object] = {}
    if "join" in fields:  # the only text that may be empty
        join = fields["join"].value
        steps["join"] = "" if join is None or join == "" else reading.text(fields["join"])
    for name in ("split", "default", "separator"):
        if name in fields:
            steps[name] = reading.text(fields[name])
    if "part" in fields:
        steps["part"] = reading.whole(fields["part"], minimum=1)
    if "pattern" in fields:
        steps |= _pattern(fields, reading)
    if "values" in fields:
        steps["values"] = reading.values(fields["values"])
    if "otherwise" in fields:
        written = fields["otherwise"].value
        steps["otherwise"] = "null" if written is None else reading.choice(fields["otherwise"], ("keep", "null"))
    if "format" in fields:
        steps["formats"] = read_formats(fields["format"], reading)
    return steps


def _pattern(fields: dict[str, Node], reading: Reading) -> dict[str, object]:
    pattern = reading.text(fields["pattern"], expected="a regular expression")
    try:
        groups = re.compile(pattern).groups
        pc.match_substring_regex(pa.array([""]), pattern)  # RE2, the engine that runs it
    except (re.error, pa.ArrowInvalid) as error:
        reading.problems.add(
            fields["pattern"], "not a regular expression", found=f"{pattern!r}: {error}", expected="RE2 syntax"
        )
        return {}
    group = reading.whole(fields["group"], maximum=groups) if "group" in fields else min(1, groups)
    return {"pattern": pattern, "group": group}


def _check_companions(fields: dict[str, Node], reading: Reading) -> None:
    """Keys that mean nothing without another."""
    for name, needs in (("join", "columns"), ("part", "split"), ("group", "pattern"), ("otherwise", "values")):
        if name in fields and needs not in fields:
            reading.problems.add(fields[name], "means nothing here", expected=f"`{needs}:` beside it")
