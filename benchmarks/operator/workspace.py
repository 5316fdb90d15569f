"""The workspace of the operator: contracts and settings (as committed in data/samples), landing files, truth."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pyarrow as pa

from benchmarks.operator import write
from benchmarks.operator.feeds import broadband, call_centre, enrichment, fixed_line, key_accounts, mobile_billing, tv
from benchmarks.operator.feeds.delivery import Delivery
from benchmarks.operator.observe import Sightings, bridge, witness
from benchmarks.operator.showcase import add_showcase
from benchmarks.operator.world import World, make_world

FEEDS = (mobile_billing, fixed_line, broadband, tv, key_accounts, call_centre, enrichment)
SAMPLE = Path(__file__).parents[2] / "data" / "samples"
WRITTEN_BY_HAND = ("mdm.toml", "README.md", "sources", "targets")
ROWS_PER_CUSTOMER = 1.87  # rows of all feeds, counted at 565,000 customers


def generate(customers: int, seed: int, out: Path) -> dict[str, int]:
    """Write a whole workspace to `out`; returns rows per source, and how many records stay hopeless."""
    landing = out / "landing"
    landing.mkdir(parents=True, exist_ok=True)
    _copy_contracts(out)
    world = make_world(customers, seed)
    sights = {feed.NAME: feed.sight(world) for feed in FEEDS}
    customers_only = [seen for name, feed in sights.items() for seen in feed if name != enrichment.NAME]
    hopeless = bridge(world, customers_only)
    witness(world, customers_only)
    with ThreadPoolExecutor(2) as pool:  # Arrow works without the interpreter lock
        delivered = list(pool.map(lambda feed: _deliver(feed, world, sights[feed.NAME], landing), FEEDS))
    truth = pa.concat_tables([known for _, known in delivered])
    text = ",".join(truth.column_names) + "\n" + write.lines(write.delimited(truth, ","))
    write.text_file(out / "truth.csv", text, "utf-8")
    counts = {feed.NAME: rows for feed, (rows, _) in zip(FEEDS, delivered, strict=True)}
    return {**counts, "truth": len(truth), "hopeless": hopeless}


def _deliver(feed: ModuleType, world: World, seen: list[Sightings], landing: Path) -> tuple[int, pa.Table]:
    """Write one feed; returns its number of rows and its truth."""
    delivery: Delivery = feed.deliver(world, seen)
    add_showcase(feed.NAME, delivery)
    feed.write_files(delivery, landing)
    return len(delivery.rows), delivery.truth


def _copy_contracts(out: Path) -> None:
    if out.resolve() == SAMPLE.resolve():
        return
    for name in WRITTEN_BY_HAND:
        source = SAMPLE / name
        if source.is_dir():
            shutil.copytree(source, out / name, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy(source, out / name)
