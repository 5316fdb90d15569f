"""Identity under random histories: what no sequence of nights may break (promises 1, 2 and 7)."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm.resolve.first_load import assign_first_pins
from mdm.resolve.identity import RecordChanges
from mdm.resolve.lineage import IdentityChange, IdentityState
from mdm.resolve.pins import mint_pins
from mdm.resolve.untouched import NONE, untouched
from tests.properties.identity_file import MasterFile, order_of, partition, resolve, some


def random_night(draw: st.DrawFn, file: MasterFile, fresh: int) -> tuple[IdentityState, IdentityChange]:
    """Deletions, reappearances, changes, new records, and any partition at all."""
    gone = some(draw, file.records)
    back = some(draw, sorted(file.closed), most=2)
    stay = [record for record in file.records if record not in gone]
    new = list(range(fresh, fresh + draw(st.integers(0, 3))))
    moved = some(draw, stay)
    before = file.state
    return before, file.night(partition(draw, [*stay, *back, *new]), moved=moved, returning=back)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_history_keeps_every_invariant(data: st.DataObject) -> None:
    """Every state on the way is checked by `MasterFile.night`."""
    file, fresh = MasterFile(), 0
    for _ in range(data.draw(st.integers(1, 6))):
        _, change = random_night(data.draw, file, fresh)
        fresh = max([fresh, *(record + 1 for record in change.after.xrefs)])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_order_of_the_input_never_matters(data: st.DataObject) -> None:
    file = MasterFile()
    file.night(partition(data.draw, range(8)))
    file.night(partition(data.draw, range(10)))
    parts = partition(data.draw, range(2, 11))
    changes = RecordChanges(frozenset({0, 1}), frozenset(some(data.draw, range(2, 10))))
    one = resolve(parts, file.state, changes)
    other = resolve(
        [data.draw(st.permutations(part)) for part in data.draw(st.permutations(parts))],
        IdentityState(
            dict(data.draw(st.permutations(list(file.state.customers.items())))),
            dict(data.draw(st.permutations(list(file.state.xrefs.items())))),
        ),
        changes,
    )
    assert one == other


def most_of(pin: str, parts: list[list[int]], before: IdentityState) -> list[int]:
    """The part with most of the records at home in `pin`, of equal ones that with the founder, or the oldest."""
    founder = before.customers[pin].founder
    at_home = {record for record, xref in before.xrefs.items() if xref.home == pin}
    own = [(part, at_home & set(part)) for part in parts if at_home & set(part)]
    return min(own, key=lambda one: (-len(one[1]), founder not in one[0], min(map(order_of, one[1]))))[0]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_without_changed_records_most_of_its_own_decide_and_then_the_founder(data: st.DataObject) -> None:
    """An oracle in a few lines of decision 6, for nights of merges, splits and new records only."""
    file = MasterFile()
    for night in range(1, 5):
        parts = partition(data.draw, range(3 * night))
        before = file.state
        file.night(parts)
        goes_to = {pin: most_of(pin, parts, before) for pin in before.customers}
        for part in parts:
            brought = {pin: state for pin, state in before.customers.items() if goes_to[pin] is part}
            rivals = {pin: s.issued for pin, s in brought.items() if s.redirect_to not in brought}
            pin = file.pin(part[0])
            assert pin == min(rivals, key=rivals.__getitem__) if rivals else pin not in before.customers


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_events_tell_the_whole_change(data: st.DataObject) -> None:
    """Replaying the events over the old state gives status and redirect of every PIN, and every record's PIN."""
    file, fresh = MasterFile(), 0
    for _ in range(4):
        before, change = random_night(data.draw, file, fresh)
        fresh = max([fresh, *(record + 1 for record in change.after.xrefs)])
        places = {pin: (state.status, state.redirect_to) for pin, state in before.customers.items()}
        pins = {record: xref.pin for record, xref in before.xrefs.items() if record in change.after.xrefs}
        for event in change.events:
            if event.kind in ("merged", "redirected"):
                places[event.pin] = ("redirected", event.counterpart)
            elif event.kind in ("minted", "revived"):
                places[event.pin] = ("active", None)
            elif event.kind == "retired":
                places[event.pin] = ("retired", None)
            taken = event.pin if event.kind in ("minted", "revived") else event.counterpart
            if event.kind != "redirected" and taken is not None:
                pins |= dict.fromkeys(event.records, taken)
        assert places == {pin: (s.status, s.redirect_to) for pin, s in change.after.customers.items()}
        joined = {record: xref.pin for record, xref in change.after.xrefs.items() if record not in pins}
        assert pins | joined == {record: xref.pin for record, xref in change.after.xrefs.items()}
        assert all(record not in before.xrefs for record in joined)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_first_load_is_the_general_function_without_a_previous_state(data: st.DataObject) -> None:
    records = data.draw(st.permutations(range(12)))
    parts = partition(data.draw, records, most=6)
    general = resolve(parts, IdentityState())
    by_key = sorted(records, key=lambda record: order_of(record)[1:])
    label = {record: 7 * number for number, part in enumerate(parts) for record in part}
    column = [np.array(values, dtype=np.int64) for values in zip(*_columns(records, label, by_key), strict=True)]
    load = assign_first_pins(
        column[0],
        column[1],
        rank=column[2],
        age=column[3],
        next_number=0,
        mint=lambda start, count: mint_pins(start, count, instance="01", key="properties"),
    )
    assert tuple(load.pins) == general.minted
    for place, record in enumerate(records):
        assert load.pins[load.customer[place]] == general.after.xrefs[record].pin == general.after.xrefs[record].home
    for pin, issued, founder in zip(load.pins, load.issued.tolist(), load.founders.tolist(), strict=True):
        assert general.after.customers[pin] == (pin, issued, "active", founder, None, None)


