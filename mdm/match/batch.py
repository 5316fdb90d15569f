"""Training and scoring in bulk, with Splink on DuckDB. The only file that imports splink.

Tables: *features* (mdm.match.features, one row a record) and *pairs* (left_id, right_id) come in; scored pairs go out
with the columns of `SCORED`. The declaration stays in mdm.match.comparisons; here it becomes Splink settings.
"""

from __future__ import annotations

import contextlib
import io
import logging
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker, block_on

from mdm.match.comparisons import COMPARISONS, Comparison, Level
from mdm.match.estimates import (
    count,
    count_frequencies,
    count_pairs,
    count_u,
    estimate_prior,
    has_families,
    usable_comparisons,
)
from mdm.match.model import DIGITS, FLOOR, RELIABLE, Model, default_levels, untrained
from mdm.match.predicates import MACROS
from mdm.party import PartyType

SCORED = ("left_id", "right_id", "weight", "levels", "evidence")

# Fewer records, or fewer pairs, than this teach nothing that the declared defaults do not know better.
TOO_FEW = 500
FEW_PAIRS = 50
# EM sessions look at pairs that share one of these; each comparison is learned in the sessions that do not fix it.
SESSIONS: dict[PartyType, tuple[tuple[str, ...], ...]] = {
    "person": (
        ("identifiers_first",),
        ("given", "family"),
        ("birth",),
        ("phones_first",),
        ("emails_first",),
    ),
    "organisation": (("identifiers_first",), ("organisation",), ("phones_first",), ("emails_first",), ("dwelling",)),
}
FIRSTS = ("identifiers", "phones", "emails")
# Pairs that one EM session looks at: m has fewer than ten numbers a comparison, and 100,000 pairs settle them.
EM_PAIRS = 1e5
SIDE_BY_SIDE = 2  # samples and sessions of training at a time: each has stretches that keep one core busy
SIGNIFICANT = 6  # digits that are kept of what was learned: sums over threads differ in the last ones
# EM starts from this share of true matches among blocked pairs; it is re-estimated in each session.
BLOCKED_PRIOR = 0.3


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """seed: for sampling. max_pairs: random pairs for u."""

    seed: int = 42
    max_pairs: float = 1e6


def train(connection: duckdb.DuckDBPyConnection, features: str, party: PartyType, settings: TrainingSettings) -> Model:
    """Learn a model of one party type, without labels, from a features table.

    u is sampled from random pairs (counted for numbers), m is learned by expectation maximisation over several
    blockings and averaged, the prior from strict rules. A feature that is absent or constant keeps the declared
    defaults and is named in `notes`.
    """
    _prepare(connection, features, party)
    records = count(connection, "training")
    usable, notes = usable_comparisons(connection, party)
    if records < TOO_FEW:
        return untrained(party, records=records, notes=(f"only {records} records: declared defaults are used", *notes))
    with _quiet(), ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        u = _estimate_u(connection, pool, usable, settings) | count_u(connection, usable)
        m, missing = _estimate_m(connection, pool, party, usable, u)
    levels = {
        c.name: _levels(c, m.get(c.name), u.get(c.name)) if c.name in u else default_levels(c, records=records)
        for c in COMPARISONS[party]
    }
    if levels["identifiers"][-1][0] > RELIABLE:
        share = levels["identifiers"][-1][0]
        missing.append(f"identity numbers differ in {share:.0%} of the matches: they do not contradict a match here")
    families = has_families(connection)
    if not families:
        missing.append("hardly anybody shares a dwelling or a phone with others: no pattern of names is ruled out")
    return Model(
        party=party,
        families=families,
        prior=estimate_prior(connection, party, records),
        levels=levels,
        frequencies=count_frequencies(connection, usable),
        notes=(*notes, *missing),
        records=records,
    )


