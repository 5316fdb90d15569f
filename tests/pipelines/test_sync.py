"""Sync-back over real nights: deltas, answers, repeats, tasks, merges and their end, erasure, replays, faults."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from mdm.errors import NotFound
from mdm.store import tasks
from mdm.store.database import Database
from mdm.store.sync_lock import sync_lock
from pipelines.erasure import erase
from pipelines.stewardship import judge, unmerge
from pipelines.sync.corrections import corrections_of
from pipelines.sync.every import sync
from pipelines.sync.replay import replay
from pipelines.sync.reports import Told, leave_code
from tests.pipelines.evenings import fixtures_after
from tests.pipelines.processes import run_mdm
from tests.pipelines.tiny import TinyWorkspace, text
from tests.pipelines.tiny import person as somebody

SETTINGS = (
    '[run]\nbusiness_date = 2026-04-01\n[cleanse]\nregion = "US"\n[gates]\nmax_churn = 1.0\nmax_deleted_share = 1.0\n'
)
WHO = {"actor": "tester", "reason": "a test"}
BILLING = """
target: billing
system: billing
format: {type: delimited, encoding: utf-8}
file: "b_{number:03}.csv"
control: {file: "{stem}.ctl", rows: ROWS, checksum: SHA, algorithm: sha256}
columns:
  - ID: key
  - PIN: pin
  - ACT: action
  - OLD: moved_from
  - AGAIN: repeat
  - NAME: name.full
  - PHONE: phones
acknowledgement:
  files: b_*.ack
  format: {type: delimited}
  number_in_name: 'b_([0-9]+)\\.ack'
  key: ID
  status: {column: R, accepted: [ok], rejected: [no]}
  reason: WHY
  within: PATIENCE
