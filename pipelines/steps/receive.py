"""Step 1, receive: what each source delivered, held against what the store knows; the source gate decides.

Out: ``changed`` (MAPPED and `extracted_at`: new or changed records), ``gone`` (system, local_id, extracted_at:
deleted), ``quarantine``, and the accounts of every delivery. Promise 8 is kept here: every row read is accepted,
unchanged, a duplicate, a deletion or quarantined. A quarantined row counts as present. A source that is stopped changes
nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.engine import load_library
from expectations.report import trend_of
from mdm.contracts import SourceContract
from mdm.errors import FeedError
from mdm.party import INSTANT, MAPPED, QUARANTINE, TEXT
from mdm.store import records, runs
from pipelines.context import Night
from pipelines.landing import Delivery, control_problems, find_deliveries
from pipelines.mapping import map_rows
from pipelines.readers import RawRows, read_delivery

CHANGED = MAPPED.append(pa.field("extracted_at", INSTANT))
GONE = pa.schema([("system", TEXT), ("local_id", TEXT), ("extracted_at", INSTANT)])
KNOWN = ("local_id", "status", "content_hash", "extracted_at")


@dataclass(frozen=True, slots=True)
class Account:
    """Where the rows of one delivery went; `rows_read` is the sum of the six counts after it."""

    system: str
    file: str
    digest: str
    extracted_at: dt.datetime
    kind: str
    status: str  # applied | stopped | repeated | older | failed
    content_digest: str | None = None
    rows_read: int = 0
    accepted: int = 0
    unchanged: int = 0
    duplicate: int = 0
    deletion: int = 0
    quarantined: int = 0
    suppressed: int = 0
    records: int = 0
    missing: int = 0  # records that a full delivery no longer has; not rows
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """What the store knows of a source's former nights: applied deliveries, the latest first, and shares."""

    last: Sequence[dict[str, Any]]
    organisation_shares: Sequence[float]


@dataclass
class Received:
    """What one source brought tonight."""

    accounts: list[Account] = field(default_factory=list)
    taken: list[pa.Table] = field(default_factory=list)  # per delivery, what was new or changed then
    changed: list[pa.Table] = field(default_factory=list)
    gone: list[pa.Table] = field(default_factory=list)
    quarantined: list[pa.Table] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)

    @property
    def stopped(self) -> str | None:
        """Why the source was stopped, or None."""
        reasons = [f"{a.file}: {a.reason}" for a in self.accounts if a.status in ("stopped", "failed")]
        return "; ".join(reasons) or None


def receive(night: Night) -> dict[str, Any]:
    """Read, map and judge every source's deliveries; the largest first, so that there is always much to cleanse."""
    received = {}
    for contract in sorted(night.delivering, key=lambda contract: _size(night, contract), reverse=True):
        night.progress(f"receive {contract.source}")
        received[contract.source] = _receive_source(night, contract)
    found = {contract.source: received[contract.source] for contract in night.delivering}
    _write(night, found)
    stopped = {system: received.stopped for system, received in found.items() if received.stopped}
    accounts = [asdict(account) for received in found.values() for account in received.accounts]
    return {"deliveries": accounts, "stopped": stopped, "missing": [s for s, r in found.items() if not r.accounts]}


def _size(night: Night, contract: SourceContract) -> int:
    """Bytes that a source delivered."""
    try:
        return sum(delivery.size for delivery in find_deliveries(contract, night.settings.landing))
    except FeedError:  # told when it is received
        return 0


def _receive_source(night: Night, contract: SourceContract) -> Received:
    received = Received()
    try:
        deliveries = find_deliveries(contract, night.settings.landing)
    except FeedError as error:
        received.accounts.append(_failed(contract, contract.source, str(error).replace("\n  ", "; ")))
        return received
    if not deliveries:
        return received
    keep = night.settings.gates.trend_runs
    with night.database.begin() as connection:
        known = records.current_hashes(connection, contract.source)
        last = runs.last_deliveries(connection, contract.source, keep)
        trend = runs.expectation_rows(connection, keep, system=contract.source)
    shares = trend_of(trend, system=contract.source, last=keep).get("organisation_share", ())
    past = Past(last, shares)
    with night.scratch() as scratch:
        _load_known(scratch, known)
        for delivery in _in_question(contract, deliveries):
            _receive_delivery(night, contract, delivery, past, scratch, received)
            if received.stopped:
                break
        if not received.stopped:
            _collect(contract, scratch, received)
            changed = pa.concat_tables([CHANGED.empty_table(), *received.changed])
            if changed.num_rows:
                night.cleansing.start(contract, changed, night.context_of)
    return received


