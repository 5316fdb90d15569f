"""Three legacy systems and a warehouse, five nights with faults; at the end each holds what the master file says.

The systems are as real ones are: each reads the files that lie in its folder, once, in the order of their numbers;
applies rows by its own key; answers, or does not; and delivers its own file for the next night, with what it was told
in it. Each counts what it is told: the same row twice must be marked as a repeat.
"""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from mdm.registry.lookup import look_up
from mdm.store.database import Database
from pipelines.stewardship import judge, unmerge
from pipelines.sync.corrections import corrections_of
from pipelines.sync.every import sync
from pipelines.warehouse.export import export
from tests.pipelines.processes import PATIENCE, context
from tests.pipelines.tiny import COLUMNS, TinyWorkspace, person

SETTINGS = (
    '[run]\nbusiness_date = 2026-04-01\n[cleanse]\nregion = "US"\n[gates]\nmax_churn = 1.0\nmax_deleted_share = 1.0\n'
)
WHO = {"actor": "tester", "reason": "a test"}
ANSWER = """
acknowledgement:
  files: {name}_*.ack
  format: {{type: delimited}}
  number_in_name: '{name}_([0-9]+)\\.ack'
  key: ID
  status: {{column: R, accepted: [ok], rejected: [no]}}
  reason: WHY
  within: 0 minutes
  attempts: 5
"""
LAYOUTS = {
    "crm": '{type: delimited, delimiter: "|", quote: none, encoding: gb18030}',
    "billing": "{type: fixed_width, encoding: gbk}",
    "tv": "{type: json_lines}",
}
FIELDS = {"ID": "key", "PIN": "pin", "ACT": "action", "OLD": "moved_from", "AGAIN": "repeat", "NAME": "name.full",
          "PHONE": "phones"}  # fmt: skip
WIDTHS = {"ID": 8, "PIN": 12, "ACT": 10, "OLD": 12, "AGAIN": 1, "NAME": 40, "PHONE": 16}


@dataclass
class Legacy:
    """A legacy system. own: its rows by key, as it delivers them; told: what it holds of us by key."""

    name: str
    workspace: TinyWorkspace
    own: dict[str, dict[str, str]]
    told: dict[str, dict[str, str]] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    last: dict[str, dict[str, str]] = field(default_factory=dict)
    repeats: int = 0

    @property
    def folder(self) -> Path:
        return self.workspace.path / "outbound" / self.name

    def declare(self) -> None:
        """Its contracts: as a source, and as a target."""
        self.workspace.source(self.name)
        columns = "".join(f"  - {{name: {n}, value: {v}, width: {WIDTHS[n]}}}\n" for n, v in FIELDS.items())
        kind = "full" if self.name == "tv" else "delta"
        contract = (
            f"target: {self.name}\nsystem: {self.name}\nformat: {LAYOUTS[self.name]}\ndelivery: {kind}\n"
            f'file: "{self.name}_{{number:04}}.dat"\ncolumns:\n{columns}'
            'unwritable: {policy: transliterate, otherwise: "?"}\n'
        )
        if self.name != "tv":  # which answers nothing
            contract += ANSWER.format(name=self.name)
        folder = self.workspace.path / "targets"
        folder.mkdir(exist_ok=True)
        (folder / f"{self.name}.yaml").write_text(contract, encoding="utf-8")

    def deliver(self, day: str) -> None:
        """Its full extract of the day."""
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.own.values())
        self.workspace.deliver(self.name, out.getvalue().encode(), day=day)

    def take(self, *, refuse: str | None = None, answers: bool = True) -> None:
        """Read what lies in the folder and was not read before; apply it; answer."""
        for file in sorted(self.folder.glob(f"{self.name}_*.dat")):
            if file.name in self.read:
                continue
            self.read.add(file.name)
            said = {}
            for row in self._rows(file.read_bytes()):
                said[row["ID"]] = "no" if row["ID"] == refuse else "ok"
                self._apply(row, said[row["ID"]])
            if answers and self.name != "tv" and said:
                lines = ["ID,R,WHY", *(f"{key},{word},odd" for key, word in said.items())]
                (self.workspace.path / "landing" / f"{file.stem}.ack").write_text("\n".join(lines) + "\n")

    def _apply(self, row: dict[str, str], word: str) -> None:
        content = {name: row[name] for name in ("PIN", "ACT", "OLD", "NAME", "PHONE")}
        if row["ACT"] != "unchanged":
            assert row["AGAIN"] == "1" or self.last.get(row["ID"]) != content, f"{self.name} {row} twice, unmarked"
            self.repeats += row["AGAIN"] == "1"
            self.last[row["ID"]] = content
        if word == "no":
            return
        if row["ACT"] == "gone":
            self.told.pop(row["ID"], None)
            return
        if row["OLD"] and row["AGAIN"] != "1":
            assert self.told[row["ID"]]["PIN"] == row["OLD"]
        self.told[row["ID"]] = row
        self.own[row["ID"]]["PHONE"] = row["PHONE"] or self.own[row["ID"]]["PHONE"]  # and comes back tomorrow

    def _rows(self, content: bytes) -> list[dict[str, str]]:
        if self.name == "crm":
            return list(csv.DictReader(io.StringIO(content.decode("gb18030")), delimiter="|"))
        if self.name == "tv":
            found = [json.loads(line) for line in content.decode().splitlines()]
            return [{name: value or "" for name, value in row.items()} for row in found]
        rows = []
        for line in content.splitlines():
            place, row = 0, {}
            for name, width in WIDTHS.items():
                row[name] = line[place : place + width].decode("gbk").rstrip()
                place += width
            rows.append(row)
        return rows

    def check(self, store: Database) -> None:
        """It holds exactly what the master file says of each of its keys."""
        with store.begin() as connection:
            for key in self.own:
                view = look_up(connection, f"{self.name}:{key}")
                assert view.golden is not None
                name, phones = view.golden["name"]["value"], view.golden.get("phones", [{"value": ""}])
                full = name.get("native") or f"{name['given']} {name['family']}"
                found = self.told[key]
                assert (found["PIN"], found["PHONE"]) == (view.pin, phones[0]["value"]), key
                assert found["NAME"] == full.replace("䶮", "Yan" if self.name == "billing" else "䶮"), key
        assert self.told.keys() == self.own.keys()