def score(
    connection: duckdb.DuckDBPyConnection,
    features: str,
    pairs: str,
    model: Model,
    *,
    at_least: float,
    into: str,
) -> None:
    """Score `pairs` (left_id, right_id of `features`) and keep those of weight >= `at_least` bits in table `into`.

    Columns: left_id, right_id BIGINT; weight DOUBLE (bits); levels SMALLINT[] (-1: nothing to compare) and evidence
    DOUBLE[] (bits), one element a comparison in the order of declaration.
    """
    _prepare_scoring(connection, features, pairs, model)
    settings = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record_id",
        "probability_two_random_records_match": 1 / (1 + 2 ** -min(max(model.prior, -60.0), 60.0)),
        "comparisons": [_splink_comparison(c, model) for c in model.comparisons],
        "blocking_rules_to_generate_predictions": [block_on("party")],
        "retain_intermediate_calculation_columns": True,
        "retain_matching_columns": False,
    }
    with _quiet():
        api = DuckDBAPI(connection)
        linker = Linker(api.register(connection.table("scoring")), settings, validate_settings=False)
        linker.table_management.register_blocked_pairs_for_predict(api.register(connection.table("scoring_pairs")))
        # A hair below the threshold: parts are rounded before they are summed, so the last word is said below.
        predicted = linker.inference.predict(threshold_match_weight=at_least - 1e-4)
        connection.execute(f"CREATE OR REPLACE TABLE {into} AS {_scored_sql(predicted.physical_name, model)}")
        predicted.drop_table_from_database_and_remove_from_cache()
    connection.execute(f"DELETE FROM {into} WHERE weight < {at_least}")


# -- training ----------------------------------------------------------------------------------------------------------


def _prepare(connection: duckdb.DuckDBPyConnection, features: str, party: PartyType) -> None:
    _macros(connection)
    firsts = ", ".join(f"{name}[1] AS {name}_first" for name in FIRSTS)
    connection.execute(f"CREATE OR REPLACE VIEW training AS SELECT *, {firsts} FROM {features} WHERE party = '{party}'")


def _macros(connection: duckdb.DuckDBPyConnection) -> None:
    for macro in MACROS:
        connection.execute(macro)


def _estimate_u(
    connection: duckdb.DuckDBPyConnection,
    pool: ThreadPoolExecutor,
    usable: Sequence[Comparison],
    settings: TrainingSettings,
) -> dict[str, list[float | None]]:
    """u of each level that a random sample can show. Splink draws the records that it pairs out of `sample`."""
    records = math.isqrt(int(2 * settings.max_pairs)) + 1
    sampled = [c for c in usable if c.counted is None]
    _sample(connection, "sample", 4 * records / count(connection, "training"), sampled)
    floor = 1 / settings.max_pairs  # a level that the sample never met is rarer than one pair of it

    def estimate(comparisons: Sequence[Comparison]) -> dict[str, list[float | None]]:
        linker = _linker(connection.cursor(), "sample", comparisons, {}, prior=1e-4)
        linker.training.estimate_u_using_random_sampling(
            max_pairs=settings.max_pairs, seed=settings.seed, min_count_per_level=None, num_chunks=1
        )
        found = _parameters(linker, "u_probability")
        return {name: [_rounded(max(u or 0.0, floor)) for u in us] for name, us in found.items()}

    parts = [part for start in range(SIDE_BY_SIDE) if (part := sampled[start::SIDE_BY_SIDE])]
    return {name: us for found in pool.map(estimate, parts) for name, us in found.items()}


def _sample(
    connection: duckdb.DuckDBPyConnection,
    into: str,
    share: float,
    comparisons: Sequence[Comparison],
    present: Sequence[str] = (),
) -> None:
    """Table `into`: about this share of the records of `training` that have `present`, always the same ones.

    Of the columns it has what `comparisons` read, and `present`.
    """
    read = {feature for c in comparisons for feature in _features_read(c)}
    wanted = ["true", *(f"{column} IS NOT NULL" for column in present)]
    if share < 1:
        wanted.append(f"md5_number_lower(record_id::VARCHAR) % 1000000 < {share * 1e6!r}")
    columns = ", ".join(["record_id", *sorted(read | set(present))])
    connection.execute(f"CREATE OR REPLACE TABLE {into} AS SELECT {columns} FROM training WHERE {' AND '.join(wanted)}")


def _features_read(comparison: Comparison) -> Iterator[str]:
    """The features that a comparison's conditions read: each stands there for the left and for the right record."""
    for condition in (comparison.missing, *(level.when for level in comparison.levels if level.when is not None)):
        yield from re.findall(r"\b(\w+)_l\b", condition.sql())


