"""Where benchmarks work."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_directory(asked: Path | None = None) -> Iterator[Path]:
    """A directory that the user of the embedded PostgreSQL can pass through; removed unless it was asked for."""
    if asked is not None:
        asked.mkdir(parents=True, exist_ok=True)
        yield asked.absolute()
        return
    path = Path(tempfile.mkdtemp(prefix="mdm-bench-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
