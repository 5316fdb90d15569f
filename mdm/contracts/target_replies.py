"""Reads `acknowledgement:` of a target: how its answers look, and how long they are waited for."""

from __future__ import annotations

import re
from typing import Any

from mdm.contracts.formats import read_format
from mdm.contracts.reading import Reading
from mdm.contracts.target_model import Acknowledgement
from mdm.contracts.tree import Node

ACKNOWLEDGEMENT_KEYS = (
    "files", "format", "delivery", "number_in_name", "key", "status", "reason", "rows", "within", "attempts",
)  # fmt: skip
STATUS_KEYS = ("column", "accepted", "rejected")
_UNITS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 7 * 86_400}


def read_acknowledgement(node: Node, reading: Reading) -> Acknowledgement | None:
    """The answers at `node`; None when too little of it can be read."""
    fields = reading.fields(node, ACKNOWLEDGEMENT_KEYS, required=("files", "format", "key"))
    if not {"files", "format", "key"} <= fields.keys():
        return None
    found: dict[str, Any] = {
        "files": reading.texts(fields["files"], expected="a glob below landing/ such as mobile_ack_*.txt"),
        "format": read_format(fields["format"], reading),
        "key": reading.column(fields["key"]),
    }
    found |= {name: reading.text(fields[name]) for name in ("delivery", "reason") if name in fields}
    if "number_in_name" in fields:
        found["number_in_name"] = _number_in_name(fields["number_in_name"], reading)
    if ("delivery" in fields) == ("number_in_name" in fields):
        reading.problems.add(
            node, "no single way to know the delivery", expected="delivery: COLUMN, or number_in_name: 'ack_([0-9]+)'"
        )
    if "rows" in fields:
        found["rows"] = reading.choice(fields["rows"], ("all", "rejected"))
    found |= _status(fields["status"], reading) if "status" in fields else {}
    if "status" not in fields and found.get("rows", "all") == "all":
        expected = "{column: C, accepted: [OK], rejected: [ERR]}"
        reading.problems.add(node, "missing", key=f"{node.key}.status", expected=expected)
    if "within" in fields:
        found["within"] = _seconds(fields["within"], reading)
    if "attempts" in fields:
        found["attempts"] = reading.whole(fields["attempts"], minimum=1, maximum=100)
    return Acknowledgement(**found)


def _status(node: Node, reading: Reading) -> dict[str, Any]:
    fields = reading.fields(node, STATUS_KEYS, required=STATUS_KEYS)
    if len(fields) < len(STATUS_KEYS):
        return {}
    accepted, rejected = (reading.texts(fields[name]) for name in ("accepted", "rejected"))
    for word in sorted(set(accepted) & set(rejected)):
        reading.problems.add(node, "both accepted and rejected", found=repr(word), expected="one of them")
    return {"status": reading.column(fields["column"]), "accepted": accepted, "rejected": rejected}


def _number_in_name(node: Node, reading: Reading) -> str:
    text = reading.text(node, expected="a regular expression with one group")
    try:
        groups = re.compile(text).groups
    except re.error:
        groups = 0
    if groups != 1:
        reading.problems.add(node, "not a regular expression with one group", found=repr(text), expected="ack_([0-9]+)")
        return "([0-9]+)"
    return text


def _seconds(node: Node, reading: Reading) -> int:
    text = reading.text(node, expected="a time such as 2 days")
    found = re.fullmatch(r"(\d+) *(minute|hour|day|week)s?", text)
    if found is None:
        reading.problems.add(node, "not a time", found=repr(text), expected="such as 90 minutes, 36 hours, 2 days")
        return 2 * 86_400
    return int(found[1]) * _UNITS[found[2]]
