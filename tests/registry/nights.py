"""A few nights and decisions in the life of a small town, with what was answered after each of them.

Ann, Bob and Cara Lee live in Oak Street; Cara moves out. Eve Quist is in two systems, is merged by the machine, and
taken apart by a steward. Dora Novak's birth date is pinned until 3 April; Hugo Sand goes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from mdm.errors import NotFound
from mdm.match.model import untrained
from mdm.registry import SourceKey, find_xref, find_xrefs, look_up, look_up_household
from mdm.settings import Settings
from mdm.store import models
from mdm.store.database import Database
from pipelines.night import run_night
from pipelines.stewardship import override, unmerge
from tests.pipelines.tiny import text

COLUMNS = ("ID", "GIVEN", "FAMILY", "BORN", "PHONE", "SINCE", "NO", "STREET", "ZIP", "MOVED", "LEFT")
CONTRACT = """
source: {source}
party: person
files: {source}_*.csv
format: {{type: delimited, encoding: utf-8, header: true}}
delivery: full
extracted_at: {{file_name: "{source}_%Y%m%d.csv"}}
key: ID
region: US
map:
  name.given: GIVEN
  name.family: FAMILY
  birth_date: BORN
  phones: {{column: PHONE, from: {{column: SINCE, format: "%Y-%m-%d"}}}}
  address.number: NO
  address.street: STREET
  address.postcode: ZIP
  address.from: {{column: MOVED, format: "%Y-%m-%d"}}
  address.to: {{column: LEFT, format: "%Y-%m-%d"}}
