"""Promise 2: a PIN never passes from one person to another, also when a steward takes strangers apart.

The machine joined records of several persons. Callers took the PIN for the person who holds most of its records; when
a steward has put things right, it is that person's still.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mdm.resolve.lineage import IdentityState
from tests.properties.identity_file import resolve

PERSONS = st.lists(st.integers(0, 3), min_size=1, max_size=7)


def by_person(persons: dict[int, int]) -> list[list[int]]:
    return [[record for record in persons if persons[record] == person] for person in set(persons.values())]


@given(customers=st.lists(PERSONS, min_size=1, max_size=4), merged=st.booleans())
def test_a_steward_takes_strangers_apart(customers: list[list[int]], merged: bool) -> None:
    """Each list is a customer of the first night, by the person of each record; `merged`: then all became one."""
    persons, first = {}, []
    for customer in customers:
        first.append(list(range(len(persons), len(persons) + len(customer))))
        persons |= dict(zip(first[-1], customer, strict=True))
    state = resolve(first, IdentityState()).after
    holders = {state.xrefs[cluster[0]].pin: Counter(persons[record] for record in cluster) for cluster in first}
    if merged:
        state = resolve([list(persons)], state).after
    after = resolve(by_person(persons), state).after
    pin_of = {person: after.xrefs[record].pin for record, person in persons.items()}
    for pin, counts in holders.items():
        (person, most), *others = counts.most_common()
        if not others or most > others[0][1]:
            assert after.resolve(pin) == pin_of[person]
