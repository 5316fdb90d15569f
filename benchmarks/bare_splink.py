"""Bare Splink: what a competent analyst writes in an afternoon, as the baseline of every figure of this product.

    python -m benchmarks.bare_splink CLEANSED.parquet [--truth truth.csv] [--json] [--clusters OUT.parquet]

Splink 5 on DuckDB with comparisons out of its library, tight blocking rules, a prior from strict rules, u from random
pairs, m from three EM sessions, connected components at 0.95. It starts from rows that are already cleansed, and takes
the first phone, e-mail and national id of each person. Seconds are those of train, predict and cluster; reading the
file is not counted. A run is a process of its own, so its memory is its own.

Nothing here is tuned to a data set, and nothing is held back: rules, seed and `MAX_PAIRS` were written once and do not
change. Columns that a data set lacks are left out, with the rules that need them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from mdm.evaluate import pairwise

SEED = 42
MAX_PAIRS = 1e6  # of random pairs for u, and of each EM session
THRESHOLD = 0.95  # match probability above which two records are linked
RECALL = 0.8  # of the strict rules, by guess

PERSONS = """
SELECT row_number() OVER (ORDER BY system, local_id) AS unique_id, system, local_id,
       given_key AS given, family_key AS family, birth_date, phones[1].number AS phone, emails[1].address AS email,
       dwelling_key AS dwelling, place_key AS place,
       list_filter(identifiers, lambda i: i.type = 'national_id')[1].value AS national_id
FROM read_parquet($file) WHERE party = 'person' AND role = 'customer'
"""
COLUMNS = ("given", "family", "birth_date", "phone", "email", "dwelling", "place", "national_id")

COMPARISONS: dict[str, Callable[[], Any]] = {
    "given": lambda: cl.NameComparison("given"),
    "family": lambda: cl.NameComparison("family"),
    "birth_date": lambda: cl.DateOfBirthComparison("birth_date", input_is_string=False),
    "national_id": lambda: cl.DamerauLevenshteinAtThresholds("national_id", [1, 2]),
    "phone": lambda: cl.ExactMatch("phone").configure(term_frequency_adjustments=True),
    "email": lambda: cl.EmailComparison("email"),
    "dwelling": lambda: cl.ExactMatch("dwelling").configure(term_frequency_adjustments=True),
}
BLOCKING = (
    ("national_id",),
    ("phone",),
    ("email",),
    ("given", "family", "birth_date"),
    ("given", "birth_date"),
    ("family", "birth_date"),
    ("given", "family", "dwelling"),
    ("given", "dwelling"),
    ("given", "family", "place"),
    ("birth_date", "place"),
)
STRICT = (("national_id",), ("given", "family", "birth_date"), ("given", "family", "email"))
SESSIONS = (("given", "family"), ("birth_date",), ("phone",), ("dwelling",))
AT_MOST_SESSIONS = 3


def main() -> None:
    """Parse the arguments, link, print what came out."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare_splink", description=__doc__.splitlines()[0])
    parser.add_argument("cleansed", type=Path, help="Parquet of CLEANSED rows (python -m benchmarks.cleansed)")
    parser.add_argument("--truth", type=Path, help="CSV: source,local_id,person")
    parser.add_argument("--clusters", type=Path, help="write system, local_id, cluster here (Parquet)")
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")
    arguments = parser.parse_args()
    with contextlib.redirect_stdout(sys.stderr), duckdb.connect() as connection:
        found = link(connection, arguments.cleansed)
        if arguments.truth is not None:
            found["pairwise"] = score(connection, arguments.truth)
        if arguments.clusters is not None:
            query = "SELECT system, local_id, cluster FROM clusters"
            connection.sql(query).write_parquet(str(arguments.clusters))
    print(json.dumps(found, indent=2) if arguments.json else show(found))


def link(connection: duckdb.DuckDBPyConnection, cleansed: Path) -> dict[str, Any]:
    """Link the persons of `cleansed`; leaves the table `clusters` (system, local_id, cluster).

    Returns records, pairs, seconds of train, predict, cluster and of the three together, peak_mb of this process.
    """
    logging.getLogger("splink").setLevel(logging.ERROR)
    connection.execute(f"CREATE TABLE person AS {PERSONS}", {"file": str(cleansed)})
    linker = Linker(DuckDBAPI(connection).register(connection.table("person")), _settings(connection))
    started = time.perf_counter()
    _train(linker, _filled(connection))
    trained = time.perf_counter()
    pairs = linker.inference.predict(threshold_match_probability=THRESHOLD)
    predicted = time.perf_counter()
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, THRESHOLD)
    clustered = time.perf_counter()
    connection.execute(
        "CREATE TABLE clusters AS SELECT p.system, p.local_id, c.cluster_id AS cluster "
        f"FROM {clusters.physical_name} c JOIN person p USING (unique_id)"
    )
    return {
        "records": _count(connection, "person"),
        "pairs": _count(connection, pairs.physical_name),
        "train_seconds": round(trained - started, 2),
        "predict_seconds": round(predicted - trained, 2),
        "cluster_seconds": round(clustered - predicted, 2),
        "seconds": round(clustered - started, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def score(connection: duckdb.DuckDBPyConnection, truth: Path) -> dict[str, float]:
    """Pairwise precision, recall and F1 of `clusters`; a row of the truth that was not linked is one of its own."""
    rows = connection.execute(
        "SELECT coalesce(c.cluster::VARCHAR, '?' || t.source || ':' || t.local_id), t.person "
        "FROM read_csv($file, header = true, all_varchar = true) t "
        "LEFT JOIN clusters c ON c.system = t.source AND c.local_id = t.local_id",
        {"file": str(truth)},
    ).fetchall()
    return pairwise([cluster for cluster, _ in rows], [person for _, person in rows])


def show(found: dict[str, Any]) -> str:
    """What came out, for people."""
    lines = [
        f"{found['records']:,} persons, {found['pairs']:,} pairs at {THRESHOLD}",
        ", ".join(f"{part} {found[f'{part}_seconds']} s" for part in ("train", "predict", "cluster"))
        + f"; together {found['seconds']} s, peak {found['peak_mb']:,} MB",
    ]
    if "pairwise" in found:
        lines.append("pairwise " + ", ".join(f"{name} {value:.4f}" for name, value in found["pairwise"].items()))
    return "\n".join(lines)


def _settings(connection: duckdb.DuckDBPyConnection) -> SettingsCreator:
    filled = _filled(connection)
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[make() for name, make in COMPARISONS.items() if name in filled],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in _possible(BLOCKING, filled)],
        retain_intermediate_calculation_columns=False,
        retain_matching_columns=False,
    )


def _train(linker: Linker, filled: set[str]) -> None:
    linker.training.estimate_probability_two_random_records_match(
        [block_on(*rule) for rule in _possible(STRICT, filled)], recall=RECALL
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=MAX_PAIRS, seed=SEED)
    for rule in _possible(SESSIONS, filled)[:AT_MOST_SESSIONS]:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*rule),
            max_pairs=MAX_PAIRS,
            estimate_without_term_frequencies=True,  # Splink's own speed-up: half the time of training
        )


def _filled(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The columns that take two values at least."""
    counts = ", ".join(f"approx_count_distinct({name})" for name in COLUMNS)
    found = connection.execute(f"SELECT {counts} FROM person").fetchall()[0]
    return {name for name, values in zip(COLUMNS, found, strict=True) if values > 1}


def _possible(rules: Sequence[tuple[str, ...]], filled: set[str]) -> list[tuple[str, ...]]:
    return [rule for rule in rules if set(rule) <= filled]


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


if __name__ == "__main__":
    main()
