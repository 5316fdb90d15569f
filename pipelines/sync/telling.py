"""What a target must be told: found around what changed since its position, and kept, in one transaction.

What is kept is sent: the file is made of it afterwards (`files`), so a process that is killed in between leaves a
delivery that the next sync writes.
"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import duckdb
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.contracts.target_model import TargetContract
from mdm.golden.rules import Trust
from mdm.store import answers, deliveries, feed, told
from mdm.store.database import Database
from mdm.store.deliveries import Target
from mdm.store.tasks import put_tasks
from mdm.store.told import Asked
from mdm.sync.made import Making, content_columns, make_rows

TASK = "undelivered"
RUN = "sync"
ATTEMPTS = 2
FOR_EVER = dt.timedelta(days=36_500)


def prepare(
    database: Database, contract: TargetContract, trust: Trust, folder: Path, day: dt.date, spill: Path
) -> tuple[int | None, int]:
    """Keep what the target must be told as its next delivery: (its id, or None for nothing; tasks opened)."""
    making = Making(contract, trust)
    with database.begin() as connection:
        upto = feed.horizon(connection)
    with database.begin() as connection, duckdb.connect(config={"threads": 2}) as scratch:
        scratch.execute(f"SET temp_directory = '{str(spill).replace(chr(39), chr(39) * 2)}'")
        target = deliveries.hold_target(connection, contract.target)
        _gather_open(connection, contract, target)
        after = target.position
        asked = Asked(
            target.target_id,
            contract.system,
            contract.record,
            making.needs_own,
            bool(list(contract.columns_of("household"))),
        )
        keys = told.gather_keys(connection, asked, 0 if _is_another(connection, contract) else after, upto)
        delivery_id = _add(connection, contract, target, (after, upto), folder, day) if keys else None
        if delivery_id is not None and not _add_rows(
            database, connection, making, asked, target, delivery_id, keys, scratch
        ):
            deliveries.drop_delivery(connection, delivery_id)
            delivery_id = None
        tasks = _give_up(connection, contract, target, asked)
        answers.settle(connection, target.target_id, patience=_patience(contract))
        if upto > after:
            deliveries.advance(connection, target, upto)
    return delivery_id, tasks


def _is_another(connection: sa.Connection, contract: TargetContract) -> bool:
    """Whether the contract asks for other values than at the last delivery: then everybody is looked at."""
    last = deliveries.last_deliveries(connection, contract.target, 1)
    if not last:
        return False
    before = TargetContract.model_validate(last[0].contract)
    return content_columns(before) != content_columns(contract) or before.unwritable != contract.unwritable


def _gather_open(connection: sa.Connection, contract: TargetContract, target: Target) -> None:
    answer = contract.acknowledgement
    answers.gather_open(
        connection, target.target_id, patience=_patience(contract),
        unlisted=answer is not None and answer.rows == "rejected", attempts=answer.attempts if answer else ATTEMPTS,
    )  # fmt: skip


def _patience(contract: TargetContract) -> dt.timedelta:
    """How long answers are waited for."""
    return contract.acknowledgement.patience if contract.acknowledgement else FOR_EVER


def _add(
    connection: sa.Connection,
    contract: TargetContract,
    target: Target,
    span: tuple[int, int],
    folder: Path,
    day: dt.date,
) -> int:
    first = target.number == 0
    facts = {
        "kind": "full" if first else contract.delivery, "position_from": span[0], "position_to": span[1],
        "business_date": day, "contract": orjson.dumps(contract.model_dump(mode="json")).decode(),
        "folder": str(folder), "file": contract.file_name(target.number + 1, day),
        "settled": contract.acknowledgement is None,
    }  # fmt: skip
    return deliveries.add_delivery(connection, target, facts)


def _add_rows(
    database: Database,
    connection: sa.Connection,
    making: Making,
    asked: Asked,
    target: Target,
    delivery_id: int,
    keys: int,
    scratch: duckdb.DuckDBPyConnection,
) -> int:
    """Rows of the delivery into the ledger; how many. While rows are made the next facts are fetched."""
    contract, line, added = making.contract, 0, 0
    says_gone = any(contract.columns_of("action"))

    def put(rows: pa.Table) -> None:
        nonlocal line, added
        shown = pc.or_(pc.not_equal(rows["action"], "gone"), says_gone)  # without a column for it nobody would know
        lines = pc.if_else(shown, pc.add(pc.cumulative_sum(shown.cast(pa.int64())), line), 0)
        told.add_rows(connection, _ledger(rows, lines, target.target_id, delivery_id))
        line += pc.sum(shown.cast(pa.int64())).as_py() or 0
        added += rows.num_rows

    with ThreadPoolExecutor(1, thread_name_prefix="rows") as pool:
        made: list[Future[pa.Table]] = []
        for facts in told.facts(connection, asked, keys, first=target.number == 0):
            made.append(pool.submit(make_rows, facts, making, partial(_dates, database), scratch))
            if len(made) > 1:
                put(made.pop(0).result())
        for last in made:
            put(last.result())
    if added:
        full = contract.delivery == "full" and target.number > 0
        lines_of_file = told.count_standing(connection, target.target_id, delivery_id) if full else line
        deliveries.note_rows(connection, delivery_id, lines_of_file)
    return added


def _dates(database: Database, keys: pa.Table) -> pa.Table:
    """Asked for while the sync's own connection fetches."""
    with database.begin() as connection:
        return told.dates_of(connection, keys)


def _ledger(rows: pa.Table, lines: pa.ChunkedArray, target_id: int, delivery_id: int) -> pa.Table:
    columns = {name: rows[name] for name in rows.column_names} | {
        "line": lines.cast(pa.int64()),
        "target_id": pa.repeat(pa.scalar(target_id, pa.int64()), rows.num_rows),
        "delivery_id": pa.repeat(pa.scalar(delivery_id, pa.int64()), rows.num_rows),
    }
    return pa.table({name: columns[name] for name in told.COLUMNS})


def _give_up(connection: sa.Connection, contract: TargetContract, target: Target, asked: Asked) -> int:
    """Rows that were delivered often enough become tasks."""
    answer = contract.acknowledgement
    if answer is None:
        return 0
    found = answers.given_up(connection, target.target_id, asked.system, asked.suffix, answer.attempts)
    if found.num_rows == 0:
        return 0
    rows = [
        {
            "kind": TASK, "left_id": row["record_id"], "right_id": None, "party": row["party"], "weight": None,
            "evidence": None,
            "detail": orjson.dumps({
                "target": contract.target, "key": row["key"], "delivery": row["number"], "attempts": row["attempt"],
                "why": row["reason"] or ("refused" if row["rejected"] else "never acknowledged"),
            }).decode(),
        }
        for row in found.to_pylist()
    ]  # fmt: skip
    kinds = {
        "kind": pa.string(), "left_id": pa.int64(), "right_id": pa.int64(), "party": pa.string(),
        "weight": pa.float64(), "evidence": pa.string(), "detail": pa.string(),
    }  # fmt: skip
    return put_tasks(connection, RUN, pa.Table.from_pylist(rows, schema=pa.schema(kinds)))
