"""The four who use the service, each with a key of their own, against the real server and a real night beside it."""

from __future__ import annotations

from typing import Any

import httpx

from pipelines.night import run_night
from tests.api.keys import add_key, bearing
from tests.api.serving import serving
from tests.api.world import new_world

NAME = {"given": "Bamelu", "family": "Kidopabaluna"}


def test_the_four_users() -> None:
    with new_world() as world, serving(world.settings, key=None) as (nobody, _):
        url = str(nobody.base_url)

        def client(*scopes: str) -> httpx.Client:
            return httpx.Client(base_url=url, headers=bearing(add_key(world.database, *scopes)), timeout=60)

        with (
            client("lookup", "identify", "write", "pii") as channel, client("lookup", "steward", "pii") as steward,
            client("admin") as on_call, client("lookup") as downstream,
        ):  # fmt: skip
            # during a call: a number, a name, and what was learned; the same PIN each time
            ann = world.pin("billing:B1")
            assert [one["pin"] for one in _got(channel, "/v1/customers?phone=217-555-0142&region=US")["customers"]] == [
                ann
            ]
            asked = {"name": "Ann Lee", "birth_date": "1980-02-03", "phones": ["217-555-0142"]}
            assert _posted(channel, "/v1/customers:identify", asked)["candidates"][0]["pin"] == ann
            assert _put(channel, "C1", asked | {"name": {"given": "Ann", "family": "Lee"}})["pin"] == ann
            pins = []
            for key, born, phone in (("C2", "1980-02-03", "217-555-1002"), ("C3", "1991-11-25", "217-555-1003")):
                written = _put(
                    channel,
                    key,
                    {
                        "name": NAME,
                        "birth_date": born,
                        "phones": [phone],
                        "emails": [{"C2": "bamelu@a.example", "C3": "rotuki@b.example"}[key]],
                    },
                )
                pins.append(written["pin"])
            assert (written["outcome"], len(set(pins))) == ("possible_match", 2), written
            (task,) = written["tasks"]

            # the steward decides, and the night on call obeys; then it is taken back
            assert "C3" in str(_got(steward, f"/v1/tasks/{task}"))
            closed = _posted(steward, f"/v1/tasks/{task}:close", {"verdict": "same", "reason": "called her"})
            assert len({_got(downstream, f"/v1/xref/shop/{key}")["pin"] for key in ("C2", "C3")}) == 1, closed
            assert run_night(world.settings, world.database)["status"] in ("applied", "unchanged")
            assert len({_got(downstream, f"/v1/xref/shop/{key}")["pin"] for key in ("C2", "C3")}) == 1
            (judged,) = _got(steward, "/v1/judgements?record=shop:C3")["judgements"]
            _posted(steward, f"/v1/judgements/{judged['judgement']}:withdraw", {"reason": "her sister"})
            assert [_got(downstream, f"/v1/xref/shop/{key}")["pin"] for key in ("C2", "C3")] == pins

            # on call, and downstream
            assert on_call.get("/healthz").status_code == on_call.get("/readyz").status_code == 200
            assert "mdm_" in on_call.get("/metrics").text
            changes = _got(downstream, "/v1/changes?after=0&limit=1000")["changes"]
            told = [each["type"] for each in changes if each.get("pin") in pins]
            assert "merged" in told, told
            assert downstream.put("/v1/records/shop/C9", json=asked).status_code == 403


def _put(client: httpx.Client, key: str, body: dict[str, Any]) -> dict[str, Any]:
    body = body | {"phones": [{"value": phone} for phone in body["phones"]]}
    answer = client.put(f"/v1/records/shop/{key}", json=body)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


def _got(client: httpx.Client, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _posted(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
