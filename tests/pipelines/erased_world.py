"""A tiny operator in which one person left traces everywhere, and a search for every byte of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from mdm.store import audit, customers, records
from mdm.store.database import open_database
from pipelines.night import Asked, run_night
from pipelines.stewardship import judge, override
from pipelines.warehouse.export import export
from tests.pipelines.tiny import COLUMNS, TinyWorkspace, people, person, text
from tests.store.fixtures import workspace_directory

SETTINGS = (
    "[run]\nbusiness_date = 2026-04-01\n[gates]\nmax_churn = 1.0\nmax_row_count_change = 9\nmax_deleted_share = 1\n"
)
XENIA = {
    "GIVEN": "Xenobia", "FAMILY": "Quetzalcoatl", "BORN": "1971-12-09", "PHONE": "+1 416 557 9931",
    "STREET": "4711 Zyxwvu Close", "CITY": "Springfield", "ZIP": "98761", "TAX": "912345678",
}  # fmt: skip
HOUSEMATE = person(50, FAMILY="Quetzalson", STREET=XENIA["STREET"], ZIP=XENIA["ZIP"], TAX="934567891")
NAMES = ("Xenobia", "xenobia", "Quetzalcoatl", "quetzalcoatl", "Zephyrine", "zephyrine")
NUMBERS = (
    "416 557 9931",
    "14165579931",
    "212 555 0177",
    "12125550177",
    "1971-12-09",
    "912345678",
    "X-KEY-1",
    "X-KEY-9",
)
TRACES = (*NAMES, *NUMBERS)


def xenia(key: str = "X-KEY-1", **changes: str) -> dict[str, str]:
    """A row of the person to be erased."""
    return {**XENIA, "ID": key} | changes


class World:
    """The workspace, its own database server, and the PIN of the person."""

    def __init__(self, path: Path) -> None:
        self.workspace = TinyWorkspace(path, SETTINGS)
        self.settings = self.workspace.settings
        self.database = open_database(None, self.settings.var)
        self.pin = ""

    def night(self) -> dict[str, object]:
        """The night; it must be applied, or have nothing to do."""
        report = self.workspace.night(self.database)
        assert report["status"] in ("applied", "unchanged"), report
        return report

    def pin_of(self, system: str, local_id: str) -> str | None:
        """Whose record it is."""
        with self.database.begin() as connection:
            found = customers.find_xref(connection, system, local_id)
        return None if found is None else str(found["pin"])

    def versions(self, system: str, local_id: str) -> int:
        """How many versions of a key the store has."""
        with self.database.begin() as connection:
            return len(records.versions(connection, system, local_id))

    def live_before(self) -> None:
        """Two nights of two systems, a steward, a night that was broken off, a log."""
        workspace = self.workspace
        former = xenia(GIVEN="Zephyrine", PHONE="+1 212 555 0177")
        workspace.add("crm", text([*people(0, 50), HOUSEMATE, former]))
        workspace.add("calls", text([xenia("X-KEY-9", TAX=""), person(3, ID="C003")]), delivery="delta")
        self.night()
        bad = text([xenia(), person(20, PHONE="+1 416 557 9931")]).decode().splitlines()[1]
        content = text([*people(0, 50), HOUSEMATE, former, xenia(), person(60, ID="")]).decode() + f"{bad},too,long\n"
        workspace.deliver("crm", content.encode(), day="20260401")
        export(self.database, self.settings.outbound / "warehouse")
        self.night()
        found = self.pin_of("crm", "X-KEY-1")
        assert found is not None
        assert found == self.pin_of("calls", "X-KEY-9")
        self.pin = found
        who = {"actor": "steward", "reason": "Quetzalcoatl called us"}
        keys = ["crm:X-KEY-1", "crm:K003"]
        asked = audit.Entry("3f9a1c22b7", "PUT /v1/records", 200, [found], keys, ["phones"], False)
        with self.database.begin() as connection:
            audit.put_entry(connection, replace(asked, purpose="Quetzalcoatl called", trace_id="call-X-KEY-9"))
            audit.put_entry(connection, replace(asked, purpose="complaint", trace_id="call-2"))
        judge(self.settings, self.database, "crm:X-KEY-1", "crm:K003", "different", **who)
        judge(self.settings, self.database, "crm:K001", "crm:K002", "unsure", **who)
        override(self.settings, self.database, found, "birth_date", "1971-12-08", **who)
        workspace.deliver("crm", text([*people(0, 50), HOUSEMATE, former]), day="20260402")
        run_night(self.settings, self.database, Asked(only="match"))
        log = self.settings.var / "log" / "20260401.log"
        log.parent.mkdir()
        log.write_text("one\nfailed on Quetzalcoatl\nthree\n", encoding="utf-8")
        export(self.database, self.settings.outbound / "warehouse")
        (self.settings.outbound / "changes.csv").write_text("a;b\n1;Quetzalcoatl\n2;Lee\n", encoding="utf-8")


def written_out(file: Path) -> bytes:
    """What is in a Parquet file, which is compressed, as text."""
    return file.read_bytes() + str(pq.ParquetFile(file).read().to_pylist()).encode()


@contextmanager
def new_world() -> Iterator[World]:
    """A world of its own, on an embedded server of its own."""
    with workspace_directory() as directory:
        world = World(directory)
        yield world
        world.database.close()


def traces(world: World, *values: str) -> dict[str, set[str]]:
    """File below var/ and outbound/ (the database's included) -> which of `values` it holds, in any writing."""
    found: dict[str, set[str]] = {}
    for file in (file for root in (world.settings.var, world.settings.outbound) for file in root.rglob("*")):
        if file.is_file():
            content = written_out(file) if file.suffix == ".parquet" else file.read_bytes()
            for value in values or TRACES:
                writings = (value.encode(), json.dumps(value)[1:-1].encode(), value.encode().hex().encode())
                if any(writing in content for writing in writings):
                    found.setdefault(str(file.relative_to(world.workspace.path)), set()).add(value)
    return found


__all__ = ["COLUMNS", "HOUSEMATE", "TRACES", "World", "new_world", "traces", "xenia"]
