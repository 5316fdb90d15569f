"""Features and blocking keys: the bulk path and the online path read the same out of a record."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mdm.match.blocking import KEYS, BlockingKey, Part, RecordKey, finer_keys_sql, hash_text, keys_of, keys_sql
from mdm.match.features import features_of, nickname_group
from mdm.party import CLEANSED, IDENTIFIER_TYPES, PartyType
from tests.match import operator
from tests.match.operator import with_features
from tests.match.rows import ANY_SCRIPT, DATES, DAY, FOLDED, HANZI

SCHEMA = CLEANSED.append(pa.field("record_id", pa.int64()))
PARTIES: tuple[PartyType, ...] = ("person", "organisation")


def held(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """None, or a list of structs in any order, with repetitions."""
    return st.none() | st.lists(st.fixed_dictionaries(fields), max_size=4)


KEYS_OF_NAMES = st.none() | FOLDED | st.sampled_from(["bob", "liz", "wei", "al", "chris"])
CLEANSED_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "party": st.sampled_from(PARTIES),
            **dict.fromkeys(("given_key", "middle_key", "family_key", "former_key"), KEYS_OF_NAMES),
            **dict.fromkeys(("given_native", "family_native"), st.none() | HANZI),
            **dict.fromkeys(
                ("dwelling_key", "street_key", "number_key", "place_key", "organisation_key"), st.none() | ANY_SCRIPT
            ),
            "sex": st.sampled_from([None, "male", "female"]),
            "birth_date": st.none() | DATES,
            "identifiers": held(
                type=st.sampled_from(sorted(IDENTIFIER_TYPES)),
                issuer=st.sampled_from([None, "CN", "CA"]),
                value=st.text("019X", min_size=1, max_size=3),
            ),
            "phones": held(number=st.sampled_from(["+1", "+86", "+1604"]), valid_from=DAY, valid_to=DAY),
            "accounts": st.none() | st.lists(st.sampled_from(["A1", "a1", "账-7"]), max_size=3),
            "emails": held(address=st.sampled_from(["a@b.c", "é@b.c", "Z@b.c"]), valid_from=DAY, valid_to=DAY),
        }
    ),
    min_size=1,
    max_size=8,
)


def assert_same_on_both_paths(table: pa.Table) -> None:
    """Features and keys of CLEANSED rows with a record_id."""
    connection = with_features(table)
    found = operator.feature_rows(connection, "SELECT * FROM features")
    rows = {row["record_id"]: row for row in table.to_pylist()}
    features = {number: features_of(row) for number, row in rows.items()}
    for number, expected in features.items():
        bulk = found[number]
        assert {name: bulk[name] for name in expected} == expected
        assert set(bulk) == {*expected, "record_id", "party"}
    for party in PARTIES:
        of_party = f"(SELECT * FROM features WHERE party = '{party}')"
        connection.execute(f"CREATE TABLE plain_{party} AS {keys_sql(of_party, party)}")
        finer = finer_keys_sql(of_party, party, f"plain_{party}")
        columns = "record_id, name, text, key"
        bulk_keys = connection.execute(
            f"SELECT {columns}, NULL FROM plain_{party} UNION ALL SELECT {columns}, base FROM ({finer})"
        ).fetchall()
        online = [
            (number, key.name, key.text, key.key, key.base)
            for number, row in features.items()
            if rows[number]["party"] == party
            for key in keys_of(row, party)
        ]
        assert sorted(map(str, bulk_keys)) == sorted(map(str, online))


@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(CLEANSED_ROWS)
def test_random_records_have_the_same_features_and_keys_on_both_paths(rows: list[dict[str, Any]]) -> None:
    numbered = [row | {"record_id": number, "system": "s"} for number, row in enumerate(rows)]
    assert_same_on_both_paths(pa.Table.from_pylist(numbered, schema=SCHEMA))


def test_the_operators_records_have_the_same_features_and_keys_on_both_paths() -> None:
    table = operator.cleansed()
    assert table.num_rows > 4000
    assert_same_on_both_paths(table.take(list(range(0, table.num_rows, 3))))


@pytest.mark.parametrize(
    ("identifier", "feature", "text"),
    [
        ({"type": "tax_number", "issuer": "CA", "value": "1"}, "identifiers", "tax_number:CA:1"),
        ({"type": "national_id", "issuer": None, "value": "1"}, "identifiers", "national_id::1"),
        ({"type": "passport", "issuer": "CN", "value": "1"}, "papers", "passport:CN:1"),
        ({"type": "driving_licence", "issuer": "CA", "value": "1"}, "papers", "driving_licence:CA:1"),
    ],
)
def test_numbers_that_prove_and_papers_that_are_renewed_are_told_apart(
    identifier: dict[str, str], feature: str, text: str
) -> None:
    row = features_of({"identifiers": [identifier]})
    assert row[feature] == [text]
    assert row[f"{feature}_kinds"] == [text.rpartition(":")[0]]
    assert row["papers" if feature == "identifiers" else "identifiers"] is None


def test_a_number_that_is_not_unique_is_no_evidence() -> None:
    row = features_of({"identifiers": [{"type": "other", "issuer": None, "value": "1"}]})
    assert row["identifiers"] is row["papers"] is row["identifiers_kinds"] is None


def test_short_forms_meet_in_the_full_name() -> None:
    assert "robert" in nickname_group("bob")
    assert nickname_group("xiulu") == ("xiulu",)
    row = features_of({"given_key": "bob", "birth_date": dt.date(980, 1, 2)})
    assert {"bob", "robert"} <= set(row["nicknames"])
    assert row["birth"] == "0980-01-02"


# -- keys --------------------------------------------------------------------------------------------------------------


def keys(row: dict[str, Any], key: BlockingKey) -> list[str]:
    return list(key.texts({name: None for name in ("given", "family", "phones", "birth")} | row))


def test_a_key_needs_all_its_parts() -> None:
    name = BlockingKey("name", (Part("given", 2), Part("family")))
    assert keys({"given": "ann", "family": "lee"}, name) == ["name|an|lee"]
    assert keys({"given": "ann"}, name) == []


def test_an_unordered_key_does_not_mind_swapped_names() -> None:
    name = BlockingKey("name", (Part("given"), Part("family")), unordered=True)
    assert keys({"given": "lee", "family": "ann"}, name) == keys({"given": "ann", "family": "lee"}, name)


def test_a_list_gives_one_key_for_each_element() -> None:
    phone = BlockingKey("phone", (Part("phones"), Part("given", 1)))
    assert keys({"phones": ["+1", "+2"], "given": "ann"}, phone) == ["phone|+1|a", "phone|+2|a"]


def test_every_refinement_names_the_key_that_it_refines_and_adds_to_it() -> None:
    table = operator.cleansed().slice(0, 900)
    for party in PARTIES:
        lists = {key.name: key.list_feature for key in KEYS[party]}
        for record in table.to_pylist():
            found = keys_of(features_of(record), party)
            plain = {key.key: key for key in found if key.base is None}
            assert all(key.name in lists for key in plain.values())
            for finer in found:
                if finer.base is not None:
                    assert_refines(finer, plain[finer.base])


def assert_refines(finer: RecordKey, base: RecordKey) -> None:
    assert finer.name.startswith(f"{base.name}+")
    parts, more = base.text.split("|")[1:], finer.text.split("|")[1:]
    assert len(more) > len(parts)
    assert sorted(more[: len(parts)]) == sorted(parts)  # unordered keys are refined in the order of the record


def test_finer_keys_are_those_of_the_keys_that_are_too_common() -> None:
    connection = with_features(operator.cleansed().slice(0, 600))
    connection.execute("CREATE TABLE plain AS " + keys_sql("(SELECT * FROM features WHERE party = 'person')", "person"))
    connection.execute("CREATE TABLE common AS SELECT * FROM plain WHERE name IN ('phone', 'name') AND key % 3 = 0")
    found = connection.execute(f"SELECT record_id, name, base FROM ({finer_keys_sql('features', 'person', 'common')})")
    named = {(record, name.partition("+")[0], base) for record, name, base in found.fetchall()}
    common = set(connection.execute("SELECT record_id, name, key FROM common").fetchall())
    assert named
    assert named <= common


def test_a_hash_fits_a_positive_bigint_and_differs() -> None:
    numbers = {hash_text(party, f"name|{n}|张", 0) for n in range(1000) for party in PARTIES}
    assert len(numbers) == 2000
    assert all(0 <= number < 2**63 for number in numbers)
    assert max(numbers) > 2**62