"""
EVERYBODY = """
target: hub
format: {type: json_lines}
file: "hub_{number}.jsonl"
delivery: full
columns: [{KEY: key}, {PIN: pin}, {ACT: action}, {NAME: name.full}]
"""


def person(number: int, **changes: str) -> dict[str, str]:
    """Somebody with a number of their own, so that they stay one customer whatever changes."""
    return somebody(number, **{"TAX": f"{201 + number}-45-{1001 + number}", **changes})


def people(first: int, count: int) -> list[dict[str, str]]:
    return [person(number) for number in range(first, first + count)]


def target(workspace: TinyWorkspace, name: str, contract: str, patience: str = "2 days") -> None:
    folder = workspace.path / "targets"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(contract.lstrip().replace("PATIENCE", patience), encoding="utf-8")


def forty_people(path: Path, database: Database) -> None:
    """crm knows 40 people; billing, a target, ten of them, and two whom nobody else knows."""
    workspace = TinyWorkspace(path, SETTINGS)
    target(workspace, "billing", BILLING)
    workspace.add("crm", text(people(0, 40)))
    workspace.add("billing", text([person(n, ID=f"B{n:03}") for n in (*range(10), 50, 51)]))
    assert workspace.night(database)["status"] == "applied"


evening, workspace, store = fixtures_after(forty_people)


def told(workspace: TinyWorkspace, store: Database, name: str = "billing") -> Told:
    (report,) = sync(workspace.settings, store, name)
    assert report.error is None, report.error
    return report


def rows(report: Told, number: int = -1) -> dict[str, dict[str, str]]:
    """The rows of a delivery by key."""
    content = Path(report.deliveries[number].file).read_bytes().decode()
    return {row["ID"]: row for row in csv.DictReader(io.StringIO(content))}


def answer(workspace: TinyWorkspace, number: int, answers: dict[str, str], name: str | None = None) -> Path:
    """An acknowledgement: key -> ok or no."""
    lines = ["ID,R,WHY", *(f"{key},{said},{'too odd' if said == 'no' else ''}" for key, said in answers.items())]
    file = workspace.path / "landing" / (name or f"b_{number:03}.ack")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def billing(workspace: TinyWorkspace, store: Database, day: str, *changed: dict[str, str]) -> None:
    """Another night of billing: everybody as before, but for those that changed."""
    known = {row["ID"]: row for row in (person(n, ID=f"B{n:03}") for n in (*range(10), 50, 51))}
    workspace.deliver("billing", text((known | {row["ID"]: row for row in changed}).values()), day=day)
    assert workspace.night(store)["status"] in ("applied", "unchanged")


def crm(workspace: TinyWorkspace, store: Database, day: str, *changed: dict[str, str]) -> None:
    known = {row["ID"]: row for row in people(0, 40)}
    workspace.deliver("crm", text((known | {row["ID"]: row for row in changed}).values()), day=day)
    assert workspace.night(store)["status"] == "applied"


def test_first_everybody_then_what_changed(workspace: TinyWorkspace, store: Database) -> None:
    first = told(workspace, store)
    assert sorted(rows(first)) == [f"B{n:03}" for n in (*range(10), 50, 51)]
    assert {row["ACT"] for row in rows(first).values()} == {"new"}
    control = (workspace.path / "outbound" / "billing" / "b_001.ctl").read_text()
    assert control.startswith("ROWS=12\nSHA=")
    assert told(workspace, store).deliveries == []
    crm(workspace, store, "20260402", person(3, GIVEN="Dmitrij"), person(30, GIVEN="Xenia"))
    second = told(workspace, store)
    assert {key: (row["ACT"], row["AGAIN"]) for key, row in rows(second).items()} == {"B003": ("changed", "")}
    assert rows(second)["B003"]["PIN"] == rows(first)["B003"]["PIN"]


def test_a_deleted_record_is_told_to_be_gone(workspace: TinyWorkspace, store: Database) -> None:
    told(workspace, store)
    workspace.deliver("billing", text([person(n, ID=f"B{n:03}") for n in range(10)]), day="20260402")
    workspace.night(store)
    found = rows(told(workspace, store))
    assert {key: (row["ACT"], row["PIN"]) for key, row in found.items()} == {"B050": ("gone", ""), "B051": ("gone", "")}
    assert told(workspace, store).deliveries == []


def test_what_is_refused_is_told_again_and_then_asked(workspace: TinyWorkspace, store: Database) -> None:
    keys = rows(told(workspace, store))
    answer(workspace, 1, {key: "no" if key == "B004" else "ok" for key in keys})
    report = told(workspace, store)
    assert [(r.status, r.accepted, r.rejected) for r in report.replies] == [("applied", 11, 1)]
    assert {key: row["AGAIN"] for key, row in rows(report).items()} == {"B004": "1"}
    answer(workspace, 2, {"B004": "no"})
    report = told(workspace, store)
    assert (report.deliveries, report.tasks) == ([], 1)
    with store.begin() as connection:
        (task,) = tasks.list_tasks(connection, kind="undelivered")
    assert task["detail"] == {"target": "billing", "key": "B004", "delivery": 2, "attempts": 2, "why": "too odd"}
    assert told(workspace, store).tasks == 0
    crm(workspace, store, "20260402", person(4, PHONE="+1 212 555 0199"))
    report = told(workspace, store)
    assert {key: row["AGAIN"] for key, row in rows(report).items()} == {"B004": ""}
    answer(workspace, 3, {"B004": "ok"})
    told(workspace, store)
    with store.begin() as connection:
        assert tasks.list_tasks(connection, kind="undelivered") == []


def test_what_is_never_answered_is_told_again_and_then_asked(workspace: TinyWorkspace, store: Database) -> None:
    target(workspace, "billing", BILLING, patience="0 minutes")
    keys = rows(told(workspace, store))
    answer(workspace, 1, {key: "ok" for key in list(keys)[2:]})
    assert {key: row["AGAIN"] for key, row in rows(told(workspace, store)).items()} == dict.fromkeys(
        list(keys)[:2], "1"
    )
    report = told(workspace, store)
    assert (report.deliveries, report.tasks) == ([], 2)


BAD = {
    "an unknown delivery": (9, {"B001": "ok"}, "delivery 9 of billing is not known"),
    "a key that was not sent": (1, {"B001": "ok", "K001": "ok"}, "did not have: K001"),
    "more rows than sent": (1, {f"B{n:03}": "ok" for n in range(20)}, "20 rows answer delivery 1, which had 12"),
    "a word that means nothing": (1, {"B001": "perhaps"}, "unknown answers in R: 'perhaps'"),
}


@pytest.mark.parametrize(("number", "said", "message"), BAD.values(), ids=BAD)
def test_a_bad_answer_is_refused_whole(
    workspace: TinyWorkspace, store: Database, number: int, said: dict[str, str], message: str
) -> None:
    told(workspace, store)
    file = answer(workspace, number, said)
    report = told(workspace, store)
    (reply,) = report.replies
    assert (reply.status, report.deliveries, leave_code([report])) == ("refused", [], 3)
    assert message in str(reply.problem)
    file.unlink()
    answer(workspace, 1, {"B001": "ok"})
    assert [reply.status for reply in told(workspace, store).replies] == ["applied"]


def test_an_answer_given_twice_counts_once(workspace: TinyWorkspace, store: Database) -> None:
    told(workspace, store)
    file = answer(workspace, 1, {"B001": "ok", "B002": "no"})
    assert [reply.status for reply in told(workspace, store).replies] == ["applied"]
    assert told(workspace, store).replies == []
    (file.parent / "b_001.ack.copy").write_bytes(file.read_bytes())
    answer(workspace, 1, {"B001": "no"})
    (reply,) = told(workspace, store).replies
    assert reply.status == "refused"
    assert "answered otherwise before: B001" in str(reply.problem)


def test_keys_move_with_a_merge_and_back(workspace: TinyWorkspace, store: Database) -> None:
    target(workspace, "hub", EVERYBODY)
    first = rows(told(workspace, store))
    told(workspace, store, "hub")
    lonely, other = first["B050"]["PIN"], first["B051"]["PIN"]
    judge(workspace.settings, store, "billing:B050", "billing:B051", "same", **WHO)
    merged = rows(told(workspace, store))
    assert {key: (row["ACT"], row["OLD"], row["PIN"]) for key, row in merged.items() if row["ACT"] == "moved"} == {
        "B051": ("moved", other, lonely)
    }
    assert corrections_of(workspace.settings, store) == []
    unmerge(workspace.settings, store, other, **WHO)
    (waiting,) = corrections_of(workspace.settings, store)
    assert (waiting.state, waiting.key, waiting.wrong, waiting.right) == ("waiting", "B051", lonely, other)
    parted = told(workspace, store)
    assert rows(parted)["B051"]["OLD"] == lonely
    assert [each.state for each in corrections_of(workspace.settings, store, "billing")] == ["sent"]
    answer(workspace, parted.deliveries[-1].number, {key: "ok" for key in rows(parted)})
    told(workspace, store)
    (done,) = corrections_of(workspace.settings, store, "billing")
    assert (done.state, done.told_in, done.corrected_in, done.because) == ("acknowledged", 2, 3, "revived")


def test_a_customer_merged_away_is_told_where_it_went(workspace: TinyWorkspace, store: Database) -> None:
    target(workspace, "hub", EVERYBODY)
    first = told(workspace, store, "hub")
    assert first.deliveries[0].rows == 42
    judge(workspace.settings, store, "billing:B050", "billing:B051", "same", **WHO)
    second = told(workspace, store, "hub").deliveries[0]
    assert (second.kind, second.rows) == ("full", 42)
    assert second.actions == {"moved": 1}


def test_a_replay_is_the_same_to_the_byte(workspace: TinyWorkspace, store: Database) -> None:
    first = told(workspace, store)
    crm(workspace, store, "20260402", person(3, GIVEN="Dmitrij"))
    told(workspace, store)
    target(workspace, "billing", BILLING.replace("  - PHONE: phones\n", ""))
    made = replay(workspace.settings, store, "billing", 1)
    assert (made.same, made.withheld, made.rows) == (True, 0, 12)
    assert Path(made.file).read_bytes() == Path(first.deliveries[0].file).read_bytes()
    with pytest.raises(NotFound, match="no delivery 9"):
        replay(workspace.settings, store, "billing", 9)


def test_new_columns_are_told_to_everybody(workspace: TinyWorkspace, store: Database) -> None:
    told(workspace, store)
    target(
        workspace, "billing", BILLING.replace("  - PHONE: phones\n", "  - PHONE: phones\n  - ZIP: address.postcode\n")
    )
    report = told(workspace, store)
    assert len(rows(report)) == 12
    assert all(row["ZIP"] for row in rows(report).values())


def test_the_erased_are_in_no_delivery_any_more(workspace: TinyWorkspace, store: Database) -> None:
    first = told(workspace, store)
    gone = rows(first)["B050"]
    erase(workspace.settings, store, gone["PIN"], actor="tester", reason="case 1")
    made = replay(workspace.settings, store, "billing", 1)
    assert (made.same, made.withheld, made.rows) == (False, 1, 11)
    for file in (made.file, first.deliveries[0].file):
        assert gone["NAME"] not in Path(file).read_text()
    answer(workspace, 1, {key: "ok" for key in rows(first) | {"B050": gone}})
    (reply,) = told(workspace, store).replies
    assert (reply.status, reply.problem) == ("applied", None)


def test_a_folder_that_is_not_there(workspace: TinyWorkspace, store: Database, tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    target(workspace, "billing", BILLING + f"folder: {mount}\n")
    target(workspace, "hub", EVERYBODY)
    broken, fine = sync(workspace.settings, store)
    assert "is not there" in str(broken.error)
    assert fine.error is None
    assert leave_code([broken, fine]) == 1
    mount.mkdir()
    assert len(rows(told(workspace, store))) == 12


def test_a_file_of_somebody_else_is_not_written_over(workspace: TinyWorkspace, store: Database) -> None:
    folder = workspace.path / "outbound" / "billing"
    folder.mkdir(parents=True)
    (folder / "b_001.csv").write_text("somebody else's")
    (report,) = sync(workspace.settings, store, "billing")
    assert "is there already" in str(report.error)
    (folder / "b_001.csv").unlink()
    report = told(workspace, store)
    assert [(sent.number, sent.rows, sent.resumed) for sent in report.deliveries] == [(1, 12, True)]


def test_two_at_once(workspace: TinyWorkspace, store: Database) -> None:
    with sync_lock(store, "billing"):
        (report,) = sync(workspace.settings, store, "billing")
    assert "another process tells billing just now" in str(report.error)
    assert len(rows(told(workspace, store))) == 12


def test_a_full_disk(workspace: TinyWorkspace, store: Database, tmp_path: Path) -> None:
    many = "".join(f"  - N{n}: name.full\n" for n in range(20))
    target(workspace, "billing", BILLING.replace("  - PHONE: phones\n", f"  - PHONE: phones\n{many}"))
    said = tmp_path / "said"
    assert run_mdm(["sync", "-w", str(workspace.path), "--json"], store, said, file_size=3000) == 1
    assert "cannot be written" in said.read_text()
    folder = workspace.path / "outbound" / "billing"
    assert list(folder.iterdir()) == []
    report = told(workspace, store)
    assert [(sent.number, sent.rows, sent.resumed) for sent in report.deliveries] == [(1, 12, True)]


def test_what_comes_back_is_not_the_sources_word(workspace: TinyWorkspace, store: Database) -> None:
    """crm learns a name, billing is told and repeats it; then crm learns better, and is believed."""
    contract = workspace.path / "sources" / "billing.yaml"
    contract.write_text(contract.read_text() + "trust: {default: 40}\n")
    told(workspace, store)
    crm(workspace, store, "20260402", person(3, PHONE="+1 212 555 0143"))
    sent = rows(told(workspace, store))["B003"]["PHONE"]
    assert sent == "+12125550143"
    billing(workspace, store, "20260403", person(3, ID="B003", PHONE=sent))
    assert phones(store, "B003") == [("+12125550143", ["crm", "K003"], 1)]
    crm(workspace, store, "20260404", person(3, PHONE="+1 212 555 0144"))
    assert phones(store, "B003")[0] == ("+12125550144", ["crm", "K003"], 1)
    assert rows(told(workspace, store))["B003"]["PHONE"] == "+12125550144"


def phones(store: Database, key: str) -> list[tuple[str, Any, int]]:
    from mdm.registry.lookup import look_up

    with store.begin() as connection:
        document = look_up(connection, f"billing:{key}").golden
    assert document is not None
    return [(entry["value"], entry["record"], entry["support"]) for entry in document["phones"]]