def _estimate_m(
    connection: duckdb.DuckDBPyConnection,
    pool: ThreadPoolExecutor,
    party: PartyType,
    usable: Sequence[Comparison],
    u: Mapping[str, Sequence[float | None]],
) -> tuple[dict[str, list[float | None]], list[str]]:
    """m of each level: the mean of the sessions that could see it; None where none could."""
    pairs = {columns: count_pairs(connection, columns) for columns in SESSIONS[party]}

    def session(columns: tuple[str, ...]) -> dict[str, list[float | None]]:
        own, sample = connection.cursor(), f"sample_{'_'.join(columns)}"
        free = [c for c in usable if not _reads(c, columns)]
        _sample(
            own, sample, math.sqrt(EM_PAIRS / pairs[columns]), free, columns
        )  # a pair is kept when both records are
        return _session(own, sample, columns, free, u)

    seen: dict[str, list[list[float | None]]] = {}
    for found in pool.map(session, [columns for columns in SESSIONS[party] if pairs[columns] >= FEW_PAIRS]):
        for name, ms in found.items():
            seen.setdefault(name, []).append(ms)
    notes = [f"{c.words}: no pairs to learn from, declared defaults are used" for c in usable if c.name not in seen]
    return {name: [_mean(level) for level in zip(*runs, strict=True)] for name, runs in seen.items()}, notes


def _session(
    connection: duckdb.DuckDBPyConnection,
    sample: str,
    columns: Sequence[str],
    comparisons: Sequence[Comparison],
    u: Mapping[str, Sequence[float | None]],
) -> dict[str, list[float | None]]:
    linker = _linker(connection, sample, comparisons, u, prior=BLOCKED_PRIOR)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    found = _parameters(linker, "m_probability")
    # Splink leaves a level that no pair of the session reached at the m that it started from: that is not learned.
    start = {c.name: [level.m if c.name in u else None for level in c.levels] for c in comparisons}
    return {
        name: [None if m == first else m for m, first in zip(ms, start[name], strict=True)]
        for name, ms in found.items()
    }


def _reads(comparison: Comparison, columns: Sequence[str]) -> bool:
    """Whether a comparison looks at what a session has made equal."""
    fixed = {column.removesuffix("_first") for column in columns}
    if fixed & {"dwelling"} and comparison.name == "address":
        return True
    return comparison.name in fixed


def _levels(
    comparison: Comparison, m: Sequence[float | None] | None, u: Sequence[float | None] | None
) -> tuple[tuple[float, float], ...]:
    """(m, u) per level. A level that was not learned may not say more than full agreement does."""
    learned = m if m is not None else [None] * len(comparison.levels)
    levels = [
        (max(level.m if found is None else found, FLOOR), max(other or FLOOR, FLOOR))
        for level, found, other in zip(comparison.levels, learned, u or (), strict=True)
    ]
    known = [a / b for (a, b), found in zip(levels, learned, strict=True) if found is not None]
    usual = max(range(len(levels)), key=lambda index: comparison.levels[index].m)  # where most matches are expected
    limit = max(known, default=levels[usual][0] / levels[usual][1])
    return tuple(
        (a, max(b, a / limit)) if found is None else (a, b) for (a, b), found in zip(levels, learned, strict=True)
    )


# -- scoring -----------------------------------------------------------------------------------------------------------


def _prepare_scoring(connection: duckdb.DuckDBPyConnection, features: str, pairs: str, model: Model) -> None:
    _macros(connection)
    columns, joins = [f"{features}.*"], []
    for feature, table in model.frequencies.items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE frequency_{feature} (value VARCHAR, share DOUBLE)")
        if table.values:
            rows: dict[str, list[Any]] = {"value": list(table.values), "share": list(table.values.values())}
            _insert(connection, f"frequency_{feature}", rows)
        columns.append(
            f"CASE WHEN {features}.{feature} IS NOT NULL THEN coalesce(f_{feature}.share, {table.default!r}) END "
            f"AS tf_{feature}"
        )
        joins.append(f"LEFT JOIN frequency_{feature} f_{feature} ON {features}.{feature} = f_{feature}.value")
    connection.execute(
        f"CREATE OR REPLACE TABLE scoring AS SELECT {', '.join(columns)} FROM {features} {' '.join(joins)}"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE scoring_pairs AS "
        f"SELECT '0' AS match_key, left_id AS join_key_l, right_id AS join_key_r FROM {pairs}"
    )


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: dict[str, list[Any]]) -> None:
    import pyarrow as pa

    connection.register("rows_to_insert", pa.table(rows))
    connection.execute(f"INSERT INTO {table} SELECT * FROM rows_to_insert")
    connection.unregister("rows_to_insert")


