"""What is asked for when a record is written, what becomes of it, and why it may be refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, Self

import orjson
import sqlalchemy as sa

from mdm.cleanse.record import cleanse_record
from mdm.cleanse.values import CleanseContext
from mdm.contracts import SourceContract
from mdm.contracts.target_load import load_targets
from mdm.errors import ContractError
from mdm.golden.policy import Policy, make_policy
from mdm.live.numbers import Numbers, Opens
from mdm.settings import Settings
from mdm.store.once import Once

# One of these must be left, as the cleansed gate wants it of a delivered record.
USABLE = (
    "name_given", "name_family", "name_former", "given_native", "family_native", "organisation_name", "birth_date",
    "identifiers", "phones", "emails", "address", "accounts", "subscriptions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Writer:
    """What writing needs besides the record. `policy`: survivorship; `contracts`: by source.

    told: the sources whose keys targets are told of.
    """

    database: Opens
    settings: Settings
    contracts: Mapping[str, SourceContract]
    policy: Policy
    numbers: Numbers
    told: frozenset[str] = frozenset()

    @classmethod
    def of(cls, database: Opens, settings: Settings, contracts: Iterable[SourceContract]) -> Self:
        """The writer of a workspace. Raises ConfigError when a rule of survivorship is wrong."""
        known = {contract.source: contract for contract in contracts}
        trust = {name: {**c.trust.groups, "default": c.trust.default} for name, c in known.items()}
        rules = settings.golden
        policy = make_policy(trust=trust, rules=rules.rules, half_life_days=rules.half_life_days)
        return cls(database, settings, known, policy, Numbers(database), _told(settings, known))

    @property
    def business_date(self) -> date:
        """The date by which overrides expire."""
        return self.settings.run.business_date or datetime.now(UTC).date()


def _told(settings: Settings, systems: Iterable[str]) -> frozenset[str]:
    """The sources whose keys targets are told of; all of them when a target contract is wrong."""
    try:
        return frozenset(target.system for target in load_targets(settings.targets) if target.system)
    except ContractError:
        return frozenset(systems)


Outcome = Literal["created", "linked", "possible_match", "unchanged", "deleted", "unknown"]


@dataclass(frozen=True, slots=True)
class Written:
    """outcome: what became of it. version: recorded time of the record as it stands now, `cleansed`, with its issues.

    tasks: what a steward is asked about it. moved_from: the PIN that it had before, if it has another now.
    """

    outcome: Outcome
    pin: str | None = None
    version: datetime | None = None
    cleansed: dict[str, Any] | None = None
    tasks: tuple[int, ...] = ()
    moved_from: str | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """How a write was asked for.

    expected: the version that the record must have; expect_new, expect_there: whether it must be there. once: under
    this key the same order is carried out once, and told the same again. note: what else belongs to the transaction,
    such as the audit.
    """

    actor: str
    expected: datetime | None = None
    expect_new: bool = False
    expect_there: bool = False
    once: Once | None = None
    note: Callable[[sa.Connection, Written], None] | None = None
    at: datetime | None = None


class Refused(Exception):
    """A write that cannot be. kind: changed (not the version expected) | unusable | erased | key_reused."""

    def __init__(self, kind: str, words: str, issues: Sequence[Mapping[str, str]] = ()) -> None:
        self.kind, self.words, self.issues = kind, words, tuple(issues)
        super().__init__(words)


def cleanse(writer: Writer, system: str, local_id: str, mapped: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The CLEANSED row of a record as it would be written. Raises Refused when nothing of it can be used."""
    contract = writer.contracts[system]
    context = CleanseContext(
        region=contract.region or writer.settings.cleanse.region,
        area_code=contract.area_code,
        role=contract.role,
        extracted_at=at,
        own=writer.settings.own_placeholders,
    )
    row = {**mapped, "system": system, "local_id": local_id, "row_hash": content_hash(mapped)}
    cleansed = cleanse_record(row, context=context)
    enriches = ("attributes",) if contract.role == "enrichment" else ()
    if not any(cleansed[name] for name in (*USABLE, *enriches)):
        raise Refused("unusable", "nothing that can be used is left of the record", cleansed["issues"] or ())
    return cleansed


def content_hash(mapped: Mapping[str, Any]) -> int:
    """A number over everything mapped: equal means unchanged."""
    said = {name: value for name, value in mapped.items() if value is not None}
    digest = hashlib.md5(orjson.dumps(said, option=orjson.OPT_SORT_KEYS), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "little", signed=True)
