"""Loads source contracts: YAML files in, `SourceContract`s out, or every error of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mdm.contracts.expressions import read_expression, read_formats
from mdm.contracts.formats import known_columns, read_format
from mdm.contracts.maps import read_country, read_map
from mdm.contracts.model import (
    Control,
    Delivery,
    Expression,
    ExtractedAt,
    PartyRule,
    RecordContract,
    RecordMap,
    SourceContract,
    SqlFormat,
    TrustRule,
)
from mdm.contracts.problems import ContractErrors, Problems
from mdm.contracts.reading import Reading
from mdm.contracts.tree import Node, parse_tree
from mdm.contracts.vocabulary import INHERITED_GROUPS, RECORD_KEYS, TOP_KEYS, TRUST_GROUPS, alias_of
from mdm.errors import ContractError
from mdm.party import PartyType

Contract = TypeVar("Contract")

PARTIES = ("person", "organisation")
ALGORITHMS = ("md5", "sha1", "sha256", "sha512")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def load_contracts(folder: Path) -> list[SourceContract]:
    """The contracts of every `*.yaml` / `*.yml` in `folder`, by source code.

    Raises ContractError, or ContractErrors with the errors of all files; a source code that two files use is one.
    """
    return load_each(folder, load_contract, "source")


def load_each(folder: Path, load: Callable[[Path], Contract], key: str) -> list[Contract]:
    """What `load` makes of every contract in `folder`, by what it names under `key`; each must name another.

    Raises ContractError(s) with the errors of all files.
    """
    contracts: dict[str, Contract] = {}
    errors: list[ContractError] = []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            contract = load(path)
        except ContractErrors as several:
            errors.extend(several.errors)
            continue
        except ContractError as error:
            errors.append(error)
            continue
        name = str(getattr(contract, key))
        if name in contracts:
            other = getattr(contracts[name], "path")  # noqa: B009
            errors.append(
                ContractError(f"{key} code used twice", file=str(path), key=key, found=f"{name!r}, also in {other}")
            )
        contracts.setdefault(name, contract)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ContractErrors(errors)
    return [contracts[name] for name in sorted(contracts)]


def load_contract(path: Path) -> SourceContract:
    """The contract in `path`. Raises ContractError (ContractErrors for several): file, line, key, found, expected."""
    return read_contract(path, lambda root, problems: _read_contract(root, problems, str(path)))


def read_contract(path: Path, read: Callable[[Node, Problems], Contract]) -> Contract:
    """What `read` makes of the YAML in `path`. Raises as `load_contract`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ContractError("cannot be read", file=str(path), found=error.strerror) from error
    except UnicodeDecodeError as error:
        raise ContractError("not UTF-8", file=str(path), found=f"byte {error.object[error.start]:#04x}") from error
    problems = Problems(str(path))

    def twice(node: Node, first_line: int) -> None:
        problems.add(node, "key given twice", found=f"first on line {first_line}", expected="one value")

    contract = read(parse_tree(text, file=str(path), on_duplicate=twice), problems)
    problems.raise_if_any()
    return contract


def _read_contract(root: Node, problems: Problems, path: str) -> SourceContract:
    reading = Reading(problems)
    fields = reading.fields(root, TOP_KEYS, required=("source", "party", "format", "key", "map"), alias=_top_alias)
    layout = read_format(fields["format"], reading) if "format" in fields else None
    if layout is not None:
        reading.known_columns = known_columns(layout)
    whole: dict[str, Any] = {"path": path, "format": layout or SqlFormat(url="?", query="?")}
    for name, read in _TOP_READERS.items():
        if name in fields:
            whole[name] = read(fields[name], reading)
    _check_files(root, fields, layout, problems)
    whole.setdefault("source", "?")
    whole.setdefault("party", PartyRule(party="person"))
    whole.setdefault("key", ("?",))
    whole.setdefault("map", RecordMap())
    whole["map"] = _named_for_party(whole["map"], whole["party"])
    if "records" in fields:
        whole["records"] = _records(fields["records"], whole["map"], reading)
    _check_extracted(whole, fields, reading)
    return SourceContract(**whole)


def _top_alias(name: str) -> str | None:
    top = {
        "file": "files",
        "name": "source",
        "system": "source",
        "mapping": "map",
        "type": "party",
        "id": "key",
        "country": "region",
    }
    return top.get(name) or (f"map.{alias_of(name)}" if alias_of(name) else None)


def _check_files(root: Node, fields: dict[str, Node], layout: object, problems: Problems) -> None:
    if layout is None:
        return
    if isinstance(layout, SqlFormat) and "files" in fields:
        problems.add(fields["files"], "means nothing here", expected="no files for a SQL source")
    if not isinstance(layout, SqlFormat) and "files" not in fields:
        problems.add(root, "missing", key="files", expected="a glob below landing/ such as mobile_*.txt")


def _check_extracted(whole: dict[str, Any], fields: dict[str, Node], reading: Reading) -> None:
    extracted: ExtractedAt | None = whole.get("extracted_at")
    if extracted is None or extracted.by != "control":
        return
    if "control" not in whole:
        reading.problems.add(
            fields["extracted_at"], "no control file", expected="`control: {file: ...}` in the contract"
        )


def read_code(node: Node, reading: Reading) -> str:
    """The code of a system: letters, digits, _ . -"""
    code = reading.text(node, expected="a system code")
    if code != "?" and not _CODE.fullmatch(code):
        reading.problems.add(node, "not a code", found=repr(code), expected="letters, digits, _ . -")
    return code


