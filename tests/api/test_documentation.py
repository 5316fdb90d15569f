"""/docs and /openapi.json: complete, and nothing is loaded from anywhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import httpx

from api.history import Versions

PATHS = {
    "/v1/customers/{pin}", "/v1/customers/{pin}/versions", "/v1/xref/{system}/{local_id}", "/v1/xref:batch",
    "/v1/households/{chi}", "/v1/customers", "/v1/customers:identify", "/healthz", "/metrics", "/readyz",
}  # fmt: skip

WRITING = {"/v1/records/{system}/{local_id}", "/v1/records:validate"}
STEWARDS = {
    "/v1/tasks", "/v1/tasks/{task}", "/v1/tasks/{task}:claim", "/v1/tasks/{task}:assign", "/v1/tasks/{task}:release",
    "/v1/tasks/{task}:close", "/v1/judgements", "/v1/judgements/{judgement}:withdraw", "/v1/customers/{pin}:merge",
    "/v1/customers/{pin}:unmerge", "/v1/customers/{pin}:split", "/v1/customers/{pin}/overrides",
    "/v1/customers/{pin}/overrides/{attribute}", "/v1/why", "/v1/customers/{pin}/how",
    "/v1/households/{chi}:split", "/v1/households/{chi}:merge", "/v1/households/{chi}:move",
    "/v1/households/{chi}/decisions", "/v1/household-decisions/{decision}:withdraw",
    "/v1/tasks:close", "/v1/tasks:reopen",
}  # fmt: skip
PATHS |= WRITING | STEWARDS | {"/v1/changes"}

WITHOUT_TIMES = {"/v1/customers", "/v1/changes", "/v1/customers:identify", *WRITING, *STEWARDS}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_describes_every_path_and_loads_nothing(client: httpx.Client) -> None:
    answer = client.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    for path in PATHS:
        assert f"<code>{path}</code>" in answer.text
    tags = Tags()
    tags.feed(answer.text)
    assert not {tag for tag, _ in tags.found} & {"script", "link", "img", "iframe", "object", "embed"}
    assert not [attributes for _, attributes in tags.found if "src" in attributes]
    anchors = {attributes["id"] for _, attributes in tags.found if "id" in attributes}
    for _, attributes in tags.found:
        href = attributes.get("href")
        assert href is None or href == "openapi.json" or href.removeprefix("#") in anchors
    assert not re.search(r"url\(|@import|https?://", answer.text)


def test_the_openapi_document(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) == PATHS
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["description"]
            for code, answer in operation["responses"].items():
                if code >= "400":
                    assert list(answer["content"]) == ["application/problem+json"]


def test_times_have_examples_and_errors_say_what_they_mean(client: httpx.Client) -> None:
    document, page = client.get("/openapi.json").json(), client.get("/docs").text
    for path in sorted(path for path in PATHS - WITHOUT_TIMES if path.startswith("/v1/")):
        for operation in document["paths"][path].values():
            assert "at known_at" in operation["responses"]["404"]["description"]
            assert "time without a zone" in operation["responses"]["422"]["description"]
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in ("as_of", "known_at"):
                    assert parameter["schema"]["examples"] or parameter["examples"]
    for words in ("2026-03-31T22:30:00Z", "2026-03-31<", "her mother", "merged already then"):
        assert words in page


def test_the_example_of_versions_is_one() -> None:
    example = Versions.model_config["json_schema_extra"]["example"]  # type: ignore[index,call-overload]
    read = Versions.model_validate(example)
    assert read.model_dump(mode="json", exclude_none=True) == example