def legacy(workspace: TinyWorkspace, name: str, letter: str, numbers: range) -> Legacy:
    rows = {f"{letter}{n:03}": person(n, ID=f"{letter}{n:03}") for n in numbers}
    found = Legacy(name, workspace, rows)
    found.declare()
    return found


def test_five_nights(tmp_path: Path, fresh_database: Database) -> None:
    store, workspace = fresh_database, TinyWorkspace(tmp_path / "operator", SETTINGS)
    crm, billing, tv = systems = (
        legacy(workspace, "crm", "K", range(30)),
        legacy(workspace, "billing", "B", range(10, 40)),
        legacy(workspace, "tv", "T", range(20, 45)),
    )
    warehouse = workspace.path / "outbound" / "warehouse"

    def night(day: str) -> None:
        for system in systems:
            system.deliver(day)
        assert workspace.night(store)["status"] in ("applied", "unchanged")
        export(store, warehouse)

    for system, key in ((billing, "B037"), (tv, "T037")):
        system.own[key]["GIVEN"] = "䶮"  # which GBK cannot write

    # the first: everybody is told; billing's answer is lost
    night("20260401")
    assert [report.error for report in sync(workspace.settings, store)] == [None] * 3
    for system in systems:
        system.take(answers=system is not billing)

    # the second: killed while billing is written; tv reads before it is killed, billing after
    crm.own["K012"]["PHONE"] = "+1 212 555 0112"
    night("20260402")
    killed = context().Process(
        target=_killed, args=(workspace.path, store.engine.url.render_as_string(hide_password=False))
    )
    killed.start()
    killed.join(PATIENCE)
    assert killed.exitcode == -signal.SIGKILL
    sync(workspace.settings, store)
    billing.take()
    crm.take(refuse="K012")
    tv.take()
    assert billing.repeats > 0

    # the third: two who are strangers are taken for one; tv's folder is gone for an evening
    one, other = "billing:B035", "tv:T042"
    judge(workspace.settings, store, one, other, "same", **WHO)
    night("20260403")
    away = tv.folder.rename(tv.folder.with_name("elsewhere"))
    tv.folder.write_text("not a folder")
    assert [report.error is None for report in sync(workspace.settings, store)] == [True, True, False]
    tv.folder.unlink()
    away.rename(tv.folder)
    crm.take()
    billing.take()
    sync(workspace.settings, store)
    tv.take()

    # the fourth: they are two again; an acknowledgement of nothing that was sent
    with store.begin() as connection:
        pins = {look_up(connection, key).pin for key in (one, other)}
        assert len(pins) == 1
    (workspace.path / "landing" / "crm_0099.ack").write_text("ID,R,WHY\nK001,ok,\n")
    unmerge(workspace.settings, store, other, **WHO)
    billing.own["B015"]["PHONE"] = "+1 212 555 0115"
    night("20260404")
    reports = sync(workspace.settings, store)
    assert [reply.status for reply in reports[1].replies if reply.status != "applied"] == ["refused"]
    (workspace.path / "landing" / "crm_0099.ack").unlink()
    for system in systems:
        system.take()

    # the fifth: quiet, but for the last answers
    night("20260405")
    for _ in range(2):
        assert [report.error for report in sync(workspace.settings, store)] == [None] * 3
        for system in systems:
            system.take()
    for system in systems:
        system.check(store)
    assert billing.told["B037"]["NAME"].startswith("Yan")
    corrected = corrections_of(workspace.settings, store)
    assert {(each.name, each.state) for each in corrected} in ({("tv", "sent")}, {("billing", "acknowledged")})
    assert [report.deliveries for report in sync(workspace.settings, store)] == [[], [], []]
    check_warehouse(warehouse, store)


def check_warehouse(folder: Path, store: Database) -> None:
    """Its views say of every key and customer what the store says."""
    export(store, folder)
    with duckdb.connect() as con:
        con.execute(f"SET file_search_path = '{folder}'")
        con.execute((folder / "views.sql").read_text())
        xrefs = con.sql("SELECT system, local_id, pin FROM xref WHERE recorded_to IS NULL ORDER BY ALL").fetchall()
        names = con.sql("SELECT pin FROM customer WHERE status = 'active' ORDER BY ALL").fetchall()
    with store.begin() as connection:
        told = connection.exec_driver_sql(
            "select system, local_id, pin from xref where recorded_to = 'infinity' order by system collate \"C\", "
            'local_id collate "C", pin'
        ).all()
        pins = connection.exec_driver_sql(
            "select pin from customer where recorded_to = 'infinity' and status = 'active' order by pin"
        ).all()
    assert xrefs == [tuple(row) for row in told]
    assert names == [tuple(row) for row in pins]


def _killed(path: Path, url: str) -> None:
    """A sync that dies when billing's file would get its name."""

    def look(event: str, arguments: tuple[object, ...]) -> None:
        if event == "os.rename" and "billing" in str(arguments[0]):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)
    with Database(url) as database:
        sync(TinyWorkspace(path, keep=True).settings, database)
