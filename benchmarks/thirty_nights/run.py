"""The nights, one after the other, and what is checked after each run."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.operator.life.deliveries import Night, Operator
from benchmarks.scratch import scratch_directory
from benchmarks.table import Figure, add_json, finish
from benchmarks.thirty_nights.one_load import compare
from benchmarks.thirty_nights.pins import Finding, PinWatch
from benchmarks.thirty_nights.steward import Steward
from benchmarks.thirty_nights.view import Name, accepted, view_of
from mdm.evaluate import evaluate_store
from mdm.settings import RunSettings, Settings
from mdm.store.database import Database, open_database
from pipelines.accounts import COUNTED
from pipelines.night import run_night

MOST_CHURN = 0.001  # PINs that change without need, of the active ones, a night
MOST_LOST = 0.002  # of F1 between the first night and the last
UNMERGES_EVERY = 3  # nights
PASSED = ("handed on", "handed on after a wrong merge", "outvoted")
CHURN = ("minted without need", "redirected without need", "revived without need")


@dataclass
class Lived:
    """What came of all nights: one entry for each, everything that was found, the differences to one load."""

    customers: int
    nights: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    one_load: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)

    def count(self, *checks: str) -> int:
        """How often these checks failed."""
        return sum(finding.check in checks for finding in self.findings)

    def f1(self, what: str, night: int) -> float:
        """F1 of `pairwise` or `household` after a night (an index)."""
        return float(self.nights[night]["scores"][what])

    @property
    def churn(self) -> float:
        """PINs that changed without need, of the active ones, in the mean of the nights after the first."""
        active = sum(night["active"] for night in self.nights[1:])
        return self.count(*CHURN) / active if active else 0.0

    def figures(self) -> list[Figure]:
        """The figures of the issue."""
        worst = max((night["unneeded"] / max(night["active"], 1) for night in self.nights[1:]), default=0.0)
        lines = [
            Figure("PINs that passed to another person", self.count(*PASSED), "PINs", at_most=0),
            Figure("of these of one person before", self.count("handed on"), "PINs"),
            Figure("redirected PINs that lead astray", self.count("leads astray"), "PINs"),
            Figure("ID churn, a night", self.churn, "%", at_most=MOST_CHURN),
            Figure("ID churn, the worst night", worst, "%"),
            Figure("rows and records unaccounted for", self.count("rows", "records"), "findings", at_most=0),
        ]
        for what in ("pairwise", "household"):
            first, last = self.f1(what, 0), self.f1(what, -1)
            lines.append(
                Figure(
                    f"F1 {what}, the last night",
                    last,
                    "",
                    at_least=first - MOST_LOST,
                    baseline=first,
                    baseline_is="the first night",
                )
            )
        for what, count in self.one_load.items():
            lines.append(Figure(f"{what} that differ from one load", count, "", at_most=0))
        return lines


@dataclass
class Day:
    """A day and its night: the runs are checked one by one, against what the store must hold after each."""

    lived: Lived
    watch: PinWatch
    database: Database
    night: Night
    held: dict[Name, str]  # whose each record is
    facts: dict[str, Any] = field(default_factory=lambda: {"unneeded": 0, "runs": 0})

    def check(self, report: dict[str, Any], run: str) -> None:
        """Rows and PINs after a run that read feeds."""
        for account in report["sources"]:
            lost = account["rows_read"] - sum(account[name] for name in COUNTED)
            if lost:
                self._find(run, "rows", f"{account['file']}: {lost} of {account['rows_read']} unaccounted for")
        if report["stopped"] or report["status"] == "stopped":
            self._find(run, "stopped", f"{report['stopped']} {report.get('reason', '')}")
        self.look(run)

    def look(self, run: str) -> None:
        """PINs after any run, and whether the store holds the records that it must."""
        with self.database.begin() as connection:
            view, there = view_of(connection), accepted(connection)
        for wrong, names in (("lost", self.held.keys() - there), ("still there", there - self.held.keys())):
            if names:
                shown = ", ".join(sorted(":".join(name) for name in names)[:10])
                self._find(run, "records", f"{len(names)} {wrong}: {shown}")
        findings, counts = self.watch.look(view, self.held, self.night.number, run)
        self.lived.findings += findings
        self.facts["unneeded"] += counts.pop("unneeded")
        for name in ("minted", "redirected", "revived"):
            self.facts[name] = self.facts.get(name, 0) + counts.pop(name)
        self.facts |= counts
        self.facts["runs"] += 1

    def evaluate(self, operator: Operator, report: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The facts of the night, with F1 against the truth of its date."""
        truth = operator.out / "truth.csv"
        operator.write_truth(truth)
        with self.database.begin() as connection:
            found = evaluate_store(connection, truth)
        return {
            "night": self.night.number,
            **self.facts,
            "scores": {name: found[name]["f1"] for name in ("pairwise", "cluster", "household")},
            "tasks": found["tasks"],
            "records": len(self.held),
            "reused_keys": report["records"]["reused_keys"],
            "mishaps": self.night.mishaps,
            "events": [asdict(event) for event in self.night.events],
            "seconds": round(seconds, 2),
        }

    def _find(self, run: str, check: str, what: str) -> None:
        self.lived.findings.append(Finding(self.night.number, run, check, what))


