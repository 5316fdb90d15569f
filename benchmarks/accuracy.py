"""How right the product is, on the two real sets and on the sample operator, each beside its baseline on the same rows.

Persons are compared with bare Splink and connected components at 0.95; households with grouping by exact address (of
the cleansed rows: number, street, unit and perhaps place). Real sets are looked for in ``../shared/data``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.process import ROOT, run_mdm, run_module
from benchmarks.table import Figure
from mdm.evaluate import pairwise

DATA = ROOT.parent / "shared" / "data"
GATE_STOPPED = 3
SPLINK, ADDRESS = "bare Splink at 0.95", "exact address"


@dataclass(frozen=True, slots=True)
class Case:
    """A workspace with its truth. persons, households: queries for the rows to measure each by (None: not measured)."""

    name: str
    workspace: Path
    landing: Path | None
    truth: Path
    persons: str
    households: str | None
    targets: dict[str, float]


def _rows(truth: Path, where: str = "true") -> str:
    return f"SELECT * FROM read_csv('{truth}', header = true, all_varchar = true) WHERE {where}"


def _linked_feeds() -> Case:
    folder = DATA / "linked_feeds"
    ordinary = (
        f"source = 'census' AND local_id IN (SELECT local_id FROM read_csv('{folder / 'census_2020.csv'}', "
        "header = true, all_varchar = true) WHERE housing_type = 'Household')"
    )
    truth = folder / "truth.csv"
    targets = {"f1": 0.975, "precision": 0.98, "household_f1": 0.965, "household_precision": 0.985, "tasks": 0.01}
    return Case(
        name="linked_feeds",
        workspace=ROOT / "benchmarks" / "workspaces" / "linked_feeds",
        landing=folder,
        truth=truth,
        persons=_rows(truth),
        households=_rows(truth, ordinary),
        targets=targets | {"true_tasks": 0.3, "accepted": 0.999},
    )


def _febrl4() -> Case:
    folder = DATA / "febrl4"
    workspace, truth = ROOT / "benchmarks" / "workspaces" / "febrl4", folder / "truth.csv"
    return Case("febrl4", workspace, folder, truth, _rows(truth), None, {"f1": 0.998})


def _sample() -> Case:
    """People only: an organisation of the truth has a number that begins with O."""
    sample = ROOT / "data" / "samples"
    truth = sample / "truth.csv"
    persons = _rows(truth, "NOT starts_with(person, 'O')")
    targets = {"f1": 0.98, "household_f1": 0.95}
    return Case("sample operator", sample, None, truth, persons, _rows(truth), targets)


CASES: tuple[Callable[[], Case], ...] = (_sample, _febrl4, _linked_feeds)


def measure_accuracy(scratch: Path, say: Callable[[str], None]) -> list[Figure]:
    """The figures of every case whose data are here; `scratch` is filled with their workspaces."""
    figures = []
    for make in CASES:
        case = make()
        if not case.truth.exists():
            say(f"{case.name}: its data are not here ({case.truth.name} below ../shared/data), left out")
            continue
        say(f"{case.name}: the night, then bare Splink")
        figures += measure_case(case, scratch / case.name.replace(" ", "_"))
    return figures


def measure_case(case: Case, folder: Path) -> list[Figure]:
    """Run the night on a copy of the case, and both baselines on its cleansed rows."""
    workspace = folder / "workspace"
    shutil.copytree(case.workspace, workspace, ignore=shutil.ignore_patterns("var"))
    try:
        report = run_mdm("run", workspace=workspace, landing=case.landing, allow=(0, GATE_STOPPED)).said
        cleansed = folder / "cleansed.parquet"
        run_module("benchmarks.cleansed", workspace, cleansed)
        persons = _write(case.persons, folder / "persons.csv")
        found = run_mdm("evaluate", "--truth", persons, workspace=workspace).said
        bare = run_module("benchmarks.bare_splink", cleansed, "--truth", persons, "--json").said
        figures = [*_persons(case, found, bare), *_work(case, found, report)]
        if case.households is not None:
            homes = _write(case.households, folder / "households.csv")
            found = run_mdm("evaluate", "--truth", homes, workspace=workspace).said
            figures += _households(case, found["household"], exact_address(cleansed, homes))
        return figures
    finally:
        run_mdm("stop", workspace=workspace)


def exact_address(cleansed: Path, truth: Path) -> dict[str, float]:
    """Households by exact address: pairwise scores of grouping the truth's rows by the address of their own record.

    Of grouping with and without the place the better one, picked with the truth in hand: in one town the place adds
    nothing but its typos, in a country it is needed. A row without a street is a household of its own.
    """
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT CASE WHEN c.street_key IS NULL THEN '?' || t.source || ':' || t.local_id "
            "ELSE concat(c.number_key, '|', c.street_key, '|', c.unit_key) END AS address, c.place_key, t.household "
            "FROM read_csv($truth, header = true, all_varchar = true) t "
            "LEFT JOIN read_parquet($cleansed) c ON c.system = t.source AND c.local_id = t.local_id "
            "WHERE t.household IS NOT NULL AND t.household <> ''",
            {"truth": str(truth), "cleansed": str(cleansed)},
        ).fetchall()
    households = [household for _, _, household in rows]
    with_place = pairwise([(address, place) for address, place, _ in rows], households)
    without = pairwise([address for address, _, _ in rows], households)
    return max(with_place, without, key=lambda scores: scores["f1"])


def _persons(case: Case, found: dict[str, Any], bare: dict[str, Any]) -> list[Figure]:
    ours, theirs, targets = found["pairwise"], bare["pairwise"], case.targets
    return [
        Figure(f"{case.name}: persons {name}", ours[name], "", targets.get(name), None, theirs[name], SPLINK)
        for name in ("f1", "precision", "recall")
    ]


def _households(case: Case, ours: dict[str, float], theirs: dict[str, float]) -> list[Figure]:
    return [
        Figure(
            f"{case.name}: households {name}", ours[name], "", case.targets.get(f"household_{name}"), None,
            theirs[name], ADDRESS,
        )
        for name in ("f1", "precision", "recall")
    ]  # fmt: skip


def _work(case: Case, found: dict[str, Any], report: dict[str, Any]) -> list[Figure]:
    """Tasks per record and how many of them are true, and the share of the rows that was accepted."""
    read = sum(source["rows_read"] for source in report["sources"])
    refused = sum(source["quarantined"] + source["suppressed"] for source in report["sources"])
    tasks, targets = found["tasks"], case.targets
    return [
        Figure(f"{case.name}: tasks, of the records", tasks["share_of_rows"], "%", None, targets.get("tasks")),
        Figure(f"{case.name}: true matches, of the tasks", tasks["true_share"], "%", targets.get("true_tasks")),
        Figure(f"{case.name}: rows accepted", 1 - refused / read, "%", targets.get("accepted")),
    ]


def _write(query: str, path: Path) -> Path:
    with duckdb.connect() as connection:
        connection.sql(query).write_csv(str(path))
    return path
