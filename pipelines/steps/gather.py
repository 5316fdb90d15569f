"""What resolving looks at: everything that hangs together with tonight's records, from files and from the store.

It is gathered in whole columns: on a first night it is everything there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.match.features import feature_sql, load_nicknames
from mdm.match.model import Model
from mdm.match.online import Against, against
from mdm.party import PartyType
from mdm.registry.models import model_in_use
from mdm.resolve.clusters import Judgements
from mdm.resolve.identity import RecordChanges
from mdm.resolve.lineage import CustomerState, IdentityState, Xref
from mdm.resolve.references import Named, named_by
from mdm.store import customers, judgements, pairs, records, references
from pipelines.asking import asking
from pipelines.context import Night
from pipelines.documents import component_sql, to_stored
from pipelines.steps.component import changed
from pipelines.steps.match import PARTIES

RECORDS = pa.schema(
    [
        ("record_id", pa.int64()),
        ("system", pa.string()),
        ("local_id", pa.string()),
        ("incarnation", pa.int32()),
        ("party", pa.string()),
    ]
)
NUMBERS = pa.schema([("record_id", pa.int64()), ("number", pa.string())])
PAIRS = pa.schema(
    [
        ("left_id", pa.int64()),
        ("right_id", pa.int64()),
        ("weight", pa.float64()),
        ("contradiction", pa.string()),  # the four as in mdm.resolve.clusters.Pair
        ("same_number", pa.bool_()),
        ("ask", pa.bool_()),
        ("contested", pa.string()),
    ]
)


@dataclass
class Gathered:
    """Everything that resolving looks at: tonight's component."""

    records: pa.Table = field(default_factory=RECORDS.empty_table)  # RECORDS of customers, by (system, local id)
    enrichment: pa.Table = field(default_factory=RECORDS.empty_table)  # RECORDS of third parties, likewise
    numbers: pa.Table = field(default_factory=NUMBERS.empty_table)  # those that can contradict
    pairs: pa.Table = field(default_factory=PAIRS.empty_table)
    judgements: Judgements = field(default_factory=Judgements)
    before: IdentityState = field(default_factory=IdentityState)
    parties_before: dict[str, str] = field(default_factory=dict)  # PIN -> party
    changes: RecordChanges = field(default_factory=RecordChanges)
    named: dict[int, Named] = field(default_factory=dict)  # enrichment record -> the customer that it names


def gather(night: Night, connection: sa.Connection, scratch: duckdb.DuckDBPyConnection) -> Gathered:
    work = night.folder.read("cleanse", "records", columns=["record_id", "moved"])
    left = pa.concat_arrays(
        [
            _ids(night.folder.read("cleanse", "gone")["record_id"]),
            _ids(night.folder.read("cleanse", "replaced")["record_id"]),
        ]
    )
    scored = night.folder.read("match", "pairs", columns=["party", "left_id", "right_id", "weight", "levels"])
    dropped = night.folder.read("match", "dropped")
    named = _references(night, scratch)
    if night.models:
        stored = _everybody(connection)
    else:
        linked = _linked(night, connection, named)
        stored = _component(night, connection, work, left, [scored, dropped], linked)
    found = Gathered()
    moved = _ids(work["record_id"]).filter(work["moved"].combine_chunks())
    known = pa.concat_arrays([stored.cast(pa.int64()), moved, left])
    with asking(night.database) as store:  # what these need of it, asked for while the ones before are taken
        versions = store.ask(partial(records.current_versions, record_ids=stored))
        old_pairs = store.ask(partial(pairs.pairs_touching, record_ids=stored))
        states = store.ask(partial(customers.states_around, record_ids=known))
        xrefs = store.ask(partial(customers.xrefs_of_records, record_ids=known))
        _take_records(found, night, versions.result(), scratch)
        _take_pairs(found, night, connection, old_pairs.result(), work, left, scored, dropped)
        _take_judgements(found, night, connection)
        _take_identity(found, connection, xrefs.result(), states.result(), moved, left)
    _take_named(found, connection, work, named)
    return found


def _references(night: Night, scratch: duckdb.DuckDBPyConnection) -> pa.Table:
    """The customers that tonight's enrichment records name (mdm.resolve.references), as the store keeps them."""
    columns = {name: pa.string() for name in ("system", "local_id", "pin")}
    nobody = pa.schema([("record_id", pa.int64()), *columns.items()]).empty_table()
    if all(contract.role != "enrichment" for contract in night.contracts):
        return nobody
    rows = scratch.sql(
        f"SELECT record_id, relationships FROM {night.folder.sql('cleanse', 'records')} "
        "WHERE role = 'enrichment' AND relationships IS NOT NULL"
    ).fetchall()
    found = [(record, named_by(relationships)) for record, relationships in rows]
    given = [(record, *named) for record, named in found if named is not None]
    table = [dict(zip(nobody.column_names, row, strict=True)) for row in given]
    return pa.Table.from_pylist(table, schema=nobody.schema)


