"""A small town in a store that a real night filled: a dozen people and a firm in three feeds.

The model is put there beforehand (declared defaults as for 100,000 records), so weights do not depend on so few rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson
import pyarrow as pa
import pytest
import sqlalchemy as sa

from mdm.match.model import untrained
from mdm.registry import look_up
from mdm.resolve.pins import mint_household_ids, mint_pins
from mdm.settings import Settings
from mdm.store import customers, households, models
from mdm.store.database import Database, open_database
from pipelines.night import run_night
from tests.shared import copy_workspace, made_once
from tests.store.fixtures import waive_durability, workspace_directory

TOML = """
[instance]
pin_key = "a test"
[matching]
match_weight = 4.0
review_weight = -3.0
[run]
business_date = 2026-04-01
[stewardship]
second_share = 0.0
"""
BILLING = """
source: billing
party: person
files: billing.csv
format: {type: delimited, encoding: utf-8, header: true}
delivery: full
extracted_at: {const: 2026-03-31}
key: ID
changed_at: {column: SINCE, format: "%Y-%m-%d"}
map:
  name.given: GIVEN
  name.family: FAMILY
  birth_date: {column: BORN, format: "%Y-%m-%d"}
  identifiers.national_id: {column: SSN, country: US}
  phones: {column: PHONE, from: {column: SINCE, format: "%Y-%m-%d"}}
  address.number: NO
  address.street: STREET
  address.locality: CITY
  address.postcode: ZIP
  address.from: {column: SINCE, format: "%Y-%m-%d"}
  accounts: ACCT
  subscriptions: {product: PLAN, number: PHONE, status: {const: active}, from: {column: SINCE, format: "%Y-%m-%d"}}
"""
SHOP = """
source: shop
party: person
files: shop.csv
format: {type: delimited, encoding: utf-8, header: true}
delivery: full
extracted_at: {const: 2026-03-30}
key: ID
map:
  name.given: GIVEN
  name.family: FAMILY
  birth_date: {column: BORN, format: "%Y-%m-%d"}
  phones: PHONE
  emails: EMAIL
