"""Source contracts: one YAML file per source says how its feed is read and what its columns mean.

`model` holds the typed contract that the rest of the house sees; `tree` turns YAML into nodes that know their line;
`reading` and `mapping_keys` turn nodes into the model and collect every problem of a file before they complain.
"""

from __future__ import annotations

from mdm.contracts.load import load_contract, load_contracts
from mdm.contracts.model import (
    ConsentEntry,
    Control,
    DatedEntry,
    DelimitedFormat,
    Delivery,
    ExcelFormat,
    Expression,
    ExtractedAt,
    FixedColumn,
    FixedWidthFormat,
    Format,
    IdentifierEntry,
    JsonLinesFormat,
    ParquetFormat,
    PartyRule,
    RecordContract,
    RecordMap,
    RelationshipEntry,
    SourceContract,
    SqlFormat,
    SubscriptionEntry,
    TrustRule,
)
from mdm.contracts.problems import ContractErrors

__all__ = [
    "ConsentEntry",
    "ContractErrors",
    "Control",
    "DatedEntry",
    "DelimitedFormat",
    "Delivery",
    "ExcelFormat",
    "Expression",
    "ExtractedAt",
    "FixedColumn",
    "FixedWidthFormat",
    "Format",
    "IdentifierEntry",
    "JsonLinesFormat",
    "ParquetFormat",
    "PartyRule",
    "RecordContract",
    "RecordMap",
    "RelationshipEntry",
    "SourceContract",
    "SqlFormat",
    "SubscriptionEntry",
    "TrustRule",
    "load_contract",
    "load_contracts",
]
