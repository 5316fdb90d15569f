"""The shell commands of README.md run, in order, in a copy of the sample workspace."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")


@pytest.mark.parametrize(
    "document",
    [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_links_lead_somewhere(document: Path) -> None:
    targets = LINK.findall(document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_the_readme_names_only_targets_that_make_has() -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"make ([a-z-]+)", "\n".join(re.findall(r"`make [a-z-]+`|^    make [a-z-]+", README, re.M))))
    assert {"demo", "test"} <= named <= made


@pytest.mark.slow
def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    """A block that fails, and how; then what the last one printed."""
    keep = shutil.ignore_patterns("var")
    shutil.copytree(ROOT / "data" / "samples", tmp_path / "data" / "samples", ignore=keep)
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    stop = "for w in data/samples my-operator; do mdm stop -w $w || true; done"
    script = "\n".join(["set -eu", *BLOCKS, stop])
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MDM_")}
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "欧阳国栋" in done.stdout
    assert "Linh Nguyen" in done.stdout
