"""The requests of docs/stewardship.md are answered."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from tests.api.test_stewardship import household, jane, pin, place, queue

__all__ = ["jane", "place"]

PAGE = Path(__file__).parents[2] / "docs" / "stewardship.md"


def test_the_requests_of_the_page(jane: httpx.Client) -> None:
    """In their order: a task is claimed, then given back, then closed."""
    page = PAGE.read_text(encoding="utf-8")
    names = {
        "{pin}": pin(jane, "crm:K001"), "{other}": pin(jane, "crm:K002"), "{shared}": pin(jane, "crm:K005"),
        "{task}": str(queue(jane)[0]["task"]), "{more}": ", ".join(str(task["task"]) for task in queue(jane)[1:3]),
        "{home}": household(jane, "crm:K036"), "{household}": household(jane, "crm:K035"), "{decision}": "1",
        "{lodger}": pin(jane, "crm:K037"),
    }  # fmt: skip
    for name, value in names.items():
        page = page.replace(name, value)
    asked = 0
    for block in re.findall(r"```http\n(.*?)```", page, re.DOTALL):
        head, _, body = block.partition("\n\n")
        for line in head.strip().splitlines():
            method, path = line.split(" ", 1)
            headers = {"Content-Type": "application/json"}
            answer = jane.request(method, path, content=body.strip() or None, headers=headers)
            assert answer.status_code == 200, f"{line}: {answer.text}"
            asked += 1
    assert asked >= 23
