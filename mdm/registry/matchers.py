"""What a process needs to weigh records while somebody waits: model and generic values, and features of hot records."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa

from mdm.match.features import features_of
from mdm.match.generic import Generic, without
from mdm.match.model import Model
from mdm.match.online import Score, Scorer
from mdm.party import PartyType
from mdm.registry.models import model_in_use
from mdm.store import candidates_online
from mdm.store.candidates_online import Stored
from mdm.store.generic import generic_by_kind

MOST_KEPT = 20_000  # feature rows of about 2 KB
KEPT_SECONDS = 3600.0  # nothing outlives it in memory, so nor does what was erased


@dataclass(frozen=True, slots=True)
class Matcher:
    """A model ready to score, and the values that are no evidence. model_id: of the model, which takes long to ask."""

    model_id: str
    model: Model
    scorer: Scorer
    generic: Generic

    def score(self, left: Mapping[str, Any], right: Mapping[str, Any]) -> Score:
        """The score of two feature rows as the night would score them: without generic values."""
        return self.scorer.score(without(dict(left), self.generic), without(dict(right), self.generic))

    def score_all(self, row: dict[str, Any], others: Sequence[dict[str, Any]]) -> list[Score]:
        """One feature row against many."""
        ours, generic, score = without(row, self.generic), self.generic, self.scorer.score
        return [score(ours, without(other, generic)) for other in others]


class Known(NamedTuple):
    """A stored record with its features."""

    stored: Stored
    row: dict[str, Any]


def matcher_in_use(connection: sa.Connection, party: PartyType) -> Matcher | None:
    """The matcher of a party type as this transaction sees it; None before there is a model."""
    return matcher_of(connection, party, candidates_online.matching_version(connection, party))


def matcher_of(
    connection: sa.Connection, party: PartyType, version: candidates_online.Version | None
) -> Matcher | None:
    """The same, when the version is known that is in use."""
    if version is None:
        return None
    known = _MATCHERS.get(party)
    if known is None or known[0] != version:
        model = model_in_use(connection, party)
        assert model is not None
        known = _MATCHERS[party] = (
            version,
            Matcher(str(version[0]), model, Scorer(model), generic_by_kind(connection, party)),
        )
    return known[1]


def read_rows(connection: sa.Connection, record_ids: Sequence[int]) -> list[Known]:
    """The current accepted versions of records with their features, by record id; documents read before are not again.

    Kept by version: a record that changed is read again.
    """
    kept = _ROWS.get(record_ids)
    found = candidates_online.read_stored(
        connection, {number: kept[number][0] if number in kept else None for number in record_ids}
    )
    rows, read = [], {}
    for stored in found:
        if stored.cleansed is None:
            row = kept[stored.record_id][1]
        else:
            row = features_of(orjson.loads(stored.cleansed))
            read[stored.record_id] = stored.since, row
        rows.append(Known(stored, row))
    _ROWS.put(read)
    return rows


def row_of(cleansed: Mapping[str, Any]) -> dict[str, Any]:
    """The features of a CLEANSED row that is not stored yet, as if it were: dates are ISO texts."""
    return features_of(orjson.loads(orjson.dumps(cleansed)))


class _Rows:
    """Record id -> its version (recorded time) and features; those used last are kept, and nothing for long."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[datetime, dict[str, Any]]] = OrderedDict()
        self._begun = time.monotonic()
        self._lock = threading.Lock()

    def get(self, record_ids: Sequence[int]) -> dict[int, tuple[datetime, dict[str, Any]]]:
        with self._lock:
            if time.monotonic() - self._begun > KEPT_SECONDS:
                self._kept.clear()
                self._begun = time.monotonic()
            found = {number: self._kept[number] for number in record_ids if number in self._kept}
            for number in found:
                self._kept.move_to_end(number)
            return found

    def put(self, read: Mapping[int, tuple[datetime, dict[str, Any]]]) -> None:
        with self._lock:
            self._kept.update(read)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


_MATCHERS: dict[PartyType, tuple[tuple[object, ...], Matcher]] = {}
_ROWS = _Rows()
