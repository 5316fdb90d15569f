"""A steward's decisions take effect at once, hold in the next night, and are undone to the PIN."""

from __future__ import annotations

import datetime as dt

import pytest

from mdm.errors import Contradiction, NotFound, Taken, UsageError
from mdm.registry.how import how
from mdm.registry.keys import SourceKey
from mdm.stewardship.decisions import By, judge, lift, merge, override, split, take_back, unmerge
from mdm.stewardship.pinning import check_shape
from mdm.store import golden, judgements, overrides
from pipelines.night import Asked, run_night
from tests.stewardship.conftest import Desk

BY = By("jane", "a test")
TRY = By("jane", "a test", dry_run=True)


def key(text: str) -> SourceKey:
    return SourceKey(*text.split(":"))


def test_a_judgement_takes_effect_at_once_and_holds_in_the_next_night(desk: Desk) -> None:
    two = ("crm:K005", "billing:B005")
    (whole,) = set(desk.pins(*two))
    done = judge(desk.writer, [key(two[0])], [key(two[1])], "different", BY)
    apart = desk.pins(*two)
    assert len(set(apart)) == 2
    assert whole in apart
    assert [(m.before, m.after) for m in done.moved] == [(whole, next(pin for pin in apart if pin != whole))]
    judge(desk.writer, [key("crm:K001")], [key("crm:K002")], "same", BY)
    (one,) = set(desk.pins("crm:K001", "crm:K002"))
    desk.night("20260401")
    assert desk.pins(*two) == apart
    assert set(desk.pins("crm:K001", "crm:K002")) == {one}
    with desk.database.begin() as connection:
        steps = how(connection, one, settings=desk.writer.settings).steps
    assert [(s.record, s.by.actor) for s in steps if s.by is not None] == [("crm:K002", "jane")]
    back = take_back(desk.writer, done.judgements[0], BY)
    assert set(desk.pins(*two)) == {whole}
    with pytest.raises(Taken, match="was withdrawn by jane"):
        take_back(desk.writer, done.judgements[0], BY)
    with pytest.raises(Taken, match="itself a withdrawal"):
        take_back(desk.writer, back.judgements[0], BY)


def test_contradictions_are_refused_with_their_chain(desk: Desk) -> None:
    judge(desk.writer, [key("crm:K001")], [key("crm:K002")], "same", BY)
    judge(desk.writer, [key("crm:K002")], [key("crm:K003")], "same", BY)
    before = desk.everything()
    with pytest.raises(Contradiction) as refused:
        judge(desk.writer, [key("crm:K001")], [key("crm:K003")], "different", BY)
    assert refused.value.chain == ("crm:K001", "crm:K002", "crm:K003")
    judge(desk.writer, [key("crm:K010")], [key("crm:K012")], "different", BY)
    with pytest.raises(Contradiction) as between:  # two new ones that would contradict together
        judge(desk.writer, [key("crm:K011")], [key("crm:K010"), key("crm:K012")], "same", BY)
    assert set(between.value.chain) == {"crm:K010", "crm:K011", "crm:K012"}
    with pytest.raises(Contradiction, match="were judged different by jane"):
        merge(desk.writer, *_pins(desk, "crm:K010", "crm:K012"), BY)
    assert desk.everything().keys() == before.keys()
    assert len(set(desk.pins("crm:K010", "crm:K011", "crm:K012"))) == 3


def _pins(desk: Desk, one: str, other: str) -> tuple[str, list[str]]:
    first, second = desk.pins(one, other)
    return first, [second]


def test_merging_and_unmerging_give_the_old_pin_back(desk: Desk) -> None:
    first, second = desk.pins("crm:K001", "crm:K002")
    tried = merge(desk.writer, first, [second], TRY)
    assert desk.pins("crm:K001", "crm:K002") == [first, second]
    done = merge(desk.writer, first, [second], BY)
    assert (tried.moved, tried.customers) == (done.moved, done.customers)
    (whole,) = set(desk.pins("crm:K001", "crm:K002"))
    gone = next(change for change in done.customers if change.pin != whole)
    assert gone.before is not None
    assert (gone.before.status, gone.after.status, gone.after.redirect_to) == ("active", "redirected", whole)
    other = second if whole == first else first
    undone = unmerge(desk.writer, whole, other, BY)
    assert desk.pins("crm:K001", "crm:K002") == [first, second]
    assert {change.pin: change.after.status for change in undone.customers} == {first: "active", second: "active"}
    desk.night("20260401")
    assert desk.pins("crm:K001", "crm:K002") == [first, second]


