"""Every expectation as data: what is expected, of which column, how bad it is when it fails, and what people read.

Columns are those that `expectations.measures` makes from the tables of `mdm.party`. Limits (`Limit("name")`) are bound
when the suite runs, from the policy, the control file and the last runs; a check whose limit is not known is left out,
unless the limit has a value for that case: then its figure is stored and becomes the history of later runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from expectations.verdict import Severity
from mdm.party import CLEANSED, MAPPED

MAX_KEY_LENGTH = 200
"""Characters of a local id: the longest that the lookup paths and the store's index carry without trouble."""

MAX_UNREADABLE_SHARE = 0.5
"""More than half of an attribute unreadable means a wrong column or date format in the contract, not bad data."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that is known only when the suite runs; `otherwise` is its value in a run that does not know it."""

    name: str  # an identifier: Great Expectations reads it as an expression
    otherwise: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation. `sentence` may use {count}, {value}, {examples}, {min}, {max}."""

    name: str  # stable: the trend of stored results is by this name
    expectation: str  # class in great_expectations.expectations
    column: str  # "" for the whole table
    severity: Severity
    sentence: str
    reason: str = ""  # quarantine reason code of a row check
    arguments: Mapping[str, object] = field(default_factory=dict)  # beside `column`; a Limit is bound at run time

    @property
    def key(self) -> str:
        """What tells this check from the others of a suite."""
        return f"{self.name}.{self.column}"

    @property
    def attribute(self) -> str:
        """The column as people read it: `null_share.phones` is about phones."""
        return self.column.removeprefix(f"{self.name}.")

    def limits(self) -> list[Limit]:
        """The limits that are bound when this check runs."""
        return [value for value in self.arguments.values() if isinstance(value, Limit)]


def _in_set(name: str, column: str, expected: Iterable[object], sentence: str, severity: Severity = "row") -> Check:
    arguments = {"value_set": list(expected)}
    return Check(name, "ExpectColumnValuesToBeInSet", column, severity, sentence, name, arguments)


def _not_null(name: str, column: str, sentence: str, severity: Severity = "row") -> Check:
    return Check(name, "ExpectColumnValuesToNotBeNull", column, severity, sentence, name)


def _figure(
    name: str, sentence: str, severity: Severity = "batch", *, column: str = "", low: object = None, high: object = None
) -> Check:
    """A number about the whole batch: the frame has one row, so its maximum is the number."""
    arguments = {key: value for key, value in (("min_value", low), ("max_value", high)) if value is not None}
    column = f"{name}.{column}" if column else name
    return Check(name, "ExpectColumnMaxToBeBetween", column, severity, sentence, name, arguments)


def fields_of(schema: pa.Schema) -> list[str]:
    """`name: type` of every column, as the schema check compares them."""
    return [f"{column.name}: {column.type}" for column in schema]


def schema_check(schema: pa.Schema) -> Check:
    """The table has exactly the columns and types of `schema`."""
    sentence = "the table does not have the columns and types of its schema: {examples}"
    arguments = {"value_set": fields_of(schema)}
    return Check("schema", "ExpectColumnDistinctValuesToEqualSet", "field", "batch", sentence, "schema", arguments)


SOURCE_SCHEMA = (schema_check(MAPPED),)
CLEANSED_SCHEMA = (schema_check(CLEANSED),)

DUPLICATE_KEY = _in_set(
    "duplicate_key", "superseded", [False], "another row of the delivery has this key and other content"
)

SOURCE_ROWS = (
    _not_null("missing_key", "key_length", "the row has no key"),
    Check(
        "key_length",
        "ExpectColumnValuesToBeBetween",
        "key_length",
        "row",
        f"the key is longer than {MAX_KEY_LENGTH} characters",
        "key_length",
        {"min_value": 1, "max_value": MAX_KEY_LENGTH},
    ),
    _in_set("key_characters", "key_has_control", [False], "the key has control characters"),
    DUPLICATE_KEY,
    _in_set(
        "party_unknown",
        "party",
        ["person", "organisation", "deleted"],
        "the row does not say whether it is a person or an organisation",
    ),
    _in_set("no_content", "has_content", [True], "the row has neither name, identifier, phone, address nor account"),
)

SOURCE_BATCH = (
    _figure("rows_read", "the delivery has no rows", low=Limit("min_rows")),
    _figure("rows_lost", "{value:.0f} rows of the delivery are not accounted for", low=0, high=0),
    _figure(
        "control_rows",
        "{value:.0f} rows were read, the control file says {max:.0f}",
        low=Limit("control_rows"),
        high=Limit("control_rows"),
    ),
    _figure(
        "rejected_share",
        "{value:.1%} of the rows were rejected, at most {max:.1%} may be",
        high=Limit("max_rejected_share"),
    ),
    _figure(
        "row_count_change",
        "the rows differ by {value:.1%} from the mean of the last runs, at most {max:.1%} is allowed",
        high=Limit("max_row_count_change"),
    ),
    _figure(
        "deleted_share",
        "{value:.1%} of the known records would be deleted, at most {max:.1%} may be",
        high=Limit("max_deleted_share"),
    ),
    _figure(
        "organisation_share",
        "{value:.1%} of the records are organisations; {min:.1%} to {max:.1%} were expected from the last runs",
        "trend",
        low=Limit("organisation_share_low", 0.0),
        high=Limit("organisation_share_high", 1.0),
    ),
)

CLEANSED_ROWS = (
    _in_set("missing_key", "has_key", [True], "the record has no key"),
    _in_set("nothing_usable", "usable", [True], "nothing that can be used is left of the row beside its key"),
    _in_set("date_range", "dates_plausible", [True], "a birth or death date is out of any plausible range"),
    _in_set("phone_format", "phones_valid", [True], "a phone number is not in international form (E.164)"),
    _in_set("identifier_format", "identifiers_valid", [True], "an identifier has no known type or no value"),
)

CLEANSED_BATCH = (
    _figure(
        "unusable_share",
        "{value:.1%} of the records had nothing usable or impossible values, at most {max:.1%} may have",
        high=Limit("max_rejected_share"),
    ),
)


def attribute_checks(attribute: str, *, unreadable: Severity) -> tuple[Check, ...]:
    """What is expected of one mapped attribute of a source; `unreadable` is how bad it is when most cannot be read."""
    return (
        _figure(
            "unreadable_share",
            f"{{value:.1%}} of the values of {attribute} cannot be read; is the contract right?",
            unreadable,
            column=attribute,
            high=Limit("max_unreadable_share"),
        ),
        _figure(
            "null_share",
            f"{attribute} is empty in {{value:.1%}} of the records; the last runs say at most {{max:.1%}}",
            "trend",
            column=attribute,
            high=Limit(f"null_share_{attribute}", 1.0),
        ),
        _figure(
            "constant",
            f"{attribute} has one and the same value in all records; it had many in the last runs",
            "trend",
            column=attribute,
            high=Limit(f"constant_{attribute}", 1.0),
        ),
    )


GOLDEN_RECORDS = (
    _in_set("one_xref", "xrefs", [1], "{count} accepted records do not belong to exactly one customer", "batch"),
)

GOLDEN_XREFS = (_in_set("xref_active", "active", [True], "{count} cross-references lead to no active PIN", "batch"),)

GOLDEN_PINS = (
    Check(
        "pin_unique", "ExpectColumnValuesToBeUnique", "pin", "batch", "{count} PINs are held by more than one customer"
    ),
    _in_set("pin_valid", "remainder", [1], "{count} PINs are not 12 digits with a right check digit", "batch"),
)

GOLDEN_DOCUMENTS = (
    _in_set("golden_active", "active", [True], "{count} golden records belong to no active PIN", "batch"),
    Check(
        "golden_unique", "ExpectColumnValuesToBeUnique", "pin", "batch", "{count} PINs have more than one golden record"
    ),
)

GOLDEN_MEMBERS = (
    _in_set("member_active", "active", [True], "{count} household members are no active customers", "batch"),
)

GOLDEN_BATCH = (
    _figure(
        "churn",
        "{value:.2%} of the active PINs would merge or split, at most {max:.2%} may; nothing was applied",
        high=Limit("max_churn", 1.0),
    ),
)