def _party(node: Node, reading: Reading) -> PartyRule:
    if isinstance(node.value, str):
        return PartyRule(party=cast(PartyType, reading.choice(node, PARTIES)))
    fields = reading.fields(node, ("from", "values"), required=("from", "values"))
    if len(fields) < 2:
        return PartyRule(party="person")
    values = reading.values(fields["values"])
    children = fields["values"].value if isinstance(fields["values"].value, dict) else {}
    checked = {code: cast(PartyType, reading.choice(children[code], PARTIES)) for code in values}
    return PartyRule(column=reading.column(fields["from"]), values=checked)


def _delivery(node: Node, reading: Reading) -> Delivery:
    if isinstance(node.value, str):
        return Delivery(kind=cast(Any, reading.choice(node, ("full", "delta"))))
    fields = reading.fields(node, ("deleted_flag", "values", "kind"), required=("deleted_flag",))
    if "deleted_flag" not in fields:
        return Delivery()
    return Delivery(
        kind=cast(Any, reading.choice(fields["kind"], ("full", "delta"))) if "kind" in fields else "delta",
        deleted_column=reading.column(fields["deleted_flag"]),
        deleted_values=reading.texts(fields["values"]) if "values" in fields else ("D",),
    )


def _extracted_at(node: Node, reading: Reading) -> ExtractedAt:
    ways = ("file_name", "control", "column", "const")
    fields = reading.fields(node, (*ways, "format", "timezone"))
    given = [name for name in ways if name in fields]
    if len(given) != 1:
        reading.problems.add(
            node, "no single way", found=" and ".join(given) or node.shown, expected=f"one of {', '.join(ways)}"
        )
        return ExtractedAt()
    (way,) = given
    value = reading.column(fields[way]) if way == "column" else reading.text(fields[way])
    if way == "file_name":
        read_formats(fields[way], reading)
    return ExtractedAt(
        by=cast(Any, way),
        value=value,
        format=read_formats(fields["format"], reading)[0] if "format" in fields else None,
        timezone=_timezone(fields["timezone"], reading) if "timezone" in fields else "UTC",
    )


def _timezone(node: Node, reading: Reading) -> str:
    name = reading.text(node, expected="a time zone")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reading.problems.add(node, "unknown time zone", found=repr(name), expected="a name such as Asia/Shanghai")
        return "UTC"
    return name


def read_control(node: Node, reading: Reading) -> Control | None:
    """The control file of a feed or a delivery."""
    fields = reading.fields(node, ("file", "rows", "checksum", "algorithm", "extracted_at"), required=("file",))
    if "file" not in fields:
        return None
    texts = {name: reading.text(child) for name, child in fields.items() if name != "algorithm"}
    if "algorithm" in fields:
        texts["algorithm"] = reading.choice(fields["algorithm"], ALGORITHMS)
    return Control(**texts)


def _trust(node: Node, reading: Reading) -> TrustRule:
    if isinstance(node.value, str):
        return TrustRule(default=reading.whole(node, maximum=100))
    fields = reading.fields(node, ("default", *TRUST_GROUPS))
    levels = {name: reading.whole(child, maximum=100) for name, child in fields.items()}
    return TrustRule(default=levels.pop("default", TrustRule().default), groups=levels)


def _records(node: Node, parent: RecordMap, reading: Reading) -> tuple[RecordContract, ...]:
    records = tuple(_record(item, parent, reading) for item in reading.items(node))
    reading.distinct(node, "record", [record.name for record in records])
    return records


def _record(node: Node, parent: RecordMap, reading: Reading) -> RecordContract:
    fields = reading.fields(node, RECORD_KEYS, required=("name", "map"))
    party = _party(fields["party"], reading) if "party" in fields else PartyRule(party="person")
    own = read_map(fields["map"], reading) if "map" in fields else RecordMap()
    inherit = (
        tuple(reading.choice(item, INHERITED_GROUPS) for item in reading.items(fields["inherit"]))
        if "inherit" in fields
        else ()
    )
    taken = {group: getattr(parent, group) for group in inherit if not getattr(own, group)}
    return RecordContract(
        name=read_code(fields["name"], reading) if "name" in fields else "?",
        party=party,
        when=reading.columns(fields["when"]) if "when" in fields else (),
        inherit=inherit,
        map=_named_for_party(own.model_copy(update=taken), party),
    )


def _named_for_party(record: RecordMap, party: PartyRule) -> RecordMap:
    """For an organisation the full name is the organisation's name."""
    if party.party != "organisation" or "name_full" not in record.texts:
        return record
    texts: dict[str, Expression] = dict(record.texts)
    texts.setdefault("organisation_name", texts.pop("name_full"))
    return record.model_copy(update={"texts": texts})


_TOP_READERS: dict[str, Any] = {
    "source": read_code,
    "party": _party,
    "role": lambda node, reading: reading.choice(node, ("customer", "enrichment")),
    "files": lambda node, reading: reading.texts(node, expected="a glob or a list of globs"),
    "delivery": _delivery,
    "extracted_at": _extracted_at,
    "control": read_control,
    "key": lambda node, reading: reading.columns(node),
    "changed_at": read_expression,
    "region": read_country,
    "area_code": lambda node, reading: reading.text(node),
    "trust": _trust,
    "description": lambda node, reading: reading.text(node),
    "map": read_map,
}
