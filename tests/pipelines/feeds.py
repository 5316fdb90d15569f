"""Tiny feeds for tests: a contract from a few lines of YAML, a file from bytes, and what reading them gives."""

from __future__ import annotations

import textwrap
from pathlib import Path

from mdm.contracts import SourceContract, load_contract
from pipelines.landing import Delivery, find_deliveries
from pipelines.readers import RawRows, read_delivery
from pipelines.readers.rows import LINE

HEAD = """
source: feed
party: person
key: ID
map: {name.full: NAME}
"""


def contract(folder: Path, text: str, *, head: str = HEAD) -> SourceContract:
    """The contract made of `head` and `text`."""
    path = folder / "feed.yaml"
    path.write_text(head.strip() + "\n" + textwrap.dedent(text), encoding="utf-8")
    return load_contract(path)


def delivery(source: SourceContract, folder: Path, content: bytes, name: str = "feed.txt") -> Delivery:
    """The delivery of a file `name` with these bytes."""
    (folder / name).write_bytes(content)
    (found,) = find_deliveries(source, folder)
    return found


def read(folder: Path, layout: str, content: bytes, *, head: str = HEAD, max_field_bytes: int = 65536) -> RawRows:
    """What reading `content` in this format gives; the books are checked."""
    source = contract(folder, f"files: feed.txt\nformat: {layout}\n", head=head)
    raw = read_delivery(delivery(source, folder, content), source, max_field_bytes=max_field_bytes)
    assert raw.rows_read == raw.table.num_rows + raw.quarantined.num_rows
    return raw


def rows(raw: RawRows) -> list[tuple[object, ...]]:
    """(line, *values) of every row."""
    names = [LINE, *(name for name in raw.table.column_names if name != LINE)]
    return [tuple(row[name] for name in names) for row in raw.table.to_pylist()]


def refused(raw: RawRows) -> list[tuple[int, str, str | None]]:
    """(line, reason, local id) of every row in quarantine."""
    return [(row["line"], row["reason"], row["local_id"]) for row in raw.quarantined.to_pylist()]
