"""The typed source contract: what a feed looks like, when it was cut, and what each of its columns means.

Everything here is frozen data without I/O. Shorthands of the YAML grammar (a bare column name, a single entry instead
of a list) are already written out: readers and the mapping see one form only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mdm.party import PartyType, Role


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expression(_Model):
    """One text value of a row, worked out in this order: source, pattern or split, values, default, format.

    Exactly one of `column`, `const` and `parts` (composed with `join`) is the source. `formats` are strptime formats:
    text that fits one becomes an ISO date, other text passes as delivered. With `separator` the text holds several.
    """

    column: str | None = None
    const: str | None = None
    parts: tuple[Expression, ...] = ()
    join: str = " "
    pattern: str | None = None
    group: int = 0
    split: str | None = None
    part: int = 1
    values: dict[str, str | None] | None = None
    otherwise: Literal["keep", "null"] = "keep"
    default: str | None = None
    formats: tuple[str, ...] = ()
    separator: str | None = None

    def columns(self) -> Iterator[str]:
        """Every source column that this value reads."""
        if self.column is not None:
            yield self.column
        for part in self.parts:
            yield from part.columns()


class _Entry(_Model):
    """An entry of a list-valued attribute."""

    def expressions(self) -> Iterator[Expression]:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Expression):
                yield value


class IdentifierEntry(_Entry):
    """An identifier: its type (see `mdm.party.IDENTIFIER_TYPES`), its text, and the country of its issuer if known."""

    type: str
    value: Expression
    country: Expression | None = None


class DatedEntry(_Entry):
    """A phone or e-mail with the period in which it was in use."""

    value: Expression
    valid_from: Expression | None = None
    valid_to: Expression | None = None


class SubscriptionEntry(_Entry):
    """A product that the party has, under a number, from / to."""

    product: Expression | None = None
    number: Expression | None = None
    status: Expression | None = None
    valid_from: Expression | None = None
    valid_to: Expression | None = None


class RelationshipEntry(_Entry):
    """A relationship (payer, user, contact ...) to another record of the same source."""

    kind: str
    local_id: Expression


class ConsentEntry(_Entry):
    """What the party agreed to or refused."""

    purpose: Expression | None = None
    channel: Expression | None = None
    granted: Expression | None = None


class RecordMap(_Model):
    """What one record of a row is made of. `texts` are keyed by the column names of `mdm.party.MAPPED`."""

    texts: dict[str, Expression] = {}
    address: dict[str, Expression] = {}
    identifiers: tuple[IdentifierEntry, ...] = ()
    phones: tuple[DatedEntry, ...] = ()
    emails: tuple[DatedEntry, ...] = ()
    accounts: tuple[Expression, ...] = ()
    subscriptions: tuple[SubscriptionEntry, ...] = ()
    relationships: tuple[RelationshipEntry, ...] = ()
    consents: tuple[ConsentEntry, ...] = ()
    attributes: dict[str, Expression] = {}

    def expressions(self) -> Iterator[Expression]:
        """Every expression of the map."""
        for plain in (self.texts, self.address, self.attributes):
            yield from plain.values()
        yield from self.accounts
        for entries in (
            self.identifiers, self.phones, self.emails, self.subscriptions, self.relationships, self.consents,
        ):  # fmt: skip
            for entry in entries:
                yield from entry.expressions()


class PartyRule(_Model):
    """Person or organisation, for all rows (`party`) or by the code in a column."""

    party: PartyType | None = None
    column: str | None = None
    values: dict[str, PartyType] = {}


class RecordContract(_Model):
    """A further record of each row (a spouse, a payer): made only where a column of `when` is not empty.

    Empty `when` means: where any mapped name or identifier of it is not empty. `map` already holds what it inherits.
    """

    name: str
    party: PartyRule
    when: tuple[str, ...] = ()
    inherit: tuple[str, ...] = ()
    map: RecordMap


class FixedColumn(_Model):
    """A column of a fixed-width record; `start` counts from 1."""

    name: str
    start: int
    width: int


class DelimitedFormat(_Model):
    type: Literal["delimited"] = "delimited"
    delimiter: str = ","
    quote: str | None = '"'
    encoding: str = "utf-8"
    header: bool = True
    columns: tuple[str, ...] = ()  # when there is no header


class FixedWidthFormat(_Model):
    type: Literal["fixed_width"] = "fixed_width"
    encoding: str = "utf-8"
    unit: Literal["bytes", "characters"] = "bytes"
    columns: tuple[FixedColumn, ...]
    header: bool = False
    record_length: int | None = None  # of a record without its line end, in `unit`


class JsonLinesFormat(_Model):
    type: Literal["json_lines"] = "json_lines"
    encoding: str = "utf-8"


class ParquetFormat(_Model):
    type: Literal["parquet"] = "parquet"


class ExcelFormat(_Model):
    type: Literal["excel"] = "excel"
    sheet: str | int = 1  # name, or number from 1
    header_row: int = 1


class SqlFormat(_Model):
    type: Literal["sql"] = "sql"
    url: str  # any SQLAlchemy URL; ${NAME} stands for an environment variable
    query: str


Format = Annotated[
    DelimitedFormat | FixedWidthFormat | JsonLinesFormat | ParquetFormat | ExcelFormat | SqlFormat,
    Field(discriminator="type"),
]


class Delivery(_Model):
    """full: what is missing was deleted. delta: only changes, deletions by a flag where there is one."""

    kind: Literal["full", "delta"] = "full"
    deleted_column: str | None = None
    deleted_values: tuple[str, ...] = ()


class ExtractedAt(_Model):
    """Where a delivery says when it was cut; without a time zone of its own the time is read in `timezone`."""

    by: Literal["file_name", "control", "column", "const", "mtime"] = "mtime"
    value: str | None = None  # pattern, control key, column or constant
    format: str | None = None
    timezone: str = "UTC"


class Control(_Model):
    """A control file beside the feed: KEY=VALUE lines with the number of rows and a checksum."""

    file: str  # {stem} and {name} stand for the feed's file name
    rows: str | None = None
    checksum: str | None = None
    algorithm: str = "md5"
    extracted_at: str | None = None


class TrustRule(_Model):
    """How far the source is believed, 0 to 100, by group of attributes."""

    default: int = 50
    groups: dict[str, int] = {}

    def of(self, group: str) -> int:
        """Trust of one group of attributes."""
        return self.groups.get(group, self.default)


class SourceContract(_Model):
    """All that the house knows about one source system's feed."""

    source: str
    party: PartyRule
    role: Role = "customer"
    files: tuple[str, ...] = ()
    format: Format
    delivery: Delivery = Delivery()
    extracted_at: ExtractedAt = ExtractedAt()
    control: Control | None = None
    key: tuple[str, ...]
    changed_at: Expression | None = None
    region: str | None = None
    area_code: str | None = None
    trust: TrustRule = TrustRule()
    map: RecordMap
    records: tuple[RecordContract, ...] = ()
    description: str = ""
    path: str = ""  # of the contract file, for messages

    @property
    def digest(self) -> str:
        """64 hex digits that change when the meaning changes; not with comments, description or place of the file."""
        meaning = self.model_dump(mode="json", exclude={"description", "path"})
        text = json.dumps(meaning, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def columns(self) -> tuple[str, ...]:
        """Every source column that the contract reads, each once, in order of first mention."""
        found = dict.fromkeys(self.key)
        rules = [self.party, *(record.party for record in self.records)]
        found |= dict.fromkeys(rule.column for rule in rules if rule.column)
        if self.delivery.deleted_column:
            found[self.delivery.deleted_column] = None
        if self.extracted_at.by == "column" and self.extracted_at.value:
            found[self.extracted_at.value] = None
        for expression in self._expressions():
            found |= dict.fromkeys(expression.columns())
        for record in self.records:
            found |= dict.fromkeys(record.when)
        return tuple(found)

    def _expressions(self) -> Iterator[Expression]:
        if self.changed_at is not None:
            yield self.changed_at
        yield from self.map.expressions()
        for record in self.records:
            yield from record.map.expressions()
