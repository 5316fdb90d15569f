"""Each of the eleven promises of the product has tests that are named after it and begin with its words."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PROMISES = 11


@pytest.mark.parametrize("number", range(1, PROMISES + 1))
def test_it_has_tests_of_its_name(number: int) -> None:
    files = sorted(Path(__file__).parent.glob(f"test_promise_{number:02}_*.py"))
    assert files
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert (ast.get_docstring(tree) or "").startswith(f"Promise {number}: "), file.name
        tests = [node.name for node in tree.body if getattr(node, "name", "").lower().startswith("test")]
        assigned = [ast.unparse(node.targets[0]) for node in tree.body if isinstance(node, ast.Assign)]
        assert tests or any(name.startswith("Test") for name in assigned), file.name
