"""The candidate values of one record, with the features that the rules compare (Python; the twin is `sql`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from mdm.golden.rules import MICROSECONDS_PER_DAY, Attribute, Trust, may_speak, remarked, source_trust

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SUSPICIOUS = "suspicious"  # the mark of a value that cleansing kept, but would have looked at
ECHO = "echo"  # the mark of a value that a target was told and sends back (mdm.sync.echoes)
_SEPARATOR = "\x1f"  # the ASCII unit separator: in no cleansed value

Source = Mapping[str, Any]


@dataclass(slots=True)
class Candidate:
    """A value that one record offers. Dates are microseconds since 1970 (UTC), None when undated.

    An echo, a value that the record only repeats after us, has no trust and no date, and supports nothing. The last
    three features depend on the other candidates and are filled in by `survivorship`.
    """

    slot: str
    same: str
    fields: dict[str, str]
    record: tuple[str, str]
    place: int
    valid_from: date | None
    valid_to: date | None
    seen: int | None
    recorded: int | None
    declared_trust: int
    telling: int = 1
    sound: int = 1
    echo: bool = False
    completeness: int = field(init=False)
    length: int = field(init=False)
    current: int = 1
    trust: int = 0
    support: int = 1

    def __post_init__(self) -> None:
        self.completeness = len(self.fields)
        self.length = sum(map(len, self.fields.values()))

    def rank(self, features: tuple[str, ...]) -> tuple[Any, ...]:
        """Sorts first what is best by `features`; (system, local id) and the place in the record decide the rest."""
        return (*(_descending(getattr(self, feature)) for feature in features), self.record, self.place)

    def ended_by(self, moment: int) -> bool:
        """Whether the last day of the value was over at `moment`."""
        last_day = microseconds(self.valid_to)
        return last_day is not None and last_day + MICROSECONDS_PER_DAY <= moment


def candidates(attribute: Attribute, record: Source, trust: Trust) -> Iterator[Candidate]:
    """What `record` (a row of `CLEANSED`) offers for `attribute`; nothing when its role may not speak for it."""
    if not may_speak(record["role"], attribute.group):
        return
    points = source_trust(trust, record["system"], attribute.group)
    recorded = microseconds(record["changed_at"] or record["extracted_at"])
    echoed, doubted = echoes_of(attribute, record), doubts_of(attribute, record)
    for place, source in enumerate(_sources(attribute, record), start=1):
        if attribute.needs and all(_text(source, path) is None for path in attribute.needs):
            continue
        fields = {name: text for name, path in attribute.fields if (text := _text(source, path)) is not None}
        if not fields:
            continue
        valid_from, valid_to = _period(attribute, source)
        echo = bool(echoed) and echo_key(attribute, source) in echoed
        slot = _joined(source, attribute.slot)
        sound = int(not doubted or (f"{attribute.name}.{slot}" if attribute.slot else attribute.name) not in doubted)
        yield Candidate(
            slot=slot,
            same=_same(attribute, source),
            fields=fields,
            record=(record["system"], record["local_id"]),
            place=place,
            valid_from=valid_from,
            valid_to=valid_to,
            seen=None if echo else recorded if valid_from is None else microseconds(valid_from),
            recorded=None if echo else recorded,
            declared_trust=0 if echo else points if sound or attribute.period is not None else points // 2,
            telling=int(any(_text(source, path) is not None for path in attribute.tells)),
            sound=sound,
            echo=echo,
        )


def echoes_of(attribute: Attribute, record: Source) -> frozenset[str]:
    """The values of `attribute` that a record only repeats after us: as `echo_key` names them."""
    marks = record.get("issues") or ()
    return frozenset(mark["reason"] for mark in marks if mark["mark"] == ECHO and mark["attribute"] == attribute.name)


def doubts_of(attribute: Attribute, record: Source) -> frozenset[str]:
    """What of a record cleansing found suspicious, as golden attributes (with the slot behind a dot)."""
    marks = record.get("issues")
    if not marks or attribute.doubted_as is None:
        return frozenset()
    return frozenset(remarked(mark["attribute"]) for mark in marks if mark["mark"] == SUSPICIOUS)


def echo_key(attribute: Attribute, source: Any) -> str | None:
    """How an echo is named among the values of a record: its slot and value; empty where there is but one value."""
    if attribute.column is None:
        return ""
    path = dict(attribute.fields).get("value")
    if path is None:
        return None
    value = _text(source, path)
    slot = _joined(source, attribute.slot)
    return f"{slot}: {value}" if attribute.slot else value


def microseconds(moment: date | datetime | None) -> int | None:
    """Microseconds since 1970; a date is its midnight, and what has no time zone is UTC."""
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return since.days * MICROSECONDS_PER_DAY + since.seconds * 1_000_000 + since.microseconds


def _sources(attribute: Attribute, record: Source) -> list[Any]:
    if attribute.column is None:
        return [record]
    return record.get(attribute.column) or []


def _period(attribute: Attribute, source: Any) -> tuple[date | None, date | None]:
    if attribute.period is None:
        return None, None
    carrier = _reach(source, attribute.period) or {}
    return carrier.get("valid_from"), carrier.get("valid_to")


def _same(attribute: Attribute, source: Any) -> str:
    """Equal for two values that are the same value, however they are written."""
    if any(_text(source, path) is not None for path in attribute.same):
        return _joined(source, attribute.same)
    return _joined(source, tuple(path for _, path in attribute.fields))


def _joined(source: Any, paths: tuple[str, ...]) -> str:
    return _SEPARATOR.join(_text(source, path) or "" for path in paths)


def _text(source: Any, path: str) -> str | None:
    """The text at `path`, dates in ISO; see `Attribute.fields` for what a path is."""
    if "+" in path:
        return "".join(_text(source, part) or "" for part in path.split("+")) or None
    value = _reach(source, path)
    return value.isoformat() if isinstance(value, date) else value


def _reach(source: Any, path: str) -> Any:
    for step in path.split(".") if path else ():
        if source is None:
            return None
        source = source.get(step)
    return source


def _descending(number: int | None) -> float:
    return float("inf") if number is None else -number