def _scored_sql(predicted: str, model: Model) -> str:
    """Rounded evidence per comparison, its level (read off the weight, see Model.weights), and the sum."""
    evidence, levels = [], []
    for comparison in model.comparisons:
        parts = [f"mw_{comparison.name}"]
        if _adjusted(comparison, model):
            parts.append(f"mw_tf_adj_{comparison.name}")
        evidence.append(f"round({' + '.join(parts)}, {DIGITS})")
        cases = " ".join(
            f"WHEN abs(mw_{comparison.name} - ({weight!r})) < 1e-7 THEN {index}"
            for index, weight in enumerate(model.weights(comparison))
        )
        levels.append(f"CASE {cases} ELSE -1 END")
    terms = " + ".join(f"evidence[{i}]" for i in range(1, len(evidence) + 1))
    return (
        f"SELECT left_id, right_id, round({model.prior!r} + {terms}, {DIGITS}) AS weight, levels, evidence FROM ("
        f"SELECT record_id_l::BIGINT AS left_id, record_id_r::BIGINT AS right_id, "
        f"[{', '.join(levels)}]::SMALLINT[] AS levels, [{', '.join(evidence)}]::DOUBLE[] AS evidence FROM {predicted})"
    )


# -- settings for Splink -----------------------------------------------------------------------------------------------


def _linker(
    connection: duckdb.DuckDBPyConnection,
    sample: str,
    comparisons: Sequence[Comparison],
    u: Mapping[str, Sequence[float | None]],
    *,
    prior: float,
) -> Linker:
    """A linker over the table `sample` without term frequencies: they come in when scoring."""
    settings = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record_id",
        "probability_two_random_records_match": prior,
        "comparisons": [
            {
                "output_column_name": c.name,
                "comparison_levels": [
                    _null_level(c),
                    *[
                        _splink_level(
                            level, u=u[c.name][i] if c.name in u else None, m=level.m if c.name in u else None
                        )
                        for i, level in enumerate(c.levels)
                    ],
                ],
            }
            for c in comparisons
        ],
        "blocking_rules_to_generate_predictions": [],
    }
    api = DuckDBAPI(connection)
    return Linker(api.register(connection.table(sample)), settings, validate_settings=False)


def _splink_comparison(comparison: Comparison, model: Model) -> dict[str, Any]:
    weights = model.weights(comparison)
    levels = [_null_level(comparison)]
    for index, (level, (_, u)) in enumerate(zip(comparison.levels, model.levels[comparison.name], strict=True)):
        # m is given so that log2(m / u) is exactly the rounded weight.
        item = _splink_level(level, u=u, m=u * 2 ** weights[index])
        if level.frequency in model.frequencies:
            item |= {
                "tf_adjustment_column": level.frequency,
                "tf_adjustment_weight": 1.0,
                "tf_minimum_u_value": 0.0,
                "disable_tf_exact_match_detection": True,
            }
        levels.append(item)
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _adjusted(comparison: Comparison, model: Model) -> bool:
    return any(level.frequency in model.frequencies for level in comparison.levels)


def _null_level(comparison: Comparison) -> dict[str, Any]:
    return {"sql_condition": comparison.missing.sql(), "label_for_charts": "missing", "is_null_level": True}


def _splink_level(level: Level, *, u: float | None, m: float | None) -> dict[str, Any]:
    item: dict[str, Any] = {
        "sql_condition": "ELSE" if level.when is None else level.when.sql(),
        "label_for_charts": level.words,
    }
    if u is not None:
        item["u_probability"] = u
    if m is not None:
        item["m_probability"] = m
    return item


def _parameters(linker: Linker, name: str) -> dict[str, list[float | None]]:
    """What a linker has learned, per comparison and level; None for a level that it could not learn."""
    model = linker.misc.save_model_to_json(out_path=None)
    return {
        comparison["output_column_name"]: [
            level.get(name) for level in comparison["comparison_levels"] if not level.get("is_null_level")
        ]
        for comparison in model["comparisons"]
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if isinstance(value, float)]
    return _rounded(sum(known) / len(known)) if known else None


def _rounded(value: float) -> float:
    return float(f"{value:.{SIGNIFICANT}g}")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Splink prints and logs its progress under many loggers; the night has its own report."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith("splink")]
    loggers = [logger for logger in map(logging.getLogger, names) if not logger.disabled]
    for logger in loggers:
        logger.disabled = True
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        for logger in loggers:
            logger.disabled = False
