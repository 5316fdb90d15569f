"""A restore under way, or killed: workspace and store may be of two times, so nobody opens the store meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mdm.errors import StoreError
from mdm.store.place import make_private

FILE = "restoring"  # below var/: the backup that is put back


@contextmanager
def restoring(var: Path, backup: str) -> Iterator[None]:
    """Say so while the block lasts, and after a kill in it; a block that fails has left everything as it was before."""
    mark = make_private(var) / FILE
    before = mark.exists()
    mark.write_text(backup, encoding="utf-8")
    try:
        yield
    except BaseException:
        if not before:
            mark.unlink()
        raise
    mark.unlink()


def see_that_nobody_restores(var: Path) -> None:
    """Raises StoreError while a restore is under way, and when one was killed."""
    mark = var / FILE
    if mark.exists():
        backup = mark.read_text(encoding="utf-8")
        raise StoreError(
            f"a restore of {backup} is under way, or was killed", where=str(mark),
            remedy="If nobody restores just now, run it again: mdm restore. The workspace may be the backup's already.",
        )  # fmt: skip
