"""The workspace of the operator: contracts and settings (as committed in data/samples), landing files, truth."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa

from benchmarks.operator import write
from benchmarks.operator.feeds import broadband, call_centre, enrichment, fixed_line, key_accounts, mobile_billing, tv
from benchmarks.operator.observe import bridge
from benchmarks.operator.showcase import add_showcase
from benchmarks.operator.world import make_world

FEEDS = (mobile_billing, fixed_line, broadband, tv, key_accounts, call_centre, enrichment)
SAMPLE = Path(__file__).parents[2] / "data" / "samples"
WRITTEN_BY_HAND = ("mdm.toml", "README.md", "sources")
ROWS_PER_CUSTOMER = 2.05  # counted at 100,000 customers


def generate(customers: int, seed: int, out: Path) -> dict[str, int]:
    """Write a whole workspace to `out`; returns rows per source, and how many records stay hopeless."""
    landing = out / "landing"
    landing.mkdir(parents=True, exist_ok=True)
    _copy_contracts(out)
    world = make_world(customers, seed)
    sights = {feed.NAME: feed.sight(world) for feed in FEEDS}
    hopeless = bridge(world, [seen for name, feed in sights.items() for seen in feed if name != enrichment.NAME])
    counts, truths = {}, []
    for feed in FEEDS:
        delivery = feed.deliver(world, sights[feed.NAME])
        add_showcase(feed.NAME, delivery)
        feed.write_files(delivery, landing)
        counts[feed.NAME] = len(delivery.rows)
        truths.append(delivery.truth)
    truth = pa.concat_tables(truths)
    text = ",".join(truth.column_names) + "\n" + write.lines(write.delimited(truth, ","))
    write.text_file(out / "truth.csv", text, "utf-8")
    return {**counts, "truth": len(truth), "hopeless": hopeless}


def _copy_contracts(out: Path) -> None:
    if out.resolve() == SAMPLE.resolve():
        return
    for name in WRITTEN_BY_HAND:
        source = SAMPLE / name
        if source.is_dir():
            shutil.copytree(source, out / name, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy(source, out / name)
