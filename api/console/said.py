"""What the next page says once: "Done: the same." It travels in a cookie that lives for a minute."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

import orjson
from fastapi import Request, Response

COOKIE = "mdm_said"
SECONDS = 60


def say(response: Response, key: str, *, tone: str = "good", **values: Any) -> None:
    """Let the next page say the text of `key` (`said.` before it), filled in with `values`.

    tone: good | warn | bad. undo: a path to which a button beside it posts.
    """
    document = orjson.dumps({"key": key, "tone": tone, **values}).decode()
    response.set_cookie(COOKIE, quote(document), max_age=SECONDS, path="/console", httponly=True, samesite="lax")


def said(request: Request) -> dict[str, Any] | None:
    """What is to be said now; None: nothing, or nothing of ours."""
    try:
        found = orjson.loads(unquote(request.cookies[COOKIE]))
    except (KeyError, orjson.JSONDecodeError):
        return None
    fits = isinstance(found, dict) and isinstance(found.get("key"), str) and found.get("tone") in TONES
    undo = found.get("undo") if fits else None
    return found if fits and (undo is None or str(undo).startswith("/console/")) else None


def forget(response: Response) -> None:
    """It was said."""
    response.delete_cookie(COOKIE, path="/console")


TONES = ("good", "warn", "bad")
