"""Numbers that nobody is shown are hidden wherever they stand; all others stay as they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mdm.party import IDENTIFIER_TYPES
from mdm.registry.concealing import Beside, concealed, delivered
from mdm.registry.masking import as_seen, masked

SIN, HELD = "130692544", {"type": "national_id", "issuer": "CA", "value": "130692544"}
HIDDEN = {**HELD, "value": "***"}
# what it is about -> (a document, the same as anybody may see it)
CASES: dict[str, tuple[Any, Any]] = {
    "of a record": ({"identifiers": [HELD]}, {"identifiers": [HIDDEN]}),
    "golden, with a runner-up": (
        {"identifiers": [{**HELD, "rule": "most_frequent", "support": 2, "runner_up": {**HELD, "value": "193456787"}}]},
        {"identifiers": [{**HIDDEN, "rule": "most_frequent", "support": 2, "runner_up": HIDDEN}]},
    ),
    "a tax number of a person": (
        {"party": "person", "golden": {"identifiers": [{**HELD, "type": "tax_number"}]}},
        {"party": "person", "golden": {"identifiers": [{**HIDDEN, "type": "tax_number"}]}},
    ),
    "a tax number of nobody knows whom": ([{**HELD, "type": "tax_number"}], [{**HIDDEN, "type": "tax_number"}]),
    "a national id of an organisation": (
        {"party": "organisation", "identifiers": [HELD]},
        {"party": "organisation", "identifiers": [HIDDEN]},
    ),
    "as delivered, with its country": (
        {"original": {"identifiers": [{"type": "national_id", "country": "Canada", "value": "130 692 544"}]}},
        {"original": {"identifiers": [{"type": "national_id", "country": "Canada", "value": "***"}]}},
    ),
    "as delivered, as text": (
        {"original": '{"identifiers":[{"type":"national_id","value":"SIN 130-692-544"}]}'},
        {"original": '{"identifiers":[{"type":"national_id","value":"***"}]}'},
    ),
    "as delivered, with a digit that is wrong": (
        {"original": {"identifiers": [{"type": "national_id", "value": "130692545"}]}},
        {"original": {"identifiers": [{"type": "national_id", "value": "***"}]}},
    ),
    "pinned": ({"attribute": "identifiers.national_id", "value": SIN},
               {"attribute": "identifiers.national_id", "value": "***"}),
    "pinned, with its issuer": ({"attribute": "identifiers.national_id", "value": {"issuer": "CA", "value": SIN}},
                                {"attribute": "identifiers.national_id", "value": {"issuer": "CA", "value": "***"}}),
    "a key": ({"value": "identifier|national_id:CA:130692544|roy"}, {"value": "identifier|national_id:CA:***|roy"}),
    "a key without an issuer": ("tax_number::130692544", "tax_number::***"),
    "a change in words": ({"added": ["national_id CA 130692544", "phone"]}, {"added": ["national_id CA ***", "phone"]}),
}  # fmt: skip
SHOWN: dict[str, Any] = {
    "of another country": {"type": "national_id", "issuer": "US", "value": "536228741"},
    "of another type": {"type": "passport", "issuer": "CA", "value": "AB123456"},
    "a business number": {"party": "organisation", "identifiers": [{**HELD, "type": "tax_number"}]},
    "a card as delivered": {"original": {"identifiers": [{"type": "national_id", "value": "620102196203081535"}]}},
    "a number that cleansing read": {
        "cleansed": {"identifiers": [{"type": "national_id", "issuer": "US", "value": "536228741"}]},
        "original": {"identifiers": [{"type": "national_id", "value": "536-22-8741"}]},
    },
    "words": "identifiers.national_id: not a social insurance number: check digit",
    "a phone": {"type": "mobile", "value": "+14165550142"},
    "nothing": {"type": "national_id", "issuer": "CA", "value": None},
}


@pytest.mark.parametrize(("document", "expected"), CASES.values(), ids=CASES.keys())
def test_hidden_from_everybody(document: Any, expected: Any) -> None:
    before = json.dumps(document)
    assert concealed(document) == expected
    assert concealed(expected) == expected
    assert SIN[-4:] not in json.dumps(masked(document)), "masking shows the ends of other numbers"
    assert json.dumps(document) == before, "the document itself stays as it was"


@pytest.mark.parametrize("document", SHOWN.values(), ids=SHOWN.keys())
def test_all_else_stays(document: Any) -> None:
    assert concealed(document) == document
    assert as_seen(document, mask=False) == document


def test_rows_that_nobody_could_read() -> None:
    assert delivered("K9|Ann Lee|130 692 544|416-555-0142", {"CA"}) == "K9|Ann Lee|***|416-555-0142"
    assert delivered("K9|Ann Lee|130 692 544", {"US"}) == "K9|Ann Lee|130 692 544"
    row = {"party": "person", "identifiers": [{"type": "national_id", "value": "13O692544"}]}
    assert "544" not in delivered(json.dumps(row), {"CA"})
    assert json.loads(delivered(json.dumps(row), {"US"})) == row


def test_the_type_says_what_is_never_shown() -> None:
    hiding = {name: sorted(kind.never_shown) for name, kind in IDENTIFIER_TYPES.items() if kind.never_shown}
    assert hiding == {"national_id": ["CA"], "tax_number": ["CA"]}
    assert concealed([{**HELD, "type": "tax_number"}], Beside("organisation"))[0]["value"] == SIN
