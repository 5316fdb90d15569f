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

# Party type -> the model in use that was read last, and which version that is: a model never changes, has 11 MB at a
# million records, and every step of a night asks for it.
_READ: dict[PartyType, tuple[models.Version, Model]] = {}


def model_in_use(connection: sa.Connection, party: PartyType) -> Model | None:
    """The model in use for a party type, None before there is one. Raises StoreError as `read_model`."""
    version = models.current_version(connection, party)
    if version is None:
        return None
    known = _READ.get(party)
    if known is None or known[0] != version:
        known = _READ[party] = version, _read(version[0], models.definition_of(connection, version[0]) or "")
    return known[1]


def current_model(connection: sa.Connection, party: PartyType) -> Model:
    """The same for who cannot go on without. Raises NotFound when nothing was trained yet."""
    found = model_in_use(connection, party)
    if found is None:
        raise NotFound(f"no matching model of {party}s yet", remedy="The first `mdm run` with such records trains one.")
    return found


def read_model(row: Mapping[str, Any]) -> Model:
    """The model of a row of the store. Raises StoreError when its comparisons are those of another version of mdm."""
    return _read(row["model_id"], orjson.dumps(row["definition"]))


def _read(model_id: str, definition: str | bytes) -> Model:
    try:
        return Model.from_json(definition)
    except ValueError as error:
        raise StoreError(
            str(error),
            where=f"model {model_id}",
            remedy="It is of another version of mdm. Make a new one and put it into use: mdm train, mdm model promote.",
        ) from error
