"""The files of a workspace as a backup has them; those that differ are kept aside."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path


def unpack(archive: Path, workspace: Path, aside: Path, written: list[str]) -> None:
    """Write the files of an archive; what is there and differs goes to `aside`. written: gets their names."""
    with tarfile.open(archive) as packed:
        for entry in packed:
            if not entry.isfile():
                continue
            content = packed.extractfile(entry)
            assert content is not None
            place, text = workspace / entry.name, content.read()
            if place.is_file() and place.read_bytes() == text:
                continue
            if place.exists():
                kept = aside / entry.name
                kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                place.rename(kept)
            written.append(entry.name)
            packed.extract(entry, workspace, filter="data")


def take_back(workspace: Path, aside: Path, written: list[str]) -> None:
    """The files as they were before `unpack`."""
    for name in written:
        (workspace / name).unlink(missing_ok=True)
        if (aside / name).exists():
            (aside / name).rename(workspace / name)
    shutil.rmtree(aside, ignore_errors=True)
