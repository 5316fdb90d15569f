"""The API's description as one page of HTML, made on the server from the OpenAPI document; it loads nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from api.problems import KINDS, TYPE

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
h2 { margin-top: 2.5rem; font-size: 1.1rem; } h2 code { font-size: 1.1rem; } h3 { font-size: 1rem; margin-bottom: .3rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9rem; } pre { background: #f4f4f2; padding: .8rem; overflow: auto; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #ddd; }
.verb { background: #1c4e80; color: #fff; padding: .1rem .5rem; border-radius: .2rem; } .post { background: #7a4a00; }
@media (prefers-color-scheme: dark) { body { background: #161616; color: #e4e4e4; } pre { background: #242424; } td, th { border-color: #444; } }
"""  # noqa: E501


def page(openapi: Mapping[str, Any]) -> str:
    """The whole page."""
    info = openapi["info"]
    body = [f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>", f"<p>{escape(info['description'])}</p>"]
    body.append('<p>For programs: <a href="openapi.json">openapi.json</a>.</p>')
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            body += _operation(method, path, operation)
    body += _problems()
    body.append("<h2>What the answers consist of</h2>")
    for name, schema in sorted(openapi["components"]["schemas"].items()):
        body += _schema(name, schema)
    head = f'<meta charset="utf-8"><title>{escape(info["title"])}</title><style>{_STYLE}</style>'
    viewport = '<meta name="viewport" content="width=device-width">'
    return f'<!doctype html><html lang="en"><head>{head}{viewport}</head><body>{"".join(body)}</body></html>'


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    verb = f'<span class="verb {escape(method)}">{escape(method.upper())}</span>'
    yield f"<h2>{verb} <code>{escape(path)}</code></h2><p>{escape(operation.get('description', ''))}</p>"
    parameters = operation.get("parameters", ())
    if parameters:
        rows = [(p["name"], p["in"], _kind(p["schema"]), p.get("description", ""), _example(p)) for p in parameters]
        yield _table(("parameter", "in", "type", "meaning", "example"), rows)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield f"<p>Body: {_kind(content['schema'])}</p>"
    answers = [(code, _answer(answer), answer["description"]) for code, answer in operation["responses"].items()]
    yield _table(("answer", "type", "meaning"), sorted(answers))


def _example(parameter: Mapping[str, Any]) -> str:
    examples = parameter["schema"].get("examples") or parameter.get("examples") or ("",)
    return str(next(iter(examples)))


def _answer(answer: Mapping[str, Any]) -> str:
    return ", ".join(_kind(content.get("schema", {})) for content in answer.get("content", {}).values())


def _problems() -> Iterator[str]:
    yield "<h2>Errors</h2><p>Every error is <code>application/problem+json</code> (RFC 9457); its <code>type</code> "
    yield "is one of these and stays so.</p>"
    yield _table(("type", "status", "title"), [(f"{TYPE}{kind}", str(s), title) for kind, (s, title) in KINDS.items()])


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f'<h3 id="{escape(name)}">{escape(name)}</h3><p>{escape(schema.get("description", ""))}</p>'
    rows = [
        (field, _kind(described), described.get("description", ""))
        for field, described in schema.get("properties", {}).items()
    ]
    if rows:
        yield _table(("field", "type", "meaning"), rows)
    if "example" in schema:
        yield f"<pre>{escape(json.dumps(schema['example'], indent=2, ensure_ascii=False))}</pre>"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table; cells that begin with a tag of ours are HTML, all others text."""
    cells = "".join(f"<tr>{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{escape(name)}</th>' for name in head)}</tr>{cells}</table>"


def _cell(text: str) -> str:
    return text if text.startswith(("<a ", "list of <a ")) else escape(text)


def _kind(schema: Mapping[str, Any]) -> str:
    """The type of a value in a word or two, with a link to what it consists of."""
    if "$ref" in schema:
        name = escape(str(schema["$ref"]).rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        kinds = [_kind(option) for option in schema["anyOf"] if option.get("type") != "null"]
        return " or ".join(kinds)
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any")