"""
FIRMS = """
source: firms
party: organisation
files: firms.csv
format: {type: delimited, encoding: utf-8, header: true}
delivery: full
extracted_at: {const: 2026-03-30}
key: ID
map: {organisation.name: NAME, phones: PHONE}
"""
BILLING_ROWS = """ID,GIVEN,FAMILY,BORN,SSN,PHONE,NO,STREET,CITY,ZIP,ACCT,PLAN,SINCE
B1,Ann,Lee,1980-02-03,536-22-8741,217-555-0142,12,Oak Street,Springfield,62701,A1,Fibre 100,2019-05-01
B2,Robert,Carter,1975-07-21,519-83-2206,217-555-0177,12,Oak Street,Springfield,62701,A2,Mobile M,2020-06-01
B3,Mia,Hunt,2001-05-05,,217-555-0133,7,Elm Avenue,Springfield,62701,A3,Mobile S,2021-01-15
B4,Zoe,Hunt,2001-05-05,,217-555-0133,7,Elm Avenue,Springfield,62701,A4,Mobile S,2021-01-15
B5,John,Miller,1955-11-30,401-55-7312,217-555-0188,31,Pine Road,Springfield,62702,A5,Landline,2009-03-01
B6,John,Miller,1984-08-17,388-71-9054,217-555-0188,31,Pine Road,Springfield,62702,A6,Mobile L,2016-03-01
B7,Carol,Diaz,1990-12-12,,217-555-0101,5,Lake View,Chatham,62629,A7,Mobile M,2022-02-02
B8,Wei,Zhang,1968-01-19,,217-555-0111,9,Mill Lane,Chatham,62629,A8,Fibre 50,2018-04-04
B 9/x,Olga,Petrov,1971-09-09,,217-555-0112,9,Mill Lane,Chatham,62629,A9,Fibre 50,2018-04-04
"""
SHOP_ROWS = """ID,GIVEN,FAMILY,BORN,PHONE,EMAIL
S1,Ann,Lee,1980-02-03,217-555-0199,ann.lee@mail.example
S2,Bob,Carter,1975-07-21,217-555-0177,
S3,Carol,Diaz,,,carol@mail.example
S4,Ming,Chen,1999-03-08,217-555-0160,
S5,Ann,Lee,,217-555-0199,ann.lee@mail.example
"""
FIRMS_ROWS = "ID,NAME,PHONE\nF1,Oak Street Bakery Inc,217-555-0170\nF2,Oak Street Bakery,217-555-0170\n"
SOURCES = {"billing": (BILLING, BILLING_ROWS), "shop": (SHOP, SHOP_ROWS), "firms": (FIRMS, FIRMS_ROWS)}


@dataclass(frozen=True)
class World:
    """A workspace whose night has been run, and its open database."""

    settings: Settings
    database: Database

    def pin(self, key: str) -> str:
        """The PIN of a source key."""
        with self.database.read() as connection:
            return look_up(connection, key).pin

    def chi(self, key: str) -> str:
        """The household of the customer of a source key."""
        with self.database.read() as connection:
            household = look_up(connection, key).household
        assert household is not None
        return household.chi


@contextmanager
def new_world() -> Iterator[World]:
    """The small town in a store of its own, for those who write into it; removed at the end."""
    with workspace_directory() as directory:
        copy_workspace(made_once("small-town", _after_a_night), directory)
        settings = Settings.load(directory)
        with open_database(None, settings.var) as database:
            yield World(settings, database)


def _after_a_night(directory: Path) -> None:
    for name in ("sources", "landing"):
        (directory / name).mkdir()
    (directory / "mdm.toml").write_text(TOML, encoding="utf-8")
    for name, (contract, rows) in SOURCES.items():
        (directory / "sources" / f"{name}.yaml").write_text(contract.lstrip(), encoding="utf-8")
        (directory / "landing" / f"{name}.csv").write_text(rows, encoding="utf-8")
    settings = Settings.load(directory)
    with open_database(None, settings.var) as database:
        with database.begin() as connection:
            for party in ("person", "organisation"):
                model = untrained(party, records=100_000)
                models.save_model(connection, model.model_id, party, orjson.loads(model.to_json()))
                models.make_current(connection, model.model_id)
        assert run_night(settings, database)["status"] == "applied"
        _add_former_ids(World(settings, database))
        waive_durability(database)


@cache
def _built(config: pytest.Config) -> World:
    """One night for the whole session, however many test modules import the fixtures."""
    world = new_world()
    config.add_cleanup(lambda: world.__exit__(None, None, None))
    found = world.__enter__()
    with found.database.begin() as connection:
        connection.exec_driver_sql(NOBODY_WRITES)
    return found


# what one test writes here another one finds, depending on which runs first
NOBODY_WRITES = """
create function refuse() returns trigger language plpgsql as
    $$ begin raise exception 'this town is everybody''s: a test that writes takes new_world()'; end $$;
create trigger nobody_writes before insert or update or delete on record
    when (current_setting('test.rolled_back', true) is distinct from 'yes') execute function refuse();
"""


# numbers that the night has not come to
MERGED, RETIRED, ERASED = mint_pins(100_000, 3, instance="01", key="a test")
MERGED_HOUSEHOLD, RETIRED_HOUSEHOLD = mint_household_ids(100_000, 2, instance="01", key="a test")


def _add_former_ids(world: World) -> None:
    """A PIN merged into Ann Lee's, one retired, one erased; a household merged into hers, one retired."""
    pins = {"pin": [MERGED, RETIRED, ERASED], "status": ["redirected", "retired", "erased"]}
    pins |= {"redirect_to": [world.pin("billing:B1"), None, None], "issued": [100_000, 100_001, 100_002]}
    pins |= {"merged_into": pins["redirect_to"]}
    chis = {"chi": [MERGED_HOUSEHOLD, RETIRED_HOUSEHOLD], "status": ["redirected", "retired"]}
    chis |= {"redirect_to": [world.chi("billing:B1"), None], "issued": [100_000, 100_001]}
    with world.database.begin() as connection:
        customers.put_customers(connection, _rows(pins, party="person", run_id="test"))
        households.put_households(connection, _rows(chis, kind="household", run_id="test"))


def _rows(columns: dict[str, Sequence[object]], **constants: str) -> pa.Table:
    length = len(next(iter(columns.values())))
    return pa.table({**columns, **{name: [value] * length for name, value in constants.items()}})


@pytest.fixture(scope="session")
def world(request: pytest.FixtureRequest) -> World:
    """The small town, for everybody who only asks."""
    return _built(request.config)


@pytest.fixture
def town(world: World) -> Iterator[sa.Connection]:
    """A transaction in the small town, rolled back at the end."""
    with world.database.engine.connect() as connection:
        transaction = connection.begin()
        connection.exec_driver_sql("set local test.rolled_back = 'yes'")
        yield connection
        transaction.rollback()
