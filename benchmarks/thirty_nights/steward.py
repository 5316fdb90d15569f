"""A steward who knows the truth and is right, but only about what he is asked: open tasks, and wrong customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from benchmarks.operator.world import generator
from benchmarks.thirty_nights.view import Name, view_of
from mdm.errors import MdmError
from mdm.settings import Settings
from mdm.store import tasks
from mdm.store.database import Database
from pipelines import stewardship

ACTOR = "steward of the thirty nights"


class Steward:
    """Answers some tasks between the nights, and unmerges what he sees to be two people."""

    def __init__(self, database: Database, seed: int, answers: int) -> None:
        self.database, self.answers = database, answers
        self.random: np.random.Generator = generator(seed, "steward")

    def work(self, settings: Settings, truth: Mapping[Name, str], *, unmerge: bool) -> list[str]:
        """What he decided, in words; each decision is carried out by a run of its own."""
        done = [self._judge(settings, *pair, truth) for pair in self._asked(truth)]
        if unmerge and (wrong := self._wrong(truth)):
            done.append(self._unmerge(settings, wrong))
        return done

    def _asked(self, truth: Mapping[Name, str]) -> list[tuple[Name, Name]]:
        with self.database.begin() as connection:
            names = view_of(connection).record_names
            open_tasks = tasks.all_tasks(connection).to_pylist()
        pairs = [(names.get(task["left_id"]), names.get(task["right_id"])) for task in open_tasks]
        known = sorted((a, b) for a, b in pairs if a is not None and b is not None and a in truth and b in truth)
        chosen = self.random.permutation(len(known))[: self.answers]
        return [known[i] for i in chosen.tolist()]

    def _judge(self, settings: Settings, one: Name, other: Name, truth: Mapping[Name, str]) -> str:
        verdict = "same" if truth[one] == truth[other] else "different"
        a, b = ":".join(one), ":".join(other)
        try:
            stewardship.judge(settings, self.database, a, b, verdict, actor=ACTOR, reason="the truth")
        except MdmError as error:
            return f"{a} {b} {verdict}: refused, {error.message}"
        return f"{a} {b} {verdict}"

    def _wrong(self, truth: Mapping[Name, str]) -> Name | None:
        """The one record of somebody else in a customer of three or more records."""
        with self.database.begin() as connection:
            view = view_of(connection)
        found = []
        for pin in sorted(view.active):
            names = view.records.get(pin, [])
            counts = Counter(truth.get(name, "?") for name in names)
            if len(counts) == 2 and len(names) >= 3:
                found += [name for name in names if counts[truth.get(name, "?")] == 1]
        return sorted(found)[int(self.random.integers(len(found)))] if found else None

    def _unmerge(self, settings: Settings, name: Name) -> str:
        text = ":".join(name)
        try:
            stewardship.unmerge(settings, self.database, text, actor=ACTOR, reason="two people")
        except MdmError as error:
            return f"unmerge {text}: refused, {error.message}"
        return f"unmerge {text}"
