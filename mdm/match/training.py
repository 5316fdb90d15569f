"""Training a model without labels, with Splink on DuckDB (Fellegi & Sunter 1969; EM after Winkler 1988).

The table of *features* (mdm.match.features, one row a record) comes in, a `Model` goes out. What is counted rather than
learned stands in mdm.match.estimates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
from splink import DuckDBAPI, Linker, block_on

from mdm.match import estimates
from mdm.match.batch import load_macros, null_level, quiet, splink_level
from mdm.match.comparisons import COMPARISONS, Comparison
from mdm.match.model import RELIABLE, Model, default_levels, learned_levels, untrained
from mdm.match.predicates import compared
from mdm.party import PartyType

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
    records = estimates.count(connection, "training")
    usable, notes = estimates.usable_comparisons(connection, party)
    if records < TOO_FEW:
        return untrained(party, records=records, notes=(f"only {records} records: declared defaults are used", *notes))
    with quiet(), ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        u = _estimate_u(connection, pool, usable, settings) | estimates.count_u(connection, usable)
        m, missing = _estimate_m(connection, pool, party, usable, u)
    levels = {
        c.name: learned_levels(c, m.get(c.name), u.get(c.name)) if c.name in u else default_levels(c, records=records)
        for c in COMPARISONS[party]
    }
    if levels["identifiers"][-1][0] > RELIABLE:
        share = levels["identifiers"][-1][0]
        missing.append(f"identity numbers differ in {share:.0%} of the matches: they do not contradict a match here")
    families = estimates.has_families(connection)
    if not families:
        missing.append("hardly anybody shares a dwelling or a phone with others: no pattern of names is ruled out")
    return Model(
        party=party,
        families=families,
        prior=estimates.estimate_prior(connection, party, records),
        levels=levels,
        frequencies=estimates.count_frequencies(connection, usable),
        notes=(*notes, *missing),
        records=records,
    )


def _prepare(connection: duckdb.DuckDBPyConnection, features: str, party: PartyType) -> None:
    load_macros(connection)
    firsts = ", ".join(f"{name}[1] AS {name}_first" for name in FIRSTS)
    connection.execute(f"CREATE OR REPLACE VIEW training AS SELECT *, {firsts} FROM {features} WHERE party = '{party}'")
    connection.execute(
        "CREATE OR REPLACE TABLE training_draw AS "
        "SELECT record_id, (md5_number(record_id::VARCHAR) >> 64)::UBIGINT % 1000000 AS draw FROM training"
    )


def _estimate_u(
    connection: duckdb.DuckDBPyConnection,
    pool: ThreadPoolExecutor,
    usable: Sequence[Comparison],
    settings: TrainingSettings,
) -> dict[str, list[float | None]]:
    """u of each level that a random sample can show. Splink draws the records that it pairs out of `sample`."""
    records = math.isqrt(int(2 * settings.max_pairs)) + 1
    sampled = [c for c in usable if c.counted is None]
    _sample(connection, "sample", 4 * records / estimates.count(connection, "training"), sampled)
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
    read = {feature for c in comparisons for feature in c.features()}
    wanted = ["true", *(f"{column} IS NOT NULL" for column in present)]
    if share < 1:
        wanted.append(f"record_id IN (SELECT record_id FROM training_draw WHERE draw < {share * 1e6!r})")
    columns = ", ".join(["record_id", *map(compared, sorted(read | set(present)))])
    connection.execute(f"CREATE OR REPLACE TABLE {into} AS SELECT {columns} FROM training WHERE {' AND '.join(wanted)}")


def _estimate_m(
    connection: duckdb.DuckDBPyConnection,
    pool: ThreadPoolExecutor,
    party: PartyType,
    usable: Sequence[Comparison],
    u: Mapping[str, Sequence[float | None]],
) -> tuple[dict[str, list[float | None]], list[str]]:
    """m of each level: the mean of the sessions that could see it; None where none could."""
    pairs = {columns: estimates.count_pairs(connection, columns) for columns in SESSIONS[party]}

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
    linker.training.estimate_parameters_using_expectation_maximisation(
        block_on(*columns), estimate_without_term_frequencies=True
    )
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


# -- Splink ------------------------------------------------------------------------------------------------------------


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
                    null_level(c),
                    *[
                        splink_level(level, u=u[c.name][i] if c.name in u else None, m=level.m if c.name in u else None)
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
