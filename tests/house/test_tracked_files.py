"""No tracked file says where somebody's package index is, or a path that only one machine has."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Put together here, so that this file does not find itself.
INDEX = re.compile("|".join(map(re.escape, ("py" + "pi.org", "python" + "hosted", "npm" + "js.", "/simple" + "/"))))
MACHINE = re.compile(r"(?<![\w.:/$}])/(?:home|Users|work|root|opt|mnt|tmp/w)/[\w.-]+")


def tracked() -> list[Path]:
    """Text files that git knows; those of a checkout without git are not told apart from its litter, hence a skip."""
    found = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if found.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in found.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def offences(path: Path, pattern: re.Pattern[str]) -> list[str]:
    """`path:line: what` for every hit."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    lines = enumerate(text.splitlines(), 1)
    return [f"{path.name}:{number}: {hit[0]}" for number, line in lines if (hit := pattern.search(line))]


@pytest.mark.parametrize("pattern", [INDEX, MACHINE], ids=["package index", "path of a machine"])
def test_no_tracked_file_names_one(pattern: re.Pattern[str]) -> None:
    assert [offence for path in tracked() for offence in offences(path, pattern)] == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (INDEX, "--index-url https://py" + "pi.org/simple"),
        (INDEX, "url = https://files.python" + "hosted.org/packages/x.whl"),
        (INDEX, "extra-index-url = file:///srv/wheels/simple" + "/"),
        (MACHINE, 'FEEDS = "/' + 'home/ann/feeds"'),
        (MACHINE, "--find-links /" + "opt/wheels"),
    ],
)
def test_one_that_is_named_is_found(pattern: re.Pattern[str], line: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.txt"
    file.write_text(f"first line\n{line}\n", encoding="utf-8")
    assert len(offences(file, pattern)) == 1


@pytest.mark.parametrize(
    "line", ["cd ../shared/data", "https://example.org/home/ann", "/dev/null", "a/home/x", "/root is"]
)
def test_others_are_not_found(line: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.txt"
    file.write_text(line, encoding="utf-8")
    assert offences(file, INDEX) + offences(file, MACHINE) == []
