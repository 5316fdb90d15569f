"""A candidate model: what compare says is what promote does, and nothing that holds lets go."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from mdm.errors import NotFound, StoreError, UsageError
from mdm.match.model import Model
from mdm.registry import look_up
from mdm.registry.models import current_model
from mdm.store import customers, models, runs
from mdm.store.database import Database
from mdm.store.fingerprint import store_fingerprint
from pipelines.cli import app
from pipelines.models import compare_models, list_models, promote_models, train_candidates
from pipelines.night import leave_code
from pipelines.stewardship import judge
from tests.pipelines.evenings import fixtures_after
from tests.pipelines.tiny import FAMILY, TinyWorkspace, people, person, text

SETTINGS = '[run]\nbusiness_date = 2026-04-01\n[cleanse]\nregion = "US"\n'
FIRMS = """
source: firms
party: organisation
files: firms_*.csv
format: {type: delimited, delimiter: ",", encoding: utf-8, header: true}
delivery: full
extracted_at: {file_name: "firms_%Y%m%d.csv"}
key: ID
region: US
map: {organisation.name: NAME, phones: PHONE, emails: MAIL}
"""
FIRMS_ROWS = [
    "ID,NAME,PHONE,MAIL",
    *(f"F{n},{name} Ltd,+1 416 551 30{n:02},desk@{name}.example" for n, name in enumerate(FAMILY)),
]


def made(path: Path, database: Database) -> None:
    """A first night."""
    assert make(path).night(database)["status"] == "applied"


def make(path: Path) -> TinyWorkspace:
    """crm and billing share twenty people, some of whom have moved or have another phone; two firms are one."""
    workspace = TinyWorkspace(path, SETTINGS)
    workspace.add("crm", text(people(0, 60)))
    same = [person(n, ID=f"B{n:03}") for n in range(10, 18)]
    moved = [person(n, ID=f"B{n:03}", STREET=f"{n} Elm Street", ZIP="10007") for n in range(18, 24)]
    called = [person(n, ID=f"B{n:03}", PHONE="", STREET="", CITY="", ZIP="") for n in range(24, 30)]
    workspace.add("billing", text([*same, *moved, *called]))
    (path / "sources" / "firms.yaml").write_text(FIRMS.lstrip(), encoding="utf-8")
    workspace.deliver("firms", "\n".join([*FIRMS_ROWS, FIRMS_ROWS[1].replace("F0", "F99")]).encode())
    return workspace


evening, workspace, store = fixtures_after(made)


def candidate(database: Database, party: str = "person", **changes: Any) -> str:
    """A candidate: the model in use but for `changes`."""
    with database.begin() as connection:
        in_use = current_model(connection, "organisation" if party == "organisation" else "person")
        model = replace(in_use, **changes)
        again = Model.from_json(model.to_json())
        assert models.save_candidate(connection, again.model_id, party, orjson.loads(again.to_json()))
    return again.model_id


def stricter(database: Database, bits: float = 12.0) -> str:
    """A candidate under which every pair weighs less."""
    with database.begin() as connection:
        return_prior = current_model(connection, "person").prior - bits
    return candidate(database, prior=return_prior)


def fingerprint(database: Database) -> dict[str, str]:
    with database.begin() as connection:
        return store_fingerprint(connection) | {"runs": str(len(runs.last_runs(connection, 100)))}


def pins(database: Database) -> dict[str, str]:
    """Source key -> PIN."""
    with database.begin() as connection:
        rows = customers.all_xrefs(connection).to_pylist()
    return {f"{row['system']}:{row['local_id']}": row["pin"] for row in rows}


def in_use(database: Database, party: str = "person") -> str:
    return next(m["model_id"] for m in list_models(database) if (m["party"], m["status"]) == (party, "current"))


def total(counts: dict[str, dict[str, int]], name: str) -> int:
    return sum(row[name] for row in counts.values())


def test_what_is_learned_again_is_the_model_in_use(workspace: TinyWorkspace, store: Database) -> None:
    before = fingerprint(store)
    trained = train_candidates(workspace.settings, store)
    assert [(model.party, model.status) for model in trained] == [("person", "current"), ("organisation", "current")]
    assert all(model.model_id == model.in_use for model in trained)
    assert all(level.bits == level.bits_in_use for model in trained for level in model.levels)
    found = compare_models(workspace.settings, store, [model.model_id for model in trained])["comparison"]
    assert (found["pins"], found["churn"]["churned"]) == ({}, 0)
    assert total(found["customers"], "stay") == total(found["customers"], "before") == len(set(pins(store).values()))
    for group, names in (("tasks", ("opened", "closed")), ("matching_pairs", ("gained", "lost")),
                         ("households", ("changed", "redirect", "retired", "minted"))):  # fmt: skip
        assert all(total(found[group], name) == 0 for name in names)
    assert found["examples"] == {"merges": [], "splits": [], "households": []}
    assert fingerprint(store) == before


def test_compare_writes_nothing_and_promote_does_what_it_said(workspace: TinyWorkspace, store: Database) -> None:
    first, former = pins(store), in_use(store)
    new = stricter(store)
    before = fingerprint(store)
    found = compare_models(workspace.settings, store, examples=50)["comparison"]
    assert fingerprint(store) == before
    assert [path.name for path in (workspace.path / "var" / "runs").iterdir()] == ["20260401-01"]
    persons = found["customers"]["person"]
    assert persons["split"] > 0
    assert persons["before"] == persons["stay"] + persons["split"]
    assert found["customers"]["organisation"]["stay"] == len(FAMILY)
    assert len(found["examples"]["splits"]) == persons["split"]

    stopped = promote_models(workspace.settings, store)
    assert (stopped["status"], leave_code(stopped)) == ("stopped", 3)
    assert found["churn"]["stopped"] == stopped["reason"]
    assert fingerprint(store) == before | {"runs": "2"}

    report = promote_models(workspace.settings, store, accept_churn=True)
    assert (report["status"], report["models"]) == ("applied", {"person": new})
    assert {kind: number for kind, number in report["lineage"].items() if number} == found["pins"]
    assert report["churn"]["churned"] == found["churn"]["churned"]
    assert report["applied"]["tasks_opened"] == total(found["tasks"], "opened")
    assert report["applied"]["tasks_closed"] == total(found["tasks"], "closed")
    assert report["households"]["minted"]["household"] == found["households"]["household"]["minted"]
    after = pins(store)
    assert len(set(after.values())) == total(found["customers"], "after")
    for example in found["examples"]["splits"]:
        assert {first[key] for keys in example["records"].values() for key in keys} == {example["pin"]}
        assert {pin: {after[key] for key in keys} for pin, keys in example["records"].items()} == {
            pin: {pin} for pin in example["records"]
        }
        assert example["weight"] < 2.0 <= example["weight_now"]
        assert example["in_words"].startswith("The same")
    assert in_use(store) == new
    assert workspace.night(store)["status"] == "unchanged"

    back = compare_models(workspace.settings, store, [former])["comparison"]
    assert back["customers"]["person"]["merge"] == 2 * persons["split"]
    assert len(back["examples"]["merges"]) == 5
    promote_models(workspace.settings, store, [former], accept_churn=True)
    assert pins(store) == first
    with store.begin() as connection:
        for key, pin in after.items():  # those that were issued meanwhile redirect
            view = look_up(connection, pin)
            assert (view.pin, view.redirected_from) == (first[key], None if pin == first[key] else pin)


@pytest.mark.slow
def test_promoting_ends_where_a_first_load_under_that_model_ends(
    workspace: TinyWorkspace, store: Database, module_database: Database, tmp_path: Path
) -> None:
    """Promise 4: which records form a customer does not depend on the model that they were matched with before."""
    stricter(store, 7.0)
    promote_models(workspace.settings, store, accept_churn=True)
    with store.begin() as there, module_database.begin() as here:
        for party in ("person", "organisation"):
            row = models.current_model(there, party)
            assert row is not None
            models.save_model(here, row["model_id"], party, row["definition"])
            models.make_current(here, row["model_id"])
    make(tmp_path / "loaded").night(module_database)
    assert partition(pins(store)) == partition(pins(module_database)) != set()
    for table in ("record", "record_key", "pair"):
        assert fingerprint(store)[table] == fingerprint(module_database)[table]


def partition(found: dict[str, str]) -> set[frozenset[str]]:
    """Customers as sets of keys, whatever their PINs."""
    return {frozenset(key for key in found if found[key] == pin) for pin in found.values()}


@pytest.mark.slow
def test_organisations_are_promoted_by_themselves(workspace: TinyWorkspace, store: Database) -> None:
    first = pins(store)
    assert first["firms:F0"] == first["firms:F99"]
    new = candidate(store, "organisation", prior=-40.0)
    found = compare_models(workspace.settings, store)["comparison"]
    n = len(FAMILY)
    assert found["customers"]["organisation"] == {"before": n, "after": n + 1, "stay": n - 1, "merge": 0, "split": 1}
    assert found["customers"]["person"]["split"] == 0
    promote_models(workspace.settings, store, accept_churn=True)
    assert in_use(store, "organisation") == new
    after = pins(store)
    assert {key for key in first if first[key] != after[key]} == {"firms:F99"}


def test_judgements_hold_under_another_model(workspace: TinyWorkspace, store: Database) -> None:
    settings = workspace.settings.model_copy(
        update={"gates": workspace.settings.gates.model_copy(update={"max_churn": 1.0})}
    )
    for two, verdict in ((("crm:K012", "billing:B012"), "different"), (("crm:K001", "crm:K002"), "same")):
        judge(settings, store, *two, verdict, actor="tester", reason="a test")
    first = pins(store)
    stricter(store, 40.0)
    promote_models(settings, store)
    apart = pins(store)
    assert apart["crm:K001"] == apart["crm:K002"] == first["crm:K001"]
    assert apart["crm:K013"] != apart["billing:B013"]
    stricter(store, -46.0)  # more than the first one believed in
    promote_models(settings, store)
    again = pins(store)
    assert again["crm:K012"] == first["crm:K012"] != again["billing:B012"] == first["billing:B012"]
    assert again["crm:K013"] == again["billing:B013"]


def mdm(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_the_verbs_tell_it_to_people_and_machines(
    workspace: TinyWorkspace, store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MDM_DATABASE_URL", store.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("MDM_WORKSPACE", str(workspace.path))
    assert "this is the model in use already" in mdm("train").stdout
    assert orjson.loads(mdm("train", "--json").stdout)[0]["status"] == "current"
    refused = mdm("model", "promote", "--json")
    assert (refused.exit_code, orjson.loads(refused.stderr)["remedy"]) == (1, "Make one: mdm train.")
    new = stricter(store)
    assert re.search(rf"{new} +candidate", mdm("model", "list").stdout)
    told = mdm("model", "compare", "--examples", "1").stdout
    example = re.search(r"PIN (\d+) would fall apart\n  afterwards \d+: (\w+):\w+\n  afterwards \d+: (\w+):\w+\n", told)
    assert example is not None
    assert {example[2], example[3]} == {"crm", "billing"}
    found = orjson.loads(mdm("model", "compare", "--json").stdout)["comparison"]
    assert f"{found['customers']['person']['split']:,} lose records to a new PIN" in told
    stopped = mdm("model", "promote")
    assert stopped.exit_code == 3
    assert "--accept-churn" in stopped.stdout
    promoted = mdm("model", "promote", "--accept-churn")
    assert promoted.exit_code == 0
    assert promoted.stdout.startswith(f"{new} in use since run 20260401-03")


def test_a_model_of_another_version_is_replaced(workspace: TinyWorkspace, store: Database) -> None:
    first = pins(store)
    with store.begin() as connection:
        definition = orjson.loads(current_model(connection, "person").to_json())
        definition["levels"]["birth"].insert(1, {"code": "same_year", "m": 0.02, "u": 0.02})
        models.save_model(connection, "person-000000000000", "person", definition)
        models.make_current(connection, "person-000000000000")
    workspace.deliver("crm", text([*people(0, 60), person(61)]), day="20260401")
    with pytest.raises(StoreError, match="levels of birth") as stopped:
        workspace.night(store)
    assert "mdm train, mdm model promote" in (stopped.value.remedy or "")
    trained = train_candidates(workspace.settings, store)[0]
    assert (trained.status, trained.in_use, trained.prior_in_use) == ("candidate", "person-000000000000", None)
    found = compare_models(workspace.settings, store)["comparison"]
    assert found["customers"]["person"]["split"] == found["customers"]["person"]["merge"] == 0
    assert promote_models(workspace.settings, store)["status"] == "applied"
    assert pins(store) == first
    assert workspace.night(store)["status"] == "applied"
    assert pins(store).items() > first.items()


def test_refusals_say_what_to_do(tmp_path: Path, fresh_database: Database) -> None:
    workspace = make(tmp_path)
    settings = workspace.settings
    for verb in (train_candidates, compare_models, promote_models):
        with pytest.raises(NotFound) as empty:
            verb(settings, fresh_database)
        assert "mdm run" in (empty.value.remedy or "")
    assert list_models(fresh_database) == []
    workspace.night(fresh_database)
    former = in_use(fresh_database)
    with pytest.raises(NotFound, match="no candidate") as none:
        promote_models(settings, fresh_database)
    assert none.value.remedy == "Make one: mdm train."
    with pytest.raises(NotFound, match="no model is called") as unknown:
        compare_models(settings, fresh_database, [former[:-1] + "x"])
    assert unknown.value.remedy == f"Did you mean {former}?"
    with pytest.raises(UsageError, match="in use already"):
        promote_models(settings, fresh_database, [former])
    new = candidate(fresh_database, prior=-5.0)
    newer = candidate(fresh_database, prior=-6.0)
    assert {m["model_id"]: m["status"] for m in list_models(fresh_database) if m["party"] == "person"} == {
        former: "current", new: "retired", newer: "candidate"
    }  # fmt: skip
    with pytest.raises(UsageError, match="two models of one party"):
        compare_models(settings, fresh_database, [new, newer])
