from __future__ import annotations

import json
import re
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from mdm.contracts import load_contract, load_contracts
from mdm.errors import UsageError
from mdm.settings import Settings
from pipelines.check import check_workspace
from pipelines.mapping import map_rows
from pipelines.readers.rows import empty_table
from pipelines.show.check import show_check
from pipelines.workspace import init_workspace


def test_a_new_workspace_loads_with_the_defaults_and_a_key_of_its_own(tmp_path: Path) -> None:
    keys = set()
    for name in ("a", "b"):
        init_workspace(tmp_path / name)
        settings = Settings.load(tmp_path / name)
        keys.add(settings.instance.pin_key)
        assert check_workspace(settings) == []
        assert settings.gates == Settings(workspace=tmp_path, landing=tmp_path).gates
    assert len(keys) == 2
    assert all(len(key) == 32 for key in keys)


def test_mdm_toml_shows_every_setting_with_its_default(tmp_path: Path) -> None:
    init_workspace(tmp_path)
    shown = re.sub(r"(?m)^# (?=\w+ =)", "", (tmp_path / "mdm.toml").read_text(encoding="utf-8"))
    sections = tomllib.loads(shown)
    defaults = Settings(workspace=tmp_path, landing=tmp_path).model_dump(
        mode="json", exclude={"workspace", "landing", "database_url"}
    )
    assert set(sections) == set(defaults)
    for name, section in defaults.items():
        assert set(sections[name]) == set(section)
        for key, value in section.items():
            if value not in ({}, [], None, ""):
                assert sections[name][key] == value, f"{name}.{key}"


def test_the_example_contract_loads_and_maps(tmp_path: Path) -> None:
    init_workspace(tmp_path)
    contract = load_contract(tmp_path / "sources" / "example.yaml.sample")
    raw = empty_table(contract.columns())
    assert map_rows(raw, contract, file="x").num_rows == 0


