"""The files of a workspace out of an archive: what they say, who reads them, how old they are, and nothing outside."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from mdm.errors import StoreError
from pipelines.jobs.unpacking import take_back, unpack


def _archive(path: Path, **files: tuple[str, int]) -> Path:
    """files: name -> text, mode; `up` in a name stands for `..`."""
    with tarfile.open(path, "w:gz") as packed:
        for name, (text, mode) in files.items():
            entry = tarfile.TarInfo(name.replace("up_", "../").replace("__", "/"))
            entry.size, entry.mode, entry.mtime = len(text), mode, 1_700_000_000
            packed.addfile(entry, io.BytesIO(text.encode()))
    return path


def test_what_differs_is_kept_aside_and_taken_back(tmp_path: Path) -> None:
    workspace, aside, written = tmp_path / "operator", tmp_path / "aside", []  # type: ignore[var-annotated]
    workspace.mkdir()
    (workspace / "key").write_text("of today")
    (workspace / "same").write_text("equal")
    archive = _archive(tmp_path / "a.tar.gz", key=("old", 0o600), same=("equal", 0o644), var__log__it=("a", 0o6777))
    unpack(archive, workspace, aside, written)
    assert written == ["key", "var/log/it"]
    found = {name: (workspace / name).stat() for name in written}
    assert {name: oct(stat.st_mode & 0o7777) for name, stat in found.items()} == {"key": "0o600", "var/log/it": "0o755"}
    assert {stat.st_mtime for stat in found.values()} == {1_700_000_000}
    assert ((workspace / "key").read_text(), (aside / "key").read_text()) == ("old", "of today")
    take_back(workspace, aside, written)
    assert (workspace / "key").read_text() == "of today"
    assert not (workspace / "var/log/it").exists()


@pytest.mark.parametrize("name", ["up_outside", "sub__up_up_outside"])
def test_nothing_is_written_outside_of_the_workspace(tmp_path: Path, name: str) -> None:
    archive, workspace = _archive(tmp_path / "a.tar.gz", **{name: ("forged", 0o644)}), tmp_path / "operator"
    workspace.mkdir()
    with pytest.raises(StoreError, match="outside is no file of a workspace"):
        unpack(archive, workspace, tmp_path / "aside", [])
    assert not (tmp_path / "outside").exists()
