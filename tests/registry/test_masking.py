"""Masked documents: nothing personal is left, whatever attribute it stands in; names, keys and the shape stay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
import sqlalchemy as sa

from mdm.golden.rules import ATTRIBUTES
from mdm.party import CLEANSED, MAPPED
from mdm.registry import why
from mdm.registry.changes import changes_between
from mdm.registry.masking import MASKS, PLAIN, free, mask_entry, mask_text, masked
from tests.registry.nights import Town

RECORD = ["mobile", "K1"]
# attribute -> (what an entry, a list of entries or a text says, the same masked)
CASES: dict[str, tuple[Any, Any]] = {
    "national id": (
        {"identifiers": [{"type": "national_id", "issuer": "CN", "value": "620102196203081535", "record": RECORD}]},
        {"identifiers": [{"type": "national_id", "issuer": "CN", "value": "***1535", "record": RECORD}]},
    ),
    "short identifier": ({"identifiers": [{"value": "AB12"}]}, {"identifiers": [{"value": "***"}]}),
    "golden birth date": (
        {"birth_date": {"value": "1962-03-08", "support": 1, "runner_up": {"value": "1962-08-03", "record": RECORD}}},
        {"birth_date": {"value": "1962-**-**", "support": 1, "runner_up": {"value": "1962-**-**", "record": RECORD}}},
    ),
    "birth date of a record": ({"birth_date": "1962-03-08"}, {"birth_date": "1962-**-**"}),
    "birth date as delivered": ({"birth_date": "08/20/1962"}, {"birth_date": "***"}),
    "death date": ({"death_date": {"value": "2001-01-31"}}, {"death_date": {"value": "2001-**-**"}}),
    "golden phone": (
        {"phones": [{"value": "+8613909310588", "valid_from": "2010-06-01"}]},
        {"phones": [{"value": "***0588", "valid_from": "2010-06-01"}]},
    ),
    "phone of a record": ({"phones": [{"number": "555-0142"}]}, {"phones": [{"number": "***142"}]}),
    "e-mail": ({"emails": [{"value": "ann.lee@mail.example"}]}, {"emails": [{"value": "a***@mail.example"}]}),
    "e-mail of a record": ({"emails": [{"address": "a@b.example"}]}, {"emails": [{"address": "a***@b.example"}]}),
    "no e-mail": ({"emails": ["call ann", {"value": "@x"}]}, {"emails": ["***", {"value": "***"}]}),
    "golden address": (
        {"address": {"value": {"text": "1 Oak St", "number": "1", "street": "Oak St", "locality": "Springfield",
                               "postcode": "62701", "country": "US"}, "record": RECORD, "rule": "most_trusted"}},
        {"address": {"value": {"text": "***", "number": "***", "street": "***", "locality": "Springfield",
                               "postcode": "***", "country": "US"}, "record": RECORD, "rule": "most_trusted"}},
    ),
    "address of a record": (
        {"address": {"unit": "5", "district": "x", "locality": "Toronto", "valid_to": "2012-05-02", "box": None}},
        {"address": {"unit": "***", "district": "***", "locality": "Toronto", "valid_to": "2012-05-02", "box": None}},
    ),
    "address of a household": ({"household": {"address": "1 Oak St"}}, {"household": {"address": "***"}}),
    "keys of an address": (
        {"dwelling_key": "1|oak", "number_key": "1", "street_key": "oak", "unit_key": None, "place_key": "62701"},
        {"dwelling_key": "***", "number_key": "***", "street_key": "***", "unit_key": None, "place_key": "***"},
    ),
    "accounts": ({"accounts": ["98765432", {"value": "A1"}]}, {"accounts": ["***432", {"value": "***"}]}),
    "subscription": (
        {"subscriptions": [{"product": "Fibre 100", "number": "+12175550142", "status": "active"}]},
        {"subscriptions": [{"product": "Fibre 100", "number": "***0142", "status": "active"}]},
    ),
    "anything else": (
        {"attributes": [{"name": "second mail", "value": "ann@b.example"}, {"name": "score", "value": "0.75"}]},
        {"attributes": [{"name": "second mail", "value": "a***@b.example"}, {"name": "score", "value": "0.75"}]},
    ),
    "as delivered": (
        {"original": {"name_full": "Ann Lee", "phones": [{"value": "(217) 555-0142"}], "birth_date": "19800203"}},
        {"original": {"name_full": "Ann Lee", "phones": [{"value": "***0142"}], "birth_date": "***"}},
    ),
    "as delivered, as text": ({"original": '{"emails":[{"value":"a@b.example"}]}'},
                              {"original": '{"emails":[{"value":"a***@b.example"}]}'}),
    "not even JSON": ({"original": "{1980-02-03"}, {"original": "***"}),
    "what cleansing changed": (
        {"changes": [{"attribute": "phones", "delivered": "217 555 0142", "cleansed": "+12175550142"}]},
        {"changes": [{"attribute": "phones", "delivered": "***0142", "cleansed": "***0142"}]},
    ),
    "evidence": (
        {"attribute": "birth date", "said": "the same", "left": "1980-02-03", "left_original": "3.2.80", "bits": 1.5},
        {"attribute": "birth date", "said": "the same", "left": "1980-**-**", "left_original": "***", "bits": 1.5},
    ),
    "evidence of names": ({"attribute": "given name", "left": "Ann"}, {"attribute": "given name", "left": "Ann"}),
    "several with periods": (
        {"attribute": "phone", "right": "+12175550142 (from 2019-05-01 until 2020-01-01), +12175550143"},
        {"attribute": "phone", "right": "***0142 (from 2019-05-01 until 2020-01-01), ***0143"},
    ),
    "a shared key": ({"in_words": "the same phone", "value": "+12175550142", "usable": True},
                     {"in_words": "the same phone", "value": "***", "usable": True}),
    "a sentence": (
        {"sentences": ["The same name; the phones differ (+12175550142 (from 2019-05-01) / +12175550143), and so do "
                       "the birth dates (1980-02-03 / 1981-02-03)."]},
        {"sentences": ["The same name; the phones differ, and so do the birth dates."]},
    ),
    "an override": (
        {"override": {"reason": "saw the passport AB1234567, born 1980-02-03", "actor": "ann@desk", "expires": None}},
        {"override": {"reason": "saw the passport ***4567, born 1980-**-**", "actor": "ann@desk", "expires": None}},
    ),
    "names, keys and numbers": (
        {"pin": "401787509130", "name": "Ann Lee", "records": [{"system": "crm", "local_id": "13909310588"}], "n": 1},
        {"pin": "401787509130", "name": "Ann Lee", "records": [{"system": "crm", "local_id": "13909310588"}], "n": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("document", "expected"), CASES.values(), ids=CASES.keys())
def test_a_document(document: Any, expected: Any) -> None:
    before = json.dumps(document)
    assert masked(document) == expected
    assert json.dumps(document) == before, "the document itself stays as it was"


def test_every_attribute_is_masked_or_plain_by_decision() -> None:
    known = {*MAPPED.names, *CLEANSED.names, *ATTRIBUTES}
    assert known - {*MASKS} - PLAIN == set(), "say in mdm.registry.masking whether it is personal"
    assert not PLAIN & {*MASKS}
    assert {*MASKS, *PLAIN} - known == set()


def test_the_reasons_of_people() -> None:
    assert free("call 217-555-0142 or ann.lee@mail.example, 3 times in 2019") == (
        "call ***0142 or a***@mail.example, 3 times in 2019"
    )
    assert free("x" * 100_000 + "1a2b3c4d") == "x" * 100_000 + "1a2b3c4d"


def test_changes_in_words() -> None:
    before = {"phones": [{"value": "+12175550142", "record": RECORD, "rule": "union", "support": 1}]}
    entry = {"value": "1980-02-03", "record": RECORD, "rule": "most_recent", "support": 1}
    former = {"birth_date": {**entry, "value": "1980-03-02"}}
    after = {"birth_date": {**entry, "runner_up": {"value": "1981-02-03", "record": RECORD}}}
    phones, birth = changes_between({**before, **former}, after, mask_entry)[::-1]
    assert (phones.removed, phones.same_values) == (("***0142",), False)
    assert (birth.before, birth.after, birth.same_values) == ("1980-**-**", "1980-**-**", False)
    assert "the next best is 1981-**-** from mobile:K1" in str(birth.why)
    assert mask_text("phones", "+12175550142 (from 2019-05-01)") == "***0142 (from 2019-05-01)"


def personal(connection: sa.Connection) -> set[str]:
    """All that the records of a store say that is to be masked, but for what is too short to be told apart."""
    found: set[str] = set()
    for (text,) in connection.exec_driver_sql("select cleansed from record"):
        document = json.loads(text)
        found |= {*_values(document)}
    return {value for value in found if len(value) > 3}


def _values(document: dict[str, Any]) -> Iterator[str]:
    for item in document.get("identifiers") or ():
        yield item["value"]
    for item in document.get("phones") or ():
        yield item["number"]
    for item in document.get("emails") or ():
        yield item["address"]
    yield from (document[name] for name in ("birth_date", "dwelling_key") if document.get(name))
    address = document.get("address") or {}
    yield from (address[name] for name in ("text", "street", "postcode") if address.get(name))


def test_explanations_say_nothing_personal(lived: Town) -> None:
    settings = lived.on("2026-04-04")
    with lived.database.read() as connection:
        values = personal(connection)
        pins = sorted(
            {row.pin for row in connection.exec_driver_sql("select pin from xref where recorded_to = 'infinity'")}
        )
        texts = [json.dumps(masked(asdict(why(connection, pin, pin, settings=settings))), default=str) for pin in pins]
    assert len(pins) > 3
    assert any("***" in text for text in texts)
    assert [value for value in values for text in texts if value in text] == []
