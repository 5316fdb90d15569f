from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mdm.contracts import ContractErrors, SourceContract, load_contract, load_contracts
from mdm.errors import ContractError

MINIMAL = """source: a
party: person
files: a.csv
format: {type: delimited}
key: ID
map:
  name.full: NAME
"""


def load(folder: Path, text: str, name: str = "a.yaml") -> SourceContract:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return load_contract(path)


def errors_of(folder: Path, text: str) -> list[ContractError]:
    with pytest.raises(ContractError) as caught:
        load(folder, text)
    return list(caught.value.errors) if isinstance(caught.value, ContractErrors) else [caught.value]


def test_defaults_of_a_minimal_contract(tmp_path: Path) -> None:
    contract = load(tmp_path, MINIMAL)
    assert (contract.role, contract.delivery.kind, contract.extracted_at.by) == ("customer", "full", "mtime")
    assert contract.format.encoding == "utf-8"  # type: ignore[union-attr]
    assert contract.columns() == ("ID", "NAME")


def test_scalars_mean_what_is_written(tmp_path: Path) -> None:
    contract = load(
        tmp_path, MINIMAL + "  sex: {column: S, values: {01: male, yes: female, 0x1: x}, otherwise: null}\n"
    )
    assert contract.map.texts["sex"].values == {"01": "male", "yes": "female", "0x1": "x"}
    assert contract.map.texts["sex"].otherwise == "null"


def test_an_organisations_full_name_is_its_name(tmp_path: Path) -> None:
    contract = load(tmp_path, MINIMAL.replace("person", "organisation"))
    assert list(contract.map.texts) == ["organisation_name"]


def test_short_keys(tmp_path: Path) -> None:
    contract = load(tmp_path, MINIMAL.replace("name.full", "name") + "  address: ADDR\n")
    assert contract.map.texts["name_full"].column == "NAME"
    assert contract.map.address["text"].column == "ADDR"


def test_further_records_inherit(tmp_path: Path) -> None:
    contract = load(
        tmp_path,
        MINIMAL + "  address: ADDR\n  phones: TEL\n"
        "records:\n  - {name: spouse, inherit: [address, phones], map: {name.given: SPOUSE, phones: SPOUSE_TEL}}\n",
    )
    (spouse,) = contract.records
    assert spouse.map.address == contract.map.address
    assert [phone.value.column for phone in spouse.map.phones] == ["SPOUSE_TEL"]


def test_trust_by_group(tmp_path: Path) -> None:
    trust = load(tmp_path, MINIMAL + "trust: {default: 70, address: 40}\n").trust
    assert (trust.of("address"), trust.of("name")) == (40, 70)
    assert load(tmp_path, MINIMAL + "trust: 30\n").trust.of("sex") == 30


def test_delivery_with_a_deletion_flag_is_a_delta(tmp_path: Path) -> None:
    delivery = load(tmp_path, MINIMAL + "delivery: {deleted_flag: ST, values: [D, X]}\n").delivery
    assert (delivery.kind, delivery.deleted_column, delivery.deleted_values) == ("delta", "ST", ("D", "X"))


def layout(text: str) -> str:
    return MINIMAL.replace("{type: delimited}", "{" + text + "}")


FIXED = MINIMAL.replace("{type: delimited}", "{type: fixed_width, columns: [{name: ID, start: 1, width: 3}]}")


