"""Matching models as operators meet them: train a candidate, see what it would change, put it into use.

Training reads the records of the store and writes one row of a table. Comparing is a dry run without feeds in which
every record is matched and resolved again under the candidate; promoting is the same run, applied.
"""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from mdm.errors import NotFound, StoreError, UsageError
from mdm.match import training
from mdm.match.generic import leave_out
from mdm.match.model import Model
from mdm.party import PartyType
from mdm.registry.models import model_in_use, read_model
from mdm.settings import Settings
from mdm.store import generic, models, records
from mdm.store.database import Database
from pipelines.context import Progress, open_scratch
from pipelines.documents import to_stored
from pipelines.night import Asked, run_night
from pipelines.steps.candidates import make_features
from pipelines.steps.match import PARTIES


@dataclass(frozen=True, slots=True)
class LearnedLevel:
    """One answer of a comparison and what it says, in bits; bits_in_use: what it says today, None when unknown."""

    comparison: str
    answer: str
    bits: float
    bits_in_use: float | None


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that was trained. status: candidate, or current when it is the model in use already.

    records: of the party type, that it was trained on. prior (bits): how likely two records are one party before any
    evidence. notes: what training found unusual.
    """

    party: PartyType
    model_id: str
    status: str
    in_use: str | None
    records: int
    prior: float
    prior_in_use: float | None
    notes: tuple[str, ...]
    levels: tuple[LearnedLevel, ...]


def train_candidates(
    settings: Settings, database: Database, progress: Progress = lambda text: None
) -> tuple[Trained, ...]:
    """Train a model of each party type on the current records, and keep it as the candidate of that type.

    Raises NotFound when the store has no records.
    """
    trained = [model for party in PARTIES if (model := _train(settings, database, party, progress)) is not None]
    if not trained:
        raise NotFound("the store has no records to learn from", remedy="Run the first night: mdm run.")
    with database.begin() as connection:
        return tuple(_keep(connection, model) for model in trained)


def list_models(database: Database) -> list[dict[str, Any]]:
    """All models, newest first: model_id, party, status (candidate, current, retired), created_at."""
    with database.begin() as connection:
        return models.list_models(connection)


def compare_models(
    settings: Settings,
    database: Database,
    names: Sequence[str] = (),
    *,
    examples: int = 5,
    progress: Progress = lambda text: None,
) -> dict[str, Any]:
    """What the named models would change, or all candidates; nothing is written. The report of a dry run with
    `comparison`, see `pipelines.model_changes.compare_with_store`.

    Raises NotFound for an unknown model or when there is no candidate, StoreError for one of another version of mdm,
    RunInProgress while another run is under way.
    """
    with database.begin() as connection:
        chosen = _choose(connection, names)
    asked = Asked(feeds=False, dry_run=True, models=chosen, examples=examples)
    return run_night(settings, database, asked, progress)


def promote_models(
    settings: Settings,
    database: Database,
    names: Sequence[str] = (),
    *,
    accept_churn: bool = False,
    progress: Progress = lambda text: None,
) -> dict[str, Any]:
    """Put the named models, or all candidates, into use by a run of its own; the report of that run.

    The golden gate stops it when more PINs would merge or split than `gates.max_churn` allows, unless `accept_churn`.
    A night that is unfinished begins anew with the next `mdm run`.
    Raises as `compare_models`, and UsageError for a model that is in use already.
    """
    with database.begin() as connection:
        chosen = _choose(connection, names)
        for model in chosen:
            found = models.current_model(connection, model.party)
            if found is not None and found["model_id"] == model.model_id:
                raise UsageError(f"{model.model_id} is the model in use already", remedy="See them: mdm model list.")
    if accept_churn:
        gates = settings.gates.model_copy(update={"max_churn": 1.0})
        settings = settings.model_copy(update={"gates": gates})
    return run_night(settings, database, Asked(feeds=False, models=chosen), progress)


# -- training ----------------------------------------------------------------------------------------------------------


def _train(settings: Settings, database: Database, party: PartyType, progress: Progress) -> Model | None:
    """A model of the current records of a party type; None when there are none."""
    with database.begin() as connection:
        stored, values = records.all_current(connection, party=party), generic.generic_by_kind(connection, party)
    if stored.num_rows == 0:
        return None
    progress(f"train a model of {party}s")
    settings.var.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=settings.var, prefix="train-") as spill, open_scratch(Path(spill)) as scratch:
        scratch.register("every_record", to_stored(stored.sort_by("record_id"), scratch))
        make_features(scratch, "every_record", "features_of_all")
        leave_out(scratch, "features_of_all", party, values)
        wanted = training.TrainingSettings(settings.matching.seed, settings.matching.max_pairs)
        return training.train(scratch, "features_of_all", party, wanted)


def _keep(connection: sa.Connection, model: Model) -> Trained:
    try:
        today = model_in_use(connection, model.party)
    except StoreError:  # of another version of mdm: training is the way out
        today = None
    current = models.current_model(connection, model.party)
    new = models.save_candidate(connection, model.model_id, model.party, orjson.loads(model.to_json()))
    return Trained(
        party=model.party,
        model_id=model.model_id,
        status="candidate" if new else "current",
        in_use=None if current is None else current["model_id"],
        records=model.records,
        prior=model.prior,
        prior_in_use=None if today is None else today.prior,
        notes=model.notes,
        levels=tuple(_learned(model, today)),
    )


def _learned(model: Model, today: Model | None) -> list[LearnedLevel]:
    found = []
    for comparison in model.comparisons:
        bits = model.weights(comparison)
        before = [None] * len(bits) if today is None else today.weights(comparison)
        answers = [level.words for level in comparison.levels]
        found += [LearnedLevel(comparison.words, *level) for level in zip(answers, bits, before, strict=True)]
    return found


# -- choosing ----------------------------------------------------------------------------------------------------------


def _choose(connection: sa.Connection, names: Sequence[str]) -> tuple[Model, ...]:
    """The named models, or all candidates; at most one of a party type."""
    known = models.list_models(connection)
    if not known:
        raise NotFound("the store has no models yet", remedy="The first night trains them: mdm run.")
    wanted = names or [row["model_id"] for row in known if row["status"] == "candidate"]
    if not wanted:
        raise NotFound("there is no candidate model", remedy="Make one: mdm train.")
    chosen = tuple(read_model(_find(connection, name, known)) for name in wanted)
    if len({model.party for model in chosen}) < len(chosen):
        raise UsageError("two models of one party type", remedy="Name one for persons, one for organisations, or both.")
    return tuple(sorted(chosen, key=lambda model: PARTIES.index(model.party)))


def _find(connection: sa.Connection, name: str, known: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found = models.find_model(connection, name)
    if found is None:
        near = difflib.get_close_matches(name, [row["model_id"] for row in known], n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else "See them: mdm model list."
        raise NotFound(f"no model is called {name}", remedy=hint)
    return found
