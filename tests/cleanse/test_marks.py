"""The mark of an attribute is the worst that was said of its values."""

from __future__ import annotations

from mdm.cleanse.marks import marks_of
from mdm.cleanse.record import cleanse_record
from mdm.cleanse.values import CleanseContext


def test_every_attribute_that_was_sent_has_a_mark() -> None:
    mapped = {
        "name_full": "John Smith", "birth_date": "31/02/1980", "phones": [{"value": "403-262-1234 x5"}],
        "emails": [{"value": "ann@gmial.com"}, {"value": "none"}], "organisation_name": None,
        "address": {"street": "1 Main St", "region": "ON", "postcode": "T2P 1J9"},
        "identifiers": [{"type": "national_id", "value": "130 692 545"}, {"type": "passport", "value": "AB123456"}],
    }  # fmt: skip
    issues = cleanse_record(mapped, context=CleanseContext(region="CA"))["issues"]
    assert marks_of(mapped, issues) == {
        "name": "valid",
        "birth_date": "unreadable",
        "address": "suspicious",
        "phones": "repaired",
        "emails": "unreadable",
        "identifiers.national_id": "unreadable",
        "identifiers.passport": "valid",
    }