def live(
    out: Path,
    customers: int,
    nights: int,
    seed: int = 7,
    *,
    answers: int = 2,
    writes: int = 3,
    pace: float = 1.0,
    say: Callable[[str], None] = lambda text: None,
) -> Lived:
    """Run all nights in `out` (an empty directory that the embedded PostgreSQL may enter) and check each run."""
    operator = Operator(out, customers, nights, seed, writes=writes, pace=pace)
    lived, watch = Lived(customers), PinWatch()
    with (
        open_database(None, Settings.load(out).var) as database,
        open_database(database.url, out / "channel" / "var") as channel,
    ):
        steward = Steward(database, seed, answers)
        for number in range(1, nights + 1):
            began = time.monotonic()
            held = _whose(operator)
            night = operator.night(number)
            day = Day(lived, watch, database, night, held)
            for written in night.writes:
                at_once = _on(out / "channel", night, written.landing)
                held["web_shop", written.key] = operator.held["web_shop", written.key].label
                day.check(run_night(at_once, channel), f"write {written.key}")
            if number > 1:
                wrong = number % UNMERGES_EVERY == 0
                decided = steward.work(_on(out, night, night.landing), held, unmerge=wrong)
                day.look(f"steward: {'; '.join(decided)}")
            report = run_night(_on(out, night, night.landing), database)
            day.held = _whose(operator)
            day.check(report, "night")
            lived.nights.append(day.evaluate(operator, report, time.monotonic() - began))
            say(_told(lived.nights[-1]))
        say("the final state in one load")
        lived.one_load, lived.differences = compare(operator, database, out / "final")
    return lived


def _whose(operator: Operator) -> dict[Name, str]:
    return {name: entry.label for name, entry in operator.held.items()}


def _on(workspace: Path, night: Night, landing: Path) -> Settings:
    """The settings of a workspace on that day."""
    on_that_day = {"run": RunSettings(business_date=night.business_date)}
    return Settings.load(workspace, landing=landing).model_copy(update=on_that_day)


def _told(night: dict[str, Any]) -> str:
    scores = ", ".join(f"{name} {value:.4f}" for name, value in night["scores"].items())
    counts = ", ".join(
        f"{night.get(name, 0)} {name}" for name in ("active", "minted", "redirected", "revived", "unneeded")
    )
    return f"night {night['night']}: {counts}; {scores}; {night['runs']} runs, {night['seconds']} s"


def main() -> None:
    """Parse the arguments, live the nights, print what was found and the table; leaves with 1 for a missed target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.thirty_nights", description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--answers", type=int, default=2, help="tasks that the steward answers a day (default 2)")
    parser.add_argument("--writes", type=int, default=3, help="records that the channel writes a day (default 3)")
    parser.add_argument("--pace", type=float, default=1.0, help="how much faster life goes (default 1)")
    parser.add_argument("--scratch", type=Path, help="an empty directory to work in, kept (default: one that is not)")
    add_json(parser)
    asked = parser.parse_args()
    with scratch_directory(asked.scratch) as out:
        lived = live(
            out,
            asked.customers,
            asked.nights,
            asked.seed,
            answers=asked.answers,
            writes=asked.writes,
            pace=asked.pace,
            say=_say,
        )
    figures = lived.figures()
    for finding in lived.findings:
        print(f"night {finding.night}, {finding.run}: {finding.check}: {finding.what}")
    print("\n".join(lived.differences))
    finish(figures, asked.json, **asdict(lived))


def _say(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)
