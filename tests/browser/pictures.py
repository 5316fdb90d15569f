"""Pictures of pages for README.md, each with what it shows as text beside it, by which a test keeps it true.

The text is what a screen reader hears of the page (Playwright's aria snapshot), and a digest of how it looks but for
its letters: colours, spaces, borders, sizes of type, drawings. Both are the same on every machine; where lines break
and letters fall is not, so pictures themselves are never compared.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
KEPT, MADE = ROOT / "docs" / "pictures", ROOT / "build" / "pictures"
REFRESH = "MDM_PICTURES"  # `make pictures` sets it: what is made is kept
MOMENT = "2026-04-01 02:00"  # what is shown instead of the hour at which the test ran

# The moments of this night are another one's tomorrow.
STILL = """([days, moment]) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const pattern = new RegExp(`(?:${days.join("|")})( [0-9]{2}:[0-9]{2})?`, "g");
  while (walker.nextNode()) walker.currentNode.data = walker.currentNode.data.replace(
    pattern, (_, hour) => hour ? moment : moment.slice(0, 10));
  document.activeElement.blur();
}"""
LOOK = """() => {
  const names = ["display", "position", "color", "background-color", "border-top-color", "border-top-style",
    "border-top-width", "border-bottom-color", "border-bottom-style", "border-bottom-width", "border-top-left-radius",
    "padding-top", "padding-right", "padding-bottom", "padding-left", "row-gap", "column-gap", "font-size",
    "font-weight", "text-align", "text-decoration-line", "opacity", "fill", "stroke", "stroke-dasharray"];
  return [...document.querySelectorAll("body, body *")].filter((each) => each.checkVisibility()).map((each) => {
    const style = getComputedStyle(each);
    const drawn = each instanceof SVGElement ? [...each.attributes].map((one) => `${one.name}=${one.value}`) : [];
    return [each.tagName, ...names.map((name) => style.getPropertyValue(name)), ...drawn];
  });
}"""
PIXELS = """async (source) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const bytes = context.getImageData(0, 0, image.width, image.height).data;
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return [image.width, image.height, btoa(text)];
}"""


def take(page: Page, name: str, since: datetime) -> list[str]:
    """Make the picture of a page, and say what is wrong with the one that is kept. since: when its data came to be."""
    days = {f"{since + timedelta(days=n):%Y-%m-%d}" for n in range((datetime.now(UTC).date() - since.date()).days + 1)}
    page.evaluate(STILL, [sorted(days), MOMENT])
    look = hashlib.sha256(json.dumps(page.evaluate(LOOK)).encode()).hexdigest()[:16]
    told = f"look: {look}\n{page.locator('body').aria_snapshot()}\n"
    MADE.mkdir(parents=True, exist_ok=True)
    image = page.screenshot(animations="disabled", caret="hide")
    (MADE / f"{name}.png").write_bytes(few_colours(page, image))
    (MADE / f"{name}.txt").write_text(told, encoding="utf-8")
    if os.environ.get(REFRESH):
        KEPT.mkdir(parents=True, exist_ok=True)
        for kind in ("png", "txt"):
            (KEPT / f"{name}.{kind}").write_bytes((MADE / f"{name}.{kind}").read_bytes())
    return faults(name, told)


def faults(name: str, told: str) -> list[str]:
    """Why a kept picture is not true."""
    picture, text = KEPT / f"{name}.png", KEPT / f"{name}.txt"
    if not picture.exists() or not text.exists():
        return [f"{name}: there is no picture"]
    kept = text.read_text(encoding="utf-8")
    ours, theirs = told.splitlines(), kept.splitlines()
    changed = [line.strip() for line in ours if line not in theirs] + [
        f"no longer {x.strip()}" for x in theirs if x not in ours
    ]
    return [] if told == kept else [f"{name}: {'; '.join(changed[:5]) or 'another order'}"]


# -- a PNG of at most 256 colours, a third as large --------------------------------------------------------------------


def few_colours(page: Page, image: bytes) -> bytes:
    """The same picture with a palette: the most frequent colours, the others as the nearest of them."""
    blank = page.context.new_page()
    width, height, text = blank.evaluate(PIXELS, f"data:image/png;base64,{base64.b64encode(image).decode()}")
    blank.close()
    pixels = np.frombuffer(base64.b64decode(text), np.uint8).reshape(-1, 4)[:, :3].astype(np.int32)
    packed = pixels @ np.array([65536, 256, 1])
    colours, places, counts = np.unique(packed, return_inverse=True, return_counts=True)
    chosen = np.sort(np.argsort(-counts, kind="stable")[:256])
    rgb = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1)
    nearest = np.array([int(((rgb[chosen] - each) ** 2).sum(axis=1).argmin()) for each in rgb], np.uint8)
    rows = nearest[places].reshape(height, width)
    lines = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    palette = rgb[chosen].astype(np.uint8).tobytes()
    parts = [(b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
