"""The typed target contract: which customers a system is told of, in which columns, how its files look and answer.

Frozen data without I/O. A delivery keeps the contract that it was made by (`model_dump`), so that it can be made again
after the file in `targets/` has changed.
"""

from __future__ import annotations

import codecs
import datetime as dt
from collections.abc import Iterator
from typing import Literal

from mdm.contracts.model import Control, Format, _Model
from mdm.party import PartyType

Overwrite = Literal["if_better", "if_empty"]
Policy = Literal["substitute", "transliterate", "keep"]
UNICODE = ("utf-8", "utf-16", "utf-32", "gb18030", "utf_8", "utf_16", "utf_32")  # write every character


class TargetFormat(_Model):
    """How the rows of a delivery become bytes. The columns are those of the contract, in its order."""

    type: Literal["delimited", "fixed_width", "json_lines", "parquet", "excel"] = "delimited"
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str | None = '"'
    header: bool = True
    unit: Literal["bytes", "characters"] = "bytes"  # of the widths, for fixed_width
    line_end: str = "\n"
    sheet: str = "Sheet1"

    @property
    def writes_everything(self) -> bool:
        """Whether there is no character that the encoding cannot write."""
        if self.type in ("parquet", "excel"):
            return True
        return codecs.lookup(self.encoding).name.startswith(UNICODE)


class TargetColumn(_Model):
    """One column. `value`: what it holds (`mdm.sync.values`); null and empty are the same.

    overwrite: if_better, not where the target's own value is newer and more trusted; if_empty, only where it has none.
    matching: of a list, values that this regular expression (RE2) fits as a whole; place: which of them, from 1.
    without: a beginning that is left out (+86). format: strftime, of dates. values: code of the target per value.
    width: the longest text, in the format's unit; longer ones are cut, and reported.
    """

    name: str
    value: str
    overwrite: Overwrite = "if_better"
    matching: str | None = None
    place: int = 1
    without: str | None = None
    format: str | None = None
    values: dict[str, str | None] | None = None
    otherwise: Literal["keep", "null"] = "keep"
    width: int | None = None
    unwritable: Policy | None = None


class Unwritable(_Model):
    """What becomes of characters that the target's encoding cannot write.

    substitute: the character of `table`, else `otherwise`; transliterate: the table, then Latin letters, then
    `otherwise`; keep: the value that the target has already, where it has one, else as substitute.
    """

    policy: Policy = "substitute"
    table: dict[str, str] = {}  # noqa: RUF012  pydantic copies it
    otherwise: str = "?"


class Acknowledgement(_Model):
    """The target's answer: one row per row that it was sent, or (`rows`: rejected) only those that it refused.

    delivery: the column with the number of the delivery; number_in_name: a regular expression that finds it in the
    file's name instead. within: seconds after which a row without an answer is delivered again. attempts: how often a
    row is delivered before it becomes a task.
    """

    files: tuple[str, ...]
    format: Format
    key: str
    delivery: str | None = None
    number_in_name: str | None = None
    status: str | None = None
    accepted: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    reason: str | None = None
    rows: Literal["all", "rejected"] = "all"
    within: int = 2 * 86_400
    attempts: int = 2

    @property
    def patience(self) -> dt.timedelta:
        return dt.timedelta(seconds=self.within)


class TargetContract(_Model):
    """All that the house knows about one system that it sends to.

    system: one row for each current record of it, under its own key; None: one row per customer, under the PIN.
    record: of the rows that carry several records, the name of the one that is meant (None: the row's own).
    """

    target: str
    system: str | None = None
    record: str | None = None
    party: PartyType | None = None
    delivery: Literal["delta", "full"] = "delta"
    format: TargetFormat
    file: str
    folder: str
    control: Control | None = None
    columns: tuple[TargetColumn, ...]
    unwritable: Unwritable = Unwritable()
    acknowledgement: Acknowledgement | None = None
    description: str = ""
    path: str = ""  # of the contract file, for messages

    def file_name(self, number: int, date: dt.date) -> str:
        """The name of a delivery's file."""
        return self.file.format(target=self.target, number=number, date=date)

    def columns_of(self, *values: str) -> Iterator[TargetColumn]:
        """The columns that hold one of `values`."""
        return (column for column in self.columns if column.value in values)
