"""What a steward decides, entered and carried out: judgements, unmerging, overrides.

A decision is kept at once, in a transaction of its own, and then carried out by a run that reads no feeds: the same
steps as the night's, on the customers that it concerns. While another run is under way it is kept, and binds the run
that comes next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from mdm.errors import NotFound, RunInProgress, UsageError
from mdm.golden.rules import ATTRIBUTES
from mdm.registry.keys import SourceKey, read_key, read_pin, read_source_key, unknown_key
from mdm.resolve.judging import VERDICTS, Verdict, contradicted_chain
from mdm.settings import Settings
from mdm.store import customers, judgements, lookups, overrides, runs
from mdm.store.database import Database
from pipelines.context import Progress
from pipelines.night import Asked, run_night

DATES = ("birth_date", "death_date")
SEXES = ("male", "female")


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
        records = [_record(connection, read_source_key(text)) for text in (one, other)]
        before = _pins(connection, records)
        kept = _keep(connection, [(records[0], records[1])], _verdict(verdict), actor, reason)
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
        out, stay = _sides(connection, what)
        everybody = [*out, *stay]
        before = _pins(connection, everybody)
        kept = _keep(connection, [(a, b) for a in out for b in stay], "different", actor, reason)
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
        state = customers.find_customer(connection, read_pin(pin))
        if state is None or state["status"] != "active":
            found = "was never issued" if state is None else f"is {state['status']}"
            raise NotFound(f"PIN {pin} {found}", remedy="Name the PIN that it leads to: mdm lookup PIN.")
        _check_value(attribute, value)
        if lift:
            if not overrides.lift_override(connection, state["pin"], attribute, actor=actor, reason=reason or None):
                raise NotFound(f"nothing is pinned on {attribute} of PIN {pin}")
        else:
            overrides.set_override(
                connection, state["pin"], attribute, value, actor=actor, reason=reason, expires=expires
            )
    return _carry_out(settings, database, (), [], {}, progress)


# -- entering ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Record:
    record_id: int
    key: str


def _record(connection: sa.Connection, key: SourceKey) -> _Record:
    found = lookups.latest_version(connection, *key)
    if found is None:
        raise unknown_key(connection, key)
    if found["status"] != "accepted":
        raise NotFound(f"{key} was deleted", remedy="Only records that are there can be judged.")
    return _Record(found["record_id"], str(key))


def _verdict(text: str) -> Verdict:
    for verdict in VERDICTS:
        if text == verdict:
            return verdict
    raise UsageError(f"no such verdict: {text}", remedy=f"One of: {', '.join(VERDICTS)}.")


def _keep(
    connection: sa.Connection,
    pairs: Sequence[tuple[_Record, _Record]],
    verdict: Verdict,
    actor: str,
    reason: str | None,
) -> tuple[int, ...]:
    """Keep one verdict about each of `pairs`; all of them, or none when one contradicts what is in force.

    What the same person said before in the same words is in force already.
    """
    for a, b in pairs:
        if a.record_id == b.record_id:
            raise UsageError(f"{a.key} is one record", remedy="A judgement is about two.")
    judgements.lock(connection)
    new = {frozenset((a.record_id, b.record_id)) for a, b in pairs}
    table = judgements.judgements_in_force(connection).to_pylist()
    others = [row for row in table if frozenset((row["left_id"], row["right_id"])) not in new]
    same, different = (
        [(row["left_id"], row["right_id"]) for row in others if row["verdict"] == wanted]
        for wanted in ("same", "different")
    )
    for a, b in pairs:
        chain = contradicted_chain(a.record_id, b.record_id, verdict, same, different)
        if chain:
            raise _contradiction(chain, a, b, verdict, table)
    said = {
        frozenset((row["left_id"], row["right_id"])): row["judgement_id"]
        for row in table
        if (row["verdict"], row["actor"], row["reason"]) == (verdict, actor, reason)
    }
    return tuple(
        said.get(frozenset((a.record_id, b.record_id)))
        or judgements.add_judgement(connection, a.record_id, b.record_id, verdict, actor=actor, reason=reason)
        for a, b in pairs
    )


def _contradiction(
    chain: Sequence[int], a: _Record, b: _Record, verdict: Verdict, table: Iterable[dict[str, Any]]
) -> UsageError:
    names = {a.record_id: a.key, b.record_id: b.key}
    for row in table:
        names |= {row[f"{side}_id"]: f"{row[f'{side}_system']}:{row[f'{side}_local_id']}" for side in ("left", "right")}
    told = " is the same as ".join(names[record] for record in chain)
    if verdict == "different":
        message = f"{a.key} and {b.key} cannot be different: {told}"
    else:
        message = f"{a.key} and {b.key} cannot be the same: then {told}, and the ends were judged different"
    return UsageError(message, remedy="Change one of the judgements of this chain first: mdm judge A B unsure.")


def _sides(connection: sa.Connection, what: str) -> tuple[list[_Record], list[_Record]]:
    """The records to be taken out, and those that stay."""
    key = read_key(what)
    if isinstance(key, SourceKey):
        xref = customers.find_xref(connection, *key)
        if xref is None:
            raise unknown_key(connection, key)
        pin, taken = xref["pin"], {xref["record_id"]}
    else:
        state = customers.find_customer(connection, key)
        if state is None:
            raise NotFound(f"PIN {key} was never issued")
        if state["status"] != "redirected":
            raise UsageError(
                f"PIN {key} is {state['status']}: nothing to take out",
                remedy="Name a PIN that redirects to another customer, or a record as system:local_id.",
            )
        pin, taken = state["redirect_to"], None
    members = customers.xrefs_of_pin(connection, pin)
    if taken is None:
        taken = {row["record_id"] for row in members if row["home"] == key}
    sides: tuple[list[_Record], list[_Record]] = ([], [])
    for row in members:
        sides[row["record_id"] not in taken].append(_Record(row["record_id"], f"{row['system']}:{row['local_id']}"))
    if not all(sides):
        nothing = "has no records of its own any more" if not sides[0] else "would leave nothing behind"
        raise UsageError(f"{what} {nothing} in customer {pin}", remedy="See its records: mdm lookup PIN.")
    return sides


def _check_value(attribute: str, value: Any) -> None:
    """An attribute of the document, and a value of its kind; None is always one: there is no such value."""
    if attribute.partition(".")[0] not in ATTRIBUTES:
        raise UsageError(f"no such attribute: {attribute}", remedy=f"One of: {', '.join(ATTRIBUTES)}.")
    if attribute in DATES and value is not None and not _is_day(value):
        raise UsageError(f"{attribute} is a date, not {value!r}", remedy="Write it as 1968-05-04.")
    if attribute == "sex" and value not in (None, *SEXES):
        raise UsageError(f"no such sex: {value!r}", remedy=f"One of: {', '.join(SEXES)}.")


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


# -- carrying out ------------------------------------------------------------------------------------------------------


def _carry_out(
    settings: Settings,
    database: Database,
    kept: tuple[int, ...],
    records: Sequence[_Record],
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
        return Decided(kept, before, _pins(connection, records), report)


def _pins(connection: sa.Connection, records: Sequence[_Record]) -> dict[str, str | None]:
    pins = lookups.pins_of_records(connection, [record.record_id for record in records])
    return {record.key: pins.get(record.record_id) for record in records}
