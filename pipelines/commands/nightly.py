"""`mdm run` and `mdm status`: the night, and how it went."""

from __future__ import annotations

import datetime as dt
import gc
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.failing import told
from pipelines.commands.options import AsJson, Landing, Workspace, open_store, print_json, settings_of

if TYPE_CHECKING:
    from mdm.settings import Settings

# Objects made before Python looks for cycles among them: a night makes millions, few of them in cycles. After 700, as
# by default, it spent a tenth of its time looking.
COLLECT_AFTER = 100_000


@told
def run(
    only: Annotated[
        str | None,
        typer.Option("--only", metavar="STEP", help="Do what is left up to and including this step, then leave."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; apply nothing.")] = False,
    date: Annotated[
        dt.datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], metavar="DATE", help="The business date [default: today]."),
    ] = None,
    workspace: Workspace = None,
    landing: Landing = None,
    as_json: AsJson = False,
) -> int:
    """Run the night: read the feeds, check, cleanse, match, resolve, and apply it all in one transaction.

    An unfinished run goes on where it stopped. Steps: receive, cleanse, match, resolve, households, golden, judge,
    apply. Leaves with 3 when a quality gate stopped the run or any source of it; what could be applied was.

    \b
    Example:
      mdm run -w data/samples
      mdm run --dry-run --landing /feeds/tonight
    """
    from expectations import beside
    from pipelines.show.progress import shown_progress

    gc.set_threshold(COLLECT_AFTER, 20, 20)
    settings = settings_of(workspace, landing)
    judging = beside.started(has_news(settings))
    with judging, ThreadPoolExecutor(1) as pool, shown_progress(silent=as_json) as progress:
        coming = pool.submit(_night)  # imported while the server starts
        with open_store(settings) as database:
            night = coming.result()
            gc.freeze()
            asked = night.Asked(only=only, dry_run=dry_run, business_date=date.date() if date else None)
            try:
                report = night.run_night(settings, database, asked, progress)
            except KeyboardInterrupt:
                typer.echo("Interrupted. Run the command again: it goes on from there.", err=True)
                raise
            finally:
                gc.unfreeze()  # or DuckDB complains, as the process ends, about what was never given back
    if as_json:
        print_json(report)
    else:
        from pipelines.show.report import show_report

        show_report(report)
    return int(night.leave_code(report))


def has_news(settings: Settings) -> bool:
    """Whether a file was put into the landing directory since the last run began: there will be something to judge."""
    landed = [file.stat().st_mtime for file in settings.landing.glob("*")]
    runs = [folder.stat().st_mtime for folder in (settings.var / "runs").glob("*/run.json")]
    return max(landed, default=0.0) > max(runs, default=0.0)


def _night() -> ModuleType:
    from pipelines import night

    return night


@told
def status(
    quality: Annotated[
        bool, typer.Option("--quality", help="Show what the expectations found, run by run, as a trend.")
    ] = False,
    runs: Annotated[int, typer.Option("--runs", min=1, metavar="N", help="How many runs to show.")] = 5,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show the last runs, the age of every feed, counts, open tasks, quarantine, and who is running now.

    \b
    Example:
      mdm status -w data/samples
      mdm status --quality --runs 10
    """
    from pipelines.status import quality_of, status_of

    settings = settings_of(workspace)
    with open_store(settings) as database:
        found = quality_of(database, runs) if quality else status_of(settings, database, runs)
    if as_json:
        print_json(found)
    else:
        from pipelines.show.status import show_quality, show_status

        (show_quality if quality else show_status)(found)
