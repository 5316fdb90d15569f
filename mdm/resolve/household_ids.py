"""Ids that last for households and legal entities: what their rules read, and what comes out, as tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mdm.resolve.household_identity import HouseholdsBefore, HouseholdState, assign_chis
from mdm.resolve.identity import Mint

STATES = pa.schema(
    [("chi", pa.string()), ("status", pa.string()), ("redirect_to", pa.string()), ("issued", pa.int64())]
)


@dataclass(frozen=True)
class HouseholdIds:
    """`chis`: the id of each household. `states`: STATES of all ids, old and new."""

    chis: pa.Array
    states: pa.Table
    minted: int


def identify_households(
    memberships: pa.Table,
    before: pa.Table,
    members_before: pa.Table,
    redirects: Mapping[str, str],
    next_number: int,
    mint: Mint,
) -> HouseholdIds:
    """Ids of the households of one kind. `before`: those that it has had so far, `redirects`: PIN -> the PIN now."""
    tokens = _tokens(memberships)
    if before.num_rows == 0:
        return _first(tokens, next_number, mint)
    return _later(tokens, before, members_before, redirects, next_number, mint)


def _tokens(memberships: pa.Table) -> pa.Table:
    """Members of each household. Who was in several is counted from the latest: ``pin@0`` is where they are now."""
    with duckdb.connect() as connection:
        connection.register("memberships", memberships.select(["household", "customer", "valid_from"]))
        return connection.sql(
            """
            SELECT household, customer || '@' || (row_number() OVER (
                       PARTITION BY customer ORDER BY max(valid_from) DESC NULLS LAST, household) - 1) AS token
            FROM memberships GROUP BY customer, household ORDER BY household
            """
        ).to_arrow_table()


def _first(tokens: pa.Table, next_number: int, mint: Mint) -> HouseholdIds:
    """The first load in whole columns: equal to `assign_chis` with nothing before (tested)."""
    with duckdb.connect() as connection:
        connection.register("tokens", tokens)
        by_member = connection.sql("SELECT household FROM tokens GROUP BY household ORDER BY min(token)").fetchnumpy()
    households = by_member["household"]
    minted = pa.array(mint(next_number, len(households)) if len(households) else [], pa.string())
    states = {
        "chi": minted,
        "status": pa.repeat("active", len(minted)),
        "redirect_to": pa.nulls(len(minted)),
        "issued": np.arange(next_number, next_number + len(minted)),
    }
    return HouseholdIds(minted.take(pa.array(np.argsort(households))), pa.table(states).cast(STATES), len(minted))


def _later(
    tokens: pa.Table,
    before: pa.Table,
    members_before: pa.Table,
    redirects: Mapping[str, str],
    next_number: int,
    mint: Mint,
) -> HouseholdIds:
    states = {
        row["chi"]: HouseholdState(row["chi"], row["issued"], row["status"], row["redirect_to"])
        for row in before.to_pylist()
    }
    members = members_before.filter(pc.is_in(members_before["chi"], pa.array(list(states), pa.string())))
    households: dict[int, list[str]] = {}
    for household, token in zip(tokens["household"].to_pylist(), tokens["token"].to_pylist(), strict=True):
        households.setdefault(household, []).append(token)
    change = assign_chis(
        households.values(),
        HouseholdsBefore(states, _tokens_before(members, redirects)),
        next_number=next_number,
        mint=lambda start, count: mint(start, count) if count else [],
    )
    columns = {
        "chi": list(change.states),
        "status": [s.status for s in change.states.values()],
        "redirect_to": [s.redirect_to for s in change.states.values()],
        "issued": [s.issued for s in change.states.values()],
    }
    return HouseholdIds(pa.array(change.chis, pa.string()), pa.table(columns, schema=STATES), len(change.minted))


def _tokens_before(members: pa.Table, redirects: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Previous members in the same form, with the day from which they belonged; merged PINs under their survivor."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    stays: dict[str, list[str]] = defaultdict(list)
    known = members.select(["chi", "pin", "valid_from"]).to_pylist()
    rows = sorted(known, key=lambda r: (r["valid_from"] is None, r["valid_from"], r["chi"]), reverse=True)
    for row in rows:
        pin = redirects.get(row["pin"], row["pin"])
        if row["chi"] not in stays[pin]:
            stays[pin].append(row["chi"])
        token = f"{pin}@{stays[pin].index(row['chi'])}"
        since = row["valid_from"].toordinal() if row["valid_from"] is not None else 0
        found[row["chi"]][token] = min(since, found[row["chi"]].get(token, since))
    return dict(found)
