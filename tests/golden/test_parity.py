"""Online and bulk are one thing: the same documents, to the byte, for any records, settings and overrides."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdm.golden.bulk import golden_batch
from mdm.golden.candidates import echo_key
from mdm.golden.document import to_text
from mdm.golden.overrides import Override
from mdm.golden.rules import ATTRIBUTES, GROUPS, RULES
from mdm.golden.survivorship import golden_record
from tests.golden.factory import BUSINESS_DATE, cleansed, membership, record

SYSTEMS = ("billing", "crm", "web", "97")
WORDS = st.sampled_from(["Ann", "Anna", "Lee", 'O\'Neil "X"', "李", "é", "a\\b", "𠮷", "x y", ""]) | st.text(
    st.characters(exclude_categories=("Cs", "Cc")), max_size=4
)
text = st.none() | WORDS
days = st.none() | st.dates(date(2015, 1, 1), date(2026, 1, 1)) | st.sampled_from([date(2020, 1, 1), date(1, 1, 1)])
instants = st.none() | st.datetimes(datetime(2015, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC)) | st.just(
    datetime(2020, 1, 1, tzinfo=UTC)
)  # fmt: skip
period = {"valid_from": days, "valid_to": days}


def items(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | st.lists(st.fixed_dictionaries(fields), max_size=3)


BODIES = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["customer", "customer", "customer", "enrichment", None]),
        "party": st.sampled_from(["person", "organisation"]),
        "changed_at": instants,
        "extracted_at": instants,
        **{f"name_{part}": text for part in ("prefix", "given", "middle", "family", "suffix")},
        **{name: text for name in ("given_key", "family_key", "given_native", "family_native")},
        **{f"organisation_{part}": text for part in ("name", "key", "form")},
        "birth_date": days,
        "death_date": days,
        "sex": st.sampled_from([None, "male", "female"]),
        "identifiers": items(
            type=st.sampled_from(["national_id", "tax_number", "passport", "other"]), issuer=text, value=text
        ),
        "phones": items(number=text, **period),
        "emails": items(address=text, **period),
        "address": st.none() | st.fixed_dictionaries({"text": text, "unit": text, "country": text, **period}),
        "dwelling_key": text,
        "accounts": st.none() | st.lists(text, max_size=3),
        "subscriptions": items(product=text, number=text, status=text, **period),
        "consents": items(purpose=text, channel=text, granted=text),
        "attributes": items(name=text, value=text),
    }
)
KEYS = st.lists(
    st.tuples(st.sampled_from(SYSTEMS), st.sampled_from(["1", "10", "2", "1 a", "é"])), unique=True, min_size=1
)
RULE = {
    name: st.sampled_from([*RULES, *([] if a.column is None else [f"union:{rule}" for rule in RULES] + ["union"])])
    for name, a in ATTRIBUTES.items()
}
SETTINGS = st.fixed_dictionaries(
    {
        "trust": st.dictionaries(
            st.sampled_from(SYSTEMS), st.dictionaries(st.sampled_from([*GROUPS, "default"]), st.integers(0, 100))
        ),
        "rules": st.fixed_dictionaries({}, optional=RULE),
        "half_life_days": st.dictionaries(
            st.sampled_from(list(ATTRIBUTES)), st.floats(0.01, 1e5) | st.sampled_from([1, 30, math.inf])
        ),
    }
)
OVERRIDES = st.lists(
    st.builds(
        Override,
        st.sampled_from([*ATTRIBUTES, "identifiers.national_id", "attributes.Ann", "consents.Ann.Lee"]),
        st.none() | st.just("pinned") | st.fixed_dictionaries({"value": text}),
        st.just("told so"),
        st.just("steward"),
        st.none() | st.sampled_from([BUSINESS_DATE, BUSINESS_DATE - timedelta(days=1)]),
    ),
    max_size=3,
)


def marks_for(body: dict[str, Any]) -> list[dict[str, str]]:
    """A mark for each value that could be an echo, and some that say nothing of it."""
    found = [{"attribute": "phones", "mark": "repaired", "reason": "é"}]
    doubted = ("name_full", "organisation_name", "birth_date", "identifiers.passport", "emails", "address.postcode")
    found += [{"attribute": name, "mark": "suspicious", "reason": "looks odd"} for name in doubted]
    for attribute in ATTRIBUTES.values():
        sources = [body] if attribute.column is None else body[attribute.column] or []
        keys = {key for source in sources if (key := echo_key(attribute, source)) is not None}
        found += [{"attribute": attribute.name, "mark": "echo", "reason": key} for key in sorted(keys)]
    return found


@st.composite
def populations(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """PIN -> its records; keys are unique over all of them."""
    customers: dict[str, list[dict[str, Any]]] = {}
    for system, local_id in draw(KEYS):
        pin = draw(st.sampled_from(["100000000001", "100000000002", "100000000003"]))
        body = record(system, local_id, **draw(BODIES))
        marks = draw(st.lists(st.sampled_from(marks_for(body)), max_size=4, unique_by=str))
        customers.setdefault(pin, []).append(body | {"issues": marks})
    return customers


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("SET threads = 1")
    return con


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    customers=populations(), options=SETTINGS, pinned=st.fixed_dictionaries({}, optional={"100000000001": OVERRIDES})
)
def test_bulk_and_online_give_the_same_documents(
    connection: duckdb.DuckDBPyConnection,
    customers: dict[str, list[dict[str, Any]]],
    options: dict[str, Any],
    pinned: dict[str, list[Override]],
) -> None:
    rows = [row for records in customers.values() for row in records]
    batch = golden_batch(
        cleansed(rows),
        membership(customers),
        **options,
        overrides=pinned,
        business_date=BUSINESS_DATE,
        connection=connection,
    )
    online = {
        pin: to_text(golden_record(records, **options, overrides=pinned.get(pin, ()), business_date=BUSINESS_DATE))
        for pin, records in customers.items()
    }
    assert dict(zip(batch["pin"].to_pylist(), batch["doc"].to_pylist(), strict=True)) == online
