"""A second steward looks unseen: who may, what gives it away, agreement, and a lead where the two differ."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from mdm.errors import NotFound, Taken, UsageError
from mdm.live.orders import Writer
from mdm.registry.agreement import agreement
from mdm.settings import InstanceSettings, Settings, StewardshipSettings
from mdm.stewardship import second, tasks
from mdm.stewardship.decisions import By, judge, take_back
from mdm.stewardship.effect import Effect
from mdm.store import customers, day, judgements, second_looks, task_queue
from tests.pipelines.tiny import people, text
from tests.stewardship.conftest import Desk
from tests.stewardship.test_decisions import key
from tests.stewardship.test_together import ask, pins

ANN, BOB, LEE = By("ann", "called"), By("bob", "saw the papers"), By("lee", "called both")


def every(desk: Desk) -> Writer:
    """A writer of whose answers all are looked at twice."""
    settings = desk.writer.settings.model_copy(update={"stewardship": StewardshipSettings(second_share=1.0)})
    return replace(desk.writer, settings=settings)


def seen(desk: Desk, who: str, *, lead: bool = False) -> list[tuple[int, str]]:
    with desk.database.begin() as connection:
        rows = task_queue.page_of_tasks(
            connection, sort="age", after=None, count=99, status="open", me=who, lead=lead, pin=None
        )
        counted = sum(day.counts(connection, who, lead=lead)["kind"].values())
    assert counted == len(rows)  # what is counted is what is listed
    return [(row["task_id"], row["kind"]) for row in rows]


def said(desk: Desk, *names: str) -> str | None:
    with desk.database.begin() as connection:
        found_as = [customers.find_xref(connection, "crm", name) for name in names]
        one, other = (row["record_id"] for row in found_as if row is not None)
        number = judgements.in_force(connection, one, other)
        found = None if number is None else judgements.find_judgement(connection, number)
    return None if found is None else f"{found['verdict']} by {found['actor']}"


def test_a_look_that_agrees_closes_and_nothing_gave_it_away(desk: Desk) -> None:
    writer, before = every(desk), pins(desk, "K001", "K002")
    (number,) = ask(desk, ("K001", "K002"))
    with desk.database.begin() as connection:
        first = tasks.find(connection, number)
        look = partial(tasks.open_task, task=first, settings=writer.settings)
        as_first = tasks.see(writer, connection, first, ANN, look, foresee=True)
    mine = seen(desk, "ann")
    tasks.close(writer, number, "same", ANN)
    assert seen(desk, "ann") == [each for each in mine if each[0] != number]  # nobody gets an answer of their own
    ((again, kind),) = set(seen(desk, "bob")) - set(mine)
    assert kind == "possible_match"
    with desk.database.begin() as connection:
        row = tasks.find_for(connection, again, "bob", lead=False)
        look = partial(tasks.open_task, task=row, settings=writer.settings)
        as_second = tasks.see(writer, connection, row, BOB, look, foresee=True)
        assert [row["left_pin"], row["right_pin"], row["status"]] == [*before, "open"]
        with pytest.raises(NotFound):
            tasks.find_for(connection, again, "ann", lead=True)
    for one, other in zip(as_first[0].sides, as_second[0].sides, strict=True):
        assert one.customer is not None
        assert other.customer is not None
        assert (one.record, one.customer.pin, one.customer.golden) == (
            other.record,
            other.customer.pin,
            other.customer.golden,
        )
    assert as_first[0].pair == as_second[0].pair  # words, judgement and all
    assert isinstance(as_first[1], Effect)
    assert isinstance(as_second[1], Effect)
    assert (as_first[1].moved, as_first[1].customers) == (as_second[1].moved, as_second[1].customers)
    everything = desk.everything()
    for refused in (partial(tasks.claim, writer, again, "ann"), partial(tasks.give, writer, again, "ann", "bob")):
        with pytest.raises((NotFound, UsageError)):
            refused(lambda connection: None)
    with pytest.raises(NotFound):
        tasks.close(writer, again, "same", ANN)
    assert desk.everything() == everything
    _, effect = tasks.close(writer, again, "same", BOB)
    assert (effect.judgements, len(set(pins(desk, "K001", "K002")))) == ((), 1)
    assert seen(desk, "lee", lead=True) == [each for each in mine if each[0] != number]
    with desk.database.begin() as connection:
        today = day.day_of(connection, "bob", tasks.find(connection, again)["created_at"])
        stewards, bands = agreement(connection, "person")
    assert (today.judged_twice, today.agreed, today.done) == (1, 1, 1)
    assert [(who, each.looks, each.agreed, each.few) for who, each in stewards] == [
        ("ann", 1, 1, True),
        ("bob", 1, 1, True),
    ]
    assert [(low, each.share) for low, _, each in bands] == [(0.0, 1.0)]


def test_where_two_differ_a_lead_decides_and_the_pins_follow(desk: Desk) -> None:
    writer, before = every(desk), pins(desk, "K001", "K002")
    (number,) = ask(desk, ("K001", "K002"))
    tasks.close(writer, number, "same", ANN)
    again = _second_look(desk, number)
    tasks.close(writer, again, "different", BOB)
    assert said(desk, "K001", "K002") == "same by ann"  # until a lead decides
    settling = _disagreement(desk)
    assert settling not in [task for task, _ in seen(desk, "eve")]
    for who, lead in (("bob", True), ("ann", True), ("eve", False)):
        with pytest.raises(NotFound):
            tasks.close(writer, settling, "same", By(who, "x"), lead=lead)
    tasks.undo(writer, again, BOB, lambda connection: None)  # an answer can be taken back as any other
    assert _disagreement(desk) == 0
    tasks.close(writer, again, "different", BOB)
    settling = _disagreement(desk)
    with desk.database.begin() as connection:
        both = second_looks.answers(connection, number)
    assert [(each["closed_by"], each["verdict"], each["closed_reason"]) for each in both] == [
        ("ann", "same", "called"), ("bob", "different", "saw the papers"),
    ]  # fmt: skip
    tasks.close(writer, settling, "different", LEE, lead=True)
    assert said(desk, "K001", "K002") == "different by lee"
    assert pins(desk, "K001", "K002") == before  # the PIN that was merged is given back
    with pytest.raises(Taken):
        tasks.undo(writer, again, BOB, lambda connection: None)
    with desk.database.begin() as connection:
        stewards, _ = agreement(connection, "person")
    assert {who: (each.settled, each.upheld) for who, each in stewards} == {"ann": (1, 0), "bob": (1, 1)}
    desk.night("20260401")
    assert pins(desk, "K001", "K002") == before


def test_a_lead_may_keep_the_first_answer_or_end_both(desk: Desk) -> None:
    writer = every(desk)
    kept, ended = ask(desk, ("K001", "K002"), ("K003", "K004"))
    for number in (kept, ended):
        tasks.close(writer, number, "same", ANN)
        tasks.close(writer, _second_look(desk, number), "unsure", BOB)
        tasks.close(writer, _disagreement(desk), "same" if number == kept else "dismiss", LEE, lead=True)
    assert said(desk, "K001", "K002") == "same by ann"
    assert said(desk, "K003", "K004") is None
    assert len(set(pins(desk, "K003", "K004"))) == 2


def test_a_look_whose_question_is_gone_closes_itself(desk: Desk) -> None:
    writer = every(desk)
    numbers = ask(desk, ("K001", "K002"), ("K003", "K004"), ("K005", "K006"), ("K007", "K008"))
    for number in numbers:
        tasks.close(writer, number, "same", ANN)
    with desk.database.begin() as connection:
        (judged,) = judgements.of_run(connection, tasks.find(connection, numbers[0])["closed_run"])
    take_back(writer, judged, ANN)  # the answer is taken back
    judge(writer, [key("crm:K003")], [key("crm:K004")], "different", LEE)  # or replaced
    assert _closed(desk, numbers) == [True, True, False, False]
    left = [each for each in people(0, 40) if each["ID"] != "K005"]
    desk.workspace.deliver("crm", text(left), day="20260401")
    assert desk.workspace.night(desk.database)["status"] == "applied"
    assert _closed(desk, numbers) == [True, True, True, False]  # a record is gone


def test_which_answers_are_looked_at_is_told_by_the_question_and_the_key(desk: Desk) -> None:
    def settings(share: float, pin_key: str = "one") -> Settings:
        made = {"stewardship": StewardshipSettings(second_share=share), "instance": InstanceSettings(pin_key=pin_key)}
        return desk.writer.settings.model_copy(update=made)

    def task(number: int) -> dict[str, object]:
        keys = {"left_key": f"crm:K{number}", "right_key": f"billing:B{number}"}
        return {"kind": "possible_match", "left_id": 1, "right_id": 2, "checks": None, **keys}

    def picked(share: float, pin_key: str = "one") -> set[int]:
        return {number for number in range(2000) if second.chosen(settings(share, pin_key), task(number))}

    few = picked(0.05)
    assert 60 < len(few) < 140
    assert few == picked(0.05)
    assert few < picked(0.2)
    assert len(few & picked(0.05, "another")) < 20
    assert (picked(0.0), len(picked(1.0))) == (set(), 2000)
    turned = {**task(7), "left_key": "billing:B7", "right_key": "crm:K7"}
    assert second.chosen(settings(0.05), turned) == (7 in few)
    assert not second.chosen(settings(1.0), {**task(1), "right_id": None})


# -- the parts ---------------------------------------------------------------------------------------------------------


def _second_look(desk: Desk, number: int) -> int:
    return _reviews(desk, f"checks = {number} and kind <> 'disagreement'")[0]


def _disagreement(desk: Desk) -> int:
    return next(iter(_reviews(desk, "kind = 'disagreement'")), 0)


def _reviews(desk: Desk, where: str) -> list[int]:
    with desk.database.begin() as connection:
        return list(
            connection.exec_driver_sql(f"select task_id from task where status = 'review' and {where}").scalars()
        )


def _closed(desk: Desk, numbers: list[int]) -> list[bool]:
    with desk.database.begin() as connection:
        rows = connection.exec_driver_sql("select checks, status from task where checks is not null")
        found = {checks: status == "closed" for checks, status in rows}
    return [found[number] for number in numbers]
