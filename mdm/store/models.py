"""Versions of the matching models: of each party type one is in use, and one at most is a candidate for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from psycopg.rows import dict_row
from sqlalchemy.dialects.postgresql import insert

from mdm.store.connection import driver_of
from mdm.store.tables import Model, table_of

_MODEL = table_of(Model)
Version = tuple[str, datetime]


def save_model(connection: sa.Connection, model_id: str, party: str, definition: Mapping[str, Any]) -> None:
    """Keep a model as candidate; one already kept under that id stays as it is (models are immutable)."""
    values = {"model_id": model_id, "party": party, "status": "candidate", "definition": definition}
    connection.execute(insert(_MODEL).values(**values).on_conflict_do_nothing(index_elements=["model_id"]))


def save_candidate(connection: sa.Connection, model_id: str, party: str, definition: Mapping[str, Any]) -> bool:
    """Make a model the one candidate of its party type; False when it is the one in use (then there is none)."""
    former = _MODEL.update().where(_MODEL.c.party == party, _MODEL.c.status == "candidate")
    connection.execute(former.values(status="retired"))
    values = {"model_id": model_id, "party": party, "status": "candidate", "definition": definition}
    kept = insert(_MODEL).values(**values)
    again = {"status": "candidate", "created_at": sa.func.now()}
    kept_or_again = kept.on_conflict_do_update(
        index_elements=["model_id"], set_=again, where=_MODEL.c.status != "current"
    )
    return connection.execute(kept_or_again.returning(_MODEL.c.model_id)).first() is not None


def make_current(connection: sa.Connection, model_id: str) -> None:
    """Make a kept model the one in use for its party type; the former retires, and so do candidates beside it."""
    party = sa.select(_MODEL.c.party).where(_MODEL.c.model_id == model_id).scalar_subquery()
    former = _MODEL.update().where(_MODEL.c.party == party, _MODEL.c.model_id != model_id)
    connection.execute(former.where(_MODEL.c.status != "retired").values(status="retired"))
    connection.execute(_MODEL.update().where(_MODEL.c.model_id == model_id).values(status="current"))


def current_model(connection: sa.Connection, party: str) -> dict[str, Any] | None:
    """The model in use for a party type: model_id, party, status, definition, created_at; or None."""
    query = _MODEL.select().where(_MODEL.c.party == party, _MODEL.c.status == "current")
    return next((dict(row) for row in connection.execute(query).mappings()), None)


def current_version(connection: sa.Connection, party: str) -> Version | None:
    """Which model is in use for a party type: (model_id, created_at); or None."""
    query = "select model_id, created_at from model where party = %s and status = 'current'"
    return driver_of(connection).execute(query, (party,)).fetchone()


def find_model(connection: sa.Connection, model_id: str) -> dict[str, Any] | None:
    """One model, or None."""
    cursor = driver_of(connection).cursor(row_factory=dict_row)
    return cursor.execute("select * from model where model_id = %s", (model_id,)).fetchone()


def definition_of(connection: sa.Connection, model_id: str) -> str | None:
    """The definition of a model as JSON text, or None."""
    query = "select definition::text from model where model_id = %s"
    found = driver_of(connection).execute(query, (model_id,)).fetchone()
    return None if found is None else str(found[0])


def list_models(connection: sa.Connection) -> list[dict[str, Any]]:
    """All models without their definitions, newest first."""
    columns = [column for column in _MODEL.c if column.name != "definition"]
    return [
        dict(row) for row in connection.execute(sa.select(*columns).order_by(_MODEL.c.created_at.desc())).mappings()
    ]
