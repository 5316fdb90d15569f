"""The sample operator: what is committed is what the generator makes, its truth is sound, its values are valid."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from stdnum.ca import bn, sin
from stdnum.cn import ric, uscc

from benchmarks.operator.showcase import FAMILY, HOUSEHOLD
from benchmarks.operator.workspace import FEEDS, SAMPLE, generate
from mdm.contracts import load_contracts

SYSTEMS = {feed.NAME for feed in FEEDS}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed sample, made again elsewhere."""
    out = tmp_path_factory.mktemp("operator")
    generate(2000, 7, out)
    return out


@pytest.fixture(scope="module")
def truth() -> list[dict[str, str]]:
    with (SAMPLE / "truth.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _digests(folder: Path) -> dict[str, str]:
    files = (
        path for path in sorted(folder.rglob("*")) if path.is_file() and "var" not in path.relative_to(folder).parts
    )
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _mobile_rows() -> list[dict[str, str]]:
    text = (SAMPLE / "landing" / "mobile_202603312300.txt").read_bytes().decode("gb18030", errors="replace")
    header, *lines = (line.split("|") for line in text.splitlines())
    return [dict(zip(header, line, strict=True)) for line in lines if len(line) == len(header)]


def test_the_committed_sample_is_what_the_generator_makes(made: Path) -> None:
    assert _digests(made) == _digests(SAMPLE)


def test_another_seed_gives_another_world(made: Path, tmp_path: Path) -> None:
    generate(60, 8, tmp_path / "a")
    generate(60, 9, tmp_path / "b")
    assert (tmp_path / "a" / "truth.csv").read_bytes() != (tmp_path / "b" / "truth.csv").read_bytes()


def test_it_stays_small() -> None:
    assert sum(path.stat().st_size for path in (SAMPLE / "landing").iterdir()) < 1_500_000


def test_contracts_are_valid_and_name_every_feed() -> None:
    contracts = load_contracts(SAMPLE / "sources")
    assert {contract.source for contract in contracts} == SYSTEMS
    assert {contract.source for contract in contracts if contract.role == "enrichment"} == {"enrichment"}


def test_truth_has_each_record_once_and_knows_a_date(truth: list[dict[str, str]]) -> None:
    keys = [(row["source"], row["local_id"]) for row in truth]
    assert len(set(keys)) == len(keys)
    assert {row["source"] for row in truth} == SYSTEMS - {"enrichment"}
    assert all("1998-01-01" <= row["as_of"] <= "2026-03-31" and row["person"] for row in truth)


def test_truth_covers_the_feeds(truth: list[dict[str, str]]) -> None:
    known = {row["local_id"] for row in truth if row["source"] == "mobile_billing"}
    assert {row["CUST_ID"] for row in _mobile_rows()} - {"M8000003"} == known


def test_nobody_is_in_two_households_on_one_day(truth: list[dict[str, str]]) -> None:
    homes = defaultdict(set)
    for row in truth:
        homes[row["person"], row["as_of"]].add(row["household"])
    assert all(len(households) == 1 for households in homes.values())


def test_most_people_are_seen_by_more_than_one_record(truth: list[dict[str, str]]) -> None:
    records: dict[str, int] = defaultdict(int)
    for row in truth:
        records[row["person"]] += 1
    assert 1_500 < len(records) < 2_500
    assert sum(count > 1 for count in records.values()) > len(records) / 2


def test_the_family_has_about_a_hundred_records(truth: list[dict[str, str]]) -> None:
    mine = [row for row in truth if row["household"] == HOUSEHOLD]
    assert {row["person"] for row in mine} == {person.label for person in FAMILY}
    assert len(mine) == 98
    assert {row["source"] for row in mine} == SYSTEMS - {"enrichment"}
    assert "98 records" in (SAMPLE / "README.md").read_text(encoding="utf-8")


def test_nobody_else_has_the_familys_numbers() -> None:
    for row in _mobile_rows():
        if not row["CUST_ID"].startswith("M9"):
            assert all(person.mobile not in row["MOBILE"] and row["CERT_NO"] != person.card for person in FAMILY)


def test_identity_numbers_have_valid_check_digits() -> None:
    cards = [row["CERT_NO"].upper() for row in _mobile_rows() if len(row["CERT_NO"]) == 18]
    wrong = [card for card in cards if ric.calc_check_digit(card) != card[-1]]
    assert len(cards) > 500
    assert len(wrong) < 0.03 * len(cards)  # mistyped ones and placeholders
    codes = [row["ORG_CODE"] for row in _mobile_rows() if row["ORG_CODE"]]
    assert codes
    assert all(uscc.is_valid(code) or bn.is_valid(code) for code in codes)


def test_social_insurance_numbers_are_valid() -> None:
    with (SAMPLE / "landing" / "bb_accounts_20260331.csv").open(encoding="utf-8", newline="") as file:
        numbers = [row["payer_sin"] for row in csv.DictReader(file) if row["payer_sin"]]
    assert len(numbers) > 20
    assert all(sin.is_valid(number) for number in numbers)


def test_fixed_line_records_are_counted_in_bytes() -> None:
    lines = (SAMPLE / "landing" / "F97_20260331.DAT").read_bytes().split(b"\n")
    assert sum(len(line) != 182 for line in lines if line) == 1  # the one that was cut short


def test_deltas_hold_a_contact_and_its_deletion() -> None:
    operations = [
        (row["contact_id"], row["op"])
        for path in sorted((SAMPLE / "landing").glob("calls_*.parquet"))
        for row in pq.read_table(path, columns=["contact_id", "op"]).to_pylist()
    ]
    assert operations.index(("C70000000", "U")) < operations.index(("C70000000", "D"))


@pytest.mark.parametrize("customers", [10, 300])
def test_any_size_runs(customers: int, tmp_path: Path) -> None:
    counts = generate(customers, 3, tmp_path)
    assert all(counts[name] > 0 for name in SYSTEMS)
    assert counts["hopeless"] <= max(0.01 * counts["truth"], 2)
