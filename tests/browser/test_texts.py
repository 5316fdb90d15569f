"""The console says everything in both languages: same keys, same places to fill in, nothing written into a template."""

from __future__ import annotations

import re
import string
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.texts import LANGUAGES, texts_in
from expectations import suites
from expectations.suites import Check
from mdm.match.comparisons import COMPARISONS, CONTRADICTIONS
from mdm.match.model import untrained
from mdm.party import PartyType
from mdm.registry.evidence import _KEY_WORDS
from mdm.registry.explanations import Judged, Link, PairExplanation, SharedKey
from mdm.registry.narrative import tell_pair
from mdm.registry.whole import _links_told, way_sentences
from mdm.registry.words import Said

CONSOLE = Path(__file__).parents[2] / "api" / "console"
TEMPLATES = sorted((CONSOLE / "templates").rglob("*.html"))
SAID_ATTRIBUTES = {"title", "placeholder", "aria-label", "alt", "data-name", "aria-description"}
ENGLISH = texts_in("en").texts
CHECKS = [check for suite in vars(suites).values() if isinstance(suite, tuple) for check in suite]
# t("key", t.told("key" and t.of("key" of templates and routes; `"kind." ~ x` names a group
USED = re.compile(r"""\bt(?:exts)?(?:\.told|\.of)?\(\s*"([a-z0-9_.]+)"(\s*~)?""")
SAID = re.compile(r"""\bsay\(\s*\w+,\s*f?"([a-z0-9_.]+)""")


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_catalogues_have_the_same_keys_and_places(language: str) -> None:
    texts = texts_in(language).texts
    assert texts.keys() == ENGLISH.keys()
    assert {key: _places(text) for key, text in texts.items()} == {key: _places(text) for key, text in ENGLISH.items()}
    assert [key for key, text in texts.items() if not text.strip()] == []


