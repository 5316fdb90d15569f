"""`mdm train` and `mdm model ...` on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from pipelines.models import LearnedLevel, Trained
from pipelines.show.console import LEFT, RIGHT, console, counted, duration, heading, table

NOTICED = 0.05  # bits; a smaller difference is not worth a line
MOST_KEYS = 6  # records of one PIN in an example
KINDS = {"household": "households", "legal_entity": "legal entities"}
PINS = {
    "merged": "merge into another and redirect", "redirected": "redirect elsewhere than today", "minted": "are new",
    "revived": "come back", "retired": "are retired", "split": "lose records to a new PIN",
    "moved": "lose records to another PIN",
}  # fmt: skip


def show_trained(models: Sequence[Trained], *, everything: bool) -> None:
    """Print what was learned of each party type, beside what the model in use says."""
    out = console()
    for model in models:
        heading(out, f"{model.party}s: {model.model_id}, learned from {model.records:,} records")
        if model.status == "current":
            out.print("  this is the model in use already: there is nothing to promote")
        for note in model.notes:
            out.print(f"  {note}")
        out.print(f"  two records before any evidence: {model.prior:+.1f} bits{_today(model.prior_in_use)}")
        levels = [level for level in model.levels if everything or _is_news(level)]
        if levels:
            columns = {"": LEFT, "answer": LEFT, "bits": RIGHT, "in use": RIGHT}
            out.print(table(columns, [_level(level) for level in levels]))
        elif model.status != "current":
            out.print("  every answer says what it says today, to a twentieth of a bit")
    if any(model.status == "candidate" for model in models):
        out.print("Next: mdm model compare says what would change, mdm model promote puts it into use.")


def _today(bits: float | None) -> str:
    return "" if bits is None else f" (today {bits:+.1f})"


def _is_news(level: LearnedLevel) -> bool:
    return level.bits_in_use is None or abs(level.bits - level.bits_in_use) >= NOTICED


def _level(level: LearnedLevel) -> list[str]:
    before = "" if level.bits_in_use is None else f"{level.bits_in_use:+.1f}"
    return [level.comparison, level.answer, f"{level.bits:+.1f}", before]


def show_models(models: Sequence[Mapping[str, Any]]) -> None:
    """Print the list of models."""
    out = console()
    if not models:
        out.print("no model yet: the first night trains them (mdm run)")
        return
    words = {"current": Text("in use", style="green"), "candidate": Text("candidate", style="yellow")}
    rows = [
        [m["model_id"], words.get(m["status"], Text("retired", style="dim")), f"{m['created_at']:%Y-%m-%d %H:%M}"]
        for m in models
    ]
    out.print(table({"model": LEFT, "": LEFT, "trained": LEFT}, rows))


def show_comparison(report: Mapping[str, Any]) -> None:
    """Print what a candidate would change: counts, then examples."""
    out, found = console(), report["comparison"]
    out.print(f"With {' and '.join(report['models'].values())} instead of the models in use; nothing was written.")
    _counts(out, found["customers"], "Customers", "", ("before", "after", "stay", "merge", "split"))
    _counts(out, found["matching_pairs"], "Matching pairs", "", ("before", "after", "gained", "lost"))
    heading(out, "PINs")
    for kind, number in found["pins"].items():
        out.print(f"  {number:,} {PINS.get(kind, kind)}")
    out.print(f"  {_churn(found['churn'])}")
    if found["churn"]["stopped"]:
        out.print(Text(f"  the gate would stop it: {found['churn']['stopped']}", style="yellow"))
    households = {KINDS[kind]: counts for kind, counts in found["households"].items()}
    _counts(out, households, "Households", "", ("before", "after", "changed", "redirect", "retired", "minted"))
    if found["tasks"]:
        tasks = {kind.replace("_", " "): counts for kind, counts in found["tasks"].items()}
        _counts(out, tasks, "Tasks of stewards", "", ("before", "after", "opened", "closed"))
    _examples(out, found["examples"])


def _counts(
    out: Console, counts: Mapping[str, Mapping[str, int]], title: str, first: str, names: Sequence[str]
) -> None:
    heading(out, title)
    rows = [[name, *(row[column] for column in names)] for name, row in counts.items()]
    out.print(table({first: LEFT, **dict.fromkeys(names, RIGHT)}, rows))


def _churn(churn: Mapping[str, Any]) -> str:
    share = churn["churned"] / churn["active_before"] if churn["active_before"] else 0.0
    limit = f" (gates.max_churn is {churn['limit']:.2%})" if "limit" in churn else ""
    return f"churn: {churn['churned']:,} of {churn['active_before']:,} PINs, {share:.2%}{limit}"


def _examples(out: Console, examples: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    for example in examples["merges"]:
        heading(out, f"Would be one {example['party']} under PIN {example['pin']}")
        _pair(out, example, "today")
    for example in examples["splits"]:
        heading(out, f"PIN {example['pin']} would fall apart")
        _pair(out, example, "afterwards")
    for home in examples["households"]:
        heading(out, f"{'Household' if home['kind'] == 'household' else 'Legal entity'} {home['chi']}")
        for line in _home(home):
            out.print(f"  {line}", soft_wrap=True)


def _pair(out: Console, example: Mapping[str, Any], when: str) -> None:
    for pin, keys in example["records"].items():
        more = f" and {len(keys) - MOST_KEYS} more" if len(keys) > MOST_KEYS else ""
        out.print(f"  {when} {pin}: {', '.join(keys[:MOST_KEYS])}{more}", soft_wrap=True)
    now = "" if example["weight_now"] is None else f", today {example['weight_now']:+.1f}"
    out.print(f"  {example['left']} and {example['right']}: {example['weight']:+.1f} bits{now}", soft_wrap=True)
    out.print(f"  {example['in_words']} {example['means']}", soft_wrap=True)


def _home(home: Mapping[str, Any]) -> Iterator[str]:
    if home["status"] == "redirected":
        yield f"would become part of {home['redirect_to']}"
    elif home["status"] == "retired":
        yield "would have no members any more"
    before, after = set(home["before"] or ()), set(home["after"] or ())
    for words, pins in (("would join", after - before), ("would leave", before - after)):
        if pins and home["status"] == "active":
            yield f"{words}: {', '.join(sorted(pins))}"


def show_promoted(report: Mapping[str, Any]) -> None:
    """Print what putting a model into use did."""
    out = console()
    names = " and ".join(report["models"].values())
    if report["status"] == "stopped":
        out.print(Text(f"{names}: stopped by the golden gate", style="bold red"))
        out.print(f"  {report['reason']}")
        out.print(f"  {_churn(report['churn'])}")
        out.print("  See what would change with mdm model compare; --accept-churn applies it all the same.")
        return
    out.print(f"{names} in use since run {report['run_id']}")
    out.print(f"  PINs        {counted(report['lineage'], nothing='none changed')}")
    out.print(f"  {_churn(report['churn'])}")
    applied = report["applied"]
    changed = {name.removesuffix("_changed"): number for name, number in applied.items() if name.endswith("_changed")}
    out.print(f"  changed     {counted(changed)}")
    out.print(f"  tasks       {applied['tasks_opened']:,} opened, {applied['tasks_closed']:,} closed")
    out.print(f"  took        {duration(sum(step['seconds'] or 0 for step in report['steps'].values()))}")