@pytest.mark.parametrize(
    ("text", "line", "key", "words", "suggestion"),
    [
        (MINIMAL + "  city: CITY\n", 8, "map.city", "unknown key; found 'city'", "address.locality"),
        (MINIMAL + "  state: X\n", 8, "map.state", "unknown key", "address.region"),
        (MINIMAL + "  address.zip: X\n", 8, "map.address.zip", "unknown key", "address.postcode"),
        (MINIMAL + "  dob: X\n", 8, "map.dob", "unknown key", "birth_date"),
        (MINIMAL + "  SSN: X\n", 8, "map.SSN", "unknown key", "identifiers.national_id"),
        (MINIMAL + "  mobile: X\n", 8, "map.mobile", "unknown key", "phones"),
        (MINIMAL + "  Last_Name: X\n", 8, "map.Last_Name", "unknown key", "name.family"),
        (MINIMAL + "  name.fulll: X\n", 8, "map.name.fulll", "unknown key", "name.full"),
        (MINIMAL + "  company: X\n", 8, "map.company", "unknown key", "organisation.name"),
        (MINIMAL + "  identifiers.pasport: X\n", 8, "map.identifiers.pasport", "unknown key", "identifiers.passport"),
        (MINIMAL + "  birth_date: {column: B, formt: '%Y'}\n", 8, "map.birth_date.formt", "unknown key", "format"),
        (MINIMAL + "  birth_date: {column: B, format: YYYYMMDD}\n", 8, "map.birth_date.format", "'YYYYMMDD'", None),
        (MINIMAL + "  birth_date: {column: B, format: '%Q'}\n", 8, "map.birth_date.format", "with %Q", None),
        (MINIMAL + "  birth_date:\n", 8, "map.birth_date", "not an expression; found nothing", None),
        (MINIMAL + "  sex: {format: '%Y'}\n", 8, "map.sex", "one of column, columns, const", None),
        (MINIMAL + "  sex: {column: A, const: b}\n", 8, "map.sex", "found column and const", None),
        (MINIMAL + "  sex: {column: A, part: 1}\n", 8, "map.sex.part", "`split:` beside it", None),
        (MINIMAL + "  sex: {column: A, pattern: '(?=x)'}\n", 8, "map.sex.pattern", "RE2", None),
        (MINIMAL + "  sex: {column: A, pattern: '(x'}\n", 8, "map.sex.pattern", "not a regular expression", None),
        (
            MINIMAL + "  identifiers.passport: {column: A, country: China}\n",
            8, "map.identifiers.passport.country", "two letters", None,
        ),
        (MINIMAL + "rolle: customer\n", 8, "rolle", "unknown key", "role"),
        (MINIMAL + "role: custumer\n", 8, "role", "unknown value; found 'custumer'", "customer"),
        (MINIMAL + "trust: 101\n", 8, "trust", "a whole number, 0 to 100", None),
        (MINIMAL + "trust: {adress: 4}\n", 8, "trust.adress", "unknown key", "address"),
        (MINIMAL + "extracted_at: {control: X}\n", 8, "extracted_at", "no control file", None),
        (MINIMAL + "extracted_at: {const: 1, timezone: Pekin}\n", 8, "extracted_at.timezone", "unknown time", None),
        (MINIMAL + "region: CHN\n", 8, "region", "two letters", None),
        (MINIMAL + "records: [{name: x}]\n", 8, "records[1].map", "missing", None),
        (MINIMAL + "source: b\n", 8, "source", "key given twice; found first on line 1", None),
        (layout("type: csv"), 4, "format.type", "'csv'", "delimited"),
        (layout("type: delimited, encoding: gb18130"), 4, "format.encoding", "unknown", "gb18030"),
        (layout("type: delimited, delimiter: '||'"), 4, "format.delimiter", "one ASCII", None),
        (layout("type: delimited, header: false"), 4, "format.columns", "missing", None),
        (layout("type: sql, url: x, query: y"), 3, "files", "means nothing here", None),
        (MINIMAL.replace("files: a.csv\n", ""), 1, "files", "missing", None),
        (MINIMAL.replace("key: ID\n", ""), 1, "key", "missing", None),
        (MINIMAL.replace("person", "{from: T, values: {1: persn}}"), 2, "party.values.1", "found 'persn'", "person"),
        (FIXED, 7, "map.name.full", "no such column in format.columns; found 'NAME'", None),
        ("a: [1\nb: 2\n", 2, None, "not valid YAML", None),
        ("- a\n", 1, None, "not a contract", None),
    ],
)  # fmt: skip
def test_errors_name_line_key_found_expected_and_nearest(
    tmp_path: Path, text: str, line: int, key: str | None, words: str, suggestion: str | None
) -> None:
    (error,) = errors_of(tmp_path, text)
    assert (error.line, error.key) == (line, key)
    assert words in str(error)
    assert error.suggestion == suggestion
    assert str(error).startswith(f"{tmp_path / 'a.yaml'}:{line}: ")


def test_all_errors_of_a_file_come_together(tmp_path: Path) -> None:
    errors = errors_of(tmp_path, MINIMAL + "  city: C\n  zip: Z\ndelivery: ful\n")
    assert [(error.line, error.suggestion) for error in errors] == [
        (8, "address.locality"), (9, "address.postcode"), (10, "full"),
    ]  # fmt: skip


def test_a_misspelt_column_is_found_where_the_contract_lists_them(tmp_path: Path) -> None:
    text = FIXED.replace("width: 3}", "width: 3}, {name: CUST_NAME, start: 4, width: 9}").replace(
        "NAME\n", "CUST_NAM\n"
    )
    (error,) = errors_of(tmp_path, text)
    assert error.suggestion == "CUST_NAME"


def test_contracts_come_by_source_and_a_code_is_used_once(tmp_path: Path) -> None:
    load(tmp_path, MINIMAL.replace("source: a", "source: z"), "1.yaml")
    load(tmp_path, MINIMAL, "2.yml")
    assert [contract.source for contract in load_contracts(tmp_path)] == ["a", "z"]
    load(tmp_path, MINIMAL, "3.yaml")
    with pytest.raises(ContractError, match="source code used twice"):
        load_contracts(tmp_path)


def test_errors_of_all_files_come_together(tmp_path: Path) -> None:
    for name in ("1.yaml", "2.yaml"):
        (tmp_path / name).write_text(MINIMAL + "  city: C\n", encoding="utf-8")
    with pytest.raises(ContractErrors) as caught:
        load_contracts(tmp_path)
    assert [Path(error.file).name for error in caught.value.errors] == ["1.yaml", "2.yaml"]


def test_the_digest_follows_the_meaning(tmp_path: Path) -> None:
    first = load(tmp_path, MINIMAL)
    again = load(tmp_path, "# a comment\n" + MINIMAL + "description: x\n", "b.yaml")
    changed = load(tmp_path, MINIMAL.replace("NAME", "NOM"), "c.yaml")
    assert first.digest == again.digest != changed.digest


def test_a_file_that_is_not_there_or_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="cannot be read"):
        load_contract(tmp_path / "none.yaml")
    (tmp_path / "x.yaml").write_bytes(b"source: \xff\n")
    with pytest.raises(ContractError, match="not UTF-8"):
        load_contract(tmp_path / "x.yaml")


def test_every_broken_line_is_an_error_and_never_a_crash(tmp_path: Path) -> None:
    """Each value of the full example, replaced by nothing, a list or a mapping, loads or raises ContractError."""
    example = Path(__file__).parents[1] / "pipelines" / "templates" / "example.yaml"
    plain = YAML(typ="safe").load(example.read_text(encoding="utf-8"))
    for key in plain:
        for value in ("", "[]", "[x, {y: 1}]", "{x: 1}", "0", "{column: {}}"):
            lines = [f"{key}: {value}"] + [
                f"{other}: {_flow(plain[other])}" for other in plain if other != key
            ]  # fmt: skip
            with contextlib.suppress(ContractError):
                load(tmp_path, "\n".join(lines))


def _flow(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
