"""Which organisation customers belong to one legal entity.

Two organisations are one legal entity when they hold the same registration number, or bear the same name with nothing
against it (another registration number, another legal form). A branch has a number of its own but is no person in law:
it belongs to the head office that its name begins with ("Acme Ltd Lanzhou Branch", 甲乙有限公司甘肃分公司).
A pure function; the order of arrival plays no part.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mdm.cleanse.fold import has_han, simplify
from mdm.cleanse.organisations import cleanse_organisation
from mdm.resolve.memberships import MEMBERSHIPS

ORGANISATIONS = pa.schema(
    [
        ("system", pa.string()),
        ("local_id", pa.string()),
        ("customer", pa.string()),
        ("name", pa.string()),
        ("organisation_key", pa.string()),
        ("organisation_form", pa.string()),
        ("registrations", pa.list_(pa.string())),  # organisation ids and tax numbers, "type:issuer:value"
        ("effective", pa.date32()),
    ]
)
REGISTRATIONS = ("organisation_id", "tax_number")
SHORTEST_NAME = 4  # characters of a core name that tells organisations apart ("ABC", 移动 do not)

_HAN_BRANCH = re.compile(
    "^(?P<head>.*(?:公司|银行|集团|医院|学校|大学|中心|合作社))(?P<where>.*?)"
    "(?:分公司|分行|支行|分店|分部|分厂|分院|分校|分理处|营业部|办事处|营业厅)$"
)
_HAN_BARE = re.compile(r"^(?P<head>.{2,}?)(?:分公司|分行|支行|分店|分部|办事处)$")
_LATIN_FORM = r"(?:inc|incorporated|corp|corporation|co|company|ltd|limited|ltee|llc|llp|plc|gmbh|ag|sa|sarl|bv|pty)"
_LATIN_PLACE = r"(?:branch(?: office)?|sub-?branch|regional office|office|division|succursale|filiale)"
_LATIN_BRANCH = re.compile(
    rf"^(?P<head>.+?\b{_LATIN_FORM}\b\.?)[\s,;:(/-]+(?P<where>.*?)\b{_LATIN_PLACE}\b[)\s.]*$", re.IGNORECASE
)
_LATIN_BARE = re.compile(rf"^(?P<head>.+?)[\s,(-]+{_LATIN_PLACE}\b[)\s.]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BranchName:
    """A branch's name read: the head office's core name; `whole` when the name says where it ends."""

    head: str
    whole: bool


@lru_cache(maxsize=1 << 16)
def read_branch(name: str) -> BranchName | None:
    """The head office in the name of a branch; None when the name is not a branch's."""
    text = re.sub(r"[\s()（）]", "", simplify(name)) if has_han(name) else name.strip()
    sure, bare = (_HAN_BRANCH, _HAN_BARE) if has_han(name) else (_LATIN_BRANCH, _LATIN_BARE)
    match = sure.match(text)
    if match and match["head"] != text:
        head = cleanse_organisation(match["head"], region="").key
        return BranchName(head, whole=True) if head else None
    if bare_match := bare.match(text):
        head = cleanse_organisation(bare_match["head"], region="").key
        return BranchName(head, whole=False) if head else None
    return None


@dataclass(slots=True)
class _Organisation:
    """A customer with all its records."""

    customer: str
    since: date
    names: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    forms: set[str] = field(default_factory=set)
    registrations: set[str] = field(default_factory=set)
    branches: set[BranchName] = field(default_factory=set)
    records: list[tuple[str, str, date]] = field(default_factory=list)
    matched: tuple[str, str] = ("alone", "name")


def organisations_from_cleansed(cleansed: pa.Table, customers: pa.Array) -> pa.Table:
    """The organisations among `cleansed` (`CLEANSED`) that have a customer, as `ORGANISATIONS`."""
    chosen = cleansed.append_column("customer", pc.cast(customers, pa.string()))
    chosen = chosen.filter(pc.and_(pc.equal(chosen["party"], "organisation"), pc.is_valid(chosen["customer"])))
    registrations = [
        sorted({f"{i['type']}:{i['issuer']}:{i['value']}" for i in held or () if i["type"] in REGISTRATIONS})
        for held in chosen["identifiers"].to_pylist()
    ]
    effective = pc.coalesce(chosen["changed_at"], chosen["extracted_at"]).cast(pa.timestamp("us")).cast(pa.date32())
    table = {
        "name": chosen["organisation_name"],
        "registrations": pa.array(registrations, pa.list_(pa.string())),
        "effective": effective,
    }
    return pa.table({f.name: table.get(f.name, chosen[f.name] if f.name not in table else None) for f in ORGANISATIONS})


def build_legal_entities(organisations: pa.Table) -> pa.Table:
    """Memberships of organisation customers in legal entities: `ORGANISATIONS` -> `MEMBERSHIPS`.

    An organisation that shares its legal entity with nobody is the only member of its own.
    """
    found = _read(organisations.select(ORGANISATIONS.names).to_pylist())
    groups = _Groups(found)
    groups.join_registrations()
    groups.join_names()
    groups.join_branches()
    return _table(found, groups)