def _in_question(contract: SourceContract, deliveries: Sequence[Delivery]) -> Iterator[Delivery]:
    """All deltas in the order of extraction; of full deliveries only the latest."""
    yield from deliveries if contract.delivery.kind == "delta" else deliveries[-1:]


def _receive_delivery(
    night: Night,
    contract: SourceContract,
    delivery: Delivery,
    past: Past,
    scratch: duckdb.DuckDBPyConnection,
    received: Received,
) -> None:
    digest = hashlib.sha256(f"{contract.digest}:{delivery.content_digest()}".encode()).hexdigest()
    blank = Account(
        contract.source, delivery.name, digest, delivery.extracted_at, contract.delivery.kind, status="applied"
    )
    if earlier := _earlier(night, blank, past, digest=digest):
        received.accounts.append(_repeated(blank, earlier))
        return
    if past.last and delivery.extracted_at < past.last[0]["extracted_at"]:
        text = f"cut {delivery.extracted_at:%Y-%m-%d %H:%M}, before the last one applied ({past.last[0]['file']})"
        received.accounts.append(replace(blank, status="older", reason=text))
        return
    try:
        raw = read_delivery(delivery, contract, max_field_bytes=night.settings.gates.max_field_bytes)
        content = content_digest(raw, contract, scratch)
        if earlier := _earlier(night, blank, past, content_digest=content):
            received.accounts.append(_repeated(replace(blank, content_digest=content), earlier))
            return
        _import_expectations()
        mapped = map_rows(raw.table, contract, file=delivery.name)
    except FeedError as error:
        text = str(error).removeprefix(f"{delivery.name}: ").replace("\n  ", "; ")
        received.accounts.append(replace(blank, status="failed", reason=text))
        return
    _judge(night, contract, delivery, raw, mapped, replace(blank, content_digest=content), past, scratch, received)


@cache
def _import_expectations() -> None:
    """Import Great Expectations in the background, once there is something to judge: it takes ten seconds."""
    threading.Thread(target=load_library, name="expectations", daemon=True).start()


def _earlier(night: Night, blank: Account, past: Past, **digest: str) -> dict[str, Any] | None:
    """The delivery with the same bytes or rows that was applied before, if applying it again would change nothing.

    A delta was applied once for all. Full data that says again what it said before something else was applied is news,
    unless it is the old file that was left lying there.
    """
    with night.database.begin() as connection:
        found = runs.find_delivery(connection, blank.system, **digest)
    if found is None or blank.kind == "delta" or found["delivery_id"] == past.last[0]["delivery_id"]:
        return found
    return found if blank.extracted_at <= found["extracted_at"] else None


def _repeated(blank: Account, earlier: dict[str, Any]) -> Account:
    """The rows of a delivery that was applied before: what was accepted then is unchanged now."""
    unchanged = earlier["accepted"] + earlier["unchanged"] + earlier["deletion"]
    counts = {name: earlier[name] for name in ("rows_read", "duplicate", "quarantined", "suppressed", "records")}
    return replace(blank, status="repeated", unchanged=unchanged, **counts)


def hold_back(account: Account, reason: str) -> Account:
    """The account of a delivery that a gate stopped: its good rows are suppressed, nothing of it is applied."""
    held = account.accepted + account.unchanged + account.deletion + account.suppressed
    stopped = replace(account, status="stopped", reason=reason, suppressed=held)
    return replace(stopped, accepted=0, unchanged=0, deletion=0, missing=0)


def _failed(contract: SourceContract, name: str, reason: str) -> Account:
    now = dt.datetime.now(dt.UTC)
    return Account(contract.source, name, "", now, contract.delivery.kind, status="failed", reason=reason)


def content_digest(raw: RawRows, contract: SourceContract, scratch: duckdb.DuckDBPyConnection) -> str:
    """A digest of the rows in any order, under this contract: 128 bits of sums of row hashes."""
    if raw.table.num_rows == 0:
        return hashlib.sha256(f"{contract.digest}:empty:{raw.rows_read}".encode()).hexdigest()
    scratch.register("raw_rows", raw.table.select([n for n in raw.table.column_names if n != "_line"]))
    sums = scratch.execute(
        "SELECT count(*), sum(h::HUGEINT), sum((hash(h, 1))::HUGEINT) FROM (SELECT hash(r) AS h FROM raw_rows r)"
    ).fetchall()[0]
    scratch.unregister("raw_rows")
    return hashlib.sha256(f"{contract.digest}:{raw.rows_read}:{sums}".encode()).hexdigest()