def test_every_commented_line_of_the_example_loads_too(tmp_path: Path) -> None:
    init_workspace(tmp_path)
    text = (tmp_path / "sources" / "example.yaml.sample").read_text(encoding="utf-8")
    variants = re.findall(r"(?m)^# ((party|format|delivery): .*?)(?: {2,}#.*)?$", text)
    assert len(variants) >= 7
    for number, (line, key) in enumerate(variants):
        lines = [other for other in text.splitlines() if not other.startswith(f"{key}:")]
        if "type: sql" in line:
            lines = [other for other in lines if not other.startswith("files:")]
        if "columns: [" in line:  # columns are then checked, and the example names only some
            continue
        path = tmp_path / "sources" / "x.yaml"
        path.write_text("\n".join([*lines, line]), encoding="utf-8")
        assert load_contract(path).source == "mobile_billing", number


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mdm.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"already there: mdm\.toml"):
        init_workspace(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mdm.toml"]


def test_check_says_what_would_be_read_mapped_and_rejected(tmp_path: Path) -> None:
    init_workspace(tmp_path)
    (tmp_path / "sources" / "a.yaml").write_text(
        "source: a\nparty: {from: T, values: {P: person}}\nfiles: a.csv\nformat: {type: delimited}\nkey: ID\n"
        "map: {name.given: N, address.locality: C, phones: [M, H], attributes.x: X}\n"
        "records: [{name: spouse, map: {name.given: S}}]\n",
        encoding="utf-8",
    )
    (tmp_path / "sources" / "b.yaml").write_text(
        "source: b\nparty: person\nfiles: b.csv\nformat: {type: delimited}\nkey: ID\nmap: {name: N}\n", encoding="utf-8"
    )
    (tmp_path / "landing" / "a.csv").write_text(
        "ID,T,N,C,M,H,X,S\n1,P,Ann,Bern,1,2,x,Bo\n,P,,,,,,\n3,Q,,,,,,\n4,P\n", encoding="utf-8"
    )
    before = sorted(tmp_path.rglob("*"))
    first, second = check_workspace(Settings.load(tmp_path))
    assert sorted(tmp_path.rglob("*")) == before
    assert second.problems == [f"no file matches b.csv in {tmp_path / 'landing'}"]
    (delivery,) = first.deliveries
    assert (delivery.rows, delivery.records, first.problems) == (4, 4, [])
    assert [(row.line, row.reason) for row in delivery.rejected] == [
        (5, "columns"), (3, "missing_key"), (4, "unknown_party"),
    ]  # fmt: skip
    shown = {column.key: (column.columns, column.filled, column.samples) for column in delivery.mapped}
    assert shown["name.given"] == ("N", 1, ("Ann",))
    assert shown["address.locality"] == ("C", 1, ("Bern",))
    assert shown["phones"] == ("H", 1, ("1; 2",))
    assert shown["attributes.x"] == ("X", 1, ("x",))
    assert shown["spouse: name.given"] == ("S", 1, ("Bo",))


def test_check_shows_what_cleansing_makes_of_the_first_rows_and_no_social_insurance_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init_workspace(tmp_path)
    (tmp_path / "sources" / "a.yaml").write_text(
        "source: a\nparty: person\nregion: CA\nfiles: a.csv\nformat: {type: delimited}\nkey: ID\nmap: {name.full: N, "
        "phones: [M, H], emails: E, address.text: A, birth_date: B, identifiers.national_id: SIN}\n",
        encoding="utf-8",
    )
    (tmp_path / "landing" / "a.csv").write_text(
        "ID,N,M,H,E,A,B,SIN\n"
        '1,"SMITH, JOHN",403-262-1234 x5,000,ann@gmial.com,"4-12 Oak Ave, Calgary ON T2P IJ9",1900-01-01,130 692 544\n'
        "2,ABC PLUMBING LTD,,,,,,130692545\n",
        encoding="utf-8",
    )
    (report,) = check_workspace(Settings.load(tmp_path))
    found = [(v.line, v.attribute, v.original, v.cleansed, v.mark, v.reason) for v in report.deliveries[0].cleansed]
    assert found == [
        (2, "name", "SMITH, JOHN", "given John, family Smith", "valid", ""),
        (2, "birth_date", "1900-01-01", "", "unreadable", "placeholder date"),
        (2, "address", "4-12 Oak Ave, Calgary ON T2P IJ9", "number 12, street Oak Ave, unit 4, locality Calgary, "
         "region ON, postcode T2P 1J9, country CA", "suspicious",
         "a letter read as the digit that it stands for; T2P is in AB, the province says ON"),
        (2, "identifiers.national_id", "***", "*** (CA)", "valid", ""),
        (2, "phones", "403-262-1234 x5", "+14032621234", "repaired", "extension left out"),
        (2, "phones", "000", "", "unreadable", "placeholder"),
        (2, "emails", "ann@gmial.com", "ann@gmial.com", "suspicious", "domain gmial.com looks mistyped"),
        (3, "name", "ABC PLUMBING LTD", "ABC PLUMBING LTD", "suspicious", "only one name; looks like an organisation"),
        (3, "identifiers.national_id", "***", "", "unreadable", "not a social insurance number: check digit"),
    ]  # fmt: skip
    told = json.dumps(asdict(report), default=str)
    assert "692" not in told
    show_check([report])
    shown = capsys.readouterr().out
    assert "692" not in shown
    assert "extension left out" in shown


def test_the_benchmark_contracts_load() -> None:
    workspaces = Path(__file__).parents[2] / "benchmarks" / "workspaces"
    linked = load_contracts(workspaces / "linked_feeds" / "sources")
    assert [contract.source for contract in linked] == ["census", "cps", "ssa", "tax1040", "w2", "wic"]
    assert [contract.source for contract in load_contracts(workspaces / "febrl4" / "sources")] == ["a", "b"]