def _linked(night: Night, connection: sa.Connection, named: pa.Table) -> list[pa.Array]:
    """Stored records that tonight's enrichment names, and stored enrichment that names tonight's records."""
    keys = night.folder.read("cleanse", "records", columns=["system", "local_id"])
    found = [references.referring_to(connection, keys)]
    return found if named.num_rows == 0 else [*found, references.hosts_of(connection, named)]


def _take_named(found: Gathered, connection: sa.Connection, work: pa.Table, named: pa.Table) -> None:
    if found.enrichment.num_rows == 0:
        return
    own = set(work["record_id"].to_pylist())
    stored = [record for record in found.enrichment["record_id"].to_pylist() if record not in own]
    found.named = dict(references.references_of(connection, stored)) if stored else {}
    columns = (named[name].to_pylist() for name in ("record_id", "system", "local_id", "pin"))
    found.named |= {record: Named(*rest) for record, *rest in zip(*columns, strict=True)}


def _ids(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks().cast(pa.int64()) if column.num_chunks != 1 else column.chunk(0).cast(pa.int64())


def _everybody(connection: sa.Connection) -> pa.Array:
    """All records of the store that were not deleted."""
    known = records.current_hashes(connection)
    return _ids(known.filter(pc.equal(known["status"], "accepted"))["record_id"])


def _component(
    night: Night,
    connection: sa.Connection,
    work: pa.Table,
    left: pa.Array,
    looked_at: Sequence[pa.Table],
    linked: Sequence[pa.Array],
) -> pa.Array:
    """The stored records that hang together with tonight's: neither tonight's own, nor gone.

    looked_at: pairs (left_id, right_id) that the night scored or dropped.
    """
    own = _ids(work["record_id"])
    partners = pa.concat_arrays([_ids(pairs[end]) for pairs in looked_at for end in ("left_id", "right_id")])
    seeds = pc.unique(pa.concat_arrays([changed(night, connection), partners, *linked]))
    new = own.filter(pc.invert(work["moved"].combine_chunks()))
    seeds = seeds.filter(pc.invert(pc.is_in(seeds, new)))
    if len(seeds) == 0:
        return seeds
    reached = night.component.around(night, connection, seeds)
    return reached.filter(pc.invert(pc.is_in(reached, pa.concat_arrays([own, left]))))


def _take_records(
    found: Gathered,
    night: Night,
    others: pa.Table,
    scratch: duckdb.DuckDBPyConnection,
) -> None:
    """Keys, parties and numbers of all records; the `others`, of the store, as a file for the steps that follow."""
    heads = f"SELECT {', '.join(RECORDS.names)}, role FROM "
    everybody = heads + night.folder.sql("cleanse", "records")
    scratch.register("others", others)
    everybody += f" UNION ALL {heads} others"
    night.folder.write("resolve", "others", to_stored(others, scratch))
    table = scratch.sql(f"FROM ({everybody}) ORDER BY system, local_id").to_arrow_table()
    bought = pc.equal(table["role"], "enrichment")
    found.records = table.filter(pc.invert(bought)).select(RECORDS.names).cast(RECORDS).combine_chunks()
    found.enrichment = table.filter(bought).select(RECORDS.names).cast(RECORDS).combine_chunks()
    load_nicknames(scratch, "(SELECT NULL::VARCHAR AS given_key)")
    found.numbers = (
        scratch.sql(
            f"SELECT record_id, unnest(identifiers) AS number FROM ({feature_sql(component_sql(night.folder))})"
        )
        .to_arrow_table()
        .cast(NUMBERS)
    )


def _take_pairs(
    found: Gathered,
    night: Night,
    connection: sa.Connection,
    old: pa.Table,
    work: pa.Table,
    left: pa.Array,
    scored: pa.Table,
    dropped: pa.Table,
) -> None:
    """Tonight's pairs, and the `old` ones between records that did not change, weighed by the model in use."""
    stale = pa.concat_arrays([_ids(work["record_id"]), left])
    keep = pc.invert(pc.or_(pc.is_in(old["left_id"], stale), pc.is_in(old["right_id"], stale)))
    keep = pc.and_(keep, pc.invert(_among(old, dropped)))
    replaced = pc.is_in(old["party"], pa.array(list(night.models), pa.string()))
    tables = [scored, old.filter(pc.and_(keep, pc.invert(replaced)))]
    read = [PAIRS.empty_table()]
    for party in PARTIES:
        model = _model(night, connection, party)
        if model is None:
            continue
        if not model.numbers_contradict:
            _forget_numbers(found, party)
        read += [_read_pairs(table.filter(pc.equal(table["party"], party)), model) for table in tables]
    found.pairs = pa.concat_tables(read).combine_chunks()


def _among(pairs: pa.Table, others: pa.Table) -> pa.Array:
    """Which of `pairs` are in `others` (left_id, right_id)."""
    if others.num_rows == 0:
        return pa.repeat(False, pairs.num_rows)
    known = set(zip(others["left_id"].to_pylist(), others["right_id"].to_pylist(), strict=True))
    ends = zip(pairs["left_id"].to_pylist(), pairs["right_id"].to_pylist(), strict=True)
    return pa.array([pair in known for pair in ends], pa.bool_())


def _forget_numbers(found: Gathered, party: str) -> None:
    theirs = found.records.filter(pc.equal(found.records["party"], party))["record_id"]
    found.numbers = found.numbers.filter(pc.invert(pc.is_in(found.numbers["record_id"], theirs.combine_chunks())))


def _model(night: Night, connection: sa.Connection, party: PartyType) -> Model | None:
    file = night.folder.file("match", f"model-{party}.json")
    if file.exists():
        return Model.from_json(file.read_bytes())
    return model_in_use(connection, party)


def _read_pairs(table: pa.Table, model: Model) -> pa.Table:
    """Pairs with what they themselves show against a match; patterns of levels are few, so each is judged once."""
    patterns, pattern = _patterns(table["levels"].combine_chunks(), len(model.comparisons))
    said = [against(levels, model) for levels in patterns]
    columns = {name: table[name] for name in ("left_id", "right_id", "weight")}
    for name in Against._fields:
        kind = PAIRS.field(name).type
        columns[name] = pa.array([getattr(one, name) for one in said], kind).take(pattern)
    return pa.table(columns).cast(PAIRS)


def _patterns(levels: pa.ListArray, length: int) -> tuple[list[tuple[int, ...]], pa.Array]:
    """The distinct patterns among `levels`, each of `length`, and which of them every row has."""
    flat = np.ascontiguousarray(levels.flatten().to_numpy(zero_copy_only=False), dtype=np.int16)
    if len(flat) != length * len(levels):
        raise ValueError(f"{len(levels)} pairs have {len(flat)} levels in all, and the model {length} comparisons")
    rows = pa.FixedSizeBinaryArray.from_buffers(pa.binary(2 * length), len(levels), [None, pa.py_buffer(flat)])
    coded = rows.dictionary_encode()
    return [tuple(np.frombuffer(row, np.int16).tolist()) for row in coded.dictionary.to_pylist()], coded.indices


def _take_judgements(found: Gathered, night: Night, connection: sa.Connection) -> None:
    table = judgements.judgements_in_force(connection)
    ours = pa.concat_arrays([_ids(records["record_id"]) for records in (found.records, found.enrichment)])
    carried_out = pc.and_(pc.is_in(table["left_id"], ours), pc.is_in(table["right_id"], ours))
    night.folder.write("resolve", "judgements", table.filter(carried_out).select(["judgement_id"]))
    rows = list(zip(*(table[name].to_pylist() for name in ("left_id", "right_id", "verdict")), strict=True))
    found.judgements = Judgements(
        same=[(a, b) for a, b, verdict in rows if verdict == "same"],
        different=[(a, b) for a, b, verdict in rows if verdict == "different"],
    )


def _take_identity(
    found: Gathered,
    connection: sa.Connection,
    now: pa.Table,
    around: pa.Table,
    moved: pa.Array,
    left: pa.Array,
) -> None:
    """The PINs that these records have had so far: xrefs of `now`, and the states `around` them."""
    enrichment = set(found.enrichment["record_id"].to_pylist())
    xrefs = {
        row["record_id"]: Xref(row["pin"], row["home"]) for row in now.to_pylist() if row["record_id"] not in enrichment
    }
    back = _back(connection, set(moved.to_pylist()) - enrichment - xrefs.keys(), xrefs)
    xrefs |= back
    states = {}
    homes = [xref.home for xref in back.values()]
    besides = customers.states_around(connection, pa.array([], pa.int64()), homes).to_pylist() if homes else []
    for row in sorted([*around.to_pylist(), *besides], key=lambda row: row["issued"]):
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
    present = pc.is_in(moved, found.records["record_id"].combine_chunks())
    found.changes = RecordChanges(departed, frozenset(moved.filter(present).to_pylist()))


def _back(connection: sa.Connection, records: set[int], xrefs: Mapping[int, Xref]) -> dict[int, Xref]:
    """Whose the deleted records were that are there again.

    Only of customers that have no record any more, or whose records are here (`xrefs`): of others it is nobody's.
    """
    if not records:
        return {}
    here = {xref.pin for xref in xrefs.values()}
    found = customers.former_xrefs(connection, sorted(records)).to_pylist()
    return {
        row["record_id"]: Xref(row["pin"], row["home"])
        for row in found
        if row["status"] == "retired" or row["pin"] in here
    }
