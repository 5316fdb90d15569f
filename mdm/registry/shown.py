"""What a record says on each comparison, as a person reads it: the cleansed value, and the original spelling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mdm.match.features import PAPER, PROOF
from mdm.registry.concealing import Beside, concealed

Record = Mapping[str, Any]  # a CLEANSED document as the store keeps it


def shown(comparison: str, cleansed: Record, party: str) -> str | None:
    """The value that a comparison of this name reads, or None when the record says nothing."""
    return _SHOWN[comparison]({**cleansed, "party": party})


def original(comparison: str, delivered: Record | None, cleansed: Record, party: str) -> str | None:
    """The same as delivered, where the source wrote it otherwise than `shown` does."""
    seen = concealed({"original": delivered or {}, "cleansed": {**cleansed, "party": party}})["original"]
    texts = _texts(_ORIGINAL[comparison](seen))
    return texts if texts != shown(comparison, cleansed, party) else None


def _texts(values: Iterable[Any]) -> str | None:
    return ", ".join(dict.fromkeys(str(value) for value in values if value)) or None


def _with_former(record: Record) -> str | None:
    family, former = record.get("name_family"), record.get("name_former")
    if former is None:
        return family
    return f"{family or '?'}, formerly {former}"


def _numbers(types: tuple[str, ...]) -> Callable[[Record], str | None]:
    def read(record: Record) -> str | None:
        held = [item for item in record.get("identifiers") or () if item["type"] in types]
        return _texts(item["value"] for item in concealed(held, Beside(record["party"])))

    return read


def _phones(record: Record) -> str | None:
    return _texts(f"{item['number']}{_period(item)}" for item in record.get("phones") or ())


def _period(item: Record) -> str:
    since, until = item.get("valid_from"), item.get("valid_to")
    if since is None and until is None:
        return ""
    return f" ({f'from {since}' if since else ''}{' ' if since and until else ''}{f'until {until}' if until else ''})"


def _address(record: Record) -> str | None:
    address = record.get("address")
    if address is None:
        return None
    parts = ("unit", "building", "number", "street", "locality", "postcode")
    text: str | None = address.get("text") or _texts(address.get(part) for part in parts)
    return text


def _names(part: str) -> Callable[[Record], Iterable[Any]]:
    return lambda delivered: [delivered.get(part) or delivered.get("name_full")]


def _items(column: str, types: tuple[str, ...] | None = None) -> Callable[[Record], Iterable[Any]]:
    def read(delivered: Record) -> Iterable[Any]:
        items = delivered.get(column) or ()
        return [item.get("value") for item in items if types is None or item.get("type") in types]

    return read


def _delivered_address(delivered: Record) -> Iterable[Any]:
    address = delivered.get("address") or {}
    whole = address.get("text")
    parts = ("unit", "building", "number", "street", "district", "locality", "region", "postcode")
    return [whole] if whole else [address.get(part) for part in parts]


_SHOWN: dict[str, Callable[[Record], str | None]] = {
    "given": lambda record: record.get("name_given"),
    "middle": lambda record: record.get("name_middle"),
    "family": _with_former,
    "birth": lambda record: record.get("birth_date"),
    "sex": lambda record: record.get("sex"),
    "identifiers": _numbers(PROOF),
    "papers": _numbers(PAPER),
    "phones": _phones,
    "emails": lambda record: _texts(item["address"] for item in record.get("emails") or ()),
    "address": _address,
    "organisation": lambda record: record.get("organisation_name"),
}
_ORIGINAL: dict[str, Callable[[Record], Iterable[Any]]] = {
    "given": _names("name_given"),
    "middle": lambda delivered: [delivered.get("name_middle")],
    "family": _names("name_family"),
    "birth": lambda delivered: [delivered.get("birth_date")],
    "sex": lambda delivered: [delivered.get("sex")],
    "identifiers": _items("identifiers", PROOF),
    "papers": _items("identifiers", PAPER),
    "phones": _items("phones"),
    "emails": _items("emails"),
    "address": _delivered_address,
    "organisation": lambda delivered: [delivered.get("organisation_name") or delivered.get("name_full")],
}