def _columns(records: list[int], label: dict[int, int], by_key: list[int]) -> list[tuple[int, int, int, int]]:
    return [(record, label[record], by_key.index(record), order_of(record).age) for record in records]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_untouched_customers_need_not_be_handed_over(data: st.DataObject) -> None:
    """Leaving them out gives the same events and the same PINs, and nothing new for those left out."""
    draw, file = data.draw, MasterFile()
    for _ in range(2):
        file.night(partition(draw, range(10), most=6))
    parts = draw(st.sampled_from([file.clusters(), partition(draw, range(10), most=6)]))
    gone, moved = some(draw, range(10), most=2), some(draw, range(10), most=2)
    parts = [left for part in parts if (left := [record for record in part if record not in gone])] + [[10]]
    before, moved = file.state, [record for record in moved if record not in gone]
    whole = resolve(parts, before, RecordChanges(frozenset(gone), frozenset(moved)))

    cluster = {record: number for number, part in enumerate(parts) for record in part}
    label = {pin: number for number, pin in enumerate(before.customers)}
    mask = untouched(
        np.array([cluster.get(record, NONE) for record in range(11)]),
        np.array([label[file.pin(record)] for record in range(10)] + [NONE]),
        moved=np.isin(np.arange(11), moved),
    )
    left_out = {record for record in range(10) if mask[record]}
    pins = {file.pin(record) for record in left_out}
    rest = IdentityState(
        {pin: state for pin, state in before.customers.items() if before.resolve(pin) not in pins},
        {record: xref for record, xref in before.xrefs.items() if record not in left_out},
    )
    change = resolve(
        [part for part in parts if part[0] not in left_out],
        rest,
        RecordChanges(frozenset(gone), frozenset(moved)),
        next_number=len(before.customers),
    )
    assert change.events == whole.events
    for record, xref in whole.after.xrefs.items():
        assert xref == (before.xrefs[record] if record in left_out else change.after.xrefs[record])
    for pin, state in whole.after.customers.items():
        assert state == (before.customers[pin] if pin not in change.after.customers else change.after.customers[pin])
