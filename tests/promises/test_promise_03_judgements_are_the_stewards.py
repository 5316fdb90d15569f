"""Promise 3: the machine never overrides a judgement, and never writes a permanent "different" by itself."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa

from tests.promises.life import Key, Life

KEPT = """
select j.verdict, j.actor, l.system, l.local_id, r.system, r.local_id
from judgement j
cross join lateral (select system, local_id from record where record_id = j.left_id limit 1) as l
cross join lateral (select system, local_id from record where record_id = j.right_id limit 1) as r
where j.created_at <= :at
"""


def test_judgements_hold_through_nights_models_and_an_erasure(life: Life) -> None:
    """Also where the evidence of later nights speaks loudly against them."""
    held = 0
    for moment in life.moments:
        for (one, other), together in moment.together.items():
            pins = [moment.pins.get(key) for key in (one, other)]
            if None not in pins:
                assert (pins[0] == pins[1]) == together, (moment.name, one, other)
                held += 1
    assert held > 2 * len(life.moments) - 8
    first = life.moment("first").pins
    assert first["crm", "K012"] == first["billing", "B012"], "the evidence would have joined them"
    assert first["crm", "K001"] != first["crm", "K002"], "the evidence would have kept them apart"


def test_there_are_only_judgements_that_stewards_wrote(life: Life) -> None:
    """After every event: none of the machine, none lost."""
    for moment in life.moments:
        with life.database.read() as connection:
            rows = connection.execute(sa.text(KEPT), {"at": moment.at}).all()
        found = Counter(
            (verdict, actor, frozenset(((left, one), (right, other))))
            for verdict, actor, left, one, right, other in rows
        )
        assert found == Counter(moment.judged), moment.name


def test_what_the_machine_took_apart_it_joins_again(life: Life) -> None:
    """A stricter model splits, and nothing of that is left when the former one is back."""
    before, strict, back = (life.moment(name).pins for name in ("unmerged", "stricter", "back"))
    split = [key for key in before if strict[key] != before[key]]
    assert split
    assert back == before
    changed: Key = ("billing", "B013")  # another phone in the second night, the old one in the fourth
    assert life.moments[-1].pins[changed] == life.moment("first").pins[changed] == life.pin("crm", "K013")