def _read(rows: Iterable[dict[str, Any]]) -> list[_Organisation]:
    found: dict[str, _Organisation] = {}
    for row in sorted(rows, key=lambda row: (row["customer"], row["system"], row["local_id"])):
        since = row["effective"] or date.min
        one = found.setdefault(row["customer"], _Organisation(row["customer"], since))
        one.since = min(one.since, since)
        one.records.append((row["system"], row["local_id"], since))
        one.registrations |= set(row["registrations"] or ())
        branch = read_branch(row["name"]) if row["name"] else None
        if branch:
            one.branches.add(branch)
        elif row["organisation_key"]:
            one.keys.add(row["organisation_key"])
        one.names |= {row["name"]} - {None}
        one.forms |= {row["organisation_form"]} - {None, "branch"}
    return [found[customer] for customer in sorted(found)]


class _Groups:
    """A union of organisations that refuses to bring two registration numbers of one type together."""

    def __init__(self, organisations: list[_Organisation]) -> None:
        self.all = organisations
        self.parent = list(range(len(organisations)))

    def root(self, i: int) -> int:
        while self.parent[i] != i:
            self.parent[i] = self.parent[self.parent[i]]
            i = self.parent[i]
        return i

    def join(self, i: int, j: int, matched: str, by: str) -> None:
        a, b = sorted((self.root(i), self.root(j)))
        for one in (self.all[i], self.all[j]):
            if one.matched[0] == "alone":
                one.matched = matched, by
        self.parent[b] = a

    def join_registrations(self) -> None:
        """The same registration number."""
        holders: dict[str, list[int]] = defaultdict(list)
        for i, one in enumerate(self.all):
            for registration in one.registrations:
                holders[registration].append(i)
        for registration in sorted(holders):
            for i in holders[registration][1:]:
                self.join(holders[registration][0], i, "registration", registration)

    def join_names(self) -> None:
        """The same core name, unless two registration numbers or two legal forms bear it."""
        for key, bearers in sorted(self._by_key().items()):
            roots = {self.root(i) for i in bearers}
            forms = {form for i in bearers for form in self.all[i].forms}
            if len(roots) > 1 and len(key) >= SHORTEST_NAME and len(forms) <= 1 and not self._contradict(bearers):
                for i in bearers[1:]:
                    self.join(bearers[0], i, "name", key)

    def join_branches(self) -> None:
        """Branches to the one head office of their name, or to each other when it is no customer."""
        heads = self._by_key()
        orphans: dict[str, list[int]] = defaultdict(list)
        for i, one in enumerate(self.all):
            for branch in sorted(one.branches, key=lambda b: (not b.whole, b.head)):
                head = _longest_prefix(branch, heads)
                roots = {self.root(j) for j in heads.get(head or "", [])} if head else set()
                if len(roots) == 1:
                    self.join(i, heads[head or ""][0], "branch", head or "")
                elif not roots and branch.whole:
                    orphans[branch.head].append(i)
        for head, branches in sorted(orphans.items()):
            for i in branches[1:]:
                self.join(branches[0], i, "branch", head)

    def _by_key(self) -> dict[str, list[int]]:
        bearers: dict[str, list[int]] = defaultdict(list)
        for i, one in enumerate(self.all):
            for key in one.keys:
                bearers[key].append(i)
        return bearers

    def _contradict(self, bearers: list[int]) -> bool:
        """Whether organisations not yet joined hold different numbers of one type."""
        numbers: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for i in bearers:
            for registration in self.all[i].registrations:
                numbers[registration.rsplit(":", 1)[0]][self.root(i)].add(registration)
        return any(len(held) > 1 for held in numbers.values())


def _longest_prefix(branch: BranchName, heads: dict[str, list[int]]) -> str | None:
    """The key of a head office that the branch's name is, or (when it does not say where it ends) begins with."""
    return next((head for head in possible_heads(branch) if head in heads), None)


def possible_heads(branch: BranchName) -> Iterator[str]:
    """The keys that the head office of a branch may have, the likeliest first."""
    text = branch.head
    yield text
    if not branch.whole:
        ends = range(len(text) - 1, SHORTEST_NAME - 1, -1)
        yield from (text[:end].strip() for end in ends if has_han(text) or text[end] == " ")


def _table(organisations: list[_Organisation], groups: _Groups) -> pa.Table:
    first: dict[int, tuple[date, str]] = {}
    for i, one in enumerate(organisations):
        root = groups.root(i)
        first[root] = min(first.get(root, (one.since, one.customer)), (one.since, one.customer))
    number = {root: n for n, root in enumerate(sorted(first, key=lambda root: first[root]))}
    rows = [
        {
            "kind": "legal_entity",
            "household": number[groups.root(i)],
            "customer": one.customer,
            "role": "branch" if one.branches and not one.keys else "head_office",
            "valid_from": None if one.since == date.min else one.since,
            "valid_to": None,
            "evidence": [
                {"system": system, "local_id": local_id, "effective": None if since == date.min else since,
                 "address": min(one.names, default=None), "matched": one.matched[0],
                 "by": one.matched[1]}
                for system, local_id, since in one.records
            ],
        }
        for i, one in enumerate(organisations)
    ]  # fmt: skip
    rows.sort(key=lambda row: (row["household"], str(row["valid_from"]), row["customer"]))
    return pa.Table.from_pylist(rows, schema=MEMBERSHIPS)
