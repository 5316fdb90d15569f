"""Which id each household has, after its members changed (design.md, decision 6).

A household has no founder: its id (CHI) stays with the part that holds most of its previous members. A pure function;
the table of cases is in `docs/identity.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mdm.resolve.identity import Mint

Since = int  # any order of joining: a day's ordinal, a run number; smaller is earlier


class HouseholdState(NamedTuple):
    """One household id ever issued."""

    chi: str
    issued: int
    status: Literal["active", "redirected", "retired"]
    redirect_to: str | None = None  # an active or retired household, never a redirected one


@dataclass(frozen=True, slots=True)
class HouseholdsBefore:
    """The affected households: every id that is one of them or redirects to one, and who belonged to it since when."""

    states: Mapping[str, HouseholdState] = field(default_factory=dict)
    members: Mapping[str, Mapping[str, Since]] = field(default_factory=dict)  # chi -> PIN -> since


@dataclass(frozen=True, slots=True)
class HouseholdChange:
    """The new states of all ids handed in and minted, and the id of each household, in the order of the input."""

    states: Mapping[str, HouseholdState]
    chis: tuple[str, ...]
    minted: tuple[str, ...]


def assign_chis(
    households: Iterable[Collection[str]],
    before: HouseholdsBefore,
    *,
    pin_redirects: Mapping[str, str] | None = None,
    next_number: int,
    mint: Mint,
) -> HouseholdChange:
    """The ids of `households`, the new partition of the members of the affected households into PINs.

    pin_redirects: where the PIN of a previous member redirects now, if it does. `next_number` and `mint` as for
    `mdm.resolve.identity.assign_pins`, of the households' own counter. New ids are minted in the order of each
    household's smallest PIN; nothing depends on the order of the input. Raises ValueError for an empty household, a PIN
    in two, or a household with members that is not active.
    """
    parts = [frozenset(household) for household in households]
    part_of = _index(parts)
    _check(before)
    claims: dict[int, list[tuple[int, Since, int, str]]] = defaultdict(list)  # part -> how good a claim, and whose
    for chi, members in before.members.items():
        heir = _heir(_current(members, pin_redirects or {}), part_of)
        if heir is not None:
            part, kept, since = heir
            claims[part].append((-kept, since, before.states[chi].issued, chi))
    states = dict(before.states)
    chis = {part: _settle(sorted(claim)[0][3], [chi for *_, chi in claim], states) for part, claim in claims.items()}
    _retire(before, {chi for claim in claims.values() for *_, chi in claim}, states)
    minted = _mint_missing(parts, chis, states, next_number, mint)
    _flatten(before, states)
    return HouseholdChange(states, tuple(chis[number] for number in range(len(parts))), tuple(minted))


def _index(parts: Sequence[frozenset[str]]) -> dict[str, int]:
    part_of: dict[str, int] = {}
    for number, part in enumerate(parts):
        if not part:
            raise ValueError("a household is empty")
        for pin in part:
            if pin in part_of:
                raise ValueError(f"PIN {pin} is in two households")
            part_of[pin] = number
    return part_of


def _check(before: HouseholdsBefore) -> None:
    for chi, members in before.members.items():
        state = before.states.get(chi)
        if members and (state is None or state.status != "active"):
            raise ValueError(f"household {chi} has members and is {'unknown' if state is None else state.status}")


def _current(members: Mapping[str, Since], redirects: Mapping[str, str]) -> dict[str, Since]:
    """The previous members under the PINs that they have now; of two that became one, the earlier membership."""
    found: dict[str, Since] = {}
    for pin, since in members.items():
        now = redirects.get(pin, pin)
        found[now] = min(since, found.get(now, since))
    return found


def _heir(members: Mapping[str, Since], part_of: Mapping[str, int]) -> tuple[int, int, Since] | None:
    """The part with most of the members, how many, and the earliest membership among them; None when all are gone."""
    kept: dict[int, list[tuple[Since, str]]] = defaultdict(list)
    for pin, since in members.items():
        if pin in part_of:
            kept[part_of[pin]].append((since, pin))
    if not kept:
        return None
    part = min(kept, key=lambda number: (-len(kept[number]), min(kept[number])))
    return part, len(kept[part]), min(kept[part])[0]


def _settle(survivor: str, claims: Iterable[str], states: dict[str, HouseholdState]) -> str:
    for chi in claims:
        if chi != survivor:
            states[chi] = states[chi]._replace(status="redirected", redirect_to=survivor)
    return survivor


def _retire(before: HouseholdsBefore, claimed: Collection[str], states: dict[str, HouseholdState]) -> None:
    for chi, state in before.states.items():
        if state.status == "active" and chi not in claimed:
            states[chi] = state._replace(status="retired")


def _mint_missing(
    parts: Sequence[frozenset[str]],
    chis: dict[int, str],
    states: dict[str, HouseholdState],
    next_number: int,
    mint: Mint,
) -> Sequence[str]:
    bare = sorted((number for number in range(len(parts)) if number not in chis), key=lambda number: min(parts[number]))
    minted = mint(next_number, len(bare))
    for issued, (number, chi) in enumerate(zip(bare, minted, strict=True), start=next_number):
        if chi in states:
            raise ValueError(f"household id {chi} was minted twice: next_number {next_number} is not larger than any")
        states[chi] = HouseholdState(chi, issued, "active")
        chis[number] = chi
    return minted


def _flatten(before: HouseholdsBefore, states: dict[str, HouseholdState]) -> None:
    """Ids that redirected before follow their target in one hop."""
    for chi, state in before.states.items():
        if state.redirect_to is not None:
            states[chi] = state._replace(redirect_to=states[state.redirect_to].redirect_to or state.redirect_to)
