"""What a candidate model would change: the files of a dry run, in which every record was resolved again, and the store.

Counts of customers are counts of those that there are today: one *stays* when its records and no others are one
customer afterwards, *merges* when it would share a customer with records of another, *splits* when its records would be
of several. Enrichment records make no customers and are not counted.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from mdm.store import customers, pairs, tasks
from mdm.store import households as household_store
from pipelines.context import Night
from pipelines.model_examples import examples_of

# Every record of a customer with its PIN today and afterwards.
_MOVES = """
CREATE TABLE moves AS
SELECT n.record_id, n.system, n.local_id, o.pin AS old, n.pin AS new, r.party
FROM {xrefs} n JOIN old_xrefs o USING (record_id) JOIN {records} r USING (record_id) WHERE r.role = 'customer'
"""
_FATES = """
CREATE TABLE fates AS
WITH sources AS (SELECT new, count(DISTINCT old) AS olds FROM moves GROUP BY new)
SELECT m.party, m.old AS pin, count(DISTINCT m.new) > 1 AS splits, bool_or(s.olds > 1) AS merges
FROM moves m JOIN sources s USING (new) GROUP BY m.party, m.old
"""
_CUSTOMERS = """
SELECT party, count(*) AS before, (SELECT count(DISTINCT new) FROM moves m WHERE m.party = f.party) AS after,
       count(*) FILTER (NOT merges AND NOT splits) AS stay, count(*) FILTER (merges) AS merge,
       count(*) FILTER (splits) AS split
FROM fates f GROUP BY party ORDER BY party
"""
# Members are named by the PIN that they would have; a household that the run did not make again is as it was.
_HOUSEHOLDS = """
CREATE TABLE homes AS
WITH was AS (SELECT m.chi, list_sort(list(DISTINCT coalesce(c.redirect_to, m.pin))) AS pins
             FROM old_memberships m LEFT JOIN {customers} c ON c.pin = m.pin AND c.status = 'redirected' GROUP BY chi),
     becomes AS (SELECT chi, list_sort(list(DISTINCT pin)) AS pins FROM {memberships} GROUP BY chi)
SELECT chi, coalesce(h.kind, o.kind) AS kind, coalesce(h.status, o.status) AS status, h.redirect_to,
       coalesce(h.dwelling, o.dwelling) AS dwelling, o.status AS old_status, w.pins AS before,
       CASE WHEN h.status IS NULL THEN w.pins ELSE b.pins END AS after
FROM {households} h FULL JOIN old_households o USING (chi) LEFT JOIN was w USING (chi) LEFT JOIN becomes b USING (chi)
"""
_HOUSEHOLD_COUNTS = """
SELECT kind, count(*) FILTER (old_status = 'active') AS before, count(*) FILTER (status = 'active') AS after,
       count(*) FILTER (old_status = 'active' AND status = 'active' AND before IS DISTINCT FROM after) AS changed,
       count(*) FILTER (old_status = 'active' AND status = 'redirected') AS redirect,
       count(*) FILTER (old_status = 'active' AND status = 'retired') AS retired,
       count(*) FILTER (old_status IS NULL) AS minted
FROM homes GROUP BY kind ORDER BY kind
"""
_TASKS = """
SELECT kind, count(*) FILTER (was) AS before, count(*) FILTER (will) AS after,
       count(*) FILTER (will AND NOT coalesce(was, false)) AS opened,
       count(*) FILTER (was AND NOT coalesce(will, false)) AS closed
FROM (SELECT kind, left_id, right_id, true AS was FROM old_tasks WHERE kind <> 'generic_value') o
FULL JOIN (SELECT DISTINCT kind, left_id, right_id, true AS will FROM {tasks}) n USING (kind, left_id, right_id)
GROUP BY kind ORDER BY kind
"""
_PAIRS = """
SELECT party, count(*) FILTER (was) AS before, count(*) FILTER (will) AS after,
       count(*) FILTER (will AND NOT coalesce(was, false)) AS gained,
       count(*) FILTER (was AND NOT coalesce(will, false)) AS lost
FROM (SELECT party, left_id, right_id, true AS was FROM old_pairs) o
FULL JOIN (SELECT party, left_id, right_id, true AS will FROM {pairs} WHERE weight >= {least}) n
USING (party, left_id, right_id) GROUP BY party ORDER BY party
"""


def compare_with_store(night: Night, examples: int) -> dict[str, Any]:
    """What would become of customers, PINs, households, tasks and matching pairs; with so many examples of each kind.

    Each group of counts is a dict by party or kind. `churn` is what the golden gate looks at: PINs that merge, split or
    come back, of those active today.
    """
    night.progress("compare with the store")
    with night.scratch() as scratch, night.database.begin() as connection:
        _load(night, scratch, connection)
        judged = (night.folder.manifest("judge") or {})["counts"]
        share = judged["churned"] / judged["active_before"] if judged["active_before"] else 0.0
        counts = (night.folder.manifest("resolve") or {})["counts"]
        return {
            "customers": _by_first(scratch, _CUSTOMERS),
            "pins": {kind: number for kind, number in counts["lineage"].items() if number},
            "churn": {**judged, "share": share, "limit": night.settings.gates.max_churn},
            "households": _by_first(scratch, _HOUSEHOLD_COUNTS),
            "tasks": _by_first(scratch, _TASKS.format(tasks=night.folder.sql("resolve", "tasks"))),
            "matching_pairs": _by_first(scratch, _pairs_sql(night)),
            "examples": examples_of(night, scratch, connection, examples),
        }


def _load(night: Night, scratch: duckdb.DuckDBPyConnection, connection: sa.Connection) -> None:
    """Tables `moves`, `fates` and `homes`, and what of the store the others read."""
    folder = night.folder
    scratch.register("old_xrefs", customers.all_xrefs(connection))
    scratch.register("old_households", household_store.all_households(connection))
    scratch.register("old_memberships", household_store.all_memberships(connection))
    scratch.register("old_tasks", tasks.all_tasks(connection))
    scratch.register("old_pairs", _old_pairs(night, connection))
    scratch.execute(_MOVES.format(xrefs=folder.sql("resolve", "xrefs"), records=folder.sql("resolve", "others")))
    scratch.execute(_FATES)
    files = {name: folder.sql("households", name) for name in ("households", "memberships")}
    scratch.execute(_HOUSEHOLDS.format(**files, customers=folder.sql("resolve", "customers")))


def _old_pairs(night: Night, connection: sa.Connection) -> pa.Table:
    stored = pairs.all_pairs(connection, least_weight=night.settings.matching.match_weight)
    return stored.select(["party", "left_id", "right_id", "weight"])


def _pairs_sql(night: Night) -> str:
    """Matching pairs of the parties that have a candidate."""
    least, found = night.settings.matching.match_weight, night.folder.sql("match", "pairs")
    parties = ", ".join(f"'{party}'" for party in night.models)
    return f"SELECT * FROM ({_PAIRS.format(pairs=found, least=least)}) WHERE party IN ({parties})"


def _by_first(scratch: duckdb.DuckDBPyConnection, query: str) -> dict[str, dict[str, int]]:
    """The rows of a query by their first column."""
    found = scratch.sql(query)
    return {row[0]: dict(zip(found.columns[1:], row[1:], strict=True)) for row in found.fetchall()}
