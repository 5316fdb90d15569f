"""Who was erased, noted beside the database: a backup from before the erasure must not bring them back.

A line holds a PIN, when, who and why, and the keyed hashes of the suppression: nothing of the person.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from mdm.settings import Settings
from mdm.store.issued import FILE as ISSUED
from mdm.store.issued import read as read_issued
from mdm.store.suppression import Hash

FILE = "erased.jsonl"


def note(settings: Settings, entry: Mapping[str, Any], hashes: Sequence[Hash]) -> None:
    """Add a line, on the disk when this returns. entry: pin, erased_at, actor, reason."""
    line = {**entry, "hashes": [list(each) for each in hashes]}
    for folder in _places(settings):
        with open(os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
            file.write(orjson.dumps(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())


def noted(settings: Settings, folder: Path) -> list[dict[str, Any]]:
    """Everybody who was noted here or in the folder of the backups, each once, in the order of erasure."""
    found: dict[str, dict[str, Any]] = {}
    for file in (folder / FILE, settings.var / FILE):
        for line in file.read_bytes().splitlines() if file.is_file() else ():
            if line.strip():
                entry = orjson.loads(line)
                found[entry["pin"]] = entry
    return sorted(found.values(), key=lambda entry: str(entry["erased_at"]))


def _places(settings: Settings) -> list[Path]:
    copy = read_issued(settings.var / ISSUED).get("copy")
    return [settings.var, *([Path(copy)] if copy and Path(copy).is_dir() else [])]
