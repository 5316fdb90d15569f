"""The four rules of the house hold, and each check can fail."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house import layers

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("rule", layers.RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: layers.Rule) -> None:
    assert layers.broken(ROOT, rule) == []


BAD = {
    "a driver outside the store": (layers.sql_outside_the_store, "pipelines/x.py", "import psycopg"),
    "a driver inside a function": (layers.sql_outside_the_store, "api/x.py", "def f():\n    import psycopg.rows"),
    "text of sqlalchemy": (layers.sql_outside_the_store, "mdm/registry.py", "from sqlalchemy import text"),
    "select through an alias": (layers.sql_outside_the_store, "mdm/x.py", "import sqlalchemy as q\nq.select(1)"),
    "sqlmodel in a route": (layers.sql_outside_the_store, "api/x.py", "from sqlmodel import select"),
    "the tables": (layers.sql_outside_the_store, "pipelines/x.py", "from mdm.store.tables import Run"),
    "SQL past sqlalchemy": (layers.sql_outside_the_store, "mdm/x.py", "connection.exec_driver_sql('select 1')"),
    "splink elsewhere": (layers.splink_outside_its_files, "mdm/match/online.py", "from splink import Linker"),
    "splink internals": (layers.splink_outside_its_files, "pipelines/x.py", "import splink.internals.blocking"),
    "a commit by hand": (layers.transactions_of_others, "pipelines/x.py", "connection.commit()"),
    "a roll-back by hand": (layers.transactions_of_others, "mdm/x.py", "connection.rollback()"),
    "begin in a query": (layers.transactions_of_others, "mdm/store/x.py", "with database.begin() as c:\n    pass"),
    "begin by one handed a connection": (
        layers.transactions_of_others, "mdm/registry/x.py",
        "def f(connection: sa.Connection):\n    with connection.begin_nested():\n        pass",
    ),
    "the domain knows the night": (layers.imports_upward, "mdm/x.py", "from pipelines.night import run_night"),
    "the domain knows the API": (layers.imports_upward, "mdm/match/x.py", "def f():\n    import api.app"),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "path", "text"), BAD.values(), ids=BAD.keys())
def test_a_breach_is_found(rule: layers.Rule, path: str, text: str) -> None:
    assert list(rule(path, ast.parse(text)))


GOOD = {
    "the type of a connection": (
        layers.sql_outside_the_store, "mdm/registry/x.py", "import sqlalchemy as sa\ndef f(c: sa.Connection): ..."
    ),
    "SQL in the store": (layers.sql_outside_the_store, "mdm/store/x.py", "import sqlalchemy as sa\nsa.text('x')"),
    "SQL on the databases of others": (layers.sql_outside_the_store, layers.FOREIGN_SQL, "from sqlalchemy import text"),
    "splink where pairs are scored": (
        layers.splink_outside_its_files, "mdm/match/batch.py", "from splink import Linker"
    ),
    "splink where models are trained": (
        layers.splink_outside_its_files, "mdm/match/training.py", "from splink import Linker"
    ),
    "a step opens its transaction": (
        layers.transactions_of_others, "pipelines/x.py",
        "def f(n: Night):\n    with n.database.begin() as c:\n        pass",
    ),
    "the night knows the domain": (layers.imports_upward, "pipelines/x.py", "from mdm.party import MAPPED"),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "path", "text"), GOOD.values(), ids=GOOD.keys())
def test_what_is_allowed_is_not_found(rule: layers.Rule, path: str, text: str) -> None:
    assert list(rule(path, ast.parse(text))) == []


def test_a_breach_is_reported_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "mdm").mkdir()
    (tmp_path / "mdm" / "bad.py").write_text("import os\nimport splink\n", encoding="utf-8")
    assert layers.broken(tmp_path, layers.splink_outside_its_files) == ["mdm/bad.py:2: imports splink"]
