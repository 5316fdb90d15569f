"""The matching models of the store, read: the one in use, and any other by its row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import sqlalchemy as sa

from mdm.errors import NotFound, StoreError
from mdm.match.model import Model
from mdm.party import PartyType
from mdm.store import models


def model_in_use(connection: sa.Connection, party: PartyType) -> Model | None:
    """The model in use for a party type, None before there is one. Raises StoreError as `read_model`."""
    found = models.current_model(connection, party)
    return None if found is None else read_model(found)


def current_model(connection: sa.Connection, party: PartyType) -> Model:
    """The same for who cannot go on without. Raises NotFound when nothing was trained yet."""
    found = model_in_use(connection, party)
    if found is None:
        raise NotFound(f"no matching model of {party}s yet", remedy="The first `mdm run` with such records trains one.")
    return found


def read_model(row: Mapping[str, Any]) -> Model:
    """The model of a row of the store. Raises StoreError when its comparisons are those of another version of mdm."""
    try:
        return Model.from_json(orjson.dumps(row["definition"]))
    except ValueError as error:
        raise StoreError(
            str(error),
            where=f"model {row['model_id']}",
            remedy="It is of another version of mdm. Make a new one and put it into use: mdm train, mdm model promote.",
        ) from error
