"""Promise 2: a PIN never passes from one person to another, and is never reused.

Any PIN ever issued resolves for ever: to its customer, through a redirect to the survivor, or to a notice that it was
retired or erased. Here through the nights, the stewards and the API; `test_promise_02_by_the_truth` draws histories.
"""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa

from api.app import make_app
from mdm.registry import look_up
from tests.api.keys import add_key
from tests.api.serving import in_thread
from tests.promises.life import Key, Life, Moment


def _denoted(life: Life, moment: Moment) -> dict[str, set[int]]:
    """PIN -> the persons whose records it has; who was erased since is erased at any moment."""
    found: dict[str, set[int]] = defaultdict(set)
    for key, pin in moment.pins.items():
        if pin is not None and key not in life.erased:
            found[pin].add(moment.persons[key])
    return found


def _issued(life: Life) -> dict[str, int]:
    with life.database.read() as connection:
        rows = connection.execute(sa.text("select distinct pin, issued from customer")).all()
    assert len({pin for pin, _ in rows}) == len({issued for _, issued in rows}) == len(rows), "a PIN was issued twice"
    return {pin: issued for pin, issued in rows}


def test_a_pin_denotes_whom_it_denoted_first_or_nobody(life: Life) -> None:
    """At every moment; one that redirects denotes whom the survivor denotes."""
    first: dict[str, set[int]] = {}
    for moment in life.moments:
        now = _denoted(life, moment)
        for pin, persons in now.items():
            first.setdefault(pin, persons)
        with life.database.read() as connection:
            views = {pin: look_up(connection, pin, known_at=moment.at) for pin in first}
        for pin, view in views.items():
            assert (view.status == "active") == (view.pin in now), (moment.name, pin)
            assert view.pin not in now or now[view.pin] & first[pin], (moment.name, pin)


def test_a_key_that_is_given_to_a_stranger_leaves_the_pin_behind(life: Life) -> None:
    before, after = (life.moment(name).pins["crm", "K005"] for name in ("third", "second"))
    former = life.moment("first").pins["crm", "K005"]
    assert before == after != former
    with life.database.read() as connection:
        assert look_up(connection, str(former)).status == "retired"


def test_who_comes_back_has_the_pin_of_before(life: Life) -> None:
    keys: tuple[Key, ...] = (("crm", "K000"), ("crm", "K004"), ("crm", "K006"))
    for key in keys:
        assert life.pin(*key) == life.moment("first").pins[key]


def test_every_pin_ever_issued_is_answered(life: Life) -> None:
    """200 with the customer, 308 to the survivor, 410 with a notice: never 404."""
    active = set(life.moments[-1].pins.values())
    url = life.database.engine.url.render_as_string(hide_password=False)
    answers = {}
    app = make_app(life.workspace.settings.model_copy(update={"database_url": url}))
    with in_thread(app, key=add_key(life.database)) as client:
        for pin in _issued(life):
            answer = client.get(f"/v1/customers/{pin}")
            answers[pin] = answer.status_code
            if answer.status_code == 200:
                assert pin in active
                assert answer.json()["pin"] == pin
            elif answer.status_code == 308:
                assert answer.headers["location"].rsplit("/", 1)[1] in active
            else:
                assert answer.status_code == 410
                assert answer.json()["type"]
    assert set(answers.values()) == {200, 308, 410}
    assert {pin for pin, status in answers.items() if status == 200} == active
