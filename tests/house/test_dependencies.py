"""Every package that is imported is declared, every declared one is used, and the locks hold nothing of a machine."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.house.layers import SPLINK, parsed

ROOT = Path(__file__).parents[2]
PRODUCT = ("mdm", "pipelines", "expectations", "api")
OURS = {*PRODUCT, "benchmarks", "tests"}
LOCKS = ("requirements.lock", "requirements-test.lock")
NOT_IMPORTED = {"ruff", "mypy", "pytest-xdist"}  # programs that make test runs, and what one of them loads


def test_the_product_declares_what_it_imports() -> None:
    assert undeclared(PRODUCT, declared("dependencies")) == {}


def test_tests_and_benchmarks_declare_what_they_import() -> None:
    assert undeclared(("tests", "benchmarks"), declared("dependencies") | declared("test")) == {}


def test_an_undeclared_import_is_found() -> None:
    found = undeclared(PRODUCT, declared("dependencies") - {"splink"})
    assert set(found) == {"splink"}
    assert found["splink"] in SPLINK


def test_what_is_declared_is_used() -> None:
    product = {name for name, _ in named_distributions(PRODUCT)}
    assert declared("dependencies") - product == set()
    everywhere = product | {name for name, _ in named_distributions(("tests", "benchmarks"))}
    assert declared("test") - everywhere - NOT_IMPORTED == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_versions_and_hashes_and_nothing_else(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    kinds = re.compile(r"#.*|[a-z0-9][a-z0-9.-]*==[\w.!+]+ \\|    --hash=sha256:[0-9a-f]{64}(?: \\)?|    # .*")
    assert [line for line in text.splitlines() if line and not kinds.fullmatch(line)] == []
    assert not re.search(r"://|find-links|index-url|trusted-host|(?<!\w)/\w", text)


@pytest.mark.parametrize(("lock", "extras"), [(LOCKS[0], ()), (LOCKS[1], ("test",))])
def test_a_lock_has_all_that_is_declared(lock: str, extras: tuple[str, ...]) -> None:
    wanted = declared("dependencies").union(*(declared(extra) for extra in extras))
    assert wanted - set(locked(lock)) == set()


def test_both_locks_name_the_same_versions() -> None:
    product, test = (locked(lock) for lock in LOCKS)
    assert product.items() <= test.items()


def declared(group: str) -> set[str]:
    """Normalised names of the dependencies, or of those of an extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = project["dependencies"] if group == "dependencies" else project["optional-dependencies"][group]
    return {normalised(re.split(r"[\[<>=!~; ]", entry)[0]) for entry in listed}


def locked(lock: str) -> dict[str, str]:
    """Package -> version."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {normalised(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}


def undeclared(folders: tuple[str, ...], allowed: set[str]) -> dict[str, str]:
    """Distribution (or module, when nothing installed has it) -> a file that imports it without declaration."""
    return {name: path for name, path in named_distributions(folders, imports_only=True) if name not in allowed}


def named_distributions(folders: tuple[str, ...], *, imports_only: bool = False) -> Iterator[tuple[str, str]]:
    """(distribution, file) for every module of a third party that is imported, or named in a text of its own."""
    distributions = installed()
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for module, imported in _modules(parsed(file)):
                if imported or (module in distributions and not imports_only):
                    for name in distributions.get(module, [module]):
                        yield normalised(name), file.relative_to(ROOT).as_posix()


@cache
def installed() -> dict[str, list[str]]:
    """Module -> the distributions that bring it."""
    return dict(packages_distributions())


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def _modules(tree: ast.Module) -> tuple[tuple[str, bool], ...]:
    """(top-level module, whether imported) of everything that is neither ours nor of the standard library."""
    return tuple(dict.fromkeys(_each_module(tree)))


def _each_module(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        for name in names:
            top = name.split(".")[0]
            if top not in OURS and top not in sys.stdlib_module_names:
                yield top, True
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield node.value, False
