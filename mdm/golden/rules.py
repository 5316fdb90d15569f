"""Survivorship as data: which attributes a golden record has, where their values come from, and which rule picks.

Two executions read these declarations and nothing else: `survivorship` (plain Python, one customer) and `bulk` (SQL
over columns, a whole file). A property test holds both to the same documents.

Every rule is an ordering over the same features of a candidate value, the greater the better, compared left to right:

* ``current``       1, or 0 when the value ended before the newest date that any candidate of the attribute has
* ``telling``       1, or 0 when the value fills none of the fields that make it of use (a town without a street);
                    of attributes that say which these are (`Attribute.tells`)
* ``trust``         the source's trust for the attribute, decayed (see `decayed_trust`), in whole points
* ``sound``         1, or 0 when cleansing found the value suspicious in every record that holds it
* ``seen``          date of the value: its own valid_from, else the record's changed_at, else its extracted_at;
                    undated is oldest
* ``recorded``      date of the record: its changed_at, else its extracted_at
* ``support``       number of records of the customer that hold the same value
* ``completeness``  number of filled fields of the value
* ``length``        number of characters of the value

A suspicious value that has no period is trusted half as far, too: it loses against a sound one of like trust, however
old that is. An address is not, for it has a time of its own: who has moved lives there, suspicious postcode or not.

What is still equal then is decided by (system, local id) and the place within the record, so that there is always one
winner. Records that hold the same value are first reduced to one, the best by the rule; for values with a period (an
address, a phone, a subscription) the one recorded last, for it knows whether the period has ended.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mdm.party import ADDRESS_PARTS, ADDRESS_TEXT_FIELDS, IDENTIFIER_TYPES

RULES: dict[str, tuple[str, ...]] = {
    "most_trusted": ("current", "trust", "sound", "completeness", "seen", "support", "length"),
    "most_recent": ("current", "sound", "seen", "trust", "support", "completeness", "length"),
    "most_frequent": ("current", "sound", "support", "trust", "seen", "completeness", "length"),
    "longest": ("current", "sound", "length", "trust", "seen", "support", "completeness"),
}
LATEST_RECORD = (
    "recorded",
    "trust",
    "completeness",
    "length",
)  # which of several records speaks for a value with a period
IN_EFFECT = "in_effect"  # no rule of survivorship: what a lookup `as_of` a day shows in place of a later value
UNION = "union"  # every different value is kept; "union:most_recent" also says how they are ranked

DEFAULT_TRUST = 50
MICROSECONDS_PER_DAY = 86_400_000_000

# The groups of attributes a record of each role may speak for; a role that is missing here may speak for all of them.
ROLE_GROUPS: dict[str, frozenset[str]] = {"enrichment": frozenset({"attributes"})}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a golden record.

    name: its key in the document. group: the trust group. rule: a name of `RULES`, or ``union:<name>``.
    half_life_days: after how many days behind the newest candidate a value's trust has halved; infinity means never.
    fields: (field in the document, path in the record or list item) pairs; a path is a column, ``struct.field``, the
    empty text (the list item itself), or two of them joined by ``+`` (their texts run together).
    column: the list column whose items are the candidates; None when each record has at most one.
    whole: the fields go together as one object under ``value``.
    same: paths that tell whether two values are the same; where all are null, or none is named, the fields tell.
    needs: paths of which one must be filled for a record to have a candidate.
    tells: paths of which one must be filled for a value to be of use; others win only where there is none of these.
    slot: paths that divide the candidates; a single-valued rule picks one winner per slot.
    one_per: the slots that keep one value even when the rule is a union.
    period: the path of what carries valid_from and valid_to ("" is the list item); None when nothing does.
    """

    name: str
    group: str
    rule: str
    half_life_days: float
    fields: tuple[tuple[str, str], ...]
    column: str | None = None
    whole: bool = False
    same: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    slot: tuple[str, ...] = ()
    one_per: frozenset[str] = frozenset()
    period: str | None = None

    @property
    def keeps_all(self) -> bool:
        """Whether every different value is kept (but for `one_per` slots)."""
        return self.rule.partition(":")[0] == UNION

    @property
    def doubted_as(self) -> str | None:
        """What remarks on its values are about (`remarked`), with its slot behind a dot; None where there are none."""
        return self.name if self.name in _DOUBTED else None

    @property
    def spokesman(self) -> tuple[str, ...]:
        """The features that choose among records with the same value (their support is one and the same)."""
        if self.period is not None:
            return LATEST_RECORD
        return tuple(feature for feature in RULES[self.order] if feature != "support")

    @property
    def features(self) -> tuple[str, ...]:
        """What ranks the candidates."""
        current, *others = RULES[self.order]
        return (current, "telling", *others) if self.tells else RULES[self.order]

    @property
    def order(self) -> str:
        """The rule that ranks the candidates, a name of `RULES`."""
        return self.rule.partition(":")[2] if self.keeps_all else self.rule


