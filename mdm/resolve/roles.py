"""A person's place in the household, from the words of the source."""

from __future__ import annotations

import re
from functools import lru_cache

from mdm.cleanse.fold import has_han, simplify, words

ROLES = ("reference", "spouse", "child", "relative", "other", "inmate")

# the first pattern found counts, so the narrower wording stands first; English and French after folding to ASCII words
_LATIN = (
    ("inmate", r"quarters|inmate|institution"),
    ("other", r"non ?relative|not related|mate\b|lodger|boarder|colocataire"),
    ("relative", r"grand|(parent|father|mother|brother|sister) in law|relative|cousin"),
    ("spouse", r"spouse|husband|wife|partner|conjoint|epou"),
    ("child", r"child|\bson\b|daughter|depend[ae]nt|enfant|\bfils\b|\bfille\b"),
    ("relative", r"parent|father|mother|sibling|brother|sister|uncle|aunt|nephew|niece|\bpere|\bmere|frere|soeur"),
    ("reference", r"reference|head|householder|account holder|\bself\b|titulaire"),
    ("other", r"\bother\b|\bautre\b"),
)
_HAN = (
    ("inmate", "集体"),
    ("other", "非亲属|室友|合租|租客"),
    ("relative", "孙|岳|公婆|婆婆|亲属"),
    ("spouse", "配偶|妻|夫|爱人|伴侣"),
    ("child", "子|女|儿|媳|婿|孩"),
    ("relative", "父|母|兄|弟|姐|妹|祖"),
    ("reference", "户主|本人|机主|主卡"),
    ("other", "其他"),
)


@lru_cache(maxsize=10_000)
def household_role(text: str) -> str | None:
    """One of `ROLES` for what a source calls a person's place in the household; None when the words are not known."""
    patterns, folded = (_HAN, simplify(text)) if has_han(text) else (_LATIN, words(text))
    return next((role for role, pattern in patterns if re.search(pattern, folded)), None)
