"""The thirty nights as they are generated: repeatable, every kind of event in them, a truth that goes with the rows."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.operator.life.deliveries import MISHAPS, Night, Operator
from benchmarks.operator.life.diary import KINDS
from benchmarks.operator.life.entries import NOBODY, parts
from mdm.contracts import load_contracts
from pipelines.landing import find_deliveries

NIGHTS = 12
Lived = tuple[Operator, list[Night], list[dict[tuple[str, str], str]]]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """The operator after its nights, the nights, and whose each record was after each of them."""
    operator = Operator(tmp_path_factory.mktemp("life"), 300, NIGHTS, pace=2)
    nights, whose = [], []
    for number in range(1, NIGHTS + 1):
        nights.append(operator.night(number))
        whose.append({name: entry.label for name, entry in operator.systems.entries.items()})
    return operator, nights, whose


def test_the_same_seed_gives_the_same_nights(lived: Lived, tmp_path: Path) -> None:
    again = Operator(tmp_path, 300, NIGHTS, pace=2)
    for night in lived[1][:4]:
        found = again.night(night.number)
        assert (found.events, found.quarantined) == (night.events, night.quarantined)
        assert _digests(found.landing) == _digests(night.landing)


def _digests(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def test_everything_happens(lived: Lived) -> None:
    counts = Counter(event.kind for night in lived[1] for event in night.events)
    assert not {kind for kind in KINDS if not counts[kind]} - {"married"}  # nobody fits every time in a small town
    assert counts["put_right"]
    assert counts["written_at_once"]
    assert {mishap for night in lived[1] for mishap in night.mishaps.values()} == {m for _, m in MISHAPS.values()}


def test_what_the_store_must_hold_has_a_row_and_a_truth(lived: Lived) -> None:
    operator = lived[0]
    for (source, _), entry in operator.held.items():
        assert entry.key in operator.held_rows[source]
    operator.write_truth(operator.out / "truth.csv")
    with (operator.out / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["source"], row["local_id"]) for row in rows} == operator.held.keys()


def test_a_person_can_still_be_told_from_the_records(lived: Lived) -> None:
    operator = lived[0]
    torn = 0
    for person, names in operator.systems.of_person.items():
        if person != NOBODY and names:
            torn += parts(operator.systems.entries[name] for name in names) > 1
    assert torn <= 0.01 * len(operator.systems.of_person)  # a few are hopeless from the first night on


def test_every_file_says_when_it_was_cut(lived: Lived) -> None:
    operator, nights, _ = lived
    for contract in load_contracts(operator.out / "sources"):
        cuts = [find_deliveries(contract, night.landing)[-1:] for night in nights]
        found = [delivery.extracted_at for one in cuts for delivery in one]
        assert found, contract.source
        regular = [cut for cut, night in zip(cuts, nights, strict=True) if contract.source not in night.mishaps]
        times = [delivery.extracted_at for one in regular for delivery in one]
        assert times == sorted(set(times)), contract.source


@pytest.mark.parametrize("kind", ["key_reused_at_once", "owner_changed", "contact_changed"])
def test_a_key_that_changes_hands_is_another_persons(lived: Lived, kind: str) -> None:
    _, nights, whose = lived
    changed = [event for night in nights for event in night.events if event.kind == kind]
    assert changed
    for event in changed:
        source, _, local_id = event.whom.partition(":")
        before, after = whose[event.night - 2], whose[event.night - 1]
        assert before[source, local_id] != after[source, local_id]
