"""The canonical record: what a party may have, and the named tables that carry it from stage to stage.

A *source record* is one row of one system, keyed (system, local id). It crosses three tables:

* ``MAPPED``   - what the contract says the row means; text as delivered (declared date formats already ISO).
* ``CLEANSED`` - the same record after `mdm.cleanse`: typed, normalised, keys for matching and the originals beside it.
* the store    - see `mdm.store.tables`.

Every stage hands over Arrow tables (or Parquet files) of exactly these schemas; an empty input gives an empty table of
the same schema. The expectations check the same names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

PartyType = Literal["person", "organisation"]
Role = Literal["customer", "enrichment"]


@dataclass(frozen=True, slots=True)
class IdentifierType:
    """What an identifier of this type can prove.

    unique: one holder at a time. stable: never renewed. one_per_party: nobody holds two.
    Only types that are all three can contradict (see `contradicts`); all unique types are strong evidence when equal.
    never_shown: issuer -> the parties whose numbers of this type nobody is shown (`mdm.registry.concealing`).
    """

    name: str
    unique: bool = True
    stable: bool = False
    one_per_party: bool = False
    never_shown: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)

    @property
    def contradicts(self) -> bool:
        """Whether two different valid values prove two different parties."""
        return self.unique and self.stable and self.one_per_party

    def hides(self, issuer: str, party: str | None) -> bool:
        """Whether nobody is shown a number of this issuer; party: None when it is not known whose it is."""
        parties = self.never_shown.get(issuer, frozenset())
        return bool(parties) if party is None else party in parties


# Canada: the social insurance number, which is a tax number, too; that of an organisation is no secret
_OF_ANYBODY, _OF_PEOPLE = {"CA": frozenset({"person", "organisation"})}, {"CA": frozenset({"person"})}

IDENTIFIER_TYPES: dict[str, IdentifierType] = {
    kind.name: kind
    for kind in (
        IdentifierType("national_id", stable=True, one_per_party=True, never_shown=_OF_ANYBODY),
        IdentifierType("tax_number", stable=True, one_per_party=True, never_shown=_OF_PEOPLE),
        IdentifierType("organisation_id", stable=True, one_per_party=True),
        IdentifierType("passport"),
        IdentifierType("travel_permit"),
        IdentifierType("driving_licence"),
        IdentifierType("health_card"),
        IdentifierType("other", unique=False),
    )
}


def _list(*fields: tuple[str, pa.DataType]) -> pa.DataType:
    return pa.list_(pa.struct([pa.field(name, kind) for name, kind in fields]))


TEXT, DATE, INSTANT = pa.string(), pa.date32(), pa.timestamp("us", tz="UTC")

ADDRESS_TEXT_FIELDS = (
    "text", "number", "street", "unit", "building", "po_box",
    "district", "locality", "region", "postcode", "country", "kind",
)  # fmt: skip

# what cleansing adds: GB/T 2260, six digits, of the most exact level that is known in China: district, city or province
ADDRESS_PARTS = (*ADDRESS_TEXT_FIELDS, "division_code")

_NAMES = (
    "name_full",
    "name_prefix",
    "name_given",
    "name_middle",
    "name_family",
    "name_suffix",
    "name_former",
)

MAPPED = pa.schema(
    [
        ("system", TEXT),  # source system code
        ("local_id", TEXT),  # key within the system; further records of one row are <key>#<name>
        ("party", TEXT),  # person | organisation
        ("deleted", pa.bool_()),  # the delivery says that this record is gone
        ("file", TEXT),  # file name below the landing directory
        ("line", pa.int64()),  # line (text formats) or row (others), 1 = first line of the file
        ("row_hash", pa.int64()),  # over everything mapped, not over file, line or column order
        ("changed_at", INSTANT),  # effective from, as the source says; null when it does not
        *((name, TEXT) for name in _NAMES),
        ("organisation_name", TEXT),
        ("birth_date", TEXT),
        ("birth_calendar", TEXT),  # of the birth date: lunar | lunar leap | solar; null: solar
        ("death_date", TEXT),
        ("sex", TEXT),
        ("identifiers", _list(("type", TEXT), ("country", TEXT), ("value", TEXT))),
        ("phones", _list(("value", TEXT), ("valid_from", TEXT), ("valid_to", TEXT))),
        ("emails", _list(("value", TEXT), ("valid_from", TEXT), ("valid_to", TEXT))),
        ("address", pa.struct([(name, TEXT) for name in (*ADDRESS_TEXT_FIELDS, "valid_from", "valid_to")])),
        ("household_role", TEXT),  # what the source calls this person's place in the household
        ("accounts", pa.list_(TEXT)),
        (
            "subscriptions",
            _list(
                ("product", TEXT),
                ("number", TEXT),
                ("status", TEXT),
                ("valid_from", TEXT),
                ("valid_to", TEXT),
            ),
        ),
        ("relationships", _list(("kind", TEXT), ("local_id", TEXT))),  # to another record of the same system
        ("consents", _list(("purpose", TEXT), ("channel", TEXT), ("granted", TEXT))),
        ("attributes", _list(("name", TEXT), ("value", TEXT))),  # anything else: scores, segments, language
    ]
)

ADDRESS = pa.struct(
    [
        ("text", TEXT),  # one line, for people
        *((name, TEXT) for name in ADDRESS_PARTS[1:]),
        ("valid_from", DATE),
        ("valid_to", DATE),
    ]
)

CLEANSED = pa.schema(
    [
        ("system", TEXT),
        ("local_id", TEXT),
        ("party", TEXT),
        ("role", TEXT),  # customer | enrichment
        ("file", TEXT),
        ("line", pa.int64()),
        ("content_hash", pa.int64()),  # MAPPED.row_hash
        ("extracted_at", INSTANT),  # when the delivery was cut
        ("changed_at", INSTANT),
        ("original", TEXT),  # JSON object: mapped key -> text as delivered, non-null only
        # mark: repaired | suspicious | unreadable | echo (a value that the source only repeats after us)
        ("issues", _list(("attribute", TEXT), ("mark", TEXT), ("reason", TEXT))),
        # names as people read them
        ("name_prefix", TEXT), ("name_given", TEXT), ("name_middle", TEXT), ("name_family", TEXT),
        ("name_suffix", TEXT), ("name_former", TEXT),
        # names as matching reads them: lower-case ASCII letters; hanzi become toneless pinyin
        ("given_key", TEXT), ("middle_key", TEXT), ("family_key", TEXT), ("former_key", TEXT),
        ("given_native", TEXT), ("family_native", TEXT),  # simplified hanzi, null for other scripts
        ("organisation_name", TEXT),  # for people
        ("organisation_key", TEXT),  # core name without legal form, folded; hanzi simplified
        ("organisation_form", TEXT),  # canonical legal form: inc, ltd, llc, gmbh, 有限公司 -> ltd ...
        ("birth_date", DATE), ("death_date", DATE),
        ("sex", TEXT),  # male | female
        ("identifiers", _list(("type", TEXT), ("issuer", TEXT), ("value", TEXT))),  # valid ones only
        ("phones", _list(("number", TEXT), ("valid_from", DATE), ("valid_to", DATE))),  # E.164
        ("emails", _list(("address", TEXT), ("valid_from", DATE), ("valid_to", DATE))),
        ("address", ADDRESS),
        # the address as matching and households read it: folded, abbreviations expanded
        ("number_key", TEXT),  # house number (or Chinese 号 number)
        ("street_key", TEXT),  # street (or Chinese road + compound)
        ("unit_key", TEXT),  # building / unit / floor / room
        ("place_key", TEXT),  # postcode if informative, else locality
        ("dwelling_key", TEXT),  # number|street|unit|po box|place, null when too little is known to name a dwelling
        ("household_role", TEXT),
        ("accounts", pa.list_(TEXT)),
        (
            "subscriptions",
            _list(("product", TEXT), ("number", TEXT), ("status", TEXT), ("valid_from", DATE), ("valid_to", DATE)),
        ),
        ("relationships", _list(("kind", TEXT), ("local_id", TEXT))),
        ("consents", _list(("purpose", TEXT), ("channel", TEXT), ("granted", TEXT))),
        ("attributes", _list(("name", TEXT), ("value", TEXT))),
    ]
)  # fmt: skip

QUARANTINE = pa.schema(
    [
        ("system", TEXT),
        ("local_id", TEXT),  # null when the row has no readable key
        ("file", TEXT),
        ("line", pa.int64()),
        ("reason", TEXT),  # a code: missing_key, columns, encoding, field_too_long, ...
        ("detail", TEXT),  # what was found and what was expected, for a person
        ("content", TEXT),  # the row as far as it could be read, shortened to 4,000 characters
    ]
)


def empty(schema: pa.Schema) -> pa.Table:
    """An empty table of `schema`."""
    return schema.empty_table()
