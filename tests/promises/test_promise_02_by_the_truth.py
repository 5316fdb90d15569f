"""Promise 2: a PIN never passes from one person to another, and is never reused.

Against the truth: with matching that is right, no PIN ever comes to denote somebody else. Every record has a person,
and every night the customers are exactly the persons. Records are added, deleted, handed to another person with new
data (a line that changes its owner), or their key is given to a stranger (a new incarnation, a new record id). What
every PIN resolves to is written down each night, for ever.
"""

from __future__ import annotations

from collections import defaultdict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.properties.identity_file import MasterFile

PERSONS = st.integers(0, 5)
PICK = st.integers(0, 1000)


class PersonsAndPins(RuleBasedStateMachine):
    """One event a night."""

    def __init__(self) -> None:
        super().__init__()
        self.file = MasterFile()
        self.person: dict[int, int] = {}  # the records of today
        self.left: dict[int, int] = {}  # deleted records that may come back
        self.next_record, self.next_person = 0, 100
        self.denoted: dict[str, int] = {}  # every PIN ever issued -> the person that it first denoted

    @initialize(persons=st.lists(PERSONS, max_size=8))
    def first_night(self, persons: list[int]) -> None:
        for person in persons:
            self._record_of(person)
        self._night()

    @rule(person=PERSONS)
    def add(self, person: int) -> None:
        self._record_of(person)
        self._night()

    @rule(pick=PICK)
    def delete(self, pick: int) -> None:
        if self.person:
            record = self._pick(pick)
            self.left[record] = self.person.pop(record)
            self._night()

    @rule(pick=PICK)
    def come_back(self, pick: int) -> None:
        if self.left:
            record = sorted(self.left)[pick % len(self.left)]
            self.person[record] = self.left.pop(record)
            self._night(returning={record})

    @rule(pick=PICK, person=st.none() | PERSONS)
    def change_owner(self, pick: int, person: int | None) -> None:
        """To a known person or a new one. The person's only record contradicts, and is a new incarnation."""
        if not self.person:
            return
        record = self._pick(pick)
        owner = self._new_person() if person is None else person
        if list(self.person.values()).count(self.person[record]) == 1 and owner != self.person[record]:
            self._reuse(record, owner)
        else:
            self.person[record] = owner
            self._night(moved={record})

    @rule(pick=PICK, person=st.none() | PERSONS)
    def reuse_key(self, pick: int, person: int | None) -> None:
        if self.person:
            self._reuse(self._pick(pick), self._new_person() if person is None else person)

    @rule(persons=st.sets(PERSONS, min_size=1))
    def change_data(self, persons: set[int]) -> None:
        """All records of some persons change at once, and stay together."""
        self._night(moved={record for record, person in self.person.items() if person in persons})

    @invariant()
    def every_pin_denotes_its_person_or_nobody(self) -> None:
        """A redirect occurs only when a deleted record comes back to a person who got a new PIN in the meantime."""
        state = self.file.state
        for pin in state.customers:
            end = state.resolve(pin)
            people = {self.person[record] for record, xref in state.xrefs.items() if xref.pin == end}
            assert len(people) == (state.customers[end].status == "active")
            for person in people:
                assert self.denoted.setdefault(pin, person) == person

    @invariant()
    def nobody_has_two_pins(self) -> None:
        assert len(self.file.clusters()) == len(set(self.person.values()))

    def _reuse(self, record: int, owner: int) -> None:
        del self.person[record]
        self._record_of(owner)
        self._night()

    def _night(self, *, moved: set[int] | None = None, returning: set[int] | None = None) -> None:
        groups: dict[int, list[int]] = defaultdict(list)
        for record, person in self.person.items():
            groups[person].append(record)
        self.file.night(groups.values(), moved=moved or (), returning=returning or ())

    def _record_of(self, person: int) -> None:
        self.person[self.next_record] = person
        self.next_record += 1

    def _new_person(self) -> int:
        self.next_person += 1
        return self.next_person

    def _pick(self, pick: int) -> int:
        return sorted(self.person)[pick % len(self.person)]


TestPersonsAndPins = PersonsAndPins.TestCase
TestPersonsAndPins.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
