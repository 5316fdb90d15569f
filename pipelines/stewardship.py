"""What a steward decides by a command, carried out by a run: judgements, unmerging, overrides.

A decision is kept at once, in a transaction of its own, and then carried out by a run that reads no feeds: the same
steps as the night's, on the customers that it concerns. While another run is under way it is kept, and binds the run
that comes next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mdm.errors import RunInProgress
from mdm.registry.keys import read_source_key
from mdm.settings import Settings
from mdm.stewardship.judging import keep, read_verdict
from mdm.stewardship.naming import Named, find_record, pins_of, sides
from mdm.stewardship.pinning import check_value, lift_value, pin_value
from mdm.store import runs
from mdm.store.database import Database
from pipelines.context import Progress
from pipelines.night import Asked, run_night


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a decision. report: of the run that carried it out; None when it waits for another run.

    before, after: the PINs of the records that it names, by key.
    """

    judgements: tuple[int, ...]
    before: dict[str, str | None]
    after: dict[str, str | None]
    report: dict[str, Any] | None
    waits_for: str | None = None


def judge(
    settings: Settings,
    database: Database,
    one: str,
    other: str,
    verdict: str,
    *,
    actor: str,
    reason: str | None,
    progress: Progress = lambda text: None,
) -> Decided:
    """Keep a verdict (same, different, unsure) about two records, `system:local_id` each, and carry it out.

    Raises UsageError for a verdict that contradicts a chain of others, NotFound for a record that is not there.
    """
    with database.begin() as connection:
        records = [find_record(connection, read_source_key(text)) for text in (one, other)]
        before = pins_of(connection, records)
        kept = keep(connection, [(records[0], records[1])], read_verdict(verdict), actor, reason)
    return _carry_out(settings, database, kept, records, before, progress)


def unmerge(
    settings: Settings,
    database: Database,
    what: str,
    *,
    actor: str,
    reason: str,
    progress: Progress = lambda text: None,
) -> Decided:
    """Take one record (`system:local_id`), or a whole former customer (its redirected PIN), out of its customer.

    Every record taken out is judged different from every one that stays. Raises UsageError when nothing would stay or
    a judgement *same* that stands elsewhere holds them together, NotFound for an unknown record or PIN.
    """
    with database.begin() as connection:
        out, stay = sides(connection, what)
        everybody = [*out, *stay]
        before = pins_of(connection, everybody)
        kept = keep(connection, [(a, b) for a in out for b in stay], "different", actor, reason)
    return _carry_out(settings, database, kept, everybody, before, progress)


def override(
    settings: Settings,
    database: Database,
    pin: str,
    attribute: str,
    value: Any,
    *,
    actor: str,
    reason: str,
    expires: date | None = None,
    lift: bool = False,
    progress: Progress = lambda text: None,
) -> Decided:
    """Pin a golden value until and including `expires` (None: until lifted), or lift the one in force.

    Raises NotFound for a PIN that is not active or nothing to lift, UsageError for what is no attribute, or no value
    of it.
    """
    with database.begin() as connection:
        if lift:
            check_value(attribute, value)
            lift_value(connection, pin, attribute, actor=actor, reason=reason or None)
        else:
            pin_value(connection, pin, attribute, value, actor=actor, reason=reason, expires=expires)
    return _carry_out(settings, database, (), [], {}, progress)


# -- carrying out ------------------------------------------------------------------------------------------------------


def _carry_out(
    settings: Settings,
    database: Database,
    kept: tuple[int, ...],
    records: Sequence[Named],
    before: dict[str, str | None],
    progress: Progress,
) -> Decided:
    with database.begin() as connection:
        unfinished = runs.last_runs(connection, 1, status="running")
    if unfinished:
        waits = f"run {unfinished[0]['run_id']} is not finished: it takes effect with the run after it (mdm run)"
        return Decided(kept, before, before, None, waits)
    try:
        report = run_night(settings, database, Asked(feeds=False), progress)
    except RunInProgress as error:
        return Decided(kept, before, before, None, f"{error.message}: it takes effect with the run after it (mdm run)")
    with database.begin() as connection:
        return Decided(kept, before, pins_of(connection, records), report)
