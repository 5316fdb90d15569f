"""Step 3, match: candidates through the candidate index, scored with the model in use; the first night trains it.

Out: ``keys`` (key, record_id: to be added to the index), ``pairs`` (party, model_id, and the columns of batch.SCORED),
the models. A key that too many current records share is replaced by its finer keys, and reported.
"""

from __future__ import annotations

from typing import Any

import duckdb

from mdm.match import batch, training
from mdm.match.model import Model
from mdm.party import PartyType
from mdm.registry.models import model_in_use
from pipelines.context import Night
from pipelines.steps.candidates import find_candidates, make_features

PARTIES: tuple[PartyType, ...] = ("person", "organisation")


def match(night: Night) -> dict[str, Any]:
    """Find and score the pairs of tonight's records, with each other and with those of the store."""
    counts: dict[str, Any] = {"pairs": {}, "candidates": {}, "too_common": [], "notes": {}}
    with night.scratch() as scratch:
        make_features(scratch, night.folder.sql("cleanse", "records"), "work_features")
        for party in PARTIES:
            night.progress(f"match {party}s")
            scratch.execute(f"CREATE OR REPLACE VIEW of_party AS SELECT * FROM work_features WHERE party = '{party}'")
            counts["too_common"] += find_candidates(night, party, scratch)
            counts["candidates"][party] = scratch.execute("SELECT count(*) FROM candidates").fetchall()[0][0]
            _score(night, party, scratch, counts)
        keys = " UNION ALL ".join(f"SELECT key, record_id FROM keys_{party}" for party in PARTIES)
        pairs = " UNION ALL ".join(f"SELECT * FROM pairs_{party}" for party in PARTIES)
        night.folder.write_query("match", "keys", scratch, keys)
        night.folder.write_query("match", "pairs", scratch, pairs)
    return counts


def _score(night: Night, party: PartyType, scratch: duckdb.DuckDBPyConnection, counts: dict[str, Any]) -> None:
    model = _model(night, party, scratch)
    counts["notes"][party] = list(model.notes) if model is not None else []
    if model is None:
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
    """The model in use, or one trained on tonight's records if there is none; None without any record."""
    with night.database.begin() as connection:
        current = model_in_use(connection, party)
    if current is not None:
        return current
    if scratch.execute("SELECT count(*) FROM of_party").fetchall()[0][0] == 0:
        return None
    night.progress(f"train a model of {party}s")
    matching = night.settings.matching
    model = training.train(scratch, "of_party", party, training.TrainingSettings(matching.seed, matching.max_pairs))
    night.folder.file("match", f"model-{party}.json").write_bytes(model.to_json())
    return model


__all__ = ["PARTIES", "match"]
