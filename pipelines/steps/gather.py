"""What resolving looks at: everything that hangs together with tonight's records, from files and from the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.match.features import feature_sql, load_nicknames
from mdm.match.model import Model
from mdm.match.online import contradiction
from mdm.resolve.clusters import Judgements, Pair
from mdm.resolve.identity import RecordChanges
from mdm.resolve.lineage import CustomerState, IdentityState, Xref
from mdm.store import components, customers, judgements, models, pairs, records
from pipelines.context import Night
from pipelines.documents import STORED, component_sql, to_stored
from pipelines.steps.match import PARTIES


@dataclass
class Gathered:
    """Everything that resolving looks at: tonight's component."""

    keys: dict[int, tuple[str, str]] = field(default_factory=dict)  # customer-role records -> (system, local id)
    party: dict[int, str] = field(default_factory=dict)
    incarnation: dict[int, int] = field(default_factory=dict)
    enrichment: dict[int, tuple[str, str]] = field(default_factory=dict)
    numbers: dict[int, Sequence[str]] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    judgements: Judgements = field(default_factory=Judgements)
    before: IdentityState = field(default_factory=IdentityState)
    parties_before: dict[str, str] = field(default_factory=dict)  # PIN -> party
    changes: RecordChanges = field(default_factory=RecordChanges)
    evidence: dict[tuple[int, int], tuple[str, list[int], list[float]]] = field(default_factory=dict)


def gather(night: Night, connection: sa.Connection, scratch: duckdb.DuckDBPyConnection) -> Gathered:
    work = night.folder.read("cleanse", "records", columns=["record_id", "incarnation", "moved"])
    left = pa.concat_arrays(
        [
            _ids(night.folder.read("cleanse", "gone")["record_id"]),
            _ids(night.folder.read("cleanse", "replaced")["record_id"]),
        ]
    )
    scored = night.folder.read("match", "pairs")
    stored = _component(connection, work, left, scored, night.settings.matching.review_weight)
    others = records.current_versions(connection, stored) if len(stored) else None
    found = Gathered()
    _take_records(found, night, work, others, scratch)
    _take_pairs(found, night, connection, stored, work, left, scored)
    _take_judgements(found, connection)
    _take_identity(found, connection, stored, work, left)
    return found


