"""Pages: templates filled in, with the headers that every page has. Templates escape everything that they are given."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.console.navigation import ENTRIES, SEARCH
from api.console.said import forget, said
from api.console.texts import LANGUAGES, TAGS, Texts, language_of, texts_in
from api.console.visitors import Visitor

STATIC = "/console/static"


def render(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A page as whoever asked may see it, in their language; what was to be said to them is said on it, once."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    texts = texts_of(request)
    told = said(request)
    page = environment().get_template(template).render(
        t=texts, lang=TAGS[texts.language], language=texts.language, languages=LANGUAGES, visitor=visitor,
        theme=None if visitor is None else visitor.account.theme, said=told, here=str(request.url.path),
        asked=dict(request.query_params), form_token=None if visitor is None else visitor.form_token, **context,
    )  # fmt: skip
    response = HTMLResponse(page, status)
    if told is not None:
        forget(response)
    return response


def texts_of(request: Request) -> Texts:
    """The catalogue in the language of whoever asks: as they chose, as ?lang= says, as the browser accepts."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    chosen = visitor.account.language if visitor is not None else request.query_params.get("lang")
    return texts_in(language_of(chosen, request.headers.get("accept-language", "")))


@cache
def environment() -> Environment:
    """The templates, with what they all may use besides what a page gives them."""
    made = Environment(
        loader=PackageLoader("api.console", "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.globals |= {"static": static, "query": query, "navigation": ENTRIES, "search_path": SEARCH}
    made.filters |= {"when": when, "day": day, "bits": bits, "number": number, "percent": percent, "json": as_json}
    made.filters |= {"place": place, "named_in": named_in}
    return made


@cache
def static(name: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it."""
    content = files("api.console").joinpath("static", name).read_bytes()
    return f"{STATIC}/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def query(asked: Mapping[str, Any], **changes: Any) -> str:
    """The query of a link that asks the same but for `changes`; what is None or empty is left out."""
    wanted = {name: value for name, value in {**asked, **changes}.items() if value not in (None, "")}
    return f"?{urlencode(wanted, doseq=True)}" if wanted else "?"


# -- filters -----------------------------------------------------------------------------------------------------------


def named_in(key: str, names: Mapping[str, str]) -> str:
    """What somebody is called, else what they are known by."""
    return names.get(key, key)


def when(moment: Any) -> str:
    """A moment to the minute, in UTC."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def day(moment: Any) -> str:
    """A day."""
    if moment is None:
        return ""
    if isinstance(moment, str):
        return moment[:10]
    return f"{moment:%Y-%m-%d}" if isinstance(moment, date | datetime) else str(moment)


def bits(weight: float | None) -> str:
    """Bits of evidence with their sign: +6.5, −2.0."""
    if weight is None:
        return ""
    return "0.0" if abs(weight) < 0.05 else f"{weight:+.1f}".replace("-", "−")


_CHINESE = re.compile(r"(\S+) (\S*[\u4e00-\u9fff]\S*)(?: (\S+))? (\S*[\u4e00-\u9fff]\S*)")


def place(address: str) -> str:
    """Where a household lives; a Chinese address from the town to the door: 成都市青羊区祁连北路219号1-1-302."""
    found = _CHINESE.fullmatch(address)
    return f"{found[4]}{found[2]}{found[1]}号{found[3] or ''}" if found else address


def number(value: float | None) -> str:
    """1,234."""
    return "" if value is None else f"{value:,}"


def percent(share: float | None) -> str:
    """A share between 0 and 1; never 100% for what is less, nor 0% for what is more."""
    if share is None:
        return ""
    if 0.995 <= share < 1:
        return ">99%"
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


def as_json(value: Any) -> str:
    """JSON, for people."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode()
