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
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from expectations import beside
from expectations.engine import load_library
from expectations.report import trend_of
from mdm.contracts import SourceContract
from mdm.errors import FeedError
from mdm.party import QUARANTINE
from mdm.store import candidates, runs
from pipelines.asking import asking
from pipelines.context import Night
from pipelines.landing import Delivery, control_problems, find_deliveries
from pipelines.mapping import map_rows
from pipelines.readers import RawRows, read_delivery
from pipelines.steps.known import CHANGED, GONE, Known
from pipelines.steps.suppress import hold_erased


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
    alike: dict[str, Any] | None  # the latest of the kind that is expected tonight, full or delta
    organisation_shares: Sequence[float]


@dataclass
class Received:
    """What one source brought tonight."""

    accounts: list[Account] = field(default_factory=list)
    changed: pa.Table = field(default_factory=CHANGED.empty_table)
    gone: pa.Table = field(default_factory=GONE.empty_table)
    quarantined: list[pa.Table] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)

    @property
    def stopped(self) -> str | None:
        """Why the source was stopped, or None."""
        reasons = [f"{a.file}: {a.reason}" for a in self.accounts if a.status in ("stopped", "failed")]
        return "; ".join(reasons) or None


def receive(night: Night) -> dict[str, Any]:
    """Read, map and judge every source's deliveries."""
    received = {}
    sizes = {contract.source: _size(night, contract) for contract in night.delivering}
    with night.database.begin() as connection:
        new = candidates.is_new(connection)
    if new and night.cleansing.expect(sum(sizes.values())):  # all will be cleansed
        _import_expectations()
    largest_first = sorted(night.delivering, key=lambda contract: sizes[contract.source], reverse=True)
    order = _early_first(largest_first, sizes) if new else largest_first
    with ThreadPoolExecutor(2, thread_name_prefix="receive") as pool:
        # On a first night the processes that cleanse keep the cores busy, with one source after the other.
        each = map if new else pool.map
        for contract, one in zip(order, each(partial(_receive_source, night), order), strict=True):
            received[contract.source] = one
            if one.changed.num_rows:
                night.cleansing.start(contract, one.changed, night.context_of)
    found = {contract.source: received[contract.source] for contract in night.delivering}
    _write(night, found)
    stopped = {system: received.stopped for system, received in found.items() if received.stopped}
    accounts = [asdict(account) for received in found.values() for account in received.accounts]
    return {"deliveries": accounts, "stopped": stopped, "missing": [s for s, r in found.items() if not r.accounts]}


def _early_first(sized: Sequence[SourceContract], sizes: Mapping[str, int]) -> list[SourceContract]:
    """A small one, so that there is at once something to cleanse; the smallest of the large ones, enough until the next
    is read; then the largest first: there is always much. Small is an eighth of the largest, large half of it.
    """
    early: list[SourceContract] = []
    for share in (8, 2):
        enough = [contract for contract in sized if share * sizes[contract.source] >= sizes[sized[0].source]]
        early += [contract for contract in enough[-1:] if contract not in early]
    return early + [contract for contract in sized if contract not in early]


def _size(night: Night, contract: SourceContract) -> int:
    """Bytes that a source delivered."""
    try:
        return sum(delivery.size for delivery in find_deliveries(contract, night.settings.landing))
    except FeedError:  # told when it is received
        return 0


def _receive_source(night: Night, contract: SourceContract) -> Received:
    night.progress(f"receive {contract.source}")
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
        last = runs.last_deliveries(connection, contract.source, keep)
        alike = runs.last_deliveries(connection, contract.source, kind=contract.delivery.kind)
        trend = runs.expectation_rows(connection, keep, system=contract.source)
    shares = trend_of(trend, system=contract.source, last=keep).get("organisation_share", ())
    past = Past(last, alike[0] if alike else None, shares)
    with night.scratch() as scratch, asking(night.database, 1) as store:
        known = Known(contract, night.database, scratch, store)
        for delivery in _in_question(contract, deliveries):
            _receive_delivery(night, contract, delivery, past, known, scratch, received)
            if received.stopped:
                break
        if not received.stopped:
            received.changed, received.gone = known.changed(), known.gone()
    return received


def _in_question(contract: SourceContract, deliveries: Sequence[Delivery]) -> Iterator[Delivery]:
    """All deltas in the order of extraction; of full deliveries only the latest."""
    yield from deliveries if contract.delivery.kind == "delta" else deliveries[-1:]


def _receive_delivery(
    night: Night,
    contract: SourceContract,
    delivery: Delivery,
    past: Past,
    known: Known,
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
    if past.alike and delivery.extracted_at < past.alike["extracted_at"]:
        text = f"cut {delivery.extracted_at:%Y-%m-%d %H:%M}, before the last one applied ({past.alike['file']})"
        received.accounts.append(replace(blank, status="older", reason=text))
        return
    try:
        raw = read_delivery(delivery, contract, max_field_bytes=night.settings.gates.max_field_bytes)
        content = content_digest(raw, contract, scratch)
        if earlier := _earlier(night, blank, past, content_digest=content):
            received.accounts.append(_repeated(replace(blank, content_digest=content), earlier))
            return
        _import_expectations()
        known.expect()
        mapped = map_rows(raw.table, contract, file=delivery.name)
    except FeedError as error:
        text = str(error).removeprefix(f"{delivery.name}: ").replace("\n  ", "; ")
        received.accounts.append(replace(blank, status="failed", reason=text))
        return
    _judge(night, contract, delivery, raw, mapped, replace(blank, content_digest=content), past, known, received)


@cache
def _import_expectations() -> None:
    """Import Great Expectations in the background, once there is something to judge: it takes ten seconds.

    Unless a process beside this one has done so.
    """
    if beside.is_running():
        return
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
    known: Known,
    received: Received,
) -> None:
    """Let the gate judge the delivery, and take over what is new, changed or gone if it passes."""
    from expectations.gate import check_source  # seconds to import: only a night that has rows to judge pays for it

    held = hold_erased(night, contract, mapped, raw.quarantined, known)
    mapped = held.mapped
    flagged = _flagged(mapped)
    records = known.look_up(mapped, flagged)
    missing = known.missing(blank.extracted_at, mapped, held.unreadable, held.keys)
    gate = check_source(
        mapped,
        contract,
        unreadable=held.unreadable,
        rows_read=raw.rows_read,
        suppressed=held.rows,
        policy=night.settings.gates,
        control_rows=_control_rows(delivery),
        history=[row["accepted"] + row["unchanged"] for row in past.last if row["kind"] == "full"],
        organisation_shares=past.organisation_shares,
        deletions=missing + flagged,
        known=records,
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
        suppressed=held.rows,
        records=gate.accepted.num_rows,
    )
    if stopped:
        received.accounts.append(hold_back(account, stopped))
        return
    rows, missing = known.take_over(blank.extracted_at, gate.accepted, gate.deleted, gate.quarantined, held.keys)
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


def _write(night: Night, found: dict[str, Received]) -> None:
    def joined(tables: Iterator[pa.Table], schema: pa.Schema) -> pa.Table:
        return pa.concat_tables([schema.empty_table(), *(table.cast(schema) for table in tables)])

    folder = night.folder
    for system, received in found.items():
        folder.write("receive", f"changed-{system}", received.changed)
    folder.write("receive", "gone", pa.concat_tables([GONE.empty_table(), *(r.gone for r in found.values())]))
    folder.write("receive", "quarantine", joined((t for r in found.values() for t in r.quarantined), QUARANTINE))
    folder.write_json("receive", "results", [result for r in found.values() for result in r.results])
