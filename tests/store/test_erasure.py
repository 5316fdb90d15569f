"""Nothing that the store can hold of a person is forgotten: every table is decided about."""

from __future__ import annotations

from mdm.store.erasure import EMPTIED, GOES
from mdm.store.mentions import PLACES
from mdm.store.tables import METADATA

# Tables whose rows stay, and why.
STAYS = {
    "account": "people who work here, no customers",
    "api_key": "names of programs, no person",
    "change": "PINs and what happened to them, no value",
    "console_session": "who worked here, and when",
    "counter": "numbers only",
    "customer": "the PIN stays; mdm.store.erasure makes it an erased one",
    "delivery": "counts, and the name of a file",
    "erasure": "what stays of an erasure",
    "household": "an address that only the erased person gave is taken out (mdm.store.erasure)",
    "job": "when a job of the schedule ran last",
    "job_run": "exit codes, and the name of a log, which is cleaned",
    "lock_holder": "a process",
    "openid_attempt": "where somebody wants to go, for a quarter of an hour",
    "sign_in_failure": "hashes of names and addresses, for a day",
    "subscriber": "programs of ours that are told of changes, no customer",
    "suppression": "keyed hashes",
    "sync_delivery": "counts, the name of a file, a contract",
    "sync_target": "a system that is sent to",
    "webhook_held": "positions of changes and PINs, no value",
}


def test_every_table_is_decided_about() -> None:
    treated = {*GOES, *EMPTIED, *(place.table for place in PLACES)}
    assert treated | STAYS.keys() == METADATA.tables.keys()
    assert not treated & STAYS.keys()


def test_every_place_is_a_column_of_its_kind() -> None:
    for place in PLACES:
        column = METADATA.tables[place.table].columns[place.column]
        assert (str(column.type) == "JSON") is place.is_json