def _ids(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks().cast(pa.int64()) if column.num_chunks != 1 else column.chunk(0).cast(pa.int64())


def _component(
    connection: sa.Connection, work: pa.Table, left: pa.Array, scored: pa.Table, least_weight: float
) -> pa.Array:
    """The stored records that hang together with tonight's: neither tonight's own, nor gone."""
    own = _ids(work["record_id"])
    partners = pa.concat_arrays([_ids(scored["left_id"]), _ids(scored["right_id"])])
    seeds = pc.unique(pa.concat_arrays([own.filter(work["moved"].combine_chunks()), left, partners]))
    new = own.filter(pc.invert(work["moved"].combine_chunks()))
    seeds = seeds.filter(pc.invert(pc.is_in(seeds, new)))
    if len(seeds) == 0:
        return seeds
    reached = _ids(components.component_records(connection, seeds, least_weight=least_weight)["record_id"])
    return reached.filter(pc.invert(pc.is_in(reached, pa.concat_arrays([own, left]))))


def _take_records(
    found: Gathered, night: Night, work: pa.Table, others: pa.Table | None, scratch: duckdb.DuckDBPyConnection
) -> None:
    """Keys, parties and numbers of all records; those of the store as a file for the steps that follow."""
    rest = STORED.empty_table() if others is None else to_stored(others, scratch)
    night.folder.write("resolve", "others", rest)
    everybody = component_sql(night.folder)
    heads = scratch.sql(f"SELECT record_id, system, local_id, role, party FROM {everybody}").to_arrow_table()
    for record, system, local_id, role, party in zip(*(heads[n].to_pylist() for n in heads.column_names), strict=True):
        (found.enrichment if role == "enrichment" else found.keys)[record] = (system, local_id)
        found.party[record] = party
    for table in (work, others):
        if table is not None:
            columns = (table[name].to_pylist() for name in ("record_id", "incarnation"))
            found.incarnation.update(zip(*columns, strict=True))
    load_nicknames(scratch, "(SELECT NULL::VARCHAR AS given_key)")
    numbers = scratch.sql(
        f"SELECT record_id, identifiers FROM ({feature_sql(everybody)}) WHERE identifiers IS NOT NULL"
    ).to_arrow_table()
    found.numbers = dict(zip(numbers["record_id"].to_pylist(), numbers["identifiers"].to_pylist(), strict=True))


def _take_pairs(
    found: Gathered,
    night: Night,
    connection: sa.Connection,
    stored: pa.Array,
    work: pa.Table,
    left: pa.Array,
    scored: pa.Table,
) -> None:
    """Tonight's pairs, and those of the store between records that did not change."""
    tables = [scored]
    if len(stored):
        old = pairs.pairs_touching(connection, stored)
        stale = pa.concat_arrays([_ids(work["record_id"]), left])
        keep = pc.invert(pc.or_(pc.is_in(old["left_id"], stale), pc.is_in(old["right_id"], stale)))
        tables.append(old.filter(keep))
    for party in PARTIES:
        model = _model(night, connection, party)
        if model is None:
            continue
        if not model.numbers_contradict:
            found.numbers = {r: n for r, n in found.numbers.items() if found.party[r] != party}
        for table in tables:
            _read_pairs(found, table.filter(pc.equal(table["party"], party)), model)


def _model(night: Night, connection: sa.Connection, party: str) -> Model | None:
    file = night.folder.file("match", f"model-{party}.json")
    if file.exists():
        return Model.from_json(file.read_bytes())
    current = models.current_model(connection, party)
    return None if current is None else Model.from_json(orjson.dumps(current["definition"]))


def _read_pairs(found: Gathered, table: pa.Table, model: Model) -> None:
    """Pairs with what they themselves show against a match; patterns of levels are few, so each is judged once."""
    number = [c.name for c in model.comparisons].index("identifiers")
    judged: dict[tuple[int, ...], tuple[str | None, bool, bool]] = {}
    columns = (table[name].to_pylist() for name in ("left_id", "right_id", "weight", "levels"))
    for left, right, weight, levels in zip(*columns, strict=True):
        pattern = tuple(levels)
        if pattern not in judged:
            rule = contradiction(pattern, model)
            same_number = pattern[number] == 0
            judged[pattern] = (
                None if rule is None else rule.words,
                same_number,
                rule is not None and same_number and rule.ask_if_number,
            )
        found.pairs.append(Pair(left, right, weight, *judged[pattern]))


def _take_judgements(found: Gathered, connection: sa.Connection) -> None:
    table = judgements.judgements_in_force(connection)
    rows = list(
        zip(
            table["left_id"].to_pylist(),
            table["right_id"].to_pylist(),
            table["verdict"].to_pylist(),
            strict=True,
        )
    )
    found.judgements = Judgements(
        same=[(a, b) for a, b, verdict in rows if verdict == "same"],
        different=[(a, b) for a, b, verdict in rows if verdict == "different"],
    )


def _take_identity(
    found: Gathered, connection: sa.Connection, stored: pa.Array, work: pa.Table, left: pa.Array
) -> None:
    """The PINs that these records have had so far."""
    moved = _ids(work["record_id"]).filter(work["moved"].combine_chunks())
    known = pa.concat_arrays([stored.cast(pa.int64()), moved, left])
    if len(known) == 0:
        return
    enrichment = set(found.enrichment)
    xrefs = {
        row["record_id"]: Xref(row["pin"], row["home"])
        for row in customers.xrefs_of_records(connection, known).to_pylist()
        if row["record_id"] not in enrichment
    }
    states = {}
    for row in customers.states_around(connection, known).to_pylist():
        found.parties_before[row["pin"]] = row["party"]
        states[row["pin"]] = CustomerState(
            row["pin"],
            row["issued"],
            row["status"],
            row["founder_record_id"],
            row["redirect_to"],
            row["merged_into"],
        )
    found.before = IdentityState(states, xrefs)
    departed = frozenset(record for record in left.to_pylist() if record in xrefs)
    found.changes = RecordChanges(departed, frozenset(r for r in moved.to_pylist() if r in found.keys))
