"""Step 3, match: candidates through the candidate index, scored with the model in use; the first night trains it.

A run with candidate models (`Night.models`) matches every record of the store with them instead of tonight's.

Out: ``keys`` (key, record_id: to be added to the index), ``pairs`` (party, model_id, and the columns of batch.SCORED),
``dropped`` (left_id, right_id: stored pairs that are pairs no more unless they are among those), ``generic`` (values
that were counted), the models. A key that too many current records share is replaced by its finer keys, and reported.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import duckdb
import pyarrow as pa

from mdm.match import batch, training
from mdm.match.features import READ
from mdm.match.model import Model
from mdm.party import PartyType
from mdm.registry.models import model_in_use
from mdm.store import records
from pipelines.asking import asking
from pipelines.context import Night
from pipelines.documents import to_stored
from pipelines.steps.candidates import find_candidates, make_features, read_former_keys
from pipelines.steps.generic import flips

PARTIES: tuple[PartyType, ...] = ("person", "organisation")


def match(night: Night) -> dict[str, Any]:
    """Find and score the pairs of tonight's records, with each other and with those of the store."""
    counts: dict[str, Any] = {"pairs": {}, "candidates": {}, "too_common": [], "generic": [], "notes": {}}
    night.component.begin(night)
    with night.scratch() as scratch, asking(night.database) as store:
        for party in PARTIES:
            store.ask(partial(model_in_use, party=party))  # read while candidates are looked for
        make_features(scratch, _matched(night, scratch), "work_features")
        read_former_keys(night, scratch)
        for party in PARTIES:
            night.progress(f"match {party}s")
            scratch.execute(f"CREATE OR REPLACE VIEW of_party AS SELECT * FROM work_features WHERE party = '{party}'")
            counts["too_common"] += find_candidates(night, party, scratch)
            counts["generic"] += flips(scratch, party)
            counts["candidates"][party] = scratch.execute("SELECT count(*) FROM candidates").fetchall()[0][0]
            _score(night, party, scratch, counts)
        keys = " UNION ALL ".join(f"SELECT key, record_id FROM keys_{party}" for party in PARTIES)
        pairs = " UNION ALL ".join(f"SELECT * FROM pairs_{party}" for party in PARTIES)
        indexed = " WHERE false" if night.models else ""  # the store's records have theirs
        night.folder.write_query("match", "keys", scratch, f"SELECT key, record_id FROM ({keys}){indexed}")
        night.folder.write_query("match", "pairs", scratch, pairs)
        dropped = " UNION ALL ".join(f"SELECT left_id, right_id FROM dropped_{party}" for party in PARTIES)
        night.folder.write_query("match", "dropped", scratch, dropped)
        generic = " UNION ALL ".join(f"SELECT * EXCLUDE (was) FROM generic_{party}" for party in PARTIES)
        night.folder.write_query("match", "generic", scratch, generic)
    return counts


def _matched(night: Night, scratch: duckdb.DuckDBPyConnection) -> str:
    """The records that are matched: tonight's, or with candidate models all of the store that are of their parties."""
    if not night.models:
        return night.folder.sql("cleanse", "records")
    with night.database.begin() as connection:
        stored = pa.concat_tables([records.all_current(connection, party=party) for party in night.models])
    scratch.register("every_record", to_stored(stored, scratch, READ))
    return "every_record"


def _score(night: Night, party: PartyType, scratch: duckdb.DuckDBPyConnection, counts: dict[str, Any]) -> None:
    model = _model(night, party, scratch)
    counts["notes"][party] = list(model.notes) if model is not None else []
    if model is None or not counts["candidates"][party]:
        scratch.execute(
            f"CREATE TABLE pairs_{party} (party VARCHAR, model_id VARCHAR, left_id BIGINT, right_id BIGINT, "
            "weight DOUBLE, levels SMALLINT[], evidence DOUBLE[])"
        )
        counts["pairs"][party] = 0
        return
    batch.score(scratch, "features", "candidates", model, at_least=night.settings.matching.review_weight, into="scored")
    scratch.execute(
        f"CREATE TABLE pairs_{party} AS SELECT '{party}' AS party, '{model.model_id}' AS model_id, * FROM scored"
    )
    counts["pairs"][party] = scratch.execute("SELECT count(*) FROM scored").fetchall()[0][0]


def _model(night: Night, party: PartyType, scratch: duckdb.DuckDBPyConnection) -> Model | None:
    """A candidate, the model in use, or one trained on tonight's records if there is none; None without any record."""
    if party in night.models:
        return _kept(night, night.models[party])
    with night.database.begin() as connection:
        current = model_in_use(connection, party)
    if current is not None:
        return current
    if scratch.execute("SELECT count(*) FROM of_party").fetchall()[0][0] == 0:
        return None
    night.progress(f"train a model of {party}s")
    matching = night.settings.matching
    settings = training.TrainingSettings(matching.seed, matching.max_pairs)
    return _kept(night, training.train(scratch, "of_party", party, settings))


def _kept(night: Night, model: Model) -> Model:
    """A model that this run puts into use."""
    night.folder.file("match", f"model-{model.party}.json").write_bytes(model.to_json())
    return model


__all__ = ["PARTIES", "match"]