def _judge(
    night: Night,
    contract: SourceContract,
    delivery: Delivery,
    raw: RawRows,
    mapped: pa.Table,
    blank: Account,
    past: Past,
    scratch: duckdb.DuckDBPyConnection,
    received: Received,
) -> None:
    """Let the gate judge the delivery, and take over what is new, changed or gone if it passes."""
    from expectations.gate import check_source  # seconds to import: only a night that has rows to judge pays for it

    scratch.register("mapped", mapped)
    scratch.register("unreadable", raw.quarantined)
    missing = _missing(contract, blank, scratch)
    gate = check_source(
        mapped,
        contract,
        unreadable=raw.quarantined,
        rows_read=raw.rows_read,
        policy=night.settings.gates,
        control_rows=_control_rows(delivery),
        history=[row["accepted"] + row["unchanged"] for row in past.last if row["kind"] == "full"],
        organisation_shares=past.organisation_shares,
        deletions=missing + _flagged(mapped),
        known=scratch.execute("SELECT count(*) FROM known WHERE status = 'accepted'").fetchall()[0][0],
    )
    received.results += [asdict(result) for result in gate.results]
    received.quarantined.append(gate.quarantined)
    problems = control_problems(delivery)
    stopped = "; ".join([*problems, *([gate.stopped] if gate.stopped else [])])
    account = replace(
        blank,
        rows_read=raw.rows_read,
        duplicate=gate.rows.duplicates,
        quarantined=gate.rows.quarantined,
        deletion=gate.rows.deletions,
        unchanged=gate.rows.accepted,
        records=gate.accepted.num_rows,
    )
    if stopped:
        received.accounts.append(hold_back(account, stopped))
        return
    scratch.register("flagged", gate.deleted)
    scratch.register("refused", gate.quarantined)
    rows, missing = _take_over(contract, blank, gate.accepted, scratch, received)
    received.accounts.append(replace(account, accepted=rows, unchanged=account.unchanged - rows, missing=missing))


def _control_rows(delivery: Delivery) -> int | None:
    if delivery.control is None or delivery.control.rows is None:
        return None
    digits = "".join(filter(str.isdecimal, delivery.control.rows))
    return int(digits) if digits else None


def _flagged(mapped: pa.Table) -> int:
    return sum(bool(value) for value in mapped["deleted"].unique().to_pylist()) and int(
        pc.sum(pc.fill_null(mapped["deleted"], False)).as_py() or 0
    )


def _load_known(scratch: duckdb.DuckDBPyConnection, known: pa.Table) -> None:
    scratch.register("known_rows", known.select(list(KNOWN)))
    scratch.execute("CREATE TABLE known AS SELECT *, false AS touched FROM known_rows")
    scratch.unregister("known_rows")
    scratch.execute("CREATE TABLE changed (local_id VARCHAR, delivery INTEGER, position BIGINT)")


def _missing(contract: SourceContract, blank: Account, scratch: duckdb.DuckDBPyConnection) -> int:
    """How many known records a full delivery lacks; quarantined and unreadable rows with a key are present."""
    if contract.delivery.kind != "full":
        return 0
    query = f"SELECT count(*) FROM ({_missing_sql('mapped', 'unreadable')})"
    return int(scratch.execute(query, [blank.extracted_at]).fetchall()[0][0])


def _missing_sql(present: str, quarantined: str) -> str:
    """Known accepted records, older than the delivery (parameter), that are neither in `present` nor quarantined.

    A row in quarantine that gives no key may be any of them: then it keeps the whole source from deleting more than
    it must - its further records (key#name) are kept with the row.
    """
    return f"""
        SELECT k.local_id FROM known k
        WHERE k.status = 'accepted' AND k.extracted_at < ?
          AND k.local_id NOT IN (SELECT local_id FROM {present} WHERE local_id IS NOT NULL)
          AND split_part(k.local_id, '#', 1) NOT IN
              (SELECT split_part(local_id, '#', 1) FROM {quarantined} WHERE local_id IS NOT NULL)
    """


