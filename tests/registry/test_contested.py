"""What is said of customers around a number that several people hold under contradicting names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest
import sqlalchemy as sa

from mdm.match.model import untrained
from mdm.registry import look_up, why
from mdm.registry.how import how
from mdm.settings import Settings
from mdm.store import models
from mdm.store.database import Database
from pipelines.night import run_night
from tests.api.world import BILLING, TOML
from tests.lives import copy_of_a_life

# B1 and B2 hold one number, and one of them borrowed it. B3 and B4 say the number, and no given name; B4 hangs together
# with B1 by its phone and its passport, over B5.
ROWS = """ID,GIVEN,FAMILY,BORN,SSN,PHONE,PASS,NO,STREET,CITY,ZIP,ACCT,PLAN,SINCE
B1,Tom,Baker,1990-01-14,536-22-8741,217-555-0142,,12,Oak Street,Springfield,62701,A1,Fibre,2019-05-01
B2,Ann,Baker,1962-07-30,536-22-8741,217-555-0177,,12,Oak Street,Springfield,62701,A2,Mobile,2020-06-01
B3,,Baker,,536-22-8741,,,12,Oak Street,Springfield,62701,A3,Mobile,2021-01-15
B4,,Baker,,536-22-8741,217-555-0199,E10447190,,,,,A4,Mobile,2021-01-15
B5,Tom,Baker,1990-01-14,,217-555-0199,E10447190,,,,,A5,Mobile,2021-01-15
"""
CLAIM = "no given name to compare, and the number that both hold is held under several names"


def _live(directory: Path, database: Database) -> SimpleNamespace:
    for name in ("sources", "landing"):
        (directory / name).mkdir()
    (directory / "mdm.toml").write_text(TOML, encoding="utf-8")
    contract = BILLING.lstrip().replace("  phones:", "  identifiers.passport: {column: PASS, country: CN}\n  phones:")
    (directory / "sources" / "billing.yaml").write_text(contract, encoding="utf-8")
    (directory / "landing" / "billing.csv").write_text(ROWS, encoding="utf-8")
    with database.begin() as connection:
        for party in ("person", "organisation"):
            model = untrained(party, records=100_000)
            models.save_model(connection, model.model_id, party, orjson.loads(model.to_json()))
            models.make_current(connection, model.model_id)
    assert run_night(Settings.load(directory), database)["status"] == "applied"
    return SimpleNamespace()


@pytest.fixture(scope="module")
def bakers() -> Iterator[tuple[sa.Connection, Settings]]:
    """The store of the Bakers after a night, and its settings."""

    def tell(path: Path, database: Database, facts: object) -> tuple[Database, Settings]:
        return database, Settings.load(path)

    with copy_of_a_life("bakers", _live, tell) as (database, settings), database.read() as connection:
        yield connection, settings


def test_whose_the_records_are(bakers: tuple[sa.Connection, Settings]) -> None:
    pins = [look_up(bakers[0], f"billing:B{n}").pin for n in range(1, 6)]
    tom, ann, nameless = pins[:3]
    assert pins == [tom, ann, nameless, tom, tom]
    assert len({tom, ann, nameless}) == 3


@pytest.mark.parametrize("other", ["billing:B1", "billing:B2"])
def test_the_reason_is_told_though_a_third_customer_makes_it(
    bakers: tuple[sa.Connection, Settings], other: str
) -> None:
    connection, settings = bakers
    pair = why(connection, "billing:B3", other, settings=settings).pairs[0]
    assert (pair.band, pair.asked, pair.refused) == ("match", True, CLAIM)
    pins = [look_up(connection, key).pin for key in ("billing:B3", other)]
    assert f"they belong to two customers, {pins[0]} and {pins[1]}: {CLAIM}" in " ".join(pair.sentences)
    assert CLAIM in " ".join(why(connection, *pins, settings=settings).sentences)


def test_the_number_is_not_what_holds_a_customer_together(bakers: tuple[sa.Connection, Settings]) -> None:
    connection, settings = bakers
    pin = look_up(connection, "billing:B1").pin
    found = why(connection, pin, pin, settings=settings)
    links = {(link.left, link.right) for link in found.chain}
    assert links == {("billing:B1", "billing:B5"), ("billing:B4", "billing:B5")}
    steps = {step.record: step.by.other for step in how(connection, pin, settings=settings).steps if step.by}
    assert {frozenset(joined) for joined in steps.items()} == {frozenset(link) for link in links}
