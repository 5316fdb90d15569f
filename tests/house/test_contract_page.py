"""docs/contracts.md: its examples load, and it names every key that a contract may have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mdm.contracts import load_contract
from mdm.contracts.expressions import KEYS as EXPRESSION_KEYS
from mdm.contracts.formats import KEYS as FORMATS
from mdm.contracts.vocabulary import INHERITED_GROUPS, MAP_KEYS, RECORD_KEYS, TOP_KEYS, TRUST_GROUPS

PAGE = (Path(__file__).parents[2] / "docs" / "contracts.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(source:.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.split()[1])
def test_an_example_is_a_contract(text: str, tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    file.write_text(text, encoding="utf-8")
    assert load_contract(file).source == text.split()[1]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 2


def words() -> set[str]:
    """Everything in the page that stands as code; `.street` after `address.number` is `address.street`."""
    found: set[str] = set()
    for line in PAGE.splitlines():
        group = ""
        for code in re.findall(r"`([^`]+)`", line):
            group = code.split(".")[0] if re.fullmatch(r"[a-z_]+\.[a-z_]+", code) else group
            found |= {group + code if code.startswith(".") else code, *re.findall(r"[a-z_]+", code)}
        found |= set(re.findall(r"[a-z_]+(?=:)", line))
    return found


@pytest.mark.parametrize(
    "keys",
    [
        TOP_KEYS, RECORD_KEYS, MAP_KEYS, TRUST_GROUPS, INHERITED_GROUPS, EXPRESSION_KEYS, tuple(FORMATS),
        tuple(key for keys in FORMATS.values() for key in keys),
    ],
    ids=["top", "records", "map", "trust", "inherit", "expression", "formats", "format keys"],
)  # fmt: skip
def test_the_page_names_every_key(keys: tuple[str, ...]) -> None:
    assert set(keys) - words() == set()
