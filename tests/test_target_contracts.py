"""Target contracts: what is wrong is told with file, line and key; what is right means what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdm.contracts.problems import ContractErrors
from mdm.contracts.target_load import load_target, load_targets
from mdm.errors import ContractError

SYSTEMS = ("billing", "crm")
GOOD = """\
target: billing
system: billing
format: {type: delimited, delimiter: "|", quote: none, encoding: gbk}
file: "b_{number:04}.txt"
columns:
  - ID: key
  - {name: NAME, value: name.full, width: 20}
  - {name: BORN, value: birth_date, format: "%Y%m%d"}
  - {name: TEL, value: phones, matching: '\\+861[3-9].*', place: 2, without: "+86"}
unwritable: {policy: keep, table: {䶮: 龑}, otherwise: "*"}
acknowledgement:
  files: ack_*.txt
  format: {type: delimited}
  delivery: NO
  key: ID
  status: {column: R, accepted: [OK], rejected: [NO]}
  within: 36 hours
  attempts: 3
"""
WRONG = {
    "unknown key": ("target:", "targte: x\ntarget:", 1, "targte", "did you mean 'target'"),
    "unknown system": ("system: billing", "system: bilin", 2, "system", "no such source"),
    "unknown value": ("value: name.full", "value: name.fulll", 7, "columns[2].value", "did you mean 'name.full'"),
    "what people write": ("value: name.full", "value: surname", 7, "columns[2].value", "did you mean 'name.family'"),
    "a column twice": ("name: NAME", "name: ID", 5, "columns", "column named twice"),
    "the same file name": ("b_{number:04}.txt", "b.txt", 4, "file", "the same name for every delivery"),
    "a file name that is none": ("b_{number:04}.txt", "b_{nummer}.txt", 4, "file", "not a file name"),
    "a folder in a file name": ("b_{number:04}", "b/{number:04}", 4, "file", "not a file name"),
    "a format of what is no date": ("width: 20", 'format: "%Y"', 7, "columns[2].format", "means nothing here"),
    "a place of what is one": ("width: 20", "place: 2", 7, "columns[2].place", "means nothing here"),
    "an expression that is none": ("'\\+861[3-9].*'", "'('", 9, "columns[4].matching", "not a regular expression"),
    "a substitute that cannot be": ("{䶮: 龑}", "{䶮: 𠮷}", 10, "unwritable.table.䶮", "not writable in gbk"),
    "two characters": ("{䶮: 龑}", "{ab: c}", 10, "unwritable.table.ab", "not one character"),
    "no status": (
        "  status: {column: R, accepted: [OK], rejected: [NO]}\n",
        "",
        11,
        "acknowledgement.status",
        "missing",
    ),
    "both words": ("rejected: [NO]", "rejected: [OK]", 16, "acknowledgement.status", "both accepted and rejected"),
    "no way to know": ("  delivery: NO\n", "", 11, "acknowledgement", "no single way to know the delivery"),
    "not a time": ("36 hours", "soon", 17, "acknowledgement.within", "not a time"),
    "no key": ("  - ID: key\n", "", 5, "columns", "no key"),
    "no width": ('type: delimited, delimiter: "|", quote: none', "type: fixed_width", 6, "columns[1].width", "missing"),
    "key given twice": ("file:", "file: a{number}\nfile:", 5, "file", "key given twice"),
}


def load(tmp_path: Path, text: str) -> list[ContractError]:
    file = tmp_path / "billing.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        load_target(file, SYSTEMS)
    except ContractErrors as several:
        return list(several.errors)
    except ContractError as error:
        return [error]
    return []


def test_a_contract_means_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "billing.yaml"
    file.write_text(GOOD, encoding="utf-8")
    contract = load_target(file, SYSTEMS)
    assert [column.value for column in contract.columns] == ["key", "name.full", "birth_date", "phones"]
    assert contract.file_name(7, __import__("datetime").date(2026, 4, 1)) == "b_0007.txt"
    assert contract.folder == "billing"
    assert contract.acknowledgement is not None
    assert contract.acknowledgement.within == 36 * 3600
    assert contract.unwritable.table == {"䶮": "龑"}
    assert type(contract).model_validate(contract.model_dump(mode="json")) == contract


@pytest.mark.parametrize(("old", "new", "line", "key", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told(tmp_path: Path, old: str, new: str, line: int, key: str, message: str) -> None:
    assert GOOD.count(old) >= 1
    errors = load(tmp_path, GOOD.replace(old, new, 1))
    found = [(error.line, error.key) for error in errors if message in str(error)]
    assert (line, key) in found, [str(error) for error in errors]
    assert all(str(tmp_path) in str(error) for error in errors)


def test_two_contracts_of_one_target(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(ContractError, match="used twice"):
        load_targets(tmp_path, SYSTEMS)


def test_no_folder_no_targets(tmp_path: Path) -> None:
    assert load_targets(tmp_path / "none", SYSTEMS) == []


def test_the_example_of_mdm_init_and_those_of_the_samples() -> None:
    root = Path(__file__).parents[1]
    example = load_target(root / "pipelines" / "templates" / "target.yaml", ("mobile_billing",))
    assert example.acknowledgement is not None
    samples = load_targets(root / "data" / "samples" / "targets")
    assert [contract.target for contract in samples] == ["fixed_line", "mobile_billing"]
