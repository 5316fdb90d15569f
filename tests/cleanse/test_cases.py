"""Every real-life case of `tests/cleanse/cases`: what is found, and its mark."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import pytest

from tests.cleanse import cases
from tests.cleanse.cases import Case

TABLES = {found.name: import_module(f"{cases.__name__}.{found.name}") for found in iter_modules(cases.__path__)}


def _parameters() -> list[Any]:
    return [
        pytest.param(
            table,
            case,
            id=f"{name}: {case.why}",
            marks=pytest.mark.xfail(strict=True, reason=case.fails) if case.fails else (),
        )
        for name, table in TABLES.items()
        for case in table.CASES
    ]


@pytest.mark.parametrize(("table", "case"), _parameters())
def test_real_life(table: ModuleType, case: Case) -> None:
    assert table.read(case) == (case.expected, case.mark)


def test_no_case_stands_twice_or_without_a_reason() -> None:
    for name, table in TABLES.items():
        twice = [given for given, count in Counter((str(c.given), c.region) for c in table.CASES).items() if count > 1]
        assert not twice, name
        assert all(len(case.why.split()) >= 3 for case in table.CASES), name
