"""Bytes of deliveries, read back by the readers of feeds: every format, encodings, widths, and the same bytes twice."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mdm.contracts import Expression, FixedColumn, FixedWidthFormat, PartyRule, RecordMap, SourceContract
from mdm.contracts.model import DelimitedFormat, ExcelFormat, Format, JsonLinesFormat, ParquetFormat
from mdm.contracts.target_model import TargetColumn, TargetContract, TargetFormat
from mdm.errors import MdmError
from mdm.sync.characters import UNIT
from mdm.sync.layout import Layout
from mdm.sync.made import ROWS
from pipelines.landing import Delivery
from pipelines.readers import read_delivery

COLUMNS = (
    TargetColumn(name="ID", value="key", width=6),
    TargetColumn(name="PIN", value="pin", width=12),
    TargetColumn(name="ACT", value="action", width=1, values={"new": "N", "changed": "C", "moved": "M", "gone": "X"}),
    TargetColumn(name="AGAIN", value="repeat", width=1),
    TargetColumn(name="NO", value="delivery", width=3),
    TargetColumn(name="NAME", value="name.full", width=12),
    TargetColumn(name="BORN", value="birth_date", width=8, format="%Y%m%d"),
    TargetColumn(name="SEX", value="sex", width=1, values={"male": "1", "female": "2"}, otherwise="null"),
)
TOLD = [
    ("K1", "new", "100000000017", 1, "张伟", "1970-01-02", "male"),
    ("K2", "moved", "100000000025", 2, "Anne Lee", "", "female"),
    ("K3", "gone", None, 1, "", "", ""),
    ("K4", "changed", "100000000033", 1, "", "1999-12-31", "other"),
]
READ = [
    ["K1", "100000000017", "N", "", "7", "张伟", "19700102", "1"],
    ["K2", "100000000025", "M", "1", "7", "Anne Lee", "", "2"],
    ["K3", "", "X", "", "7", "", "", ""],
    ["K4", "100000000033", "C", "", "7", "", "19991231", ""],
]
WIDTHS = [column.width or 0 for column in COLUMNS]
FIXED = tuple(FixedColumn(name=c.name, start=1 + sum(WIDTHS[:n]), width=WIDTHS[n]) for n, c in enumerate(COLUMNS))
CASES: dict[str, tuple[dict[str, Any], Format]] = {
    "pipes in gb18030": (
        {"delimiter": "|", "quote": None, "encoding": "gb18030"},
        DelimitedFormat(delimiter="|", quote=None, encoding="gb18030"),
    ),
    "csv in utf-8": ({"line_end": "\r\n"}, DelimitedFormat()),
    "csv in utf-16": ({"encoding": "utf-16"}, DelimitedFormat(encoding="utf-16")),
    "fixed bytes in gbk": (
        {"type": "fixed_width", "encoding": "gbk"}, FixedWidthFormat(encoding="gbk", columns=FIXED)
    ),
    "fixed bytes in gb18030": (
        {"type": "fixed_width", "encoding": "gb18030"}, FixedWidthFormat(encoding="gb18030", columns=FIXED)
    ),
    "fixed bytes in utf-8": ({"type": "fixed_width"}, FixedWidthFormat(columns=FIXED)),
    "fixed characters": (
        {"type": "fixed_width", "unit": "characters"}, FixedWidthFormat(unit="characters", columns=FIXED)
    ),
    "json lines": ({"type": "json_lines"}, JsonLinesFormat()),
    "parquet": ({"type": "parquet"}, ParquetFormat()),
    "excel": ({"type": "excel"}, ExcelFormat()),
}  # fmt: skip


def contract(**layout: Any) -> TargetContract:
    return TargetContract(
        target="t", format=TargetFormat(**layout), file="t_{number}", folder="t", columns=COLUMNS, path="t.yaml"
    )


def rows() -> pa.Table:
    made = [
        {"key": key, "action": action, "pin": pin, "moved_from": None, "attempt": attempt, "altered": None,
         "content": None if pin is None else UNIT.join(values)}
        for key, action, pin, attempt, *values in TOLD
    ]  # fmt: skip
    return pa.Table.from_pylist(made, schema=ROWS)


def written(made: TargetContract, table: pa.Table) -> bytes:
    out = io.BytesIO()
    assert Layout(made, 7).write([table.slice(0, 3), table.slice(3), table.slice(0, 0)], out) == table.num_rows
    return out.getvalue()


@pytest.mark.parametrize(("layout", "reader"), CASES.values(), ids=CASES)
def test_what_is_written_is_read(tmp_path: Path, layout: dict[str, Any], reader: Format) -> None:
    file = tmp_path / "t_7"
    file.write_bytes(written(contract(**layout), rows()))
    columns = {column.name: Expression(column=column.name) for column in COLUMNS}
    source = SourceContract(
        source="t", party=PartyRule(party="person"), format=reader, key=("ID",), map=RecordMap(attributes=columns)
    )
    found = read_delivery(Delivery("t", file, file.name, dt.datetime.now(dt.UTC)), source)
    assert found.quarantined.num_rows == 0
    texts = [[(row[c.name] or "").rstrip() for c in COLUMNS] for row in found.table.to_pylist()]
    assert texts == READ


@pytest.mark.parametrize("layout", [layout for layout, _ in CASES.values()], ids=CASES)
def test_the_same_rows_give_the_same_bytes(layout: dict[str, Any]) -> None:
    assert written(contract(**layout), rows()) == written(contract(**layout), rows())


def test_quotes_are_doubled() -> None:
    table = rows().slice(0, 1).set_column(5, "content", pa.array([UNIT.join(['a "b", c', "", ""])]))
    assert '"a ""b"", c"' in written(contract(), table).decode()


def test_a_key_that_does_not_fit_is_an_error() -> None:
    table = rows().slice(0, 1).set_column(0, "key", pa.array(["K12345678"]))
    with pytest.raises(MdmError, match="ID"):
        written(contract(type="fixed_width", encoding="gbk"), table)


def test_a_key_that_cannot_be_written_is_an_error() -> None:
    table = rows().slice(0, 1).set_column(0, "key", pa.array(["𠮷"]))
    with pytest.raises(MdmError, match="gbk cannot write"):
        written(contract(encoding="gbk"), table)
