"""Household ids under random histories."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from mdm.resolve.household_identity import HouseholdChange, HouseholdsBefore, assign_chis
from mdm.resolve.pins import mint_household_ids
from tests.properties.identity_file import partition

PINS = [f"{number:012}" for number in range(1, 9)]


def assign(
    parts: list[list[str]], before: HouseholdsBefore, pin_redirects: dict[str, str] | None = None
) -> HouseholdChange:
    return assign_chis(
        parts,
        before,
        pin_redirects=pin_redirects,
        next_number=len(before.states),
        mint=lambda start, count: mint_household_ids(start, count, instance="01", key="properties"),
    )


def night(draw: st.DrawFn, before: HouseholdsBefore, now: int) -> tuple[list[list[str]], HouseholdChange]:
    living = draw(st.lists(st.sampled_from(PINS), unique=True))
    numbered = partition(draw, range(len(living)))
    parts = [[living[place] for place in part] for part in numbered]
    return parts, assign(parts, before)


def following(parts: list[list[str]], change: HouseholdChange, before: HouseholdsBefore, now: int) -> HouseholdsBefore:
    members = {
        chi: {pin: before.members.get(chi, {}).get(pin, now) for pin in part}
        for chi, part in zip(change.chis, parts, strict=True)
    }
    return HouseholdsBefore(change.states, members)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_history_keeps_every_invariant(data: st.DataObject) -> None:
    before = HouseholdsBefore()
    for now in range(data.draw(st.integers(1, 6))):
        parts, change = night(data.draw, before, now)
        assert len(set(change.chis)) == len(parts)
        assert before.states.keys() <= change.states.keys()
        for chi, state in change.states.items():
            assert (state.status == "active") == (chi in change.chis)
            assert (state.status == "redirected") == (state.redirect_to is not None)
            assert state.redirect_to is None or change.states[state.redirect_to].status != "redirected"
        check_heirs(parts, change, before)
        before = following(parts, change, before, now)
        assert assign(parts, before) == HouseholdChange(change.states, change.chis, ())  # promise 7


def check_heirs(parts: list[list[str]], change: HouseholdChange, before: HouseholdsBefore) -> None:
    """A household id leads to a household with as many of its previous members as any; retired when none has one."""
    for chi, members in before.members.items():
        kept = Counter(new for new, part in zip(change.chis, parts, strict=True) for pin in part if pin in members)
        end = change.states[chi].redirect_to or chi
        assert kept[end] == max(kept.values(), default=0)
        assert (change.states[chi].status == "retired") == (not kept)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_order_of_the_input_never_matters(data: st.DataObject) -> None:
    parts, change = night(data.draw, HouseholdsBefore(), 0)
    before = following(parts, change, HouseholdsBefore(), 0)
    parts, change = night(data.draw, before, 1)
    shuffled = data.draw(st.permutations([data.draw(st.permutations(part)) for part in parts]))
    turned = {chi: dict(reversed(members.items())) for chi, members in reversed(before.members.items())}
    again = assign(shuffled, HouseholdsBefore(before.states, turned))
    assert again.states == change.states
    one = dict(zip(map(frozenset, parts), change.chis, strict=True))
    assert one == dict(zip(map(frozenset, shuffled), again.chis, strict=True))


def test_members_whose_pins_became_one_count_once() -> None:
    """A and B turn out to be one customer: the household {A, C, D} has three members, not four, and C, D decide."""
    a, b, c, d = PINS[:4]
    before = HouseholdsBefore()
    change = assign([[a, b, c, d]], before)
    before = following([[a, b, c, d]], change, before, 0)
    moved = assign([[a], [c, d]], before, {b: a})
    assert moved.chis[1] == change.chis[0]
    assert moved.states[moved.chis[0]].issued == 1
