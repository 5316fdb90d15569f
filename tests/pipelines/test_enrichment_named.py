"""Scores and segments of a warehouse: they go with the customer whose PIN, or whose key, they say; they make nobody."""

from __future__ import annotations

from pathlib import Path

from mdm.resolve.references import Named, named_by
from mdm.store.database import Database
from tests.pipelines.tiny import TinyWorkspace, people, person, text

SCORES = """
source: {name}
party: person
role: enrichment
files: {name}_*.csv
format: {{type: delimited, delimiter: ",", encoding: utf-8, header: true}}
delivery: full
extracted_at: {{file_name: "{name}_%Y%m%d.csv"}}
key: WHO
map:
  relationships: {{kind: "{kind}", local_id: WHO}}
  attributes.value_score: SCORE
  attributes.segment: SEGMENT
"""


def deliver(workspace: TinyWorkspace, name: str, rows: dict[str, tuple[int, str]], day: str) -> None:
    """Scores and segments by PIN, or by key."""
    lines = ["WHO,SCORE,SEGMENT", *(f"{who},{score},{segment}" for who, (score, segment) in rows.items())]
    workspace.deliver(name, "\n".join([*lines, ""]).encode(), day=day)


def test_a_reference_is_a_pin_before_a_key() -> None:
    by_key, by_pin = {"kind": "customer:crm", "local_id": "K1"}, {"kind": "customer", "local_id": "1234 5678 9012"}
    assert named_by([by_key, by_pin]) == Named(None, None, "123456789012")
    assert named_by([by_key]) == Named("crm", "K1", None)
    assert named_by([{"kind": "payer", "local_id": "K1"}, {"kind": "customer", "local_id": None}]) is None
    assert named_by(None) is None


def test_scores_go_with_whom_they_name_and_make_nobody(fresh_database: Database, tmp_path: Path) -> None:
    workspace = TinyWorkspace(tmp_path, "[run]\nbusiness_date = 2026-04-01\n")
    workspace.add("crm", text(people(0, 5)))
    workspace.night(fresh_database)

    def pins() -> dict[str, str]:
        with fresh_database.begin() as connection:
            rows = connection.exec_driver_sql(
                "select system || ':' || local_id, pin from xref where recorded_to = 'infinity'"
            )
            return dict(map(tuple, rows))

    first = pins()
    for name, kind in (("dwh", "customer"), ("scores", "customer:crm")):
        contract = SCORES.format(name=name, kind=kind)
        (tmp_path / "sources" / f"{name}.yaml").write_text(contract.lstrip())
    deliver(workspace, "dwh", {first["crm:K001"]: (71, "gold"), "101000000014": (1, "nobody")}, "20260402")
    deliver(workspace, "scores", {"K002": (12, "silver"), "K009": (99, "later")}, "20260402")
    report = workspace.night(fresh_database)
    assert [(row["accepted"], row["quarantined"]) for row in report["sources"] if row["system"] != "crm"] == [
        (2, 0)
    ] * 2
    second = pins()
    assert second[f"dwh:{first['crm:K001']}"] == first["crm:K001"]
    assert second["scores:K002"] == first["crm:K002"]
    assert {key for key in second if not key.startswith("crm:")} == {f"dwh:{first['crm:K001']}", "scores:K002"}
    assert {pin for key, pin in second.items()} == set(first.values()), "nobody was made"

    # whom a score named before is there now; one customer gets a second record, another one changes
    later = [*people(0, 5), person(9), person(1, ID="K701"), person(2, PHONE="+1 212 555 0143")]
    workspace.deliver("crm", text(later), day="20260403")
    workspace.night(fresh_database)
    third = pins()
    assert third["scores:K009"] == third["crm:K009"]
    assert third[f"dwh:{first['crm:K001']}"] == third["crm:K001"] == first["crm:K001"]
    assert third["scores:K002"] == first["crm:K002"]
    with fresh_database.begin() as connection:
        doc = connection.exec_driver_sql(
            "select doc from golden where pin = %(pin)s and recorded_to = 'infinity'", {"pin": first["crm:K001"]}
        ).scalar_one()
    assert '"gold"' in doc
    assert '"71"' in doc
