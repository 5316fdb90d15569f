"""Nights of the step *households* alone: records with addresses whose customers are given, from files to the store."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from mdm.live import households as live
from mdm.live.orders import Writer
from mdm.match.model import Frequencies
from mdm.resolve.households import HouseholdRules
from mdm.settings import Settings
from mdm.store import counters, customers, households, records
from mdm.store import household_decisions as ledger
from mdm.store.addresses import TABLES
from mdm.store.database import Database
from mdm.store.fingerprint import store_fingerprint
from pipelines.context import Night
from pipelines.documents import STORED, document_sql
from pipelines.folder import RunFolder
from pipelines.steps import households as step
from pipelines.steps.address_index import apply_index
from pipelines.steps.resolve import XREFS

EMPTIED = ("record", "customer", "xref", "household", "membership", "household_decision", "counter", *TABLES)
DAY = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Seen:
    """A record: whose it is, and what it says. `at`: number|street|unit|place|box; no street: no address."""

    key: str
    pin: str
    at: str = ""
    family: str = "lee"
    former: str | None = None
    role: str | None = None
    kind: str | None = None
    year: int | None = None  # from when it says so, else it is undated
    until: int | None = None
    changed: int = 2020

    def cleansed(self, record_id: int) -> dict[str, Any]:
        """As a row of STORED."""
        number, street, unit, place, box = (self.at + "||||").split("|")[:5]
        address = {"locality": place or None, "po_box": box or None, "kind": self.kind, "valid_from": _first(self.year)}
        row: dict[str, Any] = dict.fromkeys(STORED.names)
        row |= {"record_id": record_id, "system": "s", "local_id": self.key, "party": "person", "role": "customer"}
        row |= {"content_hash": 1, "extracted_at": DAY, "changed_at": dt.datetime(self.changed, 1, 1, tzinfo=dt.UTC)}
        row |= {"family_key": self.family, "former_key": self.former, "household_role": self.role}
        row |= {"number_key": number or None, "street_key": street or None, "unit_key": unit or None}
        row |= {"place_key": place or None, "address": address | {"valid_to": _first(self.until)}}
        return row


@dataclass(frozen=True, slots=True)
class Said:
    """What a steward decides of the people of two records: who lives with the other, or apart, from a year on."""

    mover: str
    other: str
    together: bool
    year: int


def _first(year: int | None) -> dt.date | None:
    return None if year is None else dt.date(year, 1, 1)


class HouseholdNights:
    """A store that nights of records are applied to."""

    def __init__(
        self, database: Database, path: Path, rules: HouseholdRules, *, whole_from: float, surnames: Frequencies
    ) -> None:
        self.database, self.path, self.rules, self.surnames = database, path, rules, surnames
        self.settings = Settings(
            workspace=path, landing=path, instance={"pin_key": "a key for tests"}, households={"whole_from": whole_from}
        )  # type: ignore[arg-type]
        self.known: dict[str, Seen] = {}
        self.ids: dict[str, int] = {}
        self.nights = 0
        self.whole: list[bool] = []  # of each night, whether everything was looked at
        self.decided: list[int] = []
        self.due: set[str] = set()  # customers that a night is told of
        with database.begin() as connection:
            connection.exec_driver_sql(f"truncate {', '.join(EMPTIED)}")

    def decide(self, said: Sequence[Said], withdrawn: Sequence[int] = (), *, at_once: bool = False) -> None:
        """Keep decisions, and take former ones (by place) back; at once, or due for the next night."""
        with self.database.begin() as connection:
            live.hold(connection)
            for one in said:
                ids = [self.ids.setdefault(key, len(self.ids) + 1) for key in (one.mover, one.other)]
                row = ledger.Row(*ids, one.together, dt.date(one.year, 1, 1))
                by = {"actor": "mei", "reason": "asked them", "run_id": "steward:1"}
                self.decided.append(ledger.add(connection, "move", [row], **by))
            for place in withdrawn:
                ledger.withdraw(connection, self.decided[place], actor="mei", reason="wrong")
            rows = [row for number in self.decided for row in ledger.find(connection, number)]
            pins = sorted({row[side] for row in rows for side in ("mover_pin", "other_pin") if row[side] is not None})
            if not at_once:
                self.due |= set(pins)
            elif pins:
                writer = Writer.of(self.database, self.settings, ())
                made = live.make_again(writer, connection, pins, run_id="steward:1", tried=False, rules=self.rules)
                assert made is not None

    def night(
        self, changed: Sequence[Seen], gone: Sequence[str] = (), redirects: Mapping[str, str] | None = None
    ) -> None:
        """Records that are new or changed, keys of those that are gone, PINs that were merged into others."""
        self.nights += 1
        redirects = redirects or {}
        gone = [key for key in gone if key in self.known]
        changed = [row for row in changed if self.known.get(row.key) != row]
        moved = {
            key: replace(row, pin=redirects[row.pin])
            for key, row in self.known.items()
            if row.pin in redirects and key not in {r.key for r in changed} and key not in gone
        }
        for row in changed:
            self.ids.setdefault(row.key, len(self.ids) + 1)
        folder = RunFolder(self.path / f"night-{self.nights}")
        rows = [replace(row, pin=redirects.get(row.pin, row.pin)) for row in changed]
        self._files(folder, rows, list(moved.values()), gone, redirects)
        due, self.due = sorted(self.due), set()
        folder.write("cleanse", "due", pa.table({"kind": ["customer"] * len(due), "value": pa.array(due, pa.string())}))
        night = Night(self.settings, self.database, (), (), f"n{self.nights}", DAY.date(), folder)
        counts = step.households(night, self.rules, self.surnames)
        self.whole.append(counts["whole"])
        self._apply(night, rows, list(moved.values()), gone, redirects, counts)
        self.known |= {row.key: row for row in rows} | moved
        for key in gone:
            del self.known[key]

    def _files(
        self, folder: RunFolder, changed: list[Seen], moved: list[Seen], gone: list[str], redirects: Mapping[str, str]
    ) -> None:
        for name in ("cleanse", "resolve", "match", "households"):
            folder.begin(name)

        def stored(rows: Iterable[Seen]) -> pa.Table:
            return pa.Table.from_pylist([row.cleansed(self.ids[row.key]) for row in rows], schema=STORED)

        left = pa.table({"record_id": pa.array([self.ids[key] for key in gone], pa.int64())})
        folder.write("cleanse", "records", stored(changed))
        folder.write("cleanse", "gone", left)
        folder.write("cleanse", "replaced", left.slice(0, 0))
        folder.write("resolve", "others", stored(moved))
        folder.write("resolve", "xrefs", self._xrefs([*changed, *moved]))
        merged = {"pin": list(redirects), "redirect_to": list(redirects.values())}
        folder.write("resolve", "customers", pa.table(merged, pa.schema([(n, pa.string()) for n in merged])))

    def _xrefs(self, rows: Iterable[Seen]) -> pa.Table:
        found = [
            {
                "record_id": self.ids[r.key],
                "system": "s",
                "local_id": r.key,
                "incarnation": 1,
                "pin": r.pin,
                "home": r.pin,
            }
            for r in rows
        ]
        return pa.Table.from_pylist(found, schema=XREFS)

    def _apply(
        self,
        night: Night,
        changed: list[Seen],
        moved: list[Seen],
        gone: list[str],
        redirects: Mapping[str, str],
        counts: dict[str, Any],
    ) -> None:
        folder, run_id = night.folder, night.run_id
        with self.database.begin() as connection, night.scratch() as scratch:
            versions = scratch.sql(
                f"SELECT record_id, system, local_id, 1 AS incarnation, party, role, 'accepted' AS status, "
                f"content_hash, extracted_at, changed_at, '{run_id}' AS run_id, {document_sql()} AS cleansed, "
                f"'{{}}' AS original FROM {folder.sql('cleanse', 'records')}"
            )
            records.put_versions(connection, versions)
            left = folder.read("cleanse", "gone")
            if left.num_rows:
                of_run = left.append_column("extracted_at", pa.repeat(pa.scalar(DAY), left.num_rows))
                records.mark_deleted(connection, of_run.append_column("run_id", pa.repeat(run_id, left.num_rows)))
                customers.end_xrefs(connection, left)
            customers.put_customers(connection, self._customers([*changed, *moved], redirects, run_id))
            xrefs = folder.read("resolve", "xrefs")
            customers.put_xrefs(connection, xrefs.append_column("run_id", pa.repeat(run_id, xrefs.num_rows)))
            apply_index(connection, folder)
            for name, put in (("households", households.put_households), ("memberships", households.put_memberships)):
                if name == "memberships":
                    households.end_memberships(connection, folder.read("households", "ended"))
                table = folder.read("households", name)
                put(connection, table.append_column("run_id", pa.repeat(run_id, table.num_rows)))
            for kind, first in folder.read_json("households", "numbers")["first"].items():
                counters.advance(connection, kind, first - 1 + counts["minted"][kind])

    def _customers(self, rows: list[Seen], redirects: Mapping[str, str], run_id: str) -> pa.Table:
        found = {
            pin: {"pin": pin, "party": "person", "status": "active", "redirect_to": None, "issued": int(pin[1:])}
            for pin in sorted({row.pin for row in rows})
        }
        for pin, target in redirects.items():
            found[pin] = {"pin": pin, "party": "person", "status": "redirected", "redirect_to": target}
            found[pin]["issued"] = int(pin[1:])
        table = pa.Table.from_pylist(
            list(found.values()),
            pa.schema([*((n, pa.string()) for n in ("pin", "party", "status", "redirect_to")), ("issued", pa.int64())]),
        )
        return table.append_column("run_id", pa.repeat(pa.scalar(run_id), table.num_rows))

    def digests(self) -> dict[str, str]:
        """One digest of each table that the step is in charge of."""
        with self.database.begin() as connection:
            found = store_fingerprint(connection)
        return {table: found[table] for table in ("household", "membership", *TABLES)}

    def index(self) -> dict[str, str]:
        """The digests of the index of addresses."""
        return {table: digest for table, digest in self.digests().items() if table in TABLES}

    def groups(self) -> set[frozenset[tuple[Any, ...]]]:
        """The households, whatever their ids, as members with period, role and evidence."""
        found: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
        with self.database.begin() as connection:
            for row in households.all_memberships(connection).to_pylist():
                found[row["chi"]].add(tuple(row[n] for n in ("pin", "role", "valid_from", "valid_to", "evidence")))
        return {frozenset(group) for group in found.values()}
