"""The mark of each attribute of a record: valid, or the worst that was said of its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mdm.cleanse.values import Issue, mark_of

_NAMES = ("full", "prefix", "given", "middle", "family", "suffix", "former")
_COLUMNS = {
    "name": tuple(f"name_{part}" for part in _NAMES),
    **{
        name: (name,)
        for name in (
            "organisation_name", "birth_date", "death_date", "sex", "address", "phones", "emails", "subscriptions",
        )
    },
}  # fmt: skip


def marks_of(mapped: Mapping[str, Any], issues: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Attribute -> its mark, for every attribute of a MAPPED row that has a value; identifiers by their type.

    issues: those of the CLEANSED row.
    """
    found = {name: name for name, columns in _COLUMNS.items() if any(mapped.get(column) for column in columns)}
    kinds = [identifier.get("type") or "other" for identifier in mapped.get("identifiers") or () if identifier]
    found |= {f"identifiers.{kind}": f"identifiers.{kind}" for kind in kinds}
    return {name: mark_of(_about(name, issues)) for name in found}


def _about(name: str, issues: Sequence[Mapping[str, str]]) -> list[Issue]:
    return [
        Issue(issue["attribute"], issue["mark"], issue["reason"])  # type: ignore[arg-type]
        for issue in issues
        if issue["attribute"] == name
        or issue["attribute"].startswith((f"{name}.", f"{name}_"))
        or (issue["attribute"] == "identifiers" and name.startswith("identifiers."))
    ]
