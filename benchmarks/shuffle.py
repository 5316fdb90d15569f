"""The same delivery once more: every feed of the sample operator with its rows in another order and a new mtime."""

from __future__ import annotations

import hashlib
import random
import re
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow.parquet as pq

HEADER_ROWS = {"mobile_*.txt": 1, "F97_*.DAT": 0, "bb_accounts_*.csv": 1, "segments_*.csv": 1, "tv_*.jsonl": 0}
WORKBOOK_HEADER_ROWS = 3


def shuffle_feeds(landing: Path, seed: int = 1) -> int:
    """Shuffle the rows of every feed in place; returns how many rows there were. Control files are kept true."""
    order = random.Random(seed)
    rows = sum(_text(path, head, order) for name, head in HEADER_ROWS.items() for path in landing.glob(name))
    rows += sum(_parquet(path, seed) for path in landing.glob("calls_*.parquet"))
    rows += sum(_workbook(path, order) for path in landing.glob("key_accounts_*.xlsx"))
    for control in landing.glob("*.ctl"):
        _control(control)
    return rows


def _text(path: Path, head: int, order: random.Random) -> int:
    """A text file, by bytes: its encoding does not matter, as no row of these feeds holds a line end."""
    lines = path.read_bytes().split(b"\n")
    last = [lines.pop()] if lines[-1] == b"" else []
    body = lines[head:]
    order.shuffle(body)
    path.write_bytes(b"\n".join([*lines[:head], *body, *last]))
    return len(body)


def _parquet(path: Path, seed: int) -> int:
    table = pq.read_table(path)
    pq.write_table(table.take(np.random.default_rng(seed).permutation(table.num_rows)), path)
    return int(table.num_rows)


def _workbook(path: Path, order: random.Random) -> int:
    book = openpyxl.load_workbook(path, read_only=True)
    title = book.sheetnames[0]
    rows = list(book[title].values)
    book.close()
    body = rows[WORKBOOK_HEADER_ROWS:]
    order.shuffle(body)
    fresh = openpyxl.Workbook(write_only=True)
    sheet = fresh.create_sheet(title)
    for row in (*rows[:WORKBOOK_HEADER_ROWS], *body):
        sheet.append(row)
    fresh.save(path)
    return len(body)


def _control(control: Path) -> None:
    """The checksum of the control file as the shuffled feed now has it."""
    text = control.read_text()
    feed = control.with_name(re.search(r"FILE=(.+)", text)[1].strip())  # type: ignore[index]
    digest = hashlib.md5(feed.read_bytes()).hexdigest()
    control.write_text(re.sub(r"MD5=\w+", f"MD5={digest}", text))
