"""The tables of the store, one module per aggregate; `METADATA` is what the migrations lead to."""

from sqlmodel import SQLModel

from mdm.store.tables.access import ApiKey, Audit
from mdm.store.tables.accounts import Account, ConsoleSession, KeptForm, OpenIdAttempt, SignInFailure
from mdm.store.tables.addresses import Address, AddressKey, DwellingJoin, EntityKey, Sighting
from mdm.store.tables.changes import Change
from mdm.store.tables.columns import CURRENT, PAST, table_of
from mdm.store.tables.customers import Customer, Golden, Household, Lineage, Membership, Xref
from mdm.store.tables.erasure import Erasure, Suppression
from mdm.store.tables.jobs import Job, JobRun
from mdm.store.tables.machinery import Applying, Counter, Due, LockHolder, OnceTold
from mdm.store.tables.records import GenericValue, Model, Pair, Record, RecordKey, Reference
from mdm.store.tables.runs import Delivery, ExpectationResult, Quarantine, Run, RunStep
from mdm.store.tables.stewardship import HouseholdDecision, Judgement, Override, Task
from mdm.store.tables.subscribers import HeldChange, Subscriber
from mdm.store.tables.sync import SyncAck, SyncAnswer, SyncDelivery, SyncRow, SyncTarget

METADATA = SQLModel.metadata

__all__ = [
    "CURRENT", "METADATA", "PAST", "Account", "Address", "AddressKey", "ApiKey", "Applying", "Audit", "Change",
    "ConsoleSession", "Counter", "Customer", "Delivery", "Due", "DwellingJoin", "EntityKey", "Erasure",
    "ExpectationResult", "GenericValue", "Golden", "HeldChange", "Household", "HouseholdDecision", "Job", "JobRun",
    "Judgement", "KeptForm", "Lineage", "LockHolder", "Membership", "Model", "OnceTold", "OpenIdAttempt", "Override",
    "Pair", "Quarantine", "Record", "RecordKey", "Reference", "Run", "RunStep", "Sighting", "SignInFailure",
    "Subscriber", "Suppression", "SyncAck", "SyncAnswer", "SyncDelivery", "SyncRow", "SyncTarget", "Task", "Xref",
    "table_of",
]  # fmt: skip
