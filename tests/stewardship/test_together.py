"""Many tasks decided together: what can be done is done at once, the rest is told, and one undo takes it back."""

from __future__ import annotations

import pyarrow as pa
import pytest

from mdm.errors import StoreError, Taken, UsageError
from mdm.live import locks
from mdm.stewardship import tasks
from mdm.stewardship.decisions import By, judge
from mdm.stewardship.together import close_together, take_back_together
from mdm.store import batches, customers, judgements, live, task_queue
from mdm.store import tasks as asked
from mdm.store.once import Once
from tests.stewardship.conftest import Desk
from tests.stewardship.test_decisions import key

LEE = By("lee", "one file, delivered twice")
TRY = By("lee", "one file, delivered twice", dry_run=True)


def ask(desk: Desk, *pairs: tuple[str, str], kind: str = "possible_match") -> list[int]:
    """Tasks about pairs of records of crm, as a night would ask them; their numbers."""
    with desk.database.begin() as connection:
        found = []
        for one, other in pairs:
            rows = [customers.find_xref(connection, *f"crm:{name}".split(":")) for name in (one, other)]
            found.append(sorted(row["record_id"] for row in rows if row is not None))
        columns = {
            "kind": [kind] * len(found), "left_id": [two[0] for two in found], "right_id": [two[1] for two in found],
            "party": ["person"] * len(found), "weight": [1.5] * len(found), "evidence": ["[1.5]"] * len(found),
            "detail": ["{}"] * len(found),
        }  # fmt: skip
        asked.put_tasks(connection, "a test", pa.table(columns))
        open_now = asked.open_tasks_on(connection, sorted({number for two in found for number in two})).to_pylist()
    numbers = {(row["left_id"], row["right_id"]): row["task_id"] for row in open_now if row["kind"] == kind}
    return [numbers[two[0], two[1]] for two in found]


def pins(desk: Desk, *names: str) -> list[str]:
    return desk.pins(*(f"crm:{name}" for name in names))


def test_what_can_be_done_is_done_and_all_of_it_taken_back(desk: Desk) -> None:
    judge(desk.writer, [key("crm:K013")], [key("crm:K015")], "different", By("jane", "two people"))
    judge(desk.writer, [key("crm:K014")], [key("crm:K015")], "same", By("jane", "called"))
    pairs = [("K001", "K002"), ("K020", "K021"), ("K021", "K022"), ("K020", "K022"), ("K013", "K014"), ("K030", "K031")]
    numbers = [*ask(desk, *pairs, ("K033", "K034")), 999_999]
    tasks.claim(desk.writer, numbers[5], "bo", lambda connection: None)
    tasks.close(desk.writer, numbers[6], "different", By("jane", "father and son"))
    involved = ("K001", "K002", "K020", "K021", "K022", "K013", "K014", "K030", "K031")
    before, everything = pins(desk, *involved), desk.everything()
    tried = close_together(desk.writer, numbers, "same", TRY)
    assert desk.everything() == everything
    done = close_together(desk.writer, numbers, "same", LEE, order=Once("lee", "a form", "x"))
    assert [(line.task, line.after) for line in done.done] == [(line.task, line.after) for line in tried.done]
    assert [line.task for line in done.done] == numbers[:4]  # the third question of the triangle, too
    told = {line.refused: line for line in done.refused}
    assert list(told) == ["contradiction", "taken", "closed", "gone"]
    assert set(told["contradiction"].chain) == {"crm:K013", "crm:K014", "crm:K015"}
    assert (told["taken"].who, told["closed"].who, told["closed"].said) == ("bo", "jane", "different")
    assert (done.customers_before, done.customers_after, done.redirected) == (5, 2, 3)
    assert len(set(pins(desk, "K020", "K021", "K022"))) == len(set(pins(desk, "K001", "K002"))) == 1
    with desk.database.begin() as connection:
        marked = batches.judgements_of(connection, batches.PREFIX + done.batch)
        assert [row["judgement_id"] for row in marked] == [line.judgement for line in done.done]
        kept = judgements.judgements_in_force(connection).num_rows
    again = close_together(desk.writer, numbers, "same", LEE, order=Once("lee", "a form", "x"))
    assert (again.replayed, again.batch, len(again.done), len(again.refused)) == (True, done.batch, 4, 4)
    with desk.database.begin() as connection:
        assert judgements.judgements_in_force(connection).num_rows == kept
        (batch,) = batches.find_batches(connection, actor="lee")
    assert (batch["tasks"], batch["holding"], batch["reason"]) == (4, 4, LEE.reason)
    _, number = take_back_together(desk.writer, done.batch, By("lee", "wrong list"))
    assert (number, pins(desk, *involved)) == (4, before)
    with pytest.raises(Taken):
        take_back_together(desk.writer, done.batch, LEE)
    desk.night("20260401")
    assert pins(desk, *involved) == before


def test_dismissed_together_and_asked_again_together(desk: Desk) -> None:
    numbers = ask(desk, ("K001", "K002"), ("K003", "K004"))
    done = close_together(desk.writer, numbers, "dismiss", LEE)
    with desk.database.begin() as connection:
        rows = task_queue.find_tasks(connection, numbers)
    assert [(row["status"], row["verdict"], row["closed_by"]) for row in rows] == [("closed", "dismissed", "lee")] * 2
    assert take_back_together(desk.writer, done.batch, LEE)[1] == 2
    with desk.database.begin() as connection:
        assert {row["status"] for row in task_queue.find_tasks(connection, numbers)} == {"open"}


def test_several_kinds_too_many_or_a_night_that_applies(desk: Desk) -> None:
    one, other = ask(desk, ("K001", "K002")), ask(desk, ("K001", "K003"), kind="weak_link")
    with pytest.raises(UsageError, match="several kinds: possible_match, weak_link"):
        close_together(desk.writer, one + other, "same", LEE)
    for wrong in ([], list(range(1, 202))):
        with pytest.raises(UsageError, match="tasks"):
            close_together(desk.writer, wrong, "same", LEE)
    before = desk.everything()
    with desk.database.begin() as night:
        live.hold(night, [locks.APPLYING])
        with pytest.raises(StoreError, match="night"):
            close_together(desk.writer, one, "same", LEE)
    assert desk.everything() == before
