"""How good the customers and households of a store are, measured against a truth file.

Truth: a CSV of ``source, local_id, person[, household[, as_of]]``. All rows count: a row that the store does
not hold is a customer of its own. Only automatic matches count, never open tasks.

* pairwise: of all pairs of rows in one customer, how many are one person (precision), and the reverse (recall);
* cluster: customers that hold exactly the rows of one person;
* household: pairs of rows of one household, each row's household being the one its customer belongs to at its `as_of`;
* tasks: open tasks between rows of the truth, and the share of them that are true matches.

Pair counts come from contingency tables, so the cost is linear in the rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from mdm.errors import UsageError
from mdm.store import customers, households, tasks

COLUMNS = ("source", "local_id", "person")


def evaluate_store(connection: sa.Connection, truth: Path) -> dict[str, Any]:
    """Precision, recall and F1 of the store's customers and households, and how good its tasks are.

    Raises UsageError when the truth file lacks a column.
    """
    with duckdb.connect() as scratch:
        has = _read_truth(scratch, truth)
        scratch.register("xref", customers.all_xrefs(connection))
        scratch.execute(
            "CREATE TABLE row AS SELECT t.*, coalesce(x.pin, '?' || t.number) AS pin, x.record_id FROM truth t "
            "LEFT JOIN xref x ON x.system = t.source AND x.local_id = t.local_id"
        )
        rows = scratch.execute("SELECT pin, person FROM row").fetchall()
        pins, people = [pin for pin, _ in rows], [person for _, person in rows]
        result: dict[str, Any] = {
            "rows": len(rows),
            "found": scratch.execute("SELECT count(record_id) FROM row").fetchall()[0][0],
            "pairwise": pairwise(pins, people),
            "cluster": exact(pins, people),
            "tasks": _tasks(scratch, tasks.all_tasks(connection), len(rows)),
        }
        if "household" in has:
            result["household"] = _household(scratch, households.all_memberships(connection))
        return result


def _read_truth(scratch: duckdb.DuckDBPyConnection, truth: Path) -> set[str]:
    path = str(truth).replace("'", "''")
    relation = scratch.sql(f"SELECT * FROM read_csv('{path}', header = true, all_varchar = true)")
    missing = [name for name in COLUMNS if name not in relation.columns]
    if missing:
        raise UsageError(
            f"no column {', '.join(missing)}",
            where=str(truth),
            remedy="A truth file has the columns source,local_id,person[,household[,as_of]].",
        )
    has = set(relation.columns)
    household = "household" if "household" in has else "NULL::VARCHAR"
    as_of = "try_cast(as_of AS DATE)" if "as_of" in has else "NULL::DATE"
    scratch.execute(
        f"CREATE TABLE truth AS SELECT row_number() OVER () AS number, source, local_id, person, "
        f"{household} AS household, {as_of} AS as_of FROM read_csv('{path}', header = true, all_varchar = true)"
    )
    return has


def _household(scratch: duckdb.DuckDBPyConnection, memberships: pa.Table) -> dict[str, float]:
    """Rows of the truth that have a household; a customer that belongs to none at the date is one of its own."""
    scratch.register("membership", memberships)
    rows = scratch.execute(
        """
        SELECT coalesce(any_value(m.chi), any_value(r.pin)) AS chi, any_value(r.household) AS household
        FROM row r LEFT JOIN membership m ON m.pin = r.pin AND starts_with(m.chi, 'H')
             AND (r.as_of IS NULL OR ((m.valid_from IS NULL OR m.valid_from <= r.as_of)
                                      AND (m.valid_to IS NULL OR m.valid_to > r.as_of)))
             AND (r.as_of IS NOT NULL OR m.valid_to IS NULL)
        WHERE r.household IS NOT NULL AND r.household <> '' GROUP BY r.number
        """
    ).fetchall()
    return pairwise([chi for chi, _ in rows], [household for _, household in rows])


def _tasks(scratch: duckdb.DuckDBPyConnection, open_tasks: pa.Table, rows: int) -> dict[str, float]:
    scratch.register("task", open_tasks)
    found = scratch.execute(
        "SELECT count(*), coalesce(count_if(a.person = b.person), 0) FROM task t "
        "JOIN row a ON a.record_id = t.left_id JOIN row b ON b.record_id = t.right_id"
    ).fetchall()[0]
    known, true = int(found[0]), int(found[1])
    return {
        "open": open_tasks.num_rows,
        "share_of_rows": open_tasks.num_rows / rows if rows else 0.0,
        "judged": known,
        "true_share": true / known if known else 0.0,
    }


def pairwise(found: Sequence[Hashable], truth: Sequence[Hashable]) -> dict[str, float]:
    """Precision, recall and F1 over pairs of rows (micro): `found` and `truth` label the same rows."""
    both = _pairs(list(zip(found, truth, strict=True)))
    return _scores(both, _pairs(found), _pairs(truth))


def exact(found: Sequence[Hashable], truth: Sequence[Hashable]) -> dict[str, float]:
    """Precision, recall and F1 over whole clusters: one counts when it holds exactly the rows of one truth cluster."""
    sizes_found, sizes_truth = _counts(found), _counts(truth)
    same = sum(
        sizes_found[label] == size == sizes_truth[true]
        for (label, true), size in _counts(list(zip(found, truth, strict=True))).items()
    )
    return _scores(same, len(sizes_found), len(sizes_truth))


def _counts(labels: Sequence[Any]) -> dict[Any, int]:
    counts: dict[Any, int] = {}
    for label in labels:
        counts[label] = counts.get(label, 0) + 1
    return counts


def _pairs(labels: Sequence[Hashable]) -> int:
    return sum(n * (n - 1) // 2 for n in _counts(labels).values())


def _scores(both: int, found: int, true: int) -> dict[str, float]:
    """Nothing found and nothing to find is perfect."""
    precision = both / found if found else 1.0
    recall = both / true if true else 1.0
    f1 = 2 * precision * recall / (precision + recall) if both else float(found == true == 0)
    return {"precision": precision, "recall": recall, "f1": f1}