"""
TOML = """
[instance]
pin_key = "a test"
[matching]
match_weight = 4.0
review_weight = -3.0
[gates]
max_churn = 1.0
max_deleted_share = 1.0
[cleanse]
region = "US"
[run]
business_date = {day}
"""
OAK = {"NO": "12", "STREET": "Oak Street", "ZIP": "62701", "MOVED": "2015-01-01"}
ELM = {"NO": "7", "STREET": "Elm Avenue", "ZIP": "62702", "MOVED": "2026-04-01"}
DAYS = (None, dt.date(2014, 6, 1), dt.date(2020, 6, 1), dt.date(2026, 3, 31), dt.date(2026, 4, 1), dt.date(2027, 1, 1))
KEYS = [SourceKey("crm", f"K{number}") for number in range(1, 7)] + [SourceKey("billing", key) for key in ("B3", "B5")]
STEWARD = "steward@example"

Row = dict[str, str]
Answers = dict[tuple[Any, ...], Any]


def row(key: str, given: str, family: str, born: str, phone: str, **more: str) -> Row:
    """A line of a feed."""
    named = {"ID": key, "GIVEN": given, "FAMILY": family, "BORN": born, "PHONE": phone, "SINCE": "2019-05-01"}
    return dict.fromkeys(COLUMNS, "") | named | more


@dataclass
class Town:
    """A workspace and its database; `answered`: moment -> what lookups answered then, for everything known then."""

    path: Path
    database: Database
    crm: dict[str, Row] = field(default_factory=dict)
    billing: dict[str, Row] = field(default_factory=dict)
    answered: dict[dt.datetime, Answers] = field(default_factory=dict)
    moments: dict[str, dt.datetime] = field(default_factory=dict)
    pins: set[str] = field(default_factory=set)
    chis: set[str] = field(default_factory=set)

    def on(self, day: str) -> Settings:
        """The settings of a business date."""
        (self.path / "mdm.toml").write_text(TOML.format(day=day), encoding="utf-8")
        return Settings.load(self.path)

    def night(self, name: str, day: str) -> None:
        """Both systems deliver all they have, and the night runs."""
        for system, rows in (("crm", self.crm), ("billing", self.billing)):
            file = self.path / "landing" / f"{system}_{day.replace('-', '')}.csv"
            file.write_bytes(text(rows.values(), COLUMNS))
        assert run_night(self.on(day), self.database)["status"] == "applied"
        self.note(name)

    def note(self, name: str) -> None:
        """Look everything up, and keep what was answered at this moment."""
        with self.database.read() as connection:
            views = [look_up(connection, str(key)) for key in KEYS if _found(lambda k=key: look_up(connection, str(k)))]
            self.pins |= {view.pin for view in views}
            self.chis |= {view.household.chi for view in views if view.household is not None}
            moment = connection.exec_driver_sql("select clock_timestamp()").scalar_one()
            self.answered[moment] = self.answers(connection, None)
        self.moments[name] = moment

    def answers(self, connection: sa.Connection, known_at: dt.datetime | None) -> Answers:
        """What is answered of every PIN, key and household, for every one of `DAYS`; None where there is nothing."""
        found: Answers = {}
        for pin in self.pins:
            for day in DAYS:
                found["customer", pin, day] = _found(
                    lambda pin=pin, day=day: look_up(connection, pin, as_of=day, known_at=known_at)
                )
        for chi in self.chis:
            for day in DAYS:
                found["household", chi, day] = _found(
                    lambda chi=chi, day=day: look_up_household(connection, chi, as_of=day, known_at=known_at)
                )
        for key in KEYS:
            found["xref", key] = _found(lambda key=key: find_xref(connection, key, known_at=known_at))
        found["xrefs",] = tuple(
            replace(view, known_at=None) for view in find_xrefs(connection, KEYS, known_at=known_at)
        )
        return found

    def pin(self, key: str, name: str | None = None) -> str:
        """The PIN of a source key, after a night or now."""
        with self.database.read() as connection:
            return look_up(connection, key, known_at=self.moments[name] if name else None).pin


def _found(ask: Callable[[], Any]) -> Any:
    """The view without the time asked for; None when there is nothing."""
    try:
        return replace(ask(), known_at=None)
    except NotFound:
        return None


def live(path: Path, database: Database) -> Town:
    """The whole story; the town at its end."""
    for folder in ("sources", "landing"):
        (path / folder).mkdir(parents=True)
    for system in ("crm", "billing"):
        (path / "sources" / f"{system}.yaml").write_text(CONTRACT.format(source=system).lstrip(), encoding="utf-8")
    with database.begin() as connection:
        model = untrained("person", records=100_000)
        models.save_model(connection, model.model_id, "person", orjson.loads(model.to_json()))
        models.make_current(connection, model.model_id)
    town = Town(path, database)
    town.crm = {
        "K1": row("K1", "Ann", "Lee", "1980-02-03", "217-555-0142", **OAK),
        "K2": row("K2", "Bob", "Lee", "1978-07-21", "217-555-0177", **OAK),
        "K3": row("K3", "Cara", "Lee", "2004-05-05", "217-555-0133", **OAK),
        "K4": row("K4", "Dora", "Novak", "1955-11-30", "217-555-0188", NO="31", STREET="Pine Road", ZIP="62703"),
        "K5": row("K5", "Eve", "Quist", "1990-12-12", "217-555-0101", NO="5", STREET="Lake View", ZIP="62629"),
        "K6": row("K6", "Hugo", "Sand", "1949-03-03", "217-555-0160", NO="9", STREET="Mill Lane", ZIP="62629"),
    }
    town.billing = {
        "B3": row("B3", "Cara", "Lee", "2004-05-05", "217-555-0133", **OAK),
        "B5": row("B5", "Eve", "Quist", "", "217-555-0909"),
    }
    town.night("first", "2026-04-01")
    town.billing["B5"] |= {"BORN": "1990-12-12", "PHONE": "217-555-0101"}
    town.crm["K1"] |= {"PHONE": "217-555-0143", "SINCE": "2026-04-01"}
    town.night("merged", "2026-04-02")
    pin, until = town.pin("crm:K4"), dt.date(2026, 4, 3)
    override(town.on("2026-04-02"), database, pin, "birth_date", "1955-11-03", actor=STEWARD, reason="saw her passport",
             expires=until)  # fmt: skip
    town.note("pinned")
    unmerge(town.on("2026-04-02"), database, town.pin("billing:B5", "first"), actor=STEWARD, reason="her mother")
    town.note("unmerged")
    town.crm["K3"] |= ELM
    town.billing["B3"] |= {"LEFT": "2026-04-01"}
    del town.crm["K6"]
    town.night("moved out", "2026-04-03")
    town.night("expired", "2026-04-04")
    return town