def test_what_is_tried_changes_nothing_and_tells_what_would_be(desk: Desk) -> None:
    (pin,) = set(desk.pins("crm:K005", "billing:B005"))
    before = desk.everything()
    tried = unmerge(desk.writer, pin, key("billing:B005"), TRY)
    override(desk.writer, pin, "birth_date", "1980-03-02", TRY, expires=None)
    judge(desk.writer, [key("crm:K001")], [key("crm:K002")], "same", TRY)
    split(desk.writer, pin, [key("crm:K005")], TRY)
    assert desk.everything() == before
    done = unmerge(desk.writer, pin, key("billing:B005"), BY)
    assert (tried.moved, tried.customers) == (done.moved, done.customers)  # the new PIN, too


def test_a_split_takes_records_out_together_or_by_the_evidence(desk: Desk) -> None:
    first, *others = desk.pins("crm:K001", "crm:K002", "crm:K003")
    merge(desk.writer, first, others, BY)
    (whole,) = set(desk.pins("crm:K001", "crm:K002", "crm:K003"))
    with pytest.raises(UsageError, match="is not a record of PIN"):
        split(desk.writer, whole, [key("crm:K009")], BY)
    with pytest.raises(UsageError, match="would leave nothing behind"):
        split(desk.writer, whole, [key(f"crm:K00{n}") for n in (1, 2, 3)], BY)
    split(desk.writer, whole, [key("crm:K002"), key("crm:K003")], BY)  # nothing but the one who stays held these two
    assert desk.pins("crm:K001", "crm:K002", "crm:K003") == [first, *others]
    with desk.database.begin() as connection:
        numbers = judgements.judgements_in_force(connection)["judgement_id"].to_pylist()
    for number in numbers:
        take_back(desk.writer, number, BY)
    merge(desk.writer, first, others, BY)
    split(desk.writer, whole, [key("crm:K002"), key("crm:K003")], BY, together=True)
    out = desk.pins("crm:K002", "crm:K003")
    assert len(set(out)) == 1
    assert out[0] in others


def test_an_override_holds_at_once_and_until_its_last_day(desk: Desk) -> None:
    (pin,) = desk.pins("crm:K001")

    def born() -> str:
        with desk.database.begin() as connection:
            document = golden.find_golden(connection, pin)
        assert document is not None
        return str(document["doc"]["birth_date"]["value"])

    before, last = born(), dt.date(2026, 4, 2)
    override(desk.writer, pin, "birth_date", "1980-03-02", BY, expires=last)
    assert born() == "1980-03-02"
    for day, expected in ((last, "1980-03-02"), (dt.date(2026, 4, 3), before)):
        run_night(desk.workspace.settings, desk.database, Asked(business_date=day))
        assert born() == expected
    override(desk.writer, pin, "birth_date", "1980-03-03", BY, expires=None)
    lift(desk.writer, pin, "birth_date", BY)
    assert born() == before
    with desk.database.begin() as connection:
        assert [row["ended_by"] for row in overrides.overrides_of(connection, pin, ended=True)] == ["jane", "jane"]
    with pytest.raises(NotFound, match="nothing is pinned"):
        lift(desk.writer, pin, "birth_date", BY)


@pytest.mark.parametrize(
    ("attribute", "value", "says"),
    [
        ("shoe_size", "43", "no such attribute"),
        ("birth_date", "soon", "is a date"),
        ("birth_date.day", "1980-01-01", "Write it as birth_date"),
        ("sex", "x", "no such sex"),
        ("name", "Ann", "is an object"),
        ("name", {"nick": "Ann"}, "no such part: 'nick'"),
        ("name", {}, "no part is given"),
        ("phones", ["1"], "is not a text"),
        ("phones", "", "is not a text"),
        ("identifiers", "1", "which one is meant"),
        ("identifiers.shoe", "1", "no such identifier"),
        ("consents.marketing.sms", "yes", "is not true or false"),
    ],
)
def test_values_that_cannot_be_pinned(attribute: str, value: object, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_shape(attribute, value)
    assert says in str(refused.value)
