"""The jobs of a workspace: which command each is, and when it runs. And giving what is due to the queue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from mdm.contracts.target_load import load_targets
from mdm.schedule import Line
from mdm.settings import Settings
from mdm.store import jobs
from mdm.store.database import Database

Defer = Callable[[sa.Connection, str, dt.datetime], None]  # in this transaction, a job, its moment

# job -> the command that it is
COMMANDS = {
    "run": ("run",),
    "acknowledgements": ("sync", "--answers"),
    "warehouse": ("warehouse",),
    "webhooks": ("webhook", "send"),
    "settle": ("settle",),
    "retention": ("retention",),
    "backup": ("backup",),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A job with its cron line; `command`: the words after `mdm`."""

    name: str
    command: tuple[str, ...]
    line: Line


def planned_jobs(settings: Settings) -> tuple[Planned, ...]:
    """The jobs that have a line, those of targets by name. Raises ConfigError for a target without a contract."""
    schedule = settings.schedule
    found = []
    for name, command in COMMANDS.items():
        if (cron := getattr(schedule, name)) is not None:
            found.append(Planned(name, command, schedule.line(cron)))
    for target, cron in _targets(settings):
        found.append(Planned(f"sync {target}", ("sync", "--target", target), schedule.line(cron)))
    return tuple(found)


def _targets(settings: Settings) -> Iterable[tuple[str, str]]:
    """Every target that is to be served, with its line."""
    own, all_others = settings.schedule.targets, settings.schedule.sync
    if not own and all_others is None:
        return
    names = target_names(settings)
    for name in own:
        if name not in names:
            from mdm.errors import ConfigError

            known = f"There are: {', '.join(names)}." if names else f"There are none in {settings.targets}."
            raise ConfigError(f"schedule.targets.{name}: no target is called that", where="mdm.toml", remedy=known)
    for name in names:
        cron = own.get(name, all_others)
        if cron is not None:
            yield name, cron


def target_names(settings: Settings) -> tuple[str, ...]:
    """The targets that have a contract, by name. Raises ContractError."""
    return tuple(contract.target for contract in load_targets(settings.targets))


def give_due(database: Database, planned: Iterable[Planned], defer: Defer, now: dt.datetime | None = None) -> list[str]:
    """Give the jobs that are due to the queue, each in a transaction of its own; their names.

    now: what the clock says, for tests; else the server's.
    """
    given = []
    for job in planned:
        with database.begin() as connection:
            at = now or jobs.clock(connection)
            moment = job.line.last(at)
            if jobs.take(connection, job.name, moment, at):
                defer(connection, job.name, moment)
                given.append(job.name)
    return given