# how remarks of cleansing begin whose attribute is not called as in the golden record
REMARKS = (("name_", "name"), ("organisation_", "organisation"), ("address.", "address"))
_DOUBTED = frozenset(
    {"name", "organisation", "birth_date", "death_date", "sex", "identifiers", "phones", "emails", "address"}
)
_TEN_YEARS, _FIVE_YEARS, _THREE_YEARS, _TWO_YEARS, _YEAR, _NEVER = 3652.0, 1826.0, 1096.0, 731.0, 365.0, math.inf

# Half-lives are first judgements (a birth date does not age, people move every few years); a workspace overrides them.
_DECLARED = (
    Attribute(
        "name", "name", "most_trusted", _TEN_YEARS,
        fields=(
            ("prefix", "name_prefix"), ("given", "name_given"), ("middle", "name_middle"), ("family", "name_family"),
            ("suffix", "name_suffix"), ("native", "family_native+given_native"),
        ),
        whole=True,
        same=("given_key", "middle_key", "family_key", "given_native", "family_native"),
        needs=("name_given", "name_middle", "name_family", "given_native", "family_native"),
    ),
    Attribute(
        "organisation", "organisation", "most_trusted", _FIVE_YEARS,
        fields=(("name", "organisation_name"), ("form", "organisation_form")),
        whole=True, same=("organisation_key", "organisation_form"), needs=("organisation_name",),
    ),
    Attribute("birth_date", "birth_date", "most_frequent", _NEVER, fields=(("value", "birth_date"),)),
    Attribute("death_date", "birth_date", "most_recent", _NEVER, fields=(("value", "death_date"),)),
    Attribute("sex", "sex", "most_frequent", _NEVER, fields=(("value", "sex"),)),
    Attribute(
        "identifiers", "identifiers", "union:most_frequent", _TEN_YEARS,
        fields=(("type", "type"), ("issuer", "issuer"), ("value", "value")),
        column="identifiers", same=("type", "value"), needs=("value",), slot=("type",),
        one_per=frozenset(kind.name for kind in IDENTIFIER_TYPES.values() if kind.one_per_party),
    ),
    Attribute(
        "phones", "phones", "union:most_recent", _TWO_YEARS,
        fields=(("value", "number"),), column="phones", period="",
    ),
    Attribute(
        "emails", "emails", "union:most_recent", _THREE_YEARS,
        fields=(("value", "address"),), column="emails", period="",
    ),
    Attribute(
        "address", "address", "most_trusted", _TWO_YEARS,  # trust halves with age: a newer dwelling beats an old one
        fields=tuple((name, f"address.{name}") for name in ADDRESS_PARTS),
        whole=True, same=("dwelling_key",), period="address",
        needs=tuple(f"address.{name}" for name in ADDRESS_TEXT_FIELDS if name not in ("country", "kind")),
        tells=("address.street", "address.building", "address.unit", "address.po_box", "dwelling_key"),
    ),
    Attribute(
        "accounts", "accounts", "union:most_recent", _THREE_YEARS,
        fields=(("value", ""),), column="accounts",
    ),
    Attribute(
        "subscriptions", "subscriptions", "union:most_recent", _YEAR,
        fields=(("product", "product"), ("number", "number"), ("status", "status")),
        column="subscriptions", same=("product", "number", "valid_from"), needs=("product", "number"), period="",
    ),
    Attribute(
        "consents", "consents", "most_recent", _YEAR,
        fields=(("purpose", "purpose"), ("channel", "channel"), ("value", "granted")),
        column="consents", needs=("granted",), slot=("purpose", "channel"),
    ),
    Attribute(
        "attributes", "attributes", "most_recent", _YEAR,
        fields=(("name", "name"), ("value", "value")), column="attributes", needs=("value",), slot=("name",),
    ),
)  # fmt: skip

ATTRIBUTES: dict[str, Attribute] = {attribute.name: attribute for attribute in _DECLARED}
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(attribute.group for attribute in _DECLARED))

Trust = Mapping[str, Mapping[str, int]]


def remarked(attribute: str) -> str:
    """The golden attribute that a remark of cleansing is about: name_given, address.postcode, identifiers.passport."""
    for prefix, name in REMARKS:
        if attribute.startswith(prefix):
            return name
    return attribute


def source_trust(trust: Trust, system: str, group: str) -> int:
    """How far `system` is believed for `group`, 0 to 100: its own figure, else the source's default, else 50."""
    figures = trust.get(system, {})
    return figures.get(group, figures.get("default", DEFAULT_TRUST))


def decayed_trust(trust: int, age: int, half_life_days: float) -> int:
    """Trust in whole points after `age` microseconds behind the newest candidate.

    Trust is declared in whole points, so it is compared in whole points: half a point is not a difference that anybody
    meant. Rounded to 1e-9 first, so that Python and SQL agree (`sql.DECAYED_TRUST` is the same sentence in SQL).
    """
    share: float = 0.5 ** (float(age) / MICROSECONDS_PER_DAY / half_life_days)
    billionths = math.floor(trust * share * 1e9 + 0.5)
    return (billionths + 500_000_000) // 1_000_000_000


def may_speak(role: str | None, group: str) -> bool:
    """Whether a record of `role` may contribute values of `group`."""
    return role not in ROLE_GROUPS or group in ROLE_GROUPS[role]
