"""Reads `format:`: how the bytes of a feed become rows and columns."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from encodings.aliases import aliases as encoding_aliases

from mdm.contracts.model import (
    DelimitedFormat,
    ExcelFormat,
    FixedColumn,
    FixedWidthFormat,
    Format,
    JsonLinesFormat,
    ParquetFormat,
    SqlFormat,
)
from mdm.contracts.problems import nearest
from mdm.contracts.reading import Reading
from mdm.contracts.tree import Node

KEYS: dict[str, tuple[str, ...]] = {
    "delimited": ("delimiter", "quote", "encoding", "header", "columns"),
    "fixed_width": ("encoding", "unit", "columns", "header", "record_length"),
    "json_lines": ("encoding",),
    "parquet": (),
    "excel": ("sheet", "header_row"),
    "sql": ("url", "query"),
}
REQUIRED = {"fixed_width": ("columns",), "sql": ("url", "query")}
_TYPE_ALIASES = {
    "csv": "delimited", "tsv": "delimited", "psv": "delimited", "fixed": "fixed_width", "fwf": "fixed_width",
    "json": "json_lines", "jsonl": "json_lines", "ndjson": "json_lines", "xlsx": "excel", "xls": "excel",
    "query": "sql", "database": "sql",
}  # fmt: skip
_DELIMITERS = {"\\t": "\t", "tab": "\t", "comma": ",", "pipe": "|", "semicolon": ";", "space": " "}


def read_format(node: Node, reading: Reading) -> Format:
    """The format at `node`; a plain CSV in UTF-8 stands in for one that cannot be read."""
    if not isinstance(node.value, dict) or "type" not in node.value:
        reading.problems.add(node, "no type", found=node.shown, expected=f"{{type: {' | '.join(KEYS)}}}")
        return DelimitedFormat()
    written = node.value["type"].value
    if isinstance(written, str) and written not in KEYS and written.casefold() in _TYPE_ALIASES:
        meant = _TYPE_ALIASES[written.casefold()]
        reading.problems.add(
            node.value["type"], "unknown value", found=repr(written), expected=" or ".join(KEYS), suggestion=meant
        )
        return DelimitedFormat()
    kind = reading.choice(node.value["type"], tuple(KEYS))
    fields = reading.fields(node, ("type", *KEYS[kind]), required=REQUIRED.get(kind, ()))
    if any(name not in fields for name in REQUIRED.get(kind, ())):
        return DelimitedFormat()
    return _READERS[kind](node, fields, reading)


def known_columns(layout: Format) -> tuple[str, ...] | None:
    """The columns of a feed where the contract lists them itself, else None."""
    if isinstance(layout, FixedWidthFormat):
        return tuple(column.name for column in layout.columns)
    if isinstance(layout, DelimitedFormat) and not layout.header:
        return layout.columns or None
    return None


def read_encoding(fields: dict[str, Node], reading: Reading) -> str:
    """The encoding of the fields of a format, UTF-8 where none is named."""
    if "encoding" not in fields:
        return "utf-8"
    name = reading.text(fields["encoding"], expected="an encoding")
    try:
        "".encode(name)  # refuses codecs that are not for text, such as base64
        return codecs.lookup(name).name
    except LookupError:
        valid = {*encoding_aliases.values(), *encoding_aliases}
        near = nearest(name.replace("-", "_"), valid)
        reading.problems.add(
            fields["encoding"],
            "unknown encoding",
            found=repr(name),
            expected="one that Python decodes",
            suggestion=near,
        )
        return "utf-8"


def _delimited(node: Node, fields: dict[str, Node], reading: Reading) -> DelimitedFormat:
    header = reading.truth(fields["header"]) if "header" in fields else True
    columns = reading.texts(fields["columns"]) if "columns" in fields else ()
    if not header and not columns:
        reading.problems.add(node, "missing", key="format.columns", expected="the column names, since header is false")
    if header and columns:
        reading.problems.add(fields["columns"], "means nothing here", expected="`header: false` beside it")
    reading.distinct(fields.get("columns", node), "column", columns)
    return DelimitedFormat(
        delimiter=read_delimiter(fields, reading),
        quote=read_quote(fields, reading),
        encoding=read_encoding(fields, reading),
        header=header,
        columns=columns,
    )


def read_delimiter(fields: dict[str, Node], reading: Reading) -> str:
    """The delimiter, a comma where none is named."""
    if "delimiter" not in fields:
        return ","
    text = reading.text(fields["delimiter"], expected="one character")
    text = _DELIMITERS.get(text, text)
    if len(text) != 1 or not text.isascii():
        reading.problems.add(fields["delimiter"], "not a delimiter", found=repr(text), expected="one ASCII character")
        return ","
    return text


def read_quote(fields: dict[str, Node], reading: Reading) -> str | None:
    """The quote, None for none."""
    if "quote" not in fields:
        return '"'
    value = fields["quote"].value
    if value in (None, "", "none"):
        return None
    if not isinstance(value, str) or len(value) != 1 or not value.isascii():
        reading.problems.add(
            fields["quote"], "not a quote", found=fields["quote"].shown, expected="one character or none"
        )
    return str(value)[:1]


def _fixed_width(node: Node, fields: dict[str, Node], reading: Reading) -> FixedWidthFormat:
    columns = tuple(_fixed_column(item, reading) for item in reading.items(fields["columns"]))
    reading.distinct(fields["columns"], "column", tuple(column.name for column in columns))
    end = max((column.start + column.width - 1 for column in columns), default=1)
    length = None
    if "record_length" in fields:
        length = reading.whole(fields["record_length"], minimum=end)
    return FixedWidthFormat(
        encoding=read_encoding(fields, reading),
        unit=reading.choice(fields["unit"], ("bytes", "characters")) if "unit" in fields else "bytes",  # type: ignore[arg-type]
        columns=columns,
        header=reading.truth(fields["header"]) if "header" in fields else False,
        record_length=length,
    )


def _fixed_column(node: Node, reading: Reading) -> FixedColumn:
    fields = reading.fields(node, ("name", "start", "width"), required=("name", "start", "width"))
    if len(fields) < 3:
        return FixedColumn(name="?", start=1, width=1)
    return FixedColumn(
        name=reading.text(fields["name"]),
        start=reading.whole(fields["start"], minimum=1),
        width=reading.whole(fields["width"], minimum=1),
    )


def _json_lines(node: Node, fields: dict[str, Node], reading: Reading) -> JsonLinesFormat:
    return JsonLinesFormat(encoding=read_encoding(fields, reading))


def _parquet(node: Node, fields: dict[str, Node], reading: Reading) -> ParquetFormat:
    return ParquetFormat()


def _excel(node: Node, fields: dict[str, Node], reading: Reading) -> ExcelFormat:
    sheet: str | int = 1
    if "sheet" in fields:
        text = reading.text(fields["sheet"], expected="the name or number of a sheet")
        sheet = int(text) if text.isascii() and text.isdigit() else text
    row = reading.whole(fields["header_row"], minimum=1) if "header_row" in fields else 1
    return ExcelFormat(sheet=sheet, header_row=row)


def _sql(node: Node, fields: dict[str, Node], reading: Reading) -> SqlFormat:
    return SqlFormat(url=reading.text(fields["url"]), query=reading.text(fields["query"]))


_READERS: dict[str, Callable[[Node, dict[str, Node], Reading], Format]] = {
    "delimited": _delimited,
    "fixed_width": _fixed_width,
    "json_lines": _json_lines,
    "parquet": _parquet,
    "excel": _excel,
    "sql": _sql,
}
