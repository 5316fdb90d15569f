"""Excel sheets: cells as a person reads them; dates as ISO, whole numbers without a decimal point."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException

from mdm.contracts import ExcelFormat
from mdm.errors import FeedError
from pipelines.readers.rows import RawRows, Reading, Rejected, empty_table, text_table


def read_excel(path: Path, layout: ExcelFormat, reading: Reading, *, limit: int | None = None) -> RawRows:
    """The rows below the header row of one sheet; with `limit` the first `limit` of them."""
    rows = _cells(path, layout, reading)
    header = next(rows, None)
    if header is None:
        return reading.finish(empty_table(reading.contract.columns()), [], ["the sheet is empty"])
    names = [(to_text(cell) or "").strip() for cell in header]
    while names and not names[-1]:
        names.pop()
    notes = reading.check_columns(names)
    texts: list[list[str | None]] = []
    numbers: list[int] = []
    rejected: list[Rejected] = []
    for number, row in enumerate(islice(rows, limit), layout.header_row + 1):
        cells = [to_text(cell) for cell in row]
        if not any(cells):
            continue
        if any(cells[len(names) :]):
            content = "|".join(cell or "" for cell in cells)
            detail = f"a value beyond the {len(names)} columns of the header"
            key = reading.key_of(names, [cell or "" for cell in cells])
            rejected.append(Rejected(number, "columns", detail, content, key))
            continue
        texts.append([*cells, *[None] * (len(names) - len(cells))][: len(names)])
        numbers.append(number)
    if not texts:
        return reading.finish(empty_table(names), rejected, notes)
    arrays = [pa.array(column, pa.string()) for column in zip(*texts, strict=True)]
    return reading.finish(text_table(names, arrays, pa.array(numbers, pa.int64())), rejected, notes)


def _cells(path: Path, layout: ExcelFormat, reading: Reading) -> Iterator[tuple[Any, ...]]:
    """The rows of the sheet from its header row on. Raises FeedError: no workbook, no such sheet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns about styles and extensions that it does not need
            book = openpyxl.load_workbook(BytesIO(path.read_bytes()), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
        raise FeedError(f"not an Excel workbook (.xlsx): {error}", where=reading.file) from error
    try:
        sheet = book[_sheet_name(book.sheetnames, layout.sheet, reading)]
        sheet.reset_dimensions()  # some writers state a wrong extent
        yield from sheet.iter_rows(min_row=layout.header_row, values_only=True)
    finally:
        book.close()


def _sheet_name(names: list[str], wanted: str | int, reading: Reading) -> str:
    if isinstance(wanted, int) and 1 <= wanted <= len(names):
        return names[wanted - 1]
    if wanted in names or str(wanted) in names:
        return str(wanted)
    raise FeedError(f"no sheet {wanted!r}", where=reading.file, remedy=f"it has {', '.join(names)}")


def to_text(cell: Any) -> str | None:
    """A cell as text, None when it is empty."""
    if cell is None or isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return (cell.date() if cell.time() == dt.time() else cell).isoformat()
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)
