"""`mdm init`: a new workspace, with every setting and every feature of a contract shown in a commented example."""

from __future__ import annotations

import secrets
from importlib.resources import files
from pathlib import Path

from mdm.errors import UsageError

FOLDERS = ("sources", "targets", "landing", "outbound")
# template -> place in the workspace
FILES = {
    "mdm.toml": "mdm.toml",
    "example.yaml": "sources/example.yaml.sample",
    "target.yaml": "targets/example.yaml.sample",
    "placeholders.txt": "placeholders.txt",
    "gitignore.txt": ".gitignore",
}


def init_workspace(path: Path) -> list[Path]:
    """Makes a workspace in `path` and returns the files written.

    Raises UsageError when one of them is there already: nothing is overwritten, and then nothing is written at all.
    """
    existing = [name for name in FILES.values() if (path / name).exists()]
    if existing:
        raise UsageError(
            f"already there: {', '.join(existing)}", where=str(path), remedy="choose another directory, or remove them"
        )
    try:
        for folder in FOLDERS:
            (path / folder).mkdir(parents=True, exist_ok=True)
        return [_write(template, path / name) for template, name in FILES.items()]
    except OSError as error:
        raise UsageError(f"cannot make a workspace: {error.strerror}", where=str(error.filename or path)) from error


def _write(template: str, place: Path) -> Path:
    text = (files("pipelines") / "templates" / template).read_text(encoding="utf-8")
    place.write_text(text.replace("{pin_key}", secrets.token_hex(16)), encoding="utf-8")
    if place.name == "mdm.toml":
        place.chmod(0o600)  # it holds the key of the PINs
    return place
