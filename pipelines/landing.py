"""Finds what was delivered: files below the landing directory, when each was cut, and its control file.

Nothing is judged here beyond what is needed to order the deliveries; `control_problems` tells the quality gate more.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from mdm.contracts import Control, ExtractedAt, SourceContract, SqlFormat
from mdm.errors import FeedError

CHUNK = 1 << 20


@dataclass(frozen=True)
class ControlFile:
    """What the control file beside a feed says."""

    path: Path
    values: dict[str, str]
    rows: str | None = None  # as written
    checksum: str | None = None
    algorithm: str = "md5"


@dataclass(frozen=True)
class Delivery:
    """One file of one source (or one run of its query). `name` is the file's name below the landing directory."""

    source: str
    path: Path | None
    name: str
    extracted_at: dt.datetime  # UTC
    size: int = 0  # bytes
    control: ControlFile | None = None

    def content_digest(self) -> str:
        """SHA-256 of the file's bytes; a query has none, so each of its runs has a digest of its own."""
        if self.path is None:
            return hashlib.sha256(f"{self.name}@{self.extracted_at.isoformat()}".encode()).hexdigest()
        return _digest(self.path, "sha256")


def find_deliveries(contract: SourceContract, landing: Path, *, now: dt.datetime | None = None) -> list[Delivery]:
    """The deliveries of a source, oldest extraction first, then by name; none is an empty list.

    `now` is the extraction time of SQL sources. Raises FeedError when a file does not say when it was cut.
    """
    if isinstance(contract.format, SqlFormat):
        cut = now or dt.datetime.now(dt.UTC)
        return [Delivery(contract.source, None, f"sql:{contract.source}", cut)]
    found = [_delivery(contract, path, landing) for path in _files(contract, landing)]
    return sorted(found, key=lambda delivery: (delivery.extracted_at, delivery.name))


def control_problems(delivery: Delivery, *, rows_read: int | None = None) -> list[str]:
    """Where the control file and the feed disagree, in words; empty when they agree or there is no control file."""
    control = delivery.control
    if control is None or delivery.path is None:
        return []
    problems = []
    if control.checksum is not None:
        actual = _digest(delivery.path, control.algorithm)
        if actual.casefold() != control.checksum.casefold():
            problems.append(
                f"{control.algorithm} of {delivery.name} is {actual}, {control.path.name} says {control.checksum}"
            )
    if control.rows is not None and rows_read is not None:
        digits = re.sub(r"[ ,_]", "", control.rows)
        if not digits.isdecimal() or int(digits) != rows_read:
            problems.append(f"{rows_read} rows read from {delivery.name}, {control.path.name} says {control.rows}")
    return problems


def _files(contract: SourceContract, landing: Path) -> list[Path]:
    found = {path for pattern in contract.files for path in landing.glob(pattern) if path.is_file()}
    controls = {_control_path(contract.control, path) for path in found} if contract.control else set()
    return sorted(path for path in found - controls if not path.name.startswith("."))


def _delivery(contract: SourceContract, path: Path, landing: Path) -> Delivery:
    name = path.relative_to(landing).as_posix()
    control = _read_control(contract.control, path) if contract.control else None
    cut = _extracted_at(contract, path, name, control)
    return Delivery(contract.source, path, name, cut, path.stat().st_size, control)


def _control_path(control: Control, feed: Path) -> Path:
    return feed.parent / control.file.replace("{stem}", _stem(feed)).replace("{name}", feed.name)


def _stem(feed: Path) -> str:
    return Path(feed.name.removesuffix(".gz")).stem


def _read_control(control: Control, feed: Path) -> ControlFile | None:
    """The control file of a feed, None when there is none."""
    path = _control_path(control, feed)
    if not path.is_file():
        return None
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    pairs = (re.match(r"\s*([^=:]+?)\s*[=:]\s*(.*?)\s*$", line) for line in text.splitlines())
    values = {pair[1].casefold(): pair[2] for pair in pairs if pair}
    wanted = {name: _of(values, key, path) for name, key in (("rows", control.rows), ("checksum", control.checksum))}
    return ControlFile(path, values, wanted["rows"], wanted["checksum"], control.algorithm)


def _of(values: dict[str, str], key: str | None, path: Path) -> str | None:
    if key is None:
        return None
    if key.casefold() not in values:
        raise FeedError(f"the control file has no {key}", where=str(path), remedy="have the feed delivered again")
    return values[key.casefold()]


def _extracted_at(contract: SourceContract, path: Path, name: str, control: ControlFile | None) -> dt.datetime:
    rule = contract.extracted_at
    if rule.by == "mtime":
        return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    if rule.by == "file_name":
        return _in_file_name(rule, path, name)
    text: str | None = rule.value
    if rule.by == "control":
        if control is None:
            raise FeedError("no control file, so no extraction time", where=name)
        text = _of(control.values, rule.value, control.path)
    if rule.by == "column":
        text = _in_column(contract, path, name)
        if text is None:
            return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    cut = _parsed(text or "", rule)
    if cut is None:
        expected = rule.format or "an ISO date or time"
        raise FeedError(f"extraction time {text!r} is not {expected}", where=name, remedy=f"see {contract.path}")
    return cut


def _in_file_name(rule: ExtractedAt, path: Path, name: str) -> dt.datetime:
    for candidate in (path.name, path.name.removesuffix(".gz")):
        try:
            return _to_utc(dt.datetime.strptime(candidate, rule.value or ""), rule)
        except ValueError:
            continue
    raise FeedError(f"the name does not say when it was cut: expected {rule.value}", where=name)


def _in_column(contract: SourceContract, path: Path, name: str) -> str | None:
    """The extraction time in the first row; None when the file has no rows."""
    from pipelines.readers import read_first_rows  # the readers know deliveries, so not at the top

    unread = Delivery(contract.source, path, name, dt.datetime.fromtimestamp(0, dt.UTC))
    table = read_first_rows(unread, contract, 1).table
    if not table.num_rows:
        return None
    value = table.column(contract.extracted_at.value)[0].as_py()
    return str(value or "").strip()


def _parsed(text: str, rule: ExtractedAt) -> dt.datetime | None:
    try:
        found = dt.datetime.strptime(text, rule.format) if rule.format else dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return _to_utc(found, rule)


def _to_utc(moment: dt.datetime, rule: ExtractedAt) -> dt.datetime:
    local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(rule.timezone))
    return local.astimezone(dt.UTC)


def _digest(path: Path, algorithm: str) -> str:
    digest = hashlib.new(algorithm)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
