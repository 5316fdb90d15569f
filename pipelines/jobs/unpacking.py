"""The files of a workspace as a backup has them; those that differ are kept aside."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path

from mdm.errors import StoreError

_REMEDY = "Nothing of it was written. Take another backup."


def unpack(archive: Path, workspace: Path, aside: Path, written: list[str]) -> None:
    """Write the files of an archive; what is there and differs goes to `aside`. written: gets their names."""
    with tarfile.open(archive) as packed:
        for entry in packed:
            if not entry.isfile():
                continue
            place = workspace / entry.name
            if not place.resolve().is_relative_to(workspace.resolve()):
                raise StoreError(f"{entry.name} is no file of a workspace", where=str(archive), remedy=_REMEDY)
            content = packed.extractfile(entry)
            assert content is not None
            text = content.read()
            if place.is_file() and place.read_bytes() == text:
                continue
            if place.exists():
                kept = aside / entry.name
                kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                place.rename(kept)
            written.append(entry.name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch(mode=0o600)
            place.write_bytes(text)
            place.chmod(entry.mode & 0o755)  # nobody else may write into it
            os.utime(place, (entry.mtime, entry.mtime))


def take_back(workspace: Path, aside: Path, written: list[str]) -> None:
    """The files as they were before `unpack`."""
    for name in written:
        (workspace / name).unlink(missing_ok=True)
        if (aside / name).exists():
            (aside / name).rename(workspace / name)
    shutil.rmtree(aside, ignore_errors=True)
