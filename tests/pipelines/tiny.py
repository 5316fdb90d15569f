"""Tiny workspaces for nights: sources of a few made-up people, a contract each, files from bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mdm.settings import Settings
from mdm.store.database import Database
from pipelines.night import Asked, run_night

COLUMNS = ("ID", "GIVEN", "FAMILY", "BORN", "PHONE", "STREET", "CITY", "ZIP", "TAX")
GIVEN = ("Ann", "Bo", "Carla", "Dmitri", "Ewa", "Femi", "Greta", "Hugo", "Ines", "Jonas", "Kim", "Lena", "Milo")
FAMILY = ("Lee", "Novak", "Okafor", "Pereira", "Quist", "Rossi", "Sand", "Tran", "Ueda", "Vance", "Weiss")

CONTRACT = """
source: {source}
party: person
files: {source}_*.csv
format: {{type: delimited, delimiter: ",", encoding: utf-8, header: true}}
delivery: {delivery}
extracted_at: {{file_name: "{source}_%Y%m%d.csv"}}
key: ID
region: US
map:
  name.given: GIVEN
  name.family: FAMILY
  birth_date: BORN
  phones: PHONE
  address.street: STREET
  address.locality: CITY
  address.postcode: ZIP
  identifiers.tax_number: {{column: TAX, country: US}}
"""


def person(number: int, **changes: str) -> dict[str, str]:
    """Person `number`, the same in every source but for `changes`."""
    found = {
        "ID": f"K{number:03}",
        "GIVEN": GIVEN[number % len(GIVEN)],
        "FAMILY": FAMILY[number % len(FAMILY)] + FAMILY[(number * 7) % len(FAMILY)].lower(),
        "BORN": f"{1940 + number * 13 % 60}-{1 + number % 12:02}-{1 + number * 5 % 28:02}",
        "PHONE": f"+1 416 55{number % 10} {1000 + number * 37 % 9000}",
        "STREET": f"{10 + number} {FAMILY[number * 3 % len(FAMILY)]} Street",
        "CITY": "Springfield",
        "ZIP": f"{10000 + number * 11}",
        "TAX": "",
    }
    return found | changes


def people(first: int, count: int, **changes: str) -> list[dict[str, str]]:
    """`count` people from `first` on."""
    return [person(number, **changes) for number in range(first, first + count)]


def text(rows: Iterable[dict[str, str]], columns: Sequence[str] = COLUMNS) -> bytes:
    """A CSV file of these rows."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


class TinyWorkspace:
    """A workspace below `path`, and the nights that are run on it."""

    def __init__(self, path: Path, settings: str = "", *, keep: bool = False) -> None:
        self.path = path
        if keep:  # it is there already
            return
        for folder in ("sources", "landing"):
            (path / folder).mkdir(parents=True, exist_ok=True)
        (path / "mdm.toml").write_text(f'[instance]\npin_key = "a key for tests"\n{settings}', encoding="utf-8")

    @property
    def settings(self) -> Settings:
        """As a command would read them."""
        return Settings.load(self.path)

    def source(self, name: str, *, delivery: str = "full", more: str = "") -> None:
        """A contract of the usual columns; `more` are further lines of it."""
        contract = CONTRACT.format(source=name, delivery=delivery) + more
        (self.path / "sources" / f"{name}.yaml").write_text(contract.lstrip(), encoding="utf-8")

    def deliver(self, name: str, content: bytes, day: str = "20260331") -> Path:
        """A file of a source, cut on `day`."""
        file = self.path / "landing" / f"{name}_{day}.csv"
        file.write_bytes(content)
        return file

    def add(self, name: str, content: bytes, **contract: str) -> None:
        """A source with one file."""
        self.source(name, **contract)
        self.deliver(name, content)

    def night(self, database: Database, **asked: Any) -> dict[str, Any]:
        """Run the night; its report."""
        return run_night(self.settings, database, Asked(**asked))


def family_of_sources(path: Path) -> TinyWorkspace:
    """Three sources that share people: duplicates to find, households, a contradiction, quarantine, a delta."""
    workspace = TinyWorkspace(path, '[run]\nbusiness_date = 2026-04-01\n[cleanse]\nregion = "US"\n')
    workspace.add("crm", text([*people(0, 40), person(40, ID=""), *people(60, 6, STREET="1 Main Street", ZIP="10007")]))
    moved = [person(n, ID=f"B{n:03}", STREET=f"{n} Elm Street") for n in range(10, 30)]
    workspace.add("billing", text([*moved, person(30, ID="B030", BORN="1901-02-03")]))
    workspace.add("calls", text([person(n, ID=f"C{n:03}", GIVEN="") for n in range(20, 35)]), delivery="delta")
    return workspace


def next_night(workspace: TinyWorkspace) -> None:
    """The deliveries of the following night: new, changed and deleted records in two of the three sources."""
    changed = [person(3, PHONE="+1 212 555 0143"), person(4, FAMILY="Married"), *people(5, 37), person(59)]
    workspace.deliver("crm", text([*changed, *people(60, 6)]), day="20260401")
    workspace.deliver("calls", text([person(70, ID="C070"), person(21, ID="C021")]), day="20260401")


def of_source(report: dict[str, Any], name: str) -> dict[str, Any]:
    """The account of the one file that a source delivered."""
    (found,) = (row for row in report["sources"] if row["system"] == name)
    return dict(found)
