"""The benchmark contracts on the real feeds, which live beside the repository: every row is read and mapped."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdm.contracts import load_contract
from pipelines.landing import find_deliveries
from pipelines.mapping import map_rows
from pipelines.readers import read_delivery

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"


@pytest.mark.parametrize(
    ("workspace", "source", "rows", "filled"),
    [
        ("linked_feeds", "census", 10231, {"name_given": 0.9, "birth_date": 0.9, "address": 0.99, "changed_at": 1.0}),
        ("linked_feeds", "cps", 769, {"name_given": 0.9, "changed_at": 1.0}),
        ("linked_feeds", "ssa", 24205, {"identifiers": 0.95, "changed_at": 0.9, "death_date": 0.1}),
        ("linked_feeds", "w2", 10644, {"identifiers": 0.9, "address": 0.9, "changed_at": 1.0}),
        ("linked_feeds", "wic", 3090, {"birth_date": 0.9, "changed_at": 0.95}),
        pytest.param("linked_feeds", "tax1040", 7505, {"identifiers": 0.9}, marks=pytest.mark.slow),
        ("febrl4", "a", 5000, {"name_family": 0.9, "identifiers": 0.9}),
        ("febrl4", "b", 5000, {"name_family": 0.9, "identifiers": 0.9}),
    ],
)
def test_every_row_is_read_and_mapped(workspace: str, source: str, rows: int, filled: dict[str, float]) -> None:
    if not (DATA / workspace).is_dir():
        pytest.skip(f"no real data: {DATA / workspace} is absent")
    contract = load_contract(ROOT / "benchmarks" / "workspaces" / workspace / "sources" / f"{source}.yaml")
    (delivery,) = find_deliveries(contract, DATA / workspace)
    raw = read_delivery(delivery, contract)
    assert (raw.rows_read, raw.quarantined.num_rows) == (rows, 0)
    mapped = map_rows(raw.table, contract, file=delivery.name).to_pylist()
    own = [record for record in mapped if "#" not in record["local_id"]]
    assert len({record["local_id"] for record in own}) == rows
    for name, share in filled.items():
        assert sum(record[name] is not None for record in own) >= share * rows, name
