"""Loads target contracts: YAML files in, `TargetContract`s out, or every error of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, cast

from mdm.contracts.load import PARTIES, load_each, read_code, read_contract, read_control
from mdm.contracts.problems import Problems
from mdm.contracts.reading import Reading
from mdm.contracts.target_columns import read_columns
from mdm.contracts.target_format import read_target_format
from mdm.contracts.target_model import Acknowledgement, Policy, TargetContract, TargetFormat, Unwritable
from mdm.contracts.target_replies import read_acknowledgement
from mdm.contracts.tree import Node

TARGET_KEYS = (
    "target", "description", "system", "record", "party", "delivery", "format", "file", "folder", "control", "columns",
    "unwritable", "acknowledgement",
)  # fmt: skip
POLICIES = ("substitute", "transliterate", "keep")
UNWRITABLE_KEYS = ("policy", "table", "otherwise")
_ALIASES = {
    "source": "system", "name": "target", "map": "columns", "fields": "columns", "files": "file", "directory": "folder",
    "mode": "delivery", "ack": "acknowledgement", "acknowledgements": "acknowledgement", "encoding": "format",
}  # fmt: skip


def load_targets(folder: Path, systems: Collection[str] | None = None) -> list[TargetContract]:
    """The contracts of every `*.yaml` / `*.yml` in `folder`, by target; a folder that is not there has none.

    systems: the sources of the workspace, one of which a target's `system` must be. Raises ContractError(s).
    """
    return load_each(folder, lambda path: load_target(path, systems), "target")


def load_target(path: Path, systems: Collection[str] | None = None) -> TargetContract:
    """The contract in `path`. Raises ContractError (ContractErrors for several): file, line, key, found, expected."""
    return read_contract(path, lambda root, problems: _read(root, problems, str(path), systems))


def _read(root: Node, problems: Problems, path: str, systems: Collection[str] | None) -> TargetContract:
    reading = Reading(problems)
    required = ("target", "format", "file", "columns")
    fields = reading.fields(root, TARGET_KEYS, required=required, alias=_ALIASES.get)
    layout = read_target_format(fields["format"], reading) if "format" in fields else TargetFormat()
    name = read_code(fields["target"], reading) if "target" in fields else "?"
    whole: dict[str, Any] = {"path": path, "format": layout, "target": name, "columns": (), "folder": name}
    if "columns" in fields:
        whole["columns"] = read_columns(fields["columns"], reading, layout)
    for key, read in _READERS.items():
        if key in fields:
            whole[key] = read(fields[key], reading)
    whole["file"] = _file(fields["file"], reading, name) if "file" in fields else "?"
    if "system" in fields and systems is not None and whole["system"] not in systems:
        problems.add(fields["system"], "no such source", found=repr(whole["system"]), expected=_one_of(systems))
    if "record" in fields and "system" not in fields:
        problems.add(fields["record"], "means nothing here", expected="`system:` beside it")
    if "unwritable" in fields:
        whole["unwritable"] = _unwritable(fields["unwritable"], reading, layout)
    contract = TargetContract(**whole)
    _check(contract, root, fields, problems)
    return contract


def _check(contract: TargetContract, root: Node, fields: dict[str, Node], problems: Problems) -> None:
    if "columns" in fields and not any(contract.columns_of("key", "pin")):
        problems.add(fields["columns"], "no key", expected="a column with value: key, or value: pin")
    if contract.system is None and any(column.overwrite == "if_empty" for column in contract.columns):
        problems.add(fields["columns"], "overwrite: if_empty without a system", expected="`system:` in the contract")
    answer = contract.acknowledgement
    if answer is not None and contract.system is None and not any(contract.columns_of("key", "pin")):
        problems.add(root, "rows that cannot be answered", key="columns", expected="a column with value: key or pin")


def _file(node: Node, reading: Reading, target: str) -> str:
    """The name of a delivery's file; it must differ from delivery to delivery."""
    text = reading.text(node, expected="a file name such as cust_{number:06}.txt")
    day = dt.date(2000, 1, 2)
    try:
        names = {text.format(target=target, number=number, date=day) for number in (1, 2)}
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        expected = "{target}, {number:06} and {date:%Y%m%d} in it"
        reading.problems.add(node, "not a file name", found=f"{text!r}: {error}", expected=expected)
        return "{number}"
    if len(names) == 1:
        reading.problems.add(node, "the same name for every delivery", found=repr(text), expected="{number} in it")
    if any("/" in name or name.startswith(".") for name in names):
        expected = "a name without / and no dot at its beginning"
        reading.problems.add(node, "not a file name", found=repr(text), expected=expected)
    return text


def _unwritable(node: Node, reading: Reading, layout: TargetFormat) -> Unwritable:
    if isinstance(node.value, str):
        return Unwritable(policy=cast(Policy, reading.choice(node, POLICIES)))
    fields = reading.fields(node, UNWRITABLE_KEYS)
    table = {}
    for letter, text in (reading.values(fields["table"]) if "table" in fields else {}).items():
        children = fields["table"].value
        assert isinstance(children, dict)
        child = children[letter]
        if len(letter) != 1:
            expected = "a character and its substitute"
            reading.problems.add(child, "not one character", found=repr(letter), expected=expected)
        table[letter] = _writable(child, text or "", reading, layout)
    otherwise = fields["otherwise"].value if "otherwise" in fields else "?"
    if "otherwise" in fields:
        otherwise = _writable(fields["otherwise"], str(otherwise or ""), reading, layout)
    policy = reading.choice(fields["policy"], POLICIES) if "policy" in fields else "substitute"
    return Unwritable(policy=cast(Policy, policy), table=table, otherwise=str(otherwise))


def _writable(node: Node, text: str, reading: Reading, layout: TargetFormat) -> str:
    """A substitute, which the target's own encoding must be able to write."""
    try:
        text.encode(layout.encoding)
    except UnicodeEncodeError:
        reading.problems.add(node, f"not writable in {layout.encoding}", found=repr(text), expected="other characters")
        return "?"
    return text


def _one_of(systems: Collection[str]) -> str:
    return f"one of {', '.join(sorted(systems))}" if systems else "a source contract in sources/"


def _acknowledgement(node: Node, reading: Reading) -> Acknowledgement | None:
    return read_acknowledgement(node, reading)


def _record(node: Node, reading: Reading) -> str:
    name = read_code(node, reading)
    return name if re.fullmatch(r"[^#]+", name) else "?"


_READERS: dict[str, Any] = {
    "system": read_code,
    "record": _record,
    "party": lambda node, reading: reading.choice(node, PARTIES),
    "delivery": lambda node, reading: reading.choice(node, ("delta", "full")),
    "folder": lambda node, reading: reading.text(node, expected="a folder below outbound/, or an absolute path"),
    "control": read_control,
    "acknowledgement": _acknowledgement,
    "description": lambda node, reading: reading.text(node),
}
