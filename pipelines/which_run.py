"""Which run a command begins or goes on with: how it was asked for, and whether an unfinished one was asked for alike.

A run that was killed goes on when the same is asked for again. Asked for something else, or with other contracts or
settings, it begins anew under its number: nothing of it was applied.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import orjson

from mdm.match.model import Model
from mdm.settings import Settings
from mdm.store import runs
from mdm.store.database import Database
from pipelines.folder import RunFolder

# settings on which no file of a run depends
NO_MATTER = {
    "database_url", "workspace", "landing", "run", "api", "schedule", "notify", "webhooks", "backup", "retention",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """How a night was asked for. only: stop after this step. dry_run: say what would change, apply nothing.

    feeds: read the feeds; without them only what stewards decided is carried out.
    models: match and resolve the whole store again with these, and put them into use (without feeds);
    a dry run says what would become of customers, with so many `examples`.
    """

    only: str | None = None
    dry_run: bool = False
    business_date: dt.date | None = None
    feeds: bool = True
    models: tuple[Model, ...] = ()
    examples: int = 5


def meaning_of(settings: Settings, digests: Iterable[str], asked: Asked) -> str:
    """What a run's files depend on besides the feeds: after a change of it an unfinished run begins anew."""
    wanted = [asked.feeds, [model.model_id for model in asked.models]]
    sections = settings.model_dump(mode="json", exclude=NO_MATTER)
    return orjson.dumps([sections, list(digests), wanted], option=orjson.OPT_SORT_KEYS).hex()


def folder_of(settings: Settings, run_id: str) -> Path:
    return settings.var / "runs" / run_id


def find_or_begin(settings: Settings, database: Database, meaning: str, asked: Asked) -> tuple[str, dt.date]:
    """The unfinished run, if it was asked for in the same way and its configuration is still the same, or a new one."""
    business_date = asked.business_date or settings.run.business_date or dt.datetime.now(dt.UTC).date()
    if asked.dry_run:
        return f"dry-{dt.datetime.now(dt.UTC):%Y%m%d%H%M%S%f}", business_date
    with database.begin() as connection:
        unfinished = runs.last_runs(connection, 1, status="running")
        if unfinished:
            run_id, begun = unfinished[0]["run_id"], unfinished[0]["business_date"]
            file = folder_of(settings, run_id) / "run.json"
            if not file.exists() or orjson.loads(file.read_bytes())["meaning"] != meaning:
                shutil.rmtree(folder_of(settings, run_id), ignore_errors=True)
                _begin(settings, run_id, meaning)
            return run_id, begun
        number = 1 + runs.count_runs(connection, f"{business_date:%Y%m%d}-")
        run_id = f"{business_date:%Y%m%d}-{number:02d}"
        shutil.rmtree(folder_of(settings, run_id), ignore_errors=True)
        _begin(settings, run_id, meaning)
        runs.start_run(connection, run_id, business_date)
    return run_id, business_date


def _begin(settings: Settings, run_id: str, meaning: str) -> None:
    folder = RunFolder(folder_of(settings, run_id))
    (folder.path / "run.json").write_bytes(orjson.dumps({"run_id": run_id, "meaning": meaning}))
