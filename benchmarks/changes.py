"""A night's changes at the sample operator: some rows of the mobile billing feed, as a full delivery or as a delta.

Of the rows that change, 40% have another number, 30% moved, 20% have another e-mail address, and 10% are a further
contract of a customer. What is left out of a delta is unchanged in the full delivery, so both mean the same night.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import re
from pathlib import Path

FEED, ENCODING, SEPARATOR = "mobile", "gb18030", "|"
UNREADABLE = "surrogateescape"  # bytes that are no text stay as they are: such rows are part of the feed
NUMBER, MOVED, EMAIL = 0.4, 0.7, 0.9  # running totals of the shares above
CONTRACT = Path("sources") / "mobile_billing.yaml"


def change_feed(landing: Path, rows: int, night: dt.date, seed: int) -> None:
    """Write the full delivery of `night` in which about `rows` rows differ from the latest one, which is removed."""
    old = _latest(landing)
    head, *lines = _lines(old)
    draw = random.Random(seed)
    whole = [place for place, line in enumerate(lines) if line.count(SEPARATOR) == head.count(SEPARATOR)]
    for place in draw.sample(whole, rows):
        changed = _changed(head, lines[place], night, draw)
        if changed.split(SEPARATOR, 1)[0] == lines[place].split(SEPARATOR, 1)[0]:
            lines[place] = changed
        else:
            lines.append(changed)
    _write(landing, night, [head, *lines])
    old.unlink()
    old.with_suffix(".ctl").unlink()


def only_changes(before: Path, landing: Path, into: Path) -> int:
    """Write into `into` the rows of the latest delivery in `landing` that the latest one in `before` lacks."""
    known = set(_lines(_latest(before)))
    latest = _latest(landing)
    head, *lines = _lines(latest)
    changed = [line for line in lines if line not in known]
    night = dt.datetime.strptime(latest.stem, f"{FEED}_%Y%m%d%H%M").date()
    _write(into, night, [head, *changed])
    return len(changed)


def declare(workspace: Path, delivery: str) -> None:
    """Let the contract of the feed say `delivery`: full or delta."""
    contract = workspace / CONTRACT
    contract.write_text(re.sub(r"(?m)^delivery: \w+$", f"delivery: {delivery}", contract.read_text()))


def _latest(landing: Path) -> Path:
    return max(landing.glob(f"{FEED}_*.txt"))


def _lines(feed: Path) -> list[str]:
    return feed.read_bytes().decode(ENCODING, UNREADABLE).removesuffix("\n").split("\n")


def _changed(head: str, line: str, night: dt.date, draw: random.Random) -> str:
    row = dict(zip(head.split(SEPARATOR), line.split(SEPARATOR), strict=True))
    kind = draw.random()
    row["LAST_MOD"] = f"{night:%Y%m%d}"
    if kind < NUMBER:
        row["MOBILE"] = f"139{draw.randrange(10**8):08}"
    elif kind < MOVED:
        row["ADDR"] = re.sub(r"\d+", lambda found: str(draw.randrange(1, 999)), row["ADDR"], count=1)
        row["ADDR_FROM"] = f"{night:%Y%m%d}"
    elif kind < EMAIL:
        row["EMAIL"] = f"new{draw.randrange(10**9)}@post.example"
    else:
        row["CUST_ID"] = f"M9{night:%y%m%d}{draw.randrange(10**9):09}"
        row["MOBILE"] = f"137{draw.randrange(10**8):08}"
    return SEPARATOR.join(row.values())


def _write(landing: Path, night: dt.date, lines: list[str]) -> None:
    landing.mkdir(parents=True, exist_ok=True)
    feed = landing / f"{FEED}_{night:%Y%m%d}2300.txt"
    content = "".join(f"{line}\n" for line in lines).encode(ENCODING, UNREADABLE)
    feed.write_bytes(content)
    feed.with_suffix(".ctl").write_text(
        f"FILE={feed.name}\nROWS={len(lines) - 1}\nMD5={hashlib.md5(content).hexdigest()}\n"
        f"EXTRACTED={night:%Y-%m-%d} 23:00:00\n"
    )
