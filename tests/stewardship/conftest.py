"""Fixtures: PostgreSQL, and a workspace whose customers stewards decide about."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from mdm.live.orders import Writer
from mdm.match.model import untrained
from mdm.store import customers, models
from mdm.store.database import Database
from mdm.store.fingerprint import store_fingerprint
from tests.live.writing import writer_of
from tests.pipelines.evenings import *  # noqa: F403
from tests.pipelines.evenings import After
from tests.pipelines.tiny import TinyWorkspace, people, person, text
from tests.store.fixtures import *  # noqa: F403

SETTINGS = '[run]\nbusiness_date = 2026-04-01\n[cleanse]\nregion = "US"\n[gates]\nmax_churn = 1.0\n'


@dataclass(frozen=True)
class Desk:
    """Where a steward works."""

    workspace: TinyWorkspace
    database: Database
    writer: Writer

    def pins(self, *keys: str) -> list[str]:
        """The PINs of records, by key."""
        with self.database.begin() as connection:
            found = [customers.find_xref(connection, *key.split(":")) for key in keys]
        return [row["pin"] for row in found if row is not None]

    def everything(self) -> dict[str, str]:
        """The whole store, as digests."""
        with self.database.begin() as connection:
            return store_fingerprint(connection)

    def night(self, day: str) -> None:
        """A night in which everybody in crm has moved."""
        self.workspace.deliver("crm", text(people(0, 40, STREET=f"{day[-2:]} New Street")), day=day)
        assert self.workspace.night(self.database)["status"] == "applied"


def put_models(database: Database) -> None:
    """Models that nobody trained: forty people teach nothing."""
    with database.begin() as connection:
        for party in ("person", "organisation"):
            model = untrained(party, records=50)
            models.save_model(connection, model.model_id, party, orjson.loads(model.to_json()))
            models.make_current(connection, model.model_id)


def forty_people(path: Path, database: Database) -> None:
    """crm has 40 people; billing has K005 too, and somebody who may be K007."""
    workspace = TinyWorkspace(path, SETTINGS)
    perhaps = person(7, ID="B007", GIVEN="Hugh", PHONE="", STREET="", ZIP="", CITY="", BORN="")
    workspace.add("crm", text(people(0, 40)))
    workspace.add("billing", text([person(5, ID="B005"), perhaps]))
    put_models(database)
    assert workspace.night(database)["status"] == "applied"


@pytest.fixture
def desk(after: After, open_directory: Path) -> Iterator[Desk]:
    """Of forty people (see `forty_people`)."""
    with after(forty_people).copied(open_directory / "ws") as found:
        yield desk_of(*found)


def desk_of(workspace: TinyWorkspace, database: Database) -> Desk:
    return Desk(workspace, database, writer_of(workspace, database))