def test_chinese_is_chinese() -> None:
    chinese = texts_in("zh").texts
    same = {key for key, text in chinese.items() if text == ENGLISH[key] and re.search("[a-z]{3}", text)}
    assert same <= {"design.sample"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_by_itself(template: Path) -> None:
    assert _said_by_itself(template.read_text(encoding="utf-8")) == []


def test_what_a_template_says_by_itself_is_found() -> None:
    assert _said_by_itself("<p>Hello {{ name }}</p>") == ["Hello"]
    assert _said_by_itself('<input placeholder="Name">{# note #}{% if x %}<code>--s1</code>{% endif %}') == ["Name"]


def test_every_text_that_is_asked_for_is_there() -> None:
    wanted = {
        (found[1], path.name)
        for path in [*TEMPLATES, *sorted(CONSOLE.rglob("*.py"))]
        for found in USED.finditer(path.read_text(encoding="utf-8"))
        if path.name != "texts.py"
    }
    missing = [each for each in wanted if each[0] not in ENGLISH and not _is_group(each[0])]
    assert wanted
    assert missing == []


def _is_group(key: str) -> bool:
    """`kind`, `kind.` or `tasks.done`, of which something more is asked for, or that has one and other."""
    return any(known.startswith(f"{key.rstrip('.')}.") for known in ENGLISH)


@pytest.mark.parametrize("party", ["person", "organisation"])
def test_the_words_of_the_models_are_known_in_chinese(party: PartyType) -> None:
    model = untrained(party, records=1000)
    words = [each.words for each in model.comparisons]
    words += [level.words for each in model.comparisons for level in each.levels]
    words += [each.words for each in model.contradictions]
    assert [each for each in words if texts_in("zh").words(each) == each] == []


def test_a_sentence_with_numbers_is_known_whatever_they_are() -> None:
    chinese = texts_in("zh")
    assert chinese.words("the customer would have 512 records") == "客户将有 512 条记录"
    assert chinese.words("different numbers: national_id") == "号码不同：身份证号"
    assert chinese.words("something new") == "something new"
    assert chinese.value("+86 (from 2010-06-01 until 2012-05-02), +1") == "+86（2010-06-01 至 2012-05-02）, +1"
    assert chinese.value("SIM8 +8613 active (from 2010-06-01)") == "SIM8 +8613 在用（2010-06-01 起）"
    assert chinese.value("national_id CN 6201") == "身份证 CN 6201"
    assert [texts_in(each).value("female") for each in LANGUAGES] == ["female", "女"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.key)
def test_what_is_expected_of_feeds_is_said_in_chinese(check: Check) -> None:
    values = {"count": 3, "value": 0.5, "min": 0.1, "max": 0.2, "examples": "field"}
    sentence = check.sentence.format(**values)
    assert texts_in("zh").words(sentence) != sentence


VALUES = st.sampled_from(["王伟", "1980-01-01", "+8613800000000", "安宁区西路1号", None])
WEIGHTS = st.floats(-40, 60)
PINS = st.sampled_from([None, "401787509130", "401811281440"])


@st.composite
def saids(draw: st.DrawFn, party: PartyType) -> list[Said]:
    """Any answers of all comparisons."""
    found = []
    for comparison in COMPARISONS[party]:
        level = draw(st.sampled_from([None, *comparison.levels]))
        left, right = ("male", "female") if comparison.name == "sex" else (draw(VALUES), draw(VALUES))
        bits, best, worst = (draw(WEIGHTS) for _ in range(3))
        code, words = (None, "") if level is None else (level.code, level.words)
        found.append(Said(comparison.words, code, words, left, right, bits, best, worst))
    return found


@st.composite
def pairs(draw: st.DrawFn) -> tuple[PairExplanation, list[Said]]:
    """Any explanation of two records."""
    party: PartyType = draw(st.sampled_from(["person", "organisation"]))
    against = draw(st.lists(st.sampled_from([each.words for each in CONTRADICTIONS["person"]]), max_size=2))
    keys = draw(st.lists(st.sampled_from([*_KEY_WORDS.values(), "the same phone, and more besides"]), max_size=1))
    refused = ["different numbers: national_id", "a steward (li.na) judged that they are different", None]
    verdict = draw(st.sampled_from([None, "same", "different", "unsure"]))
    judged = (
        Judged(verdict, "li.na", draw(st.sampled_from([None, "问过了"])), datetime(2026, 4, 1)) if verdict else None
    )
    pair = PairExplanation(
        "甲:1", "乙:2", draw(PINS), draw(PINS), party, None, (), 0.0, draw(WEIGHTS), 0.5, draw(WEIGHTS), draw(WEIGHTS),
        draw(st.sampled_from(["match", "possible match", "non-match"])), 1.0, tuple(against),
        draw(st.sampled_from(refused)), draw(st.booleans()), judged,
        tuple(SharedKey(words, "", False) for words in keys), draw(st.booleans()), (),
    )  # fmt: skip
    return pair, draw(saids(party))


@given(pairs())
def test_all_that_is_said_of_two_records_is_said_in_chinese(found: tuple[PairExplanation, list[Said]]) -> None:
    told = tell_pair(*found)
    chinese = texts_in("zh")
    for sentence in told.sentences:
        assert not re.search("[a-z]{2}", chinese.words(sentence).replace("li.na", "")), sentence
    way = [Link("甲:1", "乙:2", each, told.sentences[0]) for each in (3.0, None, 9.0)]
    for sentence in (*way_sentences("甲:1", way), *_links_told(way[::2], found[0].party)):
        assert not re.search("[a-z]{2}", chinese.words(sentence).replace("li.na", "")), sentence


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None} - {"n"}


def _said_by_itself(template: str) -> list[str]:
    """Words between tags, or in attributes that people read, that no expression made."""
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", template, flags=re.DOTALL)
    reader = _Reader()
    reader.feed(bare)
    return [text for text in reader.found if re.search(r"[^\W\d_]{2}", text)]


class _Reader(HTMLParser):
    """Collects what people would read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("kbd", "code")
        self.found += [value.strip() for name, value in attrs if name in SAID_ATTRIBUTES and value and value.strip()]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("kbd", "code")

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.silent:
            self.found.append(data.strip())
