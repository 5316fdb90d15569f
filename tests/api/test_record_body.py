"""What the body of a written record may say."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from api.records import RecordBody


@pytest.mark.parametrize("text", ["00000000", "0", "20260101", "2026-02-30"])
@pytest.mark.parametrize("where", ["phones", "address", "subscriptions"])
def test_the_text_of_a_number_is_no_date(where: str, text: str) -> None:
    """It was read as seconds since 1970: a period without an end ended on 1970-01-01."""
    said = {"phones": [{"value": "1", "valid_to": text}], "address": {"valid_to": text}}
    said["subscriptions"] = [{"valid_to": text}]
    with pytest.raises(ValidationError, match="write"):
        RecordBody.model_validate({where: said[where]})


def test_an_address_says_what_it_is_and_since_when() -> None:
    address = {"text": "12 Elm Street", "kind": "business", "valid_from": "2026-01-31"}
    mapped = RecordBody.model_validate({"address": address}).to_mapped()["address"]
    assert {name: mapped[name] for name in address} == address


def test_another_birth_date_is_of_the_calendar_that_is_sent_with_it() -> None:
    lunar = {"birth_date": "1990-01-01", "birth_calendar": "lunar"}
    assert RecordBody.model_validate(lunar).to_changes() == lunar
    solar = RecordBody.model_validate({"birth_date": "1990-01-27"}).to_changes()
    assert solar == {"birth_date": "1990-01-27", "birth_calendar": None}
    assert RecordBody.model_validate({"sex": "f"}).to_changes() == {"sex": "f"}
    with pytest.raises(ValidationError, match="lunar leap"):
        RecordBody.model_validate({**lunar, "birth_calendar": "julian"})
