"""The words of a contract: the canonical keys of `map:`, and what people tend to write instead of them."""

from __future__ import annotations

from mdm.party import ADDRESS_TEXT_FIELDS, IDENTIFIER_TYPES

TOP_KEYS = (
    "source", "description", "party", "role", "files", "format", "delivery", "extracted_at", "control", "key",
    "changed_at", "region", "area_code", "trust", "map", "records",
)  # fmt: skip
RECORD_KEYS = ("name", "party", "when", "inherit", "map")

# canonical key -> column of mdm.party.MAPPED
TEXT_KEYS = {
    **{f"name.{part}": f"name_{part}" for part in ("full", "prefix", "given", "middle", "family", "suffix", "former")},
    "organisation.name": "organisation_name",
    "birth_date": "birth_date",
    "birth_calendar": "birth_calendar",
    "death_date": "death_date",
    "sex": "sex",
    "household.role": "household_role",
}
# canonical key -> field of MAPPED's address
ADDRESS_KEYS = {
    **{f"address.{field}": field for field in ADDRESS_TEXT_FIELDS},
    "address.from": "valid_from",
    "address.to": "valid_to",
}
IDENTIFIER_KEYS = {f"identifiers.{name}": name for name in IDENTIFIER_TYPES}
LIST_KEYS = ("phones", "emails", "accounts", "subscriptions", "relationships", "consents")
SHORT_KEYS = {"name": "name.full", "address": "address.text"}
MAP_KEYS = (*TEXT_KEYS, *ADDRESS_KEYS, *IDENTIFIER_KEYS, *LIST_KEYS, *SHORT_KEYS)

TRUST_GROUPS = (
    "name", "birth_date", "sex", "identifiers", "phones", "emails", "address", "organisation", "accounts",
    "subscriptions", "consents", "attributes",
)  # fmt: skip
INHERITED_GROUPS = ("address", "phones", "emails", "accounts", "subscriptions", "consents", "attributes")

# The canonical key -> what people write instead; compared without case, "-", "_", and with or without "address." etc.
_SPELLINGS = {
    "address.locality": "city town village suburb place municipality",
    "address.region": "state province prov",
    "address.postcode": "zip zipcode postal postalcode",
    "address.text": "addressline address1 fulladdress addr line",
    "address.number": "housenumber streetnumber civicnumber",
    "address.street": "street streetname road",
    "address.unit": "unit apartment apt flat room unitnumber",
    "address.country": "country countrycode",
    "address.po_box": "pobox",
    "address.kind": "addresstype housingtype",
    "birth_date": "dob birthdate birthday dateofbirth birth born",
    "death_date": "dod deathdate dateofdeath died",
    "sex": "gender",
    "identifiers.national_id": "ssn sin nid idcard idnumber nationalid socialsecuritynumber",
    "identifiers.tax_number": "tin taxid taxnumber",
    "identifiers.organisation_id": "uscc companynumber registrationnumber businessnumber organizationid",
    "identifiers.passport": "passport passportnumber",
    "identifiers.driving_licence": "drivinglicense driverslicense drivinglicence",
    "phones": "mobile tel phone telephone cell phonenumber mobilenumber msisdn landline homephone fax",
    "emails": "email mail emailaddress",
    "name.given": "firstname givenname forename first",
    "name.middle": "middlename middleinitial middle",
    "name.family": "lastname surname familyname last",
    "name.full": "fullname customername custname",
    "name.former": "maidenname formername birthname maiden",
    "name.prefix": "title salutation prefix",
    "name.suffix": "suffix generation",
    "organisation.name": "company companyname organisation organization organisationname organizationname businessname",
    "accounts": "account accountnumber accountno acct",
    "subscriptions": "subscription product products service services",
    "consents": "consent optin",
    "household.role": "relationshiptohead householdrole",
}


def _folded(key: str) -> str:
    return key.casefold().replace("_", "").replace("-", "").replace(" ", "")


ALIASES = {_folded(word): key for key, words in _SPELLINGS.items() for word in words.split()}


def alias_of(key: str) -> str | None:
    """The canonical key that somebody who wrote `key` meant, when it is a usual spelling."""
    return ALIASES.get(_folded(key)) or ALIASES.get(_folded(key.rpartition(".")[2]))