def _take_over(
    contract: SourceContract,
    blank: Account,
    accepted: pa.Table,
    scratch: duckdb.DuckDBPyConnection,
    received: Received,
) -> tuple[int, int]:
    """Take new and changed records over, mark the gone in `known`; (rows with a change, records missing)."""
    cut = [blank.extracted_at]
    keys = accepted.select(["local_id", "row_hash", "line"])
    scratch.register("accepted", keys.append_column("position", pa.array(np.arange(keys.num_rows))))
    scratch.execute(
        """
        CREATE OR REPLACE TEMP TABLE fresh AS
        SELECT a.*, ?::TIMESTAMPTZ AS extracted_at FROM accepted a LEFT JOIN known k USING (local_id)
        WHERE k.local_id IS NULL OR k.status <> 'accepted' OR k.content_hash <> a.row_hash
        """,
        cut,
    )
    rows = int(scratch.execute("SELECT count(DISTINCT line) FROM fresh").fetchall()[0][0])  # of one file
    scratch.execute("DELETE FROM changed WHERE local_id IN (SELECT local_id FROM fresh)")
    scratch.execute(
        f"INSERT INTO changed SELECT local_id, {len(received.taken)}, row_number() OVER (ORDER BY position) - 1 "
        "FROM fresh"
    )
    positions = scratch.sql("SELECT position FROM fresh ORDER BY position").to_arrow_table()["position"]
    received.taken.append(_dated(_rows(accepted, positions), blank.extracted_at))
    gone = "SELECT local_id FROM flagged WHERE local_id IS NOT NULL"
    missing = 0
    if contract.delivery.kind == "full":
        scratch.execute(f"CREATE OR REPLACE TEMP TABLE missing AS {_missing_sql('accepted', 'refused')}", cut)
        missing = int(scratch.execute("SELECT count(*) FROM missing").fetchall()[0][0])
        gone += " UNION SELECT local_id FROM missing"
    scratch.execute(
        f"CREATE OR REPLACE TEMP TABLE leaving AS SELECT local_id FROM known WHERE status = 'accepted' "
        f"AND local_id IN ({gone}) AND local_id NOT IN (SELECT local_id FROM accepted WHERE local_id IS NOT NULL)"
    )
    scratch.execute(f"DELETE FROM changed WHERE local_id IN ({gone}) AND local_id NOT IN (SELECT local_id FROM fresh)")
    scratch.execute(
        "UPDATE known SET status = 'deleted', touched = true, extracted_at = ? "
        "WHERE local_id IN (SELECT local_id FROM leaving)",
        cut,
    )
    scratch.execute(
        "UPDATE known SET status = 'accepted', touched = false, content_hash = f.row_hash, "
        "extracted_at = f.extracted_at FROM fresh f WHERE f.local_id = known.local_id"
    )
    scratch.execute(
        "INSERT INTO known SELECT f.local_id, 'accepted', f.row_hash, f.extracted_at, false FROM fresh f "
        "WHERE f.local_id NOT IN (SELECT local_id FROM known)"
    )
    return rows, missing


def _collect(contract: SourceContract, scratch: duckdb.DuckDBPyConnection, received: Received) -> None:
    """What is left of every delivery after the later ones, and who is gone. Only keys and positions are in DuckDB."""
    for number, taken in enumerate(received.taken):
        query = f"SELECT position FROM changed WHERE delivery = {number} ORDER BY position"
        received.changed.append(_rows(taken, scratch.sql(query).to_arrow_table()["position"]))
    received.taken.clear()
    query = (
        f"SELECT '{contract.source}' AS system, local_id, extracted_at FROM known WHERE touched AND status = 'deleted'"
    )
    received.gone.append(scratch.sql(query).to_arrow_table().cast(GONE))


def _rows(table: pa.Table, positions: pa.ChunkedArray) -> pa.Table:
    """The rows at ascending positions: the table itself when these are all."""
    return table if len(positions) == table.num_rows else table.take(positions)


def _dated(table: pa.Table, cut: dt.datetime) -> pa.Table:
    """CHANGED of MAPPED."""
    column = pa.repeat(pa.scalar(cut, INSTANT), table.num_rows)
    return table.append_column("extracted_at", column).cast(CHANGED)


def _write(night: Night, found: dict[str, Received]) -> None:
    def joined(tables: Iterator[pa.Table], schema: pa.Schema) -> pa.Table:
        return pa.concat_tables([schema.empty_table(), *(table.cast(schema) for table in tables)])

    folder = night.folder
    for system, received in found.items():
        folder.write("receive", f"changed-{system}", joined(iter(received.changed), CHANGED))
    folder.write("receive", "gone", joined((t for r in found.values() for t in r.gone), GONE))
    folder.write("receive", "quarantine", joined((t for r in found.values() for t in r.quarantined), QUARANTINE))
    folder.write_json("receive", "results", [result for r in found.values() for result in r.results])
