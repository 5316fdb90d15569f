"""Whom does each PIN denote? By the truth of each date, and what became of PINs without need.

**What a PIN denotes.** The truth of a date is that of the records as the store must hold them on it: a row in
quarantine, or in a file that did not come, counts as it was last delivered. Of an active PIN the *top* is the set of
persons who hold most of its records of customer systems (several in a tie). A PIN first seen denotes its top. From
then on it denotes those of them that are in the top again: the set only shrinks, a tie never widens it. If none is
left, **the PIN has passed from one person to another**; that is a failure, whatever the cause, and the PIN denotes
its new top from then on, so that each passing counts once. Three kinds are told apart, because they have
different causes:

* *handed on*: it held one person's records only, and now holds none of that person's, and is not retired;
* *handed on after a wrong merge*: the same, but it held records of several persons before;
* *outvoted*: such a record is still in it, but most are another's: two people were merged.

A PIN that redirects holds no records. Where it leads to a customer in whose top none of its people is, it *leads
astray*: counted apart (each time it begins), since nothing but a wrong merge can cause it.

**Without need**, of the PINs that changed tonight:

* minted, though each person in its top had an active PIN before, or got another one tonight;
* redirected, though the survivor denoted somebody else;
* revived, though its person is the one of the customer that it leaves.

The first night is left out: nobody had a PIN.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.thirty_nights.view import Name, View

NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that failed: in which night, by which run, which PIN and records, and what the truth is."""

    night: int
    run: str
    check: str
    what: str


@dataclass
class PinWatch:
    """What every PIN ever issued denotes, run by run."""

    denotes: dict[str, frozenset[str]] = field(default_factory=dict)
    active: dict[str, frozenset[str]] = field(default_factory=dict)  # active PINs of the run before, with their top
    leads: dict[str, str] = field(default_factory=dict)  # redirected PINs of the run before
    astray: set[str] = field(default_factory=set)
    mixed: set[str] = field(default_factory=set)  # active PINs of the run before with records of several persons

    def look(self, view: View, truth: Mapping[Name, str], night: int, run: str) -> tuple[list[Finding], dict[str, int]]:
        """What went wrong since the last look, and the counts of tonight's PINs."""
        tops = {pin: _top(view.records.get(pin, ()), truth) for pin in view.active}
        findings = [*self._passed(view, truth, tops, night, run)]
        first = not self.active
        counts = {"active": len(tops), "unneeded": 0, "minted": 0, "redirected": 0, "revived": 0}
        if not first:
            churned = self._churn(view, tops, night, run)
            findings += churned
            counts["unneeded"] = len(churned)
            counts["minted"] = len(tops.keys() - self.denotes.keys())
            counts["redirected"] = len(view.redirects.keys() & self.active.keys())
            counts["revived"] = len(self.leads.keys() & tops.keys())
        for pin, top in tops.items():
            self.denotes[pin] = (self.denotes.get(pin, top) & top) or top
        findings += self._astray(view, tops, night, run)
        self.active, self.leads = tops, dict(view.redirects)
        self.mixed = {pin for pin in tops if len({truth.get(name, "?") for name in view.records.get(pin, ())}) > 1}
        return findings, counts

    def _passed(
        self, view: View, truth: Mapping[Name, str], tops: Mapping[str, frozenset[str]], night: int, run: str
    ) -> list[Finding]:
        found = []
        for pin, top in tops.items():
            before = self.denotes.get(pin, top)
            if before & top:
                continue
            people = {truth.get(name, "?") for name in view.records.get(pin, ())}
            kind = "handed on after a wrong merge" if pin in self.mixed else "handed on"
            kind = "outvoted" if before & people else kind
            found.append(Finding(night, run, kind, f"{pin} denoted {_said(before)}, now {view.told(pin, truth)}"))
        return found

    def _churn(self, view: View, tops: Mapping[str, frozenset[str]], night: int, run: str) -> list[Finding]:
        had = frozenset[str]().union(*self.active.values())
        given: set[str] = set()
        found = []
        for pin in view.in_order(tops.keys() - self.denotes.keys()):
            needed = tops[pin] - had - given
            given |= needed
            if not needed:
                others = sorted(p for p, top in tops.items() if top & tops[pin] and p != pin)
                what = f"{pin} {view.names(pin)} for {_said(tops[pin])}, who has {others}"
                found.append(Finding(night, run, "minted without need", what))
        for pin in sorted(view.redirects.keys() & self.active.keys()):
            to = view.redirects[pin]
            people = self.denotes.get(to, tops.get(to, NOBODY))
            if not self.denotes[pin] & people:
                what = f"{pin} of {_said(self.denotes[pin])} to {to} of {_said(people)} {view.names(to)}"
                found.append(Finding(night, run, "redirected without need", what))
        for pin in sorted(self.leads.keys() & tops.keys()):
            left = self.leads[pin]
            if tops[pin] & self.active.get(left, NOBODY):
                what = f"{pin} {view.names(pin)} out of {left} {view.names(left)}, both {_said(tops[pin])}"
                found.append(Finding(night, run, "revived without need", what))
        return found

    def _astray(self, view: View, tops: Mapping[str, frozenset[str]], night: int, run: str) -> list[Finding]:
        to = {pin: survivor for pin, survivor in view.redirects.items() if survivor in tops}
        astray = {pin for pin, survivor in to.items() if not self.denotes.get(pin, tops[survivor]) & tops[survivor]}
        fresh, self.astray = astray - self.astray, astray
        told = {
            pin: f"{pin} of {_said(self.denotes[pin])} leads to {to[pin]} of {_said(tops[to[pin]])}" for pin in fresh
        }
        return [Finding(night, run, "leads astray", told[pin]) for pin in sorted(fresh)]


def _top(records: tuple[Name, ...] | list[Name], truth: Mapping[Name, str]) -> frozenset[str]:
    counts = Counter(truth.get(name, "?") for name in records)
    most = max(counts.values(), default=0)
    return frozenset(person for person, count in counts.items() if count == most)


def _said(people: frozenset[str]) -> str:
    return " or ".join(sorted(people)) or "nobody"
