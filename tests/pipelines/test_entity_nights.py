"""Legal entities made again around a change are those of the whole, and those of one load of the same records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm.cleanse.organisations import cleanse_organisation
from mdm.resolve.entity_keys import answering, entity_keys
from mdm.store.database import Database
from pipelines.documents import STORED
from tests.pipelines.household_world import Seen
from tests.pipelines.test_household_nights import BYSTANDERS, PINS, check

NAMES = (
    "", "甘肃黄河有限公司", "甘肃黄河有限公司兰州分公司", "甘肃黄河有限公司天水分公司",
    "甘肃黄河兰州分公司", "甘肃黄河集团",
    "中国移动", "中国移动甘肃分公司", "中国移动甘肃", "Acme Trading Ltd", "Acme Trading Inc", "ABC Ltd",
    "Acme Trading Ltd Calgary Branch", "Acme Trading Calgary Branch", "Acme Trading Calgary",
    "China United Network Branch", "China United", "China United Network",
)  # fmt: skip
NUMBERS = ("1", "2", "3")


@dataclass(frozen=True, slots=True)
class Named(Seen):
    """A record of an organisation."""

    name: str = ""
    numbers: tuple[str, ...] = ()

    def cleansed(self, record_id: int) -> dict[str, Any]:
        """As a row of STORED."""
        row = Seen(self.key, self.pin, changed=self.changed).cleansed(record_id)
        found = cleanse_organisation(self.name, region="CN")
        row |= {"party": "organisation", "family_key": None, "address": None}
        row |= {"organisation_name": self.name or None, "organisation_key": found.key, "organisation_form": found.form}
        numbers = ({"type": "organisation_id", "issuer": "CN", "value": number} for number in self.numbers)
        return row | {"identifiers": list(numbers)}


def named(key: str) -> st.SearchStrategy[Seen]:
    return st.builds(
        Named,
        key=st.just(key),
        pin=st.sampled_from(PINS),
        changed=st.sampled_from([2014, 2020]),
        name=st.sampled_from(NAMES),
        numbers=st.lists(st.sampled_from(NUMBERS), max_size=1).map(tuple),
    )


@st.composite
def nights(draw: st.DrawFn) -> list[tuple[list[Seen], list[str], dict[str, str]]]:
    """(changed, gone, merged) of some nights."""
    keys = [f"r{number:02}" for number in range(12)]
    first = [draw(named(key)) for key in draw(st.lists(st.sampled_from(keys), unique=True, min_size=6))]
    found: list[tuple[list[Seen], list[str], dict[str, str]]] = [([*first, *BYSTANDERS], [], {})]
    merged: dict[str, str] = {}
    for _ in range(draw(st.integers(1, 3))):
        changed = draw(st.lists(st.sampled_from(keys), unique=True, min_size=1, max_size=2))
        gone = draw(st.lists(st.sampled_from(keys), unique=True, max_size=1))
        rows = [draw(named(key)) for key in changed if key not in gone]
        rows = [replace(row, pin=merged.get(row.pin, row.pin)) for row in rows]
        loser, winner = draw(st.permutations(PINS))[:2]
        free = loser not in merged and winner not in merged and loser not in merged.values()
        now = {loser: winner} if free and draw(st.booleans()) else {}
        merged |= now
        found.append((rows, gone, now))
    return found


@pytest.mark.slow
@settings(max_examples=40)
@given(history=nights())
def test_any_history_at_length(
    history: list[tuple[list[Seen], list[str], dict[str, str]]],
    module_database: Database,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    check(history, [([], [])] * len(history), module_database, tmp_path_factory.mktemp("nights"))


@settings(max_examples=3)
@given(history=nights())
def test_any_history_gives_what_one_load_gives(
    history: list[tuple[list[Seen], list[str], dict[str, str]]],
    module_database: Database,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    check(history, [([], [])] * len(history), module_database, tmp_path_factory.mktemp("nights"))


def keys_of(name: str, *numbers: str) -> set[int]:
    row = Named("k", "P1", name=name, numbers=numbers).cleansed(1)
    return set(entity_keys(pa.Table.from_pylist([row], schema=STORED))["key"].to_pylist())


def meet(one: set[int], other: set[int]) -> bool:
    return bool(set(answering(pa.array(sorted(one), pa.int64())).to_pylist()) & other)


def test_who_finds_whom() -> None:
    head, branch, bare = (
        keys_of("中国移动有限公司"),
        keys_of("中国移动有限公司兰州分公司"),
        keys_of("中国移动甘肃分公司"),
    )
    for other in (branch, bare):
        assert meet(head, other)
        assert meet(other, head)
    assert not meet(bare, keys_of("中国移动陕西分公司"))  # both ask for the same, and nobody bears it
    assert meet(keys_of("甲乙有限公司", "7"), keys_of("丙丁有限公司", "7"))
    assert not meet(keys_of("甲乙有限公司", "7"), keys_of("丙丁有限公司", "8"))
