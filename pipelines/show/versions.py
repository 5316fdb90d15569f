"""`mdm lookup --versions` on a terminal: what was known of a customer, since when, and what or who caused it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from mdm.registry import VersionsView
from mdm.registry.moments import exactly
from mdm.registry.views import Cause, Change, Decision, Version
from pipelines.show.console import LEFT, console, heading, table
from pipelines.show.customer import event_words

MOST_RECORDS = 8  # --json has them all


def show_versions(view: VersionsView) -> None:
    """Print the versions of a golden record, the newest first."""
    out = console()
    target = f", merged into {view.redirect_to}" if view.redirect_to else ""
    out.print(f"PIN {view.pin}  ({view.party}, {view.status}{target})")
    if not view.versions:
        out.print("  It has no golden record, and never had one.")
    for version in view.versions:
        _version(out, version)
    if view.next is not None:
        out.print(f"\n  and {view.next - 1} older: --limit")


def _version(out: Console, version: Version) -> None:
    until = f"until {exactly(version.recorded_to)}" if version.recorded_to else "in force"
    heading(out, f"Version {version.number}  {version.name or '(no name)'}")
    out.print(f"  known since {exactly(version.recorded_from)}, {until}")
    _cause(out, version.cause)
    if version.changes:
        out.print(table({"": LEFT, "before": LEFT, "after": LEFT}, [_row(change) for change in version.changes]))
    for cause in version.later:
        out.print(f"  Then, at {exactly(cause.at)}:")
        _cause(out, cause)


def _cause(out: Console, cause: Cause) -> None:
    of = f" of {cause.business_date}" if cause.business_date else ""
    out.print(f"  by run {cause.run_id}{of}")
    for line in (*map(_decided, cause.decisions), *map(event_words, cause.events), *_records(cause)):
        out.print(f"    {line}", soft_wrap=True)


def _decided(decision: Decision) -> str:
    reason = f' ("{decision.reason}")' if decision.reason else ""
    if decision.actor is None:
        return f"{decision.words}{reason}"
    return f"{decision.actor} decided: {decision.words}{reason}"


def _records(cause: Cause) -> Iterator[str]:
    told = [f"{record.system}:{record.local_id} {record.what}" for record in cause.records]
    if told:
        more = f" and {len(told) - MOST_RECORDS} more" if len(told) > MOST_RECORDS else ""
        yield f"records: {', '.join(told[:MOST_RECORDS])}{more}"


def _row(change: Change) -> tuple[str, str, str]:
    name = change.attribute.replace("_", " ")
    if change.added or change.removed:
        return name, "\n".join(change.removed), "\n".join(change.added)
    if change.same_values:
        return name, "the same", f"the same; {change.why}" if change.why else "the same, on other evidence"
    return name, change.before or "(none)", change.after or "(none)"
