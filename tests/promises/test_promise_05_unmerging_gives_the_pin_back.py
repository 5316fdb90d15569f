"""Promise 5: unmerging gives back the PIN that was merged away, whatever happened to its records in between."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.promises.life import Life
from tests.properties.identity_file import MasterFile, some


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_unmerging_gives_back_the_pin_that_was_merged_away(data: st.DataObject) -> None:
    """In between: new records, deletions, changes, merges with an older or younger one."""
    draw, file = data.draw, MasterFile()
    first = draw(st.sampled_from([0, 1]))  # whether the bystander's PIN is issued last or first
    sides, bystander = [list(range(first, first + 4)), list(range(first + 4, first + 8))], [8 - 8 * first]
    file.night([*sides, bystander])
    own = [file.pin(side[0]) for side in sides]
    whole, fresh = sides[0] + sides[1], 9
    file.night([whole, bystander])
    for _ in range(draw(st.integers(0, 4))):
        gone = set(some(draw, whole, most=2))
        if any(set(side) <= gone | (set(range(9)) - set(whole)) for side in sides):
            gone = set()  # each side keeps one record, or there would be nothing to unmerge
        whole = [record for record in whole if record not in gone]
        if draw(st.booleans()):
            whole, fresh = [*whole, fresh], fresh + 1
        if bystander and draw(st.booleans()):
            whole, bystander = whole + bystander, []
        file.night([part for part in (whole, bystander) if part], moved=set(whole) - {draw(st.sampled_from(whole))})
    taken = [record for record in whole if record in sides[1]]
    rest = [record for record in whole if record not in sides[1]]
    change = file.night([part for part in (taken, rest, bystander) if part])
    assert file.pin(taken[0]) == own[1]
    assert file.state.resolve(own[0]) == file.pin(rest[0])
    assert change.minted == ()


def test_a_steward_who_unmerges_gets_the_pin_back(life: Life) -> None:
    """In between two nights, in which the record has another phone and a second one of the same person came."""
    first, merged, second, unmerged = (life.moment(name).pins for name in ("first", "merged", "second", "unmerged"))
    survivor, away = first["crm", "K001"], first["crm", "K002"]
    assert merged["crm", "K001"] == merged["crm", "K002"] == second["crm", "K002"] == survivor != away
    assert (unmerged["crm", "K001"], unmerged["crm", "K002"]) == (survivor, away)
    assert life.pin("crm", "K002") == away, "after other models and another night"
